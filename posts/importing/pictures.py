"""Pictures that come with an issue: found where its Markdown names them, stored as WebP."""

from __future__ import annotations

import hashlib
import re
import xml.etree.ElementTree as etree
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import PurePosixPath
from typing import NamedTuple

from django.core.files.base import ContentFile

from posts.dead_ends import is_of_this_site, missing_pages
from posts.documents import DocumentError, Issue
from posts.images import ImageError, reencode, size_of
from posts.importing.sources import SourceFile
from posts.markdown.document import Document
from posts.markdown.limits import MarkdownLimitError
from posts.markdown.references import unescape
from posts.messages import Message
from posts.messages import Message as _
from posts.models import Image, Post
from posts.paths import digest_in, path_in, picture_name, place_of
from posts.sidefile import Picture, is_signed
from posts.translating import translated

_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//|#|\?")
# What lies in these, generators of sites put at the root of the site.
_ROOTS = ("static", "public", "source", "assets", "content")
MAX_PATH = 500
MAX_PICTURES = 200


Pictures = Mapping[str, bytes | str]
"""Pictures by the address that the text means: each its bytes, or in words why there are none."""


def find_pictures(issue: Issue, source: SourceFile) -> Pictures:
    """Return the pictures that an issue names by addresses without a host."""
    found: dict[str, bytes | str] = {}
    for named in _own_addresses(issue):
        if len(found) >= MAX_PICTURES:
            break
        if named.address not in found:
            data = _fetch(named, source)
            if isinstance(data, bytes):
                found[named.address] = data
            elif not _is_on_site(named.address):
                found[named.address] = _told(named, issue, data)
    return found


def missing_in(pictures: Pictures) -> tuple[str, ...]:
    """Return what is said of pictures that are not there."""
    return tuple(translated(data) for data in pictures.values() if isinstance(data, str))


def has_new_pictures(post: Post, pictures: Pictures) -> bool:
    """Tell whether a picture beside the file differs from the one stored with its post."""
    stored = {image.path: image for image in post.images.all()} if pictures else {}
    return any(
        isinstance(data, bytes) and not _is_known(stored.get(path), data) and _is_picture(data)
        for path, data in pictures.items()
    )


def broken_pictures(post: Post, pictures: Pictures) -> Pictures:
    """Return those pictures beside the file whose stored files are gone, or no longer whole."""
    stored = {image.path: image for image in post.images.all()} if pictures else {}
    return {
        path: data
        for path, data in pictures.items()
        if path in stored and not _is_whole(stored[path]) and _is_picture(data)
    }


def store_pictures(
    post: Post, pictures: Pictures, told: Mapping[str, Picture] | None = None
) -> tuple[list[Image], tuple[str, ...]]:
    """Store the files of pictures; return the rows that change, unsaved, and what is missing.

    Files are named by their content, so that an import that is killed and run again ends with the
    same files. What an export has ``told`` of a picture that this site made is taken as it is.
    """
    stored = {image.path: image for image in post.images.all()} if post.pk and pictures else {}
    changed, warnings = [], []
    for path, data in pictures.items():
        image = stored.get(path) or Image(path=path)
        if isinstance(data, str):
            warnings.append(translated(data))
        elif not _is_known(image, data) or not _is_whole(image):
            try:
                _store(image, data, (told or {}).get(path))
                changed.append(image)
            except ImageError as error:
                warnings.append(translated(error.args[0]))
    return changed, tuple(warnings)


def _store(image: Image, data: bytes, told: Picture | None) -> None:
    if told and is_signed(digest_in(picture_name(data)), told):
        encoded, digest = data, told.digest
    elif picture_name(data) == image.file.name:  # exported from here; its file is broken by now
        encoded, digest = data, image.digest
    else:
        encoded, digest = reencode(data, image.path), _digest(data)
    image.file.name = picture_name(encoded)
    if not _is_whole(image):
        image.file.name = image.file.storage.save(image.file.name, ContentFile(encoded))
    image.digest, image.sizes = digest, None
    image.width, image.height = size_of(encoded)


def _is_known(image: Image | None, data: bytes) -> bool:
    """Tell whether a picture is the one that was stored: as it was sent, or as it was exported."""
    if image is None:
        return False
    return image.digest == _digest(data) or picture_name(data) == image.file.name


def _is_whole(image: Image) -> bool:
    """Tell whether a picture's file is there, with what its name says: the digest of its content.

    What another program stored under another name is taken as it is.
    """
    name = str(image.file)
    try:
        with image.file.storage.open(name) as file:
            return digest_in(name) in ("", digest_in(picture_name(file.read())))
    except FileNotFoundError:
        return False


class _Named(NamedTuple):
    """An address as the text means it and as it is written; on which line of the body, if it is
    there and not in the header."""

    address: str
    written: str
    line: int | None


def _own_addresses(issue: Issue) -> Iterator[_Named]:
    with suppress(MarkdownLimitError):  # nothing is shown of such a text
        yield from _shown_addresses(issue.markdown)
    if _is_own(cover := issue.metadata.cover):
        yield _Named(cover, cover, None)


def _shown_addresses(document: Document) -> Iterator[_Named]:
    for root in document.roots:
        for image in root.iter("img"):
            if _is_own(address := image.get("src", "")):
                written = _written(document, image, address)
                yield _Named(address, written, document.line_of(image))


def _written(document: Document, image: etree.Element, address: str) -> str:
    """Return an address as it stands in the text, with backslashes that Markdown takes away."""
    spot = document.spots.get(image)
    if spot is None:
        return address
    start = spot.leaf.text.rfind("](", spot.start, spot.end)
    inside = spot.leaf.text[start + len("](") : spot.end - len(")")] if start >= 0 else ""
    written = inside[: 3 * MAX_PATH].split(maxsplit=1)[:1]
    found = written[0].removeprefix("<").removesuffix(">") if written else ""
    return found if "\\" in found and unescape(found) == address else address


def _is_own(address: str) -> bool:
    return 0 < len(address) <= MAX_PATH and not _ELSEWHERE.match(address)


def _is_on_site(address: str) -> bool:
    """Tell whether an address that begins with a slash may be one of this site."""
    if not address.startswith("/"):
        return False
    return not is_of_this_site(address) or not missing_pages([address])


def _fetch(named: _Named, source: SourceFile) -> bytes | str:
    places = list(_places(named, source))
    if not places:
        return _("leads out of the folder")
    try:
        found = (source.attachment(place) for place in places)
        data = next((data for data in found if data is not None), None)
    except DocumentError as error:
        return error.message
    if data is not None:
        return data
    if path_in(named.address).startswith("/"):
        return _("no such picture in the folder or archive")
    return _("no such picture beside %(name)s", name=PurePosixPath(source.name).name)


def _places(named: _Named, source: SourceFile) -> Iterator[str]:
    """Yield where a picture may lie, relative to the root of what is imported.

    The root of a site is that one, or the folder around everything; in it, or in a folder for what
    is copied as it is.
    """
    told = source.entry and (source.entry.pictures or {}).get(named.address)
    path = told.file if told and told.file else path_in(named.address)
    place = place_of(source.name, path)
    if place is not None and "\0" not in place:
        yield place
        if path.startswith("/"):
            top = source.name.rpartition("/")[0].partition("/")[0]
            folders = [*_ROOTS, top, *(f"{top}/{root}" for root in _ROOTS)] if top else _ROOTS
            yield from (f"{folder}/{place}" for folder in folders)
    if "\\" in named.written:  # before a dot, Markdown takes it away
        place = place_of(source.name, path_in(named.written))
        if place is not None and "\0" not in place:
            yield place


def _told(named: _Named, issue: Issue, why: str) -> Message:
    """Return why there is no picture, with its address as written and the line of that."""
    if named.line is None:
        return Message("%(address)s: %(why)s", address=named.written, why=why)
    line = issue.first_line + named.line
    return _("%(address)s: %(why)s (line %(line)d)", address=named.written, why=why, line=line)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _is_picture(data: bytes | str) -> bool:
    """Tell whether a picture can be stored; one that cannot is no change each time anew."""
    if isinstance(data, str):
        return False
    try:
        size_of(data)
    except ImageError:
        return False
    return True
