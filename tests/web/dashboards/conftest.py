"""One who draws, for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from commonhall.web.charts.artist import Artist


@pytest.fixture(scope="module")
def artist() -> Iterator[Artist]:
    made = Artist()
    yield made
    made.close()
