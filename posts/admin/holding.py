"""Holding back an issue that a form is to publish or schedule, if a check stops it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.forms import ModelForm
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from posts.admin.fields import AsideField
from posts.documents import split_header
from posts.documents.editing import plain
from posts.models import Post
from posts.preflight import Details, Finding, Remark, Written, check, held_by, levels
from posts.slots import Level

OVERRIDE: Final = "override"
MOST_WORDS: Final = 500
_BLANK: Final = "\ufeff \t\r\n"


class Checked(NamedTuple):
    """What the checks found in a text; ``header`` stands before it in the same field: a document
    that was pasted whole."""

    remarks: Sequence[Remark]
    text: str
    header: str = ""


class OverrideField(AsideField):
    """Why an issue is published that a check holds; no part of the issue."""

    def __init__(self) -> None:
        label = _("why it is published all the same")
        super().__init__(label=label, required=False, max_length=MOST_WORDS)


def written_in(form: ModelForm[Post]) -> tuple[Written, str]:
    """Return the issue that a form says once it was cleaned, whether or not it is valid, and the
    header that stands in its text."""
    said: dict[str, Any] = {name: form.data.get(name) for name in form.fields} | form.cleaned_data
    text = plain(said.get("text") or "")
    header, body = ("", text) if form.instance.header.strip(_BLANK) else split_header(text)
    tags = form.cleaned_data.get("tags")
    details = Details(
        title=said.get("title") or "",
        description=said.get("description") or "",
        tags=tuple(tags or ()),
        cover=said.get("cover") or "",
        language=said.get("language") or "",
        translationkey=said.get("translationkey") or "",
        at=getattr(form, "at", None),
        is_out=bool(form.instance.pk and form.instance.is_public()),
    )
    issue = getattr(form, "issue", None)
    return Written(body, _with_header(details, issue) if header and issue else details), header


def _with_header(details: Details, issue: Any) -> Details:
    """Return what a header that was pasted with the text says where the fields say nothing."""
    found = issue.metadata
    names = ("title", "description", "tags", "cover", "language", "translationkey")
    return replace(details, **{n: getattr(details, n) or getattr(found, n) for n in names})


def look_before(form: ModelForm[Post], at: datetime | None) -> tuple[list[Finding], Checked | None]:
    """Look at what readers are to get of a form then for what holds it.

    Return what was overridden; or, without a reason, which is an error of the form, all that was
    found.
    """
    written, header = written_in(form)
    chosen, post = levels(), form.instance
    stops = {name: level if level == Level.STOP else Level.OFF for name, level in chosen.items()}
    holding = held_by(check(written, post, stops))
    if not holding or form.cleaned_data.get(OVERRIDE, "").strip():
        return holding, None
    form.add_error(None, _held_words(post, at))
    return [], Checked(check(written, post, chosen), written.text, header)


def _held_words(post: Post, at: datetime | None) -> str:
    """Return what is said of a form that a check holds: where readers have the issue, or get it at
    its time, saving it publishes; with a time to come it would be scheduled."""
    if post.status == Post.Status.PUBLISHED:
        return gettext(
            "Not saved yet, because readers would get it: see “Checks” for what to mend"
            " first. To save all the same, say there why."
        )
    if at and at > timezone.now():
        return gettext(
            "Not scheduled yet: see “Checks” for what to mend first. To schedule all the"
            " same, say there why."
        )
    return gettext(
        "Not published yet: see “Checks” for what to mend first. To publish all the"
        " same, say there why."
    )
