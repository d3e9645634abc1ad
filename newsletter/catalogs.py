"""GNU gettext catalogues: read a .po, write the .mo.

The formats: https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html and …/MO-Files.html
"""

import ast
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

MAGIC = 0x950412DE
CONTEXT_END = "\x04"
FORM_END = "\x00"
LINE = re.compile(r'(?:(msgctxt|msgid_plural|msgid|msgstr(?:\[\d+\])?)\s+)?("(?:[^"\\]|\\.)*")')


class CatalogError(ValueError):
    """A .po file that breaks the rules of its format, or leaves out a plural form."""


@dataclass(slots=True)
class Entry:
    """A message: the strings by keyword, and whether a translator still has to look at it."""

    texts: dict[str, str] = field(default_factory=dict)
    fuzzy: bool = False

    @property
    def key(self) -> str:
        """What the program looks up."""
        context = self.texts.get("msgctxt")
        plural = self.texts.get("msgid_plural")
        key = self.texts["msgid"]
        key = key if context is None else f"{context}{CONTEXT_END}{key}"
        return key if plural is None else f"{key}{FORM_END}{plural}"

    @property
    def translation(self) -> str:
        """What it gets; '' where nothing usable stands."""
        if self.fuzzy and self.texts["msgid"]:
            return ""
        forms = [text for word, text in self.texts.items() if word.startswith("msgstr")]
        return FORM_END.join(forms) if forms and all(forms) else ""


def compile_catalog(source: str) -> bytes:
    """Return the .mo of a .po; untranslated and fuzzy messages are left out, as msgfmt does.

    Raises `CatalogError` with the number of a line that cannot be read, or the second time a
    message is defined.
    """
    found: dict[str, str] = {}
    for entry in read_entries(source):
        if entry.key in found:
            raise CatalogError(f"the message {entry.texts['msgid']!r} stands here twice")
        found[entry.key] = entry.translation
    return _pack({key: text for key, text in found.items() if text})


def read_entries(source: str) -> Iterator[Entry]:
    """Yield the messages of a .po in their order, obsolete ones (`#~`) left out."""
    entry = Entry()
    word = ""
    for number, line in enumerate(source.split("\n"), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            if "msgid" in entry.texts:
                yield entry
                entry, word = Entry(), ""
            entry.fuzzy |= stripped.startswith("#,") and "fuzzy" in stripped
            continue
        match = LINE.fullmatch(stripped)
        if match is None or not (match[1] or word):
            raise CatalogError(f"line {number} is not part of a message: {stripped}")
        if match[1] in {"msgctxt", "msgid"} and any(
            key.startswith("msgstr") for key in entry.texts
        ):
            yield entry
            entry = Entry()
        word = match[1] or word
        entry.texts[word] = entry.texts.get(word, "") + ast.literal_eval(match[2])
    if "msgid" in entry.texts:
        yield entry


def _pack(messages: dict[str, str]) -> bytes:
    """Lay the sorted messages out as two tables of lengths and offsets, then the strings."""
    pairs = sorted((key.encode(), text.encode()) for key, text in messages.items())
    header_size, row_size = 28, 8
    keys_at = header_size
    texts_at = keys_at + row_size * len(pairs)
    offset = texts_at + row_size * len(pairs)
    tables: list[bytes] = []
    strings: list[bytes] = []
    for column in zip(*pairs, strict=True):
        for text in column:
            tables.append(struct.pack("<II", len(text), offset))
            strings.append(text + b"\0")
            offset += len(text) + 1
    header = struct.pack("<7I", MAGIC, 0, len(pairs), keys_at, texts_at, 0, header_size)
    return header + b"".join(tables) + b"".join(strings)
