"""Locks the rows of a command in the one fixed order (order, machines, fixtures, gauges, material lines, lots), and reads from them what the rules may know.

Every column that a rule decides on comes from the locked row itself: on PostgreSQL a joined row or a subquery is as old as the wait for the lock.
"""

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, bindparam, exists, select

from mfg_desktop.exceptions import refusal
from mfg_desktop.rules.facts import LineFacts, MachineFacts, OrderFacts
from mfg_desktop.service.work import Fields, Work
from mfg_desktop.tables import Machine, Product, WorkOrder, WorkOrderOperation
from mfg_desktop.vocabulary import OrderStatus

LOCK_ORDER = (
    select(
        WorkOrder.id,
        WorkOrder.number,
        WorkOrder.status,
        WorkOrder.product_id,
        WorkOrder.quantity_ordered,
        WorkOrder.quantity_completed,
        WorkOrder.quantity_scrapped,
        WorkOrder.machine_id,
        WorkOrder.planned_start,
        WorkOrder.planned_end,
        WorkOrder.actual_start,
        WorkOrder.status_at,
        WorkOrder.status_by,
        WorkOrder.status_terminal,
        WorkOrder.last_event_at,
        WorkOrder.version,
        Product.stock_code,
        Product.type.label("product_type"),
        Product.unit,
        exists().where(WorkOrderOperation.work_order_id == WorkOrder.id).correlate(WorkOrder).label("has_operations"),
        # Not joined: the code never changes, and which machine it is, is then read from the locked row.
        select(Machine.code)
        .where(Machine.id == WorkOrder.machine_id)
        .correlate(WorkOrder)
        .scalar_subquery()
        .label("machine"),
    )
    .join(Product, Product.id == WorkOrder.product_id)
    .where(WorkOrder.number == bindparam("number"))
    .with_for_update(of=WorkOrder)
)
LOCK_MACHINE = (
    select(
        Machine.id,
        Machine.code,
        Machine.status,
        Machine.active,
        Machine.status_since,
        Machine.status_reason,
        Machine.next_maintenance,
        Machine.running_order,
    )
    .where(Machine.id == bindparam("machine"))
    .with_for_update()
)


def locked(work: Work, number: str, seen_version: int | None = None) -> Row[Any]:
    """Lock the order and give its row. Refusals: WORK_ORDER_NOT_FOUND; WORK_ORDER_CHANGED_ELSEWHERE when the screen showed an older version."""
    order = work.first(LOCK_ORDER, {"number": number})
    if order is None:
        raise refusal("WORK_ORDER_NOT_FOUND", number=number)
    if seen_version is not None and seen_version != order.version:
        raise refusal(
            "WORK_ORDER_CHANGED_ELSEWHERE",
            number=number,
            seen_version=seen_version,
            version=order.version,
            current_status=order.status,
            changed_by=order.status_by,
            changed_at=order.status_at,
            terminal=order.status_terminal,
        )
    return order


def facts(
    work: Work,
    order: Row[Any],
    *,
    machine: Row[Any] | None = None,
    lines: tuple[LineFacts, ...] = (),
    **more: Any,
) -> OrderFacts:
    """Put together what the rules may know of a locked order."""
    return OrderFacts(
        number=order.number,
        status=order.status,
        product=order.stock_code,
        product_type=order.product_type,
        ordered=order.quantity_ordered,
        good=order.quantity_completed,
        scrapped=order.quantity_scrapped,
        today=work.today,
        moved_by=order.status_by,
        moved_at=order.status_at.astimezone(work.plant.zone),
        moved_at_terminal=order.status_terminal,
        machine=machine_facts(machine, work.plant.zone) if machine is not None else None,
        lines=lines,
        has_operations=order.has_operations,
        **more,
    )


def machine_facts(machine: Row[Any], zone: ZoneInfo) -> MachineFacts:
    return MachineFacts(
        code=machine.code,
        status=machine.status,
        active=machine.active,
        since=machine.status_since.astimezone(zone) if machine.status_since is not None else None,
        reason=machine.status_reason,
        next_maintenance=machine.next_maintenance,
        running_order=machine.running_order,
    )


def answer(number: str, status: OrderStatus, version: int, **more: object) -> Fields:
    return {"number": number, "status": status, "version": version, **more}
