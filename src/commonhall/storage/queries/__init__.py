"""Every query of the platform, by subject: its name, what it is for, and its SQL. No SQL stands anywhere else.

The first parameter of every query on a council's data is the council.
"""

from __future__ import annotations

from typing import NamedTuple


class Query(NamedTuple):
    """A named query. `describes` says what it does and why it is shaped so."""

    name: str
    describes: str
    sql: str
