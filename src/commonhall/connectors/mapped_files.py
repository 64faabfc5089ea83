"""How the files of a case go along by a mapping: before it, within it, or after it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from commonhall.connectors.asking import Asker, MappingCompiler, as_number, filled, later, looked_up
from commonhall.connectors.mapping import MappingOf
from commonhall.connectors.templates import Unfilled, as_values
from commonhall.engine.back_office import CaseFile, CaseForDelivery, DeliveryFailed


class MappedFiles:
    """The compiled parts of a mapping that speak of files."""

    def __init__(self, mapping: MappingOf[Any], compiler: MappingCompiler, known: tuple[str, ...]) -> None:
        sending, hearing = (*known, "secret", "file"), (*known, "file", "answer")
        self._within = mapping.deliver.files
        self._upload = self._upload_id = self._attach = self._find = self._find_id = None
        if mapping.upload is not None:
            self._upload = compiler.ask(("upload", "ask"), mapping.upload.ask, sending)
            self._upload_id = compiler.need(("upload", "id"), mapping.upload.id, hearing)
        if mapping.attach is not None:
            self._attach = compiler.ask(("attach", "ask"), mapping.attach.ask, (*sending, "id"))
            if mapping.attach.find is not None:
                find = mapping.attach.find
                self._find = compiler.ask(("attach", "find", "ask"), find.ask, (*sending, "id"))
                self._find_id = compiler.need(("attach", "find", "id"), find.id, (*hearing, "id"))

    async def before(self, case: CaseForDelivery, values: Mapping[str, Any], ask: Asker) -> dict[str, Any]:
        """What the request with the case may use of its files: `files` with their contents, `uploaded` by number."""
        files = [await _with_content(file) for file in case.files] if self._within else []
        ahead = enumerate(case.files, 1) if self._upload else ()
        uploaded = [await self._sent_ahead(file, count, values, ask) for count, file in ahead]
        return as_values(files=files, uploaded=uploaded)

    async def _sent_ahead(self, file: CaseFile, count: int, values: Mapping[str, Any], ask: Asker) -> str:
        assert self._upload is not None
        assert self._upload_id is not None
        values = {**values, **as_values(file=await _with_content(file))}
        answered = await ask(filled(self._upload, values), f"{values['key']}-before-{count}")
        if answered.failure is not None:
            raise _refused(file, answered.failure, "")
        try:
            number = as_number(self._upload_id.fill({**values, "answer": answered.values}))
        except Unfilled as why:
            raise DeliveryFailed(f"the answer has no number for the file {file.name}: {why}") from None
        if not number:
            raise DeliveryFailed(f"the answer has no number for the file {file.name}")
        return number

    async def after(
        self, case: CaseForDelivery, number: str | None, values: Mapping[str, Any], ask: Asker
    ) -> None:
        """Send each file to a case that was taken, unless it is there. Raises `DeliveryFailed`."""
        if self._attach is None:
            return
        for count, file in enumerate(case.files, 1):
            one = {**values, **as_values(file=_about(file), id=number)}
            if self._find is not None and self._find_id is not None:
                what = f"the file {file.name}"
                if await looked_up(self._find, self._find_id, one, ask, what):
                    continue
            one |= as_values(file=await _with_content(file))
            answered = await ask(filled(self._attach, one), f"{values['key']}-after-{count}")
            if answered.failure is not None:
                raise _refused(file, answered.failure, f"the back office has the case ({number}), but ")


def _about(file: CaseFile) -> dict[str, Any]:
    return {"name": file.name, "media_type": file.media_type, "size": file.size, "sha256": file.digest}


async def _with_content(file: CaseFile) -> dict[str, Any]:
    return {**_about(file), "base64": base64.b64encode(await file.read()).decode()}


def _refused(file: CaseFile, failure: DeliveryFailed, before: str) -> DeliveryFailed:
    """A file that is refused for good needs a person: the case would go on without it, and nobody would know."""
    if not failure.permanent:
        return later(failure)
    return DeliveryFailed(f"{before}it refused the file {file.name}: {failure.reason}"[:1000], permanent=True)
