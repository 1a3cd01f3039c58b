"""An order is made at the window and changed there: by finger, keyboard and scanner, with what is refused said at its field."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from mfg_desktop.ui.board.page import OrderPage
from mfg_desktop.ui.board.view import BoardView
from mfg_desktop.ui.board.writing import ChangeOrderDialog, NewOrderDialog
from mfg_desktop.ui.kit.inputs import DayInput, LineInput, NumberInput
from tests.factories import OPERATOR, PLANNER, Floor
from tests.journeys.terminal import Terminal, faults


def test_a_planner_makes_an_order_and_finds_its_page_open(terminal: Terminal, floor: Floor) -> None:
    terminal.sign_in(PLANNER)
    _press_with_control(terminal, Qt.Key.Key_N)
    terminal.wait(lambda: terminal.find_button("Create order"))
    fields = terminal.one(NewOrderDialog).form.fields

    terminal.tap_button("Create order")
    terminal.wait(lambda: fields["product"].wrong() and fields["quantity"].wrong())
    terminal.tap(fields["product"].inside)
    terminal.scan("GEAR")
    terminal.tap(_number(fields["quantity"].inside).pad_button)
    for key in "25":
        terminal.tap_button(key)
    terminal.tap_button("Take it")
    terminal.tap_button("Create order")
    board = terminal.one(BoardView)
    terminal.wait(board.page.isVisible)
    terminal.wait(lambda: terminal.find_button("Plan"))

    number = board.order.number()
    assert terminal.said() == f"{number} created"
    order = floor.ask("work_order.get", number=number).row
    assert (order.status, order.product, order.quantity_ordered, order.priority) == ("DRAFT", "GEAR", 25, "MEDIUM")
    assert (order.planned_end - order.planned_start).days == 1
    assert terminal.card(number) is not None
    assert faults(floor) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_refused_about_a_new_order_is_said_at_its_fields_on_the_plants_clock(terminal: Terminal) -> None:
    terminal.sign_in(PLANNER)
    terminal.tap(terminal.one(BoardView).filter.new)
    dialog = terminal.one(NewOrderDialog)
    fields = dialog.form.fields
    dialog.form.fill({"product": "NO-SUCH", "quantity": "0", "planned_start": "2026-11-23 06:00"})
    due = fields["planned_end"].inside
    assert isinstance(due, DayInput)
    due.set_value("2026-11-23")
    terminal.tap(due.hour_button)
    terminal.tap_button("5")
    terminal.tap_button("Take it")
    assert due.value() == "2026-11-23 05:00"

    terminal.tap_button("Create order")
    terminal.wait(lambda: fields["planned_end"].wrong())

    assert terminal.refusal() is None
    assert fields["product"].wrong() == "There is no stock code NO-SUCH."
    assert fields["quantity"].wrong()
    assert "23 Nov 05:00 is not after the planned start 23 Nov 06:00" in fields["planned_end"].wrong()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_order_is_changed_while_somebody_else_changes_another_part_of_it(terminal: Terminal, floor: Floor) -> None:
    number = floor.order(status="PLANNED", quantity=10, machine=None)
    terminal.sign_in(PLANNER)
    terminal.tap_card(number)
    terminal.wait(lambda: terminal.find_button("Release"))

    _press_with_control(terminal, Qt.Key.Key_E)
    terminal.wait(lambda: terminal.find_button("Save"))
    dialog = terminal.one(ChangeOrderDialog)
    assert dialog.go.stopped() == ("Nothing has been changed.",)
    terminal.tap(dialog.form.fields["machine"].inside)
    terminal.scan("CNC-2")
    floor.do("work_order.update", number=number, quantity=12)
    terminal.wait(lambda: dialog.form.fields["quantity"].inside.value() == "12")
    terminal.tap_button("Save")
    terminal.wait(lambda: not dialog.is_open())

    order = floor.ask("work_order.get", number=number).row
    assert (order.quantity_ordered, order.machine) == (12, "CNC-2")
    assert terminal.said() == f"{number} changed"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_of_a_released_order_only_what_may_still_change_can_be_written(terminal: Terminal, floor: Floor) -> None:
    number = floor.order(status="RELEASED")
    terminal.sign_in(PLANNER)
    terminal.tap_card(number)
    terminal.wait(lambda: terminal.find_button("Start"))

    terminal.tap(terminal.one(OrderPage).change_button)
    fields = terminal.one(ChangeOrderDialog).form.fields

    fixed = [
        name
        for name, field in fields.items()
        if isinstance(field.inside, LineInput) and not field.inside.line.isEnabled()
    ]
    assert (list(fields), fixed) == (
        ["quantity", "priority", "machine", "planned_start", "planned_end", "notes"],
        ["quantity", "planned_start", "planned_end"],
    )
    assert terminal.reads("Its quantity and its dates are fixed once it is released.")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_whoever_does_not_plan_is_not_offered_a_new_order_and_is_told_why_nothing_changes(
    terminal: Terminal, floor: Floor
) -> None:
    number = floor.order(status="RELEASED")
    terminal.sign_in(OPERATOR)
    terminal.tap_card(number)
    terminal.wait(lambda: terminal.find_button("Start"))

    terminal.tap(terminal.one(OrderPage).change_button)
    terminal.wait(lambda: terminal.reads("Change is not possible now"))

    assert not terminal.one(BoardView).filter.new.isVisible()


def _press_with_control(terminal: Terminal, key: Qt.Key) -> None:
    QTest.keyClick(QApplication.focusWidget() or terminal.window, key, Qt.KeyboardModifier.ControlModifier)


def _number(inside: object) -> NumberInput:
    assert isinstance(inside, NumberInput)
    return inside
