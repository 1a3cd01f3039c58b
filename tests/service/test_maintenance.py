"""Maintenance: recorded with its day, it sets the next one, frees the machine, and sets nothing back."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.factories import MECHANIC, OPERATOR
from tests.service.conftest import Desks
from tests.service.stories import Desk


def today() -> date:
    """The day in the plant."""
    return datetime.now(UTC).astimezone(ZoneInfo("Europe/Berlin")).date()


def test_a_recorded_maintenance_sets_the_next_one_and_frees_the_machine(desk: Desk, desks: Desks) -> None:
    desk.do("machine.update", machine="CNC-1", maintenance_interval_days=30, last_maintenance="2026-01-05")
    assert desk.machine("CNC-1").maintenance_overdue
    mechanic = desks(MECHANIC, terminal="T7")
    mechanic.do("machine.set_status", machine="CNC-1", status="MAINTENANCE", reason="oil")

    answer = mechanic.do(
        "machine.record_maintenance", machine="CNC-1", date=today().isoformat(), notes="oil and filter"
    )

    detail = desk.ask("machine.get", machine="CNC-1")
    following = today() + timedelta(days=30)
    assert (answer["status"], answer["next_maintenance"]) == ("AVAILABLE", following.isoformat())
    assert answer["version"] == detail.row.version
    assert (detail.row.status, detail.row.open_downtime, detail.row.status_reason) == ("AVAILABLE", None, None)
    assert (detail.row.last_maintenance, detail.row.next_maintenance) == (today(), following)
    assert (detail.row.maintenance_overdue, detail.maintenance_notes) == (False, "oil and filter")
    assert [(row.date, row.notes, row.badge) for row in detail.maintenances] == [(today(), "oil and filter", MECHANIC)]
    (downtime,) = detail.downtimes
    assert downtime.end == detail.row.since
    entry = desk.ask("audit.list", entity="CNC-1", action_type="MACHINE_MAINTENANCE").rows[0]
    assert entry.message.endswith("it is available again.")
    assert {line.table for line in entry.changes} == {"machine", "machine_downtime", "machine_maintenance"}
    assert desk.faults() == []


def test_a_broken_machine_stays_broken_after_its_maintenance(desk: Desk) -> None:
    desk.do("machine.set_status", machine="CNC-1", status="BROKEN", reason="spindle")

    desk.do("machine.record_maintenance", machine="CNC-1", date="2026-11-01")

    row = desk.machine("CNC-1")
    assert (row.status, row.next_maintenance) == ("BROKEN", date(2026, 11, 1) + timedelta(days=90))
    assert row.open_downtime is not None
    assert desk.faults() == []


def test_an_older_maintenance_is_kept_and_sets_nothing_back(desk: Desk) -> None:
    desk.do("machine.record_maintenance", machine="CNC-1", date="2026-06-01", notes="big")
    desk.do("machine.record_maintenance", machine="CNC-1", date="2026-03-01", notes="small")

    detail = desk.ask("machine.get", machine="CNC-1")

    assert (detail.row.last_maintenance, detail.row.next_maintenance) == (date(2026, 6, 1), date(2026, 8, 30))
    assert detail.maintenance_notes == "big"
    assert [row.date for row in detail.maintenances] == [date(2026, 6, 1), date(2026, 3, 1)]


def test_a_running_machine_runs_on_while_its_maintenance_is_recorded(desk: Desk) -> None:
    number = desk.order(status="IN_PROGRESS", machine="CNC-1")

    desk.do("machine.record_maintenance", machine="CNC-1", date=today().isoformat())

    assert (desk.machine("CNC-1").status, desk.machine("CNC-1").work_order) == ("IN_USE", number)
    assert desk.faults() == []


def test_a_maintenance_of_tomorrow_an_unknown_machine_and_an_operator_are_refused(desk: Desk, desks: Desks) -> None:
    tomorrow = (today() + timedelta(days=1)).isoformat()

    code, told = desk.said("machine.record_maintenance", machine="CNC-1", date=tomorrow)

    assert (code, told["field"], told["latest"]) == ("VALIDATION_INVALID_TIME", "date", today().isoformat())
    assert desk.said("machine.record_maintenance", machine="X", date="2026-01-05")[0] == "MACHINE_NOT_FOUND"
    operator = desks(OPERATOR, terminal="T2")
    assert operator.said("machine.record_maintenance", machine="CNC-1", date="2026-01-05")[0] == "PERMISSION_DENIED"


def test_the_dates_of_a_machines_record_are_in_order(desk: Desk) -> None:
    tomorrow = (today() + timedelta(days=1)).isoformat()

    assert desk.said("machine.update", machine="CNC-1", last_maintenance=tomorrow)[1]["field"] == "last_maintenance"
    code, told = desk.said(
        "machine.create", machine="N", type="OTHER", last_maintenance="2026-03-01", next_maintenance="2026-02-01"
    )
    assert (code, told["field"]) == ("VALIDATION_INVALID_TIME", "next_maintenance")


def test_another_interval_moves_the_next_maintenance(desk: Desk) -> None:
    desk.do("machine.update", machine="CNC-1", last_maintenance="2026-03-01")
    assert desk.machine("CNC-1").next_maintenance == date(2026, 5, 30)

    desk.do("machine.update", machine="CNC-1", maintenance_interval_days=10)

    assert desk.machine("CNC-1").next_maintenance == date(2026, 3, 11)
