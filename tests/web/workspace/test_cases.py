"""An officer with a caller on the line: find the case, answer, and leave nothing personal where it need not be."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image

from commonhall.casework import attachments
from commonhall.engine.staff import Role
from tests.web.wire import Wire, token_in
from tests.web.workspace.office import Office

PATH = "/workspace/cases"
ADDRESS = [
    ("property-line1", "14 Mill Lane"),
    ("property-town", "Solihull"),
    ("property-postcode", "B91 3QJ"),
]
ANSWERS: dict[str, list[tuple[str, str]]] = {
    "address": ADDRESS,
    "containers": [("containers", "refuse")],
    "missed-on": [("missed_on-day", "9"), ("missed_on-month", "3"), ("missed_on-year", "2026")],
    "placing": [("placing", "shared")],
    "bin-store": [("bin_store", "Behind block B")],
    "tag": [("tag", "no")],
    "neighbours": [("neighbours", "only-mine")],
    "contact": [("name", "Wilhelmina Jones"), ("email", "wj@example.com"), ("phone", "")],
}


async def finished(wire: Wire, first: str) -> str:
    """Answer every page from the first one and submit; the case's reference."""
    path = first
    for _ in range(20):
        page = await wire.get(path)
        step = path.rsplit("/", 1)[-1].partition("?")[0]
        form = ANSWERS.get(step)
        if form is None and step != "check":
            names = dict.fromkeys(re.findall(r'<input[^>]*name="([\w.-]+)"[^>]*type="radio"|type="radio"[^>]*name="([\w.-]+)"', page.text))  # fmt: skip
            form = [(next(filter(None, name)), "no") for name in names]
        reply = await wire.post(path, [("_token", token_in(page)), *(form or [])])
        assert reply.status == 303, f"{step}: {reply.text[-1500:]}"
        path = reply.location
        if path.endswith("/confirmation"):
            found = re.search(r"<strong>([A-Z0-9-]{9,})</strong>", (await wire.get(path)).text)
            assert found
            return found.group(1)
    raise AssertionError(f"the journey does not end: {path}")


async def reported(office: Office) -> str:
    """A case that a resident made."""
    wire = office.anybody()
    return await finished(wire, (await wire.post("/missed-bin")).location)


@pytest.fixture
async def reference(office: Office) -> str:
    return await reported(office)


@pytest.mark.parametrize("typed", ["jones", "wilhelmina", "wj@example.com", "b91 3qj", "mill lane", "will"])
async def test_a_case_is_found_by_what_a_caller_says(office: Office, reference: str, typed: str) -> None:
    officer = await office.staff(Role.OFFICER)
    page = await officer.get(f"{PATH}?q={typed.replace(' ', '+')}")
    assert (reference in page.text) is (typed != "will" or "wilhelmina".startswith("will"))
    assert reference not in (await officer.get(f"{PATH}?q={typed.replace(' ', '+')}+nobody")).text


async def test_a_case_is_found_though_nothing_in_it_names_the_council(office: Office, reference: str) -> None:
    """The search keeps to one council by a word of its own, which no address needs to repeat."""
    await office.house.store.owner.execute(
        "update council_case set summary = 'Missed', details = '[]', location = '{}', contact = '{\"name\": \"Zebedee\"}'"
    )
    officer = await office.staff(Role.OFFICER)
    assert reference in (await officer.get(f"{PATH}?q=zebedee")).text


async def test_a_reference_leads_to_its_case_at_once(office: Office, reference: str) -> None:
    officer = await office.staff(Role.OFFICER)
    found = await officer.get(f"{PATH}?q={reference.replace('-', '').lower()}", status=303)
    page = await officer.follow(found)
    assert "Wilhelmina Jones" in page.text
    assert 'href="mailto:wj@example.com"' in page.text


@pytest.mark.parametrize("hostile", ["'", "a'b:*|c", "!&|()", "\\", "%", "<b>", "x" * 500])
async def test_whatever_is_searched_for_is_answered(office: Office, reference: str, hostile: str) -> None:
    from urllib.parse import quote

    officer = await office.staff(Role.OFFICER)
    page = await officer.get(f"{PATH}?q={quote(hostile)}+nobody")
    assert reference not in page.text
    await officer.get(f"{PATH}?q={quote(hostile)}")


async def test_the_list_is_narrowed(office: Office, reference: str) -> None:
    officer = await office.staff(Role.OFFICER)
    for query, there in (
        ("status=open", True),
        ("status=closed", False),
        ("status=open&service=missed-bin", True),
        ("service=pothole", False),
        ("who=nobody", True),
        ("who=me", False),
        ("show=overdue", False),
        ("show=failed", False),
        ("after=nonsense", True),
        ("after=2020-01-01T00:00:00%2B00:00+A", False),
    ):
        assert (reference in (await officer.get(f"{PATH}?{query}")).text) is there, query
    office.clock.go(days=30)
    officer = await office.staff(Role.OFFICER)
    assert reference in (await officer.get(f"{PATH}?show=overdue")).text


async def test_many_cases_come_a_page_at_a_time(office: Office, reference: str) -> None:
    await office.house.store.owner.execute(
        """
        insert into council_case (council, reference, service, digest, journey, channel, language, answers, summary,
                                  details, contact, location, proofs, connectors, measure, submitted_at)
        select council, 'R' || n, service, digest, 'j' || n, channel, language, answers, 'Number ' || n, details, contact,
               location, proofs, connectors, measure, submitted_at - n * interval '1 minute'
        from council_case, generate_series(1, 60) n
        """
    )
    officer = await office.staff(Role.OFFICER)
    seen: list[str] = []
    path = PATH
    for _ in range(5):
        page = await officer.get(path)
        seen += re.findall(r'href="/workspace/cases/([\w-]+)">\1', page.text)
        found = re.search(r'<a class="govuk-link" href="([^"]+)" rel="next"', page.text)
        if not found:
            break
        path = found.group(1).replace("&amp;", "&")
    assert seen == [reference, *(f"R{n}" for n in range(1, 61))]


async def test_answers_are_seen_by_whom_they_are_for(office: Office, reference: str) -> None:
    officer = await office.staff(Role.OFFICER)
    path = f"{PATH}/{reference}"
    await officer.get(path)
    await officer.post(
        f"{path}/answer", [("what", "status"), ("status", "fixed"), ("note", "The crew came back.")]
    )
    await officer.post(f"{path}/answer", [("what", "message"), ("note", "Thank you for telling us.")])
    await officer.post(f"{path}/answer", [("what", "internal"), ("note", "She was very kind.")])
    for wrong in ([("what", "message")], [("what", "status"), ("status", "x")], []):
        await officer.post(f"{path}/answer", wrong, status=400)
    page = await officer.get(path)
    for words in (
        "The crew came back.",
        "Thank you for telling us.",
        "She was very kind.",
        "Staff note",
        "Owen",
    ):
        assert words in page.text
    resident = office.anybody()
    followed = await resident.post(
        f"/case/{reference}", [("reference", reference), ("proof", "wj@example.com")]
    )
    assert "It has been fixed" in followed.text
    assert "Thank you for telling us." in followed.text
    assert "She was very kind." not in followed.text
    assert "fixed" in (await officer.get(f"{PATH}?status=closed&q=jones")).text
    assert (await office.actions())[:4] == ["case.note", "case.message", "case.status", "case.read"]


async def test_who_works_on_it(office: Office, reference: str) -> None:
    officer = await office.staff(Role.OFFICER)
    path = f"{PATH}/{reference}"
    await officer.get(path)
    await officer.post(f"{path}/assign", [("person", "me")])
    assert reference in (await officer.get(f"{PATH}?who=me")).text
    await officer.post(f"{path}/assign", [("person", "nobody-we-know")], status=400)
    await officer.post(f"{path}/assign", [("person", "")])
    assert reference not in (await officer.get(f"{PATH}?who=me")).text


async def test_residents_data_are_for_officers(office: Office, reference: str) -> None:
    for role in (Role.SERVICE_OWNER, Role.DEVELOPER, Role.VIEWER):
        staff = await office.staff(role)
        assert "Jones" not in (await staff.get(f"{PATH}/{reference}", status=403)).text
        await staff.get(PATH, status=403)


async def test_a_redacted_case_tells_nobody_anything(office: Office, reference: str) -> None:
    officer = await office.staff(Role.OFFICER)
    path = f"{PATH}/{reference}"
    await officer.get(path)
    await officer.post(f"{path}/answer", [("what", "internal"), ("note", "Mrs Jones rang.")])
    waiting = await officer.post(f"{path}/redact", [("reason", "Asked"), ("confirm", reference)], status=400)
    assert "still on its way to a back office" in waiting.text
    owner = office.house.store.owner
    await owner.execute("update delivery set failed_at = now(), last_error = 'Jones unknown'")
    await officer.post(f"{path}/redact", [("reason", ""), ("confirm", "x")], status=400)
    await officer.post(f"{path}/redact", [("reason", "Asked to"), ("confirm", reference.lower())])
    page = await officer.get(path)
    assert "Redacted" in page.text
    for table in ("council_case", "case_update", "delivery", "audit", "rating", "journey"):
        rows = await owner.fetch(
            f"select to_jsonb(t)::text as words from {table} t where council = 'solihull'"
        )
        for row in rows:
            if table != "journey":
                assert "jones" not in row["words"].lower(), table
                assert "mill lane" not in row["words"].lower(), table
    resident = office.anybody()
    followed = await resident.post(
        f"/case/{reference}", [("reference", reference), ("proof", "wj@example.com")]
    )
    assert followed.status == 404
    assert reference not in (await officer.get(f"{PATH}?q=jones")).text
    await officer.post(f"{path}/replay")
    assert await owner.fetchval("select count(*) from delivery where failed_at is null") == 0
    assert await owner.fetchval("select count(*) from measure where outcome = 'submitted'") == 1


@pytest.mark.parametrize("channel", ["phone", "in-person", "post"])
async def test_a_service_for_a_caller_is_counted_as_theirs(office: Office, channel: str) -> None:
    officer = await office.staff(Role.OFFICER)
    await officer.get(f"{PATH}/for-a-caller")
    await officer.post(f"{PATH}/for-a-caller", [("service", "nothing")], status=400)
    chosen = [("service", "missed-bin"), ("channel", channel)]
    first = await officer.post(f"{PATH}/for-a-caller", chosen)
    other = await officer.post(f"{PATH}/for-a-caller", chosen)
    assert first.location != other.location, "callers never mix"
    browser = office.anybody()
    browser.cookie = first.headers[b"set-cookie"].partition(b";")[0]
    reference = await finished(browser, first.location)
    row = await office.house.store.owner.fetchrow(
        "select c.channel, m.channel as counted from council_case c join measure m using (council, measure) "
        "where c.reference = $1",
        reference,
    )
    assert tuple(row) == (channel, channel)


async def test_a_file_that_came_with_a_case_is_a_download(office: Office, reference: str) -> None:
    made = io.BytesIO()
    Image.new("RGB", (4, 3), "green").save(made, "PNG")
    file = await attachments.look_at("../lid é.png", made.getvalue())
    [name] = await attachments.add_files(office.house.desk, "solihull", reference, [file], "resident")
    officer = await office.staff(Role.OFFICER)
    page = await officer.get(f"{PATH}/{reference}")
    assert "lid é.png" in page.text
    reply = await officer.get(f"{PATH}/{reference}/files/{name}")
    assert reply.body == made.getvalue()
    assert reply.headers[b"content-disposition"] == b"attachment; filename*=UTF-8''lid%20%C3%A9.png"
    await officer.get(f"{PATH}/{reference}/files/nothing", status=404)
    viewer = await office.staff(Role.VIEWER)
    await viewer.get(f"{PATH}/{reference}/files/{name}", status=403)
