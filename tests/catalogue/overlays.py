"""Many councils that differ, a new version of each service, and where the two must clash: planted, so it is known."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from commonhall.catalogue.upgrading import Adoption
from commonhall.engine.adoption import Adopter
from commonhall.engine.package import Service
from commonhall.engine.reader import read_service
from commonhall.engine.source import read_yaml
from commonhall.engine.working_days import Calendar
from tests.houses import HOME

NATIONS = ("England", "Wales")
"""An example of missed-bin tells of bank holidays that are not Scotland's, so Scottish councils could not adopt it."""
OWN = {"en": "Our own words.", "cy": "Ein geiriau ein hunain."}
NEW_PAGE = "brand-new"


@dataclass(frozen=True)
class Planted:
    """A release, and what of it clashes with which choices."""

    old: Service
    new: Service
    text_changed: str
    mark_gone: str
    place_gone: str
    setting_narrowed: str | None
    allowed: int
    """The narrowed setting's highest value now; one more is what councils may have chosen before."""
    safe_texts: tuple[str, ...]
    safe_places: tuple[str, ...]
    needed: Mapping[str, Any]


def releases(calendars: Mapping[str, Calendar], count: int) -> list[Planted]:
    """`count` services with a new version each: the shared ones, some under another name."""
    folders = sorted(path for path in (HOME / "services").iterdir() if path.is_dir())
    return [_release(folders[i % len(folders)], f"-{i // len(folders)}", calendars) for i in range(count)]


def _release(folder: Any, suffix: str, calendars: Mapping[str, Calendar]) -> Planted:
    files = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    tree, welsh = (read_yaml(name, files[name])[0].data for name in ("service.yaml", "cy.yaml"))
    tree["id"] += suffix
    # What a place follows is on every journey's way often enough to be worth asking; any two will do here.
    asked = [page["id"] for page in tree["pages"] if page.get("fields")]
    tree["places"] = [{"id": f"place-{i}", "after": asked[i]} for i in range(3)]
    bounded = next((name for name, one in tree["settings"].items() if one["type"] == "integer" and one.get("default")), None)  # fmt: skip
    if bounded:
        tree["settings"][bounded]["max"] = tree["settings"][bounded]["default"] + 3
    old = _read(files, tree, welsh, calendars)
    text, mark, *safe = [
        key for key in tree["wording"] if key.startswith("pages.") and key.endswith(("body", "hint"))
    ]
    tree["version"] = "1.1.0"
    _reword(tree, text)
    tree["wording"].remove(mark)
    tree["places"] = tree["places"][1:]
    if bounded:
        tree["settings"][bounded]["max"] -= 1
    tree["pages"].insert(1, {"id": NEW_PAGE, "question": "Anything new?", "fields": [{"id": "brand_new", "type": "text", "optional": True}]})  # fmt: skip
    welsh["pages"][NEW_PAGE] = {"question": "Unrhyw beth newydd?"}
    new = _read(files, tree, welsh, calendars)
    needed = {name: _some(one) for name, one in tree["settings"].items() if "default" not in one}
    highest = tree["settings"][bounded]["max"] if bounded else 0
    return Planted(
        old, new, text, mark, "place-0", bounded, highest, tuple(safe), ("place-1", "place-2"), needed
    )


def _some(setting: Mapping[str, Any]) -> Any:
    return {
        "phone": "01632 960 001",
        "email": "a@example.com",
        "url": "https://example.com/",
        "integer": 2,
    }.get(setting["type"], "Words")


def _reword(tree: dict[str, Any], key: str) -> None:
    _, page_id, part = key.split(".")
    page = next(page for page in tree["pages"] if page["id"] == page_id)
    page[part] = f"{page[part].rstrip()} Changed."


def _read(files: Mapping[str, str], tree: Any, welsh: Any, calendars: Mapping[str, Calendar]) -> Service:
    examples = [
        {
            key: str(value) if key in {"today", "target_on"} else value
            for key, value in one.items()
            if key != "path"
        }
        for one in read_yaml("journeys.yaml", files["journeys.yaml"])[0].data
    ]
    if tree["version"] == "1.1.0":
        examples = [{**one, "answers": {**one["answers"], "brand_new": None}} for one in examples]
    packed = {
        "service.yaml": json.dumps(tree, ensure_ascii=False),
        "cy.yaml": json.dumps(welsh, ensure_ascii=False),
        "journeys.yaml": _examples(examples),
        "CHANGELOG.md": f"## {tree['version']}\n",
    }
    return read_service(packed, calendars)


def _examples(examples: list[dict[str, Any]]) -> str:
    """YAML in which a day is a day and words are words."""
    return "\n".join(f"- {json.dumps(one, ensure_ascii=False, default=str)}" for one in examples)


def councils(
    planted: list[Planted], count: int, seed: int = 7
) -> Iterator[tuple[Planted, Adoption, set[str]]]:
    """Every council with every service: what it runs, and the ids of the conflicts that must be found."""
    chance = random.Random(seed)
    for number in range(count):
        languages = ("en", "cy") if chance.random() < 0.4 else ("en",)
        adopter = Adopter(chance.choice(NATIONS), languages)
        for release in planted:
            choices, expected = _choices(release, languages, chance)
            yield release, Adoption(f"council-{number}", release.old, choices, adopter), expected


def _choices(
    release: Planted, languages: tuple[str, ...], chance: random.Random
) -> tuple[dict[str, Any], set[str]]:
    expected: set[str] = set()
    settings = dict(release.needed)
    if release.setting_narrowed and chance.random() < 0.3:
        over = chance.random() < 0.3
        settings[release.setting_narrowed] = release.allowed + (1 if over else -chance.randrange(2))
        expected |= {f"setting:{release.setting_narrowed}"} if over else set()
    keys = [key for key in release.safe_texts if chance.random() < 0.3]
    for key in (release.text_changed, release.mark_gone):
        if chance.random() < 0.15:
            keys.append(key)
            expected.add(f"wording:{key}")
    questions = []
    for place in release.safe_places:
        if chance.random() < 0.2:
            questions.append(_question(place, f"own-{place}"))
    if chance.random() < 0.1:
        questions.append(_question(release.place_gone, "own-gone"))
        expected.add("question:own-gone")
    elif chance.random() < 0.1:
        questions.append(_question(release.safe_places[0], NEW_PAGE))
        expected.add(f"question:{NEW_PAGE}")
    wording = {language: dict.fromkeys(keys, OWN[language]) for language in languages}
    choices = {
        "service": release.old.id,
        "version": release.old.version,
        "settings": settings,
        "wording": wording,
        "extra_questions": questions,
    }
    return choices, expected


def _question(place: str, page: str) -> dict[str, Any]:
    field = {"id": page.replace("-", "_"), "type": "text", "optional": True}
    return {
        "place": place,
        "page": {"id": page, "question": {"en": "Ours?", "cy": "Ein un ni?"}, "fields": [field]},
    }
