"""The pull connector: nothing is sent; a system that the council let in comes for its cases by the case API."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import httpx2
from pydantic import BaseModel, ConfigDict, field_validator

from commonhall.connectors.http import Patience
from commonhall.connectors.kinds import Kind
from commonhall.engine.back_office import (
    CaseForDelivery,
    DeliveryFailed,
    News,
    Receipt,
    SetUpField,
    StatusUpdate,
    UpdateRefused,
)

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class PullSettings(BaseModel):
    """Which system comes: its short name under Systems in the workspace."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    system: str

    @field_validator("system")
    @classmethod
    def _short(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError("give the short name that the system has under Systems, such as waste-crm")
        return name


class PullSecrets(BaseModel):
    """None: the system proves itself by its own key."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PullConnector:
    """Says of itself that nothing can be sent; no worker asks it to."""

    kind = "pull"
    can = frozenset({"collect"})

    def __init__(
        self,
        settings: PullSettings,
        secrets: PullSecrets,
        http: httpx2.AsyncClient,
        clock: Callable[[], datetime],
        *,
        allow_private: bool = False,
        patience: Patience | None = None,
    ) -> None:
        self._system = settings.system

    async def deliver(self, case: CaseForDelivery, idempotency_key: str) -> Receipt:
        """Raises `DeliveryFailed`: it waits until the system comes for it."""
        raise DeliveryFailed(f"it waits for the system '{self._system}', which comes for its cases")

    async def updates(self, since: datetime) -> Sequence[News]:
        """Nothing: the system answers by the case API."""
        return []

    def receive(self, headers: Mapping[str, str], body: bytes) -> list[StatusUpdate]:
        """Raises `UpdateRefused`: the system answers by the case API."""
        raise UpdateRefused("this back office answers by the case API: nothing can be pushed here")


KIND = Kind(
    "pull",
    PullSettings,
    PullSecrets,
    PullConnector,
    (
        SetUpField(
            "system",
            "System that comes for its cases",
            "Its short name under Systems, such as waste-crm",
            needed=True,
        ),
    ),
    about="A back office that comes for its cases by the case API",
)
