"""What comes from outside is read exactly or refused with the field's name, and never repeated: it may be a PIN, or a megabyte."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import product
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.operations import COMMANDS, command_from
from mfg_desktop.queries import QUESTIONS, question_from
from mfg_desktop.service.fields import Code, Day, Moment, Money, Name, Pin, Prose, Quantity, Truth, Whole, in_zone, read
from mfg_desktop.vocabulary import Priority

MEGABYTE = "x" * 1_000_000
BERLIN = ZoneInfo("Europe/Berlin")


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    quantity: Quantity
    reason: Name


class Entry(BaseModel):
    """One field of every kind that a command may have."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Code | None = None
    name: Name | None = None
    prose: Prose | None = None
    quantity: Quantity | None = None
    money: Money | None = None
    moment: Moment | None = None
    day: Day | None = None
    whole: Whole | None = None
    truth: Truth | None = None
    pin: Pin | None = None
    priority: Priority | None = None
    uuid: UUID | None = None
    parts: tuple[Part, ...] = ()


def refusal_of(fields: dict[str, Any]) -> ManufacturingException:
    with pytest.raises(ManufacturingException) as refused:
        read(Entry, fields)
    return refused.value


UNPRINTABLE = {
    "NUL": "a\x00b",
    "backspace": "a\x08b",
    "escape": "a\x1b[31mb",
    "vertical tab": "a\x0bb",
    "form feed": "a\x0cb",
    "delete": "a\x7fb",
    "next line": "a\x85b",
    "high surrogate": "a\ud83db",
    "low surrogate": "\udc9f",
    "line separator": "a\u2028b",
    "paragraph separator": "a\u2029b",
    "lone carriage return": "a\rb",
}
NO_NUMBER: list[Any] = [
    "",
    "abc",
    "1,5",
    "1 000",
    "0x10",
    "NaN",
    "sNaN",
    "Infinity",
    "-Infinity",
    float("nan"),
    float("inf"),
    True,
    False,
    [],
    {},
    "1e400",
    "-1e400",
    "1e5",
    "1_000",
    "１００",
    "١٠",
    "--1",
    "+",
    ".",
    "9" * 41,
    10**400,
    "1" + "0" * 9 + ".001",
    10**9 + 1,
    -(10**9) - 1,
]
NO_TIME: list[Any] = [
    "",
    "tomorrow",
    "06:00",
    "2026-13-01T00:00:00Z",
    "2026-02-30",
    "2026-03-02T25:00:00Z",
    "0001-01-01T00:00:00Z",
    "1989-12-31T23:59:59Z",
    "9999-12-31T23:59:59Z",
    "2026-03-02T06:00:00+99:00",
    "2026-W10-1",
    "20260302",
    "２０２６-03-02",
    "2026-03-0２T06:00:00",
    1772431200,
    1772431200.5,
    "1772431200",
    True,
    [],
    "2026-03-02" + " " * 100,
]
NO_TEXT: list[Any] = [5, 1.5, True, [], {}, b"bytes", MEGABYTE]
NO_WHOLE: list[Any] = ["5", 1.0, 1.5, True, [], 10**9 + 1, -(10**9) - 1, 10**400, float("nan")]
NO_TRUTH: list[Any] = ["true", "yes", 1, 0, [], ""]
NO_PIN: list[Any] = ["12345", "1" * 61, "12345a", "", 240613, "１２３４５６", "123 456", "-12345", [], True]
BAD: list[tuple[str, Any]] = [
    *((field, text) for field in ("code", "name", "prose") for text in UNPRINTABLE.values()),
    *((field, value) for field in ("code", "name", "prose") for value in NO_TEXT),
    ("code", "two\nlines"),
    ("code", "two\tcolumns"),
    ("name", "two\r\nlines"),
    ("code", "x" * 61),
    ("name", "x" * 201),
    ("prose", "x" * 4001),
    *(("quantity", value) for value in (*NO_NUMBER, "0.0001", 0.0001, "1e-4", "1.2345", MEGABYTE)),
    *(("money", value) for value in (*NO_NUMBER, "0.001", 0.001)),
    *(("moment", value) for value in (*NO_TIME, MEGABYTE)),
    *(("day", value) for value in (*NO_TIME, "2026-03-02T06:00:00Z", datetime(2026, 3, 2, tzinfo=UTC))),
    *(("whole", value) for value in NO_WHOLE),
    *(("truth", value) for value in NO_TRUTH),
    *(("pin", value) for value in NO_PIN),
    ("uuid", "not-a-uuid"),
    ("parts", "not a list"),
]


def brief(value: object) -> str:
    return repr(value)[:30].encode("ascii", "backslashreplace").decode()


@pytest.mark.parametrize(("field", "value"), BAD, ids=brief)
def test_what_cannot_be_read_is_refused_by_the_name_of_its_field(field: str, value: Any) -> None:
    refused = refusal_of({field: value})

    assert refused.code == "VALIDATION_INVALID_FORMAT" or (value == "" and refused.code == "VALIDATION_REQUIRED_FIELD")
    assert refused.details["field"] == field


@pytest.mark.parametrize(("field", "value"), BAD, ids=brief)
def test_a_refusal_is_short_and_can_always_be_written_down(field: str, value: Any) -> None:
    answer = json.dumps(refusal_of({field: value}).as_error(), ensure_ascii=False)

    assert len(answer.encode()) < 600


@pytest.mark.parametrize("pin", ["13579", "1357 9024", "13579O24", "1357913579" * 7])
def test_a_refused_pin_is_never_repeated(pin: str) -> None:
    refused = refusal_of({"pin": pin})

    assert pin not in f"{refused.as_error()} {refused.next_step} {refused!r} {refused.__cause__!r}"


@pytest.mark.parametrize("field", ["code", "name", "prose"])
@pytest.mark.parametrize("blank", ["", " ", "\t\n", "\u3000"])
def test_blank_text_is_missing_text(field: str, blank: str) -> None:
    refused = refusal_of({field: blank})

    assert (refused.code, refused.details["field"]) == ("VALIDATION_REQUIRED_FIELD", field)


@pytest.mark.parametrize(
    "text",
    [
        "Żaneta Łęcka-Świątek",
        "İpek Işık Şahin",
        "王小明",
        "עמית כהן",
        "محمد العربي",
        'O\'Brien "Bob"; DROP TABLE person; --',
        "Ø 45 µm ±0.01 ½″",
        "👷🏽‍♀️ Anna",
        "e\u0301le\u0300ve",
        "{braces} %s [part] \\back",
        "<b>bold</b> & more",
        "=SUM(A1)",
    ],
)
@pytest.mark.parametrize("field", ["code", "name", "prose"])
def test_whatever_people_are_called_passes_as_it_is(field: str, text: str) -> None:
    entry = read(Entry, {field: text})

    assert getattr(entry, field) == text


def test_space_around_a_text_is_not_part_of_it() -> None:
    entry = read(Entry, {"code": "  CNC-1 ", "prose": "\n two words\r\n"})

    assert (entry.code, entry.prose) == ("CNC-1", "two words")


def test_a_reason_may_have_several_lines() -> None:
    entry = read(Entry, {"prose": "Spindle is loud.\n\tSince noon.\r\nCalled Marc."})

    assert entry.prose == "Spindle is loud.\n\tSince noon.\r\nCalled Marc."


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (0.1, "0.100"),
        ("0.1", "0.100"),
        (5, "5.000"),
        (Decimal("1E+3"), "1000.000"),
        ("+5", "5.000"),
        (".5", "0.500"),
        ("5.", "5.000"),
        ("-0.001", "-0.001"),
        (" 7 ", "7.000"),
        ("1000000000", "1000000000.000"),
        (Decimal("2.5000"), "2.500"),
        (0.1 + 0.2, None),
    ],
)
def test_a_quantity_is_exact_to_three_places(given: Any, expected: str | None) -> None:
    if expected is None:
        # 0.1 + 0.2 as a binary float is 0.30000000000000004: more than three places, so it is said and not rounded.
        assert refusal_of({"quantity": given}).details["field"] == "quantity"
        return

    entry = read(Entry, {"quantity": given})

    assert str(entry.quantity) == expected


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=3))
def test_every_quantity_of_three_places_survives_text_and_json(quantity: Decimal) -> None:
    as_text = read(Entry, {"quantity": str(quantity)})
    as_json = read(Entry, json.loads(f'{{"quantity": "{quantity:f}"}}'))

    assert as_text.quantity == as_json.quantity == quantity


@settings(max_examples=40)
@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_by_name(text: str) -> None:
    for field in ("code", "quantity", "moment", "day", "pin"):
        try:
            read(Entry, {field: text})
        except ManufacturingException as refused:
            json.dumps(refused.as_error())
            assert refused.details["field"] == field  # noqa: PT017 - reading it is the other good end


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026-03-02T06:00:00Z", datetime(2026, 3, 2, 6, tzinfo=UTC)),
        ("2026-03-02T06:00:00+01:00", datetime(2026, 3, 2, 5, tzinfo=UTC)),
        ("2026-03-02T06:00:00.123456-05:30", datetime(2026, 3, 2, 11, 30, 0, 123456, tzinfo=UTC)),
        ("2026-03-02 06:00", datetime(2026, 3, 2, 5, tzinfo=UTC)),
        ("2026-07-02T06:00", datetime(2026, 7, 2, 4, tzinfo=UTC)),
        ("2026-03-02", datetime(2026, 3, 1, 23, tzinfo=UTC)),
        (datetime(2026, 3, 2, 6, tzinfo=timezone(timedelta(hours=9))), datetime(2026, 3, 1, 21, tzinfo=UTC)),
    ],
)
def test_a_time_without_a_zone_is_the_plants(given: Any, expected: datetime) -> None:
    entry = read(Entry, {"moment": given})

    assert entry.moment is not None
    assert in_zone(entry.moment, BERLIN, field="moment") == expected


@pytest.mark.parametrize("moment", ["2026-03-29T02:00:00", "2026-03-29T02:30:00", "2026-03-29T02:59:59"])
def test_a_time_that_the_clocks_skipped_is_refused(moment: str) -> None:
    with pytest.raises(ManufacturingException) as refused:
        in_zone(datetime.fromisoformat(moment), BERLIN, field="planned_start")

    assert refused.value.code == "VALIDATION_INVALID_TIME"
    assert refused.value.details["field"] == "planned_start"
    assert refused.value.details["value"] == moment


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-29T01:59:59", datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC)),
        ("2026-03-29T03:00:00", datetime(2026, 3, 29, 1, tzinfo=UTC)),
        # Twice there: the first one is meant, unless the zone is given.
        ("2026-10-25T02:30:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("2026-10-25T02:30:00+01:00", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ],
)
def test_the_hours_around_a_change_of_the_clocks_are_read(moment: str, expected: datetime) -> None:
    read_in = in_zone(datetime.fromisoformat(moment), BERLIN, field="at")

    assert read_in == expected


@pytest.mark.parametrize(
    "moment", ["1990-01-01T00:00:00-14:00", "2200-12-31T23:59:59+14:00", "1990-01-01", "2200-12-31"]
)
def test_the_first_and_the_last_time_are_read_in_any_zone(moment: str) -> None:
    entry = read(Entry, {"moment": moment})

    assert entry.moment is not None
    assert in_zone(entry.moment, BERLIN, field="moment").tzinfo is UTC


def test_a_day_is_read() -> None:
    assert read(Entry, {"day": "2026-03-02"}).day == date(2026, 3, 2)


@pytest.mark.parametrize("pin", ["135790", "000000", "123456789012"])
def test_a_pin_has_six_to_twelve_digits_and_is_not_shown(pin: str) -> None:
    entry = read(Entry, {"pin": pin})

    assert entry.pin is not None
    assert entry.pin.get_secret_value() == pin
    assert pin not in repr(entry)


def test_a_word_outside_the_vocabulary_is_refused_with_those_that_are_possible() -> None:
    refused = refusal_of({"priority": "SOON"})

    assert refused.code == "VALIDATION_INVALID_CHOICE"
    assert refused.details == {"field": "priority", "value": "SOON", "allowed": ["LOW", "MEDIUM", "HIGH", "URGENT"]}


@pytest.mark.parametrize("value", ["urgent", "URGENT ", 3, True, None, [], {"a": 1}, MEGABYTE])
def test_words_are_taken_as_they_stand_only(value: Any) -> None:
    if value is None:
        assert read(Entry, {"priority": value}).priority is None
        return

    refused = refusal_of({"priority": value})

    assert refused.code == "VALIDATION_INVALID_CHOICE"
    assert len(str(refused.details["value"])) <= 60


def test_a_null_where_a_word_must_stand_is_told_as_it_was_written() -> None:
    class Hurry(BaseModel):
        priority: Priority

    with pytest.raises(ManufacturingException) as refused:
        read(Hurry, {"priority": None})

    assert refused.value.message == "“null” is not possible for priority."


@pytest.mark.parametrize("field", ["qty", "", "Code", "__class__", "model_config", "x" * 1000, "a.b"])
def test_a_field_that_is_not_there_is_refused(field: str) -> None:
    refused = refusal_of({field: 1})

    assert refused.code == "VALIDATION_INVALID_FORMAT"
    assert refused.details["field"] == (field[:60] or "line")


def test_a_field_of_a_part_is_named_with_its_place() -> None:
    refused = refusal_of({"parts": [{"quantity": 1, "reason": "crack"}, {"quantity": "much", "reason": "crack"}]})

    assert refused.details["field"] == "parts.1.quantity"


def test_a_missing_field_of_a_part_is_named_with_its_place() -> None:
    refused = refusal_of({"parts": [{"quantity": 1}]})

    assert (refused.code, refused.details["field"]) == ("VALIDATION_REQUIRED_FIELD", "parts.0.reason")


def test_every_field_that_cannot_be_read_is_named_at_once() -> None:
    refused = refusal_of({"code": "", "quantity": "much", "truth": "yes", "colour": "red"})

    assert [(v.code, v.details["field"]) for v in refused.violations] == [
        ("VALIDATION_REQUIRED_FIELD", "code"),
        ("VALIDATION_INVALID_FORMAT", "quantity"),
        ("VALIDATION_INVALID_FORMAT", "truth"),
        ("VALIDATION_INVALID_FORMAT", "colour"),
    ]


def test_a_thousand_bad_fields_do_not_make_an_endless_answer() -> None:
    refused = refusal_of({"parts": [{"quantity": "much", "reason": 5}] * 1000})

    assert len(refused.violations) == 20


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("field", ["code", "quantity", "moment", "parts"])
def test_what_is_nested_deep_is_refused_like_anything_else(field: str) -> None:
    refused = refusal_of({field: nested(500)})

    assert str(refused.details["field"]).startswith(field)


BAD_COMMANDS: list[tuple[dict[str, Any], str, str]] = [
    ({}, "VALIDATION_UNKNOWN_COMMAND", "command"),
    ({"command": None}, "VALIDATION_UNKNOWN_COMMAND", "command"),
    ({"command": 5}, "VALIDATION_UNKNOWN_COMMAND", "command"),
    ({"command": ["work_order.start"]}, "VALIDATION_UNKNOWN_COMMAND", "command"),
    ({"command": "work_order.explode"}, "VALIDATION_UNKNOWN_COMMAND", "command"),
    ({"command": MEGABYTE}, "VALIDATION_UNKNOWN_COMMAND", "command"),
    ({"command": "work_order.start"}, "VALIDATION_REQUIRED_FIELD", "number"),
    ({"command": "work_order.start", "number": 7}, "VALIDATION_INVALID_FORMAT", "number"),
    ({"command": "work_order.start", "number": "WO-1", "qty": 1}, "VALIDATION_INVALID_FORMAT", "qty"),
    ({"command": "work_order.start", "number": "WO-1", "command_id": "7"}, "VALIDATION_INVALID_FORMAT", "command_id"),
    ({"command": "work_order.start", "number": "WO-1", "at": 1772431200}, "VALIDATION_INVALID_FORMAT", "at"),
    (
        {"command": "work_order.start", "number": "WO-1", "seen_version": "1"},
        "VALIDATION_INVALID_FORMAT",
        "seen_version",
    ),
    (
        {"command": "work_order.start", "number": "WO-1", "override": {"badge": "S", "pin": "1", "reason": "r"}},
        "VALIDATION_INVALID_FORMAT",
        "override.pin",
    ),
    (
        {"command": "work_order.start", "number": "WO-1", "override": {"badge": "S", "pin": "135790"}},
        "VALIDATION_REQUIRED_FIELD",
        "override.reason",
    ),
    ({"command": "work_order.hold", "number": "WO-1", "reason": " "}, "VALIDATION_REQUIRED_FIELD", "reason"),
]


@pytest.mark.parametrize(("fields", "code", "field"), BAD_COMMANDS, ids=brief)
def test_a_command_that_cannot_be_read_is_refused(fields: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(ManufacturingException) as refused:
        command_from(fields)

    assert (refused.value.code, refused.value.details["field"]) == (code, field)
    assert len(json.dumps(refused.value.as_error())) < 1000


# ---------------------------------------------------------------------- every field of every command and question

MODELS: dict[str, type[BaseModel]] = {**COMMANDS, **QUESTIONS}
FIELDS = [
    (called, field.alias or name, field)
    for called, model in MODELS.items()
    for name, field in model.model_fields.items()
]


def kinds(annotation: Any) -> set[Any]:
    """Name what a field may hold, without what may be in a list."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return kinds(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return {kind for inner in get_args(annotation) for kind in kinds(inner)}
    return {origin or annotation}


def fields_that_hold(*wanted: Any) -> list[Any]:
    """Name the fields that hold one of these, by command and question."""
    names = {
        called: [name for of, name, field in FIELDS if of == called and kinds(field.annotation) & set(wanted)]
        for called in MODELS
    }
    return [pytest.param(called, there, id=called) for called, there in names.items() if there]


def refused_fields(called: str, fields: dict[str, Any]) -> dict[str, str]:
    """Give the fields that are refused, each with its code; they are told all at once, so nothing else need be given."""
    try:
        if called in COMMANDS:
            command_from({"command": called, **fields})
        else:
            question_from({"query": called, **fields})
    except ManufacturingException as refused:
        json.dumps(refused.as_error())
        return {str(violation.details["field"]): violation.code for violation in refused.violations}
    return {}


def belongs_to(name: str, refused: dict[str, str]) -> set[str]:
    return {code for field, code in refused.items() if field == name or field.startswith(f"{name}.")}


@pytest.mark.parametrize(("called", "names"), fields_that_hold(str))
def test_no_text_of_a_command_takes_what_cannot_be_printed_or_has_no_end(called: str, names: list[str]) -> None:
    for name, value in product(names, (*UNPRINTABLE.values(), MEGABYTE, 5, True, [], {})):
        if name == "after" and value in UNPRINTABLE.values():
            continue  # No text of people: it is read when the next page is asked for.
        assert belongs_to(name, refused_fields(called, {name: value})) == {"VALIDATION_INVALID_FORMAT"}, (name, value)


@pytest.mark.parametrize(("called", "names"), fields_that_hold(Decimal))
def test_no_quantity_of_a_command_takes_what_is_no_number(called: str, names: list[str]) -> None:
    for name, value in product(names, NO_NUMBER):
        assert belongs_to(name, refused_fields(called, {name: value})) == {"VALIDATION_INVALID_FORMAT"}, (name, value)


@pytest.mark.parametrize(("called", "names"), fields_that_hold(datetime, date))
def test_no_time_of_a_command_takes_what_is_no_time(called: str, names: list[str]) -> None:
    for name, value in product(names, NO_TIME):
        assert belongs_to(name, refused_fields(called, {name: value})) == {"VALIDATION_INVALID_FORMAT"}, (name, value)


@pytest.mark.parametrize(("called", "names"), fields_that_hold(int, bool))
def test_no_count_and_no_yes_or_no_of_a_command_is_guessed(called: str, names: list[str]) -> None:
    for name, value in product(names, ("1", "true", 1.5, [], 10**400)):
        assert belongs_to(name, refused_fields(called, {name: value})) == {"VALIDATION_INVALID_FORMAT"}, (name, value)


@pytest.mark.parametrize(("called", "names"), fields_that_hold(tuple))
def test_no_list_of_a_command_takes_what_is_no_list(called: str, names: list[str]) -> None:
    for name, value in product(names, ("text", 5, {}, [[]], [None])):
        assert belongs_to(name, refused_fields(called, {name: value})), (name, value)


LISTS: tuple[tuple[str, str, Any], ...] = (
    ("user.create", "roles", "OPERATOR"),
    ("user.create", "departments", "MACH"),
    ("user.create", "machines", "CNC-1"),
    ("user.update", "roles", "OPERATOR"),
    ("user.update", "departments", "MACH"),
    ("user.update", "machines", "CNC-1"),
    ("role.set_operations", "operations", "work_order.start"),
    ("settings.set", "shifts", {"name": "Early", "start": "06:00", "end": "14:00"}),
    ("bom.set", "lines", {"component": "BAR", "quantity": 1}),
    ("workflow.create", "steps", {"sequence": 10, "process": "MILL"}),
    ("work_order.create", "operations", {"sequence": 10, "process": "MILL"}),
    ("work_order.issue", "lines", {"material": "BAR"}),
    ("work_order.record_output", "scrap", {"quantity": 1, "reason": "chatter"}),
)


@pytest.mark.parametrize(("called", "name", "one"), LISTS)
def test_no_list_of_a_command_has_more_than_five_hundred_lines(called: str, name: str, one: Any) -> None:
    assert belongs_to(name, refused_fields(called, {name: [one]})) == set()
    assert belongs_to(name, refused_fields(called, {name: [one] * 501})) == {"VALIDATION_INVALID_FORMAT"}


def test_every_list_of_a_command_is_among_them() -> None:
    there = {
        (called, name) for called, name, field in FIELDS if called in COMMANDS and tuple in kinds(field.annotation)
    }

    # Words of the vocabulary are few, however often they are named.
    assert there - {(called, name) for called, name, _ in LISTS} == {
        ("user.create", "machine_types"),
        ("user.update", "machine_types"),
    }


def test_a_list_with_a_line_that_cannot_be_read_is_not_called_missing() -> None:
    refused = refused_fields("workflow.create", {"product": "HUB", "version": "A", "steps": [{"sequence": "x"}]})

    assert refused == {
        "steps.0.sequence": "VALIDATION_INVALID_FORMAT",
        "steps.0.process": "VALIDATION_REQUIRED_FIELD",
    }


@pytest.mark.parametrize(
    ("lines", "field", "reason"),
    [("GEAR", "lines", "must be a list"), (["GEAR"], "lines.0", "must be an object")],
    ids=["list", "object"],
)
def test_what_has_the_wrong_shape_is_told_in_the_words_of_json(lines: Any, field: str, reason: str) -> None:
    with pytest.raises(ManufacturingException) as caught:
        command_from({"command": "bom.set", "product": "GEAR", "lines": lines})

    assert caught.value.details == {"field": field, "reason": reason}


def test_a_pin_may_have_as_many_digits_as_a_person_can_remember() -> None:
    for digits in (6, 12, 13, 20):
        assert refused_fields("user.set_pin", {"badge": "OP-1", "pin": "1" * digits}) == {}


@pytest.mark.parametrize("called", MODELS)
def test_nothing_in_a_field_is_the_field_left_out_or_is_refused_by_its_name(called: str) -> None:
    for of, name, field in FIELDS:
        if of == called:
            may_be_empty = NoneType in kinds(field.annotation)
            assert bool(belongs_to(name, refused_fields(called, {name: None}))) != may_be_empty, name


@pytest.mark.parametrize("called", MODELS)
def test_a_field_that_no_command_has_is_refused_by_its_name(called: str) -> None:
    refused = refused_fields(called, {"colour": "red", "__class__": 1, "": 1})

    assert {refused[field] for field in ("colour", "__class__", "line")} == {"VALIDATION_INVALID_FORMAT"}
