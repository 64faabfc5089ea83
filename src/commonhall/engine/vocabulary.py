"""Which words the language knows at a place, so that a remedy can name the nearest."""

from __future__ import annotations

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from commonhall.engine import definition as d
from commonhall.engine.choices import Choices

_ROOTS: dict[str, Any] = {
    "ServiceDefinition": d.ServiceDefinition,
    "list[Example]": list[d.Example],
    "Choices": Choices,
    "Page": d.Page,
}


def root_of(title: str) -> Any:
    """The shape that pydantic calls by this title, or None for a shape that is not the engine's own."""
    return _ROOTS.get(title)


def known_keys(root: Any, where: tuple[str | int, ...], data: Any) -> list[str]:
    """The keys that may stand in the map at `where` of `data`, which has the shape `root`."""
    shape = root
    here = data
    for step in where:
        shape = _below(_chosen(shape, here), step)
        here = here[step]
    return [name for model in _models(_chosen(shape, here)) for name in model.model_fields]


def _chosen(shape: Any, here: Any) -> Any:
    """Of a union whose members carry a `type`, the member that the data name."""
    kind = here.get("type") if isinstance(here, dict) else None
    for model in _models(shape):
        named = model.model_fields.get("type")
        if named is not None and kind in get_args(named.annotation):
            return model
    return shape


def _models(shape: Any) -> list[type[BaseModel]]:
    """The models that a shape may be."""
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        return [shape]
    if get_origin(shape) is Annotated:
        return _models(get_args(shape)[0])
    if get_origin(shape) in {Union, UnionType}:
        return [model for member in get_args(shape) for model in _models(member)]
    return []


def _below(shape: Any, step: str | int) -> Any:
    """The shape of what stands under a key or at an index."""
    if get_origin(shape) is Annotated:
        return _below(get_args(shape)[0], step)
    if get_origin(shape) in {Union, UnionType}:
        return next((found for one in get_args(shape) if (found := _below(one, step)) is not None), None)
    if get_origin(shape) in {list, dict}:
        return get_args(shape)[-1]
    for model in _models(shape):
        if step in model.model_fields:
            return model.model_fields[str(step)].annotation
    return None
