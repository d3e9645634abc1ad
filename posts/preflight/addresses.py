"""Checks of links as they are written: whole, leading somewhere, short of nothing."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from html import escape
from typing import Final

from links.normalizing import AddressError, host_of, trace
from links.queue import is_short
from links.registering import canonical_or_none
from posts.entitling import is_preamble
from posts.markdown.references import is_linkable
from posts.markdown.tree import Leaf, plain_text
from posts.messages import Message as _
from posts.outlining import FoundItem
from posts.preflight.facts import Facts
from posts.preflight.findings import Edit, Finding
from posts.preflight.written import MASK, Prose, Written, WrittenLink, day_of, is_entry

# What is left of a link that its author did not finish. Only what no reader would take for text.
_UNFINISHED: Final = re.compile(
    r"(?<!\\)!?\[[^\[\]\n]{1,200}\]\("
    r"(?:\s*$|[ \t]*(?=[a-z]{2,8}://?|www\.)[^\s()<]*(?:[ \t]*$|<|[ \t]+(?![\"'(])))"
    r"|(?<!\\)\[[^\[\]()\n]{1,200}\((?=https?://)[^\s()]*\)",
    re.MULTILINE,
)
# Sanitised HTML has no link to it: `htp://example.org`.
_UNKNOWN_SCHEME: Final = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_SHOWN: Final = 80


def unfinished(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find links that end before their address does, or have none that leads anywhere."""
    for prose in written.prose:
        if "[" in prose.text and not prose.leaf.raw:
            yield from _unfinished_in(written, prose)
    for link in written.links:
        if is_without_words(link):
            words = _("A link without words: %(url)s", url=link.url[:_SHOWN])
            yield Finding("unfinished-link", words, link.line, link.span)
        if not link.url.strip() or link.url.strip() in {"http://", "https://"}:
            words = _("“%(words)s” has no address.", words=link.words[:_SHOWN] or "[]()")
            yield Finding("unfinished-link", words, link.line, link.span)
    for element, spot in written.document.spots.items():
        url = element.get("href", "") if element.tag == "a" else ""
        if not is_linkable(url) and (_UNKNOWN_SCHEME.match(url) or url not in plain_text(element)):
            words = _("Readers get no link of this address: %(url)s", url=url[:_SHOWN])
            yield _in(written, "unfinished-link", words, spot.leaf, spot.start, spot.end)


def is_without_words(link: WrittenLink) -> bool:
    """Tell whether readers have nothing of a link to click at: no word, no picture."""
    return link.source.startswith("[") and not link.source.partition("](")[0][1:].strip()


def _unfinished_in(written: Written, prose: Prose) -> Iterator[Finding]:
    for found in _UNFINISHED.finditer(prose.text):
        if MASK in found[0]:
            continue
        shown = " ".join(found[0].split())[:_SHOWN]
        words = _("A link that is not finished: “%(source)s”", source=shown)
        yield _in(written, "unfinished-link", words, prose.leaf, *found.span())


def _in(written: Written, kind: str, words: _, leaf: Leaf, start: int, end: int) -> Finding:
    span = written.span_of(leaf, start, end)
    return Finding(kind, words, written.line_of(leaf, start), span)


def bare_titles(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find items that are called by their address."""
    for link in written.links:
        item = link.item
        if item is None or not link.is_main or _is_left_open(written, link):
            continue
        if _is_address(item.title) and is_preamble(item.text[: _place(item.text, link.words)]):
            words = _("An address stands in the place of a title: %(url)s", url=link.url[:_SHOWN])
            yield Finding("bare-title", words, link.line, link.span)


def _is_left_open(written: Written, link: WrittenLink) -> bool:
    """Tell whether an address is that of a link that is not finished."""
    return link.span is not None and written.text[: link.span[0]].endswith("](")


def _is_address(title: str) -> bool:
    text = title.strip()
    return "://" in text[:8] and " " not in text


def _place(text: str, words: str) -> int:
    """Return where the words of a link begin in the text of its item."""
    return max(text.find(words), 0)


def short(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find short addresses, which hide where they lead and end with their service."""
    for link in written.links:
        if not link.canonical or not is_short(link.canonical):
            continue
        known = facts.links[link.canonical].final_url
        host = host_of(link.canonical)
        if known and known != link.canonical:
            words = _(
                "A short address of %(host)s; it leads to %(url)s", host=host, url=known[:200]
            )
        else:
            words = _("A short address of %(host)s hides where it leads.", host=host)
        edit = _edit(written, link, known) if known else None
        yield Finding("short-link", words, link.line, link.span, edit)


def tracked(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find addresses that tell their page, or a counter on the way, where readers come from."""
    for link in written.links:
        clean, way = without_trackers(link.url) if link.canonical else ("", "")
        if not clean:
            continue
        if way:
            words = _("An address that leads there by way of %(host)s.", host=way)
        else:
            words = _("An address that counts readers: %(url)s", url=link.url[:200])
        edit = _edit(written, link, clean)
        yield Finding("tracked-link", words, link.line, link.span, edit)


def without_trackers(url: str) -> tuple[str, str]:
    """Return an address without what counts readers, and the host that it went through, each ""
    if there is none."""
    try:
        steps = trace(url)
    except AddressError:
        return "", ""
    if steps["wrapper"] != steps["spelling"]:
        return steps["site"], host_of(steps["spelling"])
    before, _hash, _place = steps["wrapper"].partition("#")
    after, _hash, _place = steps["tracking"].partition("#")
    return ("", "") if before == after else (_as_written(url, steps["site"]), "")


def _as_written(url: str, canonical: str) -> str:
    """Return an address as its author spelled it, without the parts of its query that count
    readers; its canonical form where that leads elsewhere."""
    address, hash_, place = url.partition("#")
    path, _mark, query = address.partition("?")
    pieces = query.split("&")
    kept = [piece for piece in pieces if not _counts(piece)]
    clean = path + ("?" if kept else "") + "&".join(kept) + hash_ + place
    try:
        return clean if trace(clean)["site"] == canonical else canonical
    except AddressError:
        return canonical


def _counts(piece: str) -> bool:
    steps = trace(f"https://example.org/?{piece}")
    return steps["tracking"] != steps["wrapper"]


def _edit(written: Written, link: WrittenLink, new: str) -> Edit | None:
    """Return the edit that puts another address into a link; None where it is not certain."""
    if link.span is None:
        return None
    for spelled in dict.fromkeys((link.url, escape(link.url, quote=False), escape(link.url))):
        place = link.source.rfind(spelled)
        if place >= 0:
            start = link.span[0] + place
            return Edit(start, start + len(spelled), _spelled(new, link.source))
        if written.text.count(f"]: {spelled}") == 1:
            start = written.text.index(f"]: {spelled}") + 3
            return Edit(start, start + len(spelled), new)
    return None


def _spelled(url: str, source: str) -> str:
    """Return an address as it may stand in such a link."""
    if source.startswith("<a"):
        return escape(url)
    return url.replace("(", "%28").replace(")", "%29") if source.startswith("[") else url


def duplicates(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find items that bring no link that an item before them does not have.

    Entries of a calendar share the page of who invites; they begin with another day.
    """
    before: dict[str, list[tuple[int, FoundItem, set[str]]]] = defaultdict(list)
    for link in written.links:
        item = link.item
        if item is None or not is_entry(link):
            continue
        brings = {canonical_or_none(one.url) or one.url for one in item.links}
        known = before[link.canonical]
        line = next(
            (line for line, other, has in known if _says_again(item, other, brings, has)), 0
        )
        if line:
            words = _("The item at line %(line)d has this link, too.", line=line)
            yield Finding("duplicate-link", words, link.line, link.span)
        known.append((link.line, item, brings))


def _says_again(item: FoundItem, other: FoundItem, brings: set[str], has: set[str]) -> bool:
    days = day_of(item), day_of(other)
    return (not all(days) or days[0] == days[1]) and (brings <= has or has <= brings)


def undefined(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find references that no definition answers."""
    for reference in written.document.undefined:
        words = _("%(label)s has no address.", label=reference.label[:_SHOWN])
        yield Finding("undefined-reference", words, reference.line + 1)


def dead_places(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find links to places that the issue does not have."""
    dead = {f"#{fragment}" for fragment in written.parsed.dead_fragments}
    for link in written.links:
        if link.url in dead:
            words = _("There is no place “%(place)s” in this issue.", place=link.url[:_SHOWN])
            yield Finding("dead-place", words, link.line, link.span)


def missing_pages(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find links to pages of this site that are not there, such as a file of an archive or a host
    without its ``https://``."""
    for link in written.links:
        if link.url in facts.missing_pages:
            words = _("This site has no page “%(address)s”.", address=link.url[:_SHOWN])
            yield Finding("missing-page", words, link.line, link.span)
