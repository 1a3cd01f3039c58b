"""Lots and their ledger: what comes in, what is counted, what may not be used."""

from datetime import UTC, datetime, timedelta
from typing import Any

from mfg_desktop.operations import COMMANDS
from tests.factories import HANDLER, VIEWER
from tests.service.conftest import Desks
from tests.service.stories import Desk


def test_a_received_lot_is_there_with_its_date_cost_and_place(desk: Desk, desks: Desks) -> None:
    answer = desks(HANDLER).do(
        "stock.receive",
        material="BAR",
        lot="L-204",
        quantity="12.345",
        unit_cost="3.20",
        received_at="2026-05-01T08:00:00+02:00",
        expires_at="2099-01-01T00:00:00Z",
        location="A-03-2",
    )

    lot = desk.lot("BAR", "L-204")
    assert (answer["material"], answer["lot"], answer["on_hand"]) == ("BAR", "L-204", "12.345")
    assert (str(lot.on_hand), lot.reserved, str(lot.available), str(lot.unit_cost)) == ("12.345", 0, "12.345", "3.20")
    assert (lot.category, lot.location, lot.blocked, lot.expired) == ("RAW", "A-03-2", False, False)
    assert lot.received_at == datetime(2026, 5, 1, 6, tzinfo=UTC)
    assert desk.faults() == []


def test_more_of_a_lot_keeps_the_date_of_its_first_arrival(desk: Desk) -> None:
    desk.do("stock.receive", material="BAR", lot="B-1", quantity=5)

    lot = desk.lot("BAR", "B-1")

    assert (lot.on_hand, lot.received_at) == (35, datetime(2026, 1, 5, 8, tzinfo=UTC))
    assert [row.quantity for row in desk.ask("stock.movements", material="BAR", lot="B-1").rows] == [5, 30]
    assert desk.faults() == []


def test_stock_is_not_received_against_the_rules(desk: Desk) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    cases: tuple[tuple[dict[str, Any], str, dict[str, Any]], ...] = (
        ({"material": "XYZ"}, "MATERIAL_NOT_FOUND", {"material": "XYZ"}),
        (
            {"quantity": 0},
            "MATERIAL_INVALID_QUANTITY",
            {"field": "quantity", "material": "BAR", "quantity": "0"},
        ),
        ({"quantity": -5}, "MATERIAL_INVALID_QUANTITY", {"quantity": "-5"}),
        ({"unit_cost": -1}, "VALIDATION_INVALID_FORMAT", {"field": "unit_cost"}),
        ({"received_at": tomorrow}, "VALIDATION_INVALID_TIME", {"field": "received_at"}),
        (
            {"received_at": "2026-05-02T00:00:00Z", "expires_at": "2026-05-01T00:00:00Z"},
            "VALIDATION_INVALID_TIME",
            {"field": "expires_at"},
        ),
        ({"lot": "B-1", "category": "QUARANTINE"}, "VALIDATION_DUPLICATE_VALUE", {"field": "lot", "value": "B-1"}),
    )

    for given, code, details in cases:
        refused, told = desk.said("stock.receive", **{"material": "BAR", "lot": "NEW", "quantity": 1, **given})
        assert (refused, {name: told[name] for name in details}) == (code, details), given


def test_a_count_corrects_a_lot_by_its_difference(desk: Desk) -> None:
    desk.do("stock.adjust", material="BAR", lot="B-1", quantity="-2.5", reason="stocktaking")
    desk.do("stock.adjust", material="BAR", lot="B-1", quantity=1, reason="found one")

    newest = desk.ask("stock.movements", material="BAR", lot="B-1").rows
    assert [(row.kind, str(row.quantity), row.reason, row.badge) for row in newest] == [
        ("ADJUSTMENT", "1.000", "found one", "ADMIN"),
        ("ADJUSTMENT", "-2.500", "stocktaking", "ADMIN"),
        ("RECEIPT", "30.000", None, "ADMIN"),
    ]
    assert str(desk.lot("BAR", "B-1").on_hand) == "28.500"
    assert desk.faults() == []


def test_a_count_is_refused_when_the_lot_is_no_longer_what_it_was_compared_with(desk: Desk, desks: Desks) -> None:
    seen = desk.lot("BAR", "B-1").version
    number = desks(terminal="T2").order(status="RELEASED", quantity=10)
    desks(HANDLER, terminal="T3").do("work_order.issue", number=number)
    count = {"material": "BAR", "lot": "B-1", "quantity": -2, "reason": "stocktaking"}

    code, details = desk.said("stock.adjust", **count, seen_version=seen)

    now = desk.lot("BAR", "B-1")
    assert (code, details["thing"], details["number"]) == ("WORK_ORDER_CHANGED_ELSEWHERE", "lot", "B-1")
    assert (details["changed_by"], details["terminal"]) == (HANDLER, "T3")
    assert now.on_hand == 25
    assert desk.do("stock.adjust", **count, seen_version=now.version)["on_hand"] == "23"
    assert desk.faults() == []


def test_the_stock_says_which_of_its_commands_a_person_may_not_give(desks: Desks) -> None:
    told = desks(VIEWER).ask("stock.list").blockers
    handler = desks(HANDLER, terminal="T2").ask("stock.list").blockers

    assert set(told) == {name for name in COMMANDS if name.startswith("stock.")}
    assert [reason.code for reason in told["stock.adjust"]] == ["PERMISSION_DENIED"]
    assert handler == {}


def test_a_count_never_takes_what_is_promised_or_not_there(desk: Desk) -> None:
    desk.order(status="RELEASED", quantity=20)  # holds 10 of the 30 m in B-1
    cases: tuple[tuple[dict[str, Any], str, dict[str, Any]], ...] = (
        (
            {"quantity": "-20.5"},
            "MATERIAL_INSUFFICIENT_STOCK",
            {"required": "20.5", "available": "20", "reserved_elsewhere": "10", "short": "0.5"},
        ),
        ({"quantity": -31}, "MATERIAL_INSUFFICIENT_STOCK", {"required": "31", "available": "20", "short": "11"}),
        ({"quantity": 0}, "MATERIAL_INVALID_QUANTITY", {"quantity": "0"}),
        ({"lot": "B-9"}, "MATERIAL_LOT_NOT_FOUND", {"lot": "B-9", "material": "BAR"}),
        ({"material": "XYZ"}, "MATERIAL_NOT_FOUND", {"material": "XYZ"}),
    )

    for given, code, details in cases:
        refused, told = desk.said(
            "stock.adjust", **{"material": "BAR", "lot": "B-1", "quantity": -1, "reason": "x", **given}
        )
        assert (refused, {name: told[name] for name in details}) == (code, details), given


def test_a_blocked_lot_says_why_until_it_is_free_again(desk: Desk) -> None:
    desk.do("stock.block", material="BAR", lot="B-1", reason="hardness 62 HRC")
    blocked = desk.lot("BAR", "B-1")
    desk.do("stock.unblock", material="BAR", lot="B-1")

    freed = desk.lot("BAR", "B-1")

    assert (blocked.blocked, blocked.block_reason) == (True, "hardness 62 HRC")
    assert (freed.blocked, freed.block_reason) == (False, None)


def test_nothing_is_available_in_a_lot_that_may_not_be_used(desk: Desk) -> None:
    receive = {"material": "BAR", "quantity": 4}
    desk.do("stock.receive", lot="OK", category="PROCESS", **receive)
    desk.do("stock.receive", lot="BLOCKED", **receive)
    desk.do("stock.block", material="BAR", lot="BLOCKED", reason="rust")
    desk.do("stock.receive", lot="HELD", category="QUARANTINE", **receive)
    desk.do("stock.receive", lot="BAD", category="SCRAP", **receive)
    desk.do("stock.receive", lot="OLD", received_at="2026-01-01", expires_at="2026-02-01", **receive)

    lots = {row.lot: row for row in desk.ask("stock.list", material="BAR").rows}

    assert {name: lots[name].available for name in ("OK", "BLOCKED", "HELD", "BAD", "OLD")} == {
        "OK": 4,
        "BLOCKED": 0,
        "HELD": 0,
        "BAD": 0,
        "OLD": 0,
    }
    assert {lots[name].on_hand for name in ("OK", "BLOCKED", "HELD", "BAD", "OLD")} == {4}


def test_a_lot_that_came_in_expired_is_there_and_cannot_be_used(desk: Desk) -> None:
    desk.do("stock.receive", material="BAR", lot="STALE", quantity=3, expires_at="2026-02-01T00:00:00Z")

    lot = desk.lot("BAR", "STALE")

    assert (lot.on_hand, lot.available, lot.expired) == (3, 0, True)
    assert desk.faults() == []


def test_a_lot_that_is_put_into_quarantine_keeps_its_promises_and_is_not_issued(desk: Desk) -> None:
    number = desk.order(status="RELEASED", quantity=20)
    desk.do("stock.set_category", material="BAR", lot="B-1", category="QUARANTINE", reason="dents")

    code, details = desk.said("work_order.issue", number=number)

    assert (code, details["lot"]) == ("MATERIAL_LOT_BLOCKED", "B-1")
    assert (desk.lot("BAR", "B-1").category, desk.lot("BAR", "B-1").reserved) == ("QUARANTINE", 10)


def test_the_list_of_lots_is_found_by_material_category_and_words(desk: Desk) -> None:
    desk.do("stock.receive", material="BAR", lot="Q-1", quantity=1, category="QUARANTINE", location="Käfig 7")

    found = {
        "material": [lot.lot for lot in desk.ask("stock.list", material="BAR").rows],
        "category": [lot.lot for lot in desk.ask("stock.list", category="QUARANTINE").rows],
        "words": [lot.lot for lot in desk.ask("stock.list", text="KÄFIG bar").rows],
        "nobody": [lot.lot for lot in desk.ask("stock.list", text="100%").rows],
    }

    assert found == {"material": ["B-1", "B-2", "Q-1"], "category": ["Q-1"], "words": ["Q-1"], "nobody": []}


def test_lots_that_are_used_up_are_left_out_where_that_is_asked(desk: Desk) -> None:
    desk.do("stock.adjust", material="BAR", lot="B-1", quantity=-30, reason="count")

    found = {
        asked: [lot.lot for lot in desk.ask("stock.list", material="BAR", in_stock=asked).rows]
        for asked in (False, True)
    }

    assert found == {False: ["B-1", "B-2"], True: ["B-2"]}
    assert [lot.lot for lot in desk.ask("stock.list", material="BAR").rows] == found[False]


def test_the_ledger_is_read_in_pages_that_neither_lose_nor_repeat_an_entry(desk: Desk) -> None:
    for step in range(1, 8):
        desk.do("stock.adjust", material="BAR", lot="B-2", quantity=step, reason="count")
    seen: list[int] = []
    after = None

    while True:
        page = desk.ask("stock.movements", material="BAR", lot="B-2", limit=3, **({"after": after} if after else {}))
        seen += [int(row.quantity) for row in page.rows]
        after = page.next
        if after is None:
            break

    assert seen == [7, 6, 5, 4, 3, 2, 1, 1000]
