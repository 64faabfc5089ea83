"""A council's own questions, at the places that a service keeps for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from commonhall.catalogue.drafts import Work
from commonhall.engine.staff import Permission
from commonhall.web.workspace.services.choices import slug_of
from commonhall.web.workspace.services.shared import LANGUAGES, in_words, keep, path_of, with_work
from commonhall.web.workspace.tools import BOTH, Page, Room, StaffVisit, one

TYPES = {
    "radios": "Choose one",
    "checkboxes": "Choose several",
    "select": "Choose one from a long list",
    "text": "One line of words",
    "textarea": "Several lines of words",
    "date": "A date",
    "number": "A whole number",
    "email": "An email address",
    "phone": "A phone number",
}
WITH_OPTIONS = ("radios", "checkboxes", "select")


def pages(room: Room) -> list[Page]:
    """The list of questions, and the form of one."""
    views = _Questions(room)
    change = Permission.CHANGE_SERVICES
    return [
        Page("/services/{service}/questions", with_work(room, views.overview), change, BOTH),
        Page("/services/{service}/questions/{number}", with_work(room, views.question), change, BOTH),
    ]


class _Questions:
    def __init__(self, room: Room) -> None:
        self.room = room

    async def overview(self, visit: StaffVisit, work: Work) -> Response:
        """The questions there are; remove one, or move it."""
        questions = list(work.row.choices.get("extra_questions") or [])
        if visit.request.method == "POST":
            form = await self.room.read_form(visit)
            do, _, number = one(form, "do").partition(" ")
            at = int(number) if number.isdigit() else -1
            if 0 <= at < len(questions):
                question = questions.pop(at)
                if do in {"up", "down"}:
                    questions.insert(max(0, at + (-1 if do == "up" else 1)), question)
            choices = {**work.row.choices, "extra_questions": questions}
            kept = await keep(self.room, visit, work, form, "own questions", choices)
            where = path_of(work.service.id, "questions")
            return kept if isinstance(kept, Response) else self.room.done(visit, where, "Saved")
        rows = [
            {
                "text": _in(one_question["page"].get("question"), "en"),
                "place": _place(work, one_question["place"]),
                "simple": is_simple(one_question["page"]),
                "wrong": [in_words(work.service, fault) for fault in work.faults_at("extra_questions", i)],
            }
            for i, one_question in enumerate(questions)
        ]
        return self.room.page(
            visit,
            "workspace/services/questions.html",
            "Your own questions",
            back=path_of(work.service.id),
            rows=rows,
            path=path_of(work.service.id, "questions"),
            revision=work.row.revision,
        )

    async def question(self, visit: StaffVisit, work: Work) -> Response:
        """One question: asked anew (`new`), or changed (its number)."""
        questions = list(work.row.choices.get("extra_questions") or [])
        number = visit.params["number"]
        if number != "new" and not (number.isdigit() and int(number) < len(questions)):
            return self.room.missing(visit)
        old = questions[int(number)] if number != "new" else None
        if old is not None and not is_simple(old["page"]):
            return self.room.missing(visit)
        if visit.request.method != "POST":
            return self._form(visit, work, _values(old), {})
        form = await self.room.read_form(visit)
        values = _given(form)
        errors = _wrong(values, work, visit.site.languages)
        if errors:
            return self._form(visit, work, values, errors)
        made = {"place": values["place"], "page": _page(values, old, questions, visit.site.languages)}
        if old is None:
            questions.append(made)
        else:
            questions[int(number)] = made
        choices = {**work.row.choices, "extra_questions": questions}
        kept = await keep(self.room, visit, work, form, "own questions", choices)
        if isinstance(kept, Response):
            return kept
        faults = kept.faults_at("extra_questions", questions.index(made))
        if faults:
            # It is kept as it is typed; the list shows it with what is wrong.
            return self.room.done(
                visit, path_of(work.service.id, "questions"), "Saved, with something to settle"
            )
        return self.room.done(visit, path_of(work.service.id, "questions"), "Question saved")

    def _form(
        self, visit: StaffVisit, work: Work, values: Mapping[str, str], errors: Mapping[str, str]
    ) -> Response:
        places = [
            {"value": place.id, "text": _place(work, place.id), "checked": values.get("place") == place.id}
            for place in work.service.definition.places
        ]
        types = [
            {"value": name, "text": text, "checked": values.get("type") == name}
            for name, text in TYPES.items()
        ]
        return self.room.page(
            visit,
            "workspace/services/question.html",
            "A question of your own",
            back=path_of(work.service.id, "questions"),
            errors=[{"text": text, "href": f"#{name}"} for name, text in errors.items()],
            wrong=errors,
            values=values,
            places=places,
            types=types,
            languages=[(code, LANGUAGES[code]) for code in visit.site.languages],
            revision=work.row.revision,
            status=400 if errors else 200,
        )


def is_simple(page: Mapping[str, Any]) -> bool:
    """Whether the form can show all of a page: one question of a common type, without conditions."""
    fields = page.get("fields") or []
    return (
        len(fields) == 1
        and fields[0].get("type") in TYPES
        and not page.keys() - {"id", "question", "hint", "fields"}
        and not fields[0].keys() - {"id", "type", "options", "optional", "label"}
        and (not isinstance(fields[0].get("options"), str))
    )


def _place(work: Work, name: str) -> str:
    place = next((place for place in work.service.definition.places if place.id == name), None)
    if place is None:
        return f"{name} (this place is gone)"
    return f"After “{work.service.texts['en'].get(f'pages.{place.after}.question', place.after)}”"


def _in(words: Any, language: str) -> str:
    return str(words.get(language, "")) if isinstance(words, Mapping) else str(words or "")


def _values(question: Mapping[str, Any] | None) -> dict[str, str]:
    """A stored question as the form shows it; options one to a line."""
    if question is None:
        return {"type": "radios"}
    page = question["page"]
    field = page["fields"][0]
    values = {
        "place": question["place"],
        "type": field["type"],
        "optional": "yes" if field.get("optional") else "",
    }
    for language in LANGUAGES:
        values[f"question-{language}"] = _in(page.get("question"), language)
        values[f"hint-{language}"] = _in(page.get("hint"), language)
        labels = [_in(option.get("label"), language) for option in field.get("options") or []]
        values[f"options-{language}"] = "\n".join(labels)
    return values


def _given(form: Mapping[str, list[str]]) -> dict[str, str]:
    names = ["place", "type", "optional"]
    names += [f"{part}-{language}" for part in ("question", "hint", "options") for language in LANGUAGES]
    return {name: one(form, name).replace("\r\n", "\n") for name in names}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _wrong(values: Mapping[str, str], work: Work, languages: tuple[str, ...]) -> dict[str, str]:
    errors = {}
    if values["place"] not in {place.id for place in work.service.definition.places}:
        errors["place"] = "Select where the question is asked"
    if values["type"] not in TYPES:
        errors["type"] = "Select how it is answered"
    for language in languages:
        if not values[f"question-{language}"]:
            errors[f"question-{language}"] = f"Enter the question in {LANGUAGES[language]}"
    if values["type"] in WITH_OPTIONS:
        count = len(_lines(values["options-en"]))
        if count < 2:
            errors["options-en"] = "Enter at least two answers to choose from, one to a line"
        for language in languages[1:]:
            if len(_lines(values[f"options-{language}"])) != count:
                errors[f"options-{language}"] = (
                    f"Enter the same {count} answers in {LANGUAGES[language]}, in the same order"
                )
    return errors


def _page(
    values: Mapping[str, str],
    old: Mapping[str, Any] | None,
    others: list[Any],
    languages: tuple[str, ...],
) -> dict[str, Any]:
    """The page in the shape of choices. Ids and codes stay what they were: cases and back offices know them."""
    if old is not None:
        page_id, field_id = old["page"]["id"], old["page"]["fields"][0]["id"]
    else:
        page_id = slug_of(values["question-en"], {question["page"]["id"] for question in others})
        page_id = page_id if page_id[0].isalpha() else f"q-{page_id}"
        field_id = page_id.replace("-", "_")
    field: dict[str, Any] = {"id": field_id, "type": values["type"]}
    if values["optional"]:
        field["optional"] = True
    if values["type"] in WITH_OPTIONS:
        known = old["page"]["fields"][0].get("options") or [] if old is not None else []
        field["options"] = _options(values, known, languages)
    page: dict[str, Any] = {
        "id": page_id,
        "question": _both(values, "question", languages),
        "fields": [field],
    }
    if values["hint-en"]:
        page["hint"] = _both(values, "hint", languages)
    return page


def _both(values: Mapping[str, str], part: str, languages: tuple[str, ...]) -> Any:
    if len(languages) == 1:
        return values[f"{part}-en"]
    return {language: values[f"{part}-{language}"] or values[f"{part}-en"] for language in languages}


def _options(values: Mapping[str, str], known: list[Any], languages: tuple[str, ...]) -> list[dict[str, Any]]:
    codes = {_in(option["label"], "en"): option["code"] for option in known}
    taken = set(codes.values())
    labels = [_lines(values[f"options-{language}"]) for language in languages]
    made = []
    for row in zip(*labels, strict=True):
        code = codes.get(row[0]) or slug_of(row[0], taken)
        taken.add(code)
        made.append(
            {"code": code, "label": row[0] if len(languages) == 1 else dict(zip(languages, row, strict=True))}
        )
    return made
