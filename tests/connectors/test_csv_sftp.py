"""Cases as files: whole or not there, under one name, safe for spreadsheets; acknowledgements read as they are meant."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import asyncssh
import httpx2
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from commonhall.connectors.csv_sftp.sheet import (
    Shape,
    file_name,
    harmless,
    read_sheet,
    usual_cells,
    write_sheet,
)
from commonhall.connectors.csv_sftp.twin import PASSWORD, USER, SftpHost, SftpTwin, host_key
from commonhall.connectors.faults import Fault
from commonhall.connectors.registry import build_connector, connector_problem
from commonhall.connectors.samples import sample_case
from commonhall.engine.back_office import (
    CaseFile,
    Connector,
    DeliveryFailed,
    Returned,
    StatusUpdate,
    UpdateRefused,
)
from tests.conftest import SetClock


@asynccontextmanager
async def facing(
    twin: SftpTwin, clock: SetClock, secrets: dict[str, Any] | None = None, **settings: Any
) -> AsyncIterator[Connector]:
    """A connector to a twin that stands on this machine."""
    host = SftpHost()
    host.put(twin)
    await host.start()
    given = {
        "host": "127.0.0.1", "port": int(host.address.rpartition(":")[2]), "username": USER, "folder": "in",
        "host_key": host_key().export_public_key().decode(), **settings,
    }  # fmt: skip
    try:
        async with httpx2.AsyncClient() as http:
            yield build_connector(
                "csv-sftp", given, secrets or {"password": PASSWORD}, http, clock, allow_private=True
            )
    finally:
        await host.stop()
        host.clear()


@pytest.mark.network
async def test_a_case_is_a_sheet_its_photos_and_a_manifest_that_names_them(clock: SetClock) -> None:
    async def read() -> bytes:
        return b"photo"

    case = replace(sample_case("R1"), files=(CaseFile("../my bin.jpg", "image/jpeg", "0", 5, read),))
    twin = SftpTwin(clock)
    columns = {
        "Ref": "{{ case.reference }}",
        "Type": "{{ table(tables.type, case.service) }}",
        "Bins": "{{ case.answers.containers }}",
    }
    async with facing(
        twin, clock, columns=columns, tables={"type": {"*": "OTHER"}}, encoding="utf-8-bom"
    ) as connector:
        receipt = await connector.deliver(case, "solihull-R1-licences")
        names = sorted(path.name for path in (twin.folder / "in").iterdir())
        files = {name: (twin.folder / "in" / name).read_bytes() for name in names}
    assert receipt.external_id is None
    assert names == [
        "solihull-R1-licences-1-my-bin.jpg-" + hashlib.sha256(b"../my bin.jpg").hexdigest()[:12],
        "solihull-R1-licences.csv",
        "solihull-R1-licences.json",
    ]
    manifest = json.loads(files["solihull-R1-licences.json"])
    assert {one["name"]: one["sha256"] for one in manifest["files"]} == {
        name: hashlib.sha256(content).hexdigest()
        for name, content in files.items()
        if not name.endswith(".json")
    }
    assert manifest["case"]["answers"] == dict(case.answers)
    assert files["solihull-R1-licences.csv"] == b"\xef\xbb\xbfRef,Type,Bins\r\nR1,OTHER,refuse; food\r\n"


@pytest.mark.network
async def test_what_was_loaded_is_not_sent_again(clock: SetClock) -> None:
    twin = SftpTwin(clock)
    async with facing(twin, clock, done="out") as connector:
        await connector.deliver(sample_case("R1"), "key-1")
        (twin.folder / "in" / "key-1.json").rename(twin.folder / "out" / "key-1.json")
        (twin.folder / "in" / "key-1.csv").unlink()
        await connector.deliver(sample_case("R1"), "key-1")
        assert list((twin.folder / "in").iterdir()) == []
    assert len(twin.book.jobs) == 1


@pytest.mark.network
async def test_no_half_file_is_left_under_its_own_name(clock: SetClock) -> None:
    twin = SftpTwin(clock)
    async with facing(twin, clock) as connector:
        twin.script.play(Fault.BUSY, Fault.AWAY, Fault.CUT)
        for _ in range(3):
            with pytest.raises(DeliveryFailed):
                await connector.deliver(sample_case("R1"), "key-1")
        await connector.deliver(sample_case("R1"), "key-1")
        shown = sorted(path.name for path in (twin.folder / "in").iterdir() if not path.name.startswith("."))
    assert shown == ["key-1.csv", "key-1.json"]
    assert [job.reference for job in twin.book.jobs] == ["R1"]


@pytest.mark.network
async def test_what_broken_attempts_left_behind_is_in_nobodys_way(clock: SetClock) -> None:
    twin = SftpTwin(clock)
    async with facing(twin, clock) as connector:
        for number in range(25):
            for ending in ("csv", "json"):
                (twin.folder / "in" / f".key-1.{ending}.part{number or ''}").write_bytes(b"half")
        await connector.deliver(sample_case("R1"), "key-1")
    assert [job.reference for job in twin.book.jobs] == ["R1"]


@pytest.mark.network
@pytest.mark.parametrize(
    ("settings", "secrets", "said"),
    [
        ({}, {"password": "wrong"}, "does not let us in: check the user name"),
        ({"host_key": asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()}, None, "another host key than the one that was agreed"),
        ({"folder": "nowhere"}, None, "there is no such folder"),
        ({"columns": {"Size": "{{ case.answers.size }}"}}, None, "the columns cannot be filled: Size: there is no 'size'"),
    ],
    ids=["password", "host key", "folder", "column"],
)  # fmt: skip
async def test_a_wrong_setting_is_said_and_the_case_waits(
    settings: dict[str, Any], secrets: dict[str, Any] | None, said: str, clock: SetClock
) -> None:
    async with facing(SftpTwin(clock), clock, secrets, **settings) as connector:
        with pytest.raises(DeliveryFailed, match=said) as failed:
            await connector.deliver(sample_case("R1"), "key-1")
    assert not failed.value.permanent


@pytest.mark.network
async def test_nobody_is_called_at_a_private_place(clock: SetClock) -> None:
    settings = {"host": "127.0.0.1", "username": USER, "host_key": host_key().export_public_key().decode()}
    async with httpx2.AsyncClient() as http:
        connector = build_connector("csv-sftp", settings, {"password": PASSWORD}, http, clock)
        with pytest.raises(DeliveryFailed, match="private address"):
            await connector.deliver(sample_case("R1"), "key-1")


EACH = {"reference": "{{ item.Ref }}", "external_id": "{{? item.JobNo }}", "at": "{{ item.Date }}", "status": "{{? table(tables.status, item.State) }}", "note": "{{? item.Words }}", "rejected": "{{? item.Error }}"}  # fmt: skip


@pytest.mark.network
async def test_acknowledgements_say_what_became_of_cases(clock: SetClock) -> None:
    twin = SftpTwin(clock)
    twin.acknowledge = lambda: None  # type: ignore[method-assign]
    tables = {"status": {"DONE": "fixed", "SEEN": "open"}}
    async with facing(twin, clock, acknowledgements="out", each=EACH, tables=tables) as connector:
        out = twin.folder / "out"
        head = "Ref,JobNo,Date,State,Words,Error\r\n"
        (out / "a.csv").write_text(
            head
            + "R1,J1,2026-07-10T10:00:00,DONE,All well,\r\nR2,,2026-07-10,,,No such street\r\n,,,,,\r\nR3,J3,2026-07-10,STRANGE,,\r\n",
            newline="",
        )
        (out / "b.csv").write_text(head + "R4,J4,2026-07-11,DONE", newline="")
        (out / ".c.csv").write_text(head)
        (out / "notes.txt").write_text("nothing")
        found = await connector.updates(datetime(2026, 1, 1, tzinfo=UTC))
        again = await connector.updates(datetime(2026, 1, 1, tzinfo=UTC))
        assert await connector.updates(datetime.now(UTC) + timedelta(days=3)) == []
        (out / "a.csv").write_text("nothing,of,this\r\nis,one,\r\n", newline="")
        with pytest.raises(
            DeliveryFailed, match=r"no acknowledgement can be read as the settings say: a\.csv"
        ):
            await connector.updates(datetime(2026, 1, 1, tzinfo=UTC))
    returned, fixed = found
    assert isinstance(returned, Returned)
    assert (returned.reference, returned.reason, returned.update_id) == ("R2", "No such street", "a.csv#2")
    assert isinstance(fixed, StatusUpdate)
    assert (fixed.reference, fixed.external_id, fixed.status, fixed.note) == ("R1", "J1", "fixed", "All well")
    assert fixed.at == datetime(2026, 7, 10, 9, 0, tzinfo=UTC), "London's time, where no zone is said"
    assert again == found
    with pytest.raises(UpdateRefused):
        connector.receive({}, b"")


# -- sheets ------------------------------------------------------------------------------------------------------


@given(st.dictionaries(st.text(min_size=1, max_size=10).filter(str.strip), st.text(max_size=40), min_size=1, max_size=5), st.sampled_from([",", ";", "|", "\t"]))  # fmt: skip
def test_what_is_written_is_read_again(cells: dict[str, str], delimiter: str) -> None:
    found = list(
        csv.reader(
            io.StringIO(write_sheet(cells, Shape(delimiter)).decode(), newline=""), delimiter=delimiter
        )
    )
    expected = [[harmless(one) for one in row] for row in (cells, cells.values())]
    assert found == expected


@given(st.binary(max_size=300))
def test_whatever_an_acknowledgement_holds_it_is_read_or_passed_over(content: bytes) -> None:
    rows = read_sheet(content, ",")
    assert rows is None or all(isinstance(row, dict) for row in rows)


@given(st.text(max_size=200))
def test_a_key_is_one_name_of_a_file(key: str) -> None:
    name = file_name(key)
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,130}", name)
    assert not name.startswith(".")
    assert name == file_name(key)


def test_numbers_are_no_formulas() -> None:
    assert [harmless(text) for text in ("=1+1", "-1.5", "+44 20", "@x", "plain", "-x")] == [
        "'=1+1",
        "-1.5",
        "'+44 20",
        "'@x",
        "plain",
        "'-x",
    ]


def test_every_answer_has_a_column() -> None:
    case = replace(
        sample_case("R1"),
        answers={
            "home": {"line1": "1 High St"},
            "people": [{"name": "A"}, {"name": "B"}],
            "key": "mine",
            "local": {"gate": "no"},
        },
    )
    cells = usual_cells(case, "k")
    assert cells["home.line1"] == "1 High St"
    assert (cells["people.1.name"], cells["people.2.name"]) == ("A", "B")
    assert (cells["key"], cells["answer.key"], cells["local.gate"]) == ("k", "mine", "no")


@pytest.mark.parametrize(
    ("settings", "secrets", "said"),
    [
        ({}, {}, "secrets.password or secrets.private_key is missing"),
        ({"host_key": "ssh-ed25519 nonsense"}, {"password": "x"}, "settings.host_key: give the server's public key"),
        ({}, {"private_key": "hush"}, "secrets.private_key is no private key as OpenSSH writes it"),
        ({"columns": {"A": "{{ csae.reference }}"}}, {"password": "x"}, "settings.columns.A: nothing is called 'csae.reference'"),
        ({"each": {"colour": "x"}}, {"password": "x"}, "settings.each has no 'colour'"),
        ({"port": 0}, {"password": "x"}, "settings.port"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_when_it_is_set_up(
    settings: dict[str, Any], secrets: dict[str, Any], said: str
) -> None:
    key = host_key().export_public_key().decode()
    problem = connector_problem(
        "csv-sftp", {"host": "h", "username": "u", "host_key": key, **settings}, secrets
    )
    assert problem is not None
    assert said in problem
    assert "hush" not in problem


def test_the_example_of_the_readme_is_right() -> None:
    readme = Path(str(resources.files("commonhall.connectors.csv_sftp") / "README.md")).read_text("utf-8")
    [example] = yaml.safe_load(re.search(r"```yaml\n(.*?)```", readme, re.DOTALL).group(1))  # type: ignore[union-attr]
    assert connector_problem("csv-sftp", example["settings"], example["secrets"]) is None
