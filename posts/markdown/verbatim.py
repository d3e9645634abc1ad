"""Blocks whose lines are taken as they are: code, fenced or indented, and raw HTML."""

from __future__ import annotations

import xml.etree.ElementTree as etree

from posts.markdown import lines
from posts.markdown.stack import Block, BlockStack, Outcome
from posts.markdown.tree import RAW_HTML, Leaf


class VerbatimBlocks(BlockStack):
    """The rules for code and raw HTML."""

    def _open_code(self) -> bool:
        if self._stack[-1].kind == "paragraph":
            return False
        pre = etree.Element("pre")
        block = self._open("code", pre)
        block.lines.append(self._text[self._position + 4 :])
        return True

    def _start_fence(self) -> Outcome:
        match = lines.FENCE.match(self._text, self._start)
        if match is None:
            return None
        offset = self._indent
        block = self._open("fence", etree.Element("pre"))
        block.detail = match[0]
        block.offset = offset
        return "leaf"

    def _start_html(self) -> Outcome:
        line = self._text[self._start :]
        kind = lines.html_block_kind(line, in_paragraph=self._stack[-1].kind == "paragraph")
        if not kind or self.tag_lines.is_sentence(line, self._number):
            return None
        if kind == lines.HTML_COMMENT:
            if not self.tag_lines.ends_comment(self._number):
                return None  # CommonMark would hide the rest of the document
            end = self._text.find("-->", self._start + 2)
            if 0 <= end < self._size - 3:
                self._advance(end + 3)
                return "container"
        block = self._open("html", etree.Element(RAW_HTML))
        block.offset = kind
        if kind == lines.HTML_COMMENT:
            closed = "-->" in line[2:]
        else:
            block.lines.append(line)
            closed = lines.html_block_ends(kind, line) or lines.ASIDE.fullmatch(line) is not None
        if closed:
            self._close_to(len(self._stack) - 1, self._number + 1)
        return "leaf"

    def _continue_code(self, block: Block) -> bool:
        if self._indent < 4 and not self._blank:
            return False
        self._position += min(self._indent, 4)
        return True

    def _continue_html(self, block: Block) -> bool:
        return not (self._blank and block.offset >= lines.HTML_UNTIL_BLANK)

    def _continue_raw(self) -> bool:
        """Add the line to an open code or HTML block; ``False`` if it is not taken up by one."""
        if self._depth < len(self._stack):
            return False
        block = self._stack[-1]
        if block.kind == "fence":
            return self._continue_fence(block)
        if block.kind == "code":
            block.lines.append(self._text[self._position :])
            return True
        if block.kind == "html":
            return self._continue_html_lines(block)
        return False

    def _continue_fence(self, block: Block) -> bool:
        if (
            self._indent <= 3
            and not self._blank
            and lines.closes_fence(self._text[self._start :], block.detail)
        ):
            self._close_to(len(self._stack) - 1, self._number + 1)
        else:
            start = self._position + min(self._indent, block.offset)
            block.lines.append(self._text[start:])
        return True

    def _continue_html_lines(self, block: Block) -> bool:
        if block.offset == lines.HTML_COMMENT:
            end = self._text.find("-->", self._position)
            if end < 0:
                return True
            self._close_to(len(self._stack) - 1, self._number + 1)
            self._depth = len(self._stack)
            self._advance(end + 3)
            return self._blank
        block.lines.append(self._text[self._position :])
        if lines.html_block_ends(block.offset, block.lines[-1]):
            self._close_to(len(self._stack) - 1, self._number + 1)
        return True

    def _close_code(self, block: Block) -> None:
        code = block.lines
        if block.kind == "code":
            while code and not code[-1].strip(" \t"):
                code.pop()
        element = etree.SubElement(block.element, "code")
        element.text = "".join(f"{line}\n" for line in code)

    def _close_html(self, block: Block) -> None:
        if not block.lines and block.offset == lines.HTML_UNTIL_BLANK:
            self._stack[-1].element.remove(block.element)  # nothing follows a heading
        if block.lines:
            self.leaves.append(Leaf(block.element, "\n".join(block.lines), block.start))
