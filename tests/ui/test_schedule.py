"""The board as a time line: each machine with what was planned and what happened, late and overlapping ones named."""

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from mfg_desktop.queries.rows import PlannedBar, RibbonStretch, ScheduleRow, ShiftRow
from mfg_desktop.ui.board import shift
from mfg_desktop.ui.board.filters import Shown
from mfg_desktop.ui.board.presenter import BoardPresenter
from mfg_desktop.ui.board.schedule import STATE_LOOKS, UNASSIGNED, machine_line, title
from mfg_desktop.ui.board.schedule_presenter import Grouping, SchedulePresenter
from mfg_desktop.ui.board.shift import Span, Stretch
from mfg_desktop.ui.board.view import BoardView
from mfg_desktop.ui.kit.gantt import Bar, Gantt, Line, Tick, Window
from mfg_desktop.ui.theme import Choice, Look, Theme, Tone
from mfg_desktop.vocabulary import (
    DowntimeCategory,
    MachineState,
    MachineStatus,
    MachineType,
    OrderStatus,
    Priority,
)
from tests.factories import Floor
from tests.ui.boards import PlantPlace, open_board, plant_place
from tests.ui.conftest import Place

BERLIN = ZoneInfo("Europe/Berlin")
SHIFTS = (ShiftRow("Early", "06:00", "14:00", 30), ShiftRow("Late", "14:00", "22:00", 30))
NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)
DAY = Window(NOON - timedelta(hours=12), NOON + timedelta(hours=12), (Tick(NOON, "12:00", strong=True),))
BLUE = Look(Tone.RELEASED, "flag", "Released")
HOUR = timedelta(hours=1)


def local(day: int, hour: int, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=BERLIN).astimezone(UTC)


def planned(**changes: Any) -> PlannedBar:
    bar = PlannedBar(
        number="WO-1",
        sequence=None,
        product="GEAR",
        product_name="Gear",
        status=OrderStatus.RELEASED,
        priority=Priority.MEDIUM,
        planned_start=NOON - 3 * HOUR,
        planned_end=NOON + HOUR,
        actual_start=None,
        actual_end=None,
        overdue=False,
        overlaps=False,
    )
    return replace(bar, **changes)


def line_of(*bars: PlannedBar, actual: tuple[RibbonStretch, ...] = (), meant: bool = True) -> Line:
    row = ScheduleRow("CNC-1", MachineType.CNC_MILLING, MachineStatus.AVAILABLE, "MACH", bars, actual)
    return machine_line(row, lambda bar: meant, zone=BERLIN, now=NOON, asked=NOON - timedelta(minutes=5))


def bar(key: str, start: float, end: float, **more: Any) -> Bar:
    """Give a bar by its hours before and after noon."""
    return Bar(key, NOON + start * HOUR, NOON + end * HOUR, BLUE, key, **more)


@pytest.fixture
def gantt(qtbot: QtBot, theme: Theme) -> Gantt:
    made = Gantt()
    qtbot.addWidget(made)
    made.resize(1168, 400)
    made.show()
    made.activateWindow()
    return made


@pytest.fixture
def here(place: Place) -> PlantPlace:
    return plant_place(place)


def tap(widget: QWidget, at: QPoint | None = None) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=at or widget.rect().center())


# ---------------------------------------------------------------------- which stretch of time


@pytest.mark.parametrize(
    ("at", "span", "wanted"),
    [
        (local(23, 7), Span.SHIFT, Stretch(local(23, 6), local(23, 14), "Early")),
        (local(23, 14), Span.SHIFT, Stretch(local(23, 14), local(23, 22), "Late")),
        (local(24, 2), Span.SHIFT, Stretch(local(23, 22), local(24, 6), shift.BETWEEN)),
        (local(23, 7), Span.DAY, Stretch(local(23, 0), local(24, 0))),
        (local(29, 7), Span.WEEK, Stretch(local(23, 0), local(30, 0))),
        (local(25, 7, month=10), Span.DAY, Stretch(local(25, 0, month=10), local(26, 0, month=10))),
    ],
)
def test_a_moment_lies_in_its_shift_its_day_and_its_week(at: datetime, span: Span, wanted: Stretch) -> None:
    assert shift.around(at, span, SHIFTS, BERLIN) == wanted


def test_a_shift_by_night_ends_on_the_next_day_and_a_plant_without_shifts_has_thirds() -> None:
    nights = (*SHIFTS, ShiftRow("Night", "22:00", "06:00", 30))

    assert shift.around(local(24, 2), Span.SHIFT, nights, BERLIN) == Stretch(local(23, 22), local(24, 6), "Night")
    assert shift.around(local(24, 2), Span.SHIFT, (), BERLIN) == Stretch(local(24, 0), local(24, 8))


def test_the_title_says_which_stretch_it_is() -> None:
    early = Stretch(local(23, 6), local(23, 14), "Early")

    assert title(early, Span.SHIFT, BERLIN) == "Mon 23 Nov, Early, 06:00 to 14:00"
    assert title(Stretch(local(23, 0), local(30, 0)), Span.WEEK, BERLIN) == "23 Nov to 29 Nov"


# ---------------------------------------------------------------------- what a line says


def test_a_late_order_is_in_the_colour_of_trouble_with_the_word_and_reaches_to_now() -> None:
    line = line_of(planned(planned_end=NOON - 2 * HOUR, overdue=True))

    (late,) = line.planned
    assert (late.look.tone, late.look.icon, late.note, late.until) == (Tone.TROUBLE, "alert", "2 h late", NOON)
    assert (line.remark, line.remark_tone) == ("1 late", Tone.TROUBLE)


def test_overlapping_orders_are_hatched_and_named() -> None:
    line = line_of(planned(overlaps=True), planned(number="WO-2", overlaps=True, priority=Priority.URGENT))

    assert [one.hatched for one in line.planned] == [True, True]
    assert [one.note for one in line.planned] == ["overlaps", "overlaps, Urgent"]
    assert line.remark == "2 overlap"


def test_what_the_filter_does_not_mean_pales_and_keeps_its_time() -> None:
    ran = RibbonStretch(MachineState.RUN, NOON - 2 * HOUR, NOON - HOUR, "WO-1")
    stopped = RibbonStretch(MachineState.DOWN, NOON - HOUR, NOON, category=DowntimeCategory.BREAKDOWN)

    line = line_of(planned(), actual=(ran, stopped), meant=False)

    assert [one.faded for one in (*line.planned, *line.actual)] == [True, True, False]


def test_what_goes_on_is_drawn_on_until_now_and_a_stop_says_what_it_is() -> None:
    asked = NOON - timedelta(minutes=5)
    stopped = RibbonStretch(MachineState.DOWN, NOON - 3 * HOUR, NOON - HOUR, category=DowntimeCategory.NO_OPERATOR)
    runs = RibbonStretch(MachineState.RUN, NOON - HOUR, asked, "WO-1", 20)

    first, second = line_of(actual=(stopped, runs)).actual

    assert (first.look.tone, first.label, first.key) == (Tone.TROUBLE, "No operator", "")
    assert (second.end, second.label, second.key) == (NOON, "WO-1 step 20", "WO-1")


def test_every_state_of_a_machine_has_its_look() -> None:
    assert set(STATE_LOOKS) == set(MachineState)


# ---------------------------------------------------------------------- the chart


def test_a_tap_on_or_beside_a_bar_chooses_its_order(qtbot: QtBot, gantt: Gantt) -> None:
    short = bar("WO-1", 0, 0.1)
    gantt.show_lines([Line("CNC-1", "CNC-1", planned=(short,)), Line("CNC-2", "CNC-2")], DAY)
    area = gantt.bar_area("CNC-1", short)
    beside = QPointF(area.right() + 20, area.center().y()).toPoint()

    with qtbot.waitSignal(gantt.chosen) as chosen:
        tap(gantt.viewport(), beside)
    assert chosen.args == ["WO-1"]

    with qtbot.assertNotEmitted(gantt.chosen):
        tap(gantt.viewport(), beside + QPoint(60, 0))
        tap(gantt.viewport(), beside + QPoint(0, 72))


def test_a_line_is_high_enough_for_a_glove_and_overlapping_bars_lie_under_one_another(gantt: Gantt) -> None:
    first, second, third = bar("WO-1", -3, 1), bar("WO-2", 0, 2), bar("WO-3", 1, 3)
    gantt.show_lines([Line("CNC-1", "CNC-1"), Line("CNC-2", "CNC-2", planned=(first, second, third))], DAY)

    areas = [gantt.bar_area("CNC-2", one) for one in (first, second, third)]

    assert areas[0].top() >= 36 + 56
    assert areas[1].top() >= areas[0].bottom()
    assert areas[2].top() == areas[0].top()


def test_a_late_bar_of_the_day_before_shows_its_delay(gantt: Gantt) -> None:
    late, over = bar("WO-1", -40, -30, until=NOON), bar("WO-2", -40, -30)
    gantt.show_lines([Line("CNC-1", "CNC-1", planned=(late, over))], DAY)

    area = gantt.bar_area("CNC-1", late)

    assert area.width() > 400
    with pytest.raises(StopIteration):
        gantt.bar_area("CNC-1", over)


def test_the_arrow_keys_walk_from_bar_to_bar_and_return_chooses(qtbot: QtBot, gantt: Gantt) -> None:
    first, second = bar("WO-1", -6, -4), bar("WO-2", 0, 2)
    ran = bar("WO-3", -1, 1)
    below = bar("WO-4", 0, 1)
    lines = [Line("CNC-1", "CNC-1", planned=(first, second), actual=(ran,))]
    lines += [Line(f"EMPTY-{place}", "Empty") for place in range(20)]
    gantt.show_lines([*lines, Line("CNC-9", "CNC-9", planned=(below,))], DAY)
    gantt.setFocus()

    walked = []
    for pressed in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Down):
        QTest.keyClick(gantt, pressed)
        current = gantt.current()
        walked.append(current.key if current else "")
    with qtbot.waitSignal(gantt.chosen) as chosen:
        QTest.keyClick(gantt, Qt.Key.Key_Return)

    assert walked == ["WO-1", "WO-2", "WO-2", "WO-3", "WO-4"]
    assert chosen.args == ["WO-4"]
    assert gantt.bar_area("CNC-9", below).bottom() <= gantt.viewport().height()


def test_news_leave_what_is_read_where_it_is_and_wait_while_a_finger_is_down(qtbot: QtBot, gantt: Gantt) -> None:
    bars = {f"CNC-{place:02}": bar(f"WO-{place}", 0, 2) for place in range(30)}
    lines = [Line(code, code, planned=(one,)) for code, one in bars.items()]
    gantt.show_lines(lines, DAY)
    gantt.verticalScrollBar().setValue(720)
    stood = gantt.bar_area("CNC-12", bars["CNC-12"]).top()
    more = [Line("AAA-1", "AAA-1"), Line("AAA-2", "AAA-2"), *lines]

    QTest.mousePress(gantt.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, 200))
    gantt.show_lines(more, DAY)
    assert len(gantt.lines()) == 30
    QTest.mouseRelease(gantt.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, 200))

    qtbot.waitUntil(lambda: len(gantt.lines()) == 32)
    assert gantt.bar_area("CNC-12", bars["CNC-12"]).top() == stood


def test_what_came_while_the_chart_was_held_does_not_come_over_newer_lines(gantt: Gantt) -> None:
    spot = QPoint(20, 200)

    QTest.mousePress(gantt.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    gantt.show_lines([Line("OLD", "OLD")], DAY)
    QTest.mouseRelease(gantt.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    gantt.show_lines([Line("NEW", "NEW")], DAY)
    QApplication.processEvents()

    assert [line.key for line in gantt.lines()] == ["NEW"]


def test_a_chart_that_goes_from_under_the_finger_is_let_go(gantt: Gantt) -> None:
    QTest.mousePress(gantt.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, 200))
    gantt.hide()
    gantt.show()

    gantt.show_lines([Line("NEW", "NEW")], DAY)

    assert [line.key for line in gantt.lines()] == ["NEW"]


def test_a_hundred_machines_cost_no_more_than_those_in_sight(gantt: Gantt) -> None:
    def lines(machines: int) -> list[Line]:
        hours = [place * 2.4 - 12 for place in range(10)]
        return [
            Line(
                f"CNC-{code:03}",
                f"CNC-{code:03}",
                BLUE,
                planned=tuple(bar(f"WO-{code}-{hour}", hour, hour + 2) for hour in hours),
                actual=tuple(bar(f"WO-{code}-{hour}", hour, hour + 2) for hour in hours),
            )
            for code in range(machines)
        ]

    def cost() -> int:
        """Count the calls of one painting, after one in which fonts and words are measured."""
        gantt.viewport().grab()
        calls: list[str] = []
        sys.setprofile(lambda frame, event, argument: calls.append(event))
        try:
            gantt.viewport().grab()
        finally:
            sys.setprofile(None)
        return len(calls)

    gantt.show_lines(lines(8), DAY)
    few = cost()
    gantt.show_lines(lines(100), DAY)

    assert cost() == few


@pytest.mark.parametrize("choice", [Choice.LIGHT, Choice.DARK, Choice.CONTRAST])
def test_the_chart_is_painted_in_every_look(gantt: Gantt, theme: Theme, choice: Choice) -> None:
    theme.choose(choice)
    late = bar("WO-1", -4, -2, until=NOON, note="2 h late", hatched=True)
    gantt.show_lines([Line("CNC-1", "CNC-1", BLUE, "1 late", Tone.TROUBLE, (late,))], DAY)
    gantt.show_now(NOON, "12:00")
    plain = gantt.viewport().grab().toImage()

    gantt.select("WO-1")

    assert gantt.viewport().grab().toImage() != plain


# ---------------------------------------------------------------------- the presenter and the board


def watched(qtbot: QtBot, here: PlantPlace) -> tuple[BoardPresenter, SchedulePresenter]:
    board = BoardPresenter(here)
    times = SchedulePresenter(here, board)
    with qtbot.waitSignal(times.rows_changed):
        times.watch(True)
    return board, times


def test_back_forward_and_now_walk_through_time(qtbot: QtBot, here: PlantPlace) -> None:
    _, times = watched(qtbot, here)
    today = times.stretch()

    times.back()
    assert (times.stretch().end, times.is_now()) == (today.start, False)
    times.forward()
    assert (times.stretch(), times.is_now()) == (today, True)
    times.forward()
    times.show_span(Span.WEEK)
    times.to_now()

    assert times.stretch().start <= datetime.now(UTC) < times.stretch().end
    qtbot.waitUntil(lambda: times.schedule() is not None)


def test_machines_stand_by_department_or_by_type_and_the_filter_narrows_them(qtbot: QtBot, here: PlantPlace) -> None:
    board, times = watched(qtbot, here)
    assert [section.name for section in times.sections()] == ["MACH"]

    times.group_by(Grouping.TYPE)
    assert times.sections()[0].name == MachineType.CNC_LATHE
    board.narrow(machine="CNC-1")

    assert [row.machine for section in times.sections() for row in section.rows] == ["CNC-1"]


def test_a_time_line_that_nobody_looks_at_asks_nothing(qtbot: QtBot, here: PlantPlace) -> None:
    _, times = watched(qtbot, here)
    times.watch(False)

    with qtbot.assertNotEmitted(times.loading, wait=200):
        here.live.tell(frozenset({("WorkOrder", "WO-1")}))


def test_a_tap_on_a_bar_of_the_board_opens_the_page_of_its_order(
    qtbot: QtBot, theme: Theme, place: Place, floor: Floor
) -> None:
    now = datetime.now(UTC)
    times: dict[str, Any] = {"planned_start": now - HOUR, "planned_end": now + HOUR}
    number = floor.order(status="PLANNED", **times)
    alone = floor.order(status="PLANNED", machine=None, **times)
    board: BoardView = open_board(qtbot, theme, place)
    tap(board.filter.kinds[Shown.SCHEDULE])
    gantt = board.schedule.gantt
    qtbot.waitUntil(lambda: bool(gantt.lines()))

    lines = {line.key: line for line in gantt.lines()}
    assert [one.key for one in lines[UNASSIGNED].planned] == [alone]
    assert gantt.lines()[-1].key == UNASSIGNED
    (planned_bar,) = lines["CNC-1"].planned
    tap(gantt.viewport(), gantt.bar_area("CNC-1", planned_bar).center().toPoint())

    qtbot.waitUntil(lambda: board.order.detail() is not None)
    assert (board.order.number(), board.page.isVisible()) == (number, True)
    head = board.schedule
    assert min(one.height() for one in (head.back, head.now, head.forward, *head.spans.values())) >= 48


def test_a_time_line_without_machines_says_what_would_be_there(
    qtbot: QtBot, theme: Theme, place: Place, floor: Floor
) -> None:
    board = open_board(qtbot, theme, place)
    board.board.narrow(machine="NONE-1")

    tap(board.filter.kinds[Shown.SCHEDULE])

    qtbot.waitUntil(lambda: board.schedule.empty.accessibleName().startswith("No machine here"))
