"""Machines, Materials, Audit and Set-up are made for fingers on the smallest panel: nothing that is tapped is low, narrow or cut off, in any
tab or dialog of theirs.
"""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QComboBox, QLineEdit, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from mfg_desktop.ui.audit.view import AuditView
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.covers import top_cover
from mfg_desktop.ui.kit.dialogs import Dialog
from mfg_desktop.ui.kit.forms import RowsInput
from mfg_desktop.ui.kit.tables import Table
from mfg_desktop.ui.machines.view import MachinesView
from mfg_desktop.ui.materials.view import SHORTAGES, STOCK, MaterialsView
from mfg_desktop.ui.setup.pages import NewPage, ProductPage, ToolPage, WorkflowPage
from mfg_desktop.ui.setup.presenter import AREAS, Area
from mfg_desktop.ui.setup.view import SetupView
from mfg_desktop.ui.theme import TOUCH
from mfg_desktop.vocabulary import MachineStatus
from tests.factories import Floor
from tests.ui.conftest import OpenScreen

LONG = "Gearbox housing, upper part, with flanged intermediate shaft, hardened and ground"


def tapped(within: QWidget) -> Iterator[QWidget]:
    """Give everything in sight that a finger can do something with."""
    for kind in (QAbstractButton, QLineEdit, QComboBox):
        yield from (one for one in within.findChildren(kind) if one.isVisible())


def faults(within: QWidget) -> list[str]:
    """Name what a glove would miss: lower or narrower than a finger, or cut off where nothing scrolls."""
    window = within.window()
    told = []
    for one in tapped(within):
        name = one.accessibleName() or getattr(one, "text", str)() or type(one).__name__
        if one.height() < TOUCH or one.width() < TOUCH:
            told.append(f"{name}: {one.width()} x {one.height()}")
        if isinstance(one, Button) and one.kind() is Kind.MAIN and one.height() < 56:
            told.append(f"{name}, a main button: {one.height()} high")
        if isinstance(one, Button) and one.width() < one.sizeHint().width():
            told.append(f"{name}: its words are cut")
        if not scrolled(one) and not window.rect().contains(QRect(one.mapTo(window, QPoint(0, 0)), one.size())):
            told.append(f"{name}: beyond the window")
    for table in within.findChildren(Table):
        if table.isVisible() and table.verticalHeader().defaultSectionSize() < TOUCH:
            told.append(f"{table.accessibleName()}: rows of {table.verticalHeader().defaultSectionSize()}")
    return told


def scrolled(widget: QWidget) -> bool:
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, QScrollArea | QAbstractItemView):
            return True
        above = above.parentWidget()
    return False


def in_dialog(view: QWidget) -> list[str]:
    """Name the faults of the dialog that is open, and close it."""
    dialog = top_cover(view.window())
    assert isinstance(dialog, Dialog)
    view.window().grab()
    found = faults(dialog)
    dialog.close_dialog()
    return found


@pytest.fixture
def found() -> list[str]:
    return []


def opened(view: MachinesView, machine: str, qtbot: QtBot) -> None:
    def is_there() -> bool:
        detail = view.presenter.detail
        return detail is not None and detail.row.machine == machine

    view.presenter.open(machine)
    qtbot.waitUntil(is_there)


def test_machines(open_screen: OpenScreen[MachinesView], floor: Floor, found: list[str], qtbot: QtBot) -> None:
    floor.do(
        "machine.create", machine="GRINDING-CENTRE-07-B", type="GRINDING", department="MACH", brand=LONG, model=LONG
    )
    floor.do("machine.set_status", machine="CNC-2", status="BROKEN", reason="Spindle")
    floor.order(status="IN_PROGRESS")
    view = open_screen(MachinesView)
    for place in range(3):
        view.arrangements.choose(place)
        view.window().grab()
        found += faults(view)
    for machine in ("CNC-1", "CNC-2", "GRINDING-CENTRE-07-B"):
        opened(view, machine, qtbot)
        for place in range(4):
            view.panel.tabs.choose(place)
            view.window().grab()
            found += faults(view)
    for button in (view.panel.button(MachineStatus.BROKEN), view.panel.button(MachineStatus.MAINTENANCE)):
        button.click()
        found += in_dialog(view)
    view.panel.late_stop_button.click()
    found += in_dialog(view)
    view.panel.maintenance_button.click()
    found += in_dialog(view)
    opened(view, "CNC-2", qtbot)
    assert view.presenter.detail is not None
    view.panel.stop_asked.emit(view.presenter.detail.downtimes[0])
    found += in_dialog(view)

    assert found == []


def test_materials(open_screen: OpenScreen[MaterialsView], floor: Floor, found: list[str], qtbot: QtBot) -> None:
    number = floor.order(status="RELEASED", quantity=100)
    floor.order(status="PLANNED", quantity=5000)
    view = open_screen(MaterialsView)
    view.presenter.choose(number)
    qtbot.waitUntil(lambda: view.presenter.detail is not None)
    view.window().grab()
    found += faults(view)
    view.orders.lines.card("BAR").issue_button.click()
    found += in_dialog(view)
    view.tabs.choose(SHORTAGES)
    qtbot.waitUntil(lambda: view.shortages_presenter.answered)
    view.window().grab()
    found += faults(view)
    view.tabs.choose(STOCK)
    qtbot.waitUntil(lambda: bool(view.stock_presenter.lots()))
    view.window().grab()
    found += faults(view)
    view.stock_presenter.open("BAR", "B-1")
    qtbot.waitUntil(lambda: bool(view.stock_presenter.movements))
    view.window().grab()
    found += faults(view)
    panel = view.stock.panel
    for button in (view.stock.receive_button, panel.block_button, panel.category_button, panel.count_button):
        button.click()
        found += in_dialog(view)

    assert found == []


def test_audit(open_screen: OpenScreen[AuditView], found: list[str]) -> None:
    view = open_screen(AuditView)
    view.window().grab()
    found += faults(view)
    view.presenter.open(view.presenter.entries()[0].sequence)
    view.window().grab()
    found += faults(view)
    for button in (view.filters.person, view.filters.action, view.filters.days):
        button.click()
        found += in_dialog(view)

    assert found == []


def test_set_up(open_screen: OpenScreen[SetupView], floor: Floor, found: list[str], qtbot: QtBot) -> None:
    floor.do("product.create", stock_code="HOUSING-UPPER-0001-EXTRA-LONG", name=LONG, type="FINISHED", unit="pcs")
    floor.do("process.create", process_code="TURN", name="Turning", machine_type="CNC_LATHE")
    floor.do("workflow.create", product="GEAR", version="A", steps=[{"sequence": 10, "process": "TURN"}])
    floor.do("fixture.create", code="FX-1", name=LONG, fixture_type="Chuck")
    floor.do("gauge.create", code="GA-1", name="Bore gauge")
    view = open_screen(SetupView)
    for area in AREAS:
        view.go(area)
        qtbot.waitUntil(lambda: bool(view.presenter.rows()))
        for row in view.presenter.rows()[:4]:
            view.presenter.open(view.presenter.key_of(row))
            qtbot.waitUntil(lambda: view.presenter.detail is not None)
            view.window().grab()
            found += faults(view)
        page = view.page()
        if isinstance(page, ProductPage):
            for place in range(3):
                page.tabs.choose(place)
                view.window().grab()
                found += faults(view)
            page.bill.copy_button.click()
            found += in_dialog(view)
        if isinstance(page, ToolPage):
            page.record_button.click()
            found += in_dialog(view)
            page.status_buttons["RETIRED"].click()
            found += in_dialog(view)
        if isinstance(page, WorkflowPage):
            page.ways["workflow.archive"].click()
            found += in_dialog(view)
        view.presenter.make_new()
        view.window().grab()
        found += faults(view)
        page = view.page()
        assert isinstance(page, NewPage)
        rows = page.editor.form.fields["steps"].inside if area is Area.WORKFLOWS else None
        if isinstance(rows, RowsInput):
            rows.add_button.click()
            found += in_dialog(view)
        view.presenter.close()
    view.go(Area.PLANT)
    qtbot.waitUntil(lambda: view.presenter.detail is not None)
    view.window().grab()
    found += faults(view)

    assert found == []
