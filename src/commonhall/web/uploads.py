"""A file that somebody sends with a form, read within limits and never written to disk."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from commonhall.web.responses import FormRefused

MOST_FIELDS = 20


async def read_upload(request: Request, name: str, most: int) -> tuple[dict[str, list[str]], bytes]:
    """The plain fields of a multipart form, and the content of its file `name` (b"" where none was chosen).

    `most` is the most bytes of the whole form. Raises `FormRefused` for what is larger, or no such form.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise FormRefused(415, "refused_form")

    async def within() -> AsyncGenerator[bytes, None]:
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > most:
                raise FormRefused(413, "refused_large")
            yield chunk

    parser = MultiPartParser(request.headers, within(), max_files=1, max_fields=MOST_FIELDS)
    parser.spool_max_size = most
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError):
        raise FormRefused(400, "refused_form") from None
    try:
        fields: dict[str, list[str]] = {}
        content = b""
        for key, value in form.multi_items():
            if isinstance(value, str):
                fields.setdefault(key, []).append(value)
            elif key == name:
                content = await value.read()
        return fields, content
    finally:
        await form.close()
