"""Charts as paint, into any painter and rectangle: the ribbon of a machine's day and the Pareto of its stops. Height, pattern
and word tell what colour tells.

`Ribbon` and `Pareto` are the same as widgets. A state that a ribbon should show is a `Band`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from mfg_desktop.ui.kit import formats, icons
from mfg_desktop.ui.kit.text import paint_text
from mfg_desktop.ui.theme import Look, Size, Theme, Tone, Weight, mixed

HOURS: Final = 22.0
"""Height of the line of hours below a ribbon."""
LEGEND: Final = 24.0
REACH: Final = 12.0
"""A finger that lands this near to a short stretch means it, not the long one beside it."""
ROW: Final = 34.0
"""Height of a row of the Pareto where there is room."""
LEAST_ROW: Final = 20.0
_LEAST: Final = 2.0
_STEPS: Final = (1, 2, 3, 4, 6, 12)
_SWATCH: Final = QSize(18, 12)
_GRID: Final = (0, 50, 100)


@dataclass(frozen=True, slots=True)
class Band:
    """How a state looks on a ribbon: its tone, its word, how high it stands, and whether it is hatched."""

    tone: Tone
    word: str
    height: float = 1.0
    hatched: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    start: datetime
    end: datetime
    band: Band


@dataclass(frozen=True, slots=True)
class Share:
    """A row of a Pareto: what it is, how much of the whole, and how that is written."""

    look: Look
    amount: Decimal
    note: str = ""


# ---------------------------------------------------------------------- the ribbon


def paint_ribbon(
    painter: QPainter,
    area: QRectF,
    stretches: Sequence[Stretch],
    *,
    start: datetime,
    end: datetime,
    zone: ZoneInfo,
    now: datetime | None = None,
    chosen: int | None = None,
) -> None:
    """Paint what was from `start` to `end`, over a line with the hours on the plant's clock."""
    tokens = Theme.current.tokens
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    lane = ribbon_lane(area)
    painter.fillRect(lane, mixed(tokens.raised, tokens.line, 0.35))
    boxes = [_box(lane, stretch, start, end) for stretch in stretches]
    # The short ones last: a stop of two minutes is not painted over by the run after it.
    for box, stretch in sorted(zip(boxes, stretches, strict=True), key=lambda pair: -pair[0].width()):
        paint_band(painter, box, stretch.band)
    if chosen is not None and chosen < len(boxes):
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(tokens.text), 2))
        around = boxes[chosen]
        painter.drawRect(QRectF(around.left() - 1, lane.top() - 2, max(around.width(), 4) + 2, lane.height() + 3))
    _paint_hours(painter, QRectF(area.left(), lane.bottom(), area.width(), HOURS), start, end, zone, now)
    painter.restore()


def ribbon_lane(area: QRectF) -> QRectF:
    """Give the part of a ribbon's area that holds the stretches."""
    return area.adjusted(0, 2, 0, -HOURS)


def paint_band(painter: QPainter, box: QRectF, band: Band) -> None:
    """Paint a stretch, or its swatch in a legend: standing on the floor of the box, hatched where it is no work."""
    tokens = Theme.current.tokens
    fill = QColor(tokens.of(band.tone).fill)
    filled = QRectF(box.left(), box.bottom() - box.height() * band.height, box.width(), box.height() * band.height)
    painter.fillRect(filled, fill)
    if band.hatched:
        painter.fillRect(filled, QBrush(mixed(fill.name(), tokens.surface, 0.62), Qt.BrushStyle.BDiagPattern))


def stretch_at(area: QRectF, x: float, stretches: Sequence[Stretch], *, start: datetime, end: datetime) -> int | None:
    """Give the place of the stretch that a tap at `x` means: of all within reach the shortest."""
    boxes = [_box(area, stretch, start, end) for stretch in stretches]
    near = [at for at, box in enumerate(boxes) if box.left() - REACH <= x <= box.right() + REACH]
    short = [at for at in near if boxes[at].width() < 2 * REACH]
    if short:
        return min(short, key=lambda at: (abs(boxes[at].center().x() - x), boxes[at].width()))
    return next((at for at in near if boxes[at].left() <= x <= boxes[at].right()), None)


def paint_legend(painter: QPainter, area: QRectF, entries: Sequence[tuple[Band, str]]) -> None:
    """Paint a swatch, a word and a number for each band, from the left, as many as fit."""
    theme = Theme.current
    strong, small = theme.font(Size.SMALL, Weight.STRONG), theme.font(Size.SMALL)
    left = area.left()
    for band, note in entries:
        word = QFontMetricsF(strong).horizontalAdvance(band.word)
        told = QFontMetricsF(small).horizontalAdvance(note)
        if left + _SWATCH.width() + 6 + word > area.right():
            return
        middle = area.center().y() - _SWATCH.height() / 2
        paint_band(painter, QRectF(left, middle, _SWATCH.width(), _SWATCH.height()), band)
        left += _SWATCH.width() + 6
        line = QRectF(left, area.top(), area.right() - left, area.height())
        paint_text(painter, line, band.word, font=strong, colour=theme.tokens.text)
        paint_text(painter, line.adjusted(word + 6, 0, 0, 0), note, font=small, colour=theme.tokens.muted)
        left += word + 6 + told + 18


def _box(lane: QRectF, stretch: Stretch, start: datetime, end: datetime) -> QRectF:
    left = _place(lane, max(stretch.start, start), start, end)
    right = _place(lane, min(stretch.end, end), start, end)
    return QRectF(left, lane.top(), max(right - left, _LEAST), lane.height())


def _place(area: QRectF, at: datetime, start: datetime, end: datetime) -> float:
    return area.left() + area.width() * ((at - start) / (end - start) if end > start else 0.0)


def _paint_hours(
    painter: QPainter, line: QRectF, start: datetime, end: datetime, zone: ZoneInfo, now: datetime | None
) -> None:
    theme = Theme.current
    tokens, small = theme.tokens, theme.font(Size.SMALL)
    metrics = QFontMetricsF(small)
    room = metrics.horizontalAdvance("00:00") + 14
    hour = line.width() * (timedelta(hours=1) / (end - start) if end > start else 0.0)
    step = next((step for step in _STEPS if step * hour >= room), _STEPS[-1])
    taken = QRectF()
    if now is not None and start <= now <= end:
        taken = _paint_now(painter, line, _place(line, now, start, end))
    local = start.astimezone(zone)
    whole = local.replace(minute=0, second=0, microsecond=0)
    # Counts in passed hours, so that the night in which the clock is put back has its hour twice.
    at = start - (local - whole)
    while at <= end:
        if at >= start:
            x = _place(line, at, start, end)
            named = at.astimezone(zone).hour % step == 0
            painter.setPen(QPen(QColor(tokens.muted if named else tokens.line), 1))
            painter.drawLine(QPointF(x, line.top()), QPointF(x, line.top() + (5 if named else 3)))
            words = QRectF(x - room / 2, line.top() + 5, room, line.height() - 5)
            if (
                named
                and words.left() >= line.left() - 8
                and words.right() <= line.right() + 8
                and not taken.intersects(words)
            ):
                text = formats.clock(at, zone)
                paint_text(painter, words, text, font=small, colour=tokens.muted, align=Qt.AlignmentFlag.AlignHCenter)
        at += timedelta(hours=1)


def _paint_now(painter: QPainter, line: QRectF, x: float) -> QRectF:
    """Paint the mark of now, and give the room that its word took."""
    theme = Theme.current
    strong = theme.font(Size.SMALL, Weight.STRONG)
    width = QFontMetricsF(strong).horizontalAdvance("now")
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.tokens.text))
    tip = min(x, line.right() - 4)
    painter.drawPolygon(
        QPolygonF([QPointF(tip, line.top()), QPointF(tip - 4, line.top() + 5), QPointF(tip + 4, line.top() + 5)])
    )
    left = min(max(x - width / 2, line.left()), line.right() - width)
    words = QRectF(left, line.top() + 5, width + 1, line.height() - 5)
    paint_text(painter, words, "now", font=strong, colour=theme.tokens.text)
    return words.adjusted(-6, 0, 6, 0)


class Ribbon(QWidget):
    """The ribbon to tap: `chosen` sends the place of a stretch. Left and right walk along it."""

    chosen = Signal(int)

    def __init__(self, zone: Callable[[], ZoneInfo], *, height: int = 44, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._zone, self._height = zone, height
        self._stretches: tuple[Stretch, ...] = ()
        self._legend: tuple[tuple[Band, str], ...] = ()
        self._now: datetime | None = None
        self._chosen: int | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_stretches(
        self, stretches: Sequence[Stretch], legend: Sequence[tuple[Band, str]], now: datetime | None = None
    ) -> None:
        """Show these stretches, oldest first and without gaps, and what their bands mean."""
        self._stretches, self._legend, self._now = tuple(stretches), tuple(legend), now
        if self._chosen is not None and self._chosen >= len(self._stretches):
            self._chosen = None
        self.setAccessibleDescription(", ".join(f"{band.word} {note}" for band, note in legend))
        self.update()

    def choose(self, place: int | None) -> None:
        """Mark a stretch without sending a signal, or none."""
        self._chosen = place
        self.update()

    def place_of(self, stretch: int) -> QPointF:
        """Give a point on a stretch."""
        return _box(ribbon_lane(self._area()), self._stretches[stretch], *self._span()).center()

    def sizeHint(self) -> QSize:
        return QSize(400, round(LEGEND + 6 + self._height + HOURS + 2))

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.sizeHint().height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._stretches and event.position().y() > LEGEND:
            start, end = self._span()
            lane = ribbon_lane(self._area())
            self._send(stretch_at(lane, event.position().x(), self._stretches, start=start, end=end))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if step and self._stretches:
            last = len(self._stretches) - 1
            # The first key goes to what is now: that is what is asked about.
            self._send(last if self._chosen is None else max(0, min(self._chosen + step, last)))
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_legend(painter, QRectF(0, 0, self.width(), LEGEND), self._legend)
        if self._stretches:
            start, end = self._span()
            paint_ribbon(
                painter,
                self._area(),
                self._stretches,
                start=start,
                end=end,
                zone=self._zone(),
                now=self._now,
                chosen=self._chosen,
            )
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(Theme.current.tokens.focus), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, LEGEND, -1, -1), 6, 6)

    def _area(self) -> QRectF:
        return QRectF(4, LEGEND + 4, self.width() - 8, self.height() - LEGEND - 6)

    def _span(self) -> tuple[datetime, datetime]:
        return self._stretches[0].start, self._stretches[-1].end

    def _send(self, place: int | None) -> None:
        if place is not None:
            self.choose(place)
            self.chosen.emit(place)


# ---------------------------------------------------------------------- the Pareto


def cumulated(shares: Sequence[Share]) -> list[Decimal]:
    """Give for each share what it and those before it are of the whole, from 0 to 1."""
    whole = sum((share.amount for share in shares), Decimal(0))
    told, up_to = [], Decimal(0)
    for share in shares:
        up_to += share.amount
        told.append(up_to / whole if whole else Decimal(0))
    return told


def paint_pareto(painter: QPainter, area: QRectF, shares: Sequence[Share]) -> None:
    """Paint a bar for each share and the line of the running total over them, both on the scale of 0 to 100 %.

    The shares come the largest first. Words stand at the left, amounts and running totals at the right.
    """
    if not shares:
        return
    theme = Theme.current
    tokens = theme.tokens
    small, strong = theme.font(Size.SMALL), theme.font(Size.SMALL, Weight.STRONG)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    words = min(max(QFontMetricsF(strong).horizontalAdvance(one.look.word) for one in shares) + 24, area.width() * 0.34)
    notes = min(max(QFontMetricsF(small).horizontalAdvance(one.note) for one in shares) + 12, area.width() * 0.34)
    total = QFontMetricsF(strong).horizontalAdvance("100 %") + 8
    row = min(ROW, (area.height() - HOURS) / len(shares))
    track = QRectF(area.left() + words + 6, area.top(), area.width() - words - notes - total - 12, row * len(shares))
    _paint_grid(painter, track, area)
    right = Qt.AlignmentFlag.AlignRight
    line: list[QPointF] = []
    whole = sum((share.amount for share in shares), Decimal(0))
    for at, (share, up_to) in enumerate(zip(shares, cumulated(shares), strict=True)):
        top = track.top() + at * row
        tone = tokens.of(share.look.tone)
        icons.paint(painter, QRectF(area.left(), top + row / 2 - 8, 16, 16), share.look.icon, tone.ink)
        word = QRectF(area.left() + 22, top, words - 22, row)
        paint_text(painter, word, share.look.word, font=strong, colour=tokens.text)
        part = float(share.amount / whole) if whole else 0.0
        bar = QRectF(track.left(), top + row * 0.2, max(track.width() * part, _LEAST), row * 0.6)
        painter.fillRect(bar, QColor(tone.fill))
        note = QRectF(track.right() + 6, top, notes, row)
        paint_text(painter, note, share.note, font=small, colour=tokens.text, align=right)
        told = QRectF(note.right(), top, total, row)
        paint_text(painter, told, f"{up_to:.0%}".replace("%", " %"), font=strong, colour=tokens.muted, align=right)
        line.append(QPointF(track.left() + track.width() * float(up_to), top + row / 2))
    painter.setBrush(QColor(tokens.surface))
    # Twice: a rim in the colour of the page keeps the line apart from the bars that it crosses.
    for colour, width in ((tokens.surface, 5.0), (tokens.text, 2.0)):
        painter.setPen(QPen(QColor(colour), width))
        painter.drawPolyline(QPolygonF(line))
    for dot in line:
        painter.drawEllipse(dot, 3.5, 3.5)
    painter.restore()


def _paint_grid(painter: QPainter, track: QRectF, area: QRectF) -> None:
    theme = Theme.current
    font = theme.font(Size.SMALL)
    for percent in _GRID:
        x = track.left() + track.width() * percent / 100
        painter.setPen(QPen(QColor(theme.tokens.line), 1))
        painter.drawLine(QPointF(x, track.top()), QPointF(x, track.bottom() + 3))
        words = QRectF(x - 24, track.bottom() + 3, 48, HOURS - 3)
        middle = Qt.AlignmentFlag.AlignHCenter
        paint_text(painter, words, f"{percent} %", font=font, colour=theme.tokens.muted, align=middle)
    rest = QRectF(track.right() + 30, track.bottom() + 3, area.right() - track.right() - 30, HOURS - 3)
    paint_text(
        painter, rest, "line: running total", font=font, colour=theme.tokens.muted, align=Qt.AlignmentFlag.AlignRight
    )


class Pareto(QWidget):
    """The Pareto as a widget."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shares: tuple[Share, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def show_shares(self, shares: Sequence[Share]) -> None:
        """Show these shares of a whole, the largest first."""
        self._shares = tuple(shares)
        self.setAccessibleDescription(", ".join(f"{one.look.word} {one.note}" for one in shares))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(360, round(len(self._shares) * ROW + HOURS))

    def minimumSizeHint(self) -> QSize:
        return QSize(240, round(len(self._shares) * LEAST_ROW + HOURS))

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_pareto(QPainter(self), QRectF(self.rect()).adjusted(0, 0, -2, 0), self._shares)
