"""The materials screen: two taps issue, cards stay where they are when numbers change, and a lot opens with its ledger."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.buttons import Button
from mfg_desktop.ui.kit.inputs import LineInput
from mfg_desktop.ui.kit.text import Label
from mfg_desktop.ui.materials import presenter
from mfg_desktop.ui.materials.lines import LineCard
from mfg_desktop.ui.materials.quantity_dialog import QuantityDialog
from mfg_desktop.ui.materials.stock_dialogs import CountDialog, ReceiveDialog
from mfg_desktop.ui.materials.stock_page import LotDialog
from mfg_desktop.ui.materials.view import STOCK, MaterialsView
from mfg_desktop.ui.notices import RefusalDialog
from mfg_desktop.ui.theme import TOUCH, Choice, Theme
from tests.factories import PIN, TERMINAL, VIEWER, Floor
from tests.ui.conftest import OpenScreen, Place

Open = Callable[[], MaterialsView]


@pytest.fixture
def open_view(open_screen: OpenScreen[MaterialsView]) -> Open:
    return lambda: open_screen(MaterialsView)


def choose(view: MaterialsView, number: str, qtbot: QtBot) -> None:
    view.orders.cards.chosen.emit(number)
    qtbot.waitUntil(lambda: view.presenter.detail is not None and view.presenter.detail.row.number == number)


def tap(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def dialog_of(view: MaterialsView) -> QuantityDialog:
    dialog = view.orders.dialog()
    assert dialog is not None
    return dialog


def test_issuing_a_line_takes_two_taps(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    number = floor.order(status="RELEASED", quantity=100)
    view = open_view()
    choose(view, number, qtbot)

    tap(view.orders.lines.card("BAR").issue_button)
    with qtbot.waitSignal(view.presenter.done):
        tap(dialog_of(view).go)

    assert view.orders.dialog() is None
    assert floor.ask("work_order.get", number=number).allocations[0].issued == 50


def test_the_lines_of_another_order_stand_in_its_own_order(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    floor.do("product.create", stock_code="OIL", name="Cutting oil", type="RAW", unit="l")
    floor.do("product.create", stock_code="HUB", name="Hub", type="FINISHED", unit="pcs")
    floor.do("bom.set", product="HUB", lines=[{"component": one, "quantity": 1} for one in ("NUT", "OIL")])
    gear, hub = floor.order(status="PLANNED"), floor.order(status="PLANNED", product="HUB")
    view = open_view()
    choose(view, gear, qtbot)

    choose(view, hub, qtbot)
    qtbot.waitUntil(lambda: len(view.orders.lines.findChildren(LineCard)) == 2)
    view.grab()

    cards = [view.orders.lines.card(line.row.material) for line in view.presenter.lines()]
    assert sorted(cards, key=lambda card: card.y()) == cards


def test_a_quantity_is_typed_and_return_issues_it(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    number = floor.order(status="RELEASED", quantity=100)
    view = open_view()
    choose(view, number, qtbot)
    tap(view.orders.lines.card("BAR").issue_button)
    dialog = dialog_of(view)

    QTest.keyClicks(dialog.pad, "7.5")
    with qtbot.waitSignal(view.presenter.done):
        QTest.keyClick(dialog.pad, Qt.Key.Key_Return)

    assert floor.ask("work_order.get", number=number).allocations[0].issued == 7.5


def test_a_scanned_lot_is_chosen(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    number = floor.order(status="RELEASED", quantity=100)
    view = open_view()
    choose(view, number, qtbot)
    tap(view.orders.lines.card("BAR").issue_button)
    dialog = dialog_of(view)

    taken = [dialog.scanned("B-2"), dialog.scanned("X-1")]

    assert taken == [True, False]
    assert (dialog.lot(), dialog.quantity()) == ("B-2", 20)


def test_a_refusal_leaves_the_dialog_open_with_what_was_typed(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    number = floor.order(status="RELEASED", quantity=100)
    view = open_view()
    choose(view, number, qtbot)
    tap(view.orders.lines.card("BAR").issue_button)
    dialog = dialog_of(view)

    QTest.keyClicks(dialog.pad, "60")
    with qtbot.waitSignal(view.presenter.refused):
        tap(dialog.go)

    assert view.window().findChild(RefusalDialog) is not None
    assert view.orders.dialog() is dialog
    assert dialog.quantity() == 60


def test_no_more_comes_back_than_is_unused(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    number = floor.order(status="RELEASED", quantity=100)
    floor.do("work_order.issue", number=number)
    view = open_view()
    choose(view, number, qtbot)
    tap(view.orders.bring_back)
    dialog = dialog_of(view)

    QTest.keyClicks(dialog.pad, "51")
    stopped = dialog.go.stopped()
    dialog.pad.press("erase")
    with qtbot.waitSignal(view.presenter.done):
        tap(dialog.go)

    assert stopped == ("Only 50 m are issued and not used.",)
    assert floor.ask("work_order.get", number=number).allocations[0].returned == 5


def test_backflushed_lines_have_no_issue_button(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    number = floor.order(status="RELEASED", quantity=100)
    view = open_view()

    choose(view, number, qtbot)

    assert view.orders.lines.card("NUT").issue_button.isHidden()
    assert not view.orders.lines.card("BAR").issue_button.isHidden()


def test_news_changes_a_card_in_place(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    number = floor.order(status="RELEASED", quantity=100)
    view = open_view()
    choose(view, number, qtbot)
    card = view.orders.lines.card("BAR")

    floor.do("work_order.issue", number=number)
    with qtbot.waitSignal(view.presenter.chosen_changed):
        view.presenter.refresh()

    assert view.orders.lines.card("BAR") is card
    assert card.issue_button.isHidden()


def test_what_stops_a_button_is_told(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    number = floor.order(status="RELEASED", quantity=100)
    view = open_view()
    choose(view, number, qtbot)

    tap(view.orders.bring_back)

    assert view.orders.dialog() is None
    assert view.window().findChild(RefusalDialog) is not None


def test_a_lot_opens_with_its_ledger_and_leads_to_the_order(
    open_view: Open, floor: Floor, qtbot: QtBot, jumps: list[tuple[str, str]]
) -> None:
    number = floor.order(status="RELEASED", quantity=10)
    floor.do("work_order.issue", number=number)
    view = open_view()

    view.open_entity("StockLot", "BAR/B-1")
    qtbot.waitUntil(lambda: view.stock.panel.ledger.rows.rowCount() == 2)
    view.stock.panel.ledger.chosen.emit(2)

    assert view.tabs.place() == STOCK
    assert jumps == [("WorkOrder", number)]


def test_a_count_of_orders_that_goes_on_says_so(
    open_view: Open, floor: Floor, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presenter, "PAGE", 2)
    for _ in range(3):
        floor.order(status="PLANNED")
    view = open_view()
    told = [label.text() for label in view.orders.heading.findChildren(Label)]

    with qtbot.waitSignal(view.presenter.rows_changed):
        view.presenter.more()

    assert "2+" in told
    assert "3" in [label.text() for label in view.orders.heading.findChildren(Label)]


def test_lots_that_are_used_up_come_with_a_tap(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    floor.do("stock.adjust", material="BAR", lot="B-1", quantity=-30, reason="count")
    view = open_view()
    view.tabs.choose(STOCK)
    stock = view.stock_presenter
    qtbot.waitUntil(lambda: bool(stock.lots()))
    before = [lot.lot for lot in stock.lots()]

    with qtbot.waitSignal(stock.rows_changed):
        tap(view.stock.used_up)
    with_them = [lot.lot for lot in stock.lots()]
    # What a tap brings is no news.
    assert not any(view.stock.table.rows.flash(at) for at in range(3))
    with qtbot.waitSignal(stock.rows_changed):
        tap(view.stock.used_up)

    assert (before, with_them) == (["B-2", "N-1"], ["B-1", "B-2", "N-1"])
    assert [lot.lot for lot in stock.lots()] == before


def test_a_search_that_finds_only_used_up_lots_says_that_they_are_not_shown(
    open_view: Open, floor: Floor, qtbot: QtBot
) -> None:
    floor.do("stock.adjust", material="BAR", lot="B-1", quantity=-30, reason="count")
    view = open_view()
    view.tabs.choose(STOCK)
    qtbot.waitUntil(lambda: bool(view.stock_presenter.lots()))

    with qtbot.waitSignal(view.stock_presenter.rows_changed):
        view.stock_presenter.search("B-1")

    assert view.stock_presenter.lots() == ()
    assert view.stock.empty.accessibleName().endswith("Lots that are used up are not shown.")


def test_a_long_lot_and_large_numbers_are_written_in_full(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    lot, place = "L-2026-11-000000000000000001", "High rack 17 / level 4 / place 112"
    floor.do("stock.receive", material="BAR", lot=lot, quantity="98765432.123", location=place)
    view = open_view()
    view.tabs.choose(STOCK)

    view.stock_presenter.open("BAR", lot)
    qtbot.waitUntil(lambda: bool(view.stock_presenter.movements))
    view.window().grab()

    labels = [label for label in view.stock.panel.findChildren(Label) if label.isVisible()]
    told = {label.text(): label for label in labels}
    for text in (lot, place, f"{formats.quantity(Decimal('98765432.123'))} m"):
        assert text in told
        assert told[text].fontMetrics().horizontalAdvance(text) <= told[text].width()


def test_a_lot_is_blocked_by_a_tap_on_a_reason(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    view = open_view()
    view.open_entity("StockLot", "BAR/B-1")
    qtbot.waitUntil(lambda: view.stock_presenter.lot is not None)
    tap(view.stock.panel.block_button)
    dialog = view.stock.dialog()
    assert isinstance(dialog, LotDialog)

    reasons = [button for button in dialog.reasons.findChildren(Button) if button.text() == "Rust"]
    tap(reasons[0])
    with qtbot.waitSignal(view.stock_presenter.done):
        tap(dialog.go)

    assert floor.ask("stock.list", material="BAR", lot="B-1").rows[0].block_reason == "Rust"


def open_lot(view: MaterialsView, material: str, lot: str, qtbot: QtBot) -> None:
    view.open_entity("StockLot", f"{material}/{lot}")
    qtbot.waitUntil(lambda: bool(view.stock_presenter.movements) and bool(view.stock_presenter.lots()))


def receiving(view: MaterialsView, qtbot: QtBot) -> ReceiveDialog:
    """Open the stock and tap Receive."""
    view.tabs.choose(STOCK)
    qtbot.waitUntil(lambda: bool(view.stock_presenter.lots()))
    tap(view.stock.receive_button)
    dialog = view.stock.dialog()
    assert isinstance(dialog, ReceiveDialog)
    qtbot.waitUntil(lambda: bool(view.stock_presenter.materials()))
    return dialog


def counting(view: MaterialsView, qtbot: QtBot) -> CountDialog:
    """Open lot B-1 and tap Correct count."""
    open_lot(view, "BAR", "B-1", qtbot)
    tap(view.stock.panel.count_button)
    dialog = view.stock.dialog()
    assert isinstance(dialog, CountDialog)
    return dialog


def write(dialog: ReceiveDialog, field: str, value: str) -> None:
    inside = dialog.form.fields[field].inside
    assert isinstance(inside, LineInput)
    inside.line.setFocus()
    inside.line.clear()
    QTest.keyClicks(inside.line, value)


def test_what_is_scanned_and_typed_is_received_and_chosen_in_the_list(
    open_view: Open, floor: Floor, qtbot: QtBot
) -> None:
    view = open_view()
    dialog = receiving(view, qtbot)
    before = dialog.unit()

    taken = [dialog.scanned("NUT"), dialog.scanned("L-778")]
    apart = dialog.form.values()
    dialog.scanned("BAR/L-77")
    write(dialog, "quantity", "12.5")
    write(dialog, "received_at", "2026-01-02")
    unit = dialog.unit()
    QTest.keyClick(dialog.form, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.stock.dialog() is None)
    qtbot.waitUntil(lambda: view.stock.table.rows.place_of(("BAR", "L-77")) is not None)

    assert (before, unit, taken) == ("", "m", [True, True])
    assert (apart["material"], apart["lot"]) == ("NUT", "L-778")
    lot = floor.ask("stock.list", material="BAR", lot="L-77").rows[0]
    assert (lot.on_hand, lot.received_at.isoformat()) == (Decimal("12.5"), "2026-01-01T23:00:00+00:00")
    assert view.stock.table.currentIndex().row() == view.stock.table.rows.place_of(("BAR", "L-77"))


def test_what_is_received_beyond_a_filter_is_found_and_chosen(open_view: Open, qtbot: QtBot) -> None:
    view = open_view()
    dialog = receiving(view, qtbot)
    with qtbot.waitSignal(view.stock_presenter.rows_changed):
        view.stock.categories.choose(3)
    dialog.scanned("BAR/L-77")
    write(dialog, "quantity", "12.5")

    tap(dialog.go)
    qtbot.waitUntil(lambda: view.stock.table.rows.place_of(("BAR", "L-77")) is not None)
    qtbot.waitUntil(lambda: view.stock.table.currentIndex().row() == 0)

    assert (view.stock.search.text(), view.stock.categories.place()) == ("L-77", 0)
    assert view.stock.table.rows.rowCount() == 1


def test_what_is_wrong_with_a_receipt_is_said_at_its_field(open_view: Open, qtbot: QtBot) -> None:
    view = open_view()
    dialog = receiving(view, qtbot)
    fields = dialog.form.fields

    tap(dialog.go)
    empty = {name for name, field in fields.items() if field.wrong()}
    dialog.scanned("BAR/L-77")
    write(dialog, "quantity", "0")
    tap(dialog.go)
    qtbot.waitUntil(lambda: bool(fields["quantity"].wrong()))
    nothing = {name for name, field in fields.items() if field.wrong()}
    write(dialog, "material", "XYZ")
    write(dialog, "quantity", "4")
    tap(dialog.go)
    qtbot.waitUntil(lambda: bool(fields["material"].wrong()))

    assert (empty, nothing) == ({"material", "lot", "quantity"}, {"quantity"})
    assert dialog.is_open()
    assert [one for one in view.window().findChildren(RefusalDialog) if one.isVisible()] == []


def test_a_count_says_by_how_much_the_lot_differs_and_asks_why(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    view = open_view()
    dialog = counting(view, qtbot)

    empty = dialog.go.stopped()
    QTest.keyClicks(dialog.pad, "30")
    same = dialog.go.stopped()
    QTest.keyClick(dialog.pad, Qt.Key.Key_Backspace)
    QTest.keyClicks(dialog.pad, "2.5")
    told = dialog.told()
    QTest.keyClick(dialog.pad, Qt.Key.Key_Return)
    qtbot.waitUntil(dialog.reasons.field.hasFocus)
    QTest.keyClicks(dialog.reasons.field, "Cut off and not entered")
    with qtbot.waitSignal(view.stock_presenter.done):
        QTest.keyClick(dialog.reasons.field, Qt.Key.Key_Return)

    assert empty == ("Type what was counted, not the difference.",)
    assert same == ("The lot holds what was counted: there is nothing to correct.",)
    assert told == ["30 m", "32.5 m", "+2.5 m"]
    newest = floor.ask("stock.movements", material="BAR", lot="B-1").rows[0]
    assert (newest.quantity, newest.reason) == (Decimal("2.5"), "Cut off and not entered")
    assert view.stock.dialog() is None


def test_a_count_is_to_be_typed_anew_when_the_lot_changes_meanwhile(
    open_view: Open, floor: Floor, qtbot: QtBot
) -> None:
    view = open_view()
    dialog = counting(view, qtbot)
    QTest.keyClicks(dialog.pad, "28")
    tap(dialog.reasons.findChildren(Button)[0])
    before = dialog.go.stopped()

    floor.do("stock.adjust", material="BAR", lot="B-1", quantity=-5, reason="sold")
    view.stock_presenter.refresh()
    qtbot.waitUntil(lambda: bool(dialog.go.stopped()))
    stopped = dialog.go.stopped()
    QTest.keyClicks(dialog.pad, "24")
    again = (dialog.told(), dialog.go.stopped())
    with qtbot.waitSignal(view.stock_presenter.done):
        tap(dialog.go)

    assert before == ()
    assert stopped == ("On hand went from 30 m to 25 m meanwhile. Count again, and type the number anew.",)
    assert again == (["25 m", "24 m", "\u22121 m"], ())
    assert floor.ask("stock.list", material="BAR", lot="B-1").rows[0].on_hand == 24


def test_a_reservation_meanwhile_does_not_spoil_a_count(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    view = open_view()
    dialog = counting(view, qtbot)
    QTest.keyClicks(dialog.pad, "28")
    tap(dialog.reasons.findChildren(Button)[0])

    floor.order(status="RELEASED", quantity=20)
    with qtbot.waitSignal(view.stock_presenter.opened_changed):
        view.stock_presenter.refresh()
    with qtbot.waitSignal(view.stock_presenter.done):
        tap(dialog.go)

    assert floor.ask("stock.list", material="BAR", lot="B-1").rows[0].on_hand == 28


def test_who_may_not_touch_stock_sees_the_buttons_and_is_told_why(open_view: Open, place: Place, qtbot: QtBot) -> None:
    place.who = place.shop.sign_in(VIEWER, PIN, terminal=TERMINAL)
    view = open_view()
    open_lot(view, "BAR", "B-1", qtbot)
    panel = view.stock.panel
    buttons = [view.stock.receive_button, panel.count_button, panel.block_button, panel.category_button]

    told = []
    for button in buttons:
        tap(button)
        told += [one for one in view.window().findChildren(RefusalDialog) if one.isVisible()]
        told[-1].close_dialog()

    assert all(button.isVisible() and button.stopped() for button in buttons)
    assert [dialog.code_label.text() for dialog in told] == ["PERMISSION_DENIED"] * 4
    assert view.stock.dialog() is None


def test_a_scan_of_a_listed_order_stays_on_this_screen(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    number = floor.order(status="RELEASED", quantity=10)
    view = open_view()

    taken = [view.scanned(number), view.scanned("CNC-1")]

    assert taken == [True, False]
    assert view.presenter.chosen == number


@pytest.mark.parametrize("choice", [Choice.LIGHT, Choice.DARK])
def test_everything_can_be_hit_with_a_glove_in_every_look(
    open_view: Open, floor: Floor, theme: Theme, choice: Choice, qtbot: QtBot
) -> None:
    number = floor.order(status="RELEASED", quantity=100)
    theme.choose(choice)
    view = open_view()
    choose(view, number, qtbot)

    small = [button.text() for button in view.findChildren(Button) if button.isVisible() and button.height() < TOUCH]

    assert small == []
    assert not view.grab().isNull()


def test_empty_lists_say_what_would_be_there(open_view: Open, qtbot: QtBot) -> None:
    view = open_view()

    with qtbot.waitSignal(view.stock_presenter.rows_changed):
        view.tabs.choose(STOCK)
    with qtbot.waitSignal(view.stock_presenter.rows_changed):
        view.stock_presenter.search("nowhere")

    assert view.orders.empty.accessibleName().startswith("No order needs material")
    assert view.stock.empty.accessibleName().startswith("No lot found")


def test_a_line_says_how_far_what_it_has_reaches(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    floor.do("stock.adjust", material="BAR", lot="B-2", quantity=-998, reason="sold")
    number = floor.order(status="PLANNED", quantity=100)
    floor.do("work_order.allocate", number=number, allow_partial=True)
    view = open_view()

    choose(view, number, qtbot)

    assert view.orders.lines.card("BAR").enough.text() == "32 of 50 m: enough for 64 of 100"
    assert view.orders.lines.card("NUT").enough.text() == "400 of 400 pcs: enough for all 100"


def test_a_scanned_lot_opens_the_issue_of_its_material(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    number = floor.order(status="RELEASED", quantity=100)
    view = open_view()
    choose(view, number, qtbot)

    taken = [view.scanned("N-1"), view.scanned("B-2"), view.scanned("B-1")]

    # N-1 is issued by the output; B-1 is the dialog's to take, once it is open.
    assert taken == [False, True, False]
    assert (dialog_of(view).lot(), dialog_of(view).quantity()) == ("B-2", 20)


def test_a_sub_order_that_will_bring_a_part_is_named_and_opens(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    floor.do("product.create", stock_code="SHAFT", name="Shaft", type="FINISHED", unit="pcs")
    floor.do("bom.set", product="SHAFT", lines=[{"component": "GEAR", "quantity": 2}])
    parent = floor.order(status="PLANNED", product="SHAFT", quantity=10)
    child = floor.order(status="PLANNED", product="GEAR", quantity=20, parent=parent)
    floor.order(status="CANCELLED", product="GEAR", quantity=20, parent=parent)
    view = open_view()
    choose(view, parent, qtbot)
    card = view.orders.lines.card("GEAR")

    told = [button.text() for button in card.sub_orders]
    tap(card.sub_orders[0])
    qtbot.waitUntil(lambda: view.presenter.detail is not None and view.presenter.detail.row.number == child)

    assert len(told) == 1
    assert told[0].startswith(f"{child} · 20 pcs · ")
    assert told[0].endswith(" · planned")
