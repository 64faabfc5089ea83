"""The finder's directory: lookups per second, time to open, size of the shipped file."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.micro import Row

SEED = 20260310


def measure(quick: bool) -> list[Row]:
    """Look up live postcodes as people type them, and ones that look right but are not live."""
    import commonhall.directory
    from commonhall.directory.directory import Found, open_directory
    from commonhall.directory.postcodes import open_postcodes

    path = Path(commonhall.directory.__file__).parent / "data" / "postcodes.bin"
    opened = []
    for _ in range(5):
        begun = time.perf_counter()
        open_postcodes(path)
        opened.append(time.perf_counter() - begun)
    directory = open_directory()
    find = directory.find
    texts = samples(40_000 if quick else 200_000)
    live = [text for text in texts if isinstance(find(text), Found)]
    other = [text for text in texts if not isinstance(find(text), Found)]
    return [
        Row(f"lookups of {len(live):,} live postcodes", rate(find, live), "a CPU second"),
        Row(f"lookups of {len(other):,} that are not live", rate(find, other), "a CPU second"),
        Row("opening the postcode file", 1000 * statistics.median(opened), "ms"),
        Row("postcode file as shipped", path.stat().st_size / 1000, "kB"),
    ]


def rate(find: Callable[[str], object], texts: list[str]) -> float:
    """Lookups per CPU second: the median of three goes."""
    rates = []
    for _ in range(3):
        begun = time.process_time()
        for text in texts:
            find(text)
        rates.append(len(texts) / (time.process_time() - begun))
    return statistics.median(rates)


def samples(count: int) -> list[str]:
    """Texts as people type them: real areas, guessed endings."""
    dice = random.Random(SEED)
    areas = (
        "B",
        "BS",
        "CF",
        "CV",
        "GU",
        "HD",
        "HU",
        "LE",
        "LS",
        "M",
        "NG",
        "NE",
        "S",
        "SE",
        "SW",
        "WF",
        "YO",
        "EH",
        "G",
    )
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    made = []
    for _ in range(count):
        outward = f"{dice.choice(areas)}{dice.randint(1, 20)}"
        inward = f"{dice.randint(0, 9)}{dice.choice(letters)}{dice.choice(letters)}"
        text = f"{outward} {inward}"
        made.append(dice.choice((text, text.lower(), text.replace(" ", ""))))
    return made
