"""Mail to those whose second factor is gone: most likely they know, and if not they have to."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django_tasks import task

from posts import identity
from posts.publishing.describing import absolute


def tell_later(user: User, by: User) -> None:
    """Have an account told, once what happens now is stored, that somebody took a factor away."""
    transaction.on_commit(partial(tell.enqueue, user.pk, "" if by == user else by.get_username()))


@task()
def tell(pk: int, by: str) -> bool:
    """Mail somebody that a second factor of theirs is gone; return whether there is one to tell.

    ``by`` is the name of who took it away, "" for the account itself and for a command.
    """
    user = User.objects.filter(pk=pk, is_active=True).exclude(email="").first()
    if user is None or not settings.EMAIL:
        return False
    now = identity.current()
    with translation.override(now.language):
        page = absolute(reverse("factors"))
        context = {"user": user, "by": by, "url": page, "name": now.name}
        subject = gettext("A second factor of yours is gone: %(name)s") % {"name": now.name}
        text = render_to_string("admin/mail/factor.txt", context)
        send_mail(" ".join(subject.split()), text, now.sender, [user.email])
    return True
