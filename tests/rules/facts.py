"""Gives the tests of the rules an order, a machine and a material line that nothing stands in the way of."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.rules.facts import LineFacts, MachineFacts, OperationFacts, OrderFacts, ToolFacts
from mfg_desktop.vocabulary import (
    EntityType,
    FixtureStatus,
    GaugeStatus,
    IssueMethod,
    MachineStatus,
    OperationStatus,
    OrderStatus,
    ProductType,
)

TODAY = date(2026, 3, 2)


def machine(**details: Any) -> MachineFacts:
    usual: dict[str, Any] = {
        "code": "CNC-1",
        "status": MachineStatus.AVAILABLE,
        "active": True,
        "since": None,
        "reason": None,
        "next_maintenance": None,
        "running_order": None,
    }
    return MachineFacts(**usual | details)


def line(material: str = "BAR", **details: Any) -> LineFacts:
    """Give a line of 50 m that is wholly reserved."""
    usual: dict[str, Any] = {
        "unit": "m",
        "issue_method": IssueMethod.PICK,
        "required": Decimal(50),
        "reserved": Decimal(50),
        "issued": Decimal(0),
        "returned": Decimal(0),
        "consumed": Decimal(0),
    }
    return LineFacts(material=material, **usual | {name: _exact(value) for name, value in details.items()})


def order(status: OrderStatus = OrderStatus.RELEASED, **details: Any) -> OrderFacts:
    """Give an order of 100 gears, on a free machine, its material reserved."""
    usual: dict[str, Any] = {
        "number": "WO-2026-00001",
        "product": "GEAR",
        "product_type": ProductType.FINISHED,
        "ordered": Decimal(100),
        "good": Decimal(0),
        "scrapped": Decimal(0),
        "today": TODAY,
        "machine": machine(),
        "lines": (line(),),
    }
    return OrderFacts(status=status, **usual | {name: _exact(value) for name, value in details.items()})


def operation(sequence: int = 10, status: OperationStatus = OperationStatus.PLANNED, **details: Any) -> OperationFacts:
    """Give an operation that has a free machine of its own and needs no tooling."""
    usual: dict[str, Any] = {"good": Decimal(0), "machine": machine(), "has_machine": True}
    known = usual | {name: _exact(value) for name, value in details.items() if name != "running_there"}
    return OperationFacts(sequence, status, running_there=details.get("running_there"), **known)


def fixture(status: FixtureStatus = FixtureStatus.AVAILABLE, **details: Any) -> ToolFacts:
    return ToolFacts(**{"kind": EntityType.FIXTURE, "code": "FX-1", "status": status, "due": None} | details)


def gauge(status: GaugeStatus = GaugeStatus.AVAILABLE, **details: Any) -> ToolFacts:
    return ToolFacts(**{"kind": EntityType.GAUGE, "code": "GA-1", "status": status, "due": None} | details)


def running(*sequences: int) -> tuple[OperationFacts, ...]:
    return tuple(operation(sequence, OperationStatus.IN_PROGRESS) for sequence in sequences)


def moved_by_anna() -> dict[str, Any]:
    """Give who moved an order last, when and where."""
    return {"moved_by": "SUP-1", "moved_at": datetime(2026, 3, 2, 6, 30, tzinfo=UTC), "moved_at_terminal": "T7"}


def codes(refused: list[ManufacturingException]) -> list[str]:
    return [violation.code for violation in refused]


def _exact(value: Any) -> Any:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
