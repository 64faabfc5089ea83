"""Print what the whole corpus shows: `python -m tests.catalogue.mutations`."""

from __future__ import annotations

from commonhall.engine.working_days import load_calendars
from tests.catalogue.mutations.corpus import NAMES, PARTS, Tally, tally

if __name__ == "__main__":
    calendars = load_calendars()
    whole = Tally()
    for name in NAMES:
        for part in range(PARTS):
            whole.add(tally(name, part, calendars))
    print(whole)
    for words in whole.understated:
        print(f"MISSED {words}")
