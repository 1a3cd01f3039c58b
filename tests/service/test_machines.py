"""Machines: every move of their status, the downtime behind it, the order that runs on them, and their record."""

from datetime import date, timedelta
from typing import Any

from mfg_desktop.queries import as_data
from tests.factories import MECHANIC, SUPERVISOR
from tests.service.conftest import Desks
from tests.service.stories import Desk
from tests.service.test_maintenance import today

STATUSES = ("AVAILABLE", "IN_USE", "MAINTENANCE", "BROKEN", "RETIRED")
# What a person may set; AVAILABLE and IN_USE change with the work, and nothing leads out of RETIRED.
ALLOWED = {
    "AVAILABLE": ("MAINTENANCE", "BROKEN", "RETIRED"),
    "IN_USE": ("MAINTENANCE", "BROKEN"),
    "MAINTENANCE": ("AVAILABLE", "RETIRED"),
    "BROKEN": ("AVAILABLE", "RETIRED"),
    "RETIRED": (),
}


def machine_in(desk: Desk, status: str, code: str) -> str:
    desk.do("machine.create", machine=code, type="CNC_MILLING", department="MACH")
    if status == "IN_USE":
        desk.order(status="IN_PROGRESS", machine=code, quantity=1, number=f"ON-{code}")
    elif status != "AVAILABLE":
        desk.do("machine.set_status", machine=code, status=status, reason="spindle")
    return code


def test_a_machine_changes_its_status_only_as_allowed(desk: Desk) -> None:
    for status in STATUSES:
        still = machine_in(desk, status, f"{status}-0")
        for index, wanted in enumerate(STATUSES, start=1):
            if wanted in ALLOWED[status]:
                machine = machine_in(desk, status, f"{status}-{index}")
                answer = desk.do("machine.set_status", machine=machine, status=wanted, reason="spindle")
                assert (answer["machine"], answer["status"]) == (machine, wanted)
                assert desk.machine(machine).status == wanted
                continue
            code, details = desk.said("machine.set_status", machine=still, status=wanted)
            if (status, wanted) == ("IN_USE", "RETIRED"):
                assert (code, details["machine"], details["work_order"]) == (
                    "MACHINE_ALREADY_IN_USE",
                    still,
                    f"ON-{still}",
                )
            else:
                assert code == "MACHINE_INVALID_STATUS", (status, wanted)
                assert (details["current_status"], details["requested_status"]) == (status, wanted)
                assert tuple(details["allowed"]) == ALLOWED[status]

    assert desk.faults() == []


def test_a_record_may_name_the_status_which_is_then_set_as_always(desk: Desk, desks: Desks) -> None:
    desk.do("machine.create", machine="NEW", type="OTHER", status="AVAILABLE")
    answer = desk.do("machine.create", machine="USED", type="OTHER", brand="Deckel", status="BROKEN")
    running = desk.order(status="IN_PROGRESS", machine="CNC-1")
    desk.do("machine.update", machine="CNC-1", brand="Index", status="IN_USE")
    desk.do("machine.update", machine="CNC-2", brand="Index", status="MAINTENANCE")
    code, details = desk.said("machine.create", machine="BUSY", type="OTHER", status="IN_USE")
    desk.do("role.set_operations", role="CLERK", operations=["machine.update"])
    desk.do("user.create", badge="CLERK", name="x", pin="246802", roles=["CLERK"], departments=["MACH"])
    denied = desks("CLERK").said("machine.update", machine="NEW", status="RETIRED")

    assert (code, details["requested_status"]) == ("MACHINE_INVALID_STATUS", "IN_USE")
    assert denied == ("PERMISSION_DENIED", {"operation": "machine.set_status"})
    assert (answer["status"], answer["version"]) == ("BROKEN", desk.machine("USED").version)
    assert {row.machine: (row.status, row.brand) for row in desk.ask("machine.list").rows} == {
        "CNC-1": ("IN_USE", "Index"),
        "CNC-2": ("MAINTENANCE", "Index"),
        "NEW": ("AVAILABLE", None),
        "USED": ("BROKEN", "Deckel"),
    }
    down = desk.machine("USED").open_downtime
    assert (down and down.category, desk.status(running)) == ("BREAKDOWN", "IN_PROGRESS")
    entry = desk.ask("audit.list", entity="USED").rows[0]
    assert (entry.action_type, entry.message) == ("MACHINE_CREATE", "Machine USED was created.")
    assert desk.faults() == []


def test_a_breakdown_opens_a_downtime_and_holds_the_running_order_for_the_same_reason(desk: Desk) -> None:
    number = desk.order(status="IN_PROGRESS", machine="CNC-1")

    answer = desk.do("machine.set_status", machine="CNC-1", status="BROKEN", reason="spindle bearing")

    row, order = desk.machine("CNC-1"), desk.detail(number).row
    assert answer["work_order"] == number
    assert (row.status, row.status_reason, row.work_order) == ("BROKEN", "spindle bearing", None)
    assert row.open_downtime is not None
    assert (row.open_downtime.category, row.open_downtime.reason) == ("BREAKDOWN", "spindle bearing")
    assert (order.status, order.hold_reason) == ("ON_HOLD", "spindle bearing")
    # The very same second: the machine stops, the order waits, the downtime begins.
    assert row.open_downtime.start == row.since == order.status_since
    assert desk.faults() == []


def test_a_machine_that_can_work_again_closes_its_downtime(desk: Desk) -> None:
    number = desk.order(status="IN_PROGRESS", machine="CNC-1")
    desk.do("machine.set_status", machine="CNC-1", status="MAINTENANCE", reason="oil", category="SETUP")

    desk.do("machine.set_status", machine="CNC-1", status="AVAILABLE")
    desk.do("work_order.resume", number=number)
    desk.do("work_order.start", number=number)

    detail = desk.ask("machine.get", machine="CNC-1")
    assert (detail.row.status, detail.row.open_downtime, detail.row.work_order) == ("IN_USE", None, number)
    (downtime,) = detail.downtimes
    assert (downtime.category, downtime.reason) == ("SETUP", "oil")
    assert downtime.end >= downtime.start
    assert desk.faults() == []


def test_a_breakdown_leaves_orders_that_wait_for_the_machine_alone(desk: Desk) -> None:
    waiting = desk.order(status="RELEASED", machine="CNC-1")

    desk.do("machine.set_status", machine="CNC-1", status="BROKEN")

    assert desk.status(waiting) == "RELEASED"
    assert desk.machine("CNC-1").queue == 1


def test_a_mechanic_sets_the_status_of_a_machine(desk: Desk, desks: Desks) -> None:
    desks(MECHANIC, terminal="T7").do("machine.set_status", machine="CNC-2", status="MAINTENANCE")

    assert desk.machine("CNC-2").status == "MAINTENANCE"


def test_a_machine_keeps_its_whole_record(desk: Desk) -> None:
    record: dict[str, Any] = {
        "brand": "DMG Mori",
        "model": "DMU 50",
        "axis_count": "AXIS_5",
        "internal_cooling_bar": "40.5",
        "motor_power_kva": 35,
        "holder_type": "HSK-A63",
        "spindle_power_10_kw": 25,
        "spindle_power_30_kw": "20.25",
        "power_hp": "33.5",
        "spindle_speed_rpm": 18000,
        "tool_count": 60,
        "nc_control_unit": "Heidenhain TNC 640",
        "manufacturing_year": 2019,
        "serial_number": "11-2233",
        "weight_kg": 7400,
        "max_part_size": "630 x 500",
        "description": "Simultaneous milling",
        "maintenance_interval_days": 60,
        "last_maintenance": "2026-10-01",
        "maintenance_notes": "filter",
    }
    desk.do("machine.create", machine="M-5", type="CNC_MILLING", department="MACH", **record)

    detail = desk.ask("machine.get", machine="M-5")

    shown = as_data(detail)
    assert isinstance(shown, dict)
    assert {name: str(shown[name]) for name in record} == {name: str(value) for name, value in record.items()}
    assert (detail.row.last_maintenance, detail.row.next_maintenance) == (date(2026, 10, 1), date(2026, 11, 30))
    assert (detail.row.department, detail.row.status, detail.row.active) == ("MACH", "AVAILABLE", True)


def test_a_machine_is_neither_created_nor_changed_against_the_rules(desk: Desk) -> None:
    desk.do("machine.create", machine="M-1", type="DRILLING", serial_number="S-1")
    cases: tuple[tuple[str, dict[str, Any], str, str], ...] = (
        ("create", {"machine": "M-1", "type": "OTHER"}, "VALIDATION_DUPLICATE_VALUE", "machine"),
        (
            "create",
            {"machine": "M-2", "type": "OTHER", "serial_number": "S-1"},
            "VALIDATION_DUPLICATE_VALUE",
            "serial_number",
        ),
        ("create", {"machine": "M-2", "type": "OTHER", "department": "XYZ"}, "VALIDATION_INVALID_CHOICE", "department"),
        ("create", {"machine": "M-2", "type": "OTHER", "weight_kg": -1}, "VALIDATION_INVALID_FORMAT", "weight_kg"),
        ("update", {"machine": "CNC-1", "serial_number": "S-1"}, "VALIDATION_DUPLICATE_VALUE", "serial_number"),
        (
            "update",
            {"machine": "CNC-1", "maintenance_interval_days": 0},
            "VALIDATION_INVALID_FORMAT",
            "maintenance_interval_days",
        ),
        ("update", {"machine": "CNC-1", "manufacturing_year": 1066}, "VALIDATION_INVALID_FORMAT", "manufacturing_year"),
        ("update", {"machine": "CNC-1"}, "VALIDATION_REQUIRED_FIELD", "type"),
        ("update", {"machine": "CNC-9", "active": False}, "MACHINE_NOT_FOUND", ""),
        ("set_status", {"machine": "CNC-9", "status": "BROKEN"}, "MACHINE_NOT_FOUND", ""),
    )

    for verb, given, code, field in cases:
        refused, told = desk.said(f"machine.{verb}", **given)
        assert (refused, told.get("field", "")) == (code, field), given


def test_a_machines_record_is_changed_at_the_edge_of_the_rules(desk: Desk) -> None:
    day, latest = date(2026, 1, 5), today()
    desk.do("machine.create", machine="M-1", type="DRILLING", department="MACH", serial_number="S-1", weight_kg=0)

    desk.do("machine.update", machine="M-1", type="GRINDING", serial_number="S-1", department=None)
    desk.do("machine.update", machine="M-1", last_maintenance=day, next_maintenance=day)
    first = desk.machine("M-1")
    desk.do("machine.update", machine="M-1", last_maintenance=latest)
    second = desk.machine("M-1")
    desk.do("machine.update", machine="M-1", maintenance_interval_days=None, last_maintenance=None, active=None)
    third = desk.machine("M-1")

    assert (first.type, first.department) == ("GRINDING", None)
    assert (first.last_maintenance, first.next_maintenance) == (day, day)
    assert (second.last_maintenance, second.next_maintenance) == (latest, latest + timedelta(days=90))
    assert (third.last_maintenance, third.active) == (None, True)


def test_a_status_that_comes_with_a_record_is_no_change_that_somebody_else_made(desk: Desk) -> None:
    seen = desk.do("machine.create", machine="M-1", type="DRILLING")["version"]

    answer = desk.do("machine.update", machine="M-1", status="BROKEN", brand="Mill & Co", seen_version=seen)
    code, _ = desk.said("machine.update", machine="M-1", status="AVAILABLE", brand="Other", seen_version=seen)

    assert answer["version"] == seen + 2
    assert (code, desk.machine("M-1").status) == ("WORK_ORDER_CHANGED_ELSEWHERE", "BROKEN")


def test_the_wall_of_machines_can_be_narrowed_down(desk: Desk) -> None:
    desk.do("machine.set_status", machine="CNC-2", status="BROKEN")
    desk.do("machine.create", machine="X-1", type="WELDING")

    found = {
        "all": [row.machine for row in desk.ask("machine.list").rows],
        "broken": [row.machine for row in desk.ask("machine.list", status=["BROKEN", "RETIRED"]).rows],
        "welding": [row.machine for row in desk.ask("machine.list", type="WELDING").rows],
        "machining": [row.machine for row in desk.ask("machine.list", department="MACH").rows],
    }

    assert found == {
        "all": ["CNC-1", "CNC-2", "X-1"],
        "broken": ["CNC-2"],
        "welding": ["X-1"],
        "machining": ["CNC-1", "CNC-2"],
    }


def test_whoever_comes_too_late_to_a_machine_is_told_who_was_first(desk: Desk, desks: Desks) -> None:
    here, there = desk, desks(MECHANIC, terminal="Workshop")
    number = here.order(status="RELEASED", product="BAR", machine="CNC-1")
    stop = {"machine": "CNC-2", "category": "SETUP", "reason": "new jaws"}
    for status, code, how in (
        ("BROKEN", "MACHINE_BROKEN", "is broken since"),
        ("MAINTENANCE", "MACHINE_UNDER_MAINTENANCE", "is under maintenance since"),
    ):
        there.do("machine.set_status", machine="CNC-1", status=status, reason="spindle")

        started = here.refused("work_order.start", number=number)
        set_again = here.refused("machine.set_status", machine="CNC-1", status=status)

        first = (started["details"]["moved_by"], started["details"]["terminal"])
        assert (started["code"], first) == (code, (MECHANIC, "Workshop"))
        assert how in started["message"]
        assert f"{MECHANIC} " in started["message"]
        assert "at terminal Workshop" in started["message"]
        assert set_again["code"] == "MACHINE_INVALID_STATUS"
        assert set_again["details"]["moved_at"] == started["details"]["since"]
        assert f"{MECHANIC} moved it last, on " in set_again["message"]
        there.do("machine.set_status", machine="CNC-1", status="AVAILABLE")
    there.do("downtime.record", **stop, start="2026-03-02T06:00", end="2026-03-02T07:00")

    overlapping = here.refused("downtime.record", **stop, start="2026-03-02T06:30", end="2026-03-02T08:00")
    here.do("work_order.start", number=number)
    retired = desks(SUPERVISOR, terminal="Office").refused("machine.set_status", machine="CNC-1", status="RETIRED")

    assert overlapping["code"] == "MACHINE_DOWNTIME_OVERLAP"
    assert f"07:00: {MECHANIC} recorded it on " in overlapping["message"]
    assert (retired["code"], retired["details"]["moved_by"], retired["details"]["terminal"]) == (
        "MACHINE_ALREADY_IN_USE",
        "ADMIN",
        here.actor.terminal,
    )
