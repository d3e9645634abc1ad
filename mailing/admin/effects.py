"""What who publishes an issue, or takes it back, is told of its mail."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext

from links.admin import SHOWN, moment_in_words
from mailing import sending
from mailing.models import Mailing, MailSettings
from posts.models import Post
from posts.slots import EFFECTS, Effect


def before(post: Post) -> str:
    """Return what a planned mailing does once the issue is public; "" if there is none."""
    mailing = _planned(post)
    if mailing is None:
        return ""
    if mailing.starts_at is not None:
        return _at(mailing)
    minutes = MailSettings.current().hold_minutes
    if not minutes:
        return gettext("Its mail leaves right after that.")
    words = ngettext(
        "Its mail leaves %(n)d minute after that, unless somebody stops it.",
        "Its mail leaves %(n)d minutes after that, unless somebody stops it.",
        minutes,
    )
    return words % {"n": minutes}


def after(post: Post) -> str:
    """Return when its mail leaves, with the way to stop it, or the way to send one; "" where it
    was sent before."""
    mailing = _planned(post)
    if mailing is None:
        return _offer(post)
    page = reverse("admin:mailing_mailing_change", args=[mailing.pk])
    return format_html('{} <a href="{}">{}</a>', _leaves(mailing), page, gettext("Stop it"))


def _offer(post: Post) -> str:
    sent = Mailing.objects.filter(post=post).exclude(status=Mailing.Status.CANCELLED)
    if not MailSettings.current().is_open or sent.exists():
        return ""
    page = reverse("admin:mailing_mailing_plan", args=[post.pk])
    return format_html('<a href="{}">{}</a>', page, gettext("Send by mail…"))


def several(posts: Sequence[Post]) -> str:
    """Return with which of some issues mail leaves, with the way to stop it; "" if with none."""
    if not MailSettings.current().is_open:
        return ""
    planned = Mailing.objects.filter(
        post__in=[post.pk for post in posts], status__in=sending.BEFORE
    )
    titles = list(planned.order_by("post_id").values_list("post__title", flat=True))
    if not titles:
        return ""
    words = ngettext(
        "Mail leaves with %(n)d of them, unless somebody stops it: %(titles)s.",
        "Mail leaves with %(n)d of them, unless somebody stops it: %(titles)s.",
        len(titles),
    )
    named = ", ".join(f"“{title}”" for title in titles[:SHOWN]) + ", …" * (len(titles) > SHOWN)
    page = reverse("admin:mailing_mailing_changelist")
    said = words % {"n": len(titles), "titles": named}
    return format_html('{} <a href="{}">{}</a>', said, page, gettext("See the mailings"))


def ending(posts: Sequence[Post]) -> str:
    """Return what becomes of the mail of issues that are taken back; "" if there is none."""
    rows = Mailing.objects.filter(post__in=[post.pk for post in posts])
    found = set(rows.order_by().values_list("status", flat=True))
    planned = gettext("Mail that is planned is cancelled.")
    on_its_way = gettext("Mail that is on its way is paused.")
    said = [planned] if found & set(sending.BEFORE) else []
    if Mailing.Status.SENDING in found:
        said.append(on_its_way)
    return " ".join(said)


def _leaves(mailing: Mailing) -> str:
    if mailing.starts_at is not None:
        return _at(mailing)
    minutes = MailSettings.current().hold_minutes
    if not minutes:
        return gettext("Its mail leaves now.")
    words = ngettext("Its mail leaves in %(n)d minute.", "Its mail leaves in %(n)d minutes.",
                     minutes)  # fmt: skip
    return words % {"n": minutes}


def _at(mailing: Mailing) -> str:
    words = gettext("Its mail leaves at %(moment)s.")
    return words % {"moment": moment_in_words(mailing.starts_at)}


def _planned(post: Post) -> Mailing | None:
    if not MailSettings.current().is_open:
        return None
    return Mailing.objects.filter(post=post, status__in=sending.BEFORE).first()


EFFECTS.add(Effect("mail", before, after, several, ending))
