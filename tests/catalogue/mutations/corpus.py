"""The corpus: changed copies of the shared services, each weighed by the rules and by the judge, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from commonhall.catalogue.comparing import Weight, compare
from commonhall.engine.problems import ServiceRefused
from commonhall.engine.reader import read_service
from commonhall.engine.working_days import Calendar
from tests.catalogue.mutations.generator import files_of, mutations, original_of
from tests.catalogue.mutations.judge import Judge
from tests.houses import HOME

NAMES = sorted(path.name for path in (HOME / "services").iterdir() if path.is_dir())
PARTS = 2
FEWER = {"council-tax-move": 80, "bus-pass-renewal": 160}
OTHERS = 200
"""Changed copies of each service in each part, fewer of the biggest, which take longest to judge. Those that do not
read are replaced by others."""


@dataclass
class Tally:
    """What was found. `alarms` are changes called breaking that the judge could not see break, by their first rule."""

    judged: int = 0
    unreadable: int = 0
    table: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many, by what the judge saw and what the rules called it."""
    alarms: Counter[str] = field(default_factory=Counter)
    proved: Counter[str] = field(default_factory=Counter)
    """Rules that alone called something breaking which the judge saw break."""
    rules: Counter[str] = field(default_factory=Counter)
    understated: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Put another part's findings to these."""
        self.judged += other.judged
        self.unreadable += other.unreadable
        self.understated += other.understated
        for mine, theirs in (
            (self.table, other.table), (self.alarms, other.alarms), (self.proved, other.proved), (self.rules, other.rules)
        ):  # fmt: skip
            mine.update(theirs)  # type: ignore[arg-type]

    def __str__(self) -> str:
        """The findings as a few lines."""
        called = [weight.name.lower() for weight in Weight]
        rows = [f"{'seen':>10}  called {' '.join(f'{name:>9}' for name in called)}"]
        for seen in ("none", *called):
            rows.append(f"{seen:>10}         {' '.join(f'{self.table[seen, name]:>9}' for name in called)}")
        false = self.alarms.total()
        reasons = ", ".join(f"{rule} {count}" for rule, count in self.alarms.most_common())
        return "\n".join(
            [
                f"{self.judged} changes judged; {self.unreadable} more did not read",
                *rows,
                f"called less than they are: {len(self.understated)}",
                f"called breaking and not seen to break: {false} ({false / self.judged:.1%}): {reasons}",
                f"rules that alone found something broken: {len(self.proved)}",
            ]
        )


def package(name: str) -> dict[str, str]:
    """The files of a shared service."""
    folder = HOME / "services" / name
    return {path.name: path.read_text("utf-8") for path in folder.iterdir()}


def size(name: str) -> int:
    """How many changed copies of this service each part judges."""
    return FEWER.get(name, OTHERS)


def tally(name: str, part: int, calendars: Mapping[str, Calendar]) -> Tally:
    """Judge one part of one service's changed copies; the same every time."""
    files = package(name)
    tree = original_of(files["service.yaml"])
    original = read_service(files_of(tree), calendars)
    judge = Judge(original, read_service(files, calendars).examples, calendars)
    found = Tally()
    for said, changed in mutations(tree, seed=f"{name} {part}", count=10 * size(name)):
        try:
            mutant = read_service(files_of(changed), calendars)
        except ServiceRefused:
            found.unreadable += 1
            continue
        difference = compare(original, mutant)
        called = difference.weight
        seen, why = judge.verdict(mutant)
        found.judged += 1
        found.table[_word(seen), _word(called)] += 1
        found.rules.update(change.rule for change in difference.changes)
        if (seen or 0) > (called or 0):
            found.understated.append(f"{said}: called {_word(called)}, and {why}")
        broke = {change.rule for change in difference.changes if change.weight is Weight.BREAKING}
        if broke and seen is not Weight.BREAKING:
            found.alarms[difference.changes[0].rule] += 1
        if len(broke) == 1 and seen is Weight.BREAKING:
            found.proved.update(broke)
        if found.judged == size(name):
            break
    return found


def _word(weight: Weight | None) -> str:
    return weight.name.lower() if weight else "none"
