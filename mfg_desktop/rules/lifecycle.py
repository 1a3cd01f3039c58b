"""What may happen to a work order, and when. To add a step, add a row to STEPS.

The service moves orders by these rows and the buttons are made from them, so the two cannot drift apart.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from mfg_desktop.exceptions import ManufacturingException, refusal
from mfg_desktop.rules import guards
from mfg_desktop.rules.facts import NOTHING_SAID, OrderFacts, Wish, moved_last
from mfg_desktop.vocabulary import Action, OrderStatus

Guard = Callable[[OrderFacts, Wish], None]
S = OrderStatus


@dataclass(frozen=True, slots=True)
class Step:
    """One move: from which statuses, to which, with which right, past which guards."""

    action: Action
    frm: frozenset[OrderStatus]
    to: OrderStatus
    label: str
    guards: tuple[Guard, ...] = ()

    @property
    def needs(self) -> str:
        """The right that the move asks for; it has the name of the command."""
        return f"work_order.{self.action.value}"


_ROWS = (
    Step(Action.PLAN, frozenset({S.DRAFT}), S.PLANNED, "Plan"),
    Step(Action.RELEASE, frozenset({S.PLANNED}), S.RELEASED, "Release", (guards.bom_is_there, guards.bom_has_no_cycle)),
    Step(
        Action.START,
        frozenset({S.RELEASED}),
        S.IN_PROGRESS,
        "Start",
        (
            guards.machine_is_assigned,
            guards.machine_can_run,
            guards.machine_is_free,
            guards.maintenance_is_not_overdue,
            guards.material_is_allocated,
            guards.tooling_is_fit,
        ),
    ),
    Step(Action.HOLD, frozenset({S.PLANNED, S.RELEASED, S.IN_PROGRESS}), S.ON_HOLD, "Hold", (guards.reason_is_given,)),
    Step(Action.RESUME, frozenset({S.ON_HOLD}), S.RELEASED, "Resume"),
    Step(
        Action.COMPLETE,
        frozenset({S.IN_PROGRESS}),
        S.COMPLETED,
        "Complete",
        (guards.no_operation_runs, guards.no_sub_order_is_open, guards.quantity_is_reached),
    ),
    Step(
        Action.CANCEL,
        frozenset({S.DRAFT, S.PLANNED, S.RELEASED, S.IN_PROGRESS, S.ON_HOLD}),
        S.CANCELLED,
        "Cancel",
        (guards.reason_is_given, guards.no_material_is_out),
    ),
)

STEPS: Mapping[Action, Step] = MappingProxyType({row.action: row for row in _ROWS})

OPEN = frozenset({S.DRAFT, S.PLANNED, S.RELEASED, S.IN_PROGRESS, S.ON_HOLD})
"""An order that is still to be worked on."""

WORKS: Mapping[Action, frozenset[OrderStatus]] = MappingProxyType(
    {
        Action.UPDATE: frozenset({S.DRAFT, S.PLANNED, S.RELEASED, S.ON_HOLD}),
        Action.ALLOCATE: frozenset({S.DRAFT, S.PLANNED, S.RELEASED, S.ON_HOLD}),
        Action.ISSUE: frozenset({S.PLANNED, S.RELEASED, S.IN_PROGRESS}),
        Action.RETURN_MATERIAL: frozenset(S),
        Action.RECORD_OUTPUT: frozenset({S.IN_PROGRESS}),
        Action.REVERSE_OUTPUT: frozenset({S.RELEASED, S.IN_PROGRESS, S.ON_HOLD, S.COMPLETED}),
        Action.CREATE_SUB_ORDERS: OPEN,
    }
)
"""In which statuses something may be done to an order without moving it."""

FREELY_EDITABLE = frozenset({S.DRAFT, S.PLANNED})
"""In these statuses every field may be changed."""

EDITABLE_LATER = frozenset({"machine", "priority", "notes"})
"""What may still be changed once the order is released or on hold."""


def violations(order: OrderFacts, action: Action, wish: Wish = NOTHING_SAID) -> list[ManufacturingException]:
    """Name everything that stands in the way of the move, in the order of the rules. A wrong status is said alone: the guards ask of a move that could be."""
    step = STEPS[action]
    if order.status not in step.frm:
        return [wrong_status(order, action)]
    found: list[ManufacturingException] = []
    for guard in step.guards:
        try:
            guard(order, wish)
        except ManufacturingException as refused:
            found.extend(refused.violations)
    return found


def wrong_status(order: OrderFacts, action: Action, *, fields: Sequence[str] | None = None) -> ManufacturingException:
    """Refuse what cannot be done in the status the order is in, naming who moved it last, when and where, if anybody has.

    `fields` are those that may no longer change; by default all that the action would.
    """
    allowed = STEPS[action].frm if action in STEPS else WORKS[action]
    if fields is not None and not EDITABLE_LATER.issuperset(fields):
        allowed = FREELY_EDITABLE
    required = [status for status in S if status in allowed]
    code = _WRONG.get((action, order.status)) or _WRONG.get((action, None)) or "WORK_ORDER_INVALID_TRANSITION"
    told: dict[str, object] = {
        "number": order.number,
        "current_status": order.status,
        "required_status": required[0] if len(required) == 1 else required,
    }
    if code == "WORK_ORDER_CANNOT_START":
        # As the contract has it, word for word.
        del told["number"]
    if code == "WORK_ORDER_NOT_EDITABLE":
        told["fields"] = list(fields if fields is not None else _CHANGES[action])
    where = "terminal" if code in _WON else "moved_at_terminal"
    return refusal(code, **told, **moved_last(order, where=where))


_WRONG: Mapping[tuple[Action, OrderStatus | None], str] = {
    (Action.START, S.IN_PROGRESS): "WORK_ORDER_ALREADY_STARTED",
    (Action.START, S.COMPLETED): "WORK_ORDER_ALREADY_COMPLETED",
    (Action.START, None): "WORK_ORDER_CANNOT_START",
    (Action.COMPLETE, S.COMPLETED): "WORK_ORDER_ALREADY_COMPLETED",
    (Action.UPDATE, None): "WORK_ORDER_NOT_EDITABLE",
    (Action.CREATE_SUB_ORDERS, None): "WORK_ORDER_NOT_EDITABLE",
    (Action.RECORD_OUTPUT, S.COMPLETED): "PRODUCTION_ALREADY_COMPLETED",
    (Action.RECORD_OUTPUT, None): "PRODUCTION_OPERATION_NOT_STARTED",
}
"""The code of a wrong status where it has one of its own: in one status, or (None) in any other."""
_WON = frozenset({"WORK_ORDER_ALREADY_STARTED", "WORK_ORDER_ALREADY_COMPLETED"})
"""Whoever hears these was overtaken: the sentence itself tells by whom."""
_CHANGES: Mapping[Action, tuple[str, ...]] = {
    Action.UPDATE: ("quantity", "planned_start", "planned_end", "priority", "machine", "notes"),
    Action.CREATE_SUB_ORDERS: ("sub_orders",),
}


def allow_work(order: OrderFacts, action: Action) -> None:
    """Refuse what may not be done to an order in its status."""
    if order.status not in WORKS[action]:
        raise wrong_status(order, action)
