"""Redirects from old addresses: checked, stored, and found where nothing else answers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from posts import access, publication
from posts.access import Actor
from posts.models import Redirect
from posts.models.redirects import ADDRESS_LENGTH
from posts.naming import nfc

MOST_ROWS: Final = 10_000
_SEPARATORS: Final = frozenset(",;|")  # which a first line may name: no letter, no quotation mark
# Whose addresses are never old ones.
STAFF: Final = "/admin/"
WEB: Final = ("http", "https")
KINDS: Final = {str(kind): kind for kind in Redirect.Kind.values} | {"": Redirect.Kind.PERMANENT}
HEADER: Final = ("old", "new", "kind")


class RedirectError(ValueError):
    """A redirect that cannot be; ``field`` is the one to put right: old, new or kind."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Row:
    """One redirect of a file, and its line."""

    line: int
    old: str
    new: str
    kind: int


def normal(address: str) -> str:
    """Return an old path as it is stored and looked up: decoded, NFC, its query as written.

    One of this site may be written with its host. Raises RedirectError.
    """
    text = address.strip().removeprefix(settings.SITE_URL)
    path, mark, query = text.partition("#")[0].partition("?")
    path = nfc(unquote(path))
    if (
        not path.startswith("/")
        or path.startswith("//")
        or not path.isprintable()
        or {".", ".."} & set(path.split("/"))
    ):
        raise RedirectError("old", _("Write a path of this site: it begins with one “/”."))
    if path.startswith(STAFF):
        raise RedirectError("old", _("The pages of staff are not redirected."))
    if len(path + mark + query) > ADDRESS_LENGTH:
        raise RedirectError("old", _("This address is too long."))
    return f"{path}?{query}" if query else path


def check_target(address: str) -> str:
    """Return where a redirect leads: a path of this site, or a whole address of the web.

    Raises RedirectError.
    """
    text = address.strip()
    if len(text) > ADDRESS_LENGTH:
        raise RedirectError("new", _("This address is too long."))
    is_plain = text.isprintable() and not any(char.isspace() or char in '\\<>"' for char in text)
    if is_plain and text.startswith("/") and not text.startswith("//"):
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if not is_plain or parts.scheme not in WEB or not parts.hostname:
        raise RedirectError("new", _("Write a path such as /about/, or a whole address."))
    return text


def check_loop(old: str, new: str, others: Mapping[str, str]) -> None:
    """Raise RedirectError where following redirects from ``new`` leads back to ``old``."""
    seen = {old}
    place = new
    while place:
        try:
            here = normal(place)
        except RedirectError:
            return  # another site's
        if here in seen:
            raise RedirectError("new", _("This leads back to where it began."))
        seen.add(here)
        place = others.get(here) or others.get(here.partition("?")[0]) or ""


def targets(without: int | None = None) -> dict[str, str]:
    """Return where old paths lead, but for that of one row."""
    rows = Redirect.objects.exclude(pk=without) if without else Redirect.objects.all()
    return dict(rows.values_list("old", "new"))


def find(path: str, query: str) -> Redirect | None:
    """Return what is known of a path: with its query first, then without."""
    path = nfc(path)
    names = [f"{path}?{query}", path] if query else [path]
    rows = {row.old: row for row in Redirect.objects.filter(old__in=names)}
    return next((rows[name] for name in names if name in rows), None)


def read_csv(text: str) -> tuple[list[Row], list[str]]:
    """Return the redirects of a table (old path, new address, 301 or 302), and what is wrong with
    it, by line. Commas part its cells, or what spreadsheets write instead; the first line may name
    the columns."""
    rows: list[Row] = []
    problems: list[str] = []
    known: dict[str, str] = {}
    for cells, line in _records(text, problems):
        try:
            row = _row(line, cells)
            if row.old in known:
                raise RedirectError("old", _("This path stands here twice."))
        except RedirectError as error:
            problems.append(_said(line, error))
            continue
        rows.append(row)
        known[row.old] = row.new
    leads = targets() | known
    for row in rows:
        try:
            check_loop(row.old, row.new, leads)
        except RedirectError as error:
            problems.append(_said(row.line, error))
    return rows, problems


def _records(text: str, problems: list[str]) -> Iterable[tuple[list[str], int]]:
    text = text.removeprefix("\ufeff")
    separator = _separator(text)
    reader = csv.reader(io.StringIO(text), strict=True, delimiter=separator)
    is_first = True
    try:
        for cells in reader:
            if reader.line_num > MOST_ROWS:
                problems.append(_("At most %(n)d lines.") % {"n": MOST_ROWS})
                return
            if not any(cell.strip() for cell in cells) or cells[:2] == ["sep=", ""]:
                continue
            if not is_first or [cell.strip().lower() for cell in cells[:2]] != ["old", "new"]:
                yield cells, reader.line_num
            is_first = False
    except csv.Error:
        words = _("Line %(line)d: this cannot be read as CSV.")
        problems.append(words % {"line": reader.line_num})


def _separator(text: str) -> str:
    """Return what parts the cells of a table: what Excel names above it (`sep=;`), a tab, which no
    address has, or a semicolon, where Excel knows the comma as the sign of decimals."""
    first = text.lstrip().partition("\n")[0].strip()
    if first.removeprefix("sep=") in _SEPARATORS:
        return first[-1]
    if "\t" in text:
        return "\t"
    return ";" if ";" in first and "," not in first else ","


def _row(line: int, cells: list[str]) -> Row:
    if not 2 <= len(cells) <= 3:
        raise RedirectError("old", _("Write the old path, a comma, and the new address."))
    # A spreadsheet's guard against formulas is no part of an address.
    old, new, kind = (cell.strip().removeprefix("'") for cell in [*cells, ""][:3])
    if kind not in KINDS:
        raise RedirectError("kind", _("The third column is 301 or 302."))
    return Row(line, normal(old), check_target(new), KINDS[kind])


def _said(line: int, error: RedirectError) -> str:
    return _("Line %(line)d: %(error)s") % {"line": line, "error": error}


@transaction.atomic
def remove(rows: Iterable[Redirect], *, by: Actor = None) -> int:
    """Delete redirects; return how many were there. Raises PermissionDenied."""
    access.check(by, access.DELETE_REDIRECTS)
    count, _rows = Redirect.objects.filter(pk__in=[row.pk for row in rows]).delete()
    publication.move()
    return count


@transaction.atomic
def take(rows: Iterable[Row], *, by: Actor = None) -> int:
    """Store redirects, in the place of those of the same paths; return how many there were.

    Raises PermissionDenied.
    """
    access.check(by, access.REDIRECT)
    made = [Redirect(old=row.old, new=row.new, kind=row.kind) for row in rows]
    Redirect.objects.bulk_create(
        made, update_conflicts=True, unique_fields=["old"], update_fields=["new", "kind"]
    )
    publication.move()
    return len(made)
