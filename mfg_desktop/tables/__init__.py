"""The nouns of the shop: every table once, with a sentence for each column that the database, the forms and the data dictionary share."""

from mfg_desktop.tables.audit import AuditChainHead, AuditContext, ManufacturingAuditChange, ManufacturingAuditLog
from mfg_desktop.tables.base import Base
from mfg_desktop.tables.indexes import AUDIT_INDEXES, INDEXES
from mfg_desktop.tables.machines import Machine, MachineDowntime, MachineMaintenance
from mfg_desktop.tables.materials import BELOW, Bom, BomLine, Product, StockLot, StockMovement
from mfg_desktop.tables.orders import (
    MaterialAllocation,
    OrderNumberSeries,
    OutputScrap,
    ProductionOutput,
    WorkClock,
    WorkOrder,
    WorkOrderMaterial,
    WorkOrderOperation,
)
from mfg_desktop.tables.people import (
    Department,
    Person,
    PersonDepartment,
    PersonMachine,
    PersonMachineType,
    PersonRole,
    PlantSetting,
    Role,
    RoleOperation,
    Shift,
)
from mfg_desktop.tables.processes import Process, ProcessConfig, Workflow
from mfg_desktop.tables.tooling import Fixture, FixtureCheck, Gauge, GaugeCalibration

__all__ = [
    "AUDIT_INDEXES",
    "BELOW",
    "INDEXES",
    "AuditChainHead",
    "AuditContext",
    "Base",
    "Bom",
    "BomLine",
    "Department",
    "Fixture",
    "FixtureCheck",
    "Gauge",
    "GaugeCalibration",
    "Machine",
    "MachineDowntime",
    "MachineMaintenance",
    "ManufacturingAuditChange",
    "ManufacturingAuditLog",
    "MaterialAllocation",
    "OrderNumberSeries",
    "OutputScrap",
    "Person",
    "PersonDepartment",
    "PersonMachine",
    "PersonMachineType",
    "PersonRole",
    "PlantSetting",
    "Process",
    "ProcessConfig",
    "Product",
    "ProductionOutput",
    "Role",
    "RoleOperation",
    "Shift",
    "StockLot",
    "StockMovement",
    "WorkClock",
    "WorkOrder",
    "WorkOrderMaterial",
    "WorkOrderOperation",
    "Workflow",
]
