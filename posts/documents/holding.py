"""Whether an author holds an issue back, by any key that generators know for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from posts.documents.entries import EOL, Header, Value
from posts.documents.errors import DocumentError, shown
from posts.documents.keys import (
    HOLDING,
    OPENING,
    STATES,
    is_read,
    plain_key,
    resembling,
    unread_keys,
)
from posts.messages import Message as _

YES: Final = frozenset("true yes on 1 y t 예 네 是 はい".split())
NO: Final = frozenset("false no off 0 n f never none null 아니오 아니요 否 いいえ".split())

_OPEN_STATES: Final = frozenset(
    "published publish public sent live done final finished complete completed released active"
    " confirmed featured everyone all free open visible listed online imported evergreen".split()
) | {"발행", "공개", "완료"}
# Of who may read, or that it is over: publishing all drafts does not mean these.
_CLOSED_STATES: Final = frozenset(
    "private hidden unlisted password protected members paid tiers premium onlypaid onlyfree"
    " founding subscribers subscribersonly membersonly internal secret trash trashed deleted"
    " archive archived skip inherit scheduled future none".split()
) | {"비공개"}
# What a key that may mean anything says of a text that is not done.
_DRAFT_STATES: Final = frozenset(
    "draft drafting wip pending unpublished 초안 작성중 임시저장 草稿 下書き".split()
)
_SCHEDULED: Final = frozenset(("scheduled", "schedule", "future"))
# Keys that also name whom a text is written for: only words that close say something.
_VAGUE: Final = frozenset("access audience emailtype state stage phase workflow 상태 단계".split())


@dataclass(frozen=True, slots=True)
class Hold:
    """Why an issue is no public one; a strict hold is not lifted by publishing all drafts.

    ``is_scheduled``: it becomes public at its date, if that is to come.
    """

    reason: str
    is_strict: bool = False
    is_scheduled: bool = False


def find_hold(header: Header) -> Hold | None:
    """Return what holds an issue back: what a schedule does not lift first, then what is strict."""
    values, spelled = header.values, header.spelled
    meant = [key for key in values if is_read(key)] + list(unread_keys(values))
    holds = [hold for key in meant if (hold := _hold(key, values[key], spelled.get(key, key)))]
    if header.form == "nikola" and not is_opened(values):
        holds += _holds_of_tags(values.get("tags"))
    return min(holds, key=lambda hold: (hold.is_scheduled, not hold.is_strict), default=None)


_SAID: Final = re.compile(
    r"[^\w\r\n]*(\w[\w -]{0,30}?)[\"'*`]*[ \t]*(?:::?|=>?)[ \t\"'*`]*(\w+)[\"'*`]*[^\w\r\n]*"
)
_FIRST_LINES: Final = 40


def find_hold_in_text(text: str) -> Hold | None:
    """Return what the first lines of a text say like a header that is not read as one.

    Only what is clear counts: yes, no, or a state that is no public one.
    """
    for line in re.split(EOL, text)[:_FIRST_LINES]:
        found = _SAID.fullmatch(line)
        key, word = (plain_key(found[1]), plain_key(found[2])) if found else ("", "")
        states = _CLOSED_STATES | _DRAFT_STATES if key in STATES else frozenset[str]()
        plain = YES if key in HOLDING else NO if key in OPENING else states
        if found and word in plain and (hold := _hold(key, found[2], found[1])):
            said = _("its text begins like a header that is not read: “%(said)s”",
                     said=f"{found[1]}: {found[2]}")  # fmt: skip
            return replace(hold, reason=said)
    return None


def _holds_of_tags(tags: Value) -> Iterator[Hold]:
    """Yield what two tags say, as Nikola read them before version 8."""
    for tag in tags.split(",") if isinstance(tags, str) else ():
        if (word := plain_key(tag)) in ("draft", "private"):
            said = _("its header says “%(key)s: %(value)s”", key="tags", value=word)
            yield Hold(said, is_strict=word == "private")


def is_opened(values: Mapping[str, Value]) -> bool:
    """Tell whether a header says in so many words that its issue is public."""
    return any(_opens(key, _word(value)) for key, value in values.items())


def _opens(key: str, word: str) -> bool:
    if key in STATES:
        return key not in _VAGUE and word in _OPEN_STATES
    return word in NO if key == "draft" else key in OPENING and word in YES


def holding_keys(values: Mapping[str, Value]) -> list[str]:
    """Return the plain keys that hold an issue back and can say the contrary."""
    able = (key for key in values if key != "password" and is_read(key))
    return [key for key in able if _hold(key, values[key], key)]


def open_word(key: str) -> str:
    """Return what a plain key says of a public issue."""
    if key in STATES:
        return "public" if "visib" in key else "published"
    return "true" if key in OPENING else "false"


def closed_word(key: str) -> str:
    """Return what a plain key says of a draft."""
    if key in STATES:
        return "private" if "visib" in key else "draft"
    return "false" if key in OPENING else "true"


def _hold(key: str, value: Value, spelled: str) -> Hold | None:
    if key == "build" and isinstance(value, dict):  # of Hugo: whether a page is made, and listed
        parts = [(part, _word(value.get(part))) for part in ("render", "list")]
        found = next((f"{part}: {word}" for part, word in parts if word in NO), "")
        said = _("its header says “%(key)s: %(value)s”", key=spelled, value=found)
        return Hold(said, is_strict=True) if found else None
    if isinstance(value, list) and is_read(key):
        return next((hold for item in value if (hold := _hold(key, item, spelled))), None)
    word = _word(value)
    if not word:
        return None
    if not is_read(key):
        return _hold_of_resembling(key, word, spelled, str(value))
    said = _("its header says “%(key)s: %(value)s”", key=spelled, value=shown(str(value)))
    if key in STATES:
        return _hold_of_state(key, word, said)
    if key == "draft":
        return _hold_of_draft(word, str(value), said)
    if (key in HOLDING and word not in NO) or (key in OPENING and word in NO):
        return Hold(said, is_strict=key not in ("isdraft", "indraft", "wip", "초안"))
    return None


def _hold_of_draft(word: str, value: str, said: _) -> Hold | None:
    if word not in YES | NO:
        text = _("draft: “%(text)s” is neither true nor false", text=shown(value))
        raise DocumentError(text, "draft")
    return Hold(said) if word in YES else None


def _hold_of_state(key: str, word: str, said: _) -> Hold | None:
    if word in _CLOSED_STATES:
        return Hold(said, is_strict=True, is_scheduled=word in _SCHEDULED)
    if word in _OPEN_STATES | YES or (key in _VAGUE and word not in _DRAFT_STATES):
        return None
    return Hold(said)


def _hold_of_resembling(key: str, word: str, spelled: str, value: str) -> Hold | None:
    _piece, meant = resembling(key)
    is_clear = word in ("true", "yes") if meant in HOLDING else word in ("false", "no")
    if not is_clear or meant not in HOLDING | OPENING:
        return None
    return Hold(
        _(
            "its header says “%(key)s: %(value)s”, which is not read (did you mean %(meant)s?)",
            key=spelled,
            value=shown(value),
            meant=meant,
        )
    )


def _word(value: Value) -> str:
    """Return a value as the tables write it; '' for lists and mappings."""
    return plain_key(value) if isinstance(value, str) else ""
