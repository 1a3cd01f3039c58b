"""What may stand in the way of a move. A guard takes the facts and refuses loudly, with the numbers, or lets pass.

To add one: a function here, its code in the catalogue, its name in the step row of `lifecycle`, a case in the tests.
"""

from mfg_desktop.exceptions import combine, refusal
from mfg_desktop.rules.facts import OrderFacts, Wish
from mfg_desktop.vocabulary import MachineStatus, ProductType


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
    if order.machine is None:
        raise refusal("WORK_ORDER_NO_MACHINE", number=order.number)


def machine_can_run(order: OrderFacts, wish: Wish) -> None:
    machine = order.machine
    if machine is None:
        return
    found = [] if machine.active else [refusal("MACHINE_INACTIVE", machine=machine.code)]
    codes = {
        MachineStatus.MAINTENANCE: "MACHINE_UNDER_MAINTENANCE",
        MachineStatus.BROKEN: "MACHINE_BROKEN",
        MachineStatus.RETIRED: "MACHINE_RETIRED",
    }
    if machine.status in codes:
        told = {"since": machine.since, "reason": machine.reason}
        known = {name: value for name, value in told.items() if value is not None}
        found.append(refusal(codes[machine.status], machine=machine.code, **known))
    if found:
        raise combine(found)


def machine_is_free(order: OrderFacts, wish: Wish) -> None:
    """An order with operations takes turns on a machine: then each operation asks when it starts."""
    machine = order.machine
    if machine is None or order.has_operations or machine.running_order in (None, order.number):
        return
    raise refusal("MACHINE_ALREADY_IN_USE", machine=machine.code, work_order=machine.running_order)


def maintenance_is_not_overdue(order: OrderFacts, wish: Wish) -> None:
    """Overdue from the day after the next date, by the plant's calendar."""
    machine = order.machine
    if machine is None or machine.next_maintenance is None or machine.next_maintenance >= order.today:
        return
    days = (order.today - machine.next_maintenance).days
    raise refusal(
        "MACHINE_MAINTENANCE_OVERDUE", machine=machine.code, next_maintenance=machine.next_maintenance, days=days
    )


def material_is_allocated(order: OrderFacts, wish: Wish) -> None:
    """Every material that is not covered is named with its numbers; where nothing is allocated at all, that is said first."""
    missing = [line for line in order.lines if line.missing > 0]
    if not missing:
        return
    found = [
        refusal(
            "MATERIAL_NOT_ALLOCATED",
            material=line.material,
            required=line.required,
            allocated=line.reserved + line.at_the_machine,
            short=line.missing,
            unit=line.unit,
        )
        for line in missing
    ]
    if all(line.reserved == 0 and line.at_the_machine == 0 for line in order.lines):
        materials = [line.material for line in missing]
        found.insert(0, refusal("WORK_ORDER_NO_MATERIALS", number=order.number, materials=materials))
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
