"""What may stand in the way of a move. A guard takes the facts and refuses loudly, with the numbers, or lets pass.

To add one: a function here, its code in the catalogue, its name in the step row of `lifecycle`, a case in the tests.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from mfg_desktop.exceptions import ManufacturingException, combine, refusal
from mfg_desktop.rules.facts import LineFacts, MachineFacts, OrderFacts, ToolFacts, Wish
from mfg_desktop.vocabulary import EntityType, FixtureStatus, GaugeStatus, IssueMethod, MachineStatus, ProductType


def reason_is_given(order: OrderFacts, wish: Wish) -> None:
    if not (wish.reason or "").strip():
        raise refusal("VALIDATION_REQUIRED_FIELD", field="reason")


def bom_is_there(order: OrderFacts, wish: Wish) -> None:
    """What is bought needs no bill of material; what is made has one, if only an empty one that says so."""
    if order.product_type is not ProductType.RAW and not order.has_bom:
        raise refusal("MATERIAL_BOM_NOT_FOUND", product=order.product)


def bom_has_no_cycle(order: OrderFacts, wish: Wish) -> None:
    if order.bom_cycle:
        raise refusal("MATERIAL_BOM_CYCLE", product=order.product, path=list(order.bom_cycle))


def machine_is_assigned(order: OrderFacts, wish: Wish) -> None:
    """An order with operations needs a machine of its own only for those that name none."""
    if order.machine is not None:
        return
    if not order.has_operations:
        raise refusal("WORK_ORDER_NO_MACHINE", number=order.number)
    found = [
        refusal("WORK_ORDER_NO_MACHINE", number=order.number, sequence=operation.sequence)
        for operation in order.operations_to_do
        if not operation.has_machine
    ]
    if found:
        raise combine(found)


def machine_can_run(order: OrderFacts, wish: Wish) -> None:
    if order.machine is not None:
        can_run(order.machine)


def can_run(machine: MachineFacts) -> None:
    """Refuse a machine that nothing may run on now; asked for an order as for an operation."""
    found = [] if machine.active else [refusal("MACHINE_INACTIVE", machine=machine.code)]
    codes = {
        MachineStatus.MAINTENANCE: "MACHINE_UNDER_MAINTENANCE",
        MachineStatus.BROKEN: "MACHINE_BROKEN",
        MachineStatus.RETIRED: "MACHINE_RETIRED",
    }
    if machine.status in codes:
        told = {
            "since": machine.since,
            "reason": machine.reason,
            "moved_by": machine.moved_by,
            "terminal": machine.moved_at_terminal,
        }
        known = {name: value for name, value in told.items() if value is not None}
        found.append(refusal(codes[machine.status], machine=machine.code, **known))
    if found:
        raise combine(found)


def machine_is_free(order: OrderFacts, wish: Wish) -> None:
    """An order with operations takes turns on a machine: then each operation asks when it starts."""
    machine = order.machine
    if machine is None or order.has_operations or machine.running_order in (None, order.number):
        return
    raise in_use(machine)


def in_use(machine: MachineFacts) -> ManufacturingException:
    """Refuse a machine that other work runs on, naming who started that, when and where, as far as it is known."""
    taken: dict[str, object] = {}
    if machine.moved_by is not None:
        taken = {"moved_by": machine.moved_by, "moved_at": machine.since, "terminal": machine.moved_at_terminal}
    return refusal("MACHINE_ALREADY_IN_USE", machine=machine.code, work_order=machine.running_order, **taken)


def maintenance_is_not_overdue(order: OrderFacts, wish: Wish) -> None:
    if order.machine is not None:
        maintained(order.machine, order.today)


def maintained(machine: MachineFacts, today: date) -> None:
    """Refuse a machine whose maintenance is overdue: from the day after its next date, by the plant's calendar."""
    if machine.next_maintenance is None or machine.next_maintenance >= today:
        return
    days = (today - machine.next_maintenance).days
    raise refusal(
        "MACHINE_MAINTENANCE_OVERDUE", machine=machine.code, next_maintenance=machine.next_maintenance, days=days
    )


def material_is_allocated(order: OrderFacts, wish: Wish) -> None:
    """Every material that is not covered is named with its numbers; where nothing is allocated at all, that is said first."""
    missing = [line for line in order.lines if line.missing > 0]
    if not missing:
        return
    found = [not_allocated(line, line.reserved + line.at_the_machine) for line in missing]
    if all(line.reserved == 0 and line.at_the_machine == 0 for line in order.lines):
        materials = [line.material for line in missing]
        found.insert(0, refusal("WORK_ORDER_NO_MATERIALS", number=order.number, materials=materials))
    raise combine(found)


def not_allocated(line: LineFacts, allocated: Decimal, **issued: object) -> ManufacturingException:
    return refusal(
        "MATERIAL_NOT_ALLOCATED",
        material=line.material,
        required=line.required,
        allocated=allocated,
        short=line.missing,
        unit=line.unit,
        **issued,
    )


def something_is_reserved(lines: Sequence[LineFacts], **issued: object) -> None:
    """What is issued by hand is issued from what is reserved; what the output takes by itself is not asked. `issued` tells who was first."""
    picked = [line for line in lines if line.issue_method is IssueMethod.PICK]
    if picked and not any(line.reserved > 0 for line in picked):
        raise combine([not_allocated(line, line.reserved, **issued) for line in picked])


def tooling_is_fit(order: OrderFacts, wish: Wish) -> None:
    """Fixtures and gauges of everything that is still to be done; one that is in use comes free again, they take turns."""
    needed = {(tool.kind, tool.code): tool for operation in order.operations_to_do for tool in operation.tools}
    tools_are_fit(needed.values(), order.today, in_turns=True)


def tools_are_fit(tools: Iterable[ToolFacts], today: date, *, in_turns: bool) -> None:
    """Refuse fixtures and gauges that are out of use or overdue; and, unless the work takes turns, those that are in use."""
    found: list[ManufacturingException] = []
    for tool in tools:
        is_fixture = tool.kind is EntityType.FIXTURE
        named = {"fixture" if is_fixture else "gauge": tool.code}
        in_use = tool.status in (FixtureStatus.IN_USE, GaugeStatus.IN_USE)
        if tool.status not in (FixtureStatus.AVAILABLE, GaugeStatus.AVAILABLE) and not (in_use and in_turns):
            code = "FIXTURE_NOT_AVAILABLE" if is_fixture else "GAUGE_NOT_AVAILABLE"
            by = {"work_order": tool.work_order} if tool.work_order is not None and in_use else {}
            found.append(refusal(code, **named, current_status=tool.status, **by))
        if tool.due is not None and tool.due < today:
            days = (today - tool.due).days
            if is_fixture:
                found.append(refusal("FIXTURE_CHECK_OVERDUE", **named, next_check=tool.due, days=days))
            else:
                found.append(refusal("GAUGE_CALIBRATION_OVERDUE", **named, next_calibration=tool.due, days=days))
    if found:
        raise combine(found)


def no_operation_runs(order: OrderFacts, wish: Wish) -> None:
    if order.running_operations:
        raise refusal("WORK_ORDER_OPEN_OPERATIONS", number=order.number, operations=list(order.running_operations))


def no_sub_order_is_open(order: OrderFacts, wish: Wish) -> None:
    if order.open_sub_orders:
        raise refusal("WORK_ORDER_OPEN_SUB_ORDERS", number=order.number, sub_orders=list(order.open_sub_orders))


def quantity_is_reached(order: OrderFacts, wish: Wish) -> None:
    if order.good < order.ordered and not (wish.short_close_reason or "").strip():
        raise refusal(
            "WORK_ORDER_QUANTITY_SHORT",
            number=order.number,
            ordered=order.ordered,
            completed=order.good,
            missing=order.ordered - order.good,
        )


def no_material_is_out(order: OrderFacts, wish: Wish) -> None:
    """What was issued is brought back first, or with the cancelling."""
    out = [line.material for line in order.lines if line.at_the_machine > 0]
    if out and not wish.return_material:
        raise refusal("WORK_ORDER_HAS_ISSUED_MATERIAL", number=order.number, materials=out)
