"""What runs on the floor: clocks, machines in use and tooling taken, begun and ended together so that they never contradict each other."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.orm import aliased

from mfg_desktop.operations.locks import LOCK_MACHINE
from mfg_desktop.rules.facts import MachineFacts, OperationFacts, ToolFacts
from mfg_desktop.rules.routing import setup_ends, setup_left
from mfg_desktop.service.work import Work
from mfg_desktop.tables import (
    Fixture,
    Gauge,
    Machine,
    ProcessConfig,
    WorkClock,
    WorkOrder,
    WorkOrderOperation,
)
from mfg_desktop.vocabulary import (
    ClockKind,
    EntityType,
    FixtureStatus,
    GaugeStatus,
    MachineStatus,
    OperationStatus,
)

_own = aliased(Machine)
_OPERATIONS = (
    select(
        WorkOrderOperation.id,
        WorkOrderOperation.sequence,
        WorkOrderOperation.status,
        WorkOrderOperation.machine_id,
        WorkOrderOperation.setup_minutes,
        WorkOrderOperation.overlap_quantity,
        WorkOrderOperation.good,
        WorkOrderOperation.scrapped,
        WorkOrderOperation.started_at,
        WorkOrderOperation.status_at,
        WorkOrderOperation.status_by,
        WorkOrderOperation.status_terminal,
        _own.code.label("machine"),
        ProcessConfig.fixture_id,
        ProcessConfig.gauge_id,
    )
    .outerjoin(_own, _own.id == WorkOrderOperation.machine_id)
    .outerjoin(ProcessConfig, ProcessConfig.id == WorkOrderOperation.process_config_id)
    .where(WorkOrderOperation.work_order_id == bindparam("order"))
    .order_by(WorkOrderOperation.sequence)
)
_FIXTURES = select(Fixture.id, Fixture.code, Fixture.status, Fixture.next_check.label("due")).where(
    Fixture.id.in_(bindparam("ids", expanding=True))
)
_GAUGES = select(Gauge.id, Gauge.code, Gauge.status, Gauge.next_calibration.label("due")).where(
    Gauge.id.in_(bindparam("ids", expanding=True))
)
_LOCK_FIXTURES = _FIXTURES.order_by(Fixture.id).with_for_update()
_LOCK_GAUGES = _GAUGES.order_by(Gauge.id).with_for_update()
_HOLDER = (
    select(WorkOrder.number)
    .join(WorkClock, WorkClock.work_order_id == WorkOrder.id)
    .join(WorkOrderOperation, WorkOrderOperation.id == WorkClock.operation_id)
    .join(ProcessConfig, ProcessConfig.id == WorkOrderOperation.process_config_id)
    # By the few clocks that tick, which have an index of their own, and not by all that was ever done with it.
    .where(WorkClock.ended_at.is_(None), WorkClock.kind != ClockKind.HOLD)
)
HAS_FIXTURE = _HOLDER.where(ProcessConfig.fixture_id == bindparam("tool"))
HAS_GAUGE = _HOLDER.where(ProcessConfig.gauge_id == bindparam("tool"))
"""The order whose running operation has a fixture, or a gauge."""
_SET_FIXTURE = (
    update(Fixture)
    .where(Fixture.id == bindparam("tool"))
    .values(status=bindparam("becomes"), version=Fixture.version + 1)
)
_SET_GAUGE = (
    update(Gauge).where(Gauge.id == bindparam("tool")).values(status=bindparam("becomes"), version=Gauge.version + 1)
)
_MOVE_OPERATION = (
    update(WorkOrderOperation)
    .where(WorkOrderOperation.id == bindparam("operation"))
    .values(
        status=bindparam("to_status"),
        status_at=bindparam("moved_at"),
        status_by=bindparam("by"),
        status_terminal=bindparam("where"),
        version=WorkOrderOperation.version + 1,
    )
)
_LOCK_MACHINES = (
    select(Machine.id, Machine.code, Machine.status_since, Machine.running_order)
    .where(Machine.id.in_(bindparam("machines", expanding=True)))
    .order_by(Machine.id)
    .with_for_update()
)
_SET_MACHINE = (
    update(Machine)
    .where(Machine.id == bindparam("machine"))
    .values(
        status=bindparam("to_status"),
        status_since=bindparam("since"),
        status_by=bindparam("by"),
        status_reason=None,
        running_order=bindparam("runs"),
        version=Machine.version + 1,
    )
)
_OPEN_CLOCK = insert(WorkClock).inline()
_CLOCKS = (
    select(
        WorkClock.id,
        WorkClock.operation_id,
        WorkClock.machine_id,
        WorkClock.kind,
        WorkClock.started_at,
        WorkClock.ended_at,
    )
    .where(
        WorkClock.operation_id.in_(bindparam("operations", expanding=True)),
        WorkClock.kind != ClockKind.HOLD,
    )
    .order_by(WorkClock.started_at, WorkClock.id)
)
_END_CLOCK = update(WorkClock).where(WorkClock.id == bindparam("clock")).values(ended_at=bindparam("stopped"))
_END_OPEN_CLOCKS = (
    update(WorkClock)
    .where(WorkClock.work_order_id == bindparam("order"), WorkClock.ended_at.is_(None))
    .values(ended_at=bindparam("stopped"))
)
_END_ORDERS_OWN = _END_OPEN_CLOCKS.where(WorkClock.operation_id.is_(None))
_END_CLOCKS_OF = (
    update(WorkClock)
    .where(WorkClock.operation_id == bindparam("operation"), WorkClock.ended_at.is_(None))
    .values(ended_at=bindparam("stopped"))
)

# ---------------------------------------------------------------------- what the rules may know


def operations_of(work: Work, order: Row[Any]) -> Sequence[Row[Any]]:
    """Read the operations of a locked order, by sequence; nobody changes them without the order's lock."""
    return work.all(_OPERATIONS, {"order": order.id}) if order.has_operations else ()


def lock_machine(work: Work, machine: int | None) -> Row[Any] | None:
    return work.first(LOCK_MACHINE, {"machine": machine}) if machine is not None else None


def tools_of(work: Work, operations: Sequence[Row[Any]], *, to_take: bool = False) -> dict[int, tuple[ToolFacts, ...]]:
    """Read what each operation, by its key, is done with. To take it, fixtures and then gauges are locked, and whoever has one that is in use is named."""
    tools: dict[tuple[EntityType, int], ToolFacts] = {}
    for kind, ids, read, lock, held in (
        (EntityType.FIXTURE, _fixtures(operations), _FIXTURES, _LOCK_FIXTURES, HAS_FIXTURE),
        (EntityType.GAUGE, _gauges(operations), _GAUGES, _LOCK_GAUGES, HAS_GAUGE),
    ):
        for row in work.all(lock if to_take else read, {"ids": ids}) if ids else ():
            in_use = row.status in (FixtureStatus.IN_USE, GaugeStatus.IN_USE)
            by = work.value(held, {"tool": row.id}) if to_take and in_use else None
            tools[kind, row.id] = ToolFacts(kind, row.code, row.status, row.due, by)
    wanted = {row.id: ((EntityType.FIXTURE, row.fixture_id), (EntityType.GAUGE, row.gauge_id)) for row in operations}
    return {key: tuple(tools[one] for one in both if one in tools) for key, both in wanted.items()}


def _fixtures(operations: Sequence[Row[Any]]) -> list[int]:
    return sorted({row.fixture_id for row in operations if row.fixture_id is not None})


def _gauges(operations: Sequence[Row[Any]]) -> list[int]:
    return sorted({row.gauge_id for row in operations if row.gauge_id is not None})


def operation_facts(
    work: Work,
    operation: Row[Any],
    *,
    machine: MachineFacts | None = None,
    tools: tuple[ToolFacts, ...] = (),
    running_there: int | None = None,
) -> OperationFacts:
    """Put together what the rules may know of an operation of a locked order."""
    zone = work.plant.zone
    return OperationFacts(
        sequence=operation.sequence,
        status=operation.status,
        good=operation.good,
        overlap_quantity=operation.overlap_quantity,
        moved_by=operation.status_by,
        moved_at=operation.status_at.astimezone(zone) if operation.status_at is not None else None,
        moved_at_terminal=operation.status_terminal,
        machine=machine,
        has_machine=operation.machine_id is not None,
        tools=tools,
        running_there=running_there,
    )


# ---------------------------------------------------------------------- begin


def set_machine(work: Work, machine: Row[Any], to: MachineStatus, *, runs: str | None = None) -> None:
    work.run(
        _SET_MACHINE, {"machine": machine.id, "to_status": to, "since": work.now, "by": work.actor.badge, "runs": runs}
    )
    work.touch(EntityType.MACHINE, machine.code)


def open_clock(
    work: Work,
    order: int,
    kind: ClockKind,
    *,
    operation: int | None = None,
    machine: int | None = None,
    reason: str | None = None,
    since: datetime | None = None,
) -> None:
    work.run(
        _OPEN_CLOCK,
        {
            "work_order_id": order,
            "operation_id": operation,
            "machine_id": machine,
            "kind": kind,
            "started_at": since or work.now,
            "ended_at": None,
            "reason": reason,
        },
    )


def begin_order(work: Work, order: Row[Any], machine: Row[Any]) -> None:
    """Let an order without operations run: machine in use, clock on."""
    work.after(machine.status_since)
    set_machine(work, machine, MachineStatus.IN_USE, runs=order.number)
    open_clock(work, order.id, ClockKind.RUN, machine=machine.id)


def begin_operation(
    work: Work, order: Row[Any], operation: Row[Any], machine: Row[Any], tools: Sequence[ToolFacts]
) -> None:
    """Let an operation run: machine in use, fixture and gauge taken, and the clock on, which is one of setting up as long as planned minutes are left."""
    work.after(machine.status_since)
    set_machine(work, machine, MachineStatus.IN_USE, runs=order.number)
    _take(work, operation, tools)
    if operation.status is OperationStatus.ON_HOLD:
        work.run(_END_CLOCKS_OF, {"operation": operation.id, "stopped": work.now})
    left = timedelta(0)
    if operation.setup_minutes:
        left = _setup_left(operation, work.all(_CLOCKS, {"operations": [operation.id]}))
    kind = ClockKind.SETUP if left else ClockKind.RUN
    open_clock(work, order.id, kind, operation=operation.id, machine=machine.id)


def _take(work: Work, operation: Row[Any], tools: Sequence[ToolFacts]) -> None:
    for tool in tools:
        if tool.kind is EntityType.FIXTURE:
            work.run(_SET_FIXTURE, {"tool": operation.fixture_id, "becomes": FixtureStatus.IN_USE})
        else:
            work.run(_SET_GAUGE, {"tool": operation.gauge_id, "becomes": GaugeStatus.IN_USE})
        work.touch(tool.kind, tool.code)


def _setup_left(operation: Row[Any], clocks: Sequence[Row[Any]]) -> timedelta:
    own = [clock for clock in clocks if clock.operation_id == operation.id]
    spent = sum(
        (clock.ended_at - clock.started_at for clock in own if clock.kind is ClockKind.SETUP and clock.ended_at),
        timedelta(0),
    )
    return setup_left(operation.setup_minutes, spent, has_run=any(clock.kind is ClockKind.RUN for clock in own))


# ---------------------------------------------------------------------- end


def end_setup(work: Work, order: Row[Any], operation: Row[Any]) -> None:
    """End the setup of a running operation with its first pieces, or when its time was up before; from then on it runs."""
    if operation.setup_minutes:
        _settle(work, order, [operation], made=True)


def _settle(work: Work, order: Row[Any], operations: Sequence[Row[Any]], *, made: bool = False) -> None:
    clocks = work.all(_CLOCKS, {"operations": [operation.id for operation in operations]})
    for operation in operations:
        for clock in clocks:
            if clock.operation_id != operation.id or clock.kind is not ClockKind.SETUP or clock.ended_at is not None:
                continue
            over = setup_ends(clock.started_at, _setup_left(operation, clocks), work.now, made=made)
            if over is None:
                continue
            work.run(_END_CLOCK, {"clock": clock.id, "stopped": over})
            if made or over < work.now:
                open_clock(work, order.id, ClockKind.RUN, operation=operation.id, machine=clock.machine_id, since=over)


def end_operations(
    work: Work, order: Row[Any], operations: Sequence[Row[Any]], *, but_machine: int | None = None
) -> None:
    """Stop running operations of a locked order: their clocks end, machines and tooling come free. `but_machine` is the caller's to set."""
    machines = {operation.machine_id or order.machine_id for operation in operations} - {but_machine, None}
    locked = work.all(_LOCK_MACHINES, {"machines": sorted(machines)}) if machines else ()
    freed = [machine for machine in locked if machine.running_order == order.number]
    for machine in freed:
        work.after(machine.status_since)
    if any(operation.setup_minutes for operation in operations):
        _settle(work, order, operations)
    work.run(_END_CLOCKS_OF, [{"operation": operation.id, "stopped": work.now} for operation in operations])
    for machine in freed:
        set_machine(work, machine, MachineStatus.AVAILABLE)
    _give_back_tools(work, operations)


def _give_back_tools(work: Work, operations: Sequence[Row[Any]]) -> None:
    for kind, ids, lock, give_back, free in (
        (EntityType.FIXTURE, _fixtures(operations), _LOCK_FIXTURES, _SET_FIXTURE, FixtureStatus.AVAILABLE),
        (EntityType.GAUGE, _gauges(operations), _LOCK_GAUGES, _SET_GAUGE, GaugeStatus.AVAILABLE),
    ):
        for row in work.all(lock, {"ids": ids}) if ids else ():
            work.run(give_back, {"tool": row.id, "becomes": free})
            work.touch(kind, row.code)


def free_machine(work: Work, order: Row[Any]) -> None:
    """Give the machine free that an order without operations runs on."""
    machine = lock_machine(work, order.machine_id)
    if machine is not None and machine.running_order == order.number:
        work.after(machine.status_since)
        set_machine(work, machine, MachineStatus.AVAILABLE)


def end_clocks(work: Work, order: Row[Any], *, of_operations: bool = True) -> None:
    """End the order's open clocks; without those of its operations, a paused operation goes on waiting."""
    work.run(_END_OPEN_CLOCKS if of_operations else _END_ORDERS_OWN, {"order": order.id, "stopped": work.now})


def move_operations(work: Work, operations: Sequence[Row[Any]], to: OperationStatus, **also: object) -> None:
    """Bring operations into a status, by this person, now."""
    if not operations:
        return
    moved = {"to_status": to, "moved_at": work.now, "by": work.actor.badge, "where": work.actor.terminal}
    work.run(
        _MOVE_OPERATION.values(**also) if also else _MOVE_OPERATION,
        [{"operation": operation.id, **moved} for operation in operations],
    )
