"""Read all pictures, and say which are missing or not what they were."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from tqdm import tqdm

from posts.pictures import damaged


class Command(BaseCommand):
    help = (
        "Read the file of every picture and compare it with the digest that its name is made of."
        " Exit code 0 means that all are there and as they were stored. To mend: restore the files"
        " from a backup, or send the pictures again. Example: `manage.py check_media`."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        read = faults = 0
        quiet = not self.stdout.isatty()
        for name, is_right in tqdm(damaged(), unit="file", disable=quiet, file=self.stderr):
            read += 1
            if not is_right:
                faults += 1
                said = _("%(file)s is missing") if is_right is None else _("%(file)s is damaged")
                self.stdout.write(said % {"file": name})
        if faults:
            said = _("%(faults)s of %(files)s files are missing or damaged.")
            raise CommandError(said % {"faults": faults, "files": read})
        self.stdout.write(_("%(files)s files are as they were stored.") % {"files": read})
