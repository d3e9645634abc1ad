"""``manage.py send_post``: send an issue by mail, or try it at one address."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from links.management.examples import ExamplesCommand
from mailing import sending
from mailing.addresses import AddressError, checked
from posts.models import Post


class Command(ExamplesCommand):
    """Plan a mailing, as the form of an issue does."""

    help = """Send an issue by mail.

Without an option it leaves as soon as the issue is public, after the minutes in which it can be
stopped; workers send it (run_tasks). With --test it goes at once to one address, a draft, too.
"""
    examples = """\
examples:
  manage.py send_post first-issue
  manage.py send_post first-issue --language ko --advertising
  manage.py send_post first-issue --test me@example.org"""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Ask for the issue, and to whom it goes."""
        parser.add_argument("slug", help="the last part of the issue's address")
        parser.add_argument("--test", metavar="ADDRESS", help="one test mail, to this address")
        parser.add_argument("--language", default="", help="only to readers of this language")
        parser.add_argument("--advertising", action="store_true", help="mark it as advertising")
        parser.add_argument("--again", action="store_true", help="also to those who have got it")

    def handle(self, *_args: Any, **given: Any) -> None:
        """Plan or try; say what is done. Raises CommandError for what is refused."""
        post = Post.objects.filter(slug=given["slug"]).first()
        if post is None:
            raise CommandError(f"There is no issue {given['slug']}.")
        try:
            said = _try(post, given) if given["test"] else _plan(post, given)
        except sending.CannotSend as error:
            raise CommandError(str(error.words)) from None
        self.stdout.write(said)


def _try(post: Post, given: dict[str, Any]) -> str:
    try:
        address = checked(given["test"])
    except AddressError as error:
        raise CommandError(str(error)) from None
    sending.send_test(post, address, by=None, is_advertising=given["advertising"])
    return f"The server took the test mail to {address}."


def _plan(post: Post, given: dict[str, Any]) -> str:
    mailing = sending.plan(
        post,
        by=None,
        when=timezone.now() if post.is_public() else None,
        audience={"language": given["language"]} if given["language"] else {},
        is_advertising=given["advertising"],
        again=given["again"],
    )
    if mailing.held_until is None:
        return "Planned: it leaves when the issue is public."
    moment = timezone.localtime(mailing.held_until)
    return f"Planned: it leaves at {moment:%Y-%m-%d %H:%M}, unless somebody stops it."
