"""What is taken for a logo: by its content, made small, and without anything that came along with it."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from commonhall.casework.logos import MOST_BYTES, Logo, LogoRefused, read_logo


def picture(
    kind: str = "PNG", size: tuple[int, int] = (640, 120), mode: str = "RGB", **more: object
) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, (0, 90, 78, 128)[: len(mode)]).save(out, kind, **more)
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize(
    ("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")]
)
def test_its_kind_is_told_by_its_content(kind: str, media_type: str) -> None:
    image = read_logo(picture(kind))
    assert (image.media_type, image.width, image.height) == (media_type, 640, 120)
    assert (opened(image.content).format, opened(image.content).size) == (kind, (640, 120))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_is_transparent_stays_so(kind: str) -> None:
    assert opened(read_logo(picture(kind, mode="RGBA")).content).getpixel((3, 3))[3] == 128  # type: ignore[index]


def test_a_palette_with_a_transparent_colour_stays_so() -> None:
    out = io.BytesIO()
    Image.new("P", (40, 40)).save(out, "PNG", transparency=0)
    assert opened(read_logo(out.getvalue()).content).getpixel((3, 3))[3] == 0  # type: ignore[index]


def test_a_large_one_is_made_as_small_as_the_sharpest_screen_shows_it() -> None:
    image = read_logo(picture(size=(2000, 500)))
    assert (image.width, image.height) == (720, 180)
    assert Logo(image, {}, False).shown == (240, 60)


def test_a_small_one_is_not_made_larger() -> None:
    assert Logo(read_logo(picture(size=(50, 20))), {}, False).shown == (50, 20)


def test_nothing_but_its_pixels_stays() -> None:
    exif = Image.Exif()
    exif[0x013B] = "Somebody at work"
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", "Somebody at home")
    sent = picture(pnginfo=words, icc_profile=b"a profile", exif=exif) + b"<script>"
    kept = read_logo(sent).content
    for secret in (b"Somebody", b"profile", b"eXIf", b"iCCP", b"<script>"):
        assert secret not in kept


def test_a_photograph_lying_on_its_side_is_put_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = read_logo(picture("JPEG", size=(100, 40), exif=exif))
    assert (image.width, image.height) == (40, 100)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_nothing_moves(kind: str) -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    assert getattr(opened(read_logo(out.getvalue()).content), "n_frames", 1) == 1


def test_the_same_picture_is_the_same_file() -> None:
    assert read_logo(picture()) == read_logo(picture())
    assert read_logo(picture()).digest != read_logo(picture(size=(639, 120))).digest


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "PNG, JPEG or WebP"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "PNG, JPEG or WebP"),
        (picture("GIF"), "PNG, JPEG or WebP"),
        (picture("TIFF", size=(30, 20)), "PNG, JPEG or WebP"),
        (picture()[:60], "PNG, JPEG or WebP"),
        (picture("JPEG")[:300], "PNG, JPEG or WebP"),
        (picture() + bytes(MOST_BYTES), "smaller than 200 KB"),
        (picture(size=(2001, 10)), "2001 by 10 pixels"),
        (picture(size=(10, 30_000)), "2000 by 2000 or smaller"),
    ],
)
def test_anything_else_is_refused_with_its_reason(content: bytes, words: str) -> None:
    with pytest.raises(LogoRefused, match=words):
        read_logo(content)


GOOD = [picture(kind, size=(30, 20)) for kind in ("PNG", "JPEG", "WEBP")]


@pytest.mark.filterwarnings("ignore::UserWarning")
@given(st.sampled_from(GOOD), st.integers(0, 10_000), st.binary(min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_a_broken_file_is_read_or_refused_and_never_more(sent: bytes, place: int, put: bytes) -> None:
    place %= len(sent)
    try:
        image = read_logo(sent[:place] + put + sent[place + len(put) :])
    except LogoRefused:
        return
    assert opened(image.content).size == (image.width, image.height)
