"""The audit log: opens an entry, writes it at the end of its terminal's chain, and finds the first one that was tampered with.

The lines below an entry are written by the database's own triggers (tables/history.py) under the entry's identity. Each terminal has its own chain
(counter and hash), so terminals do not wait for each other; each entry also carries the hash of the newest entry of any terminal, which ties the
chains together: what is changed, removed or put in breaks its successors.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, bindparam, func, select

from mfg_desktop.exceptions import plain
from mfg_desktop.service.statements import Sender
from mfg_desktop.tables import AuditChainHead, ManufacturingAuditChange, ManufacturingAuditLog
from mfg_desktop.vocabulary import ActionType, AuditLevel

Log = ManufacturingAuditLog.__table__
Change = ManufacturingAuditChange.__table__
Head = AuditChainHead.__table__


NO_TIME = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is written of one command, done or refused."""

    entry: str
    at: datetime
    happened_at: datetime | None = None
    """None: when it was entered."""
    badge: str | None
    approver: str | None = None
    terminal: str
    command_id: str
    command: str
    digest: str | None = None
    """With the answer: None where the same command is not known again by this entry."""
    answer: str | None = None
    action_type: ActionType
    level: AuditLevel = AuditLevel.INFO
    entity_type: str | None
    entity: str | None
    message: str
    details: Mapping[str, object]
    touched: frozenset[tuple[str, str]] = frozenset()
    duration_ms: Decimal = NO_TIME


@dataclass(frozen=True, slots=True)
class Verified:
    """What the check of the log found: how many entries, the newest hash, and the first entry that is not as it was written."""

    entries: int
    newest_hash: str
    broken_at: int | None = None
    problem: str | None = None


_HASHED = [
    "sequence",
    "entry",
    "at",
    "happened_at",
    "badge",
    "approver",
    "terminal",
    "counter",
    "command_id",
    "command",
    "digest",
    "answer",
    "action_type",
    "level",
    "entity_type",
    "entity",
    "message",
    "details",
    "touched",
    "duration_ms",
    "previous_hash",
    "anchor_hash",
    "changes_hash",
]
"""What the hash of an entry is over, in this order."""

_LINES = (
    select(Change.c.entry, Change.c.table_name, Change.c.row_key, Change.c.old, Change.c.new)
    .where(Change.c.entry.in_(bindparam("told", expanding=True)))
    .order_by(Change.c.entry, Change.c.id)
)
_AT_ONCE = 500
"""How many entries are checked at a time, so that the memory it takes does not grow with the log."""
# In the drivers' own words: they are in every command, and their values need no turning.
_SET_CONTEXT = "SELECT set_config('mfg.entry', %s, true)"
_PUT_CONTEXT = "UPDATE audit_context SET entry = ? WHERE id = 1"
_CLEAR_CONTEXT = "UPDATE audit_context SET entry = NULL WHERE id = 1"
_LINES_ON_SQLITE = "SELECT table_name, row_key, old, new FROM manufacturing_audit_change WHERE entry = ? ORDER BY id"
_ENDS = """
    SELECT (SELECT max(sequence) FROM manufacturing_audit_log) AS sequence,
           (SELECT hash FROM manufacturing_audit_log ORDER BY sequence DESC LIMIT 1) AS newest,
           (SELECT counter FROM audit_chain_head WHERE terminal = ?) AS counter,
           (SELECT hash FROM audit_chain_head WHERE terminal = ?) AS head
"""
_INSERT_ON_SQLITE = (
    f"INSERT INTO manufacturing_audit_log ({', '.join(_HASHED)}, hash) VALUES ({', '.join('?' for _ in _HASHED)}, ?)"
)
_MOVE_HEAD = """
    INSERT INTO audit_chain_head (terminal, counter, hash) VALUES (?, ?, ?)
    ON CONFLICT (terminal) DO UPDATE SET counter = excluded.counter, hash = excluded.hash
"""
JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_WRITE_ENTRY = f"SELECT mfg_write_entry({', '.join(['%s'] * 18)})"


def new_entry() -> str:
    return str(uuid4())


def open_entry(connection: Connection, entry: str) -> None:
    """Name the entry under which the triggers write the lines of this transaction."""
    sender = Sender(connection)
    sender.tell(_SET_CONTEXT if sender.on_postgres else _PUT_CONTEXT, (entry,))


def write(connection: Connection, entry: Entry) -> None:
    """Write the entry, last in its transaction, with the digest of its lines and the hashes of the chain."""
    values: dict[str, Any] = {
        "entry": entry.entry,
        "at": entry.at,
        "happened_at": entry.happened_at or entry.at,
        "badge": entry.badge,
        "approver": entry.approver,
        "terminal": entry.terminal,
        "command_id": entry.command_id,
        "command": entry.command,
        "digest": entry.digest,
        "answer": entry.answer,
        "action_type": entry.action_type.value,
        "level": entry.level.value,
        "entity_type": entry.entity_type,
        "entity": entry.entity[:200] if entry.entity else None,
        "message": entry.message,
        "details": as_json(entry.details),
        "touched": JSON.encode(sorted(entry.touched)),
        "duration_ms": entry.duration_ms,
    }
    sender = Sender(connection)
    if sender.on_postgres:
        sender.tell(_WRITE_ENTRY, tuple(values.values()))
        return
    _write_on_sqlite(sender, values)


def _write_on_sqlite(sender: Sender, values: dict[str, Any]) -> None:
    """Do in Python what `mfg_write_entry` does on PostgreSQL; SQLite has one writer at a time, so nobody can write in between."""
    terminal = values["terminal"]
    ((sequence, newest, counter, head),) = sender.told(_ENDS, (terminal, terminal))
    lines = sender.told(_LINES_ON_SQLITE, (values["entry"],))
    values["sequence"] = (sequence or 0) + 1
    values["counter"] = (counter or 0) + 1
    values["previous_hash"] = head or ""
    values["anchor_hash"] = newest or ""
    values["changes_hash"] = _sha256("".join(_lines_text(line) for line in lines))
    values["hash"] = _sha256(_entry_text(values))
    sender.tell(_INSERT_ON_SQLITE, tuple(_kept_on_sqlite(values[name]) for name in (*_HASHED, "hash")))
    sender.tell(_MOVE_HEAD, (terminal, values["counter"], values["hash"]))
    sender.tell(_CLEAR_CONTEXT)


def _kept_on_sqlite(value: Any) -> Any:
    match value:
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        case Decimal():
            return int(value.scaleb(3))
        case _:
            return value


def as_json(value: object) -> str:
    return JSON.encode(plain(value))


def verify(connection: Connection, progress: Callable[[int, int], None] | None = None) -> Verified:
    """Read the whole log and name the first entry that was changed, removed or put in."""
    total = connection.execute(select(func.count()).select_from(Log)).scalar_one()
    chains: dict[str, tuple[int, str]] = {}
    hashes: set[str] = {""}
    newest_hash, count, last = "", 0, 0
    gap: int | None = None
    # Closed at the first finding too: on PostgreSQL it is a cursor at the server.
    with connection.execution_options(stream_results=True).execute(select(Log).order_by(Log.c.sequence)) as log:
        for some in log.mappings().partitions(_AT_ONCE):
            lines = _lines_of(connection, [row["entry"] for row in some])
            for row in some:
                # A number that stands free is most likely that of an entry that was removed; a rollback on PostgreSQL leaves one too.
                gap = last + 1 if row["sequence"] > last + 1 else gap
                last = row["sequence"]
                problem = _problem(row, chains, hashes, lines.get(row["entry"], ""), gap)
                if problem:
                    return Verified(count, newest_hash, row["sequence"], problem)
                chains[row["terminal"]] = (row["counter"], row["hash"])
                hashes.add(row["hash"])
                newest_hash = row["hash"]
                count += 1
            if progress:
                progress(count, total)
    heads = {row.terminal: (row.counter, row.hash) for row in connection.execute(select(Head))}
    loose = [
        (*_loose_end(connection, terminal, kept[0], found[0]), terminal)
        for terminal in heads.keys() | chains.keys()
        if (kept := heads.get(terminal, (0, ""))) != (found := chains.get(terminal, (0, "")))
    ]
    if loose:
        place, what, terminal = min(loose)
        return Verified(count, newest_hash, place, f"the chain of terminal {terminal} does not end there: {what}")
    return Verified(count, newest_hash)


def _loose_end(connection: Connection, terminal: str, kept: int, found: int) -> tuple[int, str]:
    """Name the place where a chain goes on after its end, or breaks off before it."""
    mine = select(Log.c.sequence).where(Log.c.terminal == terminal)
    if found > kept:
        return connection.execute(mine.where(Log.c.counter == kept + 1)).scalar_one(), "it was put in"
    last: int = connection.execute(select(func.coalesce(func.max(mine.subquery().c.sequence), 0))).scalar_one()
    if found == kept:
        return last, "it is not the one that was written"
    # The removed entry has left its number free; where it was the newest of all, the next one is as good.
    after = Log.alias()
    follows = select(after.c.sequence).where(after.c.sequence == Log.c.sequence + 1).exists()
    free = select(func.min(Log.c.sequence)).where(Log.c.sequence >= last, ~follows)
    return (connection.execute(free).scalar() or 0) + 1, "it was removed"


def _problem(
    row: Any, chains: Mapping[str, tuple[int, str]], hashes: set[str], lines: str, gap: int | None
) -> str | None:
    counter, previous = chains.get(row["terminal"], (0, ""))
    gone = f"entry {gap}" if gap is not None else "an entry"
    if row["counter"] != counter + 1:
        return f"{gone} before it at terminal {row['terminal']} was removed"
    if row["changes_hash"] != _sha256(lines):
        return "its lines were changed, removed or put in"
    if row["hash"] != _sha256(_entry_text(row)):
        return "it was changed"
    if row["previous_hash"] != previous:
        return f"the entry before it at terminal {row['terminal']} was changed or put in"
    if row["anchor_hash"] not in hashes:
        return f"{gone}, which it had seen, was changed or removed"
    return None


def _lines_of(connection: Connection, entries: list[str]) -> dict[str, str]:
    """Read the lines of some entries, in the order they were written, as the text that was hashed."""
    texts: dict[str, str] = {}
    for entry, *line in connection.execute(_LINES, {"told": entries}):
        texts[entry] = texts.get(entry, "") + _lines_text(line)
    return texts


def _entry_text(row: Any) -> str:
    return "".join(_frame(_written(row[name])) for name in _HASHED)


def _lines_text(line: Any) -> str:
    return "".join(_frame(field) for field in line)


def _written(value: Any) -> str | None:
    match value:
        case None:
            return None
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
        case Decimal():
            return f"{value:.3f}"
        case AuditLevel():
            return value.value
        case _:
            return str(value)


def _frame(field: str | None) -> str:
    """Write a field with its length before it, so that no two entries can read the same; `mfg_frame` in the database does the same."""
    return "-;" if field is None else f"{len(field)}:{field};"


def _sha256(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def orphans(connection: Connection) -> Iterator[str]:
    """Name lines without an entry, which the foreign key should have made impossible."""
    statement = select(Change.c.id).outerjoin(Log, Log.c.entry == Change.c.entry).where(Log.c.entry.is_(None)).limit(5)
    for found in connection.execute(statement).scalars():
        yield f"audit line {found} belongs to no entry"
