"""The board as a time line: which machines, over which stretch of time, and what the board's filter leaves bright."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject, Signal

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.queries.rows import PlannedBar, Schedule, ScheduleRow
from mfg_desktop.ui.board import shift
from mfg_desktop.ui.board.presenter import BoardPresenter, Filter, Plant
from mfg_desktop.ui.board.shift import Span, Stretch
from mfg_desktop.ui.presenter import Presenter
from mfg_desktop.vocabulary import EntityType

_A_MOMENT: Final = timedelta(seconds=1)


class Grouping(StrEnum):
    """Under which headings the machines stand."""

    DEPARTMENT = "department"
    TYPE = "type"


@dataclass(frozen=True, slots=True)
class Section:
    """The machines under one heading."""

    name: str
    rows: tuple[ScheduleRow, ...]


class SchedulePresenter(Presenter):
    """The time line. It rests while nobody looks at it; while it shows the running shift, day or week, it goes on
    with the time.
    """

    follows: ClassVar[frozenset[str]] = frozenset({EntityType.WORK_ORDER, EntityType.MACHINE})
    window_changed = Signal()
    loading = Signal(bool)

    def __init__(self, place: Plant, board: BoardPresenter, parent: QObject | None = None) -> None:
        super().__init__(place, parent)
        self._plant, self._board = place, board
        self._span = Span.DAY
        self._anchor: datetime | None = None
        self._grouping = Grouping.DEPARTMENT
        self._watched = False
        self._schedule: Schedule | None = None
        board.filter_changed.connect(self._narrowed)

    def schedule(self) -> Schedule | None:
        """Give the answer for this stretch of time; None until it is there."""
        return self._schedule

    def span(self) -> Span:
        return self._span

    def grouping(self) -> Grouping:
        return self._grouping

    def stretch(self) -> Stretch:
        """Give the stretch of time that is looked at."""
        return self._around(self._anchor or datetime.now(UTC))

    def is_now(self) -> bool:
        """Say whether it is the running one."""
        return self._anchor is None

    def shifts(self) -> list[Stretch]:
        """Give the shifts that begin in this stretch."""
        plant = self._plant.plant()
        return shift.shifts_within(self.stretch(), plant.shifts, ZoneInfo(plant.timezone))

    def watch(self, watched: bool) -> None:
        """Ask while the time line is looked at, and leave the database alone while it is not."""
        self._watched = watched
        self.refresh()

    def show_span(self, span: Span) -> None:
        """Show the shift, the day or the week around what is looked at."""
        self._span = span
        self._move()

    def back(self) -> None:
        """Look at the stretch before."""
        self._anchor = self.stretch().start - _A_MOMENT
        self._move()

    def forward(self) -> None:
        """Look at the stretch after."""
        self._anchor = self.stretch().end
        self._move()

    def to_now(self) -> None:
        """Look at the running shift, day or week."""
        self._anchor = None
        self._move()

    def go_on(self) -> None:
        """Go on with the time: when the running shift, day or week is over, ask for the next one."""
        if self._schedule is not None and self._schedule.start != self.stretch().start:
            self._move()

    def group_by(self, grouping: Grouping) -> None:
        self._grouping = grouping
        self.rows_changed.emit()

    def sections(self) -> Sequence[Section]:
        """Give the machines under their headings, those of no department last."""
        rows = self._schedule.rows if self._schedule else ()
        wanted = self._board.filter().machine
        groups: dict[str, list[ScheduleRow]] = {}
        for row in sorted(rows, key=lambda row: row.machine):
            if wanted in (None, row.machine):
                groups.setdefault(self._group_of(row), []).append(row)
        return [Section(name, tuple(groups[name])) for name in sorted(groups, key=lambda name: (not name, name))]

    def unassigned(self) -> tuple[PlannedBar, ...]:
        """Give the orders that no machine has; a machine that is looked for alone has none of them."""
        return self._schedule.unassigned if self._schedule and self._board.filter().machine is None else ()

    def is_meant(self, bar: PlannedBar) -> bool:
        """Say whether an order is what the filter looks for; the others take their time all the same."""
        return _is_meant(self._board.filter(), bar)

    def refresh(self) -> None:
        """Ask again."""
        if not self._watched or self.place.actor() is None:
            return
        stretch = self.stretch()
        fields: dict[str, object] = {"query": "machine.schedule", "from": stretch.start, "to": stretch.end}
        if department := self._board.filter().department:
            fields["department"] = department
        self.loading.emit(True)
        self.ask(fields, key="schedule", then=self._got, failed=self._failed)

    def _move(self) -> None:
        if self._anchor is not None and self._around(self._anchor) == self._around(datetime.now(UTC)):
            self._anchor = None
        self._schedule = None
        self.window_changed.emit()
        self.refresh()

    def _around(self, at: datetime) -> Stretch:
        plant = self._plant.plant()
        return shift.around(at, self._span, plant.shifts, ZoneInfo(plant.timezone))

    def _group_of(self, row: ScheduleRow) -> str:
        return row.type.value if self._grouping is Grouping.TYPE else row.department or ""

    def _narrowed(self) -> None:
        self.rows_changed.emit()
        self.refresh()

    def _got(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self.loading.emit(False)
        self.rows_changed.emit()

    def _failed(self, error: ManufacturingException) -> None:
        self.loading.emit(False)
        if error.code != "SYSTEM_DATABASE_UNAVAILABLE":
            self.refused.emit(error)


def _is_meant(filter_: Filter, bar: PlannedBar) -> bool:
    said = f"{bar.number} {bar.product} {bar.product_name}".lower()
    return (
        filter_.priority in (None, bar.priority)
        and (bar.overdue or not filter_.overdue)
        and all(word in said for word in filter_.text.lower().split())
    )
