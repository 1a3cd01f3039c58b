"""The quantity bar: segments of a whole, as data.

Good, scrap and the rest of an order; consumed, issued, reserved and missing of a material line.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from mfg_desktop.ui.theme import Theme, Tone, mixed


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the bar: how much, in which tone, and what it is called for the tooltip."""

    amount: Decimal
    tone: Tone
    word: str = ""


def output_segments(good: Decimal, scrap: Decimal) -> tuple[Segment, ...]:
    """Give the segments of an order's output; what is left stays empty."""
    return (Segment(good, Tone.RUNNING, "good"), Segment(scrap, Tone.TROUBLE, "scrap"))


def paint_bar(painter: QPainter, area: QRectF, segments: Sequence[Segment], total: Decimal) -> None:
    """Paint the segments over a groove.

    More than the whole squeezes to the whole; the least amount above zero stays visible.
    """
    tokens = Theme.current.tokens
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    groove = QPainterPath()
    groove.addRoundedRect(area, area.height() / 2, area.height() / 2)
    painter.fillPath(groove, mixed(tokens.raised, tokens.line, 0.6))
    painter.setClipPath(groove)
    amounts = [max(Decimal(0), part.amount) for part in segments]
    whole = max(total, sum(amounts, Decimal(0)))
    left = area.left()
    for part, amount in zip(segments, amounts, strict=True):
        if amount > 0 and whole > 0:
            width = max(float(amount / whole) * area.width(), 3.0)
            painter.fillRect(QRectF(left, area.top(), width, area.height()), QColor(tokens.of(part.tone).fill))
            left += width
    painter.restore()


class QuantityBar(QWidget):
    """The bar as a widget."""

    def __init__(self, height: int = 12, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._height = height
        self._segments: tuple[Segment, ...] = ()
        self._total = Decimal(0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_segments(self, segments: Sequence[Segment], total: Decimal) -> None:
        """Show these parts of this whole."""
        self._segments, self._total = tuple(segments), total
        said = ", ".join(f"{part.word} {part.amount.normalize():f}" for part in segments if part.word)
        self.setToolTip(said)
        self.setAccessibleDescription(said)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(160, self._height)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_bar(QPainter(self), QRectF(self.rect()), self._segments, self._total)
