"""What readers chose to get: everything, or parts of it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from mailing.models.subscribers import Subscriber


class Choice(models.Model):
    """Something that can be followed; one row, however many follow it.

    ``value`` names it as its public address does, since slugs never change and old ones lead on:
    the slug of a tag, recurring section or author, the name of a source, the query of a search;
    "" for everything. Of everything, tags and authors readers get whole issues, of the others the
    items that match.
    """

    class Kind(models.TextChoices):
        EVERYTHING = "everything", _("Everything")
        TAG = "tag", _("Tag")
        SECTION = "section", _("Section")
        SOURCE = "source", _("Source")
        AUTHOR = "author", _("Author")
        SEARCH = "search", _("Search")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    value = models.CharField(_("value"), max_length=400, blank=True)
    # Of a search: by which rules (posts.searching.queries.VERSION) it has its keys; 0: none yet.
    keyed = models.PositiveIntegerField(default=0, editable=False)
    subscribers = models.ManyToManyField(Subscriber, through="Chosen", related_name="choices")

    class Meta:
        verbose_name = _("choice")
        verbose_name_plural = _("choices")
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["kind", "value"], name="mailing_choice_once"),
        ]
        indexes = (
            models.Index(
                fields=["keyed"], condition=models.Q(kind="search"), name="mailing_searches_to_key"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.value}" if self.value else self.get_kind_display()


class Chosen(models.Model):
    """A choice of a subscriber."""

    subscriber = models.ForeignKey(Subscriber, related_name="chosen", on_delete=models.CASCADE)
    choice = models.ForeignKey(Choice, related_name="chosen", on_delete=models.CASCADE)
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["choice", "subscriber"], name="mailing_chosen_once"),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber_id} {self.choice_id}"


class SearchKey(models.Model):
    """A token that something has to have for a search to find it: the rarest of one of its terms.

    Each search has a key for each way of writing that term; so the tokens of an issue find the few
    searches that are worth asking.
    """

    choice = models.ForeignKey(Choice, related_name="keys", on_delete=models.CASCADE)
    token = models.CharField(max_length=220)

    class Meta:
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["token", "choice"], name="mailing_search_key"),
        ]

    def __str__(self) -> str:
        return self.token
