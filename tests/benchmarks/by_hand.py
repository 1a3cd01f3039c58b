"""The same life of an order, written by hand: psycopg, plain SQL and as little Python as will do.

It sends what the shop sends, statement by statement, with the same locks, the same triggers and the same audit entry, one transaction for each
command. The runner holds the two against each other and says so when one of them has changed.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy import make_url

from tests.factories import ADMIN

TERMINAL = "BY-HAND"

OPENING = """
    SELECT p.id, p.name, p.active, s.name, s.timezone, s.overproduction_percent, s.auto_lock_minutes, s.rights_version,
           l.digest, l.answer, l.level, l.badge, l.at, l.terminal, clock_timestamp(), set_config('mfg.entry', %s, true)
    FROM person p JOIN plant_setting s ON true
    LEFT JOIN manufacturing_audit_log l ON l.command_id = %s AND l.level IN ('INFO', 'WARNING')
    WHERE p.badge = %s ORDER BY l.sequence DESC LIMIT 1"""
OPENING_QUESTION = """
    SELECT p.id, p.name, p.active, s.name, s.timezone, s.overproduction_percent, s.auto_lock_minutes, s.rights_version, clock_timestamp()
    FROM person p JOIN plant_setting s ON true WHERE p.badge = %s"""
WRITE_ENTRY = (
    "SELECT mfg_write_entry(%s, %s, %s, %s, NULL, %s, %s, %s, %s, %s, %s, 'INFO', 'WorkOrder', %s, %s, %s, %s, %s)"
)

PRODUCT = """
    SELECT p.id, p.stock_code, p.type, p.active, p.unit, (SELECT w.id FROM workflow w WHERE w.product_id = p.id AND w.status = 'ACTIVE')
    FROM product p WHERE p.stock_code = %s"""
MACHINE = "SELECT id, code, active, status, department_id FROM machine WHERE code = %s"
NEXT_NUMBER = """
    INSERT INTO order_number_series (year, last) VALUES (%s, 1)
    ON CONFLICT (year) DO UPDATE SET last = order_number_series.last + 1 RETURNING last"""
INSERT_ORDER = """
    INSERT INTO work_order (number, product_id, quantity_ordered, quantity_completed, quantity_scrapped, status, priority, machine_id, department_id,
        parent_id, sales_order, notes, planned_start, planned_end, created_at, created_by_id, status_at, last_event_at, version)
    VALUES (%s, %s, %s, 0, 0, 'DRAFT', 'MEDIUM', %s, %s, NULL, NULL, NULL, %s, %s, %s, %s, %s, %s, 1) RETURNING id"""
COMPONENTS = """
    SELECT l.component_id, l.quantity, l.scrap_percentage, l.issue_method, l.operation_sequence, p.stock_code
    FROM bom_line l JOIN bom b ON b.id = l.bom_id JOIN product p ON p.id = l.component_id
    WHERE b.product_id = %s AND b.active ORDER BY l.position"""
INSERT_LINE = """
    INSERT INTO work_order_material (work_order_id, material_id, issue_method, operation_sequence, required, reserved, issued, returned, consumed,
        version)
    VALUES (%s, %s, %s, NULL, %s, 0, 0, 0, 0, 1)"""

LOCK_ORDER = """
    SELECT o.id, o.number, o.status, o.product_id, o.quantity_ordered, o.quantity_completed, o.quantity_scrapped, o.machine_id, o.planned_start,
           o.planned_end, o.actual_start, o.status_at, o.status_by, o.status_terminal, o.last_event_at, o.version, p.stock_code, p.type, p.unit,
           EXISTS (SELECT * FROM work_order_operation x WHERE x.work_order_id = o.id), (SELECT m.code FROM machine m WHERE m.id = o.machine_id)
    FROM work_order o JOIN product p ON p.id = o.product_id WHERE o.number = %s FOR UPDATE OF o"""
LOCK_MACHINE = """
    SELECT id, code, status, active, status_since, status_reason, next_maintenance, running_order, version FROM machine WHERE id = %s FOR UPDATE"""
LINES = """
    SELECT l.id, l.material_id, p.stock_code, p.unit, l.issue_method, l.required, l.reserved, l.issued, l.returned, l.consumed, l.operation_sequence
    FROM work_order_material l JOIN product p ON p.id = l.material_id WHERE l.work_order_id = %s ORDER BY l.id"""
HAS_BOM = "SELECT id FROM bom WHERE product_id = %s AND active"
BELOW = """
    WITH RECURSIVE below(made, used) AS (
        SELECT b.product_id, l.component_id FROM bom b JOIN bom_line l ON l.bom_id = b.id WHERE b.product_id = %s
        UNION SELECT b.product_id, l.component_id FROM bom b JOIN bom_line l ON l.bom_id = b.id JOIN below ON below.used = b.product_id)
    SELECT made, used FROM below"""
FREE_LOTS = """
    SELECT id, product_id, lot, category, on_hand, reserved, blocked, block_reason, received_at, expires_at FROM stock_lot
    WHERE product_id IN (%s, %s) AND on_hand > reserved AND category IN ('RAW', 'PROCESS', 'FINISHED') AND blocked IS false
      AND (expires_at IS NULL OR expires_at > %s)
    ORDER BY id FOR UPDATE"""
RESERVED_LOTS = """
    SELECT a.line_id, a.reserved, a.issued, a.returned, s.id, s.product_id, s.lot, s.category, s.on_hand, s.reserved, s.blocked, s.block_reason,
           s.received_at, s.expires_at
    FROM material_allocation a JOIN stock_lot s ON s.id = a.lot_id JOIN work_order_material l ON l.id = a.line_id
    WHERE l.work_order_id = %s AND a.reserved > 0 ORDER BY s.id FOR UPDATE OF a, s"""
OPEN_SUB_ORDERS = """
    SELECT number FROM work_order WHERE parent_id = %s AND status IN ('DRAFT', 'IN_PROGRESS', 'ON_HOLD', 'PLANNED', 'RELEASED') ORDER BY number"""

MOVE_ORDER = """
    UPDATE work_order SET status = %s, hold_reason = NULL, status_at = %s, status_by = %s, status_terminal = %s, last_event_at = %s,
        version = version + 1 WHERE id = %s"""
START_ORDER = """
    UPDATE work_order SET status = 'IN_PROGRESS', actual_start = %s, status_at = %s, status_by = %s, status_terminal = %s, last_event_at = %s,
        version = version + 1 WHERE id = %s"""
COMPLETE_ORDER = """
    UPDATE work_order SET status = 'COMPLETED', actual_end = %s, short_close_reason = NULL, status_at = %s, status_by = %s, status_terminal = %s,
        last_event_at = %s, version = version + 1 WHERE id = %s"""
TOUCH_ORDER = "UPDATE work_order SET last_event_at = %s, version = version + 1 WHERE id = %s"
ADD_PIECES = """
    UPDATE work_order SET quantity_completed = quantity_completed + %s, quantity_scrapped = quantity_scrapped + 0, last_event_at = %s,
        version = version + 1 WHERE id = %s"""
SET_MACHINE = """
    UPDATE machine SET status = %s, status_since = %s, status_reason = NULL, status_by = %s, running_order = %s, version = version + 1
    WHERE id = %s"""
OPEN_CLOCK = """
    INSERT INTO work_clock (work_order_id, operation_id, machine_id, kind, started_at, ended_at, reason)
    VALUES (%s, NULL, %s, 'RUN', %s, NULL, NULL)"""
CLOSE_CLOCKS = "UPDATE work_clock SET ended_at = %s WHERE work_order_id = %s AND ended_at IS NULL"
MOVE_LOT = "UPDATE stock_lot SET on_hand = on_hand + %s, reserved = reserved + %s, version = version + 1 WHERE id = %s"
ALLOCATE = """
    INSERT INTO material_allocation (line_id, lot_id, reserved, issued, returned, version) VALUES (%s, %s, %s, 0, 0, 1)
    ON CONFLICT (line_id, lot_id) DO UPDATE SET reserved = material_allocation.reserved + excluded.reserved,
        issued = material_allocation.issued + excluded.issued, version = material_allocation.version + 1"""
MOVE_ALLOCATION = """
    UPDATE material_allocation SET reserved = reserved - %s, issued = issued + %s, returned = returned + 0, version = version + 1
    WHERE line_id = %s AND lot_id = %s"""
MOVE_LINE = """
    UPDATE work_order_material SET reserved = reserved + %s, issued = issued + %s, returned = returned + 0, version = version + 1 WHERE id = %s"""
SET_CONSUMED = "UPDATE work_order_material SET consumed = %s, version = version + 1 WHERE id = %s"
INSERT_MOVEMENT = """
    INSERT INTO stock_movement (lot_id, kind, quantity, at, work_order_id, output_id, person_id, reason)
    VALUES (%s, %s, %s, %s, %s, %s, %s, NULL)"""
INSERT_OUTPUT = """
    INSERT INTO production_output (work_order_id, operation_id, good, scrapped, rework, batch_number, operator_id, machine, at, notes, reverses_id)
    VALUES (%s, NULL, %s, 0, 0, %s, %s, %s, %s, NULL, NULL) RETURNING id"""
INTO_LOT = """
    INSERT INTO stock_lot (product_id, lot, category, on_hand, reserved, unit_cost, received_at, expires_at, location, blocked, block_reason, version)
    VALUES (%s, %s, 'FINISHED', %s, 0, NULL, %s, NULL, NULL, false, NULL, 1)
    ON CONFLICT (product_id, lot) DO UPDATE SET on_hand = stock_lot.on_hand + excluded.on_hand, version = stock_lot.version + 1
    RETURNING id, category"""

PAGE = """
    SELECT o.id, o.number, o.quantity_ordered, o.quantity_completed, o.quantity_scrapped, o.status, o.priority, o.rank, o.planned_start,
           o.planned_end, o.actual_start, o.actual_end, o.hold_reason, o.status_at, o.notes, o.version, o.machine_id, p.stock_code, p.name, p.unit,
           m.code, m.status, m.active, m.running_order, m.next_maintenance, d.code
    FROM work_order o JOIN product p ON p.id = o.product_id LEFT JOIN machine m ON m.id = o.machine_id
    LEFT JOIN department d ON d.id = o.department_id
    WHERE o.status IN (%s) ORDER BY o.rank, o.planned_end, o.id LIMIT %s"""
COUNTS = "SELECT status, count(*) FROM work_order GROUP BY status"
COVER = """
    SELECT work_order_id, count(*), sum(CASE WHEN reserved + issued - returned >= required THEN 1 ELSE 0 END),
           sum(CASE WHEN reserved + issued - returned > 0 THEN 1 ELSE 0 END)
    FROM work_order_material WHERE work_order_id = ANY(%s) GROUP BY work_order_id"""
STEPS_TO_DO = """
    SELECT x.work_order_id, x.sequence, x.status, m.code, m.status, m.active, m.status_since, m.status_reason, m.running_order, m.next_maintenance,
           f.code, f.status, f.next_check, g.code, g.status, g.next_calibration
    FROM work_order_operation x LEFT JOIN machine m ON m.id = x.machine_id LEFT JOIN process_config c ON c.id = x.process_config_id
    LEFT JOIN fixture f ON f.id = c.fixture_id LEFT JOIN gauge g ON g.id = c.gauge_id
    WHERE x.status NOT IN ('CANCELLED', 'COMPLETED') AND x.work_order_id = ANY(%s) ORDER BY x.work_order_id, x.sequence"""

Row = tuple[Any, ...]


class ByHand:
    """A terminal that knows no rules: it does to the database what the shop does to it, and nothing else."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self.connection = psycopg.connect(
            host=str(parsed.query["host"]),
            user=parsed.username,
            dbname=parsed.database,
            options="-c jit=off -c lock_timeout=3s -c statement_timeout=10s -c idle_in_transaction_session_timeout=15s -c timezone=UTC",
            autocommit=True,
        )
        self.sent: list[str] = []
        """What the last command sent."""
        self._cursor = self.connection.cursor()

    def close(self) -> None:
        self.connection.close()

    # What every command shares.

    def _one(self, statement: str, *values: object) -> Row:
        self.sent.append(statement)
        row = self._cursor.execute(statement.encode(), values).fetchone()
        assert row is not None
        return row

    def _all(self, statement: str, *values: object) -> list[Row]:
        self.sent.append(statement)
        return self._cursor.execute(statement.encode(), values).fetchall()

    def _run(self, statement: str, *values: object) -> None:
        self.sent.append(statement)
        self._cursor.execute(statement.encode(), values)

    def _many(self, statement: str, rows: list[Row]) -> None:
        self.sent.append(statement)
        self._cursor.executemany(statement.encode(), rows)

    def _perform(
        self, command: str, action: str, number: str | None, work: Callable[[int, datetime], tuple[str, str, str, str]]
    ) -> str:
        """Carry out one command in its transaction: open, work, write the entry. Gives the order's number."""
        self.sent.clear()
        entry, command_id = str(uuid4()), str(uuid4())
        with self.connection.transaction():
            opened = self._one(OPENING, entry, command_id, ADMIN)
            now = opened[14]
            told, answer, details, touched = work(opened[0], now)
            number = number or told.split(" ", 1)[0]
            self._one(
                WRITE_ENTRY,
                entry,
                now,
                now,
                ADMIN,
                TERMINAL,
                command_id,
                command,
                "0" * 64,
                answer,
                action,
                number,
                told,
                details,
                touched,
                Decimal(1),
            )
        return number

    # The life of an order.

    def create(self, product: str, machine: str, quantity: Decimal) -> str:
        def work(person: int, now: datetime) -> tuple[str, str, str, str]:
            made = self._one(PRODUCT, product)
            where = self._one(MACHINE, machine)
            (last,) = self._one(NEXT_NUMBER, now.year)
            number = f"WO-{now.year}-{last:05d}"
            start = datetime(2026, 3, 2, 6, tzinfo=UTC)
            (order,) = self._one(
                INSERT_ORDER,
                number,
                made[0],
                quantity,
                where[0],
                where[4],
                start,
                start + timedelta(days=1),
                now,
                person,
                now,
                now,
            )
            self._many(
                INSERT_LINE, [(order, line[0], line[3], line[1] * quantity) for line in self._all(COMPONENTS, made[0])]
            )
            return (
                f"{number} was created: {quantity} pcs of {product}.",
                answered(number, "DRAFT"),
                f'{{"product":"{product}"}}',
                touches(number),
            )

        return self._perform("work_order.create", "WORK_ORDER_CREATE", None, work)

    def plan(self, number: str) -> None:
        def work(_person: int, now: datetime) -> tuple[str, str, str, str]:
            order = self._one(LOCK_ORDER, number)
            self._run(MOVE_ORDER, "PLANNED", now, ADMIN, TERMINAL, now, order[0])
            return f"{number} was planned.", answered(number, "PLANNED"), "{}", touches(number)

        self._perform("work_order.plan", "WORK_ORDER_PLAN", number, work)

    def release(self, number: str) -> None:
        def work(_person: int, now: datetime) -> tuple[str, str, str, str]:
            order = self._one(LOCK_ORDER, number)
            self._one(HAS_BOM, order[3])
            self._all(BELOW, order[3])
            self._all(COMPONENTS, order[3])
            self._all(LINES, order[0])
            self._run(MOVE_ORDER, "RELEASED", now, ADMIN, TERMINAL, now, order[0])
            return f"{number} was released.", answered(number, "RELEASED"), "{}", touches(number)

        self._perform("work_order.release", "WORK_ORDER_RELEASE", number, work)

    def allocate(self, number: str) -> None:
        def work(_person: int, now: datetime) -> tuple[str, str, str, str]:
            order = self._one(LOCK_ORDER, number)
            lines = self._all(LINES, order[0])
            lots = self._all(FREE_LOTS, *(line[1] for line in lines), now)
            picks = []
            for line in lines:
                lot = min((lot for lot in lots if lot[1] == line[1]), key=lambda lot: (lot[8], lot[0]))
                picks.append((line[0], lot[0], line[5]))
            self._many(MOVE_LOT, [(0, quantity, lot) for _, lot, quantity in picks])
            self._many(ALLOCATE, picks)
            self._many(MOVE_LINE, [(quantity, 0, line) for line, _, quantity in picks])
            self._run(TOUCH_ORDER, now, order[0])
            return f"Material of {number} was allocated.", answered(number, "RELEASED"), LONG_DETAILS, LONG_TOUCHES

        self._perform("work_order.allocate", "MATERIAL_ALLOCATE", number, work)

    def start(self, number: str) -> None:
        def work(_person: int, now: datetime) -> tuple[str, str, str, str]:
            order = self._one(LOCK_ORDER, number)
            machine = self._one(LOCK_MACHINE, order[7])
            self._all(LINES, order[0])
            self._run(SET_MACHINE, "IN_USE", now, ADMIN, number, machine[0])
            self._run(OPEN_CLOCK, order[0], machine[0], now)
            self._run(START_ORDER, now, now, ADMIN, TERMINAL, now, order[0])
            return (
                f"{number} was started on {machine[1]}.",
                answered(number, "IN_PROGRESS"),
                f'{{"machine":"{machine[1]}"}}',
                touches(number),
            )

        self._perform("work_order.start", "WORK_ORDER_START", number, work)

    def issue(self, number: str) -> None:
        def work(person: int, now: datetime) -> tuple[str, str, str, str]:
            order = self._one(LOCK_ORDER, number)
            line = next(line for line in self._all(LINES, order[0]) if line[4] == "PICK")
            lot = next(lot for lot in self._all(RESERVED_LOTS, order[0]) if lot[0] == line[0])
            quantity = lot[1]
            self._take(order[0], line, lot, quantity, "ISSUE", None, person, now)
            self._run(TOUCH_ORDER, now, order[0])
            told = f"Issued to {number}: {quantity} {line[3]} {line[2]} from {lot[6]}."
            return told, answered(number, "IN_PROGRESS"), ISSUED, LONG_TOUCHES

        self._perform("work_order.issue", "MATERIAL_ISSUE", number, work)

    def output(self, number: str, good: Decimal) -> None:
        def work(person: int, now: datetime) -> tuple[str, str, str, str]:
            order = self._one(LOCK_ORDER, number)
            lines = self._all(LINES, order[0])
            held = self._all(RESERVED_LOTS, order[0])
            (output,) = self._one(INSERT_OUTPUT, order[0], good, number, person, order[20], now)
            for line in lines:
                if line[4] == "BACKFLUSH":
                    lot = next(lot for lot in held if lot[0] == line[0])
                    self._take(order[0], line, lot, line[5], "BACKFLUSH", output, person, now)
            self._many(SET_CONSUMED, [(line[5], line[0]) for line in lines])
            lot = self._one(INTO_LOT, order[3], number, good, now)
            self._run(INSERT_MOVEMENT, lot[0], "PRODUCED", good, now, order[0], output, person)
            self._run(ADD_PIECES, good, now, order[0])
            return (
                f"{good} good reported on {number}: {good} of {good} good.",
                answered(number, "IN_PROGRESS"),
                REPORTED,
                LONG_TOUCHES,
            )

        self._perform("work_order.record_output", "PRODUCTION_RECORD", number, work)

    def complete(self, number: str) -> None:
        def work(_person: int, now: datetime) -> tuple[str, str, str, str]:
            order = self._one(LOCK_ORDER, number)
            self._all(OPEN_SUB_ORDERS, order[0])
            machine = self._one(LOCK_MACHINE, order[7])
            self._run(SET_MACHINE, "AVAILABLE", now, ADMIN, None, machine[0])
            self._all(RESERVED_LOTS, order[0])
            self._run(CLOSE_CLOCKS, now, order[0])
            self._run(COMPLETE_ORDER, now, now, ADMIN, TERMINAL, now, order[0])
            return (
                f"{number} was completed with {order[5]} of {order[4]} pcs.",
                answered(number, "COMPLETED"),
                '{"good":"100"}',
                touches(number),
            )

        self._perform("work_order.complete", "WORK_ORDER_COMPLETE", number, work)

    def page(self, status: str, limit: int) -> int:
        """Read a page of the board; gives the number of its rows."""
        self.sent.clear()
        # Said in the BEGIN, as the shop does.
        self.connection.isolation_level, self.connection.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
        with self.connection.transaction():
            self._one(OPENING_QUESTION, ADMIN)
            rows = self._all(PAGE, status, limit + 1)[:limit]
            self._all(COUNTS)
            self._all(COVER, [row[0] for row in rows])
            self._all(STEPS_TO_DO, [row[0] for row in rows])
        self.connection.isolation_level = self.connection.read_only = None
        return len(rows)

    def _take(
        self,
        order: int,
        line: Row,
        lot: Row,
        quantity: Decimal,
        kind: str,
        output: int | None,
        person: int,
        now: datetime,
    ) -> None:
        self._run(MOVE_LOT, -quantity, -quantity, lot[4])
        self._run(MOVE_ALLOCATION, quantity, quantity, line[0], lot[4])
        self._run(MOVE_LINE, -quantity, quantity, line[0])
        self._run(INSERT_MOVEMENT, lot[4], kind, -quantity, now, order, output, person)


LONG_DETAILS = '{"reserved":[{"material":"BAR","lot":"B-2","quantity":"50"},{"material":"NUT","lot":"N-1","quantity":"400"}],"shortages":[]}'
ISSUED = '{"issued":[{"material":"BAR","lot":"B-2","quantity":"50"}]}'
REPORTED = '{"output":2,"good":"100","scrapped":"0","rework":"0","batch_number":"WO-2026-00002"}'
LONG_TOUCHES = '[["StockLot","BAR/B-2"],["StockLot","NUT/N-1"],["WorkOrder","WO-2026-00002"]]'


def answered(number: str, status: str) -> str:
    return f'{{"success":true,"data":{{"number":"{number}","status":"{status}","version":1}}}}'


def touches(number: str) -> str:
    return f'[["WorkOrder","{number}"]]'
