"""The shape of a service's definition: what `service.yaml` may say, key by key.

The JSON Schema of the language is generated from these models, so an editor completes exactly what the
reader accepts. Expressions and codes are still plain text here; `reader` checks what they mean.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

FieldId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
PageId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
OptionCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
Version = Annotated[str, StringConstraints(pattern=r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=8000)]
Cel = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Language = Literal["en", "cy"]


class Part(BaseModel):
    """Every part of a definition: immutable; unknown keys are problems, and words are never read as numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Option(Part):
    """One choice. Logic and the data contract know its code; people read its label."""

    code: OptionCode
    label: Text
    hint: Text | None = None


Options = list[Option] | Annotated[str, StringConstraints(pattern=r"^settings\.[a-z][a-z0-9_]*$")]


class FieldPart(Part):
    """What every field has. `missing` is what to say when a needed answer is empty."""

    id: FieldId
    label: Text | None = None
    hint: Text | None = None
    missing: Text | None = None
    optional: bool = False
    autocomplete: str | None = None


class TextField(FieldPart):
    """One line of words, of a form of its own if need be."""

    type: Literal["text"]
    max_length: int = Field(default=200, ge=1, le=2000)
    pattern: str | None = None
    pattern_message: Text | None = None
    width: Literal[2, 3, 4, 5, 10, 20] | None = None


class TextareaField(FieldPart):
    """Several lines of words."""

    type: Literal["textarea"]
    max_length: int = Field(default=1000, ge=1, le=20000)
    rows: int = Field(default=5, ge=2, le=20)


class EmailField(FieldPart):
    """An email address."""

    type: Literal["email"]


class PhoneField(FieldPart):
    """A telephone number, as people write it."""

    type: Literal["phone"]


class NameField(FieldPart):
    """A name, in one box."""

    type: Literal["name"]


class AddressField(FieldPart):
    """A postal address in the United Kingdom."""

    type: Literal["address"]


class DateField(FieldPart):
    """A day, as three boxes."""

    type: Literal["date"]
    past: bool = False
    future: bool = False


class NumberField(FieldPart):
    """A whole number, or one with decimals."""

    type: Literal["number"]
    min: float | None = None
    max: float | None = None
    decimals: int = Field(default=0, ge=0, le=6)
    unit: Text | None = None


class MoneyField(FieldPart):
    """Pounds and pence; `min` and `max` are whole pence."""

    type: Literal["money"]
    min: int | None = Field(default=None, ge=0)
    max: int | None = Field(default=None, ge=0)


class NationalInsuranceField(FieldPart):
    """A National Insurance number."""

    type: Literal["national-insurance-number"]


class VehicleRegistrationField(FieldPart):
    """A vehicle’s registration."""

    type: Literal["vehicle-registration"]


class RadiosField(FieldPart):
    """Exactly one of a few options."""

    type: Literal["radios"]
    options: Options


class SelectField(FieldPart):
    """Exactly one of many options."""

    type: Literal["select"]
    options: Options


class CheckboxesField(FieldPart):
    """Any of a few options."""

    type: Literal["checkboxes"]
    options: Options


class MapLocationField(FieldPart):
    """A place, in words or as a point."""

    type: Literal["map-location"]


class DeclarationField(FieldPart):
    """A statement that a person must agree to."""

    type: Literal["declaration"]
    statement: Text


SimpleField = Annotated[
    TextField
    | TextareaField
    | EmailField
    | PhoneField
    | NameField
    | DateField
    | NumberField
    | MoneyField
    | NationalInsuranceField
    | VehicleRegistrationField
    | RadiosField
    | SelectField,
    Field(discriminator="type"),
]


class ListField(FieldPart):
    """Add another: the same few questions for each of several people or things."""

    type: Literal["list"]
    fields: list[SimpleField] = Field(min_length=1, max_length=8)
    item: Text
    min: int = Field(default=1, ge=0, le=50)
    max: int = Field(default=10, ge=1, le=50)


AnyField = Annotated[
    TextField
    | TextareaField
    | EmailField
    | PhoneField
    | NameField
    | AddressField
    | DateField
    | NumberField
    | MoneyField
    | NationalInsuranceField
    | VehicleRegistrationField
    | RadiosField
    | SelectField
    | CheckboxesField
    | MapLocationField
    | ListField
    | DeclarationField,
    Field(discriminator="type"),
]


class Check(Part):
    """A rule that an answer must meet; `field` says beside which answer the message stands."""

    id: PageId | None = None
    require: Cel
    message: Text
    field: FieldId | None = None


class Page(Part):
    """One page of the journey: questions, or (with `exit`) an end that is explained kindly."""

    id: PageId
    question: Text
    hint: Text | None = None
    body: Text | None = None
    fields: list[AnyField] = []
    when: Cel | None = None
    checks: list[Check] = []
    exit: bool = False
    counts_as: Literal["ineligible", "elsewhere"] = "ineligible"


class SettingPart(Part):
    """What every setting has. Without a default, a council must give a value."""

    label: Text
    hint: Text | None = None


class IntegerSetting(SettingPart):
    """A whole number."""

    type: Literal["integer"]
    min: int | None = None
    max: int | None = None
    default: int | None = None


class NumberSetting(SettingPart):
    """A number."""

    type: Literal["number"]
    min: float | None = None
    max: float | None = None
    default: float | None = None


class MoneySetting(SettingPart):
    """An amount in whole pence."""

    type: Literal["money"]
    min: int | None = 0
    max: int | None = None
    default: int | None = None


class BooleanSetting(SettingPart):
    """Yes or no."""

    type: Literal["boolean"]
    default: bool | None = None


class TextSetting(SettingPart):
    """Words, or words of a known form."""

    type: Literal["text", "email", "phone", "url"]
    default: str | None = None
    max_length: int = Field(default=500, ge=1, le=5000)


class OptionsSetting(SettingPart):
    """Options that a council names; their codes are its back office’s."""

    type: Literal["options"]
    min: int = Field(default=1, ge=0)
    max: int = Field(default=60, ge=1)
    default: list[Option] | None = None


Setting = Annotated[
    IntegerSetting | NumberSetting | MoneySetting | BooleanSetting | TextSetting | OptionsSetting,
    Field(discriminator="type"),
]


class Lookup(Part):
    """A question to the back office during a journey; its types are CEL's."""

    needs: dict[FieldId, Any] = {}
    gives: Any


class Start(Part):
    """The start page: what this is for, what to have at hand, how many minutes it takes."""

    intro: Text
    need: list[Text] = []
    time: int | None = Field(default=None, ge=1, le=120)


class Place(Part):
    """A named place where a council may put pages of its own questions."""

    id: PageId
    after: PageId


class ContactFields(Part):
    """Which fields say how to reach the person."""

    name: FieldId | None = None
    email: FieldId | None = None
    phone: FieldId | None = None


class CasePart(Part):
    """What a submitted journey becomes."""

    summary: Text
    target_working_days: Cel | int | None = None
    contact: ContactFields = ContactFields()
    location: FieldId | None = None


class Confirmation(Part):
    """What happens next, shown once the case is on disk."""

    body: Text


class ServiceDefinition(Part):
    """The whole of `service.yaml`."""

    id: PageId
    version: Version
    name: Text
    lgsl: int = Field(ge=0, le=9999)
    lgil: int = Field(ge=0, le=99)
    languages: list[Language] = ["en"]
    retention_days: int = Field(default=730, ge=1, le=36500)
    journey_hours: int = Field(default=24, ge=1, le=720)
    start: Start
    settings: dict[FieldId, Setting] = {}
    lookups: dict[FieldId, Lookup] = {}
    pages: list[Page] = Field(min_length=1, max_length=500)
    places: list[Place] = []
    wording: list[str] = []
    case: CasePart
    confirmation: Confirmation


class Example(Part):
    """One example journey: answers in, outcome out."""

    name: Text
    today: dt.date = Field(strict=False)
    applies: Cel | None = None
    settings: dict[FieldId, Any] = {}
    answers: dict[str, Any] = {}
    ends: str
    path: list[str] | None = None
    target_on: dt.date | None = Field(default=None, strict=False)
    summary: str | None = None
