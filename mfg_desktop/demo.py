"""The demo plant: Plant Nord and sixty days of its work, made by performing real commands one after the other.

To change the plant, edit resources/demo/plant.jsonl; to change how it works and what goes wrong, edit
resources/demo/work.json.
"""

import heapq
import json
import random
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from functools import partial
from importlib.resources import files
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

from mfg_desktop.operations import command_from
from mfg_desktop.service.permissions import ROLES
from mfg_desktop.service.shop import Shop
from mfg_desktop.service.work import Actor
from mfg_desktop.vocabulary import MachineStatus, OrderStatus, PersonId, Priority, ProductType

ORDERS = 400
DAYS = 60
SEED = 240613
FIRST_ADMINISTRATOR = ("ADMIN", "240613")

# An order may be started half a day before its planned start when its machine stands idle.
EARLY = timedelta(hours=12)
# Maintenance is brought forward rather than have a long order run past its date.
MAINTENANCE_AHEAD = timedelta(days=5)
# So many machines run when the walk ends, whatever the hour and the weekday.
RUNNING = range(10, 13)

Progress = Callable[[str, int, int], None]
Command = dict[str, Any]
Event = Callable[[], object]


@dataclass(frozen=True, slots=True)
class DemoPerson:
    badge: str
    name: str
    pin: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What was made, and the badges and PINs to sign in with."""

    people: tuple[DemoPerson, ...]
    orders: Mapping[OrderStatus, int]
    machines: Mapping[MachineStatus, int]
    products: int
    lots: int
    commands: int


def make(shop: Shop, now: datetime, progress: Progress | None = None) -> DemoSummary:
    """Fill a plant that was just founded, up to `now` (aware).

    Raises the ManufacturingException of the first command that is refused: then the data of the demo is wrong.
    """
    plant, work = read_plant(), read_work()
    crew = Crew(shop, plant, work["terminals"])
    walk = Walk(crew, plant, work, now)
    walk.run(progress or (lambda text, done, total: None))
    return DemoSummary(
        people=tuple(plant.people),
        orders=Counter([job.status for job in walk.jobs] + [OrderStatus.DRAFT] * walk.sub_orders),
        machines=Counter(station.status for station in walk.stations.values()),
        products=len(plant.types),
        lots=crew.lots,
        commands=crew.commands,
    )


# The plant as its file tells it


@dataclass(slots=True)
class Plant:
    """What plant.jsonl says, with the few facts the walk needs picked out of it."""

    lines: list[Command]
    people: list[DemoPerson] = field(default_factory=list)
    departments_of: dict[str, list[str]] = field(default_factory=dict)
    types: dict[str, ProductType] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    recipes: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    picked: dict[str, list[str]] = field(default_factory=dict)
    machines: dict[str, Command] = field(default_factory=dict)
    routings: dict[str, list[Command]] = field(default_factory=dict)
    """Steps of each product's routing; the first one that the file gives it, which is the one in use."""
    lots: list[Command] = field(default_factory=list)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))


def read_plant() -> Plant:
    """Read the commands that make the plant, in their order."""
    text = files("mfg_desktop").joinpath("resources/demo/plant.jsonl").read_text(encoding="utf-8")
    lines = [line for line in map(json.loads, text.splitlines()) if "command" in line]
    plant = Plant(lines=lines)
    badge, pin = FIRST_ADMINISTRATOR
    for line in lines:
        match line["command"]:
            case "settings.set":
                plant.zone = ZoneInfo(line["timezone"])
            case "user.create":
                plant.people.append(DemoPerson(line["badge"], line["name"], line["pin"], tuple(line["roles"])))
                plant.departments_of[line["badge"]] = line["departments"]
            case "user.update" if line["badge"] == badge:
                plant.people.insert(0, DemoPerson(badge, line["name"], pin, ("ADMIN",)))
            case "product.create":
                plant.types[line["stock_code"]] = ProductType(line["type"])
                plant.units[line["stock_code"]] = line["unit"]
            case "bom.set":
                plant.recipes[line["product"]] = {part["component"]: _per_piece(part) for part in line["lines"]}
                plant.picked[line["product"]] = [
                    part["component"] for part in line["lines"] if part["issue_method"] == "PICK"
                ]
            case "machine.create":
                plant.machines[line["machine"]] = line
            case "workflow.create":
                plant.routings.setdefault(line["product"], line["steps"])
            case "stock.receive":
                plant.lots.append(line)
    return plant


def read_work() -> dict[str, Any]:
    """Read what is made where, and what goes wrong."""
    work: dict[str, Any] = json.loads(
        files("mfg_desktop").joinpath("resources/demo/work.json").read_text(encoding="utf-8")
    )
    return work


def _per_piece(part: Command) -> Decimal:
    return Decimal(str(part["quantity"])) * (1 + Decimal(str(part.get("scrap_percentage", 0))) / 100)


def dated(line: Command, now: datetime, zone: ZoneInfo) -> Command:
    """Turn the offsets of a line into times and dates: `received_days_ago` into `received_at`, and so on."""
    today = now.astimezone(zone).date()
    morning = datetime.combine(today, time(8), zone)
    command: Command = {}
    for name, value in line.items():
        match name:
            case "received_days_ago":
                command["received_at"] = morning - timedelta(days=value)
            case "expires_in_days":
                command["expires_at"] = datetime.combine(today, time(23, 59), zone) + timedelta(days=value)
            case "last_maintenance_days_ago":
                command["last_maintenance"] = today - timedelta(days=value)
            case "next_maintenance_in_days":
                command["next_maintenance"] = today + timedelta(days=value)
            case "last_checked_days_ago":
                command["last_checked"] = today - timedelta(days=value)
            case "calibration_days_ago":
                command["calibration_date"] = today - timedelta(days=value)
            case "days_ago":
                if line["command"] in ("fixture.record_check", "gauge.record_calibration"):
                    command["date"] = today - timedelta(days=value)
            case _:
                command[name] = value
    return command


# Who does what


class Crew:
    """The people at their terminals: performs commands in their names."""

    def __init__(self, shop: Shop, plant: Plant, terminals: Mapping[str, str]) -> None:
        badge, pin = FIRST_ADMINISTRATOR
        self.shop = shop
        self.plant = plant
        self.terminals = terminals
        self.actors = {badge: shop.sign_in(badge, pin, terminal=terminals["office"])}
        self.commands = 0
        self.lots = len(plant.lots)
        self.pins = [
            command_from({"command": "user.set_pin", "badge": person.badge, "pin": person.pin})
            for person in plant.people
            if person.badge != badge
        ]
        # Hashed beside the walk: one after the other they would take a third of its time.
        self._hashing = Thread(target=self._hash, daemon=True)
        self._hashing.start()

    def _hash(self) -> None:
        for command in self.pins:
            command.beforehand()

    def hand_out_pins(self) -> None:
        """Give everybody a PIN, now that they are hashed."""
        self._hashing.join()
        admin = self.actors[FIRST_ADMINISTRATOR[0]]
        for command in self.pins:
            self.shop.perform(command, admin)
            self.commands += 1

    def does(self, badge: str, place: str, at: datetime, command: str, /, **fields: object) -> Mapping[str, Any]:
        """Perform one command in the name of `badge` at the terminal of `place`, and return its data."""
        told = {"command": command, **fields, "at": at, "terminal": self.terminals[place]}
        outcome = self.shop.perform(command_from(told), self.actors.get(badge) or self._at_work(badge))
        self.commands += 1
        return outcome.data

    def _at_work(self, badge: str) -> Actor:
        """Put a person to work who did not sign in.

        Twenty-eight sign-ins would cost four seconds and tell the audit log that all of them stood here just now. The
        shop looks everybody up by badge with each command, rights included.
        """
        person = next(person for person in self.plant.people if person.badge == badge)
        actor = Actor(PersonId(0), badge, person.name, person.roles, self.terminals["office"])
        self.actors[badge] = actor
        return actor

    def of(self, role: str, department: str | None = None) -> list[str]:
        """List the badges with a role, in a department when one is named."""
        return [
            person.badge
            for person in self.plant.people
            if person.roles[0] == role
            and (department is None or department in self.plant.departments_of.get(person.badge, []))
        ]


# When the plant works


class Calendar:
    """The working time: both shifts of every weekday; at night and on Sunday also the hours around `now`, so that whoever opens the demo
    finds a plant at work.
    """

    def __init__(self, opening: datetime, now: datetime, zone: ZoneInfo) -> None:
        # In UTC throughout: an hour added to local time is not an hour when the clocks are put back.
        spans = []
        day = opening.astimezone(zone).date()
        while day < (now + timedelta(days=90)).astimezone(zone).date():
            if day.weekday() < 5:
                begin, end = (datetime.combine(day, time(hour), zone).astimezone(UTC) for hour in (6, 22))
                spans.append((begin, end))
            day += timedelta(days=1)
        if not any(begin <= now < end for begin, end in spans):
            spans.append(((now - timedelta(hours=9)).astimezone(UTC), (now + timedelta(hours=9)).astimezone(UTC)))
        self.spans: list[tuple[datetime, datetime]] = []
        for begin, end in sorted(spans):
            if self.spans and begin <= self.spans[-1][1]:
                self.spans[-1] = (self.spans[-1][0], max(end, self.spans[-1][1]))
            else:
                self.spans.append((begin, end))
        self.begins = [begin for begin, _ in self.spans]
        self.recent = self.begins[max(bisect_right(self.begins, now) - 2, 0)]
        """When the working day before that of `now` began."""

    def after(self, moment: datetime, minutes: float = 0) -> datetime:
        """Return the moment so many worked minutes later; with 0, the next moment at which the plant works."""
        moment = moment.astimezone(UTC)
        index = max(bisect_right(self.begins, moment) - 1, 0)
        rest = timedelta(minutes=minutes)
        while True:
            begin, end = self.spans[index]
            begin = max(begin, moment)
            if begin < end and begin + rest < end:
                return begin + rest
            rest -= max(end - begin, timedelta(0))
            index += 1

    def minutes_left(self, moment: datetime) -> float:
        """Tell for how long the plant goes on working from a moment at which it works."""
        _, end = self.spans[max(bisect_right(self.begins, moment) - 1, 0)]
        return (end - moment).total_seconds() / 60

    def moments(self, start: datetime, end: datetime, count: int) -> list[datetime]:
        """Spread so many moments evenly over the working time from start to end."""
        worked = sum(
            ((min(e, end) - max(b, start)) for b, e in self.spans if b < end and e > start), start=timedelta(0)
        )
        step = worked.total_seconds() / 60 / count
        return [self.after(start, step * place) for place in range(count)]


# What the walk keeps in mind


@dataclass(slots=True)
class Recipe:
    product: str
    machines: list[str]
    quantities: range
    minutes: int
    needs: dict[str, Decimal]


@dataclass(slots=True)
class Station:
    """A machine as the walk sees it."""

    code: str
    department: str
    interval: timedelta
    maintenance_due: datetime
    status: MachineStatus = MachineStatus.AVAILABLE
    job: "Job | None" = None
    kept_down: bool = False
    up_since: datetime | None = None
    """Since when it has had no stop, for stops that are entered late."""


@dataclass(slots=True)
class Job:
    """A work order as the walk sees it."""

    number: str
    recipe: Recipe
    station: Station
    quantity: int
    priority: Priority
    planned_start: datetime
    status: OrderStatus = OrderStatus.DRAFT
    good: int = 0
    scrapped: int = 0
    left: int = 0
    """Pieces that are not reported yet."""
    stretch: int = 0
    """How many pieces the next report will have, at whatever operation."""
    passed: int = 0
    """Pieces that the present operation, when it is not the last, has reported."""
    reserved: dict[str, Decimal] = field(default_factory=dict)
    allocated: bool = False
    issued: bool = False
    run: int = 0
    steps: list[Command] = field(default_factory=list)
    """The operations that are still to be done; empty for an order without."""
    paused: bool = False
    """Its operation was interrupted and is to be resumed."""
    where: Station = field(init=False)
    """The machine that its present operation is for."""

    needs: dict[str, Decimal] = field(init=False)

    def __post_init__(self) -> None:
        self.where = self.station
        self.needs = {material: _three_places(each * self.quantity) for material, each in self.recipe.needs.items()}

    @property
    def work_minutes(self) -> int:
        return 75 + self.recipe.minutes * (self.quantity - self.good - self.scrapped)

    @property
    def is_waiting(self) -> bool:
        return self.status in (OrderStatus.DRAFT, OrderStatus.PLANNED, OrderStatus.RELEASED)

    @property
    def is_ready(self) -> bool:
        return self.status is OrderStatus.RELEASED and self.allocated


def _three_places(quantity: Decimal) -> Decimal:
    # Up: better to think there is a thousandth less than to be refused for want of it.
    return quantity.quantize(Decimal("0.001"), ROUND_CEILING)


class Walk:
    """Walks forward through the days, from one event to the next, and performs what happens at each."""

    def __init__(self, crew: Crew, plant: Plant, work: dict[str, Any], now: datetime) -> None:
        self.crew = crew
        self.plant = plant
        self.work = work
        self.now = now.astimezone(UTC)
        self.dice = random.Random(SEED)
        self.opening = (self.now - timedelta(days=DAYS + 1)).replace(microsecond=0)
        self.calendar = Calendar(self.opening, self.now, plant.zone)
        self.clock = self.opening
        self.events: list[tuple[datetime, int, Event]] = []
        self.planned_events = 0
        self.decks: dict[tuple[str, ...], list[str]] = {}
        self.jobs: list[Job] = []
        self.open: list[Job] = []
        self.free: dict[str, Decimal] = dict.fromkeys(plant.types, Decimal(0))
        self.recipes = [
            Recipe(
                product=made["product"],
                machines=made["machines"],
                quantities=range(made["smallest"], made["largest"] + 1, made["step"]),
                minutes=made["minutes"],
                needs=plant.recipes[made["product"]],
            )
            for made in work["made"]
        ]
        self.stations = {
            code: Station(
                code=code,
                department=line["department"],
                interval=timedelta(days=line["maintenance_interval_days"]),
                maintenance_due=self.now + timedelta(days=line["next_maintenance_in_days"]),
                up_since=self.opening,
            )
            for code, line in plant.machines.items()
        }
        self.routed: set[str] = set()
        self.sub_orders = 0
        self.late_suppliers = {late["material"]: late for late in work["at_the_end"]["late_suppliers"]}
        self.components = {material for needs in plant.recipes.values() for material in needs}
        self.largest_need = {
            material: max(
                recipe.quantities[-1] * recipe.needs[material] for recipe in self.recipes if material in recipe.needs
            )
            for material in self.components
        }

    # The clock

    def at(self, moment: datetime, happens: Event) -> None:
        """Note an event for the moment, or for the next working minute after it."""
        self.planned_events += 1
        heapq.heappush(self.events, (self.calendar.after(moment).replace(microsecond=0), self.planned_events, happens))

    def later(self, minutes: float, happens: Event) -> None:
        """Note an event so many worked minutes from the present one."""
        self.at(self.calendar.after(self.clock, minutes), happens)

    def does(self, badge: str, place: str, command: str, /, **fields: object) -> Mapping[str, Any]:
        """Perform a command a few seconds after the last: no two events of the plant share a second."""
        self.clock += timedelta(seconds=self.dice.randint(2, 9))
        return self.crew.does(badge, place, self.clock, command, **fields)

    def one_of(self, role: str, department: str | None = None) -> str:
        """Choose a person with the role."""
        return self.dice.choice(self.crew.of(role, department))

    def words(self, *path: str) -> str:
        """Draw one of the sentences that work.json has under the path; none comes twice before all have come."""
        if not self.decks.get(path):
            sentences: Any = self.work
            for step in path:
                sentences = sentences[step]
            self.decks[path] = self.dice.sample(sentences, len(sentences))
        return self.decks[path].pop()

    def run(self, progress: Progress) -> None:
        """Walk from the opening to `now`."""
        self.open_plant(progress)
        self.let_enter_late(True)
        self.note_what_is_certain()
        day = 0
        while self.events and self.events[0][0] < self.now - timedelta(minutes=1):
            moment, _, happens = heapq.heappop(self.events)
            self.clock = max(self.clock, moment)
            if (self.clock - self.opening).days > day:
                day = (self.clock - self.opening).days
                progress(f"{self.clock.astimezone(self.plant.zone):%A %d %B}", day, DAYS + 1)
            happens()
        self.leave_questions_open()
        self.let_enter_late(False)
        self.crew.hand_out_pins()
        progress("The plant is at work", DAYS + 1, DAYS + 1)

    # Before the first shift

    def open_plant(self, progress: Progress) -> None:
        """Perform the lines of plant.jsonl; those with `days_ago` wait for their day."""
        admin = FIRST_ADMINISTRATOR[0]
        progress("Departments, people, machines, products and opening stock", 0, DAYS + 1)
        for line in self.plant.lines:
            command = dated(line, self.now, self.plant.zone)
            name = command.pop("command")
            if "days_ago" in line:
                self.at(
                    self.now - timedelta(days=line["days_ago"]),
                    partial(self._from_the_file, name, command),
                )
                continue
            if name == "user.create":
                command.pop("pin", None)
            self.does(admin, "office", name, **command)
        untouchable = {(line["material"], line["lot"]) for line in self.plant.lines if line["command"] == "stock.block"}
        for lot in self.plant.lots:
            if (lot["material"], lot["lot"]) not in untouchable and lot["category"] != "QUARANTINE":
                self.free[lot["material"]] += Decimal(str(lot["quantity"]))

    def let_enter_late(self, allowed: bool) -> None:
        """Give every role that works the right to say when something happened, or take it back.

        At first only supervisors have it; but the history shall name the people who did the work.
        """
        for role in ("OPERATOR", "MATERIAL_HANDLER", "MAINTENANCE", "PLANNER"):
            operations = {*ROLES[role], "command.backdate"} if allowed else set(ROLES[role])
            self.does(FIRST_ADMINISTRATOR[0], "office", "role.set_operations", role=role, operations=sorted(operations))

    def _from_the_file(self, name: str, command: Command) -> None:
        area = name.partition(".")[0]
        role, place = {"workflow": ("PLANNER", "office"), "stock": ("MATERIAL_HANDLER", "store")}.get(
            area, ("MAINTENANCE", "maintenance")
        )
        self.does(self.one_of(role), place, name, **command)
        if name == "workflow.activate":
            self.routed.add(command["product"])

    def note_what_is_certain(self) -> None:
        """Note what comes whatever happens: mornings, new orders, breakdowns, and how it all stands at the end."""
        for begin, _ in self.calendar.spans:
            if begin < self.now:
                self.at(begin + timedelta(minutes=10), self.morning)
        first_day = self.opening + timedelta(days=1)
        backlog = 80
        for moment in self.calendar.moments(first_day, first_day + timedelta(hours=20), backlog):
            self.at(moment, partial(self.create_next, self.dice.uniform(0.1, 9)))
        for material, supplier in self.late_suppliers.items():
            short_since = self.now - timedelta(days=supplier["short_order_days_ago"])
            self.at(short_since, partial(self.create_short, material))
        rest = ORDERS - backlog - len(self.late_suppliers)
        for moment in self.calendar.moments(first_day + timedelta(days=1), self.now - timedelta(minutes=20), rest):
            self.at(moment, partial(self.create_next, self.dice.triangular(3, 18, 9)))
        for day in range(2, DAYS):
            self.at(self.now - timedelta(days=day, hours=self.dice.uniform(-8, 8)), self.tell_a_stop)
        for breakdown in self.work["breakdowns"]:
            station = self.stations[breakdown["machine"]]
            self.at(
                self.now - timedelta(days=breakdown["days_ago"], hours=self.dice.uniform(-5, 5)),
                partial(self.break_down, station, breakdown["reason"], breakdown["hours"]),
            )
        end = self.work["at_the_end"]
        for broken in end["broken"]:
            station = self.stations[broken["machine"]]
            self.at(
                self.now - timedelta(hours=broken["hours_ago"]),
                partial(self.break_down, station, broken["reason"], None),
            )
        held = end["maintenance"]
        self.at(
            self.now - timedelta(hours=held["hours_ago"]),
            partial(self.last_maintenance, self.stations[held["machine"]], held["reason"]),
        )
        for hours in end["lasting_holds_hours_ago"]:
            self.at(self.now - timedelta(hours=hours), self.hold_for_good)
        for minutes in range(20 * 60, 0, -15):
            self.at(self.now - timedelta(minutes=minutes), self.keep_busy)

    # A day

    def morning(self) -> None:
        """Order what runs low, bring the waiting orders forward, and put idle machines to work."""
        for material, product_type in self.plant.types.items():
            if product_type is ProductType.RAW and material in self.components:
                self.order_if_low(material)
        if self.dice.random() < 0.15:
            self.count_stock()
        for job in self.open:
            if job.status is OrderStatus.RELEASED and not job.allocated:
                self.later(self.dice.uniform(10, 90), partial(self.allocate, job))
        for station in self.stations.values():
            self.later(self.dice.uniform(2, 45), partial(self.seek_work, station))

    def order_if_low(self, material: str) -> None:
        """Have a lot delivered this morning if the orders of the next days would use up what is there."""
        late = self.late_suppliers.get(material)
        if late is not None and self.now - self.clock < timedelta(days=late["days_without_delivery"]):
            return
        wanted = sum(
            job.needs.get(material, Decimal(0))
            for job in self.open
            if job.is_waiting and not job.allocated and job.planned_start - self.clock < timedelta(days=4)
        )
        largest = self.largest_need[material]
        if self.free[material] >= wanted + largest:
            return
        unit = Decimal({"m": 6, "pcs": 10, "l": 20, "ml": 250, "g": 1000}[self.plant.units[material]])
        lots = Decimal(1 if late is not None else 3)
        quantity = ((wanted + largest * lots) / unit).to_integral_value(ROUND_CEILING) * unit
        self.later(self.dice.uniform(60, 300), partial(self.deliver, material, quantity))

    def deliver(self, material: str, quantity: Decimal) -> None:
        """Receive a lot from the supplier."""
        known = [lot for lot in self.plant.lots if lot["material"] == material]
        fields: Command = {}
        if "expires_in_days" in known[0]:
            # Only the last lots are short-lived: one that expires under way would strand the orders it is reserved for.
            shelf_life = (90, 240) if self.now - self.clock > timedelta(days=8) else (9, 25)
            fields["expires_at"] = self.clock + timedelta(days=self.dice.randint(*shelf_life))
        self.crew.lots += 1
        cost = Decimal(str(known[0]["unit_cost"])) * Decimal(self.dice.randint(96, 107)) / 100
        self.does(
            self.one_of("MATERIAL_HANDLER"),
            "store",
            "stock.receive",
            material=material,
            lot=f"L-{2300 + self.crew.lots}",
            quantity=quantity,
            unit_cost=cost.quantize(Decimal("0.01")),
            received_at=self.clock,
            category="RAW",
            location=known[0]["location"],
            **fields,
        )
        self.free[material] += quantity

    def count_stock(self) -> None:
        """Put right what a cycle count found: a few screws more than the book says."""
        lot = self.dice.choice([lot for lot in self.plant.lots if lot["material"].startswith("SCR-")])
        found = Decimal(self.dice.randint(3, 30))
        self.does(
            self.one_of("MATERIAL_HANDLER"),
            "store",
            "stock.adjust",
            material=lot["material"],
            lot=lot["lot"],
            quantity=found,
            reason=f"Cycle count: {found} more than booked",
        )
        self.free[lot["material"]] += found

    # An order, from the office to the machine

    def create_next(self, lead_days: float) -> None:
        """Enter a new order for the machine with the least work, of the product that is wanted most."""
        station = min(
            self.stations.values(),
            key=lambda station: (
                sum(job.work_minutes for job in self.open if job.station is station) + self.dice.uniform(0, 900)
            ),
        )
        recipe = min(
            (recipe for recipe in self.recipes if station.code in recipe.machines),
            key=lambda recipe: self.cover(recipe) + self.dice.uniform(0, 0.6),
        )
        self.create(recipe, station, self.dice.choice(recipe.quantities), lead_days)

    def create_short(self, material: str) -> None:
        """Enter an order that wants half as much again of a material as there is, while its supplier is late."""
        recipe = next(recipe for recipe in self.recipes if material in recipe.needs)
        wanted = self.free[material] * Decimal("1.5") / recipe.needs[material]
        step = recipe.quantities.step
        quantity = max(recipe.quantities[0], min(int(wanted), 2 * recipe.quantities[-1]) // step * step + step)
        priority = self.dice.choice([Priority.HIGH, Priority.URGENT])
        self.create(recipe, self.stations[recipe.machines[0]], quantity, lead_days=0.5, priority=priority)

    def create(
        self, recipe: Recipe, station: Station, quantity: int, lead_days: float, priority: Priority | None = None
    ) -> None:
        """Enter an order; what becomes of it is noted in the diary at once."""
        priority = priority or self.dice.choices(list(Priority), weights=[12, 60, 20, 8])[0]
        if priority is Priority.URGENT:
            lead_days = min(lead_days, self.dice.uniform(0.2, 1.5))
        start = _quarter(self.calendar.after(self.clock + timedelta(days=lead_days)))
        work_minutes = 75 + recipe.minutes * quantity
        slack = self.dice.uniform(100, 1300) if priority is not Priority.URGENT else 240
        end = _quarter(self.calendar.after(start, work_minutes * 1.15 + slack))
        fields: Command = {}
        if self.plant.types[recipe.product] is ProductType.FINISHED:
            fields["sales_order"] = f"SO-{self.dice.randint(41000, 46999)}"
            fields["notes"] = f"For {self.words('customers')}"
        planner = self.one_of("PLANNER", station.department)
        data = self.does(
            planner,
            "office",
            "work_order.create",
            product=recipe.product,
            quantity=quantity,
            planned_start=start,
            planned_end=end,
            priority=priority,
            machine=station.code,
            department=station.department,
            **fields,
        )
        job = Job(
            number=str(data["number"]),
            recipe=recipe,
            station=station,
            quantity=quantity,
            priority=priority,
            planned_start=start,
            steps=list(self.plant.routings[recipe.product]) if recipe.product in self.routed else [],
        )
        self.jobs.append(job)
        self.open.append(job)
        office_hours = self.dice.uniform(30, 500) if self.dice.random() < 0.5 else self.dice.uniform(1500, 4500)
        if lead_days < 2:
            office_hours = self.dice.uniform(5, 60)
        self.later(office_hours, partial(self.plan, job))
        if lead_days >= 2 and self.dice.random() < 0.05:
            self.later(self.dice.uniform(600, 4500), partial(self.cancel, job))
        if self.dice.random() < 0.05:
            self.later(self.dice.uniform(300, 3000), partial(self.hurry, job))
        if self.dice.random() < 0.04:
            self.later(self.dice.uniform(600, 4000), partial(self.hold, job, self.words("holds", "waiting")))

    def cover(self, recipe: Recipe) -> float:
        """Say for how many orders the product is covered; one for sale counts by how well its parts are."""
        if recipe.product in self.components:
            return self._projected(recipe.product) / float(self.largest_need[recipe.product])
        parts = [part for part in recipe.needs if self.plant.types[part] is not ProductType.RAW]
        open_orders = sum(1 for job in self.open if job.recipe is recipe)
        return open_orders * 0.7 - min(self._projected(part) / float(self.largest_need[part]) for part in parts)

    def _projected(self, material: str) -> float:
        coming = sum(job.quantity - job.good - job.scrapped for job in self.open if job.recipe.product == material)
        wanted = sum(job.needs.get(material, Decimal(0)) for job in self.open if job.is_waiting and not job.allocated)
        return float(self.free[material] + coming - wanted)

    def plan(self, job: Job) -> None:
        if job.status is not OrderStatus.DRAFT:
            return
        self.does(self.one_of("PLANNER", job.station.department), "office", "work_order.plan", number=job.number)
        job.status = OrderStatus.PLANNED
        ahead = timedelta(hours=self.dice.uniform(20, 100))
        self.at(max(job.planned_start - ahead, self.clock + timedelta(minutes=10)), partial(self.release, job))

    def release(self, job: Job) -> None:
        if job.status is not OrderStatus.PLANNED:
            return
        self.does(self.one_of("PLANNER", job.station.department), "office", "work_order.release", number=job.number)
        job.status = OrderStatus.RELEASED
        self.later(self.dice.uniform(10, 200), partial(self.allocate, job))

    def allocate(self, job: Job) -> None:
        """Reserve the material if all of it is there; what waits for a late supplier takes what there is."""
        if job.status is not OrderStatus.RELEASED or job.allocated:
            return
        needs = job.needs
        missing = {m: quantity - job.reserved.get(m, Decimal(0)) for m, quantity in needs.items()}
        incomplete = any(self.free[material] < quantity for material, quantity in missing.items())
        if incomplete:
            waits_for_supplier = any(
                self.free[material] < quantity
                for material, quantity in missing.items()
                if material in self.late_suppliers
            )
            if job.reserved or not waits_for_supplier or self.now - self.clock > timedelta(days=12):
                return
            if all(self.free[material] <= 0 for material in missing):
                return
        self.does(
            self.one_of("MATERIAL_HANDLER", job.station.department),
            "store",
            "work_order.allocate",
            number=job.number,
            allow_partial=incomplete,
        )
        for material, quantity in missing.items():
            taken = min(quantity, max(self.free[material], Decimal(0)))
            self.free[material] -= taken
            job.reserved[material] = job.reserved.get(material, Decimal(0)) + taken
        job.allocated = not incomplete
        if incomplete:
            return
        if self.dice.random() < 0.35:
            self.at(job.planned_start - timedelta(hours=2), partial(self.issue, job))
        self.later(self.dice.uniform(5, 30), partial(self.seek_work, job.station))
        self.at(job.planned_start - EARLY, partial(self.seek_work, job.station))

    def issue(self, job: Job) -> None:
        """Bring the material to the machine; now and then in two trips."""
        if job.issued or not job.allocated or job.status not in (OrderStatus.RELEASED, OrderStatus.IN_PROGRESS):
            return
        handler = self.one_of("MATERIAL_HANDLER", job.station.department)
        picked = self.plant.picked[job.recipe.product]
        if len(picked) > 2 and self.dice.random() < 0.3:
            first = [{"material": material} for material in picked[: len(picked) // 2]]
            self.does(handler, "store", "work_order.issue", number=job.number, lines=first)
        self.does(handler, "store", "work_order.issue", number=job.number)
        job.issued = True

    def hurry(self, job: Job) -> None:
        if job.is_waiting and job.priority is not Priority.URGENT:
            job.priority = Priority.URGENT if job.priority is Priority.HIGH else Priority.HIGH
            self.does(
                self.one_of("PLANNER", job.station.department),
                "office",
                "work_order.update",
                number=job.number,
                priority=job.priority,
            )

    def cancel(self, job: Job) -> None:
        if not job.is_waiting:
            return
        self.does(
            self.one_of("PLANNER", job.station.department),
            "office",
            "work_order.cancel",
            number=job.number,
            reason=self.words("cancels"),
            return_material=job.issued,
        )
        job.status = OrderStatus.CANCELLED
        self.open.remove(job)
        for material, quantity in job.reserved.items():
            self.free[material] += quantity

    # At the machine

    def running(self) -> int:
        return sum(1 for station in self.stations.values() if station.job is not None)

    def seek_work(self, station: Station, early: timedelta = EARLY) -> None:
        """Start the most pressing order that is ready, or do the maintenance that is due first."""
        if station.status is not MachineStatus.AVAILABLE:
            return
        never = self.work["at_the_end"]["never_maintained"]
        if station.maintenance_due - self.clock < MAINTENANCE_AHEAD and station.code != never:
            self.maintain(station)
            return
        # A machine may not start on the day its maintenance falls due: the date counts by the plant's calendar.
        if station.maintenance_due - self.clock < timedelta(days=1):
            return
        if self.now - self.clock < timedelta(hours=30) and self.running() >= RUNNING[-1]:
            return
        ready = [
            job
            for job in self.open
            if job.station is station and job.is_ready and job.planned_start - early <= self.clock
        ]
        if ready:
            order = list(Priority)
            self.start(max(ready, key=lambda job: (order.index(job.priority), -job.planned_start.timestamp())))

    def start(self, job: Job) -> None:
        station = job.station
        operator = self.one_of("OPERATOR", station.department)
        self.does(operator, station.department, "work_order.start", number=job.number)
        job.status = OrderStatus.IN_PROGRESS
        job.run += 1
        run = job.run
        if not job.issued:
            self.later(self.dice.uniform(2, 15), partial(self.issue, job))
        if run == 1:
            job.left = job.quantity
        if job.steps:
            self.begin_step(job, run)
        else:
            station.status = MachineStatus.IN_USE
            station.job = job
            self.work_on(job, run)

    def begin_step(self, job: Job, run: int) -> None:
        """Start the next operation, or go on with it, as soon as its machine is free."""
        if job.run != run or job.status is not OrderStatus.IN_PROGRESS:
            return
        step = job.steps[0]
        station = job.where = self.stations[step.get("machine", job.station.code)]
        if station.status is not MachineStatus.AVAILABLE or station.maintenance_due - self.clock < timedelta(days=1):
            self.later(15, partial(self.begin_step, job, run))
            return
        operator = self.one_of("OPERATOR", station.department)
        action = "operation.resume" if job.paused else "operation.start"
        self.does(operator, station.department, action, number=job.number, sequence=step["sequence"])
        if not job.paused:
            job.passed = 0
        job.paused = False
        station.status = MachineStatus.IN_USE
        station.job = job
        if len(job.steps) == 1:
            self.work_on(job, run)
            return
        self._work_a_stretch_of_a_step(job, run, setup=step["setup_minutes"])

    def _work_a_stretch_of_a_step(self, job: Job, run: int, *, setup: float = 0) -> None:
        each = float(job.steps[0]["cycle_seconds"]) / 60 * self.dice.uniform(1.0, 1.2)
        minutes = self._stretch(job, job.quantity - job.passed, each, setup)
        self.later(minutes, partial(self.pass_on, job, run))

    def pass_on(self, job: Job, run: int) -> None:
        """Report pieces at an operation that is not the last; with the last of them, end it and go on to the next."""
        if job.run != run or job.status is not OrderStatus.IN_PROGRESS:
            return
        self.issue(job)
        station, sequence = job.where, job.steps[0]["sequence"]
        operator = self.one_of("OPERATOR", station.department)
        job.passed += job.stretch
        if job.passed < job.quantity:
            self.does(
                operator,
                station.department,
                "work_order.record_output",
                number=job.number,
                operation=sequence,
                good=job.stretch,
                operator=operator,
            )
            self._work_a_stretch_of_a_step(job, run)
            return
        self.does(
            operator, station.department, "operation.complete", number=job.number, sequence=sequence, good=job.stretch
        )
        job.steps.pop(0)
        station.job = None
        station.status = MachineStatus.AVAILABLE
        self.begin_step(job, run)
        if station.job is None:
            self.later(self.dice.uniform(2, 20), partial(self.seek_work, station))

    def work_on(self, job: Job, run: int) -> None:
        """Note the next report of the order, and now and then that it is interrupted."""
        if not job.left:
            # It was held between its last report and its completion.
            self.later(self.dice.uniform(4, 15), partial(self.complete, job, run))
            return
        self._work_a_stretch(job, run, setup=self.dice.uniform(25, 75))
        if self.dice.random() < 0.09:
            self.later(
                self.dice.uniform(20, job.work_minutes * 0.8),
                partial(self.hold_run, job, run, self.words("holds", "running")),
            )

    def _work_a_stretch(self, job: Job, run: int, *, setup: float = 0) -> None:
        cycle = float(job.steps[0]["cycle_seconds"]) / 60 if job.steps else 0
        each = max(job.recipe.minutes, cycle) * self.dice.uniform(1.0, 1.3)
        self.later(self._stretch(job, job.left, each, setup), partial(self.report, job, run))

    def _stretch(self, job: Job, left: int, each: float, setup: float) -> float:
        """Settle how many of the pieces that are left the next report will have, and return the minutes until then."""
        minutes = 1400.0
        if self.calendar.after(self.clock, setup + minutes) >= self.calendar.recent:
            # Of late it is reported more often, so that what runs at the end shows how far it is; and before everybody goes home.
            minutes = min(60, self.calendar.minutes_left(self.calendar.after(self.clock, setup)) - 5)
        job.stretch = min(left, max(1, int(minutes / each)))
        return setup + job.stretch * each

    def report(self, job: Job, run: int) -> None:
        """Report the pieces of a stretch of work; after the last one, complete the order."""
        if job.run != run or job.status is not OrderStatus.IN_PROGRESS:
            return
        self.issue(job)
        department = job.station.department
        operator = self.one_of("OPERATOR", department)
        pieces = job.stretch
        job.left -= pieces
        last = not job.left
        some = min(pieces - 1, 1 + int(pieces * self.dice.uniform(0, 0.03)))
        scrapped = some if self.dice.random() < (0.2 if pieces > 8 else 0.05) else 0
        fields: Command = {}
        if scrapped > 1 and self.dice.random() < 0.4:
            first, second = self.dice.sample(self.work["scrap"][department], 2)
            fields["scrap"] = [{"quantity": 1, "reason": first}, {"quantity": scrapped - 1, "reason": second}]
        elif scrapped:
            fields["scrap_reason"] = self.words("scrap", department)
        rework = self.dice.randint(1, 3) if not last and pieces > 12 and self.dice.random() < 0.06 else 0
        if rework:
            fields["rework"] = rework
            fields["notes"] = self.words("rework")
            job.left += rework
        good = pieces - scrapped - rework
        fields |= {"number": job.number, "batch_number": job.number.removeprefix("WO-"), "operator": operator}
        if job.steps:
            fields["operation"] = job.steps[0]["sequence"]
        if good >= 20 and self.dice.random() < 0.012:
            wrong = self.does(operator, department, "work_order.record_output", good=good // 10, **fields)
            self.does(
                self.one_of("SUPERVISOR", department),
                department,
                "work_order.reverse_output",
                number=job.number,
                output=wrong["output"],
                reason=self.words("wrong_entry"),
            )
        self.does(operator, department, "work_order.record_output", good=good, scrapped=scrapped, **fields)
        job.good += good
        job.scrapped += scrapped
        self.free[job.recipe.product] += good
        if last:
            self.later(self.dice.uniform(4, 35), partial(self.complete, job, run))
        else:
            self._work_a_stretch(job, run)

    def complete(self, job: Job, run: int) -> None:
        if job.run != run or job.status is not OrderStatus.IN_PROGRESS:
            return
        fields = {"short_close_reason": self.words("short_close")} if job.good < job.quantity else {}
        department = job.where.department
        if job.steps:
            last = job.steps.pop(0)["sequence"]
            operator = self.one_of("OPERATOR", department)
            self.does(operator, department, "operation.complete", number=job.number, sequence=last, good=0)
        badge = self.one_of("SUPERVISOR" if fields else "OPERATOR", department)
        self.does(badge, department, "work_order.complete", number=job.number, **fields)
        job.status = OrderStatus.COMPLETED
        self.open.remove(job)
        self.leave(job.where)

    def leave(self, station: Station, status: MachineStatus = MachineStatus.AVAILABLE) -> None:
        """Free the machine, and look for its next work a little later."""
        station.job = None
        station.status = status
        self.later(self.dice.uniform(10, 70), partial(self.seek_work, station))

    # What goes wrong

    def hold(self, job: Job, reason: str, hours: float | None = None) -> None:
        """Hold an order that waits, and resume it some hours later."""
        if job.status not in (OrderStatus.PLANNED, OrderStatus.RELEASED):
            return
        self.does(
            self.one_of("SUPERVISOR", job.station.department),
            "office",
            "work_order.hold",
            number=job.number,
            reason=reason,
        )
        job.status = OrderStatus.ON_HOLD
        self.later((hours or self.dice.uniform(3, 22)) * 60, partial(self.resume, job))

    def hold_run(self, job: Job, run: int, reason: str, hours: float | None = None) -> None:
        """Hold the running order, which frees its machine for other work."""
        if job.run != run or job.status is not OrderStatus.IN_PROGRESS or not job.left:
            return
        department = job.station.department
        self.does(self.one_of("OPERATOR", department), department, "work_order.hold", number=job.number, reason=reason)
        job.status = OrderStatus.ON_HOLD
        if job.where.job is job:
            job.paused = bool(job.steps)
            self.leave(job.where)
        self.later((hours or self.dice.uniform(0.5, 14)) * 60, partial(self.resume, job))

    def hold_for_good(self) -> None:
        """Hold an order until after the walk: a running one, or one that waits."""
        if self.running() > RUNNING[0] - 3 and self.dice.random() < 0.5:
            job = self.dice.choice([job for job in self.open if job.status is OrderStatus.IN_PROGRESS and job.left])
            self.hold_run(job, job.run, self.words("holds", "running"), hours=400)
            return
        waiting = [job for job in self.open if job.status in (OrderStatus.PLANNED, OrderStatus.RELEASED)]
        if waiting:
            soonest = sorted(waiting, key=lambda job: job.planned_start)[:6]
            self.hold(self.dice.choice(soonest), self.words("holds", "waiting"), hours=400)

    def resume(self, job: Job) -> None:
        if job.status is not OrderStatus.ON_HOLD or job.station.kept_down or job.where.kept_down:
            return
        department = job.station.department
        self.does(self.one_of("SUPERVISOR", department), department, "work_order.resume", number=job.number)
        job.status = OrderStatus.RELEASED
        self.later(
            self.dice.uniform(5, 40),
            partial(self.seek_work, job.station) if job.allocated else partial(self.allocate, job),
        )

    def break_down(self, station: Station, reason: str, hours: float | None) -> None:
        """Set the machine BROKEN, which holds the order on it; without hours it stays so."""
        if station.status not in (MachineStatus.AVAILABLE, MachineStatus.IN_USE):
            return
        badge = self.one_of("OPERATOR", station.department)
        self.set_status(station, badge, MachineStatus.BROKEN, reason, "BREAKDOWN")
        if hours is None:
            station.kept_down = True
            self.bring_forward(station)
        else:
            self.later(hours * 60, partial(self.repair, station))

    def set_status(self, station: Station, badge: str, status: MachineStatus, reason: str, category: str) -> None:
        """Take the machine out of work; the order on it is held with the same reason."""
        self.does(
            badge,
            station.department,
            "machine.set_status",
            machine=station.code,
            status=status,
            reason=reason,
            category=category,
        )
        station.status = status
        station.up_since = None
        if station.job is not None:
            job, station.job = station.job, None
            job.status = OrderStatus.ON_HOLD
            job.paused = bool(job.steps)

    def repair(self, station: Station) -> None:
        """Give the machine back, and resume what stood on it."""
        if station.status is not MachineStatus.BROKEN:
            return
        self.does(
            self.one_of("MAINTENANCE"),
            "maintenance",
            "machine.set_status",
            machine=station.code,
            status=MachineStatus.AVAILABLE,
            reason="Repaired and test piece checked",
        )
        station.status = MachineStatus.AVAILABLE
        station.up_since = self.clock
        for job in self.open:
            if job.where is station and job.status is OrderStatus.ON_HOLD and job.run:
                self.later(self.dice.uniform(5, 20), partial(self.resume, job))
        self.later(self.dice.uniform(20, 60), partial(self.seek_work, station))

    def maintain(self, station: Station) -> None:
        """Take the idle machine for its planned maintenance, and record it when done."""
        badge = self.one_of("MAINTENANCE")
        self.set_status(station, badge, MachineStatus.MAINTENANCE, "Planned maintenance", "MAINTENANCE")
        self.later(self.dice.uniform(120, 330), partial(self.end_maintenance, station, badge))

    def end_maintenance(self, station: Station, badge: str) -> None:
        self.does(
            badge,
            "maintenance",
            "machine.record_maintenance",
            machine=station.code,
            date=self.clock.astimezone(self.plant.zone).date(),
            notes=self.words("maintenance"),
        )
        station.maintenance_due = self.clock + station.interval
        station.up_since = self.clock
        self.leave(station)

    def last_maintenance(self, station: Station, reason: str) -> None:
        """Take a machine for a maintenance that is still going on when the walk ends."""
        if station.status in (MachineStatus.AVAILABLE, MachineStatus.IN_USE):
            self.set_status(station, self.one_of("MAINTENANCE"), MachineStatus.MAINTENANCE, reason, "MAINTENANCE")
        station.kept_down = True

    def tell_a_stop(self) -> None:
        """Enter late that a running machine stood still for a while."""
        running = [station for station in self.stations.values() if station.job is not None and station.up_since]
        if not running:
            return
        station = self.dice.choice(running)
        minutes = self.dice.randint(12, 70)
        begin = self.clock - timedelta(minutes=minutes + self.dice.randint(3, 25))
        if station.up_since is None or begin < station.up_since:
            return
        category = self.dice.choice(["SETUP", "SETUP", "NO_OPERATOR", "NO_MATERIAL", "OTHER"])
        end = begin + timedelta(minutes=minutes)
        self.does(
            self.one_of("OPERATOR", station.department),
            station.department,
            "downtime.record",
            machine=station.code,
            start=begin,
            end=end,
            category=category,
            reason=self.words("stops", category),
        )
        station.up_since = end

    # The last hours

    def leave_questions_open(self) -> None:
        """Leave something to find: a gauge that is away, and an order that waits for its parts."""
        away = self.work["at_the_end"]["gauge_away"]
        in_use = any(
            station.job is not None and station.job.steps and station.job.steps[0].get("gauge") == away
            for station in self.stations.values()
        )
        if not in_use:
            self.does(self.one_of("SUPERVISOR"), "QUAL", "gauge.set_status", gauge=away, status="CALIBRATION")
        makes = [recipe.product for recipe in self.recipes if self._is_assembled(recipe)]
        waiting = [
            job
            for job in self.open
            if job.recipe.product in makes and job.status in (OrderStatus.DRAFT, OrderStatus.PLANNED)
        ]
        for job in sorted(waiting, key=lambda job: job.planned_start, reverse=True)[:2]:
            planner = self.one_of("PLANNER", job.station.department)
            made = self.does(planner, "office", "work_order.create_sub_orders", number=job.number)
            self.sub_orders += len(made["created"])

    def _is_assembled(self, recipe: Recipe) -> bool:
        return any(self.plant.types[part] is ProductType.SEMI_FINISHED for part in recipe.needs)

    def keep_busy(self) -> None:
        """Put idle machines to work ahead of plan when too few run, so that the board is alive at any hour."""
        any_time = timedelta(days=90)
        for station in self.stations.values():
            if self.running() >= RUNNING[0] or station.status is not MachineStatus.AVAILABLE:
                continue
            self.seek_work(station, early=any_time)
            if station.job is None and self.bring_forward(station):
                self.seek_work(station, early=any_time)

    def bring_forward(self, station: Station) -> bool:
        """Release the machine's next order and reserve its material; say whether one is ready."""
        coming = [
            job
            for job in self.open
            if job.station is station and job.status in (OrderStatus.PLANNED, OrderStatus.RELEASED)
        ]
        for job in sorted(coming, key=lambda job: job.planned_start):
            self.release(job)
            self.allocate(job)
            if job.allocated:
                return True
        return False


def _quarter(moment: datetime) -> datetime:
    """Round down to the quarter of an hour, as planners write times."""
    return moment.replace(minute=moment.minute - moment.minute % 15, second=0, microsecond=0)
