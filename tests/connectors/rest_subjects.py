"""The REST connector in front of the simulators of products."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache, partial
from typing import Any

import httpx2
from joserfc.jwk import RSAKey

from commonhall.connectors.conformance import Subject
from commonhall.connectors.faults import Fault, Twin
from commonhall.connectors.http import Patience
from commonhall.connectors.laws import Law
from commonhall.connectors.registry import build_connector
from commonhall.connectors.rest.simulators import alloy, dynamics, salesforce
from commonhall.connectors.rest.twin import KEY
from commonhall.engine.back_office import Connector

Clock = Callable[[], datetime]
SAME = {"in_progress": "in_progress", "fixed": "fixed", "closed": "closed"}


def alloy_settings(url: str) -> dict[str, Any]:
    """The ready-made mapping of Alloy, with every answer an attribute."""
    names = [
        *(f"words_{number}" for number in range(5)),
        "containers",
        "clear",
        "count",
        "local.gate",
        "home",
        "external_id",
    ]
    return {
        "base": url,
        "preset": "alloy",
        "values": {
            "design": alloy.DESIGN, "reference": alloy.REFERENCE, "description": alloy.DESCRIPTION,
            "status": alloy.STATUS, "note": alloy.NOTE,
        },
        "tables": {
            "attributes": {"email": "attributes_email", **{name: f"attributes_{name}" for name in names}},
            "status": {f"status_{name}": name for name in SAME},
        },
        "mapping": {"deliver": {"ask": {"body": {"contact": "{{ case.email }}"}}}},
        "auth": {"type": "key", "prefix": "Bearer "},
    }  # fmt: skip


def salesforce_settings(url: str) -> dict[str, Any]:
    """The ready-made mapping of Salesforce."""
    return {
        "base": url,
        "preset": "salesforce",
        "values": {"reference": salesforce.REFERENCE, "note": salesforce.NOTE},
        "mapping": {"deliver": {"ask": {"body": {"...": "{{ fields }}"}}}},
        "auth": {
            "type": "jwt", "token_url": f"{url}/services/oauth2/token", "issuer": salesforce.ISSUER,
            "subject": salesforce.SUBJECT, "audience": salesforce.AUDIENCE,
        },
    }  # fmt: skip


def dynamics_settings(url: str) -> dict[str, Any]:
    """The ready-made mapping of Dynamics."""
    origin = url.removesuffix(dynamics.DynamicsSimulator.path)
    return {
        "base": url,
        "preset": "dynamics",
        "values": {"reference": dynamics.REFERENCE, "account": dynamics.ACCOUNT, "note": dynamics.NOTE},
        "mapping": {"deliver": {"ask": {"body": {"...": "{{ fields }}", "emailaddress": "{{ case.email }}"}}}},
        "auth": {
            "type": "oauth2", "token_url": f"{origin}/tenant/oauth2/v2.0/token", "client_id": dynamics.CLIENT,
            "scope": dynamics.SCOPE,
        },
    }  # fmt: skip


@cache
def private_key() -> RSAKey:
    """A key of the test's own."""
    return RSAKey.generate_key(2048, private=True)


def secrets_of(name: str) -> dict[str, Any]:
    """What each of them gave the council."""
    if name == "salesforce":
        return {"private_key": private_key().as_pem(private=True).decode()}
    return {"client_secret": dynamics.SECRET} if name == "dynamics" else {"key": KEY}


def twin_of(name: str, clock: Clock, careful: bool) -> Twin:
    """The twin or simulator of this name."""
    if name == "alloy":
        return alloy.AlloySimulator(clock, careful=careful)
    if name == "salesforce":
        return salesforce.SalesforceSimulator(clock, private_key(), careful=careful)
    if name == "dynamics":
        return dynamics.DynamicsSimulator(clock, careful=careful)
    raise KeyError(name)


CANNOT: dict[str, dict[Fault | Law, str]] = {
    "alloy": {
        Law.AT_ONCE: "it keeps no keys: it is asked for the reference first, which three can do at the same moment"
    }
}
SETTINGS = {"alloy": alloy_settings, "salesforce": salesforce_settings, "dynamics": dynamics_settings}  # fmt: skip


def subject(name: str) -> Subject:
    """What is examined."""

    def connector(url: str, http: httpx2.AsyncClient, clock: Clock, patience: Patience) -> Connector:
        return build_connector(
            "rest", SETTINGS[name](url), secrets_of(name), http, clock, allow_private=True, patience=patience
        )

    twin = partial(twin_of, name)
    return Subject(f"rest: {name}", twin, connector, cannot=CANNOT.get(name, {}))
