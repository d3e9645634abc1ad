"""Whether a colour can be read on the pages of the site, and the nearest that can.

Contrast is that of WCAG 2.2 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio).
"""

from __future__ import annotations

import colorsys
import re
from typing import Final, NamedTuple

TEXT: Final = 4.5
"""The contrast that text of any size needs (WCAG 2.2, success criterion 1.4.3)."""
HEX: Final = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_STEPS: Final = 400

Rgb = tuple[int, int, int]


class Scheme(NamedTuple):
    """What the accent stands on in a scheme: paper and its shade, and the text that stands on it.

    The colours are those of ``static/css/tokens.css``; a test compares them.
    """

    paper: str
    shade: str
    on_accent: str


LIGHT: Final = Scheme("#fbf9f4", "#f3efe6", "#ffffff")
DARK: Final = Scheme("#181715", "#211f1c", "#131a26")


def normal(colour: str) -> str:
    """Return a colour as ``#rrggbb`` in small letters. Raises ValueError if it is none."""
    text = colour.strip().lower()
    if not HEX.fullmatch(text):
        raise ValueError("not a colour such as #1b4b9b")
    return text if len(text) == 7 else "#" + "".join(2 * digit for digit in text[1:])


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def weakest(colour: str, scheme: Scheme) -> float:
    """Return the least contrast that an accent has anywhere in a scheme."""
    return min(contrast(colour, other) for other in scheme)


def nearest(colour: str, scheme: Scheme) -> str:
    """Return the colour of the same hue whose lightness differs least and that can be read."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(part / 255 for part in _rgb(colour)))
    for step in range(_STEPS + 1):
        for way in (-step, step):
            tried = lightness + way / _STEPS
            if 0 <= tried <= 1:
                parts = colorsys.hls_to_rgb(hue, tried, saturation)
                found = "#" + "".join(f"{round(part * 255):02x}" for part in parts)
                if weakest(found, scheme) >= TEXT:
                    return found
    raise AssertionError("black or white can be read in every scheme")


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(rgb: Rgb) -> float:
    """Return the relative luminance of a colour (WCAG 2.2), from 0 to 1."""
    parts = [value / 255 for value in rgb]
    red, green, blue = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in parts
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
