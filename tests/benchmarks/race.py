"""The shop against the same work written by hand: both do each step in turn on sibling orders, so that whatever disturbs the machine disturbs both."""

import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from statistics import median, quantiles
from typing import Any

import psycopg
from sqlalchemy import event

from mfg_desktop.operations.materials import AllocateMaterial, IssueMaterial
from mfg_desktop.operations.orders import CompleteOrder, CreateOrder, PlanOrder, ReleaseOrder, StartOrder
from mfg_desktop.operations.production import RecordOutput
from mfg_desktop.queries.orders import ListOrders
from mfg_desktop.service.work import Command
from mfg_desktop.vocabulary import OrderStatus
from tests.benchmarks.by_hand import ByHand
from tests.factories import Floor

QUANTITY = Decimal(100)
PRODUCT, MACHINE = "GEAR", "CNC-1"
STEPS = ("create", "plan", "release", "allocate", "start", "issue", "output", "complete")
LIFE, PAGE = "whole life", "board page"
MEASURED = ("start", "issue", "output", "complete", LIFE, PAGE)
"""What the aim is set for; the other steps of a life are measured with it."""
WARMING = 8
"""Rounds before the clock runs: psycopg prepares a statement when it comes for the sixth time."""
ROWS = 50


@dataclass
class Times:
    """What one side took for one thing, in milliseconds, and what it sent for it."""

    took: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    """What the terminal's processor worked of it: the rest is waiting for the server and the disk."""
    statements: int = 0
    trips: int = 0

    def add(self, spent: "Spent") -> None:
        self.took.append(spent[0])
        self.cpu.append(spent[1])

    @property
    def median(self) -> float:
        return median(self.took)

    @property
    def undisturbed(self) -> float:
        """The fastest tenth: what it takes when nobody else wants the machine. Waiting for others is the same for both sides and hides the difference."""
        return quantiles(self.took, n=10)[0] if len(self.took) > 1 else self.took[0]

    @property
    def cpu_median(self) -> float:
        return median(self.cpu)

    @property
    def p95(self) -> float:
        return quantiles(self.took, n=20)[-1] if len(self.took) > 1 else self.took[0]


Measures = dict[str, Times]
Spent = tuple[float, float]
"""Milliseconds by the clock, and of the terminal's processor."""


class Line:
    """One order's life through the shop, step by step."""

    def __init__(self, floor: Floor, machine: str) -> None:
        self.floor, self.machine = floor, machine
        self.number = ""

    def step(self, step: str) -> None:
        done = self.floor.shop.perform(self._command(step), self.floor.actor)
        self.number = done.data["number"]

    def page(self) -> int:
        page = self.floor.shop.ask(ListOrders(status=(OrderStatus.RELEASED,), limit=ROWS), self.floor.actor)
        return len(page.rows)

    def _command(self, step: str) -> Command:
        match step:
            case "create":
                fields: dict[str, Any] = {
                    "planned_start": "2026-03-02T06:00:00Z",
                    "planned_end": "2026-03-03T06:00:00Z",
                }
                return CreateOrder(product=PRODUCT, quantity=QUANTITY, machine=self.machine, **fields)
            case "plan":
                return PlanOrder(number=self.number)
            case "release":
                return ReleaseOrder(number=self.number)
            case "allocate":
                return AllocateMaterial(number=self.number)
            case "start":
                return StartOrder(number=self.number)
            case "issue":
                return IssueMaterial(number=self.number)
            case "output":
                return RecordOutput(number=self.number, good=QUANTITY)
            case _:
                return CompleteOrder(number=self.number)


class LineByHand:
    """The same life written by hand."""

    def __init__(self, hand: ByHand, machine: str) -> None:
        self.hand, self.machine = hand, machine
        self.number = ""

    def step(self, step: str) -> None:
        if step == "create":
            self.number = self.hand.create(PRODUCT, self.machine, QUANTITY)
        elif step == "output":
            self.hand.output(self.number, QUANTITY)
        else:
            getattr(self.hand, step)(self.number)

    def page(self) -> int:
        return self.hand.page("RELEASED", ROWS)


def supply(floor: Floor) -> None:
    """Put enough material into fresh lots, and the few pieces of the standard plant out of reach: every order then takes from one lot of each."""
    for material, lots in (("BAR", ("B-1", "B-2")), ("NUT", ("N-1",))):
        for lot in lots:
            floor.do("stock.block", material=material, lot=lot, reason="not for the benchmark")
        for place in range(10):
            floor.do("stock.receive", material=material, lot=f"X-{place}", quantity=900_000)


def race(floor: Floor, hand: ByHand, rounds: int) -> tuple[Measures, Measures, list[str]]:
    """Run both sides through `rounds` lives and pages. Gives the times of the shop, those by hand, and where the two no longer send the same."""
    ours, theirs = Line(floor, MACHINE), LineByHand(hand, "CNC-2")
    shop: Measures = {name: Times() for name in (*STEPS, LIFE, PAGE)}
    by_hand: Measures = {name: Times() for name in (*STEPS, LIFE, PAGE)}
    for _ in range(WARMING):
        for step in STEPS:
            ours.step(step)
            theirs.step(step)
        ours.page()
        theirs.page()
    differences = _compare(floor, hand, ours, theirs, shop, by_hand)
    for turn in range(rounds):
        whole = [(0.0, 0.0), (0.0, 0.0)]
        for place, step in enumerate(STEPS):
            sides: list[tuple[int, Line | LineByHand, Measures]] = [(0, ours, shop), (1, theirs, by_hand)]
            for side, line, measures in sides if (turn + place) % 2 else reversed(sides):
                spent = measured(line.step, step)
                measures[step].add(spent)
                whole[side] = _sum(whole[side], spent)
        shop[LIFE].add(whole[0])
        by_hand[LIFE].add(whole[1])
        for line, measures in ((ours, shop), (theirs, by_hand)) if turn % 2 else ((theirs, by_hand), (ours, shop)):
            measures[PAGE].add(measured(line.page))
    return shop, by_hand, differences


def lives(floor: Floor, rounds: int) -> Measures:
    """Run the shop alone through `rounds` lives and pages."""
    line = Line(floor, MACHINE)
    measures: Measures = {name: Times() for name in (*STEPS, LIFE, PAGE)}
    for turn in range(-WARMING, rounds):
        whole = (0.0, 0.0)
        for step in STEPS:
            spent = measured(line.step, step)
            whole = _sum(whole, spent)
            if turn >= 0:
                measures[step].add(spent)
        spent = measured(line.page)
        if turn >= 0:
            measures[LIFE].add(whole)
            measures[PAGE].add(spent)
    return measures


def measured(work: Callable[..., object], *words: str) -> Spent:
    """Take the time of it."""
    started, worked = time.perf_counter(), time.thread_time()
    work(*words)
    return (time.perf_counter() - started) * 1000, (time.thread_time() - worked) * 1000


def _sum(one: Spent, other: Spent) -> Spent:
    return one[0] + other[0], one[1] + other[1]


def _compare(
    floor: Floor, hand: ByHand, ours: Line, theirs: LineByHand, shop: Measures, by_hand: Measures
) -> list[str]:
    """Count what each side sends for each step, and name the steps where they do not send the same."""
    raw = floor.shop.database.engine.raw_connection()
    connection = raw.driver_connection
    raw.close()
    assert isinstance(connection, psycopg.Connection)
    differences = []
    for name in (*STEPS, PAGE):
        work: list[Callable[[], object]] = [
            line.page if name == PAGE else partial(line.step, name) for line in (ours, theirs)
        ]
        with listening(floor) as sent:
            shop[name].trips = _trips(connection, work[0])
        by_hand[name].trips = _trips(hand.connection, work[1])
        shop[name].statements, by_hand[name].statements = len(sent), len(hand.sent)
        wanted, found = [_shape(statement) for statement in sent], [_shape(statement) for statement in hand.sent]
        if wanted != found:
            differences.append(f"{name}: the shop sends {', '.join(wanted)}; by hand {', '.join(found)}")
    for measures in (shop, by_hand):
        measures[LIFE].statements = sum(measures[step].statements for step in STEPS)
        measures[LIFE].trips = sum(measures[step].trips for step in STEPS)
    return differences


@contextmanager
def listening(floor: Floor) -> Iterator[list[str]]:
    """Write down the statements that the shop sends meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, _values: Any, _context: Any, _many: bool) -> None:
        sent.append(statement)

    engine = floor.shop.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _trips(connection: psycopg.Connection[Any], work: Callable[[], object]) -> int:
    """Count how often the terminal waits for the server: each message that asks for an answer, as the client library writes them down."""
    with tempfile.TemporaryFile("w+") as log:
        connection.pgconn.trace(log.fileno())
        work()
        connection.pgconn.untrace()
        log.seek(0)
        return len(re.findall(r"\tF\t\d+\t(?:Sync|Query)\b", log.read()))


def _shape(statement: str) -> str:
    """Name what a statement does: its verb and its first table or function."""
    words = re.sub(r"%\(\w+\)s", "?", " ".join(statement.split()))
    if found := re.match(r"SELECT (mfg_\w+)", words):
        return found[1]
    if found := re.match(r"(WITH RECURSIVE|SET TRANSACTION)", words):
        return found[1]
    verb = words.split(" ", 1)[0]
    found = re.search(r"\b(?:FROM|INTO|UPDATE) (\w+)\b", re.sub(r"\(SELECT [^()]*\)", "", words))
    return f"{verb} {found[1] if found else '?'}"
