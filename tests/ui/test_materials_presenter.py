"""The materials screen without a window: which orders come first, what a line lacks, and what issuing and returning does."""

from dataclasses import replace
from decimal import Decimal

import pytest
from pytestqt.qtbot import QtBot

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.ui.materials import presenter as materials_presenter
from mfg_desktop.ui.materials import stock_presenter, wording
from mfg_desktop.ui.materials.presenter import Cover, MaterialsPresenter
from mfg_desktop.ui.materials.stock_presenter import StockPresenter
from mfg_desktop.vocabulary import Action, StockCategory
from tests.factories import Floor
from tests.ui.conftest import Place


@pytest.fixture
def presenter(place: Place) -> MaterialsPresenter:
    return MaterialsPresenter(place)


def choose(presenter: MaterialsPresenter, number: str, qtbot: QtBot) -> None:
    presenter.choose(number)
    qtbot.waitUntil(lambda: presenter.detail is not None and presenter.detail.row.number == number)


def again(presenter: MaterialsPresenter, qtbot: QtBot) -> None:
    with qtbot.waitSignal(presenter.chosen_changed):
        presenter.refresh()


def line_of(presenter: MaterialsPresenter, material: str) -> dict[str, Decimal]:
    line = next(line for line in presenter.lines() if line.row.material == material)
    return {"gap": line.gap, "out": line.out, "reserved": line.row.reserved, "returnable": line.returnable}


def test_orders_that_lack_material_come_first_then_the_due_time_decides(
    presenter: MaterialsPresenter, floor: Floor, qtbot: QtBot
) -> None:
    covered = floor.order(status="RELEASED")
    later = floor.order(status="PLANNED", planned_start="2026-03-04T06:00:00Z", planned_end="2026-03-05T06:00:00Z")
    sooner = floor.order(status="PLANNED")
    floor.order(status="CANCELLED")

    with qtbot.waitSignal(presenter.rows_changed):
        presenter.refresh()

    assert [order.number for order in presenter.orders()] == [sooner, later, covered]


def test_an_order_that_lacks_material_comes_first_however_many_pages_there_are(
    place: Place, floor: Floor, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = {"planned_start": "2026-03-04T06:00:00Z", "planned_end": "2026-03-05T06:00:00Z"}
    covered = [floor.order(status="RELEASED", quantity=10) for _ in range(2)]
    short = [floor.order(status="PLANNED", quantity=10, **later) for _ in range(2)]
    monkeypatch.setattr(materials_presenter, "PAGE", 1)
    presenter = MaterialsPresenter(place)
    shown = []

    for ask in (presenter.refresh, presenter.more, presenter.more, presenter.more):
        with qtbot.waitSignal(presenter.rows_changed):
            ask()
        shown.append([order.number for order in presenter.orders()])

    assert shown == [(short + covered)[: pages + 1] for pages in range(4)]


def test_search_shows_the_orders_of_a_product(presenter: MaterialsPresenter, floor: Floor, qtbot: QtBot) -> None:
    floor.order(status="PLANNED")

    with qtbot.waitSignal(presenter.rows_changed):
        presenter.search("no such thing")

    assert presenter.orders() == ()
    assert presenter.searching


def test_allocate_all_reserves_what_there_is_and_names_what_is_short(
    presenter: MaterialsPresenter, floor: Floor, qtbot: QtBot
) -> None:
    number = floor.order(status="PLANNED", quantity=2100)
    choose(presenter, number, qtbot)

    with qtbot.waitSignal(presenter.warned) as warned:
        presenter.allocate_all()
    qtbot.waitUntil(lambda: line_of(presenter, "BAR")["reserved"] == 1030)

    assert warned.args == ["Not all could be reserved. Short: 20 m of BAR."]
    bar = presenter.lines()[0]
    assert (bar.cover, bar.gap, bar.to_reserve) == (Cover.SHORT, Decimal(20), Decimal(0))


def test_issue_all_takes_what_is_reserved_by_hand_and_leaves_the_rest_to_the_output(
    presenter: MaterialsPresenter, floor: Floor, qtbot: QtBot
) -> None:
    number = floor.order(status="RELEASED", quantity=100)
    choose(presenter, number, qtbot)

    with qtbot.waitSignal(presenter.done):
        presenter.issue_all()
    qtbot.waitUntil(lambda: line_of(presenter, "BAR")["out"] == 50)

    assert line_of(presenter, "BAR")["reserved"] == 0
    assert line_of(presenter, "NUT")["reserved"] == 400


def test_some_of_a_named_lot_is_issued_and_returned(presenter: MaterialsPresenter, floor: Floor, qtbot: QtBot) -> None:
    number = floor.order(status="RELEASED", quantity=100)
    choose(presenter, number, qtbot)
    offer = presenter.issue_offer("BAR")
    assert offer is not None

    with qtbot.waitSignal(presenter.done):
        presenter.issue("BAR", Decimal(8), "B-2")
    qtbot.waitUntil(lambda: line_of(presenter, "BAR")["out"] == 8)
    back = presenter.return_offers()
    with qtbot.waitSignal(presenter.done):
        presenter.return_material("BAR", Decimal(3))
    qtbot.waitUntil(lambda: line_of(presenter, "BAR")["out"] == 5)

    assert [choice.pick.lot if choice.pick else "" for choice in offer.lots] == ["", "B-1", "B-2"]
    assert [offer.most for offer in back] == [Decimal(8)]
    lots = floor.ask("stock.list", material="BAR", lot="B-2").rows
    assert lots[0].on_hand == 995


def test_more_than_required_is_refused_and_may_be_overridden(
    presenter: MaterialsPresenter, floor: Floor, qtbot: QtBot
) -> None:
    number = floor.order(status="RELEASED", quantity=100)
    choose(presenter, number, qtbot)

    with qtbot.waitSignal(presenter.refused) as refused:
        presenter.issue("BAR", Decimal(60))

    assert refused.args is not None
    assert refused.args[0].code == "MATERIAL_ALLOCATION_EXCEEDED"
    assert refused.args[0].overridable


def test_what_is_not_possible_says_why(presenter: MaterialsPresenter, floor: Floor, qtbot: QtBot) -> None:
    number = floor.order(status="RELEASED", quantity=100)
    choose(presenter, number, qtbot)
    covered = presenter.stop(Action.ALLOCATE)
    running = floor.order(status="IN_PROGRESS", quantity=10, machine="CNC-2")
    choose(presenter, running, qtbot)
    started = presenter.stop(Action.ALLOCATE)

    assert covered.violations[0].code == "MATERIAL_ALREADY_ALLOCATED"
    assert started.violations[0].code == "WORK_ORDER_INVALID_TRANSITION"


def test_five_taps_issue_once(presenter: MaterialsPresenter, floor: Floor, qtbot: QtBot) -> None:
    number = floor.order(status="RELEASED", quantity=100)
    choose(presenter, number, qtbot)

    with qtbot.waitSignal(presenter.done):
        taken = [presenter.issue("BAR", Decimal(10)) for _ in range(5)]
    again(presenter, qtbot)

    assert taken == [True, False, False, False, False]
    assert line_of(presenter, "BAR")["out"] == 10


def test_the_sentence_tells_what_is_enough_and_what_is_missing(
    presenter: MaterialsPresenter, floor: Floor, qtbot: QtBot
) -> None:
    short = floor.order(status="PLANNED", quantity=2100)
    choose(presenter, short, qtbot)
    assert presenter.detail is not None
    before = wording.enough_sentence(presenter.detail, presenter.lines())
    covered = floor.order(status="RELEASED", quantity=10)
    choose(presenter, covered, qtbot)
    after = wording.enough_sentence(presenter.detail, presenter.lines())

    assert before.startswith("What is reserved is enough for 0 of 2\u202f100. 20 m of BAR are missing.")
    assert after == "Everything is reserved or issued: enough for all 10."


def test_of_many_materials_the_sentence_names_the_first(
    presenter: MaterialsPresenter, floor: Floor, qtbot: QtBot
) -> None:
    for at in range(6):
        floor.do("product.create", stock_code=f"PART-{at}", name="Part", type="RAW", unit="pcs")
    lines = [{"component": f"PART-{at}", "quantity": 1} for at in range(6)]
    floor.do("product.create", stock_code="BOX", name="Box", type="FINISHED", unit="pcs")
    floor.do("bom.set", product="BOX", lines=lines)
    choose(presenter, floor.order(status="PLANNED", product="BOX", quantity=2), qtbot)
    assert presenter.detail is not None

    told = wording.enough_sentence(presenter.detail, presenter.lines())
    with qtbot.waitSignal(presenter.warned) as warned:
        presenter.allocate_all()

    named = "2 pcs of PART-0, 2 pcs of PART-1, 2 pcs of PART-2 and 3 more materials"
    assert told == f"What is reserved is enough for 0 of 2. {named} are missing."
    assert warned.args == [f"Not all could be reserved. Short: {named}."]


# ---------------------------------------------------------------------- stock


def open_lot(presenter: StockPresenter, material: str, lot: str, qtbot: QtBot) -> None:
    presenter.open(material, lot)
    qtbot.waitUntil(lambda: presenter.lot is not None and bool(presenter.movements))


def test_stock_is_searched_by_word_and_category(place: Place, qtbot: QtBot) -> None:
    presenter = StockPresenter(place)

    with qtbot.waitSignal(presenter.rows_changed):
        presenter.search("bar")
    found = [lot.lot for lot in presenter.lots()]
    with qtbot.waitSignal(presenter.rows_changed):
        presenter.show_category(StockCategory.QUARANTINE)

    assert found == ["B-1", "B-2"]
    assert presenter.lots() == ()


def test_news_keeps_the_pages_that_are_loaded(
    place: Place, floor: Floor, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock_presenter, "PAGE", 1)
    presenter = StockPresenter(place)
    for ask in (presenter.refresh, presenter.more, presenter.more):
        with qtbot.waitSignal(presenter.rows_changed):
            ask()

    floor.do("stock.adjust", material="BAR", lot="B-1", quantity=-1, reason="counted")
    with qtbot.waitSignal(presenter.rows_changed):
        presenter.refresh()

    assert [(lot.lot, lot.on_hand) for lot in presenter.lots()] == [("B-1", 29), ("B-2", 1000), ("N-1", 10000)]


def test_a_lot_is_blocked_with_a_reason_and_freed_again(place: Place, floor: Floor, qtbot: QtBot) -> None:
    presenter = StockPresenter(place)
    open_lot(presenter, "BAR", "B-1", qtbot)

    with qtbot.waitSignal(presenter.done):
        presenter.block("Rust")
    qtbot.waitUntil(lambda: presenter.lot is not None and presenter.lot.blocked)
    blocked = presenter.lot
    with qtbot.waitSignal(presenter.done):
        presenter.unblock("Checked, good")

    assert blocked is not None
    assert wording.lot_note(blocked) == "Blocked: Rust"
    assert not floor.ask("stock.list", material="BAR", lot="B-1").rows[0].blocked


def test_a_lot_goes_into_quarantine(place: Place, floor: Floor, qtbot: QtBot) -> None:
    presenter = StockPresenter(place)
    open_lot(presenter, "NUT", "N-1", qtbot)

    with qtbot.waitSignal(presenter.done):
        presenter.set_category(StockCategory.QUARANTINE, "Quality check")

    lot = floor.ask("stock.list", material="NUT", lot="N-1").rows[0]
    assert lot.category is StockCategory.QUARANTINE
    assert wording.lot_state(lot) is wording.UNUSABLE_LOT


def test_a_lot_says_whether_anything_of_it_is_to_be_had(floor: Floor) -> None:
    lot = floor.ask("stock.list", material="BAR", lot="B-1").rows[0]

    looks = [
        wording.lot_state(replace(lot, on_hand=on_hand, available=available))
        for on_hand, available in ((Decimal(30), Decimal(5)), (Decimal(30), Decimal(0)), (Decimal(0), Decimal(0)))
    ]

    assert looks == [wording.USABLE_LOT, wording.RESERVED_LOT, wording.EMPTY_LOT]


def test_the_ledger_of_a_lot_comes_newest_first(place: Place, floor: Floor, qtbot: QtBot) -> None:
    number = floor.order(status="RELEASED", quantity=10)
    floor.do("work_order.issue", number=number)
    presenter = StockPresenter(place)

    open_lot(presenter, "BAR", "B-1", qtbot)

    assert [(row.kind, row.quantity, row.work_order) for row in presenter.movements] == [
        ("ISSUE", Decimal(-5), number),
        ("RECEIPT", Decimal(30), None),
    ]


def test_what_is_received_is_opened_and_in_the_list(place: Place, floor: Floor, qtbot: QtBot) -> None:
    presenter = StockPresenter(place)
    with qtbot.waitSignal(presenter.rows_changed):
        presenter.show_category(StockCategory.QUARANTINE)

    with qtbot.waitSignal(presenter.searched) as searched:
        presenter.receive(
            {"material": "BAR", "lot": "B-9", "quantity": "12.5", "location": "A-03"}, lambda error: error
        )
    qtbot.waitUntil(lambda: [stock_presenter.key(lot) for lot in presenter.lots()] == [("BAR", "B-9")])
    qtbot.waitUntil(lambda: presenter.lot is not None and bool(presenter.movements))

    assert searched.args == ["B-9"]
    assert presenter.opened == ("BAR", "B-9")
    lot = floor.ask("stock.list", material="BAR", lot="B-9").rows[0]
    assert (lot.on_hand, lot.location) == (Decimal("12.5"), "A-03")


def test_the_list_stays_when_what_is_received_is_in_it(place: Place, qtbot: QtBot) -> None:
    presenter = StockPresenter(place)
    with qtbot.waitSignal(presenter.rows_changed):
        presenter.refresh()
    searched: list[str] = []
    presenter.searched.connect(searched.append)

    presenter.receive({"material": "BAR", "lot": "B-9", "quantity": 5}, lambda error: error)
    qtbot.waitUntil(lambda: [lot.lot for lot in presenter.lots()] == ["B-1", "B-2", "B-9", "N-1"])

    assert searched == []


def test_what_is_refused_about_a_receipt_goes_to_its_fields_first(place: Place, qtbot: QtBot) -> None:
    presenter = StockPresenter(place)
    landed: list[ManufacturingException] = []
    told: list[object] = []
    presenter.refused.connect(told.append)

    def land(error: ManufacturingException) -> None:
        landed.append(error)

    presenter.receive({"material": "BAR", "lot": "B-9", "quantity": 0}, land)
    qtbot.waitUntil(lambda: bool(landed))
    presenter.receive({"material": "BAR"}, land)

    assert [[one.details["field"] for one in error.violations] for error in landed] == [
        ["quantity"],
        ["lot", "quantity"],
    ]
    assert told == []


def test_a_count_is_sent_as_the_difference_from_what_was_seen(place: Place, floor: Floor, qtbot: QtBot) -> None:
    presenter = StockPresenter(place)
    open_lot(presenter, "BAR", "B-1", qtbot)
    seen = presenter.lot
    assert seen is not None

    with qtbot.waitSignal(presenter.done):
        presenter.correct(seen, Decimal("28.5"), "Stocktaking")
    with qtbot.waitSignal(presenter.refused) as refused:
        presenter.correct(seen, Decimal(29), "Stocktaking")

    assert refused.args is not None
    assert refused.args[0].code == "WORK_ORDER_CHANGED_ELSEWHERE"
    newest = floor.ask("stock.movements", material="BAR", lot="B-1").rows[0]
    assert (newest.kind, newest.quantity, newest.reason) == ("ADJUSTMENT", Decimal("-1.5"), "Stocktaking")


def test_a_count_below_what_is_reserved_is_refused_with_its_numbers(place: Place, floor: Floor, qtbot: QtBot) -> None:
    floor.order(status="RELEASED", quantity=20)
    presenter = StockPresenter(place)
    open_lot(presenter, "BAR", "B-1", qtbot)
    seen = presenter.lot
    assert seen is not None

    with qtbot.waitSignal(presenter.refused) as refused:
        presenter.correct(seen, Decimal(8), "Not found")

    assert refused.args is not None
    error = refused.args[0]
    assert error.code == "MATERIAL_INSUFFICIENT_STOCK"
    assert (error.details["available"], error.details["reserved_elsewhere"], error.details["short"]) == (20, 10, 2)
    assert wording.count_preview(seen, Decimal(8))[0].startswith("10 m are reserved, more than was counted")


def answered(place: Place, qtbot: QtBot) -> None:
    """Wait until everything that was asked so far is answered: the queue is ordered."""
    told: list[object] = []
    place.background.run(lambda: None, told.append, told.append, owner=place.live)
    qtbot.waitUntil(lambda: bool(told))


def test_a_page_that_was_asked_for_behind_another_search_leaves_no_hole_in_the_orders(
    place: Place, floor: Floor, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [floor.order(status="PLANNED", quantity=10) for _ in range(3)]
    monkeypatch.setattr(materials_presenter, "PAGE", 1)
    presenter = MaterialsPresenter(place)
    for ask in (presenter.refresh, presenter.more):
        with qtbot.waitSignal(presenter.rows_changed):
            ask()

    presenter.search("WO-")
    presenter.more()
    answered(place, qtbot)
    while not presenter.all_there:
        with qtbot.waitSignal(presenter.rows_changed):
            presenter.more()

    assert [order.number for order in presenter.orders()] == numbers


def test_a_page_that_was_asked_for_behind_another_search_leaves_no_hole_in_the_stock(
    place: Place, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock_presenter, "PAGE", 1)
    presenter = StockPresenter(place)
    for ask in (presenter.refresh, presenter.more):
        with qtbot.waitSignal(presenter.rows_changed):
            ask()

    presenter.search("BAR")
    presenter.more()
    answered(place, qtbot)
    presenter.more()
    answered(place, qtbot)

    assert [lot.lot for lot in presenter.lots()] == ["B-1", "B-2"]
