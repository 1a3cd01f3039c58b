"""Opens the plant's database, the same way on SQLite and PostgreSQL, and says in the shop's words what the database refused."""

import re
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    create_engine,
    event,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from mfg_desktop.exceptions import ManufacturingException, refusal
from mfg_desktop.service.statements import Sender
from mfg_desktop.tables import Base

REVISION = "0009"
"""The newest migration; a test holds it against the folder."""

# jit: to make machine code of a statement takes PostgreSQL longer than to carry out any of ours.
_POSTGRES_SESSION = "-c jit=off -c lock_timeout=3s -c statement_timeout=10s -c idle_in_transaction_session_timeout=15s -c timezone=UTC -c default_transaction_isolation=read\\ committed"
# Without these a pulled cable hangs the terminal for over 40 s.
_POSTGRES_CONNECT: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 8000,
    "application_name": "mfg_desktop",
}
_WAL_IS_SAFE = (3, 51, 3)
"""Older SQLite libraries can corrupt a WAL database when the log is reset while a reader looks on."""
_TRUSTED = 0.25
"""Seconds for which a connection that was just used is taken to be alive; if it is not, the command is tried again anyway."""
_KEPT_STATEMENTS = 500
"""How many statements a connection keeps ready: more than the shop has."""
_NETWORK_FILESYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "fuse.sshfs"})

_CLOCK = select(func.clock_timestamp())

_DUPLICATES = {
    "uq_work_order_number": "WORK_ORDER_DUPLICATE_NUMBER",
    "uq_work_clock_machine_running": "MACHINE_ALREADY_IN_USE",
    "uq_production_output_reverses_id": "PRODUCTION_ALREADY_REVERSED",
}


class Database:
    """One plant's database: hands out connections that are inside a transaction, for writing or for reading."""

    def __init__(self, url: str, *, lasting: bool = True) -> None:
        """Open `url`; with `lasting=False` SQLite does not wait for the disk, for making a file that can be made again."""
        try:
            parsed = make_url(url)
        except ArgumentError as fault:
            raise refusal("VALIDATION_INVALID_FORMAT", field="database", reason="not a database URL") from fault
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise refusal(
                "VALIDATION_INVALID_CHOICE",
                field="database",
                value=parsed.drivername,
                allowed=["sqlite", "postgresql+psycopg"],
            )
        self.url = parsed
        self.on_postgres = parsed.get_backend_name() == "postgresql"
        self.engine = _open_postgres(parsed) if self.on_postgres else _open_sqlite(parsed, lasting=lasting)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection inside a transaction that may change rows; commit at the end, roll back on any exception."""
        with self.engine.connect() as connection, connection.execution_options(mfg_writes=True).begin():
            yield connection

    @contextmanager
    def reading(self, *, seconds: int = 10) -> Iterator[Connection]:
        """Give a connection that sees one moment of the database and changes nothing."""
        with self.engine.connect() as connection:
            if self.on_postgres:
                # Said in the BEGIN itself: a statement of its own would be one more round trip for every question.
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                if self.on_postgres and seconds != 10:
                    connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{int(seconds)}s'")
                yield connection

    def now(self, connection: Connection) -> datetime:
        """Tell the database's time: that of its machine, not of the terminal."""
        if self.on_postgres:
            moment: datetime = connection.execute(_CLOCK).scalar_one()
            return moment.astimezone(UTC)
        return datetime.now(UTC)

    def revision(self) -> str | None:
        """Tell which migration the database is at; None without a schema."""
        with self.engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            return found

    def check_revision(self) -> None:
        """Refuse a database that this program does not fit, with SYSTEM_SCHEMA_OUTDATED."""
        try:
            found = self.revision()
        except DBAPIError as fault:
            raise translated(fault) from fault
        if found != REVISION:
            raise refusal("SYSTEM_SCHEMA_OUTDATED", found=found or "none", needed=REVISION)

    def close(self) -> None:
        self.engine.dispose()


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to `revision` (by default the newest), making it if there is none."""
    _migrate(url, revision, down=False)


def downgrade(url: str, revision: str) -> None:
    """Take the database back to an older `revision`, or to `base`, which is empty."""
    _migrate(url, revision, down=True)


def _migrate(url: str, revision: str, *, down: bool) -> None:
    # Half a second to import, and only a few starts need it.
    from alembic import command
    from alembic.config import Config

    database = Database(url)
    config = Config()
    config.set_main_option("script_location", "mfg_desktop:migrations")
    config.set_main_option("path_separator", "os")
    try:
        with database.engine.connect() as connection, connection.execution_options(mfg_writes=True).begin():
            if database.on_postgres:
                connection.exec_driver_sql("SET LOCAL statement_timeout = '600s'")
            config.attributes["connection"] = connection
            (command.downgrade if down else command.upgrade)(config, revision)
    except DBAPIError as fault:
        raise translated(fault) from fault
    finally:
        database.close()


def is_passing(fault: DBAPIError) -> bool:
    """Tell whether trying the same command again may help: a lost race, or a lost connection."""
    if fault.connection_invalidated:
        return True
    original = fault.orig
    if isinstance(original, sqlite3.OperationalError):
        return "locked" in str(original) or "busy" in str(original)
    return getattr(original, "sqlstate", None) in ("40001", "40P01", "55P03", "57P01", "57P02", "57P03")


def is_second_entry(fault: DBAPIError) -> bool:
    """Tell whether the same command, or the same place in a terminal's chain, was written by somebody else meanwhile."""
    name = violated(fault) or ""
    return name.startswith(("uq_manufacturing_audit_log", "pk_audit_chain_head", "pk_order_number_series"))


def violated(fault: DBAPIError) -> str | None:
    """Name the constraint that was violated, if that is what happened."""
    original = fault.orig
    diagnosis = getattr(original, "diag", None)
    if diagnosis is not None:
        return diagnosis.constraint_name or None
    if not isinstance(original, sqlite3.IntegrityError):
        return None
    said = str(original)
    if found := re.match(r"CHECK constraint failed: (\w+)", said):
        return found[1]
    if found := re.match(r"UNIQUE constraint failed: (index '(\w+)'|(.*))", said):
        if found[2]:
            return found[2]
        return _UNIQUE.get(found[3])
    return None


_UNIQUE = {
    ", ".join(f"{table.name}.{column.name}" for column in one.columns): str(one.name)
    for table in Base.metadata.tables.values()
    for one in (*table.constraints, *table.indexes)
    if isinstance(one, PrimaryKeyConstraint | UniqueConstraint) or (isinstance(one, Index) and one.unique)
}
"""The names of what may not come twice: SQLite tells of it by the columns alone, also where there is an index of another name on them."""


def translated(fault: DBAPIError, **named: object) -> ManufacturingException:
    """Say in the shop's words what the database refused; `named` are the keys of the command that met it."""
    name = violated(fault)
    if name in _DUPLICATES:
        return refusal(_DUPLICATES[name], **named)
    if name and name.startswith("uq_"):
        return refusal("VALIDATION_DUPLICATE_VALUE", field=name.removeprefix("uq_"))
    if (
        is_passing(fault)
        and not fault.connection_invalidated
        and getattr(fault.orig, "sqlstate", None) not in ("57P01", "57P02", "57P03")
    ):
        return refusal("SYSTEM_BUSY")
    if fault.connection_invalidated or (isinstance(fault, OperationalError | InterfaceError) and _is_away(fault)):
        return refusal("SYSTEM_DATABASE_UNAVAILABLE")
    return refusal("SYSTEM_DATABASE_ERROR", report=name or type(fault.orig).__name__)


def _is_away(fault: DBAPIError) -> bool:
    if isinstance(fault.orig, sqlite3.OperationalError):
        return "unable to open" in str(fault.orig)
    state = getattr(fault.orig, "sqlstate", None)
    return state is None or state.startswith(("08", "57P", "53", "3D", "28"))


def _open_postgres(url: URL) -> Engine:
    extra = {name: value for name, value in _POSTGRES_CONNECT.items() if name not in url.query}
    if "options" not in url.query:
        extra["options"] = _POSTGRES_SESSION
    # Values go by their place, as on SQLite: put in order once, they need not be looked up by name.
    engine = create_engine(
        url, connect_args=extra, paramstyle="format", pool_size=2, max_overflow=2, pool_timeout=8, pool_recycle=1800
    )

    @event.listens_for(engine, "connect")
    def keep_statements(connection: Any, _record: ConnectionPoolEntry) -> None:
        connection.prepared_max = _KEPT_STATEMENTS

    @event.listens_for(engine, "checkin")
    def leave(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        record.info["left_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def look_alive(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
        # As `pool_pre_ping` does, but that asks before every command: a round trip more for each of them.
        left_at = record.info.get("left_at")
        if left_at is None or time.monotonic() - left_at < _TRUSTED:
            return
        try:
            engine.dialect.do_ping(connection)
        except Exception as fault:
            raise DisconnectionError from fault

    return engine


def _open_sqlite(url: URL, *, lasting: bool) -> Engine:
    if not url.database or url.database == ":memory:":
        raise refusal(
            "VALIDATION_INVALID_CHOICE",
            field="database",
            value="sqlite in memory",
            allowed=["sqlite:////path/plant.db"],
        )
    path = Path(url.database).expanduser().absolute()
    if _is_on_network(path):
        raise refusal(
            "VALIDATION_INVALID_CHOICE",
            field="database",
            value=str(path),
            reason="a shared database is PostgreSQL, never a SQLite file on a network drive",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url.set(database=str(path)),
        # By default the driver keeps 128, and has forgotten the first of a shift when it comes round.
        connect_args={"timeout": 10, "check_same_thread": False, "cached_statements": _KEPT_STATEMENTS},
        pool_size=2,
        max_overflow=2,
    )
    rollback = "TRUNCATE" if lasting else "MEMORY"
    journal = "WAL" if sqlite3.sqlite_version_info >= _WAL_IS_SAFE else rollback

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
        # The driver's own BEGIN comes too late and leaves savepoints outside; ours comes from `begin` below.
        connection.isolation_level = None
        # Its own knows the letters of English only, and an order for Żaneta would not be found by her name.
        connection.create_function("lower", 1, _small, deterministic=True)
        try:
            _set_pragmas(connection, journal, lasting=lasting)
        except sqlite3.DatabaseError:
            # A file that is no database; the pool does not know the connection yet, and would leave it open.
            connection.close()
            raise

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes its lock first: two readers that both turn writer would refuse each other.
        writes = connection.get_execution_options().get("mfg_writes", False)
        Sender(connection).tell("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _small(text: str | int | float | None) -> str | int | float | None:
    return text.lower() if isinstance(text, str) else text


def _set_pragmas(connection: sqlite3.Connection, journal: str, *, lasting: bool) -> None:
    for pragma in (
        "foreign_keys=ON",
        "recursive_triggers=ON",
        "trusted_schema=OFF",
        f"journal_mode={journal}",
        f"synchronous={'FULL' if lasting else 'OFF'}",
        "cache_size=-32000",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _is_on_network(path: Path) -> bool:
    if str(path).startswith("\\\\"):
        return True
    if not sys.platform.startswith("linux"):
        return False
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    best, kind = "", ""
    for line in mounts:
        parts = line.split(" ")
        where = parts[1].replace("\\040", " ")
        if len(parts) > 2 and len(where) >= len(best) and (path.is_relative_to(where)):
            best, kind = where, parts[2]
    return kind in _NETWORK_FILESYSTEMS
