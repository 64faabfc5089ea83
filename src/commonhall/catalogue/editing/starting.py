"""A service to begin with, a part to begin with, and a package as a file that travels."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from commonhall.catalogue.editing import patching
from commonhall.catalogue.editing.choices import slug
from commonhall.catalogue.editing.conditions import OPERATORS, Row, takes, to_cel
from commonhall.catalogue.editing.edit import CHANGES, EXAMPLES, SERVICE, WELSH, Edit, free
from commonhall.catalogue.editing.menus import subjects_of
from commonhall.catalogue.editing.patching import CannotEdit, Path
from commonhall.catalogue.editing.writing import block
from commonhall.engine.definition import ServiceDefinition
from commonhall.engine.reader import FILES, shape_problems
from commonhall.engine.source import read_yaml

MOST_BYTES = 2_000_000
"""Of a package that is brought in, unpacked."""
_EPOCH = (1980, 1, 1, 0, 0, 0)


def new_service(name: str, service: str, lgsl: int, lgil: int, *, welsh: str = "") -> dict[str, str]:
    """The files of a small service that works: what it is about, and who asks. With its name in `welsh`, in both languages."""
    pages: list[dict[str, Any]] = [
        {
            "id": "details",
            "question": "What do you want to tell us?",
            "fields": [
                {"id": "details", "type": "textarea", "label": "Details", "missing": "Enter the details"}
            ],
        },
        {
            "id": "contact",
            "question": "How can we contact you?",
            "fields": [
                {"id": "name", "type": "name", "label": "Full name", "missing": "Enter your full name"},
                {"id": "email", "type": "email", "label": "Email address", "optional": True},
                {"id": "phone", "type": "phone", "label": "Phone number", "optional": True},
            ],
        },
    ]
    top = {
        "id": service, "version": "0.1.0", "name": name, "lgsl": lgsl, "lgil": lgil,
        "languages": ["en", "cy"] if welsh else ["en"], "retention_days": 365,
    }  # fmt: skip
    parts: list[dict[str, Any]] = [
        {"start": {"intro": "Use this service to tell us about something.", "time": 3}},
        {"pages": pages},
        {"case": {"summary": name, "contact": {"name": "name", "email": "email", "phone": "phone"}}},
        {"confirmation": {"body": "We will look at what you have told us.\n\nKeep your reference.\n"}},
    ]
    text = "\n".join(block(top, 0)) + "\n\n" + "\n\n".join(_spaced(part) for part in parts) + "\n"
    files = {
        SERVICE: text,
        EXAMPLES: _first_example(),
        CHANGES: f"# Changes to {service}\n\n## 0.1.0\n\n- A first draft.\n",
    }
    if welsh:
        files[WELSH] = "\n".join(block(_welsh(welsh), 0)) + "\n"
    return files


def _spaced(part: Mapping[str, Any]) -> str:
    if "pages" not in part:
        return "\n".join(block(part, 0))
    return "pages:\n" + "\n\n".join("\n".join(block([page], 2)) for page in part["pages"])


def _welsh(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "start": {"intro": "Defnyddiwch y gwasanaeth hwn i ddweud wrthym am rywbeth."},
        "pages": {
            "details": {
                "question": "Beth ydych chi am ei ddweud wrthym?",
                "fields": {"details": {"label": "Manylion", "missing": "Rhowch y manylion"}},
            },
            "contact": {
                "question": "Sut gallwn ni gysylltu â chi?",
                "fields": {
                    "name": {"label": "Enw llawn", "missing": "Rhowch eich enw llawn"},
                    "email": {"label": "Cyfeiriad e-bost"},
                    "phone": {"label": "Rhif ffôn"},
                },
            },
        },
        "case": {"summary": name},
        "confirmation": {
            "body": "Byddwn yn edrych ar yr hyn rydych wedi’i ddweud wrthym.\n\nCadwch eich cyfeirnod.\n"
        },
    }


def _first_example() -> str:
    example = {
        "name": "Everything is said",
        "today": "2026-03-10",
        "answers": {
            "details": "Something happened.",
            "name": "Sam Jones",
            "email": "sam@example.com",
            "phone": None,
        },
        "ends": "submitted",
        "path": ["details", "contact"],
    }
    return "\n".join(block([example], 0)) + "\n"


# -- parts -----------------------------------------------------------------------------------------------------------


def new_page(edit: Edit, *, exits: bool) -> dict[str, Any]:
    """A page to begin with; it has what the language asks of every page, and is for its author to fill."""
    taken = {str(page.get("id")) for page in edit.pages}
    if exits:
        return {"id": free("stop", taken), "exit": True, "question": "You cannot use this service", "body": "Say why, and what to do instead."}  # fmt: skip
    name = free("question", taken)
    field = new_field(edit, "text", slug(name, "_"))
    return {"id": name, "question": "New question", "fields": [field | {"label": "New question"}]}


def new_field(edit: Edit, kind: str, name: str = "answer", *, inside: Path | None = None) -> dict[str, Any]:
    """A question of a type to begin with; `inside` is the list that it is asked in."""
    if inside is not None:
        taken = {str(one.get("id")) for one in edit.at((*inside, "fields")) or ()}
    else:
        taken = {str(one.get("id")) for page in edit.pages for one in page.get("fields") or ()}
    field: dict[str, Any] = {"id": free(name, taken, "_"), "type": kind, "label": "New question"}
    if kind in {"radios", "checkboxes", "select"}:
        field["options"] = [{"code": "yes", "label": "Yes"}, {"code": "no", "label": "No"}]
    if kind == "list":
        field |= {"item": "one", "fields": [{"id": "name", "type": "text", "label": "Name"}]}
    if kind == "declaration":
        field["statement"] = "What I have said is true."
    return field


def new_check(edit: Edit, page: int) -> dict[str, Any]:
    """A check of a page to begin with, about its last question that conditions can speak of."""
    subjects = [one for one in subjects_of(edit.data(), page + 1) if one.name.startswith("answers.")]
    if not subjects or len(subjects) == len(subjects_of(edit.data(), page)):
        raise CannotEdit("This page has no question that a check could speak of. Add one first.")
    subject = subjects[-1]
    operators = [one for one in OPERATORS[subject.kind] if takes(one) != "code" or subject.options]
    chosen = (
        "today-le"
        if subject.kind == "date"
        else "ge"
        if subject.kind in {"whole", "number"}
        else operators[0]
    )
    value = {"code": subject.options[0][0] if subject.options else "", "number": "0"}.get(takes(chosen), "")
    taken = {str(check.get("id")) for check in edit.pages[page].get("checks") or ()}
    require = to_cel([Row(subject.name, chosen, value)], [subject])
    return {"id": free("check", taken), "require": require, "message": "Say what is wrong"}


def new_setting(kind: str, label: str) -> dict[str, Any]:
    """A setting of a type to begin with."""
    setting: dict[str, Any] = {"type": kind, "label": label}
    if kind == "options":
        setting["default"] = [{"code": "first", "label": "First"}]
    if kind == "boolean":
        setting["default"] = False
    return setting


def new_example(
    edit: Edit, name: str, today: str, answers: Mapping[str, Any], ends: str, path: Sequence[str]
) -> None:
    """Keep a played journey as an example."""
    example = {"name": name, "today": today, "answers": dict(answers), "ends": ends, "path": list(path)}
    text = edit.files.get(EXAMPLES, "")
    count = len(edit.data(EXAMPLES) or ()) if EXAMPLES in edit.files else 0
    if not count:
        edit.files[EXAMPLES] = "\n".join(block([example], 0)) + "\n"
        return
    edit.files[EXAMPLES] = patching.insert(text, (), count, example)


# -- a package as one file -------------------------------------------------------------------------------------------


def pack(files: Mapping[str, str]) -> bytes:
    """A ZIP with the package's folder, the same bytes for the same files."""
    folder = str((read_yaml(SERVICE, files[SERVICE])[0].data or {}).get("id") or "service")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in FILES:
            if name in files:
                info = zipfile.ZipInfo(f"{folder}/{name}", _EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = 0o644 << 16
                archive.writestr(info, files[name].encode())
    return out.getvalue()


def unpack(content: bytes) -> dict[str, str]:
    """The files of a package in a ZIP, wherever in it their folder stands. Raises `CannotEdit`."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        inside = [info for info in archive.infolist() if info.filename.rpartition("/")[2] == SERVICE]
        if len(inside) != 1:
            found = f"{len(inside)} of them" if inside else "none"
            raise CannotEdit(
                f"The ZIP must hold one service.yaml, and has {found}. Choose the ZIP of one package."
            )
        folder = inside[0].filename[: -len(SERVICE)]
        entries = [
            info for info in archive.infolist() if info.filename in {f"{folder}{name}" for name in FILES}
        ]
        if sum(info.file_size for info in entries) > MOST_BYTES:
            raise CannotEdit("The package is over 2 MB. Split the service.")
        files = {}
        for info in entries:
            with archive.open(info) as source:
                files[info.filename[len(folder) :]] = source.read(MOST_BYTES).decode("utf-8-sig")
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise CannotEdit(
            f"This cannot be read as a ZIP ({error}). Choose the file that was exported."
        ) from error
    except UnicodeDecodeError as error:
        raise CannotEdit("One of the files is not UTF-8 text. Save it as UTF-8.") from error
    return must_have_shape(files)


def must_have_shape(files: Mapping[str, str]) -> dict[str, str]:
    """The files, if forms can show them. Raises `CannotEdit` with what to mend by hand first."""
    for name in (SERVICE, WELSH, EXAMPLES):
        if name in files:
            source, problems = read_yaml(name, files[name])
            if problems:
                raise CannotEdit(f"{problems[0]}. Mend it by hand first.")
            wanted: type = list if name == EXAMPLES else dict
            if not isinstance(source.data, wanted) and files[name].strip():
                raise CannotEdit(f"{name} is not what a package has. Mend it by hand first.")
    source, _ = read_yaml(SERVICE, files[SERVICE])
    try:
        ServiceDefinition.model_validate(source.data)
    except ValidationError as error:
        raise CannotEdit(f"{shape_problems(error, source)[0]}. Mend it by hand first.") from error
    return dict(files)
