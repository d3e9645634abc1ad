"""Imports that the worker carries out, whatever happens to it or to who began them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django.fixtures import Settings

from mailing.models import MailSettings, Subscriber, Transfer
from mailing.transferring import importing, report_of, run_import
from posts.importing import staging
from posts.models import Publication
from tests.builders import make_member
from tests.conftest import SignIn
from tests.mailing.builders import make_subscriber

pytestmark = pytest.mark.django_db


@pytest.fixture
def transfer(settings: Settings, tmp_path: Path) -> Transfer:
    """An import of seven addresses that somebody who may began."""
    settings.UPLOAD_ROOT = str(tmp_path)
    text = "email\n" + "".join(f"r{number}@example.org\n" for number in range(7))
    key = staging.keep([SimpleUploadedFile("members.csv", text.encode())])
    keeper = make_member("keeper")
    return Transfer.objects.create(name="members.csv", key=key, statement="They asked.", by=keeper)


@pytest.mark.parametrize("change", ["deleted", "demoted", "locked"])
def test_an_import_of_somebody_who_may_not_any_more_imports_nothing_and_says_so(
    transfer: Transfer, change: str, owner: User, sign_in: SignIn
) -> None:
    keeper = User.objects.get(username="keeper")
    if change == "deleted":
        keeper.delete()
    elif change == "demoted":
        keeper.groups.clear()
    else:
        User.objects.filter(pk=keeper.pk).update(is_active=False)

    run_import.call(transfer.pk)

    transfer.refresh_from_db()
    assert not Subscriber.objects.exists()
    assert (transfer.error, transfer.finished_at is None) == ("denied", False)
    page = sign_in(owner).get(f"/admin/mailing/subscriber/import/{transfer.pk}/")
    assert "may not import subscribers" in page.content.decode()


def test_an_import_whose_worker_was_killed_goes_on_and_its_report_says_what_became_of_each_row(
    transfer: Transfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_subscriber("r1@example.org")
    monkeypatch.setattr(importing, "BATCH", 3)
    with monkeypatch.context() as patch:
        patch.setattr(importing, "_store_choices", _killed_in_batch(2))
        with pytest.raises(SystemExit):
            run_import.call(transfer.pk)
    with report_of(transfer).open("ab") as report:  # of a batch that was not stored
        report.write(b"5,half a li")

    assert run_import.call(transfer.pk) == 7

    transfer.refresh_from_db()
    assert (transfer.rows, transfer.counts) == (7, {"added": 6, "known": 1})
    rows = list(csv.reader(report_of(transfer).read_text(encoding="utf-8-sig").splitlines()))
    assert [row[1] for row in rows[1:]] == [f"r{number}@example.org" for number in range(7)]
    assert [row[2] for row in rows[1:]] == ["Added", "Known already", *["Added"] * 5]


def _killed_in_batch(number: int) -> Any:
    store, calls = importing._store_choices, []

    def choices(*args: Any) -> None:
        calls.append(args)
        if len(calls) == number:
            raise SystemExit
        store(*args)

    return choices


@pytest.mark.parametrize("has_row", [False, True])
def test_an_import_notes_the_key_of_addresses_and_leaves_the_rest_of_the_settings_and_pages_alone(
    transfer: Transfer, has_row: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = MailSettings(pk=1)
    if has_row:
        MailSettings.objects.bulk_create([MailSettings(pk=1, sender_name="As it is now")])
    monkeypatch.setattr(MailSettings, "current", lambda: stale)
    moves = Publication.objects.count()

    run_import.call(transfer.pk)

    row = MailSettings.objects.get()
    assert row.key_fingerprint
    assert row.sender_name == ("As it is now" if has_row else "")
    assert Publication.objects.count() == moves


def test_a_button_pressed_twice_begins_one_import(
    settings: Settings, tmp_path: Path, sign_in: SignIn
) -> None:
    settings.UPLOAD_ROOT = str(tmp_path)
    client, path = sign_in(make_member("keeper")), "/admin/mailing/subscriber/import/"
    file = SimpleUploadedFile("members.csv", b"email\na@example.org\n")
    look = client.post(path, {"file": file, "consent": "none", "statement": ""})
    ticket = {"ticket": look.context["ticket"]}

    first, second = client.post(path, ticket), client.post(path, ticket)

    assert first["Location"] == second["Location"] == f"{path}{Transfer.objects.get().pk}/"
