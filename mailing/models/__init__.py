"""The tables of this app, each group in a module of its own."""

from mailing.models.choices import Choice, Chosen, SearchKey
from mailing.models.consent import Consent, Suppression, Wording
from mailing.models.counts import FeedCount
from mailing.models.mailings import (
    Appeared,
    Brought,
    Delivery,
    Event,
    ItemSet,
    Lane,
    Mailing,
    Pace,
)
from mailing.models.settings import MailSettings
from mailing.models.signups import SignUp
from mailing.models.subscribers import Rhythm, Subscriber
from mailing.models.transfers import Transfer
