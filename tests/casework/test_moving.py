"""A council leaves one installation and arrives at another as it was."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from commonhall.casework.cases import CaseNotFound, follow_case
from commonhall.casework.deliveries import deliver_due
from commonhall.casework.desk import AdoptedServices, Desk, system_chance
from commonhall.casework.moving import ExportRefused, export_council, import_council
from commonhall.casework.moving_extras import harmless
from commonhall.casework.reference import reference_from
from commonhall.engine.package import Adopted
from commonhall.engine.working_days import Calendar
from commonhall.storage.moving import TABLES, remove_council
from commonhall.storage.pool import Store, open_store
from tests.casework.conftest import COUNCIL, BackOffice
from tests.casework.test_journeys import begin, submitted
from tests.conftest import SetClock, with_database
from tests.storage.town import fill_town, rows_of

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
Change = Callable[[dict[str, bytes]], None]


@pytest.fixture
async def elsewhere(
    postgres_url: str, template: str, calendars: Mapping[str, Calendar], clock: SetClock, desk: Desk
) -> AsyncIterator[Desk]:
    """The tools of casework on another installation."""
    name = f"{await desk.store.owner.fetchval('select current_database()')}_elsewhere"
    admin = await asyncpg.connect(postgres_url)
    await admin.execute(f'drop database if exists "{name}" with (force)')
    await admin.execute(f'create database "{name}" template "{template}"')
    store: Store = await open_store(with_database(postgres_url, name), size=2)
    yield Desk(store, AdoptedServices(store, calendars), clock, system_chance())
    await store.close()
    await admin.execute(f'drop database "{name}" with (force)')
    await admin.close()


async def leave(desk: Desk, path: Path, council: str = COUNCIL, *, folder: bool = False) -> Path:
    await export_council(desk.store, council, path, made_at=NOW, release="1", folder=folder)
    return path


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as read:
        return {name: read.read(name) for name in read.namelist()}


async def test_a_council_arrives_row_by_row_and_goes_on(
    desk: Desk, elsewhere: Desk, lost_cat: Adopted, back_office: BackOffice, tmp_path: Path
) -> None:
    await begin(desk, lost_cat, ours="yes")
    done = await submitted(desk, lost_cat)
    reference = done.reference or ""
    first = await leave(desk, tmp_path / "first.zip")
    arrived = await import_council(elsewhere, first)
    assert arrived.differences == ()
    assert arrived.rows["council_case"] == 1
    assert await rows_of(elsewhere.store, COUNCIL, leaving=True) == await rows_of(
        desk.store, COUNCIL, leaving=True
    ) | {"attempt": []}
    second = contents(await leave(elsewhere, tmp_path / "second.zip"))
    assert second == contents(first)
    view = await follow_case(elsewhere, COUNCIL, reference, proof="b913qt", client="a")
    assert view.reference == reference
    told = await deliver_due(elsewhere, COUNCIL, "E08000029", "cats", back_office)
    assert told.delivered == 1
    assert list(back_office.accepted) == [f"{COUNCIL}-{reference}-cats"]
    # Numbers given by the database go on after those that came.
    await submitted(elsewhere, lost_cat)


async def test_every_table_arrives_but_what_is_left_out(
    desk: Desk, elsewhere: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill_town(desk.store, "solihull", "ours", NOW)
    await fill_town(desk.store, "kirklees", "theirs", NOW)
    # The rows of this town stand on a package that is none.
    monkeypatch.setattr("commonhall.casework.moving.digest_of", lambda _: "ours-package")
    path = await leave(desk, tmp_path / "town.zip")
    assert not [name for name, text in contents(path).items() if b"theirs" in text or b"kirklees" in text]
    arrived = await import_council(elsewhere, path)
    before, after = await rows_of(desk.store, COUNCIL), await rows_of(elsewhere.store, COUNCIL)
    for table in TABLES:
        blank = dict.fromkeys(table.blank)
        assert [json.loads(row) for row in after[table.name]] == [
            json.loads(row) | blank for row in before[table.name]
        ], table.name
        assert before[table.name]
    assert arrived.manifest.enter_again == (
        "connector ours-connector: secrets",
        "identity_provider solihull: secret",
        "push ours-system: secrets",
    )
    # What this release cannot compile is said, and keeps nobody from arriving.
    assert len(arrived.differences) == 1


async def test_a_folder_holds_the_same_files(desk: Desk, lost_cat: Adopted, tmp_path: Path) -> None:
    await submitted(desk, lost_cat)
    packed = contents(await leave(desk, tmp_path / "a.zip"))
    folder = await leave(desk, tmp_path / "a", folder=True)
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.relative_to(folder).as_posix(): path.read_bytes() for path in files} == packed
    assert {path.stat().st_mode & 0o777 for path in [*files, tmp_path / "a.zip"]} == {0o600}
    assert "packages/lost-cat/1.0.0/service.yaml" in packed


def _change_a_line(files: dict[str, bytes]) -> None:
    files["council_case.jsonl"] = files["council_case.jsonl"].replace(b"Sam Jones", b"Eve Jones")


def _climb_out(files: dict[str, bytes]) -> None:
    files["../../etc/cron.d/x"] = b"x"


def _lose_a_file(files: dict[str, bytes]) -> None:
    del files["audit.jsonl"]


def _add_a_column(files: dict[str, bytes]) -> None:
    manifest = json.loads(files["manifest.json"])
    line = json.loads(files["council.jsonl"]) | {"mayor": "x"}
    files["council.jsonl"] = json.dumps(line).encode() + b"\n"
    manifest["files"]["council.jsonl"] |= {
        "bytes": len(files["council.jsonl"]),
        "sha256": hashlib.sha256(files["council.jsonl"]).hexdigest(),
    }
    files["manifest.json"] = json.dumps(manifest).encode()


def _newer_format(files: dict[str, bytes]) -> None:
    files["manifest.json"] = files["manifest.json"].replace(b'"format_version": 1', b'"format_version": 2')


def _bomb(files: dict[str, bytes]) -> None:
    files["audit.jsonl"] = b"\n" * (70 * 1024 * 1024)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_change_a_line, "council_case.jsonl was changed"),
        (_climb_out, "is no name of a file"),
        (_lose_a_file, "audit.jsonl"),
        (_add_a_column, "line 1: its columns are not those of this release: mayor"),
        (_newer_format, "this release reads"),
        (_bomb, "would unfold"),
    ],
)
async def test_a_bad_export_is_refused_and_changes_nothing(
    desk: Desk, elsewhere: Desk, lost_cat: Adopted, tmp_path: Path, change: Change, said: str
) -> None:
    await submitted(desk, lost_cat)
    files = contents(await leave(desk, tmp_path / "good.zip"))
    change(files)
    with zipfile.ZipFile(tmp_path / "bad.zip", "w", zipfile.ZIP_DEFLATED) as written:
        for name, text in files.items():
            written.writestr(name, text)
    with pytest.raises(ExportRefused, match=said):
        await import_council(elsewhere, tmp_path / "bad.zip")
    assert not any((await rows_of(elsewhere.store, COUNCIL)).values())


async def test_half_a_file_and_a_council_that_is_here_are_refused(
    desk: Desk, lost_cat: Adopted, tmp_path: Path
) -> None:
    whole = await leave(desk, tmp_path / "whole.zip")
    half = tmp_path / "half.zip"
    half.write_bytes(whole.read_bytes()[:-200])
    with pytest.raises(ExportRefused, match="copied whole"):
        await import_council(desk, half)
    with pytest.raises(ExportRefused, match="is on this installation already"):
        await import_council(desk, whole)


async def test_a_council_is_removed_whole_and_comes_back(
    desk: Desk, lost_cat: Adopted, tmp_path: Path
) -> None:
    await submitted(desk, lost_cat)
    await fill_town(desk.store, "nottingham", "theirs", NOW)
    others = await rows_of(desk.store, "nottingham")
    before = await rows_of(desk.store, COUNCIL, leaving=True)
    path = await leave(desk, tmp_path / "whole.zip")
    await remove_council(desk.store, COUNCIL)
    assert not any((await rows_of(desk.store, COUNCIL)).values())
    assert await rows_of(desk.store, "nottingham") == others
    with pytest.raises(asyncpg.PostgresError, match="append-only"):
        await desk.store.owner.execute("delete from audit")
    await import_council(desk, path)
    assert await rows_of(desk.store, COUNCIL, leaving=True) == before


@pytest.mark.parametrize("text", ["=1+1", "+44", "-1", "@x", "\tx"])
def test_no_cell_is_run_by_a_spreadsheet(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless("Sam") == "Sam"


async def test_a_case_is_found_with_what_a_former_council_gave(desk: Desk, lost_cat: Adopted) -> None:
    reference = (await submitted(desk, lost_cat)).reference or ""
    owner, became = desk.store.owner, reference_from(7)
    # As after a merge in which both councils had given this reference: the case has another one now.
    tables = ("case_update", "delivery", "council_case")
    for table in tables:
        await owner.execute(f"alter table {table} disable trigger all")
    for table in tables:
        await owner.execute(f"update {table} set council = 'kirklees', reference = $1", became)
    await owner.execute(
        "insert into former_council values ('kirklees', $1, 'E0', 'old', '{}', $2)", COUNCIL, NOW
    )
    await owner.execute(
        "insert into former_reference values ('kirklees', $1, $2, $3)", COUNCIL, reference, became
    )
    for given in (reference, became):
        view = await follow_case(desk, "kirklees", given, proof="b913qt", client="a")
        assert view.reference == became
        with pytest.raises(CaseNotFound):
            await follow_case(desk, "kirklees", given, proof="b913qx", client="a")
