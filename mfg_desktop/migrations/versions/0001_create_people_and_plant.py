"""Create people and the plant."""

import sqlalchemy as sa
from alembic import op

from mfg_desktop.migrations.descriptions import undescribe
from mfg_desktop.tables.base import Fixed, Key, UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "department",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department")),
        sa.UniqueConstraint("code", name=op.f("uq_department_code")),
    )
    op.create_table(
        "person",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("badge", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("pin_hash", sa.String(length=200), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("failed_pins", sa.Integer(), server_default="0", nullable=False),
        sa.Column("locked_until", UtcTime(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("failed_pins >= 0", name=op.f("ck_person_failed_pins")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("badge", name=op.f("uq_person_badge")),
    )
    op.create_table(
        "role",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role")),
        sa.UniqueConstraint("name", name=op.f("uq_role_name")),
    )
    op.create_table(
        "role_operation",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("role_id", Key, nullable=False),
        sa.Column("operation", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["role.id"], name=op.f("fk_role_operation_role_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_operation")),
        sa.UniqueConstraint("role_id", "operation", name=op.f("uq_role_operation_role_id_operation")),
    )
    op.create_table(
        "person_role",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("role_id", Key, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_role_person_id")),
        sa.ForeignKeyConstraint(["role_id"], ["role.id"], name=op.f("fk_person_role_role_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_role")),
        sa.UniqueConstraint("person_id", "role_id", name=op.f("uq_person_role_person_id_role_id")),
    )
    op.create_table(
        "person_department",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("department_id", Key, nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_person_department_department_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_department_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_department")),
        sa.UniqueConstraint("person_id", "department_id", name=op.f("uq_person_department_person_id_department_id")),
    )
    op.create_table(
        "plant_setting",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("timezone", sa.String(length=60), nullable=False),
        sa.Column("overproduction_percent", Fixed(3), nullable=False),
        sa.Column("auto_lock_minutes", sa.Integer(), nullable=False),
        sa.Column("rights_version", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("auto_lock_minutes > 0", name=op.f("ck_plant_setting_auto_lock_minutes")),
        sa.CheckConstraint("id = 1", name=op.f("ck_plant_setting_single_row")),
        sa.CheckConstraint("overproduction_percent >= 0", name=op.f("ck_plant_setting_overproduction_percent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plant_setting")),
    )
    op.create_table(
        "shift",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("start", sa.String(length=5), nullable=False),
        sa.Column("end", sa.String(length=5), nullable=False),
        sa.Column("planned_stop_minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint("planned_stop_minutes >= 0", name=op.f("ck_shift_planned_stop_minutes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
        sa.UniqueConstraint("name", name=op.f("uq_shift_name")),
    )


def downgrade() -> None:
    undescribe(op.get_bind())
    op.drop_table("shift")
    op.drop_table("plant_setting")
    op.drop_table("person_department")
    op.drop_table("person_role")
    op.drop_table("role_operation")
    op.drop_table("role")
    op.drop_table("person")
    op.drop_table("department")
