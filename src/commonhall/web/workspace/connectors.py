"""Connectors: how each does, what it has not taken, setting one up, trying it out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml
from starlette.responses import Response

from commonhall.casework import back_offices
from commonhall.engine.back_office import SetUpField
from commonhall.engine.source import read_yaml
from commonhall.engine.staff import Permission
from commonhall.web.workspace.cases import show_time
from commonhall.web.workspace.tools import BOTH, HOME, Page, Room, StaffVisit, one

PATH = f"{HOME}/connectors"
STATES = {"works": ("Works", "green"), "waits": ("Cases wait", "yellow"), "fails": ("Needs a person", "red")}
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST_NAME = 40


def pages(room: Room) -> list[Page]:
    """The list, one connector, and setting one up."""
    views = _Connectors(room)
    change = Permission.CHANGE_CONNECTORS
    return [
        Page("/connectors", views.overview, Permission.SEE_CONNECTORS),
        Page("/connectors/new/{kind}", views.new, change, BOTH),
        Page("/connectors/{connector}", views.connector, Permission.SEE_CONNECTORS),
        Page("/connectors/{connector}/set-up", views.set_up, change, BOTH),
        Page("/connectors/{connector}/replay", views.replay, change, ("POST",)),
        Page("/connectors/{connector}/try", views.try_out, change, ("POST",)),
    ]


class _Connectors:
    def __init__(self, room: Room) -> None:
        self.room = room
        self.desk = room.tools.desk
        self.offices = room.tools.offices

    async def overview(self, visit: StaffVisit) -> Response:
        """All connectors and how they do."""
        rows = [
            {
                "health": one_health,
                "state": STATES[one_health.words],
                "oldest": show_time(one_health.row.oldest),
                "last": show_time(one_health.last_delivered) or "Never",
            }
            for one_health in await back_offices.health(self.desk, visit.council)
        ]
        return self.room.page(
            visit,
            "workspace/connectors/overview.html",
            "Connectors",
            rows=rows,
            kinds=[(kind, self.offices.about.get(kind, "")) for kind in sorted(self.offices.forms)],
        )

    async def connector(self, visit: StaffVisit, tried: back_offices.Tried | None = None) -> Response:
        """One connector: how it does, and what it has not taken."""
        name = visit.params["connector"]
        found = next(
            (h for h in await back_offices.health(self.desk, visit.council) if h.row.connector == name), None
        )
        if found is None:
            return self.room.missing(visit)
        stuck = [
            {
                "row": row,
                "since": show_time(row.created_at),
                "next": "" if row.failed_at else show_time(row.next_at),
                "state": "Given up" if row.failed_at else "Being tried" if row.claimed_at else "Waits",
            }
            for row in await back_offices.stuck(self.desk, visit.council, name)
        ]
        return self.room.page(
            visit,
            "workspace/connectors/connector.html",
            f"Connector {name}",
            back=PATH,
            health=found,
            state=STATES[found.words],
            last=show_time(found.last_delivered) or "Never",
            asked=show_time(found.row.updates_until) or "Never",
            stuck=stuck,
            name=name,
            tried=tried,
        )

    async def replay(self, visit: StaffVisit) -> Response:
        """Try one delivery again, or all."""
        form = await self.room.read_form(visit)
        name = visit.params["connector"]
        stuck = await back_offices.stuck(self.desk, visit.council, name)
        wanted = one(form, "reference")
        references = list(
            dict.fromkeys(row.reference for row in stuck if not wanted or row.reference == wanted)
        )
        tried = await back_offices.replay_connector(
            self.desk, visit.council, references, name, visit.actor, self.offices.limits
        )
        said = f"{tried} deliver{'y is' if tried == 1 else 'ies are'} tried again now" if tried else "There is nothing to try again"  # fmt: skip
        return self.room.done(visit, f"{PATH}/{name}", said)

    async def try_out(self, visit: StaffVisit) -> Response:
        """Ask the back office something harmless."""
        await self.room.read_form(visit)
        tried = await back_offices.try_out(
            self.desk, self.offices, visit.council, visit.params["connector"], visit.actor
        )
        return await self.connector(visit, tried)

    # -- setting up --------------------------------------------------------------------------------------

    async def new(self, visit: StaffVisit) -> Response:
        """A new connector of a kind."""
        kind = visit.params["kind"]
        if kind not in self.offices.forms:
            return self.room.missing(visit)
        return await self._set_up(visit, kind, None)

    async def set_up(self, visit: StaffVisit) -> Response:
        """Change a connector."""
        row = await back_offices.find(self.desk, visit.council, visit.params["connector"])
        if row is None or row.kind not in self.offices.forms:
            return self.room.missing(visit)
        return await self._set_up(visit, row.kind, row)

    async def _set_up(self, visit: StaffVisit, kind: str, row: Any) -> Response:
        fields = self.offices.forms[kind]
        settings = dict(row.settings) if row else {}
        secrets = dict(self.offices.unseal(row.secrets)) if row else {}
        name = row.connector if row else ""
        errors: dict[str, str] = {}
        if visit.request.method == "POST":
            form = await self.room.read_form(visit)
            if row is None:
                name = one(form, "name")
                errors |= await self._wrong_name(visit, name)
            for field in fields:
                _take(field, form, settings, secrets, errors)
            errors |= {
                str(where[1]) if len(where) > 1 else "name": f"{words[:1].upper()}{words[1:]}"
                for where, words in self.offices.faults(kind, settings, secrets)
                if not (len(where) > 1 and str(where[1]) in errors)
            }
            if not errors:
                await back_offices.set_up(
                    self.desk, self.offices, visit.council, name, kind, settings, secrets, visit.actor
                )
                return self.room.done(visit, f"{PATH}/{name}", "The connector is set up. Try it.")
        return self.room.page(
            visit,
            "workspace/connectors/set_up.html",
            f"Set up {name}" if row else f"A new connector: {kind}",
            back=f"{PATH}/{name}" if row else PATH,
            errors=[{"text": text, "href": f"#{where}"} for where, text in errors.items()],
            status=400 if errors else 200,
            wrong=errors,
            is_new=row is None,
            name=name,
            rows=[_shown(field, settings, secrets) for field in fields],
        )

    async def _wrong_name(self, visit: StaffVisit, name: str) -> dict[str, str]:
        if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME or name == "new":
            return {"name": "Enter a name of small letters, digits and dashes, such as waste"}
        if await back_offices.find(self.desk, visit.council, name):
            return {"name": f"There is a connector '{name}' already"}
        return {}


def _take(
    field: SetUpField,
    form: Mapping[str, list[str]],
    settings: dict[str, Any],
    secrets: dict[str, Any],
    errors: dict[str, str],
) -> None:
    """One field of the form. A secret that is left empty stays what it was."""
    text = one(form, field.name)
    if field.shape.startswith("secret"):
        if text:
            secrets[field.name] = text.split() if field.shape == "secrets" else text
        return
    if field.shape == "yes-no":
        settings[field.name] = text == "yes"
    elif field.shape == "pairs":
        pairs: dict[str, str] = {}
        for line in text.splitlines():
            ours, equals, theirs = (part.strip() for part in line.partition("="))
            if equals and ours and theirs:
                pairs[ours] = theirs
            elif line.strip():
                errors[field.name] = f"Write each as ours = theirs, not “{line.strip()[:60]}”"
        settings[field.name] = pairs
    elif field.shape == "yaml":
        _take_tree(field, text, settings, errors)
    elif field.shape == "number" and text:
        settings[field.name] = int(text) if _WHOLE.fullmatch(text) else text
    elif text:
        settings[field.name] = text
    else:
        settings.pop(field.name, None)
        if field.needed:
            errors[field.name] = f"Enter: {field.label}"


def _take_tree(field: SetUpField, text: str, settings: dict[str, Any], errors: dict[str, str]) -> None:
    """A mapping, as YAML. What is no YAML stays in the box as it was written."""
    if not text:
        settings.pop(field.name, None)
        return
    source, problems = read_yaml(field.name, text.replace("\r\n", "\n"))
    if problems:
        first = problems[0]
        errors[field.name] = f"Line {first.line}: {first.message}"
        settings[field.name] = text
    else:
        settings[field.name] = source.data


def _shown(field: SetUpField, settings: Mapping[str, Any], secrets: Mapping[str, Any]) -> dict[str, Any]:
    value: Any = settings.get(field.name)
    if field.shape == "pairs":
        value = "\n".join(f"{ours} = {theirs}" for ours, theirs in (value or {}).items())
    elif field.shape == "yaml" and not isinstance(value, str):
        value = yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=100) if value else ""
    elif field.shape == "yes-no":
        value = field.usual if value is None else "yes" if value else "no"
    elif field.shape.startswith("secret"):
        value = ""
    none = () if field.needed or field.usual else (("", "None"),)
    choices = [{"value": given, "text": label} for given, label in (*none, *field.choices)]
    value = field.usual if value is None else value
    rows = max(4, min(30, str(value).count("\n") + 2))
    return {
        "field": field,
        "value": value,
        "rows": rows,
        "is_set": bool(secrets.get(field.name)),
        "choices": choices,
    }
