"""Pictures that come with an issue: found where its Markdown names them, stored as WebP."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from django.core.files.base import ContentFile

from posts.documents import DocumentError, Issue
from posts.images import ImageError, reencode, size_of
from posts.importing.sources import SourceFile
from posts.messages import Message as _
from posts.models import Image, Post
from posts.paths import digest_in, path_in, picture_name, resolve
from posts.sidefile import Picture, is_signed
from posts.translating import translated

# Where a picture's address stands in Markdown: inline, in a definition, in raw HTML. Each starts
# with a character of its own, so that the places where none of them stands are passed over at once.
_ADDRESSES = re.compile(
    r"!\[[^\]]*\]\(\s*(?:<([^<>\r\n]+)>|([^\s()]+(?:\([^\s()]*\)[^\s()]*)*))"
    r"|\n {0,3}\[[^\]\r\n]+\]:[ \t]*(\S+)"
    r"|<img\b[^>]*?\ssrc\s*=\s*[\"']([^\"']+)[\"']",
    re.IGNORECASE,
)
_PICTURE_ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".avif", ".bmp")
_NOT_BESIDE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//|/|#|\?")
MAX_PATH = 500
MAX_PICTURES = 200


Pictures = Mapping[str, bytes | str]
"""Pictures by address as written: each its bytes, or in words why there are none."""


def find_pictures(issue: Issue, source: SourceFile) -> Pictures:
    """Return the pictures that an issue names by relative addresses."""
    found: dict[str, bytes | str] = {}
    for address in _relative_addresses(issue):
        if len(found) >= MAX_PICTURES:
            break
        if address not in found:
            found[address] = _fetch(address, source)
    return found


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
            warnings.append(f"{path}: {translated(data)}")
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


def _relative_addresses(issue: Issue) -> Iterator[str]:
    for found in _ADDRESSES.finditer(f"\n{issue.body}"):
        address = html.unescape(found[1] or found[2] or found[3] or found[4])
        is_definition = found[3] is not None
        if is_definition and not path_in(address).lower().endswith(_PICTURE_ENDINGS):
            continue
        if _is_beside(address):
            yield address
    if _is_beside(issue.metadata.cover):
        yield issue.metadata.cover


def _is_beside(address: str) -> bool:
    return 0 < len(address) <= MAX_PATH and not _NOT_BESIDE.match(address)


def _fetch(address: str, source: SourceFile) -> bytes | str:
    told = source.entry and (source.entry.pictures or {}).get(address)
    path = resolve(source.name, told.file if told and told.file else path_in(address))
    if path is None or "\\" in path or "\0" in path:
        return _("leads out of the folder")
    try:
        data = source.attachment(path)
    except DocumentError as error:
        return error.message
    beside = PurePosixPath(source.name).name
    return data if data is not None else _("no such picture beside %(name)s", name=beside)


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
