"""The tabs of the order's page: an icon over a word, so that six of them fit beside the lanes; one without anything to
show can be left out. Left and right move between them.
"""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from mfg_desktop.ui.kit import icons
from mfg_desktop.ui.kit.text import paint_text
from mfg_desktop.ui.theme import Size, Theme, Weight

_HEIGHT: Final = 56
_ICON: Final = 18.0
_EDGE: Final = 4.0
_MIDDLE: Final = Qt.AlignmentFlag.AlignHCenter


class PageTabs(QWidget):
    """`chosen` sends the place of the tapped tab; places count the tabs that are left out, too."""

    chosen = Signal(int)

    def __init__(self, tabs: Sequence[tuple[str, str, str]], parent: QWidget | None = None) -> None:
        """Each tab has a name, a short name for where there is little room, and an icon."""
        super().__init__(parent)
        self._names = [name for name, _, _ in tabs]
        self._short = [short for _, short, _ in tabs]
        self._icons = [icon for _, _, icon in tabs]
        self._counts = [""] * len(tabs)
        self._shown = [True] * len(tabs)
        self._place = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self._names[0])

    def place(self) -> int:
        return self._place

    def shown(self) -> tuple[str, ...]:
        """Name the tabs that are there."""
        return tuple(self._names[at] for at in self._places())

    def choose(self, place: int) -> None:
        """Show a tab as chosen and send it."""
        if place != self._place and 0 <= place < len(self._names) and self._shown[place]:
            self._place = place
            self.setAccessibleName(self._names[place])
            self.update()
            self.chosen.emit(place)

    def set_count(self, place: int, count: int | None) -> None:
        """Show a number beside the icon."""
        self._counts[place] = "" if count is None else str(count)
        self.update()

    def set_shown(self, place: int, shown: bool) -> None:
        """Leave a tab out, or have it back; the first one that is there follows a chosen one that goes."""
        if self._shown[place] != shown:
            self._shown[place] = shown
            self.update()
        if not self._shown[self._place]:
            self.choose(self._places()[0])

    def sizeHint(self) -> QSize:
        return QSize(320, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, _HEIGHT)

    def _places(self) -> list[int]:
        return [at for at, shown in enumerate(self._shown) if shown]

    def _said(self) -> list[str]:
        """Give the names, or the short ones where not all of the names have room."""
        metrics = QFontMetricsF(Theme.current.font(Size.SMALL, Weight.STRONG))
        wanted = sum(metrics.horizontalAdvance(self._names[at]) + 2 * _EDGE for at in self._places())
        return self._names if wanted <= self.width() else self._short

    def _tabs(self) -> dict[int, QRectF]:
        """Give each tab its words and an equal share of the room that is left; too narrow, all the same."""
        metrics, said = QFontMetricsF(Theme.current.font(Size.SMALL, Weight.STRONG)), self._said()
        words = {at: metrics.horizontalAdvance(said[at]) + 2 for at in self._places()}
        spare = (self.width() - sum(words.values())) / max(1, len(words))
        left, tabs = 0.0, {}
        for at, word in words.items():
            width = word + spare if spare > 0 else self.width() / len(words)
            tabs[at] = QRectF(left, 0, width, _HEIGHT)
            left += width
        return tabs

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for at, tab in self._tabs().items():
            if tab.contains(event.position()):
                self.choose(at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        places = self._places()
        if step:
            at = max(0, min(places.index(self._place) + step, len(places) - 1))
            self.choose(places[at])
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.current
        tokens = theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.drawLine(QPointF(0, _HEIGHT - 0.5), QPointF(self.width(), _HEIGHT - 0.5))
        small, said = theme.font(Size.SMALL, Weight.STRONG), self._said()
        for at, tab in self._tabs().items():
            here = at == self._place
            ink = tokens.text if here else tokens.muted
            count = self._counts[at]
            beside = QFontMetricsF(small).horizontalAdvance(count) + 5 if count else 0.0
            mark = QRectF(tab.center().x() - (_ICON + beside) / 2, 8, _ICON, _ICON)
            icons.paint(painter, mark, self._icons[at], tokens.accent if here else tokens.muted)
            number = QRectF(mark.right() + 5, mark.top(), beside, _ICON)
            paint_text(painter, number, count, font=small, colour=ink)
            word = QRectF(tab.left(), mark.bottom() + 3, tab.width(), 18)
            paint_text(painter, word, said[at], font=small, colour=ink, align=_MIDDLE)
            if here:
                painter.fillRect(QRectF(tab.left() + 3, _HEIGHT - 3, tab.width() - 6, 3), QColor(tokens.accent))
                if self.hasFocus():
                    painter.setPen(QPen(QColor(tokens.focus), 2))
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    painter.drawRoundedRect(tab.adjusted(1, 1, -1, -5), 8, 8)
