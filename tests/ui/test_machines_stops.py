"""The opened machine: stops are put right in three taps and entered late, a maintenance tells its next date, the day can be asked."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mfg_desktop.queries.rows import DowntimeRow, Oee
from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.buttons import Button
from mfg_desktop.ui.machines import wording
from mfg_desktop.ui.machines.maintenance import MaintenanceDialog
from mfg_desktop.ui.machines.moments import Cut, MomentPicker
from mfg_desktop.ui.machines.panel import MAINTENANCE, RECORD, STOPS
from mfg_desktop.ui.machines.presenter import Arrangement, MachinesPresenter, Shown
from mfg_desktop.ui.machines.stops import RecordStopDialog, StopDialog
from mfg_desktop.ui.machines.view import MachinesView
from mfg_desktop.ui.machines.wall import FRAME, SMALLEST, fit, reason_lines, tile_height
from mfg_desktop.ui.notices import RefusalDialog
from mfg_desktop.ui.theme import Size, Theme, Weight
from mfg_desktop.vocabulary import DowntimeCategory, MachineState, MachineStatus
from tests.factories import PIN, TERMINAL, VIEWER, Floor
from tests.ui.conftest import OpenScreen, Place

Open = Callable[[], MachinesView]
AnyDialog = TypeVar("AnyDialog", bound=QWidget)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def open_machine(open_screen: OpenScreen[MachinesView], qtbot: QtBot) -> Open:
    """Give CNC-1, opened."""

    def make() -> MachinesView:
        view = open_screen(MachinesView)
        view.wall.chosen.emit("CNC-1")
        qtbot.waitUntil(lambda: view.panel.isVisible())
        return view

    return make


def tap(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def dialog_of(view: MachinesView, kind: type[AnyDialog]) -> AnyDialog:
    (found,) = [one for one in view.window().findChildren(kind) if one.isVisible()]
    return found


def ago(minutes: int) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=minutes)


def stop(floor: Floor, start: datetime, end: datetime, category: str = "BREAKDOWN", reason: str = "Crash") -> None:
    times = {"start": start.isoformat(), "end": end.isoformat()}
    floor.do("downtime.record", machine="CNC-1", category=category, reason=reason, **times)


def stops(floor: Floor) -> tuple[DowntimeRow, ...]:
    found: tuple[DowntimeRow, ...] = floor.ask("machine.get", machine="CNC-1").downtimes
    return found


def category_button(dialog: StopDialog | RecordStopDialog, category: DowntimeCategory) -> Button:
    return dialog.why.categories.buttons[tuple(DowntimeCategory).index(category)]


def reason_button(dialog: StopDialog | RecordStopDialog, reason: str) -> Button:
    return next(button for button in dialog.why.reasons.findChildren(Button) if button.text() == reason)


def test_a_stop_is_booked_anew_in_three_taps(open_machine: Open, floor: Floor, qtbot: QtBot) -> None:
    stop(floor, ago(60), ago(20))
    view = open_machine()
    view.panel.tabs.choose(STOPS)

    view.panel.stops.list.chosen.emit(stops(floor)[0].start.isoformat())
    dialog = dialog_of(view, StopDialog)
    tap(category_button(dialog, DowntimeCategory.NO_OPERATOR))
    with qtbot.waitSignal(view.presenter.done):
        tap(reason_button(dialog, "Meeting"))

    (after,) = stops(floor)
    assert (after.category, after.reason) == (DowntimeCategory.NO_OPERATOR, "Meeting")
    assert not dialog.is_open()


def test_a_stop_is_cut_in_two_and_the_second_part_booked_anew(open_machine: Open, floor: Floor, qtbot: QtBot) -> None:
    start = ago(60)
    stop(floor, start, ago(20))
    view = open_machine()
    view.panel.stop_asked.emit(stops(floor)[0])
    dialog = dialog_of(view, StopDialog)

    tap(dialog.how.buttons[1])
    dialog.cut.slider.cut(20)
    tap(dialog.cut.buttons[-1])
    tap(category_button(dialog, DowntimeCategory.NO_MATERIAL))
    tap(reason_button(dialog, "Not delivered"))
    before = len(stops(floor))
    with qtbot.waitSignal(view.presenter.done):
        tap(dialog.go)

    second, first = stops(floor)
    assert before == 1
    assert (first.start, first.end, first.category) == (
        start,
        start + timedelta(minutes=19),
        DowntimeCategory.BREAKDOWN,
    )
    assert (second.start, second.category, second.reason) == (first.end, DowntimeCategory.NO_MATERIAL, "Not delivered")


def test_a_late_stop_takes_the_last_half_hour_by_a_tap(open_machine: Open, floor: Floor, qtbot: QtBot) -> None:
    view = open_machine()
    tap(view.panel.late_stop_button)
    dialog = dialog_of(view, RecordStopDialog)

    stopped_before = dialog.go.stopped()
    tap(dialog.quick.buttons[1])
    tap(category_button(dialog, DowntimeCategory.NO_OPERATOR))
    tap(reason_button(dialog, "Break"))
    with qtbot.waitSignal(view.presenter.done):
        tap(dialog.go)

    (after,) = stops(floor)
    assert stopped_before == ("Tap what the stop is booked as.",)
    assert after.end is not None
    assert after.end - after.start == timedelta(minutes=30)
    assert (after.category, after.reason) == (DowntimeCategory.NO_OPERATOR, "Break")


def test_a_breakdown_that_goes_on_is_entered_with_its_beginning(open_machine: Open, floor: Floor, qtbot: QtBot) -> None:
    view = open_machine()
    tap(view.panel.late_stop_button)
    dialog = dialog_of(view, RecordStopDialog)

    tap(dialog.ending.buttons[1])
    tap(category_button(dialog, DowntimeCategory.BREAKDOWN))
    tap(reason_button(dialog, "Spindle"))
    began = dialog.start.moment()
    with qtbot.waitSignal(view.presenter.done):
        tap(dialog.go)

    row = floor.ask("machine.get", machine="CNC-1").row
    assert row.status is MachineStatus.BROKEN
    assert (row.open_downtime.start, row.open_downtime.reason) == (began, "Spindle")


def test_a_stop_that_ends_before_it_begins_is_not_sent(open_machine: Open) -> None:
    view = open_machine()
    tap(view.panel.late_stop_button)
    dialog = dialog_of(view, RecordStopDialog)

    tap(dialog.end.buttons[-60])

    assert dialog.go.stopped()[0] == "The stop ends before it begins."


def test_a_stop_in_the_way_can_be_opened_from_the_refusal(open_machine: Open, floor: Floor, qtbot: QtBot) -> None:
    stop(floor, ago(50), ago(10), reason="Hydraulics")
    view = open_machine()
    tap(view.panel.late_stop_button)
    dialog = dialog_of(view, RecordStopDialog)
    tap(category_button(dialog, DowntimeCategory.OTHER))
    tap(reason_button(dialog, "Power"))

    with qtbot.waitSignal(view.presenter.refused):
        tap(dialog.go)
    stayed_open = dialog.is_open()
    refusal = dialog_of(view, RefusalDialog)
    tap(next(button for button in refusal.findChildren(Button) if button.text() == "Open that stop"))

    assert stayed_open
    assert not dialog.is_open()
    assert "Hydraulics" in dialog_of(view, StopDialog).said()


def test_a_maintenance_tells_its_next_date_before_it_is_recorded(
    open_machine: Open, floor: Floor, qtbot: QtBot
) -> None:
    view = open_machine()
    today = datetime.now(BERLIN).date()
    tap(view.panel.maintenance_button)
    dialog = dialog_of(view, MaintenanceDialog)

    tap(dialog.days.buttons[1])
    told = dialog.told()
    dialog.notes.set_value("Oil changed")
    with qtbot.waitSignal(view.presenter.done):
        tap(dialog.go)

    detail = floor.ask("machine.get", machine="CNC-1")
    following = today + timedelta(days=detail.maintenance_interval_days - 1)
    assert formats.full_day(following) in told
    assert detail.row.next_maintenance == following
    assert [(one.date, one.notes) for one in detail.maintenances] == [(today - timedelta(days=1), "Oil changed")]


def test_recording_the_maintenance_frees_a_machine_that_stands_for_it(
    open_machine: Open, floor: Floor, qtbot: QtBot
) -> None:
    floor.do("machine.set_status", machine="CNC-1", status="MAINTENANCE", reason="Oil")
    view = open_machine()
    tap(view.panel.maintenance_button)
    dialog = dialog_of(view, MaintenanceDialog)

    told = dialog.told()
    with qtbot.waitSignal(view.presenter.done):
        tap(dialog.go)

    assert "available" in told
    assert floor.ask("machine.get", machine="CNC-1").row.status is MachineStatus.AVAILABLE


def test_a_day_that_is_ahead_or_no_day_cannot_be_recorded(open_machine: Open) -> None:
    view = open_machine()
    tap(view.panel.maintenance_button)
    dialog = dialog_of(view, MaintenanceDialog)

    stopped = []
    for written in ("2999-01-01", "tomorrow"):
        dialog.day.line.setText(written)
        dialog.day.edited.emit()
        stopped.append(dialog.go.stopped())

    example = formats.full_day(datetime.now(BERLIN).date())
    assert stopped == [("1 Jan 2999 is still ahead.",), (f"Write a day such as {example}.",)]


def test_a_tap_on_the_ribbon_says_what_was_and_leads_to_the_stop(open_machine: Open, floor: Floor) -> None:
    stop(floor, ago(180), ago(120), reason="Tool changer")
    view = open_machine()
    detail = view.presenter.detail
    assert detail is not None
    down = next(at for at, one in enumerate(detail.ribbon) if one.state is MachineState.DOWN)
    ribbon = view.panel.day.ribbon

    QTest.mouseClick(ribbon, Qt.MouseButton.LeftButton, pos=ribbon.place_of(down).toPoint())
    said = view.panel.day.said.whole()
    tap(view.panel.day.way)

    assert said.startswith("Down ")
    assert "1 h · Breakdown · Tool changer" in said
    assert "Tool changer" in dialog_of(view, StopDialog).said()


def test_the_tapped_stretch_stays_told_when_news_comes(open_machine: Open, floor: Floor, qtbot: QtBot) -> None:
    stop(floor, ago(180), ago(120), reason="Tool changer")
    view = open_machine()
    detail = view.presenter.detail
    assert detail is not None
    down = next(at for at, one in enumerate(detail.ribbon) if one.state is MachineState.DOWN)
    view.panel.day.ribbon.chosen.emit(down)

    stop(floor, ago(300), ago(240), reason="Coolant")
    with qtbot.waitSignal(view.presenter.opened_changed):
        view.presenter.refresh()

    assert "Tool changer" in view.panel.day.said.whole()


def test_a_retired_machine_says_why_nothing_can_be_entered(open_machine: Open, floor: Floor) -> None:
    floor.do("machine.set_status", machine="CNC-1", status="RETIRED", reason="Sold")
    view = open_machine()

    tap(view.panel.late_stop_button)
    tap(view.panel.maintenance_button)

    assert [one for one in view.window().findChildren(RecordStopDialog) if one.isVisible()] == []
    assert view.panel.maintenance_button.stopped() == ("CNC-1 is retired, and that is final.",)


def test_a_person_without_the_right_is_refused_with_the_code(place: Place, floor: Floor, qtbot: QtBot) -> None:
    place.who = place.shop.sign_in(VIEWER, PIN, terminal=TERMINAL)
    presenter = MachinesPresenter(place)
    presenter.open("CNC-1")
    qtbot.waitUntil(lambda: presenter.detail is not None)

    with qtbot.waitSignal(presenter.refused) as refused:
        presenter.record_maintenance(date(2026, 1, 5))

    assert refused.args is not None
    assert refused.args[0].code == "PERMISSION_DENIED"


def test_every_page_of_a_machine_without_history_says_what_would_be_there(open_machine: Open) -> None:
    view = open_machine()

    view.panel.tabs.choose(STOPS)
    nothing_stopped = view.panel.stops.pareto.isVisible()
    view.panel.tabs.choose(MAINTENANCE)
    rows = view.panel.upkeep.table.rows.rowCount()
    view.panel.tabs.choose(RECORD)

    assert (nothing_stopped, rows) == (False, 0)
    assert view.panel.work.title() == "Nothing runs"
    assert view.panel.effect.figures[-1].text() != ""


def test_the_next_order_stands_where_none_runs(open_machine: Open, floor: Floor) -> None:
    number = floor.order(status="RELEASED", machine="CNC-1")

    view = open_machine()

    assert view.panel.work.title() == f"Next: {number}"


def test_the_wall_gives_way_to_the_page_and_comes_back(open_machine: Open, qtbot: QtBot) -> None:
    view = open_machine()

    strip = view.wall.width()
    tap(view.back_button)
    qtbot.waitUntil(lambda: view.wall.width() > strip)

    assert strip < 300 < view.wall.width()
    assert view.presenter.opened is None
    assert view.filters.isVisible()


def test_the_wall_view_shows_every_machine_without_controls_until_a_tap(
    open_screen: OpenScreen[MachinesView], floor: Floor, qtbot: QtBot
) -> None:
    view = open_screen(MachinesView)
    view.presenter.show_only(Shown.BROKEN)

    wall = view.open_wall_view()
    machines = [tile.machine for tile in wall.wall.tiles()]
    buttons = wall.findChildren(Button)
    floor.do("machine.set_status", machine="CNC-2", status="BROKEN", reason="Crash")
    with qtbot.waitSignal(view.presenter.rows_changed):
        view.presenter.refresh()
    news = [tile.machine for tile in wall.wall.tiles()]
    tap(wall)

    assert (machines, buttons) == (["CNC-1", "CNC-2"], [])
    assert news == ["CNC-2", "CNC-1"]
    assert wall.isHidden()


def test_the_tiles_of_the_wall_view_are_as_large_as_lets_all_of_them_stand_there(
    open_screen: OpenScreen[MachinesView], floor: Floor, qtbot: QtBot
) -> None:
    view = open_screen(MachinesView)
    wall = view.open_wall_view().wall
    few = wall.card_width()

    for number in range(3, 21):
        floor.do("machine.create", machine=f"CNC-{number}", type="CNC_MILLING", department="MACH")
    with qtbot.waitSignal(view.presenter.rows_changed):
        view.presenter.refresh()
    qtbot.waitUntil(lambda: wall.card_width() < few)

    qtbot.waitUntil(lambda: wall.verticalScrollBar().maximum() == 0)
    assert len(wall.tiles()) == 20


def test_a_wall_view_says_when_it_is_not_live(open_screen: OpenScreen[MachinesView], place: Place) -> None:
    wall = open_screen(MachinesView).open_wall_view()

    live = wall.away.look()
    place.live.connection.emit(False, datetime(2026, 11, 22, 7, 15, tzinfo=UTC))
    away = wall.away.look()

    assert live is None
    assert away is not None
    assert away.word == "Not live since 08:15"


def test_a_typed_hour_that_is_ahead_was_the_day_before(theme: Theme, qtbot: QtBot) -> None:
    now = datetime(2026, 11, 22, 8, 0, tzinfo=BERLIN)
    picker = MomentPicker("From", now, BERLIN, lambda: now)
    qtbot.addWidget(picker)

    told = []
    for written in ("2315", "0730", "7:45", "99"):
        picker.hour.setText(written)
        picker.hour.editingFinished.emit()
        told.append(f"{picker.moment().astimezone(BERLIN):%d %H:%M}")

    assert told == ["21 23:15", "21 07:30", "21 07:45", "21 07:45"]


def test_no_step_leads_into_the_future(theme: Theme, qtbot: QtBot) -> None:
    now = datetime(2026, 11, 22, 8, 0, tzinfo=BERLIN)
    picker = MomentPicker("To", now - timedelta(minutes=5), BERLIN, lambda: now)
    qtbot.addWidget(picker)

    tap(picker.buttons[60])

    assert picker.moment() == now


def test_a_stop_over_midnight_is_cut_at_a_typed_hour(theme: Theme, qtbot: QtBot) -> None:
    start = datetime(2026, 11, 21, 22, 0, tzinfo=BERLIN)
    cut = Cut(start, start + timedelta(hours=6), BERLIN)
    qtbot.addWidget(cut)

    cut.hour.setText("0130")
    cut.hour.editingFinished.emit()

    assert cut.moment() == datetime(2026, 11, 22, 1, 30, tzinfo=BERLIN)
    assert (cut.first.text(), cut.second.text()) == ("22:00 to 01:30 · 3 h 30", "01:30 to 04:00 · 2 h 30")


def test_both_parts_of_a_cut_last_a_minute_at_least(theme: Theme, qtbot: QtBot) -> None:
    start = datetime(2026, 11, 21, 22, 0, tzinfo=BERLIN)
    cut = Cut(start, start + timedelta(minutes=10), BERLIN)
    qtbot.addWidget(cut)

    told = []
    for minutes in (-5, 99):
        cut.slider.cut(minutes)
        told.append(cut.moment() - start)

    assert told == [timedelta(minutes=1), timedelta(minutes=9)]


def measured(
    availability: str,
    performance: str | None,
    quality: str,
    oee: str | None,
    *,
    run: int,
    down: int,
    good: int,
    scrapped: int,
) -> Oee:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    return Oee(
        availability=Decimal(availability),
        performance=Decimal(performance) if performance is not None else None,
        quality=Decimal(quality),
        oee=Decimal(oee) if oee is not None else None,
        planned_minutes=Decimal(run + down),
        downtime_minutes=Decimal(down),
        run_minutes=Decimal(run),
        ideal_minutes=Decimal(400) if performance is not None else Decimal(0),
        pieces=Decimal(good + scrapped),
        good=Decimal(good),
        scrapped=Decimal(scrapped),
        machine="CNC-1",
        start=at,
        end=at,
    )


def test_effectiveness_is_told_with_what_is_behind_it() -> None:
    oee = measured("0.9000", "0.9877", "0.9500", "0.8444", run=405, down=45, good=380, scrapped=20)

    figures = [text for _, text in wording.oee_figures(oee)]

    assert figures == ["90.0 %", "98.8 %", "95.0 %", "84.4 %"]
    assert wording.oee_behind(oee) == "450 min planned, 45 down · 400 pieces, 380 good"
    assert [text for _, text in wording.oee_figures(None)] == ["\u2014"] * 4


def test_effectiveness_without_a_cycle_time_says_what_is_wanting() -> None:
    oee = measured("1", None, "1", None, run=450, down=0, good=12, scrapped=0)

    behind, in_full = wording.oee_behind(oee), wording.oee_in_full(oee)

    assert behind == "12 pieces, 12 good \u00b7 no cycle time is set for them"
    assert "Performance: cannot be told" in in_full


def test_a_machine_that_made_nothing_yet_is_not_judged(floor: Floor) -> None:
    row = floor.ask("machine.get", machine="CNC-1").row

    told = [wording.oee_briefly(replace(row, oee_today=share)) for share in (Decimal("0.844"), Decimal(0), None)]

    assert told == ["OEE 84 %", "no output", ""]


def test_a_machine_is_told_by_the_pieces_of_what_runs_on_it(floor: Floor) -> None:
    row = replace(
        floor.ask("machine.get", machine="CNC-1").row,
        quantity_ordered=Decimal(10),
        quantity_completed=Decimal(0),
        quantity_scrapped=Decimal(0),
        sequence=10,
        good=Decimal(3),
        scrapped=Decimal(1),
    )

    assert (wording.made_briefly(row), wording.made(row)) == ("3 of 10", "3 of 10 \u00b7 1 scrap")


def test_a_long_reason_takes_the_lines_that_a_tile_has_before_it_is_cut(theme: Theme) -> None:
    font = theme.font(Size.SMALL, Weight.STRONG)
    reason = "Front bearing of the spindle worn out, new one ordered from the maker, back next week"

    told = reason_lines(reason, font, QRectF(0, 0, 190, 40))

    assert len(told) == 2
    assert told[0].startswith("Front bearing")
    assert not told[0].endswith("\u2026")
    assert told[1].endswith("\u2026")
    assert reason_lines("Crash", font, QRectF(0, 0, 190, 40)) == ["Crash"]


@pytest.mark.parametrize(
    ("width", "height", "groups"), [(1236, 724, (21,)), (1872, 1004, (21,)), (1872, 1004, (6, 5, 1, 4, 1, 2, 1, 1))]
)
def test_a_wall_uses_its_room(width: int, height: int, groups: tuple[int, ...]) -> None:
    found = fit(QSize(width, height), groups, headed=False, least=SMALLEST)
    lines = -(-sum(groups) // found.across)
    tile = tile_height(width // found.across - FRAME, found.scale) + found.spare * found.scale + FRAME

    assert found.fills
    assert 0.8 * height <= lines * tile <= height


def test_a_wall_that_nobody_scrolls_leaves_its_headings_rather_than_a_machine(
    open_screen: OpenScreen[MachinesView], floor: Floor, qtbot: QtBot
) -> None:
    kinds = ("CNC_MILLING", "CNC_LATHE", "DRILLING", "GRINDING", "WELDING", "ASSEMBLY", "INSPECTION", "OTHER")
    for number, kind in enumerate(kinds):
        floor.do("machine.create", machine=f"M-{number}", type=kind, department="MACH")
    view = open_screen(MachinesView)
    view.presenter.arrange(Arrangement.TYPE)

    wall = view.open_wall_view().wall
    wall.grab()

    assert len(wall.tiles()) == len(kinds) + 2 == wall.rows.rowCount()
    assert wall.verticalScrollBar().maximum() == 0
    assert view.wall.rows.rowCount() == len(wall.tiles()) + len(kinds)


def test_a_filter_leaves_the_tiles_as_large_as_they_are(
    open_screen: OpenScreen[MachinesView], floor: Floor, qtbot: QtBot
) -> None:
    for number in range(3, 12):
        floor.do("machine.create", machine=f"CNC-{number}", type="CNC_MILLING", department="MACH")
    floor.do("machine.set_status", machine="CNC-2", status="BROKEN", reason="Spindle")
    view = open_screen(MachinesView)
    whole = view.wall.card_width()

    tap(view.filters.buttons[Shown.BROKEN])
    broken = [tile.machine for tile in view.wall.tiles()]
    broken_width = view.wall.card_width()
    tap(view.filters.buttons[Shown.ALL])

    assert (broken, broken_width) == (["CNC-2"], whole)
    # What a filter brings back is no news.
    assert not any(view.wall.rows.flash(at) for at in range(view.wall.rows.rowCount()))


def test_tab_goes_through_the_states_before_what_is_recorded(open_machine: Open) -> None:
    view = open_machine()
    panel = view.panel
    panel.close_button.setFocus()

    walked = []
    for _ in range(6):
        QTest.keyClick(view.window().focusWidget(), Qt.Key.Key_Tab)
        walked.append(view.window().focusWidget())

    assert walked == [*(panel.button(target.status) for target in view.presenter.targets()), panel.late_stop_button,
                      panel.maintenance_button]  # fmt: skip
