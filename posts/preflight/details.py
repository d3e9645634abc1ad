"""Checks of what stands in the fields beside the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from difflib import get_close_matches
from typing import Final

from django.utils import timezone

from posts.languages import detect_language
from posts.markdown.plain import width
from posts.messages import Message as _
from posts.naming import fold
from posts.preflight.facts import Facts
from posts.preflight.findings import Finding
from posts.preflight.written import Written

# In columns. Search engines cut titles at about 60, mail programs on phones at 40; what is longer
# than this is no title any more.
LONG_TITLE: Final = 110
LONG_DESCRIPTION: Final = 320
FAR: Final = timedelta(days=366)
LATE: Final = timedelta(days=2)
_ISO_DAY: Final = re.compile(
    r"(?<!\d)(20\d\d)[-./](0?[1-9]|1[0-2])[-./](0?[1-9]|[12]\d|3[01])(?!\d)"
)


def no_description(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find an issue that says nothing of itself in lists, feeds and previews."""
    if not written.details.description.strip():
        words = _("No description: lists, feeds and previews show the title alone.")
        yield Finding("no-description", words, field="description")


def long_title(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find a title that lists and mail programs cut off."""
    if width(written.details.title) > LONG_TITLE:
        words = _(
            "The title is cut off where it is shown: more than %(latin)d Latin or %(hangul)d Hangul"
            " letters are too many.",
            latin=LONG_TITLE,
            hangul=LONG_TITLE // 2,
        )
        yield Finding("long-title", words, field="title")


def long_description(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find a description that is cut off where it is shown."""
    if width(written.details.description) > LONG_DESCRIPTION:
        words = _(
            "The description is cut off where it is shown: more than %(latin)d Latin or %(hangul)d"
            " Hangul letters are too many.",
            latin=LONG_DESCRIPTION,
            hangul=LONG_DESCRIPTION // 2,
        )
        yield Finding("long-description", words, field="description")


def no_tags(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find an issue that no tag leads to."""
    if not written.details.tags:
        yield Finding("no-tags", _("No tags: readers find it under no subject."), field="tags")


def new_tags(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find tags that no issue has yet, which may be others misspelled."""
    for name in facts.new_tags:
        near = _nearest(name, facts)
        if near:
            words = _("No issue has the tag “%(tag)s”. Is it “%(near)s”?", tag=name, near=near)
        else:
            words = _("No issue has the tag “%(tag)s” yet.", tag=name)
        yield Finding("new-tag", words, field="tags")


def _nearest(name: str, facts: Facts) -> str:
    """Return the tag that a new one is likely to be; "" if none is."""
    folded = {_bare(tag): tag for tag in reversed(list(facts.tags))}
    near = get_close_matches(_bare(name), folded, n=1, cutoff=0.8)
    return folded[near[0]] if near else ""


def _bare(name: str) -> str:
    """Return a name without what people put between words."""
    return re.sub(r"[\s_-]+", " ", fold(name))


def odd_dates(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find a publish time long gone or far off, or another day than the title says."""
    at = written.details.at
    if at is None:
        return
    day = timezone.localtime(at).date()
    if not written.details.is_out and at < facts.now - LATE:
        words = _("The publish time is past: the issue comes out as one of %(day)s.", day=f"{day}")
        yield Finding("odd-date", words, field="published_at")
    if at > facts.now + FAR:
        words = _("The publish time is more than a year off: %(day)s.", day=f"{day}")
        yield Finding("odd-date", words, field="published_at")
    named = _ISO_DAY.findall(written.details.title)
    if len(named) == 1 and tuple(map(int, named[0])) != (day.year, day.month, day.day):
        said = "-".join(named[0])
        words = _("The title says %(said)s, and the publish time %(day)s.", said=said, day=f"{day}")
        yield Finding("odd-date", words, field="published_at")


def other_language(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find a text that is not in the language that the issue is said to be in."""
    said = written.details.language
    if not said:
        return
    found = detect_language(written.text, said)
    if found.partition("-")[0] != said.partition("-")[0].lower():
        words = _("The text looks like “%(found)s”, not “%(said)s”.", found=found, said=said)
        yield Finding("other-language", words, field="language")


def lone_translation(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find a translation key that links an issue to none: mistyped, or of one language twice."""
    key = written.details.translationkey
    same = [title for title, language in facts.translations if language == facts.language]
    if same:
        words = _(
            "“%(title)s” has the same key and language: the two are not linked.", title=same[0]
        )
        yield Finding("lone-translation", words, field="translationkey")
    elif key and not facts.translations:
        words = _("No other issue has the translation key “%(key)s” yet.", key=key)
        yield Finding("lone-translation", words, field="translationkey")
