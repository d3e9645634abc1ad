"""Checks of pictures: that they are there, here, and say what they show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from posts.markdown.marks import is_foreign
from posts.markdown.spaced import SPACED_PICTURE
from posts.messages import Message as _
from posts.preflight.facts import Facts
from posts.preflight.findings import Finding
from posts.preflight.written import Written, WrittenPicture

# Texts that say no more than that there is a picture, and names of files.
_NO_WORDS: Final = re.compile(
    r"(?:image|img|picture|photo|screenshot|alt(?:[ -]text)?|untitled"
    r"|이미지|사진|그림|그림 설명|图片|画像)"
    r"[ _-]?\d*"
    r"|[\w %.()-]+\.(?:png|jpe?g|gif|webp|avif|svg|bmp|heic)",
    re.IGNORECASE,
)
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_SHOWN: Final = 80


def missing(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find pictures whose file did not come with the issue."""
    for picture in written.pictures:
        if not picture.address.strip():
            yield _at("missing-picture", picture, _("A picture without an address."))
        elif _is_own(picture.address) and not _is_there(picture.address, facts):
            words = _("There is no picture “%(name)s”.", name=picture.address[:_SHOWN])
            yield _at("missing-picture", picture, words)
    yield from _spaced(written)
    cover = written.details.cover
    if cover and _is_own(cover) and not _is_there(cover, facts):
        words = _("There is no picture “%(name)s” for the cover.", name=cover[:_SHOWN])
        yield Finding("missing-picture", words, field="cover")


def without_words(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find pictures that say nothing to who cannot see them.

    An empty text in HTML says on purpose that a picture is an ornament.
    """
    for picture in written.pictures:
        alt = picture.alt.strip()
        if not alt and not _is_ornament(picture) and picture.address not in facts.ornaments:
            words = _("A picture without a text that says what it shows.")
        elif alt and _NO_WORDS.fullmatch(alt):
            words = _("“%(text)s” does not say what the picture shows.", text=alt[:_SHOWN])
        else:
            continue
        yield _at("missing-alt", picture, words)


def remote(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find pictures that other servers show to readers, and may change or lose."""
    if facts.mirrors:
        return
    for picture in written.pictures:
        if is_foreign(picture.address):
            host = picture.address.split("/")[2][:_SHOWN]
            yield _at("remote-picture", picture, _("A picture that stays on %(host)s.", host=host))


def _spaced(written: Written) -> Iterator[Finding]:
    """Find pictures that are text, since their addresses hold spaces."""
    for prose in written.prose:
        for found in SPACED_PICTURE.finditer(prose.text):
            name = found["address"][:_SHOWN]
            words = _("Shown as text: put < and > around “%(name)s”, as it has spaces.", name=name)
            line = written.line_of(prose.leaf, found.start())
            yield Finding(
                "missing-picture", words, line, written.span_of(prose.leaf, *found.span())
            )


def _at(kind: str, picture: WrittenPicture, words: _) -> Finding:
    return Finding(kind, words, picture.line, picture.span)


def _is_own(address: str) -> bool:
    """Tell whether an address is a path beside the issue, or one of the site: no other server."""
    return not (is_foreign(address) or _SCHEME.match(address))


def _is_there(address: str, facts: Facts) -> bool:
    if address.startswith("/") and address not in facts.missing_pages:
        return True
    return address in facts.pictures or unquote(address) in facts.pictures


def _is_ornament(picture: WrittenPicture) -> bool:
    return picture.source.startswith("<") and re.search(r"\salt\s*=", picture.source) is not None
