"""What open orders still need and stock cannot give, by material and order."""

from datetime import UTC, datetime, timedelta
from typing import Any

from mfg_desktop.queries import as_data
from mfg_desktop.queries.rows import ShortageRow
from tests.factories import HANDLER
from tests.service.conftest import Desks
from tests.service.stories import Desk
from tests.service.test_statements import statements

SOON = datetime(2026, 3, 2, 6, tzinfo=UTC)


def on(days: int) -> dict[str, str]:
    """Plan an order for one of the days after."""
    start = SOON + timedelta(days=days)
    return {"planned_start": start.isoformat(), "planned_end": (start + timedelta(hours=8)).isoformat()}


def short_bars(desk: Desk, lots: Any = 30) -> None:
    """Leave 30 m of bar in the store: enough for 60 gears."""
    desk.do("stock.adjust", material="BAR", lot="B-2", quantity=-1000, reason="sold")
    if lots != 30:
        desk.do("stock.adjust", material="BAR", lot="B-1", quantity=lots - 30, reason="count")


def shortages(desk: Desk, **fields: Any) -> tuple[ShortageRow, ...]:
    page = desk.ask("material.shortages", **fields)
    assert page.next is None
    rows: tuple[ShortageRow, ...] = page.rows
    return rows


def test_nothing_is_short_while_stock_can_give_what_is_missing(desk: Desk) -> None:
    desk.order(status="DRAFT", quantity=2000)

    assert shortages(desk) == ()


def test_a_shortage_tells_what_is_missing_free_and_short_and_who_waits_for_it(desk: Desk) -> None:
    short_bars(desk)
    number = desk.order(status="PLANNED", quantity=100, priority="HIGH", **on(1))

    (row,) = shortages(desk)

    assert (row.material, row.material_name, row.unit) == ("BAR", "Round bar 45 mm", "m")
    assert (row.missing, row.available, row.short, row.coming) == (50, 30, 20, 0)
    (order,) = row.orders
    assert (order.number, order.product, order.status, order.priority) == (number, "GEAR", "PLANNED", "HIGH")
    assert (order.required, order.missing, order.short) == (50, 50, 20)
    assert (order.planned_start, order.planned_end) == (SOON + timedelta(days=1), SOON + timedelta(days=1, hours=8))


def test_free_stock_goes_to_the_most_urgent_order_then_to_the_one_that_starts_first(desk: Desk) -> None:
    short_bars(desk)
    late = desk.order(status="PLANNED", quantity=20, **on(3))
    early = desk.order(status="PLANNED", quantity=30, **on(1))
    urgent = desk.order(status="PLANNED", quantity=40, priority="URGENT", **on(9))
    low = desk.order(status="DRAFT", quantity=2, priority="LOW", **on(0))

    (row,) = shortages(desk)

    # 30 m: 20 for the urgent order, 10 of 15 for the early one, nothing after.
    assert [(order.number, order.short) for order in row.orders] == [(early, 5), (late, 10), (low, 1)]
    assert urgent not in {order.number for order in row.orders}
    assert row.short == sum(order.short for order in row.orders) == 16


def test_what_is_reserved_or_issued_is_not_missing_and_what_came_back_is(desk: Desk) -> None:
    number = desk.order(status="IN_PROGRESS", quantity=60)
    short_bars(desk)
    desk.do("work_order.issue", number=number)
    before = shortages(desk)
    desk.do("work_order.return_material", number=number, material="BAR", quantity=10)
    desk.do("stock.block", material="BAR", lot="B-1", reason="dents")

    (row,) = shortages(desk)

    assert before == ()
    assert (row.missing, row.available, row.short) == (10, 0, 10)


def test_lots_that_may_not_be_used_are_not_free(desk: Desk, desks: Desks) -> None:
    short_bars(desk, lots=10)
    store = desks(HANDLER)
    store.do("stock.receive", material="BAR", lot="BLOCKED", quantity=100)
    store.do("stock.block", material="BAR", lot="BLOCKED", reason="hardness")
    store.do("stock.receive", material="BAR", lot="QUARANTINE", quantity=100, category="QUARANTINE")
    store.do(
        "stock.receive",
        material="BAR",
        lot="EXPIRED",
        quantity=100,
        received_at="2026-01-05T08:00:00Z",
        expires_at="2026-01-06T08:00:00Z",
    )
    desk.order(status="PLANNED", quantity=100)

    (row,) = shortages(desk)

    assert (row.available, row.short) == (10, 40)


def test_orders_that_are_over_need_nothing(desk: Desk) -> None:
    cancelled = desk.order(status="CANCELLED", quantity=100)
    short_bars(desk)

    assert shortages(desk) == ()
    assert desk.status(cancelled) == "CANCELLED"


def test_only_orders_that_are_due_before_a_time_are_asked_about(desk: Desk) -> None:
    short_bars(desk)
    first = desk.order(status="PLANNED", quantity=100, **on(1))
    desk.order(status="PLANNED", quantity=100, **on(5))

    (row,) = shortages(desk, due_before=(SOON + timedelta(days=2)).isoformat())

    assert [order.number for order in row.orders] == [first]
    assert (row.missing, row.short) == (50, 20)
    assert shortages(desk, due_before=SOON.isoformat()) == ()
    assert shortages(desk)[0].missing == 100


def test_what_open_orders_are_still_to_make_of_it_is_coming(desk: Desk) -> None:
    desk.do("product.create", stock_code="BLANK", name="Blank", type="SEMI_FINISHED", unit="pcs")
    desk.do("bom.set", product="BLANK", lines=[{"component": "BAR", "quantity": "0.1"}])
    desk.do("product.create", stock_code="SHAFT", name="Shaft", type="FINISHED", unit="pcs")
    desk.do("bom.set", product="SHAFT", lines=[{"component": "BLANK", "quantity": 2}])
    making = desk.order(status="IN_PROGRESS", product="BLANK", quantity=50)
    desk.order(status="CANCELLED", product="BLANK", quantity=500)
    desk.do("work_order.issue", number=making)
    desk.do("work_order.record_output", number=making, good=20)
    desk.order(status="PLANNED", product="SHAFT", quantity=40)

    (row,) = shortages(desk)

    assert (row.material, row.missing, row.available, row.short, row.coming) == ("BLANK", 80, 20, 60, 30)


def test_the_material_that_stops_the_most_urgent_orders_comes_first(desk: Desk) -> None:
    for material, priorities in (("AAA", ["LOW", "LOW", "HIGH"]), ("BBB", ["URGENT"]), ("CCC", ["URGENT", "URGENT"])):
        desk.do("product.create", stock_code=material, name=material, type="RAW", unit="m")
        desk.do("product.create", stock_code=f"OF-{material}", name="x", type="FINISHED", unit="pcs")
        desk.do("bom.set", product=f"OF-{material}", lines=[{"component": material, "quantity": 1}])
        for priority in priorities:
            desk.order(status="DRAFT", product=f"OF-{material}", quantity=1, priority=priority)

    assert [row.material for row in shortages(desk)] == ["CCC", "BBB", "AAA"]


def test_shortages_cost_the_same_for_one_order_and_for_thirty(desk: Desk) -> None:
    short_bars(desk)
    desk.order(status="DRAFT", quantity=100)
    shortages(desk)

    with statements(desk) as for_one:
        shortages(desk)
    for _ in range(29):
        desk.order(status="DRAFT", quantity=100)
    with statements(desk) as for_thirty:
        rows = shortages(desk)

    assert len(rows[0].orders) == 30
    assert len(for_one) == len(for_thirty) <= 4


def test_shortages_read_as_plain_data(desk: Desk) -> None:
    short_bars(desk)
    number = desk.order(status="PLANNED", quantity=100)

    data: Any = as_data(desk.ask("material.shortages"))

    (row,) = data["rows"]
    assert (row["material"], row["short"], row["orders"][0]["number"]) == ("BAR", "20", number)
