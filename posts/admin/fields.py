"""Fields of staff's forms; those of an issue know when what a browser sends is no change."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.utils import timezone
from django.utils.translation import gettext

from posts import drafting
from posts.documents.editing import plain
from posts.documents.metadata import MAX_TAG, distinct_tags
from posts.markdown.limits import MarkdownLimitError
from posts.rendering import render_markdown
from posts.translating import translated

TAGS_LENGTH = 10_000


def check_markdown(text: str) -> str:
    """Return a text with the line endings that are stored.

    Raises ValidationError for one that cannot be rendered.
    """
    text = text.replace("\r\n", "\n")
    try:
        render_markdown(text)
    except MarkdownLimitError as error:
        raise ValidationError(translated(error.reason)) from error
    return text


def join_tags(names: Sequence[str]) -> str:
    """Return tag names as an editor sees them, comma-separated; ``split_tags`` reads them back."""
    return ", ".join(_quoted(name) if "," in name or name[:1] == '"' else name for name in names)


def split_tags(text: str) -> list[str]:
    """Return the names in a comma-separated text, each once; names keep spaces and script."""
    rows = csv.reader([re.sub(r"[\r\n]+", ",", text)], skipinitialspace=True)
    return list(distinct_tags(name for row in rows for name in row))


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


class PlainTextField(forms.CharField):
    """A text of several lines: line endings and outer blanks alone are no change."""

    widget = forms.Textarea(attrs={"rows": 3})

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare as the editor saw the texts: browsers submit every line ending as CR LF."""
        return plain(initial or "").strip() != plain(data or "").strip()


class DocumentField(forms.CharField):
    """A Markdown text: nothing is stripped, and line endings alone are no change."""

    widget = forms.Textarea(attrs={"rows": 32, "class": "document"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, required=False, **kwargs)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare as the editor saw the texts: browsers submit every line ending as CR LF."""
        return plain(initial or "") != plain(data or "")


class TagNamesField(forms.Field):
    """Tag names, comma-separated."""

    default_validators = [ProhibitNullCharactersValidator()]

    def prepare_value(self, value: Any) -> Any:
        """Show names as the text they are typed as."""
        return value if isinstance(value, str) or value is None else join_tags(value)

    def clean(self, value: Any) -> list[str]:
        """Return the names; raise ValidationError for one that is too long."""
        text = value or ""
        self.run_validators(text)
        if len(text) > TAGS_LENGTH:
            raise ValidationError(gettext("These are too many tags."))
        names = split_tags(text)
        for name in names:
            if len(name) > MAX_TAG:
                raise ValidationError(
                    gettext("A tag has at most %(count)d characters: “%(name)s…” has more.")
                    % {"count": MAX_TAG, "name": name[:30]}
                )
        return names

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether other names, or in another order, were typed."""
        return len(data or "") > TAGS_LENGTH or list(initial or []) != split_tags(data or "")


class MinuteField(forms.DateTimeField):
    """A moment to the minute, in the browser's own control; seconds are kept while it is left."""

    widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare to the minute."""
        shown = self.widget.format_value(self.prepare_value(initial)) or ""
        return bool(shown != (data or "").strip()[:16])


def zone_in_words() -> str:
    """Say in which time zone moments are given, and how exact they are."""
    words = gettext("In the time zone %(zone)s, from the first second of the minute.")
    return words % {"zone": timezone.get_current_timezone_name()}


class DayField(forms.DateField):
    """A day, in the browser's own control."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class AsideField(forms.CharField):
    """What is sent beside an issue, such as what an editor says of a save: no change of it."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Never."""
        return False


class HandleField(AsideField):
    """Which working copy the form writes."""

    widget = forms.HiddenInput(attrs={"autocomplete": "off"})

    def clean(self, value: Any) -> drafting.Handle | None:
        """Return the handle; None for one that is none."""
        try:
            return drafting.Handle.read(value or "")
        except ValueError:
            return None


class SignField(AsideField):
    """What the marks of clashes end with that a meeting wrote into the text of this form; others
    are part of the issue."""

    widget = forms.HiddenInput(attrs={"autocomplete": "off"})
