"""Fields: a labelled input, a search field, and a number field that opens no keyboard of its own."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from mfg_desktop.ui.kit import icons
from mfg_desktop.ui.kit.text import Label
from mfg_desktop.ui.theme import Size, Theme, Tone, Weight


class TextField(QLineEdit):
    """A line to write in, with an icon before it. `settled` is sent when the writing pauses, for searches."""

    settled = Signal(str)

    def __init__(
        self,
        placeholder: str = "",
        *,
        icon: str = "",
        longest: int = 500,
        pause_ms: int = 250,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon = icon
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder)
        self.setMaxLength(longest)
        self.setFont(Theme.current.font(Size.LARGE))
        if icon:
            self.setTextMargins(30, 0, 0, 0)
        self._pause = QTimer(self, singleShot=True, interval=pause_ms)
        self._pause.timeout.connect(self._settle)
        self.textEdited.connect(self._pause.start)
        self._sent = ""

    def set_wrong(self, wrong: bool) -> None:
        """Frame the field in the colour of trouble."""
        self.setProperty("wrong", "true" if wrong else "false")
        self.style().unpolish(self)
        self.style().polish(self)

    def setText(self, text: str | None) -> None:
        """Show a text that the program knows already: only what a person makes of it is sent."""
        super().setText(text)
        self._sent = self.text().strip()

    def clear_quietly(self) -> None:
        """Empty the field and send that at once."""
        self.clear()
        self._settle()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        if event.key() == 0x01000004 or event.key() == 0x01000005:
            self._settle()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._icon:
            painter = QPainter(self)
            area = self.rect().adjusted(14, 0, 0, 0)
            area.setWidth(22)
            icons.paint(painter, area.toRectF(), self._icon, Theme.current.tokens.muted)

    def _settle(self) -> None:
        self._pause.stop()
        if self.text().strip() != self._sent:
            self._sent = self.text().strip()
            self.settled.emit(self._sent)


class Field(QWidget):
    """A label above an input, and below it what is wrong with it."""

    def __init__(self, label: str, inside: QWidget, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wrong = Label("", size=Size.SMALL, weight=Weight.STRONG, ink=Tone.TROUBLE, wraps=True)
        self._wrong.hide()
        self.inside = inside
        head = Label(label, size=Size.SMALL, weight=Weight.STRONG, ink="muted")
        head.setBuddy(inside)
        inside.setAccessibleName(label)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(head)
        column.addWidget(inside)
        column.addWidget(self._wrong)

    def set_wrong(self, sentence: str) -> None:
        """Say what is wrong, or with an empty sentence that nothing is."""
        self._wrong.setText(sentence)
        self._wrong.setVisible(bool(sentence))
        if isinstance(self.inside, TextField):
            self.inside.set_wrong(bool(sentence))
