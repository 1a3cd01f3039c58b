"""What is done to the operations of an order: start, pause, resume, complete. The rules are in rules/routing; what runs with them is in floor."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import Row, bindparam, select

from mfg_desktop.exceptions import refusal
from mfg_desktop.operations import floor
from mfg_desktop.operations.locks import answer, count_change, facts, locked, machine_facts
from mfg_desktop.operations.production import Place, book, place_of
from mfg_desktop.rules import production, routing
from mfg_desktop.rules.facts import OperationFacts, OrderFacts
from mfg_desktop.rules.quantities import ZERO, shown
from mfg_desktop.service.fields import Code, Name, Prose, Quantity, Whole
from mfg_desktop.service.work import Command, Fields, Work, handles
from mfg_desktop.tables import Machine
from mfg_desktop.vocabulary import ActionType, ClockKind, EntityType, OperationAction, OperationStatus


class StartOperation(Command):
    called: ClassVar[str] = "operation.start"
    told_as: ClassVar[ActionType] = ActionType.OPERATION_START

    number: Code
    sequence: Whole
    machine: Code | None = None


class PauseOperation(Command):
    called: ClassVar[str] = "operation.pause"
    told_as: ClassVar[ActionType] = ActionType.OPERATION_PAUSE

    number: Code
    sequence: Whole
    reason: Prose | None = None


class ResumeOperation(Command):
    called: ClassVar[str] = "operation.resume"
    told_as: ClassVar[ActionType] = ActionType.OPERATION_RESUME

    number: Code
    sequence: Whole
    machine: Code | None = None


class CompleteOperation(Command):
    called: ClassVar[str] = "operation.complete"
    told_as: ClassVar[ActionType] = ActionType.OPERATION_COMPLETE

    number: Code
    sequence: Whole
    good: Quantity
    scrapped: Quantity | None = None
    scrap_reason: Name | None = None
    notes: Prose | None = None


_MACHINE = select(Machine.id).where(Machine.code == bindparam("code"))


# ---------------------------------------------------------------------- begin


@handles(StartOperation)
def start(work: Work, command: StartOperation) -> Fields:
    """Start an operation on its machine, or on the one named, which it then moves to: machine, fixture and gauge in use, clock on."""
    return _begin(work, command, OperationAction.START)


@handles(ResumeOperation)
def resume(work: Work, command: ResumeOperation) -> Fields:
    """Let a paused operation go on with its quantities, on its machine or on the one named, which it then moves to."""
    return _begin(work, command, OperationAction.RESUME)


def _begin(work: Work, command: StartOperation | ResumeOperation, action: OperationAction) -> Fields:
    order = locked(work, command.number, command.seen_version)
    place = place_of(work, order, command.sequence)
    operation = _at(place)
    machine = floor.lock_machine(work, _machine_for(work, place, command.machine))
    tools = floor.tools_of(work, [operation], to_take=True)[operation.id]
    known = _facts(work, place)
    runs = floor.operation_facts(
        work,
        operation,
        machine=machine_facts(work, machine, order.number) if machine is not None else None,
        tools=tools,
        running_there=_running_on(place, machine.id) if machine is not None else None,
    )
    work.insist(routing.violations(known, runs, action))
    assert machine is not None, "an operation without a machine is refused"
    work.after(order.last_event_at)
    floor.begin_operation(work, order, operation, machine, tools)
    floor.move_operations(
        work,
        [operation],
        routing.STEPS[action].to,
        machine_id=machine.id if command.machine is not None else operation.machine_id,
        started_at=operation.started_at or work.now,
    )
    done = "started" if action is OperationAction.START else "resumed"
    return _told(
        work,
        place,
        f"Operation {operation.sequence} of {order.number} was {done} on {machine.code}.",
        to=routing.STEPS[action].to,
        machine=machine.code,
    )


def _at(place: Place) -> Row[Any]:
    assert place.operation is not None, "a sequence names an operation, or is refused"
    return place.operation


def _machine_for(work: Work, place: Place, named: str | None) -> int | None:
    if named is not None:
        found = work.first(_MACHINE, {"code": named})
        if found is None:
            raise refusal("MACHINE_NOT_FOUND", machine=named)
        return int(found.id)
    own: int | None = _at(place).machine_id or place.order.machine_id
    return own


def _running_on(place: Place, machine: int) -> int | None:
    """Name the operation of the same order that runs on the machine."""
    there: Sequence[int] = [
        one.sequence
        for one in place.operations
        if one.status is OperationStatus.IN_PROGRESS and (one.machine_id or place.order.machine_id) == machine
    ]
    return there[0] if there else None


def _facts(work: Work, place: Place) -> OrderFacts:
    operations: tuple[OperationFacts, ...] = tuple(floor.operation_facts(work, one) for one in place.operations)
    return facts(work, place.order, operations=operations)


# ---------------------------------------------------------------------- end


@handles(PauseOperation)
def pause(work: Work, command: PauseOperation) -> Fields:
    """Pause a running operation: machine, fixture and gauge come free for other work, and a hold clock goes on."""
    order = locked(work, command.number, command.seen_version)
    place = place_of(work, order, command.sequence)
    operation = _at(place)
    work.insist(routing.violations(_facts(work, place), floor.operation_facts(work, operation), OperationAction.PAUSE))
    work.after(order.last_event_at)
    floor.end_operations(work, order, [operation])
    floor.open_clock(work, order.id, ClockKind.HOLD, operation=operation.id, reason=command.reason)
    floor.move_operations(work, [operation], OperationStatus.ON_HOLD)
    because = f": {command.reason}" if command.reason else "."
    return _told(
        work,
        place,
        f"Operation {operation.sequence} of {order.number} was paused{because}",
        to=OperationStatus.ON_HOLD,
        machine=place.machine,
        reason=command.reason,
    )


@handles(CompleteOperation)
def complete(work: Work, command: CompleteOperation) -> Fields:
    """Complete a running operation, reporting the pieces that were not reported before; machine, fixture and gauge come free.

    Refusals: the codes of `record_output`, and a wrong status.
    """
    order = locked(work, command.number, command.seen_version)
    place = place_of(work, order, command.sequence)
    operation = _at(place)
    known, runs = _facts(work, place), floor.operation_facts(work, operation)
    found = routing.violations(known, runs, OperationAction.COMPLETE)
    report = production.report_of(
        good=command.good, scrapped=command.scrapped, scrap_reason=command.scrap_reason, scrap=(), rework=ZERO
    )
    reports = bool(report.good or report.scrapped)
    if reports and not found:
        found = production.violations(known, report, work.plant.overproduction_percent, runs)
    work.insist(found)
    work.after(order.last_event_at)
    # Before the pieces are booked: machines are locked before material, or two terminals could wait for each other.
    floor.end_operations(work, order, [operation])
    booked = book(work, place, report, (), operator=None, batch_number=None, notes=command.notes) if reports else None
    floor.move_operations(work, [operation], OperationStatus.COMPLETED, ended_at=work.now)
    good, scrapped = operation.good + report.good, operation.scrapped + report.scrapped
    return _told(
        work,
        place,
        f"Operation {operation.sequence} of {order.number} was completed with {shown(good)} good.",
        to=OperationStatus.COMPLETED,
        machine=place.machine,
        good=good,
        scrapped=scrapped,
        is_touched=booked is not None,
        **({"output": booked.output, "batch_number": booked.batch_number} if booked is not None else {}),
    )


def _told(
    work: Work,
    place: Place,
    sentence: str,
    *,
    to: OperationStatus,
    machine: str | None,
    good: Decimal | None = None,
    scrapped: Decimal | None = None,
    is_touched: bool = False,
    **more: object,
) -> Fields:
    """Count the move as a change of the order, tell it, and give the answer."""
    order, operation = place.order, _at(place)
    if not is_touched:
        count_change(work, order)
    work.tell(EntityType.WORK_ORDER, order.number, sentence, sequence=operation.sequence, machine=machine, **more)
    return answer(
        order.number,
        order.status,
        order.version + 1,
        sequence=operation.sequence,
        operation_status=to,
        machine=machine,
        good=operation.good if good is None else good,
        scrapped=operation.scrapped if scrapped is None else scrapped,
        **more,
    )
