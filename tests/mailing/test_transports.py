"""Handing one mail over: what each reply means, and what a server may do to a connection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.test import override_settings

from mailing.sending.transports import Kind, Outcome, Scope, the_transport
from mailing.sending.transports.backend import BackendTransport, read_error, read_status
from mailing.sending.transports.outcomes import Step, read_reply
from mailing.sending.transports.smtp import SmtpTransport
from tests.mailing.servers import CLOSE, Hostile, Obedient, hostile, serving

HEAD = (
    "Subject: a\r\nMessage-ID: <1@x>\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
)
MESSAGE = f"{HEAD}한 줄\r\n.점\r\n끝\r\n".encode()
SENDER = "bounces+1@news.example.org"

Script = Callable[[str, int], str | None]


@contextmanager
def transport_to(port: int) -> Iterator[SmtpTransport]:
    """Give a transport to a server on this machine."""
    backend = "django.core.mail.backends.smtp.EmailBackend"
    with override_settings(
        EMAIL_BACKEND=backend, EMAIL_HOST="127.0.0.1", EMAIL_PORT=port, EMAIL_TIMEOUT=5
    ):
        transport = the_transport()
        assert isinstance(transport, SmtpTransport)
        try:
            yield transport
        finally:
            transport.close()


def handed(script: Script, times: int = 1) -> tuple[list[Outcome], Hostile]:
    """Return what becomes of mails that a hostile server gets, by one transport."""
    with hostile(script) as (server, port), transport_to(port) as transport:
        found = [
            transport.send(MESSAGE, SENDER, f"reader{number}@example.org")
            for number in range(1, times + 1)
        ]
    return found, server


def at(step: str, said: str, mail: int = 0) -> Script:
    """Return a script that says something at one step, of one mail or of all."""
    return lambda where, number: said if where == step and mail in (0, number) else None


def test_a_mail_that_may_not_leave_any_more_is_not_taken_and_the_next_one_is() -> None:
    def broken() -> bool:
        raise OSError("the disk is full")

    with serving(Obedient()) as server, transport_to(server.port) as transport:
        for address in ("a@example.org", "b@example.org"):
            kept = transport.send(MESSAGE, SENDER, address, mark=lambda: False)
            with pytest.raises(OSError, match="full"):
                transport.send(MESSAGE, SENDER, address, mark=broken)
            assert kept.kind == Kind.KEPT
        assert transport.send(MESSAGE, SENDER, "c@example.org").kind == Kind.ACCEPTED

    assert server.recipients == ["c@example.org"]


def test_a_mail_is_marked_once_also_where_the_connection_broke_meanwhile() -> None:
    marks: list[bool] = []

    def mark() -> bool:
        marks.append(True)
        return True

    with hostile(at("mail", CLOSE, 2)) as (server, port), transport_to(port) as transport:
        transport.send(MESSAGE, SENDER, "a@example.org")
        outcome = transport.send(MESSAGE, SENDER, "b@example.org", mark=mark)

    assert (outcome.kind, marks) == (Kind.ACCEPTED, [True])
    assert server.taken == ["a@example.org", "b@example.org"]


def test_what_can_be_done_meanwhile_is_done_while_the_server_looks_at_a_mail() -> None:
    done, seen = threading.Event(), []
    server = Obedient(on_mail=lambda _mail: seen.append(done.wait(10)))

    with serving(server), transport_to(server.port) as transport:
        outcome = transport.send(MESSAGE, SENDER, "a@example.org", meanwhile=done.set)

    assert (outcome.kind, seen) == (Kind.ACCEPTED, [True])


# Replies


@pytest.mark.parametrize(
    ("step", "code", "said", "kind", "scope"),
    [
        (Step.BODY, 250, "2.0.0 queued", Kind.ACCEPTED, Scope.READER),
        (Step.BODY, 252, "perhaps", Kind.ACCEPTED, Scope.READER),
        (Step.CONNECT, 421, "4.3.2 too busy", Kind.DEFERRED, Scope.SENDER),
        (Step.MAIL, 451, "later", Kind.DEFERRED, Scope.SENDER),
        (Step.RCPT, 421, "4.7.0 too fast", Kind.DEFERRED, Scope.SERVICE),
        (Step.RCPT, 451, "4.7.1 greylisted", Kind.DEFERRED, Scope.SERVICE),
        (Step.RCPT, 452, "4.2.2 mailbox full", Kind.DEFERRED, Scope.READER),
        (Step.BODY, 451, "4.3.0 try again", Kind.DEFERRED, Scope.SERVICE),
        (Step.CONNECT, 535, "5.7.8 wrong password", Kind.TROUBLE, Scope.SENDER),
        (Step.CONNECT, 554, "no", Kind.TROUBLE, Scope.SENDER),
        (Step.MAIL, 550, "5.7.1 who are you", Kind.TROUBLE, Scope.SENDER),
        (Step.RCPT, 530, "5.7.0 sign in first", Kind.TROUBLE, Scope.SENDER),
        (Step.MAIL, 552, "5.3.4 too large", Kind.REFUSED, Scope.READER),
        (Step.RCPT, 550, "5.1.1 no such user", Kind.REFUSED, Scope.READER),
        (Step.BODY, 554, "5.7.1 looks like spam", Kind.REFUSED, Scope.READER),
        (Step.RCPT, 354, "what?", Kind.LOST, Scope.SENDER),
        (Step.BODY, 354, "what?", Kind.UNKNOWN, Scope.SENDER),
        (Step.BODY, -1, "nonsense", Kind.UNKNOWN, Scope.SENDER),
    ],
)
def test_a_reply_means_what_the_rfcs_say(
    step: Step, code: int, said: str, kind: Kind, scope: Scope
) -> None:
    outcome = read_reply(step, code, said)

    assert (outcome.kind, outcome.scope) == (kind, scope)


@pytest.mark.parametrize(
    ("code", "said", "is_dead"),
    [
        (550, "5.1.1 <who@example.org>: no such user", True),
        (550, "5.1.10 null MX", True),
        (550, "5.2.1 mailbox disabled", True),
        (550, "mailbox unavailable", False),
        (550, "5.7.1 blocked for policy", False),
        (554, "5.7.26 not authenticated", False),
        (552, "5.2.2 mailbox full", False),
    ],
)
def test_only_a_mailbox_that_is_not_there_is_a_dead_address(
    code: int, said: str, is_dead: bool
) -> None:
    outcome = read_reply(Step.RCPT, code, said)

    assert (outcome.kind, outcome.is_dead) == (Kind.REFUSED, is_dead)
    assert "@" not in outcome.reason


# A good server


def test_mails_go_by_one_connection_and_arrive_to_the_byte() -> None:
    with serving(Obedient()) as server, transport_to(server.port) as transport:
        outcomes = [transport.send(MESSAGE, SENDER, "a@example.org") for _ in range(3)]

    assert [outcome.kind for outcome in outcomes] == [Kind.ACCEPTED] * 3
    assert [mail.data for mail in server.taken] == [MESSAGE] * 3
    assert server.taken[0].sender == SENDER
    assert server.connections == 1


def test_after_some_mails_a_new_connection_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailing.sending.transports.smtp.MAILS_PER_CONNECTION", 2)
    with serving(Obedient()) as server, transport_to(server.port) as transport:
        for _number in range(5):
            transport.send(MESSAGE, SENDER, "a@example.org")

    assert (len(server.taken), server.connections) == (5, 3)


def test_lines_end_as_mails_lines_do() -> None:
    with serving(Obedient()) as server, transport_to(server.port) as transport:
        transport.send(b"Subject: a\n\n.one\rtwo\n..", SENDER, "a@example.org")

    assert server.taken[0].data == b"Subject: a\r\n\r\n.one\r\ntwo\r\n..\r\n"


def test_an_address_beyond_ascii_goes_to_a_server_that_takes_some() -> None:
    with serving(Obedient()) as server, transport_to(server.port) as transport:
        assert transport.send(MESSAGE, SENDER, "독자@example.org").kind == Kind.ACCEPTED
    [outcome], _server = handed(at("nowhere", ""), 1)
    with hostile(at("nowhere", "")) as (_state, port), transport_to(port) as transport:
        refused = transport.send(MESSAGE, SENDER, "독자@example.org")

    assert server.recipients == ["독자@example.org"]
    assert outcome.kind == Kind.ACCEPTED
    assert (refused.kind, refused.code) == (Kind.REFUSED, "553 5.6.7")


# Hostile ones


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (at("connect", CLOSE), Kind.LOST),
        (at("ehlo", CLOSE), Kind.LOST),
        (at("mail", CLOSE), Kind.LOST),
        (at("rcpt", CLOSE), Kind.LOST),
        (at("data", CLOSE), Kind.LOST),
        (at("body", CLOSE), Kind.UNKNOWN),
        (at("connect", "421 busy"), Kind.DEFERRED),
        (at("mail", "421 busy"), Kind.DEFERRED),
        (at("rcpt", "421 busy"), Kind.DEFERRED),
        (at("data", "451 later"), Kind.DEFERRED),
        (at("body", "421 later"), Kind.DEFERRED),
        (at("rcpt", "550 5.1.1 nobody"), Kind.REFUSED),
        (at("body", "554 5.7.1 spam"), Kind.REFUSED),
        (at("data", "250 OK"), Kind.LOST),
        (at("rcpt", "rubbish"), Kind.LOST),
        (at("body", "rubbish"), Kind.UNKNOWN),
        (at("body", "354 more"), Kind.UNKNOWN),
    ],
)
def test_what_a_hostile_server_does_is_read_as_what_it_means(script: Script, kind: Kind) -> None:
    [outcome], server = handed(script)

    assert outcome.kind == kind
    assert server.taken == []


def test_nobody_there_is_no_harm() -> None:
    with hostile(at("nowhere", "")) as (_server, port):
        pass
    with transport_to(port) as transport:
        outcome = transport.send(MESSAGE, SENDER, "a@example.org")

    assert (outcome.kind, outcome.scope) == (Kind.LOST, Scope.SENDER)


def test_a_refused_reader_does_not_cost_the_next_one_the_connection() -> None:
    outcomes, server = handed(at("rcpt", "550 5.1.1 nobody", mail=1), 2)

    assert [outcome.kind for outcome in outcomes] == [Kind.REFUSED, Kind.ACCEPTED]
    assert server.taken == ["reader2@example.org"]


def test_a_server_that_hung_up_between_mails_gets_the_next_by_a_new_connection() -> None:
    outcomes, server = handed(at("mail", CLOSE, mail=2), 3)

    assert [outcome.kind for outcome in outcomes] == [Kind.ACCEPTED] * 3
    assert server.taken == [f"reader{number}@example.org" for number in (1, 2, 3)]


def test_after_a_mail_of_which_nobody_knows_the_next_arrives() -> None:
    outcomes, server = handed(at("body", CLOSE, mail=1), 2)

    assert [outcome.kind for outcome in outcomes] == [Kind.UNKNOWN, Kind.ACCEPTED]
    assert server.taken == ["reader2@example.org"]


def test_a_server_that_is_slow_before_the_mail_has_not_taken_it() -> None:
    def slow(step: str, _number: int) -> str | None:
        if step == "rcpt":
            waiting.wait(5)
        return None

    waiting = threading.Event()
    with hostile(slow) as (server, port), transport_to(port) as transport:
        with override_settings(EMAIL_TIMEOUT=0.1):
            outcome = transport.send(MESSAGE, SENDER, "a@example.org")
        waiting.set()

    assert outcome.kind == Kind.LOST
    assert server.taken == []


# Providers


class Status:
    def __init__(self, status: set[str], message_id: str = "") -> None:
        self.status, self.message_id = status, message_id


class ProviderError(Exception):
    def __init__(self, status_code: int | None = None) -> None:
        super().__init__("no")
        self.status_code = status_code


def test_what_a_provider_says_is_read_by_its_status() -> None:
    assert read_status(Status({"queued"}, "abc")) == Outcome(
        Kind.ACCEPTED, reason="queued", provider_id="abc"
    )
    assert read_status(Status({"rejected"})).kind == Kind.REFUSED


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (429, Kind.DEFERRED),
        (503, Kind.DEFERRED),
        (401, Kind.TROUBLE),
        (422, Kind.REFUSED),
        (500, Kind.UNKNOWN),
        (None, Kind.UNKNOWN),
    ],
)
def test_a_providers_error_leaves_a_mail_unknown_only_if_it_may_have_been_taken(
    code: int | None, kind: Kind
) -> None:
    assert read_error(ProviderError(code)).kind == kind


def test_any_backend_of_django_gets_text_and_html_with_the_headers(
    mailoutbox: list,
) -> None:
    message = (
        b"Subject: =?utf-8?b?7JWI64WV?=\r\nFrom: News <news@example.org>\r\nTo: x@example.org\r\n"
        b"List-Id: <news.example.org>\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nwords\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>words</p>\r\n--b--\r\n"
    )
    transport = BackendTransport()
    outcome = transport.send(message, SENDER, "a@example.org", token="1")
    transport.close()

    [mail] = mailoutbox
    assert outcome.kind == Kind.ACCEPTED
    assert (mail.subject, mail.to, mail.from_email) == (
        "안녕", ["a@example.org"], "News <news@example.org>",
    )  # fmt: skip
    assert mail.body.strip() == "words"
    assert mail.alternatives[0].content.strip() == "<p>words</p>"
    assert mail.extra_headers["List-Id"] == "<news.example.org>"
