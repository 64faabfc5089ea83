"""What the back office calls each answer of a service: a table of the contract's fields, with a name beside each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from starlette.responses import Response

from commonhall.casework import back_offices
from commonhall.catalogue.drafts import Work
from commonhall.engine.choices import THEIR_NAME
from commonhall.engine.staff import Permission
from commonhall.web.workspace.services.shared import in_words, keep, path_of, with_work
from commonhall.web.workspace.tools import BOTH, Page, Room, StaffVisit, one

_NAME = re.compile(THEIR_NAME)


def pages(room: Room) -> list[Page]:
    """The table."""
    views = _Names(room)
    change = Permission.CHANGE_SERVICES
    return [Page("/services/{service}/names", with_work(room, views.names), change, BOTH)]


class _Names:
    def __init__(self, room: Room) -> None:
        self.room = room

    async def names(self, visit: StaffVisit, work: Work) -> Response:
        """Each field of the contract with the name that this back office gets; a usual name is not kept as one's own."""
        connector = work.row.choices.get("connector")
        found = await back_offices.find(self.room.tools.desk, visit.council, connector or "")
        if found is None:
            return self.room.missing(visit)
        usual = self.room.tools.offices.names(found.kind, found.settings)
        fields = dict(_fields(work))
        mapping = dict(work.row.choices.get("mapping") or {})
        errors: dict[str, str] = {}
        if visit.request.method == "POST":
            form = await self.room.read_form(visit)
            given = {field: one(form, f"name-{field}") for field in fields}
            mapping = {
                field: name for field, name in given.items() if name and name != usual.get(field, field)
            }
            for field, name in mapping.items():
                if not _NAME.fullmatch(name):
                    errors[field] = "Enter a name of up to 100 characters, without spaces, brackets, & and ="
            if not errors:
                kept = await keep(
                    self.room, visit, work, form, "names", {**work.row.choices, "mapping": mapping}
                )
                if isinstance(kept, Response):
                    return kept
                if not kept.faults_at("mapping"):
                    return self.room.done(visit, path_of(work.service.id), "Names saved")
                work = kept
        errors |= {
            str(f.where[1]): in_words(work.service, f) for f in work.faults_at("mapping") if f.where[1:]
        }
        return self._page(visit, work, str(connector), fields, mapping, usual, errors)

    def _page(
        self,
        visit: StaffVisit,
        work: Work,
        connector: str,
        fields: Mapping[str, str],
        mapping: Mapping[str, str],
        usual: Mapping[str, str],
        errors: Mapping[str, str],
    ) -> Response:
        rows = [
            {
                "field": field,
                "asks": asks,
                "usual": usual.get(field, field),
                "value": mapping.get(field, usual.get(field, field)),
                "error": errors.get(field),
            }
            for field, asks in fields.items()
        ]
        gone = [field for field in mapping if field not in fields]
        asked = visit.request.method == "POST"
        return self.room.page(
            visit,
            "workspace/services/names.html",
            "Names at the back office",
            back=path_of(work.service.id, "connector"),
            errors=[
                {"text": text, "href": f"#name-{field}"} for field, text in errors.items() if field in fields
            ],
            connector=connector,
            rows=rows,
            gone=gone,
            revision=work.row.revision,
            status=400 if asked else 200,
        )


def _fields(work: Work) -> Iterator[tuple[str, str]]:
    """Every answer of the contract with what it is asked by, in English, in the order of the pages."""
    texts = work.service.texts["en"]
    for page in work.service.pages:
        for part in page.fields:
            asks = texts.get(f"{part.key}.label") or texts.get(f"{page.key}.question", page.id)
            yield part.id, asks
    for question in work.row.choices.get("extra_questions") or []:
        page = question["page"]
        for part in page.get("fields") or []:
            yield f"local.{part.get('id')}", _english(part.get("label")) or _english(page.get("question"))


def _english(words: object) -> str:
    return str(words.get("en", "")) if isinstance(words, Mapping) else str(words or "")
