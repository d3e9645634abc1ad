"""What the form of a new issue is filled with. Nothing is stored before somebody saves it."""

from __future__ import annotations

import operator
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from django.db.models import Value
from django.utils import formats, timezone, translation

from posts import identity
from posts.documents.metadata import distinct_tags
from posts.markdown.lines import (
    FENCE,
    HTML_UNTIL_BLANK,
    closes_fence,
    html_block_ends,
    html_block_kind,
    with_line_feeds,
)
from posts.models import IssueTemplate, Post, Section
from posts.numbers import number_in
from posts.starting.titles import filled, next_number, next_title

LAST = "last"
TEMPLATE = "template-"
# So many of the last issues say what recurs, and so many have titles that count.
ISSUES, TITLES = 4, 30
WEEKS = 53
# Of lists and quotations, in which blocks may begin, too.
_MARKERS = re.compile(r"(?:(?:>|[-*+]|\d{1,9}[.)])[ \t]+)+")


class NoBeginning(ValueError):
    """What an issue should start from is not there (any more)."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a new issue has before anybody wrote a word of it."""

    title: str = ""
    text: str = ""
    tags: list[str] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    language: str = ""
    published_at: datetime | None = None

    def initial(self) -> dict[str, Any]:
        """Return the fields of the form that have a value."""
        names = ("title", "text", "tags", "authors", "language", "published_at")
        return {name: getattr(self, name) for name in names if getattr(self, name)}


def choices() -> list[tuple[str, str]]:
    """Return the keys of what an issue may start from, with names; "" for what has none."""
    published = Post.objects.published().order_by()
    last = Post.objects.order_by().filter(pk__in=published.values("pk")[:1])
    templates = IssueTemplate.objects.order_by().values_list("pk", "name")
    rows = templates.union(last.values_list(Value(0), Value("")), all=True)
    return [(f"{TEMPLATE}{pk}" if name else LAST, name) for pk, name in rows.order_by("name")]


def begin(key: str, now: datetime | None = None, day: date | None = None) -> Beginning:
    """Return the beginning with a key of ``choices``, for a day, else the next usual one.

    Raises NoBeginning.
    """
    if key == LAST:
        return from_last(now, day)
    pk = number_in(key.removeprefix(TEMPLATE))
    template = IssueTemplate.objects.filter(pk=pk).first()
    if template is None:
        raise NoBeginning
    return from_template(template, now, day)


def keys_by_weekday() -> dict[int, str]:
    """Return the key of what an issue on each weekday starts from: the first template for it, else
    the last issue."""
    rows = IssueTemplate.objects.order_by("-name").values_list("weekday", "pk")
    keys = {weekday: f"{TEMPLATE}{pk}" for weekday, pk in rows if weekday is not None}
    return dict.fromkeys(range(7), LAST) | keys


def from_template(
    template: IssueTemplate, now: datetime | None = None, day: date | None = None
) -> Beginning:
    """Return what a template says, its gaps filled: the next number, the day or next free one."""
    at = _on(day, template.time) if day else _next_time(template.weekday, template.time, now)
    words = _day_in_words(timezone.localdate(at or now), template.language)
    number = next_number(template.title, _titles())
    return Beginning(
        title=filled(template.title, number, words),
        text=filled(template.text, number, words),
        tags=_names(template.tags),
        authors=_names(template.authors),
        language=template.language,
        published_at=at,
    )


def from_last(now: datetime | None = None, day: date | None = None) -> Beginning:
    """Return what the last issues have in common: headings in order, the lines that come back
    below them, the number in the title, the day of the week. Raises NoBeginning."""
    posts = list(Post.objects.published().newest_first()[:ISSUES])
    if not posts:
        raise NoBeginning
    rows: dict[int, list[Section]] = {post.pk: [] for post in posts}
    for section in Section.objects.filter(post__in=posts).order_by("post", "position"):
        rows[section.post_id].append(section)
    last, *others = (rows[post.pk] for post in posts)
    slot = _usual_slot([post.published_at for post in posts if post.published_at])
    at = _next_time(*slot, now) if slot else None
    return Beginning(
        title=next_title(_titles()),
        text=_skeleton(last, others),
        published_at=_on(day, slot[1] if slot else None) if day else at,
    )


# Texts


def _skeleton(last: Sequence[Section], others: Sequence[Sequence[Section]]) -> str:
    """Return the headings of an issue that others had, too, with the lines that came back."""
    known = Counter(key for sections in others for key in {_key(one) for one in sections})
    recurs = any(known[_key(one)] for one in last if one.heading)
    parts = []
    for section in last:
        if section.heading and recurs and not known[_key(section)]:
            continue
        heading, lines = _apart(section)
        kept = _usual(lines, [one for rows in others for one in rows if _key(one) == _key(section)])
        if heading or kept:
            parts.append("\n".join(filter(None, (heading, "\n".join(kept)))))
    return "".join(f"{part}\n\n" for part in parts)


def _usual(lines: Sequence[str], same: Sequence[Section]) -> list[str]:
    """Return the lines that the same section had in another issue, or in two of several."""
    had = Counter(line for one in same for line in set(_apart(one)[1]))
    return [line for line in lines if had[line] >= max(1, min(2, len(same)))]


def _key(section: Section) -> object:
    """Return what says that sections of issues are the same: however it is decorated."""
    return section.recurring_id or section.heading


def _apart(section: Section) -> tuple[str, list[str]]:
    """Return the lines of a section's heading as written, and those below it that say something."""
    lines = with_line_feeds(section.source).strip("\n").split("\n")
    size = 0
    if section.heading:
        size = 1 if lines[0].lstrip().startswith("#") else 2
    return "\n".join(lines[:size]), _units(lines[size:])


def _units(lines: Sequence[str]) -> list[str]:
    """Return what comes back or not as a whole: lines that say something, and blocks of code and
    raw HTML, of which one line alone means something else."""
    units: list[str] = []
    block: list[str] = []
    ends: Callable[[str], bool] | None = None
    for line in lines:
        bare = line.strip()
        if ends is None and (ends := _end_of_block(bare)) is None:
            units += [line] if bare else []
            continue
        block.append(line)
        if ends(bare) and (len(block) > 1 or not FENCE.fullmatch(bare)):
            units.append("\n".join(block))
            block, ends = [], None
    return [*units, "\n".join(block).rstrip()] if block else units


def _end_of_block(line: str) -> Callable[[str], bool] | None:
    """Return what tells the last line of the block that a line begins; None if it begins none."""
    line = _MARKERS.sub("", line, count=1)
    if fence := FENCE.match(line):
        return partial(_closes, fence[0])
    kind = html_block_kind(line, in_paragraph=False)
    if not kind:
        return None
    return partial(html_block_ends, kind) if kind < HTML_UNTIL_BLANK else operator.not_


def _closes(fence: str, line: str) -> bool:
    return closes_fence(line, fence)


def _titles() -> list[str]:
    """Return the titles of the last issues, those to come and drafts among them."""
    public = Post.objects.published().newest_first().values_list("title", flat=True)
    drafts = Post.objects.exclude(pk__in=Post.objects.published().values("pk"))
    coming = drafts.order_by("-modified_at", "-pk").values_list("title", flat=True)
    return [*public[:TITLES], *coming[:TITLES]]


def _names(text: str) -> list[str]:
    return list(distinct_tags(name.strip() for name in text.replace("\n", ",").split(",")))


# Days


def _day_in_words(day: date, language: str) -> str:
    """Return a day as people write it in a language: "4 December 2026", "2026년 12월 4일"."""
    with translation.override(language or identity.current().language):
        pattern = "Y년 n월 j일" if translation.get_language() == "ko" else "j F Y"
        return formats.date_format(day, pattern)


def _usual_slot(moments: Sequence[datetime]) -> tuple[int, time] | None:
    """Return the weekday on which most of the last issues came, and the time of the last."""
    local = [timezone.localtime(moment) for moment in moments]
    days = Counter(moment.weekday() for moment in local).most_common(1)
    if not days or days[0][1] < 3:
        return None
    return days[0][0], local[0].time().replace(second=0, microsecond=0)


def _on(day: date, at: time | None) -> datetime:
    return datetime.combine(day, at or time(), timezone.get_current_timezone())


def _next_time(
    weekday: int | None, at: time | None, now: datetime | None = None
) -> datetime | None:
    """Return the next moment on a weekday at a time on whose day there is no other issue."""
    if weekday is None:
        return None
    moment = now or timezone.now()
    zone = timezone.get_current_timezone()
    dated = Post.objects.filter(published_at__gt=moment - timedelta(days=1))
    taken = {timezone.localdate(one) for one in dated.values_list("published_at", flat=True) if one}
    first = timezone.localdate(moment)
    first += timedelta(days=(weekday - first.weekday()) % 7)
    for week in range(WEEKS):
        day = first + timedelta(weeks=week)
        found = datetime.combine(day, at or time(), zone)
        if found > moment and day not in taken:
            return found
    return None
