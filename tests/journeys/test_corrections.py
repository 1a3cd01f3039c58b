"""What went wrong is put right at the real window: a wrong report, material that comes back late, a refusal that a second person lifts."""

from PySide6.QtCore import Qt

from mfg_desktop.queries.rows import AllocationRow
from mfg_desktop.ui.audit.view import AuditView
from mfg_desktop.ui.board.page import OrderPage
from mfg_desktop.ui.board.view import BoardView
from mfg_desktop.ui.materials.orders_page import OrdersPage
from mfg_desktop.vocabulary import OperationStatus
from tests.factories import OPERATOR, PIN, SUPERVISOR, Floor
from tests.journeys.terminal import Terminal, cells, faults


def test_a_wrong_report_is_taken_back_and_material_returned_late_and_the_time_line_tells_both(
    terminal: Terminal, floor: Floor
) -> None:
    number = floor.order(status="IN_PROGRESS", quantity=10)
    floor.do("work_order.issue", number=number)
    terminal.sign_in(SUPERVISOR)
    terminal.tap_card(number)
    page = terminal.one(BoardView).page
    _report(terminal, page, 9)
    _take_back(terminal, page)
    _report(terminal, page, 6)
    terminal.tap_button("Hold")
    terminal.tap_button("No material")
    terminal.tap(terminal.button("Hold"))
    terminal.wait(lambda: terminal.find_button("Resume"))

    terminal.go_to("Materials")
    terminal.tap_card(number)
    lines = terminal.one(OrdersPage).lines
    terminal.wait(lambda: terminal.reads("Round bar 45 mm") and not lines.card("BAR").return_button.stopped())
    terminal.tap(lines.card("BAR").return_button)
    terminal.tap_button("Return 2 m")
    terminal.wait(lambda: _line(floor, number).returned == 2)
    terminal.go_to("Board")
    terminal.choose_tab(page.tabs, "Time line")
    told = floor.ask("work_order.timeline", number=number).events
    terminal.wait(lambda: page.story.events.rows.rowCount() == len(told))

    kinds = [event.action_type for event in told]
    assert kinds[-5:] == [
        "PRODUCTION_RECORD",
        "PRODUCTION_REVERSE",
        "PRODUCTION_RECORD",
        "WORK_ORDER_HOLD",
        "MATERIAL_RETURN",
    ]
    order = floor.ask("work_order.get", number=number)
    assert order.row.quantity_completed == 6
    assert sum(lot.on_hand for lot in floor.ask("stock.list", material="GEAR").rows) == 6
    assert faults(floor) == []


def _report(terminal: Terminal, page: OrderPage, good: int) -> None:
    terminal.tap_button("Record output")
    terminal.type_text(str(good))
    terminal.tap_button(f"Report {good} good")
    terminal.wait(lambda: page.good.text() == str(good))


def _take_back(terminal: Terminal, page: OrderPage) -> None:
    terminal.choose_tab(page.tabs, "Output")
    terminal.wait(lambda: page.output.entries.rows.rowCount() == 1)
    terminal.tap_row(page.output.entries, 0)
    terminal.tap_button("Reverse entry\u2026")
    terminal.tap_button("Wrong number")
    terminal.tap_button("Reverse")
    terminal.wait(lambda: page.good.text() == "0")


def _line(floor: Floor, number: str) -> AllocationRow:
    lines: tuple[AllocationRow, ...] = floor.ask("work_order.get", number=number).allocations
    return next(line for line in lines if line.material == "BAR")


def test_overdue_maintenance_is_overridden_by_a_second_person_never_by_the_same(
    terminal: Terminal, floor: Floor
) -> None:
    floor.do("process.create", process_code="TURN", name="Turning", machine_type="CNC_LATHE")
    floor.do("machine.create", machine="OLD-1", type="CNC_LATHE", department="MACH", next_maintenance="2026-01-05")
    turning = {"sequence": 10, "process": "TURN", "machine": "OLD-1"}
    number = floor.order(status="IN_PROGRESS", quantity=10, machine=None, operations=[turning])
    terminal.sign_in(OPERATOR)
    terminal.tap_card(number)

    terminal.wait(lambda: (start := terminal.find_button("Start 10")) is not None and start.stopped())
    terminal.tap_button("Override\u2026")
    terminal.wait(terminal.refusal)
    assert "MACHINE_MAINTENANCE_OVERDUE" in terminal.words(terminal.refusal())
    terminal.tap_button("Override\u2026")
    _approve(terminal, OPERATOR, "Serviced this morning, the entry follows")
    terminal.wait(lambda: terminal.reads(f"{OPERATOR} cannot lift this refusal."))
    assert _status(floor, number) is OperationStatus.PLANNED
    _approve(terminal, SUPERVISOR, "")
    terminal.wait(lambda: _status(floor, number) is OperationStatus.IN_PROGRESS)
    terminal.wait(lambda: terminal.refusal() is None)

    terminal.tap(terminal.window.bar.person)
    terminal.tap_button("Change person")
    terminal.sign_in(SUPERVISOR)
    _read_the_log(terminal, number)
    assert faults(floor) == []


def _approve(terminal: Terminal, badge: str, reason: str) -> None:
    """Scan a badge, type its PIN and, unless it is still there, the reason, and confirm."""
    terminal.scan(badge)
    terminal.type_text(PIN)
    terminal.press(Qt.Key.Key_Return)
    terminal.type_text(reason)
    terminal.tap_button("Override")


def _status(floor: Floor, number: str) -> OperationStatus:
    status: OperationStatus = floor.ask("work_order.get", number=number).operations[0].status
    return status


def _read_the_log(terminal: Terminal, number: str) -> None:
    """Find the denial and the start with its approver among the entries of the log."""
    terminal.go_to("Audit")
    log = terminal.one(AuditView)
    told = ("Operation start", "Piotr \u017bak", number)
    terminal.wait(lambda: told in cells(log.table, "Action", "Person", "Entity"))
    lines = cells(log.table, "Action", "Person", "Entity", "What happened")
    assert any(f"{OPERATOR} cannot lift this refusal." in line[3] for line in lines)
    terminal.tap_row(log.table, [line[:3] for line in lines].index(told))
    terminal.wait(log.panel.isVisible)

    words = terminal.words(log.panel)
    assert any(SUPERVISOR in line for line in words)
    assert any("Serviced this morning, the entry follows" in line for line in words)
