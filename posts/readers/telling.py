"""Tell readers by mail what became of their suggestion, if they left an address for that."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django_tasks import task

from links.models import Suggestion
from posts.publishing.composing import absolute, site


def tell_all(sender: type[Suggestion], suggestions: Iterable[Suggestion], **_kwargs: Any) -> None:
    """Have the readers told who left an address (receiver of ``suggestions_answered``)."""
    for suggestion in suggestions:
        if suggestion.email:
            tell.enqueue(suggestion.pk)


@task()
def tell(pk: int) -> bool:
    """Mail a reader the answer to a suggestion; return whether there was anything to mail.

    The address is forgotten when the mail is sent: it was given for this alone, and a task that
    runs again finds nothing to do.
    """
    suggestion = Suggestion.objects.filter(pk=pk).exclude(email="").first()
    if suggestion is None or suggestion.status == Suggestion.Status.WAITING or not settings.EMAIL:
        return False
    with translation.override(suggestion.language or settings.LANGUAGE_CODE):
        path = reverse("posts:suggestion", args=[suggestion.token])
        context = {"suggestion": suggestion, "url": absolute(path), "site": site()}
        subject = gettext("Your suggestion to %(site)s") % {"site": settings.SITE_NAME}
        text = render_to_string("posts/mail/answer.txt", context)
        send_mail(" ".join(subject.split()), text, settings.EMAIL_FROM, [suggestion.email])
    Suggestion.objects.filter(pk=pk).update(email="")
    return True
