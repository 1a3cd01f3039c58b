"""Makes the orders for the parts of an order: one for every semi-finished line of its product's bill of material."""

from datetime import timedelta
from typing import ClassVar

from sqlalchemy import bindparam, select

from mfg_desktop.exceptions import ManufacturingException, combine, refusal
from mfg_desktop.operations import orders
from mfg_desktop.operations.locks import answer, facts, locked
from mfg_desktop.rules import lifecycle
from mfg_desktop.rules.quantities import rounded
from mfg_desktop.service.fields import LARGEST, Code
from mfg_desktop.service.work import Command, Fields, Work, handles
from mfg_desktop.tables import Bom, BomLine, Product, WorkOrder
from mfg_desktop.vocabulary import Action, ActionType, EntityType, ProductType


class CreateSubOrders(Command):
    called: ClassVar[str] = "work_order.create_sub_orders"
    told_as: ClassVar[ActionType] = ActionType.SUB_ORDERS_CREATE

    number: Code


BEFORE_THE_PARENT = timedelta(hours=1)
"""How long before the parent starts its parts should be there."""

# Shared: nobody may change the bill while orders are made that name its lines, but many may be made of it.
_BOM = select(Bom.id).where(Bom.product_id == bindparam("product"), Bom.active).with_for_update(read=True)
_PARTS = (
    orders.PRODUCTS.add_columns(BomLine.id.label("line"), BomLine.quantity)
    .join(BomLine, BomLine.component_id == Product.id)
    .where(BomLine.bom_id == bindparam("bom"), Product.type == ProductType.SEMI_FINISHED)
    .order_by(BomLine.position)
)
_PARENT = select(WorkOrder.priority, WorkOrder.department_id, WorkOrder.sales_order).where(
    WorkOrder.id == bindparam("order")
)
_CHILDREN = (
    select(WorkOrder.number, WorkOrder.product_id, WorkOrder.bom_line_id)
    .where(WorkOrder.parent_id == bindparam("order"))
    .order_by(WorkOrder.id)
)


@handles(CreateSubOrders)
def create_sub_orders(work: Work, command: CreateSubOrders) -> Fields:
    """Make an order for each semi-finished part that has none yet, one level down; each of them can be asked the same.

    A part that has an order, cancelled or not, gets no second one. They are to end before the parent starts, and take as long as it does.
    Refusals: WORK_ORDER_NOT_EDITABLE for an order that is over, MATERIAL_BOM_NOT_FOUND, a part that is not active, a quantity that rounds to
    nothing or passes every limit.
    """
    parent = locked(work, command.number, command.seen_version)
    lifecycle.allow_work(facts(work, parent), Action.CREATE_SUB_ORDERS)
    work.after(parent.last_event_at)
    bom = work.first(_BOM, {"product": parent.product_id})
    if bom is None and parent.product_type is not ProductType.RAW:
        raise refusal("MATERIAL_BOM_NOT_FOUND", product=parent.stock_code)
    there = work.all(_CHILDREN, {"order": parent.id})
    lines, products = {row.bom_line_id for row in there}, {row.product_id for row in there}
    parts = work.all(_PARTS, {"bom": bom.id}) if bom is not None else ()
    missing = [part for part in parts if part.line not in lines and part.id not in products]
    more = work.all(_PARENT, {"order": parent.id})[0]
    found: list[ManufacturingException] = []
    for part in missing:
        quantity = rounded(part.quantity * parent.quantity_ordered)
        if not 0 < quantity <= LARGEST:
            found.append(refusal("WORK_ORDER_INVALID_QUANTITY", quantity=quantity, number=parent.number))
        if not part.active:
            found.append(
                refusal(
                    "VALIDATION_INVALID_CHOICE",
                    field="product",
                    value=part.stock_code,
                    reason="the product is not active",
                )
            )
    if found:
        raise combine(found)
    end = parent.planned_start - BEFORE_THE_PARENT
    start = end - (parent.planned_end - parent.planned_start)
    created = [
        orders.make_order(
            work,
            number=None,
            product=part,
            quantity=rounded(part.quantity * parent.quantity_ordered),
            planned_start=start,
            planned_end=end,
            priority=more.priority,
            department_id=more.department_id,
            parent_id=parent.id,
            bom_line_id=part.line,
            sales_order=more.sales_order,
        )[1]
        for part in missing
    ]
    count = f"{len(created)} sub order{'' if len(created) == 1 else 's'}"
    work.tell(
        EntityType.WORK_ORDER,
        parent.number,
        f"{count} of {parent.number} {'was' if len(created) == 1 else 'were'} created"
        + (f": {', '.join(created)}." if created else "."),
        created=created,
    )
    return answer(
        parent.number,
        parent.status,
        parent.version,
        created=created,
        sub_orders=[*(row.number for row in there), *created],
    )
