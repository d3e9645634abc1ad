"""Build the search index from the stored texts and decisions."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from posts.models import Post
from posts.reindexing import NotIndexed, build, check
from posts.searching import building


class Command(BaseCommand):
    help = (
        "Build the search index. What is saved or decided is in it at once; this is for after an"
        " upgrade (the worker does it by itself, too) or when it is damaged. If it is stopped,"
        " `--continue` goes on where it was."
        " Examples: `manage.py rebuild_search`, `manage.py rebuild_search --continue`."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--continue", action="store_true", dest="goes_on", help="go on with what was begun"
        )

    def handle(self, *args: Any, goes_on: bool, **options: Any) -> None:
        building.begin(anew=not goes_on)
        total = building.missing().count()
        is_quiet = not self.stdout.isatty()
        done = {}
        posts = tqdm(build(), total=total, unit="post", disable=is_quiet, file=self.stderr)
        for pk, is_indexed in posts:
            done[pk] = is_indexed
            if is_quiet and is_indexed:
                slug = Post.objects.filter(pk=pk).values_list("slug", flat=True).first()
                self.stdout.write(f"indexed {slug}")
        try:
            check(done)
        except NotIndexed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{total} indexed")
