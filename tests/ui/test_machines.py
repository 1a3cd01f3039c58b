"""The machines screen: the wall stays where it is when news comes, and a state is set in two taps."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mfg_desktop.ui.kit.buttons import Button
from mfg_desktop.ui.machines import wording
from mfg_desktop.ui.machines.presenter import Arrangement, Shown
from mfg_desktop.ui.machines.set_status import SetStatusDialog
from mfg_desktop.ui.machines.view import MachinesView
from mfg_desktop.ui.machines.wall import work_words
from mfg_desktop.ui.theme import TOUCH, Choice, Size, Theme, Weight
from mfg_desktop.vocabulary import MachineStatus
from tests.factories import Floor
from tests.ui.conftest import OpenScreen

Open = Callable[[], MachinesView]


@pytest.fixture
def open_view(open_screen: OpenScreen[MachinesView]) -> Open:
    return lambda: open_screen(MachinesView)


def open_machine(view: MachinesView, machine: str, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.presenter.rows_changed):
        view.presenter.refresh()
    view.wall.chosen.emit(machine)
    qtbot.waitUntil(lambda: view.panel.isVisible())


def tap(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def dialog_of(view: MachinesView) -> SetStatusDialog:
    found = view.window().findChild(SetStatusDialog)
    assert found is not None
    return found


def test_a_state_is_set_in_two_taps(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    view = open_view()
    open_machine(view, "CNC-1", qtbot)

    tap(view.panel.button(MachineStatus.BROKEN))
    with qtbot.waitSignal(view.presenter.done):
        tap(dialog_of(view).reasons.buttons[0])

    down = floor.ask("machine.get", machine="CNC-1").row.open_downtime
    assert (down.reason, down.category.value) == ("Spindle", "BREAKDOWN")


def test_words_of_ones_own_go_by_the_button(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    view = open_view()
    open_machine(view, "CNC-1", qtbot)
    tap(view.panel.button(MachineStatus.MAINTENANCE))
    dialog = dialog_of(view)

    stopped_before = dialog.go.stopped()
    QTest.keyClicks(dialog.words, "Belt squeals")
    with qtbot.waitSignal(view.presenter.done):
        tap(dialog.go)

    assert stopped_before
    assert floor.ask("machine.get", machine="CNC-1").row.open_downtime.reason == "Belt squeals"


def test_retiring_takes_more_than_a_tap_on_a_reason(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    view = open_view()
    open_machine(view, "CNC-2", qtbot)

    tap(view.panel.button(MachineStatus.RETIRED))
    dialog = dialog_of(view)
    tap(dialog.reasons.buttons[0])
    after_reason = floor.ask("machine.get", machine="CNC-2").row.status
    with qtbot.waitSignal(view.presenter.done):
        tap(dialog.go)

    assert after_reason is MachineStatus.AVAILABLE
    assert floor.ask("machine.get", machine="CNC-2").row.status is MachineStatus.RETIRED


def test_a_stopped_state_says_why(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    number = floor.order(status="IN_PROGRESS", machine="CNC-1")
    view = open_view()
    open_machine(view, "CNC-1", qtbot)

    tap(view.panel.button(MachineStatus.AVAILABLE))

    assert view.window().findChild(SetStatusDialog) is None
    assert number in view.panel.button(MachineStatus.AVAILABLE).stopped()[0]


def test_news_changes_the_tile_and_keeps_the_opened_machine(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    view = open_view()
    open_machine(view, "CNC-2", qtbot)

    floor.do("machine.set_status", machine="CNC-1", status="BROKEN", reason="Crash")
    with qtbot.waitSignal(view.presenter.rows_changed):
        view.presenter.refresh()

    assert [tile.machine for tile in view.wall.tiles()] == ["CNC-1", "CNC-2"]
    assert view.wall.rows.row_at(view.wall.currentIndex()).machine == "CNC-2"


def test_the_running_order_and_the_queue_open_on_the_board(
    open_view: Open, floor: Floor, qtbot: QtBot, jumps: list[tuple[str, str]]
) -> None:
    number = floor.order(status="IN_PROGRESS", machine="CNC-1")
    view = open_view()
    open_machine(view, "CNC-1", qtbot)

    tap(view.panel.work.open_button)
    view.panel.queue.chosen.emit(number)

    assert jumps == [("WorkOrder", number), ("WorkOrder", number)]


def test_keys_walk_from_tile_to_tile_past_the_headings(open_view: Open, qtbot: QtBot) -> None:
    view = open_view()
    view.presenter.arrange(Arrangement.TYPE)
    view.wall.select("CNC-1")

    QTest.keyClick(view.wall, Qt.Key.Key_Down)
    QTest.keyClick(view.wall, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.panel.isVisible())

    assert view.presenter.opened == "CNC-2"


def test_an_empty_wall_says_what_would_be_there(open_view: Open) -> None:
    view = open_view()

    tap(view.filters.buttons[Shown.BROKEN])

    assert view.wall.tiles() == []
    assert view.empty.isVisible()
    assert view.empty.accessibleName().startswith("Nothing is broken")


@pytest.mark.parametrize("choice", [Choice.LIGHT, Choice.DARK])
def test_everything_can_be_hit_with_a_glove_in_every_look(
    open_view: Open, theme: Theme, choice: Choice, qtbot: QtBot
) -> None:
    theme.choose(choice)
    view = open_view()
    open_machine(view, "CNC-1", qtbot)

    small = [button.text() for button in view.findChildren(Button) if button.isVisible() and button.height() < TOUCH]

    assert small == []
    assert not view.grab().isNull()


def test_the_wall_stays_where_it_is_scrolled_when_news_comes(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    for number in range(3, 43):
        floor.do("machine.create", machine=f"CNC-{number}", type="CNC_MILLING", department="MACH")
    view = open_view()

    bar = view.wall.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    bar.setValue(bar.maximum() // 2)
    before = bar.value()
    floor.do("machine.set_status", machine="CNC-2", status="MAINTENANCE", reason="Oil")
    with qtbot.waitSignal(view.presenter.rows_changed):
        view.presenter.refresh()
    qtbot.wait(50)

    assert len(view.wall.tiles()) == 42
    assert bar.value() == before > 0


def test_the_next_maintenance_is_told_briefly_beside_the_queue(floor: Floor, theme: Theme) -> None:
    today = date(2026, 11, 23)
    floor.do("machine.create", machine="M-NEW", type="OTHER", serial_number="S-NEW")
    rows = floor.ask("machine.list").rows
    row = next(row for row in rows if row.machine == "M-NEW")
    room = 212 - 26 - 19 - 10

    assert wording.maintenance_briefly(replace(row, next_maintenance=None), today) == "no date"
    assert wording.maintenance_briefly(replace(row, next_maintenance=date(2026, 12, 5)), today) == "in 12 d"
    small = QFontMetricsF(theme.font(Size.SMALL))
    assert small.horizontalAdvance("no date") + small.horizontalAdvance("120 queued") <= room


def test_a_tile_cuts_the_name_of_what_runs_and_never_the_number_of_the_order(floor: Floor, theme: Theme) -> None:
    number = floor.order(status="IN_PROGRESS", machine="CNC-1")
    row = replace(floor.ask("machine.get", machine="CNC-1").row, work_order_product="Piston rod HC-40, hard turned")
    metrics = QFontMetricsF(theme.font(Size.SMALL, Weight.STRONG))

    told = work_words(row, metrics.horizontalAdvance(f"{number} · Piston"))
    of_a_routing = replace(row, sequence=20, process_name="Turning and drilling")

    assert told.startswith(f"{number} · P")
    assert told.endswith("…")
    assert work_words(of_a_routing, metrics.horizontalAdvance(f"{number} · op 200")) == f"{number} · op 20"
