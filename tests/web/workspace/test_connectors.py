"""A developer sets up a way to a back office, and an operator at three in the morning sees what is stuck."""

from __future__ import annotations

import pytest

from commonhall.connectors.registry import FORMS, KINDS
from commonhall.engine.staff import Role
from tests.web.workspace.office import Office
from tests.web.workspace.test_cases import reported

PATH = "/workspace/connectors"
KEY = "whsec_Y29tbW9uaGFsbC1zYW5kYm94LWRlbW9uc3RyYXRpb24="


def test_the_forms_ask_for_what_the_kinds_take() -> None:
    assert FORMS.keys() == KINDS.keys()
    for kind, fields in FORMS.items():
        of = KINDS[kind]
        known = of.settings.model_fields | of.secrets.model_fields
        assert {field.name for field in fields} == known.keys() - of.by_hand
        for field in fields:
            assert field.needed is known[field.name].is_required(), field.name
            assert (field.name in of.secrets.model_fields) is field.shape.startswith("secret")
            assert bool(field.choices) is (field.shape == "choice")


async def test_a_connector_is_set_up_and_its_secret_never_shown_again(office: Office) -> None:
    developer = await office.staff(Role.DEVELOPER)
    path = f"{PATH}/new/webhook"
    await developer.get(path)
    wrong = await developer.post(
        path, [("name", "Not a name"), ("url", "ftp://x"), ("signing", "short")], status=400
    )
    for words in ("Enter a name of small letters", "must begin with https://", "each must be base64"):
        assert words in wrong.text
    right = [("name", "parking"), ("url", "https://parking.example/hook"), ("signing", KEY)]
    done = await developer.follow(await developer.post(path, right))
    assert "The connector is set up" in done.text
    taken = await developer.post(path, right, status=400)
    assert "already" in taken.text
    form = await developer.get(f"{PATH}/parking/set-up")
    assert "https://parking.example/hook" in form.text
    assert KEY not in form.text
    await developer.post(
        f"{PATH}/parking/set-up", [("url", "https://parking.example/other"), ("signing", "")]
    )
    row = next(row for row in await office.house.store.owner.fetch("select * from connector") if row["connector"] == "parking")  # fmt: skip
    assert KEY.encode() not in row["secrets"]
    assert office.house.seal.open(row["secrets"]) == {"signing": [KEY]}
    assert row["settings"]["url"] == "https://parking.example/other"
    assert await office.actions() == ["connector.set-up", "connector.set-up"]


async def test_a_mapping_is_written_as_pairs(office: Office) -> None:
    developer = await office.staff(Role.DEVELOPER)
    await developer.get(f"{PATH}/waste/set-up")
    form = [
        ("endpoint", "https://open311.example/v2"),
        ("updates", "no"),
        ("service_codes", "missed-bin = MB1\nnonsense"),
    ]
    wrong = await developer.post(f"{PATH}/waste/set-up", form, status=400)
    assert "ours = theirs" in wrong.text
    form[2] = ("service_codes", "missed-bin = MB1\r\npothole = PH2")
    await developer.post(f"{PATH}/waste/set-up", form)
    settings = await office.house.store.owner.fetchval(
        "select settings from connector where connector = 'waste'"
    )
    assert settings["service_codes"] == {"missed-bin": "MB1", "pothole": "PH2"}
    assert settings["updates"] is False


async def test_a_ready_made_mapping_says_what_it_needs(office: Office) -> None:
    developer = await office.staff(Role.DEVELOPER)
    path = f"{PATH}/new/rest"
    await developer.get(path)
    form = {
        "name": "crm", "base": "https://office.example/api/data/v9.2", "preset": "dynamics", "updates": "yes", "key": "hush-hush",
        "values": "reference: ch_reference", "auth": "{type: key, header: X-API-Key}", "tables": "", "mapping": "",
    }  # fmt: skip
    wrong = await developer.post(path, list(form.items()), status=400)
    assert "values.account is missing: Id of the account that cases of residents belong to" in wrong.text
    form["values"] = "reference: ch_reference\r\naccount: 00000000-0000-0000-0000-000000000001"
    form["mapping"] = "deliver:\r\n  statuses: {404: no}\r\n  ask: {body: {title: '{{ csae.summary }}'}}"
    wrong = await developer.post(path, list(form.items()), status=400)
    assert "deliver.ask.body.title: nothing is called" in wrong.text
    form["mapping"] = form["mapping"].replace("csae", "case")
    done = await developer.follow(await developer.post(path, list(form.items())))
    assert "The connector is set up" in done.text
    row = next(row for row in await office.house.store.owner.fetch("select * from connector") if row["connector"] == "crm")  # fmt: skip
    assert row["settings"]["mapping"]["deliver"]["statuses"] == {"404": "no"}
    assert b"hush-hush" not in row["secrets"]
    assert "hush-hush" not in (await developer.get(f"{PATH}/crm/set-up")).text


async def test_what_is_stuck_is_seen_and_sent_again(office: Office) -> None:
    reference = await reported(office)
    owner = office.house.store.owner
    await owner.execute(
        "update delivery set failed_at = now(), attempts = 9, last_error = 'the back office said no'"
    )
    developer = await office.staff(Role.DEVELOPER)
    page = await developer.get(PATH)
    assert "Needs a person" in page.text
    name = await owner.fetchval("select connector from delivery")
    page = await developer.get(f"{PATH}/{name}")
    for words in (reference, "Given up", "Tried 9 times", "the back office said no"):
        assert words in page.text
    assert f"/workspace/cases/{reference}" not in page.text, "a developer does not see cases"
    again = await developer.follow(await developer.post(f"{PATH}/{name}/replay", [("reference", reference)]))
    assert "1 delivery is tried again now" in again.text
    assert "Cases wait" in (await developer.get(PATH)).text
    viewer = await office.staff(Role.VIEWER)
    await viewer.get(f"{PATH}/{name}")
    await viewer.post(f"{PATH}/{name}/replay", status=403)
    await viewer.get(f"{PATH}/new/webhook", status=403)


@pytest.mark.network
async def test_trying_one_says_in_words_what_is_wrong(office: Office) -> None:
    developer = await office.staff(Role.DEVELOPER)
    await developer.get(f"{PATH}/waste")
    tried = await developer.post(f"{PATH}/waste/try", status=200)
    assert "Does not work" in tried.text
    tried = await developer.post(f"{PATH}/office/try", status=200)
    assert "only heard when a case is sent" in tried.text
    await developer.get(f"{PATH}/nothing", status=404)


@pytest.mark.parametrize("kind", sorted(KINDS))
async def test_the_form_of_every_kind_is_shown_without_a_fault_and_tells_what_is_needed(
    kind: str, office: Office
) -> None:
    developer = await office.staff(Role.DEVELOPER)
    page = (await developer.get(f"{PATH}/new/{kind}")).text
    assert "govuk-error-message" not in page
    assert "built-in method" not in page
    for field in KINDS[kind].form:
        assert f'name="{field.name}"' in page
    wrong = (await developer.post(f"{PATH}/new/{kind}", [("name", "Not a name")], status=400)).text
    assert "built-in method" not in wrong
    for field in KINDS[kind].form:
        assert not field.needed or field.shape.startswith("secret") or f"Enter: {field.label}" in wrong
    assert KINDS[kind].about in (await developer.get(PATH)).text
