"""The audit log: an entry for every command with the rows it changed, and whoever tampers with it is found out."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, text, update

from mfg_desktop.service import audit
from mfg_desktop.tables import ManufacturingAuditLog
from tests.factories import OPERATOR, PIN, SUPERVISOR, VIEWER
from tests.service.conftest import Desks
from tests.service.stories import Desk
from tests.service.test_people import LEAST

STRANGE = "İğne “ş” 螺母 🔩 'quote' \"double\" back\\slash\ttab\nnew line"
WHEN = {"planned_start": "2026-03-02T06:00:00Z", "planned_end": "2026-03-03T06:00:00Z"}
# Each command done once, in an order in which it may be done, with the action type and the thing its entry names.
STORY: tuple[tuple[str, dict[str, Any], str, str, str], ...] = (
    ("department.create", {"code": "ASSY", "name": "Assembly"}, "PLANT_CHANGE", "Plant", "ASSY"),
    (
        "user.create",
        {"badge": "N-1", "name": STRANGE[:20], "roles": [], "departments": []},
        "USER_CREATE",
        "User",
        "N-1",
    ),
    ("user.update", {"badge": "N-1", "roles": ["VIEWER"]}, "PERMISSION_CHANGE", "User", "N-1"),
    ("user.update", {"badge": "N-1", "name": "Nora"}, "USER_UPDATE", "User", "N-1"),
    ("user.set_pin", {"badge": "N-1", "pin": "775533"}, "USER_UPDATE", "User", "N-1"),
    ("role.set_operations", {"role": "GUEST", "operations": ["machine.list"]}, "PERMISSION_CHANGE", "Role", "GUEST"),
    ("settings.set", {"auto_lock_minutes": 7}, "PLANT_CHANGE", "Plant", "settings"),
    (
        "product.create",
        {"stock_code": "HUB", "name": STRANGE[:20], "type": "FINISHED", "unit": "pcs"},
        "PRODUCT_CREATE",
        "Product",
        "HUB",
    ),
    ("product.update", {"stock_code": "HUB", "name": "Hub"}, "PRODUCT_UPDATE", "Product", "HUB"),
    ("bom.set", {"product": "HUB", "lines": [{"component": "BAR", "quantity": "0.5"}]}, "BOM_CHANGE", "Product", "HUB"),
    ("stock.receive", {"material": "BAR", "lot": "L-1", "quantity": 5}, "STOCK_RECEIVE", "StockLot", "BAR/L-1"),
    (
        "stock.adjust",
        {"material": "BAR", "lot": "L-1", "quantity": -1, "reason": STRANGE},
        "STOCK_ADJUST",
        "StockLot",
        "BAR/L-1",
    ),
    (
        "stock.set_category",
        {"material": "BAR", "lot": "L-1", "category": "SCRAP"},
        "STOCK_CHANGE",
        "StockLot",
        "BAR/L-1",
    ),
    ("stock.block", {"material": "BAR", "lot": "L-1", "reason": STRANGE}, "STOCK_CHANGE", "StockLot", "BAR/L-1"),
    ("stock.unblock", {"material": "BAR", "lot": "L-1"}, "STOCK_CHANGE", "StockLot", "BAR/L-1"),
    ("machine.create", {"machine": "M-1", "type": "CNC_LATHE"}, "MACHINE_CREATE", "Machine", "M-1"),
    ("machine.update", {"machine": "M-1", "description": STRANGE}, "MACHINE_UPDATE", "Machine", "M-1"),
    (
        "machine.set_status",
        {"machine": "M-1", "status": "BROKEN", "reason": STRANGE},
        "MACHINE_STATUS_CHANGE",
        "Machine",
        "M-1",
    ),
    ("machine.set_status", {"machine": "M-1", "status": "AVAILABLE"}, "MACHINE_STATUS_CHANGE", "Machine", "M-1"),
    (
        "work_order.create",
        {"number": "A", "product": "HUB", "quantity": 10, "machine": "M-1", **WHEN},
        "WORK_ORDER_CREATE",
        "WorkOrder",
        "A",
    ),
    ("work_order.update", {"number": "A", "notes": STRANGE}, "WORK_ORDER_UPDATE", "WorkOrder", "A"),
    ("work_order.plan", {"number": "A"}, "WORK_ORDER_PLAN", "WorkOrder", "A"),
    ("work_order.release", {"number": "A"}, "WORK_ORDER_RELEASE", "WorkOrder", "A"),
    ("work_order.allocate", {"number": "A"}, "MATERIAL_ALLOCATE", "WorkOrder", "A"),
    ("work_order.hold", {"number": "A", "reason": STRANGE}, "WORK_ORDER_HOLD", "WorkOrder", "A"),
    ("work_order.resume", {"number": "A"}, "WORK_ORDER_RESUME", "WorkOrder", "A"),
    ("work_order.start", {"number": "A"}, "WORK_ORDER_START", "WorkOrder", "A"),
    ("work_order.issue", {"number": "A"}, "MATERIAL_ISSUE", "WorkOrder", "A"),
    ("work_order.record_output", {"number": "A", "good": 4, "notes": STRANGE}, "PRODUCTION_RECORD", "WorkOrder", "A"),
    (
        "work_order.return_material",
        {"number": "A", "material": "BAR", "quantity": 1},
        "MATERIAL_RETURN",
        "WorkOrder",
        "A",
    ),
    ("work_order.complete", {"number": "A", "short_close_reason": STRANGE}, "WORK_ORDER_COMPLETE", "WorkOrder", "A"),
    (
        "work_order.create",
        {"number": "B", "product": "HUB", "quantity": 1, **WHEN},
        "WORK_ORDER_CREATE",
        "WorkOrder",
        "B",
    ),
    ("work_order.cancel", {"number": "B", "reason": STRANGE}, "WORK_ORDER_CANCEL", "WorkOrder", "B"),
)


def tell(desk: Desk) -> None:
    for command, fields, *_ in STORY:
        desk.do(command, **fields)


def execute(desk: Desk, *statements: str) -> None:
    """Do by hand what no program of ours does, as somebody with the keys to the database would."""
    with desk.shop.database.writing() as connection:
        for statement in statements:
            connection.execute(text(statement))


def open_the_log(desk: Desk) -> None:
    """Take away what protects the log, as an attacker would first."""
    tables = ("manufacturing_audit_log", "manufacturing_audit_change")
    if desk.shop.database.on_postgres:
        execute(desk, *(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in tables))
    else:
        execute(
            desk,
            *(f"DROP TRIGGER mfg_keep_{what}_{table}" for table in tables for what in ("update", "delete", "insert")),
        )


# ---------------------------------------------------------------------- what is told


def test_the_operation_log_names_what_each_command_was_about(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "mfg_desktop.operations"):
        tell(desk)

    lines = [json.loads(record.getMessage()) for record in caplog.records]
    assert [(line["command"], line["entity"]) for line in lines] == [(one[0], one[4]) for one in STORY]


def test_every_command_leaves_one_entry_that_tells_what_was_done_to_which_thing(desk: Desk, desks: Desks) -> None:
    here = desks(terminal="Prüfplatz 3")
    for command, fields, action_type, entity_type, entity in STORY:
        newest = desk.newest_entry()
        here.do(command, **fields)
        (entry,) = desk.entries(newest)
        assert (entry.command, entry.action_type, entry.entity_type, entry.entity) == (
            command,
            action_type,
            entity_type,
            entity,
        )
        assert (entry.level, entry.badge, entry.terminal, entry.approver) == ("INFO", "ADMIN", "Prüfplatz 3", None)
        assert entry.duration_ms > 0
        assert entity.split("/")[-1] in entry.message or entity == "settings"
        assert desk.lines(entry.entry), f"{command} changed rows, and no line tells which"


def test_the_lines_of_an_entry_tell_each_changed_field_before_and_after(desk: Desk) -> None:
    number = desk.order(status="IN_PROGRESS")
    desk.do("work_order.issue", number=number, lines=[{"material": "BAR", "quantity": "12.5"}])

    issue, start = desk.ask("audit.list", entity_type="WorkOrder", entity=number, limit=2).rows

    told = {(change.table, change.field): (change.old, change.new) for change in start.changes}
    assert told["work_order", "status"] == ("RELEASED", "IN_PROGRESS")
    assert told["machine", "status"] == ("AVAILABLE", "IN_USE")
    assert told["machine", "running_order"] == (None, number)
    told = {(change.table, change.field): (change.old, change.new) for change in issue.changes}
    assert told["stock_lot", "on_hand"] == (Decimal("30.000"), Decimal("17.500"))
    assert told["work_order_material", "issued"] == (Decimal("0.000"), Decimal("12.500"))
    assert told["stock_movement", "quantity"] == (None, Decimal("-12.500"))


def test_the_list_is_read_without_the_lines_and_one_entry_with_its_own(desk: Desk) -> None:
    number = desk.order(status="PLANNED")
    whole = desk.ask("audit.list", entity_type="WorkOrder", entity=number).rows

    short = desk.ask("audit.list", entity_type="WorkOrder", entity=number, changes=False).rows
    (one,) = desk.ask("audit.list", sequence=whole[0].sequence).rows

    assert [entry.changes for entry in short] == [None, None]
    assert [replace(entry, changes=lines.changes) for entry, lines in zip(short, whole, strict=True)] == list(whole)
    assert one == whole[0]
    assert one.changes
    assert desk.ask("audit.list", sequence=desk.newest_entry() + 1).rows == ()


def test_a_refusal_is_told_with_its_numbers_and_no_lines(desk: Desk, desks: Desks) -> None:
    number = desk.order(status="DRAFT")
    desks(OPERATOR, terminal="T4").refused("work_order.start", number=number)

    (entry,) = desk.ask("audit.list", level="WARNING").rows

    assert (entry.action_type, entry.badge, entry.terminal) == ("BUSINESS_RULE_VIOLATION", OPERATOR, "T4")
    assert (entry.entity_type, entry.entity, entry.changes) == ("WorkOrder", number, ())
    assert entry.message == "Work order cannot be started in current status"
    assert entry.details == {
        "command": "work_order.start",
        "code": "WORK_ORDER_CANNOT_START",
        "current_status": "DRAFT",
        "required_status": "RELEASED",
    }


@pytest.mark.parametrize(
    "given",
    [
        {"roles": ["VIEWER"]},
        {"departments": []},
        {"machines": ["CNC-1"]},
        {"machine_types": ["CNC_LATHE"], "name": "x"},
    ],
    ids=lambda given: "and".join(given),
)
def test_what_a_person_may_do_and_where_is_found_with_the_changes_of_rights(desk: Desk, given: dict[str, Any]) -> None:
    desk.do("user.update", badge=VIEWER, name="Vera", active=True)
    desk.do("user.update", badge=VIEWER, **given)

    (change,) = desk.ask("audit.list", action_type="PERMISSION_CHANGE").rows

    assert (change.entity, change.details["fields"]) == (VIEWER, sorted(given))
    assert {line.table for line in change.changes} > {"plant_setting"}


def test_a_refusal_tells_which_thing_it_was_about(desk: Desk, desks: Desks) -> None:
    viewer, newest = desks(VIEWER), desk.newest_entry()
    for command, fields in LEAST.items():
        viewer.refused(command, **fields)

    told = {entry.command: (entry.entity_type, entry.entity) for entry in desk.entries(newest)}

    nameless = {command for command, (kind, key) in told.items() if not (kind and key)}
    assert (nameless, told.keys()) == (set(), LEAST.keys())
    assert told["fixture.create"] == told["fixture.set_status"] == ("Fixture", "F")
    assert told["gauge.create"] == told["gauge.record_calibration"] == ("Gauge", "G")
    assert told["workflow.create"] == told["process_config.activate"] == ("Workflow", "XYZ/A")
    assert (told["bom.clone"], told["bom.set"]) == (("Product", "BAR"), ("Product", "XYZ"))
    assert (told["settings.set"], told["department.create"]) == (("Plant", "settings"), ("Plant", "MACH"))
    assert (told["work_order.create"], told["stock.block"]) == (("Product", "XYZ"), ("StockLot", "XYZ/x"))


def test_a_terminal_named_with_the_command_is_the_one_in_both_logs(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "mfg_desktop.operations")
    number = desk.order(status="DRAFT")

    desk.do("work_order.plan", number=number, terminal="Gate 2")
    _, details = desk.said("work_order.plan", number=number, terminal="Gate 3")

    assert [entry.terminal for entry in desk.entries()[-2:]] == ["Gate 2", "Gate 3"]
    lines = [json.loads(record.getMessage()) for record in caplog.records]
    assert [line["terminal"] for line in lines[-2:]] == ["Gate 2", "Gate 3"]
    assert details["moved_at_terminal"] == "Gate 2"


def test_no_pin_and_no_hash_of_one_is_ever_in_the_log(desk: Desk) -> None:
    desk.do("user.create", badge="N-1", name="x", pin="775533", roles=["VIEWER"], departments=[])
    desk.do("user.set_pin", badge="N-1", pin="664422")
    desk.do("user.update", badge="N-1", pin="553311")
    desk.shop.sign_in(SUPERVISOR, PIN, terminal="T1")

    everything = "".join(repr(tuple(entry)) + repr(desk.lines(entry.entry)) for entry in desk.entries())

    assert "***" in everything
    assert not [secret for secret in ("775533", "664422", "553311", PIN, "argon2") if secret in everything]


def test_the_log_is_found_by_thing_person_kind_level_and_time_in_pages(desk: Desk, desks: Desks) -> None:
    number = desk.order(status="PLANNED")
    desks(SUPERVISOR).do("work_order.hold", number=number, reason="x")
    hold = desk.entries()[-1]

    found = {
        "person": [row.action_type for row in desk.ask("audit.list", badge=SUPERVISOR).rows],
        "kind": [row.entity for row in desk.ask("audit.list", action_type="WORK_ORDER_PLAN").rows],
        "time": [row.action_type for row in desk.ask("audit.list", **{"from": hold.at.isoformat()}).rows],
    }
    pages, after = [], None
    while True:
        page = desk.ask("audit.list", limit=4, **({"after": after} if after else {}))
        pages += [row.sequence for row in page.rows]
        after = page.next
        if after is None:
            break

    assert found == {"person": ["WORK_ORDER_HOLD"], "kind": [number], "time": ["WORK_ORDER_HOLD"]}
    assert pages == [entry.sequence for entry in reversed(desk.entries())]


# ---------------------------------------------------------------------- the chain


def test_the_log_verifies_whatever_was_written_in_it(desk: Desk, desks: Desks) -> None:
    tell(desk)
    for badge in (OPERATOR, SUPERVISOR):
        desks(badge, terminal=f"Terminal {badge} ş🔩").refused("work_order.start", number="A")

    verified = desk.shop.verify()

    assert (verified.broken_at, verified.problem) == (None, None)
    assert (verified.entries, verified.newest_hash) == (len(desk.entries()), desk.entries()[-1].hash)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_verifying_tells_how_far_it_is(desk: Desk) -> None:
    told: list[tuple[int, int]] = []
    for _ in range(500):
        desk.shop.sign_out(desk.actor)

    desk.shop.verify(lambda done, total: told.append((done, total)))

    newest = desk.newest_entry()
    assert told == [(500, newest), (newest, newest)]


def last_of(desk: Desk, command: str) -> int:
    return int(next(entry.sequence for entry in reversed(desk.entries()) if entry.command == command))


def test_a_changed_entry_is_named(desk: Desk) -> None:
    desk.order(status="RELEASED")
    planned = next(entry for entry in desk.entries() if entry.command == "work_order.plan")
    changes: tuple[dict[str, Any], ...] = (
        {"message": "nothing"},
        {"badge": "OP-1"},
        {"at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"happened_at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"details": '{"reason":"x"}'},
        {"level": "WARNING"},
        {"approver": "SUP-1"},
        {"answer": None},
        {"duration_ms": planned.duration_ms + 1},
        {"previous_hash": ""},
        {"hash": planned.previous_hash},
    )
    open_the_log(desk)
    entry = update(ManufacturingAuditLog).where(ManufacturingAuditLog.sequence == planned.sequence)

    for change in changes:
        with desk.shop.database.writing() as connection:
            connection.execute(entry.values(**change))
        assert desk.shop.verify().broken_at == planned.sequence, change
        with desk.shop.database.writing() as connection:
            connection.execute(entry.values(**{name: planned._mapping[name] for name in change}))

    assert desk.shop.verify().broken_at is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE manufacturing_audit_change SET new = replace(new, 'PLANNED', 'DRAFT') WHERE entry = '{entry}'",
        "DELETE FROM manufacturing_audit_change WHERE entry = '{entry}'",
        "INSERT INTO manufacturing_audit_change (entry, table_name, row_key, new) VALUES ('{entry}', 'machine', '1', '{{}}')",
    ],
    ids=["changed", "removed", "put in"],
)
def test_the_entry_of_a_line_that_was_tampered_with_is_named(desk: Desk, statement: str) -> None:
    desk.order(status="RELEASED")
    planned = last_of(desk, "work_order.plan")
    entry = next(row.entry for row in desk.entries() if row.sequence == planned)
    open_the_log(desk)

    execute(desk, statement.format(entry=entry))

    assert desk.shop.verify().broken_at == planned


def test_the_first_entry_after_a_removed_one_is_named(desk: Desk) -> None:
    desk.order(status="RELEASED")
    planned, released = last_of(desk, "work_order.plan"), last_of(desk, "work_order.release")
    entry = next(row.entry for row in desk.entries() if row.sequence == planned)
    open_the_log(desk)

    execute(
        desk,
        f"DELETE FROM manufacturing_audit_change WHERE entry = '{entry}'",
        f"DELETE FROM manufacturing_audit_log WHERE sequence = {planned}",
    )

    found = desk.shop.verify()
    assert found.broken_at == released
    assert found.problem == f"entry {planned} before it at terminal T1 was removed"


@pytest.mark.parametrize("terminal", ["T1", "T9"])
def test_the_place_of_a_removed_newest_entry_is_named(desk: Desk, desks: Desks, terminal: str) -> None:
    number = desk.order(status="DRAFT")
    desks(terminal=terminal).refused("work_order.start", number=number)
    newest = desk.newest_entry()
    open_the_log(desk)

    execute(desk, f"DELETE FROM manufacturing_audit_log WHERE sequence = {newest}")

    assert desk.shop.verify().broken_at == newest


def test_a_whole_chain_that_was_removed_is_missed_by_the_entry_that_had_seen_it(desk: Desk, desks: Desks) -> None:
    number = desk.order(status="DRAFT")
    desks(terminal="T9").refused("work_order.start", number=number)
    desk.do("work_order.plan", number=number)
    desk.do("work_order.release", number=number)
    open_the_log(desk)

    execute(
        desk,
        "DELETE FROM manufacturing_audit_log WHERE terminal = 'T9'",
        "DELETE FROM audit_chain_head WHERE terminal = 'T9'",
    )

    found, gone = desk.shop.verify(), last_of(desk, "work_order.plan") - 1
    assert (found.broken_at, found.problem) == (gone + 1, f"entry {gone}, which it had seen, was changed or removed")


@pytest.mark.parametrize("terminal", ["T1", "T9"])
def test_a_forged_entry_is_named_even_when_its_hashes_fit(desk: Desk, terminal: str) -> None:
    desk.order(status="DRAFT")
    last = desk.entries()[-1]
    open_the_log(desk)
    forged = {
        **last._mapping,
        "sequence": last.sequence + 1,
        "entry": "00000000-0000-4000-8000-000000000000",
        "command_id": "00000000-0000-4000-8000-000000000001",
        "message": "forged",
        "terminal": terminal,
        "counter": last.counter + 1 if terminal == "T1" else 1,
        "previous_hash": last.hash if terminal == "T1" else "",
        "anchor_hash": last.hash,
        "changes_hash": audit._sha256(""),
    }
    forged["hash"] = audit._sha256(audit._entry_text(forged))

    with desk.shop.database.writing() as connection:
        connection.execute(insert(ManufacturingAuditLog), forged)

    assert desk.shop.verify().broken_at == last.sequence + 1


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (-2, "the entry before it at terminal T1 was changed or put in"),
        (-1, "the chain of terminal T1 does not end there: it is not the one that was written"),
    ],
    ids=["among others", "the newest"],
)
def test_an_entry_that_was_written_anew_with_its_hash_does_not_fit_to_what_came_after(
    desk: Desk, place: int, told: str
) -> None:
    desk.order(status="RELEASED")
    entries = desk.entries()
    changed = {**entries[place]._mapping, "message": "forged"}
    open_the_log(desk)

    with desk.shop.database.writing() as connection:
        connection.execute(
            update(ManufacturingAuditLog)
            .where(ManufacturingAuditLog.sequence == changed["sequence"])
            .values(message="forged", hash=audit._sha256(audit._entry_text(changed)))
        )

    found = desk.shop.verify()
    assert (found.broken_at, found.problem) == (entries[-1].sequence, told)


def test_an_entry_moved_to_another_place_is_named(desk: Desk) -> None:
    desk.order(status="RELEASED")
    planned = last_of(desk, "work_order.plan")
    open_the_log(desk)

    execute(desk, f"UPDATE manufacturing_audit_log SET sequence = 9999 WHERE sequence = {planned}")

    assert desk.shop.verify().broken_at == last_of(desk, "work_order.release")


def test_the_answer_that_was_given_is_kept_with_the_entry(desk: Desk) -> None:
    answer = desk.do("work_order.create", product="GEAR", quantity=1, **WHEN)

    kept = json.loads(desk.entries()[-1].answer)

    assert kept == {"success": True, "data": answer}
