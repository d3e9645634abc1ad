"""What concerns people is not kept for ever, and one table says for how long."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.utils import timezone

from newsletter import retention
from newsletter.retention import KEPT
from tests.newsletter.production import CHECKOUT

# Only with BACKUP_DIR.
BY_SETTING = {"backups.rotating.back_up"}
FORGETTING = re.compile(r"\.(forget|prune|sweep|empty|sieve)")


def test_what_is_forgotten_is_forgotten_by_a_periodic_task() -> None:
    assert {row.task for row in KEPT} <= settings.PERIODIC_TASKS.keys() | BY_SETTING


def test_the_documentation_has_the_same_table() -> None:
    text = (CHECKOUT / "docs" / "operating.md").read_text(encoding="utf-8")
    table = text.partition("## For how long things are kept")[2].partition("\n## ")[0]

    assert re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)` \|$", table, re.M) == [row.task for row in KEPT]


def test_no_task_forgets_anything_that_the_table_does_not_name() -> None:
    forgetting = {path for path in settings.PERIODIC_TASKS if FORGETTING.search(path)}

    # What a wrong clock left behind, and what is superseded by what is public, is nobody's.
    others = {
        "newsletter.signing_in.forget_failures_to_come",
        "posts.drafting.pending.prune_editions",
    }
    assert forgetting - others <= {row.task for row in KEPT}


@pytest.mark.django_db
def test_what_staff_changed_is_forgotten_after_two_years(editor: User) -> None:
    for name in ("lately", "long ago"):
        LogEntry.objects.create(user=editor, object_repr=name, action_flag=CHANGE)
    old = LogEntry.objects.filter(object_repr="long ago")
    old.update(action_time=timezone.now() - timedelta(days=731))

    assert retention.forget_old_changes.call() == 1
    assert [entry.object_repr for entry in LogEntry.objects.all()] == ["lately"]
