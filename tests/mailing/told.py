"""What providers send to the site about a mail, in the forms that they document. Made up."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from django.test import Client
from django.utils import timezone

SECRET: Final = "a-secret-of-this-test-alone"


@dataclass(frozen=True)
class About:
    """Which mail something is told of: its token, whom it went to, the provider's name of it."""

    token: UUID
    address: str
    at: datetime
    mail: str = "0000-mail"


def postmark(kind: str, about: About) -> dict[str, Any]:
    at = about.at.isoformat()
    more: Any
    record, more = {
        "delivered": ("Delivery", {"DeliveredAt": at, "Recipient": about.address}),
        "hard": ("Bounce", {"Type": "HardBounce"}),
        "soft": ("Bounce", {"Type": "SoftBounce"}),
        "deferred": ("Bounce", {"Type": "Transient"}),
        "complaint": ("SpamComplaint", {"Type": "SpamComplaint"}),
        "left": (
            "SubscriptionChange",
            {
                "SuppressSending": True, "SuppressionReason": "ManualSuppression",
                "ChangedAt": about.at.isoformat(), "Recipient": about.address,
            },
        ),
        "opened": ("Open", {"Recipient": about.address, "ReceivedAt": about.at.isoformat()}),
    }[kind]  # fmt: skip
    bounce = {
        "ID": uuid4().int % 10**12, "Email": about.address, "BouncedAt": about.at.isoformat(),
        "Details": f"smtp;550 5.1.1 <{about.address}> unknown",
    }  # fmt: skip
    return {
        "RecordType": record,
        "MessageID": about.mail,
        "Metadata": {"delivery": str(about.token)},
        **({} if "Recipient" in more else bounce),
        **more,
    }


def mailgun(kind: str, about: About) -> dict[str, Any]:
    more: Any
    event, more = {
        "delivered": ("delivered", {"delivery-status": {"code": 250, "message": "OK"}}),
        "hard": (
            "failed",
            {
                "severity": "permanent", "reason": "bounce",
                "delivery-status": {"code": 550, "message": "5.1.1 no such user"},
            },
        ),
        "soft": (
            "failed",
            {
                "severity": "permanent", "reason": "bounce",
                "delivery-status": {"code": 552, "message": "5.2.2 mailbox full"},
            },
        ),
        "deferred": (
            "failed",
            {"severity": "temporary", "reason": "generic", "delivery-status": {"code": 421}},
        ),
        "complaint": ("complained", {}),
        "left": ("unsubscribed", {}),
        "opened": ("opened", {}),
    }[kind]  # fmt: skip
    return {
        "signature": {"token": uuid4().hex, "timestamp": "1", "signature": "0"},
        "event-data": {
            "event": event,
            "id": uuid4().hex,
            "timestamp": about.at.timestamp(),
            "recipient": about.address,
            "message": {"headers": {"message-id": f"{about.token.hex}@news.example.org"}},
            **more,
        },
    }


def ses(kind: str, about: About) -> dict[str, Any]:
    event, more = {
        "delivered": ("Delivery", {"recipients": [about.address], "smtpResponse": "250 ok"}),
        "hard": (
            "Bounce",
            {
                "bounceType": "Permanent", "bounceSubType": "General",
                "bouncedRecipients": [
                    {"emailAddress": about.address, "diagnosticCode": "smtp; 550 5.1.1 unknown"}
                ],
            },
        ),
        "soft": (
            "Bounce",
            {
                "bounceType": "Transient", "bounceSubType": "MailboxFull",
                "bouncedRecipients": [{"emailAddress": about.address}],
            },
        ),
        "deferred": ("DeliveryDelay", {"delayType": "MailboxFull"}),
        "complaint": (
            "Complaint",
            {"complainedRecipients": [{"emailAddress": about.address}]},
        ),
        "left": ("Subscription", {}),
        "opened": ("Open", {}),
    }[kind]  # fmt: skip
    inner = {
        "eventType": event,
        "mail": {"messageId": about.mail, "destination": [about.address], "headers": []},
        event.lower(): more,
    }
    return {
        "Type": "Notification",
        "MessageId": str(uuid4()),
        "Timestamp": about.at.isoformat(),
        "Message": json.dumps(inner),
    }


def resend(kind: str, about: About) -> dict[str, Any]:
    event, more = {
        "delivered": ("email.delivered", {}),
        "hard": (
            "email.bounced",
            {"bounce": {"type": "Permanent", "message": "sent a hard bounce message"}},
        ),
        "soft": (
            "email.bounced",
            {"bounce": {"type": "Transient", "message": "sent a bounce message, full"}},
        ),
        "deferred": ("email.delivery_delayed", {}),
        "complaint": ("email.complained", {}),
        "opened": ("email.opened", {}),
    }[kind]
    headers = [{"name": "X-Metadata", "value": json.dumps({"delivery": str(about.token)})}]
    data = {"email_id": about.mail, "to": [about.address], "headers": headers, **more}
    return {"type": event, "created_at": about.at.isoformat(), "data": data}


def brevo(kind: str, about: About) -> dict[str, Any]:
    event = {
        "delivered": "delivered", "hard": "hard_bounce", "soft": "soft_bounce",
        "deferred": "deferred", "complaint": "spam", "left": "unsubscribe", "opened": "opened",
    }[kind]  # fmt: skip
    return {
        "event": event,
        "email": about.address,
        "ts_epoch": int(about.at.timestamp() * 1000),
        "message-id": about.mail,
        "X-Mailin-custom": json.dumps({"delivery": str(about.token)}),
    }


def sendgrid(kind: str, about: About) -> list[dict[str, Any]]:
    event, more = {
        "delivered": ("delivered", {"response": "250 OK"}),
        "hard": ("bounce", {"type": "bounce", "reason": "550 5.1.1 no such user"}),
        "soft": ("bounce", {"type": "blocked", "reason": "550 5.7.1 blocked"}),
        "deferred": ("deferred", {}),
        "complaint": ("spamreport", {}),
        "left": ("unsubscribe", {}),
        "opened": ("open", {}),
    }[kind]
    return [
        {
            "event": event, "email": about.address, "timestamp": int(about.at.timestamp()),
            "sg_event_id": uuid4().hex, "anymail_id": about.mail, "delivery": str(about.token),
            **more,
        }
    ]  # fmt: skip


Make = Callable[[str, About], Any]
PROVIDERS: Final[dict[str, Make]] = {
    "brevo": brevo,
    "mailgun": mailgun,
    "postmark": postmark,
    "resend": resend,
    "sendgrid": sendgrid,
    "ses": ses,
}
KINDS: Final = ["delivered", "hard", "soft", "deferred", "complaint", "left", "opened"]
# What they do not tell: readers leave by our own addresses alone.
UNTOLD: Final = {("resend", "left"), ("ses", "left")}


def about(delivery: Any, **more: Any) -> About:
    """Return that something is told of a delivery, now."""
    row = delivery.subscriber
    return About(delivery.token, row.address, more.pop("at", None) or timezone.now(), **more)


def tell(provider: str, body: Any, *, secret: str | None = SECRET, client: Client | None = None):
    """Tell the site something, as a provider does."""
    client = client or Client(enforce_csrf_checks=True)
    given = {} if secret is None else {"headers": {"Authorization": basic("any", secret)}}
    content = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(
        f"/mail/events/{provider}/", content, content_type="application/json", **given
    )


def basic(user: str, password: str) -> str:
    """Return a header Authorization (RFC 7617)."""
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"
