"""Copy the site's database to another one, of another kind too."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from backups.archive import BackupError
from backups.children import run_script
from backups.copying import Copy, claim, drop_tables, has_tables, is_begun
from backups.management.files import HelpFormatter
from backups.progress import Shown

EXAMPLES = """\
examples:
  manage.py copy_to postgres://newsletter:password@127.0.0.1:5432/newsletter
  manage.py copy_to sqlite:////srv/newsletter/copy.sqlite3

Stop the site and its workers before. The other database must be empty; what was interrupted goes
on when run again. All tables are compared at the end. Then set DATABASE_URL to the new address and
start the site; files of pictures stay where they are."""
ALIAS = "copy"


class Command(BaseCommand):
    help = "Copy the database to another one, of another kind too, and compare all of it."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        kwargs["formatter_class"] = HelpFormatter
        return super().create_parser(prog_name, subcommand, epilog=EXAMPLES, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url", metavar="DATABASE_URL", help="where to: sqlite or postgres")

    def handle(self, *args: Any, url: str, **options: Any) -> None:
        progress = Shown(self.stdout, self.stderr)
        try:
            rows = self._copy(url, progress)
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        except (BackupError, DatabaseError) as error:
            said = _("The copy is not whole: %(reason)s")
            raise CommandError(said % {"reason": str(error).strip()}) from error
        finally:
            progress.close()
        said = _("%(rows)s rows were copied, and are equal. Set DATABASE_URL to the new database.")
        self.stdout.write(said % {"rows": f"{rows:,}"})

    def _copy(self, url: str, progress: Shown) -> int:
        to = self._connect(url)
        if not is_begun(to):
            if to.introspection.table_names():
                raise BackupError(_("there are tables in that database, and they stay as they are"))
            claim(to)
        if not has_tables(to):
            drop_tables(to)
            self._there(url, "migrate", "--no-input", "--verbosity", "0")
        return Copy(to, progress).run(lambda: self._finish(url))

    def _finish(self, url: str) -> None:
        for command in settings.COMMANDS_AFTER_COPY:
            self._there(url, *command)

    def _connect(self, url: str) -> BaseDatabaseWrapper:
        config = import_string(settings.DATABASE_READER)("DATABASE_URL", url)
        options = connections["default"].settings_dict
        config = {**{name: options[name] for name in ("TIME_ZONE", "AUTOCOMMIT", "TEST")}, **config}
        config |= {"ATOMIC_REQUESTS": False, "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": False}
        places = [
            (one["NAME"], one.get("HOST", ""), one.get("OPTIONS")) for one in (config, options)
        ]
        if places[0] == places[1]:
            raise BackupError(_("that is the database of the site itself"))
        connections.settings[ALIAS] = config
        to = connections[ALIAS]
        if to.vendor == "sqlite":
            # Of this connection: rows come before those that they name.
            to.disable_constraint_checking()
        return to

    def _there(self, url: str, *command: str) -> None:
        """Run a command of the project on the other database."""
        manage = str(settings.BASE_DIR / "manage.py")
        done = run_script([manage, *command], {**os.environ, "DATABASE_URL": url})
        if done.returncode:
            raise BackupError(done.stderr.strip()[-500:])
