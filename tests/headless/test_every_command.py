"""Every command and question of the contract works with an example line, and its answer has the keys that programs rely on."""

import re
import shutil
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from mfg_desktop.operations import COMMANDS
from mfg_desktop.queries import QUESTIONS
from tests.factories import Floor
from tests.headless.terminal import Answer, converse

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)")
DECIMAL = re.compile(r"-?\d+(\.\d+)?")

ORDER_KEYS = {
    "number",
    "product",
    "quantity_ordered",
    "quantity_completed",
    "quantity_scrapped",
    "status",
    "priority",
    "machine",
    "department",
    "planned_start",
    "planned_end",
    "actual_start",
    "actual_end",
    "version",
    "makeable",
    "operations",
    "allocations",
    "outputs",
    "sub_orders",
    "actions",
    "blockers",
}
ALLOCATION_KEYS = {"material", "required", "reserved", "issued", "returned", "consumed"}
OUTPUT_KEYS = {"id", "good", "scrapped", "rework", "batch_number", "operator", "at", "reversed_by"}
OPERATION_KEYS = {"sequence", "process", "machine", "status", "good", "scrapped"}
SUB_ORDER_KEYS = {"number", "product", "quantity", "status"}
MACHINE_KEYS = {
    "machine",
    "type",
    "status",
    "since",
    "work_order",
    "open_downtime",
    "next_maintenance",
    "maintenance_overdue",
}
DOWNTIME_KEYS = {"category", "reason", "start"}
OEE_KEYS = {"availability", "performance", "quality", "oee"}
TIMELINE_KEYS = {"wait_minutes", "run_minutes", "hold_minutes", "down_minutes", "lead_minutes", "events"}
LOT_KEYS = {"material", "lot", "category", "on_hand", "reserved", "available", "expires_at", "blocked"}
AUDIT_KEYS = {
    "sequence",
    "at",
    "badge",
    "approver",
    "terminal",
    "command_id",
    "action_type",
    "level",
    "entity_type",
    "entity",
    "message",
    "details",
    "duration_ms",
    "changes",
    "hash",
}
CHANGE_KEYS = {"table", "key", "field", "old", "new"}
MOVED = {"number", "status", "version"}
OPERATED = {*MOVED, "sequence", "operation_status", "machine", "good", "scrapped"}

PLANNED = {"planned_start": "2026-03-02T06:00:00", "planned_end": "2026-03-03T14:00:00+01:00"}
GEAR = {"command": "work_order.create", "product": "GEAR", **PLANNED}
ONE, TWO, THREE = ({"number": f"WO-2026-0000{place}"} for place in (1, 2, 3))
LOT = {"material": "BAR", "lot": "B-3"}
PERSON = {"badge": "Q-1"}
ROUTING = {"product": "HUB", "version": "A"}
CART, HUB = {"number": "CART-1"}, {"number": "HUB-1"}
STOP = {"machine": "CNC-2", "reason": "spindle", "category": "BREAKDOWN"}
STEPS = [
    {
        "sequence": 10,
        "process": "MILL",
        "machine_type": "CNC_MILLING",
        "axis_count": "AXIS_5",
        "machine": "CNC-1",
        "fixture": "VICE-1",
        "gauge": "CAL-1",
        "tool": "End mill 12",
        "setup_minutes": 20,
        "cycle_seconds": 45.5,
        "overlap_quantity": 5,
        "parameters": {"rpm": 1800, "feed": 0.25, "coolant": True},
        "quality_requirements": {"diameter": "45 h7"},
        "instructions": "Mind the edge.",
    },
    {"sequence": 10, "process": "MILL", "machine": "CNC-1", "fixture": "VICE-1", "gauge": "CAL-1"},
    {"sequence": 20, "process": "MILL"},
]

STORY: tuple[tuple[dict[str, Any], set[str]], ...] = (
    ({"command": "department.create", "code": "WARE", "name": "Warehouse"}, {"code"}),
    (
        {
            "command": "user.create",
            **PERSON,
            "name": "Zoë Quist",
            "pin": "246802",
            "roles": ["VIEWER"],
            "departments": ["WARE"],
            "machines": ["CNC-1"],
            "machine_types": ["CNC_LATHE"],
        },
        {"badge"},
    ),
    ({"command": "user.update", **PERSON, "name": "Zoë Q. Quist", "active": True, "roles": ["OPERATOR"]}, {"badge"}),
    ({"command": "user.set_pin", **PERSON, "pin": "135791"}, {"badge"}),
    ({"command": "role.set_operations", "role": "COUNTER", "operations": ["stock.adjust", "stock.list"]}, {"role"}),
    (
        {
            "command": "settings.set",
            "timezone": "Europe/Berlin",
            "overproduction_percent": "10",
            "auto_lock_minutes": 5,
            "shifts": [{"name": "Day", "start": "06:00", "end": "14:00", "planned_stop_minutes": 30}],
        },
        {"settings"},
    ),
    (
        {
            "command": "product.create",
            "stock_code": "PINION",
            "name": "Pinion z12",
            "type": "SEMI_FINISHED",
            "unit": "pcs",
            "tracking": "LOT",
        },
        {"stock_code"},
    ),
    ({"command": "product.update", "stock_code": "PINION", "name": "Pinion z12 m2", "active": True}, {"stock_code"}),
    (
        {
            "command": "bom.set",
            "product": "PINION",
            "lines": [
                {
                    "component": "BAR",
                    "quantity": 0.1,
                    "scrap_percentage": "2.5",
                    "issue_method": "PICK",
                    "operation_sequence": 10,
                    "notes": "h9",
                }
            ],
        },
        {"product"},
    ),
    (
        {
            "command": "stock.receive",
            **LOT,
            "quantity": "12.5",
            "unit_cost": 4.2,
            "received_at": "2026-03-01T08:00:00",
            "expires_at": "2199-01-01",
            "category": "RAW",
            "location": "R-4",
        },
        {"material", "lot"},
    ),
    ({"command": "stock.adjust", **LOT, "quantity": "-0.5", "reason": "counted"}, {"material", "lot"}),
    ({"command": "stock.set_category", **LOT, "category": "QUARANTINE"}, {"material", "lot"}),
    ({"command": "stock.block", **LOT, "reason": "rust"}, {"material", "lot"}),
    ({"command": "stock.unblock", **LOT}, {"material", "lot"}),
    (
        {
            "command": "machine.create",
            "machine": "DRILL-1",
            "type": "DRILLING",
            "department": "MACH",
            "axis_count": "AXIS_3",
            "spindle_speed_rpm": 8000,
            "weight_kg": "5200.5",
            "last_maintenance": "2026-01-01",
        },
        {"machine", "status"},
    ),
    ({"command": "machine.update", "machine": "DRILL-1", "brand": "Alzmetall"}, {"machine"}),
    (
        {
            "command": "machine.set_status",
            "machine": "DRILL-1",
            "status": "MAINTENANCE",
            "reason": "oil",
            "category": "MAINTENANCE",
        },
        {"machine", "status"},
    ),
    ({**GEAR, **ONE, "quantity": 10, "priority": "HIGH", "machine": "CNC-1", "department": "MACH"}, MOVED),
    ({**GEAR, **TWO, "product": "PINION", "quantity": "2", "parent": ONE["number"]}, MOVED),
    ({**GEAR, "quantity": 3, "sales_order": "SO-7", "notes": "for the fair"}, MOVED),
    ({"command": "work_order.update", **ONE, "priority": "URGENT", "notes": "hot"}, MOVED),
    ({"command": "work_order.plan", **ONE, "terminal": "ERP"}, MOVED),
    ({"command": "work_order.release", **ONE, "command_id": "0b5f6c1e-7d36-4d0e-9a55-3c3f6c0f5e11"}, MOVED),
    ({"command": "work_order.allocate", **ONE, "allow_partial": True}, MOVED),
    ({"command": "work_order.start", **ONE}, MOVED),
    (
        {"command": "work_order.issue", **ONE, "lines": [{"material": "BAR", "quantity": "2.5", "lot": "B-1"}]},
        MOVED,
    ),
    ({"command": "work_order.issue", **ONE}, MOVED),
    (
        {
            "command": "work_order.record_output",
            **ONE,
            "good": 4,
            "scrapped": 1,
            "scrap": [{"quantity": 1, "reason": "chatter"}],
            "rework": 1,
            "batch_number": "BATCH-7",
            "operator": "OP-1",
            "notes": "new insert",
        },
        {*MOVED, "output"},
    ),
    ({"command": "work_order.reverse_output", **ONE, "output": 1, "reason": "typed twice"}, MOVED),
    ({"command": "work_order.return_material", **ONE, "material": "BAR", "quantity": "0.5", "lot": "B-1"}, MOVED),
    ({"command": "work_order.hold", **ONE, "reason": "tool broke"}, MOVED),
    ({"command": "work_order.resume", **ONE}, MOVED),
    ({"command": "work_order.cancel", **TWO, "reason": "bought instead"}, MOVED),
    ({"query": "work_order.can", **ONE, "action": "start"}, {"allowed", "violations"}),
    ({"query": "work_order.get", **ONE}, ORDER_KEYS),
    (
        {
            "query": "work_order.list",
            "status": ["RELEASED"],
            "machine": "CNC-1",
            "product": "GEAR",
            "priority": ["URGENT"],
            "department": "MACH",
            "overdue": True,
            "text": "gear",
            "planned_from": "2026-03-01",
            "planned_to": "2026-03-05",
            "limit": 10,
        },
        {"rows", "next", "counts"},
    ),
    ({"query": "machine.get", "machine": "DRILL-1"}, MACHINE_KEYS),
    (
        {"query": "machine.list", "status": ["AVAILABLE", "IN_USE"], "type": "CNC_MILLING", "department": "MACH"},
        {"rows", "next"},
    ),
    ({"query": "stock.list", "material": "BAR", "lot": "B-1", "category": "RAW"}, {"rows", "next"}),
    (
        {"query": "stock.movements", "material": "BAR", "lot": "B-1", "from": "2026-01-01", "to": "2199-01-01"},
        {"rows", "next"},
    ),
    ({"query": "stock.list", "lot": "B-3"}, {"rows", "next"}),
    ({"query": "product.list", "text": "gear"}, {"rows", "next"}),
    (
        {
            "query": "audit.list",
            "entity_type": "WorkOrder",
            "entity": ONE["number"],
            "badge": "ADMIN",
            "action_type": "WORK_ORDER_PLAN",
            "level": "INFO",
            "from": "2026-01-01",
            "to": "2199-01-01",
            "limit": 5,
        },
        {"rows", "next"},
    ),
    ({"command": "work_order.allocate", **ONE}, MOVED),
    ({"command": "work_order.start", **ONE, "override": None}, MOVED),
    ({"command": "work_order.complete", **ONE, "short_close_reason": "the fair is over"}, MOVED),
    (
        {
            "command": "process.create",
            "process_code": "MILL",
            "name": "Milling",
            "machine_type": "CNC_MILLING",
            "description": "On the mill",
            "setup_minutes": 30,
            "run_minutes": "1.5",
        },
        {"process_code"},
    ),
    (
        {
            "command": "fixture.create",
            "code": "VICE-1",
            "name": "Vice",
            "fixture_type": "vice",
            "location": "Rack 3",
            "check_interval_days": 36500,
            "last_checked": "2026-01-05",
        },
        {"fixture", "status", "version"},
    ),
    ({"command": "fixture.set_status", "fixture": "VICE-1", "status": "MAINTENANCE"}, {"fixture", "status"}),
    (
        {"command": "fixture.record_check", "fixture": "VICE-1", "date": "2026-02-01", "notes": "jaws ground"},
        {"fixture", "status", "next_check"},
    ),
    (
        {
            "command": "gauge.create",
            "code": "CAL-1",
            "name": "Caliper",
            "manufacturer": "Mitutoyo",
            "calibration_interval_days": 36500,
            "calibration_date": "2026-01-05",
            "certificate": "C-1",
        },
        {"gauge", "status", "version"},
    ),
    ({"command": "gauge.set_status", "gauge": "CAL-1", "status": "CALIBRATION"}, {"gauge", "status"}),
    (
        {"command": "gauge.record_calibration", "gauge": "CAL-1", "date": "2026-02-01", "certificate": "C-2"},
        {"gauge", "status", "next_calibration"},
    ),
    ({"command": "product.create", "stock_code": "HUB", "name": "Hub", "type": "SEMI_FINISHED", "unit": "pcs"}, set()),
    ({"command": "product.create", "stock_code": "CART", "name": "Cart", "type": "FINISHED", "unit": "pcs"}, set()),
    (
        {
            "command": "workflow.create",
            **ROUTING,
            "effective_date": "2026-02-01",
            "revision_notes": "First",
            "steps": STEPS,
        },
        {"product", "version", "status"},
    ),
    ({"command": "workflow.submit", **ROUTING}, {"product", "version", "status"}),
    ({"command": "workflow.activate", **ROUTING}, {"product", "version", "status"}),
    (
        {"command": "process_config.activate", **ROUTING, "sequence": 10, "config_version": 2},
        {"product", "version", "sequence", "config_version"},
    ),
    ({"command": "bom.clone", "source": "GEAR", "target": "HUB"}, {"product", "source", "lines"}),
    ({"command": "bom.set", "product": "CART", "lines": [{"component": "HUB", "quantity": 2}]}, {"product"}),
    ({**GEAR, **CART, "product": "CART", "quantity": 5}, MOVED),
    ({"command": "work_order.create_sub_orders", **CART}, {*MOVED, "created", "sub_orders"}),
    (
        {
            **GEAR,
            "number": "HUB-2",
            "product": "HUB",
            "quantity": 1,
            "operations": [
                {
                    "sequence": 5,
                    "process": "MILL",
                    "machine": "CNC-2",
                    "setup_minutes": 1,
                    "cycle_seconds": "2.5",
                    "overlap_quantity": 0,
                }
            ],
        },
        MOVED,
    ),
    ({**GEAR, **HUB, "product": "HUB", "quantity": 10, "machine": "CNC-2"}, MOVED),
    ({"command": "work_order.plan", **HUB}, MOVED),
    ({"command": "work_order.release", **HUB}, MOVED),
    ({"command": "work_order.allocate", **HUB}, MOVED),
    ({"command": "work_order.start", **HUB}, MOVED),
    ({"command": "work_order.issue", **HUB}, MOVED),
    ({"command": "operation.start", **HUB, "sequence": 10, "machine": "CNC-1"}, OPERATED),
    ({"command": "operation.pause", **HUB, "sequence": 10, "reason": "break"}, OPERATED),
    ({"command": "operation.resume", **HUB, "sequence": 10, "machine": "CNC-1"}, OPERATED),
    ({"command": "work_order.record_output", **HUB, "operation": 10, "good": 4}, {*MOVED, "output"}),
    (
        {
            "command": "operation.complete",
            **HUB,
            "sequence": 10,
            "good": 5,
            "scrapped": 1,
            "scrap_reason": "chatter",
            "notes": "new insert",
        },
        {*OPERATED, "output", "batch_number"},
    ),
    (
        {
            "command": "downtime.record",
            **STOP,
            "start": "2026-03-02T08:00:00",
            "end": "2026-03-02T10:00:00",
            "notes": "Called the maker.",
        },
        {"machine", "start", "end", "category"},
    ),
    ({"command": "downtime.split", **STOP, "at": "2026-03-02T09:00:00", "category": "NO_OPERATOR"}, {"parts"}),
    (
        {"command": "downtime.recategorise", **STOP, "start": "2026-03-02T08:00:00", "category": "SETUP"},
        {"machine", "start", "end", "category", "reason"},
    ),
    (
        {"command": "machine.record_maintenance", "machine": "DRILL-1", "date": "2026-02-01", "notes": "oil changed"},
        {"machine", "status", "last_maintenance", "next_maintenance"},
    ),
    ({"query": "work_order.get", **HUB}, ORDER_KEYS),
    ({"query": "work_order.timeline", **HUB}, TIMELINE_KEYS),
    (
        {"query": "machine.oee", "machine": "CNC-2", "from": "2026-03-02T06:00:00", "to": "2026-03-02T14:00:00"},
        {*OEE_KEYS, "machine", "planned_minutes", "downtime_minutes", "run_minutes", "pieces", "good", "scrapped"},
    ),
    (
        {"query": "machine.schedule", "from": "2026-03-01", "to": "2026-03-08", "department": "MACH"},
        {"rows", "unassigned", "now"},
    ),
    ({"query": "material.shortages", "due_before": "2199-01-01"}, {"rows", "next"}),
    ({"query": "process.list"}, {"rows", "next"}),
    ({"query": "workflow.list", "product": "HUB", "status": "ACTIVE"}, {"rows", "next"}),
    ({"query": "workflow.get", **ROUTING}, {"product", "version", "status", "effective_date", "steps"}),
    ({"query": "fixture.list"}, {"rows", "next"}),
    ({"query": "gauge.list"}, {"rows", "next"}),
    ({"query": "product.get", "product": "CART"}, {"stock_code", "bom", "used_in", "workflows", "has_bom"}),
    ({"command": "workflow.archive", **ROUTING}, {"product", "version", "status"}),
)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Answer]:
    """Give the answers to the whole story, told once on each database."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("story") / "plant.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        url = f"sqlite:///{path}"
    else:
        url = request.getfixturevalue("postgres").create_database(request.getfixturevalue("postgres_template"))
    floor = Floor(url)
    answers = converse(floor, *(line for line, _ in STORY))
    floor.close()
    return answers


def answer_to(told: list[Answer], name: str, *, last: bool = False) -> Any:
    """Give the data of the first line, or of the last one, with this command or question."""
    places = [place for place, (line, _) in enumerate(STORY) if name in (line.get("command"), line.get("query"))]
    return told[places[-1 if last else 0]]["data"]


def test_every_command_and_question_has_an_example() -> None:
    commands = {line["command"] for line, _ in STORY if "command" in line}
    questions = {line["query"] for line, _ in STORY if "query" in line}

    assert commands == set(COMMANDS)
    assert questions == set(QUESTIONS)


def test_every_example_is_done_and_answers_with_its_keys(told: list[Answer]) -> None:
    names = [f"{place} {line.get('command') or line['query']}" for place, (line, _) in enumerate(STORY)]

    assert {name: answer["error"] for name, answer in zip(names, told, strict=True) if not answer["success"]} == {}
    missing = {name: keys - answer["data"].keys() for name, answer, (_, keys) in zip(names, told, STORY, strict=True)}
    assert {name: keys for name, keys in missing.items() if keys} == {}
    assert [answer.keys() for answer in told] == [{"success", "data"}] * len(STORY)


def test_an_order_without_a_number_takes_the_next_of_the_year(told: list[Answer]) -> None:
    numbers = [
        answer["data"]["number"]
        for answer, (line, _) in zip(told, STORY, strict=True)
        if "product" in line and "quantity" in line
    ]

    assert numbers[:2] == [ONE["number"], TWO["number"]]
    assert re.fullmatch(r"WO-\d{4}-\d{5}", numbers[2])


def test_an_order_has_the_keys_that_programs_rely_on(told: list[Answer]) -> None:
    order = answer_to(told, "work_order.get")

    assert {"product": order["product"], "status": order["status"], "priority": order["priority"]} == {
        "product": "GEAR",
        "status": "RELEASED",
        "priority": "URGENT",
    }
    assert (order["machine"], order["department"], order["quantity_ordered"]) == ("CNC-1", "MACH", "10")
    assert [row.keys() >= ALLOCATION_KEYS for row in order["allocations"]] == [True, True]
    assert [row.keys() >= OUTPUT_KEYS for row in order["outputs"]] == [True, True]
    assert [(row["good"], row["reversed_by"] is None) for row in order["outputs"]] == [("4", False), ("-4", True)]
    assert [row["number"] for row in order["sub_orders"]] == [TWO["number"]]
    assert order["sub_orders"][0].keys() >= SUB_ORDER_KEYS
    assert order["operations"] == []
    assert set(order["actions"]).isdisjoint(order["blockers"])


def test_the_operations_of_an_order_have_the_keys_that_programs_rely_on(told: list[Answer]) -> None:
    operations = answer_to(told, "work_order.get", last=True)["operations"]

    assert [row.keys() >= OPERATION_KEYS for row in operations] == [True, True]
    first, second = operations
    assert [first[key] for key in ("sequence", "process", "machine", "status", "good", "scrapped")] == [
        *(10, "MILL", "CNC-1", "COMPLETED", "9", "1"),
    ]
    assert (second["sequence"], second["machine"], second["status"]) == (20, "CNC-2", "PLANNED")
    assert (first["fixture"], first["gauge"], first["cycle_seconds"]) == ("VICE-1", "CAL-1", "90")


def test_where_the_time_of_an_order_went_adds_up(told: list[Answer]) -> None:
    timeline = answer_to(told, "work_order.timeline")

    parts = [timeline[f"{state}_minutes"] for state in ("wait", "run", "hold", "down")]
    assert sum(map(Decimal, parts)) == Decimal(timeline["lead_minutes"])
    assert [event["action_type"] for event in timeline["events"]][:2] == ["WORK_ORDER_CREATE", "WORK_ORDER_PLAN"]
    assert "OPERATION_PAUSE" in [event["action_type"] for event in timeline["events"]]


def test_oee_is_told_in_fractions_and_with_what_is_behind_them(told: list[Answer]) -> None:
    oee = answer_to(told, "machine.oee")

    assert (oee["planned_minutes"], oee["downtime_minutes"], oee["run_minutes"]) == ("450", "120", "330")
    assert oee["availability"] == "0.7333"
    assert (oee["performance"], oee["quality"], oee["oee"], oee["pieces"]) == ("0", None, "0", "0")


def test_a_split_downtime_has_two_parts(told: list[Answer]) -> None:
    parts = answer_to(told, "downtime.split")["parts"]

    assert [part["category"] for part in parts] == ["BREAKDOWN", "NO_OPERATOR"]
    assert parts[0]["end"] == parts[1]["start"]


def test_how_a_product_is_made_is_told_with_its_settings_as_they_were_given(told: list[Answer]) -> None:
    steps = answer_to(told, "workflow.get")["steps"]
    (cart_part,) = answer_to(told, "product.get")["bom"]

    assert [(step["sequence"], step["status"]) for step in steps] == [(10, "OBSOLETE"), (10, "ACTIVE"), (20, "ACTIVE")]
    assert steps[0]["parameters"] == {"rpm": 1800, "feed": "0.25", "coolant": True}
    assert (steps[0]["cycle_seconds"], steps[1]["cycle_seconds"], steps[1]["parameters"]) == ("45.5", "90", {})
    assert [row["version"] for row in answer_to(told, "workflow.list")["rows"]] == ["A"]
    assert [(row["setup_minutes"], row["run_minutes"]) for row in answer_to(told, "process.list")["rows"]] == [
        ("30", "1.5")
    ]
    assert (cart_part["component"], [line["component"] for line in cart_part["below"]]) == ("HUB", ["BAR", "NUT"])
    assert len(answer_to(told, "work_order.create_sub_orders")["created"]) == 1


def test_tooling_tells_when_it_is_due_next(told: list[Answer]) -> None:
    (fixture,), (gauge,) = answer_to(told, "fixture.list")["rows"], answer_to(told, "gauge.list")["rows"]

    assert (fixture["fixture"], fixture["status"], fixture["next_check"]) == ("VICE-1", "AVAILABLE", "2126-01-08")
    assert (gauge["gauge"], gauge["next_calibration"], gauge["certificate"]) == ("CAL-1", "2126-01-08", "C-2")


def test_the_list_of_orders_has_rows_and_counts_of_every_status(told: list[Answer]) -> None:
    page = answer_to(told, "work_order.list")

    assert [row["number"] for row in page["rows"]] == [ONE["number"]]
    assert page["counts"] == {
        "DRAFT": 0,
        "PLANNED": 0,
        "RELEASED": 1,
        "IN_PROGRESS": 0,
        "ON_HOLD": 0,
        "COMPLETED": 0,
        "CANCELLED": 0,
    }


def test_a_machine_has_the_keys_that_programs_rely_on(told: list[Answer]) -> None:
    machine = answer_to(told, "machine.get")
    listed = answer_to(told, "machine.list")["rows"]

    assert (machine["status"], machine["type"], machine["work_order"]) == ("MAINTENANCE", "DRILLING", None)
    assert machine["open_downtime"].keys() >= DOWNTIME_KEYS
    assert (machine["next_maintenance"], machine["maintenance_overdue"]) == ("2026-04-01", True)
    assert [(row["machine"], row["open_downtime"], row.keys() >= MACHINE_KEYS) for row in listed] == [
        ("CNC-1", None, True)
    ]


def test_a_lot_and_a_movement_have_the_keys_that_programs_rely_on(told: list[Answer]) -> None:
    lots = answer_to(told, "stock.list")["rows"]
    movements = answer_to(told, "stock.movements")["rows"]

    assert [row.keys() >= LOT_KEYS for row in lots] == [True]
    assert [(row["lot"], row["on_hand"], row["reserved"], row["available"], row["blocked"]) for row in lots] == [
        ("B-1", "25.5", "0", "25.5", False)
    ]
    assert sum(float(row["quantity"]) for row in movements) == 25.5


def test_an_audit_entry_has_the_keys_that_programs_rely_on(told: list[Answer]) -> None:
    entries = answer_to(told, "audit.list")["rows"]

    assert [entry.keys() >= AUDIT_KEYS for entry in entries] == [True]
    entry = entries[0]
    assert (entry["badge"], entry["terminal"], entry["entity"]) == ("ADMIN", "ERP", ONE["number"])
    assert [change.keys() for change in entry["changes"]] == [CHANGE_KEYS] * len(entry["changes"])
    assert ("DRAFT", "PLANNED") in [(change["old"], change["new"]) for change in entry["changes"]]
    assert re.fullmatch("[0-9a-f]{64}", entry["hash"])


def test_decimals_are_text_and_times_carry_their_zone(told: list[Answer]) -> None:
    decimals = (
        "quantity_ordered required reserved issued returned consumed good scrapped rework makeable on_hand available"
    )
    moments = "planned_start planned_end at actual_start since start expires_at created_at status_since"
    asked = [answer["data"] for answer, (line, _) in zip(told, STORY, strict=True) if "query" in line]
    found = [pair for data in asked for pair in pairs(data) if pair[1] is not None]

    numbers = [(key, value) for key, value in found if key in decimals.split()]
    times = [(key, value) for key, value in found if key in moments.split()]
    assert {key for key, _ in numbers} == set(decimals.split())
    assert {key for key, _ in times} == set(moments.split())
    assert [pair for pair in numbers if not (isinstance(pair[1], str) and DECIMAL.fullmatch(pair[1]))] == []
    assert [pair for pair in times if not (isinstance(pair[1], str) and MOMENT.fullmatch(pair[1]))] == []


def pairs(value: object) -> Iterator[tuple[str, object]]:
    """Give every key of an answer with the single value that stands there, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(inner, dict | list):
                yield key, inner
            yield from pairs(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from pairs(inner)


def test_the_same_file_sent_twice_changes_nothing_twice(floor: Floor) -> None:
    line = {**GEAR, "quantity": 3, "command_id": "7e2a1fd1-3b3b-4d55-8f6e-5a5d0c3c2b11"}

    first, second = converse(floor, line), converse(floor, line)

    assert first == second
    assert len(floor.ask("work_order.list").rows) == 1
