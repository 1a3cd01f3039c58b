"""Pickers: the reasons that a shop gives most as big chips, with a line for any other; choices side by side that
wrap.
"""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLayout, QSizePolicy, QVBoxLayout, QWidget

from mfg_desktop.ui.kit.buttons import Button, Choices
from mfg_desktop.ui.kit.fields import TextField
from mfg_desktop.ui.theme import SPACE


class Wrapping(QHBoxLayout):
    """Lays widgets side by side and goes on in the next line, as words do.

    A row that only places differently: Qt keeps the items. A layout that keeps them in Python dies when the garbage
    collector meets an item that Qt has deleted.
    """

    def __init__(self, parent: QWidget | None = None, *, spacing: int = SPACE) -> None:
        super().__init__()
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(spacing)
        if parent is not None:
            parent.setLayout(self)

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(QRect(0, 0, width, 0), move=False)

    def minimumHeightForWidth(self, width: int) -> int:
        return self.heightForWidth(width)

    def setGeometry(self, area: QRect) -> None:
        QLayout.setGeometry(self, area)
        self._place(area, move=True)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        size = QSize(0, 0)
        for widget in self._widgets():
            size = size.expandedTo(widget.minimumSizeHint().expandedTo(widget.minimumSize()))
        return size

    def _widgets(self) -> list[QWidget]:
        widgets = []
        for at in range(self.count()):
            item = self.itemAt(at)
            widget = item.widget() if item is not None else None
            if widget is not None and not widget.isHidden():
                widgets.append(widget)
        return widgets

    def _place(self, area: QRect, *, move: bool) -> int:
        margins = self.contentsMargins()
        area = area.marginsRemoved(margins)
        left, top, line = area.left(), area.top(), 0
        for widget in self._widgets():
            least = widget.minimumSizeHint().expandedTo(widget.minimumSize())
            size = widget.sizeHint().expandedTo(least).boundedTo(widget.maximumSize())
            if left > area.left() and left + size.width() > area.right() + 1:
                left, top, line = area.left(), top + line + self.spacing(), 0
            if move:
                widget.setGeometry(QRect(QPoint(left, top), QSize(min(size.width(), area.width()), size.height())))
            left += size.width() + self.spacing()
            line = max(line, size.height())
        return top + line - area.top() + margins.top() + margins.bottom()


class ChoicePicker(QWidget):
    """One of some choices, as big chips. `chosen` sends the value; tapping the chosen one again keeps it.

    To the keyboard they are one field: Tab comes to the chosen one and goes on behind them all, the arrows walk among them.
    """

    chosen = Signal(object)

    def __init__(
        self,
        choices: Sequence[tuple[object, str]],
        *,
        icons: Sequence[str] = (),
        height: int = 52,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._values = tuple(value for value, _ in choices)
        marks = tuple(icons) or ("",) * len(choices)
        buttons = [Button(text, icon=mark, height=height) for (_, text), mark in zip(choices, marks, strict=True)]
        self.buttons = tuple(buttons)
        self._choices = Choices(buttons, self)
        self._choices.chosen.connect(self._send)
        layout = Wrapping(self)
        for button in buttons:
            layout.addWidget(button)
            button.installEventFilter(self)
        self._stop_at(0)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def value(self) -> object | None:
        place = self._choices.place()
        return None if place is None else self._values[place]

    def choose(self, value: object | None) -> None:
        """Mark a value as chosen, or with None no value."""
        place = self._values.index(value) if value in self._values else None
        self._choices.choose(place)
        self._stop_at(place or 0)

    def stop(self) -> Button:
        """Give the chip at which Tab stops."""
        return next(button for button in self.buttons if button.focusPolicy() & Qt.FocusPolicy.TabFocus)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        step = _STEPS.get(Qt.Key(event.key()), 0) if isinstance(event, QKeyEvent) else 0
        if step and event.type() == QEvent.Type.KeyPress:
            place = (self.buttons.index(watched) + step) % len(self.buttons) if watched in self.buttons else 0
            self._stop_at(place)
            self.buttons[place].setFocus(Qt.FocusReason.TabFocusReason)
            return True
        return super().eventFilter(watched, event)

    def _stop_at(self, place: int) -> None:
        for at, button in enumerate(self.buttons):
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus if at == place else Qt.FocusPolicy.ClickFocus)

    def _send(self, place: int) -> None:
        self._stop_at(place)
        self.chosen.emit(self._values[place])


_STEPS: Final = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}


class ReasonPicker(QWidget):
    """A reason: a chip, or words of one's own. What is written counts before the chip."""

    changed = Signal(str)
    tapped = Signal(str)
    """A chip was tapped."""

    def __init__(
        self, reasons: Sequence[str], *, placeholder: str = "Another reason", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._chips = ChoicePicker([(reason, reason) for reason in reasons])
        self.field = TextField(placeholder)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(self._chips)
        column.addWidget(self.field)
        self._chips.chosen.connect(self._picked)
        self.field.textEdited.connect(self._written)

    def reason(self) -> str:
        """Give the reason; empty while there is none."""
        return self.field.text().strip() or str(self._chips.value() or "")

    def _picked(self) -> None:
        self.field.clear()
        self.changed.emit(self.reason())
        self.tapped.emit(self.reason())

    def _written(self) -> None:
        if self.field.text().strip():
            self._chips.choose(None)
        self.changed.emit(self.reason())
