"""What the page of an issue says before it is published: the panel, and what holds the buttons."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from links.admin import StaffAdmin
from posts import access
from posts.admin.forms import form_for
from posts.admin.holding import OVERRIDE, Checked, written_in
from posts.documents.editing import plain
from posts.markdown.limits import MarkdownLimitError
from posts.models import Post
from posts.numbers import number_in
from posts.preflight import (
    Edit,
    Finding,
    Remark,
    Written,
    check,
    check_post,
    levels,
    suggest_tags,
)
from posts.slots import CHECKS, PANELS, Level, Panel
from posts.translating import translated

SHOWN: Final = 30
"""So many findings of one check are shown at once."""
MOST: Final = 100
"""So many are shown at all, and marked in the text; of the rest the number is said."""
MARKS: Final = {Level.STOP: "error", Level.WARN: "warning"}
"""How a line is marked in the text (static/js/admin/writing/text.js)."""
UNREADABLE: Final = _("The text")
ASKED: Final = "checks"
"""In the query of a form's address: show what the checks find, for who has no scripts."""
PLAIN: Final = "_plain"
"""Stands in what a form sends whose browser runs no scripts."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding as the panel shows it, in the text of the form: lines count from 1, and offsets in
    UTF-16 units, as scripts count them. ``was`` is what its ``edit`` takes away."""

    finding: Finding
    words: str
    line: int
    start: int
    end: int
    edit: Edit | None = None
    was: str = ""
    fix_start: int = 0
    fix_end: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """What one check found: so much as is shown, and how much it is in all."""

    name: str
    title: Any
    level: Level
    rows: list[Shown]
    count: int

    @property
    def first(self) -> list[Shown]:
        """What is shown at once."""
        return self.rows[:SHOWN]

    @property
    def more(self) -> list[Shown]:
        """What is shown when it is asked for."""
        return self.rows[SHOWN:]

    @property
    def rest(self) -> int:
        """How many are not shown."""
        return self.count - len(self.rows)

    @property
    def fixes(self) -> int:
        """How many of them a click mends."""
        return sum(row.edit is not None for row in self.rows)


# What the panel shows


def groups_of(checked: Checked) -> list[Group]:
    """Return findings by check: what holds comes first, then in the order of the checks."""
    titles = {one.name: (place, one.title) for place, one in enumerate(CHECKS)}
    units = _Units(checked)

    def order(remark: Remark) -> tuple[bool, int]:
        return remark.level != Level.STOP, titles.get(remark.finding.kind, (-1, ""))[0]

    found = []
    for _key, same in groupby(sorted(checked.remarks, key=order), key=order):
        rows = list(same)
        kind = rows[0].finding.kind
        shown = [_shown(row.finding, checked, units) for row in rows[:MOST]]
        title = titles.get(kind, (0, UNREADABLE))[1]
        found.append(Group(kind, title, rows[0].level, shown, len(rows)))
    return found


def _shown(finding: Finding, checked: Checked, units: _Units) -> Shown:
    line = finding.line + checked.header.count("\n") if finding.line else 0
    start, end = finding.span or (0, 0)
    shown = Shown(finding, translated(finding.words), line, units.at(start), units.at(end))
    if (edit := finding.edit) is None:
        return shown
    return replace(
        shown,
        edit=edit,
        was=checked.text[edit.start : edit.end],
        fix_start=units.at(edit.start),
        fix_end=units.at(edit.end),
    )


class _Units:
    """Offsets in a text as scripts count them in the field that holds it, in UTF-16 units."""

    def __init__(self, checked: Checked) -> None:
        self._before = len(checked.header)
        text = checked.header + checked.text
        self._long = [] if text.isascii() else [n for n, char in enumerate(text) if char > "\uffff"]

    def at(self, offset: int) -> int:
        offset += self._before
        return offset + bisect_left(self._long, offset)


def summary(groups: Iterable[Group]) -> str:
    """Return in words how much was found, for beside the publish button."""
    counts = [(group.level, group.count) for group in groups]
    stops = sum(count for level, count in counts if level == Level.STOP)
    others = sum(count for level, count in counts if level != Level.STOP)
    said = []
    if stops:
        words = ngettext("%(n)d finding holds it", "%(n)d findings hold it", stops)
        said.append(words % {"n": stops})
    if others:
        said.append(ngettext("%(n)d remark", "%(n)d remarks", others) % {"n": others})
    return ", ".join(said) or gettext("Nothing to remark")


def _marks(groups: Iterable[Group]) -> Iterator[dict[str, Any]]:
    for group in groups:
        for row in group.rows:
            if row.line:
                yield {"line": row.line, "level": MARKS[group.level], "words": row.words}


def _suggested(written: Written) -> list[dict[str, str]]:
    """Return tags that the archive suggests, with why; none for a text that cannot be read."""
    try:
        return [{"name": one.name, "why": translated(one.why)} for one in suggest_tags(written)]
    except MarkdownLimitError:
        return []


def _context(request: HttpRequest, post: Post | None) -> dict[str, Any] | None:
    """Return what the panel shows at first: nothing, since its script asks, unless a form was
    refused or somebody without scripts asks."""
    checked: Checked | None = getattr(request, "checked", None)
    if checked is None and post is not None and ASKED in request.GET:
        checked = Checked(check_post(post), plain(post.body))
    groups = groups_of(checked) if checked else None
    return {
        "groups": groups,
        "summary": summary(groups) if groups is not None else "",
        "is_held": any(group.level == Level.STOP for group in groups or ()),
        "why": request.POST.get(OVERRIDE, ""),
        "asked": ASKED,
        "plain": PLAIN,
    }


PANELS.add(
    Panel(
        "preflight",
        _("Checks"),
        "admin/posts/post/panels/preflight.html",
        _context,
        place=30,
        scripts=("js/admin/writing/preflight.js",),
        styles=("css/admin/writing-preflight.css",),
    )
)


class PreflightPages(StaffAdmin):
    """The address at which the form asks what the checks find in what is written."""

    def get_urls(self) -> list[URLPattern]:
        """Add it to Django's."""
        view = self.admin_site.admin_view(require_POST(self.preflight_view))
        return [path("preflight/", view, name="posts_post_preflight"), *super().get_urls()]

    def preflight_view(self, request: HttpRequest) -> JsonResponse:
        """Answer with what the checks find in a form, which is not saved."""
        if not access.may(request.user, access.WRITE) and not self.has_change_permission(request):
            raise PermissionDenied
        post = Post.objects.filter(pk=number_in(request.POST.get("post"))).first()
        form = form_for(request.user)(request.POST, instance=post or Post())
        form.is_valid()
        written, header = written_in(form)
        checked = Checked(check(written, form.instance, levels()), written.text, header)
        groups = groups_of(checked)
        suggested = {"tags": _suggested(written)}
        return JsonResponse(
            {
                "html": render_to_string(
                    "admin/posts/post/remarks.html", {"groups": groups}, request
                ),
                "summary": summary(groups),
                "count": sum(group.count for group in groups),
                "held": any(group.level == Level.STOP for group in groups),
                "marks": list(_marks(groups)),
                "tags": render_to_string("admin/posts/post/tag_suggestions.html", suggested),
            }
        )


def query_after(request: HttpRequest) -> dict[str, str]:
    """Return what a form's address asks for after it was saved: what the checks find, where no
    script would ask."""
    return {ASKED: "1"} if PLAIN in request.POST else {}
