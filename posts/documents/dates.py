"""Dates as headers and file names write them."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from posts.documents.errors import DocumentError, shown
from posts.messages import Message as _

Moment: TypeAlias = datetime | date

# Seconds or milliseconds since 1970, from 2001 on.
_COUNTED: Final = re.compile(r"1\d{9}(?:\d{3})?")
_MONTHS: Final = {
    name.lower(): number
    for names in (calendar.month_name, calendar.month_abbr)
    for number, name in enumerate(names)
    if name
} | {"sept": 9}
# German, French, Spanish, Italian, Portuguese and Dutch.
_FOREIGN_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "januar jänner janvier enero gennaio janeiro januari",
            "februar février fevrier febrero febbraio fevereiro februari",
            "märz maerz mars marzo março marco maart",
            "avril abril aprile",
            "mai mayo maggio maio mei",
            "juni juin junio giugno junho",
            "juli juillet julio luglio julho",
            "august août aout agosto augustus",
            "septembre septiembre settembre setembro",
            "oktober octobre octubre ottobre outubro",
            "novembre noviembre novembro",
            "dezember décembre decembre diciembre dicembre dezembro december",
        ),
        1,
    )
    for name in names.split()
}
_MONTH: Final = "|".join(sorted(_MONTHS, key=len, reverse=True))
_ORDINAL: Final = "(?:st|nd|rd|th)?"
_WEEKDAY: Final = "(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*"

_DAY = (
    r"(?P<y>\d{4})(?P<s>[-/.]|\. )(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})\.?"
    r"|(?P<yc>\d{4}) ?[年년] ?(?P<mc>\d{1,2}) ?[月월] ?(?P<dc>\d{1,2}) ?[日일]"
)
# "5. Januar 2026", "lundi 5 janvier 2026", "5 de enero de 2026".
_FOREIGN: Final = re.compile(
    r"(?:[^\W\d]+,? )?(?P<d>\d{1,2})(?:\.|er|º|°)? (?:de )?(?P<m>[^\W\d]{3,12})\.?,? (?:de )?"
    r"(?P<y>\d{4})"
)
_DAYS: Final = (
    re.compile(_DAY),
    re.compile(
        rf"(?:{_WEEKDAY},? )?"
        rf"(?:(?P<m>{_MONTH})\.? (?P<d>\d{{1,2}}){_ORDINAL},?"
        rf"|(?P<d2>\d{{1,2}}){_ORDINAL}[ -](?P<m2>{_MONTH})\.?,?)[ -](?P<y>\d{{4}})",
        re.IGNORECASE,
    ),
    _FOREIGN,
)
# As `date` prints it, with the year at the end.
_YEAR_LAST: Final = re.compile(
    rf"({_WEEKDAY} (?:{_MONTH}) \d{{1,2}}) (\d{{1,2}}:[\d:]+(?: [A-Z]+)?) (\d{{4}})", re.IGNORECASE
)
# What may follow a day: its name in brackets, the time, a zone, and the name of this in brackets.
_DAY_NAME: Final = re.compile(
    rf" ?[(（](?:{_WEEKDAY}|[월화수목금토일月火水木金土日](?:요일|曜日)?)[)）]", re.IGNORECASE
)
_CLOCK: Final = re.compile(
    r"(?:[Tt]|,? (?:at )?)(?:(?P<before>오전|오후|午前|午後|上午|下午) ?)?"
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?"
    r"(?: ?(?P<after>[AaPp])\.?[Mm]\.?)?"
    r"(?: ?(?P<zone>(?:UTC|GMT)?[+-]\d{2}(?::?\d{2})?|[A-Za-z]{1,4}"
    r"|[A-Z][A-Za-z_]+/[A-Za-z_/]+))?(?: ?(?:\([^()]*\)|\[[^\[\]]*\]))?"
)
_AFTERNOONS: Final = frozenset(("오후", "午後", "下午", "P", "p"))
# Hours from UTC; those of North America are RFC 5322's.
_ZONES: Final = dict.fromkeys(("Z", "UTC", "GMT", "UT", "WET"), 0) | {
    "KST": 9, "JST": 9, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "WEST": 1, "MSK": 3,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip

# What stands in file names, from the surest form to the least: a day, a week, a month.
_IN_NAMES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<!\d)(?P<y>\d{4})(?P<s>[-_. ]|\. )(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})(?!\d)",
        r"(?<!\d)(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:\d{4}|\d{6})?(?!\d)",
        r"(?<!\d)(?P<y>\d{4}) ?[年년][ _-]?(?P<m>\d{1,2}) ?[月월][ _-]?(?P<d>\d{1,2}) ?[日일]",
        r"\A(?P<yy>\d{2})-(?P<m>\d{2})-(?P<d>\d{2})(?!\d)",
        rf"(?<!\d)(?P<d>\d{{1,2}}){_ORDINAL}[ _.-](?P<month>{_MONTH}),?[ _.-](?P<y>\d{{4}})(?!\d)",
        rf"(?<![a-z])(?P<month>{_MONTH})[ _.-](?P<d>\d{{1,2}}){_ORDINAL}(?:,? |[_.-])"
        r"(?P<y>\d{4})(?!\d)",
        rf"(?<!\d)(?P<y>\d{{4}})[ _.-](?P<month>{_MONTH})[ _.-](?P<d>\d{{1,2}})(?!\d)",
        r"(?<!\d)(?P<y>\d{4})-?W(?P<week>\d{2})(?!\d)",
        r"(?<!\d)(?P<y>\d{4}) ?[年년][ _-]?(?P<m>\d{1,2}) ?[月월]",
        r"(?<!\d)(?P<y>\d{4})[-_.](?P<m>\d{1,2})(?!\d)",
        r"(?<!\d)(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?!\d)",
        rf"(?<![a-z])(?P<month>{_MONTH})[ _.-]?(?P<y>\d{{4}})(?!\d)",
        rf"(?<!\d)(?P<y>\d{{4}})[ _.-]?(?P<month>{_MONTH})(?![a-z])",
    )
)
_FOLDERS: Final = re.compile(
    r"(?:\A|/)(?P<y>(?:19|20)\d{2})/(?P<m>\d{1,2})"
    r"(?:[-/](?P<d>\d{2})(?=[/_. -])|(?=/)|(?=\.\w+\Z))"
)
_ENDING: Final = re.compile(r"\.(?:md|markdown)$", re.IGNORECASE)
_GAP: Final = re.compile(r"[\s_.-]")
_YEARS: Final = range(1970, 2100)
"""What years a number in a file name may mean."""


def parse_date(text: str, key: str = "date") -> Moment:
    """Read a date or date and time, and no number that might be something else.

    ISO 8601, "2014-11-17 12:30", "2024. 5. 10.", "2024년 5월 10일", "May 10, 2024", "10 May 2024",
    RFC 5322, what JavaScript and ``date`` print, and the seconds that programs count. A bare date
    stays a date; a time without zone stays naive. What follows a date and is not understood makes
    it none. Raises DocumentError naming the value.
    """
    stripped = text.strip().strip("\"'").strip()
    try:
        moment = _parse(" ".join(stripped.split()))
    except (ValueError, LookupError, OSError):
        moment = None
    if moment is None:
        raise DocumentError(
            _(
                "%(key)s: “%(text)s” is not a date; write it as 2024-05-10 or 2024-05-10 12:30",
                key=key,
                text=shown(text),
            ),
            key,
        )
    if not 1900 <= moment.year <= 2999:  # so that no time zone can push it off the calendar
        raise DocumentError(
            _(
                "%(key)s: “%(text)s” is not between the years 1900 and 2999",
                key=key,
                text=shown(text),
            ),
            key,
        )
    return moment


def as_moment(value: Moment) -> datetime:
    """Return a date as a moment that can be compared with others, without a zone in UTC."""
    if not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _parse(text: str) -> Moment | None:
    if _COUNTED.fullmatch(text):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    text = _YEAR_LAST.sub(r"\1 \3 \2", text, count=1)
    for pattern in _DAYS:
        if (found := pattern.match(text)) is None:
            continue
        named = _DAY_NAME.match(text, found.end())
        end = named.end() if named else found.end()
        if end == len(text):
            return _day(found)
        clock = _CLOCK.fullmatch(text, end)
        return datetime.combine(_day(found), _time(clock)) if clock else None
    return None


def _day(found: re.Match[str]) -> date:
    parts = {name[0]: part for name, part in found.groupdict().items() if part}
    month = parts["m"].lower()
    number = _MONTHS.get(month) or _FOREIGN_MONTHS.get(month) or int(month)
    return date(int(parts["y"]), number, int(parts["d"]))


def _time(found: re.Match[str]) -> time:
    hour = int(found["hour"])
    if half := found["before"] or found["after"]:
        hour = hour % 12 + (12 if half in _AFTERNOONS else 0)
    part = int((found["part"] or "0")[:6].ljust(6, "0"))
    zone = _zone(found["zone"]) if found["zone"] else None
    return time(hour, int(found["minute"]), int(found["second"] or 0), part, zone)


def _zone(text: str) -> tzinfo:
    if "/" in text:
        return ZoneInfo(text)
    offset = text.removeprefix("UTC").removeprefix("GMT")
    if offset[:1] not in ("+", "-"):
        return timezone(timedelta(hours=_ZONES[text.upper()]))
    digits = offset[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


# --- File names -------------------------------------------------------------------------------


def date_in_name(name: str) -> date | None:
    """Return the date in a file's name, or in those of its folders.

    A week is its Monday, a month its first day, which is nearer than any guess. Forms whose order
    depends on the country (10-05-2024) are not read. Raises DocumentError, in words, if the file's
    name has a day that the calendar does not have.
    """
    found = _date_in_stem(_stem(name))
    if found is not None:
        if found[0] is None:
            raise DocumentError(_("“%(day)s” in the file name is no date", day=found[1][0]))
        return found[0]
    path = name.replace("\\", "/")
    folders = _FOLDERS.search(path)
    if folders:
        return _date_of(folders)
    dated = (_date_in_stem(folder) for folder in reversed(path.split("/")[:-1]))
    return next((found[0] for found in dated if found), None)


def date_in(title: str) -> date | None:
    """Return the day that a title says, if it says one."""
    found = _date_in_stem(title)
    return found[0] if found and found[0] and found[1].groupdict().get("d") else None


def title_in_name(name: str) -> str:
    """Return a title made of a file name: without folder, ending and a day it starts with."""
    stem = _stem(name)
    found = _date_in_stem(stem)
    if found is None:
        return _words(stem) or stem
    start, end = found[1].span()
    after = _words(stem[end:])
    if not start and after and "d" in found[1].groupdict():
        return after
    parts = [_words(stem[:start]), found[1][0], after]
    gaps = [stem[max(0, start - 1) : start], stem[end : end + 1]]
    if parts[0] and not _GAP.match(gaps[0]):
        parts[:2] = [parts[0] + parts[1]]
    if after and not _GAP.match(gaps[1]):
        parts[-2:] = [parts[-2] + after]
    return " ".join(filter(None, parts))


def _words(text: str) -> str:
    return " ".join(re.split(r"[\s_-]+", text)).strip(" .")


def _stem(name: str) -> str:
    """Return a file's name without its ending; of an index, its folder's."""
    stem = _ENDING.sub("", base_name(name))
    folder = name.replace("\\", "/").rpartition("/")[0]
    return base_name(folder) if folder and stem.lower() == "index" else stem


def base_name(name: str) -> str:
    """Return the last part of a path written with either kind of slash."""
    return name.replace("\\", "/").rsplit("/", 1)[-1]


def _date_in_stem(stem: str) -> tuple[date | None, re.Match[str]] | None:
    """Return the date of a name and where it stands; None for a day that does not exist."""
    wrong: re.Match[str] | None = None
    for pattern in _IN_NAMES:
        for found in pattern.finditer(stem):
            if wrong is not None and found.start() < wrong.end() and wrong.start() < found.end():
                continue  # the month of a day that does not exist
            if (day := _date_of(found)) is not None:
                return day, found
            if wrong is None and _is_day(found):
                wrong = found
    return (None, wrong) if wrong else None


def _is_day(found: re.Match[str]) -> bool:
    """Tell whether a match names a month, and a day of it, whether it has that many or not."""
    parts = found.groupdict()
    is_month = parts.get("month") or 1 <= int(parts.get("m") or 0) <= 12
    return bool(parts.get("d") and is_month and int(parts.get("y") or 0) in _YEARS)


def _date_of(found: re.Match[str]) -> date | None:
    parts = found.groupdict()
    year = int(parts.get("y") or f"20{parts.get('yy')}")
    month = _MONTHS[parts["month"].lower()] if parts.get("month") else int(parts.get("m") or 1)
    try:
        if parts.get("week"):
            return date.fromisocalendar(year, int(parts["week"]), 1) if year in _YEARS else None
        return date(year, month, int(parts.get("d") or 1)) if year in _YEARS else None
    except ValueError:
        return None
