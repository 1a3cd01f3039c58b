"""Create processes and workflows."""

import sqlalchemy as sa
from alembic import op

from mfg_desktop.tables.base import Fixed, Key

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "process",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "machine_type",
            sa.Enum(
                "CNC_MILLING",
                "CNC_LATHE",
                "DRILLING",
                "GRINDING",
                "WELDING",
                "ASSEMBLY",
                "INSPECTION",
                "OTHER",
                name="machine_type",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("description", sa.String(length=4000), nullable=True),
        sa.Column("setup_minutes", Fixed(3), nullable=True),
        sa.Column("run_minutes", Fixed(3), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process")),
        sa.UniqueConstraint("code", name=op.f("uq_process_code")),
    )
    op.create_table(
        "workflow",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("product_id", Key, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "DRAFT",
                "REVIEW",
                "ACTIVE",
                "OBSOLETE",
                "ARCHIVED",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("effective_date", sa.Date(), nullable=False),
        sa.Column("revision_notes", sa.String(length=4000), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_workflow_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow")),
        sa.UniqueConstraint("product_id", "name", name=op.f("uq_workflow_product_id_name")),
    )
    op.create_index(
        "uq_workflow_active",
        "workflow",
        ["product_id"],
        unique=True,
        sqlite_where=sa.text("status = 'ACTIVE'"),
        postgresql_where=sa.text("status = 'ACTIVE'"),
    )
    op.create_table(
        "process_config",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("workflow_id", Key, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("process_id", Key, nullable=False),
        sa.Column("config_version", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "DRAFT",
                "REVIEW",
                "ACTIVE",
                "OBSOLETE",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "machine_type",
            sa.Enum(
                "CNC_MILLING",
                "CNC_LATHE",
                "DRILLING",
                "GRINDING",
                "WELDING",
                "ASSEMBLY",
                "INSPECTION",
                "OTHER",
                name="machine_type",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=True,
        ),
        sa.Column(
            "axis_count",
            sa.Enum(
                "AXIS_2",
                "AXIS_3",
                "AXIS_4",
                "AXIS_5",
                "AXIS_6",
                "MULTI",
                name="axis_count",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=True,
        ),
        sa.Column("machine_id", Key, nullable=True),
        sa.Column("fixture_id", Key, nullable=True),
        sa.Column("gauge_id", Key, nullable=True),
        sa.Column("tool", sa.String(length=200), nullable=True),
        sa.Column("setup_minutes", Fixed(3), nullable=True),
        sa.Column("cycle_seconds", Fixed(3), nullable=True),
        sa.Column("overlap_quantity", Fixed(3), nullable=True),
        sa.Column("parameters", sa.Text(), nullable=True),
        sa.Column("quality_requirements", sa.Text(), nullable=True),
        sa.Column("instructions", sa.String(length=4000), nullable=True),
        sa.CheckConstraint("sequence > 0", name=op.f("ck_process_config_sequence")),
        sa.ForeignKeyConstraint(["fixture_id"], ["fixture.id"], name=op.f("fk_process_config_fixture_id")),
        sa.ForeignKeyConstraint(["gauge_id"], ["gauge.id"], name=op.f("fk_process_config_gauge_id")),
        sa.ForeignKeyConstraint(["machine_id"], ["machine.id"], name=op.f("fk_process_config_machine_id")),
        sa.ForeignKeyConstraint(["process_id"], ["process.id"], name=op.f("fk_process_config_process_id")),
        sa.ForeignKeyConstraint(["workflow_id"], ["workflow.id"], name=op.f("fk_process_config_workflow_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_config")),
        sa.UniqueConstraint(
            "workflow_id",
            "sequence",
            "process_id",
            "config_version",
            name=op.f("uq_process_config_version"),
        ),
    )
    op.create_index(
        "uq_process_config_active",
        "process_config",
        ["workflow_id", "sequence", "process_id"],
        unique=True,
        sqlite_where=sa.text("status = 'ACTIVE'"),
        postgresql_where=sa.text("status = 'ACTIVE'"),
    )


def downgrade() -> None:
    op.drop_table("process_config")
    op.drop_table("workflow")
    op.drop_table("process")
