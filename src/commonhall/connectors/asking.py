"""What a mapping asks of a back office, and what comes back: shared by all that follow mappings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import BaseModel

from commonhall.connectors.dialect import as_text
from commonhall.connectors.http import storable
from commonhall.connectors.templates import Template, Unfilled, Where, compile_template
from commonhall.engine.back_office import DeliveryFailed

LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer: `values` as templates see it; `failure` says what it means where it is no acceptance."""

    status: int
    values: Mapping[str, Any]
    failure: DeliveryFailed | None = None


class Asker(Protocol):
    """Makes a request of a filled `ask`. Raises `DeliveryFailed` where there is no answer."""

    async def __call__(self, request: Mapping[str, Any], key: str = "") -> Answered:
        """`key` is for a request that must not be done twice; one that only asks has none."""
        ...


@dataclass(slots=True)
class MappingCompiler:
    """Compiles the templates of a mapping and collects what is wrong in them."""

    faults: list[str] = field(default_factory=list)

    def make(self, where: Where, tree: Any, variables: tuple[str, ...]) -> Template | None:
        """A template, or None where there is nothing."""
        return None if tree is None else self.need(where, tree, variables)

    def need(self, where: Where, tree: Any, variables: tuple[str, ...]) -> Template:
        """A template that must be there."""
        return self._compile(where, tree, variables, {})

    def ask(self, where: Where, ask: BaseModel, variables: tuple[str, ...]) -> Template:
        """A request; its model says by `SPELT`, if it has that, how values are written in its texts."""
        return self._compile(where, ask.model_dump(exclude_none=True), variables, getattr(ask, "SPELT", {}))

    def _compile(
        self, where: Where, tree: Any, variables: tuple[str, ...], spelt: Mapping[str, Any]
    ) -> Template:
        template, faults = compile_template(tree, variables, spelt)
        self.faults += [f"{'.'.join(map(str, (*where, *one.where)))}: {one.message}" for one in faults]
        return template


def filled(template: Template, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """A request, filled. Raises `DeliveryFailed` where something for it is missing: the case waits for a better mapping."""
    try:
        found: Mapping[str, Any] = template.fill(values)
    except Unfilled as why:
        raise DeliveryFailed(f"the mapping cannot be filled: {why}") from None
    return found


def later(failure: DeliveryFailed) -> DeliveryFailed:
    """A question that failed says nothing against the case."""
    return DeliveryFailed(failure.reason, retry_after=failure.retry_after)


async def looked_up(
    ask: Template, number: Template, values: Mapping[str, Any], asker: Asker, what: str = "it"
) -> str:
    """What a `find` comes to: the back office's number for what it has already, or nothing."""
    answered = await asker(filled(ask, values))
    if answered.failure is not None:
        raise later(answered.failure)
    try:
        return as_number(number.fill({**values, "answer": answered.values}))
    except Unfilled as why:
        words = f"whether the back office has {what} cannot be read in its answer: {why}"
        raise DeliveryFailed(words) from None


def as_number(value: Any) -> str:
    """A back office's number as we keep it; nothing where it is no number and no word."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return storable(as_text(value).strip())[:LONGEST_ID]
