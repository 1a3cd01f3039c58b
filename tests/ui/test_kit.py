"""The kit: rows that merge, lists that stand still under a finger, buttons that count once, words and numbers."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit import rows as kit_rows
from mfg_desktop.ui.kit.bars import QuantityBar, output_segments
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.cards import Card, CardList, CardPainter, when_in
from mfg_desktop.ui.kit.dialogs import Dialog
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.fields import TextField
from mfg_desktop.ui.kit.number_pad import CLEAR, ERASE, NumberPad
from mfg_desktop.ui.kit.pickers import ChoicePicker, ReasonPicker
from mfg_desktop.ui.kit.rows import Rows
from mfg_desktop.ui.kit.tables import RIGHT, Column, Table
from mfg_desktop.ui.kit.tabs import Tab, TabsBar
from mfg_desktop.ui.kit.text import ElidedLabel, Label, code_font, elided, lines_of
from mfg_desktop.ui.theme import Choice, Size, Theme, Tone, Weight

pytestmark = pytest.mark.usefixtures("theme")
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 9, 42, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Line:
    key: str
    good: int = 0


def lines(*keys: str) -> tuple[Line, ...]:
    return tuple(Line(key) for key in keys)


# ---------------------------------------------------------------- formats


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        ("1840", "", "1\u202f840"),
        ("18.000", "m", "18 m"),
        ("0.300", "", "0.3"),
        ("1200000.5", "kg", "1\u202f200\u202f000.5 kg"),
        ("-4", "", "-4"),
        ("-0.000", "", "0"),
        ("1E+3", "", "1\u202f000"),
    ],
)
def test_quantities_have_thin_spaces_and_no_idle_zeros(value: str, unit: str, written: str) -> None:
    assert formats.quantity(Decimal(value), unit) == written


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (NOW + timedelta(hours=1, minutes=20), "due in 1 h 20"),
        (NOW + timedelta(minutes=5), "due in 5 min"),
        (NOW + timedelta(hours=4, minutes=18), "due today 15:00"),
        (NOW + timedelta(hours=20), "due tomorrow 06:42"),
        (NOW + timedelta(days=2, hours=3), "due Wed 13:42"),
        (NOW + timedelta(days=11), "due 4 Dec"),
        (NOW + timedelta(seconds=40), "due now"),
        (NOW - timedelta(seconds=40), "due now"),
        (NOW - timedelta(minutes=12), "12 min late"),
        (NOW - timedelta(hours=18), "18 h late"),
        (NOW - timedelta(days=1, hours=5), "1 d late"),
    ],
)
def test_due_times_are_said_as_one_would_say_them(at: datetime, said: str) -> None:
    assert formats.due(at, BERLIN, now=NOW) == said


def test_an_order_that_is_over_is_not_late() -> None:
    assert formats.due(NOW - timedelta(days=3), BERLIN, now=NOW, over=True) == "due 20 Nov"


def test_times_are_shown_in_the_plants_zone_over_midnight() -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)

    assert formats.moment(late, BERLIN, now=NOW) == "00:30"
    assert formats.moment(late - timedelta(hours=2), BERLIN, now=NOW) == "yesterday 22:30"
    assert formats.weekday(late, BERLIN) == "Mon 23 Nov"


def test_words_of_the_vocabulary_are_written_for_people() -> None:
    assert formats.words("NO_OPERATOR") == "No operator"
    assert formats.words("CNC_MILLING") == "CNC milling"
    assert formats.initials("Hans-Peter von der Höhe") == "HH"


# ---------------------------------------------------------------- rows


def test_rows_merge_without_a_reset(qtbot: QtBot) -> None:
    rows = Rows(lambda line: line.key)
    rows.show_rows(lines("a", "b", "c", "d"))
    resets: list[bool] = []
    rows.modelReset.connect(lambda: resets.append(True))

    rows.show_rows([Line("d"), Line("x"), Line("b", good=7), Line("a")])

    assert [line.key for line in rows.rows()] == ["d", "x", "b", "a"]
    assert rows.rows()[2].good == 7
    assert resets == []


@pytest.mark.parametrize("after", ["", "dcba", "bd", "xaybzc", "abcde", "cxb"])
def test_rows_are_what_was_shown_last_whatever_was_before(after: str) -> None:
    rows = Rows(lambda line: line.key)
    rows.show_rows(lines(*"abcd"))

    rows.show_rows(lines(*after))

    assert [line.key for line in rows.rows()] == list(after)


def test_what_changed_flashes_once_and_what_did_not_stays_dark(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    at = [100.0]
    monkeypatch.setattr(kit_rows, "monotonic", lambda: at[0])
    rows = Rows(lambda line: line.key)
    rows.show_rows(lines("a", "b"))
    assert rows.flash(0) == rows.flash(1) == 0

    rows.show_rows([Line("a"), Line("b", good=1)])

    assert (rows.flash(0), rows.flash(1)) == (0, 1)
    at[0] += kit_rows.FLASH_SECONDS / 2
    assert rows.flash(1) == pytest.approx(0.5)
    at[0] += kit_rows.FLASH_SECONDS
    assert rows.flash(1) == 0


def test_selection_and_scroll_stay_when_rows_come_above(qtbot: QtBot) -> None:
    table = Table([Column("Key", lambda line: line.key)], lambda line: line.key)
    qtbot.addWidget(table)
    table.resize(300, 300)
    table.show()
    table.show_rows([Line(f"k{at:03d}") for at in range(100)])
    table.select("k050")
    before = table.verticalScrollBar().value()

    table.show_rows([Line("new"), *(Line(f"k{at:03d}", good=1) for at in range(100))])

    assert table.rows.row_at(table.currentIndex()).key == "k050"
    assert abs(table.verticalScrollBar().value() - before) <= 48


def test_a_list_stands_still_while_the_mouse_is_down_on_it(qtbot: QtBot) -> None:
    cards = CardList(lambda card: card.key)
    qtbot.addWidget(cards)
    cards.resize(240, 500)
    cards.show()
    cards.show_rows([Card("1", "WO-1"), Card("2", "WO-2")])
    chosen: list[str] = []
    cards.chosen.connect(chosen.append)
    spot = cards.visualRect(cards.rows.index(1, 0)).center()

    QTest.mousePress(cards.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    cards.show_rows([Card("0", "WO-0"), Card("1", "WO-1"), Card("2", "WO-2")])
    assert [card.key for card in cards.rows.rows()] == ["1", "2"]
    QTest.mouseRelease(cards.viewport(), Qt.MouseButton.LeftButton, pos=spot)

    qtbot.waitUntil(lambda: [card.key for card in cards.rows.rows()] == ["0", "1", "2"])
    assert chosen == ["2"]


def test_what_came_while_a_list_was_held_does_not_come_over_newer_rows(qtbot: QtBot) -> None:
    cards = CardList(lambda card: card.key)
    qtbot.addWidget(cards)
    cards.resize(240, 500)
    cards.show()
    cards.show_rows([Card("1", "WO-1")])

    QTest.mousePress(cards.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    cards.show_rows([Card("1", "WO-1"), Card("2", "WO-2")])
    QTest.mouseRelease(cards.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    cards.show_rows([Card("1", "WO-1"), Card("3", "WO-3")])
    QApplication.processEvents()

    assert [card.key for card in cards.rows.rows()] == ["1", "3"]


def test_a_card_is_chosen_by_keyboard(qtbot: QtBot) -> None:
    cards = CardList(lambda card: card.key)
    qtbot.addWidget(cards)
    cards.resize(240, 500)
    cards.show()
    cards.show_rows([Card("1", "WO-1"), Card("2", "WO-2")])
    cards.select("1")

    with qtbot.waitSignal(cards.chosen) as blocker:
        QTest.keyClick(cards, Qt.Key.Key_Down)
        QTest.keyClick(cards, Qt.Key.Key_Return)

    assert blocker.args == ["2"]


def test_the_keys_stand_where_they_stood_when_what_is_open_is_told_again(qtbot: QtBot) -> None:
    cards = CardList(lambda card: card.key)
    qtbot.addWidget(cards)
    cards.resize(240, 500)
    cards.show()
    cards.activateWindow()
    cards.setFocus()
    qtbot.waitUntil(cards.hasFocus)
    cards.show_rows([Card("1", "WO-1"), Card("2", "WO-2"), Card("3", "WO-3")])
    cards.follow("1")

    QTest.keyClick(cards, Qt.Key.Key_Down)
    cards.follow("1")
    assert (cards.currentIndex().row(), [one.row() for one in cards.selectedIndexes()]) == (1, [0])
    cards.follow("3")
    assert (cards.currentIndex().row(), [one.row() for one in cards.selectedIndexes()]) == (2, [2])
    cards.follow(None)

    assert (cards.currentIndex().row(), cards.selectedIndexes()) == (2, [])


def test_a_due_time_gives_up_its_first_word_before_its_hour(theme: Theme) -> None:
    font = theme.font(Size.SMALL)
    whole = "due tomorrow 14:00"
    room = QFontMetricsF(font).horizontalAdvance(whole)

    assert when_in(whole, font, room + 1) == whole
    assert when_in(whole, font, room - 1) == "tomorrow 14:00"


def test_an_empty_list_says_what_would_be_there(qtbot: QtBot) -> None:
    empty = EmptyState("play", "Nothing runs")
    cards = CardList(lambda card: card.key, empty=empty)
    qtbot.addWidget(cards)
    cards.show()
    assert empty.isVisible()

    cards.show_rows([Card("1", "WO-1")])
    assert not empty.isVisible()

    cards.show_rows([])
    assert empty.isVisible()


def test_tiles_fill_the_line(qtbot: QtBot) -> None:
    cards = CardList(lambda card: card.key, tile=200)
    qtbot.addWidget(cards)
    cards.resize(1060, 500)
    cards.show()
    cards.show_rows([Card(str(at), f"WO-{at}") for at in range(40)])
    QApplication.processEvents()

    tops = [cards.visualRect(cards.rows.index(at, 0)).top() for at in range(6)]

    assert tops[0] == tops[4] < tops[5]


class CountingFace(CardPainter):
    """Remembers which cards were painted."""

    def __init__(self) -> None:
        self.painted: set[str] = set()

    def paint(self, painter: QPainter, inside: QRectF, row: Card) -> None:
        self.painted.add(row.key)
        super().paint(painter, inside, row)


def test_of_five_hundred_cards_only_those_in_sight_are_painted(qtbot: QtBot) -> None:
    face = CountingFace()
    cards = CardList(lambda card: card.key, face=face)
    qtbot.addWidget(cards)
    cards.resize(240, 700)
    cards.show()
    full = [
        Card(str(at), f"WO-{at}", "Hub", segments=output_segments(Decimal(at), Decimal(1)), total=Decimal(500))
        for at in range(500)
    ]

    cards.show_rows(full)
    cards.grab()

    assert "0" in face.painted
    assert len(face.painted) < 20


# ---------------------------------------------------------------- tables


def test_a_head_asks_for_another_order_and_turns_it_round(qtbot: QtBot) -> None:
    columns = [
        Column("Number", lambda line: line.key, sort="number"),
        Column("Good", lambda line: line.good, align=RIGHT),
    ]
    table = Table(columns, lambda line: line.key)
    qtbot.addWidget(table)
    asked: list[tuple[str, bool]] = []
    table.sort_asked.connect(lambda name, down: asked.append((name, down)))
    head = table.horizontalHeader()

    for section in (0, 0, 1):
        head.sectionClicked.emit(section)

    assert asked == [("number", False), ("number", True)]


def test_a_cell_is_written_by_its_column(qtbot: QtBot) -> None:
    column = Column("Good", lambda line: Decimal(line.good), format=formats.quantity)

    assert column.text(Line("a", good=1840)) == "1\u202f840"


# ---------------------------------------------------------------- buttons


def test_a_quiet_button_that_is_stopped_gets_no_frame(qtbot: QtBot, theme: Theme) -> None:
    button = Button("Change", kind=Kind.QUIET)
    qtbot.addWidget(button)
    button.resize(button.sizeHint())

    def edge() -> QColor:
        return button.grab().toImage().pixelColor(button.width() // 2, 1)

    works = edge()
    button.set_stopped(["It is over."])

    assert edge() == works


def test_a_stopped_button_says_why_instead_of_acting(qtbot: QtBot) -> None:
    button = Button("Start", kind=Kind.MAIN)
    qtbot.addWidget(button)
    button.show()
    tapped: list[str] = []
    button.tapped.connect(lambda: tapped.append("tapped"))
    button.set_stopped(["CNC-09 is broken."])

    with qtbot.waitSignal(button.asked_why) as blocker:
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    assert blocker.args == [("CNC-09 is broken.",)]
    assert tapped == []
    assert button.isVisible()
    assert button.isEnabled()


def test_a_button_at_work_takes_no_tap(qtbot: QtBot) -> None:
    button = Button("Start")
    qtbot.addWidget(button)
    tapped: list[str] = []
    button.tapped.connect(lambda: tapped.append("tapped"))
    button.tapped.connect(lambda: button.set_working(True))

    for _ in range(5):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    assert tapped == ["tapped"]


@pytest.mark.parametrize("kind", list(Kind))
def test_nothing_tappable_is_lower_than_48(qtbot: QtBot, kind: Kind) -> None:
    button = Button("Go", kind=kind, height=20)
    qtbot.addWidget(button)

    assert button.sizeHint().height() >= 48
    assert button.sizeHint().width() >= 48
    assert Button("Main", kind=Kind.MAIN).sizeHint().height() == 64


def test_return_and_space_and_the_shortcut_press_a_button(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    button = Button("Hold", shortcut="F6", parent=window)
    window.show()
    window.activateWindow()
    button.setFocus()
    tapped: list[str] = []
    button.tapped.connect(lambda: tapped.append("tapped"))

    for key in (Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_F6):
        with qtbot.waitSignal(button.tapped):
            QTest.keyClick(button, key)

    assert len(tapped) == 3


def test_a_shortcut_that_is_held_down_presses_its_button_once(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    button = Button("Start", shortcut="F4", parent=window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    tapped: list[str] = []
    button.tapped.connect(lambda: tapped.append("tapped"))

    for repeat in (False, True, True):
        QTest.simulateEvent(window, True, Qt.Key.Key_F4, Qt.KeyboardModifier.NoModifier, "", repeat, -1)
        qtbot.waitUntil(lambda: not button.isDown())

    assert tapped == ["tapped"]


# ---------------------------------------------------------------- dialogs


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    """Give a window with a field and a button that has a shortcut."""
    made = QWidget()
    qtbot.addWidget(made)
    column = QVBoxLayout(made)
    column.addWidget(TextField("Search"))
    column.addWidget(Button("Record", shortcut="F4"))
    made.resize(1280, 800)
    made.show()
    made.activateWindow()
    return made


def test_a_dialog_gives_the_first_field_the_focus_and_keeps_it_inside(qtbot: QtBot, window: QWidget) -> None:
    dialog = Dialog(window, "Hold")
    field = TextField("Reason")
    dialog.body.addWidget(field)
    close = dialog.add_close()
    dialog.open()

    assert QApplication.focusWidget() is field
    seen = set()
    for _ in range(4):
        dialog.focusNextPrevChild(True)
        seen.add(QApplication.focusWidget())
    assert seen == {field, close}

    window.findChildren(TextField)[0].setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() in seen)


def test_escape_leaves_a_dialog_and_the_focus_goes_back(qtbot: QtBot, window: QWidget) -> None:
    search = window.findChildren(TextField)[0]
    search.setFocus()
    dialog = Dialog(window, "Hold")
    field = TextField("Reason")
    dialog.body.addWidget(field)
    dialog.open()

    with qtbot.waitSignal(dialog.closed):
        QTest.keyClick(field, Qt.Key.Key_Escape)

    assert QApplication.focusWidget() is search


def test_the_focus_goes_beside_a_button_that_went_while_the_dialog_was_open(window: QWidget) -> None:
    row = QWidget(window)
    inside = QVBoxLayout(row)
    start, record = Button("Start"), Button("Record")
    inside.addWidget(start)
    inside.addWidget(record)
    row.show()
    start.setFocus()
    dialog = Dialog(window, "Refused")
    dialog.add_close()
    dialog.open()
    start.hide()

    dialog.close_dialog()

    assert QApplication.focusWidget() is record


def test_shortcuts_under_a_dialog_do_nothing(qtbot: QtBot, window: QWidget) -> None:
    button = window.findChildren(Button)[0]
    tapped: list[str] = []
    button.tapped.connect(lambda: tapped.append("tapped"))
    dialog = Dialog(window, "Refused")
    dialog.add_close()
    dialog.open()

    QTest.keyClick(window, Qt.Key.Key_F4)
    qtbot.wait(150)
    assert tapped == []

    dialog.close_dialog()
    QTest.keyClick(window, Qt.Key.Key_F4)
    qtbot.waitUntil(lambda: tapped == ["tapped"])


def test_a_dialog_that_goes_under_another_leaves_the_focus_there(window: QWidget) -> None:
    under, over = Dialog(window, "Output"), Dialog(window, "Refused")
    under.add_close()
    under.open()
    badge, pin = TextField("Badge"), TextField("PIN")
    over.body.addWidget(badge)
    over.body.addWidget(pin)
    over.open()
    pin.setFocus()

    under.close_dialog()
    QApplication.processEvents()

    assert QApplication.focusWidget() is pin


def test_a_tap_beside_a_dialog_does_not_close_it(qtbot: QtBot, window: QWidget) -> None:
    dialog = Dialog(window, "Hold")
    dialog.open()

    QTest.mouseClick(dialog, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))

    assert dialog.is_open()


def test_a_long_dialog_scrolls_inside_the_window(qtbot: QtBot, window: QWidget) -> None:
    dialog = Dialog(window, "Many")
    for at in range(40):
        dialog.body.addWidget(Button(f"Reason {at}"))
    close = dialog.add_close()
    dialog.open()
    QApplication.processEvents()

    assert dialog.panel.height() <= window.height() - 48
    assert window.rect().contains(close.mapTo(window, close.rect().bottomRight()))


def test_the_buttons_of_a_dialog_are_whole_under_a_single_line_and_of_one_height(window: QWidget) -> None:
    dialog = Dialog(window, "Retire it")
    dialog.body.addWidget(Label("It can never be used again."))
    close = dialog.add_close("Keep it")
    go = dialog.add_button(Button("Retire it", kind=Kind.MAIN))
    dialog.open()
    QApplication.processEvents()

    assert (close.height(), go.height()) == (64, 64)


# ---------------------------------------------------------------- inputs


def test_the_number_pad_writes_what_is_pressed(qtbot: QtBot) -> None:
    pad = NumberPad()
    qtbot.addWidget(pad)
    heard: list[Any] = []
    pad.changed.connect(heard.append)

    for key in ("0", "7", ".", ".", "2", "5", "0", "9"):
        pad.press(key)
    assert pad.text() == "7.250"

    pad.press(ERASE)
    pad.press(ERASE)
    assert pad.number() == Decimal("7.2")

    pad.press(CLEAR)
    assert heard[-1] is None


def test_the_first_digit_replaces_a_number_that_was_proposed(qtbot: QtBot) -> None:
    pad = NumberPad(places=0)
    qtbot.addWidget(pad)
    pad.set_number(Decimal("60.000"))
    assert pad.text() == "60"

    QTest.keyClick(pad, Qt.Key.Key_4)
    QTest.keyClick(pad, Qt.Key.Key_2)

    assert pad.number() == Decimal(42)


def test_the_second_half_of_a_double_tap_does_nothing_on_a_button_that_was_not_there_for_the_first(
    qtbot: QtBot,
) -> None:
    button = Button("Record output")
    qtbot.addWidget(button)
    button.show()
    taps: list[bool] = []
    button.tapped.connect(lambda: taps.append(True))

    def send(kind: QEvent.Type) -> None:
        spot = QPointF(button.rect().center())
        left = Qt.MouseButton.LeftButton
        held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else left
        event = QMouseEvent(kind, spot, button.mapToGlobal(spot), left, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(button, event)

    send(QEvent.Type.MouseButtonDblClick)
    send(QEvent.Type.MouseButtonRelease)
    assert taps == []

    send(QEvent.Type.MouseButtonPress)
    send(QEvent.Type.MouseButtonRelease)
    send(QEvent.Type.MouseButtonDblClick)
    send(QEvent.Type.MouseButtonRelease)
    assert taps == [True, True]


def test_a_written_reason_counts_before_the_chip(qtbot: QtBot) -> None:
    picker = ReasonPicker(["Tool broken", "No material"])
    qtbot.addWidget(picker)
    heard: list[str] = []
    picker.changed.connect(heard.append)

    QTest.mouseClick(picker.findChildren(Button)[1], Qt.MouseButton.LeftButton)
    assert picker.reason() == "No material"

    QTest.keyClicks(picker.field, "Fire drill")
    assert picker.reason() == "Fire drill"
    assert heard[0] == "No material"


def test_one_of_some_choices(qtbot: QtBot) -> None:
    picker = ChoicePicker([(1, "One"), (2, "Two")])
    qtbot.addWidget(picker)
    picker.choose(1)

    with qtbot.waitSignal(picker.chosen) as blocker:
        QTest.mouseClick(picker.buttons[1], Qt.MouseButton.LeftButton)

    assert blocker.args == [2]
    assert picker.value() == 2


def test_choices_are_one_field_to_the_keyboard(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    before, picker, after = TextField("Before"), ChoicePicker([(word, word) for word in "ABC"]), TextField("After")
    for widget in (before, picker, after):
        column.addWidget(widget)
    window.show()
    window.activateWindow()
    before.setFocus()

    def press(key: Qt.Key) -> QWidget | None:
        focused = window.focusWidget()
        assert focused is not None
        QTest.keyClick(focused, key)
        return window.focusWidget()

    walked = [press(key) for key in (Qt.Key.Key_Tab, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Right)]
    press(Qt.Key.Key_Left)
    press(Qt.Key.Key_Space)
    behind = press(Qt.Key.Key_Tab)
    back = press(Qt.Key.Key_Backtab)

    a, b, c = picker.buttons
    assert walked == [a, b, c, a]
    assert picker.value() == "C"
    assert (behind, back) == (after, c)


def test_tabs_move_by_arrow_and_tap(qtbot: QtBot) -> None:
    tabs = TabsBar(["Operations", "Material", "Output"])
    qtbot.addWidget(tabs)
    tabs.resize(400, 48)
    chosen: list[int] = []
    tabs.chosen.connect(chosen.append)

    QTest.keyClick(tabs, Qt.Key.Key_Right)
    QTest.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=QPoint(30, 20))

    assert chosen == [1, 0]


def test_tabs_with_icons_say_short_names_where_the_long_ones_have_no_room(qtbot: QtBot) -> None:
    tabs = TabsBar([Tab("Operations", "Steps", "setup"), Tab("Time line", "Time", "clock")])
    qtbot.addWidget(tabs)
    tabs.show()
    wide = tabs.sizeHint().width()

    tabs.resize(wide, tabs.height())
    roomy = tabs.grab().toImage()
    tabs.resize(wide // 2, tabs.height())

    assert tabs.height() >= 48
    assert roomy.width() == wide
    assert tabs.said() == ("Steps", "Time")


def test_a_tab_that_is_left_out_is_passed_over(qtbot: QtBot) -> None:
    tabs = TabsBar(["Operations", "Material", "Output"])
    qtbot.addWidget(tabs)
    chosen: list[int] = []
    tabs.chosen.connect(chosen.append)

    tabs.set_shown(0, False)
    QTest.keyClick(tabs, Qt.Key.Key_Right)
    QTest.keyClick(tabs, Qt.Key.Key_Left)
    QTest.keyClick(tabs, Qt.Key.Key_Left)

    assert tabs.shown() == ("Material", "Output")
    assert chosen == [1, 2, 1]


def test_a_search_is_sent_when_the_writing_pauses(qtbot: QtBot) -> None:
    field = TextField("Search", pause_ms=60)
    qtbot.addWidget(field)
    sent: list[str] = []
    field.settled.connect(sent.append)

    QTest.keyClicks(field, "gear")
    qtbot.waitUntil(lambda: sent == ["gear"])


def test_a_search_that_the_program_wrote_can_be_emptied(qtbot: QtBot) -> None:
    field = TextField("Search", pause_ms=60)
    qtbot.addWidget(field)
    sent: list[str] = []
    field.settled.connect(sent.append)

    field.setText("L-204")
    field.selectAll()
    QTest.keyClick(field, Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: sent == [""])


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("Spindle", ["Spindle"]),
        ("Spindle shaft SU-60, ground", ["Spindle shaft", "SU-60, ground"]),
        ("Fuehrungs-Schienensatz", ["Fuehrungs-", "Schienensatz"]),
        ("Hauptbetriebswerkbau", ["Hauptbetriebs", "werkbau"]),
        ("a Hauptbetriebswerk", ["a", "Hauptbetrieb\u2026"]),
        ("pieces 1\u202f000\u202f000", ["pieces", "1\u202f000\u202f000"]),
    ],
)
def test_a_name_is_broken_between_words_and_cut_at_its_end_only(theme: Theme, text: str, lines: list[str]) -> None:
    font = theme.font(mono=True)
    width = QFontMetricsF(font).horizontalAdvance("M") * 13.5

    assert lines_of(text, font, width, most=2) == lines


def test_codes_of_one_series_are_told_apart_where_they_are_cut(theme: Theme) -> None:
    codes = [f"BEARBEITUNGSZENTRUM-HALLE-4-LINIE-{number:05}" for number in (20, 40)]
    font = code_font(codes[0], 190, Size.TITLE, Weight.HEAVY)

    cut = [elided(code, font, 190, code=True) for code in codes]

    assert font == theme.font(Size.SMALL, Weight.HEAVY)
    assert code_font("CNC-1", 190, Size.TITLE, Weight.HEAVY) == theme.font(Size.TITLE, Weight.HEAVY)
    assert cut[0].endswith("00020")
    assert cut[1].endswith("00040")
    assert cut[0].startswith("BEARBEI")


def test_a_line_that_may_take_two_cuts_only_the_second(qtbot: QtBot) -> None:
    label = ElidedLabel("Front bearing of the spindle worn out, new one ordered from the maker", most=2)
    qtbot.addWidget(label)
    one_line = ElidedLabel("Front").sizeHint().height()
    label.resize(190, 60)
    label.show()

    assert label.text().count("\n") == 1
    assert label.text().startswith("Front bearing of the spindle")
    assert label.text().endswith("\u2026")
    assert label.toolTip() == label.whole()
    assert label.sizeHint().height() == 2 * one_line


def test_a_number_in_a_table_is_written_to_its_end(qtbot: QtBot) -> None:
    columns = [
        Column("Lot", lambda line: line.key, stretch=True, width=140),
        Column("On hand", lambda line: line.good, format=formats.quantity, align=RIGHT, width=90),
    ]
    table = Table(columns, lambda line: line.key)
    qtbot.addWidget(table)
    table.resize(420, 300)
    table.show()
    table.show_rows([Line("A", 5)])
    before = table.columnWidth(1)

    table.show_rows([Line("A", 5), Line("B", 1_000_000_000_000)])
    wide = table.columnWidth(1)
    table.show_rows([Line("A", 5)])
    after = table.columnWidth(1)
    table.resize(250, 300)

    font = QFontMetricsF(Theme.current.font(Size.BODY))
    assert before == 90
    assert font.horizontalAdvance(formats.quantity(1_000_000_000_000)) + 24 <= wide
    assert after == wide
    assert table.columnWidth(0) >= 140


def test_a_long_name_elides_and_the_tooltip_has_it_whole(qtbot: QtBot) -> None:
    label = ElidedLabel("Hub flange 120, anodised, with a name that goes on")
    qtbot.addWidget(label)
    label.resize(120, 24)
    label.show()

    assert label.text().endswith("\u2026")
    assert label.toolTip() == label.whole()


def test_no_line_ends_within_a_number(theme: Theme) -> None:
    number = formats.quantity(Decimal("999999999.625"))
    label, elided = Label(number, wraps=True), ElidedLabel(number)
    half = QFontMetricsF(theme.font()).horizontalAdvance(number) / 2

    assert label.heightForWidth(round(half)) == label.heightForWidth(1000)
    assert elided.whole() == number


@pytest.mark.parametrize("choice", [Choice.LIGHT, Choice.DARK, Choice.CONTRAST])
def test_the_bar_paints_in_every_look(qtbot: QtBot, theme: Theme, choice: Choice) -> None:
    theme.choose(choice)
    bar = QuantityBar(20)
    qtbot.addWidget(bar)
    bar.resize(200, 20)
    bar.show_segments(output_segments(Decimal(50), Decimal(25)), Decimal(100))

    image = bar.grab().toImage()

    assert image.pixelColor(50, 10).name().upper() == theme.tokens.of(Tone.RUNNING).fill
    assert image.pixelColor(120, 10).name().upper() == theme.tokens.of(Tone.TROUBLE).fill
    assert image.pixelColor(180, 10).name().upper() != theme.tokens.of(Tone.TROUBLE).fill
