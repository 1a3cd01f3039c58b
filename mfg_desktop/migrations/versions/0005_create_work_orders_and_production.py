"""Create work orders, material, clocks and output."""

import sqlalchemy as sa
from alembic import op

from mfg_desktop.tables.base import Fixed, Key, UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "order_number_series",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_order_number_series")),
    )
    op.create_table(
        "work_order",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("product_id", Key, nullable=False),
        sa.Column("quantity_ordered", Fixed(3), nullable=False),
        sa.Column("quantity_completed", Fixed(3), nullable=False),
        sa.Column("quantity_scrapped", Fixed(3), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "DRAFT",
                "PLANNED",
                "RELEASED",
                "IN_PROGRESS",
                "ON_HOLD",
                "COMPLETED",
                "CANCELLED",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "priority",
            sa.Enum(
                "LOW", "MEDIUM", "HIGH", "URGENT", name="priority", native_enum=False, create_constraint=True, length=20
            ),
            nullable=False,
        ),
        sa.Column(
            "rank",
            sa.Integer(),
            sa.Computed(
                "CASE priority WHEN 'URGENT' THEN 0 WHEN 'HIGH' THEN 1 WHEN 'MEDIUM' THEN 2 ELSE 3 END", persisted=True
            ),
            nullable=False,
        ),
        sa.Column("machine_id", Key, nullable=True),
        sa.Column("department_id", Key, nullable=True),
        sa.Column("parent_id", Key, nullable=True),
        sa.Column("bom_line_id", Key, nullable=True),
        sa.Column("sales_order", sa.String(length=60), nullable=True),
        sa.Column("notes", sa.String(length=4000), nullable=True),
        sa.Column("planned_start", UtcTime(), nullable=False),
        sa.Column("planned_end", UtcTime(), nullable=False),
        sa.Column("actual_start", UtcTime(), nullable=True),
        sa.Column("actual_end", UtcTime(), nullable=True),
        sa.Column("hold_reason", sa.String(length=4000), nullable=True),
        sa.Column("short_close_reason", sa.String(length=4000), nullable=True),
        sa.Column("cancel_reason", sa.String(length=4000), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by_id", Key, nullable=False),
        sa.Column("status_at", UtcTime(), nullable=False),
        sa.Column("status_by", sa.String(length=60), nullable=True),
        sa.Column("status_terminal", sa.String(length=200), nullable=True),
        sa.Column("last_event_at", UtcTime(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("actual_end IS NULL OR actual_end >= actual_start", name=op.f("ck_work_order_actual_times")),
        sa.CheckConstraint("planned_end > planned_start", name=op.f("ck_work_order_planned_times")),
        sa.CheckConstraint("quantity_completed >= 0", name=op.f("ck_work_order_quantity_completed")),
        sa.CheckConstraint("quantity_ordered > 0", name=op.f("ck_work_order_quantity_ordered")),
        sa.CheckConstraint("quantity_scrapped >= 0", name=op.f("ck_work_order_quantity_scrapped")),
        sa.ForeignKeyConstraint(["bom_line_id"], ["bom_line.id"], name=op.f("fk_work_order_bom_line_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_work_order_created_by_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_work_order_department_id")),
        sa.ForeignKeyConstraint(["machine_id"], ["machine.id"], name=op.f("fk_work_order_machine_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["work_order.id"], name=op.f("fk_work_order_parent_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_work_order_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order")),
        sa.UniqueConstraint("number", name=op.f("uq_work_order_number")),
        sa.UniqueConstraint("parent_id", "bom_line_id", name=op.f("uq_work_order_parent_id_bom_line_id")),
    )
    op.create_table(
        "work_order_operation",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("work_order_id", Key, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("process_id", Key, nullable=False),
        sa.Column("process_config_id", Key, nullable=True),
        sa.Column("machine_id", Key, nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "PLANNED",
                "IN_PROGRESS",
                "ON_HOLD",
                "COMPLETED",
                "CANCELLED",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("setup_minutes", Fixed(3), nullable=True),
        sa.Column("cycle_seconds", Fixed(3), nullable=True),
        sa.Column("overlap_quantity", Fixed(3), nullable=True),
        sa.Column("good", Fixed(3), nullable=False),
        sa.Column("scrapped", Fixed(3), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("good >= 0 AND scrapped >= 0", name=op.f("ck_work_order_operation_quantities")),
        sa.CheckConstraint("sequence > 0", name=op.f("ck_work_order_operation_sequence")),
        sa.ForeignKeyConstraint(["machine_id"], ["machine.id"], name=op.f("fk_work_order_operation_machine_id")),
        sa.ForeignKeyConstraint(
            ["process_config_id"], ["process_config.id"], name=op.f("fk_work_order_operation_process_config_id")
        ),
        sa.ForeignKeyConstraint(["process_id"], ["process.id"], name=op.f("fk_work_order_operation_process_id")),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_work_order_operation_work_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order_operation")),
        sa.UniqueConstraint("work_order_id", "sequence", name=op.f("uq_work_order_operation_work_order_id_sequence")),
    )
    op.create_table(
        "work_order_material",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("work_order_id", Key, nullable=False),
        sa.Column("material_id", Key, nullable=False),
        sa.Column(
            "issue_method",
            sa.Enum("PICK", "BACKFLUSH", name="issue_method", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("required", Fixed(3), nullable=False),
        sa.Column("reserved", Fixed(3), nullable=False),
        sa.Column("issued", Fixed(3), nullable=False),
        sa.Column("returned", Fixed(3), nullable=False),
        sa.Column("consumed", Fixed(3), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "consumed >= 0 AND consumed <= issued - returned", name=op.f("ck_work_order_material_consumed")
        ),
        sa.CheckConstraint(
            "required >= 0 AND reserved >= 0 AND issued >= 0 AND returned >= 0",
            name=op.f("ck_work_order_material_quantities"),
        ),
        sa.ForeignKeyConstraint(["material_id"], ["product.id"], name=op.f("fk_work_order_material_material_id")),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_work_order_material_work_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order_material")),
        sa.UniqueConstraint(
            "work_order_id", "material_id", name=op.f("uq_work_order_material_work_order_id_material_id")
        ),
    )
    op.create_table(
        "material_allocation",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("line_id", Key, nullable=False),
        sa.Column("lot_id", Key, nullable=False),
        sa.Column("reserved", Fixed(3), nullable=False),
        sa.Column("issued", Fixed(3), nullable=False),
        sa.Column("returned", Fixed(3), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "reserved >= 0 AND issued >= 0 AND returned >= 0 AND returned <= issued",
            name=op.f("ck_material_allocation_quantities"),
        ),
        sa.ForeignKeyConstraint(["line_id"], ["work_order_material.id"], name=op.f("fk_material_allocation_line_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["stock_lot.id"], name=op.f("fk_material_allocation_lot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_material_allocation")),
        sa.UniqueConstraint("line_id", "lot_id", name=op.f("uq_material_allocation_line_id_lot_id")),
    )
    op.create_table(
        "work_clock",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("work_order_id", Key, nullable=False),
        sa.Column("operation_id", Key, nullable=True),
        sa.Column("machine_id", Key, nullable=True),
        sa.Column(
            "kind",
            sa.Enum("RUN", "SETUP", "HOLD", name="kind", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("reason", sa.String(length=4000), nullable=True),
        sa.CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name=op.f("ck_work_clock_times")),
        sa.ForeignKeyConstraint(["machine_id"], ["machine.id"], name=op.f("fk_work_clock_machine_id")),
        sa.ForeignKeyConstraint(["operation_id"], ["work_order_operation.id"], name=op.f("fk_work_clock_operation_id")),
        sa.ForeignKeyConstraint(["work_order_id"], ["work_order.id"], name=op.f("fk_work_clock_work_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_clock")),
    )
    op.create_index(
        "uq_work_clock_machine_running",
        "work_clock",
        ["machine_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL AND kind <> 'HOLD'"),
        postgresql_where=sa.text("ended_at IS NULL AND kind <> 'HOLD'"),
    )
    op.create_table(
        "production_output",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("work_order_id", Key, nullable=False),
        sa.Column("operation_id", Key, nullable=True),
        sa.Column("good", Fixed(3), nullable=False),
        sa.Column("scrapped", Fixed(3), nullable=False),
        sa.Column("rework", Fixed(3), nullable=False),
        sa.Column("batch_number", sa.String(length=60), nullable=False),
        sa.Column("operator_id", Key, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("notes", sa.String(length=4000), nullable=True),
        sa.Column("reverses_id", Key, nullable=True),
        sa.CheckConstraint("good <> 0 OR scrapped <> 0 OR rework <> 0", name=op.f("ck_production_output_something")),
        sa.CheckConstraint(
            "reverses_id IS NOT NULL OR (good >= 0 AND scrapped >= 0 AND rework >= 0)",
            name=op.f("ck_production_output_signs"),
        ),
        sa.ForeignKeyConstraint(
            ["operation_id"], ["work_order_operation.id"], name=op.f("fk_production_output_operation_id")
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["person.id"], name=op.f("fk_production_output_operator_id")),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["production_output.id"], name=op.f("fk_production_output_reverses_id")
        ),
        sa.ForeignKeyConstraint(["work_order_id"], ["work_order.id"], name=op.f("fk_production_output_work_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_production_output")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_production_output_reverses_id")),
    )
    op.create_table(
        "output_scrap",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("output_id", Key, nullable=False),
        sa.Column("quantity", Fixed(3), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint("quantity <> 0", name=op.f("ck_output_scrap_quantity")),
        sa.ForeignKeyConstraint(["output_id"], ["production_output.id"], name=op.f("fk_output_scrap_output_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_output_scrap")),
    )
    op.create_table(
        "stock_movement",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("lot_id", Key, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "RECEIPT",
                "ISSUE",
                "BACKFLUSH",
                "RETURN",
                "PRODUCED",
                "SCRAPPED",
                "ADJUSTMENT",
                "REVERSAL",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("quantity", Fixed(3), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("work_order_id", Key, nullable=True),
        sa.Column("output_id", Key, nullable=True),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("reason", sa.String(length=4000), nullable=True),
        sa.CheckConstraint("quantity <> 0", name=op.f("ck_stock_movement_quantity")),
        sa.ForeignKeyConstraint(["lot_id"], ["stock_lot.id"], name=op.f("fk_stock_movement_lot_id")),
        sa.ForeignKeyConstraint(["output_id"], ["production_output.id"], name=op.f("fk_stock_movement_output_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_stock_movement_person_id")),
        sa.ForeignKeyConstraint(["work_order_id"], ["work_order.id"], name=op.f("fk_stock_movement_work_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_movement")),
    )


def downgrade() -> None:
    op.drop_table("stock_movement")
    op.drop_table("output_scrap")
    op.drop_table("production_output")
    op.drop_table("work_clock")
    op.drop_table("material_allocation")
    op.drop_table("work_order_material")
    op.drop_table("work_order_operation")
    op.drop_table("work_order")
    op.drop_table("order_number_series")
