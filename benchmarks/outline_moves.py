"""Random moves of sections and items, and edits of items, over the archive of real issues.

Each is done by the script of the outline in Chromium, on the sections that the server reads. Only
the lines between the two places may differ; the text then reads as the same headings and items;
and moving back gives every byte back.

    python -m benchmarks.outline_moves [MOVES] [SEED]      (default: 1000 1)
"""

from __future__ import annotations

import difflib
import os
import random
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.project import fresh_project
from tests.corpus import ROOT

Json = dict[str, Any]

SCRIPT = Path(__file__).resolve().parent.parent / "static" / "js" / "admin" / "writing" / "moves.js"
KINDS = ("section", "step", "entry", "transfer", "edit")
RUN = """([text, sections, call]) => {
  const moves = window.writingMoves;
  const [name, ...given] = call;
  if (name === "edit") {
    const item = moves.readItem(text, sections[given[0]], given[1]);
    if (!item) return null;
    const values = {
      title: item.title.value, address: item.address.value, note: item.note ? item.note.value : "",
    };
    const same = moves.editItem(text, item, values);
    const change = moves.editItem(text, item, { ...values, ...given[2] });
    return { same, change, item, after: change && moves.apply(text, change) };
  }
  const change = name === "step"
    ? ((before) => before === null ? null : moves.moveSection(text, sections, given[0], before))(
        moves.stepOfSection(sections, ...given))
    : moves[name](text, sections, ...given);
  return change && { change, after: moves.apply(text, change) };
}"""


class Trial:
    """One issue and one thing that is done to it."""

    def __init__(self, page: Page, name: str, text: str, chance: random.Random) -> None:
        self.page, self.name, self.text, self.chance = page, name, text, chance
        self.lines = text.split("\n")
        self.sections = read(text)

    def run(self, kind: str) -> list[str] | None:
        """Do something of a kind; return what is wrong, or None where there is nothing to do."""
        try:
            found: list[str] | None = getattr(self, f"_{kind}")()
        except Exception as error:  # noqa: BLE001 (whatever it is, it is a fault of the script)
            found = [f"{kind}: {error}"]
        return None if found is None else [f"{self.name}: {kind}: {fault}" for fault in found]

    def _call(self, text: str, sections: list[Json], *call: Any) -> Json | None:
        done: Json | None = self.page.evaluate(RUN, [text, sections, call])
        return done

    def _section(self) -> list[str] | None:
        at, before = (self.chance.randrange(len(self.sections) + 1) for _ in "ab")
        if at == len(self.sections):
            return None
        done = self._call(self.text, self.sections, "moveSection", at, before)
        if done is None:
            return None
        end = at + 1
        while end < len(self.sections) and self.sections[end]["level"] > self.sections[at]["level"]:
            end += 1
        first, last = (before, end) if before < at else (at, before)
        start = self.sections[first]["start"]
        stop = self.sections[last]["start"] if last < len(self.sections) else len(self.lines)
        faults = self._moved(done, start, stop)
        now = read(done["after"])
        place = next(n for n, row in enumerate(now) if row["start"] == done["change"]["line"])
        count = end - at
        back = self._back(done["after"], now, place, count, at if before > at else end)
        return faults + self._restored(back, done)

    def _back(self, text: str, now: list[Json], place: int, count: int, to: int) -> Json | None:
        """Move back, unless sections of lower rank stand behind the moved one now and go along."""
        if all(row["level"] > now[place]["level"] for row in now[place + 1 : place + count]) and (
            place + count == len(now) or now[place + count]["level"] <= now[place]["level"]
        ):
            return self._call(text, now, "moveSection", place, to)
        return {"after": self.text}

    def _step(self) -> list[str] | None:
        at = self.chance.randrange(len(self.sections)) if self.sections else 0
        step = self.chance.choice((-1, 1))
        done = self._call(self.text, self.sections, "step", at, step) if self.sections else None
        return None if done is None else self._moved(done, 0, len(self.lines))

    def _entry(self) -> list[str] | None:
        if (chosen := self._choose()) is None:
            return None
        number, at = chosen
        row = self._row(self.sections, number, at)
        to = self.chance.randrange(len(row))
        done = self._call(self.text, self.sections, "moveEntry", number, at, to)
        if done is None:
            return None
        ends = sorted((row.index(at), to))
        section, entries = self.sections[number], self.sections[number]["entries"]
        start, stop = (section["start"] + entries[row[ends[n]]][n] for n in (0, 1))
        faults = self._moved(done, start, stop)
        now = read(done["after"])
        found = _at_line(now, done["change"]["line"], entries[at][2])
        if found is None:
            return [*faults, "the entry is not where it should be"]
        back = self._call(done["after"], now, "moveEntry", *found, row.index(at))
        return faults + self._restored(back, done)

    def _transfer(self) -> list[str] | None:
        source, target = self._choose(), self._choose()
        if source is None or target is None:
            return None
        is_same = source[0] == target[0] and target[1] in self._row(self.sections, *source)
        if is_same:
            return None
        behind = self.chance.random() < 0.5
        done = self._call(self.text, self.sections, "transfer", source, target, behind)
        if done is None:
            return None
        spans = [self._span(place) for place in (source, target)]
        start, stop = min(a for a, _ in spans), max(b for _, b in spans)
        row = self._row(self.sections, *source)
        place = row.index(source[1])
        margin = max(self._gap(source[0], row, n) for n in (place, place + 1))
        return self._moved(done, start - margin, stop + margin, is_exact=False)

    def _edit(self) -> list[str] | None:
        if (chosen := self._choose()) is None:
            return None
        word = self.chance.choice(("Other", "다른 [글]", "C* `code` _x_", "a ] b"))
        wanted = {
            "title": {"title": word},
            "address": {"address": "https://other.example.org/a_(b)?c=d&e=f"},
            "note": {"note": f"A note: {word}"},
        }[name := self.chance.choice(("title", "address", "note"))]
        done = self._call(self.text, self.sections, "edit", *chosen, wanted)
        if done is None or (done["change"] is None and name == "note"):
            return None
        words = done["item"]["words"]
        faults = [f"an edit without a change changes: {words}"] if done["same"] else []
        start, stop = self._span(chosen)
        faults += self._outside(done["after"], start, stop)
        now = read(done["after"])
        found = _at_line(now, start, self.sections[chosen[0]]["entries"][chosen[1]][2])
        if found is None:
            return [*faults, f"the item is gone: {done['after'].split(chr(10))[start]}"]
        entry = now[found[0]]["entries"][found[1]]
        if name == "address" and entry[5] != wanted["address"]:
            faults.append(f"the address is {entry[5]}")
        item = done["item"]
        if "\n" in item["words"][item["title"]["from"] : item["title"]["to"]]:
            return faults  # a title that is changed stands on one line
        old = {key: item[key]["value"] for key in ("title", "address", "note") if item[key]}
        back = self._call(done["after"], now, "edit", *found, old)
        if back is None or back["change"] is None:
            return [*faults, f"not changed back: {item['words']!r} {wanted}"]
        return faults + self._restored(back, done)

    def _choose(self) -> tuple[int, int] | None:
        places = [
            (number, at)
            for number, section in enumerate(self.sections)
            for at in range(len(section["entries"]))
        ]
        return self.chance.choice(places) if places else None

    def _span(self, place: tuple[int, int]) -> tuple[int, int]:
        section = self.sections[place[0]]
        start, end = section["entries"][place[1]][:2]
        return section["start"] + start, section["start"] + end

    def _gap(self, number: int, row: list[int], place: int) -> int:
        if not 0 < place < len(row):
            return 0
        entries = self.sections[number]["entries"]
        return int(entries[row[place]][0] - entries[row[place - 1]][1])

    @staticmethod
    def _row(sections: list[Json], number: int, at: int) -> list[int]:
        entries = sections[number]["entries"]
        return [n for n, entry in enumerate(entries) if entry[2] == entries[at][2]]

    def _moved(self, done: Json, start: int, stop: int, *, is_exact: bool = True) -> list[str]:
        after = done["after"]
        faults = self._outside(after, start, stop)
        old, new = (Counter(map(_bare, text.split("\n"))) for text in (self.text, after))
        old.pop("", None), new.pop("", None)
        if old != new:
            faults.append(f"other lines: {list((old - new) + (new - old))[:3]}")
        now, was = _contents(read(after)), _contents(self.sections)
        if now != was:
            faults.append(f"it reads as something else: {list(was - now)} {list(now - was)}")
        if is_exact and len(after.split("\n")) != len(self.lines):
            faults.append("a blank line was added")
        return faults

    def _outside(self, after: str, start: int, stop: int) -> list[str]:
        lines, behind = after.split("\n"), len(self.lines) - stop
        same = lines[:start] == self.lines[:start]
        same &= lines[len(lines) - behind :] == self.lines[stop:]
        return [] if same else ["lines elsewhere differ"]

    def _restored(self, back: Json | None, done: Json) -> list[str]:
        after = done["after"] if back is None else back["after"]
        if after == self.text:
            return []
        differs = difflib.unified_diff(self.lines, after.split("\n"), n=0, lineterm="")
        return ["back, it is not the text it was:", *list(differs)[3:9]]


def read(text: str) -> list[Json]:
    """Return the sections of a text as the browser knows them."""
    from posts.proofs.entries import entries_of  # noqa: PLC0415 (only after django.setup)
    from posts.proofs.parts import Part, prove  # noqa: PLC0415

    proof = prove(Part(text))
    assert proof is not None
    return [
        {
            "start": proof.span(place)[0],
            "lines": proof.span(place)[1] - proof.span(place)[0],
            "end": proof.ends(place),
            "level": proof.parsed.sections[place].level,
            "heading": proof.parsed.sections[place].heading,
            "entries": entries_of(proof.parsed, place),
        }
        for place in proof.places
    ]


def _contents(sections: list[Json]) -> Counter[object]:
    rows = [(row["level"], row["heading"]) for row in sections if row["level"]]
    entries = [tuple(entry[4:]) for row in sections for entry in row["entries"]]
    return Counter([*rows, *entries])


def _bare(line: str) -> str:
    """Return a line without what a place in a list makes of it: indentation, marker, number."""
    return re.sub(r"^\s*(?:[-*+]|\d+[.)])?\s*", "", line)


def _at_line(sections: list[Json], line: int, of: int) -> tuple[int, int] | None:
    rows = [
        (number, at)
        for number, section in enumerate(sections)
        for at, entry in enumerate(section["entries"])
        if section["start"] + entry[0] == line
    ]
    exact = [place for place in rows if sections[place[0]]["entries"][place[1]][2] == of]
    return next(iter(exact or rows), None)


def texts(chance: random.Random) -> Iterator[tuple[str, str]]:
    """Yield issues of the archive in any order, again and again, as browsers show them."""
    from posts.documents import DocumentError, parse_issue  # noqa: PLC0415

    files = [path for path in sorted(ROOT.glob("*/**/*.md")) if path.stem != "README"]
    while True:
        chance.shuffle(files)
        for path in files:
            try:
                body = parse_issue(path.read_bytes(), path.name).body
            except DocumentError:
                continue
            yield path.name, body.replace("\r\n", "\n").replace("\r", "\n")


def main(count: int, seed: int) -> int:
    """Try moves and print what came of them; return 1 where one did more than it should."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
    results: Counter[str] = Counter()
    faults: list[str] = []
    with fresh_project(), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
        page = browser.new_page()
        page.add_script_tag(path=SCRIPT)
        for number, (name, text) in enumerate(texts(chance)):
            kind = KINDS[number % len(KINDS)]
            found = Trial(page, name, text, chance).run(kind)
            results[kind] += found is not None
            faults += found or ()
            if results.total() >= count:
                break
        browser.close()
    for what, tried in sorted(results.items()):
        print(f"{what:<12}{tried:>6}")
    print(*faults, sep="\n")
    print(f"{len(faults)} faults in {results.total()} (target 0)")
    return int(bool(faults))


def _chromium() -> str | None:
    named = os.environ.get("CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("chromium-browser")


if __name__ == "__main__":
    given = [int(value) for value in sys.argv[1:]]
    sys.exit(main(*(given + [1000, 1][len(given) :])))
