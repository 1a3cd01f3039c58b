"""What the machines screen knows: all machines, their arrangement, the opened one, and the states it may be put in.

To offer another reason, add it to REASONS; where a machine may go from a state, the service says (`MOVES`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final

from PySide6.QtCore import QObject, Signal

from mfg_desktop.operations.machines import MOVES
from mfg_desktop.queries.rows import MachineDetail, MachineRow, Page
from mfg_desktop.ui.presenter import Presenter, Workplace
from mfg_desktop.vocabulary import DowntimeCategory, EntityType, MachineStatus, MachineType

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
        wanted = sorted((machine for machine in self._machines if _belongs(machine, self._shown)), key=_trouble_first)
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
