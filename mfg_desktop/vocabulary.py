"""The words of the shop, each written once: statuses, kinds, actions and the action types of the audit log. Enums without logic."""

from enum import StrEnum
from typing import NewType

LotId = NewType("LotId", int)
PersonId = NewType("PersonId", int)


class OrderStatus(StrEnum):
    DRAFT = "DRAFT"
    PLANNED = "PLANNED"
    RELEASED = "RELEASED"
    IN_PROGRESS = "IN_PROGRESS"
    ON_HOLD = "ON_HOLD"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


class Priority(StrEnum):
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    URGENT = "URGENT"


class OperationStatus(StrEnum):
    PLANNED = "PLANNED"
    IN_PROGRESS = "IN_PROGRESS"
    ON_HOLD = "ON_HOLD"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


class MachineType(StrEnum):
    CNC_MILLING = "CNC_MILLING"
    CNC_LATHE = "CNC_LATHE"
    DRILLING = "DRILLING"
    GRINDING = "GRINDING"
    WELDING = "WELDING"
    ASSEMBLY = "ASSEMBLY"
    INSPECTION = "INSPECTION"
    OTHER = "OTHER"


class MachineStatus(StrEnum):
    AVAILABLE = "AVAILABLE"
    IN_USE = "IN_USE"
    MAINTENANCE = "MAINTENANCE"
    BROKEN = "BROKEN"
    RETIRED = "RETIRED"


class AxisCount(StrEnum):
    AXIS_2 = "AXIS_2"
    AXIS_3 = "AXIS_3"
    AXIS_4 = "AXIS_4"
    AXIS_5 = "AXIS_5"
    AXIS_6 = "AXIS_6"
    MULTI = "MULTI"


class DowntimeCategory(StrEnum):
    MAINTENANCE = "MAINTENANCE"
    BREAKDOWN = "BREAKDOWN"
    SETUP = "SETUP"
    NO_OPERATOR = "NO_OPERATOR"
    NO_MATERIAL = "NO_MATERIAL"
    OTHER = "OTHER"


class ProductType(StrEnum):
    RAW = "RAW"
    SEMI_FINISHED = "SEMI_FINISHED"
    FINISHED = "FINISHED"


class Tracking(StrEnum):
    """How closely a product is followed: by quantity alone, by lot, or by serial number."""

    NONE = "NONE"
    LOT = "LOT"
    SERIAL = "SERIAL"


class StockCategory(StrEnum):
    RAW = "RAW"
    PROCESS = "PROCESS"
    FINISHED = "FINISHED"
    QUARANTINE = "QUARANTINE"
    SCRAP = "SCRAP"


class IssueMethod(StrEnum):
    PICK = "PICK"
    BACKFLUSH = "BACKFLUSH"


class WorkflowStatus(StrEnum):
    DRAFT = "DRAFT"
    REVIEW = "REVIEW"
    ACTIVE = "ACTIVE"
    OBSOLETE = "OBSOLETE"
    ARCHIVED = "ARCHIVED"


class ProcessConfigStatus(StrEnum):
    DRAFT = "DRAFT"
    REVIEW = "REVIEW"
    ACTIVE = "ACTIVE"
    OBSOLETE = "OBSOLETE"


class FixtureStatus(StrEnum):
    AVAILABLE = "AVAILABLE"
    IN_USE = "IN_USE"
    MAINTENANCE = "MAINTENANCE"
    BROKEN = "BROKEN"
    RETIRED = "RETIRED"


class GaugeStatus(StrEnum):
    AVAILABLE = "AVAILABLE"
    IN_USE = "IN_USE"
    CALIBRATION = "CALIBRATION"
    BROKEN = "BROKEN"
    RETIRED = "RETIRED"


class MovementKind(StrEnum):
    """Why a lot's quantity changed."""

    RECEIPT = "RECEIPT"
    ISSUE = "ISSUE"
    BACKFLUSH = "BACKFLUSH"
    RETURN = "RETURN"
    PRODUCED = "PRODUCED"
    SCRAPPED = "SCRAPPED"
    ADJUSTMENT = "ADJUSTMENT"
    REVERSAL = "REVERSAL"


class ClockKind(StrEnum):
    """What a stretch of an order's time was spent on."""

    RUN = "RUN"
    SETUP = "SETUP"
    HOLD = "HOLD"


class AuditLevel(StrEnum):
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"
    CRITICAL = "CRITICAL"


class Action(StrEnum):
    """A move of a work order; the value is the last word of its command's name."""

    PLAN = "plan"
    RELEASE = "release"
    START = "start"
    HOLD = "hold"
    RESUME = "resume"
    COMPLETE = "complete"
    CANCEL = "cancel"
    # What may be done to an order without moving it.
    UPDATE = "update"
    ALLOCATE = "allocate"
    ISSUE = "issue"
    RETURN_MATERIAL = "return_material"
    RECORD_OUTPUT = "record_output"
    REVERSE_OUTPUT = "reverse_output"
    CREATE_SUB_ORDERS = "create_sub_orders"


class OperationAction(StrEnum):
    """A move of one operation of an order; the value is the last word of its command's name."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    COMPLETE = "complete"


class MachineState(StrEnum):
    """What a machine did in a stretch of its day, as the ribbon and the time line colour it."""

    RUN = "RUN"
    SETUP = "SETUP"
    IDLE = "IDLE"
    DOWN = "DOWN"


class Readiness(StrEnum):
    """The light of one readiness mark on an order's card."""

    READY = "READY"
    PARTLY = "PARTLY"
    MISSING = "MISSING"
    NOT_NEEDED = "NOT_NEEDED"


class EntityType(StrEnum):
    """What an audit entry speaks of."""

    WORK_ORDER = "WorkOrder"
    MACHINE = "Machine"
    STOCK_LOT = "StockLot"
    PRODUCT = "Product"
    USER = "User"
    ROLE = "Role"
    FIXTURE = "Fixture"
    GAUGE = "Gauge"
    WORKFLOW = "Workflow"
    PLANT = "Plant"


class ActionType(StrEnum):
    """What an audit entry tells."""

    WORK_ORDER_CREATE = "WORK_ORDER_CREATE"
    WORK_ORDER_UPDATE = "WORK_ORDER_UPDATE"
    WORK_ORDER_PLAN = "WORK_ORDER_PLAN"
    WORK_ORDER_RELEASE = "WORK_ORDER_RELEASE"
    WORK_ORDER_START = "WORK_ORDER_START"
    WORK_ORDER_HOLD = "WORK_ORDER_HOLD"
    WORK_ORDER_RESUME = "WORK_ORDER_RESUME"
    WORK_ORDER_COMPLETE = "WORK_ORDER_COMPLETE"
    WORK_ORDER_CANCEL = "WORK_ORDER_CANCEL"
    SUB_ORDERS_CREATE = "SUB_ORDERS_CREATE"
    OPERATION_START = "OPERATION_START"
    OPERATION_PAUSE = "OPERATION_PAUSE"
    OPERATION_RESUME = "OPERATION_RESUME"
    OPERATION_COMPLETE = "OPERATION_COMPLETE"
    MATERIAL_ALLOCATE = "MATERIAL_ALLOCATE"
    MATERIAL_ISSUE = "MATERIAL_ISSUE"
    MATERIAL_RETURN = "MATERIAL_RETURN"
    PRODUCTION_RECORD = "PRODUCTION_RECORD"
    PRODUCTION_REVERSE = "PRODUCTION_REVERSE"
    MACHINE_CREATE = "MACHINE_CREATE"
    MACHINE_UPDATE = "MACHINE_UPDATE"
    MACHINE_STATUS_CHANGE = "MACHINE_STATUS_CHANGE"
    MACHINE_MAINTENANCE = "MACHINE_MAINTENANCE"
    DOWNTIME_RECORD = "DOWNTIME_RECORD"
    DOWNTIME_CHANGE = "DOWNTIME_CHANGE"
    PRODUCT_CREATE = "PRODUCT_CREATE"
    PRODUCT_UPDATE = "PRODUCT_UPDATE"
    BOM_CHANGE = "BOM_CHANGE"
    PROCESS_CREATE = "PROCESS_CREATE"
    WORKFLOW_CREATE = "WORKFLOW_CREATE"
    WORKFLOW_CHANGE = "WORKFLOW_CHANGE"
    FIXTURE_CREATE = "FIXTURE_CREATE"
    FIXTURE_CHANGE = "FIXTURE_CHANGE"
    GAUGE_CREATE = "GAUGE_CREATE"
    GAUGE_CHANGE = "GAUGE_CHANGE"
    STOCK_RECEIVE = "STOCK_RECEIVE"
    STOCK_ADJUST = "STOCK_ADJUST"
    STOCK_CHANGE = "STOCK_CHANGE"
    USER_CREATE = "USER_CREATE"
    USER_UPDATE = "USER_UPDATE"
    PERMISSION_CHANGE = "PERMISSION_CHANGE"
    PLANT_CHANGE = "PLANT_CHANGE"
    SIGN_IN = "SIGN_IN"
    SIGN_OUT = "SIGN_OUT"
    BUSINESS_RULE_VIOLATION = "BUSINESS_RULE_VIOLATION"
    SYSTEM_ERROR = "SYSTEM_ERROR"
