"""What `commonhall connector check` does: the configuration read, the kit played or the back office tried, a table."""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets as chance
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx2
import typer
from rich.table import Table

from commonhall.app.settings import SettingsRefused, read_settings
from commonhall.app.terminal import err, out
from commonhall.casework.desk import system_clock
from commonhall.connectors.checking import Timed, Trial, try_out
from commonhall.connectors.conformance import Check, examine
from commonhall.connectors.registry import KINDS, build_connector, connector_faults
from commonhall.connectors.twins import SUBJECTS, WITHOUT
from commonhall.engine.source import read_yaml

_NAMED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def check_connector(
    kind: str,
    settings: Path | None,
    secrets_from: Path | None,
    *,
    deliver: bool,
    service: str,
    twin: bool,
    report: Path | None,
) -> bool:
    """Try it, print what was seen, and answer whether everything held. Raises `SettingsRefused`."""
    if kind not in KINDS:
        raise SettingsRefused(f"there is no kind '{kind}'; there are {', '.join(sorted(KINDS))}")
    if twin:
        found = _at_its_twin(kind)
    elif settings is None:
        raise SettingsRefused("give --settings FILE to try a real back office, or --twin to play every fault")
    else:
        given, secret = _configuration(kind, settings, secrets_from)
        found = asyncio.run(_at_the_real_one(kind, given, secret, deliver, service))
    if report is not None:
        rows = [asdict(one.check) | {"seconds": round(one.seconds, 3)} for one in found]
        told = {"kind": kind, "twin": twin, "held": all(one.check.held for one in found), "checks": rows}
        report.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return all(one.check.held for one in found)


def _at_its_twin(kind: str) -> list[Timed]:
    if kind in WITHOUT:
        raise SettingsRefused(f"there is no twin of '{kind}': {WITHOUT[kind]}")
    checks = asyncio.run(examine(SUBJECTS[kind], system_clock))
    found = [Timed(one, 0.0) for one in checks]
    _print(found, times=False)
    return found


async def _at_the_real_one(
    kind: str, settings: Mapping[str, Any], secrets: Mapping[str, Any], deliver: bool, service: str
) -> list[Timed]:
    private = read_settings().allow_private
    async with httpx2.AsyncClient(trust_env=False) as http:
        made = build_connector(kind, settings, secrets, http, system_clock, allow_private=private)
        if "deliver" not in made.can:
            raise SettingsRefused(
                f"nothing is sent to a back office of kind '{kind}': {WITHOUT.get(kind, '')}"
            )
        if not deliver:
            deliver = typer.confirm("Send test cases to this back office? They say that they are tests.")
        whole = KINDS[kind].settings.model_validate(dict(settings)).model_dump()
        trial = Trial(made, whole, secrets, system_clock, chance.token_hex(4), service, private)
        with err.status("asking"):
            found = list(await try_out(trial, deliver=deliver))
    _print(found, times=True)
    return found


def _configuration(
    kind: str, file: Path, secrets_from: Path | None
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The settings and the secrets. Raises `SettingsRefused` with everything that is wrong in them."""
    data = _read(file)
    unknown = data.keys() - {"id", "kind", "settings", "secrets"}
    if unknown or data.get("kind", kind) != kind:
        wrong = f"it has {', '.join(sorted(map(str, unknown)))}" if unknown else f"its kind is {data['kind']}"
        raise SettingsRefused(
            f"{file}: give settings and secrets of kind '{kind}' in it, and nothing else: {wrong}"
        )
    settings = data.get("settings") or {}
    secrets = _filled(_read(secrets_from) if secrets_from else data.get("secrets") or {})
    faults = connector_faults(kind, settings, secrets)
    if faults:
        raise SettingsRefused(f"{file}: {'; '.join(said for _, said in faults)}")
    return settings, secrets


def _read(file: Path) -> dict[str, Any]:
    try:
        source, problems = read_yaml(file.name, file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsRefused(f"{file} cannot be read ({error})") from None
    if problems:
        raise SettingsRefused(f"{file}, line {problems[0].line}: {problems[0].message}")
    if not isinstance(source.data, dict):
        raise SettingsRefused(f"{file}: it must be a map")
    return source.data


def _filled(tree: Any) -> Any:
    """The secrets with the environment's variables in place of `${NAME}`. Raises `SettingsRefused` for one that is not set."""

    def variable(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise SettingsRefused(f"the variable {match[1]}, which the secrets name, is not set")
        return os.environ[match[1]]

    if isinstance(tree, dict):
        return {name: _filled(part) for name, part in tree.items()}
    if isinstance(tree, list):
        return [_filled(part) for part in tree]
    return _NAMED.sub(variable, tree) if isinstance(tree, str) else tree


def _print(found: list[Timed], *, times: bool) -> None:
    table = Table("", "what must hold", *(["seconds"] if times else []), "what was seen")
    for one in found:
        row = [_word(one.check), one.check.law, *([f"{one.seconds:.2f}"] if times else []), one.check.words]
        table.add_row(*(_plain(cell) for cell in row))
    out.print(table)
    broken = sum(not one.check.held for one in found)
    applied = sum(one.check.applies for one in found)
    out.print(f"{applied} of {len(found)} apply; {broken or 'none'} broken")


def _word(check: Check) -> str:
    return "BROKEN" if not check.held else "held" if check.applies else "n/a"


def _plain(text: str) -> str:
    """Words of a back office, as a table takes them: its brackets are no markup, and nothing moves the cursor."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return shown.replace("[", r"\[")
