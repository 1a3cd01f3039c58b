"""A bar of tabs, with a count where there is one to tell. With icons the names stand under them, in a higher bar; where
all the names have no room, their short ones do.

Left and right move between them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from mfg_desktop.ui.kit import icons
from mfg_desktop.ui.kit.text import paint_text
from mfg_desktop.ui.theme import TOUCH, Size, Theme, Weight

_EDGE: Final = 13.0
_LEAST_EDGE: Final = 4.0
_WITH_ICONS: Final = 56
_ICON: Final = 18.0
_MIDDLE: Final = Qt.AlignmentFlag.AlignHCenter


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab: its name, a short one for where there is little room, and the icon above it."""

    name: str
    short: str = ""
    icon: str = ""


class TabsBar(QWidget):
    """`chosen` sends the place of the tapped tab; places count the tabs that are left out, too."""

    chosen = Signal(int)

    def __init__(self, tabs: Sequence[str | Tab], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tabs = [tab if isinstance(tab, Tab) else Tab(tab) for tab in tabs]
        self._counts = [""] * len(self._tabs)
        self._shown = [True] * len(self._tabs)
        self._place = 0
        self._over_words = any(tab.icon for tab in self._tabs)
        self._height = _WITH_ICONS if self._over_words else TOUCH
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self._tabs[0].name if self._tabs else "")

    def place(self) -> int:
        return self._place

    def shown(self) -> tuple[str, ...]:
        """Name the tabs that are there."""
        return tuple(self._tabs[at].name for at in self._places())

    def said(self) -> tuple[str, ...]:
        """Give what the tabs that are there say at this width."""
        said = self._said()
        return tuple(said[at] for at in self._places())

    def choose(self, place: int) -> None:
        """Show a tab as chosen and send it."""
        if place != self._place and 0 <= place < len(self._tabs) and self._shown[place]:
            self._place = place
            self.setAccessibleName(self._tabs[place].name)
            self.update()
            self.chosen.emit(place)

    def set_count(self, place: int, count: int | None) -> None:
        """Show a number behind a name, or beside its icon."""
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
        words = self._words([tab.name for tab in self._tabs])
        return QSize(round(sum(words.values()) + 2 * _EDGE * len(words)) + 1, self._height)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self._height)

    def _places(self) -> list[int]:
        return [at for at, shown in enumerate(self._shown) if shown]

    def _font(self) -> QFont:
        return Theme.current.font(Size.SMALL if self._over_words else Size.BODY, Weight.STRONG)

    def _said(self) -> list[str]:
        """Give the names, or the short ones where not all of the names have room."""
        names = [tab.name for tab in self._tabs]
        words = self._words(names)
        fits = sum(words.values()) + 2 * _LEAST_EDGE * len(words) <= self.width()
        return names if fits else [tab.short or tab.name for tab in self._tabs]

    def _words(self, said: Sequence[str]) -> dict[int, float]:
        """Measure what is said on each tab that is there."""
        metrics = QFontMetricsF(self._font())
        words = {}
        for at in self._places():
            beside = metrics.horizontalAdvance(self._counts[at]) + 8 if self._counts[at] else 0.0
            words[at] = metrics.horizontalAdvance(said[at]) + (2 if self._over_words else beside)
        return words

    def _areas(self, said: Sequence[str]) -> dict[int, QRectF]:
        """Give each tab its words and an edge; under icons the tabs fill the bar; too narrow, all are the same."""
        words = self._words(said)
        spare = (self.width() - sum(words.values())) / max(1, 2 * len(words))
        edge = spare if self._over_words else min(_EDGE, spare)
        left, areas = 0.0, {}
        for at, word in words.items():
            width = word + 2 * edge if edge >= _LEAST_EDGE else self.width() / len(words)
            areas[at] = QRectF(left, 0, width, self._height)
            left += width
        return areas

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for at, area in self._areas(self._said()).items():
            if area.contains(event.position()):
                self.choose(at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if step:
            places = self._places()
            self.choose(places[max(0, min(places.index(self._place) + step, len(places) - 1))])
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.current
        tokens = theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.drawLine(QPointF(0, self.height() - 0.5), QPointF(self.width(), self.height() - 0.5))
        said = self._said()
        for at, area in self._areas(said).items():
            here = at == self._place
            ink = tokens.text if here else tokens.muted
            if self._over_words:
                self._paint_under_icon(painter, area, at, said[at], ink, tokens.accent if here else tokens.muted)
            else:
                self._paint_in_line(painter, area, at, said[at], ink)
            if here:
                painter.fillRect(QRectF(area.left() + 2, self.height() - 3, area.width() - 4, 3), QColor(tokens.accent))
                if self.hasFocus():
                    painter.setPen(QPen(QColor(tokens.focus), 2))
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    painter.drawRoundedRect(area.adjusted(2, 2, -2, -6), 8, 8)

    def _paint_in_line(self, painter: QPainter, area: QRectF, at: int, said: str, ink: str) -> None:
        theme, count = Theme.current, self._counts[at]
        room = area.width() - QFontMetricsF(self._font()).horizontalAdvance(said)
        beside = QFontMetricsF(self._font()).horizontalAdvance(count) + 8 if count else 0.0
        edge = max(_LEAST_EDGE, (room - beside) / 2)
        words = area.adjusted(edge, 0, -edge, 0)
        used = paint_text(painter, words, said, font=self._font(), colour=ink)
        if count:
            rest = words.adjusted(used + 8, 0, 1, 0)
            paint_text(painter, rest, count, font=theme.font(Size.SMALL), colour=theme.tokens.muted)

    def _paint_under_icon(self, painter: QPainter, area: QRectF, at: int, said: str, ink: str, icon: str) -> None:
        count = self._counts[at]
        beside = QFontMetricsF(self._font()).horizontalAdvance(count) + 5 if count else 0.0
        mark = QRectF(area.center().x() - (_ICON + beside) / 2, 8, _ICON, _ICON)
        icons.paint(painter, mark, self._tabs[at].icon, icon)
        number = QRectF(mark.right() + 5, mark.top(), beside, _ICON)
        paint_text(painter, number, count, font=self._font(), colour=ink)
        word = QRectF(area.left(), mark.bottom() + 3, area.width(), 18)
        paint_text(painter, word, said, font=self._font(), colour=ink, align=_MIDDLE)
