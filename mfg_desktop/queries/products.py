"""Questions about products: the list, and one product with its bill of material as a tree, where it is used, and how it is made."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field
from sqlalchemy import Row, bindparam, exists, func, select

from mfg_desktop.exceptions import refusal
from mfg_desktop.queries.cursor import cursor, place
from mfg_desktop.queries.processes import WORKFLOWS, workflow_row
from mfg_desktop.queries.rows import BomLineRow, Page, ProductDetail, ProductRow
from mfg_desktop.queries.search import found_in, patterns
from mfg_desktop.rules.quantities import ZERO
from mfg_desktop.service.fields import Code, Name, Whole
from mfg_desktop.service.work import Ask, Question, answers
from mfg_desktop.tables import BELOW, Bom, BomLine, Product, StockLot, Workflow
from mfg_desktop.vocabulary import WorkflowStatus


class ListProducts(Question):
    called: ClassVar[str] = "product.list"

    text: Name | None = None
    after: str | None = Field(None, max_length=400)
    limit: Whole = Field(200, ge=1, le=5000)


class GetProduct(Question):
    called: ClassVar[str] = "product.get"

    product: Code


DEEPEST = 10
"""Levels of a bill of material that are shown."""

_ON_HAND = (
    select(func.coalesce(func.sum(StockLot.on_hand), ZERO))
    .where(StockLot.product_id == Product.id)
    .correlate(Product)
    .scalar_subquery()
)
_ACTIVE_WORKFLOW = (
    select(Workflow.name)
    .where(Workflow.product_id == Product.id, Workflow.status == WorkflowStatus.ACTIVE)
    .correlate(Product)
    .scalar_subquery()
)
_PRODUCTS = select(
    Product.id,
    Product.stock_code,
    Product.name,
    Product.type,
    Product.unit,
    Product.active,
    Product.tracking,
    Product.version,
    _ON_HAND.label("on_hand"),
    exists().where(Bom.product_id == Product.id, Bom.active).correlate(Product).label("has_bom"),
    _ACTIVE_WORKFLOW.label("active_workflow"),
)
_LISTED = _PRODUCTS.order_by(Product.stock_code).limit(bindparam("most"))
_BOM_VERSION = select(Bom.version).where(Bom.product_id == Product.id).correlate(Product).scalar_subquery()
_ONE = _PRODUCTS.add_columns(_BOM_VERSION.label("bom_version")).where(Product.stock_code == bindparam("code"))
_TREE = (
    select(
        Bom.product_id.label("made"),
        Product.id,
        Product.stock_code,
        Product.name,
        Product.type,
        Product.unit,
        BomLine.quantity,
        BomLine.scrap_percentage,
        BomLine.issue_method,
        BomLine.operation_sequence,
        BomLine.notes,
        _ON_HAND.label("on_hand"),
    )
    .select_from(BomLine)
    .join(Bom, Bom.id == BomLine.bom_id)
    .join(Product, Product.id == BomLine.component_id)
    .where(Bom.product_id.in_(select(BELOW.c.made)), Bom.active)
    .order_by(BomLine.position)
)
_USED_IN = (
    select(Product.stock_code)
    .join(Bom, Bom.product_id == Product.id)
    .join(BomLine, BomLine.bom_id == Bom.id)
    .where(BomLine.component_id == bindparam("product"), Bom.active)
    .order_by(Product.stock_code)
)
_MADE_BY = WORKFLOWS.where(Workflow.product_id == bindparam("product"))


@answers(ListProducts)
def products(ask: Ask, question: ListProducts) -> Page[ProductRow]:
    """Give products by stock code, with what lies in all their lots."""
    statement = _LISTED
    for pattern in patterns(question.text or ""):
        statement = statement.where(found_in((Product.stock_code, Product.name), pattern))
    if question.after is not None:
        statement = statement.where(Product.stock_code > place(question.after, str)[0])
    found = ask.all(statement, {"most": question.limit + 1})
    page = found[: question.limit]
    return Page(tuple(_row(row) for row in page), cursor(page[-1].stock_code) if len(found) > question.limit else None)


@answers(GetProduct)
def product(ask: Ask, question: GetProduct) -> ProductDetail:
    """Give one product with the whole tree below it, in four statements however deep it is. Refusals: MATERIAL_NOT_FOUND."""
    found = ask.first(_ONE, {"code": question.product})
    if found is None:
        raise refusal("MATERIAL_NOT_FOUND", material=question.product)
    lines: dict[int, list[Row[Any]]] = {}
    for line in ask.all(_TREE, {"product": found.id}):
        lines.setdefault(line.made, []).append(line)
    return ProductDetail(
        row=_row(found),
        tracking=found.tracking,
        version=found.version,
        bom=_below(found.id, lines, DEEPEST, {}) if found.has_bom else None,
        used_in=tuple(row.stock_code for row in ask.all(_USED_IN, {"product": found.id})),
        workflows=tuple(workflow_row(row) for row in ask.all(_MADE_BY, {"product": found.id})),
        bom_version=found.bom_version or 0,
    )


def _row(row: Row[Any]) -> ProductRow:
    return ProductRow(
        stock_code=row.stock_code,
        name=row.name,
        type=row.type,
        unit=row.unit,
        active=row.active,
        on_hand=row.on_hand,
        has_bom=row.has_bom,
        active_workflow=row.active_workflow,
    )


def _below(
    made: int,
    lines: Mapping[int, Sequence[Row[Any]]],
    levels: int,
    known: dict[tuple[int, int], tuple[BomLineRow, ...]],
) -> tuple[BomLineRow, ...]:
    """Give the lines under a product; a part that is used in many places is written once, and stands in each."""
    if levels == 0:
        return ()
    if (made, levels) not in known:
        known[made, levels] = tuple(
            BomLineRow(
                component=line.stock_code,
                component_name=line.name,
                component_type=line.type,
                unit=line.unit,
                quantity=line.quantity,
                scrap_percentage=line.scrap_percentage,
                issue_method=line.issue_method,
                operation_sequence=line.operation_sequence,
                notes=line.notes,
                on_hand=line.on_hand,
                below=_below(line.id, lines, levels - 1, known),
            )
            for line in lines.get(made, ())
        )
    return known[made, levels]
