"""Questions about machines: the tiles, and one machine with its record, its downtime and its queue."""

from collections.abc import Sequence
from typing import Any, ClassVar

from sqlalchemy import Row, bindparam, case, func, select

from mfg_desktop.exceptions import refusal
from mfg_desktop.queries.orders import ROWS, order_rows
from mfg_desktop.queries.rows import DowntimeRow, MachineDetail, MachineRow, Page
from mfg_desktop.rules import lifecycle
from mfg_desktop.service.fields import Code
from mfg_desktop.service.work import Ask, Question, answers
from mfg_desktop.tables import Department, Machine, MachineDowntime, Product, WorkOrder
from mfg_desktop.vocabulary import MachineStatus, MachineType, OrderStatus


class ListMachines(Question):
    called: ClassVar[str] = "machine.list"

    status: tuple[MachineStatus, ...] | None = None
    type: MachineType | None = None
    department: Code | None = None


class GetMachine(Question):
    called: ClassVar[str] = "machine.get"

    machine: Code


_QUEUE = (
    select(func.count())
    .where(WorkOrder.machine_id == Machine.id, WorkOrder.status.in_([OrderStatus.PLANNED, OrderStatus.RELEASED]))
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
        MachineDowntime.category,
        MachineDowntime.reason,
        MachineDowntime.started_at,
        _QUEUE.label("queue"),
    )
    .outerjoin(Department, Department.id == Machine.department_id)
    .outerjoin(WorkOrder, WorkOrder.number == Machine.running_order)
    .outerjoin(Product, Product.id == WorkOrder.product_id)
    .outerjoin(MachineDowntime, (MachineDowntime.machine_id == Machine.id) & MachineDowntime.ended_at.is_(None))
)
_ONE = _MACHINES.where(Machine.code == bindparam("code"))
_DOWNTIMES = (
    select(MachineDowntime.category, MachineDowntime.reason, MachineDowntime.started_at, MachineDowntime.ended_at)
    .where(MachineDowntime.machine_id == bindparam("machine"))
    .order_by(MachineDowntime.started_at.desc(), MachineDowntime.id.desc())
    .limit(50)
)
_QUEUED = (
    ROWS.where(WorkOrder.machine_id == bindparam("machine"), WorkOrder.status.in_(sorted(lifecycle.OPEN)))
    .order_by(case((WorkOrder.status == OrderStatus.IN_PROGRESS, 0), else_=1), WorkOrder.planned_start, WorkOrder.id)
    .limit(100)
)


@answers(ListMachines)
def machines(ask: Ask, question: ListMachines) -> Page[MachineRow]:
    """Give all machines, by code, in two statements."""
    statement = _MACHINES.order_by(Machine.code)
    if question.status is not None:
        statement = statement.where(Machine.status.in_(question.status))
    if question.type is not None:
        statement = statement.where(Machine.type == question.type)
    if question.department is not None:
        statement = statement.where(Department.code == question.department)
    return Page(tuple(_row(ask, row) for row in ask.all(statement)))


@answers(GetMachine)
def machine(ask: Ask, question: GetMachine) -> MachineDetail:
    found = ask.first(_ONE, {"code": question.machine})
    if found is None:
        raise refusal("MACHINE_NOT_FOUND", machine=question.machine)
    downtimes = ask.all(_DOWNTIMES, {"machine": found.id})
    queued = ask.all(_QUEUED, {"machine": found.id})
    return MachineDetail(
        row=_row(ask, found),
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
    )


def _row(ask: Ask, row: Row[Any]) -> MachineRow:
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
        open_downtime=DowntimeRow(row.category, row.reason, row.started_at) if row.started_at is not None else None,
        last_maintenance=row.last_maintenance,
        next_maintenance=row.next_maintenance,
        maintenance_overdue=row.next_maintenance is not None and row.next_maintenance < ask.today,
        queue=row.queue,
        version=row.version,
    )


def _downtimes(rows: Sequence[Row[Any]]) -> tuple[DowntimeRow, ...]:
    return tuple(DowntimeRow(row.category, row.reason, row.started_at, row.ended_at) for row in rows)
