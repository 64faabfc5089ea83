"""A service that asks every type of question, alone on a page, beside others and in a list."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import yaml

from commonhall.casework.sites import Brand, Site
from commonhall.engine.adoption import Adopter, adopt
from commonhall.engine.definition import ServiceDefinition
from commonhall.engine.package import Adopted
from commonhall.engine.reader import read_service
from commonhall.engine.texts import texts_of
from commonhall.engine.working_days import load_calendars

OPTIONS = "options: [{code: red, label: Red, hint: Like a rose}, {code: blue, label: Blue}]"

ALONE = f"""\
  - {{id: words, question: What is it?, hint: One line, fields: [{{id: words, type: text, max_length: 20}}]}}
  - id: story
    question: What happened?
    fields: [{{id: story, type: textarea, hint: As much as you like}}]
  - id: email
    question: What is your email address?
    body: "We write **once**, see [how](https://example.org/)."
    fields: [{{id: email, type: email}}]
  - {{id: phone, question: What is your phone number?, fields: [{{id: phone, type: phone, optional: true}}]}}
  - {{id: name, question: What is your name?, fields: [{{id: name, type: name}}]}}
  - {{id: home, question: Where do you live?, hint: In full, fields: [{{id: home, type: address}}]}}
  - id: born
    question: When were you born?
    fields: [{{id: born, type: date, past: true, autocomplete: bday}}]
    checks: [{{id: young, require: "years(answers.born, today) < 130", message: Enter a later date}}]
  - id: count
    question: How many are there?
    hint: About
    fields: [{{id: count, type: number, unit: bags, hint: Count them, min: 1}}]
  - {{id: price, question: What did it cost?, fields: [{{id: price, type: money}}]}}
  - id: nino
    question: What is your National Insurance number?
    fields: [{{id: nino, type: national-insurance-number}}]
  - id: car
    question: What is your car’s registration number?
    fields: [{{id: car, type: vehicle-registration}}]
  - {{id: colour, question: Which colour is it?, fields: [{{id: colour, type: radios, {OPTIONS}}}]}}
  - {{id: shade, question: Which shade is it?, fields: [{{id: shade, type: select, {OPTIONS}}}]}}
  - id: none-left
    exit: true
    when: answers.shade == 'blue'
    question: There is nothing blue for {{{{ answers.name }}}}
    body: "You said: {{{{ answers.story }}}}"
  - {{id: colours, question: Which colours are there?, fields: [{{id: colours, type: checkboxes, {OPTIONS}}}]}}
  - {{id: where, question: Where is it?, hint: Near enough, fields: [{{id: where, type: map-location}}]}}
  - id: people
    question: Who was there?
    hint: Everybody
    fields:
      - id: people
        type: list
        item: person
        max: 3
        fields:
          - {{id: name, type: name, label: Name}}
          - {{id: born, type: date, label: Date of birth, optional: true}}
          - {{id: tall, type: number, label: Height, unit: cm, decimals: 1, optional: true}}
          - {{id: paid, type: money, label: Paid, optional: true}}
          - {{id: colour, type: radios, label: Colour, {OPTIONS}}}
          - {{id: shade, type: select, label: Shade, optional: true, {OPTIONS}}}
          - {{id: note, type: textarea, label: Note, hint: In short, optional: true}}
          - {{id: email, type: email, label: Email address, optional: true}}
  - id: agree
    question: Do you agree?
    fields: [{{id: agree, type: declaration, statement: I agree to all of it}}]
"""

TOGETHER = f"""\
  - id: together
    question: Tell us the rest
    hint: All of it
    fields:
      - {{id: b_words, type: text, label: Words, hint: Any, width: 5}}
      - {{id: b_story, type: textarea, label: Story}}
      - {{id: b_home, type: address, label: Other address, optional: true}}
      - {{id: b_born, type: date, label: Other date}}
      - {{id: b_price, type: money, label: Price}}
      - {{id: b_colour, type: radios, label: Colour, {OPTIONS}}}
      - {{id: b_shade, type: select, label: Shade, {OPTIONS}}}
      - {{id: b_colours, type: checkboxes, label: Colours, optional: true, {OPTIONS}}}
      - {{id: b_where, type: map-location, label: Place}}
      - {{id: b_agree, type: declaration, label: Agreement, statement: I agree again}}
"""

HEAD = """\
id: everything
version: 1.0.0
name: Ask everything
lgsl: 1
lgil: 8
languages: [en, cy]
start: {intro: "We ask *everything*.", need: [time, patience], time: 30}
pages:
"""
TAIL = """\
places: [{id: end, after: together}]
wording: [confirmation.body, start.intro]
case: {summary: "All of {{ answers.name }}", contact: {name: name, email: email}, location: home}
confirmation: {body: "We have told {{ answers.name }} <at> {{ answers.email }}."}
"""
GATE = [
    {"code": "yes", "label": {"en": "Yes", "cy": "Oes"}},
    {"code": "no", "label": {"en": "No", "cy": "Nac oes"}},
]
EXAMPLE = "[{name: Nobody, today: 2026-03-10, answers: {}, ends: submitted}]"

ANSWERS: Mapping[str, Any] = {
    "words": "Fish & chips",
    "story": "First.\nThen <b>more</b>.",
    "email": "sam@example.com",
    "phone": "01632 960 001",
    "name": "Sam \"Sammy\" O'Neill",
    "home": {"line1": "1 High Street", "line2": "Flat <2>", "town": "Solihull", "postcode": "B91 3QT"},
    "born": "1980-02-29",
    "count": 7,
    "price": 1250,
    "nino": "AB123456C",
    "car": "AB12CDE",
    "colour": "red",
    "shade": "red",
    "colours": ["red", "blue"],
    "where": {"description": "By the <gate>", "postcode": "B91 3QT", "lat": 52.4, "long": -1.78},
    "people": [
        {"name": "Ann", "born": "2001-01-01", "tall": 170.5, "paid": 100, "colour": "red", "shade": "blue", "note": "a\nb", "email": "ann@example.com"},
        {"name": "Bob", "colour": "blue"},
    ],
    "agree": True,
    "b_words": "more",
    "b_story": "and more",
    "b_home": {"line1": "2 Low Street", "line2": "Above", "town": "Derby", "postcode": "DE1 1AA"},
    "b_born": "1999-12-31",
    "b_price": 5,
    "b_colour": "blue",
    "b_shade": "blue",
    "b_colours": ["blue"],
    "b_where": {"description": "There", "postcode": "DE1 1AA", "lat": 53.0, "long": -1.5},
    "b_agree": True,
    "local.gate": "yes",
}  # fmt: skip


def in_welsh(service: str) -> str:
    """A `cy.yaml` for a service: each English text with a word before it."""
    tree: dict[str, Any] = {}
    for text in texts_of(ServiceDefinition.model_validate(yaml.load(service, yaml.CSafeLoader))):
        *steps, last = text.key.split(".")
        spot = tree
        for step in steps:
            if isinstance(spot.get(step), str):
                spot[step] = {"label": spot[step]}
            spot = spot.setdefault(step, {})
        spot[last] = f"Cymraeg {text.text}"
    tree["start"]["need"] = list(tree["start"]["need"].values())
    return str(yaml.safe_dump(tree, allow_unicode=True))


@cache
def everything(body: str = "") -> Adopted:
    """The service as a council runs it that adds a question of its own; `body` replaces what happens next."""
    calendars = load_calendars()
    service = HEAD + ALONE + TOGETHER + TAIL
    files = {
        "service.yaml": service,
        "cy.yaml": in_welsh(service),
        "journeys.yaml": EXAMPLE,
        "CHANGELOG.md": "1.0.0",
    }
    gate = {
        "id": "gate",
        "question": {"en": "Is there a gate?", "cy": "Oes giât?"},
        "fields": [
            {"id": "gate", "type": "radios", "options": GATE}
        ],
    }  # fmt: skip
    choices: dict[str, Any] = {
        "service": "everything",
        "version": "1.0.0",
        "extra_questions": [{"place": "end", "page": gate}],
    }
    if body:
        choices["wording"] = {
            language: {"confirmation.body": body, "start.intro": body} for language in ("en", "cy")
        }
    return adopt(read_service(files, calendars), choices, Adopter("England", ("en", "cy")), calendars)


def site(*services: Adopted, languages: tuple[str, ...] = ("en", "cy"), **changed: Any) -> Site:
    """A made-up council’s site."""
    parts: dict[str, Any] = {
        "council": "borchester",
        "gss": "E07000999",
        "name": {"en": "Borchester & District Council", "cy": "Cyngor Borchester"},
        "nation": "England",
        "host": "borchester.example",
        "languages": languages,
        "brand": Brand({"en": "Borchester", "cy": "Borchester"}, "#5b2a66", "#8cbf3f"),
        "phone": "01632 960 999",
        "homepage_url": "https://borchester.example.org/",
        "services": services,
        "demonstration": False,
        **changed,
    }
    return Site(**parts)
