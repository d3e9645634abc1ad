"""Where stored bytes and rendered templates leave something open, in a way that nobody can write.

While a template renders, a mark is a word that nobody can guess: it is random, made anew by each
process. In what is stored it is a control character, all of which are taken out of anything else:
XML 1.0 allows them in no form (section 2.2) and they mean nothing in HTML.
"""

from __future__ import annotations

import re
from secrets import token_hex

_RANDOM = token_hex(8)
# Where a template is cut; never stored.
CUT = f"cut-{_RANDOM}"
# Around the number of a field, where a row is filled before it is cut.
GAP = f"gap-{_RANDOM}"
# Between the parts of a page (``templates/posts/parts.html``).
PART = f"part-{_RANDOM}"
# What is filled in when a page or a feed is sent (``posts.site``): what follows from the settings,
# so that changing the address, the name or the zone of a site needs no rebuild, and large bodies.
# The site's address is a whole one, since others are joined to it.
SITE_URL = f"https://{_RANDOM}.invalid"
SITE_NAME = f"site-name-{_RANDOM}"
SITE_NAME_JSON = f"site-json-{_RANDOM}"  # inside a string in a script element
SITE_CARD = f"site-card-{_RANDOM}"  # what a social card says of the site, as a digest
LONG_DATE = f"long-date-{_RANDOM}"
SHORT_DATE = f"short-date-{_RANDOM}"
BODY = f"body-{_RANDOM}"
# Before and after what leads to the readers' forms, which a site may have or not.
FORMS = f"forms-{_RANDOM}"

STORED = {
    mark: bytes([code])
    for code, mark in enumerate(
        (SITE_URL, SITE_NAME, LONG_DATE, SHORT_DATE, BODY, FORMS, SITE_NAME_JSON, SITE_CARD), 1
    )
}
_CONTROLS = bytes(code for code in range(0x20) if code not in b"\t\n\r")
# In UTF-8 no other characters hold these bytes.
_NONCHARACTERS = re.compile(b"\xef\xbf[\xbe\xbf]")


def stored(text: str) -> bytes:
    """Return rendered text as it is stored: UTF-8 without controls but the marks."""
    data = clean(text)
    for mark, code in STORED.items():  # a fifth of what one expression for all of them takes
        data = data.replace(mark.encode(), code)
    return data


def clean(text: str) -> bytes:
    """Return a text as UTF-8 without controls, which XML allows in no form."""
    return cleaned(text.encode())


def cleaned(text: bytes) -> bytes:
    """Return a text in UTF-8 as ``clean`` does."""
    return _NONCHARACTERS.sub(b"", text.translate(None, _CONTROLS))
