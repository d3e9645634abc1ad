"""What the pages of staff say in words."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString

from posts.auditing import words_of

register = template.Library()

register.filter("in_words", words_of)

_CODE = re.compile("`([^`]+)`")


@register.filter
def with_code(words: str) -> SafeString:
    """Return words as HTML in which what stands between backticks is code."""
    return SafeString(_CODE.sub(r"<code>\1</code>", escape(words)))


@register.filter
def unquoted(address: str) -> str:
    """Return an address in its own letters."""
    return unquote(address)


@register.filter
def of(words: Any, number: int) -> str:
    """Return a number of things in words, such as "1 issue", of a lazy plural that takes "n"."""
    return str(words % {"n": number})
