"""Check links: claim those that are due, ask about them, write down what came of it.

A claim is a moment until which a link belongs to one worker; it is taken by a conditional update,
so that many workers share the work, and simply ends when a worker is killed. Each batch of answers
is one transaction, in which only links that still belong to this worker are written.
"""

from __future__ import annotations

import logging
import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, When, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django_tasks import task

from links.checking.archiving import look_for_copies, own_policy
from links.checking.asking import Answer, Asker, MakeFetcher, Manners, Question
from links.checking.next import FARTHEST, after_check
from links.checking.outages import current_outage, is_from_outside, is_online
from links.checking.verdicts import UNASKED, Verdict
from links.fetching import Fetcher, Validators
from links.models import Check, Kind, Link
from links.normalizing import source_key
from links.queue import Worry, raise_concerns, withdraw, worries_about_target
from links.signals import links_changed

KEPT_CHECKS = 20
# So many hosts in a row that cannot be reached make it doubtful that this machine is online.
DOUBTFUL = 10
OFFLINE_AGAIN = timedelta(minutes=30)
# A worker that needs longer for what it claimed has lost it to others.
CLAIM = timedelta(minutes=10)
# Links open at once, and those of one host, so that a busy host holds up no other.
OPEN, OPEN_OF_A_HOST = 400, 8
# Answers that are written in one transaction.
WRITTEN_AT_ONCE = 100
FIELDS = (
    "health", "title", "description", "final_url", "checked_at", "due_at", "claimed_until",
    "failures", "etag", "last_modified", "flag",
)  # fmt: skip

logger = logging.getLogger(__name__)
chance = random.SystemRandom()


def make_fetcher() -> Fetcher:
    """Return a fetcher that says who asks."""
    return Fetcher(own_policy())


@dataclass(slots=True)
class Run:
    """Which links to check and how far: those among ``links`` that are due, ``limit`` at most,
    and no new ones after ``seconds``."""

    links: QuerySet[Link] = field(default_factory=Link.objects.all)
    limit: int = 1_000_000
    seconds: float = 1e9
    manners: Manners = field(default_factory=Manners)


def check(run: Run, make: MakeFetcher = make_fetcher) -> Iterator[tuple[Link, Verdict | None]]:
    """Check links, and yield each with what came of it once that is written down.

    A verdict of None says that the host asked for a pause first, and the link waits for that.
    What could not be reached counts only if something else can be: as long as this machine has no
    network nothing is written but the outage, and the links are tried again later.
    """
    if current_outage() and not is_online(make):
        return
    _bring_back()
    claimed: dict[int, Link] = {}
    doubtful: list[Answer] = []
    online = True
    with Asker(make, run.manners) as asker:
        for answers in _ask_all(run, asker, claimed):
            doubtful += answers
            if not any(map(is_from_outside, answers)):
                if len(_hosts_not_reached(doubtful)) < DOUBTFUL:
                    continue
                online = is_online(make)
            if not online:
                break
            yield from _write(doubtful, claimed)
            doubtful = []
    if online and (not _hosts_not_reached(doubtful) or is_online(make)):
        yield from _write(doubtful, claimed)
    else:
        logger.warning("This machine has no network: links are checked when it is back.")
        _try_later(claimed)


def _ask_all(run: Run, asker: Asker, claimed: dict[int, Link]) -> Iterator[list[Answer]]:
    """Claim links and ask about them, until there are no more; yield the answers as they come."""
    ends_at = time.monotonic() + run.seconds
    left = run.limit
    while True:
        if left and asker.open <= OPEN // 2 and time.monotonic() < ends_at:
            new = _claim(run, min(left, OPEN - asker.open), claimed.values())
            left = left - len(new) if new else 0 if not asker.open else left
            for link in new:
                claimed[link.pk] = link
                asker.ask(_question(link))
        if not asker.open:
            return
        yield _collect(asker)


def _hosts_not_reached(answers: Iterable[Answer]) -> set[str]:
    return {
        source_key(answer.question.url)
        for answer in answers
        if not is_from_outside(answer) and answer.verdict and answer.verdict.cause not in UNASKED
    }


def _try_later(claimed: dict[int, Link]) -> None:
    """Give back what was claimed, and let it be due again after a while; what a moderator marked
    broken meanwhile is not, and what another worker claimed is not given back."""
    later = timezone.now() + OFFLINE_AGAIN
    untils = {link.claimed_until for link in claimed.values()}
    mine = Link.objects.filter(pk__in=claimed, claimed_until__in=untils)
    due_at = Case(When(due_at=None, then=F("due_at")), default=later)
    mine.update(claimed_until=None, due_at=due_at)


def _collect(asker: Asker) -> list[Answer]:
    """Wait for answers, so that many are written at once."""
    answers = asker.answers(1.0)
    deadline = time.monotonic() + 0.25
    while asker.open and len(answers) < WRITTEN_AT_ONCE and time.monotonic() < deadline:
        answers += asker.answers(0.05)
    return answers


# Claiming


def make_due(links: QuerySet[Link]) -> None:
    """Let links be checked next, but those that a moderator marked broken."""
    links.filter(due_at__isnull=False).update(due_at=timezone.now())


def _bring_back() -> None:
    """Let links be due whose next check is further away than any, see ``FARTHEST``."""
    now = timezone.now()
    Link.objects.filter(due_at__gt=now + FARTHEST).update(due_at=now)


def _claim(run: Run, count: int, mine: Iterable[Link]) -> list[Link]:
    """Claim links: new ones first, then those due longest; of each host a few at a time."""
    of_hosts = Counter(link.source.host for link in mine if link.source)
    full = [host for host, number in of_hosts.items() if number >= OPEN_OF_A_HOST]
    now = timezone.now()
    free = run.links.filter(_unclaimed(now), due_at__lte=now).exclude(source__host__in=full)
    found = _few_of_a_host(free.filter(health=Link.Health.UNCHECKED), count, of_hosts)
    if len(found) < count:
        rest = free.exclude(health=Link.Health.UNCHECKED)
        found += _few_of_a_host(rest, count - len(found), of_hosts)
    return _take(found, now)


def _few_of_a_host(links: QuerySet[Link], count: int, of_hosts: Counter[str]) -> list[int]:
    rows = links.order_by("due_at", "pk").values_list("pk", "source__host")[: 4 * count]
    found: list[int] = []
    for pk, host in rows:
        if of_hosts[host] < OPEN_OF_A_HOST and len(found) < count:
            of_hosts[host] += 1
            found.append(pk)
    return found


def _unclaimed(now: datetime) -> Q:
    # A claim for longer than any is one of a clock that was ahead.
    ended = Q(claimed_until__lte=now) | Q(claimed_until__gt=now + 2 * CLAIM)
    return Q(claimed_until=None) | ended


def _take(pks: Sequence[int], now: datetime) -> list[Link]:
    """Claim those that nobody claimed meanwhile; a moment of its own tells whose claim it is."""
    until = now + CLAIM + timedelta(microseconds=chance.randrange(1_000_000))
    rows = Link.objects.filter(pk__in=pks)
    if not pks or not rows.filter(_unclaimed(now)).update(claimed_until=until):
        return []
    mine = rows.filter(claimed_until=until).select_related("source")
    return sorted(mine, key=lambda link: pks.index(link.pk))


def _question(link: Link) -> Question:
    known = None
    if link.etag or link.last_modified:
        known = Validators(link.final_url or link.url, link.etag, link.last_modified)
    return Question(link.pk, link.url, known)


# Writing down


@dataclass(frozen=True, slots=True)
class _Result:
    """A link after its check, and what readers and moderators knew of it before."""

    link: Link
    answer: Answer
    was_rotten: bool
    copy: str
    final_url: str
    flag: str


@transaction.atomic
def _write(
    answers: Sequence[Answer], claimed: dict[int, Link]
) -> list[tuple[Link, Verdict | None]]:
    """Write down what came of questions about links that are still this worker's."""
    untils = {
        answer.question.pk: claimed.pop(answer.question.pk).claimed_until for answer in answers
    }
    rows = Link.objects.select_for_update().filter(pk__in=untils).order_by("pk")
    mine = {row.pk: row for row in rows if row.claimed_until == untils[row.pk]}
    kept = [answer for answer in answers if answer.question.pk in mine]
    results = [_apply(mine[answer.question.pk], answer) for answer in kept]
    # An upsert on the primary key costs a tenth of ``bulk_update``.
    Link.objects.bulk_create(
        mine.values(), update_conflicts=True, unique_fields=["id"], update_fields=FIELDS
    )
    _keep_history(results)
    _tell_moderators(results)
    _tell_readers(results)
    return [(result.link, result.answer.verdict) for result in results]


def _apply(link: Link, answer: Answer) -> _Result:
    """Set what a link is from now on; a moderator who marked it broken meanwhile is right."""
    before = _Result(link, answer, link.is_rotten, link.offered_copy, link.final_url, link.flag)
    link.claimed_until = None
    if link.due_at is None:
        return before
    if answer.verdict is None:
        link.due_at = answer.later
        return before
    found = after_check(link, answer.verdict, answer.at, chance)
    link.health, link.failures, link.due_at = found.health, found.failures, found.due_at
    link.checked_at = answer.at
    if answer.verdict.outcome in {"ok", "redirected"} and not answer.verdict.unchanged:
        _describe(link, answer.verdict)
    return before


def _describe(link: Link, verdict: Verdict) -> None:
    link.title = verdict.page.title or link.title
    link.description = verdict.page.description or link.description
    link.final_url, link.flag = verdict.final_url, verdict.flag
    link.etag, link.last_modified = verdict.etag, verdict.last_modified


def _keep_history(results: Iterable[_Result]) -> None:
    """Add to each link's history, and drop what is older than its last ``KEPT_CHECKS``."""
    rows = [
        _check(result.link, verdict, result.answer.at)
        for result in results
        if (verdict := result.answer.verdict)
    ]
    Check.objects.bulk_create(rows)
    place = Window(RowNumber(), partition_by="link", order_by=("-at", "-id"))
    checks = Check.objects.filter(link__in=[row.link_id for row in rows])
    old = checks.annotate(place=place).filter(place__gt=KEPT_CHECKS).order_by().values_list("pk")
    if keys := [pk for (pk,) in old]:
        Check.objects.filter(pk__in=keys).delete()


def _check(link: Link, verdict: Verdict, at: datetime) -> Check:
    # A single failure leaves the link's health as it was; here it is what it was that day.
    is_failure = verdict.outcome in {"failed", "gone"}
    failure = Link.Health.GONE if verdict.outcome == "gone" else Link.Health.BROKEN
    return Check(
        link=link,
        at=at,
        health=failure if is_failure else link.health,
        status_code=verdict.status,
        error=verdict.error,
        flag=verdict.flag,
        final_url=verdict.final_url,
        hops=[list(hop) for hop in verdict.hops],
        milliseconds=round(verdict.seconds * 1000),
    )


# Telling others


def _tell_moderators(results: Iterable[_Result]) -> None:
    """Ask about what is new: broken links, flags, redirects to other sites."""
    raise_concerns(
        {
            result.link.pk: worries
            for result in results
            if (worries := _worries(result)) and result.link.standing != Link.Standing.BLOCKED
        }
    )
    withdraw([r.link.pk for r in results if r.was_rotten and not r.link.is_rotten], Kind.BROKEN)


def _worries(result: _Result) -> list[Worry]:
    link, verdict = result.link, result.answer.verdict
    if verdict is None:
        return []
    found = []
    if link.is_rotten and not result.was_rotten:
        found.append(Worry(Kind.BROKEN, link.health, verdict.error or str(verdict.status)))
    if link.flag and link.flag != result.flag:
        found.append(Worry(Kind.SUSPICIOUS, link.flag, verdict.page.title))
    if link.final_url != result.final_url:
        found += worries_about_target(link.url, link.final_url)
    return found


def _tell_readers(results: Iterable[_Result]) -> None:
    """Offer archived copies of what broke, look for those that are missing, take back the rest."""
    changed = [r.link.pk for r in results if r.link.offered_copy != r.copy]
    if changed:
        links_changed.send(sender=Link, links=Link.objects.filter(pk__in=changed))
    broken = [r.link.pk for r in results if r.link.is_rotten and not r.link.archived_url]
    if broken:
        look_for_copies.enqueue(broken)


# In the background


@task()
def check_due_links() -> int:
    """Check links that are due, for as long as a minute; return how many."""
    return sum(1 for _checked in check(Run(seconds=45)))
