"""The share address of an issue: whoever holds it sees it as it is saved, and may comment on it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from posts import reviewing
from posts.models import QUOTE, LinkedItem, Post, Review, ShareAddress
from posts.readers.answers import held_back, refused, see_other
from posts.readers.forms import PublicForm
from posts.readers.tickets import comes_from_here
from posts.site.previews import over, previewed
from posts.throttling import Limit

COMMENTS = (Limit(20, timedelta(minutes=10)), Limit(200, timedelta(days=1)))
VERDICTS = (Review.Outcome.APPROVED, Review.Outcome.CHANGES)
PLACES = 400  # to choose from


class ReviewForm(PublicForm):
    """What somebody says about an issue, or about a place in it."""

    name = "review"
    may_be_quick = True
    who = forms.CharField(
        label=_("Your name"),
        max_length=100,
        error_messages={"required": _("Say who you are.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    place = forms.ChoiceField(label=_("About"), required=False)
    quote = forms.CharField(max_length=QUOTE, required=False, widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("What you have to say"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, post: Post, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.places = _places(post)
        whole = ("", gettext("The whole issue"))
        self.fields["place"].choices = [whole, *self.places]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask for words, unless the issue is fine as it is."""
        cleaned = super().clean()
        verdict = self.data.get("verdict", "")
        self.verdict = verdict if verdict in VERDICTS else ""
        if not cleaned.get("text") and self.verdict != Review.Outcome.APPROVED:
            self.add_error("text", gettext("Say what you think."))
        return cleaned

    def quoted(self) -> str:
        """Return the words that a comment is about: those chosen, or the heading or item."""
        chosen = self.cleaned_data.get("place", "")
        return self.cleaned_data["quote"] or dict(self.places).get(chosen, "")


@csrf_exempt  # no cookie: see posts.readers.tickets
@require_http_methods(["GET", "HEAD", "POST"])
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """An issue as it is saved, and what is said about it; POST says something."""
    address = reviewing.shared_issue(token)
    if address is None:
        raise Http404("No issue has this address.")
    if not address.is_open() or not hasattr(address.post, "page"):
        return over()
    show = partial(_page, request, address)
    if request.method != "POST":
        return show(ReviewForm(address.post))
    if not comes_from_here(request):
        return refused()
    form = ReviewForm(address.post, request.POST)
    if not form.is_valid():
        return show(form)
    if held := held_back(request, form, COMMENTS, show):
        return held
    return _take(address, form) or show(form, status=409)


def _take(address: ShareAddress, form: ReviewForm) -> HttpResponse | None:
    """Take what was said in; None where no more is taken, which the form says then."""
    given = form.cleaned_data
    try:
        row = reviewing.comment(
            address.post,
            given["text"],
            name=given["who"],
            quote=form.quoted(),
            verdict=form.verdict,
        )
    except reviewing.TooMany:
        form.renew()
        form.add_error(None, gettext("So much was said about this issue that no more is taken."))
        return None
    return see_other(f"{address.get_absolute_url()}#comment-{row.pk}")


def _page(
    request: HttpRequest, address: ShareAddress, form: ReviewForm, status: int = 200
) -> HttpResponse:
    shown = {
        "form": form,
        "comments": reviewing.comments_on(address.post),
        "address": request.path,
    }
    ending = render_to_string("posts/review.html", shown).encode()
    return previewed(request, address.post, address.expires_at, ending, status)


def _places(post: Post) -> list[tuple[str, str]]:
    """Return what of an issue can be spoken about: sections and their items, in order."""
    items = post.items.filter(removed_at=None).order_by("section__position", "position")[:PLACES]
    of: dict[int | None, list[LinkedItem]] = {}
    for item in items:
        of.setdefault(item.section_id, []).append(item)
    rows = []
    for section in post.sections.order_by("position")[:PLACES]:
        if section.heading:
            rows.append((f"section-{section.pk}", section.heading[:QUOTE]))
        rows += [(item.anchor, str(item)[:QUOTE]) for item in of.get(section.pk, [])]
    return rows
