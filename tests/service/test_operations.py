"""The operations of an order: what they are made from, how they take turns on machines and tooling, and where their pieces and minutes go."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.queries.check import problems
from mfg_desktop.queries.rows import OperationRow
from mfg_desktop.vocabulary import Action, OperationAction, Readiness
from tests.factories import ADMIN, OPERATOR, PIN, PLANNER, SUPERVISOR, TERMINAL
from tests.service.conftest import Desks
from tests.service.stories import Desk
from tests.service.test_races import at_once
from tests.service.test_statements import MORE_ON_SQLITE, statements

DAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
STEPS: tuple[dict[str, Any], ...] = (
    {"sequence": 10, "process": "TURN", "machine": "CNC-2", "cycle_seconds": 60},
    {"sequence": 20, "process": "MILL", "machine": "CNC-1", "overlap_quantity": 5},
    {"sequence": 30, "process": "WASH"},
)


def at(minutes: float) -> str:
    return (DAY + timedelta(minutes=minutes)).isoformat()


def today() -> date:
    return datetime.now(ZoneInfo("Europe/Berlin")).date()


def processes(desk: Desk) -> None:
    for code, kind in (("TURN", "CNC_LATHE"), ("MILL", "CNC_MILLING"), ("WASH", "OTHER")):
        desk.do("process.create", process_code=code, name=code.capitalize(), machine_type=kind)
    desk.do("machine.create", machine="BATH", type="OTHER", department="MACH")


def routing(desk: Desk, *steps: Mapping[str, Any]) -> None:
    """Give the gear a routing in use: turned, milled and washed, if no other steps are named."""
    processes(desk)
    desk.do("workflow.create", product="GEAR", version="A", steps=[dict(step) for step in steps or STEPS])
    desk.do("workflow.submit", product="GEAR", version="A")
    desk.do("workflow.activate", product="GEAR", version="A")


def started(desk: Desk, *, machine: str | None = "BATH", **fields: Any) -> str:
    """Bring an order with operations to the floor, its material issued."""
    number = desk.order(status="IN_PROGRESS", machine=machine, quantity=fields.pop("quantity", 10), **fields)
    desk.do("work_order.issue", number=number)
    return number


def step(desk: Desk, number: str, sequence: int) -> OperationRow:
    return next(row for row in desk.detail(number).operations if row.sequence == sequence)


def go(desk: Desk, verb: str, number: str, sequence: int, **fields: Any) -> dict[str, Any]:
    return desk.do(f"operation.{verb}", number=number, sequence=sequence, **fields)


def clocks(desk: Desk) -> list[tuple[str, float, float | None]]:
    """Tell the clocks of operations in minutes since the day began."""

    def minutes(moment: datetime | None) -> float | None:
        return None if moment is None else (moment - DAY) / timedelta(minutes=1)

    return [
        (row.kind.value, minutes(row.started_at) or 0.0, minutes(row.ended_at))
        for row in desk.rows()["work_clock"]
        if row.operation_id is not None
    ]


def well(desk: Desk) -> bool:
    """Say whether the books agree, added up by hand and by the shop's own check."""
    with desk.shop.database.reading() as connection:
        told = problems(connection)
    return desk.faults() == [] and told == []


# ---------------------------------------------------------------------- where operations come from


def test_an_order_gets_the_steps_of_the_routing_in_use(desk: Desk) -> None:
    routing(desk)

    number = desk.order(status="DRAFT", machine="BATH")

    rows = desk.detail(number).operations
    assert [(row.sequence, row.process, row.machine, row.status.value) for row in rows] == [
        (10, "TURN", "CNC-2", "PLANNED"),
        (20, "MILL", "CNC-1", "PLANNED"),
        (30, "WASH", "BATH", "PLANNED"),
    ]
    assert (rows[0].cycle_seconds, rows[1].overlap_quantity, rows[2].overlap_quantity) == (60, 5, None)


def test_steps_that_are_given_with_the_order_replace_those_of_the_routing(desk: Desk) -> None:
    routing(desk)

    one = desk.order(status="DRAFT", operations=[{"sequence": 5, "process": "WASH", "setup_minutes": "2.5"}])
    none = desk.order(status="DRAFT", operations=[])

    (row,) = desk.detail(one).operations
    assert (row.sequence, row.process, row.machine, row.setup_minutes) == (5, "WASH", "CNC-1", Decimal("2.5"))
    assert desk.detail(none).operations == ()


def test_wrong_steps_are_refused_each_by_its_place(desk: Desk) -> None:
    processes(desk)
    wish = {"product": "GEAR", "quantity": 1, "planned_start": at(0), "planned_end": at(60)}
    given = [
        {"sequence": 0, "process": "TURN"},
        {"sequence": 10, "process": "TURN", "cycle_seconds": -1},
        {"sequence": 10, "process": "NO-SUCH", "machine": "NO-SUCH"},
    ]

    error = desk.refused("work_order.create", **wish, operations=given)

    told = [(one["code"], one["details"].get("field")) for one in error["details"]["violations"]]
    assert told == [
        ("VALIDATION_INVALID_FORMAT", "operations.0.sequence"),
        ("VALIDATION_INVALID_FORMAT", "operations.1.cycle_seconds"),
        ("VALIDATION_DUPLICATE_VALUE", "operations.2.sequence"),
        ("VALIDATION_INVALID_CHOICE", "operations.2.process"),
        ("MACHINE_NOT_FOUND", None),
    ]


# ---------------------------------------------------------------------- a whole life


def test_three_steps_with_overlap_from_the_first_chip_to_the_finished_order(desk: Desk) -> None:
    routing(desk)
    number = started(desk)
    go(desk, "start", number, 10)
    code, details = desk.said("operation.start", number=number, sequence=20)
    assert (code, details["predecessors"], details["overlap_quantity"], details["good"]) == (
        "OPERATION_INVALID_SEQUENCE",
        [10],
        "5",
        "0",
    )

    desk.do("work_order.record_output", number=number, operation=10, good=5)
    milling = go(desk, "start", number, 20)
    assert (milling["operation_status"], milling["machine"], milling["status"]) == (
        "IN_PROGRESS",
        "CNC-1",
        "IN_PROGRESS",
    )
    code, details = desk.said("operation.start", number=number, sequence=30)
    assert (code, details["predecessors"]) == ("OPERATION_INVALID_SEQUENCE", [20])
    assert "overlap_quantity" not in details
    assert {desk.machine(name).work_order for name in ("CNC-1", "CNC-2")} == {number}
    assert well(desk)

    done = go(desk, "complete", number, 10, good=5)
    assert (done["good"], done["operation_status"]) == ("10", "COMPLETED")
    assert desk.machine("CNC-2").work_order is None
    go(desk, "complete", number, 20, good=9, scrapped=1, scrap_reason="burr")
    go(desk, "start", number, 30)
    washed = go(desk, "complete", number, 30, good=9)

    row = desk.detail(number).row
    assert (row.quantity_completed, row.quantity_scrapped) == (9, 1)
    assert desk.lot("GEAR", number).on_hand == 9
    assert desk.lot("GEAR", f"{number}-SCRAP").on_hand == 1
    assert washed["version"] == row.version
    assert [output.operation for output in desk.detail(number).outputs] == [10, 10, 20, 30]
    assert well(desk)
    desk.do("work_order.complete", number=number, short_close_reason="one scrapped")
    assert desk.status(number) == "COMPLETED"
    assert well(desk)


def test_a_step_with_an_overlap_of_nothing_waits_for_nobody(desk: Desk) -> None:
    routing(desk, STEPS[0], {**STEPS[1], "overlap_quantity": 0}, STEPS[2])
    number = started(desk)

    go(desk, "start", number, 20)

    assert step(desk, number, 20).status == "IN_PROGRESS"
    assert well(desk)


def test_an_operation_asks_for_an_order_in_progress(desk: Desk) -> None:
    routing(desk)
    number = desk.order(status="RELEASED", machine="BATH")

    code, details = desk.said("operation.start", number=number, sequence=10)

    assert (code, details["order_status"], details["required_status"]) == (
        "OPERATION_CANNOT_START",
        "RELEASED",
        "IN_PROGRESS",
    )
    assert desk.said("operation.start", number=number, sequence=99)[0] == "OPERATION_NOT_FOUND"
    assert desk.said("operation.start", number=number, sequence=10, machine="NO-SUCH")[0] == "MACHINE_NOT_FOUND"


def test_a_move_out_of_turn_says_who_moved_the_operation_when_and_where(desk: Desk, desks: Desks) -> None:
    routing(desk)
    number = started(desk)
    desks(SUPERVISOR, terminal="T9").do("operation.start", number=number, sequence=10)

    code, details = desk.said("operation.start", number=number, sequence=10)
    assert (code, details["moved_by"], details["terminal"]) == ("OPERATION_ALREADY_STARTED", SUPERVISOR, "T9")
    assert desk.said("operation.resume", number=number, sequence=10)[0] == "OPERATION_ALREADY_STARTED"
    for verb in ("pause", "complete"):
        said = {"good": 1} if verb == "complete" else {}
        code, details = desk.said(f"operation.{verb}", number=number, sequence=20, **said)
        assert (code, details["sequence"], details["current_status"]) == (
            "PRODUCTION_OPERATION_NOT_STARTED",
            20,
            "PLANNED",
        )
    go(desk, "complete", number, 10, good=10)
    for verb in ("start", "pause", "resume", "complete"):
        said = {"good": 1} if verb == "complete" else {}
        assert desk.said(f"operation.{verb}", number=number, sequence=10, **said)[0] == "OPERATION_ALREADY_COMPLETED"


def test_an_order_starts_without_a_machine_when_each_of_its_steps_has_one(desk: Desk) -> None:
    routing(desk)
    number = desk.order(status="RELEASED", machine=None)
    code, details = desk.said("work_order.start", number=number)
    assert (code, details["sequence"]) == ("WORK_ORDER_NO_MACHINE", 30)

    given = [dict(one) for one in STEPS[:2]]
    other = desk.order(status="IN_PROGRESS", machine=None, operations=given, quantity=1)

    assert go(desk, "start", other, 10)["machine"] == "CNC-2"
    assert well(desk)


# ---------------------------------------------------------------------- machines


def test_two_orders_take_turns_on_one_machine(desk: Desk) -> None:
    processes(desk)
    one_step = [{"sequence": 10, "process": "MILL"}]
    first, second = (started(desk, machine="CNC-1", operations=one_step) for _ in range(2))
    assert desk.machine("CNC-1").work_order is None
    go(desk, "start", first, 10)

    code, details = desk.said("operation.start", number=second, sequence=10)
    assert code == "MACHINE_ALREADY_IN_USE"
    assert details.pop("moved_at")
    assert details == {"machine": "CNC-1", "work_order": first, "moved_by": ADMIN, "terminal": TERMINAL}
    go(desk, "pause", first, 10, reason="rush order")
    go(desk, "start", second, 10)
    code, _ = desk.said("operation.resume", number=first, sequence=10)
    assert code == "MACHINE_ALREADY_IN_USE"
    assert well(desk)
    go(desk, "complete", second, 10, good=10)
    go(desk, "resume", first, 10)

    assert (desk.status(first), desk.machine("CNC-1").work_order) == ("IN_PROGRESS", first)
    assert well(desk)


def test_one_machine_does_one_operation_of_an_order_at_a_time(desk: Desk) -> None:
    processes(desk)
    steps = [{"sequence": 10, "process": "MILL"}, {"sequence": 20, "process": "WASH", "overlap_quantity": 0}]
    number = started(desk, machine="CNC-1", operations=steps)
    go(desk, "start", number, 10)

    code, details = desk.said("operation.start", number=number, sequence=20)

    assert (code, details["machine"], details["running_sequence"]) == ("OPERATION_MACHINE_CONFLICT", "CNC-1", 10)
    go(desk, "start", number, 20, machine="BATH")
    assert step(desk, number, 20).machine == "BATH"
    assert well(desk)


def test_an_operation_that_a_breakdown_stopped_goes_on_elsewhere_with_its_quantities(desk: Desk) -> None:
    routing(desk)
    number = started(desk)
    go(desk, "start", number, 10)
    desk.do("work_order.record_output", number=number, operation=10, good=6)
    go(desk, "start", number, 20)

    stopped = desk.do("machine.set_status", machine="CNC-2", status="BROKEN", reason="spindle")

    assert stopped["work_order"] == number
    detail = desk.detail(number)
    assert (detail.row.status, detail.row.hold_reason) == ("ON_HOLD", "spindle")
    assert [row.status.value for row in detail.operations] == ["ON_HOLD", "ON_HOLD", "PLANNED"]
    assert [desk.machine(name).status.value for name in ("CNC-2", "CNC-1")] == ["BROKEN", "AVAILABLE"]
    broken = next(row.id for row in desk.rows()["machine"] if row.code == "CNC-2")
    holds = [row for row in desk.rows()["work_clock"] if row.kind == "HOLD" and row.ended_at is None]
    assert sorted((row.operation_id is None, row.machine_id) for row in holds if row.operation_id is None) == [
        (True, broken)
    ]
    assert len(holds) == 3
    assert well(desk)
    desk.do("work_order.resume", number=number)
    desk.do("work_order.start", number=number)
    assert [row.status.value for row in desk.detail(number).operations] == ["ON_HOLD", "ON_HOLD", "PLANNED"]
    assert desk.said("operation.resume", number=number, sequence=10)[0] == "MACHINE_BROKEN"
    desk.do("machine.create", machine="CNC-3", type="CNC_LATHE", department="MACH")
    resumed = go(desk, "resume", number, 10, machine="CNC-3")
    assert (resumed["machine"], resumed["good"]) == ("CNC-3", "6")
    go(desk, "complete", number, 10, good=4)

    made = {(row.good, row.machine) for row in desk.rows()["production_output"]}
    assert made == {(6, "CNC-2"), (4, "CNC-3")}
    assert desk.detail(number).operations[0].good == 10
    assert well(desk)


def test_an_order_moves_to_another_machine_and_its_operations_without_one_follow(desk: Desk) -> None:
    routing(desk, STEPS[2])
    number = started(desk)
    go(desk, "start", number, 30)
    desk.do("machine.set_status", machine="BATH", status="BROKEN", reason="leak")
    desk.do("work_order.update", number=number, machine="CNC-1")
    desk.do("work_order.resume", number=number)
    desk.do("work_order.start", number=number)

    assert go(desk, "resume", number, 30)["machine"] == "CNC-1"
    assert well(desk)


def test_a_second_person_lifts_the_overdue_maintenance_of_an_operation(desk: Desk, desks: Desks) -> None:
    routing(desk)
    number = started(desk)
    due = today() - timedelta(days=3)
    desk.do("machine.update", machine="CNC-2", next_maintenance=due.isoformat())
    here = desks(OPERATOR, terminal="T4")
    code, details = here.said("operation.start", number=number, sequence=10)
    assert (code, details["machine"], details["days"]) == ("MACHINE_MAINTENANCE_OVERDUE", "CNC-2", 3)
    (blocker,) = step(here, number, 10).blockers[OperationAction.START]
    assert blocker.overridable

    by = {"badge": SUPERVISOR, "pin": PIN, "reason": "tonight"}
    here.do("operation.start", number=number, sequence=10, override=by)

    entry = desk.entries()[-1]
    assert (entry.badge, entry.approver, entry.action_type) == (OPERATOR, SUPERVISOR, "OPERATION_START")
    assert step(desk, number, 10).status == "IN_PROGRESS"


def test_everything_in_the_way_of_an_operation_is_said_at_once(desk: Desk) -> None:
    tooled(desk, next_check=today() - timedelta(days=2))
    number = desk.order(status="RELEASED", machine="BATH", quantity=10)
    code, details = desk.said("work_order.start", number=number)
    assert (code, details["fixture"], details["days"]) == ("FIXTURE_CHECK_OVERDUE", "FX-1", 2)
    desk.do("fixture.record_check", fixture="FX-1", date=today().isoformat())
    desk.do("work_order.start", number=number)
    desk.do("machine.set_status", machine="CNC-1", status="BROKEN", reason="belt")
    desk.do("gauge.set_status", gauge="GA-1", status="CALIBRATION")

    found = desk.codes("operation.start", number=number, sequence=20)

    assert found == ["OPERATION_INVALID_SEQUENCE", "MACHINE_BROKEN", "GAUGE_NOT_AVAILABLE"]


# ---------------------------------------------------------------------- fixture and gauge


def tooled(desk: Desk, *, next_check: date | None = None) -> None:
    """Let the milling of the gear need a fixture and a gauge."""
    checked = (next_check - timedelta(days=90)).isoformat() if next_check is not None else None
    desk.do("fixture.create", code="FX-1", name="Vice", fixture_type="vice", last_checked=checked)
    desk.do("gauge.create", code="GA-1", name="Caliper")
    routing(desk, STEPS[0], {**STEPS[1], "fixture": "FX-1", "gauge": "GA-1"}, STEPS[2])


def tool_status(desk: Desk) -> tuple[str, str]:
    rows = desk.rows()
    return rows["fixture"][0].status.value, rows["gauge"][0].status.value


def test_fixture_and_gauge_are_in_use_exactly_while_their_operation_runs(desk: Desk) -> None:
    tooled(desk)
    number = started(desk)
    go(desk, "start", number, 10)
    assert tool_status(desk) == ("AVAILABLE", "AVAILABLE")
    go(desk, "complete", number, 10, good=10)
    go(desk, "start", number, 20)
    assert tool_status(desk) == ("IN_USE", "IN_USE")
    assert well(desk)

    other = started(desk)
    go(desk, "start", other, 10)
    desk.do("work_order.record_output", number=other, operation=10, good=10)
    error = desk.refused("operation.start", number=other, sequence=20, machine="BATH")
    told = [(one["code"], one["details"].get("work_order")) for one in error["details"]["violations"]]
    assert told == [("FIXTURE_NOT_AVAILABLE", number), ("GAUGE_NOT_AVAILABLE", number)]
    assert desk.detail(other).row.tooling is Readiness.PARTLY
    assert desk.detail(number).row.tooling is Readiness.READY
    blockers = step(desk, other, 20).blockers[OperationAction.START]
    assert [(one.code, one.details.get("work_order")) for one in blockers] == [
        ("MACHINE_ALREADY_IN_USE", number),
        ("FIXTURE_NOT_AVAILABLE", number),
        ("GAUGE_NOT_AVAILABLE", number),
    ]

    for verb in ("pause", "resume", "complete"):
        go(desk, verb, number, 20, **({"good": 1} if verb == "complete" else {}))
        assert tool_status(desk) == (("IN_USE", "IN_USE") if verb == "resume" else ("AVAILABLE", "AVAILABLE"))
    assert well(desk)


@pytest.mark.parametrize("ending", ["hold", "cancel"])
def test_holding_and_cancelling_an_order_frees_machines_and_tooling(desk: Desk, ending: str) -> None:
    tooled(desk)
    number = started(desk)
    go(desk, "start", number, 10)
    desk.do("work_order.record_output", number=number, operation=10, good=5)
    go(desk, "start", number, 20)

    desk.do(
        f"work_order.{ending}", number=number, reason="x", **({"return_material": True} if ending == "cancel" else {})
    )

    assert tool_status(desk) == ("AVAILABLE", "AVAILABLE")
    assert [desk.machine(name).status.value for name in ("CNC-1", "CNC-2")] == ["AVAILABLE", "AVAILABLE"]
    expected = ["ON_HOLD", "ON_HOLD", "PLANNED"] if ending == "hold" else ["CANCELLED"] * 3
    assert [row.status.value for row in desk.detail(number).operations] == expected
    assert well(desk)


def test_a_card_tells_from_afar_whether_the_tooling_is_ready(desk: Desk) -> None:
    tooled(desk, next_check=today() + timedelta(days=5))
    number = desk.order(status="RELEASED", machine="BATH")
    plain = desk.order(status="RELEASED", product="BAR", machine="BATH")

    def lights() -> tuple[Readiness, Readiness]:
        rows = {row.number: row for row in desk.ask("work_order.list").rows}
        assert rows[number].tooling is desk.detail(number).row.tooling
        return rows[number].tooling, rows[plain].tooling

    assert lights() == (Readiness.PARTLY, Readiness.NOT_NEEDED), "due in five days"
    desk.do("fixture.record_check", fixture="FX-1", date=today().isoformat())
    assert lights()[0] is Readiness.READY
    desk.do("gauge.set_status", gauge="GA-1", status="BROKEN")
    assert lights()[0] is Readiness.MISSING
    error = desk.refused("work_order.start", number=number)
    assert (error["code"], error["details"]["current_status"]) == ("GAUGE_NOT_AVAILABLE", "BROKEN")


def test_a_card_tells_whether_the_machine_of_the_next_step_is_ready(desk: Desk) -> None:
    routing(desk)
    number = started(desk)
    assert desk.detail(number).row.machine_ready is Readiness.READY

    desk.do("machine.set_status", machine="CNC-2", status="BROKEN", reason="x")

    assert desk.detail(number).row.machine_ready is Readiness.MISSING
    (row,) = desk.ask("work_order.list").rows
    assert row.machine_ready is Readiness.MISSING


# ---------------------------------------------------------------------- clocks


def test_setting_up_ends_by_plan_and_the_rest_follows_after_a_pause(desk: Desk) -> None:
    routing(desk, {"sequence": 10, "process": "MILL", "machine": "CNC-1", "setup_minutes": 30})
    number = late(desk)
    go(desk, "start", number, 10, at=at(10))
    go(desk, "pause", number, 10, at=at(30))
    go(desk, "resume", number, 10, at=at(60))
    go(desk, "pause", number, 10, at=at(90))
    go(desk, "resume", number, 10, at=at(100))
    go(desk, "complete", number, 10, good=10, at=at(120))

    assert clocks(desk) == [
        ("SETUP", 10, 30),
        ("HOLD", 30, 60),
        ("SETUP", 60, 70),
        ("RUN", 70, 90),
        ("HOLD", 90, 100),
        ("RUN", 100, 120),
    ]
    row = step(desk, number, 10)
    assert (row.setup_spent_minutes, row.run_spent_minutes) == (30, 40)
    assert (row.started_at, row.ended_at) == (DAY + timedelta(minutes=10), DAY + timedelta(minutes=120))
    assert well(desk)


def test_setting_up_ends_with_the_first_pieces(desk: Desk) -> None:
    routing(desk, {"sequence": 10, "process": "MILL", "machine": "CNC-1", "setup_minutes": 30})
    number = late(desk)
    go(desk, "start", number, 10, at=at(0))
    desk.do("work_order.record_output", number=number, good=1, at=at(12))
    go(desk, "pause", number, 10, at=at(20))
    go(desk, "resume", number, 10, at=at(25))
    go(desk, "pause", number, 10, at=at(40))

    assert clocks(desk) == [
        ("SETUP", 0, 12),
        ("RUN", 12, 20),
        ("HOLD", 20, 25),
        ("RUN", 25, 40),
        ("HOLD", 40, None),
    ]
    assert well(desk)


def test_a_hold_ends_an_open_setup_where_its_plan_ended(desk: Desk) -> None:
    routing(desk, {"sequence": 10, "process": "MILL", "machine": "CNC-1", "setup_minutes": 30})
    number = late(desk)
    go(desk, "start", number, 10, at=at(0))
    row = step(desk, number, 10)
    assert row.setup_spent_minutes == 30, "nobody has ended it, and yet its time is up"
    assert row.run_spent_minutes > 60

    desk.do("work_order.hold", number=number, reason="x", at=at(45))

    assert clocks(desk) == [("SETUP", 0, 30), ("RUN", 30, 45), ("HOLD", 45, None)]
    assert well(desk)


def test_a_hold_of_two_operations_ends_each_setup_by_its_own_plan(desk: Desk) -> None:
    routing(
        desk,
        {"sequence": 10, "process": "MILL", "machine": "CNC-1", "setup_minutes": 10},
        {"sequence": 20, "process": "MILL", "machine": "CNC-2", "setup_minutes": 30, "overlap_quantity": 0},
    )
    number = late(desk)
    go(desk, "start", number, 10, at=at(0))
    go(desk, "pause", number, 10, at=at(4))
    go(desk, "resume", number, 10, at=at(6))
    go(desk, "start", number, 20, at=at(6))

    desk.do("work_order.hold", number=number, reason="x", at=at(34))

    assert sorted(row for row in clocks(desk) if row[0] != "HOLD") == [
        ("RUN", 12, 34),
        ("SETUP", 0, 4),
        ("SETUP", 6, 12),
        ("SETUP", 6, 34),
    ]
    for move in ("resume", "start"):
        desk.do(f"work_order.{move}", number=number, at=at(40))
    for sequence in (10, 20):
        go(desk, "resume", number, sequence, at=at(40))
    # Of the second one two minutes are left, and nothing of the first.
    assert [row[0] for row in clocks(desk) if row[1] == 40] == ["RUN", "SETUP"]
    assert well(desk)


def test_a_hold_at_the_end_of_a_setup_leaves_no_run_behind_it(desk: Desk) -> None:
    routing(desk, {"sequence": 10, "process": "MILL", "machine": "CNC-1", "setup_minutes": 30})
    number = late(desk)
    go(desk, "start", number, 10, at=at(0))

    desk.do("work_order.hold", number=number, reason="x", at=at(30))

    assert [row for row in clocks(desk) if row[0] != "HOLD"] == [("SETUP", 0, 30)]
    assert well(desk)


def test_a_late_entry_does_not_go_before_what_it_follows(desk: Desk) -> None:
    routing(desk, {"sequence": 10, "process": "MILL", "machine": "CNC-1"})
    number = late(desk)
    go(desk, "start", number, 10, at=at(10))

    assert desk.said("operation.pause", number=number, sequence=10, at=at(5))[0] == "VALIDATION_INVALID_TIME"
    assert desk.said("work_order.record_output", number=number, good=1, at=at(5))[0] == "VALIDATION_INVALID_TIME"
    go(desk, "pause", number, 10, at=at(10))
    assert clocks(desk) == [("RUN", 10, 10), ("HOLD", 10, None)]
    assert well(desk)


def late(desk: Desk) -> str:
    """Write down afterwards that an order came to the floor as the day began."""
    wish = {"product": "GEAR", "quantity": 10, "machine": "BATH", "planned_start": at(0), "planned_end": at(600)}
    number: str = desk.do("work_order.create", **wish, at=at(-10))["number"]
    for move in ("plan", "release", "allocate", "start", "issue"):
        desk.do(f"work_order.{move}", number=number, at=at(-5))
    return number


# ---------------------------------------------------------------------- pieces


def test_only_the_last_operation_makes_finished_pieces_and_each_has_its_own_limit(desk: Desk) -> None:
    routing(desk)
    number = started(desk)
    go(desk, "start", number, 10)
    answer = desk.do("work_order.record_output", number=number, operation=10, good=10)
    assert (answer["quantity_completed"], answer["sequence"], answer["operation_good"]) == ("0", 10, "10")
    code, details = desk.said("work_order.record_output", number=number, operation=10, good=1)
    assert (code, details["sequence"], details["reported"], details["limit"]) == (
        "PRODUCTION_OUTPUT_EXCEEDS_ORDER",
        10,
        "10",
        "10",
    )
    code, details = desk.said("work_order.record_output", number=number, good=1)
    assert (code, details["sequence"], details["current_status"]) == ("PRODUCTION_OPERATION_NOT_STARTED", 30, "PLANNED")
    assert desk.said("work_order.record_output", number=number, operation=7, good=1)[0] == "OPERATION_NOT_FOUND"
    assert desk.ask("stock.list", material="GEAR").rows == ()

    go(desk, "complete", number, 10, good=0)

    code, _ = desk.said("work_order.record_output", number=number, operation=10, good=1)
    assert code == "PRODUCTION_ALREADY_COMPLETED"
    assert len(desk.detail(number).outputs) == 1
    assert well(desk)


def test_material_is_used_by_the_pieces_of_its_operation(desk: Desk) -> None:
    lines = [
        {"component": "BAR", "quantity": "0.5"},
        {"component": "NUT", "quantity": 4, "issue_method": "BACKFLUSH", "operation_sequence": 30},
    ]
    desk.do("bom.set", product="GEAR", lines=lines)
    routing(desk, STEPS[0], {**STEPS[1], "overlap_quantity": 0}, {**STEPS[2], "overlap_quantity": 0})
    number = started(desk)
    for sequence in (10, 20, 30):
        go(desk, "start", number, sequence)

    desk.do("work_order.record_output", number=number, operation=10, good=6, scrapped=2, scrap_reason="x")
    assert (desk.line(number, "BAR").consumed, desk.line(number, "NUT").consumed) == (4, 0)
    desk.do("work_order.record_output", number=number, operation=20, good=6)
    assert (desk.line(number, "BAR").consumed, desk.line(number, "NUT").consumed) == (4, 0)
    washed = desk.do("work_order.record_output", number=number, operation=30, good=5, scrapped=1, scrap_reason="x")
    assert (desk.line(number, "BAR").consumed, desk.line(number, "NUT").consumed) == (4, 24)
    assert well(desk)

    desk.do("work_order.reverse_output", number=number, output=washed["output"], reason="counted twice")

    row = desk.detail(number).row
    assert (row.quantity_completed, row.quantity_scrapped) == (0, 2)
    assert (desk.line(number, "BAR").consumed, desk.line(number, "NUT").consumed) == (4, 0)
    assert [(one.good, one.scrapped) for one in desk.detail(number).operations] == [(6, 2), (6, 0), (0, 0)]
    assert desk.lot("GEAR", number).on_hand == 0
    assert well(desk)


def test_taking_back_the_output_of_a_step_in_the_middle_leaves_the_finished_pieces(desk: Desk) -> None:
    routing(desk, STEPS[0], {**STEPS[1], "overlap_quantity": 0}, {**STEPS[2], "overlap_quantity": 0})
    number = started(desk)
    for sequence in (10, 30):
        go(desk, "start", number, sequence)
    turned = desk.do("work_order.record_output", number=number, operation=10, good=4, scrapped=1, scrap_reason="x")
    desk.do("work_order.record_output", number=number, good=3)

    answer = desk.do("work_order.reverse_output", number=number, output=turned["output"], reason="wrong order")

    assert (answer["quantity_completed"], answer["quantity_scrapped"]) == ("3", "0")
    assert desk.lot("GEAR", number).on_hand == 3
    assert step(desk, number, 10).good == 0
    assert well(desk)


# ---------------------------------------------------------------------- the end of an order


def test_an_order_with_a_running_operation_is_not_completed(desk: Desk) -> None:
    routing(desk)
    number = started(desk)
    go(desk, "start", number, 10)

    error = desk.refused("work_order.complete", number=number, short_close_reason="x")

    assert (error["code"], error["details"]["operations"]) == ("WORK_ORDER_OPEN_OPERATIONS", [10])
    go(desk, "pause", number, 10)
    desk.do("work_order.complete", number=number, short_close_reason="x")
    assert [row.status.value for row in desk.detail(number).operations] == ["CANCELLED"] * 3
    assert well(desk)


def test_what_may_be_done_is_told_per_operation(desk: Desk, desks: Desks) -> None:
    routing(desk)
    number = started(desk)
    go(desk, "start", number, 10)
    first, second, _ = desk.detail(number).operations

    assert first.actions == (OperationAction.COMPLETE, OperationAction.PAUSE)
    assert [one.code for one in first.blockers[OperationAction.START]] == ["OPERATION_ALREADY_STARTED"]
    assert second.actions == ()
    assert [one.code for one in second.blockers[OperationAction.START]] == ["OPERATION_INVALID_SEQUENCE"]
    planner = desks(PLANNER).detail(number)
    assert planner.operations[0].actions == ()
    assert {one.code for refused in planner.operations[0].blockers.values() for one in refused} == {"PERMISSION_DENIED"}
    blocked = desk.detail(number).blockers
    assert [one.code for one in blocked[Action.COMPLETE]] == ["WORK_ORDER_OPEN_OPERATIONS", "WORK_ORDER_QUANTITY_SHORT"]
    go(desk, "pause", number, 10)
    paused = desk.detail(number)
    assert paused.operations[0].actions == (OperationAction.RESUME,)
    assert [one.code for one in paused.blockers[Action.RECORD_OUTPUT]] == ["PRODUCTION_OPERATION_NOT_STARTED"]


def test_sub_orders_are_offered_while_there_is_a_part_to_make(desk: Desk) -> None:
    number = desk.order(status="DRAFT")
    assert desk.detail(number).parts_to_make == 0
    desk.do("product.create", stock_code="HUB", name="Hub", type="SEMI_FINISHED", unit="pcs")
    desk.do("bom.set", product="HUB", lines=[{"component": "BAR", "quantity": 1}])
    desk.do("bom.set", product="GEAR", lines=[{"component": "HUB", "quantity": 2}])
    assert desk.detail(number).parts_to_make == 1
    assert Action.CREATE_SUB_ORDERS in desk.detail(number).actions

    desk.do("work_order.create_sub_orders", number=number)

    detail = desk.detail(number)
    assert detail.parts_to_make == 0
    # A second call would add none, and is no refusal.
    assert Action.CREATE_SUB_ORDERS in detail.actions
    (part,) = detail.sub_orders
    assert (part.product, part.product_name, part.quantity, part.quantity_completed, part.unit) == (
        "HUB",
        "Hub",
        200,
        0,
        "pcs",
    )


# ---------------------------------------------------------------------- lists


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sort", ["urgency", "material", "number", "planned_start", "planned_end"])
def test_a_list_is_sorted_as_asked_across_its_pages(desk: Desk, sort: str, descending: bool) -> None:
    whole = []
    for place, priority in ((3, "LOW"), (1, "HIGH"), (2, "LOW"), (1, "LOW"), (5, "URGENT")):
        start, end = DAY + timedelta(days=place), DAY + timedelta(days=20 - place)
        number = desk.order(
            status="DRAFT", priority=priority, planned_start=start.isoformat(), planned_end=end.isoformat()
        )
        if priority == "LOW":
            desk.do("work_order.allocate", number=number)
        rank = ("URGENT", "HIGH", "MEDIUM", "LOW").index(priority)
        keys = {
            "urgency": (rank, end),
            "material": (priority == "LOW", end),
            "number": number,
            "planned_start": start,
            "planned_end": end,
        }
        whole.append((keys[sort], number))

    listed, after = [], None
    for _ in range(3):
        page = desk.ask("work_order.list", sort=sort, descending=descending, limit=2, after=after)
        listed += [row.number for row in page.rows]
        after = page.next

    assert after is None
    assert listed == [number for _, number in sorted(whole, reverse=descending)]


def test_a_place_in_one_list_is_no_place_in_another(desk: Desk) -> None:
    for _ in range(2):
        desk.order(status="DRAFT")
    place = desk.ask("work_order.list", sort="planned_end", limit=1).next

    with pytest.raises(ManufacturingException) as refused:
        desk.ask("work_order.list", sort="planned_start", after=place)

    assert (refused.value.code, refused.value.details["field"]) == ("VALIDATION_INVALID_FORMAT", "after")


# ---------------------------------------------------------------------- races


def test_of_two_terminals_that_start_the_same_operation_one_wins_and_the_other_hears_who(
    desk: Desk, desks: Desks
) -> None:
    processes(desk)
    number = started(desk, machine="CNC-1", operations=[{"sequence": 10, "process": "MILL"}])
    both = {ADMIN: desks(ADMIN, terminal="North"), SUPERVISOR: desks(SUPERVISOR, terminal="South")}
    wins = Counter[str]()
    verb = "start"

    for _ in range(50):
        results = at_once(*(lambda here=here, verb=verb: go(here, verb, number, 10) for here in both.values()))
        told = dict(zip(both, results, strict=True))
        winner, loser = sorted(both, key=lambda badge: told[badge][0])
        assert (told[winner][0], told[loser][0]) == ("", "OPERATION_ALREADY_STARTED")
        details = told[loser][1]
        assert (details["moved_by"], details["terminal"]) == (winner, both[winner].actor.terminal)
        wins[winner] += 1
        go(both[winner], "pause", number, 10)
        verb = "resume"

    assert wins.total() == 50
    assert well(desk)


def test_orders_that_want_the_same_machine_and_fixture_never_share_them(desk: Desk, desks: Desks) -> None:
    tooled(desk)
    orders = [started(desk) for _ in range(2)]
    for number in orders:
        go(desk, "start", number, 10)
        go(desk, "complete", number, 10, good=10)
    here, there = desks(terminal="North"), desks(terminal="South")
    verb = dict.fromkeys(orders, "start")

    for _ in range(15):
        # On machines of their own they meet at the fixture.
        results = at_once(
            lambda: go(here, verb[orders[0]], orders[0], 20, machine="CNC-1"),
            lambda: go(there, verb[orders[1]], orders[1], 20, machine="BATH"),
        )
        assert sorted(code for code, _ in results) == ["", "FIXTURE_NOT_AVAILABLE"]
        won = next(number for number, (code, _) in zip(orders, results, strict=True) if not code)
        go(desk, "pause", won, 20)
        verb[won] = "resume"

    assert well(desk)


def test_a_busy_floor_with_operations_never_sees_a_deadlock_and_its_books_add_up(desk: Desk, desks: Desks) -> None:
    tooled(desk)
    orders = [started(desk, quantity=500) for _ in range(3)]
    terminals = [desks(terminal=f"T{index}") for index in range(4)]
    said: dict[str, dict[str, Any]] = {"complete": {"good": 1}, "pause": {"reason": "x"}, "hold": {"reason": "x"}}

    def shift(here: Desk, seed: int) -> list[str]:
        chance, codes = Random(seed), []
        for _ in range(25):
            number, sequence = chance.choice(orders), chance.choice((10, 10, 20, 30))
            try:
                if chance.random() < 0.15:
                    machine, status = chance.choice(("CNC-1", "CNC-2")), chance.choice(("BROKEN", "AVAILABLE"))
                    here.do("machine.set_status", machine=machine, status=status, reason="x")
                elif chance.random() < 0.3:
                    here.do("work_order.record_output", number=number, operation=sequence, good=5)
                elif chance.random() < 0.3:
                    verb = chance.choice(("hold", "resume", "start", "start"))
                    here.do(f"work_order.{verb}", number=number, **said.get(verb, {}))
                else:
                    verb = chance.choice(("start", "start", "resume", "resume", "pause", "complete"))
                    go(here, verb, number, sequence, **said.get(verb, {}))
            except ManufacturingException as refused:
                codes.append(refused.code)
        return codes

    results = at_once(*(lambda here=here, seed=seed: shift(here, seed) for seed, here in enumerate(terminals)))

    refused = Counter(code for _, codes in results for code in codes)
    assert [code for code in refused if code.startswith("SYSTEM_")] == []
    assert well(desk)
    assert desk.shop.verify().broken_at is None


# ---------------------------------------------------------------------- what it costs

# A life with one operation at work: what each step costs on PostgreSQL. Setting up, a fixture and a gauge are in it.
COSTS: tuple[tuple[str, dict[str, Any], int], ...] = (
    ("work_order.start", {}, 9),
    ("operation.start", {"sequence": 10}, 14),
    ("work_order.record_output", {"operation": 10, "good": 1}, 17),
    ("operation.pause", {"sequence": 10}, 15),
    ("operation.resume", {"sequence": 10}, 15),
    ("operation.complete", {"sequence": 10, "good": 1}, 24),
    ("work_order.hold", {"reason": "x"}, 6),
    ("work_order.resume", {}, 5),
    ("work_order.cancel", {"reason": "x", "return_material": True}, 19),
)


def costs(desk: Desk, version: str, steps: int) -> list[tuple[str, int]]:
    """Count the statements of a life with so many operations, and of asking for the order at its end."""
    step = {"process": "MILL", "machine": "CNC-1", "setup_minutes": 30, "fixture": "FX-1", "gauge": "GA-1"}
    given = [{"sequence": 10 * place, **step} for place in range(1, steps + 1)]
    desk.do("workflow.create", product="GEAR", version=version, steps=given)
    desk.do("workflow.submit", product="GEAR", version=version)
    desk.do("workflow.activate", product="GEAR", version=version)
    number = desk.order(status="RELEASED", machine="BATH", quantity=10)
    desk.do("work_order.issue", number=number)
    told = []
    for command, fields, _ in COSTS:
        with statements(desk) as sent:
            desk.do(command, number=number, **fields)
        told.append((command, len(sent)))
    with statements(desk) as sent:
        desk.ask("work_order.get", number=number)
    return [*told, ("work_order.get", len(sent))]


def test_an_operation_costs_the_same_among_two_and_among_twenty(desk: Desk) -> None:
    tooled(desk)

    few, many = costs(desk, "B", 2), costs(desk, "C", 20)

    on_postgres = desk.shop.database.on_postgres
    of_commands = [(command, cost + (0 if on_postgres else MORE_ON_SQLITE)) for command, _, cost in COSTS]
    assert few == [*of_commands, ("work_order.get", 10 if on_postgres else 11)]
    assert many == few


def test_a_machine_tells_the_pieces_of_the_operation_that_runs_on_it(desk: Desk) -> None:
    processes(desk)
    steps = [{"sequence": 10, "process": "MILL"}, {"sequence": 20, "process": "WASH", "overlap_quantity": 0}]
    number = started(desk, machine="CNC-1", operations=steps)
    desk.do("operation.start", number=number, sequence=10)
    desk.do("work_order.record_output", number=number, operation=10, good=3, scrapped=1, scrap_reason="burr")

    row = desk.ask("machine.get", machine="CNC-1").row

    assert (row.sequence, row.good, row.scrapped) == (10, 3, 1)
    # The good of the order is that of its last operation, which has made none yet.
    assert row.quantity_completed == 0


def test_a_machine_tells_the_pieces_of_an_order_without_operations(desk: Desk) -> None:
    number = started(desk, machine="CNC-1", operations=[])
    desk.do("work_order.record_output", number=number, good=3)

    row = desk.ask("machine.get", machine="CNC-1").row

    assert (row.sequence, row.good, row.scrapped, row.quantity_completed) == (None, 3, 0, 3)
