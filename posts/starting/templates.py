"""Templates of issues: written, and deleted."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from posts import access
from posts.access import Actor
from posts.models import IssueTemplate


def write_template(template: IssueTemplate, *, by: Actor = None) -> None:
    """Store a new or changed template. Raises PermissionDenied."""
    access.check(by, access.WRITE_TEMPLATES)
    template.save()


def delete_templates(templates: Iterable[IssueTemplate], *, by: Actor = None) -> None:
    """Delete templates; issues that began with them stay as they are. Raises PermissionDenied."""
    access.check(by, access.WRITE_TEMPLATES)
    with transaction.atomic():
        for template in templates:
            template.delete()
