"""The rows that questions return: frozen, plain, safe to hand to another thread. Quantities are Decimal in the product's unit, times are aware and in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Generic, TypeVar

from mfg_desktop.service.shop import PersonRow as PersonRow
from mfg_desktop.service.shop import PlantRow as PlantRow
from mfg_desktop.service.shop import ShiftRow as ShiftRow
from mfg_desktop.vocabulary import (
    Action,
    AxisCount,
    DowntimeCategory,
    IssueMethod,
    MachineStatus,
    MachineType,
    OperationStatus,
    OrderStatus,
    Priority,
    ProductType,
    Readiness,
    StockCategory,
)

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class OrderRow:
    """A work order as a card or a line of a table shows it."""

    number: str
    product: str
    product_name: str
    unit: str
    quantity_ordered: Decimal
    quantity_completed: Decimal
    quantity_scrapped: Decimal
    status: OrderStatus
    priority: Priority
    machine: str | None
    machine_status: MachineStatus | None
    department: str | None
    planned_start: datetime
    planned_end: datetime
    actual_start: datetime | None
    actual_end: datetime | None
    overdue: bool
    """Open, and its planned end has passed."""
    hold_reason: str | None
    status_since: datetime
    notes: str | None
    version: int
    material: Readiness
    """READY: reserved or issued in full. PARTLY: some of it. MISSING: none. NOT_NEEDED: takes no material, or the order is over."""
    machine_ready: Readiness
    """READY: assigned and could run it now, or runs it. PARTLY: busy with other work or maintenance overdue. MISSING: none assigned, broken, in maintenance, retired."""
    tooling: Readiness
    actions: tuple[Action, ...]
    """What this person may do to the order in its status, main action first; whether a guard stops it is in OrderDetail.blockers."""


@dataclass(frozen=True, slots=True)
class OrderPage:
    rows: tuple[OrderRow, ...]
    next: str | None
    """Opaque cursor of the next page; None at the end."""
    counts: Mapping[OrderStatus, int]
    """Orders that match all filters but the status, by status; every status is there."""


@dataclass(frozen=True, slots=True)
class LotPick:
    """What one lot holds for a material line: proposed, reserved or issued."""

    lot: str
    category: StockCategory
    reserved: Decimal
    issued: Decimal
    returned: Decimal
    available: Decimal
    """On hand less reserved for anybody, in this lot."""
    received_at: datetime
    expires_at: datetime | None
    blocked: bool
    location: str | None


@dataclass(frozen=True, slots=True)
class AllocationRow:
    """A material line of an order. Issued and returned are totals since the start; consumed is what reported pieces have used."""

    material: str
    material_name: str
    unit: str
    issue_method: IssueMethod
    required: Decimal
    reserved: Decimal
    issued: Decimal
    returned: Decimal
    consumed: Decimal
    available: Decimal
    """What stock could still reserve for this line, over all usable lots."""
    short: Decimal
    """Required less reserved less (issued less returned) less available, not below zero: what nobody has."""
    enough_for: Decimal
    """Pieces that what is issued (less returned) or reserved is enough for."""
    lots: tuple[LotPick, ...]
    """Lots reserved or issued for this line, then the lots that would be taken next, first expired and first in first."""


@dataclass(frozen=True, slots=True)
class OutputRow:
    id: int
    good: Decimal
    scrapped: Decimal
    rework: Decimal
    scrap: tuple["ScrapRow", ...]
    batch_number: str
    operation: int | None
    operator: str | None
    operator_name: str | None
    at: datetime
    notes: str | None
    reversed_by: int | None
    """The entry that took this one back."""
    reverses: int | None
    """The entry that this one takes back."""


@dataclass(frozen=True, slots=True)
class ScrapRow:
    quantity: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class OperationRow:
    sequence: int
    process: str
    machine: str | None
    status: OperationStatus
    good: Decimal
    scrapped: Decimal


@dataclass(frozen=True, slots=True)
class SubOrderRow:
    number: str
    product: str
    quantity: Decimal
    status: OrderStatus


@dataclass(frozen=True, slots=True)
class Violation:
    """One reason why not: the catalogue's code, its sentence filled with the numbers, and what to do next."""

    code: str
    message: str
    details: Mapping[str, object]
    next_step: str
    overridable: bool


@dataclass(frozen=True, slots=True)
class Possibility:
    """Whether a move is possible now, and if not, everything that stops it."""

    allowed: bool
    violations: tuple[Violation, ...]


@dataclass(frozen=True, slots=True)
class OrderDetail:
    """A work order with everything that its page shows."""

    row: OrderRow
    created_at: datetime
    created_by: str | None
    sales_order: str | None
    parent: str | None
    short_close_reason: str | None
    status_by: str | None
    """Badge of the person who moved it last."""
    status_terminal: str | None
    limit: Decimal
    """Good pieces that may be reported in all: ordered x (1 + tolerance)."""
    makeable: Decimal
    """Whole pieces that may be made: what the sub orders have given is enough for, or without sub orders what is issued or reserved is enough for."""
    operations: tuple[OperationRow, ...]
    allocations: tuple[AllocationRow, ...]
    outputs: tuple[OutputRow, ...]
    sub_orders: tuple[SubOrderRow, ...]
    actions: tuple[Action, ...]
    """What this person may do now: right and status allow it, and no guard stops it."""
    blockers: Mapping[Action, tuple[Violation, ...]]
    """For each other action, what stops it (wrong status, missing right, guards)."""


@dataclass(frozen=True, slots=True)
class DowntimeRow:
    category: DowntimeCategory
    reason: str | None
    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class MachineRow:
    """A machine as its tile shows it."""

    machine: str
    type: MachineType
    brand: str | None
    model: str | None
    status: MachineStatus
    since: datetime | None
    """When the status was set; None if it never changed."""
    status_reason: str | None
    department: str | None
    department_name: str | None
    active: bool
    work_order: str | None
    """The order that runs on it now."""
    work_order_product: str | None
    work_order_started: datetime | None
    quantity_ordered: Decimal | None
    quantity_completed: Decimal | None
    quantity_scrapped: Decimal | None
    unit: str | None
    planned_end: datetime | None
    open_downtime: DowntimeRow | None
    last_maintenance: date | None
    next_maintenance: date | None
    maintenance_overdue: bool
    queue: int
    """Orders RELEASED or PLANNED that name this machine."""
    version: int


@dataclass(frozen=True, slots=True)
class MachineDetail:
    row: MachineRow
    axis_count: AxisCount | None
    internal_cooling_bar: Decimal | None
    motor_power_kva: Decimal | None
    holder_type: str | None
    spindle_power_10_kw: Decimal | None
    spindle_power_30_kw: Decimal | None
    power_hp: Decimal | None
    spindle_speed_rpm: int | None
    tool_count: int | None
    nc_control_unit: str | None
    manufacturing_year: int | None
    serial_number: str | None
    weight_kg: Decimal | None
    max_part_size: str | None
    description: str | None
    maintenance_interval_days: int
    maintenance_notes: str | None
    downtimes: tuple[DowntimeRow, ...]
    """The newest 50, newest first."""
    queued: tuple[OrderRow, ...]
    """Open orders that name this machine: the running one first, then by planned start."""


@dataclass(frozen=True, slots=True)
class LotRow:
    material: str
    material_name: str
    unit: str
    lot: str
    category: StockCategory
    on_hand: Decimal
    reserved: Decimal
    available: Decimal
    unit_cost: Decimal | None
    received_at: datetime
    expires_at: datetime | None
    expired: bool
    blocked: bool
    block_reason: str | None
    location: str | None


@dataclass(frozen=True, slots=True)
class MovementRow:
    at: datetime
    material: str
    lot: str
    kind: str
    quantity: Decimal
    work_order: str | None
    reason: str | None
    badge: str | None


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One field of one row, before and after, as the database's own triggers saw it; secrets are masked."""

    table: str
    key: str
    field: str
    old: object
    new: object


@dataclass(frozen=True, slots=True)
class AuditRow:
    sequence: int
    at: datetime
    happened_at: datetime
    """When it happened by the person's word; the same as `at` but for late entries."""
    badge: str | None
    person_name: str | None
    approver: str | None
    terminal: str
    command_id: str
    action_type: str
    level: str
    entity_type: str | None
    entity: str | None
    message: str
    details: Mapping[str, object]
    duration_ms: Decimal
    changes: tuple[ChangeRow, ...]
    hash: str


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    rows: tuple[Row, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class ProductRow:
    stock_code: str
    name: str
    type: ProductType
    unit: str
    active: bool
    on_hand: Decimal = field(default=Decimal(0))
