"""What the shop can refuse, in one catalogue: code, family, severity, sentence, next step, may it be overridden.

Nobody else writes a sentence for a person into a refusal. To add one, add a row to ENTRIES and raise it by
`refusal(CODE, ...)` with the details that the row names. In a sentence, `{name}` is filled from the details, and a part
in `[...]` is left out when one of the details it names is not known. After a colon stands how a detail is read: `words`
(IN_PROGRESS: in progress, several joined by and), `any` (the same, joined by or), `days` (1 day, 12 days), `chain`
(A > B > A). Times are shown in the zone they carry: the shop brings those of a refusal onto
the plant's clock before anybody hears it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence, Sized
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Any, Final

from typing_extensions import override

UNKNOWN: Final = "unknown"
LONGEST_TEXT: Final = 80
LONGEST_LIST: Final = 8
# A number with more places than this is a slip or an attack: written out it could fill a megabyte.
MOST_PLACES: Final = 30
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Severity(StrEnum):
    """How loud a code is; the audit log uses the same four levels."""

    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"
    CRITICAL = "CRITICAL"


# The contract names the families Exception, not Error: these are answers of the shop, not faults of the program.
class ManufacturingException(Exception):
    """A catalogued refusal; by itself the family of the SYSTEM codes, and the base of the five families of the shop."""

    def __init__(self, code: str, /, **details: object) -> None:
        entry = CATALOGUE[code]
        if type(self) is not entry.family:
            raise TypeError(f"{code} is a {entry.family.__name__}: raise it by refusal({code!r}, ...)")
        # Only the code goes to args: copying and pickling call the class with args and then restore the rest.
        super().__init__(code)
        self.code: str = code
        self.details: dict[str, object] = details
        self._combined: tuple[ManufacturingException, ...] = ()
        self._told: str | None = None

    @override
    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    @property
    def entry(self) -> CodeEntry:
        return CATALOGUE[self.code]

    @property
    def severity(self) -> Severity:
        return self.entry.severity

    @property
    def message(self) -> str:
        """Tell what is wrong, in one sentence with the numbers of the case."""
        return self._told or _fill(self.entry.message, self.details)

    @property
    def next_step(self) -> str:
        """Tell what to do next."""
        return _fill(self.entry.next_step, self.details)

    @property
    def violations(self) -> tuple[ManufacturingException, ...]:
        """Name every rule that refused, the first one first; a single refusal names itself."""
        return self._combined or (self,)

    @property
    def overridable(self) -> bool:
        """Say whether an override lets the command pass: of several violations, each must allow it."""
        return all(violation.entry.overridable for violation in self.violations)

    def tell_times_in(self, zone: tzinfo) -> None:
        """Bring the times of the case onto the clock of this zone: whoever typed a local time hears it as it was typed."""
        for violation in self._combined:
            violation.tell_times_in(zone)
        for name, value in self.details.items():
            if isinstance(value, datetime) and value.tzinfo is not None:
                self.details[name] = value.astimezone(zone)
        if self._combined:
            self.details["violations"] = [violation.as_error() for violation in self._combined]

    def as_error(self) -> dict[str, object]:
        """Give code, message and details as plain JSON values; a decimal becomes text without trailing zeros."""
        return {"code": self.code, "message": self.message, "details": plain(self.details)}


class WorkOrderException(ManufacturingException):
    """The order or one of its operations stands in the way."""


class MachineException(ManufacturingException):
    """The machine, fixture or gauge stands in the way."""


class MaterialAllocationException(ManufacturingException):
    """The material stands in the way."""


class ProductionException(ManufacturingException):
    """The reported output stands in the way."""


class BusinessRuleViolationException(ManufacturingException):
    """A right, a sign-in or the form of the entry stands in the way."""


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One row of the catalogue: `details` are always there, `optional` when they are known."""

    code: str
    family: type[ManufacturingException]
    severity: Severity
    message: str
    next_step: str
    overridable: bool = False
    details: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    def fill(self, details: Mapping[str, object], write: Callable[[date], str]) -> tuple[str, str]:
        """Give sentence and next step, with days and times as `write` writes them."""
        return _fill(self.message, details, write), _fill(self.next_step, details, write)


MOVED: Final = ("moved_by", "moved_at", "moved_at_terminal")
MOVED_LAST: Final = "[ {moved_by} moved it last, on {moved_at} at terminal {moved_at_terminal}.]"
WON: Final = "[: {moved_by} moved it last, on {moved_at} at terminal {terminal}]"

# Overdue maintenance may be overridden; an overdue gauge or fixture may not: parts made on it cannot be proven good
# afterwards. Nor may output above the order: the tolerance of the plant is the permitted way.
ENTRIES: Final[tuple[CodeEntry, ...]] = (
    # ---- the order and its operations
    CodeEntry(
        "WORK_ORDER_NOT_FOUND",
        WorkOrderException,
        Severity.WARNING,
        "There is no work order {number}.",
        "Check the number, or search for the order on the board.",
        details=("number",),
    ),
    CodeEntry(
        "WORK_ORDER_CANNOT_START",
        WorkOrderException,
        Severity.WARNING,
        "Work order cannot be started in current status",
        "Start the order once it is {required_status:any}; it is {current_status:words} now." + MOVED_LAST,
        details=("current_status", "required_status"),
        optional=("number", *MOVED),
    ),
    CodeEntry(
        "WORK_ORDER_ALREADY_STARTED",
        WorkOrderException,
        Severity.WARNING,
        "Work order {number} is already started" + WON + ".",
        "Open the order to see where it stands, then report output or put it on hold.",
        details=("number", "current_status", "moved_by", "moved_at", "terminal"),
        optional=("required_status",),
    ),
    CodeEntry(
        "WORK_ORDER_ALREADY_COMPLETED",
        WorkOrderException,
        Severity.WARNING,
        "Work order {number} is already completed" + WON + ".",
        "Choose another order; correct a wrong entry by reversing its output.",
        details=("number", "current_status", "moved_by", "moved_at", "terminal"),
        optional=("required_status",),
    ),
    CodeEntry(
        "WORK_ORDER_INVALID_TRANSITION",
        WorkOrderException,
        Severity.WARNING,
        "Work order[ {number}] cannot take this step while it is {current_status:words}.",
        "Take this step when the order is {required_status:any}." + MOVED_LAST,
        details=("current_status", "required_status"),
        optional=("number", "action", *MOVED),
    ),
    CodeEntry(
        "WORK_ORDER_NO_MACHINE",
        WorkOrderException,
        Severity.WARNING,
        "Work order {number} has no machine[ for operation {sequence}].",
        "Assign a machine, then start the work.",
        details=("number",),
        optional=("sequence",),
    ),
    CodeEntry(
        "WORK_ORDER_NO_MATERIALS",
        WorkOrderException,
        Severity.WARNING,
        "Nothing is allocated for work order {number} yet.",
        "Allocate its material, then start it.",
        details=("number",),
        optional=("product", "materials"),
    ),
    CodeEntry(
        "WORK_ORDER_INVALID_DATES",
        WorkOrderException,
        Severity.WARNING,
        "The planned end {planned_end} is not after the planned start {planned_start}.",
        "Set a planned end that is after the planned start.",
        details=("planned_start", "planned_end"),
        optional=("number",),
    ),
    CodeEntry(
        "WORK_ORDER_INVALID_QUANTITY",
        WorkOrderException,
        Severity.WARNING,
        "A work order cannot have the quantity {quantity}.",
        "Enter a quantity above zero, with at most three decimals.",
        details=("quantity",),
        optional=("number",),
    ),
    CodeEntry(
        "WORK_ORDER_DUPLICATE_NUMBER",
        WorkOrderException,
        Severity.WARNING,
        "Another work order already has the number {number}"
        "[: {created_by} created it on {created_at} at terminal {terminal}].",
        "Choose another number, or leave it empty to get the next free one.",
        details=("number",),
        optional=("created_by", "created_at", "terminal"),
    ),
    CodeEntry(
        "WORK_ORDER_QUANTITY_SHORT",
        WorkOrderException,
        Severity.WARNING,
        "Work order[ {number}] has {completed} good of {ordered} ordered; {missing} missing.",
        "Report the missing {missing}, or give a reason to close the order short.",
        details=("ordered", "completed", "missing"),
        optional=("number",),
    ),
    CodeEntry(
        "WORK_ORDER_OPEN_OPERATIONS",
        WorkOrderException,
        Severity.WARNING,
        "Operations of work order {number} are still running: {operations}.",
        "Complete these operations, then complete the order.",
        details=("number", "operations"),
    ),
    CodeEntry(
        "WORK_ORDER_OPEN_SUB_ORDERS",
        WorkOrderException,
        Severity.WARNING,
        "Work order {number} has open sub orders: {sub_orders}.",
        "Complete or cancel the sub orders first.",
        details=("number", "sub_orders"),
    ),
    CodeEntry(
        "WORK_ORDER_HAS_ISSUED_MATERIAL",
        WorkOrderException,
        Severity.WARNING,
        "Work order {number} still holds issued material: {materials}.",
        "Return the material first, or cancel the order and return its material in one step.",
        details=("number", "materials"),
    ),
    CodeEntry(
        "WORK_ORDER_NOT_EDITABLE",
        WorkOrderException,
        Severity.WARNING,
        "Work order {number} is {current_status:words}: {fields:words} can no longer change.",
        "Leave this as it is[, or change it in an order that is {required_status:any}]." + MOVED_LAST,
        details=("number", "current_status", "fields"),
        optional=("required_status", *MOVED),
    ),
    CodeEntry(
        "WORK_ORDER_CHANGED_ELSEWHERE",
        WorkOrderException,
        Severity.WARNING,
        # Products, bills of material and machines are refused by it too: the contract has this one word for a race.
        "{changed_by} changed [{thing} ]{number} on {changed_at} at terminal {terminal}.",
        "Look at it as it is now, then try again.",
        details=("number", "seen_version", "version", "changed_by", "changed_at", "terminal"),
        optional=("thing", "current_status"),
    ),
    CodeEntry(
        "OPERATION_NOT_FOUND",
        WorkOrderException,
        Severity.WARNING,
        "Work order {number} has no operation {sequence}.",
        "Choose an operation from the list of the order.",
        details=("number", "sequence"),
    ),
    CodeEntry(
        "OPERATION_INVALID_SEQUENCE",
        WorkOrderException,
        Severity.WARNING,
        "Operation {sequence} of work order {number} must wait for operation {predecessors}.",
        "Complete operation {predecessors} first[, or pass on {overlap_quantity} good pieces from it].",
        details=("number", "sequence", "predecessors"),
        optional=("overlap_quantity", "good"),
    ),
    CodeEntry(
        "OPERATION_ALREADY_STARTED",
        WorkOrderException,
        Severity.WARNING,
        "Operation {sequence} of work order {number} is already started" + WON + ".",
        "Report its output or pause it; resume it if it is on hold.",
        details=("number", "sequence", "current_status"),
        optional=("moved_by", "moved_at", "terminal"),
    ),
    CodeEntry(
        "OPERATION_ALREADY_COMPLETED",
        WorkOrderException,
        Severity.WARNING,
        "Operation {sequence} of work order {number} is already completed" + WON + ".",
        "Choose the next operation; correct a wrong entry by reversing its output.",
        details=("number", "sequence", "current_status"),
        optional=("moved_by", "moved_at", "terminal"),
    ),
    CodeEntry(
        "OPERATION_CANNOT_START",
        WorkOrderException,
        Severity.WARNING,
        "Operation {sequence} of work order {number} cannot start[: the order is {order_status:words}].",
        "Start it when the status is {required_status:any}; it is {current_status:words} now." + MOVED_LAST,
        details=("number", "sequence", "current_status", "required_status"),
        optional=("order_status", *MOVED),
    ),
    CodeEntry(
        "OPERATION_MACHINE_CONFLICT",
        WorkOrderException,
        Severity.WARNING,
        "Operation {sequence} of work order {number} cannot run on machine {machine}"
        "[: operation {running_sequence} of the same order runs there].",
        "Choose another machine for this operation[, or complete operation {running_sequence} first].",
        details=("number", "sequence", "machine"),
        optional=("running_sequence",),
    ),
    # ---- machines and tooling
    CodeEntry(
        "MACHINE_NOT_FOUND",
        MachineException,
        Severity.WARNING,
        "There is no machine {machine}.",
        "Check the code, or choose the machine from the list.",
        details=("machine",),
    ),
    CodeEntry(
        "MACHINE_INACTIVE",
        MachineException,
        Severity.WARNING,
        "Machine {machine} is not active.",
        "Choose another machine, or ask a planner to make this one active again.",
        details=("machine",),
    ),
    CodeEntry(
        "MACHINE_UNDER_MAINTENANCE",
        MachineException,
        Severity.WARNING,
        "Machine {machine} is under maintenance[ since {since}][: {reason}].[ {moved_by} took it over at terminal {terminal}.]",
        "Choose another machine, or wait until Maintenance frees this one.",
        details=("machine",),
        optional=("since", "reason", "moved_by", "terminal"),
    ),
    CodeEntry(
        "MACHINE_BROKEN",
        MachineException,
        Severity.WARNING,
        "Machine {machine} is broken[ since {since}][: {reason}].[ {moved_by} reported it at terminal {terminal}.]",
        "Choose another machine, or call Maintenance.",
        details=("machine",),
        optional=("since", "reason", "moved_by", "terminal"),
    ),
    CodeEntry(
        "MACHINE_RETIRED",
        MachineException,
        Severity.WARNING,
        "Machine {machine} is retired[: {moved_by} retired it on {since} at terminal {terminal}].",
        "Choose another machine.",
        details=("machine",),
        optional=("since", "reason", "moved_by", "terminal"),
    ),
    CodeEntry(
        "MACHINE_ALREADY_IN_USE",
        MachineException,
        Severity.WARNING,
        "Machine {machine} is running work order {work_order}"
        "[: {moved_by} started it on {moved_at} at terminal {terminal}].",
        "Choose another machine, or complete {work_order} or put it on hold first.",
        details=("machine", "work_order"),
        optional=("since", "moved_by", "moved_at", "terminal"),
    ),
    CodeEntry(
        "MACHINE_MAINTENANCE_OVERDUE",
        MachineException,
        Severity.WARNING,
        "Maintenance of machine {machine} was due on {next_maintenance}, {days:days} ago.",
        "Have the maintenance done and recorded, choose another machine, or call for an override.",
        overridable=True,
        details=("machine", "next_maintenance", "days"),
    ),
    CodeEntry(
        "MACHINE_INVALID_STATUS",
        MachineException,
        Severity.WARNING,
        "Machine {machine} is {current_status:words} and cannot become {requested_status:words}"
        "[ while it runs work order {work_order}]" + WON + ".",
        "Choose another status[: {allowed:any}].[ Complete {work_order} or put it on hold first.]",
        details=("machine", "current_status", "requested_status", "allowed"),
        optional=("work_order", "moved_by", "moved_at", "terminal"),
    ),
    CodeEntry(
        "MACHINE_DOWNTIME_OVERLAP",
        MachineException,
        Severity.WARNING,
        "Machine {machine} already has a downtime from {other_start}[ to {other_end}]"
        "[: {recorded_by} recorded it on {recorded_at} at terminal {terminal}].",
        "Choose times outside it, or split the downtime that is there.",
        details=("machine", "start", "end", "other_start", "other_end"),
        optional=("recorded_by", "recorded_at", "terminal"),
    ),
    CodeEntry(
        "FIXTURE_NOT_FOUND",
        MachineException,
        Severity.WARNING,
        "There is no fixture {fixture}.",
        "Check the code, or choose the fixture from the list.",
        details=("fixture",),
    ),
    CodeEntry(
        "FIXTURE_NOT_AVAILABLE",
        MachineException,
        Severity.WARNING,
        "Fixture {fixture} is not available: {current_status:words}[, with work order {work_order}].",
        "Wait until the fixture is free, or start other work.",
        details=("fixture", "current_status"),
        optional=("work_order",),
    ),
    CodeEntry(
        "FIXTURE_CHECK_OVERDUE",
        MachineException,
        Severity.WARNING,
        "The check of fixture {fixture} was due on {next_check}, {days:days} ago.",
        "Have the fixture checked and the check recorded.",
        details=("fixture", "next_check", "days"),
    ),
    CodeEntry(
        "GAUGE_NOT_FOUND",
        MachineException,
        Severity.WARNING,
        "There is no gauge {gauge}.",
        "Check the code, or choose the gauge from the list.",
        details=("gauge",),
    ),
    CodeEntry(
        "GAUGE_NOT_AVAILABLE",
        MachineException,
        Severity.WARNING,
        "Gauge {gauge} is not available: {current_status:words}[, with work order {work_order}].",
        "Wait until the gauge is free, or ask Quality for another.",
        details=("gauge", "current_status"),
        optional=("work_order",),
    ),
    CodeEntry(
        "GAUGE_CALIBRATION_OVERDUE",
        MachineException,
        Severity.WARNING,
        "The calibration of gauge {gauge} was due on {next_calibration}, {days:days} ago.",
        "Take the gauge to calibration and ask Quality for another.",
        details=("gauge", "next_calibration", "days"),
    ),
    # ---- material
    CodeEntry(
        "MATERIAL_NOT_FOUND",
        MaterialAllocationException,
        Severity.WARNING,
        "There is no stock code {material}[ on work order {number}].",
        "Check the stock code, or choose it from the list.",
        details=("material",),
        optional=("number",),
    ),
    CodeEntry(
        "MATERIAL_INSUFFICIENT_STOCK",
        MaterialAllocationException,
        Severity.WARNING,
        "There is not enough {material}[ in lot {lot}]: {required}[ {unit}] needed, {available}[ {unit}] available, "
        "{reserved_elsewhere}[ {unit}] reserved for other orders.",
        "Order {short}[ {unit}] more, free what other orders hold, or allocate only what there is.",
        details=("material", "required", "available", "reserved_elsewhere", "short"),
        optional=("unit", "lot", "number", "allocated"),
    ),
    CodeEntry(
        "MATERIAL_ALREADY_ALLOCATED",
        MaterialAllocationException,
        Severity.WARNING,
        "All material of work order {number} is already allocated"
        "[: {allocated_by} did it on {allocated_at} at terminal {terminal}].",
        "Go on and issue the material.",
        details=("number",),
        optional=("material", "allocated_by", "allocated_at", "terminal"),
    ),
    CodeEntry(
        "MATERIAL_ALLOCATION_EXCEEDED",
        MaterialAllocationException,
        Severity.WARNING,
        "{asked}[ {unit}] more of {material} is above the need: {required}[ {unit}] required, "
        "{issued}[ {unit}] already issued.",
        "Issue less, or call for an override.",
        overridable=True,
        details=("material", "required", "issued", "asked"),
        optional=("unit", "number", "lot"),
    ),
    CodeEntry(
        "MATERIAL_NOT_ALLOCATED",
        MaterialAllocationException,
        Severity.WARNING,
        "Only {allocated} of {required}[ {unit}] {material} is allocated"
        "[: {issued_by} issued it on {issued_at} at terminal {terminal}].",
        "Allocate the material, or order {short}[ {unit}] more.",
        details=("material", "required", "allocated", "short"),
        optional=("unit", "number", "issued_by", "issued_at", "terminal"),
    ),
    CodeEntry(
        "MATERIAL_NOT_ISSUED",
        MaterialAllocationException,
        Severity.WARNING,
        "This output uses {required}[ {unit}] {material}, and {issued}[ {unit}] is issued and unused.",
        "Issue {short}[ {unit}] more first, or call for an override.",
        overridable=True,
        details=("material", "required", "issued", "short"),
        optional=("unit", "number"),
    ),
    CodeEntry(
        "MATERIAL_RETURN_EXCEEDED",
        MaterialAllocationException,
        Severity.WARNING,
        "{asked}[ {unit}] {material} cannot go back[ to lot {lot}]: {returnable}[ {unit}] is issued and unused.",
        "Return at most {returnable}[ {unit}].",
        details=("material", "returnable", "asked"),
        optional=("unit", "number", "lot"),
    ),
    CodeEntry(
        "MATERIAL_BOM_NOT_FOUND",
        MaterialAllocationException,
        Severity.WARNING,
        "Product {product} has no active bill of materials.",
        "Ask a planner to set the bill of materials.",
        details=("product",),
    ),
    CodeEntry(
        "MATERIAL_BOM_CYCLE",
        MaterialAllocationException,
        Severity.WARNING,
        "The bill of materials of {product} leads back to itself[: {path:chain}].",
        "Take the product out of its own bill of materials.",
        details=("product", "path"),
    ),
    CodeEntry(
        "MATERIAL_INVALID_QUANTITY",
        MaterialAllocationException,
        Severity.WARNING,
        "The quantity {quantity} is not possible for {material}.",
        "Enter a quantity above zero, with at most three decimals.",
        details=("material", "quantity"),
        optional=("number", "lot", "field"),
    ),
    CodeEntry(
        "MATERIAL_LOT_NOT_FOUND",
        MaterialAllocationException,
        Severity.WARNING,
        "There is no lot {lot} of {material}[ among what was issued to {number}].",
        "Check the label, or choose a lot from the list.",
        details=("lot", "material"),
        optional=("number",),
    ),
    CodeEntry(
        "MATERIAL_LOT_EXPIRED",
        MaterialAllocationException,
        Severity.WARNING,
        "Lot {lot} of {material} expired on {expires_at}.",
        "Pick another lot or ask Quality.",
        details=("lot", "material", "expires_at"),
    ),
    CodeEntry(
        "MATERIAL_LOT_BLOCKED",
        MaterialAllocationException,
        Severity.WARNING,
        "Lot {lot} is blocked[: {reason}].",
        "Pick another lot or ask Quality.",
        details=("lot", "material", "reason"),
    ),
    # ---- output
    CodeEntry(
        "PRODUCTION_OUTPUT_INVALID",
        ProductionException,
        Severity.WARNING,
        "This output of work order {number} cannot be booked"
        "[: there is no entry {output}][: entry {reversal} takes entry {reverses} back itself]"
        "[: {scrapped} scrapped, reasons for {explained}].",
        "Enter at least one quantity above zero and give reasons for all scrap"
        "[, or choose an entry other than {output}][, or choose an entry other than {reversal}].",
        details=("number",),
        optional=("output", "reversal", "reverses", "good", "scrapped", "rework", "explained", "sequence"),
    ),
    CodeEntry(
        "PRODUCTION_QUANTITY_NEGATIVE",
        ProductionException,
        Severity.WARNING,
        "The quantity {quantity} for {field:words} is below zero.",
        "Enter zero or more; correct a wrong entry by reversing it.",
        details=("field", "quantity"),
        optional=("number",),
    ),
    CodeEntry(
        "PRODUCTION_NO_OPERATOR",
        ProductionException,
        Severity.WARNING,
        "The output of work order {number} names no operator[ that is known: {operator}].",
        "Scan the badge of the person who made the pieces.",
        details=("number",),
        optional=("operator",),
    ),
    CodeEntry(
        "PRODUCTION_OPERATION_NOT_STARTED",
        ProductionException,
        Severity.WARNING,
        "Work order {number}[, operation {sequence},] is {current_status:words}, so no work goes on and it takes no output.",
        "Start the work first, then go on." + MOVED_LAST,
        details=("number", "current_status"),
        optional=("sequence", "required_status", *MOVED),
    ),
    CodeEntry(
        "PRODUCTION_ALREADY_COMPLETED",
        ProductionException,
        Severity.WARNING,
        "Work order {number}[, operation {sequence},] is finished and takes no more output.",
        "Report the pieces on another order; correct a wrong entry by reversing it." + MOVED_LAST,
        details=("number", "current_status"),
        optional=("sequence", "required_status", *MOVED),
    ),
    CodeEntry(
        "PRODUCTION_OUTPUT_EXCEEDS_ORDER",
        ProductionException,
        Severity.WARNING,
        "{asked} more would pass the limit of {limit}: {ordered} ordered, {reported} already reported.",
        "Count again, report what the order still takes, and ask a planner about the rest.",
        details=("ordered", "limit", "reported", "asked"),
        optional=("number", "sequence"),
    ),
    CodeEntry(
        "PRODUCTION_SCRAP_REASON_REQUIRED",
        ProductionException,
        Severity.WARNING,
        "Scrap of {scrapped} has no reason.",
        "Choose a reason for each scrapped quantity.",
        details=("scrapped",),
        optional=("number",),
    ),
    CodeEntry(
        "PRODUCTION_ALREADY_REVERSED",
        ProductionException,
        Severity.WARNING,
        "Output {output} of work order {number} is already reversed"
        "[: {reversed_by} did it on {reversed_at} at terminal {terminal}].",
        "Look at the outputs of the order; report again if something is missing.",
        details=("number", "output"),
        optional=("reversed_by", "reversed_at", "terminal"),
    ),
    # ---- rights, sign-in, entries
    CodeEntry(
        "PERMISSION_DENIED",
        BusinessRuleViolationException,
        Severity.WARNING,
        "You do not have the right to do this: {operation:words}.",
        "Ask a person who has this right, or an administrator to grant it.",
        details=("operation",),
        optional=("badge",),
    ),
    CodeEntry(
        "PERMISSION_MACHINE_DENIED",
        BusinessRuleViolationException,
        Severity.WARNING,
        "You do not have the right to do this on machine {machine}: {operation:words}.",
        "Ask a person who works on this machine, or an administrator to add it to your list.",
        details=("operation", "machine"),
        optional=("badge",),
    ),
    CodeEntry(
        "OVERRIDE_REQUIRED",
        BusinessRuleViolationException,
        Severity.WARNING,
        "A second person must agree to this step.",
        "Ask a person with the right to override for badge, PIN and reason.",
        details=("refused",),
    ),
    CodeEntry(
        "OVERRIDE_DENIED",
        BusinessRuleViolationException,
        Severity.WARNING,
        "{approver} cannot lift this refusal.",
        "Ask another person who has the right to override it, or settle what stands in the way.",
        details=("refused", "approver"),
    ),
    CodeEntry(
        "AUTH_REQUIRED",
        BusinessRuleViolationException,
        Severity.WARNING,
        "Nobody is signed in[ at terminal {terminal}].",
        "Scan your badge and enter your PIN.",
        optional=("terminal",),
    ),
    CodeEntry(
        "AUTH_INVALID_CREDENTIALS",
        BusinessRuleViolationException,
        Severity.WARNING,
        "The badge or the PIN is wrong.",
        "Try again.",
        details=("badge",),
    ),
    CodeEntry(
        "AUTH_LOCKED",
        BusinessRuleViolationException,
        Severity.WARNING,
        "This badge is locked until {until} after too many wrong PINs.",
        "Wait until then, or ask an administrator for a new PIN.",
        details=("until",),
        optional=("badge",),
    ),
    CodeEntry(
        "VALIDATION_REQUIRED_FIELD",
        BusinessRuleViolationException,
        Severity.WARNING,
        "The entry for {field:words} is missing[ in line {line}].",
        "Fill in {field:words} and try again.",
        details=("field",),
        optional=("line",),
    ),
    CodeEntry(
        "VALIDATION_INVALID_FORMAT",
        BusinessRuleViolationException,
        Severity.WARNING,
        "The entry for {field:words}[ in line {line}] cannot be read[: {reason}].",
        "Correct {field:words} and try again.",
        details=("field", "reason"),
        optional=("value", "line"),
    ),
    CodeEntry(
        "VALIDATION_INVALID_CHOICE",
        BusinessRuleViolationException,
        Severity.WARNING,
        "“{value}” is not possible for {field:words}[: {reason}].",
        "Choose another entry[; possible are {allowed}].",
        details=("field", "value"),
        optional=("allowed", "reason", "line"),
    ),
    CodeEntry(
        "VALIDATION_DUPLICATE_VALUE",
        BusinessRuleViolationException,
        Severity.WARNING,
        "The entry for {field:words} is already taken[: “{value}”].",
        "Enter another one, or open the one that is there.",
        details=("field",),
        optional=("value", "line"),
    ),
    CodeEntry(
        "VALIDATION_INVALID_TIME",
        BusinessRuleViolationException,
        Severity.WARNING,
        "The time {value} is not possible[: it is before {earliest}][: it is after {latest}][: {reason}].",
        "Enter a time that is not in the future and not before what it follows.",
        details=("field", "value"),
        optional=("earliest", "latest", "reason", "line"),
    ),
    CodeEntry(
        "VALIDATION_UNKNOWN_COMMAND",
        BusinessRuleViolationException,
        Severity.WARNING,
        "There is no command or question “{value}”.",
        "Check the spelling against the list of commands.",
        details=("field", "value"),
        optional=("line",),
    ),
    # ---- the system
    CodeEntry(
        "SYSTEM_ERROR",
        ManufacturingException,
        Severity.CRITICAL,
        "The program made a mistake, and this step was not done.",
        "Try once more; if it happens again, give report {report} to support.",
        details=("report",),
    ),
    CodeEntry(
        "SYSTEM_DATABASE_ERROR",
        ManufacturingException,
        Severity.ERROR,
        "The database did not accept this step, and nothing was changed.",
        "Try once more; if it happens again, give report {report} to support.",
        details=("report",),
    ),
    CodeEntry(
        "SYSTEM_DATABASE_UNAVAILABLE",
        ManufacturingException,
        Severity.ERROR,
        "The terminal cannot reach the database[ since {since}].",
        "Wait a moment and try again; if it lasts, call the person who looks after the network.",
        optional=("since",),
    ),
    CodeEntry(
        "SYSTEM_BUSY",
        ManufacturingException,
        Severity.WARNING,
        "Another terminal is working on the same thing.",
        "Try again in a moment.",
    ),
    CodeEntry(
        "SYSTEM_COMMAND_ID_REUSED",
        ManufacturingException,
        Severity.WARNING,
        "The command number {command_id} was already used for something else"
        "[: {used_by} on {used_at} at terminal {terminal}].",
        "Send the command again with a new number.",
        details=("command_id",),
        optional=("used_by", "used_at", "terminal"),
    ),
    CodeEntry(
        "SYSTEM_SCHEMA_OUTDATED",
        ManufacturingException,
        Severity.ERROR,
        "The database[ at version {found}] does not fit this program, which needs version {needed}.",
        "Run “mfg-desktop db upgrade”, then start again.",
        details=("found", "needed"),
    ),
)

CATALOGUE: Final[Mapping[str, CodeEntry]] = MappingProxyType({entry.code: entry for entry in ENTRIES})


def refusal(code: str, /, **details: object) -> ManufacturingException:
    """Make the refusal of this code, in the family it belongs to; `raise refusal(...)` raises it."""
    return CATALOGUE[code].family(code, **details)


def combine(violations: Sequence[ManufacturingException]) -> ManufacturingException:
    """Make one refusal of several: the first speaks, and `details["violations"]` lists them all."""
    every = tuple(single for violation in violations for single in violation.violations)
    if not every:
        raise ValueError("there is nothing to refuse without a violation")
    first = every[0]
    if len(every) == 1:
        return first
    combined = refusal(first.code, **{**first.details, "violations": [violation.as_error() for violation in every]})
    combined._combined = every
    return combined


_OPTIONAL_PART: Final = re.compile(r"\[([^\[\]]*)\]")
_BLANK: Final = re.compile(r"\{(\w+)(?::(\w+))?\}")
# A reason typed with its full stop would end the sentence twice; three dots are meant.
_DOUBLE_STOP: Final = re.compile(r"(?<!\.)\.\.(?!\.)")


def recalled(error: Mapping[str, Any]) -> ManufacturingException:
    """Make the refusal again from what `as_error` gave, word for word."""
    told = refusal(error["code"], **error["details"])
    told._told = error["message"]
    if isinstance(several := error["details"].get("violations"), list):
        told._combined = tuple(recalled(violation) for violation in several)
    return told


def told_day(on: date) -> str:
    """Write a day as sentences tell it, in the log, on the command line and in the window: `5 Jan 2026`."""
    # Not by strftime: its months are in the language of the machine once Qt has started.
    return f"{on.day} {MONTHS[on.month - 1]} {on.year}"


def _write(at: date) -> str:
    if isinstance(at, datetime):
        return f"{told_day(at)} {at:%H:%M}" + (" UTC" if at.utcoffset() == timedelta(0) else "")
    return told_day(at)


def _fill(sentence: str, details: Mapping[str, object], write: Callable[[date], str] = _write) -> str:
    """Fill a sentence with values as people read them; a value that is not there becomes a neutral word."""

    def keep(part: re.Match[str]) -> str:
        return part[1] if all(_is_known(details.get(blank[1])) for blank in _BLANK.finditer(part[1])) else ""

    def read(blank: re.Match[str]) -> str:
        return _read_aloud(details.get(blank[1]), blank[2] or "", write)

    filled = _DOUBLE_STOP.sub(".", _BLANK.sub(read, _OPTIONAL_PART.sub(keep, sentence)))
    return filled[:1].upper() + filled[1:]


def _is_known(value: object) -> bool:
    return value is not None and not (isinstance(value, Sized) and len(value) == 0)


def _read_aloud(value: object, manner: str, write: Callable[[date], str]) -> str:
    match value:
        case _ if not _is_known(value):
            return UNKNOWN
        case list() | tuple() | set() | frozenset():
            return _read_list([_read_aloud(item, manner, write) for item in _in_order(value)], manner)
        case Mapping():
            return " ".join(_read_aloud(item, manner, write) for item in value.values())
        case Enum():
            return _read_words(str(value.value))
        case bool():
            return "yes" if value else "no"
        case int() | float() | Decimal():
            number = _read_number(value)
            return f"{number} {'day' if number == '1' else 'days'}" if manner == "days" else number
        case date():
            return write(value)
    text = str(value)
    # Cut before cleaning: somebody will paste a megabyte into a field.
    cut = text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
    clean = " ".join("".join(sign if sign.isprintable() else " " for sign in cut).split())
    return _read_words(clean) if manner in ("words", "any") else clean or UNKNOWN


def _read_words(text: str) -> str:
    return text.replace("_", " ").replace(".", " ").lower()


def _read_list(items: list[str], manner: str) -> str:
    if manner == "chain":
        return " > ".join(items)
    if len(items) > LONGEST_LIST:
        items = [*items[:LONGEST_LIST], f"{len(items) - LONGEST_LIST} more"]
    *most, last = items
    return f"{', '.join(most)} {'or' if manner == 'any' else 'and'} {last}" if most else last


def _read_number(value: int | float | Decimal) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    number = Decimal(value)
    if number.is_nan() or number.is_infinite():
        return str(number)
    if number == 0:
        return "0"
    if number.adjusted() > MOST_PLACES or int(number.as_tuple().exponent) < -MOST_PLACES:
        return f"{number:.6E}"
    written = f"{number:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def _in_order(values: list[object] | tuple[object, ...] | set[object] | frozenset[object]) -> Sequence[object]:
    # A set has no order of its own, and the same refusal should read the same twice.
    return sorted(values, key=str) if isinstance(values, set | frozenset) else tuple(values)


def plain(value: object) -> object:
    """Turn a value into what JSON can carry: decimals as text without trailing zeros, times as ISO 8601, words as their text."""
    # Nearly everything is one of these, and a match would ask each of its cases in turn.
    kind = type(value)
    if value is None or kind is str or kind is bool:
        return value
    if isinstance(value, dict):
        return {key if type(key) is str else str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    match value:
        case Enum():
            return plain(value.value)
        case bool() | str():
            return value
        case ManufacturingException():
            return value.as_error()
        case int():
            # Beyond 4,300 digits the json module refuses to write an integer.
            return value if value.bit_length() <= 64 else _read_number(value)
        case float():
            return value if math.isfinite(value) else str(value)
        case Decimal():
            return _read_number(value)
        case datetime() | date() | time():
            return value.isoformat()
        case Mapping():
            return {str(plain(key)): plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in _in_order(value)]
        case _:
            return str(value)
