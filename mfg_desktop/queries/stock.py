"""Questions about stock: the lots and the ledger of their movements."""

from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field
from sqlalchemy import Row, bindparam, select, tuple_

from mfg_desktop.exceptions import refusal
from mfg_desktop.queries.cursor import cursor, place
from mfg_desktop.queries.rows import LotPage, LotRow, MovementRow, Page, Violation
from mfg_desktop.queries.search import found_in, patterns
from mfg_desktop.rules.allocation import is_usable
from mfg_desktop.rules.quantities import ZERO
from mfg_desktop.service.fields import Code, Moment, Name, Truth, Whole
from mfg_desktop.service.work import Ask, Question, answers
from mfg_desktop.tables import Person, Product, StockLot, StockMovement, WorkOrder
from mfg_desktop.vocabulary import StockCategory


class ListStock(Question):
    called: ClassVar[str] = "stock.list"

    material: Code | None = None
    lot: Code | None = None
    category: StockCategory | None = None
    text: Name | None = None
    in_stock: Truth = False
    """Only lots that hold something."""
    after: str | None = Field(None, max_length=400)
    limit: Whole = Field(500, ge=1, le=5000)


class ListMovements(Question):
    called: ClassVar[str] = "stock.movements"

    material: Code | None = None
    lot: Code | None = None
    from_: Moment | None = Field(None, alias="from")
    to: Moment | None = None
    after: str | None = Field(None, max_length=400)
    limit: Whole = Field(500, ge=1, le=5000)


COMMANDS = ("stock.receive", "stock.adjust", "stock.set_category", "stock.block", "stock.unblock")
_LOTS = (
    select(StockLot.__table__, Product.stock_code, Product.name, Product.unit)
    .join(Product, Product.id == StockLot.product_id)
    .order_by(Product.stock_code, StockLot.received_at, StockLot.id)
    .limit(bindparam("most"))
)
_MOVEMENTS = (
    select(
        StockMovement.id,
        StockMovement.at,
        StockMovement.kind,
        StockMovement.quantity,
        StockMovement.reason,
        Product.stock_code,
        StockLot.lot,
        WorkOrder.number,
        Person.badge,
    )
    .join(StockLot, StockLot.id == StockMovement.lot_id)
    .join(Product, Product.id == StockLot.product_id)
    .join(Person, Person.id == StockMovement.person_id)
    .outerjoin(WorkOrder, WorkOrder.id == StockMovement.work_order_id)
    .order_by(StockMovement.id.desc())
    .limit(bindparam("most"))
)


@answers(ListStock)
def lots(ask: Ask, question: ListStock) -> LotPage:
    """Give lots by material and age, with what is free in each, and what this person may not do with stock."""
    statement = _LOTS
    if question.material is not None:
        statement = statement.where(Product.stock_code == question.material)
    if question.lot is not None:
        statement = statement.where(StockLot.lot == question.lot)
    if question.category is not None:
        statement = statement.where(StockLot.category == question.category)
    if question.in_stock:
        statement = statement.where(StockLot.on_hand > 0)
    for pattern in patterns(question.text or ""):
        columns = (Product.stock_code, Product.name, StockLot.lot, StockLot.location)
        statement = statement.where(found_in(columns, pattern))
    if question.after is not None:
        code, received, key = place(question.after, str, datetime, int)
        statement = statement.where(
            tuple_(Product.stock_code, StockLot.received_at, StockLot.id)
            > tuple_(
                bindparam("after_code", code, Product.stock_code.type),
                bindparam("after_received", received, StockLot.received_at.type),
                bindparam("after_key", key, StockLot.id.type),
            )
        )
    found = ask.all(statement, {"most": question.limit + 1})
    page = found[: question.limit]
    last = page[-1] if len(found) > question.limit else None
    return LotPage(
        tuple(_lot(ask, row) for row in page),
        cursor(last.stock_code, last.received_at, last.id) if last is not None else None,
        {
            command: (Violation.of(refusal("PERMISSION_DENIED", operation=command)),)
            for command in COMMANDS
            if not ask.may(command)
        },
    )


def _lot(ask: Ask, row: Row[Any]) -> LotRow:
    usable = is_usable(row.category, blocked=row.blocked, expires_at=row.expires_at, now=ask.now)
    return LotRow(
        material=row.stock_code,
        material_name=row.name,
        unit=row.unit,
        lot=row.lot,
        category=row.category,
        on_hand=row.on_hand,
        reserved=row.reserved,
        available=row.on_hand - row.reserved if usable else ZERO,
        unit_cost=row.unit_cost,
        received_at=row.received_at,
        expires_at=row.expires_at,
        expired=row.expires_at is not None and row.expires_at <= ask.now,
        blocked=row.blocked,
        block_reason=row.block_reason,
        location=row.location,
        version=row.version,
    )


@answers(ListMovements)
def movements(ask: Ask, question: ListMovements) -> Page[MovementRow]:
    """Give the ledger, the newest entry first."""
    statement = _MOVEMENTS
    if question.material is not None:
        statement = statement.where(Product.stock_code == question.material)
    if question.lot is not None:
        statement = statement.where(StockLot.lot == question.lot)
    if question.from_ is not None:
        statement = statement.where(StockMovement.at >= ask.moment(question.from_, field="from"))
    if question.to is not None:
        statement = statement.where(StockMovement.at <= ask.moment(question.to, field="to"))
    if question.after is not None:
        statement = statement.where(StockMovement.id < place(question.after, int)[0])
    found = ask.all(statement, {"most": question.limit + 1})
    page = found[: question.limit]
    rows = tuple(
        MovementRow(row.at, row.stock_code, row.lot, row.kind.value, row.quantity, row.number, row.reason, row.badge)
        for row in page
    )
    return Page(rows, cursor(page[-1].id) if len(found) > question.limit else None)
