"""Fills a plant with orders in every status, in seconds, so that the books add up and every row has its line in the audit log.

The rows are written directly and not by commands; what is measured afterwards is made by commands.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, insert, select, text, update

from mfg_desktop.service import audit
from mfg_desktop.service.database import Database
from mfg_desktop.tables import (
    Base,
    Bom,
    BomLine,
    Department,
    Machine,
    MaterialAllocation,
    Person,
    Process,
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
    ActionType,
    AuditLevel,
    ClockKind,
    EntityType,
    IssueMethod,
    MachineStatus,
    MachineType,
    MovementKind,
    OrderStatus,
    Priority,
    ProductType,
    StockCategory,
)
from tests.factories import ADMIN

MACHINES, PRODUCTS, MATERIALS, LINES = 40, 60, 60, 3
LOTS, USED_UP = 30, 22
"""Lots of each material, and how many of them are empty: most lots that a plant remembers are."""
PER_ENTRY = 100
"""Orders that are told in one audit entry."""
HUNDRED = (
    (OrderStatus.COMPLETED, 70),
    (OrderStatus.CANCELLED, 5),
    (OrderStatus.DRAFT, 6),
    (OrderStatus.PLANNED, 7),
    (OrderStatus.RELEASED, 8),
    (OrderStatus.ON_HOLD, 4),
)
"""How a hundred orders are spread over the statuses; besides, every second machine runs one."""
PIECES = Decimal(10)
BEGAN = datetime(2026, 1, 5, 6, tzinfo=UTC)
SLOT = timedelta(hours=2)
ROOM = Decimal(5000)
"""What lies free in a lot that is not used up."""

Row = dict[str, Any]


@dataclass
class Lot:
    """A lot of material while the plant is planned: what went out of it, and what is promised."""

    material: int
    name: str
    received: datetime
    is_used_up: bool
    issued: Decimal = Decimal(0)
    reserved: Decimal = Decimal(0)
    key: int = 0

    @property
    def on_hand(self) -> Decimal:
        return self.reserved + (Decimal(0) if self.is_used_up else ROOM)


@dataclass
class Order:
    """An order while the plant is planned: where it stands, and the lot that each of its lines takes from."""

    number: str
    product: int
    machine: int
    slot: int
    status: OrderStatus
    lots: Sequence[Lot]
    key: int = 0
    lines: list[int] = field(default_factory=list)

    @property
    def start(self) -> datetime:
        return BEGAN + SLOT * self.slot

    @property
    def end(self) -> datetime:
        return self.start + SLOT * 3 / 4

    @property
    def has_started(self) -> bool:
        return self.status in (OrderStatus.COMPLETED, OrderStatus.IN_PROGRESS)

    @property
    def is_reserved(self) -> bool:
        return self.status in (OrderStatus.RELEASED, OrderStatus.ON_HOLD)


def fill(database: Database, orders: int) -> None:
    """Add `orders` orders to the standard plant, with machines, products, lots and their history."""
    with _entry(database, "benchmark.plant") as connection:
        nouns = _write_nouns(connection)
    planned = _plan(nouns, orders)
    with _entry(database, "benchmark.lots") as connection:
        _write_lots(connection, nouns)
    for first in range(0, orders, PER_ENTRY):
        with _entry(database, "benchmark.orders") as connection:
            _write_orders(connection, nouns, planned[first : first + PER_ENTRY])
    if database.on_postgres:
        with database.engine.connect() as connection, connection.begin():
            connection.execute(text("SET LOCAL statement_timeout = '600s'"))
            # The function plans its look at the lines once, and it did so when there were none: now it is to find them by their index.
            connection.execute(text("ANALYZE"))
            _write_history(connection, orders)
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


@dataclass
class Nouns:
    """The keys of what orders are about."""

    person: int
    machines: list[tuple[int, str]]
    products: list[int]
    lots: dict[int, list[Lot]]
    process: int
    needs: dict[int, list[int]]


@contextmanager
def _entry(database: Database, command: str) -> Iterator[Connection]:
    """Give a connection inside a transaction, and write its one entry in the audit log at the end."""
    entry = audit.new_entry()
    with database.writing() as connection:
        audit.open_entry(connection, entry)
        yield connection
        audit.write(connection, _told(entry, command))


def _told(entry: str, command: str) -> audit.Entry:
    return audit.Entry(
        entry=entry,
        at=BEGAN,
        happened_at=BEGAN,
        badge=ADMIN,
        approver=None,
        terminal="setup",
        command_id=str(uuid4()),
        command=command,
        digest=None,
        answer=None,
        action_type=ActionType.PLANT_CHANGE,
        level=AuditLevel.INFO,
        entity_type=EntityType.PLANT,
        entity="settings",
        message="The plant was filled.",
        details={},
        touched=frozenset(),
        duration_ms=Decimal(0),
    )


def _keys(connection: Connection, table: type[Base], rows: list[Row]) -> list[int]:
    """Write rows and give their keys in the same order."""
    if not rows:
        return []
    return list(
        connection.execute(insert(table).returning(table.__table__.c.id, sort_by_parameter_order=True), rows).scalars()
    )


def _write(connection: Connection, table: type[Base], rows: list[Row]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _write_nouns(connection: Connection) -> Nouns:
    person = connection.execute(select(Person.id).where(Person.badge == ADMIN)).scalar_one()
    departments = _keys(
        connection,
        Department,
        [{"code": f"D-{number}", "name": f"Department {number}"} for number in range(1, 4)],
    )
    codes = [f"M-{number:03d}" for number in range(1, MACHINES + 1)]
    machines = _keys(
        connection,
        Machine,
        [
            {
                "code": code,
                "type": MachineType.CNC_MILLING,
                "department_id": departments[place % 3],
                "serial_number": f"SN-{code}",
            }
            for place, code in enumerate(codes)
        ],
    )
    made = _keys(connection, Product, [_product(f"P-{n:03d}", ProductType.FINISHED) for n in range(1, PRODUCTS + 1)])
    raw = _keys(connection, Product, [_product(f"R-{n:03d}", ProductType.RAW) for n in range(1, MATERIALS + 1)])
    needs = {
        product: [raw[(place + step * 7) % MATERIALS] for step in range(LINES)] for place, product in enumerate(made)
    }
    boms = _keys(connection, Bom, [{"product_id": product} for product in made])
    _write(
        connection,
        BomLine,
        [
            {
                "bom_id": bom,
                "position": position,
                "component_id": component,
                "quantity": Decimal(2),
                "issue_method": IssueMethod.PICK,
            }
            for bom, product in zip(boms, made, strict=True)
            for position, component in enumerate(needs[product], start=1)
        ],
    )
    lots = {
        material: [
            Lot(material, f"L-{material}-{n:02d}", BEGAN - timedelta(days=LOTS - n), n < USED_UP) for n in range(LOTS)
        ]
        for material in raw
    }
    (process,) = _keys(
        connection, Process, [{"code": "MILL", "name": "Milling", "machine_type": MachineType.CNC_MILLING}]
    )
    return Nouns(person, list(zip(machines, codes, strict=True)), made, lots, process, needs)


def _product(code: str, kind: ProductType) -> Row:
    return {"stock_code": code, "name": f"Part {code}", "type": kind, "unit": "pcs"}


def _plan(nouns: Nouns, orders: int) -> list[Order]:
    """Decide where each order stands and from which lots it takes, before a lot is written with what is then left in it."""
    statuses = [status for status, share in HUNDRED for _ in range(share)]
    planned = []
    for place in range(orders):
        machine, slot = place % MACHINES, place // MACHINES
        # Seven has no factor in common with a hundred: the statuses are mixed and each keeps its share.
        status = statuses[place * 7 % 100]
        if place >= orders - MACHINES and machine % 2 == 0:
            status = OrderStatus.IN_PROGRESS
        product = nouns.products[place % PRODUCTS]
        choice = place // PRODUCTS
        used_up = status is OrderStatus.COMPLETED
        lots = [
            nouns.lots[material][choice % USED_UP if used_up else USED_UP + choice % (LOTS - USED_UP)]
            for material in nouns.needs[product]
        ]
        order = Order(f"P-{place + 1:06d}", product, machine, slot, status, lots)
        for lot in lots:
            if order.has_started:
                lot.issued += PIECES * 2
            elif order.is_reserved:
                lot.reserved += PIECES * 2
        planned.append(order)
    return planned


def _write_lots(connection: Connection, nouns: Nouns) -> None:
    lots = [lot for lots in nouns.lots.values() for lot in lots if lot.on_hand + lot.issued]
    keys = _keys(
        connection,
        StockLot,
        [
            {
                "product_id": lot.material,
                "lot": lot.name,
                "category": StockCategory.RAW,
                "on_hand": lot.on_hand,
                "reserved": lot.reserved,
                "received_at": lot.received,
            }
            for lot in lots
        ],
    )
    for lot, key in zip(lots, keys, strict=True):
        lot.key = key
    received = [_movement(nouns, lot.key, MovementKind.RECEIPT, lot.on_hand + lot.issued, lot.received) for lot in lots]
    _write(connection, StockMovement, received)


def _movement(
    nouns: Nouns,
    lot: int,
    kind: MovementKind,
    quantity: Decimal,
    at: datetime,
    order: int | None = None,
    output: int | None = None,
) -> Row:
    return {
        "lot_id": lot,
        "kind": kind,
        "quantity": quantity,
        "at": at,
        "work_order_id": order,
        "output_id": output,
        "person_id": nouns.person,
    }


def _write_orders(connection: Connection, nouns: Nouns, orders: Sequence[Order]) -> None:
    for order, key in zip(orders, _keys(connection, WorkOrder, [_order(nouns, o) for o in orders]), strict=True):
        order.key = key
    _write(connection, WorkOrderOperation, [step for order in orders for step in _steps(nouns, order)])
    lines = _keys(connection, WorkOrderMaterial, [_line(order, lot) for order, lot in _wants(orders)])
    allocated = [
        (line, order, lot)
        for line, (order, lot) in zip(lines, _wants(orders), strict=True)
        if order.has_started or order.is_reserved
    ]
    _write(connection, MaterialAllocation, [_allocation(line, order, lot) for line, order, lot in allocated])
    moved = [
        _movement(nouns, lot.key, MovementKind.ISSUE, -PIECES * 2, order.start, order.key)
        for order, lot in _wants(orders)
        if order.has_started
    ]
    done = [order for order in orders if order.status is OrderStatus.COMPLETED]
    outputs = _keys(connection, ProductionOutput, [_output(nouns, order) for order in done])
    into = _keys(connection, StockLot, [_made(order) for order in done])
    for order, output, lot in zip(done, outputs, into, strict=True):
        moved.append(_movement(nouns, lot, MovementKind.PRODUCED, PIECES, order.end, order.key, output))
    _write(connection, StockMovement, moved)
    _write(
        connection,
        WorkClock,
        [_clock(nouns, order) for order in orders if order.has_started or order.status is OrderStatus.ON_HOLD],
    )
    for order in orders:
        if order.status is OrderStatus.IN_PROGRESS:
            connection.execute(
                update(Machine)
                .where(Machine.id == nouns.machines[order.machine][0])
                .values(status=MachineStatus.IN_USE, running_order=order.number, status_since=order.start)
            )


def _wants(orders: Sequence[Order]) -> Iterator[tuple[Order, Lot]]:
    for order in orders:
        for lot in order.lots:
            yield order, lot


def _order(nouns: Nouns, order: Order) -> Row:
    over = order.status in (OrderStatus.COMPLETED, OrderStatus.CANCELLED)
    return {
        "number": order.number,
        "product_id": order.product,
        "quantity_ordered": PIECES,
        "quantity_completed": PIECES if order.status is OrderStatus.COMPLETED else Decimal(0),
        "status": order.status,
        "priority": list(Priority)[order.slot % 4],
        "machine_id": nouns.machines[order.machine][0],
        "planned_start": order.start,
        "planned_end": order.end,
        "actual_start": order.start if order.has_started else None,
        "actual_end": order.end if over else None,
        "hold_reason": "waiting for a drawing" if order.status is OrderStatus.ON_HOLD else None,
        "created_at": BEGAN,
        "created_by_id": nouns.person,
        "status_at": order.end if over else order.start,
        "status_by": ADMIN,
        "status_terminal": "setup",
        "last_event_at": order.end,
    }


def _steps(nouns: Nouns, order: Order) -> list[Row]:
    """Every third order that has not begun has operations."""
    if order.has_started or order.status is OrderStatus.CANCELLED or order.key % 3:
        return []
    there = nouns.machines[(order.machine + 1) % MACHINES][0]
    return [
        {"work_order_id": order.key, "sequence": 10, "process_id": nouns.process, "machine_id": None},
        {"work_order_id": order.key, "sequence": 20, "process_id": nouns.process, "machine_id": there},
    ]


def _line(order: Order, lot: Lot) -> Row:
    issued = PIECES * 2 if order.has_started else Decimal(0)
    return {
        "work_order_id": order.key,
        "material_id": lot.material,
        "issue_method": IssueMethod.PICK,
        "required": PIECES * 2,
        "reserved": PIECES * 2 if order.is_reserved else Decimal(0),
        "issued": issued,
        "consumed": issued if order.status is OrderStatus.COMPLETED else Decimal(0),
    }


def _allocation(line: int, order: Order, lot: Lot) -> Row:
    return {
        "line_id": line,
        "lot_id": lot.key,
        "reserved": Decimal(0) if order.has_started else PIECES * 2,
        "issued": PIECES * 2 if order.has_started else Decimal(0),
    }


def _output(nouns: Nouns, order: Order) -> Row:
    return {
        "work_order_id": order.key,
        "good": PIECES,
        "scrapped": Decimal(0),
        "rework": Decimal(0),
        "batch_number": order.number,
        "operator_id": nouns.person,
        "at": order.end,
    }


def _made(order: Order) -> Row:
    return {
        "product_id": order.product,
        "lot": order.number,
        "category": StockCategory.FINISHED,
        "on_hand": PIECES,
        "received_at": order.end,
    }


def _clock(nouns: Nouns, order: Order) -> Row:
    on_hold = order.status is OrderStatus.ON_HOLD
    return {
        "work_order_id": order.key,
        "machine_id": None if on_hold else nouns.machines[order.machine][0],
        "kind": ClockKind.HOLD if on_hold else ClockKind.RUN,
        "started_at": order.start,
        "ended_at": order.end if order.status is OrderStatus.COMPLETED else None,
    }


def _write_history(connection: Connection, orders: int) -> None:
    """Lengthen the audit log by an entry per order: a plant's log is long, and looking into it must not be.

    Each terminal's chain grows by a hundred at most: a row that is changed again and again in one transaction gets slow.
    """
    connection.execute(
        text(
            "SELECT count(mfg_write_entry(gen_random_uuid()::text, :at, :at, :badge, NULL, 'setup-' || place % :terminals,"
            " gen_random_uuid()::text, 'work_order.plan', NULL, NULL, 'WORK_ORDER_PLAN', 'INFO', 'WorkOrder',"
            " 'P-' || to_char(place, 'FM000000'), 'The order was planned.', '{}', '[]', 0))"
            " FROM generate_series(1, :orders) AS place"
        ),
        {"at": BEGAN, "badge": ADMIN, "orders": orders, "terminals": orders // 100 + 1},
    )
