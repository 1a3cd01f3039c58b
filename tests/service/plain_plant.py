"""A plant in plain Python, small enough to be believed: its people, products, routings, tooling and lots, and what the commands about them do.

Every command has a verb of its name that takes its fields; `do` gives None when it is done, or the code with which it is refused, and then nothing has
changed. What is done with orders and machines is in plain_shop. Of times it knows only what was told: the present is behind all of that.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

ZERO = Decimal(0)
PRESENT = datetime(2100, 1, 1, tzinfo=UTC)
"""What happens now happens here, a second after the command before: behind everything that was told of the past."""
MAY_BE_LIFTED = {"MACHINE_MAINTENANCE_OVERDUE", "MATERIAL_ALLOCATION_EXCEEDED", "MATERIAL_NOT_ISSUED"}
MAY_BE_USED = {"RAW", "PROCESS", "FINISHED"}


class Refused(Exception):
    """The code of a refusal."""


def refuse(code: str, when: object = True) -> None:
    if when:
        raise Refused(code)


def rounded(quantity: Decimal) -> Decimal:
    return quantity.quantize(Decimal("0.001"), ROUND_HALF_UP)


def exact(number: Any) -> Decimal:
    return Decimal(str(number))


@dataclass
class Person:
    name: str
    roles: frozenset[str]
    departments: frozenset[str]
    machines: frozenset[str] = frozenset()
    has_pin: bool = False
    active: bool = True


@dataclass(frozen=True)
class Part:
    """A line of a bill of material."""

    quantity: Decimal
    loss: Decimal = ZERO
    backflush: bool = False
    at: int | None = None


@dataclass
class Product:
    type: str
    unit: str
    name: str
    active: bool = True
    bill: dict[str, Part] | None = None
    routings: dict[str, "Routing"] = field(default_factory=dict)


@dataclass
class Settings:
    """A version of how a step is done."""

    machine: str | None
    fixture: str | None
    gauge: str | None
    overlap: Decimal | None
    status: str = "DRAFT"


@dataclass
class Routing:
    steps: dict[int, list[Settings]]
    status: str = "DRAFT"

    @property
    def settings(self) -> Iterable[Settings]:
        return (one for versions in self.steps.values() for one in versions)


@dataclass
class Tool:
    """A fixture or a gauge; `away` is what it is called while it is being looked after."""

    kind: str
    away: str
    interval: int
    status: str = "AVAILABLE"
    last: date | None = None
    looked_at: int = 0
    """How often."""

    @property
    def due(self) -> date | None:
        return self.last + timedelta(days=self.interval) if self.last else None


@dataclass
class Share:
    """What an order has of a lot."""

    reserved: Decimal = ZERO
    issued: Decimal = ZERO
    returned: Decimal = ZERO
    first_issued: datetime | None = None

    @property
    def there(self) -> Decimal:
        return self.issued - self.returned


@dataclass
class Lot:
    material: str
    name: str
    category: str
    received: datetime
    expires: datetime | None = None
    on_hand: Decimal = ZERO
    blocked: bool = False
    shares: dict[str, Share] = field(default_factory=lambda: defaultdict(Share))

    @property
    def free(self) -> Decimal:
        return self.on_hand - sum((share.reserved for share in self.shares.values()), ZERO)

    def unfit(self, now: datetime) -> list[str]:
        """Name what speaks against its use, if anything does."""
        if self.blocked or self.category not in MAY_BE_USED:
            return ["MATERIAL_LOT_BLOCKED"]
        return ["MATERIAL_LOT_EXPIRED"] if self.expires is not None and self.expires <= now else []


class PlainPlant:
    """The plant, as its founder leaves it: one administrator, and roles."""

    def __init__(self, admin: str, roles: Mapping[str, Collection[str]], known: Collection[str]) -> None:
        self.ticks = 0
        self.now, self.is_late, self.may_lift = PRESENT, False, False
        self.lifted: set[str] = set()
        """What a second person has let pass in the last command."""
        self.known = {*known, "*"}
        self.roles = {name: frozenset(operations) for name, operations in roles.items()}
        self.people = {admin: Person("Administrator", frozenset({"ADMIN"}), frozenset(), has_pin=True)}
        self.departments: dict[str, str] = {}
        self.timezone, self.tolerance, self.auto_lock = "UTC", ZERO, 10
        self.shifts = {"Early", "Late", "Night"}
        self.products: dict[str, Product] = {}
        self.processes: set[str] = set()
        self.tools: dict[tuple[str, str], Tool] = {}
        self.lots: dict[tuple[str, str], Lot] = {}
        self.machines: dict[str, Any] = {}

    def do(self, command: str, *, by: str, **said: Any) -> str | None:
        """Carry a command out; `by` is the badge of who gives it."""
        self.ticks += 1
        override = said.pop("override", None)
        # Where a downtime is looked for `at` is a moment of it, and not when the command happened.
        at = None if command in ("downtime.split", "downtime.recategorise") else said.pop("at", None)
        self.now, self.is_late = at or PRESENT + timedelta(seconds=self.ticks), at is not None
        self.may_lift, self.lifted = override is not None, set()
        try:
            refuse("OVERRIDE_DENIED", override is not None and override["badge"] == by)
            self._may(by, command)
            if at is not None:
                self._may(by, "command.backdate")
                refuse("VALIDATION_INVALID_TIME", at > datetime.now(UTC))
            getattr(self, command.replace(".", "_"))(**said)
        except Refused as refused:
            return str(refused)
        return None

    def _may(self, badge: str, operation: str) -> None:
        person = self.people.get(badge)
        if person is None or not person.active:
            raise Refused("AUTH_REQUIRED")
        rights = frozenset[str]().union(*(self.roles[role] for role in person.roles))
        refuse("PERMISSION_DENIED", not rights & {"*", operation})

    @property
    def today(self) -> date:
        now = self.now if self.is_late else datetime.now(UTC)
        return now.astimezone(ZoneInfo(self.timezone)).date()

    def _follows(self, *earlier: datetime | None) -> None:
        """Refuse a late entry that would be before what it follows."""
        refuse("VALIDATION_INVALID_TIME", any(moment is not None and self.now < moment for moment in earlier))

    def _insist(self, found: Sequence[str]) -> None:
        """Refuse with the first of what was found, unless a second person lifts all of it."""
        if found and self.may_lift and set(found) <= MAY_BE_LIFTED:
            self.lifted = set(found)
        elif found:
            raise Refused(found[0])

    # people and the plant

    def department_create(self, code: str, name: str) -> None:
        refuse("VALIDATION_DUPLICATE_VALUE", code in self.departments)
        self.departments[code] = name

    def user_create(self, badge: str, name: str, **given: Any) -> None:
        refuse("VALIDATION_DUPLICATE_VALUE", badge in self.people)
        person = Person(name, frozenset(), frozenset())
        self._describe(person, **given)
        self.people[badge] = person

    def user_update(self, badge: str, **given: Any) -> None:
        refuse("VALIDATION_INVALID_CHOICE", badge not in self.people)
        self._describe(self.people[badge], **given)

    def user_set_pin(self, badge: str, pin: str) -> None:
        self.user_update(badge, pin=pin)

    def _describe(self, person: Person, **given: Any) -> None:
        there: dict[str, Mapping[str, Any]] = {
            "roles": self.roles,
            "departments": self.departments,
            "machines": self.machines,
        }
        for name, known in there.items():
            refuse("VALIDATION_INVALID_CHOICE", set(given.get(name, ())) - set(known))
        becomes = Person(**vars(person))
        becomes.has_pin |= given.pop("pin", None) is not None
        for name, value in given.items():
            setattr(becomes, name, frozenset(value) if name in there else value)
        others = [one for one in self.people.values() if one is not person]
        refuse("VALIDATION_INVALID_CHOICE", not self._rules([*others, becomes]))
        vars(person).update(vars(becomes))

    def _rules(self, people: Iterable[Person], roles: Mapping[str, frozenset[str]] | None = None) -> bool:
        """Whether somebody is left who may do everything."""
        held = roles or self.roles
        return any(one.active and one.has_pin and any("*" in held[role] for role in one.roles) for one in people)

    def role_set_operations(self, role: str, operations: Sequence[str]) -> None:
        refuse("VALIDATION_INVALID_CHOICE", set(operations) - self.known)
        becomes = {**self.roles, role: frozenset(operations)}
        refuse("VALIDATION_INVALID_CHOICE", not self._rules(self.people.values(), becomes))
        self.roles = becomes

    def settings_set(
        self,
        timezone: str | None = None,
        overproduction_percent: Decimal | None = None,
        auto_lock_minutes: int | None = None,
        shifts: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        refuse("VALIDATION_INVALID_CHOICE", timezone is not None and timezone not in available_timezones())
        names = [shift["name"] for shift in shifts or ()]
        refuse("VALIDATION_DUPLICATE_VALUE", len(set(names)) < len(names))
        self.timezone = timezone or self.timezone
        self.tolerance = self.tolerance if overproduction_percent is None else overproduction_percent
        self.auto_lock = auto_lock_minutes or self.auto_lock
        self.shifts = self.shifts if shifts is None else set(names)

    # products and bills of material

    def product_create(self, stock_code: str, **given: Any) -> None:
        refuse("VALIDATION_DUPLICATE_VALUE", stock_code in self.products)
        self.products[stock_code] = Product(**given)

    def product_update(self, stock_code: str, **given: Any) -> None:
        vars(self._product(stock_code)).update(given)

    def _product(self, code: str) -> Product:
        refuse("MATERIAL_NOT_FOUND", code not in self.products)
        return self.products[code]

    def bom_set(self, product: str, lines: Sequence[Mapping[str, Any]]) -> None:
        self._product(product)
        bill = {}
        for line in lines:
            self._product(line["component"])
            bill[line["component"]] = Part(
                exact(line["quantity"]),
                exact(line.get("scrap_percentage", 0)),
                line.get("issue_method") == "BACKFLUSH",
                line.get("operation_sequence"),
            )
        self._set_bill(product, bill)

    def _set_bill(self, product: str, bill: dict[str, Part]) -> None:
        refuse("MATERIAL_BOM_CYCLE", self._leads_to(bill, product))
        self.products[product].bill = bill

    def _leads_to(self, bill: Mapping[str, Part] | None, product: str) -> bool:
        return any(part == product or self._leads_to(self.products[part].bill, product) for part in bill or {})

    def bom_clone(self, source: str, target: str) -> None:
        self._product(target)
        bill = self._product(source).bill
        refuse("VALIDATION_INVALID_CHOICE", source == target)
        if bill is None:
            raise Refused("MATERIAL_BOM_NOT_FOUND")
        self._set_bill(target, dict(bill))

    # processes and routings

    def process_create(self, process_code: str, **_: Any) -> None:
        refuse("VALIDATION_DUPLICATE_VALUE", process_code in self.processes)
        self.processes.add(process_code)

    def workflow_create(self, product: str, version: str, steps: Sequence[Mapping[str, Any]]) -> None:
        routings = self._product(product).routings
        refuse("VALIDATION_DUPLICATE_VALUE", version in routings)
        plan: dict[int, list[Settings]] = defaultdict(list)
        for step in steps:
            refuse("VALIDATION_INVALID_CHOICE", step["process"] not in self.processes)
            overlap = step.get("overlap_quantity")
            plan[step["sequence"]].append(
                Settings(
                    step.get("machine"),
                    step.get("fixture"),
                    step.get("gauge"),
                    None if overlap is None else exact(overlap),
                )
            )
        routings[version] = Routing(dict(plan))

    def _routing(self, product: str, version: str, *, frm: Collection[str]) -> Routing:
        routing = self._product(product).routings.get(version)
        if routing is None or routing.status not in frm:
            raise Refused("VALIDATION_INVALID_CHOICE")
        return routing

    def workflow_submit(self, product: str, version: str) -> None:
        routing = self._routing(product, version, frm={"DRAFT"})
        routing.status = "REVIEW"
        for settings in routing.settings:
            settings.status = "REVIEW" if settings.status == "DRAFT" else settings.status

    def workflow_activate(self, product: str, version: str) -> None:
        """Put a routing in the place of the one before; of a step's settings the first, unless others were chosen."""
        routing = self._routing(product, version, frm={"REVIEW", "OBSOLETE"})
        for other in self.products[product].routings.values():
            if other.status == "ACTIVE":
                self._retire(other, "OBSOLETE")
        routing.status = "ACTIVE"
        for versions in routing.steps.values():
            if all(settings.status != "ACTIVE" for settings in versions):
                versions[0].status = "ACTIVE"

    def workflow_archive(self, product: str, version: str) -> None:
        self._retire(self._routing(product, version, frm={"DRAFT", "REVIEW", "ACTIVE", "OBSOLETE"}), "ARCHIVED")

    def _retire(self, routing: Routing, status: str) -> None:
        routing.status = status
        for settings in routing.settings:
            settings.status = "OBSOLETE"

    def process_config_activate(self, product: str, version: str, sequence: int, config_version: int) -> None:
        routing = self._routing(product, version, frm={"DRAFT", "REVIEW", "ACTIVE", "OBSOLETE"})
        versions = routing.steps.get(sequence, [])
        refuse("VALIDATION_INVALID_CHOICE", not 1 <= config_version <= len(versions))
        chosen = versions[config_version - 1]
        refuse("VALIDATION_INVALID_CHOICE", chosen.status == "ACTIVE")
        for settings in versions:
            settings.status = "OBSOLETE" if settings.status == "ACTIVE" else settings.status
        chosen.status = "ACTIVE"

    # tooling

    def fixture_create(
        self, code: str, check_interval_days: int = 90, last_checked: date | None = None, **_: Any
    ) -> None:
        self._make_tool("FIXTURE", "MAINTENANCE", code, check_interval_days, last_checked)

    def gauge_create(
        self, code: str, calibration_interval_days: int = 365, calibration_date: date | None = None, **_: Any
    ) -> None:
        self._make_tool("GAUGE", "CALIBRATION", code, calibration_interval_days, calibration_date)

    def _make_tool(self, kind: str, away: str, code: str, interval: int, last: date | None) -> None:
        refuse("VALIDATION_DUPLICATE_VALUE", (kind, code) in self.tools)
        refuse("VALIDATION_INVALID_TIME", last is not None and last > self.today)
        self.tools[kind, code] = Tool(kind, away, interval, last=last)

    def fixture_set_status(self, fixture: str, status: str) -> None:
        self._set_tool(self._tool("FIXTURE", fixture), status)

    def gauge_set_status(self, gauge: str, status: str) -> None:
        self._set_tool(self._tool("GAUGE", gauge), status)

    def _tool(self, kind: str, code: str) -> Tool:
        refuse(f"{kind}_NOT_FOUND", (kind, code) not in self.tools)
        return self.tools[kind, code]

    def _set_tool(self, tool: Tool, status: str) -> None:
        """IN_USE comes and goes with the work alone, and RETIRED is final."""
        refuse(f"{tool.kind}_NOT_AVAILABLE", tool.status == "IN_USE")
        refuse("VALIDATION_INVALID_CHOICE", status in ("IN_USE", tool.status) or tool.status == "RETIRED")
        tool.status = status

    def fixture_record_check(self, fixture: str, date: date) -> None:
        self._look_after(self._tool("FIXTURE", fixture), date)

    def gauge_record_calibration(self, gauge: str, date: date) -> None:
        self._look_after(self._tool("GAUGE", gauge), date)

    def _look_after(self, tool: Tool, day: date) -> None:
        refuse(f"{tool.kind}_NOT_AVAILABLE", tool.status == "RETIRED")
        refuse("VALIDATION_INVALID_TIME", day > self.today)
        tool.looked_at += 1
        if tool.last is None or day >= tool.last:
            tool.last = day
            tool.status = "AVAILABLE" if tool.status == tool.away else tool.status

    # lots

    def stock_receive(
        self,
        material: str,
        lot: str,
        quantity: Any,
        received_at: datetime | None = None,
        expires_at: datetime | None = None,
        category: str | None = None,
    ) -> None:
        product, received = self._product(material), received_at or self.now
        refuse("MATERIAL_INVALID_QUANTITY", exact(quantity) <= 0)
        refuse("VALIDATION_INVALID_TIME", received > self.now)
        # Goods that are past their date may come in; a day of arrival that is given and lies after it is a slip.
        refuse("VALIDATION_INVALID_TIME", received_at and expires_at and expires_at <= received_at)
        there = self.lots.get((material, lot))
        if there is None:
            usual = {"RAW": "RAW", "SEMI_FINISHED": "PROCESS", "FINISHED": "FINISHED"}[product.type]
            there = self.lots[material, lot] = Lot(material, lot, category or usual, received, expires_at)
        refuse("VALIDATION_DUPLICATE_VALUE", category not in (None, there.category))
        refuse("VALIDATION_DUPLICATE_VALUE", expires_at not in (None, there.expires))
        there.on_hand += exact(quantity)

    def stock_adjust(self, material: str, lot: str, quantity: Any, **_: Any) -> None:
        there = self._lot(material, lot)
        self._follows(there.received)
        refuse("MATERIAL_INSUFFICIENT_STOCK", there.free + exact(quantity) < 0)
        there.on_hand += exact(quantity)

    def stock_set_category(self, material: str, lot: str, category: str) -> None:
        self._lot(material, lot).category = category

    def stock_block(self, material: str, lot: str, **_: Any) -> None:
        self._lot(material, lot).blocked = True

    def stock_unblock(self, material: str, lot: str) -> None:
        self._lot(material, lot).blocked = False

    def _lot(self, material: str, name: str) -> Lot:
        self._product(material)
        refuse("MATERIAL_LOT_NOT_FOUND", (material, name) not in self.lots)
        return self.lots[material, name]

    def lots_of(self, material: str) -> list[Lot]:
        """Give the lots of a material, the oldest entry first."""
        return [lot for lot in self.lots.values() if lot.material == material]

    def in_order_of_use(self, material: str) -> list[Lot]:
        """First expired first out, then first in first out, then as they were entered."""
        return sorted(
            self.lots_of(material), key=lambda lot: (lot.expires is None, lot.expires or lot.received, lot.received)
        )
