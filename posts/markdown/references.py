"""Link destinations, titles, labels and reference definitions, as CommonMark reads them.

https://spec.commonmark.org/0.31.2/#links and #link-reference-definitions
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

MAX_LABEL: Final = 999
_MAX_NESTED_PARENTHESES: Final = 32

PUNCTUATION: Final = r"""!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~"""
_ESCAPE_OR_ENTITY: Final = re.compile(
    rf"\\([{PUNCTUATION}])|(&(?:#[0-9]{{1,7}}|#[xX][0-9a-fA-F]{{1,6}}|[A-Za-z][A-Za-z0-9]{{1,31}});)"
)
_LABEL: Final = re.compile(r"\[((?:[^\\\[\]]|\\.){0,999}+)\]", re.DOTALL)
_SPACE: Final = re.compile(r"[ \t\n]*")
_ANGLED: Final = re.compile(r"<((?:[^<>\n\\]|\\.)*+)>")
_SIMPLE: Final = re.compile(r"[^\s\\()<\x00-\x1f\x7f][^\s\\()\x00-\x1f\x7f]*")
_PART: Final = re.compile(rf"[^\s\\()\x00-\x1f\x7f]+|\\[{PUNCTUATION}]|\\|[()]")
_TITLE: Final = re.compile(
    r""""((?:[^"\\]|\\.)*+)"|'((?:[^'\\]|\\.)*+)'|\(((?:[^()\\]|\\.)*+)\)""", re.DOTALL
)
_LINE_REST: Final = re.compile(r"[ \t]*(?:\n|$)")
_FORBIDDEN: Final = re.compile(r"\s*(?:javascript|vbscript|file|data):", re.IGNORECASE)
_IMAGE_DATA: Final = re.compile(r"\s*data:image/(?:gif|png|jpeg|webp);", re.IGNORECASE)
_PLAIN_URL: Final = re.compile(r"[A-Za-z0-9;/?:@&=+$,\-_.!~*'()#]*")
LINKED_SCHEMES: Final = frozenset(("http", "https", "mailto"))
_CONTROL: Final = re.compile(r"[\x00-\x20\x7f]+")
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_AUTHORITY: Final = re.compile(
    r"\s*https?:[/\\]*(?:[^/\\?#]*@)?(\[[^\]/?#]*\]|[^\[/\\?#:]+)(?::([0-9]{0,5}))?(?=[/\\?#]|\s*$)",
    re.IGNORECASE,
)
_LAST_PORT: Final = 65_535
_PLAIN_WEB: Final = re.compile(r"https?://[.-]*[A-Za-z0-9][A-Za-z0-9.-]*(?:[/?#]|\Z)")
_IPV6: Final = re.compile(r"\[[0-9A-Fa-f:.]+\]")
_IPV6_URL: Final = re.compile(
    r"(https?://(?:[^/?#@\[\]]*@)?\[[0-9A-Fa-f:.]+\])(.*)", re.IGNORECASE | re.DOTALL
)
_NOT_IN_HOST: Final = re.compile(r"[\x00-\x20#/:<>?@\[\\\]^|%\x7f„“”]")
_LONE_PERCENT: Final = re.compile(r"%(?![0-9a-fA-F]{2})")
_HOST: Final = re.compile(r"((?:https?:)?//(?:[^/?#@]*@)?)([^/?#:@]+)", re.IGNORECASE)


class Target(NamedTuple):
    """Where a link or image points to."""

    url: str
    title: str


class Definition(NamedTuple):
    """A reference definition and where it ends in its text."""

    label: str
    target: Target
    end: int


def normalize_label(label: str) -> str:
    """The form in which two labels are compared: case folded, white space collapsed."""
    return " ".join(label.split()).casefold()


def unescape(text: str) -> str:
    """A text with its backslash escapes and entities resolved."""
    if "\\" not in text and "&" not in text:
        return text
    return _ESCAPE_OR_ENTITY.sub(lambda match: match[1] or html.unescape(match[2]), text)


def is_permitted(url: str) -> bool:
    """Whether an address may stand in a link; if not, its Markdown is shown as text."""
    return _FORBIDDEN.match(url) is None or _IMAGE_DATA.match(url) is not None


@lru_cache(maxsize=4096)
def is_linkable(url: str) -> bool:
    """Whether an address becomes a link on a page: http, https, mailto or relative.

    An address with a host or port that no browser can open (``http://localhost:PORT``) does not;
    the sanitiser would drop it (https://url.spec.whatwg.org/#host-parsing).
    """
    if _PLAIN_WEB.match(url):  # as nearly all are
        return True
    match = _SCHEME.match(_CONTROL.sub("", url))
    if match is None:
        return not url.lstrip().startswith("//") or _can_open(f"http:{url.lstrip()}")
    scheme = match[1].lower()
    return scheme == "mailto" or (scheme in LINKED_SCHEMES and _can_open(url))


def _can_open(url: str) -> bool:
    """Whether a web address has a host of more than dots, and a port that there can be."""
    match = _AUTHORITY.match(url)
    if match is None or int(match[2] or 0) > _LAST_PORT:
        return False
    host = unquote(match[1])
    if host.startswith("["):
        return _IPV6.fullmatch(host) is not None
    return _NOT_IN_HOST.search(host) is None and any(map(str.isalnum, host))


def encode_url(url: str) -> str:
    """An address as HTML wants it: percent-encoded, its host in ASCII (RFC 3986, RFC 3492)."""
    if _PLAIN_URL.fullmatch(url):
        return url
    if in_brackets := _IPV6_URL.fullmatch(url):  # RFC 3986, 3.2.2: these are not encoded
        return in_brackets[1] + encode_url(in_brackets[2])
    if not url.isascii():
        url = _HOST.sub(lambda match: match[1] + _ascii_host(match[2]), url, count=1)
    encoded = quote(url, safe=";/?:@&=+$,-_.!~*'()#%", errors="replace")
    return _LONE_PERCENT.sub("%25", encoded)


def _ascii_host(host: str) -> str:
    labels = host.split(".")
    return ".".join(
        label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
        for label in labels
    )


def skip_space(text: str, start: int) -> int:
    """The first position from ``start`` that is neither space nor line end."""
    match = _SPACE.match(text, start)
    return match.end() if match else start


def read_destination(text: str, start: int) -> tuple[str, int] | None:
    """The link destination at ``start`` and its end, or ``None``. May be empty only in ``<>``."""
    if text.startswith("<", start):
        match = _ANGLED.match(text, start)
        return (unescape(match[1]), match.end()) if match else None
    match = _SIMPLE.match(text, start)
    end = match.end() if match else start
    if text.startswith(("\\", "("), end):
        end = _balanced_end(text, start)
    return (unescape(text[start:end]), end) if end > start else None


def _balanced_end(text: str, start: int) -> int:
    """The end of a bare destination with balanced parentheses; ``start`` if there is none."""
    depth = 0
    position = start
    while match := _PART.match(text, position):
        part = match[0]
        if part == "(":
            depth += 1
            if depth > _MAX_NESTED_PARENTHESES:
                return start
        elif part == ")":
            if depth == 0:
                break
            depth -= 1
        position = match.end()
    return position if depth == 0 else start


def read_title(text: str, start: int) -> tuple[str, int] | None:
    """The quoted title at ``start`` and its end, or ``None``."""
    match = _TITLE.match(text, start)
    if match is None:
        return None
    return unescape(match[match.lastindex or 0]), match.end()


def read_inline_target(text: str, start: int) -> tuple[Target, int] | None:
    """The ``(destination "title")`` whose parenthesis opens at ``start``, and its end."""
    position = skip_space(text, start + 1)
    if text.startswith(")", position):
        return Target("", ""), position + 1
    destination = read_destination(text, position)
    if destination is None:
        return None
    url, end = destination
    position = skip_space(text, end)
    title = ""
    if position > end:
        found = read_title(text, position)
        if found is not None:
            title, end = found
            position = skip_space(text, end)
    if not text.startswith(")", position) or not is_permitted(url):
        return None
    return Target(url, title), position + 1


def read_label(text: str, start: int) -> tuple[str, int] | None:
    """The ``[label]`` at ``start``, as written, and its end."""
    match = _LABEL.match(text, start)
    return (match[1], match.end()) if match else None


def is_meant(text: str, start: int, end: int, label: str) -> bool:
    """Whether ``[text][label]``, its text from ``start`` to ``end``, should be a link.

    Indices (``a[i][j]``), boxes and pairs of numbers should not.
    """
    shown = text[start:end].strip()
    if not shown or not label.strip() or label.startswith("^"):
        return False
    is_index = start > 1 and text[start - 2].isalnum()
    return not is_index and not (label.isdigit() and shown.isdigit() and label != shown)


def read_definition(text: str, start: int) -> Definition | None:
    """The reference definition at ``start`` of a paragraph, or ``None``."""
    found = read_label(text, start)
    if found is None or not found[0].strip() or not text.startswith(":", found[1]):
        return None
    label, position = found
    destination = read_destination(text, skip_space(text, position + 1))
    if destination is None or not is_permitted(destination[0]):
        return None
    url, end = destination
    plain_end = _LINE_REST.match(text, end)
    title = ""
    position = skip_space(text, end)
    titled = read_title(text, position) if position > end else None
    titled_end = _LINE_REST.match(text, titled[1]) if titled else None
    if titled and titled_end:
        title, end = titled[0], titled_end.end()
    elif plain_end:
        end = plain_end.end()
    else:
        return None
    return Definition(normalize_label(label), Target(url, title), end)
