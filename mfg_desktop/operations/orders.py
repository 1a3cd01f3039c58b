"""What is done to work orders: create, update, and the moves of their life. The rules are in rules/lifecycle; here are the locks and the effects."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from mfg_desktop.exceptions import ManufacturingException, combine, refusal
from mfg_desktop.operations import floor, materials
from mfg_desktop.operations.locks import LOCK_ORDER, answer, facts, locked, told_last
from mfg_desktop.rules import lifecycle, routing
from mfg_desktop.rules.facts import OperationFacts, OrderFacts, Wish
from mfg_desktop.rules.quantities import shown
from mfg_desktop.service.fields import Code, Moment, Prose, Quantity, Truth, Whole
from mfg_desktop.service.work import Command, Fields, Work, handles
from mfg_desktop.tables import (
    Department,
    Machine,
    OrderNumberSeries,
    Process,
    ProcessConfig,
    Product,
    Workflow,
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
    ProcessConfigStatus,
    WorkflowStatus,
)

# ---------------------------------------------------------------------- commands


class GivenOperation(BaseModel):
    """One step of an order that is given with it instead of the product's routing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sequence: Whole
    process: Code
    machine: Code | None = None
    setup_minutes: Quantity | None = None
    cycle_seconds: Quantity | None = None
    overlap_quantity: Quantity | None = None


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
    operations: tuple[GivenOperation, ...] | None = Field(
        None, max_length=200, description="Its steps; by default those of the product's active routing."
    )


class UpdateOrder(Command):
    called: ClassVar[str] = "work_order.update"
    told_as: ClassVar[ActionType] = ActionType.WORK_ORDER_UPDATE
    null_empties: ClassVar[bool] = True

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

PRODUCTS = select(
    Product.id,
    Product.stock_code,
    Product.type,
    Product.active,
    Product.unit,
    select(Workflow.id)
    .where(Workflow.product_id == Product.id, Workflow.status == WorkflowStatus.ACTIVE)
    .correlate(Product)
    .scalar_subquery()
    .label("workflow"),
)
"""What an order is made from: the product, and its routing in use."""
_PRODUCT = PRODUCTS.where(Product.stock_code == bindparam("code"))
_PROCESSES = select(Process.id, Process.code).where(Process.code.in_(bindparam("codes", expanding=True)))
_MACHINES = select(Machine.id, Machine.code, Machine.active, Machine.status).where(
    Machine.code.in_(bindparam("codes", expanding=True))
)
_STEPS = (
    select(
        ProcessConfig.id,
        ProcessConfig.sequence,
        ProcessConfig.process_id,
        ProcessConfig.machine_id,
        ProcessConfig.setup_minutes,
        ProcessConfig.cycle_seconds,
        ProcessConfig.overlap_quantity,
    )
    .where(ProcessConfig.workflow_id == bindparam("workflow"), ProcessConfig.status == ProcessConfigStatus.ACTIVE)
    .order_by(ProcessConfig.sequence, ProcessConfig.id)
)
_INSERT_OPERATIONS = insert(WorkOrderOperation)
_MACHINE = select(Machine.id, Machine.code, Machine.active, Machine.status, Machine.department_id).where(
    Machine.code == bindparam("code")
)
_DEPARTMENT = select(Department.id).where(Department.code == bindparam("code"))
_ORDER_ID = select(WorkOrder.id).where(WorkOrder.number == bindparam("number"))
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
_NUMBER = re.compile(r"WO-([0-9]{4})-([0-9]{5,9})")

_OPEN_SUB_ORDERS = (
    select(WorkOrder.number)
    .where(WorkOrder.parent_id == bindparam("order"), WorkOrder.status.in_(sorted(lifecycle.OPEN)))
    .order_by(WorkOrder.number)
)
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

# ---------------------------------------------------------------------- what the moves share


def _moved(work: Work, order: Row[Any], to: OrderStatus) -> dict[str, Any]:
    return {
        "order": order.id,
        "to_status": to,
        "moved_at": work.now,
        "moved_by": work.actor.badge,
        "moved_where": work.actor.terminal,
    }


def _advance(work: Work, known: OrderFacts, action: Action, wish: Wish) -> OrderStatus:
    """Ask every rule; what a second person has lifted lets pass."""
    work.insist(lifecycle.violations(known, action, wish))
    return lifecycle.STEPS[action].to


def hold(work: Work, order: Row[Any], reason: str, *, machine: int | None = None) -> None:
    """Put a locked order on hold: clocks stop, running operations pause, machines and tooling come free.

    `machine` is the one whose stop holds the order: the hold carries it, and its status is the caller's to set.
    """
    running = [one for one in floor.operations_of(work, order) if one.status is OperationStatus.IN_PROGRESS]
    if running:
        floor.end_operations(work, order, running, but_machine=machine)
        floor.move_operations(work, running, OperationStatus.ON_HOLD)
        for operation in running:
            floor.open_clock(work, order.id, ClockKind.HOLD, operation=operation.id, reason=reason)
    elif order.status is OrderStatus.IN_PROGRESS and not order.has_operations:
        if order.machine_id != machine:
            floor.free_machine(work, order)
        floor.end_clocks(work, order)
    work.run(_HOLD, {**_moved(work, order, OrderStatus.ON_HOLD), "reason": reason})
    floor.open_clock(work, order.id, ClockKind.HOLD, machine=machine, reason=reason)
    work.touch(EntityType.WORK_ORDER, order.number)


# ---------------------------------------------------------------------- create and change


@handles(CreateOrder)
def create(work: Work, command: CreateOrder) -> Fields:
    """Create an order in DRAFT. Refusals, all at once: quantity, dates, product, number, machine, operations, department, parent; unknown or not active."""
    start, end = (
        work.moment(command.planned_start, field="planned_start"),
        work.moment(command.planned_end, field="planned_end"),
    )
    product = work.first(_PRODUCT, {"code": command.product})
    found: list[ManufacturingException] = []
    if command.quantity <= 0:
        found.append(refusal("WORK_ORDER_INVALID_QUANTITY", quantity=command.quantity))
    if end <= start:
        found.append(refusal("WORK_ORDER_INVALID_DATES", planned_start=start, planned_end=end))
    if product is None:
        found.append(refusal("MATERIAL_NOT_FOUND", material=command.product))
    elif not product.active:
        found.append(
            refusal(
                "VALIDATION_INVALID_CHOICE", field="product", value=command.product, reason="the product is not active"
            )
        )
    if command.number is not None:
        found.extend(_number_is_free(work, command.number))
    machine = _machine(work, command.machine, found)
    operations = _given(work, command.operations, found) if command.operations is not None else None
    department = _department(work, command.department, machine, found)
    parent = _parent(work, command.parent, found)
    if found or product is None:
        raise combine(found)
    _, number = make_order(
        work,
        number=command.number,
        product=product,
        quantity=command.quantity,
        planned_start=start,
        planned_end=end,
        priority=command.priority,
        machine_id=machine.id if machine is not None else None,
        department_id=department,
        parent_id=parent,
        sales_order=command.sales_order,
        notes=command.notes,
        operations=operations,
    )
    work.tell(
        EntityType.WORK_ORDER,
        number,
        f"{number} was created: {shown(command.quantity)} {product.unit} of {product.stock_code}.",
        product=product.stock_code,
        quantity=command.quantity,
    )
    return answer(number, OrderStatus.DRAFT, 1)


def make_order(
    work: Work,
    *,
    number: str | None,
    product: Row[Any],
    quantity: Decimal,
    planned_start: datetime,
    planned_end: datetime,
    priority: Priority,
    machine_id: int | None = None,
    department_id: int | None = None,
    parent_id: int | None = None,
    bom_line_id: int | None = None,
    sales_order: str | None = None,
    notes: str | None = None,
    operations: Sequence[Mapping[str, Any]] | None = None,
) -> tuple[int, str]:
    """Write an order in DRAFT with its material lines and its operations, and give its row and its number.

    `product` is a row of `PRODUCTS`. Operations that are not given come from the product's routing in use. What is asked of the fields is the caller's.
    """
    number = _number(work, number)
    order: int = work.value(
        _INSERT,
        {
            "number": number,
            "product_id": product.id,
            "quantity_ordered": quantity,
            "status": OrderStatus.DRAFT,
            "priority": priority,
            "machine_id": machine_id,
            "department_id": department_id,
            "parent_id": parent_id,
            "bom_line_id": bom_line_id,
            "sales_order": sales_order,
            "notes": notes,
            "planned_start": planned_start,
            "planned_end": planned_end,
            "created_at": work.now,
            "created_by_id": work.actor.person_id,
            "status_at": work.now,
            "last_event_at": work.now,
        },
    )
    materials.write_lines(work, order, product.id, quantity)
    if operations is None and product.workflow is not None:
        operations = _from_routing(work, product.workflow)
    if operations:
        work.run(_INSERT_OPERATIONS, [{"work_order_id": order, **operation} for operation in operations])
    work.touch(EntityType.WORK_ORDER, number)
    return order, number


def _from_routing(work: Work, workflow: int) -> list[dict[str, Any]]:
    """Copy the steps of a routing; where two processes share a sequence, the one that was written first is done."""
    steps: dict[int, dict[str, Any]] = {}
    for step in work.all(_STEPS, {"workflow": workflow}):
        steps.setdefault(
            step.sequence,
            {
                "sequence": step.sequence,
                "process_id": step.process_id,
                "process_config_id": step.id,
                "machine_id": step.machine_id,
                "setup_minutes": step.setup_minutes,
                "cycle_seconds": step.cycle_seconds,
                "overlap_quantity": step.overlap_quantity,
            },
        )
    return list(steps.values())


def _given(work: Work, given: Sequence[GivenOperation], found: list[ManufacturingException]) -> list[dict[str, Any]]:
    """Read the operations that were given with an order, and add to `found` what is wrong with them."""
    processes: dict[str, int] = {}
    machines: dict[str, Row[Any]] = {}
    if given:
        codes = sorted({operation.process for operation in given})
        processes = {row.code: row.id for row in work.all(_PROCESSES, {"codes": codes})}
    if named := sorted({operation.machine for operation in given if operation.machine is not None}):
        machines = {row.code: row for row in work.all(_MACHINES, {"codes": named})}
    operations: list[dict[str, Any]] = []
    sequences: set[int] = set()
    for place, operation in enumerate(given):
        field = f"operations.{place}"
        if operation.sequence <= 0:
            found.append(refusal("VALIDATION_INVALID_FORMAT", field=f"{field}.sequence", reason="must be above zero"))
        elif operation.sequence in sequences:
            found.append(refusal("VALIDATION_DUPLICATE_VALUE", field=f"{field}.sequence", value=operation.sequence))
        sequences.add(operation.sequence)
        if operation.process not in processes:
            found.append(refusal("VALIDATION_INVALID_CHOICE", field=f"{field}.process", value=operation.process))
        machine = machines.get(operation.machine) if operation.machine is not None else None
        if operation.machine is not None and machine is None:
            found.append(refusal("MACHINE_NOT_FOUND", machine=operation.machine))
        elif machine is not None:
            found.extend(_not_to_be_used(machine))
        for name in ("setup_minutes", "cycle_seconds", "overlap_quantity"):
            amount = getattr(operation, name)
            if amount is not None and amount < 0:
                found.append(
                    refusal("VALIDATION_INVALID_FORMAT", field=f"{field}.{name}", reason="must not be below zero")
                )
        operations.append(
            {
                "sequence": operation.sequence,
                "process_id": processes.get(operation.process),
                "process_config_id": None,
                "machine_id": machine.id if machine is not None else None,
                "setup_minutes": operation.setup_minutes,
                "cycle_seconds": operation.cycle_seconds,
                "overlap_quantity": operation.overlap_quantity,
            }
        )
    return operations


def _not_to_be_used(machine: Row[Any]) -> list[ManufacturingException]:
    if not machine.active:
        return [refusal("MACHINE_INACTIVE", machine=machine.code)]
    if machine.status is MachineStatus.RETIRED:
        return [refusal("MACHINE_RETIRED", machine=machine.code)]
    return []


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
    if order.status in lifecycle.FREELY_EDITABLE:
        stuck: list[str] = []
    elif order.status in lifecycle.WORKS[Action.UPDATE]:
        stuck = [name for name in given if name not in lifecycle.EDITABLE_LATER]
    else:
        stuck = list(given)
    if stuck:
        raise lifecycle.wrong_status(facts(work, order), Action.UPDATE, fields=stuck)
    values: dict[str, Any] = {}
    found: list[ManufacturingException] = []
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
        machine = _machine(work, command.machine, found)
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
    if command.quantity is not None:
        materials.follow_bom(work, order.id, order.product_id, command.quantity)
    work.tell(
        EntityType.WORK_ORDER,
        order.number,
        f"{order.number} was changed: {', '.join(sorted(given)).replace('_', ' ')}.",
        fields=sorted(given),
    )
    return answer(order.number, order.status, order.version + 1)


def _machine(work: Work, code: str | None, found: list[ManufacturingException]) -> Row[Any] | None:
    """Find the machine that is named, and add to `found` what speaks against it."""
    if code is None:
        return None
    machine = work.first(_MACHINE, {"code": code})
    found.extend([refusal("MACHINE_NOT_FOUND", machine=code)] if machine is None else _not_to_be_used(machine))
    return machine


def _department(
    work: Work, code: str | None, machine: Row[Any] | None, found: list[ManufacturingException]
) -> int | None:
    """Give the department that is named, else that of the machine."""
    if code is None:
        return machine.department_id if machine is not None else None
    named = work.first(_DEPARTMENT, {"code": code})
    if named is None:
        found.append(refusal("VALIDATION_INVALID_CHOICE", field="department", value=code))
    return named.id if named is not None else None


def _parent(work: Work, number: str | None, found: list[ManufacturingException]) -> int | None:
    """Lock the order that is named as parent: it is still to be worked on, and stays so until this one is there."""
    if number is None:
        return None
    parent = work.first(LOCK_ORDER, {"number": number})
    if parent is None:
        found.append(refusal("WORK_ORDER_NOT_FOUND", number=number))
        return None
    if parent.status not in lifecycle.OPEN:
        found.append(lifecycle.wrong_status(facts(work, parent), Action.CREATE_SUB_ORDERS))
    order: int = parent.id
    return order


def _number_is_free(work: Work, number: str) -> list[ManufacturingException]:
    """Refuse a number that an order has already, naming who created that."""
    there = work.first(_ORDER_ID, {"number": number})
    if there is None:
        return []
    last = told_last(work, WorkOrder, [there.id], "number")
    by = {"created_by": last.badge, "created_at": last.at, "terminal": last.terminal} if last is not None else {}
    return [refusal("WORK_ORDER_DUPLICATE_NUMBER", number=number, **by)]


def _number(work: Work, given: str | None) -> str:
    """Give the number, or the next one of the year in the plant; a number given by hand moves the series up to it."""
    if given is None:
        year = work.today.year
        last = work.value(_NEXT_NUMBER[work.on_postgres], {"of": year})
        return f"WO-{year}-{last:05d}"
    if found := _NUMBER.fullmatch(given):
        work.run(_RESERVE_NUMBER[work.on_postgres], {"of": int(found[1]), "given": int(found[2])})
    return given


# ---------------------------------------------------------------------- the moves


@handles(PlanOrder)
def plan(work: Work, command: PlanOrder) -> Fields:
    order = locked(work, command.number, command.seen_version)
    to = _advance(work, facts(work, order), Action.PLAN, Wish())
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
        has_bom=materials.has_bom(work, order.product_id),
        bom_cycle=materials.cycle(work, order.product_id),
    )
    to = _advance(work, known, Action.RELEASE, Wish())
    work.after(order.last_event_at)
    materials.follow_bom(work, order.id, order.product_id, order.quantity_ordered)
    work.run(_MOVE_ON, _moved(work, order, to))
    work.tell(EntityType.WORK_ORDER, order.number, f"{order.number} was released.")
    return answer(order.number, to, order.version + 1)


@handles(StartOrder)
def start(work: Work, command: StartOrder) -> Fields:
    """Start an order: machine in use, run clock on, actual start set once. An order with operations leaves the machine to them."""
    order = locked(work, command.number, command.seen_version)
    machine = floor.lock_machine(work, order.machine_id)
    operations = floor.operations_of(work, order)
    known = facts(
        work,
        order,
        machine=machine,
        lines=materials.line_facts(work, order.id),
        operations=_operations_with_tools(work, operations),
    )
    to = _advance(work, known, Action.START, Wish())
    work.after(order.last_event_at)
    if machine is not None and not order.has_operations:
        floor.begin_order(work, order, machine)
    work.run(_START, {**_moved(work, order, to), "started": order.actual_start or work.now})
    where = machine.code if machine is not None else "its machines"
    work.tell(EntityType.WORK_ORDER, order.number, f"{order.number} was started on {where}.", machine=where)
    return answer(order.number, to, order.version + 1, machine=where)


def _operations_with_tools(work: Work, operations: Sequence[Row[Any]]) -> tuple[OperationFacts, ...]:
    to_do = [one for one in operations if one.status not in routing.OVER]
    tools = floor.tools_of(work, to_do)
    return tuple(floor.operation_facts(work, one, tools=tools.get(one.id, ())) for one in operations)


@handles(HoldOrder)
def put_on_hold(work: Work, command: HoldOrder) -> Fields:
    order = locked(work, command.number, command.seen_version)
    to = _advance(work, facts(work, order), Action.HOLD, Wish(reason=command.reason))
    work.after(order.last_event_at)
    hold(work, order, command.reason)
    work.tell(
        EntityType.WORK_ORDER, order.number, f"{order.number} was put on hold: {command.reason}", reason=command.reason
    )
    return answer(order.number, to, order.version + 1)


@handles(ResumeOrder)
def resume(work: Work, command: ResumeOrder) -> Fields:
    """Let an order be started again. Its operations stay on hold until each is resumed."""
    order = locked(work, command.number, command.seen_version)
    to = _advance(work, facts(work, order), Action.RESUME, Wish())
    work.after(order.last_event_at)
    floor.end_clocks(work, order, of_operations=False)
    work.run(_MOVE_ON, _moved(work, order, to))
    work.tell(EntityType.WORK_ORDER, order.number, f"{order.number} was resumed and waits to be started.")
    return answer(order.number, to, order.version + 1)


@handles(CompleteOrder)
def complete(work: Work, command: CompleteOrder) -> Fields:
    """Complete an order: clocks stop, machine free, reservations that were not issued are given back. Operations that were not needed are cancelled."""
    order = locked(work, command.number, command.seen_version)
    operations = floor.operations_of(work, order)
    known = facts(
        work,
        order,
        operations=tuple(floor.operation_facts(work, one) for one in operations),
        open_sub_orders=tuple(row.number for row in work.all(_OPEN_SUB_ORDERS, {"order": order.id})),
    )
    to = _advance(work, known, Action.COMPLETE, Wish(short_close_reason=command.short_close_reason))
    work.after(order.last_event_at)
    if not order.has_operations:
        floor.free_machine(work, order)
    materials.free_reservations(work, order.id)
    floor.end_clocks(work, order)
    floor.move_operations(
        work, [one for one in operations if one.status not in routing.OVER], OperationStatus.CANCELLED
    )
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
        facts(work, order, lines=lines),
        Action.CANCEL,
        Wish(reason=command.reason, return_material=command.return_material),
    )
    work.after(order.last_event_at)
    operations = floor.operations_of(work, order)
    running = [one for one in operations if one.status is OperationStatus.IN_PROGRESS]
    if running:
        floor.end_operations(work, order, running)
    elif not order.has_operations:
        floor.free_machine(work, order)
    materials.free_reservations(work, order.id)
    if command.return_material:
        materials.return_unused(work, order.id)
    floor.end_clocks(work, order)
    floor.move_operations(
        work, [one for one in operations if one.status not in routing.OVER], OperationStatus.CANCELLED
    )
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
