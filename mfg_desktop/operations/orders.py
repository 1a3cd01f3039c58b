"""What is done to work orders: create, update, and the moves of their life. The rules are in rules/lifecycle; here are the locks and the effects."""

import re
from typing import Any, ClassVar

from pydantic import Field
from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from mfg_desktop.exceptions import combine, refusal
from mfg_desktop.operations import materials
from mfg_desktop.operations.locks import LOCK_MACHINE, answer, facts, locked
from mfg_desktop.rules import lifecycle
from mfg_desktop.rules.facts import OrderFacts, Wish
from mfg_desktop.rules.quantities import shown
from mfg_desktop.service.fields import Code, Moment, Prose, Quantity, Truth
from mfg_desktop.service.work import Command, Fields, Work, handles
from mfg_desktop.tables import (
    Bom,
    Department,
    Machine,
    OrderNumberSeries,
    Product,
    WorkClock,
    WorkOrder,
    WorkOrderOperation,
)
from mfg_desktop.vocabulary import (
    Action,
    ActionType,
    ClockKind,
    EntityType,
    MachineStatus,
    OperationStatus,
    OrderStatus,
    Priority,
)

# ---------------------------------------------------------------------- commands


class CreateOrder(Command):
    called: ClassVar[str] = "work_order.create"
    told_as: ClassVar[ActionType] = ActionType.WORK_ORDER_CREATE

    product: Code
    quantity: Quantity
    planned_start: Moment
    planned_end: Moment
    number: Code | None = None
    priority: Priority = Priority.MEDIUM
    machine: Code | None = None
    department: Code | None = None
    sales_order: Code | None = None
    notes: Prose | None = None
    parent: Code | None = None


class UpdateOrder(Command):
    called: ClassVar[str] = "work_order.update"
    told_as: ClassVar[ActionType] = ActionType.WORK_ORDER_UPDATE

    number: Code
    quantity: Quantity | None = None
    planned_start: Moment | None = None
    planned_end: Moment | None = None
    priority: Priority | None = None
    machine: Code | None = None
    notes: Prose | None = None


class PlanOrder(Command):
    called: ClassVar[str] = "work_order.plan"
    told_as: ClassVar[ActionType] = ActionType.WORK_ORDER_PLAN

    number: Code


class ReleaseOrder(Command):
    called: ClassVar[str] = "work_order.release"
    told_as: ClassVar[ActionType] = ActionType.WORK_ORDER_RELEASE

    number: Code


class StartOrder(Command):
    called: ClassVar[str] = "work_order.start"
    told_as: ClassVar[ActionType] = ActionType.WORK_ORDER_START

    number: Code


class HoldOrder(Command):
    called: ClassVar[str] = "work_order.hold"
    told_as: ClassVar[ActionType] = ActionType.WORK_ORDER_HOLD

    number: Code
    reason: Prose


class ResumeOrder(Command):
    called: ClassVar[str] = "work_order.resume"
    told_as: ClassVar[ActionType] = ActionType.WORK_ORDER_RESUME

    number: Code


class CompleteOrder(Command):
    called: ClassVar[str] = "work_order.complete"
    told_as: ClassVar[ActionType] = ActionType.WORK_ORDER_COMPLETE

    number: Code
    short_close_reason: Prose | None = None


class CancelOrder(Command):
    called: ClassVar[str] = "work_order.cancel"
    told_as: ClassVar[ActionType] = ActionType.WORK_ORDER_CANCEL

    number: Code
    reason: Prose
    return_material: Truth = Field(False, description="Bring issued and unused material back to its lots.")
    cancel_sub_orders: Truth = Field(False, description="Cancel the open orders for its parts too.")


# ---------------------------------------------------------------------- statements

_PRODUCT = select(Product.id, Product.stock_code, Product.type, Product.active, Product.unit).where(
    Product.stock_code == bindparam("code")
)
_MACHINE = select(Machine.id, Machine.code, Machine.active, Machine.status, Machine.department_id).where(
    Machine.code == bindparam("code")
)
_DEPARTMENT = select(Department.id).where(Department.code == bindparam("code"))
_ORDER_ID = select(WorkOrder.id, WorkOrder.status, WorkOrder.number).where(WorkOrder.number == bindparam("number"))
_INSERT = insert(WorkOrder).returning(WorkOrder.id)
_NEXT_NUMBER = {
    dialect: (statement := make(OrderNumberSeries).values(year=bindparam("of"), last=1))
    .on_conflict_do_update(index_elements=[OrderNumberSeries.year], set_={"last": OrderNumberSeries.last + 1})
    .returning(OrderNumberSeries.last)
    for dialect, make in ((True, postgres_insert), (False, sqlite_insert))
}
_RESERVE_NUMBER = {
    dialect: (
        statement := make(OrderNumberSeries).values(year=bindparam("of"), last=bindparam("given"))
    ).on_conflict_do_update(
        index_elements=[OrderNumberSeries.year],
        set_={"last": bindparam("given")},
        where=OrderNumberSeries.last < bindparam("given"),
    )
    for dialect, make in ((True, postgres_insert), (False, sqlite_insert))
}
_NUMBER = re.compile(r"WO-(\d{4})-(\d{5})")

_OPEN_SUB_ORDERS = (
    select(WorkOrder.number)
    .where(WorkOrder.parent_id == bindparam("order"), WorkOrder.status.in_(sorted(lifecycle.OPEN)))
    .order_by(WorkOrder.number)
)
_RUNNING_OPERATIONS = (
    select(WorkOrderOperation.sequence)
    .where(
        WorkOrderOperation.work_order_id == bindparam("order"), WorkOrderOperation.status == OperationStatus.IN_PROGRESS
    )
    .order_by(WorkOrderOperation.sequence)
)
_HAS_BOM = select(Bom.id).where(Bom.product_id == bindparam("product"), Bom.active)
_MOVE = {
    "status": bindparam("to_status"),
    "status_at": bindparam("moved_at"),
    "status_by": bindparam("moved_by"),
    "status_terminal": bindparam("moved_where"),
    "last_event_at": bindparam("moved_at"),
    "version": WorkOrder.version + 1,
}
_MOVE_ON = update(WorkOrder).where(WorkOrder.id == bindparam("order")).values(**_MOVE, hold_reason=None)
_START = update(WorkOrder).where(WorkOrder.id == bindparam("order")).values(**_MOVE, actual_start=bindparam("started"))
_HOLD = update(WorkOrder).where(WorkOrder.id == bindparam("order")).values(**_MOVE, hold_reason=bindparam("reason"))
_COMPLETE = (
    update(WorkOrder)
    .where(WorkOrder.id == bindparam("order"))
    .values(**_MOVE, actual_end=bindparam("moved_at"), short_close_reason=bindparam("reason"))
)
_CANCEL = (
    update(WorkOrder)
    .where(WorkOrder.id == bindparam("order"))
    .values(**_MOVE, actual_end=bindparam("ended"), cancel_reason=bindparam("reason"), hold_reason=None)
)
_UPDATE = update(WorkOrder).where(WorkOrder.id == bindparam("order"))
_SET_MACHINE = (
    update(Machine)
    .where(Machine.id == bindparam("machine"))
    .values(
        status=bindparam("to_status"),
        status_since=bindparam("since"),
        status_by=bindparam("by"),
        status_reason=None,
        running_order=bindparam("runs"),
        version=Machine.version + 1,
    )
)
_OPEN_CLOCK = insert(WorkClock).inline()
_CLOSE_CLOCKS = (
    update(WorkClock)
    .where(WorkClock.work_order_id == bindparam("order"), WorkClock.ended_at.is_(None))
    .values(ended_at=bindparam("stopped"))
)
_PAUSE_OPERATIONS = (
    update(WorkOrderOperation)
    .where(
        WorkOrderOperation.work_order_id == bindparam("order"), WorkOrderOperation.status == OperationStatus.IN_PROGRESS
    )
    .values(status=OperationStatus.ON_HOLD, version=WorkOrderOperation.version + 1)
)
_CANCEL_OPERATIONS = (
    update(WorkOrderOperation)
    .where(
        WorkOrderOperation.work_order_id == bindparam("order"),
        WorkOrderOperation.status.in_([OperationStatus.PLANNED, OperationStatus.IN_PROGRESS, OperationStatus.ON_HOLD]),
    )
    .values(status=OperationStatus.CANCELLED, version=WorkOrderOperation.version + 1)
)

# ---------------------------------------------------------------------- what the moves share


def _moved(work: Work, order: Row[Any], to: OrderStatus) -> dict[str, Any]:
    return {
        "order": order.id,
        "to_status": to,
        "moved_at": work.now,
        "moved_by": work.actor.badge,
        "moved_where": work.actor.terminal,
    }


def _advance(work: Work, order: Row[Any], known: OrderFacts, action: Action, wish: Wish) -> OrderStatus:
    """Ask every rule; what a second person has lifted lets pass."""
    work.insist(lifecycle.violations(known, action, wish))
    return lifecycle.STEPS[action].to


def free_machine(work: Work, order: Row[Any]) -> None:
    """Give the machine free that the order runs on."""
    if order.machine_id is None:
        return
    machine = work.first(LOCK_MACHINE, {"machine": order.machine_id})
    if machine is not None and machine.running_order == order.number:
        work.after(machine.status_since)
        set_machine(work, machine, MachineStatus.AVAILABLE)


def set_machine(work: Work, machine: Row[Any], to: MachineStatus, *, runs: str | None = None) -> None:
    work.run(
        _SET_MACHINE, {"machine": machine.id, "to_status": to, "since": work.now, "by": work.actor.badge, "runs": runs}
    )
    work.touch(EntityType.MACHINE, machine.code)


def open_clock(
    work: Work, order: int, kind: ClockKind, *, machine: int | None = None, reason: str | None = None
) -> None:
    work.run(
        _OPEN_CLOCK,
        {
            "work_order_id": order,
            "operation_id": None,
            "machine_id": machine,
            "kind": kind,
            "started_at": work.now,
            "ended_at": None,
            "reason": reason,
        },
    )


def hold(work: Work, order: Row[Any], reason: str) -> None:
    """Put a locked order on hold: clocks stop, operations pause. The machine is the caller's to free or to keep down."""
    was_running = order.status is OrderStatus.IN_PROGRESS
    work.run(_HOLD, {**_moved(work, order, OrderStatus.ON_HOLD), "reason": reason})
    if was_running:
        work.run(_CLOSE_CLOCKS, {"order": order.id, "stopped": work.now})
        if order.has_operations:
            work.run(_PAUSE_OPERATIONS, {"order": order.id})
    open_clock(work, order.id, ClockKind.HOLD, reason=reason)
    work.touch(EntityType.WORK_ORDER, order.number)


# ---------------------------------------------------------------------- create and change


@handles(CreateOrder)
def create(work: Work, command: CreateOrder) -> Fields:
    """Create an order in DRAFT. Refusals: unknown product, machine, department or parent; quantity, dates, number; product or machine not active."""
    start, end = (
        work.moment(command.planned_start, field="planned_start"),
        work.moment(command.planned_end, field="planned_end"),
    )
    product = work.first(_PRODUCT, {"code": command.product})
    if product is None:
        raise refusal("MATERIAL_NOT_FOUND", material=command.product)
    found = []
    if command.quantity <= 0:
        found.append(refusal("WORK_ORDER_INVALID_QUANTITY", quantity=command.quantity))
    if end <= start:
        found.append(refusal("WORK_ORDER_INVALID_DATES", planned_start=start, planned_end=end))
    if not product.active:
        found.append(
            refusal(
                "VALIDATION_INVALID_CHOICE", field="product", value=command.product, reason="the product is not active"
            )
        )
    if command.number is not None and work.first(_ORDER_ID, {"number": command.number}) is not None:
        found.append(refusal("WORK_ORDER_DUPLICATE_NUMBER", number=command.number))
    machine = _machine(work, command.machine)
    if machine is not None and not machine.active:
        found.append(refusal("MACHINE_INACTIVE", machine=machine.code))
    elif machine is not None and machine.status is MachineStatus.RETIRED:
        found.append(refusal("MACHINE_RETIRED", machine=machine.code))
    if found:
        raise combine(found)
    department = (
        _department(work, command.department)
        if command.department
        else machine.department_id
        if machine is not None
        else None
    )
    parent = _parent(work, command.parent)
    number = _number(work, command.number)
    order = work.run(
        _INSERT,
        {
            "number": number,
            "product_id": product.id,
            "quantity_ordered": command.quantity,
            "status": OrderStatus.DRAFT,
            "priority": command.priority,
            "machine_id": machine.id if machine is not None else None,
            "department_id": department,
            "parent_id": parent,
            "sales_order": command.sales_order,
            "notes": command.notes,
            "planned_start": start,
            "planned_end": end,
            "created_at": work.now,
            "created_by_id": work.actor.person_id,
            "status_at": work.now,
            "last_event_at": work.now,
        },
    ).scalar_one()
    materials.write_lines(work, order, product.id, command.quantity)
    work.tell(
        EntityType.WORK_ORDER,
        number,
        f"{number} was created: {shown(command.quantity)} {product.unit} of {product.stock_code}.",
        product=product.stock_code,
        quantity=command.quantity,
    )
    return answer(number, OrderStatus.DRAFT, 1)


@handles(UpdateOrder)
def change(work: Work, command: UpdateOrder) -> Fields:
    """Change an order that is not running. Refusals: WORK_ORDER_NOT_EDITABLE with the fields that may no longer change; the rules of create."""
    order = locked(work, command.number, command.seen_version)
    given = {
        name: getattr(command, name)
        for name in ("quantity", "planned_start", "planned_end", "priority", "machine", "notes")
        if name in command.model_fields_set
    }
    if not given:
        raise refusal("VALIDATION_REQUIRED_FIELD", field="quantity")
    if order.status in (OrderStatus.DRAFT, OrderStatus.PLANNED):
        stuck: list[str] = []
    elif order.status in lifecycle.WORKS[Action.UPDATE]:
        stuck = [name for name in given if name not in lifecycle.EDITABLE_LATER]
    else:
        stuck = list(given)
    if stuck:
        raise refusal("WORK_ORDER_NOT_EDITABLE", number=order.number, current_status=order.status, fields=stuck)
    values: dict[str, Any] = {}
    found = []
    if "quantity" in given:
        if command.quantity is None or command.quantity <= 0:
            found.append(refusal("WORK_ORDER_INVALID_QUANTITY", quantity=command.quantity))
        values["quantity_ordered"] = command.quantity
    for name in ("planned_start", "planned_end"):
        if name in given:
            if given[name] is None:
                raise refusal("VALIDATION_REQUIRED_FIELD", field=name)
            values[name] = work.moment(given[name], field=name)
    start, end = values.get("planned_start", order.planned_start), values.get("planned_end", order.planned_end)
    if end <= start:
        found.append(refusal("WORK_ORDER_INVALID_DATES", planned_start=start, planned_end=end))
    if "machine" in given:
        machine = _machine(work, command.machine)
        if machine is not None and not machine.active:
            found.append(refusal("MACHINE_INACTIVE", machine=machine.code))
        elif machine is not None and machine.status is MachineStatus.RETIRED:
            found.append(refusal("MACHINE_RETIRED", machine=machine.code))
        values["machine_id"] = machine.id if machine is not None else None
    if "priority" in given:
        if command.priority is None:
            raise refusal("VALIDATION_REQUIRED_FIELD", field="priority")
        values["priority"] = command.priority
    if "notes" in given:
        values["notes"] = command.notes
    if found:
        raise combine(found)
    work.after(order.last_event_at)
    work.run(_UPDATE.values(**values, last_event_at=work.now, version=WorkOrder.version + 1), {"order": order.id})
    if command.quantity is not None and "quantity" in given:
        materials.follow_bom(work, order.id, order.product_id, command.quantity)
    work.tell(
        EntityType.WORK_ORDER,
        order.number,
        f"{order.number} was changed: {', '.join(sorted(given)).replace('_', ' ')}.",
        fields=sorted(given),
    )
    return answer(order.number, order.status, order.version + 1)


def _machine(work: Work, code: str | None) -> Row[Any] | None:
    if code is None:
        return None
    machine = work.first(_MACHINE, {"code": code})
    if machine is None:
        raise refusal("MACHINE_NOT_FOUND", machine=code)
    return machine


def _department(work: Work, code: str) -> int:
    found = work.first(_DEPARTMENT, {"code": code})
    if found is None:
        raise refusal("VALIDATION_INVALID_CHOICE", field="department", value=code)
    department: int = found.id
    return department


def _parent(work: Work, number: str | None) -> int | None:
    if number is None:
        return None
    parent = locked(work, number)
    if parent.status not in lifecycle.OPEN:
        raise refusal("WORK_ORDER_NOT_EDITABLE", number=number, current_status=parent.status, fields=["sub_orders"])
    order: int = parent.id
    return order


def _number(work: Work, given: str | None) -> str:
    """Give the number, or the next one of the year in the plant; a number given by hand moves the series up to it."""
    if given is None:
        year = work.now.astimezone(work.plant.zone).year
        last = work.run(_NEXT_NUMBER[work.on_postgres], {"of": year}).scalar_one()
        return f"WO-{year}-{last:05d}"
    if found := _NUMBER.fullmatch(given):
        work.run(_RESERVE_NUMBER[work.on_postgres], {"of": int(found[1]), "given": int(found[2])})
    return given


# ---------------------------------------------------------------------- the moves


@handles(PlanOrder)
def plan(work: Work, command: PlanOrder) -> Fields:
    order = locked(work, command.number, command.seen_version)
    to = _advance(work, order, facts(work, order), Action.PLAN, Wish())
    work.after(order.last_event_at)
    work.run(_MOVE_ON, _moved(work, order, to))
    work.tell(EntityType.WORK_ORDER, order.number, f"{order.number} was planned.")
    return answer(order.number, to, order.version + 1)


@handles(ReleaseOrder)
def release(work: Work, command: ReleaseOrder) -> Fields:
    """Release an order to the floor; its material follows the bill of material until here, and is fixed from now on."""
    order = locked(work, command.number, command.seen_version)
    known = facts(
        work,
        order,
        has_bom=work.first(_HAS_BOM, {"product": order.product_id}) is not None,
        bom_cycle=materials.cycle(work, order.product_id),
    )
    to = _advance(work, order, known, Action.RELEASE, Wish())
    work.after(order.last_event_at)
    materials.follow_bom(work, order.id, order.product_id, order.quantity_ordered)
    work.run(_MOVE_ON, _moved(work, order, to))
    work.tell(EntityType.WORK_ORDER, order.number, f"{order.number} was released.")
    return answer(order.number, to, order.version + 1)


@handles(StartOrder)
def start(work: Work, command: StartOrder) -> Fields:
    """Start an order: machine in use, run clock on, actual start set once. An order with operations leaves the machine to them."""
    order = locked(work, command.number, command.seen_version)
    machine = work.first(LOCK_MACHINE, {"machine": order.machine_id}) if order.machine_id is not None else None
    known = facts(work, order, machine=machine, lines=materials.line_facts(work, order.id))
    to = _advance(work, order, known, Action.START, Wish())
    work.after(order.last_event_at)
    if machine is not None and not order.has_operations:
        work.after(machine.status_since)
        set_machine(work, machine, MachineStatus.IN_USE, runs=order.number)
        open_clock(work, order.id, ClockKind.RUN, machine=machine.id)
    work.run(_START, {**_moved(work, order, to), "started": order.actual_start or work.now})
    where = machine.code if machine is not None else "its machines"
    work.tell(EntityType.WORK_ORDER, order.number, f"{order.number} was started on {where}.", machine=where)
    return answer(order.number, to, order.version + 1, machine=where)


@handles(HoldOrder)
def put_on_hold(work: Work, command: HoldOrder) -> Fields:
    order = locked(work, command.number, command.seen_version)
    to = _advance(work, order, facts(work, order), Action.HOLD, Wish(reason=command.reason))
    work.after(order.last_event_at)
    if order.status is OrderStatus.IN_PROGRESS:
        free_machine(work, order)
    hold(work, order, command.reason)
    work.tell(
        EntityType.WORK_ORDER, order.number, f"{order.number} was put on hold: {command.reason}", reason=command.reason
    )
    return answer(order.number, to, order.version + 1)


@handles(ResumeOrder)
def resume(work: Work, command: ResumeOrder) -> Fields:
    order = locked(work, command.number, command.seen_version)
    to = _advance(work, order, facts(work, order), Action.RESUME, Wish())
    work.after(order.last_event_at)
    work.run(_CLOSE_CLOCKS, {"order": order.id, "stopped": work.now})
    work.run(_MOVE_ON, _moved(work, order, to))
    work.tell(EntityType.WORK_ORDER, order.number, f"{order.number} was resumed and waits to be started.")
    return answer(order.number, to, order.version + 1)


@handles(CompleteOrder)
def complete(work: Work, command: CompleteOrder) -> Fields:
    """Complete an order: clocks stop, machine free, reservations that were not issued are given back."""
    order = locked(work, command.number, command.seen_version)
    known = facts(
        work,
        order,
        running_operations=tuple(row.sequence for row in work.all(_RUNNING_OPERATIONS, {"order": order.id}))
        if order.has_operations
        else (),
        open_sub_orders=tuple(row.number for row in work.all(_OPEN_SUB_ORDERS, {"order": order.id})),
    )
    to = _advance(work, order, known, Action.COMPLETE, Wish(short_close_reason=command.short_close_reason))
    work.after(order.last_event_at)
    free_machine(work, order)
    materials.free_reservations(work, order.id)
    work.run(_CLOSE_CLOCKS, {"order": order.id, "stopped": work.now})
    work.run(_COMPLETE, {**_moved(work, order, to), "reason": command.short_close_reason})
    made = f"{shown(order.quantity_completed)} of {shown(order.quantity_ordered)} {order.unit}"
    work.tell(
        EntityType.WORK_ORDER,
        order.number,
        f"{order.number} was completed with {made}.",
        good=order.quantity_completed,
        ordered=order.quantity_ordered,
    )
    return answer(order.number, to, order.version + 1)


@handles(CancelOrder)
def cancel(work: Work, command: CancelOrder) -> Fields:
    """Cancel an order. Open orders for its parts are named in the answer, and cancelled too if asked."""
    order = locked(work, command.number, command.seen_version)
    cancelled: list[str] = []
    still_open = _cancel(work, order, command, cancelled)
    work.tell(
        EntityType.WORK_ORDER,
        order.number,
        f"{order.number} was cancelled: {command.reason}",
        reason=command.reason,
        sub_orders=cancelled,
    )
    return answer(
        order.number,
        OrderStatus.CANCELLED,
        order.version + 1,
        cancelled_sub_orders=cancelled,
        open_sub_orders=still_open,
    )


def _cancel(work: Work, order: Row[Any], command: CancelOrder, cancelled: list[str]) -> list[str]:
    lines = materials.line_facts(work, order.id)
    to = _advance(
        work,
        order,
        facts(work, order, lines=lines),
        Action.CANCEL,
        Wish(reason=command.reason, return_material=command.return_material),
    )
    work.after(order.last_event_at)
    free_machine(work, order)
    materials.free_reservations(work, order.id)
    if command.return_material:
        materials.return_unused(work, order.id)
    work.run(_CLOSE_CLOCKS, {"order": order.id, "stopped": work.now})
    if order.has_operations:
        work.run(_CANCEL_OPERATIONS, {"order": order.id})
    work.run(
        _CANCEL,
        {**_moved(work, order, to), "reason": command.reason, "ended": work.now if order.actual_start else None},
    )
    work.touch(EntityType.WORK_ORDER, order.number)
    children = [row.number for row in work.all(_OPEN_SUB_ORDERS, {"order": order.id})]
    if not command.cancel_sub_orders:
        return children
    for child in children:
        _cancel(work, locked(work, child), command, cancelled)
        cancelled.append(child)
    return []
