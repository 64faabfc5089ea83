"""Which kinds of connector there are, and how each is made. Only `app` reads this."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import httpx2
from pydantic import BaseModel, ValidationError

from commonhall.connectors.open311.connector import Open311Connector, Open311Secrets, Open311Settings
from commonhall.connectors.webhook.connector import WebhookConnector, WebhookSecrets, WebhookSettings
from commonhall.engine.back_office import Connector

KINDS: Mapping[str, tuple[type[BaseModel], type[BaseModel], Callable[..., Connector]]] = MappingProxyType(
    {
        "open311": (Open311Settings, Open311Secrets, Open311Connector),
        "webhook": (WebhookSettings, WebhookSecrets, WebhookConnector),
    }
)


def connector_problem(kind: str, settings: Mapping[str, Any], secrets: Mapping[str, Any]) -> str | None:
    """What is wrong with a connector's configuration, in plain words; None where it is right."""
    if kind not in KINDS:
        return f"there is no kind '{kind}'; there are {', '.join(sorted(KINDS))}"
    for model, given in zip(KINDS[kind][:2], (settings, secrets), strict=True):
        try:
            model.model_validate(dict(given))
        except ValidationError as error:
            faults = error.errors(include_url=False, include_input=False)
            return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)
    return None


def build_connector(
    kind: str,
    settings: Mapping[str, Any],
    secrets: Mapping[str, Any],
    http: httpx2.AsyncClient,
    clock: Callable[[], datetime],
    *,
    allow_private: bool = False,
) -> Connector:
    """Make a connector from its configuration. Raises `ValueError` where `connector_problem` finds one."""
    fault = connector_problem(kind, settings, secrets)
    if fault:
        raise ValueError(fault)
    of_settings, of_secrets, build = KINDS[kind]
    return build(
        of_settings.model_validate(dict(settings)),
        of_secrets.model_validate(dict(secrets)),
        http,
        clock,
        allow_private=allow_private,
    )
