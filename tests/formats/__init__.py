"""What other systems' own packages say of forms: DEFRA's model of a definition, and JsonLogic."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.html import node

HERE = Path(__file__).resolve().parent


def ask(
    definitions: Mapping[str, tuple[int, Any]] | None = None, logic: Sequence[tuple[Any, Any]] = ()
) -> dict[str, Any]:
    """Ask them: `faults` by definition, the names of `components`, `operators` and `controllers`, and what `holds`."""
    done = subprocess.run(
        [node(), "ask.js"],
        input=json.dumps({"definitions": definitions or {}, "logic": list(logic)}),
        capture_output=True,
        text=True,
        cwd=HERE,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
