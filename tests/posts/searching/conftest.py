"""The texts that queries are judged by, and an archive of real issues."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from posts.models import Post
from tests.builders import make_post
from tests.corpus import corpus
from tests.posts.searching.judged import TEXTS


@pytest.fixture(scope="module")
def judged(shared_rows: None) -> dict[int, str]:
    """The names of the judged texts, by the key of the item that each is."""
    body = "".join(f"- {text}\n" for text in TEXTS.values())
    post = make_post("№", f"## §\n{body}", tags=())
    items = post.items.order_by("position").values_list("pk", flat=True)
    return dict(zip(items, TEXTS, strict=True))


@pytest.fixture(scope="module")
def archive(shared_rows: None) -> dict[str, int]:
    """The keys of the issues that the archive's cases name, by file."""
    cases = corpus("search-cases.tsv").read_text(encoding="utf-8").split("\n")
    names = {case.split("\t")[1] for case in cases if case and case[0] != "#"}
    paths = [str(corpus(*name.split("/"))) for name in sorted(names)]
    call_command("import_posts", *paths, verbosity=0)
    keys = dict(Post.objects.exclude(source_name="").values_list("source_name", "pk"))
    return {name: keys[name.rpartition("/")[2]] for name in names}
