"""Builders of posts, used by every test that needs some."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import Group, User
from django.utils import timezone
from PIL import Image

from links.models import Link, Suggestion
from posts.documents import Issue, parse_issue
from posts.models import LinkedItem, Picture, Post
from posts.pictures import keep
from posts.publishing import save_document
from tasks.models import StoredTask

LONG_AGO = datetime(2024, 5, 10, 9, 0, tzinfo=UTC)

BODY = """Hello, an [opening link](https://opening.example.org/hello) to begin with.

## Preview
* **Topic one**
  - **First find**: what it is. [Read more](https://one.example.org/a)
  - **Second find**: why it matters. [Read more](https://two.example.org/b)

## Viewpoint 🤖
> A thought without a link.

## Overview
- **Third find**: at the end. ([Paper](https://arxiv.org/abs/2405.04517))
- **No link here**: but a word or two.
"""


def document(
    title: str = "A first issue",
    body: str = BODY,
    *,
    tags: Iterable[str] = ("Llama 3 평가", "AI"),
    **header: str,
) -> str:
    """Return an issue as Markdown with YAML front matter."""
    lines = [
        f"title: {json.dumps(title, ensure_ascii=False)}",
        *(f"{key}: {value}" for key, value in header.items()),
    ]
    if names := list(tags):
        lines += ["tags:", *(f"  - {name}" for name in names)]
    return "\n".join(["---", *lines, "---", "", body])


def parsed(title: str = "A first issue", body: str = BODY, **header: object) -> Issue:
    """Return an issue as the importer would read it."""
    return parse_issue(document(title, body, **header).encode())


def make_post(
    title: str = "A first issue",
    body: str = BODY,
    *,
    at: datetime | None = LONG_AGO,
    status: str = Post.Status.PUBLISHED,
    source_name: str = "",
    **header: object,
) -> Post:
    """Return a stored post, published long ago unless told otherwise."""
    post = Post(source_name=source_name)
    return save_document(post, parsed(title, body, **header), status=status, published_at=at)


def picture_file(
    colour: tuple[int, int, int] = (200, 20, 20),
    size: tuple[int, int] = (60, 40),
    kind: str = "PNG",
) -> bytes:
    """Return a picture of one colour as a file."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


def make_picture(name: str = "sky.png", data: bytes = b"") -> Picture:
    """Return a picture of the library."""
    return keep(data or picture_file(), name)[0]


def make_draft(title: str = "A draft", body: str = BODY, **header: object) -> Post:
    """Return a stored draft."""
    return make_post(title, body, at=None, status=Post.Status.DRAFT, **header)


def make_scheduled(title: str = "To come", body: str = BODY, **header: object) -> Post:
    """Return a post that becomes public tomorrow."""
    return make_post(title, body, at=timezone.now() + timedelta(days=1), **header)


def make_posts(count: int, start: datetime = LONG_AGO, **header: object) -> list[Post]:
    """Return posts published on consecutive days."""
    return [
        make_post(f"Issue {number}", at=start + timedelta(days=number), **header)
        for number in range(1, count + 1)
    ]


GROUPS = {"editor": "Editor", "moderator": "Moderator", "owner": "Owner", "writer": "Writer",
          "keeper": "List keeper"}  # fmt: skip


def make_member(name: str) -> User:
    """Return one of the cast, by the name of a role; any other is somebody without rights."""
    address = f"{name}@example.org"
    if name == "admin":
        return User.objects.create_superuser(name, address)
    user = User.objects.create_user(name, address, is_staff=name in GROUPS)
    if name in GROUPS:
        user.groups.add(Group.objects.get(name=GROUPS[name]))
    return user


def item(post: Post, title: str) -> LinkedItem:
    """Return a living item of a post by its title."""
    return post.items.get(title=title, removed_at=None)


def make_suggestion(name: str) -> Suggestion:
    """Return a link that a reader suggested, and that waits for an answer."""
    url = f"https://suggested.example.org/{name}"
    link = Link.objects.create(url=url, key=Link.key_for(url))
    return Suggestion.objects.create(link=link, url=url, title=name)


def make_task(**values: object) -> StoredTask:
    """Store a task that waits, or has the given values."""
    defaults: dict[str, object] = {
        "task_path": "tests.tasks.samples.fail",
        "args_kwargs": {"args": ["/nowhere"], "kwargs": {}},
        "backend_name": "default",
        "run_after": LONG_AGO,
    }
    return StoredTask.objects.create(**{**defaults, **values})
