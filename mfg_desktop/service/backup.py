"""Writes the whole plant, as it is at one moment, into one SQLite file: from SQLite page by page, from PostgreSQL row by row in one snapshot."""

import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Table, func, insert, select

from mfg_desktop.exceptions import refusal
from mfg_desktop.service.database import Database, upgrade
from mfg_desktop.tables import Base
from mfg_desktop.tables.history import drop_history, write_history

_MAGIC = b"SQLite format 3\x00"


def write_backup(database: Database, target: Path) -> int:
    """Write the backup and tell how many rows are in it. Only an older backup is replaced, and only by a whole new one.

    Refusals: VALIDATION_INVALID_CHOICE when the target is the plant itself or a file of another kind.
    """
    target = target.absolute()
    if target.exists():
        if not database.on_postgres and target.samefile(str(database.url.database)):
            raise refusal(
                "VALIDATION_INVALID_CHOICE", field="file", value=str(target), reason="this is the plant itself"
            )
        with target.open("rb") as there:
            if there.read(len(_MAGIC)) not in (_MAGIC, b""):
                raise refusal(
                    "VALIDATION_INVALID_CHOICE", field="file", value=str(target), reason="this file is no backup"
                )
    growing = target.with_name(target.name + ".making")
    growing.unlink(missing_ok=True)
    try:
        if database.on_postgres:
            _copy_rows(database, growing)
        else:
            _copy_pages(database, growing)
        rows = _count(growing)
        growing.replace(target)
    finally:
        growing.unlink(missing_ok=True)
    return rows


def _copy_pages(database: Database, target: Path) -> None:
    source = sqlite3.connect(f"file:{database.url.database}?mode=ro", uri=True)
    copy = sqlite3.connect(target)
    try:
        source.backup(copy)
    finally:
        copy.close()
        source.close()


def _copy_rows(database: Database, target: Path) -> None:
    upgrade(f"sqlite:///{target}", database.revision() or "head")
    copy = Database(f"sqlite:///{target}", lasting=False)
    try:
        # Orders refer to each other in any order, and are checked as a whole at the end.
        with copy.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            drop_history(connection)
            with database.reading(seconds=3600) as source:
                for table in Base.metadata.sorted_tables:
                    connection.execute(table.delete())
                    _copy_table(source, connection, table)
            write_history(connection)
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if broken is not None:
                raise refusal("SYSTEM_DATABASE_ERROR", report=f"{broken[0]} {broken[1]}")
            connection.commit()
    finally:
        copy.close()


def _copy_table(source: Connection, copy: Connection, table: Table) -> None:
    columns = [column for column in table.columns if column.computed is None]
    found = source.execution_options(stream_results=True).execute(select(*columns).order_by(*table.primary_key.columns))
    names = [column.key for column in columns]
    for some in found.partitions(1000):
        copy.execute(insert(table), [dict(zip(names, row, strict=True)) for row in some])


def _count(path: Path) -> int:
    copy = Database(f"sqlite:///{path}")
    try:
        with copy.reading() as connection:
            return sum(
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in Base.metadata.sorted_tables
            )
    finally:
        copy.close()
