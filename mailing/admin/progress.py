"""How mailings go, as their pages, the list and the form of an issue show it."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from links.admin import badge
from mailing import access, sending
from mailing.admin.buttons import BUTTONS, CANCELLED_LATER
from mailing.admin.words import STATES, reason_words, state_words
from mailing.models import Delivery, Mailing, MailSettings
from posts.models import Post
from posts.slots import PANELS, Panel

# Of those of whom nobody knows whether they got it, so many are named.
MOST_NAMED: Final = 100
# Shown even where there are none.
SHOWN: Final = (Delivery.Status.QUEUED, Delivery.Status.ACCEPTED)

Status = Mailing.Status
OVER: Final = (Status.DONE, Status.CANCELLED)


def page_of(row: Mailing) -> str:
    """Return the address of a mailing's page."""
    return reverse("admin:mailing_mailing_change", args=[row.pk])


def link_to(row: Mailing) -> SafeString:
    """Return a mailing as a link to its page."""
    return format_html('<a href="{}">{}</a>', page_of(row), row.title)


def progress_of(request: HttpRequest, row: Mailing) -> dict[str, Any]:
    """Return what the page of a mailing shows of how it goes."""
    counts = sending.counts(row)
    total = sum(counts.values())
    settled = (Delivery.Status.ACCEPTED, Delivery.Status.FAILED, Delivery.Status.DROPPED)
    done = sum(counts[status] for status in (*settled, Delivery.Status.UNKNOWN))
    may_send = access.may(request.user, access.SEND)
    unknown = counts[Delivery.Status.UNKNOWN]
    has_reasons = any(counts[status] for status in sending.WITH_REASONS)
    may_repeat = may_send and unknown and row.status != Status.CANCELLED
    may_plan = may_send and counts[Delivery.Status.FAILED] and row.status in OVER and row.post_id
    return {
        "mailing": row,
        "state": badge(STATES[row.status], row.get_status_display()),
        "words": state_words(row),
        "counts": [
            (label, counts[status])
            for status, label in Delivery.Status.choices
            if counts[status] or status in SHOWN
        ],
        "total": total,
        "done": done,
        "reasons": _reasons(row) if has_reasons else (),
        "repeats": sending.repeats(row),
        "buttons": BUTTONS.get(Status(row.status), ()) if may_send else (),
        "may_cancel": may_send and row.status in CANCELLED_LATER,
        "may_repeat": may_repeat,
        "plan": reverse("admin:mailing_mailing_plan", args=[row.post_id]) if may_plan else "",
        "unknown": _unknown(request, row) if unknown else (),
        "is_over": row.status in OVER,
    }


def _reasons(row: Mailing) -> list[tuple[str, int]]:
    return [(reason_words(*found[:3]), found[3]) for found in sending.reasons(row)]


def _unknown(request: HttpRequest, row: Mailing) -> list[str]:
    """Return of whom nobody knows whether they got it: addresses, for those who may see some."""
    if not access.may(request.user, access.SEE_ADDRESSES):
        return []
    rows = Delivery.objects.filter(mailing=row, status=Delivery.Status.UNKNOWN)
    found = rows.order_by("pk").values_list("subscriber__address", flat=True)
    return [address or gettext("erased") for address in found[:MOST_NAMED]]


def mailings_of(post: Post) -> list[Mailing]:
    """Return the last mailings of an issue."""
    return list(Mailing.objects.filter(post=post).select_related("post").order_by("-pk")[:5])


def shown_in_panel(row: Mailing) -> dict[str, Any]:
    """Return a mailing as the form of its issue shows it."""
    return {
        "address": page_of(row),
        "state": badge(STATES[row.status], row.get_status_display()),
        "words": state_words(row),
        "at": row.created_at,
        "act": reverse("admin:mailing_mailing_do", args=[row.pk]),
        "buttons": BUTTONS.get(Status(row.status), ()),
    }


def _panel(request: HttpRequest, post: Post | None) -> dict[str, Any] | None:
    """Return what the panel shows: nothing while mail is off, or to who may not see mailings."""
    if post is None or not access.may(request.user, access.SEE_MAILINGS):
        return None
    if not MailSettings.current().is_open:
        return None
    may_send = access.may(request.user, access.SEND)
    rows = mailings_of(post)
    is_under_way = any(row.status in sending.LIVE for row in rows)
    plan = reverse("admin:mailing_mailing_plan", args=[post.pk])
    return {
        "mailings": [shown_in_panel(row) for row in rows],
        "may_send": may_send,
        "plan": plan if may_send and not is_under_way else "",
        "is_broken": bool(post.problem),
    }


PANELS.add(
    Panel(
        "mail",
        _("Mail"),
        "admin/mailing/mailing/panel.html",
        _panel,
        place=70,
        styles=("css/admin/mailing.css",),
    )
)
