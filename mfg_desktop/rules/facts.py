"""What a rule may know of an order, its operations, its machine, tooling and material: frozen values, read by whoever asks the rules."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from mfg_desktop.vocabulary import (
    EntityType,
    FixtureStatus,
    GaugeStatus,
    IssueMethod,
    MachineStatus,
    OperationStatus,
    OrderStatus,
    ProductType,
)


@dataclass(frozen=True, slots=True)
class MachineFacts:
    code: str
    status: MachineStatus
    active: bool
    since: datetime | None
    reason: str | None
    next_maintenance: date | None
    running_order: str | None
    """Number of the order that runs on it now."""
    moved_by: str | None = None
    """Badge of the person who started that, or stopped the machine, as far as it was asked."""
    moved_at_terminal: str | None = None


@dataclass(frozen=True, slots=True)
class LineFacts:
    material: str
    unit: str
    issue_method: IssueMethod
    required: Decimal
    reserved: Decimal
    issued: Decimal
    returned: Decimal
    consumed: Decimal

    @property
    def at_the_machine(self) -> Decimal:
        """What was issued and not brought back."""
        return self.issued - self.returned

    @property
    def missing(self) -> Decimal:
        """What is neither reserved nor issued."""
        return max(Decimal(0), self.required - self.reserved - self.at_the_machine)


@dataclass(frozen=True, slots=True)
class ToolFacts:
    """A fixture or a gauge that an operation is done with."""

    kind: EntityType
    """FIXTURE or GAUGE."""
    code: str
    status: FixtureStatus | GaugeStatus
    due: date | None
    """Day of the next check or calibration; None when it was never checked, which is not overdue."""
    work_order: str | None = None
    """The order whose running operation has it, as far as that is known."""


@dataclass(frozen=True, slots=True)
class OperationFacts:
    sequence: int
    status: OperationStatus
    good: Decimal
    overlap_quantity: Decimal | None = None
    """Good of the step before after which this one may start; 0 at any time; None when all."""
    moved_by: str | None = None
    moved_at: datetime | None = None
    moved_at_terminal: str | None = None
    machine: MachineFacts | None = None
    """The machine that it would run on: its own, else the order's."""
    has_machine: bool = False
    """Whether it names a machine of its own."""
    tools: tuple[ToolFacts, ...] = ()
    running_there: int | None = None
    """Sequence of the operation of the same order that runs on that machine now."""


@dataclass(frozen=True, slots=True)
class OrderFacts:
    number: str
    status: OrderStatus
    product: str
    product_type: ProductType
    ordered: Decimal
    good: Decimal
    scrapped: Decimal
    today: date
    """The day in the plant."""
    moved_by: str | None = None
    moved_at: datetime | None = None
    moved_at_terminal: str | None = None
    machine: MachineFacts | None = None
    lines: tuple[LineFacts, ...] = ()
    has_bom: bool = True
    bom_cycle: tuple[str, ...] = ()
    """Stock codes from the product back to itself, if its bill of material leads there."""
    has_operations: bool = False
    operations: tuple[OperationFacts, ...] = ()
    """By sequence, as far as the move asks for them."""
    open_sub_orders: tuple[str, ...] = ()

    @property
    def running_operations(self) -> tuple[int, ...]:
        return tuple(one.sequence for one in self.operations if one.status is OperationStatus.IN_PROGRESS)

    @property
    def operations_to_do(self) -> tuple[OperationFacts, ...]:
        over = (OperationStatus.COMPLETED, OperationStatus.CANCELLED)
        return tuple(one for one in self.operations if one.status not in over)


def moved_last(one: OrderFacts | OperationFacts, *, where: str = "moved_at_terminal") -> dict[str, object]:
    """Name who moved it last, when, and at which terminal under the name `where`, as a refusal tells it; nothing when nobody has."""
    if one.moved_by is None:
        return {}
    return {"moved_by": one.moved_by, "moved_at": one.moved_at, where: one.moved_at_terminal}


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person said with the move."""

    reason: str | None = None
    short_close_reason: str | None = None
    return_material: bool = False


NOTHING_SAID = Wish()
