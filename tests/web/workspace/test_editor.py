"""The service editor over the wire: begin, change, be told what is wrong, play, keep, export, bring in again."""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from pathlib import Path as Folder

import pytest

from commonhall.catalogue.packages import check_folder, read_folder
from commonhall.engine.staff import Role
from commonhall.engine.working_days import load_calendars
from tests.catalogue.importing.samples import content_of
from tests.web.workspace.office import Office, Staff

SERVICES = Folder(__file__).parents[3] / "services"
EDITOR = "/workspace/editor"
NEW = [("name", "Report a broken bench"), ("lgsl", "561"), ("lgil", "17")]


@pytest.fixture
async def owner(office: Office) -> Staff:
    return await office.staff(Role.SERVICE_OWNER)


async def begun(owner: Staff) -> str:
    """A new service; answers its path."""
    await owner.get(EDITOR)
    reply = await owner.post(f"{EDITOR}/new", NEW)
    assert reply.location.startswith(f"{EDITOR}/report-a-broken-bench")
    return f"{EDITOR}/report-a-broken-bench"


async def copied(owner: Staff, service: str = "missed-bin") -> str:
    await owner.get(EDITOR)
    reply = await owner.post(f"{EDITOR}/copy", [("service", service)])
    return reply.location.partition("?")[0]


def boxes(text: str) -> dict[str, str]:
    """What a browser would send of a page's editor form, without buttons."""
    form = text[text.index("data-ch-editor") :]
    form = form[: form.index("</form>")]
    found = {
        html.unescape(name): html.unescape(value)
        for name, value in re.findall(r'<input[^>]* name="([^"]+)" type="text" value="([^"]*)"', form)
    }
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form):
        found[name] = html.unescape(value)
    for name, value in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        found[name] = html.unescape(value)
    for name, inside in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)"[^>]* selected', inside) or re.search(
            r'<option value="([^"]*)"', inside
        )
        found[name] = html.unescape(chosen.group(1)) if chosen else ""
    for name, value in re.findall(
        r'<input[^>]* name="([^"]+)" type="checkbox" value="([^"]*)" checked', form
    ):
        found[name] = value
    found.pop("token", None)
    found.pop("add.type", None)
    return found


async def change(owner: Staff, path: str, do: str = "save", *, status: int = 303, **values: str) -> str:
    """Change some boxes of a part's form (`__` for a dot) and send it whole; answers where it leads, or the page."""
    page = await owner.get(path)
    form = boxes(page.text) | {name.replace("__", "."): value for name, value in values.items()}
    reply = await owner.post(path, [*form.items(), ("do", do)], status=status)
    return reply.location if status == 303 else reply.text


async def files_of(office: Office, draft: str) -> dict[str, str]:
    row = await office.house.store.owner.fetchval("select files from service_draft where draft = $1", draft)
    return dict(row)


async def test_a_number_of_the_national_list_is_found_by_the_services_name(
    office: Office, owner: Staff
) -> None:
    await owner.get(EDITOR)
    form = [("name", "Report a missed bin"), ("lgil", "8")]
    shown = await owner.post(f"{EDITOR}/new", form, status=400)
    assert "Select the service of the national list that this is" in shown.text
    [number] = re.findall(r'name="found" type="radio" value="(\d+)"', shown.text)[:1]
    assert f"LGSL {number}" in shown.text
    await owner.post(f"{EDITOR}/new", [*form, ("found", number)])
    assert f"lgsl: {number}\n" in (await files_of(office, "report-a-missed-bin"))["service.yaml"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"lgsl": "99999"}, "Enter the LGSL number"),
        ({"lgsl": "9999"}, "There is no such service: the national list has no LGSL 9999"),
        ({"lgil": ""}, "Enter the LGIL number"),
        ({"name": ""}, "Enter what the service is called"),
        ({"name": "Qwxz", "lgsl": ""}, "Enter the LGSL number"),
    ],
)
async def test_what_a_service_cannot_begin_with(owner: Staff, given: dict[str, str], told: str) -> None:
    await owner.get(EDITOR)
    shown = await owner.post(f"{EDITOR}/new", [*(dict(NEW) | given).items()], status=400)
    assert told in shown.text


async def test_a_form_that_is_sent_as_it_came_changes_no_byte(office: Office, owner: Staff) -> None:
    path = await copied(owner)
    for part in ("about", "start", "end", "settings/containers", "settings/out_by", "pages/0", "pages/3", "pages/7",
                 "pages/2/checks/0", "pages/5/fields/0", "pages/12/fields/1", "examples/0"):  # fmt: skip
        await change(owner, f"{path}/part/{part}")
        assert await files_of(office, "missed-bin") == read_folder(SERVICES / "missed-bin"), part


async def test_a_service_is_written_played_and_exported(
    office: Office, owner: Staff, tmp_path: Folder
) -> None:
    path = await begun(owner)
    await change(owner, f"{path}/part/pages/0", question="What is wrong with the bench?", hint="Tell us all")
    to = await change(owner, f"{path}/part/pages/0", "add fields", add__type="radios")
    field = to.partition("?")[0]
    assert field.endswith("/part/pages/0/fields/1")
    await change(owner, field, label="Is it dangerous?", id="danger", missing="Select yes if it is dangerous")
    await owner.get(path)
    revision = str(await office.house.store.owner.fetchval("select revision from service_draft"))
    reply = await owner.post(path, [("revision", revision), ("do", "exit pages/0")])
    stop = reply.location.partition("?")[0]
    await change(
        owner, stop, question="Ring us now", body="Ring 999.", id="ring", when__how="rows",
        when__0__said="answers.danger|is|yes",
    )  # fmt: skip
    shown = (await owner.get(path)).text
    assert "Ends here if “Is it dangerous?” is “Yes”" in shown
    assert "1 to settle" in shown, "the example says nothing of danger"
    await owner.get(path)
    revision = str(await office.house.store.owner.fetchval("select revision from service_draft"))
    refused = await owner.post(path, [("revision", revision), ("do", "remove examples/0")], status=409)
    assert "Play the journey and keep another first" in refused.text


async def test_a_walk_is_kept_as_an_example(office: Office, owner: Staff) -> None:
    path = await begun(owner)
    page = await owner.get(f"{path}/play")
    reply = await owner.post(f"{path}/play", [("_today", "2026-03-10"), ("_language", "en")], status=200)
    assert "What do you want to tell us?" in reply.text

    async def answer(reply_text: str, *pairs: tuple[str, str]) -> str:
        hidden = [
            (n, html.unescape(v))
            for n, v in re.findall(r'<input type="hidden" name="(_\w+)" value="([^"]*)"', reply_text)
        ]
        return (await owner.post(f"{path}/play", [*hidden, *pairs], status=200)).text

    text = await answer(reply.text, ("details", ""))
    assert "Enter the details" in text
    text = await answer(text, ("details", "A <b>broken</b> bench"))
    assert "How can we contact you?" in text
    text = await answer(text, ("name", "Sam Jones"), ("email", ""), ("phone", ""))
    assert "The journey ends here" in text
    assert "A &lt;b&gt;broken&lt;/b&gt; bench" in text
    hidden = [
        (n, html.unescape(v))
        for n, v in re.findall(r'<input type="hidden" name="(_\w+|revision)" value="([^"]*)"', text)
    ]
    await owner.post(f"{path}/keep", [*hidden, ("name", "A bench")])
    examples = (await files_of(office, "report-a-broken-bench"))["journeys.yaml"]
    assert "- name: A bench" in examples
    assert "Passes" in (await owner.get(path)).text
    assert page.status == 200


async def test_what_is_exported_is_what_check_takes_and_comes_back(
    office: Office, owner: Staff, tmp_path: Folder
) -> None:
    path = await copied(owner)
    reply = await owner.get(f"{path}/export")
    assert reply.headers[b"content-disposition"] == b'attachment; filename="missed-bin-1.0.0.zip"'
    with zipfile.ZipFile(io.BytesIO(reply.body)) as archive:
        archive.extractall(tmp_path)
    assert read_folder(tmp_path / "missed-bin") == read_folder(SERVICES / "missed-bin")
    assert check_folder(tmp_path / "missed-bin", load_calendars()).problems == ()
    await owner.get(EDITOR)
    again = await owner.send_file(f"{EDITOR}/import", "package", "x.zip", reply.body)
    assert again.location.startswith(f"{EDITOR}/missed-bin-2")
    assert await files_of(office, "missed-bin-2") == await files_of(office, "missed-bin")


async def test_what_is_no_package_is_refused_in_words(owner: Staff) -> None:
    await owner.get(EDITOR)
    reply = await owner.send_file(f"{EDITOR}/import", "package", "x.zip", b"PK no zip", status=400)
    assert "cannot be read as a ZIP" in reply.text
    reply = await owner.send_file(f"{EDITOR}/import", "package", "x.zip", b"no: form", status=400)
    assert "not a form of a system that is known here" in reply.text
    reply = await owner.send_file(f"{EDITOR}/import", "package", "x.zip", b"", status=400)
    assert "Choose a file" in reply.text
    reply = await owner.send_file(f"{EDITOR}/import", "package", "x.zip", b"x" * 2_100_000, status=413)


async def test_what_is_wrong_is_told_while_one_types(office: Office, owner: Staff) -> None:
    path = await copied(owner)
    before = await files_of(office, "missed-bin")
    form = boxes((await owner.get(f"{path}/part/pages/3")).text)
    reply = await owner.post(
        f"{path}/check/pages/3",
        [*(form | {"question": "", "body": "{{ settings.gone }}"}).items()],
        status=200,
    )
    told = json.loads(reply.body)
    assert "missing" in told["boxes"]["box-question"]
    assert told["count"] == 1
    assert 'href="#box-question"' in told["problems"]
    assert 'aria-current="page"' in told["drawing"]
    reply = await owner.post(
        f"{path}/check/pages/3", [*(form | {"body": "{{ settings.gone }}"}).items()], status=200
    )
    assert "settings.gone" in json.loads(reply.body)["boxes"]["box-body"]
    assert await files_of(office, "missed-bin") == before, "checking keeps nothing"


async def test_what_cannot_be_taken_stays_in_its_box(office: Office, owner: Staff) -> None:
    path = await copied(owner)
    text = await change(
        owner, f"{path}/part/settings/report_within_days", status=400, max="lots", label="Days"
    )
    assert 'value="lots"' in text
    assert "Enter a whole number" in text
    assert "Days" not in json.dumps(
        (await files_of(office, "missed-bin"))["service.yaml"].split("label: ")[2][:10]
    )


async def test_two_at_once_lose_nothing(office: Office, owner: Staff) -> None:
    path = await copied(owner)
    form = boxes((await owner.get(f"{path}/part/pages/0")).text)
    await change(owner, f"{path}/part/pages/1", hint="Any of them")
    reply = await owner.post(f"{path}/part/pages/0", [*(form | {"hint": "What I typed"}).items()], status=409)
    assert "What I typed" in reply.text
    assert "What I typed" not in (await files_of(office, "missed-bin"))["service.yaml"]


async def test_options_move_by_their_buttons(owner: Staff) -> None:
    path = await copied(owner)
    field = f"{path}/part/pages/9/fields/0"
    text = (await owner.get(field)).text
    assert "Tag or sticker left" in text
    form = boxes(text)
    reply = await owner.post(field, [*form.items(), ("do", "row up options 1")], status=200)
    assert boxes(reply.text)["options.0.code"] == "no"
    reply = await owner.post(field, [*boxes(reply.text).items(), ("do", "row remove options 2")], status=200)
    await owner.post(field, [*boxes(reply.text).items(), ("do", "save")])
    shown = boxes((await owner.get(field)).text)
    assert [shown.get(f"options.{i}.code") for i in range(3)] == ["no", "yes", ""]


async def test_every_part_has_a_page(owner: Staff) -> None:
    from commonhall.catalogue.editing.edit import Edit
    from commonhall.catalogue.editing.parts import parts_of

    for service in ("bus-pass-renewal", "council-tax-move"):
        path = await copied(owner, service)
        for part in parts_of(Edit(read_folder(SERVICES / service)))[::3]:
            await owner.get(f"{path}/part/{'/'.join(map(str, part))}")
        for page in ("play", "changes", "discard", "preview/en/start", "preview/cy/check"):
            await owner.get(f"{path}/{page}")


@pytest.mark.parametrize(
    "where", ["pages/99", "pages/x", "gone", "settings/gone", "pages/0/fields/9", "examples/99", "pages/-1"]
)
async def test_a_part_that_is_not_there_is_told_so(owner: Staff, where: str) -> None:
    path = await begun(owner)
    await owner.get(f"{path}/part/{where}", status=404)


async def test_who_may_not_write_sees_nothing(office: Office, owner: Staff) -> None:
    path = await begun(owner)
    officer = await office.staff(Role.OFFICER)
    for page in (EDITOR, path, f"{path}/part/about", f"{path}/export"):
        await officer.get(page, status=403)


async def test_a_service_is_thrown_away(office: Office, owner: Staff) -> None:
    path = await begun(owner)
    await owner.get(f"{path}/discard")
    await owner.post(f"{path}/discard")
    await owner.get(path, status=404)
    assert (await office.actions())[:2] == ["service_draft.discard", "service_draft.begin"]


@pytest.mark.parametrize(
    ("name", "draft", "word"),
    [
        ("skip-permit.govuk-forms.json", "apply-for-a-skip-permit", "Skip permits"),
        ("pest.defra-v1.yaml", "report-a-pest", "Pest control"),
        ("moved.open-forms.json", "tell-us-that-you-have-moved", "Council tax"),
    ],
)
async def test_a_form_of_another_system_becomes_a_draft_and_what_it_lacks_is_told(
    office: Office, owner: Staff, name: str, draft: str, word: str
) -> None:
    await owner.get(EDITOR)
    reply = await owner.send_file(f"{EDITOR}/import", "package", name, content_of(name))
    assert reply.location.startswith(f"{EDITOR}/{draft}/brought")
    told = await owner.get(reply.location)
    assert "Left out" in told.text
    number = re.search(r"it is taken for LGSL ([0-9]+), “([^”]+)”", html.unescape(told.text))
    assert number is not None
    assert word in number[2]
    listed = await owner.get(EDITOR)
    assert "Nothing is wrong with it" in listed.text
    files = await files_of(office, draft)
    assert sorted(files) == ["CHANGELOG.md", "journeys.yaml", "service.yaml"]


async def test_a_form_that_is_like_no_service_of_the_national_list_is_refused(owner: Staff) -> None:
    data = {"question_text": "Q", "answer_type": "email"}
    form = {"name": "Zzxqy", "steps": [{"id": 1, "data": data}]}
    await owner.get(EDITOR)
    reply = await owner.send_file(
        f"{EDITOR}/import", "package", "x.json", json.dumps(form).encode(), status=400
    )
    assert "No service of the national list is like “Zzxqy”" in html.unescape(reply.text)
