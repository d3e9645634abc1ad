"""`manage.py process_bounces`, and the task that reads the mailbox every five minutes."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from pytest_django.fixtures import Settings

from mailing import bounces
from mailing.models import Delivery, Event, Subscriber
from tests.mailing import letters
from tests.mailing.builders import make_delivery
from tests.mailing.mailbox import mailbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def delivery() -> Delivery:
    return make_delivery()


def run(*given: str | Path) -> list[str]:
    out = StringIO()
    call_command("process_bounces", *map(str, given), stdout=out)
    return out.getvalue().splitlines()


def status(delivery: Delivery) -> str:
    return Subscriber.objects.get(pk=delivery.subscriber_id).status


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    return tmp_path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_files_are_read_and_stay_as_they_are(delivery: Delivery, tmp_path: Path) -> None:
    bounced, other = tmp_path / "1.eml", tmp_path / "2.eml"
    bounced.write_bytes(letters.GONE["naver"](delivery.token))
    other.write_bytes(b"Subject: hello\n\nHow are you?\n")

    assert run(bounced, other, bounced) == [
        f"counted: {bounced}",
        f"not understood: {other}",
        f"known already: {bounced}",
        "1 counted, 1 not understood, 1 known already",
    ]
    assert status(delivery) == Subscriber.Status.BOUNCED
    assert names(tmp_path) == {"1.eml", "2.eml"}


def test_mails_of_a_maildir_are_marked_as_seen_or_flagged(
    delivery: Delivery, maildir: Path
) -> None:
    (maildir / "new" / "1.host").write_bytes(letters.GONE["gmail"](delivery.token))
    (maildir / "new" / "2.host").write_bytes(b"Subject: hello\n\nHow are you?\n")
    (maildir / "cur" / "3.host:2,").write_bytes(letters.absence(delivery.token))
    (maildir / "cur" / "4.host:2,S").write_bytes(letters.GONE["gmail"](delivery.token))

    assert run("--maildir", maildir)[-1] == "1 counted, 1 not understood, 1 an automatic answer"
    assert names(maildir / "cur") == {"1.host:2,S", "2.host:2,F", "3.host:2,S", "4.host:2,S"}
    assert names(maildir / "new") == set()
    assert run("--maildir", maildir) == ["no mail"]


def test_mails_of_a_mailbox_are_marked_as_seen_or_flagged(delivery: Delivery) -> None:
    large = letters.FOR_NOW["full"](delivery.token) + b"x" * 3_000_000
    hello = b"Subject: hello\n\nHow are you?\n"
    with mailbox(letters.complaint(delivery.token), hello, large) as server:
        assert run("--mailbox", server.address)[-1] == "2 counted, 1 not understood"
        assert server.flags == {1: {"Seen"}, 2: {"Flagged"}, 3: {"Seen"}}
        assert server.fetched < 1_100_000  # of a mail of 3 MB
        assert run("--mailbox", server.address) == ["no mail"]

    assert status(delivery) == Subscriber.Status.COMPLAINED


def test_the_worker_reads_the_mailbox_of_the_settings(
    delivery: Delivery, settings: Settings
) -> None:
    with mailbox(letters.GONE["kakao"](delivery.token)) as server:
        settings.MAIL_BOUNCES = server.address
        assert bounces.collect.call() == {"counted": 1}
        assert run() == ["no mail"]

    assert status(delivery) == Subscriber.Status.BOUNCED


def test_what_cannot_be_written_down_waits_for_the_next_time(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(data: bytes) -> None:
        raise OperationalError("database is locked")

    with mailbox(letters.GONE["gmail"](delivery.token)) as server:
        with monkeypatch.context() as patch:
            patch.setattr("mailing.bounces.collecting.take", busy)
            with pytest.raises(CommandError, match="run it again"):
                run("--mailbox", server.address)
        assert server.flags == {1: set()}
        assert run("--mailbox", server.address)[-1] == "1 counted"

    assert Event.objects.count() == 1


def test_a_wrong_password_is_said_without_it(settings: Settings) -> None:
    with mailbox() as server:
        address = server.address.replace("s3cret", "0ther")
        with pytest.raises(CommandError, match=r"127\.0\.0\.1 cannot be read") as refusal:
            run("--mailbox", address)
        assert "0ther" not in str(refusal.value)
    with pytest.raises(CommandError, match="cannot be read"):
        run("--mailbox", server.address)  # nobody is there any more


def test_without_anything_to_read_it_says_what_to_name(tmp_path: Path) -> None:
    for given in [(), ("--mailbox", "pop3://a:b@c"), ("--maildir", tmp_path), (tmp_path / "no",)]:
        with pytest.raises(CommandError):
            run(*given)
