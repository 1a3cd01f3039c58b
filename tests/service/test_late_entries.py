"""Late entries: a command that says when it happened, and when that is believed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mfg_desktop.exceptions import ManufacturingException
from tests.factories import OPERATOR, SUPERVISOR
from tests.service.conftest import Desks
from tests.service.stories import Desk

DAY = datetime(2026, 3, 2, 6, tzinfo=UTC)


def at(hours: float) -> str:
    return (DAY + timedelta(hours=hours)).isoformat()


def moment(told: str) -> datetime:
    return datetime.fromisoformat(told)


def life(desk: Desk, *, until: str = "issue") -> str:
    """Write down the life of an order of that day afterwards, an hour a step."""
    wish: dict[str, Any] = {
        "product": "GEAR",
        "quantity": 100,
        "machine": "CNC-1",
        "planned_start": at(0),
        "planned_end": at(24),
    }
    number: str = desk.do("work_order.create", **wish, at=at(0))["number"]
    for hour, move in enumerate(("plan", "release", "allocate", "start", "issue"), start=1):
        desk.do(f"work_order.{move}", number=number, at=at(hour))
        if move == until:
            break
    return number


def test_a_late_entry_counts_at_its_time_and_the_log_keeps_both(desk: Desk, desks: Desks) -> None:
    number = life(desk)
    before = datetime.now(UTC)

    desks(SUPERVISOR).do("work_order.record_output", number=number, good=100, at=at(9))
    desk.do("work_order.complete", number=number, at=at(10))

    detail = desk.detail(number)
    assert (detail.row.actual_start, detail.row.actual_end) == (DAY + timedelta(hours=4), DAY + timedelta(hours=10))
    assert detail.outputs[0].at == DAY + timedelta(hours=9)
    assert desk.lot("GEAR", number).received_at == DAY + timedelta(hours=9)
    assert desk.ask("stock.movements", material="NUT").rows[0].at == DAY + timedelta(hours=9)
    assert desk.machine("CNC-1").since == DAY + timedelta(hours=10)
    entry = desk.ask("audit.list", entity=number, badge=SUPERVISOR).rows[0]
    assert entry.happened_at == DAY + timedelta(hours=9)
    assert before - timedelta(minutes=1) < entry.at < before + timedelta(minutes=10)
    assert desk.faults() == []


def test_clocks_run_by_the_time_that_was_told(desk: Desk) -> None:
    number = life(desk)
    desk.do("work_order.hold", number=number, reason="no tool", at=at(7))
    desk.do("work_order.resume", number=number, at=at(7.5))

    clocks = [(row.kind.value, row.started_at, row.ended_at) for row in desk.rows()["work_clock"]]

    assert clocks == [
        ("RUN", DAY + timedelta(hours=4), DAY + timedelta(hours=7)),
        ("HOLD", DAY + timedelta(hours=7), DAY + timedelta(hours=7.5)),
    ]


def test_without_a_time_it_is_the_time_of_the_database(desk: Desk) -> None:
    before = datetime.now(UTC)

    number = desk.order(status="IN_PROGRESS")

    started = desk.detail(number).row.actual_start
    assert started is not None
    assert before - timedelta(seconds=2) <= started <= datetime.now(UTC) + timedelta(seconds=2)
    entry = desk.entries()[-1]
    assert entry.at == entry.happened_at


def test_only_a_person_with_the_right_to_it_enters_late(desk: Desk, desks: Desks) -> None:
    number = life(desk, until="allocate")

    code, details = desks(OPERATOR).said("work_order.start", number=number, at=at(8))

    assert (code, details) == ("PERMISSION_DENIED", {"operation": "command.backdate"})


def test_nothing_happens_in_the_future(desk: Desk) -> None:
    number = desk.order(status="RELEASED")
    soon = (datetime.now(UTC) + timedelta(minutes=10)).isoformat()

    code, details = desk.said("work_order.start", number=number, at=soon)

    assert (code, details["field"], moment(details["value"])) == ("VALIDATION_INVALID_TIME", "at", moment(soon))


def test_nothing_happens_before_what_it_follows(desk: Desk) -> None:
    number = life(desk)
    output = desk.do("work_order.record_output", number=number, good=10, at=at(8))["output"]
    cases: tuple[tuple[str, dict[str, Any], float, float], ...] = (
        ("work_order.record_output", {"number": number, "good": 1}, 3.9, 4),  # before its start
        ("work_order.reverse_output", {"number": number, "output": output, "reason": "x"}, 7.9, 8),
        ("work_order.hold", {"number": number, "reason": "x"}, 7.9, 8),
        ("work_order.complete", {"number": number, "short_close_reason": "x"}, 7.9, 8),
        ("work_order.cancel", {"number": number, "reason": "x", "return_material": True}, 7.9, 8),
        ("work_order.return_material", {"number": number, "material": "BAR", "quantity": 1}, 3.9, 4),
        ("work_order.return_material", {"number": number, "material": "BAR", "quantity": 1}, 4.9, 5),
        ("machine.set_status", {"machine": "CNC-1", "status": "BROKEN"}, 3.9, 4),
    )

    for command, fields, hour, earliest in cases:
        code, details = desk.said(command, **fields, at=at(hour))
        assert (code, details["field"]) == ("VALIDATION_INVALID_TIME", "at"), command
        assert moment(details["value"]) == DAY + timedelta(hours=hour)
        assert moment(details["earliest"]) >= DAY + timedelta(hours=earliest), command


def test_an_order_does_not_start_before_its_machine_was_free(desk: Desk) -> None:
    life(desk)
    second = desk.order(status="RELEASED", machine="CNC-1", at=at(0))
    first = desk.machine("CNC-1").work_order
    desk.do("work_order.complete", number=first, short_close_reason="enough")

    code, details = desk.said("work_order.start", number=second, at=at(6))

    assert (code, details["field"]) == ("VALIDATION_INVALID_TIME", "at")


def test_an_output_that_was_forgotten_may_be_entered_between_others(desk: Desk) -> None:
    number = life(desk)
    desk.do("work_order.record_output", number=number, good=10, at=at(9))

    desk.do("work_order.record_output", number=number, good=5, at=at(7))

    assert [row.at for row in desk.detail(number).outputs] == [DAY + timedelta(hours=9), DAY + timedelta(hours=7)]
    assert desk.detail(number).row.quantity_completed == 15


def test_a_time_without_a_zone_is_the_plants_and_the_gap_of_summer_time_does_not_exist(desk: Desk) -> None:
    wish: dict[str, Any] = {"product": "GEAR", "quantity": 1, "planned_start": at(0), "planned_end": at(24)}

    number = desk.do("work_order.create", **wish, at="2026-07-01T08:00:00")["number"]
    code, details = desk.said("work_order.create", **wish, at="2026-03-29T02:30:00")

    assert desk.detail(number).created_at == datetime(2026, 7, 1, 6, tzinfo=UTC)
    assert (code, details["field"]) == ("VALIDATION_INVALID_TIME", "at")


def test_late_entries_of_stock_follow_the_arrival_of_the_lot(desk: Desk) -> None:
    desk.do("stock.receive", material="BAR", lot="NEW", quantity=5, at=at(5))

    code, details = desk.said("stock.adjust", material="BAR", lot="NEW", quantity=-1, reason="count", at=at(4))
    desk.do("stock.adjust", material="BAR", lot="NEW", quantity=-1, reason="count", at=at(6))

    assert (code, details["field"]) == ("VALIDATION_INVALID_TIME", "at")
    assert desk.lot("BAR", "NEW").received_at == DAY + timedelta(hours=5)
    assert [row.at for row in desk.ask("stock.movements", material="BAR", lot="NEW").rows] == [
        DAY + timedelta(hours=6),
        DAY + timedelta(hours=5),
    ]


def test_whoever_types_a_local_time_hears_it_as_it_was_typed(desk: Desk) -> None:
    stop: dict[str, Any] = {"machine": "CNC-1", "category": "SETUP", "reason": "x"}
    wish: dict[str, Any] = {"product": "GEAR", "quantity": 1}
    cases: tuple[tuple[str, dict[str, Any], str], ...] = (
        ("work_order.hold", {"number": "x", "reason": "x", "at": "2100-07-01T00:00"}, "1 Jul 2100 00:00"),
        ("downtime.record", {**stop, "start": "2100-01-01T00:30"}, "1 Jan 2100 00:30"),
        ("downtime.record", {**stop, "start": "2026-03-03T00:30", "end": "2026-03-02T00:30"}, "2 Mar 2026 00:30"),
        (
            "work_order.create",
            {**wish, "planned_start": "2026-07-02T00:00", "planned_end": "2026-07-01T00:00"},
            "1 Jul 2026 00:00",
        ),
        (
            "work_order.create",
            {**wish, "quantity": 0, "planned_start": "2026-07-02T00:00", "planned_end": "2026-07-01T00:00"},
            "1 Jul 2026 00:00",
        ),
    )

    for command, fields, typed in cases:
        error = desk.refused(command, **fields)
        told = [violation["message"] for violation in error["details"].get("violations", [error])]
        assert any(typed in message for message in told), told
        assert not any("UTC" in message for message in told), told
        assert desk.entries()[-1].message == error["message"]


def test_a_question_refuses_a_time_on_the_plants_clock_too(desk: Desk) -> None:
    with pytest.raises(ManufacturingException, match="1 Jul 2100 00:00 is not possible") as caught:
        desk.ask("machine.oee", machine="CNC-1", **{"from": "2100-07-01T00:00", "to": "2100-07-02T00:00"})

    assert caught.value.code == "VALIDATION_INVALID_TIME"
