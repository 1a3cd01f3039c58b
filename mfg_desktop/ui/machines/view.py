"""The machines screen: filters over the wall; the opened machine as a page, with the wall as a strip beside it."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.queries.rows import DowntimeRow, RibbonStretch
from mfg_desktop.ui.context import Context
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.sides import SideScreen
from mfg_desktop.ui.kit.tabs import TabsBar
from mfg_desktop.ui.machines import wording
from mfg_desktop.ui.machines.filters import Filters
from mfg_desktop.ui.machines.maintenance import MaintenanceDialog
from mfg_desktop.ui.machines.panel import STOPS, MachinePanel
from mfg_desktop.ui.machines.presenter import REASONS, MachinesPresenter
from mfg_desktop.ui.machines.set_status import SetStatusDialog
from mfg_desktop.ui.machines.stops import RecordStopDialog, StopDialog
from mfg_desktop.ui.machines.wall import Wall
from mfg_desktop.ui.machines.wall_view import WallView
from mfg_desktop.ui.notices import WaysOut
from mfg_desktop.ui.theme import SPACE, Tone
from mfg_desktop.vocabulary import DowntimeCategory, MachineStatus

COUNT_MS = 5000
"""How often times count on: they are told in minutes."""
ASK_MS = 60_000
STRIP = 258
"""Width of the wall beside an opened machine: one tile, and on a wide screen two."""
WIDE = 1500


class MachinesView(SideScreen):
    """Widgets only; what they show comes from the presenter."""

    presenter: MachinesPresenter

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.presenter = MachinesPresenter(context, self)
        self.filters = Filters()
        self.arrangements = TabsBar([name for _, name in wording.ARRANGEMENTS])
        self.arrangements.setFixedWidth(self.arrangements.sizeHint().width())
        self.empty = EmptyState("machine", "Asking for the machines", "")
        self.wall = Wall(lambda: context.zone, empty=self.empty)
        self.panel = MachinePanel(lambda: context.zone)
        self.panel.hide()

        self.wall_button = Button("", kind=Kind.QUIET, icon="wall", height=48)
        self.wall_button.setAccessibleName("Wall view for a big screen")
        self.wall_button.setToolTip("Wall view for a big screen")
        self.back_button = Button("All machines", kind=Kind.QUIET, icon="back", height=48)
        self.back_button.hide()
        self._wall_view: WallView | None = None

        # Filters and arrangement take a line each side by side, and give the wall their place while a machine is open.
        self._bar = QWidget()
        bar = QHBoxLayout(self._bar)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.setSpacing(SPACE)
        bar.addWidget(self.filters, 1)
        bar.addWidget(self.arrangements, 0, Qt.AlignmentFlag.AlignTop)
        bar.addWidget(self.wall_button, 0, Qt.AlignmentFlag.AlignTop)
        self._left = QWidget()
        left = QVBoxLayout(self._left)
        left.setContentsMargins(16, 12, 8, 0)
        left.setSpacing(4)
        left.addWidget(self.back_button)
        left.addWidget(self._bar)
        left.addWidget(self.wall, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._left, 1)
        row.addWidget(self.panel, 1)

        for asked in (self.filters.chosen, self.arrangements.chosen):
            asked.connect(self.wall.rows.expect_others)
        self.filters.chosen.connect(self.presenter.show_only)
        self.arrangements.chosen.connect(lambda place: self.presenter.arrange(wording.ARRANGEMENTS[place][0]))
        self.wall.machine_chosen.connect(self.presenter.open)
        self.panel.closed.connect(self.presenter.close)
        self.panel.order_asked.connect(lambda number: context.open_entity("WorkOrder", number))
        self.wall_button.tapped.connect(self.open_wall_view)
        self.back_button.tapped.connect(self.presenter.close)
        self.panel.status_asked.connect(self._ask_reason)
        self.panel.stop_asked.connect(self._open_stop)
        self.panel.stretch_asked.connect(self._open_stop_of)
        self.panel.late_stop_asked.connect(self._ask_stop)
        self.panel.maintenance_asked.connect(self._ask_maintenance)
        self.panel.why_asked.connect(lambda reason: context.notices.say(reason, Tone.HELD))
        self.presenter.rows_changed.connect(self._show_rows)
        self.presenter.opened_changed.connect(self._show_opened)
        self.presenter.working.connect(self.panel.set_working)
        context.notices.listen(self.presenter, self._ways_out)
        self._counting = QTimer(self, interval=COUNT_MS)
        self._counting.timeout.connect(self._count_on)
        self._counting.start()
        # Without any news too the day goes on: minutes planned, set-up that is over.
        self._asking = QTimer(self, interval=ASK_MS)
        self._asking.timeout.connect(self.presenter.refresh)
        self._asking.start()

    def shown(self) -> None:
        """Ask again: the screen came to the front."""
        self.presenter.watch(True)
        self.presenter.refresh()

    def open_entity(self, entity_type: str, key: str) -> None:
        """Open a machine that was scanned or linked to."""
        if entity_type == "Machine":
            self.presenter.open(key)

    def open_wall_view(self) -> WallView:
        """Show the wall over the whole window."""
        context = self._context
        self._wall_view = WallView(self, self.presenter, context.plant().name, lambda: context.zone)
        self._wall_view.closed.connect(self._forget_wall_view)
        self._wall_view.open()
        return self._wall_view

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_room()

    def _show_rows(self) -> None:
        presenter = self.presenter
        if presenter.answered:
            self.empty.say(*wording.NOTHING_SHOWN[presenter.shown_only])
        self.filters.show_counts(presenter.counts())
        self.wall.show_groups(presenter.groups(), presenter.arrangement, whole=presenter.all_groups())

    def _show_opened(self) -> None:
        presenter = self.presenter
        if presenter.detail is not None:
            self.panel.show_machine(presenter.detail, presenter.targets(), presenter.entry_stopped())
        if self.panel.isHidden() != (presenter.detail is None):
            self.panel.setVisible(presenter.detail is not None)
            self._share_room()
        self.wall.follow(presenter.opened)

    def _ask_reason(self, status: MachineStatus) -> None:
        machine = self.presenter.opened
        if machine is None:
            return
        presenter = self.presenter

        def answer(reason: str, category: DowntimeCategory | None) -> None:
            presenter.set_status(status, reason=reason, category=category)

        SetStatusDialog(self, machine, status, REASONS[status], answer).open()

    def _share_room(self) -> None:
        """Give the opened machine its page, and the wall the strip beside it."""
        opened = not self.panel.isHidden()
        self._bar.setVisible(not opened)
        self.back_button.setVisible(opened)
        strip = STRIP if self.width() < WIDE else 2 * STRIP
        self._left.setMaximumWidth(strip if opened else 16_777_215)
        self._left.setMinimumWidth(strip if opened else 0)

    def _open_stop(self, stop: DowntimeRow) -> None:
        StopDialog(self, self.presenter, stop, self._context.zone, datetime.now(UTC)).open()

    def _open_stop_of(self, stretch: RibbonStretch) -> None:
        stop = self.presenter.stop_of(stretch)
        if stop is not None:
            self._open_stop(stop)
        else:
            self._context.notices.say("That stop is no longer among the newest 50.", Tone.HELD)

    def _ask_stop(self) -> None:
        RecordStopDialog(self, self.presenter, self._context.zone, partial(datetime.now, UTC)).open()

    def _ask_maintenance(self) -> None:
        today = datetime.now(UTC).astimezone(self._context.zone).date()
        MaintenanceDialog(self, self.presenter, today).open()

    def _ways_out(self, error: ManufacturingException) -> WaysOut:
        """Give the way out of a stop that lies in another, and of a machine that stands for maintenance."""
        if self.presenter.detail is None:
            return {}
        ways: dict[str, list[tuple[str, Callable[[], None]]]] = {
            "MACHINE_UNDER_MAINTENANCE": [("Record maintenance", self._ask_maintenance)]
        }
        stop = self.presenter.stop_in_the_way(error)
        if stop is not None:
            ways["MACHINE_DOWNTIME_OVERLAP"] = [("Open that stop", partial(self._open_that_stop, stop))]
        return ways

    def _open_that_stop(self, stop: DowntimeRow) -> None:
        # The half-filled stop is left: what it wanted to say is said about the stop that is there.
        for dialog in self.window().findChildren(RecordStopDialog):
            dialog.close_dialog()
        self.panel.tabs.choose(STOPS)
        self._open_stop(stop)

    def _forget_wall_view(self) -> None:
        self._wall_view = None

    def _count_on(self) -> None:
        if self.isVisible():
            self.wall.viewport().update()
            self.panel.tick()
        if self._wall_view is not None:
            self._wall_view.tick()
