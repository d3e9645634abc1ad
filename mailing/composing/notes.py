"""Short mails that answer what somebody did: confirming, welcome, goodbye, another address.

None of them changes anything by being opened; see ``mailing.subscribing``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from html import escape
from typing import Final

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from mailing.composing import encoding, frames, headers
from mailing.composing.composing import day
from mailing.composing.mails import READER, SENT_TO, Mail
from mailing.models import MailSettings, Subscriber
from posts import identity
from posts.publishing.decisions import spoken


class Kind(StrEnum):
    """What a note is about."""

    CONFIRM = "confirm"
    INVITE = "invite"
    KNOWN = "known"
    WELCOME = "welcome"
    GOODBYE = "goodbye"
    MOVE = "move"
    MOVING = "moving"
    RECONFIRM = "reconfirm"
    SAMPLE = "sample"


@dataclass(frozen=True)
class _Said:
    """What a note says: its subject, its paragraphs, and the words of its button."""

    subject: str
    paragraphs: Sequence[str]
    button: str = ""


@dataclass(frozen=True)
class _About:
    """What notes say something of."""

    site: str
    sender: str
    subscriber: Subscriber
    what: Sequence[str]
    welcome: str

    def on(self, moment: datetime | None) -> str:
        """Return a day, today if it is not known."""
        return day(moment or timezone.now())


# Of readers who get mail, or might: these say how to leave.
_OF_LIST: Final = frozenset((Kind.KNOWN, Kind.WELCOME, Kind.RECONFIRM))


def compose_note(
    kind: str,
    subscriber: Subscriber,
    *,
    url: str = "",
    address: str = "",
    what: Iterable[str] = (),
    language: str = "",
) -> Mail:
    """Return a short mail for one reader, in the reader's language; nothing is left open in it.

    ``kind`` is one of Kind; ``url`` is where its button leads (confirm, invite, move, reconfirm;
    the reader's own page for known, moving, goodbye). ``address`` is where it goes, if not to the
    reader's own (move). ``what`` are the names of what was chosen (welcome). It may be sent by
    ``to_message``, or by Django's EmailMultiAlternatives with ``mail.headers``.
    """
    kind = Kind(kind)
    with identity.speaking() as site:
        language = language or subscriber.language or site.language
        with translation.override(spoken(language)):
            return _note(kind, subscriber, url, address or subscriber.address, list(what), language)


def _note(
    kind: Kind, subscriber: Subscriber, url: str, address: str, what: list[str], language: str
) -> Mail:
    settings, site = MailSettings.current(), identity.current()
    about = _About(site.name, settings.sender_name or site.name, subscriber, what, settings.welcome)
    said = _SAID[kind](about)
    is_of_list = kind in _OF_LIST
    context = {
        "title": said.subject,
        "language": language,
        "preheader": said.paragraphs[0],
        "has_reader": is_of_list,
    }
    around = frames.frame(settings, context, name="note")
    to = frames.sent_to() % headers.clean(address)
    html = around.html(_html(said, url)).replace(SENT_TO, escape(to))
    text = f"{around.text([*said.paragraphs, _button(said, url)])}{to}\n"
    known = {"Auto-Submitted": "auto-generated"} | (headers.of_list(settings) if is_of_list else {})
    return Mail(
        subject=headers.subject(said.subject),
        html=html.replace(READER, subscriber.key),
        text=text.replace(READER, subscriber.key),
        headers={name: value.replace(READER, subscriber.key) for name, value in known.items()},
        language=language,
        size=encoding.sent(html),
    )


def _html(said: _Said, url: str) -> str:
    parts = [f"<p>{escape(part, quote=False)}</p>\n" for part in said.paragraphs]
    if said.button and url:
        link = f'<a class="button" href="{escape(url)}">{escape(said.button, quote=False)}</a>'
        parts.append(f"<p>{link}</p>\n")
        parts.append(f'<p class="more">{escape(url)}</p>\n')
    return "".join(parts)


def _button(said: _Said, url: str) -> str:
    return f"{said.button}: <{url}>" if said.button and url else ""


def _confirm(about: _About) -> _Said:
    return _Said(
        _("Please confirm: %(site)s by mail") % {"site": about.site},
        [
            _("Somebody, most likely you, asked that %(site)s comes to this address by mail.")
            % {"site": about.site},
            _("Open the page below and confirm it there: only then do you get any."),
            _("If it was not you, do nothing: no further mail comes."),
        ],
        _("Confirm"),
    )


def _invite(about: _About) -> _Said:
    return _Said(
        _("Would you like %(site)s by mail?") % {"site": about.site},
        [
            _("This address stands on a list of readers that %(site)s has taken over.")
            % {"site": about.site},
            _("Open the page below and confirm it there: only then do you get any."),
            _("If you would not, do nothing: no further mail comes."),
        ],
        _("Confirm"),
    )


def _known(about: _About) -> _Said:
    return _Said(
        _("You are subscribed to %(site)s already") % {"site": about.site},
        [
            _("Somebody, most likely you, asked that %(site)s comes to this address by mail.")
            % {"site": about.site},
            _("It does already, so nothing was changed. How often: %(rhythm)s.")
            % {"rhythm": about.subscriber.get_rhythm_display()},
            _("On your own page you can change what comes."),
        ],
        _("Your own page"),
    )


def _welcome(about: _About) -> _Said:
    reader = about.subscriber
    consented = about.on(reader.consented_at or reader.confirmed_at)
    said = [
        _("On %(day)s you agreed to get mail from %(sender)s.")
        % {"day": consented, "sender": about.sender},
        _("How often: %(rhythm)s.") % {"rhythm": reader.get_rhythm_display()},
    ]
    if about.what:
        said.append(_("What you chose: %(what)s.") % {"what": ", ".join(about.what)})
    said += [part.strip() for part in about.welcome.split("\n\n") if part.strip()]
    said.append(_("You can change this or leave at any time, by the addresses below."))
    return _Said(_("You are subscribed to %(site)s") % {"site": about.site}, said)


def _goodbye(about: _About) -> _Said:
    return _Said(
        _("You have left %(site)s") % {"site": about.site},
        [
            _("On %(day)s you took back your consent to mail from %(sender)s. No more comes.")
            % {"day": about.on(about.subscriber.left_at), "sender": about.sender},
            _("If that was a mistake, you can subscribe again at any time."),
        ],
        _("Subscribe again"),
    )


def _move(about: _About) -> _Said:
    return _Said(
        _("Please confirm your new address for %(site)s") % {"site": about.site},
        [
            _("Somebody, most likely you, asked that %(site)s comes to this address from now on.")
            % {"site": about.site},
            _("Open the page below and confirm it there: until then nothing changes."),
            _("If it was not you, do nothing: no further mail comes."),
        ],
        _("Confirm"),
    )


def _moving(about: _About) -> _Said:
    return _Said(
        _("Your address for %(site)s is to change") % {"site": about.site},
        [
            _("On your own page somebody, most likely you, entered another address for mail."),
            _("As soon as it is confirmed there, no more mail comes here."),
            _("If it was not you, take it back on your own page."),
        ],
        _("Your own page"),
    )


def _reconfirm(about: _About) -> _Said:
    return _Said(
        _("Do you still want %(site)s by mail?") % {"site": about.site},
        [
            _("On %(day)s you agreed to get mail from %(sender)s. We ask again after some years.")
            % {"day": about.on(about.subscriber.consented_at), "sender": about.sender},
            _("Open the page below and say yes there, or leave by the address at the end."),
        ],
        _("Go on getting it"),
    )


def _sample(about: _About) -> _Said:
    return _Said(
        _("Mail from %(site)s arrives") % {"site": about.site},
        [
            _("A server took this mail, and it arrived: the mail settings work."),
            _("It comes from %(sender)s, as mails to readers do.") % {"sender": about.sender},
            _("If it lies among spam, the domain of the sender lacks SPF, DKIM or DMARC."),
        ],
    )


_SAID: Final[dict[Kind, Callable[[_About], _Said]]] = {
    Kind.CONFIRM: _confirm,
    Kind.INVITE: _invite,
    Kind.KNOWN: _known,
    Kind.WELCOME: _welcome,
    Kind.GOODBYE: _goodbye,
    Kind.MOVE: _move,
    Kind.MOVING: _moving,
    Kind.RECONFIRM: _reconfirm,
    Kind.SAMPLE: _sample,
}
