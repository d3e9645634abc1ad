"""How faithfully Markdown is rendered: every issue of the archive against markdown-it-py.

    python -m benchmarks.fidelity [FOLDER …]

The reference is CommonMark with GFM's tables and strikethrough and with bare ``http(s)`` addresses
linked. Both sides are reduced to what a reader sees (text, white space folded) and where it leads
(the set of addresses). Where we differ on purpose, the reference is asked once more with that one
reading changed, and the reason is printed; what is left after that is a defect.
"""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from posts.documents import parse_issue
from posts.markdown.html import is_known_tag
from posts.markdown.references import is_linkable
from posts.rendering import read_issue
from tests.corpus import ROOT

_GLUED_COMMENT = re.compile(r"(?m)^([ ]{0,3}(?:>[ ]?)*)<!--(?:(?!-->)[^\n])*-->(?=[ ]*\S)")
_TAG_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9-]*)")
_BLOCK_START = re.compile(r"<(?=/?(?:pre|table|div|details|section|figure|li|p|blockquote)\b)")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_UNKNOWN_SCHEME = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^<>\s]*)>")

REASONS = {
    "comment": "comment before text dropped, the text is Markdown",
    "tag": "tag unknown to HTML (Vec<T>) shown as text",
    "scheme": "scheme other than http, https, mailto not linked",
    "broken": "host or port that no browser can open not linked",
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
    total = len(files)
    print(f"\n{'issues':<58}{total:>6}")
    for label in ("text equal", "links complete"):
        print(f"{label:<58}{counts[label]:>6}  {counts[label] / total:.2%}")
        explained = total - counts[f"{label.split()[0]} unexplained"]
        print(f"{'  or different for a reason below':<58}{explained:>6}  {explained / total:.2%}")
    for reason, words in REASONS.items():
        print(f"  {words:<56}{counts[reason]:>6}")
    print(f"CPU seconds: ours {counts['ours'] / 1e9:.1f}, markdown-it {counts['theirs'] / 1e9:.1f}")
    return 1 if counts["text unexplained"] or counts["links unexplained"] else 0


def compare(file: Path, counts: Counter[str]) -> Iterator[str]:
    """Compare one issue, yielding a line for each thing that differs."""
    issue = parse_issue(file.read_bytes(), file.name)
    body = re.sub(r"\r\n?", "\n", "".join(section.source for section in issue.sections))
    ours = reading(timed(counts, "ours", lambda: render_sections(issue)))
    theirs = reading(timed(counts, "theirs", lambda: reference().render(body)))
    reasons: list[str] = []
    if ours.text != theirs.text:
        reasons, explained = explain(body, ours.text)
        if not explained:
            counts["text unexplained"] += 1
            wanted = reading(reference(*reasons).render(changed(body, reasons)))
            yield f"text differs: {first_difference(wanted.text, ours.text)}"
    else:
        counts["text equal"] += 1
    missing = set(theirs.links - ours.links)
    refused = {link for link in missing if not is_linkable(link)}
    reasons += ["broken" if re.match(r"(?:https?:)?//", link) else "scheme" for link in refused]
    missing -= refused
    if missing:
        counts["links unexplained"] += 1
        yield f"links missing: {sorted(missing)[:5]}"
    elif not refused:
        counts["links complete"] += 1
    for reason in dict.fromkeys(reasons):
        counts[reason] += 1
        yield REASONS[reason]


def explain(body: str, ours: str) -> tuple[list[str], bool]:
    """The reasons under which the reference reads as we do, or all that apply if none suffice."""
    applying = []
    if _GLUED_COMMENT.search(body):
        applying.append("comment")
    if any(not is_known_tag(name) for name in _TAG_NAME.findall(body)):
        applying.append("tag")
    if any(not is_linkable(url) for url in _UNKNOWN_SCHEME.findall(body)):
        applying.append("scheme")
    for reasons in ([reason] for reason in applying):
        if reading(reference(*reasons).render(changed(body, reasons))).text == ours:
            return reasons, True
    wanted = reading(reference(*applying).render(changed(body, applying))).text
    return applying, wanted == ours


def changed(body: str, reasons: list[str]) -> str:
    """The source as the reference must see it to read it as we do."""
    if "comment" in reasons:
        body = _GLUED_COMMENT.sub(r"\1", body)
    return body


def reference(*reasons: str) -> MarkdownIt:
    """The reference renderer, with some of our readings."""
    md = MarkdownIt("commonmark", {"html": True, "linkify": True})
    md.enable(["table", "strikethrough", "linkify"])
    linkify: Any = md.linkify
    linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    for scheme in ("mailto:", "ftp:", "//"):
        linkify.add(scheme, None)
    if "tag" in reasons:
        md.add_render_rule("html_inline", _render_known_tags)
    if "scheme" in reasons:
        plain = md.validateLink
        md.validateLink = lambda url: plain(url) and is_linkable(url)  # type: ignore[method-assign]
    return md


def _render_known_tags(renderer: Any, tokens: Any, index: int, *_: Any) -> str:
    content: str = tokens[index].content
    name = _TAG_NAME.match(content)
    return escape(content) if name and not is_known_tag(name[1]) else content


def render_sections(issue: Any) -> str:
    """The HTML we make of an issue."""
    return "".join(read_issue([section.source for section in issue.sections]).to_html())


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
