"""OEE through the service: shifts, downtimes, clocks and outputs as people entered them, and the worked example to the digit."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.queries.rows import MachineDetail, Oee
from tests.service.stories import Desk
from tests.service.test_statements import statements

# A Monday in winter, when Berlin is an hour ahead of UTC.
SIX = datetime(2026, 3, 2, 5, tzinfo=UTC)
EARLY = {"name": "Early", "start": "06:00", "end": "14:00", "planned_stop_minutes": 30}


def at(minutes: float) -> str:
    """So many minutes after six in the plant."""
    return (SIX + timedelta(minutes=minutes)).isoformat()


def oee(desk: Desk, start: float = 0, end: float = 480, *, machine: str = "CNC-1") -> Oee:
    found: Oee = desk.ask("machine.oee", machine=machine, **{"from": at(start), "to": at(end)})
    return found


def four(found: Oee) -> list[str | None]:
    fractions = (found.availability, found.performance, found.quality, found.oee)
    return [str(fraction) if fraction is not None else None for fraction in fractions]


def begun(desk: Desk, *, steps: list[dict[str, Any]] | None = None, product: str = "BAR", **more: Any) -> str:
    """Start an order at six o'clock; with its first operation if it has any."""
    wish = {"product": product, "quantity": 1000, "planned_start": at(0), "planned_end": at(480), **more}
    if steps is not None:
        wish["operations"] = steps
    number: str = desk.do("work_order.create", at=at(-60), **wish)["number"]
    for minute, move in ((-50, "plan"), (-40, "release"), (0, "start")):
        desk.do(f"work_order.{move}", number=number, at=at(minute))
    if steps is not None:
        desk.do("operation.start", number=number, sequence=steps[0]["sequence"], at=at(0))
    return number


def processes(desk: Desk) -> None:
    desk.do("settings.set", shifts=[EARLY])
    desk.do("process.create", process_code="MILL", name="Milling", machine_type="CNC_MILLING", run_minutes=2)
    desk.do("process.create", process_code="WASH", name="Washing", machine_type="OTHER")


def reported(desk: Desk, number: str, minute: float, good: Any, scrapped: Any = 0, **more: Any) -> int:
    said = {"scrap_reason": "burr"} if scrapped else {}
    output: int = desk.do(
        "work_order.record_output", number=number, good=good, scrapped=scrapped, at=at(minute), **said, **more
    )["output"]
    return output


def test_the_worked_example_comes_out_to_the_digit(desk: Desk) -> None:
    processes(desk)
    number = begun(desk, machine="CNC-1", steps=[{"sequence": 10, "process": "MILL", "cycle_seconds": 60}])
    desk.do("downtime.record", machine="CNC-1", start=at(100), end=at(145), category="BREAKDOWN", reason="spindle")
    reported(desk, number, 240, 200)
    reported(desk, number, 480, 180, 20)

    found = oee(desk)

    assert four(found) == ["0.9000", "0.9877", "0.9500", "0.8444"]
    assert (found.planned_minutes, found.downtime_minutes, found.run_minutes) == (450, 45, 405)
    assert (found.ideal_minutes, found.pieces, found.good, found.scrapped) == (400, 400, 380, 20)
    assert four(oee(desk, machine="CNC-2")) == ["1.0000", "0.0000", None, "0.0000"]
    assert desk.faults() == []


def test_a_day_with_a_stop_over_midnight_counts_it_in_the_shifts_that_it_touches(desk: Desk) -> None:
    late = {"name": "Late", "start": "14:00", "end": "22:00", "planned_stop_minutes": 0}
    desk.do("settings.set", shifts=[{**EARLY, "planned_stop_minutes": 0}, late])
    desk.do("downtime.record", machine="CNC-1", start=at(900), end=at(1500), category="BREAKDOWN", reason="x")

    monday, tuesday, both = oee(desk, 0, 1440), oee(desk, 1440, 2880), oee(desk, 0, 2880)

    assert [day.downtime_minutes for day in (monday, tuesday, both)] == [60, 60, 120]
    assert [day.availability for day in (monday, both)] == [Decimal("0.9375")] * 2
    assert both.planned_minutes == monday.planned_minutes + tuesday.planned_minutes == 1920


def test_pieces_count_with_the_cycle_of_the_process_when_the_operation_has_none(desk: Desk) -> None:
    processes(desk)
    number = begun(desk, machine="CNC-1", steps=[{"sequence": 10, "process": "MILL"}])
    reported(desk, number, 480, 90)

    assert (oee(desk).ideal_minutes, oee(desk).performance) == (180, Decimal("0.4000"))


def test_pieces_whose_cycle_nobody_has_said_leave_performance_open(desk: Desk) -> None:
    processes(desk)
    number = begun(desk, machine="CNC-1", steps=[{"sequence": 10, "process": "WASH"}])
    reported(desk, number, 480, 90)

    assert four(oee(desk)) == ["1.0000", None, "1.0000", None]


def test_an_order_without_operations_counts_by_the_routing_of_its_product_on_that_machine(desk: Desk) -> None:
    processes(desk)
    number = begun(desk, machine="CNC-1")
    reported(desk, number, 480, 45)
    assert oee(desk).performance is None
    steps = [
        {"sequence": 10, "process": "MILL", "machine": "CNC-1", "cycle_seconds": 20},
        {"sequence": 20, "process": "MILL", "machine": "CNC-1", "cycle_seconds": 40},
        {"sequence": 30, "process": "MILL", "machine": "CNC-2", "cycle_seconds": 600},
    ]
    desk.do("workflow.create", product="BAR", version="A", steps=steps)
    desk.do("workflow.submit", product="BAR", version="A")
    desk.do("workflow.activate", product="BAR", version="A")

    assert (oee(desk).ideal_minutes, oee(desk).performance) == (45, Decimal("0.1000"))


def test_each_machine_counts_the_pieces_of_its_own_operations(desk: Desk) -> None:
    processes(desk)
    steps = [
        {"sequence": 10, "process": "MILL", "machine": "CNC-1", "cycle_seconds": 30},
        {"sequence": 20, "process": "WASH", "machine": "CNC-2", "cycle_seconds": 60, "overlap_quantity": 0},
    ]
    number = begun(desk, steps=steps)
    desk.do("operation.start", number=number, sequence=20, at=at(10))
    reported(desk, number, 200, 100, 10, operation=10)
    reported(desk, number, 300, 80, operation=20)

    first, second = oee(desk), oee(desk, machine="CNC-2")

    assert [(one.good, one.scrapped, one.ideal_minutes) for one in (first, second)] == [(100, 10, 55), (80, 0, 80)]


def test_what_was_made_before_an_operation_moved_stays_with_its_machine(desk: Desk) -> None:
    processes(desk)
    number = begun(desk, steps=[{"sequence": 10, "process": "MILL", "machine": "CNC-1", "cycle_seconds": 60}])
    reported(desk, number, 100, 50)
    desk.do("operation.pause", number=number, sequence=10, at=at(120))
    desk.do("operation.resume", number=number, sequence=10, machine="CNC-2", at=at(130))
    reported(desk, number, 300, 70)

    assert (oee(desk).pieces, oee(desk, machine="CNC-2").pieces) == (50, 70)


def test_an_output_that_was_taken_back_counts_nowhere(desk: Desk) -> None:
    processes(desk)
    number = begun(desk, machine="CNC-1", steps=[{"sequence": 10, "process": "MILL", "cycle_seconds": 60}])
    reported(desk, number, 100, 50)
    wrong = reported(desk, number, 200, 500)

    desk.do("work_order.reverse_output", number=number, output=wrong, reason="typed a nought too many", at=at(700))

    assert (oee(desk).pieces, oee(desk).performance) == (50, Decimal("0.1111"))
    assert oee(desk, 480, 1440).pieces == 0


def test_what_is_reported_at_the_stroke_counts_before_it_and_once(desk: Desk) -> None:
    processes(desk)
    number = begun(desk, machine="CNC-1", steps=[{"sequence": 10, "process": "MILL", "cycle_seconds": 60}])
    reported(desk, number, 240, 50)

    assert [oee(desk, start, end).pieces for start, end in ((0, 240), (240, 480), (0, 480))] == [50, 0, 50]


def test_a_machine_that_is_down_still_is_down_until_the_moment_of_asking(desk: Desk) -> None:
    desk.do("settings.set", shifts=[])
    desk.do("downtime.record", machine="CNC-1", start=at(60), category="BREAKDOWN", reason="spindle")

    found = oee(desk, 0, 60 * 24 * 365 * 3)

    assert abs(found.end - datetime.now(UTC)) < timedelta(minutes=1)
    assert (found.planned_minutes - found.downtime_minutes, found.run_minutes) == (60, 60)


def test_a_period_that_ends_before_it_begins_or_begins_in_the_future_is_refused(desk: Desk) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    cases: tuple[tuple[str, str, str, str], ...] = (
        ("CNC-1", at(60), at(60), "VALIDATION_INVALID_TIME"),
        ("CNC-1", soon.isoformat(), (soon + timedelta(hours=1)).isoformat(), "VALIDATION_INVALID_TIME"),
        ("X", at(0), at(60), "MACHINE_NOT_FOUND"),
    )

    for machine, start, end, code in cases:
        with pytest.raises(ManufacturingException) as caught:
            desk.ask("machine.oee", machine=machine, **{"from": start, "to": end})
        assert caught.value.code == code


# ---------------------------------------------------------------------- today, on the wall of machines


def test_the_wall_shows_what_each_machine_did_today_at_the_same_cost_for_two_and_for_twenty(desk: Desk) -> None:
    desk.do("settings.set", shifts=[])
    desk.do("process.create", process_code="MILL", name="Milling", machine_type="CNC_MILLING")
    number = desk.order(
        status="IN_PROGRESS",
        product="BAR",
        operations=[{"sequence": 10, "process": "MILL", "machine": "CNC-1", "cycle_seconds": 1}],
    )
    desk.do("operation.start", number=number, sequence=10)
    desk.do("work_order.record_output", number=number, good=5, scrapped=5, scrap_reason="burr")

    with statements(desk) as few:
        two = {row.machine: row for row in desk.ask("machine.list").rows}
    for index in range(18):
        desk.do("machine.create", machine=f"M-{index:02}", type="OTHER")
    desk.do("machine.set_status", machine="M-00", status="RETIRED")
    with statements(desk) as many:
        twenty = {row.machine: row for row in desk.ask("machine.list").rows}

    detail: MachineDetail = desk.ask("machine.get", machine="CNC-1")
    assert detail.oee is not None
    assert (detail.oee.quality, detail.oee.pieces) == (Decimal("0.5000"), 10)
    assert detail.row.oee_today == detail.oee.oee
    assert two["CNC-1"].oee_today is not None
    assert (two["CNC-1"].sequence, two["CNC-1"].process_name) == (10, "Milling")
    assert (two["CNC-2"].oee_today, two["CNC-2"].sequence) == (Decimal("0.0000"), None)
    assert twenty["M-00"].oee_today is None
    assert len(many) == len(few)


def test_the_ribbon_of_a_machine_has_no_gaps_and_tells_what_stopped_it(desk: Desk) -> None:
    now = datetime.now(UTC)

    def ago(hours: float) -> str:
        return (now - timedelta(hours=hours)).isoformat()

    number = desk.order(status="DRAFT", product="BAR", at=ago(30))
    for hours, move in ((29, "plan"), (28, "release"), (10, "start"), (6, "hold")):
        said = {"reason": "no tool"} if move == "hold" else {}
        desk.do(f"work_order.{move}", number=number, at=ago(hours), **said)
    desk.do("downtime.record", machine="CNC-1", start=ago(8), end=ago(7), category="NO_MATERIAL", reason="no bars")
    desk.do("downtime.record", machine="CNC-1", start=ago(26), end=ago(23), category="OTHER", reason="fair")
    desk.do("downtime.record", machine="CNC-1", start=ago(24 * 20), end=ago(24 * 20 - 2), category="OTHER", reason="x")

    detail: MachineDetail = desk.ask("machine.get", machine="CNC-1")

    told = [
        (stretch.state.value, round((stretch.end - stretch.start) / timedelta(minutes=1), 1), stretch.work_order)
        for stretch in detail.ribbon
    ]
    assert [(state, order) for state, _, order in told] == [
        ("DOWN", None),
        ("IDLE", None),
        ("RUN", number),
        ("DOWN", None),
        ("RUN", number),
        ("IDLE", None),
    ]
    assert [length for _, length, _ in told[1:-1]] == [13 * 60, 120, 60, 60]
    assert detail.ribbon[3].reason == "no bars"
    assert detail.ribbon[-1].end - detail.ribbon[0].start == timedelta(hours=24)
    assert all(before.end == after.start for before, after in pairwise(detail.ribbon))
    assert [(share.category.value, share.minutes, share.stops) for share in detail.pareto] == [
        ("OTHER", 300, 2),
        ("NO_MATERIAL", 60, 1),
    ]


def test_an_open_setup_passes_into_running_on_the_ribbon_when_its_minutes_are_over(desk: Desk) -> None:
    now = datetime.now(UTC)

    def ago(minutes: float) -> str:
        return (now - timedelta(minutes=minutes)).isoformat()

    desk.do("process.create", process_code="MILL", name="Milling", machine_type="CNC_MILLING")
    steps = [{"sequence": 10, "process": "MILL", "machine": "CNC-1", "setup_minutes": 30, "cycle_seconds": 60}]
    number = desk.order(status="DRAFT", product="BAR", operations=steps, at=ago(500))
    for minutes, move in ((490, "plan"), (480, "release"), (120, "start")):
        desk.do(f"work_order.{move}", number=number, at=ago(minutes))
    desk.do("operation.start", number=number, sequence=10, at=ago(120))
    desk.do("operation.pause", number=number, sequence=10, at=ago(100))
    desk.do("operation.resume", number=number, sequence=10, at=ago(60))

    ribbon = desk.ask("machine.get", machine="CNC-1").ribbon

    told = [(stretch.state.value, round((stretch.end - stretch.start) / timedelta(minutes=1), 1)) for stretch in ribbon]
    assert told[1:-1] == [("SETUP", 20), ("IDLE", 40), ("SETUP", 10)]
    assert (told[-1][0], ribbon[-1].sequence, ribbon[-1].work_order) == ("RUN", 10, number)


def test_an_order_whose_operation_names_a_machine_waits_in_its_queue(desk: Desk) -> None:
    desk.do("process.create", process_code="MILL", name="Milling", machine_type="CNC_MILLING")
    steps = [
        {"sequence": 10, "process": "MILL", "machine": "CNC-1"},
        {"sequence": 20, "process": "MILL", "machine": "CNC-2"},
    ]
    running = desk.order(status="IN_PROGRESS", product="BAR", machine=None, operations=steps)
    desk.do("operation.start", number=running, sequence=10)
    own = desk.order(status="RELEASED", product="BAR", machine="CNC-2", operations=steps)
    plain = desk.order(status="PLANNED", product="BAR", machine="CNC-2")
    draft = desk.order(status="DRAFT", product="BAR", machine="CNC-2")

    here, there = desk.ask("machine.get", machine="CNC-1"), desk.ask("machine.get", machine="CNC-2")

    assert [row.number for row in here.queued] == [running, own]
    assert [row.number for row in there.queued] == [running, own, plain, draft]
    assert (here.row.queue, there.row.queue) == (1, 3)
    assert (here.row.work_order, here.row.sequence) == (running, 10)
