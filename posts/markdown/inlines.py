"""The inline phase: the text of a leaf becomes links, emphasis, code, images and raw tags.

One pass over the text, jumping from one special character to the next. It yields a flat list of
tokens; brackets and runs of emphasis are matched in that list, which then becomes the tree.
"""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as etree
from collections.abc import Callable
from html.entities import html5 as entities
from typing import Final

from posts.markdown import autolinks, elements, emphasis, limits, references, tree
from posts.markdown.attributes import COLON_LIST, LIST, read_id
from posts.markdown.blocks import DocumentParser
from posts.markdown.embeds import is_no_picture, page_of
from posts.markdown.references import Target
from posts.markdown.tags import Bracket, TagParser
from posts.markdown.tree import (
    BARE,
    CLOSING,
    EMBED,
    NOTE_REFERENCE,
    RAW_HTML,
    Leaf,
    Opening,
    Token,
    Undefined,
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
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# `[series][video] [Title](https://…)`: what stands in brackets before a link are labels.
_LABELS_BEFORE_LINK: Final = re.compile(r"[ \t]*\[[^\[\]\n]{1,300}\]\(|\(")
# No indices (`x[[1]]`), and no attributes of C++ (`[[nodiscard]]`).
_WIKI_LINK: Final = re.compile(
    r"(?<![^\W_]\[\[)(?![a-z_:]+\]|[\d., ]+\])[^\[\]\n]{1,200}+\]\](?![(\[:])"
)
_NOTE: Final = re.compile(r"\[\^([^\]\s]{1,200})\]")


class InlineParser(TagParser):
    """Parses leaves of one issue; knows its definitions and numbers its footnotes."""

    def __init__(self, blocks: DocumentParser) -> None:
        super().__init__(blocks)
        self.note_uses: dict[str, int] = {}
        self._note_numbers: dict[str, int] = {}

    def parse(self, leaf: Leaf) -> None:
        """Fill the leaf's element with its inline content."""
        text = leaf.text
        if leaf.element.tag == RAW_HTML or leaf.raw:
            self._begin(leaf)
            self._scan_html(text)
        elif _SPECIAL.search(text) is None:
            leaf.element.text = text
            return
        else:
            self._begin(leaf)
            self._scan(text)
        while self._anchors:
            self._close_anchor()
        emphasis.pair(self._runs)
        self._close_formatting()
        pairs = self._pair_tags() if self._positions else ()
        self._build(leaf.element, self._tokens)
        for pair in pairs:
            elements.settle(pair.element)

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
            self._add_code(plain[1], start, plain.end())
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
        self._add_code(self._text[opening : closing.start()], start, closing.end())
        return closing.end()

    def _add_code(self, source: str, start: int, end: int) -> None:
        code = source.replace("\n", " ")
        if code.startswith(" ") and code.endswith(" ") and code.strip(" "):
            code = code[1:-1]
        element = etree.Element("code")
        element.text = code
        self._add_at(element, start, end)

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
        self._add_at(self._automatic_link(url, url, bare=True), start, start + len(address))
        return start + len(address)

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
        element = etree.Element("a", {"href": match[2]})
        self._note_spot(element, start, match.end())
        self._tokens += (Opening(element), match[1], CLOSING)
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
        make = self._make_image if bracket.image else self._make_link
        opening = bracket.start - (2 if bracket.image else 1)
        self._note_spot(make(bracket, target), opening, end)
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
            is_meant = not self._brackets and references.is_meant(text, bracket.start, start, label)
            is_meant = is_meant and _LABELS_BEFORE_LINK.match(text, end) is None
        else:
            is_glued = references.normalize_label(label) in self._blocks.glued
            is_meant = is_glued and not text.startswith(":", end)
        if is_meant or self._is_wiki_link(bracket, start):
            label = label if is_meant else f"[{label}]"
            self._note_undefined(f"[{' '.join(label.split())}]", start)
        return None

    def _is_wiki_link(self, bracket: Bracket, end: int) -> bool:
        """Whether ``[[A note]]`` names a page that the tool of its author knows."""
        around = len(self._brackets) == 1 and self._brackets[0].start == bracket.start - 1
        return around and _WIKI_LINK.match(self._text, bracket.start, end + 3) is not None

    def _note_undefined(self, label: str, position: int) -> None:
        """Note a reference that no definition answers."""
        if len(self._blocks.undefined) < limits.MAX_UNDEFINED:
            line = self._leaf.line + self._text.count("\n", 0, position)
            self._blocks.undefined[Undefined(label, line)] = None

    def _make_link(self, bracket: Bracket, target: Target) -> etree.Element:
        element = etree.Element("a", {"href": target.url})
        if target.title:
            element.set("title", target.title)
        self._drop_inner_links(bracket.token, element)
        self._wrap(bracket.token, bracket.runs, element)
        self._deactivate_brackets()
        return element

    def _deactivate_brackets(self) -> None:
        """No link stands inside another."""
        for outer in self._brackets:
            if not outer.image:
                outer.active = False

    def _drop_inner_links(self, first: int, link: etree.Element) -> None:
        """Bare addresses and what is embedded inside a link's text are text."""
        tokens = self._tokens
        for place in range(first, len(tokens)):
            token = tokens[place]
            if isinstance(token, etree.Element) and token.get(BARE) is not None:
                tokens[place] = references.unescape(token.text or "")
            elif isinstance(token, etree.Element) and token.get(EMBED) is not None:
                tokens[place] = token.text or ""
                link.set(EMBED, "")

    def _make_image(self, bracket: Bracket, target: Target) -> etree.Element:
        emphasis.pair(self._runs[bracket.runs :])
        del self._runs[bracket.runs :]
        content = etree.Element("alt")
        tokens = self._tokens
        self._build(content, tokens[bracket.token + 1 :])
        del tokens[bracket.token :]
        words = plain_text(content)
        if is_no_picture(target.url):
            element = self._embed(page_of(target.url), words)
        else:
            element = etree.Element("img", {"src": target.url, "alt": words})
        if target.title:
            element.set("title", target.title)
        tokens.append((element.text or "") if self._anchors and element.tag == "a" else element)
        return element

    def _brace(self, start: int) -> int:
        """A list of attributes: behind a link, an image, code or emphasis, or on its own line."""
        text, tokens = self._text, self._tokens
        last = tokens[-1] if tokens else None
        on_line = text[start - 1 : start] in ("", "\n")
        if on_line:
            match = COLON_LIST.match(text, start)
        else:
            behind = last is CLOSING or isinstance(last, etree.Element)
            # Behind an underscore stands a formula: `\sum_{i=1}`.
            is_end = isinstance(last, emphasis.Run) and last.char != "_" and last.can_close
            match = LIST.match(text, start) if behind or is_end else None
        if match is None or (on_line and text[match.end() : match.end() + 1] not in ("", "\n")):
            tokens.append("{")
            return start + 1
        self._add_place(read_id(match[0]))
        return match.end()

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
