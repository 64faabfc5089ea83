"""Small measurements beside the journeys: one module each, with `measure(quick)` giving its rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what was measured, how much of what, and what was to be reached (empty where nothing was)."""

    what: str
    value: float
    unit: str
    target: str = ""
