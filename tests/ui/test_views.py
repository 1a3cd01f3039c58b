"""What a terminal remembers: the board's view, its saved filters and its look; and a file that is broken costs no work."""

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from mfg_desktop.ui.board.filters import Shown
from mfg_desktop.ui.board.presenter import Filter
from mfg_desktop.ui.board.saved import MOST, SavedViews
from mfg_desktop.ui.board.view import BoardView
from mfg_desktop.ui.board.views import NameDialog
from mfg_desktop.ui.kit.covers import top_cover
from mfg_desktop.ui.memory import Memory
from mfg_desktop.ui.theme import Theme
from mfg_desktop.vocabulary import Priority
from tests.factories import Floor
from tests.ui.boards import switch_on
from tests.ui.conftest import Place

LATE_ON_ONE = Filter(machine="CNC-1", priority=Priority.HIGH, overdue=True, text="gear")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "window.json"


def tap(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def name_dialog(view: BoardView) -> NameDialog:
    cover = top_cover(view.window())
    assert isinstance(cover, NameDialog)
    return cover


def test_what_is_kept_is_there_the_next_day(file: Path) -> None:
    Memory(file).keep("board.shown", "table")

    assert Memory(file).recall("board.shown") == "table"
    assert [one.name for one in file.parent.iterdir()] == ["window.json"]


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", "\ufffd"])
def test_a_broken_file_leaves_a_window_as_on_its_first_day(file: Path, content: str) -> None:
    file.parent.mkdir()
    file.write_text(content, encoding="utf-16")

    memory = Memory(file)
    memory.keep("look", "dark")

    assert memory.recall("board.shown") is None
    assert Memory(file).recall("look") == "dark"


def test_a_folder_that_takes_nothing_costs_the_memory_and_not_the_work(file: Path) -> None:
    file.parent.write_text("no folder")

    memory = Memory(file)
    memory.keep("look", "dark")

    assert memory.recall("look") == "dark"


def test_a_saved_view_is_read_again_whole(file: Path) -> None:
    SavedViews(Memory(file)).save("  Late   on CNC-1 ", LATE_ON_ONE)

    (view,) = SavedViews(Memory(file)).all()

    assert (view.name, view.filter) == ("Late on CNC-1", LATE_ON_ONE)


def test_views_that_mean_nothing_are_left_out(file: Path) -> None:
    file.parent.mkdir()
    kept = [
        {"name": "Rush", "filter": {"priority": "RUSH"}},
        {"name": "", "filter": {"overdue": True}},
        {"name": "All", "filter": {}},
        {"name": "Odd", "filter": 3},
        "odd",
        {"name": "Late", "filter": {"overdue": True}},
    ]
    file.write_text(json.dumps({"board.views": kept}))

    assert [view.name for view in SavedViews(Memory(file)).all()] == ["Late"]


def test_a_name_is_given_to_one_view_and_a_filter_has_one_name(file: Path) -> None:
    views = SavedViews(Memory(file))
    views.save("Mine", Filter(machine="CNC-1"))

    views.save("mine", Filter(machine="CNC-2"))
    views.save("Yours", Filter(machine="CNC-2"))

    assert [(view.name, view.filter.machine) for view in views.all()] == [("Yours", "CNC-2")]


def test_a_filter_is_saved_under_its_name_by_two_taps_and_recalled_by_one(
    qtbot: QtBot, theme: Theme, place: Place, floor: Floor, file: Path
) -> None:
    view = switch_on(qtbot, theme, place, Memory(file))
    qtbot.waitUntil(lambda: bool(view.board.choices().machines))
    assert not view.views.isVisible()
    view.board.narrow(machine="CNC-1")
    view.board.narrow(overdue=True)

    tap(view.views.keep)
    assert name_dialog(view).field.text() == "CNC-1, overdue"
    tap(name_dialog(view).go)
    tap(view.views.everything)
    assert not view.board.filter().narrows
    tap(view.views.chips["CNC-1, overdue"])

    assert view.board.filter() == Filter(machine="CNC-1", overdue=True)
    assert view.views.chips["CNC-1, overdue"].isChecked()
    assert not view.views.keep.isVisible()


def test_a_saved_view_and_the_table_are_there_when_the_terminal_is_switched_on_again(
    qtbot: QtBot, theme: Theme, place: Place, file: Path
) -> None:
    before = switch_on(qtbot, theme, place, Memory(file))
    before.board.narrow(overdue=True)
    tap(before.views.keep)
    dialog = name_dialog(before)
    dialog.field.setText("Late")
    QTest.keyClick(dialog.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Late" in before.views.chips)
    tap(before.filter.kinds[Shown.TABLE])

    after = switch_on(qtbot, theme, place, Memory(file))

    assert after.table.isVisible()
    assert not after.lanes.isVisible()
    assert not after.board.filter().narrows
    tap(after.views.chips["Late"])
    assert after.board.filter() == Filter(overdue=True)


def test_a_view_is_forgotten_and_the_filter_stays(qtbot: QtBot, theme: Theme, place: Place, file: Path) -> None:
    SavedViews(Memory(file)).save("Late", Filter(overdue=True))
    view = switch_on(qtbot, theme, place, Memory(file))
    tap(view.views.chips["Late"])

    tap(view.views.forget)

    assert view.views.chips == {}
    assert view.board.filter() == Filter(overdue=True)
    assert Memory(file).recall("board.views") == []


def test_a_full_row_says_what_to_do(qtbot: QtBot, theme: Theme, place: Place, file: Path) -> None:
    views = SavedViews(Memory(file))
    for number in range(MOST + 1):
        views.save(f"View {number}", Filter(text=f"text {number}"))
    view = switch_on(qtbot, theme, place, Memory(file))

    view.board.narrow(overdue=True)

    assert len(view.views.chips) == MOST
    tap(view.views.keep)
    assert view._context.notices.said().startswith(f"There is room for {MOST} views.")


def test_the_chips_wrap_and_none_is_cut(qtbot: QtBot, theme: Theme, place: Place, file: Path) -> None:
    views = SavedViews(Memory(file))
    for number in range(MOST):
        views.save(f"A view with a long name {number}", Filter(text=f"text {number}"))
    view = switch_on(qtbot, theme, place, Memory(file))
    QApplication.processEvents()

    for chip in (view.views.everything, *view.views.chips.values()):
        assert view.views.rect().contains(chip.geometry())
        assert chip.height() >= 48
        assert chip.width() >= chip.sizeHint().width()
