"""What reading and adopting give: immutable, compiled, and safe to share between requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from commonhall.engine.choices import Choices
from commonhall.engine.definition import Example, ServiceDefinition
from commonhall.engine.expressions import Dialect, Expression
from commonhall.engine.fields.base import CompiledField
from commonhall.engine.texts import Texts


@dataclass(frozen=True, slots=True)
class CompiledCheck:
    """A rule of a page: `message` is the key of what to say, beside `field`."""

    require: Expression
    message: str
    field: CompiledField


@dataclass(frozen=True, slots=True)
class CompiledPage:
    """One page, ready to run. `key` is the start of its text keys."""

    id: str
    key: str
    fields: tuple[CompiledField, ...]
    when: Expression | None
    checks: tuple[CompiledCheck, ...]
    exit: bool
    counts_as: str


@dataclass(frozen=True, slots=True)
class Service:
    """A version of a service that has no problems. `digest` names its exact content."""

    definition: ServiceDefinition
    digest: str
    files: Mapping[str, str]
    texts: Mapping[str, Mapping[str, str]]
    dialect: Dialect
    pages: tuple[CompiledPage, ...]
    target: Expression | int | None
    examples: tuple[Example, ...]
    fields: Mapping[str, CompiledField] = field(default_factory=dict)
    """The fields by id, as the package itself has them."""
    absent: Mapping[str, Any] = field(default_factory=dict)
    """What conditions see of answers that nobody gave: '' for words, [] for lists."""
    holed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By language, the keys of the texts that name a setting or an answer."""

    @property
    def id(self) -> str:
        """The service's id, the same in every version."""
        return self.definition.id

    @property
    def version(self) -> str:
        """The version, as major.minor.patch."""
        return self.definition.version


@dataclass(frozen=True, slots=True)
class Adopted:
    """A service as one council runs it. `digest` names service, choices, nation and languages together."""

    service: Service
    choices: Choices
    nation: str
    languages: tuple[str, ...]
    digest: str
    settings: Mapping[str, Any]
    bound: Mapping[str, Any]
    texts: Texts
    pages: tuple[CompiledPage, ...]
    fields: Mapping[str, CompiledField]

    def page(self, page_id: str) -> CompiledPage | None:
        """The page with this id, if the service has it."""
        return next((page for page in self.pages if page.id == page_id), None)
