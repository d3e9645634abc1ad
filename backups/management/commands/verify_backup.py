"""Find out whether a backup is whole."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from backups.management.files import FileCommand
from backups.progress import Shown
from backups.restoring import is_newer, verify

EXAMPLES = """\
examples:
  manage.py verify_backup /srv/backups/newsletter.zip
  manage.py verify_backup FILE && rsync FILE elsewhere:backups/

Reads all of it, restores its database into a scratch place and compares what is there with what
was there. The site is not touched. With PostgreSQL the scratch place is a database that is
created and dropped, for which the database's user needs CREATEDB.
The exit code is 0 only if the backup is whole."""


class Command(FileCommand):
    help = "Find out whether a backup is whole and can be restored."
    examples = EXAMPLES

    def work(self, progress: Shown, **options: Any) -> None:
        manifest = verify(options["file"], progress=progress)
        progress.close()
        said = _("%(file)s is whole: %(rows)s rows and %(files)s files of %(created)s.")
        values = {"rows": manifest.facts.rows, "files": len(manifest.uploads)}
        self.stdout.write(said % {"file": options["file"], "created": manifest.created, **values})
        if is_newer(manifest):
            self.stdout.write(_("It is newer than this program, which cannot restore it."))
