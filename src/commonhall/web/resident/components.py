"""From a question to the parameters of govuk-frontend's macros, with holes where answers and errors go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commonhall.engine import definition as d
from commonhall.engine.fields.base import CompiledField
from commonhall.engine.fields.numbers import DATE_PARTS
from commonhall.engine.package import Adopted, CompiledPage
from commonhall.web.resident.shapes import hole, mark, without_marks
from commonhall.web.texts import LOCATION_WORDS, WORDS

AUTOCOMPLETE = {"name": "name", "email": "email", "phone": "tel"}
ADDRESS_COMPLETE = {
    "line1": "address-line1",
    "line2": "address-line2",
    "town": "address-level2",
    "postcode": "postal-code",
}


@dataclass(frozen=True, slots=True)
class Look:
    """What a page's questions look like this time: language, which inputs have errors, how many rows a list has."""

    adopted: Adopted
    language: str
    failing: frozenset[str]
    rows: int
    map_style_url: str | None

    def text(self, key: str) -> str | None:
        """A text of the service in the page's language, if it has one."""
        """A text of the service in the page's language."""
        found = self.adopted.texts.get(self.language, key)
        return without_marks(found) if found else None

    @property
    def words(self) -> Mapping[str, str]:
        """The platform's words in the page's language."""
        """The platform's own words in the page's language."""
        return WORDS[self.language]


def dom_id(name: str) -> str:
    """An input's id: its name, without dots."""
    return name.replace(".", "-")


def error_of(look: Look, input_name: str) -> dict[str, Any] | None:
    """The error message of an input that fails, as a hole."""
    return {"text": hole(f"error:{input_name}")} if input_name in look.failing else None


def component(
    look: Look, page: CompiledPage, part: CompiledField, *, heading: bool, hide: bool
) -> dict[str, Any]:
    """One question: the macro's name and its parameters.

    `heading` makes its label the page's heading; `hide` keeps a label for screen readers alone, where the
    heading stands above some text already.
    """
    question = look.text(f"{page.key}.question") or ""
    # Alone on its page, a question is asked in the page's words; its label names it among the answers.
    label = question if heading or hide else look.text(f"{part.key}.label") or question
    if part.definition.optional:
        label = f"{label} {look.words['optional']}"
    hint = look.text(f"{part.key}.hint") or (look.text(f"{page.key}.hint") if heading else None)
    return _component(look, part, part.id, label, hint, heading=heading, hide=hide)


def _component(
    look: Look, part: CompiledField, name: str, label: str, hint: str | None, *, heading: bool, hide: bool
) -> dict[str, Any]:
    makers = {
        "textarea": _textarea,
        "date": _date,
        "radios": _choices,
        "checkboxes": _choices,
        "select": _select,
        "address": _address,
        "map-location": _location,
        "list": _list,
        "declaration": _declaration,
    }
    make = makers.get(part.type, _input)
    return make(look, part, name, _Title(label, hint, heading, hide))


@dataclass(frozen=True, slots=True)
class _Title:
    """A question's label and hint, and how they stand on the page."""

    label: str
    hint: str | None
    heading: bool
    hide: bool

    def as_label(self) -> dict[str, Any]:
        if self.heading:
            return {"text": self.label, "isPageHeading": True, "classes": "govuk-label--l"}
        return {"text": self.label, "classes": "govuk-visually-hidden" if self.hide else ""}

    def as_legend(self) -> dict[str, Any]:
        if self.heading:
            return {"text": self.label, "isPageHeading": True, "classes": "govuk-fieldset__legend--l"}
        return {
            "text": self.label,
            "classes": "govuk-visually-hidden" if self.hide else "govuk-fieldset__legend--m",
        }

    def as_hint(self) -> dict[str, str] | None:
        return {"text": self.hint} if self.hint else None


def _input(look: Look, part: CompiledField, name: str, title: _Title) -> dict[str, Any]:
    field = part.definition
    params: dict[str, Any] = {
        "id": dom_id(name),
        "name": name,
        "label": title.as_label(),
        "hint": title.as_hint(),
        "errorMessage": error_of(look, name),
        "value": hole(f"value:{name}"),
        "autocomplete": field.autocomplete or AUTOCOMPLETE.get(part.type),
    }
    if part.type == "email":
        params |= {"type": "email", "spellcheck": False}
    elif part.type == "phone":
        params |= {"type": "tel", "classes": "govuk-input--width-20"}
    elif part.type in {"national-insurance-number", "vehicle-registration"}:
        params |= {"spellcheck": False, "classes": "govuk-input--width-10 govuk-input--extra-letter-spacing"}
    elif isinstance(field, d.NumberField | d.MoneyField):
        whole = isinstance(field, d.NumberField) and not field.decimals
        params |= {
            "inputmode": "numeric" if whole else "decimal",
            "spellcheck": False,
            "classes": "govuk-input--width-5",
        }
        unit = look.text(f"{part.key}.unit")
        params |= {"suffix": {"text": unit}} if unit else {}
        params |= {"prefix": {"text": look.words["money_prefix"]}} if part.type == "money" else {}
    elif isinstance(field, d.TextField) and field.width:
        params["classes"] = f"govuk-input--width-{field.width}"
    return {"macro": "input", "params": params}


def _textarea(look: Look, part: CompiledField, name: str, title: _Title) -> dict[str, Any]:
    field = part.definition
    rows = field.rows if isinstance(field, d.TextareaField) else 5
    longest = field.max_length if isinstance(field, d.TextareaField) else 1000
    params: dict[str, Any] = {
        "id": dom_id(name),
        "name": name,
        "label": title.as_label(),
        "hint": title.as_hint(),
        "errorMessage": error_of(look, name),
        "value": hole(f"value:{name}"),
        "rows": rows,
        "maxlength": longest,
        "threshold": 75,
    }
    if look.language == "cy":
        params |= {
            "textareaDescriptionText": "Gallwch roi hyd at %{count} nod",
            "charactersUnderLimitText": {
                "other": "Mae gennych %{count} nod ar ôl",
                "one": "Mae gennych %{count} nod ar ôl",
            },
            "charactersAtLimitText": "Nid oes gennych nodau ar ôl",
            "charactersOverLimitText": {
                "other": "Mae gennych %{count} nod yn ormod",
                "one": "Mae gennych %{count} nod yn ormod",
            },
        }
    return {"macro": "character_count", "params": params}


def _date(look: Look, part: CompiledField, name: str, title: _Title) -> dict[str, Any]:
    failing = [piece for piece in DATE_PARTS if f"{name}-{piece}" in look.failing]
    whole = error_of(look, name)
    born = part.definition.autocomplete == "bday"
    items = [
        {
            "id": dom_id(f"{name}-{piece}"),
            "name": f"{name}-{piece}",
            "label": look.words[piece],
            "classes": f"govuk-input--width-{4 if piece == 'year' else 2}{' govuk-input--error' if failing else ''}",
            "value": hole(f"value:{name}-{piece}"),
            "autocomplete": f"bday-{piece}" if born else None,
        }
        for piece in DATE_PARTS
    ]
    params = {
        "id": dom_id(name),
        "fieldset": {"legend": title.as_legend()},
        "hint": title.as_hint() or {"text": look.words["date_hint"]},
        "errorMessage": error_of(look, f"{name}-{failing[0]}") if failing else whole,
        "items": items,
    }
    return {"macro": "date", "params": params}


def _choices(look: Look, part: CompiledField, name: str, title: _Title) -> dict[str, Any]:
    items = [
        {
            "value": choice.code,
            "text": without_marks(choice.label[look.language]),
            "hint": {"text": without_marks(choice.hint[look.language])}
            if choice.hint[look.language]
            else None,
            "attributes": mark(f"mark:{name}:{choice.code}"),
        }
        for choice in part.choices
    ]
    params = {
        "idPrefix": dom_id(name),
        "name": name,
        "fieldset": {"legend": title.as_legend()},
        "hint": title.as_hint(),
        "errorMessage": error_of(look, name),
        "items": items,
    }
    return {"macro": part.type, "params": params}


def _select(look: Look, part: CompiledField, name: str, title: _Title) -> dict[str, Any]:
    empty = {"value": "", "text": look.words["choose_option"], "attributes": mark(f"pick:{name}:")}
    items = [
        {
            "value": choice.code,
            "text": without_marks(choice.label[look.language]),
            "attributes": mark(f"pick:{name}:{choice.code}"),
        }
        for choice in part.choices
    ]
    params = {
        "id": dom_id(name),
        "name": name,
        "label": title.as_label(),
        "hint": title.as_hint(),
        "errorMessage": error_of(look, name),
        "items": [empty, *items],
    }
    return {"macro": "select", "params": params}


def _declaration(look: Look, part: CompiledField, name: str, title: _Title) -> dict[str, Any]:
    params = {
        "idPrefix": dom_id(name),
        "name": name,
        "hint": title.as_hint(),
        "errorMessage": error_of(look, name),
        "items": [
            {
                "value": "yes",
                "text": look.text(f"{part.key}.statement") or title.label,
                "attributes": mark(f"mark:{name}:yes"),
            }
        ],
    }
    return {"macro": "checkboxes", "params": params, "heading": title.label if title.heading else None}


def _part_input(look: Look, name: str, label: str, **more: Any) -> dict[str, Any]:
    params = {
        "id": dom_id(name),
        "name": name,
        "label": {"text": label},
        "errorMessage": error_of(look, name),
        "value": hole(f"value:{name}"),
        **more,
    }
    return {"macro": "input", "params": params}


def _address(look: Look, part: CompiledField, name: str, title: _Title) -> dict[str, Any]:
    inside = [
        _part_input(
            look,
            f"{name}-{piece}",
            look.words[piece],
            autocomplete=ADDRESS_COMPLETE[piece],
            classes={"postcode": "govuk-input--width-10", "town": "govuk-input--width-20"}.get(piece, ""),
        )
        for piece in ("line1", "line2", "town", "postcode")
    ]
    return {
        "macro": "fieldset",
        "legend": title.as_legend(),
        "hint": title.hint,
        "hint_id": dom_id(f"{name}-hint"),
        "inside": inside,
    }


def _location(look: Look, part: CompiledField, name: str, title: _Title) -> dict[str, Any]:
    description = {
        "id": dom_id(f"{name}-description"),
        "name": f"{name}-description",
        "label": {"text": look.words["place_description"]},
        "hint": {"text": look.words["place_description_hint"]},
        "errorMessage": error_of(look, f"{name}-description"),
        "value": hole(f"value:{name}-description"),
        "rows": 3,
    }
    postcode = _part_input(
        look,
        f"{name}-postcode",
        look.words["place_postcode"],
        autocomplete="off",
        classes="govuk-input--width-10",
    )
    words = LOCATION_WORDS[look.language]
    shown = (
        words
        if look.map_style_url
        else {key: text for key, text in words.items() if not key.startswith(("map", "zoom"))}
    )
    return {
        "macro": "location",
        "legend": title.as_legend(),
        "hint": title.hint,
        "hint_id": dom_id(f"{name}-hint"),
        "inside": [{"macro": "textarea", "params": description}, postcode],
        "name": name,
        "style_url": look.map_style_url,
        "words": shown,
        "lat": hole(f"value:{name}-lat"),
        "long": hole(f"value:{name}-long"),
    }


def _list(look: Look, part: CompiledField, name: str, title: _Title) -> dict[str, Any]:
    item = look.text(f"{part.key}.item") or title.label
    rows = []
    for number in range(look.rows):
        inside = [
            _component(
                look,
                column,
                f"{name}-{number}-{column.id}",
                _column_label(look, column),
                look.text(f"{column.key}.hint"),
                heading=False,
                hide=False,
            )
            for column in part.fields
        ]
        rows.append(
            {
                "legend": f"{item[:1].upper()}{item[1:]} {number + 1}",
                "inside": inside,
                "remove": f"remove:{name}:{number}" if look.rows > 1 else None,
                "remove_text": look.words["remove_row"].format(item=item, number=number + 1),
            }
        )
    most = part.definition.max if isinstance(part.definition, d.ListField) else 10
    return {
        "macro": "list",
        "rows": rows,
        "heading": title.label if title.heading else None,
        "hint": title.hint,
        "add": f"add:{name}" if look.rows < most else None,
    }


def _column_label(look: Look, column: CompiledField) -> str:
    label = look.text(f"{column.key}.label") or column.id
    return f"{label} {look.words['optional']}" if column.definition.optional else label
