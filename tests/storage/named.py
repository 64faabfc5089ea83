"""Every named query of the house, found by walking the folder of queries."""

from __future__ import annotations

import importlib
import pkgutil

from commonhall.storage import queries
from commonhall.storage.queries import Query

MODULES = [
    importlib.import_module(f"{queries.__name__}.{found.name}")
    for found in pkgutil.iter_modules(queries.__path__)
]
ALL: dict[str, Query] = {
    name: value for module in MODULES for name, value in vars(module).items() if isinstance(value, Query)
}
