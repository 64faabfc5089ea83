"""A council's own costs and numbers, of which measures are worked out: entered once a year, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from starlette.responses import Response

from commonhall.casework.figures import keep_figures
from commonhall.casework.sites import Site
from commonhall.engine.figures import CHANNELS, CouncilFigures, figures_faults, read_count, read_pounds
from commonhall.engine.staff import Permission
from commonhall.reporting.costs import NATIONAL
from commonhall.web.workspace.tools import BOTH, HOME, Page, Room, StaffVisit, one

PATH = f"{HOME}/costs"
CONTACTS = {"online": "Online", "phone": "By telephone", "in-person": "In person"}
_LONGEST = 200

Value = TypeVar("Value")


def pages(room: Room) -> list[Page]:
    """The form."""
    views = _Figures(room)
    return [Page("/costs", views.figures, Permission.CHANGE_SERVICES, BOTH)]


@dataclass
class _Entered:
    """What was typed, by box, and what is wrong with it."""

    form: Mapping[str, list[str]]
    typed: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)

    def read(self, name: str, reader: Callable[[str], Value], fault: str) -> Value | None:
        """A box's value; None where it is empty or wrong."""
        text = self.typed[name] = one(self.form, name)[:_LONGEST]
        try:
            return reader(text) if text else None
        except ValueError:
            self.wrong[name] = fault
            return None


class _Figures:
    def __init__(self, room: Room) -> None:
        self.room = room

    async def figures(self, visit: StaffVisit) -> Response:
        """The figures as they are, or as they were just entered with what is wrong."""
        site, desk = visit.site, self.room.tools.desk
        typed, wrong = _typed(site.figures), dict[str, str]()
        if visit.request.method == "POST":
            entered = _Entered(await self.room.read_form(visit))
            given = _given(entered, site)
            typed, wrong = entered.typed, entered.wrong
            for part, fault in figures_faults(given, desk.today().year):
                wrong.setdefault(part, fault)
            if not wrong:
                await keep_figures(desk, visit.council, given, visit.actor)
                return self.room.done(visit, PATH, "Measures are worked out from these figures from now on")
        return self.room.page(
            visit,
            "workspace/figures/form.html",
            "Costs and numbers",
            errors=[{"text": text, "href": f"#{name}"} for name, text in wrong.items()],
            status=400 if wrong else 200,
            wrong=wrong,
            typed=typed,
            contacts=[
                (f"contact-{channel}", CONTACTS[channel], f"{NATIONAL[channel].pounds}")
                for channel in CHANNELS
            ],
            published=NATIONAL["online"].label,
            services=[(f"total-{service}", name) for service, name in site.service_names("en").items()],
        )


def _typed(figures: CouncilFigures) -> dict[str, str]:
    """What stands in the boxes for figures that are kept."""
    numbers = {"households": figures.households, "collections": figures.collections, "year": figures.year}
    return {
        **{f"contact-{channel}": f"{amount}" for channel, amount in figures.contacts.items()},
        **{f"total-{service}": f"{amount}" for service, amount in figures.totals.items()},
        **{name: f"{number}" for name, number in numbers.items() if number is not None},
        "source": figures.source,
    }


def _given(entered: _Entered, site: Site) -> CouncilFigures:
    def pounds(prefix: str, names: Mapping[str, str]) -> dict[str, Decimal]:
        fault = "Enter an amount in pounds, such as 2.59"
        found = {name: entered.read(f"{prefix}-{name}", read_pounds, fault) for name in names}
        return {name: amount for name, amount in found.items() if amount is not None}

    count = "Enter a whole number, such as 98,000"
    services = site.service_names("en")
    # A service that is not on the form keeps what it cost: the council may offer it again.
    others = {name: amount for name, amount in site.figures.totals.items() if name not in services}
    return CouncilFigures(
        contacts=pounds("contact", CONTACTS),
        totals={**others, **pounds("total", services)},
        year=entered.read("year", read_count, "Enter a year, such as 2026"),
        source=entered.read("source", str, "") or "",
        households=entered.read("households", read_count, count),
        collections=entered.read("collections", read_count, count),
    )
