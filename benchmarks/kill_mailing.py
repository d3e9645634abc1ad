"""Kill workers at random moments while they send, and look for mails that are lost or come twice.

    python -m benchmarks.kill_mailing [READERS [KILLS]]

On SQLite and on PostgreSQL, by each rule about mails of which nobody knows: three workers send an
issue to 5,000 readers. Half the kills (`kill -9`) come at random moments, half by the server
itself, between its yes to a mail and the worker hearing it. Another worker begins in the place of
each. The rules: leave and list them; repeat them under the same Message-ID; and, with a provider
that tells of each mail some time later, wait for what it tells.

Prints how many mails were lost, doubled and unknown, and fails where the ledger says otherwise
than the server, or more is unknown than workers were killed.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import django

os.environ |= {
    "DEBUG": "true",
    "DJANGO_SETTINGS_MODULE": "newsletter.settings",
    "TASKS": "database",
    "TASK_LEASE": "2",
    "EMAIL_URL": "smtp://127.0.0.1:25",
}
django.setup()

# ruff: noqa: E402 (settings are at hand only after setup)
from django.conf import settings
from django.core.mail import utils
from django.core.management import call_command

from benchmarks.mailings import make_site
from benchmarks.mailservers import Log, Server, Taking
from benchmarks.sites import KINDS, Site, sites
from mailing import sending
from mailing.models import Delivery, Event
from mailing.sending import ledger, slices, starting
from mailing.sending.transports import SmtpTransport

SEED = 20240510
WORKERS = 3
RULES = ("leave", "repeat", "events")
LONGEST = 3600.0  # seconds; on a busy machine PostgreSQL took more than 900
# A provider tells of a mail after so many seconds (on a busy machine 26), and of one it has not
# got, never. A silence shorter than that would be mails that come twice.
DELAY, SILENCE = 1.0, 60.0
LEASE = 60.0


def main(readers: int, kills: int) -> int:
    """Measure; return the exit code."""
    faults = 0
    for kind in KINDS:
        with (
            tempfile.TemporaryDirectory(prefix="newsletter-kill-") as name,
            sites(Path(name), kind, "empty", "killed") as (empty, site),
        ):
            empty.manage("migrate")
            for rule in RULES:
                site.become(empty)
                faults += _disturbed(site, Path(name), rule, readers, kills)
    return int(bool(faults))


def _disturbed(site: Site, folder: Path, rule: str, readers: int, kills: int) -> bool:
    """Send once, killing workers; print what is wrong then, and tell whether anything is."""
    taken, killed = Log(folder / f"{site.kind}-{rule}"), Log(folder / f"{site.kind}-{rule}-killed")
    every = max(2, readers // (kills // 2 + 1))
    server = Server(lambda: Killing(taken, killed, every, kills // 2))
    settings.EMAIL_PORT, settings.EMAIL_USE_TLS = server.port, False
    made = site.fork(lambda: make_site(readers, "" if rule == "events" else rule))
    if os.waitpid(made, 0)[1]:
        raise SystemExit(f"no site on {site.kind}: {site.said.read_text()}")
    start = time.monotonic()
    try:
        random_kills = _work(site, taken, rule, kills - kills // 2, readers)
    finally:
        server.stop()
    count = killed.tokens().total() + random_kills
    return _judged(site, taken, rule, readers, count, time.monotonic() - start)


class Killing(Taking):
    """A server that kills every so often whoever it said yes to, before it says so."""

    def __init__(self, taken: Log, killed: Log, every: int, most: int) -> None:
        super().__init__(self._take)
        self.log, self.killed, self.every, self.left = taken, killed, every, most
        self.count = 0

    def _take(self, token: str, name: str) -> None:
        self.log.write(token)
        self.count += 1
        if self.left and self.count % self.every == 0:
            self.left -= 1
            self.killed.write(name)
            os.kill(int(name.removeprefix("pid")), signal.SIGKILL)


def _work(site: Site, taken: Log, rule: str, kills: int, readers: int) -> int:
    """Let workers send until all is settled, and kill some of them; return how many."""
    chance, done = random.Random(SEED), 0  # noqa: S311
    workers = [site.fork(lambda: work(rule)) for _number in range(WORKERS)]
    events = site.fork(lambda: tell(taken)) if rule == "events" else 0
    end, looked = time.monotonic() + LONGEST, 0.0
    while time.monotonic() < end:
        time.sleep(chance.uniform(0.05, 0.3))
        # Spread over the mailing, so that none comes when all is sent.
        sent = len(taken.tokens())
        if done < kills and sent * kills > done * readers:
            os.kill(chance.choice(workers), signal.SIGKILL)
            done += 1
        workers = [_again(site, pid, rule) for pid in workers]
        if sent >= readers * 0.99 and time.monotonic() > looked + 2:
            looked = time.monotonic()
            if site.rows("SELECT status FROM mailing_mailing")[0] == [("done",)]:
                break
    for pid in [*workers, *filter(None, [events])]:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return done


def _again(site: Site, pid: int, rule: str) -> int:
    """Return the worker, or another in its place if it was killed."""
    if os.waitpid(pid, os.WNOHANG)[0]:
        return site.fork(lambda: work(rule))
    return pid


def _judged(site: Site, taken: Log, rule: str, readers: int, kills: int, seconds: float) -> bool:
    """Compare what the server took with the ledger; print it; tell whether anything is wrong."""
    rows = site.rows("SELECT token, status, repeats FROM mailing_delivery")[0]
    ledger_says = {str(token).replace("-", ""): (status, times) for token, status, times in rows}
    counts = taken.tokens()
    states = Counter(status for status, _times in ledger_says.values())
    repeats = sum(times for _status, times in ledger_says.values())
    lost = [token for token in ledger_says if not counts[token]]
    doubled = sum(times > 1 for times in counts.values())
    unlisted = [token for token in lost if ledger_says[token][0] != "unknown"]
    print(
        f"{site.kind}, {rule}: {kills} workers killed in {seconds:.0f} s, {len(rows)} rows:"
        f" {dict(states)}, {repeats} repeated; at the server {len(lost)} lost, {doubled} doubled"
    )
    wrong = [
        len(rows) != readers or counts.keys() - ledger_says.keys() or unlisted,
        states["unknown"] > kills or repeats > kills,
        states["unknown"] + states["accepted"] != readers,
        rule == "leave" and (doubled or repeats),
        rule == "repeat" and (lost or states["unknown"] or doubled > repeats),
        rule == "events" and (lost or doubled or states["unknown"]),
    ]
    if any(wrong):
        print(f"wrong: {[bool(one) for one in wrong]}")
    return any(wrong)


# In processes of their own


def work(rule: str) -> None:
    """Be a worker, with a name by which the server knows the process."""
    # As Django says hello; a server that kills knows by it whom.
    utils.DNS_NAME.get_fqdn = lambda: f"pid{os.getpid()}"
    settings.PERIODIC_TASKS = {"mailing.sending.starting.start_due": 1}
    # A site waits longer after each kill of one task, up to a minute: here most of the time.
    settings.TASK_RETRIES["mailing.sending.slices.send_slice"]["longest"] = 1
    settings.TASK_RETRIES["mailing.sending.filling.fill"]["longest"] = 1
    # A machine that is busy lets live workers look dead; what two of them had comes back by this.
    ledger.LEASE = timedelta(seconds=LEASE)  # type: ignore[misc]
    if rule == "events":
        ledger.SILENCE = timedelta(seconds=SILENCE)  # type: ignore[misc]
        provider: Callable[[], Any] = Provider
        for module in (slices, starting):
            module.the_transport = provider  # type: ignore[attr-defined]
        sys.modules["mailing.sending.filling"].the_transport = provider  # type: ignore[attr-defined]
    settings.DEBUG = False  # which keeps all queries
    call_command("run_tasks", stdout=SimpleNamespace(write=lambda _text: 0, flush=lambda: None))


class Provider(SmtpTransport):
    """A provider that takes mails as a server does, and tells of each afterwards."""

    has_events = True


def tell(taken: Log) -> None:
    """Tell of each mail, some time after it was taken, as a provider does: more than once."""
    told: set[str] = set()
    while True:
        now = set(taken.tokens())
        time.sleep(DELAY)
        for token in now - told:
            row = Delivery.objects.get(token=token)
            sending.settle(row, Event.Kind.DELIVERED)
            sending.settle(row, Event.Kind.DELIVERED)
        told |= now


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    sys.exit(main(*[*numbers, *(5_000, 50)[len(numbers) :]]))
