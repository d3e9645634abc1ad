"""The index as files, for a site of files: the same tokens, in pieces that a script asks for.

``rows/<n>.json`` are rows in the order of their keys, ``words/<n>.json`` the numbers of the rows
that have a token, ``about.json`` how many there are of each. A query loads the pieces of its own
tokens alone, and rows until enough were found; phrases are looked for in the rows themselves.
``static/js/static_search.js`` reads them, and must cut a text as ``tokens`` does.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import chain, pairwise
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone

from links.models import Source
from posts.models import RecurringSection, SearchEntry, Tag
from posts.naming import fold
from posts.particles import PARTICLES
from posts.searching.engines.base import Indexed
from posts.searching.hits import ADDRESS, SOURCE, path_of
from posts.searching.stemming import PLURALS
from posts.searching.tokens import is_run

ROWS: Final = 100  # of a file
TOKENS: Final = 400  # of a file, about
MOST_FILES: Final = 1024
BEGINNING: Final = 3  # letters of a word, to its dot, that say in which file it is; of a run one
_COLUMNS: Final = (
    "key", "kind", "date", "place", "facets", "title", "text", "extra", "post__slug",
    "post__title", "post__language",
)  # fmt: skip


def files(at: datetime) -> Iterator[tuple[str, bytes]]:
    """Yield the names and contents of the files that find what readers may see at a moment."""
    seen = Q(item=None) | Q(item__hidden=False)
    entries = SearchEntry.objects.filter(seen, date__lte=at).order_by("key")
    found: defaultdict[str, list[int]] = defaultdict(list)
    names = _Names()
    shown: list[list[Any]] = []
    count = 0
    for row in entries.values_list(*_COLUMNS, ADDRESS, SOURCE).iterator():
        for token, number in _numbered(row, count, names):
            found[token].append(number)
        shown.append(_shown(row))
        count += 1
        if len(shown) == ROWS:
            yield f"rows/{count // ROWS - 1}.json", _json(shown)
            shown = []
    if shown:
        yield f"rows/{count // ROWS}.json", _json(shown)
    yield from _words(found, count)


def _numbered(row: Any, place: int, names: _Names) -> Iterator[tuple[str, int]]:
    """Yield each token of a row with its number, which is odd where a title has the token."""
    key, kind, _date, _place, facets, title, text, extra, *_rest = row
    entry = SearchEntry(key=key, kind=kind, title=title, text=text, extra=extra, facets=facets)
    indexed = Indexed.of(entry)
    titled = set(indexed.title)
    for token in {*titled, *indexed.body}:
        yield token, place * 2 + (token in titled)
    for facet in indexed.facets:
        for token in names.of(facet):
            yield token, place * 2


def _shown(row: Any) -> list[Any]:
    """Return what the script shows of a row, and looks for phrases in."""
    _key, kind, date, place, _facets, *texts, slug, issue, language, address, source = row
    day = timezone.localtime(date).date().isoformat()
    url = path_of(kind, slug or "", place)
    return [kind, day, *texts, url, issue or "", address, source or "", language or ""]


class _Names:
    """The tokens of facets, with the names that filters give instead of keys."""

    def __init__(self) -> None:
        tags = Tag.objects.values_list("pk", "name", "slug")
        sections = RecurringSection.objects.filter(hidden=False).values_list("pk", "title", "slug")
        self.names = {
            "t": {str(pk): ("tag", {fold(name), fold(slug)}) for pk, name, slug in tags},
            "s": {str(pk): ("section", {fold(name), fold(slug)}) for pk, name, slug in sections},
            "h": {
                str(pk): ("source", {fold(name)})
                for pk, name in Source.objects.values_list("pk", "name")
            },
        }

    def of(self, facet: str) -> Iterator[str]:
        """Yield the tokens of a facet such as ``=t12``: ``=tag:rust``."""
        letter, key = facet[1], facet[2:]
        if letter in self.names:
            kind, spellings = self.names[letter].get(key, ("", ()))
            yield from (f"={kind}:{spelling}" for spelling in spellings)
        else:
            yield f"={'year' if letter == 'y' else 'kind'}:{key}"


def _words(found: dict[str, list[int]], count: int) -> Iterator[tuple[str, bytes]]:
    number = 1
    while number < MOST_FILES and number * TOKENS < len(found):
        number *= 2
    files: list[dict[str, list[int]]] = [{} for _ in range(number)]
    for token in sorted(found):
        files[file_of(token, number)][token] = [
            later - earlier for earlier, later in pairwise(chain([0], found[token]))
        ]
    for place, tokens in enumerate(files):
        yield f"words/{place}.json", _json(tokens)
    about = {
        "rows": count,
        "rowsOfFile": ROWS,
        "words": number,
        "particles": sorted(PARTICLES),
        "plurals": PLURALS,
    }
    yield "about.json", _json(about)


def file_of(token: str, number: int) -> int:
    """Return in which of so many files a token is: FNV-1a of what it begins with, in 32 bits.

    So all that a single syllable or a number may begin is in one file. Source:
    draft-eastlake-fnv.
    """
    beginning = token if token[0] == "=" else token[:1] if is_run(token) else _beginning(token)
    value = 0x811C9DC5
    for byte in beginning.encode():
        value = (value ^ byte) * 0x01000193 % 2**32
    return value % number


def _beginning(word: str) -> str:
    start, dot, _more = word[:BEGINNING].partition(".")
    return start + dot


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
