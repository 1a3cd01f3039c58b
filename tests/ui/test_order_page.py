"""The page of an order with operations: each is started, paused, reported and completed there, and what stops it leads out."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from mfg_desktop.queries.rows import OperationRow, OrderDetail, Timeline, TimelineEvent
from mfg_desktop.ui.board import moves, steps, story
from mfg_desktop.ui.board.desk import OrderDesk
from mfg_desktop.ui.board.dialogs import CancelDialog, ReasonDialog
from mfg_desktop.ui.board.facts import readable
from mfg_desktop.ui.board.moves import Move
from mfg_desktop.ui.board.writing import NewOrderDialog
from mfg_desktop.ui.context import Context
from mfg_desktop.ui.kit.buttons import Button
from mfg_desktop.ui.kit.covers import top_cover
from mfg_desktop.ui.kit.text import Label
from mfg_desktop.ui.notices import Notices, RefusalDialog
from mfg_desktop.ui.output.view import OutputDialog
from mfg_desktop.ui.theme import Choice, Theme
from mfg_desktop.vocabulary import Action, OperationStatus, OrderStatus
from tests.factories import PIN, SUPERVISOR, Floor
from tests.ui.conftest import Place

LONG = "Fräsen der Führungsbahnen, vier Taschen und sechs Bohrungen, beide Seiten"
TURN_THEN_MILL: tuple[dict[str, Any], ...] = (
    {"sequence": 10, "process": "TURN", "machine": "CNC-2", "setup_minutes": 10, "cycle_seconds": 30},
    {"sequence": 20, "process": "MILL", "overlap_quantity": 5},
)


@pytest.fixture
def routed(floor: Floor) -> Callable[..., str]:
    """Give a maker of orders with operations; turning on CNC-2, then milling on CNC-1."""
    floor.do("process.create", process_code="TURN", name="Turning", machine_type="CNC_LATHE")
    floor.do("process.create", process_code="MILL", name=LONG, machine_type="CNC_MILLING")

    def make(
        *, operations: tuple[dict[str, Any], ...] = TURN_THEN_MILL, status: str = "IN_PROGRESS", **more: Any
    ) -> str:
        number = floor.order(**{"quantity": 20, **more}, status=status, operations=operations)
        if status == "IN_PROGRESS":
            floor.do("work_order.issue", number=number)
        return number

    return make


@pytest.fixture
def jumped() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def desk(qtbot: QtBot, theme: Theme, place: Place, jumped: list[tuple[str, str]]) -> OrderDesk:
    """Give the page by itself in a window, as narrow as it stands on the smallest screen."""
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1188, 736)
    context = Context(
        shop=place.shop,
        background=place.background,
        live=place.live,
        theme=theme,
        notices=Notices(window, lambda: ZoneInfo("Europe/Berlin")),
        actor=place.actor,
        plant=place.shop.plant,
        open_entity=lambda kind, key: jumped.append((kind, key)),
    )
    made = OrderDesk(context, window)
    made.page.setParent(window)
    made.page.setGeometry(816, 0, 372, 736)
    window.show()
    window.activateWindow()
    return made


def open_order(qtbot: QtBot, desk: OrderDesk, number: str) -> None:
    def is_there() -> bool:
        detail = desk.order.detail()
        return detail is not None and (not detail.operations or bool(desk.order.machines()))

    desk.open(number)
    qtbot.waitUntil(is_there)


def detail_of(desk: OrderDesk) -> OrderDetail:
    detail = desk.order.detail()
    assert detail is not None
    return detail


def operation_of(floor: Floor, number: str, sequence: int) -> OperationRow:
    detail: OrderDetail = floor.ask("work_order.get", number=number)
    return next(row for row in detail.operations if row.sequence == sequence)


def button(desk: OrderDesk, move: Move) -> Button:
    return desk.page.operations.panel.buttons.button(move)


class Heights(QObject):
    """Remembers how high the widgets that it watches were made."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[int] = set()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QResizeEvent):
            self.seen.add(event.size().height())
        return False


def outside(page: QWidget, *parts: QWidget) -> list[str]:
    """Name the parts that end beyond the page's edge."""
    return [
        part.accessibleName() or type(part).__name__
        for part in parts
        if part.mapTo(page, part.rect().topRight()).x() >= page.width()
    ]


def tap(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def button_in(widget: QWidget, text: str) -> Button:
    return next(one for one in widget.findChildren(Button) if one.text() == text and one.isVisible())


def wait_for(qtbot: QtBot, desk: OrderDesk, sequence: int, status: OperationStatus) -> None:
    qtbot.waitUntil(
        lambda: any(row.sequence == sequence and row.status is status for row in detail_of(desk).operations)
    )


def cover(qtbot: QtBot, desk: OrderDesk, kind: type[Any]) -> Any:
    qtbot.waitUntil(lambda: isinstance(top_cover(desk.page.window()), kind))
    return top_cover(desk.page.window())


# ---------------------------------------------------------------------- operations


def test_an_operation_is_started_reported_and_completed_by_its_buttons_and_the_next_opens(
    qtbot: QtBot, desk: OrderDesk, routed: Callable[..., str], floor: Floor
) -> None:
    number = routed()
    open_order(qtbot, desk, number)
    assert desk.page.tabs.shown()[:2] == ("Operations", "Material")
    assert (desk.page.steps.shown(), button(desk, Move.START).text()) == ((Action.HOLD, Action.COMPLETE), "Start 10")

    for _ in range(5):
        tap(button(desk, Move.START))
    wait_for(qtbot, desk, 10, OperationStatus.IN_PROGRESS)
    tap(button(desk, Move.RECORD))
    dialog = cover(qtbot, desk, OutputDialog)
    QTest.keyClicks(QApplication.focusWidget() or dialog, "6")
    assert "0 + 6 = 6 of 20 good at operation 10, 14 to go" in dialog.effect_lines()
    tap(dialog.go)
    qtbot.waitUntil(lambda: detail_of(desk).operations[0].good == 6)
    tap(button(desk, Move.COMPLETE))
    dialog = cover(qtbot, desk, OutputDialog)
    tap(dialog.rest)
    tap(dialog.go)
    wait_for(qtbot, desk, 10, OperationStatus.COMPLETED)

    assert operation_of(floor, number, 10).good == 20
    opened = desk.order.operation()
    assert opened is not None
    assert opened.sequence == 20
    assert desk.page.operations.open_line() is desk.page.operations.line(20)


def test_an_operation_is_paused_for_a_reason_and_resumed_by_keyboard(
    qtbot: QtBot, desk: OrderDesk, routed: Callable[..., str], floor: Floor
) -> None:
    number = routed()
    open_order(qtbot, desk, number)

    QTest.keyClick(desk.page.window(), Qt.Key.Key_F4)
    wait_for(qtbot, desk, 10, OperationStatus.IN_PROGRESS)
    QTest.keyClick(desk.page.window(), Qt.Key.Key_F7)
    dialog = cover(qtbot, desk, ReasonDialog)
    tap(button_in(dialog, "No operator"))
    wait_for(qtbot, desk, 10, OperationStatus.ON_HOLD)
    QTest.keyClick(desk.page.window(), Qt.Key.Key_F4)
    wait_for(qtbot, desk, 10, OperationStatus.IN_PROGRESS)

    told: Timeline = floor.ask("work_order.timeline", number=number)
    assert any(one.action_type == "OPERATION_PAUSE" for one in told.events)


def test_a_pause_needs_no_reason(qtbot: QtBot, desk: OrderDesk, routed: Callable[..., str], floor: Floor) -> None:
    number = routed()
    floor.do("operation.start", number=number, sequence=10)
    open_order(qtbot, desk, number)

    tap(button(desk, Move.PAUSE))
    tap(cover(qtbot, desk, ReasonDialog).go)

    wait_for(qtbot, desk, 10, OperationStatus.ON_HOLD)


def test_a_step_that_waits_names_its_reason_and_leads_to_the_step_before(
    qtbot: QtBot, desk: OrderDesk, routed: Callable[..., str]
) -> None:
    open_order(qtbot, desk, routed())

    tap(desk.page.operations.line(20))
    panel = desk.page.operations.panel
    assert panel.buttons.button(Move.START).stopped()
    assert panel.facts.told()["Starts after"] == "5 good of 10 Turning, 0 there"
    tap(button_in(panel.why, "Start operation 10"))

    wait_for(qtbot, desk, 10, OperationStatus.IN_PROGRESS)


def test_a_broken_machine_leads_to_another_that_fits_and_the_operation_starts_there(
    qtbot: QtBot, desk: OrderDesk, routed: Callable[..., str], floor: Floor
) -> None:
    floor.do("machine.create", machine="CNC-9", type="CNC_LATHE")
    number = routed()
    floor.do("machine.set_status", machine="CNC-2", status="BROKEN", reason="Spindle", category="BREAKDOWN")
    open_order(qtbot, desk, number)
    assert desk.page.operations.panel.facts.told()["Machine"] == "CNC-2, broken"

    tap(button_in(desk.page.operations.panel.why, "Choose another machine"))
    dialog = desk.machine_dialog()
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.table.rows.rowCount() == 2)
    assert dialog.table.rows.row_at(dialog.table.rows.index(0, 0)).machine == "CNC-9"
    QTest.mouseClick(
        dialog.table.viewport(),
        Qt.MouseButton.LeftButton,
        pos=dialog.table.visualRect(dialog.table.rows.index(0, 0)).center(),
    )

    wait_for(qtbot, desk, 10, OperationStatus.IN_PROGRESS)
    assert operation_of(floor, number, 10).machine == "CNC-9"


def test_overdue_maintenance_is_overridden_for_an_operation(
    qtbot: QtBot, desk: OrderDesk, routed: Callable[..., str], floor: Floor
) -> None:
    floor.do("machine.create", machine="OLD-1", type="CNC_LATHE", next_maintenance="2026-01-05")
    number = routed(operations=({"sequence": 10, "process": "TURN", "machine": "OLD-1"},))
    open_order(qtbot, desk, number)

    tap(button_in(desk.page.operations.panel.why, "Override\u2026"))
    cover(qtbot, desk, RefusalDialog)
    desk.order.override(SUPERVISOR, PIN, "Serviced this morning, the entry follows")

    wait_for(qtbot, desk, 10, OperationStatus.IN_PROGRESS)


def test_who_loses_the_race_for_an_operation_is_told_and_led_on(
    qtbot: QtBot, desk: OrderDesk, routed: Callable[..., str], floor: Floor
) -> None:
    number = routed()
    open_order(qtbot, desk, number)
    floor.do("operation.start", number=number, sequence=10)

    with qtbot.waitSignal(desk.order.refused) as refused:
        tap(button(desk, Move.START))

    assert refused.args[0].code == "OPERATION_ALREADY_STARTED"
    assert "T9" in refused.args[0].details.values()
    cover(qtbot, desk, RefusalDialog)


def test_an_order_with_a_running_operation_leads_to_its_completion(
    qtbot: QtBot, desk: OrderDesk, routed: Callable[..., str], floor: Floor
) -> None:
    number = routed()
    floor.do("operation.start", number=number, sequence=10)
    open_order(qtbot, desk, number)
    assert not desk.page.why.isVisible()

    tap(desk.page.steps.button(Action.COMPLETE))
    tap(button_in(desk.page.why, "Complete operation 10"))

    assert cover(qtbot, desk, OutputDialog).presenter.completes()


@pytest.mark.parametrize(("code", "move"), [("START", Move.START), ("start ", Move.START), ("HOLD", None)])
def test_a_scanned_command_is_the_move_of_the_open_operation(code: str, move: Move | None) -> None:
    assert moves.spoken(code) is move


def test_scans_run_an_operation_from_any_tab(qtbot: QtBot, desk: OrderDesk, routed: Callable[..., str]) -> None:
    open_order(qtbot, desk, routed())
    desk.page.tabs.choose(1)

    assert desk.scanned("START")
    wait_for(qtbot, desk, 10, OperationStatus.IN_PROGRESS)
    assert desk.scanned("RECORD")
    cover(qtbot, desk, OutputDialog).close_dialog()

    assert desk.scanned("CNC-1") is False


def test_an_order_that_does_not_run_offers_no_moves(qtbot: QtBot, desk: OrderDesk, routed: Callable[..., str]) -> None:
    open_order(qtbot, desk, routed(status="RELEASED"))

    assert desk.page.operations.panel.buttons.shown() == ()
    assert desk.order.steps()[0].action is Action.START


def test_escape_closes_the_page(qtbot: QtBot, desk: OrderDesk, routed: Callable[..., str]) -> None:
    open_order(qtbot, desk, routed())

    QTest.keyClick(button(desk, Move.START), Qt.Key.Key_Escape)

    assert (desk.order.number(), desk.page.isVisible()) == ("", False)


def test_an_order_without_operations_has_no_tab_for_them(qtbot: QtBot, desk: OrderDesk, floor: Floor) -> None:
    number = floor.order(status="IN_PROGRESS")

    open_order(qtbot, desk, number)

    assert "Operations" not in desk.page.tabs.shown()
    assert desk.page.material.isVisible()
    assert desk.order.steps()[0].action is Action.RECORD_OUTPUT


def test_when_all_operations_are_done_to_complete_is_the_main_step(
    qtbot: QtBot, desk: OrderDesk, routed: Callable[..., str], floor: Floor
) -> None:
    number = routed(operations=({"sequence": 10, "process": "TURN", "machine": "CNC-2"},))
    floor.do("operation.start", number=number, sequence=10)
    floor.do("operation.complete", number=number, sequence=10, good=20)

    open_order(qtbot, desk, number)

    assert (desk.order.steps()[0].action, desk.order.steps()[0].main) == (Action.COMPLETE, True)


def test_every_status_of_an_operation_has_its_look_and_its_moves() -> None:
    assert set(moves.LOOKS) == set(moves.OFFERED) == set(OperationStatus)
    assert {move for offered in moves.OFFERED.values() for move in offered} == set(moves.FACES) == set(Move)


@pytest.mark.parametrize("choice", [Choice.LIGHT, Choice.DARK, Choice.CONTRAST])
def test_twelve_operations_with_long_names_fit_the_narrow_page_and_the_open_one_is_in_sight(
    qtbot: QtBot, desk: OrderDesk, routed: Callable[..., str], floor: Floor, theme: Theme, choice: Choice
) -> None:
    theme.choose(choice)
    twelve = tuple({"sequence": at * 10, "process": "MILL", "overlap_quantity": 0} for at in range(1, 13))
    number = routed(operations=twelve)
    floor.do("operation.start", number=number, sequence=90)

    open_order(qtbot, desk, number)
    line = desk.page.operations.line(90)

    qtbot.waitUntil(lambda: button(desk, Move.RECORD).height() >= 64)
    qtbot.waitUntil(lambda: not line.visibleRegion().isEmpty())
    assert min(one.height() for one in desk.page.findChildren(Button) if one.isVisible()) >= 48
    assert line.height() >= 48
    right = button(desk, Move.COMPLETE).mapTo(desk.page, button(desk, Move.COMPLETE).rect().topRight()).x()
    assert right < desk.page.width()
    assert LONG in line.toolTip()


@pytest.mark.parametrize("completed", ["0", "999999999.625"])
def test_figures_of_any_size_are_told_in_full_on_the_narrow_page(
    qtbot: QtBot, desk: OrderDesk, floor: Floor, completed: str
) -> None:
    number = floor.order(status="DRAFT")
    open_order(qtbot, desk, number)
    detail, page = detail_of(desk), desk.page
    row = replace(detail.row, quantity_ordered=Decimal("1000000000"), quantity_completed=Decimal(completed))

    page.show_detail(replace(detail, row=row), (), None)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)

    assert page.good.text() == page.good.whole()
    assert page.ordered.text() == "of 1\u202f000\u202f000\u202f000 good"
    assert outside(page, page.good, page.ordered, page.close_button, page.tabs) == []


def test_a_long_code_in_a_way_out_makes_the_page_no_wider(qtbot: QtBot, desk: OrderDesk, floor: Floor) -> None:
    machine = "MILLING-CENTRE-5-AXES-NORTH-HALL-ROW-07"
    floor.do("machine.create", machine=machine, type="CNC_MILLING", department="MACH")
    number = floor.order(machine=machine)
    floor.do("machine.set_status", machine=machine, status="BROKEN", reason="Spindle", category="BREAKDOWN")

    open_order(qtbot, desk, number)
    qtbot.waitUntil(lambda: any(machine in way.text() for way in desk.page.why.ways()))
    QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)

    page = desk.page
    assert (
        outside(page, page.close_button, page.tabs, *page.why.ways(), *map(page.steps.button, page.steps.shown())) == []
    )


def test_of_many_reasons_the_first_are_told_and_all_are_a_tap_away(qtbot: QtBot, desk: OrderDesk, floor: Floor) -> None:
    parts = [f"PART-{at:02}" for at in range(40)]
    for part in parts:
        floor.do("product.create", stock_code=part, name=f"Part {part}", type="RAW", unit="pcs")
    floor.do("product.create", stock_code="CASE", name="Case", type="FINISHED", unit="pcs")
    floor.do("bom.set", product="CASE", lines=[{"component": part, "quantity": 1} for part in parts])
    number = floor.order(product="CASE", status="PLANNED")
    floor.do("work_order.release", number=number)
    open_order(qtbot, desk, number)

    told = [label.text() for label in desk.page.why.findChildren(Label)]
    missing = [line for line in told if line.startswith("Only 0 of 100 pcs PART-")]
    tap(next(way for way in desk.page.why.ways() if way.text() == "All 41 reasons"))
    dialog = top_cover(desk.page.window())

    assert (len(missing), "and 37 more reasons" in told) == (3, True)
    assert isinstance(dialog, RefusalDialog)
    assert sum(label.text().startswith("Only 0 of") for label in dialog.findChildren(Label)) == 40


def test_the_steps_keep_their_height_while_they_change(
    qtbot: QtBot, desk: OrderDesk, routed: Callable[..., str]
) -> None:
    open_order(qtbot, desk, routed(status="DRAFT"))
    page = desk.page
    heights = Heights()
    for action in steps.FACES:
        page.steps.button(action).installEventFilter(heights)

    tap(page.steps.button(Action.PLAN))
    qtbot.waitUntil(lambda: page.steps.button(Action.HOLD).isVisible() and not desk.order.busy())

    assert heights.seen <= {64}


def test_settings_read_as_words_and_numbers() -> None:
    told = readable({"spindle_speed": 1200, "coolant": True, "bore": {"min": "42.00", "max": 42.02}, "jaws": [1, 2]})

    assert told == (
        ("Spindle speed", "1\u202f200"),
        ("Coolant", "yes"),
        ("Bore", "min 42.00, max 42.02"),
        ("Jaws", "1, 2"),
    )


# ---------------------------------------------------------------------- time line


def line_of(**minutes: str) -> Timeline:
    at = datetime(2026, 3, 2, 6, tzinfo=UTC)
    parts = {name: Decimal(minutes.get(name, "0")) for name in ("wait", "run", "hold", "down")}
    return Timeline(
        number="WO-1",
        start=at,
        end=at,
        wait_minutes=parts["wait"],
        run_minutes=parts["run"],
        hold_minutes=parts["hold"],
        down_minutes=parts["down"],
        lead_minutes=sum(parts.values(), Decimal(0)),
        setup_minutes=Decimal(0),
        events=(),
        stretches=(),
    )


@pytest.mark.parametrize(
    "minutes",
    [
        {"wait": "10.600", "run": "20.600", "hold": "0.800"},
        {"wait": "0.333", "run": "0.333", "hold": "0.333", "down": "0.001"},
        {"wait": "1478.5", "run": "200.4", "hold": "61.7", "down": "59.4"},
        {},
    ],
)
def test_the_figures_of_the_time_line_add_up_to_the_lead_time(minutes: dict[str, str]) -> None:
    told = line_of(**minutes)

    shares = story.shares(told)

    assert sum(share.minutes for share in shares) == story.lead(told)
    assert all(abs(share.minutes - Decimal(minutes.get(share.look.word.lower(), "0"))) < 1 for share in shares)


def test_the_time_line_is_asked_for_when_it_is_looked_at_and_grows_with_the_order(
    qtbot: QtBot, desk: OrderDesk, floor: Floor
) -> None:
    number = floor.order(status="PLANNED")
    open_order(qtbot, desk, number)
    assert desk.order.story() is None

    desk.page.tabs.choose(3)
    qtbot.waitUntil(lambda: desk.page.story.events.rows.rowCount() == 2)
    desk.step(Action.RELEASE)

    qtbot.waitUntil(lambda: desk.page.story.events.rows.rowCount() == 3)
    rows = desk.page.story.events.rows
    assert rows.row_at(rows.index(0, 0)).event.action_type == "WORK_ORDER_RELEASE"
    assert desk.page.story.lead.text().startswith("Lead time ")


def test_a_late_entry_says_when_it_was_entered() -> None:
    at = datetime(2026, 3, 2, 6, tzinfo=UTC)
    face = story.EventFace(lambda: ZoneInfo("Europe/Berlin"))
    event = TimelineEvent(at, at + timedelta(hours=8), "B1", "Anna", "T1", "X", "Started.", approver="B2")

    prompt = story.Numbered(0, TimelineEvent(at, at, "B1", "Anna", "T1", "X", "Started."))

    assert face.height(story.Numbered(1, event), 300) > face.height(prompt, 300)
    assert face.remark(event) == "entered 2 Mar 15:00 \u00b7 override by B2"
    assert face.remark(prompt.event) == ""


# ---------------------------------------------------------------------- sub orders


@pytest.fixture
def nested(floor: Floor) -> str:
    """Give an order for a product of which the shop makes a part itself."""
    floor.do("product.create", stock_code="HUB", name="Hub", type="SEMI_FINISHED", unit="pcs")
    floor.do("bom.set", product="HUB", lines=[{"component": "BAR", "quantity": 1}])
    floor.do("product.create", stock_code="WHEEL", name="Wheel", type="FINISHED", unit="pcs")
    floor.do("bom.set", product="WHEEL", lines=[{"component": "HUB", "quantity": 2}])
    return floor.order(status="PLANNED", product="WHEEL", quantity=10)


def test_sub_orders_are_made_shown_and_opened_and_lead_back_to_their_parent(
    qtbot: QtBot, desk: OrderDesk, floor: Floor, nested: str
) -> None:
    open_order(qtbot, desk, nested)
    desk.page.tabs.choose(5)
    assert desk.page.sub_orders.isVisible()

    tap(desk.page.sub_orders.split)
    qtbot.waitUntil(lambda: len(detail_of(desk).sub_orders) == 1)
    sub = detail_of(desk).sub_orders[0].number
    assert QApplication.focusWidget() is desk.page.sub_orders.orders
    assert desk.page.sub_orders.makeable.text() == f"0 of 10 can be made; the rest waits for {sub}."
    desk.page.sub_orders.orders.chosen.emit(sub)
    qtbot.waitUntil(lambda: desk.order.number() == sub and desk.order.detail() is not None)
    assert desk.page.sub_orders.parent_order.text() == f"Part of {nested}"
    tap(desk.page.sub_orders.parent_order)

    qtbot.waitUntil(lambda: desk.order.number() == nested)


def test_a_cancel_names_the_open_sub_orders_and_may_take_them_along(
    qtbot: QtBot, desk: OrderDesk, floor: Floor, nested: str
) -> None:
    floor.do("work_order.create_sub_orders", number=nested)
    open_order(qtbot, desk, nested)
    sub = detail_of(desk).sub_orders[0].number

    desk.step(Action.CANCEL)
    dialog = cover(qtbot, desk, CancelDialog)
    assert any(f"{sub} (draft)" in label.text() for label in dialog.note.findChildren(Label))
    tap(button_in(dialog, "Cancel these too"))
    tap(button_in(dialog, "Entered twice"))
    tap(dialog.go)

    qtbot.waitUntil(lambda: detail_of(desk).row.status is OrderStatus.CANCELLED)
    assert floor.ask("work_order.get", number=sub).row.status is OrderStatus.CANCELLED


def test_a_cancel_says_that_the_sub_orders_take_along_what_is_below_them(
    qtbot: QtBot, desk: OrderDesk, floor: Floor, nested: str
) -> None:
    floor.do("product.create", stock_code="BLANK", name="Blank", type="SEMI_FINISHED", unit="pcs")
    floor.do("bom.set", product="HUB", lines=[{"component": "BLANK", "quantity": 1}])
    floor.do("work_order.create_sub_orders", number=nested)
    (sub,) = floor.ask("work_order.get", number=nested).sub_orders
    floor.do("work_order.create_sub_orders", number=sub.number)
    (below,) = floor.ask("work_order.get", number=sub.number).sub_orders
    open_order(qtbot, desk, nested)

    desk.step(Action.CANCEL)
    dialog = cover(qtbot, desk, CancelDialog)
    assert any("cancels the open orders for their parts too." in one.text() for one in dialog.note.findChildren(Label))
    tap(button_in(dialog, "Cancel these too"))
    tap(button_in(dialog, "Entered twice"))
    tap(dialog.go)

    qtbot.waitUntil(lambda: detail_of(desk).row.status is OrderStatus.CANCELLED)
    assert floor.ask("work_order.get", number=below.number).row.status is OrderStatus.CANCELLED


def test_an_order_without_anything_to_make_has_no_tab_for_sub_orders(
    qtbot: QtBot, desk: OrderDesk, floor: Floor
) -> None:
    open_order(qtbot, desk, floor.order(status="PLANNED"))

    assert "Sub orders" not in desk.page.tabs.shown()


# ---------------------------------------------------------------------- ways out


@pytest.mark.parametrize(
    ("code", "details", "labels"),
    [
        ("FIXTURE_NOT_AVAILABLE", {"fixture": "FX-1", "work_order": "WO-7"}, ["Open WO-7", "Open FX-1"]),
        ("FIXTURE_CHECK_OVERDUE", {"fixture": "FX-1"}, ["Open FX-1"]),
        ("GAUGE_CALIBRATION_OVERDUE", {"gauge": "G-1"}, ["Open G-1"]),
        ("WORK_ORDER_OPEN_SUB_ORDERS", {"sub_orders": ["WO-8", "WO-9"]}, ["Open WO-8", "Open WO-9"]),
        ("OPERATION_INVALID_SEQUENCE", {"predecessors": [10]}, ["Start operation 10"]),
        ("OPERATION_INVALID_SEQUENCE", {"predecessors": [20]}, ["Show operation 20"]),
    ],
)
def test_a_refusal_of_an_operation_leads_out(
    routed: Callable[..., str], floor: Floor, code: str, details: dict[str, object], labels: list[str]
) -> None:
    detail = floor.ask("work_order.get", number=routed())

    assert [way.label for way in steps.ways_out(detail, code, details)] == labels


def test_a_machine_conflict_leads_to_another_machine_for_the_move(
    qtbot: QtBot, desk: OrderDesk, routed: Callable[..., str], jumped: list[tuple[str, str]]
) -> None:
    open_order(qtbot, desk, routed())
    row = desk.order.moves()[0]

    ways = steps.ways_out(detail_of(desk), "MACHINE_BROKEN", {"machine": "CNC-2"}, row)

    assert [(way.label, way.target) for way in ways] == [
        ("Choose another machine", "10/start"),
        ("Open CNC-2", "CNC-2"),
    ]


def test_a_command_that_is_scanned_while_another_is_under_way_waits_for_it(
    qtbot: QtBot, desk: OrderDesk, routed: Callable[..., str]
) -> None:
    open_order(qtbot, desk, routed())

    desk.order.make_move(10, Move.START)
    desk.scanned("RECORD")

    assert not isinstance(top_cover(desk.page.window()), RefusalDialog)
    qtbot.waitUntil(lambda: isinstance(top_cover(desk.page.window()), OutputDialog))


def test_a_command_that_is_scanned_behind_a_refused_one_is_dropped(
    qtbot: QtBot, desk: OrderDesk, routed: Callable[..., str], floor: Floor
) -> None:
    number = routed()
    open_order(qtbot, desk, number)
    floor.do("machine.set_status", machine="CNC-2", status="BROKEN", reason="Spindle")

    desk.order.make_move(10, Move.START)
    desk.scanned("RECORD")
    qtbot.waitUntil(lambda: isinstance(top_cover(desk.page.window()), RefusalDialog))
    desk.order.refresh()
    qtbot.wait(300)

    assert isinstance(top_cover(desk.page.window()), RefusalDialog)
    assert operation_of(floor, number, 10).status is OperationStatus.PLANNED


def test_what_stops_a_step_reads_with_the_days_of_the_window(qtbot: QtBot, desk: OrderDesk, floor: Floor) -> None:
    number = floor.order(status="RELEASED")
    on = datetime.now(ZoneInfo("Europe/Berlin")).date() - timedelta(days=400)
    floor.do("machine.update", machine="CNC-1", next_maintenance=on)
    open_order(qtbot, desk, number)

    (reason,) = desk.page.steps.button(Action.START).stopped()

    assert f"was due on {on.day} {on:%b} {on.year}, 400 days ago." in reason
    assert any(label.text() == reason for label in desk.page.why.findChildren(Label))


def test_an_order_that_holds_material_is_cancelled_from_the_reasons_beside_its_button(
    qtbot: QtBot, desk: OrderDesk, floor: Floor
) -> None:
    number = floor.order(status="IN_PROGRESS", quantity=10)
    floor.do("work_order.issue", number=number)
    open_order(qtbot, desk, number)
    desk.page.tabs.choose(4)

    tap(desk.page.details.cancel)
    tap(button_in(desk.page.why, "Return the material and cancel"))
    dialog = top_cover(desk.page.window())
    assert isinstance(dialog, CancelDialog)
    tap(button_in(dialog, "Entered twice"))
    tap(dialog.go)
    qtbot.waitUntil(lambda: detail_of(desk).row.status is OrderStatus.CANCELLED)

    assert all(line.issued == line.returned for line in floor.ask("work_order.get", number=number).allocations)


def test_the_reason_for_cancelling_one_order_is_not_that_of_the_next(
    qtbot: QtBot, desk: OrderDesk, floor: Floor
) -> None:
    first, second = (floor.order(status="IN_PROGRESS", quantity=1, machine=machine) for machine in ("CNC-1", "CNC-2"))
    for number in (first, second):
        floor.do("work_order.issue", number=number)
    open_order(qtbot, desk, first)
    desk.order.take_with(Action.CANCEL, "Entered twice")
    qtbot.waitUntil(lambda: isinstance(top_cover(desk.page.window()), RefusalDialog))
    QTest.keyClick(QApplication.focusWidget() or desk.page, Qt.Key.Key_Escape)
    open_order(qtbot, desk, second)

    assert desk.order.return_and_cancel() is False


def test_the_focus_stays_on_the_page_when_the_button_that_had_it_goes(
    qtbot: QtBot, desk: OrderDesk, floor: Floor
) -> None:
    elsewhere = Button("Elsewhere", parent=desk.page.window())
    elsewhere.show()
    open_order(qtbot, desk, floor.order(status="RELEASED"))
    start = desk.page.steps.button(Action.START)
    start.setFocus()

    QTest.keyClick(start, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: detail_of(desk).row.status is OrderStatus.IN_PROGRESS)

    assert not start.isVisible()
    assert QApplication.focusWidget() is desk.page.steps.button(Action.RECORD_OUTPUT)


def test_tab_walks_from_a_row_to_its_buttons_and_on_to_the_next_row(
    qtbot: QtBot, desk: OrderDesk, routed: Callable[..., str], floor: Floor
) -> None:
    number = routed()
    floor.do("operation.start", number=number, sequence=10)
    open_order(qtbot, desk, number)
    desk.page.operations.line(10).setFocus()

    walked = []
    for _ in range(4):
        QTest.keyClick(QApplication.focusWidget() or desk.page, Qt.Key.Key_Tab)
        walked.append(QApplication.focusWidget())

    assert walked == [
        button(desk, Move.RECORD),
        button(desk, Move.PAUSE),
        button(desk, Move.COMPLETE),
        desk.page.operations.line(20),
    ]


def test_tab_walks_down_the_page_as_the_eye_does(qtbot: QtBot, desk: OrderDesk, floor: Floor) -> None:
    number = floor.order(status="PLANNED")
    floor.do("work_order.release", number=number)
    open_order(qtbot, desk, number)
    page = desk.page
    page.change_button.setFocus()

    walked: list[QWidget] = []
    for _ in range(6):
        QTest.keyClick(walked[-1] if walked else page.change_button, Qt.Key.Key_Tab)
        now = QApplication.focusWidget()
        assert now is not None
        walked.append(now)

    at = [widget.mapTo(page, widget.rect().topLeft()) for widget in walked]
    assert page.tabs in walked
    assert page.why.ways()[0] in walked
    assert [(spot.y(), spot.x()) for spot in at] == sorted((spot.y(), spot.x()) for spot in at)


def test_an_order_without_a_bill_of_material_leads_to_its_product(
    qtbot: QtBot, desk: OrderDesk, floor: Floor, jumped: list[tuple[str, str]]
) -> None:
    floor.do("product.create", stock_code="NEW", name="New part", type="FINISHED", unit="pcs")
    open_order(qtbot, desk, floor.order(status="PLANNED", product="NEW"))

    tap(button_in(desk.page.why, "Open NEW"))

    assert jumped == [("Product", "NEW")]


def test_a_cancelled_order_says_why(qtbot: QtBot, desk: OrderDesk, floor: Floor) -> None:
    number = floor.order(status="PLANNED")
    floor.do("work_order.cancel", number=number, reason="Entered twice")

    desk.open(number)
    qtbot.waitUntil(lambda: desk.order.detail() is not None)

    assert desk.page.reason.text() == "Cancelled: Entered twice"
    assert desk.page.details.told()["Cancelled for"] == "Entered twice"


def test_an_order_that_is_made_after_its_dialog_was_closed_is_said_and_leaves_the_page_alone(
    qtbot: QtBot, desk: OrderDesk
) -> None:
    made: list[str] = []
    desk.made.connect(made.append)
    desk.make_order()
    dialog = top_cover(desk.page.window())
    assert isinstance(dialog, NewOrderDialog)
    dialog.form.fill({"product": "GEAR", "quantity": "5"})

    dialog.save()
    dialog.close_dialog()

    qtbot.waitUntil(lambda: "created" in desk._context.notices.said())
    assert made == []


def test_the_machines_to_choose_from_come_when_the_database_is_back(
    qtbot: QtBot, desk: OrderDesk, place: Place, floor: Floor
) -> None:
    open_order(qtbot, desk, floor.order(status="RELEASED"))
    desk._ask_machine("")
    dialog = desk.machine_dialog()
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.table.rows.rowCount() == 1)
    floor.do("machine.create", machine="CNC-3", type="CNC_MILLING", department="MACH")

    place.live.connection.emit(True, None)

    qtbot.waitUntil(lambda: dialog.table.rows.rowCount() == 2)
