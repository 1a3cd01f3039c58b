"""Create products, bills of material and stock lots."""

import sqlalchemy as sa
from alembic import op

from mfg_desktop.tables.base import Fixed, Key, UtcTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "product",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("stock_code", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "RAW", "SEMI_FINISHED", "FINISHED", name="type", native_enum=False, create_constraint=True, length=20
            ),
            nullable=False,
        ),
        sa.Column("unit", sa.String(length=60), nullable=False),
        sa.Column(
            "tracking",
            sa.Enum("NONE", "LOT", "SERIAL", name="tracking", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("stock_code", name=op.f("uq_product_stock_code")),
    )
    op.create_table(
        "bom",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("product_id", Key, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_bom_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bom")),
        sa.UniqueConstraint("product_id", name=op.f("uq_bom_product_id")),
    )
    op.create_table(
        "bom_line",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("bom_id", Key, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("component_id", Key, nullable=False),
        sa.Column("quantity", Fixed(3), nullable=False),
        sa.Column("scrap_percentage", Fixed(3), nullable=False),
        sa.Column(
            "issue_method",
            sa.Enum("PICK", "BACKFLUSH", name="issue_method", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("operation_sequence", sa.Integer(), nullable=True),
        sa.Column("notes", sa.String(length=4000), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_bom_line_quantity")),
        sa.CheckConstraint("scrap_percentage >= 0", name=op.f("ck_bom_line_scrap_percentage")),
        sa.ForeignKeyConstraint(["bom_id"], ["bom.id"], name=op.f("fk_bom_line_bom_id")),
        sa.ForeignKeyConstraint(["component_id"], ["product.id"], name=op.f("fk_bom_line_component_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bom_line")),
        sa.UniqueConstraint("bom_id", "component_id", name=op.f("uq_bom_line_bom_id_component_id")),
        sa.UniqueConstraint("bom_id", "position", name=op.f("uq_bom_line_bom_id_position")),
    )
    op.create_table(
        "stock_lot",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("product_id", Key, nullable=False),
        sa.Column("lot", sa.String(length=60), nullable=False),
        sa.Column(
            "category",
            sa.Enum(
                "RAW",
                "PROCESS",
                "FINISHED",
                "QUARANTINE",
                "SCRAP",
                name="category",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("on_hand", Fixed(3), nullable=False),
        sa.Column("reserved", Fixed(3), nullable=False),
        sa.Column("unit_cost", Fixed(2), nullable=True),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.Column("location", sa.String(length=200), nullable=True),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("block_reason", sa.String(length=4000), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("on_hand >= 0", name=op.f("ck_stock_lot_on_hand")),
        sa.CheckConstraint("reserved >= 0 AND reserved <= on_hand", name=op.f("ck_stock_lot_reserved")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_stock_lot_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_lot")),
        sa.UniqueConstraint("product_id", "lot", name=op.f("uq_stock_lot_product_id_lot")),
    )


def downgrade() -> None:
    op.drop_table("stock_lot")
    op.drop_table("bom_line")
    op.drop_table("bom")
    op.drop_table("product")
