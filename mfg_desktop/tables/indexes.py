"""The indexes that the shop's questions, locks and foreign keys run on, each with the statement that it serves.

To add one: a row here and a migration that creates it. A test asks PostgreSQL whether it would use the index for its statement, and whether every
foreign key has one: without it, each removed parent row reads the whole child table.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Index, text

from mfg_desktop.tables.audit import ManufacturingAuditChange, ManufacturingAuditLog
from mfg_desktop.tables.base import Base
from mfg_desktop.tables.machines import Machine, MachineDowntime, MachineMaintenance
from mfg_desktop.tables.materials import BomLine, Product, StockLot, StockMovement
from mfg_desktop.tables.orders import (
    MaterialAllocation,
    OutputScrap,
    ProductionOutput,
    WorkClock,
    WorkOrder,
    WorkOrderMaterial,
    WorkOrderOperation,
)
from mfg_desktop.tables.people import Person, PersonDepartment, PersonMachine, PersonRole
from mfg_desktop.tables.processes import ProcessConfig
from mfg_desktop.tables.tooling import Fixture, FixtureCheck, Gauge, GaugeCalibration

OPEN = "status IN ('DRAFT', 'PLANNED', 'RELEASED', 'IN_PROGRESS', 'ON_HOLD')"


@dataclass(frozen=True, slots=True)
class Serving:
    """An index and the statement that it is there for."""

    index: Index
    serves: str


def _on(table: type[Base], columns: str, serves: str, *, where: str | None = None, name: str | None = None) -> Serving:
    names = columns.split()
    there: Any = table.__table__
    title = name or f"ix_{there.name}_{'_'.join(names)}"
    only: dict[str, Any] = {"sqlite_where": text(where), "postgresql_where": text(where)} if where else {}
    return Serving(Index(title, *(there.c[column] for column in names), **only), serves)


INDEXES: tuple[Serving, ...] = (
    # People
    _on(
        Person,
        "name id",
        "SELECT badge FROM person WHERE active ORDER BY name, id LIMIT 30",
        where="active",
        name="ix_person_faces",
    ),
    _on(PersonRole, "role_id", "SELECT person_id FROM person_role WHERE role_id = 1"),
    _on(PersonDepartment, "department_id", "SELECT person_id FROM person_department WHERE department_id = 1"),
    _on(PersonMachine, "machine_id", "SELECT person_id FROM person_machine WHERE machine_id = 1"),
    # Products and stock
    _on(Product, "type stock_code", "SELECT stock_code FROM product WHERE type = 'RAW' ORDER BY stock_code LIMIT 50"),
    _on(BomLine, "component_id", "SELECT bom_id FROM bom_line WHERE component_id = 1"),
    _on(
        StockLot,
        "product_id received_at id",
        "SELECT lot FROM stock_lot WHERE product_id = 1 ORDER BY received_at, id LIMIT 10",
    ),
    _on(
        StockLot,
        "product_id id",
        "SELECT id FROM stock_lot WHERE product_id = 1 AND on_hand > reserved ORDER BY id FOR UPDATE",
        where="on_hand > reserved",
        name="ix_stock_lot_free",
    ),
    _on(StockLot, "category product_id", "SELECT lot FROM stock_lot WHERE category = 'QUARANTINE'"),
    _on(StockLot, "lot", "SELECT id FROM stock_lot WHERE lot = 'L-1'"),
    _on(
        StockLot,
        "expires_at",
        "SELECT lot FROM stock_lot WHERE expires_at < now()",
        where="expires_at IS NOT NULL",
        name="ix_stock_lot_expires_at",
    ),
    _on(StockMovement, "lot_id id", "SELECT quantity FROM stock_movement WHERE lot_id = 1 ORDER BY id DESC LIMIT 50"),
    _on(StockMovement, "work_order_id", "SELECT quantity FROM stock_movement WHERE work_order_id = 1"),
    _on(StockMovement, "output_id", "SELECT quantity FROM stock_movement WHERE output_id = 1"),
    _on(StockMovement, "at", "SELECT quantity FROM stock_movement WHERE at BETWEEN now() - interval '1 day' AND now()"),
    _on(StockMovement, "person_id", "SELECT quantity FROM stock_movement WHERE person_id = 1"),
    # Machines and tooling
    _on(Machine, "status code", "SELECT code FROM machine WHERE status = 'BROKEN' ORDER BY code"),
    _on(Machine, "department_id code", "SELECT code FROM machine WHERE department_id = 1 ORDER BY code"),
    _on(Machine, "type code", "SELECT code FROM machine WHERE type = 'GRINDING' ORDER BY code"),
    _on(Machine, "next_maintenance", "SELECT code FROM machine WHERE next_maintenance < current_date"),
    _on(
        MachineDowntime,
        "machine_id started_at",
        "SELECT category FROM machine_downtime WHERE machine_id = 1 ORDER BY started_at DESC LIMIT 50",
    ),
    _on(
        MachineDowntime,
        "started_at",
        "SELECT category FROM machine_downtime WHERE started_at > now() - interval '1 day'",
    ),
    _on(
        MachineDowntime,
        "category started_at",
        "SELECT id FROM machine_downtime WHERE category = 'BREAKDOWN' AND started_at > now() - interval '1 day'",
    ),
    _on(MachineDowntime, "person_id", "SELECT id FROM machine_downtime WHERE person_id = 1"),
    _on(
        MachineMaintenance,
        "machine_id done_on",
        "SELECT notes FROM machine_maintenance WHERE machine_id = 1 ORDER BY done_on DESC",
    ),
    _on(MachineMaintenance, "person_id", "SELECT id FROM machine_maintenance WHERE person_id = 1"),
    _on(Fixture, "next_check", "SELECT code FROM fixture WHERE next_check < current_date"),
    _on(
        FixtureCheck,
        "fixture_id checked_on",
        "SELECT notes FROM fixture_check WHERE fixture_id = 1 ORDER BY checked_on DESC",
    ),
    _on(FixtureCheck, "person_id", "SELECT id FROM fixture_check WHERE person_id = 1"),
    _on(Gauge, "next_calibration", "SELECT code FROM gauge WHERE next_calibration < current_date"),
    _on(
        GaugeCalibration,
        "gauge_id calibrated_on",
        "SELECT certificate FROM gauge_calibration WHERE gauge_id = 1 ORDER BY calibrated_on DESC",
    ),
    _on(GaugeCalibration, "person_id", "SELECT id FROM gauge_calibration WHERE person_id = 1"),
    # Processes
    _on(ProcessConfig, "process_id", "SELECT id FROM process_config WHERE process_id = 1"),
    _on(ProcessConfig, "machine_id", "SELECT id FROM process_config WHERE machine_id = 1"),
    _on(ProcessConfig, "fixture_id", "SELECT id FROM process_config WHERE fixture_id = 1"),
    _on(ProcessConfig, "gauge_id", "SELECT id FROM process_config WHERE gauge_id = 1"),
    # Orders
    _on(
        WorkOrder,
        "status rank planned_end id",
        "SELECT number FROM work_order WHERE status = 'RELEASED' ORDER BY rank, planned_end, id LIMIT 50",
        name="ix_work_order_board",
    ),
    _on(
        WorkOrder,
        "rank planned_end id",
        "SELECT number FROM work_order ORDER BY rank, planned_end, id LIMIT 50",
        name="ix_work_order_list",
    ),
    _on(
        WorkOrder,
        "machine_id status planned_start",
        "SELECT number FROM work_order WHERE machine_id = 1 AND status IN ('PLANNED', 'RELEASED')",
        name="ix_work_order_machine_queue",
    ),
    _on(WorkOrder, "product_id status", "SELECT number FROM work_order WHERE product_id = 1 ORDER BY status"),
    _on(WorkOrder, "department_id status", "SELECT number FROM work_order WHERE department_id = 1 ORDER BY status"),
    _on(
        WorkOrder,
        "status actual_end",
        "SELECT number FROM work_order WHERE status = 'COMPLETED' AND actual_end > now() - interval '8 hours' ORDER BY actual_end",
    ),
    _on(
        WorkOrder,
        "planned_end",
        f"SELECT number FROM work_order WHERE {OPEN} AND planned_end < now() ORDER BY planned_end LIMIT 50",
        where=OPEN,
        name="ix_work_order_overdue",
    ),
    _on(
        WorkOrder,
        "planned_start",
        "SELECT number FROM work_order WHERE planned_start BETWEEN now() AND now() + interval '1 day'",
    ),
    _on(
        WorkOrder,
        "planned_end id",
        "SELECT number FROM work_order ORDER BY planned_end, id LIMIT 50",
        name="ix_work_order_due",
    ),
    _on(WorkOrder, "sales_order", "SELECT number FROM work_order WHERE sales_order = 'SO-1'"),
    _on(WorkOrder, "bom_line_id", "SELECT number FROM work_order WHERE bom_line_id = 1"),
    _on(WorkOrder, "created_by_id", "SELECT number FROM work_order WHERE created_by_id = 1"),
    _on(WorkOrderOperation, "process_id", "SELECT id FROM work_order_operation WHERE process_id = 1"),
    _on(WorkOrderOperation, "process_config_id", "SELECT id FROM work_order_operation WHERE process_config_id = 1"),
    _on(
        WorkOrderOperation,
        "machine_id status",
        "SELECT id FROM work_order_operation WHERE machine_id = 1 AND status = 'PLANNED'",
    ),
    _on(WorkOrderMaterial, "material_id", "SELECT work_order_id FROM work_order_material WHERE material_id = 1"),
    _on(
        WorkOrderMaterial,
        "work_order_id",
        "SELECT 1 FROM work_order_material WHERE work_order_id = 1 AND reserved + issued - returned < required",
        where="reserved + issued - returned < required",
        name="ix_work_order_material_lacking",
    ),
    _on(MaterialAllocation, "lot_id", "SELECT line_id FROM material_allocation WHERE lot_id = 1"),
    _on(
        WorkClock, "work_order_id started_at", "SELECT kind FROM work_clock WHERE work_order_id = 1 ORDER BY started_at"
    ),
    _on(
        WorkClock,
        "work_order_id",
        "SELECT id FROM work_clock WHERE work_order_id = 1 AND ended_at IS NULL",
        where="ended_at IS NULL",
        name="ix_work_clock_running",
    ),
    _on(
        WorkClock,
        "machine_id started_at",
        "SELECT kind FROM work_clock WHERE machine_id = 1 AND started_at > now() - interval '1 day'",
    ),
    _on(WorkClock, "operation_id", "SELECT kind FROM work_clock WHERE operation_id = 1"),
    _on(ProductionOutput, "work_order_id id", "SELECT good FROM production_output WHERE work_order_id = 1 ORDER BY id"),
    _on(ProductionOutput, "at", "SELECT good FROM production_output WHERE at > now() - interval '1 day'"),
    _on(
        ProductionOutput,
        "operator_id at",
        "SELECT good FROM production_output WHERE operator_id = 1 AND at > now() - interval '1 day'",
    ),
    _on(ProductionOutput, "operation_id", "SELECT good FROM production_output WHERE operation_id = 1"),
    _on(ProductionOutput, "batch_number", "SELECT work_order_id FROM production_output WHERE batch_number = 'B-1'"),
    _on(
        ProductionOutput,
        "machine at",
        "SELECT good FROM production_output WHERE machine = 'CNC-1' AND at > now() - interval '1 day'",
    ),
    _on(OutputScrap, "output_id", "SELECT reason FROM output_scrap WHERE output_id = 1"),
    _on(OutputScrap, "reason", "SELECT quantity FROM output_scrap WHERE reason = 'Tool broken'"),
)

AUDIT_INDEXES: tuple[Serving, ...] = (
    _on(
        ManufacturingAuditLog,
        "command_id sequence",
        "SELECT answer FROM manufacturing_audit_log WHERE command_id = 'x' ORDER BY sequence DESC LIMIT 1",
    ),
    _on(
        ManufacturingAuditLog,
        "badge sequence",
        "SELECT message FROM manufacturing_audit_log WHERE badge = 'x' ORDER BY sequence DESC LIMIT 50",
    ),
    _on(
        ManufacturingAuditLog,
        "entity_type entity sequence",
        "SELECT message FROM manufacturing_audit_log WHERE entity_type = 'WorkOrder' AND entity = 'x' ORDER BY sequence DESC LIMIT 50",
    ),
    _on(
        ManufacturingAuditLog,
        "entity sequence",
        "SELECT message FROM manufacturing_audit_log WHERE entity = 'x' ORDER BY sequence DESC LIMIT 50",
    ),
    _on(
        ManufacturingAuditLog,
        "action_type sequence",
        "SELECT message FROM manufacturing_audit_log WHERE action_type = 'SIGN_IN' ORDER BY sequence DESC LIMIT 50",
    ),
    _on(
        ManufacturingAuditLog,
        "level sequence",
        "SELECT message FROM manufacturing_audit_log WHERE level = 'WARNING' ORDER BY sequence DESC LIMIT 50",
    ),
    _on(
        ManufacturingAuditLog,
        "at",
        "SELECT message FROM manufacturing_audit_log WHERE at BETWEEN now() - interval '1 day' AND now()",
    ),
    _on(
        ManufacturingAuditChange, "entry id", "SELECT new FROM manufacturing_audit_change WHERE entry = 'x' ORDER BY id"
    ),
    _on(
        ManufacturingAuditChange,
        "table_name row_key",
        "SELECT new FROM manufacturing_audit_change WHERE table_name = 'machine' AND row_key = '1'",
    ),
)
"""Those of the audit log, which come with it in the migration after."""
