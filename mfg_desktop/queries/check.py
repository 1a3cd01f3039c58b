"""Do the books add up? Stock against its ledger, reservations against lots, orders against outputs, clocks and downtimes against each other."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from mfg_desktop.rules.quantities import shown
from mfg_desktop.service import audit
from mfg_desktop.tables import (
    Machine,
    MachineDowntime,
    MaterialAllocation,
    OutputScrap,
    Product,
    ProductionOutput,
    StockLot,
    StockMovement,
    WorkClock,
    WorkOrder,
    WorkOrderMaterial,
)
from mfg_desktop.vocabulary import ClockKind, MachineStatus, OrderStatus

NOTHING = Decimal(0)


def problems(connection: Connection) -> list[str]:
    """Name everything that does not add up, one sentence each; an empty list when all is well."""
    return [problem for look in LOOKS for problem in look(connection)]


def _sum(column: Any) -> Any:
    return func.coalesce(func.sum(column), NOTHING, type_=column.type)


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
    in_ledger = func.coalesce(moved.c.total, NOTHING, type_=StockLot.on_hand.type)
    promised = func.coalesce(held.c.total, NOTHING, type_=StockLot.reserved.type)
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
                StockLot.on_hand < NOTHING,
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
        getattr(line, name) != func.coalesce(given.c[name], NOTHING, type_=getattr(line, name).type)
        for name in ("reserved", "issued", "returned")
    ]
    statement = (
        select(WorkOrder.number, Product.stock_code, line.consumed, line.issued, line.returned)
        .join(WorkOrder, WorkOrder.id == line.work_order_id)
        .join(Product, Product.id == line.material_id)
        .outerjoin(given, given.c.line_id == line.id)
        .where(or_(*differs, line.consumed < NOTHING, line.consumed > line.issued - line.returned))
        .order_by(line.id)
    )
    for row in connection.execute(statement):
        yield f"{row.stock_code} of {row.number}: the line does not match its lots, or {shown(row.consumed)} used is more than was issued."


def _totals(connection: Connection) -> Iterator[str]:
    made = (
        select(
            ProductionOutput.work_order_id,
            _sum(ProductionOutput.good).label("good"),
            _sum(ProductionOutput.scrapped).label("scrapped"),
        )
        .where(ProductionOutput.operation_id.is_(None))
        .group_by(ProductionOutput.work_order_id)
        .subquery()
    )
    good = func.coalesce(made.c.good, NOTHING, type_=WorkOrder.quantity_completed.type)
    scrapped = func.coalesce(made.c.scrapped, NOTHING, type_=WorkOrder.quantity_scrapped.type)
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


def _scrap(connection: Connection) -> Iterator[str]:
    told = (
        select(OutputScrap.output_id, _sum(OutputScrap.quantity).label("total"))
        .group_by(OutputScrap.output_id)
        .subquery()
    )
    total = func.coalesce(told.c.total, NOTHING, type_=ProductionOutput.scrapped.type)
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
    clock, order = aliased(WorkClock), WorkOrder
    wrong = or_(
        and_(clock.kind == ClockKind.HOLD, order.status != OrderStatus.ON_HOLD),
        and_(clock.kind != ClockKind.HOLD, order.status != OrderStatus.IN_PROGRESS),
    )
    open_clocks = (
        select(order.number)
        .join(clock, clock.work_order_id == order.id)
        .where(clock.ended_at.is_(None), wrong)
        .order_by(order.id)
    )
    for number in connection.execute(open_clocks).scalars():
        yield f"{number} has a clock going that its status does not allow."


def _downtimes(connection: Connection) -> Iterator[str]:
    machines = {row.id: row.code for row in connection.execute(select(Machine.id, Machine.code))}
    for row in _overlaps(connection, MachineDowntime, MachineDowntime.machine_id, MachineDowntime.id.is_not(None)):
        yield f"Downtimes of machine {machines[row.owner]} overlap from {row.started_at.isoformat()}."


def _machines(connection: Connection) -> Iterator[str]:
    running = (
        select(WorkClock.machine_id, func.count().label("works"))
        .where(WorkClock.ended_at.is_(None), WorkClock.kind != ClockKind.HOLD)
        .group_by(WorkClock.machine_id)
        .subquery()
    )
    works = func.coalesce(running.c.works, 0)
    in_use = case((Machine.status == MachineStatus.IN_USE, 1), else_=0)
    statement = (
        select(Machine.code)
        .outerjoin(running, running.c.machine_id == Machine.id)
        .where(works != in_use)
        .order_by(Machine.id)
    )
    for code in connection.execute(statement).scalars():
        yield f"Machine {code} is in use without a running clock, or a clock runs on it and it is not in use."


LOOKS: tuple[Callable[[Connection], Iterator[str]], ...] = (
    _lots,
    _lines,
    _totals,
    _scrap,
    _clocks,
    _downtimes,
    _machines,
    audit.orphans,
)
"""Everything that is looked at; add a look here and it is part of `mfg-desktop check`."""
