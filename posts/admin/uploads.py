"""Issues uploaded as files, looked at first and then imported; and downloaded as an archive.

Both use the code of ``manage.py import_posts`` and ``export_posts``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib.admin.models import ADDITION, CHANGE
from django.core import signing
from django.db import transaction
from django.http import FileResponse, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from links.admin import badge
from posts import access, revising
from posts.auditing import record
from posts.documents import DocumentError
from posts.exporting import zip_posts
from posts.importing import ImportOptions, Kind, Outcome, import_source, staging
from posts.importing.sources import SourceFile, open_uploads
from posts.importing.staging import Upload
from posts.messages import Message
from posts.models import Post, PostQuerySet

SALT = "posts.upload"
MAX_BYTES = 200 * 1024 * 1024
# A request must end; a whole archive is for the command.
MAX_ISSUES = 200
KINDS = {
    Kind.CREATED: ("published", _("New")),
    Kind.UPDATED: ("scheduled", _("Changed")),
    Kind.UNCHANGED: ("draft", _("Unchanged")),
    Kind.CONFLICT: ("problem", _("Conflict")),
    Kind.REFUSED: ("problem", _("Refused")),
    Kind.SKIPPED: ("draft", _("Skipped")),
    Kind.READ: ("draft", _("Read")),
}
DIFFERENCES = {
    "added": pgettext_lazy("difference", "added"),
    "changed": _("changed"),
    "removed": _("removed"),
    "moved": _("moved"),
}


class FilesInput(forms.FileInput):
    """A control for several files."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Upload]:
        """Return all the files that were chosen."""
        return files.getlist(name) if files else []


class FilesField(forms.FileField):
    """Several files; cleaned to the list of them."""

    widget = FilesInput(attrs={"multiple": True, "accept": ".md,.markdown,.zip,.json,image/*"})

    def clean(self, data: Any, initial: Any = None) -> list[Upload]:
        """Return the files; raise ValidationError for none, an empty one, or too much of them."""
        files = [super(FilesField, self).clean(file, initial) for file in data or [None]]
        if sum(file.size for file in files) > MAX_BYTES:
            raise forms.ValidationError(
                gettext("Together the files may have %(count)d MB. Use the command for more.")
                % {"count": MAX_BYTES // 1024**2}
            )
        return files


class UploadForm(forms.Form):
    """What to import, and how."""

    documents = FilesField(
        label=_("Files"),
        help_text=_(
            "Markdown files with the pictures they name, or zip archives with folders."
            " Up to 100 files at once; an archive counts as one."
        ),
    )
    status = forms.ChoiceField(
        label=_("Publish"),
        required=False,
        choices=[
            ("", _("As each file says: at its date, unless it is a draft")),
            (Post.Status.DRAFT.value, _("No: store all as drafts")),
            (Post.Status.PUBLISHED.value, _("Yes: drafts too, but nothing private")),
        ],
    )
    update = forms.BooleanField(
        label=_("Let changed files replace stored issues"),
        required=False,
        help_text=_("Otherwise a file that differs from its issue is a conflict and left alone."),
    )


class Report:
    """What happened to the files, or would happen, as the page shows it."""

    def __init__(self, outcomes: Iterable[Outcome]) -> None:
        self.rows = [
            (
                badge(KINDS[outcome.kind][0], KINDS[outcome.kind][1]),
                outcome,
                [(DIFFERENCES[found.kind], found) for found in outcome.differences],
            )
            for outcome in outcomes
        ]
        counts = Counter(outcome.kind for _badge, outcome, _differences in self.rows)
        self.counts = [(KINDS[kind][1], counts[kind]) for kind in Kind if counts[kind]]
        self.writes = counts[Kind.CREATED] + counts[Kind.UPDATED]


def stage(request: HttpRequest, form: UploadForm) -> str:
    """Keep the uploaded files; return the ticket that imports them, for this user and an hour.

    Raises DocumentError when there is no room for them.
    """
    try:
        key = staging.keep(form.cleaned_data["documents"])
    except OSError as error:
        why = error.strerror or str(error)
        reason = gettext("The server could not keep the files: %(why)s") % {"why": why}
        raise DocumentError(reason) from error
    how = [key, form.cleaned_data["status"], form.cleaned_data["update"], request.user.pk]
    return signing.dumps(how, salt=SALT)


def rehearse(request: HttpRequest, ticket: str) -> Report:
    """Report what importing would do; nothing is written. Raises NotKept, DocumentError."""
    key, options = _read(request, ticket, dry_run=True)
    return Report(_each(key, lambda source: import_source(source, options)))


def carry_out(request: HttpRequest, ticket: str) -> Report:
    """Import the files that were looked at. Raises PermissionDenied, NotKept, DocumentError."""
    access.check(request.user, access.IMPORT)
    key, options = _read(request, ticket, dry_run=False)
    report = Report(_each(key, lambda source: _import(request, source, options)))
    staging.forget(key)
    return report


def download(posts: PostQuerySet) -> FileResponse:
    """Return posts as a zip archive of their files."""
    name = f"posts-{timezone.localdate():%Y-%m-%d}.zip"
    return FileResponse(zip_posts(posts), as_attachment=True, filename=name)


def _read(request: HttpRequest, ticket: str, *, dry_run: bool) -> tuple[str, ImportOptions]:
    try:
        key, status, update, user = signing.loads(ticket, salt=SALT, max_age=staging.MAX_AGE)
    except signing.BadSignature as error:
        raise staging.NotKept from error
    if user != request.user.pk:
        raise staging.NotKept
    how = ImportOptions(dry_run, status=status or None, update=update, by=request.user)
    return key, how


def _each(key: str, work: Any) -> list[Outcome]:
    with staging.opened(key) as files, open_uploads(files) as sources:
        if len(sources) > MAX_ISSUES:
            raise DocumentError(
                gettext("%(n)d issues are too many at once: use “manage.py import_posts”.")
                % {"n": len(sources)}
            )
        return [work(source) for source in sources]


def _import(request: HttpRequest, source: SourceFile, options: ImportOptions) -> Outcome:
    with transaction.atomic():
        outcome = import_source(source, options)
        if outcome.kind in {Kind.CREATED, Kind.UPDATED} and outcome.post_id:
            posts = list(Post.objects.filter(pk=outcome.post_id))
            entries = record(
                request,
                posts,
                Message(gettext_noop("Imported from %(name)s."), name=outcome.name),
                ADDITION if outcome.kind == Kind.CREATED else CHANGE,
            )
            for post, entry in zip(posts, entries, strict=True):
                revising.note_entry(post.revisions.get(number=post.version), entry)
    return outcome
