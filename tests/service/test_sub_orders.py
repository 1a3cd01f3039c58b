"""Orders for the parts of an order: made from its bill of material, one level at a time, each once; what they give rolls up."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from tests.factories import OPERATOR, PLANNER
from tests.service.conftest import Desks
from tests.service.stories import Desk
from tests.service.test_races import at_once


@pytest.fixture
def shop(desk: Desk) -> Desk:
    """Give a terminal where a CART takes two HUBs and a bar, a HUB three AXLEs and a nut, and an AXLE half a metre of bar."""
    for code, kind in (("CART", "FINISHED"), ("HUB", "SEMI_FINISHED"), ("AXLE", "SEMI_FINISHED")):
        desk.do("product.create", stock_code=code, name=code.title(), type=kind, unit="pcs")
    bill(desk, "CART", BAR=1, HUB=2)
    bill(desk, "HUB", AXLE=3, NUT=1)
    bill(desk, "AXLE", BAR="0.5")
    return desk


def bill(desk: Desk, product: str, **takes: Any) -> None:
    lines = [{"component": code, "quantity": quantity} for code, quantity in takes.items()]
    desk.do("bom.set", product=product, lines=lines)


def cart(desk: Desk, status: str = "DRAFT", quantity: Any = 10, **fields: Any) -> str:
    return desk.order(status=status, product="CART", quantity=quantity, **fields)


def split(desk: Desk, number: str) -> list[str]:
    created: list[str] = desk.do("work_order.create_sub_orders", number=number)["created"]
    return created


def make(desk: Desk, number: str, good: Any, machine: str = "CNC-2") -> None:
    """Let an order for a part run and report its pieces; it goes on."""
    desk.do("work_order.update", number=number, machine=machine)
    for move in ("plan", "allocate", "release", "start", "issue"):
        desk.do(f"work_order.{move}", number=number)
    desk.do("work_order.record_output", number=number, good=good)


# ---------------------------------------------------------------------- what is made


def test_each_semi_finished_line_becomes_an_order_of_its_own(shop: Desk) -> None:
    parent = cart(shop, priority="HIGH", sales_order="SO-7", department="MACH")

    answer = shop.do("work_order.create_sub_orders", number=parent)

    (child,) = answer["created"]
    assert answer == {
        "number": parent,
        "status": "DRAFT",
        "version": 1,
        "created": [child],
        "sub_orders": [child],
    }
    made, whole = shop.detail(child), shop.detail(parent)
    assert (made.row.product, made.row.quantity_ordered, made.row.status) == ("HUB", 20, "DRAFT")
    assert (made.row.priority, made.row.department, made.sales_order, made.parent) == ("HIGH", "MACH", "SO-7", parent)
    assert (made.row.machine, made.row.notes) == (None, None)
    assert made.row.planned_end == whole.row.planned_start - timedelta(hours=1)
    assert made.row.planned_end - made.row.planned_start == whole.row.planned_end - whole.row.planned_start
    assert {line.material: line.required for line in made.allocations} == {"AXLE": 60, "NUT": 20}
    assert [(row.number, row.product, row.quantity, row.status) for row in whole.sub_orders] == [
        (child, "HUB", 20, "DRAFT")
    ]
    lines = {row.id: row.component_id for row in shop.rows()["bom_line"]}
    order = next(row for row in shop.rows()["work_order"] if row.number == child)
    assert lines[order.bom_line_id] == order.product_id


def test_the_quantity_is_rounded_to_three_places(shop: Desk) -> None:
    bill(shop, "CART", HUB="0.333", AXLE="1.001")
    parent = cart(shop, quantity="2.5")

    hub, axle = (shop.detail(number).row for number in split(shop, parent))

    assert [(row.product, str(row.quantity_ordered)) for row in (hub, axle)] == [("HUB", "0.833"), ("AXLE", "2.503")]


def test_a_sub_order_has_the_operations_of_its_own_routing(shop: Desk) -> None:
    shop.do("process.create", process_code="TURN", name="Turning", machine_type="CNC_LATHE")
    steps = [{"sequence": 10, "process": "TURN", "machine": "CNC-2"}, {"sequence": 20, "process": "TURN"}]
    shop.do("workflow.create", product="HUB", version="A", steps=steps)
    shop.do("workflow.submit", product="HUB", version="A")
    shop.do("workflow.activate", product="HUB", version="A")

    (child,) = split(shop, cart(shop))

    assert [(row.sequence, row.process, row.machine) for row in shop.detail(child).operations] == [
        (10, "TURN", "CNC-2"),
        (20, "TURN", None),
    ]


def test_a_second_call_adds_none_and_names_those_that_are_there(shop: Desk) -> None:
    parent = cart(shop)
    first = split(shop, parent)

    answer = shop.do("work_order.create_sub_orders", number=parent)

    assert (answer["created"], answer["sub_orders"]) == ([], first)
    assert len(shop.detail(parent).sub_orders) == 1


def test_a_part_that_has_an_order_already_gets_no_second_one(shop: Desk) -> None:
    bill(shop, "CART", HUB=2, AXLE=1)
    parent = cart(shop)
    by_hand = shop.order(status="DRAFT", product="HUB", quantity=5, parent=parent)
    gone = shop.order(status="CANCELLED", product="AXLE", quantity=5, parent=parent)

    answer = shop.do("work_order.create_sub_orders", number=parent)

    assert (answer["created"], answer["sub_orders"]) == ([], [by_hand, gone])


def test_a_part_that_came_into_the_bill_later_gets_its_order_then(shop: Desk) -> None:
    parent = cart(shop)
    (hub,) = split(shop, parent)
    bill(shop, "CART", AXLE=4, BAR=1, HUB=2)

    (axle,) = split(shop, parent)

    assert [(row.number, row.product) for row in shop.detail(parent).sub_orders] == [(hub, "HUB"), (axle, "AXLE")]


def test_an_order_without_semi_finished_parts_gets_none(shop: Desk) -> None:
    assert split(shop, shop.order(status="DRAFT", product="AXLE")) == []
    assert split(shop, shop.order(status="DRAFT")) == []


@pytest.mark.parametrize("status", ["DRAFT", "PLANNED", "RELEASED", "IN_PROGRESS", "ON_HOLD", "COMPLETED", "CANCELLED"])
def test_parts_are_ordered_while_the_order_is_open(shop: Desk, status: str) -> None:
    shop.do("stock.receive", material="HUB", lot="H", quantity=100, category="PROCESS")
    parent = cart(shop, status)

    if status in ("COMPLETED", "CANCELLED"):
        code, details = shop.said("work_order.create_sub_orders", number=parent)
        assert (code, details["fields"], details["current_status"]) == (
            "WORK_ORDER_NOT_EDITABLE",
            ["sub_orders"],
            status,
        )
    else:
        assert len(split(shop, parent)) == 1
        assert shop.status(parent) == status


def test_what_cannot_be_made_is_refused_and_nothing_is(shop: Desk) -> None:
    shop.do("product.create", stock_code="BARE", name="Bare", type="FINISHED", unit="pcs")
    bill(shop, "CART", HUB="0.001", AXLE=2)
    tiny = cart(shop, quantity="0.4")
    whole = cart(shop)
    shop.do("product.update", stock_code="AXLE", active=False)
    bare = shop.order(status="DRAFT", product="BARE")
    cases = (
        ("NONE", "WORK_ORDER_NOT_FOUND", {"number": "NONE"}),
        (bare, "MATERIAL_BOM_NOT_FOUND", {"product": "BARE"}),
        (tiny, "WORK_ORDER_INVALID_QUANTITY", {"number": tiny}),
        (whole, "VALIDATION_INVALID_CHOICE", {"field": "product", "value": "AXLE"}),
    )

    for number, code, details in cases:
        refused, told = shop.said("work_order.create_sub_orders", number=number)
        assert (refused, {name: told[name] for name in details}) == (code, details)

    assert len(shop.rows()["work_order"]) == 3


def test_two_terminals_that_ask_at_once_make_one_order_for_each_part(shop: Desk, desks: Desks) -> None:
    bill(shop, "CART", HUB=2, AXLE=1)
    here, there = desks(terminal="North"), desks(PLANNER, terminal="South")

    for _ in range(8):
        parent = cart(shop)
        results = at_once(partial(split, here, parent), partial(split, there, parent))
        assert sorted((code, len(made)) for code, made in results) == [("", 0), ("", 2)]
        assert [row.product for row in shop.detail(parent).sub_orders] == ["HUB", "AXLE"]


def test_the_bill_may_change_while_orders_are_made_from_it(shop: Desk, desks: Desks) -> None:
    here, there = desks(terminal="North"), desks(PLANNER, terminal="South")

    for _ in range(8):
        bill(shop, "CART", HUB=2, BAR=1)
        parent = cart(shop)
        results = at_once(partial(split, here, parent), partial(bill, there, "CART", AXLE=5))
        assert [code for code, _ in results] == ["", ""]
        assert len(shop.detail(parent).sub_orders) == 1


def test_the_right_to_it_is_the_planners(shop: Desk, desks: Desks) -> None:
    parent = cart(shop)

    assert desks(OPERATOR).said("work_order.create_sub_orders", number=parent)[0] == "PERMISSION_DENIED"
    assert len(split(desks(PLANNER), parent)) == 1
    entry = shop.ask("audit.list", entity=parent, action_type="SUB_ORDERS_CREATE").rows[0]
    assert (entry.entity_type, entry.badge) == ("WorkOrder", PLANNER)


# ---------------------------------------------------------------------- what they give


def test_three_levels_roll_up_in_whole_pieces(shop: Desk) -> None:
    parent = cart(shop, machine="CNC-1")
    (hub,) = split(shop, parent)
    (axle,) = split(shop, hub)
    assert (shop.detail(parent).makeable, shop.detail(hub).makeable, shop.detail(axle).makeable) == (0, 0, 0)

    make(shop, axle, 59)

    assert shop.detail(axle).row.quantity_ordered == 60
    # 59 axles are enough for 19 hubs of three, and no hub is there yet.
    assert (shop.detail(hub).makeable, shop.detail(parent).makeable) == (19, 0)
    shop.do("work_order.record_output", number=axle, good=1)
    shop.do("work_order.complete", number=axle)
    assert shop.detail(hub).makeable == 20
    make(shop, hub, 7)
    assert shop.detail(parent).makeable == 3
    assert shop.faults() == []


def test_what_can_be_made_goes_by_the_bill_whatever_became_of_the_quantities(shop: Desk) -> None:
    bill(shop, "HUB", NUT=1)
    fewer_carts, fewer_hubs = cart(shop), cart(shop)
    (twenty,), (ten,) = split(shop, fewer_carts), split(shop, fewer_hubs)
    shop.do("work_order.update", number=fewer_carts, quantity=5)
    shop.do("work_order.update", number=ten, quantity=10)

    make(shop, twenty, 8)
    make(shop, ten, 10, machine="CNC-1")

    # A cart takes two hubs: of 8 hubs there are 4 carts, of 10 there are 5.
    assert (shop.detail(fewer_carts).makeable, shop.detail(fewer_hubs).makeable) == (4, 5)


def test_the_smallest_part_decides(shop: Desk) -> None:
    bill(shop, "CART", HUB=1, AXLE=4)
    shop.do("stock.receive", material="AXLE", lot="A", quantity=100, category="PROCESS")
    parent = cart(shop)
    hub, axle = split(shop, parent)

    make(shop, hub, 9)
    assert shop.detail(parent).makeable == 0
    make(shop, axle, 15, machine="CNC-1")

    assert shop.detail(parent).makeable == 3


def test_what_can_be_made_follows_the_bill_whatever_becomes_of_the_quantities(shop: Desk) -> None:
    parent, other = cart(shop), cart(shop)
    (hub,) = split(shop, parent)
    by_hand = shop.order(status="DRAFT", product="HUB", quantity=7, parent=other)
    shop.do("stock.receive", material="AXLE", lot="A", quantity=100, category="PROCESS")
    make(shop, hub, 8)
    make(shop, by_hand, 7, machine="CNC-1")

    shop.do("work_order.update", number=parent, quantity=20)

    # Two hubs a cart, and not the one that 20 hubs for 20 carts would be.
    assert shop.detail(parent).makeable == 4
    assert shop.detail(other).makeable == 3


def test_what_is_bought_has_no_parts_to_make(shop: Desk) -> None:
    number = shop.order(status="DRAFT", product="BAR")

    allowed = shop.ask("work_order.can", number=number, action="create_sub_orders").allowed

    assert allowed
    assert split(shop, number) == []


def test_an_order_is_not_completed_before_its_parts(shop: Desk) -> None:
    shop.do("stock.receive", material="HUB", lot="H", quantity=100, category="PROCESS")
    parent = cart(shop, "IN_PROGRESS", machine="CNC-1")
    (hub,) = split(shop, parent)

    code, details = shop.said("work_order.complete", number=parent, short_close_reason="enough")
    shop.do("work_order.cancel", number=hub, reason="bought")
    done = shop.do("work_order.complete", number=parent, short_close_reason="enough")

    assert (code, details["sub_orders"]) == ("WORK_ORDER_OPEN_SUB_ORDERS", [hub])
    assert done["status"] == "COMPLETED"


def test_cancelling_names_the_open_parts_or_cancels_all_levels_of_them(shop: Desk) -> None:
    first, second = cart(shop), cart(shop)
    children = {parent: split(shop, parent) for parent in (first, second)}
    grandchildren = split(shop, children[second][0])

    named = shop.do("work_order.cancel", number=first, reason="no customer")
    gone = shop.do("work_order.cancel", number=second, reason="no customer", cancel_sub_orders=True)

    assert (named["open_sub_orders"], named["cancelled_sub_orders"]) == (children[first], [])
    assert shop.status(children[first][0]) == "DRAFT"
    assert (gone["open_sub_orders"], sorted(gone["cancelled_sub_orders"])) == (
        [],
        sorted([*children[second], *grandchildren]),
    )
    assert {shop.status(number) for number in gone["cancelled_sub_orders"]} == {"CANCELLED"}
