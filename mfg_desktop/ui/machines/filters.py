"""The filters over the wall: a state each with its icon, its word and how many machines are in it."""

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from mfg_desktop.ui.kit import icons
from mfg_desktop.ui.kit.buttons import Button, Choices
from mfg_desktop.ui.kit.pickers import Wrapping
from mfg_desktop.ui.kit.text import paint_text
from mfg_desktop.ui.machines.presenter import Shown
from mfg_desktop.ui.machines.wording import SHOWN_LOOKS
from mfg_desktop.ui.theme import RADIUS, TOUCH, Look, Size, Theme, Weight


class FilterButton(Button):
    """A filter in the tone of its state."""

    def __init__(self, look: Look) -> None:
        super().__init__(look.word, height=TOUCH)
        self._look = look
        self._count = 0

    def count(self) -> int:
        return self._count

    def set_count(self, count: int) -> None:
        """Show how many machines are behind it."""
        if count != self._count:
            self._count = count
            self.setAccessibleName(f"{self._look.word}, {count}")
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        theme = Theme.current
        word = QFontMetricsF(theme.font(Size.BODY, Weight.STRONG)).horizontalAdvance(self._look.word)
        count = QFontMetricsF(theme.font(Size.BODY, Weight.STRONG)).horizontalAdvance(str(self._count))
        return QSize(round(10 + 18 + 6 + word + 7 + count + 12), TOUCH)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.current
        tokens = theme.tokens
        tone = tokens.of(self._look.tone)
        on = self.isChecked() or self.isDown()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        painter.setPen(QPen(QColor(tone.fill if on else tokens.line), 2 if on else 1))
        painter.setBrush(QColor(tone.soft if on else tokens.surface))
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        if self.hasFocus():
            painter.setPen(QPen(QColor(tokens.focus), 2))
            painter.drawRoundedRect(box.adjusted(3, 3, -3, -3), RADIUS - 3, RADIUS - 3)
        quiet = not self._count
        ink = tone.ink if on or not quiet else tokens.muted
        icons.paint(painter, QRectF(box.left() + 9, box.center().y() - 9, 18, 18), self._look.icon, ink)
        font = theme.font(Size.BODY, Weight.STRONG)
        words = QRectF(box.left() + 33, box.top(), box.width() - 42, box.height())
        colour = tone.ink if on else tokens.muted if quiet else tokens.text
        used = paint_text(painter, words, self._look.word, font=font, colour=colour)
        paint_text(
            painter,
            words.adjusted(used + 7, 0, 0, 0),
            str(self._count),
            font=font,
            colour=tone.ink if on else tokens.muted,
        )


class Filters(QWidget):
    """The row of filters, one chosen at a time. `chosen` sends it."""

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.buttons = {shown: FilterButton(look) for shown, look in SHOWN_LOOKS.items()}
        self._choices = Choices(list(self.buttons.values()), self)
        self._choices.choose(0)
        self._choices.chosen.connect(self._send)
        row = Wrapping(self, spacing=6)
        for button in self.buttons.values():
            row.addWidget(button)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_counts(self, counts: Mapping[Shown, int]) -> None:
        """Show how many machines are behind each filter."""
        for shown, button in self.buttons.items():
            button.set_count(counts.get(shown, 0))
        # Few plants ever retire a machine: its filter takes room when there is one to be found.
        retired = self.buttons[Shown.RETIRED]
        retired.setVisible(bool(retired.count()) or retired.isChecked())

    def _send(self, place: int) -> None:
        self.chosen.emit(tuple(self.buttons)[place])
