"""Any commands in any order: the shop does what a plain model of it does, refuses what the model refuses, and the books add up after every step."""

import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.queries.check import problems
from tests.service.plain_shop import OPEN, Made, Part, PlainShop
from tests.service.stories import Desk

EXAMPLES, STEPS = 25, 60
"""On each database; together 3,000 steps of one to six commands, and the books after each of them."""
BAR, NUT = Decimal(80), Decimal(400)
MADE = {
    "GEAR": Made((Part("BAR", Decimal("0.5")), Part("NUT", Decimal(4), backflush=True))),
    "SHAFT": Made(
        (Part("BAR", Decimal("0.333")), Part("NUT", Decimal(1), backflush=True, at=20)),
        ((10, "CNC-1", "GA-1", None), (20, "CNC-2", None, Decimal(2)), (30, "CNC-1", "GA-1", Decimal(0))),
    ),
}
STILL = {
    "person",
    "role",
    "role_operation",
    "person_role",
    "person_department",
    "person_machine",
    "person_machine_type",
}
STILL |= {"department", "plant_setting", "shift", "bom", "bom_line", "process", "workflow", "fixture_check"}
STILL |= {"gauge_calibration", "machine_maintenance", "order_number_series"}
"""Tables in which nothing happens here."""
MACHINES, GAUGES = ("CNC-1", "CNC-2"), ("GA-1",)
ROUTING = [
    {
        "sequence": sequence,
        "process": "WORK",
        "machine": machine,
        **({"gauge": gauge} if gauge else {}),
        **({"overlap_quantity": overlap} if overlap is not None else {}),
    }
    for sequence, machine, gauge, overlap in MADE["SHAFT"].routing
]
WHEN = {"planned_start": "2026-03-02T06:00:00Z", "planned_end": "2026-03-03T06:00:00Z"}

COMMANDS = {
    *(f"work_order.{verb}" for verb in ("create", "plan", "release", "start", "hold", "resume", "complete", "cancel")),
    *(f"work_order.{verb}" for verb in ("allocate", "issue", "return_material", "record_output", "reverse_output")),
    *("work_order.update", "stock.adjust", "machine.record_maintenance", "downtime.record"),
    *(f"operation.{verb}" for verb in ("start", "pause", "resume", "complete")),
    *("stock.receive", "machine.set_status", "gauge.set_status"),
}

quantities = st.sampled_from(["0", "1", "2", "3", "0.5", "0.001", "7"]).map(Decimal)
some = st.sampled_from(["1", "2", "0.333", "12"]).map(Decimal)
which = st.integers(0, 5)
sequences = st.sampled_from([10, 20, 30])


def furnish(desk: Desk) -> None:
    """Make the little plant that the model knows: scarce material, a product in one step and one in three."""
    desk.do("stock.adjust", material="BAR", lot="B-2", quantity=-(1000 - (int(BAR) - 30)), reason="counted")
    desk.do("stock.adjust", material="NUT", lot="N-1", quantity=-(10000 - int(NUT)), reason="counted")
    desk.do("gauge.create", code="GA-1", name="Bore gauge")
    desk.do("process.create", process_code="WORK", name="Work", machine_type="OTHER")
    desk.do("product.create", stock_code="SHAFT", name="Shaft", type="FINISHED", unit="pcs")
    parts = [
        {
            "component": part.material,
            "quantity": part.each,
            "issue_method": "BACKFLUSH" if part.backflush else "PICK",
            "operation_sequence": part.at,
        }
        for part in MADE["SHAFT"].parts
    ]
    desk.do("bom.set", product="SHAFT", lines=parts)
    desk.do("workflow.create", product="SHAFT", version="A", steps=ROUTING)
    desk.do("workflow.submit", product="SHAFT", version="A")
    desk.do("workflow.activate", product="SHAFT", version="A")


@dataclass(frozen=True)
class Deed:
    """Something that can be done: how often, when at all, and with what."""

    name: str
    weight: int
    when: Callable[[Any], object]
    given: Mapping[str, st.SearchStrategy[Any]]


DEEDS: list[Deed] = []
Method = TypeVar("Method", bound=Callable[..., None])


def deed(
    weight: int, when: Callable[[Any], object] = lambda self: True, **given: st.SearchStrategy[Any]
) -> Callable[[Method], Method]:
    """Note a method as something that can be done, so many times as often as the least."""

    def noted(method: Method) -> Method:
        DEEDS.append(Deed(method.__name__, weight, when, given))
        return method

    return noted


class Driven(RuleBasedStateMachine):
    """Gives each command to the shop and to the model, and compares."""

    open_desk: Callable[[], Desk]
    done: Counter[str]
    """How often each command was carried out, to know that enough has happened."""
    refused: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.desk = type(self).open_desk()
        stock = {"BAR": BAR, "NUT": NUT, "GEAR": Decimal(0), "SHAFT": Decimal(0)}
        self.plain = PlainShop(MADE, stock, set(MACHINES), set(GAUGES))
        self.numbers: list[str] = []
        self.dice = Random(0)
        self.stops = 0

    def teardown(self) -> None:
        with self.desk.shop.database.reading() as connection:
            assert problems(connection) == []
        assert self.desk.shop.verify().broken_at is None
        self.desk.close()

    def order(self, place: int) -> str:
        latest = self.numbers[-6:]
        return latest[place % len(latest)]

    def waiting(self) -> int:
        return sum(order.status in OPEN for order in self.plain.orders.values())

    def both(self, expected: str | None, command: str, **fields: Any) -> dict[str, Any]:
        """Carry a command out for real: done when the model has done it, refused with the code it was refused with."""
        answer: dict[str, Any] = {}
        found = None
        try:
            answer = self.desk.do(command, **fields)
        except ManufacturingException as refused:
            found = refused.code
        assert found == expected, f"{command} {fields}: {found} instead of {expected}"
        (self.refused if found else self.done)[found or command] += 1
        return answer

    def next_output(self) -> int:
        with self.desk.shop.database.reading() as connection:
            return int(connection.exec_driver_sql("SELECT coalesce(max(id), 0) FROM production_output").scalar_one())

    @rule(data=st.data())
    def do_something(self, data: st.DataObject) -> None:
        # One rule, and honest dice: left to choose among rules, hypothesis spends an example on the first few.
        possible = [one for one in DEEDS if one.when(self) for _ in range(one.weight)]
        chosen = self.dice.choice(possible)
        getattr(self, chosen.name)(**{name: data.draw(values) for name, values in chosen.given.items()})

    # orders

    @initialize(seed=st.integers(0, 10**9), gear=st.booleans(), shaft=st.booleans())
    def begin_the_day(self, seed: int, gear: bool, shaft: bool) -> None:
        """Most of what can happen happens to what runs."""
        self.dice = Random(seed)
        if gear:
            self.create_and_start("GEAR", "CNC-2")
        if shaft:
            self.create_and_start("SHAFT", "CNC-1")
            number = self.numbers[-1]
            self.both(self.plain.begin(number, 10, again=False), "operation.start", number=number, sequence=10)

    @deed(
        1,
        when=lambda self: self.waiting() < 4,
        product=st.sampled_from(["GEAR", "SHAFT"]),
        machine=st.sampled_from(MACHINES),
        quantity=some,
    )
    def create(self, product: str, machine: str, quantity: Decimal) -> None:
        answer = self.both(None, "work_order.create", product=product, machine=machine, quantity=quantity, **WHEN)
        self.numbers.append(answer["number"])
        self.plain.create(answer["number"], product, machine, quantity)

    @deed(
        3,
        when=lambda self: self.waiting() < 4,
        product=st.sampled_from(["GEAR", "SHAFT", "SHAFT"]),
        machine=st.sampled_from(MACHINES),
    )
    def create_and_start(self, product: str, machine: str) -> None:
        """Bring an order to the machine, as far as it may go: most of what can happen happens after that."""
        self.create(product, machine, Decimal(4))
        number = self.numbers[-1]
        self.both(self.plain.plan(number), "work_order.plan", number=number)
        self.both(self.plain.release(number), "work_order.release", number=number)
        self.both(self.plain.allocate(number, partial=False), "work_order.allocate", number=number)
        self.both(self.plain.start(number), "work_order.start", number=number)
        self.both(self.plain.issue(number), "work_order.issue", number=number)

    @deed(4, when=lambda self: self.numbers, place=which, verb=st.sampled_from(["plan", "release", "start", "resume"]))
    def move(self, place: int, verb: str) -> None:
        number = self.order(place)
        self.both(getattr(self.plain, verb)(number), f"work_order.{verb}", number=number)

    @deed(1, when=lambda self: self.numbers, place=which)
    def hold(self, place: int) -> None:
        number = self.order(place)
        self.both(self.plain.hold(number), "work_order.hold", number=number, reason="waits")

    @deed(2, when=lambda self: self.numbers, place=which, short=st.booleans())
    def complete(self, place: int, short: bool) -> None:
        number = self.order(place)
        said = {"short_close_reason": "enough"} if short else {}
        self.both(self.plain.complete(number, short=short), "work_order.complete", number=number, **said)

    @deed(1, when=lambda self: self.numbers, place=which, bring_back=st.booleans())
    def cancel(self, place: int, bring_back: bool) -> None:
        number = self.order(place)
        expected = self.plain.cancel(number, bring_back=bring_back)
        self.both(expected, "work_order.cancel", number=number, reason="not wanted", return_material=bring_back)

    @deed(1, when=lambda self: self.numbers, place=which, quantity=st.sampled_from([2, 3, 4, 6]).map(Decimal))
    def change_quantity(self, place: int, quantity: Decimal) -> None:
        number = self.order(place)
        expected = self.plain.change_quantity(number, quantity)
        self.both(expected, "work_order.update", number=number, quantity=quantity)

    # material

    @deed(2, when=lambda self: self.numbers, place=which, partial=st.booleans())
    def allocate(self, place: int, partial: bool) -> None:
        number = self.order(place)
        expected = self.plain.allocate(number, partial=partial)
        self.both(expected, "work_order.allocate", number=number, allow_partial=partial)

    @deed(2, when=lambda self: self.numbers, place=which)
    def issue(self, place: int) -> None:
        number = self.order(place)
        self.both(self.plain.issue(number), "work_order.issue", number=number)

    @deed(1, when=lambda self: self.numbers, place=which, material=st.sampled_from(["BAR", "NUT"]), quantity=some)
    def bring_back(self, place: int, material: str, quantity: Decimal) -> None:
        number = self.order(place)
        expected = self.plain.bring_back(number, material, quantity)
        self.both(expected, "work_order.return_material", number=number, material=material, quantity=quantity)

    @deed(1, material=st.sampled_from(["BAR", "NUT"]), quantity=some, lot=st.sampled_from(["NEW", "NEWER"]))
    def receive(self, material: str, quantity: Decimal, lot: str) -> None:
        self.plain.receive(material, quantity)
        self.both(None, "stock.receive", material=material, lot=lot, quantity=quantity)

    @deed(1, material=st.sampled_from(["BAR", "NUT"]), quantity=some)
    def find_more(self, material: str, quantity: Decimal) -> None:
        self.plain.receive(material, quantity)
        lot = "B-2" if material == "BAR" else "N-1"
        self.both(None, "stock.adjust", material=material, lot=lot, quantity=quantity, reason="counted")

    # operations and output

    @deed(2, when=lambda self: self.numbers, place=which, sequence=sequences, again=st.booleans())
    def begin(self, place: int, sequence: int, again: bool) -> None:
        number = self.order(place)
        expected = self.plain.begin(number, sequence, again=again)
        self.both(expected, "operation.resume" if again else "operation.start", number=number, sequence=sequence)

    @deed(1, when=lambda self: self.numbers, place=which, sequence=sequences)
    def pause(self, place: int, sequence: int) -> None:
        number = self.order(place)
        self.both(self.plain.pause(number, sequence), "operation.pause", number=number, sequence=sequence)

    @deed(1, when=lambda self: self.numbers, place=which, sequence=sequences, good=quantities, scrapped=quantities)
    def finish(self, place: int, sequence: int, good: Decimal, scrapped: Decimal) -> None:
        self._finish(self.order(place), sequence, good, scrapped)

    @deed(2, when=lambda self: self._running(), place=which)
    def finish_what_runs(self, place: int) -> None:
        """Complete an operation that runs with all its pieces, so that the next ones have a chance."""
        number, sequence = self._running()[place % len(self._running())]
        order = self.plain.orders[number]
        self._finish(number, sequence, order.quantity - order.steps[sequence].good, Decimal(0))

    def _finish(self, number: str, sequence: int, good: Decimal, scrapped: Decimal) -> None:
        output = self.next_output() + 1
        expected = self.plain.finish(number, sequence, good, scrapped, output)
        said = {"scrapped": scrapped, "scrap_reason": "burr"} if scrapped else {}
        self.both(expected, "operation.complete", number=number, sequence=sequence, good=good, **said)
        self._learn_output(number)

    @deed(
        2,
        when=lambda self: self.numbers,
        place=which,
        sequence=st.sampled_from([None, None, 10, 20, 30]),
        good=quantities,
        scrapped=quantities,
    )
    def report(self, place: int, sequence: int | None, good: Decimal, scrapped: Decimal) -> None:
        self._report(self.order(place), sequence, good, scrapped)

    def _report(self, number: str, sequence: int | None, good: Decimal, scrapped: Decimal) -> None:
        expected = self.plain.report(number, good, scrapped, sequence, 0)
        said: dict[str, Any] = {"scrapped": scrapped, "scrap_reason": "burr"} if scrapped else {}
        if sequence is not None:
            said["operation"] = sequence
        answer = self.both(expected, "work_order.record_output", number=number, good=good, **said)
        if answer:
            self.plain.orders[number].outputs[-1].id = answer["output"]

    def _learn_output(self, number: str) -> None:
        """The model does not know the number that the database gave to the newest output."""
        outputs = self.plain.orders[number].outputs
        newest = self.desk.detail(number).outputs
        standing = [one for one in newest if one.reverses is None]
        for mine, real in zip(outputs, standing, strict=True):
            mine.id = real.id

    @deed(2, when=lambda self: any(order.outputs for order in self.plain.orders.values()), place=which, other=which)
    def reverse(self, place: int, other: int) -> None:
        reported = [number for number in self.numbers if self.plain.orders[number].outputs]
        number = reported[place % len(reported)]
        outputs = self.plain.orders[number].outputs
        wrong = outputs[other % len(outputs)].id
        expected = self.plain.reverse(number, wrong)
        self.both(expected, "work_order.reverse_output", number=number, output=wrong, reason="typed wrong")

    # what is likely to be possible: chosen blindly, most of a life would be refusals

    @deed(6, when=lambda self: self.plain.runs, place=which, scrapped=st.sampled_from([0, 0, 1]))
    def report_what_runs(self, place: int, scrapped: int) -> None:
        running = sorted(self.plain.runs.values(), key=str)
        number, sequence = running[place % len(running)]
        self._report(number, sequence, Decimal(1), Decimal(scrapped))

    @deed(2, when=lambda self: self._running(), place=which)
    def pause_what_runs(self, place: int) -> None:
        number, sequence = self._running()[place % len(self._running())]
        self.both(self.plain.pause(number, sequence), "operation.pause", number=number, sequence=sequence)

    @deed(4, when=lambda self: self._paused(), place=which)
    def go_on_with_what_is_paused(self, place: int) -> None:
        """Bring the order back to work if it is held, then its operation."""
        number, sequence = self._paused()[place % len(self._paused())]
        order = self.plain.orders[number]
        if order.status == "ON_HOLD":
            self.both(self.plain.resume(number), "work_order.resume", number=number)
        if order.status == "RELEASED":
            self.both(self.plain.start(number), "work_order.start", number=number)
        self.both(self.plain.begin(number, sequence, again=True), "operation.resume", number=number, sequence=sequence)

    @deed(4, when=lambda self: self._in_steps(), place=which)
    def begin_the_next_operation(self, place: int) -> None:
        number = self._in_steps()[place % len(self._in_steps())]
        waiting = [seq for seq, step in self.plain.orders[number].steps.items() if step.status == "PLANNED"]
        if waiting:
            expected = self.plain.begin(number, waiting[0], again=False)
            self.both(expected, "operation.start", number=number, sequence=waiting[0])

    def _running(self) -> list[tuple[str, int]]:
        return sorted((number, at) for number, at in self.plain.runs.values() if at is not None)

    def _paused(self) -> list[tuple[str, int]]:
        return [
            (number, sequence)
            for number, order in self.plain.orders.items()
            for sequence, step in order.steps.items()
            if step.status == "ON_HOLD"
        ]

    def _in_steps(self) -> list[str]:
        return [n for n, order in self.plain.orders.items() if order.steps and order.status == "IN_PROGRESS"]

    # machines and gauges

    @deed(
        2,
        machine=st.sampled_from(MACHINES),
        status=st.sampled_from(["AVAILABLE", "BROKEN", "MAINTENANCE"]),
    )
    def set_machine(self, machine: str, status: str) -> None:
        self.both(self.plain.set_machine(machine, status), "machine.set_status", machine=machine, status=status)

    @deed(1, when=lambda self: self.plain.gauges["GA-1"] != "CALIBRATION")
    def send_the_gauge_away(self) -> None:
        expected = self.plain.set_gauge("GA-1", "CALIBRATION")
        self.both(expected, "gauge.set_status", gauge="GA-1", status="CALIBRATION")

    @deed(5, when=lambda self: self.plain.gauges["GA-1"] == "CALIBRATION" or self._down())
    def put_right_what_is_away(self) -> None:
        if self.plain.gauges["GA-1"] == "CALIBRATION":
            self.plain.set_gauge("GA-1", "AVAILABLE")
            self.both(None, "gauge.set_status", gauge="GA-1", status="AVAILABLE")
        for machine in self._down():
            self.set_machine(machine, "AVAILABLE")

    def _down(self) -> list[str]:
        return [machine for machine, status in self.plain.machines.items() if status != "AVAILABLE"]

    @deed(1, machine=st.sampled_from(MACHINES))
    def maintain(self, machine: str) -> None:
        self.plain.maintain(machine)
        self.both(None, "machine.record_maintenance", machine=machine, date=datetime.now(UTC).date())

    @deed(1, machine=st.sampled_from(MACHINES))
    def tell_a_stop(self, machine: str) -> None:
        """Enter a stop of long ago, each an hour after the last."""
        self.stops += 1
        start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=self.stops)
        fields = {"start": start, "end": start + timedelta(minutes=30), "category": "OTHER", "reason": "no air"}
        self.both(None, "downtime.record", machine=machine, **fields)
        self.both("MACHINE_DOWNTIME_OVERLAP", "downtime.record", machine=machine, **fields)

    # after every step

    @invariant()
    def the_books_add_up_and_the_shop_is_as_the_model_says(self) -> None:
        rows = self.desk.rows(but=STILL)
        assert self.desk.faults(rows) == []
        machines = {row.id: row.code for row in rows["machine"]}
        products = {row.id: row.stock_code for row in rows["product"]}
        orders = {row.id: row.number for row in rows["work_order"]}
        plain = self.plain
        assert {row.code: row.status.value for row in rows["machine"]} == {m: plain.machine_status(m) for m in MACHINES}
        assert {row.code: row.status.value for row in rows["gauge"]} == plain.gauges
        assert {
            row.number: (row.status.value, row.quantity_completed, row.quantity_scrapped, machines[row.machine_id])
            for row in rows["work_order"]
        } == {
            number: (order.status, order.good, order.scrapped, order.machine) for number, order in plain.orders.items()
        }
        assert {
            (orders[row.work_order_id], row.sequence): (row.status.value, row.good, row.scrapped)
            for row in rows["work_order_operation"]
        } == {
            (number, sequence): (step.status, step.good, step.scrapped)
            for number, order in plain.orders.items()
            for sequence, step in order.steps.items()
        }
        assert {
            (orders[row.work_order_id], products[row.material_id]): (
                row.required,
                row.reserved,
                row.issued,
                row.returned,
                row.consumed,
            )
            for row in rows["work_order_material"]
        } == {
            (number, material): (line.required, line.reserved, line.issued, line.returned, line.consumed)
            for number, order in plain.orders.items()
            for material, line in order.lines.items()
        }
        on_hand, scrap = dict.fromkeys(plain.on_hand, Decimal(0)), dict.fromkeys(MADE, Decimal(0))
        for lot in rows["stock_lot"]:
            pile = scrap if lot.category == "SCRAP" else on_hand
            pile[products[lot.product_id]] += lot.on_hand
        assert (on_hand, scrap) == (plain.on_hand, plain.scrap)


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_whatever_is_done_the_shop_does_as_the_model_and_the_books_add_up(
    database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    places = iter(range(10_000))

    def furnished() -> Callable[[], Desk]:
        """Furnish one plant and copy it for each example."""
        if database == "sqlite":
            first = tmp_path / "furnished.db"
            shutil.copyfile(request.getfixturevalue("sqlite_template"), first)
            desk = Desk(f"sqlite:///{first}")
            furnish(desk)
            desk.close()

            def copied() -> Desk:
                path = tmp_path / f"{next(places)}.db"
                shutil.copyfile(first, path)
                return Desk(f"sqlite:///{path}")

            return copied
        cluster = request.getfixturevalue("postgres")
        url = cluster.create_database(request.getfixturevalue("postgres_template"))
        desk = Desk(url)
        furnish(desk)
        desk.close()
        cluster.seal(url)
        return lambda: Desk(cluster.create_database(url))

    open_desk = furnished()

    class OnThis(Driven):
        pass

    OnThis.open_desk = staticmethod(open_desk)
    OnThis.done, OnThis.refused = Counter(), Counter()
    run_state_machine_as_test(
        OnThis,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert set(OnThis.done) == COMMANDS, f"never carried out: {COMMANDS - set(OnThis.done)}"
    assert OnThis.done.total() > EXAMPLES * STEPS / 4, OnThis.done
    assert len(OnThis.refused) > 15, OnThis.refused
