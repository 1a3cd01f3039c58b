"""The number pad: large keys for gloves, and every key of the keyboard does the same."""

from decimal import Decimal, InvalidOperation

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.text import Label, Panel
from mfg_desktop.ui.theme import SPACE, Size, Weight

ERASE = "erase"
CLEAR = "clear"


class Keys(QWidget):
    """Ten digits, one key for the decimal point or to clear all, and one to erase. `pressed` sends "0" to "9",
    ".", ERASE or CLEAR.
    """

    pressed = Signal(str)

    def __init__(self, *, point: bool = True, height: int = 64, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(SPACE)
        self._buttons: dict[str, Button] = {}
        for at, digit in enumerate("123456789"):
            grid.addWidget(self._key(digit, digit, height), at // 3, at % 3)
        grid.addWidget(self._key("." if point else CLEAR, "." if point else "Clear", height), 3, 0)
        grid.addWidget(self._key("0", "0", height), 3, 1)
        grid.addWidget(self._key(ERASE, "", height), 3, 2)

    def _key(self, sends: str, text: str, height: int) -> Button:
        # Digits are read from two metres; the word for Clear has no room in their size.
        size = Size.LARGE if sends == CLEAR else Size.TITLE
        button = Button(text, icon="erase" if sends == ERASE else "", height=height, size=size)
        if sends == CLEAR:
            button.set_kind(Kind.QUIET)
        button.setAccessibleName({ERASE: "Erase", CLEAR: "Clear", ".": "Point"}.get(sends, sends))
        # The pad is a mouse and finger thing: by keyboard one types, so its twelve keys stay out of the way of Tab.
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setProperty("key", sends)
        button.tapped.connect(self._tapped)
        self._buttons[sends] = button
        return button

    def button(self, key: str) -> Button:
        return self._buttons[key]

    def _tapped(self) -> None:
        self.pressed.emit(str(self.sender().property("key")))


def key_of(event: QKeyEvent) -> str:
    """Give what a key of the keyboard means on the pad; empty for a key that means nothing."""
    if event.key() == Qt.Key.Key_Backspace:
        return ERASE
    if event.key() == Qt.Key.Key_Delete:
        return CLEAR
    text = event.text()
    if text and text in "0123456789":
        return text
    return "." if text in (".", ",") and text else ""


def typed(text: str, key: str, *, places: int = 3, longest: int = 9) -> str:
    """Give the text after a key: no second point, no more places than the shop counts, no idle zeros in front."""
    if key == ERASE:
        return text[:-1]
    if key == CLEAR:
        return ""
    if key == ".":
        return text if "." in text or places == 0 else (text or "0") + "."
    whole, _, rest = text.partition(".")
    if ("." in text and len(rest) >= places) or ("." not in text and len(whole) >= longest):
        return text
    return key if text == "0" else text + key


class NumberPad(QWidget):
    """Keys that write a number. `changed` sends the number after each key; None when nothing is written."""

    changed = Signal(object)

    def __init__(self, *, places: int = 3, height: int = 64, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._fresh = True
        self._places = places
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        keys = Keys(point=places > 0, height=height)
        keys.pressed.connect(self.press)
        self.keys = keys
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(keys)

    def text(self) -> str:
        """Give what is written, as it is written."""
        return self._text

    def number(self) -> Decimal | None:
        try:
            return Decimal(self._text) if self._text else None
        except InvalidOperation:
            return None

    def set_number(self, number: Decimal | None) -> None:
        """Show a number; the next digit replaces it, as on a till."""
        self._text = "" if number is None else f"{number.normalize():f}"
        self._fresh = True

    def press(self, key: str) -> None:
        """Take a key."""
        before = "" if self._fresh and key != ERASE else self._text
        self._fresh = False
        self._text = typed(before, key, places=self._places)
        self.changed.emit(self.number())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = key_of(event)
        if key:
            self.press(key)
        else:
            super().keyPressEvent(event)


class QuantityPad(QWidget):
    """A number pad under the figure that it writes, with its unit. `changed` is sent when the figure is another."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.pad = NumberPad(height=60)
        self.pad.changed.connect(self._show)
        self._figure = Label("0", size=Size.HUGE, weight=Weight.HEAVY)
        self._unit = Label(size=Size.TITLE, ink="muted")
        box = Panel("raised")
        figures = QHBoxLayout(box)
        figures.setContentsMargins(16, 8, 16, 8)
        figures.addWidget(self._figure)
        figures.addWidget(self._unit, 0, Qt.AlignmentFlag.AlignBottom)
        figures.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(box)
        column.addWidget(self.pad)
        column.addStretch(1)
        self.setFixedWidth(300)

    def show_number(self, number: Decimal | None, unit: str) -> None:
        """Show a number of this unit; the next digit replaces it."""
        self._unit.setText(unit)
        self.pad.set_number(number)
        self._show()

    def _show(self) -> None:
        self._figure.setText(self.pad.text() or "0")
        self.changed.emit()
