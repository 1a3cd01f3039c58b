"""The board without a window: lanes by status, filters, pages, and what a tap on a step does."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytestqt.qtbot import QtBot

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.queries.rows import PlantRow, ShiftRow
from mfg_desktop.service.shop import Shop
from mfg_desktop.service.work import Actor
from mfg_desktop.ui.background import Background
from mfg_desktop.ui.board import presenter as board_presenter
from mfg_desktop.ui.board import shift, steps
from mfg_desktop.ui.board.presenter import BoardPresenter, Filter, OrderPresenter
from mfg_desktop.ui.board.steps import Asks, Way
from mfg_desktop.ui.live import Live
from mfg_desktop.vocabulary import Action, OrderStatus, Priority
from tests.factories import OPERATOR, PIN, PLANNER, SUPERVISOR, TERMINAL, Floor
from tests.ui.conftest import Place

BERLIN = ZoneInfo("Europe/Berlin")
LATE = {"planned_start": "2026-01-05T06:00:00Z", "planned_end": "2026-01-06T06:00:00Z"}


@dataclass
class PlantPlace:
    """The place of a presenter that asks for its plant, too."""

    shop: Shop
    background: Background
    live: Live
    who: Actor | None

    def actor(self) -> Actor | None:
        return self.who

    def plant(self) -> PlantRow:
        return self.shop.plant()


@pytest.fixture
def here(place: Place) -> PlantPlace:
    return PlantPlace(place.shop, place.background, place.live, place.who)


Shown = Callable[[], BoardPresenter]


@pytest.fixture
def shown(qtbot: QtBot, here: PlantPlace) -> Shown:
    """Give a board that somebody looks at, with its first answer there."""

    def show() -> BoardPresenter:
        made = BoardPresenter(here)
        with qtbot.waitSignals([made.rows_changed, made.choices_changed]):
            made.watch(True)
        return made

    return show


@pytest.fixture
def order(here: PlantPlace) -> OrderPresenter:
    return OrderPresenter(here)


def open_order(qtbot: QtBot, order: OrderPresenter, number: str) -> None:
    with qtbot.waitSignal(order.rows_changed):
        order.open(number)


def numbers(board: BoardPresenter, lane: str) -> list[str]:
    return [row.number for row in board.lane(lane).rows]


def narrow(qtbot: QtBot, board: BoardPresenter, **changes: Any) -> None:
    with qtbot.waitSignal(board.rows_changed):
        board.narrow(**changes)


# ---------------------------------------------------------------------- lanes


def test_every_order_stands_in_the_lane_of_its_status_with_true_counts(shown: Shown, floor: Floor) -> None:
    draft, released = floor.order(status="DRAFT"), floor.order(status="RELEASED")
    running = floor.order(status="IN_PROGRESS", machine="CNC-2")

    board = shown()

    assert numbers(board, "DRAFT") == [draft]
    assert numbers(board, "RELEASED") == [released]
    assert numbers(board, "IN_PROGRESS") == [running]
    assert [board.lane(lane).count for lane in board.lanes()] == [1, 0, 1, 1, 0, 0]


def test_drafts_are_for_those_who_plan(qtbot: QtBot, here: PlantPlace, floor: Floor) -> None:
    floor.order(status="DRAFT")
    here.who = here.shop.sign_in(OPERATOR, PIN, terminal=TERMINAL)
    board = BoardPresenter(here)

    with qtbot.waitSignal(board.rows_changed):
        board.watch(True)

    assert OrderStatus.DRAFT not in board.lanes()
    here.who = here.shop.sign_in(PLANNER, PIN, terminal=TERMINAL)
    assert board.lanes()[0] is OrderStatus.DRAFT


@pytest.mark.parametrize(
    ("rights", "makes_orders", "sees_drafts"),
    [
        (("work_order.list", "work_order.create"), True, True),
        (("work_order.list", "work_order.plan"), False, True),
        (("work_order.list", "work_order.start"), False, False),
    ],
)
def test_a_new_order_is_offered_by_the_right_to_make_it_whatever_the_role_is_called(
    here: PlantPlace, floor: Floor, rights: tuple[str, ...], makes_orders: bool, sees_drafts: bool
) -> None:
    floor.do("role.set_operations", role="PLANNER", operations=list(rights))

    here.who = here.shop.sign_in(PLANNER, PIN, terminal=TERMINAL)
    board = BoardPresenter(here)

    assert (board.makes_orders(), OrderStatus.DRAFT in board.lanes()) == (makes_orders, sees_drafts)


def test_what_this_shift_completed_is_shown_and_what_was_before_is_not(
    shown: Shown, floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = floor.order(status="COMPLETED")

    now = shown()
    monkeypatch.setattr(shift, "began", lambda now, shifts, zone: now + timedelta(minutes=1))
    later = shown()

    assert (numbers(now, "COMPLETED"), now.lane("COMPLETED").count) == ([done], 1)
    assert (numbers(later, "COMPLETED"), later.lane("COMPLETED").count) == ([], 0)


@pytest.mark.parametrize(
    ("local", "began"),
    [
        ("2026-11-23T10:42", "2026-11-23T06:00"),
        ("2026-11-23T14:00", "2026-11-23T14:00"),
        ("2026-11-24T02:30", "2026-11-23T22:00"),
        ("2026-03-29T05:00", "2026-03-28T22:00"),
    ],
)
def test_a_shift_that_began_yesterday_still_runs_after_midnight(local: str, began: str) -> None:
    shifts = [ShiftRow("Early", "06:00", "14:00", 30), ShiftRow("Late", "14:00", "22:00", 30)]
    shifts.append(ShiftRow("Night", "22:00", "06:00", 30))
    now = datetime.fromisoformat(local).replace(tzinfo=BERLIN)

    found = shift.began(now.astimezone(UTC), shifts, BERLIN)

    assert found == datetime.fromisoformat(began).replace(tzinfo=BERLIN)


def test_a_plant_without_shifts_counts_from_midnight() -> None:
    now = datetime(2026, 11, 23, 10, 42, tzinfo=BERLIN)

    assert shift.began(now, (), BERLIN) == datetime(2026, 11, 23, tzinfo=BERLIN)


def test_the_most_urgent_comes_first_and_then_the_earliest_due(shown: Shown, floor: Floor) -> None:
    plain, late = floor.order(status="PLANNED"), floor.order(status="PLANNED", **LATE)
    urgent = floor.order(status="PLANNED", priority="URGENT")

    assert numbers(shown(), "PLANNED") == [urgent, late, plain]


def test_the_filter_narrows_lanes_and_counts_alike(qtbot: QtBot, shown: Shown, floor: Floor) -> None:
    urgent = floor.order(status="PLANNED", priority="URGENT", machine="CNC-1", department="MACH")
    floor.do("department.create", code="GRIND", name="Grinding")
    other = floor.order(status="PLANNED", machine="CNC-2", department="GRIND")
    board = shown()

    narrow(qtbot, board, priority=Priority.URGENT)
    assert (numbers(board, "PLANNED"), board.lane("PLANNED").count) == ([urgent], 1)
    narrow(qtbot, board, priority=None, machine="CNC-2")
    assert numbers(board, "PLANNED") == [other]
    narrow(qtbot, board, machine=None, department="MACH")
    assert numbers(board, "PLANNED") == [urgent]
    narrow(qtbot, board, department=None, text=other[-4:])
    assert numbers(board, "PLANNED") == [other]
    narrow(qtbot, board, text="", overdue=True)
    assert set(numbers(board, "PLANNED")) == {urgent, other}
    with qtbot.waitSignal(board.rows_changed):
        board.recall(Filter())
    assert board.filter() == Filter()


def test_the_filter_offers_the_machines_and_departments_that_there_are(shown: Shown) -> None:
    choices = shown().choices()

    assert choices.machines == ("CNC-1", "CNC-2")
    assert choices.departments == (("MACH", "Machining"),)


def test_a_lane_grows_by_pages_and_stays_as_long_when_news_come(
    qtbot: QtBot, shown: Shown, floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board_presenter, "PAGE", 2)
    monkeypatch.setattr(board_presenter, "LONGEST_PAGE", 3)
    made = [floor.order(status="DRAFT") for _ in range(6)]
    board = shown()
    assert (numbers(board, "DRAFT"), board.lane("DRAFT").count) == (made[:2], 6)

    for _ in range(2):
        with qtbot.waitSignal(board.rows_changed):
            board.more("DRAFT")
    assert numbers(board, "DRAFT") == made

    with qtbot.waitSignal(board.rows_changed):
        board.refresh()
    assert numbers(board, "DRAFT") == made
    board.more("DRAFT")
    assert board.lane("DRAFT").next is None


def test_news_of_an_order_makes_the_board_ask_again(qtbot: QtBot, here: PlantPlace, shown: Shown, floor: Floor) -> None:
    board = shown()
    number = floor.order(status="PLANNED")

    with qtbot.waitSignal(board.rows_changed):
        here.live.tell(frozenset({("WorkOrder", number)}))

    assert numbers(board, "PLANNED") == [number]


def test_a_board_that_nobody_looks_at_asks_nothing(qtbot: QtBot, here: PlantPlace, shown: Shown) -> None:
    board = shown()
    board.watch(False)

    with qtbot.assertNotEmitted(board.rows_changed, wait=200):
        here.live.tell(frozenset({("WorkOrder", "WO-1")}))


# ---------------------------------------------------------------------- the chosen order


def test_every_status_has_its_steps_and_every_step_its_face() -> None:
    assert set(steps.OFFERED) == set(OrderStatus)
    assert {action for offered in steps.OFFERED.values() for action in offered} <= set(steps.FACES)
    assert all(steps.FACES[action].asks is not Asks.REASON or action in steps.REASONS for action in steps.FACES)


@pytest.mark.parametrize(
    ("status", "main"),
    [
        ("DRAFT", Action.PLAN),
        ("PLANNED", Action.RELEASE),
        ("RELEASED", Action.START),
        ("IN_PROGRESS", Action.RECORD_OUTPUT),
        ("ON_HOLD", Action.RESUME),
    ],
)
def test_the_main_step_of_a_status_can_be_taken(
    qtbot: QtBot, order: OrderPresenter, floor: Floor, status: str, main: Action
) -> None:
    open_order(qtbot, order, floor.order(status=status))

    first = order.steps()[0]

    assert (first.action, first.main, first.stopped_by) == (main, True, ())


def test_an_order_that_is_over_has_no_steps(qtbot: QtBot, order: OrderPresenter, floor: Floor) -> None:
    open_order(qtbot, order, floor.order(status="COMPLETED"))

    assert order.steps() == ()
    assert order.cancelling() is None


def test_when_the_quantity_is_there_to_complete_is_the_main_step(
    qtbot: QtBot, order: OrderPresenter, floor: Floor
) -> None:
    number = floor.order(status="IN_PROGRESS", quantity=10)
    floor.do("work_order.issue", number=number)
    floor.do("work_order.record_output", number=number, good=10)

    open_order(qtbot, order, number)

    assert order.steps()[0].action is Action.COMPLETE
    assert order.waiting() is None


def test_a_start_without_material_says_why_and_leads_to_the_allocation(
    qtbot: QtBot, order: OrderPresenter, floor: Floor
) -> None:
    number = floor.order(status="PLANNED")
    floor.do("work_order.release", number=number)
    open_order(qtbot, order, number)

    waiting = order.waiting()

    assert waiting is not None
    assert waiting.action is Action.START
    nothing = ["WORK_ORDER_NO_MATERIALS", "MATERIAL_NOT_ALLOCATED", "MATERIAL_NOT_ALLOCATED"]
    assert [reason.code for reason in waiting.stopped_by] == nothing
    way = order.ways_out(waiting)[0]
    assert (way.label, way.way, way.target) == ("Allocate material", Way.STEP, Action.ALLOCATE)


def test_all_reasons_are_named_together_with_their_ways_out(qtbot: QtBot, order: OrderPresenter, floor: Floor) -> None:
    floor.order(status="IN_PROGRESS", machine="CNC-1", number="FIRST")
    number = floor.order(status="PLANNED", machine="CNC-1")
    floor.do("work_order.release", number=number)
    open_order(qtbot, order, number)

    waiting = order.waiting()

    assert waiting is not None
    codes = [reason.code for reason in waiting.stopped_by]
    assert codes == [
        "MACHINE_ALREADY_IN_USE",
        "WORK_ORDER_NO_MATERIALS",
        "MATERIAL_NOT_ALLOCATED",
        "MATERIAL_NOT_ALLOCATED",
    ]
    labels = [way.label for way in order.ways_out(waiting)]
    assert labels == ["Choose another machine", "Open FIRST", "Allocate material"]


@pytest.mark.parametrize(("in_stock", "ways"), [(20, [Way.ALLOCATE_PART]), (0, [])])
def test_a_shortage_leads_to_what_stock_has_if_it_has_any(
    qtbot: QtBot, order: OrderPresenter, floor: Floor, in_stock: int, ways: list[Way]
) -> None:
    floor.do("product.create", stock_code="DISC", name="Disc", type="RAW", unit="pcs")
    floor.do("product.create", stock_code="LID", name="Lid", type="FINISHED", unit="pcs")
    floor.do("bom.set", product="LID", lines=[{"component": "DISC", "quantity": 1}])
    if in_stock:
        floor.do("stock.receive", material="DISC", lot="D-1", quantity=in_stock)
    open_order(qtbot, order, floor.order(status="PLANNED", product="LID", quantity=50))

    with qtbot.waitSignal(order.refused) as refused:
        order.take(Action.ALLOCATE)

    error: ManufacturingException = refused.args[0]
    assert error.code == "MATERIAL_INSUFFICIENT_STOCK"
    assert [way.way for way in order.ways_out_of_refusal(error)[error.code]] == ways


def test_overdue_maintenance_leads_to_the_override(qtbot: QtBot, order: OrderPresenter, floor: Floor) -> None:
    floor.do("machine.create", machine="OLD-1", type="DRILLING", next_maintenance="2026-01-05")
    number = floor.order(status="RELEASED", machine="OLD-1")
    open_order(qtbot, order, number)
    waiting = order.waiting()
    assert waiting is not None
    assert order.ways_out(waiting)[-1].way is Way.OVERRIDE

    with qtbot.waitSignal(order.refused) as refused:
        order.take(Action.START)
    assert refused.args[0].code == "MACHINE_MAINTENANCE_OVERDUE"
    with qtbot.waitSignal(order.done):
        order.override(SUPERVISOR, PIN, "Serviced this morning, the entry follows")

    assert floor.ask("work_order.get", number=number).row.status is OrderStatus.IN_PROGRESS


def test_an_order_goes_from_draft_to_completed_by_its_steps(qtbot: QtBot, order: OrderPresenter, floor: Floor) -> None:
    number = floor.order(status="DRAFT", quantity=10)
    open_order(qtbot, order, number)

    for action in (Action.PLAN, Action.RELEASE, Action.ALLOCATE, Action.START, Action.ISSUE):
        with qtbot.waitSignals([order.done, order.rows_changed]):
            assert order.take(action)
    with qtbot.waitSignal(order.done) as said:
        assert order.take_with(Action.COMPLETE, "Customer accepts fewer")

    assert said.args == [f"{number} completed"]
    found = floor.ask("work_order.get", number=number)
    assert (found.row.status, found.short_close_reason) == (OrderStatus.COMPLETED, "Customer accepts fewer")


def test_hold_and_cancel_carry_their_reason(qtbot: QtBot, order: OrderPresenter, floor: Floor) -> None:
    number = floor.order(status="IN_PROGRESS")
    open_order(qtbot, order, number)

    with qtbot.waitSignals([order.done, order.rows_changed]):
        order.take_with(Action.HOLD, "Tool broken")
    assert floor.ask("work_order.get", number=number).row.hold_reason == "Tool broken"
    with qtbot.waitSignal(order.done):
        order.take_with(Action.CANCEL, "Entered twice")

    assert floor.ask("work_order.get", number=number).row.status is OrderStatus.CANCELLED


def test_a_cancel_that_meets_issued_material_may_bring_it_back(
    qtbot: QtBot, order: OrderPresenter, floor: Floor
) -> None:
    number = floor.order(status="IN_PROGRESS")
    floor.do("work_order.issue", number=number)
    open_order(qtbot, order, number)

    with qtbot.waitSignal(order.refused) as refused:
        order.take_with(Action.CANCEL, "Customer cancelled")
    error: ManufacturingException = refused.args[0]
    ways = order.ways_out_of_refusal(error)[error.code]
    assert [way.way for way in ways] == [Way.RETURN_AND_CANCEL]
    with qtbot.waitSignal(order.done):
        order.return_and_cancel()

    assert floor.ask("work_order.get", number=number).row.status is OrderStatus.CANCELLED


def test_five_taps_start_an_order_once(qtbot: QtBot, order: OrderPresenter, floor: Floor) -> None:
    number = floor.order(status="RELEASED")
    open_order(qtbot, order, number)

    with qtbot.waitSignal(order.done):
        taken = [order.take(Action.START) for _ in range(5)]

    assert taken == [True, False, False, False, False]


def test_what_somebody_else_started_is_told_with_who_when_and_where(
    qtbot: QtBot, order: OrderPresenter, floor: Floor
) -> None:
    number = floor.order(status="RELEASED")
    open_order(qtbot, order, number)
    floor.do("work_order.start", number=number)

    with qtbot.waitSignal(order.refused) as refused:
        order.take(Action.START)

    details = refused.args[0].details
    assert "T9" in details.values()


def test_an_entry_of_output_is_reversed_with_its_reason(qtbot: QtBot, order: OrderPresenter, floor: Floor) -> None:
    number = floor.order(status="IN_PROGRESS", quantity=10)
    floor.do("work_order.issue", number=number)
    floor.do("work_order.record_output", number=number, good=4)
    open_order(qtbot, order, number)
    detail = order.detail()
    assert detail is not None

    with qtbot.waitSignals([order.done, order.rows_changed]):
        order.reverse(detail.outputs[0].id, "Wrong number")

    after = order.detail()
    assert after is not None
    assert after.row.quantity_completed == 0
    assert [(one.good, one.reversed_by is not None) for one in after.outputs] == [(4, True), (-4, False)]


def test_another_machine_is_chosen_from_those_of_its_kind_first_and_of_those_that_may_start(
    qtbot: QtBot, order: OrderPresenter, floor: Floor
) -> None:
    floor.do("machine.create", machine="CNC-8", type="CNC_MILLING", next_maintenance="2020-01-01")
    floor.do("machine.create", machine="CNC-9", type="CNC_MILLING")
    number = floor.order(status="RELEASED", machine="CNC-1")
    open_order(qtbot, order, number)

    with qtbot.waitSignal(order.machines_found) as found:
        order.find_machines()
    assert [row.machine for row in found.args[0]] == ["CNC-9", "CNC-8", "CNC-2"]
    with qtbot.waitSignals([order.done, order.rows_changed]):
        order.choose_machine("CNC-9")

    detail = order.detail()
    assert detail is not None
    assert detail.row.machine == "CNC-9"


def test_an_order_that_is_not_there_is_refused_and_none_is_chosen(qtbot: QtBot, order: OrderPresenter) -> None:
    with qtbot.waitSignal(order.refused) as refused:
        order.open("WO-NOWHERE")

    assert refused.args[0].code == "WORK_ORDER_NOT_FOUND"
    assert order.number() == ""


def test_news_of_other_orders_leaves_the_page_alone(
    qtbot: QtBot, here: PlantPlace, order: OrderPresenter, floor: Floor
) -> None:
    number = floor.order(status="PLANNED")
    open_order(qtbot, order, number)
    floor.do("work_order.update", number=number, notes="Look at the drawing")

    with qtbot.assertNotEmitted(order.rows_changed, wait=200):
        here.live.tell(frozenset({("WorkOrder", "WO-OTHER"), ("StockLot", "STEEL/L-1")}))
    with qtbot.waitSignal(order.rows_changed):
        here.live.tell(frozenset({("WorkOrder", number)}))


@pytest.mark.parametrize(
    ("code", "action"),
    [("START", Action.START), ("record", Action.RECORD_OUTPUT), ("RECORD_OUTPUT", Action.RECORD_OUTPUT), ("", None)],
)
def test_a_scanned_command_names_its_step(code: str, action: Action | None) -> None:
    assert steps.spoken(code) is action
