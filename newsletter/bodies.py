"""How much a request may bring: decided by its address and sender before any of it is read.

Django reads a form wherever somebody asks for it first (its check for forgery does so before any
view, and so do its pages about an error) and puts files of any size on the disk. So this stands
before all who might ask, and before all that might fail.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.core.files.uploadhandler import (
    FileUploadHandler,
    MemoryFileUploadHandler,
    TemporaryFileUploadHandler,
)
from django.http import HttpRequest, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext

from mailing import access as mail
from mailing import bounces
from newsletter.middleware import is_for_staff
from newsletter.refusals import Refusal, refuse
from newsletter.slots import stated_length
from posts.access import CHANGE_PICTURES, CHANGE_SETTINGS, IMPORT, WRITE, Right, may
from posts.models.identity import THE_ROW

KB = 1024  # bytes
EVENTS = "/mail/events/"
LEAVING = re.compile(r"/mail/[\w-]+/leave/")
# How Django says that a form cannot be read: parts, their number, their encoding, their end.
UNREADABLE = (BadRequest, MultiPartParserError, SuspiciousOperation, UnreadablePostError)


class NoFiles(FileUploadHandler):
    """Drops the files of a form: but for a few pages of staff, none asks for any."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep nothing."""

    def file_complete(self, file_size: int) -> None:
        """Make no file of it."""


class BodyMiddleware:
    """Refuse what is too large, does not say how large it is, or cannot be read.

    Below the middleware that knows who is signed in, above everything else. No more is ever read
    than Content-Length says, since Django's stream ends there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        refusal = _refusal(request)
        return refuse(request, refusal) if refusal else self.get_response(request)


def _refusal(request: HttpRequest) -> Refusal | None:
    length = _length(request)
    if length is None:
        return _unmeasured()
    if length and length > (most := _most(request, length)):
        return _too_large(most)
    return None if _is_told(request) or _is_form(request) else _unreadable()


def _is_told(request: HttpRequest) -> bool:
    """Tell whether a provider of mail tells something, which is no form; its page reads it."""
    return request.path_info.startswith(EVENTS)


def _length(request: HttpRequest) -> int | None:
    """Return the bytes that follow, or None where the request does not say so in plain digits."""
    is_in_chunks = "HTTP_TRANSFER_ENCODING" in request.META
    return None if is_in_chunks else stated_length(request.META)


def _is_form(request: HttpRequest) -> bool:
    """Read what a form sent, which is kept; tell whether it could be read.

    A POST by which somebody leaves (RFC 8058) counts whatever it brings: then it brings nothing.

    Whoever asks first must be ready for what it raises, and Django's pages about an error are not.
    """
    if request.method != "POST":  # of nothing else Django reads a form
        return True
    try:
        return request.POST is not None
    except UNREADABLE:
        if not LEAVING.fullmatch(request.path_info):
            return False
        request.POST = QueryDict()
        return True


def _most(request: HttpRequest, length: int) -> int:
    """Return how many bytes this request may bring; who sent it matters only where it is many."""
    if is_for_staff(request):
        right, most = _pages_with_files().get(request.path_info, (None, 0))
        if right:
            if admin.site.has_permission(request) and may(request.user, right):
                request.upload_handlers = [
                    MemoryFileUploadHandler(request),
                    TemporaryFileUploadHandler(request),
                ]
                return most
        elif length > settings.MOST_BYTES and admin.site.has_permission(request):
            return settings.MOST_BYTES_OF_STAFF
    elif _is_told(request) and bounces.is_trusted(request.headers.get("Authorization", "")):
        return settings.MOST_BYTES_OF_EVENTS
    return settings.MOST_BYTES


def _pages_with_files() -> dict[str, tuple[Right, int]]:
    """Return the addresses that take files: the right to send some, and how many bytes."""
    settings_page = reverse("admin:posts_sitesettings_change", args=[THE_ROW])
    return {
        reverse("admin:posts_post_upload"): (IMPORT, settings.MOST_BYTES_UPLOADED),
        settings_page: (CHANGE_SETTINGS, settings.MOST_BYTES_OF_STAFF),
        reverse("admin:mailing_subscriber_import"): (mail.IMPORT, settings.MOST_BYTES_UPLOADED),
        reverse("admin:posts_picture_add"): (WRITE, settings.MOST_BYTES_OF_PICTURE),
        reverse("admin:posts_picture_send"): (WRITE, settings.MOST_BYTES_OF_PICTURE),
        reverse("admin:posts_picture_replace"): (CHANGE_PICTURES, settings.MOST_BYTES_OF_PICTURE),
    }


def _unmeasured() -> Refusal:
    return Refusal(
        411,
        "length",
        gettext("Nothing says how much this is."),
        gettext("Send its length in the header Content-Length."),
    )


def _unreadable() -> Refusal:
    return Refusal(
        400,
        "body",
        gettext("The request could not be understood."),
        gettext("Something in the address or in what was sent is not valid."),
    )


def _too_large(most: int) -> Refusal:
    words = gettext(
        "The form you sent may bring %(size)s at most, with all that was typed or chosen in it."
        " Nothing was saved. Go back, where your browser may still have it, and send less."
    )
    size = f"{most // KB:,} KB" if most < 1024 * KB else f"{most // (1024 * KB):,} MB"
    title = gettext("That is too much at once.")
    return Refusal(413, "size", title, words % {"size": size}, leads_back=True)
