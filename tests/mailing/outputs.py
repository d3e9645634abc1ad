"""The five outputs of an issue, brought to one form: page, mail, text, feed and Markdown.

What may differ is written in docs/mail.md, as five rules; each is a function or a line here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from django.conf import settings
from selectolax.lexbor import LexborHTMLParser, LexborNode

from mailing.composing import compose
from posts.markdown.document import Document
from posts.models import Post
from posts.publishing.describing import absolute
from posts.rendering import read_issue
from posts.sanitizing import whole_address
from posts.site.shell import with_site

UNLIMITED = 1 << 40
INLINE = frozenset(
    "a abbr b cite code del dfn em i ins kbd mark q s samp small span strike strong sub sup time tt"
    " u var ruby rb rt rp wbr font".split()
)
ADDRESS = re.compile(
    r"<?((?:https?://|mailto:)[^\s<>]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)>?", re.IGNORECASE
)
# Rule 3: what numbers, ticks or marks a line is a mark, however it is drawn.
MARK = re.compile(
    r"^[\s>]*(?:(?:[-*] )|(?:\d+[.)](?=\s|$))|\[\d+\](?=\s)|\[[ x]\](?=\s|$)|[☐☑])+\s*"
)
WORD = re.compile(r"\w+")
# Rule 2: an address that is written into another counts as one of its own.
WITHIN = re.compile(r"(?<=.)(?=https?://)")


@dataclass(frozen=True)
class Said:
    """What an output says: its words and its links, in their order."""

    words: list[str]
    links: list[str]


def said_by_html(html: str, url: str) -> Said:
    """Return what HTML says that stands at an address."""
    body = LexborHTMLParser(html).body
    parts: list[str] = []
    for child in body.iter(include_text=True) if body else ():
        _read(child, parts, url)
    return said_by_text("".join(parts))


def said_by_text(text: str) -> Said:
    """Return what a text says. Rule 2: an address is a link, whether or not it can be clicked."""
    lines = "\n".join(MARK.sub("", line) for line in text.split("\n"))
    found = (part for match in ADDRESS.finditer(lines) for part in WITHIN.split(match[1]))
    links = [_plain(link) for link in found]
    return Said(WORD.findall(ADDRESS.sub(" ", lines)), links)


def outputs_of(post: Post) -> dict[str, Said]:
    """Return what each output of a stored post says."""
    url, page = absolute(post.get_absolute_url()), post.page
    mail = compose(post, budget=UNLIMITED)
    markdown = read_issue(Document(bytes(page.markdown).decode()), post.title)
    html = list(markdown.to_html(foreign=not settings.MIRROR_IMAGES))
    if markdown.title_place is not None:  # rule 1: the title stands once
        html[markdown.title_place] = re.sub(
            r"\A<h([2-6])[^>]*>(?:(?!<(?:a|img)\b).)*?</h\1>\s*", "", html[markdown.title_place],
            flags=re.DOTALL,
        )  # fmt: skip
    fed = page.feed_body or page.body
    return {
        "page": said_by_html(with_site(page.body).decode(), url),
        "mail": said_by_html(content_of(mail.html), url),
        "text": said_by_text(content_of_text(mail.text)),
        "feed": said_by_html(with_site(fed).decode(), url),
        "md": said_by_html("".join(html), url),
    }


def content_of(html: str) -> str:
    """Return what of a mail's HTML is the issue itself."""
    tree = LexborHTMLParser(html)
    for node in tree.css(".text > h1, .text > .site, .text > .lead, .text > .end"):
        node.decompose()
    found = tree.css_first(".text")
    return (found.html or "") if found else ""


def content_of_text(text: str) -> str:
    """Return what of a mail's text is the issue itself."""
    _head, content = text.split(">\n\n\n", 1)
    return content.rsplit("\n--------\n", 1)[0]


def _read(node: LexborNode, parts: list[str], url: str, *, in_code: bool = False) -> None:
    """Write a node as a mail's text writes it."""
    if node.tag == "-text":
        text = node.text(deep=False) or ""
        parts.append(text if in_code else text.replace("\n", " "))
    elif node.tag == "img":  # rule 4: a picture says its alternative text
        parts.append(f"[{alt}] " if (alt := node.attributes.get("alt")) else "")
    elif node.tag == "a":
        inside: list[str] = []
        for child in node.iter(include_text=True):
            _read(child, inside, url)
        parts.append(_link(node, "".join(inside), url))
    else:
        parts.append("" if node.tag in INLINE else "\n")
        for child in node.iter(include_text=True):
            _read(child, parts, url, in_code=in_code or node.tag == "pre")
        parts.append("" if node.tag in INLINE else "\n")


def _link(node: LexborNode, words: str, url: str) -> str:
    href = whole_address(url, node.attributes.get("href") or "")
    if f"{url}#fn-" in href:  # rule 3: the number of a footnote is a mark
        return f"[{words}]"
    if not href or not words.strip():
        return words
    href = href.replace("<", "%3C").replace(">", "%3E")
    return f"<{href}>" if _plain(words.strip()) == _plain(href) else f"{words} <{href}>"


def _plain(link: str) -> str:
    """Return an address with one spelling of what may be written in two (RFC 3986, 2.3), and
    without what ends a sentence."""
    return unquote(link.removeprefix("mailto:")).rstrip(".,;:!?…)]}>'\"`*_/")
