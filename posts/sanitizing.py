"""The last step before HTML is stored: what may be in it, whatever came before.

One policy, two engines. ``nh3`` (ammonia, html5ever) is the default; ``bleach`` can be chosen and
must pass the same cases. Nothing touches the HTML after this.

The renderer's own ids, classes and the like pass, an author's never do: the renderer prefixes the
values of its own with a key that is derived from the text, and the text cannot hold the digest of
itself. Only values with that key survive, without it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, Literal
from urllib.parse import urljoin

import nh3

from posts.markdown.html import ALLOWED_TAGS

Engine = Literal["nh3", "bleach"]

URL_SCHEMES: Final = frozenset(("http", "https", "mailto"))
TAGS: Final = ALLOWED_TAGS | {"input", "source"}
_OWN: Final = "id class rel data-host data-kind tabindex aria-label loading decoding type checked"
_MORE: Final = "srcset sizes data-line data-issue data-day"
OWN_ATTRIBUTES: Final = frozenset((*_OWN.split(), *_MORE.split()))
"""Attributes that only the renderer may set."""

ATTRIBUTES: Final[dict[str, set[str]]] = {
    "*": {"id", "class", "data-line"},
    "a": {"href", "title", "rel", "data-host", "data-kind", "data-issue", "data-day", "aria-label"},
    "abbr": {"title"},
    "details": {"open"},
    "div": {"tabindex"},
    "img": {"src", "alt", "title", "width", "height", "loading", "decoding"},
    "input": {"type", "checked", "aria-label"},
    "ol": {"start", "reversed"},
    "source": {"type", "srcset", "sizes"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "time": {"datetime"},
}
FEED_ATTRIBUTES: Final = {
    **{tag: names - OWN_ATTRIBUTES for tag, names in ATTRIBUTES.items()},
    "input": {"type", "checked", "disabled"},
}
MAIL_TAGS: Final = set(TAGS) - {
    "details", "figure", "figcaption", "input", "picture", "section", "source", "summary",
    "time", "wbr",
}  # fmt: skip
MAIL_ATTRIBUTES: Final = {
    "*": {"id"},
    "a": {"href"},
    "img": {"src", "alt", "width"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_FORCED: Final = {"input": {"disabled": ""}}
_URL_ATTRIBUTES: Final = frozenset(("href", "src"))
_PLAINLY_SAFE: Final = ("https://", "http://", "#", "/")
_IGNORED_IN_URLS: Final = re.compile(r"[\x00-\x20\x7f]+")
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_HIDDEN: Final = {"script", "style"}


def make_key(text: str) -> str:
    """The prefix with which the renderer of this text marks the values of its own."""
    return "k" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24] + "-"


def sanitize(html: str, key: str = "") -> str:
    """HTML with nothing in it but what the policy allows.

    Values of ``OWN_ATTRIBUTES`` stay only where they start with ``key``, which is taken off; with
    no key none stay.
    """
    return _ENGINES[_chosen](html, key)


def use_engine(engine: Engine) -> None:
    """Choose the engine for this process.

    Raises ``ValueError`` if there is none of that name.
    """
    global _chosen
    if engine not in _ENGINES:
        raise ValueError(f"unknown HTML sanitiser {engine!r}: use nh3 or bleach")
    _chosen = engine


def _is_safe_url(url: str) -> bool:
    """Whether an address has no scheme or a permitted one, also for a reader lax with controls."""
    if url.startswith(_PLAINLY_SAFE):
        return True
    scheme = _SCHEME.match(_IGNORED_IN_URLS.sub("", url))
    return scheme is None or scheme[1].lower() in URL_SCHEMES


def _clean_with_nh3(html: str, key: str) -> str:
    return _nh3_cleaner(key).clean(html)


@lru_cache(maxsize=4)  # The sections of an issue share their key, and setting up takes a while.
def _nh3_cleaner(key: str) -> nh3.Cleaner:
    length = len(key)

    def keep(tag: str, attribute: str, value: str) -> str | None:
        if attribute in OWN_ATTRIBUTES:
            return value[length:] if key and value.startswith(key) else None
        if attribute in _URL_ATTRIBUTES:
            return value if _is_safe_url(value) else None
        return value

    return nh3.Cleaner(
        tags=set(TAGS),
        clean_content_tags=_HIDDEN,
        attributes=ATTRIBUTES,
        attribute_filter=keep,
        link_rel=None,
        url_schemes=set(URL_SCHEMES),
        set_tag_attribute_values=_FORCED,
    )


def sanitize_for_feed(html: str, base: str) -> str:
    """Sanitised HTML as feeds send it: all addresses whole, no attribute but what authors write.

    ``base`` is the address against which they are resolved.
    """

    def whole(_tag: str, attribute: str, value: str) -> str:
        return whole_address(base, value) if attribute in _URL_ATTRIBUTES else value

    return nh3.clean(
        html,
        tags=TAGS - {"source"},
        attributes=FEED_ATTRIBUTES,
        attribute_filter=whole,
        link_rel=None,
        url_schemes=set(URL_SCHEMES),
    )


def sanitize_for_mail(html: str, base: str, key: str) -> str:
    """Sanitised HTML as mails send it: what mail programs know, all addresses whole.

    ``base`` is the address against which they are resolved. The only ids are those of items,
    behind ``key``, for whoever takes it apart.
    """

    def whole(_tag: str, attribute: str, value: str) -> str | None:
        if attribute == "id":
            return f"{key}{value}" if value.startswith("item-") else None
        return whole_address(base, value) if attribute in _URL_ATTRIBUTES else value

    return nh3.clean(
        html,
        tags=MAIL_TAGS,
        attributes=MAIL_ATTRIBUTES,
        attribute_filter=whole,
        link_rel=None,
        url_schemes=set(URL_SCHEMES),
    )


def whole_address(base: str, url: str) -> str:
    if url.startswith(("https://", "http://")):
        return url
    try:
        return urljoin(base, url)
    except ValueError:  # an address that none can be, such as "//["
        return url


def _clean_with_bleach(html: str, key: str) -> str:
    from posts import bleaching  # noqa: PLC0415 (4 MB, where nobody chose it for nothing)

    def allow(tag: str, attribute: str, value: str) -> bool:
        if attribute in OWN_ATTRIBUTES and not (key and value.startswith(key)):
            return False
        if attribute in _URL_ATTRIBUTES and not _is_safe_url(value):
            return False
        return attribute in ATTRIBUTES["*"] or attribute in ATTRIBUTES.get(tag, ())

    def finish(tag: str, attributes: bleaching.Attributes) -> None:
        """Take the key off, and set what the policy forces."""
        for name in [name for name in attributes if name[1] in OWN_ATTRIBUTES]:
            attributes[name] = attributes[name].removeprefix(key)
        for attribute, value in _FORCED.get(tag, {}).items():
            attributes[None, attribute] = value

    return bleaching.clean(html, TAGS, URL_SCHEMES, allow, finish)


_ENGINES: Final[dict[str, Callable[[str, str], str]]] = {
    "nh3": _clean_with_nh3,
    "bleach": _clean_with_bleach,
}
_chosen: Engine = "nh3"
