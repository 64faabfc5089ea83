"""What councils vary is measured; what one of them proposes becomes part of the shared service, and nothing else moves."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from commonhall.catalogue.councils import CouncilPlan
from commonhall.catalogue.giving_back.proposals import (
    NothingToPropose,
    list_offers,
    propose,
    weigh,
    withdraw,
)
from commonhall.catalogue.giving_back.taking import CannotTake, take
from commonhall.catalogue.giving_back.variation import Running, variation
from commonhall.directory.directory import Directory
from commonhall.engine.adoption import Adopter, adopt
from commonhall.engine.examples import play_defaults
from commonhall.engine.package import Service
from commonhall.engine.reader import read_service
from commonhall.engine.staff import Actor, Role
from commonhall.engine.working_days import Calendar
from commonhall.storage.audit import list_entries
from commonhall.storage.councils import AdoptedRow, NewAdoption, save_adoptions, save_council
from commonhall.storage.pool import Store
from commonhall.storage.proposals import all_proposals, decide_proposal, list_proposals
from tests.houses import demo_plans, demo_services

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
OWNER = Actor("p1", "Sunita", "sunita@example.com", frozenset({Role.SERVICE_OWNER}))


@pytest.fixture(scope="module")
def services(calendars: Mapping[str, Calendar], directory: Directory) -> dict[str, Service]:
    return demo_services(calendars, directory)


@pytest.fixture(scope="module")
def plans(
    services: dict[str, Service], calendars: Mapping[str, Calendar], directory: Directory
) -> list[CouncilPlan]:
    return demo_plans(services, calendars, directory)


@pytest.fixture
def bins(services: dict[str, Service]) -> Service:
    return services["missed-bin 1.0.0"]


def again(files: Mapping[str, str], calendars: Mapping[str, Calendar]) -> Service:
    """The files as a package, with its examples played."""
    service = read_service(files, calendars)
    assert [fault for played in play_defaults(service, calendars) for fault in played.faults] == []
    return service


def changed(before: Mapping[str, str], after: Mapping[str, str], name: str) -> list[str]:
    """The lines that differ, as a diff writes them."""
    lines = difflib.unified_diff(before[name].splitlines(), after[name].splitlines(), lineterm="", n=0)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


class TestVariation:
    def test_it_is_counted_by_council_and_by_value(self, bins: Service) -> None:
        running = [
            Running("a", bins, {"settings": {"report_within_days": 3}}),
            Running("b", bins, {"settings": {"report_within_days": 3}}),
            Running("c", bins, {"settings": {"report_within_days": 5}}),
            Running("d", bins, {"settings": {"report_within_days": 2}}),
        ]
        [found] = variation(running)
        [days] = found.varied
        assert (days.kind, days.key, days.councils, days.of) == (
            "setting",
            "report_within_days",
            ("a", "b", "c"),
            4,
        )
        assert days.values == ((3, 2), (5, 1))
        assert days.rate == 0.75
        assert days.label == "Working days that residents have to report a missed collection"

    def test_the_service_s_rate_is_the_share_of_what_could_vary(self, bins: Service) -> None:
        could = 6 + 11 * 2 + 2
        [found] = variation(
            [Running("a", bins, {"settings": {"report_within_days": 3}}), Running("b", bins, {})]
        )
        assert found.could_vary == could
        assert found.rate == pytest.approx(1 / (2 * could))

    def test_words_and_extra_questions_count_and_shared_words_do_not(self, bins: Service) -> None:
        page = {"id": "gate", "question": "Is there a gate?", "fields": [{"id": "gate", "type": "text"}]}
        choices: dict[str, Any] = {
            "wording": {"en": {"name": "Missed bin", "pages.tag.hint": bins.texts["en"]["pages.tag.hint"]}},
            "extra_questions": [{"place": "before-contact", "page": page}],
        }
        [found] = variation([Running("a", bins, choices)])
        assert [(one.kind, one.key, one.language) for one in found.varied] == [
            ("extra_question", "before-contact", ""),
            ("wording", "name", "en"),
        ]

    def test_the_demo_s_councils(self, plans: list[CouncilPlan]) -> None:
        running = [
            Running(plan.file.council, adopted.service, adopted.choices.model_dump(mode="json"))
            for plan in plans
            for adopted in plan.adopted
        ]
        for found in variation(running):
            assert 0 < found.rate < 1
            assert all(one.of == found.councils for one in found.varied)
        needed = {one.key for found in variation(running) for one in found.varied if one.needed}
        assert "emergency_phone" in needed


class TestTaking:
    def test_a_setting_s_value_becomes_the_default(
        self, bins: Service, calendars: Mapping[str, Calendar]
    ) -> None:
        files = take(bins, "setting", "report_within_days", "", 3, "Three days, as most councils have it.")
        assert again(files, calendars).definition.settings["report_within_days"].default == 3
        assert changed(bins.files, files, "service.yaml") == [
            "-version: 1.0.0",
            "+version: 1.1.0",
            "-    default: 2",
            "+    default: 3",
        ]
        assert "## 1.1.0\n\nThree days, as most councils have it.\n" in files["CHANGELOG.md"]
        assert changed(bins.files, files, "cy.yaml") == []

    def test_a_council_s_options_become_the_default_in_both_languages(
        self, bins: Service, calendars: Mapping[str, Calendar]
    ) -> None:
        value = [
            {"code": "refuse", "label": {"en": "Black bin", "cy": "Bin du"}},
            {"code": "recycling", "label": {"en": "Sacks", "cy": "Sachau"}},
        ]
        files = take(bins, "setting", "containers", "", value, "Colours.")
        taken = read_service(files, calendars)
        assert taken.texts["en"]["settings.containers.options.refuse"] == "Black bin"
        assert taken.texts["cy"]["settings.containers.options.recycling"] == "Sachau"

    @pytest.mark.parametrize("language", ["en", "cy"])
    def test_words_become_the_shared_words(
        self, bins: Service, calendars: Mapping[str, Calendar], language: str
    ) -> None:
        words = "One line.\n\nAnd another.\n"
        files = take(bins, "wording", "pages.too-late.body", language, words, "Shorter.")
        taken = again(files, calendars)
        assert taken.texts[language]["pages.too-late.body"] == words
        assert taken.version == "1.0.1"
        other = "cy.yaml" if language == "en" else "service.yaml"
        assert len(changed(bins.files, files, other)) == (0 if language == "en" else 2), "only the version"

    def test_an_extra_question_is_a_shared_page_that_nobody_is_asked_unless_a_council_says_so(
        self, bins: Service, plans: list[CouncilPlan], calendars: Mapping[str, Calendar]
    ) -> None:
        cardiff = next(plan for plan in plans if plan.file.council == "cardiff")
        choices = next(one.choices for one in cardiff.adopted if one.service.id == "missed-bin")
        question = choices.extra_questions[0]
        files = take(bins, "extra_question", question.place, "", question.page, "Ask after torn bags.")
        taken = again(files, calendars)
        ids = [page.id for page in taken.definition.pages]
        assert ids[ids.index("neighbours") + 1] == "gulls"
        assert taken.texts["cy"]["pages.gulls.fields.torn.options.yes"] == "Oes"
        asked = adopt(
            taken,
            {"service": taken.id, "version": taken.version, "settings": {"ask_gulls": True}},
            Adopter("England", ("en", "cy")),
            calendars,
        )
        page = asked.page("gulls")
        assert page is not None
        assert page.when is not None
        assert page.when.holds("England", {**asked.bound, "answers.containers": ["refuse"]})

    @pytest.mark.parametrize(
        ("kind", "key", "value"),
        [
            ("setting", "gone", 3),
            ("wording", "pages.gone.hint", "x"),
            ("extra_question", "gone", {"id": "x"}),
        ],
    )
    def test_what_does_not_fit_any_more_is_refused_with_what_to_do(
        self, bins: Service, kind: str, key: str, value: Any
    ) -> None:
        with pytest.raises(CannotTake, match="decline it, or add the"):
            take(bins, kind, key, "en", value, "why")

    def test_a_question_whose_name_is_taken_is_left_to_a_person(self, bins: Service) -> None:
        page = {"id": "contact", "question": "?", "fields": [{"id": "x", "type": "text"}]}
        with pytest.raises(CannotTake, match="has a 'contact' already"):
            take(bins, "extra_question", "before-contact", "", page, "why")


async def adopted_by(
    store: Store, council: str, service: Service, settings: dict[str, Any]
) -> dict[str, Any]:
    """Let a council run a service with these settings."""
    choices = {"service": service.id, "version": service.version, "settings": settings}
    row = AdoptedRow(f"d-{council}", service.id, service.version, service.digest, choices, "England", ["en"])
    await save_council(store, council, f"E-{council}", f"{council}.localhost", {})
    await save_adoptions(store, council, [NewAdoption(row, dict(service.files), None)], NOW)
    return choices


async def test_a_proposal_is_weighed_by_how_many_councils_do_the_same(store: Store, bins: Service) -> None:
    choices = await adopted_by(store, "solihull", bins, {"report_within_days": 3})
    await adopted_by(store, "surrey", bins, {"report_within_days": 3})
    await adopted_by(store, "kirklees", bins, {"report_within_days": 7})
    [offer] = await list_offers(store, "solihull", bins, choices)
    assert (offer.key, offer.value, offer.proposed) == ("report_within_days", 3, False)
    what = (offer.kind, offer.key, offer.language)
    await propose(
        store, "solihull", bins, choices, what, reason="Bank holidays.", proposal="P1", now=NOW, by=OWNER
    )
    with pytest.raises(NothingToPropose, match="proposed already"):
        await propose(store, "solihull", bins, choices, what, reason="", proposal="P2", now=NOW, by=OWNER)
    with pytest.raises(NothingToPropose, match="as the shared service has it"):
        await propose(store, "solihull", bins, choices, ("setting", "out_by", ""), reason="", proposal="P3", now=NOW, by=OWNER)  # fmt: skip
    [weighed] = await weigh(store, lambda _digest: bins)
    assert weighed.varied is not None
    assert (weighed.alike, len(weighed.varied.councils), weighed.varied.of) == (2, 3, 3)
    assert [entry.action for entry in await list_entries(store, "solihull")] == ["proposal.make"]

    assert await decide_proposal(store, "solihull", "P1", "taken", NOW, "the maintainer", "In 1.1.0")
    assert not await decide_proposal(store, "solihull", "P1", "declined", NOW, "the maintainer", "")
    [row] = await list_proposals(store, "solihull")
    assert (row.state, row.decision) == ("taken", "In 1.1.0")
    assert not await withdraw(store, "solihull", "P1", now=NOW, by=OWNER)
    assert await all_proposals(store, None, "open") == []
