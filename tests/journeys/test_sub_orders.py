"""Orders for the parts of an order at the real window: made, done one after the other, and cancelled together."""

import pytest

from mfg_desktop.ui.board.dialogs import CancelDialog, MachineDialog
from mfg_desktop.ui.board.view import BoardView
from mfg_desktop.vocabulary import OrderStatus
from tests.factories import SUPERVISOR, Floor
from tests.journeys.terminal import Terminal, faults


@pytest.fixture
def wheels(floor: Floor) -> str:
    """Give a planned order for five wheels of two hubs each; hubs are turned from bar, and ten lie in stock already."""
    floor.do("product.create", stock_code="HUB", name="Hub", type="SEMI_FINISHED", unit="pcs")
    floor.do("bom.set", product="HUB", lines=[{"component": "BAR", "quantity": 1}])
    floor.do("product.create", stock_code="WHEEL", name="Wheel", type="FINISHED", unit="pcs")
    floor.do("bom.set", product="WHEEL", lines=[{"component": "HUB", "quantity": 2}])
    floor.do("stock.receive", material="HUB", lot="H-0", quantity=10)
    return floor.order(status="PLANNED", product="WHEEL", quantity=5)


@pytest.fixture
def board(terminal: Terminal, wheels: str) -> BoardView:
    """Give the board with the order's page open, and the supervisor at it."""
    terminal.sign_in(SUPERVISOR)
    board = terminal.one(BoardView)
    terminal.tap_card(wheels)
    wait_for_page(terminal, board, wheels)
    return board


def wait_for_page(terminal: Terminal, board: BoardView, number: str) -> None:
    def is_there() -> bool:
        detail = board.order.detail()
        return detail is not None and detail.row.number == number and board.page.number.whole() == number

    terminal.wait(is_there)


def make_sub_order(terminal: Terminal, board: BoardView) -> str:
    """Make the sub orders by the button of their tab, and give the one."""
    terminal.choose_tab(board.page.tabs, "Sub orders")
    terminal.tap_button("Make sub orders")
    orders = board.page.sub_orders.orders.rows
    terminal.wait(lambda: orders.rowCount() == 1)
    return str(orders.row_at(orders.index(0, 0)).number)


def take(terminal: Terminal, board: BoardView, step: str, to: OrderStatus) -> None:
    """Take a step of the order as soon as nothing stops it, and wait until the order is where it leads."""
    terminal.wait(lambda: (button := terminal.find_button(step)) is not None and not button.stopped())
    terminal.tap_button(step)
    terminal.wait(lambda: (detail := board.order.detail()) is not None and detail.row.status is to)


def report(terminal: Terminal, board: BoardView, good: int, so_far: int) -> None:
    terminal.tap_button("Record output")
    terminal.type_text(str(good))
    terminal.tap_button(f"Report {good} good")
    terminal.wait(lambda: board.page.good.text() == str(so_far))


def issue(terminal: Terminal, board: BoardView) -> None:
    terminal.choose_tab(board.page.tabs, "Material")
    terminal.tap_button("Issue reserved material")
    terminal.wait(lambda: terminal.find_button("Issue reserved material") is None)


def test_a_part_is_made_by_an_order_of_its_own_and_its_parent_waits_for_it(
    terminal: Terminal, board: BoardView, floor: Floor, wheels: str
) -> None:
    sub = make_sub_order(terminal, board)
    terminal.wait(lambda: terminal.reads(f"0 of 5 can be made; the rest waits for {sub}."))
    _make_four_hubs(terminal, board, wheels, sub)
    terminal.choose_tab(board.page.tabs, "Sub orders")
    terminal.tap_button(f"Part of {wheels}")
    wait_for_page(terminal, board, wheels)
    terminal.wait(lambda: terminal.reads(f"2 of 5 can be made; the rest waits for {sub}."))

    _make_the_wheels(terminal, board)
    assert terminal.button("Complete").stopped()
    terminal.tap_button("Complete")
    terminal.tap_button(f"Open {sub}")
    wait_for_page(terminal, board, sub)
    report(terminal, board, 6, 10)
    take(terminal, board, "Complete", OrderStatus.COMPLETED)
    terminal.choose_tab(board.page.tabs, "Sub orders")
    terminal.tap_button(f"Part of {wheels}")
    wait_for_page(terminal, board, wheels)
    terminal.wait(lambda: terminal.reads("5 of 5 can be made."))
    take(terminal, board, "Complete", OrderStatus.COMPLETED)

    parent = floor.ask("work_order.get", number=wheels)
    assert [(row.number, row.status, row.quantity_completed) for row in parent.sub_orders] == [(sub, "COMPLETED", 10)]
    assert sum(lot.on_hand for lot in floor.ask("stock.list", material="WHEEL").rows) == 5
    assert sum(lot.on_hand for lot in floor.ask("stock.list", material="HUB").rows) == 10
    assert faults(floor) == []


def _make_four_hubs(terminal: Terminal, board: BoardView, wheels: str, sub: str) -> None:
    terminal.tap_card(sub)
    wait_for_page(terminal, board, sub)
    take(terminal, board, "Plan", OrderStatus.PLANNED)
    take(terminal, board, "Release", OrderStatus.RELEASED)
    terminal.tap_button("Allocate")
    terminal.tap_button("Choose a machine")
    machines = terminal.one(MachineDialog).table
    terminal.wait(lambda: machines.rows.place_of("CNC-2") is not None)
    terminal.tap_row(machines, machines.rows.place_of("CNC-2") or 0)
    take(terminal, board, "Start", OrderStatus.IN_PROGRESS)
    issue(terminal, board)
    report(terminal, board, 4, 4)


def _make_the_wheels(terminal: Terminal, board: BoardView) -> None:
    take(terminal, board, "Release", OrderStatus.RELEASED)
    terminal.tap_button("Allocate")
    take(terminal, board, "Start", OrderStatus.IN_PROGRESS)
    issue(terminal, board)
    report(terminal, board, 5, 5)


def test_an_order_is_cancelled_with_its_open_sub_orders(
    terminal: Terminal, board: BoardView, floor: Floor, wheels: str
) -> None:
    sub = make_sub_order(terminal, board)
    terminal.choose_tab(board.page.tabs, "Notes")

    terminal.tap_button("Cancel order\u2026")
    dialog = terminal.one(CancelDialog)
    assert terminal.reads(f"Open sub orders: {sub} (draft)")
    terminal.tap_button("Cancel these too")
    terminal.tap_button("Entered twice")
    terminal.tap(dialog.go)
    terminal.wait(lambda: board.page.steps.shown() == ())

    assert [floor.ask("work_order.get", number=one).row.status for one in (wheels, sub)] == ["CANCELLED", "CANCELLED"]
    assert faults(floor) == []
