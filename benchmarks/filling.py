"""Fill a database with many posts: some through the real save, the rest as copies of their rows."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, models, transaction

from posts import pages
from posts.documents import parse_issue
from posts.models import (
    Appearance,
    Citation,
    LinkedItem,
    Page,
    Post,
    PostPage,
    Section,
    SectionEntry,
    TaggedPost,
)
from posts.publishing import save_document
from posts.publishing.counting import recount

ORIGINALS = 600
START = datetime(2020, 1, 1, tzinfo=UTC)
DAYS = 1825  # the copies fall into the same five years, so that every archive has as many months
# What comes back often, and how much else there is, as in an archive of real issues: thousands of
# tags, 700 headings that come back, 9,800 sources.
TAGS, RARE_TAGS = 60, 100_000
HOSTS, RARE_HOSTS, OWNERS = 300, 1_000_000, 3_000
SECTIONS, RARE_SECTIONS = 12, 700

Change = Callable[[Any, int], Any]
WORDS = (
    "link digest archive reader editor section signal paper model parser index query 링크 모음 "
    "보관함 섹션 편집자 독자 검색 태그 오늘의 소식 데이터베이스 글꼴 접근성 표준"
).split()


def fill(count: int) -> None:
    """Make it ``count`` posts: the first ``ORIGINALS`` by saving, the rest by copying rows.

    Posts that an earlier, smaller filling left in the database stay.
    """
    present = Post.objects.count()
    if (count > ORIGINALS and count % ORIGINALS) or present % ORIGINALS:
        raise ValueError(f"a multiple of {ORIGINALS} posts, please")
    for number in range(present, min(count, ORIGINALS)):
        _save(number)
    if not Page.objects.exists():
        about = _words(random.Random(0), 400)  # noqa: S311
        shown = Page.Status.PUBLISHED
        pages.save(Page(slug="about", title="About", text=about, status=shown))
    with transaction.atomic():
        for copy in range(max(present // ORIGINALS, 1), count // ORIGINALS):
            _copy_all(copy)
    recount()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def document(number: int, sections: int = 3, items: int = 4) -> bytes:
    """Return an issue in the form of a link digest, the same one for the same number."""
    chance = random.Random(number)  # noqa: S311
    day = START + timedelta(days=number * DAYS / ORIGINALS)
    tags = [*chance.sample(range(TAGS), 5), *chance.sample(range(TAGS, RARE_TAGS), 5)]
    lines = [
        "---",
        f"title: Issue {number} {_words(chance, 4)}",
        f"description: {_words(chance, 16)}",
        f"date: {day.isoformat()}",
        "author: Author 1",
        "tags:",
        *(f"  - tag {tag}" for tag in tags),
        "---",
        "",
        f"{_words(chance, 30)} [an opening]({_address(chance)}).",
        "",
    ]
    for section in range(sections):
        lines += ["", f"## Section {_section(chance, section)}", ""]
        for _ in range(items):
            lines.append(
                f"- **{_words(chance, 4)}**: {_words(chance, 20)} [more]({_address(chance)})"
            )
    return ("\n".join(lines) + "\n").encode()


def large_document(number: int) -> bytes:
    """Return an issue whose page is about 60 KB, the size that pages are measured at."""
    return document(number, sections=12, items=10)


def _save(number: int) -> None:
    data = large_document(number) if number % 10 == 0 else document(number)
    save_document(Post(source_name=f"{number}.md"), parse_issue(data))


def _words(chance: random.Random, count: int) -> str:
    return " ".join(chance.choices(WORDS, k=count))


def _section(chance: random.Random, place: int) -> int:
    return chance.randrange(SECTIONS, RARE_SECTIONS) if place % 3 else place % SECTIONS


def _address(chance: random.Random) -> str:
    host = chance.choices(
        (
            f"host{chance.randrange(HOSTS)}.example.org",
            f"site{chance.randrange(RARE_HOSTS)}.example.org",
            f"github.com/owner-{chance.randrange(OWNERS)}",
        ),
        (2, 6, 2),
    )
    return f"https://{host[0]}/{chance.randrange(10_000)}"


def _copy_all(copy: int) -> None:
    posts = Post.objects.order_by("pk").values_list("pk", flat=True)[:ORIGINALS]
    first, last = posts[0], list(posts)[-1]
    ids = {model: _span(model) for model in (Post, Section, LinkedItem, Appearance)}
    post = _shifted(ids[Post] * copy)
    item, section = _shifted(ids[LinkedItem] * copy), _shifted(ids[Section] * copy)
    moment = _later(copy)
    changes: dict[type[models.Model], tuple[str, Mapping[str, Change]]] = {
        Post: (
            "id",
            {
                "id": post,
                "uid": _identity,
                "slug": lambda value, _: f"{value}-{copy}",
                "source_name": lambda value, _: f"{copy}/{value}",
                "published_at": moment,
            },
        ),
        PostPage: ("post_id", {"post_id": post}),
        Section: ("post_id", {"id": section, "post_id": post, "date": moment}),
        LinkedItem: (
            "post_id",
            {
                "id": item,
                "post_id": post,
                "section_id": section,
                "uid": _identity,
                "date": moment,
            },
        ),
        Appearance: (
            "post_id",
            {
                "id": _shifted(ids[Appearance] * copy),
                "post_id": post,
                "section_id": section,
                "item_id": item,
                "date": moment,
            },
        ),
        TaggedPost: ("content_object_id", {"id": _none, "content_object_id": post, "date": moment}),
        Citation: ("post_id", {"id": _none, "post_id": post, "date": moment}),
    }
    for model, (key, change) in changes.items():
        _copy(model, key, (first, last), change)
    items = LinkedItem.objects.filter(post__gte=first, post__lte=last).aggregate(
        first=models.Min("pk"), last=models.Max("pk")
    )
    _copy(
        SectionEntry,
        "item_id",
        (items["first"], items["last"]),
        {"id": _none, "item_id": item, "date": moment},
    )


_spans: dict[type[models.Model], int] = {}


def _span(model: type[models.Model]) -> int:
    """Return by how much ids of a copy are higher than those of the copy before it."""
    if model not in _spans:
        highest = model._default_manager.aggregate(highest=models.Max("pk"))["highest"]
        _spans[model] = highest + 1
    return _spans[model]


def _shifted(by: int) -> Change:
    return lambda value, _: None if value is None else value + by


def _identity(*_: Any) -> str:
    return uuid.uuid4().hex


def _none(*_: Any) -> None:
    return None


def _later(copy: int) -> Change:
    step = timedelta(minutes=37 * copy)

    def moved(value: Any, _: int) -> Any:
        if not isinstance(value, str):
            return value and value + step
        return str(datetime.fromisoformat(value) + step)

    return moved


def _copy(
    model: type[models.Model], key: str, span: tuple[int, int], changes: Mapping[str, Change]
) -> None:
    columns = [field.column for field in model._meta.local_concrete_fields]
    copied = [column for column in columns if changes.get(column or "") is not _none]
    places = {
        copied.index(column): change for column, change in changes.items() if column in copied
    }
    names = ", ".join(f'"{column}"' for column in copied)
    marks = ", ".join(["%s"] * len(copied))
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT {names} FROM "{table}" WHERE "{key}" BETWEEN %s AND %s',  # noqa: S608
            span,
        )
        rows = [list(row) for row in cursor.fetchall()]
        for row in rows:
            for place, change in places.items():
                row[place] = change(row[place], place)
        cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)  # noqa: S608
