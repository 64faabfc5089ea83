"""What holds of every form: routes lead to the same pages, shorter conditions mean the same, nothing breaks the reading."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from commonhall.catalogue.importing.form import (
    ALWAYS,
    AllOf,
    AnyOf,
    Condition,
    FormRefused,
    Said,
    opposite,
    simpler,
)
from commonhall.catalogue.importing.reading import Imported
from commonhall.engine.journey import walk
from tests.catalogue.importing.samples import (
    FORMS,
    TODAY,
    adopted,
    brought,
    service_of,
    zipped,
)

OPTIONS = ("a", "b", "c")


def step(number: int, routes: list[dict[str, Any]]) -> dict[str, Any]:
    options = [{"name": name} for name in OPTIONS]
    data = {
        "question_text": f"Question {number}",
        "answer_type": "selection",
        "answer_settings": {"only_one_option": "true", "selection_options": options},
    }
    return {"id": f"s{number}", "position": number, "data": data, "routing_conditions": routes}


@st.composite
def routed(draw: st.DrawFn) -> dict[str, Any]:
    """A form of selections with routes forward: by an answer to a page, to an end, or past others for everybody."""
    count = draw(st.integers(2, 6))
    steps = []
    for number in range(1, count + 1):
        routes = []
        values = draw(st.lists(st.sampled_from([*OPTIONS, None]), max_size=2, unique=True))
        for value in sorted(values, key=lambda one: (one is None, one)):
            to = draw(st.integers(number + 1, count + 1))
            ends = value is not None and draw(st.booleans())
            routes.append(
                {
                    "check_page_id": f"s{number}",
                    "answer_value": value,
                    "goto_page_id": None if ends or to > count else f"s{to}",
                    "skip_to_end": to > count and not ends,
                    "exit_page_heading": f"End {number} {value}" if ends else None,
                    "exit_page_markdown": "No." if ends else None,
                }
            )
        steps.append(step(number, routes))
    return {"name": "A form", "steps": steps}


def followed(form: dict[str, Any], answers: list[str]) -> list[str]:
    """The pages that the form itself would ask, by its own rules."""
    at, met = 0, []
    steps = form["steps"]
    while at < len(steps):
        met.append(f"question-{at + 1}")
        to = at + 1
        for route in steps[at]["routing_conditions"]:
            if route["answer_value"] not in {None, answers[at]}:
                continue
            if route["exit_page_heading"]:
                return [*met, "an end"]
            to = len(steps) if route["skip_to_end"] else int(route["goto_page_id"][1:]) - 1
            break
        at = to
    return met


@settings(deadline=None, max_examples=60)
@given(routed(), st.data())
def test_whoever_follows_the_draft_is_asked_what_the_form_asked(
    form: dict[str, Any], data: st.DataObject
) -> None:
    found = brought(form)
    assume(not any("too long" in note.words or "characters long" in note.words for note in found.notes))
    council = adopted(service_of(found))
    for _ in range(8):
        answers = data.draw(
            st.lists(st.sampled_from(OPTIONS), min_size=len(form["steps"]), max_size=len(form["steps"]))
        )
        given_ = {f"question_{number}": answer for number, answer in enumerate(answers, start=1)}
        path = walk(council, given_, TODAY)
        pages = [page.id for page in path.pages] + (["an end"] if path.exit else [])
        assert pages == followed(form, answers)


said_ = st.builds(
    Said, st.sampled_from(["x", "y"]), st.sampled_from(["==", "!="]), st.sampled_from(["1", "2", "3"])
) | st.builds(Said, st.just("n"), st.sampled_from(["<", ">=", ">", "<="]), st.sampled_from([1, 2]))
conditions: st.SearchStrategy[Condition] = st.recursive(
    said_,
    lambda inner: st.lists(inner, max_size=4).map(tuple).flatmap(
        lambda parts: st.sampled_from([AllOf(parts), AnyOf(parts)])
    ),
    max_leaves=12,
)  # fmt: skip


def holds(condition: Condition, values: dict[str, Any]) -> bool:
    if isinstance(condition, AllOf):
        return all(holds(part, values) for part in condition.parts)
    if isinstance(condition, AnyOf):
        return any(holds(part, values) for part in condition.parts)
    mine, other = values[condition.question], condition.value
    return {
        "==": mine == other, "!=": mine != other, "<": mine < other, "<=": mine <= other, ">": mine > other,
        ">=": mine >= other,
    }[condition.sign]  # fmt: skip


@given(conditions, st.sampled_from("123"), st.sampled_from("1234"), st.integers(0, 3))
def test_a_condition_in_fewer_words_means_the_same(condition: Condition, x: str, y: str, n: int) -> None:
    values = {"x": x, "y": y, "n": n}
    assert holds(simpler(condition), values) == holds(condition, values)
    assert holds(opposite(condition), values) != holds(condition, values)


def test_what_always_holds_is_no_condition() -> None:
    either = AnyOf((Said("x", "==", "1"), Said("x", "!=", "1")))
    assert simpler(either) == ALWAYS


def spots(data: Any, where: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a sample."""
    found = [where]
    if isinstance(data, dict):
        found += [spot for key, one in data.items() for spot in spots(one, (*where, key))]
    if isinstance(data, list):
        found += [spot for i, one in enumerate(data) for spot in spots(one, (*where, i))]
    return found


def outcome(form: Any) -> Imported | str:
    """The draft, or why it was refused."""
    try:
        return brought(form)
    except FormRefused as refused:
        return str(refused)


ODD = st.sampled_from(
    [None, True, False, 0, -1, 3.5, 10**18, "", " ", "x" * 9000, "{{ settings.a }}", "{{ answers.b", "a\nb", "\u202e", "\ud800",
     "<b>&amp;<script>x</script></b>", "'\\", "in", "local-x", "start", "ÿ", "日本語", "# x", [], {}, [[]], [{}], {"en": {}},
     {"en": "A", "cy": "B"}, "==", "(a*)*", "[", "true", "99999999999999999999", "2026-13-45"]
)  # fmt: skip


@pytest.mark.parametrize("name", sorted(path.name for path in FORMS.iterdir() if path.suffix == ".json"))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_form_that_is_odd_is_refused_in_words_or_becomes_a_draft(name: str, data: st.DataObject) -> None:
    form = json.loads((FORMS / name).read_text("utf-8"))
    for _ in range(data.draw(st.integers(1, 4))):
        where = data.draw(st.sampled_from(spots(form)[1:]))
        here = form
        try:
            for key in where[:-1]:
                here = here[key]
            if data.draw(st.booleans()):
                here[where[-1]] = copy.deepcopy(data.draw(ODD))
            elif isinstance(here, list):
                here.insert(where[-1], copy.deepcopy(here[where[-1]]))
            else:
                del here[where[-1]]
        except (KeyError, IndexError, TypeError):
            continue  # a change before this one took the place away
    found = outcome(zipped(form) if "open-forms" in name else form)
    if isinstance(found, str):
        assert found.endswith(".")
        return
    if any("no example journey" in note.words for note in found.notes):
        return
    service_of(found)
    assert found.files["CHANGELOG.md"].startswith(f"# Changes to {found.service}\n")
