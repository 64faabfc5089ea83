"""The page assets: style sheet, scripts and icon, built at set-up from `frontend/`, read once and kept.

File names carry a digest of the content, so that a browser may keep a file for ever. Each file comes with its
brotli and gzip twin, made at build time: nothing is compressed while somebody waits.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import msgspec

BUILT = Path(__file__).with_name("assets")
PREFIX = "/assets/"


class AssetsMissing(Exception):  # noqa: N818
    """The page assets are not there or not whole; says which and what to do."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served. `path` begins with `/assets/`; `etag` has its quotation marks."""

    path: str
    content_type: str
    body: bytes
    brotli: bytes
    gzip: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class Assets:
    """Every built file, by the path that serves it (`serve`) and by its plain name (`paths`)."""

    serve: Mapping[str, Asset]
    paths: Mapping[str, str]
    inline_css: str
    """The residents' style sheet as text, for a page that must stand alone (say, when all else is down)."""
    inline_css_source: str
    """The Content-Security-Policy source that allows exactly `<style>{inline_css}</style>`: `'sha256-…'`."""

    def url(self, name: str) -> str:
        """The path of the file with this plain name, say `resident.css`. KeyError lists the known ones."""
        try:
            return self.paths[name]
        except KeyError:
            raise KeyError(
                f"no asset is called {name!r}; there are: {', '.join(sorted(self.paths))}"
            ) from None


class _Entry(msgspec.Struct, frozen=True):
    """What the manifest says of one file."""

    file: str
    type: str
    sha256: str


def open_assets(folder: Path = BUILT) -> Assets:
    """Read every file that the manifest in `folder` names.

    Raises AssetsMissing when the assets were not built, or a file is missing or not the one that was built.
    """
    try:
        entries = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=dict[str, _Entry])
        serve = {asset.path: asset for asset in (_read(folder, entry) for entry in entries.values())}
        css = serve[PREFIX + entries["resident.css"].file].body
    except (OSError, KeyError, msgspec.MsgspecError) as problem:
        raise AssetsMissing(
            f"the page assets in {folder} are not built, or not completely ({problem}); run: make setup"
        ) from problem
    digest = base64.b64encode(hashlib.sha256(css).digest()).decode()
    return Assets(
        serve=MappingProxyType(serve),
        paths=MappingProxyType({name: PREFIX + entry.file for name, entry in entries.items()}),
        inline_css=css.decode(),
        inline_css_source=f"'sha256-{digest}'",
    )


def _read(folder: Path, entry: _Entry) -> Asset:
    """One file with its compressed twins, checked against the manifest's digest."""
    path = folder / entry.file
    body = path.read_bytes()
    if hashlib.sha256(body).hexdigest() != entry.sha256:
        raise AssetsMissing(f"{path} is not the file that was built; run: make setup")
    return Asset(
        path=PREFIX + entry.file,
        content_type=entry.type,
        body=body,
        brotli=path.with_name(f"{entry.file}.br").read_bytes(),
        gzip=path.with_name(f"{entry.file}.gz").read_bytes(),
        etag=f'"{entry.sha256[:20]}"',
    )
