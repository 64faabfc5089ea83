"""Which kinds of connector there are, and how each is made. Only `app` reads this."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

import httpx2
from pydantic import BaseModel, ValidationError

from commonhall.connectors.csv_sftp import connector as csv_sftp
from commonhall.connectors.email import connector as email
from commonhall.connectors.http import Patience
from commonhall.connectors.kinds import Kind
from commonhall.connectors.open311 import connector as open311
from commonhall.connectors.pull import connector as pull
from commonhall.connectors.queue import connector as queue
from commonhall.connectors.rest import connector as rest
from commonhall.connectors.soap import connector as soap
from commonhall.connectors.webhook import connector as webhook
from commonhall.engine.back_office import (
    CaseForDelivery,
    Connector,
    DeliveryFailed,
    News,
    Receipt,
    SetUpField,
    StatusUpdate,
    UpdateRefused,
)

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            csv_sftp.KIND,
            email.KIND,
            open311.KIND,
            pull.KIND,
            queue.KIND,
            rest.KIND,
            soap.KIND,
            webhook.KIND,
        )
    }
)
"""Every kind, by its name."""


FORMS: Mapping[str, tuple[SetUpField, ...]] = MappingProxyType(
    {kind.name: kind.form for kind in KINDS.values()}
)
"""What somebody enters to set up each kind; a test holds it against the models."""


def names_given(kind: str, settings: Mapping[str, Any]) -> Mapping[str, str]:
    """What a connector calls our answers where a service's own choices do not say: its set-up's names, by field."""
    return dict(KINDS[kind].names(settings)) if kind in KINDS else {}


def connector_problem(kind: str, settings: Mapping[str, Any], secrets: Mapping[str, Any]) -> str | None:
    """Everything that is wrong with a connector's configuration, in plain words; None where it is right.

    What was given is not repeated, since it may be a secret.
    """
    return "; ".join(said for _, said in connector_faults(kind, settings, secrets)) or None


def connector_faults(
    kind: str, settings: Mapping[str, Any], secrets: Mapping[str, Any]
) -> list[tuple[tuple[str | int, ...], str]]:
    """The same, one by one, each with where it is: ("kind",), or a path that begins with settings or secrets."""
    if kind not in KINDS:
        return [(("kind",), f"there is no kind '{kind}'; there are {', '.join(sorted(KINDS))}")]
    found: list[tuple[tuple[str | int, ...], str]] = []
    of = KINDS[kind]
    read: list[BaseModel] = []
    for where, model, given in (("settings", of.settings, settings), ("secrets", of.secrets, secrets)):
        try:
            read.append(model.model_validate(dict(given)))
        except ValidationError as error:
            for fault in error.errors(include_url=False, include_input=False):
                path = (where, *fault["loc"])
                place = ".".join(map(str, path))
                found.append((path, _plainly(fault["type"], fault["msg"], place, model)))
    return found or of.faults(*read)


def _plainly(fault: str, words: str, place: str, model: type[BaseModel]) -> str:
    match fault:
        case "missing":
            return f"{place} is missing"
        case "extra_forbidden":
            return f"{place} is not known; there are {', '.join(model.model_fields)}"
        case "string_pattern_mismatch":
            return f"{place} must begin with https:// or http://"
        case "too_short":
            return f"{place} needs at least one"
        case "value_error":
            return f"{place}: {words.removeprefix('Value error, ')}"
    return f"{place}: {words[:1].lower()}{words[1:]}"


class Unusable:
    """Stands in for a connector that cannot be made: its deliveries fail, visibly, until somebody mends it."""

    kind = "unusable"
    can = frozenset({"deliver"})

    def __init__(self, reason: str) -> None:
        self._reason = reason

    async def deliver(self, case: CaseForDelivery, idempotency_key: str) -> Receipt:
        """Raises `DeliveryFailed` with what to mend; it is tried again later."""
        raise DeliveryFailed(self._reason)

    async def updates(self, since: datetime) -> Sequence[News]:
        """Raises `DeliveryFailed` with what to mend."""
        raise DeliveryFailed(self._reason)

    def receive(self, headers: Mapping[str, str], body: bytes) -> list[StatusUpdate]:
        """Raises `UpdateRefused`; outsiders are not told why."""
        raise UpdateRefused("nothing can be received here at the moment")


def build_connector(
    kind: str,
    settings: Mapping[str, Any],
    secrets: Mapping[str, Any],
    http: httpx2.AsyncClient,
    clock: Callable[[], datetime],
    *,
    allow_private: bool = False,
    patience: Patience | None = None,
) -> Connector:
    """Make a connector from its configuration. Raises `ValueError` where `connector_problem` finds one."""
    fault = connector_problem(kind, settings, secrets)
    if fault:
        raise ValueError(fault)
    of = KINDS[kind]
    return of.build(
        of.settings.model_validate(dict(settings)),
        of.secrets.model_validate(dict(secrets)),
        http,
        clock,
        allow_private=allow_private,
        patience=patience,
    )
