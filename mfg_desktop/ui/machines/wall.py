"""The wall: a painted tile per machine under the headings of its groups. Only what is seen is painted."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QHelpEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from mfg_desktop.queries.rows import MachineRow
from mfg_desktop.ui.kit import icons
from mfg_desktop.ui.kit.bars import output_segments, paint_bar
from mfg_desktop.ui.kit.cards import CardList
from mfg_desktop.ui.kit.chips import paint_chip
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.rows import ROW_ROLE
from mfg_desktop.ui.kit.text import code_font, elided, lines_of, paint_text
from mfg_desktop.ui.machines import wording
from mfg_desktop.ui.machines.presenter import Arrangement, Group
from mfg_desktop.ui.theme import MACHINE_LOOKS, Size, Theme, Tone, Weight

NARROWEST: Final = 212
"""Five tiles side by side on a panel of 1280."""
WIDE: Final = 1300
"""From this width on tiles are larger rather than more, where they have to be scrolled anyhow."""
NARROWEST_WIDE: Final = 262
ROOMY: Final = 230.0
HEADING: Final = 34
FRAME: Final = 34
"""What a card has around what it shows."""
LARGEST: Final = 2.0
"""How much larger than on a small panel a tile gets where there is room."""
SMALLEST: Final = 0.6
"""How much smaller a tile of the wall view gets: what does not stand on it is never seen, since nobody scrolls it."""
MOST_SPARE: Final = 0.3
"""The part of its height by which a tile is stretched at most, to use up the room below."""

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a group of tiles."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Fit:
    """How the tiles stand in their room."""

    scale: float
    across: int
    """Tiles side by side."""
    spare: float = 0.0
    """Height that each tile has beyond what it needs, before it is scaled."""
    fills: bool = False
    """All of them stand in the room, none below its edge."""


def tile_height(inside: float, scale: float) -> float:
    """Give the height of what a tile shows in this width."""
    return (142.0 if inside / scale >= ROOMY else 126.0) * scale


def fit(room: QSize, groups: Sequence[int], *, headed: bool, least: float = 1.0) -> Fit:
    """Make the tiles of these groups as large as lets all of them stand in the room; where they cannot, they keep
    their size and are scrolled.
    """
    heads = HEADING * len(groups) if headed else 0
    for twentieths in range(round(LARGEST * 20), round(least * 20) - 1, -1):
        scale = twentieths / 20
        across = room.width() // round(NARROWEST * scale)
        if not across:
            continue
        lines = sum(-(-count // across) for count in groups) if headed else -(-sum(groups) // across)
        tile = tile_height(room.width() // across - FRAME, scale) + FRAME
        spare = room.height() - heads - lines * tile
        if lines and spare >= 0:
            return Fit(scale, across, min(spare / lines, MOST_SPARE * tile) // scale, True)
    return Fit(1.0, max(1, room.width() // (NARROWEST_WIDE if room.width() >= WIDE else NARROWEST)))


class TileFace:
    """Paints a machine: code and model, state with its time, its work or why there is none, maintenance and queue."""

    def __init__(self, zone: Callable[[], ZoneInfo]) -> None:
        self._zone = zone
        self.fit = Fit(1.0, 1)

    def height(self, row: MachineRow, width: float) -> float:
        return tile_height(width, self.fit.scale) + self.fit.spare * self.fit.scale

    def paint(self, painter: QPainter, inside: QRectF, row: MachineRow) -> None:
        painter.save()
        painter.translate(inside.topLeft())
        scale = self.fit.scale
        painter.scale(scale, scale)
        self._paint(painter, QRectF(0, 0, inside.width() / scale, inside.height() / scale), row)
        painter.restore()

    def _paint(self, painter: QPainter, inside: QRectF, row: MachineRow) -> None:
        now, zone = datetime.now(UTC), self._zone()
        tokens = Theme.current.tokens
        band = QRectF(inside.left() - 8, inside.top() - 3, 5, inside.height() + 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.of(wording.STATE_TONES[row.status]).fill))
        painter.drawRoundedRect(band, 2.5, 2.5)
        roomy = inside.width() >= ROOMY
        left, width = inside.left() + 5, inside.width() - 5
        line = 22.0 if roomy else 18.0
        gap = self.fit.spare / 3
        top = inside.top() - 3
        self._paint_head(painter, QRectF(left, top, width, 32), row)
        top += 34 + gap
        self._paint_state(painter, QRectF(left, top, width, 24), row, zone, now)
        top += 28 + gap
        self._paint_work(painter, QRectF(left, top, width, 2 * line + 12), row, line, zone, now)
        top += 2 * line + 12 + gap
        self._paint_foot(painter, QRectF(left, top, width, line), row, now.astimezone(zone).date())

    def tooltip(self, row: MachineRow) -> str:
        now, zone = datetime.now(UTC), self._zone()
        lines = [f"{row.machine} · {wording.model(row)}", wording.state_sentence(row, zone, now)]
        if row.open_downtime is not None:
            lines.append(wording.downtime_sentence(row.open_downtime))
        if row.work_order is not None:
            lines += [
                row.work_order,
                wording.work_in_full(row),
                f"{wording.made(row)}, {wording.due(row, zone, now)[0]}",
            ]
        if row.oee_today is not None:
            lines.append(f"{wording.oee_briefly(row)} today")
        lines += [wording.maintenance(row, now.astimezone(zone).date())[0], wording.queued(row)]
        return "\n".join(lines)

    def _paint_head(self, painter: QPainter, line: QRectF, row: MachineRow) -> None:
        theme = Theme.current
        font = code_font(row.machine, line.width(), Size.TITLE, Weight.HEAVY)
        used = paint_text(painter, line, row.machine, font=font, colour=theme.tokens.text, code=True)
        rest = QRectF(line.left() + used + 10, line.top() + 2, line.width() - used - 10, line.height())
        if self._oee_in_head(row, line.width()):
            self._paint_oee(painter, rest, row)
            return
        words, small = wording.plate(row), theme.font(Size.SMALL)
        # Half a model's name says nothing.
        if QFontMetricsF(small).horizontalAdvance(words) <= rest.width():
            right = Qt.AlignmentFlag.AlignRight
            paint_text(painter, rest, words, font=small, colour=theme.tokens.muted, align=right)

    def _oee_in_head(self, row: MachineRow, width: float) -> bool:
        """Say whether today's effectiveness has room beside the code; beside the state it has the rest."""
        code = QFontMetricsF(Theme.current.font(Size.TITLE, Weight.HEAVY)).horizontalAdvance(row.machine)
        return bool(wording.oee_briefly(row)) and code + 10 + _advance(wording.oee_briefly(row)) <= width

    def _paint_oee(self, painter: QPainter, room: QRectF, row: MachineRow) -> None:
        tokens, right = Theme.current.tokens, Qt.AlignmentFlag.AlignRight
        font = Theme.current.font(Size.SMALL, Weight.STRONG if row.oee_today else Weight.REGULAR)
        colour = tokens.text if row.oee_today else tokens.muted
        paint_text(painter, room, wording.oee_briefly(row), font=font, colour=colour, align=right)

    def _paint_state(self, painter: QPainter, line: QRectF, row: MachineRow, zone: ZoneInfo, now: datetime) -> None:
        tone = wording.state_ink(row)
        used = paint_chip(painter, line.topLeft(), MACHINE_LOOKS[row.status], room=line.width()) + 8
        room = QRectF(line.left() + used, line.top(), line.width() - used, line.height())
        # The hour gives way before the length of time: what matters from two metres is how long.
        long, short = wording.since_long(row, zone, now), wording.since_short(row, now)
        oee = wording.oee_briefly(row)
        aside = _advance(oee) + 5 if oee and not self._oee_in_head(row, line.width()) else 0.0
        metrics = QFontMetricsF(_font(tone))
        if aside and metrics.horizontalAdvance(short) + aside <= room.width():
            self._paint_oee(painter, room, row)
            room.setWidth(room.width() - aside)
        fits = metrics.horizontalAdvance(long) <= room.width()
        paint_text(painter, room, long if fits else short, font=_font(tone), colour=_ink(tone))

    def _paint_work(
        self, painter: QPainter, area: QRectF, row: MachineRow, height: float, zone: ZoneInfo, now: datetime
    ) -> None:
        text = Theme.current.tokens.text
        first = QRectF(area.left(), area.top(), area.width(), height)
        if row.work_order is None:
            (kind, kind_tone), (reason, tone) = wording.idle_notes(row)
            paint_text(painter, first, kind, font=_font(kind_tone), colour=_ink(kind_tone))
            # Close below the first line: so a second line of the reason has room on the smallest tile.
            top = first.bottom() - 2
            rest = QRectF(first.left(), top, first.width(), area.bottom() - top + self.fit.spare / 3)
            _paint_reason(painter, rest, height, reason, tone)
            return
        strong = Theme.current.font(Size.SMALL, Weight.STRONG)
        paint_text(painter, first, work_words(row, first.width()), font=strong, colour=text)
        bar = QRectF(area.left(), first.bottom() + 3, area.width(), 7)
        segments = output_segments(row.good or Decimal(0), row.scrapped or Decimal(0))
        paint_bar(painter, bar, segments, row.quantity_ordered or Decimal(0))
        last = QRectF(area.left(), bar.bottom() + 2, area.width(), height)
        used = paint_text(painter, last, wording.made_briefly(row), font=strong, colour=text) + 8
        words, late = wording.due(row, zone, now)
        if QFontMetricsF(_font(late)).horizontalAdvance(words) > last.width() - used:
            words = wording.due_briefly(words)
        right = Qt.AlignmentFlag.AlignRight
        paint_text(painter, last.adjusted(used, 0, 0, 0), words, font=_font(late), colour=_ink(late), align=right)

    def _paint_foot(self, painter: QPainter, line: QRectF, row: MachineRow, today: date) -> None:
        words, tone = wording.maintenance(row, today)
        queued = wording.queued(row) if row.queue else ""
        muted, small = Theme.current.tokens.muted, Theme.current.font(Size.SMALL)
        width = QFontMetricsF(small).horizontalAdvance(queued) + 10 if queued else 0
        paint_text(painter, line, queued, font=small, colour=muted, align=Qt.AlignmentFlag.AlignRight)
        icons.paint(painter, QRectF(line.left(), line.center().y() - 7, 14, 14), "wrench", _ink(tone))
        rest = line.adjusted(19, 0, -width, 0)
        if QFontMetricsF(_font(tone)).horizontalAdvance(words) > rest.width():
            words = wording.maintenance_briefly(row, today)
        paint_text(painter, rest, words, font=_font(tone), colour=_ink(tone))


def _paint_reason(painter: QPainter, room: QRectF, line: float, reason: str, tone: Tone | None) -> None:
    """Paint why a machine stands still, in as many lines as there is room for: what is wrong is read from two metres."""
    font, colour = _font(tone), _ink(tone)
    lines = reason_lines(reason, font, room)
    high = QFontMetricsF(font).height() if len(lines) > 1 else line
    top = room.top() + (0 if len(lines) > 1 else 2)
    for at, words in enumerate(lines):
        paint_text(painter, QRectF(room.left(), top + at * high, room.width(), high), words, font=font, colour=colour)


def reason_lines(reason: str, font: QFont, room: QRectF) -> list[str]:
    """Break a reason into the lines that a tile has room for; only the last one is cut."""
    return lines_of(reason, font, room.width(), most=max(1, int(room.height() // QFontMetricsF(font).height())))


def _ink(tone: Tone | None) -> str:
    tokens = Theme.current.tokens
    return tokens.of(tone).ink if tone else tokens.muted


def work_words(row: MachineRow, width: float) -> str:
    """Write what runs, in so much room: before the number of the order is cut, the name goes."""
    words = wording.work(row) if _advance(wording.work(row)) <= width else wording.work_briefly(row)
    if row.sequence is None and row.work_order is not None and _advance(row.work_order) > width:
        words = row.work_order
    is_named = row.sequence is None and words != row.work_order
    return elided(words, Theme.current.font(Size.SMALL, Weight.STRONG), width, code=not is_named)


def _advance(text: str) -> float:
    return QFontMetricsF(Theme.current.font(Size.SMALL, Weight.STRONG)).horizontalAdvance(text)


def _font(tone: Tone | None) -> QFont:
    return Theme.current.font(Size.SMALL, Weight.STRONG if tone else Weight.REGULAR)


class _WallDelegate(QStyledItemDelegate):
    """Paints headings across the wall, and leaves the tiles to the list's own delegate."""

    def __init__(self, wall: "Wall", tiles: QAbstractItemDelegate) -> None:
        super().__init__(wall)
        self._wall, self._tiles = wall, tiles

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(ROW_ROLE)
        if not isinstance(row, Heading):
            self._tiles.paint(painter, option, index)
            return
        theme = Theme.current
        area = QRectF(option.rect).adjusted(6, 6, -6, 0)
        strong = theme.font(Size.LARGE, Weight.STRONG)
        used = paint_text(painter, area, row.name, font=strong, colour=theme.tokens.text)
        rest = area.adjusted(used + 8, 0, 0, 0)
        paint_text(painter, rest, str(row.count), font=strong, colour=theme.tokens.muted)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        if isinstance(index.data(ROW_ROLE), Heading):
            return QSize(self._wall.line_width(), HEADING)
        return self._tiles.sizeHint(option, index)

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        if isinstance(index.data(ROW_ROLE), Heading):
            return False
        return self._tiles.helpEvent(event, view, option, index)


class Wall(CardList):
    """The tiles in their groups. `machine_chosen` sends the code of a tapped machine; headings cannot be chosen."""

    machine_chosen = Signal(str)

    def __init__(
        self, zone: Callable[[], ZoneInfo], *, empty: EmptyState, scrolls: bool = True, parent: QWidget | None = None
    ) -> None:
        """A wall that nobody `scrolls` shows every machine, however small, and rather without headings."""
        self._face = TileFace(zone)
        self._scrolls = scrolls
        self._groups: tuple[tuple[str, tuple[MachineRow, ...]], ...] = ()
        self._sizes: tuple[int, ...] = ()
        self._headed = True
        super().__init__(_key, self._face, tile=NARROWEST, empty=empty, parent=parent)
        self.setItemDelegate(_WallDelegate(self, self.itemDelegate()))
        self.setAccessibleName("Machines")
        self.chosen.connect(self._choose)

    def show_groups(
        self, groups: Sequence[Group], arrangement: Arrangement, *, whole: Sequence[Group] | None = None
    ) -> None:
        """Show these groups; what is there already changes in place. The tiles are as large as lets the `whole` stand
        there, of which these are a part.
        """
        self._groups = tuple(
            (group.name and wording.group_name(group.name, arrangement), group.machines) for group in groups
        )
        self._sizes = tuple(len(group.machines) for group in (groups if whole is None else whole))
        self._fill()
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        headed = self._headed
        self._fill()
        if headed is not self._headed:
            self._show()

    def _show(self) -> None:
        rows: list[Any] = []
        for name, machines in self._groups:
            if name and self._headed:
                rows.append(Heading(name, len(machines)))
            rows.extend(machines)
        self.show_rows(rows)

    def _fill(self) -> None:
        """Let the tiles fill their room."""
        room = QSize(self.line_width(), self.maximumViewportSize().height() - 1)
        named = any(name for name, _ in self._groups)
        found = fit(room, self._sizes, headed=named)
        self._headed = self._scrolls or found.fills
        if not self._headed:
            found = fit(room, self._sizes, headed=False, least=SMALLEST)
        if found != self._face.fit:
            self._face.fit = found
            self.scheduleDelayedItemsLayout()

    def tiles(self) -> list[MachineRow]:
        """Give the machines as they stand on the wall."""
        return [row for row in self.rows.rows() if isinstance(row, MachineRow)]

    def card_width(self) -> int:
        """Give the width of a tile: as many as fit, and no room left over."""
        return self.line_width() // self._face.fit.across

    def line_width(self) -> int:
        """Give the width of a line of tiles: the list lays them out as if its scroll bar were always there."""
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent, None, self.verticalScrollBar())
        # One pixel less than the room: a line that fits exactly is wrapped.
        return self.maximumViewportSize().width() - bar - 1

    def selectionCommand(self, index: Index, event: QEvent | None = None) -> QItemSelectionModel.SelectionFlag:
        if isinstance(index.data(ROW_ROLE), Heading):
            return QItemSelectionModel.SelectionFlag.NoUpdate
        return super().selectionCommand(index, event)

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        before = self.currentIndex()
        found = super().moveCursor(action, modifiers)
        if isinstance(found.data(ROW_ROLE), Heading):
            # Keys walk from tile to tile: past a heading to the tile behind it, in the direction of the walk.
            step = 1 if not before.isValid() or found.row() > before.row() else -1
            model: QAbstractItemModel = self.model()
            beyond = model.index(found.row() + step, 0)
            return beyond if beyond.isValid() else before
        return found

    def _choose(self, key: Hashable) -> None:
        if isinstance(key, str):
            self.machine_chosen.emit(key)


def _key(row: Heading | MachineRow) -> Hashable:
    return row.machine if isinstance(row, MachineRow) else ("group", row.name)
