"""Sources: what is linked of each, and the rules that hold for them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Concat, Length
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from links.access import MAKE_RULES, may
from links.admin.bases import Desk
from links.admin.parts import EMPTY, RULES, STANDINGS, badge, day, page_of, rule_badge
from links.models import Link, Source, SourceRule

# So many owners and rules are shown on a source's page.
SHOWN_OWNERS = 50
SHOWN_RULES = 20


@admin.register(Source)
class SourceAdmin(Desk):
    """Sites and owners that are cited, and what holds for them."""

    list_display: tuple[str, ...] = ("name", "post_count", "link_count", "ruled", "first")
    search_fields = ("name",)
    counted = ngettext_lazy("%(n)s source", "%(n)s sources", "n")
    nothing = _("Sources come with the first issue that links to them.")
    next_step = (_("See all links"), "admin:links_link_changelist")
    search_help_text = _("Searches hosts and owners.")
    ordering = ("-post_count", "name")
    list_select_related = ("parent",)
    change_form_template = "admin/links/source/change_form.html"
    fields = ("name", "above", "ruled", "post_count", "link_count", "first")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        """Return sources with the key of the narrowest rule about each as a whole."""
        whole = SourceRule.objects.filter(ended_at=None).annotate(
            name=Concat("host", "path"), narrow=Length("path")
        )
        about = whole.filter(name__in=[OuterRef("name"), OuterRef("host")]).order_by("-narrow")
        sources: QuerySet[Source] = super().get_queryset(request)
        return sources.annotate(rule_action=Subquery(about.values("action")[:1]))

    @admin.display(description=_("rule"))
    def ruled(self, source: Any) -> SafeString | str:
        if source.rule_action is None:
            return EMPTY
        return badge(RULES[source.rule_action], SourceRule.Action(source.rule_action).label)

    @admin.display(description=_("host"))
    def above(self, source: Source) -> SafeString | str:
        return page_of(source.parent) if source.parent else EMPTY

    @admin.display(description=_("first seen"), ordering="first_seen")
    def first(self, source: Source) -> SafeString | str:
        return day(source.first_seen)

    def about(self, request: HttpRequest, row: Source) -> dict[str, Any]:
        """Return what holds for a source, its owners, and the ways to decide about it."""
        rules = SourceRule.objects.filter(host=row.host).order_by("ended_at", "-made_at")
        links = Link.objects.filter(Q(source=row) | Q(source__parent=row)).order_by()
        counts = dict(links.values_list("standing").annotate(Count("pk")))
        context: dict[str, Any] = {
            "rules": [(rule, rule_badge(rule)) for rule in rules[:SHOWN_RULES]],
            "owners": row.owners.order_by("-post_count", "name")[:SHOWN_OWNERS],
            "standings": [
                (badge(STANDINGS[value], label), counts[value])
                for value, label in Link.Standing.choices
                if value in counts
            ],
        }
        if may(request.user, MAKE_RULES):
            context["choices"] = [
                (label, _rule_page(row.name, value)) for value, label in SourceRule.Action.choices
            ]
        return context


def _rule_page(name: str, action: str) -> str:
    place = urlencode({"place": name, "action": action})
    return f"{reverse('admin:links_sourcerule_add')}?{place}"
