"""The data contract of a service: a JSON Schema of its answers, generated for each version."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from commonhall.engine.package import Adopted, CompiledPage, Service


def service_contract(service: Service) -> dict[str, Any]:
    """The shared contract: the same in every council but for the options that settings decide."""
    return _schema(service.pages, f"{service.id} {service.version}", service.texts["en"]["name"])


def adopted_contract(adopted: Adopted) -> dict[str, Any]:
    """The contract as one council runs it: its own options, its own questions under `local`."""
    service = adopted.service
    return _schema(adopted.pages, f"{service.id} {service.version}", adopted.texts.need("en", "name"))


def _schema(pages: Iterable[CompiledPage], name: str, title: str) -> dict[str, Any]:
    shared: dict[str, Any] = {}
    own: dict[str, Any] = {}
    required: list[str] = []
    for page in pages:
        for part in page.fields:
            holder = own if part.id.startswith("local.") else shared
            holder[part.id.removeprefix("local.")] = dict(part.schema)
            always = page.when is None and not part.definition.optional
            if always and holder is shared:
                required.append(part.id)
    if own:
        shared["local"] = {"type": "object", "properties": own, "additionalProperties": False}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": name,
        "title": title,
        "type": "object",
        "properties": shared,
        "required": required,
        "additionalProperties": False,
    }
