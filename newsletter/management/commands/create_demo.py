"""Fill a new site with something to try: sample issues, a short queue, accounts."""

from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.utils.translation import gettext

import posts
from links.decisions import decide
from links.management.examples import ExamplesCommand
from links.models import Decision, QueueEntry
from newsletter.management.commands.create_demo_accounts import create_accounts
from posts.documents import parse_issue
from posts.models import Post

SAMPLES: Final = Path(posts.__file__).parent / "samples"
# As many links are left to decide about as show what the queue is for.
LEFT: Final = 5


class Command(ExamplesCommand):
    """Import the samples, create the accounts, and decide about most links, once."""

    help = (
        "Create the accounts admin, editor and moderator, for trying the site out. Where there is"
        f"\nno issue yet, import the samples and approve all their links but {LEFT}."
    )
    examples = "example:\n  manage.py create_demo"

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Do what is missing. A site that has an issue needs no samples."""
        is_new = not Post.objects.exists()
        if is_new:
            names = map(_name_of, samples())
            call_command("import_posts", *names, "--publish", stdout=self.stdout)
        lines = create_accounts()
        if is_new:
            _decide_about_most()
        for line in lines:
            self.stdout.write(line)


def samples() -> list[Path]:
    """Return the sample issues, up to the newest in the site's language: it opens the site."""
    files = sorted(SAMPLES.glob("*.md"))
    while files and _language_of(files[-1]) != settings.LANGUAGE_CODE:
        files.pop()
    return files


def _name_of(path: Path) -> str:
    """Return a path as whoever reads what was done would write it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _language_of(path: Path) -> str:
    return parse_issue(path.read_bytes(), path.name).metadata.language


@transaction.atomic
def _decide_about_most() -> None:
    waiting = QueueEntry.objects.filter(closed_at=None).order_by("pk")
    known = waiting.exclude(pk__in=list(waiting.reverse().values_list("pk", flat=True)[:LEFT]))
    if links := list(known.values_list("link", flat=True)):
        # Nobody's decision: the desk would offer the moderator to undo all of it at once.
        decide(links, Decision.Action.APPROVE, by=None, reason=gettext("Came with the samples."))
