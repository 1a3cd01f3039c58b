"""The sub orders of an order, the order that it is a part of, and the way to make those that are missing."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QVBoxLayout, QWidget

from mfg_desktop.queries.rows import OrderDetail, SubOrderRow
from mfg_desktop.rules import lifecycle
from mfg_desktop.ui.board import cards
from mfg_desktop.ui.board.steps import FACES, StepRow
from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.bars import output_segments, paint_bar
from mfg_desktop.ui.kit.buttons import Button
from mfg_desktop.ui.kit.cards import CardList
from mfg_desktop.ui.kit.chips import chip_width, paint_chip
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.text import Label, paint_text
from mfg_desktop.ui.theme import ORDER_LOOKS, SPACE, Size, Theme, Tone, Weight
from mfg_desktop.vocabulary import Action

_RIGHT: Final = Qt.AlignmentFlag.AlignRight


class SubOrderFace:
    """A sub order: number and status, product, how far it is, when it is due."""

    def __init__(self, zone: Callable[[], ZoneInfo]) -> None:
        self._zone = zone

    def height(self, row: SubOrderRow, width: float) -> float:
        return 82.0

    def tooltip(self, row: SubOrderRow) -> str:
        return f"{row.number} \u00b7 {row.product_name or row.product}\n{ORDER_LOOKS[row.status].word}, {_figure(row)}"

    def paint(self, painter: QPainter, inside: QRectF, row: SubOrderRow) -> None:
        theme, tokens = Theme.current, Theme.current.tokens
        left, top, width = inside.left(), inside.top() - 1, inside.width()
        look = ORDER_LOOKS[row.status]
        chip = min(chip_width(look), width / 2)
        paint_chip(painter, QPointF(inside.right() - chip, top), look, room=chip)
        head = QRectF(left, top, width - chip - 8, 24)
        paint_text(painter, head, row.number, font=theme.font(Size.LARGE, Weight.HEAVY), colour=tokens.text)
        line = QRectF(left, top + 24, width, 20)
        paint_text(painter, line, row.product_name or row.product, font=theme.font(), colour=tokens.muted)
        segments = output_segments(row.quantity_completed, Decimal(0))
        paint_bar(painter, QRectF(left, top + 49, width, 8), segments, row.quantity)
        foot = QRectF(left, top + 61, width, 20)
        said, late = self._when(row)
        ink = tokens.of(Tone.TROUBLE).ink if late else tokens.muted
        small = theme.font(Size.SMALL, Weight.STRONG if late else Weight.REGULAR)
        used = paint_text(painter, foot, said, font=small, colour=ink, align=_RIGHT)
        strong = theme.font(Size.SMALL, Weight.STRONG)
        paint_text(painter, foot.adjusted(0, 0, -used - 8, 0), _figure(row), font=strong, colour=tokens.text)

    def _when(self, row: SubOrderRow) -> tuple[str, bool]:
        """Say when it is due, and whether that has passed."""
        if row.planned_end is None or row.status not in lifecycle.OPEN:
            return "", False
        now = datetime.now(UTC)
        return formats.due(row.planned_end, self._zone(), now=now), row.planned_end < now


class SubOrdersTab(QWidget):
    """The tab. A tapped sub order, or the parent, is sent by `order_asked`."""

    order_asked = Signal(str)
    split_asked = Signal()
    split_stopped = Signal()

    def __init__(self, zone: Callable[[], ZoneInfo], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parent_order = Button("", icon="up", height=48)
        self.makeable = Label(weight=Weight.STRONG, wraps=True)
        self.orders = CardList(
            lambda row: row.number,
            SubOrderFace(zone),
            empty=EmptyState(
                "orders", "No sub orders", "The parts that the shop makes itself get orders of their own."
            ),
        )
        face = FACES[Action.CREATE_SUB_ORDERS]
        self.split = Button(face.label, icon=face.icon, height=64)
        self._parent = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACE, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(self.parent_order)
        column.addWidget(self.makeable)
        column.addWidget(self.orders, 1)
        column.addWidget(self.split)
        self.orders.chosen.connect(lambda number: self.order_asked.emit(str(number)))
        self.parent_order.tapped.connect(lambda: self.order_asked.emit(self._parent))
        self.split.tapped.connect(self.split_asked)
        self.split.asked_why.connect(self.split_stopped)

    def show_detail(self, detail: OrderDetail, splitting: StepRow | None) -> None:
        """Show the sub orders; `splitting` is the step that makes them."""
        self._parent = detail.parent or ""
        self.parent_order.set_text(f"Part of {self._parent}")
        self.parent_order.setVisible(bool(self._parent))
        self.makeable.setText(makeable(detail))
        self.makeable.setVisible(bool(detail.sub_orders))
        self.orders.show_rows(detail.sub_orders)
        self.split.setVisible(splitting is not None)
        if splitting is not None:
            self.split.set_stopped([reason.message for reason in splitting.stopped_by])


def belongs_here(detail: OrderDetail, splitting: StepRow | None) -> bool:
    """Say whether the order has to do with sub orders at all: it has some, is one, or could make some."""
    return bool(detail.sub_orders or detail.parent or (splitting is not None and not splitting.stopped_by))


def makeable(detail: OrderDetail) -> str:
    """Say what the sub orders have given is enough for: "64 of 100 can be made"."""
    row = detail.row
    there = cards.in_unit(row.quantity_ordered, row.unit)
    open_ones = [sub for sub in detail.sub_orders if sub.status in lifecycle.OPEN]
    said = f"{formats.quantity(min(detail.makeable, row.quantity_ordered))} of {there} can be made"
    if not open_ones:
        return f"{said}."
    waits = open_ones[0].number if len(open_ones) == 1 else f"{len(open_ones)} sub orders"
    return f"{said}; the rest waits for {waits}."


def _figure(row: SubOrderRow) -> str:
    return f"{formats.quantity(row.quantity_completed)} of {cards.in_unit(row.quantity, row.unit)} good"
