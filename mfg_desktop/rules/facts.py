"""What a rule may know of an order, its machine and its material: frozen values, read by whoever asks the rules."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from mfg_desktop.vocabulary import IssueMethod, MachineStatus, OrderStatus, ProductType


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
    running_operations: tuple[int, ...] = ()
    open_sub_orders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person said with the move."""

    reason: str | None = None
    short_close_reason: str | None = None
    return_material: bool = False


NOTHING_SAID = Wish()
