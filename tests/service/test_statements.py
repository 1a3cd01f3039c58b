"""What a command and a question cost in statements: fixed numbers, the same for one line, order or row and for fifty."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from tests.factories import PIN, SUPERVISOR
from tests.service.stories import Desk

WHEN = {"planned_start": "2026-03-02T06:00:00Z", "planned_end": "2026-03-03T06:00:00Z"}
MANY = 50
# The steps of a life, in an order in which they may be done, with what each costs on PostgreSQL.
LIFE: tuple[tuple[str, dict[str, Any], int], ...] = (
    ("work_order.create", {}, 8),
    ("work_order.update", {"priority": "HIGH"}, 4),
    ("work_order.plan", {}, 4),
    ("work_order.allocate", {}, 12),
    ("work_order.release", {}, 8),
    ("work_order.start", {}, 8),
    ("work_order.hold", {"reason": "x"}, 8),
    ("work_order.resume", {}, 5),
    ("work_order.start", {}, 8),
    ("work_order.issue", {}, 10),
    ("work_order.record_output", {"good": 4, "scrapped": 1, "scrap_reason": "burr"}, 12),
    ("work_order.reverse_output", {"reason": "x"}, 19),
    ("work_order.return_material", {"material": "M-00", "quantity": 1}, 10),
    ("work_order.complete", {"short_close_reason": "x"}, 9),
)
# On SQLite BEGIN is a statement of its own, and the entry is written in steps where PostgreSQL has one function for it.
MORE_ON_SQLITE = 6
QUESTIONS: tuple[tuple[str, dict[str, Any], int], ...] = (
    ("work_order.get", {"number": "ORDER-FEW"}, 9),
    ("work_order.get", {"number": "ORDER-MANY"}, 9),
    ("work_order.can", {"number": "ORDER-FEW", "action": "start"}, 6),
    ("work_order.can", {"number": "ORDER-MANY", "action": "start"}, 6),
    ("work_order.list", {"limit": 1}, 5),
    ("work_order.list", {"text": "order", "status": ["COMPLETED"]}, 5),
    ("work_order.list", {}, 5),
    ("work_order.list", {"sort": "material"}, 5),
    ("work_order.timeline", {"number": "ORDER-FEW"}, 5),
    ("work_order.timeline", {"number": "ORDER-MANY"}, 5),
    ("material.shortages", {}, 3),
    ("machine.get", {"machine": "CNC-1"}, 13),
    ("machine.get", {"machine": "CNC-2"}, 13),
    ("machine.list", {}, 6),
    ("machine.oee", {"machine": "CNC-1", "from": "2026-03-02", "to": "2026-03-03"}, 6),
    ("machine.schedule", {"from": "2026-03-02", "to": "2026-03-03"}, 7),
    ("stock.list", {"limit": 1}, 2),
    ("stock.list", {}, 2),
    ("stock.movements", {"limit": 1}, 2),
    ("stock.movements", {}, 2),
    ("product.list", {"limit": 1}, 2),
    ("product.list", {}, 2),
    ("product.get", {"product": "FEW"}, 5),
    ("product.get", {"product": "MANY"}, 5),
    ("process.list", {}, 2),
    ("workflow.list", {}, 2),
    ("fixture.list", {}, 2),
    ("gauge.list", {}, 2),
    ("audit.list", {"limit": 1}, 3),
    ("audit.list", {}, 3),
    ("audit.list", {"changes": False}, 2),
    ("audit.list", {"sequence": 1}, 3),
)


@contextmanager
def statements(desk: Desk) -> Iterator[list[str]]:
    """Collect the statements that a terminal sends meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(desk.shop.database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(desk.shop.database.engine, "before_cursor_execute", note)


def parts(desk: Desk) -> None:
    """Stock fifty materials, and two products: FEW is made of one of them, MANY of all."""
    for index in range(MANY):
        desk.do("product.create", stock_code=f"M-{index:02}", name="Part", type="RAW", unit="pcs")
        desk.do("stock.receive", material=f"M-{index:02}", lot="L", quantity=1000)
    for product, size in (("FEW", 1), ("MANY", MANY)):
        lines = [{"component": f"M-{index:02}", "quantity": 1} for index in range(size)]
        desk.do("product.create", stock_code=product, name="Product", type="FINISHED", unit="pcs")
        desk.do("bom.set", product=product, lines=lines)
    # The shop reads the rights of a person once; both of this story are known to it before anything is counted.
    desk.order(status="DRAFT", override={"badge": SUPERVISOR, "pin": PIN, "reason": "x"})


def cost_of_life(desk: Desk, product: str) -> list[tuple[str, int]]:
    costs, output = [], 0
    number = f"ORDER-{product}"
    for command, fields, _ in LIFE:
        said = dict(fields)
        if command == "work_order.create":
            said = {"product": product, "quantity": 10, "machine": "CNC-1", **WHEN}
        if command == "work_order.reverse_output":
            said["output"] = output
        with statements(desk) as sent:
            answer = desk.do(command, number=number, **said)
        output = answer.get("output", output)
        costs.append((command, len(sent)))
    return costs


def test_a_command_costs_the_same_for_one_line_of_material_and_for_fifty(desk: Desk) -> None:
    parts(desk)
    more = 0 if desk.shop.database.on_postgres else MORE_ON_SQLITE

    few, many = cost_of_life(desk, "FEW"), cost_of_life(desk, "MANY")

    assert few == [(command, expected + more) for command, _, expected in LIFE]
    assert many == few


def test_who_has_a_machine_is_looked_up_only_for_a_refusal(desk: Desk) -> None:
    desk.order(status="IN_PROGRESS", product="BAR", machine="CNC-1")
    desk.do("process.create", process_code="MILL", name="Milling", machine_type="CNC_MILLING")
    steps = [{"sequence": 10, "process": "MILL"}]
    number = desk.order(status="RELEASED", product="BAR", machine="CNC-1", operations=steps)

    with statements(desk) as sent:
        desk.do("work_order.start", number=number)

    asked = [statement for statement in sent if "LIKE" in statement]
    assert asked == []


CORRECTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("work_order.update", {"quantity": 8}),
    ("work_order.update", {"quantity": 9}),
    ("work_order.allocate", {}),
    ("work_order.release", {}),
    ("work_order.start", {}),
    ("work_order.record_output", {"good": 2, "override": {"badge": SUPERVISOR, "pin": PIN, "reason": "x"}}),
    ("work_order.reverse_output", {"reason": "x"}),
    ("work_order.issue", {}),
    ("work_order.cancel", {"reason": "x", "return_material": True}),
)


def cost_of_corrections(desk: Desk, product: str, method: str) -> list[tuple[str, int]]:
    """Change, allocate short of stock, report, take back and cancel, with all the material issued in one of the two ways."""
    size = 1 if product == "FEW" else MANY
    lines = [{"component": f"M-{index:02}", "quantity": 1, "issue_method": method} for index in range(size)]
    desk.do("bom.set", product=product, lines=lines)
    large = desk.order(status="PLANNED", product=product, quantity=5000)
    costs, output = [], 0
    with statements(desk) as sent:
        desk.do("work_order.allocate", number=large, allow_partial=True)
    costs.append(("short of stock", len(sent)))
    desk.do("work_order.cancel", number=large, reason="x")
    number = desk.order(status="PLANNED", product=product, quantity=10)
    desk.do("work_order.allocate", number=number)
    for command, fields in CORRECTIONS:
        said: dict[str, Any] = {"output": output} if command == "work_order.reverse_output" else {}
        if command == "work_order.issue" and method == "BACKFLUSH":
            said = {"lines": [{"material": f"M-{index:02}", "quantity": 1} for index in range(size)]}
        with statements(desk) as sent:
            answer = desk.do(command, number=number, **fields, **said)
        output = answer.get("output", output)
        costs.append((command, len(sent)))
    return costs


def test_a_correction_costs_the_same_for_one_line_of_material_and_for_fifty(desk: Desk) -> None:
    parts(desk)

    for method in ("PICK", "BACKFLUSH"):
        few, many = cost_of_corrections(desk, "FEW", method), cost_of_corrections(desk, "MANY", method)
        assert many == few, method
        assert max(cost for _, cost in few) < 40

    assert desk.faults() == []


def test_a_question_costs_the_same_for_one_row_and_for_fifty(desk: Desk) -> None:
    parts(desk)
    cost_of_life(desk, "FEW")
    cost_of_life(desk, "MANY")
    for _ in range(MANY):
        desk.order(status="DRAFT", product="FEW", machine="CNC-2")
    costs = []

    for question, fields, _ in QUESTIONS:
        with statements(desk) as sent:
            desk.ask(question, **fields)
        costs.append(len(sent))

    # On SQLite BEGIN is a statement more.
    more = 0 if desk.shop.database.on_postgres else 1
    asked = [(question, fields) for question, fields, _ in QUESTIONS]
    assert list(zip(asked, costs, strict=True)) == [((name, fields), cost + more) for name, fields, cost in QUESTIONS]
