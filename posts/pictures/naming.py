"""Who names a picture of the library: issues, and texts that are no issue or not yet one.

Issues have rows ``Image``. Pending versions, templates and what somebody types have none, but are
few: their texts are searched. Old versions are many, and searched only before something goes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

from django.db.models import Count, Q

from posts.models import (
    FOLDER,
    Image,
    IssueTemplate,
    PendingVersion,
    Picture,
    RevisionPiece,
    WorkingCopy,
)
from posts.pictures.using import ENDING, name_in

_BEGINNING: Final = f"{FOLDER}/"
_PATH: Final = re.compile(rf"{FOLDER}/[^/\s]*?{re.escape(ENDING)}")


class Where(StrEnum):
    """What names a picture."""

    ISSUES = "issues"
    TRASH = "trash"
    PENDING = "pending"
    TYPED = "typed"
    TEMPLATES = "templates"
    VERSIONS = "versions"


Uses = Counter[Where]


def who_names(pictures: Iterable[Picture], *, versions: bool = False) -> dict[str, Uses]:
    """Return by name how many of what name pictures: issues, and issues whose old versions do.

    With ``versions`` all old versions are read.
    """
    uses = {picture.name: Uses() for picture in pictures}
    for name, issues, trashed in _issues(uses):
        uses[name].update({Where.ISSUES: issues, Where.TRASH: trashed})
    for where, text in _texts():
        for name in names_in(text) & uses.keys():
            uses[name][where] += 1
    for name, _post in _in_versions(uses) if versions else ():
        uses[name][Where.VERSIONS] += 1
    return {name: +counted for name, counted in uses.items()}


def named_beside_issues() -> set[str]:
    """Return the names that pending versions, templates and what somebody types name."""
    return {name for _where, text in _texts() for name in names_in(text)}


def names_in(text: str) -> set[str]:
    """Return the names of the library that a text may mean, however it writes them."""
    return {name_in(path) for path in _PATH.findall(text.replace("\\", ""))}


def _issues(names: Iterable[str]) -> Iterable[tuple[str, int, int]]:
    is_trashed = Q(post__trashed_at__isnull=False)
    rows = Image.objects.filter(picture__name__in=list(names)).values("picture__name")
    return rows.order_by().annotate(
        issues=Count("post", distinct=True, filter=~is_trashed),
        trashed=Count("post", distinct=True, filter=is_trashed),
    ).values_list("picture__name", "issues", "trashed")  # fmt: skip


def _texts() -> Iterator[tuple[Where, str]]:
    """Give the texts that name any picture, those of issues and old versions aside."""
    pending = PendingVersion.objects.filter(
        Q(body__contains=_BEGINNING) | Q(header__contains=_BEGINNING)
    )
    for header, body in pending.values_list("header", "body").iterator():
        yield Where.PENDING, f"{header}\n{body}"
    typed = WorkingCopy.objects.filter(done_at=None).filter(
        Q(text__contains=_BEGINNING) | Q(fields__cover__icontains=_BEGINNING)
    )
    for cover, text in typed.values_list("fields__cover", "text").iterator():
        yield Where.TYPED, f"{cover}\n{text}"
    templates = IssueTemplate.objects.filter(text__contains=_BEGINNING)
    for text in templates.values_list("text", flat=True).iterator():
        yield Where.TEMPLATES, text


def _in_versions(names: Iterable[str]) -> set[tuple[str, int]]:
    """Return names with the issues that had such a picture once and have it no more."""
    wanted = set(names)
    if not wanted:
        return set()
    found = {
        (name, piece.post_id)
        for piece in RevisionPiece.objects.only("post", "data").iterator()
        for name in wanted & names_in(piece.text)
    }
    now = Image.objects.filter(picture__name__in=wanted).values_list("picture__name", "post")
    return found - set(now)
