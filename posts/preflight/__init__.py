"""What is looked at before readers see an issue: findings with their lines, and how to mend them.

`written` is an issue as it is written, `facts` what the database knows of it; a check is a function
of both, in a module of its family. Apps above add checks of theirs to ``posts.slots.CHECKS``.
"""

from posts.preflight.checking import Remark, check, check_post, held_by, written_of
from posts.preflight.checks import OWN  # which also adds them to `posts.slots`
from posts.preflight.findings import Edit, Finding
from posts.preflight.levels import levels, set_levels
from posts.preflight.releasing import WriteDown, held_among, overridden, release, titles_of
from posts.preflight.subjects import suggest_tags
from posts.preflight.written import Details, Written
