"""The database itself refuses what the rules would, whoever writes, and records every change of every column."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Date,
    Enum,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    delete,
    insert,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError

from mfg_desktop.service import audit
from mfg_desktop.service.database import Database, violated
from mfg_desktop.tables import Base
from mfg_desktop.tables.base import Fixed, UtcTime
from mfg_desktop.tables.history import ADDED_ONLY, FINAL, NOT_WATCHED, OUTSIDE, SECRETS
from mfg_desktop.vocabulary import ActionType, AuditLevel
from tests.factories import Floor

BEGAN = datetime(2026, 3, 2, 6, tzinfo=UTC)
AWKWARD = 'say "5\\8"\nthen\tgo\r\n ż 王 👷'
"""Every sign that JSON writes in another way."""
WATCHED = [table for table in Base.metadata.sorted_tables if table.name not in NOT_WATCHED]
LEDGERS = {"stock_movement", "production_output", "output_scrap"}
MASK = "***"


# ---------------------------------------------------------------------- a row of everything


class Row(NamedTuple):
    """Which row of a table: its number, and how its values differ from those of the others."""

    id: int
    turn: int


A, B, C, LONELY, NEW = Row(9001, 0), Row(9002, 2), Row(9003, 4), Row(9004, 6), Row(9005, 9)
"""B and C are there to be pointed at and removed; LONELY is a product that nothing is made of yet."""

AMOUNTS = {"on_hand": 100, "required": 100, "issued": 50, "reserved": 2, "returned": 2, "consumed": 2}
"""Such that a little more or less of one stays within what the checks allow."""
BEGINNINGS = {"planned_start", "actual_start", "started_at"}
TOGETHER = {("machine", "status"): {"running_order": None}}
"""What cannot change alone: a machine in use has the number of the order that runs on it."""


def is_alone(column: Column[Any]) -> bool:
    """Tell whether no two rows may have the same value here."""
    return any(
        [one.name for one in constraint.columns] == [column.name]
        for constraint in (*column.table.constraints, *column.table.indexes)
        if isinstance(constraint, UniqueConstraint)
        or (
            isinstance(constraint, Index)
            and constraint.unique
            and constraint.dialect_options["sqlite"]["where"] is None
        )
    )


def value(column: Column[Any], turn: int) -> Any:
    """Make a value of the column's type, another one for each turn."""
    kind = column.type
    if (column.table.name, column.name) == ("machine", "status"):
        return "IN_USE" if turn == A.turn else "AVAILABLE"
    if (column.table.name, column.name) == ("machine", "running_order"):
        return f"WO-{turn}" if turn in (A.turn, A.turn + 1) else None
    if isinstance(kind, Enum):
        words: list[StrEnum] = list(kind.enum_class or ())
        return words[turn % len(words)]
    if isinstance(kind, Boolean):
        return turn % 2 == 0
    if isinstance(kind, Fixed):
        return AMOUNTS.get(column.name, 5) + turn * Decimal("0.25")
    if isinstance(kind, UtcTime):
        return BEGAN + timedelta(days=0 if column.name in BEGINNINGS else 10, hours=turn, microseconds=turn)
    if isinstance(kind, Date):
        return date(2026, 3, 2) + timedelta(days=turn)
    if isinstance(kind, Integer):
        return 5 + turn
    if isinstance(kind, String):
        return f"{turn} {AWKWARD}"[: kind.length]
    raise TypeError(f"no value for {column}")


def parent(column: Column[Any], row: Row, *, first: bool) -> int | None:
    (key,) = column.foreign_keys
    if key.column.table is column.table:
        return None
    if key.column.table.name in LEDGERS:
        return A.id
    if row is NEW:
        return LONELY.id if is_alone(column) else A.id if first else C.id
    return row.id


def fields(table: Table, row: Row) -> dict[str, Any]:
    """Fill every column that can be filled."""
    filled: dict[str, Any] = {"id": row.id}
    first = True
    for column in changeable(table):
        if column.foreign_keys:
            filled[column.name] = parent(column, row, first=first)
            first = False
        else:
            filled[column.name] = value(column, row.turn)
    return filled


def rows_of(table: Table) -> tuple[Row, ...]:
    if table.name == "plant_setting":
        return ()
    if table.name == "product":
        return (A, B, C, LONELY)
    return (A, B) if table.name in LEDGERS else (A, B, C)


def settled(table: Table) -> int:
    """Number of the row of a table that is changed: the plant has its settings already, once."""
    return 1 if table.name == "plant_setting" else A.id


# ---------------------------------------------------------------------- looking and writing


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    it = Database(database_url)
    yield it
    it.close()


@contextlib.contextmanager
def in_a_command(database: Database) -> Iterator[tuple[Connection, str]]:
    """Give a transaction that is inside a command, and undo it."""
    with database.engine.connect() as connection, connection.execution_options(mfg_writes=True).begin() as transaction:
        entry = audit.new_entry()
        audit.open_entry(connection, entry)
        yield connection, entry
        transaction.rollback()


def fill(database: Database, *more: Row) -> str:
    """Put rows into every watched table, by a command, and give its entry."""
    with database.writing() as connection:
        entry = audit.new_entry()
        audit.open_entry(connection, entry)
        for table in WATCHED:
            for row in (*rows_of(table), *(more if rows_of(table) else ())):
                connection.execute(insert(table).values(fields(table, row)))
        write_entry(connection, entry)
    return entry


def write_entry(connection: Connection, entry: str) -> None:
    audit.write(
        connection,
        audit.Entry(
            entry=entry,
            at=BEGAN,
            happened_at=BEGAN,
            badge="ADMIN",
            approver=None,
            terminal="T1",
            command_id=str(uuid4()),
            command="settings.set",
            digest=None,
            answer=None,
            action_type=ActionType.PLANT_CHANGE,
            level=AuditLevel.INFO,
            entity_type=None,
            entity=None,
            message="Rows were put in.",
            details={},
            touched=frozenset(),
            duration_ms=Decimal(1),
        ),
    )


def as_kept(connection: Connection, table: Table, number: int) -> dict[str, Any]:
    """Give a row as the database keeps it, secrets masked as in the history."""
    if connection.dialect.name == "postgresql":
        kept = connection.execute(text(f"SELECT to_jsonb(t) FROM {table.name} t WHERE id = {number}")).scalar_one()
    else:
        kept = connection.exec_driver_sql(f"SELECT * FROM {table.name} WHERE id = {number}").mappings().one()
    return dict(kept)


def told(picture: dict[str, Any], table: Table) -> dict[str, Any]:
    secrets = SECRETS.get(table.name, ())
    return {name: MASK if name in secrets and kept is not None else kept for name, kept in picture.items()}


def last_line(connection: Connection, entry: str, table: Table, number: int) -> tuple[Any, Any] | None:
    """Give what the newest line of the entry tells of a row: before and after."""
    line = connection.execute(
        text(
            "SELECT old, new FROM manufacturing_audit_change"
            " WHERE entry = :entry AND table_name = :table AND row_key = :key ORDER BY id DESC LIMIT 1"
        ),
        {"entry": entry, "table": table.name, "key": str(number)},
    ).first()
    return line and (line.old and json.loads(line.old), line.new and json.loads(line.new))


def without_nothing(picture: dict[str, Any]) -> dict[str, Any]:
    return {name: kept for name, kept in picture.items() if kept is not None}


# ---------------------------------------------------------------------- the history


def test_only_the_audit_and_the_series_of_numbers_are_not_watched() -> None:
    unwatched = {table.name for table in Base.metadata.sorted_tables if table.name in NOT_WATCHED}

    assert unwatched == {
        "manufacturing_audit_log",
        "manufacturing_audit_change",
        "audit_chain_head",
        "audit_context",
        "order_number_series",
    }


def test_a_new_row_of_any_table_is_in_the_history_with_every_column(database: Database) -> None:
    entry = fill(database)

    with database.reading() as connection:
        for table in WATCHED:
            for row in rows_of(table):
                picture = told(as_kept(connection, table, row.id), table)
                assert last_line(connection, entry, table, row.id) == (None, without_nothing(picture)), table.name


def test_a_change_of_any_column_of_any_table_is_in_the_history(database: Database) -> None:
    fill(database)
    seen: dict[str, set[str]] = {}

    with in_a_command(database) as (connection, entry):
        for table in WATCHED:
            if table.name in LEDGERS:
                continue
            number = settled(table)
            before = as_kept(connection, table, number)
            seen[table.name] = {"id"}
            for column in changeable(table):
                with connection.begin_nested() as savepoint:
                    connection.execute(update(table).where(table.c.id == number).values(another(column)))
                    after = as_kept(connection, table, number)
                    changed = {name for name in before if before[name] != after[name]}
                    old, new = last_line(connection, entry, table, number) or (None, None)
                    savepoint.rollback()
                assert column.name in changed
                assert old == told({name: before[name] for name in changed}, table), column
                assert new == told({name: after[name] for name in changed}, table), column
                seen[table.name] |= changed

    assert seen == {
        table.name: {column.name for column in table.columns} for table in WATCHED if table.name not in LEDGERS
    }


def changeable(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if not column.primary_key and column.computed is None]


def another(column: Column[Any]) -> dict[str, Any]:
    """Give the column another value, and what must change with it."""
    table = column.table
    if column.foreign_keys:
        return {column.name: LONELY.id if is_alone(column) else B.id}
    return {column.name: value(column, A.turn + 1), **TOGETHER.get((table.name, column.name), {})}


def test_a_value_that_is_taken_away_is_in_the_history(database: Database) -> None:
    with in_a_command(database) as (connection, entry):
        people = Base.metadata.tables["person"]
        connection.execute(insert(people).values(fields(people, A)))
        connection.execute(update(people).where(people.c.id == A.id).values(pin_hash=None, locked_until=None))

        line = last_line(connection, entry, people, A.id)

    assert line is not None
    assert set(line[0]) == {"pin_hash", "locked_until"}
    assert line[0]["pin_hash"] == MASK
    assert line[1]["locked_until"] is None


def test_a_removed_row_of_any_table_is_in_the_history_with_every_column(database: Database) -> None:
    fill(database)

    with in_a_command(database) as (connection, entry):
        for table in reversed(WATCHED):
            if C not in rows_of(table):
                continue
            picture = told(as_kept(connection, table, C.id), table)
            connection.execute(delete(table).where(table.c.id == C.id))
            assert last_line(connection, entry, table, C.id) == (without_nothing(picture), None), table.name


def test_a_change_that_changes_nothing_leaves_no_line(database: Database) -> None:
    with in_a_command(database) as (connection, entry):
        connection.execute(text("UPDATE machine SET code = code, brand = NULL"))

        lines = connection.execute(
            text("SELECT count(*) FROM manufacturing_audit_change WHERE entry = :entry"), {"entry": entry}
        ).scalar_one()

    assert lines == 0


def test_a_pin_is_nowhere_in_the_history(database_url: str) -> None:
    with contextlib.closing(Floor(database_url)) as floor:
        floor.do("user.create", badge="NEW-1", name="Nina Neu", pin="864209", roles=["OPERATOR"], departments=["MACH"])
        floor.do("user.set_pin", badge="NEW-1", pin="975310")

        with floor.shop.database.reading() as connection:
            lines = connection.exec_driver_sql(
                "SELECT coalesce(old, '') || coalesce(new, '') FROM manufacturing_audit_change"
            ).scalars()
            entries = connection.exec_driver_sql(
                "SELECT message || details || touched || coalesce(answer, '') FROM manufacturing_audit_log"
            ).scalars()
            written = "".join([*lines, *entries])

    assert '"pin_hash": "***"' in written or '"pin_hash":"***"' in written
    for secret in ("argon2", "864209", "975310"):
        assert secret not in written


# ---------------------------------------------------------------------- nothing changes outside a command


def refused_by_hand(database: Database, table: Table, statement: Any) -> str:
    """Say what the database answers to a statement outside any command."""
    with database.engine.connect() as connection, connection.execution_options(mfg_writes=True).begin() as transaction:
        try:
            connection.execute(statement)
            return "done"
        except DBAPIError as refused:
            return next(
                (said for said in (OUTSIDE, FINAL) if f"{table.name}: {said}" in str(refused.orig)), str(refused)
            )
        finally:
            transaction.rollback()


def test_no_table_takes_a_row_outside_a_command(database: Database) -> None:
    fill(database)

    answers = {
        table.name: refused_by_hand(database, table, insert(table).values(fields(table, NEW)))
        for table in WATCHED
        if rows_of(table)  # a second row of settings is refused before anybody asks for a command
    }

    assert answers == dict.fromkeys(answers, OUTSIDE)
    assert len(answers) == len(WATCHED) - 1


def test_no_row_of_any_table_is_changed_outside_a_command(database: Database) -> None:
    fill(database)

    answers = {
        table.name: refused_by_hand(
            database, table, update(table).where(table.c.id == settled(table)).values(another(changeable(table)[0]))
        )
        for table in WATCHED
    }

    assert answers == {table.name: FINAL if table.name in LEDGERS else OUTSIDE for table in WATCHED}


def test_no_row_of_any_table_is_removed_outside_a_command(database: Database) -> None:
    fill(database, NEW)

    answers = {
        table.name: refused_by_hand(
            database, table, delete(table).where(table.c.id == (NEW.id if rows_of(table) else settled(table)))
        )
        for table in WATCHED
    }

    assert answers == {table.name: FINAL if table.name in LEDGERS else OUTSIDE for table in WATCHED}


def change_without_an_entry(database: Database) -> None:
    with database.writing() as connection:
        audit.open_entry(connection, audit.new_entry())
        connection.exec_driver_sql("UPDATE machine SET brand = 'By hand'")


def test_lines_without_an_entry_are_not_committed(database: Database) -> None:
    with pytest.raises(IntegrityError):
        change_without_an_entry(database)

    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM machine WHERE brand IS NOT NULL").scalar_one() == 0


def test_a_command_that_is_over_opens_no_door_for_the_next(database: Database) -> None:
    fill(database)

    with pytest.raises(DBAPIError, match=OUTSIDE), database.writing() as connection:
        connection.exec_driver_sql("UPDATE machine SET brand = 'By hand'")


# ---------------------------------------------------------------------- what is only ever added

CHANGES = {
    "manufacturing_audit_log": "UPDATE manufacturing_audit_log SET badge = 'NOBODY'",
    "manufacturing_audit_change": "UPDATE manufacturing_audit_change SET new = '{}'",
    "stock_movement": "UPDATE stock_movement SET quantity = quantity + 1",
    "production_output": "UPDATE production_output SET notes = 'better'",
    "output_scrap": "UPDATE output_scrap SET reason = 'better'",
}


def test_the_tables_that_are_only_added_to_are_the_audit_and_the_ledgers() -> None:
    assert set(ADDED_ONLY) == CHANGES.keys() == LEDGERS | {"manufacturing_audit_log", "manufacturing_audit_change"}


@pytest.mark.parametrize("table", CHANGES)
def test_what_is_only_added_is_never_changed_nor_removed(database: Database, table: str) -> None:
    fill(database)

    for statement in (CHANGES[table], f"DELETE FROM {table}"):
        with in_a_command(database) as (connection, _), connection.begin_nested() as savepoint:
            with pytest.raises(DBAPIError, match=FINAL):
                connection.exec_driver_sql(statement)
            savepoint.rollback()


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_no_table_with_a_history_is_emptied_at_a_stroke(database: Database) -> None:
    """TRUNCATE fires no trigger of a row, so it has one of its own."""
    passed: list[str] = []

    for table in [*ADDED_ONLY, *(table.name for table in WATCHED)]:
        for more in ("", " CASCADE"):
            with in_a_command(database) as (connection, _), connection.begin_nested() as savepoint:
                try:
                    connection.exec_driver_sql(f"TRUNCATE {table}{more}")
                    passed.append(table)
                except DBAPIError:
                    savepoint.rollback()

    assert passed == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("recursive_triggers", ["ON", "OFF"])
@pytest.mark.parametrize("table", CHANGES)
def test_what_is_only_added_is_never_replaced(database: Database, table: str, recursive_triggers: str) -> None:
    """INSERT OR REPLACE removes the row with the same key, and a tool that opens the file need not have our settings."""
    fill(database)
    there = Base.metadata.tables[table]
    columns = [column.name for column in there.columns]
    unique = [
        list(constraint.columns)
        for constraint in (*there.constraints, *there.indexes)
        if isinstance(constraint, UniqueConstraint) or (isinstance(constraint, Index) and constraint.unique)
    ]
    passed: list[str] = []
    answers: list[str] = []

    with contextlib.closing(sqlite3.connect(str(database.url.database), isolation_level=None)) as by_hand:
        by_hand.execute(f"PRAGMA recursive_triggers = {recursive_triggers}")
        by_hand.execute("BEGIN IMMEDIATE")
        by_hand.execute("UPDATE audit_context SET entry = 'by-hand'")
        for same in [list(there.primary_key.columns), *unique]:
            kept = {column.name for column in same}
            if table == "production_output" and "reverses_id" in kept:
                by_hand.execute(
                    "INSERT INTO production_output (work_order_id, good, scrapped, rework, batch_number, operator_id, at,"
                    f" reverses_id) SELECT work_order_id, -good, 0, 0, batch_number, operator_id, at, {A.id}"
                    f" FROM production_output WHERE id = {A.id}"
                )
            # Everything that may not come twice is new, but for the one key.
            told = [
                column if column in kept else new_for(there.columns[column]) if is_key(there, column) else column
                for column in columns
            ]
            condition = " AND ".join(f"{column.name} IS NOT NULL" for column in same)
            try:
                by_hand.execute(
                    f"INSERT OR REPLACE INTO {table} ({', '.join(columns)})"
                    f" SELECT {', '.join(told)} FROM {table} WHERE {condition} ORDER BY 1 DESC LIMIT 1"
                )
                passed.append(f"{table} by {sorted(kept)}")
            except sqlite3.IntegrityError as refused:
                answers.append(str(refused))
        by_hand.execute("ROLLBACK")

    assert passed == []
    assert all(FINAL in answer or "UNIQUE constraint failed" in answer for answer in answers)


def is_key(table: Table, column: str) -> bool:
    return any(
        column in constraint.columns
        for constraint in (table.primary_key, *table.constraints, *table.indexes)
        if isinstance(constraint, UniqueConstraint)
        or constraint is table.primary_key
        or (isinstance(constraint, Index) and constraint.unique)
    )


def new_for(column: Column[Any]) -> str:
    return "'new'" if isinstance(column.type, String) else "NULL" if column.nullable else f"{column.name} + 70000"


# ---------------------------------------------------------------------- what the rules promise

REFUSED = [
    ("ck_stock_lot_on_hand", "UPDATE stock_lot SET on_hand = -1, reserved = 0"),
    ("ck_stock_lot_reserved", "UPDATE stock_lot SET reserved = on_hand + 1"),
    ("ck_stock_lot_reserved", "UPDATE stock_lot SET reserved = -1"),
    ("ck_stock_lot_category", "UPDATE stock_lot SET category = 'ELSEWHERE'"),
    ("ck_work_order_quantity_ordered", "UPDATE work_order SET quantity_ordered = 0"),
    ("ck_work_order_quantity_ordered", "UPDATE work_order SET quantity_ordered = -1"),
    ("ck_work_order_quantity_completed", "UPDATE work_order SET quantity_completed = -1"),
    ("ck_work_order_quantity_scrapped", "UPDATE work_order SET quantity_scrapped = -1"),
    ("ck_work_order_planned_times", "UPDATE work_order SET planned_end = planned_start"),
    ("ck_work_order_planned_times", "UPDATE work_order SET planned_start = planned_end, planned_end = planned_start"),
    ("ck_work_order_actual_times", "UPDATE work_order SET actual_end = planned_start WHERE actual_start IS NOT NULL"),
    ("ck_work_order_status", "UPDATE work_order SET status = 'DONE'"),
    ("ck_work_order_priority", "UPDATE work_order SET priority = 'SOON'"),
    ("uq_work_order_number", "UPDATE work_order SET number = 'WO-TWICE'"),
    ("ck_work_order_material_quantities", "UPDATE work_order_material SET reserved = -1"),
    ("ck_work_order_material_quantities", "UPDATE work_order_material SET required = -1"),
    ("ck_work_order_material_consumed", "UPDATE work_order_material SET consumed = issued - returned + 1"),
    ("ck_work_order_material_consumed", "UPDATE work_order_material SET consumed = -1"),
    ("ck_material_allocation_quantities", "UPDATE material_allocation SET returned = issued + 1"),
    ("ck_material_allocation_quantities", "UPDATE material_allocation SET issued = -1"),
    (
        "uq_work_clock_machine_running",
        (
            "INSERT INTO work_clock (work_order_id, machine_id, kind, started_at)"
            " SELECT work_order_id, machine_id, 'SETUP', started_at FROM work_clock WHERE ended_at IS NULL AND kind = 'RUN'"
        ),
    ),
    ("ck_work_clock_times", "UPDATE work_clock SET ended_at = '2020-01-01 00:00:00+00'"),
    (
        "uq_machine_downtime_open",
        (
            "INSERT INTO machine_downtime (machine_id, category, started_at, person_id)"
            " SELECT machine_id, 'OTHER', started_at, person_id FROM machine_downtime WHERE ended_at IS NULL"
        ),
    ),
    ("ck_machine_downtime_times", "UPDATE machine_downtime SET ended_at = '2020-01-01 00:00:00+00'"),
    ("ck_machine_running_order", "UPDATE machine SET running_order = NULL WHERE status = 'IN_USE'"),
    ("ck_machine_running_order", "UPDATE machine SET running_order = 'WO-9' WHERE status <> 'IN_USE'"),
    ("ck_machine_maintenance_interval_days", "UPDATE machine SET maintenance_interval_days = 0"),
    ("ck_machine_status", "UPDATE machine SET status = 'TIRED', running_order = NULL"),
    ("uq_machine_code", "UPDATE machine SET code = 'CNC'"),
    ("uq_machine_serial_number", "UPDATE machine SET serial_number = '4711'"),
    ("uq_person_badge", "UPDATE person SET badge = 'SUP'"),
    ("uq_role_name", "UPDATE role SET name = 'BOSS'"),
    ("uq_product_stock_code", "UPDATE product SET stock_code = 'P'"),
    ("uq_stock_lot_product_id_lot", "UPDATE stock_lot SET lot = 'L'"),
    (
        "uq_work_order_material_work_order_id_material_id",
        (
            "INSERT INTO work_order_material (work_order_id, material_id, issue_method, required, reserved, issued, returned,"
            " consumed) SELECT work_order_id, material_id, issue_method, required, 0, 0, 0, 0 FROM work_order_material"
        ),
    ),
    ("ck_bom_line_quantity", "UPDATE bom_line SET quantity = 0"),
    ("ck_bom_line_scrap_percentage", "UPDATE bom_line SET scrap_percentage = -1"),
    ("ck_plant_setting_overproduction_percent", "UPDATE plant_setting SET overproduction_percent = -1"),
    ("ck_plant_setting_single_row", "UPDATE plant_setting SET id = 2"),
    (
        "ck_stock_movement_quantity",
        (
            "INSERT INTO stock_movement (lot_id, kind, quantity, at, person_id)"
            " SELECT lot_id, kind, 0, at, person_id FROM stock_movement"
        ),
    ),
    (
        "ck_production_output_something",
        (
            "INSERT INTO production_output (work_order_id, good, scrapped, rework, batch_number, operator_id, at)"
            " SELECT work_order_id, 0, 0, 0, batch_number, operator_id, at FROM production_output"
        ),
    ),
    (
        "ck_production_output_signs",
        (
            "INSERT INTO production_output (work_order_id, good, scrapped, rework, batch_number, operator_id, at)"
            " SELECT work_order_id, -1, 0, 0, batch_number, operator_id, at FROM production_output"
        ),
    ),
    (
        "uq_production_output_reverses_id",
        (
            "INSERT INTO production_output (work_order_id, good, scrapped, rework, batch_number, operator_id, at, reverses_id)"
            " SELECT work_order_id, -good, -scrapped, -rework, batch_number, operator_id, at, reverses_id"
            " FROM production_output WHERE reverses_id IS NOT NULL"
        ),
    ),
    (
        "ck_output_scrap_quantity",
        "INSERT INTO output_scrap (output_id, quantity, reason) SELECT output_id, 0, reason FROM output_scrap",
    ),
    (
        "ck_stock_movement_kind",
        (
            "INSERT INTO stock_movement (lot_id, kind, quantity, at, person_id)"
            " SELECT lot_id, 'LOST', 1, at, person_id FROM stock_movement"
        ),
    ),
    ("ck_fixture_check_interval_days", "UPDATE fixture SET check_interval_days = 0"),
    ("ck_gauge_calibration_interval_days", "UPDATE gauge SET calibration_interval_days = 0"),
    ("ck_person_failed_pins", "UPDATE person SET failed_pins = -1"),
    ("ck_plant_setting_auto_lock_minutes", "UPDATE plant_setting SET auto_lock_minutes = 0"),
    ("ck_process_config_sequence", "UPDATE process_config SET sequence = 0"),
    ("ck_shift_planned_stop_minutes", "UPDATE shift SET planned_stop_minutes = -1"),
    ("ck_work_order_operation_sequence", "UPDATE work_order_operation SET sequence = 0"),
    ("ck_work_order_operation_quantities", "UPDATE work_order_operation SET good = -1"),
    ("ck_work_order_operation_quantities", "UPDATE work_order_operation SET scrapped = -1"),
    ("uq_workflow_active", f"UPDATE workflow SET product_id = {A.id}, status = 'ACTIVE'"),
    (
        "uq_process_config_active",
        f"UPDATE process_config SET workflow_id = {A.id}, process_id = {A.id}, sequence = 10, status = 'ACTIVE'",
    ),
    ("uq_work_order_parent_id_bom_line_id", f"UPDATE work_order SET parent_id = {A.id}, bom_line_id = {A.id}"),
]


@pytest.fixture
def busy(database_url: str) -> Iterator[Database]:
    """Give a plant where an order runs, another waits, output was reported and taken back, and a machine is broken."""
    with contextlib.closing(Floor(database_url)) as floor:
        number = floor.order(status="IN_PROGRESS")
        floor.order()
        floor.do("work_order.issue", number=number)
        floor.do("work_order.record_output", number=number, good=7, scrapped=1, scrap_reason="crack")
        output = floor.do("work_order.record_output", number=number, good=1)["output"]
        floor.do("work_order.reverse_output", number=number, output=output, reason="counted twice")
        floor.do("machine.set_status", machine="CNC-2", status="BROKEN", reason="spindle")
        fill(floor.shop.database)
        yield floor.shop.database


def test_the_database_refuses_what_the_rules_would_and_names_the_constraint(busy: Database) -> None:
    said: list[tuple[str | None, str]] = []

    with in_a_command(busy) as (connection, _):
        for _name, statement in REFUSED:
            savepoint = connection.begin_nested()
            try:
                connection.exec_driver_sql(statement)
                said.append(("nothing", statement))
            except IntegrityError as refused:
                said.append((violated(refused), statement))
            savepoint.rollback()

    assert said == REFUSED


def refused_by(connection: Connection, statement: Any, values: dict[str, Any] | None = None) -> str:
    """Try what must not be, and say what the database names as its reason."""
    savepoint = connection.begin_nested()
    try:
        connection.execute(statement, values or {})
        return "nothing"
    except IntegrityError as refused:
        return violated(refused) or str(refused.orig).lower()
    finally:
        savepoint.rollback()


def words() -> list[tuple[Table, Column[Any]]]:
    """Name every column that takes a word of the vocabulary, but for those of the ledgers, whose rows never change."""
    return [
        (table, column)
        for table in WATCHED
        if table.name not in LEDGERS
        for column in table.columns
        if isinstance(column.type, Enum)
    ]


def test_no_column_takes_a_word_that_its_vocabulary_does_not_have(database: Database) -> None:
    fill(database)

    with in_a_command(database) as (connection, _):
        said = {
            f"ck_{column}".replace(".", "_"): refused_by(
                connection,
                text(
                    f"UPDATE {table.name} SET {column.name} = 'NO_SUCH_WORD'"
                    f"{', running_order = NULL' if str(column) == 'machine.status' else ''} WHERE id = {A.id}"
                ),
            )
            for table, column in words()
        }

    assert said == {name: name for name in said}
    assert len(said) > 15


def keys(table: Table) -> dict[str, list[str]]:
    """Name what may not come twice in a table, whichever its rows are."""
    return {
        str(one.name): [column.name for column in one.columns]
        for one in (*table.constraints, *table.indexes)
        if isinstance(one, UniqueConstraint)
        or (isinstance(one, Index) and one.unique and one.dialect_options["sqlite"]["where"] is None)
    }


def test_what_may_not_come_twice_in_a_table_does_not(database: Database) -> None:
    """But for what points at another of its own table or takes an output back, which the list of what is refused has."""
    fill(database)
    said: dict[str, str] = {}

    with in_a_command(database) as (connection, _):
        for table in WATCHED:
            there, new = fields(table, A), fields(table, NEW)
            for name, columns in keys(table).items():
                if all(there[column] is not None for column in columns):
                    twice = {column: there[column] for column in columns}
                    said[name] = refused_by(connection, insert(table), {**new, **twice})

    assert said == {name: name for name in said}
    tried = {*said, *(name for name, _ in REFUSED), *KEYS_OF_THE_LOG}
    assert {str(one.name) for table in Base.metadata.sorted_tables for one in unique(table)} - tried == set()


def unique(table: Table) -> list[UniqueConstraint | Index]:
    return [
        one
        for one in (*table.constraints, *table.indexes)
        if isinstance(one, UniqueConstraint) or (isinstance(one, Index) and one.unique)
    ]


KEYS_OF_THE_LOG = {
    "uq_manufacturing_audit_log_entry": {"terminal": "T9", "command_id": "x"},
    "uq_manufacturing_audit_log_terminal_counter": {"entry": "x", "command_id": "x"},
    "uq_manufacturing_audit_log_done": {"entry": "x", "terminal": "T9"},
    "ck_manufacturing_audit_log_level": {"entry": "x", "terminal": "T9", "command_id": "x", "level": "LOUD"},
}
"""What is new in an entry that is like another one, so that it is refused by one name alone."""


def test_an_entry_like_another_one_is_refused_by_the_name_of_what_is_the_same(database: Database) -> None:
    fill(database)
    log = Base.metadata.tables["manufacturing_audit_log"]
    others = [column.name for column in log.columns if column.name != "sequence"]

    with in_a_command(database) as (connection, _):
        said = {
            name: refused_by(
                connection,
                text(
                    f"INSERT INTO {log.name} (sequence, {', '.join(others)})"
                    f" SELECT 999999, {', '.join(f':{one}' if one in new else one for one in others)}"
                    f" FROM {log.name} WHERE sequence = (SELECT max(sequence) FROM {log.name})"
                ),
                new,
            )
            for name, new in KEYS_OF_THE_LOG.items()
        }

    assert said == {name: name for name in KEYS_OF_THE_LOG}


def test_every_check_is_tried() -> None:
    checks = {
        str(one.name)
        for table in Base.metadata.sorted_tables
        for one in table.constraints
        if isinstance(one, CheckConstraint)
    }

    tried = {name for name, _ in REFUSED} | {f"ck_{table.name}_{column.name}" for table, column in words()}
    assert checks - tried - KEYS_OF_THE_LOG.keys() == set()


def test_nothing_points_at_what_is_not_there(database: Database) -> None:
    fill(database)
    said: dict[str, str] = {}

    with in_a_command(database) as (connection, _):
        for table in WATCHED:
            for column in table.columns:
                if column.foreign_keys:
                    new = {**fields(table, NEW), column.name: 999999}
                    said[str(column)] = refused_by(connection, insert(table), new)

    assert [column for column, answer in said.items() if not is_key_to_nothing(answer)] == []
    assert len(said) > 40


def is_key_to_nothing(answer: str) -> bool:
    """Tell whether a foreign key was the reason; SQLite does not say which."""
    return answer.startswith("fk_") or answer == "foreign key constraint failed"


def test_what_is_pointed_at_stays(busy: Database) -> None:
    with in_a_command(busy) as (connection, _):
        said = {
            table: refused_by(connection, text(f"DELETE FROM {table}"))
            for table in ("product", "work_order", "person", "machine", "stock_lot", "department", "role", "process")
        }

    assert [table for table, answer in said.items() if not is_key_to_nothing(answer)] == []
