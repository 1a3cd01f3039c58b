"""The output dialog: fingers and keyboard write the same numbers, and Return reports them once."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from mfg_desktop.queries.rows import OrderDetail
from mfg_desktop.ui.context import Context
from mfg_desktop.ui.kit.buttons import Button
from mfg_desktop.ui.kit.covers import top_cover
from mfg_desktop.ui.notices import Notices, RefusalDialog
from mfg_desktop.ui.output.presenter import OutputPresenter
from mfg_desktop.ui.output.view import OutputDialog, figure_font
from mfg_desktop.ui.theme import Theme
from tests.factories import Floor
from tests.ui.conftest import Place


@pytest.fixture
def window(qtbot: QtBot, theme: Theme) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    made.activateWindow()
    return made


@pytest.fixture
def context(window: QWidget, place: Place, theme: Theme) -> Context:
    return Context(
        shop=place.shop,
        background=place.background,
        live=place.live,
        theme=theme,
        notices=Notices(window, lambda: ZoneInfo("Europe/Berlin")),
        actor=place.actor,
        plant=place.shop.plant,
        open_entity=lambda kind, key: None,
    )


OpenDialog = Callable[..., OutputDialog]


@pytest.fixture
def opened(window: QWidget, context: Context, floor: Floor) -> OpenDialog:
    def open_dialog(*, quantity: int = 20, issued: bool = True, **fields: Any) -> OutputDialog:
        number = floor.order(status="IN_PROGRESS", quantity=quantity, **fields)
        if issued:
            floor.do("work_order.issue", number=number)
        dialog = OutputDialog(window, context, floor.ask("work_order.get", number=number))
        dialog.open()
        return dialog

    return open_dialog


def tap(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def type_keys(keys: str) -> None:
    for key in keys:
        QTest.keyClicks(focused(), key)


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def order_of(floor: Floor, dialog: OutputDialog) -> OrderDetail:
    found: OrderDetail = floor.ask("work_order.get", number=dialog.presenter.detail().row.number)
    return found


def test_by_keyboard_alone_a_number_and_return_report_good_pieces(
    qtbot: QtBot, opened: OpenDialog, floor: Floor
) -> None:
    dialog = opened()

    type_keys("12")
    assert dialog.good.figure() == "12"
    assert dialog.go.text() == "Report 12 good"
    with qtbot.waitSignal(dialog.closed):
        QTest.keyClick(focused(), Qt.Key.Key_Return)

    assert order_of(floor, dialog).row.quantity_completed == 12


def test_by_finger_alone_good_and_scrap_with_two_reasons_are_reported(
    qtbot: QtBot, opened: OpenDialog, floor: Floor
) -> None:
    dialog = opened()
    keys = dialog.pad.keys

    tap(keys.button("8"))
    tap(dialog.tile("Tool broken"))
    tap(keys.button("2"))
    tap(dialog.tile("Surface fault"))
    tap(keys.button("1"))
    assert (dialog.good.figure(), dialog.scrap.figure()) == ("8", "3")
    with qtbot.waitSignal(dialog.closed):
        for _ in range(5):
            tap(dialog.go)

    found = order_of(floor, dialog)
    assert (found.row.quantity_completed, found.row.quantity_scrapped, len(found.outputs)) == (8, 3, 1)


def test_the_rest_is_one_tap(opened: OpenDialog) -> None:
    dialog = opened(quantity=20)

    tap(dialog.rest)

    assert dialog.good.figure() == "20"
    assert "0 + 20 = 20 of 20 good, all there" in dialog.effect_lines()
    type_keys("7")
    assert dialog.good.figure() == "7"


def test_an_empty_report_says_what_it_waits_for(opened: OpenDialog) -> None:
    dialog = opened()

    assert dialog.go.stopped() == ("Write a quantity first.",)
    tap(dialog.go)
    assert dialog.is_open()


def test_own_words_become_a_reason(opened: OpenDialog) -> None:
    dialog = opened()
    type_keys("8")

    dialog.other.setFocus()
    QTest.keyClicks(dialog.other, "Chatter marks")
    QTest.keyClick(dialog.other, Qt.Key.Key_Return)
    type_keys("4")

    assert dialog.tile("Chatter marks").figure() == "4"
    assert dialog.go.text() == "Report 8 good, 4 scrap"
    assert dialog.is_open()


def test_return_in_the_batch_number_reports(qtbot: QtBot, opened: OpenDialog, floor: Floor) -> None:
    dialog = opened()
    type_keys("8")

    dialog.batch.setFocus()
    QTest.keyClicks(dialog.batch, "B-17")
    with qtbot.waitSignal(dialog.closed):
        QTest.keyClick(dialog.batch, Qt.Key.Key_Return)

    assert [entry.batch_number for entry in order_of(floor, dialog).outputs] == ["B-17"]


def test_a_refusal_leaves_all_that_was_written_and_offers_the_way_out(
    qtbot: QtBot, opened: OpenDialog, window: QWidget, floor: Floor
) -> None:
    dialog = opened(issued=False)
    type_keys("5")
    QTest.keyClick(focused(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: isinstance(top_cover(window), RefusalDialog))
    refusal = top_cover(window)
    assert isinstance(refusal, RefusalDialog)

    way = next(one for one in refusal.findChildren(Button) if one.text() == "Issue reserved material")
    with qtbot.waitSignal(dialog.presenter.done):
        tap(way)
    qtbot.waitUntil(lambda: not any(effect.trouble for effect in dialog.presenter.effects()))

    assert dialog.is_open()
    assert dialog.good.figure() == "5"
    with qtbot.waitSignal(dialog.closed):
        tap(dialog.go)
    assert order_of(floor, dialog).row.quantity_completed == 5


def test_a_scan_becomes_the_batch_number(opened: OpenDialog) -> None:
    dialog = opened()

    assert dialog.scanned("HEAT-4711")

    assert dialog.presenter.draft().batch == "HEAT-4711"


def test_everything_to_tap_is_large_enough_for_gloves(qtbot: QtBot, opened: OpenDialog) -> None:
    dialog = opened()
    tappable = [*dialog.findChildren(Button), dialog.good, dialog.scrap, dialog.rework, *dialog.reasons.values()]

    assert min(widget.height() for widget in tappable if widget.isVisible()) >= 48
    assert dialog.go.height() >= 64
    assert all(key.height() >= 48 for key in tappable)


def test_a_long_number_is_there_to_its_last_digit(qtbot: QtBot, opened: OpenDialog) -> None:
    dialog = opened()
    qtbot.waitUntil(lambda: dialog.good.width() > 100)

    type_keys("123456789")

    width = dialog.good.width() - 30
    font = figure_font(dialog.good.figure(), width)
    assert dialog.good.figure() == "123\u202f456\u202f789"
    assert QFontMetricsF(font).horizontalAdvance(dialog.good.figure()) <= width


def test_a_report_that_is_refused_after_its_dialog_was_closed_is_told_all_the_same(
    opened: OpenDialog, context: Context, window: QWidget, qtbot: QtBot
) -> None:
    dialog = opened(issued=False)
    QTest.keyClick(dialog.good, Qt.Key.Key_5)

    assert dialog.presenter.confirm()
    dialog.close_dialog()

    qtbot.waitUntil(lambda: isinstance(top_cover(window), RefusalDialog))
    told = top_cover(window)
    assert isinstance(told, RefusalDialog)
    assert "MATERIAL_NOT_ISSUED" in told.accessibleName()


def test_a_report_that_counts_after_its_dialog_was_closed_is_said_and_leaves_nothing_behind(
    opened: OpenDialog, context: Context, window: QWidget, qtbot: QtBot
) -> None:
    dialog = opened()
    QTest.keyClick(dialog.good, Qt.Key.Key_5)

    assert dialog.presenter.confirm()
    dialog.close_dialog()

    qtbot.waitUntil(lambda: "5 good reported" in context.notices.said())
    qtbot.waitUntil(lambda: not window.findChildren(OutputPresenter))
