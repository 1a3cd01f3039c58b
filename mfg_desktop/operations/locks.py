"""Locks the rows of a command in the one fixed order (order, machines, fixtures, gauges, material lines, lots), and reads from them what the rules may know.

Every column that a rule decides on comes from the locked row itself: on PostgreSQL a joined row or a subquery is as old as the wait for the lock.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, String, bindparam, exists, select, update

from mfg_desktop.exceptions import refusal
from mfg_desktop.rules.facts import LineFacts, MachineFacts, OrderFacts
from mfg_desktop.service.work import Fields, Work
from mfg_desktop.tables import Base, Machine, Product, WorkOrder, WorkOrderOperation
from mfg_desktop.tables import ManufacturingAuditChange as Change
from mfg_desktop.tables import ManufacturingAuditLog as Log
from mfg_desktop.vocabulary import MachineStatus, OrderStatus

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
        Machine.version,
    )
    .where(Machine.id == bindparam("machine"))
    .with_for_update()
)


_CHANGED_LAST = (
    select(Log.badge, Log.at, Log.terminal)
    .join(Change, Change.entry == Log.entry)
    .where(
        Change.table_name == bindparam("of_table"),
        Change.row_key.in_(bindparam("keys", expanding=True)),
        Change.new.contains(bindparam("changed", type_=String())),
    )
    # Not by the bare id: PostgreSQL would rather read the log from its end than find and sort the few lines of these rows.
    .order_by((Change.id + 0).desc())
    .limit(1)
)
_CHANGED_WITHOUT = _CHANGED_LAST.where(~Change.new.contains(bindparam("unchanged", type_=String())))


_COUNT_CHANGE = (
    update(WorkOrder)
    .where(WorkOrder.id == bindparam("order"))
    .values(last_event_at=bindparam("happened"), version=WorkOrder.version + 1)
)


class Last(NamedTuple):
    """Who did it last, when and where: whoever comes too late is told that."""

    badge: str | None
    at: datetime
    terminal: str | None


def told_last(
    work: Work, table: type[Base], keys: Iterable[int], field: str, *, without: str | None = None
) -> Last | None:
    """Read in the audit log who changed a field of these rows last, and not `without` along with it; None for rows that were there before the log.

    It reads all lines of the rows: for a refusal, and only once that is certain.
    """
    # With the colon: a value may read like the name of a field.
    asked = {"of_table": table.__tablename__, "keys": [str(key) for key in keys], "changed": f'"{field}":'}
    if without is None:
        found = work.first(_CHANGED_LAST, asked)
    else:
        found = work.first(_CHANGED_WITHOUT, {**asked, "unchanged": f'"{without}":'})
    return Last(found.badge, found.at.astimezone(work.plant.zone), found.terminal) if found is not None else None


def _moved_last(work: Work, order: Row[Any]) -> Last:
    return Last(order.status_by, order.status_at.astimezone(work.plant.zone), order.status_terminal)


def locked(work: Work, number: str, seen_version: int | None = None) -> Row[Any]:
    """Lock the order and give its row. Refusals: WORK_ORDER_NOT_FOUND; WORK_ORDER_CHANGED_ELSEWHERE when the screen showed an older version."""
    order = work.first(LOCK_ORDER, {"number": number})
    if order is None:
        raise refusal("WORK_ORDER_NOT_FOUND", number=number)
    if seen_version is not None and seen_version != order.version:
        # Not who moved it: a note or a report changes an order too.
        last = told_last(work, WorkOrder, [order.id], "version") or _moved_last(work, order)
        raise refusal(
            "WORK_ORDER_CHANGED_ELSEWHERE",
            thing="work order",
            number=number,
            seen_version=seen_version,
            version=order.version,
            current_status=order.status,
            changed_by=last.badge,
            changed_at=last.at,
            terminal=last.terminal,
        )
    return order


def check_seen(
    work: Work, row: Row[Any], table: type[Base], seen_version: int | None, *, thing: str, code: str
) -> None:
    """Refuse with WORK_ORDER_CHANGED_ELSEWHERE when the screen showed an older version of a locked row than there is."""
    if seen_version is None or seen_version == row.version:
        return
    last = told_last(work, table, [row.id], "version")
    raise refusal(
        "WORK_ORDER_CHANGED_ELSEWHERE",
        thing=thing,
        number=code,
        seen_version=seen_version,
        version=row.version,
        changed_by=last.badge if last is not None else None,
        changed_at=last.at if last is not None else None,
        terminal=last.terminal if last is not None else None,
    )


def count_change(work: Work, order: Row[Any]) -> None:
    """Count a change of a locked order that moves it nowhere, so that every screen that shows it notices."""
    work.run(_COUNT_CHANGE, {"order": order.id, "happened": max(work.now, order.last_event_at)})


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
        # An order with operations leaves the machine to them.
        machine=machine_facts(work, machine, None if order.has_operations else order.number)
        if machine is not None
        else None,
        lines=lines,
        has_operations=order.has_operations,
        **more,
    )


def machine_facts(work: Work, machine: Row[Any], wanted_by: str | None) -> MachineFacts:
    """Put together what the rules may know of a locked machine; where it is down or another order runs than the one that wants it, who saw to that."""
    is_taken = wanted_by is not None and machine.running_order not in (None, wanted_by)
    is_down = machine.status not in (MachineStatus.AVAILABLE, MachineStatus.IN_USE)
    field = "status" if is_down else "running_order"
    last = told_last(work, Machine, [machine.id], field) if is_taken or is_down else None
    return MachineFacts(
        code=machine.code,
        status=machine.status,
        active=machine.active,
        since=machine.status_since.astimezone(work.plant.zone) if machine.status_since is not None else None,
        reason=machine.status_reason,
        next_maintenance=machine.next_maintenance,
        running_order=machine.running_order,
        moved_by=last.badge if last is not None else None,
        moved_at_terminal=last.terminal if last is not None else None,
    )


def answer(number: str, status: OrderStatus, version: int, **more: object) -> Fields:
    return {"number": number, "status": status, "version": version, **more}
