"""People and rights: each role against each command, badges and PINs, the last administrator, and the settings of the plant."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.operations import COMMANDS
from mfg_desktop.queries import QUESTIONS
from mfg_desktop.service import audit, login
from mfg_desktop.service.shop import Shop
from tests.factories import ADMIN, HANDLER, MECHANIC, OPERATOR, PIN, PLANNER, SUPERVISOR, VIEWER
from tests.service.conftest import Desks
from tests.service.stories import Desk

WHEN = {"planned_start": "2026-03-02T06:00:00Z", "planned_end": "2026-03-03T06:00:00Z"}
# Every command with the least it asks for, about things that are not there: whoever may do it hears another refusal.
LEAST: dict[str, dict[str, Any]] = {
    "department.create": {"code": "MACH", "name": "x"},
    "user.create": {"badge": "ADMIN", "name": "x", "roles": [], "departments": []},
    "user.update": {"badge": "NOBODY"},
    "user.set_pin": {"badge": "NOBODY", "pin": "246802"},
    "role.set_operations": {"role": "X", "operations": ["no.such.thing"]},
    "settings.set": {"timezone": "Mars/Olympus"},
    "product.create": {"stock_code": "BAR", "name": "x", "type": "RAW", "unit": "m"},
    "product.update": {"stock_code": "XYZ", "name": "x"},
    "bom.set": {"product": "XYZ", "lines": []},
    "stock.receive": {"material": "XYZ", "lot": "x", "quantity": 1},
    "stock.adjust": {"material": "XYZ", "lot": "x", "quantity": 1, "reason": "x"},
    "stock.set_category": {"material": "XYZ", "lot": "x", "category": "RAW"},
    "stock.block": {"material": "XYZ", "lot": "x", "reason": "x"},
    "stock.unblock": {"material": "XYZ", "lot": "x"},
    "machine.create": {"machine": "CNC-1", "type": "OTHER"},
    "machine.update": {"machine": "CNC-9", "active": True},
    "machine.set_status": {"machine": "CNC-9", "status": "BROKEN"},
    "work_order.create": {"product": "XYZ", "quantity": 1, **WHEN},
    "work_order.update": {"number": "0", "notes": "x"},
    "work_order.plan": {"number": "0"},
    "work_order.release": {"number": "0"},
    "work_order.start": {"number": "0"},
    "work_order.hold": {"number": "0", "reason": "x"},
    "work_order.resume": {"number": "0"},
    "work_order.complete": {"number": "0"},
    "work_order.cancel": {"number": "0", "reason": "x"},
    "work_order.allocate": {"number": "0"},
    "work_order.issue": {"number": "0"},
    "work_order.return_material": {"number": "0", "material": "BAR", "quantity": 1},
    "work_order.record_output": {"number": "0", "good": 1},
    "work_order.reverse_output": {"number": "0", "output": 1, "reason": "x"},
    "work_order.create_sub_orders": {"number": "0"},
    "operation.start": {"number": "0", "sequence": 10},
    "operation.pause": {"number": "0", "sequence": 10},
    "operation.resume": {"number": "0", "sequence": 10},
    "operation.complete": {"number": "0", "sequence": 10, "good": 1},
    "machine.record_maintenance": {"machine": "CNC-9", "date": "2026-03-02"},
    "downtime.record": {
        "machine": "CNC-9",
        "start": "2026-03-02",
        "end": "2026-03-03",
        "category": "OTHER",
        "reason": "x",
    },
    "downtime.split": {"machine": "CNC-9", "at": "2026-03-02"},
    "downtime.recategorise": {"machine": "CNC-9", "category": "OTHER", "reason": "x"},
    "bom.clone": {"source": "XYZ", "target": "BAR"},
    "process.create": {"process_code": "X", "name": "x", "machine_type": "OTHER", "run_minutes": -1},
    "workflow.create": {"product": "XYZ", "version": "A", "steps": [{"sequence": 10, "process": "X"}]},
    "workflow.submit": {"product": "XYZ", "version": "A"},
    "workflow.activate": {"product": "XYZ", "version": "A"},
    "workflow.archive": {"product": "XYZ", "version": "A"},
    "process_config.activate": {"product": "XYZ", "version": "A", "sequence": 10, "config_version": 1},
    "fixture.create": {"code": "F", "name": "x", "fixture_type": "x", "check_interval_days": 0},
    "fixture.set_status": {"fixture": "F", "status": "BROKEN"},
    "fixture.record_check": {"fixture": "F", "date": "2026-03-02"},
    "gauge.create": {"code": "G", "name": "x", "calibration_interval_days": 0},
    "gauge.set_status": {"gauge": "G", "status": "BROKEN"},
    "gauge.record_calibration": {"gauge": "G", "date": "2026-03-02"},
}
_RUNS = {f"work_order.{verb}" for verb in ("start", "hold", "resume", "complete", "record_output")} | {
    "machine.set_status",
    "downtime.record",
    *(f"operation.{verb}" for verb in ("start", "pause", "resume", "complete")),
}
_HANDLES = {f"work_order.{verb}" for verb in ("allocate", "issue", "return_material")} | {
    f"stock.{verb}" for verb in ("receive", "adjust", "block", "unblock", "set_category")
}
_PLANS = {f"work_order.{verb}" for verb in ("create", "update", "plan", "release", "cancel")} | {
    "product.create",
    "product.update",
    "bom.set",
    "bom.clone",
    "work_order.create_sub_orders",
    "process.create",
    "process_config.activate",
    *(f"workflow.{verb}" for verb in ("create", "submit", "activate", "archive")),
}
_TENDS = {
    "machine.set_status",
    "machine.record_maintenance",
    *(f"downtime.{verb}" for verb in ("record", "split", "recategorise")),
    *(f"fixture.{verb}" for verb in ("create", "set_status", "record_check")),
    *(f"gauge.{verb}" for verb in ("create", "set_status", "record_calibration")),
}
_PEOPLE = {"department.create", "user.create", "user.update", "user.set_pin", "role.set_operations"}
MAY: dict[str, set[str]] = {
    VIEWER: set(),
    OPERATOR: _RUNS,
    HANDLER: _HANDLES,
    MECHANIC: _TENDS,
    PLANNER: _PLANS,
    SUPERVISOR: set(LEAST) - _PEOPLE,
    ADMIN: set(LEAST),
}
EVERYBODY = {
    "work_order.get",
    "work_order.list",
    "work_order.can",
    "machine.get",
    "machine.list",
    "stock.list",
    "stock.movements",
    "product.list",
    "product.get",
    "work_order.timeline",
    "machine.oee",
    "machine.schedule",
    "material.shortages",
    "process.list",
    "workflow.list",
    "workflow.get",
    "fixture.list",
    "gauge.list",
}
ASKED: dict[str, dict[str, Any]] = {
    "work_order.get": {"number": "0"},
    "work_order.can": {"number": "0", "action": "start"},
    "machine.get": {"machine": "0"},
    "work_order.timeline": {"number": "0"},
    "machine.oee": {"machine": "0", "from": "2026-03-02", "to": "2026-03-03"},
    "machine.schedule": {"from": "2026-03-02", "to": "2026-03-03"},
    "product.get": {"product": "0"},
    "workflow.get": {"product": "0", "version": "A"},
}


def test_every_command_is_in_the_table_of_roles() -> None:
    assert set(LEAST) == set(COMMANDS)


@pytest.mark.parametrize("badge", MAY)
def test_a_role_may_do_what_the_contract_says_and_nothing_else(desk: Desk, desks: Desks, badge: str) -> None:
    here = desks(badge)
    allowed, denied = set[str](), set[str]()

    for command, fields in LEAST.items():
        code, details = here.said(command, **fields)
        (denied if code == "PERMISSION_DENIED" else allowed).add(command)
        assert code != "PERMISSION_DENIED" or details == {"operation": command}

    assert (allowed, denied) == (MAY[badge], set(LEAST) - MAY[badge])


def test_everybody_asks_about_orders_machines_and_stock_and_the_supervisor_reads_the_log(desks: Desks) -> None:
    for badge in (VIEWER, OPERATOR, PLANNER, HANDLER, MECHANIC, SUPERVISOR):
        here, answered = desks(badge), set()
        for question in QUESTIONS:
            try:
                here.ask(question, **ASKED.get(question, {}))
                answered.add(question)
            except ManufacturingException as refused:
                if refused.code != "PERMISSION_DENIED":
                    answered.add(question)
        assert answered >= EVERYBODY, badge
        assert ("audit.list" in answered) == (badge == SUPERVISOR)


def test_a_changed_role_counts_at_once_at_every_terminal(desk: Desk, desks: Desks) -> None:
    number = desk.order(status="DRAFT")
    elsewhere = desks(VIEWER, terminal="T2")
    denied = elsewhere.said("work_order.plan", number=number)

    desk.do("role.set_operations", role="VIEWER", operations=["work_order.get", "work_order.plan"])
    elsewhere.do("work_order.plan", number=number)
    desk.do("role.set_operations", role="VIEWER", operations=["work_order.get"])

    assert denied[0] == "PERMISSION_DENIED"
    assert elsewhere.said("work_order.release", number=number)[0] == "PERMISSION_DENIED"
    assert desk.status(number) == "PLANNED"


def test_a_new_role_can_be_made_and_given_to_a_person(desk: Desk, desks: Desks) -> None:
    desk.do("role.set_operations", role="STARTER", operations=["work_order.start"])
    desk.do("user.create", badge="S-1", name="Ştefan Łuczak", roles=["STARTER"], departments=["MACH"])
    number = desk.order(status="RELEASED")

    answer = desks("S-1").do("work_order.start", number=number)

    assert answer["status"] == "IN_PROGRESS"
    assert desks("S-1").said("work_order.hold", number=number, reason="x")[0] == "PERMISSION_DENIED"


def test_a_person_who_left_may_do_nothing_any_more(desk: Desk, desks: Desks) -> None:
    here = desks(SUPERVISOR)
    number = desk.order(status="DRAFT")
    desk.do("user.update", badge=SUPERVISOR, active=False)

    assert here.said("work_order.plan", number=number)[0] == "AUTH_REQUIRED"
    with pytest.raises(ManufacturingException, match="AUTH_REQUIRED"):
        here.detail(number)
    with pytest.raises(ManufacturingException, match="AUTH_INVALID_CREDENTIALS"):
        here.shop.sign_in(SUPERVISOR, PIN, terminal="T1")


def test_people_and_roles_are_not_changed_against_the_rules(desk: Desk) -> None:
    person = {"badge": "NEW", "name": "x", "roles": ["VIEWER"], "departments": ["MACH"]}
    cases: tuple[tuple[str, dict[str, Any], str, str, str], ...] = (
        ("user.create", {**person, "badge": OPERATOR}, "VALIDATION_DUPLICATE_VALUE", "badge", OPERATOR),
        ("user.create", {**person, "roles": ["KING"]}, "VALIDATION_INVALID_CHOICE", "roles", "KING"),
        ("user.create", {**person, "departments": ["XYZ"]}, "VALIDATION_INVALID_CHOICE", "departments", "XYZ"),
        ("user.create", {**person, "machines": ["CNC-9"]}, "VALIDATION_INVALID_CHOICE", "machines", "CNC-9"),
        ("user.update", {"badge": "NOBODY", "name": "x"}, "VALIDATION_INVALID_CHOICE", "badge", "NOBODY"),
        (
            "role.set_operations",
            {"role": "VIEWER", "operations": ["fly"]},
            "VALIDATION_INVALID_CHOICE",
            "operations",
            "fly",
        ),
        ("department.create", {"code": "MACH", "name": "x"}, "VALIDATION_DUPLICATE_VALUE", "code", "MACH"),
        # Somebody must be left who may do everything.
        ("user.update", {"badge": ADMIN, "roles": ["VIEWER"]}, "VALIDATION_INVALID_CHOICE", "roles", "ADMIN"),
        ("user.update", {"badge": ADMIN, "active": False}, "VALIDATION_INVALID_CHOICE", "roles", "ADMIN"),
        ("role.set_operations", {"role": "ADMIN", "operations": []}, "VALIDATION_INVALID_CHOICE", "roles", "ADMIN"),
    )

    for command, given, code, field, value in cases:
        refused, told = desk.said(command, **given)
        assert (refused, told["field"], told["value"]) == (code, field, value), given


def test_an_administrator_may_go_when_there_is_another(desk: Desk) -> None:
    desk.do("user.create", badge="A-2", name="Second", pin="864209", roles=["ADMIN"], departments=[])

    answer = desk.do("user.update", badge=ADMIN, roles=["VIEWER"])

    assert answer["badge"] == ADMIN


# ---------------------------------------------------------------------- PINs


def code_of(shop: Shop, badge: str, pin: str) -> str:
    with pytest.raises(ManufacturingException) as caught:
        shop.sign_in(badge, pin, terminal="T1")
    return caught.value.code


def test_five_wrong_pins_lock_a_badge_for_a_quarter_of_an_hour_or_until_it_has_a_new_one(desk: Desk) -> None:
    before, newest = datetime.now(UTC), desk.newest_entry()

    codes = [code_of(desk.shop, OPERATOR, "000000") for _ in range(5)]
    locked = code_of(desk.shop, OPERATOR, PIN)

    assert codes == ["AUTH_INVALID_CREDENTIALS"] * 4 + ["AUTH_LOCKED"]
    assert locked == "AUTH_LOCKED", "the right PIN does not help either"
    until = next(face.locked_until for face in desk.shop.faces() if face.badge == OPERATOR)
    assert until is not None
    assert timedelta(minutes=15) <= until - before < timedelta(minutes=20)
    assert f" {until.astimezone(ZoneInfo('Europe/Berlin')):%Y %H:%M} after" in desk.entries(newest)[-1].message
    assert [(entry.badge, entry.action_type, entry.level.value) for entry in desk.entries(newest)] == [
        (OPERATOR, "BUSINESS_RULE_VIOLATION", "WARNING")
    ] * 6
    desk.do("user.set_pin", badge=OPERATOR, pin="864209")
    assert desk.shop.sign_in(OPERATOR, "864209", terminal="T1").roles == ("OPERATOR",)
    assert code_of(desk.shop, OPERATOR, PIN) == "AUTH_INVALID_CREDENTIALS"


def test_a_locked_badge_is_free_after_a_quarter_of_an_hour_and_its_wrong_pins_are_counted_anew(desk: Desk) -> None:
    began = datetime.now(UTC)
    right, wrong = login.Credentials(OPERATOR, fits=True), login.Credentials(OPERATOR, fits=False)

    def answer(given: login.Credentials, minutes: float) -> str:
        said = login.admit(connection, given, began + timedelta(minutes=minutes))
        return said.code if isinstance(said, ManufacturingException) else "admitted"

    with desk.shop.database.engine.connect() as connection:
        # Taken back at the end: time passes in this test alone.
        audit.open_entry(connection, audit.new_entry())
        first = [answer(wrong, 0) for _ in range(5)]
        locked = [answer(wrong, 10), answer(right, 14.99)]
        anew = [answer(wrong, 15) for _ in range(5)]
        at_last = [answer(right, 29.99), answer(right, 30), answer(wrong, 30)]
        connection.rollback()

    assert first == anew == ["AUTH_INVALID_CREDENTIALS"] * 4 + ["AUTH_LOCKED"]
    assert locked == ["AUTH_LOCKED"] * 2
    assert at_last == ["AUTH_LOCKED", "admitted", "AUTH_INVALID_CREDENTIALS"]


def test_a_pin_that_comes_with_a_change_of_the_person_forgets_the_wrong_ones_too(desk: Desk) -> None:
    code_of(desk.shop, OPERATOR, "000000")
    (before,) = [row.failed_pins for row in desk.rows()["person"] if row.badge == OPERATOR]

    desk.do("user.update", badge=OPERATOR, pin="864209")

    (after,) = [(row.failed_pins, row.locked_until) for row in desk.rows()["person"] if row.badge == OPERATOR]
    assert (before, after) == (1, (0, None))


def test_whoever_has_left_is_not_admitted_with_the_right_pin(desk: Desk) -> None:
    desk.do("user.update", badge=OPERATOR, active=False)

    code = code_of(desk.shop, OPERATOR, PIN)

    assert code == "AUTH_INVALID_CREDENTIALS"


def test_a_right_pin_forgets_the_wrong_ones_before_it(desk: Desk) -> None:
    for _ in range(4):
        code_of(desk.shop, OPERATOR, "000000")
    desk.shop.sign_in(OPERATOR, PIN, terminal="T1")

    code = code_of(desk.shop, OPERATOR, "000000")

    assert code == "AUTH_INVALID_CREDENTIALS"


def test_an_unknown_badge_hears_the_same_as_a_wrong_pin(desk: Desk) -> None:
    desk.do("user.create", badge="NO-PIN", name="x", roles=[], departments=[])

    codes = [code_of(desk.shop, badge, "000000") for badge in ("NOBODY", "NO-PIN", OPERATOR)]

    assert codes == ["AUTH_INVALID_CREDENTIALS"] * 3


def test_signing_in_and_out_is_in_the_audit_log(desk: Desk) -> None:
    newest = desk.newest_entry()

    actor = desk.shop.sign_in(OPERATOR, PIN, terminal="Lathe 2")
    desk.shop.sign_out(actor)

    told = [
        (entry.action_type, entry.badge, entry.terminal, entry.entity_type, entry.entity)
        for entry in desk.entries(newest)
    ]
    assert told == [
        ("SIGN_IN", OPERATOR, "Lathe 2", "User", OPERATOR),
        ("SIGN_OUT", OPERATOR, "Lathe 2", "User", OPERATOR),
    ]


# ---------------------------------------------------------------------- the plant


def test_the_settings_of_the_plant_are_kept(desk: Desk) -> None:
    shifts = [{"name": "Day", "start": "07:00", "end": "15:30", "planned_stop_minutes": 45}]

    desk.do("settings.set", timezone="Asia/Shanghai", overproduction_percent="2.5", auto_lock_minutes=3, shifts=shifts)

    plant = desk.shop.plant()
    assert (plant.timezone, str(plant.overproduction_percent), plant.auto_lock_minutes) == ("Asia/Shanghai", "2.500", 3)
    assert [(shift.name, shift.start, shift.end, shift.planned_stop_minutes) for shift in plant.shifts] == [
        ("Day", "07:00", "15:30", 45)
    ]


DAY = {"name": "Day", "start": "07:00", "end": "15:30", "planned_stop_minutes": 45}


@pytest.mark.parametrize("change", [{"auto_lock_minutes": 3}, {"shifts": [DAY]}], ids=["a setting", "the shifts"])
def test_whoever_saw_older_settings_is_told_who_changed_them(desk: Desk, desks: Desks, change: dict[str, Any]) -> None:
    seen = desk.shop.plant()
    done = desks(SUPERVISOR, terminal="T2").do("settings.set", **change, seen_version=seen.version)

    error = desk.refused("settings.set", overproduction_percent=5, shifts=[], seen_version=seen.version)

    now = desk.shop.plant()
    assert error["code"] == "WORK_ORDER_CHANGED_ELSEWHERE"
    assert error["message"].startswith(f"{SUPERVISOR} changed the plant's settings on ")
    assert error["message"].endswith(" at terminal T2.")
    assert done["version"] == now.version == error["details"]["version"] == seen.version + 1
    assert now.shifts != ()
    assert desk.do("settings.set", overproduction_percent=5, seen_version=now.version)["version"] == now.version + 1
    assert desk.do("settings.set", overproduction_percent=6)["version"] == now.version + 2


def test_rights_that_change_do_not_make_the_settings_look_changed(desk: Desk) -> None:
    seen = desk.shop.plant()

    desk.do("role.set_operations", role="COUNTER", operations=["stock.adjust"])

    assert desk.do("settings.set", auto_lock_minutes=3, seen_version=seen.version)["version"] == seen.version + 1


def test_settings_that_make_no_sense_are_refused(desk: Desk) -> None:
    shift = {"name": "Day", "start": "07:00", "end": "15:30"}
    cases: tuple[tuple[dict[str, Any], str], ...] = (
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "localtime"}, "timezone"),
        ({"overproduction_percent": -1}, "overproduction_percent"),
        ({"auto_lock_minutes": 0}, "auto_lock_minutes"),
        ({"shifts": [{**shift, "end": "25:00"}]}, "shifts.0.end"),
        ({"shifts": [shift, {**shift, "name": "Late", "start": "7"}]}, "shifts.1.start"),
        ({"shifts": [{**shift, "start": "24:00"}]}, "shifts.0.start"),
        ({"shifts": [{**shift, "planned_stop_minutes": 511}]}, "shifts.0.planned_stop_minutes"),
        (
            {"shifts": [{"name": "Night", "start": "22:00", "end": "06:00", "planned_stop_minutes": 481}]},
            "shifts.0.planned_stop_minutes",
        ),
        ({"shifts": [shift, shift]}, "shifts.1.name"),
        ({}, "timezone"),
    )

    for given, field in cases:
        code, details = desk.said("settings.set", **given)
        assert (code.startswith("VALIDATION_"), details["field"]) == (True, field), given
