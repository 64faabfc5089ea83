"""The page assets: read whole or not at all, small enough for a first round trip, and nobody else's brand."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import hashlib
import json
import re
from pathlib import Path

import brotli
import pytest

from commonhall.web.assets import BUILT, Assets, AssetsMissing, open_assets

FRONTEND = BUILT.with_name("frontend")
ROUND_TRIP = 14 * 1024


def build(folder: Path, **files: bytes) -> Path:
    """A folder as the build leaves it, from plain names (`resident_css`) and contents."""
    manifest = {}
    for key, body in {"resident_css": b"p{margin:0}", **files}.items():
        stem, ending = key.split("_")
        digest = hashlib.sha256(body).hexdigest()
        file = f"{stem}-{digest[:10]}.{ending}"
        (folder / file).write_bytes(body)
        (folder / f"{file}.br").write_bytes(brotli.compress(body))
        (folder / f"{file}.gz").write_bytes(gzip.compress(body))
        manifest[f"{stem}.{ending}"] = {"file": file, "type": f"text/{ending}", "sha256": digest}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture(scope="module")
def built() -> Assets:
    """The assets that set-up built."""
    return open_assets()


def compressed(body: bytes) -> int:
    """Bytes of a body as gzip sends it: what the most modest browser receives."""
    return len(gzip.compress(body, 9))


class TestReading:
    def test_a_file_is_known_by_its_plain_name_and_served_by_its_hashed_path(self, tmp_path: Path) -> None:
        assets = open_assets(build(tmp_path, resident_js=b"1"))
        path = assets.url("resident.js")
        asset = assets.serve[path]
        assert re.fullmatch(r"/assets/resident-[0-9a-f]{10}\.js", path)
        assert (asset.path, asset.content_type, asset.body) == (path, "text/js", b"1")
        assert gzip.decompress(asset.gzip) == brotli.decompress(asset.brotli) == b"1"
        assert re.fullmatch(r'"[0-9a-f]{20}"', asset.etag)

    def test_assets_that_were_not_built_say_what_to_run(self, tmp_path: Path) -> None:
        with pytest.raises(AssetsMissing, match=r"not built.*run: make setup"):
            open_assets(tmp_path)

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"resident.css": {"file": 3}}'])
    def test_a_broken_manifest_says_what_to_run(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "manifest.json").write_text(text)
        with pytest.raises(AssetsMissing, match="run: make setup"):
            open_assets(tmp_path)

    @pytest.mark.parametrize("ending", [".css", ".css.br", ".css.gz"])
    def test_a_missing_file_or_twin_is_not_overlooked(self, tmp_path: Path, ending: str) -> None:
        build(tmp_path)
        next(path for path in tmp_path.iterdir() if path.name.endswith(ending)).unlink()
        with pytest.raises(AssetsMissing, match="run: make setup"):
            open_assets(tmp_path)

    def test_a_file_that_was_changed_after_the_build_is_refused(self, tmp_path: Path) -> None:
        build(tmp_path)
        next(tmp_path.glob("*.css")).write_bytes(b"p{margin:1px}")
        with pytest.raises(AssetsMissing, match="not the file that was built"):
            open_assets(tmp_path)

    def test_an_unknown_name_lists_the_known_ones(self, tmp_path: Path) -> None:
        with pytest.raises(KeyError, match=r"no asset is called 'resident.cs'; there are: resident.css"):
            open_assets(build(tmp_path)).url("resident.cs")

    def test_nothing_can_be_changed(self, tmp_path: Path) -> None:
        assets = open_assets(build(tmp_path))
        with pytest.raises(TypeError):
            assets.serve["/assets/mine.css"] = next(iter(assets.serve.values()))  # type: ignore[index]
        with pytest.raises(dataclasses.FrozenInstanceError):
            assets.inline_css = ""  # type: ignore[misc]

    def test_the_policy_source_is_the_digest_of_the_inline_style(self, tmp_path: Path) -> None:
        assets = open_assets(build(tmp_path))
        digest = base64.b64encode(hashlib.sha256(assets.inline_css.encode()).digest()).decode()
        assert assets.inline_css_source == f"'sha256-{digest}'"


class TestWhatWasBuilt:
    def test_every_twin_unpacks_to_its_file(self, built: Assets) -> None:
        for asset in built.serve.values():
            assert gzip.decompress(asset.gzip) == asset.body, asset.path
            assert brotli.decompress(asset.brotli) == asset.body, asset.path

    def test_a_first_page_and_its_style_arrive_in_the_first_round_trip(self, built: Assets) -> None:
        page = example_page().encode()
        style = built.serve[built.url("resident.css")]
        # A page of questions is two to three times the bare layout: the largest sample was 2 KB.
        assert compressed(page) < 1500
        assert len(style.gzip) + 3 * 1024 <= ROUND_TRIP * 0.85
        assert len(style.gzip) <= 8400

    def test_the_script_stays_small(self, built: Assets) -> None:
        assert len(built.serve[built.url("resident.js")].gzip) <= 6 * 1024

    def test_the_style_asks_for_nothing_more(self, built: Assets) -> None:
        assert not re.search(r"url\(|@import|@font-face", built.inline_css)

    def test_it_is_govuk_frontend_6_3_0_without_what_belongs_to_gov_uk(self, built: Assets) -> None:
        assert '--govuk-frontend-version: "6.3.0"' in built.inline_css
        for word in ("GDS Transport", "crown", "govuk-header", "govuk-footer"):
            assert word.lower() not in built.inline_css.lower()

    def test_scripts_make_no_code_from_text(self, built: Assets) -> None:
        script = "".join(
            built.serve[built.url(name)].body.decode() for name in ("resident.js", "measures.js")
        )
        assert not re.search(r"\beval\(|new Function|innerHTML|document\.write", script)

    def test_the_script_names_the_map_that_was_built_with_it(self, built: Assets) -> None:
        script = built.serve[built.url("resident.js")].body.decode()
        map_script = built.serve[built.url("map.js")].body.decode()
        assert built.url("map.js").removeprefix("/assets/") in script
        assert built.url("map.css").removeprefix("/assets/") in map_script
        assert built.url("map-worker.js").removeprefix("/assets/") in map_script

    def test_the_notices_of_shipped_packages_are_kept(self, built: Assets) -> None:
        notices = built.serve["/assets/LICENSES.txt"].body.decode()
        assert "govuk-frontend 6.3.0 (MIT)" in notices
        assert "Crown Copyright (Government Digital Service)" in notices
        assert "MapLibre contributors" in notices


class TestTheProject:
    def test_the_lock_file_holds_no_address(self) -> None:
        lock = json.loads((FRONTEND / "package-lock.json").read_text())
        packages = {name: entry for name, entry in lock["packages"].items() if name}
        assert all("integrity" in entry and "resolved" not in entry for entry in packages.values())

    def test_govuk_frontend_is_pinned_to_the_version_that_the_macros_agree_with(self) -> None:
        wanted = json.loads((FRONTEND / "package.json").read_text())["devDependencies"]
        assert wanted["govuk-frontend"] == "6.3.0"
        assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())

    def test_the_guide_names_every_class_and_no_other(self, built: Assets) -> None:
        styles = built.inline_css + built.serve[built.url("measures.css")].body.decode()
        # The workspace's own parts are not residents' pages'; dashboards only leave them out on paper.
        styled = set(re.findall(r"\.(ch-[a-z_-]+)", styles)) - {"ch-menu", "ch-signed-in"}
        guide = (FRONTEND / "README.md").read_text()
        told = {name for value in re.findall(r'class="([^"]*)"', guide) for name in value.split()}
        told |= set(re.findall(r"`(ch-[a-z_-]+)`", guide))
        assert styled == {name for name in told if name.startswith("ch-")}

    def test_the_guide_names_every_text_of_the_scripts(self) -> None:
        scripts = "".join(path.read_text() for path in sorted((FRONTEND / "scripts").glob("*.js")))
        guide = (FRONTEND / "README.md").read_text()
        asked = {
            "data-" + re.sub(r"[A-Z]", lambda letter: "-" + letter.group().lower(), name)
            for name in re.findall(r"says\.((?:text|map)[A-Za-z]+)", scripts)
        }
        assert asked == set(re.findall(r"`(data-(?:text|map)-[a-z-]+)`", guide))


def example_page() -> str:
    """The layout of a page from the guide for template authors."""
    found = re.search(r"```html\n(<!DOCTYPE html>.*?)```", (FRONTEND / "README.md").read_text(), re.DOTALL)
    assert found
    return found.group(1)
