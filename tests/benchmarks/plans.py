"""How PostgreSQL finds the rows: each statement of every command and question, and whether it reads a big table from end to end for it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, event, text

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.tables.indexes import AUDIT_INDEXES, INDEXES
from tests.benchmarks.plant import MACHINES
from tests.benchmarks.race import MACHINE, Line, Times, measured
from tests.factories import Floor

BIG = 1000
"""A table with fewer rows than this is read as a whole with good reason."""

Sent = dict[str, tuple[str, Any]]


@dataclass(frozen=True)
class Plan:
    """How one statement is carried out: the big tables in it, and those of them that are read as a whole."""

    asked_by: str
    statement: str
    big: tuple[str, ...]
    whole: tuple[str, ...]


def plans(floor: Floor) -> list[Plan]:
    """Explain every statement that touches a big table, each once."""
    sent = _statements(floor)
    with floor.shop.database.engine.connect() as connection:
        known = connection.execute(
            text("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples >= :big"), {"big": BIG}
        )
        big = set(known.scalars())
        connection.rollback()
        found = []
        for statement, (asked_by, values) in sent.items():
            scans = list(_scans(_explain(connection, statement, values)))
            tables = sorted({table for _, table in scans if table in big})
            whole = sorted({table for kind, table in scans if table in big and kind == "Seq Scan"})
            if tables:
                found.append(Plan(asked_by, " ".join(statement.split()), tuple(tables), tuple(whole)))
    return found


def share(found: list[Plan]) -> float:
    """Tell which part of the statements on big tables reads none of them as a whole."""
    return sum(not plan.whole for plan in found) / len(found)


def bare_ratio(floor: Floor, rounds: int) -> float:
    """Tell how many times as long the board page takes without the indexes that are there for the shop's questions. They are gone afterwards."""
    line = Line(floor, MACHINE)
    with_them, without = Times(), Times()
    for _ in range(rounds):
        with_them.add(measured(line.page))
    with floor.shop.database.engine.connect() as connection, connection.begin():
        for serving in (*INDEXES, *AUDIT_INDEXES):
            serving.index.drop(connection)
    for _ in range(rounds):
        without.add(measured(line.page))
    return without.undisturbed / with_them.undisturbed


def _explain(connection: Connection, statement: str, values: Any) -> dict[str, Any]:
    with connection.begin() as transaction:
        explained: list[dict[str, Any]] = connection.exec_driver_sql(
            f"EXPLAIN (FORMAT JSON) {statement}", values
        ).scalar_one()
        transaction.rollback()
    plan = explained if isinstance(explained, list) else json.loads(explained)
    return dict(plan[0]["Plan"])


def _scans(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    # An INSERT scans nothing; an index-only or a bitmap scan has the table in a node of its own.
    if "Relation Name" in node and node["Node Type"] != "ModifyTable":
        yield node["Node Type"], node["Relation Name"]
    for below in node.get("Plans", ()):
        yield from _scans(below)


def _statements(floor: Floor) -> Sent:
    """Have everything done and asked once, and keep what was sent for it."""
    sent: Sent = {}
    asked_by = ""

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if statement.split(None, 1)[0] in ("SELECT", "WITH", "UPDATE", "INSERT", "DELETE"):
            sent.setdefault(statement, (asked_by, values[0] if many else values))

    event.listen(floor.shop.database.engine, "before_cursor_execute", note)
    for asked_by, work in _everything(floor):
        try:
            work()
        except ManufacturingException as refused:
            raise AssertionError(f"{asked_by} was refused: {refused}") from refused
    event.remove(floor.shop.database.engine, "before_cursor_execute", note)
    return sent


def _everything(floor: Floor) -> Iterator[tuple[str, Any]]:
    """Give every command of an order's life and of its stock, and every question in the ways that the screens ask it."""

    def do(name: str, **fields: Any) -> tuple[str, Any]:
        return name, lambda: floor.do(name, **fields)

    def ask(name: str, **fields: Any) -> tuple[str, Any]:
        said = " ".join((name, *sorted(fields)))
        return said, lambda: floor.ask(name, **fields)

    made: list[str] = []

    def create() -> None:
        made.append(floor.order(status="DRAFT", machine="CNC-1"))

    yield "work_order.create", create
    yield do("work_order.update", number=made[0], priority="HIGH", quantity=60)
    for move in ("plan", "release", "allocate", "start", "issue"):
        yield do(f"work_order.{move}", number=made[0])
    yield do("work_order.return_material", number=made[0], material="BAR", quantity=1)
    yield do("work_order.record_output", number=made[0], good=10, scrapped=2, scrap_reason="Tool broken")
    output = floor.ask("work_order.get", number=made[0]).outputs[0].id
    yield do("work_order.reverse_output", number=made[0], output=output, reason="typed wrong")
    yield do("work_order.hold", number=made[0], reason="no operator")
    yield do("work_order.resume", number=made[0])
    yield do("work_order.allocate", number=made[0])
    yield do("work_order.start", number=made[0])
    yield do("machine.set_status", machine="CNC-1", status="BROKEN", reason="spindle")
    yield do("machine.set_status", machine="CNC-1", status="AVAILABLE")
    yield do("work_order.cancel", number=made[0], reason="not wanted", return_material=True)
    yield "work_order.create", create
    for move in ("plan", "release", "allocate", "start"):
        yield do(f"work_order.{move}", number=made[1])
    yield do("work_order.complete", number=made[1], short_close_reason="enough")
    steps = [{"sequence": 10, "process": "MILL"}, {"sequence": 20, "process": "MILL"}]
    routed = floor.order(status="IN_PROGRESS", machine="CNC-1", operations=steps)
    floor.do("work_order.issue", number=routed)
    for move in ("start", "pause", "resume"):
        yield do(f"operation.{move}", number=routed, sequence=10)
    yield do("work_order.record_output", number=routed, operation=10, good=60)
    yield do("operation.complete", number=routed, sequence=10, good=40)
    yield ask("work_order.get", number=routed)
    yield ask("work_order.timeline", number=routed)
    yield do("work_order.hold", number=routed, reason="no operator")
    yield do("stock.receive", material="BAR", lot="PLAN-1", quantity=5)
    yield do("stock.adjust", material="BAR", lot="PLAN-1", quantity=-1, reason="counted")
    yield do("stock.set_category", material="BAR", lot="PLAN-1", category="QUARANTINE", reason="to be looked at")
    yield do("stock.block", material="BAR", lot="PLAN-1", reason="stop")
    yield do("stock.unblock", material="BAR", lot="PLAN-1", reason="go")

    for status in ("RELEASED", "IN_PROGRESS", "ON_HOLD", "COMPLETED"):
        yield ask("work_order.list", status=[status], limit=50)
    first = floor.ask("work_order.list", status=["COMPLETED"], limit=50)
    yield ask("work_order.list", status=["COMPLETED"], limit=50, after=first.next)
    yield ask("work_order.list", limit=50)
    yield ask("work_order.list", status=["PLANNED", "RELEASED", "IN_PROGRESS", "ON_HOLD"], sort="material", limit=200)
    yield ask("work_order.list", machine=f"M-{MACHINES:03d}", limit=50)
    yield ask("work_order.list", product="P-001", limit=50)
    yield ask("work_order.list", overdue=True, limit=50)
    yield ask("work_order.list", status=["COMPLETED", "CANCELLED"], finished_from="2026-11-01T06:00:00Z", limit=50)
    yield ask("work_order.list", text="P-0001", limit=50)
    yield ask("work_order.get", number=made[1])
    yield ask("work_order.can", number=made[1], action="start")
    yield ask("machine.list")
    yield ask("machine.get", machine="M-001")
    period = {"from": "2026-03-02T06:00:00Z", "to": "2026-03-03T06:00:00Z"}
    yield ask("machine.oee", machine="M-001", **period)
    yield ask("machine.schedule", **period)
    yield ask("material.shortages")
    yield ask("stock.list", material="R-001")
    yield ask("stock.list", lot="P-000001")
    yield ask("stock.list", limit=50)
    yield ask("stock.movements", material="BAR", lot="B-1")
    yield ask("stock.movements", material="R-001", limit=50)
    yield ask("stock.movements", limit=50)
    yield ask("product.list", limit=50)
    yield ask("audit.list", limit=50)
    yield ask("audit.list", entity_type="WorkOrder", entity=made[1], limit=50)
    yield ask("audit.list", badge="OP-1", limit=50)
    yield ask("audit.list", action_type="WORK_ORDER_START", limit=50)
    yield ask("audit.list", level="WARNING", limit=50)
    yield "sign-in", floor.shop.faces
    feed = floor.shop.feed()
    yield "feed", feed.poll
    floor.do("stock.receive", material="BAR", lot="PLAN-2", quantity=5)
    yield "feed", feed.poll
