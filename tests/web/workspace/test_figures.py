"""A council's own costs and numbers: entered by who answers for services, kept to the penny, in the audit trail."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhall.engine.figures import (
    CHANNELS,
    CouncilFigures,
    figures_faults,
    figures_kept,
    read_count,
    read_pounds,
)
from commonhall.engine.staff import Role
from tests.web.workspace.office import COUNCIL, Office

PATH = "/workspace/costs"
FORM = (
    ("contact-phone", "£4.20"),
    ("contact-online", ""),
    ("total-missed-bin", "90,000"),
    ("year", "2026"),
    ("source", "Finance, outturn"),
    ("households", "91,250"),
)


async def figures(office: Office) -> CouncilFigures:
    await office.house.sites.refresh()
    site = office.house.sites.of_council(COUNCIL)
    assert site is not None
    return site.figures


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.SERVICE_OWNER])
async def test_who_answers_for_services_enters_them(office: Office, role: Role) -> None:
    staff = await office.staff(role)
    first = await staff.get(PATH)
    assert "Without your own figure: £2.59 (Socitm and LGA, 2017)" in first.text
    page = await staff.follow(await staff.post(PATH, FORM))
    assert "Measures are worked out from these figures from now on" in page.text
    assert await figures(office) == CouncilFigures(
        {"phone": Decimal("4.20")}, {"missed-bin": Decimal(90_000)}, 2026, "Finance, outturn", 91_250, None
    )
    assert (await office.actions())[0] == "figures.change"
    trail = await staff.get("/workspace/audit")
    for said in ("contact phone: 4.20", "total missed-bin: 90000", "year: 2026"):
        assert said in trail.text
    shown = await staff.get(PATH)
    for value in ('value="4.20"', 'value="90000"', 'value="91250"', 'value="Finance, outturn"'):
        assert value in shown.text


@pytest.mark.parametrize("role", [Role.OFFICER, Role.DEVELOPER, Role.VIEWER])
async def test_others_do_not_see_them(office: Office, role: Role) -> None:
    staff = await office.staff(role)
    await staff.get(PATH, status=403)
    await staff.post(PATH, FORM, status=403)
    assert await figures(office) == CouncilFigures()


async def test_what_is_wrong_is_told_beside_it_and_nothing_is_kept(office: Office) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    await owner.get(PATH)
    wrong = {"contact-phone": "four", "year": "2027", "households": "0", "total-missed-bin": "1.234"}
    page = await owner.post(PATH, list({**dict(FORM), **wrong}.items()), status=400)
    for name in wrong:
        assert f'href="#{name}"' in page.text
        assert f'id="{name}-error"' in page.text
    assert 'value="four"' in page.text
    page = await owner.post(PATH, [("contact-phone", "1")], status=400)
    assert "Enter the year that these costs are of" in page.text
    assert await figures(office) == CouncilFigures()


async def test_they_stay_when_the_brand_changes_and_go_when_they_are_cleared(office: Office) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    await owner.get(PATH)
    await owner.post(PATH, FORM)
    await office.house.store.owner.execute(
        "update council set config = jsonb_set(config, '{figures,totals,bulky-waste}', '\"5.00\"'), revision = revision + 1"
    )
    await office.house.sites.refresh()
    await owner.get(PATH)
    await owner.post(PATH, [("year", "2026")])
    assert await figures(office) == CouncilFigures(totals={"bulky-waste": Decimal("5.00")}, year=2026)


# -- amounts as people type them -----------------------------------------------------------------------------------

POUNDS = st.decimals(min_value=0, max_value=10**9, places=2)


@given(POUNDS)
def test_an_amount_is_read_as_it_is_written(amount: Decimal) -> None:
    assert read_pounds(f"£{amount:,}") == read_pounds(f" {amount} ") == amount


@pytest.mark.parametrize("text", ["", "-1", "1.234", "1e5", "NaN", "Infinity", "twelve", "1.2.3", ".", "٣"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    if text == "٣":
        # A digit of another script is a digit.
        assert read_pounds(text) == 3
        return
    with pytest.raises(ValueError, match="not an amount"):
        read_pounds(text)


@pytest.mark.parametrize("text", ["", "-1", "1.5", "many"])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="whole number"):
        read_count(text)


FIGURES = st.builds(
    CouncilFigures,
    contacts=st.dictionaries(st.sampled_from(CHANNELS), POUNDS),
    totals=st.dictionaries(st.text("abc-", min_size=1), POUNDS),
    year=st.none() | st.integers(1990, 2100),
    source=st.text(max_size=300),
    households=st.none() | st.integers(0, 10**8),
    collections=st.none() | st.integers(0, 10**10),
)


@given(FIGURES)
def test_what_is_kept_is_what_was_given(given_figures: CouncilFigures) -> None:
    kept = msgspec.json.decode(msgspec.json.encode(figures_kept(given_figures)))
    assert msgspec.convert(kept, CouncilFigures) == given_figures


@given(FIGURES)
def test_a_fault_names_a_part_that_is_there(given_figures: CouncilFigures) -> None:
    parts = {"year", "source", "households", "collections"}
    parts |= {f"contact-{channel}" for channel in given_figures.contacts}
    parts |= {f"total-{service}" for service in given_figures.totals}
    assert {part for part, _ in figures_faults(given_figures, 2026)} <= parts
