"""A bar of tabs, 48 px high, with a count behind a name where there is one to tell.

Left and right move between them.
"""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from mfg_desktop.ui.kit.text import paint_text
from mfg_desktop.ui.theme import TOUCH, Size, Theme, Weight


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
        tabs = self._tabs()
        return QSize(round(tabs[-1].right()) + 1 if tabs else 0, TOUCH)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, TOUCH)

    def _tabs(self) -> list[QRectF]:
        metrics = QFontMetricsF(Theme.current.font(Size.BODY, Weight.STRONG))
        tabs, left = [], 0.0
        for name, count in zip(self._names, self._counts, strict=True):
            width = metrics.horizontalAdvance(name) + (metrics.horizontalAdvance(count) + 8 if count else 0) + 26
            tabs.append(QRectF(left, 0, width, TOUCH))
            left += width
        spare = self.width() - left
        if spare < 0 and tabs:
            # Too narrow for the words: every tab gives the same share, and elides.
            share, left = self.width() / len(tabs), 0.0
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
        for at, (tab, name, count) in enumerate(zip(self._tabs(), self._names, self._counts, strict=True)):
            here = at == self._place
            words = tab.adjusted(13, 0, -13, 0)
            used = paint_text(painter, words, name, font=font, colour=tokens.text if here else tokens.muted)
            if count:
                rest = words.adjusted(used + 8, 0, 1, 0)
                paint_text(painter, rest, count, font=theme.font(Size.SMALL), colour=tokens.muted)
            if here:
                painter.fillRect(QRectF(tab.left(), self.height() - 3, tab.width(), 3), QColor(tokens.accent))
                if self.hasFocus():
                    painter.setPen(QPen(QColor(tokens.focus), 2))
                    painter.drawRoundedRect(tab.adjusted(2, 4, -2, -7), 8, 8)
