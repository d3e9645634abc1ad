"""Ask the servers behind links whether the pages are still there."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from tqdm import tqdm

from links.checking import Run, Verdict, check, current_outage, make_due
from links.models import Link
from links.registering import canonical_or_none


class Command(BaseCommand):
    help = (
        "Check links: those that are due, new ones first, or the ones named. A link counts as"
        " broken after failures on three different days. Any number of these may run at once."
        " Examples: `manage.py check_links`, `manage.py check_links --limit 100`,"
        " `manage.py check_links https://example.org/page`, `manage.py check_links --host"
        " example.org --all`."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("urls", nargs="*", metavar="URL", help="only these, due or not")
        parser.add_argument("--host", action="append", default=[], help="only links of this host")
        parser.add_argument("--all", action="store_true", help="those that are not due, too")
        parser.add_argument("--limit", type=int, default=1_000_000, help="at most so many links")
        parser.add_argument("--seconds", type=float, default=1e9, help="no new ones after so long")

    def handle(
        self,
        *args: Any,
        urls: list[str],
        host: list[str],
        limit: int,
        seconds: float,
        **options: Any,
    ) -> None:
        wanted = self._named(urls) & (Q(source__host__in=host) if host else Q())
        links = Link.objects.filter(wanted)
        if urls or options["all"]:
            make_due(links)
        run = Run(links, limit=limit, seconds=seconds)
        found: Counter[str] = Counter()
        with self._progress() as bar:
            for link, verdict in check(run):
                bar.update()
                found[verdict.outcome if verdict else "postponed"] += 1
                self._tell(link, verdict)
        if not found and current_outage():
            raise CommandError("This machine has no network: nothing was checked.")
        self.stdout.write(", ".join(f"{n} {word}" for word, n in found.most_common()) or "none due")

    def _named(self, urls: list[str]) -> Q:
        keys = {}
        for url in urls:
            canonical = canonical_or_none(url)
            keys[url] = Link.key_for(canonical) if canonical else ""
        known = set(Link.objects.filter(key__in=keys.values()).values_list("key", flat=True))
        if unknown := [url for url, key in keys.items() if key not in known]:
            raise CommandError(f"No link has this address: {', '.join(unknown)}")
        return Q(key__in=keys.values()) if urls else Q()

    def _progress(self) -> Any:
        return tqdm(unit="link", disable=not self.stdout.isatty(), file=self.stderr)

    def _tell(self, link: Link, verdict: Verdict | None) -> None:
        if self.stdout.isatty():
            return
        words = [verdict.outcome if verdict else "postponed", link.url]
        if verdict:
            more = [str(verdict.status or ""), verdict.error, verdict.flag]
            words.append(f"({', '.join(filter(None, more))})")
        self.stdout.write(" ".join(words))
