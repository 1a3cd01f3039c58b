"""The board's orders as a table: sorted by a tap on a head, endless, and with as much of a row as there is room for."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from PySide6.QtCore import QPointF, QRectF, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mfg_desktop.queries.rows import OrderRow
from mfg_desktop.ui.board import cards
from mfg_desktop.ui.board.loading import LOADING, Loading
from mfg_desktop.ui.board.table_presenter import TablePresenter
from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.bars import output_segments, paint_bar
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.tables import Column, Table
from mfg_desktop.ui.kit.text import Label, Panel, lines_of, paint_text
from mfg_desktop.ui.theme import ORDER_LOOKS, PRIORITY_LOOKS, SPACE, Size, Theme, Tone, Weight

_SPARED: Final = (("Start", 1280), ("Priority", 1000), ("Machine", 880))
"""What is left out first, and below which width of the table."""
_LINE: Final = 18.0
_NAMES: Final = {"urgency": "urgency", "number": "number", "planned_start": "start", "planned_end": "due time"}


class OrderTable(QWidget):
    """The table with its foot. `chosen` sends the number of the tapped order."""

    chosen = Signal(object)

    def __init__(
        self,
        presenter: TablePresenter,
        zone: Callable[[], ZoneInfo],
        is_narrowed: Callable[[], bool],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._presenter, self._zone, self._is_narrowed = presenter, zone, is_narrowed
        self._number = ""
        self.empty = EmptyState("orders", LOADING)
        self._columns = self._made_columns()
        self.table = Table(self._columns, lambda row: row.number, empty=self.empty)
        self.table.setAccessibleName("Orders")
        self.foot = Label("", size=Size.SMALL, ink="muted")
        self.loading = Loading()
        self._lay_out()
        self.table.chosen.connect(self.chosen)
        self.table.sort_asked.connect(presenter.sort_by)
        self.table.came_into_sight.connect(presenter.look_at)
        presenter.loading.connect(self.loading.wait)
        presenter.rows_changed.connect(self.show_orders)
        presenter.sort_changed.connect(self.table.scrollToTop)

    def show_orders(self) -> None:
        """Show what the presenter has."""
        presenter = self._presenter
        sort, total = presenter.sort(), presenter.total()
        self.table.show_sorted(sort.name, sort.descending)
        if total is None:
            self.empty.say(LOADING)
        elif self._is_narrowed():
            self.empty.say("No order matches", "All orders, above, shows every open order.")
        else:
            self.empty.say("No open orders", "New orders stand here until they are completed.")
        if total is not None:
            # Until its answer is there, the table keeps the rows of the question before rather than blink.
            self.table.show_rows(presenter.rows())
            orders = "1 open order" if total == 1 else f"{formats.quantity(total)} open orders"
            self.foot.setText(f"{orders}, by {_NAMES[sort.name]}{', backwards' if sort.descending else ''}")
            self.table.follow(self._number)
            presenter.look_at(*self.table.in_sight())

    def select(self, number: str) -> None:
        """Mark the row of an order; an empty number marks none."""
        self._number = number
        self.table.follow(number)

    def expect_others(self) -> None:
        """Begin at the top with what comes next: it answers another question."""
        self.table.scrollToTop()
        self.table.rows.expect_others()

    def tell_times(self) -> None:
        """Tell the times anew."""
        self.table.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        spared = {head for head, least in _SPARED if self.width() < least}
        for at, column in enumerate(self._columns):
            self.table.setColumnHidden(at, column.head in spared)

    def _lay_out(self) -> None:
        sheet = Panel()
        inside = QVBoxLayout(sheet)
        inside.setContentsMargins(SPACE, 4, SPACE, 4)
        inside.addWidget(self.table)
        foot = QHBoxLayout()
        foot.addWidget(self.foot)
        foot.addWidget(self.loading)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 4, 2 * SPACE, SPACE)
        column.setSpacing(4)
        column.addWidget(sheet, 1)
        column.addLayout(foot)

    def _made_columns(self) -> tuple[Column, ...]:
        def when(row: OrderRow) -> str:
            # The head of the column says it already.
            return cards.when(row, self._zone(), datetime.now(UTC)).removeprefix("due ")

        def start(row: OrderRow) -> str:
            return formats.moment(row.planned_start, self._zone(), now=datetime.now(UTC))

        def late(row: OrderRow) -> Tone | None:
            return Tone.TROUBLE if cards.is_late(row, datetime.now(UTC)) else None

        return (
            Column("Order", lambda row: row.number, strong=True, width=146, sort="number"),
            Column("Product", lambda row: row.product_name, stretch=True, paint=_paint_product),
            Column("Machine", cards.machine_look, width=128),
            Column("Status", lambda row: ORDER_LOOKS[row.status], width=130),
            Column("Priority", lambda row: PRIORITY_LOOKS[row.priority], width=118, sort="urgency"),
            Column("Good", cards.done_of, width=126, paint=_paint_made),
            Column("Start", start, width=118, sort="planned_start"),
            Column("Due", when, width=140, sort="planned_end", ink=late),
            Column("Ready", _readiness, width=88, paint=_paint_marks),
        )


def _readiness(row: OrderRow) -> str:
    return ", ".join(f"{mark.about} {mark.look.word}" for mark in cards.marks(row))


def _paint_marks(painter: QPainter, area: QRectF, row: OrderRow) -> None:
    cards.paint_marks(painter, QPointF(area.left(), area.center().y() - 10.5), cards.marks(row))


def _paint_product(painter: QPainter, area: QRectF, row: OrderRow) -> None:
    """Paint the product's name, on two lines where it is long: what it is made into stands at its end."""
    theme = Theme.current
    font, small = theme.font(), theme.font(Size.SMALL)
    fits = QFontMetricsF(font).horizontalAdvance(row.product_name) <= area.width()
    lines = [row.product_name] if fits else lines_of(row.product_name, small, area.width(), most=2)
    top = area.center().y() - len(lines) * _LINE / 2
    for at, line in enumerate(lines):
        place = QRectF(area.left(), top + at * _LINE, area.width(), _LINE)
        paint_text(painter, place, line, font=font if fits else small, colour=theme.tokens.text)


def _paint_made(painter: QPainter, area: QRectF, row: OrderRow) -> None:
    theme = Theme.current
    line = QRectF(area.left(), area.center().y() - 18, area.width(), 20)
    good = formats.quantity(row.quantity_completed)
    strong = theme.font(Size.SMALL, Weight.HEAVY)
    used = paint_text(painter, line, good, font=strong, colour=theme.tokens.text) + 4
    rest = line.adjusted(used, 0, 0, 0)
    small = theme.font(Size.SMALL)
    paint_text(painter, rest, cards.figures_for(row, small, rest.width()), font=small, colour=theme.tokens.muted)
    bar = QRectF(area.left(), line.bottom() + 5, area.width(), 8)
    paint_bar(painter, bar, output_segments(row.quantity_completed, row.quantity_scrapped), row.quantity_ordered)
