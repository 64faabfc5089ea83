"""A council's choices being made into what it runs: where problems and the council's own words are gathered."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from commonhall.engine.checks import Shown
from commonhall.engine.choices import Choices
from commonhall.engine.package import Service
from commonhall.engine.problems import Problem
from commonhall.engine.source import Source, Where

LANGUAGES = ("en", "cy")


class Choosing:
    """One adoption in the making. `own` holds the texts that differ from the service's, by language and key.

    English is always among `own`, because back offices read it whatever a council's site speaks.
    """

    def __init__(
        self,
        service: Service,
        choices: Choices,
        nation: str,
        languages: tuple[str, ...],
        source: Source,
        under: Where = (),
    ) -> None:
        self.service = service
        self.choices = choices
        self.nation = nation
        self.languages = languages
        self.source = source
        self.under = under
        self.problems: list[Problem] = []
        self.checks: list[Problem] = []
        self.own: dict[str, dict[str, str]] = {language: {} for language in dict.fromkeys(("en", *languages))}

    @cached_property
    def shown(self) -> Shown:
        """What the service's texts may show; asked only where a council's text shows something."""
        return Shown(self.service.definition)

    def say(self, where: Where, message: str, remedy: str, *, key: bool = False) -> None:
        """Note a problem at a place of the choices."""
        self.problems.append(self.source.problem((*self.under, *where), message, remedy, key=key))

    def local(self, given: Any, where: Where) -> dict[str, str]:
        """A text of the council's own: plain, or one for each language that it offers."""
        words = {"en": given} if isinstance(given, str) else given
        if (
            not isinstance(words, dict)
            or not words
            or not all(isinstance(text, str) and text.strip() for text in words.values())
        ):
            self.say(where, "this must be a text, or one for each language", "write {en: …, cy: …}")
            return {}
        for language in words.keys() - set(LANGUAGES):
            self.say((*where, language), f"'{language}' is not a language here", "use en and cy", key=True)
        if isinstance(given, dict):
            for language in self.own:
                if language not in words:
                    self.say(where, f"the text has no '{language}'", f"the council offers {language}: add it")
        return {language: str(text) for language, text in words.items()}

    def word(self, language: str, key: str) -> str | None:
        """A text as it stands now: the council's own, else the service's; in English where there is no other."""
        for tongue in (language, "en"):
            for texts in (self.own, self.service.texts):
                found = texts.get(tongue, {}).get(key)
                if found is not None:
                    return found
        return None
