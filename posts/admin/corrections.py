"""Correcting an issue that readers had: what they are told, and taking it back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from links.admin import StaffAdmin, ask
from posts import access, publishing
from posts.admin.fields import check_markdown
from posts.auditing import writing_down
from posts.messages import Message
from posts.models import Correction, Post


class CorrectionForm(forms.Form):
    """A correction, or which one is taken back."""

    text = forms.CharField(
        label=_("correction"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What was wrong and what is right, in a sentence or two; Markdown."),
    )
    day = forms.DateField(label=_("day"), widget=forms.DateInput(attrs={"type": "date"}))
    take_back = forms.ModelChoiceField(
        label=_("take one back"), queryset=Correction.objects.none(), required=False
    )

    def __init__(self, *args: Any, rows: QuerySet[Correction], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if rows:
            self.fields["take_back"].queryset = rows  # type: ignore[attr-defined]
        else:
            del self.fields["take_back"]
        self.initial["day"] = timezone.localdate()

    def clean_text(self) -> str:
        """Refuse a text that cannot be rendered."""
        return check_markdown(self.cleaned_data["text"])

    def clean(self) -> dict[str, Any]:
        """Refuse a form that says nothing."""
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("text") and not cleaned.get("take_back") and not self.errors:
            self.add_error("text", gettext("Write what was wrong, or choose what to take back."))
        return cleaned


class CorrectingPages(StaffAdmin):
    """The page on which an issue is corrected."""

    def get_urls(self) -> list[URLPattern]:
        """Add the page."""
        view = self.admin_site.admin_view(self.correct_view)
        return [path("<int:pk>/correct/", view, name="posts_post_correct"), *super().get_urls()]

    def correct_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask what was wrong, and tell readers."""
        access.check(request.user, access.CORRECT)
        post = get_object_or_404(Post, pk=pk)
        back = reverse("admin:posts_post_change", args=[pk])
        shown = Correction.objects.filter(post=post, taken_back_at=None)
        form = CorrectionForm(request.POST if request.method == "POST" else None, rows=shown)
        if form.is_valid():
            self._correct(request, post, form)
            return HttpResponseRedirect(back)
        return ask(
            self,
            request,
            form=form,
            back=back,
            object=post,
            title=gettext("Correct “%(title)s”") % {"title": post.title},
            consequence=gettext(
                "Readers see it above the text of the issue and in feeds, with its day. What is"
                " taken back is shown no more, and stays on the record."
            ),
            button=gettext("Save to the site"),
            rows=[str(row) for row in shown],
        )

    def _correct(self, request: HttpRequest, post: Post, form: CorrectionForm) -> None:
        values = form.cleaned_data
        if row := values.get("take_back"):
            log = writing_down(request, Message(gettext_noop("Correction taken back.")))
            publishing.take_back(row, by=request.user, log=log)
        if values["text"]:
            log = writing_down(request, Message(gettext_noop("Corrected.")))
            publishing.correct(post, values["text"], values["day"], by=request.user, log=log)
        self.message_user(request, gettext("The issue says so now."), messages.SUCCESS)
