"""Add the indexes that the shop's questions and locks run on; mfg_desktop/tables/indexes.py tells what each is for."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_person_role_role_id", "person_role", ["role_id"], unique=False)
    op.create_index("ix_person_department_department_id", "person_department", ["department_id"], unique=False)
    op.create_index("ix_product_type_stock_code", "product", ["type", "stock_code"], unique=False)
    op.create_index("ix_bom_line_component_id", "bom_line", ["component_id"], unique=False)
    op.create_index("ix_fixture_check_fixture_id", "fixture_check", ["fixture_id", "checked_on"], unique=False)
    op.create_index("ix_gauge_calibration_gauge_id", "gauge_calibration", ["gauge_id", "calibrated_on"], unique=False)
    op.create_index("ix_person_machine_machine_id", "person_machine", ["machine_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_person_machine_machine_id", table_name="person_machine")
    op.drop_index("ix_gauge_calibration_gauge_id", table_name="gauge_calibration")
    op.drop_index("ix_fixture_check_fixture_id", table_name="fixture_check")
    op.drop_index("ix_bom_line_component_id", table_name="bom_line")
    op.drop_index("ix_product_type_stock_code", table_name="product")
    op.drop_index("ix_person_department_department_id", table_name="person_department")
    op.drop_index("ix_person_role_role_id", table_name="person_role")
