"""What happens to pictures that people upload, friendly and hostile."""

import io
import random
import struct
import zlib

import pytest
from PIL import Image, ImageCms

from posts import images
from posts.containers import count_scans
from posts.images import ImageError, reencode, size_of
from tests.posts.odd_pictures import ODD, PIXELS, SECRET, SLOW, TAKEN, chunks_in, many_scans

CHANCE = random.Random
RED, BLUE = (200, 20, 20), (20, 20, 200)


def picture(kind="PNG", size=(60, 40), mode="RGB", colour=RED, **options) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, kind, **options)
    return out.getvalue()


def noise(kind="PNG", size=(300, 200)) -> bytes:
    out = io.BytesIO()
    pixels = CHANCE(1).randbytes(size[0] * size[1] * 3)
    Image.frombytes("RGB", size, pixels).save(out, kind)
    return out.getvalue()


def animation(kind="GIF", frames=4, size=(30, 20), **options) -> bytes:
    out = io.BytesIO()
    pictures = [Image.new("RGB", size, (10 * i, 0, 0)) for i in range(frames)]
    pictures[0].save(out, kind, save_all=True, append_images=pictures[1:], duration=80, **options)
    return out.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A few bytes that say they are a picture of any size, with valid checksums."""

    def chunk(name: bytes, body: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + crc

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
    )


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def frames_in(data: bytes) -> int:
    return getattr(opened(data), "n_frames", 1)


def near(pixel, colour, within=12) -> bool:
    return all(abs(a - b) <= within for a, b in zip(pixel, colour, strict=False))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_every_accepted_format_comes_out_as_webp_of_the_same_picture(kind):
    image = opened(reencode(picture(kind), f"a.{kind.lower()}"))
    assert image.format == "WEBP"
    assert image.size == (60, 40)
    assert near(image.convert("RGB").getpixel((30, 20)), RED)


def test_the_format_is_what_the_file_is_and_not_what_its_name_says():
    assert opened(reencode(picture("JPEG"), "a.png")).format == "WEBP"
    with pytest.raises(ImageError, match="not a PNG"):
        reencode(picture("BMP"), "a.png")


def test_a_picture_is_turned_upright_and_its_size_is_the_shown_one():
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    sideways = Image.new("RGB", (60, 40), RED)
    sideways.paste(BLUE, (0, 0, 30, 40))
    sideways.save(out, "JPEG", exif=exif, quality=95)
    assert size_of(out.getvalue()) == (40, 60)
    upright = opened(reencode(out.getvalue(), "a.jpg"))
    assert upright.size == (40, 60)
    assert near(upright.convert("RGB").getpixel((20, 10)), BLUE, 40)
    assert near(upright.convert("RGB").getpixel((20, 50)), RED, 40)


def test_nothing_but_pixels_survives():
    exif = Image.Exif()
    exif[0x010E] = "SECRET-PLACE"
    for data in (
        picture("JPEG", exif=exif, comment=b"SECRET-PLACE"),
        picture("WEBP", exif=exif, xmp=b"SECRET-PLACE"),
        picture("PNG") + b"<script>SECRET-PLACE</script>",
    ):
        assert b"SECRET-PLACE" in data
        result = reencode(data, "a")
        assert b"SECRET-PLACE" not in result
        assert not opened(result).getexif()
        assert "icc_profile" not in opened(result).info


def test_colours_are_translated_from_the_profile_they_were_written_in():
    lab = ImageCms.createProfile("sRGB")
    profile = ImageCms.ImageCmsProfile(lab).tobytes()
    assert near(opened(reencode(picture("PNG", icc_profile=profile), "a")).getpixel((1, 1)), RED, 3)
    broken = reencode(picture("PNG", icc_profile=b"no profile at all"), "a")
    assert near(opened(broken).getpixel((1, 1)), RED)


@pytest.mark.parametrize(
    ("mode", "colour", "kind"),
    [
        ("L", 128, "PNG"),
        ("1", 1, "PNG"),
        ("P", 3, "PNG"),
        ("LA", (128, 50), "PNG"),
        ("RGBA", (1, 2, 3, 50), "PNG"),
        ("I;16", 0x8000, "PNG"),
        ("CMYK", (0, 200, 200, 20), "JPEG"),
    ],
)
def test_every_colour_mode_is_taken(mode, colour, kind):
    assert opened(reencode(picture(kind, mode=mode, colour=colour), "a")).size == (60, 40)


def test_sixteen_bits_a_pixel_are_scaled_and_not_clipped():
    grey = opened(reencode(picture(mode="I;16", colour=0x4000), "a")).convert("RGB")
    assert near(grey.getpixel((5, 5)), (0x40, 0x40, 0x40))


def test_transparency_stays():
    image = opened(reencode(picture(mode="RGBA", colour=(200, 20, 20, 0)), "a.png"))
    assert image.mode == "RGBA"
    assert image.getchannel("A").getpixel((5, 5)) == 0


def test_a_large_picture_is_made_smaller_and_a_small_one_is_left():
    assert opened(reencode(picture("JPEG", (4000, 1000)), "a")).size == (2000, 500)
    assert opened(reencode(picture("PNG", (100, 3000)), "a")).size == (67, 2000)
    assert opened(reencode(picture("PNG", (1, 9000)), "a")).size == (1, 2000)
    assert opened(reencode(picture("PNG", (2000, 20)), "a")).size == (2000, 20)


def test_a_drawing_keeps_every_pixel():
    drawing = Image.new("RGB", (64, 64), (255, 255, 255))
    for i in range(64):
        drawing.putpixel((i, i), (0, 0, 0))
    out = io.BytesIO()
    drawing.save(out, "PNG")
    assert opened(reencode(out.getvalue(), "a")).convert("RGB").tobytes() == drawing.tobytes()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_a_small_animation_stays_one(kind):
    assert frames_in(reencode(animation(kind), "a")) == 4


def test_an_animation_that_is_too_long_or_too_large_becomes_its_first_frame(monkeypatch):
    monkeypatch.setattr(images, "MAX_FRAMES", 3)
    assert frames_in(reencode(animation(frames=4), "a")) == 1
    monkeypatch.setattr(images, "MAX_FRAMES", 100)
    monkeypatch.setattr(images, "MAX_ANIMATION_PIXELS", 1000)
    assert frames_in(reencode(animation(frames=4), "a")) == 1


@pytest.mark.parametrize(("width", "height"), [(8000, 8000), (20_000, 20_000), (60_000, 60_000)])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(width, height):
    for function in (lambda data: reencode(data, "bomb.png"), size_of):
        with pytest.raises(ImageError, match="million pixels"):
            function(png_that_claims(width, height))


def test_a_file_that_is_too_large_is_refused_unread():
    with pytest.raises(ImageError, match="larger than 20 MB"):
        reencode(picture() + b"\0" * images.MAX_BYTES, "a.png")


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"\xef\xbb\xbf\n<?xml version='1.0'?><svg/>",
        b"<!-- a --><svg/>",
        b"<!DOCTYPE svg><svg/>",
    ],
)
def test_svg_is_refused_and_the_message_says_what_to_do(data):
    with pytest.raises(ImageError, match=r"logo\.svg: SVG is not accepted.*PNG"):
        reencode(data, "logo.svg")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"RIFF\0\0\0\0WEBPVP8 ",
        b"%PDF-1.7",
        b"\0" * 100,
        png_that_claims(0, 0),
        png_that_claims(10, 10),
    ],
)
def test_what_is_no_whole_picture_is_refused_in_one_line(data):
    with pytest.raises(ImageError) as caught:
        reencode(data, "a\nb.png")
    assert str(caught.value).startswith("ab.png: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_half_a_picture_is_refused(kind):
    data = noise(kind)
    with pytest.raises(ImageError, match=r"damaged or incomplete|not a PNG"):
        reencode(data[: len(data) // 2], "a")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "animated"])
def test_a_damaged_picture_is_taken_or_refused_and_nothing_else(kind):
    data = animation() if kind == "animated" else noise(kind, (40, 30))
    source = CHANCE(7)
    refused = 0
    for _ in range(150):
        damaged = bytearray(data)
        for _ in range(source.randint(1, 6)):
            damaged[source.randrange(len(damaged))] = source.randrange(256)
        for function in (lambda given: reencode(given, "a"), size_of):
            try:
                function(bytes(damaged))
            except ImageError:
                refused += 1
    assert refused > 0


def test_the_size_told_is_the_size_of_what_comes_out():
    exif = Image.Exif()
    exif[0x0112] = 8
    for kind in ("PNG", "JPEG", "WEBP"):
        data = picture(kind, (70, 90), exif=exif)
        assert size_of(data) == (90, 70)
        assert size_of(reencode(data, "a")) == (90, 70)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("name", [name for name in ODD if name not in SLOW])
def test_an_odd_picture_becomes_pixels_alone_or_is_refused_in_words(name):
    """The others, and what all cost, are in `python -m benchmarks.pictures`."""
    make, becomes = ODD[name]
    stored, refused = b"", ""
    try:
        stored = reencode(make(), f"{name}.png")
    except ImageError as error:
        refused = str(error)
    if refused:
        assert becomes in refused
        return
    assert becomes in (TAKEN, "")
    assert SECRET not in stored
    assert chunks_in(stored) <= PIXELS
    assert max(opened(stored).size) <= images.MAX_SIDE


def test_there_are_104_odd_pictures():
    assert len(ODD) == 104


def test_the_passes_over_a_jpeg_are_counted_before_any_is_made():
    assert count_scans(many_scans(900)) >= 900
    assert count_scans(picture("JPEG")) == 1


def test_a_jpeg_of_several_views_is_no_animation():
    make, _becomes = ODD["jpeg of two views"]
    assert frames_in(reencode(make(), "a.jpg")) == 1


def test_what_shows_through_takes_no_colour_from_what_nobody_sees():
    image = Image.new("RGBA", (4000, 40), (0, 255, 0, 0))
    image.paste((255, 0, 0, 255), (2001, 0, 4000, 40))
    out = io.BytesIO()
    image.save(out, "PNG")
    edge = opened(reencode(out.getvalue(), "a")).getpixel((1000, 10))
    assert edge[1] < 40
