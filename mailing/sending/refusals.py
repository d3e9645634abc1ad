"""Why something is not done with a mailing, in words for whoever asked for it."""

from __future__ import annotations

from posts.messages import Message
from posts.messages import Message as _


class CannotSend(ValueError):
    """Something is not done with a mailing; ``words`` say why."""

    words = _("This cannot be done now.")

    def __init__(self, words: Message | None = None) -> None:
        self.words = words or type(self).words
        super().__init__(self.words)


class MailIsOff(CannotSend):
    """Readers get no mail, or no server is named."""

    words = _("Mail is off: the mail settings switch it on.")


class HasProblem(CannotSend):
    """Its text cannot be rendered."""

    words = _("The text of this issue cannot be shown, so it cannot be sent: mend it first.")


class NotPublic(CannotSend):
    """Readers cannot see it."""

    words = _("Readers do not see this issue yet. Publish it first, or send it with publishing.")


class TooEarly(CannotSend):
    """The time is over."""

    words = _("This time is over. Choose one that is to come, or send it now.")


class TooFar(CannotSend):
    """Nobody means such a time, and not every database takes it in every zone."""

    words = _("This time is more than ten years away. Look at the year.")


class UnderWay(CannotSend):
    """Another mailing of the issue waits or is on its way."""

    words = _("This issue is planned or on its way already. Stop or cancel that first.")


class HadByAll(CannotSend):
    """Everybody for whom it is has it."""

    words = _("All these readers have got this issue. Tick “send it again” if you mean it.")


class NoReaders(CannotSend):
    """Nobody is there for whom it is."""

    words = _("No reader gets this: nobody is subscribed with that choice.")


class NotThere(CannotSend):
    """The mailing is in a state in which that cannot be done: somebody was first."""

    words = _("The mailing is not in that state any more. This is how it stands now.")


class HasNoSender(CannotSend):
    """Nobody is named from whom mails could be."""

    words = _("Name the address of the sender first, in the mail settings or by EMAIL_FROM.")


class GetsNoMail(CannotSend):
    """The address is suppressed, for a test mail, too."""

    words = _("This address gets no mail any more: it is on the list of suppressed addresses.")


class NotTaken(CannotSend):
    """The server did not take a test mail."""
