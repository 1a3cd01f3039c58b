"""Products, bills of material, stock lots and the ledger of their movements."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Boolean, CheckConstraint, Integer, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from mfg_desktop.tables.base import CODE, NAME, TEXT, Base, Money, Quantity, UtcTime, key, to, version, word
from mfg_desktop.vocabulary import IssueMethod, MovementKind, ProductType, StockCategory, Tracking


class Product(Base):
    __tablename__ = "product"
    __table_args__ = (
        UniqueConstraint("stock_code"),
        {"comment": "Anything the plant buys, keeps or makes."},
    )

    id: Mapped[int] = key()
    stock_code: Mapped[str] = mapped_column(CODE, comment="Code of the product, as on the drawing and the label.")
    name: Mapped[str] = mapped_column(NAME, comment="Name of the product.")
    type: Mapped[ProductType] = mapped_column(
        word(ProductType, "type"), comment="Whether it is bought raw, made on the way, or sold."
    )
    unit: Mapped[str] = mapped_column(CODE, comment="Unit of measure of all its quantities, such as pcs, m or kg.")
    tracking: Mapped[Tracking] = mapped_column(
        word(Tracking, "tracking"),
        default=Tracking.LOT,
        comment="How closely it is followed: by quantity, lot or serial number.",
    )
    active: Mapped[bool] = mapped_column(Boolean, default=True, comment="Whether new orders may ask for it.")
    version: Mapped[int] = version()


class Bom(Base):
    __tablename__ = "bom"
    __table_args__ = (
        UniqueConstraint("product_id"),
        {"comment": "The bill of material of a product: what one piece of it takes."},
    )

    id: Mapped[int] = key()
    product_id: Mapped[int] = to("product.id", "The product that is made.")
    active: Mapped[bool] = mapped_column(Boolean, default=True, comment="Whether orders may be released with it.")
    version: Mapped[int] = version()


class BomLine(Base):
    __tablename__ = "bom_line"
    __table_args__ = (
        UniqueConstraint("bom_id", "position"),
        UniqueConstraint("bom_id", "component_id"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("scrap_percentage >= 0", name="scrap_percentage"),
        {"comment": "One component of a bill of material."},
    )

    id: Mapped[int] = key()
    bom_id: Mapped[int] = to("bom.id", "The bill of material.")
    position: Mapped[int] = mapped_column(Integer, comment="Place of the line in the list, from 1.")
    component_id: Mapped[int] = to("product.id", "The product that is consumed.")
    quantity: Mapped[Decimal] = mapped_column(Quantity, comment="How much one piece takes, in the component's unit.")
    scrap_percentage: Mapped[Decimal] = mapped_column(
        Quantity, default=Decimal(0), comment="How much more is planned for loss, in percent."
    )
    issue_method: Mapped[IssueMethod] = mapped_column(
        word(IssueMethod, "issue_method"), comment="Whether it is issued by hand or by the output that consumes it."
    )
    operation_sequence: Mapped[int | None] = mapped_column(Integer, comment="Sequence of the operation that takes it.")
    notes: Mapped[str | None] = mapped_column(TEXT, comment="Remarks for whoever picks it.")


class StockLot(Base):
    __tablename__ = "stock_lot"
    __table_args__ = (
        UniqueConstraint("product_id", "lot"),
        CheckConstraint("on_hand >= 0", name="on_hand"),
        CheckConstraint("reserved >= 0 AND reserved <= on_hand", name="reserved"),
        {"comment": "A quantity of one product that came or was made together."},
    )

    id: Mapped[int] = key()
    product_id: Mapped[int] = to("product.id", "The product in the lot.")
    lot: Mapped[str] = mapped_column(CODE, comment="Number of the lot or batch, unique for its product.")
    category: Mapped[StockCategory] = mapped_column(
        word(StockCategory, "category"), comment="What the lot may be used for."
    )
    on_hand: Mapped[Decimal] = mapped_column(
        Quantity, comment="What lies in the store, in the product's unit; the sum of the lot's movements."
    )
    reserved: Mapped[Decimal] = mapped_column(
        Quantity, default=Decimal(0), comment="What of it is promised to orders, in the product's unit."
    )
    unit_cost: Mapped[Decimal | None] = mapped_column(Money, comment="Cost of one unit, in the plant's currency.")
    received_at: Mapped[datetime] = mapped_column(
        UtcTime, comment="When the lot came or was first made; the first in goes out first."
    )
    expires_at: Mapped[datetime | None] = mapped_column(UtcTime, comment="When the lot may no longer be used.")
    location: Mapped[str | None] = mapped_column(NAME, comment="Where the lot lies.")
    blocked: Mapped[bool] = mapped_column(Boolean, default=False, comment="Whether Quality has stopped its use.")
    block_reason: Mapped[str | None] = mapped_column(TEXT, comment="Why it is blocked.")
    version: Mapped[int] = version()


class StockMovement(Base):
    __tablename__ = "stock_movement"
    __table_args__ = (
        CheckConstraint("quantity <> 0", name="quantity"),
        {"comment": "The ledger: every change of what lies in a lot. Rows are only ever added."},
    )

    id: Mapped[int] = key()
    lot_id: Mapped[int] = to("stock_lot.id", "The lot.")
    kind: Mapped[MovementKind] = mapped_column(word(MovementKind, "kind"), comment="Why the quantity changed.")
    quantity: Mapped[Decimal] = mapped_column(
        Quantity, comment="What came (above zero) or went (below zero), in the product's unit."
    )
    at: Mapped[datetime] = mapped_column(UtcTime, comment="When it happened.")
    work_order_id: Mapped[int | None] = to("work_order.id", "The order it was for.", nullable=True)
    output_id: Mapped[int | None] = to("production_output.id", "The output that made or used it.", nullable=True)
    person_id: Mapped[int] = to("person.id", "Who moved it.")
    reason: Mapped[str | None] = mapped_column(TEXT, comment="Why, where a reason was asked.")


_direct = (
    select(Bom.product_id.label("made"), BomLine.component_id.label("used"))
    .join(BomLine, BomLine.bom_id == Bom.id)
    .where(Bom.product_id == bindparam("product"))
    .cte("below", recursive=True)
)
BELOW = _direct.union(
    select(Bom.product_id, BomLine.component_id)
    .join(BomLine, BomLine.bom_id == Bom.id)
    .join(_direct, _direct.c.used == Bom.product_id)
)
"""Every line of the bills of material below a `product`, at any depth; each once, so a cycle ends too."""
