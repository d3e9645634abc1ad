"""The head of mails, in Korean and in English, by the rules of mail (RFC 5322, 2047, 2369, 2919,
8058, 3834)."""

from __future__ import annotations

import re
import uuid
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.core import mail
from django.core.mail import send_mail
from pytest_django.fixtures import Settings

from mailing.composing import Mail, compose, compose_note, to_message
from mailing.models import MailSettings, Subscriber
from mailing.subscribing import notes
from posts import identity
from posts.models import SiteSettings
from tests.builders import make_post
from tests.mailing.builders import make_subscriber

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

TOKEN = uuid.UUID("0190b1b2-0000-7000-8000-000000000001")
OTHER = uuid.UUID("0190b1b2-0000-7000-8000-000000000002")
NASTY = "Title\r\nBcc: victim@example.org\n\n<p>body\x00\u2028Subject: two"
LONG_KOREAN = (
    "오늘의 인공지능 소식을 모아서 보내 드리는 아주 긴 제목이 한 줄에 다 들어가지 않아요 " * 3
)
TITLES = (
    "A first issue",
    "오늘의 소식: “라마 3” 평가 🦙",
    LONG_KOREAN,
    "=?utf-8?B?cHJldGVuZGVk?= words",
    "word " * 60,
    "x" * 300,
    NASTY,
)
NAMES = ("", "Kim", "김 독자", 'Kim "the reader", Jr.', "김\r\nBcc: a@b.kr", "이" * 90)


def settings_of(name: str = "뉴스레터", **values: str) -> MailSettings:
    return MailSettings(
        sender_name=name,
        sender_address="digest@example.org",
        reply_to="editors@example.org",
        bounce_address="bounces@example.org",
        **values,
    )


def sent(mail: Mail, reader: Subscriber, settings: MailSettings, token: object = TOKEN) -> bytes:
    return to_message(mail, subscriber=reader, token=token, settings=settings)


def parsed(message: bytes) -> EmailMessage:
    found = message_from_bytes(message, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def audit(message: bytes) -> EmailMessage:
    """Find faults in a message; return it parsed."""
    head, _body = message.split(b"\r\n\r\n", 1)
    assert head.isascii()
    assert b"\n" not in message.replace(b"\r\n", b""), "every line ends in CRLF"
    assert b"\r" not in message.replace(b"\r\n", b"")
    assert max(map(len, message.split(b"\r\n"))) <= 998
    for line in head.split(b"\r\n"):
        assert line.strip(), "no blank line in the head"
        assert len(line) <= 78 or b" " not in line.split(b": ")[-1].strip(), (
            "folded where it can be"
        )
    names = re.findall(rb"^([A-Za-z-]+):", head, re.MULTILINE)
    for name in (b"From", b"To", b"Subject", b"Date", b"Message-ID", b"MIME-Version"):
        assert names.count(name) == 1
    assert len(set(names)) == len(names)
    assert not {b"Bcc", b"Precedence", b"Sender"} & set(names)
    for word in re.findall(rb"=\?[^?]+\?[BQ]\?[^?]*\?=", head):
        assert len(word) <= 75
    found = parsed(message)
    for part in found.walk():
        assert not part.defects
        assert not any(value.defects for value in part.values() if hasattr(value, "defects"))
    assert parsedate_to_datetime(found["Date"]).tzinfo is not None
    return found


def audit_list(found: EmailMessage, reader: Subscriber) -> None:
    """Find faults in the headers of a list."""
    assert re.fullmatch(r'("[ -~]+" )?<[a-z0-9-]+(\.[a-z0-9-]+)+>', found["List-Id"])
    web, *mailboxes = re.findall(r"<([^<>\s]+)>", found["List-Unsubscribe"])
    assert web.startswith("https://")
    assert reader.key in web
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for address in map(urlsplit, mailboxes):
        assert address.scheme == "mailto"
        assert parse_qs(address.query) == {"subject": [f"leave {reader.key}"]}
        assert "@" in unquote(address.path)
    for name in ("List-Archive", "List-Subscribe"):
        assert re.fullmatch(r"<https://[^<>\s]+>", found[name])


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_head_of_an_issue_has_no_fault(title: str, language: str) -> None:
    post = make_post("An issue", language=language)
    post.title = title  # whatever a title may come to hold
    mail = compose(post)
    settings = settings_of() if language == "ko" else settings_of("The Digest, Inc.")
    for name in NAMES:
        reader = make_subscriber(name=name)
        found = audit(sent(mail, reader, settings))
        audit_list(found, reader)
        assert " ".join(found["Subject"].split()) == mail.subject
        assert found["From"].addresses[0].display_name == settings.sender_name
        assert found["From"].addresses[0].addr_spec == "digest@example.org"
        assert found["Reply-To"] == "editors@example.org"
        assert [one.addr_spec for one in found["To"].addresses] == [reader.address]
        assert re.fullmatch(r"[\w-]+:issue:newsletter:\w{5,15}", found["Feedback-ID"])
        assert found["Auto-Submitted"] is None


def test_nothing_that_a_title_or_name_holds_becomes_a_header_or_a_body() -> None:
    post = make_post("An issue")
    post.title = NASTY
    reader = make_subscriber(name="김\r\nBcc: a@b.kr\r\n\r\nHello")
    found = audit(sent(compose(post), reader, settings_of("Me\r\nBcc: c@d.kr")))
    assert found["Bcc"] is None
    assert [part.get_content_type() for part in found.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize(
    "address", ["a@b.kr\r\nBcc: x@y.kr", "a b@c.kr", "a@b.kr, c@d.kr", "", "a"]
)
def test_what_is_no_address_is_not_written_to(address: str) -> None:
    reader = make_subscriber()
    reader.address = address
    with pytest.raises(ValueError, match="no address"):
        sent(compose(make_post()), reader, settings_of())


def test_an_address_of_a_korean_domain_travels_in_ascii() -> None:
    reader = make_subscriber("kim@한국.example.org")
    assert b"To: kim@xn--3e0b707e.example.org\r\n" in sent(
        compose(make_post()), reader, settings_of()
    )


def test_a_delivery_has_the_same_message_id_each_time_and_no_other_has_it() -> None:
    mail, reader = compose(make_post()), make_subscriber()
    first, again, other = (
        parsed(sent(mail, reader, settings_of(), token))["Message-ID"]
        for token in (TOKEN, TOKEN, OTHER)
    )
    assert first == again == f"<{TOKEN.hex}@news.example.org>"
    assert other != first


def test_without_settings_mail_comes_from_whom_the_environment_names(settings: Settings) -> None:
    settings.EMAIL_FROM = "소식지 <hello@example.org>"
    found = audit(sent(compose(make_post()), make_subscriber(), MailSettings()))
    assert found["From"].addresses[0].display_name == "소식지"
    assert found["From"].addresses[0].addr_spec == "hello@example.org"
    assert found["Reply-To"] is None


def test_mail_bears_the_name_of_the_site_where_no_other_was_chosen(settings: Settings) -> None:
    settings.EMAIL_FROM = "noreply@example.org"
    SiteSettings.objects.create(name="오늘의 링크, 매주")
    identity.compose()
    ours = audit(sent(compose(make_post()), make_subscriber(), MailSettings()))
    send_mail("Subject", "Text", identity.current().sender, ["a@example.org"])
    (other,) = mail.outbox
    for message in (ours, message_from_bytes(other.message().as_bytes(), policy=policy.default)):
        (sender,) = message["From"].addresses
        assert (sender.display_name, sender.addr_spec) == (
            "오늘의 링크, 매주",
            "noreply@example.org",
        )


@pytest.mark.parametrize(
    ("bounce_address", "mailbox", "ways"),
    [("", "", 1), ("back@example.org", "", 1), ("", "maildir:///var/mail", 1),
     ("back@example.org", "maildir:///var/mail", 2)],
)  # fmt: skip
def test_leaving_by_mail_is_offered_where_the_site_reads_that_mailbox(
    settings: Settings, bounce_address: str, mailbox: str, ways: int
) -> None:
    settings.MAIL_BOUNCES = mailbox
    MailSettings(bounce_address=bounce_address, reply_to="editors@example.org").save()
    reader = make_subscriber()
    found = audit(sent(compose(make_post()), reader, MailSettings.current()))
    audit_list(found, reader)
    assert found["List-Unsubscribe"].count("<") == ways
    assert ("mailto:back@example.org" in found["List-Unsubscribe"]) == (ways == 2)


def test_a_korean_site_has_an_identifier_in_ascii(settings: Settings) -> None:
    settings.SITE_NAME = "인공지능 소식"
    settings.SITE_URL = "https://소식.example.org"
    reader = make_subscriber()
    found = audit(sent(compose(make_post()), reader, MailSettings()))
    assert found["List-Id"] == "<newsletter.xn--9l4b4x.example.org>"
    MailSettings(list_id="digest.example.org").save()
    mail = compose(make_post("Another issue"))
    assert mail.headers["List-Id"] == "<digest.example.org>"


@pytest.mark.parametrize("title", ["오늘의 소식", "(광고) 오늘의 소식"])
def test_advertising_says_so_at_the_very_beginning_of_the_subject(title: str) -> None:
    mail = compose(make_post(title), is_advertising=True)
    assert mail.subject == "(광고) 오늘의 소식"
    found = audit(sent(mail, make_subscriber(), settings_of()))
    assert found["Subject"] == "(광고) 오늘의 소식"


@pytest.mark.parametrize("language", ["ko", "en"])
def test_advertising_says_who_sends_it_and_how_to_leave_in_korean_and_in_english(
    language: str,
) -> None:
    settings_of().save()
    mail = compose(make_post(language=language), language=language, is_advertising=True)
    found = audit(sent(mail, make_subscriber(), MailSettings.current()))
    for body in ("plain", "html"):
        content = found.get_body((body,)).get_content()
        assert "수신 거부" in content
        assert "Unsubscribe" in content
        assert "digest@example.org" in content
    plain = compose(make_post("Another issue", language=language), language=language)
    assert ("수신 거부" in plain.text) != ("Unsubscribe" in plain.text)


@pytest.mark.parametrize("kind", ["confirm", "invite", "welcome", "goodbye", "move", "reconfirm"])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_head_of_a_note_has_no_fault_and_says_that_a_machine_wrote_it(
    kind: str, language: str
) -> None:
    MailSettings(postal_address="서울시 어느 길 1\n04524").save()
    reader = make_subscriber(language=language, name="김 독자")
    mail = compose_note(
        kind, reader, url="https://news.example.org/mail/token/", what=["Everything"]
    )
    found = audit(sent(mail, reader, settings_of()))
    assert found["Auto-Submitted"] == "auto-generated"
    is_of_list = kind in ("welcome", "reconfirm")
    assert (found["List-Unsubscribe"] is not None) == is_of_list
    if is_of_list:
        audit_list(found, reader)
    for body in ("plain", "html"):
        content = found.get_body((body,)).get_content()
        assert "서울시 어느 길 1" in content
        assert reader.address in content
        assert ("https://news.example.org/mail/token/" in content) == (kind != "welcome")
        assert (reader.key in content) == is_of_list


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_note_as_it_leaves_has_no_fault_and_names_no_machine(
    language: str, settings: Settings
) -> None:
    settings.EMAIL = {"EMAIL_BACKEND": settings.EMAIL_BACKEND}
    settings_of().save()
    reader = make_subscriber(language=language, name="김 독자")
    for kind in ("welcome", "known"):
        notes.send.call(kind, reader.pk, [])
    for message in mail.outbox:
        found = audit(message.message().as_bytes().replace(b"\n", b"\r\n"))
        audit_list(found, reader)
        assert re.fullmatch(r"<[0-9a-f]{32}@news\.example\.org>", found["Message-ID"])
        assert found["From"].addresses[0].display_name == "뉴스레터"
        # As providers get it, who encode it themselves.
        assert message.extra_headers["From"] == "뉴스레터 <digest@example.org>"
    assert len({message.extra_headers["Message-ID"] for message in mail.outbox}) == 2
