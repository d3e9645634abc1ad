"""Two saves of one issue that met: what the second editor wrote, brought together with the first.

The base is the revision that the second one was opened from. What only one of them changed is taken
from that one; where both changed the same, the second is asked, and has both before them.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from posts import drafting, publishing, revising
from posts.admin.forms import (
    CONFLICT,
    PUBLISH,
    SCHEDULE,
    PostForm,
    PublicForm,
    form_for,
    form_values,
    shown,
)
from posts.admin.states import state_of
from posts.documents import merge_texts
from posts.documents.editing import compare, plain
from posts.documents.merging import Clash
from posts.models import Post, Revision
from posts.naming import fold
from posts.publishing import EditConflict

# Stands in the data of a form whose text was merged: the version that it was opened from.
MERGED = "_merged"


@dataclass
class Meeting:
    """The data of the second form, with what the first changed in it, and what is left to ask."""

    data: QueryDict
    current: Post
    since: list[Revision]
    clashes: tuple[Clash, ...] = ()
    fields: list[tuple[Any, str, Any]] = field(default_factory=list)
    is_known: bool = True
    is_turned: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether it may be saved without a look: nothing clashes, and readers get no issue by it
        that nobody has read, nor is saving another thing by now than when the form was opened."""
        asks = self.clashes or self.fields or PUBLISH in self.data or SCHEDULE in self.data
        return self.is_known and not asks and not self.is_turned

    def context(self, user: Any) -> dict[str, Any]:
        """Return what the page shows to an editor who has to choose."""
        last = self.since[-1] if self.since else None
        theirs = self.current.body
        return {
            "who": who_saved(self.since),
            "is_mine": bool(self.since) and all(row.by_id == user.pk for row in self.since),
            "when": last.created_at if last else self.current.modified_at,
            "is_merged": self.is_known,
            "state": state_of(self.current) if self.is_turned else "",
            "opened": self.data.get(MERGED, ""),
            "clashes": self.clashes,
            "fields": self.fields,
            "theirs": theirs,
            "diff": [] if self.is_known else compare(theirs, self.data.get("text", "")),
        }


def refuse_outdated(sent: QueryDict, key: str | None, user: Any) -> None:
    """Raise EditConflict where a form was opened from an earlier version than is stored.

    Before the form is read: it would take for changes of this editor what the other changed.
    """
    seen = _number(sent.get("seen_version", ""))
    if seen and key and key.isdecimal():
        current = Post.objects.filter(pk=key, version__gt=seen).first()
        if current and not waits(sent, current, user):
            raise EditConflict(current)


def waits(sent: QueryDict, current: Post, user: Any) -> bool:
    """Tell whether something waits to be public in the form of somebody, or did when it was opened:
    what was changed in that no revision knows."""
    if not form_for(user).shows_pending:
        return False
    return bool(sent.get("seen_pending")) or drafting.pending_of(current) is not None


def meet(sent: QueryDict, current: Post, user: Any) -> Meeting:
    """Bring together what was sent by a form and what somebody saved since it was opened."""
    data = sent.copy()
    seen = _number(data.get("seen_version", ""))
    rows = Revision.objects.filter(post=current, number__gte=seen).order_by("number")
    base, since = None, list(rows.defer("pieces"))
    if since and since[0].number == seen:
        base = since.pop(0)
    data["seen_version"] = str(current.version)
    meeting = Meeting(data, current, since, is_known=base is not None)
    if base is None:
        form = PublicForm(sent, instance=current)
        meeting.fields = [_both(form, name, data) for name in form.changed_data if name in FIELDS]
    else:
        # The first form that was merged knows what was seen; what came after that was not.
        data.setdefault(MERGED, str(seen))
        meeting.is_turned = _is_turned(base, current)
        _merge(meeting, base, user)
    if not meeting.is_settled:
        data[CONFLICT] = "1"
    return meeting


def who_saved(revisions: list[Revision]) -> str:
    """Return the names of those who made some revisions, each once."""
    return ", ".join(dict.fromkeys(row.who for row in revisions if row.who))


def _is_turned(base: Revision, current: Post) -> bool:
    """Tell whether an issue was published, scheduled or withdrawn since a revision was saved."""
    is_published = base.status == Post.Status.PUBLISHED
    was_public = is_published and (base.published_at or base.created_at) <= base.created_at
    return (base.status, was_public) != (current.status, current.is_public())


FIELDS = (
    "title", "description", "tags", "authors", "slug", "language", "translationkey", "cover",
    "updated", "published_at",
)  # fmt: skip


def _merge(meeting: Meeting, base: Revision, user: Any) -> None:
    """Merge the text and the fields of a form with what is stored."""
    data, current = meeting.data, meeting.current
    opened = revising.issue_of(base, current.source_name)
    sign = data.get("clash_sign") or secrets.token_hex(3)
    mine, others = _names(meeting, user)
    names = f"{mine} {sign}", f"{others} {sign}"
    texts = (plain(text) for text in (opened.body, data.get("text", ""), current.body))
    merged = merge_texts(*texts, names=names)
    data["text"], meeting.clashes = merged.text, merged.clashes
    if meeting.clashes:
        data["clash_sign"] = sign
    form = PublicForm(instance=current)
    before = form_values(opened.metadata, base.slug, base.published_at)
    stored = publishing.stored_issue(current)
    after = form_values(stored.metadata, current.slug, current.published_at)
    for name in FIELDS:
        if before[name] != after[name]:
            _meet_field(meeting, form, name, before[name])


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


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def said_of_merging(post: Post, numbers: tuple[str, int], user: Any) -> SafeString:
    """Return what an editor is told whose save was merged with others', with the way to theirs.

    ``numbers`` are the version that was opened, and the last that somebody else saved.
    """
    opened, until = _number(numbers[0]), numbers[1]
    since = Revision.objects.filter(post=post, number__gt=opened, number__lte=until)
    who = who_saved(list(since.order_by("number").only("who")))
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
