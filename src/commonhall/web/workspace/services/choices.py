"""Settings and wording: forms made from what the service says of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from starlette.responses import Response

from commonhall.catalogue.drafts import Work
from commonhall.engine.definition import BooleanSetting, MoneySetting, OptionsSetting, TextSetting
from commonhall.engine.staff import Permission
from commonhall.engine.texts import holes_in
from commonhall.web.workspace.services.shared import LANGUAGES, in_words, keep, path_of, with_work
from commonhall.web.workspace.tools import BOTH, Page, Room, StaffVisit, one

_WHOLE = re.compile(r"[-+]?\d{1,15}")
_DECIMAL = re.compile(r"[-+]?\d{1,15}(\.\d{1,9})?")
MOST_OPTIONS = 60


def pages(room: Room) -> list[Page]:
    """The forms of settings, of a setting that holds options, and of wording."""
    views = _Choices(room)
    change = Permission.CHANGE_SERVICES
    return [
        Page("/services/{service}/settings", with_work(room, views.settings), change, BOTH),
        Page("/services/{service}/settings/{name}", with_work(room, views.options), change, BOTH),
        Page("/services/{service}/wording", with_work(room, views.wording), change, BOTH),
    ]


class _Choices:
    def __init__(self, room: Room) -> None:
        self.room = room

    # -- settings ----------------------------------------------------------------------------------------

    async def settings(self, visit: StaffVisit, work: Work) -> Response:
        """Every setting but those that hold options, which have pages of their own."""
        if visit.request.method == "POST":
            form = await self.room.read_form(visit)
            settings = dict(work.row.choices.get("settings") or {})
            for name, setting in work.service.definition.settings.items():
                if not isinstance(setting, OptionsSetting):
                    _take(settings, name, setting, form, visit.site.languages)
            kept = await keep(
                self.room, visit, work, form, "settings", {**work.row.choices, "settings": settings}
            )
            if isinstance(kept, Response):
                return kept
            wrong = [fault for fault in kept.faults_at("settings") if fault.where[1:2] and _simple(kept, fault.where[1])]  # fmt: skip
            if not wrong:
                return self.room.done(visit, path_of(work.service.id), "Settings saved")
            work = kept
        return self._settings(visit, work, asked=visit.request.method == "POST")

    def _settings(self, visit: StaffVisit, work: Work, *, asked: bool) -> Response:
        rows = []
        errors = []
        for name, setting in work.service.definition.settings.items():
            own = (work.row.choices.get("settings") or {}).get(name)
            faults = [in_words(work.service, fault) for fault in work.faults_at("settings", name)]
            error = " ".join(faults) if faults and (asked or own is not None) else None
            row = _row(work, name, setting, own, visit.site.languages) | {"error": error}
            rows.append(row)
            if error:
                errors.append({"text": error, "href": row["href"]})
        return self.room.page(
            visit,
            "workspace/services/settings.html",
            "Settings",
            back=path_of(work.service.id),
            errors=errors,
            rows=rows,
            revision=work.row.revision,
            status=400 if asked else 200,
        )

    async def options(self, visit: StaffVisit, work: Work) -> Response:
        """The options that a setting holds: rows to add, remove and move."""
        name = visit.params["name"]
        setting = work.service.definition.settings.get(name)
        if not isinstance(setting, OptionsSetting):
            return self.room.missing(visit)
        settings = dict(work.row.choices.get("settings") or {})
        rows = _option_rows(settings.get(name), work, name)
        asked = False
        if visit.request.method == "POST":
            form = await self.room.read_form(visit)
            rows = _rows_in(form)
            do, _, number = one(form, "do").partition(" ")
            _edit(rows, do, int(number) if number.isdigit() else -1)
            if do == "shared":
                settings.pop(name, None)
            else:
                settings[name] = _options_of(rows, visit.site.languages)
            kept = await keep(self.room, visit, work, form, f"settings {name}", {**work.row.choices, "settings": settings})  # fmt: skip
            if isinstance(kept, Response):
                return kept
            if do in {"", "save", "shared"} and not kept.faults_at("settings", name):
                return self.room.done(visit, path_of(work.service.id, "settings"), f"{setting.label}: saved")
            work, asked = kept, do in {"", "save"}
            rows = rows if do != "shared" else _option_rows(None, work, name)
        faults = (
            [in_words(work.service, fault) for fault in work.faults_at("settings", name)] if asked else []
        )
        return self.room.page(
            visit,
            "workspace/services/options.html",
            setting.label,
            back=path_of(work.service.id, "settings"),
            errors=[{"text": fault, "href": "#rows"} for fault in dict.fromkeys(faults)],
            setting=setting,
            rows=rows,
            languages=[(code, LANGUAGES[code]) for code in visit.site.languages],
            revision=work.row.revision,
            own=name in settings,
            status=400 if faults else 200,
        )

    # -- wording -----------------------------------------------------------------------------------------

    async def wording(self, visit: StaffVisit, work: Work) -> Response:
        """The texts that the service lets councils say in their own words, in each language that they offer."""
        asked = visit.request.method == "POST"
        if asked:
            form = await self.room.read_form(visit)
            wording = _wording_of(form, work, visit.site.languages)
            kept = await keep(
                self.room, visit, work, form, "wording", {**work.row.choices, "wording": wording}
            )
            if isinstance(kept, Response):
                return kept
            if not kept.faults_at("wording"):
                return self.room.done(visit, path_of(work.service.id), "Wording saved")
            work = kept
        own = work.row.choices.get("wording") or {}
        rows = []
        errors = []
        for key in work.service.definition.wording:
            boxes = []
            for language in visit.site.languages:
                shared = work.service.texts[language].get(key, "")
                faults = [in_words(work.service, fault) for fault in work.faults_at("wording", language, key)]
                box = {
                    "id": f"{language}-{key}",
                    "language": language,
                    "label": LANGUAGES[language],
                    "value": (own.get(language) or {}).get(key, shared),
                    "shared": shared,
                    "changed": (own.get(language) or {}).get(key, shared) != shared,
                    "error": " ".join(faults) or None,
                }
                boxes.append(box)
                errors += [{"text": fault, "href": f"#{box['id']}"} for fault in faults]
            rows.append({"key": key, "title": _title(work, key), "boxes": boxes, "holes": _holes(work, key)})
        return self.room.page(
            visit,
            "workspace/services/wording.html",
            "Wording",
            back=path_of(work.service.id),
            errors=errors if asked else [],
            rows=rows,
            revision=work.row.revision,
            status=400 if asked and errors else 200,
        )


def _simple(work: Work, name: str | int) -> bool:
    return not isinstance(work.service.definition.settings.get(str(name)), OptionsSetting)


def _take(
    settings: dict[str, Any],
    name: str,
    setting: Any,
    form: Mapping[str, list[str]],
    languages: tuple[str, ...],
) -> None:
    """One setting's value from the form, kept only where it differs from the shared one. What cannot be read is kept
    as it was typed, so that it stands there again with what is wrong."""
    if isinstance(setting, TextSetting) and setting.type == "text" and len(languages) > 1:
        words = {language: one(form, f"{name}-{language}") for language in languages}
        filled = {language: text for language, text in words.items() if text}
        value: Any = filled or None
        if len(filled) == len(languages) and len(set(filled.values())) == 1:
            value = next(iter(filled.values()))
    else:
        value = _read(setting, one(form, name))
    if value is None or value == setting.default:
        settings.pop(name, None)
    else:
        settings[name] = value


def _read(setting: Any, text: str) -> Any:
    if not text:
        return None
    if isinstance(setting, BooleanSetting):
        return {"yes": True, "no": False}.get(text, text)
    if isinstance(setting, MoneySetting):
        try:
            pence = Decimal(text.replace("£", "").replace(",", "").strip()) * 100
        except InvalidOperation:
            return text
        return int(pence) if pence == pence.to_integral_value() and abs(pence) < 10**15 else text
    if setting.type == "integer":
        return int(text) if _WHOLE.fullmatch(text) else text
    if setting.type == "number":
        return float(text) if _DECIMAL.fullmatch(text) else text
    return text


def _row(work: Work, name: str, setting: Any, own: Any, languages: tuple[str, ...]) -> dict[str, Any]:
    """What the form shows of a setting."""
    row: dict[str, Any] = {"name": name, "setting": setting, "kind": setting.type, "href": f"#{name}"}
    row["shared"] = _shown(setting, setting.default)
    value = setting.default if own is None else own
    if isinstance(setting, OptionsSetting):
        labels = [_plain_label(option) for option in (own if own is not None else setting.default or [])]
        return row | {"labels": labels, "href": f"#{name}", "own": own is not None}
    if isinstance(setting, BooleanSetting):
        row["value"] = {True: "yes", False: "no", None: ""}.get(value, str(value))
    elif setting.type == "text" and len(languages) > 1:
        shared = {
            language: work.service.texts[language].get(f"settings.{name}.default", "")
            for language in languages
        }
        boxes = []
        for language in languages:
            text = (
                value.get(language, "")
                if isinstance(value, dict)
                else value
                if own is not None
                else shared[language]
            )
            boxes.append({"id": f"{name}-{language}", "label": LANGUAGES[language], "value": text or ""})
        row |= {"boxes": boxes, "href": f"#{name}-{languages[0]}"}
    else:
        row["value"] = _shown(setting, value)
    return row


def _shown(setting: Any, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(setting, MoneySetting) and isinstance(value, int):
        return f"{value / 100:.2f}"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(_plain_label(option) for option in value)
    if isinstance(value, dict):
        return str(value.get("en", ""))
    return str(value)


def _plain_label(option: Any) -> str:
    label = option.get("label", "") if isinstance(option, Mapping) else option.label
    return str(label.get("en", "") if isinstance(label, Mapping) else label)


# -- options -------------------------------------------------------------------------------------------------

PARTS = ("code", "label-en", "label-cy", "hint-en", "hint-cy")


def _option_rows(own: Any, work: Work, name: str) -> list[dict[str, str]]:
    """The rows to begin with: the council's own, or the shared ones."""
    if own is not None:
        return [
            {"code": str(option.get("code", ""))}
            | {f"{part}-{language}": _text(option.get(part), language) for part in ("label", "hint") for language in ("en", "cy")}
            for option in own
        ]  # fmt: skip
    texts = work.service.texts
    setting = work.service.definition.settings[name]
    rows = []
    for option in getattr(setting, "default", None) or []:
        key = f"settings.{name}.options.{option.code}"
        row = {"code": option.code}
        for language in ("en", "cy"):
            row[f"label-{language}"] = texts.get(language, {}).get(key, "")
            row[f"hint-{language}"] = texts.get(language, {}).get(f"{key}.hint", "")
        rows.append(row)
    return rows


def _text(given: Any, language: str) -> str:
    return str(given.get(language, "")) if isinstance(given, Mapping) else str(given or "")


def _rows_in(form: Mapping[str, list[str]]) -> list[dict[str, str]]:
    columns = {part: form.get(part, []) for part in PARTS}
    count = min(max((len(values) for values in columns.values()), default=0), MOST_OPTIONS)
    return [
        {part: values[i].strip() if i < len(values) else "" for part, values in columns.items()}
        for i in range(count)
    ]


def _edit(rows: list[dict[str, str]], do: str, at: int) -> None:
    """Add a row, or remove or move the one with this number."""
    if do == "add":
        rows.append(dict.fromkeys(PARTS, ""))
    elif 0 <= at < len(rows):
        if do == "remove":
            del rows[at]
        elif do == "up" and at:
            rows.insert(at - 1, rows.pop(at))
        elif do == "down":
            rows.insert(at + 1, rows.pop(at))


def _options_of(rows: list[dict[str, str]], languages: tuple[str, ...]) -> list[dict[str, Any]]:
    """Options in the shape of choices. A row without a code gets one from its English label, once and for all."""
    made = []
    taken = {row["code"] for row in rows if row["code"]}
    for row in rows:
        if not any(row.values()):
            continue
        code = row["code"] or slug_of(row["label-en"], taken)
        taken.add(code)
        row["code"] = code
        option: dict[str, Any] = {"code": code, "label": _words(row, "label", languages)}
        if row["hint-en"] or row["hint-cy"]:
            option["hint"] = _words(row, "hint", languages)
        made.append(option)
    return made


def _words(row: Mapping[str, str], part: str, languages: tuple[str, ...]) -> Any:
    if len(languages) == 1:
        return row[f"{part}-en"]
    return {language: row[f"{part}-{language}"] for language in languages}


def slug_of(words: str, taken: set[str]) -> str:
    """A code made from words, and different from those taken."""
    stem = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:30].strip("-") or "option"
    code, number = stem, 2
    while code in taken:
        code, number = f"{stem}-{number}", number + 1
    return code


# -- wording -------------------------------------------------------------------------------------------------


def _wording_of(
    form: Mapping[str, list[str]], work: Work, languages: tuple[str, ...]
) -> dict[str, dict[str, str]]:
    """The council's own words. A text is its own in all of its languages, or in none."""
    wording: dict[str, dict[str, str]] = {}
    for key in work.service.definition.wording:
        words = {}
        for language in languages:
            shared = work.service.texts[language].get(key, "")
            given = one(form, f"{language}-{key}").replace("\r\n", "\n")
            # A shared text may end with a line break, which no box keeps.
            words[language] = shared if not given or given == shared.strip() else given
        if any(words[language] != work.service.texts[language].get(key, "") for language in languages):
            for language, text in words.items():
                wording.setdefault(language, {})[key] = text
    return wording


def _title(work: Work, key: str) -> str:
    """What a text is, in words: the page and the part of it."""
    parts = key.split(".")
    if parts[0] == "pages":
        page = work.service.texts["en"].get(f"pages.{parts[1]}.question", parts[1])
        return f"{page} ({parts[-1]})"
    return {"name": "The service's name", "start.intro": "Start page", "confirmation.body": "What happens next"}.get(key, key)  # fmt: skip


def _holes(work: Work, key: str) -> list[str]:
    """What the shared text shows between double braces, which an own text may show, too."""
    return list(dict.fromkeys(holes_in(work.service.texts["en"].get(key, ""))))
