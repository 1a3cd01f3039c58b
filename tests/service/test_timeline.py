"""What happened to an order and where its time went, told from the log and the clocks."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.queries import as_data
from mfg_desktop.queries.rows import Timeline
from tests.factories import PIN, SUPERVISOR, VIEWER
from tests.service.conftest import Desks
from tests.service.stories import Desk
from tests.service.test_statements import statements

DAY = datetime(2026, 3, 2, 6, tzinfo=UTC)


def at(hours: float) -> str:
    return (DAY + timedelta(hours=hours)).isoformat()


def started(desk: Desk, hours: float = 4) -> str:
    """Create an order at the start of the day and start it some hours later, all of it entered afterwards."""
    number: str = desk.do(
        "work_order.create",
        product="GEAR",
        quantity=100,
        machine="CNC-1",
        planned_start=at(0),
        planned_end=at(24),
        at=at(0),
    )["number"]
    for move in ("plan", "release", "allocate"):
        desk.do(f"work_order.{move}", number=number, at=at(1))
    desk.do("work_order.start", number=number, at=at(hours))
    return number


def told(found: Timeline) -> list[tuple[str, float, float]]:
    """Give each stretch with its first and its last hour of the day."""
    hour = timedelta(hours=1)
    return [(one.state, (one.start - DAY) / hour, (one.end - DAY) / hour) for one in found.stretches]


def minutes(found: Timeline) -> tuple[Decimal, ...]:
    return (found.wait_minutes, found.run_minutes, found.hold_minutes, found.down_minutes, found.lead_minutes)


def finish(desk: Desk, number: str, hours: float) -> None:
    desk.do("work_order.complete", number=number, short_close_reason="enough", at=at(hours))


def test_the_time_of_an_order_is_shared_out_to_waiting_running_and_hold(desk: Desk) -> None:
    number = started(desk)
    desk.do("work_order.hold", number=number, reason="no tool", at=at(6))
    desk.do("work_order.resume", number=number, at=at(6.5))
    desk.do("work_order.start", number=number, at=at(7))
    finish(desk, number, 10)

    found = desk.ask("work_order.timeline", number=number)

    assert (found.number, found.start, found.end) == (number, DAY, DAY + timedelta(hours=10))
    assert told(found) == [("wait", 0, 4), ("run", 4, 6), ("hold", 6, 6.5), ("wait", 6.5, 7), ("run", 7, 10)]
    assert [(one.machine, one.reason) for one in found.stretches[1:3]] == [("CNC-1", None), (None, "no tool")]
    assert minutes(found) == (270, 300, 30, 0, 600)
    assert found.setup_minutes == 0


def test_an_order_held_by_the_stop_of_its_machine_is_down_and_the_stop_is_told(desk: Desk, desks: Desks) -> None:
    number = started(desk)
    desks(SUPERVISOR, terminal="T2").do(
        "machine.set_status", machine="CNC-1", status="BROKEN", reason="spindle", at=at(6)
    )
    desk.do("machine.set_status", machine="CNC-1", status="AVAILABLE", at=at(8))
    desk.do("work_order.resume", number=number, at=at(9))
    desk.do("work_order.start", number=number, at=at(9))
    finish(desk, number, 10)

    found = desk.ask("work_order.timeline", number=number)

    assert told(found) == [("wait", 0, 4), ("run", 4, 6), ("down", 6, 8), ("hold", 8, 9), ("run", 9, 10)]
    assert (found.stretches[2].machine, found.stretches[2].reason) == ("CNC-1", "spindle")
    assert minutes(found) == (240, 180, 60, 120, 600)
    stop = next(event for event in found.events if event.action_type == "MACHINE_STATUS_CHANGE")
    assert (stop.at, stop.badge, stop.terminal) == (DAY + timedelta(hours=6), SUPERVISOR, "T2")
    assert "spindle" in stop.message
    assert number in stop.message


def test_the_events_tell_when_it_happened_and_when_it_was_entered_oldest_first(desk: Desk, desks: Desks) -> None:
    number = started(desk)
    desk.do("work_order.issue", number=number, at=at(5))
    desks(SUPERVISOR).do("work_order.record_output", number=number, good=40, at=at(9))
    desk.do("work_order.record_output", number=number, good=5, at=at(7))
    before = datetime.now(UTC) - timedelta(minutes=10)

    events = desk.ask("work_order.timeline", number=number).events

    assert [(event.action_type, event.at) for event in events] == [
        ("WORK_ORDER_CREATE", DAY),
        ("WORK_ORDER_PLAN", DAY + timedelta(hours=1)),
        ("WORK_ORDER_RELEASE", DAY + timedelta(hours=1)),
        ("MATERIAL_ALLOCATE", DAY + timedelta(hours=1)),
        ("WORK_ORDER_START", DAY + timedelta(hours=4)),
        ("MATERIAL_ISSUE", DAY + timedelta(hours=5)),
        ("PRODUCTION_RECORD", DAY + timedelta(hours=7)),
        ("PRODUCTION_RECORD", DAY + timedelta(hours=9)),
    ]
    assert all(event.entered_at > before for event in events)
    assert (events[-1].badge, events[-1].person_name) == (SUPERVISOR, "Anna Novak")


def test_what_was_refused_is_not_part_of_what_happened(desk: Desk) -> None:
    number = started(desk)
    desk.refused("work_order.start", number=number)

    events = desk.ask("work_order.timeline", number=number).events

    assert [event.action_type for event in events].count("WORK_ORDER_START") == 1


def test_a_second_person_who_lifted_a_refusal_is_named(desk: Desk) -> None:
    number = started(desk)
    desk.do("work_order.issue", number=number)

    desk.do(
        "work_order.issue",
        number=number,
        lines=[{"material": "BAR", "quantity": 1}],
        override={"badge": SUPERVISOR, "pin": PIN, "reason": "one bar was bent"},
    )

    assert desk.ask("work_order.timeline", number=number).events[-1].approver == SUPERVISOR


def test_an_order_that_is_cancelled_with_its_parent_tells_it(desk: Desk) -> None:
    parent = desk.order(status="PLANNED")
    child = desk.order(status="DRAFT", parent=parent)

    desk.do("work_order.cancel", number=parent, reason="not wanted", cancel_sub_orders=True)

    found = desk.ask("work_order.timeline", number=child)
    assert found.events[-1].action_type == "WORK_ORDER_CANCEL"
    assert found.end == desk.detail(child).row.status_since


def test_an_open_order_counts_until_now_and_adds_up(desk: Desk) -> None:
    number = started(desk)

    found = desk.ask("work_order.timeline", number=number)

    assert abs(found.end - datetime.now(UTC)) < timedelta(minutes=5)
    assert (found.stretches[-1].state, found.wait_minutes) == ("run", 240)
    assert sum(minutes(found)[:-1]) == found.lead_minutes
    assert found.lead_minutes == found.lead_minutes.quantize(Decimal("0.001"))


def test_the_time_line_of_an_order_that_is_not_there_is_refused(desks: Desks) -> None:
    with pytest.raises(ManufacturingException) as caught:
        desks(VIEWER).ask("work_order.timeline", number="WO-1")

    assert (caught.value.code, dict(caught.value.details)) == ("WORK_ORDER_NOT_FOUND", {"number": "WO-1"})


def test_the_time_line_reads_as_plain_data(desk: Desk) -> None:
    number = started(desk)
    finish(desk, number, 5)

    data: Any = as_data(desk.ask("work_order.timeline", number=number))

    assert {name: data[name] for name in data if name.endswith("_minutes")} == {
        "wait_minutes": "240",
        "run_minutes": "60",
        "hold_minutes": "0",
        "down_minutes": "0",
        "lead_minutes": "300",
        "setup_minutes": "0",
    }
    assert set(data["events"][0]) >= {"at", "badge", "terminal", "action_type", "message"}


def test_the_time_line_costs_the_same_for_a_short_and_a_long_life(desk: Desk) -> None:
    short, long = desk.order(status="DRAFT"), started(desk)
    for hour in range(5, 25):
        desk.do("work_order.hold", number=long, reason="x", at=at(hour))
        desk.do("work_order.resume", number=long, at=at(hour))
        desk.do("work_order.start", number=long, at=at(hour + 0.5))
    desk.ask("work_order.timeline", number=long)

    with statements(desk) as for_short:
        desk.ask("work_order.timeline", number=short)
    with statements(desk) as for_long:
        desk.ask("work_order.timeline", number=long)

    assert len(for_short) == len(for_long) <= 6


def test_the_time_of_operations_that_run_at_once_is_counted_once(desk: Desk) -> None:
    for process, kind in (("TURN", "CNC_LATHE"), ("MILL", "CNC_MILLING")):
        desk.do("process.create", process_code=process, name=process, machine_type=kind)
    steps = [
        {"sequence": 10, "process": "TURN", "machine": "CNC-2", "setup_minutes": 30},
        {"sequence": 20, "process": "MILL", "machine": "CNC-1", "overlap_quantity": 0},
    ]
    when = {"planned_start": at(0), "planned_end": at(24), "at": at(0)}
    number = desk.do("work_order.create", product="GEAR", quantity=10, operations=steps, **when)["number"]
    for move in ("plan", "release", "allocate", "start", "issue"):
        desk.do(f"work_order.{move}", number=number, at=at(1))
    desk.do("operation.start", number=number, sequence=10, at=at(2))
    desk.do("operation.start", number=number, sequence=20, at=at(4))
    desk.do("operation.pause", number=number, sequence=10, reason="lunch", at=at(5))
    desk.do("operation.pause", number=number, sequence=20, at=at(6))
    desk.do("machine.set_status", machine="CNC-1", status="BROKEN", reason="spindle", at=at(7))
    desk.do("work_order.cancel", number=number, reason="no order", return_material=True, at=at(8))

    found = desk.ask("work_order.timeline", number=number)

    assert told(found) == [("wait", 0, 2), ("run", 2, 2.5), ("run", 2.5, 5), ("run", 5, 6), ("hold", 6, 8)]
    assert [(one.sequence, one.machine, one.setting_up) for one in found.stretches[1:4]] == [
        (10, "CNC-2", True),
        (10, "CNC-2", False),
        (20, "CNC-1", False),
    ]
    assert found.stretches[-1].reason == "lunch"
    assert minutes(found) == (120, 240, 120, 0, 480)
    assert found.setup_minutes == 30
    actions = [event.action_type for event in found.events]
    assert actions[-5:] == [
        "OPERATION_START",
        "OPERATION_START",
        "OPERATION_PAUSE",
        "OPERATION_PAUSE",
        "WORK_ORDER_CANCEL",
    ]
