"""Questions about machines' time: what is planned on them, what overlaps, and what they really did."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

from pydantic import Field
from sqlalchemy import Executable, Row, and_, bindparam, or_, select
from sqlalchemy.orm import aliased

from mfg_desktop.exceptions import refusal
from mfg_desktop.queries.oee import Stops, stops_of, touching
from mfg_desktop.queries.rows import PlannedBar, RibbonStretch, Schedule, ScheduleRow
from mfg_desktop.rules import lifecycle
from mfg_desktop.rules.routing import setup_ends, setup_left
from mfg_desktop.rules.shifts import Span, states
from mfg_desktop.service.fields import Code, Moment
from mfg_desktop.service.work import Ask, Question, answers
from mfg_desktop.tables import Department, Machine, Process, Product, WorkClock, WorkOrder, WorkOrderOperation
from mfg_desktop.vocabulary import (
    ClockKind,
    DowntimeCategory,
    MachineState,
    MachineStatus,
    OperationStatus,
    OrderStatus,
)

LONGEST = timedelta(days=31)
"""The window that one question may cover; one hour more, for the month in which the clocks are put back."""


class MachineSchedule(Question):
    called: ClassVar[str] = "machine.schedule"

    from_: Moment = Field(alias="from")
    to: Moment
    department: Code | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What there is to tell of a stretch of a machine's time."""

    work_order: str | None = None
    sequence: int | None = None
    category: DowntimeCategory | None = None
    reason: str | None = None


_MACHINES = (
    select(Machine.id, Machine.code, Machine.type, Machine.status, Machine.active, Department.code.label("department"))
    .outerjoin(Department, Department.id == Machine.department_id)
    .order_by(Machine.code)
)


def _clocks(*, one: bool) -> Executable:
    return (
        select(
            WorkClock.machine_id,
            WorkClock.operation_id,
            WorkClock.kind,
            WorkClock.started_at,
            WorkClock.ended_at,
            WorkOrder.number,
            WorkOrderOperation.sequence,
            WorkOrderOperation.setup_minutes,
        )
        .join(WorkOrder, WorkOrder.id == WorkClock.work_order_id)
        .outerjoin(WorkOrderOperation, WorkOrderOperation.id == WorkClock.operation_id)
        .where(WorkClock.id.in_(touching(WorkClock, WorkClock.kind != ClockKind.HOLD, one=one)))
        .order_by(WorkClock.started_at, WorkClock.id)
    )


_CLOCKS = {one: _clocks(one=one) for one in (True, False)}
_open = aliased(WorkClock)
_SET_UP_BEFORE = select(WorkClock.operation_id, WorkClock.started_at, WorkClock.ended_at).where(
    WorkClock.kind == ClockKind.SETUP,
    WorkClock.ended_at.is_not(None),
    WorkClock.operation_id.in_(
        select(_open.operation_id).where(_open.kind == ClockKind.SETUP, _open.ended_at.is_(None))
    ),
)
_IN_WINDOW = and_(
    WorkOrder.status != OrderStatus.CANCELLED,
    or_(
        and_(WorkOrder.planned_start < bindparam("end"), WorkOrder.planned_end > bindparam("start")),
        and_(WorkOrder.actual_start < bindparam("end"), WorkOrder.actual_end > bindparam("start")),
        and_(
            WorkOrder.actual_start < bindparam("end"),
            WorkOrder.status.in_([OrderStatus.RELEASED, OrderStatus.IN_PROGRESS, OrderStatus.ON_HOLD]),
        ),
    ),
)
_ORDERS = (
    select(
        WorkOrder.id,
        WorkOrder.number,
        WorkOrder.machine_id,
        WorkOrder.status,
        WorkOrder.priority,
        WorkOrder.quantity_ordered,
        WorkOrder.planned_start,
        WorkOrder.planned_end,
        WorkOrder.actual_start,
        WorkOrder.actual_end,
        Product.stock_code,
        Product.name.label("product_name"),
        Department.code.label("department"),
    )
    .join(Product, Product.id == WorkOrder.product_id)
    .outerjoin(Department, Department.id == WorkOrder.department_id)
    .where(_IN_WINDOW)
    .order_by(WorkOrder.planned_start, WorkOrder.id)
)
_OPERATIONS = (
    select(
        WorkOrderOperation.work_order_id,
        WorkOrderOperation.sequence,
        WorkOrderOperation.machine_id,
        WorkOrderOperation.status,
        WorkOrderOperation.setup_minutes,
        WorkOrderOperation.cycle_seconds,
        WorkOrderOperation.started_at,
        WorkOrderOperation.ended_at,
        Process.run_minutes,
    )
    .join(WorkOrder, WorkOrder.id == WorkOrderOperation.work_order_id)
    .join(Process, Process.id == WorkOrderOperation.process_id)
    .where(_IN_WINDOW)
    .order_by(WorkOrderOperation.work_order_id, WorkOrderOperation.sequence)
)


@answers(MachineSchedule)
def schedule(ask: Ask, question: MachineSchedule) -> Schedule:
    """Give what is planned on every machine in a window, and what happened; in a fixed number of statements.

    Refuses a window that ends before it starts, or is longer than 31 days, with VALIDATION_INVALID_TIME.
    """
    start, end = ask.moment(question.from_, field="from"), ask.moment(question.to, field="to")
    if start >= end:
        raise refusal("VALIDATION_INVALID_TIME", field="to", value=end, earliest=start)
    if end - start > LONGEST + timedelta(hours=1):
        reason = f"a window has {LONGEST.days} days at most"
        raise refusal("VALIDATION_INVALID_TIME", field="to", value=end, latest=start + LONGEST, reason=reason)
    machines = ask.all(_MACHINES)
    bars = _bars(ask, start, end)
    stops = stops_of(ask, start=start, end=end)
    happened = spans_of(ask, stops, start=start, end=min(end, ask.now))
    rows = []
    for machine in machines:
        if question.department is not None and machine.department != question.department:
            continue
        planned = tuple(bar for bar in _flagged(bars.get(machine.id, ())) if _touches(bar, start, end, ask.now))
        actual = ribbon(happened.get(machine.id, ()), start=start, end=min(end, ask.now))
        if planned or actual or (machine.active and machine.status is not MachineStatus.RETIRED):
            rows.append(ScheduleRow(machine.code, machine.type, machine.status, machine.department, planned, actual))
    return Schedule(start, end, ask.now, tuple(rows), _unassigned(bars, question.department, start, end, ask.now))


# ---------------------------------------------------------------------- what happened


def spans_of(
    ask: Ask, stops: Stops, *, start: datetime, end: datetime, machine: int | None = None
) -> Mapping[int, Sequence[Span[Told]]]:
    """Read what the machines did in a period, given their downtimes, in two statements; a setup that is open passes into running when its time is up."""
    values: dict[str, Any] = {"start": start, "end": end}
    if machine is not None:
        values["machine"] = machine
    spent: dict[int, timedelta] = defaultdict(timedelta)
    for row in ask.all(_SET_UP_BEFORE):
        spent[row.operation_id] += row.ended_at - row.started_at
    found: dict[int, list[Span[Told]]] = defaultdict(list)
    for clock in ask.all(_CLOCKS[machine is not None], values):
        told = Told(clock.number, clock.sequence)
        ended = clock.ended_at or ask.now
        set_up = clock.started_at
        if clock.kind is ClockKind.SETUP:
            left = setup_left(clock.setup_minutes, spent[clock.operation_id], has_run=False)
            set_up = clock.ended_at or setup_ends(clock.started_at, left, ask.now) or ask.now
        found[clock.machine_id] += [
            Span(MachineState.SETUP, clock.started_at, set_up, told),
            Span(MachineState.RUN, set_up, ended, told),
        ]
    for key, of_machine in stops.items():
        found[key] += [
            Span(
                MachineState.DOWN,
                stop.started_at,
                stop.ended_at or ask.now,
                Told(category=stop.category, reason=stop.reason),
            )
            for stop in of_machine
        ]
    return found


def ribbon(
    spans: Sequence[Span[Told]], *, start: datetime, end: datetime, with_idle: bool = False
) -> tuple[RibbonStretch, ...]:
    """Lay what a machine did over a period, in order; with its idle time there are no gaps."""
    if start >= end:
        return ()
    return tuple(
        RibbonStretch(
            state=span.state,
            start=span.start,
            end=span.end,
            work_order=span.told.work_order,
            sequence=span.told.sequence,
            category=span.told.category,
            reason=span.told.reason,
        )
        for span in states(spans, start=start, end=end, idle=Told() if with_idle else None)
    )


# ---------------------------------------------------------------------- what is planned


@dataclass(frozen=True, slots=True)
class _Bar:
    """A bar with what decides where it is shown."""

    bar: PlannedBar
    department: str | None
    is_open: bool


def _bars(ask: Ask, start: datetime, end: datetime) -> Mapping[int | None, Sequence[_Bar]]:
    """Give the bars of all orders in the window by machine; None holds those without one."""
    values = {"start": start, "end": end}
    orders = ask.all(_ORDERS, values)
    steps: dict[int, list[Row[Any]]] = defaultdict(list)
    for step in ask.all(_OPERATIONS, values):
        steps[step.work_order_id].append(step)
    bars: dict[int | None, list[_Bar]] = defaultdict(list)
    for order in orders:
        if order.id not in steps:
            bars[order.machine_id].append(_order_bar(ask, order))
        for step, begins, ends in _shared_out(order, steps[order.id]):
            if step.status is not OperationStatus.CANCELLED:
                bars[step.machine_id or order.machine_id].append(_step_bar(ask, order, step, begins, ends))
    return bars


def _order_bar(ask: Ask, order: Row[Any]) -> _Bar:
    is_open = order.status in lifecycle.OPEN
    bar = PlannedBar(
        number=order.number,
        sequence=None,
        product=order.stock_code,
        product_name=order.product_name,
        status=order.status,
        priority=order.priority,
        planned_start=order.planned_start,
        planned_end=order.planned_end,
        actual_start=order.actual_start,
        actual_end=order.actual_end,
        overdue=is_open and order.planned_end < ask.now,
        overlaps=False,
    )
    return _Bar(bar, order.department, is_open)


def _step_bar(ask: Ask, order: Row[Any], step: Row[Any], begins: datetime, ends: datetime) -> _Bar:
    whole = _order_bar(ask, order)
    is_open = whole.is_open and step.status is not OperationStatus.COMPLETED
    bar = replace(
        whole.bar,
        sequence=step.sequence,
        planned_start=begins,
        planned_end=ends,
        actual_start=step.started_at,
        actual_end=step.ended_at,
        overdue=is_open and ends < ask.now,
    )
    return _Bar(bar, whole.department, is_open)


def _shared_out(order: Row[Any], steps: Sequence[Row[Any]]) -> Iterable[tuple[Row[Any], datetime, datetime]]:
    """Share the planned time of an order out to its operations, one after the other: in proportion to their setup and cycles, equally when one is not known."""
    lengths = [_planned_minutes(step, order.quantity_ordered) for step in steps]
    known = [length for length in lengths if length is not None]
    shares = known if len(known) == len(steps) and any(known) else [Fraction(1)] * len(steps)
    total = sum(shares, Fraction(0))
    whole, before = order.planned_end - order.planned_start, Fraction(0)
    for step, share in zip(steps, shares, strict=True):
        begins = order.planned_start + _part(whole, before / total)
        before += share
        yield step, begins, order.planned_start + _part(whole, before / total)


def _planned_minutes(step: Row[Any], pieces: Decimal) -> Fraction | None:
    if step.cycle_seconds is None and step.run_minutes is None:
        return None
    cycle = Fraction(step.cycle_seconds) / 60 if step.cycle_seconds is not None else Fraction(step.run_minutes)
    return Fraction(step.setup_minutes or 0) + cycle * Fraction(pieces)


def _part(whole: timedelta, share: Fraction) -> timedelta:
    return timedelta(microseconds=int(whole // timedelta(microseconds=1) * share))


def _flagged(bars: Sequence[_Bar]) -> Sequence[PlannedBar]:
    """Flag the bars of one machine that share time with another; what is finished is in nobody's way."""
    in_order = sorted(bars, key=lambda one: (one.bar.planned_start, one.bar.number, one.bar.sequence or 0))
    clash: set[int] = set()
    running: list[int] = []
    for place, one in enumerate(in_order):
        if not one.is_open or one.bar.planned_start >= one.bar.planned_end:
            continue
        running = [other for other in running if in_order[other].bar.planned_end > one.bar.planned_start]
        if running:
            clash.update((*running, place))
        running.append(place)
    return [replace(one.bar, overlaps=True) if place in clash else one.bar for place, one in enumerate(in_order)]


def _touches(bar: PlannedBar, start: datetime, end: datetime, now: datetime) -> bool:
    if bar.planned_start < end and bar.planned_end > start:
        return True
    return bar.actual_start is not None and bar.actual_start < end and (bar.actual_end or now) > start


def _unassigned(
    bars: Mapping[int | None, Sequence[_Bar]], department: str | None, start: datetime, end: datetime, now: datetime
) -> tuple[PlannedBar, ...]:
    return tuple(
        one.bar
        for one in bars.get(None, ())
        if one.is_open and (department is None or one.department == department) and _touches(one.bar, start, end, now)
    )
