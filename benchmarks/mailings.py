"""A site with readers and a mailing, for what is measured of sending. Django must be set up."""

from __future__ import annotations

from pathlib import Path

from django.utils import timezone

from mailing.addresses import digest_of, group_of
from mailing.models import Choice, Chosen, Mailing, MailSettings, Subscriber
from posts.documents import Issue, parse_issue
from posts.models import Post
from posts.publishing import save_document

SAMPLES = Path(__file__).parent.parent / "posts" / "samples"


def make_site(readers: int, unknown: str = "") -> int:
    """Make an issue, readers who chose everything, and a mailing on its way; return its key.

    Mail is switched on. ``unknown`` is the owner's rule about mails of which nobody knows.
    """
    settings = MailSettings.current()
    settings.is_on, settings.bounce_address = True, "bounces@news.example.org"
    settings.unknown = unknown or settings.unknown
    settings.save()
    post = save_document(
        Post(), sample(), status=Post.Status.PUBLISHED, published_at=timezone.now()
    )
    subscribe(readers)
    mailing = Mailing.objects.create(
        post=post, title=post.title, status=Mailing.Status.SENDING, starts_at=timezone.now()
    )
    return mailing.pk


def subscribe(number: int) -> None:
    """Add readers, on five services and at domains of their own, who chose everything."""
    hosts = ["gmail.com", "naver.com", "outlook.com", "daum.net", "yahoo.com"]
    addresses = [
        f"reader{n}@{hosts[n % 6] if n % 6 < 5 else f'host{n % 97}.example.org'}"
        for n in range(number)
    ]
    Subscriber.objects.bulk_create(
        (
            Subscriber(
                address=address,
                digest=digest_of(address),
                group=group_of(address),
                status=Subscriber.Status.ACTIVE,
                confirmed_at=timezone.now(),
            )
            for address in addresses
        ),
        batch_size=500,
    )
    choice, _made = Choice.objects.get_or_create(kind=Choice.Kind.EVERYTHING, value="")
    Chosen.objects.bulk_create(
        (Chosen(subscriber_id=pk, choice=choice)
         for pk in Subscriber.objects.values_list("pk", flat=True)),
        batch_size=500,
    )  # fmt: skip


def sample() -> Issue:
    """Return the longest of the issues that a new site may begin with."""
    file = max(SAMPLES.glob("*.md"), key=lambda file: file.stat().st_size)
    return parse_issue(file.read_bytes(), file.name)
