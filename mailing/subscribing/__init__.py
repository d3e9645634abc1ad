"""Asking for mail, confirming, leaving, changing: each writes what was said."""

from mailing.subscribing.asking import (
    CONFIRMATIONS,
    GETTING,
    IMPORT,
    Asked,
    ask,
    ask_all,
    confirm,
    sign_up_of,
)
from mailing.subscribing.erasing import data_of, erase
from mailing.subscribing.leaving import Suppressed, come_back, leave
from mailing.subscribing.moving import TooManyMoves, confirm_move, move, moving, stay
from mailing.subscribing.naming import names_of
from mailing.subscribing.pausing import pause, resume
from mailing.subscribing.renewing import renew
from mailing.subscribing.suppressing import is_suppressed, suppress
from mailing.subscribing.tokens import LIFETIME, TokenError, TokenExpired, of_envelope
from mailing.subscribing.wishes import EVERYTHING, MOST, Wish, choose, keys_of, wish_of, wishes_of
