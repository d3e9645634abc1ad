"""Answers as their readers see them: parsed HTML, where a missing element fails the test."""

from __future__ import annotations

from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode


class Page:
    """The HTML of an answer, or HTML itself."""

    def __init__(self, answer: Any) -> None:
        html = answer if isinstance(answer, str) else answer.content.decode()
        self._tree = LexborHTMLParser(html)

    def one(self, selector: str) -> LexborNode:
        """Return the first element that a selector finds; there must be one."""
        found = self._tree.css_first(selector)
        assert found is not None, f"nothing is {selector}"
        return found

    def all(self, selector: str) -> list[LexborNode]:
        """Return every element that a selector finds."""
        return self._tree.css(selector)

    def texts(self, selector: str) -> list[str]:
        """Return the text of every element that a selector finds, as a reader sees it."""
        return [shown(node) for node in self.all(selector)]

    def text(self) -> str:
        """Return all text."""
        return self._tree.text()

    def values(self, selector: str, attribute: str) -> list[str]:
        """Return an attribute of every element that a selector finds; each must have it."""
        return [value_of(node, attribute) for node in self.all(selector)]

    def fields(self, form: str) -> dict[str, str]:
        """Return what a browser would submit of a form's inputs and texts."""
        values: dict[str, str] = {}
        for node in self.all(f"{form} input[name], {form} textarea[name]"):
            if node.tag == "textarea":
                # The parser gives the text as browsers do, without the newline after the tag.
                value = "\r\n".join(node.text().replace("\r\n", "\n").split("\n"))
            else:
                value = node.attributes.get("value") or ""
            values[value_of(node, "name")] = value
        return values

    def value(self, selector: str, attribute: str) -> str:
        """Return an attribute of the first element that a selector finds; it must have it."""
        return value_of(self.one(selector), attribute)


def shown(node: LexborNode) -> str:
    """Return the text of an element as browsers show it: white space is one space."""
    return " ".join(node.text().split())


def value_of(node: LexborNode, attribute: str) -> str:
    """Return an attribute of an element, empty where it has no value; it must have it."""
    assert attribute in node.attributes, f"{node.html} has no {attribute}"
    return node.attributes[attribute] or ""


def inner(node: LexborNode, selector: str) -> str:
    """Return the text of the first element in another; there must be one."""
    found = node.css_first(selector)
    assert found is not None, f"nothing is {selector}"
    return found.text(strip=True)
