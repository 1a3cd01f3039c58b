"""The machines screen: filters and the wall at the left, the opened machine at the right."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mfg_desktop.ui.context import Context
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.tabs import TabsBar
from mfg_desktop.ui.machines import wording
from mfg_desktop.ui.machines.filters import Filters
from mfg_desktop.ui.machines.panel import MachinePanel
from mfg_desktop.ui.machines.presenter import REASONS, MachinesPresenter
from mfg_desktop.ui.machines.set_status import SetStatusDialog
from mfg_desktop.ui.machines.wall import Wall
from mfg_desktop.ui.theme import SPACE, Tone
from mfg_desktop.vocabulary import DowntimeCategory, MachineStatus

COUNT_MS = 5000
"""How often times count on: they are told in minutes."""


class MachinesView(QWidget):
    """Widgets only; what they show comes from the presenter."""

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

        bar = QHBoxLayout()
        bar.setSpacing(2 * SPACE)
        bar.addWidget(self.filters, 1)
        bar.addWidget(self.arrangements, 0, Qt.AlignmentFlag.AlignTop)
        left = QVBoxLayout()
        left.setContentsMargins(16, 12, 8, 0)
        left.setSpacing(4)
        left.addLayout(bar)
        left.addWidget(self.wall, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(left, 1)
        row.addWidget(self.panel)

        self.filters.chosen.connect(self.presenter.show_only)
        self.arrangements.chosen.connect(lambda place: self.presenter.arrange(wording.ARRANGEMENTS[place][0]))
        self.wall.machine_chosen.connect(self.presenter.open)
        self.panel.closed.connect(self.presenter.close)
        self.panel.order_asked.connect(lambda number: context.open_entity("WorkOrder", number))
        self.panel.status_asked.connect(self._ask_reason)
        self.panel.why_asked.connect(lambda reason: context.notices.say(reason, Tone.HELD))
        self.presenter.rows_changed.connect(self._show_rows)
        self.presenter.opened_changed.connect(self._show_opened)
        self.presenter.working.connect(self.panel.set_working)
        context.notices.listen(self.presenter)
        self._counting = QTimer(self, interval=COUNT_MS)
        self._counting.timeout.connect(self._count_on)
        self._counting.start()

    def shown(self) -> None:
        """Ask again: the screen came to the front."""
        self.presenter.watch(True)
        self.presenter.refresh()

    def open_entity(self, entity_type: str, key: str) -> None:
        """Open a machine that was scanned or linked to."""
        if entity_type == "Machine":
            self.presenter.open(key)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.presenter.watch(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.presenter.opened is not None:
            self.presenter.close()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.panel.setFixedWidth(372 if self.width() < 1400 else 440)

    def _show_rows(self) -> None:
        presenter = self.presenter
        if presenter.answered:
            self.empty.say(*wording.NOTHING_SHOWN[presenter.shown_only])
        self.filters.show_counts(presenter.counts())
        self.wall.show_groups(presenter.groups(), presenter.arrangement)

    def _show_opened(self) -> None:
        presenter = self.presenter
        if presenter.detail is not None:
            self.panel.show_machine(presenter.detail, presenter.targets())
        if self.panel.isHidden() != (presenter.detail is None):
            self.panel.setVisible(presenter.detail is not None)
        self.wall.select(presenter.opened)

    def _ask_reason(self, status: MachineStatus) -> None:
        machine = self.presenter.opened
        if machine is None:
            return
        presenter = self.presenter

        def answer(reason: str, category: DowntimeCategory | None) -> None:
            presenter.set_status(status, reason=reason, category=category)

        SetStatusDialog(self, machine, status, REASONS[status], answer).open()

    def _count_on(self) -> None:
        if self.isVisible():
            self.wall.viewport().update()
            self.panel.tick()
