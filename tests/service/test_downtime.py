"""Downtimes: recorded late, split, told again; those of one machine never overlap, whoever enters them."""

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

from mfg_desktop.queries.rows import DowntimeRow
from tests.factories import MECHANIC, OPERATOR, SUPERVISOR
from tests.service.conftest import Desks
from tests.service.stories import Desk
from tests.service.test_races import at_once

DAY = datetime(2026, 3, 2, 6, tzinfo=UTC)


def at(minutes: float) -> str:
    """So many minutes after the start of the shift."""
    return (DAY + timedelta(minutes=minutes)).isoformat()


def recorded(desk: Desk, start: float, end: float, **more: Any) -> dict[str, Any]:
    given = {"machine": "CNC-1", "start": at(start), "end": at(end), "category": "OTHER", "reason": "x", **more}
    return desk.do("downtime.record", **given)


def downtimes(desk: Desk, machine: str = "CNC-1") -> list[tuple[float, float | None, str, str | None]]:
    """Tell the machine's downtimes, oldest first, in minutes after the start of the shift."""
    rows: tuple[DowntimeRow, ...] = desk.ask("machine.get", machine=machine).downtimes
    return [
        (
            (row.start - DAY).total_seconds() / 60,
            (row.end - DAY).total_seconds() / 60 if row.end is not None else None,
            row.category.value,
            row.reason,
        )
        for row in reversed(rows)
    ]


def test_an_operator_records_a_stop_late_without_the_right_to_enter_late(desk: Desk, desks: Desks) -> None:
    operator = desks(OPERATOR, terminal="T2")

    operator.do(
        "downtime.record",
        machine="CNC-1",
        start=at(60),
        end=at(105),
        category="NO_MATERIAL",
        reason="no bars",
        notes="store closed",
    )

    (row,) = desk.ask("machine.get", machine="CNC-1").downtimes
    assert (row.category, row.reason, row.notes, row.badge) == ("NO_MATERIAL", "no bars", "store closed", OPERATOR)
    assert (row.start, row.end) == (DAY + timedelta(minutes=60), DAY + timedelta(minutes=105))
    assert desk.machine("CNC-1").status == "AVAILABLE"
    entry = desk.ask("audit.list", entity="CNC-1", action_type="DOWNTIME_RECORD").rows[0]
    assert entry.message == "Machine CNC-1 was down for 45 min (no material): no bars."
    assert desk.faults() == []


def test_a_breakdown_without_an_end_stops_the_machine_and_began_when_it_was_said_to(desk: Desk) -> None:
    number = desk.order(status="IN_PROGRESS", machine="CNC-1")

    answer = desk.do(
        "downtime.record", machine="CNC-1", start=at(0), category="BREAKDOWN", reason="spindle", notes="smoke"
    )

    row, order = desk.machine("CNC-1"), desk.detail(number).row
    assert (answer["work_order"], answer["status"]) == (number, "BROKEN")
    assert (row.status, row.status_reason) == ("BROKEN", "spindle")
    assert row.open_downtime is not None
    assert (row.open_downtime.start, row.open_downtime.notes) == (DAY, "smoke")
    assert (order.status, order.hold_reason, order.status_since) == ("ON_HOLD", "spindle", row.since)
    desk.do("machine.set_status", machine="CNC-1", status="AVAILABLE")
    assert desk.ask("machine.get", machine="CNC-1").downtimes[0].start == DAY
    assert desk.faults() == []


def test_a_maintenance_without_an_end_goes_on_and_another_stop_without_one_ends_now(desk: Desk) -> None:
    desk.do("downtime.record", machine="CNC-1", start=at(0), category="MAINTENANCE", reason="oil")
    desk.do("downtime.record", machine="CNC-2", start=at(0), category="NO_OPERATOR", reason="ill")

    assert [desk.machine(code).status for code in ("CNC-1", "CNC-2")] == ["MAINTENANCE", "AVAILABLE"]
    (over,) = desk.ask("machine.get", machine="CNC-2").downtimes
    assert abs(over.end - datetime.now(UTC)) < timedelta(minutes=1)
    assert desk.faults() == []


def test_a_downtime_that_touches_another_is_refused_with_the_times_of_that_one(desk: Desk) -> None:
    recorded(desk, 60, 120)
    for start, end in ((0, 61), (119, 180), (60, 120), (70, 80), (0, 200)):
        code, told = desk.said(
            "downtime.record", machine="CNC-1", start=at(start), end=at(end), category="OTHER", reason="x"
        )
        assert code == "MACHINE_DOWNTIME_OVERLAP"
        assert [datetime.fromisoformat(told[name]) for name in ("other_start", "other_end")] == [
            DAY + timedelta(minutes=60),
            DAY + timedelta(minutes=120),
        ]

    recorded(desk, 0, 60)
    recorded(desk, 120, 130)
    recorded(desk, 60, 120, machine="CNC-2")

    assert [(start, end) for start, end, *_ in downtimes(desk)] == [(0, 60), (60, 120), (120, 130)]


def test_a_machine_that_is_down_still_has_no_other_downtime_after_its_stop(desk: Desk) -> None:
    desk.do("downtime.record", machine="CNC-1", start=at(60), category="BREAKDOWN", reason="spindle")

    for category, end in (("OTHER", at(90)), ("OTHER", None), ("BREAKDOWN", None)):
        said = {"end": end} if end is not None else {}
        code, told = desk.said("downtime.record", machine="CNC-1", start=at(70), category=category, reason="x", **said)
        assert (code, told["other_end"]) == ("MACHINE_DOWNTIME_OVERLAP", None)

    recorded(desk, 0, 60)
    assert desk.faults() == []


def test_a_breakdown_that_would_begin_before_a_recorded_stop_is_refused_and_the_order_runs_on(desk: Desk) -> None:
    number = desk.order(status="IN_PROGRESS", machine="CNC-1")
    recorded(desk, 60, 120)

    code, _ = desk.said("downtime.record", machine="CNC-1", start=at(30), category="BREAKDOWN", reason="x")

    assert (code, desk.status(number)) == ("MACHINE_DOWNTIME_OVERLAP", "IN_PROGRESS")


def test_a_downtime_lies_in_the_past_and_ends_after_its_start(desk: Desk) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    for start, end, field in (
        (at(60), at(60), "end"),
        (at(60), at(0), "end"),
        (at(0), soon, "end"),
        (soon, None, "start"),
    ):
        said = {"end": end} if end is not None else {}
        code, told = desk.said("downtime.record", machine="CNC-1", start=start, category="OTHER", reason="x", **said)
        assert (code, told["field"]) == ("VALIDATION_INVALID_TIME", field)
    assert desk.said("downtime.record", machine="X", start=at(0), end=at(1), category="OTHER", reason="x")[0] == (
        "MACHINE_NOT_FOUND"
    )
    assert desk.said("downtime.record", machine="X", start=at(0), category="BREAKDOWN", reason="x")[0] == (
        "MACHINE_NOT_FOUND"
    )


def test_a_downtime_is_split_and_its_second_part_told_anew(desk: Desk, desks: Desks) -> None:
    recorded(desk, 0, 100, category="NO_OPERATOR", reason="ill")
    mechanic = desks(MECHANIC, terminal="T7")

    mechanic.do("downtime.split", machine="CNC-1", at=at(40), category="BREAKDOWN", reason="and then the spindle")

    assert downtimes(desk) == [
        (0, 40, "NO_OPERATOR", "ill"),
        (40, 100, "BREAKDOWN", "and then the spindle"),
    ]
    entry = desk.ask("audit.list", entity="CNC-1", action_type="DOWNTIME_CHANGE").rows[0]
    assert (entry.badge, entry.entity_type) == (MECHANIC, "Machine")
    assert {(line.table, line.field) for line in entry.changes} >= {("machine_downtime", "ended_at")}


def test_an_open_downtime_is_split_and_goes_on_in_its_second_part(desk: Desk) -> None:
    desk.do("downtime.record", machine="CNC-1", start=at(0), category="BREAKDOWN", reason="spindle")

    desk.do("downtime.split", machine="CNC-1", at=at(30), start=at(0))

    assert downtimes(desk) == [(0, 30, "BREAKDOWN", "spindle"), (30, None, "BREAKDOWN", "spindle")]
    desk.do("machine.set_status", machine="CNC-1", status="AVAILABLE")
    assert desk.machine("CNC-1").open_downtime is None
    assert desk.faults() == []


def test_what_is_no_moment_inside_a_downtime_splits_nothing(desk: Desk) -> None:
    recorded(desk, 0, 100)
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    cases: tuple[tuple[dict[str, Any], str, str], ...] = (
        ({"at": at(0)}, "VALIDATION_INVALID_CHOICE", "at"),
        ({"at": at(100)}, "VALIDATION_INVALID_CHOICE", "at"),
        ({"at": at(400)}, "VALIDATION_INVALID_CHOICE", "at"),
        ({"at": at(50), "start": at(300)}, "VALIDATION_INVALID_CHOICE", "start"),
        ({"at": soon}, "VALIDATION_INVALID_TIME", "at"),
    )

    for given, code, field in cases:
        refused, told = desk.said("downtime.split", machine="CNC-1", **given)
        assert (refused, told["field"]) == (code, field), given


def test_a_downtime_is_told_again_by_its_start_by_a_moment_in_it_or_as_the_newest(desk: Desk) -> None:
    for start in (0, 100, 200):
        recorded(desk, start, start + 50)

    desk.do("downtime.recategorise", machine="CNC-1", category="SETUP", reason="changed over", start=at(0))
    desk.do("downtime.recategorise", machine="CNC-1", category="NO_MATERIAL", reason="no bars", at=at(120))
    desk.do("downtime.recategorise", machine="CNC-1", category="NO_OPERATOR", reason="lunch")

    assert downtimes(desk) == [
        (0, 50, "SETUP", "changed over"),
        (100, 150, "NO_MATERIAL", "no bars"),
        (200, 250, "NO_OPERATOR", "lunch"),
    ]


def test_the_open_downtime_is_told_again_before_the_newest(desk: Desk) -> None:
    desk.do("downtime.record", machine="CNC-1", start=at(100), category="MAINTENANCE", reason="oil")
    recorded(desk, 0, 50)

    desk.do("downtime.recategorise", machine="CNC-1", category="BREAKDOWN", reason="it is the pump")

    assert [category for _, _, category, _ in downtimes(desk)] == ["OTHER", "BREAKDOWN"]
    assert desk.machine("CNC-1").status == "MAINTENANCE"


def test_without_a_downtime_there_is_nothing_to_tell_again(desk: Desk) -> None:
    recorded(desk, 0, 50)
    for given, field in (
        ({"machine": "CNC-1", "start": at(60)}, "start"),
        ({"machine": "CNC-1", "at": at(50)}, "at"),
        ({"machine": "CNC-2"}, "start"),
    ):
        code, told = desk.said("downtime.recategorise", category="SETUP", reason="x", **given)
        assert (code, told["field"]) == ("VALIDATION_INVALID_CHOICE", field)


def test_a_moment_in_a_downtime_is_no_late_entry_but_the_record_of_one_may_be(desk: Desk, desks: Desks) -> None:
    mechanic, supervisor = desks(MECHANIC, terminal="T7"), desks(SUPERVISOR, terminal="T8")
    recorded(desk, 0, 100)

    mechanic.do("downtime.split", machine="CNC-1", at=at(50))
    mechanic.do("downtime.recategorise", machine="CNC-1", at=at(60), category="SETUP", reason="x")
    entry = desk.ask("audit.list", action_type="DOWNTIME_CHANGE").rows[0]
    assert entry.happened_at == entry.at

    late = {"machine": "CNC-1", "start": at(200), "category": "OTHER", "reason": "x", "at": at(230)}
    assert mechanic.said("downtime.record", **late)[0] == "PERMISSION_DENIED"
    supervisor.do("downtime.record", **late)
    assert downtimes(desk)[-1][:2] == (200, 230)


def test_a_late_change_of_status_lies_behind_every_downtime_of_the_machine(desk: Desk) -> None:
    recorded(desk, 60, 120)
    code, told = desk.said("machine.set_status", machine="CNC-1", status="BROKEN", at=at(90))
    assert (code, datetime.fromisoformat(told["earliest"])) == ("VALIDATION_INVALID_TIME", DAY + timedelta(minutes=120))

    desk.do("machine.set_status", machine="CNC-1", status="MAINTENANCE", at=at(120))
    desk.do("downtime.split", machine="CNC-1", at=at(180))
    for command, said in (
        ("machine.set_status", {"status": "AVAILABLE"}),
        ("machine.record_maintenance", {"date": "2026-03-02"}),
    ):
        code, told = desk.said(command, machine="CNC-1", **said, at=at(150))
        assert (code, datetime.fromisoformat(told["earliest"])) == (
            "VALIDATION_INVALID_TIME",
            DAY + timedelta(minutes=180),
        )
    desk.do("machine.record_maintenance", machine="CNC-1", date="2026-03-02", at=at(200))

    assert [times[:2] for times in downtimes(desk)] == [(60, 120), (120, 180), (180, 200)]
    assert desk.faults() == []


def test_a_stop_recorded_while_the_machine_breaks_down_never_overlaps_the_breakdown(desk: Desk, desks: Desks) -> None:
    here, there = desks(terminal="North"), desks(SUPERVISOR, terminal="South")

    for _ in range(15):
        start = datetime.now(UTC).isoformat()
        results = at_once(
            partial(here.do, "machine.set_status", machine="CNC-1", status="BROKEN"),
            partial(there.do, "downtime.record", machine="CNC-1", start=start, category="OTHER", reason="jam"),
        )
        assert results[0][0] == ""
        assert results[1][0] in ("", "MACHINE_DOWNTIME_OVERLAP")
        desk.do("machine.set_status", machine="CNC-1", status="AVAILABLE")

    times = [(row.started_at, row.ended_at) for row in desk.rows()["machine_downtime"]]
    assert all(before[1] <= after[0] for before, after in pairwise(sorted(times)))
    assert desk.faults() == []


def test_of_two_terminals_that_record_the_same_stop_one_does_and_the_other_is_told(desk: Desk, desks: Desks) -> None:
    here, there = desks(terminal="North"), desks(SUPERVISOR, terminal="South")

    for hour in range(20):
        results = at_once(
            partial(recorded, here, hour * 60, hour * 60 + 30),
            partial(recorded, there, hour * 60 + 10, hour * 60 + 40),
        )
        assert sorted(code for code, _ in results) == ["", "MACHINE_DOWNTIME_OVERLAP"]

    assert len(downtimes(desk)) == 20
    assert desk.faults() == []
