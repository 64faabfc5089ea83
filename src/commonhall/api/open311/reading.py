"""Reading what Open311 clients send: a plain form, or a multipart one with photos; an empty parameter is an absent one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from commonhall.api.open311.wire import Refused

MOST_BYTES = 50 * 1024 * 1024
MOST_PLAIN = 1024 * 1024
MOST_FIELDS = 1000
MOST_FILES = 10


@dataclass(frozen=True, slots=True)
class Sent:
    """A form: its fields with every value that is not empty, and its files as (name, content)."""

    fields: Mapping[str, list[str]]
    files: tuple[tuple[str, bytes], ...] = ()

    def one(self, name: str) -> str:
        """The first value of a field; '' where there is none."""
        values = self.fields.get(name)
        return values[0].strip() if values else ""

    @property
    def first(self) -> dict[str, str]:
        """The first value of every field."""
        return {name: values[0].strip() for name, values in self.fields.items()}


async def read_sent(request: Request) -> Sent:
    """The form of a POST, and the parameters of its address, which some clients use instead. Raises `Refused`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == "multipart/form-data":
            pairs, files = await _multipart(request)
        elif kind in {"application/x-www-form-urlencoded", ""}:
            pairs, files = (
                parse_qsl(
                    (await _body(request)).decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS
                ),
                [],
            )
        else:
            raise Refused(
                400,
                f"'{kind[:60]}' is no form: send application/x-www-form-urlencoded or multipart/form-data",
            )
    except (ValueError, KeyError, MultiPartException):
        raise Refused(400, "the form cannot be read: send it in UTF-8, with at most 1,000 fields") from None
    except ClientDisconnect:
        raise Refused(400, "the form was not sent to its end") from None
    return Sent(_grouped([*request.query_params.multi_items(), *pairs]), tuple(files))


def read_query(request: Request) -> Sent:
    """The parameters of an address."""
    return Sent(_grouped(request.query_params.multi_items()))


def _grouped(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        if value.strip():
            found.setdefault(name, []).append(value)
    return found


async def _stream(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise Refused(400, f"the form is too large: send at most {most // 1024 // 1024} MB")
        yield chunk


async def _body(request: Request) -> bytes:
    return b"".join([chunk async for chunk in _stream(request, MOST_PLAIN)])


async def _multipart(request: Request) -> tuple[list[tuple[str, str]], list[tuple[str, bytes]]]:
    parser = MultiPartParser(
        request.headers, _stream(request, MOST_BYTES), max_files=MOST_FILES, max_fields=MOST_FIELDS
    )
    form = await parser.parse()
    try:
        pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
        files = [
            (value.filename or name, await value.read())
            for name, value in form.multi_items()
            if not isinstance(value, str)
        ]
        return pairs, [(name, content) for name, content in files if content]
    finally:
        await form.close()
