"""What a new issue starts from: the last one's headings, a template, or another issue."""

from posts.starting.beginning import (
    NoBeginning,
    begin,
    choices,
    from_last,
    from_template,
    keys_by_weekday,
)
from posts.starting.duplicating import duplicate
from posts.starting.templates import delete_templates, write_template
from posts.starting.titles import unknown_placeholders
