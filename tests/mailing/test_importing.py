"""Importing subscribers from files of other services, and of this program."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from mailing.addresses import digest_of
from mailing.models import Choice, Consent, MailSettings, SignUp, Subscriber, Suppression
from mailing.subscribing import asking
from mailing.transferring import (
    FileError,
    Kind,
    Options,
    columns,
    describe,
    export_subscribers,
    exporting,
    import_subscribers,
    importing,
    report,
)
from posts.auditing import words_of
from tasks.models import StoredTask
from tests.builders import make_post
from tests.mailing.builders import make_subscriber

pytestmark = pytest.mark.django_db

AGREED = Options(statement="They asked for it on old.example.org.")
GHOST = (
    "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,"
    "deleted_at,labels,tiers\r\n"
)
MAILCHIMP = (
    '"Email Address","First Name","Last Name",MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,'
    "CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,"
    "TAGS"
)
SUBSTACK_LIST = "Email,Name,Subscription type,Activity,Subscription date,Revenue,Expires at"


def bring(text: str | bytes, options: Options = AGREED) -> dict[str, Kind]:
    """Import a file; return what became of its rows by their addresses."""
    data = text if isinstance(text, bytes) else text.encode()
    return {one.address: one.kind for one in import_subscribers(io.BytesIO(data), options)}


def state_of(address: str) -> str:
    return Subscriber.objects.get(address=address).status


# Services


@pytest.mark.parametrize(
    ("service", "text", "states"),
    [
        (
            "Ghost",
            GHOST + "1,ann@example.org,Ann,,true,false,,2024-01-15T10:00:00.000Z,,ai,\r\n"
            "2,bob@example.org,,,false,false,,2024-01-15T10:00:00.000Z,,,\r\n"
            "3,cem@example.org,,,true,false,,2024-01-15T10:00:00.000Z,2024-02-01T10:00:00.000Z,,",
            {"ann": "active", "bob": "left", "cem": "left"},
        ),
        (
            "Mailchimp",
            MAILCHIMP + '\nann@example.org,Ann,Lee,2,"2023-06-25 17:38:27",,,,,,,,,,,,1,2,,'
            '"""ai"",""news"""\n',
            {"ann": "active"},
        ),
        (
            "Mailchimp",
            MAILCHIMP.replace("LEID", "UNSUB_TIME,UNSUB_REASON,LEID")
            + '\nbob@example.org,Bob,,2,,,,,,,,,,,,,"2024-02-01 09:00:00",NORMAL,1,2,,\n',
            {"bob": "left"},
        ),
        (
            "Mailchimp",
            MAILCHIMP.replace("LEID", "CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,LEID")
            + '\ncem@example.org,Cem,,2,,,,,,,,,,,,,"2024-02-01 09:00:00",March,1,2,,\n',
            {"cem": "bounced"},
        ),
        (
            "Substack",
            "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n"
            "ann@example.org,false,,other,false,2025-01-01T00:00:00.000Z,\n"
            "bob@example.org,true,2026-01-01,yearly,true,2025-01-01T00:00:00.000Z,\n",
            {"ann": "active", "bob": "left"},
        ),
        (
            "Substack (list)",
            f"{SUBSTACK_LIST}\nann@example.org,Ann,Free,3,2024-01-10,$0.00,\n",
            {"ann": "active"},
        ),
        (
            "Buttondown",
            "email,notes,metadata,tags,subscriber_type,creation_date\n"
            "ann@example.org,,{},ai,regular,2024-01-10T09:00:00Z\n"
            "bob@example.org,,{},,unsubscribed,2024-01-10T09:00:00Z\n"
            "cem@example.org,,{},,undeliverable,2024-01-10T09:00:00Z\n"
            "dan@example.org,,{},,complained,2024-01-10T09:00:00Z\n"
            "eve@example.org,,{},,unpaid,2024-01-10T09:00:00Z\n"
            "fay@example.org,,{},,churning,2024-01-10T09:00:00Z\n"
            "gus@example.org,,{},,past_due,2024-01-10T09:00:00Z\n",
            {"ann": "active", "bob": "left", "cem": "bounced", "dan": "complained"}
            | dict.fromkeys(("eve", "fay", "gus"), "active"),
        ),
        (
            "listmonk",
            "uuid,email,name,attributes,status,created_at,updated_at\n"
            '1,ann@example.org,Ann,"{""city"": ""Seoul""}",enabled,2024-01-10T09:00:00Z,\n'
            "2,bob@example.org,Bob,{},blocklisted,2024-01-10T09:00:00Z,\n"
            "3,cem@example.org,Cem,{},disabled,2024-01-10T09:00:00Z,\n",
            {"ann": "active", "bob": "left", "cem": "left"},
        ),
        (
            "beehiiv",
            "email,status,created_at,utm_source,tags\n"
            "ann@example.org,active,2024-01-10T09:00:00Z,twitter,\n"
            "bob@example.org,inactive,2024-01-10T09:00:00Z,,\n",
            {"ann": "active", "bob": "left"},
        ),
    ],
)
def test_exports_of_services_are_known_and_their_states_honoured(
    service: str, text: str, states: dict[str, str]
) -> None:
    assert describe(io.BytesIO(text.encode()))[0] == service

    found = bring(text)

    assert set(found.values()) == {Kind.ADDED}
    assert {name: state_of(f"{name}@example.org") for name in states} == states


def test_korean_tables_say_their_states_with_or_without_spaces(db: None) -> None:
    text = (
        "이메일 주소,이름,구독 상태,구독일\n"
        "ann@example.org,안,구독중,2024-05-10\n"
        "bob@example.org,밥,구독 중,2024-05-10\n"
        "cem@example.org,셈,수신거부,2024-05-10\n"
        "dan@example.org,단,수신 거부,2024-05-10\n"
        "eve@example.org,이브,자동 삭제,2024-05-10\n"
        "fay@example.org,파이,모름,2024-05-10\n"
    )

    found = bring(text)

    assert found.pop("fay@example.org") == Kind.UNKNOWN_STATE
    assert set(found.values()) == {Kind.ADDED}
    states = [state_of(f"{name}@example.org") for name in ("ann", "bob", "cem", "dan", "eve")]
    assert states == ["active", "active", "left", "left", "bounced"]
    assert Subscriber.objects.earliest("pk").created_at == datetime(2024, 5, 10, tzinfo=UTC)


def test_what_a_row_says_is_kept(db: None) -> None:
    make_post(tags=["Llama 3 평가"])
    text = (
        "Email,First Name,Last Name,Labels,Language,Created at\n"
        'Ann@Example.ORG,안,이,"llama 3 평가, unknown",Korean,2024-05-10 09:00:00 UTC\n'
        "bob@example.org,,,unknown,en-GB,10 May\n"
    )

    bring(text)

    ann, bob = Subscriber.objects.order_by("pk")
    assert (ann.address, ann.name, ann.language) == ("Ann@example.org", "안 이", "ko")
    assert ann.created_at == ann.confirmed_at == datetime(2024, 5, 10, 9, tzinfo=UTC)
    assert list(ann.choices.values_list("kind", "value")) == [("tag", "llama-3-평가")]
    assert (bob.language, bob.source, bob.group) == ("en", "import", "example.org")
    assert list(bob.choices.values_list("kind", "value")) == [("everything", "")]
    assert timezone.now() - bob.created_at < timedelta(minutes=1)


@pytest.mark.parametrize(
    "data",
    [
        '\ufeffEmail;Name\r\nann@example.org;"이, 안"\r\n'.encode(),
        '\ufeffsep=;\r\nEmail;Name\r\nann@example.org;"이, 안"\r\n'.encode(),
        "이메일\t이름\nann@example.org\t이, 안\n".encode("cp949"),
        'EMAIL ,name\n"ann@example.org","이, 안"'.encode("utf-16"),
        "e-mail|name\rann@example.org|이, 안\r".encode(),
    ],
)
def test_whatever_spreadsheets_make_of_a_file_is_read(data: bytes) -> None:
    assert bring(data) == {"ann@example.org": Kind.ADDED}
    assert Subscriber.objects.get().name == "이, 안"


def test_a_list_of_addresses_needs_no_header() -> None:
    assert bring("ann@example.org\n\nbob@example.org\n") == {
        "ann@example.org": Kind.ADDED,
        "bob@example.org": Kind.ADDED,
    }


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"email,name\n", "empty"),
        (b"title,body\nHello,World\n", "address"),
        (b"email\ncaf\xe9\xff@example.org\n", "encoding"),
    ],
)
def test_what_is_no_table_of_addresses_is_refused_before_anything_is_stored(
    data: bytes, code: str
) -> None:
    with pytest.raises(FileError) as refused:
        bring(data)

    assert refused.value.code == code
    assert not Subscriber.objects.exists()


# Who gets mail, and who never does


def test_consent_is_written_down_with_its_statement() -> None:
    bring("email\nann@example.org\n")

    consent = Consent.objects.get()
    assert (consent.kind, consent.form) == (Consent.Kind.IMPORTED, "import")
    assert consent.wording is not None
    assert consent.wording.text == AGREED.statement


def test_without_a_statement_nobody_gets_mail_and_who_left_is_still_known() -> None:
    found = bring(GHOST + "1,a@example.org,,,true,,,,,,\n2,b@example.org,,,false,,,,,,", Options())

    assert found == {"a@example.org": Kind.NO_CONSENT, "b@example.org": Kind.ADDED}
    assert not Subscriber.objects.receiving().exists()


def test_who_never_confirmed_is_left_out_for_that_whatever_the_statement_says() -> None:
    found = bring("email,status\na@example.org,pending\n")

    assert found == {"a@example.org": Kind.UNCONFIRMED}


def test_who_bounced_or_complained_or_was_blocked_is_suppressed() -> None:
    bring(
        "email,status\na@example.org,cleaned\nb@example.org,complained\nc@example.org,blocklisted\n"
    )

    reasons = dict(Suppression.objects.values_list("digest", "reason"))
    assert [reasons[digest_of(f"{name}@example.org")] for name in "abc"] == [
        "bounced", "complained", "staff",
    ]  # fmt: skip


def test_who_is_suppressed_or_left_here_stays_out(db: None) -> None:
    Suppression.objects.create(digest=digest_of("a@example.org"), reason="bounced")
    for address, kinds in (("b@example.org", ["withdrawn"]), ("c@example.org", ["erased"]),
                           ("d@example.org", ["withdrawn", "given"])):  # fmt: skip
        for kind in kinds:
            Consent.objects.create(digest=digest_of(address), kind=kind)

    found = bring("email\na@example.org\nB@Example.org\nc@example.org\nd@example.org\n")

    assert list(found.values()) == [
        Kind.SUPPRESSED, Kind.LEFT_BEFORE, Kind.LEFT_BEFORE, Kind.ADDED,
    ]  # fmt: skip


@pytest.mark.parametrize("apart", [0, 1200])
@pytest.mark.parametrize("worse_first", [True, False])
def test_an_address_that_left_in_any_row_is_active_in_none(apart: int, worse_first: bool) -> None:
    rows = ["ann@example.org,unsubscribed", "Ann@example.org,active"]
    between = [f"r{number}@example.org,active" for number in range(apart)]
    first, last = rows if worse_first else reversed(rows)

    bring("\n".join(["email,status", first, *between, last]))

    assert state_of("ann@example.org") == "left"
    assert Subscriber.objects.count() == apart + 1


def test_a_later_file_of_who_left_takes_imported_ones_off_and_leaves_who_came_by_a_form() -> None:
    bring("email\nann@example.org\nbob@example.org\n")
    Subscriber.objects.filter(address="bob@example.org").update(source="form")

    found = bring("email,status\nann@example.org,unsubscribed\nbob@example.org,unsubscribed\n")

    assert found == {"ann@example.org": Kind.NOW_LEFT, "bob@example.org": Kind.KNOWN}
    assert (state_of("ann@example.org"), state_of("bob@example.org")) == ("left", "active")
    assert Consent.objects.filter(kind=Consent.Kind.WITHDRAWN).count() == 1


def test_rows_that_say_nothing_sure_are_refused_one_by_one_with_reasons() -> None:
    text = (
        "email,status\nann@example.org,active\nnobody,active\nbob@example.org,lurking\n"
        "ann@example.org,active\n\x00\n"
    )
    outcomes = list(import_subscribers(io.BytesIO(text.encode()), AGREED))

    assert [(one.number, one.kind) for one in outcomes] == [
        (2, Kind.ADDED), (3, Kind.NO_ADDRESS), (4, Kind.UNKNOWN_STATE), (5, Kind.REPEATED),
        (6, Kind.UNREADABLE),
    ]  # fmt: skip
    lines = list(csv.reader(io.StringIO(b"".join(report(outcomes)).decode("utf-8-sig"))))
    assert lines[0] == ["Row", "Address", "Result", "Reason"]
    assert lines[3][3] == "The file calls their state “lurking”, which is not known here."
    assert [one.address for one in Subscriber.objects.all()] == ["ann@example.org"]


def test_an_import_begun_again_changes_nothing() -> None:
    text = "email,status\nann@example.org,active\nbob@example.org,cleaned\n"
    bring(text)
    before = list(Subscriber.objects.order_by("pk").values())

    assert set(bring(text).values()) == {Kind.KNOWN}

    assert list(Subscriber.objects.order_by("pk").values()) == before
    assert Consent.objects.count() == 1


def test_a_batch_that_fails_leaves_nothing_half_and_the_next_import_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    text = "email\n" + "\n".join(f"r{number}@example.org" for number in range(6))
    outcomes = import_subscribers(io.BytesIO(text.encode()), AGREED)
    for _number in range(2):
        next(outcomes)
    with monkeypatch.context() as patch:
        patch.setattr(importing, "_store_choices", _fail)
        with pytest.raises(RuntimeError):
            list(outcomes)
    assert Subscriber.objects.count() == Consent.objects.count() == 2

    assert list(bring(text).values()) == [Kind.KNOWN] * 2 + [Kind.ADDED] * 4


def _fail(*_args: Any) -> None:
    raise RuntimeError


def test_a_dry_run_says_the_same_and_writes_nothing() -> None:
    text = "email,status\nann@example.org,active\nbob@example.org,cleaned\nnobody,\n"

    found = bring(text, Options(statement=AGREED.statement, dry_run=True))

    assert not Subscriber.objects.exists()
    assert not MailSettings.objects.exists()
    assert found == bring(text)


def test_only_who_may_import_does(editor: User) -> None:
    with pytest.raises(PermissionDenied):
        bring("email\nann@example.org\n", Options(statement="Yes.", by=editor))


def test_another_key_of_addresses_stops_an_import(
    mail_is_on: MailSettings, settings: Settings
) -> None:
    settings.ADDRESS_KEY = "another"

    with pytest.raises(FileError, match="key"):
        bring("email\nann@example.org\n")


@pytest.mark.parametrize("options", [AGREED, Options(ask=True)], ids=["agreed", "asked"])
def test_queries_do_not_grow_with_rows(
    options: Options, mail_is_on: MailSettings, run_waiting_tasks: Callable[[], int]
) -> None:
    def queries(rows: int, name: str) -> int:
        text = "email\n" + "\n".join(f"{name}{number}@example.org" for number in range(rows))
        with CaptureQueriesContext(connection) as seen:
            bring(text, options)
        return len(seen)

    queries(1, "first")
    # SQLite takes some rows fewer in one INSERT than PostgreSQL.
    assert queries(200, "b") - queries(100, "c") < 10


def test_whoever_an_import_asks_gets_one_mail_however_often_the_task_is_begun(
    mail_is_on: MailSettings, run_waiting_tasks: Callable[[], int], mailoutbox: list[Any]
) -> None:
    bring("email,language\nann@example.org,ko\nbob@example.org,en\n", Options(ask=True))
    keys = list(SignUp.objects.order_by("pk").values_list("pk", flat=True))

    asking.answer.call(keys[0])  # and then its worker was killed
    run_waiting_tasks()
    asking.answer_all.call(keys)
    run_waiting_tasks()

    assert sorted(one for mail in mailoutbox for one in mail.to) == [
        "ann@example.org", "bob@example.org",
    ]  # fmt: skip
    languages = SignUp.objects.values_list("wording__language", flat=True)
    assert sorted(languages) == ["en", "ko"]


def test_whoever_an_import_asks_is_not_told_that_they_asked(
    mail_is_on: MailSettings, run_waiting_tasks: Callable[[], int], mailoutbox: list[Any]
) -> None:
    bring("email\nann@example.org\n", Options(ask=True))

    run_waiting_tasks()

    (mail,) = mailoutbox
    assert mail.subject == "Would you like Newsletter by mail?"
    assert "on a list of readers that Newsletter has taken over" in mail.body
    assert "Somebody, most likely you" not in mail.body
    assert "/subscribe/" in mail.body


def test_each_whom_an_import_asks_is_asked_by_a_task_of_its_own_which_may_fail_alone(
    mail_is_on: MailSettings, run_waiting_tasks: Callable[[], int]
) -> None:
    bring("email\nann@example.org\nbob@example.org\n", Options(ask=True))
    keys = list(SignUp.objects.order_by("pk").values_list("pk", flat=True))

    asking.answer_all.call(keys)

    waiting = StoredTask.objects.filter(task_path=asking.answer.module_path)
    assert sorted(task.args_kwargs["args"] for task in waiting) == [[pk] for pk in keys]


# Exports


def exported() -> bytes:
    return b"".join(export_subscribers())


def test_an_export_imported_elsewhere_is_the_same_list() -> None:
    now = timezone.now()
    make_subscriber("ann@example.org", name="=1+1", language="ko", rhythm="weekly",
                    zone="Asia/Seoul", hour=7, choices=[("tag", "ai"), ("search", 'a "b", c')],
                    created_at=now - timedelta(days=3))  # fmt: skip
    make_subscriber("'ann@example.org", name="'t Hooft")
    make_subscriber("bob@example.org", status="left", left_at=now - timedelta(days=1))
    make_subscriber("cem@example.org", status="bounced")
    make_subscriber("dan@example.org", status="paused", paused_until=now + timedelta(days=9))
    make_subscriber("eve@xn--vf4b27j.kr", status="waiting", source="staff")
    make_subscriber("fay@example.org", status="complained")
    Suppression.objects.create(digest=digest_of("fay@example.org"), reason="complained")
    file = exported()
    Subscriber.objects.all().delete()
    Suppression.objects.all().delete()
    Choice.objects.all().delete()

    assert describe(io.BytesIO(file))[0] == "Newsletter"
    assert set(bring(file).values()) == {Kind.ADDED}

    assert exported() == file
    assert Suppression.objects.count() == 1


def test_no_cell_of_an_export_is_run_by_a_spreadsheet() -> None:
    make_subscriber("+tag@example.org", name='=HYPERLINK("http://evil.example")')

    [_header, row] = csv.reader(io.StringIO(exported().decode("utf-8-sig")))

    assert row[:2] == ["'+tag@example.org", '\'=HYPERLINK("http://evil.example")']
    assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_exporting_reads_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "PIECE", 3)
    for _number in range(7):
        make_subscriber()

    assert exported().count(b"\r\n") == 8


def test_only_who_may_export_does(editor: User) -> None:
    with pytest.raises(PermissionDenied):
        export_subscribers(by=editor)


# Commands


def test_who_takes_the_list_by_a_command_is_written_down(
    tmp_path: Path, owner: User, caplog: pytest.LogCaptureFixture
) -> None:
    target = tmp_path / "list.csv"

    call_command("export_subscribers", target, by=owner.username)

    entry = LogEntry.objects.get()
    assert entry.user == owner
    assert words_of(entry).startswith("Exported all subscribers with their addresses, by command (")
    assert f"exported by command ({owner.username}, " in caplog.text
    with pytest.raises(CommandError, match="no account"):
        call_command("export_subscribers", target, by="nobody")


def test_a_command_without_a_name_is_written_down_under_an_account_that_nobody_can_use(
    tmp_path: Path,
) -> None:
    for _time in range(2):
        call_command("export_subscribers", tmp_path / "out.csv")

    first, second = LogEntry.objects.select_related("user")
    assert words_of(first).startswith("Exported all subscribers with their addresses, by command (")
    assert first.user == second.user
    assert (first.user.is_active, first.user.has_usable_password()) == (False, False)


def test_a_word_about_suppression_that_is_not_known_is_refused_and_not_dropped() -> None:
    make_subscriber("ann@example.org")
    file = exported().decode("utf-8-sig")
    Subscriber.objects.all().delete()
    rows = list(csv.DictReader(io.StringIO(file)))
    rows[0]["suppressed"] = "never again"
    text = io.StringIO()
    table = csv.DictWriter(text, rows[0])
    table.writeheader()
    table.writerows(rows)

    (outcome,) = import_subscribers(io.BytesIO(text.getvalue().encode()), AGREED)

    assert (outcome.kind, outcome.detail) == (Kind.UNKNOWN_STATE, "never again")
    assert not Subscriber.objects.exists()


def test_the_commands_write_files_for_their_owner_alone(tmp_path: Path, capsys: Any) -> None:
    source, target = tmp_path / "members.csv", tmp_path / "out.csv"
    source.write_text("email,status\nann@example.org,active\nnobody,active\n")

    with pytest.raises(CommandError, match="1 of 2 rows could not be read"):
        call_command("import_subscribers", source, "--consent", "They asked.")
    call_command("export_subscribers", target)

    assert (tmp_path / "members-report.csv").read_text("utf-8-sig").count("\n") == 3
    assert target.read_text("utf-8-sig").count("ann@example.org") == 1
    assert target.stat().st_mode & 0o077 == 0
    assert "Added" in capsys.readouterr().out


def test_a_file_that_is_no_table_is_named(tmp_path: Path) -> None:
    source = tmp_path / "members.csv"
    source.write_text("title\nHello\n")

    with pytest.raises(CommandError, match=r"members\.csv has no column of e-mail addresses"):
        call_command("import_subscribers", source)
    assert not (tmp_path / "members-report.csv").exists()


# Hostile files


@pytest.mark.parametrize(
    "data",
    [
        "email\na@example.org".encode("utf-16")[:-1],
        b"\xff\xfe\x00\xd8a\x00",
        b"email," + b"x" * 140_000 + b"\na@example.org,\n",
        b'"' + b"x" * 140_000 + b'"\n',
    ],
    ids=["cut short", "half a letter", "long header", "long cell"],
)
def test_a_file_that_is_no_table_is_turned_away(data: bytes) -> None:
    with pytest.raises(FileError):
        bring(data)
    with pytest.raises(FileError):
        describe(io.BytesIO(data))


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("tags", "[" * 100_000),
        ("tags", '["\\ud800"]'),
        ("tags", "[1, {}]"),
        ("gets", "[" * 100_000),
        ("gets", '[[[],"x"]]'),
        ("gets", '[["tag","\\ud800"],["search","\\ud800"]]'),
        ("gets", '[["search","-foo"],["everything","zzz"],["tag",""],["tag","a","b"],"ab"]'),
        ("gets", '{"tag":"x"}'),
        ("gets", "1"),
        ("created_at", "0001-01-01T00:00:00+14:00"),
        ("created_at", "9999-12-31T23:59:59-12:00"),
        ("paused_until", "9999-12-31T23:59:59-12:00"),
        ("hour", "1" * 5000),
    ],
    ids=lambda text: text[:40],
)
def test_a_hostile_cell_says_nothing(column: str, cell: str) -> None:
    rows = io.StringIO()
    csv.writer(rows).writerows([["email", column], ["a@example.org", cell]])

    assert bring(rows.getvalue()) == {"a@example.org": Kind.ADDED}

    reader = Subscriber.objects.get()
    assert [choice.kind for choice in reader.choices.all()] == ["everything"]
    assert reader.paused_until is None


def test_a_row_that_nothing_can_read_is_reported_and_the_others_come(monkeypatch: Any) -> None:
    def read(cells: Any) -> Any:
        if "bad" in cells["email"]:
            raise OverflowError
        return columns.read(cells)

    monkeypatch.setattr(importing, "columns", SimpleNamespace(**{**vars(columns), "read": read}))

    found = bring("email\nbad@example.org\na@example.org\n")

    assert found == {"": Kind.UNREADABLE, "a@example.org": Kind.ADDED}


def test_a_file_gives_nobody_more_choices_than_the_page() -> None:
    gets = json.dumps([["tag", f"tag-{number}"] for number in range(3000)])
    rows = io.StringIO()
    csv.writer(rows).writerows([["email", "gets"], ["a@example.org", gets]])

    bring(rows.getvalue())

    assert Subscriber.objects.get().choices.count() == 200
