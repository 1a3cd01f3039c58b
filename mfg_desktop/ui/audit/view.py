"""The audit screen: filters, the endless table, and the opened entry at the right."""

from dataclasses import replace
from datetime import UTC, date, datetime

from PySide6.QtCore import QDate, Qt
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QComboBox, QDateEdit, QHBoxLayout, QVBoxLayout, QWidget

from mfg_desktop.service.audit import Verified
from mfg_desktop.ui.audit import wording
from mfg_desktop.ui.audit.entry import EntryPanel
from mfg_desktop.ui.audit.presenter import AuditPresenter, Filters, Period, days_of, with_days
from mfg_desktop.ui.context import Context
from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.buttons import Button
from mfg_desktop.ui.kit.dialogs import ReasonNote
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.fields import TextField
from mfg_desktop.ui.kit.pickers import Wrapping
from mfg_desktop.ui.kit.tables import RIGHT, Column, Table
from mfg_desktop.ui.kit.tabs import TabsBar
from mfg_desktop.ui.kit.text import Panel
from mfg_desktop.ui.theme import SPACE, Size, Theme
from mfg_desktop.vocabulary import ActionType, AuditLevel, EntityType

LEVELS: tuple[AuditLevel | None, ...] = (None, *AuditLevel)


class AuditView(QWidget):
    """Widgets only; what they show comes from the presenter."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.presenter = AuditPresenter(context, self)
        self.levels = TabsBar(["All", *(wording.LEVEL_LOOKS[level.value].word for level in AuditLevel)])
        self.levels.setFixedWidth(self.levels.sizeHint().width())
        self.entity = TextField("Order, machine, lot …", icon="search")
        self.kinds = _combo("Action", [(None, "Every action"), *((one, formats.words(one)) for one in ActionType)])
        self.people = _combo("Person", [(None, "Everybody")])
        self.period = _combo("Days", list(wording.PERIODS))
        self.first, self.last = _day("From"), _day("To")
        self.verify = Button("Verify", icon="audit", height=48)
        self.note = ReasonNote()
        self.empty = EmptyState("audit", "Asking for the entries")
        self.table = Table(self._columns(), lambda row: row.sequence, empty=self.empty)
        self.table.setAccessibleName("Audit log")
        self.panel = EntryPanel(lambda: context.zone)
        self.panel.hide()
        self._lay_out()

        self.levels.chosen.connect(lambda place: self._filter(replace(self._filters(), level=LEVELS[place])))
        self.entity.settled.connect(lambda text: self._filter(replace(self._filters(), entity=text, entity_type=None)))
        for combo in (self.kinds, self.people):
            combo.activated.connect(lambda place: self._filter(self._chosen()))
        self.period.activated.connect(lambda place: self._choose_period())
        for day in (self.first, self.last):
            day.dateChanged.connect(lambda chosen: self._choose_period())
        self.verify.tapped.connect(self.presenter.verify)
        self.table.chosen.connect(self.presenter.open)
        self.table.reached_end.connect(self.presenter.more)
        self.panel.closed.connect(self.presenter.close)
        self.panel.entity_asked.connect(context.open_entity)
        self.presenter.rows_changed.connect(self._show_entries)
        self.presenter.opened_changed.connect(self._show_opened)
        self.presenter.people_changed.connect(self._show_people)
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
        self.entity.setText(key)
        self._filter(replace(self._filters(), entity_type=EntityType(entity_type), entity=key))

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
        self.panel.setFixedWidth(460 if self.width() < 1400 else 620)
        self._fit_columns()

    def _lay_out(self) -> None:
        bar = QWidget()
        flow = Wrapping(bar)
        days = QWidget()
        row = QHBoxLayout(days)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        row.addWidget(self.first)
        row.addWidget(self.last)
        self._days = days
        days.hide()
        self.entity.setFixedWidth(220)
        for widget in (self.levels, self.entity, self.kinds, self.people, self.period, days, self.verify):
            flow.addWidget(widget)
        policy = bar.sizePolicy()
        policy.setHeightForWidth(True)
        bar.setSizePolicy(policy)
        box = Panel("surface")
        inside = QVBoxLayout(box)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.addWidget(self.table)
        left = QVBoxLayout()
        left.setContentsMargins(16, 12, 16, 16)
        left.setSpacing(SPACE)
        left.addWidget(bar)
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
            Column("Time", lambda row: wording.stamp(row.at, context.zone, datetime.now(UTC)), width=134),
            Column("Person", wording.person, width=130, strong=True),
            Column("Action", wording.action, width=170),
            Column("Entity", wording.entity, width=140, strong=True),
            Column("What happened", lambda row: row.message, stretch=True),
            Column("Level", wording.level, width=116),
            Column("ms", wording.duration, align=RIGHT, width=66),
        ]

    def _fit_columns(self) -> None:
        room = self.width() - (0 if self.panel.isHidden() else self.panel.width())
        left_out = next(names for least, names in _LEFT_OUT if room >= least)
        for at, column in enumerate(self.table.rows.columns):
            self.table.setColumnHidden(at, column.head in left_out)

    # ------------------------------------------------------------------ filters

    def _filters(self) -> Filters:
        return self.presenter.filters

    def _filter(self, filters: Filters) -> None:
        self.presenter.filter(filters)

    def _chosen(self) -> Filters:
        return replace(self._filters(), action_type=self.kinds.currentData(), badge=self.people.currentData())

    def _choose_period(self) -> None:
        period = self.period.currentData()
        self._days.setVisible(period is Period.CHOSEN)
        own = (_date(self.first), _date(self.last)) if period is Period.CHOSEN else (None, None)
        today = datetime.now(self._context.zone).date()
        first, last = days_of(period, today)
        self._filter(with_days(self._filters(), first or own[0], last or own[1]))

    def _show_people(self) -> None:
        chosen = self.people.currentData()
        self.people.blockSignals(True)
        self.people.clear()
        self.people.addItem("Everybody", None)
        for person in self.presenter.people():
            self.people.addItem(person.name, person.badge)
        self.people.setCurrentIndex(max(0, self.people.findData(chosen)))
        self.people.blockSignals(False)

    # ------------------------------------------------------------------ entries

    def _show_entries(self) -> None:
        presenter = self.presenter
        if presenter.denied is not None:
            self.empty.say(presenter.denied.message, presenter.denied.next_step, icon="lock")
        elif presenter.answered:
            self.empty.say(*(_NOT_FOUND if presenter.filtered else _NO_ENTRIES), icon="audit")
        self.verify.setVisible(presenter.denied is None)
        # New entries come in above: whoever reads further down keeps his place.
        bar = self.table.verticalScrollBar()
        first = self.table.rows.row_at(self.table.indexAt(self.table.viewport().rect().topLeft()))
        before = self.table.rows.place_of(first.sequence) if first is not None else None
        self.table.show_rows(presenter.entries())
        after = self.table.rows.place_of(first.sequence) if first is not None else None
        if bar.value() > 0 and before is not None and after is not None and after > before:
            bar.setValue(bar.value() + (after - before) * self.table.verticalHeader().defaultSectionSize())

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
        self.verify.set_text(f"Cancel · {count * 100 // total} %" if total else "Cancel")
        self.verify.set_icon("cross")

    def _show_verified(self, found: Verified | None) -> None:
        self.verify.set_text("Verify")
        self.verify.set_icon("audit")
        if found is not None:
            self.note.say(*wording.check_sentence(found))


def _combo(name: str, choices: list[tuple[object, str]]) -> QComboBox:
    combo = QComboBox()
    combo.setAccessibleName(name)
    combo.setFont(Theme.current.font(Size.BODY))
    combo.setMaxVisibleItems(9)
    for value, text in choices:
        combo.addItem(text, value)
    combo.setMinimumWidth(150)
    return combo


def _day(name: str) -> QDateEdit:
    edit = QDateEdit(QDate.currentDate())
    edit.setAccessibleName(name)
    edit.setCalendarPopup(True)
    edit.setDisplayFormat("d MMM yyyy")
    edit.setMinimumWidth(150)
    return edit


def _date(edit: QDateEdit) -> date:
    chosen = edit.date()
    return date(chosen.year(), chosen.month(), chosen.day())


_LEFT_OUT = (
    (1000, frozenset[str]()),
    (0, frozenset({"ms", "Entity", "Person"})),
)
"""From which width on which columns are left out; the opened entry tells them anyway."""
_NO_ENTRIES = ("The log is empty", "Every command leaves an entry here, done or refused.")
_NOT_FOUND = ("No entry found", "No entry has this level, action, person, day and exactly this order, machine or lot.")
