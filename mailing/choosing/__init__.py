"""What whom, and when: choices × rhythm, without what a reader had.

Sending asks ``recipients_of`` and ``due_rollups`` whom to write into the ledger, says ``still`` and
``roll_on`` in the transaction in which it does, and asks ``items_of`` when a mail is handed over.
"""

from mailing.choosing.handing import items_of, whole_set
from mailing.choosing.recipients import Recipient, reach_of, recipients_of, still
from mailing.choosing.rolling import RollUp, due_rollups, roll_on
from mailing.choosing.searches import finds_items, key_new_searches
