"""The board in the window: tap a card, tap a button, and the order moves; by keyboard and by scan as well."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetricsF, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from mfg_desktop.queries.rows import OrderDetail, OutputRow
from mfg_desktop.service.shop import Shop
from mfg_desktop.ui.background import Background
from mfg_desktop.ui.board import cards
from mfg_desktop.ui.board.filters import Shown
from mfg_desktop.ui.board.view import BoardView
from mfg_desktop.ui.catalog import SCREENS
from mfg_desktop.ui.kit.buttons import Button
from mfg_desktop.ui.kit.cards import CardList
from mfg_desktop.ui.kit.covers import top_cover
from mfg_desktop.ui.main_window import MainWindow
from mfg_desktop.ui.notices import RefusalDialog
from mfg_desktop.ui.output.view import OutputDialog
from mfg_desktop.ui.scanner import Scanner
from mfg_desktop.ui.theme import Choice, Theme
from mfg_desktop.vocabulary import Action, OrderStatus
from tests.factories import PIN, SUPERVISOR, TERMINAL, VIEWER, Floor

LONG = "Präzisions-Führungsschiene 1250 mm, gehärtet und geschliffen, Ausführung links"


OpenBoard = Callable[..., BoardView]


@pytest.fixture
def opened(
    qtbot: QtBot, theme: Theme, background: Background, qapp: QApplication, sqlite_url: str
) -> Iterator[OpenBoard]:
    """Give the board in the real window, with a person signed in."""
    scanner = Scanner(qapp)
    boards = tuple(screen for screen in SCREENS if screen.name == "board")

    def open_board(badge: str = SUPERVISOR) -> BoardView:
        shops: list[Shop] = []

        def open_shop() -> Shop:
            shops.append(Shop(sqlite_url))
            return shops[0]

        window = MainWindow(open_shop, background, theme, terminal=TERMINAL, scanner=scanner, screens=boards)
        qtbot.addWidget(window)
        window.resize(1280, 800)
        window.show()
        window.activateWindow()
        with qtbot.waitSignal(window.opened):
            pass
        assert window.sign_in is not None
        window.sign_in.presenter.pick(badge)
        with qtbot.waitSignal(window.sign_in.presenter.signed_in):
            window.sign_in.presenter.sign_in(PIN)
        view = window.show_screen("board")
        assert isinstance(view, BoardView)
        qtbot.waitUntil(view.board.loaded)
        return view

    yield open_board
    qapp.removeEventFilter(scanner)


def tap(widget: QWidget, at: QPoint | None = None) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=at or widget.rect().center())


def tap_row(cards: CardList, key: object) -> None:
    place = cards.rows.place_of(key)
    assert place is not None
    index = cards.rows.index(place, 0)
    cards.scrollTo(index)
    tap(cards.viewport(), cards.visualRect(index).center())


def tap_card(qtbot: QtBot, view: BoardView, status: OrderStatus, number: str) -> None:
    """Tap a card and wait for the page of its order."""
    tap_row(view.lanes.column(status).cards, number)
    wait_for_page(qtbot, view, number)


def wait_for_page(qtbot: QtBot, view: BoardView, number: str) -> None:
    def is_there() -> bool:
        detail = view.order.detail()
        return detail is not None and detail.row.number == number and view.page.isVisible()

    qtbot.waitUntil(is_there)


def wait_for_status(qtbot: QtBot, view: BoardView, status: OrderStatus) -> None:
    def is_so() -> bool:
        detail = view.order.detail()
        return detail is not None and detail.row.status is status

    qtbot.waitUntil(is_so)


def key(view: QWidget, pressed: Qt.Key) -> None:
    QTest.keyClick(QApplication.focusWidget() or view.window(), pressed)


def order_of(floor: Floor, number: str) -> OrderDetail:
    found: OrderDetail = floor.ask("work_order.get", number=number)
    return found


def button_in(widget: QWidget, text: str) -> Button:
    return next(one for one in widget.findChildren(Button) if one.text() == text and one.isVisible())


def test_tap_card_tap_start_and_the_order_runs_in_its_lane(qtbot: QtBot, opened: OpenBoard, floor: Floor) -> None:
    number = floor.order(status="RELEASED")
    view = opened()

    tap_card(qtbot, view, OrderStatus.RELEASED, number)
    for _ in range(5):
        tap(view.page.steps.button(Action.START))
    wait_for_status(qtbot, view, OrderStatus.IN_PROGRESS)

    running = view.lanes.column(OrderStatus.IN_PROGRESS)
    qtbot.waitUntil(lambda: running.cards.rows.place_of(number) is not None)
    qtbot.waitUntil(running.cards.selectionModel().hasSelection)
    assert running.head.count() == "1"
    assert order_of(floor, number).row.status is OrderStatus.IN_PROGRESS


def test_an_order_is_released_started_reported_and_completed_by_keyboard_alone(
    qtbot: QtBot, opened: OpenBoard, floor: Floor
) -> None:
    number = floor.order(status="PLANNED", quantity=10)
    view = opened()
    cards = view.lanes.column(OrderStatus.DRAFT).cards
    cards.setFocus()

    key(view, Qt.Key.Key_Right)
    key(view, Qt.Key.Key_Return)
    wait_for_page(qtbot, view, number)
    key(view, Qt.Key.Key_F2)
    wait_for_status(qtbot, view, OrderStatus.RELEASED)
    key(view, Qt.Key.Key_F3)
    qtbot.waitUntil(lambda: not view.page.steps.button(Action.START).stopped())
    key(view, Qt.Key.Key_F4)
    wait_for_status(qtbot, view, OrderStatus.IN_PROGRESS)
    floor.do("work_order.issue", number=number)
    key(view, Qt.Key.Key_F4)
    qtbot.waitUntil(lambda: isinstance(top_cover(view.window()), OutputDialog))
    for digit in "10":
        QTest.keyClicks(QApplication.focusWidget() or view, digit)
    key(view, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.page.good.text() == "10")
    key(view, Qt.Key.Key_F8)
    wait_for_status(qtbot, view, OrderStatus.COMPLETED)

    done = view.lanes.column(OrderStatus.COMPLETED)
    qtbot.waitUntil(lambda: done.head.count() == "1")
    assert view.page.steps.shown() == ()


def test_a_stopped_start_shows_its_reasons_and_the_way_out_clears_them(
    qtbot: QtBot, opened: OpenBoard, floor: Floor
) -> None:
    number = floor.order(status="PLANNED")
    floor.do("work_order.release", number=number)
    view = opened()
    tap_card(qtbot, view, OrderStatus.RELEASED, number)
    start = view.page.steps.button(Action.START)
    assert start.stopped() == (
        f"Nothing is allocated for work order {number} yet.",
        "Only 0 of 50 m BAR is allocated.",
        "Only 0 of 400 pcs NUT is allocated.",
    )
    assert [way.text() for way in view.page.why.ways()] == ["Allocate material"]

    tap(view.page.why.ways()[0])
    qtbot.waitUntil(lambda: not start.stopped())

    assert not view.page.why.isVisible()
    assert order_of(floor, number).allocations[0].reserved == 50


def test_hold_asks_for_a_reason_and_takes_one_tap_more(qtbot: QtBot, opened: OpenBoard, floor: Floor) -> None:
    number = floor.order(status="IN_PROGRESS")
    view = opened()
    tap_card(qtbot, view, OrderStatus.IN_PROGRESS, number)

    tap(view.page.steps.button(Action.HOLD))
    dialog = top_cover(view.window())
    assert dialog is not None
    tap(button_in(dialog, "Tool broken"))
    wait_for_status(qtbot, view, OrderStatus.ON_HOLD)

    assert order_of(floor, number).row.hold_reason == "Tool broken"


def test_a_completion_that_is_far_off_is_a_quiet_line_and_near_its_end_a_box(
    qtbot: QtBot, opened: OpenBoard, floor: Floor
) -> None:
    number = floor.order(status="IN_PROGRESS", quantity=10)
    view = opened()
    tap_card(qtbot, view, OrderStatus.IN_PROGRESS, number)
    page = view.page
    qtbot.waitUntil(lambda: page.hint.text() == "Complete waits for 10 more good")
    assert not page.why.isVisible()

    floor.do("work_order.issue", number=number)
    floor.do("work_order.record_output", number=number, good=9)
    qtbot.waitUntil(lambda: page.good.text() == "9")

    assert page.why.isVisible()
    assert not page.hint.isVisible()


def test_a_scanned_command_that_is_not_possible_is_said_and_the_board_stays(
    qtbot: QtBot, opened: OpenBoard, floor: Floor
) -> None:
    number = floor.order(status="IN_PROGRESS")
    view = opened()
    window = view.window()
    assert isinstance(window, MainWindow)
    window.scan("RESUME")
    qtbot.waitUntil(lambda: window.notices.said() == "Scan the order first, then RESUME.")
    tap_card(qtbot, view, OrderStatus.IN_PROGRESS, number)

    window.scan("RESUME")

    assert window.notices.said() == f"RESUME is not what {number} waits for now."
    assert not view.board.filter().narrows


def test_a_command_that_is_scanned_before_its_order_is_there_waits_for_it(
    qtbot: QtBot, opened: OpenBoard, floor: Floor
) -> None:
    number = floor.order(status="RELEASED")
    view = opened()

    view.open_entity("WorkOrder", number)
    assert view.scanned("START")

    wait_for_status(qtbot, view, OrderStatus.IN_PROGRESS)


def test_a_lane_that_a_filter_empties_says_so_though_it_was_scrolled(
    qtbot: QtBot, opened: OpenBoard, floor: Floor
) -> None:
    for _ in range(12):
        floor.order(status="PLANNED")
    view = opened()
    lane = view.lanes.column(OrderStatus.PLANNED)
    qtbot.waitUntil(lambda: lane.cards.verticalScrollBar().maximum() > 0)
    lane.cards.verticalScrollBar().setValue(lane.cards.verticalScrollBar().maximum())

    view.board.narrow(text="nothing is called this")
    qtbot.waitUntil(lambda: lane.empty.isVisible())
    QApplication.processEvents()

    assert lane.empty.geometry() == lane.cards.viewport().geometry()


def test_a_short_order_is_closed_with_a_reason(qtbot: QtBot, opened: OpenBoard, floor: Floor) -> None:
    number = floor.order(status="IN_PROGRESS", quantity=10)
    view = opened()
    tap_card(qtbot, view, OrderStatus.IN_PROGRESS, number)

    tap(view.page.steps.button(Action.COMPLETE))
    qtbot.waitUntil(lambda: [way.text() for way in view.page.why.ways()] == ["Close short\u2026"])
    tap(view.page.why.ways()[0])
    dialog = top_cover(view.window())
    assert dialog is not None
    field = dialog.findChild(QLineEdit)
    assert field is not None
    QTest.keyClicks(field, "Bar ran out")
    key(view, Qt.Key.Key_Return)
    wait_for_status(qtbot, view, OrderStatus.COMPLETED)

    assert order_of(floor, number).short_close_reason == "Bar ran out"


def test_who_loses_the_race_is_told_in_the_refusal_dialog(qtbot: QtBot, opened: OpenBoard, floor: Floor) -> None:
    number = floor.order(status="RELEASED")
    view = opened()
    tap_card(qtbot, view, OrderStatus.RELEASED, number)
    floor.do("work_order.start", number=number)

    tap(view.page.steps.button(Action.START))

    qtbot.waitUntil(lambda: isinstance(top_cover(view.window()), RefusalDialog))


def test_a_viewer_sees_every_step_greyed(qtbot: QtBot, opened: OpenBoard, floor: Floor) -> None:
    number = floor.order(status="RELEASED")
    view = opened(VIEWER)

    tap_card(qtbot, view, OrderStatus.RELEASED, number)

    assert view.page.steps.shown()
    assert all(view.page.steps.button(action).stopped() for action in view.page.steps.shown())
    assert OrderStatus.DRAFT not in view.lanes.shown()


def test_news_from_another_terminal_keep_selection_and_page(qtbot: QtBot, opened: OpenBoard, floor: Floor) -> None:
    first = floor.order(status="PLANNED")
    view = opened()
    tap_card(qtbot, view, OrderStatus.PLANNED, first)
    view.page.tabs.choose(3)

    second = floor.order(status="PLANNED", priority="URGENT")
    cards = view.lanes.column(OrderStatus.PLANNED).cards
    qtbot.waitUntil(lambda: cards.rows.place_of(second) == 0)

    assert cards.rows.row_at(cards.currentIndex()).number == first
    assert (view.page.number.whole(), view.page.tabs.place()) == (first, 3)


def test_a_scanned_order_opens_and_a_scanned_command_is_its_step(qtbot: QtBot, opened: OpenBoard, floor: Floor) -> None:
    number = floor.order(status="RELEASED")
    view = opened()

    view.open_entity("WorkOrder", number)
    wait_for_page(qtbot, view, number)
    assert view.scanned("START")
    wait_for_status(qtbot, view, OrderStatus.IN_PROGRESS)

    assert view.scanned("CNC-1") is False


def test_an_empty_lane_says_what_would_be_there_and_a_filter_that_it_emptied_it(
    qtbot: QtBot, opened: OpenBoard
) -> None:
    view = opened()
    running = view.lanes.column(OrderStatus.IN_PROGRESS)
    assert running.empty.isVisible()
    assert "Start a released order" in running.empty.accessibleName()

    tap(view.filter.overdue)

    qtbot.waitUntil(lambda: "No match" in running.empty.accessibleName())
    assert view.views.everything.isVisible()


def test_the_table_shows_the_same_orders_and_a_row_opens_the_same_page(
    qtbot: QtBot, opened: OpenBoard, floor: Floor
) -> None:
    number = floor.order(status="PLANNED")
    view = opened()

    tap(view.filter.kinds[Shown.TABLE])
    table = view.table.table
    qtbot.waitUntil(lambda: table.rows.place_of(number) is not None)
    tap(table.viewport(), table.visualRect(table.rows.index(0, 0)).center())

    wait_for_page(qtbot, view, number)


def test_a_wrong_entry_is_reversed_from_the_output_tab(qtbot: QtBot, opened: OpenBoard, floor: Floor) -> None:
    number = floor.order(status="IN_PROGRESS", quantity=10)
    floor.do("work_order.issue", number=number)
    floor.do("work_order.record_output", number=number, good=4)
    view = opened()
    tap_card(qtbot, view, OrderStatus.IN_PROGRESS, number)
    view.page.tabs.choose(2)
    detail = view.order.detail()
    assert detail is not None
    qtbot.waitUntil(view.page.output.entries.isVisible)

    tap_row(view.page.output.entries, detail.outputs[0].id)
    tap(view.page.output.reverse)
    dialog = top_cover(view.window())
    assert dialog is not None
    tap(button_in(dialog, "Wrong number"))
    tap(button_in(dialog, "Reverse"))

    qtbot.waitUntil(lambda: view.page.good.text() == "0")
    assert len(order_of(floor, number).outputs) == 2


def test_another_machine_is_two_taps_from_a_broken_one(qtbot: QtBot, opened: OpenBoard, floor: Floor) -> None:
    number = floor.order(status="RELEASED", machine="CNC-1")
    floor.do("machine.set_status", machine="CNC-1", status="BROKEN", reason="Spindle", category="BREAKDOWN")
    view = opened()
    tap_card(qtbot, view, OrderStatus.RELEASED, number)

    tap(button_in(view.page.why, "Choose another machine"))
    dialog = view.desk.machine_dialog()
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.table.rows.rowCount() == 1)
    tap(dialog.table.viewport(), dialog.table.visualRect(dialog.table.rows.index(0, 0)).center())

    qtbot.waitUntil(lambda: order_of(floor, number).row.machine == "CNC-2")
    qtbot.waitUntil(lambda: not view.page.why.isVisible())


@pytest.mark.parametrize("choice", [Choice.LIGHT, Choice.DARK, Choice.CONTRAST])
def test_the_board_is_large_enough_for_gloves_in_every_look(
    qtbot: QtBot, opened: OpenBoard, floor: Floor, theme: Theme, choice: Choice
) -> None:
    floor.do("product.create", stock_code="RAIL", name=LONG, type="FINISHED", unit="pcs")
    floor.do("bom.set", product="RAIL", lines=[])
    number = floor.order(status="IN_PROGRESS", product="RAIL", priority="URGENT")
    theme.choose(choice)
    view = opened()

    tap_card(qtbot, view, OrderStatus.IN_PROGRESS, number)

    buttons = [button for button in view.findChildren(Button) if button.isVisible()]
    assert min(button.height() for button in buttons) >= 48
    assert view.page.steps.button(Action.RECORD_OUTPUT).height() >= 64
    assert view.page.product.toolTip() == LONG
    assert view.page.width() < view.width() / 2
    assert view.window().width() == 1280


def test_escape_closes_the_page_and_the_keyboard_goes_on_at_the_card(
    qtbot: QtBot, opened: OpenBoard, floor: Floor
) -> None:
    floor.order(status="RELEASED")
    number = floor.order(status="RELEASED")
    view = opened()
    tap_card(qtbot, view, OrderStatus.RELEASED, number)
    view.page.steps.button(Action.HOLD).setFocus()

    key(view, Qt.Key.Key_Escape)
    cards = view.lanes.column(OrderStatus.RELEASED).cards
    qtbot.waitUntil(lambda: QApplication.focusWidget() is cards)

    assert not view.page.isVisible()
    assert cards.rows.row_at(cards.currentIndex()).number == number


@pytest.mark.parametrize("status", ["DRAFT", "PLANNED", "RELEASED", "IN_PROGRESS", "ON_HOLD"])
def test_no_two_buttons_of_the_window_have_the_same_key(
    qtbot: QtBot, opened: OpenBoard, floor: Floor, status: str
) -> None:
    number = floor.order(status="IN_PROGRESS" if status == "ON_HOLD" else status)
    if status == "ON_HOLD":
        floor.do("work_order.hold", number=number, reason="No material")
    view = opened()
    view.open_entity("WorkOrder", number)
    wait_for_page(qtbot, view, number)

    shortcuts = {one: one.parent() for one in view.window().findChildren(QShortcut)}
    keys = [one.key().toString() for one, on in shortcuts.items() if isinstance(on, QWidget) and on.isVisible()]

    assert len(keys) == len(set(keys)), sorted(keys)


def test_a_card_is_as_high_as_its_product_and_its_reason_need(
    qtbot: QtBot, opened: OpenBoard, floor: Floor, theme: Theme
) -> None:
    plain, held = floor.order(status="RELEASED"), floor.order(status="PLANNED")
    floor.do("work_order.hold", number=held, reason="Waits for the first-article inspection")
    floor.do("product.create", stock_code="RAIL", name=LONG, type="FINISHED", unit="pcs")
    long = floor.order(status="DRAFT", product="RAIL")
    view = opened()
    qtbot.waitUntil(lambda: view.lanes.column(OrderStatus.ON_HOLD).cards.rows.place_of(held) is not None)

    def tall(status: OrderStatus, number: str) -> int:
        cards = view.lanes.column(status).cards
        return cards.visualRect(cards.rows.index(cards.rows.place_of(number) or 0, 0)).height()

    lowest = tall(OrderStatus.RELEASED, plain)
    assert tall(OrderStatus.DRAFT, long) == lowest + 19
    assert tall(OrderStatus.ON_HOLD, held) == lowest + 5 + 2 * 18


@pytest.mark.parametrize(
    ("room", "said"),
    [
        (1000, "of 1\u202f234\u202f567.125 kg \u00b7 12 scrap"),
        (24, "of 1\u202f234\u202f567.125 kg"),
        (17, "of 1\u202f234\u202f567.125"),
        (13, "of 1\u202f234\u202f567"),
        (10, "of \u2026"),
    ],
)
def test_of_the_figures_as_many_are_told_as_have_room_and_no_number_is_cut(
    floor: Floor, theme: Theme, room: int, said: str
) -> None:
    number = floor.order(status="DRAFT")
    row = replace(
        order_of(floor, number).row,
        unit="kg",
        quantity_ordered=Decimal("1234567.125"),
        quantity_scrapped=Decimal(12),
    )
    font = theme.font(mono=True)

    assert cards.figures_for(row, font, QFontMetricsF(font).horizontalAdvance("0" * room)) == said


@pytest.mark.parametrize(
    ("late", "room", "said"),
    [
        (timedelta(minutes=59), 11, "59 min late"),
        (timedelta(hours=23, minutes=59), 12, "23 h 59 late"),
        (timedelta(hours=23, minutes=59), 11, "23 h late"),
        (timedelta(hours=4), 8, "4 h late"),
        (timedelta(days=325), 10, "325 d late"),
    ],
)
def test_beside_a_chip_the_minutes_go_before_the_word_late(
    floor: Floor, theme: Theme, late: timedelta, room: int, said: str
) -> None:
    now = datetime.now(UTC)
    number = floor.order(status="RELEASED", priority="URGENT")
    row = replace(order_of(floor, number).row, planned_end=now - late)
    font = theme.font(mono=True)
    width = QFontMetricsF(font).horizontalAdvance("0" * room) + 0.1

    assert cards.when_beside_a_chip(row, ZoneInfo("Europe/Berlin"), now, font, width) == said


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"good": "24"}, "24 good"),
        ({"good": "24", "scrapped": "2", "operation": 20}, "24 good \u00b7 2 scrap at operation 20"),
    ],
)
def test_an_entry_of_output_says_at_which_operation_it_was_made(entry: dict[str, Any], said: str) -> None:
    amounts = {name: Decimal(entry.get(name, 0)) for name in ("good", "scrapped", "rework")}
    row = OutputRow(
        id=1,
        **amounts,
        scrap=(),
        batch_number="B-1",
        operation=entry.get("operation"),
        operator=None,
        operator_name=None,
        at=datetime(2026, 3, 2, 6, tzinfo=UTC),
        notes=None,
        reversed_by=None,
        reverses=None,
    )

    assert cards.said_of(row) == said


def test_what_is_over_is_not_pressing_any_more(floor: Floor, theme: Theme) -> None:
    number = floor.order(status="RELEASED", priority="URGENT")
    row = order_of(floor, number).row

    assert cards.priority_look(row) is not None
    assert cards.priority_look(replace(row, status=OrderStatus.COMPLETED)) is None
