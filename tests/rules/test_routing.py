"""What may happen to an operation: the whole matrix of actions and statuses, of its own and of its order, and how long setting up lasts."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from mfg_desktop.exceptions import CATALOGUE
from mfg_desktop.rules import production, routing
from mfg_desktop.rules.facts import OperationFacts, OrderFacts
from mfg_desktop.vocabulary import (
    FixtureStatus,
    GaugeStatus,
    MachineStatus,
    OperationAction,
    OperationStatus,
    OrderStatus,
)
from tests.rules.facts import TODAY, codes, fixture, gauge, machine, moved_by_anna, operation, order

A, S = OperationAction, OperationStatus

STARTED = "OPERATION_ALREADY_STARTED"
DONE = "OPERATION_ALREADY_COMPLETED"
NO = "OPERATION_CANNOT_START"
IDLE = "PRODUCTION_OPERATION_NOT_STARTED"

STATUSES = (S.PLANNED, S.IN_PROGRESS, S.ON_HOLD, S.COMPLETED, S.CANCELLED)
MOVES: dict[OperationAction, tuple[str, ...]] = {
    # from:   PLANNED        IN_PROGRESS  ON_HOLD        COMPLETED CANCELLED
    A.START: (S.IN_PROGRESS, STARTED, STARTED, DONE, NO),
    A.PAUSE: (IDLE, S.ON_HOLD, IDLE, DONE, IDLE),
    A.RESUME: (IDLE, STARTED, S.IN_PROGRESS, DONE, NO),
    A.COMPLETE: (IDLE, S.COMPLETED, IDLE, DONE, IDLE),
}
MATRIX = [(action, status, said) for action, row in MOVES.items() for status, said in zip(STATUSES, row, strict=True)]
IN_THE_WAY = {A.START: NO, A.RESUME: NO, A.PAUSE: IDLE, A.COMPLETE: IDLE}


def running_order(
    *others: OperationFacts, one: OperationFacts, status: OrderStatus = OrderStatus.IN_PROGRESS
) -> OrderFacts:
    return order(status, has_operations=True, operations=(*others, one))


def refused(one: OperationFacts, *others: OperationFacts, action: OperationAction = A.START) -> list[tuple[str, Any]]:
    found = routing.violations(running_order(*others, one=one), one, action)
    return [(violation.code, violation.details) for violation in found]


# ---------------------------------------------------------------------- the matrix


@pytest.mark.parametrize(("action", "status", "said"), MATRIX)
@pytest.mark.parametrize("order_status", list(OrderStatus))
def test_the_matrix(action: OperationAction, status: OperationStatus, said: str, order_status: OrderStatus) -> None:
    one = operation(10, status, **moved_by_anna())
    known = running_order(one=one, status=order_status)

    found = routing.violations(known, one, action)

    if said not in list(S):
        assert codes(found) == [said]
        assert found[0].details["current_status"] is status
    elif order_status is OrderStatus.IN_PROGRESS:
        assert found == []
        assert routing.STEPS[action].to is S(said)
    else:
        assert codes(found) == [IN_THE_WAY[action]]
        assert (found[0].details["current_status"], found[0].details["required_status"]) == (
            order_status,
            OrderStatus.IN_PROGRESS,
        )


@pytest.mark.parametrize(("action", "status", "said"), [case for case in MATRIX if case[2] in CATALOGUE])
def test_a_refused_move_names_who_moved_the_operation_last_when_and_where(
    action: OperationAction, status: OperationStatus, said: str
) -> None:
    anna = moved_by_anna()
    one = operation(10, status, **anna)

    (found,) = routing.violations(running_order(one=one), one, action)

    at = "terminal" if said in (STARTED, DONE) else "moved_at_terminal"
    told = (found.details["moved_by"], found.details["moved_at"], found.details[at])
    assert told == (anna["moved_by"], anna["moved_at"], anna["moved_at_terminal"])
    assert "unknown" not in f"{found.message} {found.next_step}"


def test_an_operation_that_nobody_has_moved_is_refused_without_a_name() -> None:
    (found,) = routing.violations(running_order(one=operation(10, S.CANCELLED)), operation(10, S.CANCELLED), A.START)

    assert set(found.details) == {"number", "sequence", "current_status", "required_status"}


@pytest.mark.parametrize("action", list(A))
def test_the_right_to_a_move_has_the_name_of_its_command(action: OperationAction) -> None:
    assert routing.STEPS[action].needs == f"operation.{action.value}"


# ---------------------------------------------------------------------- what comes before


FAR: list[tuple[str, tuple[OperationFacts, ...], OperationFacts]] = [
    ("the first one", (), operation(10)),
    ("the one before is completed", (operation(10, S.COMPLETED),), operation(20)),
    ("the one before is cancelled", (operation(10, S.CANCELLED),), operation(20)),
    ("just enough was passed on", (operation(10, S.IN_PROGRESS, good=5),), operation(20, overlap_quantity=5)),
    ("at any time", (operation(10), operation(20)), operation(30, overlap_quantity=0)),
    (
        "each overlaps the one before it",
        (operation(10, S.IN_PROGRESS, good=8), operation(20, S.IN_PROGRESS, good=5, overlap_quantity=8)),
        operation(30, overlap_quantity=5),
    ),
    ("what comes after holds nobody up", (operation(30),), operation(20)),
]
NEAR: list[tuple[tuple[OperationFacts, ...], OperationFacts, list[int], dict[str, Any]]] = [
    ((operation(10),), operation(20), [10], {}),
    ((operation(10, S.IN_PROGRESS, good=100),), operation(20), [10], {}),
    ((operation(10, S.ON_HOLD), operation(20)), operation(30), [10, 20], {}),
    (
        (operation(10, S.IN_PROGRESS, good=Decimal("4.999")),),
        operation(20, overlap_quantity=5),
        [10],
        {"overlap_quantity": Decimal(5), "good": Decimal("4.999")},
    ),
    (
        (operation(10, S.IN_PROGRESS), operation(20, S.IN_PROGRESS, good=5)),
        operation(30, overlap_quantity=5),
        [10],
        {},
    ),
    (
        (operation(10, S.COMPLETED, good=9), operation(20, S.IN_PROGRESS, good=4)),
        operation(30, overlap_quantity=5),
        [20],
        {"overlap_quantity": Decimal(5), "good": Decimal(4)},
    ),
]


@pytest.mark.parametrize(("before", "one"), [case[1:] for case in FAR], ids=[case[0] for case in FAR])
def test_an_operation_starts_when_those_before_are_far_enough(
    before: tuple[OperationFacts, ...], one: OperationFacts
) -> None:
    assert refused(one, *before) == []


@pytest.mark.parametrize(("before", "one", "holding", "passed_on"), NEAR)
def test_an_operation_waits_for_those_before_it_and_names_them(
    before: tuple[OperationFacts, ...], one: OperationFacts, holding: list[int], passed_on: dict[str, Any]
) -> None:
    ((code, details),) = refused(one, *before)

    assert code == "OPERATION_INVALID_SEQUENCE"
    known = {"number": "WO-2026-00001", "sequence": one.sequence, "predecessors": holding}
    assert details == known | passed_on


def test_a_paused_operation_goes_on_whatever_comes_before_it() -> None:
    assert refused(operation(20, S.ON_HOLD), operation(10), action=A.RESUME) == []


# ---------------------------------------------------------------------- machine and tooling

OVERDUE = TODAY - timedelta(days=2)
GUARDED: list[tuple[OperationFacts, str, dict[str, Any]]] = [
    (operation(machine=None), "WORK_ORDER_NO_MACHINE", {"number": "WO-2026-00001", "sequence": 10}),
    (operation(machine=machine(active=False)), "MACHINE_INACTIVE", {"machine": "CNC-1"}),
    (operation(machine=machine(status=MachineStatus.RETIRED)), "MACHINE_RETIRED", {"machine": "CNC-1"}),
    (operation(machine=machine(status=MachineStatus.BROKEN)), "MACHINE_BROKEN", {"machine": "CNC-1"}),
    (
        operation(machine=machine(status=MachineStatus.MAINTENANCE, reason="oil")),
        "MACHINE_UNDER_MAINTENANCE",
        {"machine": "CNC-1", "reason": "oil"},
    ),
    (
        operation(machine=machine(status=MachineStatus.IN_USE, running_order="WO-9")),
        "MACHINE_ALREADY_IN_USE",
        {"machine": "CNC-1", "work_order": "WO-9"},
    ),
    (
        operation(machine=machine(status=MachineStatus.IN_USE, running_order="WO-2026-00001"), running_there=20),
        "OPERATION_MACHINE_CONFLICT",
        {"number": "WO-2026-00001", "sequence": 10, "machine": "CNC-1", "running_sequence": 20},
    ),
    (
        operation(machine=machine(next_maintenance=OVERDUE)),
        "MACHINE_MAINTENANCE_OVERDUE",
        {"machine": "CNC-1", "next_maintenance": OVERDUE, "days": 2},
    ),
    (
        operation(tools=(fixture(FixtureStatus.IN_USE, work_order="WO-9"),)),
        "FIXTURE_NOT_AVAILABLE",
        {"fixture": "FX-1", "current_status": FixtureStatus.IN_USE, "work_order": "WO-9"},
    ),
    # Who had it last says nothing of one that is broken, and nobody is named who is not known.
    (
        operation(tools=(fixture(FixtureStatus.BROKEN, work_order="WO-9"),)),
        "FIXTURE_NOT_AVAILABLE",
        {"fixture": "FX-1", "current_status": FixtureStatus.BROKEN},
    ),
    (
        operation(tools=(gauge(GaugeStatus.IN_USE),)),
        "GAUGE_NOT_AVAILABLE",
        {"gauge": "GA-1", "current_status": GaugeStatus.IN_USE},
    ),
    (
        operation(tools=(gauge(GaugeStatus.RETIRED),)),
        "GAUGE_NOT_AVAILABLE",
        {"gauge": "GA-1", "current_status": GaugeStatus.RETIRED},
    ),
    (
        operation(tools=(fixture(due=OVERDUE),)),
        "FIXTURE_CHECK_OVERDUE",
        {"fixture": "FX-1", "next_check": OVERDUE, "days": 2},
    ),
    (
        operation(tools=(gauge(due=OVERDUE),)),
        "GAUGE_CALIBRATION_OVERDUE",
        {"gauge": "GA-1", "next_calibration": OVERDUE, "days": 2},
    ),
]


@pytest.mark.parametrize(("action", "status"), [(A.START, S.PLANNED), (A.RESUME, S.ON_HOLD)])
@pytest.mark.parametrize(("one", "code", "numbers"), GUARDED, ids=[case[1] for case in GUARDED])
def test_an_operation_asks_for_its_machine_and_its_tooling(
    one: OperationFacts, code: str, numbers: dict[str, Any], action: OperationAction, status: OperationStatus
) -> None:
    asked = operation(
        10, status, machine=one.machine, tools=one.tools, running_there=one.running_there, has_machine=True
    )

    assert refused(asked, action=action) == [(code, numbers)]


def test_all_that_stands_in_the_way_is_said_at_once_in_one_order() -> None:
    one = operation(
        20,
        machine=machine(status=MachineStatus.BROKEN, active=False, next_maintenance=OVERDUE),
        tools=(fixture(FixtureStatus.BROKEN, due=OVERDUE), gauge(due=OVERDUE)),
    )

    assert [code for code, _ in refused(one, operation(10))] == [
        "OPERATION_INVALID_SEQUENCE",
        "MACHINE_INACTIVE",
        "MACHINE_BROKEN",
        "MACHINE_MAINTENANCE_OVERDUE",
        "FIXTURE_NOT_AVAILABLE",
        "FIXTURE_CHECK_OVERDUE",
        "GAUGE_CALIBRATION_OVERDUE",
    ]


def test_on_the_day_itself_nothing_is_overdue() -> None:
    one = operation(machine=machine(next_maintenance=TODAY), tools=(fixture(due=TODAY), gauge(due=TODAY)))

    assert refused(one) == []


# ---------------------------------------------------------------------- output at an operation


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (S.PLANNED, IDLE),
        (S.IN_PROGRESS, None),
        (S.ON_HOLD, IDLE),
        (S.COMPLETED, "PRODUCTION_ALREADY_COMPLETED"),
        (S.CANCELLED, IDLE),
    ],
)
def test_only_a_running_operation_takes_output(status: OperationStatus, code: str | None) -> None:
    one = operation(20, status, **moved_by_anna())
    report = production.Report(Decimal(1), Decimal(0), Decimal(0), ())

    found = production.violations(order(OrderStatus.IN_PROGRESS), report, Decimal(0), one)

    assert codes(found) == ([code] if code else [])
    assert all((one.details["sequence"], one.details["moved_by"]) == (20, "SUP-1") for one in found)


def test_an_operation_takes_as_many_good_pieces_as_the_order_whatever_the_others_have_made() -> None:
    report = production.Report(Decimal(60), Decimal(0), Decimal(0), ())
    half = operation(20, S.IN_PROGRESS, good=41)

    (found,) = production.violations(order(OrderStatus.IN_PROGRESS), report, Decimal(0), half)
    passed = production.violations(order(OrderStatus.IN_PROGRESS, good=100), report, Decimal(1), half)

    assert (found.code, found.details["sequence"], found.details["reported"]) == (
        "PRODUCTION_OUTPUT_EXCEEDS_ORDER",
        20,
        Decimal(41),
    )
    assert passed == []


# ---------------------------------------------------------------------- setting up

BEGAN = datetime(2026, 3, 2, 6, tzinfo=UTC)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


@pytest.mark.parametrize(
    ("planned", "spent", "has_run", "left"),
    [
        (None, 0, False, 0),
        (Decimal(30), 0, False, 30),
        (Decimal("0.5"), 0, False, 0.5),
        (Decimal(30), 20, False, 10),
        (Decimal(30), 30, False, 0),
        (Decimal(30), 45, False, 0),
        (Decimal(30), 20, True, 0),
    ],
)
def test_setting_up_has_the_planned_minutes_less_those_spent_until_it_runs(
    planned: Decimal | None, spent: float, has_run: bool, left: float
) -> None:
    assert routing.setup_left(planned, minutes(spent), has_run=has_run) == minutes(left)


@pytest.mark.parametrize(
    ("now", "made", "ends"),
    [
        (10, False, None),
        (10, True, 10),
        (30, False, 30),
        (45, False, 30),
        (45, True, 30),
        (-5, True, 0),  # a late report from before a pause
    ],
)
def test_setting_up_ends_with_its_minutes_or_with_the_first_pieces(now: float, made: bool, ends: float | None) -> None:
    told = routing.setup_ends(BEGAN, minutes(30), BEGAN + minutes(now), made=made)

    assert told == (None if ends is None else BEGAN + minutes(ends))


@pytest.mark.parametrize(
    ("code", "read"),
    [
        ("WO-2026-00001/10", ("WO-2026-00001", 10)),
        (" WO-2026-00001/010 ", ("WO-2026-00001", 10)),
        ("A/B/20", ("A/B", 20)),
        ("WO-2026-00001", None),
        ("WO-2026-00001/", None),
        ("/10", None),
        ("WO-1/0", None),
        ("WO-1/1O", None),
        ("WO-1/\u0661\u0660", None),
        ("WO-1/9999999999", None),
    ],
)
def test_the_code_of_an_operation_names_its_order_and_its_sequence(code: str, read: tuple[str, int] | None) -> None:
    assert routing.read_code(code) == read


def test_a_code_that_is_written_is_read_again() -> None:
    assert routing.read_code(routing.code_of("WO-2026-00001", 30)) == ("WO-2026-00001", 30)
