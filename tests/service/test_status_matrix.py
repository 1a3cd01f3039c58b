"""Every move in every status: done, or refused with the code that the contract has for it. What is not in these tables cannot happen."""

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

import pytest

from tests.service.stage import STATUSES, Counter, set_stage, shared_plant

_NEXT = count(1)
WRONG = "WORK_ORDER_INVALID_TRANSITION"
ORDER_MOVES: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "plan": ({}, f"done {WRONG} {WRONG} {WRONG} {WRONG} {WRONG} {WRONG}"),
    "release": ({}, f"{WRONG} done {WRONG} {WRONG} {WRONG} {WRONG} {WRONG}"),
    "start": (
        {},
        (
            "WORK_ORDER_CANNOT_START WORK_ORDER_CANNOT_START done WORK_ORDER_ALREADY_STARTED WORK_ORDER_CANNOT_START"
            " WORK_ORDER_ALREADY_COMPLETED WORK_ORDER_CANNOT_START"
        ),
    ),
    "hold": ({"reason": "waiting"}, f"{WRONG} done done done {WRONG} {WRONG} {WRONG}"),
    "resume": ({}, f"{WRONG} {WRONG} {WRONG} {WRONG} done {WRONG} {WRONG}"),
    "complete": (
        {"short_close_reason": "enough"},
        f"{WRONG} {WRONG} {WRONG} done {WRONG} WORK_ORDER_ALREADY_COMPLETED {WRONG}",
    ),
    "cancel": ({"reason": "not wanted"}, f"done done done done done {WRONG} {WRONG}"),
    "update": (
        {"priority": "HIGH"},
        "done done done WORK_ORDER_NOT_EDITABLE done WORK_ORDER_NOT_EDITABLE WORK_ORDER_NOT_EDITABLE",
    ),
    "update ": (
        {"quantity": 9},
        (
            "done done WORK_ORDER_NOT_EDITABLE WORK_ORDER_NOT_EDITABLE WORK_ORDER_NOT_EDITABLE WORK_ORDER_NOT_EDITABLE"
            " WORK_ORDER_NOT_EDITABLE"
        ),
    ),
    "allocate": (
        {},
        f"done done MATERIAL_ALREADY_ALLOCATED {WRONG} MATERIAL_ALREADY_ALLOCATED {WRONG} {WRONG}",
    ),
    "issue": ({}, f"{WRONG} MATERIAL_NOT_ALLOCATED done done {WRONG} {WRONG} {WRONG}"),
    "return_material": (
        {"material": "BAR", "quantity": 1},
        (
            "MATERIAL_RETURN_EXCEEDED MATERIAL_RETURN_EXCEEDED MATERIAL_RETURN_EXCEEDED MATERIAL_RETURN_EXCEEDED"
            " MATERIAL_RETURN_EXCEEDED done MATERIAL_RETURN_EXCEEDED"
        ),
    ),
    "record_output": (
        {"good": 1},
        (
            "PRODUCTION_OPERATION_NOT_STARTED PRODUCTION_OPERATION_NOT_STARTED PRODUCTION_OPERATION_NOT_STARTED"
            " MATERIAL_NOT_ISSUED PRODUCTION_OPERATION_NOT_STARTED PRODUCTION_ALREADY_COMPLETED"
            " PRODUCTION_OPERATION_NOT_STARTED"
        ),
    ),
    "reverse_output": (
        {"output": 10**9, "reason": "typed twice"},
        (
            f"{WRONG} {WRONG} PRODUCTION_OUTPUT_INVALID PRODUCTION_OUTPUT_INVALID PRODUCTION_OUTPUT_INVALID"
            f" PRODUCTION_OUTPUT_INVALID {WRONG}"
        ),
    ),
    "create_sub_orders": ({}, "done done done done done WORK_ORDER_NOT_EDITABLE WORK_ORDER_NOT_EDITABLE"),
}
ORDER_CASES = [
    pytest.param(move.strip(), fields, status, expected, id=f"{move.strip()}{'-'.join(fields)} {status}")
    for move, (fields, row) in ORDER_MOVES.items()
    for status, expected in zip(STATUSES, row.split(), strict=True)
]

MOVES_TO = {
    "plan": "PLANNED",
    "release": "RELEASED",
    "start": "IN_PROGRESS",
    "hold": "ON_HOLD",
    "resume": "RELEASED",
    "complete": "COMPLETED",
    "cancel": "CANCELLED",
}

BEFORE, AFTER = "OPERATION_ALREADY_STARTED", "OPERATION_ALREADY_COMPLETED"
CANNOT, NOT_RUNNING = "OPERATION_CANNOT_START", "PRODUCTION_OPERATION_NOT_STARTED"
VERBS = ("start", "pause", "resume", "complete", "record_output")
OPERATION_ROWS: Mapping[tuple[str, str], tuple[str, str, str, str, str]] = {
    ("DRAFT", "PLANNED"): (CANNOT, NOT_RUNNING, NOT_RUNNING, NOT_RUNNING, NOT_RUNNING),
    ("PLANNED", "PLANNED"): (CANNOT, NOT_RUNNING, NOT_RUNNING, NOT_RUNNING, NOT_RUNNING),
    ("RELEASED", "PLANNED"): (CANNOT, NOT_RUNNING, NOT_RUNNING, NOT_RUNNING, NOT_RUNNING),
    ("RELEASED", "ON_HOLD"): (BEFORE, NOT_RUNNING, CANNOT, NOT_RUNNING, NOT_RUNNING),
    ("IN_PROGRESS", "PLANNED"): ("done", NOT_RUNNING, NOT_RUNNING, NOT_RUNNING, NOT_RUNNING),
    ("IN_PROGRESS", "IN_PROGRESS"): (BEFORE, "done", BEFORE, "done", "done"),
    ("IN_PROGRESS", "ON_HOLD"): (BEFORE, NOT_RUNNING, "done", NOT_RUNNING, NOT_RUNNING),
    ("IN_PROGRESS", "COMPLETED"): (AFTER, AFTER, AFTER, AFTER, "PRODUCTION_ALREADY_COMPLETED"),
    ("ON_HOLD", "PLANNED"): (CANNOT, NOT_RUNNING, NOT_RUNNING, NOT_RUNNING, NOT_RUNNING),
    ("ON_HOLD", "ON_HOLD"): (BEFORE, NOT_RUNNING, CANNOT, NOT_RUNNING, NOT_RUNNING),
    ("ON_HOLD", "COMPLETED"): (AFTER, AFTER, AFTER, AFTER, NOT_RUNNING),
    ("COMPLETED", "COMPLETED"): (AFTER, AFTER, AFTER, AFTER, "PRODUCTION_ALREADY_COMPLETED"),
    ("COMPLETED", "CANCELLED"): (CANNOT, NOT_RUNNING, CANNOT, NOT_RUNNING, "PRODUCTION_ALREADY_COMPLETED"),
    ("CANCELLED", "COMPLETED"): (AFTER, AFTER, AFTER, AFTER, NOT_RUNNING),
    ("CANCELLED", "CANCELLED"): (CANNOT, NOT_RUNNING, CANNOT, NOT_RUNNING, NOT_RUNNING),
}
OPERATION_CASES = [
    pytest.param(order, operation, verb, expected, id=f"{verb} {operation} of {order}")
    for (order, operation), row in OPERATION_ROWS.items()
    for verb, expected in zip(VERBS, row, strict=True)
]

NO = "MACHINE_INVALID_STATUS"
MACHINE_STATUSES = ("AVAILABLE", "IN_USE", "MAINTENANCE", "BROKEN", "RETIRED")
MACHINE_ROWS: Mapping[str, tuple[str, str, str, str, str]] = {
    "AVAILABLE": (NO, NO, "done", "done", "done"),
    "IN_USE": (NO, NO, "done", "done", "MACHINE_ALREADY_IN_USE"),
    "MAINTENANCE": ("done", NO, NO, NO, "done"),
    "BROKEN": ("done", NO, NO, NO, "done"),
    "RETIRED": (NO, NO, NO, NO, NO),
}
MACHINE_CASES = [
    pytest.param(status, to, expected, id=f"{status} to {to}")
    for status, row in MACHINE_ROWS.items()
    for to, expected in zip(MACHINE_STATUSES, row, strict=True)
]

CHOICE = "VALIDATION_INVALID_CHOICE"
TOOL_ROWS: Mapping[str, str] = {
    "AVAILABLE": f"{CHOICE} {CHOICE} done done done",
    "IN_USE": "taken taken taken taken taken",
    "AWAY": f"done {CHOICE} {CHOICE} done done",
    "BROKEN": f"done {CHOICE} done {CHOICE} done",
    "RETIRED": f"{CHOICE} {CHOICE} {CHOICE} {CHOICE} {CHOICE}",
}
"""AWAY is MAINTENANCE of a fixture and CALIBRATION of a gauge; taken is its own code."""
TOOL_CASES = [
    pytest.param(kind, status, to, expected, id=f"{kind} {status} to {to}")
    for kind in ("fixture", "gauge")
    for status, row in TOOL_ROWS.items()
    for to, expected in zip(TOOL_ROWS, row.split(), strict=True)
]

WORKFLOW_MOVES = ("workflow.submit", "workflow.activate", "workflow.archive", "process_config.activate")
WORKFLOW_ROWS: Mapping[str, tuple[str, str, str, str]] = {
    "DRAFT": ("done", CHOICE, "done", "done"),
    "REVIEW": (CHOICE, "done", "done", "done"),
    # The first version of the settings of a step is in use with its routing.
    "ACTIVE": (CHOICE, CHOICE, "done", CHOICE),
    "OBSOLETE": (CHOICE, "done", "done", "done"),
    "ARCHIVED": (CHOICE, CHOICE, CHOICE, CHOICE),
}
WORKFLOW_CASES = [
    pytest.param(status, move, expected, id=f"{move} {status}")
    for status, row in WORKFLOW_ROWS.items()
    for move, expected in zip(WORKFLOW_MOVES, row, strict=True)
]


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with shared_plant(request, tmp_path_factory) as terminal:
        set_stage(terminal)
        yield terminal


_THERE: dict[tuple[str, ...], str] = {}


def one_that_is(desk: Counter, make: Callable[..., str], *status: str, own: bool) -> str:
    """Give a thing in these statuses: one of its own to what will be done, and to all that is refused the same one."""
    key = (desk.url, make.__name__, *status)
    if own:
        return make(desk, *status)
    if key not in _THERE:
        _THERE[key] = make(desk, *status)
    return _THERE[key]


def new_machine(desk: Counter) -> str:
    machine = f"M-{next(_NEXT)}"
    desk.do("machine.create", machine=machine, type="OTHER")
    return machine


def refused_or_done(desk: Counter, command: str, fields: Mapping[str, Any], expected: str) -> None:
    if expected == "done":
        desk.do(command, **fields)
    else:
        assert desk.refused(command, **fields)["code"] == expected


@pytest.mark.parametrize(("move", "fields", "status", "expected"), ORDER_CASES)
def test_every_command_on_an_order_in_every_status(
    desk: Counter, move: str, fields: Mapping[str, Any], status: str, expected: str
) -> None:
    number = desk.order(status=status, quantity=10, machine=new_machine(desk)) if expected == "done" else f"G-{status}"
    before = desk.status(number)
    may = desk.ask("work_order.can", number=number, action=move)

    refused_or_done(desk, f"work_order.{move}", {"number": number, **fields}, expected)

    # The question knows no words that come with the command, such as the reason to close short.
    if not may.allowed and may.violations[0].code != "WORK_ORDER_QUANTITY_SHORT":
        assert may.violations[0].code == expected
    assert before == status
    assert desk.status(number) == (MOVES_TO.get(move, status) if expected == "done" else status)


def order_with_operation(desk: Counter, order: str, operation: str) -> str:
    """Bring an order and its one operation to these statuses the ordinary way."""
    given = [{"sequence": 10, "process": "MILL", "machine": new_machine(desk)}]
    if operation == "PLANNED" or (order, operation) == ("CANCELLED", "CANCELLED"):
        return desk.order(status=order, quantity=10, machine=None, operations=given)
    number = desk.order(status="IN_PROGRESS", quantity=10, machine=None, operations=given)
    desk.do("work_order.issue", number=number)
    if (order, operation) != ("COMPLETED", "CANCELLED"):
        desk.do("operation.start", number=number, sequence=10)
    if operation == "ON_HOLD":
        desk.do("operation.pause", number=number, sequence=10)
    if operation == "COMPLETED":
        desk.do("operation.complete", number=number, sequence=10, good=0)
    if order in ("ON_HOLD", "RELEASED"):
        desk.do("work_order.hold", number=number, reason="waiting")
    if order == "RELEASED":
        desk.do("work_order.resume", number=number)
    if order == "COMPLETED":
        desk.do("work_order.complete", number=number, short_close_reason="enough")
    if order == "CANCELLED":
        desk.do("work_order.cancel", number=number, reason="not wanted", return_material=True)
    return number


@pytest.mark.parametrize(("order", "operation", "verb", "expected"), OPERATION_CASES)
def test_every_command_on_an_operation_in_every_status_of_it_and_of_its_order(
    desk: Counter, order: str, operation: str, verb: str, expected: str
) -> None:
    number = one_that_is(desk, order_with_operation, order, operation, own=expected == "done")
    detail = desk.detail(number)
    fields: dict[str, Any] = {"number": number, "sequence": 10}
    if verb == "complete":
        fields |= {"good": 2}
    if verb == "record_output":
        fields = {"number": number, "operation": 10, "good": 2}

    command = f"work_order.{verb}" if verb == "record_output" else f"operation.{verb}"
    refused_or_done(desk, command, fields, expected)

    assert (detail.row.status.value, [row.status.value for row in detail.operations]) == (order, [operation])


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("status", STATUSES)
def test_an_operation_that_the_order_does_not_have_is_not_found_in_any_status(
    desk: Counter, status: str, verb: str
) -> None:
    fields: dict[str, Any] = {"number": f"H-{status}", "sequence": 30}
    if verb == "complete":
        fields |= {"good": 2}
    if verb == "record_output":
        fields = {"number": f"H-{status}", "operation": 30, "good": 2}
    command = f"work_order.{verb}" if verb == "record_output" else f"operation.{verb}"

    assert desk.refused(command, **fields)["code"] == "OPERATION_NOT_FOUND"


def machine_that_is(desk: Counter, status: str) -> str:
    machine = new_machine(desk)
    if status == "IN_USE":
        desk.order(status="IN_PROGRESS", quantity=1, machine=machine)
    elif status != "AVAILABLE":
        desk.do("machine.set_status", machine=machine, status=status, reason="spindle")
    return machine


@pytest.mark.parametrize(("status", "to", "expected"), MACHINE_CASES)
def test_a_machine_in_every_status_is_asked_for_every_status(
    desk: Counter, status: str, to: str, expected: str
) -> None:
    machine = one_that_is(desk, machine_that_is, status, own=expected == "done")

    refused_or_done(desk, "machine.set_status", {"machine": machine, "status": to, "reason": "spindle"}, expected)

    assert desk.machine(machine).status.value == (to if expected == "done" else status)


def called(kind: str, status: str) -> str:
    return status.replace("AWAY", "MAINTENANCE" if kind == "fixture" else "CALIBRATION")


def new_tool(desk: Counter, kind: str, status: str) -> str:
    code = f"T-{next(_NEXT)}"
    more = {"fixture_type": "vice"} if kind == "fixture" else {}
    desk.do(f"{kind}.create", code=code, name="Tool", **more)
    if status == "IN_USE":
        step = {"sequence": 10, "process": "MILL", "machine": new_machine(desk), kind: code}
        desk.do("workflow.create", product="CART", version=code, steps=[step])
        for move in ("submit", "activate"):
            desk.do(f"workflow.{move}", product="CART", version=code)
        desk.do("stock.receive", material="HUB", lot=code, quantity=2)
        number = desk.order(status="IN_PROGRESS", product="CART", quantity=1, machine=None)
        desk.do("operation.start", number=number, sequence=10)
    elif status != "AVAILABLE":
        desk.do(f"{kind}.set_status", **{kind: code, "status": called(kind, status)})
    return code


@pytest.mark.parametrize(("kind", "status", "to", "expected"), TOOL_CASES)
def test_a_fixture_and_a_gauge_in_every_status_is_asked_for_every_status(
    desk: Counter, kind: str, status: str, to: str, expected: str
) -> None:
    code = one_that_is(desk, new_tool, kind, status, own=expected == "done")
    wanted = expected.replace("taken", f"{kind.upper()}_NOT_AVAILABLE")

    refused_or_done(desk, f"{kind}.set_status", {kind: code, "status": called(kind, to)}, wanted)

    (row,) = [row for row in desk.ask(f"{kind}.list").rows if getattr(row, kind) == code]
    assert row.status.value == called(kind, to if expected == "done" else status)


@pytest.mark.parametrize("kind", ["fixture", "gauge"])
@pytest.mark.parametrize("status", list(TOOL_ROWS))
def test_a_check_is_recorded_in_every_status_but_retired(desk: Counter, kind: str, status: str) -> None:
    code = new_tool(desk, kind, status)
    command = "fixture.record_check" if kind == "fixture" else "gauge.record_calibration"
    expected = f"{kind.upper()}_NOT_AVAILABLE" if status == "RETIRED" else "done"

    refused_or_done(desk, command, {kind: code, "date": "2026-03-01"}, expected)

    (row,) = [row for row in desk.ask(f"{kind}.list").rows if getattr(row, kind) == code]
    assert row.status.value == ("AVAILABLE" if status == "AWAY" else called(kind, status))


def product_with_routing(desk: Counter, status: str) -> str:
    product = f"P-{next(_NEXT)}"
    desk.do("product.create", stock_code=product, name="Part", type="FINISHED", unit="pcs")
    for version in ("A", "B"):
        desk.do("workflow.create", product=product, version=version, steps=[{"sequence": 10, "process": "MILL"}])
    in_use = ("submit A", "activate A")
    ways = {
        "DRAFT": (),
        "REVIEW": ("submit A",),
        "ACTIVE": in_use,
        "OBSOLETE": (*in_use, "submit B", "activate B"),
        "ARCHIVED": ("archive A",),
    }
    for way in ways[status]:
        verb, version = way.split()
        desk.do(f"workflow.{verb}", product=product, version=version)
    return product


@pytest.mark.parametrize(("status", "move", "expected"), WORKFLOW_CASES)
def test_a_routing_in_every_status_is_asked_for_every_move(
    desk: Counter, status: str, move: str, expected: str
) -> None:
    key = {"product": one_that_is(desk, product_with_routing, status, own=expected == "done"), "version": "A"}
    more = {"sequence": 10, "config_version": 1} if move == "process_config.activate" else {}

    before = desk.ask("workflow.get", **key).row.status.value
    refused_or_done(desk, move, {**key, **more}, expected)

    to = {"workflow.submit": "REVIEW", "workflow.activate": "ACTIVE", "workflow.archive": "ARCHIVED"}
    assert before == status
    after = desk.ask("workflow.get", **key).row.status.value
    assert after == (to.get(move, status) if expected == "done" else status)


def test_after_all_of_that_the_books_add_up(desk: Counter) -> None:
    assert desk.faults() == []
