"""A shop in plain Python, small enough to be believed: what a command does to it, or with which code it is refused.

The state machine in test_whole_shop drives it beside the real one. It knows no lots one by one, no times and no audit: those are checked by the books.
"""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
STEP = Decimal("0.001")
OPEN = {"DRAFT", "PLANNED", "RELEASED", "IN_PROGRESS", "ON_HOLD"}


@dataclass
class Line:
    """A material of an order; `each` is what one piece takes, planned loss included."""

    each: Decimal
    backflush: bool
    at: int | None
    """Sequence of the operation whose pieces use it."""
    required: Decimal
    reserved: Decimal = ZERO
    issued: Decimal = ZERO
    returned: Decimal = ZERO
    consumed: Decimal = ZERO

    @property
    def there(self) -> Decimal:
        return self.issued - self.returned

    @property
    def missing(self) -> Decimal:
        return max(ZERO, self.required - self.reserved - self.there)


@dataclass
class Step:
    machine: str
    gauge: str | None
    overlap: Decimal | None
    status: str = "PLANNED"
    good: Decimal = ZERO
    scrapped: Decimal = ZERO


@dataclass
class Order:
    product: str
    machine: str
    quantity: Decimal
    lines: dict[str, Line]
    steps: dict[int, Step]
    status: str = "DRAFT"
    good: Decimal = ZERO
    scrapped: Decimal = ZERO
    outputs: list["Output"] = field(default_factory=list)

    def pieces(self, line: Line) -> Decimal:
        """What has been made where the line is used."""
        if not self.steps:
            return self.good + self.scrapped
        step = self.steps[line.at if line.at in self.steps else min(self.steps)]
        return step.good + step.scrapped


@dataclass
class Output:
    id: int
    good: Decimal
    scrapped: Decimal
    step: int | None
    reversed: bool = False


@dataclass(frozen=True)
class Part:
    """A line of a bill of material."""

    material: str
    each: Decimal
    backflush: bool = False
    at: int | None = None


@dataclass(frozen=True)
class Made:
    """A product with its bill and its routing: (sequence, machine, gauge, overlap)."""

    parts: tuple[Part, ...]
    routing: tuple[tuple[int, str, str | None, Decimal | None], ...] = ()


class PlainShop:
    """The whole shop. Each verb gives None when it is done, or the code with which it is refused; then nothing has changed."""

    def __init__(self, made: dict[str, Made], stock: dict[str, Decimal], machines: set[str], gauges: set[str]) -> None:
        self.made = made
        self.on_hand, self.reserved = dict(stock), dict.fromkeys(stock, ZERO)
        self.scrap = dict.fromkeys(made, ZERO)
        self.machines = dict.fromkeys(machines, "AVAILABLE")
        self.runs: dict[str, tuple[str, int | None]] = {}
        """What runs on a machine: the order, and the operation if it has operations."""
        self.gauges = dict.fromkeys(gauges, "AVAILABLE")
        self.orders: dict[str, Order] = {}

    def free(self, material: str) -> Decimal:
        return self.on_hand[material] - self.reserved[material]

    # orders

    def create(self, number: str, product: str, machine: str, quantity: Decimal) -> None:
        made = self.made[product]
        lines = {
            part.material: Line(part.each, part.backflush, part.at, rounded(part.each * quantity))
            for part in made.parts
        }
        steps = {sequence: Step(at, gauge, overlap) for sequence, at, gauge, overlap in made.routing}
        self.orders[number] = Order(product, machine, quantity, lines, steps)

    def plan(self, number: str) -> str | None:
        return self._move(number, {"DRAFT"}, "PLANNED")

    def release(self, number: str) -> str | None:
        return self._move(number, {"PLANNED"}, "RELEASED")

    def change_quantity(self, number: str, quantity: Decimal) -> str | None:
        order = self.orders[number]
        if order.status not in ("DRAFT", "PLANNED"):
            return "WORK_ORDER_NOT_EDITABLE"
        order.quantity = quantity
        for material, line in order.lines.items():
            line.required = rounded(line.each * quantity)
            if line.reserved > max(ZERO, line.required - line.there):
                self.reserved[material] -= line.reserved
                line.reserved = ZERO
        return None

    def _move(self, number: str, frm: set[str], to: str) -> str | None:
        order = self.orders[number]
        if order.status not in frm:
            return "WORK_ORDER_INVALID_TRANSITION"
        order.status = to
        return None

    def start(self, number: str) -> str | None:
        order = self.orders[number]
        if order.status == "IN_PROGRESS":
            return "WORK_ORDER_ALREADY_STARTED"
        if order.status == "COMPLETED":
            return "WORK_ORDER_ALREADY_COMPLETED"
        if order.status != "RELEASED":
            return "WORK_ORDER_CANNOT_START"
        if refused := self._machine_down(order.machine):
            return refused
        if not order.steps and order.machine in self.runs:
            return "MACHINE_ALREADY_IN_USE"
        short = [line for line in order.lines.values() if line.missing]
        if short:
            nothing = all(line.reserved == 0 and line.there == 0 for line in order.lines.values())
            return "WORK_ORDER_NO_MATERIALS" if nothing else "MATERIAL_NOT_ALLOCATED"
        if any(self._away(step) for step in order.steps.values() if step.status not in ("COMPLETED", "CANCELLED")):
            return "GAUGE_NOT_AVAILABLE"
        order.status = "IN_PROGRESS"
        if not order.steps:
            self.runs[order.machine] = (number, None)
        return None

    def _machine_down(self, machine: str) -> str | None:
        return {"BROKEN": "MACHINE_BROKEN", "MAINTENANCE": "MACHINE_UNDER_MAINTENANCE"}.get(self.machines[machine])

    def _away(self, step: Step) -> bool:
        return step.gauge is not None and self.gauges[step.gauge] not in ("AVAILABLE", "IN_USE")

    def hold(self, number: str) -> str | None:
        order = self.orders[number]
        if order.status not in ("PLANNED", "RELEASED", "IN_PROGRESS"):
            return "WORK_ORDER_INVALID_TRANSITION"
        self._stop(number)
        order.status = "ON_HOLD"
        return None

    def _stop(self, number: str) -> None:
        """Free every machine and gauge of the order; what ran is paused."""
        order = self.orders[number]
        for machine, (who, _) in list(self.runs.items()):
            if who == number:
                del self.runs[machine]
        for step in order.steps.values():
            if step.status == "IN_PROGRESS":
                step.status = "ON_HOLD"
                self._lay_down(step)

    def _lay_down(self, step: Step) -> None:
        if step.gauge is not None:
            self.gauges[step.gauge] = "AVAILABLE"

    def resume(self, number: str) -> str | None:
        return self._move(number, {"ON_HOLD"}, "RELEASED")

    def complete(self, number: str, *, short: bool) -> str | None:
        order = self.orders[number]
        if order.status == "COMPLETED":
            return "WORK_ORDER_ALREADY_COMPLETED"
        if order.status != "IN_PROGRESS":
            return "WORK_ORDER_INVALID_TRANSITION"
        if any(step.status == "IN_PROGRESS" for step in order.steps.values()):
            return "WORK_ORDER_OPEN_OPERATIONS"
        if order.good < order.quantity and not short:
            return "WORK_ORDER_QUANTITY_SHORT"
        self._end(number, "COMPLETED")
        return None

    def cancel(self, number: str, *, bring_back: bool) -> str | None:
        order = self.orders[number]
        if order.status not in OPEN:
            return "WORK_ORDER_INVALID_TRANSITION"
        if not bring_back and any(line.there > 0 for line in order.lines.values()):
            return "WORK_ORDER_HAS_ISSUED_MATERIAL"
        if bring_back:
            for material, line in order.lines.items():
                unused = line.there - line.consumed
                line.returned += unused
                self.on_hand[material] += unused
        self._end(number, "CANCELLED")
        return None

    def _end(self, number: str, status: str) -> None:
        order = self.orders[number]
        self._stop(number)
        for material, line in order.lines.items():
            self.reserved[material] -= line.reserved
            line.reserved = ZERO
        for step in order.steps.values():
            if step.status != "COMPLETED":
                step.status = "CANCELLED"
        order.status = status

    # material

    def allocate(self, number: str, *, partial: bool) -> str | None:
        order = self.orders[number]
        if order.status not in ("DRAFT", "PLANNED", "RELEASED", "ON_HOLD"):
            return "WORK_ORDER_INVALID_TRANSITION"
        missing = {material: line for material, line in order.lines.items() if line.missing}
        if not missing:
            return "MATERIAL_ALREADY_ALLOCATED"
        if not partial and any(self.free(material) < line.missing for material, line in missing.items()):
            return "MATERIAL_INSUFFICIENT_STOCK"
        for material, line in missing.items():
            taken = min(line.missing, self.free(material))
            line.reserved += taken
            self.reserved[material] += taken
        return None

    def issue(self, number: str) -> str | None:
        order = self.orders[number]
        if order.status not in ("PLANNED", "RELEASED", "IN_PROGRESS"):
            return "WORK_ORDER_INVALID_TRANSITION"
        picked = {material: line for material, line in order.lines.items() if not line.backflush}
        if picked and not any(line.reserved for line in picked.values()):
            return "MATERIAL_NOT_ALLOCATED"
        for material, line in picked.items():
            self._take(material, line, line.reserved)
        return None

    def _take(self, material: str, line: Line, quantity: Decimal) -> None:
        """Take from what is reserved, and what is more than that from free stock."""
        promised = min(quantity, line.reserved)
        line.reserved -= promised
        line.issued += quantity
        self.reserved[material] -= promised
        self.on_hand[material] -= quantity

    def bring_back(self, number: str, material: str, quantity: Decimal) -> str | None:
        line = self.orders[number].lines.get(material)
        if line is None:
            return "MATERIAL_NOT_FOUND"
        if quantity > line.there - line.consumed:
            return "MATERIAL_RETURN_EXCEEDED"
        line.returned += quantity
        self.on_hand[material] += quantity
        return None

    def receive(self, material: str, quantity: Decimal) -> None:
        self.on_hand[material] += quantity

    # operations

    def begin(self, number: str, sequence: int, *, again: bool) -> str | None:
        """Start an operation, or resume it when `again`."""
        order, step = self.orders[number], self.orders[number].steps.get(sequence)
        if step is None:
            return "OPERATION_NOT_FOUND"
        if step.status == "COMPLETED":
            return "OPERATION_ALREADY_COMPLETED"
        if step.status == "IN_PROGRESS" or (step.status == "ON_HOLD" and not again):
            return "OPERATION_ALREADY_STARTED"
        if step.status == "PLANNED" and again:
            return "PRODUCTION_OPERATION_NOT_STARTED"
        if step.status == "CANCELLED" or order.status != "IN_PROGRESS":
            return "OPERATION_CANNOT_START"
        if not again and not self._may_follow(order, sequence):
            return "OPERATION_INVALID_SEQUENCE"
        if refused := self._machine_down(step.machine):
            return refused
        if step.machine in self.runs:
            mine = self.runs[step.machine][0] == number
            return "OPERATION_MACHINE_CONFLICT" if mine else "MACHINE_ALREADY_IN_USE"
        if step.gauge is not None and self.gauges[step.gauge] != "AVAILABLE":
            return "GAUGE_NOT_AVAILABLE"
        step.status = "IN_PROGRESS"
        self.runs[step.machine] = (number, sequence)
        if step.gauge is not None:
            self.gauges[step.gauge] = "IN_USE"
        return None

    def _may_follow(self, order: Order, sequence: int) -> bool:
        """Everything before is done or has passed on enough to the step behind it, back to a step that waits for nobody."""
        behind = order.steps[sequence]
        for before in (order.steps[seq] for seq in sorted(order.steps, reverse=True) if seq < sequence):
            if behind.overlap == 0:
                return True
            passed = behind.overlap is not None and before.good >= behind.overlap
            if before.status not in ("COMPLETED", "CANCELLED") and not passed:
                return False
            behind = before
        return True

    def pause(self, number: str, sequence: int) -> str | None:
        step = self.orders[number].steps.get(sequence)
        if refused := self._not_running(step):
            return refused
        assert step is not None
        step.status = "ON_HOLD"
        del self.runs[step.machine]
        self._lay_down(step)
        return None

    def _not_running(self, step: Step | None) -> str | None:
        if step is None:
            return "OPERATION_NOT_FOUND"
        if step.status == "COMPLETED":
            return "OPERATION_ALREADY_COMPLETED"
        return None if step.status == "IN_PROGRESS" else "PRODUCTION_OPERATION_NOT_STARTED"

    def finish(self, number: str, sequence: int, good: Decimal, scrapped: Decimal, output: int) -> str | None:
        """Report at an operation and complete it."""
        step = self.orders[number].steps.get(sequence)
        if refused := self._not_running(step):
            return refused
        assert step is not None
        if good or scrapped:
            refused = self.report(number, good, scrapped, sequence, output)
            if refused:
                return refused
        step.status = "COMPLETED"
        del self.runs[step.machine]
        self._lay_down(step)
        return None

    # output

    def report(self, number: str, good: Decimal, scrapped: Decimal, sequence: int | None, output: int) -> str | None:
        order = self.orders[number]
        step = None
        if sequence is not None and sequence not in order.steps:
            return "OPERATION_NOT_FOUND"
        if order.status == "COMPLETED":
            return "PRODUCTION_ALREADY_COMPLETED"
        if order.status != "IN_PROGRESS":
            return "PRODUCTION_OPERATION_NOT_STARTED"
        if order.steps:
            sequence = max(order.steps) if sequence is None else sequence
            step = order.steps[sequence]
            if step.status == "COMPLETED":
                return "PRODUCTION_ALREADY_COMPLETED"
            if step.status != "IN_PROGRESS":
                return "PRODUCTION_OPERATION_NOT_STARTED"
        if not good and not scrapped:
            return "PRODUCTION_OUTPUT_INVALID"
        if good and (step.good if step else order.good) + good > order.quantity:
            return "PRODUCTION_OUTPUT_EXCEEDS_ORDER"
        takes, uses = {}, {}
        for material, line in order.lines.items():
            if not self._uses(order, line, sequence):
                continue
            before = order.pieces(line)
            used = self._used(order, line, before + good + scrapped) - self._used(order, line, before)
            uses[material] = used
            short = line.consumed + used - line.there
            if short > 0 and not line.backflush:
                return "MATERIAL_NOT_ISSUED"
            if short > 0:
                if short > line.reserved + self.free(material):
                    return "MATERIAL_INSUFFICIENT_STOCK"
                takes[material] = short
        for material, quantity in takes.items():
            self._take(material, order.lines[material], quantity)
        for material, used in uses.items():
            order.lines[material].consumed += used
        self._count(order, sequence if order.steps else None, good, scrapped)
        order.outputs.append(Output(output, good, scrapped, sequence if order.steps else None))
        return None

    def _uses(self, order: Order, line: Line, sequence: int | None) -> bool:
        if not order.steps:
            return True
        return sequence == (line.at if line.at in order.steps else min(order.steps))

    def _used(self, order: Order, line: Line, pieces: Decimal) -> Decimal:
        return rounded(line.required * pieces / order.quantity)

    def _count(self, order: Order, sequence: int | None, good: Decimal, scrapped: Decimal) -> None:
        if sequence is None:
            order.good += good
        else:
            step = order.steps[sequence]
            step.good += good
            step.scrapped += scrapped
            order.good += good if sequence == max(order.steps) else ZERO
        order.scrapped += scrapped
        if sequence is None or sequence == max(order.steps):
            self.on_hand[order.product] += good
        self.scrap[order.product] += scrapped

    def reverse(self, number: str, output: int) -> str | None:
        order = self.orders[number]
        if order.status not in ("RELEASED", "IN_PROGRESS", "ON_HOLD", "COMPLETED"):
            return "WORK_ORDER_INVALID_TRANSITION"
        wrong = next((one for one in order.outputs if one.id == output), None)
        if wrong is None:
            return "PRODUCTION_OUTPUT_INVALID"
        if wrong.reversed:
            return "PRODUCTION_ALREADY_REVERSED"
        last = wrong.step is None or wrong.step == max(order.steps)
        if last and self.free(order.product) < wrong.good:
            return "MATERIAL_INSUFFICIENT_STOCK"
        wrong.reversed = True
        self._count(order, wrong.step, -wrong.good, -wrong.scrapped)
        for material, line in order.lines.items():
            if not self._uses(order, line, wrong.step):
                continue
            line.consumed = min(line.consumed, self._used(order, line, order.pieces(line)))
            unused = line.there - line.consumed
            if line.backflush and unused > 0:
                needed = line.required - line.reserved - line.consumed
                line.returned += unused
                self.on_hand[material] += unused
                if order.status in OPEN and unused <= needed:
                    line.reserved += unused
                    self.reserved[material] += unused
        return None

    # machines and gauges

    def set_machine(self, machine: str, status: str) -> str | None:
        allowed = {
            "AVAILABLE": {"MAINTENANCE", "BROKEN"},
            "MAINTENANCE": {"AVAILABLE"},
            "BROKEN": {"AVAILABLE"},
        }
        if status not in allowed[self.machines[machine]]:
            return "MACHINE_INVALID_STATUS"
        if machine in self.runs:
            number = self.runs[machine][0]
            self._stop(number)
            self.orders[number].status = "ON_HOLD"
        self.machines[machine] = status
        return None

    def maintain(self, machine: str) -> None:
        """Record that its maintenance was done, which brings it back if it stands for that."""
        if self.machines[machine] == "MAINTENANCE":
            self.machines[machine] = "AVAILABLE"

    def set_gauge(self, gauge: str, status: str) -> str | None:
        if self.gauges[gauge] == "IN_USE":
            return "GAUGE_NOT_AVAILABLE"
        self.gauges[gauge] = status
        return None

    def machine_status(self, machine: str) -> str:
        return "IN_USE" if machine in self.runs else self.machines[machine]


def rounded(quantity: Decimal) -> Decimal:
    return quantity.quantize(STEP, ROUND_HALF_UP)
