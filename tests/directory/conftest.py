"""The directory as the package ships it, opened once."""

from __future__ import annotations

import pytest

from commonhall.directory.directory import Directory, open_directory


@pytest.fixture(scope="session")
def directory() -> Directory:
    return open_directory()
