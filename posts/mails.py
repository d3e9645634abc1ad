"""Handing a mail to the server, and what its reply says to whoever may try again."""

from __future__ import annotations

import re
from smtplib import SMTPDataError, SMTPRecipientsRefused

from django.core.mail import EmailMessage
from django.utils.encoding import force_bytes


class MailNotTaken(Exception):
    """The reader's server did not take the mail yet; the reply's code is the message.

    What it said names the address, which must not outlive its use in the record of a task.
    """


class MailRefused(MailNotTaken):
    """The reader's server will never take the mail (RFC 5321, 4.2.1: a code of 5xx)."""

    retry = False


def hand_over(message: EmailMessage) -> None:
    """Hand over a mail to one reader. Raises MailNotTaken where it is not taken."""
    try:
        message.send()
        return
    except SMTPRecipientsRefused as error:
        [(code, said)] = error.recipients.values()
    except SMTPDataError as error:
        code, said = error.smtp_code, force_bytes(error.smtp_error)
    # What a server says more exactly (RFC 3463), such as 5.1.1: no such mailbox.
    exactly = re.findall(rb"^[45]\.\d{1,3}\.\d{1,3}\b", said)
    kind = MailRefused if code >= 500 else MailNotTaken
    raise kind(" ".join([str(code), *(part.decode() for part in exactly)]))
