"""Export posts to Markdown files, byte for byte as imported or last edited."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from django.utils import timezone
from tqdm import tqdm

from posts import identity
from posts.documents import DocumentError
from posts.exporting import side_file_in, stale_files, write_posts
from posts.models import Post, PostQuerySet
from posts.naming import fold


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a date like 2024-05-10") from error


class Command(BaseCommand):
    help = (
        "Write one Markdown file per post, drafts too, with the pictures that came with it:"
        " to the byte what was imported or last edited; and newsletter-export.json, from which"
        " import_posts knows what is public, and all addresses. Existing files that differ are"
        " replaced. Accounts and decisions about links are not in it: it is no backup."
        " Examples: `manage.py export_posts backup/`,"
        " `manage.py export_posts out/ --tag 'Llama 3 평가' --since 2024-05-01`."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--tag", default="", help="only posts with this tag (name or slug)")
        parser.add_argument(
            "--since", type=_day, metavar="YYYY-MM-DD", help="only posts dated this day or later"
        )
        parser.add_argument(
            "--remove-stale",
            action="store_true",
            help="remove files of earlier exports whose issue is gone or named otherwise",
        )

    @identity.speaking()
    def handle(
        self, *args: Any, folder: Path, tag: str, since: date | None, **options: Any
    ) -> None:
        posts = _chosen(tag, since)
        total, written, problem = posts.count(), 0, ""
        names: list[str] = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            before = side_file_in(folder.resolve())
            progress = tqdm(
                write_posts(posts, folder),
                unit="file",
                disable=not self.stdout.isatty(),
                file=self.stderr,
            )
            for name, changed in progress:
                written += changed
                names.append(name)
                if not self.stdout.isatty():
                    self.stdout.write(f"{'written' if changed else 'unchanged'} {name}")
            stale = stale_files(posts, folder, before, names)
            self._look_at_stale(folder, stale, options["remove_stale"])
        except (OSError, DocumentError) as error:
            problem = str(error)
        self.stdout.write(f"{total} posts, {written} files written")
        if problem:
            raise CommandError(problem)

    def _look_at_stale(self, folder: Path, names: list[str], remove: bool) -> None:
        """Name what earlier exports left behind, and remove it where that is asked for."""
        for name in names:
            if remove:
                (folder / name).unlink()
            self.stdout.write(f"{'removed' if remove else 'stale'} {name}")
        if names and not remove:
            count = len(names)
            files = "1 file" if count == 1 else f"{count} files"
            self.stdout.write(
                f"{files} of earlier exports: the issue is gone or named otherwise, and an import"
                " would bring it back. --remove-stale removes what is stale."
            )


def _chosen(tag: str, since: date | None) -> PostQuerySet:
    posts = Post.objects.order_by("pk")
    if tag:
        key = fold(tag)
        same = Q(tags__key=key) | Q(tags__slug=tag) | Q(tags__aliases__key=key)
        posts = posts.filter(same).distinct()
    if since:
        posts = posts.filter(
            published_at__gte=timezone.make_aware(datetime.combine(since, time.min))
        )
    return posts
