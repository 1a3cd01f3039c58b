"""The board's time line: what is planned on each machine, what overlaps, and what really happened."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.queries.rows import PlannedBar, Schedule
from tests.service.stories import Desk
from tests.service.test_statements import statements

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def at(hours: float) -> str:
    """So many hours after the start of the window."""
    return (MONDAY + timedelta(hours=hours)).isoformat()


def schedule(desk: Desk, start: float = 0, end: float = 48, **more: Any) -> Schedule:
    found: Schedule = desk.ask("machine.schedule", **{"from": at(start), "to": at(end)}, **more)
    return found


def planned(desk: Desk, start: float, end: float, **more: Any) -> str:
    given = {"status": "PLANNED", "product": "BAR", "planned_start": at(start), "planned_end": at(end), **more}
    return desk.order(**given)


def bars(found: Schedule, machine: str) -> list[tuple[str, int | None, float, float]]:
    (row,) = [row for row in found.rows if row.machine == machine]
    return [told(bar) for bar in row.planned]


def told(bar: PlannedBar) -> tuple[str, int | None, float, float]:
    start, end = ((moment - MONDAY) / timedelta(hours=1) for moment in (bar.planned_start, bar.planned_end))
    return bar.number, bar.sequence, start, end


def flagged(found: Schedule) -> list[tuple[str, int | None]]:
    return [(bar.number, bar.sequence) for row in found.rows for bar in row.planned if bar.overlaps]


def processes(desk: Desk) -> None:
    desk.do("process.create", process_code="MILL", name="Milling", machine_type="CNC_MILLING")
    desk.do("process.create", process_code="TURN", name="Turning", machine_type="CNC_LATHE", run_minutes=1)


def test_orders_lie_on_their_machines_in_the_order_of_their_planned_times(desk: Desk) -> None:
    later = planned(desk, 10, 14, machine="CNC-1")
    sooner = planned(desk, 2, 6, machine="CNC-1")
    elsewhere = planned(desk, 0, 48, machine="CNC-2")
    nowhere = planned(desk, 0, 4, machine=None)
    planned(desk, 48, 50, machine="CNC-1")
    cancelled = planned(desk, 3, 9, machine="CNC-1")
    desk.do("work_order.cancel", number=cancelled, reason="x")

    found = schedule(desk)

    assert [row.machine for row in found.rows] == ["CNC-1", "CNC-2"]
    assert bars(found, "CNC-1") == [(sooner, None, 2, 6), (later, None, 10, 14)]
    assert bars(found, "CNC-2") == [(elsewhere, None, 0, 48)]
    assert [told(bar) for bar in found.unassigned] == [(nowhere, None, 0, 4)]
    assert flagged(found) == []
    assert all(bar.overdue for row in found.rows for bar in row.planned)


def test_the_operations_of_an_order_share_its_planned_time_by_their_setup_and_cycles(desk: Desk) -> None:
    processes(desk)
    steps = [
        {"sequence": 10, "process": "MILL", "machine": "CNC-1", "setup_minutes": 50, "cycle_seconds": 30},
        {"sequence": 20, "process": "TURN", "machine": "CNC-2"},
        {"sequence": 30, "process": "MILL", "cycle_seconds": 60},
    ]

    number = planned(desk, 0, 9, machine=None, quantity=100, operations=steps)

    found = schedule(desk)
    assert bars(found, "CNC-1") == [(number, 10, 0, 3)]
    assert bars(found, "CNC-2") == [(number, 20, 3, 6)]
    assert [told(bar) for bar in found.unassigned] == [(number, 30, 6, 9)]
    assert bars(schedule(desk, 3, 5), "CNC-1") == []


def test_operations_share_the_planned_time_equally_when_one_of_them_is_not_known(desk: Desk) -> None:
    processes(desk)
    steps = [
        {"sequence": 10, "process": "MILL", "setup_minutes": 500},
        {"sequence": 20, "process": "TURN", "machine": "CNC-2", "cycle_seconds": 1},
    ]

    number = planned(desk, 0, 8, machine="CNC-1", operations=steps)

    found = schedule(desk)
    assert (bars(found, "CNC-1"), bars(found, "CNC-2")) == ([(number, 10, 0, 4)], [(number, 20, 4, 8)])


def test_bars_of_one_machine_that_share_time_are_flagged_and_those_that_only_meet_are_not(desk: Desk) -> None:
    long = planned(desk, 0, 20, machine="CNC-1")
    inside = planned(desk, 2, 4, machine="CNC-1")
    inside_too = planned(desk, 10, 20, machine="CNC-1")
    planned(desk, 20, 24, machine="CNC-1")
    planned(desk, 0, 20, machine="CNC-2")

    assert flagged(schedule(desk)) == [(long, None), (inside, None), (inside_too, None)]


def test_what_is_finished_is_shown_and_in_nobodys_way(desk: Desk) -> None:
    done = planned(desk, 0, 10, machine="CNC-1", status="DRAFT", at=at(-5))
    for hour, move in ((-4, "plan"), (-3, "release"), (1, "start"), (6, "complete")):
        said = {"short_close_reason": "enough"} if move == "complete" else {}
        desk.do(f"work_order.{move}", number=done, at=at(hour), **said)
    planned(desk, 5, 15, machine="CNC-1")

    found = schedule(desk)

    (bar, _) = found.rows[0].planned
    assert (bar.number, bar.status, bar.overdue) == (done, "COMPLETED", False)
    assert (bar.actual_start, bar.actual_end) == (MONDAY + timedelta(hours=1), MONDAY + timedelta(hours=6))
    assert flagged(found) == []
    assert [(one.state, one.start, one.end, one.work_order) for one in found.rows[0].actual] == [
        ("RUN", bar.actual_start, bar.actual_end, done)
    ]


def test_what_happened_is_cut_to_the_window_and_ends_at_the_moment_of_asking(desk: Desk) -> None:
    number = planned(desk, 0, 10, machine="CNC-1", status="DRAFT", at=at(-5))
    for hour, move in ((-4, "plan"), (-3, "release"), (-2, "start")):
        desk.do(f"work_order.{move}", number=number, at=at(hour))
    desk.do("downtime.record", machine="CNC-1", start=at(3), end=at(4), category="OTHER", reason="fair")

    now = datetime.now(UTC)
    around = {"from": (now - timedelta(hours=1)).isoformat(), "to": (now + timedelta(hours=1)).isoformat()}

    past, present = schedule(desk, 0, 6), desk.ask("machine.schedule", **around)

    assert [
        (one.state.value, (one.start - MONDAY) / timedelta(hours=1), (one.end - MONDAY) / timedelta(hours=1))
        for one in past.rows[0].actual
    ] == [("RUN", 0, 3), ("DOWN", 3, 4), ("RUN", 4, 6)]
    assert past.rows[0].actual[1].reason == "fair"
    assert past.rows[1].actual == ()
    # It was planned for March and runs still.
    assert [bar.number for bar in present.rows[0].planned] == [number]
    (running,) = present.rows[0].actual
    assert (running.start, running.end) == (present.start, present.now)


def test_a_window_may_lie_in_the_future_and_be_narrowed_to_a_department(desk: Desk) -> None:
    desk.do("department.create", code="ASM", name="Assembly")
    desk.do("machine.create", machine="A-1", type="ASSEMBLY", department="ASM")
    soon = datetime.now(UTC) + timedelta(days=5)
    times = {"planned_start": soon.isoformat(), "planned_end": (soon + timedelta(hours=4)).isoformat()}
    number = desk.order(status="PLANNED", product="BAR", machine="A-1", **times)
    desk.order(status="PLANNED", product="BAR", machine=None, department="MACH", **times)
    window = {"from": soon.isoformat(), "to": (soon + timedelta(days=1)).isoformat()}

    found: Schedule = desk.ask("machine.schedule", **window, department="ASM")

    assert [(row.machine, [bar.number for bar in row.planned], row.actual) for row in found.rows] == [
        ("A-1", [number], ())
    ]
    assert found.unassigned == ()
    assert len(desk.ask("machine.schedule", **window, department="MACH").unassigned) == 1


def test_a_retired_machine_is_shown_only_where_something_happened(desk: Desk) -> None:
    desk.do("downtime.record", machine="CNC-2", start=at(3), end=at(4), category="OTHER", reason="fair")
    desk.do("machine.set_status", machine="CNC-2", status="RETIRED")

    assert [row.machine for row in schedule(desk).rows] == ["CNC-1", "CNC-2"]
    assert [row.machine for row in schedule(desk, 100, 110).rows] == ["CNC-1"]


@pytest.mark.parametrize(("start", "end"), [(5, 5), (5, 0), (0, 24 * 31 + 2)])
def test_a_window_is_no_longer_than_a_month_and_ends_after_its_start(desk: Desk, start: float, end: float) -> None:
    with pytest.raises(ManufacturingException) as caught:
        schedule(desk, start, end)

    assert (caught.value.code, caught.value.details["field"]) == ("VALIDATION_INVALID_TIME", "to")


def test_a_schedule_costs_the_same_for_one_order_and_for_thirty(desk: Desk) -> None:
    processes(desk)
    steps = [{"sequence": 10, "process": "MILL", "machine": "CNC-1"}, {"sequence": 20, "process": "TURN"}]
    planned(desk, 0, 10, machine="CNC-2", operations=steps)
    with statements(desk) as few:
        schedule(desk)
    for index in range(30):
        planned(desk, index, index + 10, machine="CNC-2", operations=steps)
        desk.do("machine.create", machine=f"M-{index:02}", type="OTHER")

    with statements(desk) as many:
        found = schedule(desk, 0, 100)

    assert len(found.rows[0].planned) == 31
    assert len(many) == len(few)
