"""Pictures that people upload become WebP files that hold pixels and nothing else.

Decoding again and encoding anew is the only check that counts: `Image.verify()` reads headers, and
a file may be a picture and something else at the same time. What comes out was written by us.
"""

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError

from posts import containers
from posts.messages import Message
from posts.messages import Message as _

MAX_BYTES: Final = 20 * 1024 * 1024
# Of a picture as it comes in, so that decoding takes no more than 300 MB: as JPEG the largest that
# phones take (48 megapixels) still fits. Others have to be decoded whole, by libraries that keep a
# picture up to six times (WebP, AVIF).
MAX_PIXELS: Final = 50_000_000
MAX_PIXELS_OF: Final = {
    "PNG": 40_000_000,
    "GIF": 40_000_000,
    "WEBP": 12_500_000,
    "AVIF": 12_500_000,
}
# Each row of pixels costs memory, too; no format but PNG goes beyond.
MAX_LENGTH: Final = 65_535
# Coefficients of a JPEG that comes in several passes are kept until the last, two bytes each; and
# each pass goes over the whole picture.
MAX_COEFFICIENTS: Final = 80_000_000
MAX_PASSED_OVER: Final = 800_000_000
MAX_SIDE: Final = 2000
# An animation is kept up to here, all frames together; beyond it only the first frame is.
MAX_FRAMES: Final = 240
MAX_ANIMATION_PIXELS: Final = 25_000_000
# Drawings and screenshots have few colours, and their edges suffer most from lossy compression.
FEW_COLOURS: Final = 4096
QUALITY: Final = 82
AVIF_QUALITY: Final = 60

FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "AVIF")
# Pixels that are converted at a time.
STRIP: Final = 2_000_000
_SIDEWAYS = frozenset({5, 6, 7, 8})
# What turns a picture upright, by its orientation in Exif.
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# What Pillow's decoders were seen to raise on hostile files.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    EOFError,
    LookupError,
    ArithmeticError,
    AssertionError,
    NotImplementedError,
    MemoryError,
    struct.error,
    zlib.error,
    ImageCms.PyCMSError,
    containers.ContainerError,
)
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


class ImageError(ValueError):
    """The file cannot be taken as a picture. The message is one line for the one who sent it."""


def reencode(data: bytes, filename: str) -> bytes:
    """`data` as WebP: upright, in sRGB, no metadata, no side longer than `MAX_SIDE`.

    Takes PNG, JPEG, WebP, AVIF and GIF, whatever `filename` says; the name only serves the message.
    Animations of reasonable size stay animations. Raises ImageError for everything else: other
    formats (SVG above all, which can hold scripts), too many bytes or pixels, broken files.
    """
    with _one_line_errors(filename), _opened(data) as image:
        frames, durations = _frames_of(image)
        if len(frames) > 1:
            return _encode_animation(frames, durations, int(image.info.get("loop", 0)))
        return _encode(frames[0])


def square(data: bytes, filename: str, side: int) -> bytes:
    """The first frame of `data` as a PNG of `side` × `side` pixels; what is no square is centred.

    Takes what `reencode` takes. Raises ImageError.
    """
    with _one_line_errors(filename), _opened(data) as image:
        image.draft(None, _fitting(image))
        picture = ImageOps.contain(_prepare(image).convert("RGBA"), (side, side))
        canvas = Image.new("RGBA", (side, side))
        canvas.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
        out = io.BytesIO()
        canvas.save(out, "PNG", optimize=True)
        return out.getvalue()


def resized(data: bytes, width: int, kind: str) -> bytes:
    """A picture of this site, `width` pixels wide, as ``webp``, ``avif`` or ``jpeg``, which shows
    white where it is transparent; b"" for an animation.

    Raises ImageError.
    """
    with _one_line_errors(""), _opened(data) as image:
        if getattr(image, "is_animated", False):
            return b""
        height = max(1, round(image.height * width / image.width))
        smaller = _prepare(image).resize((width, height), Image.Resampling.LANCZOS)
        if kind == "webp":
            return _encode(smaller)
        out = io.BytesIO()
        if kind == "jpeg":
            _on_white(smaller).save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
        else:
            smaller.save(out, "AVIF", quality=AVIF_QUALITY, speed=6)
        return out.getvalue()


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image)
    return paper


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height in pixels as the picture is shown, that is, after turning it upright.

    Decodes no pixels except of PNG, where the orientation may stand behind them. Raises ImageError
    as `reencode` does.
    """
    with _one_line_errors(""), _opened(data) as image:
        width, height = image.size
        turned = _orientation(image) in _SIDEWAYS
        return (height, width) if turned else (width, height)


@contextmanager
def _one_line_errors(filename: str) -> Iterator[None]:
    name = "".join(char for char in filename if char.isprintable())[-80:] or "The image"
    try:
        yield
    except ImageError as error:
        raise ImageError(_("%(name)s: %(why)s", name=name, why=error.args[0])) from error
    except _BOMBS as error:
        raise ImageError(_("%(name)s: %(why)s", name=name, why=_too_many_pixels())) from error
    except UnidentifiedImageError as error:
        raise ImageError(
            _("%(name)s: not a PNG, JPEG, WebP, AVIF or GIF picture.", name=name)
        ) from error
    except _BROKEN as error:
        raise ImageError(_("%(name)s: the picture is damaged or incomplete.", name=name)) from error


@contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    if not data:
        raise ImageError(_("the file is empty."))
    if len(data) > MAX_BYTES:
        raise ImageError(_("the file is larger than %(size)d MB.", size=MAX_BYTES // 1024**2))
    if containers.is_markup(data):
        raise ImageError(_("SVG is not accepted, because it can hold scripts; save it as PNG."))
    if containers.is_heic(data):
        raise ImageError(
            _(
                "HEIC pictures, as iPhones keep them, are not accepted. Share it as JPEG, or set"
                " the camera to “Most Compatible” (Settings, Camera, Formats)."
            )
        )
    containers.check(data)
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        _check_pixels(image)
        if image.format in {"JPEG", "MPO"}:
            _check_passes(image, containers.count_scans(data))
        yield image


def _check_pixels(image: Image.Image) -> None:
    width, height = image.size
    if max(width, height) > MAX_LENGTH:
        raise ImageError(_("the picture is longer than %(count)d pixels.", count=MAX_LENGTH))
    if width * height > MAX_PIXELS_OF.get(image.format or "", MAX_PIXELS):
        raise ImageError(_too_many_pixels(image.format or ""))


def _check_passes(image: Image.Image, scans: int) -> None:
    """Refuse a JPEG whose passes keep or repeat too much. Raises ImageError."""
    if scans < 2:
        return
    width, height = image.size
    parts = [(part[1], part[2]) for part in getattr(image, "layer", ())] or [(1, 1)]
    most = max(h for h, _v in parts) * max(v for _h, v in parts)
    coefficients = width * height * sum(h * v for h, v in parts) // most
    if coefficients > MAX_COEFFICIENTS:
        raise ImageError(
            _("the picture is too large for a progressive JPEG; save it as a plain one.")
        )
    if coefficients * scans > MAX_PASSED_OVER:
        raise ImageError(_("the picture is damaged or incomplete."))


def _too_many_pixels(kind: str = "") -> Message:
    most = MAX_PIXELS_OF.get(kind, MAX_PIXELS) // 1_000_000
    if most < MAX_PIXELS // 1_000_000:
        return _(
            "as %(kind)s a picture may have %(count)d million pixels; as JPEG %(more)d.",
            kind=kind,
            count=most,
            more=MAX_PIXELS // 1_000_000,
        )
    return _("the picture has more than %(count)d million pixels.", count=most)


def _frames_of(image: Image.Image) -> tuple[list[Image.Image], list[int]]:
    """All frames of a reasonable animation with their milliseconds; else the first frame.

    Frames are not counted beforehand: counting decodes every frame of a GIF.
    """
    image.draft(None, _fitting(image))
    frames = [_prepare(image)]
    durations = [_duration(image)]
    size = image.size
    room = min(MAX_FRAMES, MAX_ANIMATION_PIXELS // (size[0] * size[1]))
    # Several pictures in a JPEG (MPO) are views of one, such as for brightness, and no animation.
    is_animated = getattr(image, "is_animated", False) and image.format != "MPO"
    while is_animated and _has_frame(image, len(frames)):
        if len(frames) >= room or image.size != size:
            return frames[:1], durations[:1]
        frames.append(_prepare(image))
        durations.append(_duration(image))
    return frames, durations


def _has_frame(image: Image.Image, number: int) -> bool:
    try:
        image.seek(number)
    except EOFError:
        return False
    return True


def _duration(image: Image.Image) -> int:
    # Browsers show frames that claim to last 10 ms or less for 100 ms; so do we.
    duration = int(image.info.get("duration", 0))
    return min(duration, 60_000) if duration > 10 else 100


def _fitting(image: Image.Image) -> tuple[int, int]:
    """Return the size a picture gets here: its own, or with no side longer than `MAX_SIDE`."""
    ratio = min(1.0, MAX_SIDE / max(image.size))
    return max(1, round(image.width * ratio)), max(1, round(image.height * ratio))


def _prepare(image: Image.Image) -> Image.Image:
    """A copy of the current frame: decoded, small enough, upright, in sRGB."""
    size = _fitting(image)
    image.load()
    has_alpha = image.has_transparency_data
    frame = _reduced(image, size)
    if frame.size != size:
        frame = frame.resize(size, Image.Resampling.LANCZOS)
    frame = frame.convert("RGBA") if frame.mode == "RGBa" else frame
    profile = image.info.get("icc_profile")
    if isinstance(profile, bytes) and frame.mode in {"RGB", "RGBA", "CMYK"}:
        frame = _through_profile(frame, profile)
    frame = frame.convert("RGBA" if has_alpha else "RGB")
    turn = _TURNS.get(_orientation(image))
    frame = frame.transpose(turn) if turn is not None else frame
    frame.info.clear()
    return frame


def _reduced(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A picture of plain colours, less than three times as large as it is going to be.

    Strip by strip, since a large picture stands in memory already, and once only.
    """
    across, down = (
        max(1, 2 * was // (3 * shall)) for was, shall in zip(image.size, size, strict=True)
    )
    height = max(1, STRIP // image.width // down) * down
    if image.height <= height:
        return _plain(image).reduce((across, down))
    strips = range(0, image.height, height)
    found = None
    for top in strips:
        strip = image.crop((0, top, image.width, min(top + height, image.height)))
        part = _plain(strip).reduce((across, down))
        if found is None:
            found = Image.new(part.mode, (part.width, -(-image.height // down)))
        found.paste(part, (0, top // down))
    return found or _plain(image)


def _plain(image: Image.Image) -> Image.Image:
    """Colours as bytes, each for itself: no palette, no sixteen bits, transparency in a channel
    that colours are multiplied with, so that those of what nobody sees do not show in the end."""
    if image.mode.startswith("I"):
        # convert() would clip sixteen bits instead of scaling.
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA").convert("RGBa")
    return image if image.mode == "CMYK" else image.convert("RGB")


def _orientation(image: Image.Image) -> int:
    """How a picture is to be turned; what cannot be read says nothing."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except _BROKEN:
        return 1


def _through_profile(image: Image.Image, profile: bytes) -> Image.Image:
    """Translate colours to sRGB; a profile that is broken or does not fit is ignored."""
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, source, target, outputMode=mode) or image
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image


def _encode(image: Image.Image) -> bytes:
    out = io.BytesIO()
    lossless = image.getcolors(FEW_COLOURS) is not None
    image.save(out, "WEBP", lossless=lossless, quality=80 if lossless else QUALITY, method=4)
    return out.getvalue()


def _encode_animation(frames: list[Image.Image], durations: list[int], loop: int) -> bytes:
    out = io.BytesIO()
    frames[0].save(
        out,
        "WEBP",
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=max(0, min(loop, 65_535)),
        quality=QUALITY,
        method=2,
    )
    return out.getvalue()
