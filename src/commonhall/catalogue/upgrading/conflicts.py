"""Where a council's choices and a new version do not simply fit together, and the ways to settle each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from commonhall.engine.adoption import Adopter
from commonhall.engine.checks import Shown, setting_fault
from commonhall.engine.definition import OptionsSetting, TextSetting
from commonhall.engine.package import Service
from commonhall.engine.texts import holes_in


class Kind(StrEnum):
    """What does not fit."""

    SETTING_GONE = "a setting is gone"
    SETTING_RETYPED = "a setting is of another type"
    SETTING_REFUSED = "a setting’s value is not allowed any more"
    SETTING_NEEDED = "a setting needs a value"
    WORDING_BOTH = "words changed on both sides"
    WORDING_GONE = "the text of own words is gone"
    WORDING_NOT_ALLOWED = "a text may not be changed any more"
    WORDING_HOLE = "own words show something that is gone"
    PLACE_GONE = "a place for own questions is gone"
    QUESTION_CLASH = "an own question does not fit any more"
    FIELD_GONE = "an answer that the back office has a name for is gone"
    NAME_TAKEN = "a name at the back office is taken"
    LOOKUP_ADDED = "a lookup is new"
    LANGUAGE_GONE = "a language is gone"
    EXAMPLE_FAILS = "an example fails"


@dataclass(frozen=True, slots=True)
class Way:
    """A way to settle a conflict. With `needs_value` somebody has to write something anew."""

    id: str
    label: str
    needs_value: bool = False


KEEP, TAKE = Way("keep", "Keep ours"), Way("take", "Take the shared one")
DROP, WRITE = Way("drop", "Let ours go"), Way("write", "Write it anew", needs_value=True)


@dataclass(frozen=True, slots=True)
class Conflict:
    """One conflict. `id` is the same each time the upgrade is planned. `was`, `mine` and `theirs` are what the old
    version had, the council chose, and the new version has: words by language, or values. Without ways it can only be
    settled elsewhere (other choices, another version)."""

    id: str
    kind: Kind
    key: str
    says: str
    ways: tuple[Way, ...]
    was: Any = None
    mine: Any = None
    theirs: Any = None


@dataclass
class Merging:
    """Choices being brought to the new version: the council's, changed where a conflict was settled so."""

    old: Service
    new: Service
    adopter: Adopter
    settled: Mapping[str, Mapping[str, Any]]
    choices: dict[str, Any]
    conflicts: list[Conflict] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def way(self, conflict: Conflict) -> tuple[str, Any] | None:
        """Note a conflict; how it was settled, if it was, in one of its ways."""
        self.conflicts.append(conflict)
        chosen = self.settled.get(conflict.id)
        ways = {way.id: way for way in conflict.ways}
        if chosen is None or chosen.get("way") not in ways:
            self.open.append(conflict.id)
            return None
        way, value = ways[chosen["way"]], chosen.get("value")
        if way.needs_value and value in (None, "", {}):
            self.open.append(conflict.id)
            return None
        self.used.add(conflict.id)
        return way.id, value


def merge_settings(work: Merging) -> None:
    """The council's values, each held against what the new version allows."""
    own: dict[str, Any] = dict(work.choices.get("settings") or {})
    known, before = work.new.definition.settings, work.old.definition.settings
    for name, value in list(own.items()):
        if value is None:
            del own[name]
        elif name not in known:
            label = before[name].label if name in before else name
            says = f"The service no longer has the setting “{label}”. Your value has no effect any more."
            if work.way(Conflict(f"setting:{name}", Kind.SETTING_GONE, name, says, (DROP,), mine=value)):
                del own[name]
        else:
            _merge_setting(work, own, name, value)
    for name, setting in known.items():
        if setting.default is not None or name in own:
            continue
        old = before.get(name)
        former = old.default if old is not None and old.type == setting.type else None
        says = f"“{setting.label}” has no shared value: your council has to give one."
        ways = (Way("keep", "Keep the value that was shared"), WRITE) if former is not None else (WRITE,)
        was = _plain(former)
        settled = work.way(Conflict(f"setting:{name}", Kind.SETTING_NEEDED, name, says, ways, was=was))
        if settled:
            own[name] = was if settled[0] == "keep" else settled[1]
    work.choices["settings"] = own


def _merge_setting(work: Merging, own: dict[str, Any], name: str, value: Any) -> None:
    setting, old = work.new.definition.settings[name], work.old.definition.settings.get(name)
    ways = (WRITE,) if setting.default is None else (TAKE, WRITE)
    shared = _plain(setting.default)
    if old is not None and old.type != setting.type:
        says = f"“{setting.label}” is of another type now ({old.type} became {setting.type}): your value cannot be kept."
        conflict = Conflict(
            f"setting:{name}", Kind.SETTING_RETYPED, name, says, ways, mine=value, theirs=shared
        )
    else:
        fault = _fault(name, setting, value)
        if fault is None:
            return
        why = fault.replace(f"'{name}'", "it")
        says = f"Your value of “{setting.label}” is not allowed any more: {why}."
        conflict = Conflict(
            f"setting:{name}", Kind.SETTING_REFUSED, name, says, ways, mine=value, theirs=shared
        )
    settled = work.way(conflict)
    if settled and settled[0] == "take":
        del own[name]
    elif settled:
        own[name] = settled[1]


def _fault(name: str, setting: Any, value: Any) -> str | None:
    if isinstance(setting, TextSetting):
        words = value.values() if isinstance(value, dict) else [value]
        found = next((fault for text in words if (fault := setting_fault(name, setting, text))), None)
    elif isinstance(setting, OptionsSetting) and not isinstance(value, list):
        return "it must be a list of options"
    else:
        found = setting_fault(name, setting, value)
    return found[0] if found else None


def _plain(default: Any) -> Any:
    if isinstance(default, list):
        return [option.model_dump(exclude_none=True) for option in default]
    return default


def merge_wording(work: Merging) -> None:
    """The council's words, text by text; in conflict where the shared words changed, too."""
    given: Mapping[str, Mapping[str, str]] = work.choices.get("wording") or {}
    allowed = set(work.new.definition.wording)
    kept: dict[str, dict[str, str]] = {}
    shown = Shown(work.new.definition)
    for key in dict.fromkeys(key for texts in given.values() for key in texts):
        mine = {language: texts[key] for language, texts in given.items() if key in texts}
        words = _merge_text(work, key, mine, allowed, shown)
        for language, text in (words or {}).items():
            kept.setdefault(language, {})[key] = text
    work.choices["wording"] = kept


def _merge_text(
    work: Merging, key: str, mine: dict[str, str], allowed: set[str], shown: Shown
) -> dict[str, str] | None:
    """The words to go on with; None for the shared ones."""
    was = {language: work.old.texts.get(language, {}).get(key) for language in mine}
    theirs = {language: work.new.texts.get(language, {}).get(key) for language in mine}
    name = f"wording:{key}"
    if key not in work.new.texts["en"]:
        says = f"The text “{key}” is gone, and your own words of it with it."
        return None if work.way(Conflict(name, Kind.WORDING_GONE, key, says, (DROP,), was, mine)) else mine
    if key not in allowed:
        says = f"The text “{key}” may not be changed any more."
        settled = work.way(Conflict(name, Kind.WORDING_NOT_ALLOWED, key, says, (DROP,), was, mine, theirs))
        return None if settled else mine
    hole = next((hole for text in mine.values() for hole in holes_in(text) if shown.fault(hole, key)), None)
    if hole is not None:
        says = f"Your own words of “{key}” show {hole}, which is gone."
        conflict = Conflict(name, Kind.WORDING_HOLE, key, says, (TAKE, WRITE), was, mine, theirs)
    elif was != theirs:
        says = f"The shared words of “{key}” changed, and you say it in your own."
        conflict = Conflict(name, Kind.WORDING_BOTH, key, says, (KEEP, TAKE, WRITE), was, mine, theirs)
    else:
        return mine
    settled = work.way(conflict)
    if settled is None or settled[0] == "keep":
        return mine
    return (
        None
        if settled[0] == "take"
        else {language: settled[1].get(language) or text for language, text in mine.items()}
    )


def merge_questions(work: Merging) -> None:
    """The council's own questions, each at its place."""
    places = [place.id for place in work.new.definition.places]
    pages = {page.id for page in work.new.definition.pages}
    kept = []
    for question in work.choices.get("extra_questions") or []:
        page = question["page"]
        name, title = f"question:{page.get('id')}", _title(page)
        if question["place"] not in places:
            says = f"The place of your question “{title}” is gone."
            ways = (*(Way(f"move:{place}", f"Ask it at the place “{place}”") for place in places), DROP)
            settled = work.way(Conflict(name, Kind.PLACE_GONE, question["place"], says, ways, mine=title))
            if settled is None:
                kept.append(question)
            elif settled[0] != "drop":
                kept.append({**question, "place": settled[0].removeprefix("move:")})
        elif page.get("id") in pages:
            says = (
                f"The service asks a page “{page['id']}” of its own now: see whether yours is still needed."
            )
            if not work.way(
                Conflict(name, Kind.QUESTION_CLASH, page["id"], says, (KEEP, DROP), mine=title)
            ) or (work.settled[name]["way"] == "keep"):
                kept.append(question)
        else:
            kept.append(question)
    work.choices["extra_questions"] = kept


def _title(page: Mapping[str, Any]) -> str:
    question = page.get("question", "")
    return str(question.get("en", "") if isinstance(question, Mapping) else question)


def drop_question(work: Merging, number: int, why: str) -> None:
    """An own question that the new version refuses: it can only be let go, and asked anew."""
    question = work.choices["extra_questions"][number]
    page = question["page"]
    title = _title(page)
    says = f"Your question “{title}” does not fit any more: {why}."
    conflict = Conflict(
        f"question:{page.get('id')}", Kind.QUESTION_CLASH, str(page.get("id")), says, (DROP,), mine=title
    )
    if work.way(conflict):
        work.choices["extra_questions"] = [
            one for i, one in enumerate(work.choices["extra_questions"]) if i != number
        ]
        keep_asked(work.choices)


def keep_asked(choices: dict[str, Any]) -> None:
    """Let the back office's names of own questions go with the questions."""
    if choices.get("mapping"):
        asked = {
            f"local.{part.get('id')}"
            for question in choices["extra_questions"]
            for part in question["page"].get("fields") or []
        }
        mapping: Mapping[str, str] = choices["mapping"]
        choices["mapping"] = {
            field: name for field, name in mapping.items() if field in asked or not field.startswith("local.")
        }


def merge_mapping(work: Merging) -> None:
    """What the back office calls the answers: its name of one that is gone can go to one that is new."""
    keep_asked(work.choices)
    mapping: dict[str, str] = dict(work.choices.get("mapping") or {})
    new = [name for name in work.new.fields if name not in work.old.fields and name not in mapping]
    for asked, name in list(mapping.items()):
        key = f"mapping:{asked}"
        if not asked.startswith("local.") and asked not in work.new.fields:
            says = f"The service does not ask “{asked}” any more, which your back office has as “{name}”."
            ways = (*(Way(f"move:{other}", f"Send “{other}” under this name") for other in new), DROP)
            conflict = Conflict(key, Kind.FIELD_GONE, key, says, ways, mine=name)
        elif name in new:
            says = (
                f"Your back office has “{asked}” as “{name}”, and the service asks a “{name}” of its own now."
            )
            conflict = Conflict(key, Kind.NAME_TAKEN, key, says, (DROP, WRITE), mine=name)
        else:
            continue
        way, value = work.way(conflict) or ("", None)
        if way:
            del mapping[asked]
        if way.startswith("move:"):
            mapping[way.removeprefix("move:")] = name
        elif way == "write":
            mapping[asked] = str(value)
    if mapping or "mapping" in work.choices:
        work.choices["mapping"] = mapping


def other_conflicts(work: Merging) -> Iterator[Conflict]:
    """What concerns the service as a whole: languages and lookups."""
    for language in work.adopter.languages:
        if language not in work.new.definition.languages:
            says = f"The new version is not written in '{language}', which your council offers."
            yield Conflict(f"language:{language}", Kind.LANGUAGE_GONE, language, says, ())
    for name in work.new.definition.lookups.keys() - work.old.definition.lookups.keys():
        says = (
            f"The new version can ask your back office for “{name}”. Without an answer its pages do without."
        )
        ways = (Way("keep", "Go on without it"),)
        yield Conflict(f"lookup:{name}", Kind.LOOKUP_ADDED, name, says, ways)
