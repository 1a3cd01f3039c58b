"""How an entry is told to a person: time, action, values before and after, what a check found. Words and looks."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from mfg_desktop.queries.rows import AuditRow, ChangeRow
from mfg_desktop.service.audit import Verified
from mfg_desktop.ui.audit.presenter import Period
from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.theme import Look, Tone
from mfg_desktop.vocabulary import AuditLevel, EntityType

LEVEL_LOOKS: Final[Mapping[str, Look]] = {
    AuditLevel.INFO.value: Look(Tone.DONE, "check", "Info"),
    AuditLevel.WARNING.value: Look(Tone.HELD, "alert", "Warning"),
    AuditLevel.ERROR.value: Look(Tone.TROUBLE, "cross", "Error"),
    AuditLevel.CRITICAL.value: Look(Tone.TROUBLE, "urgent", "Critical"),
}
PERIODS: Final = (
    (Period.ANY, "Any day"),
    (Period.TODAY, "Today"),
    (Period.YESTERDAY, "Yesterday"),
    (Period.WEEK, "Last 7 days"),
    (Period.MONTH, "Last 30 days"),
)
KINDS: Final = {
    EntityType.WORK_ORDER: "Work order",
    EntityType.MACHINE: "Machine",
    EntityType.STOCK_LOT: "Lot",
    EntityType.PRODUCT: "Product",
    EntityType.USER: "Person",
    EntityType.ROLE: "Role",
    EntityType.FIXTURE: "Fixture",
    EntityType.GAUGE: "Gauge",
    EntityType.WORKFLOW: "Workflow",
    EntityType.PLANT: "Plant",
}
HOMES: Final = frozenset({EntityType.WORK_ORDER, EntityType.MACHINE, EntityType.STOCK_LOT})
"""Kinds of things that have a screen of their own to open."""
_OWN_TABLES: Final = {
    EntityType.WORK_ORDER.value: "work_order",
    EntityType.MACHINE.value: "machine",
    EntityType.STOCK_LOT.value: "stock_lot",
    EntityType.PRODUCT.value: "product",
    EntityType.USER.value: "person",
    EntityType.ROLE.value: "role",
    EntityType.FIXTURE.value: "fixture",
    EntityType.GAUGE.value: "gauge",
    EntityType.WORKFLOW.value: "workflow",
    EntityType.PLANT.value: "plant_setting",
}
"""The table in which the thing stands that an entry is about."""
_TABLE_WORDS: Final = {
    "material_allocation": "Lot of a material line",
    "work_order_material": "Material line",
    "work_order_operation": "Operation",
    "work_clock": "Clock",
    "machine_downtime": "Downtime",
    "machine_maintenance": "Maintenance",
    "stock_lot": "Lot",
    "production_output": "Output",
    "output_scrap": "Scrap of an output",
    "bom": "Bill of material",
    "bom_line": "Line of a bill of material",
    "process_config": "Settings of a step",
}
_NAMING: Final = {
    "work_order": "number",
    "work_order_operation": "sequence",
    "stock_lot": "lot",
    "product": "stock_code",
    "person": "badge",
    "bom_line": "position",
    "process_config": "sequence",
    "machine": "code",
    "department": "code",
    "fixture": "code",
    "gauge": "code",
    "process": "code",
    "role": "name",
}
"""The field that a person calls a row by: a row that was added or removed tells it itself."""
_NAMED_BY: Final = {"machine": "machine", "work_order_operation": "sequence", "work_order": "work_order"}
"""Where the details of an entry name the row of another table."""
_POINTS_AT: Final = {
    "machine_id": "machine",
    "work_order_id": "work_order",
    "operation_id": "work_order_operation",
    "lot_id": "stock_lot",
    "product_id": "product",
    "person_id": "person",
    "fixture_id": "fixture",
    "gauge_id": "gauge",
    "department_id": "department",
    "process_id": "process",
    "component_id": "product",
}
"""Fields that point at a row which may have a name."""
_FIELD_WORDS: Final = {
    "at": "When",
    "status_at": "In this status since",
    "status_since": "In this status since",
    "status_by": "Status set by",
    "status_reason": "Why in this status",
    "status_terminal": "Status set at",
    "last_event_at": "Newest event",
    "running_order": "Runs",
    "quantity_completed": "Good",
    "quantity_scrapped": "Scrapped",
    "quantity_ordered": "Ordered",
    "started_at": "Started",
    "ended_at": "Ended",
    "received_at": "Received",
    "expires_at": "Expires",
    "created_at": "Created",
    "pin_hash": "PIN",
    "reverses_id": "Reverses output no.",
    "bom_line_id": "Line of the bill of material no.",
}
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")
"""How the details of an entry write a moment: they are text in the log."""
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_OF_DAYS: Final = re.compile(r"date|due|\w+_(date|on|start|end|at|maintenance|check|checked|calibration)")
"""Fields whose text is a day where it reads like one. Anything else may be called so: a lot has its day for a name in many a shop."""
_UNITS: Final = (
    ("_minutes", "min"),
    ("_seconds", "s"),
    ("_days", "days"),
    ("_percent", "%"),
    ("_percentage", "%"),
    ("_kg", "kg"),
    ("_kw", "kW"),
    ("_kva", "kVA"),
    ("_hp", "hp"),
    ("_bar", "bar"),
    ("_rpm", "rpm"),
)
"""Ends of names that are the unit of their value."""
_CODED: Final = frozenset(
    {
        "status",
        "kind",
        "category",
        "priority",
        "type",
        "issue_method",
        "axis_count",
        "machine_type",
        "tracking",
        "action",
    }
)
"""Fields whose values are words of the vocabulary. Anything else in capitals may be a code of the shop, and stays as it is."""
_BOOKKEEPING: Final = frozenset({"id", "version"})
"""Fields that the database keeps for itself."""
LONGEST: Final = 400
"""A value longer than this is cut: nobody reads more of it, and a screen has to be painted."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One field before and after, as text."""

    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """One row of the database that an entry touched."""

    title: str
    remark: str
    """Whether it was added, removed or changed."""
    has_before: bool
    has_after: bool
    fields: tuple[Changed, ...]


def days(period: Period, first: date | None, last: date | None) -> str:
    """Write the days that are shown: the name of the period, or the days themselves."""
    if period is not Period.CHOSEN or first is None or last is None:
        return dict(PERIODS).get(period, PERIODS[0][1])
    return formats.day(first) if first == last else f"{formats.day(first)} to {formats.day(last)}"


def stamp(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Write a time for the table: with seconds, and with the day when it is not today."""
    local = at.astimezone(zone)
    same_day = local.date() == now.astimezone(zone).date()
    return f"{local:%H:%M:%S}" if same_day else f"{formats.day(local.date())} {local:%H:%M:%S}"


def action(row: AuditRow) -> str:
    return formats.words(row.action_type)


def person(row: AuditRow) -> str:
    return row.person_name or row.badge or formats.NOTHING


def entity(row: AuditRow) -> str:
    return row.entity or formats.NOTHING


def level(row: AuditRow) -> Look:
    return LEVEL_LOOKS[row.level]


def duration(row: AuditRow) -> str:
    """Write the milliseconds a command took: two places below ten, none above."""
    return f"{row.duration_ms:.1f}" if row.duration_ms < 10 else f"{row.duration_ms:.0f}"


def facts(row: AuditRow, zone: ZoneInfo) -> list[tuple[str, str]]:
    """Give who, where and when. A late entry has both times."""
    late = row.happened_at != row.at
    told = [
        ("Entry", f"{row.sequence}"),
        ("Happened" if late else "Time", formats.exactly(row.happened_at, zone)),
        ("Entered late", formats.exactly(row.at, zone) if late else ""),
        ("Done by", " · ".join(part for part in (row.person_name, row.badge) if part)),
        ("Approved by", row.approver or ""),
        ("Terminal", row.terminal),
        (_kind(row.entity_type), row.entity or ""),
        ("Took", f"{duration(row)} ms"),
        ("Command", row.command_id),
    ]
    return [(name, text) for name, text in told if text]


def details(row: AuditRow, zone: ZoneInfo) -> list[tuple[str, str]]:
    """Give the numbers of the case."""
    told = [(field(name), field_value(name, one, zone)) for name, one in row.details.items() if name != "violations"]
    return [(name, text) for name, text in told if text != formats.NOTHING]


def violations(row: AuditRow) -> list[tuple[str, str]]:
    """Give the reasons of a refusal: code and sentence."""
    found = row.details.get("violations")
    reasons = [one for one in found if isinstance(one, Mapping)] if isinstance(found, list | tuple) else []
    return [(str(one.get("code", "")), str(one.get("message", ""))) for one in reasons]


def changed_rows(row: AuditRow, zone: ZoneInfo) -> list[ChangedRow]:
    """Put the changed fields together by row: first the thing that the entry is about, then the others as the database wrote them."""
    rows: dict[tuple[str, str], dict[str, ChangeRow]] = {}
    for change in row.changes or ():
        fields = rows.setdefault((change.table, change.key), {})
        # A command may write a row twice; what counts is how it was before it and how it is after.
        first = fields.get(change.field)
        fields[change.field] = change if first is None else replace(first, new=change.new)
    own = _OWN_TABLES.get(row.entity_type or "")
    # Of several rows of the own table, such as the machines of a bulk move, none is the one that is named.
    alone = [table for table, count in Counter(table for table, _ in rows).items() if count == 1]
    names = {key: name for key in rows if (name := _name(row, key[0], rows[key], own, alone))}
    names |= _components(row, [fields for (table, _), fields in rows.items() if table == "bom_line"])
    for (table, _), fields in rows.items():
        # A bill is told by its product.
        if table == "bom" and row.entity and (product := fields.get("product_id")) is not None:
            names["product", str(product.new)] = row.entity
    ordered = sorted(rows, key=lambda key: key[0] != own)
    return [_changed_row(*key, list(rows[key].values()), names, key[0] in alone, zone) for key in ordered]


def _name(
    row: AuditRow, table: str, fields: Mapping[str, ChangeRow], own: str | None, alone: Collection[str]
) -> str | None:
    """Give what people call a row: by the entry's thing, by the row's own words, or by the details. None where nothing tells."""
    told = fields.get(_NAMING.get(table, ""))
    name = None if told is None else str(told.old if told.new is None else told.new)
    # The one order that an entry made may be another than the one it is about: a sub order of it.
    if table == own and table in alone and (name is None or f"/{row.entity}".endswith(f"/{name}")):
        return row.entity
    if name is not None:
        return name
    by = row.details.get(_NAMED_BY.get(table, "")) if table in alone else None
    return None if by is None else str(by)


def _components(row: AuditRow, lines: Iterable[Mapping[str, ChangeRow]]) -> dict[tuple[str, str], str]:
    """Give the products that new lines of a bill name: the entry tells them in the order of the lines."""
    told = row.details.get("components")
    names = {}
    for fields in lines:
        component, position = fields.get("component_id"), fields.get("position")
        if component is None or position is None or not isinstance(told, list | tuple):
            continue
        place = int(str(position.new or 0))
        if 0 < place <= len(told):
            names["product", str(component.new)] = str(told[place - 1])
    return names


def _changed_row(
    table: str, key: str, changes: list[ChangeRow], names: Mapping[tuple[str, str], str], alone: bool, zone: ZoneInfo
) -> ChangedRow:
    # A row that came or went is written whole, with its id; of a changed row only what changed.
    whole = any(change.field == "id" for change in changes)
    has_before = not whole or any(change.old is not None for change in changes)
    has_after = not whole or any(change.new is not None for change in changes)
    remark = "changed" if has_before and has_after else "added" if has_after else "removed"
    told = [change for change in changes if change.field not in _BOOKKEEPING] or changes
    fields = tuple(_changed(change, names, zone) for change in told)
    kind, name = _TABLE_WORDS.get(table, formats.words(table)), names.get((table, key))
    # One clock among others needs its number to be told from them; the only one of an entry does not.
    title = f"{kind} {name}" if name else kind if alone else f"{kind} no. {key}"
    return ChangedRow(title, remark, has_before, has_after, fields)


def _changed(change: ChangeRow, names: Mapping[tuple[str, str], str], zone: ZoneInfo) -> Changed:
    """Write a field before and after; one that points at rows with a name tells the names."""
    table = _POINTS_AT.get(change.field)
    if table is not None:
        told = [None if one is None else names.get((table, str(one))) for one in (change.old, change.new)]
        if any(told) and all(name or one is None for name, one in zip(told, (change.old, change.new), strict=True)):
            kind = formats.words(change.field.removesuffix("_id"))
            return Changed(kind, *(name or formats.NOTHING for name in told))
    return Changed(
        field(change.field),
        field_value(change.field, change.old, zone),
        field_value(change.field, change.new, zone),
    )


def field(name: str) -> str:
    """Write the name of a field for a person: without its unit, which stands with the value, and with `no.` where a row is named."""
    if name in _FIELD_WORDS:
        return _FIELD_WORDS[name]
    if name.endswith("_id"):
        return f"{formats.words(name.removesuffix('_id'))} no."
    end, _ = _unit(name)
    return formats.words(name.removesuffix(end))


def field_value(name: str, found: object, zone: ZoneInfo) -> str:
    """Write the value of a field: with its unit where the name has one, and in words where it is of the vocabulary."""
    if name in _CODED and isinstance(found, str) and found:
        return formats.words(found)
    text = value(found, zone)
    if isinstance(found, str) and _DAY.fullmatch(found) and _OF_DAYS.fullmatch(name):
        day = formats.read_day(found, date.min)
        return text if day is None else formats.full_day(day)
    if name.endswith("_id"):
        return text.replace(formats.THIN, "")
    _, unit = _unit(name)
    return f"{text} {unit}" if unit and isinstance(found, Decimal | int | str) and text != formats.NOTHING else text


def _unit(name: str) -> tuple[str, str]:
    return next((unit for unit in _UNITS if name.endswith(unit[0])), ("", ""))


def value(found: object, zone: ZoneInfo) -> str:
    """Write a value of the log for a person."""
    match found:
        case None | "":
            text = formats.NOTHING
        case bool():
            text = "yes" if found else "no"
        case Decimal() | int():
            text = formats.quantity(Decimal(found))
        case datetime():
            text = formats.exactly(found, zone)
        case str() if _MOMENT.fullmatch(found):
            text = formats.exactly(datetime.fromisoformat(found), zone)
        case date():
            text = formats.full_day(found)
        case Mapping():
            text = ", ".join(
                f"{field(str(name)).lower()} {field_value(str(name), one, zone)}" for name, one in found.items()
            )
        case list() | tuple():
            # A line each: eight lots in one paragraph are read by nobody.
            text = "\n".join(value(one, zone) for one in found) or formats.NOTHING
        case _:
            text = str(found)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _kind(entity_type: str | None) -> str:
    return KINDS.get(EntityType(entity_type), entity_type) if entity_type in set(EntityType) else "About"


def has_home(row: AuditRow) -> bool:
    """Say whether the thing an entry is about can be opened on a screen of its own."""
    return bool(row.entity) and row.entity_type in HOMES


def check_sentence(found: Verified) -> tuple[str, Tone]:
    """Say what a check of the log found."""
    entries = formats.quantity(found.entries)
    if found.broken_at is None:
        return f"All {entries} entries are as they were written. Newest hash {found.newest_hash[:16]}…", Tone.RUNNING
    return (
        f"Entry {found.broken_at}: {found.problem}. The {entries} entries before it are as they were written.",
        Tone.TROUBLE,
    )
