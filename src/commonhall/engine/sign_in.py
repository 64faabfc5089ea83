"""The words between the workspace's sign-in page and whoever vouches for staff. Pure data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Going:
    """Where a browser goes to sign in, and what it holds until it is back."""

    url: str
    held: str


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom a provider vouches for; the e-mail address counts only where it is `verified`. `to` is where to go then."""

    subject: str
    email: str
    verified: bool
    id_token: str
    to: str


class SignInFailed(Exception):  # noqa: N818
    """Nobody was signed in. The message is for whoever tried; `detail` is for the log."""

    def __init__(self, message: str, detail: str) -> None:
        super().__init__(message)
        self.detail = detail
