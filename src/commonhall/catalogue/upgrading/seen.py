"""What residents of one council will see change: page by page, in each language, after the council's own choices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from commonhall.engine.package import Adopted, CompiledPage, Service


@dataclass(frozen=True, slots=True)
class Seen:
    """One change. `page` is the page's id, or '' for what belongs to none; texts are '' where there is none."""

    page: str
    language: str
    what: str
    before: str = ""
    after: str = ""


_NAMES = {
    "question": "question",
    "hint": "hint",
    "body": "text",
    "label": "label",
    "missing": "error message",
}


def changed_texts(old: Service, new: Service) -> dict[str, frozenset[str]]:
    """By language, the keys of the texts that differ between two versions."""
    return {
        language: frozenset(
            key
            for key in old.texts.get(language, {}).keys() | new.texts.get(language, {}).keys()
            if old.texts.get(language, {}).get(key) != new.texts.get(language, {}).get(key)
        )
        for language in ("en", "cy")
    }


def changed_pages(old: Service, new: Service) -> list[Seen]:
    """How the pages of two versions differ, whoever runs them: added, gone, moved, asked of others."""
    before = {page.id: page for page in old.definition.pages}
    after = {page.id: page for page in new.definition.pages}
    found = [Seen(name, "", "this page is gone") for name in before if name not in after]
    found += [Seen(name, "", "this page is new") for name in after if name not in before]
    kept = [name for name in before if name in after]
    if kept != [name for name in after if name in before]:
        found.append(Seen("", "", "pages come in another order"))
    for name in kept:
        one, other = before[name], after[name]
        if one.when != other.when:
            found.append(
                Seen(name, "", "this page is asked of other people", one.when or "all", other.when or "all")
            )
        fields, now = {part.id: part for part in one.fields}, {part.id: part for part in other.fields}
        found += [Seen(name, "", f"“{part}” is not asked any more") for part in fields if part not in now]
        found += [Seen(name, "", f"“{part}” is asked now") for part in now if part not in fields]
        for part in fields.keys() & now.keys():
            if fields[part].optional != now[part].optional:
                found.append(
                    Seen(
                        name,
                        "",
                        f"“{part}” {'may be left empty' if now[part].optional else 'must be answered'} now",
                    )
                )
        if len(one.checks) != len(other.checks) or any(
            a.require != b.require for a, b in zip(one.checks, other.checks, strict=True)
        ):
            found.append(Seen(name, "", "answers are checked differently"))
    return found


def seen_by_residents(
    old: Adopted, new: Adopted, texts: dict[str, frozenset[str]], pages: list[Seen]
) -> tuple[Seen, ...]:
    """What changes for one council's residents. `texts` and `pages` are the versions' own differences."""
    return (*pages, *_own_pages(old, new), *_settings(old, new), *_texts(old, new, texts))


def _own_pages(old: Adopted, new: Adopted) -> Iterator[Seen]:
    for name in _own(old).keys() - _own(new).keys():
        yield Seen(name, "", "your own question is not asked any more")


def _own(adopted: Adopted) -> dict[str, CompiledPage]:
    return {page.id: page for page in adopted.pages if page.key.startswith("local.")}


def _settings(old: Adopted, new: Adopted) -> Iterator[Seen]:
    for name, value in old.settings.items():
        if name in new.settings and new.settings[name] != value:
            label = new.service.definition.settings[name].label
            yield Seen("", "", f"the setting “{label}” changes", str(value), str(new.settings[name]))


def _texts(old: Adopted, new: Adopted, texts: dict[str, frozenset[str]]) -> Iterator[Seen]:
    for language in new.languages:
        candidates = (
            texts.get(language, frozenset())
            | old.texts.own.get(language, {}).keys()
            | new.texts.own.get(language, {}).keys()
        )
        for key in sorted(candidates):
            before, after = old.texts.get(language, key) or "", new.texts.get(language, key) or ""
            if before == after or key == "case.summary":
                continue
            parts = key.split(".")
            page = parts[1] if parts[0] == "pages" else ""
            if page and (not before or not after) and (old.page(page) is None or new.page(page) is None):
                continue  # the page as a whole is named already
            what = _NAMES.get(parts[-1], parts[-1]) if page else key
            yield Seen(page, language, what, before, after)
