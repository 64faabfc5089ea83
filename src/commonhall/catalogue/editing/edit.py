"""A service being written: its files, and changes to them that keep everything else as its author wrote it.

Parts are named by their path in `service.yaml` (`("pages", 3, "fields", 0)`); their Welsh, the marks of texts that councils
may change, the places for councils' questions and the examples follow by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from commonhall.catalogue.editing import patching
from commonhall.catalogue.editing.patching import CannotEdit, Path
from commonhall.engine.definition import ServiceDefinition

SERVICE, WELSH, EXAMPLES, CHANGES = "service.yaml", "cy.yaml", "journeys.yaml", "CHANGELOG.md"

PAGE_KEYS = ("id", "exit", "counts_as", "question", "hint", "when", "body", "fields", "checks")
FIELD_KEYS = (
    "id", "type", "label", "hint", "statement", "item", "min", "max", "unit", "decimals", "max_length", "rows", "width",
    "pattern", "pattern_message", "past", "future", "autocomplete", "missing", "optional", "options", "fields",
)  # fmt: skip
SETTING_KEYS = ("type", "label", "hint", "min", "max", "default", "max_length")
CHECK_KEYS = ("id", "field", "require", "message")
SERVICE_KEYS = tuple(ServiceDefinition.model_fields)
_ORDERS: Mapping[str, Sequence[str]] = {
    "start": ("intro", "need", "time"),
    "case": ("summary", "target_working_days", "contact", "location"),
    "contact": ("name", "email", "phone"),
}
_WELSH_TOP = ("name", "start", "settings", "pages", "case", "confirmation")
_WELSH_PART = (
    "question",
    "hint",
    "body",
    "label",
    "statement",
    "item",
    "missing",
    "options",
    "fields",
    "checks",
)


def order_of(where: Path) -> Sequence[str]:
    """How the keys of the map at this path of `service.yaml` are ordered in the house's style."""
    if not where:
        return SERVICE_KEYS
    if isinstance(where[-1], int) and len(where) > 1:
        return {"pages": PAGE_KEYS, "fields": FIELD_KEYS, "checks": CHECK_KEYS}.get(
            str(where[-2]), ("code", "label", "hint")
        )
    if len(where) == 2 and where[0] == "settings":
        return SETTING_KEYS
    return _ORDERS.get(str(where[-1]), ())


class Edit:
    """Changes to the files of one service; `files` holds what they make. Methods raise `CannotEdit`."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = dict(files)
        self._read: dict[str, tuple[str, Any]] = {}

    def data(self, file: str = SERVICE) -> Any:
        """What a file says, as plain data; not to be changed."""
        text = self.files.get(file, "")
        known = self._read.get(file)
        if known is None or known[0] != text:
            known = (text, patching.read(text) if text.strip() else None)
            self._read[file] = known
        return known[1]

    def at(self, where: Path, file: str = SERVICE) -> Any:
        """The part at a path; None where there is none."""
        here = self.data(file)
        for step in where:
            isin = (
                step in here
                if isinstance(here, dict)
                else isinstance(step, int) and 0 <= step < _length(here)
            )
            if not isin:
                return None
            here = here[step]
        return here

    @property
    def bilingual(self) -> bool:
        """Whether the service is written in Welsh, too."""
        return "cy" in (self.at(("languages",)) or ())

    # -- one value ---------------------------------------------------------------------------------------

    def put(self, where: Path, value: Any) -> None:
        """Set a value of `service.yaml`, or add it in its place."""
        depth = next((n for n in range(1, len(where)) if self.at(where[:n]) is None), len(where))
        text = patching.put(self.files[SERVICE], where, value, order_of(where[: depth - 1]))
        self.files[SERVICE] = text

    def drop(self, where: Path) -> None:
        """Take a key out of `service.yaml`, with the map that it leaves empty."""
        self.files[SERVICE] = patching.drop(self.files[SERVICE], where)

    # -- Welsh -------------------------------------------------------------------------------------------

    def welsh(self, key: str) -> str | None:
        """The Welsh of the text with this key."""
        found = self.at(tuple(self._welsh_path(key)), WELSH)
        if isinstance(found, dict):
            found = found.get("label")
        return found if isinstance(found, str) else None

    def put_welsh(self, key: str, words: str | None) -> None:
        """Set the Welsh of a text; None takes it out."""
        text = self.files.get(WELSH, "")
        path = self._welsh_path(key)
        if words is None:
            if self.at(path, WELSH) is not None:
                found = self.at(path, WELSH)
                path = (*path, "label") if isinstance(found, dict) and "label" in found else path
                self._keep_welsh(patching.drop(text, path))
            return
        if isinstance(self.at(path, WELSH), dict):
            path = (*path, "label")
        elif len(path) > 3 and path[-3] == "options" and isinstance(self.at(path[:-1], WELSH), str):
            # An option with a hint says both: its label moves beside it.
            both = {"label": self.at(path[:-1], WELSH), "hint": words}
            self._keep_welsh(patching.put(text, path[:-1], both))
            return
        depth = next((n for n in range(1, len(path) + 1) if self.at(path[:n], WELSH) is None), len(path))
        self._keep_welsh(patching.put(text, path, words, self._welsh_order(path[: depth - 1])))

    def drop_welsh(self, prefix: str) -> None:
        """Take every Welsh text under a key out."""
        path = tuple(prefix.split("."))
        if self.at(path, WELSH) is not None:
            self._keep_welsh(patching.drop(self.files[WELSH], path))

    def _keep_welsh(self, text: str) -> None:
        if text.strip():
            self.files[WELSH] = text
        else:
            self.files.pop(WELSH, None)

    def _welsh_path(self, key: str) -> Path:
        here: Any = self.data(WELSH) if WELSH in self.files else None
        path: list[str | int] = []
        for step in key.split("."):
            if isinstance(here, list) and step.isdigit() and int(step) < len(here):
                path.append(int(step))
                here = here[int(step)]
            else:
                path.append(step)
                here = here.get(step) if isinstance(here, dict) else None
        return tuple(path)

    def _welsh_order(self, where: Path) -> Sequence[str]:
        if not where:
            return _WELSH_TOP
        if where == ("pages",):
            return [str(page.get("id")) for page in self.pages]
        return _WELSH_PART

    # -- marks and places --------------------------------------------------------------------------------

    def marked(self, key: str) -> bool:
        """Whether councils may say this text in their own words."""
        return key in (self.at(("wording",)) or ())

    def mark(self, key: str, marked: bool) -> None:
        """Let councils change this text, or no longer."""
        keys = list(self.at(("wording",)) or ())
        if marked and key not in keys:
            text = patching.insert(self.files[SERVICE], ("wording",), len(keys), key, SERVICE_KEYS)
            self.files[SERVICE] = text
        elif not marked and key in keys:
            self.drop(("wording", keys.index(key)))

    def keep_marks(self, prefix: str, there: Mapping[str, Any] | None = None) -> None:
        """Take the marks of texts under a key away, but of those that are `there`."""
        for key in list(self.at(("wording",)) or ()):
            if key.startswith(prefix) and (there is None or key not in there):
                self.mark(key, False)

    def place_after(self, page: str) -> str | None:
        """The name of the place for councils' own questions after a page."""
        places = self.at(("places",)) or ()
        return next(
            (one.get("id") for one in places if isinstance(one, dict) and one.get("after") == page), None
        )

    def put_place(self, page: str, wanted: bool) -> None:
        """Let councils ask questions of their own after this page, or no longer."""
        places = [one for one in self.at(("places",)) or () if isinstance(one, dict)]
        there = [i for i, one in enumerate(places) if one.get("after") == page]
        if wanted and not there:
            name = free(f"after-{page}"[:40].rstrip("-"), {str(one.get("id")) for one in places})
            new = {"id": name, "after": page}
            self.files[SERVICE] = patching.insert(
                self.files[SERVICE], ("places",), len(places), new, SERVICE_KEYS
            )
        elif not wanted:
            for i in reversed(there):
                self.drop(("places", i))

    # -- whole parts -------------------------------------------------------------------------------------

    @property
    def pages(self) -> list[dict[str, Any]]:
        """The pages, as plain data."""
        return [page for page in self.at(("pages",)) or () if isinstance(page, dict)]

    def page_id(self, at: int) -> str:
        """The id of the page at an index. Raises `CannotEdit` where there is none."""
        pages = self.pages
        if not 0 <= at < len(pages):
            raise CannotEdit("There is no such page any more. Go back to the service.")
        return str(pages[at].get("id"))

    def insert(self, where: Path, at: int, value: Mapping[str, Any]) -> None:
        """Add an item to the list at a path (`("pages",)`, `("pages", 0, "fields")`)."""
        order = order_of(where[:-1])
        self.files[SERVICE] = patching.insert(self.files[SERVICE], where, at, dict(value), order)

    def move(self, where: Path, old: int, new: int) -> None:
        """Move an item of the list at a path."""
        count = len(self.at(where) or ())
        self.files[SERVICE] = patching.move(self.files[SERVICE], where, old, max(0, min(new, count - 1)))

    def remove(self, where: Path) -> None:
        """Take a page, a question, a check, an option or a setting away, with all that belongs to it alone."""
        part = self.at(where)
        if part is None:
            return
        key = self.key_of(where)
        if where[0] == "pages" and len(where) == 2:
            self.put_place(str(part.get("id")), False)
            self._forget_page(str(part.get("id")))
            for field in part.get("fields") or ():
                self._forget_answer(str(field.get("id")))
        elif len(where) == 4 and where[2] == "fields":
            self._forget_answer(str(part.get("id")))
        elif where[0] == "settings":
            self._forget(EXAMPLES, lambda example: (("settings", where[1]),))
        if key:
            self.drop_welsh(key)
            self.keep_marks(f"{key}.")
        self.drop(where)

    def key_of(self, where: Path) -> str:
        """The key of the texts of a part: `pages.contact.fields.email` for `("pages", 3, "fields", 1)`; '' for none."""
        steps: list[str] = []
        for n, step in enumerate(where):
            if isinstance(step, str):
                steps.append("options" if step == "default" and n == 2 and where[0] == "settings" else step)
                continue
            part = self.at(where[: n + 1])
            if not isinstance(part, dict):
                return ""
            named = part.get("id") or part.get("code")
            steps.append(str(named) if named is not None else str(step))
        return ".".join(steps)

    def _forget_page(self, page: str) -> None:
        self._forget(
            EXAMPLES,
            lambda example: [
                ("path", i) for i, one in reversed(list(enumerate(example.get("path") or ()))) if one == page
            ],
        )

    def _forget_answer(self, field: str) -> None:
        self._forget(EXAMPLES, lambda example: (("answers", field),))

    def _forget(self, file: str, paths_of: Any) -> None:
        if file not in self.files:
            return
        for i, example in enumerate(self.data(file) or ()):
            if isinstance(example, dict):
                for path in paths_of(example):
                    if self.at((i, *path), file) is not None or path[-1] in (example.get(path[0]) or ()):
                        self.files[file] = patching.drop(self.files[file], (i, *path))


def _length(data: Any) -> int:
    return len(data) if isinstance(data, list) else 0


def free(name: str, taken: set[str] | frozenset[str], sign: str = "-") -> str:
    """The name, or with a number where it is taken."""
    if name not in taken:
        return name
    return next(one for n in range(2, 10_000) if (one := f"{name[:36]}{sign}{n}") not in taken)
