"""Links: what is known of each, and what is decided about it, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django import forms
from django.contrib import admin, messages
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from links.admin.bases import Desk
from links.admin.parts import (
    EMPTY,
    HEALTH,
    SHOWN,
    STANDINGS,
    STATUSES,
    PeriodFilter,
    ReasonForm,
    addresses,
    ask,
    badge,
    day,
    moment,
    outward,
    page_of,
    rule_badge,
    selection,
    with_record,
)
from links.decisions import EXPLAINED, DecisionError, ReasonMissing, decide
from links.models import Decision, Effect, Link, SourceRule

# So many checks and decisions of a link are shown.
HISTORY = 20


class Verb(NamedTuple):
    """A decision as staff read it: the button, and what it means for readers."""

    name: Any
    meaning: Any


VERBS: dict[str, Verb] = {
    Decision.Action.APPROVE: Verb(
        _("Approve"), _("Readers get the link, whatever was decided before.")
    ),
    Decision.Action.BLOCK: Verb(
        _("Block"), _("Readers get the words without the link, wherever it stands.")
    ),
    Decision.Action.REPLACE: Verb(
        _("Replace"), _("The link leads to another address, and says so. The text stays as it is.")
    ),
    Decision.Action.MARK_BROKEN: Verb(
        _("Mark broken"),
        _(
            "Readers see at once “link broken” beside it, and the archived copy where there is one."
            " It is not checked any more."
        ),
    ),
    Decision.Action.RESTORE: Verb(_("Restore"), _("As if nobody had decided anything about it.")),
}


class ReplacementForm(ReasonForm):
    """What takes the place of a link, and why."""

    offer = forms.ChoiceField(label=_("lead readers to"), widget=forms.RadioSelect, required=False)
    replacement_url = forms.CharField(label=_("another address"), required=False)
    field_order = ("offer", "replacement_url", "reason")

    def __init__(self, *args: Any, link: Link | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offers = _offers(link) if link else []
        if offers:
            offer: Any = self.fields["offer"]
            offer.choices = [*offers, ("", _("Another address:"))]
            offer.initial = offers[0][0]
        else:
            del self.fields["offer"]

    def clean(self) -> dict[str, Any]:
        """Settle on one address."""
        cleaned = super().clean() or self.cleaned_data
        offered = cleaned.pop("offer", "")
        cleaned["replacement_url"] = offered or cleaned.get("replacement_url", "")
        if not cleaned["replacement_url"]:
            self.add_error("replacement_url", gettext("Say where the link is to lead."))
        return cleaned


def _offers(link: Link) -> list[tuple[str, str]]:
    """Return addresses that may take the place of a link, with words."""
    found = []
    if link.archived_url:
        found.append((link.archived_url, gettext("The archived copy:")))
    if link.final_url not in {"", link.url}:
        found.append((link.final_url, gettext("Where it leads now:")))
    return [(address, f"{words} {address}") for address, words in found]


class RuleFilter(admin.SimpleListFilter):
    """Links by whether a rule about their source holds for them."""

    title = _("rule")
    parameter_name = "ruled"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return (*SourceRule.Action.choices, ("none", _("No rule")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Link]) -> QuerySet[Link]:
        value = self.value()
        if value == "none":
            return queryset.filter(rule=None)
        known = value in SourceRule.Action.values
        return queryset.filter(rule__action=value) if known else queryset


class SeenFilter(PeriodFilter):
    """Links by when they were added, which is the order of their keys."""

    title = _("added")
    parameter_name = "seen"
    column, index = "created_at", "pk"


class LinkAdmin(Desk):
    """Links, decided about one by one or many at once."""

    list_display: tuple[str, ...] = ("address", "host", "situation", "condition", "seen")
    list_filter = (
        ("status", admin.ChoicesFieldListFilter),
        ("standing", admin.ChoicesFieldListFilter),
        ("health", admin.ChoicesFieldListFilter),
        RuleFilter,
        SeenFilter,
    )
    search_fields = ("url", "title", "source__name", "reason")
    counted = ngettext_lazy("%(n)s link", "%(n)s links", "n")
    nothing = _("Links come with the issues, suggestions and collected links that have them.")
    next_step = (_("Collect a link"), "admin:links_inboxentry_add")
    search_help_text = _("Searches addresses, titles, sources and reasons.")
    ordering = ("-id",)
    list_select_related = ("source", "rule")
    actions = (
        "approve_selected",
        "block_selected",
        "mark_broken_selected",
        "restore_selected",
    )
    change_form_template = "admin/links/link/change_form.html"
    verb = "decide"
    readonly_fields = (
        "visit", "title", "description", "host", "state", "reason", "decided_at", "readers",
        "replacement", "condition", "final_url", "copy", "seen",
    )  # fmt: skip

    # What a row shows

    @admin.display(description=_("address"), ordering="url")
    def address(self, link: Link) -> SafeString:
        words = '<span class="address">{}</span><span class="aside">{}</span>'
        return format_html(words, link.url, link.title)

    @admin.display(description=_("address"))
    def visit(self, link: Link) -> SafeString | str:
        return outward(link.url)

    @admin.display(description=_("source"), ordering="source__name")
    def host(self, link: Link) -> SafeString | str:
        return page_of(link.source) if link.source else EMPTY

    @admin.display(description=_("status"), ordering="status")
    def state(self, link: Link) -> SafeString:
        return badge(STATUSES[link.status], link.get_status_display())

    @admin.display(description=_("readers"), ordering="standing")
    def readers(self, link: Link) -> SafeString:
        shown = badge(STANDINGS[link.standing], link.get_standing_display())
        why = _why(link)
        return format_html('{}<span class="aside">{}</span>', shown, why) if why else shown

    @admin.display(description=_("status"), ordering="status")
    def situation(self, link: Link) -> SafeString:
        """Say in one what was decided and what readers get."""
        if link.standing != Link.Standing.SHOWN or link.rule or link.replacement_url:
            return self.readers(link)
        if link.status == Link.Status.PENDING:
            return badge("draft", gettext("Shown, not yet looked at"))
        return self.state(link)

    @admin.display(description=_("replacement"))
    def replacement(self, link: Link) -> SafeString | str:
        return outward(link.replacement_url)

    @admin.display(description=_("health"), ordering="health")
    def condition(self, link: Link) -> SafeString:
        asked = moment(link.checked_at) if link.checked_at else ""
        word = badge(HEALTH.get(link.health), link.get_health_display())
        return format_html('{}<span class="aside">{}</span>', word, asked)

    @admin.display(description=_("leads to"))
    def final_url(self, link: Link) -> SafeString | str:
        return outward(link.final_url)

    @admin.display(description=_("archived copy"))
    def copy(self, link: Link) -> SafeString | str:
        return outward(link.archived_url)

    @admin.display(description=_("added"), ordering="created_at")
    def seen(self, link: Link) -> SafeString | str:
        return day(link.created_at)

    # A link's page

    def about(self, request: HttpRequest, row: Link) -> dict[str, Any]:
        """Return what may be decided about a link, what it touches, and what was found before."""
        kind = ContentType.objects.get_for_model(Link)
        effects = Effect.objects.filter(content_type=kind, object_id=row.pk)
        past = effects.select_related("decision__undone_by").order_by("-decision_id")
        context: dict[str, Any] = {
            "reach": self.reach(Link.objects.filter(pk=row.pk)),
            "checks": [
                (check, badge(HEALTH.get(check.health), check.get_health_display()))
                for check in row.checks.all()[:HISTORY]
            ],
            "effects": list(past[:HISTORY]),
        }
        if self.has_decide_permission(request):
            context["verbs"] = [
                (action, verb.name, action in EXPLAINED) for action, verb in _offered(row)
            ]
        return context

    # Deciding

    def changed_since(self, at: datetime) -> Q:
        """Return the condition that somebody decided about a link after a moment."""
        kind = ContentType.objects.get_for_model(Link)
        effects = Effect.objects.filter(content_type=kind, decision__at__gt=at)
        return Q(pk__in=effects.values("object_id"))

    def act_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Decide about one link, once what is needed for that is known."""
        link = self.find(request, str(object_id))
        is_post = request.method == "POST"
        action = (request.POST if is_post else request.GET).get("action", "")
        if action not in VERBS:
            raise Http404
        asked = "decide" in request.POST or action not in EXPLAINED
        page = reverse("admin:links_link_change", args=[link.pk])
        said = self._decide_or_ask(
            request,
            Link.objects.filter(pk=link.pk),
            action,
            data=request.POST if is_post and asked else None,
            back=page,
            link=link,
        )
        return said or HttpResponseRedirect(page)

    @admin.action(description=_("Approve the selected links"), permissions=["decide"])
    def approve_selected(
        self, request: HttpRequest, queryset: QuerySet[Link]
    ) -> HttpResponse | None:
        """Approve links; blocked ones are shown again."""
        return self._decide_many(request, queryset, Decision.Action.APPROVE)

    @admin.action(description=_("Block the selected links…"), permissions=["decide"])
    def block_selected(self, request: HttpRequest, queryset: QuerySet[Link]) -> HttpResponse | None:
        """Block links, once somebody said why."""
        return self._decide_many(request, queryset, Decision.Action.BLOCK)

    @admin.action(description=_("Mark the selected links broken…"), permissions=["decide"])
    def mark_broken_selected(
        self, request: HttpRequest, queryset: QuerySet[Link]
    ) -> HttpResponse | None:
        """Mark links broken, once somebody said why."""
        return self._decide_many(request, queryset, Decision.Action.MARK_BROKEN)

    @admin.action(description=_("Restore the selected links"), permissions=["decide"])
    def restore_selected(
        self, request: HttpRequest, queryset: QuerySet[Link]
    ) -> HttpResponse | None:
        """Take back whatever was decided about links."""
        return self._decide_many(request, queryset, Decision.Action.RESTORE)

    def _decide_many(
        self, request: HttpRequest, links: QuerySet[Link], action: str
    ) -> HttpResponse | None:
        """Decide about a selection; ask first where something is taken away, and about all."""
        is_all = request.POST.get("select_across") == "1"
        has_answered = bool({"decide", "reason"} & request.POST.keys())
        asked = has_answered or not (action in EXPLAINED or is_all)
        return self._decide_or_ask(
            request,
            links,
            action,
            data=request.POST if asked else None,
            back=request.get_full_path(),
            verb=f"{action}_selected",
        )

    def _decide_or_ask(
        self,
        request: HttpRequest,
        links: QuerySet[Link],
        action: str,
        *,
        data: Any,
        back: str,
        link: Link | None = None,
        verb: str = "",
    ) -> HttpResponse | None:
        """Decide and return None, or return the page that asks for what is missing.

        ``verb`` is the name of the action where many are decided about.
        """
        form = _form(action, data, link)
        if form.is_valid() and self._is_decided(request, links, action, form):
            return None
        keys = list(links.order_by().values_list("pk", flat=True))
        links = Link.objects.filter(pk__in=keys)
        return ask(
            self,
            request,
            title=VERBS[action].name,
            form=form,
            back=back,
            consequence=VERBS[action].meaning,
            button=VERBS[action].name,
            reach=self.reach(links),
            rows=addresses(links.order_by("-pk")[:SHOWN]),
            hidden=selection(verb, keys) if verb else [("action", action)],
        )

    def _is_decided(
        self, request: HttpRequest, links: QuerySet[Link], action: str, form: forms.Form
    ) -> bool:
        """Decide and say so, or say in the form what is wrong."""
        keys = links.order_by().values_list("pk", flat=True)
        try:
            decision = decide(keys, action, by=request.user, **form.cleaned_data)
        except ReasonMissing as error:
            form.add_error("reason", str(error))
        except DecisionError as error:
            form.add_error("replacement_url" if action == "replace" else None, str(error))
        else:
            self.message_user(request, *said_of(decision))
        return form.is_valid()


def _form(action: str, data: Any, link: Link | None) -> forms.Form:
    needs_reason = action in EXPLAINED
    if action == Decision.Action.REPLACE:
        return ReplacementForm(data, link=link, needs_reason=needs_reason)
    return ReasonForm(data, needs_reason=needs_reason)


def _offered(link: Link) -> list[tuple[str, Verb]]:
    """Return what may be decided about a link and would make a difference."""
    idle = set()
    is_approved = (link.status, link.standing) == (Link.Status.APPROVED, Link.Standing.SHOWN)
    if is_approved and not link.is_marked_broken:
        idle.add(Decision.Action.APPROVE)
    if link.status == Link.Status.BLOCKED:
        idle.add(Decision.Action.BLOCK)
    if link.is_marked_broken:
        idle.add(Decision.Action.MARK_BROKEN)
    elif link.status == Link.Status.PENDING and not link.held and not link.replacement_url:
        idle.add(Decision.Action.RESTORE)
    return [(action, verb) for action, verb in VERBS.items() if action not in idle]


def said_of(decision: Decision) -> tuple[SafeString, int]:
    """Return what a moderator is told of a decision, with a link to its record, and its level."""
    undertaking = getattr(decision, "undertaking", None)
    if undertaking is not None:
        words = ngettext(
            "%(n)d link is decided in the background.",
            "%(n)d links are decided in the background.",
            undertaking.total,
        )
        return with_record(words % {"n": undertaking.total}, decision), messages.SUCCESS
    count = decision.effects.count()
    words = ngettext("%(n)d link: %(done)s.", "%(n)d links: %(done)s.", count)
    said = words % {"n": count, "done": decision.get_action_display()}
    return with_record(said, decision), messages.SUCCESS if count else messages.INFO


def _why(link: Link) -> SafeString | str:
    """Return why readers get of a link what they get, or "" where nothing was decided."""
    if link.rule is not None:
        return format_html("{} {}", rule_badge(link.rule), page_of(link.rule, link.rule.place))
    if link.replacement_url:
        return gettext("Replaced")
    if link.status == Link.Status.PENDING:
        return gettext("New under pre-moderation") if link.held else ""
    return gettext("Decided about this link")
