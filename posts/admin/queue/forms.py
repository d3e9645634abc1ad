"""What moderators fill in at the desk beside a decision: a rule about a source, one for many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from links.models import Source, SourceRule


class RuleForm(forms.Form):
    """A rule about the source of an entry."""

    place = forms.TypedChoiceField(coerce=int)
    subdomains = forms.BooleanField(required=False)
    action = forms.ChoiceField(choices=SourceRule.Action.choices)
    reason = forms.CharField(required=False, max_length=500)

    def __init__(self, data: Any, sources: Sequence[Source]) -> None:
        super().__init__(data)
        self.sources = {source.pk: source for source in sources}
        place = cast("forms.TypedChoiceField", self.fields["place"])
        place.choices = [(source.pk, source.name) for source in sources]

    def rule(self) -> SourceRule:
        """Return the rule, unsaved; the form is valid."""
        source = self.sources[self.cleaned_data["place"]]
        values = {name: self.cleaned_data[name] for name in ("action", "reason", "subdomains")}
        return SourceRule(host=source.host, path=source.path, **values)


class BulkForm(forms.Form):
    """One decision about many entries."""

    action = forms.ChoiceField(
        label=_("decision"),
        choices=[
            ("approve", _("Approve: readers get the links")),
            ("block", _("Block: readers get the words without the links")),
            ("mark_broken", _("Mark broken: readers see “link broken” beside them")),
        ],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("reason"),
        required=False,
        max_length=500,
        help_text=_("Needed to block or to mark broken. For other staff; readers do not see it."),
    )
