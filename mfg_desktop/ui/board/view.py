"""The board as a screen: filter, lanes or table, and at the right the page of the chosen order."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.queries.rows import MachineRow, OrderRow, OutputRow
from mfg_desktop.ui.background import BUSY_AFTER_MS
from mfg_desktop.ui.board import cards
from mfg_desktop.ui.board.dialogs import MachineDialog, ReasonDialog
from mfg_desktop.ui.board.filters import FilterBar
from mfg_desktop.ui.board.lanes import Lanes
from mfg_desktop.ui.board.page import OrderPage
from mfg_desktop.ui.board.presenter import ALL, BoardPresenter, OrderPresenter
from mfg_desktop.ui.board.steps import FACES, REASONS, Asks, Way, WayOut
from mfg_desktop.ui.context import Context
from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.tables import RIGHT, Column, Table
from mfg_desktop.ui.kit.text import Panel
from mfg_desktop.ui.output.view import OutputDialog
from mfg_desktop.ui.theme import ORDER_LOOKS, PRIORITY_LOOKS, SPACE, Tone
from mfg_desktop.vocabulary import Action, EntityType

_PAGE_NARROW: Final = 372
_PAGE_WIDE: Final = 468
_PAGE_SHARE: Final = 0.255
_TABLE_NARROW: Final = 960
"""Below this width the table leaves out what can be done without."""
_SPARED: Final = frozenset({"Priority", "Scrap"})
_MINUTE_MS: Final = 20_000
"""Times are told in minutes; three looks a minute keep them true."""


class BoardView(QWidget):
    """The screen."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.board = BoardPresenter(context, self)
        self.order = OrderPresenter(context, self)
        self.filter = FilterBar()
        self.lanes = Lanes(self._zone)
        self.table_empty = EmptyState("orders", "Loading\u2026")
        self._table_columns = self._columns()
        self.table = Table(self._table_columns, lambda row: row.number, empty=self.table_empty)
        self.page = OrderPage(self._zone)
        self.page.hide()
        self._machines: MachineDialog | None = None
        self._minute = QTimer(self, interval=_MINUTE_MS)
        self._patience = QTimer(self, singleShot=True, interval=BUSY_AFTER_MS)
        self._steps: Mapping[Asks, Callable[[Action], object]] = {
            Asks.NOTHING: self.order.take,
            Asks.REASON: self._ask_reason,
            Asks.OUTPUT: self._ask_output,
        }
        self._ways: Mapping[Way, Callable[[str], object]] = {
            Way.STEP: lambda action: self.step(Action(action)),
            Way.ALLOCATE_PART: lambda _: self.order.allocate_part(),
            Way.CLOSE_SHORT: lambda _: self._ask_reason(Action.COMPLETE),
            Way.CHOOSE_MACHINE: lambda _: self._ask_machine(),
            Way.RETURN_AND_CANCEL: lambda _: self.order.return_and_cancel(),
            Way.OPEN_ORDER: self.order.open,
            Way.OPEN_MACHINE: lambda code: context.open_entity(EntityType.MACHINE, code),
            Way.OVERRIDE: lambda action: self.order.take(Action(action)),
        }
        self._lay_out()
        self._connect()

    def open_entity(self, entity_type: str, key: str) -> None:
        """Open the page of an order, as a scan does."""
        self.order.open(key)
        self.lanes.select(key, into_sight=True)

    def shown(self) -> None:
        """Ask again: the screen has come to the front, or another person signed in."""
        self.board.watch(True)
        self.order.refresh()

    def search(self, text: str) -> bool:
        """Narrow the board to a text that is no order's number."""
        self.board.narrow(text=text)
        return True

    def scanned(self, code: str) -> bool:
        """Take a scanned command for the chosen order; False for any other scan."""
        row = self.order.spoken(code)
        if row is not None:
            self.page.steps.button(row.action).animateClick()
        return row is not None

    def machine_dialog(self) -> MachineDialog | None:
        """Give the dialog that asks for a machine, while it is open."""
        return self._machines

    def step(self, action: Action) -> None:
        """Take a step of the chosen order, asking first what it needs."""
        self._steps[FACES[action].asks](action)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._minute.start()
        self.shown()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._minute.stop()
        self.board.watch(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.page.setFixedWidth(max(_PAGE_NARROW, min(_PAGE_WIDE, round(self.width() * _PAGE_SHARE))))
        self._fit_table()

    def _zone(self) -> ZoneInfo:
        return self._context.zone

    def _lay_out(self) -> None:
        self._kinds = QStackedWidget()
        sheet = Panel()
        inside = QVBoxLayout(sheet)
        inside.setContentsMargins(SPACE, 4, SPACE, 4)
        inside.addWidget(self.table)
        table = QWidget()
        around = QVBoxLayout(table)
        around.setContentsMargins(2 * SPACE, 4, 2 * SPACE, 2 * SPACE)
        around.addWidget(sheet)
        self._kinds.addWidget(self.lanes)
        self._kinds.addWidget(table)
        left = QVBoxLayout()
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(0)
        left.addWidget(self.filter)
        left.addWidget(self._kinds, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(left, 1)
        row.addWidget(self.page)

    def _connect(self) -> None:
        self.filter.narrowed.connect(lambda part, value: self.board.narrow(**{part: value}))
        self.filter.cleared.connect(self.board.clear_filter)
        self.filter.as_table.connect(self._show_as_table)
        self.lanes.chosen.connect(self._choose)
        self.lanes.wants_more.connect(self.board.more)
        self.table.chosen.connect(self._choose)
        self.table.reached_end.connect(lambda: self.board.more(ALL))
        self.board.rows_changed.connect(self._show_lanes)
        self.board.filter_changed.connect(self._show_filter)
        self.board.choices_changed.connect(lambda: self.filter.offer(self.board.choices()))
        self.order.opened.connect(self._opened)
        self.order.rows_changed.connect(self._show_order)
        self.order.working.connect(self.page.set_working)
        self.order.machines_found.connect(self._show_machines)
        self.page.step_taken.connect(self.step)
        self.page.why_asked.connect(self._point_at)
        self.page.way_chosen.connect(self._go)
        self.page.reverse_asked.connect(self._ask_reverse)
        self.page.close_asked.connect(lambda: self.order.open(""))
        self._minute.timeout.connect(self._tell_times)
        self._patience.timeout.connect(self._show_loading)
        self._context.notices.listen(self.board)
        self._context.notices.listen(self.order, ways_out=self._ways_out)
        self._show_filter()
        self._show_lanes()

    def _fit_table(self) -> None:
        room = self.width() - (0 if self.page.isHidden() else self.page.width())
        for at, column in enumerate(self._table_columns):
            self.table.setColumnHidden(at, room < _TABLE_NARROW and column.head in _SPARED)

    def _columns(self) -> Sequence[Column]:
        context = self._context

        def when(row: OrderRow) -> str:
            # The head of the column says it already.
            return cards.when(row, context.zone, datetime.now(UTC)).removeprefix("due ")

        return (
            Column("Order", lambda row: row.number, strong=True, width=160),
            Column("Product", lambda row: row.product_name, stretch=True),
            Column("Status", lambda row: ORDER_LOOKS[row.status], width=136),
            Column("Priority", lambda row: PRIORITY_LOOKS[row.priority], width=112),
            Column("Machine", lambda row: row.machine or "", width=92),
            Column(
                "Due", when, width=132, ink=lambda row: Tone.TROUBLE if cards.is_late(row, datetime.now(UTC)) else None
            ),
            Column("Good", cards.done_of, align=RIGHT, width=112),
            Column("Scrap", lambda row: row.quantity_scrapped, align=RIGHT, format=formats.quantity, width=76),
        )

    def _choose(self, number: str) -> None:
        self.order.open(number)
        self.lanes.select(number, into_sight=True)

    def _opened(self, number: str) -> None:
        if self.page.isHidden():
            self.page.show_loading(number)
        self.page.setVisible(bool(number))
        self._fit_table()
        self._patience.start()
        self.lanes.select(number)

    def _show_loading(self) -> None:
        # Until now the page of the order before stood there: a page that is emptied for a blink flickers.
        if self.order.detail() is None:
            self.page.show_loading(self.order.number())

    def _show_as_table(self, as_table: bool) -> None:
        self._kinds.setCurrentIndex(int(as_table))
        self.board.show_as_table(as_table)

    def _show_filter(self) -> None:
        self.filter.show_filter(self.board.filter())

    def _show_lanes(self) -> None:
        narrowed, loaded = self.board.filter().narrows, self.board.loaded()
        if self.board.is_table():
            self.table_empty.say("No order matches", "Clear the filter to see them all." if narrowed else "")
            self.table.show_rows(self.board.lane(ALL).rows)
        else:
            lanes = {status: self.board.lane(status) for status in self.board.lanes()}
            self.lanes.show_lanes(lanes, loaded=loaded, narrowed=narrowed)

    def _show_order(self) -> None:
        detail = self.order.detail()
        if detail is None:
            return
        self.page.show_detail(detail, self.order.steps(), self.order.cancelling())
        waiting = self.order.waiting()
        ways = self.order.ways_out(waiting) if waiting else ()
        self.page.show_why(waiting, ways, in_full=self.order.is_pointed())
        self.page.show()

    def _tell_times(self) -> None:
        self.lanes.tell_times()
        self.table.viewport().update()
        detail = self.order.detail()
        if detail is not None:
            self.page.tell_times(detail)

    def _point_at(self, action: Action) -> None:
        self.order.point_at(action)
        QTimer.singleShot(0, self, self.page.bring_why_into_sight)

    def _go(self, way: WayOut) -> None:
        self._ways[way.way](way.target)

    def _ways_out(self, error: ManufacturingException) -> Mapping[str, Sequence[tuple[str, Callable[[], None]]]]:
        ways = self.order.ways_out_of_refusal(error)
        return {code: [(way.label, partial(self._go, way)) for way in out] for code, out in ways.items()}

    def _ask_reason(self, action: Action) -> None:
        dialog = ReasonDialog(self, REASONS[action], self.order.number(), danger=action is Action.CANCEL)
        dialog.given.connect(partial(self.order.take_with, action))
        dialog.open()

    def _ask_reverse(self, entry: OutputRow) -> None:
        dialog = ReasonDialog(self, REASONS[Action.REVERSE_OUTPUT], cards.said_of(entry))
        dialog.given.connect(partial(self.order.reverse, entry.id))
        dialog.open()

    def _ask_output(self, action: Action) -> None:
        detail = self.order.detail()
        if detail is not None:
            OutputDialog(self, self._context, detail).open()

    def _ask_machine(self) -> None:
        self._machines = MachineDialog(self, self.order.number())
        self._machines.chosen.connect(self.order.choose_machine)
        self._machines.closed.connect(self._forget_machines)
        self._machines.open()
        self.order.find_machines()

    def _show_machines(self, machines: tuple[MachineRow, ...]) -> None:
        if self._machines is not None:
            self._machines.show_machines(machines)

    def _forget_machines(self) -> None:
        self._machines = None
