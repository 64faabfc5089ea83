"""What a service owner gives back, and hears of it."""

from __future__ import annotations

import re

from commonhall.catalogue.giving_back.proposals import decide
from commonhall.engine.staff import Role
from tests.web.workspace.office import Office

PATH = "/workspace/give-back"


def offer(page: str, key: str) -> list[tuple[str, str]]:
    """The form of one difference, as the page has it."""
    for form in re.findall(r"<form.*?</form>", page, re.DOTALL):
        fields = re.findall(r'<input type="hidden" name="(service|kind|key|language)" value="([^"]*)"', form)
        if ("key", key) in fields:
            return fields
    raise AssertionError(f"nothing to propose of {key}")


async def test_a_difference_is_proposed_decided_and_told(office: Office) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    page = await owner.get(PATH)
    form = offer(page.text, "containers")
    done = await owner.follow(await owner.post(PATH, [*form, ("reason", "Colours help people.")]))
    assert "Proposed to the maintainer" in done.text
    assert "Colours help people." in done.text
    assert "Waits for the maintainer" in done.text
    [proposal] = re.findall(r"/workspace/give-back/([\w-]+)/withdraw", done.text)
    again = await owner.post(PATH, form, status=409)
    assert "This is proposed already" in again.text
    now = office.clock()
    assert await decide(
        office.house.store, "solihull", proposal, taken=False, now=now, by="M", words="Too local."
    )
    page = await owner.get(PATH)
    assert "Declined" in page.text
    assert "Too local." in page.text
    await owner.post(f"{PATH}/{proposal}/withdraw", status=409)
    assert await office.actions() == ["proposal.make"]


async def test_a_proposal_is_withdrawn(office: Office) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    page = await owner.get(PATH)
    done = await owner.follow(await owner.post(PATH, offer(page.text, "containers")))
    [proposal] = re.findall(r"/workspace/give-back/([\w-]+)/withdraw", done.text)
    gone = await owner.follow(await owner.post(f"{PATH}/{proposal}/withdraw"))
    assert "Withdrawn" in gone.text


async def test_only_who_may_change_services_may_propose(office: Office) -> None:
    for role in (Role.VIEWER, Role.OFFICER, Role.DEVELOPER):
        staff = await office.staff(role)
        assert "Your roles do not let you change services" in (await staff.get(PATH, status=403)).text


async def test_what_is_no_choice_of_the_council_cannot_be_proposed(office: Office) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    wrong = [("service", "missed-bin"), ("kind", "setting"), ("key", "nonsense"), ("language", "")]
    assert "there is nothing to propose" in (await owner.post(PATH, wrong, status=409)).text
    assert "does not run this service" in (await owner.post(PATH, [("service", "x")], status=409)).text
