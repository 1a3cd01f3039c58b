"""Whatever happens on the floor, and in whatever order, the books add up after it."""

from collections import Counter
from random import Random
from typing import Any

import pytest

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.operations import COMMANDS
from tests.factories import PIN, SUPERVISOR
from tests.service.stories import Desk

QUANTITIES = ("0.001", "0.333", "1", "2.5", "7", "20")
ONLY_LIFE = {
    name for name in COMMANDS if name.startswith(("work_order.", "operation.", "stock.", "machine.set_status"))
}
STEPS = (
    {"sequence": 10, "process": "MILL", "machine": "CNC-1", "setup_minutes": "0.001"},
    {"sequence": 20, "process": "MILL", "overlap_quantity": 0},
)


class Floor:
    """A floor on which anything is tried: a command that fits or does not, on an order, a lot or a machine there is."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk, self.chance = desk, Random(seed)
        self.orders: list[str] = []
        self.outputs: list[int] = [0]
        self.done, self.refused = Counter[str](), Counter[str]()

    def try_something(self) -> None:
        pick = self.chance.choice
        name = pick(("work_order.record_output", "work_order.reverse_output", "work_order.issue", *sorted(ONLY_LIFE)))
        fields = self._fields(name.partition(".")[2], pick)
        if name.startswith("operation."):
            fields = self._operation(name.partition(".")[2], pick)
        if self.chance.random() < 0.05:
            fields["override"] = {"badge": SUPERVISOR, "pin": PIN, "reason": "x"}
        try:
            answer = self.desk.do(name, **fields)
        except ManufacturingException as refused:
            self.refused[refused.code] += 1
            return
        self.done[name] += 1
        if name == "work_order.create":
            self.orders.append(answer["number"])
        if name == "work_order.record_output":
            self.outputs.append(answer["output"])

    def _operation(self, verb: str, pick: Any) -> dict[str, Any]:
        one = {"number": pick(self.orders or ["none"]), "sequence": pick((10, 20))}
        if verb == "complete":
            return {**one, "good": pick(QUANTITIES), **pick(({}, {"scrapped": pick(QUANTITIES), "scrap_reason": "x"}))}
        return {**one, **pick(({}, {"machine": pick(("CNC-1", "CNC-2"))}))} if verb != "pause" else one

    def _fields(self, verb: str, pick: Any) -> dict[str, Any]:
        quantity, material = pick(QUANTITIES), pick(("BAR", "NUT", "GEAR"))
        order = {"number": pick(self.orders or ["none"])}
        lot = {"material": material, "lot": pick(("B-1", "B-2", "N-1", "BATCH", "BATCH-SCRAP"))}
        planned = {"planned_start": "2026-03-02", "planned_end": "2026-03-04"}
        machine = pick(("CNC-1", "CNC-2"))
        scrap = {"scrapped": pick(("0", quantity)), "scrap_reason": "burr"}
        lines = [{"material": material, "quantity": quantity}, {**lot, "quantity": quantity}, {"material": material}]
        by_verb: dict[str, dict[str, Any]] = {
            "create": {"product": "GEAR", "quantity": pick(("3", "10.5", "40")), "machine": machine, **planned}
            | pick(({}, {"operations": STEPS})),
            "update": {**order, pick(("quantity", "machine")): pick((quantity, machine))},
            "hold": {**order, "reason": "x"},
            "complete": {**order, "short_close_reason": "x"},
            "cancel": {**order, "reason": "x", "return_material": pick((True, False))},
            "allocate": {**order, "allow_partial": pick((True, False))},
            "issue": {**order, **pick(({}, {"lines": [pick(lines)]}))},
            "return_material": {**order, "material": material, "quantity": quantity},
            "record_output": pick(({}, {"operation": 10}))
            | {**order, "good": quantity, "rework": pick(("0", "1")), "batch_number": "BATCH", **scrap},
            "reverse_output": {**order, "output": pick(self.outputs[-5:]), "reason": "x"},
            "receive": {"material": pick(("BAR", "NUT")), "lot": pick(("B-1", "N-1", "B-2")), "quantity": quantity},
            "adjust": {**lot, "quantity": pick((quantity, f"-{quantity}")), "reason": "x"},
            "set_category": {**lot, "category": pick(("RAW", "RAW", "QUARANTINE"))},
            "block": {**lot, "reason": "x"},
            "unblock": lot,
            "set_status": {"machine": machine, "status": pick(("AVAILABLE", "AVAILABLE", "BROKEN", "MAINTENANCE"))},
        }
        return by_verb.get(verb, order)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_books_add_up_after_anything_that_may_happen(desk: Desk, seed: int) -> None:
    desk.do("settings.set", overproduction_percent=10)
    floor = Floor(desk, seed)
    desk.do("process.create", process_code="MILL", name="Milling", machine_type="CNC_MILLING")
    for status, steps in (("IN_PROGRESS", ()), ("RELEASED", STEPS), ("PLANNED", ()), ("IN_PROGRESS", STEPS)):
        machine = "CNC-2" if floor.orders else "CNC-1"
        floor.orders.append(desk.order(status=status, quantity=30, machine=machine, operations=steps))
    floor.orders.append(desk.order(status="IN_PROGRESS", quantity=30, machine="CNC-2", operations=STEPS))

    for step in range(200):
        floor.try_something()
        if step % 25 == 0:
            assert desk.faults() == [], step

    assert [code for code in floor.refused if code.startswith("SYSTEM_")] == []
    assert desk.faults() == []
    assert desk.shop.verify().broken_at is None
    assert len(floor.done) > 12, f"too little happened: {floor.done}"
