"""What staff may do with one subscriber: its right, what is asked, what is kept of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from links.admin import StaffAdmin, ask
from mailing import access, bounces, subscribing
from mailing.access import Actor, Right
from mailing.models import Subscriber, Suppression
from posts.auditing import record
from posts.messages import Message

Status = Subscriber.Status
Answers = dict[str, Any]
FORM: Final = "staff"
ASKED_AGAIN: Final = frozenset({Status.WAITING, Status.BOUNCED})


class NothingForm(forms.Form):
    """Asks whether it is meant."""


class PauseForm(forms.Form):
    """For how long."""

    days = forms.IntegerField(label=_("days"), min_value=1, max_value=366, initial=30)


class WhyForm(forms.Form):
    """Why, for other staff."""

    reason = forms.CharField(label=_("reason"), max_length=300)


@dataclass(frozen=True, slots=True)
class Verb:
    """Something that staff may do with a subscriber, while ``is_open`` says that it makes sense.

    ``act`` gets the subscriber, what the form was answered, and who does it. That which undoes a
    suppression takes the row of that, too: whoever was erased has no other.
    """

    title: Any
    consequence: Any
    done: Any
    right: Right
    act: Callable[[Any, Answers, Actor], object]
    said: Callable[[Answers], Message]
    is_open: Callable[[Subscriber], bool]
    form: type[forms.Form] = NothingForm


def _is_suppressed(row: Subscriber) -> bool:
    return subscribing.is_suppressed(row.digest)


def _pause(row: Subscriber, answers: Answers, by: Actor) -> None:
    subscribing.pause(row, timezone.now() + timedelta(days=answers["days"]), FORM, by=by)


def _ask_again(row: Subscriber, _answers: Answers, by: Actor) -> None:
    wishes = list(row.choices.values_list("kind", "value"))
    subscribing.ask(
        row.address, language=row.language, rhythm=row.rhythm, choices=wishes, form=FORM, by=by
    )


VERBS: Final[dict[str, Verb]] = {
    "ask": Verb(
        _("Send the confirmation again"),
        _("A mail asks whether it was them. Until they say so, they get nothing else."),
        _("They are asked again, unless they were asked a moment ago."),
        access.CHANGE_SUBSCRIBERS,
        _ask_again,
        lambda _answers: Message(gettext_noop("Sent the confirmation again.")),
        lambda row: row.status in ASKED_AGAIN and not _is_suppressed(row),
    ),
    "pause": Verb(
        _("Pause"),
        _("They get no mail for that time, and then what appears from then on."),
        _("They are paused."),
        access.CHANGE_SUBSCRIBERS,
        _pause,
        lambda answers: Message(gettext_noop("Paused for %(days)s days."), days=answers["days"]),
        lambda row: row.status in {Status.ACTIVE, Status.PAUSED},
        PauseForm,
    ),
    "resume": Verb(
        _("End the pause"),
        _(
            "Mail goes on, with what appears from now on. Who paused it themselves wanted none: end"
            " it for who asked you to."
        ),
        _("The pause is over."),
        access.CHANGE_SUBSCRIBERS,
        lambda row, _answers, by: subscribing.resume(row, by=by),
        lambda _answers: Message(gettext_noop("Ended the pause.")),
        lambda row: row.status == Status.PAUSED,
    ),
    "leave": Verb(
        _("Take off the list"),
        _("They get no more mail, as if they had left themselves. They can subscribe again."),
        _("They are taken off the list."),
        access.CHANGE_SUBSCRIBERS,
        lambda row, _answers, by: subscribing.leave(row, FORM, by=by),
        lambda _answers: Message(gettext_noop("Taken off the list.")),
        lambda row: row.status in {Status.ACTIVE, Status.PAUSED, Status.WAITING},
    ),
    "suppress": Verb(
        _("Never send anything again"),
        _("The address gets no mail, whatever a form or an import says, until staff undo it."),
        _("The address is suppressed."),
        access.SUPPRESS,
        lambda row, answers, by: subscribing.suppress(
            row.digest, Suppression.Reason.STAFF, answers["reason"], by=by
        ),
        lambda answers: Message(gettext_noop("Suppressed: %(why)s"), why=answers["reason"]),
        lambda row: not _is_suppressed(row),
        WhyForm,
    ),
    "unsuppress": Verb(
        _("Undo the suppression"),
        _("Who bounced gets mail again; who left or called it spam has to subscribe anew."),
        _("The suppression is undone."),
        access.UNSUPPRESS,
        lambda row, answers, by: bounces.lift(row.digest, by=by, reason=answers["reason"]),
        lambda answers: Message(gettext_noop("Suppression undone: %(why)s"), why=answers["reason"]),
        _is_suppressed,
        WhyForm,
    ),
    "invite": Verb(
        _("Ask whether they want mail again"),
        _(
            "They left. Ask only who told you that they want mail again: a mail asks them, and they"
            " get nothing else until they say so."
        ),
        _("They are asked, unless they were asked a moment ago."),
        access.CHANGE_SUBSCRIBERS,
        _ask_again,
        lambda _answers: Message(gettext_noop("Asked whether they want mail again.")),
        lambda row: row.status == Status.LEFT and not _is_suppressed(row),
    ),
    "erase": Verb(
        _("Erase"),
        _(
            "Address, name and choices are deleted, and nobody can subscribe it again. What was"
            " agreed to stays under a value from which the address cannot be told. This cannot be"
            " undone."
        ),
        _("They are erased."),
        access.ERASE,
        lambda row, _answers, by: subscribing.erase(row, FORM, by=by),
        lambda _answers: Message(gettext_noop("Erased.")),
        lambda _row: True,
    ),
}


def carry_out(
    admin: StaffAdmin, request: HttpRequest, row: Any, what: Verb, back: str, gone: str
) -> HttpResponse:
    """Ask before something is done with a row, or do it and write it down; then lead back, or,
    where the row is no more, to its list (``gone``). Raises PermissionDenied."""
    access.check(request.user, what.right)
    form = what.form(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        title = f"{what.title}: {getattr(row, 'address', row)}"
        return ask(
            admin, request, form=form, back=back, title=title,
            consequence=what.consequence, button=what.title,
        )  # fmt: skip
    with transaction.atomic():
        # First: the row may be gone afterwards.
        record(request, [row], what.said(form.cleaned_data))
        what.act(row, form.cleaned_data, request.user)
    admin.message_user(request, what.done, messages.SUCCESS)
    is_there = type(row)._default_manager.filter(pk=row.pk).exists()
    return HttpResponseRedirect(back if is_there else gone)
