"""Two saves of one issue that met: what the second editor wrote, brought together with the first.

The base is the revision that the second one was opened from. What only one of them changed is taken
from that one; where both changed the same, the second is asked, and has both before them.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from posts import drafting, publishing, revising
from posts.admin.comparing import compared_texts
from posts.admin.forms import (
    CONFLICT,
    LATER,
    PUBLISH,
    SCHEDULE,
    PostForm,
    PublicForm,
    form_for,
    form_values,
    shown,
)
from posts.admin.states import state_of
from posts.documents import Issue, merge_texts
from posts.documents.editing import plain
from posts.documents.merging import Clash
from posts.models import EarlierEdition, PendingVersion, Post, Revision
from posts.naming import fold
from posts.numbers import number_in
from posts.publishing import EditConflict

# Stands in the data of a form whose text was merged: the version that it was opened from.
MERGED = "_merged"
# Its value where what it was merged with was saved for later.
WITH_PENDING = "pending"


class Save(NamedTuple):
    """Who saved what a form is merged with, and when."""

    who: str
    by: int | None
    at: datetime


class Opened(NamedTuple):
    """What a form showed when it was opened, and since when that stood there."""

    issue: Issue
    slug: str
    published_at: datetime | None
    at: datetime


@dataclass
class Meeting:
    """The data of the second form, with what the first changed in it, and what is left to ask.

    ``form`` is one that shows what was saved: what waits to be public, or what readers get.
    """

    data: QueryDict
    current: Post
    form: PostForm
    since: list[Save]
    waits: bool
    clashes: tuple[Clash, ...] = ()
    fields: list[tuple[Any, str, Any]] = field(default_factory=list)
    is_known: bool = True
    is_turned: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether it may be saved without a look: nothing clashes, and readers get nothing by it
        that nobody has read, neither an issue nor what was saved for later; nor is saving another
        thing by now than when the form was opened."""
        asks = self.clashes or self.fields or PUBLISH in self.data or SCHEDULE in self.data
        asks = asks or self.is_turned or (self.waits and LATER not in self.data)
        return self.is_known and not asks

    def context(self, user: Any) -> dict[str, Any]:
        """Return what the page shows to an editor who has to choose."""
        last = self.since[-1] if self.since else None
        theirs = self.form.initial["text"]
        return {
            "who": who_saved(self.since),
            "is_mine": bool(self.since) and all(save.by == user.pk for save in self.since),
            "when": last.at if last else self.current.modified_at,
            "is_merged": self.is_known,
            "state": state_of(self.current) if self.is_turned else "",
            "opened": self.data.get(MERGED, ""),
            "clashes": self.clashes,
            "fields": self.fields,
            "theirs": theirs,
            "diff": {} if self.is_known else compared_texts(theirs, self.data.get("text", "")),
        }


def refuse_outdated(sent: QueryDict, key: str | None, user: Any) -> None:
    """Raise EditConflict where a form was opened from an earlier version than is stored, or from
    another edition of what waits to be public.

    Before the form is read: it would take for changes of this editor what the other changed.
    """
    seen = number_in(sent.get("seen_version", ""))
    current = Post.objects.filter(pk=number_in(key)).first() if seen and key else None
    if current and _is_outdated(sent, seen, current, user):
        raise EditConflict(current)


def _pending(current: Post, user: Any) -> PendingVersion | None:
    """Return what waits to be public, for those whose form shows it."""
    return drafting.pending_of(current) if form_for(user).shows_pending else None


def _is_outdated(sent: QueryDict, seen: int, current: Post, user: Any) -> bool:
    pending = _pending(current, user)
    if sent.get("seen_pending", "") != _edition(pending):
        return True
    if pending and LATER in sent and seen == pending.based_on:
        return False
    return seen < current.version


def meet(sent: QueryDict, current: Post, user: Any) -> Meeting:
    """Bring together what was sent by a form and what somebody saved since it was opened."""
    data = sent.copy()
    pending = _pending(current, user)
    seen, seen_edition = number_in(data.get("seen_version", "")), data.get("seen_pending", "")
    overwritten = pending if pending and seen_edition != _edition(pending) else None
    opened = _opened(current, seen, "" if seen_edition == _edition(pending) else seen_edition)
    form = (PostForm if overwritten else PublicForm)(instance=current)
    since = _pending_saves(overwritten, opened) if overwritten else _public_saves(current, seen)
    data["seen_version"] = str(form.initial["seen_version"])
    data["seen_pending"] = _edition(pending)
    meeting = Meeting(data, current, form, since, waits=bool(pending or seen_edition))
    if opened is None:
        meeting.is_known = False
        bound = type(form)(sent, instance=current)
        meeting.fields = [_both(bound, name, data) for name in bound.changed_data if name in FIELDS]
    else:
        # The first form that was merged knows what was seen; what came after that was not.
        data.setdefault(MERGED, WITH_PENDING if overwritten else str(seen))
        meeting.is_turned = _is_turned(current, seen)
        _merge(meeting, opened, user)
    if not meeting.is_settled:
        data[CONFLICT] = "1"
    return meeting


def _edition(pending: PendingVersion | None) -> str:
    return str(pending.edition) if pending else ""


def _opened(current: Post, version: int, edition: str) -> Opened | None:
    """Return what a form showed: an edition of what waited, or else a version of the issue."""
    name = current.source_name
    if edition:
        earlier = drafting.earlier_edition(current, edition)
        return _of_edition(earlier, name) if earlier else None
    row = Revision.objects.filter(post=current, number=version).first()
    return _of_revision(row, name) if row else None


def _of_edition(row: EarlierEdition, name: str) -> Opened:
    return Opened(drafting.issue_of(row, name), row.slug, row.published_at, row.saved_at)


def _of_revision(row: Revision, name: str) -> Opened:
    return Opened(revising.issue_of(row, name), row.slug, row.published_at, row.created_at)


def _public_saves(current: Post, version: int) -> list[Save]:
    rows = Revision.objects.filter(post=current, number__gt=version).order_by("number")
    return _saves_of(rows)


def _saves_of(rows: QuerySet[Revision]) -> list[Save]:
    return [Save(*row) for row in rows.values_list("who", "by", "created_at")]


def _pending_saves(pending: PendingVersion, opened: Opened | None) -> list[Save]:
    rows = drafting.editions_since(pending, opened.at if opened else pending.saved_at)
    return [_save_of(row) for row in rows]


def _save_of(row: PendingVersion | EarlierEdition) -> Save:
    name = row.saved_by.get_username() if row.saved_by else ""
    return Save(name, row.saved_by_id, row.saved_at)


def who_saved(saves: list[Save]) -> str:
    """Return the names of those who saved, each once."""
    return ", ".join(dict.fromkeys(save.who for save in saves if save.who))


def _is_turned(current: Post, version: int) -> bool:
    """Tell whether an issue was published, scheduled or withdrawn since it had a version."""
    base = Revision.objects.filter(post=current, number=version).first()
    if base is None:
        return False
    is_published = base.status == Post.Status.PUBLISHED
    was_public = is_published and (base.published_at or base.created_at) <= base.created_at
    return (base.status, was_public) != (current.status, current.is_public())


FIELDS = (
    "title", "description", "tags", "authors", "slug", "language", "translationkey", "cover",
    "updated", "published_at",
)  # fmt: skip


def _merge(meeting: Meeting, opened: Opened, user: Any) -> None:
    """Merge the text and the fields of a form with what is stored."""
    data, form = meeting.data, meeting.form
    sign = data.get("clash_sign") or secrets.token_hex(3)
    mine, others = _names(meeting, user)
    texts = (opened.issue.body, data.get("text", ""), form.initial["text"])
    merged = merge_texts(*map(plain, texts), names=(f"{mine} {sign}", f"{others} {sign}"))
    data["text"], meeting.clashes = merged.text, merged.clashes
    if meeting.clashes:
        data["clash_sign"] = sign
    before = form_values(opened.issue.metadata, opened.slug, opened.published_at)
    after = _saved_values(meeting)
    for name in FIELDS:
        if before[name] != after[name]:
            _meet_field(meeting, form, name, before[name])


def _saved_values(meeting: Meeting) -> dict[str, Any]:
    """Return the values of the fields that were saved, as headers write them."""
    if meeting.form.pending:
        return dict(meeting.form.initial)
    current = meeting.current
    metadata = publishing.stored_issue(current).metadata
    return form_values(metadata, current.slug, current.published_at)


def _meet_field(meeting: Meeting, form: PostForm, name: str, before: Any) -> None:
    """Take a field that the first editor changed, unless the second changed it otherwise."""
    data, value = meeting.data, form.fields[name]
    sent = data.get(name, "")
    if not _differs(form, name, before, sent):
        data[name] = value.widget.format_value(form[name].value()) or ""
    elif value.has_changed(form.initial[name], sent):
        meeting.fields.append(_both(form, name, data))


def _differs(form: PostForm, name: str, value: Any, sent: str) -> bool:
    """Tell whether a form was sent with something else; tags are called as the site calls them."""
    if name == "tags":
        names = form.fields[name].clean(sent)
        return [fold(one) for one in names] != [fold(one) for one in value or ()]
    return form.fields[name].has_changed(value, sent)


def _both(form: PostForm, name: str, data: QueryDict) -> tuple[Any, str, Any]:
    return form.fields[name].label, data.get(name, ""), shown(form.initial[name])


def _names(meeting: Meeting, user: Any) -> tuple[str, str]:
    """Return whose the parts of a clash are, as the marks name them."""
    others = who_saved(meeting.since) or gettext("saved")
    mine = user.get_username()
    return (mine, others) if others != mine else (gettext("this tab"), gettext("saved"))


def said_of_merging(post: Post, numbers: tuple[str, int], user: Any) -> SafeString | None:
    """Return what an editor is told whose save was merged with others', with the way to theirs.

    ``numbers`` are the version that was opened, and the last that somebody else saved.
    """
    if numbers[0] == WITH_PENDING:
        return _said_of_pending(post, user)
    opened, until = number_in(numbers[0]), numbers[1]
    since = Revision.objects.filter(post=post, number__gt=opened, number__lte=until)
    who = who_saved(_saves_of(since.order_by("number")))
    if who in ("", user.get_username()):
        words = gettext(
            "You saved this issue in another tab meanwhile. What was changed in both is in it now."
        )
    else:
        words = gettext(
            "%(who)s saved this issue while you were writing. What both of you changed is in it"
            " now."
        ) % {"who": who}
    query = f"?from={opened}&to={until}"
    address = reverse("admin:posts_post_compare", args=[post.pk]) + query
    return format_html(
        '{} <a href="{}">{}</a>', words, address, gettext("See what was changed meanwhile")
    )


def _said_of_pending(post: Post, user: Any) -> SafeString | None:
    """Return what an editor is told whose save for later was merged with another one."""
    earlier = post.earlier_editions.select_related("saved_by").order_by("saved_at").last()
    if earlier is None or drafting.pending_of(post) is None:
        return None
    who = _save_of(earlier).who
    if who in ("", user.get_username()):
        words = gettext(
            "You saved this for later in another tab meanwhile. What was changed in both is in it"
            " now."
        )
    else:
        words = gettext(
            "%(who)s saved this for later while you were writing. What both of you changed is in it"
            " now."
        ) % {"who": who}
    address = reverse("admin:posts_post_pending", args=[post.pk])
    return format_html(
        '{} <a href="{}">{}</a>', words, address, gettext("What differs from the site")
    )
