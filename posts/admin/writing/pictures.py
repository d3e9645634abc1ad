"""Pictures while an issue is written: sent, found in the library and described, as JSON."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib.admin.models import ADDITION
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from links.admin import StaffAdmin
from posts import access, pictures
from posts.auditing import record
from posts.images import MAX_BYTES, ImageError
from posts.messages import Message
from posts.models import Picture, Post
from posts.numbers import number_in
from posts.slots import PANELS, Panel
from posts.translating import translated

SHOWN: Final = 24
TYPES: Final = "image/png,image/jpeg,image/webp,image/avif,image/gif"
"""What browsers offer to choose. Phones convert what they keep in other formats, such as HEIC."""
ADDED: Final = Message(gettext_noop("Added to the library."))
DESCRIBED: Final = Message(gettext_noop("Described."))


class WordsForm(forms.ModelForm):
    """What is said of a picture."""

    class Meta:
        model = Picture
        fields = pictures.Words._fields

    def words(self) -> pictures.Words:
        """Return what was typed, each in one line."""
        typed = self.cleaned_data
        alt, caption, credit = (
            " ".join(typed[name].split()) for name in ("alt", "caption", "credit")
        )
        return pictures.Words(alt, caption, credit, typed["is_decorative"])


class SendingPictures(StaffAdmin):
    """What the page of an issue asks for its pictures."""

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses."""
        view = self.admin_site.admin_view
        return [
            path("send/", view(self.send_view), name="posts_picture_send"),
            path("find/", view(self.find_view), name="posts_picture_find"),
            path("<int:pk>/words/", view(self.words_view), name="posts_picture_words"),
            *super().get_urls(),
        ]

    @method_decorator(require_POST)
    def send_view(self, request: HttpRequest) -> HttpResponse:
        """Take a file into the library."""
        access.check(request.user, access.WRITE)
        sent = request.FILES.get("file")
        if sent is None:
            return JsonResponse({"error": gettext("Choose a picture.")}, status=400)
        try:
            picture, is_new = pictures.keep(
                sent.read(),
                sent.name or "",
                by=request.user,
                log=lambda row: record(request, [row], ADDED, ADDITION),
            )
        except ImageError as error:
            return JsonResponse({"error": translated(error.args[0])}, status=400)
        except pictures.NotStored as error:
            return JsonResponse({"error": translated(error.args[0])}, status=507)
        return JsonResponse({"picture": described(picture), "is_new": is_new})

    @method_decorator(require_safe)
    def find_view(self, request: HttpRequest) -> HttpResponse:
        """Return pictures that words are found with; without words those of an issue first."""
        access.check(request.user, access.WRITE)
        words = request.GET.get("q", "").split()
        chosen = found(words)[:SHOWN]
        post = number_in(request.GET.get("post"))
        own = Picture.objects.filter(images__post=post) if post and not words else ()
        rows = {picture.pk: picture for picture in (*own, *chosen)}
        return JsonResponse({"pictures": [described(row) for row in list(rows.values())[:SHOWN]]})

    @method_decorator(require_POST)
    def words_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Change what is said of a picture."""
        access.check(request.user, access.WRITE)
        picture = get_object_or_404(Picture, pk=pk)
        form = WordsForm(request.POST, instance=picture)
        if not form.is_valid():
            said = " ".join(str(words) for errors in form.errors.values() for words in errors)
            return JsonResponse({"error": said}, status=400)
        if form.has_changed():
            picture = pictures.describe(
                picture,
                form.words(),
                by=request.user,
                log=lambda row: record(request, [row], DESCRIBED),
            )
        return JsonResponse({"picture": described(picture)})


def found(words: list[str]) -> QuerySet[Picture]:
    """Return pictures in whose name or words all of these are, the latest first."""
    rows = Picture.objects.order_by("-added_at", "-pk")
    for word in words[:8]:
        in_a_field = Q(name__icontains=word)
        for field in ("alt", "caption", "credit"):
            in_a_field |= Q(**{f"{field}__icontains": word})
        rows = rows.filter(in_a_field)
    return rows


def described(picture: Picture) -> dict[str, Any]:
    """Return what the page shows of a picture, and puts into the text."""
    words = {name: getattr(picture, name) for name in pictures.Words._fields}
    size = {"width": picture.width, "height": picture.height}
    return {
        "pk": picture.pk,
        "name": picture.name,
        "path": picture.path,
        "thumbnail": picture.thumbnail,
        **size,
        **words,
    }


def _shown(request: HttpRequest, post: Post | None) -> dict[str, Any] | None:
    if not access.may(request.user, access.WRITE):
        return None
    cover = pictures.known(post, [post.cover]).get(post.cover) if post and post.cover else None
    return {
        "types": TYPES,
        "most": MAX_BYTES,
        "megabytes": MAX_BYTES // 1024**2,
        "post": post.pk if post else "",
        "cover": cover.url if cover else "",
    }


PANELS.add(
    Panel(
        "pictures",
        _("Pictures"),
        "admin/posts/post/panels/pictures.html",
        _shown,
        place=30,
        scripts=("js/admin/writing/pictures.js",),
        styles=("css/admin/writing-pictures.css",),
    )
)
