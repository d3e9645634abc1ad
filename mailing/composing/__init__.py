"""Mails made of issues and items: the same for all who get the same, until they are somebody's."""

from mailing.composing.composing import compose
from mailing.composing.headers import NoSender, envelope_sender, sender, sender_mailbox
from mailing.composing.mails import READER, Mail
from mailing.composing.messages import Letter, to_message
from mailing.composing.notes import Kind, compose_note
from mailing.composing.rollups import Period, compose_rollup
