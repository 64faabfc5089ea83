"""A council's file: its site, its connectors and what it adopts, read with places and remedies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from commonhall.catalogue.packages import read_text
from commonhall.engine.adoption import Adopter, adopt
from commonhall.engine.colours import LEAST_CONTRAST, contrast
from commonhall.engine.definition import Language, PageId, Part
from commonhall.engine.examples import play_adopted
from commonhall.engine.furniture import Furniture, SiteLink, furniture_faults
from commonhall.engine.package import Adopted, Service
from commonhall.engine.problems import Problem, ServiceRefused
from commonhall.engine.reader import shape_problems
from commonhall.engine.source import Source, Where, did_you_mean, read_yaml
from commonhall.engine.working_days import Calendar


def _a_map(given: Any) -> Any:
    if not isinstance(given, dict):
        raise PydanticCustomError("not_a_map", "this must be a map of names and values")
    return given


Unrepeated = Annotated[dict[str, Any], BeforeValidator(_a_map)]
"""A map whose content no message repeats, since it may be a secret."""
HostName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)*$", max_length=253)]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]


class BrandFile(Part):
    """How the council's pages look."""

    logo_text: dict[Language, str]
    colour: Colour
    accent: Colour


class ContactFile(Part):
    """How to reach the council."""

    phone: str


class LinkFile(Part):
    """A link to a page of the council's own website: one address, or one for each language."""

    label: dict[Language, str]
    url: str | dict[Language, str]


class FurnitureFile(Part):
    """What of the council's own website stands around its pages; `stylesheet` is CSS, as it is."""

    menu: list[LinkFile] = []
    crumbs: list[LinkFile] = []
    footer_text: dict[Language, str] = {}
    leads_home: bool = False
    stylesheet: str = ""

    def as_furniture(self) -> Furniture:
        """As the rest of the house knows it."""
        return Furniture(
            _links(self.menu),
            _links(self.crumbs),
            {str(language): words for language, words in self.footer_text.items()},
            self.leads_home,
            self.stylesheet.rstrip(),
        )


def _links(links: list[LinkFile]) -> tuple[SiteLink, ...]:
    return tuple(
        SiteLink(
            {str(language): words for language, words in link.label.items()},
            {"en": link.url}
            if isinstance(link.url, str)
            else {str(code): url for code, url in link.url.items()},
        )
        for link in links
    )


class ConnectorFile(Part):
    """A way to a back office; which settings it needs, its kind says."""

    id: PageId
    kind: str
    settings: Unrepeated = {}
    secrets: Unrepeated = {}


class CouncilFile(Part):
    """A council's file."""

    council: str
    languages: list[Language] = Field(min_length=1)
    name: dict[Language, str] = {}
    host: HostName | None = None
    demonstration: bool = False
    brand: BrandFile
    contact: ContactFile
    furniture: FurnitureFile = FurnitureFile()
    connectors: list[ConnectorFile] = []
    adoptions: list[dict[str, Any]] = []


_FILE = TypeAdapter(CouncilFile)
_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")


ConnectorFaults = Callable[[str, Mapping[str, Any], Mapping[str, Any]], Iterable[tuple[Where, str]]]
"""What is wrong with a connector's (kind, settings, secrets): where within it, and what, without any secret."""


@dataclass(frozen=True, slots=True)
class CouncilPlan:
    """A council's file, read and compiled, ready to be stored; `source` knows where each part was written."""

    file: CouncilFile
    adopted: tuple[Adopted, ...]
    source: Source


def read_council(
    path: Path,
    services: Mapping[str, Service],
    nation_of: Mapping[str, str],
    calendars: Mapping[str, Calendar],
    variables: Mapping[str, str],
    connector_faults: ConnectorFaults | None = None,
) -> CouncilPlan:
    """Read a council's file, fill `${NAME}` from `variables`, and compile what it adopts.

    `services` are by 'id version'; `nation_of` maps the councils there are to their nations;
    `connector_faults` knows the kinds of connector. Raises `ServiceRefused` with every problem.
    """
    source, problems = read_yaml(path.name, read_text(path, path.name))
    if problems and source.data is None:
        raise ServiceRefused(tuple(problems))
    source = replace(source, data=_filled(source.data, variables, source, (), problems))
    try:
        file = _FILE.validate_python(source.data)
    except ValidationError as error:
        raise ServiceRefused((*problems, *shape_problems(error, source, root=CouncilFile))) from None
    problems += _site_problems(file, nation_of, source)
    problems += _furniture_problems(file, source)
    problems += _connector_problems(file, connector_faults, source)
    adopter = Adopter(nation_of.get(file.council, "England"), tuple(file.languages))
    adopted = []
    for i in range(len(file.adoptions)):
        made = _adopted(file, i, services, adopter, calendars, source, problems)
        if made is not None:
            adopted.append(made)
    if problems:
        raise ServiceRefused(tuple(sorted(set(problems))))
    return CouncilPlan(file, tuple(adopted), source)


def _site_problems(file: CouncilFile, nation_of: Mapping[str, str], source: Source) -> list[Problem]:
    """What is wrong with the council itself, its languages and its brand."""
    problems = []
    if file.council not in nation_of:
        remedy = did_you_mean(file.council, nation_of)
        problems.append(source.problem(("council",), f"there is no council '{file.council}'", remedy))
    if "en" not in file.languages:
        problems.append(source.problem(("languages",), "'en' is missing", "every site speaks English, too"))
    problems += _doubles(file.languages, "language", ("languages",), (), source)
    for language in file.languages:
        if language not in file.brand.logo_text:
            message = f"the logo text has no '{language}'"
            remedy = f"the council offers {language}: add it"
            problems.append(source.problem(("brand", "logo_text"), message, remedy))
    if contrast(file.brand.colour, "#ffffff") < LEAST_CONTRAST:
        ratio = f"{contrast(file.brand.colour, '#ffffff'):.1f}"
        message = f"white text on {file.brand.colour} has a contrast of {ratio}, and needs {LEAST_CONTRAST}"
        problems.append(source.problem(("brand", "colour"), message, "choose a darker colour"))
    return problems


def _furniture_problems(file: CouncilFile, source: Source) -> Iterator[Problem]:
    for part, fault in furniture_faults(file.furniture.as_furniture(), tuple(file.languages)):
        name, *steps = part.split("-")
        where: Where = ("furniture", name)
        if name in {"menu", "crumbs"}:
            number, what, language = int(steps[0]), steps[1], steps[2]
            links = file.furniture.menu if name == "menu" else file.furniture.crumbs
            one_address = what == "url" and number < len(links) and isinstance(links[number].url, str)
            where = (*where, number, what) if one_address else (*where, number, what, language)
        elif steps:
            where = (*where, *steps)
        yield source.problem(
            where, fault[:1].lower() + fault[1:], "see docs/embedding.md for what may stand there"
        )


def _connector_problems(file: CouncilFile, faults: ConnectorFaults | None, source: Source) -> list[Problem]:
    names = [connector.id for connector in file.connectors]
    problems = _doubles(names, "connector", ("connectors",), ("id",), source)
    for i, connector in enumerate(file.connectors):
        for where, fault in faults(connector.kind, connector.settings, connector.secrets) if faults else ():
            message = f"the connector '{connector.id}': {fault}"
            remedy = f"see the README of the connector {connector.kind}"
            problems.append(source.problem(("connectors", i, *where), message, remedy))
    return problems


def _doubles(names: Iterable[str], what: str, where: Where, inside: Where, source: Source) -> list[Problem]:
    """What stands a second time in the list at `where`; `inside` is where its name is within an entry."""
    listed = list(names)
    return [
        source.problem((*where, i, *inside), f"the {what} '{name}' stands twice", "keep one")
        for i, name in enumerate(listed)
        if name in listed[:i]
    ]


def _adopted(
    file: CouncilFile, index: int, services: Mapping[str, Service], adopter: Adopter,
    calendars: Mapping[str, Calendar], source: Source, problems: list[Problem],
) -> Adopted | None:  # fmt: skip
    """One adoption, compiled; what is wrong with it goes to `problems`."""
    choices, where = file.adoptions[index], ("adoptions", index)
    service = _service(choices, services, where, source, problems)
    if service is None:
        return None
    if any(choices["service"] == other.get("service") for other in file.adoptions[:index]):
        message = f"the service '{service.id}' is adopted twice"
        problems.append(source.problem((*where, "service"), message, "keep one"))
    try:
        made = adopt(service, choices, adopter, calendars, source, where)
    except ServiceRefused as refused:
        problems += refused.problems
        return None
    connectors = {connector.id for connector in file.connectors}
    if made.choices.connector is not None and made.choices.connector not in connectors:
        message = f"there is no connector '{made.choices.connector}'"
        remedy = did_you_mean(made.choices.connector, connectors)
        problems.append(source.problem((*where, "connector"), message, remedy))
    problems += _examples(made, source, index)
    return made


def _service(
    choices: Mapping[str, Any], services: Mapping[str, Service], where: Where, source: Source,
    problems: list[Problem],
) -> Service | None:  # fmt: skip
    """The package that an adoption names; why there is none goes to `problems`."""
    absent = [key for key in ("service", "version") if choices.get(key) is None]
    if absent:
        problems += [source.problem((*where, key), f"'{key}' is missing", "add it") for key in absent]
        return None
    name, version = choices["service"], choices["version"]
    found = services.get(f"{name} {version}")
    if found is not None:
        return found
    versions = sorted(service.version for service in services.values() if service.id == name)
    if versions:
        message, remedy = f"there is no version {version} of '{name}'", f"there are: {', '.join(versions)}"
        problems.append(source.problem((*where, "version"), message, remedy))
    else:
        remedy = did_you_mean(str(name), [service.id for service in services.values()])
        problems.append(source.problem((*where, "service"), f"there is no service '{name}'", remedy))
    return None


def _examples(adopted: Adopted, source: Source, index: int) -> list[Problem]:
    """The service's own examples, played with this council's choices."""
    return [
        source.problem(
            ("adoptions", index),
            f"with these choices the example '{played.example}' fails: {fault}",
            "change the choices, or tell the maintainer",
        )
        for played in play_adopted(adopted)
        for fault in played.faults
    ]


def _filled(
    data: Any,
    variables: Mapping[str, str],
    source: Source,
    where: tuple[str | int, ...],
    problems: list[Problem],
) -> Any:
    if isinstance(data, dict):
        return {
            key: _filled(value, variables, source, (*where, key), problems) for key, value in data.items()
        }
    if isinstance(data, list):
        return [_filled(value, variables, source, (*where, i), problems) for i, value in enumerate(data)]
    if not isinstance(data, str):
        return data

    def stands_for(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in variables:
            remedy = did_you_mean(name, variables) if variables else f"give it with --set {name}=value"
            problems.append(source.problem(where, f"nothing is known as ${{{name}}}", remedy))
        return variables.get(name, "")

    return _VARIABLE.sub(stands_for, data)
