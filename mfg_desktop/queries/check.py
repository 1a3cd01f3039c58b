"""Do the books add up? Stock against its ledger, reservations against lots, orders against outputs, clocks and downtimes against each other."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Row, and_, case, func, or_, select

from mfg_desktop.rules.quantities import ZERO, shown
from mfg_desktop.service import audit
from mfg_desktop.tables import (
    Fixture,
    Gauge,
    Machine,
    MachineDowntime,
    MaterialAllocation,
    OutputScrap,
    ProcessConfig,
    Product,
    ProductionOutput,
    StockLot,
    StockMovement,
    WorkClock,
    WorkOrder,
    WorkOrderMaterial,
    WorkOrderOperation,
)
from mfg_desktop.vocabulary import (
    ClockKind,
    FixtureStatus,
    GaugeStatus,
    MachineStatus,
    OperationStatus,
    OrderStatus,
)


def problems(connection: Connection) -> list[str]:
    """Name everything that does not add up, one sentence each; an empty list when all is well."""
    return [problem for look in LOOKS for problem in look(connection)]


def _sum(column: Any) -> Any:
    return func.coalesce(func.sum(column), ZERO, type_=column.type)


def _lots(connection: Connection) -> Iterator[str]:
    moved = (
        select(StockMovement.lot_id, _sum(StockMovement.quantity).label("total"))
        .group_by(StockMovement.lot_id)
        .subquery()
    )
    held = (
        select(MaterialAllocation.lot_id, _sum(MaterialAllocation.reserved).label("total"))
        .group_by(MaterialAllocation.lot_id)
        .subquery()
    )
    in_ledger = func.coalesce(moved.c.total, ZERO, type_=StockLot.on_hand.type)
    promised = func.coalesce(held.c.total, ZERO, type_=StockLot.reserved.type)
    statement = (
        select(
            Product.stock_code,
            StockLot.lot,
            StockLot.on_hand,
            StockLot.reserved,
            in_ledger.label("ledger"),
            promised.label("promised"),
        )
        .join(Product, Product.id == StockLot.product_id)
        .outerjoin(moved, moved.c.lot_id == StockLot.id)
        .outerjoin(held, held.c.lot_id == StockLot.id)
        .where(
            or_(
                StockLot.on_hand != in_ledger,
                StockLot.reserved != promised,
                StockLot.on_hand < ZERO,
                StockLot.reserved > StockLot.on_hand,
            )
        )
        .order_by(StockLot.id)
    )
    for row in connection.execute(statement):
        yield (
            f"Lot {row.lot} of {row.stock_code}: {shown(row.on_hand)} on hand against {shown(row.ledger)} in the ledger,"
            f" {shown(row.reserved)} reserved against {shown(row.promised)} promised to orders."
        )


def _lines(connection: Connection) -> Iterator[str]:
    given = (
        select(
            MaterialAllocation.line_id,
            _sum(MaterialAllocation.reserved).label("reserved"),
            _sum(MaterialAllocation.issued).label("issued"),
            _sum(MaterialAllocation.returned).label("returned"),
        )
        .group_by(MaterialAllocation.line_id)
        .subquery()
    )
    line = WorkOrderMaterial
    differs = [
        getattr(line, name) != func.coalesce(given.c[name], ZERO, type_=getattr(line, name).type)
        for name in ("reserved", "issued", "returned")
    ]
    statement = (
        select(WorkOrder.number, Product.stock_code, line.consumed, line.issued, line.returned)
        .join(WorkOrder, WorkOrder.id == line.work_order_id)
        .join(Product, Product.id == line.material_id)
        .outerjoin(given, given.c.line_id == line.id)
        .where(or_(*differs, line.consumed < ZERO, line.consumed > line.issued - line.returned))
        .order_by(line.id)
    )
    for row in connection.execute(statement):
        yield f"{row.stock_code} of {row.number}: the line does not match its lots, or {shown(row.consumed)} used is more than was issued."


def _totals(connection: Connection) -> Iterator[str]:
    """The good of an order is what was reported on it, or at its last operation; its scrap is that of all."""
    last = (
        select(WorkOrderOperation.work_order_id, func.max(WorkOrderOperation.sequence).label("sequence"))
        .group_by(WorkOrderOperation.work_order_id)
        .subquery()
    )
    finished = case(
        (or_(ProductionOutput.operation_id.is_(None), WorkOrderOperation.sequence == last.c.sequence), 1), else_=0
    )
    made = (
        select(
            ProductionOutput.work_order_id,
            _sum(case((finished == 1, ProductionOutput.good), else_=ZERO)).label("good"),
            _sum(ProductionOutput.scrapped).label("scrapped"),
        )
        .outerjoin(WorkOrderOperation, WorkOrderOperation.id == ProductionOutput.operation_id)
        .outerjoin(last, last.c.work_order_id == ProductionOutput.work_order_id)
        .group_by(ProductionOutput.work_order_id)
        .subquery()
    )
    good = func.coalesce(made.c.good, ZERO, type_=WorkOrder.quantity_completed.type)
    scrapped = func.coalesce(made.c.scrapped, ZERO, type_=WorkOrder.quantity_scrapped.type)
    statement = (
        select(
            WorkOrder.number,
            WorkOrder.quantity_completed,
            WorkOrder.quantity_scrapped,
            good.label("good"),
            scrapped.label("scrapped"),
        )
        .outerjoin(made, made.c.work_order_id == WorkOrder.id)
        .where(or_(WorkOrder.quantity_completed != good, WorkOrder.quantity_scrapped != scrapped))
        .order_by(WorkOrder.id)
    )
    for row in connection.execute(statement):
        yield (
            f"{row.number}: {shown(row.quantity_completed)} good and {shown(row.quantity_scrapped)} scrap,"
            f" but its outputs give {shown(row.good)} and {shown(row.scrapped)}."
        )


def _operations(connection: Connection) -> Iterator[str]:
    made = (
        select(
            ProductionOutput.operation_id,
            _sum(ProductionOutput.good).label("good"),
            _sum(ProductionOutput.scrapped).label("scrapped"),
        )
        .where(ProductionOutput.operation_id.is_not(None))
        .group_by(ProductionOutput.operation_id)
        .subquery()
    )
    step = WorkOrderOperation
    good = func.coalesce(made.c.good, ZERO, type_=step.good.type)
    scrapped = func.coalesce(made.c.scrapped, ZERO, type_=step.scrapped.type)
    statement = (
        select(WorkOrder.number, step.sequence)
        .join(WorkOrder, WorkOrder.id == step.work_order_id)
        .outerjoin(made, made.c.operation_id == step.id)
        .where(or_(step.good != good, step.scrapped != scrapped))
        .order_by(step.id)
    )
    for row in connection.execute(statement):
        yield f"Operation {row.sequence} of {row.number}: its quantities are not the sum of its outputs."


def _scrap(connection: Connection) -> Iterator[str]:
    told = (
        select(OutputScrap.output_id, _sum(OutputScrap.quantity).label("total"))
        .group_by(OutputScrap.output_id)
        .subquery()
    )
    total = func.coalesce(told.c.total, ZERO, type_=ProductionOutput.scrapped.type)
    statement = (
        select(ProductionOutput.id, ProductionOutput.scrapped, total.label("told"))
        .outerjoin(told, told.c.output_id == ProductionOutput.id)
        .where(ProductionOutput.scrapped != total)
        .order_by(ProductionOutput.id)
    )
    for row in connection.execute(statement):
        yield f"Output {row.id}: {shown(row.scrapped)} scrapped, but reasons for {shown(row.told)}."


def _overlaps(connection: Connection, table: Any, owner: Any, only: Any) -> list[Row[Any]]:
    """Find stretches that begin before the one before them has ended."""
    before = func.lag(table.ended_at, 1).over(partition_by=owner, order_by=(table.started_at, table.id))
    first = func.row_number().over(partition_by=owner, order_by=(table.started_at, table.id))
    line = (
        select(table.id, owner.label("owner"), table.started_at, before.label("ended_before"), first.label("place"))
        .where(only)
        .subquery()
    )
    statement = (
        select(line.c.owner, line.c.started_at)
        .where(line.c.place > 1, or_(line.c.ended_before.is_(None), line.c.started_at < line.c.ended_before))
        .order_by(line.c.id)
    )
    return list(connection.execute(statement))


def _clocks(connection: Connection) -> Iterator[str]:
    runs = WorkClock.kind != ClockKind.HOLD
    machines = {row.id: row.code for row in connection.execute(select(Machine.id, Machine.code))}
    for row in _overlaps(connection, WorkClock, WorkClock.machine_id, and_(runs, WorkClock.machine_id.is_not(None))):
        yield f"Machine {machines[row.owner]} ran two works at once from {row.started_at.isoformat()}."
    for row in _overlaps(connection, WorkClock, WorkClock.work_order_id, WorkClock.operation_id.is_(None)):
        yield f"The clocks of an order overlap from {row.started_at.isoformat()} (order row {row.owner})."
    for row in _overlaps(connection, WorkClock, WorkClock.operation_id, WorkClock.operation_id.is_not(None)):
        yield f"The clocks of an operation overlap from {row.started_at.isoformat()} (operation row {row.owner})."
    yield from _ticking(connection)


def _ticking(connection: Connection) -> Iterator[str]:
    """A clock runs for exactly what runs, and a hold clock for exactly what is on hold: an order, or an operation."""
    runs = case((WorkClock.kind != ClockKind.HOLD, 1), else_=0)
    open_clocks = select(
        WorkClock.work_order_id,
        WorkClock.operation_id,
        func.count().label("clocks"),
        func.sum(runs).label("running"),
        func.count(WorkClock.machine_id).label("machines"),
    ).where(WorkClock.ended_at.is_(None))
    own = open_clocks.where(WorkClock.operation_id.is_(None)).group_by(WorkClock.work_order_id, WorkClock.operation_id)
    of_steps = open_clocks.where(WorkClock.operation_id.is_not(None)).group_by(
        WorkClock.work_order_id, WorkClock.operation_id
    )
    order, step, mine, its = WorkOrder, WorkOrderOperation, own.subquery(), of_steps.subquery()
    has_steps = select(step.id).where(step.work_order_id == order.id).correlate(order).exists()
    should_run = case((and_(order.status == OrderStatus.IN_PROGRESS, ~has_steps), 1), else_=0)
    should_wait = case((order.status == OrderStatus.ON_HOLD, 1), else_=0)
    clocks, running = func.coalesce(mine.c.clocks, 0), func.coalesce(mine.c.running, 0)
    orders = (
        select(order.number)
        .outerjoin(mine, mine.c.work_order_id == order.id)
        .where(
            or_(
                running != should_run,
                clocks - running != should_wait,
                and_(running == 1, mine.c.machines == 0),
            )
        )
        .order_by(order.id)
    )
    for number in connection.execute(orders).scalars():
        yield f"{number} has a clock going that its status does not allow, or none where there must be one."
    step_runs = case((step.status == OperationStatus.IN_PROGRESS, 1), else_=0)
    step_waits = case((step.status == OperationStatus.ON_HOLD, 1), else_=0)
    clocks, running = func.coalesce(its.c.clocks, 0), func.coalesce(its.c.running, 0)
    steps = (
        select(order.number, step.sequence)
        .join(order, order.id == step.work_order_id)
        .outerjoin(its, its.c.operation_id == step.id)
        .where(
            or_(
                running != step_runs,
                clocks - running != step_waits,
                and_(running == 1, its.c.machines == 0),
                and_(step.status == OperationStatus.IN_PROGRESS, order.status != OrderStatus.IN_PROGRESS),
            )
        )
        .order_by(step.id)
    )
    for row in connection.execute(steps):
        yield f"Operation {row.sequence} of {row.number} has a clock going that its status does not allow, or none where there must be one."


def _downtimes(connection: Connection) -> Iterator[str]:
    machines = {row.id: row.code for row in connection.execute(select(Machine.id, Machine.code))}
    for row in _overlaps(connection, MachineDowntime, MachineDowntime.machine_id, MachineDowntime.id.is_not(None)):
        yield f"Downtimes of machine {machines[row.owner]} overlap from {row.started_at.isoformat()}."


def _machines(connection: Connection) -> Iterator[str]:
    running = (
        select(WorkClock.machine_id, func.count().label("works"), func.min(WorkOrder.number).label("number"))
        .join(WorkOrder, WorkOrder.id == WorkClock.work_order_id)
        .where(WorkClock.ended_at.is_(None), WorkClock.kind != ClockKind.HOLD)
        .group_by(WorkClock.machine_id)
        .subquery()
    )
    works = func.coalesce(running.c.works, 0)
    in_use = case((Machine.status == MachineStatus.IN_USE, 1), else_=0)
    statement = (
        select(Machine.code)
        .outerjoin(running, running.c.machine_id == Machine.id)
        .where(or_(works != in_use, and_(works == 1, Machine.running_order != running.c.number)))
        .order_by(Machine.id)
    )
    for code in connection.execute(statement).scalars():
        yield f"Machine {code} is in use without a running clock, or a clock runs on it and it is not in use by that order."


def _tooling(connection: Connection) -> Iterator[str]:
    """A fixture or gauge is in use exactly while a running operation has it."""
    for kind, tool, column, in_use in (
        ("Fixture", Fixture, ProcessConfig.fixture_id, FixtureStatus.IN_USE),
        ("Gauge", Gauge, ProcessConfig.gauge_id, GaugeStatus.IN_USE),
    ):
        having = (
            select(column.label("tool"), func.count().label("operations"))
            .join(WorkOrderOperation, WorkOrderOperation.process_config_id == ProcessConfig.id)
            .where(WorkOrderOperation.status == OperationStatus.IN_PROGRESS, column.is_not(None))
            .group_by(column)
            .subquery()
        )
        statement = (
            select(tool.code)
            .outerjoin(having, having.c.tool == tool.id)
            .where(func.coalesce(having.c.operations, 0) != case((tool.status == in_use, 1), else_=0))
            .order_by(tool.id)
        )
        for code in connection.execute(statement).scalars():
            yield f"{kind} {code} is in use without a running operation that has it, or a running operation has it and it is free."


LOOKS: tuple[Callable[[Connection], Iterator[str]], ...] = (
    _lots,
    _lines,
    _totals,
    _operations,
    _scrap,
    _clocks,
    _downtimes,
    _machines,
    _tooling,
    audit.orphans,
)
"""Everything that is looked at; add a look here and it is part of `mfg-desktop check`."""
