"""The demo plant is whole, believable, and made by commands that no rule refused."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from mfg_desktop import demo
from mfg_desktop.operations.people import found_plant
from mfg_desktop.queries import check
from mfg_desktop.queries.audit import ListAudit
from mfg_desktop.queries.machines import GetMachine, ListMachines
from mfg_desktop.queries.oee import MachineOee
from mfg_desktop.queries.orders import GetOrder, ListOrders
from mfg_desktop.queries.rows import MachineRow, OrderDetail, OrderRow
from mfg_desktop.queries.stock import ListMovements, ListStock
from mfg_desktop.queries.tooling import ListFixtures
from mfg_desktop.service.database import Database, upgrade
from mfg_desktop.service.permissions import ROLES
from mfg_desktop.service.shop import Shop
from mfg_desktop.service.work import Actor
from mfg_desktop.vocabulary import (
    AuditLevel,
    MachineStatus,
    OperationStatus,
    OrderStatus,
    Priority,
    ProductType,
    Readiness,
)

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


def levels_below(product: str, recipes: Mapping[str, Mapping[str, Decimal]]) -> int:
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
            assert levels_below(product, plant.recipes) >= 3, product
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
    wednesday_noon = datetime(2026, 11, 18, 12, tzinfo=BERLIN)
    calendar = demo.Calendar(wednesday_noon - timedelta(days=61), wednesday_noon, BERLIN)
    wednesday_morning = datetime(2026, 11, 18, 4, tzinfo=BERLIN)
    assert calendar.after(wednesday_morning) == datetime(2026, 11, 18, 6, tzinfo=BERLIN)
    assert calendar.minutes_left(wednesday_noon) == 600


def test_the_shift_begins_at_six_also_after_the_clocks_were_put_back() -> None:
    now = datetime(2026, 11, 22, 11, tzinfo=UTC)
    calendar = demo.Calendar(now - timedelta(days=61), now, BERLIN)

    before = calendar.after(datetime(2026, 10, 24, 12, tzinfo=BERLIN) - timedelta(days=1, hours=8))
    after = calendar.after(datetime(2026, 10, 25, 12, tzinfo=BERLIN))

    assert before == datetime(2026, 10, 23, 4, tzinfo=UTC)
    assert after == datetime(2026, 10, 26, 5, tzinfo=UTC)


# A Wednesday morning; long enough ago that no clock calls it the future.
NOW = datetime(2025, 10, 15, 8, 40, tzinfo=UTC)


class Made(NamedTuple):
    shop: Shop
    admin: Actor
    summary: demo.DemoSummary

    def orders(self, *statuses: OrderStatus) -> tuple[OrderRow, ...]:
        rows: tuple[OrderRow, ...] = self.shop.ask(ListOrders(status=statuses or None, limit=1000), self.admin).rows
        return rows

    def detail(self, number: str) -> OrderDetail:
        found: OrderDetail = self.shop.ask(GetOrder(number=number), self.admin)
        return found

    def machines(self) -> tuple[MachineRow, ...]:
        rows: tuple[MachineRow, ...] = self.shop.ask(ListMachines(), self.admin).rows
        return rows


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """Make the demo plant once for all tests of this file; it takes some twenty seconds."""
    url = f"sqlite:///{tmp_path_factory.mktemp('demo') / 'plant.db'}"
    upgrade(url)
    database = Database(url, lasting=False)
    badge, pin = demo.FIRST_ADMINISTRATOR
    found_plant(database, admin_badge=badge, admin_pin=pin, plant="Plant Nord", timezone="Europe/Berlin")
    shop = Shop(database)
    summary = demo.make(shop, NOW)
    yield Made(shop, shop.sign_in(badge, pin, terminal="T1"), summary)
    shop.close()


def test_the_summary_tells_what_the_database_holds(made: Made) -> None:
    counts = Counter(row.status for row in made.orders())

    assert counts.total() >= 400
    assert made.summary.orders == counts
    assert made.summary.machines == Counter(row.status for row in made.machines())
    assert made.summary.products == 60
    assert {role for person in made.summary.people for role in person.roles} == set(ROLES)


def test_orders_are_in_every_status(made: Made) -> None:
    assert {row.status for row in made.orders()} == set(OrderStatus)
    assert {row.priority for row in made.orders(OrderStatus.RELEASED, OrderStatus.IN_PROGRESS)} == set(Priority)


def test_a_dozen_machines_run_one_order_each(made: Made) -> None:
    running = {row.number: row for row in made.orders(OrderStatus.IN_PROGRESS)}

    in_use = [row.work_order for row in made.machines() if row.status is MachineStatus.IN_USE]
    assert 9 <= len(in_use) <= 13
    assert len(set(in_use)) == len(in_use)
    assert set(in_use) <= set(running)
    assert sum(1 for row in running.values() if row.quantity_completed > 0) >= 4


def test_a_machine_makes_no_more_than_it_has_time_for(made: Made) -> None:
    day = {"from": NOW.replace(hour=0, minute=0).isoformat(), "to": NOW.isoformat()}
    asked = [MachineOee.model_validate({"machine": row.machine, **day}) for row in made.machines()]
    told = [made.shop.ask(question, made.admin).oee for question in asked]

    today = [oee for oee in told if oee]
    assert len(today) >= 5
    assert max(today) <= Decimal("1.2")


def test_orders_are_worked_step_by_step_and_take_turns_on_their_machines(made: Made) -> None:
    running = [made.detail(row.number) for row in made.orders(OrderStatus.IN_PROGRESS)]

    steps = [operation for order in running for operation in order.operations]
    assert {OperationStatus.COMPLETED, OperationStatus.IN_PROGRESS} <= {step.status for step in steps}
    assert any(step.instructions for step in steps)
    done = [made.detail(row.number) for row in made.orders(OrderStatus.COMPLETED)[:80]]
    assert any(order.operations for order in done)
    assert any(fixture.work_order for fixture in made.shop.ask(ListFixtures(), made.admin).rows)


def test_something_is_left_to_find(made: Made) -> None:
    waiting = made.orders(OrderStatus.DRAFT, OrderStatus.PLANNED, OrderStatus.RELEASED)

    assert any(row.tooling is Readiness.MISSING for row in waiting), "no order waits for its gauge"
    assert any(made.detail(row.number).sub_orders for row in waiting), "no order waits for its parts"


def test_there_is_trouble_to_look_at(made: Made) -> None:
    by_status = Counter(row.status for row in made.machines())
    released = made.orders(OrderStatus.RELEASED)

    assert by_status[MachineStatus.BROKEN] == 2
    assert by_status[MachineStatus.MAINTENANCE] == 1
    never = made.shop.ask(GetMachine(machine="TURN-05"), made.admin)
    assert never.row.next_maintenance < NOW.date()
    assert never.row.status is MachineStatus.AVAILABLE
    assert any(row.machine_status is MachineStatus.BROKEN for row in released)
    assert sum(row.material is Readiness.READY for row in released) >= 3
    assert any(row.material is Readiness.PARTLY for row in released)
    held = made.orders(OrderStatus.ON_HOLD)
    assert len(held) >= 4
    assert all(row.hold_reason for row in held)
    is_open = set(OrderStatus) - {OrderStatus.COMPLETED, OrderStatus.CANCELLED}
    assert sum(row.planned_end < NOW for row in made.orders(*is_open)) >= 3


def test_some_lots_are_blocked_some_quarantined_some_expired(made: Made) -> None:
    lots = made.shop.ask(ListStock(limit=5000), made.admin).rows

    assert any(lot.blocked for lot in lots)
    assert any(lot.category == "QUARANTINE" for lot in lots)
    assert any(lot.category == "SCRAP" and lot.on_hand > 0 for lot in lots)
    assert any(
        lot.expires_at and lot.expires_at < NOW and lot.on_hand > lot.reserved and not lot.blocked for lot in lots
    )


def test_the_history_is_genuine(made: Made) -> None:
    order = made.shop.ask(GetOrder(number=made.orders(OrderStatus.COMPLETED)[0].number), made.admin)

    assert order.row.actual_start < order.row.actual_end <= NOW
    assert order.created_at < order.row.actual_start
    assert sum(output.good for output in order.outputs) == order.row.quantity_completed
    assert all(line.consumed <= line.issued - line.returned for line in order.allocations)
    movements = made.shop.ask(ListMovements(lot="L-2041"), made.admin).rows
    assert movements
    assert all(movement.at <= NOW for movement in movements)


def test_no_command_of_the_history_was_refused(made: Made) -> None:
    refused = made.shop.ask(ListAudit(level=AuditLevel.WARNING), made.admin).rows

    assert refused == ()


def test_the_right_to_enter_late_is_taken_back(made: Made) -> None:
    with made.shop.database.reading() as connection:
        late = connection.exec_driver_sql(
            "SELECT name FROM role JOIN role_operation ON role_id = role.id WHERE operation = 'command.backdate'"
        )

        assert [row.name for row in late] == ["SUPERVISOR"]


def test_the_books_add_up_and_the_audit_log_is_whole(made: Made) -> None:
    with made.shop.database.reading(seconds=60) as connection:
        assert check.problems(connection) == []

    verified = made.shop.verify()
    assert verified.problem is None
    assert verified.entries > made.summary.commands
