"""What the shop takes for that which nobody has written by hand: the operations of an order, and the questions of the screens."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.benchmarks.race import MACHINE, WARMING, Measures, Times, listening, measured
from tests.factories import Floor

STEPS = ("operation.start", "operation.pause", "operation.resume", "operation output", "operation.complete")
QUESTIONS: Mapping[str, Mapping[str, Any]] = {
    "work_order.get": {},
    "work_order.timeline": {},
    "machine.list": {},
    "machine.get": {"machine": MACHINE},
    "machine.schedule": {"from": "2026-03-02", "to": "2026-03-03"},
    "material.shortages": {},
    "stock.list": {"limit": 50},
    "audit.list": {"limit": 50},
}
ALONE = (*STEPS, *QUESTIONS)
OF_THE_ORDER = {"work_order.get", "work_order.timeline"}
"""Those of the questions that are about the order that is worked on."""


def alone(floor: Floor, rounds: int) -> Measures:
    """Have the shop work so many orders of one operation, and answer each question once for each of them."""
    measures: Measures = {name: Times() for name in ALONE}
    for turn in range(-WARMING, rounds):
        number = floor.order(status="IN_PROGRESS", machine=MACHINE, operations=[{"sequence": 10, "process": "MILL"}])
        floor.do("work_order.issue", number=number)
        for name, work in _work(floor, number).items():
            with listening(floor) as sent:
                if turn == -1:
                    work()
                    measures[name].statements = len(sent)
                    continue
            spent = measured(work)
            if turn >= 0:
                measures[name].add(spent)
        floor.do("work_order.complete", number=number)
    return measures


def _work(floor: Floor, number: str) -> dict[str, Callable[[], object]]:
    at = {"number": number, "sequence": 10}
    moves: dict[str, Callable[[], object]] = {
        "operation.start": lambda: floor.do("operation.start", **at),
        "operation.pause": lambda: floor.do("operation.pause", **at),
        "operation.resume": lambda: floor.do("operation.resume", **at),
        "operation output": lambda: floor.do("work_order.record_output", number=number, operation=10, good=60),
        "operation.complete": lambda: floor.do("operation.complete", **at, good=40),
    }
    for name, fields in QUESTIONS.items():
        moves[name] = _asked(floor, name, {"number": number} if name in OF_THE_ORDER else fields)
    return moves


def _asked(floor: Floor, name: str, fields: Mapping[str, Any]) -> Callable[[], object]:
    return lambda: floor.ask(name, **fields)
