"""When issues came before readers: noticed once, in an order that everybody agrees about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from mailing.models import Appeared, MailSettings
from mailing.rhythms import Span
from posts.models import Post

# An issue that becomes public so long after its own time belongs to the archive, and is no news.
NEWS: Final = timedelta(days=3)
_TICK: Final = timedelta.resolution


@transaction.atomic
def notice(now: datetime) -> datetime:
    """Note which issues came before readers since this was last done; return the moment of it.

    Whoever notices waits for who does so already, and the moments of what is noticed rise with the
    transactions that note it: what appeared up to a moment that was returned is known for good.
    """
    _wait_for_others()
    posts = Post.objects.published(now).filter(published_at__gt=now - NEWS, appeared=None)
    found = list(posts.order_by("published_at", "pk").values_list("pk", flat=True))
    moment = max(now, *_latest()) if found else now
    Appeared.objects.bulk_create(
        [Appeared(post_id=pk, at=moment) for pk in found], ignore_conflicts=True
    )
    return moment


def _wait_for_others() -> None:
    """Lock the row of the settings, which is always there while mail is sent: what is read after
    that is what others noticed before."""
    list(MailSettings.objects.select_for_update().values_list("pk"))


def _latest() -> list[datetime]:
    """Return what the clock says by now, and the moment after the last that was noted."""
    newest = Appeared.objects.order_by("-at").values_list("at", flat=True)[:1]
    return [timezone.now(), *(at + _TICK for at in newest)]


def with_moments(posts: QuerySet[Post]) -> QuerySet[Any]:
    """Annotate posts with ``came``: when they came before readers."""
    found: QuerySet[Any] = posts.annotate(came=Coalesce("appeared__at", "published_at"))
    return found


def came_in(spans: Iterable[Span], now: datetime) -> dict[int, datetime]:
    """Return when the issues that readers see now came before them (by key), of those that did so
    in one of some spans."""
    wanted = Q(pk=None)
    for since, until in spans:
        noticed = Q(appeared__at__gt=since, appeared__at__lte=until)
        own = Q(appeared=None, published_at__gt=since, published_at__lte=until)
        wanted |= noticed | own
    posts = with_moments(Post.objects.published(now).filter(wanted))
    return dict(posts.order_by("came", "pk").values_list("pk", "came"))


def came(post: Post, now: datetime) -> datetime | None:
    """Return when an issue came before readers; None for one that they do not see."""
    notice(now)
    rows = with_moments(Post.objects.published(now).filter(pk=post.pk))
    moment: datetime | None = rows.values_list("came", flat=True).first()
    return moment


def expected(post: Post, now: datetime) -> datetime:
    """Return when an issue came before readers, or will as far as is known; nothing is noted."""
    noticed = Appeared.objects.filter(post=post).values_list("at", flat=True).first()
    own = post.published_at or now
    return noticed or (now if now - NEWS < own <= now else own)
