"""A council's file: its site, its connectors and what it adopts, read with places and remedies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from commonhall.engine.adoption import Adopter, adopt
from commonhall.engine.definition import Language, PageId, Part
from commonhall.engine.examples import play_adopted
from commonhall.engine.package import Adopted, Service
from commonhall.engine.problems import Problem, ServiceRefused
from commonhall.engine.reader import shape_problems
from commonhall.engine.source import Source, did_you_mean, read_yaml
from commonhall.engine.working_days import Calendar

Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
LEAST_CONTRAST = 4.5
"""WCAG 2.2 success criterion 1.4.3, for text of ordinary size."""


class BrandFile(Part):
    """How the council's pages look."""

    logo_text: dict[Language, str]
    colour: Colour
    accent: Colour


class ContactFile(Part):
    """How to reach the council."""

    phone: str


class ConnectorFile(Part):
    """A way to a back office; which settings it needs, its kind says."""

    id: PageId
    kind: str
    settings: dict[str, Any] = {}
    secrets: dict[str, Any] = {}


class CouncilFile(Part):
    """A council's file."""

    council: str
    languages: list[Language] = Field(min_length=1)
    name: dict[Language, str] = {}
    host: str | None = None
    demonstration: bool = False
    brand: BrandFile
    contact: ContactFile
    connectors: list[ConnectorFile] = []
    adoptions: list[dict[str, Any]] = []


_FILE = TypeAdapter(CouncilFile)
_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class CouncilPlan:
    """A council's file, read and compiled, ready to be stored."""

    file: CouncilFile
    adopted: tuple[Adopted, ...]


def read_council(
    path: Path,
    services: Mapping[str, Service],
    nation_of: Mapping[str, str],
    calendars: Mapping[str, Calendar],
    variables: Mapping[str, str],
) -> CouncilPlan:
    """Read a council's file, fill `${NAME}` from `variables`, and compile what it adopts.

    `nation_of` maps the councils there are to their nations. Raises `ServiceRefused` with every problem.
    """
    source, problems = read_yaml(path.name, path.read_text("utf-8"))
    if problems and source.data is None:
        raise ServiceRefused(tuple(problems))
    source = Source(
        source.file, _filled(source.data, variables, source, (), problems), source.values, source.keys
    )
    try:
        file = _FILE.validate_python(source.data)
    except ValidationError as error:
        raise ServiceRefused((*problems, *shape_problems(error, source))) from None
    if file.council not in nation_of:
        remedy = did_you_mean(file.council, nation_of)
        problems.append(source.problem(("council",), f"there is no council '{file.council}'", remedy))
    if contrast(file.brand.colour, "#ffffff") < LEAST_CONTRAST:
        ratio = f"{contrast(file.brand.colour, '#ffffff'):.1f}"
        message = f"white text on {file.brand.colour} has a contrast of {ratio}, and needs {LEAST_CONTRAST}"
        problems.append(source.problem(("brand", "colour"), message, "choose a darker colour"))
    connectors = {connector.id for connector in file.connectors}
    adopter = Adopter(nation_of.get(file.council, "England"), tuple(file.languages))
    adopted = []
    for i, choices in enumerate(file.adoptions):
        service = services.get(f"{choices.get('service')} {choices.get('version')}")
        if service is None:
            known = [key.replace(" ", " at version ") for key in services]
            message = f"there is no service '{choices.get('service')}' at version {choices.get('version')}"
            problems.append(
                source.problem(("adoptions", i), message, f"there are: {', '.join(sorted(known))}")
            )
            continue
        try:
            made = adopt(service, choices, adopter, calendars, source, ("adoptions", i))
        except ServiceRefused as refused:
            problems += refused.problems
            continue
        if made.choices.connector is not None and made.choices.connector not in connectors:
            message = f"there is no connector '{made.choices.connector}'"
            remedy = did_you_mean(made.choices.connector, connectors)
            problems.append(source.problem(("adoptions", i, "connector"), message, remedy))
        problems += _examples(made, source, i)
        adopted.append(made)
    if problems:
        raise ServiceRefused(tuple(sorted(set(problems))))
    return CouncilPlan(file, tuple(adopted))


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

    def replace(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in variables:
            problems.append(
                source.problem(where, f"nothing is known as ${{{name}}}", did_you_mean(name, variables))
            )
        return variables.get(name, "")

    return _VARIABLE.sub(replace, data)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (#rrggbb), from 1 to 21, by WCAG's definition of relative luminance."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
