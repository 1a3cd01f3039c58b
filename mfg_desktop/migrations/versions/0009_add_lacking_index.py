"""Find the orders that lack material without reading every line of material that was ever wanted."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_LACKING = sa.text("reserved + issued - returned < required")


def upgrade() -> None:
    op.create_index(
        "ix_work_order_material_lacking",
        "work_order_material",
        ["work_order_id"],
        unique=False,
        sqlite_where=_LACKING,
        postgresql_where=_LACKING,
    )


def downgrade() -> None:
    op.drop_index("ix_work_order_material_lacking", table_name="work_order_material")
