"""What may happen to a work order, and when. To add a step, add a row to STEPS.

The service moves orders by these rows and the buttons are made from them, so the two cannot drift apart.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mfg_desktop.exceptions import ManufacturingException, combine, refusal
from mfg_desktop.rules import guards
from mfg_desktop.rules.facts import NOTHING_SAID, OrderFacts, Wish
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


def advance(order: OrderFacts, action: Action, wish: Wish = NOTHING_SAID) -> OrderStatus:
    """Give the status after the move, or refuse with every violation."""
    found = violations(order, action, wish)
    if found:
        raise combine(found)
    return STEPS[action].to


def wrong_status(order: OrderFacts, action: Action) -> ManufacturingException:
    """Refuse a move from the status the order is in, naming who moved it last, when and where, if anybody has."""
    moved: dict[str, object] = {}
    if order.moved_by is not None:
        moved = {"moved_by": order.moved_by, "moved_at": order.moved_at}
    at = {"terminal": order.moved_at_terminal} if moved else {}
    required = (
        sorted(STEPS[action].frm, key=list(S).index) if action in STEPS else sorted(WORKS[action], key=list(S).index)
    )
    needed: object = required[0] if len(required) == 1 else required
    if action is Action.START and order.status is S.IN_PROGRESS:
        return refusal(
            "WORK_ORDER_ALREADY_STARTED",
            number=order.number,
            current_status=order.status,
            required_status=needed,
            **moved,
            **at,
        )
    if action in (Action.START, Action.COMPLETE) and order.status is S.COMPLETED:
        return refusal(
            "WORK_ORDER_ALREADY_COMPLETED",
            number=order.number,
            current_status=order.status,
            required_status=needed,
            **moved,
            **at,
        )
    where = {"moved_at_terminal": order.moved_at_terminal} if moved else {}
    if action is Action.START:
        return refusal("WORK_ORDER_CANNOT_START", current_status=order.status, required_status=needed, **moved, **where)
    return refusal(
        "WORK_ORDER_INVALID_TRANSITION",
        number=order.number,
        current_status=order.status,
        required_status=needed,
        **moved,
        **where,
    )


def allow_work(order: OrderFacts, action: Action) -> None:
    """Refuse what may not be done to an order in its status."""
    if order.status not in WORKS[action]:
        raise wrong_status(order, action)
