"""What can be said of each part of a service, and how it is asked: the forms of the editor, as data.

A test holds that every key of the service language stands in one of these forms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commonhall.catalogue.editing.edit import EXAMPLES, Edit
from commonhall.catalogue.editing.patching import Path
from commonhall.engine.autocomplete import TOKENS

LINE, WORDS, WHOLE, DECIMAL, PENCE, TICK, CHOICE, LINES = (
    "line", "words", "whole", "decimal", "pence", "tick", "choice", "lines",
)  # fmt: skip
CONDITION, OPTIONS, SOURCE, IDENTIFIER, WELSH, PLACE, TARGET = (
    "condition", "options", "source", "identifier", "welsh", "place", "target",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Input:
    """One question of a form. `key` is the path below the part, dotted; `kind` one of the words above.

    `read` says that residents read it, so that it is asked in each language; `ours` that a council may be let change it.
    `default` is what the language takes where nothing is said.
    """

    key: str
    label: str
    kind: str = LINE
    hint: str = ""
    read: bool = False
    ours: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    default: Any = None


TYPES: Mapping[str, str] = {
    "text": "One line of words",
    "textarea": "Several lines of words",
    "radios": "Choose one",
    "checkboxes": "Choose several",
    "select": "Choose one from a long list",
    "date": "A date",
    "number": "A number",
    "money": "An amount of money",
    "name": "A person’s name",
    "email": "An email address",
    "phone": "A phone number",
    "address": "A postal address",
    "map-location": "A place, in words or on a map",
    "list": "Add another: the same questions for each of several",
    "declaration": "A statement to agree to",
    "national-insurance-number": "A National Insurance number",
    "vehicle-registration": "A vehicle registration",
}
"""The types of questions, as the menu names them."""
IN_LISTS = tuple(
    name for name in TYPES if name not in {"address", "checkboxes", "map-location", "list", "declaration"}
)
SETTING_TYPES: Mapping[str, str] = {
    "integer": "A whole number",
    "number": "A number with decimals",
    "money": "An amount of money",
    "boolean": "Yes or no",
    "text": "Words that residents read",
    "email": "An email address",
    "phone": "A phone number",
    "url": "A web address",
    "options": "A list of options",
}

ABOUT = (
    Input("name", "Name of the service", read=True, ours=True),
    Input("id", "Short name", IDENTIFIER, "Small letters, digits and hyphens. It is part of the service’s web address."),
    Input("version", "Version", hint="Major, minor and patch, for example 1.2.0. Publishing tells you where it says too little."),
    Input("lgsl", "LGSL number", WHOLE, "Which service this is, in the national list of services."),
    Input("lgil", "LGIL number", WHOLE, "Which interaction: 0 is applying, 8 finding information, 17 reporting, for example."),
    Input("languages", "The service is written in Welsh, too", WELSH),
    Input("retention_days", "Days that a closed case is kept", WHOLE, default=730),
    Input("journey_hours", "Hours that an unfinished form is kept", WHOLE, default=24),
)  # fmt: skip
START = (
    Input("start.intro", "What the service is for", WORDS, read=True, ours=True),
    Input("start.need", "What people need to have at hand", LINES, "One to a line.", read=True),
    Input("start.time", "Minutes that it takes", WHOLE),
)
END = (
    Input("case.summary", "One line that sums up a case", hint="Show answers as {{ answers.name }}.", read=True, ours=True),
    Input("case.contact.name", "Which question gives the person’s name", CHOICE),
    Input("case.contact.email", "Which question gives their email address", CHOICE),
    Input("case.contact.phone", "Which question gives their phone number", CHOICE),
    Input("case.location", "Which question says where it is", CHOICE),
    Input("case.target_working_days", "Working days until it should be done", TARGET,
          "A number, a setting such as settings.return_within_days, or CEL."),
    Input("confirmation.body", "What happens next", WORDS, "Shown when the form is sent. Markdown: paragraphs, lists, links.",
          read=True, ours=True),
)  # fmt: skip
PAGE = (
    Input("question", "Question", read=True, ours=True),
    Input("hint", "Hint", read=True, ours=True),
    Input(
        "body",
        "Text before the questions",
        WORDS,
        "Markdown: paragraphs, lists, links.",
        read=True,
        ours=True,
    ),
    Input("when", "When is this page shown?", CONDITION),
    Input("id", "Short name", IDENTIFIER, "Small letters, digits and hyphens."),
    Input("place", "Councils may ask questions of their own after this page", PLACE),
)
EXIT = (
    Input("question", "Heading", read=True, ours=True),
    Input("body", "Why it ends here, and what to do next", WORDS, "Markdown: paragraphs, lists, links.", read=True, ours=True),
    Input("when", "Whose journey ends here?", CONDITION),
    Input("counts_as", "How does it count?", CHOICE, default="ineligible",
          choices=(("ineligible", "The person cannot use this service"), ("elsewhere", "The person belongs with another body"))),
    Input("hint", "Hint", read=True, ours=True),
    Input("id", "Short name", IDENTIFIER, "Small letters, digits and hyphens."),
)  # fmt: skip
_FIELD = (
    Input("label", "Label", hint="What this box asks for. It may stay empty where the page asks nothing else.", read=True, ours=True),
    Input("hint", "Hint", read=True, ours=True),
)  # fmt: skip
_FIELD_END = (
    Input("missing", "What to say when it is left empty", hint="For example: Enter your account number.", read=True, ours=True),
    Input("optional", "People may leave it empty", TICK, default=False),
    Input("autocomplete", "What browsers may fill in", CHOICE, choices=tuple((one, one) for one in sorted(TOKENS))),
    Input("id", "Short name", IDENTIFIER, "Small letters, digits and underscores. Back offices know the answer by it."),
)  # fmt: skip
_LIMITS = (Input("min", "Least", WHOLE), Input("max", "Most", WHOLE))
_CHOOSING = (Input("options", "Options", OPTIONS, read=True, ours=True),)
_WIDTHS = tuple((str(n), f"{n} characters") for n in (2, 3, 4, 5, 10, 20))
_OF_TYPE: Mapping[str, tuple[Input, ...]] = {
    "text": (
        Input("max_length", "Most characters", WHOLE, default=200),
        Input("width", "Width of the box", CHOICE, choices=_WIDTHS),
        Input(
            "pattern", "Form that it must have", hint="A regular expression. Leave it empty for any words."
        ),
        Input("pattern_message", "What to say when it has another form", read=True, ours=True),
    ),
    "textarea": (
        Input("max_length", "Most characters", WHOLE, default=1000),
        Input("rows", "Lines shown", WHOLE, default=5),
    ),
    "date": (
        Input("past", "Only days before today", TICK, default=False),
        Input("future", "Only days after today", TICK, default=False),
    ),
    "number": (
        Input("min", "Least", DECIMAL),
        Input("max", "Most", DECIMAL),
        Input("decimals", "Decimals", WHOLE, default=0),
        Input("unit", "Unit, shown beside the box", read=True, ours=True),
    ),
    "money": (Input("min", "Least, in pounds", PENCE), Input("max", "Most, in pounds", PENCE)),
    "radios": _CHOOSING,
    "select": _CHOOSING,
    "checkboxes": _CHOOSING,
    "list": (
        Input("item", "What one of them is called", hint="For example: person.", read=True, ours=True),
        Input("min", "Least", WHOLE, default=1),
        Input("max", "Most", WHOLE, default=10),
    ),
    "declaration": (Input("statement", "Statement to agree to", WORDS, read=True, ours=True),),
}
CHECK = (
    Input("require", "What must hold?", CONDITION),
    Input("message", "What to say when it does not", read=True, ours=True),
    Input("field", "Beside which question?", CHOICE),
    Input("id", "Short name", IDENTIFIER, "Small letters, digits and hyphens."),
)
_SETTING = (
    Input("label", "What the council decides", hint="Staff of councils read this."),
    Input("hint", "Hint for councils"),
)
_SETTING_OF_TYPE: Mapping[str, tuple[Input, ...]] = {
    "integer": (Input("default", "Value, if a council says nothing", WHOLE, "Leave it empty where every council must say."), *_LIMITS),
    "number": (Input("default", "Value, if a council says nothing", DECIMAL, "Leave it empty where every council must say."),
               Input("min", "Least", DECIMAL), Input("max", "Most", DECIMAL)),
    "money": (Input("default", "Pounds, if a council says nothing", PENCE, "Leave it empty where every council must say."),
              Input("min", "Least, in pounds", PENCE, default=0), Input("max", "Most, in pounds", PENCE)),
    "boolean": (Input("default", "If a council says nothing", CHOICE, choices=(("true", "Yes"), ("false", "No"))),),
    "text": (Input("default", "Words, if a council says nothing", read=True), Input("max_length", "Most characters", WHOLE, default=500)),
    "options": (Input("default", "Options, if a council names none", OPTIONS, read=True),
                Input("min", "Least options", WHOLE, default=1), Input("max", "Most options", WHOLE, default=60)),
}  # fmt: skip
_PLAIN_WORDS = (
    Input("default", "Value, if a council says nothing"),
    Input("max_length", "Most characters", WHOLE, default=500),
)
EXAMPLE = (
    Input("name", "What happens in it"),
    Input(
        "applies",
        "Which councils is it for?",
        CONDITION,
        "Every council plays the example, or those with these settings.",
    ),
)


def kind_of(where: Path) -> str:
    """What stands at a path of the editor: about, start, end, page, field, column, check, setting or example; '' for none."""
    match where:
        case ("about" | "start" | "end" as one,):
            return str(one)
        case ("pages", int()):
            return "page"
        case ("pages", int(), "fields", int()):
            return "field"
        case ("pages", int(), "fields", int(), "fields", int()):
            return "column"
        case ("pages", int(), "checks", int()):
            return "check"
        case ("settings", str()):
            return "setting"
        case ("examples", int()):
            return "example"
    return ""


def inputs_of(edit: Edit, where: Path) -> tuple[Input, ...]:
    """The questions of a part's form, as far as its type goes."""
    kind = kind_of(where)
    part = edit.at(where) or {}
    named = str(part.get("type", "")) if isinstance(part, dict) else ""
    if kind in {"field", "column"}:
        return (*_FIELD, *_OF_TYPE.get(named, ()), *_FIELD_END)
    if kind == "setting":
        short = Input(
            "id",
            "Short name",
            IDENTIFIER,
            "Small letters, digits and underscores. Conditions and texts name it.",
        )
        return (*_SETTING, *_SETTING_OF_TYPE.get(named, _PLAIN_WORDS), short)
    if kind == "page":
        return EXIT if part.get("exit") else PAGE
    return {"about": ABOUT, "start": START, "end": END, "check": CHECK, "example": EXAMPLE}.get(kind, ())


def parts_of(edit: Edit) -> list[Path]:
    """Every part that has a form, in the order of the journey."""
    found: list[Path] = [("about",), ("start",)]
    found += [("settings", name) for name in edit.at(("settings",)) or {}]
    for i, page in enumerate(edit.pages):
        found.append(("pages", i))
        for j, field in enumerate(page.get("fields") or ()):
            found.append(("pages", i, "fields", j))
            found += [("pages", i, "fields", j, "fields", k) for k in range(len(field.get("fields") or ()))]
        found += [("pages", i, "checks", j) for j in range(len(page.get("checks") or ()))]
    found.append(("end",))
    return [*found, *(("examples", i) for i in range(len(edit.data(EXAMPLES) or ())))]


def file_path(where: Path) -> Path:
    """Where a part of the editor stands in its file: `about`, `start` and `end` are the file itself."""
    if kind_of(where) in {"about", "start", "end"}:
        return ()
    return where[1:] if where[0] == "examples" else where
