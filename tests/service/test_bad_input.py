"""Whatever is sent, a coded answer comes back and nothing has changed; and whatever people and things are called is kept letter by letter."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mfg_desktop.operations import COMMANDS
from mfg_desktop.queries import QUESTIONS
from mfg_desktop.queries.check import problems
from tests.service.awkward import ANYTHING, TEXTS, TIMES, fields_of
from tests.service.stage import STATUSES, Counter, places, set_stage, shared_plant

_NEXT = count(1)
BILLION = 10**9
Line = dict[str, Any]
FORMAT, INVALID_TIME = "VALIDATION_INVALID_FORMAT", "VALIDATION_INVALID_TIME"
DUPLICATE, CHOICE, MISSING = "VALIDATION_DUPLICATE_VALUE", "VALIDATION_INVALID_CHOICE", "VALIDATION_REQUIRED_FIELD"


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with shared_plant(request, tmp_path_factory) as terminal:
        set_stage(terminal)
        yield terminal


def put(line: Mapping[str, Any], place: str, value: Any) -> Line:
    """Put a value at a place such as `lines.0.quantity`."""
    name, _, rest = place.partition(".")
    if not rest:
        return {**line, name: value}
    index, _, inner = rest.partition(".")
    parts = [dict(part) for part in line[name]]
    parts[int(index)] = put(parts[int(index)], inner, value)
    return {**line, name: parts}


# ---------------------------------------------------------------------- quantities

PLANNED = {"planned_start": "2026-03-02T06:00:00Z", "planned_end": "2026-03-03T06:00:00Z"}
CREATE: Line = {"command": "work_order.create", "product": "GEAR", "quantity": 1, **PLANNED}
STEP: Line = {"sequence": 10, "process": "MILL"}
OUTPUT: Line = {"command": "work_order.record_output", "number": "G-IN_PROGRESS", "good": 1}
STEP_DONE: Line = {"command": "operation.complete", "number": "H-IN_PROGRESS", "sequence": 10, "good": 0}
RECEIVE: Line = {"command": "stock.receive", "material": "BAR", "lot": "NEW", "quantity": 1}
ADJUST: Line = {"command": "stock.adjust", "material": "BAR", "lot": "B-2", "quantity": 1, "reason": "counted"}
ISSUE: Line = {"command": "work_order.issue", "number": "G-RELEASED", "lines": [{"material": "BAR"}]}
RETURN: Line = {
    "command": "work_order.return_material",
    "number": "G-COMPLETED",
    "material": "BAR",
    "quantity": 1,
}
UPDATE: Line = {"command": "work_order.update", "number": "G-DRAFT"}
BOM: Line = {"command": "bom.set", "product": "GEAR", "lines": [{"component": "BAR", "quantity": 1}]}
PROCESS: Line = {"command": "process.create", "process_code": "NEW", "name": "New", "machine_type": "OTHER"}
ROUTING: Line = {"command": "workflow.create", "product": "GEAR", "version": "NEW", "steps": [STEP]}
MACHINE: Line = {"command": "machine.create", "machine": "NEW", "type": "OTHER"}
SETTINGS: Line = {"command": "settings.set"}
SCRAP: Line = {**OUTPUT, "scrap": [{"quantity": 1, "reason": "chatter"}]}
GIVEN: Line = {**CREATE, "operations": [STEP]}

QUANTITIES: tuple[tuple[Line, str, str | None, str | None], ...] = (
    # line, where the quantity stands, what zero comes to, what less than zero comes to
    (CREATE, "quantity", "WORK_ORDER_INVALID_QUANTITY", "WORK_ORDER_INVALID_QUANTITY"),
    (UPDATE, "quantity", "WORK_ORDER_INVALID_QUANTITY", "WORK_ORDER_INVALID_QUANTITY"),
    (GIVEN, "operations.0.setup_minutes", None, FORMAT),
    (GIVEN, "operations.0.cycle_seconds", None, FORMAT),
    (GIVEN, "operations.0.overlap_quantity", None, FORMAT),
    (OUTPUT, "good", "PRODUCTION_OUTPUT_INVALID", "PRODUCTION_QUANTITY_NEGATIVE"),
    (OUTPUT, "scrapped", None, "PRODUCTION_QUANTITY_NEGATIVE"),
    (OUTPUT, "rework", None, "PRODUCTION_QUANTITY_NEGATIVE"),
    (SCRAP, "scrap.0.quantity", "PRODUCTION_OUTPUT_INVALID", "PRODUCTION_QUANTITY_NEGATIVE"),
    (STEP_DONE, "good", None, "PRODUCTION_QUANTITY_NEGATIVE"),
    (STEP_DONE, "scrapped", None, "PRODUCTION_QUANTITY_NEGATIVE"),
    (RECEIVE, "quantity", "MATERIAL_INVALID_QUANTITY", "MATERIAL_INVALID_QUANTITY"),
    (RECEIVE, "unit_cost", None, FORMAT),
    (ADJUST, "quantity", "MATERIAL_INVALID_QUANTITY", None),
    (ISSUE, "lines.0.quantity", "MATERIAL_INVALID_QUANTITY", "MATERIAL_INVALID_QUANTITY"),
    (RETURN, "quantity", "MATERIAL_INVALID_QUANTITY", "MATERIAL_INVALID_QUANTITY"),
    (BOM, "lines.0.quantity", "MATERIAL_INVALID_QUANTITY", "MATERIAL_INVALID_QUANTITY"),
    (BOM, "lines.0.scrap_percentage", None, FORMAT),
    (PROCESS, "setup_minutes", None, FORMAT),
    (PROCESS, "run_minutes", None, FORMAT),
    (ROUTING, "steps.0.setup_minutes", None, FORMAT),
    (ROUTING, "steps.0.cycle_seconds", None, FORMAT),
    (ROUTING, "steps.0.overlap_quantity", None, FORMAT),
    (MACHINE, "weight_kg", None, FORMAT),
    (SETTINGS, "overproduction_percent", None, FORMAT),
)
FIELDS = [pytest.param(line, place, id=f"{line['command']} {place}") for line, place, _, _ in QUANTITIES]
UNREADABLE: tuple[Any, ...] = (BILLION + 1, "1000000000.001", "0.0001", "NaN", "1e5", "１００", True)
"""What else is no number is in tests/test_fields.py, for every field of every command."""


@pytest.mark.parametrize(("line", "place"), FIELDS)
def test_what_is_no_quantity_is_refused_by_the_name_of_its_field(desk: Counter, line: Line, place: str) -> None:
    for value in UNREADABLE:
        error = desk.told(**put(line, place, value))

        assert error is not None, value
        assert (error["code"], error["details"]["field"]) == (FORMAT, place), value


@pytest.mark.parametrize(
    ("line", "place", "value", "code"),
    [
        pytest.param(line, place, value, code, id=f"{line['command']} {place} {value}")
        for line, place, zero, below in QUANTITIES
        for values, code in (((0, "-0.000"), zero), ((-1, "-0.001", -BILLION), below))
        for value in values
        if code is not None
    ],
)
def test_a_quantity_that_makes_no_sense_is_refused(
    desk: Counter, line: Line, place: str, value: Any, code: str
) -> None:
    assert desk.code(**put(line, place, value)) == code


@pytest.mark.parametrize(
    ("line", "place", "code"),
    [
        (CREATE, "quantity", "MATERIAL_INVALID_QUANTITY"),
        (UPDATE, "quantity", "MATERIAL_INVALID_QUANTITY"),
        (OUTPUT, "good", "PRODUCTION_OUTPUT_EXCEEDS_ORDER"),
        (STEP_DONE, "good", "PRODUCTION_OUTPUT_EXCEEDS_ORDER"),
        (RETURN, "quantity", "MATERIAL_RETURN_EXCEEDED"),
        (SETTINGS, "overproduction_percent", FORMAT),
        (BOM, "lines.0.scrap_percentage", FORMAT),
    ],
    ids=lambda value: value["command"] if isinstance(value, dict) else value,
)
def test_the_largest_quantity_is_read_and_refused_by_the_rule_that_it_breaks(
    desk: Counter, line: Line, place: str, code: str
) -> None:
    assert desk.code(**put(line, place, BILLION)) == code


@pytest.mark.parametrize("quantity", ["0.001", "1.500", "1000000000", "999999999.999"])
def test_the_smallest_and_the_largest_quantity_are_kept_exactly(desk: Counter, quantity: str) -> None:
    lot = f"L-{next(_NEXT)}"

    desk.do("stock.receive", material="NUT", lot=lot, quantity=quantity, unit_cost="0.01")

    assert desk.lot("NUT", lot).on_hand == Decimal(quantity)


@pytest.mark.parametrize("cost", ["4.205", "0.001", 0.005])
def test_money_has_two_places(desk: Counter, cost: Any) -> None:
    error = desk.told(**{**RECEIVE, "unit_cost": cost})

    assert error is not None
    assert (error["code"], error["details"]["field"]) == (FORMAT, "unit_cost")


def test_a_long_order_of_slow_pieces_can_still_be_asked_about(desk: Counter) -> None:
    desk.do("product.create", stock_code="PIN", name="Pin", type="RAW", unit="pcs")
    slow = {**STEP, "machine": "PRESS", "setup_minutes": BILLION, "cycle_seconds": BILLION, "overlap_quantity": BILLION}
    number = desk.order(
        status="IN_PROGRESS", product="PIN", quantity=BILLION, machine=None, operations=[slow], planned_end="2200-12-31"
    )
    desk.do("operation.start", number=number, sequence=10)
    desk.do("work_order.record_output", number=number, good=BILLION)
    now = datetime.now(UTC) + timedelta(minutes=1)
    since = (now - timedelta(days=1)).isoformat()

    assert desk.ask("machine.oee", machine="PRESS", **{"from": since, "to": now.isoformat()}).pieces == BILLION
    assert desk.ask("work_order.timeline", number=number).setup_minutes >= 0
    assert desk.ask("machine.get", machine="PRESS").row.work_order == number
    assert desk.ask("machine.schedule", **{"from": "1990-01-01", "to": "1990-02-01"}).unassigned == ()


# ---------------------------------------------------------------------- times

GAP = "2026-03-29T02:30:00"
TOMORROW = (datetime.now(UTC) + timedelta(days=2)).isoformat()
COMING_DAY = TOMORROW[:10]
RECORD: Line = {"command": "downtime.record", "machine": "PRESS", "category": "OTHER", "reason": "no air"}
SPLIT: Line = {"command": "downtime.split", "machine": "PRESS", "category": "SETUP"}
AGAIN: Line = {"command": "downtime.recategorise", "machine": "PRESS", "category": "SETUP", "reason": "it was"}
WRONG_TIMES: tuple[tuple[str, Line, str, str], ...] = (
    ("planned in the gap", {**CREATE, "planned_start": GAP}, INVALID_TIME, "planned_start"),
    ("planned to end in the gap", {**UPDATE, "planned_end": GAP}, INVALID_TIME, "planned_end"),
    ("planned in 1800", {**CREATE, "planned_start": "1800-01-01T00:00:00Z"}, FORMAT, "planned_start"),
    ("planned in 9999", {**CREATE, "planned_end": "9999-12-31T00:00:00Z"}, FORMAT, "planned_end"),
    ("planned end before its start", {**CREATE, "planned_end": "2026-03-01"}, "WORK_ORDER_INVALID_DATES", "None"),
    ("planned end at its start", {**UPDATE, "planned_end": PLANNED["planned_start"]}, "WORK_ORDER_INVALID_DATES", "None"),
    ("held tomorrow", {"command": "work_order.hold", "number": "G-PLANNED", "reason": "x", "at": TOMORROW}, INVALID_TIME, "at"),
    ("held before it was made", {"command": "work_order.hold", "number": "G-PLANNED", "reason": "x", "at": "2026-01-01"}, INVALID_TIME, "at"),
    ("held in the gap", {"command": "work_order.hold", "number": "G-PLANNED", "reason": "x", "at": GAP}, INVALID_TIME, "at"),
    ("held in 1800", {"command": "work_order.hold", "number": "G-PLANNED", "reason": "x", "at": "1800-01-01T00:00:00Z"}, FORMAT, "at"),
    ("paused before it was started", {"command": "operation.pause", "number": "H-IN_PROGRESS", "sequence": 10, "at": "2026-01-01"}, INVALID_TIME, "at"),
    ("completed tomorrow", {**STEP_DONE, "at": TOMORROW}, INVALID_TIME, "at"),
    ("reported before the start", {**OUTPUT, "rework": 1, "good": 0, "at": "2026-01-01"}, INVALID_TIME, "at"),
    ("received tomorrow", {**RECEIVE, "received_at": TOMORROW}, INVALID_TIME, "received_at"),
    ("received in the gap", {**RECEIVE, "received_at": GAP}, INVALID_TIME, "received_at"),
    ("down tomorrow", {**RECORD, "start": TOMORROW}, INVALID_TIME, "start"),
    ("down until tomorrow", {**RECORD, "start": "2026-02-01", "end": TOMORROW}, INVALID_TIME, "end"),
    ("down for no time", {**RECORD, "start": "2026-02-01", "end": "2026-02-01"}, INVALID_TIME, "end"),
    ("down backwards", {**RECORD, "start": "2026-02-02", "end": "2026-02-01"}, INVALID_TIME, "end"),
    ("down in the gap", {**RECORD, "start": GAP, "end": "2026-03-29T04:00:00"}, INVALID_TIME, "start"),
    ("down twice", {**RECORD, "start": "2026-03-01T09:00:00Z", "end": "2026-03-01T09:01:00Z"}, "MACHINE_DOWNTIME_OVERLAP", "None"),
    ("split tomorrow", {**SPLIT, "at": TOMORROW}, INVALID_TIME, "at"),
    ("split in the gap", {**SPLIT, "at": GAP}, INVALID_TIME, "at"),
    ("split where nothing is", {**SPLIT, "at": "2026-02-01"}, CHOICE, "at"),
    ("split at its start", {**SPLIT, "at": "2026-03-01T08:00:00Z"}, CHOICE, "at"),
    ("split at its end", {**SPLIT, "at": "2026-03-01T10:00:00Z"}, CHOICE, "at"),
    ("told again where nothing is", {**AGAIN, "start": "2026-02-01"}, CHOICE, "start"),
    ("told again in the gap", {**AGAIN, "at": GAP}, INVALID_TIME, "at"),
    ("maintained tomorrow", {"command": "machine.record_maintenance", "machine": "PRESS", "date": COMING_DAY}, INVALID_TIME, "date"),
    ("checked tomorrow", {"command": "fixture.record_check", "fixture": "FX-1", "date": COMING_DAY}, INVALID_TIME, "date"),
    ("calibrated tomorrow", {"command": "gauge.record_calibration", "gauge": "GA-1", "date": COMING_DAY}, INVALID_TIME, "date"),
    ("a moment for a day", {"command": "gauge.record_calibration", "gauge": "GA-1", "date": "2026-03-01T06:00:00"}, FORMAT, "date"),
    ("bought to be checked in 1800", {"command": "fixture.create", "code": "N", "name": "N", "fixture_type": "N", "last_checked": "1800-01-01"}, FORMAT, "last_checked"),
    ("asked for no time", {"query": "machine.oee", "machine": "PRESS", "from": "2026-03-02", "to": "2026-03-02"}, INVALID_TIME, "from"),
    ("asked for time backwards", {"query": "machine.schedule", "from": "2026-03-02", "to": "2026-03-01"}, INVALID_TIME, "to"),
    ("asked from the gap", {"query": "machine.oee", "machine": "PRESS", "from": GAP, "to": "2026-04-01"}, INVALID_TIME, "from"),
    ("asked about what is due in the gap", {"query": "material.shortages", "due_before": GAP}, INVALID_TIME, "due_before"),
)  # fmt: skip


@pytest.mark.parametrize(("line", "code", "field"), [pytest.param(*case, id=name) for name, *case in WRONG_TIMES])
def test_a_time_that_cannot_be_is_refused_by_the_name_of_its_field(
    desk: Counter, line: Line, code: str, field: str
) -> None:
    error = desk.told(**line)

    assert error is not None
    assert (error["code"], places(error)) == (code, {field})


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("2025-10-26T02:30:00", datetime(2025, 10, 26, 0, 30, tzinfo=UTC)),
        ("2025-10-26T02:30:00+01:00", datetime(2025, 10, 26, 1, 30, tzinfo=UTC)),
        ("2026-01-02T06:00:00", datetime(2026, 1, 2, 5, tzinfo=UTC)),
        ("2026-07-02T06:00:00", datetime(2026, 7, 2, 4, tzinfo=UTC)),
        ("2026-07-03", datetime(2026, 7, 2, 22, tzinfo=UTC)),
        ("2026-07-04T06:00:00.000001-05:30", datetime(2026, 7, 4, 11, 30, 0, 1, tzinfo=UTC)),
    ],
)
def test_a_time_without_a_zone_is_the_plants_and_of_a_double_hour_the_first(
    desk: Counter, given: str, read: datetime
) -> None:
    end = (read + timedelta(minutes=10)).isoformat()

    told = desk.do("downtime.record", machine="SAW", start=given, end=end, category="OTHER", reason="no air")

    assert datetime.fromisoformat(told["start"]) == read


# ---------------------------------------------------------------------- texts


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_whatever_things_are_called_is_kept_letter_by_letter(desk: Counter, text: str) -> None:
    desk.do("product.create", stock_code=text, name=text, type="RAW", unit=text)
    desk.do("stock.receive", material=text, lot=text, quantity=1, location=text)
    desk.do("process.create", process_code=text, name=text, machine_type="OTHER", description=text)
    desk.do("fixture.create", code=text, name=text, fixture_type=text, location=text)
    desk.do("machine.create", machine=text, type="OTHER", brand=text, description=text)
    settings_of_step = {"parameters": {text: text}, "instructions": text, "tool": text, "fixture": text}
    step = {"sequence": 10, "process": text, "machine": text, **settings_of_step}
    desk.do("workflow.create", product=text, version=text, revision_notes=text, steps=[step])
    number = desk.order(status="DRAFT", product=text, machine=text, number=f"WO {text}", notes=text, operations=[])
    desk.do("work_order.cancel", number=number, reason=text, terminal=text)

    product = desk.ask("product.get", product=text).row
    (config,) = desk.ask("workflow.get", product=text, version=text).steps
    order = desk.detail(number)
    entry = desk.ask("audit.list", entity=number).rows[0]
    assert {product.stock_code, product.name, product.unit, desk.lot(text, text).location} == {text}
    assert {config.process, config.machine, config.fixture, config.tool, config.instructions} == {text}
    assert config.parameters == {text: text}
    assert (order.row.number, order.row.product, order.row.notes) == (f"WO {text}", text, text)
    assert (entry.terminal, entry.details["reason"], entry.message) == (
        text,
        text,
        f"{number} was cancelled: {text}",
    )


@pytest.mark.parametrize("name", TEXTS)
def test_whatever_things_are_called_they_are_found_by_it(desk: Counter, name: str) -> None:
    code = f"S-{next(_NEXT)}"
    desk.do("product.create", stock_code=code, name=f"{TEXTS[name]} {code}", type="RAW", unit="pcs")
    desk.do("stock.receive", material=code, lot="1", quantity=1)
    number = desk.order(status="DRAFT", product=code)

    # A dotted capital I made small is one letter to PostgreSQL and two to Python; as it was typed it is found on both.
    others = () if name == "Turkish" else (TEXTS[name].lower(), TEXTS[name].upper())
    for text in (TEXTS[name], *others):
        assert code in [row.stock_code for row in desk.ask("product.list", text=text).rows]
        assert code in [row.material for row in desk.ask("stock.list", text=text).rows]
        assert number in [row.number for row in desk.ask("work_order.list", text=text).rows]


def test_the_signs_of_a_pattern_stand_for_themselves(desk: Counter) -> None:
    desk.do("product.create", stock_code="PLAIN", name="plain words", type="RAW", unit="pcs")

    for text in ("pl_in", "p%n", "pl[a]in", "%", "_", "\\"):
        assert "PLAIN" not in [row.stock_code for row in desk.ask("product.list", text=text).rows]


# ---------------------------------------------------------------------- the plant's settings

EARLY = {"name": "Early", "start": "06:00", "end": "14:00", "planned_stop_minutes": 30}
LATE = {"name": "Late", "start": "14:00", "end": "22:00"}


@pytest.mark.parametrize(
    ("wanted", "code", "field"),
    [
        ({"shifts": [EARLY, LATE, EARLY]}, DUPLICATE, "shifts.2.name"),
        ({"shifts": [EARLY, {**LATE, "name": " Early "}]}, DUPLICATE, "shifts.1.name"),
        ({"shifts": [{**EARLY, "end": "24:00"}]}, FORMAT, "shifts.0.end"),
        ({"shifts": [{**EARLY, "start": "6:00"}]}, FORMAT, "shifts.0.start"),
        ({"shifts": [{**EARLY, "start": "0６:00"}]}, FORMAT, "shifts.0.start"),
        ({"shifts": [{**EARLY, "start": "06:60"}]}, FORMAT, "shifts.0.start"),
        ({"shifts": [{**EARLY, "planned_stop_minutes": -1}]}, FORMAT, "shifts.0.planned_stop_minutes"),
        ({"shifts": [{**EARLY, "planned_stop_minutes": 1441}]}, FORMAT, "shifts.0.planned_stop_minutes"),
        ({"shifts": [{**EARLY, "name": f"{place}"} for place in range(25)]}, FORMAT, "shifts"),
        ({"auto_lock_minutes": 0}, FORMAT, "auto_lock_minutes"),
        ({"timezone": "Mars/Olympus"}, CHOICE, "timezone"),
        ({"timezone": "../../etc/passwd"}, CHOICE, "timezone"),
        ({}, MISSING, "timezone"),
        ({"shifts": None}, MISSING, "timezone"),
    ],
)
def test_settings_that_cannot_be_are_refused(desk: Counter, wanted: Line, code: str, field: str) -> None:
    error = desk.told(command="settings.set", **wanted)

    assert error is not None
    assert (error["code"], error["details"]["field"]) == (code, field)


def test_a_shift_that_ends_as_it_begins_lasts_round_the_clock(desk: Counter) -> None:
    plant = desk.shop.plant()
    desk.do("settings.set", shifts=[{"name": "Always", "start": "06:00", "end": "06:00"}])

    asked = desk.ask("machine.oee", machine="PRESS", **{"from": "2026-02-03T06:00:00", "to": "2026-02-04T06:00:00"})

    assert asked.planned_minutes == 1440
    desk.do(
        "settings.set",
        shifts=[
            {"name": one.name, "start": one.start, "end": one.end, "planned_stop_minutes": one.planned_stop_minutes}
            for one in plant.shifts
        ],
    )


# ---------------------------------------------------------------------- things that are named twice


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ({"command": "department.create", "code": "MACH", "name": "Again"}, DUPLICATE),
        ({"command": "user.create", "badge": "OP-1", "name": "Again", "roles": [], "departments": []}, DUPLICATE),
        ({"command": "product.create", "stock_code": "GEAR", "name": "A", "type": "RAW", "unit": "pcs"}, DUPLICATE),
        ({**PROCESS, "process_code": "MILL"}, DUPLICATE),
        ({**ROUTING, "product": "HUB", "version": "A"}, DUPLICATE),
        ({**ROUTING, "steps": [STEP, {"sequence": 10, "process": "NONE"}]}, DUPLICATE),
        ({**MACHINE, "machine": "SAW"}, DUPLICATE),
        ({"command": "fixture.create", "code": "FX-1", "name": "A", "fixture_type": "A"}, DUPLICATE),
        ({"command": "gauge.create", "code": "GA-1", "name": "A"}, DUPLICATE),
        ({**BOM, "lines": [{"component": "BAR", "quantity": 1}] * 2}, DUPLICATE),
        ({**GIVEN, "operations": [STEP, STEP]}, DUPLICATE),
        ({**CREATE, "number": "G-DRAFT"}, "WORK_ORDER_DUPLICATE_NUMBER"),
    ],
    ids=lambda value: value["command"] if isinstance(value, dict) else value,
)
def test_what_is_there_already_is_refused(desk: Counter, line: Line, code: str) -> None:
    assert desk.code(**line) == code


def test_numbers_beyond_the_usual_five_digits_are_counted_on(desk: Counter) -> None:
    year = str(desk.do(**CREATE)["number"])[3:7]

    desk.do(**CREATE, number=f"WO-{year}-1234567")

    assert [desk.do(**CREATE)["number"] for _ in range(2)] == [f"WO-{year}-1234568", f"WO-{year}-1234569"]


# ---------------------------------------------------------------------- anything

KNOWN: Mapping[str, tuple[Any, ...]] = {
    "number": (*(f"{kind}-{status}" for kind in "GH" for status in STATUSES), "CART-1", "NONE", "x" * 61),
    "parent": ("CART-1", "G-CANCELLED", "NONE"),
    "product": ("GEAR", "HUB", "CART", "BAR", "NONE"),
    "source": ("GEAR", "HUB"),
    "target": ("HUB", "CART", "GEAR"),
    "component": ("BAR", "NUT", "HUB", "CART", "NONE"),
    "material": ("BAR", "NUT", "GEAR", "NONE"),
    "lot": ("B-1", "B-2", "N-1", "G-COMPLETED"),
    "machine": ("CNC-1", "CNC-2", "SAW", "PRESS", "NONE"),
    "machines": ("CNC-1", "NONE"),
    "department": ("MACH", "NONE"),
    "departments": ("MACH", "NONE"),
    "process": ("MILL", "NONE"),
    "version": ("A", "B", "NONE"),
    "sequence": (10, 20, 30, 0, -1),
    "operation": (10, 20, 0),
    "config_version": (1, 2, 0),
    "fixture": ("FX-1", "NONE"),
    "gauge": ("GA-1", "NONE"),
    # Not the administrator, at whose terminal all of this is said.
    "badge": ("OP-1", "SUP-1", "NONE"),
    "role": ("OPERATOR", "NEW"),
    "roles": ("OPERATOR", "NONE"),
    "operations": ("work_order.start", "none.such"),
    "timezone": ("UTC", "Europe/Berlin", "Mars/Olympus"),
    "output": (1, 2, 10**9),
    "operator": ("OP-1", "NONE"),
    "start": ("06:00", "25:00", "2026-03-01T08:00:00Z", "2026-02-01", "2199-01-01"),
    "end": ("14:00", "06:00", "2026-03-01T09:30:00Z", "2199-01-01"),
}
SENDING: st.SearchStrategy[Line] = st.one_of(
    st.just({}),
    st.fixed_dictionaries(
        {},
        optional={
            "at": st.sampled_from(TIMES),
            "seen_version": st.sampled_from([1, -1, 10**9, "1"]),
            "terminal": st.sampled_from([*TEXTS.values(), *ANYTHING]),
            "command_id": st.sampled_from(ANYTHING),
        },
    ),
)


def lines(name: str) -> st.SearchStrategy[Line]:
    if name in COMMANDS:
        return st.builds(
            lambda fields, sending: {**fields, **sending, "command": name}, fields_of(COMMANDS[name], KNOWN), SENDING
        )
    return fields_of(QUESTIONS[name], KNOWN).map(lambda fields: {**fields, "query": name})


# A PIN takes 0.14 s to hash, on purpose.
LINES = {name: lines(name) for name in sorted({*COMMANDS, *QUESTIONS} - {"user.set_pin", "user.create"})}
ANY_LINE = st.sampled_from(list(LINES)).flatmap(LINES.__getitem__)


@settings(
    max_examples=300,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(line=ANY_LINE)
def test_anything_is_done_or_refused_with_a_code_that_is_no_fault_of_ours(desk: Counter, line: Line) -> None:
    code = desk.code(**line)

    assert not code.startswith("SYSTEM_"), line


def test_after_all_of_that_the_books_add_up(desk: Counter) -> None:
    with desk.shop.database.reading() as connection:
        assert problems(connection) == []
    assert desk.faults() == []
