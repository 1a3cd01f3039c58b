"""The audit screen: filters, the endless table, and the opened entry at the right."""

from datetime import UTC, datetime

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mfg_desktop.service.audit import Verified
from mfg_desktop.ui.audit import wording
from mfg_desktop.ui.audit.entry import EntryPanel
from mfg_desktop.ui.audit.filters import FilterBar
from mfg_desktop.ui.audit.presenter import AuditPresenter
from mfg_desktop.ui.context import Context
from mfg_desktop.ui.kit.buttons import Button
from mfg_desktop.ui.kit.dialogs import ReasonNote
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.sides import SideScreen
from mfg_desktop.ui.kit.tables import RIGHT, Column, Table
from mfg_desktop.ui.kit.text import Panel
from mfg_desktop.ui.theme import SPACE
from mfg_desktop.vocabulary import EntityType


class AuditView(SideScreen):
    """Widgets only; what they show comes from the presenter."""

    presenter: AuditPresenter

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.presenter = AuditPresenter(context, self)
        self.filters = FilterBar(lambda: datetime.now(context.zone).date())
        self.verify = Button(_CANCEL.format("100 %"), icon="audit", height=48)
        # As wide as its longest words: the filters beside it stay where they are while it counts.
        self.verify.setFixedWidth(self.verify.sizeHint().width())
        self.verify.set_text("Verify")
        self.note = ReasonNote()
        self.empty = EmptyState("audit", "Asking for the entries")
        self.table = Table(self._columns(), lambda row: row.sequence, empty=self.empty)
        self.table.setAccessibleName("Audit log")
        self.panel = EntryPanel(lambda: context.zone)
        self.panel.hide()
        self._lay_out()

        self.filters.changed.connect(self._expect_others)
        self.filters.changed.connect(self.presenter.filter)
        self.verify.tapped.connect(self.presenter.verify)
        self.table.chosen.connect(self.presenter.open)
        self.table.reached_end.connect(self.presenter.more)
        self.panel.closed.connect(self.presenter.close)
        self.panel.entity_asked.connect(context.open_entity)
        self.presenter.rows_changed.connect(self._show_entries)
        self.presenter.opened_changed.connect(self._show_opened)
        self.presenter.people_changed.connect(lambda: self.filters.show_people(self.presenter.people()))
        self.presenter.verifying.connect(self._show_progress)
        self.presenter.verified.connect(self._show_verified)
        context.notices.listen(self.presenter)

    def shown(self) -> None:
        """Ask again: the screen came to the front."""
        self.presenter.watch(True)
        self.presenter.load_people()
        self.presenter.refresh()

    def open_entity(self, entity_type: str, key: str) -> None:
        """Show what happened to one thing."""
        self.filters.show_entity(EntityType(entity_type), key)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.panel.setFixedWidth(460 if self.width() < 1400 else 620)
        self._fit_columns()

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setSpacing(SPACE)
        bar.addWidget(self.filters, 1)
        bar.addWidget(self.verify, 0, Qt.AlignmentFlag.AlignTop)
        box = Panel("surface")
        inside = QVBoxLayout(box)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.addWidget(self.table)
        left = QVBoxLayout()
        left.setContentsMargins(16, 12, 16, 16)
        left.setSpacing(SPACE)
        left.addLayout(bar)
        left.addWidget(self.note)
        left.addWidget(box, 1)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(left, 1)
        whole.addWidget(self.panel)

    def _columns(self) -> list[Column]:
        context = self._context
        return [
            Column("Time", lambda row: wording.stamp(row.at, context.zone, datetime.now(UTC)), width=136),
            Column("Person", wording.person, width=148, strong=True),
            Column("Action", wording.action, width=182),
            Column("Entity", wording.entity, width=158, strong=True, code=True),
            Column("What happened", lambda row: row.message, stretch=True),
            Column("Level", wording.level, width=118),
            Column("ms", wording.duration, align=RIGHT, width=62),
        ]

    def _fit_columns(self) -> None:
        room = self.width() - (0 if self.panel.isHidden() else self.panel.width())
        left_out = next(names for least, names in _LEFT_OUT if room >= least)
        for at, column in enumerate(self.table.rows.columns):
            self.table.setColumnHidden(at, column.head in left_out)

    # ------------------------------------------------------------------ entries

    def _expect_others(self) -> None:
        """Begin at the top with what comes next: it answers another question."""
        self.table.scrollToTop()
        self.table.rows.expect_others()

    def _show_entries(self) -> None:
        presenter = self.presenter
        if presenter.denied is not None:
            self.empty.say(presenter.denied.message, presenter.denied.next_step, icon="lock")
        elif presenter.answered:
            self.empty.say(*(_NOT_FOUND if presenter.filtered else _NO_ENTRIES), icon="audit")
        self.verify.setVisible(presenter.denied is None)
        self.table.show_rows(presenter.entries())

    def _show_opened(self) -> None:
        entry = self.presenter.opened
        if entry is not None:
            self.panel.show_entry(entry)
            self.table.select(entry.sequence)
        else:
            self.table.clearSelection()
        if self.panel.isHidden() != (entry is None):
            self.panel.setVisible(entry is not None)
            self._fit_columns()

    # ------------------------------------------------------------------ the check

    def _show_progress(self, count: int, total: int) -> None:
        self.verify.set_text(_CANCEL.format(f"{count * 100 // total} %") if total else "Cancel")
        self.verify.set_icon("cross")

    def _show_verified(self, found: Verified | None) -> None:
        self.verify.set_text("Verify")
        self.verify.set_icon("audit")
        if found is not None:
            self.note.say(*wording.check_sentence(found))


_CANCEL = "Cancel · {}"
_LEFT_OUT = (
    (1000, frozenset[str]()),
    (0, frozenset({"ms", "Entity", "Person"})),
)
"""From which width on which columns are left out; the opened entry tells them anyway."""
_NO_ENTRIES = ("The log is empty", "Every command leaves an entry here, done or refused.")
_NOT_FOUND = ("No entry found", "No entry has this level, action, person, day and exactly this order, machine or lot.")
