"""Councils leave, arrive, go and join others by commands, and nothing is done that was not confirmed."""

from __future__ import annotations

import asyncio
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from commonhall.app.commands import cli
from commonhall.app.seal import Seal, lock, unlock
from commonhall.app.settings import SettingsRefused, read_settings

Run = Callable[..., Any]
CASE = """
insert into measure (council, service, version, channel, day, started_at) values ($1, 's', '1.0.0', 'online', now(), now());
"""
CASES = """
insert into council_case (council, reference, service, digest, journey, channel, language, answers, summary, details,
                          contact, location, proofs, connectors, measure, submitted_at)
  values ($1, 'K7M-2XQ-9HD', 's', 'd', 'j', 'online', 'en', '{}', 'A case', '[]', '{}', '{}', '{}', '{waste}', 1, now())
"""
DELIVERY = """
insert into delivery (council, reference, connector, sequence, idempotency_key, created_at, since, next_at)
  values ($1, 'K7M-2XQ-9HD', 'waste', 1, $1 || '-key', now(), now(), now())
"""


def database(url: str, *statements: str, council: str = "leeds") -> list[Any]:
    """Do these for a council, and answer what the last of them found."""

    async def do() -> list[Any]:
        connection = await asyncpg.connect(url)
        found: list[Any] = []
        for statement in statements:
            found = [tuple(row) for row in await connection.fetch(statement, council)]
        await connection.close()
        return found

    return asyncio.run(do())


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Run:
    """Run a command against an installation with two councils, each with a case that is on its way."""
    env = {
        "COMMONHALL_DATABASE_URL": database_url,
        "COMMONHALL_SECRET": "A" * 44,
        "COMMONHALL_DATA": str(tmp_path / "data"),
        "COLUMNS": "200",
    }

    def command(*words: str, answer: str = "", said: str = "", **more: str) -> Any:
        result = CliRunner().invoke(cli, words, env=env | more, input=answer)
        if said:
            assert isinstance(result.exception, SettingsRefused), result.output
            assert said in str(result.exception)
        else:
            assert result.exit_code == 0, f"{result.output} {result.exception!r}"
        return result

    for council in ("leeds", "bradford"):
        command("council", "add", council, "--administrator", f"ada@{council}.example", "--name", "Ada")
        database(database_url, CASE, CASES, DELIVERY, council=council)
    return command


@pytest.mark.postgres
def test_a_merge_is_shown_first_and_done_when_its_name_is_typed(run: Run, database_url: str) -> None:
    merge = ("council", "merge", "leeds", "--into", "bradford")
    shown = run(*merge).output
    assert "references both gave" in shown
    assert "connector waste" in shown
    assert "leeds-waste" in shown
    assert "Nothing was changed" in shown
    run(*merge, "--go", answer="leeds\n", said="nothing was changed")
    run("council", "merge", "atlantis", "--into", "bradford", said="there is no council 'atlantis'")
    count = "select count(*) from council_case where council = $1"
    assert database(database_url, count) == [(1,)]
    done = run(*merge, "--go", answer="bradford\n").output
    assert "leeds became part of bradford: 1 cases, 1 deliveries" in done
    assert "K7M-2XQ-9HD of leeds is" in done
    assert database(database_url, count, council="bradford") == [(2,)]
    assert "it holds" in run("reconcile", "bradford").output
    run("reconcile", "leeds", said="there is no council 'leeds'")
    run("council", "remove", "leeds", said="there is no council 'leeds'")
    run(
        "council",
        "add",
        "leeds",
        "--administrator",
        "a@b.example",
        "--name",
        "A",
        said="became part of 'bradford'",
    )


@pytest.mark.postgres
def test_a_council_is_removed_only_by_its_name_and_with_nothing_on_its_way(
    run: Run, database_url: str, tmp_path: Path
) -> None:
    export = tmp_path / "leeds.zip"
    assert "1 cases of leeds" in run("council", "export", "leeds", "--to", str(export)).output
    run("council", "export", "leeds", "--to", str(export), said="name another with --to")
    run("council", "import", str(export), said="is on this installation already")
    run("council", "remove", "leeds", answer="leeds\n", said="1 deliveries of leeds are still on their way")
    run("council", "remove", "leeds", "--even-pending", answer="bradford\n", said="nothing was changed")
    assert database(database_url, "select count(*) from council_case where council = $1") == [(1,)]
    assert (
        "leeds is gone: 1 cases"
        in run("council", "remove", "leeds", "--even-pending", answer="leeds\n").output
    )
    assert database(database_url, "select count(*) from council where council = $1") == [(0,)]
    assert "leeds is here: 1 cases" in run("council", "import", str(export)).output
    assert "it holds" in run("reconcile", "leeds").output


@pytest.mark.postgres
def test_what_has_joined_a_successor_is_not_brought_back_beside_it(run: Run, tmp_path: Path) -> None:
    export = tmp_path / "leeds.zip"
    run("council", "export", "leeds", "--to", str(export))
    run("council", "merge", "leeds", "--into", "bradford", "--go", "--keep-roles", answer="bradford\n")
    run("council", "import", str(export), said="'bradford' is on this installation already")


@pytest.mark.postgres
def test_credentials_come_along_behind_a_passphrase(run: Run, database_url: str, tmp_path: Path) -> None:
    provider = ("staff", "provider", "leeds", "--issuer", "https://login.example", "--client-id", "c")
    run(*provider, COMMONHALL_CLIENT_SECRET="hush")
    database(database_url, "insert into connector values ($1, 'open', 'webhook', '{}', null, null)")
    [[sealed]] = database(database_url, "select secret from identity_provider where council = $1")
    export, file = tmp_path / "leeds.zip", tmp_path / "phrase"
    leave = ("council", "export", "leeds", "--to", str(export), "--with-secrets")
    run(*leave, COMMONHALL_EXPORT_PASSPHRASE="short", said="shorter than 12 characters")
    run(*leave, "--passphrase-file", str(file), said="name another file")
    assert not export.exists()
    typed = "correct horse battery\n"
    left = run(*leave, answer="correct horse\nbattery staple\n" + typed + typed).output
    assert "left out" not in left
    with zipfile.ZipFile(export) as read:
        assert not [name for name in read.namelist() if b"hush" in read.read(name)]
        assert json.loads(read.read("manifest.json"))["enter_again"] == []
        assert json.loads(read.read("credentials.json"))["holds"] == ["identity_provider leeds: secret"]
    run("council", "remove", "leeds", "--even-pending", answer="leeds\n")
    arrive = ("council", "import", str(export))
    # Another installation, with a secret of its own.
    other = {"COMMONHALL_SECRET": "B" * 44}
    run(*arrive, answer="correct horse batterx\n", said="this passphrase does not open", **other)
    assert database(database_url, "select count(*) from council where council = $1") == [(0,)]
    without = run(*arrive, "--without-secrets", **other).output
    assert "enter again: identity_provider leeds: secret" in without
    run("council", "remove", "leeds", "--even-pending", answer="leeds\n", **other)
    file.write_text(typed, "utf-8")
    assert "enter again" not in run(*arrive, "--passphrase-file", str(file), **other).output
    [[anew]] = database(database_url, "select secret from identity_provider where council = $1")
    assert anew != sealed
    key = read_settings({"COMMONHALL_DATABASE_URL": database_url, **other}).key("connector credentials")
    assert Seal(key).open(anew) == {"secret": "hush"}


@pytest.mark.postgres
def test_what_has_no_secret_is_not_named_to_be_entered_again(
    run: Run, database_url: str, tmp_path: Path
) -> None:
    database(
        database_url,
        "insert into connector values ($1, 'open', 'webhook', '{}', null, null)",
        "insert into connector values ($1, 'shut', 'webhook', '{}', 'sealed', null)",
    )
    told = run("council", "export", "leeds", "--to", str(tmp_path / "leeds.zip")).output
    assert re.findall("left out, to be entered again elsewhere: (.*)", told) == ["connector shut: secrets"]
    # What this installation cannot open itself is left out, too.
    export = ("council", "export", "leeds", "--to", str(tmp_path / "again.zip"), "--with-secrets")
    assert "connector shut: secrets" in run(*export, COMMONHALL_EXPORT_PASSPHRASE="correct horse").output


def test_a_locked_text_opens_for_its_passphrase_and_council_alone() -> None:
    made = lock("correct horse", b"hush", "leeds")
    assert unlock("correct horse", made, "leeds") == b"hush"
    assert "hush" not in json.dumps(made)
    for phrase, changed, council in (
        ("correct hors", made, "leeds"),
        ("correct horse", made, "bradford"),
        ("correct horse", {**made, "text": made["text"][:-8] + "AAAAAA=="}, "leeds"),
        ("correct horse", {**made, "n": 2**30}, "leeds"),
        ("correct horse", {**made, "n": 2}, "leeds"),
        ("correct horse", {**made, "kdf": "none"}, "leeds"),
        ("correct horse", {**made, "salt": "?"}, "leeds"),
        ("correct horse", {"n": 1}, "leeds"),
    ):
        assert unlock(phrase, changed, council) is None
