"""What the pages of staff say in words."""

from __future__ import annotations

from typing import Any

from django import template

from posts.admin.auditing import words_of

register = template.Library()

register.filter("in_words", words_of)


@register.filter
def of(words: Any, number: int) -> str:
    """Return a number of things in words, such as "1 issue", of a lazy plural that takes "n"."""
    return str(words % {"n": number})
