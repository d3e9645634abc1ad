"""Tell people what waits for them: of each kind once an hour, at the first sign within minutes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext
from django_tasks import task

from notices.choosing import recipients, wanted_by
from notices.kinds import KINDS, Kind
from notices.models import Told

EVERY: Final = timedelta(hours=1)
# A mail names as many; the page has all.
NAMED: Final = 30


@task()
def look() -> int:
    """Have people told what came since they were told last; return how many mails will leave."""
    if not settings.EMAIL:
        return 0
    return sum(_look(kind, timezone.now()) for kind in KINDS.values())


@transaction.atomic
def _look(kind: Kind, now: datetime) -> int:
    row, is_new = Told.objects.get_or_create(kind=kind.name, defaults={"told_to": now})
    is_ahead = row.told_to > now  # by a clock that was
    if is_new or (row.told_to > now - EVERY and not is_ahead):
        return 0
    lines = list(kind.found(now - EVERY if is_ahead else row.told_to, now))
    if not lines or lines == row.said:
        if row.said != lines:
            Told.objects.filter(pk=row.pk).update(said=lines)
        return 0
    same = Told.objects.filter(pk=row.pk, told_to=row.told_to)
    if not same.update(told_to=now, said=lines):
        return 0
    people = recipients(kind)
    for user in people:
        tell.enqueue(user.pk, kind.name, lines[:NAMED], len(lines))
    return len(people)


@task()
def tell(user_pk: int, name: str, lines: list[str], count: int) -> bool:
    """Mail somebody what waits; return whether they still want to know, and may."""
    user, kind = User.objects.filter(pk=user_pk).first(), KINDS.get(name)
    if not (user and user.email and kind and kind.name in wanted_by(user)):
        return False
    with import_string(settings.SITE_IDENTITY)() as site:
        said = {"site": site.name, "what": kind.title, "n": count}
        subject = gettext("%(site)s: %(what)s (%(n)d)") % said
        more = gettext("and %(n)d more") % {"n": count - len(lines)}
        why = gettext("You chose to be told. To be told of less, or more:")
    rest = [more] if count > len(lines) else []
    listed = [f"- {' '.join(line.split())}" for line in lines]
    page = settings.SITE_URL + kind.path()
    own = settings.SITE_URL + reverse("notices")
    text = "\n".join([*listed, *rest, "", page, "", why, own, ""])
    send_mail(" ".join(subject.split()), text, site.sender, [user.email])
    return True
