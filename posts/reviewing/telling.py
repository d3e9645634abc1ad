"""Mail about reviews, where mail is set: to who is asked, and to who asked when it has ended.

It leaves once the transaction is committed, in the language of the site.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext, gettext_noop
from django_tasks import task

from posts import identity
from posts.models import Review, ReviewComment, ShareAddress
from posts.publishing.composing import site
from posts.publishing.describing import absolute

SUBJECTS = {
    "asked": gettext_noop("Please look at “%(title)s”"),
    "ended": gettext_noop("The review of “%(title)s” has ended"),
    "judged": gettext_noop("“%(title)s”: a reviewer has answered"),
}


def asked(review: Review) -> None:
    """Have who is asked told, if an address of theirs is known."""
    if settings.EMAIL and address_of(review.whom)[0]:
        transaction.on_commit(partial(tell_asked.enqueue, review.pk))


def ended(review: Review) -> None:
    """Have who asked told that the review has ended, unless they ended it themselves."""
    is_own = review.closed_by_id is not None and review.closed_by_id == review.asked_by_id
    if settings.EMAIL and review.asked_by and review.asked_by.email and not is_own:
        transaction.on_commit(partial(tell_ended.enqueue, review.pk))


def judged(row: ReviewComment) -> None:
    """Have who asked for the review told what somebody at the share address says of the issue."""
    if settings.EMAIL:
        transaction.on_commit(partial(tell_judged.enqueue, row.pk))


def address_of(whom: str) -> tuple[str, bool]:
    """Return where mail reaches who is asked, "" if nowhere, and whether they are staff."""
    users = User.objects.filter(is_active=True, is_staff=True)
    user = users.filter(username=whom).first() or users.filter(email__iexact=whom or "-").first()
    if user:
        return user.email, True
    try:
        validate_email(whom)
    except ValidationError:
        return "", False
    return whom, False


@task()
def tell_asked(pk: int) -> bool:
    """Mail who is asked for a review where to find the issue; tell whether it could be said."""
    review = Review.objects.filter(pk=pk, closed_at=None).select_related("post").first()
    address, is_staff = address_of(review.whom) if review else ("", False)
    if review is None or not address:
        return False
    share = ShareAddress.objects.filter(post=review.post).first()
    is_shared = share is not None and share.is_open()
    url = _form(review.post_id) if is_staff or share is None else absolute(share.get_absolute_url())
    if not is_staff and not is_shared:
        return False
    return _send("asked", address, review, url, who=_called(review.asked_by, to_staff=is_staff))


@task()
def tell_ended(pk: int) -> bool:
    """Mail who asked for a review how it ended; tell whether it could be said."""
    review = Review.objects.filter(pk=pk).select_related("post", "asked_by", "closed_by").first()
    if review is None or not review.asked_by or not review.asked_by.email:
        return False
    return _send("ended", review.asked_by.email, review, _form(review.post_id))


@task()
def tell_judged(pk: int) -> bool:
    """Mail who asked for a review what a reviewer says; tell whether it could be said."""
    row = ReviewComment.objects.filter(pk=pk).select_related("post").first()
    reviews = Review.objects.filter(post=row.post_id if row else 0)
    review = reviews.select_related("post", "asked_by").order_by("-asked_at").first()
    if row is None or review is None or not review.asked_by or not review.asked_by.email:
        return False
    url = _form(row.post_id)
    return _send("judged", review.asked_by.email, review, url, comment=row)


def _called(user: User | None, *, to_staff: bool) -> str:
    """Return what a user is called; strangers never read the name that somebody signs in with."""
    name = user.get_full_name() if user else ""
    return name or (user.get_username() if user and to_staff else gettext("An editor"))


def _send(kind: str, address: str, review: Review, url: str, **more: Any) -> bool:
    with translation.override(identity.current().language):
        subject = gettext(SUBJECTS[kind]) % {"title": review.post.title}
        shown = {"review": review, "url": url, "site": site(), **more}
        text = render_to_string(f"posts/mail/review_{kind}.txt", shown)
        send_mail(" ".join(subject.split()), text, identity.current().sender, [address])
    return True


def _form(post: int) -> str:
    return absolute(f"{reverse('admin:posts_post_change', args=[post])}#panel-review")
