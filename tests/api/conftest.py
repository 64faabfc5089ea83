"""The council and the back office of casework's tests."""

from tests.casework.conftest import back_office, lost_cat

__all__ = ["back_office", "lost_cat"]
