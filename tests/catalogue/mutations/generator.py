"""Change a service in one small way, at random: a field gone, a bound moved, a condition written anew."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import yaml

Tree = dict[str, Any]
Mutator = Callable[[Tree, random.Random], str | None]
"""Changes the tree in place; answers what it did, or None where there is nothing of the kind to change."""

EXAMPLE = "- {name: Nothing, today: 2026-03-10, ends: submitted}\n"
"""The examples name fields that a change may take away; the judge has them from the original."""


def files_of(tree: Tree) -> dict[str, str]:
    """The tree as a package in English. JSON is YAML, and quicker to write."""
    return {
        "service.yaml": json.dumps(tree, ensure_ascii=False),
        "journeys.yaml": EXAMPLE,
        "CHANGELOG.md": f"## {tree['version']}\n",
    }


def original_of(text: str) -> Tree:
    """A service to be changed: in English alone, so that each change is one."""
    tree: Tree = yaml.safe_load(text)
    tree["languages"] = ["en"]
    return tree


def mutations(tree: Tree, seed: str, count: int) -> Iterator[tuple[str, Tree]]:
    """At most `count` changed copies, no two alike, each with what was done to it; the same for the same seed.

    One in six has two changes, which must not hide one another.
    """
    chance = random.Random(seed)
    seen = {json.dumps(tree)}
    for _ in range(count):
        changed = copy.deepcopy(tree)
        done = []
        for mutator in chance.choices(MUTATORS, k=chance.choice([1, 1, 1, 1, 1, 2])):
            said = mutator(changed, chance)
            if said is not None:
                done.append(f"{mutator.__name__}: {said}")
        written = json.dumps(changed)
        if written not in seen:
            seen.add(written)
            yield "; ".join(done), changed


def _questions(tree: Tree) -> list[Tree]:
    return [page for page in tree["pages"] if page.get("fields")]


def _field(tree: Tree, chance: random.Random, *types: str) -> tuple[Tree, Tree] | None:
    found = [
        (page, part)
        for page in tree["pages"]
        for part in page.get("fields", [])
        if not types or part["type"] in types
    ]
    return chance.choice(found) if found else None


def _setting(tree: Tree, chance: random.Random, *types: str) -> tuple[str, Tree] | None:
    found = [
        (name, one) for name, one in tree.get("settings", {}).items() if not types or one["type"] in types
    ]
    return chance.choice(found) if found else None


# -- pages ---------------------------------------------------------------------------------------------------


def drop_page(tree: Tree, chance: random.Random) -> str | None:
    page = tree["pages"].pop(chance.randrange(len(tree["pages"])))
    tree["places"] = [place for place in tree.get("places", []) if place["after"] != page["id"]]
    tree["wording"] = [key for key in tree.get("wording", []) if not key.startswith(f"pages.{page['id']}.")]
    return str(page["id"])


def swap_pages(tree: Tree, chance: random.Random) -> str | None:
    at = chance.randrange(len(tree["pages"]) - 1)
    pages = tree["pages"]
    pages[at], pages[at + 1] = pages[at + 1], pages[at]
    return f"{pages[at]['id']} before {pages[at + 1]['id']}"


def add_page(tree: Tree, chance: random.Random) -> str | None:
    optional = chance.random() < 0.5
    field = {
        "id": "brand_new",
        "type": chance.choice(["text", "email", "phone", "textarea"]),
        "optional": optional,
    }
    page: Tree = {"id": "brand-new", "question": "Something new?", "fields": [field]}
    guard = chance.choice(
        ["", "", "settings.brand_new_on", "settings.brand_new_on && today > date('2020-01-01')"]
    )
    if guard:
        page["when"] = guard
        default = chance.random() < 0.3
        tree.setdefault("settings", {})["brand_new_on"] = {
            "type": "boolean",
            "label": "New",
            "default": default,
        }
    tree["pages"].insert(chance.randrange(len(tree["pages"]) + 1), page)
    return f"optional={optional} when={guard!r}"


def add_checked_page(tree: Tree, chance: random.Random) -> str | None:
    field = {"id": "brand_new", "type": "text", "optional": True}
    require = chance.choice(["answers.brand_new != ''", "answers.brand_new.size() < 50"])
    check = {"id": "not-empty", "require": require, "message": "Say something"}
    page: Tree = {"id": "brand-new", "question": "Something new?", "fields": [field], "checks": [check]}
    tree["pages"].insert(chance.randrange(len(tree["pages"]) + 1), page)
    return require


def add_exit(tree: Tree, chance: random.Random) -> str | None:
    when = chance.choice(["today > date('2020-01-01')", "today < date('2020-01-01')"])
    page = {"id": "brand-new-end", "exit": True, "question": "The end", "body": "Sorry.", "when": when}
    tree["pages"].insert(chance.randrange(1, len(tree["pages"]) + 1), page)
    return when


def drop_when(tree: Tree, chance: random.Random) -> str | None:
    pages = [page for page in tree["pages"] if page.get("when") and not page.get("exit")]
    if not pages:
        return None
    page = chance.choice(pages)
    del page["when"]
    return str(page["id"])


def change_when(tree: Tree, chance: random.Random) -> str | None:
    pages = [page for page in tree["pages"] if page.get("when")]
    if not pages:
        return None
    page = chance.choice(pages)
    old = page["when"]
    page["when"] = chance.choice(
        [f"!({old})", f"({old}) && today > date('2020-01-01')", f"({old}) || today < date('2020-01-01')",
         f"{old} // && today < date('2020-01-01')", f"true // {old}",
         old.replace(" ", "  "), old.replace("==", "!="), old.replace(">", ">="), old.replace("&&", "||"), f"({old})"]
    )  # fmt: skip
    return f"{page['id']}: {page['when']}" if page["when"] != old else None


def add_when(tree: Tree, chance: random.Random) -> str | None:
    page = chance.choice(_questions(tree))
    if page.get("when"):
        return None
    page["when"] = chance.choice(["today > date('2020-01-01')", "today < date('2020-01-01')"])
    return f"{page['id']}: {page['when']}"


def change_page_text(tree: Tree, chance: random.Random) -> str | None:
    page = chance.choice(tree["pages"])
    key = chance.choice([key for key in ("question", "hint", "body") if page.get(key)])
    page[key] = f"{page[key].rstrip()} Really."
    return f"{page['id']}.{key}"


def toggle_exit_count(tree: Tree, chance: random.Random) -> str | None:
    pages = [page for page in tree["pages"] if page.get("exit")]
    if not pages:
        return None
    page = chance.choice(pages)
    page["counts_as"] = "ineligible" if page.get("counts_as") == "elsewhere" else "elsewhere"
    return str(page["id"])


# -- checks --------------------------------------------------------------------------------------------------


def add_check(tree: Tree, chance: random.Random) -> str | None:
    page = chance.choice(_questions(tree))
    require = chance.choice(["today > date('2020-01-01')", "today < date('2020-01-01')"])
    page.setdefault("checks", []).append({"id": "brand-new", "require": require, "message": "No"})
    return f"{page['id']}: {require}"


def drop_check(tree: Tree, chance: random.Random) -> str | None:
    pages = [page for page in tree["pages"] if page.get("checks")]
    if not pages:
        return None
    page = chance.choice(pages)
    page["checks"].pop(chance.randrange(len(page["checks"])))
    return str(page["id"])


def change_check(tree: Tree, chance: random.Random) -> str | None:
    pages = [page for page in tree["pages"] if page.get("checks")]
    if not pages:
        return None
    check = chance.choice(chance.choice(pages)["checks"])
    key = chance.choice(["require", "message"])
    check[key] = f"!({check[key]})" if key == "require" else f"{check[key]}!"
    return f"{key}: {check[key]}"


# -- fields --------------------------------------------------------------------------------------------------


def drop_field(tree: Tree, chance: random.Random) -> str | None:
    found = _field(tree, chance)
    if found is None or len(found[0]["fields"]) < 2:
        return None
    found[0]["fields"].remove(found[1])
    return str(found[1]["id"])


def add_field(tree: Tree, chance: random.Random) -> str | None:
    page = chance.choice(_questions(tree))
    optional = chance.random() < 0.5
    page["fields"].append({"id": "brand_new", "type": "text", "label": "New", "optional": optional})
    for part in page["fields"]:
        part.setdefault("label", "What we ask")
    return f"{page['id']} optional={optional}"


def move_field(tree: Tree, chance: random.Random) -> str | None:
    page = chance.choice(_questions(tree))
    if len(page["fields"]) < 2:
        return None
    page["fields"].reverse()
    return str(page["id"])


def move_field_away(tree: Tree, chance: random.Random) -> str | None:
    found = _field(tree, chance)
    to = chance.choice(_questions(tree))
    if found is None or to is found[0] or len(found[0]["fields"]) < 2:
        return None
    found[0]["fields"].remove(found[1])
    to["fields"].append(found[1])
    for part in to["fields"]:
        part.setdefault("label", "What we ask")
    return f"{found[1]['id']} to {to['id']}"


def rename_field(tree: Tree, chance: random.Random) -> str | None:
    found = _field(tree, chance)
    if found is None:
        return None
    found[1]["id"] += "_2"
    return str(found[1]["id"])


def toggle_optional(tree: Tree, chance: random.Random) -> str | None:
    found = _field(tree, chance)
    if found is None:
        return None
    found[1]["optional"] = not found[1].get("optional", False)
    return f"{found[1]['id']} optional={found[1]['optional']}"


def retype_field(tree: Tree, chance: random.Random) -> str | None:
    found = _field(tree, chance, "text", "textarea", "email", "phone", "name", "date")
    if found is None:
        return None
    part = found[1]
    old = part["type"]
    kept = {key: part[key] for key in ("id", "label", "hint", "missing", "optional") if key in part}
    part.clear()
    part.update(kept, type=chance.choice(["text", "textarea", "email", "phone", "name", "number"]))
    return f"{part['id']} {old} to {part['type']}" if part["type"] != old else None


def move_bound(tree: Tree, chance: random.Random) -> str | None:
    found = _field(tree, chance, "text", "textarea", "number", "money", "list")
    if found is None:
        return None
    part = found[1]
    key = {"text": "max_length", "textarea": "max_length"}.get(part["type"]) or chance.choice(["min", "max"])
    by = chance.choice([-2, -1, 1, 2, 50])
    old = part.get(key, {"max_length": 200, "min": 1, "max": 10}[key])
    part[key] = max(1, old + by)
    return f"{part['id']}.{key} {old} to {part[key]}"


def change_list(tree: Tree, chance: random.Random) -> str | None:
    found = _field(tree, chance, "list")
    if found is None:
        return None
    columns = found[1]["fields"]
    one = chance.choice(columns)
    how = chance.choice(["drop", "add", "optional", "rename", "reverse"])
    if how == "drop" and len(columns) > 1:
        columns.remove(one)
    elif how == "add":
        columns.append({"id": "brand_new", "type": "text", "label": "New", "optional": chance.random() < 0.5})
    elif how == "optional":
        one["optional"] = not one.get("optional", False)
    elif how == "rename":
        one["id"] += "_2"
    else:
        columns.reverse()
    return f"{found[1]['id']} {how} {one['id']}"


def radios_to_select(tree: Tree, chance: random.Random) -> str | None:
    found = _field(tree, chance, "radios", "select")
    if found is None:
        return None
    found[1]["type"] = "select" if found[1]["type"] == "radios" else "radios"
    return str(found[1]["id"])


def change_autocomplete(tree: Tree, chance: random.Random) -> str | None:
    found = _field(tree, chance, "text")
    if found is None:
        return None
    found[1]["autocomplete"] = "off" if "autocomplete" not in found[1] else None
    return str(found[1]["id"])


def date_side(tree: Tree, chance: random.Random) -> str | None:
    found = _field(tree, chance, "date")
    if found is None:
        return None
    side = chance.choice(["past", "future"])
    found[1][side] = not found[1].get(side, False)
    return f"{found[1]['id']}.{side}={found[1][side]}"


def add_pattern(tree: Tree, chance: random.Random) -> str | None:
    found = _field(tree, chance, "text")
    if found is None:
        return None
    pattern = chance.choice([".*", "[A-Z].*", "[0-9]+"])
    if found[1].get("pattern") == pattern:
        return None
    found[1].update(pattern=pattern, pattern_message="Wrong")
    return f"{found[1]['id']} {pattern}"


def change_field_text(tree: Tree, chance: random.Random) -> str | None:
    found = _field(tree, chance)
    if found is None:
        return None
    key = chance.choice(["label", "hint", "missing", "statement", "unit", "item"])
    if not found[1].get(key):
        return None
    found[1][key] += " really"
    return f"{found[1]['id']}.{key}"


# -- options -------------------------------------------------------------------------------------------------


def _options(tree: Tree, chance: random.Random) -> tuple[Tree, list[Tree]] | None:
    found = [
        (part, part["options"])
        for page in tree["pages"]
        for part in page.get("fields", [])
        if isinstance(part.get("options"), list)
    ]
    return chance.choice(found) if found else None


def drop_option(tree: Tree, chance: random.Random) -> str | None:
    found = _options(tree, chance)
    if found is None or len(found[1]) < 3:
        return None
    option = found[1].pop(chance.randrange(len(found[1])))
    return f"{found[0]['id']} {option['code']}"


def add_option(tree: Tree, chance: random.Random) -> str | None:
    found = _options(tree, chance)
    if found is None:
        return None
    found[1].insert(chance.randrange(len(found[1]) + 1), {"code": "brand-new", "label": "Something new"})
    return str(found[0]["id"])


def recode_option(tree: Tree, chance: random.Random) -> str | None:
    found = _options(tree, chance)
    if found is None:
        return None
    option = chance.choice(found[1])
    option["code"] += "-2"
    return f"{found[0]['id']} {option['code']}"


def relabel_option(tree: Tree, chance: random.Random) -> str | None:
    found = _options(tree, chance)
    if found is None:
        return None
    option = chance.choice(found[1])
    option["label"] += " really"
    return f"{found[0]['id']} {option['code']}"


# -- settings ------------------------------------------------------------------------------------------------


def drop_setting(tree: Tree, chance: random.Random) -> str | None:
    found = _setting(tree, chance)
    if found is None:
        return None
    del tree["settings"][found[0]]
    return found[0]


def add_setting(tree: Tree, chance: random.Random) -> str | None:
    made: Tree = {"type": "integer", "label": "New"}
    if chance.random() < 0.5:
        made["default"] = 3
    tree.setdefault("settings", {})["brand_new"] = made
    return f"default={made.get('default')}"


def change_default(tree: Tree, chance: random.Random) -> str | None:
    found = _setting(tree, chance)
    if found is None:
        return None
    name, one = found
    old = one.get("default")
    if one["type"] == "boolean":
        one["default"] = not old
    elif one["type"] in {"integer", "number", "money"}:
        one["default"] = (old or 0) + chance.choice([-1, 1, 5])
    elif one["type"] == "text":
        one["default"] = f"{old or ''} x".strip()
    elif one["type"] == "options" and old:
        how = chance.choice(["drop", "add", "relabel"])
        if how == "drop" and len(old) > 1:
            old.pop()
        elif how == "add":
            old.append({"code": "brand-new", "label": "New"})
        else:
            old[0]["label"] += " really"
        return f"{name} {how}"
    else:
        return None
    return f"{name}: {old} to {one['default']}"


def drop_default(tree: Tree, chance: random.Random) -> str | None:
    found = _setting(tree, chance)
    if found is None or "default" not in found[1]:
        return None
    del found[1]["default"]
    return found[0]


def move_setting_bound(tree: Tree, chance: random.Random) -> str | None:
    found = _setting(tree, chance, "integer", "number", "money", "options")
    if found is None:
        return None
    key = chance.choice(["min", "max"])
    old = found[1].get(key)
    found[1][key] = max(0, (old if old is not None else 5) + chance.choice([-4, -2, 2, 4]))
    return f"{found[0]}.{key} {old} to {found[1][key]}"


def retype_setting(tree: Tree, chance: random.Random) -> str | None:
    found = _setting(tree, chance, "integer", "text")
    if found is None:
        return None
    name, one = found
    to = "number" if one["type"] == "integer" else "email"
    tree["settings"][name] = {"type": to, "label": one["label"]} | (
        {"default": 2.0} if to == "number" else {}
    )
    return f"{name} to {to}"


def relabel_setting(tree: Tree, chance: random.Random) -> str | None:
    found = _setting(tree, chance)
    if found is None:
        return None
    found[1]["label"] += " really"
    return found[0]


# -- the rest ------------------------------------------------------------------------------------------------


def add_lookup(tree: Tree, chance: random.Random) -> str | None:
    tree["lookups"] = {"brand_new": {"needs": {"uprn": "string"}, "gives": chance.choice(["string", "date"])}}
    return "brand_new"


def drop_wording(tree: Tree, chance: random.Random) -> str | None:
    if not tree.get("wording"):
        return None
    return str(tree["wording"].pop(chance.randrange(len(tree["wording"]))))


def add_wording(tree: Tree, chance: random.Random) -> str | None:
    page = chance.choice(tree["pages"])
    key = f"pages.{page['id']}.question"
    if key in tree.get("wording", []):
        return None
    tree.setdefault("wording", []).append(key)
    return key


def drop_place(tree: Tree, chance: random.Random) -> str | None:
    if not tree.get("places"):
        return None
    return str(tree["places"].pop(chance.randrange(len(tree["places"])))["id"])


def move_place(tree: Tree, chance: random.Random) -> str | None:
    if not tree.get("places"):
        return None
    place = chance.choice(tree["places"])
    old, place["after"] = place["after"], chance.choice(_questions(tree))["id"]
    return f"{place['id']} {old} to {place['after']}" if old != place["after"] else None


def add_place(tree: Tree, chance: random.Random) -> str | None:
    tree.setdefault("places", []).append({"id": "brand-new", "after": chance.choice(_questions(tree))["id"]})
    return "brand-new"


def change_target(tree: Tree, chance: random.Random) -> str | None:
    old = tree["case"].get("target_working_days")
    tree["case"]["target_working_days"] = chance.choice([3, 7, f"({old})" if isinstance(old, str) else 9])
    return f"{old} to {tree['case']['target_working_days']}"


def change_contact(tree: Tree, chance: random.Random) -> str | None:
    contact = tree["case"].get("contact") or {}
    if not contact:
        return None
    key = chance.choice(sorted(contact))
    del contact[key]
    return key


def drop_location(tree: Tree, _chance: random.Random) -> str | None:
    return str(tree["case"].pop("location")) if tree["case"].get("location") else None


def change_texts(tree: Tree, chance: random.Random) -> str | None:
    part, key = chance.choice([("case", "summary"), ("confirmation", "body"), ("start", "intro")])
    tree[part][key] = f"{tree[part][key].rstrip()} Really."
    return f"{part}.{key}"


def change_days(tree: Tree, chance: random.Random) -> str | None:
    key = chance.choice(["retention_days", "journey_hours"])
    old = tree.get(key, {"retention_days": 730, "journey_hours": 24}[key])
    tree[key] = max(1, old + chance.choice([-12, 12]))
    return f"{key} {old} to {tree[key]}"


def change_codes(tree: Tree, chance: random.Random) -> str | None:
    key = chance.choice(["lgsl", "lgil"])
    tree[key] += 1
    return key


MUTATORS: tuple[Mutator, ...] = tuple(
    value
    for name, value in sorted(globals().items())
    if callable(value)
    and getattr(value, "__module__", "") == __name__
    and not name.startswith("_")
    and name not in {"files_of", "original_of", "mutations"}
)
