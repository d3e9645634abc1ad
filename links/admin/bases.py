"""What admins are made of: rows of staff, rows that nobody edits, desks where is decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext

from links.access import DECIDE, Right, may
from links.admin.parts import SHOWN, ReasonForm, ask, selection, with_record
from links.admin.seen import SEEN, Seen, read_seen
from links.decisions import MOST, DecisionError, Reach
from links.models import Decision, Link

# What is filled in where an action asks: nothing counts that was said before it could ask.
ANSWERS = ("decide", "reason", "answer")
# So many rows are named that an action left alone.
NAMED = 5


class StaffAdmin(admin.ModelAdmin):
    """Rows that staff work with: nobody loses words, or decides about what nobody saw.

    ``acts_at_once`` are the actions that ask nothing by themselves.
    """

    acts_at_once: tuple[str, ...] = ()

    # A form about a row that is gone

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Return a row or None; of one that was deleted while somebody wrote about it, raise the
        model's DoesNotExist, to which the answer brings back what was written."""
        row = super().get_object(request, object_id, from_field)
        match = request.resolver_match
        is_form = match is not None and (match.url_name or "").endswith("_change")
        if row is None and is_form and request.method == "POST":
            raise self.model.DoesNotExist(object_id)
        return row

    # A form about a name that is taken

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show or save the form, once more if somebody else was first: its checks see that now."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError:
            return super().changeform_view(request, *args, **kwargs)

    # What is written down of a form

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Name the fields that changed. Browsers send texts with line endings of their own: what a
        form cleaned to what is stored did not change."""
        stored, cleaned = form.initial, form.cleaned_data
        form.changed_data = [
            name
            for name in form.changed_data
            if name not in stored or name not in cleaned or stored[name] != cleaned[name]
        ]
        return super().construct_change_message(request, form, formsets, add)

    # Actions about many rows

    def changed_since(self, at: datetime) -> Q | None:
        """Return the condition that somebody changed a row, or decided about it, after a moment."""
        return None

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any
    ) -> HttpResponse | None:
        """Act on the rows that were seen; all rows of a list are seen when that is asked first."""
        if seen := read_seen(request.POST.get(SEEN, "")):
            queryset = self._as_seen(request, queryset, seen)
        elif request.POST.get("select_across") == "1":
            keys = list(queryset.order_by().values_list("pk", flat=True)[: MOST + 1])
            if len(keys) > MOST:
                words = gettext("These are more than %(most)d: choose fewer by the filters.")
                self.message_user(request, words % {"most": MOST}, messages.ERROR)
                return HttpResponseRedirect(request.get_full_path())
            queryset = queryset.filter(pk__in=keys)
            request.POST = _without_answers(request.POST)  # type: ignore[assignment]
            if (action := next(filter(None, request.POST.getlist("action")), "")) in (
                self.acts_at_once
            ):
                return self._ask_about_all(request, queryset, action, keys)
        return super().response_action(request, queryset, *args)

    def _ask_about_all(
        self, request: HttpRequest, rows: QuerySet[Any], action: str, keys: list[int]
    ) -> HttpResponse:
        """Show what an action would be about, and ask whether it is meant."""
        _act, _name, title = self.get_actions(request)[action] or ("", "", "")
        return ask(
            self,
            request,
            title=title,
            form=None,
            back=request.get_full_path(),
            button=gettext("Do this to all %(n)d") % {"n": len(keys)},
            rows=[str(row) for row in rows[:SHOWN]],
            more=max(0, len(keys) - SHOWN),
            hidden=selection(action, keys),
        )

    def _as_seen(self, request: HttpRequest, rows: QuerySet[Any], seen: Seen) -> QuerySet[Any]:
        """Return those of the rows seen that are still so, and name the others."""
        rows = rows.filter(pk__in=seen.keys)
        if (changed := self.changed_since(seen.at)) is not None:
            rows = rows.exclude(pk__in=self.model._default_manager.filter(changed).values("pk"))
        left = set(seen.keys) - set(rows.order_by().values_list("pk", flat=True))
        if left:
            named = self.model._default_manager.filter(pk__in=sorted(left)[:NAMED])
            names = ", ".join(map(str, named)) + (", …" if len(left) > len(named) else "")
            words = ngettext(
                "%(n)d is left alone, because somebody changed it meanwhile: %(names)s",
                "%(n)d are left alone, because somebody changed them meanwhile: %(names)s",
                len(left),
            )
            said = words % {"n": len(left), "names": names}
            self.message_user(request, said, messages.WARNING)
        return rows


def _without_answers(sent: QueryDict) -> QueryDict:
    left = sent.copy()
    for name in ANSWERS:
        left.pop(name, None)
    return left


class OneRow(StaffAdmin):
    """A table of one row, which is there from the first look on; its list is its form."""

    key = "1"  # which a constraint of such a table holds

    def row(self) -> Model:
        """Return the row as it is stored; one with defaults where there is none yet."""
        raise NotImplementedError

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: there is one row."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: emptied fields are as the environment says."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the form of the one row."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return self.changeform_view(request, self.key, reverse(name, args=[self.key]))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Say that no list is on the way to the form."""
        return super().render_change_form(request, context | {"is_list": True}, *args, **kwargs)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Return the row, which holds nothing until something is saved."""
        return self.row() if object_id == self.key else None


class ReadOnly(StaffAdmin):
    """Rows that nobody adds or deletes by hand."""

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: the row comes with the text that names it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: decisions and history hang on the row."""
        return False


class Desk(ReadOnly):
    """Rows that nobody edits: staff read them and, with the ``right`` to, decide about them.

    ``verb`` is the last part of the address at which ``act_view`` asks before something is decided.
    """

    right: Right = DECIDE
    verb = ""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: what may change is decided, with a reason and on the record."""
        return False

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may decide about rows of this kind."""
        return may(request.user, self.right)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show what is known of a row, unless the admin names its fields."""
        return self.fields or [name for name in self.readonly_fields if getattr(obj, name, True)]

    def get_urls(self) -> list[URLPattern]:
        """Add the page that asks before something is decided."""
        urls: list[URLPattern] = super().get_urls()
        if not self.verb:
            return urls
        view = self.admin_site.admin_view(self.act_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_{self.verb}"
        return [path(f"<int:object_id>/{self.verb}/", view, name=name), *urls]

    def act_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Ask before something is decided about a row, and decide it."""
        raise NotImplementedError

    def about(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return what the page of a row shows beside its fields."""
        return {}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show a row under its own name, with what is known about it."""
        if (row := context.get("original")) is not None:
            context |= {"title": str(row), "subtitle": "", **self.about(request, row)}
        return super().render_change_form(request, context, *args, **kwargs)

    def reach(self, links: QuerySet[Link]) -> Reach:
        """Return how much a decision about links touches; the app that shows links knows more."""
        return Reach(links.order_by().count())

    def find(self, request: HttpRequest, object_id: str) -> Any:
        """Return a row for somebody who may decide; raise PermissionDenied or Http404."""
        if not self.has_decide_permission(request):
            raise PermissionDenied
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return row

    def confirm(
        self,
        request: HttpRequest,
        row: Model,
        act: Callable[..., Decision],
        *,
        said: str,
        **context: Any,
    ) -> HttpResponse:
        """Act on a row once that is confirmed; ``context`` is what ``ask`` shows."""
        back = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                decision = act(row, by=request.user, reason=form.cleaned_data["reason"])
            except DecisionError as error:
                form.add_error(None, str(error))
            else:
                self.message_user(request, with_record(said, decision), messages.SUCCESS)
                return HttpResponseRedirect(back)
        return ask(self, request, form=form, back=back, **context)
