"""Create machines, fixtures and gauges."""

import sqlalchemy as sa
from alembic import op

from mfg_desktop.tables.base import Fixed, Key, UtcTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "machine",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "CNC_MILLING",
                "CNC_LATHE",
                "DRILLING",
                "GRINDING",
                "WELDING",
                "ASSEMBLY",
                "INSPECTION",
                "OTHER",
                name="type",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("department_id", Key, nullable=True),
        sa.Column("brand", sa.String(length=200), nullable=True),
        sa.Column("model", sa.String(length=200), nullable=True),
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
        sa.Column("internal_cooling_bar", Fixed(3), nullable=True),
        sa.Column("motor_power_kva", Fixed(3), nullable=True),
        sa.Column("holder_type", sa.String(length=200), nullable=True),
        sa.Column("spindle_power_10_kw", Fixed(3), nullable=True),
        sa.Column("spindle_power_30_kw", Fixed(3), nullable=True),
        sa.Column("power_hp", Fixed(3), nullable=True),
        sa.Column("spindle_speed_rpm", sa.Integer(), nullable=True),
        sa.Column("tool_count", sa.Integer(), nullable=True),
        sa.Column("nc_control_unit", sa.String(length=200), nullable=True),
        sa.Column("manufacturing_year", sa.Integer(), nullable=True),
        sa.Column("serial_number", sa.String(length=200), nullable=True),
        sa.Column("weight_kg", Fixed(3), nullable=True),
        sa.Column("max_part_size", sa.String(length=200), nullable=True),
        sa.Column("description", sa.String(length=4000), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "AVAILABLE",
                "IN_USE",
                "MAINTENANCE",
                "BROKEN",
                "RETIRED",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("status_since", UtcTime(), nullable=True),
        sa.Column("status_reason", sa.String(length=4000), nullable=True),
        sa.Column("status_by", sa.String(length=60), nullable=True),
        sa.Column("running_order", sa.String(length=60), nullable=True),
        sa.Column("maintenance_interval_days", sa.Integer(), nullable=False),
        sa.Column("last_maintenance", sa.Date(), nullable=True),
        sa.Column("next_maintenance", sa.Date(), nullable=True),
        sa.Column("maintenance_notes", sa.String(length=4000), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("(status = 'IN_USE') = (running_order IS NOT NULL)", name=op.f("ck_machine_running_order")),
        sa.CheckConstraint("maintenance_interval_days > 0", name=op.f("ck_machine_maintenance_interval_days")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_machine_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_machine")),
        sa.UniqueConstraint("code", name=op.f("uq_machine_code")),
        sa.UniqueConstraint("serial_number", name=op.f("uq_machine_serial_number")),
    )
    op.create_table(
        "machine_downtime",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("machine_id", Key, nullable=False),
        sa.Column(
            "category",
            sa.Enum(
                "MAINTENANCE",
                "BREAKDOWN",
                "SETUP",
                "NO_OPERATOR",
                "NO_MATERIAL",
                "OTHER",
                name="category",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=4000), nullable=True),
        sa.Column("notes", sa.String(length=4000), nullable=True),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name=op.f("ck_machine_downtime_times")),
        sa.ForeignKeyConstraint(["machine_id"], ["machine.id"], name=op.f("fk_machine_downtime_machine_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_machine_downtime_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_machine_downtime")),
    )
    op.create_index(
        "uq_machine_downtime_open",
        "machine_downtime",
        ["machine_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "machine_maintenance",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("machine_id", Key, nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("notes", sa.String(length=4000), nullable=True),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["machine_id"], ["machine.id"], name=op.f("fk_machine_maintenance_machine_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_machine_maintenance_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_machine_maintenance")),
    )
    op.create_table(
        "fixture",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("fixture_type", sa.String(length=200), nullable=False),
        sa.Column("location", sa.String(length=200), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "AVAILABLE",
                "IN_USE",
                "MAINTENANCE",
                "BROKEN",
                "RETIRED",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("check_interval_days", sa.Integer(), nullable=False),
        sa.Column("last_checked", sa.Date(), nullable=True),
        sa.Column("next_check", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("check_interval_days > 0", name=op.f("ck_fixture_check_interval_days")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fixture")),
        sa.UniqueConstraint("code", name=op.f("uq_fixture_code")),
    )
    op.create_table(
        "fixture_check",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("fixture_id", Key, nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("notes", sa.String(length=4000), nullable=True),
        sa.Column("person_id", Key, nullable=False),
        sa.ForeignKeyConstraint(["fixture_id"], ["fixture.id"], name=op.f("fk_fixture_check_fixture_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_fixture_check_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fixture_check")),
    )
    op.create_table(
        "gauge",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("manufacturer", sa.String(length=200), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "AVAILABLE",
                "IN_USE",
                "CALIBRATION",
                "BROKEN",
                "RETIRED",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("calibration_interval_days", sa.Integer(), nullable=False),
        sa.Column("calibration_date", sa.Date(), nullable=True),
        sa.Column("next_calibration", sa.Date(), nullable=True),
        sa.Column("certificate", sa.String(length=200), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("calibration_interval_days > 0", name=op.f("ck_gauge_calibration_interval_days")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gauge")),
        sa.UniqueConstraint("code", name=op.f("uq_gauge_code")),
    )
    op.create_table(
        "gauge_calibration",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("gauge_id", Key, nullable=False),
        sa.Column("calibrated_on", sa.Date(), nullable=False),
        sa.Column("certificate", sa.String(length=200), nullable=True),
        sa.Column("person_id", Key, nullable=False),
        sa.ForeignKeyConstraint(["gauge_id"], ["gauge.id"], name=op.f("fk_gauge_calibration_gauge_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_gauge_calibration_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gauge_calibration")),
    )
    op.create_table(
        "person_machine",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("person_id", Key, nullable=False),
        sa.Column("machine_id", Key, nullable=False),
        sa.ForeignKeyConstraint(["machine_id"], ["machine.id"], name=op.f("fk_person_machine_machine_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_machine_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_machine")),
        sa.UniqueConstraint("person_id", "machine_id", name=op.f("uq_person_machine_person_id_machine_id")),
    )
    op.create_table(
        "person_machine_type",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("person_id", Key, nullable=False),
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
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_machine_type_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_machine_type")),
        sa.UniqueConstraint("person_id", "machine_type", name=op.f("uq_person_machine_type_person_id_machine_type")),
    )


def downgrade() -> None:
    op.drop_table("person_machine_type")
    op.drop_table("person_machine")
    op.drop_table("gauge_calibration")
    op.drop_table("gauge")
    op.drop_table("fixture_check")
    op.drop_table("fixture")
    op.drop_table("machine_maintenance")
    op.drop_table("machine_downtime")
    op.drop_table("machine")
