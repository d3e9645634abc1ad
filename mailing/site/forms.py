"""What readers fill in about mail."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mailing import subscribing
from mailing.addresses import AddressError, checked
from mailing.models import MailSettings, Rhythm, Subscriber
from mailing.site import things
from mailing.subscribing import EVERYTHING, Wish
from posts import identity
from posts.readers.forms import PublicForm

LONGEST_PAUSE = timedelta(days=366)
ALL, PARTS = "all", "parts"
# Where the small forms stand.
PLACES = frozenset(("home", "follow", "issue", "list"))


class AddressField(forms.CharField):
    """A mail address, checked by its form alone."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"autocomplete": "email", "autocapitalize": "off", "spellcheck": "false"}
        widget = forms.EmailInput(attrs=attrs)
        messages = {"required": _("Say which address.")}
        super().__init__(max_length=254, widget=widget, error_messages=messages, **kwargs)

    def clean(self, value: Any) -> str:
        """Return an address as it is stored."""
        try:
            return checked(super().clean(value))
        except AddressError as error:
            raise forms.ValidationError(
                gettext("This is no mail address. One looks like name@example.org.")
            ) from error


class SubscribeForm(PublicForm):
    """Who wants mail, of what, how often."""

    name = "subscribe"
    email = AddressField(label=_("E-mail"))
    what = forms.ChoiceField(label=_("What?"), required=False, widget=forms.RadioSelect)
    follow = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)
    rhythm = forms.ChoiceField(
        label=_("How often?"), choices=Rhythm.choices, required=False, widget=forms.RadioSelect
    )
    place = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    # Whether the address was typed into a small form before, and this one only has to be sent.
    again = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.may_be_quick = bool((data or {}).get("again"))
        self.initial.setdefault("rhythm", MailSettings.current().default_rhythm)
        self.initial.setdefault("what", PARTS)
        typed = data.get("follow", "") if data else self.initial.get("follow", "")
        wish = subscribing.wish_of(typed)
        self.thing = next(iter(things.known([wish])), None) if wish else None
        if self.thing is None or wish == EVERYTHING:
            del self.fields["what"]
        else:
            named = f"{self.thing.kind}: {self.thing.name}"
            choices = [(PARTS, named), (ALL, gettext("All issues"))]
            self.fields["what"].choices = choices  # type: ignore[attr-defined]

    def clean_rhythm(self) -> str:
        """Return a rhythm, that of the settings where none was chosen."""
        return self.cleaned_data["rhythm"] or MailSettings.current().default_rhythm

    def clean_place(self) -> str:
        """Return where the form stood, as far as it is a place of ours."""
        place = self.cleaned_data["place"]
        return place if place in PLACES else ""

    def wishes(self) -> list[Wish]:
        """Return what is to be sent; none is everything."""
        wish = subscribing.wish_of(self.cleaned_data["follow"])
        is_part = "what" in self.fields and self.cleaned_data["what"] != ALL
        return [wish] if is_part and wish else []


class WishesForm(forms.Form):
    """What a reader gets, how often, when, and in which language."""

    what = forms.ChoiceField(
        label=_("What do you want to get?"),
        choices=[(ALL, _("All issues")), (PARTS, _("Only what I choose below"))],
        widget=forms.RadioSelect,
    )
    find = forms.CharField(label=_("Look for more"), required=False, max_length=200)
    rhythm = forms.ChoiceField(
        label=_("How often?"), choices=Rhythm.choices, widget=forms.RadioSelect
    )
    hour = forms.TypedChoiceField(
        label=_("At what hour?"),
        coerce=int,
        choices=[(hour, f"{hour:02}:00") for hour in range(24)],
        help_text=_("For once a week and once a month."),
    )
    zone = forms.ChoiceField(label=_("In which time zone?"), required=False)
    language = forms.ChoiceField(label=_("Language of the mails"), required=False)

    def __init__(self, subscriber: Subscriber, data: Any = None) -> None:
        names = ("rhythm", "hour", "zone", "language")
        initial = {name: getattr(subscriber, name) for name in names}
        super().__init__(data, initial=initial, label_suffix="")
        # What the page said before anything was pressed on it.
        self.was = (data or {}).get("was", "")
        now = identity.current()
        own = gettext("That of the site: %s") % identity.zone_words(now.time_zone)
        self._offer("zone", [("", own), *identity.zone_choices([subscriber.zone])])
        languages = [(code, name) for code, name in settings.LANGUAGES]
        self._offer("language", [("", gettext("That of the site")), *languages])

    def _offer(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def wants_all(self, *, ticks: bool) -> bool:
        """Tell whether all issues are wanted: whoever ticks something, and leaves "All issues" as
        it stood, wants what was ticked."""
        is_as_it_stood = self.was == ALL
        return self.cleaned_data["what"] == ALL and not (ticks and is_as_it_stood)

    def how(self) -> dict[str, Any]:
        """Return the rhythm and the like that were chosen."""
        return {name: self.cleaned_data[name] for name in ("rhythm", "hour", "zone", "language")}


class PauseForm(forms.Form):
    """Until which day nothing is to come."""

    until = forms.DateField(
        label=_("No mail before"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")
        today = timezone.localdate()
        ends = {"min": today + timedelta(days=1), "max": today + LONGEST_PAUSE}
        self.fields["until"].widget.attrs |= {name: f"{day}" for name, day in ends.items()}

    def clean_until(self) -> datetime:
        """Return when that day begins, in the reader's zone."""
        day, today = self.cleaned_data["until"], timezone.localdate()
        if not today < day <= today + LONGEST_PAUSE:
            raise forms.ValidationError(gettext("Choose a day to come, within a year."))
        return datetime.combine(day, time.min, timezone.get_current_timezone())


class MoveForm(forms.Form):
    """Where mail is to go from now on."""

    email = AddressField(label=_("New address"))

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")
