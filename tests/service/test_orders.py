"""The life of a work order through the shop: every move from every status, every refusal with its numbers, and what each move changes."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mfg_desktop.vocabulary import Action, OrderStatus
from tests.factories import SUPERVISOR
from tests.service.conftest import Desks
from tests.service.stories import ZERO, Desk

BERLIN = ZoneInfo("Europe/Berlin")
START, END = "2026-03-02T06:00:00Z", "2026-03-03T06:00:00Z"
MOVES = ("plan", "release", "start", "hold", "resume", "complete", "cancel")
CANNOT, INVALID = "WORK_ORDER_CANNOT_START", "WORK_ORDER_INVALID_TRANSITION"
STARTED, COMPLETED = "WORK_ORDER_ALREADY_STARTED", "WORK_ORDER_ALREADY_COMPLETED"
# Where each move leads from each status, or the code that refuses it: the table of the contract, turned into a grid.
GRID = {
    #               plan       release     start          hold       resume      complete     cancel
    "DRAFT": ("PLANNED", INVALID, CANNOT, INVALID, INVALID, INVALID, "CANCELLED"),
    "PLANNED": (INVALID, "RELEASED", CANNOT, "ON_HOLD", INVALID, INVALID, "CANCELLED"),
    "RELEASED": (INVALID, INVALID, "IN_PROGRESS", "ON_HOLD", INVALID, INVALID, "CANCELLED"),
    "IN_PROGRESS": (INVALID, INVALID, STARTED, "ON_HOLD", INVALID, "COMPLETED", "CANCELLED"),
    "ON_HOLD": (INVALID, INVALID, CANNOT, INVALID, "RELEASED", INVALID, "CANCELLED"),
    "COMPLETED": (INVALID, INVALID, COMPLETED, INVALID, INVALID, COMPLETED, INVALID),
    "CANCELLED": (INVALID, INVALID, CANNOT, INVALID, INVALID, INVALID, INVALID),
}
FROM: dict[str, Any] = {
    "plan": "DRAFT",
    "release": "PLANNED",
    "start": "RELEASED",
    "hold": ["PLANNED", "RELEASED", "IN_PROGRESS"],
    "resume": "ON_HOLD",
    "complete": "IN_PROGRESS",
    "cancel": ["DRAFT", "PLANNED", "RELEASED", "IN_PROGRESS", "ON_HOLD"],
}
SAID: dict[str, dict[str, Any]] = {
    "hold": {"reason": "waiting"},
    "complete": {"short_close_reason": "enough"},
    "cancel": {"reason": "not wanted"},
}


def new(**fields: Any) -> dict[str, Any]:
    return {"product": "GEAR", "quantity": 100, "planned_start": START, "planned_end": END, **fields}


# ---------------------------------------------------------------------- the grid


@pytest.mark.parametrize("status", GRID)
def test_an_order_moves_only_as_the_grid_of_statuses_says(desk: Desk, status: str) -> None:
    still = desk.order(status=status, machine="CNC-2")

    for move, expected in zip(MOVES, GRID[status], strict=True):
        said = SAID.get(move, {})
        if expected in GRID:
            number = desk.order(status=status, machine="CNC-1")
            answer = desk.do(f"work_order.{move}", number=number, **said)
            assert (answer["number"], answer["status"]) == (number, expected), move
            assert desk.status(number) == expected
        else:
            code, details = desk.said(f"work_order.{move}", number=still, **said)
            assert (code, details["current_status"]) == (expected, status), move
            if code != COMPLETED:
                assert details["required_status"] == FROM[move]
            assert ("moved_by" in details) == (status != "DRAFT"), "nobody has moved a draft"


def test_the_buttons_offer_what_the_commands_allow(desk: Desk) -> None:
    orders = {
        status: desk.order(status=status, machine="CNC-2" if status == "IN_PROGRESS" else "CNC-1") for status in GRID
    }

    details = {status: desk.detail(number) for status, number in orders.items()}

    for status, detail in details.items():
        short = {"complete"} if status == "IN_PROGRESS" else set()  # possible only with a reason to close short
        offered = {move for move, expected in zip(MOVES, GRID[status], strict=True) if expected in GRID} - short
        assert {action.value for action in detail.actions} & set(MOVES) == offered, status
        for move, expected in zip(MOVES, GRID[status], strict=True):
            answer = desk.ask("work_order.can", number=orders[status], action=move)
            stops = [violation.code for violation in answer.violations]
            assert answer.allowed == (move in offered), (status, move)
            assert stops == ([] if answer.allowed else ["WORK_ORDER_QUANTITY_SHORT"] if move in short else [expected])
            assert stops == [violation.code for violation in detail.blockers.get(Action(move), ())]


def test_starting_a_draft_is_refused_word_for_word_as_the_contract_says(desk: Desk) -> None:
    number = desk.order(status="DRAFT")

    error = desk.refused("work_order.start", number=number)

    assert error == {
        "code": "WORK_ORDER_CANNOT_START",
        "message": "Work order cannot be started in current status",
        "details": {"current_status": "DRAFT", "required_status": "RELEASED"},
    }


def test_a_refused_move_names_who_moved_the_order_last_when_and_where(desk: Desk, desks: Desks) -> None:
    number = desk.order(status="DRAFT")
    before = datetime.now(UTC)
    desks(SUPERVISOR, terminal="Lathe 2").do("work_order.plan", number=number)

    code, details = desk.said("work_order.complete", number=number)

    assert code == INVALID
    assert (details["moved_by"], details["moved_at_terminal"]) == (SUPERVISOR, "Lathe 2")
    moved = datetime.fromisoformat(details["moved_at"])
    assert moved.utcoffset() == moved.astimezone(BERLIN).utcoffset(), "told in the plant's zone"
    assert abs(moved - before) < timedelta(minutes=5)


def test_an_order_that_is_not_there_is_not_found(desk: Desk) -> None:
    said = SAID | {"update": {"notes": "x"}, "record_output": {"good": 1}}

    for verb in (*MOVES, "update", "allocate", "issue", "record_output"):
        code, details = desk.said(f"work_order.{verb}", number="WO-0", **said.get(verb, {}))
        assert (code, details) == ("WORK_ORDER_NOT_FOUND", {"number": "WO-0"}), verb


# ---------------------------------------------------------------------- create


def test_a_new_order_is_a_draft_with_its_material_worked_out(desk: Desk) -> None:
    number = desk.do(
        "work_order.create",
        **new(number="A 1", priority="URGENT", machine="CNC-1", sales_order="SO-9", notes="Ünïcode ✓"),
    )["number"]

    detail = desk.detail(number)

    assert (detail.row.number, detail.row.status, detail.row.priority, detail.row.machine) == (
        "A 1",
        "DRAFT",
        "URGENT",
        "CNC-1",
    )
    assert (detail.row.department, detail.row.notes, detail.sales_order, detail.row.version) == (
        "MACH",
        "Ünïcode ✓",
        "SO-9",
        1,
    )
    assert {line.material: (str(line.required), line.reserved) for line in detail.allocations} == {
        "BAR": ("50.000", 0),
        "NUT": ("400.000", 0),
    }
    assert (detail.row.planned_start, detail.row.planned_end) == (
        datetime(2026, 3, 2, 6, tzinfo=UTC),
        datetime(2026, 3, 3, 6, tzinfo=UTC),
    )
    assert (detail.row.actual_start, detail.row.actual_end) == (None, None)


NOT_CREATED: tuple[tuple[dict[str, Any], str, dict[str, Any]], ...] = (
    ({"quantity": 0}, "WORK_ORDER_INVALID_QUANTITY", {"quantity": "0"}),
    ({"quantity": "-2.5"}, "WORK_ORDER_INVALID_QUANTITY", {"quantity": "-2.5"}),
    (
        {"planned_end": START},
        "WORK_ORDER_INVALID_DATES",
        {"planned_start": "2026-03-02T07:00:00+01:00", "planned_end": "2026-03-02T07:00:00+01:00"},
    ),
    ({"product": "NOBODY"}, "MATERIAL_NOT_FOUND", {"material": "NOBODY"}),
    ({"product": "OLD"}, "VALIDATION_INVALID_CHOICE", {"field": "product", "value": "OLD"}),
    ({"number": "TAKEN"}, "WORK_ORDER_DUPLICATE_NUMBER", {"number": "TAKEN"}),
    ({"machine": "CNC-9"}, "MACHINE_NOT_FOUND", {"machine": "CNC-9"}),
    ({"machine": "OFF"}, "MACHINE_INACTIVE", {"machine": "OFF"}),
    ({"machine": "GONE"}, "MACHINE_RETIRED", {"machine": "GONE"}),
    ({"department": "XYZ"}, "VALIDATION_INVALID_CHOICE", {"field": "department", "value": "XYZ"}),
    ({"parent": "WO-0"}, "WORK_ORDER_NOT_FOUND", {"number": "WO-0"}),
    ({"parent": "OVER"}, "WORK_ORDER_NOT_EDITABLE", {"number": "OVER", "current_status": "CANCELLED"}),
)


def test_an_order_is_not_created_against_the_rules(desk: Desk) -> None:
    desk.do("product.create", stock_code="OLD", name="Old gear", type="FINISHED", unit="pcs", active=False)
    desk.do("machine.create", machine="OFF", type="DRILLING", active=False)
    desk.do("machine.create", machine="GONE", type="DRILLING")
    desk.do("machine.set_status", machine="GONE", status="RETIRED")
    desk.order(status="DRAFT", number="TAKEN")
    desk.order(status="CANCELLED", number="OVER")

    for given, code, details in NOT_CREATED:
        refused, told = desk.said("work_order.create", **new(**given))
        assert (refused, {name: told[name] for name in details}) == (code, details), given


def test_everything_that_is_wrong_with_a_new_order_is_said_at_once(desk: Desk) -> None:
    desk.order(status="DRAFT", number="TAKEN")
    desk.do("machine.create", machine="OFF", type="DRILLING", active=False)
    desk.do("product.update", stock_code="GEAR", active=False)

    codes = desk.codes("work_order.create", **new(quantity=0, planned_end=START, number="TAKEN", machine="OFF"))

    assert codes == [
        "WORK_ORDER_INVALID_QUANTITY",
        "WORK_ORDER_INVALID_DATES",
        "VALIDATION_INVALID_CHOICE",
        "WORK_ORDER_DUPLICATE_NUMBER",
        "MACHINE_INACTIVE",
    ]


# ---------------------------------------------------------------------- numbers


def test_orders_without_a_number_take_the_next_free_one_of_the_year(desk: Desk) -> None:
    year = datetime.now(BERLIN).year
    numbers = [desk.do("work_order.create", **new())["number"] for _ in range(3)]
    desk.refused("work_order.create", **new(quantity=0))
    after = desk.do("work_order.create", **new())["number"]

    assert numbers == [f"WO-{year}-00001", f"WO-{year}-00002", f"WO-{year}-00003"]
    assert after == f"WO-{year}-00004", "a refusal takes no number"


def test_a_number_given_by_hand_is_passed_over_by_the_series(desk: Desk) -> None:
    year = datetime.now(BERLIN).year
    desk.do("work_order.create", **new(number=f"WO-{year}-00007"))
    desk.do("work_order.create", **new(number=f"WO-{year}-00003"))
    desk.do("work_order.create", **new(number="ERP/2026-X"))
    desk.do("work_order.create", **new(number=f"WO-{year + 1}-00500"))

    following = [desk.do("work_order.create", **new())["number"] for _ in range(2)]

    assert following == [f"WO-{year}-00008", f"WO-{year}-00009"]


def test_the_year_of_a_number_is_that_of_the_plant(desk: Desk) -> None:
    # In Berlin it is already half past midnight on New Year's Day.
    number = desk.do("work_order.create", **new(at="2025-12-31T23:30:00Z"))["number"]

    assert number == "WO-2026-00001"


# ---------------------------------------------------------------------- release and start


def test_release_is_refused_without_a_bill_of_material(desk: Desk) -> None:
    desk.do("product.create", stock_code="BRACKET", name="Bracket", type="SEMI_FINISHED", unit="pcs")
    number = desk.order(status="PLANNED", product="BRACKET")

    code, details = desk.said("work_order.release", number=number)

    assert (code, details) == ("MATERIAL_BOM_NOT_FOUND", {"product": "BRACKET"})


@pytest.mark.parametrize("product", ["BAR", "KIT"])
def test_an_order_that_needs_no_material_is_released_and_started_without(desk: Desk, product: str) -> None:
    desk.do("product.create", stock_code="KIT", name="Empty kit", type="FINISHED", unit="pcs")
    desk.do("bom.set", product="KIT", lines=[])
    number = desk.order(status="PLANNED", product=product)

    desk.do("work_order.release", number=number)
    answer = desk.do("work_order.start", number=number)

    assert answer["status"] == "IN_PROGRESS"


def test_a_bill_of_material_that_leads_back_to_itself_is_refused_with_its_path(desk: Desk) -> None:
    desk.do("product.create", stock_code="AXLE", name="Axle", type="SEMI_FINISHED", unit="pcs")
    desk.do("product.create", stock_code="HUB", name="Hub", type="SEMI_FINISHED", unit="pcs")
    desk.do("bom.set", product="AXLE", lines=[{"component": "HUB", "quantity": 1}])
    desk.do("bom.set", product="HUB", lines=[{"component": "BAR", "quantity": 1}])

    code, details = desk.said("bom.set", product="HUB", lines=[{"component": "AXLE", "quantity": 2}])

    assert code == "MATERIAL_BOM_CYCLE"
    assert (details["product"], details["path"]) == ("HUB", ["HUB", "AXLE", "HUB"])


def test_the_material_of_an_order_follows_the_bill_of_material_until_its_release(desk: Desk) -> None:
    number = desk.order(status="PLANNED")
    desk.do("bom.set", product="GEAR", lines=[{"component": "BAR", "quantity": "0.7", "scrap_percentage": 10}])
    desk.do("work_order.release", number=number)
    desk.do("bom.set", product="GEAR", lines=[{"component": "BAR", "quantity": 9}])

    lines = {line.material: str(line.required) for line in desk.detail(number).allocations}

    assert lines == {"BAR": "77.000"}  # 0.7 x 100 x 1.10


def stop(desk: Desk, machine: str, how: str) -> None:
    today = datetime.now(BERLIN).date()
    match how:
        case "inactive":
            desk.do("machine.update", machine=machine, active=False)
        case "due yesterday":
            desk.do("machine.update", machine=machine, next_maintenance=(today - timedelta(days=1)).isoformat())
        case "due today":
            desk.do("machine.update", machine=machine, next_maintenance=today.isoformat())
        case "busy":
            desk.order(status="IN_PROGRESS", machine=machine, number="FIRST")
        case _:
            desk.do("machine.set_status", machine=machine, status=how, reason="spindle")


def test_an_order_does_not_start_on_a_machine_that_cannot_run(desk: Desk) -> None:
    cases: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("inactive", "MACHINE_INACTIVE", {}),
        ("MAINTENANCE", "MACHINE_UNDER_MAINTENANCE", {"reason": "spindle"}),
        ("BROKEN", "MACHINE_BROKEN", {"reason": "spindle"}),
        ("RETIRED", "MACHINE_RETIRED", {}),
        ("busy", "MACHINE_ALREADY_IN_USE", {"work_order": "FIRST"}),
        ("due yesterday", "MACHINE_MAINTENANCE_OVERDUE", {"days": 1}),
    )

    for how, code, details in cases:
        desk.do("machine.create", machine=how, type="CNC_LATHE")
        number = desk.order(status="RELEASED", machine=how)
        stop(desk, how, how)
        refused, told = desk.said("work_order.start", number=number)
        assert refused == code
        assert {name: told[name] for name in (*details, "machine")} == {**details, "machine": how}


def test_maintenance_that_is_due_today_is_not_overdue_yet(desk: Desk) -> None:
    number = desk.order(status="RELEASED", machine="CNC-1")
    stop(desk, "CNC-1", "due today")

    answer = desk.do("work_order.start", number=number)

    assert answer["status"] == "IN_PROGRESS"


def test_an_order_does_not_start_without_a_machine(desk: Desk) -> None:
    number = desk.order(status="RELEASED", machine=None)

    code, details = desk.said("work_order.start", number=number)

    assert (code, details) == ("WORK_ORDER_NO_MACHINE", {"number": number})


def test_an_order_does_not_start_before_its_material_is_allocated(desk: Desk) -> None:
    number = desk.order(status="PLANNED", quantity=3000)
    desk.do("work_order.release", number=number)

    nothing = desk.codes("work_order.start", number=number)
    desk.do("work_order.allocate", number=number, allow_partial=True)
    partly = desk.refused("work_order.start", number=number)

    assert nothing == ["WORK_ORDER_NO_MATERIALS", "MATERIAL_NOT_ALLOCATED", "MATERIAL_NOT_ALLOCATED"]
    # 3000 gears take 1500 m of bar and 12000 nuts; 1030 m and 10000 nuts are there.
    assert partly["code"] == "MATERIAL_NOT_ALLOCATED"
    assert [violation["details"] for violation in partly["details"]["violations"]] == [
        {"material": "BAR", "required": "1500", "allocated": "1030", "short": "470", "unit": "m"},
        {"material": "NUT", "required": "12000", "allocated": "10000", "short": "2000", "unit": "pcs"},
    ]


def test_everything_that_stops_a_start_is_said_at_once_in_the_order_of_the_rules(desk: Desk) -> None:
    number = desk.order(status="PLANNED", machine="CNC-1")
    desk.do("work_order.release", number=number)
    stop(desk, "CNC-1", "BROKEN")
    stop(desk, "CNC-1", "due yesterday")

    codes = desk.codes("work_order.start", number=number)

    assert codes[:3] == ["MACHINE_BROKEN", "MACHINE_MAINTENANCE_OVERDUE", "WORK_ORDER_NO_MATERIALS"]
    assert codes[3:] == ["MATERIAL_NOT_ALLOCATED", "MATERIAL_NOT_ALLOCATED"]


def test_a_start_takes_the_machine_and_sets_the_actual_start_once(desk: Desk) -> None:
    number = desk.order(status="IN_PROGRESS")
    first = desk.detail(number).row.actual_start
    machine = desk.machine("CNC-1")
    desk.do("work_order.hold", number=number, reason="no tool")
    desk.do("work_order.resume", number=number)
    desk.do("work_order.start", number=number)

    again = desk.detail(number).row

    assert (machine.status, machine.work_order) == ("IN_USE", number)
    assert again.actual_start == first is not None
    assert desk.faults() == []


# ---------------------------------------------------------------------- hold, resume, complete, cancel


def test_a_running_order_on_hold_frees_its_machine_and_keeps_the_reason(desk: Desk) -> None:
    number = desk.order(status="IN_PROGRESS")

    desk.do("work_order.hold", number=number, reason="Wait for\nQuality")

    row, machine = desk.detail(number).row, desk.machine("CNC-1")
    assert (row.status, row.hold_reason) == ("ON_HOLD", "Wait for\nQuality")
    assert (machine.status, machine.work_order) == ("AVAILABLE", None)
    assert desk.faults() == []


def test_a_resumed_order_is_asked_again_in_full_before_it_starts(desk: Desk) -> None:
    number = desk.order(status="IN_PROGRESS")
    desk.do("work_order.hold", number=number, reason="urgent job")
    urgent = desk.order(status="IN_PROGRESS")
    desk.do("work_order.resume", number=number)

    code, details = desk.said("work_order.start", number=number)

    assert desk.status(number) == "RELEASED"
    assert (code, details["work_order"]) == ("MACHINE_ALREADY_IN_USE", urgent)
    assert desk.detail(number).row.hold_reason is None


def test_an_order_with_too_few_good_pieces_completes_only_with_a_reason(desk: Desk) -> None:
    number = desk.order(status="IN_PROGRESS", quantity=10)
    desk.do("work_order.issue", number=number)
    desk.do("work_order.record_output", number=number, good=4)

    code, details = desk.said("work_order.complete", number=number)
    answer = desk.do("work_order.complete", number=number, short_close_reason="the customer took less")

    assert code == "WORK_ORDER_QUANTITY_SHORT"
    assert {name: details[name] for name in ("ordered", "completed", "missing")} == {
        "ordered": "10",
        "completed": "4",
        "missing": "6",
    }
    assert answer["status"] == "COMPLETED"
    assert desk.detail(number).short_close_reason == "the customer took less"
    assert desk.lot("NUT", "N-1").reserved == 0, "the nuts of the six that were not made are free again"
    assert desk.faults() == []


def test_a_completed_order_frees_its_machine_its_reservations_and_its_clocks(desk: Desk) -> None:
    number = desk.order(status="IN_PROGRESS", quantity=10)
    desk.do("work_order.issue", number=number)
    desk.do("work_order.record_output", number=number, good=10)
    desk.do("work_order.complete", number=number)

    row, machine = desk.detail(number).row, desk.machine("CNC-1")

    assert (row.status, row.quantity_completed) == ("COMPLETED", 10)
    assert row.actual_end is not None
    assert (machine.status, machine.work_order) == ("AVAILABLE", None)
    assert desk.lot("NUT", "N-1").reserved == ZERO
    assert desk.faults() == []


def test_an_order_does_not_complete_while_a_sub_order_is_open(desk: Desk) -> None:
    number = desk.order(status="IN_PROGRESS")
    part = desk.order(status="DRAFT", product="BAR", parent=number, number="PART-1")
    desk.order(status="CANCELLED", product="BAR", parent=number, number="PART-2")

    codes = desk.codes("work_order.complete", number=number)
    _, details = desk.said("work_order.complete", number=number, short_close_reason="enough")
    desk.do("work_order.cancel", number=part, reason="bought")
    answer = desk.do("work_order.complete", number=number, short_close_reason="enough")

    assert codes == ["WORK_ORDER_OPEN_SUB_ORDERS", "WORK_ORDER_QUANTITY_SHORT"]
    assert details == {"number": number, "sub_orders": ["PART-1"]}
    assert answer["status"] == "COMPLETED"


def test_a_cancelled_order_frees_what_was_promised_to_it(desk: Desk) -> None:
    for status in ("DRAFT", "PLANNED", "RELEASED", "IN_PROGRESS", "ON_HOLD"):
        number = desk.order(status=status)
        desk.do("work_order.cancel", number=number, reason="customer withdrew")
        assert (desk.status(number), desk.detail(number).cancel_reason) == ("CANCELLED", "customer withdrew")
        assert desk.machine("CNC-1").status == "AVAILABLE", status
        assert (desk.lot("BAR", "B-1").reserved, desk.lot("NUT", "N-1").reserved) == (0, 0), status

    assert desk.faults() == []


def test_an_order_with_issued_material_is_cancelled_only_if_the_material_comes_back(desk: Desk) -> None:
    number = desk.order(status="IN_PROGRESS")
    desk.do("work_order.issue", number=number)
    desk.do("work_order.record_output", number=number, good=10)

    code, details = desk.said("work_order.cancel", number=number, reason="wrong drawing")
    desk.do("work_order.cancel", number=number, reason="wrong drawing", return_material=True)

    assert code == "WORK_ORDER_HAS_ISSUED_MATERIAL"
    assert details == {"number": number, "materials": ["BAR", "NUT"]}
    # Ten gears have used 5 m; of the 50 m that were issued 45 m come back.
    assert sum(desk.lot("BAR", lot).on_hand for lot in ("B-1", "B-2")) == 1025
    line = desk.line(number, "BAR")
    assert (line.issued, line.returned, line.consumed) == (50, 45, 5)
    assert desk.faults() == []


def test_cancelling_names_the_open_sub_orders_and_cancels_them_if_asked(desk: Desk) -> None:
    first, second = desk.order(status="RELEASED", number="P-1"), desk.order(status="RELEASED", number="P-2")
    for parent in (first, second):
        desk.order(status="PLANNED", product="BAR", parent=parent, number=f"{parent}-A")
        desk.order(status="CANCELLED", product="BAR", parent=parent, number=f"{parent}-B")

    named = desk.do("work_order.cancel", number=first, reason="not wanted")
    taken = desk.do("work_order.cancel", number=second, reason="not wanted", cancel_sub_orders=True)

    assert (named["open_sub_orders"], named["cancelled_sub_orders"]) == (["P-1-A"], [])
    assert (taken["open_sub_orders"], taken["cancelled_sub_orders"]) == ([], ["P-2-A"])
    assert (desk.status("P-1-A"), desk.status("P-2-A")) == ("PLANNED", "CANCELLED")


def test_a_sub_order_that_cannot_be_cancelled_keeps_its_parent_too(desk: Desk) -> None:
    parent = desk.order(status="RELEASED", number="P-1")
    part = desk.order(status="IN_PROGRESS", parent=parent, number="P-1-A")
    desk.do("work_order.issue", number=part)

    code, details = desk.said("work_order.cancel", number=parent, reason="not wanted", cancel_sub_orders=True)

    assert (code, details["number"]) == ("WORK_ORDER_HAS_ISSUED_MATERIAL", part)


def test_a_sub_order_is_named_by_its_parent_and_limits_what_can_be_made(desk: Desk) -> None:
    parent = desk.order(status="RELEASED", quantity=10, number="P-1")
    part = desk.order(status="RELEASED", quantity=40, product="BAR", parent=parent, number="P-1-A")
    desk.do("work_order.start", number=part)
    desk.do("work_order.record_output", number=part, good=10)

    detail = desk.detail(parent)

    assert [(row.number, row.product, row.quantity, row.status) for row in detail.sub_orders] == [
        (part, "BAR", 40, "IN_PROGRESS")
    ]
    assert desk.detail(part).parent == parent
    assert detail.makeable == 2  # 10 of 4 per parent: enough for two


# ---------------------------------------------------------------------- change


CHANGES: dict[str, Any] = {
    "quantity": 60,
    "planned_start": "2026-04-01T06:00:00Z",
    "planned_end": "2026-04-09T06:00:00Z",
    "priority": "HIGH",
    "machine": "CNC-2",
    "notes": "mind the burr",
}
STAYS = {
    "DRAFT": [],
    "PLANNED": [],
    "RELEASED": ["quantity", "planned_start", "planned_end"],
    "ON_HOLD": ["quantity", "planned_start", "planned_end"],
    "IN_PROGRESS": list(CHANGES),
    "COMPLETED": list(CHANGES),
    "CANCELLED": list(CHANGES),
}


def test_an_order_changes_only_what_its_status_allows(desk: Desk) -> None:
    for status, stays in STAYS.items():
        number = desk.order(status=status)
        allowed = {name: value for name, value in CHANGES.items() if name not in stays}
        if stays:
            code, details = desk.said("work_order.update", number=number, **CHANGES)
            assert (code, details["current_status"], details["fields"]) == ("WORK_ORDER_NOT_EDITABLE", status, stays)
        if allowed:
            desk.do("work_order.update", number=number, **allowed)
        row = desk.detail(number).row
        assert (row.priority, row.machine, row.notes) == (
            ("HIGH", "CNC-2", "mind the burr") if allowed else ("MEDIUM", "CNC-1", None)
        )
        assert row.quantity_ordered == (100 if stays else 60), status
        if status == "IN_PROGRESS":
            desk.do("work_order.cancel", number=number, reason="make room")


def test_a_smaller_quantity_gives_back_what_is_reserved_too_much(desk: Desk) -> None:
    number = desk.order(status="PLANNED")
    desk.do("work_order.allocate", number=number)

    desk.do("work_order.update", number=number, quantity=20)

    assert [(lot.lot, lot.reserved) for lot in desk.ask("stock.list", material="BAR").rows] == [("B-1", 10), ("B-2", 0)]
    assert desk.said("work_order.allocate", number=number)[0] == "MATERIAL_ALREADY_ALLOCATED"
    assert {line.material: (line.required, line.reserved) for line in desk.detail(number).allocations} == {
        "BAR": (10, 10),
        "NUT": (80, 80),
    }
    assert desk.faults() == []


def test_an_order_is_not_changed_against_the_rules(desk: Desk) -> None:
    desk.do("machine.create", machine="OFF", type="DRILLING", active=False)
    desk.do("machine.create", machine="GONE", type="DRILLING")
    desk.do("machine.set_status", machine="GONE", status="RETIRED")
    number = desk.order(status="DRAFT")
    cases: tuple[tuple[dict[str, Any], str], ...] = (
        ({"quantity": 0}, "WORK_ORDER_INVALID_QUANTITY"),
        ({"planned_start": END}, "WORK_ORDER_INVALID_DATES"),
        ({"planned_end": "2026-03-01T06:00:00Z"}, "WORK_ORDER_INVALID_DATES"),
        ({"machine": "CNC-9"}, "MACHINE_NOT_FOUND"),
        ({"machine": "OFF"}, "MACHINE_INACTIVE"),
        ({"machine": "GONE"}, "MACHINE_RETIRED"),
        ({}, "VALIDATION_REQUIRED_FIELD"),
        ({"quantity": None}, "WORK_ORDER_INVALID_QUANTITY"),
        ({"planned_start": None}, "VALIDATION_REQUIRED_FIELD"),
        ({"planned_end": None}, "VALIDATION_REQUIRED_FIELD"),
        ({"priority": None}, "VALIDATION_REQUIRED_FIELD"),
        ({"planned_start": START, "planned_end": START}, "WORK_ORDER_INVALID_DATES"),
    )

    for given, code in cases:
        refused, _ = desk.said("work_order.update", number=number, **given)
        assert refused == code, given


def test_a_screen_that_shows_an_older_order_than_there_is_does_not_touch_it(desk: Desk, desks: Desks) -> None:
    number = desk.order(status="DRAFT")
    seen = desk.detail(number).row.version
    desks(SUPERVISOR, terminal="T2").do("work_order.plan", number=number)
    said = SAID | {"update": {"notes": "x"}, "record_output": {"good": 1}}

    for verb in (*MOVES, "update", "allocate", "issue", "record_output"):
        code, details = desk.said(f"work_order.{verb}", number=number, seen_version=seen, **said.get(verb, {}))
        assert code == "WORK_ORDER_CHANGED_ELSEWHERE", verb
        assert (details["number"], details["seen_version"], details["version"]) == (number, seen, seen + 1)
        assert (details["changed_by"], details["terminal"]) == (SUPERVISOR, "T2")


def test_who_comes_too_late_is_told_who_changed_the_order_and_not_who_moved_it(desk: Desk, desks: Desks) -> None:
    number = desk.order(status="PLANNED")
    seen = desk.detail(number).row.version
    desks(SUPERVISOR, terminal="T2").do("work_order.update", number=number, notes="drawing B")

    code, details = desk.said("work_order.release", number=number, seen_version=seen)

    assert code == "WORK_ORDER_CHANGED_ELSEWHERE"
    assert (details["changed_by"], details["terminal"]) == (SUPERVISOR, "T2")
    assert datetime.fromisoformat(details["changed_at"]) > desk.detail(number).row.status_since


def test_who_comes_too_late_to_change_or_to_report_is_told_who_moved_the_order(desk: Desk, desks: Desks) -> None:
    number, done = desk.order(status="RELEASED"), desk.order(status="IN_PROGRESS", machine="CNC-2")
    there = desks(SUPERVISOR, terminal="T2")
    there.do("work_order.start", number=number)
    there.do("work_order.complete", number=done, short_close_reason="enough")
    told: dict[str, tuple[str, dict[str, Any]]] = {
        "quantity": desk.said("work_order.update", number=number, quantity=9),
        "notes": desk.said("work_order.update", number=done, notes="x"),
        "report": desk.said("work_order.record_output", number=done, good=1),
        "part": desk.said(
            "work_order.create", product="BAR", quantity=1, planned_start=START, planned_end=END, parent=done
        ),
    }

    assert {name: code for name, (code, _) in told.items()} == {
        "quantity": "WORK_ORDER_NOT_EDITABLE",
        "notes": "WORK_ORDER_NOT_EDITABLE",
        "report": "PRODUCTION_ALREADY_COMPLETED",
        "part": "WORK_ORDER_NOT_EDITABLE",
    }
    for _, details in told.values():
        assert (details["moved_by"], details["moved_at_terminal"]) == (SUPERVISOR, "T2")
    assert told["quantity"][1]["required_status"] == ["DRAFT", "PLANNED"]
    assert told["notes"][1]["required_status"] == ["DRAFT", "PLANNED", "RELEASED", "ON_HOLD"]
    assert told["report"][1]["required_status"] == "IN_PROGRESS"


def test_who_takes_a_number_that_is_taken_is_told_by_whom(desk: Desk, desks: Desks) -> None:
    desks(SUPERVISOR, terminal="T2").order(status="DRAFT", number="ERP-7")
    wish = {"product": "BAR", "quantity": 1, "planned_start": START, "planned_end": END}

    code, details = desk.said("work_order.create", number="ERP-7", **wish)

    assert code == "WORK_ORDER_DUPLICATE_NUMBER"
    assert details.pop("created_at")
    assert details == {"number": "ERP-7", "created_by": SUPERVISOR, "terminal": "T2"}


def test_a_note_that_reads_like_a_field_changes_nobody_who_is_told(desk: Desk, desks: Desks) -> None:
    desks(SUPERVISOR, terminal="T2").order(status="DRAFT", number="ERP-7")
    desk.do("work_order.update", number="ERP-7", notes="number")

    _, details = desk.said("work_order.create", **new(number="ERP-7"))

    assert (details["created_by"], details["terminal"]) == (SUPERVISOR, "T2")


def test_who_allocated_is_told_also_after_another_has_issued(desk: Desk, desks: Desks) -> None:
    number = desk.order(status="PLANNED")
    desks(SUPERVISOR, terminal="T2").do("work_order.allocate", number=number)
    desk.do("work_order.issue", number=number)

    code, details = desk.said("work_order.allocate", number=number)

    assert code == "MATERIAL_ALREADY_ALLOCATED"
    assert (details["allocated_by"], details["terminal"]) == (SUPERVISOR, "T2")


def test_all_that_is_wrong_with_a_new_order_is_said_at_once_in_the_order_of_the_table(desk: Desk) -> None:
    taken = desk.order(status="DRAFT")
    wrong = {"quantity": 0, "planned_start": END, "planned_end": START, "machine": "CNC-9", "department": "NOWHERE"}

    unknown = desk.codes("work_order.create", product="NOTHING", number=taken, parent="WO-0", **wrong)
    changed = desk.codes(
        "work_order.update", number=taken, quantity=0, planned_start=END, planned_end=START, machine="CNC-9"
    )

    assert unknown == [
        "WORK_ORDER_INVALID_QUANTITY",
        "WORK_ORDER_INVALID_DATES",
        "MATERIAL_NOT_FOUND",
        "WORK_ORDER_DUPLICATE_NUMBER",
        "MACHINE_NOT_FOUND",
        "VALIDATION_INVALID_CHOICE",
        "WORK_ORDER_NOT_FOUND",
    ]
    assert changed == ["WORK_ORDER_INVALID_QUANTITY", "WORK_ORDER_INVALID_DATES", "MACHINE_NOT_FOUND"]


def test_every_change_of_an_order_raises_its_version_and_the_answer_says_so(desk: Desk) -> None:
    number = desk.order(status="DRAFT", quantity=10)
    steps: list[tuple[str, dict[str, Any]]] = [
        ("update", {"priority": "HIGH"}),
        ("plan", {}),
        ("release", {}),
        ("allocate", {}),
        ("start", {}),
        ("issue", {}),
        ("record_output", {"good": 10}),
        ("complete", {}),
    ]
    seen = 1

    for step, said in steps:
        answer = desk.do(f"work_order.{step}", number=number, seen_version=seen, **said)
        assert answer["version"] > seen, step
        assert desk.detail(number).row.version == answer["version"], step
        seen = answer["version"]


def test_every_status_has_its_row_in_the_grid() -> None:
    assert set(GRID) == {status.value for status in OrderStatus}
