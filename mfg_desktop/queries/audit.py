"""Questions about the audit log."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar

from pydantic import Field
from sqlalchemy import Boolean, Date, Row, bindparam, select

from mfg_desktop.queries.cursor import cursor, place
from mfg_desktop.queries.rows import AuditRow, ChangeRow, Page
from mfg_desktop.service.fields import Code, Moment, Name, Truth, Whole
from mfg_desktop.service.work import Ask, Question, answers
from mfg_desktop.tables import Base, ManufacturingAuditChange, ManufacturingAuditLog, Person
from mfg_desktop.tables.base import Fixed, UtcTime
from mfg_desktop.vocabulary import ActionType, AuditLevel, EntityType

Log = ManufacturingAuditLog
Change = ManufacturingAuditChange
_JSON = json.JSONDecoder(parse_float=Decimal)


class ListAudit(Question):
    called: ClassVar[str] = "audit.list"

    entity_type: EntityType | None = None
    entity: Name | None = None
    badge: Code | None = None
    action_type: ActionType | None = None
    level: AuditLevel | None = None
    sequence: Whole | None = Field(None, description="Only the entry with this number.")
    from_: Moment | None = Field(None, alias="from")
    to: Moment | None = None
    after: str | None = Field(None, max_length=400)
    limit: Whole = Field(100, ge=1, le=1000)
    changes: Truth = Field(
        True, description="Whether each entry brings the rows that it changed: there may be thousands."
    )


_ENTRIES = (
    select(Log.__table__, Person.name.label("person_name"))
    .outerjoin(Person, Person.badge == Log.badge)
    .order_by(Log.sequence.desc())
    .limit(bindparam("most"))
)
_CHANGES = (
    select(Change.__table__)
    .where(Change.entry.in_(bindparam("entries", expanding=True)))
    .order_by(Change.entry, Change.id)
)


@answers(ListAudit)
def entries(ask: Ask, question: ListAudit) -> Page[AuditRow]:
    """Give entries, the newest first, in one statement, and the lines of all of them in a second one if they are asked for."""
    statement = _ENTRIES
    for column, value in (
        (Log.entity_type, question.entity_type.value if question.entity_type else None),
        (Log.entity, question.entity),
        (Log.badge, question.badge),
        (Log.action_type, question.action_type.value if question.action_type else None),
        (Log.level, question.level),
        (Log.sequence, question.sequence),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if question.from_ is not None:
        statement = statement.where(Log.at >= ask.moment(question.from_, field="from"))
    if question.to is not None:
        statement = statement.where(Log.at <= ask.moment(question.to, field="to"))
    if question.after is not None:
        statement = statement.where(Log.sequence < place(question.after, int)[0])
    found = ask.all(statement, {"most": question.limit + 1})
    page = found[: question.limit]
    lines: dict[str, list[Row[Any]]] = {}
    if page and question.changes:
        for line in ask.all(_CHANGES, {"entries": [row.entry for row in page]}):
            lines.setdefault(line.entry, []).append(line)
    rows = tuple(_entry(row, lines.get(row.entry, ()) if question.changes else None) for row in page)
    return Page(rows, cursor(page[-1].sequence) if len(found) > question.limit else None)


def _entry(row: Row[Any], lines: Sequence[Row[Any]] | None) -> AuditRow:
    return AuditRow(
        sequence=row.sequence,
        at=row.at,
        happened_at=row.happened_at,
        badge=row.badge,
        person_name=row.person_name,
        approver=row.approver,
        terminal=row.terminal,
        command_id=row.command_id,
        action_type=row.action_type,
        level=row.level.value,
        entity_type=row.entity_type,
        entity=row.entity,
        message=row.message,
        details=json.loads(row.details),
        duration_ms=row.duration_ms,
        changes=None if lines is None else tuple(change for line in lines for change in _fields(line)),
        hash=row.hash,
    )


def _fields(line: Row[Any]) -> list[ChangeRow]:
    old: dict[str, Any] = _JSON.decode(line.old) if line.old else {}
    new: dict[str, Any] = _JSON.decode(line.new) if line.new else {}
    table = line.table_name
    return [
        ChangeRow(
            table, line.row_key, field, _meant(table, field, old.get(field)), _meant(table, field, new.get(field))
        )
        for field in sorted(old.keys() | new.keys())
    ]


def _meant(table: str, field: str, kept: Any) -> object:
    return kept if kept is None or kept == "***" else _meaning(table, field)(kept)


@cache
def _meaning(table: str, field: str) -> Callable[[Any], object]:
    """Tell how to read a value as the trigger kept it: SQLite keeps quantities as whole steps, times as text and truth as 0 and 1."""
    there = Base.metadata.tables.get(table)
    column = there.columns.get(field) if there is not None else None
    match column.type if column is not None else None:
        case Fixed(places=places):
            # PostgreSQL writes 32.000, SQLite the whole number 32000; a backup has lines of the one in a file of the other.
            return lambda kept: Decimal(kept).scaleb(-places) if isinstance(kept, int) else kept
        case UtcTime():
            return lambda kept: _in_utc(datetime.fromisoformat(kept)) if isinstance(kept, str) else kept
        case Boolean():
            return bool
        case Date():
            return lambda kept: date.fromisoformat(kept) if isinstance(kept, str) else kept
        case _:
            return lambda kept: kept


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
