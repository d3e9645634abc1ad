"""Servers beside the site: the cache, the bell of the tasks, the one that sends mail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from smtplib import SMTPAuthenticationError, SMTPException, SMTPNotSupportedError
from typing import Final

from django.conf import settings
from django.core.cache import caches
from django.core.mail import get_connection
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, task_backends

from newsletter.doctor.findings import Check, Finding, warning

KEY = "newsletter:doctor"


def _cache() -> Iterator[Finding]:
    if not settings.CACHES["default"]["BACKEND"].endswith("RedisCache"):
        return
    wrong = gettext("The cache does not answer: pages are made by each process anew.")
    remedy = gettext("Start Redis, and compare CACHE_URL with where it is.")
    yield from _redis(lambda: caches["default"].set(KEY, "", 60), wrong, remedy)


def _bell() -> Iterator[Finding]:
    bell = getattr(task_backends[DEFAULT_TASK_BACKEND_ALIAS], "bell", None)
    if bell is not None:
        wrong = gettext("The Redis of TASKS does not answer: tasks begin some seconds later.")
        remedy = gettext("Start Redis, and compare TASKS with where it is.")
        yield from _redis(lambda: bell.ringing.set(KEY, "", ex=60), wrong, remedy)


def _redis(ask: Callable[[], object], wrong: str, remedy: str) -> Iterator[Finding]:
    """Let a Redis keep something; find that it is away, refuses us, or has no memory left."""
    from redis import exceptions  # noqa: PLC0415 (5 MB, without a Redis for nothing)

    try:
        ask()
    except exceptions.OutOfMemoryError:
        yield warning(wrong, gettext(
            "This Redis is full: give it more memory (`maxmemory`), or let it drop what is old"
            " (`maxmemory-policy allkeys-lru`) where nothing else is in it."
        ))  # fmt: skip
    except exceptions.AuthenticationError:
        yield warning(
            wrong, gettext("This Redis refuses the user or password: give the right one.")
        )
    except (exceptions.RedisError, OSError):
        yield warning(wrong, remedy)


def _mail() -> Iterator[Finding]:
    if not settings.EMAIL:
        return
    remedy = gettext("Compare EMAIL_URL with what your provider says: name, port, user, password.")
    server = get_connection()
    try:
        server.open()
    except SMTPAuthenticationError:
        yield warning(gettext("The mail server refuses the user or password."), remedy)
    except SMTPNotSupportedError:
        wrong = gettext("The mail server offers no STARTTLS: no mail leaves.")
        yield warning(wrong, gettext(
            "Where it is right that mail goes there unencrypted, add ?tls=none to EMAIL_URL."
        ))  # fmt: skip
    except (OSError, SMTPException) as error:
        words = gettext("The mail server does not answer (%(error)s): no mail leaves.")
        yield warning(words % {"error": type(error).__name__}, remedy)
    finally:
        server.close()


CHECKS: Final = (
    Check("cache", _("Cache"), _cache, 45),
    Check("bell", _("Bell of the tasks"), _bell, 46),
    Check("mail", _("Mail server"), _mail, 47, is_slow=True),
)
