"""The output dialog without a window: what a report will do, and that it counts once."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from mfg_desktop.queries.rows import OrderDetail
from mfg_desktop.ui.output.presenter import GOOD, REWORK, OutputPresenter, scrap
from mfg_desktop.ui.output.preview import Draft, Sort, effects
from tests.factories import Floor
from tests.ui.conftest import Place

MakeReport = Callable[..., OutputPresenter]


@pytest.fixture
def report(place: Place, floor: Floor) -> MakeReport:
    """Give a report on a running order of so many pieces; its material is issued unless told otherwise."""

    def make(*, quantity: int = 20, issued: bool = True, **fields: Any) -> OutputPresenter:
        number = floor.order(status="IN_PROGRESS", quantity=quantity, **fields)
        if issued:
            floor.do("work_order.issue", number=number)
        return OutputPresenter(place, floor.ask("work_order.get", number=number))

    return make


def told(report: OutputPresenter) -> list[str]:
    return [effect.sentence for effect in report.effects()]


def after(floor: Floor, report: OutputPresenter) -> OrderDetail:
    found: OrderDetail = floor.ask("work_order.get", number=report.detail().row.number)
    return found


def test_nothing_written_does_nothing(report: MakeReport) -> None:
    empty = report()

    assert empty.effects() == ()
    assert empty.confirm() is False


def test_a_report_tells_all_that_it_will_do(report: MakeReport) -> None:
    written = report()
    number = written.detail().row.number

    written.write(GOOD, Decimal(8))
    written.write(scrap("Tool broken"), Decimal(2))
    written.write(REWORK, Decimal(1))
    written.set_batch(" B-17 ")

    assert told(written) == [
        "0 + 8 = 8 of 20 good, 12 to go",
        "0 + 2 = 2 scrap",
        "5 m Round bar 45 mm used, 5 m stay at the machine",
        "40 pcs Nut M8 taken from stock",
        "8 pcs into stock, lot B-17",
        "2 pcs into scrap, lot B-17-SCRAP",
        "1 pcs to rework; counted when reported again",
    ]
    assert number not in " ".join(told(written))
    assert not any(effect.trouble for effect in written.effects())


def test_many_materials_are_told_in_one_line_and_the_one_that_is_short_by_itself(report: MakeReport) -> None:
    detail = report(quantity=10).detail()
    bar, nut = detail.allocations
    short = replace(bar, issued=Decimal(0))
    many = replace(detail, allocations=(bar, short, nut, nut))

    sentences = [one.sentence for one in effects(many, Draft(good=Decimal(4))) if one.sort is Sort.MATERIAL]

    assert sentences == [
        "2 m Round bar 45 mm needed, 0 m issued: issue it first",
        "3 materials used, there is enough of each",
    ]


def test_without_a_batch_the_lot_has_the_orders_number(report: MakeReport) -> None:
    written = report()

    written.write(GOOD, Decimal(20))

    assert told(written)[0] == "0 + 20 = 20 of 20 good, all there"
    assert told(written)[-1] == f"20 pcs into stock, lot {written.detail().row.number}"


def test_what_will_be_refused_is_told_beforehand(report: MakeReport) -> None:
    written = report(issued=False)

    written.write(GOOD, Decimal(21))

    trouble = {effect.sort: effect.sentence for effect in written.effects() if effect.trouble}
    assert trouble[Sort.ORDER] == "0 + 21 = 21 of 20 good; at most 20 more fit"
    assert trouble[Sort.MATERIAL] == "10.5 m Round bar 45 mm needed, 0 m issued: issue it first"


def test_the_preview_is_what_then_happens(qtbot: QtBot, report: MakeReport, floor: Floor) -> None:
    written = report()
    written.write(GOOD, Decimal(8))
    written.write(scrap("Tool broken"), Decimal(2))
    written.write(scrap("Surface fault"), Decimal(1))

    with qtbot.waitSignal(written.finished):
        assert written.confirm()

    found = after(floor, written)
    assert (found.row.quantity_completed, found.row.quantity_scrapped) == (8, 3)
    assert {(part.quantity, part.reason) for part in found.outputs[0].scrap} == {
        (2, "Tool broken"),
        (1, "Surface fault"),
    }
    consumed = {line.material: line.consumed for line in found.allocations}
    assert consumed == {"BAR": Decimal("5.5"), "NUT": Decimal(44)}


def test_five_confirmations_count_once(qtbot: QtBot, report: MakeReport, floor: Floor) -> None:
    written = report()
    written.write(GOOD, Decimal(8))

    with qtbot.waitSignal(written.finished):
        confirmed = [written.confirm() for _ in range(5)]

    assert confirmed == [True, False, False, False, False]
    assert after(floor, written).row.quantity_completed == 8


def test_a_report_whose_answer_was_lost_goes_again_and_counts_once(
    qtbot: QtBot, report: MakeReport, floor: Floor, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = report()
    written.write(GOOD, Decimal(8))
    perform = place.shop.perform

    def lose_the_answer(*given: Any) -> None:
        perform(*given)
        raise ConnectionError("the answer is lost")

    monkeypatch.setattr(place.shop, "perform", lose_the_answer)
    with qtbot.waitSignal(written.refused) as refused:
        written.confirm()
    assert refused.args[0].code == "SYSTEM_ERROR"
    monkeypatch.setattr(place.shop, "perform", perform)
    with qtbot.waitSignal(written.finished):
        written.confirm()

    assert after(floor, written).row.quantity_completed == 8
    assert len(after(floor, written).outputs) == 1


def test_a_report_that_was_refused_is_another_attempt_once_the_material_is_issued(
    qtbot: QtBot, report: MakeReport, floor: Floor
) -> None:
    written = report(issued=False)
    written.write(GOOD, Decimal(8))

    with qtbot.waitSignal(written.refused) as refused:
        written.confirm()
    assert refused.args[0].code == "MATERIAL_NOT_ISSUED"
    assert written.may_issue()
    with qtbot.waitSignal(written.done):
        written.issue()
    with qtbot.waitSignal(written.finished):
        written.confirm()

    assert after(floor, written).row.quantity_completed == 8


def test_what_somebody_else_reports_meanwhile_is_counted_in_the_preview(
    qtbot: QtBot, report: MakeReport, floor: Floor, place: Place
) -> None:
    written = report()
    number = written.detail().row.number
    written.write(GOOD, Decimal(8))
    floor.do("work_order.record_output", number=number, good=5)

    with qtbot.waitSignal(written.rows_changed):
        place.live.tell(frozenset({("WorkOrder", number)}))

    assert told(written)[0] == "5 + 8 = 13 of 20 good, 7 to go"
    assert written.quantity(GOOD) == 8
    assert written.rest() == 15


def test_a_reason_of_ones_own_is_a_target_like_the_others(report: MakeReport) -> None:
    written = report()

    target = written.add_reason("  Chatter   marks ")
    written.write(target, Decimal(3))

    assert written.reasons()[-1] == "Chatter marks"
    assert written.draft().said() == "3 scrap"
    assert written.add_reason("tool BROKEN") == scrap("Tool broken")
    written.write(target, None)
    assert written.draft().is_empty


def test_pieces_are_whole_and_metres_are_not(report: MakeReport, floor: Floor) -> None:
    floor.do("product.create", stock_code="TUBE", name="Cut tube", type="FINISHED", unit="m")
    floor.do("bom.set", product="TUBE", lines=[])

    assert report().places() == 0
    assert report(product="TUBE", machine="CNC-2", issued=False).places() == 3


# ---------------------------------------------------------------------- at an operation


@pytest.fixture
def at_operation(place: Place, floor: Floor) -> MakeReport:
    """Give a report at the first of two operations, which runs; `completes` completes it."""
    floor.do("process.create", process_code="TURN", name="Turning", machine_type="CNC_LATHE")
    floor.do("process.create", process_code="MILL", name="Milling", machine_type="CNC_MILLING")

    def make(*, sequence: int = 10, completes: bool = False, overlap: int | None = None) -> OutputPresenter:
        steps = [{"sequence": 10, "process": "TURN", "machine": "CNC-2"}, {"sequence": 20, "process": "MILL"}]
        if overlap is not None:
            steps[1]["overlap_quantity"] = overlap
        number = floor.order(status="IN_PROGRESS", quantity=20, operations=steps)
        floor.do("work_order.issue", number=number)
        floor.do("operation.start", number=number, sequence=10)
        if sequence == 20:
            floor.do("operation.complete", number=number, sequence=10, good=20)
            floor.do("operation.start", number=number, sequence=20)
        detail = floor.ask("work_order.get", number=number)
        return OutputPresenter(place, detail, sequence=sequence, completes=completes)

    return make


def test_a_report_at_an_operation_uses_its_material_and_reaches_no_stock(at_operation: MakeReport) -> None:
    written = at_operation()

    written.write(GOOD, Decimal(8))

    assert told(written) == [
        "0 + 8 = 8 of 20 good at operation 10, 12 to go",
        "4 m Round bar 45 mm used, 6 m stay at the machine",
        "32 pcs Nut M8 taken from stock",
        "Operation 20 waits until this one is complete",
    ]


def test_pieces_enough_to_pass_on_let_the_next_operation_start(at_operation: MakeReport) -> None:
    written = at_operation(overlap=5)

    written.write(GOOD, Decimal(4))
    assert told(written)[-1] == "Operation 20 may start at 5 good"
    written.write(GOOD, Decimal(5))

    assert told(written)[-1] == "Operation 20 may start"


def test_what_the_last_operation_makes_is_the_good_of_the_order(at_operation: MakeReport) -> None:
    written = at_operation(sequence=20)
    number = written.detail().row.number

    written.write(GOOD, Decimal(8))

    assert told(written) == ["0 + 8 = 8 of 20 good, 12 to go", f"8 pcs into stock, lot {number}"]


def test_a_report_counts_at_its_operation(qtbot: QtBot, at_operation: MakeReport, floor: Floor) -> None:
    written = at_operation()
    written.write(GOOD, Decimal(8))
    written.write(REWORK, Decimal(1))

    with qtbot.waitSignal(written.finished):
        assert written.confirm()

    found = after(floor, written)
    assert ([row.good for row in found.operations], found.row.quantity_completed) == ([8, 0], 0)


def test_a_completion_reports_with_it_and_needs_no_pieces(qtbot: QtBot, at_operation: MakeReport, floor: Floor) -> None:
    written = at_operation(completes=True)
    assert written.said() == "Complete"

    written.write(GOOD, Decimal(19))
    written.write(scrap("Tool broken"), Decimal(1))
    assert written.said() == "Complete with 19 good, 1 scrap"
    assert told(written)[1] == "Operation 10 is complete, CNC-2 is free"
    with qtbot.waitSignal(written.finished):
        assert written.confirm()

    done = after(floor, written).operations[0]
    assert (done.status, done.good, done.scrapped) == ("COMPLETED", 19, 1)


def test_a_completion_with_two_reasons_for_scrap_keeps_both(
    qtbot: QtBot, at_operation: MakeReport, floor: Floor
) -> None:
    written = at_operation(completes=True)
    written.write(GOOD, Decimal(15))
    written.write(scrap("Tool broken"), Decimal(2))
    written.write(scrap("Surface fault"), Decimal(3))

    with qtbot.waitSignal(written.finished):
        assert written.confirm()

    found = after(floor, written)
    assert (found.operations[0].status, found.operations[0].good) == ("COMPLETED", 15)
    reasons = {part.reason: part.quantity for entry in found.outputs for part in entry.scrap}
    assert reasons == {"Tool broken": 2, "Surface fault": 3}


def test_more_than_fits_at_an_operation_is_told_before_it_is_refused(at_operation: MakeReport) -> None:
    written = at_operation()

    written.write(GOOD, Decimal(25))

    assert [effect.sentence for effect in written.effects() if effect.trouble and effect.sort is Sort.ORDER] == [
        "0 + 25 = 25 of 20 good at operation 10; at most 20 more fit"
    ]
