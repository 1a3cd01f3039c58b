"""What is reported as made: totals, stock, reasons, limits, and how a wrong report is taken back."""

from typing import Any

from tests.factories import OPERATOR, SUPERVISOR
from tests.service.conftest import Desks
from tests.service.stories import Desk


def running(desk: Desk, **fields: Any) -> str:
    number = desk.order(status="IN_PROGRESS", **fields)
    desk.do("work_order.issue", number=number)
    return number


def report(desk: Desk, number: str, **said: Any) -> int:
    output: int = desk.do("work_order.record_output", number=number, **said)["output"]
    return output


def totals(desk: Desk, number: str) -> tuple[int, int]:
    row = desk.detail(number).row
    return int(row.quantity_completed), int(row.quantity_scrapped)


def test_good_pieces_count_and_enter_stock_in_the_lot_of_their_batch(desk: Desk) -> None:
    number = running(desk)

    report(desk, number, good=10, batch_number="BATCH-7", notes="first pieces")
    report(desk, number, good=5, batch_number="BATCH-7")
    report(desk, number, good=1)

    batch, unnamed = desk.lot("GEAR", "BATCH-7"), desk.lot("GEAR", number)
    assert (batch.on_hand, batch.category, unnamed.on_hand) == (15, "FINISHED", 1)
    assert totals(desk, number) == (16, 0)
    first = desk.detail(number).outputs[0]
    assert (first.good, first.scrapped, first.rework, first.batch_number, first.notes) == (
        10,
        0,
        0,
        "BATCH-7",
        "first pieces",
    )
    assert (first.operator, first.reversed_by) == ("ADMIN", None)
    assert desk.faults() == []


def test_scrapped_pieces_enter_the_scrap_category_with_their_reasons(desk: Desk) -> None:
    number = running(desk)
    parts = [{"quantity": 2, "reason": "burr"}, {"quantity": 1, "reason": "crack"}]

    report(desk, number, good=0, scrapped=4, scrap_reason="burr", batch_number="B")
    report(desk, number, good=0, scrap=parts)
    report(desk, number, good=0, scrapped=3, scrap=parts)

    scrap = [
        (row.scrapped, [(part.quantity, part.reason) for part in row.scrap]) for row in desk.detail(number).outputs
    ]
    assert scrap == [(4, [(4, "burr")]), (3, [(2, "burr"), (1, "crack")]), (3, [(2, "burr"), (1, "crack")])]
    assert totals(desk, number) == (0, 10)
    lots = desk.ask("stock.list", material="GEAR").rows
    assert {lot.category for lot in lots} == {"SCRAP"}
    assert sum(lot.on_hand for lot in lots) == 10
    assert desk.faults() == []


def test_rework_counts_nowhere_until_it_is_reported_again(desk: Desk) -> None:
    number = running(desk)

    report(desk, number, good=0, rework=8)
    stock = desk.ask("stock.list", material="GEAR").rows
    aside = (desk.detail(number).row.quantity_completed, desk.line(number, "BAR").consumed, len(stock))
    report(desk, number, good=8)

    assert not any(aside)
    assert totals(desk, number) == (8, 0)
    assert [row.rework for row in desk.detail(number).outputs] == [8, 0]
    assert desk.faults() == []


def test_semi_finished_pieces_enter_the_process_category(desk: Desk) -> None:
    desk.do("product.create", stock_code="BLANK", name="Blank", type="SEMI_FINISHED", unit="pcs")
    desk.do("bom.set", product="BLANK", lines=[])
    number = desk.order(status="IN_PROGRESS", product="BLANK")

    report(desk, number, good=3, batch_number="X")

    assert desk.lot("BLANK", "X").category == "PROCESS"


def test_a_report_may_name_the_person_who_made_the_pieces(desk: Desk, desks: Desks) -> None:
    number = running(desk)

    report(desk, number, good=1, operator=OPERATOR)
    report(desks(OPERATOR), number, good=1)
    code, details = desk.said("work_order.record_output", number=number, good=1, operator="NOBODY")

    assert [row.operator for row in desk.detail(number).outputs] == [OPERATOR, OPERATOR]
    assert (code, details) == ("PRODUCTION_NO_OPERATOR", {"number": number, "operator": "NOBODY"})


def test_a_report_against_the_rules_is_refused(desk: Desk) -> None:
    number = running(desk)
    report(desk, number, good=30)
    part = {"quantity": 1, "reason": "burr"}
    cases: tuple[tuple[dict[str, Any], str, dict[str, Any]], ...] = (
        ({"good": 0}, "PRODUCTION_OUTPUT_INVALID", {"number": number}),
        ({"good": 0, "scrapped": 0, "rework": 0}, "PRODUCTION_OUTPUT_INVALID", {"number": number}),
        ({"good": -1}, "PRODUCTION_QUANTITY_NEGATIVE", {"field": "good", "quantity": "-1"}),
        ({"good": 1, "scrapped": -2}, "PRODUCTION_QUANTITY_NEGATIVE", {"field": "scrapped", "quantity": "-2"}),
        ({"good": 1, "rework": -3}, "PRODUCTION_QUANTITY_NEGATIVE", {"field": "rework", "quantity": "-3"}),
        ({"good": 1, "scrapped": 2}, "PRODUCTION_SCRAP_REASON_REQUIRED", {"scrapped": "2"}),
        ({"good": 1, "scrapped": 3, "scrap": [part]}, "PRODUCTION_OUTPUT_INVALID", {"scrapped": "3", "explained": "1"}),
        (
            {"good": "70.001"},
            "PRODUCTION_OUTPUT_EXCEEDS_ORDER",
            {"ordered": "100", "limit": "100", "reported": "30", "asked": "70.001"},
        ),
        ({"good": 1, "operation": 10}, "OPERATION_NOT_FOUND", {"number": number, "sequence": 10}),
    )

    for given, code, details in cases:
        refused, told = desk.said("work_order.record_output", number=number, **given)
        assert (refused, {name: told[name] for name in details}) == (code, details), given


def test_output_is_taken_only_while_the_order_runs(desk: Desk) -> None:
    for status in ("DRAFT", "PLANNED", "RELEASED", "ON_HOLD", "CANCELLED", "COMPLETED"):
        number = desk.order(status=status)
        code, details = desk.said("work_order.record_output", number=number, good=1)
        expected = "PRODUCTION_ALREADY_COMPLETED" if status == "COMPLETED" else "PRODUCTION_OPERATION_NOT_STARTED"
        assert (code, details["number"], details["current_status"]) == (expected, number, status)


def test_the_plant_may_tolerate_more_good_pieces_than_ordered(desk: Desk) -> None:
    desk.do("settings.set", overproduction_percent="5")
    number = running(desk, quantity=40)
    report(desk, number, good=30, scrapped=9, scrap_reason="burr")
    override = {"badge": SUPERVISOR, "pin": "135790", "reason": "pieces broke"}

    code, details = desk.said("work_order.record_output", number=number, good=13)
    desk.do("work_order.record_output", number=number, good=12, override=override)

    assert code == "PRODUCTION_OUTPUT_EXCEEDS_ORDER"
    assert [details[name] for name in ("ordered", "limit", "reported", "asked")] == ["40", "42", "30", "13"]
    assert totals(desk, number) == (42, 9)


def test_good_pieces_and_scrap_never_share_a_lot(desk: Desk) -> None:
    desk.do("stock.receive", material="GEAR", lot="OLD", quantity=1, category="SCRAP")
    number = running(desk)

    code, details = desk.said("work_order.record_output", number=number, good=1, batch_number="OLD")

    assert (code, details["field"]) == ("VALIDATION_INVALID_CHOICE", "batch_number")


# ---------------------------------------------------------------------- taking back


def test_a_reversed_output_puts_totals_use_and_stock_right_and_both_entries_stay(desk: Desk) -> None:
    number = running(desk)
    report(desk, number, good=20, batch_number="B")
    before = [
        (desk.line(number, code).consumed, desk.lot(code, lot).on_hand)
        for code, lot in (("BAR", "B-1"), ("NUT", "N-1"))
    ]
    wrong = report(desk, number, good=30, scrapped=5, scrap_reason="burr", rework=2, batch_number="B")

    answer = desk.do("work_order.reverse_output", number=number, output=wrong, reason="typed twice")

    detail = desk.detail(number)
    first, second, third = detail.outputs
    assert (second.id, second.reversed_by, third.reverses, third.notes) == (wrong, third.id, wrong, "typed twice")
    assert (third.good, third.scrapped, third.rework) == (-30, -5, -2)
    assert [(part.quantity, part.reason) for part in third.scrap] == [(-5, "burr")]
    assert first.reversed_by is None
    assert (answer["quantity_completed"], answer["quantity_scrapped"]) == ("20", "0")
    assert totals(desk, number) == (20, 0)
    assert (desk.lot("GEAR", "B").on_hand, desk.lot("GEAR", "B-SCRAP").on_hand) == (20, 0)
    after = [
        (desk.line(number, code).consumed, desk.lot(code, lot).on_hand)
        for code, lot in (("BAR", "B-1"), ("NUT", "N-1"))
    ]
    assert after == before
    assert desk.faults() == []


def test_pieces_may_be_reported_again_after_a_reversal(desk: Desk) -> None:
    number = running(desk)
    wrong = report(desk, number, good=100)
    desk.do("work_order.reverse_output", number=number, output=wrong, reason="another order's pieces")

    report(desk, number, good=100)

    assert totals(desk, number) == (100, 0)
    assert desk.faults() == []


def test_an_output_is_reversed_only_once_and_only_if_it_is_one(desk: Desk) -> None:
    number, other = running(desk), desk.order(status="RELEASED")
    wrong = report(desk, number, good=10)
    second = desk.do("work_order.reverse_output", number=number, output=wrong, reason="typed twice")["output"]

    twice = desk.said("work_order.reverse_output", number=number, output=wrong, reason="again")
    reversal = desk.said("work_order.reverse_output", number=number, output=second, reason="undo")
    nobodys = desk.said("work_order.reverse_output", number=number, output=999_999, reason="x")
    anothers = desk.said("work_order.reverse_output", number=other, output=wrong, reason="x")

    assert twice[0] == "PRODUCTION_ALREADY_REVERSED"
    assert (twice[1]["number"], twice[1]["output"], twice[1]["reversed_by"]) == (number, wrong, "ADMIN")
    assert [refused[0] for refused in (reversal, nobodys, anothers)] == ["PRODUCTION_OUTPUT_INVALID"] * 3
    assert reversal[1] == {"number": number, "reversal": second, "reverses": wrong}
    assert (
        f": entry {second} takes entry {wrong} back itself."
        in desk.refused("work_order.reverse_output", number=number, output=second, reason="undo")["message"]
    )


def test_an_output_is_not_reversed_once_its_pieces_have_left(desk: Desk) -> None:
    number = running(desk)
    wrong = report(desk, number, good=10, batch_number="B")
    desk.do("stock.adjust", material="GEAR", lot="B", quantity=-4, reason="shipped")

    code, details = desk.said("work_order.reverse_output", number=number, output=wrong, reason="typed twice")

    assert code == "MATERIAL_INSUFFICIENT_STOCK"
    assert [details[name] for name in ("material", "lot", "required", "available", "short")] == [
        "GEAR",
        "B",
        "10",
        "6",
        "4",
    ]


def test_a_completed_order_is_corrected_by_a_counter_entry_and_stays_completed(desk: Desk) -> None:
    number = running(desk)
    wrong = report(desk, number, good=100)
    desk.do("work_order.complete", number=number)

    desk.do("work_order.reverse_output", number=number, output=wrong, reason="counted the wrong box")

    assert (desk.status(number), totals(desk, number)) == ("COMPLETED", (0, 0))
    assert desk.faults() == []


def test_a_reversal_leaves_the_use_of_other_outputs_that_were_reported_short_of_material(desk: Desk) -> None:
    number = desk.order(status="IN_PROGRESS")
    desk.do("work_order.issue", number=number, lines=[{"material": "BAR", "quantity": 2}])
    override = {"badge": SUPERVISOR, "pin": "135790", "reason": "cut from an offcut"}
    short = report(desk, number, good=10, override=override)  # uses 5 m, 2 m are booked
    desk.do("work_order.issue", number=number)
    report(desk, number, good=10)  # uses 5 m

    desk.do("work_order.reverse_output", number=number, output=short, reason="typed twice")

    assert desk.line(number, "BAR").consumed == 5
    assert desk.faults() == []
