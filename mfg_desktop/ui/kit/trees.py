"""Trees as tables: the first column is indented by level, a tap (or left and right) opens and closes a branch.

Rows are 48 px high and merge by key as everywhere, so what is open stays open when news comes.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from mfg_desktop.ui.kit import icons
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.rows import ROW_ROLE, Index
from mfg_desktop.ui.kit.tables import Column, Table, paint_below
from mfg_desktop.ui.kit.text import code_font, paint_text
from mfg_desktop.ui.theme import TOUCH, Size, Theme, Tone, Weight, mixed

STEP: Final = 24.0
"""How far a level stands in from the one above it."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A thing of the tree with what hangs below it."""

    key: Hashable
    row: Any
    below: tuple["Branch", ...] = ()


@dataclass(frozen=True, slots=True)
class Twig:
    """A line of the table: a branch at its level, open or closed."""

    key: Hashable
    level: int
    row: Any
    branches: bool
    open: bool


class Tree(QWidget):
    """The tree. Columns take their values from the rows of the branches. `chosen` sends the key of a tapped leaf or
    branch.
    """

    chosen = Signal(object)

    def __init__(
        self, columns: Sequence[Column], *, empty: EmptyState | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._roots: tuple[Branch, ...] = ()
        self._closed: set[Hashable] = set()
        self.table = _TreeTable([_of_row(column) for column in columns], self._fold, empty)
        self.table.setParent(self)
        self.table.chosen.connect(self._tapped)

    def sizeHint(self) -> QSize:
        return QSize(480, self.wanted_height())

    def wanted_height(self) -> int:
        """Give the height at which nothing has to scroll."""
        return self.table.horizontalHeader().sizeHint().height() + TOUCH * max(1, len(self.twigs())) + 6

    def show_branches(self, roots: Sequence[Branch]) -> None:
        """Show these; what a person closed stays closed."""
        self._roots = tuple(roots)
        self._show()

    def twigs(self) -> tuple[Twig, ...]:
        """Give the lines that are shown."""
        lines: list[Twig] = []

        def walk(branches: Sequence[Branch], level: int) -> None:
            for branch in branches:
                is_open = branch.key not in self._closed
                lines.append(Twig(branch.key, level, branch.row, bool(branch.below), is_open))
                if is_open:
                    walk(branch.below, level + 1)

        walk(self._roots, 0)
        return tuple(lines)

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self.table.setGeometry(self.rect())

    def _tapped(self, key: Hashable) -> None:
        twig = next((one for one in self.twigs() if one.key == key), None)
        if twig is not None and twig.branches:
            self._fold(key, twig.open)
        self.chosen.emit(key)

    def _fold(self, key: Hashable, close: bool) -> None:
        (self._closed.add if close else self._closed.discard)(key)
        self._show()

    def _show(self) -> None:
        # Without the flash: a branch that opens, or another number of pieces, is no news.
        self.table.rows.show_rows(self.twigs(), flash=False)
        self.updateGeometry()


class _TreeTable(Table):
    """The table below: left and right close and open the branch that has the focus."""

    def __init__(
        self, columns: Sequence[Column], fold: Callable[[Hashable, bool], None], empty: EmptyState | None
    ) -> None:
        super().__init__(columns, lambda twig: twig.key, empty=empty)
        self._fold_branch = fold
        self.setItemDelegateForColumn(0, _Stem(self))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        twig = self.rows.row_at(self.currentIndex())
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and twig is not None and twig.branches:
            self._fold_branch(twig.key, event.key() == Qt.Key.Key_Left)
            return
        super().keyPressEvent(event)


def _of_row(column: Column) -> Column:
    """Let a column read the row inside a twig."""
    ink, below = column.ink, column.below
    return Column(
        column.head,
        lambda twig: column.value(twig.row),
        align=column.align,
        format=column.format,
        width=column.width,
        stretch=column.stretch,
        strong=column.strong,
        mono=column.mono,
        code=column.code,
        ink=(lambda twig: ink(twig.row)) if ink is not None else None,
        below=(lambda twig: below(twig.row)) if below is not None else None,
    )


class _Stem(QStyledItemDelegate):
    """Paints the first column: lines of the levels, the mark of the branch, the name."""

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self._table = table

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme = Theme.current
        twig: Twig = index.data(ROW_ROLE)
        area = QRectF(option.rect)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        soft = mixed(theme.tokens.line, theme.tokens.surface, 0.35)
        painter.save()
        if selected:
            painter.fillRect(area, QColor(theme.tokens.of(Tone.RELEASED).soft))
            painter.fillRect(QRectF(area.left(), area.top(), 3, area.height()), QColor(theme.tokens.accent))
        painter.setPen(QPen(soft, 1))
        painter.drawLine(QPointF(area.left(), area.bottom() - 0.5), QPointF(area.right(), area.bottom() - 0.5))
        painter.setPen(QPen(QColor(theme.tokens.line), 1.5))
        for level in range(twig.level):
            across = area.left() + 19 + level * STEP
            painter.drawLine(round(across), round(area.top()), round(across), round(area.bottom()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left = area.left() + 10 + twig.level * STEP
        if twig.branches:
            mark = "down" if twig.open else "forward"
            icons.paint(painter, QRectF(left, area.center().y() - 9, 18, 18), mark, theme.tokens.muted)
        weight = Weight.STRONG if twig.branches or twig.level == 0 else Weight.REGULAR
        words = QRectF(left + 26, area.top(), area.right() - left - 32, area.height())
        text = str(index.data(Qt.ItemDataRole.DisplayRole) or "")
        column = self._table.rows.columns[0]
        font = code_font(text, words.width(), Size.BODY, weight) if column.code else theme.font(Size.BODY, weight)
        words = paint_below(painter, words, column, twig)
        paint_text(painter, words, text, font=font, colour=theme.tokens.text, code=column.code)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(60, TOUCH)
