"""A service with something of everything, to change one word of at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from commonhall.engine.adoption import Adopter, adopt
from commonhall.engine.package import Adopted, Service
from commonhall.engine.problems import Problem, ServiceRefused
from commonhall.engine.reader import read_service
from commonhall.engine.working_days import Calendar, load_calendars

CALENDARS: Mapping[str, Calendar] = load_calendars()
TODAY = date(2026, 3, 10)

SERVICE = """\
id: allotment
version: 1.2.0
name: Apply for an allotment
lgsl: 572
lgil: 8
languages: [en, cy]
start:
  intro: Apply for a plot. We answer in {{ settings.answer_days }} working days.
  need: [your address]
settings:
  answer_days: {type: integer, min: 1, max: 20, default: 5, label: Working days to answer}
  rent: {type: money, default: 3500, label: Rent for a year}
  sites:
    type: options
    label: Sites
    default:
      - {code: north, label: North field}
      - {code: south, label: South field}
  office: {type: text, default: the town hall, label: Where to ask}
pages:
  - id: home
    question: What is your address?
    fields: [{id: home, type: address}]
  - id: born
    question: What is your date of birth?
    fields: [{id: born, type: date, past: true}]
    checks:
      - {id: alive, require: "years(answers.born, today) < 130", message: Enter a later date}
  - id: too-young
    exit: true
    when: years(answers.born, today) < 18
    question: You cannot rent a plot yet
    body: Come back when you are 18, or ask at {{ settings.office }}.
  - id: site
    question: Which site would you like?
    fields: [{id: site, type: radios, options: settings.sites}]
  - id: size
    question: How big a plot?
    when: answers.site == 'north'
    fields:
      - {id: size, type: number, min: 25, max: 250, unit: square metres, label: Size of plot}
  - id: helpers
    question: Who will help you?
    fields:
      - id: helpers
        type: list
        item: Helper
        optional: true
        max: 3
        fields:
          - {id: name, type: name, label: Name}
          - {id: age, type: number, label: Age, optional: true}
  - id: contact
    question: How can we contact you?
    fields:
      - {id: name, type: name, label: Full name}
      - {id: email, type: email, label: Email address, optional: true}
places:
  - {id: before-contact, after: helpers}
wording: [start.intro, pages.too-young.body, pages.contact.question]
case:
  summary: Plot at {{ answers.site }} for {{ answers.name }}
  target_working_days: settings.answer_days
  contact: {name: name, email: email}
  location: home
confirmation:
  body: We have written to {{ answers.email }}.
"""

WELSH = """\
name: Gwneud cais am randir
start:
  intro: Gwnewch gais am randir. Byddwn yn ateb o fewn {{ settings.answer_days }} diwrnod gwaith.
  need: [eich cyfeiriad]
settings:
  sites: {options: {north: Cae’r gogledd, south: Cae’r de}}
  office: {default: neuadd y dref}
pages:
  home: {question: Beth yw eich cyfeiriad?}
  born:
    question: Beth yw eich dyddiad geni?
    checks: {alive: {message: Rhowch ddyddiad diweddarach}}
  too-young:
    question: Ni allwch rentu rhandir eto
    body: Dewch yn ôl pan fyddwch yn 18 oed, neu holwch yn {{ settings.office }}.
  site: {question: Pa safle yr hoffech ei gael?}
  size:
    question: Pa mor fawr?
    fields: {size: {label: Maint y rhandir, unit: metr sgwâr}}
  helpers:
    question: Pwy fydd yn eich helpu?
    fields: {helpers: {item: Cynorthwyydd, fields: {name: {label: Enw}, age: {label: Oedran}}}}
  contact:
    question: Sut gallwn ni gysylltu â chi?
    fields: {name: {label: Enw llawn}, email: {label: Cyfeiriad e-bost}}
case: {summary: "Rhandir yn {{ answers.site }} i {{ answers.name }}"}
confirmation: {body: "Rydym wedi ysgrifennu at {{ answers.email }}."}
"""

EXAMPLES = """\
- name: A grown-up takes a plot in the north
  today: 2026-03-10
  answers:
    home: {line1: 1 High Street, town: Solihull, postcode: B91 3QT}
    born: '1980-02-29'
    site: north
    size: 100
    helpers: null
    name: Sam Jones
    email: sam@example.com
  ends: submitted
  path: [home, born, site, size, helpers, contact]
  target_on: 2026-03-17
  summary: Plot at North field for Sam Jones
- name: A child
  today: 2026-03-10
  answers:
    home: {line1: 1 High Street, town: Solihull, postcode: B91 3QT}
    born: '2015-01-01'
  ends: too-young
"""

ANSWERS: Mapping[str, Any] = {
    "home": {"line1": "1 High Street", "town": "Solihull", "postcode": "B91 3QT"},
    "born": "1980-02-29",
    "site": "north",
    "size": 100,
    "helpers": None,
    "name": "Sam Jones",
    "email": "sam@example.com",
}


def files(service: str = SERVICE, welsh: str = WELSH, examples: str = EXAMPLES) -> dict[str, str]:
    """The files of the package."""
    return {
        "service.yaml": service,
        "cy.yaml": welsh,
        "journeys.yaml": examples,
        "CHANGELOG.md": "## 1.2.0\n\nAsk for helpers.\n",
    }


def read(*texts: str) -> Service:
    """The service from these texts. Raises `ServiceRefused`."""
    return read_service(files(*texts), CALENDARS)


def faults(given: Mapping[str, str]) -> list[Problem]:
    """What is wrong with a package; nothing, where it is right."""
    try:
        read_service(given, CALENDARS)
    except ServiceRefused as refused:
        return list(refused.problems)
    return []


def edited(text: str, old: str, new: str) -> str:
    """The text with its one `old` replaced."""
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
    return text.replace(old, new)


def one_page(fields: str, *more: str, settings: str = "{}") -> str:
    """A small English service: one page with these fields, and more lines of YAML among the pages."""
    rest = "\n".join(more)
    return f"""\
id: small
version: 1.0.0
name: Small
lgsl: 1
lgil: 8
start: {{intro: Small.}}
settings: {settings}
pages:
  - id: only
    question: What is it?
    fields: {fields}
{rest}
case: {{summary: Small}}
confirmation: {{body: Done.}}
"""


def small(service: str) -> dict[str, str]:
    """The files of a small service."""
    example = "[{name: One, today: 2026-03-10, ends: submitted}]"
    return {"service.yaml": service, "journeys.yaml": example, "CHANGELOG.md": "1.0.0"}


def run(service: Service, *languages: str, nation: str = "England", **choices: Any) -> Adopted:
    """The service as a council runs it."""
    given = {"service": service.id, "version": service.version, **choices}
    return adopt(service, given, Adopter(nation, languages or tuple(service.definition.languages)), CALENDARS)


def run_small(service: str, nation: str = "England", **choices: Any) -> Adopted:
    """A small service as a council runs it."""
    return run(read_service(small(service), CALENDARS), "en", nation=nation, **choices)
