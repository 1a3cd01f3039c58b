"""Tell who moved an operation last, at which operation a material is used, and on which machine pieces were made; let roles that may ask, ask what is new."""

import sqlalchemy as sa
from alembic import op

from mfg_desktop.tables.base import UtcTime
from mfg_desktop.tables.history import drop_history, write_history

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_COLUMNS = (
    ("work_order_operation", "status_at", UtcTime()),
    ("work_order_operation", "status_by", sa.String(60)),
    ("work_order_operation", "status_terminal", sa.String(200)),
    ("work_order_material", "operation_sequence", sa.Integer()),
    ("production_output", "machine", sa.String(60)),
)

# What was reported before the machine was kept with it was made where its operation, or else its order, is now.
_MADE_ON = """
    UPDATE production_output SET machine = (
        SELECT machine.code FROM work_order
        LEFT JOIN work_order_operation ON work_order_operation.id = production_output.operation_id
        JOIN machine ON machine.id = coalesce(work_order_operation.machine_id, work_order.machine_id)
        WHERE work_order.id = production_output.work_order_id
    )
"""

_NEW_QUESTIONS = {
    "product.list": ("product.get", "process.list", "workflow.list", "workflow.get", "fixture.list", "gauge.list"),
    "machine.list": ("machine.schedule",),
}
"""Rights that come with a right that a role has already."""


def upgrade() -> None:
    drop_history(op.get_bind())
    for table, column, kind in _COLUMNS:
        op.add_column(table, sa.Column(column, kind, nullable=True))
    op.execute(_MADE_ON)
    op.create_index("ix_production_output_machine_at", "production_output", ["machine", "at"], unique=False)
    op.create_index("ix_work_order_due", "work_order", ["planned_end", "id"], unique=False)
    for known, new in _NEW_QUESTIONS.items():
        for operation in new:
            op.execute(
                f"INSERT INTO role_operation (role_id, operation) SELECT role_id, '{operation}' FROM role_operation AS known"
                f" WHERE operation = '{known}' AND NOT EXISTS (SELECT 1 FROM role_operation AS there"
                f" WHERE there.role_id = known.role_id AND there.operation = '{operation}')"
            )
    op.execute("UPDATE plant_setting SET rights_version = rights_version + 1")
    write_history(op.get_bind())


def downgrade() -> None:
    drop_history(op.get_bind())
    for new in _NEW_QUESTIONS.values():
        for operation in new:
            op.execute(f"DELETE FROM role_operation WHERE operation = '{operation}'")
    op.drop_index("ix_work_order_due", table_name="work_order")
    op.drop_index("ix_production_output_machine_at", table_name="production_output")
    for table, column, _ in reversed(_COLUMNS):
        op.drop_column(table, column)
    write_history(op.get_bind())
