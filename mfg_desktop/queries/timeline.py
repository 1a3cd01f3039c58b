"""The question what happened to an order, and where its time went."""

from typing import Any, ClassVar

from sqlalchemy import Row, bindparam, select, union
from sqlalchemy.types import String

from mfg_desktop.exceptions import refusal
from mfg_desktop.queries.rows import Timeline, TimelineEvent, TimelineStretch
from mfg_desktop.rules import lifecycle
from mfg_desktop.rules.timeline import Clock, Stop, shares, stretches
from mfg_desktop.service.fields import Code
from mfg_desktop.service.work import Ask, Question, answers
from mfg_desktop.tables import (
    Machine,
    MachineDowntime,
    ManufacturingAuditChange,
    ManufacturingAuditLog,
    Person,
    WorkClock,
    WorkOrder,
    WorkOrderOperation,
)
from mfg_desktop.vocabulary import AuditLevel, EntityType

Log = ManufacturingAuditLog
Change = ManufacturingAuditChange


class OrderTimeline(Question):
    called: ClassVar[str] = "work_order.timeline"

    number: Code


_ORDER = select(WorkOrder.id, WorkOrder.status, WorkOrder.created_at, WorkOrder.status_at).where(
    WorkOrder.number == bindparam("number")
)
_CLOCKS = (
    select(
        WorkClock.kind,
        WorkClock.started_at,
        WorkClock.ended_at,
        WorkClock.reason,
        WorkOrderOperation.sequence,
        WorkOrderOperation.setup_minutes,
        Machine.code.label("machine"),
    )
    .outerjoin(WorkOrderOperation, WorkOrderOperation.id == WorkClock.operation_id)
    .outerjoin(Machine, Machine.id == WorkClock.machine_id)
    .where(WorkClock.work_order_id == bindparam("order"))
    .order_by(WorkClock.started_at, WorkClock.id)
)
_STOPS = (
    select(
        MachineDowntime.started_at,
        MachineDowntime.ended_at,
        MachineDowntime.reason,
        MachineDowntime.category,
        Machine.code.label("machine"),
    )
    .join(Machine, Machine.id == MachineDowntime.machine_id)
    .where(
        MachineDowntime.machine_id.in_(
            select(WorkClock.machine_id).where(
                WorkClock.work_order_id == bindparam("order"), WorkClock.machine_id.is_not(None)
            )
        ),
        MachineDowntime.started_at < bindparam("end", type_=MachineDowntime.started_at.type),
    )
    .order_by(MachineDowntime.started_at, MachineDowntime.id)
)
# Not only the entries about the order: a machine's stop that held it and a parent that was cancelled with it have changed its row too. What was
# refused has changed nothing. It is named by what it is not: for `level = 'INFO'` SQLite would read every entry of that level instead of the order's.
_REFUSED = sorted(set(AuditLevel) - {AuditLevel.INFO})
_ENTRIES = union(
    select(Log.entry).where(
        Log.entity_type == EntityType.WORK_ORDER.value,
        Log.entity == bindparam("number"),
        Log.level.not_in(_REFUSED),
    ),
    select(Change.entry).where(
        Change.table_name == WorkOrder.__tablename__, Change.row_key == bindparam("key", type_=String())
    ),
)
_EVENTS = (
    select(
        Log.happened_at,
        Log.at,
        Log.badge,
        Person.name.label("person_name"),
        Log.terminal,
        Log.action_type,
        Log.message,
        Log.approver,
    )
    .outerjoin(Person, Person.badge == Log.badge)
    .where(Log.entry.in_(_ENTRIES))
    .order_by(Log.happened_at, Log.sequence)
)


@answers(OrderTimeline)
def timeline(ask: Ask, question: OrderTimeline) -> Timeline:
    """Tell what happened to an order, oldest first, and lay out its time, in four statements. Refusals: WORK_ORDER_NOT_FOUND."""
    order = ask.first(_ORDER, {"number": question.number})
    if order is None:
        raise refusal("WORK_ORDER_NOT_FOUND", number=question.number)
    start = order.created_at
    # Not actual_end: an order that was cancelled before it started has none.
    end = max(start, ask.now if order.status in lifecycle.OPEN else order.status_at)
    clocks = [_clock(row) for row in ask.all(_CLOCKS, {"order": order.id})]
    stops = [_stop(row) for row in ask.all(_STOPS, {"order": order.id, "end": end})]
    events = ask.all(_EVENTS, {"number": question.number, "key": str(order.id)})
    laid = stretches(clocks, stops, start=start, end=end, now=ask.now)
    minutes = shares(laid)
    return Timeline(
        number=question.number,
        start=start,
        end=end,
        wait_minutes=minutes.wait,
        run_minutes=minutes.run,
        hold_minutes=minutes.hold,
        down_minutes=minutes.down,
        lead_minutes=minutes.lead,
        setup_minutes=minutes.setup,
        events=tuple(_event(row) for row in events),
        stretches=tuple(
            TimelineStretch(one.state.value, one.start, one.end, one.sequence, one.machine, one.reason, one.setting_up)
            for one in laid
        ),
    )


def _clock(row: Row[Any]) -> Clock:
    return Clock(
        kind=row.kind,
        start=row.started_at,
        end=row.ended_at,
        sequence=row.sequence,
        machine=row.machine,
        reason=row.reason,
        planned_setup=row.setup_minutes,
    )


def _stop(row: Row[Any]) -> Stop:
    return Stop(row.machine, row.started_at, row.ended_at, row.reason or row.category.value)


def _event(row: Row[Any]) -> TimelineEvent:
    return TimelineEvent(
        at=row.happened_at,
        entered_at=row.at,
        badge=row.badge,
        person_name=row.person_name,
        terminal=row.terminal,
        action_type=row.action_type,
        message=row.message,
        approver=row.approver,
    )
