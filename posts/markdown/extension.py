"""The hook into Python-Markdown: our block and inline phases in the place of its own.

Python-Markdown's own processors flatten lists indented by two spaces, need a blank line before a
list, take an attribute with a missing quote for the rest of the document, and keep no source
positions; what it is for here is its frame of phases, its tree and its extension interface.
"""

from __future__ import annotations

import xml.etree.ElementTree as etree

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor
from markdown.util import Registry

from posts.markdown.blocks import DocumentParser
from posts.markdown.inlines import InlineParser


class InlineTreeprocessor(Treeprocessor):
    """Runs the inline phase over the leaves that the block phase left."""

    def __init__(self, md: Markdown, blocks: DocumentParser) -> None:
        super().__init__(md)
        self._blocks = blocks

    def run(self, root: etree.Element) -> None:
        """Fill the leaves of the document that was parsed last."""
        parser = InlineParser(self._blocks)
        for leaf in self._blocks.leaves:
            parser.parse(leaf)


class DigestExtension(Extension):
    """Replaces the phases of a ``Markdown`` instance that would read the text differently."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Install our phases; called by Python-Markdown."""
        self.blocks = DocumentParser(md)
        md.parser = self.blocks
        md.preprocessors = Registry()
        md.treeprocessors = Registry()
        md.postprocessors = Registry()
        md.treeprocessors.register(InlineTreeprocessor(md, self.blocks), "inline", 20)
        md.registerExtension(self)

    def reset(self) -> None:
        """Forget the last document; called by Python-Markdown."""
        self.blocks.reset()
