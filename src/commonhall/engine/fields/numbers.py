"""Fields that are a quantity or a day: number, money, date."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from commonhall.engine.definition import DateField, MoneyField, NumberField
from commonhall.engine.expressions import as_timestamp
from commonhall.engine.fields.base import CompiledField, Fault, Form, Parsed, one, variable_of

_ENGLISH = "January February March April May June July August September October November December"
_WELSH = "Ionawr Chwefror Mawrth Ebrill Mai Mehefin Gorffennaf Awst Medi Hydref Tachwedd Rhagfyr"
MONTHS = {"en": tuple(_ENGLISH.split(" ")), "cy": tuple(_WELSH.split(" "))}
_MONTH_NUMBERS = {
    word: number
    for names in MONTHS.values()
    for number, name in enumerate(names, start=1)
    for word in (name.lower(), name.lower()[:3])
} | {"sept": 9}
_DIGITS = re.compile(r"[0-9]{1,4}")
_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,6})?")
MAX_DIGITS = 15
"""How many digits a number may have in all: as many as every computer keeps exactly (IEEE 754 double)."""
DATE_PARTS = ("day", "month", "year")
OLDEST_YEAR = 1890


def show_date(day: date, language: str) -> str:
    """A day as people write it: 9 March 2026, 9 Mawrth 2026."""
    return f"{day.day} {MONTHS[language][day.month - 1]} {day.year}"


def show_money(pence: int) -> str:
    """Whole pence as pounds: £12, £12.50, £1,200."""
    pounds, rest = divmod(pence, 100)
    return f"£{pounds:,}.{rest:02d}" if rest else f"£{pounds:,}"


def show_number(number: float) -> str:
    """A number as people write it: 1,200, 0.5, 12 (never 12.0)."""
    whole, _, rest = f"{number:,.6f}".partition(".") if isinstance(number, float) else (f"{number:,}", "", "")
    return f"{whole}.{rest.rstrip('0')}" if rest.rstrip("0") else whole


def compile_number(
    field_id: str, input_name: str, key: str, definition: NumberField, units: Mapping[str, str] | None = None
) -> CompiledField:
    """A whole number, or one with a stated number of decimals. `units` is its unit in each language."""
    variable, places = variable_of(field_id), definition.decimals
    most = 10 ** (MAX_DIGITS - places) - 1
    low = -most if definition.min is None else max(-most, definition.min)
    high = most if definition.max is None else min(most, definition.max)

    def parse(form: Form, _today: date) -> Parsed:
        text = one(form, input_name).replace(",", "").replace(" ", "")
        if not text:
            return Parsed() if definition.optional else _fault(field_id, input_name, "missing")
        if not _NUMBER.fullmatch(text):
            return _fault(field_id, input_name, "number")
        exact = Decimal(text)
        bad = _out_of_range(exact, low, high)
        if bad:
            code, params = bad
            return _fault(
                field_id, input_name, code, {name: show_number(limit) for name, limit in params.items()}
            )
        if exact != round(exact, places):
            return _fault(field_id, input_name, "decimals" if places else "whole", {"places": places})
        return Parsed(float(exact) + 0.0 if places else int(exact))

    def raw(value: Any) -> dict[str, tuple[str, ...]]:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(field_id)
        if round(value, places) != value:
            raise ValueError(field_id)
        return {input_name: (f"{value:.{places}f}" if isinstance(value, float) else str(value),)}

    def show(value: Any, language: str) -> list[str]:
        if value is None:
            return []
        word = units.get(language, definition.unit) if units else definition.unit
        return [f"{show_number(value)} {word}" if word else show_number(value)]

    schema: dict[str, Any] = {"type": "number" if places else "integer"}
    schema |= {"minimum": definition.min} if definition.min is not None else {}
    schema |= {"maximum": definition.max} if definition.max is not None else {}
    bind = _bind_number(variable, float if places else int)
    return CompiledField(field_id, "number", definition, key, parse, raw, bind, show, schema)


def compile_money(field_id: str, input_name: str, key: str, definition: MoneyField) -> CompiledField:
    """Pounds and pence on the form, whole pence in the contract."""

    def parse(form: Form, _today: date) -> Parsed:
        text = one(form, input_name).replace(",", "").replace(" ", "").removeprefix("£")
        if not text:
            return Parsed() if definition.optional else _fault(field_id, input_name, "missing")
        exact = Decimal(text) * 100 if _NUMBER.fullmatch(text) else Decimal("0.5")
        if exact != exact.to_integral_value() or exact < 0:
            return _fault(field_id, input_name, "money")
        pence = int(exact)
        most = 10**MAX_DIGITS - 1
        bad = _out_of_range(
            pence, definition.min, most if definition.max is None else min(most, definition.max)
        )
        if bad:
            code, params = bad
            limits = {name: show_money(int(limit)) for name, limit in params.items()}
            return _fault(field_id, input_name, code, limits)
        return Parsed(pence)

    def raw(value: Any) -> dict[str, tuple[str, ...]]:
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(field_id)
        return {input_name: (f"{value // 100}.{value % 100:02d}",)}

    def show(value: Any, _language: str) -> list[str]:
        return [] if value is None else [show_money(value)]

    schema = {"type": "integer", "minimum": definition.min or 0, "description": "whole pence"}
    schema |= {"maximum": definition.max} if definition.max is not None else {}
    return CompiledField(
        field_id, "money", definition, key, parse, raw, _bind_number(variable_of(field_id), int), show, schema
    )


def compile_date(field_id: str, input_name: str, key: str, definition: DateField) -> CompiledField:
    """A day as three boxes; month names are understood in both languages."""
    variable = variable_of(field_id)

    def fault(code: str, part: str = "day") -> Parsed:
        return _fault(field_id, f"{input_name}-{part}", code)

    def parse(form: Form, today: date) -> Parsed:
        day, month, year = (one(form, f"{input_name}-{part}") for part in DATE_PARTS)
        if not (day or month or year):
            return Parsed() if definition.optional else fault("missing")
        for part, text in zip(DATE_PARTS, (day, month, year), strict=True):
            if not text:
                return fault(f"missing_{part}", part)
        number = _MONTH_NUMBERS.get(month.lower()) or (int(month) if _DIGITS.fullmatch(month) else 0)
        if not (_DIGITS.fullmatch(day) and _DIGITS.fullmatch(year) and number):
            return fault("date", "month" if not number else "day")
        if len(year) != 4:
            return fault("year", "year")
        if int(year) < OLDEST_YEAR:
            return _fault(field_id, f"{input_name}-year", "too_old", {"year": OLDEST_YEAR})
        try:
            given = date(int(year), number, int(day))
        except ValueError:
            return fault("date")
        if definition.past and given >= today:
            return fault("past")
        if definition.future and given <= today:
            return fault("future")
        return Parsed(given.isoformat())

    def raw(value: Any) -> dict[str, tuple[str, ...]]:
        day = date.fromisoformat(value)
        return {
            f"{input_name}-day": (str(day.day),),
            f"{input_name}-month": (str(day.month),),
            f"{input_name}-year": (f"{day.year:04d}",),
        }

    def bind(value: Any) -> dict[str, Any]:
        return {} if value is None else {variable: as_timestamp(date.fromisoformat(value))}

    def show(value: Any, language: str) -> list[str]:
        return [] if value is None else [show_date(date.fromisoformat(value), language)]

    schema = {"type": "string", "format": "date"}
    return CompiledField(field_id, "date", definition, key, parse, raw, bind, show, schema)


def _bind_number(variable: str, kind: type[int] | type[float]) -> Any:
    def bind(value: Any) -> dict[str, Any]:
        return {} if value is None else {variable: kind(value)}

    return bind


def _out_of_range(
    value: Decimal | int, low: float | None, high: float | None
) -> tuple[str, dict[str, float]] | None:
    if low is not None and value < low:
        return "too_small", {"min": low}
    if high is not None and value > high:
        return "too_big", {"max": high}
    return None


def _fault(field_id: str, input_name: str, code: str, params: dict[str, Any] | None = None) -> Parsed:
    return Parsed(faults=(Fault(field_id, input_name, code, params),))
