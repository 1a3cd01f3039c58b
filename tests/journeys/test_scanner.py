"""The scanner alone: a badge, an order and the commands, read wherever the focus is."""

import pytest
from PySide6.QtCore import Qt

from mfg_desktop.ui.board.view import BoardView
from mfg_desktop.ui.output.view import OutputDialog
from tests.factories import SUPERVISOR, Floor
from tests.journeys.terminal import Terminal

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def is_open(terminal: Terminal, number: str) -> bool:
    """Say whether the page of an order is there, with its steps."""
    if terminal.window.shown_screen() != "board":
        return False
    page = terminal.one(BoardView).page
    return page.isVisible() and page.number.whole() == number and bool(page.steps.shown())


def test_a_badge_asks_for_the_pin_an_order_opens_and_start_starts_it(terminal: Terminal, floor: Floor) -> None:
    number = floor.order(status="RELEASED")

    terminal.scan(SUPERVISOR)
    terminal.wait(lambda: terminal.reads("Anna Novak"))
    terminal.type_pin()
    terminal.wait(lambda: terminal.window.actor() is not None)
    terminal.scan(number)
    terminal.wait(lambda: is_open(terminal, number))
    terminal.scan("START")
    terminal.wait(lambda: terminal.find_button("Record output"))

    order = floor.ask("work_order.get", number=number)
    assert (order.row.status, order.status_by, order.status_terminal) == ("IN_PROGRESS", SUPERVISOR, "HALL-1")


@pytest.mark.parametrize("screen", ["Board", "Machines", "Materials", "Audit"])
def test_a_scanned_order_opens_from_every_screen_and_the_code_stands_in_the_search_field(
    terminal: Terminal, floor: Floor, screen: str
) -> None:
    number = floor.order(status="DRAFT")
    terminal.sign_in(SUPERVISOR)
    terminal.go_to(screen)
    search = terminal.window.bar.search
    terminal.tap(search)
    terminal.type_text("half a word")

    terminal.scan(number)
    terminal.wait(lambda: is_open(terminal, number))

    assert search.text() == number


def test_record_and_complete_are_each_one_scan(terminal: Terminal, floor: Floor) -> None:
    number = floor.order(status="IN_PROGRESS", quantity=10)
    floor.do("work_order.issue", number=number)
    terminal.sign_in(SUPERVISOR)
    terminal.scan(number)
    terminal.wait(lambda: is_open(terminal, number))

    terminal.scan("RECORD")
    terminal.wait(lambda: any(one.isVisible() for one in terminal.window.findChildren(OutputDialog)))
    terminal.type_text("10")
    terminal.press(Qt.Key.Key_Return)
    terminal.wait(lambda: terminal.one(BoardView).page.good.text() == "10")
    terminal.scan("COMPLETE")
    terminal.wait(lambda: terminal.one(BoardView).page.steps.shown() == ())

    assert floor.ask("work_order.get", number=number).row.status == "COMPLETED"


def test_a_scan_under_a_dialog_is_said_and_moves_nothing(terminal: Terminal, floor: Floor) -> None:
    number = floor.order(status="RELEASED")
    terminal.sign_in(SUPERVISOR)
    terminal.scan(number)
    terminal.wait(lambda: is_open(terminal, number))
    terminal.tap_button("Hold")

    terminal.scan("CNC-2")
    terminal.wait(lambda: terminal.said() == "Close this first, then scan CNC-2.")

    assert terminal.window.shown_screen() == "board"
    assert terminal.one(BoardView).page.number.whole() == number
