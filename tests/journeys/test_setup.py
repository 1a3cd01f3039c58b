"""A routing from nothing at the real window: a process, a workflow with two steps, activated; and the next order has its steps."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit

from mfg_desktop.ui.kit.forms import Form, RowDialog
from mfg_desktop.ui.setup.pages import NewPage, ProductPage
from mfg_desktop.ui.setup.view import SetupView
from tests.factories import ADMIN, ADMIN_PIN, Floor
from tests.journeys.terminal import Terminal, faults


def _write(terminal: Terminal, form: Form, **texts: str) -> None:
    """Tap the field of each name and type into it."""
    for name, text in texts.items():
        line = form.fields[name].inside.focusProxy()
        assert line is not None
        terminal.tap(line)
        terminal.type_text(text)


def _choose(terminal: Terminal, word: str) -> None:
    """Go down the list that has the focus to a word."""
    box = QApplication.focusWidget()
    assert isinstance(box, QComboBox)
    for _ in range(box.findText(word) - box.currentIndex()):
        terminal.press(Qt.Key.Key_Down)
    assert box.currentText() == word


def _new(terminal: Terminal, view: SetupView, area: str, button: str) -> Form:
    terminal.tap_button(area)
    terminal.tap_button(button)
    page = terminal.one(NewPage)
    terminal.wait_for_answers()
    return page.editor.form


def _add_a_step(terminal: Terminal, process: str, machine: str) -> None:
    """Add a step by its dialog; the sequence is suggested."""
    terminal.tap_button("Add a step")
    dialog = terminal.one(RowDialog)
    _write(terminal, dialog.form, process=process, machine=machine)
    terminal.tap(dialog.go)
    terminal.wait(lambda: not dialog.is_open())


def test_a_process_and_a_workflow_are_written_and_activated_and_the_next_order_has_the_steps(
    terminal: Terminal, floor: Floor
) -> None:
    floor.do("process.create", process_code="DEBURR", name="Deburring", machine_type="CNC_LATHE")
    terminal.tap_card(ADMIN)
    terminal.type_pin(ADMIN_PIN)
    terminal.wait(lambda: terminal.window.actor() is not None)
    terminal.go_to("Set-up")
    view = terminal.one(SetupView)

    form = _new(terminal, view, "Processes", "New process")
    _write(terminal, form, process_code="MILL", name="Milling")
    terminal.press(Qt.Key.Key_Tab)
    _choose(terminal, "CNC milling")
    terminal.tap_button("Create process")
    terminal.wait(lambda: terminal.said() == "Process MILL is there now.")
    form = _new(terminal, view, "Workflows", "New workflow")
    _write(terminal, form, product="GEAR", version="A")
    _add_a_step(terminal, "MILL", "CNC-1")
    _add_a_step(terminal, "DEBURR", "CNC-2")
    terminal.tap_button("Create workflow")
    terminal.wait(lambda: terminal.said() == "Workflow GEAR / A is there now.")
    terminal.tap_button("Submit for review")
    terminal.wait(lambda: not terminal.button("Activate").stopped())
    terminal.tap_button("Activate")
    terminal.wait(lambda: terminal.button("Activate").stopped())

    number = floor.order(status="PLANNED", quantity=10)
    operations = floor.ask("work_order.get", number=number).operations
    assert [(row.sequence, row.process, row.machine) for row in operations] == [
        (10, "MILL", "CNC-1"),
        (20, "DEBURR", "CNC-2"),
    ]
    assert floor.ask("workflow.get", product="GEAR", version="A").row.status == "ACTIVE"
    assert faults(floor) == []


def test_two_people_write_one_product_and_the_second_decides(terminal: Terminal, floor: Floor) -> None:
    terminal.tap_card(ADMIN)
    terminal.type_pin(ADMIN_PIN)
    terminal.wait(lambda: terminal.window.actor() is not None)
    terminal.go_to("Set-up")
    terminal.wait(lambda: terminal.card("GEAR"))
    terminal.tap_card("GEAR")
    terminal.wait(lambda: isinstance(terminal.one(SetupView).page(), ProductPage))
    page = terminal.one(ProductPage)
    terminal.choose_tab(page.tabs, "Record")
    name = page.record.form.fields["name"]
    line = name.inside.focusProxy()
    assert isinstance(line, QLineEdit)
    terminal.tap(line)
    line.selectAll()
    terminal.type_text("Spur gear of the second")
    floor.do("product.update", stock_code="GEAR", name="Spur gear of the first", unit="kg")
    terminal.wait(lambda: terminal.reads("changed elsewhere meanwhile"))

    terminal.tap_button("Save")
    terminal.wait(lambda: terminal.refusal() is not None)
    refused = terminal.refusal()
    assert refused is not None
    assert terminal.reads("changed product GEAR on ")
    terminal.tap_button("Close")
    assert "Spur gear of the first" in name.wrong()
    assert (line.text(), page.record.form.fields["unit"].inside.value()) == ("Spur gear of the second", "kg")
    terminal.tap_button("Save")
    terminal.wait(lambda: terminal.said() == "GEAR is saved.")

    row = floor.ask("product.get", product="GEAR").row
    assert (row.name, row.unit) == ("Spur gear of the second", "kg")
    assert faults(floor) == []
