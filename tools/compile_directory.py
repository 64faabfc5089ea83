"""Compile the source data into the files that the directory room ships: `python tools/compile_directory.py FOLDER`."""

from __future__ import annotations

import csv
import gzip
import json
import sys
from pathlib import Path

from commonhall.directory.councils import councils_data
from commonhall.directory.postcodes import compile_postcodes
from commonhall.directory.services import services_data

OUT = Path(__file__).resolve().parent.parent / "src" / "commonhall" / "directory" / "data"


def main() -> None:
    """Read the CSV files of a folder and write the three compiled files."""
    folder = Path(sys.argv[1])
    OUT.mkdir(exist_ok=True)

    def table(name: str) -> list[dict[str, str]]:
        with (folder / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def write(name: str, data: object) -> None:
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        (OUT / name).write_text(text.replace("},{", "},\n{") + "\n", encoding="utf-8")

    write("councils.json", councils_data(table("councils.csv"), table("gss_aliases.csv")))
    write("services.json", services_data(table("lgsl.csv")))
    with gzip.open(folder / "postcodes_gb.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = ((row["postcode"], row["gss"]) for row in csv.DictReader(file))
        (OUT / "postcodes.bin").write_bytes(compile_postcodes(rows, "ONS Postcode Directory", "Feb 2025"))
    for path in sorted(OUT.iterdir()):
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
