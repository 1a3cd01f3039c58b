"""What the machines screen knows: all machines, their arrangement, the opened one, the states it may be put in, its stops and
its maintenance.

To offer another reason, add it to REASONS or STOP_REASONS; where a machine may go from a state, the service says (`MOVES`).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final

from PySide6.QtCore import QObject, Signal

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.operations.machines import MOVES
from mfg_desktop.queries.rows import DowntimeRow, MachineDetail, MachineRow, Page, RibbonStretch
from mfg_desktop.ui.presenter import Presenter, Workplace
from mfg_desktop.vocabulary import DowntimeCategory, EntityType, MachineState, MachineStatus, MachineType

S = MachineStatus


class Arrangement(StrEnum):
    """How the wall is arranged; inside a group trouble always comes first."""

    TROUBLE = "TROUBLE"
    DEPARTMENT = "DEPARTMENT"
    TYPE = "TYPE"


class Shown(StrEnum):
    """Which machines the wall shows, in the order of its filters."""

    ALL = "ALL"
    BROKEN = "BROKEN"
    MAINTENANCE = "MAINTENANCE"
    OVERDUE = "OVERDUE"
    IN_USE = "IN_USE"
    AVAILABLE = "AVAILABLE"
    RETIRED = "RETIRED"


@dataclass(frozen=True, slots=True)
class Group:
    """Machines under one heading; the only group of an ungrouped wall has no name."""

    name: str
    machines: tuple[MachineRow, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """A state the opened machine may be put in, or why it may not."""

    status: MachineStatus
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked when a machine is put in a state."""

    reasons: tuple[str, ...]
    category: DowntimeCategory | None = None
    """What the downtime is booked under, unless somebody says otherwise; None where no downtime begins."""
    needs_reason: bool = True
    final: bool = False
    """Cannot be taken back, so a reason alone does not do it."""


TARGETS: Final = (S.AVAILABLE, S.MAINTENANCE, S.BROKEN, S.RETIRED)
"""States that people set. A machine is in use by its work, never by hand."""

REASONS: Final[Mapping[MachineStatus, Wishes]] = MappingProxyType(
    {
        S.AVAILABLE: Wishes(("Repaired", "Maintenance done", "Checked, no fault found"), needs_reason=False),
        S.MAINTENANCE: Wishes(
            ("Planned maintenance", "Cleaning", "Oil and filters", "Inspection", "Retrofit"),
            DowntimeCategory.MAINTENANCE,
        ),
        S.BROKEN: Wishes(
            ("Spindle", "Tool changer", "Crash", "Hydraulics", "Coolant", "Electrics", "Control"),
            DowntimeCategory.BREAKDOWN,
        ),
        S.RETIRED: Wishes(("Sold", "Scrapped", "Replaced"), final=True),
    }
)

CATEGORIES: Final = tuple(DowntimeCategory)

STOP_REASONS: Final[Mapping[DowntimeCategory, tuple[str, ...]]] = MappingProxyType(
    {
        DowntimeCategory.MAINTENANCE: REASONS[S.MAINTENANCE].reasons,
        DowntimeCategory.BREAKDOWN: REASONS[S.BROKEN].reasons,
        DowntimeCategory.SETUP: ("Tool change", "Fixture change", "Program", "First piece check"),
        DowntimeCategory.NO_OPERATOR: ("Break", "Meeting", "Helped elsewhere", "Nobody on shift"),
        DowntimeCategory.NO_MATERIAL: ("Not delivered", "Wrong material", "Blocked by Quality"),
        DowntimeCategory.OTHER: ("Power", "Compressed air", "Waited for Quality", "Trial"),
    }
)
"""What a shop says most, by the category that a stop is booked under."""

GOES_ON: Final = frozenset({DowntimeCategory.BREAKDOWN, DowntimeCategory.MAINTENANCE})
"""A stop of these categories goes on when it is entered without an end; any other ends now."""

LATE_MINUTES: Final = (15, 30, 60)
"""The quick choices for a stop that is entered late: it began so long ago and is over."""

_SEVERITY: Final = (S.BROKEN, S.MAINTENANCE, S.IN_USE, S.AVAILABLE, S.RETIRED)


class MachinesPresenter(Presenter):
    """Machines as tiles in groups, and the opened one in full."""

    follows: ClassVar[frozenset[str]] = frozenset({EntityType.MACHINE.value, EntityType.WORK_ORDER.value})

    opened_changed = Signal()
    """Another machine is opened, none is, or the opened one changed."""

    def __init__(self, place: Workplace, parent: QObject | None = None) -> None:
        super().__init__(place, parent)
        self._machines: tuple[MachineRow, ...] = ()
        self._arrangement = Arrangement.TROUBLE
        self._shown = Shown.ALL
        self._opened: str | None = None
        self._detail: MachineDetail | None = None
        self._answered = False
        self._seen = True

    # ------------------------------------------------------------------ the wall

    def watch(self, seen: bool) -> None:
        """Follow the news while somebody looks; a screen behind another asks when it comes to the front."""
        self._seen = seen

    def refresh(self) -> None:
        """Ask for all machines, and again for the opened one."""
        if not self._seen:
            return
        self.ask({"query": "machine.list"}, key="machines", then=self._take)
        if self._opened is not None:
            self._ask_opened(self._opened)

    def arrange(self, arrangement: Arrangement) -> None:
        """Group the wall by department or type, or put all trouble first."""
        self._arrangement = arrangement
        self.rows_changed.emit()

    def show_only(self, shown: Shown) -> None:
        """Show the machines in one state, the overdue ones, or all."""
        self._shown = shown
        self.rows_changed.emit()

    @property
    def answered(self) -> bool:
        """Say whether the shop has answered yet: an empty wall before that means nothing."""
        return self._answered

    @property
    def arrangement(self) -> Arrangement:
        return self._arrangement

    @property
    def shown_only(self) -> Shown:
        return self._shown

    def counts(self) -> Mapping[Shown, int]:
        """Count the machines behind each filter."""
        return {shown: sum(_belongs(machine, shown) for machine in self._machines) for shown in Shown}

    def groups(self) -> tuple[Group, ...]:
        """Give what the wall shows, arranged."""
        return self._arranged(machine for machine in self._machines if _belongs(machine, self._shown))

    def all_groups(self) -> tuple[Group, ...]:
        """Give what a wall view shows, arranged: every machine that the plant still has."""
        return self._arranged(machine for machine in self._machines if machine.status is not S.RETIRED)

    def _arranged(self, machines: Iterable[MachineRow]) -> tuple[Group, ...]:
        wanted = sorted(machines, key=_trouble_first)
        if not wanted:
            return ()
        if self._arrangement is Arrangement.TROUBLE:
            return (Group("", tuple(wanted)),)
        named: dict[str, list[MachineRow]] = {}
        for machine in wanted:
            named.setdefault(self._group_of(machine), []).append(machine)
        if self._arrangement is Arrangement.TYPE:
            places = {kind.value: place for place, kind in enumerate(MachineType)}
            names = sorted(named, key=lambda name: places[name])
        else:
            # Machines that stand in no department come last.
            names = sorted(named, key=lambda name: (not name, name.casefold()))
        return tuple(Group(name or "No department", tuple(named[name])) for name in names)

    def _group_of(self, machine: MachineRow) -> str:
        if self._arrangement is Arrangement.TYPE:
            return machine.type.value
        return machine.department_name or machine.department or ""

    def _take(self, page: Page[MachineRow]) -> None:
        self._answered = True
        self._machines = page.rows
        self.rows_changed.emit()

    # ------------------------------------------------------------------ the opened machine

    def open(self, machine: str) -> None:
        """Open a machine; tapping the opened one again keeps it open."""
        if machine != self._opened:
            self._opened = machine
            self._detail = None
            self.opened_changed.emit()
        self._ask_opened(machine)

    def close(self) -> None:
        """Open none."""
        self._opened, self._detail = None, None
        self.opened_changed.emit()

    @property
    def opened(self) -> str | None:
        return self._opened

    @property
    def detail(self) -> MachineDetail | None:
        """The opened machine, once the shop has answered."""
        return self._detail

    def targets(self) -> tuple[Target, ...]:
        """Give the states that can be set, each with what stops it."""
        if self._detail is None:
            return ()
        row = self._detail.row
        return tuple(Target(status, _stopped(row, status)) for status in TARGETS)

    def set_status(self, status: MachineStatus, *, reason: str = "", category: DowntimeCategory | None = None) -> bool:
        """Put the opened machine in a state."""
        if self._detail is None:
            return False
        row = self._detail.row
        fields: dict[str, object] = {
            "command": "machine.set_status",
            "machine": row.machine,
            "status": status.value,
            "seen_version": row.version,
        }
        if reason:
            fields["reason"] = reason
        if category is not None:
            fields["category"] = category.value
        return self.perform(fields, said=f"{row.machine} is {_SAID[status]}.")

    # ------------------------------------------------------------------ stops and maintenance

    def entry_stopped(self) -> str:
        """Say why neither a stop nor a maintenance can be entered for the opened machine; empty when they can."""
        if self._detail is None or self._detail.row.status is not S.RETIRED:
            return ""
        return f"{self._detail.row.machine} is retired, and that is final."

    def stop_at(self, start: datetime) -> DowntimeRow | None:
        """Give the stop of the opened machine that was at a time."""
        stops = self._detail.downtimes if self._detail is not None else ()
        return next((stop for stop in stops if stop.start <= start and (stop.end is None or start < stop.end)), None)

    def stop_of(self, stretch: RibbonStretch) -> DowntimeRow | None:
        """Give the stop behind a stretch of the ribbon; None where the machine was not down."""
        if stretch.state is not MachineState.DOWN:
            return None
        return self.stop_at(stretch.start + (stretch.end - stretch.start) / 2)

    def stop_in_the_way(self, error: ManufacturingException) -> DowntimeRow | None:
        """Give the stop that a refusal names because another one would lie in it."""
        for one in error.violations:
            other = one.details.get("other_start") if one.code == "MACHINE_DOWNTIME_OVERLAP" else None
            if other is not None:
                return self.stop_at(other if isinstance(other, datetime) else datetime.fromisoformat(str(other)))
        return None

    def record_stop(
        self, start: datetime, end: datetime | None, *, category: DowntimeCategory, reason: str, notes: str = ""
    ) -> bool:
        """Enter a stop late; without an end a breakdown or a maintenance goes on, and any other stop ends now."""
        if self._detail is None:
            return False
        machine = self._detail.row.machine
        fields: dict[str, object] = {
            "command": "downtime.record",
            "machine": machine,
            "start": start.isoformat(),
            "category": category.value,
            "reason": reason,
        }
        if end is not None:
            fields["end"] = end.isoformat()
        if notes:
            fields["notes"] = notes
        return self.perform(fields, said=f"The stop of {machine} is recorded.")

    def split(self, stop: DowntimeRow, at: datetime, *, category: DowntimeCategory, reason: str) -> bool:
        """Cut a stop in two; what came after `at` is booked under this category and reason."""
        if self._detail is None:
            return False
        machine = self._detail.row.machine
        fields: dict[str, object] = {
            "command": "downtime.split",
            "machine": machine,
            "start": stop.start.isoformat(),
            "at": at.isoformat(),
            "category": category.value,
        }
        if reason:
            fields["reason"] = reason
        return self.perform(fields, said=f"The stop of {machine} is two now.")

    def recategorise(self, stop: DowntimeRow, *, category: DowntimeCategory, reason: str) -> bool:
        """Book a whole stop under another category or reason."""
        if self._detail is None:
            return False
        machine = self._detail.row.machine
        fields = {
            "command": "downtime.recategorise",
            "machine": machine,
            "start": stop.start.isoformat(),
            "category": category.value,
            "reason": reason,
        }
        return self.perform(fields, said=f"The stop of {machine} is corrected.")

    def in_maintenance(self) -> bool:
        """Say whether the opened machine stands for maintenance: recording one frees it."""
        return self._detail is not None and self._detail.row.status is S.MAINTENANCE

    def next_maintenance_after(self, done: date) -> date:
        """Give the next date that the opened machine has when a maintenance on this day is recorded.

        One that is entered after a later one does not set the date back.
        """
        if self._detail is None:
            return done
        last = max(done, self._detail.row.last_maintenance or done)
        if last > done and self._detail.row.next_maintenance is not None:
            return self._detail.row.next_maintenance
        return last + timedelta(days=self._detail.maintenance_interval_days)

    def record_maintenance(self, done: date, *, notes: str = "") -> bool:
        """Enter a maintenance that was done."""
        if self._detail is None:
            return False
        machine = self._detail.row.machine
        fields: dict[str, object] = {
            "command": "machine.record_maintenance",
            "machine": machine,
            "date": done.isoformat(),
        }
        if notes:
            fields["notes"] = notes
        return self.perform(fields, said=f"The maintenance of {machine} is recorded.")

    def _ask_opened(self, machine: str) -> None:
        self.ask({"query": "machine.get", "machine": machine}, key="opened", then=self._take_opened)

    def _take_opened(self, detail: MachineDetail) -> None:
        if detail.row.machine == self._opened and detail != self._detail:
            self._detail = detail
            self.opened_changed.emit()


_SAID: Final = {
    S.AVAILABLE: "available again",
    S.MAINTENANCE: "in maintenance",
    S.BROKEN: "broken",
    S.RETIRED: "retired",
}


def _belongs(machine: MachineRow, shown: Shown) -> bool:
    if shown is Shown.OVERDUE:
        return machine.maintenance_overdue
    return shown is Shown.ALL or machine.status.value == shown.value


def _trouble_first(machine: MachineRow) -> tuple[float, Sequence[object]]:
    rank: float = _SEVERITY.index(machine.status)
    if machine.maintenance_overdue and machine.status in (S.IN_USE, S.AVAILABLE):
        rank = 1.5
    return rank, _as_counted(machine.machine)


def _as_counted(code: str) -> list[tuple[int, int | str]]:
    """Sort CNC-2 before CNC-10, as people count."""
    return [(0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"(\d+)", code.casefold()) if part]


def _stopped(row: MachineRow, status: MachineStatus) -> str:
    if status in MOVES[row.status]:
        return ""
    if status is row.status:
        return f"{row.machine} is in this state already."
    if row.status is S.RETIRED:
        return f"{row.machine} is retired, and that is final."
    if row.status is S.IN_USE:
        return f"{row.machine} runs {row.work_order or 'an order'}. Hold or complete that first."
    return f"{row.machine} is out of work already. Set it available first: that ends the downtime."
