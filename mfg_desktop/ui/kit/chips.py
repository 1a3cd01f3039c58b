"""Chips: a status in colour, icon and word. As a widget, and as paint for delegates."""

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from mfg_desktop.ui.kit import icons
from mfg_desktop.ui.kit.text import paint_text
from mfg_desktop.ui.theme import Choice, Look, Size, Theme, Weight

HEIGHT = 24.0
_EDGE, _ICON, _GAP = 8.0, 14.0, 5.0


def chip_width(look: Look) -> float:
    """Measure a chip that has all the room it wants."""
    word = QFontMetricsF(Theme.current.font(Size.SMALL, Weight.STRONG)).horizontalAdvance(look.word)
    return _EDGE + _ICON + (_GAP + word if look.word else 0) + _EDGE


def paint_chip(
    painter: QPainter, corner: QPointF, look: Look, *, room: float = 10_000.0, height: float = HEIGHT
) -> float:
    """Paint a chip with its left top corner there, no wider than the room, and return the width it took."""
    theme = Theme.current
    colours = theme.tokens.of(look.tone)
    width = min(chip_width(look), room)
    box = QRectF(corner.x(), corner.y(), width, height)
    painter.setPen(QColor(colours.ink if theme.tokens.choice is Choice.CONTRAST else colours.soft))
    painter.setBrush(QColor(colours.soft))
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 7, 7)
    mark = QRectF(box.left() + _EDGE, box.center().y() - _ICON / 2, _ICON, _ICON)
    icons.paint(painter, mark, look.icon, colours.ink)
    if look.word:
        words = QRectF(mark.right() + _GAP, box.top(), box.right() - _EDGE - mark.right() - _GAP + 1, box.height())
        paint_text(painter, words, look.word, font=theme.font(Size.SMALL, Weight.STRONG), colour=colours.ink)
    return width


class Chip(QWidget):
    """A chip that stands in a layout; without a look it takes no room."""

    def __init__(self, look: Look | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._look: Look | None = None
        self.set_look(look)

    def look(self) -> Look | None:
        return self._look

    def set_look(self, look: Look | None) -> None:
        """Show a status, or nothing."""
        self._look = look
        self.setVisible(look is not None)
        if look is not None:
            self.setAccessibleName(look.word)
            self.setToolTip(look.word)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(round(chip_width(self._look) + 0.5) if self._look else 0, round(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(min(60, self.sizeHint().width()), round(HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._look is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_chip(painter, QPointF(0, 0), self._look, room=self.width(), height=self.height())
