"""The demo plant is whole, believable, and made by commands that no rule refused."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mfg_desktop import demo
from mfg_desktop.service.permissions import ROLES
from mfg_desktop.vocabulary import MachineStatus, OrderStatus, Priority, ProductType

BERLIN = ZoneInfo("Europe/Berlin")
TECHNICAL_DATA = {
    "machine",
    "type",
    "department",
    "brand",
    "model",
    "axis_count",
    "internal_cooling_bar",
    "motor_power_kva",
    "holder_type",
    "spindle_power_10_kw",
    "spindle_power_30_kw",
    "power_hp",
    "spindle_speed_rpm",
    "tool_count",
    "nc_control_unit",
    "manufacturing_year",
    "serial_number",
    "weight_kg",
    "max_part_size",
    "description",
    "maintenance_interval_days",
    "last_maintenance_days_ago",
    "next_maintenance_in_days",
    "maintenance_notes",
}


def lines_of(command: str) -> list[demo.Command]:
    return [line for line in demo.read_plant().lines if line["command"] == command]


def levels_below(product: str, recipes: dict[str, dict[str, object]]) -> int:
    return 1 + max((levels_below(part, recipes) for part in recipes.get(product, {})), default=0)


def test_the_plant_has_its_departments_people_machines_and_products() -> None:
    plant = demo.read_plant()

    assert [line["code"] for line in lines_of("department.create")] == ["MACH", "GRIND", "ASSY", "QUAL"]
    assert len(plant.people) == 30
    assert len(plant.machines) == 20
    assert len(plant.types) == 60
    assert set(plant.types.values()) == set(ProductType)


def test_every_role_has_somebody_and_every_badge_a_pin_of_its_own() -> None:
    people = demo.read_plant().people

    assert {role for person in people for role in person.roles} == set(ROLES)
    assert len({person.badge for person in people}) == len(people)
    assert all(len(person.pin) >= 6 and person.pin.isdigit() for person in people)


def test_every_machine_carries_all_its_technical_data() -> None:
    machines = lines_of("machine.create")

    assert all(set(line) == {"command"} | TECHNICAL_DATA for line in machines)
    assert all(value not in (None, "") for line in machines for value in line.values())
    assert len({line["serial_number"] for line in machines}) == 20


def test_every_finished_product_stands_on_three_levels() -> None:
    plant = demo.read_plant()

    for product, product_type in plant.types.items():
        if product_type is ProductType.FINISHED:
            assert levels_below(product, plant.recipes) >= 3, product  # type: ignore[arg-type]
        if product_type is ProductType.RAW:
            assert product not in plant.recipes


def test_everything_that_is_made_has_a_machine_and_everything_it_takes_has_stock() -> None:
    plant, work = demo.read_plant(), demo.read_work()

    made = {line["product"] for line in work["made"]}
    assert made == set(plant.recipes)
    assert {code for line in work["made"] for code in line["machines"]} == set(plant.machines)
    in_stock = {lot["material"] for lot in plant.lots}
    assert {part for recipe in plant.recipes.values() for part in recipe} <= in_stock


def test_offsets_become_times_and_days_of_the_plant() -> None:
    now = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    line = {"command": "x", "received_days_ago": 2, "expires_in_days": 3, "last_maintenance_days_ago": 1, "lot": "L-1"}

    told = demo.dated(line, now, BERLIN)

    assert told == {
        "command": "x",
        "received_at": datetime(2026, 11, 21, 8, tzinfo=BERLIN),
        "expires_at": datetime(2026, 11, 26, 23, 59, tzinfo=BERLIN),
        "last_maintenance": date(2026, 11, 22),
        "lot": "L-1",
    }


def test_nights_and_weekends_are_free_but_the_hours_around_now_are_worked() -> None:
    sunday_noon = datetime(2026, 11, 22, 11, tzinfo=UTC)
    calendar = demo.Calendar(sunday_noon - timedelta(days=61), sunday_noon, BERLIN)

    friday_night = datetime(2026, 11, 13, 23, tzinfo=BERLIN)
    assert calendar.after(friday_night) == datetime(2026, 11, 16, 6, tzinfo=BERLIN)
    friday_evening = datetime(2026, 11, 13, 21, tzinfo=BERLIN)
    assert calendar.after(friday_evening, 90) == datetime(2026, 11, 16, 6, 30, tzinfo=BERLIN)
    assert calendar.after(sunday_noon) == sunday_noon


def test_the_shift_begins_at_six_also_after_the_clocks_were_put_back() -> None:
    now = datetime(2026, 11, 22, 11, tzinfo=UTC)
    calendar = demo.Calendar(now - timedelta(days=61), now, BERLIN)

    before = calendar.after(datetime(2026, 10, 24, 12, tzinfo=BERLIN) - timedelta(days=1, hours=8))
    after = calendar.after(datetime(2026, 10, 25, 12, tzinfo=BERLIN))

    assert before == datetime(2026, 10, 23, 4, tzinfo=UTC)
    assert after == datetime(2026, 10, 26, 5, tzinfo=UTC)
