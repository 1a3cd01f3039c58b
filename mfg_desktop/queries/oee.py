"""Questions about how well machines were used: overall equipment effectiveness of one over a period, or of many today."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import Field
from sqlalchemy import CompoundSelect, Executable, Row, bindparam, case, exists, func, or_, select, union_all
from sqlalchemy.orm import aliased
from sqlalchemy.sql import ColumnElement

from mfg_desktop.exceptions import refusal
from mfg_desktop.queries.rows import Oee
from mfg_desktop.rules.oee import Batch, Effectiveness, effectiveness
from mfg_desktop.rules.shifts import ShiftStretch, ShiftTimes, shift_stretches
from mfg_desktop.service.fields import Code, Moment
from mfg_desktop.service.work import Ask, Question, answers
from mfg_desktop.tables import (
    Machine,
    MachineDowntime,
    Process,
    ProcessConfig,
    ProductionOutput,
    Shift,
    WorkClock,
    Workflow,
    WorkOrder,
    WorkOrderOperation,
)
from mfg_desktop.vocabulary import ProcessConfigStatus, WorkflowStatus


class MachineOee(Question):
    called: ClassVar[str] = "machine.oee"

    machine: Code
    from_: Moment = Field(alias="from")
    to: Moment


Stops = Mapping[int, Sequence[Row[Any]]]
"""The downtimes of each machine, by its key."""

_SHIFTS = select(Shift.start, Shift.end, Shift.planned_stop_minutes).order_by(Shift.start, Shift.id)
_MACHINE = select(Machine.id, Machine.code).where(Machine.code == bindparam("code"))


def touching(
    table: type[MachineDowntime] | type[WorkClock], *where: ColumnElement[bool], one: bool
) -> CompoundSelect[tuple[int]]:
    """Select the keys of what may reach into the time from `start` to `end`, of one machine or of all.

    What is kept of a machine does not overlap: of all that began before the period, only the last can reach into it. So years of history cost nothing.
    """
    which = [Machine.id == bindparam("machine")] if one else []
    began = (
        select(table.id)
        .join(Machine, Machine.id == table.machine_id)
        .where(table.started_at >= bindparam("start"), table.started_at < bindparam("end"), *where, *which)
    )
    last_before = (
        select(table.id)
        .where(table.machine_id == Machine.id, table.started_at < bindparam("start"), *where)
        .order_by(table.started_at.desc(), table.id.desc())
        .limit(1)
        .correlate(Machine)
        .scalar_subquery()
    )
    return union_all(began, select(last_before).select_from(Machine).where(*which))


def _stops(*, one: bool) -> Executable:
    return (
        select(
            MachineDowntime.machine_id,
            MachineDowntime.category,
            MachineDowntime.reason,
            MachineDowntime.started_at,
            MachineDowntime.ended_at,
        )
        .where(
            MachineDowntime.id.in_(touching(MachineDowntime, one=one)),
            or_(MachineDowntime.ended_at.is_(None), MachineDowntime.ended_at > bindparam("start")),
        )
        .order_by(MachineDowntime.started_at, MachineDowntime.id)
    )


_STOPS = {one: _stops(one=one) for one in (True, False)}
_back = aliased(ProductionOutput)
# What is reported at the stroke of a shift's end was made before it.
_IN_PERIOD = (ProductionOutput.at > bindparam("start"), ProductionOutput.at <= bindparam("end"))
_by_order = case((ProductionOutput.operation_id.is_(None), WorkOrder.product_id))


def _pieces(*, one: bool) -> Executable:
    which = [ProductionOutput.machine == bindparam("code")] if one else []
    return (
        select(
            ProductionOutput.machine,
            _by_order.label("product"),
            WorkOrderOperation.cycle_seconds,
            Process.run_minutes,
            func.sum(ProductionOutput.good).label("good"),
            func.sum(ProductionOutput.scrapped).label("scrapped"),
        )
        .join(WorkOrder, WorkOrder.id == ProductionOutput.work_order_id)
        .outerjoin(WorkOrderOperation, WorkOrderOperation.id == ProductionOutput.operation_id)
        .outerjoin(Process, Process.id == WorkOrderOperation.process_id)
        # An entry that was taken back counts nowhere, and least of all in the shift in which the mistake was found.
        .where(
            *_IN_PERIOD,
            ProductionOutput.reverses_id.is_(None),
            ~exists().where(_back.reverses_id == ProductionOutput.id),
            *which,
        )
        .group_by(ProductionOutput.machine, _by_order, WorkOrderOperation.cycle_seconds, Process.run_minutes)
    )


_PIECES = {one: _pieces(one=one) for one in (True, False)}
_STANDARD = (
    select(Workflow.product_id, Machine.code.label("machine"), ProcessConfig.cycle_seconds, Process.run_minutes)
    .join(ProcessConfig, ProcessConfig.workflow_id == Workflow.id)
    .join(Process, Process.id == ProcessConfig.process_id)
    .join(Machine, Machine.id == ProcessConfig.machine_id)
    .where(
        Workflow.status == WorkflowStatus.ACTIVE,
        ProcessConfig.status == ProcessConfigStatus.ACTIVE,
        Workflow.product_id.in_(
            select(WorkOrder.product_id)
            .join(ProductionOutput, ProductionOutput.work_order_id == WorkOrder.id)
            .where(*_IN_PERIOD, ProductionOutput.operation_id.is_(None))
        ),
    )
)


@answers(MachineOee)
def machine_oee(ask: Ask, question: MachineOee) -> Oee:
    """Give a machine's OEE over a period, which ends now at the latest. Refusals: MACHINE_NOT_FOUND, VALIDATION_INVALID_TIME."""
    found = ask.first(_MACHINE, {"code": question.machine})
    if found is None:
        raise refusal("MACHINE_NOT_FOUND", machine=question.machine)
    start = ask.moment(question.from_, field="from")
    end = min(ask.moment(question.to, field="to"), ask.now)
    if start >= end:
        raise refusal("VALIDATION_INVALID_TIME", field="from", value=start, latest=end)
    stops = stops_of(ask, start=start, end=end, machine=found.id)
    return oee_row(found.code, start, end, of_one(ask, found, stops, start=start, end=end))


def stops_of(ask: Ask, *, start: datetime, end: datetime, machine: int | None = None) -> Stops:
    """Read the downtimes that reach into a period, of one machine or of all, in one statement."""
    values: dict[str, Any] = {"start": start, "end": end}
    if machine is not None:
        values["machine"] = machine
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in ask.all(_STOPS[machine is not None], values):
        found[row.machine_id].append(row)
    return found


def of_one(ask: Ask, machine: Row[Any], stops: Stops, *, start: datetime, end: datetime) -> Effectiveness:
    """Measure one machine, given its downtimes, in three statements."""
    return _measured(ask, [machine], stops, start=start, end=end, code=machine.code)[machine.code]


def of_many(
    ask: Ask, machines: Sequence[Row[Any]], stops: Stops, *, start: datetime, end: datetime
) -> Mapping[str, Effectiveness]:
    """Measure many machines, given their downtimes, in three statements; by their codes."""
    return _measured(ask, machines, stops, start=start, end=end)


def _measured(
    ask: Ask,
    machines: Sequence[Row[Any]],
    stops: Stops,
    *,
    start: datetime,
    end: datetime,
    code: str | None = None,
) -> Mapping[str, Effectiveness]:
    shifts = _shifts(ask, start, end)
    values = {"start": start, "end": end}
    made = ask.all(_PIECES[code is not None], {**values, "code": code} if code is not None else values)
    batches = _batches(made, ask.all(_STANDARD, values))
    return {
        machine.code: effectiveness(shifts, _lasting(stops.get(machine.id, ()), end), batches.get(machine.code, ()))
        for machine in machines
    }


def _shifts(ask: Ask, start: datetime, end: datetime) -> list[ShiftStretch]:
    times = [ShiftTimes(row.start, row.end, row.planned_stop_minutes) for row in ask.all(_SHIFTS)]
    return shift_stretches(times, ask.plant.zone, start=start, end=end)


def _lasting(stops: Iterable[Row[Any]], end: datetime) -> list[tuple[datetime, datetime]]:
    return [(stop.started_at, stop.ended_at or end) for stop in stops]


def _batches(made: Sequence[Row[Any]], standard: Sequence[Row[Any]]) -> Mapping[str, list[Batch]]:
    """Give the pieces of each machine with their ideal cycle: the operation's, else what the product's routing says of that machine."""
    steps: dict[tuple[int, str], list[Decimal | None]] = defaultdict(list)
    for row in standard:
        steps[row.product_id, row.machine].append(_cycle(row))
    batches: dict[str, list[Batch]] = defaultdict(list)
    for row in made:
        cycle = _cycle(row) if row.product is None else _sum(steps[row.product, row.machine])
        batches[row.machine].append(Batch(row.good, row.scrapped, cycle))
    return batches


def _cycle(row: Row[Any]) -> Decimal | None:
    if row.cycle_seconds is not None:
        return Decimal(row.cycle_seconds)
    return Decimal(row.run_minutes) * 60 if row.run_minutes is not None else None


def _sum(steps: Sequence[Decimal | None]) -> Decimal | None:
    """An order without operations does all its steps on the machine in one go; what is not said of one step is not known of the whole."""
    known = [cycle for cycle in steps if cycle is not None]
    return sum(known, Decimal(0)) if known and len(known) == len(steps) else None


def oee_row(machine: str, start: datetime, end: datetime, measured: Effectiveness) -> Oee:
    return Oee(machine=machine, start=start, end=end, **asdict(measured))
