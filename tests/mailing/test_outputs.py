"""Page, mail, text, feed and Markdown of an issue say the same: words, links, their order."""

from __future__ import annotations

import pytest

from links.decisions import decide
from links.models import Decision, Link
from mailing.composing import compose
from posts import following, publishing
from posts.documents import parse_issue
from posts.models import Post
from tests.builders import item, make_post
from tests.corpus import corpus
from tests.mailing.outputs import UNLIMITED, outputs_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

EVERYTHING = """# All that an issue may hold

An opening with **bold** and *slanted* words, `code`, ~~what was wrong~~ and a bare
https://bare.example.org/address, which ends here.\\
A line break, and a [link *with* emphasis](https://one.example.org/a?b=1&c=2 "and a title").

[Heading that is an item](https://heading.example.org/)
-------------------------------------------------------

What is said of it.

## A list

- **Group**
  - [First](https://two.example.org/): with a [second link](https://two.example.org/more)
  - [ ] to do: [Third](https://three.example.org/(brackets))
  - [x] done
- A loose entry

  with a second paragraph and a [link](relative/path.html).

  1. numbered [one](https://numbered.example.org/1)
  2. numbered two

* * *

> A quotation with a [link](https://quoted.example.org/).
> > within another

| Head | [Linked](https://table.example.org/) |
|------|------|
| a \\| b | c |

```python
print("<https://not-a-link.example.org>")
```

## 한국어 섹션

* **한국어 소식**: 괄호가 **(있는)**를 보세요. [자세히](https://ko.example.org/글)
* 링크 없는 소식이에요. 메일: <someone@example.org>

A reference to a footnote[^1], to [a place](#a-list), and to a [label].

[label]: https://label.example.org/ "titled"
[^1]: The footnote with its [link](https://note.example.org/).

![What the picture shows](https://pictures.example.org/one.png "its caption")

[![Linked picture](https://pictures.example.org/two.png)](https://picture.example.org/)

<details open><summary>More</summary>

- [Hidden away](https://details.example.org/): but there

</details>

<div>Raw <a href="https://raw.example.org/?a=1&amp;b=2">HTML</a> with <b>bold</b><br>and a break.
<ul><li>one</li><li>two <a href="https://raw.example.org/two">2</a></li></ul></div>
"""


def assert_all_say_the_same(post: Post) -> None:
    found = outputs_of(post)
    page = found.pop("page")
    for name, said in found.items():
        assert said.words == page.words, name
        assert said.links == page.links, name


def assert_items_are_those_of_the_page(post: Post) -> None:
    mail = compose(post, budget=UNLIMITED)
    shown = post.items.filter(hidden=False, removed_at=None)
    rows = shown.order_by("section__position", "position").values_list("uid", flat=True)
    assert list(mail.items) == list(rows)


def test_all_that_an_issue_may_hold_is_in_every_output() -> None:
    post = make_post("All that an issue may hold", body=EVERYTHING)
    assert_all_say_the_same(post)
    assert_items_are_those_of_the_page(post)
    assert len(outputs_of(post)["page"].links) > 15


def test_what_was_decided_is_so_in_every_output() -> None:
    post = make_post("All that an issue may hold", body=EVERYTHING)
    following.set_hidden([item(post, "First")], True, reason="spam")
    for url, action in (
        ("https://three.example.org/(brackets)", Decision.Action.BLOCK),
        ("https://ko.example.org/글", Decision.Action.BLOCK),
    ):
        link = Link.objects.filter(pk__in=post.appearances.filter(url=url).values("link"))
        decide(link, action, by=None, reason="spam")
    publishing.rebuild(post)
    post = Post.objects.get()
    assert_all_say_the_same(post)
    assert_items_are_those_of_the_page(post)
    assert "First" not in compose(post).text


@pytest.mark.parametrize(
    "name",
    [
        "seed/2024-05-10-lmsys-llama-3.md",
        "twir/2014-11-17-this-week-in-rust.md",
        "twir/2019-01-01-this-week-in-rust.md",
        "ainews/25-05-27-mistral-agents.md",
        "ainews/24-09-16-ainews-a-quiet-weekend.md",
        "ainews/24-09-09-ainews-aiphone-16-the-visual-intelligence-phone.md",
    ],
)
def test_real_issues_say_the_same_in_every_output(name: str) -> None:
    path = corpus(*name.split("/"))
    post = Post()
    issue = parse_issue(path.read_bytes(), path.name)
    publishing.save_document(post, issue, status=Post.Status.PUBLISHED)
    assert_all_say_the_same(post)
    assert_items_are_those_of_the_page(post)
