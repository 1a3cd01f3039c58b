"""A terminal with a person at it: what a finger, the keyboard and the scanner do to the real window, and what is read there.

A tap goes to whatever lies on top at that spot of the glass; so a button under a dialog, or scrolled out of sight, cannot be tapped by mistake.
"""

from collections.abc import Callable, Iterator
from typing import TypeVar

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QLabel,
    QScrollArea,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from mfg_desktop.queries import check
from mfg_desktop.service import audit
from mfg_desktop.ui.background import Background
from mfg_desktop.ui.kit.buttons import Button
from mfg_desktop.ui.kit.cards import CardList
from mfg_desktop.ui.kit.covers import reachable, top_cover
from mfg_desktop.ui.kit.text import ElidedLabel
from mfg_desktop.ui.main_window import MainWindow
from mfg_desktop.ui.notices import RefusalDialog
from tests.factories import PIN, Floor

PATIENCE_MS = 20_000
"""How long a person waits for the window before it is a fault: no measure of speed, the machine may be busy."""

MOST_TABS = 8

W = TypeVar("W", bound=QWidget)


class Terminal:
    """The window and a person at it."""

    def __init__(self, qtbot: QtBot, window: MainWindow, background: Background) -> None:
        self.window = window
        self._qtbot = qtbot
        self._background = background

    # ------------------------------------------------------------------ what is done

    def tap(self, widget: QWidget) -> None:
        """Tap the middle of a widget, once it lies on top there: a button that has just come still finds its place."""
        self.bring_into_sight(widget)
        self.wait(lambda: (under := self._under(self.spot(widget))) is widget or widget.isAncestorOf(under))
        self.tap_at(self.spot(widget))

    def bring_into_sight(self, widget: QWidget) -> None:
        """Scroll what the widget lies in until all of it is seen, as a finger does."""
        area = widget.parentWidget()
        while area is not None:
            inside = area.widget() if isinstance(area, QScrollArea) else None
            if isinstance(area, QScrollArea) and inside is not None and inside.isAncestorOf(widget):
                # What has just come has no place yet.
                QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
                area.ensureWidgetVisible(widget, 0, 0)
            area = area.parentWidget()

    def tap_at(self, spot: QPoint) -> None:
        """Tap a spot of the window, whatever lies there."""
        under = self._under(spot)
        QTest.mouseClick(under, Qt.MouseButton.LeftButton, pos=under.mapFrom(self.window, spot))

    def spot(self, widget: QWidget) -> QPoint:
        """Give the middle of a widget as a spot of the window."""
        return widget.mapTo(self.window, widget.rect().center())

    def tap_card(self, key: object) -> None:
        """Wait for a card, in whatever list it is, and tap it."""
        self.wait(lambda: self.card(key) is not None)
        cards, at = self.card(key) or (None, 0)
        assert cards is not None
        self.tap_row(cards, at)

    def tap_row(self, view: QAbstractItemView, row: int) -> None:
        """Bring a row of a list into sight and tap it."""
        index = view.model().index(row, 0)
        view.scrollTo(index)
        self.tap_at(view.viewport().mapTo(self.window, view.visualRect(index).center()))

    def press(self, key: Qt.Key) -> None:
        """Press a key, wherever the focus is."""
        QTest.keyClick(self._focused(), key)

    def type_text(self, text: str) -> None:
        QTest.keyClicks(self._focused(), text)

    def scan(self, code: str) -> None:
        """Type as a wedge does, wherever the focus is: start of text, the code, end of text."""
        for sign in f"\x02{code}\x03":
            for kind in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                event = QKeyEvent(kind, ord(sign.upper()), Qt.KeyboardModifier.NoModifier, sign)
                QApplication.sendEvent(self._focused(), event)

    def tap_button(self, text: str) -> None:
        """Wait until a button is there and ready, and tap it."""
        self.wait(lambda: (found := self.find_button(text)) is not None and not found.working())
        self.tap(self.button(text))

    def choose_tab(self, bar: QWidget, name: str) -> None:
        """Tap the first tab of a bar, once it lies on top there, and go on by the arrow key to this one."""

        def first() -> QPoint:
            return bar.mapTo(self.window, QPoint(12, bar.height() // 2))

        self.bring_into_sight(bar)
        self.wait(lambda: self._under(first()) is bar)
        self.tap_at(first())
        for _ in range(MOST_TABS):
            if bar.accessibleName() != name:
                self.press(Qt.Key.Key_Right)
        assert bar.accessibleName() == name

    def type_pin(self, pin: str = PIN) -> None:
        """Type a PIN on the pad of the sign-in page."""
        for digit in pin:
            self.tap_button(digit)
        self.tap_button("Sign in")

    def sign_in(self, badge: str) -> None:
        """Tap the name and type the PIN."""
        self.tap_card(badge)
        self.type_pin()
        self.wait(lambda: self.window.actor() is not None)

    def go_to(self, screen: str) -> None:
        """Tap a screen's key on the rail."""
        keys = self.window.rail.findChildren(QAbstractButton)
        self.tap(next(key for key in keys if key.text() == screen))

    # ------------------------------------------------------------------ what is read

    def wait(self, so: Callable[[], object]) -> None:
        """Wait until something is so."""
        self._qtbot.waitUntil(lambda: bool(so()), timeout=PATIENCE_MS)

    def wait_for_answers(self) -> None:
        """Wait until everything that was asked or commanded so far is answered: the queues are ordered."""
        answered: list[None] = []
        for long in (False, True):
            self._background.run(lambda: None, answered.append, lambda trouble: None, owner=self.window, long=long)
        self.wait(lambda: len(answered) == 2)

    def find_button(self, text: str) -> Button | None:
        """Find the button that reads so, and that nothing lies over."""
        found = [one for one in self._visible(Button) if one.text() == text and reachable(one)]
        assert len(found) < 2, f"there are {len(found)} buttons {text}"
        return found[0] if found else None

    def button(self, text: str) -> Button:
        found = self.find_button(text)
        assert found is not None, f"there is no button {text}"
        return found

    def card(self, key: object) -> tuple[CardList, int] | None:
        """Find the card of a key: its list and its place there."""
        for cards in self._visible(CardList):
            at = cards.rows.place_of(key)
            if at is not None:
                return cards, at
        return None

    def words(self, within: QWidget | None = None) -> list[str]:
        """Read every line of text that is shown."""
        labels = [one for one in (within or self.window).findChildren(QLabel) if one.isVisible()]
        return [one.whole() if isinstance(one, ElidedLabel) else one.text() for one in labels]

    def reads(self, text: str) -> bool:
        """Say whether a text is part of a line that is shown."""
        return any(text in line for line in self.words())

    def names(self) -> list[str]:
        """Read what is painted rather than written on a label, as a screen reader does: by its accessible name."""
        return [one.accessibleName() for one in self._visible(QWidget)]

    def said(self) -> str:
        """Read the notice line."""
        return self.window.notices.said()

    def refusal(self) -> RefusalDialog | None:
        """Give the refusal dialog, when it lies on top."""
        top = top_cover(self.window)
        return top if isinstance(top, RefusalDialog) else None

    def is_at_the_sign_in(self) -> bool:
        return self.window.sign_in is not None and top_cover(self.window) is self.window.sign_in

    def one(self, kind: type[W]) -> W:
        """Give the only widget of a kind that is shown."""
        found = list(self._visible(kind))
        assert len(found) == 1, f"{len(found)} of {kind.__name__} are shown"
        return found[0]

    def _visible(self, kind: type[W]) -> Iterator[W]:
        return (one for one in self.window.findChildren(kind) if one.isVisible())

    def _under(self, spot: QPoint) -> QWidget:
        return self.window.childAt(spot) or self.window

    def _focused(self) -> QWidget:
        return QApplication.focusWidget() or self.window


def faults(floor: Floor) -> list[str]:
    """Name what does not add up at the plant, and where its log was tampered with."""
    with floor.shop.database.reading() as connection:
        broken = audit.verify(connection).problem
        return [*check.problems(connection), *([str(broken)] if broken else [])]


def cells(table: QTableView, *heads: str) -> list[tuple[str, ...]]:
    """Read the named columns of a table, row by row."""
    model = table.model()
    across = Qt.Orientation.Horizontal
    found = [str(model.headerData(at, across)) for at in range(model.columnCount())]
    places = [found.index(head) for head in heads]
    assert not any(table.isColumnHidden(place) for place in places)
    return [tuple(str(model.index(row, place).data()) for place in places) for row in range(model.rowCount())]


def height_of(view: QAbstractItemView, place: int) -> int:
    """Tell how high on the glass a row of a list stands."""
    return view.visualRect(view.model().index(place, 0)).top()
