"""The scanner alone: a badge, an order and the commands, read wherever the focus is."""

import pytest
from PySide6.QtCore import Qt

from mfg_desktop.ui.board.view import BoardView
from mfg_desktop.ui.output.view import OutputDialog
from mfg_desktop.vocabulary import OperationStatus
from tests.factories import SUPERVISOR, Floor
from tests.journeys.terminal import Terminal
from tests.journeys.test_operations import wait_for

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


@pytest.fixture
def routed(floor: Floor) -> str:
    """Give a running order for ten gears that are turned and then milled; milling waits for nothing."""
    for code, name, kind in (("TURN", "Turning", "CNC_LATHE"), ("MILL", "Milling", "CNC_MILLING")):
        floor.do("process.create", process_code=code, name=name, machine_type=kind)
    operations = [
        {"sequence": 10, "process": "TURN", "machine": "CNC-2"},
        {"sequence": 20, "process": "MILL", "machine": "CNC-1", "overlap_quantity": 0},
    ]
    number = floor.order(status="IN_PROGRESS", quantity=10, operations=operations)
    floor.do("work_order.issue", number=number)
    return number


def operation(floor: Floor, number: str, sequence: int) -> tuple[str, int]:
    """Tell how an operation stands, and its good pieces."""
    detail = floor.ask("work_order.get", number=number)
    row = next(row for row in detail.operations if row.sequence == sequence)
    return str(row.status), int(row.good)


def shows_operation(terminal: Terminal, number: str, sequence: int) -> bool:
    if not is_open(terminal, number):
        return False
    board = terminal.one(BoardView)
    shown, line = board.order.scanned_operation(), board.page.operations.open_line()
    return shown is not None and shown.sequence == sequence and line is not None and line.row().sequence == sequence


def test_an_operation_is_opened_and_worked_by_the_scanner_alone(terminal: Terminal, floor: Floor, routed: str) -> None:
    terminal.sign_in(SUPERVISOR)
    terminal.go_to("Machines")

    terminal.scan(f"{routed}/20")
    terminal.wait(lambda: shows_operation(terminal, routed, 20))
    terminal.scan("START")
    wait_for(terminal, 20, OperationStatus.IN_PROGRESS)
    # The other one starts too; what is scanned next is still meant for the paper in the hand.
    floor.do("operation.start", number=routed, sequence=10)
    terminal.scan("PAUSE")
    terminal.tap_button("No operator")
    wait_for(terminal, 20, OperationStatus.ON_HOLD)
    terminal.scan("RESUME")
    wait_for(terminal, 20, OperationStatus.IN_PROGRESS)
    terminal.scan("RECORD")
    terminal.wait(lambda: any(one.isVisible() for one in terminal.window.findChildren(OutputDialog)))
    terminal.type_text("4")
    terminal.press(Qt.Key.Key_Return)
    terminal.wait(lambda: operation(floor, routed, 20)[1] == 4)
    terminal.wait_for_answers()

    assert operation(floor, routed, 10) == ("IN_PROGRESS", 0)
    assert shows_operation(terminal, routed, 20)


def test_an_operation_is_completed_by_two_scans_and_return(terminal: Terminal, floor: Floor, routed: str) -> None:
    floor.do("operation.start", number=routed, sequence=10)
    terminal.sign_in(SUPERVISOR)

    terminal.scan(f"{routed}/10")
    # At once, while the code before is still looked up.
    terminal.scan("COMPLETE")
    terminal.wait(lambda: any(one.isVisible() for one in terminal.window.findChildren(OutputDialog)))
    terminal.type_text("10")
    terminal.press(Qt.Key.Key_Return)
    terminal.wait(lambda: operation(floor, routed, 10) == ("COMPLETED", 10))

    assert floor.ask("work_order.get", number=routed).row.status == "IN_PROGRESS"


def test_a_command_that_the_scanned_operation_cannot_take_says_why_and_moves_nothing_else(
    terminal: Terminal, floor: Floor, routed: str
) -> None:
    floor.do("operation.start", number=routed, sequence=10)
    terminal.sign_in(SUPERVISOR)
    terminal.scan(f"{routed}/20")
    terminal.wait(lambda: shows_operation(terminal, routed, 20))

    terminal.scan("COMPLETE")
    terminal.wait(lambda: terminal.refusal() is not None)

    refusal = terminal.refusal()
    assert refusal is not None
    assert refusal.code_label.text() == "PRODUCTION_OPERATION_NOT_STARTED"
    assert terminal.reads("Complete 20 is not possible now")
    assert terminal.find_button("Start operation 20") is not None
    assert operation(floor, routed, 10) == ("IN_PROGRESS", 0)


def test_a_sequence_that_the_order_does_not_have_is_said_and_its_command_is_dropped(
    terminal: Terminal, floor: Floor, routed: str
) -> None:
    terminal.sign_in(SUPERVISOR)

    terminal.scan(f"{routed}/15")
    terminal.scan("START")
    terminal.wait(lambda: terminal.said() == f"{routed} has no operation 15.")
    terminal.wait_for_answers()

    assert [operation(floor, routed, sequence)[0] for sequence in (10, 20)] == ["PLANNED", "PLANNED"]


def test_a_command_right_behind_an_order_is_not_taken_for_the_one_that_stood_there_before(
    terminal: Terminal, floor: Floor
) -> None:
    before, after = floor.order(status="RELEASED"), floor.order(status="RELEASED")
    terminal.sign_in(SUPERVISOR)
    terminal.scan(before)
    terminal.wait(lambda: is_open(terminal, before))

    terminal.scan(after)
    terminal.scan("START")
    terminal.wait(lambda: floor.ask("work_order.get", number=after).row.status == "IN_PROGRESS")

    assert floor.ask("work_order.get", number=before).row.status == "RELEASED"


def test_a_code_that_names_nothing_is_said_and_leaves_the_board_as_it_is(terminal: Terminal, floor: Floor) -> None:
    number = floor.order(status="RELEASED")
    terminal.sign_in(SUPERVISOR)
    terminal.wait(lambda: terminal.card(number) is not None)

    terminal.scan("NOTHING-77")
    terminal.wait(lambda: terminal.said() == "Nothing here is called NOTHING-77.")
    terminal.wait_for_answers()

    assert terminal.card(number) is not None
    assert not terminal.one(BoardView).board.filter().narrows


def test_a_text_that_several_orders_have_narrows_the_board_from_every_screen(terminal: Terminal, floor: Floor) -> None:
    numbers = {floor.order(status="RELEASED") for _ in range(2)}
    terminal.sign_in(SUPERVISOR)
    terminal.go_to("Machines")

    terminal.scan("GEAR")
    terminal.wait(lambda: terminal.window.shown_screen() == "board")

    assert terminal.one(BoardView).board.filter().text == "GEAR"
    terminal.wait(lambda: all(terminal.card(number) for number in numbers))


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


def test_whoever_scans_on_has_read_the_refusal(terminal: Terminal, floor: Floor, routed: str) -> None:
    terminal.sign_in(SUPERVISOR)
    terminal.scan(f"{routed}/10")
    terminal.wait(lambda: shows_operation(terminal, routed, 10))
    terminal.scan("COMPLETE")
    terminal.wait(lambda: terminal.refusal() is not None)

    terminal.scan("START")
    terminal.wait(lambda: operation(floor, routed, 10)[0] == "IN_PROGRESS")

    assert terminal.refusal() is None
