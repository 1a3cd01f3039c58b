"""A bar of tabs, 48 px high, with a count behind a name where there is one to tell.

Left and right move between them.
"""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from mfg_desktop.ui.kit.text import paint_text
from mfg_desktop.ui.theme import TOUCH, Size, Theme, Weight

_EDGE: Final = 13.0
_LEAST_EDGE: Final = 6.0


class TabsBar(QWidget):
    """`chosen` sends the place of the tapped tab."""

    chosen = Signal(int)

    def __init__(self, names: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names = list(names)
        self._counts: list[str] = [""] * len(self._names)
        self._place = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self._names[0] if self._names else "")

    def place(self) -> int:
        return self._place

    def choose(self, place: int) -> None:
        """Show a tab as chosen and send it."""
        place = max(0, min(place, len(self._names) - 1))
        if place != self._place:
            self._place = place
            self.setAccessibleName(self._names[place])
            self.update()
            self.chosen.emit(place)

    def set_count(self, place: int, count: int | None) -> None:
        """Show a number behind a name."""
        self._counts[place] = "" if count is None else str(count)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(round(sum(self._words()) + 2 * _EDGE * len(self._names)) + 1, TOUCH)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, TOUCH)

    def _words(self) -> list[float]:
        """Measure name and count of each tab."""
        metrics = QFontMetricsF(Theme.current.font(Size.BODY, Weight.STRONG))
        named = zip(self._names, self._counts, strict=True)
        return [
            metrics.horizontalAdvance(name) + (metrics.horizontalAdvance(count) + 8 if count else 0)
            for name, count in named
        ]

    def _edge(self) -> float:
        """Give the room beside a tab's words: less where the bar is narrow, before a word is cut."""
        words = self._words()
        return max(_LEAST_EDGE, min(_EDGE, (self.width() - sum(words)) / max(1, 2 * len(words))))

    def _tabs(self) -> list[QRectF]:
        edge, left = self._edge(), 0.0
        tabs = []
        for width in self._words():
            tabs.append(QRectF(left, 0, width + 2 * edge, TOUCH))
            left += width + 2 * edge
        if left > self.width() + 1 and tabs:
            # Too narrow for the words: every tab gives the same share, and elides.
            share = self.width() / len(tabs)
            tabs = [QRectF(share * at, 0, share, TOUCH) for at in range(len(tabs))]
        return tabs

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for at, tab in enumerate(self._tabs()):
            if tab.contains(event.position()):
                self.choose(at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if step:
            self.choose(self._place + step)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.current
        tokens = theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.drawLine(QPointF(0, self.height() - 0.5), QPointF(self.width(), self.height() - 0.5))
        font = theme.font(Size.BODY, Weight.STRONG)
        edge = self._edge()
        for at, (tab, name, count) in enumerate(zip(self._tabs(), self._names, self._counts, strict=True)):
            here = at == self._place
            words = tab.adjusted(edge, 0, -edge, 0)
            used = paint_text(painter, words, name, font=font, colour=tokens.text if here else tokens.muted)
            if count:
                rest = words.adjusted(used + 8, 0, 1, 0)
                paint_text(painter, rest, count, font=theme.font(Size.SMALL), colour=tokens.muted)
            if here:
                painter.fillRect(QRectF(tab.left(), self.height() - 3, tab.width(), 3), QColor(tokens.accent))
                if self.hasFocus():
                    painter.setPen(QPen(QColor(tokens.focus), 2))
                    painter.drawRoundedRect(tab.adjusted(2, 4, -2, -7), 8, 8)
