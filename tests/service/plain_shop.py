"""A shop in plain Python: what is done in the plain plant with orders, their material, operations and output, and with machines.

The state machine in test_whole_shop drives it beside the real one.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.service.plain_plant import ZERO, Lot, Part, PlainPlant, Refused, Tool, exact, refuse, rounded

OPEN = {"DRAFT", "PLANNED", "RELEASED", "IN_PROGRESS", "ON_HOLD"}
OVER = {"COMPLETED", "CANCELLED"}


@dataclass
class Stop:
    start: datetime
    end: datetime | None
    category: str


@dataclass
class Machine:
    type: str
    status: str = "AVAILABLE"
    """Without being in use, which is told by what runs."""
    runs: tuple[str, int | None] | None = None
    """The order, and its operation if it has operations."""
    since: datetime | None = None
    active: bool = True
    serial: str | None = None
    interval: int = 90
    last: date | None = None
    due: date | None = None
    looked_after: int = 0
    """How often."""
    stops: list[Stop] = field(default_factory=list)


@dataclass
class Line:
    """What an order needs of a material; what it has of it is told by the lots."""

    required: Decimal
    backflush: bool
    at: int | None
    """Sequence of the operation whose pieces use it."""
    consumed: Decimal = ZERO


@dataclass
class Step:
    machine: str | None
    fixture: str | None = None
    gauge: str | None = None
    overlap: Decimal | None = None
    status: str = "PLANNED"
    good: Decimal = ZERO
    scrapped: Decimal = ZERO
    started: datetime | None = None


@dataclass
class Output:
    good: Decimal
    scrapped: Decimal
    batch: str
    step: int | None
    at: datetime
    backflushed: Mapping[tuple[str, str], Decimal]
    """What it took by itself from which lots."""
    id: int | None = None
    """The number that the database gives it."""
    reversed: bool = False


@dataclass
class Order:
    number: str
    product: str
    machine: str | None
    quantity: Decimal
    lines: dict[str, Line]
    steps: dict[int, Step]
    parent: str | None
    last_event: datetime
    status_at: datetime
    status: str = "DRAFT"
    good: Decimal = ZERO
    scrapped: Decimal = ZERO
    started: datetime | None = None
    fills_bill: bool = False
    """Whether it was made for a line of its parent's bill of material that is still there."""
    outputs: list[Output] = field(default_factory=list)

    @property
    def left(self) -> Iterator[tuple[int, Step]]:
        """The operations that are still to be done."""
        return ((sequence, step) for sequence, step in sorted(self.steps.items()) if step.status not in OVER)

    def used_at(self, line: Line) -> int | None:
        if not self.steps:
            return None
        return line.at if line.at in self.steps else min(self.steps)

    def used_by(self, line: Line, pieces: Decimal) -> Decimal:
        return rounded(line.required * pieces / self.quantity)

    def pieces(self, sequence: int | None) -> Decimal:
        made = self if sequence is None else self.steps[sequence]
        return made.good + made.scrapped

    def is_last(self, sequence: int | None) -> bool:
        return sequence is None or sequence == max(self.steps)


class PlainShop(PlainPlant):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.machines: dict[str, Machine] = {}
        self.orders: dict[str, Order] = {}
        self.series: dict[int, int] = {}

    def _order(self, number: str) -> Order:
        refuse("WORK_ORDER_NOT_FOUND", number not in self.orders)
        return self.orders[number]

    def children(self, number: str, among: Collection[str] = OPEN | OVER) -> list[Order]:
        return [order for order in self.orders.values() if order.parent == number and order.status in among]

    def makeable(self, number: str) -> Decimal:
        """The smallest over the sub orders of floor(child good / quantity per parent): that of the bill, else what the two orders ask for."""
        order, bill = self.orders[number], self.products[self.orders[number].product].bill or {}
        per_parent = {}
        for child in self.children(number):
            is_part = child.fills_bill or self.products[child.product].type == "SEMI_FINISHED"
            of_bill = bill[child.product].quantity if is_part and child.product in bill else None
            per_parent[child.number] = of_bill or child.quantity / order.quantity
        return min((self.orders[child].good / each) // 1 for child, each in per_parent.items())

    def _set_bill(self, product: str, bill: dict[str, Part]) -> None:
        super()._set_bill(product, bill)
        for child in self.orders.values():
            if child.parent is not None and self.orders[child.parent].product == product and child.product not in bill:
                child.fills_bill = False

    # orders are made and changed

    def work_order_create(
        self,
        product: str,
        quantity: Any,
        number: str | None = None,
        machine: str | None = None,
        parent: str | None = None,
        operations: Sequence[Mapping[str, Any]] | None = None,
        **_: Any,
    ) -> None:
        refuse("WORK_ORDER_INVALID_QUANTITY", exact(quantity) <= 0)
        made = self._product(product)
        refuse("VALIDATION_INVALID_CHOICE", not made.active)
        refuse("WORK_ORDER_DUPLICATE_NUMBER", number in self.orders)
        self._may_be_named(machine)
        for operation in operations or ():
            refuse("VALIDATION_INVALID_CHOICE", operation["process"] not in self.processes)
            self._may_be_named(operation.get("machine"))
        refuse("WORK_ORDER_NOT_EDITABLE", parent is not None and self._order(parent).status not in OPEN)
        given = None
        if operations is not None:
            overlaps = [one.get("overlap_quantity") for one in operations]
            given = {
                one["sequence"]: Step(one.get("machine"), overlap=None if passed is None else exact(passed))
                for one, passed in zip(operations, overlaps, strict=True)
            }
        self._make(product, exact(quantity), number=number, machine=machine, parent=parent, steps=given)

    def _may_be_named(self, machine: str | None) -> None:
        if machine is not None:
            refuse("MACHINE_NOT_FOUND", machine not in self.machines)
            refuse("MACHINE_INACTIVE", not self.machines[machine].active)
            refuse("MACHINE_RETIRED", self.machines[machine].status == "RETIRED")

    def _make(
        self,
        product: str,
        quantity: Decimal,
        *,
        number: str | None = None,
        machine: str | None = None,
        parent: str | None = None,
        steps: dict[int, Step] | None = None,
    ) -> Order:
        number = number or self._next_number()
        if steps is None:
            steps = {
                sequence: Step(settings.machine, settings.fixture, settings.gauge, settings.overlap)
                for routing in self.products[product].routings.values()
                if routing.status == "ACTIVE"
                for sequence, versions in routing.steps.items()
                for settings in versions
                if settings.status == "ACTIVE"
            }
        bill = self.products[product].bill or {}
        lines = {material: _line(part, quantity) for material, part in bill.items()}
        self.orders[number] = Order(number, product, machine, quantity, lines, steps, parent, self.now, self.now)
        return self.orders[number]

    def _next_number(self) -> str:
        now = self.now if self.is_late else datetime.now(ZoneInfo(self.timezone))
        year = now.astimezone(ZoneInfo(self.timezone)).year
        self.series[year] = self.series.get(year, 0) + 1
        return f"WO-{year}-{self.series[year]:05d}"

    def work_order_update(self, number: str, **given: Any) -> None:
        order = self._order(number)
        later = {"machine", "priority", "notes"}
        fixed = order.status in OVER | {"IN_PROGRESS"} or (
            order.status in ("RELEASED", "ON_HOLD") and given.keys() - later
        )
        refuse("WORK_ORDER_NOT_EDITABLE", fixed)
        self._may_be_named(given.get("machine"))
        self._follows(order.last_event)
        order.machine = given.get("machine", order.machine)
        if "quantity" in given:
            order.quantity = exact(given["quantity"])
            self._take_on(order, self._following(order))
        self._touch(order)

    def _following(self, order: Order) -> dict[str, Line]:
        """Give the lines as the bill of material has them now; one that is no longer in it stays if something was issued for it."""
        bill, lines = self.products[order.product].bill or {}, {}
        for material, line in order.lines.items():
            needs = _line(bill.get(material) or Part(ZERO, ZERO, line.backflush, line.at), order.quantity)
            if material in bill or any(lot.shares[order.number].issued for lot in self.lots_of(material)):
                lines[material] = replace(needs, consumed=line.consumed)
        return lines | {new: _line(bill[new], order.quantity) for new in bill if new not in lines}

    def _take_on(self, order: Order, lines: dict[str, Line]) -> None:
        for material in order.lines:
            self._give_back_surplus(order, material, lines[material].required if material in lines else ZERO)
        order.lines = lines

    def _give_up(self, order: Order, material: str) -> None:
        for lot in self.lots_of(material):
            lot.shares[order.number].reserved = ZERO

    def work_order_create_sub_orders(self, number: str) -> None:
        order = self._order(number)
        refuse("WORK_ORDER_NOT_EDITABLE", order.status not in OPEN)
        self._follows(order.last_event)
        bill = self.products[order.product].bill
        if bill is None:
            raise Refused("MATERIAL_BOM_NOT_FOUND")
        there = {child.product for child in self.children(number)}
        missing = {
            code: rounded(part.quantity * order.quantity)
            for code, part in bill.items()
            if self.products[code].type == "SEMI_FINISHED" and code not in there
        }
        for code, quantity in missing.items():
            refuse("WORK_ORDER_INVALID_QUANTITY", quantity <= 0)
            refuse("VALIDATION_INVALID_CHOICE", not self.products[code].active)
        for code, quantity in missing.items():
            self._make(code, quantity, parent=number).fills_bill = True

    # the moves

    def _move(self, order: Order, to: str) -> None:
        order.status, order.status_at = to, self.now
        self._touch(order)

    def _touch(self, order: Order) -> None:
        order.last_event = max(order.last_event, self.now)

    def _moved(self, number: str, frm: Collection[str], to: str) -> None:
        order = self._order(number)
        refuse("WORK_ORDER_INVALID_TRANSITION", order.status not in frm)
        self._follows(order.last_event)
        self._move(order, to)

    def work_order_plan(self, number: str) -> None:
        self._moved(number, {"DRAFT"}, "PLANNED")

    def work_order_resume(self, number: str) -> None:
        self._moved(number, {"ON_HOLD"}, "RELEASED")

    def work_order_hold(self, number: str, **_: Any) -> None:
        self._moved(number, {"PLANNED", "RELEASED", "IN_PROGRESS"}, "ON_HOLD")
        self._stop(self.orders[number])

    def work_order_release(self, number: str) -> None:
        order = self._order(number)
        refuse("WORK_ORDER_INVALID_TRANSITION", order.status != "PLANNED")
        refuse("MATERIAL_BOM_NOT_FOUND", self._lacks_bill(order))
        self._follows(order.last_event)
        self._take_on(order, self._following(order))
        self._move(order, "RELEASED")

    def _lacks_bill(self, order: Order) -> bool:
        product = self.products[order.product]
        return product.type != "RAW" and product.bill is None

    def work_order_start(self, number: str) -> None:
        order = self._order(number)
        refuse("WORK_ORDER_ALREADY_STARTED", order.status == "IN_PROGRESS")
        refuse("WORK_ORDER_ALREADY_COMPLETED", order.status == "COMPLETED")
        refuse("WORK_ORDER_CANNOT_START", order.status != "RELEASED")
        needs_one = not order.steps or any(step.machine is None for _, step in order.left)
        found = ["WORK_ORDER_NO_MACHINE"] if order.machine is None and needs_one else []
        if order.machine is not None:
            found += self._cannot_run(order.machine)
            found += ["MACHINE_ALREADY_IN_USE"] if not order.steps and self.machines[order.machine].runs else []
            found += self._overdue(order.machine)
        if any(self.missing(order, material) for material in order.lines):
            begun = any(self.reserved(number, one) or self.there(number, one) for one in order.lines)
            found += [*([] if begun else ["WORK_ORDER_NO_MATERIALS"]), "MATERIAL_NOT_ALLOCATED"]
        for _, step in order.left:
            found += self._unfit(step, in_turns=True)
        self._insist(found)
        machine = None if order.steps or order.machine is None else self.machines[order.machine]
        self._follows(order.last_event, machine.since if machine else None)
        if machine:
            machine.runs, machine.since = (number, None), self.now
        order.started = order.started or self.now
        self._move(order, "IN_PROGRESS")

    def _cannot_run(self, machine: str) -> list[str]:
        there = self.machines[machine]
        down = {"BROKEN": "MACHINE_BROKEN", "MAINTENANCE": "MACHINE_UNDER_MAINTENANCE", "RETIRED": "MACHINE_RETIRED"}
        return [
            *([] if there.active else ["MACHINE_INACTIVE"]),
            *([down[there.status]] if there.status in down else []),
        ]

    def _overdue(self, machine: str) -> list[str]:
        due = self.machines[machine].due
        return ["MACHINE_MAINTENANCE_OVERDUE"] if due is not None and due < self.today else []

    def tools_of(self, step: Step) -> list[Tool]:
        both = (("FIXTURE", step.fixture), ("GAUGE", step.gauge))
        return [self.tools[kind, code] for kind, code in both if code is not None]

    def _unfit(self, step: Step, *, in_turns: bool) -> list[str]:
        """Name what is wrong with what a step is done with; what another work has comes free again, for work that takes turns."""
        found = []
        for tool in self.tools_of(step):
            if tool.status not in (("AVAILABLE", "IN_USE") if in_turns else ("AVAILABLE",)):
                found.append(f"{tool.kind}_NOT_AVAILABLE")
            if tool.due is not None and tool.due < self.today:
                found.append("FIXTURE_CHECK_OVERDUE" if tool.kind == "FIXTURE" else "GAUGE_CALIBRATION_OVERDUE")
        return found

    def _stop(self, order: Order) -> None:
        """Free the machines and the tooling of an order; what ran is paused."""
        for step in order.steps.values():
            if step.status == "IN_PROGRESS":
                step.status = "ON_HOLD"
                self._lay_down(step)
        for machine in self.machines.values():
            if machine.runs is not None and machine.runs[0] == order.number:
                machine.runs, machine.since = None, self.now

    def _lay_down(self, step: Step) -> None:
        for tool in self.tools_of(step):
            tool.status = "AVAILABLE"

    def work_order_complete(self, number: str, short_close_reason: str | None = None) -> None:
        order = self._order(number)
        refuse("WORK_ORDER_ALREADY_COMPLETED", order.status == "COMPLETED")
        refuse("WORK_ORDER_INVALID_TRANSITION", order.status != "IN_PROGRESS")
        refuse("WORK_ORDER_OPEN_OPERATIONS", any(step.status == "IN_PROGRESS" for step in order.steps.values()))
        refuse("WORK_ORDER_OPEN_SUB_ORDERS", self.children(number, OPEN))
        refuse("WORK_ORDER_QUANTITY_SHORT", order.good < order.quantity and short_close_reason is None)
        self._follows(order.last_event)
        self._end(order, "COMPLETED")

    def work_order_cancel(
        self, number: str, return_material: bool = False, cancel_sub_orders: bool = False, **_: Any
    ) -> None:
        family = [self._order(number)]
        refuse("WORK_ORDER_INVALID_TRANSITION", family[0].status not in OPEN)
        for order in family:
            family += self.children(order.number, OPEN) if cancel_sub_orders else []
            there = any(self.there(order.number, material) for material in order.lines)
            refuse("WORK_ORDER_HAS_ISSUED_MATERIAL", there and not return_material)
            self._follows(order.last_event)
        for order in family:
            for material, line in order.lines.items() if return_material else ():
                self._bring_back(order, material, self.there(order.number, material) - line.consumed)
            self._end(order, "CANCELLED")

    def _end(self, order: Order, status: str) -> None:
        self._stop(order)
        for material in order.lines:
            self._give_up(order, material)
        for _, step in order.left:
            step.status = "CANCELLED"
        self._move(order, status)

    # material

    def reserved(self, number: str, material: str) -> Decimal:
        return sum((lot.shares[number].reserved for lot in self.lots_of(material)), ZERO)

    def there(self, number: str, material: str) -> Decimal:
        """What was issued to an order and not brought back."""
        return sum((lot.shares[number].there for lot in self.lots_of(material)), ZERO)

    def missing(self, order: Order, material: str) -> Decimal:
        return self._missing(order, material, order.lines[material])

    def _missing(self, order: Order, material: str, line: Line) -> Decimal:
        has = self.reserved(order.number, material) + self.there(order.number, material)
        return max(ZERO, line.required - has)

    def _in_its_time(self, order: Order) -> None:
        """Material may be entered late between two outputs, but not before the order came into its status."""
        self._follows(order.status_at)

    def work_order_allocate(self, number: str, allow_partial: bool = False) -> None:
        order = self._order(number)
        refuse("WORK_ORDER_INVALID_TRANSITION", order.status not in ("DRAFT", "PLANNED", "RELEASED", "ON_HOLD"))
        lines = order.lines
        if order.status in ("DRAFT", "PLANNED"):
            refuse("MATERIAL_BOM_NOT_FOUND", self._lacks_bill(order))
            lines = self._following(order)
        missing = {material: self._missing(order, material, line) for material, line in lines.items()}
        refuse("MATERIAL_ALREADY_ALLOCATED", lines and not any(missing.values()))
        self._in_its_time(order)
        picks: dict[str, list[tuple[Lot, Decimal]]] = {}
        for material, wanted in missing.items():
            free = ((lot, lot.free) for lot in self.in_order_of_use(material) if not lot.unfit(self.now))
            picks[material] = _pick(free, wanted)
            refuse("MATERIAL_INSUFFICIENT_STOCK", _sum(picks[material]) < wanted and not allow_partial)
        self._take_on(order, lines)
        for chosen in picks.values():
            for lot, quantity in chosen:
                lot.shares[number].reserved += quantity
        self._touch(order)

    def work_order_issue(self, number: str, lines: Sequence[Mapping[str, Any]] | None = None) -> None:
        order = self._order(number)
        refuse("WORK_ORDER_INVALID_TRANSITION", order.status not in ("PLANNED", "RELEASED", "IN_PROGRESS"))
        self._in_its_time(order)
        if lines is None:
            picked = [material for material, line in order.lines.items() if not line.backflush]
            lines = [{"material": material} for material in picked if self.reserved(number, material)]
            refuse("MATERIAL_NOT_ALLOCATED", picked and not lines)
        takes: list[tuple[Lot, Decimal]] = []
        found: list[str] = []
        for wish in lines:
            chosen, speaks_against = self._chosen(order, **wish)
            takes += chosen
            found += speaks_against
        self._insist(found + [code for lot, _ in takes for code in lot.unfit(self.now)])
        self._take(order, takes)
        for material in {lot.material for lot, _ in takes}:
            self._give_back_surplus(order, material, order.lines[material].required)
        self._touch(order)

    def _chosen(
        self, order: Order, material: str, quantity: Any = None, lot: str | None = None
    ) -> tuple[list[tuple[Lot, Decimal]], list[str]]:
        """Choose the lots for one wish, and name what speaks against it."""
        if material not in order.lines:
            return [], ["MATERIAL_NOT_FOUND"]
        required = order.lines[material].required
        reserved, there = self.reserved(order.number, material), self.there(order.number, material)
        if lot is not None:
            if (material, lot) not in self.lots:
                return [], ["MATERIAL_LOT_NOT_FOUND"]
            named = self.lots[material, lot]
            own = named.shares[order.number].reserved
            usual = own or min(named.free, max(ZERO, required - there))
            wanted = usual if quantity is None else exact(quantity)
            if wanted <= 0:
                return [], ["MATERIAL_NOT_ALLOCATED"]
            above = ["MATERIAL_ALLOCATION_EXCEEDED"] if there + wanted > required else []
            return [(named, wanted)], above + (["MATERIAL_INSUFFICIENT_STOCK"] if wanted > own + named.free else [])
        wanted = reserved if quantity is None else exact(quantity)
        above = ["MATERIAL_ALLOCATION_EXCEEDED"] if there + wanted > required else []
        if wanted <= 0 or (wanted > reserved and not above):
            return [], ["MATERIAL_NOT_ALLOCATED"]
        chosen = self._from_lots(order, material, wanted, beyond_reserved=bool(above))
        return chosen, above + (["MATERIAL_INSUFFICIENT_STOCK"] if _sum(chosen) < wanted else [])

    def _from_lots(
        self, order: Order, material: str, wanted: Decimal, *, beyond_reserved: bool
    ) -> list[tuple[Lot, Decimal]]:
        """Choose from what is reserved, and what is more than that from free stock."""
        lots = self.in_order_of_use(material)
        own = _pick(((lot, lot.shares[order.number].reserved) for lot in lots), wanted)
        if not beyond_reserved:
            return own
        free = _pick(((lot, lot.free) for lot in lots if not lot.unfit(self.now)), wanted - _sum(own))
        return own + free

    def _take(self, order: Order, takes: Sequence[tuple[Lot, Decimal]]) -> None:
        for lot, quantity in takes:
            share = lot.shares[order.number]
            share.reserved -= min(quantity, share.reserved)
            share.issued += quantity
            share.first_issued = min(share.first_issued or self.now, self.now)
            lot.on_hand -= quantity

    def _give_back_surplus(self, order: Order, material: str, required: Decimal) -> None:
        """Free what is reserved above the need, in the lots that would be used last."""
        reserved, there = self.reserved(order.number, material), self.there(order.number, material)
        surplus = reserved - max(ZERO, required - there)
        for lot in reversed(self.in_order_of_use(material)):
            freed = max(ZERO, min(surplus, lot.shares[order.number].reserved))
            lot.shares[order.number].reserved -= freed
            surplus -= freed

    def work_order_return_material(self, number: str, material: str, quantity: Any, lot: str | None = None) -> None:
        order = self._order(number)
        refuse("MATERIAL_NOT_FOUND", material not in order.lines)
        self._in_its_time(order)
        out = [one for one in self.lots_of(material) if one.shares[number].there and lot in (None, one.name)]
        refuse("MATERIAL_LOT_NOT_FOUND", lot is not None and not out)
        unused = self.there(number, material) - order.lines[material].consumed
        returnable = min(unused, sum((one.shares[number].there for one in out), ZERO))
        refuse("MATERIAL_RETURN_EXCEEDED", exact(quantity) > returnable)
        backs = _pick([(one, one.shares[number].there) for one in reversed(out)], exact(quantity))
        self._follows(*(one.shares[number].first_issued for one, _ in backs))
        self._bring_back(order, material, exact(quantity), lot)
        self._touch(order)

    def _bring_back(self, order: Order, material: str, quantity: Decimal, name: str | None = None) -> None:
        """Put what was issued back into the lots that it came from, the newest first."""
        for lot in reversed(self.lots_of(material)):
            back = min(quantity, lot.shares[order.number].there) if name in (None, lot.name) else ZERO
            lot.shares[order.number].returned += back
            lot.on_hand += back
            quantity -= back

    # operations

    def _step(self, number: str, sequence: int | None) -> tuple[Order, Step]:
        order = self._order(number)
        refuse("OPERATION_NOT_FOUND", sequence not in order.steps)
        return order, order.steps[sequence or 0]

    def operation_start(self, number: str, sequence: int, machine: str | None = None) -> None:
        order, step = self._step(number, sequence)
        refuse("MACHINE_NOT_FOUND", machine not in (None, *self.machines))
        self._runs_already(order, step, ("IN_PROGRESS", "ON_HOLD"))
        ahead = [] if self._may_follow(order, sequence) else ["OPERATION_INVALID_SEQUENCE"]
        self._begin(order, sequence, machine, ahead)

    def operation_resume(self, number: str, sequence: int, machine: str | None = None) -> None:
        order, step = self._step(number, sequence)
        refuse("MACHINE_NOT_FOUND", machine not in (None, *self.machines))
        self._runs_already(order, step, ("IN_PROGRESS",))
        self._begin(order, sequence, machine, [])

    def _runs_already(self, order: Order, step: Step, running: Collection[str]) -> None:
        refuse("OPERATION_ALREADY_COMPLETED", step.status == "COMPLETED")
        refuse("OPERATION_ALREADY_STARTED", step.status in running)
        refuse("OPERATION_CANNOT_START", step.status == "CANCELLED")
        refuse("PRODUCTION_OPERATION_NOT_STARTED", step.status == "PLANNED" and "ON_HOLD" not in running)
        refuse("OPERATION_CANNOT_START", order.status != "IN_PROGRESS")

    def _may_follow(self, order: Order, sequence: int) -> bool:
        """Everything before is done or has passed on enough to the step behind it, back to a step that waits for nobody."""
        behind = order.steps[sequence]
        for before in (order.steps[seq] for seq in sorted(order.steps, reverse=True) if seq < sequence):
            if behind.overlap == 0:
                return True
            if before.status not in OVER and (behind.overlap is None or before.good < behind.overlap):
                return False
            behind = before
        return True

    def _begin(self, order: Order, sequence: int, named: str | None, found: list[str]) -> None:
        step = order.steps[sequence]
        place = named or step.machine or order.machine
        if place is None:
            found.append("WORK_ORDER_NO_MACHINE")
        else:
            found += self._cannot_run(place)
            if runs := self.machines[place].runs:
                found.append("OPERATION_MACHINE_CONFLICT" if runs[0] == order.number else "MACHINE_ALREADY_IN_USE")
            found += self._overdue(place)
        self._insist(found + self._unfit(step, in_turns=False))
        assert place is not None
        self._follows(order.last_event, self.machines[place].since)
        step.status, step.started, step.machine = "IN_PROGRESS", step.started or self.now, named or step.machine
        self.machines[place].runs, self.machines[place].since = (order.number, sequence), self.now
        for tool in self.tools_of(step):
            tool.status = "IN_USE"
        self._touch(order)

    def operation_pause(self, number: str, sequence: int, **_: Any) -> None:
        order, step = self._step(number, sequence)
        self._must_run(step)
        self._follows(order.last_event)
        self._leave(order, sequence, "ON_HOLD")

    def _must_run(self, step: Step) -> None:
        refuse("OPERATION_ALREADY_COMPLETED", step.status == "COMPLETED")
        refuse("PRODUCTION_OPERATION_NOT_STARTED", step.status != "IN_PROGRESS")

    def _leave(self, order: Order, sequence: int, status: str) -> None:
        order.steps[sequence].status = status
        self._lay_down(order.steps[sequence])
        for machine in self.machines.values():
            if machine.runs == (order.number, sequence):
                machine.runs, machine.since = None, self.now
        self._touch(order)

    def operation_complete(self, number: str, sequence: int, good: Any, scrapped: Any = 0, **_: Any) -> None:
        order, step = self._step(number, sequence)
        self._must_run(step)
        if exact(good) or exact(scrapped):
            self._may_report(order, sequence, exact(good), exact(scrapped), ZERO)
        self._follows(order.last_event)
        if exact(good) or exact(scrapped):
            self._book(order, sequence, exact(good), exact(scrapped), number)
        self._leave(order, sequence, "COMPLETED")

    # output

    def work_order_record_output(
        self,
        number: str,
        good: Any,
        scrapped: Any = 0,
        rework: Any = 0,
        operation: int | None = None,
        batch_number: str | None = None,
        **_: Any,
    ) -> None:
        order = self._order(number)
        refuse("OPERATION_NOT_FOUND", operation is not None and operation not in order.steps)
        sequence = operation or max(order.steps, default=None)
        self._may_report(order, sequence, exact(good), exact(scrapped), exact(rework))
        began = order.started if sequence is None else order.steps[sequence].started
        self._follows(began)
        self._book(order, sequence, exact(good), exact(scrapped), batch_number or number)

    def _may_report(
        self, order: Order, sequence: int | None, good: Decimal, scrapped: Decimal, rework: Decimal
    ) -> None:
        step = order.steps[sequence] if sequence is not None else None
        refuse("PRODUCTION_ALREADY_COMPLETED", order.status == "COMPLETED")
        refuse("PRODUCTION_OPERATION_NOT_STARTED", order.status != "IN_PROGRESS")
        refuse("PRODUCTION_ALREADY_COMPLETED", step and step.status == "COMPLETED")
        refuse("PRODUCTION_OPERATION_NOT_STARTED", step and step.status != "IN_PROGRESS")
        refuse("PRODUCTION_OUTPUT_INVALID", not (good or scrapped or rework))
        limit = rounded(order.quantity * (1 + self.tolerance / 100))
        refuse("PRODUCTION_OUTPUT_EXCEEDS_ORDER", good and (step or order).good + good > limit)

    def _book(self, order: Order, sequence: int | None, good: Decimal, scrapped: Decimal, batch: str) -> None:
        """Count the pieces, use the material, issue what is backflushed, and put the pieces into stock."""
        before = order.pieces(sequence)
        takes: list[tuple[Lot, Decimal]] = []
        consumed: dict[str, Decimal] = {}
        found: list[str] = []
        for material, line in order.lines.items():
            used = order.used_by(line, before + good + scrapped) - order.used_by(line, before)
            if order.used_at(line) != sequence or not used:
                continue
            consumed[material], there = line.consumed + used, self.there(order.number, material)
            short = consumed[material] - there
            if short > 0 and line.backflush:
                chosen = self._from_lots(order, material, short, beyond_reserved=True)
                found += ["MATERIAL_INSUFFICIENT_STOCK"] if _sum(chosen) < short else []
                found += [code for lot, _ in chosen for code in lot.unfit(self.now)]
                takes += chosen
            elif short > 0:
                # Lifted, use is booked only as far as the material is there.
                found.append("MATERIAL_NOT_ISSUED")
                consumed[material] = there
        self._insist(found)
        piles = [
            (f"{batch}-SCRAP", "SCRAP", scrapped),
            (
                batch,
                "FINISHED" if self.products[order.product].type == "FINISHED" else "PROCESS",
                good if order.is_last(sequence) else ZERO,
            ),
        ]
        for name, category, quantity in piles:
            there_is = self.lots.get((order.product, name))
            shared = there_is and quantity and (there_is.category == "SCRAP") != (category == "SCRAP")
            refuse("VALIDATION_INVALID_CHOICE", shared)
        self._take(order, takes)
        for material, used in consumed.items():
            order.lines[material].consumed = used
        for name, category, quantity in reversed(piles):
            if quantity:
                key = order.product, name
                lot = self.lots.setdefault(key, Lot(order.product, name, category, self.now))
                lot.on_hand += quantity
        self._count(order, sequence, good, scrapped)
        backflushed: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for lot, quantity in takes:
            backflushed[lot.material, lot.name] += quantity
        order.outputs.append(Output(good, scrapped, batch, sequence, self.now, backflushed))

    def _count(self, order: Order, sequence: int | None, good: Decimal, scrapped: Decimal) -> None:
        if sequence is not None:
            order.steps[sequence].good += good
            order.steps[sequence].scrapped += scrapped
        order.good += good if order.is_last(sequence) else ZERO
        order.scrapped += scrapped
        self._touch(order)

    def work_order_reverse_output(self, number: str, output: int, **_: Any) -> None:
        order = self._order(number)
        refuse("WORK_ORDER_INVALID_TRANSITION", order.status not in ("RELEASED", "IN_PROGRESS", "ON_HOLD", "COMPLETED"))
        wrong = next((one for one in order.outputs if one.id == output), None)
        if wrong is None:
            raise Refused("PRODUCTION_OUTPUT_INVALID")
        refuse("PRODUCTION_ALREADY_REVERSED", wrong.reversed)
        self._follows(wrong.at)
        finished = wrong.good if order.is_last(wrong.step) else ZERO
        piles = [(wrong.batch, finished), (f"{wrong.batch}-SCRAP", wrong.scrapped)]
        for name, quantity in piles:
            refuse("MATERIAL_INSUFFICIENT_STOCK", quantity and self.lots[order.product, name].free < quantity)
        wrong.reversed = True
        for name, quantity in piles:
            if quantity:
                self.lots[order.product, name].on_hand -= quantity
        self._count(order, wrong.step, -wrong.good, -wrong.scrapped)
        for material, line in order.lines.items():
            if order.used_at(line) == wrong.step:
                line.consumed = min(line.consumed, order.used_by(line, order.pieces(wrong.step)))
                if line.backflush:
                    self._unflush(order, material, wrong)

    def _unflush(self, order: Order, material: str, wrong: Output) -> None:
        """Put what the output took and nobody uses now back into its lots; while the order goes on it stays reserved for what is still to be made."""
        line = order.lines[material]
        unused = self.there(order.number, material) - line.consumed
        lots = [(lot, wrong.backflushed.get((material, lot.name), ZERO)) for lot in reversed(self.lots_of(material))]
        backs = _pick([(lot, min(took, lot.shares[order.number].there)) for lot, took in lots], unused)
        has = self.reserved(order.number, material) + self.there(order.number, material)
        stays = order.status in OPEN and _sum(backs) <= line.required - has + _sum(backs)
        for lot, back in backs:
            lot.shares[order.number].returned += back
            lot.on_hand += back
            lot.shares[order.number].reserved += back if stays else ZERO

    # machines

    def machine_create(self, machine: str, status: str = "AVAILABLE", **given: Any) -> None:
        """Write its record; a status that is given with it is set as by itself."""
        refuse("VALIDATION_DUPLICATE_VALUE", machine in self.machines)
        made = Machine(given["type"])
        self._describe_machine(made, **given)
        refuse("MACHINE_INVALID_STATUS", status == "IN_USE")
        self.machines[machine] = made
        if status != "AVAILABLE":
            self.machine_set_status(machine, status)

    def machine_update(self, machine: str, status: str | None = None, **given: Any) -> None:
        """Change the record; a status that is given with it, and is another, is set as by itself."""
        there = self._machine(machine)
        if status not in (None, "IN_USE" if there.runs else there.status):
            self.machine_set_status(machine, str(status))
        self._describe_machine(there, **given)

    def _machine(self, code: str) -> Machine:
        refuse("MACHINE_NOT_FOUND", code not in self.machines)
        return self.machines[code]

    def _describe_machine(
        self,
        machine: Machine,
        *,
        serial_number: str | None = None,
        next_maintenance: date | None = None,
        **given: Any,
    ) -> None:
        others = (one.serial for one in self.machines.values() if one is not machine)
        refuse("VALIDATION_DUPLICATE_VALUE", serial_number is not None and serial_number in others)
        interval = given.get("maintenance_interval_days", machine.interval)
        refuse("VALIDATION_INVALID_FORMAT", interval < 1)
        too_early = next_maintenance is not None and machine.last is not None and next_maintenance < machine.last
        refuse("VALIDATION_INVALID_TIME", too_early)
        if next_maintenance is not None:
            machine.due = next_maintenance
        elif machine.last is not None and "maintenance_interval_days" in given:
            machine.due = machine.last + timedelta(days=interval)
        machine.interval = interval
        machine.serial = serial_number or machine.serial
        machine.active = given.get("active", machine.active)
        machine.type = given.get("type", machine.type)

    def machine_set_status(self, machine: str, status: str, category: str | None = None, **_: Any) -> None:
        there = self._machine(machine)
        refuse("MACHINE_ALREADY_IN_USE", there.runs and status == "RETIRED")
        allowed = {
            "AVAILABLE": {"MAINTENANCE", "BROKEN", "RETIRED"},
            "MAINTENANCE": {"AVAILABLE", "RETIRED"},
            "BROKEN": {"AVAILABLE", "RETIRED"},
            "RETIRED": set(),
        }
        refuse("MACHINE_INVALID_STATUS", status not in allowed[there.status])
        order = self.orders[there.runs[0]] if there.runs else None
        last = max(there.stops, key=lambda stop: stop.start, default=None)
        self._follows(there.since, order.last_event if order else None, (last.end or last.start) if last else None)
        for stop in there.stops:
            stop.end = stop.end or self.now
        if status in ("MAINTENANCE", "BROKEN"):
            usual = {"MAINTENANCE": "MAINTENANCE", "BROKEN": "BREAKDOWN"}[status]
            there.stops.append(Stop(self.now, None, category or usual))
            if order is not None:
                self._stop(order)
                self._move(order, "ON_HOLD")
        there.status, there.since = status, self.now

    def machine_record_maintenance(self, machine: str, date: date) -> None:
        """Set the next date, and bring the machine back if it stands for that."""
        there = self._machine(machine)
        refuse("VALIDATION_INVALID_TIME", date > self.today)
        if there.status == "MAINTENANCE":
            self.machine_set_status(machine, "AVAILABLE")
        there.looked_after += 1
        if there.last is None or date >= there.last:
            there.last, there.due = date, date + timedelta(days=there.interval)

    def downtime_record(
        self, machine: str, start: datetime, category: str, end: datetime | None = None, **_: Any
    ) -> None:
        there = self._machine(machine)
        still = {"BREAKDOWN": "BROKEN", "MAINTENANCE": "MAINTENANCE"}.get(category) if end is None else None
        ended = end or self.now
        refuse("VALIDATION_INVALID_TIME", ended <= start or start >= self.now or ended > self.now)
        refuse(
            "MACHINE_DOWNTIME_OVERLAP",
            any((stop.end is None or stop.end > start) and (still or stop.start < ended) for stop in there.stops),
        )
        if still:
            self.machine_set_status(machine, still, category)
            there.stops[-1].start = start
        else:
            there.stops.append(Stop(start, ended, category))

    def downtime_split(
        self, machine: str, at: datetime, start: datetime | None = None, category: str | None = None, **_: Any
    ) -> None:
        there = self._machine(machine)
        stop = _stop_at(there, start or at)
        if stop is None or not stop.start < at < (stop.end or self.now):
            raise Refused("VALIDATION_INVALID_CHOICE")
        there.stops.append(Stop(at, stop.end, category or stop.category))
        stop.end = at

    def downtime_recategorise(
        self, machine: str, category: str, start: datetime | None = None, at: datetime | None = None, **_: Any
    ) -> None:
        """Tell the downtime of a moment again; without one the open one, else the newest."""
        there = self._machine(machine)
        moment = start or at
        newest = max(there.stops, key=lambda stop: (stop.end is None, stop.start), default=None)
        stop = newest if moment is None else _stop_at(there, moment)
        if stop is None:
            raise Refused("VALIDATION_INVALID_CHOICE")
        stop.category = category


def _stop_at(machine: Machine, moment: datetime) -> Stop | None:
    return next(
        (stop for stop in machine.stops if stop.start <= moment and (stop.end is None or stop.end > moment)), None
    )


def _line(part: Part, quantity: Decimal) -> Line:
    return Line(rounded(part.quantity * quantity * (1 + part.loss / 100)), part.backflush, part.at)


def _pick(lots: Any, wanted: Decimal) -> list[tuple[Lot, Decimal]]:
    """Take what is wanted from the lots, as far as they reach, one after the other."""
    picks = []
    for lot, there in lots:
        quantity = min(there, wanted)
        if quantity > 0:
            picks.append((lot, quantity))
            wanted -= quantity
    return picks


def _sum(picks: Sequence[tuple[Lot, Decimal]]) -> Decimal:
    return sum((quantity for _, quantity in picks), ZERO)
