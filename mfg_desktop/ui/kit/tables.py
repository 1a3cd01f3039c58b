"""Tables from columns as data: `Column("Due", lambda r: r.due, align=RIGHT, format=...)` over frozen rows.

Rows are 48 px high, merge by key, and are sorted where they come from: a tap on a sortable head only sends
`sort_asked`.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Final

from PySide6.QtCore import QModelIndex, QObject, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from mfg_desktop.ui.kit.chips import HEIGHT, paint_chip
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.rows import FLASH_ROLE, ROW_ROLE, Index, Rows, Steady
from mfg_desktop.ui.kit.text import code_font, paint_text
from mfg_desktop.ui.theme import TOUCH, Look, Size, Theme, Tone, Weight, mixed

LEFT: Final = Qt.AlignmentFlag.AlignLeft
RIGHT: Final = Qt.AlignmentFlag.AlignRight
CELL: Final = 12
"""Room at each side of a cell."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, where its value comes from, and how it is written.

    A value that is a `Look` is painted as a chip.
    """

    head: str
    value: Callable[[Any], Any]
    align: Qt.AlignmentFlag = LEFT
    format: Callable[[Any], str] | None = None
    width: int = 120
    """Of a column that takes the rest of the room: what wide numbers leave to it."""
    stretch: bool = False
    sort: str = ""
    """The name to sort by; without one the column cannot be sorted."""
    strong: bool = False
    mono: bool = False
    code: bool = False
    """A code is told whole: in smaller type, and cut in its middle at last."""
    ink: Callable[[Any], Tone | None] | None = None
    """The tone of the text, from the row."""
    below: Callable[[Any], str] | None = None
    """A second, smaller line under the value: code and name side by side have no room on a small screen."""
    paint: Callable[[QPainter, QRectF, Any], None] | None = None
    """Paints the cell instead, from the row; the value is then what is read aloud."""

    def text(self, row: Any) -> str:
        value = self.value(row)
        if isinstance(value, Look):
            return value.word
        if self.format is not None:
            return self.format(value)
        return "" if value is None else str(value)


class TableRows(Rows):
    """Rows with columns."""

    def __init__(
        self, columns: Sequence[Column], key: Callable[[Any], Hashable], parent: QObject | None = None
    ) -> None:
        super().__init__(key, parent)
        self.columns = tuple(columns)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and 0 <= section < len(self.columns):
            if role == Qt.ItemDataRole.DisplayRole:
                return self.columns[section].head
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return self.columns[section].align | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        column = self.columns[index.column()]
        if role == Qt.ItemDataRole.AccessibleTextRole and column.below is not None:
            return f"{column.text(self.row_at(index))}, {column.below(self.row_at(index))}"
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return column.text(self.row_at(index))
        return super().data(index, role)


class _Cells(QStyledItemDelegate):
    """Paints a cell: text or chip, selection, flash and the line under the row."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme = Theme.current
        model = index.model()
        assert isinstance(model, TableRows)
        column, row = model.columns[index.column()], index.data(ROW_ROLE)
        area = QRectF(option.rect)
        state = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, QColor(theme.tokens.of(Tone.RELEASED).soft))
        flash = float(index.data(FLASH_ROLE) or 0)
        if flash > 0:
            glow = QColor(theme.tokens.accent)
            glow.setAlphaF(0.28 * flash)
            painter.fillRect(area, glow)
        painter.setPen(QPen(mixed(theme.tokens.line, theme.tokens.surface, 0.35), 1))
        painter.drawLine(QPointF(area.left(), area.bottom() - 0.5), QPointF(area.right(), area.bottom() - 0.5))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected and index.column() == 0:
            painter.fillRect(QRectF(area.left(), area.top(), 3, area.height()), QColor(theme.tokens.accent))
        value = column.value(row)
        inner = area.adjusted(CELL, 0, -CELL, 0)
        if column.paint is not None:
            column.paint(painter, inner, row)
        elif isinstance(value, Look):
            paint_chip(painter, QPointF(inner.left(), inner.center().y() - HEIGHT / 2), value, room=inner.width())
        else:
            tone = column.ink(row) if column.ink else None
            colour = theme.tokens.of(tone).ink if tone else theme.tokens.text
            weight = Weight.STRONG if column.strong or tone else Weight.REGULAR
            font = theme.font(Size.SMALL if column.mono else Size.BODY, weight, mono=column.mono)
            text = column.text(row)
            if column.align == RIGHT and QFontMetricsF(font).horizontalAdvance(text) > inner.width():
                # Smaller rather than cut: a number without its end is another number.
                font = theme.font(Size.SMALL, weight, mono=column.mono)
            elif column.code:
                font = code_font(text, inner.width(), Size.BODY, weight)
            inner = paint_below(painter, inner, column, row)
            paint_text(painter, inner, text, font=font, colour=colour, align=column.align, code=column.code)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(60, TOUCH)


def paint_below(painter: QPainter, inside: QRectF, column: Column, row: Any) -> QRectF:
    """Paint the second line of a cell, if its column has one, and give the room that is left for the first."""
    words = column.below(row) if column.below is not None else ""
    if not words:
        return inside
    theme = Theme.current
    half = inside.height() / 2 - 3
    second = QRectF(inside.left(), inside.top() + 4 + half, inside.width(), half)
    paint_text(painter, second, words, font=theme.font(Size.SMALL), colour=theme.tokens.muted, align=column.align)
    return QRectF(inside.left(), inside.top() + 4, inside.width(), half)


CursorAction = QAbstractItemView.CursorAction


class Table(QTableView):
    """The table. `show_rows` merges; `chosen` sends the key of the tapped row; `sort_asked` the name and whether
    descending.
    """

    chosen = Signal(object)
    sort_asked = Signal(str, bool)
    reached_end = Signal()
    came_into_sight = Signal(int, int)
    """The first and the last row that are in sight now."""

    def __init__(
        self,
        columns: Sequence[Column],
        key: Callable[[Any], Hashable],
        *,
        empty: EmptyState | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._columns = tuple(columns)
        self.rows = TableRows(columns, key, self)
        self._sorted: tuple[str, bool] | None = None
        self.setModel(self.rows)
        self.setItemDelegate(_Cells(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAutoScroll(False)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(TOUCH)
        head = self.horizontalHeader()
        head.setFont(Theme.current.font(Size.SMALL, Weight.STRONG))
        head.setHighlightSections(False)
        head.setSectionsClickable(True)
        head.setMinimumSectionSize(48)
        head.sectionClicked.connect(self._head_tapped)
        self._steady = Steady(self, self.rows, key, empty)
        self._steady.chosen.connect(self.chosen)
        self._steady.reached_end.connect(self.reached_end)
        self.verticalScrollBar().valueChanged.connect(lambda _: self.came_into_sight.emit(*self.in_sight()))
        for at, column in enumerate(self._columns):
            self.setColumnWidth(at, column.width)
            mode = QHeaderView.ResizeMode.Stretch if column.stretch else QHeaderView.ResizeMode.Interactive
            head.setSectionResizeMode(at, mode)
        self._wanted = {at: one.width for at, one in enumerate(self._columns) if one.align == RIGHT and not one.stretch}
        self.rows.modelReset.connect(lambda: self._measure(0, self.rows.rowCount() - 1))
        self.rows.rowsInserted.connect(lambda _, first, last: self._measure(first, last))
        self.rows.dataChanged.connect(self._measure_changed)

    def show_rows(self, rows: Sequence[Any]) -> None:
        """Merge these rows in, now or when the list is let go."""
        self._steady.show_rows(rows)

    def add_rows(self, rows: Sequence[Any]) -> None:
        """Add the next page."""
        self.rows.add_rows(rows)

    def select(self, key: Hashable | None) -> bool:
        """Select the row of a key and bring it into sight, without sending `chosen`; None selects nothing."""
        return self._steady.select(key)

    def follow(self, key: Hashable | None) -> None:
        """Select the row of what is open; by news of the same without taking anybody away from where the keys stand."""
        self._steady.follow(key)

    def in_sight(self) -> tuple[int, int]:
        """Give the first and the last row that are in sight."""
        area = self.viewport().rect()
        first, last = self.rowAt(area.top()), self.rowAt(area.bottom())
        return max(first, 0), last if last >= 0 else self.rows.rowCount() - 1

    def show_sorted(self, name: str, descending: bool) -> None:
        """Show in the head by what the rows are sorted."""
        self._sorted = (name, descending)
        head = self.horizontalHeader()
        place = next((at for at, column in enumerate(self._columns) if column.sort == name), -1)
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        head.setSortIndicatorShown(place >= 0)
        head.setSortIndicator(place, order)

    def moveCursor(self, action: CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        # Qt goes to the first and the last cell of the row, where here the whole row is one.
        if action is CursorAction.MoveHome:
            return self.rows.index(0, 0)
        if action is CursorAction.MoveEnd:
            return self.rows.index(self.rows.rowCount() - 1, 0)
        return super().moveCursor(action, modifiers)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        before = self.currentIndex().row()
        super().keyPressEvent(event)
        if self.currentIndex().row() != before:
            # A tap moves no row, not even one that is half in sight; a key brings its row into sight.
            self.scrollTo(self.currentIndex())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus() and self.currentIndex().isValid():
            at = self.currentIndex().row()
            first = self.visualRect(self.rows.index(at, 0))
            painter = QPainter(self.viewport())
            painter.setPen(QPen(QColor(Theme.current.tokens.focus), 2))
            painter.drawRect(QRect(1, first.top() + 1, self.viewport().width() - 2, first.height() - 2))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_numbers()

    def _measure_changed(self, first: Index, last: Index, roles: Sequence[int]) -> None:
        # A row that flashes changes sixty times a second, and none of its numbers.
        if not roles:
            self._measure(first.row(), last.row())

    def _measure(self, first: int, last: int) -> None:
        """Find out how much room the numbers of these rows take: one without its end is another number."""
        wider = False
        for at, wanted in self._wanted.items():
            column = self._columns[at]
            metrics = QFontMetricsF(Theme.current.font(Size.BODY, Weight.STRONG))
            texts = (column.text(self.rows.row_at(self.rows.index(row, at))) for row in range(first, last + 1))
            needed = max((ceil(metrics.horizontalAdvance(text)) for text in texts), default=0) + 2 * CELL + 2
            if needed > wanted:
                self._wanted[at], wider = needed, True
        if wider:
            self._fit_numbers()

    def _fit_numbers(self) -> None:
        """Widen the columns of numbers as far as the column that takes the rest can spare it. They never go back: a table does not jump."""
        seen = [at for at in range(len(self._columns)) if not self.isColumnHidden(at)]
        spare = self.viewport().width() - sum(self._columns[at].width for at in seen)
        for at in seen:
            more = max(0, min(self._wanted.get(at, 0) - self._columns[at].width, spare))
            if at in self._wanted and self.columnWidth(at) != self._columns[at].width + more:
                self.setColumnWidth(at, self._columns[at].width + more)
            spare -= more

    def _head_tapped(self, place: int) -> None:
        name = self._columns[place].sort
        if name:
            descending = self._sorted == (name, False)
            self.show_sorted(name, descending)
            self.sort_asked.emit(name, descending)
