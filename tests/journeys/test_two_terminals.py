"""Two terminals at one plant: what one does the other shows, who loses a race is told so, and five taps count once."""

from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import Qt

from mfg_desktop.ui.board.view import BoardView
from mfg_desktop.ui.machines.presenter import Shown
from mfg_desktop.ui.machines.view import MachinesView
from mfg_desktop.ui.output.view import OutputDialog
from mfg_desktop.vocabulary import OrderStatus
from tests.factories import SUPERVISOR, Floor
from tests.journeys.terminal import Terminal, height_of


@pytest.fixture
def board(terminal: Terminal) -> BoardView:
    """Give the board of the first terminal, with the supervisor at it."""
    terminal.sign_in(SUPERVISOR)
    board = terminal.one(BoardView)
    terminal.wait(board.board.loaded)
    return board


def entries(floor: Floor, number: str, action: str) -> int:
    """Count what the log has of one action on an order."""
    return len(floor.ask("audit.list", entity_type="WorkOrder", entity=number, action_type=action).rows)


def test_what_another_terminal_does_shows_without_a_tap(terminal: Terminal, board: BoardView, floor: Floor) -> None:
    running = board.lanes.column(OrderStatus.IN_PROGRESS)
    released = board.lanes.column(OrderStatus.RELEASED)

    number = floor.order(status="RELEASED")
    terminal.wait(lambda: released.cards.rows.place_of(number) is not None)
    assert (released.head.count(), running.head.count()) == ("1", "0")
    floor.do("work_order.start", number=number)
    terminal.wait(lambda: running.cards.rows.place_of(number) is not None)

    assert (released.head.count(), running.head.count()) == ("0", "1")
    assert released.cards.rows.place_of(number) is None


def test_news_leave_the_chosen_order_and_the_scrolled_lane_where_they_are(
    terminal: Terminal, board: BoardView, floor: Floor
) -> None:
    first_due = datetime.now(UTC) + timedelta(days=2)
    numbers = [
        floor.order(
            status="PLANNED",
            planned_start=datetime.now(UTC).isoformat(),
            planned_end=(first_due + timedelta(hours=hour)).isoformat(),
        )
        for hour in range(10)
    ]
    cards = board.lanes.column(OrderStatus.PLANNED).cards
    terminal.wait(lambda: cards.rows.rowCount() == len(numbers))
    # In full sight from the start: a card that is cut off is brought in by Qt half a second after the tap.
    cards.scrollToBottom()
    terminal.tap_card(numbers[8])
    terminal.wait(lambda: terminal.find_button("Release"))
    # The page of the order takes its room first, and the lanes beside it get a scroll bar.
    terminal.wait_for_answers()
    stood_at = height_of(cards, 8)
    assert cards.verticalScrollBar().value() > 0

    urgent = floor.order(status="PLANNED", priority="URGENT")
    terminal.wait(lambda: cards.rows.place_of(urgent) == 0)
    terminal.wait_for_answers()

    assert cards.rows.row_at(cards.currentIndex()).number == numbers[8]
    assert height_of(cards, 9) == stood_at
    assert board.page.number.whole() == numbers[8]


def test_who_loses_the_race_for_an_order_is_told_who_won_and_where(
    terminal: Terminal, board: BoardView, floor: Floor
) -> None:
    number = floor.order(status="RELEASED")
    terminal.tap_card(number)
    terminal.wait(lambda: terminal.find_button("Start"))

    # No event is dispatched between the two: the button is still what the person sees when the other has won.
    floor.do("work_order.start", number=number)
    terminal.tap(terminal.button("Start"))
    terminal.wait(terminal.refusal)

    lines = terminal.words(terminal.refusal())
    assert {"WORK_ORDER_CHANGED_ELSEWHERE", "WORK_ORDER_ALREADY_STARTED"} & set(lines)
    assert any("ADMIN" in line and "HALL-2" in line for line in lines)
    assert entries(floor, number, "WORK_ORDER_START") == 1
    terminal.press(Qt.Key.Key_Escape)
    terminal.wait(lambda: terminal.find_button("Record output"))


def test_five_taps_on_start_start_once_and_open_nothing_else(
    terminal: Terminal, board: BoardView, floor: Floor
) -> None:
    number = floor.order(status="RELEASED")
    terminal.tap_card(number)
    terminal.wait(lambda: terminal.find_button("Start"))

    for _ in range(5):
        terminal.tap(terminal.button("Start"))
    terminal.wait(lambda: terminal.find_button("Record output"))
    terminal.wait_for_answers()

    assert entries(floor, number, "WORK_ORDER_START") == 1
    assert terminal.refusal() is None


def test_five_taps_on_report_report_once(terminal: Terminal, board: BoardView, floor: Floor) -> None:
    number = floor.order(status="IN_PROGRESS", quantity=20)
    floor.do("work_order.issue", number=number)
    terminal.tap_card(number)
    terminal.tap_button("Record output")
    dialog = terminal.one(OutputDialog)
    terminal.tap(dialog.pad.keys.button("4"))
    spot = terminal.spot(dialog.go)

    for _ in range(5):
        terminal.tap_at(spot)
    terminal.wait(lambda: board.page.good.text() == "4")
    terminal.wait_for_answers()

    assert entries(floor, number, "PRODUCTION_RECORD") == 1
    assert floor.ask("work_order.get", number=number).row.quantity_completed == 4
    assert terminal.refusal() is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_half_written_report_stays_while_another_terminal_reports(
    terminal: Terminal, board: BoardView, floor: Floor
) -> None:
    number = floor.order(status="IN_PROGRESS", quantity=20)
    floor.do("work_order.issue", number=number)
    terminal.tap_card(number)
    terminal.tap_button("Record output")
    dialog = terminal.one(OutputDialog)
    terminal.tap(dialog.pad.keys.button("5"))

    floor.do("work_order.record_output", number=number, good=3)
    terminal.wait(lambda: terminal.reads("3 + 5 = 8 of 20 good, 12 to go"))
    assert dialog.good.figure() == "5"
    terminal.tap_button("Report 5 good")
    terminal.wait(lambda: board.page.good.text() == "8")

    assert entries(floor, number, "PRODUCTION_RECORD") == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_window_that_was_minimised_goes_on_hearing_of_the_plant(terminal: Terminal, floor: Floor) -> None:
    terminal.sign_in(SUPERVISOR)
    terminal.go_to("Machines")
    machines = terminal.one(MachinesView).presenter
    terminal.wait(lambda: machines.answered)

    terminal.window.showMinimized()
    terminal.wait(terminal.window.isMinimized)
    terminal.window.showNormal()
    terminal.wait_for_answers()
    floor.do("machine.set_status", machine="CNC-1", status="BROKEN", reason="Crash")

    terminal.wait(lambda: machines.counts()[Shown.BROKEN] == 1)
