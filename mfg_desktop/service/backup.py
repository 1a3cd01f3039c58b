"""Writes the whole plant, as it is at one moment, into one SQLite file: from SQLite page by page, from PostgreSQL row by row in one snapshot."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Table, func, insert, select

from mfg_desktop.exceptions import refusal
from mfg_desktop.service.database import Database, upgrade
from mfg_desktop.tables import Base, ManufacturingAuditLog
from mfg_desktop.tables.history import drop_history, write_history


def write_backup(database: Database, target: Path) -> int:
    """Write the backup and tell how many rows are in it. Only an older backup is replaced, and only by a whole new one.

    Refusals: VALIDATION_INVALID_CHOICE when the target is the plant itself, a file of another kind, or in no folder.
    """
    target = target.absolute()
    if not target.parent.is_dir():
        raise refusal("VALIDATION_INVALID_CHOICE", field="file", value=str(target), reason="there is no such folder")
    if target.exists():
        if not database.on_postgres and target.samefile(_file_of(database)):
            raise refusal(
                "VALIDATION_INVALID_CHOICE", field="file", value=str(target), reason="this is the plant itself"
            )
        if not _is_backup(target):
            raise refusal("VALIDATION_INVALID_CHOICE", field="file", value=str(target), reason="this file is no backup")
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


def _file_of(database: Database) -> Path:
    return Path(str(database.url.database)).expanduser().absolute()


def _read_only(file: Path) -> sqlite3.Connection:
    # As a URI made by `as_uri`: a folder may be called "Hall #2", and the rest would be a fragment.
    return sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)


def _is_backup(file: Path) -> bool:
    """Tell a backup, or an empty file in its place, from anybody else's file, SQLite's or not."""
    if file.stat().st_size == 0:
        return True
    with closing(_read_only(file)) as there:
        try:
            found = there.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (ManufacturingAuditLog.__tablename__,))
        except sqlite3.DatabaseError:
            return False
        return found.fetchone() is not None


def _copy_pages(database: Database, target: Path) -> None:
    with closing(_read_only(_file_of(database))) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


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
