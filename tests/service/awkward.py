"""What programs and people send that nobody expected: awkward values of every kind, and the fields of any command or question, drawn from its model."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from mfg_desktop.service.work import Command

Known = Mapping[str, tuple[Any, ...]]
"""Values that mean something in the plant, by the name of a field."""

MEGABYTE = "x" * 1_000_000
TEXTS = {
    "quotes": 'O\'Brien "Bob"; DROP TABLE person; --',
    "Polish": "Żaneta Łęcka-Świątek",
    "Turkish": "İpek Işık Şahin",
    "German": "Müller & Söhne",
    "Chinese": "王小明 齿轮",
    "right to left": "עמית כהן محمد",
    "emoji": "👷🏽\u200d♀️ Anna",
    "combining marks": "e\u0301le\u0300ve",
    "signs of a pattern": "50%_off [a] \\back*",
    "braces": "{name} %s {0} %(x)s",
    "markup": "<b>bold</b> & =SUM(A1)",
}
UNPRINTABLE = {
    "NUL": "a\x00b",
    "escape": "a\x1b[31mb",
    "backspace": "a\x08b",
    "next line": "a\x85b",
    "half a character": "a\ud83db",
    "line separator": "a\u2028b",
}
NUMBERS: tuple[Any, ...] = (0, 1, 2, 5, 10, "2.5", "0.001", 0.1, 100, "-0", -1, "-0.001", 10**9, -(10**9), "1.0")
NO_NUMBERS: tuple[Any, ...] = (
    *("1e5", "1_000", "１００", "١٠", "NaN", "Infinity", "-Infinity", "1,5", "0x10", "1.0005", "--1", "", "one"),
    *(Decimal("NaN"), float("inf"), 10**9 + 1, -(10**9) - 1, 10**40, "9" * 41, True, False, [], {}, 0.0001),
)
WHOLES: tuple[Any, ...] = (1, 2, 3, 10, 20, 0, -1, 10**9, -(10**9))
TIMES: tuple[Any, ...] = (
    *("2026-03-02T06:00:00", "2026-03-03T14:00:00+01:00", "2026-03-02 06:00", "2026-10-25T02:30:00", "1990-01-01"),
    *("2200-12-31T23:59:59", "2199-01-01T00:00:00Z", "2026-03-29T02:30:00", "2026-03-02T06:00:00.000001-23:59"),
)
DAYS: tuple[Any, ...] = ("2026-03-02", "2026-10-01", "1990-01-01", "2200-12-31")
ANYTHING: tuple[Any, ...] = (
    *(None, "", " ", 0, -1, True, [], {}, [None], {"a": 1}, 1.5, "x" * 4001, MEGABYTE, "王", [[[]]], b"bytes"),
    *(*NO_NUMBERS, *UNPRINTABLE.values(), 10**400, "1800-01-01T00:00:00Z", "9999-12-31T23:59:59Z", [{}] * 501),
)


def fields_of(model: type[BaseModel], known: Known) -> st.SearchStrategy[dict[str, Any]]:
    """Draw fields that could be meant, and now and then spoil one, leave one out, or put one in that is not there."""
    needed: dict[str, st.SearchStrategy[Any]] = {}
    more: dict[str, st.SearchStrategy[Any]] = {}
    for name, field in model.model_fields.items():
        # What belongs to the sending of a command is the same for all of them.
        if not (issubclass(model, Command) and name in Command.model_fields):
            called = field.alias or name
            (needed if field.is_required() else more)[called] = _meant(field.annotation, called, known)
    usual = st.fixed_dictionaries(needed, optional=more)
    names = [*needed, *more, "colour"]
    spoiled = st.builds(
        lambda fields, name, value: fields | {name: value}, usual, st.sampled_from(names), st.sampled_from(ANYTHING)
    )
    partly = st.builds(
        lambda fields, name: {key: value for key, value in fields.items() if key != name}, usual, st.sampled_from(names)
    )
    return st.integers(0, 9).flatmap(lambda draw: spoiled if draw == 8 else partly if draw == 9 else usual)


def _meant(annotation: Any, name: str, known: Known) -> st.SearchStrategy[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _meant(get_args(annotation)[0], name, known)
    if origin in (Union, UnionType):
        inner = next(kind for kind in get_args(annotation) if kind is not NoneType)
        return _meant(inner, name, known)
    if origin is tuple:
        return st.lists(_meant(get_args(annotation)[0], name, known), max_size=3)
    if origin is dict:
        keys = st.sampled_from([*TEXTS.values(), "rpm"])
        return st.dictionaries(keys, st.sampled_from([*NUMBERS, *TEXTS.values(), True]), max_size=3)
    if issubclass(annotation, BaseModel):
        return fields_of(annotation, known)
    if issubclass(annotation, Enum):
        return st.sampled_from([word.value for word in annotation])
    if name in known:
        return st.sampled_from(known[name])
    values: dict[type, tuple[Any, ...]] = {
        bool: (True, False),
        int: WHOLES,
        Decimal: NUMBERS,
        datetime: TIMES,
        date: DAYS,
        SecretStr: ("135790",),
        str: (*TEXTS.values(), "x" * 60),
    }
    return st.sampled_from(values[annotation])
