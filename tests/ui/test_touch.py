"""Made for gloves: on the smallest screen, nothing that can be tapped in the shell, on the board and in its dialogs is lower or
narrower than 48 px, and no button runs over the edge of the glass.
"""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QLineEdit,
    QScrollArea,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from mfg_desktop.service.shop import Shop
from mfg_desktop.ui.background import Background
from mfg_desktop.ui.board.desk import OrderDesk
from mfg_desktop.ui.board.filters import Shown
from mfg_desktop.ui.board.view import BoardView
from mfg_desktop.ui.kit.covers import reachable, top_cover
from mfg_desktop.ui.kit.dialogs import Dialog
from mfg_desktop.ui.kit.tabs import TabsBar
from mfg_desktop.ui.main_window import MainWindow
from mfg_desktop.ui.notices import RefusalDialog
from mfg_desktop.ui.scanner import Scanner
from mfg_desktop.ui.theme import TOUCH, Theme
from mfg_desktop.vocabulary import Action
from tests.factories import PIN, SUPERVISOR, TERMINAL, Floor

LONG = "Präzisions-Führungsschiene 1250 mm, gehärtet und geschliffen, Ausführung links"


@pytest.fixture
def window(
    qtbot: QtBot, theme: Theme, background: Background, qapp: QApplication, sqlite_url: str
) -> Iterator[MainWindow]:
    """Give the window at its sign-in, on a panel of 1280 x 800."""
    scanner = Scanner(qapp)
    made = MainWindow(lambda: Shop(sqlite_url), background, theme, terminal=TERMINAL, scanner=scanner)
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    made.activateWindow()
    with qtbot.waitSignal(made.opened):
        pass
    yield made
    qapp.removeEventFilter(scanner)


@pytest.fixture
def board(qtbot: QtBot, window: MainWindow) -> BoardView:
    """Give the board, with a supervisor signed in."""
    assert window.sign_in is not None
    window.sign_in.presenter.pick(SUPERVISOR)
    with qtbot.waitSignal(window.sign_in.presenter.signed_in):
        window.sign_in.presenter.sign_in(PIN)
    view = window.show_screen("board")
    assert isinstance(view, BoardView)
    qtbot.waitUntil(view.board.loaded)
    return view


def too_small(window: QWidget) -> list[str]:
    """Name what can be tapped now and is too small for a glove, or hangs over the edge."""
    QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
    found = [_named(one) for one in _tappable(window) if min(one.width(), one.height()) < TOUCH]
    found += [f"{_named(one)} over the edge" for one in _tappable(window) if not _is_whole(one)]
    for view in window.findChildren(QAbstractItemView):
        if view.isVisible() and reachable(view) and not isinstance(view, QHeaderView) and view.model() is not None:
            rows = range(min(view.model().rowCount(), 3))
            tops = [view.visualRect(view.model().index(at, 0)).height() for at in rows]
            found += [f"row of {_named(view)}: {tall}" for tall in tops if tall < TOUCH]
            if isinstance(view, QTableView) and view.horizontalHeader().isVisible():
                found += [f"head of {_named(view)}"] if view.horizontalHeader().height() < TOUCH else []
    return found


def _tappable(window: QWidget) -> list[QWidget]:
    kinds = (QAbstractButton, QLineEdit, TabsBar)
    return [
        one
        for one in window.findChildren(QWidget)
        if isinstance(one, kinds) and one.isVisible() and reachable(one) and type(one).__module__ != "PySide6.QtWidgets"
    ]


def _is_whole(widget: QWidget) -> bool:
    """Say whether a widget is between the left and the right edge of what it lies in: down there it scrolls."""
    around = widget.window()
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, QScrollArea):
            around = above.viewport()
            break
        above = above.parentWidget()
    area = QRect(widget.mapTo(around, QPoint(0, 0)), widget.size())
    return area.left() >= 0 and area.right() <= around.width()


def _named(widget: QWidget) -> str:
    text = widget.text() if isinstance(widget, QAbstractButton | QLineEdit) else ""
    return f"{type(widget).__name__} {text or widget.accessibleName()!r} {widget.width()}x{widget.height()}"


def open_page(qtbot: QtBot, board: BoardView, number: str) -> OrderDesk:
    board.open_entity("WorkOrder", number)

    def is_there() -> bool:
        detail = board.order.detail()
        return detail is not None and detail.row.number == number and board.page.isVisible()

    qtbot.waitUntil(is_there)
    return board.desk


def leave(window: QWidget) -> None:
    while isinstance(cover := top_cover(window), Dialog):
        QTest.keyClick(cover, Qt.Key.Key_Escape)


def test_the_names_and_the_pad_of_the_sign_in(qtbot: QtBot, window: MainWindow) -> None:
    assert window.sign_in is not None
    qtbot.waitUntil(lambda: window.sign_in is not None and window.sign_in.presenter.loaded)
    names = too_small(window)
    window.sign_in.presenter.pick(SUPERVISOR)

    assert names == []
    assert too_small(window) == []


@pytest.mark.parametrize("shown", list(Shown))
@pytest.mark.parametrize("with_page", [False, True], ids=["alone", "beside an order"])
def test_the_board_in_each_of_its_ways(
    qtbot: QtBot, window: MainWindow, board: BoardView, floor: Floor, shown: Shown, with_page: bool
) -> None:
    floor.do("product.update", stock_code="GEAR", name=LONG)
    number = floor.order(status="PLANNED", quantity=1234567, priority="URGENT")
    board.filter.kinds[shown].animateClick()
    board.board.narrow(overdue=False, text=number)
    if with_page:
        open_page(qtbot, board, number)
    qtbot.waitUntil(lambda: board.filter.kinds[shown].isChecked() and not board.filter.kinds[shown].isDown())

    assert too_small(window) == []


@pytest.mark.parametrize("status", ["DRAFT", "PLANNED", "RELEASED", "IN_PROGRESS", "ON_HOLD", "COMPLETED"])
def test_the_page_of_an_order_with_all_its_tabs(
    qtbot: QtBot, window: MainWindow, board: BoardView, floor: Floor, status: str
) -> None:
    number = floor.order(status="IN_PROGRESS" if status in ("ON_HOLD", "COMPLETED") else status, quantity=10)
    if status == "ON_HOLD":
        floor.do("work_order.hold", number=number, reason=LONG)
    if status in ("IN_PROGRESS", "COMPLETED"):
        floor.do("work_order.issue", number=number)
        floor.do("work_order.record_output", number=number, good=10)
    if status == "COMPLETED":
        floor.do("work_order.complete", number=number)
    desk = open_page(qtbot, board, number)
    found = {}
    for place, name in enumerate(("Operations", "Material", "Output", "Time line", "Notes", "Sub orders")):
        desk.page.tabs.choose(place)
        found[name] = too_small(window)

    assert {name: small for name, small in found.items() if small} == {}


def _ask_override(desk: OrderDesk, qtbot: QtBot) -> None:
    desk.order.take(Action.START)
    qtbot.waitUntil(lambda: isinstance(top_cover(desk.page.window()), RefusalDialog))
    dialog = top_cover(desk.page.window())
    assert isinstance(dialog, RefusalDialog)
    next(one for one in dialog.findChildren(QAbstractButton) if one.text() == "Override\u2026").click()


DIALOGS: dict[str, Callable[[OrderDesk, QtBot], object]] = {
    "hold": lambda desk, _: desk.step(Action.HOLD),
    "close short": lambda desk, _: desk._ask_reason(Action.COMPLETE),
    "cancel": lambda desk, _: desk.step(Action.CANCEL),
    "output": lambda desk, _: desk.step(Action.RECORD_OUTPUT),
    "machine": lambda desk, _: desk._ask_machine(""),
    "refusal and override": _ask_override,
}


@pytest.mark.parametrize("asks", list(DIALOGS))
def test_every_dialog_of_the_order(qtbot: QtBot, window: MainWindow, board: BoardView, floor: Floor, asks: str) -> None:
    if asks == "refusal and override":
        number = floor.order(status="RELEASED")
        floor.do("machine.update", machine="CNC-1", next_maintenance="2026-01-05")
    else:
        number = floor.order(status="IN_PROGRESS", quantity=10)
    desk = open_page(qtbot, board, number)

    DIALOGS[asks](desk, qtbot)
    qtbot.waitUntil(lambda: isinstance(top_cover(window), Dialog))

    assert too_small(window) == []
    leave(window)


def test_the_dialogs_of_the_filter_and_the_person(qtbot: QtBot, window: MainWindow, board: BoardView) -> None:
    qtbot.waitUntil(lambda: bool(board.board.choices().machines))
    board.board.narrow(overdue=True)
    found = {}
    for name, opens in {
        "machine": board.filter.machine.ask,
        "priority": board.filter.priority.ask,
        "name": board.views.keep.tapped.emit,
        "person": window.bar.person_tapped.emit,
    }.items():
        opens()
        assert isinstance(top_cover(window), Dialog)
        found[name] = too_small(window)
        leave(window)

    assert {name: small for name, small in found.items() if small} == {}
