"""The rows that questions return: frozen, plain, safe to hand to another thread. Quantities are Decimal in the product's unit, times are aware and in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Generic, TypeVar

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.rules.oee import Effectiveness
from mfg_desktop.service.shop import PersonRow as PersonRow
from mfg_desktop.service.shop import PlantRow as PlantRow
from mfg_desktop.service.shop import ShiftRow as ShiftRow
from mfg_desktop.vocabulary import (
    Action,
    AxisCount,
    DowntimeCategory,
    FixtureStatus,
    GaugeStatus,
    IssueMethod,
    MachineState,
    MachineStatus,
    MachineType,
    OperationAction,
    OperationStatus,
    OrderStatus,
    Priority,
    ProcessConfigStatus,
    ProductType,
    Readiness,
    StockCategory,
    Tracking,
    WorkflowStatus,
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
    operation: int | None = None
    """Sequence of the operation that uses it; None, or one that the order does not have: the first."""


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
    """One step of an order, with what it is done with, and what may be done to it now."""

    sequence: int
    process: str
    machine: str | None
    """The machine that it runs or will run on: its own, else the order's."""
    status: OperationStatus
    good: Decimal
    scrapped: Decimal
    process_name: str = ""
    machine_type: MachineType | None = None
    """The type of machine that it needs."""
    setup_minutes: Decimal | None = None
    """Planned."""
    cycle_seconds: Decimal | None = None
    """Ideal time for one piece."""
    overlap_quantity: Decimal | None = None
    """Good of the step before after which this one may start; 0 at any time; None when all."""
    fixture: str | None = None
    gauge: str | None = None
    tool: str | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    quality_requirements: Mapping[str, object] = field(default_factory=dict)
    instructions: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    status_since: datetime | None = None
    status_by: str | None = None
    setup_spent_minutes: Decimal = Decimal(0)
    """Time spent on setting up until now."""
    run_spent_minutes: Decimal = Decimal(0)
    """Time spent on running until now."""
    actions: tuple[OperationAction, ...] = ()
    """What this person may do to it now, main action first."""
    blockers: Mapping[OperationAction, tuple["Violation", ...]] = field(default_factory=dict)
    """For each other action, what stops it."""


@dataclass(frozen=True, slots=True)
class SubOrderRow:
    number: str
    product: str
    quantity: Decimal
    status: OrderStatus
    product_name: str = ""
    unit: str = ""
    quantity_completed: Decimal = Decimal(0)
    planned_end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Violation:
    """One reason why not: the catalogue's code, its sentence filled with the numbers, and what to do next."""

    code: str
    message: str
    details: Mapping[str, object]
    next_step: str
    overridable: bool

    @classmethod
    def of(cls, refused: ManufacturingException) -> "Violation":
        return cls(refused.code, refused.message, refused.details, refused.next_step, refused.entry.overridable)


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
    cancel_reason: str | None
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
    parts_to_make: int
    """Semi-finished lines of its product's bill of material that have no sub order yet."""
    actions: tuple[Action, ...]
    """What this person may do now: right and status allow it, and no guard stops it."""
    blockers: Mapping[Action, tuple[Violation, ...]]
    """For each other action, what stops it (wrong status, missing right, guards)."""


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One thing that happened to an order."""

    at: datetime
    """When it happened, by the person's word."""
    entered_at: datetime
    """When it was entered; later than `at` for a late entry."""
    badge: str | None
    person_name: str | None
    terminal: str
    action_type: str
    message: str
    approver: str | None = None


@dataclass(frozen=True, slots=True)
class TimelineStretch:
    """A stretch of an order's time with one state: "wait", "run", "hold" or "down"."""

    state: str
    start: datetime
    end: datetime
    sequence: int | None = None
    """The operation that ran, if one did."""
    machine: str | None = None
    reason: str | None = None
    setting_up: bool = False
    """Of a stretch that ran: whether nothing but setting up was done."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened to an order, and where its time went; wait + run + hold + down = lead, in minutes with three places."""

    number: str
    start: datetime
    """When it was created."""
    end: datetime
    """When it was completed or cancelled; now while it is open."""
    wait_minutes: Decimal
    run_minutes: Decimal
    """Setting up counts as running here."""
    hold_minutes: Decimal
    down_minutes: Decimal
    lead_minutes: Decimal
    setup_minutes: Decimal
    """The part of run_minutes that was setting up."""
    events: tuple[TimelineEvent, ...]
    """Oldest first."""
    stretches: tuple[TimelineStretch, ...]
    """Without gaps and overlaps from start to end."""


@dataclass(frozen=True, slots=True)
class DowntimeRow:
    category: DowntimeCategory
    reason: str | None
    start: datetime
    end: datetime | None = None
    notes: str | None = None
    badge: str | None = None
    """Who reported it."""


@dataclass(frozen=True, slots=True)
class MaintenanceRow:
    """A maintenance that was done."""

    date: date
    notes: str | None
    badge: str | None


@dataclass(frozen=True, slots=True)
class RibbonStretch:
    """What a machine did from `start` to `end`."""

    state: MachineState
    start: datetime
    end: datetime
    work_order: str | None = None
    sequence: int | None = None
    category: DowntimeCategory | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class DowntimeShare:
    """One bar of the downtime Pareto: minutes and number of stops of a category."""

    category: DowntimeCategory
    minutes: Decimal
    stops: int


@dataclass(frozen=True, slots=True)
class Oee(Effectiveness):
    """Overall equipment effectiveness of a machine over a period."""

    machine: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class PlannedBar:
    """An order, or one operation of it, on a machine's line."""

    number: str
    sequence: int | None
    product: str
    product_name: str
    status: OrderStatus
    priority: Priority
    planned_start: datetime
    planned_end: datetime
    actual_start: datetime | None
    actual_end: datetime | None
    overdue: bool
    overlaps: bool
    """Another planned bar of the same machine covers part of the same time."""


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """One machine's line of the board's time line."""

    machine: str
    type: MachineType
    status: MachineStatus
    department: str | None
    planned: tuple[PlannedBar, ...]
    """Open and finished orders whose planned or actual time touches the window."""
    actual: tuple[RibbonStretch, ...]
    """What really happened, without IDLE; open stretches end at the moment of asking."""


@dataclass(frozen=True, slots=True)
class Schedule:
    start: datetime
    end: datetime
    now: datetime
    rows: tuple[ScheduleRow, ...]
    unassigned: tuple[PlannedBar, ...]
    """Open orders in the window that name no machine."""


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
    sequence: int | None = None
    """The operation of the order that runs on it now, if it has operations."""
    process_name: str | None = None
    good: Decimal | None = None
    scrapped: Decimal | None = None
    """Pieces of what runs on it now: of the operation, or of an order without operations."""
    oee_today: Decimal | None = None
    """Of the plant's day so far, a fraction."""


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
    """Open orders that name this machine, themselves or by an open operation: the running one first, then by planned start."""
    maintenances: tuple[MaintenanceRow, ...] = ()
    """The newest 20, newest first."""
    ribbon: tuple[RibbonStretch, ...] = ()
    """The last 24 hours, without gaps, oldest first."""
    pareto: tuple[DowntimeShare, ...] = ()
    """Downtime of the last 30 days by category, the longest first."""
    oee: "Oee | None" = None
    """Of the plant's day so far."""


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
    """On hand less reserved; nothing in a lot that is blocked, expired, or in a category that is not used."""
    unit_cost: Decimal | None
    received_at: datetime
    expires_at: datetime | None
    expired: bool
    blocked: bool
    block_reason: str | None
    location: str | None
    version: int


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
    changes: tuple[ChangeRow, ...] | None
    """None where they were not asked for."""
    hash: str


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    rows: tuple[Row, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class LotPage(Page[LotRow]):
    """Lots, and which of the commands about stock this person may not give, each with the reason."""

    blockers: Mapping[str, tuple[Violation, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProductRow:
    stock_code: str
    name: str
    type: ProductType
    unit: str
    active: bool
    on_hand: Decimal = field(default=Decimal(0))
    has_bom: bool = False
    active_workflow: str | None = None
    """Version of the routing in use."""


@dataclass(frozen=True, slots=True)
class BomLineRow:
    """One line of a bill of material. `below` is the bill of its component, for the tree."""

    component: str
    component_name: str
    component_type: ProductType
    unit: str
    quantity: Decimal
    """For one piece of the product above, in the component's unit."""
    scrap_percentage: Decimal
    issue_method: IssueMethod
    operation_sequence: int | None
    notes: str | None
    on_hand: Decimal
    below: tuple["BomLineRow", ...] = ()


@dataclass(frozen=True, slots=True)
class ProductDetail:
    row: ProductRow
    tracking: Tracking
    version: int
    bom: tuple[BomLineRow, ...] | None
    """The whole tree, at most 10 levels; None without a bill, () for one that says it takes nothing."""
    used_in: tuple[str, ...]
    """Stock codes of the products whose bill names this one."""
    workflows: tuple["WorkflowRow", ...] = ()
    bom_version: int = 0
    """How often the bill was set; 0 without one."""


@dataclass(frozen=True, slots=True)
class ProcessRow:
    process_code: str
    name: str
    machine_type: MachineType
    description: str | None
    setup_minutes: Decimal | None
    run_minutes: Decimal | None


@dataclass(frozen=True, slots=True)
class WorkflowRow:
    product: str
    product_name: str
    version: str
    status: WorkflowStatus
    effective_date: date
    revision_notes: str | None
    steps: int
    """Sequences that it has."""


@dataclass(frozen=True, slots=True)
class ConfigRow:
    """The settings of one step of a routing; a step may have several versions of them, one of them active."""

    sequence: int
    process: str
    process_name: str
    config_version: int
    status: ProcessConfigStatus
    machine_type: MachineType | None
    axis_count: AxisCount | None
    machine: str | None
    fixture: str | None
    gauge: str | None
    tool: str | None
    setup_minutes: Decimal | None
    cycle_seconds: Decimal | None
    overlap_quantity: Decimal | None
    parameters: Mapping[str, object]
    quality_requirements: Mapping[str, object]
    instructions: str | None


@dataclass(frozen=True, slots=True)
class WorkflowDetail:
    row: WorkflowRow
    steps: tuple[ConfigRow, ...]
    """By sequence, then config version."""


@dataclass(frozen=True, slots=True)
class FixtureRow:
    fixture: str
    name: str
    fixture_type: str
    location: str | None
    status: FixtureStatus
    check_interval_days: int
    last_checked: date | None
    next_check: date | None
    """Overdue the day after; None when it was never checked."""
    overdue: bool
    work_order: str | None
    """The order whose running operation has it."""
    version: int


@dataclass(frozen=True, slots=True)
class GaugeRow:
    gauge: str
    name: str
    manufacturer: str | None
    status: GaugeStatus
    calibration_interval_days: int
    calibration_date: date | None
    next_calibration: date | None
    """Overdue the day after; None when it was never calibrated."""
    overdue: bool
    certificate: str | None
    work_order: str | None
    """The order whose running operation has it."""
    version: int


@dataclass(frozen=True, slots=True)
class ShortOrder:
    """One order's part of a shortage, in the material's unit."""

    number: str
    product: str
    status: OrderStatus
    priority: Priority
    planned_start: datetime
    planned_end: datetime
    required: Decimal
    missing: Decimal
    """Neither reserved nor issued."""
    short: Decimal
    """What of it stock cannot give, after the orders before it have taken theirs."""


@dataclass(frozen=True, slots=True)
class ShortageRow:
    """A material that open orders still need and stock cannot give."""

    material: str
    material_name: str
    unit: str
    missing: Decimal
    """What open orders need and do not hold yet."""
    available: Decimal
    """Free in usable lots."""
    short: Decimal
    """missing - available."""
    coming: Decimal
    """What open orders for this material are still to make."""
    orders: tuple[ShortOrder, ...]
    """Only those that are short, the most urgent first."""
