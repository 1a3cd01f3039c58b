"""A time line per thing: what was planned above, what happened below, painted in one viewport, and only what is seen.

Lines, bars and ticks are data. A tap or Return on a bar sends its key by `chosen`; the arrow keys walk from bar to bar.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QHelpEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QScroller, QToolTip, QWidget

from mfg_desktop.ui.kit import icons
from mfg_desktop.ui.kit.chips import HEIGHT, paint_chip
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.text import paint_text
from mfg_desktop.ui.theme import Look, Size, Theme, Tone, Weight, mixed

HEAD: Final = 36.0
"""The ruler on top, which stays while the lines scroll."""
HEADING: Final = 36.0
LINE: Final = 72.0
"""The least height of a line, so that a glove hits it."""
SIDE: Final = 168.0
"""Where a line says what it is of."""
LANES: Final = 3
"""Planned bars that overlap lie under one another; what needs more lanes than these lies over the last."""
SLOP: Final = 24.0
"""A finger may miss a bar by this much."""
_EDGE: Final = 8.0
_PLANNED: Final = 27.0
_ACTUAL: Final = 22.0
_FOOT: Final = 5.0
"""The solid foot of what really happened; what was only planned is an outline."""
_LEAST: Final = 3.0
"""No bar is painted narrower."""
_ROOM_FOR_ICON: Final = 24.0
_ROOM_FOR_WORDS: Final = 52.0
_ROOM_FOR_A_PART: Final = 112.0
"""An order's number has room in it, whatever follows is cut."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time with its state."""

    key: str
    """What a tap on it sends; empty for what cannot be chosen."""
    start: datetime
    end: datetime
    look: Look
    label: str = ""
    note: str = ""
    """What must be read first if there is little room: "3 h late"."""
    hatched: bool = False
    faded: bool = False
    """Not what is looked for, but the time is taken all the same."""
    until: datetime | None = None
    """How far its delay reaches."""
    about: str = ""
    """For the tooltip."""


@dataclass(frozen=True, slots=True)
class Line:
    """A thing with its bars."""

    key: str
    title: str
    look: Look | None = None
    remark: str = ""
    remark_tone: Tone | None = None
    planned: tuple[Bar, ...] = ()
    actual: tuple[Bar, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """The heading of the lines that follow."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment on the ruler; a strong one parts days or shifts."""

    at: datetime
    label: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch of time that is looked at."""

    start: datetime
    end: datetime
    ticks: tuple[Tick, ...] = ()


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a bar lies in its line."""

    bar: Bar
    lane: int
    """Of the planned ones; -1 for what happened."""
    start: datetime
    end: datetime
    """What is painted of it: a bar that is over before the window shows its delay."""


@dataclass(slots=True)
class _Row:
    """A line or heading as laid out."""

    content: Line | Group
    top: float
    height: float
    lanes: int = 1
    spots: list[_Spot] = field(default_factory=list)


class Gantt(QAbstractScrollArea):
    """The chart. `show_lines` merges: what is in sight stays where it is, and nothing moves under a finger."""

    chosen = Signal(str)

    def __init__(self, *, empty: EmptyState | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[_Row] = []
        self._tops: list[float] = []
        self._window: Window | None = None
        self._now: tuple[datetime, str] | None = None
        self._selected = ""
        self._current: tuple[str, Bar] | None = None
        self._pressed: Bar | None = None
        self._down = False
        self._waiting: tuple[Sequence[Line | Group], Window] | None = None
        self._empty = empty
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        self.verticalScrollBar().setSingleStep(round(LINE / 2))
        QScroller.grabGesture(self.viewport(), QScroller.ScrollerGestureType.TouchGesture)
        QScroller.scroller(self.viewport()).stateChanged.connect(self._settle)
        if empty is not None:
            empty.setParent(self.viewport())
            empty.show()

    # ------------------------------------------------------------------ what is shown

    def show_lines(self, lines: Sequence[Line | Group], window: Window) -> None:
        """Show these lines over this stretch of time, now or when the chart is let go."""
        # In the place of what still waits: that is older, and is not to come over these.
        self._waiting = (lines, window)
        self._settle()

    def show_now(self, now: datetime, label: str) -> None:
        """Move the now-line."""
        self._now = (now, label)
        self.viewport().update()

    def select(self, key: str, *, into_sight: bool = False) -> None:
        """Mark the bars of a key wherever they are; an empty key marks none."""
        self._selected = key
        if key and into_sight:
            found = next((row for row in self._rows for spot in row.spots if spot.bar.key == key), None)
            if found is not None:
                self._bring_into_sight(found)
        self.viewport().update()

    def lines(self) -> list[Line]:
        return [row.content for row in self._rows if isinstance(row.content, Line)]

    def current(self) -> Bar | None:
        """Give the bar that the arrow keys have reached."""
        return self._current[1] if self._current else None

    def bar_area(self, line: str, bar: Bar) -> QRectF:
        """Say where in the viewport a bar of a line lies."""
        row, spot = next((row, spot) for row, spot in self._spots() if _key(row) == line and spot.bar == bar)
        return self._area(row, spot)

    # ------------------------------------------------------------------ lay-out

    def _take(self, lines: Sequence[Line | Group], window: Window) -> None:
        bar = self.verticalScrollBar()
        first = self._row_at(HEAD)
        stood = (_key(first), first.top - bar.value()) if first is not None and bar.value() > 0 else None
        self._window = window
        self._rows, top = [], 0.0
        for line in lines:
            row = _laid_out(line, top, window)
            self._rows.append(row)
            top += row.height
        self._tops = [row.top for row in self._rows]
        self._range()
        stays = next((row for row in self._rows if stood and _key(row) == stood[0]), None)
        if stood and stays is not None:
            bar.setValue(round(stays.top - stood[1]))
        self._keep_current()
        if self._empty is not None:
            self._empty.setVisible(not self._rows)
        self.viewport().update()

    def _range(self) -> None:
        whole = self._rows[-1].top + self._rows[-1].height if self._rows else 0.0
        room = self.viewport().height() - HEAD
        self.verticalScrollBar().setRange(0, max(0, round(whole - room)))
        self.verticalScrollBar().setPageStep(max(1, round(room)))

    def _keep_current(self) -> None:
        """Find the bar of the arrow keys again: its times may have changed, its line and order have not."""
        if self._current is None:
            return
        line, bar = self._current
        same = [spot.bar for row, spot in self._spots() if _key(row) == line and spot.bar.key == bar.key]
        nearest = min(same, key=lambda one: abs(one.start - bar.start), default=None)
        self._current = (line, nearest) if nearest is not None else None

    def _x(self, at: datetime) -> float:
        assert self._window is not None
        share = (at - self._window.start) / (self._window.end - self._window.start)
        return SIDE + share * (self.viewport().width() - SIDE)

    def _area(self, row: _Row, spot: _Spot) -> QRectF:
        width = self.viewport().width()
        left = min(max(self._x(spot.start), SIDE), width - _LEAST)
        right = max(min(self._x(spot.end), width), left + _LEAST)
        top = row.top + HEAD - self.verticalScrollBar().value() + _EDGE
        if spot.lane < 0:
            return QRectF(left, top + row.lanes * _PLANNED + 4, right - left, _ACTUAL)
        return QRectF(left, top + spot.lane * _PLANNED, right - left, _PLANNED - 2)

    def _spots(self) -> Iterator[tuple[_Row, _Spot]]:
        return ((row, spot) for row in self._rows for spot in row.spots)

    def _row_at(self, y: float) -> _Row | None:
        place = bisect_right(self._tops, y - HEAD + self.verticalScrollBar().value()) - 1
        return self._rows[place] if 0 <= place < len(self._rows) else None

    def _in_sight(self) -> list[_Row]:
        top = self.verticalScrollBar().value()
        first = max(0, bisect_right(self._tops, top) - 1)
        return self._rows[first : bisect_left(self._tops, top + self.viewport().height() - HEAD)]

    def _bring_into_sight(self, row: _Row) -> None:
        bar = self.verticalScrollBar()
        room = self.viewport().height() - HEAD
        if row.top < bar.value():
            bar.setValue(round(row.top))
        elif row.top + row.height > bar.value() + room:
            bar.setValue(round(row.top + row.height - room))

    # ------------------------------------------------------------------ fingers and keys

    def bar_at(self, at: QPointF) -> Bar | None:
        """Find the bar that a finger means: the nearest one of the line under it."""
        found = self._spot_at(at)
        return found[1].bar if found else None

    def _spot_at(self, at: QPointF) -> tuple[_Row, _Spot] | None:
        row = self._row_at(at.y()) if at.y() >= HEAD else None
        if row is None:
            return None
        missed = [(_distance(self._area(row, spot), at), place) for place, spot in enumerate(row.spots)]
        least, place = min(missed, default=(SLOP + 1, 0))
        return (row, row.spots[place]) if least <= SLOP else None

    def _held(self) -> bool:
        return self._down or QScroller.scroller(self.viewport()).state() != QScroller.State.Inactive

    def _settle(self) -> None:
        if self._waiting is not None and not self._held():
            waiting, self._waiting = self._waiting, None
            self._take(*waiting)

    def _choose(self, row: _Row, bar: Bar) -> None:
        self._current = (_key(row), bar)
        if bar.key:
            self._selected = bar.key
            self.chosen.emit(bar.key)
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._down = True
        self._pressed = self.bar_at(event.position())
        self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        self._down = False
        found = self._spot_at(event.position())
        if found is not None and found[1].bar is pressed:
            self._choose(found[0], found[1].bar)
        self.viewport().update()
        QTimer.singleShot(0, self, self._settle)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        # The finger lets go of nothing then.
        self._down, self._pressed = False, None
        self._settle()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _STEPS:
            self._walk(*_STEPS[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._current is not None:
            line, bar = self._current
            self._choose(next(row for row in self._rows if _key(row) == line), bar)
        elif key in _PAGES:
            bar_ = self.verticalScrollBar()
            bar_.setValue(round(bar_.value() + _PAGES[key] * bar_.pageStep()))
        else:
            super().keyPressEvent(event)

    def _walk(self, along: int, across: int) -> None:
        """Go to the next bar of the same line, or to the one nearest in time of the next line that has any."""
        bands = [(row, band) for row in self._rows for band in _bands(row) if band]
        if not bands:
            return
        at, place = self._standing(bands)
        if place is None:
            row, band = bands[at]
            self._current = (_key(row), band[0])
        elif along:
            row, band = bands[at]
            self._current = (_key(row), band[max(0, min(place + along, len(band) - 1))])
        else:
            middle = _middle(bands[at][1][place])
            row, band = bands[max(0, min(at + across, len(bands) - 1))]
            self._current = (_key(row), min(band, key=lambda bar: abs(_middle(bar) - middle)))
        self._bring_into_sight(row)
        self.setAccessibleDescription(self._current[1].about or self._current[1].label)
        self.viewport().update()

    def _standing(self, bands: Sequence[tuple[_Row, Sequence[Bar]]]) -> tuple[int, int | None]:
        """Say in which band and where in it the arrow keys stand; at first, at the top of what is in sight."""
        for at, (row, band) in enumerate(bands):
            if self._current is not None and _key(row) == self._current[0] and self._current[1] in band:
                return at, band.index(self._current[1])
        top = self.verticalScrollBar().value()
        return next((at for at, (row, _) in enumerate(bands) if row.top >= top), 0), None

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._range()
        if self._empty is not None:
            self._empty.setGeometry(self.viewport().rect())

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            bar = self.bar_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), bar.about if bar else "", self.viewport())
            return True
        return super().viewportEvent(event)

    # ------------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._window is None or not self._rows:
            return
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width, height = self.viewport().width(), self.viewport().height()
        ends = min(height, HEAD + self._rows[-1].top + self._rows[-1].height - self.verticalScrollBar().value())
        painter.setClipRect(QRectF(0, HEAD, width, height - HEAD))
        self._paint_ticks(painter, ends)
        for row in self._in_sight():
            self._paint_row(painter, row)
        self._paint_now_line(painter, ends)
        painter.setClipping(False)
        self._paint_ruler(painter)

    def _paint_ticks(self, painter: QPainter, ends: float) -> None:
        tokens = Theme.current.tokens
        for tick in self._window.ticks if self._window else ():
            colour = tokens.line if tick.strong else mixed(tokens.line, tokens.surface, 0.55)
            painter.setPen(QPen(QColor(colour), 1.5 if tick.strong else 1))
            x = self._x(tick.at)
            painter.drawLine(QPointF(x, HEAD), QPointF(x, ends))

    def _paint_row(self, painter: QPainter, row: _Row) -> None:
        theme, tokens = Theme.current, Theme.current.tokens
        top = row.top + HEAD - self.verticalScrollBar().value()
        width = self.viewport().width()
        if isinstance(row.content, Group):
            area = QRectF(0, top, width, row.height)
            painter.fillRect(area, QColor(tokens.raised))
            strong = theme.font(Size.BODY, Weight.STRONG)
            used = paint_text(painter, area.adjusted(12, 0, 0, 0), row.content.name, font=strong, colour=tokens.text)
            rest = area.adjusted(12 + used + 8, 0, 0, 0)
            paint_text(painter, rest, str(row.content.count), font=strong, colour=tokens.muted)
            return
        for spot in row.spots:
            self._paint_bar(painter, self._area(row, spot), spot)
        self._paint_side(painter, QRectF(0, top, SIDE, row.height), row.content)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.drawLine(QPointF(0, top + row.height - 0.5), QPointF(width, top + row.height - 0.5))
        if self.hasFocus() and self._current is not None and self._current[0] == row.content.key:
            for spot in row.spots:
                if spot.bar == self._current[1]:
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    painter.setPen(QPen(QColor(tokens.focus), 2))
                    painter.drawRoundedRect(self._area(row, spot).adjusted(-3, -3, 3, 3), 8, 8)

    def _paint_side(self, painter: QPainter, area: QRectF, line: Line) -> None:
        theme, tokens = Theme.current, Theme.current.tokens
        painter.fillRect(area, QColor(tokens.surface))
        room = area.adjusted(12, 8, -8, -6)
        title = QRectF(room.left(), room.top(), room.width(), 24)
        paint_text(painter, title, line.title, font=theme.font(Size.LARGE, Weight.HEAVY), colour=tokens.text)
        below = title.bottom() + 4
        if line.remark:
            tone = tokens.of(line.remark_tone).ink if line.remark_tone else tokens.muted
            weight = Weight.STRONG if line.remark_tone else Weight.REGULAR
            used = QFontMetricsF(theme.font(Size.LARGE, Weight.HEAVY)).horizontalAdvance(line.title)
            tall = area.height() >= LINE + 16
            foot = QRectF(room.left(), below + HEIGHT + 4, room.width(), 20)
            place = foot if tall or line.look is None else title.adjusted(used + 8, 0, 0, 0)
            right = Qt.AlignmentFlag.AlignLeft if place is foot else Qt.AlignmentFlag.AlignRight
            if line.look is None:
                place.moveTop(below)
            font = theme.font(Size.SMALL, weight)
            paint_text(painter, place, line.remark, font=font, colour=tone, align=right)
        if line.look is not None:
            paint_chip(painter, QPointF(room.left(), below), line.look, room=room.width())

    def _paint_bar(self, painter: QPainter, area: QRectF, spot: _Spot) -> None:
        bar, tokens = spot.bar, Theme.current.tokens
        colours = tokens.of(bar.look.tone)
        painter.setOpacity(0.28 if bar.faded else 1.0)
        if bar.until is not None:
            self._paint_delay(painter, area, bar.until, colours.fill)
        mine = bool(bar.key) and bar.key == self._selected
        pressed = self._pressed is bar
        painter.setBrush(mixed(colours.soft, colours.fill, 0.25) if pressed else QColor(colours.soft))
        if spot.lane >= 0:
            dots = Qt.PenStyle.SolidLine if spot.start == bar.start else Qt.PenStyle.DotLine
            painter.setPen(QPen(QColor(tokens.accent if mine else colours.fill), 2.5 if mine else 1, dots))
            painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        else:
            painter.setPen(QPen(QColor(tokens.accent), 2.5) if mine else Qt.PenStyle.NoPen)
            painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5) if mine else area)
            painter.fillRect(area.adjusted(0, area.height() - _FOOT, 0, 0), QColor(colours.fill))
        if bar.hatched:
            hatch = QColor(colours.fill)
            hatch.setAlphaF(0.5)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QBrush(hatch, Qt.BrushStyle.BDiagPattern))
            painter.drawRoundedRect(area, 5, 5)
        if area.width() >= _ROOM_FOR_ICON:
            foot = 0.0 if spot.lane >= 0 else _FOOT
            self._paint_words(painter, area.adjusted(0, 0, 0, -foot), bar)
        painter.setOpacity(1.0)

    def _paint_delay(self, painter: QPainter, area: QRectF, until: datetime, colour: str) -> None:
        """Paint how far the delay of a bar reaches beyond its planned end."""
        ends = min(self._x(until), self.viewport().width())
        if ends > area.right():
            painter.setPen(QPen(QColor(colour), 2, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(area.right(), area.center().y()), QPointF(ends, area.center().y()))

    def _paint_words(self, painter: QPainter, area: QRectF, bar: Bar) -> None:
        theme = Theme.current
        colours = theme.tokens.of(bar.look.tone)
        icon = QRectF(area.left() + 5, area.center().y() - 7, 14, 14)
        if bar.hatched:
            # Words on stripes are hard to read: they get a plain ground, as wide as they are.
            said = " \u00b7 ".join(word for word in (bar.note, bar.label) if word)
            words = QFontMetricsF(theme.font(Size.SMALL, Weight.STRONG)).horizontalAdvance(said)
            ground = QRectF(area.left() + 2, area.top() + 2, min(words + 28, area.width() - 4), area.height() - 4)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.soft))
            painter.drawRoundedRect(ground, 4, 4)
        icons.paint(painter, icon, bar.look.icon, colours.ink)
        if area.width() < _ROOM_FOR_WORDS:
            return
        left = icon.right() + 5
        for word, weight in ((bar.note, Weight.HEAVY), (bar.label, Weight.STRONG)):
            room = QRectF(left, area.top(), area.right() - left - 4, area.height())
            font = theme.font(Size.SMALL, weight)
            # A few letters of a number name nothing: the icon does, and a tap opens the rest.
            if word and (
                room.width() >= _ROOM_FOR_A_PART or QFontMetricsF(font).horizontalAdvance(word) <= room.width()
            ):
                left += paint_text(painter, room, word, font=font, colour=colours.ink) + 8

    def _paint_now_line(self, painter: QPainter, ends: float) -> None:
        if self._now is None or self._window is None or not self._window.start <= self._now[0] <= self._window.end:
            return
        painter.setPen(QPen(QColor(Theme.current.tokens.accent), 2))
        x = self._x(self._now[0])
        painter.drawLine(QPointF(x, HEAD), QPointF(x, ends))

    def _paint_ruler(self, painter: QPainter) -> None:
        theme, tokens, window = Theme.current, Theme.current.tokens, self._window
        assert window is not None
        width = self.viewport().width()
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.drawLine(QPointF(0, HEAD - 0.5), QPointF(width, HEAD - 0.5))
        cap = QRectF()
        small = theme.font(Size.SMALL, Weight.STRONG)
        if self._now is not None and window.start <= self._now[0] <= window.end:
            wide = QFontMetricsF(small).horizontalAdvance(self._now[1]) + 16
            left = min(max(self._x(self._now[0]) - wide / 2, SIDE), width - wide)
            cap = QRectF(left, 6, wide, HEAD - 12)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent))
            painter.drawRoundedRect(cap, 6, 6)
            centre = Qt.AlignmentFlag.AlignHCenter
            paint_text(painter, cap, self._now[1], font=small, colour=tokens.on_accent, align=centre)
        taken = [cap]
        for tick in sorted(window.ticks, key=lambda tick: not tick.strong):
            font = theme.font(Size.SMALL, Weight.STRONG if tick.strong else Weight.REGULAR)
            # A label gives way to the time of now and to those that are more than itself, first with all but its time.
            for label in (tick.label, tick.label.partition(" ")[0]):
                area = QRectF(self._x(tick.at) + 5, 0, QFontMetricsF(font).horizontalAdvance(label) + 2, HEAD)
                apart = area.adjusted(-8, 0, 8, 0)
                if label and area.right() <= width and not any(apart.intersects(other) for other in taken):
                    colour = tokens.text if tick.strong else tokens.muted
                    paint_text(painter, area, label, font=font, colour=colour)
                    taken.append(area)
                    break


_STEPS: Final = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_PAGES: Final = {Qt.Key.Key_PageUp: -0.9, Qt.Key.Key_PageDown: 0.9, Qt.Key.Key_Home: -1e4, Qt.Key.Key_End: 1e4}


def _laid_out(content: Line | Group, top: float, window: Window) -> _Row:
    """Give each planned bar the first lane where it overlaps nothing."""
    if isinstance(content, Group):
        return _Row(content, top, HEADING)
    spots: list[_Spot] = []
    ends: list[datetime] = []
    for bar in sorted(content.planned, key=lambda bar: (bar.start, bar.end, bar.key)):
        start, end = bar.start, bar.end
        if end <= window.start and bar.until is not None:
            start, end = window.start, min(bar.until, window.end)
        if end <= window.start or start >= window.end:
            continue
        lane = next((at for at, before in enumerate(ends) if before <= start), len(ends))
        if lane == len(ends):
            ends.append(end)
        ends[lane] = end
        spots.append(_Spot(bar, min(lane, LANES - 1), start, end))
    spots += [_Spot(bar, -1, bar.start, bar.end) for bar in sorted(content.actual, key=lambda bar: bar.start)]
    lanes = max(1, min(len(ends), LANES))
    return _Row(content, top, max(LINE, 2 * _EDGE + lanes * _PLANNED + 4 + _ACTUAL), lanes, spots)


def _bands(row: _Row) -> tuple[list[Bar], list[Bar]]:
    """Give the bars of a row as the arrow keys walk them: what was planned, then what happened."""
    return (
        [spot.bar for spot in row.spots if spot.lane >= 0],
        [spot.bar for spot in row.spots if spot.lane < 0],
    )


def _key(row: _Row) -> str:
    return row.content.key if isinstance(row.content, Line) else f"group {row.content.name}"


def _middle(bar: Bar) -> datetime:
    return bar.start + (bar.end - bar.start) / 2


def _distance(area: QRectF, at: QPointF) -> float:
    aside = max(area.left() - at.x(), at.x() - area.right(), 0.0)
    above = max(area.top() - at.y(), at.y() - area.bottom(), 0.0)
    return aside + above
