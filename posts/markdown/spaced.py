"""Pictures and links whose addresses hold spaces: to Markdown they are text, but in ``<…>``."""

from __future__ import annotations

import re
from typing import Final

SPACED_PICTURE: Final = re.compile(
    r"!\[[^\[\]\n]{0,300}\]\([ \t]*"
    r"(?P<address>[^<>\s(){]{1,300}[ \t](?:(?:(?!\]\()[^<>\n\"{]){0,300}?"
    r"\.(?:png|jpe?g|gif|webp|svg|avif|bmp)|[ \t]*=\d{0,5}x\d{0,5}))"
    r"[ \t]*(?:[ \t]\"[^\"\n]{0,300}\")?\)",
    re.IGNORECASE,
)
SPACED_LINK: Final = re.compile(
    r"(?<!!)\[[^\[\]\n]{1,300}\]\([ \t]*"
    r"(?P<address>https?://[^<>\s(){]{1,300}[ \t]+[^<>\s()\"'{][^<>\n()\"'{]{0,300})\)",
    re.IGNORECASE,
)
