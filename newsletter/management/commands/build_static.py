"""Write the public site as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from newsletter.static_site import BuildError, build


class Command(BaseCommand):
    help = (
        "Write the whole public site as files, for any server or host of static sites: pages,"
        " feeds, uploads, static files, sitemap, redirects (as pages, and as _redirects) and"
        " 404.html. DIR becomes a symbolic link to the latest build, switched when that is whole;"
        " only what changed is written. Search is a script there that reads an index in pieces; the"
        " API and forms stay with the live site."
        " Examples: `manage.py build_static /srv/www/news`,"
        " `manage.py build_static out --base-url https://live.example.org`,"
        " `manage.py build_static out --without-forms`."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument(
            "--base-url", default=settings.SITE_URL, metavar="URL", help="where the live site is"
        )
        parser.add_argument(
            "--without-forms", action="store_true", help="no links to the forms of readers"
        )
        parser.add_argument(
            "--without-search", action="store_true", help="leave search to the live site"
        )

    def handle(
        self,
        *args: Any,
        folder: Path,
        base_url: str,
        without_forms: bool,
        without_search: bool,
        **options: Any,
    ) -> None:
        had_forms, had_mail = settings.READERS_FORMS, settings.EMAIL
        if without_forms:  # without a server of mail there are none that ask for it
            settings.READERS_FORMS, settings.EMAIL = False, {}
        try:
            self._build(folder, base_url.rstrip("/"), search=not without_search)
        except BuildError as error:
            raise CommandError(str(error)) from error
        finally:
            settings.READERS_FORMS, settings.EMAIL = had_forms, had_mail

    def _build(self, folder: Path, live: str, *, search: bool) -> None:
        shown = self.stdout.isatty()
        total = written = 0
        for path, is_new in tqdm(
            build(folder, live, search=search), unit="file", disable=not shown, file=self.stderr
        ):
            total += 1
            written += is_new
            if is_new and not shown:
                self.stdout.write(f"wrote {path}")
        self.stdout.write(f"{total} files, {written} written")
