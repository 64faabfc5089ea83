"""How another system proves itself: one key, in whichever of three places its software can put it."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request


def key_in(request: Request, form: Mapping[str, str] | None = None) -> str:
    """The key of a request; '' where there is none: `Authorization: Bearer`, `X-API-Key`, or the parameter `api_key`
    (of the query or a form, as Open311 has it)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return (
        request.headers.get("x-api-key", "").strip()
        or (form or {}).get("api_key", "").strip()
        or request.query_params.get("api_key", "").strip()
    )
