"""How faithfully Markdown is rendered: every issue of the archive against markdown-it-py.

    python -m benchmarks.fidelity [FOLDER …]

The reference is CommonMark with GFM's tables and strikethrough and with bare ``http(s)`` addresses
linked. Both sides are reduced to what a reader sees (text, white space folded) and where it leads
(the set of addresses). Two figures are printed: against the reference as it stands, and against
the reference when every source was changed by the rules that we read Markdown by on purpose
(``benchmarks.input_rules``, no code of the project). For each issue that differs as it stands, the
fewest rules under which it does not are its reason; what is left after that is a defect.
"""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from html import unescape
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from benchmarks.input_rules import RULES, apply_rules, why_not_linked
from posts.documents import parse_issue
from posts.markdown.document import Document
from posts.rendering import read_issue
from tests.corpus import ROOT

_BLOCK_START = re.compile(r"<(?=/?(?:pre|table|div|details|section|figure|li|p|blockquote)\b)")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")

NOT_LINKED = {
    "scheme": "scheme other than http, https, mailto",
    "broken": "host or port that no browser can open",
}


class Reading(NamedTuple):
    """What a reader gets."""

    text: str
    links: frozenset[str]


def main(folders: list[str]) -> int:
    """Compare all issues; 0 if whatever differs has a reason."""
    files = [file for folder in folders for file in sorted((ROOT / folder).rglob("*.md"))]
    if not files:
        print(f"no issues in {ROOT}: set NEWSLETTER_CORPUS")
        return 1
    counts: Counter[str] = Counter()
    for file in files:
        for line in compare(file, counts):
            print(f"{file.parent.name}/{file.name}: {line}")
    report(counts, len(files))
    return 1 if counts["text unexplained"] or counts["links unexplained"] else 0


def report(counts: Counter[str], total: int) -> None:
    """Print the figures."""

    def line(words: str, count: int) -> None:
        print(f"{words:<66}{count:>6}  {count / total:>8.2%}")

    print()
    line("issues", total)
    line("text equal to the reference as it stands", counts["text equal"])
    line("text equal to the reference given the same input rules", counts["text equal by rules"])
    print("what the others, different as they stand, differ by:")
    for rule, words in RULES.items():
        line(f"  {words}", counts[f"text: {rule}"])
    line("  nothing that is on purpose", counts["text unexplained"])
    line("links complete", counts["links complete"])
    print("what those of the others are that are not linked:")
    for reason, words in NOT_LINKED.items():
        line(f"  {words}", counts[f"links: {reason}"])
    line("  nothing that is on purpose", counts["links unexplained"])
    print(f"CPU seconds: ours {counts['ours'] / 1e9:.1f}, markdown-it {counts['theirs'] / 1e9:.1f}")


def compare(file: Path, counts: Counter[str]) -> Iterator[str]:
    """Compare one issue, yielding a line for each thing that differs."""
    issue = parse_issue(file.read_bytes(), file.name)
    body = re.sub(r"\r\n?", "\n", issue.body)
    ours = reading(timed(counts, "ours", lambda: render_sections(issue)))
    theirs = reading(timed(counts, "theirs", lambda: reference().render(body)))
    by_rules = reading(reference().render(apply_rules(body)))
    counts["text equal"] += ours.text == theirs.text
    counts["text equal by rules"] += ours.text == by_rules.text
    if ours.text != theirs.text:
        rules = explain(body, ours.text)
        counts.update(f"text: {rule}" for rule in rules)
        yield from (f"text: {RULES[rule]}" for rule in rules)
        if not rules:
            counts["text unexplained"] += 1
            yield f"text differs: {first_difference(by_rules.text, ours.text)}"
    missing = (link for link in theirs.links - ours.links if unescape(link) not in ours.links)
    yield from compare_links(frozenset(missing), counts)


def compare_links(missing: frozenset[str], counts: Counter[str]) -> Iterator[str]:
    """Say why links of the reference are not ours."""
    reasons = {link: why_not_linked(link) for link in missing}
    for reason in sorted({*reasons.values()} - {""}):
        counts[f"links: {reason}"] += 1
        yield f"not linked: {NOT_LINKED[reason]}"
    if lost := sorted(link for link, reason in reasons.items() if not reason):
        counts["links unexplained"] += 1
        yield f"links missing: {lost[:5]}"
    counts["links complete"] += not missing


def explain(body: str, ours: str) -> tuple[str, ...]:
    """The fewest rules under which the reference reads as we do, () if none suffice."""
    for size in range(1, len(RULES) + 1):
        for rules in combinations(RULES, size):
            if reading(reference().render(apply_rules(body, rules))).text == ours:
                return rules
    return ()


def reference() -> MarkdownIt:
    """The reference renderer."""
    md = MarkdownIt("commonmark", {"html": True, "linkify": True})
    md.enable(["table", "strikethrough", "linkify"])
    linkify: Any = md.linkify
    linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    for scheme in ("mailto:", "ftp:", "//"):
        linkify.add(scheme, None)
    return md


def render_sections(issue: Any) -> str:
    """The HTML we make of an issue."""
    return "".join(read_issue(Document(issue.body)).to_html())


def reading(html: str) -> Reading:
    """What a reader gets of some HTML: no scripts, blocks apart, no links within the page."""
    tree = LexborHTMLParser(_BLOCK_START.sub("\n<", html))
    for hidden in tree.css("script, style, svg"):
        hidden.decompose()
    links = frozenset(link.attributes.get("href") or "" for link in tree.css("a[href]"))
    body = tree.body
    text = body.text(separator="") if body else ""
    return Reading(
        " ".join(_CONTROL.sub("", text).split()), frozenset(url for url in links if url[:1] != "#")
    )


def timed(counts: Counter[str], who: str, work: Callable[[], str]) -> str:
    """Do some work and add its CPU time, in nanoseconds, to the counts."""
    start = time.process_time_ns()
    result = work()
    counts[who] += time.process_time_ns() - start
    return result


def first_difference(theirs: str, ours: str) -> str:
    """Both texts around the first place where they differ."""
    pairs = enumerate(zip(theirs, ours, strict=False))
    place = next((n for n, (a, b) in pairs if a != b), min(len(theirs), len(ours)))
    window = slice(max(0, place - 40), place + 40)
    return f"wanted {theirs[window]!r}, got {ours[window]!r}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["seed", "twir", "ainews"]))
