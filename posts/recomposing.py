"""Texts beside those of issues, rendered anew: corrections, authors, pages, the end of issues."""

from __future__ import annotations

import logging

from django.db import models, transaction

from posts import identity, pages, publication
from posts.models import Author, Correction, Page
from posts.prose import prose
from posts.rendering import MarkdownLimitError

logger = logging.getLogger(__name__)


@transaction.atomic
def recompose() -> None:
    """Render the texts by the settings and rules of now, before the issues that show some.

    One that goes beyond a limit of now stays as it is.
    """
    for correction in Correction.objects.select_for_update().order_by("pk"):
        _store(correction)
    for author in Author.objects.exclude(bio="").select_for_update().order_by("pk"):
        _store(author)
    for page in Page.objects.select_for_update().order_by("pk"):
        _store(page)
    identity.compose()
    publication.move()


def _store(row: Correction | Author | Page) -> None:
    rows: models.QuerySet[models.Model] = type(row)._default_manager.filter(pk=row.pk)
    try:
        rows.update(**_rendered(row))
    except MarkdownLimitError as error:
        logger.warning("%s %d stays as it is: %s", type(row).__name__, row.pk, error)


def _rendered(row: Correction | Author | Page) -> dict[str, str | bytes]:
    if isinstance(row, Page):
        return {"body": pages.render(row)}
    if isinstance(row, Correction):
        return {"html": prose(row.text)}
    return {"bio_html": prose(row.bio)}
