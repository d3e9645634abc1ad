"""Derive everything again from the stored texts and decisions."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from tqdm import tqdm

from posts import identity, publication
from posts.models import Post
from posts.publishing import rebuild
from posts.publishing.counting import recount
from posts.recomposing import recompose


class Command(BaseCommand):
    help = (
        "Derive sections, items, links, pages and counters again from the stored Markdown and"
        " the decisions about it; without slugs also what is said beside issues. Run it after"
        " changing SITE_URL, SITE_NAME, LANGUAGE_CODE, TIME_ZONE or MIRROR_IMAGES, and after an"
        " upgrade that says so."
        " Examples: `manage.py rebuild_posts`, `manage.py rebuild_posts llama-3-평가 rust-57`."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slugs", nargs="*", metavar="SLUG", help="only these posts")

    @identity.speaking()
    def handle(self, *args: Any, slugs: list[str], **options: Any) -> None:
        posts = Post.objects.filter(slug__in=slugs) if slugs else Post.objects.all()
        pks = list(posts.order_by("pk").values_list("pk", flat=True))
        if slugs and len(pks) < len(set(slugs)):
            known = set(posts.values_list("slug", flat=True))
            raise CommandError(f"There is no post {', '.join(sorted(set(slugs) - known))}.")
        if not slugs:
            recompose()
        refused = [slug for slug in map(self._rebuild, self._progress(pks)) if slug]
        with transaction.atomic():
            recount()
            publication.move()
        self.stdout.write(f"{len(pks)} rebuilt, {len(refused)} refused")
        if refused:
            raise CommandError(f"Refused by the renderer: {', '.join(refused)}")

    def _progress(self, pks: list[int]) -> Any:
        return tqdm(pks, unit="post", disable=not self.stdout.isatty(), file=self.stderr)

    def _rebuild(self, pk: int) -> str:
        """Rebuild one post; return its slug when the renderer refuses it, else ''."""
        post = Post.objects.get(pk=pk)
        rebuild(post)
        if not self.stdout.isatty():
            self.stdout.write(f"{'refused' if post.problem else 'rebuilt'} {post.slug}")
        return post.slug if post.problem else ""
