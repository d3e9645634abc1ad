"""What readers may send."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from links.models import Report
from links.normalizing import host_of
from links.registering import canonical_or_none
from posts.readers.tickets import (
    QUICKEST,
    TicketError,
    TooQuick,
    check_ticket,
    make_ticket,
    use_ticket,
)

MAX_URL = 2000


class PublicForm(forms.Form):
    """A form for everybody: with a ticket, and a field that people do not see.

    A form that does not pass keeps what was typed and gets a new ticket where it needs one.
    """

    name = ""
    # Whether a press of a button is all that it may take: who has the form was given its address.
    may_be_quick = False
    ticket = forms.CharField(widget=forms.HiddenInput, required=False, max_length=300)
    # Named so that it is filled in by those who fill in everything.
    homepage = forms.CharField(
        required=False,
        label=_("Leave this empty"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, label_suffix="", **kwargs)
        self.initial["ticket"] = make_ticket(self.name)
        for field in self.visible_fields():
            if field.help_text:
                described = {"aria-describedby": f"{field.id_for_label}_help"}
                field.field.widget.attrs |= described

    def clean(self) -> dict[str, Any]:
        """Refuse what was not written into a form of ours, by a person, in good time."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("homepage"):
            self._again(homepage="")
            raise forms.ValidationError(
                gettext(
                    "A field that people do not see was filled in. It is empty now: send again."
                )
            )
        try:
            check_ticket(self.name, cleaned.get("ticket", ""))
        except TooQuick as error:
            if self.errors or self.may_be_quick:
                return cleaned  # looking over these takes time enough
            raise forms.ValidationError(
                gettext(
                    "That was too quick for a person. Look over it, and send it again after"
                    " %(n)d seconds or more."
                )
                % {"n": QUICKEST.seconds}
            ) from error
        except TicketError as error:
            self.renew()
            raise forms.ValidationError(
                gettext("This form was open for too long. Nothing is lost: send it again.")
            ) from error
        return cleaned

    def use_ticket(self) -> bool:
        """Use the ticket of a valid form, which is good for one; tell whether it still was."""
        if use_ticket(self.name, self.cleaned_data["ticket"]):
            return True
        self.renew()
        self.add_error(
            None,
            gettext("This was sent already and has arrived. Send it again only if you mean to."),
        )
        return False

    def renew(self) -> None:
        """Show the form again with a ticket that is good."""
        self._again(ticket=make_ticket(self.name))

    def _again(self, **values: str) -> None:
        """Show the form with other values in these fields."""
        self.data = {**{name: self.data[name] for name in self.data}, **values}


class SuggestForm(PublicForm):
    """A link that a reader suggests."""

    name = "suggest"
    url = forms.CharField(
        label=_("Address"),
        error_messages={"required": _("Say which address.")},
        max_length=MAX_URL,
        widget=forms.TextInput(
            attrs={"inputmode": "url", "autocapitalize": "off", "spellcheck": "false"}
        ),
    )
    title = forms.CharField(label=_("Title"), max_length=300, required=False)
    note = forms.CharField(
        label=_("Why is it worth reading?"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        help_text=_("Only to tell you what became of it."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    again = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        if not settings.EMAIL:
            # Nobody is asked for what is not used.
            del self.fields["email"]

    def clean_url(self) -> str:
        """Return a web address; one without a scheme gets https."""
        url = str(self.cleaned_data["url"])
        canonical = canonical_or_none(url)
        if canonical is None and "://" not in url:
            url = f"https://{url}"
            canonical = canonical_or_none(url)
        if not canonical or not canonical.startswith("http") or "." not in host_of(canonical):
            raise forms.ValidationError(
                gettext("This is no web address. One looks like https://example.org/article.")
            )
        return url


class ReportForm(PublicForm):
    """What is wrong with a link."""

    name = "report"
    link = forms.ChoiceField(
        label=_("Which link?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Say which link.")},
    )
    kind = forms.ChoiceField(
        label=_("What is wrong?"),
        choices=Report.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say what is wrong.")},
    )
    note = forms.CharField(
        label=_("More about it"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, links: Sequence[tuple[str, str]], data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        field = self.fields["link"]
        field.choices = links  # type: ignore[attr-defined]
        field.initial = links[0][0]
