"""The settings of the site, saved with what follows from them."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from posts import access, identity, publication
from posts.access import Actor
from posts.following import rebuild_stale
from posts.models import Post, SiteSettings
from posts.publishing.counting import count_months
from posts.reindexing import build_search
from posts.searching import building


@transaction.atomic
def settle(*, by: Actor = None) -> SiteSettings:
    """Let what is stored of the settings hold on every page, from this transaction's end on.

    Texts in the language of the site are part of stored pages: when it is another, the worker
    rebuilds all issues. In another time zone the months of the archive are counted anew, and the
    worker builds the search index anew, which knows the years of issues. Raises PermissionDenied.
    """
    access.check(by, access.CHANGE_SETTINGS)
    before = identity.stored()
    row = identity.compose()
    with identity.speaking(anew=True) as after:
        if after.time_zone != before.time_zone:
            count_months()
            building.begin(anew=True)
            build_search.enqueue()
        if after.language != before.language:
            Post.objects.update(stale_since=timezone.now())
            rebuild_stale.enqueue()
    publication.move()
    return row


@transaction.atomic
def offers_changed() -> None:
    """Show on every page what other apps offer now (``posts.slots.Offer``), from this transaction's
    end on. Whoever calls it has asked whether they may."""
    identity.compose()
    publication.move()


def waiting() -> int:
    """Return how many issues are still to be rebuilt."""
    return Post.objects.filter(stale_since__isnull=False).count()
