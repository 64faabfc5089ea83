"""A council's own website as the tests have it: pages on another origin, with their own look and a strict policy."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from playwright.async_api import Locator, Page, expect

STYLE = """
body { margin: 0; font: 18px/1.5 Georgia, serif; color: #22313f; background: #fffdf7 }
header, footer { background: #5b2a66; color: #fff; padding: 1rem }
main { max-width: 60rem; margin: 0 auto; padding: 1rem }
h1 { color: #5b2a66 }
/* What a site may well do to its own forms, and must not do to the council's. */
input, fieldset, .govuk-button { display: none !important }
commonhall-journey { --commonhall-heading: #5b2a66; --commonhall-radius: 6px }
commonhall-journey::part(button) { letter-spacing: 1px }
"""
OWN = ".govuk-button { background: rgb(10, 80, 30); color: #fff } .govuk-label--l { color: rgb(10, 80, 30) }"
PAGE = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>Bins - Borchester</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/style.css">
<script type="module" src="{site}/embed/v1/commonhall-journey.js"></script></head>
<body><header><p>Borchester</p></header><main><h1>Bins</h1>
<commonhall-journey site="{site}" service="{service}" lang="{language}"{more}>
<a href="{site}/{service}">Go to the form</a>
</commonhall-journey></main><footer><p>Borchester</p></footer></body></html>
"""
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src {site}; connect-src {site}; "
    "form-action 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types commonhall-journey"
)


@contextmanager
def council_website() -> Iterator[str]:
    """The address of a website whose page `/?site=…&service=…&lang=…` holds the element."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.endswith(".css"):
                self._send(OWN if self.path == "/own.css" else STYLE, "text/css")
                return
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            site = query.get("site", "")
            more = ' stylesheet="/own.css" heading="3"' if "own" in query else ""
            service, language = query.get("service"), query.get("lang", "en")
            text = PAGE.format(site=site, service=service, language=language, more=more)
            self._send(text, "text/html; charset=utf-8", POLICY.format(site=site))

        def _send(self, text: str, kind: str, policy: str = "") -> None:
            self.send_response(200)
            self.send_header("content-type", kind)
            if policy:
                self.send_header("content-security-policy", policy)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


LISTEN = """
() => {
  window.told = []
  const list = (event) => {
    window.told.push([event.type.split(':')[1], event.detail])
    document.documentElement.dataset.told = window.told.length
  }
  for (const what of ['started', 'page', 'submitted', 'exit']) window.addEventListener(`commonhall:${what}`, list)
}
"""


@dataclass
class Embedded:
    """Somebody at the element: every step waits for the event that tells of it."""

    page: Page
    told: int = 0

    @property
    def element(self) -> Locator:
        """The element."""
        return self.page.locator("commonhall-journey")

    async def open(self, website: str, site: str, service: str, language: str = "en") -> None:
        """The page of the council's website, listened to."""
        await self.page.add_init_script(f"({LISTEN})()")
        await self.page.goto(f"{website}/?site={site}&service={service}&lang={language}")
        await expect(self.element.locator(".ch-journey")).to_be_visible()

    async def press(self, what: str | Locator) -> str:
        """Press something, and wait for the page that it leads to; answers which."""
        before = len(await self.events())
        await (self.element.locator(what) if isinstance(what, str) else what).click()
        return await self.seen(before)

    async def seen(self, before: int) -> str:
        """The page that is shown once more events than these were told."""
        root = self.page.locator("html")
        for count in range(before + 1, before + 4):
            await expect(root).not_to_have_attribute("data-told", str(count - 1))
            told = await self.events()
            pages = [detail["page"] for what, detail in told[before:] if what == "page"]
            if pages:
                return str(pages[-1])
        raise AssertionError(f"no page is shown: {await self.events()}")

    async def events(self) -> list[tuple[str, dict[str, object]]]:
        """What the website was told so far."""
        found: list[tuple[str, dict[str, object]]] = await self.page.evaluate("() => window.told")
        return found

    async def go_on(self) -> str:
        """Press the page's own button."""
        return await self.press("form > button[type=submit]")
