"""Subscribers: the list, the page of one, and what staff may do with one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from links.admin import EMPTY, PeriodFilter, badge, day, moment
from mailing import access, bounces
from mailing.addresses import masked
from mailing.admin.bases import whole_address
from mailing.admin.transfers import TransferPages
from mailing.admin.verbs import VERBS, carry_out
from mailing.models import Choice, Delivery, Event, Subscriber, Suppression
from posts.numbers import number_in

STATES: Final[dict[str, str]] = {
    Subscriber.Status.ACTIVE: "published",
    Subscriber.Status.WAITING: "scheduled",
    Subscriber.Status.PAUSED: "scheduled",
    Subscriber.Status.BOUNCED: "problem",
    Subscriber.Status.COMPLAINED: "problem",
}
DELIVERIES: Final[dict[str, str]] = {
    Delivery.Status.ACCEPTED: "published",
    Delivery.Status.FAILED: "problem",
    Delivery.Status.UNKNOWN: "problem",
    Delivery.Status.DEFERRED: "scheduled",
}
# By which a list may be narrowed; any other would let who may not see addresses guess them.
LOOKUPS: Final = frozenset(
    {"status__exact", "rhythm__exact", "source__exact", "language", "chosen", "came"}
)
LANGUAGES: Final = {"en": _("English"), "ko": _("Korean")}
SHOWN_CHOICES, SHOWN = 100, 50
LIST: Final = "admin:mailing_subscriber_changelist"


class LanguageFilter(admin.SimpleListFilter):
    """Subscribers by their language; asks no table which there are."""

    title = _("language")
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        """Return the languages that mails are written in."""
        return LANGUAGES.items()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return those of a language."""
        return queryset.filter(language=self.value()) if self.value() else queryset


class ChosenFilter(admin.SimpleListFilter):
    """Subscribers by what they chose."""

    title = _("gets")
    parameter_name = "chosen"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Return what was chosen by anybody."""
        for choice in Choice.objects.order_by("kind", "value")[:SHOWN_CHOICES]:
            yield str(choice.pk), str(choice)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return those who chose it."""
        key = number_in(self.value())
        return queryset.filter(chosen__choice=key) if key else queryset


class CameFilter(PeriodFilter):
    """Subscribers by when they came."""

    title = _("came")
    parameter_name = "came"
    column = index = "created_at"


@admin.register(Subscriber)
class SubscriberAdmin(TransferPages):
    """Who gets mail. Addresses and names are shown to those alone who may see them."""

    list_filter = ("status", "rhythm", LanguageFilter, "source", ChosenFilter, CameFilter)
    search_fields = ("digest",)
    search_help_text = _(
        "Finds an address that is typed whole; for who may see addresses, parts of them and names."
    )
    ordering = ("-created_at", "-id")
    sortable_by = ("date",)
    counted = ngettext_lazy("%(n)s subscriber", "%(n)s subscribers", "n")
    nothing = _("Readers subscribe on the site; those of another service are imported.")
    change_form_template = "admin/mailing/subscriber/change_form.html"
    readonly_fields = (
        "address", "masked", "name", "state", "wanted", "rhythm", "spoken", "source", "date",
        "confirmed", "paused", "left", "group",
    )  # fmt: skip
    actions = None

    # Who sees what

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the columns, with the address as far as the user may see it."""
        shown = "address" if self.sees_addresses(request) else "masked"
        return (shown, "state", "wanted", "rhythm", "spoken", "date")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Return what the page of one shows, see above."""
        hidden = {"masked"} if self.sees_addresses(request) else {"address", "name"}
        return tuple(name for name in self.readonly_fields if name not in hidden)

    def find(self, request: HttpRequest, queryset: QuerySet[Any], words: str) -> QuerySet[Any]:
        """Find a whole address for everybody; part of one, or a name, for who may see them."""
        if digest := whole_address(words):
            return queryset.filter(digest=digest)
        if not self.sees_addresses(request):
            return queryset.none()
        return queryset.filter(Q(address__icontains=words) | Q(name__icontains=words))

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """Tell whether a query may narrow the list so: never by parts of addresses."""
        return lookup in LOOKUPS

    @staticmethod
    def sees_addresses(request: HttpRequest) -> bool:
        """Tell whether the user may see addresses."""
        return access.may(request.user, access.SEE_ADDRESSES)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return subscribers with their choices, in as many queries for one as for all."""
        return super().get_queryset(request).prefetch_related("choices")

    # Columns

    @admin.display(description=_("address"))
    def masked(self, row: Subscriber) -> str:
        return masked(row.address)

    @admin.display(description=_("state"))
    def state(self, row: Subscriber) -> SafeString:
        return badge(STATES.get(row.status), row.get_status_display())

    @admin.display(description=_("gets"))
    def wanted(self, row: Subscriber) -> str:
        return ", ".join(str(choice) for choice in row.choices.all()) or EMPTY

    @admin.display(description=_("language"))
    def spoken(self, row: Subscriber) -> str:
        return str(LANGUAGES.get(row.language, row.language)) or EMPTY

    @admin.display(description=_("came"), ordering="created_at")
    def date(self, row: Subscriber) -> SafeString | str:
        return day(row.created_at)

    @admin.display(description=_("confirmed"))
    def confirmed(self, row: Subscriber) -> SafeString | str:
        return moment(row.confirmed_at)

    @admin.display(description=_("paused until"))
    def paused(self, row: Subscriber) -> SafeString | str:
        return moment(row.paused_until)

    @admin.display(description=_("left"))
    def left(self, row: Subscriber) -> SafeString | str:
        return moment(row.left_at)

    # The page of one

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show what a subscriber said, what was sent, and what can be done."""
        row: Subscriber = context["original"]
        context |= {
            "title": row.address if self.sees_addresses(request) else masked(row.address),
            "subtitle": "",
            "suppression": Suppression.objects.filter(digest=row.digest).first(),
            "consents": row.consents.select_related("wording", "by").order_by("-pk"),
            "came_back": list(_came_back(row)),
            "most_soft": bounces.MOST_SOFT,
            "deliveries": [
                (delivery, badge(DELIVERIES.get(delivery.status), delivery.get_status_display()))
                for delivery in row.deliveries.select_related("mailing").order_by("-pk")[:SHOWN]
            ],
            "verbs": [
                (verb.title, reverse("admin:mailing_subscriber_act", args=[row.pk, name]))
                for name, verb in VERBS.items()
                if access.may(request.user, verb.right) and verb.is_open(row)
            ],
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        """Add the page that asks before something is done with one."""
        view = self.admin_site.admin_view(self.act_view)
        name = "mailing_subscriber_act"
        return [path("<int:object_id>/do/<slug:verb>/", view, name=name), *super().get_urls()]

    def act_view(self, request: HttpRequest, object_id: int, verb: str) -> HttpResponse:
        """Ask before something is done with a subscriber, do it and write it down."""
        if verb not in VERBS:
            raise Http404
        what = VERBS[verb]
        access.check(request.user, what.right)
        row = Subscriber.objects.filter(pk=object_id).first()
        if row is None or not what.is_open(row):
            raise Http404
        back = reverse("admin:mailing_subscriber_change", args=[row.pk])
        return carry_out(self, request, row, what, back, reverse(LIST))


def _came_back(row: Subscriber) -> QuerySet[Event]:
    """Return what came back of late from the address, for now or for good, the last first."""
    kinds = (Event.Kind.SOFT, Event.Kind.HARD)
    since = timezone.now() - bounces.WINDOW
    return Event.objects.filter(digest=row.digest, kind__in=kinds, at__gt=since).order_by("-at")
