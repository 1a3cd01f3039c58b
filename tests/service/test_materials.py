"""The material of an order: which lots are taken, what is refused with which numbers, and where everything is afterwards."""

from decimal import Decimal
from typing import Any

import pytest

from tests.factories import HANDLER, SUPERVISOR
from tests.service.conftest import Desks
from tests.service.stories import Desk

ALLOCATES = ("DRAFT", "PLANNED", "RELEASED", "ON_HOLD")
ISSUES = ("PLANNED", "RELEASED", "IN_PROGRESS")
STATUSES = ("DRAFT", "PLANNED", "RELEASED", "IN_PROGRESS", "ON_HOLD", "COMPLETED", "CANCELLED")


def receive(desk: Desk, lot: str, quantity: object, **fields: Any) -> None:
    desk.do("stock.receive", material="BAR", lot=lot, quantity=quantity, **fields)


def reserved(desk: Desk, number: str, material: str = "BAR") -> dict[str, Decimal]:
    """Name the lots of a material with what is reserved in each."""
    return {lot.lot: lot.reserved for lot in desk.line(number, material).lots if lot.reserved}


def sizes(answer: list[dict[str, Any]], *, of: str | None = None) -> list[tuple[str, str]]:
    return [(part["lot"], part["quantity"]) for part in answer if of in (None, part.get("material"))]


# ---------------------------------------------------------------------- which lots


def test_the_lot_that_came_first_is_taken_first_whatever_its_number(desk: Desk) -> None:
    receive(desk, "OLDEST", 10, received_at="2026-01-01T08:00:00Z")
    number = desk.order(status="PLANNED")  # takes 50 m of bar

    answer = desk.do("work_order.allocate", number=number)

    assert sizes(answer["reserved"], of="BAR") == [("OLDEST", "10"), ("B-1", "30"), ("B-2", "10")]
    assert reserved(desk, number) == {"OLDEST": 10, "B-1": 30, "B-2": 10}
    assert desk.faults() == []


def test_of_lots_that_came_together_the_one_booked_first_is_taken_first(desk: Desk) -> None:
    receive(desk, "Z", 20, received_at="2026-01-01T08:00:00Z")
    receive(desk, "A", 20, received_at="2026-01-01T08:00:00Z")
    number = desk.order(status="PLANNED", quantity=60)

    answer = desk.do("work_order.allocate", number=number)

    assert sizes(answer["reserved"], of="BAR") == [("Z", "20"), ("A", "10")]


def test_lots_that_expire_go_before_the_others_and_the_first_to_expire_goes_first(desk: Desk) -> None:
    receive(desk, "LATER", 10, received_at="2026-03-01T08:00:00Z", expires_at="2099-06-01T00:00:00Z")
    receive(desk, "SOONER", 10, received_at="2026-04-01T08:00:00Z", expires_at="2099-02-01T00:00:00Z")
    number = desk.order(status="PLANNED")

    answer = desk.do("work_order.allocate", number=number)

    assert sizes(answer["reserved"], of="BAR") == [("SOONER", "10"), ("LATER", "10"), ("B-1", "30")]


def test_lots_that_may_not_be_used_are_passed_over(desk: Desk) -> None:
    for lot in ("BLOCKED", "QUARANTINE", "SCRAP", "PROCESS"):
        receive(desk, lot, 5, received_at="2026-01-01T08:00:00Z")
    receive(desk, "EXPIRED", 5, received_at="2026-01-01T08:00:00Z", expires_at="2026-02-01T08:00:00Z")
    desk.do("stock.block", material="BAR", lot="BLOCKED", reason="hardness")
    for category in ("QUARANTINE", "SCRAP", "PROCESS"):
        desk.do("stock.set_category", material="BAR", lot=category, category=category)
    number = desk.order(status="PLANNED", quantity=40)

    answer = desk.do("work_order.allocate", number=number)

    assert sizes(answer["reserved"], of="BAR") == [("PROCESS", "5"), ("B-1", "15")]


# ---------------------------------------------------------------------- allocate


def test_one_shortage_refuses_all_and_names_what_others_hold(desk: Desk) -> None:
    desk.order(status="RELEASED", quantity=200)  # holds 100 m of bar and 800 nuts
    number = desk.order(status="PLANNED", quantity=2400)  # wants 1200 m and 9600 nuts

    error = desk.refused("work_order.allocate", number=number)

    assert error["code"] == "MATERIAL_INSUFFICIENT_STOCK"
    numbers = ("material", "required", "available", "reserved_elsewhere", "short")
    assert [[violation["details"][name] for name in numbers] for violation in error["details"]["violations"]] == [
        ["BAR", "1200", "930", "100", "270"],
        ["NUT", "9600", "9200", "800", "400"],
    ]


def test_a_shortage_tells_what_the_order_has_itself_apart_from_what_others_hold(desk: Desk) -> None:
    desk.order(status="RELEASED", quantity=100)  # holds 50 of the 1030 m of bar
    number = desk.order(status="RELEASED", quantity=400)  # and this one 200
    desk.do("work_order.issue", number=number)
    desk.do("work_order.return_material", number=number, material="BAR", quantity=70)
    desk.do("stock.adjust", material="BAR", lot="B-2", quantity=-800, reason="counted")

    desk.do("work_order.hold", number=number, reason="more is wanted")
    code, told = desk.said("work_order.allocate", number=number)
    partly = desk.do("work_order.allocate", number=number, allow_partial=True)
    again, then = desk.said("work_order.allocate", number=number)

    names = ("material", "required", "allocated", "available", "reserved_elsewhere", "short")
    assert (code, [told[name] for name in names]) == (
        "MATERIAL_INSUFFICIENT_STOCK",
        ["BAR", "200", "130", "50", "50", "20"],
    )
    assert sizes(partly["reserved"]) == [("B-2", "50")]
    assert (again, [then[name] for name in names]) == (
        "MATERIAL_INSUFFICIENT_STOCK",
        ["BAR", "200", "180", "0", "50", "20"],
    )
    assert desk.faults() == []


def test_a_partial_allocation_reserves_what_there_is_and_the_rest_when_it_comes(desk: Desk) -> None:
    number = desk.order(status="PLANNED", quantity=2100)  # wants 1050 m of bar; 1030 are there

    first = desk.do("work_order.allocate", number=number, allow_partial=True)
    held = reserved(desk, number)
    receive(desk, "B-3", 100)
    second = desk.do("work_order.allocate", number=number)

    assert [(short["material"], short["available"], short["short"]) for short in first["shortages"]] == [
        ("BAR", "1030", "20")
    ]
    assert held == {"B-1": 30, "B-2": 1000}
    assert (sizes(second["reserved"]), second["shortages"]) == ([("B-3", "20")], [])
    assert desk.said("work_order.allocate", number=number)[0] == "MATERIAL_ALREADY_ALLOCATED"
    assert desk.faults() == []


def test_material_is_allocated_and_issued_only_in_the_statuses_for_it(desk: Desk) -> None:
    for status in STATUSES:
        number = desk.order(status="DRAFT", quantity=1)
        before = {"DRAFT": (), "PLANNED": ("plan",), "CANCELLED": ("cancel",)}.get(status, ("plan", "release"))
        for move in before:
            desk.do(f"work_order.{move}", number=number, **({"reason": "no"} if move == "cancel" else {}))
        if status == "ON_HOLD":
            desk.do("work_order.hold", number=number, reason="wait")
        if status in ("IN_PROGRESS", "COMPLETED"):
            desk.do("work_order.allocate", number=number)
            desk.do("work_order.start", number=number)
        if status == "COMPLETED":
            desk.do("work_order.complete", number=number, short_close_reason="enough")
        if status in ALLOCATES:
            desk.do("work_order.allocate", number=number)
        else:
            code, details = desk.said("work_order.allocate", number=number)
            assert (code, details["current_status"]) == ("WORK_ORDER_INVALID_TRANSITION", status)
            assert details["required_status"] == list(ALLOCATES)
        if status in ISSUES:
            desk.do("work_order.issue", number=number)
        else:
            code, details = desk.said("work_order.issue", number=number)
            assert (code, details["current_status"]) == ("WORK_ORDER_INVALID_TRANSITION", status)
            assert details["required_status"] == list(ISSUES)
        if status == "IN_PROGRESS":
            desk.do("work_order.cancel", number=number, reason="make room", return_material=True)


def test_the_need_includes_the_planned_loss(desk: Desk) -> None:
    lines = [{"component": "BAR", "quantity": "0.5", "scrap_percentage": 5}]
    desk.do("bom.set", product="GEAR", lines=lines)

    number = desk.order(status="DRAFT")

    assert desk.line(number, "BAR").required == Decimal("52.5")  # 0.5 x 100 x 1.05


def test_three_times_a_tenth_is_three_tenths(desk: Desk) -> None:
    desk.do("bom.set", product="GEAR", lines=[{"component": "BAR", "quantity": "0.1"}])
    desk.do("stock.receive", material="BAR", lot="EXACT", quantity="0.3", received_at="2025-01-01T00:00:00Z")
    number = desk.order(status="IN_PROGRESS", quantity=3)
    desk.do("work_order.issue", number=number)

    for _ in range(3):
        desk.do("work_order.record_output", number=number, good=1)

    line = desk.line(number, "BAR")
    assert (line.required, line.issued, line.consumed) == (Decimal("0.3"), Decimal("0.3"), Decimal("0.3"))
    assert desk.lot("BAR", "EXACT").on_hand == 0


# ---------------------------------------------------------------------- issue


def test_issuing_takes_everything_reserved_from_its_lots_and_leaves_backflushed_material(desk: Desk) -> None:
    number = desk.order(status="RELEASED")

    answer = desk.do("work_order.issue", number=number)

    assert sizes(answer["issued"]) == [("B-1", "30"), ("B-2", "20")]
    bar, nut = desk.line(number, "BAR"), desk.line(number, "NUT")
    assert (bar.reserved, bar.issued, nut.reserved, nut.issued) == (0, 50, 400, 0)
    assert [(desk.lot("BAR", lot).on_hand, desk.lot("BAR", lot).reserved) for lot in ("B-1", "B-2")] == [
        (0, 0),
        (980, 0),
    ]
    ledger = desk.ask("stock.movements", material="BAR").rows[:2]
    assert {(row.lot, row.kind, row.quantity, row.work_order) for row in ledger} == {
        ("B-1", "ISSUE", -30, number),
        ("B-2", "ISSUE", -20, number),
    }
    assert desk.faults() == []


def test_some_material_some_quantity_and_a_named_lot_may_be_issued(desk: Desk) -> None:
    number = desk.order(status="RELEASED")

    some = desk.do("work_order.issue", number=number, lines=[{"material": "BAR", "quantity": "12.5"}])
    named = desk.do("work_order.issue", number=number, lines=[{"material": "BAR", "quantity": 5, "lot": "B-2"}])
    nuts = desk.do("work_order.issue", number=number, lines=[{"material": "NUT", "quantity": 40}])
    rest = desk.do("work_order.issue", number=number)

    assert [sizes(answer["issued"]) for answer in (some, named, nuts)] == [
        [("B-1", "12.5")],
        [("B-2", "5")],
        [("N-1", "40")],
    ]
    assert sizes(rest["issued"]) == [("B-1", "17.5"), ("B-2", "15")]
    assert (desk.line(number, "BAR").issued, desk.line(number, "NUT").issued) == (50, 40)
    assert desk.faults() == []


def test_a_lot_that_was_not_reserved_frees_as_much_of_what_was(desk: Desk) -> None:
    receive(desk, "B-3", 100)
    number = desk.order(status="RELEASED")

    desk.do("work_order.issue", number=number, lines=[{"material": "BAR", "quantity": 40, "lot": "B-3"}])

    line = desk.line(number, "BAR")
    assert (line.issued, line.reserved) == (40, 10)
    assert desk.faults() == []


def test_more_than_required_is_issued_only_if_a_second_person_agrees(desk: Desk) -> None:
    number = desk.order(status="RELEASED")
    desk.do("work_order.issue", number=number)
    lines = [{"material": "BAR", "quantity": 7}]
    override = {"badge": SUPERVISOR, "pin": "135790", "reason": "first piece broke"}

    code, details = desk.said("work_order.issue", number=number, lines=lines)
    desk.do("work_order.issue", number=number, lines=lines, override=override)

    assert code == "MATERIAL_ALLOCATION_EXCEEDED"
    assert {name: details[name] for name in ("material", "required", "issued", "asked")} == {
        "material": "BAR",
        "required": "50",
        "issued": "50",
        "asked": "7",
    }
    assert (desk.line(number, "BAR").issued, desk.lot("BAR", "B-2").on_hand) == (57, 973)
    assert desk.faults() == []


def test_material_is_not_issued_against_the_rules(desk: Desk) -> None:
    receive(desk, "EXPIRED", 5, received_at="2026-01-01T08:00:00Z", expires_at="2026-02-01T08:00:00Z")
    receive(desk, "SMALL", 5)
    other = desk.order(status="PLANNED", quantity=2000)
    number = desk.order(status="RELEASED")
    desk.do("work_order.allocate", number=other, allow_partial=True)
    desk.do("stock.block", material="BAR", lot="B-1", reason="hardness")
    cases: tuple[tuple[str, dict[str, Any], str, dict[str, Any]], ...] = (
        (number, {"material": "XYZ"}, "MATERIAL_NOT_FOUND", {"material": "XYZ"}),
        (number, {"material": "BAR", "quantity": 0}, "MATERIAL_INVALID_QUANTITY", {"material": "BAR", "quantity": "0"}),
        (number, {"material": "BAR", "quantity": -3}, "MATERIAL_INVALID_QUANTITY", {"quantity": "-3"}),
        (number, {"material": "BAR", "lot": "B-9"}, "MATERIAL_LOT_NOT_FOUND", {"lot": "B-9", "material": "BAR"}),
        (number, {"material": "BAR"}, "MATERIAL_LOT_BLOCKED", {"lot": "B-1", "reason": "hardness"}),
        (number, {"material": "BAR", "lot": "EXPIRED", "quantity": 1}, "MATERIAL_LOT_EXPIRED", {"lot": "EXPIRED"}),
        (
            number,
            {"material": "BAR", "lot": "B-2", "quantity": 50},
            "MATERIAL_INSUFFICIENT_STOCK",
            {"required": "50", "available": "20", "reserved_elsewhere": "980", "short": "30"},
        ),
        (other, {"material": "NUT", "quantity": 7900}, "", {}),
    )

    for order, line, code, details in cases:
        if not code:
            desk.do("work_order.issue", number=order, lines=[line])
            continue
        refused, told = desk.said("work_order.issue", number=order, lines=[line])
        assert (refused, {name: told[name] for name in details}) == (code, details), line


def test_what_is_not_reserved_is_not_issued(desk: Desk) -> None:
    number = desk.order(status="PLANNED")

    nothing = desk.said("work_order.issue", number=number)
    partly = desk.said("work_order.issue", number=number, lines=[{"material": "BAR", "quantity": 10}])

    assert nothing[0] == partly[0] == "MATERIAL_NOT_ALLOCATED"
    numbers = ("material", "required", "allocated", "short")
    assert [nothing[1][name] for name in numbers] == ["BAR", "50", "0", "50"]
    assert [partly[1][name] for name in numbers] == ["BAR", "10", "0", "10"]


def test_what_was_reserved_of_a_lot_is_not_issued_once_it_is_quarantined_or_scrap(desk: Desk) -> None:
    number = desk.order(status="RELEASED", quantity=20)

    for category, reason in (("QUARANTINE", "in quarantine"), ("SCRAP", "scrap")):
        desk.do("stock.set_category", material="BAR", lot="B-1", category=category)
        code, details = desk.said("work_order.issue", number=number)
        assert (code, details["lot"], details["reason"]) == ("MATERIAL_LOT_BLOCKED", "B-1", reason)


def test_a_lot_has_expired_from_the_moment_that_it_says(desk: Desk) -> None:
    expiry, before, bars = "2026-03-02T10:00:00Z", "2026-03-02T09:59:59Z", {"material": "BAR"}
    receive(desk, "SOON", 100, received_at="2026-01-02T08:00:00Z", expires_at=expiry)
    number = desk.order(status="DRAFT", quantity=20, at="2026-03-02T06:00:00Z")
    for move in ("plan", "release"):
        desk.do(f"work_order.{move}", number=number, at="2026-03-02T06:00:00Z")

    desk.do("work_order.allocate", number=number, at=before)
    code, details = desk.said("work_order.issue", number=number, at=expiry)
    desk.do("work_order.issue", number=number, lines=[{**bars, "quantity": 5}], at=before)

    assert (code, details["lot"]) == ("MATERIAL_LOT_EXPIRED", "SOON")
    assert (desk.lot("BAR", "SOON").reserved, desk.lot("BAR", "SOON").on_hand) == (5, 95)


def test_everything_that_is_wrong_with_an_issue_is_said_at_once(desk: Desk) -> None:
    number = desk.order(status="RELEASED")
    lines = [{"material": "XYZ"}, {"material": "BAR", "quantity": 60}, {"material": "NUT", "lot": "N-9"}]

    codes = desk.codes("work_order.issue", number=number, lines=lines)

    assert sorted(codes) == ["MATERIAL_ALLOCATION_EXCEEDED", "MATERIAL_LOT_NOT_FOUND", "MATERIAL_NOT_FOUND"]


def test_one_lot_named_twice_in_one_issue_is_refused(desk: Desk) -> None:
    number = desk.order(status="RELEASED")
    twice = {"material": "BAR", "lot": "B-1", "quantity": 20}

    code, details = desk.said("work_order.issue", number=number, lines=[twice, twice])

    assert (code, details["field"]) == ("VALIDATION_DUPLICATE_VALUE", "lines.lot")


def test_two_lots_of_one_material_may_be_issued_in_one_command(desk: Desk) -> None:
    number = desk.order(status="RELEASED")
    lines = [{"material": "BAR", "lot": "B-2", "quantity": 25}, {"material": "BAR", "lot": "B-1", "quantity": 25}]

    desk.do("work_order.issue", number=number, lines=lines)

    assert desk.line(number, "BAR").issued == 50
    assert desk.faults() == []


# ---------------------------------------------------------------------- return


def test_material_goes_back_to_the_lot_it_came_from(desk: Desk) -> None:
    number = desk.order(status="IN_PROGRESS")
    desk.do("work_order.issue", number=number)

    last_first = desk.do("work_order.return_material", number=number, material="BAR", quantity=25)
    named = desk.do("work_order.return_material", number=number, material="BAR", quantity=10, lot="B-1")

    assert sizes(last_first["returned"]) == [("B-2", "20"), ("B-1", "5")]
    assert sizes(named["returned"]) == [("B-1", "10")]
    assert (desk.lot("BAR", "B-1").on_hand, desk.lot("BAR", "B-2").on_hand) == (15, 1000)
    line = desk.line(number, "BAR")
    assert (line.issued, line.returned, line.reserved) == (50, 35, 0)
    assert desk.faults() == []


def test_no_more_comes_back_than_was_issued_and_not_used(desk: Desk) -> None:
    number = desk.order(status="IN_PROGRESS")
    desk.do("work_order.issue", number=number)
    desk.do("work_order.record_output", number=number, good=60)  # uses 30 of 50 m
    desk.do("stock.receive", material="BAR", lot="OTHER", quantity=1)
    cases: tuple[tuple[dict[str, Any], str, dict[str, Any]], ...] = (
        (
            {"quantity": "20.001"},
            "MATERIAL_RETURN_EXCEEDED",
            {"material": "BAR", "returnable": "20", "asked": "20.001"},
        ),
        ({"quantity": 21, "lot": "B-1"}, "MATERIAL_RETURN_EXCEEDED", {"returnable": "20", "asked": "21"}),
        ({"quantity": 1, "lot": "B-9"}, "MATERIAL_LOT_NOT_FOUND", {"lot": "B-9"}),
        ({"quantity": 1, "lot": "OTHER"}, "MATERIAL_LOT_NOT_FOUND", {"lot": "OTHER", "number": number}),
        ({"quantity": 0}, "MATERIAL_INVALID_QUANTITY", {"quantity": "0"}),
        ({"quantity": 1, "material": "XYZ"}, "MATERIAL_NOT_FOUND", {"material": "XYZ"}),
    )

    for given, code, details in cases:
        refused, told = desk.said("work_order.return_material", **{"number": number, "material": "BAR", **given})
        assert (refused, {name: told[name] for name in details}) == (code, details), given
    desk.do("work_order.return_material", number=number, material="BAR", quantity=20)

    assert desk.line(number, "BAR").returned == 20
    assert desk.faults() == []


def test_after_completion_material_comes_back_only_with_the_right_to_correct(desk: Desk, desks: Desks) -> None:
    number = desk.order(status="COMPLETED")
    wish = {"number": number, "material": "BAR", "quantity": 10}

    code, details = desks(HANDLER).said("work_order.return_material", **wish)
    desks(SUPERVISOR).do("work_order.return_material", **wish)

    assert (code, details["operation"]) == ("PERMISSION_DENIED", "work_order.reverse_output")
    assert desk.line(number, "BAR").returned == 10
    assert desk.status(number) == "COMPLETED"
    assert desk.faults() == []


# ---------------------------------------------------------------------- use


def test_output_uses_material_by_the_piece_good_or_scrapped(desk: Desk) -> None:
    number = desk.order(status="IN_PROGRESS")
    desk.do("work_order.issue", number=number)

    desk.do("work_order.record_output", number=number, good=7, scrapped=3, scrap_reason="burr")

    bar, nut = desk.line(number, "BAR"), desk.line(number, "NUT")
    assert (bar.issued, bar.consumed) == (50, 5)
    assert (nut.reserved, nut.issued, nut.consumed) == (360, 40, 40)
    ledger = desk.ask("stock.movements", material="NUT").rows[0]
    assert (ledger.kind, ledger.quantity, ledger.lot, ledger.work_order) == ("BACKFLUSH", -40, "N-1", number)
    assert desk.faults() == []


@pytest.mark.parametrize("steps", [(1, 1, 1), (2, 1)])
def test_use_is_rounded_over_the_whole_so_that_the_last_piece_uses_up_the_last_bit(
    desk: Desk, steps: tuple[int, ...]
) -> None:
    # 0.1 x 3 x 1.66667 is 0.500 for three pieces: 0.16667 each.
    desk.do("bom.set", product="GEAR", lines=[{"component": "BAR", "quantity": "0.1", "scrap_percentage": "66.667"}])
    number = desk.order(status="IN_PROGRESS", quantity=3)
    desk.do("work_order.issue", number=number)
    used = []

    for pieces in steps:
        desk.do("work_order.record_output", number=number, good=pieces)
        used.append(str(desk.line(number, "BAR").consumed))

    assert used == {3: ["0.167", "0.333", "0.500"], 2: ["0.333", "0.500"]}[len(steps)]


def test_a_pick_line_that_does_not_cover_the_use_refuses_the_output_unless_lifted(desk: Desk) -> None:
    number = desk.order(status="IN_PROGRESS")
    desk.do("work_order.issue", number=number, lines=[{"material": "BAR", "quantity": 4}])
    override = {"badge": SUPERVISOR, "pin": "135790", "reason": "cut from an offcut"}

    code, details = desk.said("work_order.record_output", number=number, good=10)
    desk.do("work_order.record_output", number=number, good=10, override=override)

    assert code == "MATERIAL_NOT_ISSUED"
    numbers = ("material", "required", "issued", "short")
    assert [details[name] for name in numbers] == ["BAR", "5", "4", "1"]
    line = desk.line(number, "BAR")
    assert (line.issued, line.consumed) == (4, 4)
    assert desk.detail(number).row.quantity_completed == 10
    assert desk.faults() == []


def test_backflushed_material_that_runs_out_refuses_the_output_with_its_numbers(desk: Desk) -> None:
    desk.do("product.create", stock_code="WHEEL", name="Wheel", type="FINISHED", unit="pcs")
    desk.do("bom.set", product="WHEEL", lines=[{"component": "NUT", "quantity": 4, "issue_method": "BACKFLUSH"}])
    number = desk.order(status="IN_PROGRESS", product="WHEEL", quantity=100)
    desk.order(status="RELEASED", product="WHEEL", quantity=25)
    desk.do("stock.adjust", material="NUT", lot="N-1", quantity=-9490, reason="stocktaking")  # 10 stay free
    desk.do("work_order.record_output", number=number, good=90, scrapped=10, scrap_reason="burr")

    code, details = desk.said("work_order.record_output", number=number, good=5)

    assert code == "MATERIAL_INSUFFICIENT_STOCK"
    numbers = ("material", "required", "available", "reserved_elsewhere", "short")
    assert [details[name] for name in numbers] == ["NUT", "20", "10", "100", "10"]
