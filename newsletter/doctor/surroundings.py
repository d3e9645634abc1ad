"""Servers beside the site: the cache, the bell of the tasks, the one that sends mail."""

from __future__ import annotations

from collections.abc import Iterator
from smtplib import SMTPAuthenticationError, SMTPException, SMTPNotSupportedError
from typing import Final

from django.conf import settings
from django.core.cache import caches
from django.core.mail import get_connection
from django.utils.crypto import get_random_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, task_backends
from redis.exceptions import RedisError

from newsletter.doctor.findings import Check, Finding, warning
from tasks.backends.redis import RedisBackend

KEY = "newsletter:doctor"


def _cache() -> Iterator[Finding]:
    cache, value = caches["default"], get_random_string(8)
    try:
        cache.set(KEY, value, 60)
        is_kept = cache.get(KEY) == value
    except (RedisError, OSError):
        is_kept = False
    if not is_kept:
        wrong = gettext("The cache does not answer: pages are made by each process anew.")
        remedy = gettext("Start Redis, and compare CACHE_URL with where it is.")
        yield warning(wrong, remedy)


def _bell() -> Iterator[Finding]:
    backend = task_backends[DEFAULT_TASK_BACKEND_ALIAS]
    if not isinstance(backend, RedisBackend):
        return
    try:
        backend.bell.ringing.ping()
    except RedisError:
        wrong = gettext("The Redis of TASKS does not answer: tasks begin some seconds later.")
        yield warning(wrong, gettext("Start Redis, and compare TASKS with where it is."))


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
