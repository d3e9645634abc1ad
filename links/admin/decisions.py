"""The log of decisions: what was decided, by whom and why, what it changed; undone from here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from links.access import may
from links.admin.bases import Desk
from links.admin.parts import EMPTY, badge, moment, outward, page_of
from links.decisions import right_to_undo, undo
from links.models import Decision, Effect, SourceRule, Undertaking
from links.standing import related_rules, unsettled

SHOWN_EFFECTS = 200
COLOURS = {
    "approve": "published", "show": "published", "restore": "scheduled", "undo": "scheduled",
    "block": "problem", "hide": "problem", "mark_broken": "problem", "replace": "scheduled",
}  # fmt: skip
FINAL = {Decision.Action.UNDO, Decision.Action.REKEY}
NAMES = {
    "status": _("status"),
    "reason": _("reason"),
    "standing": _("readers"),
    "replacement_url": _("replacement"),
    "health": _("health"),
    "hidden": _("hidden"),
    "rule": _("rule"),
    "held": _("waits for approval"),
}


class DecisionAdmin(Desk):
    """Decisions, the latest first; nobody changes or deletes one."""

    list_display: tuple[str, ...] = ("when", "who", "what", "subject", "reason", "rows", "undone")
    list_display_links = ("when", "subject")
    list_filter = (("action", admin.ChoicesFieldListFilter), "at")
    search_fields = ("subject", "reason", "by_name")
    counted = ngettext_lazy("%(n)s decision", "%(n)s decisions", "n")
    nothing = _("What is decided about links and sources stands here, and can be undone.")
    next_step = (_("See all links"), "admin:links_link_changelist")
    search_help_text = _("Searches what was decided about, reasons and names.")
    ordering = ("-at", "-id")
    change_form_template = "admin/links/decision/change_form.html"
    verb = "undo"
    readonly_fields = (
        "what", "subject", "reason", "replacement", "who", "when", "undone", "progress",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Decision]:
        """Return decisions with the number of rows each changed, and whether it is undone."""
        effects = Effect.objects.filter(decision=OuterRef("pk")).order_by().values("decision")
        undone = Decision.objects.filter(undoes=OuterRef("pk"))
        decisions: QuerySet[Decision] = super().get_queryset(request)
        return decisions.annotate(
            effect_count=effects.annotate(n=Count("pk")).values("n"), is_undone=Exists(undone)
        )

    @admin.display(description=_("time"), ordering="at")
    def when(self, decision: Decision) -> SafeString | str:
        return moment(decision.at)

    @admin.display(description=_("by"), ordering="by_name")
    def who(self, decision: Decision) -> str:
        return decision.by_name or gettext("the site itself")

    @admin.display(description=_("decision"), ordering="action")
    def what(self, decision: Decision) -> SafeString:
        return badge(COLOURS.get(decision.action), decision.get_action_display())

    @admin.display(description=_("rows"))
    def rows(self, decision: Any) -> int:
        return decision.effect_count or 0

    @admin.display(description=_("undone"))
    def undone(self, decision: Any) -> SafeString | str:
        if decision.undoes_id:
            return page_of(decision.undoes, gettext("undoes another"))
        return gettext("Yes") if decision.is_undone else EMPTY

    @admin.display(description=_("replacement"))
    def replacement(self, decision: Decision) -> SafeString | str:
        return outward(decision.replacement_url)

    @admin.display(description=_("carried out"))
    def progress(self, decision: Decision) -> str:
        """Return how far it is: links that are not settled yet, then pages to be rebuilt."""
        words = [_links_left(decision)]
        if pages := self.pages_left():
            waiting = ngettext(
                "%(n)d page waits to be rebuilt", "%(n)d pages wait to be rebuilt", pages
            )
            words.append(waiting % {"n": pages})
        return "; ".join(filter(None, words)) or gettext("Yes")

    def pages_left(self) -> int:
        """Return how many pages wait to be rebuilt; the app that has them knows."""
        return 0

    def has_decide_permission(self, request: HttpRequest, decision: Decision | None = None) -> bool:
        """Tell whether the user may undo a decision, or any."""
        actions = Decision.Action.values if decision is None else [decision.action]
        return any(may(request.user, right_to_undo(action)) for action in actions)

    def about(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return what a decision changed, and the way to undo it."""
        effects = row.effects.order_by("pk").prefetch_related("target")[:SHOWN_EFFECTS]
        context: dict[str, Any] = {"effects": [(effect, in_words(effect)) for effect in effects]}
        is_open = row.action not in FINAL and not row.is_undone
        if is_open and self.has_decide_permission(request, row):
            context["undo_url"] = reverse("admin:links_decision_undo", args=[row.pk])
        return context

    def act_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Undo a decision, once that is confirmed."""
        decision = self.find(request, str(object_id))
        if not self.has_decide_permission(request, decision):
            raise PermissionDenied
        return self.confirm(
            request,
            decision,
            undo,
            said=gettext("Undone: %(what)s") % {"what": decision},
            title=gettext("Undo: %(what)s") % {"what": decision},
            consequence=gettext(
                "Everything is again as it was before, but for what was decided anew since."
            ),
            button=gettext("Undo this decision"),
        )


def in_words(effect: Effect) -> list[tuple[object, object, object]]:
    """Return what a decision changed in a row: name, before and after of each value."""
    return [
        (name, _value(effect.before.get(key)), _value(effect.after[key]))
        for key, name in NAMES.items()
        if key in effect.after
    ]


def _value(value: object) -> object:
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    return EMPTY if value in ("", None) else value


def _links_left(decision: Decision) -> str:
    """Return how many links a decision is still to be carried out for, in words; "" for none."""
    if decision.action in {Decision.Action.RULE, Decision.Action.END_RULE}:
        rule = SourceRule.objects.filter(pk__in=decision.effects.values("object_id")).first()
        left = unsettled(rule, related_rules(rule)) if rule else 0
        words = ngettext("%(n)d link waits for it", "%(n)d links wait for it", left)
        return words % {"n": left} if left else ""
    undertaking = Undertaking.objects.filter(pk=decision.pk).first()
    if undertaking is None:
        return ""
    numbers = {"done": undertaking.done, "total": undertaking.total, "n": undertaking.skipped}
    words = gettext("%(done)d of %(total)d links") % numbers
    if undertaking.skipped:
        words += ", " + gettext("%(n)d left alone, since they were changed again") % numbers
    return words
