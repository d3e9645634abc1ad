"""Check issues as the form does before it publishes them."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from posts import identity
from posts.documents.editing import plain
from posts.models import Post
from posts.preflight import Remark, check_post, levels
from posts.slots import Level
from posts.translating import translated

MOST: Final = 100
"""So many findings of one check in one issue have a line."""


class Command(BaseCommand):
    help = (
        "Check issues as the form does before it publishes them: missing pictures, links that are"
        " not finished, placeholders and so on. Writes one line for each finding, as"
        " slug:line: level kind: words, where lines are those of the file that export_posts"
        " writes; fails if there is one of --level or above. Which checks run, and how much each"
        " of them matters, is set in the admin under the site's settings."
        " Examples: `manage.py check_posts`, `manage.py check_posts llama-3-평가 --level warn`."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slugs", nargs="*", metavar="SLUG", help="only these issues")
        parser.add_argument(
            "--level",
            choices=[Level.WARN.value, Level.STOP.value],
            default=Level.STOP.value,
            help="what makes the command fail: remarks, too, or only what holds an issue (default)",
        )

    @identity.speaking()
    def handle(self, *args: Any, slugs: list[str], level: str, **options: Any) -> None:
        chosen = levels()
        counts: Counter[Level] = Counter()
        pks = _chosen(slugs)
        hidden = not self.stderr.isatty() or self.stdout.isatty()
        for pk in tqdm(pks, unit="issue", disable=hidden, file=self.stderr):
            post = Post.objects.get(pk=pk)
            remarks = check_post(post, chosen)
            counts.update(remark.level for remark in remarks)
            self._write_all(post, remarks)
        self.stdout.write(
            f"{len(pks)} issues, {counts[Level.STOP]} findings hold, {counts[Level.WARN]} remarks"
        )
        wrong = counts[Level.STOP] + (counts[Level.WARN] if level == Level.WARN else 0)
        if wrong:
            raise CommandError(f"{wrong} findings of level {level} or above.")

    def _write_all(self, post: Post, remarks: list[Remark]) -> None:
        """Write so many findings of each check, and the number of the rest."""
        seen: Counter[str] = Counter()
        for remark in remarks:
            seen[remark.finding.kind] += 1
            if seen[remark.finding.kind] <= MOST:
                self._write(post, remark)
        for kind, count in seen.items():
            if count > MOST:
                self.stdout.write(f"{post.slug}: {kind}: {count - MOST} more")

    def _write(self, post: Post, remark: Remark) -> None:
        finding = remark.finding
        line = finding.line + plain(post.header).count("\n") if finding.line else 0
        place = f"{post.slug}:{line}" if line else post.slug
        words = " ".join(translated(finding.words).split())
        self.stdout.write(f"{place}: {remark.level} {finding.kind}: {words}")


def _chosen(slugs: list[str]) -> list[int]:
    posts = Post.objects.filter(slug__in=slugs) if slugs else Post.objects.all()
    rows = dict(posts.order_by("pk").values_list("pk", "slug"))
    if missing := sorted(set(slugs) - set(rows.values())):
        raise CommandError(f"There is no issue {', '.join(missing)}.")
    return list(rows)
