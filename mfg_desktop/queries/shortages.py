"""The question what open orders still need and stock cannot give, by material and order."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import Row, bindparam, case, func, or_, select
from sqlalchemy.orm import aliased

from mfg_desktop.queries.rows import Page, ShortageRow, ShortOrder
from mfg_desktop.rules import lifecycle
from mfg_desktop.rules.allocation import USABLE
from mfg_desktop.rules.quantities import ZERO
from mfg_desktop.service.fields import Moment
from mfg_desktop.service.work import Ask, Question, answers
from mfg_desktop.tables import Product, StockLot, WorkOrder, WorkOrderMaterial
from mfg_desktop.vocabulary import Priority


class ListShortages(Question):
    called: ClassVar[str] = "material.shortages"

    due_before: Moment | None = None


_OPEN = WorkOrder.status.in_(sorted(lifecycle.OPEN))
_missing = (
    WorkOrderMaterial.required - WorkOrderMaterial.reserved - WorkOrderMaterial.issued + WorkOrderMaterial.returned
)
_DUE = or_(
    bindparam("due_before", type_=WorkOrder.planned_end.type).is_(None),
    WorkOrder.planned_end < bindparam("due_before", type_=WorkOrder.planned_end.type),
)
_wanted = (
    select(WorkOrderMaterial.material_id, func.sum(_missing).label("missing"))
    .join(WorkOrder, WorkOrder.id == WorkOrderMaterial.work_order_id)
    .where(_OPEN, _missing > ZERO, _DUE)
    .group_by(WorkOrderMaterial.material_id)
    .subquery("wanted")
)
_free = (
    select(StockLot.product_id, func.sum(StockLot.on_hand - StockLot.reserved).label("free"))
    .where(
        StockLot.on_hand > StockLot.reserved,
        StockLot.category.in_(USABLE),
        StockLot.blocked.is_(False),
        or_(StockLot.expires_at.is_(None), StockLot.expires_at > bindparam("now", type_=StockLot.expires_at.type)),
    )
    .group_by(StockLot.product_id)
    .subquery("free_stock")
)
_still_to_make = WorkOrder.quantity_ordered - WorkOrder.quantity_completed
_coming = (
    select(func.coalesce(func.sum(case((_still_to_make > ZERO, _still_to_make), else_=ZERO)), ZERO))
    .where(WorkOrder.product_id == Product.id, _OPEN)
    .correlate(Product)
    .scalar_subquery()
)
_available = func.coalesce(_free.c.free, ZERO)
_SHORT = (
    select(
        Product.id,
        Product.stock_code,
        Product.name,
        Product.unit,
        _wanted.c.missing,
        _available.label("available"),
        _coming.label("coming"),
    )
    .join(_wanted, _wanted.c.material_id == Product.id)
    .outerjoin(_free, _free.c.product_id == Product.id)
    .where(_wanted.c.missing > _available)
    .order_by(Product.stock_code)
)
_made = aliased(Product)
_ORDERS = (
    select(
        WorkOrderMaterial.material_id,
        WorkOrder.number,
        _made.stock_code.label("product"),
        WorkOrder.status,
        WorkOrder.priority,
        WorkOrder.planned_start,
        WorkOrder.planned_end,
        WorkOrderMaterial.required,
        _missing.label("missing"),
    )
    .join(WorkOrder, WorkOrder.id == WorkOrderMaterial.work_order_id)
    .join(_made, _made.id == WorkOrder.product_id)
    .where(WorkOrderMaterial.material_id.in_(bindparam("materials", expanding=True)), _OPEN, _missing > ZERO, _DUE)
    .order_by(WorkOrderMaterial.material_id, WorkOrder.rank, WorkOrder.planned_start, WorkOrder.id)
)


@answers(ListShortages)
def shortages(ask: Ask, question: ListShortages) -> Page[ShortageRow]:
    """Give the materials that are short, those that stop the most urgent orders first, in two statements.

    What is free goes to the orders by priority, then planned start, then age, as the store would give it out; the orders that get nothing or not
    enough are named. Without `due_before` every open order counts, with it those that are due before.
    """
    due = ask.moment(question.due_before, field="due_before") if question.due_before is not None else None
    short = ask.all(_SHORT, {"due_before": due, "now": ask.now})
    behind: dict[int, list[Row[Any]]] = {}
    if short:
        for line in ask.all(_ORDERS, {"materials": [row.id for row in short], "due_before": due}):
            behind.setdefault(line.material_id, []).append(line)
    rows = [
        ShortageRow(
            material=row.stock_code,
            material_name=row.name,
            unit=row.unit,
            missing=row.missing,
            available=row.available,
            short=row.missing - row.available,
            coming=row.coming,
            orders=tuple(_given_out(behind.get(row.id, ()), row.available)),
        )
        for row in short
    ]
    return Page(tuple(sorted(rows, key=_urgency)))


def _given_out(lines: Sequence[Row[Any]], free: Decimal) -> list[ShortOrder]:
    """Give the free stock to the orders in turn, and name those that it does not reach."""
    left_out = []
    for line in lines:
        got = min(free, line.missing)
        free -= got
        if got < line.missing:
            left_out.append(
                ShortOrder(
                    number=line.number,
                    product=line.product,
                    status=line.status,
                    priority=line.priority,
                    planned_start=line.planned_start,
                    planned_end=line.planned_end,
                    required=line.required,
                    missing=line.missing,
                    short=line.missing - got,
                )
            )
    return left_out


def _urgency(row: ShortageRow) -> tuple[int, int, int, int, str]:
    stopped = Counter(order.priority for order in row.orders)
    return (
        -stopped[Priority.URGENT],
        -stopped[Priority.HIGH],
        -stopped[Priority.MEDIUM],
        -stopped[Priority.LOW],
        row.material,
    )
