"""What is looked at every some seconds: whose time has come, what lies idle, what is done."""

from __future__ import annotations

from django.utils import timezone
from django_tasks import task

from mailing.models import Mailing, MailSettings
from mailing.sending import ledger, pacing
from mailing.sending.filling import fill
from mailing.sending.planning import begin, hold
from mailing.sending.slices import finish, wake
from mailing.sending.transports import the_transport

Status = Mailing.Status


@task()
def start_due() -> int:
    """Hold and begin mailings whose time has come, and go on with those that wait for something;
    return how many are on their way.

    While mail is off nothing leaves.
    """
    settings = MailSettings.current()
    if not settings.is_open:
        return 0
    pacing.keep_cold(settings)
    for mailing in _in(Status.PLANNED):
        hold(mailing)
    for mailing in _in(Status.HELD):
        begin(mailing)
    return sum(_look_after(mailing) for mailing in _in(Status.SENDING))


def _in(status: str) -> list[Mailing]:
    return list(Mailing.objects.filter(status=status).select_related("post").order_by("pk"))


def _look_after(mailing: Mailing) -> bool:
    """Have what waits worked off; tell whether the mailing is still on its way."""
    now, told = timezone.now(), the_transport().has_events
    ledger.expire(mailing.pk, now, told=told)
    if told:
        ledger.repeat_silent(mailing.pk, now)
    if not mailing.is_filled:
        fill.enqueue(mailing.pk)
    wake(mailing.pk)
    return not finish(mailing.pk, told=told)
