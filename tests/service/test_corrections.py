"""Mistakes are corrected by counter-entries: nothing is edited, and everything stays to be seen in the ledger and in the order's time line."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from mfg_desktop.exceptions import ManufacturingException
from tests.factories import ADMIN, SUPERVISOR
from tests.service.conftest import Desks
from tests.service.stories import Desk

DAY = datetime(2026, 3, 2, 6, tzinfo=UTC)


def at(hours: float) -> str:
    return (DAY + timedelta(hours=hours)).isoformat()


def ledger(desk: Desk, material: str, lot: str) -> list[tuple[str, Decimal, str | None, str | None]]:
    """Read what happened to a lot: kind, quantity, order and reason, the oldest first."""
    rows = desk.ask("stock.movements", material=material, lot=lot).rows
    return [(row.kind, row.quantity, row.work_order, row.reason) for row in reversed(rows)]


def happened(desk: Desk, number: str) -> list[str]:
    """Name what happened to an order, the oldest first."""
    return [event.action_type for event in desk.ask("work_order.timeline", number=number).events]


def planned(desk: Desk, hours: float = 0, **fields: Any) -> str:
    """Plan an order of that day, entered afterwards."""
    when = {"planned_start": at(0), "planned_end": at(24), "machine": "CNC-1"}
    number: str = desk.do("work_order.create", **{"product": "GEAR", "quantity": 100, **when, **fields}, at=at(hours))[
        "number"
    ]
    desk.do("work_order.plan", number=number, at=at(hours))
    return number


def test_an_output_that_was_reversed_stays_with_its_counter_entry(desk: Desk) -> None:
    number = desk.order(status="IN_PROGRESS")
    desk.do("work_order.issue", number=number)
    wrong = desk.do("work_order.record_output", number=number, good=40, scrapped=2, scrap_reason="burr")["output"]

    desk.do("work_order.reverse_output", number=number, output=wrong, reason="counted twice")

    detail = desk.detail(number)
    first, second = sorted(detail.outputs, key=lambda output: output.id)
    assert (first.good, first.scrapped, first.reversed_by) == (40, 2, second.id)
    assert (second.good, second.scrapped, second.reverses, second.notes) == (-40, -2, first.id, "counted twice")
    assert (detail.row.quantity_completed, detail.row.quantity_scrapped) == (0, 0)
    assert ledger(desk, "GEAR", first.batch_number) == [
        ("PRODUCED", 40, number, None),
        ("REVERSAL", -40, number, "counted twice"),
    ]
    assert happened(desk, number)[-2:] == ["PRODUCTION_RECORD", "PRODUCTION_REVERSE"]
    assert desk.faults() == []


def test_no_row_of_the_ledger_or_of_the_outputs_is_ever_changed_by_a_correction(desk: Desk) -> None:
    number = desk.order(status="IN_PROGRESS")
    desk.do("work_order.issue", number=number)
    wrong = desk.do("work_order.record_output", number=number, good=40)["output"]
    kept = ("stock_movement", "production_output", "output_scrap")
    before = {table: list(desk.rows()[table]) for table in kept}

    desk.do("work_order.reverse_output", number=number, output=wrong, reason="wrong order")
    desk.do("work_order.return_material", number=number, material="BAR", quantity=5)
    desk.do("stock.adjust", material="BAR", lot="B-2", quantity=-1, reason="stocktaking")

    after = desk.rows()
    for table in kept:
        assert list(after[table])[: len(before[table])] == before[table], table
    assert len(after["stock_movement"]) > len(before["stock_movement"])
    assert desk.faults() == []


def test_material_that_comes_back_after_completion_is_in_ledger_and_time_line(desk: Desk, desks: Desks) -> None:
    number = desk.order(status="COMPLETED")
    end = desk.ask("work_order.timeline", number=number).end

    desks(SUPERVISOR).do("work_order.return_material", number=number, material="BAR", quantity=5)

    found = desk.ask("work_order.timeline", number=number)
    assert found.events[-1].action_type == "MATERIAL_RETURN"
    assert found.end == end
    assert desk.line(number, "BAR").returned == 5
    assert ledger(desk, "BAR", "B-2")[-1] == ("RETURN", 5, number, None)
    assert desk.faults() == []


def test_a_return_is_entered_late_between_what_it_followed_and_what_came_after(desk: Desk) -> None:
    number = planned(desk)
    for hour, move in enumerate(("release", "allocate", "start", "issue"), start=1):
        desk.do(f"work_order.{move}", number=number, at=at(hour))
    desk.do("work_order.record_output", number=number, good=10, at=at(8))

    desk.do("work_order.return_material", number=number, material="BAR", quantity=5, at=at(6))

    events = desk.ask("work_order.timeline", number=number).events
    assert [(event.action_type, event.at) for event in events[-2:]] == [
        ("MATERIAL_RETURN", DAY + timedelta(hours=6)),
        ("PRODUCTION_RECORD", DAY + timedelta(hours=8)),
    ]
    assert events[-2].entered_at > DAY + timedelta(days=1)
    assert desk.faults() == []


def test_a_count_that_differs_says_why_and_who(desk: Desk, desks: Desks) -> None:
    with pytest.raises(ManufacturingException) as silent:
        desk.do("stock.adjust", material="BAR", lot="B-1", quantity=-1)

    desks(SUPERVISOR).do("stock.adjust", material="BAR", lot="B-1", quantity="-2.5", reason="stocktaking")
    desk.do("stock.adjust", material="BAR", lot="B-1", quantity="2.5", reason="counted again")

    assert (silent.value.code, silent.value.details["field"]) == ("VALIDATION_REQUIRED_FIELD", "reason")
    assert ledger(desk, "BAR", "B-1") == [
        ("RECEIPT", 30, None, None),
        ("ADJUSTMENT", Decimal("-2.5"), None, "stocktaking"),
        ("ADJUSTMENT", Decimal("2.5"), None, "counted again"),
    ]
    people = [row.badge for row in desk.ask("stock.movements", material="BAR", lot="B-1").rows]
    assert people == [ADMIN, SUPERVISOR, ADMIN]
    assert desk.lot("BAR", "B-1").on_hand == 30


def test_quarantine_and_block_of_a_lot_stay_in_the_log_with_their_reasons(desk: Desk) -> None:
    desk.do("stock.set_category", material="BAR", lot="B-1", category="QUARANTINE", reason="dents")
    desk.do("stock.block", material="BAR", lot="B-1", reason="hardness 62 HRC")
    desk.do("stock.unblock", material="BAR", lot="B-1")
    desk.do("stock.set_category", material="BAR", lot="B-1", category="RAW", reason="measured again")

    rows = desk.ask("audit.list", entity_type="StockLot", entity="BAR/B-1").rows

    told = [(row.action_type, row.details.get("reason")) for row in rows[:4]]
    assert [reason for _, reason in told[::-1]] == ["dents", "hardness 62 HRC", None, "measured again"]
    categories = [(change.old, change.new) for row in rows[:4] for change in row.changes if change.field == "category"]
    assert categories == [("QUARANTINE", "RAW"), ("RAW", "QUARANTINE")]


def test_what_was_promised_in_a_lot_that_may_not_be_used_any_more_is_told_and_can_be_taken_elsewhere(
    desk: Desk,
) -> None:
    number = desk.order(status="RELEASED", quantity=20)  # holds 10 of the 30 m in B-1
    desk.do("stock.block", material="BAR", lot="B-1", reason="dents")
    code, details = desk.said("work_order.issue", number=number)

    desk.do("work_order.issue", number=number, lines=[{"material": "BAR", "quantity": 10, "lot": "B-2"}])

    assert (code, details["lot"]) == ("MATERIAL_LOT_BLOCKED", "B-1")
    assert ledger(desk, "BAR", "B-2")[-1] == ("ISSUE", -10, number, None)
    assert (desk.lot("BAR", "B-1").reserved, desk.lot("BAR", "B-1").on_hand) == (0, 30)
    assert desk.faults() == []


def test_a_lot_that_has_expired_is_passed_over_and_named_when_it_is_asked_for(desk: Desk) -> None:
    desk.do(
        "stock.receive",
        material="BAR",
        lot="OLD",
        quantity=100,
        received_at="2026-01-02T08:00:00Z",
        expires_at="2026-01-06T08:00:00Z",
    )
    number = desk.order(status="RELEASED", quantity=20)
    named = [{"material": "BAR", "quantity": 1, "lot": "OLD"}]

    code, details = desk.said("work_order.issue", number=number, lines=named)

    assert (code, details["lot"]) == ("MATERIAL_LOT_EXPIRED", "OLD")
    assert desk.lot("BAR", "OLD").reserved == 0


def test_a_late_entry_may_use_a_lot_whose_receipt_was_booked_after_it(desk: Desk) -> None:
    """On a floor the receipt is often what is booked last; the material was there."""
    desk.do("stock.adjust", material="BAR", lot="B-2", quantity=-1000, reason="sold", at=at(-24))
    desk.do("stock.receive", material="BAR", lot="LATER", quantity=500, received_at=at(48))
    number = planned(desk)

    desk.do("work_order.allocate", number=number, at=at(1))

    assert desk.lot("BAR", "LATER").reserved == 20
    assert desk.faults() == []


def test_what_an_output_took_goes_back_to_the_lots_that_it_took_it_from(desk: Desk) -> None:
    desk.do("stock.adjust", material="NUT", lot="N-1", quantity=-9960, reason="counted")
    desk.do("stock.receive", material="NUT", lot="N-2", quantity=100)
    number = desk.order(status="IN_PROGRESS", quantity=20)
    desk.do("work_order.issue", number=number)
    wrong = desk.do("work_order.record_output", number=number, good=10)["output"]  # 40 nuts, and N-1 is empty
    desk.do("work_order.record_output", number=number, good=10)

    desk.do("work_order.reverse_output", number=number, output=wrong, reason="typed twice")

    assert ledger(desk, "NUT", "N-1")[-1] == ("REVERSAL", 40, number, "typed twice")
    assert (desk.lot("NUT", "N-1").on_hand, desk.lot("NUT", "N-2").on_hand) == (40, 60)
    assert desk.line(number, "NUT").reserved == 40
    assert desk.faults() == []


def test_material_that_was_issued_by_hand_stays_at_the_machine_when_an_output_is_reversed(desk: Desk) -> None:
    number = desk.order(status="IN_PROGRESS")
    desk.do("work_order.issue", number=number)
    desk.do("work_order.issue", number=number, lines=[{"material": "NUT", "quantity": 40}])
    wrong = desk.do("work_order.record_output", number=number, good=15)["output"]  # 60 nuts, 20 of them backflushed

    desk.do("work_order.reverse_output", number=number, output=wrong, reason="typed twice")

    line = desk.line(number, "NUT")
    assert (line.issued - line.returned, line.consumed, line.reserved) == (40, 0, 360)
    assert ledger(desk, "NUT", "N-1")[-1] == ("REVERSAL", 20, number, "typed twice")
    assert desk.faults() == []
