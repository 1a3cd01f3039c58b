"""The opened machine as a page: its state as it counts, what can be done, its day as a ribbon, its work, how well it did, and
behind tabs its orders, its stops, its maintenance and its record.
"""

import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from mfg_desktop.queries.rows import DowntimeRow, MachineDetail, Oee, OrderRow, RibbonStretch
from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.bars import QuantityBar, output_segments
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.cards import CardList
from mfg_desktop.ui.kit.charts import Pareto, Ribbon
from mfg_desktop.ui.kit.chips import Chip
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.tables import Column, Table
from mfg_desktop.ui.kit.tabs import TabsBar
from mfg_desktop.ui.kit.text import ElidedLabel, Label, Panel
from mfg_desktop.ui.machines import wording
from mfg_desktop.ui.machines.presenter import Target
from mfg_desktop.ui.theme import MACHINE_LOOKS, ORDER_LOOKS, SPACE, Look, Size, Tone, Weight
from mfg_desktop.vocabulary import MachineState, MachineStatus

QUEUE, STOPS, MAINTENANCE, RECORD = range(4)
RECORD_COLUMN = 420
"""Room for one column of the technical record."""


class MachinePanel(Panel):
    """Shows one machine. It says what was asked for and decides nothing."""

    closed = Signal()
    status_asked = Signal(object)
    """The MachineStatus that was tapped."""
    why_asked = Signal(str)
    order_asked = Signal(str)
    stop_asked = Signal(object)
    """The DowntimeRow that was tapped."""
    stretch_asked = Signal(object)
    """The RibbonStretch of which the stop is wanted."""
    late_stop_asked = Signal()
    maintenance_asked = Signal()

    def __init__(self, zone: Callable[[], ZoneInfo], parent: QWidget | None = None) -> None:
        super().__init__("side", parent)
        self._zone = zone
        self._detail: MachineDetail | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 10, 20, 8)
        column.setSpacing(10)
        self.close_button = Button("", kind=Kind.QUIET, icon="cross", height=48)
        self.close_button.setAccessibleName("Close the machine")
        self.close_button.setToolTip("Close")
        self.close_button.tapped.connect(self.closed)
        self._code = ElidedLabel(size=Size.TITLE, weight=Weight.HEAVY, least=Size.BODY)
        self._model = ElidedLabel(size=Size.LARGE, ink="muted")
        self._overdue = Chip()
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self._code)
        head.addWidget(self._model, 1)
        head.addWidget(self._overdue)
        head.addWidget(self.close_button)
        column.addLayout(head)

        self.state = _State()
        self._buttons: dict[MachineStatus, Button] = {}
        self._grid = QGridLayout()
        self._grid.setSpacing(SPACE)
        self.late_stop_button = Button("Record a stop", icon="clock", height=56)
        self.late_stop_button.tapped.connect(self.late_stop_asked)
        self.maintenance_button = Button("Record maintenance", icon="calendar", height=56)
        self.maintenance_button.tapped.connect(self.maintenance_asked)
        for at, button in enumerate((self.late_stop_button, self.maintenance_button)):
            button.asked_why.connect(self._say_why)
            self._grid.addWidget(button, at, 2)
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(self.state, 1)
        top.addLayout(self._grid)
        column.addLayout(top)

        self.day = _Day(zone)
        self.day.order_asked.connect(self.order_asked)
        self.day.stretch_asked.connect(self.stretch_asked)
        column.addWidget(self.day)

        self.work = _Work()
        self.work.tapped.connect(self.order_asked)
        self.effect = _Effect()
        middle = QHBoxLayout()
        middle.setSpacing(12)
        middle.addWidget(self.work, 1)
        middle.addWidget(self.effect, 1)
        column.addLayout(middle)

        self.tabs = TabsBar(["Orders", "Stops", "Maintenance", "Record"])
        column.addWidget(self.tabs)
        self.queue: CardList = CardList(
            lambda card: card.key,
            tile=270,
            empty=EmptyState("orders", "No order waits", "Open orders that name this machine appear here."),
        )
        self.queue.setAccessibleName("Orders queued on the machine")
        self.queue.chosen.connect(lambda key: self.order_asked.emit(str(key)))
        self.stops = _Stops()
        self.stops.list.chosen.connect(self._ask_stop)
        self.upkeep = _Upkeep()
        self.record = _Record()
        pages = QStackedWidget()
        for page in (self.queue, self.stops, self.upkeep, scrolled(self.record)):
            pages.addWidget(page)
        self.tabs.chosen.connect(pages.setCurrentIndex)
        column.addWidget(pages, 1)

    def button(self, status: MachineStatus) -> Button:
        """Give the button that sets a state."""
        return self._buttons[status]

    def show_machine(self, detail: MachineDetail, targets: Sequence[Target], entry_stopped: str) -> None:
        """Show this machine with what can be done to it."""
        row = detail.row
        if self._detail is None or self._detail.row.machine != row.machine:
            self.day.forget()
        self._detail = detail
        self._overdue.set_look(
            Look(Tone.TROUBLE, "calendar", "Maintenance overdue") if row.maintenance_overdue else None
        )
        self._code.set_text(row.machine)
        kind = formats.words(row.type.value)
        place = row.department_name or row.department
        # A department may be called after what it does: once is enough.
        self._model.set_text(" · ".join(dict.fromkeys(part for part in (wording.model(row), kind, place) if part)))
        self._show_targets(targets)
        for button in (self.late_stop_button, self.maintenance_button):
            button.set_stopped((entry_stopped,) if entry_stopped else ())
        self.work.show_work(detail)
        self.effect.show_oee(detail.oee)
        self.stops.show_pareto(detail)
        self.upkeep.show_maintenances(detail)
        self.record.show_record(wording.record(detail))
        self.tabs.set_count(QUEUE, len(detail.queued))
        self.tabs.set_count(STOPS, len(detail.downtimes))
        self.tabs.set_count(MAINTENANCE, len(detail.maintenances))
        self.tick()

    def tick(self) -> None:
        """Count on: everything that speaks of time, from what is shown already."""
        if self._detail is None:
            return
        now, zone, detail = datetime.now(UTC), self._zone(), self._detail
        self.state.show_state(detail, zone, now)
        self.day.show_day(detail, now)
        self.work.show_due(detail, zone, now)
        self.queue.show_rows([wording.queue_card(order, zone, now) for order in detail.queued])
        self.stops.list.show_rows([wording.downtime_card(one, zone, now) for one in detail.downtimes])
        self.upkeep.say(wording.maintenance_sentence(detail, now.astimezone(zone).date()), detail)

    def set_working(self, working: bool) -> None:
        for button in (*self._buttons.values(), self.late_stop_button, self.maintenance_button):
            button.set_working(working)

    def _show_targets(self, targets: Sequence[Target]) -> None:
        for at, target in enumerate(targets):
            button = self._buttons.get(target.status)
            if button is None:
                look = MACHINE_LOOKS[target.status]
                button = Button(look.word, icon=look.icon, height=56)
                button.tapped.connect(lambda status=target.status: self.status_asked.emit(status))
                button.asked_why.connect(self._say_why)
                self._buttons[target.status] = button
                self._grid.addWidget(button, at % 2, at // 2)
                # Tab goes through them as they stand: before what is recorded, though they are made after it.
                stops = [self.close_button, *self._buttons.values(), self.late_stop_button]
                for one, other in itertools.pairwise(stops):
                    self.setTabOrder(one, other)
            button.set_stopped((target.stopped,) if target.stopped else ())

    def _say_why(self, reasons: Sequence[str]) -> None:
        self.why_asked.emit(" ".join(reasons))

    def _ask_stop(self, key: object) -> None:
        found = self._stop(str(key))
        if found is not None:
            self.stop_asked.emit(found)

    def _stop(self, key: str) -> DowntimeRow | None:
        stops = self._detail.downtimes if self._detail is not None else ()
        return next((stop for stop in stops if stop.start.isoformat() == key), None)


class _State(Panel):
    """The state, to be read from two metres: word, since when, why."""

    def __init__(self) -> None:
        super().__init__(Tone.PLANNED)
        self.setMinimumWidth(220)
        self._word = ElidedLabel(size=Size.TITLE, weight=Weight.HEAVY)
        self._since = ElidedLabel(size=Size.LARGE, weight=Weight.STRONG)
        self._why = ElidedLabel(weight=Weight.STRONG, most=2)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 16, 8)
        column.setSpacing(2)
        column.addStretch(1)
        for label in (self._word, self._since, self._why):
            column.addWidget(label)
        column.addStretch(1)

    def words(self) -> tuple[str, str, str]:
        """Give what it says."""
        return self._word.whole(), self._since.whole(), self._why.whole()

    def show_state(self, detail: MachineDetail, zone: ZoneInfo, now: datetime) -> None:
        look = MACHINE_LOOKS[detail.row.status]
        self.set_panel(look.tone)
        down = detail.row.open_downtime
        why = wording.downtime_sentence(down) if down else detail.row.status_reason or ""
        told = (look.word, wording.since_long(detail.row, zone, now), why)
        for label, text in zip((self._word, self._since, self._why), told, strict=True):
            label.set_ink(look.tone)
            label.set_text(text)
            label.setVisible(bool(text))


class _Day(QWidget):
    """The last 24 hours: the ribbon, and below it what the tapped stretch was."""

    order_asked = Signal(str)
    stretch_asked = Signal(object)

    def __init__(self, zone: Callable[[], ZoneInfo]) -> None:
        super().__init__()
        self._zone = zone
        self._shown: tuple[RibbonStretch, ...] = ()
        self._chosen: RibbonStretch | None = None
        self.ribbon = Ribbon(zone)
        self.ribbon.setAccessibleName("The last 24 hours")
        self.ribbon.chosen.connect(self._choose)
        self.said = ElidedLabel(weight=Weight.STRONG, ink="muted")
        self.way = Button("", height=48)
        self.way.tapped.connect(self._follow)
        # The line keeps its height without the button: nothing below moves when a stretch is tapped.
        foot = QHBoxLayout()
        foot.addWidget(self.said, 1)
        foot.addWidget(self.way)
        foot.addStrut(48)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.ribbon)
        column.addLayout(foot)
        self.forget()

    def forget(self) -> None:
        """Choose no stretch."""
        self._chosen = None
        self.ribbon.choose(None)
        self._tell(datetime.now(UTC))

    def show_day(self, detail: MachineDetail, now: datetime) -> None:
        self._shown = wording.up_to(detail.ribbon, now)
        self.ribbon.show_stretches(wording.ribbon(self._shown), wording.legend(self._shown), now)
        if self._chosen is not None:
            # The ribbon moves on: a stretch is known again by its start, and the oldest, whose start moves, by its end.
            same = [at for at, one in enumerate(self._shown) if _same(one, self._chosen)]
            self._chosen = self._shown[same[0]] if same else None
            self.ribbon.choose(same[0] if same else None)
        self._tell(now)

    def _choose(self, place: int) -> None:
        self._chosen = self._shown[place]
        self._tell(datetime.now(UTC))

    def _follow(self) -> None:
        if self._chosen is None:
            return
        if self._chosen.state is MachineState.DOWN:
            self.stretch_asked.emit(self._chosen)
        elif self._chosen.work_order is not None:
            self.order_asked.emit(self._chosen.work_order)

    def _tell(self, now: datetime) -> None:
        one = self._chosen
        down = one is not None and one.state is MachineState.DOWN
        self.way.setVisible(down or (one is not None and one.work_order is not None))
        if one is None:
            self.said.set_text("The last 24 hours. Tap a stretch to see what it was." if self._shown else "")
            self.said.set_ink("muted")
            return
        self.said.set_text(wording.stretch_sentence(one, self._zone(), now, goes_on=one is self._shown[-1]))
        self.said.set_ink(wording.STATE_BANDS[one.state].tone)
        self.way.set_text("Correct it" if down else "Open order")
        self.way.set_icon("setup" if down else "board")


def _same(one: RibbonStretch, other: RibbonStretch) -> bool:
    return one.state is other.state and (one.start == other.start or one.end == other.end)


class _Work(Panel):
    """The order that runs, or the one that is next: number, product, bar, due; a tap opens it on the board."""

    tapped = Signal(str)

    def __init__(self) -> None:
        super().__init__("raised")
        self._number = ""
        self._title = ElidedLabel(size=Size.LARGE, weight=Weight.STRONG)
        self._product = ElidedLabel(ink="muted")
        self._bar = QuantityBar(10)
        # It keeps its room: the tabs below stand where they are for every machine.
        policy = self._bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._bar.setSizePolicy(policy)
        self._made = ElidedLabel()
        self._due = Label(ink="muted")
        self.open_button = Button("Board", icon="board", height=48)
        self.open_button.tapped.connect(lambda: self.tapped.emit(self._number))
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 12, 10)
        column.setSpacing(6)
        names = QVBoxLayout()
        names.setSpacing(2)
        names.addWidget(self._title)
        names.addWidget(self._product)
        head = QHBoxLayout()
        head.addLayout(names, 1)
        head.addWidget(self.open_button)
        head.addStrut(48)
        column.addLayout(head)
        column.addWidget(self._bar)
        foot = QHBoxLayout()
        foot.addWidget(self._made, 1)
        foot.addWidget(self._due)
        column.addLayout(foot)

    def title(self) -> str:
        return self._title.whole()

    def show_work(self, detail: MachineDetail) -> None:
        row = detail.row
        follower = _follower(detail)
        if row.work_order is not None:
            self._show(row.work_order, row.work_order, wording.work_in_full(row), wording.made(row))
            good, scrap, ordered = row.good, row.scrapped, row.quantity_ordered
        elif follower is not None:
            about = f"{follower.product_name} · {ORDER_LOOKS[follower.status].word.lower()}"
            made = formats.quantity(follower.quantity_ordered, follower.unit)
            if follower.quantity_completed:
                made = f"{formats.quantity(follower.quantity_completed)} of {made}"
            self._show(follower.number, f"Next: {follower.number}", about, made)
            good, scrap, ordered = follower.quantity_completed, follower.quantity_scrapped, follower.quantity_ordered
        else:
            self._show("", "Nothing runs", "No open order names this machine.", "")
            good = scrap = ordered = None
        self._bar.show_segments(output_segments(good or Decimal(0), scrap or Decimal(0)), ordered or Decimal(0))
        self._bar.setVisible(ordered is not None)

    def show_due(self, detail: MachineDetail, zone: ZoneInfo, now: datetime) -> None:
        follower = _follower(detail)
        words, tone = wording.due(detail.row, zone, now)
        if not words and follower is not None:
            words, tone = wording.next_start(follower, zone, now)
        self._due.setText(words)
        self._due.set_ink(tone or "muted")

    def _show(self, number: str, title: str, about: str, made: str) -> None:
        self._number = number
        self._title.set_text(title)
        self._product.set_text(about)
        self._made.set_text(made)
        self.open_button.setVisible(bool(number))
        self.open_button.setToolTip(f"Open {number} on the board")


def _follower(detail: MachineDetail) -> OrderRow | None:
    """Give the order that comes next where none runs."""
    return detail.queued[0] if detail.row.work_order is None and detail.queued else None


class _Effect(Panel):
    """Today's effectiveness: three factors, their product, and the minutes and pieces behind them."""

    def __init__(self) -> None:
        super().__init__("raised")
        self.figures: list[Label] = []
        self._names: list[Label] = []
        row = QHBoxLayout()
        row.setSpacing(6)
        for at, sign in enumerate(("", "\u00d7", "\u00d7", "=")):
            if sign:
                row.addWidget(Label(sign, size=Size.LARGE, ink="muted"))
            pair = QVBoxLayout()
            pair.setSpacing(2)
            figure = Label(size=Size.LARGE if at < 3 else Size.TITLE, weight=Weight.HEAVY)
            name = Label(size=Size.SMALL, ink="muted")
            pair.addStretch(1)
            pair.addWidget(figure)
            pair.addWidget(name)
            row.addLayout(pair)
            if at < 3:
                row.addStretch(1)
            self.figures.append(figure)
            self._names.append(name)
        self.behind = ElidedLabel(size=Size.SMALL, ink="muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 14, 10)
        column.setSpacing(6)
        column.addLayout(row, 1)
        column.addWidget(self.behind)

    def show_oee(self, oee: Oee | None) -> None:
        for (name, text), figure, below in zip(wording.oee_figures(oee), self.figures, self._names, strict=True):
            figure.setText(text)
            # A machine that made nothing yet is not judged: its zero is no alarm.
            figure.set_ink("muted" if text == formats.NOTHING or oee is None or not oee.pieces else "")
            below.setText(name)
        self.behind.set_text(wording.oee_behind(oee))
        self.setToolTip(wording.oee_in_full(oee))


class _Stops(QWidget):
    """The Pareto of the last 30 days, and the stops one by one; a tap on one puts it right."""

    def __init__(self) -> None:
        super().__init__()
        self._title = Label("Downtime of the last 30 days", weight=Weight.STRONG)
        self.pareto = Pareto()
        self.pareto.setAccessibleName("Downtime of the last 30 days by category")
        self._none = EmptyState("check", "No downtime in 30 days", "Stops by category appear here, the longest first.")
        left = QWidget()
        chart = QVBoxLayout(left)
        chart.setContentsMargins(0, 4, SPACE, 0)
        chart.setSpacing(2)
        chart.addWidget(self._title)
        chart.addWidget(self.pareto)
        chart.addWidget(self._none)
        chart.addStretch(1)
        self.list: CardList = CardList(
            lambda card: card.key,
            empty=EmptyState(
                "clock", "No downtime on record", "Breakdowns and maintenance appear here with their length."
            ),
        )
        self.list.setAccessibleName("Stops, newest first: tap one to correct it")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(scrolled(left), 5)
        row.addWidget(self.list, 4)

    def show_pareto(self, detail: MachineDetail) -> None:
        shares = wording.shares(detail.pareto)
        self.pareto.show_shares(shares)
        self.pareto.setVisible(bool(shares))
        self._title.setVisible(bool(shares))
        self._none.setVisible(not shares)


class _Upkeep(QWidget):
    """When maintenance is due, what to mind, and what was done."""

    def __init__(self) -> None:
        super().__init__()
        self.due = Label(weight=Weight.STRONG, wraps=True)
        self._mind = Label(ink="muted", wraps=True)
        self.table = Table(
            [
                Column("Done", lambda one: formats.full_day(one.date), width=130, strong=True),
                Column("Notes", lambda one: one.notes, stretch=True),
                Column("By", lambda one: one.badge, width=130, mono=True),
            ],
            lambda one: (one.date, one.notes, one.badge),
            empty=EmptyState(
                "wrench", "No maintenance on record", "Record one when it is done: the next date follows."
            ),
        )
        self.table.setAccessibleName("Maintenance that was done")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACE, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.due)
        column.addWidget(self._mind)
        column.addWidget(self.table, 1)

    def show_maintenances(self, detail: MachineDetail) -> None:
        self.table.show_rows(detail.maintenances)

    def say(self, sentence: str, detail: MachineDetail) -> None:
        self.due.setText(sentence)
        self.due.set_ink(Tone.TROUBLE if detail.row.maintenance_overdue else "")
        self._mind.setText(detail.maintenance_notes or "")
        self._mind.setVisible(bool(detail.maintenance_notes))


class _Record(QWidget):
    """The technical record as a sheet, in as many columns as fit. It is changed in Set-up."""

    def __init__(self) -> None:
        super().__init__()
        self._lines = QGridLayout(self)
        self._lines.setContentsMargins(0, SPACE, SPACE, SPACE)
        self._lines.setHorizontalSpacing(2 * SPACE)
        self._lines.setVerticalSpacing(SPACE)
        self._told: list[tuple[str, str]] = []
        self._columns = 1

    def show_record(self, lines: list[tuple[str, str]]) -> None:
        if lines != self._told:
            self._told = lines
            self._fill()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        columns = max(1, min(3, self.width() // RECORD_COLUMN))
        if columns != self._columns:
            self._columns = columns
            self._fill()

    def _fill(self) -> None:
        while item := self._lines.takeAt(0):
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        high = -(-len(self._told) // self._columns)
        for at in range(3):
            self._lines.setColumnStretch(2 * at + 1, 1 if at < self._columns else 0)
        for at, (name, text) in enumerate(self._told):
            across, down = divmod(at, high)
            self._lines.addWidget(Label(name, ink="muted"), down, 2 * across, Qt.AlignmentFlag.AlignTop)
            value = Label(text, weight=Weight.STRONG, wraps=True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._lines.addWidget(value, down, 2 * across + 1)
        self._lines.setRowStretch(high, 1)


def scrolled(inside: QWidget) -> QScrollArea:
    """Let a widget scroll up and down."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.viewport().setAutoFillBackground(False)
    area.setWidget(inside)
    # A scroll area turns this on for what it is given; the panel's colour has to show through.
    inside.setAutoFillBackground(False)
    return area
