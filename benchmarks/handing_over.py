"""Hand mails over to a server on this machine, and compare with a bare loop over the same bytes.

    python -m benchmarks.handing_over [NUMBER]

The server (aiosmtpd) has a process of its own. One issue goes to 10,000 readers by the task that
sends slices, on SQLite as a site has it: each mail is claimed, made for its reader, marked as
handed in a commit of its own, and accepted. The bare loop is smtplib with one mail of these,
already made, again and again. Both take turns, so that what else the machine does meets both.

Prints mails in a second of each, their ratio, and the memory of the process as it goes.
"""

from __future__ import annotations

import os
import resource
import smtplib
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import django
from django.conf import settings
from django.utils import timezone

os.environ |= {"DEBUG": "true", "DJANGO_SETTINGS_MODULE": "newsletter.settings"}
TURNS = 10
BARELY = 0.6


def main(number: int) -> int:
    """Measure; return the exit code."""
    with tempfile.TemporaryDirectory(prefix="newsletter-mail-") as name:
        os.environ["DATABASE_URL"] = f"sqlite:///{Path(name) / 'site.sqlite3'}"
        os.environ["MEDIA_ROOT"] = f"{name}/media"
        os.environ["TASKS"] = "database"
        django.setup()
        settings.DEBUG = False  # which keeps all queries
        from benchmarks.mailservers import Server, Taking  # noqa: PLC0415

        server = Server(lambda: Taking(lambda _token, _name: None))
        try:
            return measure(number, server.port)
        finally:
            server.stop()


def measure(number: int, port: int) -> int:
    """Send by turns; print and judge."""
    mailing = prepared(number, port)
    message = one_of(mailing)
    # Whole slices, for ours.
    turns = max(1, min(TURNS, number // 1000))
    share, took, memory = number // turns, {"ours": 0.0, "bare": 0.0}, []
    for _turn in range(turns):
        took["ours"] += timed(lambda: ours(mailing, share))
        took["bare"] += timed(lambda: bare(port, message, share))
        memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    ratio = took["bare"] / took["ours"]
    for what, seconds in took.items():
        print(f"{what}: {number / seconds:.0f} mails in a second of {len(message):,} bytes")
    print(f"ratio {ratio:.2f} (at least {BARELY})")
    print(f"memory after each turn, MB: {', '.join(map(str, memory))}")
    return int(ratio < BARELY or memory[-1] > memory[len(memory) > 1] * 1.1 or is_left(mailing))


def timed(work: object) -> float:
    """Return the seconds that something takes."""
    start = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - start


def prepared(number: int, port: int) -> int:
    """Make a site with an issue and readers, and the ledger of a mailing; return its key."""
    from django.core.management import call_command  # noqa: PLC0415

    from benchmarks.mailings import make_site  # noqa: PLC0415
    from mailing.sending.filling import fill  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    settings.EMAIL = {"EMAIL_HOST": "127.0.0.1"}
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    mailing = make_site(number)
    fill.call(mailing)
    return mailing


def one_of(mailing: int) -> bytes:
    """Return the mail to one reader, as it goes through."""
    from mailing.models import Delivery, Mailing  # noqa: PLC0415
    from mailing.sending.mails import Mails  # noqa: PLC0415
    from mailing.sending.transports.smtp import as_sent  # noqa: PLC0415

    row = Delivery.objects.filter(mailing=mailing).select_related("subscriber")[0]
    ready = Mails(Mailing.objects.select_related("post").get(pk=mailing)).of(row)
    assert ready is not None
    smtp = smtplib.SMTP()
    smtp.esmtp_features = {"8bitmime": ""}
    return as_sent(ready.message, smtp)


def ours(mailing: int, number: int) -> None:
    """Hand a number of mails over, in slices of a lane each."""
    from mailing.models import Lane  # noqa: PLC0415
    from mailing.sending.slices import send_slice  # noqa: PLC0415

    count = 0
    while count < number:
        lane = Lane.objects.create(mailing_id=mailing, mark=uuid4(), at=timezone.now())
        taken = send_slice.call(mailing, lane.mark.hex)
        assert taken
        count += taken


def bare(port: int, message: bytes, number: int) -> None:
    """Send a mail again and again by smtplib alone, a hundred to a connection."""
    for _connection in range(number // 100):
        with smtplib.SMTP("127.0.0.1", port, local_hostname="bench.example") as smtp:
            smtp.ehlo()
            for count in range(100):
                smtp.mail("bounces@news.example.org")
                smtp.rcpt(f"reader{count}@example.org")
                smtp.docmd("DATA")
                smtp.send(message)
                code, said = smtp.getreply()
                assert code == 250, said


def is_left(mailing: int) -> bool:
    """Tell whether any mail was not accepted."""
    from mailing.models import Delivery  # noqa: PLC0415

    rows = Delivery.objects.filter(mailing=mailing).exclude(status=Delivery.Status.ACCEPTED)
    return rows.exists()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 10_000))
