"""The board as a screen: filter; cards, table or time line; and at the right the page of the chosen order."""

from typing import Final
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from mfg_desktop.rules import routing
from mfg_desktop.ui.board.desk import OrderDesk
from mfg_desktop.ui.board.filters import FilterBar, Shown
from mfg_desktop.ui.board.lanes import Lanes
from mfg_desktop.ui.board.presenter import BoardPresenter
from mfg_desktop.ui.board.saved import SavedViews
from mfg_desktop.ui.board.schedule import ScheduleView
from mfg_desktop.ui.board.schedule_presenter import SchedulePresenter
from mfg_desktop.ui.board.table import OrderTable
from mfg_desktop.ui.board.table_presenter import TablePresenter
from mfg_desktop.ui.board.views import ViewsBar
from mfg_desktop.ui.context import Context
from mfg_desktop.ui.finder import OPERATION, ORDER_TEXT
from mfg_desktop.ui.theme import Tone

_PAGE_NARROW: Final = 372
_PAGE_WIDE: Final = 468
_PAGE_SHARE: Final = 0.255
_REMEMBERED: Final = "board.shown"
_MINUTE_MS: Final = 20_000
"""Times are told in minutes; three looks a minute keep them true."""


class BoardView(QWidget):
    """The screen. How the orders are shown, and the saved views, stay with the terminal; the filter and the chosen order
    with the window: a filter that is found in the morning hides orders from whoever did not set it.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.board = BoardPresenter(context, self)
        self.rows = TablePresenter(context, self.board, self)
        self.times = SchedulePresenter(context, self.board, self)
        self.desk = OrderDesk(context, self)
        self.order, self.page = self.desk.order, self.desk.page
        self.filter = FilterBar()
        self.views = ViewsBar(SavedViews(context.memory, self))
        self.lanes = Lanes(self._zone)
        self.table = OrderTable(self.rows, self._zone, lambda: self.board.filter().narrows)
        self.schedule = ScheduleView(self.times, self._zone, lambda: dict(self.board.choices().departments))
        self._shown = Shown.CARDS
        self._last = ""
        """The order that was open last."""
        self._minute = QTimer(self, interval=_MINUTE_MS)
        self._lay_out()
        self._connect()
        self._show_remembered()

    def open_entity(self, entity_type: str, key: str) -> None:
        """Open the page of an order or one of its operations, or narrow the board to a text, as a scan does."""
        step = routing.read_code(key) if entity_type == OPERATION else None
        if entity_type == ORDER_TEXT:
            self.board.narrow(text=key)
        elif step is not None:
            self._choose(*step)
        else:
            self._choose(key)

    def shown(self) -> None:
        """Ask again: the screen has come to the front, or another person signed in."""
        self.filter.offer_new(self.board.makes_orders())
        self._watch()
        self.order.refresh()

    def scanned(self, code: str) -> bool:
        """Take a scanned command for the chosen order; False for any other scan."""
        return self.desk.scanned(code)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._minute.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._minute.stop()
        for presenter in (self.board, self.rows, self.times):
            presenter.watch(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.page.setFixedWidth(max(_PAGE_NARROW, min(_PAGE_WIDE, round(self.width() * _PAGE_SHARE))))

    def _zone(self) -> ZoneInfo:
        return self._context.zone

    def _lay_out(self) -> None:
        self._kinds = QStackedWidget()
        for kind in (self.lanes, self.table, self.schedule):
            self._kinds.addWidget(kind)
        left = QVBoxLayout()
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(0)
        left.addWidget(self.filter)
        left.addWidget(self.views)
        left.addWidget(self._kinds, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(left, 1)
        row.addWidget(self.page)

    def _connect(self) -> None:
        self.filter.narrowed.connect(lambda part, value: self.board.narrow(**{part: value}))
        self.views.chosen.connect(self.board.recall)
        self.views.asked_why.connect(lambda why: self._context.notices.say(why, Tone.HELD, seconds=8))
        self.filter.wanted.connect(self._show_as)
        self.filter.new.tapped.connect(self.desk.make_order)
        self.desk.made.connect(self._choose)
        self.lanes.chosen.connect(lambda number: self._choose(number))
        self.lanes.wants_more.connect(self.board.more)
        self.table.chosen.connect(lambda number: self._choose(number))
        self.schedule.chosen.connect(lambda number: self._choose(number))
        self.board.rows_changed.connect(self._show_lanes)
        self.board.filter_changed.connect(self._show_filter)
        self.board.filter_changed.connect(self._begin_at_the_top)
        self.board.choices_changed.connect(lambda: self.filter.offer(self.board.choices()))
        self.order.opened.connect(self._mark)
        # After the mark on its card has gone.
        self.desk.left.connect(self._take_focus, Qt.ConnectionType.QueuedConnection)
        self._minute.timeout.connect(self._tell_times)
        for presenter in (self.board, self.rows, self.times):
            self._context.notices.listen(presenter)
        self._show_filter()
        self._show_lanes()

    def _choose(self, number: str, sequence: int | None = None) -> None:
        self.desk.open(number, sequence)
        self._mark(number)
        self.lanes.select(number, into_sight=True)
        if self._shown is Shown.SCHEDULE:
            self.schedule.seek()

    def _take_focus(self) -> None:
        """Go on where the order was chosen; Qt would begin at the rail."""
        if self._shown is Shown.CARDS:
            self.lanes.take_focus(self._last)
        else:
            (self.table.table if self._shown is Shown.TABLE else self.schedule.gantt).setFocus()

    def _mark(self, number: str) -> None:
        self._last = number or self._last
        self.lanes.select(number)
        self.table.select(number)
        self.schedule.select(number)

    def _show_remembered(self) -> None:
        kept = self._context.memory.recall(_REMEMBERED)
        shown = next((one for one in Shown if one.value == kept), Shown.CARDS)
        if shown is not Shown.CARDS:
            self.filter.show_kind(shown)
            self._show_as(shown)

    def _show_as(self, shown: Shown) -> None:
        self._shown = shown
        self._context.memory.keep(_REMEMBERED, shown.value)
        self._kinds.setCurrentIndex(tuple(Shown).index(shown))
        self._watch()
        if shown is Shown.SCHEDULE:
            self.schedule.seek()

    def _watch(self) -> None:
        """Let only what is looked at ask."""
        self.board.watch(self._shown is Shown.CARDS)
        self.rows.watch(self._shown is Shown.TABLE)
        self.times.watch(self._shown is Shown.SCHEDULE)

    def _show_filter(self) -> None:
        self.filter.show_filter(self.board.filter())
        self.views.show_filter(self.board.filter(), self.board.said())

    def _begin_at_the_top(self) -> None:
        # What is in sight stays for news; whoever asks for other orders wants the most urgent of them.
        self.lanes.expect_others()
        self.table.expect_others()

    def _show_lanes(self) -> None:
        lanes = {status: self.board.lane(status) for status in self.board.lanes()}
        self.lanes.show_lanes(lanes, loaded=self.board.loaded(), narrowed=self.board.filter().narrows)

    def _tell_times(self) -> None:
        self.lanes.tell_times()
        self.table.tell_times()
        if self._shown is Shown.SCHEDULE:
            self.schedule.tell_times()
        self.desk.tell_times()
