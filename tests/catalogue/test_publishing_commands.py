"""The command line of catalogues, as maintainers and an operator use it one after another."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from commonhall.app.commands import cli
from tests.catalogue.catalogues import package


class Desk:
    """Everybody's command line, in one folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.catalogue = home / "catalogue"

    def run(self, *words: str | Path, fails: bool = False) -> str:
        """What a command says; it must succeed, or fail with a sentence."""
        result = CliRunner().invoke(cli, [str(word) for word in words])
        assert result.exit_code == int(fails), result.output
        assert "Traceback" not in result.output
        return " ".join(result.output.split())

    def key(self, name: str, kind: str = "key") -> Path:
        return self.home / "keys" / f"{name}.{kind}"

    def signed_by(self, *names: str) -> list[str]:
        return [word for name in names for word in ("--key", str(self.key(name)))]

    @property
    def online(self) -> list[str]:
        return ["--online", str(self.key("online"))]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Three maintainers and a publishing machine, with their keys, and an empty catalogue that two have signed."""
    monkeypatch.setenv("COMMONHALL_KEY_PASSPHRASE", "correct horse battery")
    monkeypatch.setenv("COMMONHALL_DATA", str(tmp_path / "data"))
    made = Desk(tmp_path)
    for name in ("ada", "ben", "cyd", "online"):
        assert "is for its owner alone" in made.run("catalogue", "key", name, "--folder", tmp_path / "keys")
    people = [word for name in ("ada", "ben", "cyd") for word in ("--maintainer", str(made.key(name, "pub")))]
    machine = ["--machine", str(made.key("online", "pub"))]
    said = made.run("catalogue", "init", made.catalogue, *people, *machine, *made.signed_by("ada"))
    assert "root: 1 more signature needed, of ben, cyd" in said
    assert "published" in made.run("catalogue", "sign", made.catalogue, *made.signed_by("ben"), *made.online)
    return made


def test_maintainers_sign_one_after_another(desk: Desk, tmp_path: Path) -> None:
    made = package(tmp_path / "packages")
    said = desk.run("publish", made, "--catalogue", desk.catalogue, *desk.signed_by("ada"))
    assert "proposed allotment 1.2.0" in said
    assert "targets: 1 more signature needed, of ben, cyd" in said
    assert "1 more, of ben, cyd" in desk.run("catalogue", "status", desk.catalogue)
    said = desk.run("catalogue", "release", desk.catalogue, *desk.online, fails=True)
    assert "1 more signature needed" in said
    said = desk.run("catalogue", "sign", desk.catalogue, *desk.signed_by("cyd"))
    assert "signing allotment 1.2.0 (the first version)" in said
    assert "signed by enough" in said
    assert desk.run("catalogue", "release", desk.catalogue, *desk.online) == "published"
    said = desk.run("publish", made, "--catalogue", desk.catalogue)
    assert "this version is in the catalogue already" in said


def test_what_cannot_be_published_is_refused_in_a_sentence(desk: Desk, tmp_path: Path) -> None:
    both = [*desk.signed_by("ada", "ben"), *desk.online]
    desk.run("publish", package(tmp_path / "one"), "--catalogue", desk.catalogue, *both)
    narrower = package(tmp_path / "two", "1.2.1", longest="max: 100")
    said = desk.run("publish", narrower, "--catalogue", desk.catalogue, *both, fails=True)
    assert "it must be 2.0.0 or higher" in said
    said = desk.run("publish", tmp_path / "nothing", "--catalogue", desk.catalogue, *both, fails=True)
    assert "there is no service.yaml here" in said
    assert desk.run("catalogue", "withdraw", desk.catalogue) == "nothing was pending"


def test_a_key_needs_its_passphrase(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONHALL_KEY_PASSPHRASE_ADA", "wrong horse battery")
    made = package(tmp_path / "packages")
    command = ["publish", made, "--catalogue", desk.catalogue, *desk.signed_by("ada")]
    assert "ada.key cannot be opened" in desk.run(*command, fails=True)
    monkeypatch.delenv("COMMONHALL_KEY_PASSPHRASE_ADA")
    monkeypatch.delenv("COMMONHALL_KEY_PASSPHRASE")
    assert "set COMMONHALL_KEY_PASSPHRASE_ADA or COMMONHALL_KEY_PASSPHRASE" in desk.run(*command, fails=True)


def test_renewing_and_other_signers(desk: Desk, tmp_path: Path) -> None:
    assert "timestamp 2: until" in desk.run("catalogue", "refresh", desk.catalogue, *desk.online)
    everybody = [*desk.signed_by("ada", "ben"), *desk.online]
    assert desk.run("catalogue", "renew", desk.catalogue, *everybody) == "published"
    desk.run("catalogue", "key", "dee", "--folder", tmp_path / "keys")
    changes = ["--add", desk.key("dee", "pub"), "--remove", "ada"]
    said = desk.run(
        "catalogue", "rotate", desk.catalogue, *changes, *desk.signed_by("ben", "cyd"), *desk.online
    )
    assert "from now on 2 of ben (" in said
    assert said.endswith("published")
    status = desk.run("catalogue", "status", desk.catalogue)
    assert "root 3" in status
    assert "ada" not in status
    said = desk.run("catalogue", "rotate", desk.catalogue, "--threshold", "5", fails=True)
    assert "5 of 3 maintainers can never sign" in said


def test_an_operator_pulls(
    desk: Desk, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMONHALL_DATABASE_URL", database_url)
    monkeypatch.setenv("COMMONHALL_SECRET", "A" * 44)
    both = [*desk.signed_by("ada", "ben"), *desk.online]
    desk.run("publish", package(tmp_path / "packages"), "--catalogue", desk.catalogue, *both)
    root = desk.catalogue / "metadata" / "1.root.json"
    assert "none yet" in desk.run("catalogue", "list")
    assert "say which root to trust" in desk.run("catalogue", "add", "national", desk.catalogue, fails=True)
    digest = hashlib.sha256(root.read_bytes()).hexdigest()
    said = desk.run("catalogue", "add", "national", desk.catalogue, "--root", root, "--root-sha256", digest)
    assert said.startswith("added")
    assert "never pulled" in desk.run("catalogue", "list")
    assert "national: allotment 1.2.0 national: 1 new, 0 known" in desk.run("catalogue", "pull")
    assert "1 new, 0 known; what was seen is good until" in desk.run("catalogue", "list")
    (desk.catalogue / "metadata" / "timestamp.json").unlink()
    assert "metadata/timestamp.json is missing there" in desk.run("catalogue", "pull", "national", fails=True)
    assert "metadata/timestamp.json is missing there" in desk.run("catalogue", "list")
    assert "there is no catalogue 'other' here" in desk.run("catalogue", "pull", "other", fails=True)
    desk.run("catalogue", "remove", "national")
    assert "none yet" in desk.run("catalogue", "list")
