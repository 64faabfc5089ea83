"""A service's pages as residents would see them, for whoever is about to make them live. Nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from commonhall.casework.sites import Site
from commonhall.engine.journey import Path, parse_page, walk
from commonhall.engine.package import Adopted, CompiledPage
from commonhall.web.resident.compile import Compiler, Place, answer_values, raw_values
from commonhall.web.resident.rows import ROW_ACTION, Form, form_rows, most_rows, renumbered, stored_rows

_COMMON = {"journey": b"preview", "token": b"", "back": b"#", "action": b"#"}
WITH_ERRORS = "-errors"
"""Ends the name of a question page that is shown as if it had been sent empty."""


def preview_names(adopted: Adopted) -> list[str]:
    """The names of all pages, in the order in which a resident may meet them."""
    return ["start", *(page.id for page in adopted.pages), "check", "confirmation"]


def preview_page(
    compiler: Compiler, site: Site, adopted: Adopted, name: str, language: str, today: date
) -> bytes | None:
    """One page of a service that need not be live; None where it has no such page."""
    place = Place(site, adopted, language)
    if name == "start":
        return compiler.start(place)
    done = _example_path(adopted, today)
    if name == "check":
        return compiler.check(place, done, _COMMON)
    if name == "confirmation":
        values = {**_COMMON, "reference": b"AB12-CD34-E", "value:comment": b""}
        return compiler.confirmation(place, done.answers, values, thanks=False)
    wrong = name.endswith(WITH_ERRORS)
    page = adopted.page(name.removesuffix(WITH_ERRORS) if wrong else name)
    if page is None:
        return None
    if page.exit:
        return compiler.exit(place, page, _path_to(adopted, page, done, today), "preview", "#")
    _, faults = parse_page(page, {}, today) if wrong else ({}, ())
    rows = 1 if any(part.fields for part in page.fields) else 0
    return compiler.question(place, page, faults, rows, _COMMON)


def ask_page(
    compiler: Compiler,
    site: Site,
    adopted: Adopted,
    page_id: str,
    language: str,
    answers: Mapping[str, Any],
    today: date,
    form: Form | None,
) -> tuple[bytes | None, dict[str, Any]]:
    """A question of a journey that is only played: the page to show, or None and the answers that were accepted.

    With a `form` it is read as a resident's would be: what is wrong, or a row more, gives the page again.
    """
    page = adopted.page(page_id)
    if page is None or page.exit:
        return b"", {}
    place = Place(site, adopted, language)
    if form is None:
        values = answer_values(page, answers)
        return compiler.question(place, page, (), stored_rows(page, answers), {**values, **_COMMON}), {}
    action = ROW_ACTION.fullmatch((form.get("_action") or [""])[0])
    if action:
        verb, _, number = action.groups()
        kept = renumbered(page, form, without=int(number) if verb == "remove" and number else None)
        rows = min(max(1, form_rows(page, kept)) + (verb == "add"), most_rows(page))
        return compiler.question(place, page, (), rows, {**raw_values(kept), **_COMMON}), {}
    given, faults = parse_page(page, form, today)
    if not faults:
        path = walk(adopted, {**answers, **given}, today)
        faults = path.faults if path.current is page else ()
    if not faults:
        return None, given
    shown = [fault for fault in faults if (fault.params or {}).get("row", 1) <= most_rows(page)]
    rows = min(most_rows(page), max(1, form_rows(page, form)))
    values = raw_values(renumbered(page, form))
    return compiler.question(place, page, shown, rows, {**values, **_COMMON}), {}


def _example_path(adopted: Adopted, today: date) -> Path:
    """The way of the first example that is submitted with these choices, for pages that show answers."""
    for example in adopted.service.examples:
        if example.ends == "submitted":
            path = walk(adopted, _whole(adopted, example.answers), example.today)
            if path.complete:
                return path
    return walk(adopted, {}, today)


def _path_to(adopted: Adopted, page: CompiledPage, done: Path, today: date) -> Path:
    """The way of an example that ends at this exit; where none does, that of a whole journey."""
    for example in adopted.service.examples:
        if example.ends == page.id:
            path = walk(adopted, _whole(adopted, example.answers), example.today)
            if path.exit is page:
                return path
    return done


def _whole(adopted: Adopted, answers: Mapping[str, Any]) -> dict[str, Any]:
    own = [part.id for page in adopted.pages for part in page.fields if part.id.startswith("local.")]
    return {**dict.fromkeys(own), **answers}
