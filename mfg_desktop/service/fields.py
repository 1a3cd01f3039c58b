"""What may stand in the fields of a command or a question, and the refusal for what may not.

Everything from outside is checked here first: length, characters, places after the point, dates. What means something only in the shop (a quantity
above zero, a known machine) is a rule, and has its own code.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, PlainValidator, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from mfg_desktop.exceptions import ManufacturingException, combine, refusal

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\ud800-\udfff\u2028\u2029]")
_BREAKS = re.compile("[\t\n\r]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# As it is typed and printed. Decimal itself also reads 1e5, 1_000 and the digits of other scripts, which nobody means.
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)")
LARGEST = Decimal(10) ** 9


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text")
    clean = value.strip()
    if _UNPRINTABLE.search(clean.replace("\r\n", "\n")):
        raise ValueError("holds a character that cannot be printed")
    return clean


def _line(value: str) -> str:
    if _BREAKS.search(value):
        raise ValueError("must be one line")
    return value


def _decimal(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError("must be a number")
    if isinstance(value, str):
        if len(value) > 40:
            raise ValueError("is too long for a number")
        value = value.strip()
        if not _NUMBER.fullmatch(value):
            raise ValueError("must be a number")
    try:
        number = Decimal(str(value) if isinstance(value, float) else value)
    except (InvalidOperation, ValueError):
        raise ValueError("must be a number") from None
    if not number.is_finite():
        raise ValueError("must be a number")
    # Not `abs`: it rounds, and so overflows on 1e1000000.
    if number.copy_abs() > LARGEST:
        raise ValueError("must not exceed 1000000000")
    return number


def _places(places: int) -> Any:
    step = Decimal(1).scaleb(-places)

    def check(number: Decimal) -> Decimal:
        exact = number.quantize(step)
        if exact != number:
            raise ValueError(f"must have at most {places} places after the point")
        return exact

    return AfterValidator(check)


def _moment(value: object) -> datetime:
    if isinstance(value, str):
        if not _DATE.match(value) or len(value) > 40:
            raise ValueError("must be a time like 2026-11-23T06:00:00+01:00")
        try:
            value = datetime.fromisoformat(value.replace("Z", "+00:00") if value.endswith("Z") else value)
        except ValueError:
            raise ValueError("must be a time like 2026-11-23T06:00:00+01:00") from None
    if not isinstance(value, datetime):
        raise ValueError("must be a time like 2026-11-23T06:00:00+01:00")
    if not 1990 <= value.year <= 2200:
        raise ValueError("must lie between the years 1990 and 2200")
    return value


def _day(value: object) -> date:
    if isinstance(value, str) and re.fullmatch(_DATE, value):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            raise ValueError("must be a day like 2026-11-23") from None
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("must be a day like 2026-11-23")
    if not 1990 <= value.year <= 2200:
        raise ValueError("must lie between the years 1990 and 2200")
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("must be a whole number")
    if abs(value) > 10**9:
        raise ValueError("must not exceed 1000000000")
    return value


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _pin(value: object) -> SecretStr:
    pin = value.get_secret_value() if isinstance(value, SecretStr) else value
    # Six digits or more: a stolen table of four-digit PINs falls in minutes. The end keeps a megabyte from being hashed.
    if not isinstance(pin, str) or not re.fullmatch(r"[0-9]{6,60}", pin):
        raise ValueError("must have 6 digits or more, at most 60")
    return SecretStr(pin)


Code = Annotated[str, BeforeValidator(_text), AfterValidator(_line), Field(min_length=1, max_length=60)]
"""A natural key: the number of an order, the code of a machine, a badge."""
Name = Annotated[str, BeforeValidator(_text), AfterValidator(_line), Field(min_length=1, max_length=200)]
Prose = Annotated[str, BeforeValidator(_text), Field(min_length=1, max_length=4000)]
"""A reason or a note; it may have several lines."""
Quantity = Annotated[Decimal, PlainValidator(_decimal), _places(3)]
Money = Annotated[Decimal, PlainValidator(_decimal), _places(2)]
Moment = Annotated[datetime, PlainValidator(_moment)]
"""A time; without a zone it is in the plant's."""
Day = Annotated[date, PlainValidator(_day)]
# Before and not plain: a plain validator would drop the bounds that a field adds, such as those of `limit`.
Whole = Annotated[int, BeforeValidator(_whole)]
Truth = Annotated[bool, PlainValidator(_truth)]
Pin = Annotated[SecretStr, PlainValidator(_pin)]

_SHAPES = {"tuple_type": "must be a list", "dict_type": "must be an object", "model_type": "must be an object"}

Model = TypeVar("Model", bound=BaseModel)


def read(model: type[Model], fields: Mapping[str, Any]) -> Model:
    """Make `model` from fields that came from outside, or refuse with one VALIDATION code per field that cannot be read."""
    try:
        # Only the name in the contract: `from`, not the `from_` that Python makes of it.
        return model.model_validate(fields, by_alias=True, by_name=False)
    except ValidationError as fault:
        problems = fault.errors(include_url=False, include_input=True)
        raise combine([_refused(problem) for problem in _without_echo(problems)[:20]]) from None


def time_zones() -> set[str]:
    """Name the time zones that are the same everywhere: each machine has a "localtime" of its own, and so each terminal would have another clock."""
    return available_timezones() - {"localtime"}


def in_zone(moment: datetime, zone: ZoneInfo, *, field: str) -> datetime:
    """Give the moment in UTC; without a zone it is the plant's local time, which a summer-time gap does not have."""
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    local = moment.replace(tzinfo=zone)
    there_and_back = local.astimezone(UTC).astimezone(zone)
    if there_and_back.replace(tzinfo=None) != moment:
        raise refusal(
            "VALIDATION_INVALID_TIME",
            field=field,
            value=moment.isoformat(),
            reason="the clocks were put forward over this time",
        )
    return local.astimezone(UTC)


def _without_echo(problems: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out that a list has too few lines where a line of it cannot be read: it was given."""
    inside = {problem["loc"][:depth] for problem in problems for depth in range(1, len(problem["loc"]))}
    return [problem for problem in problems if problem["type"] != "too_short" or problem["loc"] not in inside]


def _refused(problem: ErrorDetails) -> ManufacturingException:
    field = ".".join(str(part) for part in problem["loc"]) or "line"
    kind = problem["type"]
    if kind in ("missing", "string_too_short", "too_short"):
        return refusal("VALIDATION_REQUIRED_FIELD", field=field)
    if kind in ("string_too_long", "too_long"):
        return refusal(
            "VALIDATION_INVALID_FORMAT", field=field, reason=f"must not be longer than {problem['ctx']['max_length']}"
        )
    if kind in ("enum", "literal_error"):
        given = problem["input"]
        # As whoever sent it wrote it.
        value = given.value if isinstance(given, Enum) else "null" if given is None else str(given)[:60]
        allowed = [
            word.strip().strip("'") for word in re.split(r",| or ", str(problem.get("ctx", {}).get("expected", "")))
        ]
        return refusal(
            "VALIDATION_INVALID_CHOICE", field=field, value=value, allowed=[word for word in allowed if word]
        )
    if kind == "extra_forbidden":
        return refusal("VALIDATION_INVALID_FORMAT", field=field[:60], reason="there is no such field")
    if kind in _SHAPES:
        return refusal("VALIDATION_INVALID_FORMAT", field=field[:60], reason=_SHAPES[kind])
    # What was typed is not repeated: it may be a PIN, and it may be a megabyte.
    reason = problem["msg"].removeprefix("Value error, ")
    return refusal("VALIDATION_INVALID_FORMAT", field=field[:60], reason=reason[:1].lower() + reason[1:])
