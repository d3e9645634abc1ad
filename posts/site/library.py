"""The links of a source and the items of a section, each with its place in an issue.

Their rows carry the time of their post, so that a page is a range of one index. What is decided
about a link shows at once, since it is read with the row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from django.db.models import (
    BinaryField,
    Case,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Substr
from django.utils.safestring import SafeString

from links.models import DIGEST_LENGTH, Link
from posts.models import (
    Appearance,
    LinkedItem,
    RecurringLink,
    Section,
    SectionEntry,
    TaggedPost,
    anchor_of,
)
from posts.naming import beyond
from posts.prepared import Rows, prepared
from posts.publishing.decisions import link_words
from posts.site.listing import read_as_text, with_public_count
from posts.site.paging import Page, paginate
from posts.site.shell import address_of, filled, short_days
from posts.templatetags.newsletter import issue_count

ROWS = 50
LINE_LENGTH = 160
TITLE_LENGTH = 100
RowsOf = Callable[..., QuerySet[Any, Any]]
# In the place of what feeds alone need, where none is made: what is stored of an issue for them,
# and what tells entries apart.
_NO_PAGE = Value(None, output_field=BinaryField())
_NOTHING = Value("", output_field=TextField())
# Before all that was ever published.
_BEGINNING = datetime.min.replace(tzinfo=UTC)
# Where a feed is made, which does not say in how many issues a link is.
_NOT_COUNTED = (_NOTHING, Value(0, output_field=IntegerField()))
FIELDS = (
    "title", "url", "line", "source", "source_url", "place", "issue", "cited", "cited_url",
    "date", "lang",
)  # fmt: skip


class Entry(NamedTuple):
    """A link or item with its place; ``address`` is "" where readers get none.

    ``link`` is the key of its link, ``cited`` in how many public posts that is. In feeds ``page``
    is what they have of its issue, as it is stored.
    """

    of: str
    key: str
    title: str
    line: str
    address: str
    source: str
    place: str
    issue: str
    language: str
    post: int
    page: bytes | None
    date: datetime
    link: str = ""
    cited: int = 1

    @property
    def urn(self) -> str:
        """What feeds know it by: the item's own UUID, or that of the link in its issue."""
        return _urn(self.of, self.key)


@lru_cache(maxsize=2048)
def _urn(of: str, key: str) -> str:
    identity = UUID(of)
    return (uuid5(identity, key) if key else identity).urn


def shown(link: str) -> Q:
    """Say that readers get a link."""
    return Q(**{f"{link}__standing": Link.Standing.SHOWN})


def shown_address(link: str) -> Case:
    """Return what readers get of a link."""
    return Case(
        When(
            shown(link) & ~Q(**{f"{link}__replacement_url": ""}),
            then=F(f"{link}__replacement_url"),
        ),
        When(shown(link), then=F(f"{link}__url")),
        default=Value(""),
        output_field=TextField(),
    )


def as_text(column: str) -> Cast:
    """Return an identity as the database writes it: as text it costs a tenth of an object."""
    return Cast(column, TextField())


def _told(**condition: Any) -> Case:
    """Return 1 where a condition holds, else 0: unlike a boolean it is there as it is read."""
    return Case(When(**condition, then=1), default=0, output_field=IntegerField())


def marked_broken(link: str = "") -> Case:
    """Return whether somebody marked a link broken, as ``Link.is_marked_broken`` says of a row."""
    marked = {"health": Link.Health.BROKEN, "due_at": None, "replacement_url": ""}
    path = f"{link}__" if link else ""
    return _told(**{f"{path}{name}": value for name, value in marked.items()})


def _post(post: str, *, page: bool) -> tuple[Any, ...]:
    names = (f"{post}__{name}" for name in ("slug", "title", "language", "id"))
    return (*names, f"{post}__page__json" if page else _NO_PAGE)


def items_of(section: int, at: datetime, *, page: bool = False) -> QuerySet[SectionEntry, Any]:
    """Return the items under a recurring heading and those below it, newest issue first, in the
    order of each; with a ``page`` for feeds."""
    rows = SectionEntry.objects.filter(recurring=section, item__hidden=False, date__lte=at)
    ordered = rows.order_by("-date", "item_id")
    columns = (*item_columns(at, "item__", page=page), read_as_text("date"), "item_id")
    return ordered.values_list(*columns)


def item_columns(at: datetime, item: str = "", *, page: bool = False) -> tuple[Any, ...]:
    """Return the columns of items as ``entry_of`` takes them, but for date and key; ``item`` is the
    path to an item."""
    link = f"{item}link"
    return (
        as_text(f"{item}uid") if page else _NOTHING,
        _NOTHING,
        f"{item}title",
        f"{item}anchor_text",
        Substr(f"{item}summary", 1, LINE_LENGTH + 1),
        Value(1),
        _told(**{f"{item}kind": LinkedItem.Kind.LIST}),
        as_text(f"{item}uid"),
        _NOTHING,
        shown_address(link),
        marked_broken(link),
        Case(When(shown(link), then=F(f"{link}__source__name")), output_field=TextField()),
        *_post(f"{item}post", page=page),
        *(_NOT_COUNTED if page else _cited(at, link)),
    )


def _cited(at: datetime, link: str) -> tuple[Any, ...]:
    """Return the key of a link, and in how many public posts it is where several have it."""
    recurring = RecurringLink.objects.filter(link=OuterRef(link))
    counted = with_public_count(recurring, Appearance, at).values("public_count")
    return Case(When(shown(link), then=F(f"{link}__key"))), Subquery(counted)


def links_of_host(host: int, at: datetime, *, page: bool = False) -> QuerySet[Appearance, Any]:
    """Return the links of a host with those of its owners, as ``items_of`` does."""
    return _links(Appearance.objects.filter(host=host, date__lte=at), at, page=page)


def links_of_owner(owner: int, at: datetime, *, page: bool = False) -> QuerySet[Appearance, Any]:
    """Return the links of an owner, as ``items_of`` does."""
    return _links(Appearance.objects.filter(owner=owner, date__lte=at), at, page=page)


def _links(rows: QuerySet[Appearance], at: datetime, *, page: bool) -> QuerySet[Appearance, Any]:
    return seen(rows).values_list(*place_columns(at, page=page))


def _anchor_of_section() -> Subquery:
    return Subquery(Section.objects.filter(pk=OuterRef("section")).values("anchor"))


def seen(rows: QuerySet[Appearance]) -> QuerySet[Appearance]:
    """Return those places of links that readers see as it is decided now, the newest first."""
    visible = rows.filter(Q(item=None) | Q(item__hidden=False), shown("link"))
    return visible.order_by("-date", "pk")


def place_columns(
    at: datetime, length: int = LINE_LENGTH, *, page: bool = False
) -> tuple[Any, ...]:
    """Return the columns of a place of a link as ``entry_of`` takes them, with so much of the
    summary."""
    return (
        as_text("post__uid") if page else _NOTHING,
        "link__key" if page else _NOTHING,
        Coalesce("item__title", Value(""), output_field=TextField()),
        "anchor_text",
        Substr("item__summary", 1, length + 1),
        _told(item__link=F("link")),
        _told(item__kind=LinkedItem.Kind.LIST),
        as_text("item__uid"),
        # Items have a place of their own: to read the section of each takes a quarter of a list.
        Case(When(item=None, then=_anchor_of_section()), default=_NOTHING),
        shown_address("link"),
        marked_broken("link"),
        "link__source__name",
        *_post("post", page=page),
        *(_NOT_COUNTED if page else _cited(at, "link")),
        read_as_text("date"),
        "pk",
    )


@cache
def first(rows_of: RowsOf) -> Callable[[int, datetime], Rows]:
    """Return a prepared query of the first page of a list and one row more."""
    return prepared(lambda of, at: rows_of(of, at)[: ROWS + 1])


@cache
def _first_for_feeds(rows_of: RowsOf) -> Callable[[int, datetime], Rows]:
    return prepared(lambda of, at: rows_of(of, at, page=True)[:ROWS])


def newest(rows_of: RowsOf, of: int, at: datetime) -> list[Entry]:
    """Return the first page of a list, for a feed."""
    return [entry_of(row) for row in _first_for_feeds(rows_of)(of, at)]


def _first_items(rows: QuerySet[LinkedItem], at: datetime) -> QuerySet[LinkedItem, Any]:
    """Return the first of the items of a few posts, newest first, in the order of each.

    Keys are sorted before the columns are read: a long issue has hundreds of items.
    """
    order = ("-date", "-post_id", "section__position", "position")
    first = LinkedItem.objects.filter(pk__in=rows.order_by(*order).values("pk")[:ROWS])
    columns = (*item_columns(at, page=True), read_as_text("date"), "pk")
    return first.order_by(*order).values_list(*columns)


@prepared
def _items_of_site(at: datetime) -> QuerySet[LinkedItem, Any]:
    """Return the newest items of all: of the posts that are not older than the last of them."""
    seen = LinkedItem.objects.filter(hidden=False, date__lte=at)
    last = Subquery(seen.order_by("-date").values("date")[ROWS - 1 : ROWS])
    start = Coalesce(last, Value(_BEGINNING))  # for a site that has fewer
    return _first_items(seen.filter(date__gte=start), at)


@prepared
def _items_of_tag(tag: int, start: datetime, at: datetime) -> QuerySet[LinkedItem, Any]:
    posts = TaggedPost.objects.filter(tag=tag, date__lte=at, date__gte=start)
    newest = posts.order_by("-date", "-content_object_id").values("content_object_id")[:ROWS]
    return _first_items(LinkedItem.objects.filter(post__in=newest, hidden=False, date__lte=at), at)


@prepared
def newest_of_tag(slug: str, at: datetime) -> QuerySet[TaggedPost, Any]:
    """Return (number of items, key and name of the tag, publish time, key) of its newest posts."""
    rows = TaggedPost.objects.filter(tag__slug=slug, date__lte=at)
    ordered = rows.order_by("-date", "-content_object_id")
    of_tag = ("content_object__item_count", "tag_id", "tag__name")
    return ordered.values_list(*of_tag, read_as_text("date"), "content_object_id")[:ROWS]


def newest_items(at: datetime) -> list[Entry]:
    """Return the newest items of the site, for a feed."""
    return [entry_of(row) for row in _items_of_site(at)]


def newest_items_of_tag(posts: Rows, at: datetime) -> list[Entry]:
    """Return the newest items of a tag, for a feed.

    ``posts`` are its newest, as ``newest_of_tag`` returns them: only as many of them are looked at
    as are needed, so that tags need no index of their items.
    """
    start, needed, tag = at, ROWS, posts[0][1]
    for count, *_more, date, _pk in posts:
        start, needed = date, needed - count
        if needed <= 0:
            break
    return [entry_of(row) for row in _items_of_tag(tag, start, at)]


def found(value: str | None, rows_of: RowsOf, of: int, at: datetime) -> Page:
    """Return the page of a list that ``?page=`` names, as rows of ``linked.html``."""
    page = paginate(value, lambda: first(rows_of)(of, at), lambda: rows_of(of, at), ROWS)
    say = short_days()
    return replace(page, rows=[linked([entry_of(row) for row in page.rows], say)])


def linked(entries: Sequence[Entry], say: Callable[[datetime], SafeString]) -> SafeString:
    """Return entries as rows of a list."""
    # Numbers recur, and to say one takes as long as the rest of a row.
    counts = {cited: issue_count(cited) for cited in {entry.cited for entry in entries}}
    return filled("linked", FIELDS, [_as_row(entry, counts, say) for entry in entries])


def _as_row(
    entry: Entry, counts: Mapping[int, str], say: Callable[[datetime], SafeString]
) -> tuple[str | SafeString, ...]:
    source = entry.source and address_of("source", entry.source)
    return (
        entry.title,
        entry.address,
        entry.line,
        entry.source,
        source,
        entry.place,
        entry.issue,
        counts[entry.cited] if entry.cited > 1 else "",
        address_of_link(entry.link) if entry.cited > 1 else "",
        say(entry.date),
        entry.language,
    )


def entry_of(row: Sequence[Any], length: int = LINE_LENGTH) -> Entry:
    """Return what a row of a list says; of its text so many characters."""
    (
        identity, key, title, anchor, summary, is_main, is_listed, item, section, address,
        is_broken, source, slug, issue, language, post, page, link, cited, date, _pk,
    ) = row  # fmt: skip
    # A further link of an item is called after both: "Llama 3 · paper".
    named, line = title or anchor, cut(summary or "", length)
    if not is_main and anchor and anchor != title:
        named = f"{title} · {anchor}" if title and is_listed else anchor
    if not named:
        named, line = line or address, ""
    named = cut(named, TITLE_LENGTH)
    line = beyond(named, line)  # an item without a link is called by its words
    if is_broken:
        named = f"{named} ({link_words(language).broken})"
    # PostgreSQL writes hyphens between the digits.
    fragment = anchor_of(item.replace("-", "")) if item else section
    return Entry(
        identity,
        key,
        named,
        line,
        address,
        source or "",
        f"{address_of('post', slug)}#{fragment}",
        issue,
        language,
        post,
        page,
        date,
        link or "",
        cited if link and cited else 1,
    )


def address_of_link(key: str) -> str:
    """Return the address of a link's page."""
    return address_of("link", key[:DIGEST_LENGTH])


def cut(text: str, length: int) -> str:
    """Return a text that is too long up to its last whole word."""
    return text if len(text) <= length else f"{text[: length - 1].rpartition(' ')[0]}…"
