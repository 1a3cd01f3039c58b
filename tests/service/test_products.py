"""Products and their bills of material: kept while orders name their lines, cloned, and shown as a tree."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.queries.rows import BomLineRow, ProductDetail
from tests.factories import OPERATOR, PLANNER, SUPERVISOR, VIEWER
from tests.service.conftest import Desks
from tests.service.stories import Desk
from tests.service.test_statements import statements


def product(desk: Desk, code: str, kind: str = "SEMI_FINISHED") -> None:
    desk.do("product.create", stock_code=code, name=code.title(), type=kind, unit="pcs")


def line(component: str, quantity: Any = 1, **fields: Any) -> dict[str, Any]:
    return {"component": component, "quantity": quantity, **fields}


def bill(desk: Desk, code: str, *lines: dict[str, Any]) -> None:
    desk.do("bom.set", product=code, lines=list(lines))


def detail(desk: Desk, code: str) -> ProductDetail:
    found: ProductDetail = desk.ask("product.get", product=code)
    return found


def tree(lines: Sequence[BomLineRow] | None) -> Any:
    """Write a bill in short: component, quantity, and what is below."""
    return None if lines is None else [(row.component, row.quantity, tree(row.below)) for row in lines]


def kept(desk: Desk) -> dict[str, int]:
    """Give the row of each line of the gear's bill, by component."""
    rows = desk.rows()
    codes = {row.id: row.stock_code for row in rows["product"]}
    bills = {row.id for row in rows["bom"] if codes[row.product_id] == "GEAR"}
    return {codes[row.component_id]: row.id for row in rows["bom_line"] if row.bom_id in bills}


# ---------------------------------------------------------------------- changing a bill


def test_a_line_whose_component_stays_keeps_its_row(desk: Desk) -> None:
    product(desk, "HUB")
    bill(desk, "GEAR", line("BAR", 2), line("NUT", 4), line("HUB"))
    before = kept(desk)

    bill(desk, "GEAR", line("HUB", 3, notes="both ends"), line("BAR", 2, operation_sequence=20))

    assert kept(desk) == {code: before[code] for code in ("HUB", "BAR")}
    lines = detail(desk, "GEAR").bom
    assert lines is not None
    assert [(row.component, row.quantity, row.notes, row.operation_sequence) for row in lines] == [
        ("HUB", 3, "both ends", None),
        ("BAR", 2, None, 20),
    ]


@pytest.mark.parametrize(
    "order",
    [("NUT", "BAR", "HUB"), ("HUB", "NUT", "BAR"), ("HUB", "BAR"), ("AXLE", "BAR", "NUT", "HUB"), ("AXLE",), ()],
    ids=" ".join,
)
def test_lines_may_come_go_and_change_places(desk: Desk, order: tuple[str, ...]) -> None:
    for code in ("HUB", "AXLE"):
        product(desk, code)
    bill(desk, "GEAR", line("BAR"), line("NUT"), line("HUB"))

    bill(desk, "GEAR", *(line(code) for code in order))

    assert tree(detail(desk, "GEAR").bom) == [(code, 1, []) for code in order]
    positions = [row.position for row in desk.rows()["bom_line"]]
    assert sorted(positions) == list(range(1, len(order) + 1))


def test_a_bill_set_again_as_it_is_changes_no_line(desk: Desk) -> None:
    lines = [line("BAR", "0.5"), line("NUT", 4, issue_method="BACKFLUSH")]
    entry = desk.newest_entry()

    bill(desk, "GEAR", *lines)

    changed = {row.table_name for told in desk.entries(entry) for row in desk.lines(told.entry)}
    assert changed == {"bom"}


def test_the_orders_for_parts_survive_every_change_of_the_bill(desk: Desk) -> None:
    for code in ("HUB", "AXLE"):
        product(desk, code)
        bill(desk, code, line("BAR"))
    bill(desk, "GEAR", line("HUB", 2), line("AXLE"))
    parent = desk.order(status="DRAFT", quantity=10)
    hub, axle = desk.do("work_order.create_sub_orders", number=parent)["created"]
    rows = kept(desk)

    bill(desk, "GEAR", line("NUT"), line("HUB", 5))
    after = {row.number: row.bom_line_id for row in desk.rows()["work_order"]}
    bill(desk, "GEAR")

    assert (after[hub], after[axle]) == (rows["HUB"], None)
    assert {row.bom_line_id for row in desk.rows()["work_order"]} == {None}
    assert [row.number for row in desk.detail(parent).sub_orders] == [hub, axle]
    assert desk.do("work_order.create_sub_orders", number=parent)["created"] == []


def test_a_refused_bill_leaves_the_lines_as_they_are(desk: Desk) -> None:
    before = tree(detail(desk, "GEAR").bom)

    code, _ = desk.said("bom.set", product="GEAR", lines=[line("NUT"), line("GEAR")])

    assert code == "MATERIAL_BOM_CYCLE"
    assert tree(detail(desk, "GEAR").bom) == before == [("BAR", Decimal("0.5"), []), ("NUT", 4, [])]


# ---------------------------------------------------------------------- cloning


def test_a_clone_takes_the_place_of_the_targets_bill(desk: Desk) -> None:
    for code in ("WHEEL", "HUB"):
        product(desk, code)
    bill(desk, "WHEEL", line("HUB", 9), line("BAR", 1))
    given = line("BAR", "0.25", scrap_percentage=10, issue_method="BACKFLUSH", operation_sequence=20, notes="saw")
    bill(desk, "GEAR", line("NUT", 4), given)

    answer = desk.do("bom.clone", source="GEAR", target="WHEEL")

    assert answer == {"product": "WHEEL", "source": "GEAR", "lines": 2}
    assert detail(desk, "WHEEL").bom == detail(desk, "GEAR").bom
    bill(desk, "GEAR")
    assert tree(detail(desk, "WHEEL").bom) == [("NUT", 4, []), ("BAR", Decimal("0.25"), [])]
    assert tree(detail(desk, "GEAR").bom) == []
    entry = desk.ask("audit.list", entity="WHEEL", action_type="BOM_CHANGE").rows[0]
    assert entry.details["components"] == ["NUT", "BAR"]


def test_a_clone_serves_a_product_that_had_no_bill_and_orders_of_it(desk: Desk) -> None:
    product(desk, "WHEEL", "FINISHED")
    assert detail(desk, "WHEEL").bom is None

    desk.do("bom.clone", source="GEAR", target="WHEEL")

    number = desk.order(product="WHEEL", quantity=10)
    assert desk.line(number, "BAR").required == 5


def test_a_clone_keeps_what_orders_for_parts_name(desk: Desk) -> None:
    for code in ("HUB", "AXLE"):
        product(desk, code)
    product(desk, "WHEEL", "FINISHED")
    bill(desk, "GEAR", line("HUB", 2), line("AXLE"))
    bill(desk, "WHEEL", line("AXLE", 3))
    parent = desk.order(status="DRAFT", quantity=10)
    desk.do("work_order.create_sub_orders", number=parent)
    rows = kept(desk)

    desk.do("bom.clone", source="WHEEL", target="GEAR")

    assert kept(desk) == {"AXLE": rows["AXLE"]}
    assert [row.product for row in desk.detail(parent).sub_orders] == ["HUB", "AXLE"]


def test_a_clone_against_the_rules_is_refused(desk: Desk) -> None:
    product(desk, "WHEEL")
    product(desk, "BARE")
    bill(desk, "WHEEL", line("GEAR"))
    cases: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
        ("NONE", "GEAR", "MATERIAL_NOT_FOUND", {"material": "NONE"}),
        ("GEAR", "NONE", "MATERIAL_NOT_FOUND", {"material": "NONE"}),
        ("BARE", "GEAR", "MATERIAL_BOM_NOT_FOUND", {"product": "BARE"}),
        ("GEAR", "GEAR", "VALIDATION_INVALID_CHOICE", {"field": "target", "value": "GEAR"}),
        ("WHEEL", "GEAR", "MATERIAL_BOM_CYCLE", {"product": "GEAR", "path": ["GEAR", "GEAR"]}),
        ("GEAR", "BAR", "MATERIAL_BOM_CYCLE", {"product": "BAR", "path": ["BAR", "BAR"]}),
    )

    for source, target, code, details in cases:
        refused, told = desk.said("bom.clone", source=source, target=target)
        assert (refused, {name: told[name] for name in details}) == (code, details), (source, target)

    assert tree(detail(desk, "GEAR").bom) == [("BAR", Decimal("0.5"), []), ("NUT", 4, [])]


def test_the_planner_may_clone_and_the_operator_may_not(desk: Desk, desks: Desks) -> None:
    product(desk, "WHEEL")

    assert desks(OPERATOR).said("bom.clone", source="GEAR", target="WHEEL")[0] == "PERMISSION_DENIED"
    assert desks(PLANNER).do("bom.clone", source="GEAR", target="WHEEL")["lines"] == 2


# ---------------------------------------------------------------------- questions


def test_a_product_shows_the_whole_tree_below_it_and_where_it_is_used(desk: Desk) -> None:
    for code in ("CART", "HUB", "AXLE"):
        product(desk, code)
    bill(desk, "AXLE", line("BAR", "0.2"))
    bill(desk, "HUB", line("NUT", 4), line("AXLE", 2))
    bill(desk, "CART", line("AXLE"), line("HUB", 3, scrap_percentage=5))

    cart = detail(desk, "CART")

    axle: list[Any] = [("BAR", Decimal("0.2"), [])]
    assert tree(cart.bom) == [("AXLE", 1, axle), ("HUB", 3, [("NUT", 4, []), ("AXLE", 2, axle)])]
    assert cart.bom is not None
    hub = cart.bom[1]
    assert (hub.component_name, hub.component_type, hub.unit, hub.scrap_percentage, hub.on_hand) == (
        "Hub",
        "SEMI_FINISHED",
        "pcs",
        5,
        0,
    )
    assert hub.below[0].on_hand == 10000
    assert (cart.used_in, detail(desk, "AXLE").used_in) == ((), ("CART", "HUB"))
    assert (cart.version, cart.tracking, cart.row.has_bom) == (1, "LOT", True)


def test_a_bill_that_takes_nothing_is_not_the_same_as_none(desk: Desk) -> None:
    for code in ("KIT", "BARE"):
        product(desk, code)
    bill(desk, "KIT")

    assert (detail(desk, "KIT").bom, detail(desk, "KIT").row.has_bom) == ((), True)
    assert (detail(desk, "BARE").bom, detail(desk, "BARE").row.has_bom) == (None, False)


def test_a_tree_is_shown_ten_levels_deep(desk: Desk) -> None:
    for level in range(13):
        product(desk, f"L-{level:02}")
    for level in range(12):
        bill(desk, f"L-{level:02}", line(f"L-{level + 1:02}", 2))

    depth, lines = 0, detail(desk, "L-00").bom
    while lines:
        depth, lines = depth + 1, lines[0].below

    assert depth == 10


def test_the_list_tells_of_bill_and_routing(desk: Desk) -> None:
    desk.do("process.create", process_code="MILL", name="Milling", machine_type="CNC_MILLING")
    for version in ("A", "B"):
        steps = [{"sequence": 10, "process": "MILL"}]
        desk.do("workflow.create", product="GEAR", version=version, steps=steps)
    desk.do("workflow.submit", product="GEAR", version="B")
    desk.do("workflow.activate", product="GEAR", version="B")

    rows = {row.stock_code: row for row in desk.ask("product.list").rows}

    assert (rows["GEAR"].has_bom, rows["GEAR"].active_workflow) == (True, "B")
    assert (rows["NUT"].has_bom, rows["NUT"].active_workflow, rows["NUT"].on_hand) == (False, None, 10000)
    assert [(row.version, row.status) for row in detail(desk, "GEAR").workflows] == [("B", "ACTIVE"), ("A", "DRAFT")]


def test_the_list_goes_on_where_it_ended(desk: Desk) -> None:
    first = desk.ask("product.list", limit=2)
    second = desk.ask("product.list", limit=2, after=first.next)

    assert [row.stock_code for row in (*first.rows, *second.rows)] == ["BAR", "GEAR", "NUT"]
    assert second.next is None
    assert [row.stock_code for row in desk.ask("product.list", text="bar 45").rows] == ["BAR"]
    assert desk.ask("product.list", text="%").rows == ()


def test_a_product_that_is_not_there_is_refused_and_a_viewer_may_ask(desk: Desk, desks: Desks) -> None:
    viewer = desks(VIEWER)

    assert detail(viewer, "GEAR").row.name == "Spur gear z32"
    with pytest.raises(ManufacturingException, match="MATERIAL_NOT_FOUND"):
        viewer.ask("product.get", product="NONE")


def test_the_questions_cost_the_same_for_a_small_tree_and_for_a_large_one(desk: Desk) -> None:
    def cost(question: str, **fields: Any) -> int:
        with statements(desk) as sent:
            desk.ask(question, **fields)
        return len(sent)

    # The first question of a person reads the rights too.
    detail(desk, "GEAR")
    few = cost("product.get", product="GEAR"), cost("product.list", limit=1)
    for number in range(30):
        product(desk, f"P-{number:02}")
        bill(desk, f"P-{number:02}", *(line(f"P-{below:02}") for below in range(max(0, number - 2), number)))
    desk.do("bom.set", product="GEAR", lines=[line(f"P-{number:02}") for number in range(30)])

    more = 0 if desk.shop.database.on_postgres else 1
    assert (cost("product.get", product="GEAR"), cost("product.list")) == few == (5 + more, 2 + more)


# ---------------------------------------------------------------------- two people, one thing


RECORDS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("product.update", "product", "stock_code", {"name": "Spur gear z33"}),
    ("bom.set", "bill of material", "product", {"lines": [{"component": "NUT", "quantity": 2}]}),
    ("machine.update", "machine", "machine", {"brand": "Hermle"}),
)
each_record = pytest.mark.parametrize(
    ("command", "thing", "names", "change"), RECORDS, ids=[command for command, *_ in RECORDS]
)


def seen(desk: Desk, command: str) -> int:
    """Give the version of what the command changes, as a screen sees it."""
    if command == "machine.update":
        return int(desk.ask("machine.get", machine="CNC-1").row.version)
    found = detail(desk, "GEAR")
    return found.bom_version if command == "bom.set" else found.version


@each_record
def test_whoever_saw_an_older_record_is_told_who_changed_it(
    desk: Desk, desks: Desks, command: str, thing: str, names: str, change: dict[str, Any]
) -> None:
    code = "CNC-1" if names == "machine" else "GEAR"
    version = seen(desk, command)
    done = desks(SUPERVISOR, terminal="T2").do(command, **{names: code}, **change, seen_version=version)

    with pytest.raises(ManufacturingException) as refused:
        desk.do(command, **{names: code}, **change, seen_version=version)

    error = refused.value
    assert error.code == "WORK_ORDER_CHANGED_ELSEWHERE"
    assert error.message.startswith(f"{SUPERVISOR} changed {thing} {code} on ")
    assert error.message.endswith(" at terminal T2.")
    assert done["version"] == seen(desk, command) == error.details["version"] == version + 1
    assert desk.do(command, **{names: code}, **change, seen_version=version + 1)["version"] == version + 2


@each_record
def test_a_command_that_saw_no_version_goes_through(
    desk: Desk, command: str, thing: str, names: str, change: dict[str, Any]
) -> None:
    code = "CNC-1" if names == "machine" else "GEAR"

    assert (
        desk.do(command, **{names: code}, **change)["version"]
        == desk.do(command, **{names: code}, **change)["version"] - 1
    )


def test_a_bill_that_somebody_wrote_meanwhile_is_not_overwritten_by_the_first_one(desk: Desk, desks: Desks) -> None:
    product(desk, "CASE")
    assert detail(desk, "CASE").bom_version == 0
    desks(SUPERVISOR, terminal="T2").do("bom.set", product="CASE", lines=[line("NUT")], seen_version=0)

    code, details = desk.said("bom.set", product="CASE", lines=[line("BAR")], seen_version=0)

    assert (code, details["seen_version"], details["version"]) == ("WORK_ORDER_CHANGED_ELSEWHERE", 0, 1)
    assert tree(detail(desk, "CASE").bom) == [("NUT", Decimal(1), [])]
