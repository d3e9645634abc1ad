"""For how long what concerns people, or grows by itself, is kept: one table of it all.

Each row names the periodic task that deletes it; `docs/operating.md` has the same table.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, NamedTuple

from django.contrib.admin.models import LogEntry
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_tasks import task

# Long enough to ask who did what last year.
LOG_KEPT: Final = timedelta(days=730)


class Kept(NamedTuple):
    """What is kept, for how long, and the task that deletes it."""

    what: Any
    how_long: Any
    task: str


KEPT: Final = (
    Kept(
        _("Sessions of staff"),
        _("until they end, two weeks after signing in"),
        "newsletter.signing_in.forget_old_sign_ins",
    ),
    Kept(
        _("Sign-ins, failed ones too, with their addresses"),
        _("30 days"),
        "newsletter.signing_in.forget_old_sign_ins",
    ),
    Kept(
        _("What staff changed (the history of Django's admin)"),
        _("2 years"),
        "newsletter.retention.forget_old_changes",
    ),
    Kept(
        _("E-mail addresses of readers who suggested a link"),
        _("until the answer is sent, 7 days after it at most; 180 days without an answer"),
        "posts.readers.telling.forget_addresses",
    ),
    Kept(
        _("Who asked for mail and never confirmed it"),
        _("14 days"),
        "mailing.forgetting.forget",
    ),
    Kept(
        _("Readers by mail who left, bounced or complained, and what servers said of mails"),
        _("as the mail settings say, 30 days at first; 90 days"),
        "mailing.forgetting.forget",
    ),
    Kept(
        _("How often a client sent forms or asked the API, by a keyed digest"),
        _("1 day"),
        "posts.throttling.prune_rate_counts",
    ),
    Kept(
        _("Tasks that ended"),
        _("14 days; 90 days where they failed"),
        "tasks.pruning.prune_finished_tasks",
    ),
    Kept(
        _("Issues in the trash"),
        _("30 days, then they are deleted with their pictures"),
        "posts.publishing.trashing.empty_trash",
    ),
    Kept(
        _("Files of pictures that no issue has any more, for readers too"),
        _("1 day"),
        "posts.pictures.files.sweep",
    ),
    Kept(
        _("Unsaved texts"),
        _("90 days"),
        "posts.drafting.copies.prune_working_copies",
    ),
    Kept(
        _("Earlier versions of issues"),
        _("all of 30 days, one a day for a year, then one a month; named and public ones stay"),
        "posts.revising.sieving.sieve_revisions",
    ),
    Kept(_("Uploads that nobody confirmed"), _("1 hour"), "posts.importing.staging.sweep"),
    Kept(_("Social cards"), _("30 days"), "posts.site.cards.sweep"),
    Kept(_("Backups"), _("the latest of BACKUP_DAYS and BACKUP_WEEKS"), "backups.rotating.back_up"),
)


@task()
def forget_old_changes() -> int:
    """Forget what Django's admin wrote down after two years; return how much. Decisions, revisions
    and reviews are records of their own and stay."""
    return LogEntry.objects.filter(action_time__lt=timezone.now() - LOG_KEPT).delete()[0]
