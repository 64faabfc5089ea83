"""Templates for every front room: one environment, one layout, Markdown, and the frame that a site puts around."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import ChainableUndefined, ChoiceLoader, Environment, PackageLoader, PrefixLoader
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from commonhall.web.texts import WORDS

_ALLOWED_LINK = re.compile(r"(https?://|mailto:|tel:|/(?!/)|#)")
_MARKDOWN_SIGNS = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&:/])")


def make_environment() -> Environment:
    """The template environment: our templates and govuk-frontend's macros, everything escaped."""
    loader = ChoiceLoader(
        [
            PackageLoader("commonhall.web"),
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]
    )
    return Environment(
        loader=loader, autoescape=True, undefined=ChainableUndefined, trim_blocks=True, lstrip_blocks=True
    )


def make_markdown() -> MarkdownIt:
    """Markdown as services may write it: no HTML, and links only to where a person may safely go."""
    markdown = MarkdownIt("commonmark", {"html": False, "breaks": False}).disable(
        ["image", "html_block", "html_inline"]
    )
    markdown.validateLink = lambda url: bool(_ALLOWED_LINK.match(url.strip().lower()))  # type: ignore[method-assign]
    return markdown


def escape_markdown(text: str) -> str:
    """A person's answer inside Markdown: shown as typed, whatever it looks like."""
    return _MARKDOWN_SIGNS.sub(r"\\\1", text)


# HTML Living Standard 13.2.3.5: what is an error in a page, whoever typed it.
_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | end) for plane in range(17) for end in (0xFFFE, 0xFFFF))
    + "]"
)


def plain(text: str) -> bytes:
    """Text as HTML, without the characters that no page may hold."""
    fit = text if text.isprintable() else _UNFIT.sub("", text)
    return str(escape(fit)).encode()


@dataclass(frozen=True, slots=True)
class HeadImage:
    """A logo in the layout's head; width and height are CSS pixels, said before it is there so that nothing moves."""

    path: str
    alt: str
    width: int
    height: int
    on_white: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """What the layout needs to know of a page, besides its content.

    `path` is the page's path without its language; `switch` is false where the other language has no such page. `menu`
    and `crumbs` are links (address, words) of the council's own website; a crumb without an address is this page.
    """

    language: str
    languages: tuple[str, ...]
    title: str
    path: str
    name: str
    logo_text: str
    home: str
    css: str
    js: str | None
    icon: str
    brand: str | None = None
    service_name: str | None = None
    service_path: str | None = None
    back: str | None = None
    demo_name: str | None = None
    demo_url: str | None = None
    footer: tuple[tuple[str, str], ...] = ()
    switch: bool = True
    notice: str = ""
    logo: HeadImage | None = None
    menu: tuple[tuple[str, str], ...] = ()
    crumbs: tuple[tuple[str, str], ...] = ()
    footer_text: tuple[str, ...] = ()

    @property
    def words(self) -> Mapping[str, str]:
        """The platform's words in the page's language."""
        return WORDS[self.language]

    def link(self, path: str, language: str | None = None) -> str:
        """A path of the site in a language (this page's, if not said)."""
        return prefixed(path, language or self.language)


def prefixed(path: str, language: str) -> str:
    """A path in a language: Welsh pages are under /cy."""
    return path if language == "en" else f"/cy{path}" if path != "/" else "/cy/"


class Pages:
    """The templates, ready to render. Handed in by the wiring; nothing in it changes after it is made."""

    def __init__(self) -> None:
        self.environment = make_environment()
        self._markdown = make_markdown()

    def prose(self, text: str) -> Markup:
        """Markdown as HTML inside the prose element."""
        return Markup(f'<div class="ch-prose">{self._markdown.render(text)}</div>')  # noqa: S704 - no HTML passes

    def render(self, template: str, frame: Frame, **values: Any) -> str:
        """A whole page, without the characters that no page may hold."""
        found = self.environment.get_template(template)
        return _UNFIT.sub("", found.render(frame=frame, w=frame.words, prose=self.prose, **values))

    def fragment(self, template: str, **values: Any) -> str:
        """A part of a page, for a script that puts it in the place of the old one."""
        return _UNFIT.sub("", self.environment.get_template(template).render(**values))
