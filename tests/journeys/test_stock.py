"""Stock is entered at the real window: a delivery, a count that differs, and what ledger and log tell of both."""

from PySide6.QtCore import Qt

from mfg_desktop.ui.audit.view import AuditView
from mfg_desktop.ui.materials.stock_page import StockPage
from mfg_desktop.ui.materials.view import MaterialsView
from tests.factories import SUPERVISOR, Floor
from tests.journeys.terminal import Terminal, cells, faults


def test_a_delivery_is_received_and_its_count_corrected_and_ledger_and_log_tell_both(
    terminal: Terminal, floor: Floor
) -> None:
    terminal.sign_in(SUPERVISOR)
    terminal.go_to("Materials")
    terminal.choose_tab(terminal.one(MaterialsView).tabs, "Stock")
    page = terminal.one(StockPage)

    terminal.tap_button("Receive\u2026")
    terminal.wait(page.presenter.materials)
    terminal.scan("BAR")
    terminal.scan("L-204")
    terminal.type_text("12.5")
    terminal.press(Qt.Key.Key_Return)
    terminal.wait(lambda: page.panel.ledger.rows.rowCount() == 1)
    terminal.wait(lambda: page.table.currentIndex().row() == 2)
    assert cells(page.table, "Lot", "Available")[2] == ("L-204", "12.5 m")

    terminal.tap_button("Correct count\u2026")
    for key in ("1", "2"):
        terminal.tap_button(key)
    terminal.tap_button("Stocktaking")
    terminal.tap_button("Correct to 12 m")
    terminal.wait(lambda: page.panel.ledger.rows.rowCount() == 2)

    movements = floor.ask("stock.movements", material="BAR", lot="L-204").rows
    assert [(row.kind, str(row.quantity), row.reason, row.badge) for row in movements] == [
        ("ADJUSTMENT", "-0.500", "Stocktaking", SUPERVISOR),
        ("RECEIPT", "12.500", None, SUPERVISOR),
    ]
    terminal.go_to("Audit")
    log = terminal.one(AuditView)
    told = "Lot L-204 of BAR was adjusted by -0.5 m: Stocktaking"
    terminal.wait(lambda: told in [line[0] for line in cells(log.table, "What happened")])
    happened = [line[0] for line in cells(log.table, "What happened")]
    assert "12.5 m of BAR came in as lot L-204." in happened
    terminal.tap_row(log.table, happened.index(told))
    terminal.wait(log.panel.isVisible)
    terminal.wait(lambda: any("Stocktaking" in line for line in terminal.words(log.panel)))
    assert faults(floor) == []
