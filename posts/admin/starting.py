"""What new issues start from: templates, the last issues, and other issues duplicated."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from links.admin import EMPTY, StaffAdmin, ask
from posts import access, starting
from posts.admin.fields import check_markdown
from posts.auditing import writing_down
from posts.documents import DocumentError
from posts.documents.metadata import LANGUAGE
from posts.messages import Message
from posts.models import IssueTemplate, Post
from posts.translating import translated

SHOWN = 6  # templates, beside the button for a new issue
FARTHEST = 366  # days ahead


class TemplateForm(forms.ModelForm):
    """What an issue of a kind begins with."""

    class Meta:
        model = IssueTemplate
        fields = ("name", "title", "text", "tags", "authors", "weekday", "time", "language")
        widgets = {
            "name": forms.TextInput(attrs={"class": "vTextField"}),
            "title": forms.TextInput(attrs={"class": "vTextField"}),
            "text": forms.Textarea(attrs={"rows": 20, "class": "document"}),
            "tags": forms.TextInput(attrs={"class": "vTextField"}),
            "authors": forms.TextInput(attrs={"class": "vTextField"}),
            "time": forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        }
        help_texts = {
            "title": _(
                "{number} is the next number of the titles that look like this, {date} the day of"
                " the issue. An example: Issue {number} · {date}"
            ),
            "text": _("Sections and the words that come back; {number} and {date} work here, too."),
            "tags": _("Comma-separated."),
            "authors": _("Comma-separated."),
            "weekday": _("The issue gets the next such day that has no issue yet."),
            "language": _("A code such as en or ko, also for how the date is written."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].strip = False  # type: ignore[attr-defined]

    def clean_title(self) -> str:
        """Refuse gaps that nothing fills."""
        title: str = self.cleaned_data["title"]
        if unknown := starting.unknown_placeholders(title):
            words = gettext("Nothing fills %(gap)s: use {number} and {date}.")
            raise ValidationError(words % {"gap": unknown[0]})
        return title

    def clean_text(self) -> str:
        """Refuse a text that cannot be rendered."""
        return check_markdown(self.cleaned_data["text"])

    def clean_language(self) -> str:
        """Refuse what is no language code."""
        language: str = self.cleaned_data["language"]
        if language and not LANGUAGE.fullmatch(language):
            raise ValidationError(gettext("Use a code such as en, ko or pt-BR."))
        return language


@admin.register(IssueTemplate)
class IssueTemplateAdmin(StaffAdmin):
    """Templates of issues."""

    form = TemplateForm
    list_display = ("name", "title_pattern", "slot")
    counted = ngettext_lazy("%(n)s template", "%(n)s templates", "n")
    nothing = _(
        "A template is what an issue begins with: a title that counts, sections, words that come"
        " back, a day of the week."
    )
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def save_model(
        self, request: HttpRequest, obj: IssueTemplate, form: object, change: bool
    ) -> None:
        """Have the template written."""
        starting.write_template(obj, by=request.user)

    def delete_model(self, request: HttpRequest, obj: IssueTemplate) -> None:
        """Have a template deleted."""
        starting.delete_templates([obj], by=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[IssueTemplate]) -> None:
        """Have templates deleted."""
        starting.delete_templates(queryset, by=request.user)

    @admin.display(description=_("title"))
    def title_pattern(self, template: IssueTemplate) -> str:
        return template.title or EMPTY

    @admin.display(description=_("day of the week"))
    def slot(self, template: IssueTemplate) -> str:
        if template.weekday is None:
            return EMPTY
        time = f" {template.time:%H:%M}" if template.time else ""
        return f"{template.get_weekday_display()}{time}"


class StartingPages(StaffAdmin):
    """The page that duplicates an issue, and what the form of a new one begins with."""

    def get_urls(self) -> list[URLPattern]:
        """Add the page."""
        view = self.admin_site.admin_view(self.duplicate_view)
        return [
            path("<int:pk>/duplicate/", view, name="posts_post_duplicate"),
            *super().get_urls(),
        ]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begin with what is asked for by ``?start=``, for the day that ``&day=`` names."""
        given = super().get_changeform_initial_data(request)
        if not (key := request.GET.get("start")):
            return given
        try:
            day = _day_to_come(request.GET.get("day", ""))
            return {**given, **starting.begin(key, day=day).initial()}
        except starting.NoBeginning:
            words = gettext("What the issue should start from is there no more: it starts empty.")
            self.message_user(request, words, messages.WARNING)
            return given

    def duplicate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask whether an issue is to be written once more, and make the draft."""
        access.check(request.user, access.WRITE)
        post = get_object_or_404(Post, pk=pk)
        back = reverse("admin:posts_post_change", args=[pk])
        if request.method != "POST":
            return ask(
                self,
                request,
                form=None,
                back=back,
                object=post,
                title=gettext("Duplicate “%(title)s”?") % {"title": post.title},
                consequence=gettext(
                    "A new draft has the same text, tags and pictures, and no date. The issue stays"
                    " as it is."
                ),
                button=gettext("Duplicate"),
            )
        log = writing_down(request, Message(gettext_noop("Duplicated from another issue.")))
        try:
            made = starting.duplicate(post, by=request.user, log=log)
        except DocumentError as error:
            self.message_user(request, translated(error.message), messages.ERROR)
            return HttpResponseRedirect(back)
        self.message_user(request, gettext("This is the duplicate, a draft."), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:posts_post_change", args=[made.pk]))


def _day_to_come(text: str) -> date | None:
    """Return a day of the next year as the calendar names it, None for anything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 0 <= (day - timezone.localdate()).days <= FARTHEST else None


def ways_to_start() -> list[tuple[str, str]]:
    """Return what a new issue may start from: words, and the address of the form."""
    form = reverse("admin:posts_post_add")
    return [
        (
            gettext("From template: %(name)s") % {"name": name}
            if name
            else gettext("Like the last one"),
            f"{form}?start={key}",
        )
        for key, name in starting.choices()[:SHOWN]
    ]
