"""Two editors on one post: the second save is refused, and shown beside the first."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.http import QueryDict

from posts.admin.forms import CONFLICT, PostForm, join_tags
from posts.documents.editing import compare
from posts.models import Post


def retry_data(data: QueryDict, current: Post) -> QueryDict:
    """Return the refused form's data as it is shown again: saving it goes on top of ``current``."""
    retry = data.copy()
    retry["seen_version"] = str(current.version)
    retry[CONFLICT] = "1"
    return retry


def conflict_context(data: QueryDict, current: Post) -> dict[str, Any]:
    """Return what an editor needs to choose: who saved, their text, and what differs from mine."""
    form = PostForm(data, instance=current)
    theirs = form.initial
    last = (
        LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(Post), object_id=str(current.pk)
        )
        .select_related("user")
        .order_by("-action_time", "-pk")
        .first()
    )
    return {
        "who": last.user.get_username() if last else "",
        "when": current.modified_at,
        "theirs": theirs["text"],
        "diff": compare(data.get("text", ""), theirs["text"]),
        "fields": [
            (form.fields[name].label, data.get(name, ""), _shown(theirs[name]))
            for name in form.changed_data
            if name not in {"text", "seen_version"}
        ],
    }


def _shown(value: Any) -> Any:
    return join_tags(value) if isinstance(value, list) else value
