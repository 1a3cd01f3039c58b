"""A plant that one file of tests shares, for what is refused and so changes nothing: an order in every status, with and without operations."""

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from mfg_desktop.headless import answer
from mfg_desktop.operations import COMMANDS
from tests.service.stories import Desk

STATUSES = ("DRAFT", "PLANNED", "RELEASED", "IN_PROGRESS", "ON_HOLD", "COMPLETED", "CANCELLED")
ROUTING: tuple[dict[str, Any], ...] = (
    {"sequence": 10, "process": "MILL", "machine": "SAW", "fixture": "FX-1", "gauge": "GA-1", "setup_minutes": 10},
    {"sequence": 10, "process": "MILL"},
    {"sequence": 20, "process": "MILL", "machine": "CNC-2", "overlap_quantity": 0},
)
STOP = {"start": "2026-03-01T08:00:00Z", "end": "2026-03-01T10:00:00Z", "category": "OTHER", "reason": "no air"}


class Counter(Desk):
    """A terminal at which anything may be said."""

    def told(self, **line: Any) -> dict[str, Any] | None:
        """Say a line as a program would, and give its error: then nothing has changed, and one entry tells of it. None when it was done."""
        before, newest = self._traces(), self.newest_entry()

        said = answer(self.shop, self.actor, line)

        if said["success"]:
            return None
        error: dict[str, Any] = said["error"]
        assert self._traces() == before, f"{error['code']} was said, and yet rows have changed"
        entries = [row.level.value for row in self.entries(newest)]
        assert entries == (["WARNING"] if line.get("command") in COMMANDS else []), error
        return error

    def code(self, **line: Any) -> str:
        """Say a line, and give the code with which it was refused, or that it was done."""
        error = self.told(**line)
        return "done" if error is None else str(error["code"])


@contextlib.contextmanager
def shared_plant(request: pytest.FixtureRequest, folder: pytest.TempPathFactory) -> Iterator[Counter]:
    """Give the administrator's terminal on a plant of the file's own, on the database that `request` names."""
    if request.param == "sqlite":
        path = folder.mktemp("shared") / "plant.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        url = f"sqlite:///{path}"
    else:
        url = request.getfixturevalue("postgres").create_database(request.getfixturevalue("postgres_template"))
    desk = Counter(url)
    yield desk
    desk.close()
    if request.param == "postgres":
        request.getfixturevalue("postgres").drop(url)


def set_stage(desk: Desk) -> None:
    """Give the plant an order in every status, G without operations and H with, a routing with tooling, and bills of two levels."""
    desk.do("process.create", process_code="MILL", name="Milling", machine_type="CNC_MILLING")
    desk.do("fixture.create", code="FX-1", name="Vice", fixture_type="vice")
    desk.do("gauge.create", code="GA-1", name="Caliper")
    for machine in ("SAW", "PRESS"):
        desk.do("machine.create", machine=machine, type="OTHER")
    desk.do("product.create", stock_code="HUB", name="Hub", type="SEMI_FINISHED", unit="pcs")
    desk.do("product.create", stock_code="CART", name="Cart", type="FINISHED", unit="pcs")
    desk.do("bom.set", product="HUB", lines=[{"component": "BAR", "quantity": 1}])
    desk.do("bom.set", product="CART", lines=[{"component": "HUB", "quantity": 2}])
    routing = {"product": "HUB", "version": "A"}
    desk.do("workflow.create", **routing, steps=[dict(step) for step in ROUTING])
    desk.do("workflow.submit", **routing)
    desk.do("workflow.activate", **routing)
    desk.do("workflow.create", product="HUB", version="B", steps=[{"sequence": 10, "process": "MILL"}])
    desk.do("downtime.record", machine="PRESS", **STOP)
    # The one that runs last: its machine is then not to be had.
    for status in sorted(STATUSES, key=lambda status: status == "IN_PROGRESS"):
        desk.order(status=status, number=f"G-{status}", quantity=10)
        desk.order(status=status, number=f"H-{status}", quantity=10, product="HUB", machine="SAW")
    desk.do("operation.start", number="H-IN_PROGRESS", sequence=10)
    desk.order(status="DRAFT", number="CART-1", quantity=5, product="CART")


def places(error: Mapping[str, Any]) -> set[str]:
    """Name the fields that an error speaks of."""
    return {str(one["details"].get("field")) for one in error["details"].get("violations", [error])}
