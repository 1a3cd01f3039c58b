"""The real plant and the plain one side by side: what the rows of the one say in the words of the other, and which rows a command has changed.

A plant has thirty tables, and a command changes a few of them: a look compares one text for each table, and reads again only what is different.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, Table, select

from mfg_desktop.tables import Base
from mfg_desktop.vocabulary import AuditLevel
from tests.service.plain_shop import PlainShop
from tests.service.stories import UNWATCHED, Change, Desk, Log, Rows

Told = Mapping[Any, Any]
Key = tuple[str, str]
"""A table, and the number of a row."""
Thing = tuple[str, str]
"""A kind of thing, and its name."""
Entry = tuple[str, str, str | None]
"""The command, the level and the approver."""
TABLES = {name: table for name, table in Base.metadata.tables.items() if name not in UNWATCHED}
_ENTRIES = (
    select(Log.c.sequence, Log.c.command, Log.c.level, Log.c.approver, Change.c.table_name, Change.c.row_key)
    .outerjoin(Change, Change.c.entry == Log.c.entry)
    .order_by(Log.c.sequence, Change.c.id)
)


def _text(table: Table, *, postgres: bool) -> str:
    if postgres:
        return f'(SELECT md5(string_agg(t::text, \',\')) FROM "{table.name}" t) AS "{table.name}"'
    fields = " || ".join(f'quote("{column.name}")' for column in table.columns)
    return f'(SELECT group_concat({fields}) FROM "{table.name}") AS "{table.name}"'


@dataclass(frozen=True)
class Seen:
    """What a look has found."""

    changed: set[Key]
    """Rows that are not as they were."""
    entries: list[Entry]
    """What the audit log has got since the last look."""
    lines: set[Key]
    """The changed rows that those of them tell of that say that something was done."""
    things: set[Thing]
    """What the changed rows belong to: every screen that shows it has to hear of it."""
    stale: set[Key]
    """Rows that are not as they were and have the version that they had, so that no screen would notice."""


class SideBySide:
    """A real plant and the plain one that is meant to be like it."""

    def __init__(self, desk: Desk, plain: PlainShop) -> None:
        self.desk, self.plain = desk, plain
        self.rows: dict[str, Sequence[Row[Any]]] = {}
        self._began = datetime.now(UTC)
        self._newest = desk.newest_entry()
        self._texts: Mapping[str, str] = {}
        self._told: dict[str, Told] = {}
        postgres = desk.shop.database.on_postgres
        self._statement = f"SELECT {', '.join(_text(table, postgres=postgres) for table in TABLES.values())}"
        self.look()

    def look(self) -> Seen:
        """Read what has changed since the last look."""
        with self.desk.shop.database.reading() as connection:
            texts = dict(connection.exec_driver_sql(self._statement).one()._mapping)
            read = {
                name: connection.execute(select(table).order_by(*table.primary_key.columns)).all()
                for name, table in TABLES.items()
                if texts[name] != self._texts.get(name, "")
            }
            written = connection.execute(_ENTRIES.where(Log.c.sequence > self._newest)).all()
        others = {name: set(rows) ^ set(self.rows.get(name, ())) for name, rows in read.items()}
        changed = {(name, str(row.id)) for name, rows in others.items() for row in rows}
        stale = {
            (name, str(row.id))
            for name, rows in others.items()
            # The settings' row counts the changes of rights too, in a column of its own.
            if "version" in TABLES[name].columns and name != "plant_setting"
            for row in rows & set(read[name])
            if row.version <= max((was.version for was in rows - set(read[name]) if was.id == row.id), default=0)
        }
        self._texts = texts
        self.rows |= read
        self._told = {name: told for name, told in self._told.items() if not read.keys() & SIDES[name].tables}
        entries = {row.sequence: (row.command, row.level.value, row.approver) for row in written}
        self._newest = max(entries, default=self._newest)
        lines = {(row.table_name, row.row_key) for row in written if row.table_name and row.level == AuditLevel.INFO}
        return Seen(changed, list(entries.values()), lines, _things(self.rows, others), stale)

    def version_of(self, answer: Mapping[str, Any]) -> int | None:
        """Give the version that what an answer is about has now, if it has one."""
        kinds = (("number", "work_order"), ("machine", "machine"), ("fixture", "fixture"), ("gauge", "gauge"))
        for field, table in kinds:
            if field in answer:
                column = "number" if field == "number" else "code"
                versions: Iterator[int] = (
                    row.version for row in self.rows[table] if getattr(row, column) == answer[field]
                )
                return next(versions)
        return None

    def differences(self) -> list[str]:
        """Name what the rows say and the plain plant does not, and the other way round."""
        found = []
        for name, side in SIDES.items():
            if name not in self._told:
                self._told[name] = side.real(self.rows, self._when)
            real, plain = self._told[name], side.plain(self.plain, self._when)
            if real != plain:
                keys = [key for key in {**real, **plain} if real.get(key) != plain.get(key)]
                found += [f"{name} {key}: {real.get(key)}, and by the model {plain.get(key)}" for key in keys]
        return found

    def _when(self, moment: datetime | None) -> object:
        """Tell what was told of the past as it is, and everything else as now."""
        return moment if moment is None or moment < self._began else "now"


When = Callable[[datetime | None], object]


@dataclass(frozen=True)
class Side:
    """One kind of thing: the tables that tell of it, and how each of the two plants tells it."""

    tables: Collection[str]
    real: Callable[[Rows, When], Told]
    plain: Callable[[PlainShop, When], Told]


def _names(rows: Rows, table: str, name: str) -> dict[int | None, Any]:
    return {None: None, **{row.id: getattr(row, name) for row in rows[table]}}


def _gathered(rows: Sequence[Row[Any]], owner: str, value: Callable[[Row[Any]], Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, owner)].append(value(row))
    return found


def _things(rows: Rows, changed: Mapping[str, Collection[Row[Any]]]) -> set[Thing]:
    """Name what some rows belong to."""
    products, numbers = _names(rows, "product", "stock_code"), _names(rows, "work_order", "number")
    boms = _names(rows, "bom", "product_id")
    owners: Mapping[str, Callable[[Row[Any]], Thing]] = {
        "work_order": lambda row: ("WorkOrder", row.number),
        **dict.fromkeys(
            ("work_order_operation", "work_order_material", "work_clock", "production_output"),
            lambda row: ("WorkOrder", numbers[row.work_order_id]),
        ),
        "stock_lot": lambda row: ("StockLot", f"{products[row.product_id]}/{row.lot}"),
        "machine": lambda row: ("Machine", row.code),
        **dict.fromkeys(
            ("machine_downtime", "machine_maintenance"),
            lambda row: ("Machine", _names(rows, "machine", "code")[row.machine_id]),
        ),
        "fixture": lambda row: ("Fixture", row.code),
        "fixture_check": lambda row: ("Fixture", _names(rows, "fixture", "code")[row.fixture_id]),
        "gauge": lambda row: ("Gauge", row.code),
        "gauge_calibration": lambda row: ("Gauge", _names(rows, "gauge", "code")[row.gauge_id]),
        "product": lambda row: ("Product", row.stock_code),
        "bom": lambda row: ("Product", products[row.product_id]),
        "bom_line": lambda row: ("Product", products[boms[row.bom_id]]),
        "workflow": lambda row: ("Workflow", f"{products[row.product_id]}/{row.name}"),
        "process": lambda row: ("Workflow", row.code),
        "person": lambda row: ("User", row.badge),
        "role": lambda row: ("Role", row.name),
        "department": lambda row: ("Plant", row.code),
    }
    return {owners[name](row) for name, some in changed.items() if name in owners for row in some}


# ---------------------------------------------------------------------- people and the plant


def _people(rows: Rows, when: When) -> Told:
    roles, departments = _names(rows, "role", "name"), _names(rows, "department", "code")
    has = _gathered(rows["person_role"], "person_id", lambda row: roles[row.role_id])
    works_in = _gathered(rows["person_department"], "person_id", lambda row: departments[row.department_id])
    return {
        row.badge: (row.name, row.active, row.pin_hash is not None, set(has[row.id]), set(works_in[row.id]))
        for row in rows["person"]
    }


def _plain_people(plain: PlainShop, when: When) -> Told:
    return {
        badge: (one.name, one.active, one.has_pin, one.roles, one.departments) for badge, one in plain.people.items()
    }


def _rules(rows: Rows, when: When) -> Told:
    allows = _gathered(rows["role_operation"], "role_id", lambda row: row.operation)
    (setting,) = rows["plant_setting"]
    return {
        "roles": {row.name: set(allows[row.id]) for row in rows["role"]},
        "settings": (setting.timezone, setting.overproduction_percent, setting.auto_lock_minutes),
        "shifts": {row.name for row in rows["shift"]},
        "departments": {row.code: row.name for row in rows["department"]},
    }


def _plain_rules(plain: PlainShop, when: When) -> Told:
    return {
        "roles": plain.roles,
        "settings": (plain.timezone, plain.tolerance, plain.auto_lock),
        "shifts": plain.shifts,
        "departments": plain.departments,
    }


# ---------------------------------------------------------------------- products, routings and tooling


def _products(rows: Rows, when: When) -> Told:
    codes = _names(rows, "product", "stock_code")
    boms = {row.id: row.product_id for row in rows["bom"]}
    bills: dict[int, list[Any]] = {product: [] for product in boms.values()}
    for line in sorted(rows["bom_line"], key=lambda row: row.position):
        part = (line.quantity, line.scrap_percentage, line.issue_method == "BACKFLUSH", line.operation_sequence)
        bills[boms[line.bom_id]].append((codes[line.component_id], *part))
    return {
        row.stock_code: (row.type.value, row.unit, row.name, row.active, bills.get(row.id)) for row in rows["product"]
    }


def _plain_products(plain: PlainShop, when: When) -> Told:
    return {
        code: (
            one.type,
            one.unit,
            one.name,
            one.active,
            None
            if one.bill is None
            else [(name, part.quantity, part.loss, part.backflush, part.at) for name, part in one.bill.items()],
        )
        for code, one in plain.products.items()
    }


def _routings(rows: Rows, when: When) -> Told:
    codes = _names(rows, "product", "stock_code")
    settings = _gathered(
        rows["process_config"], "workflow_id", lambda row: (row.sequence, row.config_version, row.status.value)
    )
    return {
        **{(codes[row.product_id], row.name): (row.status.value, sorted(settings[row.id])) for row in rows["workflow"]},
        "processes": {row.code for row in rows["process"]},
    }


def _plain_routings(plain: PlainShop, when: When) -> Told:
    return {
        **{
            (code, version): (
                routing.status,
                sorted(
                    (sequence, count, one.status)
                    for sequence, versions in routing.steps.items()
                    for count, one in enumerate(versions, start=1)
                ),
            )
            for code, product in plain.products.items()
            for version, routing in product.routings.items()
        },
        "processes": plain.processes,
    }


def _tools(rows: Rows, when: When) -> Told:
    checks = _gathered(rows["fixture_check"], "fixture_id", lambda row: row.id)
    calibrations = _gathered(rows["gauge_calibration"], "gauge_id", lambda row: row.id)
    return {
        ("FIXTURE", row.code): (row.status.value, row.last_checked, row.next_check, len(checks[row.id]))
        for row in rows["fixture"]
    } | {
        ("GAUGE", row.code): (row.status.value, row.calibration_date, row.next_calibration, len(calibrations[row.id]))
        for row in rows["gauge"]
    }


def _plain_tools(plain: PlainShop, when: When) -> Told:
    return {key: (tool.status, tool.last, tool.due, tool.looked_at) for key, tool in plain.tools.items()}


# ---------------------------------------------------------------------- machines


def _machines(rows: Rows, when: When) -> Told:
    stops = _gathered(
        sorted(rows["machine_downtime"], key=lambda row: row.started_at),
        "machine_id",
        lambda row: (when(row.started_at), when(row.ended_at), row.category.value),
    )
    done = _gathered(rows["machine_maintenance"], "machine_id", lambda row: row.id)
    return {
        row.code: (
            row.type.value,
            row.status.value,
            row.running_order,
            when(row.status_since),
            row.active,
            row.serial_number,
            row.last_maintenance,
            row.next_maintenance,
            len(done[row.id]),
            stops[row.id],
        )
        for row in rows["machine"]
    }


def _plain_machines(plain: PlainShop, when: When) -> Told:
    return {
        code: (
            one.type,
            "IN_USE" if one.runs else one.status,
            one.runs[0] if one.runs else None,
            when(one.since),
            one.active,
            one.serial,
            one.last,
            one.due,
            one.looked_after,
            [
                (when(stop.start), when(stop.end), stop.category)
                for stop in sorted(one.stops, key=lambda stop: stop.start)
            ],
        )
        for code, one in plain.machines.items()
    }


# ---------------------------------------------------------------------- orders


def _orders(rows: Rows, when: When) -> Told:
    codes, machines = _names(rows, "product", "stock_code"), _names(rows, "machine", "code")
    numbers = _names(rows, "work_order", "number")
    return {
        row.number: (
            codes[row.product_id],
            row.status.value,
            machines[row.machine_id],
            numbers[row.parent_id],
            row.quantity_ordered,
            row.quantity_completed,
            row.quantity_scrapped,
            when(row.actual_start),
            when(row.status_at),
            when(row.last_event_at),
        )
        for row in rows["work_order"]
    }


def _plain_orders(plain: PlainShop, when: When) -> Told:
    return {
        number: (
            one.product,
            one.status,
            one.machine,
            one.parent,
            one.quantity,
            one.good,
            one.scrapped,
            when(one.started),
            when(one.status_at),
            when(one.last_event),
        )
        for number, one in plain.orders.items()
    }


def _steps(rows: Rows, when: When) -> Told:
    numbers, machines = _names(rows, "work_order", "number"), _names(rows, "machine", "code")
    return {
        (numbers[row.work_order_id], row.sequence): (
            row.status.value,
            machines[row.machine_id],
            row.good,
            row.scrapped,
            when(row.started_at),
        )
        for row in rows["work_order_operation"]
    }


def _plain_steps(plain: PlainShop, when: When) -> Told:
    return {
        (number, sequence): (step.status, step.machine, step.good, step.scrapped, when(step.started))
        for number, order in plain.orders.items()
        for sequence, step in order.steps.items()
    }


def _outputs(rows: Rows, when: When) -> Told:
    numbers = _names(rows, "work_order", "number")
    sequences = _names(rows, "work_order_operation", "sequence")
    taken_back = {row.reverses_id for row in rows["production_output"]}
    return {
        row.id: (
            numbers[row.work_order_id],
            sequences[row.operation_id],
            row.good,
            row.scrapped,
            row.batch_number,
            when(row.at),
            row.id in taken_back,
        )
        for row in rows["production_output"]
        if row.reverses_id is None
    }


def _plain_outputs(plain: PlainShop, when: When) -> Told:
    return {
        one.id: (number, one.step, one.good, one.scrapped, one.batch, when(one.at), one.reversed)
        for number, order in plain.orders.items()
        for one in order.outputs
    }


# ---------------------------------------------------------------------- material


def _lines(rows: Rows, when: When) -> Told:
    numbers, codes = _names(rows, "work_order", "number"), _names(rows, "product", "stock_code")
    return {
        (numbers[row.work_order_id], codes[row.material_id]): (
            row.required,
            row.issue_method == "BACKFLUSH",
            row.operation_sequence,
            row.consumed,
        )
        for row in rows["work_order_material"]
    }


def _plain_lines(plain: PlainShop, when: When) -> Told:
    return {
        (number, material): (line.required, line.backflush, line.at, line.consumed)
        for number, order in plain.orders.items()
        for material, line in order.lines.items()
    }


def _lots(rows: Rows, when: When) -> Told:
    codes = _names(rows, "product", "stock_code")
    return {
        (codes[row.product_id], row.lot): (row.category.value, row.on_hand, row.blocked, when(row.received_at))
        for row in rows["stock_lot"]
    }


def _plain_lots(plain: PlainShop, when: When) -> Told:
    return {key: (lot.category, lot.on_hand, lot.blocked, when(lot.received)) for key, lot in plain.lots.items()}


def _shares(rows: Rows, when: When) -> Told:
    numbers, codes = _names(rows, "work_order", "number"), _names(rows, "product", "stock_code")
    orders = {row.id: numbers[row.work_order_id] for row in rows["work_order_material"]}
    lots = {row.id: (codes[row.product_id], row.lot) for row in rows["stock_lot"]}
    return {
        (orders[row.line_id], *lots[row.lot_id]): (row.reserved, row.issued, row.returned)
        for row in rows["material_allocation"]
        if row.reserved or row.issued
    }


def _plain_shares(plain: PlainShop, when: When) -> Told:
    return {
        (number, *key): (share.reserved, share.issued, share.returned)
        for key, lot in plain.lots.items()
        for number, share in lot.shares.items()
        if share.reserved or share.issued
    }


SIDES: Mapping[str, Side] = {
    "person": Side({"person", "person_role", "person_department"}, _people, _plain_people),
    "plant": Side({"role", "role_operation", "plant_setting", "shift", "department"}, _rules, _plain_rules),
    "product": Side({"product", "bom", "bom_line"}, _products, _plain_products),
    "routing": Side({"workflow", "process_config", "process"}, _routings, _plain_routings),
    "tool": Side({"fixture", "gauge", "fixture_check", "gauge_calibration"}, _tools, _plain_tools),
    "machine": Side({"machine", "machine_downtime", "machine_maintenance"}, _machines, _plain_machines),
    "order": Side({"work_order"}, _orders, _plain_orders),
    "operation": Side({"work_order_operation"}, _steps, _plain_steps),
    "output": Side({"production_output"}, _outputs, _plain_outputs),
    "line": Side({"work_order_material"}, _lines, _plain_lines),
    "lot": Side({"stock_lot"}, _lots, _plain_lots),
    "share": Side({"material_allocation"}, _shares, _plain_shares),
}
