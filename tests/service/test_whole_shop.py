"""Any commands in any order: the shop does what a plain model of it does, refuses what the model refuses, and the books add up after every step."""

import shutil
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from mfg_desktop.exceptions import CATALOGUE, ManufacturingException
from mfg_desktop.operations import COMMANDS, command_from
from mfg_desktop.queries.check import problems
from mfg_desktop.service.permissions import ROLES
from mfg_desktop.service.work import Actor
from mfg_desktop.vocabulary import PersonId
from tests.factories import ADMIN, PIN, PLANT, SUPERVISOR, TERMINAL
from tests.service.plain_plant import MAY_BE_LIFTED, MAY_BE_USED, Lot
from tests.service.plain_shop import OPEN, Order, PlainShop
from tests.service.side_by_side import Entry, SideBySide, Thing
from tests.service.stories import Desk

EXAMPLES, STEPS = 12, 160
"""On each database; together more than 3,000 steps of one to nine commands, and the books after each of them."""
PRODUCTS = ("GEAR", "SHAFT", "HUB", "CART")
MACHINES = ("CNC-1", "CNC-2")
VERSIONS = ("A", "B", "C")


def part(component: str, quantity: str, *, at: int | None = None, flush: bool = False, loss: int = 0) -> dict[str, Any]:
    method = "BACKFLUSH" if flush else "PICK"
    line = {"component": component, "quantity": Decimal(quantity), "issue_method": method, "scrap_percentage": loss}
    return line | ({"operation_sequence": at} if at else {})


BILLS = (
    (part("BAR", "0.333"), part("NUT", "1", flush=True, at=20)),
    (part("HUB", "2"), part("NUT", "1", flush=True)),
    (part("BAR", "0.25", loss=5), part("NUT", "1", flush=True)),
    (part("NUT", "2"), part("BAR", "0.5", flush=True)),
    (part("HUB", "1"), part("GEAR", "3"), part("BAR", "0.1", at=20)),
    (part("CART", "1"),),
    (),
)
ROUTINGS: tuple[tuple[dict[str, Any], ...], ...] = (
    (
        {"sequence": 10, "process": "WORK", "machine": "CNC-1", "gauge": "GA-1"},
        {"sequence": 20, "process": "WORK", "machine": "CNC-2", "fixture": "FX-1", "overlap_quantity": 2},
        {"sequence": 30, "process": "WORK", "machine": "CNC-1", "gauge": "GA-1", "overlap_quantity": 0},
    ),
    (
        {"sequence": 10, "process": "WORK", "setup_minutes": 10},
        {"sequence": 10, "process": "WORK", "machine": "CNC-2", "gauge": "GA-1"},
        {"sequence": 20, "process": "WORK", "fixture": "FX-1"},
    ),
    ({"sequence": 10, "process": "WORK", "machine": "CNC-2"}, {"sequence": 20, "process": "WASH"}),
)
FURNITURE: tuple[dict[str, Any], ...] = (
    {"command": "stock.adjust", "material": "BAR", "lot": "B-2", "quantity": -950, "reason": "counted"},
    {"command": "stock.adjust", "material": "NUT", "lot": "N-1", "quantity": -9600, "reason": "counted"},
    {"command": "gauge.create", "code": "GA-1", "name": "Bore gauge"},
    {"command": "fixture.create", "code": "FX-1", "name": "Vice", "fixture_type": "vice"},
    {"command": "process.create", "process_code": "WORK", "name": "Work", "machine_type": "OTHER"},
    {"command": "product.create", "stock_code": "SHAFT", "name": "Shaft", "type": "FINISHED", "unit": "pcs"},
    {"command": "product.create", "stock_code": "HUB", "name": "Hub", "type": "SEMI_FINISHED", "unit": "pcs"},
    {"command": "product.create", "stock_code": "CART", "name": "Cart", "type": "FINISHED", "unit": "pcs"},
    {"command": "bom.set", "product": "SHAFT", "lines": BILLS[0]},
    {"command": "bom.set", "product": "CART", "lines": BILLS[1]},
    {"command": "bom.set", "product": "HUB", "lines": BILLS[2]},
    {"command": "workflow.create", "product": "SHAFT", "version": "A", "steps": ROUTINGS[0]},
    {"command": "workflow.submit", "product": "SHAFT", "version": "A"},
    {"command": "workflow.activate", "product": "SHAFT", "version": "A"},
)
"""Scarce material; a product in one step, one in three, and one of parts that are made."""
WHEN = {"planned_start": "2026-03-02T06:00:00Z", "planned_end": "2026-03-03T06:00:00Z"}
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
ONCE = datetime(2026, 2, 10, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATEST = ONCE + 1000 * HOUR
UNKEPT = {"AUTH_REQUIRED", "OVERRIDE_DENIED", "SYSTEM_COMMAND_ID_REUSED"}
"""Refusals that say nothing of the command itself: its identity is still free."""
WRONG: tuple[tuple[str, dict[str, Any]], ...] = (
    *((f"work_order.{verb}", {"number": "NONE"}) for verb in ("plan", "release", "start", "resume", "complete")),
    *((f"work_order.{verb}", {"number": "NONE"}) for verb in ("allocate", "issue", "create_sub_orders")),
    *((f"work_order.{verb}", {"number": "NONE", "reason": "x"}) for verb in ("hold", "cancel")),
    ("work_order.create", {"product": "NONE", "quantity": 1, **WHEN}),
    ("work_order.create", {"product": "GEAR", "quantity": 0, **WHEN}),
    ("stock.block", {"lot": "NONE", "material": "BAR", "reason": "x"}),
    ("stock.unblock", {"lot": "N-1", "material": "BAR"}),
    ("stock.set_category", {"lot": "NONE", "material": "BAR", "category": "RAW"}),
    ("stock.receive", {"material": "NONE", "lot": "B-1", "quantity": 1}),
    ("product.create", {"stock_code": "BAR", "name": "x", "type": "RAW", "unit": "m"}),
    ("product.update", {"stock_code": "NONE", "name": "x"}),
    ("bom.clone", {"source": "BAR", "target": "CART"}),
    ("process.create", {"process_code": "WORK", "name": "x", "machine_type": "OTHER"}),
    ("workflow.create", {"product": "SHAFT", "version": "A", "steps": ROUTINGS[0]}),
    *((f"workflow.{verb}", {"product": "SHAFT", "version": "Z"}) for verb in ("submit", "activate", "archive")),
    ("fixture.create", {"code": "FX-1", "name": "x", "fixture_type": "x"}),
    ("gauge.create", {"code": "GA-1", "name": "x"}),
    ("fixture.record_check", {"fixture": "NONE", "date": LONG_AGO.date()}),
    ("gauge.record_calibration", {"gauge": "NONE", "date": LONG_AGO.date()}),
    ("machine.create", {"machine": "CNC-1", "type": "OTHER"}),
    ("machine.update", {"machine": "NONE", "brand": "x"}),
    ("machine.record_maintenance", {"machine": "NONE", "date": LONG_AGO.date()}),
    ("department.create", {"code": "MACH", "name": "x"}),
    ("user.create", {"badge": ADMIN, "name": "x", "roles": [], "departments": []}),
    ("user.update", {"badge": ADMIN, "roles": ["VIEWER"]}),
    ("user.set_pin", {"badge": "NONE", "pin": PIN}),
    ("role.set_operations", {"role": "ADMIN", "operations": []}),
    ("settings.set", {"timezone": "Moon/Base"}),
)
"""What nobody may do, at any time."""

some = [Decimal(number) for number in ("1", "2", "0.333", "12")]
quantities = [Decimal(number) for number in ("0", "1", "2", "3", "0.5", "0.001", "7")]
which = range(6)
sequences = [10, 20, 30]
days = [-200, -95, -30, -5, -2, 3]
truths = (False, True)


OFFERED = {
    *(f"work_order.{verb}" for verb in ("plan", "release", "start", "hold", "resume")),
    *(f"operation.{verb}" for verb in ("start", "pause", "resume")),
}
"""Moves that a button offers, or says why not."""
TOLD_LATE = {
    *("set_machine", "maintain", "tell_a_stop", "buy_a_machine", "change_a_machine"),
    *("set_a_tool", "look_after_a_tool", "buy_a_tool", "put_right_what_is_wrong"),
    *("receive", "judge", "change_a_product", "change_a_bill", "copy_a_bill", "write_a_routing", "bring_a_routing_on"),
    *("choose_settings", "found_a_department", "change_somebody", "change_a_role", "change_the_settings"),
}
"""Deeds with what is not an order: they too may be entered afterwards."""


@dataclass(frozen=True)
class Deed:
    """Something that can be done: how often, when at all, and with what."""

    name: str
    weight: int
    when: Callable[[Any], object]
    given: Mapping[str, Sequence[Any]]


DEEDS: list[Deed] = []
Method = TypeVar("Method", bound=Callable[..., None])
OneOf = TypeVar("OneOf")


def deed(
    weight: int, when: Callable[[Any], object] = lambda self: True, **given: Sequence[Any]
) -> Callable[[Method], Method]:
    """Note a method as something that can be done, so many times as often as the least."""

    def noted(method: Method) -> Method:
        DEEDS.append(Deed(method.__name__, weight, when, given))
        return method

    return noted


def in_place(place: int, things: Sequence[OneOf]) -> OneOf:
    """Choose one of the latest."""
    latest = things[-6:]
    return latest[place % len(latest)]


@dataclass(frozen=True)
class Sent:
    """A command as it was sent, and what was said to it."""

    by: str
    fields: Mapping[str, Any]
    answer: Mapping[str, Any]
    code: str | None


class Driven(RuleBasedStateMachine):
    """Gives each command to the shop and to the model, and compares."""

    kind: str
    open_desk: Callable[[], Desk]
    done: Counter[str]
    """How often each command was carried out, to know that enough has happened."""
    refused: Counter[tuple[str, str]]
    lifted: Counter[str]
    steps: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.desk = type(self).open_desk()
        self.plain = PlainShop(ADMIN, ROLES, COMMANDS)
        for line in (*PLANT, *FURNITURE):
            said = {name: value for name, value in line.items() if name != "command"}
            if "received_at" in said:
                said["received_at"] = datetime.fromisoformat(said["received_at"])
            assert self.plain.do(line["command"], by=ADMIN, **said) is None
        self.sides = SideBySide(self.desk, self.plain)
        self.dice = Random(0)
        self.often: Counter[str] = Counter()
        """How often each deed was chosen."""
        self.expected: list[Entry] = []
        """What the audit log must have got since the last look."""
        self.touched: set[Thing] = set()
        """What the screens have heard of since then."""
        self.sent: deque[Sent] = deque(maxlen=6)
        self.makeable: dict[str, Decimal] = {}
        """What the parents of sub orders were last told that they can make."""
        self.hours = 0
        """How far the old days have been written down."""
        self.at: datetime | None = None
        """When it happened what is told now, if that is told late."""

    def teardown(self) -> None:
        with self.desk.shop.database.reading() as connection:
            assert problems(connection) == []
        for number in self.parents():
            assert self.desk.detail(number).makeable == self.plain.makeable(number), number
        assert self.desk.shop.verify().broken_at is None
        self.desk.close()

    def both(self, command: str, **fields: Any) -> str | None:
        """Give a command to both: done when the model does it, refused with the code it is refused with there."""
        by = fields.pop("by", ADMIN)
        if self.at is not None and command not in ("downtime.split", "downtime.recategorise"):
            fields.setdefault("at", self.at)
        note(f"{command} {fields}{'' if by == ADMIN else f' by {by}'}")
        offered = self._offered(command, **fields) if by == ADMIN else None
        expected = self.plain.do(command, by=by, **fields)
        assert offered in (None, (expected,)), f"{command} {fields}: {expected}, and by its button {offered}"
        override = fields.get("override")
        sent = {"command": command, **fields, "command_id": str(uuid4())}
        answer, code = self._say(by, sent)
        assert code == expected, f"{command} {fields}: {code} instead of {expected}"
        lifted_by = (
            override["badge"] if override and (self.plain.lifted or code not in (None, "OVERRIDE_DENIED")) else None
        )
        self.expected.append((command, "WARNING" if code else "INFO", lifted_by))
        self.sent.append(Sent(by, sent, answer, code))
        self.lifted.update(self.plain.lifted if code is None else ())
        if code is None:
            self.done[command] += 1
        else:
            self.refused[command, code] += 1
        if "output" in answer and command != "work_order.reverse_output":
            # Only the database knows the number that it gives to an output.
            self.plain.orders[fields["number"]].outputs[-1].id = answer["output"]
        return code

    def _offered(self, command: str, **fields: Any) -> tuple[str | None] | None:
        """Tell what the button of a move says of it: nothing, or the first that stands in its way. Seldom, since a look costs more than a move."""
        number, sequence = fields.get("number"), fields.get("sequence")
        order = self.plain.orders.get(str(number))
        known = order is not None and (sequence is None or sequence in order.steps)
        if command not in OFFERED or not known or fields.keys() - {"number", "sequence", "reason"}:
            return None
        if self.dice.random() > 0.1:
            return None
        detail, verb = self.desk.detail(str(number)), command.partition(".")[2]
        here = detail if sequence is None else next(one for one in detail.operations if one.sequence == sequence)
        stops = {str(action.value): found for action, found in here.blockers.items()}.get(verb, ())
        assert (verb in [action.value for action in here.actions]) == (not stops)
        return (stops[0].code if stops else None,)

    def _say(self, by: str, line: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
        try:
            outcome = self.desk.shop.perform(command_from(line), Actor(PersonId(0), by, by, (), TERMINAL))
            self.touched |= outcome.touched
            return dict(outcome.data), None
        except ManufacturingException as refused:
            return {}, refused.code

    @rule()
    def do_something(self) -> None:
        # One rule, and honest dice: left to choose, hypothesis spends an example on the first few rules and on few values.
        possible = [one for one in DEEDS if one.when(self)]
        (chosen,) = self.dice.choices(possible, [one.weight for one in possible])
        if self.dice.random() < 0.15:
            # So that what is seldom possible has its day too.
            chosen = min(possible, key=lambda one: (self.often[one.name], self.dice.random()))
        self.often[chosen.name] += 1
        self.steps["of all examples"] += 1
        self._do(chosen)

    def _do(self, chosen: Deed) -> None:
        getattr(self, chosen.name)(**{name: self.dice.choice(values) for name, values in chosen.given.items()})

    @initialize(seed=st.integers(0, 10**9))
    def begin_the_day(self, seed: int) -> None:
        """Most of what can happen happens to what runs."""
        self.dice = Random(f"{seed} {self.kind}")
        if self.dice.random() < 0.5:
            self.create_and_start("GEAR", "CNC-2")
        if self.dice.random() < 0.5:
            self.create_and_start("SHAFT", "CNC-1")
            self.both("operation.start", number=self.numbers[-1], sequence=10)

    @property
    def numbers(self) -> list[str]:
        return list(self.plain.orders)

    def waiting(self) -> int:
        return sum(order.status in OPEN for order in self.plain.orders.values())

    def orders(self, *statuses: str) -> list[Order]:
        return [order for order in self.plain.orders.values() if order.status in statuses]

    # orders

    @deed(
        2,
        when=lambda self: self.waiting() < 5,
        product=PRODUCTS,
        machine=[*MACHINES, None],
        quantity=some,
        how=["", "", "number", "parent", "steps"],
        place=which,
    )
    def create(self, product: str, machine: str | None, quantity: Decimal, how: str, place: int) -> None:
        steps = [{"sequence": 5, "process": "WORK", "machine": machine}, {"sequence": 10, "process": "WASH"}]
        more: dict[str, dict[str, Any]] = {
            "number": {"number": f"JOB-{place}"},
            "parent": {"parent": in_place(place, self.numbers) if self.numbers else "NONE"},
            "steps": {"operations": steps},
        }
        fields = {"product": product, "machine": machine, "quantity": quantity, **WHEN, **more.get(how, {})}
        self.both("work_order.create", **fields)

    @deed(
        6,
        when=lambda self: self.waiting() < 5,
        product=["GEAR", "SHAFT", "SHAFT", "SHAFT", "HUB", "CART"],
        machine=MACHINES,
    )
    def create_and_start(self, product: str, machine: str) -> None:
        """Bring an order to the machine, as far as it may go: most of what can happen happens after that."""
        if self.both("work_order.create", product=product, machine=machine, quantity=Decimal(4), **WHEN) is not None:
            return
        verbs = ("plan", "release", "allocate", "start", "issue")
        for verb in verbs[: self.dice.choice([3, 4, 4, 5, 5])]:
            self.both(f"work_order.{verb}", number=self.numbers[-1])

    @deed(4, when=lambda self: self.numbers, place=which, verb=["plan", "release", "start", "resume"])
    def move(self, place: int, verb: str) -> None:
        self.both(f"work_order.{verb}", number=in_place(place, self.numbers))

    @deed(1, when=lambda self: self.numbers, place=which)
    def hold(self, place: int) -> None:
        self.both("work_order.hold", number=in_place(place, self.numbers), reason="waits")

    @deed(4, when=lambda self: self.numbers, place=which, short=truths)
    def complete(self, place: int, short: bool) -> None:
        said = {"short_close_reason": "enough"} if short else {}
        begun = [order.number for order in self.orders("IN_PROGRESS")]
        self.both("work_order.complete", number=in_place(place, begun or self.numbers), **said)

    @deed(2, when=lambda self: self.numbers, place=which, bring_back=truths, parts=truths)
    def cancel(self, place: int, bring_back: bool, parts: bool) -> None:
        whole = [one.number for one in self.orders(*OPEN) if self.plain.children(one.number, OPEN)] if parts else []
        said = {"reason": "not wanted", "return_material": bring_back, "cancel_sub_orders": parts}
        self.both("work_order.cancel", number=in_place(place, whole or self.numbers), **said)

    @deed(
        2,
        when=lambda self: self.numbers,
        place=which,
        given=[
            {"quantity": Decimal(2)},
            {"quantity": Decimal(3)},
            {"quantity": Decimal(6)},
            {"machine": "CNC-1"},
            {"machine": None},
            {"priority": "URGENT", "notes": "today"},
        ],
    )
    def change(self, place: int, given: Mapping[str, Any]) -> None:
        self.both("work_order.update", number=in_place(place, self.numbers), **given)

    @deed(2, when=lambda self: self.numbers, place=which)
    def split(self, place: int) -> None:
        of_parts = [order.number for order in self.orders(*OPEN) if order.product == "CART"]
        self.both("work_order.create_sub_orders", number=in_place(place, of_parts or self.numbers))

    @deed(3, when=lambda self: self.parts(), place=which, machine=MACHINES, quantity=[None, Decimal(3), Decimal(7)])
    def bring_a_part_to_the_machine(self, place: int, machine: str, quantity: Decimal | None) -> None:
        child = in_place(place, self.parts())
        if quantity is not None:
            self.both("work_order.update", number=child.number if place % 2 else child.parent, quantity=quantity)
        self.both("work_order.update", number=child.number, machine=machine)
        for verb in ("plan", "allocate", "release", "start", "issue"):
            self.both(f"work_order.{verb}", number=child.number)
        self._report(child.number, max(child.steps, default=None), Decimal(2), Decimal(0))

    @deed(3, when=lambda self: self.orders("DRAFT", "PLANNED"), place=which, quantity=[Decimal("0.5"), *some])
    def need_more_or_less_than_is_reserved(self, place: int, quantity: Decimal) -> None:
        number = in_place(place, self.orders("DRAFT", "PLANNED")).number
        self.both("work_order.allocate", number=number, allow_partial=True)
        self.both("work_order.update", number=number, quantity=quantity)

    def parts(self) -> list[Order]:
        return [order for order in self.orders("DRAFT", "PLANNED", "RELEASED") if order.parent]

    # material

    @deed(2, when=lambda self: self.numbers, place=which, partial=truths)
    def allocate(self, place: int, partial: bool) -> None:
        self.both("work_order.allocate", number=in_place(place, self.numbers), allow_partial=partial)

    @deed(2, when=lambda self: self.numbers, place=which)
    def issue(self, place: int) -> None:
        self.both("work_order.issue", number=in_place(place, self.numbers))

    @deed(3, when=lambda self: self.lines(), place=which, quantity=(None, *some), lot=(None, None, *which))
    def issue_by_name(self, place: int, quantity: Decimal | None, lot: int | None) -> None:
        number, material = in_place(place, self.lines())
        wish = {"material": material} | ({"quantity": quantity} if quantity is not None else {})
        self.both("work_order.issue", number=number, lines=[wish | self._a_lot(material, lot)])

    @deed(2, when=lambda self: self.lines(), place=which, quantity=some, lot=(None, None, *which))
    def bring_back(self, place: int, quantity: Decimal, lot: int | None) -> None:
        number, material = in_place(place, self.lines())
        self.both(
            "work_order.return_material",
            number=number,
            material=material,
            quantity=quantity,
            **self._a_lot(material, lot),
        )

    @deed(2, when=lambda self: self.unused(), place=which)
    def bring_the_rest_back(self, place: int) -> None:
        number, material, quantity = in_place(place, self.unused())
        self.both("work_order.return_material", number=number, material=material, quantity=quantity // 2)

    def unused(self) -> list[tuple[str, str, Decimal]]:
        found = [
            (number, material, self.plain.there(number, material) - line.consumed)
            for number, order in self.plain.orders.items()
            for material, line in order.lines.items()
        ]
        return [(number, material, rest) for number, material, rest in found if rest >= 2]

    def lines(self) -> list[tuple[str, str]]:
        """Name the material lines of the orders that may be issued to, or of all."""
        chosen = self.orders("PLANNED", "RELEASED", "IN_PROGRESS") or list(self.plain.orders.values())
        return [(order.number, material) for order in chosen for material in order.lines]

    def _a_lot(self, material: str, place: int | None) -> dict[str, str]:
        lots = [*self.plain.lots_of(material), None]
        lot = in_place(place, lots) if place is not None else None
        return {"lot": lot.name} if lot is not None else {"lot": "NONE"} if place == 5 else {}

    @deed(
        2,
        material=["BAR", "NUT", "HUB"],
        quantity=some,
        lot=["NEW", "NEWER", "B-1"],
        how=[
            {},
            {},
            {"received_at": LONG_AGO + 30 * HOUR},
            {"received_at": LONG_AGO, "expires_at": LONG_AGO + HOUR},
            {"expires_at": datetime(2199, 1, 1, tzinfo=UTC)},
            {"expires_at": LONG_AGO},
            {"category": "QUARANTINE"},
        ],
    )
    def receive(self, material: str, quantity: Decimal, lot: str, how: Mapping[str, Any]) -> None:
        self.both("stock.receive", material=material, lot=lot, quantity=quantity, **how)

    @deed(1, place=which, quantity=[5, 1, -1, -20, -60])
    def count(self, place: int, quantity: int) -> None:
        lot = in_place(place, list(self.plain.lots.values()))
        self.both("stock.adjust", material=lot.material, lot=lot.name, quantity=quantity, reason="counted")

    @deed(2, place=which, verdict=["block", "unblock", "QUARANTINE", "RAW", "SCRAP"])
    def judge(self, place: int, verdict: str) -> None:
        """Let Quality say something of a lot."""
        self._judge(in_place(place, list(self.plain.lots.values())), verdict)

    def _judge(self, lot: Lot, verdict: str) -> None:
        of = {"material": lot.material, "lot": lot.name}
        if verdict.islower():
            self.both(f"stock.{verdict}", **of, **({"reason": "dents"} if verdict == "block" else {}))
        else:
            self.both("stock.set_category", **of, category=verdict)

    @deed(4, when=lambda self: self.unfit(), place=which)
    def find_good(self, place: int) -> None:
        lot = in_place(place, self.unfit())
        self._judge(lot, "unblock" if lot.blocked else "RAW")

    def unfit(self) -> list[Lot]:
        return [one for one in self.plain.lots.values() if one.blocked or one.category not in MAY_BE_USED]

    # operations and output

    @deed(
        2,
        when=lambda self: self.numbers,
        place=which,
        sequence=sequences,
        verb=["start", "resume"],
        machine=[None, None, *MACHINES, "M-1", "NONE"],
    )
    def begin(self, place: int, sequence: int, verb: str, machine: str | None) -> None:
        number = in_place(place, self.in_steps() or self.numbers)
        elsewhere = {"machine": machine} if machine else {}
        self.both(f"operation.{verb}", number=number, sequence=sequence, **elsewhere)

    @deed(1, when=lambda self: self.numbers, place=which, sequence=sequences)
    def pause(self, place: int, sequence: int) -> None:
        self.both("operation.pause", number=in_place(place, self.numbers), sequence=sequence)

    @deed(1, when=lambda self: self.numbers, place=which, sequence=sequences, good=quantities, scrapped=quantities)
    def finish(self, place: int, sequence: int, good: Decimal, scrapped: Decimal) -> None:
        self._finish(in_place(place, self.numbers), sequence, good, scrapped)

    @deed(6, when=lambda self: self.running(), place=which)
    def finish_what_runs(self, place: int) -> None:
        """Complete an operation that runs with all its pieces, or else with what was reported, so that the next ones have a chance."""
        number, sequence = in_place(place, self.running())
        order = self.plain.orders[number]
        left = max(Decimal(0), order.quantity - order.steps[sequence].good)
        if self._finish(number, sequence, left, Decimal(0)) is not None:
            self._finish(number, sequence, Decimal(0), Decimal(0))

    def _finish(self, number: str, sequence: int, good: Decimal, scrapped: Decimal) -> str | None:
        said = {"scrapped": scrapped, "scrap_reason": "burr"} if scrapped else {}
        return self.both("operation.complete", number=number, sequence=sequence, good=good, **said)

    @deed(
        2,
        when=lambda self: self.numbers,
        place=which,
        sequence=[None, None, 10, 20, 30],
        good=quantities,
        scrapped=quantities,
        more=[{}, {}, {"rework": Decimal(1)}, {"batch_number": "SHARED"}],
    )
    def report(
        self, place: int, sequence: int | None, good: Decimal, scrapped: Decimal, more: Mapping[str, Any]
    ) -> None:
        self._report(in_place(place, self.numbers), sequence, good, scrapped, **more)

    def _report(self, number: str, sequence: int | None, good: Decimal, scrapped: Decimal, **more: Any) -> None:
        said: dict[str, Any] = {"scrapped": scrapped, "scrap_reason": "burr"} if scrapped else {}
        if sequence is not None:
            said["operation"] = sequence
        self.both("work_order.record_output", number=number, good=good, **said, **more)

    @deed(3, when=lambda self: self.reported(), place=which, other=which)
    def reverse(self, place: int, other: int) -> None:
        order = in_place(place, self.reported())
        wrong = in_place(other, order.outputs).id
        self.both("work_order.reverse_output", number=order.number, output=wrong, reason="typed wrong")

    def reported(self) -> list[Order]:
        return [order for order in self.plain.orders.values() if order.outputs]

    # what is likely to be possible: chosen blindly, most of a life would be refusals

    @deed(14, when=lambda self: self.works(), place=which, scrapped=[0, 0, 1])
    def report_what_runs(self, place: int, scrapped: int) -> None:
        number, sequence = in_place(place, self.works())
        self._report(number, sequence, Decimal(1), Decimal(scrapped))

    @deed(4, when=lambda self: self.running(), place=which)
    def pause_what_runs(self, place: int) -> None:
        number, sequence = in_place(place, self.running())
        self.both("operation.pause", number=number, sequence=sequence)

    @deed(12, when=lambda self: self.paused(), place=which)
    def go_on_with_what_is_paused(self, place: int) -> None:
        """Bring the order back to work if it is held, then its operation."""
        number, sequence = in_place(place, self.paused())
        order = self.plain.orders[number]
        if order.status == "ON_HOLD":
            self.both("work_order.resume", number=number)
        if order.status == "RELEASED":
            self.both("work_order.start", number=number)
        self.both("operation.resume", number=number, sequence=sequence)

    @deed(4, when=lambda self: self.orders("ON_HOLD"), place=which)
    def go_on_with_what_is_held(self, place: int) -> None:
        number = in_place(place, self.orders("ON_HOLD")).number
        for verb in ("resume", "start"):
            self.both(f"work_order.{verb}", number=number)

    @deed(12, when=lambda self: self.in_steps(), place=which)
    def begin_the_next_operation(self, place: int) -> None:
        number = in_place(place, self.in_steps())
        waiting = [seq for seq, step in self.plain.orders[number].steps.items() if step.status == "PLANNED"]
        if waiting:
            self.both("operation.start", number=number, sequence=waiting[0])

    def works(self) -> list[tuple[str, int | None]]:
        return [machine.runs for machine in self.plain.machines.values() if machine.runs]

    def running(self) -> list[tuple[str, int]]:
        return [(number, at) for number, at in self.works() if at is not None]

    def paused(self) -> list[tuple[str, int]]:
        return [
            (number, sequence)
            for number, order in self.plain.orders.items()
            for sequence, step in order.steps.items()
            if step.status == "ON_HOLD"
        ]

    def in_steps(self) -> list[str]:
        return [order.number for order in self.orders("IN_PROGRESS") if order.steps]

    # machines

    @deed(
        2,
        place=which,
        status=["AVAILABLE", "BROKEN", "MAINTENANCE", "BROKEN", "MAINTENANCE", "RETIRED"],
    )
    def set_machine(self, place: int, status: str) -> None:
        """Only machines that were bought on the way are retired: work must go on."""
        machines = [code for code in self.plain.machines if status != "RETIRED" or code not in MACHINES] or ["NONE"]
        self.both("machine.set_status", machine=in_place(place, machines), status=status)

    @deed(1, place=which, ago=days)
    def maintain(self, place: int, ago: int) -> None:
        self._maintain(in_place(place, list(self.plain.machines)), ago)

    def _maintain(self, machine: str, ago: int) -> None:
        self.both("machine.record_maintenance", machine=machine, date=self.day(ago))

    def day(self, ago: int) -> date:
        # Far enough from today that midnight does not matter.
        return self.plain.today + timedelta(days=ago)

    @deed(
        2,
        place=which,
        hour=range(31),
        lasts=[1, 3, None, -1],
        category=["OTHER", "SETUP", "BREAKDOWN", "MAINTENANCE"],
    )
    def tell_a_stop(self, place: int, hour: int, lasts: int | None, category: str) -> None:
        """Enter a stop of long ago; without an end it goes on still, or ends now."""
        start = LONG_AGO + hour * HOUR
        end = {} if lasts is None else {"end": start + lasts * HOUR}
        fields = {"start": start, **end, "category": category, "reason": "no air"}
        self.both("downtime.record", machine=in_place(place, [*self.plain.machines]), **fields)

    @deed(3, when=lambda self: self.stopped(), place=which, hour=range(4), named=truths)
    def split_a_stop(self, place: int, hour: int, named: bool) -> None:
        machine, start = in_place(place, self.stopped())
        said = {"start": start, "category": "NO_OPERATOR", "reason": "lunch"} if named else {}
        self.both("downtime.split", machine=machine, at=start + hour * HOUR / 2, **said)

    @deed(2, place=which, hour=range(31), named=["start", "at", ""])
    def tell_a_stop_again(self, place: int, hour: int, named: str) -> None:
        told = [(code, start) for code, start in self.stopped() if hour % 2]
        machine, moment = in_place(place, told or [(code, LONG_AGO + hour * HOUR) for code in self.plain.machines])
        said = {named: moment} if named else {}
        fields = {"category": "NO_MATERIAL", "reason": "it was the bar", **said}
        self.both("downtime.recategorise", machine=machine, **fields)

    def stopped(self) -> list[tuple[str, datetime]]:
        """Name the stops that were told."""
        return [
            (code, stop.start)
            for code, machine in self.plain.machines.items()
            for stop in machine.stops
            if stop.start < ONCE
        ]

    @deed(1, count=(1, 2, 3), more=[{}, {}, {"serial_number": "S-1"}, {"status": "MAINTENANCE"}, {"status": "IN_USE"}])
    def buy_a_machine(self, count: int, more: Mapping[str, Any]) -> None:
        self.both("machine.create", machine=f"M-{count}", type="OTHER", **more)

    @deed(
        1,
        place=which,
        what=["active", "inactive", "interval", "due", "serial", "brand", "down", "up"],
        ago=days,
    )
    def change_a_machine(self, place: int, what: str, ago: int) -> None:
        given: dict[str, dict[str, Any]] = {
            "active": {"active": True},
            "inactive": {"active": False},
            "interval": {"maintenance_interval_days": 40 if ago % 2 else 0},
            "due": {"next_maintenance": self.day(ago)},
            "serial": {"serial_number": "S-1"},
            "brand": {"brand": "Mill & Co", "type": "CNC_MILLING"},
            "down": {"status": "BROKEN", "brand": "Mill & Co"},
            "up": {"status": "AVAILABLE"},
        }
        self.both("machine.update", machine=in_place(place, [*self.plain.machines]), **given[what])

    # tooling

    @deed(
        2, kind=["FIXTURE", "GAUGE"], place=which, status=["AVAILABLE", "away", "away", "BROKEN", "IN_USE", "RETIRED"]
    )
    def set_a_tool(self, kind: str, place: int, status: str) -> None:
        """Only tools that were bought on the way are retired."""
        tools = [code for of, code in self.plain.tools if of == kind and (status != "RETIRED" or code[-1] != "1")]
        away = {"FIXTURE": "MAINTENANCE", "GAUGE": "CALIBRATION"}[kind]
        self._set_tool(kind, in_place(place, tools or ["NONE"]), away if status == "away" else status)

    def _set_tool(self, kind: str, code: str, status: str) -> None:
        self.both(f"{kind.lower()}.set_status", **{kind.lower(): code}, status=status)

    @deed(1, place=which, ago=days)
    def look_after_a_tool(self, place: int, ago: int) -> None:
        self._look_after(*in_place(place, list(self.plain.tools)), ago)

    def _look_after(self, kind: str, code: str, ago: int) -> None:
        command = {"FIXTURE": "fixture.record_check", "GAUGE": "gauge.record_calibration"}[kind]
        self.both(command, **{kind.lower(): code}, date=self.day(ago))

    @deed(2, kind=["fixture", "gauge"], count=(1, 2, 3), ago=days)
    def buy_a_tool(self, kind: str, count: int, ago: int) -> None:
        given: dict[str, dict[str, Any]] = {
            "fixture": {"fixture_type": "vice", "last_checked": self.day(ago)},
            "gauge": {"calibration_date": self.day(ago)},
        }
        code = {"fixture": "FX", "gauge": "GA"}[kind]
        self.both(f"{kind}.create", code=f"{code}-{count}", name="New", **given[kind])

    @deed(10, when=lambda self: self.wrong())
    def put_right_what_is_wrong(self) -> None:
        """Bring back everything that work waits for."""
        for right in self.wrong():
            right()

    def wrong(self) -> list[Callable[[], object]]:
        found: list[Callable[[], object]] = []
        for (kind, code), tool in self.plain.tools.items():
            if tool.status == "BROKEN":
                found.append(partial(self._set_tool, kind, code, "AVAILABLE"))
            if tool.status == tool.away:
                found.append(partial(self._look_after, kind, code, -1))
            if tool.due is not None and tool.due < self.day(0) and tool.status != "RETIRED":
                found.append(partial(self._look_after, kind, code, -2))
        for code, machine in self.plain.machines.items():
            if machine.status == "MAINTENANCE":
                found.append(partial(self._maintain, code, -1))
            if machine.status == "BROKEN":
                found.append(partial(self.both, "machine.set_status", machine=code, status="AVAILABLE"))
            if not machine.active:
                found.append(partial(self.both, "machine.update", machine=code, active=True))
            if machine.due is not None and machine.due < self.day(0):
                found.append(partial(self._maintain, code, -2))
        for code, product in self.plain.products.items():
            if not product.active:
                found.append(partial(self.both, "product.update", stock_code=code, active=True))
        return found

    # products and routings

    @deed(1, count=(1, 2, 3), kind=["SEMI_FINISHED", "FINISHED"])
    def design_a_product(self, count: int, kind: str) -> None:
        self.both("product.create", stock_code=f"P-{count}", name="New", type=kind, unit="pcs")

    @deed(
        1,
        product=PRODUCTS,
        given=[{"active": False}, {"name": "Other"}, {"type": "SEMI_FINISHED"}, {"type": "FINISHED"}],
    )
    def change_a_product(self, product: str, given: Mapping[str, Any]) -> None:
        self.both("product.update", stock_code=product, **given)

    @deed(2, product=[*PRODUCTS, "P-1", "NONE"], lines=BILLS)
    def change_a_bill(self, product: str, lines: Sequence[Mapping[str, Any]]) -> None:
        self.both("bom.set", product=product, lines=lines)

    @deed(1, source=[*PRODUCTS, "P-1"], target=[*PRODUCTS, "P-1"])
    def copy_a_bill(self, source: str, target: str) -> None:
        self.both("bom.clone", source=source, target=target)

    @deed(1, code=["WASH", "PACK", "WORK"])
    def invent_a_process(self, code: str) -> None:
        self.both("process.create", process_code=code, name=code.title(), machine_type="OTHER")

    @deed(2, product=PRODUCTS, version=VERSIONS, steps=ROUTINGS)
    def write_a_routing(self, product: str, version: str, steps: Sequence[Mapping[str, Any]]) -> None:
        self.both("workflow.create", product=product, version=version, steps=steps)

    @deed(2, place=which, verb=["submit", "activate", "activate", "archive"])
    def move_a_routing(self, place: int, verb: str) -> None:
        product, version = in_place(place, self.routings())
        self.both(f"workflow.{verb}", product=product, version=version)

    @deed(4, when=lambda self: self.routings("DRAFT", "REVIEW"), place=which)
    def bring_a_routing_on(self, place: int) -> None:
        product, version = in_place(place, self.routings("DRAFT", "REVIEW"))
        written = self.plain.products[product].routings[version].status == "DRAFT"
        self.both(f"workflow.{'submit' if written else 'activate'}", product=product, version=version)

    @deed(3, place=range(1000), there=[True, True, False])
    def choose_settings(self, place: int, there: bool) -> None:
        choices = [
            (product, version, sequence, count)
            for product, version in self.routings()
            for sequence, versions in self.plain.products[product].routings[version].steps.items()
            for count in range(1, len(versions) + 1)
        ]
        product, version, sequence, count = choices[place % len(choices)]
        step = {"sequence": sequence, "config_version": count if there else 3}
        self.both("process_config.activate", product=product, version=version, **step)

    def routings(self, *statuses: str) -> list[tuple[str, str]]:
        return [
            (code, version)
            for code, product in self.plain.products.items()
            for version, routing in product.routings.items()
            if not statuses or routing.status in statuses
        ]

    # people and the plant

    @deed(1, code=["TURN", "ASSY"])
    def found_a_department(self, code: str) -> None:
        self.both("department.create", code=code, name=code.title())

    @deed(
        1,
        count=(1, 2, 3),
        roles=[[], ["OPERATOR"], ["MATERIAL_HANDLER", "VIEWER"], ["NIGHT"]],
        departments=[["MACH"], ["TURN"]],
        pin=[*([None] * 9), PIN],
    )
    def take_somebody_on(self, count: int, roles: list[str], departments: list[str], pin: str | None) -> None:
        said = {"roles": roles, "departments": departments} | ({"pin": pin} if pin else {})
        self.both("user.create", badge=f"N-{count}", name="New", **said)

    @deed(
        1,
        badge=[ADMIN, "N-1", "N-2", "N-3", "OP-1"],
        given=[{"active": False}, {"active": True}, {"name": "Other"}, {"roles": ["MATERIAL_HANDLER"]}, {"roles": []}],
    )
    def change_somebody(self, badge: str, given: Mapping[str, Any]) -> None:
        self.both("user.update", badge=badge, **given)

    @deed(1, when=lambda self: self.dice.random() < 0.3, badge=["N-1", "OP-1", "OP-1"])
    def give_a_new_pin(self, badge: str) -> None:
        """Seldom: a PIN takes 0.15 s on purpose."""
        self.both("user.set_pin", badge=badge, pin="246810")

    @deed(
        1,
        role=["NIGHT", "VIEWER", "ADMIN"],
        operations=[[], ["stock.receive", "work_order.get"], ["command.backdate"], ["no.such"]],
    )
    def change_a_role(self, role: str, operations: list[str]) -> None:
        known = [one for one in operations if one in COMMANDS or one == "no.such"]
        self.both("role.set_operations", role=role, operations=known)

    @deed(
        1,
        given=[
            {"overproduction_percent": Decimal(25)},
            {"overproduction_percent": Decimal(0)},
            {"auto_lock_minutes": 7, "timezone": "UTC"},
            {"timezone": "Moon/Base"},
            {"shifts": [{"name": "Day", "start": "07:00", "end": "16:00", "planned_stop_minutes": 45}]},
            {"shifts": [{"name": "Day", "start": "07:00", "end": "16:00"}] * 2},
        ],
    )
    def change_the_settings(self, given: Mapping[str, Any]) -> None:
        self.both("settings.set", **given)

    @deed(1, badge=["N-1", "N-2", "MAT-1", "VIEW-1", "OP-1", "NONE"], place=which)
    def let_somebody_else_do_it(self, badge: str, place: int) -> None:
        """What is done by whom may do it, and refused to anybody else."""
        said: list[tuple[str, dict[str, Any]]] = [
            ("stock.receive", {"material": "NUT", "lot": "N-1", "quantity": 1}),
            ("stock.receive", {"material": "NUT", "lot": "N-1", "quantity": 1, "at": ONCE}),
            ("stock.block", {"material": "NUT", "lot": "N-1", "reason": "rust"}),
            ("department.create", {"code": "X", "name": "X"}),
        ]
        command, fields = in_place(place, said)
        self.both(command, by=badge, **fields)

    # the envelope

    @deed(2, when=lambda self: self.kept(), place=which)
    def send_again(self, place: int) -> None:
        """The same again is answered as the first time, and does nothing."""
        before = in_place(place, self.kept())
        assert self._say(before.by, before.fields) == (before.answer, before.code)

    @deed(1, when=lambda self: self.kept(), place=which, other=truths)
    def send_something_else_by_the_same_name(self, place: int, other: bool) -> None:
        before = in_place(place, self.kept())
        line = {**before.fields, "at": ONCE - HOUR / 2}
        if other:
            line = {"command": "department.create", "code": "OTHER", "name": "Other", "command_id": line["command_id"]}
        assert self._say(before.by, line) == ({}, "SYSTEM_COMMAND_ID_REUSED")
        self.expected.append((line["command"], "WARNING", None))

    def kept(self) -> list[Sent]:
        """Give the last commands whose answer is kept and may be heard again, but for those that take a PIN."""
        return [
            one
            for one in self.sent
            if one.code not in UNKEPT
            and not one.fields.keys() & {"override", "pin"}
            and self.plain.people[one.by].active
        ]

    @deed(2, when=lambda self: self.liftable(), kind=[0, 0, 1, 2], place=which, oneself=[True, *[False] * 4])
    def have_it_lifted(self, kind: int, place: int, oneself: bool) -> None:
        """Let a second person lift what may be lifted; seldom, since that takes a PIN."""
        command, fields = in_place(place, in_place(kind, self.liftable()))
        if command == "work_order.start":
            machine = self.plain.orders[fields["number"]].machine
            self.both("machine.update", machine=machine, next_maintenance=self.day(-1))
        override = {"badge": ADMIN if oneself else SUPERVISOR, "pin": PIN, "reason": "I know"}
        self.both(command, **fields, override=override)

    def liftable(self) -> list[list[tuple[str, dict[str, Any]]]]:
        """Name what asks for more than there is, or what waits to start, kind by kind."""
        more = [
            ("work_order.issue", {"number": order.number, "lines": [{"material": material, "quantity": 1}]})
            for order in self.orders("RELEASED", "IN_PROGRESS")
            for material, line in order.lines.items()
            if self.plain.there(order.number, material) + 1 > line.required
        ]
        starts = [
            ("work_order.start", {"number": order.number})
            for order in self.orders("RELEASED")
            if order.machine and not any(self.plain.missing(order, material) for material in order.lines)
        ]
        short = [
            ("work_order.record_output", {"number": number, "good": 1} | ({"operation": at} if at else {}))
            for number, at in self.works()
            for material, line in self.plain.orders[number].lines.items()
            if not line.backflush and self.plain.orders[number].used_at(line) == at
            if self.plain.there(number, material) == line.consumed
        ]
        return [kind for kind in (short, starts, more) if kind]

    @deed(2, when=lambda self: self.waiting() < 6, product=["GEAR", "SHAFT"], place=which)
    def write_down_an_old_day(self, product: str, place: int) -> None:
        """Enter the life of an order afterwards, an hour a step."""
        machine = in_place(place, [*MACHINES, *self.plain.machines])
        at = self._later()
        if self.both("work_order.create", product=product, machine=machine, quantity=3, **WHEN, at=at) is not None:
            return
        number = self.numbers[-1]
        for verb in ("plan", "release", "allocate", "start", "issue"):
            self.both(f"work_order.{verb}", number=number, at=self._later())
        at_step = {"operation": 10} if self.plain.orders[number].steps else {}
        if at_step:
            self.both("operation.start", number=number, sequence=10, at=self._later())
        self.both("work_order.record_output", number=number, good=1, **at_step, at=self._later())

    def _later(self) -> datetime:
        self.hours += 1
        return ONCE + self.hours * HOUR

    @deed(
        3,
        when=lambda self: self.numbers,
        place=which,
        what=[
            ("work_order.hold", {"reason": "waits"}),
            ("work_order.resume", {}),
            ("work_order.start", {}),
            ("work_order.complete", {"short_close_reason": "enough"}),
            ("work_order.record_output", {"good": 1}),
            ("work_order.record_output", {"good": 1, "operation": 10}),
            ("work_order.issue", {}),
            ("work_order.return_material", {"material": "BAR", "quantity": Decimal("0.333")}),
            ("operation.start", {"sequence": 20}),
            ("operation.pause", {"sequence": 10}),
            ("operation.resume", {"sequence": 10}),
            ("operation.complete", {"sequence": 10, "good": 1}),
            ("stock.adjust", {"material": "BAR", "lot": "NEW", "quantity": 1, "reason": "counted"}),
            ("machine.set_status", {"machine": "CNC-1", "status": "BROKEN"}),
            ("machine.set_status", {"machine": "CNC-1", "status": "AVAILABLE"}),
        ],
        earlier=[0, 0, 0, 3, 80, -(10**5)],
    )
    def enter_late(self, place: int, what: tuple[str, Mapping[str, Any]], earlier: int) -> None:
        command, fields = what
        old = [order.number for order in self.orders(*OPEN, "COMPLETED") if order.last_event < LATEST]
        number = {} if command.startswith(("stock", "machine")) else {"number": in_place(place, old or self.numbers)}
        self.both(command, **number, **fields, at=self._later() - earlier * HOUR)

    @deed(6, name=sorted(TOLD_LATE), earlier=[0, 0, 0, 3, 80, 1000, -(10**5)])
    def tell_late(self, name: str, earlier: int) -> None:
        """Enter afterwards what was done to a machine, to its stops, to tooling, to a lot, or to what the plant knows."""
        (late,) = [one for one in DEEDS if one.name == name]
        if late.when(self):
            self.at = self._later() - earlier * HOUR
            self._do(late)
            self.at = None

    @deed(4)
    def say_what_is_wrong(self) -> None:
        for command, fields in self.dice.sample(WRONG, 5):
            assert self.both(command, **fields) is not None

    # after every step

    @invariant()
    def the_books_add_up_and_the_shop_is_as_the_model_says(self) -> None:
        seen = self.sides.look()
        assert seen.entries == self.expected
        self.expected = []
        assert seen.changed <= seen.lines, f"changed without a line in the audit log: {seen.changed - seen.lines}"
        assert seen.things <= self.touched, f"changed unheard of: {seen.things - self.touched}"
        assert seen.stale == set(), "changed under the same version"
        answer = self.sent[-1].answer if self.sent else {}
        if "version" in answer:
            assert self.sides.version_of(answer) in (None, answer["version"]), self.sent[-1]
        self.touched = set()
        assert self.sides.differences() == []
        assert self.desk.faults(self.sides.rows) == []
        for number in self.parents():
            # One question costs more than the rest of the look: so only when it should have changed, and once more at the end.
            if self.makeable.get(number) != self.plain.makeable(number):
                self.makeable[number] = self.desk.detail(number).makeable
                assert self.makeable[number] == self.plain.makeable(number), number

    def parents(self) -> set[str]:
        return {order.parent for order in self.plain.orders.values() if order.parent is not None}


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_whatever_is_done_the_shop_does_as_the_model_and_the_books_add_up(
    database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    class OnThis(Driven):
        kind = database
        open_desk = staticmethod(furnished(database, request, tmp_path))

    OnThis.done, OnThis.lifted, OnThis.steps, OnThis.refused = Counter(), Counter(), Counter(), Counter()
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
    refused = {command for command, _ in OnThis.refused}
    assert set(OnThis.done) == set(COMMANDS), f"never carried out: {set(COMMANDS) - set(OnThis.done)}"
    assert refused == set(COMMANDS), f"never refused: {set(COMMANDS) - refused}"
    assert set(OnThis.lifted) == MAY_BE_LIFTED, OnThis.lifted
    assert OnThis.steps.total() > 1500, "fewer steps than were asked for"
    assert OnThis.done.total() > OnThis.steps.total() / 2, OnThis.done
    assert len(OnThis.refused) > 120, OnThis.refused


def furnished(database: str, request: pytest.FixtureRequest, folder: Path) -> Callable[[], Desk]:
    """Furnish one plant, and give a way to a copy of it for each example."""
    if database == "sqlite":
        places = iter(range(10_000))
        first = folder / "furnished.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), first)
        furnish(f"sqlite:///{first}")

        def copied() -> Desk:
            path = folder / f"{next(places)}.db"
            shutil.copyfile(first, path)
            return Desk(f"sqlite:///{path}")

        return copied
    cluster = request.getfixturevalue("postgres")
    url = cluster.create_database(request.getfixturevalue("postgres_template"))
    furnish(url)
    cluster.seal(url)
    return lambda: Desk(cluster.create_database(url))


def furnish(url: str) -> None:
    desk = Desk(url)
    for line in FURNITURE:
        desk.do(**line)
    desk.close()


def test_every_code_that_may_be_lifted_is_known_to_the_model() -> None:
    assert {code for code, entry in CATALOGUE.items() if entry.overridable} == MAY_BE_LIFTED
