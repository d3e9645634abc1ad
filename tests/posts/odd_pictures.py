"""104 hostile and odd pictures, each made when it is asked for: of phones, tools and attackers.

``ODD`` has for each name a function that makes the file, and what becomes of it: TAKEN, a word of
the refusal, or "" for either. All that is secret in a file is SECRET; nothing of it may be in what
is stored.
"""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from PIL import ExifTags, Image, ImageCms
from PIL.PngImagePlugin import PngInfo

SECRET: Final = b"SECRET-PLACE-37.5665N"
TAKEN: Final = "taken"
DAMAGED: Final = "damaged"
LARGE: Final = "million pixels"
OTHER: Final = "not a PNG"
Maker = Callable[[], bytes]
CHANCE: Final = random.Random
RED: Final = (200, 20, 20)
PNG: Final = b"\x89PNG\r\n\x1a\n"


# Pictures as libraries write them


def plain(
    kind: str = "PNG", size: tuple[int, int] = (60, 40), mode: str = "RGB", **how: Any
) -> bytes:
    out = io.BytesIO()
    colour = how.pop("colour", None)
    image = Image.new(mode, size, colour if colour is not None else (RED if mode == "RGB" else 0))
    image.save(out, kind, **how)
    return out.getvalue()


def photo(kind: str = "JPEG", size: tuple[int, int] = (1200, 800), **how: Any) -> bytes:
    """A picture with as many colours as a photograph, of noise made larger."""
    noise = Image.frombytes("RGB", (64, 64), CHANCE(1).randbytes(64 * 64 * 3))
    out = io.BytesIO()
    noise.resize(size, Image.Resampling.BILINEAR).save(out, kind, **how)
    return out.getvalue()


def moving(kind: str, frames: int, size: tuple[int, int] = (60, 40), **how: Any) -> bytes:
    out = io.BytesIO()
    rows = [Image.new("RGB", size, (i % 256, i // 256, 80)) for i in range(frames)]
    rows[0].save(out, kind, save_all=True, append_images=rows[1:], duration=80, **how)
    return out.getvalue()


def exif(orientation: int = 1, *, garbage: bool = False) -> bytes:
    told = Image.Exif()
    told[ExifTags.Base.Orientation] = orientation
    told[ExifTags.Base.ImageDescription] = SECRET.decode()
    told.get_ifd(ExifTags.IFD.GPSInfo)[1] = "N"
    data = told.tobytes()
    return data[:20] + b"\xff" * 60 + SECRET if garbage else data


def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def xmp() -> bytes:
    return b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET + b"</x:xmpmeta>"


def texts(*, compressed: bool) -> PngInfo:
    info = PngInfo()
    info.add_text("Comment", SECRET.decode(), zip=compressed)
    info.add_itxt("XML:com.adobe.xmp", xmp().decode(), zip=compressed)
    return info


# PNG by hand


def chunk(name: bytes, body: bytes) -> bytes:
    crc = zlib.crc32(name + body)
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", crc)


def raw_png(
    size: tuple[int, int], depth: int, colour: int, *, interlaced: int = 0,
    rows: bytes | None = None, before: bytes = b"",
) -> bytes:  # fmt: skip
    bits = depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    lines = (b"\0" + b"\x55" * ((size[0] * bits + 7) // 8)) * size[1] if rows is None else rows
    header = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, interlaced)
    palette = chunk(b"PLTE", bytes(range(48))) if colour == 3 else b""
    pixels = chunk(b"IDAT", zlib.compress(lines, 1))
    return PNG + chunk(b"IHDR", header) + before + palette + pixels + chunk(b"IEND", b"")


def adam7() -> bytes:
    """An interlaced picture of 8 × 8 pixels: its seven passes."""
    passes = [(1, 1), (1, 1), (2, 1), (2, 2), (4, 2), (4, 4), (8, 4)]
    rows = b"".join((b"\0" + b"\x55" * 3 * width) * height for width, height in passes)
    return raw_png((8, 8), 8, 2, interlaced=1, rows=rows)


def tiny_chunks(number: int) -> bytes:
    return raw_png((8, 8), 8, 2, before=chunk(b"teXt", b"") * number)


def ztxt_bomb() -> bytes:
    body = b"Comment\0\0" + zlib.compress(b"\0" * 200_000_000, 9)
    return raw_png((8, 8), 8, 2, before=chunk(b"zTXt", body))


def iccp_bomb() -> bytes:
    body = b"profile\0\0" + zlib.compress(b"\0" * 200_000_000, 9)
    return raw_png((8, 8), 8, 2, before=chunk(b"iCCP", body))


# JPEG by hand


def segments(number: int, body: bytes = b"") -> bytes:
    one = b"\xff\xfe" + struct.pack(">H", len(body) + 2) + body
    data = photo(size=(64, 64))
    return data[:2] + one * number + data[2:]


def iptc() -> bytes:
    body = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + struct.pack(">I", len(SECRET)) + SECRET
    data = photo(size=(64, 64))
    return data[:2] + b"\xff\xed" + struct.pack(">H", len(body) + 2) + body + data[2:]


def claiming(data: bytes, marker: bytes, width: int, height: int) -> bytes:
    """A JPEG that says it has another size."""
    at = data.index(marker)
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


def many_scans(number: int) -> bytes:
    """A progressive JPEG of 48 megapixels that goes over the picture again and again."""
    data = claiming(photo(size=(64, 64), progressive=True), b"\xff\xc2", 8000, 6000)
    at = data.rindex(b"\xff\xda")
    scan = data[at : data.index(b"\xff\xd9", at)]
    return data[:at] + scan * number + b"\xff\xd9"


def mpo() -> bytes:
    out = io.BytesIO()
    first, second = (Image.new("RGB", (60, 40), colour) for colour in (RED, (0, 0, 0)))
    first.save(out, "MPO", save_all=True, append_images=[second])
    return out.getvalue()


# GIF and others by hand


def gif(blocks: bytes, size: tuple[int, int] = (8, 8)) -> bytes:
    pixels = plain("GIF", (8, 8), "P")
    at = pixels.index(b"\x2c")
    screen = b"GIF89a" + struct.pack("<HH", *size) + pixels[10:at]
    return screen + blocks + pixels[at:]


def gif_claiming(width: int, height: int) -> bytes:
    data = plain("GIF", (8, 8), "P")
    at = data.index(b"\x2c")
    size = struct.pack("<HH", width, height)
    return data[:6] + size + data[10 : at + 5] + size + data[at + 9 :]


def boxes() -> bytes:
    """An animation whose frames are parts of it, each disposed of in another way."""
    out = io.BytesIO()
    rows = [Image.new("RGB", (60, 40), RED) for _i in range(6)]
    for i, row in enumerate(rows):
        row.paste((0, 40 * i, 90), (i, i, 20 + 5 * i, 30))
    rows[0].save(out, "GIF", save_all=True, append_images=rows[1:], disposal=[0, 1, 2, 3, 2, 1])
    return out.getvalue()


def restless() -> bytes:
    """An animation of which nothing stays from one frame to the next."""
    noise = CHANCE(3)
    size = (1100, 1100)
    rows = [
        Image.frombytes("L", (400, 400), noise.randbytes(160_000)).resize(size) for _i in range(20)
    ]
    out = io.BytesIO()
    rows[0].quantize(16).save(
        out, "GIF", save_all=True, append_images=[row.quantize(16) for row in rows[1:]], duration=80
    )
    return out.getvalue()


def webp_claiming(width: int, height: int) -> bytes:
    """A WebP whose canvas is as large as its header can say."""
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    head = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + canvas
    picture = plain("WEBP", (8, 8))[12:]
    return b"RIFF" + struct.pack("<I", 4 + len(head) + len(picture)) + b"WEBP" + head + picture


def heic() -> bytes:
    return b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + struct.pack(">I", 8) + b"mdat" + b"\0" * 200


def chunks_in(webp: bytes) -> set[bytes]:
    """Return the names of the parts of a WebP file."""
    found, at = set(), 12
    while at + 8 <= len(webp):
        found.add(webp[at : at + 4])
        at += 8 + int.from_bytes(webp[at + 4 : at + 8], "little") + webp[at + 4] % 2
    return found


PIXELS: Final = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"}
"""Parts of WebP that hold pixels, and how they follow each other."""


def svg(before: bytes = b"") -> bytes:
    return before + b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


def cut(make: Maker, part: float = 0.5) -> bytes:
    data = make()
    return data[: int(len(data) * part)]


def behind(make: Maker, tail: bytes) -> bytes:
    return make() + tail


def after(magic: bytes) -> bytes:
    return magic + CHANCE(2).randbytes(5_000)


def _pngs() -> Iterator[tuple[str, Maker, str]]:
    yield "png of one bit", partial(plain, mode="1"), TAKEN
    yield "png grey", partial(plain, mode="L", colour=90), TAKEN
    yield "png grey of 16 bits", partial(plain, mode="I;16", colour=0x4000), TAKEN
    yield "png grey of 4 bits", partial(raw_png, (31, 9), 4, 0), TAKEN
    yield "png colours of 16 bits", partial(raw_png, (30, 20), 16, 2), TAKEN
    yield "png grey and alpha of 16 bits", partial(raw_png, (30, 20), 16, 4), TAKEN
    yield "png colours and alpha of 16 bits", partial(raw_png, (30, 20), 16, 6), TAKEN
    yield "png palette", partial(plain, mode="P"), TAKEN
    yield "png palette with transparency", partial(plain, mode="P", transparency=0), TAKEN
    yield "png grey with a transparent one", partial(plain, mode="L", transparency=0), TAKEN
    yield "png with a transparent colour", partial(plain, transparency=RED), TAKEN
    yield "png all transparent", partial(plain, mode="RGBA"), TAKEN
    yield "png interlaced", adam7, TAKEN
    yield "png with texts", lambda: plain(pnginfo=texts(compressed=False)), TAKEN
    yield "png with compressed texts", lambda: plain(pnginfo=texts(compressed=True)), TAKEN
    yield "png with exif", lambda: plain(exif=exif(6)), TAKEN
    yield "png with a profile", lambda: plain(icc_profile=profile()), TAKEN
    yield "png with a broken profile", lambda: plain(icc_profile=SECRET * 9), TAKEN
    yield "png with a zip behind", partial(behind, plain, b"PK\3\4" + SECRET), TAKEN
    yield "png with a script behind", partial(behind, plain, b"<script>" + SECRET), TAKEN
    yield "png of one pixel", partial(plain, size=(1, 1)), TAKEN
    yield "png of one column", partial(plain, size=(1, 60_000)), TAKEN
    yield "png of 39 megapixels", partial(raw_png, (6250, 6250), 8, 2), TAKEN
    yield "png of 39 megapixels with alpha", partial(raw_png, (6250, 6250), 8, 6), TAKEN
    yield "png of 39 megapixels by palette", partial(raw_png, (6250, 6250), 8, 3), TAKEN
    yield "png of 39 megapixels grey, 16 bits", partial(raw_png, (6250, 6250), 16, 0), TAKEN
    yield "png of 15 megapixels with alpha", partial(raw_png, (3990, 3990), 8, 6), TAKEN
    yield "png of one column, 39 megapixels", partial(raw_png, (1, 39_000_000), 8, 0), "longer"
    yield "png moving", partial(moving, "PNG", 8), TAKEN
    yield "png moving for long", partial(moving, "PNG", 400), TAKEN
    yield "png of 64 megapixels", partial(raw_png, (8000, 8000), 8, 0, rows=b"\0"), LARGE
    yield (
        "png that claims 3,600 megapixels",
        partial(raw_png, (60_000, 60_000), 8, 6, rows=b""),
        LARGE,
    )
    yield "png of no pixels", partial(raw_png, (0, 0), 8, 2), ""
    yield "png without pixels", partial(raw_png, (30, 20), 8, 2, rows=b""), DAMAGED
    yield "png cut off", partial(cut, partial(photo, "PNG")), DAMAGED
    yield (
        "png with too many pixels",
        partial(raw_png, (30, 20), 8, 2, rows=b"\0" * 90_000_000),
        TAKEN,
    )
    yield "png with a text of 200 MB", ztxt_bomb, ""
    yield "png with a profile of 200 MB", iccp_bomb, ""
    yield "png of 1,600,000 chunks", partial(tiny_chunks, 1_600_000), DAMAGED
    yield "png magic and noise", partial(after, PNG), OTHER


def _jpegs() -> Iterator[tuple[str, Maker, str]]:
    for turn in range(1, 9):
        yield f"jpeg turned, {turn}", lambda turn=turn: photo(exif=exif(turn)), TAKEN
    yield "jpeg grey", partial(plain, "JPEG", mode="L"), TAKEN
    yield "jpeg cmyk", partial(plain, "JPEG", mode="CMYK", colour=(0, 200, 200, 20)), TAKEN
    yield "jpeg cmyk with a profile of other colours", lambda: plain(
        "JPEG", mode="CMYK", colour=(0, 200, 200, 20), icc_profile=profile()
    ), TAKEN  # fmt: skip
    yield "jpeg progressive", partial(photo, progressive=True), TAKEN
    yield "jpeg with exif that is garbage", lambda: photo(exif=exif(garbage=True)), TAKEN
    yield "jpeg with xmp", lambda: photo(xmp=xmp()), TAKEN
    yield "jpeg with iptc", iptc, TAKEN
    yield "jpeg with a comment", partial(photo, comment=SECRET), TAKEN
    yield "jpeg with a profile", lambda: photo(icc_profile=profile()), TAKEN
    yield "jpeg of two views", mpo, TAKEN
    yield "jpeg with a zip behind", partial(behind, photo, b"PK\3\4" + SECRET), TAKEN
    yield "jpeg with a page in a comment", partial(segments, 1, b"<html>" + SECRET), TAKEN
    yield "jpeg of 48 megapixels", partial(photo, size=(8000, 6000), quality=60), TAKEN
    yield "jpeg of 48 megapixels, progressive", partial(
        photo, size=(8000, 6000), quality=30, progressive=True
    ), TAKEN  # fmt: skip
    yield "jpeg of 48 megapixels, progressive, all colours", partial(
        photo, size=(8000, 6000), quality=30, progressive=True, subsampling=0
    ), "progressive"  # fmt: skip
    yield "jpeg that is very wide", partial(photo, size=(65_000, 700)), TAKEN
    yield "jpeg that claims 4,294 megapixels", lambda: claiming(
        photo(), b"\xff\xc0", 65_535, 65_535
    ), LARGE  # fmt: skip
    yield "jpeg of 3,000 scans", partial(many_scans, 3_000), DAMAGED
    yield "jpeg of 4,000,000 comments", partial(segments, 4_000_000), DAMAGED
    yield "jpeg cut off", partial(cut, photo), DAMAGED
    yield "jpeg magic and noise", partial(after, b"\xff\xd8\xff\xe0"), ""


def _others() -> Iterator[tuple[str, Maker, str]]:
    yield "webp", partial(photo, "WEBP"), TAKEN
    yield "webp lossless", partial(photo, "WEBP", (300, 200), lossless=True), TAKEN
    yield "webp with alpha", partial(plain, "WEBP", mode="RGBA"), TAKEN
    yield "webp with all metadata", lambda: photo(
        "WEBP", exif=exif(6), xmp=xmp(), icc_profile=profile()
    ), TAKEN  # fmt: skip
    yield "webp moving", partial(moving, "WEBP", 8), TAKEN
    yield "webp moving for long", partial(moving, "WEBP", 1_000), TAKEN
    yield "webp of 12 megapixels", partial(photo, "WEBP", size=(4000, 3000), method=0), TAKEN
    yield "webp that claims 268 megapixels", partial(webp_claiming, 16_383, 16_383), LARGE
    yield "webp cut off", partial(cut, partial(photo, "WEBP")), ""
    yield "gif", partial(plain, "GIF", mode="P"), TAKEN
    yield "gif with transparency", partial(plain, "GIF", mode="P", transparency=0), TAKEN
    yield "gif moving", partial(moving, "GIF", 8), TAKEN
    yield "gif moving for long", partial(moving, "GIF", 1_000), TAKEN
    yield "gif moving, of 24 megapixels of noise", restless, TAKEN
    yield "gif of parts", boxes, TAKEN
    yield "gif with a comment", lambda: gif(b"\x21\xfe\x15" + SECRET + b"\0"), TAKEN
    yield "gif of 2,000,000 comments", lambda: gif(b"\x21\xfe\x01x\0" * 2_000_000), DAMAGED
    yield (
        "gif of 9,000,000 blocks",
        lambda: gif(b"\x21\xfe" + b"\x01x" * 9_000_000 + b"\0"),
        DAMAGED,
    )
    yield "gif that claims 4,294 megapixels", partial(gif_claiming, 65_535, 65_535), LARGE
    yield "gif of 36 megapixels, nearly empty", partial(gif_claiming, 6000, 6000), ""
    yield "gif cut off", partial(cut, partial(photo, "GIF", (300, 200))), ""
    yield "avif", partial(photo, "AVIF", speed=10), TAKEN
    yield "avif with alpha", partial(plain, "AVIF", mode="RGBA"), TAKEN
    yield "avif with all metadata", lambda: photo(
        "AVIF", exif=exif(6), xmp=xmp(), icc_profile=profile(), speed=10
    ), TAKEN  # fmt: skip
    yield "avif moving", partial(moving, "AVIF", 8, speed=10), TAKEN
    yield "avif of 12 megapixels, all colours", partial(
        photo, "AVIF", size=(4000, 3000), speed=10, subsampling="4:4:4"
    ), TAKEN  # fmt: skip
    yield "avif cut off", partial(cut, partial(photo, "AVIF", speed=10)), ""
    yield "heic", heic, "HEIC"
    yield "svg", svg, "SVG"
    yield "svg behind a declaration", partial(svg, b"\xef\xbb\xbf<?xml version='1.0'?>\n"), "SVG"
    yield "bmp", partial(plain, "BMP"), OTHER
    yield "tiff", partial(plain, "TIFF"), OTHER
    yield "pdf", partial(plain, "PDF"), OTHER
    yield "nothing", bytes, "empty"
    yield "21 MB", lambda: plain() + b"\0" * 21 * 1024**2, "larger"


ODD: Final[dict[str, tuple[Maker, str]]] = {
    name: (make, becomes) for part in (_pngs, _jpegs, _others) for name, make, becomes in part()
}
# Those that take a second and more to make or to read are for the benchmark.
SLOW: Final = frozenset(name for name in ODD if "mega" in name or "MB" in name or "000" in name)
