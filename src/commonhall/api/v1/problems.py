"""What goes wrong, as RFC 9457 has it: a type that software can tell apart, words for a person, and each fault's place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from starlette.responses import JSONResponse

from commonhall.engine.intake import Wrong

KINDS: Mapping[str, tuple[int, str]] = {
    "bad-request": (400, "The request cannot be read"),
    "no-key": (401, "A key is needed"),
    "not-allowed": (403, "This key does not open that"),
    "not-found": (404, "There is nothing here"),
    "method": (405, "This method means nothing here"),
    "too-large": (413, "The request is too large"),
    "media-type": (415, "The request is not JSON"),
    "key-used": (409, "This Idempotency-Key means another request"),
    "gone": (410, "The journey is gone"),
    "submitted": (409, "The journey is submitted"),
    "not-ready": (409, "The journey cannot be submitted yet"),
    "changed": (412, "Somebody has changed it since it was read"),
    "no-file": (415, "The file is of no kind that is taken"),
    "held": (409, "Another system holds the case"),
    "not-waiting": (409, "The case does not wait for this system"),
    "not-accepted": (422, "Answers were not accepted"),
    "turned-away": (422, "The service does not take this"),
    "too-many": (429, "Too many requests"),
}
"""Every kind of problem: its status and its title. The type is `/api/v1/problems#KIND`."""


class Problem(Exception):  # noqa: N818
    """Something that a request cannot have; `kind` is one of `KINDS`, `detail` says what to do."""

    def __init__(
        self,
        kind: str,
        detail: str,
        *,
        errors: Iterable[Wrong] = (),
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.more = more

    def response(self) -> JSONResponse:
        """The problem as it is answered."""
        status, title = KINDS[self.kind]
        body: dict[str, Any] = {
            "type": f"/api/v1/problems#{self.kind}",
            "title": title,
            "status": status,
            "detail": str(self),
            **self.more,
        }
        if self.errors:
            body["errors"] = told(self.errors)
        return JSONResponse(body, status, headers=self.headers, media_type="application/problem+json")


def told(errors: Iterable[Wrong]) -> list[dict[str, str]]:
    """What is wrong with answers, each with its place and the box that it is about, if any."""
    return [
        {"pointer": pointer(one.where), "detail": one.says} | ({"input": one.input} if one.input else {})
        for one in errors
    ]


def pointer(where: Iterable[str]) -> str:
    """A path into the answers as a JSON Pointer (RFC 6901) in a fragment."""
    return "#/answers" + "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in where)
