"""From the tree to HTML, with what the outline found in it and what moderators decided about it.

What leaves here still goes through the sanitiser, which lets the values of our own attributes pass
by their key; see ``posts.sanitizing``.
"""

from __future__ import annotations

import xml.etree.ElementTree as etree
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Final

from posts.markdown.marks import ItemMark, Marks
from posts.markdown.references import encode_url, is_linkable
from posts.markdown.tree import (
    AS_WRITTEN,
    CELL_TAGS,
    CLOSES,
    HEADING_TAGS,
    NAME,
    NOTE_REFERENCE,
    OPENS,
    PLACE,
    RAW_HTML,
    RAW_TAG,
    TIGHT,
    UsedNote,
    plain_text,
)

_LISTS: Final = ("ul", "ol")
_BLOCKS: Final = frozenset(
    ("p", "ul", "ol", "li", "blockquote", "pre", "thead", "tbody", "tr", "th", "td")
)
_MAX_HEADING: Final = 6
LINK_REL: Final = "noopener"
# How wide a picture is shown: the column of text, or a screen that is narrower.
IMAGE_SIZES: Final = "(min-width: 44rem) 42rem, 100vw"


class Writer:
    """Writes the trees of one issue as HTML; ``key`` goes before every value that only we set."""

    def __init__(self, marks: Marks, key: str) -> None:
        self._marks = marks
        self._key = key
        self._out: list[str] = []
        self._level = 1
        self._page_levels: dict[int, int] = {}
        self._own_links: dict[etree.Element, ItemMark] = {}
        self._group = self._own("class", "group")
        self._title = self._own("class", "title")
        self._again = self._own("class", "again")
        self._elsewhere = self._own("rel", LINK_REL)
        self._sizes = self._own("sizes", IMAGE_SIZES)
        self._lazy = self._own("loading", "lazy") + self._own("decoding", "async")

    def write(self, root: etree.Element) -> str:
        """The HTML of what a root holds."""
        self._out = []
        self._content(root)
        return "".join(self._out)

    def go_on(self, levels: Iterable[tuple[int, int]]) -> None:
        """Go on behind headings of these levels, as written and as depths, which start at 1."""
        for written, depth in levels:
            self._level = self._page_levels[written] = min(depth + 1, _MAX_HEADING)

    def pass_over(self, root: etree.Element) -> None:
        """Take note of the headings of a root that is not written: those below it go by them."""
        for element in root:
            if level := self._marks.levels.get(element):
                self._level = self._page_levels[int(element.tag[1])] = min(level, _MAX_HEADING)

    def write_notes(self, notes: list[UsedNote]) -> str:
        """The block of footnotes."""
        self._out = [f"<section{self._own('class', 'footnotes')}><ol>\n"]
        for note in notes:
            self._out.append(f"<li{self._own('id', f'fn-{note.number}')}>")
            self._content(note.element)
            for use in range(1, note.uses + 1):
                self._out.append(
                    f"<a{self._own('class', 'footnote-back')}"
                    f' href="#{note_anchor(note.number, use)}"{self._own("aria-label", "↩")}></a>'
                )
            self._out.append("</li>\n")
        self._out.append("</ol></section>\n")
        return "".join(self._out)

    def _own(self, name: str, value: str) -> str:
        """An attribute that only we may set; the value is escaped already."""
        return f' {name}="{self._key}{value}"'

    def _content(self, element: etree.Element) -> None:
        if element.text:
            self._out.append(escape(element.text, quote=False))
        for child in element:
            self._child(child)

    def _child(self, child: etree.Element) -> None:
        write = _WRITERS.get(child.tag, Writer._write_other)
        write(self, child)
        if child.tail:
            self._out.append(escape(child.tail, quote=False))

    def _element(self, element: etree.Element, attributes: str = "") -> None:
        tag = element.tag
        end = "\n" if tag in _BLOCKS else ""
        if len(element):
            self._out.append(f"<{tag}{attributes}>")
            self._content(element)
            self._out.append(f"</{tag}>{end}")
        else:
            text = escape(element.text or "", quote=False)
            self._out.append(f"<{tag}{attributes}>{text}</{tag}>{end}")

    def _write_other(self, element: etree.Element) -> None:
        """An element without a meaning of its own; only other extensions give it attributes."""
        attributes = (f' {name}="{escape(value)}"' for name, value in element.items())
        self._element(element, "".join(attributes))

    def _leave_out(self) -> None:
        """Part the words around a block that is left out, which raw HTML may have on one line."""
        if self._out and not self._out[-1].endswith("\n"):
            self._out.append("\n")

    def _mark_item(self, mark: ItemMark) -> None:
        """The link to an item itself, which says where the item leads; if its link was covered
        before, one to the place where it stood.

        They are empty: the stylesheet draws what they say, and a script names the first after the
        item.
        """
        attributes = f' href="#{mark.anchor}"'
        if mark.host:
            attributes += self._own("data-host", mark.host)
        if mark.kind:
            attributes += self._own("data-kind", mark.kind)
        self._out.append(f"<a{attributes}></a>")
        if mark.again:
            path, issue, day = map(escape, mark.again)
            said = self._own("data-issue", issue) + self._own("data-day", day)
            self._out.append(f'<a{self._again} href="{path}"{said}></a>')

    # -- blocks -----------------------------------------------------------------------------

    def _write_heading(self, element: etree.Element) -> None:
        # One that stands in a quotation or list is below the last of its section.
        level = self._marks.levels.get(element, self._level + 1)
        if AS_WRITTEN in element.attrib:
            level = self._level_in_html(int(element.tag[1]))
        level = min(level, _MAX_HEADING)
        if element in self._marks.levels:
            self._level = self._page_levels[int(element.tag[1])] = level
        anchor = escape(self._marks.headings.get(element, ""))
        mark = self._marks.items.get(element)
        if mark is not None and mark.hidden:
            self._leave_out()
            if anchor:
                self._out.append(f"<span{self._own('id', anchor)}></span>\n")
            return
        self._out.append(f"<h{level}{self._own('id', anchor) if anchor else ''}>")
        if mark is not None and mark.anchor:
            self._out.append(f"<span{self._item_id(mark)}>")
            self._content(element)
            self._mark_item(mark)
            self._out.append("</span>")
        else:
            self._content(element)
        self._out.append(f"</h{level}>\n")

    def _level_in_html(self, source: int) -> int:
        """The level of a heading that stands inside of raw HTML, by the headings before it."""
        known = max((level for level in self._page_levels if level <= source), default=0)
        below = self._page_levels.get(known, 1) + (known < source)
        return min(below, _MAX_HEADING)

    def _write_place(self, element: etree.Element) -> None:
        anchor = self._marks.places.get(element.get(NAME, ""))
        if anchor:
            self._out.append(f"<span{self._own('id', anchor)}></span>")

    def _write_tight(self, element: etree.Element) -> None:
        self._content(element)

    def _write_paragraph(self, element: etree.Element) -> None:
        mark = self._marks.items.get(element)
        if element in self._marks.removed or (mark is not None and mark.hidden):
            self._leave_out()
        elif mark is not None:
            self._out.append(f"<p{self._item_id(mark)}>")
            self._content(element)
            if mark.anchor:
                self._mark_item(mark)
            self._out.append("</p>\n")
        elif all(child.tag == PLACE for child in element) and not plain_text(element).strip():
            self._content(element)
        elif len(element) == 1 and element[0].tag == "img" and is_alone(element):
            self._write_figure(element[0])
        else:
            self._element(element, self._group if element in self._marks.groups else "")

    def _write_figure(self, image: etree.Element) -> None:
        if self._marks.withholds(image):
            source = encode_url(image.get("src", ""))
            words = escape(image.get("alt") or source, quote=False)
            self._out.append(f'<p><a href="{escape(source)}"{self._elsewhere}>{words}</a></p>\n')
            return
        self._out.append("<figure>")
        self._write_image(image)
        title = image.get("title")
        if title:
            self._out.append(f"<figcaption>{escape(title, quote=False)}</figcaption>")
        self._out.append("</figure>\n")

    def _item_id(self, mark: ItemMark) -> str:
        return self._own("id", mark.anchor) if mark.anchor else ""

    def _write_list_item(self, element: etree.Element) -> None:
        mark = self._marks.items.get(element)
        if mark is not None and mark.hidden:
            self._write_hidden_item(element)
            return
        task = element.get("task")
        classes = ["group"] if mark is None and element in self._marks.groups else []
        attributes = self._item_id(mark) if mark is not None else ""
        if task:
            classes.append("task")
        if classes:
            attributes += self._own("class", " ".join(classes))
        self._out.append(f"<li{attributes}>")
        if task:
            checked = self._own("checked", "") if task == "x" else ""
            name = self._own("aria-label", f"[{task if task == 'x' else ' '}]")
            self._out.append(f"<input{self._own('type', 'checkbox')}{name} disabled{checked}> ")
        self._write_item_content(element, mark if mark is not None and mark.anchor else None)
        self._out.append("</li>\n")

    def _write_item_content(self, element: etree.Element, mark: ItemMark | None) -> None:
        """An item's blocks on lines of their own; its own link ends what is not a list below."""
        previous = ""
        for child in element:
            if mark is not None and child.tag in _LISTS:
                self._mark_item(mark)
                mark = None
            if previous == TIGHT:
                self._out.append("\n")
            self._child(child)
            previous = child.tag
        if mark is not None:
            self._mark_item(mark)

    def _write_hidden_item(self, element: etree.Element) -> None:
        """A hidden item leaves nothing but the items that stand below it."""
        nested = [child for child in element if child.tag in _LISTS]
        items = self._marks.items
        below = (item for child in nested for item in child.iter("li"))
        if any(item in items and not items[item].hidden for item in below):
            self._out.append("<li>")
            for child in nested:
                self._child(child)
            self._out.append("</li>\n")
        else:
            self._leave_out()

    def _write_list(self, element: etree.Element) -> None:
        if element in self._marks.removed:
            self._leave_out()
            return
        start = element.get("start")
        self._element(element, f' start="{start}"' if start else "")

    def _write_table(self, element: etree.Element) -> None:
        self._out.append(f"<div{self._own('class', 'table')}{self._own('tabindex', '0')}><table>\n")
        self._content(element)
        self._out.append("</table></div>\n")

    def _write_row(self, element: etree.Element) -> None:
        mark = self._marks.items.get(element)
        if mark is not None and mark.hidden:
            return
        if mark is None or not mark.anchor:
            self._element(element)
            return
        place = _end_of_cell(element)
        if place is not None:
            self._own_links[place] = mark
        self._out.append(f"<tr{self._item_id(mark)}>")
        self._content(element)
        if place is None:
            self._mark_item(mark)
        self._out.append("</tr>\n")

    def _write_cell(self, element: etree.Element) -> None:
        if not len(element) and not (element.text or "").strip():
            element.tag = "td"  # a heading that says nothing is none
        alignment = element.get("align")
        attributes = self._own("class", f"align-{alignment}") if alignment else ""
        mark = self._own_links.get(element)
        if mark is None:
            self._element(element, attributes)
            return
        self._out.append(f"<{element.tag}{attributes}>")
        self._content(element)
        self._mark_item(mark)
        self._out.append(f"</{element.tag}>\n")

    def _write_void(self, element: etree.Element) -> None:
        self._out.append(f"<{element.tag}>\n" if element.tag == "hr" else f"<{element.tag}>")

    def _write_raw_html(self, element: etree.Element) -> None:
        self._content(element)
        self._out.append("\n")

    # -- inlines ----------------------------------------------------------------------------

    def _write_raw_tag(self, element: etree.Element) -> None:
        if (mark := self._own_links.get(element)) is not None:
            self._mark_item(mark)
        tag = element.get("html", "")
        name = element.get(OPENS) or element.get(CLOSES) or ""
        if name in HEADING_TAGS:
            tag = tag.replace(name, f"h{self._level_in_html(int(name[1]))}")
        if tag.startswith("<a ") and ' href="#' not in tag:
            tag = f"{tag[:-1]}{self._elsewhere}>"
        if anchor := self._marks.places.get(element.get(NAME, "")):
            tag = f"{tag[:-1]}{self._own('id', anchor)}>"
        self._out.append(tag)

    def _write_strong(self, element: etree.Element) -> None:
        self._element(element, self._title if element in self._marks.titles else "")

    def _write_link(self, element: etree.Element) -> None:
        url = element.get("href", "")
        decided = self._marks.decided
        if url in decided.blocked or url in decided.held:
            self._write_withheld(element, url)
            return
        if not is_linkable(url):
            self._content(element)
            return
        is_title = element in self._marks.titles
        own = self._title if is_title else ""
        if url in decided.replaced:
            own = self._own("class", "title replaced-link" if is_title else "replaced-link")
        title, address = element.get("title"), self._address(element, url)
        attributes = f'{own} href="{escape(address)}"'
        if not address.startswith("#"):
            attributes += self._elsewhere
        self._element(element, attributes + (f' title="{escape(title)}"' if title else ""))
        self._write_what_became(url)

    def _write_what_became(self, url: str) -> None:
        """What became of a link that is shown: replaced, or broken and kept somewhere."""
        decided, notes = self._marks.decided, []
        if url in decided.replaced:
            notes.append(escape(decided.words.replaced, quote=False))
        else:
            if url in decided.broken:
                notes.append(escape(decided.words.broken, quote=False))
            if url in decided.copies:
                copy = escape(encode_url(decided.copies[url]))
                words = escape(decided.words.copy, quote=False)
                notes.append(f'<a href="{copy}"{self._elsewhere}>{words}</a>')
        if notes:
            self._note(" · ".join(notes))

    def _address(self, element: etree.Element, url: str) -> str:
        replacement = self._marks.decided.replaced.get(url)
        if url.startswith("#"):
            return self._marks.targets.get(url, url)
        if replacement is None and element.get(AS_WRITTEN) is not None:
            return url
        return encode_url(replacement or url)

    def _write_withheld(self, element: etree.Element, url: str) -> None:
        """The text of a link without its address, and why there is none."""
        decided = self._marks.decided
        is_blocked = url in decided.blocked
        self._out.append(f"<span{self._own('class', 'blocked-link')}>")
        self._content(element)
        self._out.append("</span>")
        self._note(escape(decided.words.blocked if is_blocked else decided.words.held, quote=False))

    def _note(self, html: str) -> None:
        """What the site has to say about a link, told apart from what the author wrote."""
        self._out.append(f" <small{self._own('class', 'link-note')}>({html})</small>")

    def _write_image(self, element: etree.Element) -> None:
        source = element.get("src", "")
        if not is_linkable(source) or self._marks.withholds(element):
            self._out.append(escape(element.get("alt", ""), quote=False))
            return
        width, height = element.get("width"), element.get("height")
        known = self._marks.images.get(source)
        if known is not None:
            source, width, height = known.url, str(known.width), str(known.height)
        parts = [
            f'<img src="{escape(encode_url(source))}" alt="{escape(element.get("alt", ""))}"',
            self._lazy,
        ]
        for name, value in (("title", element.get("title")), ("width", width), ("height", height)):
            if value:
                parts.append(f' {name}="{escape(value)}"')
        html = "".join(parts) + ">"
        self._out.append(self._picture(html, known.sources) if known and known.sources else html)

    def _picture(self, image: str, sources: Sequence[tuple[str, str]]) -> str:
        found = "".join(
            f"<source{self._own('type', kind)}{self._own('srcset', escape(files))}{self._sizes}>"
            for kind, files in sources
        )
        return f"<picture>{found}{image}</picture>"

    def _write_note_reference(self, element: etree.Element) -> None:
        number = int(element.get("number", "1"))
        anchor = note_anchor(number, int(element.get("use", "1")))
        self._out.append(
            f"<sup{self._own('class', 'footnote')}{self._own('id', anchor)}>"
            f'<a href="#fn-{number}">{number}</a></sup>'
        )


def note_anchor(number: int, use: int) -> str:
    """The id of a footnote's reference; only the second and later uses say which they are."""
    return f"fnref-{number}" if use == 1 else f"fnref-{number}-{use}"


def _end_of_cell(row: etree.Element) -> etree.Element | None:
    """The cell of a row that has its first link or, in raw HTML, the tag that ends that cell."""
    has_link = False
    for child in row:
        if has_link and (child.get(CLOSES) or child.get(OPENS)) in CELL_TAGS:
            return child
        has_link = has_link or child.tag == "a" or child.find(".//a") is not None
        if has_link and child.tag in CELL_TAGS:
            return child
    return None


def is_alone(paragraph: etree.Element) -> bool:
    """Whether a paragraph's only child has no text beside it."""
    return not (paragraph.text or "").strip() and not (paragraph[0].tail or "").strip()


_WRITERS: Final[dict[str, Callable[[Writer, etree.Element], None]]] = {
    TIGHT: Writer._write_tight,
    RAW_HTML: Writer._write_raw_html,
    RAW_TAG: Writer._write_raw_tag,
    NOTE_REFERENCE: Writer._write_note_reference,
    PLACE: Writer._write_place,
    "p": Writer._write_paragraph,
    "li": Writer._write_list_item,
    "ul": Writer._write_list,
    "ol": Writer._write_list,
    "table": Writer._write_table,
    "tr": Writer._write_row,
    "th": Writer._write_cell,
    "td": Writer._write_cell,
    "hr": Writer._write_void,
    "br": Writer._write_void,
    "a": Writer._write_link,
    "img": Writer._write_image,
    "strong": Writer._write_strong,
    "b": Writer._write_strong,
    **dict.fromkeys(HEADING_TAGS, Writer._write_heading),
}
