"""Orders with operations at the real window: from step to step, over a gauge that is away and a machine that breaks down."""

import pytest
from PySide6.QtCore import Qt

from mfg_desktop.queries.rows import OperationRow, OrderDetail
from mfg_desktop.ui.board.desk import OrderDesk
from mfg_desktop.ui.board.dialogs import MachineDialog
from mfg_desktop.ui.board.view import BoardView
from mfg_desktop.ui.kit.covers import top_cover
from mfg_desktop.ui.machines.view import MachinesView
from mfg_desktop.ui.output.view import OutputDialog
from mfg_desktop.vocabulary import OperationStatus, OrderStatus
from tests.factories import SUPERVISOR, Floor
from tests.journeys.terminal import Terminal, faults


@pytest.fixture
def routed(floor: Floor) -> str:
    """Give a released order for ten gears that are sawn, milled under a gauge, and deburred."""
    floor.do("gauge.create", code="GA-1", name="Bore gauge")
    floor.do("process.create", process_code="SAW", name="Sawing", machine_type="CNC_LATHE")
    floor.do("process.create", process_code="MILL", name="Milling", machine_type="CNC_MILLING")
    floor.do("process.create", process_code="DEBURR", name="Deburring", machine_type="CNC_LATHE")
    steps = [
        {"sequence": 10, "process": "SAW", "machine": "CNC-2"},
        {"sequence": 20, "process": "MILL", "machine": "CNC-1", "gauge": "GA-1"},
        {"sequence": 30, "process": "DEBURR", "machine": "CNC-2"},
    ]
    floor.do("workflow.create", product="GEAR", version="A", steps=steps)
    floor.do("workflow.submit", product="GEAR", version="A")
    floor.do("workflow.activate", product="GEAR", version="A")
    return floor.order(status="RELEASED", quantity=10, machine=None)


def desk_of(terminal: Terminal) -> OrderDesk:
    return terminal.one(BoardView).desk


def open_at(terminal: Terminal, number: str) -> None:
    """Sign in and open the page of an order."""
    terminal.sign_in(SUPERVISOR)
    terminal.tap_card(number)
    terminal.wait(lambda: desk_of(terminal).order.detail())


def wait_for(terminal: Terminal, sequence: int, status: OperationStatus) -> None:
    """Wait until the page shows an operation so, and takes the next tap."""

    def is_so() -> bool:
        detail = desk_of(terminal).order.detail()
        rows = detail.operations if detail else ()
        return any(row.sequence == sequence and row.status is status for row in rows)

    terminal.wait(is_so)
    terminal.wait(lambda: not desk_of(terminal).order.busy())


def operation_of(floor: Floor, number: str, sequence: int) -> OperationRow:
    detail: OrderDetail = floor.ask("work_order.get", number=number)
    return next(row for row in detail.operations if row.sequence == sequence)


def complete_with_the_rest(terminal: Terminal, sequence: int, rest: int) -> None:
    terminal.tap_button(f"Complete {sequence}")
    terminal.tap_button(f"All that are left: {rest} good")
    terminal.tap_button(f"Complete with {rest} good")
    wait_for(terminal, sequence, OperationStatus.COMPLETED)


def test_an_order_goes_from_step_to_step_and_waits_for_the_gauge(terminal: Terminal, floor: Floor, routed: str) -> None:
    open_at(terminal, routed)
    page = terminal.one(BoardView).page
    terminal.tap_button("Start")
    terminal.wait(lambda: terminal.find_button("Start 10"))
    terminal.choose_tab(page.tabs, "Material")
    terminal.tap_button("Issue reserved material")
    terminal.wait(lambda: terminal.find_button("Issue reserved material") is None)
    terminal.choose_tab(page.tabs, "Operations")

    terminal.tap_button("Start 10")
    wait_for(terminal, 10, OperationStatus.IN_PROGRESS)
    terminal.tap_button("Record output")
    terminal.type_text("6")
    terminal.tap_button("Report 6 good")
    terminal.wait(lambda: operation_of(floor, routed, 10).good == 6)
    wait_for(terminal, 10, OperationStatus.IN_PROGRESS)
    complete_with_the_rest(terminal, 10, 4)
    _wait_for_the_gauge(terminal, floor)
    terminal.tap_button("Start 20")
    wait_for(terminal, 20, OperationStatus.IN_PROGRESS)
    complete_with_the_rest(terminal, 20, 10)
    terminal.tap_button("Start 30")
    wait_for(terminal, 30, OperationStatus.IN_PROGRESS)
    complete_with_the_rest(terminal, 30, 10)
    terminal.tap_button("Complete")
    terminal.wait(lambda: page.steps.shown() == ())

    order = floor.ask("work_order.get", number=routed)
    assert (order.row.status, order.row.quantity_completed) == ("COMPLETED", 10)
    assert [row.good for row in order.operations] == [10, 10, 10]
    assert sum(lot.on_hand for lot in floor.ask("stock.list", material="GEAR").rows) == 10
    _read_the_time_line(terminal, floor, routed)
    assert faults(floor) == []


def _wait_for_the_gauge(terminal: Terminal, floor: Floor) -> None:
    """The gauge goes to calibration at another terminal, and comes back; the button tells, and nobody taps anything."""
    terminal.wait(lambda: (start := terminal.find_button("Start 20")) is not None and not start.stopped())
    floor.do("gauge.set_status", gauge="GA-1", status="CALIBRATION")
    terminal.wait(lambda: terminal.button("Start 20").stopped())
    terminal.wait(lambda: terminal.reads("Gauge GA-1 is not available: calibration."))
    assert terminal.find_button("Open GA-1") is not None

    floor.do("gauge.set_status", gauge="GA-1", status="AVAILABLE")
    terminal.wait(lambda: not terminal.button("Start 20").stopped())


def _read_the_time_line(terminal: Terminal, floor: Floor, number: str) -> None:
    page = terminal.one(BoardView).page
    terminal.choose_tab(page.tabs, "Time line")
    told = floor.ask("work_order.timeline", number=number)
    terminal.wait(lambda: page.story.events.rows.rowCount() == len(told.events))

    assert told.lead_minutes == told.wait_minutes + told.run_minutes + told.hold_minutes + told.down_minutes
    assert told.run_minutes > 0
    kinds = [event.action_type for event in told.events]
    assert kinds.count("OPERATION_START") == kinds.count("OPERATION_COMPLETE") == 3
    assert kinds[-1] == "WORK_ORDER_COMPLETE"
    assert terminal.reads("Lead time ")


def test_a_machine_breaks_down_and_the_step_goes_on_at_another_with_its_pieces(
    terminal: Terminal, floor: Floor, routed: str
) -> None:
    floor.do("machine.create", machine="CNC-9", type="CNC_LATHE", department="MACH")
    floor.do("work_order.start", number=routed)
    floor.do("work_order.issue", number=routed)
    open_at(terminal, routed)
    board = terminal.one(BoardView)

    terminal.tap_button("Start 10")
    wait_for(terminal, 10, OperationStatus.IN_PROGRESS)
    terminal.tap_button("Record output")
    terminal.type_text("4")
    terminal.tap_button("Report 4 good")
    terminal.wait(lambda: operation_of(floor, routed, 10).good == 4)

    terminal.go_to("Machines")
    machines = terminal.one(MachinesView)
    terminal.tap_card("CNC-2")
    # Beside the wall, "Broken" is the filter.
    terminal.wait(machines.panel.isVisible)
    terminal.tap_button("Broken")
    terminal.tap_button("Spindle")
    terminal.wait(lambda: machines.panel.state.words()[0] == "Broken")
    terminal.go_to("Board")
    held = board.lanes.column(OrderStatus.ON_HOLD)
    terminal.wait(lambda: held.cards.rows.place_of(routed) is not None)
    assert operation_of(floor, routed, 10).status is OperationStatus.ON_HOLD

    terminal.tap_button("Resume")
    terminal.wait(lambda: terminal.find_button("Resume") is None)
    terminal.tap_button("Start")
    terminal.wait(lambda: (again := terminal.find_button("Resume 10")) is not None and again.stopped())
    terminal.tap_button("Choose another machine")
    dialog = terminal.one(MachineDialog)
    terminal.wait(lambda: dialog.table.rows.rowCount() > 0)
    assert dialog.table.rows.row_at(dialog.table.rows.index(0, 0)).machine == "CNC-9"
    terminal.tap_row(dialog.table, 0)
    wait_for(terminal, 10, OperationStatus.IN_PROGRESS)

    moved = operation_of(floor, routed, 10)
    assert (moved.machine, moved.good) == ("CNC-9", 4)
    complete_with_the_rest(terminal, 10, 6)
    assert operation_of(floor, routed, 10).good == 10
    assert floor.ask("machine.get", machine="CNC-2").row.status == "BROKEN"
    assert faults(floor) == []


def test_the_next_step_starts_by_keyboard_alone(terminal: Terminal, floor: Floor, routed: str) -> None:
    floor.do("work_order.start", number=routed)
    floor.do("work_order.issue", number=routed)
    open_at(terminal, routed)
    terminal.wait(lambda: terminal.find_button("Start 10"))

    terminal.press(Qt.Key.Key_F4)
    wait_for(terminal, 10, OperationStatus.IN_PROGRESS)
    terminal.press(Qt.Key.Key_F9)
    terminal.wait(lambda: isinstance(top_cover(terminal.window), OutputDialog))
    terminal.type_text("10")
    terminal.press(Qt.Key.Key_Return)
    wait_for(terminal, 10, OperationStatus.COMPLETED)
    terminal.wait(lambda: terminal.find_button("Start 20"))
    terminal.press(Qt.Key.Key_F4)
    wait_for(terminal, 20, OperationStatus.IN_PROGRESS)

    assert operation_of(floor, routed, 10).good == 10
