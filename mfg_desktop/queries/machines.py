"""Questions about machines: the tiles, and one machine with its record, its day, its downtime, its maintenance and its queue."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import Field
from sqlalchemy import Row, bindparam, case, func, or_, select, union

from mfg_desktop.exceptions import refusal
from mfg_desktop.queries.oee import oee_row, of_many, of_one, stops_of
from mfg_desktop.queries.orders import ROWS, order_rows
from mfg_desktop.queries.rows import DowntimeRow, DowntimeShare, MachineDetail, MachineRow, MaintenanceRow, Page
from mfg_desktop.queries.schedule import ribbon, spans_of
from mfg_desktop.rules import lifecycle
from mfg_desktop.rules.shifts import minutes, start_of_day, told_minutes
from mfg_desktop.service.fields import Code
from mfg_desktop.service.work import Ask, Question, answers
from mfg_desktop.tables import (
    Department,
    Machine,
    MachineDowntime,
    MachineMaintenance,
    Person,
    Process,
    Product,
    WorkClock,
    WorkOrder,
    WorkOrderOperation,
)
from mfg_desktop.vocabulary import (
    ClockKind,
    DowntimeCategory,
    MachineStatus,
    MachineType,
    OperationStatus,
    OrderStatus,
)


class ListMachines(Question):
    called: ClassVar[str] = "machine.list"

    status: tuple[MachineStatus, ...] | None = Field(None, max_length=50)
    type: MachineType | None = None
    department: Code | None = None


class GetMachine(Question):
    called: ClassVar[str] = "machine.get"

    machine: Code


_A_DAY = timedelta(days=1)
_PARETO = timedelta(days=30)
_NOT_DONE = (OperationStatus.PLANNED, OperationStatus.IN_PROGRESS, OperationStatus.ON_HOLD)
_QUEUE = (
    select(func.count())
    .where(WorkOrder.machine_id == Machine.id, WorkOrder.status.in_([OrderStatus.PLANNED, OrderStatus.RELEASED]))
    .correlate(Machine)
    .scalar_subquery()
)
_waiting = WorkOrder.__table__.alias("waiting")
# Orders that come here with an operation; those that name the machine themselves are counted above.
_QUEUE_OF_OPERATIONS = (
    select(func.count(WorkOrderOperation.work_order_id.distinct()))
    .select_from(WorkOrderOperation)
    .join(_waiting, _waiting.c.id == WorkOrderOperation.work_order_id)
    .where(
        WorkOrderOperation.machine_id == Machine.id,
        WorkOrderOperation.status.in_([OperationStatus.PLANNED, OperationStatus.ON_HOLD]),
        or_(
            _waiting.c.status.in_([OrderStatus.PLANNED, OrderStatus.RELEASED])
            & _waiting.c.machine_id.is_distinct_from(Machine.id),
            (_waiting.c.status == OrderStatus.IN_PROGRESS) & Machine.running_order.is_distinct_from(_waiting.c.number),
        ),
    )
    .correlate(Machine)
    .scalar_subquery()
)
_MACHINES = (
    select(
        Machine.__table__,
        Department.code.label("department"),
        Department.name.label("department_name"),
        WorkOrder.actual_start,
        WorkOrder.quantity_ordered,
        WorkOrder.quantity_completed,
        WorkOrder.quantity_scrapped,
        WorkOrder.planned_end,
        Product.name.label("product_name"),
        Product.unit,
        WorkOrderOperation.sequence,
        WorkOrderOperation.good,
        WorkOrderOperation.scrapped,
        Process.name.label("process_name"),
        MachineDowntime.category,
        MachineDowntime.reason,
        MachineDowntime.started_at,
        MachineDowntime.notes.label("downtime_notes"),
        Person.badge.label("downtime_badge"),
        (_QUEUE + _QUEUE_OF_OPERATIONS).label("queue"),
    )
    .outerjoin(Department, Department.id == Machine.department_id)
    .outerjoin(WorkOrder, WorkOrder.number == Machine.running_order)
    .outerjoin(Product, Product.id == WorkOrder.product_id)
    .outerjoin(
        WorkClock,
        (WorkClock.machine_id == Machine.id) & WorkClock.ended_at.is_(None) & (WorkClock.kind != ClockKind.HOLD),
    )
    .outerjoin(WorkOrderOperation, WorkOrderOperation.id == WorkClock.operation_id)
    .outerjoin(Process, Process.id == WorkOrderOperation.process_id)
    .outerjoin(MachineDowntime, (MachineDowntime.machine_id == Machine.id) & MachineDowntime.ended_at.is_(None))
    .outerjoin(Person, Person.id == MachineDowntime.person_id)
)
_ALL = _MACHINES.order_by(Machine.code)
_ONE = _MACHINES.where(Machine.code == bindparam("code"))
_DOWNTIMES = (
    select(
        MachineDowntime.category,
        MachineDowntime.reason,
        MachineDowntime.started_at,
        MachineDowntime.ended_at,
        MachineDowntime.notes,
        Person.badge,
    )
    .join(Person, Person.id == MachineDowntime.person_id)
    .where(MachineDowntime.machine_id == bindparam("machine"))
    .order_by(MachineDowntime.started_at.desc(), MachineDowntime.id.desc())
    .limit(50)
)
_MAINTENANCES = (
    select(MachineMaintenance.done_on, MachineMaintenance.notes, Person.badge)
    .join(Person, Person.id == MachineMaintenance.person_id)
    .where(MachineMaintenance.machine_id == bindparam("machine"))
    .order_by(MachineMaintenance.done_on.desc(), MachineMaintenance.id.desc())
    .limit(20)
)
_COMING_HERE = union(
    select(WorkOrder.id).where(
        WorkOrder.machine_id == bindparam("machine"), WorkOrder.status.in_(sorted(lifecycle.OPEN))
    ),
    select(WorkOrderOperation.work_order_id).where(
        WorkOrderOperation.machine_id == bindparam("machine"), WorkOrderOperation.status.in_(_NOT_DONE)
    ),
)
_QUEUED = (
    ROWS.where(WorkOrder.id.in_(_COMING_HERE), WorkOrder.status.in_(sorted(lifecycle.OPEN)))
    .order_by(
        case((WorkOrder.number == bindparam("running"), 0), (WorkOrder.status == OrderStatus.IN_PROGRESS, 1), else_=2),
        WorkOrder.planned_start,
        WorkOrder.id,
    )
    .limit(100)
)


@answers(ListMachines)
def machines(ask: Ask, question: ListMachines) -> Page[MachineRow]:
    """Give all machines, by code, in a fixed number of statements."""
    statement = _ALL
    if question.status is not None:
        statement = statement.where(Machine.status.in_(question.status))
    if question.type is not None:
        statement = statement.where(Machine.type == question.type)
    if question.department is not None:
        statement = statement.where(Department.code == question.department)
    found = ask.all(statement)
    today = start_of_day(ask.now, ask.plant.zone)
    stops = stops_of(ask, start=today, end=ask.now)
    used = of_many(ask, found, stops, start=today, end=ask.now)
    return Page(tuple(_row(ask, row, used[row.code].oee if _may_work(row) else None) for row in found))


@answers(GetMachine)
def machine(ask: Ask, question: GetMachine) -> MachineDetail:
    """Give one machine with all that belongs to it, in a fixed number of statements."""
    found = ask.first(_ONE, {"code": question.machine})
    if found is None:
        raise refusal("MACHINE_NOT_FOUND", machine=question.machine)
    downtimes = ask.all(_DOWNTIMES, {"machine": found.id})
    maintenances = ask.all(_MAINTENANCES, {"machine": found.id})
    queued = ask.all(_QUEUED, {"machine": found.id, "running": found.running_order})
    now, today = ask.now, start_of_day(ask.now, ask.plant.zone)
    # Read once, for the longest of the three that ask for them: the bars of a month, the ribbon of a day, the effectiveness of today.
    stops = stops_of(ask, start=now - _PARETO, end=now, machine=found.id)
    used = of_one(ask, found, stops, start=today, end=now)
    spans = spans_of(ask, stops, start=now - _A_DAY, end=now, machine=found.id)
    return MachineDetail(
        row=_row(ask, found, used.oee if _may_work(found) else None),
        axis_count=found.axis_count,
        internal_cooling_bar=found.internal_cooling_bar,
        motor_power_kva=found.motor_power_kva,
        holder_type=found.holder_type,
        spindle_power_10_kw=found.spindle_power_10_kw,
        spindle_power_30_kw=found.spindle_power_30_kw,
        power_hp=found.power_hp,
        spindle_speed_rpm=found.spindle_speed_rpm,
        tool_count=found.tool_count,
        nc_control_unit=found.nc_control_unit,
        manufacturing_year=found.manufacturing_year,
        serial_number=found.serial_number,
        weight_kg=found.weight_kg,
        max_part_size=found.max_part_size,
        description=found.description,
        maintenance_interval_days=found.maintenance_interval_days,
        maintenance_notes=found.maintenance_notes,
        downtimes=_downtimes(downtimes),
        queued=order_rows(ask, queued),
        maintenances=tuple(MaintenanceRow(row.done_on, row.notes, row.badge) for row in maintenances),
        ribbon=ribbon(spans.get(found.id, ()), start=now - _A_DAY, end=now, with_idle=True),
        pareto=_pareto(stops.get(found.id, ()), now - _PARETO, now),
        oee=oee_row(found.code, today, now, used),
    )


def _may_work(row: Row[Any]) -> bool:
    """Tell whether it means anything how effective the machine was today."""
    return row.active and row.status is not MachineStatus.RETIRED


def _row(ask: Ask, row: Row[Any], oee_today: Decimal | None) -> MachineRow:
    return MachineRow(
        machine=row.code,
        type=row.type,
        brand=row.brand,
        model=row.model,
        status=row.status,
        since=row.status_since,
        status_reason=row.status_reason,
        department=row.department,
        department_name=row.department_name,
        active=row.active,
        work_order=row.running_order,
        work_order_product=row.product_name,
        work_order_started=row.actual_start,
        quantity_ordered=row.quantity_ordered,
        quantity_completed=row.quantity_completed,
        quantity_scrapped=row.quantity_scrapped,
        unit=row.unit,
        planned_end=row.planned_end,
        open_downtime=_open_downtime(row),
        last_maintenance=row.last_maintenance,
        next_maintenance=row.next_maintenance,
        maintenance_overdue=row.next_maintenance is not None and row.next_maintenance < ask.today,
        queue=row.queue,
        version=row.version,
        sequence=row.sequence,
        process_name=row.process_name,
        # Its own pieces: those of the order are made by its last operation, which may not have begun.
        good=row.quantity_completed if row.sequence is None else row.good,
        scrapped=row.quantity_scrapped if row.sequence is None else row.scrapped,
        oee_today=oee_today,
    )


def _open_downtime(row: Row[Any]) -> DowntimeRow | None:
    if row.started_at is None:
        return None
    return DowntimeRow(row.category, row.reason, row.started_at, notes=row.downtime_notes, badge=row.downtime_badge)


def _downtimes(rows: Sequence[Row[Any]]) -> tuple[DowntimeRow, ...]:
    return tuple(
        DowntimeRow(row.category, row.reason, row.started_at, row.ended_at, row.notes, row.badge) for row in rows
    )


def _pareto(stops: Sequence[Row[Any]], start: datetime, end: datetime) -> tuple[DowntimeShare, ...]:
    """Add up the downtime of a period by category, the longest first."""
    lasted: dict[DowntimeCategory, list[timedelta]] = defaultdict(list)
    for stop in stops:
        lasted[stop.category].append(min(stop.ended_at or end, end) - max(stop.started_at, start))
    shares = [
        DowntimeShare(category, told_minutes(minutes(sum(times, timedelta()))), len(times))
        for category, times in lasted.items()
    ]
    return tuple(sorted(shares, key=lambda share: (-share.minutes, share.category)))
