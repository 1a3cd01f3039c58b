"""Lists of painted cards: one `QListView` and a painter, so that 500 cards cost what one does.

Card content is data. `CardPainter` paints `Card`; a place with other needs writes its own painter (`CardFace`) for
its own rows.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from PySide6.QtCore import QEvent, QModelIndex, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QHelpEvent, QKeyEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from mfg_desktop.ui.kit import icons
from mfg_desktop.ui.kit.bars import Segment, paint_bar
from mfg_desktop.ui.kit.chips import HEIGHT, paint_chip
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.rows import FLASH_ROLE, ROW_ROLE, Index, Rows, Steady
from mfg_desktop.ui.kit.text import code_font, paint_text
from mfg_desktop.ui.theme import RADIUS, Look, Size, Theme, Tone, Weight, mixed

GAP = 10
"""Room between two cards."""


class CardFace(Protocol):
    """Paints one row as a card.

    The list draws background, border, selection, focus and flash; the face draws what is inside.
    """

    def height(self, row: Any, width: float) -> float:
        """Give the height of the inside at this width."""

    def paint(self, painter: QPainter, inside: QRectF, row: Any) -> None:
        """Paint the inside."""

    def tooltip(self, row: Any) -> str:
        """Say in full what the card may have cut."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A readiness mark: what it is about, and how it stands."""

    icon: str
    look: Look
    about: str
    """For the tooltip: "Material"."""


@dataclass(frozen=True, slots=True)
class Card:
    """What a card of the shop says, top to bottom. What is empty takes no room."""

    key: str
    title: str
    subtitle: str = ""
    chip: Look | None = None
    when: str = ""
    when_tone: Tone | None = None
    segments: tuple[Segment, ...] = ()
    total: Decimal = Decimal(0)
    figure: str = ""
    """The strong number before `figure_rest`: "132" of "of 200 - 8 scrap"."""
    figure_rest: str = ""
    place: Look | None = None
    """Where it runs: the machine's code in the tone of its state."""
    marks: tuple[Mark, ...] = ()
    note: str = ""
    note_tone: Tone = Tone.HELD


class CardPainter:
    """Paints a `Card`: title, subtitle, chip and time, bar, figures, place and marks, note."""

    def height(self, row: Card, width: float) -> float:
        tall = 22.0 + (22 if row.subtitle else 0)
        tall += 30 if row.chip or row.when else 0
        tall += 18 if row.segments else 0
        tall += 22 if row.figure or row.figure_rest else 0
        tall += 32 if row.place or row.marks else 0
        tall += 24 if row.note else 0
        return tall

    def paint(self, painter: QPainter, inside: QRectF, row: Card) -> None:
        theme = Theme.current
        tokens = theme.tokens
        small = theme.font(Size.SMALL)
        left, width, top = inside.left(), inside.width(), inside.top()
        paint_text(
            painter,
            QRectF(left, top, width, 22),
            row.title,
            font=code_font(row.title, width, Size.LARGE, Weight.HEAVY),
            colour=tokens.text,
            code=True,
        )
        top += 22
        if row.subtitle:
            line = QRectF(left, top, width, 22)
            paint_text(painter, line, row.subtitle, font=theme.font(Size.BODY), colour=tokens.muted)
            top += 22
        if row.chip or row.when:
            used = paint_chip(painter, QPointF(left, top + 3), row.chip, room=width) + 8 if row.chip else 0.0
            tone = tokens.of(row.when_tone).fill if row.when_tone else tokens.muted
            font = theme.font(Size.SMALL, Weight.STRONG if row.when_tone else Weight.REGULAR)
            room = width - used
            said = when_in(row.when, font, room)
            paint_text(painter, QRectF(left + used, top + 3, room, HEIGHT), said, font=font, colour=tone)
            top += 30
        if row.segments:
            paint_bar(painter, QRectF(left, top + 6, width, 8), row.segments, row.total)
            top += 18
        if row.figure or row.figure_rest:
            strong = theme.font(Size.SMALL, Weight.HEAVY)
            used = paint_text(painter, QRectF(left, top, width, 22), row.figure, font=strong, colour=tokens.text)
            used += 4 if used else 0
            line = QRectF(left + used, top, width - used, 22)
            paint_text(painter, line, row.figure_rest, font=small, colour=tokens.muted)
            top += 22
        if row.place or row.marks:
            self._paint_foot(painter, QRectF(left, top + 6, width, HEIGHT), row)
            top += 32
        if row.note:
            ink = tokens.of(row.note_tone).ink
            icons.paint(painter, QRectF(left, top + 7, 14, 14), "note", ink)
            line = QRectF(left + 20, top + 3, width - 20, 21)
            paint_text(painter, line, row.note, font=theme.font(Size.SMALL, Weight.STRONG), colour=ink)

    def tooltip(self, row: Card) -> str:
        lines = [f"{row.title} \u00b7 {row.subtitle}", row.when, f"{row.figure} {row.figure_rest}"]
        lines += [f"{mark.about}: {mark.look.word}" for mark in row.marks]
        lines.append(row.note)
        return "\n".join(line for line in lines if line.strip())

    def _paint_foot(self, painter: QPainter, line: QRectF, row: Card) -> None:
        # The marks keep their room at the right; a long machine code gives way to them.
        tokens = Theme.current.tokens
        size, gap = line.height(), 5.0
        room = line.width() - len(row.marks) * (size + gap)
        if row.place:
            paint_chip(painter, line.topLeft(), row.place, room=room, height=line.height())
        left = line.right() - len(row.marks) * (size + gap) + gap
        for mark in row.marks:
            colours = tokens.of(mark.look.tone)
            box = QRectF(left, line.top(), size, size)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.soft))
            painter.drawRoundedRect(box, 7, 7)
            icons.paint(painter, box.adjusted(4, 4, -4, -4), mark.icon, colours.ink)
            paint_badge(painter, box, mark.look, colours.fill)
            left += size + gap


def when_in(when: str, font: QFont, room: float) -> str:
    """Give a due time as it fits: "due" says itself beside a day, and goes before the hour is cut."""
    return when if QFontMetricsF(font).horizontalAdvance(when) <= room else when.removeprefix("due ")


def paint_badge(painter: QPainter, box: QRectF, look: Look, colour: str) -> None:
    """Paint at a mark's corner the form of its state, for those who do not see its colour: nothing when ready, a
    dot when partly, a cross when missing.
    """
    corner = QPointF(box.right() - 2.5, box.top() + 2.5)
    if look.icon == "cross":
        painter.setPen(QPen(QColor(colour), 2.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(QPointF(box.left() + 3, box.bottom() - 3), QPointF(box.right() - 3, box.top() + 3))
    elif look.icon == "alert":
        painter.setPen(QPen(QColor(Theme.current.tokens.surface), 1.5))
        painter.setBrush(QColor(colour))
        painter.drawEllipse(corner, 4.5, 4.5)


class _CardDelegate(QStyledItemDelegate):
    """Draws the frame of a card and lets its face fill it."""

    def __init__(self, face: CardFace, list_: "CardList") -> None:
        super().__init__(list_)
        self._face = face
        self._list = list_

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens = Theme.current.tokens
        state = option.state
        box = QRectF(option.rect).adjusted(1, GAP / 2, -1, -GAP / 2)
        if self._list.tiled():
            box.adjust(GAP / 2 - 1, 0, -GAP / 2 + 1, 0)
        selected = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pressed = self._list.pressed_row() == index.row()
        painter.setBrush(mixed(tokens.surface, tokens.accent, 0.08) if pressed else QColor(tokens.surface))
        painter.setPen(QPen(QColor(tokens.accent if selected else tokens.line), 2 if selected else 1))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        flash = float(index.data(FLASH_ROLE) or 0)
        if flash > 0:
            glow = QColor(tokens.accent)
            glow.setAlphaF(0.26 * flash)
            painter.setBrush(glow)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawRoundedRect(box, RADIUS, RADIUS)
        if self._list.hasFocus() and self._list.currentIndex() == index:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.focus), 2))
            painter.drawRoundedRect(box.adjusted(3, 3, -3, -3), RADIUS - 3, RADIUS - 3)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        self._face.paint(painter, box.adjusted(12, 11, -12, -11), index.data(ROW_ROLE))
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        width = self._list.card_width()
        inside = width - 26 - (GAP if self._list.tiled() else 0)
        return QSize(width, round(self._face.height(index.data(ROW_ROLE), inside) + 22 + GAP))

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        if event.type() == QEvent.Type.ToolTip and index.isValid():
            QToolTip.showText(event.globalPos(), self._face.tooltip(index.data(ROW_ROLE)), view)
            return True
        return super().helpEvent(event, view, option, index)


class CardList(QListView):
    """Cards under one another or, with `tile` given, side by side in tiles at least that wide.

    `show_rows` merges by key; `chosen` sends the key of a tapped card (or Return on it); the selection follows the key.
    """

    chosen = Signal(object)
    reached_end = Signal()

    def __init__(
        self,
        key: Callable[[Any], Hashable],
        face: CardFace | None = None,
        *,
        tile: int = 0,
        empty: EmptyState | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.rows = Rows(key, self)
        self._tile = tile
        self._pressed = -1
        self.setModel(self.rows)
        self.setItemDelegate(_CardDelegate(face or CardPainter(), self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAutoScroll(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.viewport().setAutoFillBackground(False)
        if tile:
            self.setFlow(QListView.Flow.LeftToRight)
            self.setWrapping(True)
        self._steady = Steady(self, self.rows, key, empty)
        self._steady.chosen.connect(self.chosen)
        self._steady.reached_end.connect(self.reached_end)
        self.pressed.connect(self._press)

    def show_rows(self, rows: Sequence[Any]) -> None:
        """Merge these rows in, now or when the list is let go."""
        self._steady.show_rows(rows)

    def add_rows(self, rows: Sequence[Any]) -> None:
        """Add the next page."""
        self.rows.add_rows(rows)

    def select(self, key: Hashable | None) -> bool:
        """Select the card of a key and bring it into sight, without sending `chosen`; None selects nothing."""
        return self._steady.select(key)

    def follow(self, key: Hashable | None) -> None:
        """Select the card of what is open; by news of the same without taking anybody away from where the keys stand."""
        self._steady.follow(key)

    def set_tile(self, width: int) -> None:
        """Make the tiles at least so wide."""
        if width != self._tile:
            self._tile = width
            self.scheduleDelayedItemsLayout()

    def tiled(self) -> bool:
        return self._tile > 0

    def card_width(self) -> int:
        """Give the width of a card: the list's, or the tile that fills the line."""
        if not self._tile:
            return self.viewport().width() - 1
        # Qt lays tiles out as if the scroll bar were always there, and wraps a line that fits exactly.
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent, None, self.verticalScrollBar())
        room = self.maximumViewportSize().width() - bar - 1
        return room // max(1, room // self._tile)

    def pressed_row(self) -> int:
        return self._pressed

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        before = self.currentIndex()
        super().keyPressEvent(event)
        if self.currentIndex() != before:
            # A tap moves no card, not even one that is half in sight; a key brings its card into sight.
            self.scrollTo(self.currentIndex())

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.MouseButtonRelease, QEvent.Type.Leave) and self._pressed >= 0:
            self._pressed = -1
            self.viewport().update()
        return super().viewportEvent(event)

    def _press(self, index: QModelIndex) -> None:
        self._pressed = index.row()
        self.viewport().update()
