"""The inline phase: the text of a leaf becomes links, emphasis, code, images and raw tags.

One pass over the text, jumping from one special character to the next. It yields a flat list of
tokens; brackets and runs of emphasis are matched in that list, which then becomes the tree.
"""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as etree
from collections import Counter
from collections.abc import Callable
from html.entities import html5 as entities
from typing import Final, NamedTuple

from posts.markdown import autolinks, emphasis, limits, mentions, references, tree
from posts.markdown import html as raw
from posts.markdown.attributes import COLON_LIST, LIST, read_id
from posts.markdown.blocks import DocumentParser
from posts.markdown.embeds import EMBEDS, page_of
from posts.markdown.references import Target
from posts.markdown.tree import (
    AS_WRITTEN,
    BARE,
    CLOSES,
    CLOSING,
    NAME,
    NOTE_REFERENCE,
    OPENS,
    PLACE,
    RAW_HTML,
    RAW_TAG,
    Leaf,
    Opening,
    Token,
    Undefined,
    end_tag,
    plain_text,
)
from posts.messages import Message as _

# What is special starts with a set of characters, because only a set is searched for quickly.
_SPECIAL: Final = re.compile(
    r"[\\`*_~\[\]<&\n!hH{](?:(?<![!hH])|(?<=!)(?=\[)|(?<=[hH])(?=[tT][tT][pP][sS]?://))"
)
_PLAIN_LINK: Final = re.compile(
    r"\[([^\\`*_~\[\]<&\n^][^\\`*_~\[\]<&\n]*+)\]\((https?://[^\s\\()&\x00-\x1f\x7f]*+)\)"
)
_TICKS: Final = re.compile(r"`+")
_PLAIN_CODE: Final = re.compile(r"`([^`]++)`(?!`)")
_PUNCTUATION: Final = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_AUTOLINK: Final = re.compile(r"<((?:https?|mailto):[^\s<>\x00-\x1f]*)>", re.IGNORECASE)
_MAIL: Final = re.compile(
    r"<([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*)>"
)
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_NOTE: Final = re.compile(r"\[\^([^\]\s]{1,200})\]")


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


class InlineParser:
    """Parses leaves of one issue; knows its definitions and numbers its footnotes."""

    def __init__(self, blocks: DocumentParser) -> None:
        self._blocks = blocks
        self.note_uses: dict[str, int] = {}
        self._note_numbers: dict[str, int] = {}
        self.open_tags = 0

    def parse(self, leaf: Leaf) -> None:
        """Fill the leaf's element with its inline content."""
        self._leaf = leaf
        text = leaf.text
        if leaf.element.tag == RAW_HTML or leaf.raw:
            self._begin(text)
            self._scan_html(text)
        elif _SPECIAL.search(text) is None:
            leaf.element.text = text
            return
        else:
            self._begin(text)
            self._scan(text)
        while self._anchors:
            self._close_anchor()
        emphasis.pair(self._runs)
        self._close_formatting()
        self._build(leaf.element, self._tokens)

    def _begin(self, text: str) -> None:
        self._text = text
        self._tokens: list[Token] = []
        self._brackets: list[Bracket] = []
        self._anchors: list[Anchor] = []
        self._runs: list[emphasis.Run] = []
        self._formatting: list[str] = []
        self._unclosed: set[str] = set()
        self._tick_ends: dict[int, int] | None = None
        self._ends: dict[str, int] | None = None
        self._embeds: Counter[str] = Counter()

    def _scan(self, text: str) -> None:
        position = 0
        tokens = self._tokens
        search = _SPECIAL.search
        while match := search(text, position):
            start = match.start()
            if start > position:
                tokens.append(text[position:start])
            position = _HANDLERS[text[start]](self, start)
        tokens.append(text[position:])

    def refuse(self, reason: str, position: int) -> limits.MarkdownLimitError:
        """The error for something at a position of the leaf."""
        line = self._leaf.line + self._text.count("\n", 0, position)
        return limits.MarkdownLimitError(reason, line + 1)

    # -- plain characters -------------------------------------------------------------------

    def _escape(self, start: int) -> int:
        following = self._text[start + 1 : start + 2]
        if following == "\n":
            self._tokens += (etree.Element("br"), "\n")
            return start + 2
        if following in _PUNCTUATION:
            self._tokens.append(following)
            return start + 2
        self._tokens.append("\\")
        return start + 1

    def _line_end(self, start: int) -> int:
        tokens = self._tokens
        last = tokens[-1] if tokens else None
        if isinstance(last, str) and last.endswith(" "):
            tokens[-1] = last.rstrip(" ")
            if last.endswith("  "):
                tokens.append(etree.Element("br"))
        tokens.append("\n")
        return start + 1

    def _entity(self, start: int) -> int:
        match = _ENTITY.match(self._text, start)
        if match is None or (match[0][1] != "#" and match[0][1:] not in entities):
            self._tokens.append("&")
            return start + 1
        self._tokens.append(html.unescape(match[0]) or "\ufffd")
        return match.end()

    def _code(self, start: int) -> int:
        plain = _PLAIN_CODE.match(self._text, start)
        if plain is not None:
            self._add_code(plain[1])
            return plain.end()
        opening = self._end_of_run(start)
        length = opening - start
        if self._tick_ends is None:
            runs = _TICKS.finditer(self._text, start)
            self._tick_ends = {len(run[0]): run.start() for run in runs}
        if self._tick_ends.get(length, -1) <= start:
            self._tokens.append(self._text[start:opening])
            return opening
        for closing in _TICKS.finditer(self._text, opening):
            if len(closing[0]) == length:
                break
        self._add_code(self._text[opening : closing.start()])
        return closing.end()

    def _add_code(self, source: str) -> None:
        code = source.replace("\n", " ")
        if code.startswith(" ") and code.endswith(" ") and code.strip(" "):
            code = code[1:-1]
        element = etree.Element("code")
        element.text = code
        self._tokens.append(element)

    def _end_of_run(self, start: int) -> int:
        """The end of the run of one character that starts here."""
        text = self._text
        end = start + 1
        while text.startswith(text[start], end):
            end += 1
        return end

    def _run(self, start: int) -> int:
        char = self._text[start]
        end = self._end_of_run(start)
        if char == "~" and end - start < 2:
            self._tokens.append(char)
            return end
        run = emphasis.read_run(self._text, start, end)
        self._tokens.append(run)
        if run.can_open or run.can_close:
            self._runs.append(run)
        return end

    def _bare_address(self, start: int) -> int:
        address = "" if self._anchors else autolinks.read_address(self._text, start)
        if not address:
            self._tokens.append(self._text[start])
            return start + 1
        url = references.unescape(address)
        self._tokens.append(self._automatic_link(url, url, bare=True))
        return start + len(address)

    def _automatic_link(self, url: str, text: str, *, bare: bool) -> etree.Element:
        element = etree.Element("a", {"href": url})
        element.text = text
        if bare:
            element.set(BARE, "")
        return element

    # -- links and images -------------------------------------------------------------------

    def _open_bracket(self, start: int) -> int:
        if self._text.startswith("[^", start):
            end = self._note_reference(start)
            if end:
                return end
        end = self._plain_link(start)
        if end:
            return end
        image = self._text[start] == "!"
        end = start + (2 if image else 1)
        self._brackets.append(
            Bracket(image=image, token=len(self._tokens), runs=len(self._runs), start=end)
        )
        if len(self._brackets) > limits.MAX_OPEN_BRACKETS:
            raise self.refuse(
                _("a block has more than %(count)d open brackets", count=limits.MAX_OPEN_BRACKETS),
                start,
            )
        self._tokens.append(self._text[start:end])
        return end

    def _plain_link(self, start: int) -> int:
        """Read a link with nothing special in its text or address, as most are, in one go."""
        match = _PLAIN_LINK.match(self._text, start)
        if match is None or "://" in match[1] or len(self._brackets) >= limits.MAX_OPEN_BRACKETS:
            return 0
        self._tokens += (Opening(etree.Element("a", {"href": match[2]})), match[1], CLOSING)
        self._deactivate_brackets()
        return match.end()

    def _note_reference(self, start: int) -> int:
        match = _NOTE.match(self._text, start)
        label = references.normalize_label(match[1]) if match else ""
        if match is None or label not in self._blocks.notes:
            if match and self._text[max(0, start - 1) : start].strip("([ \n"):
                self._note_undefined(match[0], start)
            return 0
        uses = self.note_uses.get(label, 0) + 1
        if uses > limits.MAX_FOOTNOTE_USES:
            raise self.refuse(
                _("a footnote is used more than %(count)d times", count=limits.MAX_FOOTNOTE_USES),
                start,
            )
        self.note_uses[label] = uses
        number = self._note_numbers.setdefault(label, len(self.note_uses))
        self._tokens.append(
            etree.Element(NOTE_REFERENCE, {"number": str(number), "use": str(uses)})
        )
        return match.end()

    def _close_bracket(self, start: int) -> int:
        if not self._brackets:
            self._tokens.append("]")
            return start + 1
        bracket = self._brackets.pop()
        found = self._read_target(bracket, start) if bracket.active else None
        if found is None:
            self._tokens.append("]")
            return start + 1
        target, end = found
        while self._anchors and self._anchors[-1].token > bracket.token:
            self._anchors.pop()
        if bracket.image:
            self._make_image(bracket, target)
        else:
            self._make_link(bracket, target)
        return end

    def _read_target(self, bracket: Bracket, start: int) -> tuple[Target, int] | None:
        """What a closed pair of brackets points to: inline, or by full or short reference."""
        text = self._text
        if text.startswith("(", start + 1):
            inline = references.read_inline_target(text, start + 1)
            if inline is not None:
                return inline
        end = start + 1
        label = text[bracket.start : min(start, bracket.start + references.MAX_LABEL + 1)]
        if text.startswith("[", end):
            full = references.read_label(text, end)
            if full is not None:
                end = full[1]
                label = full[0] if full[0].strip() else label
        target = self._blocks.definitions.get(references.normalize_label(label))
        if target is not None:
            return target, end
        if end > start + 1:
            is_meant = references.is_meant(text, bracket.start, start, label)
        else:
            is_glued = references.normalize_label(label) in self._blocks.glued
            is_meant = is_glued and not text.startswith(":", end)
        if is_meant:
            self._note_undefined(f"[{' '.join(label.split())}]", start)
        return None

    def _note_undefined(self, label: str, position: int) -> None:
        """Note a reference that no definition answers."""
        if len(self._blocks.undefined) < limits.MAX_UNDEFINED:
            line = self._leaf.line + self._text.count("\n", 0, position)
            self._blocks.undefined[Undefined(label, line)] = None

    def _make_link(self, bracket: Bracket, target: Target) -> None:
        element = etree.Element("a", {"href": target.url})
        if target.title:
            element.set("title", target.title)
        self._drop_bare_links(bracket.token)
        self._wrap(bracket.token, bracket.runs, element)
        self._deactivate_brackets()

    def _deactivate_brackets(self) -> None:
        """No link stands inside another."""
        for outer in self._brackets:
            if not outer.image:
                outer.active = False

    def _drop_bare_links(self, first: int) -> None:
        """Bare addresses inside a link's text are text."""
        tokens = self._tokens
        for place in range(first, len(tokens)):
            token = tokens[place]
            if isinstance(token, etree.Element) and token.get(BARE) is not None:
                tokens[place] = references.unescape(token.text or "")

    def _make_image(self, bracket: Bracket, target: Target) -> None:
        emphasis.pair(self._runs[bracket.runs :])
        del self._runs[bracket.runs :]
        content = etree.Element("alt")
        tokens = self._tokens
        self._build(content, tokens[bracket.token + 1 :])
        del tokens[bracket.token :]
        element = etree.Element("img", {"src": target.url, "alt": plain_text(content)})
        if target.title:
            element.set("title", target.title)
        tokens.append(element)

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

    # -- angle brackets ---------------------------------------------------------------------

    def _angle(self, start: int) -> int:
        text = self._text
        match = _AUTOLINK.match(text, start)
        if match is not None:
            self._tokens.append(self._automatic_link(match[1], match[1], bare=False))
            return match.end()
        match = _MAIL.match(text, start)
        if match is not None:
            self._tokens.append(self._automatic_link(f"mailto:{match[1]}", match[1], bare=False))
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
        if tag.attributes and tag.name in EMBEDS:
            return False
        text = self._text
        opens = text[start - 1 : start] in ("", "\n") and self._blocks.tag_lines.is_sentence(
            text[start : tag.end + mentions.LOOK_AHEAD], self._leaf.line
        )
        return mentions.is_mention(text, start, tag, self._last_ends(), opens=opens)

    def _ends_embed(self, tag: raw.Tag) -> bool:
        if not tag.closing or not self._embeds[tag.name]:
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
        self._add_place(tag.place)
        if tag.name in raw.HIDDEN_TAGS:
            return tag.end if tag.closing else raw.skip_hidden(self._text, tag.name, tag.end)
        if tag.name in EMBEDS:
            self._add_embed(tag)
        elif tag.name in raw.ALLOWED_TAGS:
            self._add_tag(tag, start)
        return tag.end

    def _add_embed(self, tag: raw.Tag) -> None:
        """A link to what is embedded, in a paragraph of its own unless something is open."""
        if tag.closing:
            return
        self._embeds[tag.name] += 1
        url = page_of(tag.attributes.get(EMBEDS[tag.name], ""))
        if not url or not references.is_linkable(url):
            return
        link = self._automatic_link(url, url, bare=True)
        if self._anchors:
            self._tokens.append(url)
        elif self._leaf.element.tag != RAW_HTML or self.open_tags or self._formatting:
            self._tokens += (" ", link, " ")
        else:
            paragraph = etree.Element(RAW_TAG, {"html": "<p>"})
            self._tokens += (paragraph, link, etree.Element(RAW_TAG, {"html": "</p>"}))

    def _brace(self, start: int) -> int:
        """A list of attributes: behind a link, an image, code or emphasis, or on its own line."""
        text, tokens = self._text, self._tokens
        last = tokens[-1] if tokens else None
        on_line = text[start - 1 : start] in ("", "\n")
        if on_line:
            match = COLON_LIST.match(text, start)
        else:
            behind = last is CLOSING or isinstance(last, etree.Element)
            is_end = isinstance(last, emphasis.Run) and last.can_close
            match = LIST.match(text, start) if behind or is_end else None
        if match is None or (on_line and text[match.end() : match.end() + 1] not in ("", "\n")):
            tokens.append("{")
            return start + 1
        self._add_place(read_id(match[0]))
        return match.end()

    def _add_place(self, name: str) -> None:
        if name:
            self._tokens.append(etree.Element(PLACE, {NAME: name}))

    def _add_tag(self, tag: raw.Tag, start: int) -> None:
        if tag.name == "a":
            self._add_anchor(tag)
        elif tag.name == "img":
            if not tag.closing and references.is_permitted(tag.attributes.get("src", "")):
                self._tokens.append(etree.Element("img", tag.attributes))
        elif tag.closing:
            self._add_end_tag(tag.name)
        else:
            self._add_start_tag(tag, start)

    def _add_start_tag(self, tag: raw.Tag, start: int) -> None:
        self._tokens.append(
            etree.Element(RAW_TAG, {"html": raw.write_open_tag(tag), OPENS: tag.name})
        )
        if tag.name in raw.VOID_TAGS:
            return
        self._count_tag(tag.name, 1)
        if self.open_tags + len(self._formatting) > limits.MAX_OPEN_TAGS:
            raise self.refuse(
                _("more than %(count)d tags are open", count=limits.MAX_OPEN_TAGS), start
            )

    def _add_end_tag(self, name: str) -> None:
        stray = name in raw.FORMATTING_TAGS and name not in self._formatting
        if name in raw.VOID_TAGS or stray:
            return
        self._count_tag(name, -1)
        self._tokens.append(end_tag(name))

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

    def _add_anchor(self, tag: raw.Tag) -> None:
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

    # -- tokens to tree ---------------------------------------------------------------------

    def _build(self, root: etree.Element, tokens: list[Token]) -> None:
        if not tree.build(root, tokens, depth=limits.MAX_OPEN_TAGS):
            raise self.refuse(_("more than %(count)d tags are open", count=limits.MAX_OPEN_TAGS), 0)


_HANDLERS: Final[dict[str, Callable[[InlineParser, int], int]]] = {
    "\\": InlineParser._escape,
    "\n": InlineParser._line_end,
    "&": InlineParser._entity,
    "`": InlineParser._code,
    "*": InlineParser._run,
    "_": InlineParser._run,
    "~": InlineParser._run,
    "[": InlineParser._open_bracket,
    "!": InlineParser._open_bracket,
    "]": InlineParser._close_bracket,
    "<": InlineParser._angle,
    "{": InlineParser._brace,
    "h": InlineParser._bare_address,
    "H": InlineParser._bare_address,
}
