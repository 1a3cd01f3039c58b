"""What stands in the way of a move is refused with the numbers of the case, and nothing else is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.rules import guards
from mfg_desktop.rules.facts import NOTHING_SAID, OrderFacts, Wish
from mfg_desktop.rules.lifecycle import STEPS
from mfg_desktop.vocabulary import FixtureStatus, GaugeStatus, MachineStatus, OperationStatus, ProductType
from tests.rules.facts import TODAY, codes, fixture, gauge, line, machine, operation, order, running

Guard = Callable[[OrderFacts, Wish], None]
SINCE = datetime(2026, 3, 1, 22, 15, tzinfo=UTC)
BLANK = (None, "", "   ", "\n\t")

REFUSES: list[tuple[Guard, OrderFacts, Wish, str, dict[str, Any]]] = [
    *(
        (guards.reason_is_given, order(), Wish(reason=blank), "VALIDATION_REQUIRED_FIELD", {"field": "reason"})
        for blank in BLANK
    ),
    (guards.bom_is_there, order(has_bom=False), NOTHING_SAID, "MATERIAL_BOM_NOT_FOUND", {"product": "GEAR"}),
    (
        guards.bom_is_there,
        order(has_bom=False, product_type=ProductType.SEMI_FINISHED),
        NOTHING_SAID,
        "MATERIAL_BOM_NOT_FOUND",
        {"product": "GEAR"},
    ),
    (
        guards.bom_has_no_cycle,
        order(bom_cycle=("GEAR", "HUB", "GEAR")),
        NOTHING_SAID,
        "MATERIAL_BOM_CYCLE",
        {"product": "GEAR", "path": ["GEAR", "HUB", "GEAR"]},
    ),
    (
        guards.machine_is_assigned,
        order(machine=None),
        NOTHING_SAID,
        "WORK_ORDER_NO_MACHINE",
        {"number": "WO-2026-00001"},
    ),
    (
        guards.machine_can_run,
        order(machine=machine(active=False)),
        NOTHING_SAID,
        "MACHINE_INACTIVE",
        {"machine": "CNC-1"},
    ),
    (
        guards.machine_can_run,
        order(machine=machine(status=MachineStatus.MAINTENANCE, since=SINCE, reason="oil change")),
        NOTHING_SAID,
        "MACHINE_UNDER_MAINTENANCE",
        {"machine": "CNC-1", "since": SINCE, "reason": "oil change"},
    ),
    (
        guards.machine_can_run,
        order(machine=machine(status=MachineStatus.BROKEN, since=SINCE, reason="spindle")),
        NOTHING_SAID,
        "MACHINE_BROKEN",
        {"machine": "CNC-1", "since": SINCE, "reason": "spindle"},
    ),
    (
        guards.machine_can_run,
        order(machine=machine(status=MachineStatus.RETIRED)),
        NOTHING_SAID,
        "MACHINE_RETIRED",
        {"machine": "CNC-1"},
    ),
    (
        guards.machine_is_free,
        order(machine=machine(status=MachineStatus.IN_USE, running_order="WO-2026-00009")),
        NOTHING_SAID,
        "MACHINE_ALREADY_IN_USE",
        {"machine": "CNC-1", "work_order": "WO-2026-00009"},
    ),
    (
        guards.maintenance_is_not_overdue,
        order(machine=machine(next_maintenance=TODAY - timedelta(days=1))),
        NOTHING_SAID,
        "MACHINE_MAINTENANCE_OVERDUE",
        {"machine": "CNC-1", "next_maintenance": TODAY - timedelta(days=1), "days": 1},
    ),
    (
        guards.maintenance_is_not_overdue,
        order(machine=machine(next_maintenance=TODAY - timedelta(days=40))),
        NOTHING_SAID,
        "MACHINE_MAINTENANCE_OVERDUE",
        {"machine": "CNC-1", "next_maintenance": TODAY - timedelta(days=40), "days": 40},
    ),
    (
        guards.material_is_allocated,
        order(lines=(line(required=50, reserved=Decimal("49.999")),)),
        NOTHING_SAID,
        "MATERIAL_NOT_ALLOCATED",
        {
            "material": "BAR",
            "required": Decimal(50),
            "allocated": Decimal("49.999"),
            "short": Decimal("0.001"),
            "unit": "m",
        },
    ),
    (
        guards.material_is_allocated,
        order(lines=(line(required=50, reserved=10, issued=30, returned=5),)),
        NOTHING_SAID,
        "MATERIAL_NOT_ALLOCATED",
        {"material": "BAR", "required": Decimal(50), "allocated": Decimal(35), "short": Decimal(15), "unit": "m"},
    ),
    (
        guards.machine_is_assigned,
        order(machine=None, has_operations=True, operations=(operation(10), operation(20, has_machine=False))),
        NOTHING_SAID,
        "WORK_ORDER_NO_MACHINE",
        {"number": "WO-2026-00001", "sequence": 20},
    ),
    (
        guards.tooling_is_fit,
        order(operations=(operation(tools=(fixture(FixtureStatus.BROKEN),)),)),
        NOTHING_SAID,
        "FIXTURE_NOT_AVAILABLE",
        {"fixture": "FX-1", "current_status": FixtureStatus.BROKEN},
    ),
    (
        guards.tooling_is_fit,
        order(operations=(operation(tools=(gauge(GaugeStatus.CALIBRATION),)),)),
        NOTHING_SAID,
        "GAUGE_NOT_AVAILABLE",
        {"gauge": "GA-1", "current_status": GaugeStatus.CALIBRATION},
    ),
    (
        guards.tooling_is_fit,
        order(operations=(operation(tools=(fixture(due=TODAY - timedelta(days=1)),)),)),
        NOTHING_SAID,
        "FIXTURE_CHECK_OVERDUE",
        {"fixture": "FX-1", "next_check": TODAY - timedelta(days=1), "days": 1},
    ),
    (
        guards.tooling_is_fit,
        order(operations=(operation(tools=(gauge(due=TODAY - timedelta(days=3)),)),)),
        NOTHING_SAID,
        "GAUGE_CALIBRATION_OVERDUE",
        {"gauge": "GA-1", "next_calibration": TODAY - timedelta(days=3), "days": 3},
    ),
    # A fixture and a gauge may have the same code and are two things all the same.
    (
        guards.tooling_is_fit,
        order(operations=(operation(tools=(fixture(FixtureStatus.BROKEN, code="7"), gauge(code="7"))),)),
        NOTHING_SAID,
        "FIXTURE_NOT_AVAILABLE",
        {"fixture": "7", "current_status": FixtureStatus.BROKEN},
    ),
    (
        guards.no_operation_runs,
        order(operations=running(10, 30)),
        NOTHING_SAID,
        "WORK_ORDER_OPEN_OPERATIONS",
        {"number": "WO-2026-00001", "operations": [10, 30]},
    ),
    (
        guards.no_sub_order_is_open,
        order(open_sub_orders=("WO-2", "WO-3")),
        NOTHING_SAID,
        "WORK_ORDER_OPEN_SUB_ORDERS",
        {"number": "WO-2026-00001", "sub_orders": ["WO-2", "WO-3"]},
    ),
    *(
        (
            guards.quantity_is_reached,
            order(ordered=100, good=Decimal("99.999")),
            Wish(short_close_reason=blank),
            "WORK_ORDER_QUANTITY_SHORT",
            {
                "number": "WO-2026-00001",
                "ordered": Decimal(100),
                "completed": Decimal("99.999"),
                "missing": Decimal("0.001"),
            },
        )
        for blank in BLANK
    ),
    (
        guards.no_material_is_out,
        order(lines=(line("BAR", issued=20, returned=19), line("NUT", issued=5, returned=5), line("OIL", issued=1))),
        NOTHING_SAID,
        "WORK_ORDER_HAS_ISSUED_MATERIAL",
        {"number": "WO-2026-00001", "materials": ["BAR", "OIL"]},
    ),
]

PASSES: list[tuple[Guard, OrderFacts, Wish]] = [
    (guards.reason_is_given, order(), Wish(reason="no operator")),
    (guards.bom_is_there, order(), NOTHING_SAID),
    (guards.bom_is_there, order(has_bom=False, product_type=ProductType.RAW), NOTHING_SAID),
    (guards.bom_has_no_cycle, order(), NOTHING_SAID),
    (guards.machine_is_assigned, order(), NOTHING_SAID),
    (guards.machine_can_run, order(), NOTHING_SAID),
    (
        guards.machine_can_run,
        order(machine=machine(status=MachineStatus.IN_USE, running_order="WO-2026-00009")),
        NOTHING_SAID,
    ),
    (guards.machine_is_free, order(), NOTHING_SAID),
    (guards.machine_is_free, order(machine=machine(running_order="WO-2026-00001")), NOTHING_SAID),
    # Two orders with operations take turns on a machine: each operation asks when it starts.
    (guards.machine_is_free, order(has_operations=True, machine=machine(running_order="WO-2026-00009")), NOTHING_SAID),
    (guards.maintenance_is_not_overdue, order(), NOTHING_SAID),
    (
        guards.maintenance_is_not_overdue,
        order(machine=machine(next_maintenance=TODAY + timedelta(days=1))),
        NOTHING_SAID,
    ),
    # Overdue the day after: on its day there is still time.
    (guards.maintenance_is_not_overdue, order(machine=machine(next_maintenance=TODAY)), NOTHING_SAID),
    (guards.material_is_allocated, order(lines=()), NOTHING_SAID),
    (guards.material_is_allocated, order(lines=(line(required=50, reserved=20, issued=35, returned=5),)), NOTHING_SAID),
    (guards.material_is_allocated, order(lines=(line(required=50, reserved=0, issued=60),)), NOTHING_SAID),
    (guards.material_is_allocated, order(lines=(line(required=0, reserved=0),)), NOTHING_SAID),
    (
        guards.machine_is_assigned,
        order(machine=None, has_operations=True, operations=(operation(10), operation(20))),
        NOTHING_SAID,
    ),
    # What is done already needs no machine and no tooling any more.
    (
        guards.machine_is_assigned,
        order(
            machine=None,
            has_operations=True,
            operations=(operation(10, OperationStatus.COMPLETED, has_machine=False), operation(20)),
        ),
        NOTHING_SAID,
    ),
    (
        guards.tooling_is_fit,
        order(operations=(operation(10, OperationStatus.COMPLETED, tools=(fixture(FixtureStatus.BROKEN),)),)),
        NOTHING_SAID,
    ),
    # They take turns; and what was never checked is not overdue.
    (guards.tooling_is_fit, order(operations=(operation(tools=(fixture(FixtureStatus.IN_USE),)),)), NOTHING_SAID),
    (guards.tooling_is_fit, order(operations=(operation(tools=(gauge(due=TODAY), fixture())),)), NOTHING_SAID),
    (guards.no_operation_runs, order(), NOTHING_SAID),
    (guards.no_operation_runs, order(operations=(operation(),)), NOTHING_SAID),
    (guards.no_sub_order_is_open, order(), NOTHING_SAID),
    (guards.quantity_is_reached, order(ordered=100, good=100), NOTHING_SAID),
    (guards.quantity_is_reached, order(ordered=100, good=105), NOTHING_SAID),
    (guards.quantity_is_reached, order(ordered=100, good=0), Wish(short_close_reason="the customer wants no more")),
    (guards.no_material_is_out, order(lines=(line(issued=20, returned=20),)), NOTHING_SAID),
    (guards.no_material_is_out, order(lines=(line(issued=20),)), Wish(return_material=True)),
]


def name_of(value: object) -> str | None:
    return getattr(value, "__name__", None) or (value if isinstance(value, str) else None)


@pytest.mark.parametrize(("guard", "known", "wish", "code", "numbers"), REFUSES, ids=name_of)
def test_a_guard_refuses_with_the_numbers_of_the_case(
    guard: Guard, known: OrderFacts, wish: Wish, code: str, numbers: dict[str, Any]
) -> None:
    with pytest.raises(ManufacturingException) as refused:
        guard(known, wish)

    assert refused.value.code == code
    assert refused.value.violations[0].details == numbers


@pytest.mark.parametrize(("guard", "known", "wish", "code", "numbers"), REFUSES, ids=name_of)
def test_the_sentence_of_a_refusal_leaves_nothing_unfilled(
    guard: Guard, known: OrderFacts, wish: Wish, code: str, numbers: dict[str, Any]
) -> None:
    with pytest.raises(ManufacturingException) as refused:
        guard(known, wish)

    said = f"{refused.value.message} {refused.value.next_step}"
    assert "unknown" not in said
    assert "{" not in said


@pytest.mark.parametrize(("guard", "known", "wish"), PASSES, ids=name_of)
def test_a_guard_lets_pass_what_is_in_order(guard: Guard, known: OrderFacts, wish: Wish) -> None:
    guard(known, wish)


def test_every_guard_of_the_steps_has_a_case_that_it_refuses_and_one_that_it_lets_pass() -> None:
    asked = {guard for step in STEPS.values() for guard in step.guards}

    assert asked == {case[0] for case in REFUSES} == {case[0] for case in PASSES}


def test_a_machine_that_is_neither_active_nor_whole_is_told_both() -> None:
    known = order(machine=machine(active=False, status=MachineStatus.BROKEN))

    with pytest.raises(ManufacturingException) as refused:
        guards.machine_can_run(known, NOTHING_SAID)

    assert codes(list(refused.value.violations)) == ["MACHINE_INACTIVE", "MACHINE_BROKEN"]


def test_each_material_that_is_short_is_named() -> None:
    known = order(lines=(line("BAR", reserved=10), line("NUT"), line("OIL", required=3, reserved=1)))

    with pytest.raises(ManufacturingException) as refused:
        guards.material_is_allocated(known, NOTHING_SAID)

    assert [(v.details["material"], v.details["short"]) for v in refused.value.violations] == [
        ("BAR", Decimal(40)),
        ("OIL", Decimal(2)),
    ]


def test_each_tool_that_is_not_fit_is_named_once() -> None:
    broken = (fixture(FixtureStatus.BROKEN), fixture(FixtureStatus.BROKEN, code="FX-2"), gauge(due=TODAY))

    with pytest.raises(ManufacturingException) as refused:
        guards.tooling_is_fit(
            order(operations=(operation(10, tools=broken), operation(20, tools=broken))), NOTHING_SAID
        )

    assert [v.details["fixture"] for v in refused.value.violations] == ["FX-1", "FX-2"]


def test_that_nothing_is_allocated_at_all_is_said_first_and_then_each_material() -> None:
    known = order(
        lines=(line("BAR", reserved=0), line("NUT", required=400, reserved=0), line("OIL", required=0, reserved=0))
    )

    with pytest.raises(ManufacturingException) as refused:
        guards.material_is_allocated(known, NOTHING_SAID)

    assert codes(list(refused.value.violations)) == [
        "WORK_ORDER_NO_MATERIALS",
        "MATERIAL_NOT_ALLOCATED",
        "MATERIAL_NOT_ALLOCATED",
    ]
    assert refused.value.violations[0].details == {"number": "WO-2026-00001", "materials": ["BAR", "NUT"]}
    assert [(v.details["material"], v.details["short"]) for v in refused.value.violations[1:]] == [
        ("BAR", Decimal(50)),
        ("NUT", Decimal(400)),
    ]
