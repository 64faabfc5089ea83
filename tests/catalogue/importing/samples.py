"""Forms of other systems, written for these tests in the formats of each."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from commonhall.catalogue.importing.reading import Imported, bring_in
from commonhall.engine.adoption import Adopter, adopt, defaults
from commonhall.engine.examples import play_defaults
from commonhall.engine.journey import walk
from commonhall.engine.package import Adopted, Service
from commonhall.engine.reader import read_service
from commonhall.engine.working_days import load_calendars

FORMS = Path(__file__).parent / "forms"
TODAY = date(2026, 3, 10)
CALENDARS = load_calendars()


def zipped(files: Mapping[str, Any]) -> bytes:
    """An export of Open Forms."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, json.dumps(data))
    return out.getvalue()


def content_of(name: str) -> bytes:
    """A sample as its system exports it."""
    content = (FORMS / name).read_bytes()
    return zipped(json.loads(content)) if "open-forms" in name else content


def brought(content: bytes | Mapping[str, Any]) -> Imported:
    """A form brought in; plain data stands for its JSON."""
    if not isinstance(content, bytes):
        content = json.dumps(content).encode()
    return bring_in(content, lambda _form: (505, 17), CALENDARS, TODAY)


def service_of(found: Imported) -> Service:
    """The draft, read; it must be without a problem, and its example must play."""
    service = read_service(found.files, CALENDARS)
    for played in play_defaults(service, CALENDARS):
        assert played.applied
        assert not played.faults
    return service


def adopted(service: Service) -> Adopted:
    """The draft as a council with no choices of its own would run it."""
    languages = tuple(service.definition.languages)
    return adopt(service, defaults(service, {}), Adopter("England", languages), CALENDARS)


class Walk:
    """Goes through a draft with answers by question; whatever else is asked gets the example's answers."""

    def __init__(self, service: Service) -> None:
        self.adopted = adopted(service)

    def pages(self, **answers: Any) -> list[str]:
        """The pages that are asked; the last is an end where one is met."""
        given = {part.id: None for page in self.adopted.pages for part in page.fields} | answers
        path = walk(self.adopted, given, TODAY)
        return [page.id for page in path.pages] + ([path.exit.id] if path.exit else [])


def said(found: Imported) -> str:
    """Everything that a person is told, as one text."""
    return "\n".join(f"{note.outcome}: {note.place}: {note.words}" for note in found.notes)
