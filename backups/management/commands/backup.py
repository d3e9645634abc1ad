"""Write a backup of the whole site to one file."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from backups.management.files import FileCommand
from backups.progress import Shown
from backups.writing import write_backup

EXAMPLES = """\
examples:
  manage.py backup /srv/backups/newsletter.zip
  manage.py backup "/srv/backups/$(date +%F).zip"

The site goes on meanwhile: the file holds the database of one moment and all files that it names.
A file that exists is whole; an older one of the same name gives way. Nobody but you can read it:
it holds the digests of passwords, addresses and what waits to be published. The settings,
SECRET_KEY among them, are not in it. docs/backup.md says more."""


class Command(FileCommand):
    help = "Write a backup of the whole site, its database and its uploaded files, to one file."
    examples = EXAMPLES

    def work(self, progress: Shown, **options: Any) -> None:
        manifest, missing = write_backup(options["file"], progress)
        progress.close()
        for name in missing:
            said = _("warning: the database names %(file)s, and there is no such file")
            self.stderr.write(said % {"file": name})
        said = _("%(rows)s rows and %(files)s files are in %(file)s.")
        values = {"rows": manifest.facts.rows, "files": len(manifest.uploads)}
        self.stdout.write(said % {"file": options["file"], **values})
