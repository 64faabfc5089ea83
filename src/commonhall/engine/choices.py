"""The shape of a council's choices for one service: what adopting and upgrading work on (docs/adopting.md)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import SerializerFunctionWrapHandler, StringConstraints, model_serializer

from commonhall.engine.definition import FieldId, Language, PageId, Part, Text, Version

THEIR_NAME = r"^[^\s\[\]&=]{1,100}$"
"""A name at the back office: it must go into a form's field (`attribute[NAME]=`) and a JSON key as it is."""
TheirName = Annotated[str, StringConstraints(pattern=THEIR_NAME)]


class ExtraQuestion(Part):
    """A page of a council's own at a named place. Its texts are plain or `{en: …, cy: …}`."""

    place: PageId
    page: dict[str, Any]


class Choices(Part):
    """A council's choices for one service."""

    service: PageId
    version: Version
    settings: dict[FieldId, Any] = {}
    wording: dict[Language, dict[str, Text]] = {}
    extra_questions: list[ExtraQuestion] = []
    connector: str | None = None
    mapping: dict[str, TheirName] = {}
    """How answers are called at the back office, by field (a council's own as `local.FIELD`), where that differs."""

    @model_serializer(mode="wrap")
    def _without_empty_mapping(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # The content of choices names what was adopted: those that map nothing must stay the same content.
        found: dict[str, Any] = plain(self)
        return found if self.mapping else {name: part for name, part in found.items() if name != "mapping"}
