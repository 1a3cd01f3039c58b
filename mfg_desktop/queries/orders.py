"""Questions about work orders: the list, one order with all that belongs to it, and what stops a move."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, ClassVar

from pydantic import Field
from sqlalchemy import BigInteger, Executable, Row, and_, any_, bindparam, case, exists, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.elements import Label

from mfg_desktop.exceptions import ManufacturingException, refusal
from mfg_desktop.queries.cursor import cursor, place
from mfg_desktop.queries.rows import (
    AllocationRow,
    LotPick,
    OperationRow,
    OrderDetail,
    OrderPage,
    OrderRow,
    OutputRow,
    Possibility,
    ScrapRow,
    SubOrderRow,
    Violation,
)
from mfg_desktop.queries.search import MOST, found_in, patterns
from mfg_desktop.rules import guards, lifecycle, production, routing
from mfg_desktop.rules.allocation import USABLE, LotFacts, in_order
from mfg_desktop.rules.facts import LineFacts, MachineFacts, OperationFacts, OrderFacts, ToolFacts, Wish
from mfg_desktop.rules.quantities import ZERO, limit, whole_pieces
from mfg_desktop.rules.shifts import minutes, told_minutes
from mfg_desktop.service.fields import Code, Moment, Name, Truth, Whole
from mfg_desktop.service.permissions import allows
from mfg_desktop.service.work import Ask, Question, answers
from mfg_desktop.tables import (
    BELOW,
    Bom,
    BomLine,
    Department,
    Fixture,
    Gauge,
    Machine,
    MaterialAllocation,
    OutputScrap,
    Person,
    Process,
    ProcessConfig,
    Product,
    ProductionOutput,
    StockLot,
    WorkClock,
    WorkOrder,
    WorkOrderMaterial,
    WorkOrderOperation,
)
from mfg_desktop.vocabulary import (
    Action,
    ClockKind,
    EntityType,
    FixtureStatus,
    GaugeStatus,
    LotId,
    MachineStatus,
    OperationAction,
    OperationStatus,
    OrderStatus,
    Priority,
    ProductType,
    Readiness,
)


class OrderSort(StrEnum):
    """By what a list of orders is sorted: the most urgent and then the earliest due first, those that lack material and then the earliest due first,
    or by one of its columns.
    """

    URGENCY = "urgency"
    MATERIAL = "material"
    NUMBER = "number"
    PLANNED_START = "planned_start"
    PLANNED_END = "planned_end"


class ListOrders(Question):
    called: ClassVar[str] = "work_order.list"

    status: tuple[OrderStatus, ...] | None = Field(None, max_length=50)
    machine: Code | None = None
    product: Code | None = None
    priority: tuple[Priority, ...] | None = Field(None, max_length=50)
    department: Code | None = None
    overdue: Truth | None = None
    text: Name | None = None
    planned_from: Moment | None = None
    planned_to: Moment | None = None
    finished_from: Moment | None = Field(
        None, description="Only orders that ended at this time or later, for the board's shift."
    )
    sort: OrderSort = OrderSort.URGENCY
    descending: Truth = False
    after: str | None = Field(None, max_length=400)
    limit: Whole = Field(100, ge=1, le=1000)


class GetOrder(Question):
    called: ClassVar[str] = "work_order.get"

    number: Code


class CanOrder(Question):
    called: ClassVar[str] = "work_order.can"

    number: Code
    action: Action


_ROW = (
    WorkOrder.id,
    WorkOrder.number,
    WorkOrder.quantity_ordered,
    WorkOrder.quantity_completed,
    WorkOrder.quantity_scrapped,
    WorkOrder.status,
    WorkOrder.priority,
    WorkOrder.rank,
    WorkOrder.planned_start,
    WorkOrder.planned_end,
    WorkOrder.actual_start,
    WorkOrder.actual_end,
    WorkOrder.hold_reason,
    WorkOrder.status_at,
    WorkOrder.notes,
    WorkOrder.version,
    WorkOrder.machine_id,
    Product.stock_code,
    Product.name.label("product_name"),
    Product.unit,
    Machine.code.label("machine"),
    Machine.status.label("machine_status"),
    Machine.active.label("machine_active"),
    Machine.running_order,
    Machine.next_maintenance,
    Department.code.label("department"),
)
ROWS = (
    select(*_ROW)
    .join(Product, Product.id == WorkOrder.product_id)
    .outerjoin(Machine, Machine.id == WorkOrder.machine_id)
    .outerjoin(Department, Department.id == WorkOrder.department_id)
)
_held = WorkOrderMaterial.reserved + WorkOrderMaterial.issued - WorkOrderMaterial.returned
_covered_lines = select(
    WorkOrderMaterial.work_order_id,
    func.count().label("lines"),
    func.sum(case((_held >= WorkOrderMaterial.required, 1), else_=0)).label("covered"),
    func.sum(case((_held > 0, 1), else_=0)).label("begun"),
).group_by(WorkOrderMaterial.work_order_id)
_COVER = {
    # One value, an array: a statement with a value per order is read and planned anew for each length of page.
    True: _covered_lines.where(WorkOrderMaterial.work_order_id == any_(bindparam("orders", type_=ARRAY(BigInteger)))),
    False: _covered_lines.where(WorkOrderMaterial.work_order_id.in_(bindparam("orders", expanding=True))),
}
_holder = aliased(WorkOrderOperation)
_held_by = aliased(ProcessConfig)
_holding = aliased(WorkOrder)
_WHO_HAS = (
    select(func.min(_holding.number))
    .join(WorkClock, WorkClock.work_order_id == _holding.id)
    .join(_holder, _holder.id == WorkClock.operation_id)
    .join(_held_by, _held_by.id == _holder.process_config_id)
    # By the few clocks that tick, which have an index of their own, and not by all that was ever done with it.
    .where(WorkClock.ended_at.is_(None), WorkClock.kind != ClockKind.HOLD)
)
_TOOLS = (
    Fixture.code.label("fixture"),
    Fixture.status.label("fixture_status"),
    Fixture.next_check,
    Gauge.code.label("gauge"),
    Gauge.status.label("gauge_status"),
    Gauge.next_calibration,
)
_AT_MACHINE = (
    Machine.code.label("machine"),
    Machine.status.label("machine_status"),
    Machine.active.label("machine_active"),
    Machine.status_since.label("machine_since"),
    Machine.status_reason.label("machine_reason"),
    Machine.running_order,
    Machine.next_maintenance,
)
_steps_to_do = (
    select(
        WorkOrderOperation.work_order_id, WorkOrderOperation.sequence, WorkOrderOperation.status, *_AT_MACHINE, *_TOOLS
    )
    .outerjoin(Machine, Machine.id == WorkOrderOperation.machine_id)
    .outerjoin(ProcessConfig, ProcessConfig.id == WorkOrderOperation.process_config_id)
    .outerjoin(Fixture, Fixture.id == ProcessConfig.fixture_id)
    .outerjoin(Gauge, Gauge.id == ProcessConfig.gauge_id)
    .where(WorkOrderOperation.status.not_in(sorted(routing.OVER)))
    .order_by(WorkOrderOperation.work_order_id, WorkOrderOperation.sequence)
)
_STEPS = {
    True: _steps_to_do.where(WorkOrderOperation.work_order_id == any_(bindparam("orders", type_=ARRAY(BigInteger)))),
    False: _steps_to_do.where(WorkOrderOperation.work_order_id.in_(bindparam("orders", expanding=True))),
}
_creator = aliased(Person)
_parent = aliased(WorkOrder)
_component = aliased(Product)
_sub_order = aliased(WorkOrder)
_LEFT_TO_MAKE = (
    select(func.count())
    .select_from(BomLine)
    .join(Bom, Bom.id == BomLine.bom_id)
    .join(_component, _component.id == BomLine.component_id)
    .where(
        Bom.product_id == WorkOrder.product_id,
        Bom.active,
        _component.type == ProductType.SEMI_FINISHED,
        ~select(_sub_order.id)
        .where(
            _sub_order.parent_id == WorkOrder.id,
            or_(_sub_order.bom_line_id == BomLine.id, _sub_order.product_id == BomLine.component_id),
        )
        .correlate(WorkOrder, BomLine)
        .exists(),
    )
    .correlate(WorkOrder)
    .scalar_subquery()
)
_DETAIL = (
    select(
        *_ROW,
        WorkOrder.created_at,
        WorkOrder.sales_order,
        WorkOrder.short_close_reason,
        WorkOrder.cancel_reason,
        WorkOrder.status_by,
        WorkOrder.status_terminal,
        WorkOrder.product_id,
        Product.type.label("product_type"),
        Machine.status_since.label("machine_since"),
        Machine.status_reason.label("machine_reason"),
        _creator.badge.label("created_by"),
        _parent.number.label("parent"),
        select(Bom.id).where(Bom.product_id == WorkOrder.product_id, Bom.active).scalar_subquery().label("bom"),
        _LEFT_TO_MAKE.label("left_to_make"),
    )
    .join(Product, Product.id == WorkOrder.product_id)
    .join(_creator, _creator.id == WorkOrder.created_by_id)
    .outerjoin(_parent, _parent.id == WorkOrder.parent_id)
    .outerjoin(Machine, Machine.id == WorkOrder.machine_id)
    .outerjoin(Department, Department.id == WorkOrder.department_id)
    .where(WorkOrder.number == bindparam("number"))
)
_OPERATIONS = (
    select(
        WorkOrderOperation.id,
        WorkOrderOperation.sequence,
        WorkOrderOperation.status,
        WorkOrderOperation.good,
        WorkOrderOperation.scrapped,
        WorkOrderOperation.machine_id,
        WorkOrderOperation.setup_minutes,
        WorkOrderOperation.cycle_seconds,
        WorkOrderOperation.overlap_quantity,
        WorkOrderOperation.started_at,
        WorkOrderOperation.ended_at,
        WorkOrderOperation.status_at,
        WorkOrderOperation.status_by,
        WorkOrderOperation.status_terminal,
        Process.code.label("process"),
        Process.name.label("process_name"),
        func.coalesce(ProcessConfig.machine_type, Process.machine_type, type_=Process.machine_type.type).label(
            "machine_type"
        ),
        ProcessConfig.tool,
        ProcessConfig.parameters,
        ProcessConfig.quality_requirements,
        ProcessConfig.instructions,
        *_AT_MACHINE,
        *_TOOLS,
        case(
            (
                Fixture.status == FixtureStatus.IN_USE,
                _WHO_HAS.where(_held_by.fixture_id == Fixture.id).correlate(Fixture).scalar_subquery(),
            )
        ).label("fixture_with"),
        case(
            (
                Gauge.status == GaugeStatus.IN_USE,
                _WHO_HAS.where(_held_by.gauge_id == Gauge.id).correlate(Gauge).scalar_subquery(),
            )
        ).label("gauge_with"),
    )
    .join(Process, Process.id == WorkOrderOperation.process_id)
    .outerjoin(Machine, Machine.id == func.coalesce(WorkOrderOperation.machine_id, bindparam("orders_machine")))
    .outerjoin(ProcessConfig, ProcessConfig.id == WorkOrderOperation.process_config_id)
    .outerjoin(Fixture, Fixture.id == ProcessConfig.fixture_id)
    .outerjoin(Gauge, Gauge.id == ProcessConfig.gauge_id)
    .where(WorkOrderOperation.work_order_id == bindparam("order"))
    .order_by(WorkOrderOperation.sequence)
)
_CLOCKS = (
    select(WorkClock.operation_id, WorkClock.kind, WorkClock.started_at, WorkClock.ended_at)
    .where(
        WorkClock.work_order_id == bindparam("order"),
        WorkClock.operation_id.is_not(None),
        WorkClock.kind != ClockKind.HOLD,
    )
    .order_by(WorkClock.started_at, WorkClock.id)
)
_LINES = (
    select(WorkOrderMaterial.__table__, Product.stock_code, Product.name, Product.unit)
    .join(Product, Product.id == WorkOrderMaterial.material_id)
    .where(WorkOrderMaterial.work_order_id == bindparam("order"))
    .order_by(WorkOrderMaterial.id)
)
_LOT = (
    StockLot.id,
    StockLot.product_id,
    StockLot.lot,
    StockLot.category,
    StockLot.on_hand,
    StockLot.reserved,
    StockLot.received_at,
    StockLot.expires_at,
    StockLot.blocked,
    StockLot.location,
)
_TAKEN = (
    select(
        MaterialAllocation.line_id,
        MaterialAllocation.reserved.label("line_reserved"),
        MaterialAllocation.issued.label("line_issued"),
        MaterialAllocation.returned.label("line_returned"),
        *_LOT,
    )
    .join(StockLot, StockLot.id == MaterialAllocation.lot_id)
    .join(WorkOrderMaterial, WorkOrderMaterial.id == MaterialAllocation.line_id)
    .where(
        WorkOrderMaterial.work_order_id == bindparam("order"),
        or_(MaterialAllocation.reserved > 0, MaterialAllocation.issued > 0),
    )
)
_FREE = select(*_LOT).where(
    StockLot.product_id.in_(
        select(WorkOrderMaterial.material_id).where(WorkOrderMaterial.work_order_id == bindparam("order"))
    ),
    StockLot.on_hand > StockLot.reserved,
    StockLot.category.in_(USABLE),
    StockLot.blocked.is_(False),
    or_(StockLot.expires_at.is_(None), StockLot.expires_at > bindparam("now")),
)
_reversal = aliased(ProductionOutput)
_OUTPUTS = (
    select(
        ProductionOutput.__table__,
        Person.badge.label("operator"),
        Person.name.label("operator_name"),
        WorkOrderOperation.sequence,
        _reversal.id.label("reversed_by"),
    )
    .join(Person, Person.id == ProductionOutput.operator_id)
    .outerjoin(WorkOrderOperation, WorkOrderOperation.id == ProductionOutput.operation_id)
    .outerjoin(_reversal, _reversal.reverses_id == ProductionOutput.id)
    .where(ProductionOutput.work_order_id == bindparam("order"))
    .order_by(ProductionOutput.id)
)
_SCRAP = (
    select(OutputScrap.output_id, OutputScrap.quantity, OutputScrap.reason)
    .join(ProductionOutput, ProductionOutput.id == OutputScrap.output_id)
    .where(ProductionOutput.work_order_id == bindparam("order"))
    .order_by(OutputScrap.id)
)
_filled = aliased(BomLine)
_LINE_OF_PART = (
    select(BomLine.quantity)
    .join(Bom, Bom.id == BomLine.bom_id)
    .join(_parent, _parent.product_id == Bom.product_id)
    .where(
        _parent.id == WorkOrder.parent_id,
        Bom.active,
        BomLine.component_id == WorkOrder.product_id,
        Product.type == ProductType.SEMI_FINISHED,
    )
    .correlate(WorkOrder, Product)
    .scalar_subquery()
)
"""For a sub order that was made by hand: the line of the parent's bill that it fills."""
_SUB_ORDERS = (
    select(
        WorkOrder.number,
        Product.stock_code,
        Product.name.label("product_name"),
        Product.unit,
        WorkOrder.quantity_ordered,
        WorkOrder.quantity_completed,
        WorkOrder.status,
        WorkOrder.planned_end,
        func.coalesce(_filled.quantity, _LINE_OF_PART).label("per_parent"),
    )
    .join(Product, Product.id == WorkOrder.product_id)
    .outerjoin(_filled, _filled.id == WorkOrder.bom_line_id)
    .where(WorkOrder.parent_id == bindparam("order"))
    .order_by(WorkOrder.number)
)
_LEADS_BACK = select(func.count()).select_from(BELOW).where(BELOW.c.used == bindparam("product"))

ACTIONS: tuple[Action, ...] = (
    Action.RECORD_OUTPUT,
    Action.START,
    Action.RESUME,
    Action.RELEASE,
    Action.PLAN,
    Action.ALLOCATE,
    Action.ISSUE,
    Action.COMPLETE,
    Action.HOLD,
    Action.UPDATE,
    Action.CREATE_SUB_ORDERS,
    Action.RETURN_MATERIAL,
    Action.REVERSE_OUTPUT,
    Action.CANCEL,
)
"""Everything that may be done to an order, the main action of each status first."""

_FITTING: Mapping[OrderStatus, tuple[tuple[Action, str], ...]] = {
    status: tuple(
        (action, f"work_order.{action.value}")
        for action in ACTIONS
        if status in (lifecycle.STEPS[action].frm if action in lifecycle.STEPS else lifecycle.WORKS[action])
    )
    for status in OrderStatus
}
"""The actions that an order's status lets pass, each with the right to it."""

_SAID = Wish(reason="-")
"""What the dialog will ask for: a reason that is not given yet does not stop a move on the screen."""


# ---------------------------------------------------------------------- the list


@answers(ListOrders)
def orders(ask: Ask, question: ListOrders) -> OrderPage:
    """Give a page of orders, the most urgent and then the earliest due first if not asked otherwise, with the counts by status. Five statements."""
    given = _given(ask, question)
    listed, counted = _statements(
        frozenset(given), overdue=question.overdue, sort=question.sort, descending=question.descending
    )
    found = ask.all(listed, {**given, "most": question.limit + 1})
    page = found[: question.limit]
    counts = dict.fromkeys(OrderStatus, 0) | {row.status: row.orders for row in ask.all(counted, given)}
    rows = order_rows(ask, page)
    following = None
    if len(found) > question.limit:
        key = (getattr(page[-1], column.key) for column in _SORTS[question.sort])
        following = cursor(_sorted_as(question), *key)
    return OrderPage(rows, following, counts)


_COVERED = case(
    (
        # Written as its index has it: lines that lack something are few beside all that were ever wanted.
        exists().where(WorkOrderMaterial.work_order_id == WorkOrder.id, _held < WorkOrderMaterial.required),
        0,
    ),
    else_=1,
).label("covered")
_SORTS: Mapping[OrderSort, tuple[InstrumentedAttribute[Any] | Label[int], ...]] = {
    OrderSort.URGENCY: (WorkOrder.rank, WorkOrder.planned_end, WorkOrder.id),
    OrderSort.MATERIAL: (_COVERED, WorkOrder.planned_end, WorkOrder.id),
    OrderSort.NUMBER: (WorkOrder.number,),
    OrderSort.PLANNED_START: (WorkOrder.planned_start, WorkOrder.id),
    OrderSort.PLANNED_END: (WorkOrder.planned_end, WorkOrder.id),
}
"""Each ends in something that no two orders share, so that a page goes on exactly where the last one ended."""
_KINDS = {"covered": int, "rank": int, "id": int, "number": str, "planned_start": datetime, "planned_end": datetime}


def _sorted_as(question: ListOrders) -> str:
    return f"{question.sort.value}{' down' if question.descending else ''}"


_WORDS = tuple(f"word_{place}" for place in range(MOST))


def _given(ask: Ask, question: ListOrders) -> dict[str, Any]:
    """Give what the question asks for, by the names of the values in its statements."""
    given: dict[str, Any] = {}
    for name in ("status", "machine", "product", "priority", "department"):
        if (value := getattr(question, name)) is not None:
            given[name] = value
    for name in ("planned_from", "planned_to", "finished_from"):
        if (value := getattr(question, name)) is not None:
            given[name] = ask.moment(value, field=name)
    if question.overdue is not None:
        given["now"] = ask.now
    if question.text is not None:
        given.update(zip(_WORDS, patterns(question.text), strict=False))
    if question.after is not None:
        columns = _SORTS[question.sort]
        sorted_as, *after = place(question.after, str, *(_KINDS[column.key] for column in columns))
        if sorted_as != _sorted_as(question):
            raise refusal("VALIDATION_INVALID_FORMAT", field="after", reason="is not a place in this list")
        given.update(zip((f"after_{column.key}" for column in columns), after, strict=True))
    return given


@lru_cache(maxsize=200)
def _statements(
    given: frozenset[str], *, overdue: bool | None, sort: OrderSort, descending: bool
) -> tuple[Executable, Executable]:
    """Write the statements of the page and of the counts for what is given; kept, since building them takes as long as reading the page."""
    where = _filters(given, overdue=overdue)
    listed = ROWS.where(*where)
    if "status" in given:
        listed = listed.where(WorkOrder.status.in_(bindparam("status", expanding=True)))
    columns = _SORTS[sort]
    if sort is OrderSort.MATERIAL:
        listed = listed.add_columns(_COVERED)
    if f"after_{columns[0].key}" in given:
        here = tuple_(*columns)
        after = tuple_(*(bindparam(f"after_{column.key}", type_=column.type) for column in columns))
        listed = listed.where(here < after if descending else here > after)
    listed = listed.order_by(*(column.desc() if descending else column for column in columns)).limit(bindparam("most"))
    counted = select(WorkOrder.status, func.count().label("orders")).where(*where).group_by(WorkOrder.status)
    if "machine" in given:
        counted = counted.outerjoin(Machine, Machine.id == WorkOrder.machine_id)
    if "product" in given or given.intersection(_WORDS):
        counted = counted.join(Product, Product.id == WorkOrder.product_id)
    if "department" in given:
        counted = counted.outerjoin(Department, Department.id == WorkOrder.department_id)
    return listed, counted


def _filters(given: frozenset[str], *, overdue: bool | None) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if "machine" in given:
        where.append(Machine.code == bindparam("machine"))
    if "product" in given:
        where.append(Product.stock_code == bindparam("product"))
    if "priority" in given:
        where.append(WorkOrder.priority.in_(bindparam("priority", expanding=True)))
    if "department" in given:
        where.append(Department.code == bindparam("department"))
    if overdue is not None:
        late = and_(WorkOrder.status.in_(sorted(lifecycle.OPEN)), WorkOrder.planned_end < bindparam("now"))
        where.append(late if overdue else ~late)
    for word in _WORDS:
        if word in given:
            fields = (WorkOrder.number, Product.stock_code, Product.name, WorkOrder.sales_order)
            where.append(found_in(fields, bindparam(word)))
    if "planned_from" in given:
        where.append(WorkOrder.planned_end >= bindparam("planned_from"))
    if "planned_to" in given:
        where.append(WorkOrder.planned_start <= bindparam("planned_to"))
    if "finished_from" in given:
        where.append(WorkOrder.actual_end >= bindparam("finished_from"))
    return where


def order_rows(ask: Ask, found: Sequence[Row[Any]]) -> tuple[OrderRow, ...]:
    """Make the rows of a page; the readiness of all their material is one statement, that of their machines and tooling another."""
    cover: dict[int, Row[Any]] = {}
    steps: dict[int, list[Row[Any]]] = {}
    if found:
        cover = {
            row.work_order_id: row
            for row in ask.all(_COVER[ask.sender.on_postgres], {"orders": [row.id for row in found]})
        }
        still_open = [row.id for row in found if row.status in lifecycle.OPEN]
        for step in ask.all(_STEPS[ask.sender.on_postgres], {"orders": still_open}):
            steps.setdefault(step.work_order_id, []).append(step)
    return tuple(order_row(ask, row, _material(row.status, cover.get(row.id)), steps.get(row.id, ())) for row in found)


def order_row(
    ask: Ask, row: Row[Any], material: Readiness, steps: Sequence[Row[Any]], *, all_done: bool = False
) -> OrderRow:
    """Make a row; `steps` are the operations that are still to be done, `all_done` says that there were some and none is left."""
    at = steps[0] if steps and steps[0].machine is not None else row
    return OrderRow(
        number=row.number,
        product=row.stock_code,
        product_name=row.product_name,
        unit=row.unit,
        quantity_ordered=row.quantity_ordered,
        quantity_completed=row.quantity_completed,
        quantity_scrapped=row.quantity_scrapped,
        status=row.status,
        priority=row.priority,
        machine=row.machine,
        machine_status=row.machine_status,
        department=row.department,
        planned_start=row.planned_start,
        planned_end=row.planned_end,
        actual_start=row.actual_start,
        actual_end=row.actual_end,
        overdue=row.status in lifecycle.OPEN and row.planned_end < ask.now,
        hold_reason=row.hold_reason,
        status_since=row.status_at,
        notes=row.notes,
        version=row.version,
        material=material,
        machine_ready=Readiness.NOT_NEEDED if all_done else _machine_ready(ask, row, at),
        tooling=_tooling(ask, row.status, steps),
        actions=_actions(row.status, ask.grants),
    )


@lru_cache(maxsize=1000)
def _actions(status: OrderStatus, grants: frozenset[str]) -> tuple[Action, ...]:
    """Name what somebody with these rights may do in a status; remembered, since it is the same for most of a page."""
    return tuple(action for action, right in _FITTING[status] if allows(grants, right))


def _material(status: OrderStatus, cover: Row[Any] | None) -> Readiness:
    if status not in lifecycle.OPEN or cover is None or not cover.lines:
        return Readiness.NOT_NEEDED
    if cover.covered == cover.lines:
        return Readiness.READY
    return Readiness.PARTLY if cover.begun else Readiness.MISSING


def _machine_ready(ask: Ask, row: Row[Any], at: Row[Any]) -> Readiness:
    """Tell whether the machine could run the order now: its own, or that of the next operation (`at`)."""
    if row.status not in lifecycle.OPEN:
        return Readiness.NOT_NEEDED
    if (
        at.machine is None
        or not at.machine_active
        or at.machine_status in (MachineStatus.BROKEN, MachineStatus.MAINTENANCE, MachineStatus.RETIRED)
    ):
        return Readiness.MISSING
    if at.running_order is not None and at.running_order != row.number:
        return Readiness.PARTLY
    if at.next_maintenance is not None and at.next_maintenance < ask.today:
        return Readiness.PARTLY
    return Readiness.READY


_SOON = timedelta(days=7)
"""A check or calibration that is due so soon is worth a mark on the order's card."""


def _tooling(ask: Ask, status: OrderStatus, steps: Sequence[Row[Any]]) -> Readiness:
    if status not in lifecycle.OPEN:
        return Readiness.NOT_NEEDED
    own = {tool.code for step in steps if step.status is OperationStatus.IN_PROGRESS for tool in _tools(step)}
    lights = {_light(ask, tool, own) for step in steps for tool in _tools(step)}
    for light in (Readiness.MISSING, Readiness.PARTLY, Readiness.READY):
        if light in lights:
            return light
    return Readiness.NOT_NEEDED


def _light(ask: Ask, tool: ToolFacts, own: Collection[str]) -> Readiness:
    in_use = tool.status in (FixtureStatus.IN_USE, GaugeStatus.IN_USE)
    if not in_use and tool.status not in (FixtureStatus.AVAILABLE, GaugeStatus.AVAILABLE):
        return Readiness.MISSING
    if tool.due is not None and tool.due < ask.today:
        return Readiness.MISSING
    if (in_use and tool.code not in own) or (tool.due is not None and tool.due <= ask.today + _SOON):
        return Readiness.PARTLY
    return Readiness.READY


def _tools(step: Row[Any], *, fixture_with: str | None = None, gauge_with: str | None = None) -> tuple[ToolFacts, ...]:
    tools = []
    if step.fixture is not None:
        tools.append(ToolFacts(EntityType.FIXTURE, step.fixture, step.fixture_status, step.next_check, fixture_with))
    if step.gauge is not None:
        tools.append(ToolFacts(EntityType.GAUGE, step.gauge, step.gauge_status, step.next_calibration, gauge_with))
    return tuple(tools)


# ---------------------------------------------------------------------- one order


@answers(GetOrder)
def order(ask: Ask, question: GetOrder) -> OrderDetail:
    """Give one order with all that belongs to it, in a fixed number of statements."""
    found = _found(ask, question.number)
    lines = ask.all(_LINES, {"order": found.id})
    taken = ask.all(_TAKEN, {"order": found.id})
    free = ask.all(_FREE, {"order": found.id, "now": ask.now})
    scrap: dict[int, list[ScrapRow]] = {}
    for part in ask.all(_SCRAP, {"order": found.id}):
        scrap.setdefault(part.output_id, []).append(ScrapRow(part.quantity, part.reason))
    outputs = tuple(_output(row, tuple(scrap.get(row.id, ()))) for row in ask.all(_OUTPUTS, {"order": found.id}))
    children = ask.all(_SUB_ORDERS, {"order": found.id})
    steps = ask.all(_OPERATIONS, {"order": found.id, "orders_machine": found.machine_id})
    clocks = ask.all(_CLOCKS, {"order": found.id}) if steps else ()
    allocations = tuple(_allocation(found, line, taken, free) for line in lines)
    known = _facts(ask, found, lines, children, steps)
    possible = _possible(ask, known, any(output.reversed_by is None and output.reverses is None for output in outputs))
    to_do = [step for step in steps if step.status not in routing.OVER]
    return OrderDetail(
        row=order_row(ask, found, _covered(found, allocations), to_do, all_done=bool(steps) and not to_do),
        created_at=found.created_at,
        created_by=found.created_by,
        sales_order=found.sales_order,
        parent=found.parent,
        short_close_reason=found.short_close_reason,
        cancel_reason=found.cancel_reason,
        status_by=found.status_by,
        status_terminal=found.status_terminal,
        limit=limit(found.quantity_ordered, ask.plant.overproduction_percent),
        makeable=_makeable(found, allocations, children),
        operations=tuple(
            _operation(ask, known, step, one, [clock for clock in clocks if clock.operation_id == step.id])
            for step, one in zip(steps, known.operations, strict=True)
        ),
        allocations=allocations,
        outputs=outputs,
        sub_orders=tuple(
            SubOrderRow(
                row.number,
                row.stock_code,
                row.quantity_ordered,
                row.status,
                row.product_name,
                row.unit,
                row.quantity_completed,
                row.planned_end,
            )
            for row in children
        ),
        parts_to_make=found.left_to_make,
        actions=tuple(action for action in ACTIONS if not possible[action]),
        blockers={
            action: tuple(Violation.of(refused) for refused in possible[action])
            for action in ACTIONS
            if possible[action]
        },
    )


@answers(CanOrder)
def can(ask: Ask, question: CanOrder) -> Possibility:
    """Tell whether a move is possible now, and if not, everything that stops it."""
    found = _found(ask, question.number)
    lines = ask.all(_LINES, {"order": found.id})
    children = ask.all(_SUB_ORDERS, {"order": found.id})
    steps = ask.all(_OPERATIONS, {"order": found.id, "orders_machine": found.machine_id})
    outputs = ask.all(_OUTPUTS, {"order": found.id})
    standing = any(row.reversed_by is None and row.reverses_id is None for row in outputs)
    refused = _possible(ask, _facts(ask, found, lines, children, steps), standing)[question.action]
    return Possibility(not refused, tuple(Violation.of(one) for one in refused))


def _found(ask: Ask, number: str) -> Row[Any]:
    found = ask.first(_DETAIL, {"number": number})
    if found is None:
        raise refusal("WORK_ORDER_NOT_FOUND", number=number)
    return found


def _facts(
    ask: Ask,
    found: Row[Any],
    lines: Sequence[Row[Any]],
    children: Sequence[Row[Any]],
    steps: Sequence[Row[Any]],
) -> OrderFacts:
    leads_back = found.status is OrderStatus.PLANNED and ask.all(_LEADS_BACK, {"product": found.product_id})[0][0] > 0
    return OrderFacts(
        number=found.number,
        status=found.status,
        product=found.stock_code,
        product_type=found.product_type,
        ordered=found.quantity_ordered,
        good=found.quantity_completed,
        scrapped=found.quantity_scrapped,
        today=ask.today,
        moved_by=found.status_by,
        moved_at=found.status_at.astimezone(ask.plant.zone),
        moved_at_terminal=found.status_terminal,
        machine=_machine(ask, found),
        lines=tuple(
            LineFacts(
                line.stock_code,
                line.unit,
                line.issue_method,
                line.required,
                line.reserved,
                line.issued,
                line.returned,
                line.consumed,
            )
            for line in lines
        ),
        has_bom=found.bom is not None or found.product_type is ProductType.RAW,
        bom_cycle=(found.stock_code, found.stock_code) if leads_back else (),
        has_operations=bool(steps),
        operations=tuple(_operation_facts(ask, step, steps) for step in steps),
        open_sub_orders=tuple(row.number for row in children if row.status in lifecycle.OPEN),
    )


def _machine(ask: Ask, at: Row[Any]) -> MachineFacts | None:
    """What the rules may know of the machine of an order or an operation."""
    if at.machine is None:
        return None
    return MachineFacts(
        code=at.machine,
        status=at.machine_status,
        active=at.machine_active,
        since=at.machine_since.astimezone(ask.plant.zone) if at.machine_since is not None else None,
        reason=at.machine_reason,
        next_maintenance=at.next_maintenance,
        running_order=at.running_order,
    )


def _operation_facts(ask: Ask, step: Row[Any], steps: Sequence[Row[Any]]) -> OperationFacts:
    running = (
        one.sequence for one in steps if one.status is OperationStatus.IN_PROGRESS and one.machine == step.machine
    )
    return OperationFacts(
        sequence=step.sequence,
        status=step.status,
        good=step.good,
        overlap_quantity=step.overlap_quantity,
        moved_by=step.status_by,
        moved_at=step.status_at.astimezone(ask.plant.zone) if step.status_at is not None else None,
        moved_at_terminal=step.status_terminal,
        machine=_machine(ask, step),
        has_machine=step.machine_id is not None,
        tools=_tools(step, fixture_with=step.fixture_with, gauge_with=step.gauge_with),
        running_there=next(running, None),
    )


def _operation(
    ask: Ask, known: OrderFacts, step: Row[Any], one: OperationFacts, clocks: Sequence[Row[Any]]
) -> OperationRow:
    """Make the row of an operation, with what may be done to it by the same rules as the commands."""
    stops = {action: _stops_operation(ask, known, one, action) for action in routing.STEPS}
    setup, run = _spent(step, clocks, ask.now)
    return OperationRow(
        sequence=step.sequence,
        process=step.process,
        machine=step.machine,
        status=step.status,
        good=step.good,
        scrapped=step.scrapped,
        process_name=step.process_name,
        machine_type=step.machine_type,
        setup_minutes=step.setup_minutes,
        cycle_seconds=step.cycle_seconds,
        overlap_quantity=step.overlap_quantity,
        fixture=step.fixture,
        gauge=step.gauge,
        tool=step.tool,
        parameters=json.loads(step.parameters or "{}"),
        quality_requirements=json.loads(step.quality_requirements or "{}"),
        instructions=step.instructions,
        started_at=step.started_at,
        ended_at=step.ended_at,
        status_since=step.status_at,
        status_by=step.status_by,
        setup_spent_minutes=setup,
        run_spent_minutes=run,
        actions=tuple(action for action, refused in stops.items() if not refused),
        blockers={action: tuple(map(Violation.of, refused)) for action, refused in stops.items() if refused},
    )


def _stops_operation(
    ask: Ask, known: OrderFacts, one: OperationFacts, action: OperationAction
) -> Sequence[ManufacturingException]:
    right = routing.STEPS[action].needs
    if not ask.may(right):
        return [refusal("PERMISSION_DENIED", operation=right)]
    return routing.violations(known, one, action)


def _spent(step: Row[Any], clocks: Sequence[Row[Any]], now: datetime) -> tuple[Decimal, Decimal]:
    """Add up the minutes of setting up and of running until now; a setup that nobody has ended yet is over when its planned minutes are."""
    setup = run = timedelta(0)
    has_run = any(clock.kind is ClockKind.RUN for clock in clocks)
    for clock in clocks:
        lasted = (clock.ended_at or max(now, clock.started_at)) - clock.started_at
        if clock.kind is ClockKind.RUN:
            run += lasted
            continue
        if clock.ended_at is None:
            left = routing.setup_left(step.setup_minutes, setup, has_run=has_run)
            run += max(timedelta(0), lasted - left)
            lasted = min(lasted, left)
        setup += lasted
    return told_minutes(minutes(setup)), told_minutes(minutes(run))


def _possible(ask: Ask, known: OrderFacts, has_output: bool) -> Mapping[Action, Sequence[ManufacturingException]]:
    """For every action, what stops it; by the same rules as the commands."""
    return {action: _stops(ask, known, action, has_output) for action in ACTIONS}


def _stops(ask: Ask, known: OrderFacts, action: Action, has_output: bool) -> Sequence[ManufacturingException]:
    right = f"work_order.{action.value}"
    if not ask.may(right):
        return [refusal("PERMISSION_DENIED", operation=right)]
    if action in lifecycle.STEPS:
        return lifecycle.violations(known, action, _SAID)
    try:
        lifecycle.allow_work(known, action)
        if action is Action.ISSUE:
            guards.something_is_reserved(known.lines)
    except ManufacturingException as refused:
        return refused.violations
    follows_bom = action is Action.ALLOCATE and known.status in lifecycle.FREELY_EDITABLE
    if (follows_bom or action is Action.CREATE_SUB_ORDERS) and not known.has_bom:
        return [refusal("MATERIAL_BOM_NOT_FOUND", product=known.product)]
    if action is Action.ALLOCATE and known.lines and not any(line.missing > 0 for line in known.lines):
        return [refusal("MATERIAL_ALREADY_ALLOCATED", number=known.number)]
    if action is Action.RETURN_MATERIAL:
        if known.status not in lifecycle.OPEN and not ask.may("work_order.reverse_output"):
            return [refusal("PERMISSION_DENIED", operation="work_order.reverse_output")]
        if not any(line.at_the_machine - line.consumed > 0 for line in known.lines):
            return [
                refusal(
                    "MATERIAL_RETURN_EXCEEDED",
                    material=known.lines[0].material if known.lines else known.product,
                    returnable=ZERO,
                    asked=ZERO,
                )
            ]
    if action is Action.RECORD_OUTPUT and known.operations and not known.running_operations:
        waiting = known.operations_to_do[0] if known.operations_to_do else known.operations[-1]
        return [production.not_running(known, waiting)]
    if action is Action.REVERSE_OUTPUT and not has_output:
        return [refusal("PRODUCTION_OUTPUT_INVALID", number=known.number)]
    return []


def _covered(found: Row[Any], allocations: Sequence[AllocationRow]) -> Readiness:
    if found.status not in lifecycle.OPEN or not allocations:
        return Readiness.NOT_NEEDED
    held = [(row.reserved + row.issued - row.returned, row.required) for row in allocations]
    if all(have >= need for have, need in held):
        return Readiness.READY
    return Readiness.PARTLY if any(have > 0 for have, _ in held) else Readiness.MISSING


def _allocation(found: Row[Any], line: Row[Any], taken: Sequence[Row[Any]], free: Sequence[Row[Any]]) -> AllocationRow:
    own = {row.id: row for row in taken if row.line_id == line.id}
    usable = {row.id: row for row in free if row.product_id == line.material_id}
    available = sum((row.on_hand - row.reserved for row in usable.values()), ZERO)
    held = line.reserved + line.issued - line.returned
    short = max(ZERO, line.required - held - available)
    enough = whole_pieces(held * found.quantity_ordered / line.required) if line.required else found.quantity_ordered
    order_of_use = in_order(
        [LotFacts(LotId(row.id), row.lot, ZERO, row.received_at, row.expires_at) for row in {**usable, **own}.values()]
    )
    lots = [_lot_pick(own.get(lot.id), own.get(lot.id) or usable[lot.id]) for lot in order_of_use]
    first_own = sorted(lots, key=lambda lot: not (lot.reserved or lot.issued))
    shown_lots = first_own if held < line.required else [lot for lot in first_own if lot.reserved or lot.issued]
    return AllocationRow(
        material=line.stock_code,
        material_name=line.name,
        unit=line.unit,
        issue_method=line.issue_method,
        required=line.required,
        reserved=line.reserved,
        issued=line.issued,
        returned=line.returned,
        consumed=line.consumed,
        available=available,
        short=short,
        enough_for=min(enough, found.quantity_ordered),
        lots=tuple(shown_lots[:20]),
        operation=line.operation_sequence,
    )


def _lot_pick(own: Row[Any] | None, lot: Row[Any]) -> LotPick:
    return LotPick(
        lot=lot.lot,
        category=lot.category,
        reserved=own.line_reserved if own is not None else ZERO,
        issued=own.line_issued if own is not None else ZERO,
        returned=own.line_returned if own is not None else ZERO,
        available=lot.on_hand - lot.reserved,
        received_at=lot.received_at,
        expires_at=lot.expires_at,
        blocked=lot.blocked,
        location=lot.location,
    )


def _makeable(found: Row[Any], allocations: Sequence[AllocationRow], children: Sequence[Row[Any]]) -> Decimal:
    """The smallest over the sub orders of floor(child good / quantity per parent); without sub orders, what the material is enough for."""
    if children:
        return min(whole_pieces(row.quantity_completed / _per_parent(found, row)) for row in children)
    return min((row.enough_for for row in allocations), default=whole_pieces(found.quantity_ordered))


def _per_parent(found: Row[Any], child: Row[Any]) -> Decimal:
    """What one piece of the parent takes: by its bill of material, else what the sub order was made for."""
    per_parent: Decimal = child.per_parent or child.quantity_ordered / found.quantity_ordered
    return per_parent


def _output(row: Row[Any], scrap: tuple[ScrapRow, ...]) -> OutputRow:
    return OutputRow(
        id=row.id,
        good=row.good,
        scrapped=row.scrapped,
        rework=row.rework,
        scrap=scrap,
        batch_number=row.batch_number,
        operation=row.sequence,
        operator=row.operator,
        operator_name=row.operator_name,
        at=row.at,
        notes=row.notes,
        reversed_by=row.reversed_by,
        reverses=row.reverses_id,
    )
