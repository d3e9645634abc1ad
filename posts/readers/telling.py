"""Tell readers by mail what became of their suggestion, if they left an address for that."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext
from django_tasks import task

from links.models import Suggestion
from posts import identity
from posts.mails import MailRefused, hand_over
from posts.publishing.composing import site
from posts.publishing.describing import absolute

# For as long as a mail may take to leave, a few days, and then some.
KEPT = timedelta(days=7)
# Whom nobody answers for so long is not going to be told.
UNANSWERED = timedelta(days=180)


def tell_all(sender: type[Suggestion], suggestions: Iterable[Suggestion], **_kwargs: Any) -> None:
    """Have the readers told who left an address (receiver of ``suggestions_answered``)."""
    for suggestion in suggestions:
        if suggestion.email:
            tell.enqueue(suggestion.pk)


@task()
def tell(pk: int) -> bool:
    """Mail a reader the answer to a suggestion; return whether there was anything to mail.

    The address is forgotten when the mail is sent or refused for good: it was given for this alone,
    and a task that runs again finds nothing to do. Raises MailNotTaken.
    """
    suggestion = Suggestion.objects.filter(pk=pk).exclude(email="").first()
    if suggestion is None or suggestion.status == Suggestion.Status.WAITING or not settings.EMAIL:
        return False
    with translation.override(suggestion.language or identity.current().language):
        path = reverse("posts:suggestion", args=[suggestion.token])
        context = {"suggestion": suggestion, "url": absolute(path), "site": site()}
        subject = gettext("Your suggestion to %(site)s") % {"site": identity.current().name}
        text = render_to_string("posts/mail/answer.txt", context)
        try:
            subject = " ".join(subject.split())
            hand_over(EmailMessage(subject, text, identity.current().sender, [suggestion.email]))
        except MailRefused:
            _forget(pk)
            raise
    _forget(pk)
    return True


def _forget(pk: int) -> None:
    Suggestion.objects.filter(pk=pk).update(email="")


@task()
def forget_addresses() -> int:
    """Forget the addresses of readers who could not be told in time; return how many."""
    now = timezone.now()
    lately = Q(answered_at__range=(now - KEPT, now + KEPT))  # a clock may have been ahead
    given = Suggestion.objects.exclude(email="")
    answered = given.exclude(status=Suggestion.Status.WAITING).exclude(lately).update(email="")
    waiting = given.filter(status=Suggestion.Status.WAITING, created_at__lt=now - UNANSWERED)
    return answered + waiting.update(email="")
