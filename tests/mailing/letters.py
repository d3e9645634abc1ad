"""Mails that come back, as servers that readers use write them. All of them are made up."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Final
from uuid import UUID, uuid4

HOST: Final = "news.example.org"


def envelope(token: UUID) -> str:
    """Return the address to which what cannot be delivered comes back."""
    return f"bounces+{token.hex}@{HOST}"


def our_head(token: UUID) -> str:
    """Return the beginning of a mail of ours."""
    return (
        f"Return-Path: <{envelope(token)}>\nMessage-ID: <{token.hex}@{HOST}>\n"
        f"From: Newsletter <news@{HOST}>\nTo: reader@example.com\n"
        "Subject: =?utf-8?b?7Jik64qY7J2YIOunge2BrA==?=\nMIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=utf-8\n"
    )


def mail(*, to: str, body: str, **headers: str) -> bytes:
    """Return a mail; ``headers`` are named with _ for -, and one of None is left out."""
    given = {
        "Return_Path": "<>",
        "Delivered_To": to,
        "From": "Mail Delivery System <MAILER-DAEMON@mx.example.com>",
        "To": to,
        "Subject": "Undelivered Mail Returned to Sender",
        "Message_ID": f"<{uuid4().hex}@mx.example.com>",
        "MIME_Version": "1.0",
        "Content_Type": "text/plain; charset=utf-8",
        **headers,
    }
    head = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in given.items() if value)
    return f"{head}\n{body}".encode()


def report(
    token: UUID,
    fields: str,
    *,
    to: str = "",
    words: str = "Your mail could not be delivered.",
    returned: str | None = None,
    kind: str = "text/rfc822-headers",
    **headers: str,
) -> bytes:
    """Return a report as RFC 3464 has it; ``fields`` are those about the recipient."""
    returned = our_head(token) if returned is None else returned
    body = (
        f"--b1\nContent-Type: text/plain; charset=utf-8\n\n{words}\n\n"
        "--b1\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.example.com\nArrival-Date: Mon, 30 Nov 2026 08:00:00 +0900\n\n"
        f"Final-Recipient: rfc822; reader@example.com\n{fields}\n\n"
        f"--b1\nContent-Type: {kind}\n\n{returned}\n--b1--\n"
    )
    content = 'multipart/report; report-type=delivery-status; boundary="b1"'
    return mail(to=to or envelope(token), body=body, Content_Type=content, **headers)


def complaint(token: UUID, kind: str = "abuse", *, returned: str | None = None) -> bytes:
    """Return what a provider of mailboxes sends when a reader presses "spam" (RFC 5965)."""
    body = (
        "--b2\nContent-Type: text/plain\n\nThis is an email abuse report.\n\n"
        "--b2\nContent-Type: message/feedback-report\n\n"
        f"Feedback-Type: {kind}\nUser-Agent: Fbl/1.0\nVersion: 1\n"
        "Source-IP: 192.0.2.1\n\n"
        "--b2\nContent-Type: message/rfc822\nContent-Disposition: inline\n\n"
        f"{our_head(token) if returned is None else returned}\nbody\n--b2--\n"
    )
    return mail(
        to=f"abuse@{HOST}",
        body=body,
        From="feedback@fbl.example.net",
        Return_Path="<feedback@fbl.example.net>",
        Content_Type='multipart/report; report-type=feedback-report; boundary="b2"',
    )


def absence(token: UUID) -> bytes:
    """Return what a mailbox answers by itself."""
    return mail(
        to=envelope(token),
        From="독자 <reader@naver.com>",
        Return_Path="<reader@naver.com>",
        Subject="부재중 자동 응답: 오늘의 링크",
        Auto_Submitted="auto-replied",
        body="휴가 중입니다. 이 주소(reader@naver.com)는 12월 1일까지 확인하지 못합니다. 550 5.1.1",
    )


def _postfix(token: UUID) -> bytes:
    return report(
        token,
        "Original-Recipient: rfc822;reader@example.com\nAction: failed\nStatus: 5.1.1\n"
        "Remote-MTA: dns; mx.example.com\n"
        "Diagnostic-Code: smtp; 550 5.1.1 <reader@example.com>: Recipient address rejected: User\n"
        "    unknown in virtual mailbox table",
    )


def _gmail(token: UUID) -> bytes:
    return report(
        token,
        "Action: failed\nStatus: 5.1.1\nRemote-MTA: dns; gmail-smtp-in.l.google.com.\n"
        "Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not\n"
        " exist. Please try double-checking the recipient's email address for typos or\n"
        " 550-5.1.1 unnecessary spaces. 550 5.1.1  https://support.example.com/ - gsmtp\n"
        "Last-Attempt-Date: Mon, 30 Nov 2026 08:00:01 +0900",
        kind="message/rfc822",
        From="Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        Subject="Delivery Status Notification (Failure)",
        Auto_Submitted="auto-replied",
    )


def _outlook(token: UUID) -> bytes:
    return report(
        token,
        "Action: failed\nStatus: 5.4.1\nDiagnostic-Code: smtp;550 5.4.1 Recipient address"
        " rejected: Access denied. [AMS0EPF00000190.eurprd05.prod.outlook.com]",
        From="postmaster@outlook.com",
        Subject="Undeliverable: 오늘의 링크",
    )


def _exchange(token: UUID) -> bytes:
    """Exchange writes the status for the other server into words, and base64 around it."""
    fields = (
        "Reporting-MTA: dns;EX01.corp.example\r\n\r\n"
        "Final-recipient: RFC822;reader@example.com\r\nAction: failed\r\nStatus: 5.0.0\r\n"
        "Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found\r\n"
    )
    encoded = base64.encodebytes(fields.encode()).decode()
    body = (
        "--b3\nContent-Type: text/html; charset=ks_c_5601-1987\n\n<p>Delivery failed</p>\n"
        "--b3\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n"
        f"{encoded}\n--b3--\n"
    )
    return mail(
        to=envelope(token),
        body=body,
        From="Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@corp.example>",
        Content_Type='multipart/report; report-type=delivery-status; boundary="b3"',
    )


def _naver(token: UUID) -> bytes:
    """No report, but words: in HTML, and in the way that Korean services write."""
    return mail(
        to=envelope(token),
        From='"메일 시스템" <postmaster@naver.com>',
        Subject="메일 발송 실패 안내",
        Content_Type="text/html; charset=utf-8",
        body="<html><body><p>메일을 전송하지 못했습니다.</p><table><tr><td>실패 사유</td>"
        "<td>550 5.1.1 존재하지 않는 사용자입니다. (No such user)</td></tr></table></body></html>",
    )


def _kakao(token: UUID) -> bytes:
    text = "아래 수신자에게 메일을 보낼 수 없습니다.\n\n휴면 계정입니다. (554 5.5.0)\n"
    encoded = base64.encodebytes(text.encode("cp949")).decode()
    return mail(
        to=envelope(token),
        From="MAILER-DAEMON@hanmail.net",
        Content_Type="text/plain; charset=euc-kr",
        Content_Transfer_Encoding="base64",
        body=encoded,
    )


def _qmail(token: UUID) -> bytes:
    return mail(
        to=envelope(token),
        From="MAILER-DAEMON@qmail.example.jp",
        body="Hi. This is the qmail-send program at qmail.example.jp.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        "<reader@example.com>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
        f"--- Below this line is a copy of the message.\n\n{our_head(token)}",
    )


def _moved_by_envelope(token: UUID) -> bytes:
    """The token is in the envelope alone, and the report says nothing of our mail."""
    return report(token, "Action: failed\nStatus: 5.1.1", returned="Subject: something\n")


def _named_by_message(token: UUID) -> bytes:
    """The envelope lost its token on the way; the mail that came back has its Message-ID."""
    return report(token, "Action: failed\nStatus: 5.1.1", to=f"bounces@{HOST}")


GONE: Final[dict[str, Callable[[UUID], bytes]]] = {
    "postfix": _postfix,
    "gmail": _gmail,
    "outlook": _outlook,
    "exchange": _exchange,
    "naver": _naver,
    "kakao": _kakao,
    "qmail": _qmail,
    "envelope": _moved_by_envelope,
    "message-id": _named_by_message,
}


def _full(token: UUID) -> bytes:
    return report(
        token,
        "Action: failed\nStatus: 5.2.2\n"
        "Diagnostic-Code: smtp; 552-5.2.2 The email account that you tried to reach is over quota",
    )


def _full_in_korean(token: UUID) -> bytes:
    return mail(
        to=envelope(token),
        From="MAILER-DAEMON@naver.com",
        body="받는 사람의 메일함 용량이 초과되어 전송하지 못했습니다. 552 5.2.0 mailbox full",
    )


def _expired(token: UUID) -> bytes:
    return report(token, "Action: failed\nStatus: 4.4.7\nDiagnostic-Code: smtp; delivery timed out")


def _blocked(token: UUID) -> bytes:
    return report(
        token,
        "Action: failed\nStatus: 5.7.1\nDiagnostic-Code: smtp; 550 5.7.1 Our system has detected"
        " that this message is likely unsolicited mail. Sent from an address with low reputation",
    )


def _plain_policy(token: UUID) -> bytes:
    return report(
        token,
        "Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 spam blocked by policy",
    )


FOR_NOW: Final[dict[str, Callable[[UUID], bytes]]] = {
    "full": _full,
    "full-korean": _full_in_korean,
    "expired": _expired,
    "blocked": _blocked,
    "policy": _plain_policy,
}


def delayed(token: UUID) -> bytes:
    """Return a report that a server still tries."""
    return report(token, "Action: delayed\nStatus: 4.4.1\nWill-Retry-Until: Fri, 4 Dec 2026")
