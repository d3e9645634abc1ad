"""Rules about sources: made once what they touch is known, ended with a reason, never edited."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from links import access
from links.admin.bases import Desk
from links.admin.parts import SHOWN, addresses, ask, moment, rule_badge, with_record
from links.decisions import (
    DecisionError,
    Place,
    PlaceError,
    ReasonMissing,
    end_rule,
    make_rule,
    read_place,
)
from links.models import SourceRule
from links.standing import links_under

MEANINGS = {
    SourceRule.Action.ALLOW: _("Its links are shown, and nobody is asked about new ones."),
    SourceRule.Action.HOLD: _("Readers get the words without the link until it is approved."),
    SourceRule.Action.BLOCK: _("Readers get the words without the link, wherever it stands."),
}
FOLLOWING = _("The same holds for links still to come.")


class RuleForm(forms.Form):
    """A rule as somebody types it."""

    place = forms.CharField(
        label=_("place"),
        max_length=2000,
        help_text=_(
            "A host (example.org), with its sub-domains (*.example.org), the beginning of a path"
            " (example.org/blog), an owner (github.com/owner), or an address from there."
        ),
    )
    action = forms.ChoiceField(
        label=_("rule"),
        choices=SourceRule.Action.choices,
        widget=forms.RadioSelect,
        initial=SourceRule.Action.BLOCK,
    )
    reason = forms.CharField(
        label=_("reason"),
        max_length=500,
        required=False,
        help_text=_("Needed to hold or block. For other staff; readers do not see it."),
    )

    def clean_place(self) -> Place:
        """Understand what was typed."""
        try:
            return read_place(self.cleaned_data["place"])
        except PlaceError as error:
            raise ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        """Ask for a reason where something is taken away."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("action") != SourceRule.Action.ALLOW and not cleaned.get("reason"):
            self.add_error("reason", gettext("Say why."))
        return cleaned

    def rule(self) -> SourceRule:
        """Return the rule, unsaved; the form is valid."""
        host, path_, subdomains = self.cleaned_data["place"]
        return SourceRule(
            host=host,
            path=path_,
            subdomains=subdomains,
            action=self.cleaned_data["action"],
            reason=self.cleaned_data["reason"],
        )


class ActiveFilter(admin.SimpleListFilter):
    """Rules by whether they hold now."""

    title = _("holds")
    parameter_name = "ended"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("Now")), ("yes", _("No longer"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        wanted = {"no": True, "yes": False}.get(self.value() or "")
        return queryset if wanted is None else queryset.filter(ended_at__isnull=wanted)


class SourceRuleAdmin(Desk):
    """Rules that hold and held."""

    right = access.END_RULES
    verb = "end"

    list_display: tuple[str, ...] = ("name", "does", "reason", "made", "ended")
    list_filter = (("action", admin.ChoicesFieldListFilter), ActiveFilter)
    search_fields = ("host", "path", "reason")
    counted = ngettext_lazy("%(n)s rule", "%(n)s rules", "n")
    nothing = _("A rule allows, holds or blocks all links of a host, or of a part of it.")
    search_help_text = _("Searches hosts, paths and reasons.")
    ordering = ("ended_at", "host", "path", "-made_at")
    change_form_template = "admin/links/sourcerule/change_form.html"
    fields = ("name", "does", "reason", "made", "ended")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may make rules."""
        return access.may(request.user, access.MAKE_RULES)

    @admin.display(description=_("place"), ordering="host")
    def name(self, rule: SourceRule) -> str:
        return rule.place

    @admin.display(description=_("rule"), ordering="action")
    def does(self, rule: SourceRule) -> SafeString:
        return rule_badge(rule)

    @admin.display(description=_("made"), ordering="made_at")
    def made(self, rule: SourceRule) -> SafeString | str:
        return moment(rule.made_at)

    @admin.display(description=_("ended"), ordering="ended_at")
    def ended(self, rule: SourceRule) -> SafeString | str:
        return moment(rule.ended_at)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Ask for a rule, show what it touches, and make it once that is confirmed."""
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        if request.method != "POST":
            return self._ask_for(request, RuleForm(initial=request.GET.dict()))
        form = RuleForm(request.POST)
        if not form.is_valid():
            return self._ask_for(request, form)
        if "confirmed" not in request.POST:
            return self._show_reach(request, form)
        try:
            decision = make_rule(form.rule(), by=request.user, later=True)
        except (ReasonMissing, DecisionError) as error:
            form.add_error(None, str(error))
            return self._ask_for(request, form)
        said = gettext("The rule is made; pages follow in the background.")
        self.message_user(request, with_record(said, decision), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:links_sourcerule_changelist"))

    def _ask_for(self, request: HttpRequest, form: RuleForm) -> HttpResponse:
        return ask(
            self,
            request,
            title=gettext("Make a rule about a source"),
            form=form,
            back=reverse("admin:links_sourcerule_changelist"),
            consequence=gettext("A rule holds for all links of a place, old and new."),
            button=gettext("Show what it touches"),
        )

    def _show_reach(self, request: HttpRequest, form: RuleForm) -> HttpResponse:
        rule = form.rule()
        links = links_under(rule)
        return ask(
            self,
            request,
            title=str(rule),
            form=None,
            back=f"{request.path}?{request.POST.urlencode()}",
            consequence=f"{MEANINGS[SourceRule.Action(rule.action)]} {FOLLOWING}",
            button=gettext("Make this rule"),
            reach=self.reach(links),
            rows=addresses(links.order_by("-pk")[:SHOWN]),
            hidden=[
                ("place", rule.place),
                ("action", rule.action),
                ("reason", rule.reason),
                ("confirmed", "1"),
            ],
        )

    def act_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """End a rule, once that is confirmed."""
        rule = self.find(request, str(object_id))
        links = links_under(rule)
        return self.confirm(
            request,
            rule,
            end_rule,
            said=gettext("The rule has ended."),
            title=gettext("End the rule: %(rule)s") % {"rule": rule},
            consequence=gettext("Its links are again what was decided about each of them."),
            button=gettext("End the rule"),
            reach=self.reach(links),
            rows=addresses(links.order_by("-pk")[:SHOWN]),
        )

    def about(self, request: HttpRequest, row: SourceRule) -> dict[str, Any]:
        """Return the way to end a rule that holds."""
        if row.ended_at is not None or not self.has_decide_permission(request):
            return {}
        return {"end_url": reverse("admin:links_sourcerule_end", args=[row.pk])}
