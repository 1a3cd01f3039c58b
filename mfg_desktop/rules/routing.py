"""What may happen to an operation of an order, and when. To add a step, add a row to STEPS.

As with orders, the service moves operations by these rows and the buttons are made from them. Here too is how long setting up lasts.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from mfg_desktop.exceptions import ManufacturingException, refusal
from mfg_desktop.rules import guards
from mfg_desktop.rules.facts import OperationFacts, OrderFacts, moved_last
from mfg_desktop.vocabulary import OperationAction, OperationStatus, OrderStatus

Guard = Callable[[OrderFacts, OperationFacts], None]
_CODE = re.compile(r"(.+)/0*([1-9][0-9]{0,8})")
A = OperationAction
S = OperationStatus


def code_of(number: str, sequence: int) -> str:
    """Write the code of an operation, as it is printed and scanned: `WO-2026-00001/10`."""
    return f"{number}/{sequence}"


def read_code(code: str) -> tuple[str, int] | None:
    """Read the order and the operation that a code may name; None: it is no operation's."""
    found = _CODE.fullmatch(code.strip())
    return (found[1], int(found[2])) if found else None


def predecessors_are_far_enough(order: OrderFacts, operation: OperationFacts) -> None:
    """Each step before is completed, or has passed on what the step after it asks for; where that is nothing, the step waits for nobody."""
    holding: list[int] = []
    after = operation
    for before in sorted(
        (one for one in order.operations if one.sequence < operation.sequence), key=_place, reverse=True
    ):
        if after.overlap_quantity == 0:
            break
        if before.status not in OVER and (after.overlap_quantity is None or before.good < after.overlap_quantity):
            holding.append(before.sequence)
        after = before
    if not holding:
        return
    next_before = max(one.sequence for one in order.operations if one.sequence < operation.sequence)
    passed_on: dict[str, object] = {}
    if operation.overlap_quantity is not None and holding[0] == next_before:
        good = next(one.good for one in order.operations if one.sequence == next_before)
        passed_on = {"overlap_quantity": operation.overlap_quantity, "good": good}
    raise refusal(
        "OPERATION_INVALID_SEQUENCE",
        number=order.number,
        sequence=operation.sequence,
        predecessors=sorted(holding),
        **passed_on,
    )


def _place(operation: OperationFacts) -> int:
    return operation.sequence


def machine_is_assigned(order: OrderFacts, operation: OperationFacts) -> None:
    if operation.machine is None:
        raise refusal("WORK_ORDER_NO_MACHINE", number=order.number, sequence=operation.sequence)


def machine_can_run(order: OrderFacts, operation: OperationFacts) -> None:
    if operation.machine is not None:
        guards.can_run(operation.machine)


def machine_is_free(order: OrderFacts, operation: OperationFacts) -> None:
    machine = operation.machine
    if machine is None or machine.running_order is None:
        return
    if machine.running_order != order.number:
        raise guards.in_use(machine)
    known = {"running_sequence": operation.running_there} if operation.running_there is not None else {}
    raise refusal(
        "OPERATION_MACHINE_CONFLICT", number=order.number, sequence=operation.sequence, machine=machine.code, **known
    )


def maintenance_is_not_overdue(order: OrderFacts, operation: OperationFacts) -> None:
    if operation.machine is not None:
        guards.maintained(operation.machine, order.today)


def tooling_is_free(order: OrderFacts, operation: OperationFacts) -> None:
    guards.tools_are_fit(operation.tools, order.today, in_turns=False)


@dataclass(frozen=True, slots=True)
class OperationStep:
    """One move of an operation: from which statuses, to which, past which guards."""

    action: OperationAction
    frm: frozenset[OperationStatus]
    to: OperationStatus
    label: str
    guards: tuple[Guard, ...] = ()

    @property
    def needs(self) -> str:
        """The right that the move asks for; it has the name of the command."""
        return f"operation.{self.action.value}"


_TO_RUN: tuple[Guard, ...] = (
    machine_is_assigned,
    machine_can_run,
    machine_is_free,
    maintenance_is_not_overdue,
    tooling_is_free,
)
_ROWS = (
    OperationStep(A.START, frozenset({S.PLANNED}), S.IN_PROGRESS, "Start", (predecessors_are_far_enough, *_TO_RUN)),
    OperationStep(A.RESUME, frozenset({S.ON_HOLD}), S.IN_PROGRESS, "Resume", _TO_RUN),
    OperationStep(A.COMPLETE, frozenset({S.IN_PROGRESS}), S.COMPLETED, "Complete"),
    OperationStep(A.PAUSE, frozenset({S.IN_PROGRESS}), S.ON_HOLD, "Pause"),
)

STEPS: Mapping[OperationAction, OperationStep] = MappingProxyType({row.action: row for row in _ROWS})
"""The main move of each status first."""

OVER = frozenset({S.COMPLETED, S.CANCELLED})
"""An operation that holds no other one up any more."""


def violations(order: OrderFacts, operation: OperationFacts, action: OperationAction) -> list[ManufacturingException]:
    """Name everything that stands in the way of the move, in the order of the rules. A wrong status, of the operation or of its order, is said alone."""
    step = STEPS[action]
    if operation.status not in step.frm:
        return [wrong_status(order, operation, action)]
    if order.status is not OrderStatus.IN_PROGRESS:
        return [_order_does_not_run(order, operation, action)]
    found: list[ManufacturingException] = []
    for guard in step.guards:
        try:
            guard(order, operation)
        except ManufacturingException as refused:
            found.extend(refused.violations)
    return found


def wrong_status(order: OrderFacts, operation: OperationFacts, action: OperationAction) -> ManufacturingException:
    """Refuse a move from the status that the operation is in, naming who moved it last, when and where, if anybody has."""
    known: dict[str, object] = {
        "number": order.number,
        "sequence": operation.sequence,
        "current_status": operation.status,
    }
    begins = action in (A.START, A.RESUME)
    if operation.status is S.COMPLETED or (begins and operation.status in STARTED[action]):
        code = "OPERATION_ALREADY_COMPLETED" if operation.status is S.COMPLETED else "OPERATION_ALREADY_STARTED"
        return refusal(code, **known, **moved_last(operation, where="terminal"))
    (required,) = STEPS[action].frm
    code = (
        "OPERATION_CANNOT_START" if begins and operation.status is S.CANCELLED else "PRODUCTION_OPERATION_NOT_STARTED"
    )
    return refusal(code, **known, required_status=required, **moved_last(operation))


STARTED: Mapping[OperationAction, frozenset[OperationStatus]] = {
    A.START: frozenset({S.IN_PROGRESS, S.ON_HOLD}),
    A.RESUME: frozenset({S.IN_PROGRESS}),
}
"""In which statuses an operation is started already, so that it is not begun a second time."""


def _order_does_not_run(
    order: OrderFacts, operation: OperationFacts, action: OperationAction
) -> ManufacturingException:
    known: dict[str, object] = {
        "number": order.number,
        "sequence": operation.sequence,
        "current_status": order.status,
        "required_status": OrderStatus.IN_PROGRESS,
        **moved_last(order),
    }
    if action in (A.START, A.RESUME):
        return refusal("OPERATION_CANNOT_START", **known, order_status=order.status)
    return refusal("PRODUCTION_OPERATION_NOT_STARTED", **known)


# ---------------------------------------------------------------------- setting up


def setup_left(planned: Decimal | None, spent: timedelta, *, has_run: bool) -> timedelta:
    """Give what is left of setting up: the planned minutes less what was spent, and nothing once the operation has run."""
    if planned is None or has_run:
        return timedelta(0)
    return max(timedelta(0), timedelta(microseconds=int(planned * 60_000_000)) - spent)


def setup_ends(started: datetime, left: timedelta, now: datetime, *, made: bool = False) -> datetime | None:
    """Tell when a setup that began at `started` ended: when its time was up or, at the latest, with the first pieces; None while it goes on."""
    over = started + left
    if over <= now:
        return over
    return max(started, now) if made else None
