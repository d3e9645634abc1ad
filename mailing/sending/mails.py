"""The mails of a mailing: composed once for all who get the same, anew when the site changed."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from mailing import choosing, composing
from mailing.composing import Letter, Mail, Period
from mailing.models import Delivery, Mailing, MailSettings, Rhythm
from posts.site import version

KEPT: Final = 64

Key = tuple[int | None, str]


@dataclass(frozen=True, slots=True)
class Ready:
    """A mail to one reader, as bytes, and what it brings."""

    message: bytes
    sender: str
    recipient: str
    items: int


class Mails:
    """Makes the mails of one mailing.

    What is composed holds for one version of the site: what a moderator decides, or an editor
    mends, makes another, and reaches every mail that is not handed over yet.
    """

    def __init__(self, mailing: Mailing) -> None:
        self.mailing = mailing
        self.settings = MailSettings.current()
        self.version = ""
        self._whole: int | None = None
        self._kept: OrderedDict[Key, Letter | None] = OrderedDict()

    def is_current(self) -> bool:
        """Tell whether the site is as it was when the last mail was made; by one query."""
        return version.current() == self.version

    def of(self, row: Delivery) -> Ready | None:
        """Return the mail of a row, as the site was when ``renew`` was called last; None where
        nothing of it is left."""
        if not self.version:
            self.renew()
        letter, items = self._letter(row), self._whole if row.is_whole else row.items_id
        if letter is None or row.subscriber is None or items is None:
            return None
        message = letter.to(row.subscriber, row.token)
        sender = composing.envelope_sender(row.token, self.settings)
        return Ready(message, sender, row.subscriber.address, items)

    def renew(self) -> None:
        """Make mails from now on as the site is now."""
        self.version = version.current()
        self.settings = MailSettings.current()
        self._kept.clear()
        post = self.mailing.post
        if post is not None:
            post.refresh_from_db()
            # What readers of the whole issue will have had.
            self._whole = choosing.whole_set(post).pk

    def _letter(self, row: Delivery) -> Letter | None:
        language = row.subscriber.language if row.subscriber else ""
        key = (None if row.is_whole else row.items_id, language)
        if key not in self._kept:
            mail = self._compose(row, language)
            self._kept[key] = None if mail is None else Letter(mail, self.settings)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def _compose(self, row: Delivery, language: str) -> Mail | None:
        post, chosen = self.mailing.post, choosing.items_of(row)
        items = None if chosen is None else [item.uid for item in chosen]
        if self.mailing.kind == Mailing.Kind.ROLLUP:
            period = period_of(self.mailing)
            mail = composing.compose_rollup(items or [], period=period, language=language)
        elif post is not None:
            mail = composing.compose(
                post,
                items=items,
                language=language,
                is_advertising=self.mailing.is_advertising,
            )
        else:
            return None
        return mail if row.is_whole or mail.items else None


def period_of(mailing: Mailing) -> Period:
    """Return the days of a roll-up, which were noted when it was made."""
    last = mailing.last_day or mailing.created_at.date()
    return Period(mailing.first_day or last, last, Rhythm(mailing.rhythm))
