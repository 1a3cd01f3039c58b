"""Terminals that meet: each thread has a shop of its own, all start at the same moment, and whoever loses is told who won, when and where."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from threading import Barrier
from typing import Any

from mfg_desktop.exceptions import ManufacturingException
from tests.factories import ADMIN, SUPERVISOR
from tests.service.conftest import Desks
from tests.service.stories import Desk

Job = Callable[[], Any]


def at_once(*jobs: Job) -> list[tuple[str, Any]]:
    """Carry out the jobs in threads of their own, let go together; give ("", answer) or (code, details) of each."""
    together = Barrier(len(jobs))

    def run(job: Job) -> tuple[str, Any]:
        together.wait()
        try:
            return "", job()
        except ManufacturingException as refused:
            return refused.code, refused.as_error()["details"]

    with ThreadPoolExecutor(len(jobs)) as hands:
        return list(hands.map(run, jobs))


def test_of_two_terminals_that_start_the_same_order_one_wins_and_the_other_hears_who_when_and_where(
    desk: Desk, desks: Desks
) -> None:
    number = desk.order(status="RELEASED", product="BAR")
    both = {ADMIN: desks(ADMIN, terminal="North"), SUPERVISOR: desks(SUPERVISOR, terminal="South")}
    began, wins = datetime.now(UTC), Counter[str]()

    for _ in range(100):
        results = at_once(*(lambda here=here: here.do("work_order.start", number=number) for here in both.values()))
        started = dict(zip(both, results, strict=True))
        winner, loser = sorted(both, key=lambda badge: started[badge][0])
        assert (started[winner][0], started[loser][0]) == ("", "WORK_ORDER_ALREADY_STARTED")
        told = started[loser][1]
        assert (told["number"], told["moved_by"], told["terminal"]) == (number, winner, both[winner].actor.terminal)
        assert began <= datetime.fromisoformat(told["moved_at"]) <= datetime.now(UTC) + timedelta(seconds=1)
        wins[winner] += 1
        both[winner].do("work_order.hold", number=number, reason="again")
        both[winner].do("work_order.resume", number=number)

    entries = desk.ask("audit.list", action_type="WORK_ORDER_START", limit=1000).rows
    assert wins.total() == 100 == len(entries)
    assert desk.faults() == []
    assert desk.shop.verify().broken_at is None


def test_of_two_people_who_save_one_record_at_once_the_first_wins_and_the_other_is_told(
    desk: Desk, desks: Desks
) -> None:
    both = [desks(ADMIN, terminal="North"), desks(SUPERVISOR, terminal="South")]
    records: tuple[tuple[str, dict[str, Any]], ...] = (
        ("product.update", {"stock_code": "GEAR", "name": "Gear"}),
        ("bom.set", {"product": "GEAR", "lines": [{"component": "NUT", "quantity": 1}]}),
        ("machine.update", {"machine": "CNC-1", "brand": "Hermle"}),
    )

    for command, fields in records:
        version = desk.do(command, **fields)["version"]
        for seen in range(version, version + 10):
            results = at_once(*(partial(here.do, command, **fields, seen_version=seen) for here in both))
            assert sorted(code for code, _ in results) == ["", "WORK_ORDER_CHANGED_ELSEWHERE"], command
            winner = both[[code for code, _ in results].index("")].actor
            told = next(details for code, details in results if code)
            assert (told["changed_by"], told["terminal"]) == (winner.badge, winner.terminal)


def test_changes_of_one_machine_at_once_are_told_each_with_the_version_it_made(desk: Desk, desks: Desks) -> None:
    here, there, third = desks(terminal="North"), desks(terminal="South"), desks(terminal="West")
    wanted = ("BROKEN", "AVAILABLE") * 10

    for status in wanted:
        results = at_once(
            partial(here.do, "machine.update", machine="CNC-1", brand="Hermle"),
            partial(there.do, "machine.update", machine="CNC-1", model="C 42"),
            partial(third.do, "machine.set_status", machine="CNC-1", status=status),
        )
        versions = sorted(answer["version"] for _, answer in results)
        assert versions == list(range(versions[0], versions[0] + 3))
        assert desk.machine("CNC-1").version == versions[-1]


def test_of_two_orders_for_one_machine_one_gets_it_and_the_other_hears_which(desk: Desk, desks: Desks) -> None:
    orders = [desk.order(status="RELEASED", product="BAR", machine="CNC-1") for _ in range(2)]
    here, there = desks(terminal="North"), desks(terminal="South")

    for _ in range(15):
        results = at_once(
            lambda: here.do("work_order.start", number=orders[0]),
            lambda: there.do("work_order.start", number=orders[1]),
        )
        assert sorted(code for code, _ in results) == ["", "MACHINE_ALREADY_IN_USE"]
        running = next(number for number, (code, _) in zip(orders, results, strict=True) if not code)
        lost = next(details for code, details in results if code)
        assert (lost["machine"], lost["work_order"]) == ("CNC-1", running)
        assert (lost["moved_by"], lost["terminal"]) == (ADMIN, "North" if running == orders[0] else "South")
        assert desk.machine("CNC-1").work_order == running
        desk.do("work_order.hold", number=running, reason="again")
        desk.do("work_order.resume", number=running)

    assert desk.faults() == []


def test_of_two_terminals_that_allocate_issue_or_take_back_the_same_the_other_hears_who_did_it(
    desk: Desk, desks: Desks
) -> None:
    here, there = desks(terminal="North"), desks(SUPERVISOR, terminal="South")
    by = {"North": ADMIN, "South": SUPERVISOR}

    for _ in range(5):
        number = desk.order(status="PLANNED", quantity=1)
        allocated = at_once(*(partial(at.do, "work_order.allocate", number=number) for at in (here, there)))
        for step in ("release", "start"):
            desk.do(f"work_order.{step}", number=number)
        issued = at_once(*(partial(at.do, "work_order.issue", number=number) for at in (here, there)))
        output = desk.do("work_order.record_output", number=number, good=1)["output"]
        wrong = {"number": number, "output": output, "reason": "wrong order"}
        reversed_ = at_once(*(partial(at.do, "work_order.reverse_output", **wrong) for at in (here, there)))
        desk.do("work_order.complete", number=number, short_close_reason="next round")

        for results, code, who in (
            (allocated, "MATERIAL_ALREADY_ALLOCATED", "allocated_by"),
            (issued, "MATERIAL_NOT_ALLOCATED", "issued_by"),
            (reversed_, "PRODUCTION_ALREADY_REVERSED", "reversed_by"),
        ):
            assert sorted(code for code, _ in results) == ["", code]
            winner, lost = ("North", results[1][1]) if not results[0][0] else ("South", results[0][1])
            assert (lost["terminal"], lost[who]) == (winner, by[winner])


def test_eight_terminals_never_promise_more_of_a_scarce_lot_than_there_is(desk: Desk, desks: Desks) -> None:
    desk.do("product.create", stock_code="RARE", name="Rare", type="RAW", unit="kg")
    desk.do("bom.set", product="GEAR", lines=[{"component": "RARE", "quantity": 2}])
    terminals = [desks(terminal=f"T{index}") for index in range(8)]

    for lot in ("R-1", "R-2"):
        desk.do("stock.receive", material="RARE", lot=lot, quantity=7)  # enough for three orders
        orders = [desk.order(status="PLANNED", quantity=1) for _ in terminals]
        results = at_once(
            *(
                lambda here=here, number=number: here.do("work_order.allocate", number=number)
                for here, number in zip(terminals, orders, strict=True)
            )
        )
        assert Counter(code for code, _ in results) == {"": 3, "MATERIAL_INSUFFICIENT_STOCK": 5}
        for code, details in results:
            if code:
                assert (details["required"], details["short"]) == ("2", "1"), "one kilogram is left over"
        assert sum(row.reserved for row in desk.ask("stock.list", material="RARE").rows) == 6
        for number in orders:
            desk.do("work_order.cancel", number=number, reason="next round")
        desk.do("stock.block", material="RARE", lot=lot, reason="next round")

    assert desk.faults() == []


def test_a_machine_that_breaks_while_its_order_completes_leaves_both_in_order(desk: Desk, desks: Desks) -> None:
    here, there = desks(terminal="North"), desks(terminal="South")

    for _ in range(12):
        number = desk.order(status="IN_PROGRESS", product="BAR", machine="CNC-1")
        completed, broke = at_once(
            partial(here.do, "work_order.complete", number=number, short_close_reason="enough"),
            lambda: there.do("machine.set_status", machine="CNC-1", status="BROKEN", reason="spindle"),
        )
        assert broke[0] == ""
        if completed[0]:
            assert (completed[0], completed[1]["current_status"]) == ("WORK_ORDER_INVALID_TRANSITION", "ON_HOLD")
        assert desk.status(number) == ("ON_HOLD" if completed[0] else "COMPLETED")
        assert desk.faults() == []
        desk.do("machine.set_status", machine="CNC-1", status="AVAILABLE")


def test_a_machine_that_breaks_while_an_order_starts_never_runs_it(desk: Desk, desks: Desks) -> None:
    here, there = desks(terminal="North"), desks(terminal="South")

    for _ in range(12):
        number = desk.order(status="RELEASED", product="BAR", machine="CNC-1")
        started, broke = at_once(
            partial(here.do, "work_order.start", number=number),
            lambda: there.do("machine.set_status", machine="CNC-1", status="BROKEN", reason="spindle"),
        )
        assert broke[0] == ""
        assert started[0] in ("", "MACHINE_BROKEN")
        if started[0]:
            assert (started[1]["moved_by"], started[1]["terminal"]) == ("ADMIN", "South")
        assert desk.status(number) == ("RELEASED" if started[0] else "ON_HOLD")
        assert desk.faults() == []
        desk.do("machine.set_status", machine="CNC-1", status="AVAILABLE")


def test_orders_created_at_once_get_numbers_of_their_own(desk: Desk, desks: Desks) -> None:
    terminals = [desks(terminal=f"T{index}") for index in range(6)]
    wish = {"product": "BAR", "quantity": 1, "planned_start": "2026-03-02", "planned_end": "2026-03-03"}

    results = at_once(*(lambda here=here: here.do("work_order.create", **wish)["number"] for here in terminals))

    assert [code for code, _ in results] == [""] * 6
    assert sorted(number[-5:] for _, number in results) == ["00001", "00002", "00003", "00004", "00005", "00006"]


def test_one_number_given_by_several_terminals_goes_to_one_of_them(desk: Desk, desks: Desks) -> None:
    terminals = [desks(terminal=f"T{index}") for index in range(4)]
    wish = {
        "number": "ERP-7",
        "product": "BAR",
        "quantity": 1,
        "planned_start": "2026-03-02",
        "planned_end": "2026-03-03",
    }

    results = at_once(*(lambda here=here: here.do("work_order.create", **wish)["number"] for here in terminals))

    assert Counter(code for code, _ in results) == {"": 1, "WORK_ORDER_DUPLICATE_NUMBER": 3}
    assert {details["number"] for code, details in results if code} == {"ERP-7"}


def test_a_busy_floor_never_sees_a_deadlock_and_its_books_add_up(desk: Desk, desks: Desks) -> None:
    orders = [desk.order(status="RELEASED", quantity=50, machine=machine) for machine in ("CNC-1", "CNC-1", "CNC-2")]
    terminals = [desks(terminal=f"T{index}") for index in range(4)]
    said: dict[str, dict[str, Any]] = {
        "hold": {"reason": "x"},
        "record_output": {"good": 1},
        "allocate": {"allow_partial": True},
    }
    verbs = (
        "start",
        "start",
        "hold",
        "resume",
        "issue",
        "record_output",
        "record_output",
        "allocate",
        "return_material",
    )

    def shift(here: Desk, seed: int) -> list[str]:
        chance, codes = Random(seed), []
        for _ in range(20):
            try:
                if chance.random() < 0.15:
                    here.do(
                        "machine.set_status", machine="CNC-1", status=chance.choice(["BROKEN", "AVAILABLE"]), reason="x"
                    )
                    continue
                verb = chance.choice(verbs)
                fields = {"material": "BAR", "quantity": 1} if verb == "return_material" else said.get(verb, {})
                here.do(f"work_order.{verb}", number=chance.choice(orders), **fields)
            except ManufacturingException as refused:
                codes.append(refused.code)
        return codes

    results = at_once(*(lambda here=here, seed=seed: shift(here, seed) for seed, here in enumerate(terminals)))

    refused = Counter(code for _, codes in results for code in codes)
    assert [code for code in refused if code.startswith("SYSTEM_")] == []
    assert desk.faults() == []
    assert desk.shop.verify().broken_at is None
