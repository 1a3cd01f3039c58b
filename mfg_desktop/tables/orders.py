"""Work orders with their operations, material, clocks and what was reported."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Computed, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mfg_desktop.tables.base import CODE, NAME, TEXT, Base, Quantity, UtcTime, key, to, version, word
from mfg_desktop.vocabulary import ClockKind, IssueMethod, OperationStatus, OrderStatus, Priority


class OrderNumberSeries(Base):
    __tablename__ = "order_number_series"
    __table_args__ = ({"comment": "The last work order number given in a year."},)

    year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, comment="The year.")
    last: Mapped[int] = mapped_column(Integer, comment="The last number given in it.")


class WorkOrder(Base):
    __tablename__ = "work_order"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("parent_id", "bom_line_id"),
        CheckConstraint("quantity_ordered > 0", name="quantity_ordered"),
        CheckConstraint("quantity_completed >= 0", name="quantity_completed"),
        CheckConstraint("quantity_scrapped >= 0", name="quantity_scrapped"),
        CheckConstraint("planned_end > planned_start", name="planned_times"),
        CheckConstraint("actual_end IS NULL OR actual_end >= actual_start", name="actual_times"),
        {"comment": "The task to make a quantity of one product."},
    )

    id: Mapped[int] = key()
    number: Mapped[str] = mapped_column(CODE, comment="Number of the order, unique in the plant.")
    product_id: Mapped[int] = to("product.id", "The product that is made.")
    quantity_ordered: Mapped[Decimal] = mapped_column(
        Quantity, comment="How much is to be made, in the product's unit."
    )
    quantity_completed: Mapped[Decimal] = mapped_column(
        Quantity, default=Decimal(0), comment="Good quantity reported, in the product's unit."
    )
    quantity_scrapped: Mapped[Decimal] = mapped_column(
        Quantity, default=Decimal(0), comment="Scrapped quantity reported, in the product's unit."
    )
    status: Mapped[OrderStatus] = mapped_column(
        word(OrderStatus, "status"), default=OrderStatus.DRAFT, comment="Where the order stands in its life."
    )
    priority: Mapped[Priority] = mapped_column(
        word(Priority, "priority"), default=Priority.MEDIUM, comment="How urgent it is."
    )
    rank: Mapped[int] = mapped_column(
        Integer,
        Computed(
            "CASE priority WHEN 'URGENT' THEN 0 WHEN 'HIGH' THEN 1 WHEN 'MEDIUM' THEN 2 ELSE 3 END", persisted=True
        ),
        comment="Place of the priority in a list, the most urgent first: 0 to 3.",
    )
    machine_id: Mapped[int | None] = to("machine.id", "The machine that it runs on.", nullable=True)
    department_id: Mapped[int | None] = to("department.id", "The department that makes it.", nullable=True)
    parent_id: Mapped[int | None] = to("work_order.id", "The order that it makes a part for.", nullable=True)
    bom_line_id: Mapped[int | None] = to(
        "bom_line.id", "The line of the parent's bill of material that it fills.", nullable=True
    )
    sales_order: Mapped[str | None] = mapped_column(CODE, comment="The customer's order behind it.")
    notes: Mapped[str | None] = mapped_column(TEXT, comment="Remarks for the shop floor.")
    planned_start: Mapped[datetime] = mapped_column(UtcTime, comment="When it should start.")
    planned_end: Mapped[datetime] = mapped_column(UtcTime, comment="When it is due.")
    actual_start: Mapped[datetime | None] = mapped_column(UtcTime, comment="When it first started.")
    actual_end: Mapped[datetime | None] = mapped_column(UtcTime, comment="When it was completed or cancelled.")
    hold_reason: Mapped[str | None] = mapped_column(TEXT, comment="Why it is on hold.")
    short_close_reason: Mapped[str | None] = mapped_column(TEXT, comment="Why it was completed with less than ordered.")
    cancel_reason: Mapped[str | None] = mapped_column(TEXT, comment="Why it was cancelled.")
    created_at: Mapped[datetime] = mapped_column(UtcTime, comment="When it was created.")
    created_by_id: Mapped[int] = to("person.id", "Who created it.")
    status_at: Mapped[datetime] = mapped_column(UtcTime, comment="When it came into its status.")
    # The badge and not the row: a terminal that waited for the order's lock must read it from the locked row alone.
    status_by: Mapped[str | None] = mapped_column(
        CODE, comment="Badge of the person who moved it last; empty while nobody has."
    )
    status_terminal: Mapped[str | None] = mapped_column(NAME, comment="Terminal at which it was moved last.")
    last_event_at: Mapped[datetime] = mapped_column(
        UtcTime, comment="When the newest thing happened to it: a move, a material movement or an output."
    )
    version: Mapped[int] = version()


class WorkOrderOperation(Base):
    __tablename__ = "work_order_operation"
    __table_args__ = (
        UniqueConstraint("work_order_id", "sequence"),
        CheckConstraint("sequence > 0", name="sequence"),
        CheckConstraint("good >= 0 AND scrapped >= 0", name="quantities"),
        {"comment": "One step of making an order."},
    )

    id: Mapped[int] = key()
    work_order_id: Mapped[int] = to("work_order.id", "The order.")
    sequence: Mapped[int] = mapped_column(Integer, comment="Place of the operation in the order, such as 10, 20, 30.")
    process_id: Mapped[int] = to("process.id", "The process that is done.")
    process_config_id: Mapped[int | None] = to("process_config.id", "The settings it was made from.", nullable=True)
    machine_id: Mapped[int | None] = to("machine.id", "The machine that it runs on.", nullable=True)
    status: Mapped[OperationStatus] = mapped_column(
        word(OperationStatus, "status"), default=OperationStatus.PLANNED, comment="Where the operation stands."
    )
    setup_minutes: Mapped[Decimal | None] = mapped_column(Quantity, comment="Planned time to set up, in minutes.")
    cycle_seconds: Mapped[Decimal | None] = mapped_column(Quantity, comment="Ideal time for one piece, in seconds.")
    overlap_quantity: Mapped[Decimal | None] = mapped_column(
        Quantity,
        comment="Good of the step before, in the product's unit, after which this one may start; 0 at any time; empty when all.",
    )
    good: Mapped[Decimal] = mapped_column(
        Quantity, default=Decimal(0), comment="Good quantity reported at this step, in the product's unit."
    )
    scrapped: Mapped[Decimal] = mapped_column(
        Quantity, default=Decimal(0), comment="Scrapped quantity reported at this step, in the product's unit."
    )
    started_at: Mapped[datetime | None] = mapped_column(UtcTime, comment="When it first started.")
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime, comment="When it was completed.")
    status_at: Mapped[datetime | None] = mapped_column(
        UtcTime, comment="When it came into its status; empty while nobody has moved it."
    )
    status_by: Mapped[str | None] = mapped_column(CODE, comment="Badge of the person who moved it last.")
    status_terminal: Mapped[str | None] = mapped_column(NAME, comment="Terminal at which it was moved last.")
    version: Mapped[int] = version()


class WorkOrderMaterial(Base):
    __tablename__ = "work_order_material"
    __table_args__ = (
        UniqueConstraint("work_order_id", "material_id"),
        CheckConstraint("required >= 0 AND reserved >= 0 AND issued >= 0 AND returned >= 0", name="quantities"),
        CheckConstraint("consumed >= 0 AND consumed <= issued - returned", name="consumed"),
        {"comment": "A material that an order takes: how much it needs and how much it has."},
    )

    id: Mapped[int] = key()
    work_order_id: Mapped[int] = to("work_order.id", "The order.")
    material_id: Mapped[int] = to("product.id", "The material.")
    issue_method: Mapped[IssueMethod] = mapped_column(
        word(IssueMethod, "issue_method"), comment="Whether it is issued by hand or by the output that consumes it."
    )
    operation_sequence: Mapped[int | None] = mapped_column(
        Integer, comment="Sequence of the operation whose pieces use it; empty for the first one."
    )
    required: Mapped[Decimal] = mapped_column(
        Quantity, comment="What the whole order needs, planned loss included, in the material's unit."
    )
    reserved: Mapped[Decimal] = mapped_column(
        Quantity, default=Decimal(0), comment="What is promised in lots and not issued yet, in the material's unit."
    )
    issued: Mapped[Decimal] = mapped_column(
        Quantity,
        default=Decimal(0),
        comment="What has been taken from lots, in the material's unit, returns not deducted.",
    )
    returned: Mapped[Decimal] = mapped_column(
        Quantity, default=Decimal(0), comment="What has been brought back, in the material's unit."
    )
    consumed: Mapped[Decimal] = mapped_column(
        Quantity, default=Decimal(0), comment="What the reported pieces have used, in the material's unit."
    )
    version: Mapped[int] = version()


class MaterialAllocation(Base):
    __tablename__ = "material_allocation"
    __table_args__ = (
        UniqueConstraint("line_id", "lot_id"),
        CheckConstraint("reserved >= 0 AND issued >= 0 AND returned >= 0 AND returned <= issued", name="quantities"),
        {"comment": "What one lot gives to one material line of an order."},
    )

    id: Mapped[int] = key()
    line_id: Mapped[int] = to("work_order_material.id", "The material line.")
    lot_id: Mapped[int] = to("stock_lot.id", "The lot.")
    reserved: Mapped[Decimal] = mapped_column(
        Quantity,
        default=Decimal(0),
        comment="What is promised from the lot and not issued yet, in the material's unit.",
    )
    issued: Mapped[Decimal] = mapped_column(
        Quantity,
        default=Decimal(0),
        comment="What has been taken from the lot, in the material's unit, returns not deducted.",
    )
    returned: Mapped[Decimal] = mapped_column(
        Quantity, default=Decimal(0), comment="What has been brought back to the lot, in the material's unit."
    )
    version: Mapped[int] = version()


class WorkClock(Base):
    __tablename__ = "work_clock"
    __table_args__ = (
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="times"),
        Index(
            "uq_work_clock_machine_running",
            "machine_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL AND kind <> 'HOLD'"),
            postgresql_where=text("ended_at IS NULL AND kind <> 'HOLD'"),
        ),
        {"comment": "A stretch of an order's time: running, setting up or on hold. A machine runs one work at a time."},
    )

    id: Mapped[int] = key()
    work_order_id: Mapped[int] = to("work_order.id", "The order.")
    operation_id: Mapped[int | None] = to(
        "work_order_operation.id", "The operation, if the time is its.", nullable=True
    )
    machine_id: Mapped[int | None] = to("machine.id", "The machine that ran.", nullable=True)
    kind: Mapped[ClockKind] = mapped_column(word(ClockKind, "kind"), comment="What the time was spent on.")
    started_at: Mapped[datetime] = mapped_column(UtcTime, comment="When it began.")
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime, comment="When it ended; empty while it goes on.")
    reason: Mapped[str | None] = mapped_column(TEXT, comment="Why, for a hold.")


class ProductionOutput(Base):
    __tablename__ = "production_output"
    __table_args__ = (
        UniqueConstraint("reverses_id"),
        CheckConstraint("good <> 0 OR scrapped <> 0 OR rework <> 0", name="something"),
        CheckConstraint("reverses_id IS NOT NULL OR (good >= 0 AND scrapped >= 0 AND rework >= 0)", name="signs"),
        {"comment": "What was reported as made. Rows are only ever added; a wrong one is taken back by a second one."},
    )

    id: Mapped[int] = key()
    work_order_id: Mapped[int] = to("work_order.id", "The order.")
    operation_id: Mapped[int | None] = to(
        "work_order_operation.id", "The operation, if it was reported there.", nullable=True
    )
    good: Mapped[Decimal] = mapped_column(
        Quantity, comment="Good quantity, in the product's unit; below zero when it takes an entry back."
    )
    scrapped: Mapped[Decimal] = mapped_column(
        Quantity, comment="Scrapped quantity, in the product's unit; below zero when it takes an entry back."
    )
    rework: Mapped[Decimal] = mapped_column(
        Quantity, comment="Quantity set aside for rework, in the product's unit; counts nowhere until reported again."
    )
    batch_number: Mapped[str] = mapped_column(CODE, comment="Lot into which the good quantity went.")
    operator_id: Mapped[int] = to("person.id", "Who made it.")
    # The code and not the row: an order may move to another machine, and what was made before stays with the first.
    machine: Mapped[str | None] = mapped_column(CODE, comment="Code of the machine that it was made on.")
    at: Mapped[datetime] = mapped_column(UtcTime, comment="When it was made.")
    notes: Mapped[str | None] = mapped_column(TEXT, comment="Remarks, or the reason of a reversal.")
    reverses_id: Mapped[int | None] = to("production_output.id", "The entry that this one takes back.", nullable=True)


class OutputScrap(Base):
    __tablename__ = "output_scrap"
    __table_args__ = (
        CheckConstraint("quantity <> 0", name="quantity"),
        {"comment": "A part of an output's scrap with its reason."},
    )

    id: Mapped[int] = key()
    output_id: Mapped[int] = to("production_output.id", "The output.")
    quantity: Mapped[Decimal] = mapped_column(
        Quantity, comment="Scrapped quantity, in the product's unit; below zero when it takes an entry back."
    )
    reason: Mapped[str] = mapped_column(NAME, comment="Why it was scrapped.")
