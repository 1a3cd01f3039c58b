"""Which steps an order's page offers, what each one asks, and which ways lead out of a refusal.

Whether a step may be taken is decided by the service and arrives in `OrderDetail`; here is only how it is offered. To
offer another step, give it a face and a place in OFFERED; to lead out of another refusal, add its code to `ways_out`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mfg_desktop.queries.rows import OrderDetail, Violation
from mfg_desktop.rules import lifecycle
from mfg_desktop.ui.board import moves
from mfg_desktop.ui.board.moves import Move, MoveRow
from mfg_desktop.ui.kit import formats
from mfg_desktop.vocabulary import Action, OrderStatus

S = OrderStatus


class Asks(StrEnum):
    """What a tap on a step asks before anything is done."""

    NOTHING = "nothing"
    REASON = "reason"
    OUTPUT = "output"
    FORM = "form"


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
        Action.PLAN: Face(_named(Action.PLAN), "calendar", "F5", "planned"),
        Action.RELEASE: Face(_named(Action.RELEASE), "flag", "F2", "released"),
        Action.ALLOCATE: Face("Allocate", "material", "F3", "material allocated"),
        Action.START: Face(_named(Action.START), "play", "F4", "started"),
        Action.RECORD_OUTPUT: Face("Record output", "output", "F4", "output recorded", Asks.OUTPUT),
        Action.HOLD: Face(_named(Action.HOLD), "pause", "F6", "put on hold", Asks.REASON),
        Action.RESUME: Face(_named(Action.RESUME), "play", "F6", "released again"),
        Action.COMPLETE: Face(_named(Action.COMPLETE), "check", "F8", "completed"),
        Action.CANCEL: Face(f"{_named(Action.CANCEL)} order", "cross", "", "cancelled", Asks.REASON),
        Action.ISSUE: Face("Issue reserved material", "material", "", "material issued"),
        Action.CREATE_SUB_ORDERS: Face("Make sub orders", "plus", "", "sub orders made"),
        Action.UPDATE: Face("Change", "draft", "Ctrl+E", "changed", Asks.FORM),
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
    needed: bool = True
    """Without one, it is not done."""
    at_once: bool = False
    """A tapped reason is the answer: for what a tap takes back as easily."""


REASONS: Final[Mapping[Action, ReasonAsked]] = MappingProxyType(
    {
        Action.HOLD: ReasonAsked(
            "Put on hold",
            "Tap the reason. The order waits then, and its machine is free for other work.",
            "Hold",
            ("Tool broken", "No material", "No operator", "Waits for Quality", "Machine trouble", "Drawing unclear"),
            at_once=True,
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
RETURN_AND_CANCEL: Final = replace(
    REASONS[Action.CANCEL],
    title="Return the material and cancel",
    remark="Cancelled is final. What was issued goes back to its lots; what is reserved becomes free.",
    confirm="Return and cancel",
)
PAUSE: Final = ReasonAsked(
    "Pause",
    "Tap the reason: it helps the next shift. It waits with its pieces, and its machine is free.",
    "Pause",
    ("Tool broken", "No material", "No operator", "Waits for Quality", "Set-up trouble", "End of shift"),
    needed=False,
    at_once=True,
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
    """Give the steps of an order, the main one first: to complete it, once the ordered quantity is there.

    While an order with operations runs, none is: its main step is that of its operation.
    """
    actions = list(OFFERED[detail.row.status])
    if Action.RECORD_OUTPUT in actions and detail.operations:
        # Output is reported at a step, where its button is.
        actions.remove(Action.RECORD_OUTPUT)
        if moves.current(detail) is not None:
            return tuple(step(detail, action) for action in actions)
    if Action.COMPLETE in actions and (
        detail.row.quantity_completed >= detail.row.quantity_ordered or detail.operations
    ):
        actions.remove(Action.COMPLETE)
        actions.insert(0, Action.COMPLETE)
    return tuple(step(detail, action, main=at == 0) for at, action in enumerate(actions))


def nearly_done(detail: OrderDetail) -> bool:
    """Say whether no more than a tenth of the order is left to make: then its end is near enough to speak of."""
    return detail.row.quantity_completed >= detail.row.quantity_ordered * _NEARLY


def in_a_line(row: StepRow) -> str:
    """Say in one line what a step waits for: "Complete waits for 49 more good"."""
    return " \u00b7 ".join(
        f"{row.face.label} waits for {formats.quantity(Decimal(str(reason.details['missing'])))} more good"
        if reason.code == "WORK_ORDER_QUANTITY_SHORT"
        else reason.message
        for reason in row.stopped_by
    )


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
    if not any(row.main for row in steps):
        return None
    return next((row for row in steps if row.stopped_by and (row.main or row.action is Action.COMPLETE)), None)


class Way(StrEnum):
    """A kind of way out of a refusal."""

    STEP = "step"
    """Take another step first; the target is its action."""
    MOVE = "move"
    """Make a move of an operation; the target is its key, as "20/start"."""
    SHOW_OPERATION = "show_operation"
    """Open an operation on the page; the target is its sequence."""
    ALLOCATE_PART = "allocate_part"
    CLOSE_SHORT = "close_short"
    CHOOSE_MACHINE = "choose_machine"
    """For the order or, with the key of a move as its target, for that move."""
    RETURN_AND_CANCEL = "return_and_cancel"
    OPEN_ORDER = "open_order"
    OPEN_MACHINE = "open_machine"
    OPEN_FIXTURE = "open_fixture"
    OPEN_GAUGE = "open_gauge"
    OPEN_PRODUCT = "open_product"
    """Show its bill of material, where it is kept."""
    OVERRIDE = "override"
    """Ask for the refused step, so that its refusal offers the override; the target is its action."""
    OVERRIDE_MOVE = "override_move"
    """The same for a move; the target is its key."""


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
        "OPERATION_MACHINE_CONFLICT",
    }
)
_OPENS_MACHINE = frozenset({"MACHINE_UNDER_MAINTENANCE", "MACHINE_BROKEN", "MACHINE_MAINTENANCE_OVERDUE"})
_WRONG_STATUS = frozenset(
    {"WORK_ORDER_CANNOT_START", "WORK_ORDER_INVALID_TRANSITION", "PRODUCTION_OPERATION_NOT_STARTED"}
)
_OPERATIONS_NAMED = {
    "WORK_ORDER_OPEN_OPERATIONS": "operations",
    "OPERATION_INVALID_SEQUENCE": "predecessors",
    "OPERATION_MACHINE_CONFLICT": "running_sequence",
    "OPERATION_ALREADY_STARTED": "sequence",
    "OPERATION_CANNOT_START": "sequence",
    "PRODUCTION_OPERATION_NOT_STARTED": "sequence",
}
"""Where a refusal names the operations that have to move first."""
_FINISHING = frozenset({"WORK_ORDER_OPEN_OPERATIONS", "OPERATION_INVALID_SEQUENCE", "OPERATION_MACHINE_CONFLICT"})
"""Refusals that wait until these operations are completed; the others until they are moved on at all."""
_MOST_NAMED: Final = 2
_NEARLY: Final = Decimal("0.9")


def ways_out(
    detail: OrderDetail, code: str, details: Mapping[str, object], at: MoveRow | None = None
) -> tuple[WayOut, ...]:
    """Give the permitted ways out of one reason: of a step of the order, or of the move `at` one of its operations."""
    may = frozenset(detail.actions)
    ways: list[WayOut] = []
    if code in ("WORK_ORDER_NO_MATERIALS", "MATERIAL_NOT_ALLOCATED") and Action.ALLOCATE in may:
        ways.append(WayOut("Allocate material", Way.STEP, Action.ALLOCATE))
    elif code == "MATERIAL_INSUFFICIENT_STOCK" and Action.ALLOCATE in may and details.get("available"):
        ways.append(WayOut("Allocate what there is", Way.ALLOCATE_PART))
    elif code == "MATERIAL_NOT_ISSUED" and Action.ISSUE in may:
        ways.append(WayOut("Issue reserved material", Way.STEP, Action.ISSUE))
    elif code == "WORK_ORDER_QUANTITY_SHORT":
        if Action.RECORD_OUTPUT in may and not detail.operations:
            ways.append(WayOut("Record output", Way.STEP, Action.RECORD_OUTPUT))
        ways.append(WayOut("Close short\u2026", Way.CLOSE_SHORT))
    elif code == "WORK_ORDER_HAS_ISSUED_MATERIAL":
        ways.append(WayOut("Return the material and cancel", Way.RETURN_AND_CANCEL))
    elif code == "WORK_ORDER_OPEN_SUB_ORDERS":
        ways += [
            WayOut(f"Open {number}", Way.OPEN_ORDER, str(number))
            for number in _all_named(details.get("sub_orders"))[:_MOST_NAMED]
        ]
    elif code in _WRONG_STATUS and not details.get("sequence"):
        ways += [
            WayOut(FACES[first].label, Way.STEP, first) for first in OFFERED[detail.row.status][:1] if first in may
        ]
    ways += _ways_by_operation(detail, code, details)
    if code in _OTHER_MACHINE and at is not None and at.move in (Move.START, Move.RESUME):
        ways.append(WayOut(_choosing(code), Way.CHOOSE_MACHINE, at.key))
    elif code in _OTHER_MACHINE and Action.UPDATE in may:
        ways.append(WayOut(_choosing(code), Way.CHOOSE_MACHINE))
    if code in ("MACHINE_ALREADY_IN_USE", "FIXTURE_NOT_AVAILABLE", "GAUGE_NOT_AVAILABLE"):
        user = details.get("work_order")
        if user and user != detail.row.number:
            ways.append(WayOut(f"Open {user}", Way.OPEN_ORDER, str(user)))
    if code in ("MATERIAL_BOM_NOT_FOUND", "MATERIAL_BOM_CYCLE") and details.get("product"):
        ways.append(WayOut(f"Open {details['product']}", Way.OPEN_PRODUCT, str(details["product"])))
    if code in _OPENS_MACHINE and details.get("machine"):
        ways.append(WayOut(f"Open {details['machine']}", Way.OPEN_MACHINE, str(details["machine"])))
    for prefix, field, way in (("FIXTURE_", "fixture", Way.OPEN_FIXTURE), ("GAUGE_", "gauge", Way.OPEN_GAUGE)):
        if code.startswith(prefix) and details.get(field):
            ways.append(WayOut(f"Open {details[field]}", way, str(details[field])))
    return tuple(ways)


def _ways_by_operation(detail: OrderDetail, code: str, details: Mapping[str, object]) -> list[WayOut]:
    """Lead to the operations that have to move first: do what can be done there now; if nothing can, show the first."""
    named = (moves.operation(detail, int(str(one))) for one in _all_named(details.get(_OPERATIONS_NAMED.get(code, ""))))
    rows = [row for row in named if row is not None]
    wanted = (Move.COMPLETE, Move.START, Move.RESUME) if code in _FINISHING else (Move.START, Move.RESUME, Move.RECORD)
    ways = []
    for row in rows[:_MOST_NAMED]:
        free = {one.move: one for one in moves.offered(detail, row) if not one.stopped_by}
        move = next((free[one] for one in wanted if one in free), None)
        if move is not None:
            at = " at" if move.move is Move.RECORD else ""
            ways.append(WayOut(f"{move.face.label}{at} operation {row.sequence}", Way.MOVE, move.key))
    return ways or [WayOut(f"Show operation {row.sequence}", Way.SHOW_OPERATION, str(row.sequence)) for row in rows[:1]]


def _choosing(code: str) -> str:
    return "Choose a machine" if code == "WORK_ORDER_NO_MACHINE" else "Choose another machine"


def _all_named(value: object) -> tuple[object, ...]:
    """Give what a refusal names, be it one or several."""
    if isinstance(value, list | tuple):
        return tuple(value)
    return () if value is None else (value,)


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


def ways_out_of_move(detail: OrderDetail, row: MoveRow) -> tuple[WayOut, ...]:
    """Give the ways out of all that stops a move of an operation, in the same manner."""
    ways: dict[WayOut, None] = {}
    for reason in row.stopped_by:
        ways.update(dict.fromkeys(ways_out(detail, reason.code, reason.details, row)))
    if row.stopped_by and all(reason.overridable for reason in row.stopped_by):
        ways[WayOut("Override\u2026", Way.OVERRIDE_MOVE, row.key)] = None
    return tuple(ways)
