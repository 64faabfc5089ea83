"""Make a council's proposal part of the shared service: the package's files are changed, and nothing else in them.

Comments, order and spelling of everything else stay as the maintainer wrote them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import LiteralScalarString

from commonhall.engine.package import Service
from commonhall.engine.texts import flatten, texts_of

_OWN_ANSWER = re.compile(r"\blocal\.([a-z][a-z0-9_]*)")


class CannotTake(Exception):  # noqa: N818
    """The proposal does not fit the package any more; the message says why, and what the maintainer can do."""


def take(service: Service, kind: str, key: str, language: str, value: Any, why: str) -> dict[str, str]:
    """The files of the next version, with the proposal in it and a line in CHANGELOG.md. Raises `CannotTake`.

    A setting's value becomes the default; words become the shared words; an extra question becomes a shared page that
    each council turns on by a setting, so that nobody's journey changes by itself. What is taken is a draft: `commonhall
    check` and `commonhall diff` say whether it stands, and which version number it needs at least.
    """
    yaml = _yaml()
    tree = yaml.load(service.files["service.yaml"])
    welsh = yaml.load(service.files["cy.yaml"]) if "cy.yaml" in service.files else None
    if kind == "setting":
        _setting(service, tree, welsh, key, value)
    elif kind == "wording":
        _wording(service, tree, welsh, key, language, value)
    else:
        _question(service, tree, welsh, key, value)
    version = _next(service.version, 2 if kind == "wording" else 1)
    tree["version"] = version
    files = dict(service.files)
    files["service.yaml"] = _written(yaml, tree)
    if welsh is not None:
        files["cy.yaml"] = _written(yaml, welsh)
    files["CHANGELOG.md"] = _changelog(
        files.get("CHANGELOG.md", f"# Changes to {service.id}\n"), version, why
    )
    return files


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 100_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _written(yaml: YAML, tree: Any) -> str:
    out = io.StringIO()
    yaml.dump(tree, out)
    return out.getvalue()


def _setting(service: Service, tree: Any, welsh: Any, key: str, value: Any) -> None:
    if key not in tree.get("settings", {}):
        raise CannotTake(
            f"{service.id} {service.version} has no setting '{key}': decline it, or add the setting"
        )
    setting = tree["settings"][key]
    if isinstance(value, list):
        setting["default"] = CommentedSeq([_flow(_plain(option)) for option in value])
        if welsh is not None:
            options = {option["code"]: _in(option["label"], "cy") for option in value}
            _put(welsh, ("settings", key, "options"), CommentedMap(options))
        return
    setting["default"] = _in(value, "en")
    if welsh is not None and isinstance(value, dict):
        _put(welsh, ("settings", key, "default"), _in(value, "cy"))


def _wording(service: Service, tree: Any, welsh: Any, key: str, language: str, text: str) -> None:
    if language == "cy":
        where = next((at for known, _, at in flatten(welsh or {}) if known == key), None)
        if where is None:
            raise CannotTake(
                f"cy.yaml of {service.id} {service.version} has no text '{key}': decline it, or add the text"
            )
        _put(welsh, where, _block(text))
        return
    place = next((one.where for one in texts_of(service.definition) if one.key == key), None)
    if place is None:
        raise CannotTake(f"{service.id} {service.version} has no text '{key}': decline it, or add the text")
    _put(tree, place, _block(text))


def _question(service: Service, tree: Any, welsh: Any, place: str, page: Mapping[str, Any]) -> None:
    """The council's page, after the page that its place names, asked only where a new setting says so."""
    after = next((one.after for one in service.definition.places if one.id == place), None)
    if after is None:
        raise CannotTake(
            f"{service.id} {service.version} has no place '{place}': decline it, or add the place"
        )
    name = f"ask_{str(page['id']).replace('-', '_')}"
    taken = [page["id"] for one in service.definition.pages if one.id == page["id"]]
    taken += [part["id"] for part in page["fields"] if part["id"] in service.fields]
    taken += [name] if name in service.definition.settings else []
    if taken:
        raise CannotTake(f"{service.id} has a '{taken[0]}' already: take it by hand, under another name")
    question = _picked(page, "en")
    question["when"] = f"settings.{name} && ({page['when']})" if page.get("when") else f"settings.{name}"
    _rename_own(question)
    at = next(i for i, one in enumerate(tree["pages"]) if one["id"] == after) + 1
    tree["pages"].insert(at, _commented(question))
    label = f"Ask: {_in(page['question'], 'en')}"
    tree.setdefault("settings", CommentedMap())[name] = _commented(
        {"type": "boolean", "label": label, "default": False}
    )
    if welsh is not None:
        texts = _texts(_picked(page, "cy"))
        _put(welsh, ("pages", page["id"]), _commented(texts))


def _texts(page: dict[str, Any]) -> dict[str, Any]:
    """A page's texts as cy.yaml has them: fields by id, options by code, checks by id or number."""
    found: dict[str, Any] = {key: page[key] for key in ("question", "hint", "body") if page.get(key)}
    fields: dict[str, Any] = {}
    for part in page["fields"]:
        words: dict[str, Any] = {
            key: part[key]
            for key in ("label", "hint", "missing", "pattern_message", "statement", "unit", "item")
            if part.get(key)
        }
        if isinstance(part.get("options"), list):
            words["options"] = {
                option["code"]: {k: option[k] for k in ("label", "hint") if option.get(k)}
                if option.get("hint")
                else option["label"]
                for option in part["options"]
            }
        if isinstance(part.get("fields"), list):
            words["fields"] = _texts({"fields": part["fields"]})["fields"]
        if words:
            fields[part["id"]] = words
    found["fields"] = fields
    checks = {
        str(check.get("id") or i): {"message": check["message"]}
        for i, check in enumerate(page.get("checks") or ())
    }
    return found | ({"checks": checks} if checks else {})


def _rename_own(page: dict[str, Any]) -> None:
    """In a shared page an answer of its own is `answers.x`, not `local.x`."""
    page["when"] = _OWN_ANSWER.sub(r"answers.\1", page["when"])
    for check in page.get("checks") or ():
        check["require"] = _OWN_ANSWER.sub(r"answers.\1", check["require"])


def _in(words: Any, language: str) -> Any:
    """A text of a council in one language; where it wrote one for all, that one."""
    return words.get(language) or words["en"] if isinstance(words, dict) else words


def _plain(option: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _in(value, "en") for key, value in option.items()}


def _picked(node: Any, language: str) -> Any:
    if isinstance(node, dict):
        if "en" in node and node.keys() <= {"en", "cy"}:
            return _in(node, language)
        return {key: _picked(value, language) for key, value in node.items()}
    return [_picked(one, language) for one in node] if isinstance(node, list) else deepcopy(node)


def _put(tree: Any, where: Sequence[str | int], value: Any) -> None:
    """Set a value deep in a tree; a map that is not there yet is made."""
    here = tree
    for step in where[:-1]:
        if isinstance(here, dict) and step not in here:
            here[step] = CommentedMap()
        here = here[step]
    last = where[-1]
    # An option's text may stand alone, or beside a hint.
    if isinstance(here, dict) and isinstance(here.get(last), dict) and isinstance(value, str):
        here[last]["label"] = value
    else:
        here[last] = value


def _block(text: str) -> str:
    return LiteralScalarString(text) if "\n" in text else text


def _commented(node: Any) -> Any:
    if isinstance(node, dict):
        return CommentedMap({key: _commented(value) for key, value in node.items()})
    if isinstance(node, list):
        return CommentedSeq([_commented(one) for one in node])
    return _block(node) if isinstance(node, str) else node


def _flow(option: dict[str, Any]) -> CommentedMap:
    made = CommentedMap(option)
    made.fa.set_flow_style()
    return made


def _next(version: str, part: int) -> str:
    numbers = [int(number) for number in version.split(".")]
    numbers[part] += 1
    return ".".join(str(n) for n in [*numbers[: part + 1], *[0] * (2 - part)])


def _changelog(text: str, version: str, why: str) -> str:
    """The new version's section, before the earlier ones."""
    head, marker, rest = text.partition("\n## ")
    section = f"\n## {version}\n\n{why}\n"
    return f"{head}{section}{marker}{rest}" if marker else f"{text.rstrip()}\n{section}"
