"""Which steps an order's page offers, what each one asks, and which ways lead out of a refusal.

Whether a step may be taken is decided by the service and arrives in `OrderDetail`; here is only how it is offered. To
offer another step, give it a face and a place in OFFERED; to lead out of another refusal, add its code to `ways_out`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mfg_desktop.queries.rows import OrderDetail, Violation
from mfg_desktop.rules import lifecycle
from mfg_desktop.vocabulary import Action, OrderStatus

S = OrderStatus


class Asks(StrEnum):
    """What a tap on a step asks before anything is done."""

    NOTHING = "nothing"
    REASON = "reason"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Face:
    """How a step looks on its button."""

    label: str
    icon: str
    shortcut: str
    said: str
    """What the notice line says when it is done, after the order's number."""
    asks: Asks = Asks.NOTHING


def _named(action: Action) -> str:
    return lifecycle.STEPS[action].label


FACES: Final[Mapping[Action, Face]] = MappingProxyType(
    {
        Action.PLAN: Face(_named(Action.PLAN), "calendar", "F2", "planned"),
        Action.RELEASE: Face(_named(Action.RELEASE), "flag", "F2", "released"),
        Action.ALLOCATE: Face("Allocate", "material", "F3", "material allocated"),
        Action.START: Face(_named(Action.START), "play", "F4", "started"),
        Action.RECORD_OUTPUT: Face("Record output", "output", "F4", "output recorded", Asks.OUTPUT),
        Action.HOLD: Face(_named(Action.HOLD), "pause", "F6", "put on hold", Asks.REASON),
        Action.RESUME: Face(_named(Action.RESUME), "play", "F6", "released again"),
        Action.COMPLETE: Face(_named(Action.COMPLETE), "check", "F8", "completed"),
        Action.CANCEL: Face(f"{_named(Action.CANCEL)} order", "cross", "", "cancelled", Asks.REASON),
        Action.ISSUE: Face("Issue reserved material", "material", "", "material issued"),
    }
)

OFFERED: Final[Mapping[OrderStatus, tuple[Action, ...]]] = MappingProxyType(
    {
        S.DRAFT: (Action.PLAN, Action.ALLOCATE, Action.RELEASE),
        S.PLANNED: (Action.RELEASE, Action.ALLOCATE, Action.HOLD),
        S.RELEASED: (Action.START, Action.ALLOCATE, Action.HOLD),
        S.IN_PROGRESS: (Action.RECORD_OUTPUT, Action.HOLD, Action.COMPLETE),
        S.ON_HOLD: (Action.RESUME, Action.ALLOCATE, Action.START),
        S.COMPLETED: (),
        S.CANCELLED: (),
    }
)
"""The steps of an order in a status, the main one first; one that is yet to come is greyed and says why."""


@dataclass(frozen=True, slots=True)
class ReasonAsked:
    """A question for a reason: the chips are the answers given most."""

    title: str
    remark: str
    confirm: str
    reasons: tuple[str, ...]


REASONS: Final[Mapping[Action, ReasonAsked]] = MappingProxyType(
    {
        Action.HOLD: ReasonAsked(
            "Put on hold",
            "The order waits and its machine is free for other work.",
            "Hold",
            ("Tool broken", "No material", "No operator", "Waits for Quality", "Machine trouble", "Drawing unclear"),
        ),
        Action.CANCEL: ReasonAsked(
            "Cancel the order",
            "Cancelled is final. What is reserved for it becomes free.",
            "Cancel the order",
            ("Customer cancelled", "Entered twice", "Replaced by another order", "Covered from stock"),
        ),
        Action.COMPLETE: ReasonAsked(
            "Close short",
            "The order is completed with fewer good pieces than ordered.",
            "Close short",
            ("Customer accepts fewer", "Made up in the next lot", "Covered from stock", "Material used up"),
        ),
        Action.REVERSE_OUTPUT: ReasonAsked(
            "Reverse this entry",
            "A second entry takes it back: stock, material and totals are put right, and both stay visible.",
            "Reverse",
            ("Wrong number", "Wrong order", "Counted twice", "Wrong batch"),
        ),
    }
)


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step as the order's page offers it."""

    action: Action
    main: bool
    stopped_by: tuple[Violation, ...]
    """Why it cannot be taken now; empty when it can."""

    @property
    def face(self) -> Face:
        return FACES[self.action]


def offered(detail: OrderDetail) -> tuple[StepRow, ...]:
    """Give the steps of an order, the main one first: to complete it, once the ordered quantity is there."""
    actions = list(OFFERED[detail.row.status])
    if detail.row.quantity_completed >= detail.row.quantity_ordered and Action.COMPLETE in actions:
        actions.remove(Action.COMPLETE)
        actions.insert(0, Action.COMPLETE)
    return tuple(step(detail, action, main=at == 0) for at, action in enumerate(actions))


def spoken(code: str) -> Action | None:
    """Give the step that a scanned command names: START, HOLD, RECORD, COMPLETE and so on."""
    word = code.strip().lower()
    return next((action for action in FACES if word and word in (action.value, action.value.partition("_")[0])), None)


def step(detail: OrderDetail, action: Action, *, main: bool = False) -> StepRow:
    """Give one step with what stops it."""
    stopped_by = () if action in detail.actions else tuple(detail.blockers.get(action, ()))
    return StepRow(action, main, stopped_by)


def waiting(steps: tuple[StepRow, ...]) -> StepRow | None:
    """Give the step whose reasons the page shows by itself: the main one, or what the running order is to end with."""
    return next((row for row in steps if row.stopped_by and (row.main or row.action is Action.COMPLETE)), None)


class Way(StrEnum):
    """A kind of way out of a refusal."""

    STEP = "step"
    """Take another step first; the target is its action."""
    ALLOCATE_PART = "allocate_part"
    CLOSE_SHORT = "close_short"
    CHOOSE_MACHINE = "choose_machine"
    RETURN_AND_CANCEL = "return_and_cancel"
    OPEN_ORDER = "open_order"
    OPEN_MACHINE = "open_machine"
    OVERRIDE = "override"
    """Ask for the refused step, so that its refusal offers the override; the target is its action."""


@dataclass(frozen=True, slots=True)
class WayOut:
    """A button that leads out of a refusal."""

    label: str
    way: Way
    target: str = ""


_OTHER_MACHINE = frozenset(
    {
        "WORK_ORDER_NO_MACHINE",
        "MACHINE_INACTIVE",
        "MACHINE_UNDER_MAINTENANCE",
        "MACHINE_BROKEN",
        "MACHINE_RETIRED",
        "MACHINE_ALREADY_IN_USE",
        "MACHINE_MAINTENANCE_OVERDUE",
    }
)
_OPENS_MACHINE = frozenset({"MACHINE_UNDER_MAINTENANCE", "MACHINE_BROKEN", "MACHINE_MAINTENANCE_OVERDUE"})
_WRONG_STATUS = frozenset(
    {"WORK_ORDER_CANNOT_START", "WORK_ORDER_INVALID_TRANSITION", "PRODUCTION_OPERATION_NOT_STARTED"}
)


def ways_out(detail: OrderDetail, code: str, details: Mapping[str, object]) -> tuple[WayOut, ...]:
    """Give the permitted ways out of one reason."""
    may = frozenset(detail.actions)
    ways: list[WayOut] = []
    if code in ("WORK_ORDER_NO_MATERIALS", "MATERIAL_NOT_ALLOCATED") and Action.ALLOCATE in may:
        ways.append(WayOut("Allocate material", Way.STEP, Action.ALLOCATE))
    elif code == "MATERIAL_INSUFFICIENT_STOCK" and Action.ALLOCATE in may and details.get("available"):
        ways.append(WayOut("Allocate what there is", Way.ALLOCATE_PART))
    elif code == "MATERIAL_NOT_ISSUED" and Action.ISSUE in may:
        ways.append(WayOut("Issue reserved material", Way.STEP, Action.ISSUE))
    elif code == "WORK_ORDER_QUANTITY_SHORT":
        if Action.RECORD_OUTPUT in may:
            ways.append(WayOut("Record output", Way.STEP, Action.RECORD_OUTPUT))
        ways.append(WayOut("Close short\u2026", Way.CLOSE_SHORT))
    elif code == "WORK_ORDER_HAS_ISSUED_MATERIAL":
        ways.append(WayOut("Return the material and cancel", Way.RETURN_AND_CANCEL))
    elif code == "WORK_ORDER_OPEN_SUB_ORDERS":
        named = details.get("sub_orders")
        ways += [
            WayOut(f"Open {number}", Way.OPEN_ORDER, str(number))
            for number in (named if isinstance(named, list | tuple) else ())[:2]
        ]
    elif code in _WRONG_STATUS:
        ways += [
            WayOut(FACES[first].label, Way.STEP, first) for first in OFFERED[detail.row.status][:1] if first in may
        ]
    if code in _OTHER_MACHINE and Action.UPDATE in may:
        ways.append(
            WayOut(
                "Choose a machine" if code == "WORK_ORDER_NO_MACHINE" else "Choose another machine", Way.CHOOSE_MACHINE
            )
        )
    if code == "MACHINE_ALREADY_IN_USE" and details.get("work_order"):
        ways.append(WayOut(f"Open {details['work_order']}", Way.OPEN_ORDER, str(details["work_order"])))
    if code in _OPENS_MACHINE and details.get("machine"):
        ways.append(WayOut(f"Open {details['machine']}", Way.OPEN_MACHINE, str(details["machine"])))
    return tuple(ways)


def ways_out_of(detail: OrderDetail, row: StepRow) -> tuple[WayOut, ...]:
    """Give the ways out of all that stops a step, each once; last the override, where every reason allows one."""
    main = OFFERED[detail.row.status][:1]
    ways: dict[WayOut, None] = {}
    for reason in row.stopped_by:
        found = ways_out(detail, reason.code, reason.details)
        # The main step is the big button already.
        ways.update({way: None for way in found if way.way is not Way.STEP or way.target not in main})
    if row.stopped_by and all(reason.overridable for reason in row.stopped_by):
        ways[WayOut("Override\u2026", Way.OVERRIDE, row.action)] = None
    return tuple(ways)
