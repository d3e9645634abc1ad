"""What is wrong with a running site, and what to do about it: one list of checks for the probe
``/readyz``, the command ``doctor`` and the pages of staff.

Only the wiring may know all apps, so what is asked of an app stands in a module here, which uses
the app's own verbs.
"""

from newsletter.doctor import background, files
from newsletter.doctor.accounts import CHECKS as _accounts
from newsletter.doctor.background import CHECKS as _background
from newsletter.doctor.contradictions import CHECKS as _contradictions
from newsletter.doctor.database import CHECKS as _database
from newsletter.doctor.examining import examine, is_ready, troubles
from newsletter.doctor.files import CHECKS as _files
from newsletter.doctor.findings import CHECKS, Level, Result
from newsletter.doctor.mails import CHECKS as _mails
from newsletter.doctor.surroundings import CHECKS as _surroundings

for _check in (
    *_database,
    *_files,
    *_background,
    *_surroundings,
    *_mails,
    *_accounts,
    *_contradictions,
):
    CHECKS.add(_check)
