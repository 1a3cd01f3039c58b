"""The opened machine: its state as it counts, its work, the states to put it in, queue, downtimes, record."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from mfg_desktop.queries.rows import MachineDetail, MachineRow
from mfg_desktop.ui.kit.bars import QuantityBar, output_segments
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.cards import CardList
from mfg_desktop.ui.kit.chips import Chip
from mfg_desktop.ui.kit.dialogs import ReasonNote
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.tabs import TabsBar
from mfg_desktop.ui.kit.text import ElidedLabel, Label, Panel
from mfg_desktop.ui.machines import wording
from mfg_desktop.ui.machines.presenter import Target
from mfg_desktop.ui.theme import MACHINE_LOOKS, SPACE, Look, Size, Tone, Weight
from mfg_desktop.vocabulary import MachineStatus


class MachinePanel(Panel):
    """Shows one machine. It says what was asked for and decides nothing."""

    closed = Signal()
    status_asked = Signal(object)
    """The MachineStatus that was tapped."""
    why_asked = Signal(str)
    order_asked = Signal(str)

    def __init__(self, zone: Callable[[], ZoneInfo], parent: QWidget | None = None) -> None:
        super().__init__("side", parent)
        self._zone = zone
        self._detail: MachineDetail | None = None
        self.setMinimumWidth(372)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 12, 20, 12)
        column.setSpacing(SPACE)
        self._chip = Chip()
        self._overdue = Chip()
        self.close_button = Button("", kind=Kind.QUIET, icon="cross", height=48)
        self.close_button.setAccessibleName("Close the machine")
        self.close_button.setToolTip("Close")
        self.close_button.tapped.connect(self.closed)
        head = QHBoxLayout()
        head.addWidget(self._chip)
        head.addWidget(self._overdue)
        head.addStretch(1)
        head.addWidget(self.close_button)
        column.addLayout(head)
        self._code = ElidedLabel(size=Size.TITLE, weight=Weight.HEAVY)
        self._model = ElidedLabel(size=Size.LARGE, ink="muted")
        self._since = ElidedLabel(weight=Weight.STRONG)
        column.addWidget(self._code)
        column.addWidget(self._model)
        column.addWidget(self._since)
        self._down = ReasonNote()
        column.addWidget(self._down)
        self.work = _Work()
        self.work.tapped.connect(self.order_asked)
        column.addWidget(self.work)
        self._buttons: dict[MachineStatus, Button] = {}
        self._grid = QGridLayout()
        self._grid.setSpacing(SPACE)
        column.addLayout(self._grid)
        self.tabs = TabsBar(["Queue", "Downtimes", "Record"])
        column.addWidget(self.tabs)
        self.queue: CardList = CardList(
            lambda card: card.key,
            empty=EmptyState(
                "orders", "No order waits", "Planned and released orders that name this machine appear here."
            ),
        )
        self.queue.setAccessibleName("Orders queued on the machine")
        self.queue.chosen.connect(lambda key: self.order_asked.emit(str(key)))
        self.downtimes: CardList = CardList(
            lambda card: card.key,
            empty=EmptyState(
                "clock", "No downtime on record", "Breakdowns and maintenance appear here with their length."
            ),
        )
        self.downtimes.setAccessibleName("Downtimes")
        self._record = QWidget()
        self._lines = QGridLayout(self._record)
        self._lines.setContentsMargins(0, SPACE, SPACE, SPACE)
        self._lines.setHorizontalSpacing(2 * SPACE)
        self._lines.setVerticalSpacing(SPACE)
        self._lines.setColumnStretch(1, 1)
        self._told: list[tuple[str, str]] = []
        pages = QStackedWidget()
        for page in (self.queue, self.downtimes, scrolled(self._record)):
            pages.addWidget(page)
        self.tabs.chosen.connect(pages.setCurrentIndex)
        column.addWidget(pages, 1)

    def button(self, status: MachineStatus) -> Button:
        """Give the button that sets a state."""
        return self._buttons[status]

    def show_machine(self, detail: MachineDetail, targets: Sequence[Target]) -> None:
        """Show this machine with what can be done to it."""
        row = detail.row
        self._detail = detail
        self._chip.set_look(MACHINE_LOOKS[row.status])
        self._overdue.set_look(
            Look(Tone.TROUBLE, "calendar", "Maintenance overdue") if row.maintenance_overdue else None
        )
        self._code.set_text(row.machine)
        self._model.set_text(" · ".join(part for part in (wording.model(row), row.department_name) if part))
        self._show_targets(targets)
        self.work.show_work(row)
        self.tabs.set_count(0, len(detail.queued))
        self.tabs.set_count(1, len(detail.downtimes))
        self._show_record(wording.record(detail))
        self.tick()

    def tick(self) -> None:
        """Count on: everything that speaks of time, from what is shown already."""
        if self._detail is None:
            return
        now, zone, row = datetime.now(UTC), self._zone(), self._detail.row
        self._since.set_text(wording.state_sentence(row, zone, now))
        self._since.set_ink(wording.state_ink(row) or "muted")
        down = row.open_downtime
        self._down.say(wording.downtime_sentence(down) if down else "", wording.state_ink(row) or Tone.HELD)
        self.work.show_due(*wording.due(row, zone, now))
        self.queue.show_rows([wording.queue_card(order, zone, now) for order in self._detail.queued])
        self.downtimes.show_rows([wording.downtime_card(one, zone, now) for one in self._detail.downtimes])

    def set_working(self, working: bool) -> None:
        for button in self._buttons.values():
            button.set_working(working)

    def _show_targets(self, targets: Sequence[Target]) -> None:
        for at, target in enumerate(targets):
            button = self._buttons.get(target.status)
            if button is None:
                look = MACHINE_LOOKS[target.status]
                button = Button(look.word, icon=look.icon, height=56)
                button.tapped.connect(lambda status=target.status: self.status_asked.emit(status))
                button.asked_why.connect(lambda reasons: self.why_asked.emit(" ".join(reasons)))
                self._buttons[target.status] = button
                self._grid.addWidget(button, at // 2, at % 2)
            button.set_stopped((target.stopped,) if target.stopped else ())

    def _show_record(self, lines: list[tuple[str, str]]) -> None:
        if lines == self._told:
            return
        self._told = lines
        while item := self._lines.takeAt(0):
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for at, (name, text) in enumerate(lines):
            self._lines.addWidget(Label(name, ink="muted"), at, 0, Qt.AlignmentFlag.AlignTop)
            value = Label(text, weight=Weight.STRONG, wraps=True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._lines.addWidget(value, at, 1)
        self._lines.setRowStretch(len(lines), 1)


class _Work(Panel):
    """The order that runs: number, product, bar, due; a tap opens it on the board."""

    tapped = Signal(str)

    def __init__(self) -> None:
        super().__init__("raised")
        self._number = ""
        self._title = ElidedLabel(size=Size.LARGE, weight=Weight.STRONG)
        self._product = ElidedLabel(ink="muted")
        self._bar = QuantityBar(10)
        self._made = ElidedLabel()
        self._due = Label(ink="muted")
        self.open_button = Button("Board", icon="board", height=48)
        self.open_button.tapped.connect(lambda: self.tapped.emit(self._number))
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 12, 12)
        column.setSpacing(6)
        names = QVBoxLayout()
        names.setSpacing(2)
        names.addWidget(self._title)
        names.addWidget(self._product)
        head = QHBoxLayout()
        head.addLayout(names, 1)
        head.addWidget(self.open_button)
        column.addLayout(head)
        column.addWidget(self._bar)
        foot = QHBoxLayout()
        foot.addWidget(self._made, 1)
        foot.addWidget(self._due)
        column.addLayout(foot)

    def show_work(self, row: MachineRow) -> None:
        self.setVisible(row.work_order is not None)
        self._number = row.work_order or ""
        self._title.set_text(self._number)
        self._product.set_text(row.work_order_product or "")
        self._made.set_text(wording.made(row))
        segments = output_segments(row.quantity_completed or Decimal(0), row.quantity_scrapped or Decimal(0))
        self._bar.show_segments(segments, row.quantity_ordered or Decimal(0))
        self.open_button.setToolTip(f"Open {self._number} on the board")

    def show_due(self, words: str, tone: Tone | None) -> None:
        self._due.setText(words)
        self._due.set_ink(tone or "muted")


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
