"""What the stories of the service tests share: a terminal where somebody stands already, refusals that change nothing, and the sums of the books."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from itertools import count, pairwise
from typing import Any

import pytest
from sqlalchemy import Row, func, select

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.queries.rows import AllocationRow, LotRow, MachineRow, OrderDetail
from mfg_desktop.service.database import Database
from mfg_desktop.service.shop import Shop
from mfg_desktop.service.work import Actor
from mfg_desktop.tables import Base, ManufacturingAuditChange, ManufacturingAuditLog, OrderNumberSeries
from mfg_desktop.vocabulary import PersonId
from tests.factories import ADMIN, TERMINAL, Floor

Log = ManufacturingAuditLog.__table__
Change = ManufacturingAuditChange.__table__
_AUDIT = {"manufacturing_audit_log", "manufacturing_audit_change", "audit_chain_head", "audit_context"}
UNWATCHED = {*_AUDIT, "order_number_series"}
"""Tables whose changed rows have no line in the audit log."""
ZERO = Decimal(0)
_TRACES = select(
    select(func.count()).select_from(Change).scalar_subquery(),
    select(func.coalesce(func.sum(OrderNumberSeries.last), 0)).scalar_subquery(),
)


class Desk(Floor):
    """A terminal at which somebody is signed in already: without the time a PIN takes, and on SQLite without waiting for the disk."""

    def __init__(self, url: str, badge: str = ADMIN, *, terminal: str = TERMINAL) -> None:
        self.url = url
        self.shop = Shop(Database(url, lasting=False))
        # The shop looks the person up by the badge with every command; what else the terminal remembers is for its screen.
        self.actor = Actor(PersonId(0), badge, badge, (), terminal)
        self._numbers = count(1)

    def refused(self, command: str, **fields: Any) -> dict[str, Any]:
        """Give the error of a command that must be refused; nothing may change but the audit log, which gets one entry."""
        before, newest = self._traces(), self.newest_entry()

        with pytest.raises(ManufacturingException) as caught:
            self.perform(command, **fields)

        error = caught.value.as_error()
        assert self._traces() == before, f"{error['code']} was said, and yet rows have changed"
        told = [
            (row.level.value, row.action_type, row.command, f'"{error["code"]}"' in row.details)
            for row in self.entries(newest)
        ]
        assert told == [("WARNING", "BUSINESS_RULE_VIOLATION", command, True)]
        return error

    def said(self, command: str, **fields: Any) -> tuple[str, dict[str, Any]]:
        """Give code and details of a command that must be refused; of several violations, the details of the first."""
        error = self.refused(command, **fields)
        return error["code"], error["details"]

    def codes(self, command: str, **fields: Any) -> list[str]:
        """Name every rule that refuses a command, in the order in which they are told."""
        error = self.refused(command, **fields)
        return [violation["code"] for violation in error["details"].get("violations", [error])]

    def detail(self, number: str) -> OrderDetail:
        found: OrderDetail = self.ask("work_order.get", number=number)
        return found

    def status(self, number: str) -> str:
        return self.detail(number).row.status.value

    def line(self, number: str, material: str) -> AllocationRow:
        return next(line for line in self.detail(number).allocations if line.material == material)

    def lot(self, material: str, lot: str) -> LotRow:
        found: Sequence[LotRow] = self.ask("stock.list", material=material, lot=lot).rows
        assert len(found) == 1, f"there is no lot {lot} of {material}"
        return found[0]

    def machine(self, machine: str) -> MachineRow:
        row: MachineRow = self.ask("machine.get", machine=machine).row
        return row

    def rows(self, but: Collection[str] = ()) -> Mapping[str, Sequence[Row[Any]]]:
        """Read every row of the plant but the audit log's, and but the tables named."""
        with self.shop.database.reading() as connection:
            return {
                name: connection.execute(select(table).order_by(*table.primary_key.columns)).all()
                for name, table in Base.metadata.tables.items()
                if name not in _AUDIT and name not in but
            }

    def _traces(self) -> tuple[int, int]:
        """Count what the database's own triggers have written of changed rows, and the order numbers taken, which they do not watch."""
        with self.shop.database.reading() as connection:
            lines, numbers = connection.execute(_TRACES).one()
            return lines, numbers

    def newest_entry(self) -> int:
        with self.shop.database.reading() as connection:
            return connection.execute(select(func.max(Log.c.sequence))).scalar() or 0

    def entries(self, after: int = 0) -> Sequence[Row[Any]]:
        """Read the entries of the audit log written after the one named."""
        with self.shop.database.reading() as connection:
            return connection.execute(select(Log).where(Log.c.sequence > after).order_by(Log.c.sequence)).all()

    def lines(self, entry: str) -> Sequence[Row[Any]]:
        """Read the changed rows of one entry."""
        with self.shop.database.reading() as connection:
            return connection.execute(select(Change).where(Change.c.entry == entry).order_by(Change.c.id)).all()

    def faults(self, rows: "Rows | None" = None) -> list[str]:
        """Add up the books by hand and name what does not agree; from these rows, where they have been read already."""
        rows = self.rows() if rows is None else rows
        looks = (_stock, _lines, _orders, _machines, _tooling, _times, _routings)
        return [fault for look in looks for fault in look(rows)]


Rows = Mapping[str, Sequence[Row[Any]]]


def _total(rows: Sequence[Row[Any]], by: str, quantity: str) -> dict[Any, Decimal]:
    totals: dict[Any, Decimal] = defaultdict(Decimal)
    for row in rows:
        totals[getattr(row, by)] += getattr(row, quantity)
    return totals


def _stock(rows: Rows) -> list[str]:
    moved = _total(rows["stock_movement"], "lot_id", "quantity")
    promised = _total(rows["material_allocation"], "lot_id", "reserved")
    faults = []
    for lot in rows["stock_lot"]:
        if lot.on_hand != moved[lot.id] or lot.on_hand < 0:
            faults.append(f"lot {lot.lot}: {lot.on_hand} on hand, {moved[lot.id]} by its movements")
        if lot.reserved != promised[lot.id] or lot.reserved > lot.on_hand:
            faults.append(f"lot {lot.lot}: {lot.reserved} reserved of {lot.on_hand}, {promised[lot.id]} promised")
    return faults


def _lines(rows: Rows) -> list[str]:
    faults = []
    for quantity in ("reserved", "issued", "returned"):
        given = _total(rows["material_allocation"], "line_id", quantity)
        faults += [
            f"line {line.id}: {getattr(line, quantity)} {quantity}, {given[line.id]} by its lots"
            for line in rows["work_order_material"]
            if getattr(line, quantity) != given[line.id]
        ]
    over = {order.id for order in rows["work_order"] if order.status in ("COMPLETED", "CANCELLED")}
    for line in rows["work_order_material"]:
        if not 0 <= line.consumed <= line.issued - line.returned:
            faults.append(f"line {line.id}: {line.consumed} consumed of {line.issued - line.returned}")
        if line.work_order_id in over and line.reserved:
            faults.append(f"line {line.id}: {line.reserved} still reserved for an order that is over")
    return faults


def _orders(rows: Rows) -> list[str]:
    steps: dict[int, list[Row[Any]]] = defaultdict(list)
    for step in sorted(rows["work_order_operation"], key=lambda step: step.sequence):
        steps[step.work_order_id].append(step)
    last = {order: of_order[-1].id for order, of_order in steps.items()}
    finished = [row for row in rows["production_output"] if row.operation_id == last.get(row.work_order_id)]
    good = _total(finished, "work_order_id", "good")
    scrapped = _total(rows["production_output"], "work_order_id", "scrapped")
    ticking = {"IN_PROGRESS": ["RUN"], "ON_HOLD": ["HOLD"]}
    clocks = _open_clocks(rows)
    faults = []
    for order in rows["work_order"]:
        if (order.quantity_completed, order.quantity_scrapped) != (good[order.id], scrapped[order.id]):
            faults.append(f"order {order.number}: its totals are not the sum of its outputs")
        runs_by_steps = order.status == "IN_PROGRESS" and order.id in steps
        if clocks[order.id, None] != ([] if runs_by_steps else ticking.get(order.status.value, [])):
            faults.append(f"order {order.number} is {order.status} and its clocks are {clocks[order.id, None]}")
        faults += _steps(order, steps[order.id], rows, clocks)
    return faults


Clocks = Mapping[tuple[int, int | None], list[str]]


def _open_clocks(rows: Rows) -> Clocks:
    """Name the open clocks of each order and of each operation; setting up is running."""
    clocks: dict[tuple[int, int | None], list[str]] = defaultdict(list)
    for clock in rows["work_clock"]:
        if clock.ended_at is None:
            clocks[clock.work_order_id, clock.operation_id].append("HOLD" if clock.kind == "HOLD" else "RUN")
    return clocks


def _steps(order: Row[Any], steps: Sequence[Row[Any]], rows: Rows, clocks: Clocks) -> list[str]:
    good = _total(rows["production_output"], "operation_id", "good")
    scrapped = _total(rows["production_output"], "operation_id", "scrapped")
    over = order.status in ("COMPLETED", "CANCELLED")
    faults = []
    for step in steps:
        name = f"operation {step.sequence} of {order.number}"
        if (step.good, step.scrapped) != (good[step.id], scrapped[step.id]):
            faults.append(f"{name}: its quantities are not the sum of its outputs")
        ticking = {"IN_PROGRESS": ["RUN"], "ON_HOLD": ["HOLD"]}.get(step.status.value, [])
        if clocks[order.id, step.id] != ticking:
            faults.append(f"{name} is {step.status} and its clocks are {clocks[order.id, step.id]}")
        if step.status == "IN_PROGRESS" and order.status != "IN_PROGRESS":
            faults.append(f"{name} runs and its order is {order.status}")
        if over and step.status not in ("COMPLETED", "CANCELLED"):
            faults.append(f"{name} is {step.status} and its order is over")
    return faults


def _machines(rows: Rows) -> list[str]:
    numbers = {order.id: order.number for order in rows["work_order"]}
    running = {
        clock.machine_id: numbers[clock.work_order_id]
        for clock in rows["work_clock"]
        if clock.ended_at is None and clock.kind != "HOLD"
    }
    stopped = {downtime.machine_id for downtime in rows["machine_downtime"] if downtime.ended_at is None}
    faults = []
    for machine in rows["machine"]:
        if (machine.status == "IN_USE") != (machine.running_order is not None):
            faults.append(f"machine {machine.code} is {machine.status} with order {machine.running_order}")
        if machine.running_order != running.get(machine.id):
            faults.append(f"machine {machine.code} runs {machine.running_order}, its clock {running.get(machine.id)}")
        if (machine.status in ("MAINTENANCE", "BROKEN")) != (machine.id in stopped):
            faults.append(f"machine {machine.code} is {machine.status} and its downtime says otherwise")
    return faults + [f"order {running[None]} runs on no machine" for _ in running.keys() & {None}]


def _tooling(rows: Rows) -> list[str]:
    configs = {config.id: config for config in rows["process_config"]}
    running = [
        configs[step.process_config_id]
        for step in rows["work_order_operation"]
        if step.status == "IN_PROGRESS" and step.process_config_id is not None
    ]
    taken = {"fixture": [c.fixture_id for c in running], "gauge": [c.gauge_id for c in running]}
    return [
        f"{kind} {tool.code} is {tool.status} and {taken[kind].count(tool.id)} running operations have it"
        for kind in ("fixture", "gauge")
        for tool in rows[kind]
        if taken[kind].count(tool.id) != (tool.status == "IN_USE")
    ]


def _times(rows: Rows) -> list[str]:
    """What one machine, one order or one operation does it does after the other; a machine is down after the other too."""
    clocks = rows["work_clock"]
    one_by_one: dict[tuple[str, int], list[Row[Any]]] = defaultdict(list)
    for row in clocks:
        if row.kind != "HOLD":
            one_by_one["running on machine", row.machine_id].append(row)
        owner = ("of order", row.work_order_id) if row.operation_id is None else ("of operation", row.operation_id)
        one_by_one[owner].append(row)
    for row in rows["machine_downtime"]:
        one_by_one["downtime of machine", row.machine_id].append(row)
    faults = []
    for (what, whose), spans in one_by_one.items():
        spans.sort(key=lambda row: (row.started_at, row.id))
        faults += [
            f"{what} {whose}: one begins at {after.started_at} and the one before ends at {before.ended_at}"
            for before, after in pairwise(spans)
            if before.ended_at is None or after.started_at < before.ended_at
        ]
    return faults


def _routings(rows: Rows) -> list[str]:
    """A product has one routing in use, and a step of a routing one version of its settings."""
    used: list[tuple[Any, ...]] = [("product", row.product_id) for row in rows["workflow"] if row.status == "ACTIVE"]
    used += [
        ("step", row.workflow_id, row.sequence, row.process_id)
        for row in rows["process_config"]
        if row.status == "ACTIVE"
    ]
    return [f"{what} has {count} active" for what, count in Counter(used).items() if count > 1]
