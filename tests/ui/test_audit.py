"""The audit screen: an endless table that keeps its place, and an entry in full beside it."""

from collections.abc import Callable
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from mfg_desktop.ui.audit import wording
from mfg_desktop.ui.audit.filters import ChoiceDialog, DaysDialog
from mfg_desktop.ui.audit.presenter import Period
from mfg_desktop.ui.audit.view import AuditView
from mfg_desktop.ui.kit.buttons import Button
from mfg_desktop.ui.kit.dialogs import Dialog
from mfg_desktop.ui.theme import TOUCH, Choice, Size, Theme, Weight
from mfg_desktop.vocabulary import ActionType, AuditLevel, EntityType
from tests.factories import Floor
from tests.ui.conftest import OpenScreen

Open = Callable[[], AuditView]


@pytest.fixture
def open_view(open_screen: OpenScreen[AuditView]) -> Open:
    return lambda: open_screen(AuditView)


def tap(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def top_entry(view: AuditView) -> int:
    """Give the entry that is seen at the top of the table."""
    top = view.table.indexAt(view.table.viewport().rect().topLeft())
    sequence: int = view.table.rows.row_at(top).sequence
    return sequence


Shown = TypeVar("Shown", bound=Dialog)


def dialog_of(view: AuditView, kind: type[Shown]) -> Shown:
    dialog = view.window().findChild(kind)
    assert dialog is not None
    return dialog


def words_on(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel))


def test_an_entry_opens_with_its_rows_before_and_after(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    number = floor.order(status="RELEASED", quantity=100)
    floor.do("work_order.issue", number=number)
    view = open_view()
    entry = view.presenter.entries()[0]

    view.table.chosen.emit(entry.sequence)
    asked = words_on(view.panel)
    qtbot.waitUntil(lambda: "On hand" in words_on(view.panel))

    words = words_on(view.panel)
    assert entry.message in asked
    assert "Asking for the changed rows" in asked
    assert entry.message in words
    assert "Asking for the changed rows" not in words
    assert entry.hash[:8] in words


def test_the_thing_an_entry_is_about_opens_on_its_own_screen(
    open_view: Open, floor: Floor, jumps: list[tuple[str, str]]
) -> None:
    number = floor.order(status="DRAFT")
    view = open_view()
    view.table.chosen.emit(view.presenter.entries()[0].sequence)

    tap(view.panel.open_button)

    assert jumps == [("WorkOrder", number)]


def test_filters_are_chosen_by_taps(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    floor.do("machine.set_status", machine="CNC-1", status="BROKEN", reason="Crash")
    view = open_view()

    tap(view.filters.action)
    dialog = dialog_of(view, ChoiceDialog)
    place = list(ActionType).index(ActionType.MACHINE_STATUS_CHANGE) + 1
    with qtbot.waitSignal(view.presenter.rows_changed):
        tap(dialog.picker.buttons[place])

    assert [entry.entity for entry in view.presenter.entries()] == ["CNC-1"]
    assert view.filters.action.text() == "Machine status change"


def test_days_are_chosen_by_name_or_by_steps(open_view: Open, qtbot: QtBot) -> None:
    view = open_view()

    tap(view.filters.days)
    dialog = dialog_of(view, DaysDialog)
    tap(dialog.from_day.steps[-7])
    with qtbot.waitSignal(view.presenter.rows_changed):
        tap(dialog.go)
    filters = view.presenter.filters

    assert filters.first is not None
    assert filters.last is not None
    assert (filters.last - filters.first).days == 7
    assert view.presenter.entries() != ()


def test_a_person_is_chosen_by_name(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    view = open_view()
    qtbot.waitUntil(lambda: bool(view.presenter.people()))

    tap(view.filters.person)
    dialog = dialog_of(view, ChoiceDialog)
    texts = [button.text() for button in dialog.picker.buttons]
    with qtbot.waitSignal(view.presenter.rows_changed):
        tap(dialog.picker.buttons[texts.index("Vera Voss")])

    assert texts[0] == "Everybody"
    assert view.filters.person.text() == "Vera Voss"
    assert all(entry.badge == "VIEW-1" for entry in view.presenter.entries())


def test_levels_and_things_filter_too(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    number = floor.order(status="DRAFT")
    view = open_view()

    with qtbot.waitSignal(view.presenter.rows_changed):
        view.open_entity("WorkOrder", number)
    about = [entry.entity for entry in view.presenter.entries()]
    with qtbot.waitSignal(view.presenter.rows_changed):
        view.filters.levels.choose(2)

    assert about == [number]
    assert view.presenter.filters.level is AuditLevel.WARNING
    assert view.presenter.filters.entity_type is EntityType.WORK_ORDER
    assert view.empty.accessibleName().startswith("No entry found")


def test_whoever_reads_further_down_keeps_his_place(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    view = open_view()
    bar = view.table.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    bar.setValue(300)
    at = top_entry(view)

    floor.order(status="RELEASED")
    with qtbot.waitSignal(view.presenter.rows_changed):
        view.presenter.refresh()

    assert top_entry(view) == at
    assert view.presenter.entries()[0].sequence > at


def test_the_number_of_an_order_is_written_out(open_view: Open, floor: Floor) -> None:
    floor.order(status="DRAFT")
    view = open_view()
    heads = [view.table.model().headerData(at, Qt.Orientation.Horizontal) for at in range(7)]
    font = Theme.current.font(Size.BODY, Weight.STRONG)

    room = view.table.columnWidth(heads.index("Entity")) - 24

    assert QFontMetricsF(font).horizontalAdvance("WO-2026-00404") <= room


def test_the_check_says_what_it_found(open_view: Open, qtbot: QtBot) -> None:
    view = open_view()

    with qtbot.waitSignal(view.presenter.verified):
        tap(view.verify)

    assert "as they were written" in words_on(view.note)
    assert view.verify.text() == "Verify"


def test_the_filters_stay_where_they_are_while_a_check_counts(open_view: Open) -> None:
    view = open_view()
    view.presenter.open(view.presenter.entries()[0].sequence)
    view.grab()
    buttons = (view.filters.person, view.filters.action, view.filters.days, view.verify)
    before = [button.geometry() for button in buttons]

    view.presenter.verifying.emit(999, 1000)
    view.grab()

    assert view.verify.text() == "Cancel · 99 %"
    assert view.filters.entity.y() == view.filters.levels.y()
    assert [button.geometry() for button in buttons] == before


def test_a_new_line_of_a_bill_names_its_component(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    floor.do("product.create", stock_code="CASE", name="Case", type="FINISHED", unit="pcs")
    lines = [{"component": "NUT", "quantity": 2}, {"component": "BAR", "quantity": 1}]
    floor.do("bom.set", product="CASE", lines=lines)
    view = open_view()

    entry = next(entry for entry in view.presenter.entries() if entry.action_type == "BOM_CHANGE")
    view.presenter.open(entry.sequence)
    qtbot.waitUntil(lambda: view.presenter.opened is not None and view.presenter.opened.changes is not None)
    opened = view.presenter.opened
    assert opened is not None
    told = [field for row in wording.changed_rows(opened, ZoneInfo("UTC")) for field in row.fields]

    assert [field.new for field in told if field.field in ("Product", "Component")] == ["CASE", "NUT", "BAR"]


def test_today_is_the_plants_day(open_view: Open, qtbot: QtBot) -> None:
    view = open_view()

    with qtbot.waitSignal(view.presenter.rows_changed):
        view.filters.choose_period(Period.TODAY)

    assert view.filters.days.text() == "Today"
    assert view.presenter.entries() != ()


@pytest.mark.parametrize("choice", [Choice.LIGHT, Choice.DARK])
def test_everything_can_be_hit_with_a_glove_in_every_look(open_view: Open, theme: Theme, choice: Choice) -> None:
    theme.choose(choice)
    view = open_view()
    view.table.chosen.emit(view.presenter.entries()[0].sequence)

    small = [button.text() for button in view.findChildren(Button) if button.isVisible() and button.height() < TOUCH]

    assert small == []
    assert not view.grab().isNull()


def test_escape_closes_the_opened_entry(open_view: Open, floor: Floor) -> None:
    floor.order(status="DRAFT")
    view = open_view()
    view.table.chosen.emit(view.presenter.entries()[0].sequence)

    QTest.keyClick(view, Qt.Key.Key_Escape)

    assert view.presenter.opened is None
    assert view.panel.isHidden()
