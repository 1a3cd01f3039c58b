"""Gives tests a standard plant: one administrator, a supervisor and an operator, two machines, and a product with its material in stock."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from mfg_desktop.operations import command_from
from mfg_desktop.operations.people import found_plant
from mfg_desktop.queries import question_from
from mfg_desktop.service.database import Database, upgrade
from mfg_desktop.service.shop import Shop
from mfg_desktop.service.work import Actor, Outcome
from mfg_desktop.vocabulary import PersonId

ADMIN, ADMIN_PIN = "ADMIN", "240613"
SUPERVISOR, OPERATOR, PLANNER, HANDLER, VIEWER, MECHANIC = "SUP-1", "OP-1", "PLAN-1", "MAT-1", "VIEW-1", "MECH-1"
PIN = "135790"
TERMINAL = "T1"

PLANT: tuple[dict[str, Any], ...] = (
    {"command": "settings.set", "timezone": "Europe/Berlin"},
    {"command": "department.create", "code": "MACH", "name": "Machining"},
    {
        "command": "user.create",
        "badge": SUPERVISOR,
        "name": "Anna Novak",
        "pin": PIN,
        "roles": ["SUPERVISOR"],
        "departments": ["MACH"],
    },
    {
        "command": "user.create",
        "badge": OPERATOR,
        "name": "Piotr Żak",
        "pin": PIN,
        "roles": ["OPERATOR"],
        "departments": ["MACH"],
    },
    {
        "command": "user.create",
        "badge": PLANNER,
        "name": "İpek Şahin",
        "pin": PIN,
        "roles": ["PLANNER"],
        "departments": ["MACH"],
    },
    {
        "command": "user.create",
        "badge": HANDLER,
        "name": "Lars Ek",
        "pin": PIN,
        "roles": ["MATERIAL_HANDLER"],
        "departments": ["MACH"],
    },
    {
        "command": "user.create",
        "badge": VIEWER,
        "name": "Vera Voss",
        "pin": PIN,
        "roles": ["VIEWER"],
        "departments": ["MACH"],
    },
    {
        "command": "user.create",
        "badge": MECHANIC,
        "name": "Marc Roy",
        "pin": PIN,
        "roles": ["MAINTENANCE"],
        "departments": ["MACH"],
    },
    {"command": "machine.create", "machine": "CNC-1", "type": "CNC_MILLING", "department": "MACH"},
    {"command": "machine.create", "machine": "CNC-2", "type": "CNC_LATHE", "department": "MACH"},
    {"command": "product.create", "stock_code": "BAR", "name": "Round bar 45 mm", "type": "RAW", "unit": "m"},
    {"command": "product.create", "stock_code": "NUT", "name": "Nut M8", "type": "RAW", "unit": "pcs"},
    {"command": "product.create", "stock_code": "GEAR", "name": "Spur gear z32", "type": "FINISHED", "unit": "pcs"},
    {
        "command": "bom.set",
        "product": "GEAR",
        "lines": [
            {"component": "BAR", "quantity": "0.5"},
            {"component": "NUT", "quantity": 4, "issue_method": "BACKFLUSH"},
        ],
    },
    {
        "command": "stock.receive",
        "material": "BAR",
        "lot": "B-1",
        "quantity": 30,
        "received_at": "2026-01-05T08:00:00Z",
    },
    {
        "command": "stock.receive",
        "material": "BAR",
        "lot": "B-2",
        "quantity": 1000,
        "received_at": "2026-02-05T08:00:00Z",
    },
    {
        "command": "stock.receive",
        "material": "NUT",
        "lot": "N-1",
        "quantity": 10000,
        "received_at": "2026-01-05T08:00:00Z",
    },
)


def prepare(url: str) -> None:
    """Migrate an empty database and make the standard plant in it."""
    upgrade(url)
    database = Database(url)
    found_plant(database, admin_badge=ADMIN, admin_pin=ADMIN_PIN, plant="Test plant")
    shop = Shop(database)
    admin = shop.sign_in(ADMIN, ADMIN_PIN, terminal="setup")
    for fields in PLANT:
        shop.perform(command_from(fields), admin)
    shop.close()


class Floor:
    """A terminal on the standard plant: says what is done in plain fields, as a file of an ERP would."""

    def __init__(self, url: str, badge: str = ADMIN, *, terminal: str = TERMINAL) -> None:
        self.url = url
        self.shop = Shop(url)
        # Without the PIN: checking it takes 0.14 s on purpose, which hundreds of tests need not wait for. Shop asks the database who this is anyway.
        self.actor = Actor(PersonId(0), badge, badge, (), terminal)
        self._numbers = count(1)

    def close(self) -> None:
        self.shop.close()

    def perform(self, command: str, **fields: Any) -> Outcome:
        return self.shop.perform(command_from({"command": command, **fields}), self.actor)

    def do(self, command: str, **fields: Any) -> dict[str, Any]:
        return dict(self.perform(command, **fields).data)

    def ask(self, query: str, **fields: Any) -> Any:
        return self.shop.ask(question_from({"query": query, **fields}), self.actor)

    def order(
        self,
        *,
        status: str = "RELEASED",
        quantity: Any = 100,
        product: str = "GEAR",
        machine: str | None = "CNC-1",
        **fields: Any,
    ) -> str:
        """Make an order and bring it to a status the ordinary way, its material allocated."""
        start = datetime(2026, 3, 2, 6, tzinfo=UTC)
        given = {"planned_start": start.isoformat(), "planned_end": (start + timedelta(days=1)).isoformat(), **fields}
        number: str = self.do("work_order.create", product=product, quantity=quantity, machine=machine, **given)[
            "number"
        ]
        moves = {
            "DRAFT": (),
            "PLANNED": ("plan",),
            "RELEASED": ("plan", "release", "allocate"),
            "IN_PROGRESS": ("plan", "release", "allocate", "start"),
            "ON_HOLD": ("plan", "release", "allocate", "hold"),
            "COMPLETED": ("plan", "release", "allocate", "start", "issue", "complete"),
            "CANCELLED": ("cancel",),
        }
        said: dict[str, dict[str, Any]] = {
            "hold": {"reason": "waiting"},
            "complete": {"short_close_reason": "enough"},
            "cancel": {"reason": "not wanted"},
        }
        for move in moves[status]:
            self.do(f"work_order.{move}", number=number, **said.get(move, {}))
        return number


def exact(value: object) -> Decimal:
    """Read a decimal of an answer, which is text."""
    return Decimal(str(value))
