"""What to say when an answer is not accepted, in every language: what to do, not what went wrong."""

from __future__ import annotations

from commonhall.engine.fields.base import CompiledField, Fault
from commonhall.engine.package import Adopted

_EN = {
    "missing": "Enter {label}",
    "missing_question": "Enter an answer to ‘{question}’",
    "choose": "Select an answer to ‘{question}’",
    "choose_some": "Select at least one answer to ‘{question}’",
    "declaration": "Tick the box to confirm that you agree",
    "not_an_option": "Select one of the answers listed",
    "shape": "Enter {label} again: it could not be read",
    "too_long": "{label_start} must be {max} characters or fewer",
    "too_long_line1": "Address line 1 must be {max} characters or fewer",
    "too_long_line2": "Address line 2 must be {max} characters or fewer",
    "too_long_town": "Town or city must be {max} characters or fewer",
    "pattern": "Enter {label} in the correct format",
    "email": "Enter an email address in the correct format, like name@example.com",
    "phone": "Enter a phone number, like 01632 960 001, 07700 900 982 or +44 808 157 0192",
    "nino": "Enter a National Insurance number in the correct format, like QQ 12 34 56 C",
    "registration": "Enter a vehicle registration number in the correct format, like AB12 CDE",
    "number": "{label_start} must be a number, like 30",
    "whole": "{label_start} must be a whole number, like 30",
    "decimals": "{label_start} must have {places} decimal places or fewer",
    "money": "{label_start} must be an amount of money, like 12.50",
    "too_small": "{label_start} must be {min} or more",
    "too_big": "{label_start} must be {max} or less",
    "date": "{label_start} must be a real date",
    "year": "Year must include 4 numbers, like 2026",
    "too_old": "{label_start} must be in {year} or later",
    "missing_day": "{label_start} must include a day",
    "missing_month": "{label_start} must include a month",
    "missing_year": "{label_start} must include a year",
    "past": "{label_start} must be in the past",
    "future": "{label_start} must be in the future",
    "missing_line1": "Enter address line 1, typically the building and street",
    "missing_town": "Enter a town or city",
    "missing_postcode": "Enter a postcode",
    "postcode": "Enter a full UK postcode, like AA3 1AB",
    "missing_place": "Say where it is, or choose the place on the map",
    "point": "Choose a place in the United Kingdom, or describe it in words",
    "too_few": "Enter at least {min} in answer to ‘{question}’",
    "too_many": "Enter {max} or fewer in answer to ‘{question}’",
    "row": "{item} {row}: {message}",
}

_CY = {
    "missing": "Rhowch {label}",
    "missing_question": "Rhowch ateb i ‘{question}’",
    "choose": "Dewiswch ateb i ‘{question}’",
    "choose_some": "Dewiswch o leiaf un ateb i ‘{question}’",
    "declaration": "Ticiwch y blwch i gadarnhau eich bod yn cytuno",
    "not_an_option": "Dewiswch un o’r atebion a restrir",
    "shape": "Rhowch {label} eto: nid oedd modd ei ddarllen",
    "too_long": "{label_start}: rhaid defnyddio {max} nod neu lai",
    "too_long_line1": "Llinell gyntaf y cyfeiriad: rhaid defnyddio {max} nod neu lai",
    "too_long_line2": "Ail linell y cyfeiriad: rhaid defnyddio {max} nod neu lai",
    "too_long_town": "Tref neu ddinas: rhaid defnyddio {max} nod neu lai",
    "pattern": "Rhowch {label} yn y fformat cywir",
    "email": "Rhowch gyfeiriad e-bost yn y fformat cywir, fel enw@enghraifft.com",
    "phone": "Rhowch rif ffôn, fel 01632 960 001, 07700 900 982 neu +44 808 157 0192",
    "nino": "Rhowch rif Yswiriant Gwladol yn y fformat cywir, fel QQ 12 34 56 C",
    "registration": "Rhowch rif cofrestru cerbyd yn y fformat cywir, fel AB12 CDE",
    "number": "{label_start}: rhaid iddo fod yn rhif, fel 30",
    "whole": "{label_start}: rhaid iddo fod yn rhif cyfan, fel 30",
    "decimals": "{label_start}: rhaid cael {places} lle degol neu lai",
    "money": "{label_start}: rhaid iddo fod yn swm o arian, fel 12.50",
    "too_small": "{label_start}: rhaid iddo fod yn {min} neu fwy",
    "too_big": "{label_start}: rhaid iddo fod yn {max} neu lai",
    "date": "{label_start}: rhaid iddo fod yn ddyddiad go iawn",
    "year": "Rhaid i’r flwyddyn gynnwys 4 rhif, fel 2026",
    "too_old": "{label_start}: rhaid iddo fod yn {year} neu’n hwyrach",
    "missing_day": "{label_start}: rhaid cynnwys diwrnod",
    "missing_month": "{label_start}: rhaid cynnwys mis",
    "missing_year": "{label_start}: rhaid cynnwys blwyddyn",
    "past": "{label_start}: rhaid iddo fod yn y gorffennol",
    "future": "{label_start}: rhaid iddo fod yn y dyfodol",
    "missing_line1": "Rhowch linell gyntaf y cyfeiriad, sef yr adeilad a’r stryd fel arfer",
    "missing_town": "Rhowch dref neu ddinas",
    "missing_postcode": "Rhowch god post",
    "postcode": "Rhowch god post llawn y DU, fel AA3 1AB",
    "missing_place": "Dywedwch ble mae, neu dewiswch y lle ar y map",
    "point": "Dewiswch le yn y Deyrnas Unedig, neu disgrifiwch ef mewn geiriau",
    "too_few": "Rhowch o leiaf {min} mewn ateb i ‘{question}’",
    "too_many": "Rhowch {max} neu lai mewn ateb i ‘{question}’",
    "row": "{item} {row}: {message}",
}

MESSAGES = {"en": _EN, "cy": _CY}

# What to call the answer to a label that is a question or a request, and so cannot stand in a sentence.
_NOUNS = {
    "en": {"date": "the date", "number": "the number", "money": "the amount", "": "your answer"},
    "cy": {"date": "y dyddiad", "number": "y rhif", "money": "y swm", "": "eich ateb"},
}
_REQUESTS = frozenset(
    [
        "add",
        "choose",
        "confirm",
        "describe",
        "enter",
        "explain",
        "give",
        "say",
        "select",
        "tell",
        "upload",
        "write",
        "ychwanegwch",
        "dewiswch",
        "cadarnhewch",
        "disgrifiwch",
        "nodwch",
        "esboniwch",
        "rhowch",
        "dywedwch",
        "ysgrifennwch",
    ]
)


def message(adopted: Adopted, part: CompiledField, label: str, fault: Fault, language: str) -> str:
    """What to say for a fault: the service's own words, else the platform's with the label in them."""
    texts = adopted.texts
    own = texts.get(language, fault.code)
    if own is not None:
        return own
    spot = _column(part, fault)
    if spot.type != part.type:
        label = texts.get(language, f"{spot.key}.label") or label
    if fault.code in {"missing", "choose", "choose_some", "declaration"}:
        own = texts.get(language, f"{spot.key}.missing")
    elif fault.code == "pattern":
        own = texts.get(language, f"{spot.key}.pattern_message")
    said = own or _platform(spot.type, label, fault, language)
    row = (fault.params or {}).get("row")
    if row is None:
        return said
    item = texts.get(language, f"{part.key}.item") or label
    return MESSAGES[language]["row"].format(item=capital(item), row=row, message=said)


def _column(part: CompiledField, fault: Fault) -> CompiledField:
    """For a fault in a row of a list, the column that it is about."""
    steps = fault.input.removeprefix(f"{part.id}-").split("-")
    if part.fields and len(steps) > 1 and fault.code not in {"too_few", "too_many"}:
        return next((column for column in part.fields if column.id == steps[1]), part)
    return part


def _platform(kind: str, label: str, fault: Fault, language: str) -> str:
    code, noun = fault.code, small(label)
    if asks(label):
        code = "missing_question" if code == "missing" else code
        noun = _NOUNS[language].get(kind) or _NOUNS[language][""]
    template = MESSAGES[language].get(code, MESSAGES[language]["shape"])
    return template.format(label=noun, label_start=capital(noun), question=label, **(fault.params or {}))


def asks(label: str) -> bool:
    """Whether a label is a question or a request, not the name of a thing."""
    words = label.split()
    return label.rstrip().endswith("?") or (len(words) > 1 and words[0].lower() in _REQUESTS)


_NAMES = frozenset(
    {"National", "Council", "Blue", "British", "English", "Welsh", "Cymraeg", "Saesneg", "Yswiriant"}
)


def capital(text: str) -> str:
    """With a capital letter, for the start of a sentence."""
    return text[:1].upper() + text[1:]


def small(text: str) -> str:
    """For the middle of a sentence: small, unless it begins with an abbreviation, a name or 'I'."""
    word = text.split(" ", 1)[0]
    keep = word == "I" or any(letter.isupper() or letter.isdigit() for letter in word[1:]) or word in _NAMES
    return text if keep else text[:1].lower() + text[1:]
