"""Put a backup in the place of the site."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from backups.management.files import FileCommand
from backups.progress import Shown
from backups.restoring import is_older, restore

EXAMPLES = """\
examples:
  manage.py restore /srv/backups/newsletter.zip            on a new machine
  manage.py restore --replace /srv/backups/newsletter.zip  over a site that is there

Stop the site and its workers before, and start them afterwards. The file is read and compared as
a whole first. Killed at any moment it leaves the old site or the new one; run it again. Restore
only what you trust as you trust the database itself."""


class Command(FileCommand):
    help = "Put the database and the uploaded files of a backup in the place of the site's."
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--replace", action="store_true", help="give up what the site holds, if it is not empty"
        )

    def work(self, progress: Shown, **options: Any) -> None:
        manifest = restore(options["file"], replace=options["replace"], progress=progress)
        progress.close()
        said = _("%(rows)s rows and %(files)s files of %(created)s were restored.")
        values = {"rows": manifest.facts.rows, "files": len(manifest.uploads)}
        self.stdout.write(said % {"created": manifest.created, **values})
        if is_older():
            self.stdout.write(_("The backup is older than this program: now run migrate."))
