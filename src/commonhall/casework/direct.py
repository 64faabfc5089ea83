"""A case handed in with one call by another system: by the same steps as a person's journey, all at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commonhall.casework.desk import Desk, token_of
from commonhall.casework.journeys import (
    Along,
    Journey,
    JourneyGone,
    answer_page,
    load_journey,
    reach_exit,
    start_journey,
    submit_journey,
)
from commonhall.engine.intake import Wrong, take_in
from commonhall.engine.journey import contract_answers
from commonhall.engine.package import Adopted, CompiledPage


class NotAccepted(Exception):  # noqa: N818
    """Answers were understood and cannot become a case: `wrong` says why, or `exit` is the page at which it ends."""

    def __init__(self, wrong: tuple[Wrong, ...], exit_page: CompiledPage | None = None) -> None:
        super().__init__("; ".join(one.says for one in wrong) or "the journey ends before it is submitted")
        self.wrong = wrong
        self.exit = exit_page


class AnotherRequest(Exception):  # noqa: N818
    """This key of the sender's was used before, for something else; the message says for what."""


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A case that was made; `again` says that it was made before, by the same key."""

    journey: Journey
    again: bool

    @property
    def reference(self) -> str:
        """The case's reference."""
        return str(self.journey.reference)


async def hand_in(
    desk: Desk,
    council: str,
    adopted: Adopted,
    given: Mapping[str, Any],
    *,
    sender: str,
    channel: str = "api",
    language: str = "en",
    key: str | None = None,
    along: Along | None = None,
) -> HandedIn:
    """Make a case of answers in the contract's shape. `sender` is who hands it in; `key` is the sender's own.

    With the same key, and the same answers, it is the same case, however often it is sent: for as long as a journey of
    the service is kept. Raises `NotAccepted`, `AnotherRequest`.
    """
    browser = f"{sender}\n{key if key is not None else desk.chance.token()}"
    made = await _made_before(desk, council, adopted, browser) if key is not None else None
    language = language if language in adopted.languages else "en"
    today = made.today if made else desk.today()
    taken = take_in(made.adopted if made else adopted, given, today, language)
    if made is not None and made.reference is not None:
        # As they were kept, not as they are walked today: the day has moved on.
        given_now = contract_answers(taken.answers)
        own_now, own = given_now.get("local", {}), made.answers.get("local", {})
        kept = {name: value for name, value in made.answers.items() if name != "local"}
        if any(given_now.get(name) != value for name, value in kept.items()) or any(
            own_now.get(name) != value for name, value in own.items()
        ):
            raise AnotherRequest("it was used with other answers")
        return HandedIn(made, again=True)
    if taken.wrong:
        raise NotAccepted(taken.wrong)
    if made is None:
        journey_id = await start_journey(
            desk, adopted, council, browser=browser, language=language, channel=channel, journey=_id(browser)
        )
    else:
        journey_id = made.id
    answered = await answer_page(
        desk, adopted, council, journey_id, browser=browser, answers=taken.path.answers
    )
    if answered.path.exit is not None:
        await reach_exit(desk, answered)
        raise NotAccepted((), answered.path.exit)
    done = await submit_journey(desk, council, journey_id, browser=browser, along=along)
    return HandedIn(done, again=False)


async def _made_before(desk: Desk, council: str, adopted: Adopted, browser: str) -> Journey | None:
    """The journey that this sender began with this key, if it is kept and may still become a case."""
    try:
        found = await load_journey(desk, council, _id(browser), browser=browser)
    except JourneyGone as gone:
        if gone.expired:
            raise AnotherRequest("what it began was never finished, and is gone") from None
        return None
    if found.service != adopted.service.id:
        raise AnotherRequest("it was used for another service")
    return found


def _id(browser: str) -> str:
    """The journey's id, the same for the same sender and key: what makes sending it twice harmless."""
    return token_of(browser)
