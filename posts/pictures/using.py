"""Which pictures an issue shows: the rows ``Image`` of a post, and where they stand in the library.

A text names a picture of the library by its path, ``pictures/<name>``. When it is saved, its post
gets a row for it, as posts have for pictures that came with an import; these come into the library.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Final

from posts.markdown.marks import is_foreign
from posts.models import FOLDER, NAME_LENGTH, Image, Picture, Post
from posts.naming import first_free, nfc, unicode_slug
from posts.paths import path_in
from posts.rendering import ImageSize

Named = Mapping[str, str]
"""Pictures as a text names them: by path as written, with their description there."""
ENDING: Final = ".webp"
_LONGEST: Final = Image._meta.get_field("path").max_length or 0


def bind(post: Post, named: Named | None, changed: Iterable[Image] = ()) -> dict[str, ImageSize]:
    """Give a stored post the rows of what its text names, and bring ``changed`` ones, which came
    with a file, into the library; return all by path. In the transaction of a save.

    ``named`` is None where the text cannot be read: then no row goes and none comes.
    """
    for image in changed:
        image.post = post
        image.picture = None if is_foreign(image.path) else _adopt(image)
        image.save()
    rows = {image.path: image for image in post.images.all()}
    if named is not None:
        _follow(post, rows, named)
    return {path: size_of(image) for path, image in rows.items()}


def _follow(post: Post, rows: dict[str, Image], named: Named) -> None:
    _let_go(rows, named)
    wanted = {path: name for path in named if path not in rows and (name := name_in(path))}
    # Locked, so that nobody deletes one that an issue begins to show.
    locked = Picture.objects.select_for_update(no_key=True).order_by("pk")
    for path, picture in _found(wanted, locked).items():
        rows[path] = image = shown(picture, path)
        image.post = post
        image.save()
    _take_words(rows, named)


def known(post: Post | None, named: Iterable[str]) -> dict[str, ImageSize]:
    """Return the pictures that a text would show which is not saved: those of its post and of the
    library, by path as written. Changes nothing."""
    rows = {image.path: image for image in post.images.all()} if post and post.pk else {}
    wanted = {path: name for path in named if path not in rows and (name := name_in(path))}
    rows |= {
        path: shown(picture, path)
        for path, picture in _found(wanted, Picture.objects.order_by("pk")).items()
    }
    return {path: size_of(image) for path, image in rows.items()}


def shown(picture: Picture, path: str) -> Image:
    """Return the row, unsaved, by which a post shows a picture of the library."""
    image = Image(picture=picture, path=path, digest=picture.digest, sizes=picture.sizes)
    image.file.name = picture.file.name
    image.width, image.height = picture.width, picture.height
    return image


def size_of(image: Image) -> ImageSize:
    """Return what the renderer needs to know of a picture."""
    return ImageSize(image.file.url, image.width, image.height, image.sources)


def mailed_size_of(image: Image) -> ImageSize:
    """Return what the renderer needs to know of a picture in a mail."""
    return ImageSize(image.mailed, image.width, image.height)


def name_in(path: str) -> str:
    """Return which name of the library a path as written means; "" if none."""
    if len(path) > _LONGEST or not path.startswith(f"{FOLDER}/"):
        return ""
    folder, _slash, name = nfc(path_in(path)).rpartition("/")
    return name if folder == FOLDER else ""


def free_name(filename: str) -> str:
    """Return a name for a file that is new in the library, after the one it had."""
    stem = unicode_slug(PurePosixPath(filename.replace("\\", "/")).stem) or "picture"
    stem = stem[: NAME_LENGTH // 2]
    names = Picture.objects.filter(name__startswith=stem).values_list("name", flat=True)
    taken = {name.removesuffix(ENDING) for name in names}
    return first_free(stem, taken.__contains__, NAME_LENGTH - len(ENDING)) + ENDING


def _found(wanted: Mapping[str, str], pictures: Iterable[Picture]) -> dict[str, Picture]:
    """Return the pictures of the library by the paths under which they are wanted."""
    if not wanted:
        return {}
    chosen = pictures.filter(name__in=set(wanted.values()))  # type: ignore[attr-defined]
    by_name = {picture.name: picture for picture in chosen}
    return {path: by_name[name] for path, name in wanted.items() if name in by_name}


def _adopt(image: Image) -> Picture:
    """Return the picture of the library that has the file of an image; without one, it comes in."""
    known = Picture.objects.filter(file=image.file.name).order_by("pk").first()
    if known is None:
        known = Picture(name=free_name(path_in(image.path)), digest=image.digest)
        known.file.name, known.sizes = image.file.name, image.sizes
        known.width, known.height = image.width, image.height
        known.save()
    return known


def _let_go(rows: dict[str, Image], named: Named) -> None:
    """Take the rows away that a text made and names no more; naming the picture brings them back.

    Those whose path says something else came with an import, and nothing else knows them.
    """
    left = [path for path in rows if path not in named and name_in(path) and rows[path].picture_id]
    if not left:
        return
    names = dict(
        Picture.objects.filter(pk__in=[rows[path].picture_id for path in left]).values_list(
            "pk", "name"
        )
    )
    for path in left:
        if names.get(rows[path].picture_id or 0) == name_in(path):
            rows.pop(path).delete()


def _take_words(rows: Mapping[str, Image], named: Named) -> None:
    """Describe pictures of the library that nobody described as the text does that shows them."""
    words = {
        image.picture_id: alt
        for path, image in rows.items()
        if image.picture_id and (alt := named.get(path, "").strip())
    }
    if words:
        silent = Picture.objects.filter(pk__in=words, alt="", is_decorative=False).order_by("pk")
        for pk in silent.values_list("pk", flat=True):
            Picture.objects.filter(pk=pk, alt="").update(alt=words[pk][:1000])
