"""Raw HTML and autolinks in the text of a leaf, and what all of the inline phase shares."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as etree
from bisect import bisect
from collections.abc import Sequence
from typing import Final, NamedTuple

from posts.markdown import elements, emphasis, limits, mentions, references
from posts.markdown import html as raw
from posts.markdown.blocks import DocumentParser
from posts.markdown.embeds import (
    EMBEDS,
    address_in,
    is_no_picture,
    page_of,
    page_of_script,
)
from posts.markdown.tree import (
    AS_WRITTEN,
    BARE,
    CLOSES,
    CLOSING,
    EMBED,
    NAME,
    OPENS,
    PLACE,
    RAW_HTML,
    RAW_TAG,
    Leaf,
    Opening,
    Spot,
    Token,
    end_tag,
)
from posts.messages import Message as _

_AUTOLINK: Final = re.compile(r"<((?:https?|mailto):[^\s<>\x00-\x1f]*)>", re.IGNORECASE)
_MAIL: Final = re.compile(
    r"<([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*)>"
)

_LINE_END: Final = re.compile("\n")


class Bracket:
    """An open ``[`` or ``![`` that may become a link or an image."""

    __slots__ = ("active", "image", "runs", "start", "token")

    def __init__(self, *, image: bool, token: int, runs: int, start: int) -> None:
        self.image = image
        self.token = token
        self.runs = runs
        self.start = start
        self.active = True


class Anchor(NamedTuple):
    """An open raw ``<a href>``."""

    token: int
    runs: int
    element: etree.Element


class TagParser:
    """The part of the inline phase that reads what stands in angle brackets.

    ``_tokens`` is the flat list that becomes the tree; brackets, anchors and runs of emphasis that
    are open know their places in it.
    """

    def __init__(self, blocks: DocumentParser) -> None:
        self._blocks = blocks
        self.open_tags = 0

    def _begin(self, leaf: Leaf) -> None:
        self._leaf = leaf
        self._text = leaf.text
        self._tokens: list[Token] = []
        self._brackets: list[Bracket] = []
        self._anchors: list[Anchor] = []
        self._runs: list[emphasis.Run] = []
        self._formatting: list[str] = []
        self._unclosed: set[str] = set()
        self._tick_ends: dict[int, int] | None = None
        self._ends: dict[str, int] | None = None
        self._embeds: dict[str, int] = {}
        self._positions: dict[etree.Element, int] = {}

    def _note_spot(self, element: etree.Element, start: int, end: int) -> None:
        self._blocks.spots[element] = Spot(self._leaf, start, end)

    def _add_at(self, element: etree.Element, start: int, end: int) -> None:
        self._note_spot(element, start, end)
        self._tokens.append(element)

    def refuse(self, reason: str, position: int) -> limits.MarkdownLimitError:
        """The error for something at a position of the leaf."""
        line = self._leaf.line + self._text.count("\n", 0, position)
        return limits.MarkdownLimitError(reason, line + 1)

    # -- angle brackets ---------------------------------------------------------------------

    def _angle(self, start: int) -> int:
        text = self._text
        match = _AUTOLINK.match(text, start)
        if match is not None:
            link = self._automatic_link(match[1], match[1], bare=False)
            self._add_at(link, start, match.end())
            return match.end()
        match = _MAIL.match(text, start)
        if match is not None:
            link = self._automatic_link(f"mailto:{match[1]}", match[1], bare=False)
            self._add_at(link, start, match.end())
            return match.end()
        if text.startswith("<!--", start):
            end = raw.skip_markup(text, start, self._unclosed)
            if end > start:
                return end
        tag = raw.read_tag(text, start)
        if tag is None or (not self._ends_embed(tag) and self._is_mention(tag, start)):
            self._tokens.append("<")
            return start + 1
        return self._take_tag(tag, start)

    def _is_mention(self, tag: raw.Tag, start: int) -> bool:
        """Whether a tag in Markdown is only named, which what embeds something never is."""
        if tag.attributes and (tag.name in EMBEDS or _page_of_script(tag)):
            return False
        text = self._text
        opens = text[start - 1 : start] in ("", "\n") and self._blocks.tag_lines.is_sentence(
            text[start : tag.end + mentions.LOOK_AHEAD], self._leaf.line
        )
        if mentions.is_stray(text, start, tag, self._blocks.tag_lines):
            return True
        return mentions.is_mention(text, start, tag, self._last_ends(), opens=opens)

    def _ends_embed(self, tag: raw.Tag) -> bool:
        if not tag.closing or not self._embeds.get(tag.name):
            return False
        self._embeds[tag.name] -= 1
        return True

    def _last_ends(self) -> dict[str, int]:
        if self._ends is None:
            self._ends = mentions.last_ends(self._text)
        return self._ends

    def _raw_markup(self, start: int) -> int:
        """A raw tag or comment in a block of HTML; anything else that starts with ``<`` is text."""
        end = raw.skip_markup(self._text, start, self._unclosed)
        if end > start:
            return end
        tag = raw.read_loose_tag(self._text, start)
        if tag is None or mentions.is_mention_in_html(self._text, start, tag, self._last_ends()):
            self._tokens.append("<")
            return start + 1
        return self._take_tag(tag, start)

    def _take_tag(self, tag: raw.Tag, start: int) -> int:
        if tag.name not in raw.BOUND_TAGS:
            self._add_place(tag.place)
        if tag.name in raw.HIDDEN_TAGS:
            if page := _page_of_script(tag):
                self._add_link_to(page)
            return tag.end if tag.closing else raw.skip_hidden(self._text, tag.name, tag.end)
        if tag.name in EMBEDS:
            self._add_embed(tag)
        elif tag.name in raw.ALLOWED_TAGS:
            self._add_tag(tag, start)
        return tag.end

    def _add_embed(self, tag: raw.Tag) -> None:
        if tag.closing:
            return
        self._embeds[tag.name] = self._embeds.get(tag.name, 0) + 1
        url = page_of(address_in(tag.name, tag.attributes))
        if url and references.is_linkable(url):
            self._add_link_to(url)

    def _add_link_to(self, url: str) -> None:
        """A link to what is embedded, in a paragraph of its own unless something is open."""
        link = self._automatic_link(url, url, bare=True)
        if self._anchors:
            self._tokens.append(url)
        elif self._leaf.element.tag != RAW_HTML or self.open_tags or self._formatting:
            self._tokens += (" ", link, " ")
        else:
            paragraph = etree.Element(RAW_TAG, {"html": "<p>"})
            self._tokens += (paragraph, link, etree.Element(RAW_TAG, {"html": "</p>"}))

    def _add_place(self, name: str) -> None:
        if name:
            self._tokens.append(etree.Element(PLACE, {NAME: name}))

    def _add_tag(self, tag: raw.Tag, start: int) -> None:
        if tag.name == "a":
            self._add_anchor(tag, start)
        elif tag.name == "img":
            self._add_picture(tag, start)
        elif tag.closing:
            self._add_end_tag(tag.name, start)
        else:
            self._add_start_tag(tag, start)

    def _add_picture(self, tag: raw.Tag, start: int) -> None:
        source = tag.attributes.get("src", "")
        if tag.closing or not references.is_permitted(source):
            return
        if not is_no_picture(source):
            self._add_at(etree.Element("img", tag.attributes), start, tag.end)
            return
        link = self._embed(page_of(source), tag.attributes.get("alt", ""))
        if self._anchors:
            self._tokens.append(link.text or "")
        else:
            self._add_at(link, start, tag.end)

    def _embed(self, url: str, words: str) -> etree.Element:
        """The link that stands for what is no picture."""
        element = self._automatic_link(url, words.strip() or url, bare=False)
        element.set(EMBED, "")
        return element

    def _add_start_tag(self, tag: raw.Tag, start: int) -> None:
        element = etree.Element(RAW_TAG, {"html": raw.write_open_tag(tag), OPENS: tag.name})
        if tag.place and tag.name in raw.BOUND_TAGS:
            element.set(NAME, tag.place)
        self._tokens.append(element)
        self._positions[element] = start
        if tag.name in raw.VOID_TAGS:
            return
        self._count_tag(tag.name, 1)
        if self.open_tags + len(self._formatting) > limits.MAX_OPEN_TAGS:
            raise self.refuse(
                _("more than %(count)d tags are open", count=limits.MAX_OPEN_TAGS), start
            )

    def _add_end_tag(self, name: str, start: int) -> None:
        stray = name in raw.FORMATTING_TAGS and name not in self._formatting
        if name in raw.VOID_TAGS or stray:
            return
        self._count_tag(name, -1)
        element = end_tag(name)
        self._tokens.append(element)
        self._positions[element] = start

    def _count_tag(self, name: str, change: int) -> None:
        """Note that a raw tag was opened or closed."""
        if name in raw.FORMATTING_TAGS:
            if change > 0:
                self._formatting.append(name)
            elif name in self._formatting:
                last = len(self._formatting) - 1 - self._formatting[::-1].index(name)
                del self._formatting[last]
        elif name not in raw.SELF_CLOSING_TAGS:
            self.open_tags = max(0, self.open_tags + change)

    def _close_formatting(self) -> None:
        """Raw formatting ends with its block, whatever its author forgot."""
        for name in reversed(self._formatting):
            self._tokens.append(end_tag(name))

    def _add_anchor(self, tag: raw.Tag, start: int) -> None:
        if tag.closing:
            if self._anchors:
                self._close_anchor()
            return
        url = tag.attributes.get("href")
        if url is None or not references.is_permitted(url):
            return
        while self._anchors:
            self._close_anchor()
        element = etree.Element("a", {**tag.attributes, AS_WRITTEN: ""})
        self._note_spot(element, start, tag.end)
        self._anchors.append(Anchor(len(self._tokens), len(self._runs), element))
        self._tokens.append("")

    def _close_anchor(self) -> None:
        anchor = self._anchors.pop()
        while self._brackets and self._brackets[-1].token > anchor.token:
            self._brackets.pop()
        self._wrap(anchor.token, anchor.runs, anchor.element)

    def _scan_html(self, text: str) -> None:
        """The content of a raw HTML block: tags and text, no Markdown."""
        position = 0
        while (start := text.find("<", position)) >= 0:
            self._tokens.append(html.unescape(text[position:start]))
            position = self._raw_markup(start)
        self._tokens.append(html.unescape(text[position:]))

    def _pair_tags(self) -> list[elements.Pair]:
        """Make elements of tags that belong together, with the lines on which they stand."""
        tags = list(self._tokens)
        is_html = self._leaf.element.tag == RAW_HTML
        pairs = elements.pair(self._tokens, blocks=is_html)
        if pairs and is_html:
            ends = [found.start() for found in _LINE_END.finditer(self._text)]
            for pair in pairs:
                first, last = (self._line_at(tags[n], ends) for n in (pair.start, pair.end))
                self._blocks.spans[pair.element] = first, max(last + (not pair.implied), first + 1)
        return pairs

    def _line_at(self, tag: Token, ends: Sequence[int]) -> int:
        position = self._positions.get(tag, 0) if isinstance(tag, etree.Element) else 0
        return self._leaf.line + bisect(ends, position)

    # -- links of both kinds ----------------------------------------------------------------

    def _automatic_link(self, url: str, text: str, *, bare: bool) -> etree.Element:
        element = etree.Element("a", {"href": url})
        element.text = text
        if bare:
            element.set(BARE, "")
        return element

    def _wrap(self, token: int, runs: int, element: etree.Element) -> None:
        """Make what stands between a token and the end the content of an element."""
        emphasis.pair(self._runs[runs:])
        del self._runs[runs:]
        self._balance_tags(token)
        self._tokens[token] = Opening(element)
        self._tokens.append(CLOSING)

    def _balance_tags(self, first: int) -> None:
        """Make the raw tags of a link's text end in it; tags of blocks only part its words.

        Otherwise a browser would make two links of it: HTML Living Standard, 13.2.6.4.7, "any
        other end tag" and the adoption agency.
        """
        opened: list[str] = []
        tokens = self._tokens
        for place in range(first + 1, len(tokens)):
            token = tokens[place]
            if not isinstance(token, etree.Element) or token.tag != RAW_TAG:
                continue
            name = token.get(OPENS) or token.get(CLOSES) or ""
            closes = token.get(CLOSES) is not None
            if closes and name in opened:
                while opened.pop() != name:
                    pass
            elif closes or name not in raw.PHRASING_TAGS:
                tokens[place] = "" if name in raw.FORMATTING_TAGS else "\n"
                self._count_tag(name, 1 if closes else -1)
            elif name not in raw.VOID_TAGS:
                opened.append(name)
        for name in reversed(opened):
            tokens.append(end_tag(name))
            self._count_tag(name, -1)


def _page_of_script(tag: raw.Tag) -> str:
    return page_of_script(tag.attributes.get("src", "")) if tag.name == "script" else ""
