"""Lists of staff: what stands in their addresses, in those of libraries' tables too."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList, ChangeListSearchForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.text import smart_split

# SQLite takes no expression deeper than 1000, and each word is looked for in several columns.
MOST_WORDS: Final = 50


class SearchForm(ChangeListSearchForm):
    """What is looked for: as many words as a list can be asked for, which its field shows again."""

    def clean(self) -> dict[str, Any]:
        """Leave out what is behind the last of those words."""
        cleaned = super().clean() or self.cleaned_data
        for name, words in cleaned.items():
            parts = list(islice(smart_split(words), MOST_WORDS + 1))
            if len(parts) > MOST_WORDS:
                cleaned[name] = " ".join(parts[:MOST_WORDS])
        return cleaned


class StaffList(ChangeList):
    """A list whose address may say anything."""

    search_form_class = SearchForm

    def get_results(self, request: HttpRequest) -> None:
        """Ask for the rows. Raises IncorrectLookupParameters for what can be the key of none, too,
        in the address and among the rows that an action is for."""
        try:
            super().get_results(request)
            if keys := request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.root_queryset.filter(pk__in=keys).exists()
        except (OverflowError, ValidationError, ValueError) as error:
            raise IncorrectLookupParameters from error


def staff_list(admin: Any, request: HttpRequest, **given: Any) -> type[ChangeList]:
    """Return what shows the list of an admin: its method ``get_changelist``."""
    return StaffList
