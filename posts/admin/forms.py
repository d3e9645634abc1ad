"""The form an issue is written in: its Markdown, and the metadata of its header beside it.

A field that nobody changed never touches the document: what was not edited stays to the byte.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from posts import access, drafting, publishing
from posts.admin.fields import (
    AsideField,
    DayField,
    DocumentField,
    HandleField,
    MinuteField,
    PlainTextField,
    SignField,
    TagNamesField,
    join_tags,
    zone_in_words,
)
from posts.admin.holding import Checked, OverrideField, look_before
from posts.documents import DocumentError, Issue, split_header
from posts.documents.editing import plain, restore_endings
from posts.documents.merging import marked_lines
from posts.documents.metadata import LANGUAGE, Metadata
from posts.models import SLUG_LENGTH, Post, Tag
from posts.models.revisions import NOTE_LENGTH
from posts.naming import unicode_slug
from posts.preflight import Finding
from posts.publishing import EditConflict
from posts.revising import Cause
from posts.translating import translated

# What a button of the form does. Without a button (Enter in a field) the post is saved as it is.
# Withdrawing has a page of its own, which asks.
SAVE, PUBLISH, SCHEDULE = "_save", "_publish", "_schedule"
# A published issue stays as it is for readers, and what was written is kept beside it.
LATER = "_later"
# Stands in the data of a form that is shown again because somebody else saved first.
CONFLICT = "_conflict"
# The same, because somebody deleted the post.
GONE = "_gone"
# The same, because an editor published it, and who wrote may not change it any more.
TAKEN = "_taken"
BLANK = "\ufeff \t\r\n"


class PostForm(forms.ModelForm):
    """One issue. ``issue`` is the document that results, once the form is valid.

    The row is never filled from the fields: ``write`` saves the document, and the row follows.
    """

    title = forms.CharField(label=_("title"), max_length=500, required=False)
    text = DocumentField(
        label=_("Markdown"),
        help_text=_("Headings divide the issue into sections; the entries of lists are its items."),
    )
    description = PlainTextField(label=_("description"), required=False)
    tags = TagNamesField(
        label=_("tags"),
        required=False,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "class": "vTextField",
                "data-suggest": reverse_lazy("admin:posts_tag_suggest"),
            }
        ),
        help_text=_("Comma-separated. Spaces are part of a name."),
    )
    authors = TagNamesField(
        label=_("authors"),
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("Comma-separated; a new name makes an author."),
    )
    slug = forms.CharField(
        label=_("slug"),
        max_length=SLUG_LENGTH,
        required=False,
        help_text=_("The last part of the address. An old address keeps working after a change."),
    )
    language = forms.CharField(
        label=_("language"),
        max_length=16,
        required=False,
        help_text=_("A code such as en or ko. Empty: told by the text."),
    )
    translationkey = forms.CharField(
        label=_("translation key"),
        max_length=200,
        required=False,
        help_text=_("The same words in the issue that says this in another language link the two."),
    )
    cover = forms.CharField(
        label=_("cover image"),
        max_length=1000,
        required=False,
        help_text=_("An address, or the path of an image that came with the issue."),
    )
    updated = DayField(label=_("updated"), required=False)
    published_at = MinuteField(label=_("publish time"), required=False)
    override = OverrideField()
    note = AsideField(
        label=_("what changed"),
        max_length=NOTE_LENGTH,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        help_text=_("For the history of the issue; readers do not see it."),
    )
    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1)
    seen_pending = forms.CharField(widget=forms.HiddenInput, required=False, max_length=36)
    clash_sign = SignField(max_length=16, required=False)
    working_copy = HandleField(initial=drafting.new_handle, required=False)

    class Meta:
        model = Post
        fields: tuple[str, ...] = ()

    issue: Issue
    status: str | None
    at: datetime | None
    state_before = ""
    # What an editor typed and did not save, shown again instead of what is stored.
    typed: Mapping[str, Any] = {}
    checked: Checked | None = None
    overridden: Sequence[Finding] = ()
    # Whether it begins with what waits to be public, where there is such a thing.
    shows_pending = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        post = self.instance
        self.pending = drafting.pending_of(post) if self.shows_pending else None
        if post.pk:
            self.initial.update(self._stored())
        if self.pending:
            self.initial.update(drafting.values_of(self.pending, post))
        self.initial.update(self.typed)
        self.fields["published_at"].help_text = zone_in_words()

    def _stored(self) -> dict[str, Any]:
        post = self.instance
        metadata = publishing.stored_issue(post).metadata
        tags = Tag.objects.filter(taggings__content_object=post).order_by("taggings__position")
        return {
            **form_values(metadata, post.slug, post.published_at),
            "title": post.title,
            "text": post.body,
            "tags": list(tags.values_list("name", flat=True)),
            "seen_version": post.version,
        }

    # Checks

    def clean_slug(self) -> str:
        """Refuse what is no slug, or is the address of another post."""
        slug: str = self.cleaned_data["slug"]
        if "slug" not in self.changed_data:
            return slug
        if not slug:
            raise ValidationError(gettext("An issue needs an address."))
        if (made := unicode_slug(slug)) != slug:
            message = gettext("Use letters, digits and hyphens only")
            raise ValidationError(f"{message}: {made}" if made else f"{message}.")
        if publishing.slug_taken(self.instance, slug):
            raise ValidationError(gettext("Another issue has this address, or had it."))
        return slug

    def clean_language(self) -> str:
        """Refuse what is no language code."""
        language: str = self.cleaned_data["language"]
        if "language" in self.changed_data and language and not LANGUAGE.fullmatch(language):
            raise ValidationError(gettext("Use a code such as en, ko or pt-BR."))
        return language

    def clean(self) -> dict[str, Any]:
        """Decide what the button means, and make the document."""
        cleaned = super().clean() or self.cleaned_data
        if self.instance.pk and not cleaned.get("seen_version"):
            raise ValidationError(gettext("The form is incomplete. Load the page again."))
        if self.instance.pk and not cleaned.get("title") and "title" not in self.errors:
            self.add_error("title", gettext("An issue needs a title."))
        if CONFLICT in self.data:
            words = gettext("This issue was saved elsewhere while you were editing it here.")
            self.add_error(None, words)
        if GONE in self.data:
            words = gettext(
                "Somebody deleted this issue while you were editing it. Nothing of yours is lost:"
                " what you wrote stands below, and saving makes a new issue of it."
            )
            self.add_error(None, words)
        if TAKEN in self.data:
            words = gettext(
                "An editor published or scheduled this issue while you were editing it. Nothing of"
                " yours is lost: what you wrote stands below, and saving makes a new draft of it."
            )
            self.add_error(None, words)
        try:
            header, body = self._pieces(cleaned.get("text") or "")
            read = publishing.with_metadata(Post(header=header), body, {})
            written = read.metadata
            self._decide_status(cleaned, written)
            self._refuse_heading_as_title(cleaned, read)
            self._refuse_marks(body, cleaned.get("clash_sign") or "")
            if not self.errors:
                self.issue = self._issue(header, body, self._changes(cleaned, written))
                if not self.errors and self.reaches_readers:
                    self.overridden, self.checked = look_before(self, self.at)
        except DocumentError as error:
            self.add_error("text", translated(error.message))
        return cleaned

    def _refuse_heading_as_title(self, cleaned: dict[str, Any], read: Issue) -> None:
        """Refuse a new issue whose title would be the heading of its first section."""
        if self.instance.pk or cleaned.get("title") or "title" in self.errors:
            return
        first = next((one for one in read.markdown.sections if one.level), None)
        if first and first.level > 1 and first.heading == read.metadata.title:
            words = gettext("An issue needs a title: here, or as a heading of level 1 (# Title).")
            self.add_error("title", words)

    def _refuse_marks(self, body: str, sign: str) -> None:
        """Refuse a text in which the two versions of a clash of this form still stand."""
        marks = marked_lines(body, f" {sign}") if sign else []
        if marks and CONFLICT not in self.data:
            words = gettext(
                "Line %(line)d: two versions stand here. Keep one or both, and delete the marks."
            )
            self.add_error("text", words % {"line": marks[0]})

    def _post_clean(self) -> None:
        """Leave the row alone: it follows from the document when that is saved."""

    def pressed(self, button: str) -> bool:
        """Tell whether the form was sent by this button."""
        return button in self.data

    @property
    def is_for_later(self) -> bool:
        """Tell whether readers are to see nothing yet of what was written."""
        return self.pressed(LATER) and bool(self.instance.pk) and self.instance.is_public()

    @property
    def reaches_readers(self) -> bool:
        """Tell whether readers get what was written, now or at its time."""
        return self.status == Post.Status.PUBLISHED and not self.is_for_later

    def _decide_status(self, cleaned: dict[str, Any], written: Metadata) -> None:
        now = timezone.now()
        self.status, self.at = self.instance.status, self._time(cleaned, written)
        if self.pressed(PUBLISH):
            self.status = Post.Status.PUBLISHED
            self.at = now if self.at is None or self.at > now else self.at
        elif self.pressed(SCHEDULE):
            self.status = Post.Status.PUBLISHED
            if "published_at" not in self.errors and (self.at is None or self.at <= now):
                missing = gettext("Choose when to publish.")
                past = gettext("Give a time that is still to come.")
                self.add_error("published_at", missing if self.at is None else past)
        elif self.status == Post.Status.PUBLISHED and self.at is None and not self.errors:
            self.add_error(
                "published_at", gettext("A published issue needs a time. Withdraw it, or give one.")
            )

    def _time(self, cleaned: dict[str, Any], written: Metadata) -> datetime | None:
        if "published_at" in self.changed_data:
            return cleaned.get("published_at")
        shown: datetime | None = self.initial.get("published_at")
        return shown if self.instance.pk and shown else publishing.moment(written.date)

    # The document

    def _pieces(self, text: str) -> tuple[str, str]:
        """Return header and body as they will be stored, the header's keys still as before."""
        header: str = (self.pending or self.instance).header
        body = restore_endings(self.initial.get("text") or "", text, before=header)
        if not header.strip(BLANK):
            # A text pasted as a whole document brings its header along.
            return split_header(header + body)
        return header, body

    def _changes(self, cleaned: dict[str, Any], written: Metadata) -> dict[str, object]:
        """Return the header's keys that this edit changes."""
        names = (
            "title",
            "description",
            "tags",
            "slug",
            "language",
            "translationkey",
            "cover",
            "updated",
        )
        changes: dict[str, object] = {
            name: _value(cleaned[name]) for name in names if name in self.changed_data
        }
        if "authors" in self.changed_data:
            changes["authors"] = _bylines(cleaned["authors"])
        is_new_date = not self.instance.pk and self.at and not written.date
        if "published_at" in self.changed_data or is_new_date:
            changes["date"] = publishing.header_date(self.at) if self.at else None
        is_draft = self.status == Post.Status.DRAFT
        if written.draft is not None and written.draft != is_draft:
            changes["draft"] = is_draft
        if not self.instance.pk and not self.instance.header:
            changes.setdefault("title", written.title)
        if self.instance.pk:
            return changes
        return {name: value for name, value in changes.items() if value not in (None, "")}

    def _issue(self, header: str, body: str, changes: dict[str, object]) -> Issue:
        holder = Post(header=header, source_name=self.instance.source_name)
        issue = publishing.with_metadata(holder, body, changes)
        taken = body[: max(len(body) - len(issue.body), 0)]
        if taken.strip(BLANK):
            line = plain(taken.strip(BLANK)).split("\n")[0][:60]
            raise DocumentError(
                gettext("“%(line)s” would become part of the header: put other text first.")
                % {"line": line}
            )
        if not issue.metadata.title:
            self.add_error("title", gettext("An issue needs a title."))
        return issue

    # Saving

    def save(self, commit: bool = True) -> Post:
        """Return the row, unsaved: ``write`` saves it."""
        post: Post = self.instance
        return post

    def save_m2m(self) -> None:
        """Nothing: tags are saved with the document."""

    def write(self, log: publishing.Log, cause: Cause) -> Post:
        """Save the document. Raises EditConflict when somebody saved since the form was opened,
        Post.DoesNotExist when somebody deleted it, and PermissionDenied."""
        post: Post = self.instance
        try:
            if self.is_for_later and self.at:
                self._save_for_later(self.at, log, cause)
            else:
                self._save_now(log, cause)
        except drafting.Overtaken as overtaken:
            raise EditConflict(Post.objects.get(pk=post.pk)) from overtaken
        return post

    def _save_for_later(self, at: datetime, log: publishing.Log, cause: Cause) -> None:
        drafting.save_for_later(
            self.instance,
            self.issue,
            slug=self.cleaned_data["slug"],
            published_at=at,
            seen=(self.cleaned_data.get("seen_version"), self.cleaned_data["seen_pending"]),
            by=cause.by,
            log=log,
        )

    def _save_now(self, log: publishing.Log, cause: Cause) -> None:
        post = self.instance
        if self.at is None and post.status == Post.Status.DRAFT:
            post.published_at = None

        def settled(saved: Post) -> object:
            if self.shows_pending:
                drafting.settle(saved, self.cleaned_data["seen_pending"])
            return log(saved)

        publishing.save_document(
            post,
            self.issue,
            status=self.status,
            published_at=self.at,
            expected_version=self.cleaned_data.get("seen_version"),
            log=settled,
            cause=cause,
        )


class PublicForm(PostForm):
    """One issue as readers get it, whatever waits to be public, which stays as it is."""

    shows_pending = False


def form_for(user: access.Actor) -> type[PostForm]:
    """Return the form of issues for somebody: what waits to be public is for those who may change
    what readers get."""
    return PostForm if access.may(user, access.CHANGE_PUBLIC) else PublicForm


def form_values(metadata: Metadata, slug: str, at: datetime | None) -> dict[str, Any]:
    """Return the values of the fields beside the text for an issue with a header like this."""
    updated = metadata.updated
    return {
        "title": metadata.title,
        "description": metadata.description,
        "tags": list(metadata.tags),
        "authors": [byline.name for byline in metadata.authors],
        "slug": slug,
        "language": metadata.language,
        "translationkey": metadata.translationkey,
        "cover": metadata.cover,
        "updated": updated.date() if isinstance(updated, datetime) else updated,
        "published_at": at,
    }


def shown(value: Any) -> Any:
    """Return the value of a field as an editor reads it."""
    return join_tags(value) if isinstance(value, list) else value


def _bylines(names: list[str]) -> object:
    """Return authors as headers write them: one as a text, several as a list."""
    one = len(names) == 1 and not re.search(r"[,;&]| and ", names[0])
    return names[0] if one else names or None


def _value(value: Any) -> object:
    return (plain(value).strip() if isinstance(value, str) else value) or None


def differing_fields(form: PostForm, data: QueryDict) -> list[tuple[Any, str, Any]]:
    """Return the fields beside the text that differ: label, what was sent, what is stored."""
    return [
        (form.fields[name].label, data.get(name, ""), shown(form.initial.get(name, "")))
        for name in form.changed_data
        if name not in {"text", "seen_version", "seen_pending"}
    ]
