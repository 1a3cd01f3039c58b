"""The board as a table: sorted where the orders are kept, page after page, and still while news come."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mfg_desktop.ui.board import table_presenter
from mfg_desktop.ui.board.filters import Shown
from mfg_desktop.ui.board.presenter import BoardPresenter, Filter
from mfg_desktop.ui.board.table_presenter import TablePresenter
from mfg_desktop.ui.board.view import BoardView
from mfg_desktop.ui.kit.buttons import Button
from mfg_desktop.ui.kit.covers import top_cover
from mfg_desktop.ui.theme import Theme
from mfg_desktop.vocabulary import Priority
from tests.factories import Floor
from tests.ui.boards import PlantPlace, open_board, plant_place
from tests.ui.conftest import Place

BEGIN = datetime(2027, 3, 1, 6, tzinfo=UTC)


@pytest.fixture
def here(place: Place) -> PlantPlace:
    return plant_place(place)


@pytest.fixture
def table(here: PlantPlace, monkeypatch: pytest.MonkeyPatch) -> TablePresenter:
    """Give a table that asks for three orders at a time."""
    monkeypatch.setattr(table_presenter, "PAGE", 3)
    monkeypatch.setattr(table_presenter, "AHEAD", 0)
    return TablePresenter(here, BoardPresenter(here))


@pytest.fixture
def board(qtbot: QtBot, theme: Theme, place: Place) -> BoardView:
    return open_board(qtbot, theme, place)


def planned(floor: Floor, day: int, **more: Any) -> str:
    """Make an order that is planned for so many days after the first of March."""
    start = BEGIN + timedelta(days=day)
    return floor.order(status="PLANNED", planned_start=start, planned_end=start + timedelta(hours=8), **more)


def numbers(table: TablePresenter) -> list[str]:
    return [row.number for row in table.rows()]


def look(qtbot: QtBot, table: TablePresenter) -> None:
    with qtbot.waitSignal(table.rows_changed):
        table.watch(True)


def tap(widget: QWidget, at: QPoint | None = None) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=at or widget.rect().center())


def show_table(qtbot: QtBot, board: BoardView, rows: int) -> None:
    tap(board.filter.kinds[Shown.TABLE])
    qtbot.waitUntil(lambda: board.table.table.rows.rowCount() == rows)


# ---------------------------------------------------------------------- without a window


def test_the_open_orders_come_page_by_page_as_far_as_somebody_looks(
    qtbot: QtBot, table: TablePresenter, floor: Floor
) -> None:
    orders = [planned(floor, day) for day in range(8)]
    floor.order(status="COMPLETED")

    look(qtbot, table)
    assert (numbers(table), table.total()) == (orders[:3], 8)
    table.look_at(0, 4)
    qtbot.waitUntil(lambda: len(table.rows()) == 6)
    table.look_at(3, 6)

    qtbot.waitUntil(lambda: numbers(table) == orders)


@pytest.mark.parametrize("name", ["number", "planned_start", "planned_end"])
def test_the_orders_are_sorted_as_wished_over_all_pages(
    qtbot: QtBot, table: TablePresenter, floor: Floor, name: str
) -> None:
    orders = [planned(floor, day, priority="URGENT" if day == 4 else "LOW") for day in range(5)]
    look(qtbot, table)
    assert numbers(table)[0] == orders[4]

    table.sort_by(name, True)
    table.look_at(0, 5)

    qtbot.waitUntil(lambda: numbers(table) == orders[::-1])


def test_news_ask_again_only_for_what_is_in_sight(qtbot: QtBot, table: TablePresenter, floor: Floor) -> None:
    orders = [planned(floor, day) for day in range(9)]
    look(qtbot, table)
    table.look_at(0, 8)
    qtbot.waitUntil(lambda: numbers(table) == orders)
    table.look_at(0, 1)
    floor.do("work_order.release", number=orders[0])
    floor.do("work_order.release", number=orders[7])

    with qtbot.waitSignal(table.rows_changed):
        table.refresh()
    assert [row.number for row in table.rows() if row.status == "RELEASED"] == [orders[0]]
    table.look_at(6, 8)

    qtbot.waitUntil(lambda: [row.number for row in table.rows() if row.status == "RELEASED"] == [orders[0], orders[7]])


def test_an_order_that_moves_or_leaves_is_never_shown_twice_and_none_is_lost(
    qtbot: QtBot, table: TablePresenter, floor: Floor
) -> None:
    orders = [planned(floor, day) for day in range(7)]
    look(qtbot, table)
    table.look_at(0, 6)
    qtbot.waitUntil(lambda: numbers(table) == orders)

    floor.do("work_order.update", number=orders[6], priority="URGENT")
    floor.do("work_order.cancel", number=orders[1], reason="Not wanted")
    table.refresh()

    wanted = [orders[6], orders[0], *orders[2:6]]
    qtbot.waitUntil(lambda: numbers(table) == wanted)
    assert table.total() == 6


def test_the_filter_of_the_board_is_the_filter_of_the_table(qtbot: QtBot, here: PlantPlace, floor: Floor) -> None:
    planned(floor, 1, machine="CNC-1")
    there = planned(floor, 2, machine="CNC-2")
    board = BoardPresenter(here)
    table = TablePresenter(here, board)
    look(qtbot, table)

    board.narrow(machine="CNC-2")

    qtbot.waitUntil(lambda: numbers(table) == [there])


def test_a_table_that_nobody_looks_at_asks_nothing(qtbot: QtBot, here: PlantPlace, table: TablePresenter) -> None:
    look(qtbot, table)
    table.watch(False)

    with qtbot.assertNotEmitted(table.rows_changed, wait=200):
        here.live.tell(frozenset({("WorkOrder", "WO-1")}))


# ---------------------------------------------------------------------- in the window


def test_a_tap_on_a_head_sorts_and_a_second_one_turns_the_order_round(
    qtbot: QtBot, board: BoardView, floor: Floor
) -> None:
    first, second = planned(floor, 1, priority="LOW"), planned(floor, 2, priority="HIGH")
    show_table(qtbot, board, 2)
    rows, head = board.table.table.rows, board.table.table.horizontalHeader()
    assert [row.number for row in rows.rows()] == [second, first]
    due = next(at for at in range(head.count()) if rows.headerData(at, Qt.Orientation.Horizontal) == "Due")
    spot = QPoint(head.sectionViewportPosition(due) + 20, head.height() // 2)

    tap(head.viewport(), spot)
    qtbot.waitUntil(lambda: [row.number for row in rows.rows()] == [first, second])
    tap(head.viewport(), spot)

    qtbot.waitUntil(lambda: [row.number for row in rows.rows()] == [second, first])
    assert board.table.foot.text() == "2 open orders, by due time, backwards"
    assert head.height() >= 48


def test_an_order_is_due_now_and_not_no_minutes_late(qtbot: QtBot, board: BoardView, floor: Floor) -> None:
    now = datetime.now(UTC)
    floor.order(status="PLANNED", planned_start=now - timedelta(hours=1), planned_end=now)
    show_table(qtbot, board, 1)
    rows = board.table.table.rows

    due = next(column for column in rows.columns if column.head == "Due")

    assert due.text(rows.rows()[0]) == "now"


def test_selection_and_filter_stay_in_cards_table_and_time_line(qtbot: QtBot, board: BoardView, floor: Floor) -> None:
    number = planned(floor, 0, machine="CNC-1")
    planned(floor, 1, machine="CNC-2")
    board.board.narrow(machine="CNC-1")
    board.open_entity("WorkOrder", number)
    qtbot.waitUntil(lambda: board.order.detail() is not None)

    show_table(qtbot, board, 1)
    assert board.table.table.rows.row_at(board.table.table.currentIndex()).number == number
    tap(board.filter.kinds[Shown.SCHEDULE])
    qtbot.waitUntil(lambda: [line.key for line in board.schedule.gantt.lines()] == ["CNC-1"])
    tap(board.filter.kinds[Shown.CARDS])

    assert board.page.isVisible()
    assert board.order.number() == number
    assert board.board.filter().machine == "CNC-1"


def test_nothing_jumps_when_news_come_in_above_what_is_read(qtbot: QtBot, board: BoardView, floor: Floor) -> None:
    orders = [planned(floor, day) for day in range(20)]
    show_table(qtbot, board, 20)
    table = board.table.table
    table.verticalScrollBar().setValue(240)
    read = table.rows.place_of(orders[8])
    stood = table.visualRect(table.rows.index(read or 0, 0)).top()

    urgent = planned(floor, 30, priority="URGENT")
    board.rows.refresh()
    board.rows.look_at(0, 12)
    qtbot.waitUntil(lambda: table.rows.place_of(urgent) == 0)

    place = table.rows.place_of(orders[8])
    assert place == 9
    assert table.visualRect(table.rows.index(place, 0)).top() == stood


def test_on_a_narrow_board_the_filters_share_one_button(qtbot: QtBot, board: BoardView, floor: Floor) -> None:
    number = planned(floor, 0)
    assert board.filter.machine.isVisible()

    board.open_entity("WorkOrder", number)
    qtbot.waitUntil(board.filter.more.isVisible)
    tap(board.filter.more)
    dialog = top_cover(board.window())

    assert not board.filter.machine.isVisible()
    assert dialog is not None
    assert {"Machine: All machines", "Department: All departments", "Priority: Any priority"} <= {
        button.text() for button in dialog.findChildren(Button)
    }


@pytest.mark.parametrize("narrowed", [Filter(), Filter("CNC-1", "SURF", Priority.URGENT, overdue=True)])
@pytest.mark.parametrize("page_is_open", [False, True])
def test_on_the_smallest_screen_every_button_above_the_orders_says_its_word(
    qtbot: QtBot, theme: Theme, place: Place, floor: Floor, narrowed: Filter, page_is_open: bool
) -> None:
    floor.do("department.create", code="SURF", name="Surface treatment and anodising")
    floor.do("machine.create", machine="ANOD-1", type="OTHER", department="SURF")
    number = planned(floor, 0)
    board = open_board(qtbot, theme, place)
    qtbot.waitUntil(lambda: board.board.choices().departments != ())

    board.board.recall(narrowed)
    board.open_entity("WorkOrder", number if page_is_open else "")
    qtbot.waitUntil(lambda: board.page.isVisible() is page_is_open)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)

    buttons = [one for one in board.filter.findChildren(Button) if one.isVisible()]
    said = {one.text() for one in buttons}
    assert {"New order", "Overdue", "Cards", "Table", "Time line"} <= said
    assert "" not in said
    assert all(one.width() >= one.minimumSizeHint().width() for one in buttons)
    assert max(one.geometry().right() for one in buttons) < board.filter.width()


def test_an_empty_table_says_what_would_be_there(qtbot: QtBot, board: BoardView) -> None:
    tap(board.filter.kinds[Shown.TABLE])
    qtbot.waitUntil(lambda: board.table.empty.accessibleName().startswith("No open orders"))

    tap(board.filter.overdue)

    qtbot.waitUntil(lambda: board.table.empty.accessibleName().startswith("No order matches"))


def test_whoever_goes_through_the_table_by_keys_stays_where_he_is_when_news_come(
    qtbot: QtBot, board: BoardView, floor: Floor
) -> None:
    orders = [planned(floor, day) for day in range(6)]
    show_table(qtbot, board, 6)
    table = board.table.table
    table.setFocus()

    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down):
        QTest.keyClick(table, key)
    stands = table.rows.row_at(table.currentIndex()).number
    floor.do("work_order.update", number=orders[0], notes="first news")
    board.rows.refresh()
    qtbot.waitUntil(lambda: any(row.notes == "first news" for row in table.rows.rows()))
    assert table.rows.row_at(table.currentIndex()).number == stands
    board.order.open(orders[0])
    qtbot.waitUntil(lambda: table.rows.row_at(table.currentIndex()).number == orders[0])
    QTest.keyClick(table, Qt.Key.Key_Down)
    floor.do("work_order.update", number=orders[5], notes="news")
    board.rows.refresh()
    qtbot.waitUntil(lambda: any(row.notes == "news" for row in table.rows.rows()))

    assert table.rows.row_at(table.currentIndex()).number == orders[1]
    assert [index.row() for index in table.selectionModel().selectedRows()] == [0], "what is open stays marked"


def test_home_and_end_go_to_the_first_and_the_last_row_of_a_table(qtbot: QtBot, board: BoardView, floor: Floor) -> None:
    orders = [planned(floor, day) for day in range(4)]
    show_table(qtbot, board, 4)
    table = board.table.table
    table.setFocus()

    QTest.keyClick(table, Qt.Key.Key_End)
    assert table.rows.row_at(table.currentIndex()).number == orders[3]
    QTest.keyClick(table, Qt.Key.Key_Home)

    assert table.rows.row_at(table.currentIndex()).number == orders[0]
