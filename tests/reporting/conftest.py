"""The council of casework's tests."""

from tests.casework.conftest import lost_cat

__all__ = ["lost_cat"]
