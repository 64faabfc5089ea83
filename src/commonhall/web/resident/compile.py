"""The page compiler: from an adopted service to page shapes, each rendered once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from commonhall.casework.sites import Site
from commonhall.engine.fields.base import CompiledField, Fault
from commonhall.engine.furniture import SiteLink
from commonhall.engine.journey import Path, can_be_followed, details, label_of, show_text
from commonhall.engine.messages import message
from commonhall.engine.package import Adopted, CompiledPage
from commonhall.engine.texts import holes_in
from commonhall.web.assets import Assets
from commonhall.web.pages import Frame, HeadImage, Pages, escape_markdown, plain, prefixed
from commonhall.web.resident.components import Look, component, dom_id
from commonhall.web.resident.shapes import Shapes, hole, without_marks
from commonhall.web.texts import WORDS


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page is: whose site, which service, in which language."""

    site: Site
    adopted: Adopted
    language: str

    @property
    def service(self) -> str:
        """The service's id."""
        return self.adopted.service.id

    def path(self, *steps: str) -> str:
        """A path within the service, with the language."""
        return prefixed("/".join(("", self.service, *steps)), self.language)

    def start(self) -> str:
        """The path of the service's start page; of the council's home where the service is no longer offered."""
        return self.path() if self.site.service(self.service) else prefixed("/", self.language)

    def key(self) -> tuple[Any, ...]:
        """What every shape of this place depends on."""
        return (self.site.council, self.site.revision, self.adopted.digest, self.language)


class Compiler:
    """Makes and keeps page shapes, and fills them."""

    def __init__(self, pages: Pages, assets: Assets, shapes: Shapes, map_style_url: str | None) -> None:
        self._pages = pages
        self._assets = assets
        self._shapes = shapes
        self._map_style_url = map_style_url

    @property
    def pages(self) -> Pages:
        """The templates."""
        return self._pages

    # -- the frame ---------------------------------------------------------------------------------------

    def frame(
        self, site: Site, language: str, title: str, path: str, *, place: Place | None = None, back: str | None = None,
        switch: bool = True,
    ) -> Frame:  # fmt: skip
        """The layout's part of a page. `path` has no language."""
        words = WORDS[language]
        name = without_marks(site.name.get(language) or site.name["en"])
        service = without_marks(place.adopted.texts.need(language, "name")) if place else None
        whole = " - ".join(part for part in (title, service if service != title else None, name) if part)
        footer = (
            ("/measures", words["measures_link"]),
            ("/accessibility", words["accessibility_link"]),
            ("/privacy", words["privacy_link"]),
            ("/cookies", words["cookies_link"]),
        )
        return Frame(
            language=language,
            languages=site.languages,
            title=whole,
            path=path,
            name=name,
            logo_text=without_marks(site.brand.logo_text.get(language) or name),
            home=site.homepage_url if leads_home(site) else prefixed("/", language),
            css=self._assets.url("resident.css"),
            js=self._assets.url("resident.js"),
            icon=self._assets.url("icon.svg"),
            brand="/look.css" if site.furniture.stylesheet else "/brand.css",
            service_name=service,
            service_path=place.start() if place else None,
            back=back,
            demo_name=name if site.demonstration else None,
            demo_url=site.homepage_url if site.demonstration else None,
            footer=(
                *((prefixed(target, language), text) for target, text in footer),
                *(
                    (link.url, without_marks(link.label.get(language) or link.label["en"]))
                    for link in site.footer
                ),
            ),
            notice=without_marks(site.notice.get(language, "")),
            logo=head_image(site, language),
            switch=switch,
            menu=_links(site.furniture.menu, language),
            crumbs=crumbs_of(site, language, path, title),
            footer_text=_lines(site.furniture.footer_text.get(language, "")),
        )

    # -- start -------------------------------------------------------------------------------------------

    def start(self, place: Place) -> bytes:
        """The start page of a service."""
        shape = self._shapes.get(("start", *place.key()), lambda: self._start(place))
        return shape.fill({})

    def _start(self, place: Place) -> str:
        words, texts, language = WORDS[place.language], place.adopted.texts, place.language
        definition = place.adopted.service.definition
        minutes = definition.start.time
        time = None
        if minutes:
            time = words["time_one"] if minutes == 1 else words["time"].format(minutes=minutes)
        name = without_marks(texts.need(language, "name"))
        return self._pages.render(
            "resident/start.html",
            self.frame(place.site, language, name, f"/{place.service}", place=place),
            heading=name,
            intro=without_marks(texts.need(language, "start.intro")),
            need=[
                without_marks(texts.need(language, f"start.need.{i}"))
                for i in range(len(definition.start.need))
            ],
            time=time,
            action=place.path(),
            phone=place.site.phone,
        )

    # -- questions ---------------------------------------------------------------------------------------

    def question(
        self,
        place: Place,
        page: CompiledPage,
        faults: Sequence[Fault],
        rows: int,
        values: Mapping[str, bytes],
    ) -> bytes:
        """A question page. `values` fill its holes; error texts are added here."""
        failing = tuple(dict.fromkeys(fault.input for fault in faults))
        key = ("question", *place.key(), page.id, failing, rows)
        shape = self._shapes.get(key, lambda: self._question(place, page, failing, rows))
        if not faults:
            return shape.fill(values)
        found = dict(values)
        for fault in faults:
            name = f"error:{fault.input}"
            if name not in found:
                part = place.adopted.fields[fault.field]
                label = label_of(place.adopted, page, part, place.language)
                found[name] = plain(message(place.adopted, part, label, fault, place.language))
        return shape.fill(found)

    def _question(self, place: Place, page: CompiledPage, failing: tuple[str, ...], rows: int) -> str:
        look = Look(place.adopted, place.language, frozenset(failing), rows, self._map_style_url)
        question = look.text(f"{page.key}.question") or ""
        body = look.text(f"{page.key}.body")
        alone = len(page.fields) == 1
        # With text between heading and question, the heading stands by itself and the label is for screen readers.
        hint = look.text(f"{page.key}.hint")
        own_hint = look.text(f"{page.fields[0].key}.hint")
        in_label = alone and body is None and page.fields[0].type != "list" and not (hint and own_hint)
        components = [
            component(look, page, part, heading=in_label, hide=alone and not in_label) for part in page.fields
        ]
        words = WORDS[place.language]
        title = f"{words['error_prefix']}{question}" if failing else question
        shown = in_label and not own_hint
        path = f"/{place.service}/{hole('journey')}/{page.id}"
        return self._pages.render(
            "resident/question.html",
            self.frame(place.site, place.language, title, path, place=place, back=hole("back")),
            errors=[{"text": hole(f"error:{name}"), "href": f"#{dom_id(name)}"} for name in failing],
            heading=None if in_label else question,
            hint=None if shown else hint,
            body=body,
            components=components,
            has_rows=any(part.fields for part in page.fields),
            action=hole("action"),
            token=hole("token"),
        )

    # -- exit, check answers, confirmation ---------------------------------------------------------------

    def exit(self, place: Place, page: CompiledPage, path: Path, journey: str, back: str) -> bytes:
        """The page that ends a journey that cannot go on."""
        key = ("exit", *place.key(), page.id)
        shape = self._shapes.get(key, lambda: self._exit(place, page))
        heading = plain(show_text(place.adopted, f"{page.key}.question", path.answers, place.language))
        body = self._prose(place, f"{page.key}.body", path.answers)
        return shape.fill({"title": heading, "body": body, "journey": plain(journey), "back": plain(back)})

    def _exit(self, place: Place, page: CompiledPage) -> str:
        route = f"/{place.service}/{hole('journey')}/{page.id}"
        return self._pages.render(
            "resident/exit.html",
            self.frame(place.site, place.language, hole("title"), route, place=place, back=hole("back")),
            heading=hole("title"),
            body=Markup(hole("body")),  # noqa: S704 - filled with rendered Markdown
            phone=place.site.phone,
        )

    def _prose(self, place: Place, key: str, answers: Mapping[str, Any]) -> bytes:
        """A text as HTML, with the answers that it names shown as they were typed."""
        text = place.adopted.texts.need(place.language, key)
        if not holes_in(text):
            # Texts without answers never change: their HTML is kept like a shape.
            kept = self._shapes.get(
                ("prose", *place.key(), key), lambda: str(self._pages.prose(without_marks(text)))
            )
            return kept.fill({})
        shown = show_text(place.adopted, key, answers, place.language, escape_markdown)
        return str(self._pages.prose(without_marks(shown))).encode()

    def check(self, place: Place, path: Path, values: Mapping[str, bytes]) -> bytes:
        """Check answers: a row for each question on the path."""
        rows = details(place.adopted, path, place.language)
        key = ("check", *place.key(), tuple(row.field.id for row in rows))
        shape = self._shapes.get(
            key, lambda: self._check(place, [(row.page, row.field, row.question) for row in rows])
        )
        found = dict(values)
        empty = plain(WORDS[place.language]["not_given"])
        for row in rows:
            found[f"row:{row.field.id}"] = b"<br>".join(plain(line) for line in row.lines) or empty
        return shape.fill(found)

    def _check(self, place: Place, rows: Sequence[tuple[CompiledPage, CompiledField, str]]) -> str:
        words = WORDS[place.language]
        journey = hole("journey")
        items = [
            {
                "key": {"text": without_marks(question)},
                "value": {"html": Markup(hole(f"row:{part.id}"))},  # noqa: S704 - filled with escaped lines
                "actions": {
                    "items": [
                        {
                            "href": f"{place.path(journey, page.id)}?change=1",
                            "text": words["change"],
                            "visuallyHiddenText": without_marks(question),
                        }
                    ]
                },
            }
            for page, part, question in rows
        ]
        return self._pages.render(
            "resident/check.html",
            self.frame(
                place.site,
                place.language,
                words["check_title"],
                f"/{place.service}/{journey}/check",
                place=place,
                back=hole("back"),
            ),
            rows=items,
            action=place.path(journey, "check"),
            token=hole("token"),
        )

    def confirmation(
        self,
        place: Place,
        answers: Mapping[str, Any],
        values: Mapping[str, bytes],
        *,
        thanks: bool,
        unrated: bool = False,
    ) -> bytes:
        """The confirmation, with the reference and what happens next; `unrated`: feedback came without a score."""
        followed = can_be_followed(place.adopted, answers)
        key = ("confirmation", *place.key(), thanks, unrated, followed)
        shape = self._shapes.get(key, lambda: self._confirmation(place, thanks, unrated, followed))
        return shape.fill({**values, "body": self._prose(place, "confirmation.body", answers)})

    def _confirmation(self, place: Place, thanks: bool, unrated: bool, followed: bool) -> str:
        words = WORDS[place.language]
        journey = hole("journey")
        scores = [{"value": str(score), "text": words[f"score_{score}"]} for score in (5, 4, 3, 2, 1)]
        panel = Markup("{}<br><strong>{}</strong>").format(words["confirmation_reference"], hole("reference"))
        title = f"{words['error_prefix'] if unrated else ''}{words['confirmation_title']}"
        error = words["feedback_missing"] if unrated else None
        return self._pages.render(
            "resident/confirmation.html",
            self.frame(
                place.site,
                place.language,
                title,
                f"/{place.service}/{journey}/confirmation",
                place=place,
            ),
            panel=panel,
            body=Markup(hole("body")),  # noqa: S704 - filled with rendered Markdown
            case_url=f"{prefixed('/case', place.language)}/{hole('reference')}" if followed else None,
            action=place.path(journey, "feedback"),
            token=hole("token"),
            scores=scores,
            error=error,
            errors=[{"text": error, "href": "#score"}] if error else [],
            comment=hole("value:comment"),
            thanks=thanks,
        )

    # -- everything else ---------------------------------------------------------------------------------

    def plain_page(self, template: str, frame: Frame, **values: Any) -> bytes:
        """A page that is asked for seldom: rendered each time."""
        return self._pages.render(template, frame, **values).encode()

    def __len__(self) -> int:
        return len(self._shapes)


def leads_home(site: Site) -> bool:
    """Whether the name at the head leads to the council's own website."""
    return site.furniture.leads_home and bool(site.homepage_url)


def crumbs_of(site: Site, language: str, path: str, title: str) -> tuple[tuple[str, str], ...]:
    """The way to a page from the council's own website, by way of the list of services; none where it has no such way."""
    if not site.furniture.crumbs and not leads_home(site):
        return ()
    services = WORDS[language]["missing_home"]
    above = (
        *_links(site.furniture.crumbs, language),
        ("" if path == "/" else prefixed("/", language), services),
    )
    return above if path == "/" else (*above, ("", title))


def _links(links: Sequence[SiteLink], language: str) -> tuple[tuple[str, str], ...]:
    found = (link.to(language) for link in links)
    return tuple((url, without_marks(label)) for url, label in found)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(without_marks(line) for line in text.splitlines() if line.strip())


def head_image(site: Site, language: str) -> HeadImage | None:
    """The site's logo as its pages show it, if it has one."""
    logo = site.brand.logo
    if logo is None:
        return None
    alt = logo.alt.get(language) or site.brand.logo_text.get(language) or site.name["en"]
    return HeadImage(f"/logo/{logo.file}", without_marks(alt), *logo.shown, logo.on_white)


def answer_values(page: CompiledPage, answers: Mapping[str, Any]) -> dict[str, bytes]:
    """The holes of a question page, filled from stored answers."""
    found: dict[str, bytes] = {}
    for part in page.fields:
        value = answers.get(part.id)
        if value is not None:
            found |= raw_values(part.raw(value))
    return found


def raw_values(form: Mapping[str, Sequence[str]]) -> dict[str, bytes]:
    """The holes of a question page, filled from what a form held: values, and what was chosen."""
    found: dict[str, bytes] = {}
    for name, texts in form.items():
        if texts:
            found[f"value:{name}"] = plain(texts[0])
        for text in texts:
            # A page has the hole of one or the other: a box to tick or an entry of a select.
            found[f"mark:{name}:{text}"] = b" checked"
            found[f"pick:{name}:{text}"] = b" selected"
    return found
