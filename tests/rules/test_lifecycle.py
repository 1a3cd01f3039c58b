"""What may happen to a work order: the whole matrix of statuses and actions, and the refusals word for word."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from mfg_desktop.exceptions import ManufacturingException, ProductionException, WorkOrderException, combine
from mfg_desktop.rules import lifecycle
from mfg_desktop.rules.facts import OrderFacts, Wish
from mfg_desktop.vocabulary import Action, GaugeStatus, MachineStatus, OrderStatus
from tests.rules.facts import TODAY, codes, gauge, line, machine, moved_by_anna, operation, order, running

S = OrderStatus

NO = "WORK_ORDER_INVALID_TRANSITION"
NOT_YET = "WORK_ORDER_CANNOT_START"
STARTED = "WORK_ORDER_ALREADY_STARTED"
DONE = "WORK_ORDER_ALREADY_COMPLETED"

STATUSES = (S.DRAFT, S.PLANNED, S.RELEASED, S.IN_PROGRESS, S.ON_HOLD, S.COMPLETED, S.CANCELLED)
MOVES: dict[Action, tuple[str, ...]] = {
    # from:          DRAFT        PLANNED      RELEASED       IN_PROGRESS  ON_HOLD      COMPLETED CANCELLED
    Action.PLAN: (S.PLANNED, NO, NO, NO, NO, NO, NO),
    Action.RELEASE: (NO, S.RELEASED, NO, NO, NO, NO, NO),
    Action.START: (NOT_YET, NOT_YET, S.IN_PROGRESS, STARTED, NOT_YET, DONE, NOT_YET),
    Action.HOLD: (NO, S.ON_HOLD, S.ON_HOLD, S.ON_HOLD, NO, NO, NO),
    Action.RESUME: (NO, NO, NO, NO, S.RELEASED, NO, NO),
    Action.COMPLETE: (NO, NO, NO, S.COMPLETED, NO, DONE, NO),
    Action.CANCEL: (S.CANCELLED, S.CANCELLED, S.CANCELLED, S.CANCELLED, S.CANCELLED, NO, NO),
}
REQUIRED: dict[Action, object] = {
    Action.PLAN: "DRAFT",
    Action.RELEASE: "PLANNED",
    Action.START: "RELEASED",
    Action.HOLD: ["PLANNED", "RELEASED", "IN_PROGRESS"],
    Action.RESUME: "ON_HOLD",
    Action.COMPLETE: "IN_PROGRESS",
    Action.CANCEL: ["DRAFT", "PLANNED", "RELEASED", "IN_PROGRESS", "ON_HOLD"],
}
WORKS: dict[Action, tuple[bool, ...]] = {
    # in:              DRAFT PLANNED RELEASED IN_PROGRESS ON_HOLD COMPLETED CANCELLED
    Action.UPDATE: (True, True, True, False, True, False, False),
    Action.ALLOCATE: (True, True, True, False, True, False, False),
    Action.ISSUE: (False, True, True, True, False, False, False),
    Action.RECORD_OUTPUT: (False, False, False, True, False, False, False),
    # An order that was never started has no output to take back, and what a cancelled one made stays in stock.
    Action.REVERSE_OUTPUT: (False, False, True, True, True, True, False),
    Action.CREATE_SUB_ORDERS: (True, True, True, True, True, False, False),
}

MATRIX = [(action, status, said) for action, row in MOVES.items() for status, said in zip(STATUSES, row, strict=True)]
ALLOWED = [(action, status, S(said)) for action, status, said in MATRIX if said in list(S)]
REFUSED = [(action, status, said) for action, status, said in MATRIX if said not in list(S)]
SAID = Wish(reason="no operator", short_close_reason="the customer wants no more")


def refusal_of(known: OrderFacts, action: Action, wish: Wish = SAID) -> ManufacturingException:
    return combine(lifecycle.violations(known, action, wish))


@pytest.mark.parametrize(("action", "status", "to"), ALLOWED)
def test_a_move_that_the_table_allows_leads_where_it_says(action: Action, status: OrderStatus, to: OrderStatus) -> None:
    known = order(status)

    refused = lifecycle.violations(known, action, SAID)

    assert (refused, lifecycle.STEPS[action].to) == ([], to)


@pytest.mark.parametrize(("action", "status", "code"), REFUSED)
def test_any_other_move_is_refused_with_its_code(action: Action, status: OrderStatus, code: str) -> None:
    known = order(status)

    refused = refusal_of(known, action)

    assert refused.code == code
    assert isinstance(refused, WorkOrderException)


@pytest.mark.parametrize(("action", "status", "code"), REFUSED)
def test_a_refused_move_names_the_status_the_required_one_and_who_moved_it_last(
    action: Action, status: OrderStatus, code: str
) -> None:
    known = order(status, **moved_by_anna())

    details: dict[str, Any] = refusal_of(known, action).as_error()["details"]  # type: ignore[assignment]

    assert details["current_status"] == status.value
    assert details["required_status"] == REQUIRED[action]
    assert details["moved_by"] == "SUP-1"
    assert details["moved_at"] == "2026-03-02T06:30:00+00:00"
    assert details.get("moved_at_terminal", details.get("terminal")) == "T7"


@pytest.mark.parametrize(("action", "status", "code"), REFUSED)
def test_a_person_reads_who_moved_it_last_and_where(action: Action, status: OrderStatus, code: str) -> None:
    known = order(status, **moved_by_anna())

    refused = refusal_of(known, action)

    assert "SUP-1 moved it last, on 2 Mar 2026 06:30 UTC at terminal T7" in f"{refused.message} {refused.next_step}"


def test_a_start_from_draft_is_refused_word_for_word_as_the_contract_says() -> None:
    known = order(S.DRAFT)

    refused = refusal_of(known, Action.START)

    assert refused.as_error() == {
        "code": "WORK_ORDER_CANNOT_START",
        "message": "Work order cannot be started in current status",
        "details": {"current_status": "DRAFT", "required_status": "RELEASED"},
    }


@pytest.mark.parametrize("action", list(MOVES))
def test_a_wrong_status_is_said_alone(action: Action) -> None:
    """The guards ask of a move that could be: of a cancelled order nobody wants to hear that its machine is broken."""
    known = order(S.CANCELLED, machine=None, has_bom=False, lines=(line(issued=10),), open_sub_orders=("WO-2",))

    found = lifecycle.violations(known, action, Wish())

    assert len(found) == 1
    assert found[0].details["current_status"] is S.CANCELLED


@pytest.mark.parametrize(
    ("action", "status"), [(a, s) for a, row in WORKS.items() for s in STATUSES if row[STATUSES.index(s)]]
)
def test_work_is_done_in_the_statuses_of_the_contract(action: Action, status: OrderStatus) -> None:
    known = order(status)

    lifecycle.allow_work(known, action)

    assert status in lifecycle.WORKS[action]


@pytest.mark.parametrize(
    ("action", "status"), [(a, s) for a, row in WORKS.items() for s in STATUSES if not row[STATUSES.index(s)]]
)
def test_work_is_refused_in_any_other_status(action: Action, status: OrderStatus) -> None:
    known = order(status)

    family = ProductionException if action is Action.RECORD_OUTPUT else WorkOrderException

    with pytest.raises(family) as refused:
        lifecycle.allow_work(known, action)

    assert refused.value.details["current_status"] is status


def test_released_orders_and_those_on_hold_keep_their_quantity_and_dates() -> None:
    assert {"machine", "priority", "notes"} == lifecycle.EDITABLE_LATER


@pytest.mark.parametrize("status", STATUSES)
def test_material_is_brought_back_whatever_became_of_the_order(status: OrderStatus) -> None:
    lifecycle.allow_work(order(status), Action.RETURN_MATERIAL)

    assert status in lifecycle.WORKS[Action.RETURN_MATERIAL]


def test_all_that_stands_in_the_way_of_a_start_is_said_at_once_in_the_order_of_the_table() -> None:
    known = order(
        machine=machine(
            status=MachineStatus.BROKEN, running_order="WO-2026-00009", next_maintenance=TODAY - timedelta(days=3)
        ),
        lines=(line("BAR", reserved=20), line("NUT", required=400, reserved=400), line("OIL", reserved=0)),
        operations=(operation(tools=(gauge(GaugeStatus.BROKEN),)),),
    )

    refused = refusal_of(known, Action.START)

    assert refused.code == "MACHINE_BROKEN"
    assert codes(list(refused.violations)) == [
        "MACHINE_BROKEN",
        "MACHINE_ALREADY_IN_USE",
        "MACHINE_MAINTENANCE_OVERDUE",
        "MATERIAL_NOT_ALLOCATED",
        "MATERIAL_NOT_ALLOCATED",
        "GAUGE_NOT_AVAILABLE",
    ]
    assert [v.details.get("material") for v in refused.violations[3:]] == ["BAR", "OIL", None]


def test_each_violation_is_listed_with_code_message_and_details() -> None:
    known = order(machine=None, lines=(line(reserved=0),))

    details: dict[str, Any] = refusal_of(known, Action.START).as_error()["details"]  # type: ignore[assignment]

    assert details["violations"] == [
        {
            "code": "WORK_ORDER_NO_MACHINE",
            "message": "Work order WO-2026-00001 has no machine.",
            "details": {"number": "WO-2026-00001"},
        },
        {
            "code": "WORK_ORDER_NO_MATERIALS",
            "message": "Nothing is allocated for work order WO-2026-00001 yet.",
            "details": {"number": "WO-2026-00001", "materials": ["BAR"]},
        },
        {
            "code": "MATERIAL_NOT_ALLOCATED",
            "message": "Only 0 of 50 m BAR is allocated.",
            "details": {"material": "BAR", "required": "50", "allocated": "0", "short": "50", "unit": "m"},
        },
    ]


def test_all_that_stands_in_the_way_of_a_release_is_said_at_once() -> None:
    known = order(S.PLANNED, has_bom=False, bom_cycle=("GEAR", "HUB", "GEAR"))

    found = lifecycle.violations(known, Action.RELEASE)

    assert codes(found) == ["MATERIAL_BOM_NOT_FOUND", "MATERIAL_BOM_CYCLE"]


def test_all_that_stands_in_the_way_of_a_completion_is_said_at_once_in_the_order_of_the_table() -> None:
    known = order(S.IN_PROGRESS, operations=running(10, 20), open_sub_orders=("WO-2", "WO-3"), good=90)

    found = lifecycle.violations(known, Action.COMPLETE)

    assert codes(found) == ["WORK_ORDER_OPEN_OPERATIONS", "WORK_ORDER_OPEN_SUB_ORDERS", "WORK_ORDER_QUANTITY_SHORT"]


def test_all_that_stands_in_the_way_of_a_cancelling_is_said_at_once_in_the_order_of_the_table() -> None:
    known = order(S.IN_PROGRESS, lines=(line(issued=20),))

    found = lifecycle.violations(known, Action.CANCEL)

    assert codes(found) == ["VALIDATION_REQUIRED_FIELD", "WORK_ORDER_HAS_ISSUED_MATERIAL"]


def test_a_resumed_order_asks_for_everything_again_when_it_starts() -> None:
    known = order(S.ON_HOLD, machine=machine(status=MachineStatus.BROKEN), lines=(line(reserved=0),))

    resumed = lifecycle.STEPS[Action.RESUME].to
    start = lifecycle.violations(order(resumed, machine=known.machine, lines=known.lines), Action.START)

    assert lifecycle.violations(known, Action.RESUME) == []
    assert resumed is S.RELEASED
    assert codes(start) == ["MACHINE_BROKEN", "WORK_ORDER_NO_MATERIALS", "MATERIAL_NOT_ALLOCATED"]


def test_a_refusal_of_several_is_overridable_only_if_each_is() -> None:
    overdue = machine(next_maintenance=TODAY - timedelta(days=1))

    alone = refusal_of(order(machine=overdue), Action.START)
    with_another = refusal_of(order(machine=overdue, lines=(line(reserved=Decimal("49.999")),)), Action.START)

    assert alone.overridable
    assert not with_another.overridable
