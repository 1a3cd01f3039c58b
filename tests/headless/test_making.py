"""How products are made, from the headless terminal: processes, routings, tooling, bills and sub orders as lines of JSON, and the keys of their answers."""

from typing import Any

import pytest

from tests.factories import Floor
from tests.headless.terminal import converse

A = {"product": "GEAR", "version": "A"}
ORDER = {"planned_start": "2026-03-02T06:00:00", "planned_end": "2026-03-03T14:00:00"}
STORY: tuple[tuple[dict[str, Any], set[str]], ...] = (
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
            "check_interval_days": 90,
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
            "calibration_interval_days": 365,
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
    (
        {
            "command": "workflow.create",
            **A,
            "effective_date": "2026-02-01",
            "revision_notes": "First",
            "steps": [
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
                {"sequence": 10, "process": "MILL"},
            ],
        },
        {"product", "version", "status"},
    ),
    ({"command": "workflow.submit", **A}, {"product", "version", "status"}),
    ({"command": "workflow.activate", **A}, {"product", "version", "status"}),
    (
        {"command": "process_config.activate", **A, "sequence": 10, "config_version": 2},
        {"product", "version", "sequence", "config_version"},
    ),
    ({"command": "product.create", "stock_code": "HUB", "name": "Hub", "type": "SEMI_FINISHED", "unit": "pcs"}, set()),
    ({"command": "product.create", "stock_code": "CART", "name": "Cart", "type": "FINISHED", "unit": "pcs"}, set()),
    ({"command": "bom.clone", "source": "GEAR", "target": "HUB"}, {"product", "source", "lines"}),
    ({"command": "bom.set", "product": "CART", "lines": [{"component": "HUB", "quantity": 2}]}, {"product"}),
    ({"command": "work_order.create", "number": "CART-1", "product": "CART", "quantity": 5, **ORDER}, {"number"}),
    (
        {"command": "work_order.create_sub_orders", "number": "CART-1"},
        {"number", "status", "version", "created", "sub_orders"},
    ),
    ({"query": "process.list"}, {"rows", "next"}),
    ({"query": "workflow.list", "product": "GEAR", "status": "ACTIVE"}, {"rows", "next"}),
    ({"query": "workflow.get", **A}, {"product", "version", "status", "effective_date", "steps"}),
    ({"query": "fixture.list"}, {"rows", "next"}),
    ({"query": "gauge.list"}, {"rows", "next"}),
    ({"query": "product.get", "product": "CART"}, {"stock_code", "bom", "used_in", "workflows", "has_bom"}),
    ({"command": "workflow.archive", **A}, {"product", "version", "status"}),
)


def told(floor: Floor) -> dict[str, Any]:
    """Tell the whole story, and give the data of each answer by command or question."""
    answers = converse(floor, *(line for line, _ in STORY))
    for (line, keys), answer in zip(STORY, answers, strict=True):
        assert answer["success"], (line, answer)
        assert keys <= answer["data"].keys(), line
    return {
        line.get("command") or line["query"]: answer["data"] for (line, _), answer in zip(STORY, answers, strict=True)
    }


def test_how_a_product_is_made_is_told_in_lines_of_json(floor: Floor) -> None:
    data = told(floor)

    (process,) = data["process.list"]["rows"]
    assert (process["process_code"], process["setup_minutes"], process["run_minutes"]) == ("MILL", "30", "1.5")
    first, second = data["workflow.get"]["steps"]
    assert (first["status"], second["status"]) == ("OBSOLETE", "ACTIVE")
    assert first["parameters"] == {"rpm": 1800, "feed": "0.25", "coolant": True}
    assert (first["cycle_seconds"], second["cycle_seconds"], second["parameters"]) == ("45.5", "90", {})
    assert [row["version"] for row in data["workflow.list"]["rows"]] == ["A"]
    (fixture,), (gauge,) = data["fixture.list"]["rows"], data["gauge.list"]["rows"]
    assert (fixture["fixture"], fixture["status"], fixture["next_check"]) == ("VICE-1", "AVAILABLE", "2026-05-02")
    assert (gauge["gauge"], gauge["next_calibration"], gauge["certificate"]) == ("CAL-1", "2027-02-01", "C-2")
    (hub,) = data["product.get"]["bom"]
    assert (hub["component"], [line["component"] for line in hub["below"]]) == ("HUB", ["BAR", "NUT"])
    assert len(data["work_order.create_sub_orders"]["created"]) == 1


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ('{"rpm": 1e400}', None),
        ('{"rpm": ' + "9" * 300 + "}", None),
        ('{"rpm": NaN}', "VALIDATION_INVALID_FORMAT"),
        ('{"rpm": {"deep": 1}}', "VALIDATION_INVALID_FORMAT"),
        ('{"rpm": 1, "rpm": 2}', "VALIDATION_INVALID_FORMAT"),
        ('{"\\ud800": 1}', "VALIDATION_INVALID_FORMAT"),
        ('{"text": "\\u0000"}', "VALIDATION_INVALID_FORMAT"),
        ('"rpm"', "VALIDATION_INVALID_FORMAT"),
    ],
)
def test_settings_that_no_database_could_keep_are_refused(floor: Floor, settings: str, code: str | None) -> None:
    process = {"command": "process.create", "process_code": "MILL", "name": "Milling", "machine_type": "OTHER"}
    steps = f'[{{"sequence": 10, "process": "MILL", "parameters": {settings}}}]'
    line = f'{{"command": "workflow.create", "product": "GEAR", "version": "A", "steps": {steps}}}'

    _, answer, asked = converse(floor, process, line, {"query": "workflow.list"})

    assert (answer["success"], answer.get("error", {}).get("code")) == (code is None, code)
    assert len(asked["data"]["rows"]) == (1 if code is None else 0)
