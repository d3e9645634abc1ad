"""What comes back: told by providers, and found in the mailbox for bounces."""

from mailing.bounces.advising import advise
from mailing.bounces.collecting import (
    Letter,
    MailboxError,
    collect,
    letters_of_files,
    letters_of_mailbox,
    letters_of_maildir,
    take_letters,
)
from mailing.bounces.events import MOST_SOFT, WINDOW, Told, lift, on_refusal, record
from mailing.bounces.mails import Outcome
from mailing.bounces.mails import take as take_mail
from mailing.bounces.providers import Unreadable, is_known, is_trusted, on_tracking
from mailing.bounces.providers import read as read_events
from mailing.bounces.providers import take as take_events
