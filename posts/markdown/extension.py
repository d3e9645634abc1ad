"""Our extension of Python-Markdown: a block phase, an inline phase and a serializer of our own.

Python-Markdown's own processors flatten lists indented by two spaces, need a blank line before a
list, take an attribute with a missing quote for the rest of the document, and keep no source
positions. What stays are its phases, and with them what treeprocessors of other extensions do to
the tree, and their postprocessors to the HTML. What others register as block processors or inline
patterns is not asked, since the phases that would ask are ours.
"""

from __future__ import annotations

import xml.etree.ElementTree as etree

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

from posts.markdown.blocks import DocumentParser
from posts.markdown.inlines import InlineParser
from posts.markdown.marks import Marks
from posts.markdown.tree import UsedNote
from posts.markdown.writing import Writer


class InlineTreeprocessor(Treeprocessor):
    """Fills the elements of the text that was parsed last, then those of the footnotes it uses."""

    def __init__(self, md: Markdown, blocks: DocumentParser) -> None:
        super().__init__(md)
        self._blocks = blocks

    def run(self, root: etree.Element) -> None:
        """Parse the text of all leaves; called by Python-Markdown."""
        parser = InlineParser(self._blocks)
        heads = {head.leaf.element for head in self._blocks.heads if head.leaf}
        for leaf in self._blocks.leaves:
            if leaf.element in heads:
                parser.open_tags = 0  # Tags left open end with their section.
            parser.parse(leaf)
        self._blocks.used_notes = self._read_notes(parser)

    def _read_notes(self, parser: InlineParser) -> list[UsedNote]:
        """Parse the footnotes that are used, also by one another, in the order of first use."""
        notes = self._blocks.notes
        done: list[str] = []
        while new := list(parser.note_uses)[len(done) :]:
            for label in new:
                parser.open_tags = 0
                for leaf in notes[label].leaves:
                    parser.parse(leaf)
            done += new
        return [
            UsedNote(number, uses, notes[label].element, notes[label].line)
            for number, (label, uses) in enumerate(parser.note_uses.items(), 1)
        ]


class DigestExtension(Extension):
    """Replaces the phases of a ``Markdown`` instance that would read the text differently."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Install our phases; called by Python-Markdown."""
        self.blocks = DocumentParser(md)
        md.parser = self.blocks
        md.preprocessors.deregister("normalize_whitespace")
        md.preprocessors.deregister("html_block")
        md.treeprocessors.register(InlineTreeprocessor(md, self.blocks), "inline", 20)
        md.treeprocessors.deregister("prettify")
        md.treeprocessors.deregister("unescape")
        md.postprocessors.deregister("amp_substitute")
        md.output_formats = dict.fromkeys(md.output_formats, self._write)  # type: ignore[misc]
        md.stripTopLevelTags = False

    def _write(self, root: etree.Element) -> str:
        """The HTML of a tree, without any marks of ours."""
        writer = Writer(Marks(), "")
        html = writer.write(root)
        notes = self.blocks.used_notes
        return html + (writer.write_notes(notes) if notes else "")
