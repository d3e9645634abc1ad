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

from posts.messages import Message
from posts.messages import Message as _

MAX_BYTES: Final = 20 * 1024 * 1024
# Of the picture as it comes in: the largest that phones take (48 megapixels) still fits.
MAX_PIXELS: Final = 50_000_000
MAX_SIDE: Final = 2000
# An animation is kept up to here, all frames together; beyond it only the first frame is.
MAX_FRAMES: Final = 240
MAX_ANIMATION_PIXELS: Final = 25_000_000
# Drawings and screenshots have few colours, and their edges suffer most from lossy compression.
FEW_COLOURS: Final = 4096
QUALITY: Final = 82
AVIF_QUALITY: Final = 60

FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "AVIF")
# What iPhones write, by the brands of ISO/IEC 23008-12, section 10; AVIF may name them, too.
_HEIC = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"})
_AVIF = frozenset({b"avif", b"avis"})
_SIDEWAYS = frozenset({5, 6, 7, 8})

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
        image.draft(None, (MAX_SIDE, MAX_SIDE))
        picture = ImageOps.contain(_prepare(image).convert("RGBA"), (side, side))
        canvas = Image.new("RGBA", (side, side))
        canvas.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
        out = io.BytesIO()
        canvas.save(out, "PNG", optimize=True)
        return out.getvalue()


def resized(data: bytes, width: int, kind: str) -> bytes:
    """A picture of this site, `width` pixels wide, as ``webp`` or ``avif``; b"" for an animation.

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
        smaller.save(out, "AVIF", quality=AVIF_QUALITY, speed=6)
        return out.getvalue()


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height in pixels as the picture is shown, that is, after turning it upright.

    Decodes no pixels except of PNG, where the orientation may stand behind them. Raises ImageError
    as `reencode` does.
    """
    with _one_line_errors(""), _opened(data) as image:
        width, height = image.size
        turned = image.getexif().get(ExifTags.Base.Orientation) in _SIDEWAYS
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
    if _is_markup(data):
        raise ImageError(_("SVG is not accepted, because it can hold scripts; save it as PNG."))
    if _is_heic(data):
        raise ImageError(
            _(
                "HEIC pictures, as iPhones keep them, are not accepted. Share it as JPEG, or set"
                " the camera to “Most Compatible” (Settings, Camera, Formats)."
            )
        )
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        _check_pixels(image)
        yield image


def _is_markup(data: bytes) -> bool:
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<svg", b"<?xml", b"<!doctype svg", b"<!--")) or (
        start.startswith(b"<") and b"<svg" in start
    )


def _is_heic(data: bytes) -> bool:
    if data[4:8] != b"ftyp":
        return False
    end = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}
    return bool(brands & _HEIC) and not brands & _AVIF


def _check_pixels(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ImageError(_too_many_pixels())


def _too_many_pixels() -> Message:
    millions = MAX_PIXELS // 1_000_000
    return _("the picture has more than %(count)d million pixels.", count=millions)


def _frames_of(image: Image.Image) -> tuple[list[Image.Image], list[int]]:
    """All frames of a reasonable animation with their milliseconds; else the first frame.

    Frames are not counted beforehand: counting decodes every frame of a GIF.
    """
    image.draft(None, (MAX_SIDE, MAX_SIDE))
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


def _prepare(image: Image.Image) -> Image.Image:
    """A copy of the current frame: decoded, upright, in sRGB, small enough."""
    image.load()
    upright = ImageOps.exif_transpose(image)
    frame = _in_srgb(upright, image.info.get("icc_profile"))
    frame.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    frame.info.clear()
    return frame


def _in_srgb(image: Image.Image, profile: object) -> Image.Image:
    has_alpha = image.has_transparency_data
    if image.mode.startswith("I"):
        # Sixteen bits a pixel: convert() would clip them instead of scaling.
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if isinstance(profile, bytes) and image.mode in {"RGB", "RGBA", "CMYK"}:
        image = _through_profile(image, profile)
    return image.convert("RGBA" if has_alpha else "RGB")


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
