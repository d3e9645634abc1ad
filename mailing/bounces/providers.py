"""What providers tell of mails they sent, as django-anymail reads it; that is an optional package.

A provider is known by the secret in the address it was given, so what it tells is believed, of any
address that is one of our readers'.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django_tasks import task

from links.fetching import fetch
from mailing.addresses import digest_of
from mailing.bounces.events import Told, record_all
from mailing.bounces.reading import tokens_in
from mailing.bounces.verdicts import code_in, verdict
from mailing.models import Delivery, Event, Subscriber

Kind = Event.Kind
# By the name in our address: the module and class of django-anymail, and what the class wants.
_VIEWS: Final[dict[str, tuple[str, str, dict[str, Any]]]] = {
    "brevo": ("brevo", "Brevo", {}),
    "mailgun": ("mailgun", "Mailgun", {"webhook_signing_key": "-"}),
    "postmark": ("postmark", "Postmark", {}),
    "resend": ("resend", "Resend", {}),
    "sendgrid": ("sendgrid", "SendGrid", {}),
    "ses": ("amazon_ses", "AmazonSES", {"auto_confirm_sns_subscriptions": False}),
}
_NO_SECRET: Final = {"webhook_secret": "-"}
# Where Amazon confirms that it is to tell an address; nothing else is ever asked.
_CONFIRMATION: Final = re.compile(
    r"https://sns\.[a-z0-9-]{1,40}\.amazonaws\.com(?:\.cn)?/\?Action=ConfirmSubscription"
    r"&[A-Za-z0-9%&=._:-]{1,2000}"
)
# What unexpected JSON makes the library raise.
_BROKEN: Final = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)


class Unreadable(Exception):
    """What came is not what a provider sends."""


def is_known(provider: str) -> bool:
    """Tell whether events of a provider are taken here."""
    return bool(settings.MAIL_EVENTS_SECRET) and provider in _VIEWS and bool(find_spec("anymail"))


def is_trusted(authorization: str) -> bool:
    """Tell whether a header Authorization brings the secret, as the password of any user."""
    scheme, _blank, encoded = authorization.strip().partition(" ")
    try:
        pair = base64.b64decode(encoded, validate=True) if scheme.lower() == "basic" else b""
    except ValueError:
        return False
    secret = settings.MAIL_EVENTS_SECRET.encode()
    return bool(secret) and constant_time_compare(pair.partition(b":")[2], secret)


# Reading


def read(provider: str, request: HttpRequest) -> list[Any]:
    """Return the events (`anymail.signals.AnymailTrackingEvent`) in a request; raise Unreadable."""
    module, name, options = _VIEWS[provider]
    try:
        if provider == "ses" and _is_confirmation(json.loads(request.body)):
            return []
        views = import_module(f"anymail.webhooks.{module}")
        # The secret is looked at by us, before anything is read.
        view = getattr(views, f"{name}TrackingWebhookView")(**_NO_SECRET, **options)
        return list(view.parse_events(request))
    except _BROKEN as error:
        raise Unreadable from error


def _is_confirmation(message: Mapping[str, Any]) -> bool:
    """Tell whether Amazon asks to confirm that it is to tell us, and have it confirmed if so."""
    if message.get("Type") != "SubscriptionConfirmation":
        return False
    url = message["SubscribeURL"]
    if not _CONFIRMATION.fullmatch(url):
        raise ValueError
    confirm_subscription.enqueue(url)
    return True


@task()
def confirm_subscription(url: str) -> int:
    """Ask Amazon's address, by the guarded door; return the status. Raises FetchError."""
    if not _CONFIRMATION.fullmatch(url):
        raise ValueError("not an address of Amazon SNS")
    return fetch(url, max_bytes=65_536).status


# What follows


def take(provider: str, events: Sequence[Any]) -> int:
    """Write down what a provider told, all of it or nothing; return how many things were new.

    What is about no mail and no reader of ours is dropped, and so is who opened what. Raises
    Unreadable.
    """
    try:
        pairs = [(event, kind) for event in events if (kind := _kind(provider, event))]
    except _BROKEN as error:
        raise Unreadable from error
    found = _deliveries([event for event, _kind in pairs])
    known = _readers(_address(event) for event, _kind in pairs)
    told = [
        _told(provider, event, kind, found.get(id(event)))
        for event, kind in pairs
        if id(event) in found or _address(event) in known
    ]
    # In the same order in all requests, which lock the rows of readers.
    return record_all(sorted(told, key=lambda one: (one.address, one.name)))


def on_tracking(sender: object, event: Any, esp_name: str, **_more: Any) -> None:
    """Take an event of django-anymail's own pages (receiver of its signal ``tracking``)."""
    provider = esp_name.lower().removeprefix("amazon ")
    take(provider, [event])


def _told(provider: str, event: Any, kind: Kind, delivery: Delivery | None) -> Told:
    said = _text(event.mta_response) or _text(event.description)
    at = event.timestamp or timezone.now()
    return Told(
        name=_name(provider, event),
        kind=kind,
        at=at if timezone.is_aware(at) else timezone.make_aware(at),
        delivery=delivery,
        address=_address(event),
        code=code_in(f"{said} "),
        reason=said,
    )


def _name(provider: str, event: Any) -> str:
    """Return what an event is known by, also when it is told again."""
    raw = event.esp_event
    if provider == "mailgun":  # which signs each request anew
        data = raw.get("event-data", {})
        parts = [data.get("id"), data.get("timestamp")]
    else:
        parts = [event.event_id or json.dumps(raw, sort_keys=True, default=str)]
    told = json.dumps([*parts, event.event_type, _address(event)], default=str)
    return f"{provider}/{hashlib.sha256(told.encode()).hexdigest()}"


def _deliveries(events: Sequence[Any]) -> dict[int, Delivery]:
    """Return the deliveries of events, by the event's `id()`: by our token, else by the provider's
    name of the mail."""
    tokens = {id(event): tokens_in(_claims(event)) for event in events}
    names = {_text(event.message_id).strip("<>") for event in events} - {""}
    rows = Delivery.objects.select_related("subscriber", "mailing")
    by_token = {row.token: row for row in rows.filter(token__in=set().union(*tokens.values()))}
    both = names | {f"<{name}>" for name in names}
    named = rows.filter(provider_id__in=both).exclude(provider_id="")
    by_name = {row.provider_id.strip("<>"): row for row in named}
    found = {}
    for event in events:
        ours = [by_token[token] for token in tokens[id(event)] if token in by_token]
        row = ours[0] if ours else by_name.get(_text(event.message_id).strip("<>"))
        if row:
            found[id(event)] = row
    return found


def _claims(event: Any) -> list[str]:
    metadata = event.metadata if isinstance(event.metadata, Mapping) else {}
    return [_text(metadata.get("delivery")), _text(event.message_id)]


def _readers(addresses: Iterable[str]) -> set[str]:
    digests = {digest_of(address): address for address in addresses if address}
    rows = Subscriber.objects.filter(digest__in=digests).values_list("digest", flat=True)
    return {digests[digest] for digest in rows}


def _address(event: Any) -> str:
    address = _text(event.recipient)[:320]
    return address if "@" in address else ""


def _text(value: object) -> str:
    """Return the beginning of a text, without what no database takes: zeros, halves of letters."""
    text = value[:2000] if isinstance(value, str) else ""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


# Which kind of event it is


def _kind(provider: str, event: Any) -> Kind | None:
    """Return the kind of an event; None for what is of no use here, such as who opened a mail."""
    match event.event_type:
        case "delivered":
            return Kind.DELIVERED
        case "deferred":
            return Kind.DEFERRED
        case "unsubscribed":
            return Kind.LEFT
        case "complained":
            # Postmark's name for mail that a filter, not a person, took for spam.
            is_filter = event.esp_event.get("Type") == "SpamNotification"
            return Kind.SOFT if is_filter else Kind.COMPLAINT
        case "bounced":
            return _BOUNCED[provider](event) if provider in _BOUNCED else _by_words(event)
        case "rejected" | "failed":
            return _REJECTED.get(event.reject_reason, Kind.SOFT)
    return None


# What a provider did not even try, since it knows the address.
_REJECTED: Final = {
    "bounced": Kind.HARD,
    "invalid": Kind.HARD,
    "spam": Kind.COMPLAINT,
    "unsubscribed": Kind.LEFT,
}


def _by_words(event: Any) -> Kind:
    said = _text(event.mta_response) or _text(event.description)
    return verdict(code_in(f"{said} "), said)


def _amazon(event: Any) -> Kind:
    is_permanent = event.esp_event.get("bounce", {}).get("bounceType") == "Permanent"
    return Kind.HARD if is_permanent else Kind.SOFT


def _postmark(event: Any) -> Kind:
    raw = event.esp_event
    is_hard = "HardBounce" in (raw.get("Type"), raw.get("SuppressionReason"))
    return Kind.HARD if is_hard else Kind.SOFT


def _mailgun(event: Any) -> Kind:
    data = event.esp_event.get("event-data", {})
    if data.get("reason") in ("bounce", "suppress-bounce"):
        return Kind.HARD if data["reason"] == "suppress-bounce" else _by_words(event)
    return Kind.SOFT


def _resend(event: Any) -> Kind:
    bounce = event.esp_event.get("data", {}).get("bounce", {})
    is_hard = bounce.get("type") == "Permanent" if "type" in bounce else "hard" in _words(event)
    return Kind.HARD if is_hard else Kind.SOFT


def _words(event: Any) -> str:
    return _text(event.description).lower()


def _brevo(event: Any) -> Kind:
    return Kind.SOFT if event.esp_event.get("event") == "soft_bounce" else Kind.HARD


def _sendgrid(event: Any) -> Kind:
    return Kind.SOFT if event.esp_event.get("type") == "blocked" else _by_words(event)


_BOUNCED: Final[dict[str, Callable[[Any], Kind]]] = {
    "brevo": _brevo,
    "mailgun": _mailgun,
    "postmark": _postmark,
    "resend": _resend,
    "sendgrid": _sendgrid,
    "ses": _amazon,
}
