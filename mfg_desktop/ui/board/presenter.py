"""What the board shows and does: orders in lanes by status under one filter, and the chosen order with its steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, Protocol
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject, Signal

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.queries import question_from
from mfg_desktop.queries.rows import (
    MachineRow,
    OperationRow,
    OrderDetail,
    OrderPage,
    OrderRow,
    Page,
    PlantRow,
    SubOrderRow,
    Timeline,
)
from mfg_desktop.rules import lifecycle
from mfg_desktop.service.feed import EVERYTHING
from mfg_desktop.service.shop import Shop
from mfg_desktop.service.work import Outcome, Question
from mfg_desktop.ui.board import moves, shift, steps
from mfg_desktop.ui.board.moves import Move, MoveRow
from mfg_desktop.ui.board.steps import StepRow, WayOut
from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.output.preview import named
from mfg_desktop.ui.presenter import Presenter, Workplace
from mfg_desktop.vocabulary import Action, EntityType, MachineStatus, OrderStatus, Priority

PAGE: Final = 30
"""Cards that a lane asks for at a time."""
LONGEST_PAGE: Final = 500
"""What one question may give; a lane that shows more asks again from there."""
_MAKES: Final = "work_order.create"
_PLANS: Final = "work_order.plan"
_LANES = (
    OrderStatus.DRAFT,
    OrderStatus.PLANNED,
    OrderStatus.RELEASED,
    OrderStatus.IN_PROGRESS,
    OrderStatus.ON_HOLD,
    OrderStatus.COMPLETED,
)


class Plant(Workplace, Protocol):
    """A workplace that knows its plant: the board needs the shifts."""

    def plant(self) -> PlantRow: ...


@dataclass(frozen=True, slots=True)
class Filter:
    """What the lanes are narrowed to."""

    machine: str | None = None
    department: str | None = None
    priority: Priority | None = None
    overdue: bool = False
    text: str = ""

    @property
    def narrows(self) -> bool:
        return self != Filter()

    @classmethod
    def of(cls, told: Mapping[str, object]) -> "Filter | None":
        """Read a filter from plain words; None where one of them means nothing here."""
        priority = told.get("priority")
        if priority is not None and priority not in {one.value for one in Priority}:
            return None
        return cls(
            machine=str(told.get("machine") or "") or None,
            department=str(told.get("department") or "") or None,
            priority=Priority(str(priority)) if priority else None,
            overdue=told.get("overdue") is True,
            text=str(told.get("text") or ""),
        )

    def fields(self) -> dict[str, object]:
        """Give the filter in the words of the question."""
        said: dict[str, object] = {}
        if self.machine:
            said["machine"] = self.machine
        if self.department:
            said["department"] = self.department
        if self.priority:
            said["priority"] = [self.priority.value]
        if self.overdue:
            said["overdue"] = True
        if self.text:
            said["text"] = self.text
        return said


@dataclass(frozen=True, slots=True)
class Lane:
    """The orders of one status, as far as they are loaded: most urgent first, then by due time."""

    rows: tuple[OrderRow, ...] = ()
    count: int = 0
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filter offers."""

    machines: tuple[str, ...] = ()
    departments: tuple[tuple[str, str], ...] = field(default=())
    """Code and name."""


class BoardPresenter(Presenter):
    """The lanes. It rests while nobody looks at it, and asks when somebody does."""

    follows: ClassVar[frozenset[str]] = frozenset({EntityType.WORK_ORDER, EntityType.MACHINE})
    filter_changed = Signal()
    choices_changed = Signal()

    def __init__(self, place: Plant, parent: QObject | None = None) -> None:
        super().__init__(place, parent)
        self._plant: Plant = place
        self._filter = Filter()
        self._watched = False
        self._lanes: dict[str, Lane] = {}
        self._wanted: dict[str, int] = {}
        self._choices = Choices()

    def makes_orders(self) -> bool:
        """Say whether the person who is signed in may make orders."""
        actor = self.place.actor()
        return actor is not None and actor.may(_MAKES)

    def lanes(self) -> tuple[OrderStatus, ...]:
        """Name the lanes of the person who is signed in: drafts are for those who make or plan them."""
        actor = self.place.actor()
        sees_drafts = actor is not None and (actor.may(_MAKES) or actor.may(_PLANS))
        return _LANES if sees_drafts else _LANES[1:]

    def lane(self, name: str) -> Lane:
        return self._lanes.get(name, Lane())

    def loaded(self) -> bool:
        """Say whether an answer has come yet."""
        return bool(self._lanes)

    def filter(self) -> Filter:
        return self._filter

    def choices(self) -> Choices:
        return self._choices

    def narrow(self, **changes: Any) -> None:
        """Change the filter: `narrow(machine="CNC-05")`, `narrow(overdue=True)`."""
        self._take_filter(replace(self._filter, **changes))

    def recall(self, filter_: Filter) -> None:
        """Narrow the lanes to a whole filter, such as a saved one; an empty one shows all."""
        self._take_filter(filter_)

    def said(self) -> str:
        """Write the filter in words: "CNC-05, Machining, overdue"."""
        narrowed = self._filter
        department = dict(self._choices.departments).get(narrowed.department or "", narrowed.department)
        priority = formats.words(narrowed.priority) if narrowed.priority else None
        parts = (narrowed.machine, department, priority, "overdue" if narrowed.overdue else "", narrowed.text)
        said = ", ".join(part for part in parts if part)
        return said[:1].upper() + said[1:]

    def watch(self, watched: bool) -> None:
        """Ask while the board is looked at, and leave the database alone while it is not."""
        self._watched = watched
        if watched:
            self.refresh()
            self.ask({"query": "machine.list"}, key="choices", then=self._got_machines)

    def refresh(self) -> None:
        """Ask for all lanes at once, as far down as they are shown."""
        actor = self.place.actor()
        if actor is None or not self._watched:
            return
        try:
            asked = {name: self._pages_of(name) for name in self.lanes()}
        except ManufacturingException as error:
            self.refused.emit(error)
            return
        shop = self.place.shop
        self.place.background.run(
            lambda: {name: pages.ask(shop, actor) for name, pages in asked.items()},
            self._got,
            lambda trouble: self._question_failed(trouble, None),
            owner=self,
            key="lanes",
        )

    def more(self, name: str) -> None:
        """Ask for the next page of a lane."""
        lane = self.lane(name)
        if lane.next is None or self._wanted.get(name, PAGE) > len(lane.rows):
            return
        self._wanted[name] = len(lane.rows) + PAGE
        fields = {**self._fields(name), "after": lane.next, "limit": PAGE}
        self.ask(fields, key=f"more {name}", then=lambda page: self._got_more(name, lane.next, page))

    def _fields(self, name: str) -> dict[str, object]:
        fields: dict[str, object] = {"query": "work_order.list", **self._filter.fields()}
        fields["status"] = [name]
        if name == OrderStatus.COMPLETED:
            plant = self._plant.plant()
            fields["finished_from"] = shift.began(datetime.now(UTC), plant.shifts, ZoneInfo(plant.timezone))
        return fields

    def _pages_of(self, name: str) -> "_Pages":
        wanted = self._wanted.setdefault(name, PAGE)
        return _Pages(self._fields(name), max(wanted, PAGE))

    def _take_filter(self, wanted: Filter) -> None:
        if wanted != self._filter:
            self._filter = wanted
            self._wanted.clear()
            self.filter_changed.emit()
            self.refresh()

    def _got(self, pages: Mapping[str, OrderPage]) -> None:
        self._lanes = {name: _lane(name, page) for name, page in pages.items()}
        self.rows_changed.emit()

    def _got_more(self, name: str, after: str | None, page: OrderPage) -> None:
        lane = self.lane(name)
        if lane.next != after:
            # The lane was asked again meanwhile, with this page in it or under another filter.
            self._wanted[name] = len(lane.rows)
            return
        known = {row.number for row in lane.rows}
        rows = lane.rows + tuple(row for row in page.rows if row.number not in known)
        self._lanes[name] = replace(lane, rows=rows, next=page.next)
        self._wanted[name] = len(rows)
        self.rows_changed.emit()

    def _got_machines(self, page: Page[MachineRow]) -> None:
        machines = tuple(sorted(row.machine for row in page.rows if row.active))
        departments = {row.department: row.department_name or row.department for row in page.rows if row.department}
        choices = Choices(machines, tuple(sorted(departments.items())))
        if choices != self._choices:
            self._choices = choices
            self.choices_changed.emit()


class _Pages:
    """A lane's question, asked on the worker: one page, or as many as the lane shows."""

    def __init__(self, fields: Mapping[str, object], wanted: int) -> None:
        self._fields, self._wanted = fields, wanted
        self._first = self._page(None)

    def ask(self, shop: Shop, actor: Any) -> OrderPage:
        page: OrderPage = shop.ask(self._first, actor)
        while page.next is not None and len(page.rows) < self._wanted:
            following: OrderPage = shop.ask(self._page(page.next), actor)
            page = replace(page, rows=page.rows + following.rows, next=following.next)
        return page

    def _page(self, after: str | None) -> Question:
        fields = {**self._fields, "limit": min(self._wanted, LONGEST_PAGE)}
        return question_from({**fields, "after": after} if after else fields)


def _lane(name: str, page: OrderPage) -> Lane:
    return Lane(page.rows, page.counts[OrderStatus(name)], page.next)


class OrderPresenter(Presenter):
    """The chosen order: what it is, its steps and its operations, and what a tap on one does."""

    follows: ClassVar[frozenset[str]] = frozenset(
        {EntityType.WORK_ORDER, EntityType.MACHINE, EntityType.STOCK_LOT, EntityType.FIXTURE, EntityType.GAUGE}
    )
    opened = Signal(str)
    """The number of the order that is chosen now; empty for none."""
    machines_found = Signal(tuple)
    story_changed = Signal()

    def __init__(self, place: Workplace, parent: QObject | None = None) -> None:
        super().__init__(place, parent)
        self._number = ""
        self._detail: OrderDetail | None = None
        self._pointed: Action | None = None
        self._sequence: int | None = None
        self._scanned = False
        """The open operation was scanned by its own code: what is scanned next is meant for it."""
        self._pointed_move: Move | None = None
        self._tried: MoveRow | None = None
        self._machines: Mapping[str, MachineRow] = {}
        self._story: Timeline | None = None
        self._tells_story = False
        self._cancelled_for: dict[str, object] = {}

    def number(self) -> str:
        return self._number

    def detail(self) -> OrderDetail | None:
        """Give the order; None until its answer is there."""
        return self._detail

    def steps(self) -> tuple[StepRow, ...]:
        return steps.offered(self._detail) if self._detail else ()

    def cancelling(self) -> StepRow | None:
        """Give the step that cancels, for an order that is not over."""
        if self._detail is None or not steps.OFFERED[self._detail.row.status]:
            return None
        return steps.step(self._detail, Action.CANCEL)

    def changing(self) -> StepRow | None:
        """Give the step that changes what the order asks for, for an order that is not over."""
        if self._detail is None or self._detail.row.status not in lifecycle.OPEN:
            return None
        return steps.step(self._detail, Action.UPDATE)

    def splitting(self) -> StepRow | None:
        """Give the step that makes sub orders, unless the order is over or every part has one."""
        detail, action = self._detail, Action.CREATE_SUB_ORDERS
        if detail is None or detail.row.status not in lifecycle.OPEN:
            return None
        return steps.step(detail, action) if detail.parts_to_make or action in detail.blockers else None

    def waiting(self) -> StepRow | None:
        """Give the step whose reasons are shown: the one that was pointed at, else the first that is stopped."""
        asides = [row for row in (self.cancelling(), self.changing(), self.splitting()) if row is not None]
        pointed = next(
            (row for row in (*self.steps(), *asides) if row.action is self._pointed and row.stopped_by), None
        )
        return pointed or steps.waiting(self.steps())

    def tells_in_full(self) -> bool:
        """Say whether the reasons are told with their ways out; a line does for a completion that nobody wants yet."""
        waiting = self.waiting()
        if waiting is None or self._detail is None:
            return False
        return waiting.action is self._pointed or waiting.main or steps.nearly_done(self._detail)

    def point_at(self, action: Action) -> None:
        """Show what stops this step; pointed at again, hide it."""
        self._pointed = None if self._pointed is action else action
        self.rows_changed.emit()

    def ways_out(self, row: StepRow) -> tuple[WayOut, ...]:
        return steps.ways_out_of(self._detail, row) if self._detail else ()

    def ways_out_of_refusal(self, error: ManufacturingException) -> Mapping[str, Sequence[WayOut]]:
        """Give the ways out of a refusal, by code."""
        if self._detail is None:
            return {}
        return {one.code: steps.ways_out(self._detail, one.code, one.details, self._tried) for one in error.violations}

    def open(self, number: str, sequence: int | None = None) -> None:
        """Choose an order, with a sequence one of its operations; an empty number chooses none."""
        another = number != self._number
        if another:
            self._number, self._detail, self._pointed = number, None, None
            self._sequence, self._pointed_move, self._tried, self._story = None, None, None, None
            self._cancelled_for = {}
        self._scanned = sequence is not None
        if sequence is not None:
            self._sequence, self._pointed_move = sequence, None
        if another:
            self.opened.emit(number)
        elif sequence is not None:
            self.rows_changed.emit()
        self.refresh()

    def scanned_operation(self) -> OperationRow | None:
        """Give the operation whose code was scanned, as long as it is the open one."""
        operation = self.operation()
        return operation if self._scanned and operation and operation.sequence == self._sequence else None

    def missing_operation(self) -> int | None:
        """Give the sequence that was scanned, where the order has no such operation; it is told once."""
        if not self._scanned or self._detail is None or moves.operation(self._detail, self._sequence) is not None:
            return None
        missing, self._sequence, self._scanned = self._sequence, None, False
        return missing

    def refresh(self) -> None:
        """Ask for the chosen order again, and for its time line while somebody looks at it."""
        if not self._number:
            return
        self.ask({"query": "work_order.get", "number": self._number}, key="order", then=self._got, failed=self._missed)
        if self._tells_story:
            self.ask({"query": "work_order.timeline", "number": self._number}, key="story", then=self._got_story)

    def spoken(self, code: str) -> StepRow | None:
        """Give the step of this order that a scanned command names."""
        action = steps.spoken(code)
        return next((row for row in self.steps() if row.action is action), None)

    def take(self, action: Action) -> bool:
        """Take a step that asks nothing."""
        return self._perform(action, seen=action not in (Action.ALLOCATE, Action.ISSUE, Action.CREATE_SUB_ORDERS))

    def take_with(self, action: Action, reason: str, *, sub_orders: bool = False, returns: bool = False) -> bool:
        """Take a step for a reason: hold, close short, or cancel, with `sub_orders` those that are open too, with `returns`
        bringing back what was issued.
        """
        name = "short_close_reason" if action is Action.COMPLETE else "reason"
        fields: dict[str, object] = {name: reason}
        if action is Action.CANCEL:
            if sub_orders:
                fields["cancel_sub_orders"] = True
            self._cancelled_for = fields
            if returns:
                fields = {**fields, "return_material": True}
        return self._perform(action, fields, seen=not returns)

    def allocate_part(self) -> bool:
        """Reserve what stock has; the shortages stay."""
        return self._perform(Action.ALLOCATE, {"allow_partial": True}, seen=False)

    def return_and_cancel(self) -> bool:
        """Cancel again for the reason given before, and bring back what was issued; False where none was given."""
        if not self._cancelled_for:
            return False
        return self._perform(Action.CANCEL, {**self._cancelled_for, "return_material": True}, seen=False)

    def open_sub_orders(self) -> tuple[SubOrderRow, ...]:
        """Give the sub orders that are still to be worked on."""
        rows = self._detail.sub_orders if self._detail else ()
        return tuple(row for row in rows if row.status in lifecycle.OPEN)

    def reverse(self, output: int, reason: str) -> bool:
        """Take an entry of the output back."""
        fields = {"command": "work_order.reverse_output", "number": self._number, "output": output, "reason": reason}
        return self.perform(fields, said=f"{self._number}: entry reversed")

    def choose_machine(self, machine: str) -> bool:
        """Give the order another machine."""
        return self._perform(Action.UPDATE, {"machine": machine}, said=f"{self._number} moved to {machine}")

    def find_machines(self, sequence: int | None = None) -> None:
        """Ask which machines the order, or one of its operations, may move to; `machines_found` brings them."""
        self.ask({"query": "machine.list"}, key="machines", then=lambda page: self._offer_machines(page, sequence))

    # ------------------------------------------------------------------ operations

    def operation(self) -> OperationRow | None:
        """Give the operation that is open on the page: the one that was tapped, else the one that people come for."""
        if self._detail is None:
            return None
        return moves.operation(self._detail, self._sequence) or moves.current(self._detail)

    def show_operation(self, sequence: int) -> None:
        """Open an operation."""
        self._sequence, self._pointed_move, self._scanned = sequence, None, False
        self.rows_changed.emit()

    def machines(self) -> Mapping[str, MachineRow]:
        """Give the machines with their states, by code; empty until their answer is there."""
        return self._machines

    def moves(self) -> tuple[MoveRow, ...]:
        """Give the moves of the open operation."""
        operation = self.operation()
        return moves.offered(self._detail, operation) if self._detail and operation else ()

    def waiting_move(self) -> MoveRow | None:
        """Give the move whose reasons are shown: the one that was pointed at, else the main one."""
        stopped = [row for row in self.moves() if row.stopped_by]
        pointed = next((row for row in stopped if row.move is self._pointed_move), None)
        return pointed or next((row for row in stopped if row.main), None)

    def point_at_move(self, move: Move) -> None:
        """Show what stops this move; pointed at again, hide it."""
        self._pointed_move = None if self._pointed_move is move else move
        self.rows_changed.emit()

    def ways_out_of_move(self, row: MoveRow) -> tuple[WayOut, ...]:
        return steps.ways_out_of_move(self._detail, row) if self._detail else ()

    def make_move(self, sequence: int, move: Move, *, machine: str = "", reason: str = "") -> bool:
        """Start, pause or resume an operation: with a machine on that one, with a reason for it."""
        operation = moves.operation(self._detail, sequence) if self._detail else None
        if operation is None:
            return False
        self._tried = MoveRow(sequence, move, False, ())
        fields: dict[str, object] = {"command": f"operation.{move}", "number": self._number, "sequence": sequence}
        if machine:
            fields["machine"] = machine
        if reason:
            fields["reason"] = reason
        where = f" on {machine}" if machine else ""
        return self.perform(fields, said=f"{named(operation)} {moves.FACES[move].said}{where}", then=self._taken)

    # ------------------------------------------------------------------ time line

    def story(self) -> Timeline | None:
        """Give the time line; None until its answer is there."""
        return self._story

    def tell_story(self, told: bool) -> None:
        """Ask for the time line while somebody looks at it."""
        if told != self._tells_story:
            self._tells_story = told
            if told:
                self.refresh()

    def _perform(
        self, action: Action, more: Mapping[str, object] | None = None, *, seen: bool = True, said: str = ""
    ) -> bool:
        if self._detail is None:
            return False
        self._tried = None
        row = self._detail.row
        fields: dict[str, object] = {"command": f"work_order.{action.value}", "number": row.number, **(more or {})}
        if seen:
            fields["seen_version"] = row.version
        return self.perform(fields, said=said or f"{row.number} {steps.FACES[action].said}", then=self._taken)

    def _taken(self, outcome: Outcome) -> None:
        # What was tapped open has been dealt with; the page turns to what is next. What was scanned stays: so does the
        # paper in the hand.
        self._pointed, self._pointed_move = None, None
        if not self._scanned:
            self._sequence = None

    def _got(self, detail: OrderDetail) -> None:
        if detail.row.number != self._number:
            return
        if detail.operations:
            self.ask({"query": "machine.list"}, key="states", then=self._got_machines)
        if detail != self._detail:
            self._detail = detail
            self.rows_changed.emit()

    def _got_story(self, story: Timeline) -> None:
        if story.number == self._number and story != self._story:
            self._story = story
            self.story_changed.emit()

    def _missed(self, error: ManufacturingException) -> None:
        if error.code == "WORK_ORDER_NOT_FOUND":
            self._number, self._detail = "", None
            self.opened.emit("")
        if error.code != "SYSTEM_DATABASE_UNAVAILABLE":
            self.refused.emit(error)

    def _got_machines(self, page: Page[MachineRow]) -> None:
        machines = {row.machine: row for row in page.rows}
        if machines != self._machines:
            self._machines = machines
            self.rows_changed.emit()

    def _offer_machines(self, page: Page[MachineRow], sequence: int | None) -> None:
        """Offer the machines that can do what the present one does first, and of those the ones that may start now."""
        operation = moves.operation(self._detail, sequence) if self._detail else None
        now = operation.machine if operation else self._detail.row.machine if self._detail else None
        kind = next((row.type for row in page.rows if row.machine == now), None)
        if operation is not None and operation.machine_type is not None:
            kind = operation.machine_type
        rows = [row for row in page.rows if row.active and row.machine != now]
        rows.sort(
            key=lambda row: (
                row.type is not kind,
                row.status is not MachineStatus.AVAILABLE,
                row.maintenance_overdue,
                row.machine,
            )
        )
        self.machines_found.emit(tuple(rows))

    def _hear(self, touched: frozenset[tuple[str, str]]) -> None:
        # The board hears of every order; its page asks again only for news of its own order, machines, tooling
        # and material.
        if self._detail is None or not self._mine().isdisjoint(touched) or self._touches_lot(touched):
            self.refresh()

    def _mine(self) -> set[tuple[str, str]]:
        mine = {EVERYTHING, (EntityType.WORK_ORDER.value, self._number)}
        if self._detail is not None:
            machines = {self._detail.row.machine, *(row.machine for row in self._detail.operations)}
            mine |= {(EntityType.MACHINE.value, machine) for machine in machines if machine}
            mine |= {(EntityType.WORK_ORDER.value, row.number) for row in self._detail.sub_orders}
            for row in self._detail.operations:
                mine |= {(EntityType.FIXTURE.value, row.fixture or ""), (EntityType.GAUGE.value, row.gauge or "")}
        return mine

    def _touches_lot(self, touched: frozenset[tuple[str, str]]) -> bool:
        materials = {line.material for line in self._detail.allocations} if self._detail else set()
        return any(kind == EntityType.STOCK_LOT and key.partition("/")[0] in materials for kind, key in touched)
