"""A council's logo: read by its content, made as small as it is shown, and written anew so that nothing else comes along."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageOps

from commonhall.casework.desk import Desk
from commonhall.casework.staff import entry_of
from commonhall.engine.staff import Actor
from commonhall.storage.councils import ImageRow, change_council, own_config

MOST_BYTES = 200 * 1024
MOST_PIXELS = 2000
"""Of an image's width and of its height, as it is sent."""
LONGEST_ALT = 120
SHOWN_WIDTH, SHOWN_HEIGHT = 320, 60
"""How large a logo is on a page, in CSS pixels, at most."""
_SHARPEST = 3
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
"""What Pillow says of sizes far above ours; of the smaller ones it only warns, and raises where warnings are errors."""
_FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
_SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


class LogoRefused(Exception):  # noqa: N818
    """An image cannot be a logo; the message tells whoever sent it why, and what to do."""


@dataclass(frozen=True, slots=True)
class Logo:
    """A logo as its site shows it: `alt` by language; `on_white` puts a white field behind it."""

    image: ImageRow
    alt: Mapping[str, str]
    on_white: bool

    @property
    def file(self) -> str:
        """Its file's name, which changes with its content."""
        return f"{self.image.digest[:32]}.{_SUFFIXES.get(self.image.media_type, 'bin')}"

    @property
    def shown(self) -> tuple[int, int]:
        """Width and height on a page, in CSS pixels: never more than it has, so that it is not blurred."""
        image = self.image
        part = min(1.0, SHOWN_WIDTH / image.width, SHOWN_HEIGHT / image.height)
        return max(1, round(image.width * part)), max(1, round(image.height * part))


def read_logo(content: bytes) -> ImageRow:
    """The image in these bytes, whatever its name says: PNG, JPEG or WebP, made anew without anything but its pixels.

    Raises `LogoRefused`. Takes up to half a second of a processor: not for the thread that answers pages.
    """
    if len(content) > MOST_BYTES:
        raise LogoRefused(f"The logo must be smaller than {MOST_BYTES // 1024} KB")
    try:
        with Image.open(io.BytesIO(content), formats=tuple(_FORMATS)) as found:
            kind = str(found.format)
            if max(found.size) > MOST_PIXELS:
                wide, high = found.size
                raise LogoRefused(
                    f"The logo is {wide} by {high} pixels, and must be {MOST_PIXELS} by {MOST_PIXELS} or smaller"
                )
            # Only the first picture of an animation: nothing at the head of a page may move (WCAG 2.2, 2.2.2).
            image = ImageOps.exif_transpose(found)
            image = image.convert("RGBA" if kind != "JPEG" and image.has_transparency_data else "RGB")
            image.thumbnail((SHOWN_WIDTH * _SHARPEST, SHOWN_HEIGHT * _SHARPEST), Image.Resampling.LANCZOS)
            made = io.BytesIO()
            bare = Image.frombytes(image.mode, image.size, image.tobytes())
            bare.save(made, kind, quality=90, **({"optimize": True} if kind == "PNG" else {}))
    except LogoRefused:
        raise
    except (OSError, SyntaxError, ValueError, TypeError, EOFError, *_BOMBS) as broken:
        # What Pillow raises for files that are none of these, or are broken.
        raise LogoRefused(
            "The logo must be a whole PNG, JPEG or WebP file; save it as one and try again"
        ) from broken
    written = made.getvalue()
    return ImageRow(hashlib.sha256(written).hexdigest(), _FORMATS[kind], written, *bare.size)


def faults_of_alt(alt: Mapping[str, str], languages: tuple[str, ...]) -> dict[str, str]:
    """What is wrong with the words that stand for a logo, by their part of the form (`alt-en`)."""
    found = {}
    for language in languages:
        if not alt.get(language):
            found[f"alt-{language}"] = "Enter the words that are read out instead of the logo"
        elif len(alt[language]) > LONGEST_ALT:
            found[f"alt-{language}"] = f"This must be {LONGEST_ALT} characters or fewer"
    return found


async def put_logo(
    desk: Desk, council: str, content: bytes, alt: Mapping[str, str], on_white: bool, by: Actor
) -> None:
    """Show a logo from now on; without `content` the one that is shown stays, with these words. Raises `LogoRefused`."""
    config = dict(await own_config(desk.store, council))
    image = await asyncio.to_thread(read_logo, content) if content else None
    digest = image.digest if image else (config.get("logo") or {}).get("digest")
    if digest is None:
        raise LogoRefused("Choose a file")
    logo: dict[str, Any] = {"digest": digest, "alt": dict(alt), "on_white": on_white}
    details = {"width": image.width, "height": image.height} if image else {}
    entry = entry_of(desk, by, "brand.logo", council, {"digest": digest[:12], **details})
    await change_council(desk.store, council, {**config, "logo": logo}, entry, image)


async def remove_logo(desk: Desk, council: str, by: Actor) -> None:
    """Show the council's name in words again, and forget the image."""
    config = {
        name: value for name, value in (await own_config(desk.store, council)).items() if name != "logo"
    }
    await change_council(desk.store, council, config, entry_of(desk, by, "brand.remove-logo", council))
