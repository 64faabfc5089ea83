"""A form definition of DEFRA's forms: pages of components, lists, and conditions; engine V1 (routes) and V2 (in order).

The format is that of the forms-model (https://github.com/DEFRA/forms-designer, `model/`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from commonhall.catalogue.importing.defra_components import Components, has_condition, is_content
from commonhall.catalogue.importing.defra_conditions import Conditions
from commonhall.catalogue.importing.form import (
    ALWAYS,
    NEVER,
    Condition,
    Form,
    Question,
    Said,
    Step,
    Words,
    all_of,
    must_fit,
)
from commonhall.catalogue.importing.routes import Jump, first_that_fits, follow
from commonhall.catalogue.importing.steps import Item, split
from commonhall.catalogue.importing.taking import joined, line, lines, mapping, maps, whole, word

SYSTEM = "DEFRA forms"
MOST_ROWS = 50
_END_PATHS = frozenset({"/summary", "/status"})


def is_defra_form(data: Any) -> bool:
    """Whether this is a form definition."""
    pages = maps(mapping(data).get("pages"))
    return bool(pages) and all("path" in page for page in pages)


def read_defra_form(data: Any) -> Form:
    """The form that a definition says."""
    return _Reader(mapping(data)).read()


@dataclass(slots=True)
class _Page:
    """A page of the form while it is read: its steps are what it becomes."""

    given: Mapping[str, Any]
    place: str
    when: Condition = ALWAYS
    steps: list[Step] = field(default_factory=list)


class _Reader:
    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data
        self.form = Form(SYSTEM, line(data.get("name")) or Words("A form"))
        self.lists = {name: one for one in maps(data.get("lists")) for name in _names(one)}
        self.components = Components(self.form, self.lists)
        self.questions: dict[str, Question] = {}
        given = {name: one for one in maps(data.get("conditions")) for name in _names(one)}
        self.conditions = Conditions(self.form, given, self.questions, self.lists)
        self.items: dict[int, list[tuple[Mapping[str, Any], Question | Words, Condition]]] = {}

    def read(self) -> Form:
        """The form, its pages in the order in which people meet them."""
        must_fit(len(maps(self.data.get("pages"))))
        pages = self._in_order()
        for number, page in enumerate(pages):
            self.items[number] = self._parts(page)
        for number, page in enumerate(pages):
            self._page(page, self.items[number])
        if not self._is_linear():
            self._route(pages)
        self.form.steps += [step for page in pages for step in page.steps]
        self._ends()
        return self.form

    def _is_linear(self) -> bool:
        """Engine V2 asks the pages in their order; V1 goes by each page's `next`."""
        return word(self.data.get("engine")) == "V2" or not any(
            maps(page.get("next")) for page in maps(self.data.get("pages"))
        )

    # -- pages -------------------------------------------------------------------------------------------------------

    def _in_order(self) -> list[_Page]:
        given = maps(self.data.get("pages"))
        if not self._is_linear():
            given = self._as_met(given)
        found = []
        for page in given:
            title = line(page.get("title"))
            place = f"page {word(page.get('path'))}" + (f" “{title.en[:80]}”" if title else "")
            if _controller(page) in {"Summary", "SummaryWithConfirmationEmail", "Status"} or (
                word(page.get("path")) in _END_PATHS and not maps(page.get("components"))
            ):
                self._declared(page)
                continue
            if _controller(page) == "Feedback":
                self.form.left(place, "a page of feedback: the platform asks how satisfied people are")
                continue
            if page.get("events"):
                self.form.left(place, "what is called when the page is shown or sent: use a connector")
            if page.get("section"):
                self.form.changed(place, f"it was in the section '{word(page['section'])}': pages have none")
            found.append(_Page(page, place))
        return found

    def _as_met(self, given: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Pages so that each stands after all from which one comes to it; a way back is told of when routes are read."""
        by_path = {word(page.get("path")): page for page in given}
        begin = word(self.data.get("startPage")) or word(given[0].get("path"))
        done: list[str] = []
        seen: set[str] = set()
        stack: list[tuple[str, bool]] = [(begin, False)]
        while stack:
            path, finished = stack.pop()
            if finished:
                done.append(path)
                continue
            if path in seen or path not in by_path:
                continue
            seen.add(path)
            stack.append((path, True))
            stack += [(word(one.get("path")), False) for one in maps(by_path[path].get("next"))]
        for path, page in by_path.items():
            if path not in seen and maps(page.get("components")):
                self.form.left(f"page {path} “{line(page.get('title')).en[:80]}”", "no page led to it")
        return [by_path[path] for path in reversed(done)]

    def _parts(self, page: _Page) -> list[tuple[Mapping[str, Any], Question | Words, Condition]]:
        """The page's questions and texts, each with what it was made from; and what options of lists ask besides."""
        found: list[tuple[Mapping[str, Any], Question | Words, Condition]] = []
        for given in maps(page.given.get("components")):
            if is_content(given):
                found.append((given, self.components.content(given), ALWAYS))
                continue
            question = self.components.question(given, page.place)
            if question is None:
                continue
            found.append((given, question, ALWAYS))
            for name in (*_names(given), question.key):
                self.questions.setdefault(name, question)
            for value, inner in self.components.inside_options(given):
                asked = self.components.question(inner, question.place)
                if asked is not None:
                    when = Said(question.key, "has" if question.type == "checkboxes" else "==", value)
                    found.append((inner, asked, when))
                    self.questions.setdefault(asked.key, asked)
        return found

    def _page(self, page: _Page, parts: list[tuple[Mapping[str, Any], Question | Words, Condition]]) -> None:
        named = word(page.given.get("condition"))
        if named:
            page.when = self.conditions.named(named, page.place) or ALWAYS
        title = line(page.given.get("title"))
        controller = _controller(page.given)
        if controller == "Start":
            self.form.intro = joined(*(part for _, part, _ in parts if isinstance(part, Words)))
            parts = [one for one in parts if isinstance(one[1], Question)]
        if controller == "Terminal":
            self._end(page, title, parts)
            return
        items = [Item(part, self._when(given, when, page.place)) for given, part, when in parts]
        if controller == "Repeat":
            items = self._repeated(page, items)
        questions = [item.part for item in items if isinstance(item.part, Question)]
        if not title and questions:
            title = questions[0].label
        page.steps = split(self.form, Step(title, page.place, when=page.when), items)

    def _when(self, given: Mapping[str, Any], when: Condition, place: str) -> Condition:
        named = has_condition(given)
        return all_of([when, (self.conditions.named(named, place) or ALWAYS) if named else ALWAYS])

    def _end(
        self, page: _Page, title: Words, parts: list[tuple[Mapping[str, Any], Question | Words, Condition]]
    ) -> None:
        if page.when == ALWAYS and self._is_linear():
            self.form.left(page.place, "an end for everybody: say for whom it is, and add it")
            return
        body = joined(*(part for _, part, _ in parts if isinstance(part, Words)))
        for _, part, _ in parts:
            if isinstance(part, Question):
                self.form.left(part.place, "a question on a page that ends the form")
        page.steps = [
            Step(
                title or Words("You cannot use this form"),
                page.place,
                body=body or title,
                when=page.when,
                exit=True,
            )
        ]

    def _repeated(self, page: _Page, items: list[Item]) -> list[Item]:
        """The questions of a page that is repeated, as one list."""
        columns = [item.part for item in items if isinstance(item.part, Question)]
        if not columns:
            return items
        for item in items:
            if isinstance(item.part, Question) and item.when != ALWAYS:
                self.form.left(item.part.place, "its condition: a list asks the same of each")
        repeat = mapping(page.given.get("repeat"))
        options, schema = mapping(repeat.get("options")), mapping(repeat.get("schema"))
        high = min(whole(schema.get("max")) or 10, MOST_ROWS)
        low = min(max(whole(schema.get("min")) or 1, 0), high)
        if (whole(schema.get("max")) or 0) > MOST_ROWS:
            self.form.changed(page.place, f"at most {MOST_ROWS} can be added")
        title = line(options.get("title")) or line(page.given.get("title")) or columns[0].label
        one = Question(
            word(options.get("name")) or page.place, "list", title, page.place, columns=columns,
            more={"min": low, "max": max(high, 1)}, texts={"item": Words(title.en, title.cy)},
        )  # fmt: skip
        for column in columns:
            for name in [name for name, asked in self.questions.items() if asked is column]:
                del self.questions[name]
        texts = [Item(item.part) for item in items if isinstance(item.part, Words)]
        return [*texts, Item(one)]

    # -- routes ------------------------------------------------------------------------------------------------------

    def _route(self, pages: list[_Page]) -> None:
        """Engine V1: from each page to the first page in `next` whose condition holds."""
        index = {word(page.given.get("path")): number for number, page in enumerate(pages)}
        first = [
            Step(Words(), page.place, [q for step in page.steps for q in step.questions]) for page in pages
        ]
        jumps = []
        for number, page in enumerate(pages):
            routes: list[tuple[Condition, int]] = []
            plain: list[tuple[Condition, int]] = []
            for one in maps(page.given.get("next")):
                to = index.get(word(one.get("path")), len(pages))
                if word(one.get("redirect")):
                    self.form.left(
                        page.place, f"a way out to {word(one['redirect'])[:200]}: add an end that links to it"
                    )
                    continue
                if to <= number:
                    self.form.left(page.place, f"a way back to {word(one.get('path'))}: pages go on only")
                    continue
                named = word(one.get("condition"))
                when = (self.conditions.named(named, page.place) or NEVER) if named else ALWAYS
                (routes if named else plain).append((when, to))
            fitting = first_that_fits([*routes, *plain])
            jumps += [Jump(number, to, when) for when, to in fitting if to != number + 1]
            if not routes and not plain and number + 1 < len(pages) and not _is_end(page):
                jumps.append(Jump(number, len(pages), ALWAYS))
        follow(self.form, first, jumps)
        for page, step in zip(pages, first, strict=True):
            for part in page.steps:
                part.when = all_of([step.when, part.when])
        for page in pages:
            ends = [step for step in page.steps if step.exit and step.when == ALWAYS]
            for step in ends:
                self.form.left(step.place, "an end for everybody: say for whom it is, and add it")
                page.steps.remove(step)

    # -- the rest ----------------------------------------------------------------------------------------------------

    def _declared(self, page: Mapping[str, Any]) -> None:
        for given in maps(page.get("components")):
            if is_content(given):
                self.form.left(
                    f"page {word(page.get('path'))}",
                    f"words beside the summary: {self.components.content(given).en[:120]}",
                )
            else:
                self.form.left(
                    f"page {word(page.get('path'))}", "a question beside the summary: give it a page"
                )

    def _ends(self) -> None:
        declaration = lines(self.data.get("declaration"))
        if declaration:
            label = Words("Declaration", "Datganiad")
            one = Question(
                "declaration", "declaration", label, "declaration", texts={"statement": declaration}
            )
            self.form.steps.append(Step(label, "declaration", [one]))
        special = mapping(mapping(self.data.get("specialPages")).get("confirmationPage"))
        content = [self.components.content(one) for one in maps(special.get("components")) if is_content(one)]
        self.form.confirmation = joined(*content)
        reasons = {
            "outputs": "where answers are sent: choose a connector when a council adopts it",
            "outputEmail": "where answers are sent: choose a connector when a council adopts it",
            "output": "where answers are sent: choose a connector when a council adopts it",
            "feedback": "the platform asks how satisfied people are",
            "phaseBanner": "each council’s site has its own",
            "fees": "fees: services take no payments yet",
            "payApiKey": "fees: services take no payments yet",
        }
        for key, why in reasons.items():
            if self.data.get(key):
                self.form.left(key, why)


def _names(given: Mapping[str, Any]) -> list[str]:
    return [name for name in (word(given.get("name")), word(given.get("id"))) if name]


def _controller(page: Mapping[str, Any]) -> str:
    """What kind of page it is: the name of its controller, from a path where it is one."""
    name = word(page.get("controller")).rpartition("/")[2].removesuffix(".js").removesuffix(".ts")
    return {"start": "Start", "summary": "Summary", "": "Page"}.get(
        name, name.removesuffix("Controller").removesuffix("Page")
    )


def _is_end(page: _Page) -> bool:
    return any(step.exit for step in page.steps)
