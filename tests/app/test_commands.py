"""The command line tells people what is wrong, where, and what to do."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
import uvicorn
from tests.journeys.conftest import free_port
from typer.testing import CliRunner

from commonhall.app.commands import _print_addresses, cli, main
from commonhall.app.demo import Running
from commonhall.app.seal import Seal, SealBroken
from commonhall.app.settings import SettingsRefused, read_settings

HOME = Path(__file__).resolve().parent.parent.parent
SECRET = "A" * 44


def test_the_shared_services_are_right() -> None:
    result = CliRunner().invoke(cli, ["check", str(HOME / "services")])
    assert result.exit_code == 0, result.output
    assert "missed-bin 1.0.0: right" in result.output


def test_check_names_file_line_column_and_remedy(tmp_path: Path) -> None:
    folder = tmp_path / "missed-bin"
    shutil.copytree(HOME / "services" / "missed-bin", folder)
    path = folder / "service.yaml"
    text = path.read_text("utf-8")
    assert "type: checkboxes" in text
    path.write_text(text.replace("type: checkboxes", "type: chekboxes"), "utf-8")
    result = CliRunner().invoke(cli, ["check", str(folder)])
    assert result.exit_code == 1
    line = next(i for i, words in enumerate(path.read_text("utf-8").splitlines(), 1) if "chekboxes" in words)
    # The fault is told at the beginning of the question, whose first line is its id.
    assert f"missed-bin/service.yaml:{line - 1}:9: " in result.output
    assert "chekboxes" in result.output


def test_check_of_nothing_says_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["check", str(tmp_path)])
    assert result.exit_code == 2
    assert "there is no service.yaml" in result.output


def test_the_schema_is_json() -> None:
    result = CliRunner().invoke(cli, ["schema"])
    assert json.loads(result.output)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"COMMONHALL_DATABASE_URL": "mysql://x"}, "must start with postgresql://"),
        ({"COMMONHALL_PORT": "eighty"}, "COMMONHALL_PORT is 'eighty'"),
        ({"COMMONHALL_HTTPS": "perhaps"}, "say yes or no"),
        ({"COMMONHALL_SECRET": "short"}, "commonhall secret"),
        ({"COMMONHALL_DATABASE_URL": "postgresql://x/y"}, "COMMONHALL_SECRET is not set"),
        ({"COMMONHALL_PROXIES": "10.0.0.7,proxy"}, "COMMONHALL_PROXIES names 'proxy'"),
        ({"COMMONHALL_PROXIES": "10.0.0.7/8"}, "COMMONHALL_PROXIES names '10.0.0.7/8'"),
        ({"COMMONHALL_PROXIES": "*"}, "let everybody say who they are"),
    ],
)
def test_a_wrong_setting_is_named(env: dict[str, str], words: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match=words.replace("(", r"\(")):
        read_settings({"COMMONHALL_DATA": str(tmp_path), **env})


def test_the_embedded_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first = read_settings({"COMMONHALL_DATA": str(tmp_path)})
    assert read_settings({"COMMONHALL_DATA": str(tmp_path)}).secret == first.secret
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0
    assert first.key("one") != first.key("other")


def test_credentials_are_unreadable_without_the_secret() -> None:
    settings = read_settings({"COMMONHALL_SECRET": SECRET})
    sealed = Seal(settings.key("a")).close({"api_key": "hush"})
    assert b"hush" not in sealed
    assert Seal(settings.key("a")).open(sealed) == {"api_key": "hush"}
    with pytest.raises(SealBroken, match="another COMMONHALL_SECRET"):
        Seal(settings.key("b")).open(sealed)


@pytest.fixture
def logs_as_they_were() -> Iterator[None]:
    """`main` makes logs go to this test's stderr, which is closed after it."""
    yield
    structlog.reset_defaults()


def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a command that cannot go on says on stderr; it ends with 2."""
    monkeypatch.setattr("sys.argv", ["commonhall", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    return capsys.readouterr().err


@pytest.mark.usefixtures("logs_as_they_were")
def test_a_journal_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = tmp_path / "jobs.jsonl"
    journal.write_text("no entry\n{}\n")
    said = told(monkeypatch, capsys, "sandbox", "--journal", str(journal))
    assert "jobs.jsonl line 1 is not an entry of the sandbox's journal: put it right" in said


@pytest.mark.usefixtures("logs_as_they_were")
def test_a_journal_that_cannot_be_opened_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = told(monkeypatch, capsys, "sandbox", "--journal", str(tmp_path))
    assert f"the journal {tmp_path} cannot be used" in said
    assert "name another file" in said


@pytest.mark.network
@pytest.mark.usefixtures("logs_as_they_were")
def test_the_demo_names_a_journal_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_url: str
) -> None:
    (tmp_path / "sandbox.jsonl").write_text("no entry\n{}\n")
    monkeypatch.setenv("COMMONHALL_DATABASE_URL", database_url)
    monkeypatch.setenv("COMMONHALL_SECRET", SECRET)
    ports = ["--port", str(free_port()), "--sandbox-port", str(free_port())]
    said = told(
        monkeypatch, capsys, "demo", "--no-traffic", *ports, "--data", str(tmp_path), "--sources", str(HOME)
    )
    assert "sandbox.jsonl line 1 is not an entry of the sandbox's journal" in said
    assert "Traceback" not in said


async def client_of(server: Any, peer: str, forwarded: str) -> tuple[str, str]:
    """Who the application takes the client of a request to be, and which host it was asked for."""
    seen: list[Any] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope)

    config = uvicorn.Config(app, **{name: server[name] for name in ("proxy_headers", "forwarded_allow_ips")})
    config.load()
    headers = [(b"host", b"solihull.gov.uk"), (b"x-forwarded-for", forwarded.encode())]
    headers += [(b"x-forwarded-host", b"evil.example")]
    await config.loaded_app({"type": "http", "client": (peer, 5000), "headers": headers}, None, None)
    [scope] = seen
    return scope["client"][0], dict(scope["headers"])[b"host"].decode()


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "client"),
    [
        ("", "127.0.0.1", "203.0.113.9", "127.0.0.1"),
        ("10.0.0.7", "10.0.0.9", "203.0.113.9", "10.0.0.9"),
        ("10.0.0.7, 10.0.0.8", "10.0.0.8", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.0/24", "10.0.0.8", "203.0.113.9, 10.0.0.7", "203.0.113.9"),
        # What the client itself wrote stands to the left of what the proxy saw.
        ("10.0.0.7", "10.0.0.7", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("2001:db8::7", "2001:db8::7", "2001:db8:1::9", "2001:db8:1::9"),
    ],
)
def test_only_named_proxies_may_say_who_the_client_is(
    monkeypatch: pytest.MonkeyPatch, proxies: str, peer: str, forwarded: str, client: str
) -> None:
    run: dict[str, Any] = {}
    monkeypatch.setattr("uvicorn.run", lambda _app, **options: run.update(options))
    # The server's own way to be told whom to believe must not open a second door.
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    env = {
        "COMMONHALL_DATABASE_URL": "postgresql://x/y",
        "COMMONHALL_SECRET": SECRET,
        "COMMONHALL_PROXIES": proxies,
    }
    result = CliRunner().invoke(cli, ["serve"], env=env)
    assert result.exit_code == 0, result.output
    assert asyncio.run(client_of(run, peer, forwarded)) == (client, "solihull.gov.uk")


def test_the_readme_names_every_setting() -> None:
    code = (HOME / "src" / "commonhall" / "app" / "settings.py").read_text("utf-8")
    names = set(re.findall(r'(?:text|flag|number)\("([A-Z_]+)"', code)) | {
        "LISTEN",
        "KEY_PASSPHRASE",
        "EXPORT_PASSPHRASE",
        "CLIENT_SECRET",
    }
    told = set(re.findall(r"COMMONHALL_([A-Z_]+)", (HOME / "README.md").read_text("utf-8")))
    assert names == told


def test_addresses_are_printed_whole(capsys: pytest.CaptureFixture[str]) -> None:
    url = "http://a-council-with-a-very-long-name-indeed-of-many-words.localhost:8000/"
    _print_addresses(Running("http://localhost:8000", "http://localhost:8001", (("A Council", url),), 1.0))
    assert url in capsys.readouterr().out


def _raised(folder: Path, version: str) -> Path:
    """The missed-bin package with a wider setting, under another number."""
    shutil.copytree(HOME / "services" / "missed-bin", folder)
    text = (folder / "service.yaml").read_text("utf-8")
    text = text.replace("version: 1.0.0", f"version: {version}").replace("    max: 10\n", "    max: 12\n")
    (folder / "service.yaml").write_text(text, "utf-8")
    (folder / "CHANGELOG.md").write_text(f"## {version}\n", "utf-8")
    return folder


@pytest.mark.parametrize(("version", "code"), [("1.0.1", 1), ("1.1.0", 0)])
def test_diff_weighs_changes_and_refuses_a_number_that_promises_too_little(
    tmp_path: Path, version: str, code: int
) -> None:
    new = _raised(tmp_path / "new", version)
    old = HOME / "services" / "missed-bin"
    result = CliRunner().invoke(cli, ["diff", str(old), str(new), "--check"])
    assert result.exit_code == code, result.output
    assert "additive" in result.output
    assert "the least version number is 1.1.0" in result.output
    told = json.loads(CliRunner().invoke(cli, ["diff", str(old), str(new), "--json"]).output)
    assert (told["weight"], told["understated"]) == ("additive", bool(code))
    assert told["changes"][0]["where"] == "settings.report_within_days.max"


@pytest.mark.postgres
def test_a_council_begins_with_a_site_and_one_administrator(database_url: str, tmp_path: Path) -> None:
    database = {
        "COMMONHALL_DATABASE_URL": database_url,
        "COMMONHALL_SECRET": SECRET,
        "COMMONHALL_DATA": str(tmp_path),
    }
    runner = CliRunner()
    first = ["--administrator", "ada@example.gov.uk", "--name", "Ada"]
    unknown = runner.invoke(cli, ["council", "add", "leedss", *first], env=database)
    assert "did you mean 'leeds'?" in str(unknown.exception)
    wrong = runner.invoke(cli, ["council", "add", "leeds", *first, "--languages", "fr"], env=database)
    assert "say en, or en,cy" in str(wrong.exception)
    added = runner.invoke(cli, ["council", "add", "leeds", *first], env=database)
    assert added.exit_code == 0, added.output
    assert "http://leeds.localhost:8000/workspace" in added.output
    again = runner.invoke(cli, ["council", "add", "leeds", *first], env=database)
    assert "has a site here already" in str(again.exception)
    twice = runner.invoke(
        cli, ["staff", "invite", "leeds", "ADA@example.gov.uk", "Ada", "--role", "viewer"], env=database
    )
    assert "may sign in at leeds already" in str(twice.exception)
    said = ["staff", "provider", "leeds", "--issuer", "https://login.example", "--client-id", "c"]
    provider = runner.invoke(cli, said, env=database | {"COMMONHALL_CLIENT_SECRET": "s"})
    assert "http://leeds.localhost:8000/workspace/sign-in/back" in provider.output
