"""The command line tells people what is wrong, where, and what to do."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
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


@pytest.mark.usefixtures("logs_as_they_were")
def test_a_journal_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = tmp_path / "jobs.jsonl"
    journal.write_text("no entry\n{}\n")
    monkeypatch.setattr("sys.argv", ["commonhall", "sandbox", "--journal", str(journal)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert (
        "jobs.jsonl line 1 is not an entry of the sandbox's journal: put it right" in capsys.readouterr().err
    )


@pytest.mark.parametrize(("proxies", "believed"), [("", None), ("10.0.0.7,10.0.0.8", "10.0.0.7,10.0.0.8")])
def test_only_named_proxies_may_say_who_the_client_is(
    monkeypatch: pytest.MonkeyPatch, proxies: str, believed: str | None
) -> None:
    run: dict[str, object] = {}
    monkeypatch.setattr("uvicorn.run", lambda _app, **options: run.update(options))
    env = {
        "COMMONHALL_DATABASE_URL": "postgresql://x/y",
        "COMMONHALL_SECRET": SECRET,
        "COMMONHALL_PROXIES": proxies,
    }
    result = CliRunner().invoke(cli, ["serve"], env=env)
    assert result.exit_code == 0, result.output
    assert run["proxy_headers"] is bool(proxies)
    assert run["forwarded_allow_ips"] == believed


def test_the_readme_names_every_setting() -> None:
    code = (HOME / "src" / "commonhall" / "app" / "settings.py").read_text("utf-8")
    names = set(re.findall(r'(?:text|flag|number)\("([A-Z_]+)"', code)) | {"LISTEN"}
    told = set(re.findall(r"COMMONHALL_([A-Z_]+)", (HOME / "README.md").read_text("utf-8")))
    assert names == told


def test_addresses_are_printed_whole(capsys: pytest.CaptureFixture[str]) -> None:
    url = "http://a-council-with-a-very-long-name-indeed-of-many-words.localhost:8000/"
    _print_addresses(Running("http://localhost:8000", "http://localhost:8001", (("A Council", url),), 1.0))
    assert url in capsys.readouterr().out
