"""The JSON Schema of the language (draft 2020-12), so that an editor completes and checks `service.yaml`.

It is generated from the models that the reader itself uses, so it refuses the shapes that the reader refuses.
What names and logic mean, only the reader knows.
"""

from __future__ import annotations

from typing import Any

from commonhall.engine.definition import ServiceDefinition

SCHEMA_ID = "urn:commonhall:schema:service:1"

_SAYS = {
    "id": "A name for logic and the data contract; people never read it, and it stays the same for ever.",
    "version": "The version of the package: major.minor.patch.",
    "name": "What people call the service.",
    "lgsl": "The Local Government Service List code: which service this is.",
    "lgil": "The Local Government Interaction List code: what a person does with it.",
    "languages": "The languages that it is written in: English always, cy where there is a cy.yaml.",
    "retention_days": "Days for which a closed case is kept.",
    "journey_hours": "Hours for which an unfinished journey can be resumed.",
    "start": "The start page.",
    "settings": "What each council decides for itself, by name.",
    "lookups": "Questions that the service asks a council's back office during a journey, by name.",
    "pages": "The pages, in the order in which they are asked.",
    "places": "Where a council may add questions of its own.",
    "wording": "The keys of the texts that a council may change.",
    "case": "What a submitted journey becomes.",
    "confirmation": "What people read once their case is on disk.",
    "intro": "What the service is for, in Markdown.",
    "need": "What to have at hand.",
    "time": "How many minutes it takes.",
    "type": "Which kind it is; the kind decides what else may be said here.",
    "label": "What it is called on the page.",
    "hint": "Help beside it, in one or two sentences.",
    "default": "The value of a council that says nothing. Without one, every council must choose.",
    "min": "The least that is accepted.",
    "max": "The most that is accepted.",
    "max_length": "The most characters that are accepted.",
    "code": "What logic and the data contract know the option by.",
    "question": "The page's question, and its heading.",
    "body": "Text in Markdown: paragraphs, lists, links, bold.",
    "fields": "What is asked here.",
    "when": "A CEL condition: the page is asked only if it holds. It may read settings and earlier answers.",
    "checks": "Rules that the answers must meet.",
    "exit": "Whether the journey ends here, because it cannot go on.",
    "counts_as": "How an exit is counted: `ineligible` is a completed transaction, `elsewhere` is another body's.",
    "require": "A CEL condition that must hold.",
    "message": "What to say, and what to do, where it does not.",
    "field": "Beside which answer the message stands; the page's first where it is not said.",
    "missing": "What to say where a needed answer is empty.",
    "optional": "Whether it may be left empty.",
    "autocomplete": "What a browser may fill in: a token of WCAG 2.2, criterion 1.3.5.",
    "pattern": "A regular expression in RE2's syntax that the whole answer must match.",
    "pattern_message": "What to say where the answer does not match the pattern.",
    "width": "How many characters wide the box is drawn.",
    "rows": "How many lines high the box is drawn.",
    "past": "Whether only days before today are accepted.",
    "future": "Whether only days after today are accepted.",
    "decimals": "How many decimal places are accepted.",
    "unit": "What is counted, written after the number.",
    "options": "The choices: a list of them, or the name of a setting that holds them (settings.containers).",
    "item": "What one of the list is called.",
    "statement": "What the person agrees to, in Markdown.",
    "after": "The page after which the place is.",
    "summary": "The case in one line; it may show answers.",
    "target_working_days": "Working days in which the council means to have done it: a number, or CEL.",
    "contact": "Which fields say how to reach the person.",
    "location": "Which field says where it is: an address or a map location.",
    "email": "The field that holds an email address.",
    "phone": "The field that holds a phone number.",
    "needs": "What the question is asked with: a type of CEL for each name.",
    "gives": "What comes back, as types of CEL.",
}


def language_schema() -> dict[str, Any]:
    """The JSON Schema of `service.yaml`. The same for the same version of Commonhall, key for key."""
    schema = _tidy(ServiceDefinition.model_json_schema())
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "A Commonhall service",
    }
    return {**head, **{key: value for key, value in schema.items() if key not in head}}


def _tidy(node: Any) -> Any:
    """With a description for every key, maps closed to names of the wrong form, and no OpenAPI words."""
    if isinstance(node, list):
        return [_tidy(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {key: _tidy(value) for key, value in node.items() if key != "discriminator"}
    if "patternProperties" in made:
        made.setdefault("additionalProperties", False)
    for name, shape in made.get("properties", {}).items():
        if isinstance(shape, dict) and name in _SAYS:
            shape["description"] = _SAYS[name]
            shape.pop("title", None)
    return made
