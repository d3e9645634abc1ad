"""Addresses at which somebody sets a password, once: for who was invited, and who forgot theirs.

The address is Django's, signed, good for three days (PASSWORD_RESET_TIMEOUT) and until a password
is set or somebody signs in.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext
from django_tasks import task

from newsletter.security import client_address
from posts import identity
from posts.publishing.describing import absolute
from posts.throttling import Limit, allow

# Mails that anybody can have sent to staff.
BY_CLIENT: Final = (Limit(10, timedelta(hours=1)),)
BY_ACCOUNT: Final = (Limit(3, timedelta(hours=1)),)


def one_time_address(user: User) -> str:
    """Return the whole address at which a user sets a password, once."""
    of = urlsafe_base64_encode(force_bytes(user.pk))
    token = default_token_generator.make_token(user)
    return absolute(reverse("password_reset_confirm", args=[of, token]))


@task()
def mail_one_time_address(pk: int) -> bool:
    """Mail a member of staff where to set a password; return whether there was one to tell."""
    user = User.objects.filter(pk=pk, is_active=True).exclude(email="").first()
    if user is None or not settings.EMAIL:
        return False
    now = identity.current()
    with translation.override(now.language):
        context = {"user": user, "url": one_time_address(user), "name": now.name}
        subject = gettext("Your password for %(name)s") % {"name": now.name}
        text = render_to_string("admin/mail/password.txt", context)
        send_mail(" ".join(subject.split()), text, now.sender, [user.email])
    return True


class ForgottenForm(PasswordResetForm):
    """Asks for an address; whether there is an account of it nobody learns."""

    def save(self, *, request: HttpRequest, **_options: Any) -> None:  # type: ignore[override]
        """Have the address mailed to staff of that e-mail address, by a task."""
        if not allow("forgotten", client_address(request), BY_CLIENT):
            return
        for user in self.get_users(self.cleaned_data["email"]):
            if user.is_staff and allow("forgotten-account", str(user.pk), BY_ACCOUNT):
                mail_one_time_address.enqueue(user.pk)


class OfStaff:
    """Mixin: a page that looks like those of staff, seen by who is not signed in."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what all pages of staff show, and the page's own."""
        request: HttpRequest = self.request  # type: ignore[attr-defined]
        own: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return {**admin.site.each_context(request), **own}


class Forgotten(OfStaff, views.PasswordResetView):
    """Asks for an e-mail address; only where mail is sent."""

    form_class = ForgottenForm

    def dispatch(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer as if it were not there, where no mail is sent."""
        if not settings.EMAIL:
            raise Http404
        return super().dispatch(*args, **kwargs)


class Asked(OfStaff, views.PasswordResetDoneView):
    """Says that a mail is on its way, if there is an account."""


class Setting(OfStaff, views.PasswordResetConfirmView):
    """Sets a password."""


class Set(OfStaff, views.PasswordResetCompleteView):
    """Says that it is set."""


# Django's names, by which its views and templates find them.
urlpatterns = [
    path("password_reset/", Forgotten.as_view(), name="admin_password_reset"),
    path("password_reset/done/", Asked.as_view(), name="password_reset_done"),
    path("reset/<uidb64>/<token>/", Setting.as_view(), name="password_reset_confirm"),
    path("reset/done/", Set.as_view(), name="password_reset_complete"),
]
