"""Add the indexes that the shop's questions and locks run on; mfg_desktop/tables/indexes.py tells what each is for."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_person_faces",
        "person",
        ["name", "id"],
        unique=False,
        sqlite_where=sa.text("active"),
        postgresql_where=sa.text("active"),
    )
    op.create_index("ix_person_role_role_id", "person_role", ["role_id"], unique=False)
    op.create_index("ix_person_department_department_id", "person_department", ["department_id"], unique=False)
    op.create_index("ix_product_type_stock_code", "product", ["type", "stock_code"], unique=False)
    op.create_index("ix_bom_line_component_id", "bom_line", ["component_id"], unique=False)
    op.create_index("ix_stock_lot_category_product_id", "stock_lot", ["category", "product_id"], unique=False)
    op.create_index(
        "ix_stock_lot_expires_at",
        "stock_lot",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("expires_at IS NOT NULL"),
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    op.create_index(
        "ix_stock_lot_free",
        "stock_lot",
        ["product_id", "id"],
        unique=False,
        sqlite_where=sa.text("on_hand > reserved"),
        postgresql_where=sa.text("on_hand > reserved"),
    )
    op.create_index("ix_stock_lot_lot", "stock_lot", ["lot"], unique=False)
    op.create_index(
        "ix_stock_lot_product_id_received_at_id", "stock_lot", ["product_id", "received_at", "id"], unique=False
    )
    op.create_index("ix_machine_department_id_code", "machine", ["department_id", "code"], unique=False)
    op.create_index("ix_machine_next_maintenance", "machine", ["next_maintenance"], unique=False)
    op.create_index("ix_machine_status_code", "machine", ["status", "code"], unique=False)
    op.create_index("ix_machine_type_code", "machine", ["type", "code"], unique=False)
    op.create_index(
        "ix_machine_downtime_category_started_at", "machine_downtime", ["category", "started_at"], unique=False
    )
    op.create_index(
        "ix_machine_downtime_machine_id_started_at", "machine_downtime", ["machine_id", "started_at"], unique=False
    )
    op.create_index("ix_machine_downtime_person_id", "machine_downtime", ["person_id"], unique=False)
    op.create_index("ix_machine_downtime_started_at", "machine_downtime", ["started_at"], unique=False)
    op.create_index(
        "ix_machine_maintenance_machine_id_done_on", "machine_maintenance", ["machine_id", "done_on"], unique=False
    )
    op.create_index("ix_machine_maintenance_person_id", "machine_maintenance", ["person_id"], unique=False)
    op.create_index("ix_fixture_next_check", "fixture", ["next_check"], unique=False)
    op.create_index(
        "ix_fixture_check_fixture_id_checked_on", "fixture_check", ["fixture_id", "checked_on"], unique=False
    )
    op.create_index("ix_fixture_check_person_id", "fixture_check", ["person_id"], unique=False)
    op.create_index("ix_gauge_next_calibration", "gauge", ["next_calibration"], unique=False)
    op.create_index(
        "ix_gauge_calibration_gauge_id_calibrated_on", "gauge_calibration", ["gauge_id", "calibrated_on"], unique=False
    )
    op.create_index("ix_gauge_calibration_person_id", "gauge_calibration", ["person_id"], unique=False)
    op.create_index("ix_person_machine_machine_id", "person_machine", ["machine_id"], unique=False)
    op.create_index("ix_process_config_fixture_id", "process_config", ["fixture_id"], unique=False)
    op.create_index("ix_process_config_gauge_id", "process_config", ["gauge_id"], unique=False)
    op.create_index("ix_process_config_machine_id", "process_config", ["machine_id"], unique=False)
    op.create_index("ix_process_config_process_id", "process_config", ["process_id"], unique=False)
    op.create_index("ix_work_order_board", "work_order", ["status", "rank", "planned_end", "id"], unique=False)
    op.create_index("ix_work_order_bom_line_id", "work_order", ["bom_line_id"], unique=False)
    op.create_index("ix_work_order_created_by_id", "work_order", ["created_by_id"], unique=False)
    op.create_index("ix_work_order_department_id_status", "work_order", ["department_id", "status"], unique=False)
    op.create_index("ix_work_order_list", "work_order", ["rank", "planned_end", "id"], unique=False)
    op.create_index(
        "ix_work_order_machine_queue", "work_order", ["machine_id", "status", "planned_start"], unique=False
    )
    op.create_index(
        "ix_work_order_overdue",
        "work_order",
        ["planned_end"],
        unique=False,
        sqlite_where=sa.text("status IN ('DRAFT', 'PLANNED', 'RELEASED', 'IN_PROGRESS', 'ON_HOLD')"),
        postgresql_where=sa.text("status IN ('DRAFT', 'PLANNED', 'RELEASED', 'IN_PROGRESS', 'ON_HOLD')"),
    )
    op.create_index("ix_work_order_planned_start", "work_order", ["planned_start"], unique=False)
    op.create_index("ix_work_order_product_id_status", "work_order", ["product_id", "status"], unique=False)
    op.create_index("ix_work_order_sales_order", "work_order", ["sales_order"], unique=False)
    op.create_index("ix_work_order_status_actual_end", "work_order", ["status", "actual_end"], unique=False)
    op.create_index(
        "ix_work_order_operation_machine_id_status", "work_order_operation", ["machine_id", "status"], unique=False
    )
    op.create_index(
        "ix_work_order_operation_process_config_id", "work_order_operation", ["process_config_id"], unique=False
    )
    op.create_index("ix_work_order_operation_process_id", "work_order_operation", ["process_id"], unique=False)
    op.create_index("ix_work_order_material_material_id", "work_order_material", ["material_id"], unique=False)
    op.create_index("ix_material_allocation_lot_id", "material_allocation", ["lot_id"], unique=False)
    op.create_index("ix_work_clock_machine_id_started_at", "work_clock", ["machine_id", "started_at"], unique=False)
    op.create_index("ix_work_clock_operation_id", "work_clock", ["operation_id"], unique=False)
    op.create_index(
        "ix_work_clock_running",
        "work_clock",
        ["work_order_id"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_work_clock_work_order_id_started_at", "work_clock", ["work_order_id", "started_at"], unique=False
    )
    op.create_index("ix_production_output_at", "production_output", ["at"], unique=False)
    op.create_index("ix_production_output_batch_number", "production_output", ["batch_number"], unique=False)
    op.create_index("ix_production_output_operation_id", "production_output", ["operation_id"], unique=False)
    op.create_index("ix_production_output_operator_id_at", "production_output", ["operator_id", "at"], unique=False)
    op.create_index("ix_production_output_work_order_id_id", "production_output", ["work_order_id", "id"], unique=False)
    op.create_index("ix_output_scrap_output_id", "output_scrap", ["output_id"], unique=False)
    op.create_index("ix_output_scrap_reason", "output_scrap", ["reason"], unique=False)
    op.create_index("ix_stock_movement_at", "stock_movement", ["at"], unique=False)
    op.create_index("ix_stock_movement_lot_id_id", "stock_movement", ["lot_id", "id"], unique=False)
    op.create_index("ix_stock_movement_output_id", "stock_movement", ["output_id"], unique=False)
    op.create_index("ix_stock_movement_person_id", "stock_movement", ["person_id"], unique=False)
    op.create_index("ix_stock_movement_work_order_id", "stock_movement", ["work_order_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_stock_movement_work_order_id", table_name="stock_movement")
    op.drop_index("ix_stock_movement_person_id", table_name="stock_movement")
    op.drop_index("ix_stock_movement_output_id", table_name="stock_movement")
    op.drop_index("ix_stock_movement_lot_id_id", table_name="stock_movement")
    op.drop_index("ix_stock_movement_at", table_name="stock_movement")
    op.drop_index("ix_output_scrap_reason", table_name="output_scrap")
    op.drop_index("ix_output_scrap_output_id", table_name="output_scrap")
    op.drop_index("ix_production_output_work_order_id_id", table_name="production_output")
    op.drop_index("ix_production_output_operator_id_at", table_name="production_output")
    op.drop_index("ix_production_output_operation_id", table_name="production_output")
    op.drop_index("ix_production_output_batch_number", table_name="production_output")
    op.drop_index("ix_production_output_at", table_name="production_output")
    op.drop_index("ix_work_clock_work_order_id_started_at", table_name="work_clock")
    op.drop_index("ix_work_clock_running", table_name="work_clock")
    op.drop_index("ix_work_clock_operation_id", table_name="work_clock")
    op.drop_index("ix_work_clock_machine_id_started_at", table_name="work_clock")
    op.drop_index("ix_material_allocation_lot_id", table_name="material_allocation")
    op.drop_index("ix_work_order_material_material_id", table_name="work_order_material")
    op.drop_index("ix_work_order_operation_process_id", table_name="work_order_operation")
    op.drop_index("ix_work_order_operation_process_config_id", table_name="work_order_operation")
    op.drop_index("ix_work_order_operation_machine_id_status", table_name="work_order_operation")
    op.drop_index("ix_work_order_status_actual_end", table_name="work_order")
    op.drop_index("ix_work_order_sales_order", table_name="work_order")
    op.drop_index("ix_work_order_product_id_status", table_name="work_order")
    op.drop_index("ix_work_order_planned_start", table_name="work_order")
    op.drop_index("ix_work_order_overdue", table_name="work_order")
    op.drop_index("ix_work_order_machine_queue", table_name="work_order")
    op.drop_index("ix_work_order_list", table_name="work_order")
    op.drop_index("ix_work_order_department_id_status", table_name="work_order")
    op.drop_index("ix_work_order_created_by_id", table_name="work_order")
    op.drop_index("ix_work_order_bom_line_id", table_name="work_order")
    op.drop_index("ix_work_order_board", table_name="work_order")
    op.drop_index("ix_process_config_process_id", table_name="process_config")
    op.drop_index("ix_process_config_machine_id", table_name="process_config")
    op.drop_index("ix_process_config_gauge_id", table_name="process_config")
    op.drop_index("ix_process_config_fixture_id", table_name="process_config")
    op.drop_index("ix_person_machine_machine_id", table_name="person_machine")
    op.drop_index("ix_gauge_calibration_person_id", table_name="gauge_calibration")
    op.drop_index("ix_gauge_calibration_gauge_id_calibrated_on", table_name="gauge_calibration")
    op.drop_index("ix_gauge_next_calibration", table_name="gauge")
    op.drop_index("ix_fixture_check_person_id", table_name="fixture_check")
    op.drop_index("ix_fixture_check_fixture_id_checked_on", table_name="fixture_check")
    op.drop_index("ix_fixture_next_check", table_name="fixture")
    op.drop_index("ix_machine_maintenance_person_id", table_name="machine_maintenance")
    op.drop_index("ix_machine_maintenance_machine_id_done_on", table_name="machine_maintenance")
    op.drop_index("ix_machine_downtime_started_at", table_name="machine_downtime")
    op.drop_index("ix_machine_downtime_person_id", table_name="machine_downtime")
    op.drop_index("ix_machine_downtime_machine_id_started_at", table_name="machine_downtime")
    op.drop_index("ix_machine_downtime_category_started_at", table_name="machine_downtime")
    op.drop_index("ix_machine_type_code", table_name="machine")
    op.drop_index("ix_machine_status_code", table_name="machine")
    op.drop_index("ix_machine_next_maintenance", table_name="machine")
    op.drop_index("ix_machine_department_id_code", table_name="machine")
    op.drop_index("ix_stock_lot_product_id_received_at_id", table_name="stock_lot")
    op.drop_index("ix_stock_lot_lot", table_name="stock_lot")
    op.drop_index("ix_stock_lot_free", table_name="stock_lot")
    op.drop_index("ix_stock_lot_expires_at", table_name="stock_lot")
    op.drop_index("ix_stock_lot_category_product_id", table_name="stock_lot")
    op.drop_index("ix_bom_line_component_id", table_name="bom_line")
    op.drop_index("ix_product_type_stock_code", table_name="product")
    op.drop_index("ix_person_department_department_id", table_name="person_department")
    op.drop_index("ix_person_role_role_id", table_name="person_role")
    op.drop_index("ix_person_faces", table_name="person")
