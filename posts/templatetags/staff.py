"""What the lists of staff need to count in words."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()


@register.filter
def of(words: Any, number: int) -> str:
    """Return a number of things in words, such as "1 issue", of a lazy plural that takes "n"."""
    return str(words % {"n": number})
