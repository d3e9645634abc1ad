"""What stands around the content of a mail: its head, its style, and its end with the addresses
that are the reader's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from secrets import token_hex
from typing import Any, Final

from django.template.loader import get_template
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, override

from mailing.composing.mails import READER, SENT_TO
from mailing.models import MailSettings
from posts import identity
from posts.publishing.describing import absolute

HTML: Final = "mailing/mail/frame.html"
_CUT: Final = token_hex(16)
"""Stands where the content goes: as READER, a word that nothing else holds."""


@dataclass(frozen=True)
class Frame:
    """The HTML before and after the content, and the text before and after it."""

    before: str
    after: str
    text_before: str
    text_after: str

    def html(self, content: str) -> str:
        """Return a whole HTML document."""
        return f"{self.before}{content}{self.after}"

    def text(self, parts: Iterable[str]) -> str:
        """Return a whole text of parts, of which empty ones are left out."""
        said = (self.text_before, *parts, self.text_after)
        return "\n\n\n".join(part.strip("\n") for part in said if part.strip()) + "\n"


def address(name: str, key: str = READER) -> str:
    """Return the whole address of a page of whoever has a key."""
    return absolute(reverse(f"mailing:{name}", args=[key]))


def frame(settings: MailSettings, context: Mapping[str, Any], *, name: str = "issue") -> Frame:
    """Return the frame of a mail in the language that is active; ``context`` as for ``around``."""
    shown = around(settings, {"content": SafeString(_CUT), **context}, name=name)
    html = get_template(HTML).render(shown)
    text = get_template("mailing/mail/frame.txt").render(shown)
    before, after = _tidy(html).split(_CUT)
    text_before, text_after = text.split(_CUT)
    return Frame(before, after, _blocks(text_before), _blocks(text_after))


def around(
    settings: MailSettings, context: Mapping[str, Any], *, name: str = "issue"
) -> dict[str, Any]:
    """Return what the templates of a frame show.

    ``context`` has ``content``, ``title``, ``language``, ``preheader``, ``url`` where there is a
    page of it, and ``seen`` where it is no mail but the preview of one (``composing.drafts``);
    that of an advertising mail has ``contact``, the sender's address.
    """
    site = identity.current()
    return {
        "site": {"name": site.name, "url": absolute("/")},
        "accents": site.accents,
        "settings": settings,
        "sender": settings.sender_name or site.name,
        "postal_address": [line for line in settings.postal_address.split("\n") if line.strip()],
        "reader_url": address("reader"),
        "leave_url": address("leave"),
        "leave_words": _leave_words(in_both="contact" in context),
        "sent_to": SafeString(SENT_TO),
        "is_note": name == "note",
        **context,
    }


def _leave_words(*, in_both: bool) -> str:
    """Return the words that lead to leaving: in Korean and in English, too, where Korea's law on
    advertising wants both (its decree, table 6)."""
    found = [gettext("Unsubscribe")]
    for language in ("ko", "en") if in_both else ():
        with override(language):
            found.append(gettext("Unsubscribe"))
    return " · ".join(dict.fromkeys(found))


def sent_to() -> str:
    """Return how a mail says to whom it goes, with ``%s``."""
    return gettext("Sent to %(address)s.") % {"address": "%s"}


def more(count: int, place: str, url: str) -> str:
    """Return the line that says that so many items, or what else there is, are on the site."""
    words = _more_words(count)
    return (
        f'<p class="more"><a href="{escape(place or url)}">{escape(words, quote=False)}</a></p>\n'
    )


def _more_words(count: int) -> str:
    if not count:
        return gettext("Read on on the site")
    return ngettext("%(count)d more on the site", "%(count)d more on the site", count) % {
        "count": count
    }


def _tidy(html: str) -> str:
    """Return lines without what indents them, and without those that are blank."""
    return "\n".join(line.strip() for line in html.split("\n") if line.strip()) + "\n"


def _blocks(text: str) -> str:
    """Return a text with one blank line at most between others."""
    lines: list[str] = []
    for line in (line.strip() for line in text.split("\n")):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip("\n")
