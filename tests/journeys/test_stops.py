"""A machine's stops at the real window: one that nobody entered is recorded late, cut in two and booked anew."""

from datetime import UTC, datetime, timedelta

from mfg_desktop.queries.rows import DowntimeRow
from mfg_desktop.ui.machines.stops import RecordStopDialog, StopDialog
from mfg_desktop.ui.machines.view import MachinesView
from mfg_desktop.vocabulary import DowntimeCategory
from tests.factories import SUPERVISOR, Floor
from tests.journeys.conftest import OpenTerminal
from tests.journeys.terminal import Terminal, faults


def _early_afternoon() -> str:
    """Name a zone in which it is between one and two in the afternoon: the shifts of the day have begun, whenever the test runs."""
    ahead = 13 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}"


def _stops(floor: Floor) -> list[DowntimeRow]:
    return list(floor.ask("machine.get", machine="CNC-1").downtimes)


def test_a_stop_recorded_late_is_cut_in_two_and_booked_anew_and_the_figures_follow(
    open_terminal: OpenTerminal, database_url: str, floor: Floor
) -> None:
    floor.do("settings.set", timezone=_early_afternoon())
    terminal = open_terminal(database_url)
    terminal.sign_in(SUPERVISOR)
    terminal.go_to("Machines")
    view = terminal.one(MachinesView)
    terminal.tap_card("CNC-1")
    terminal.wait(view.panel.isVisible)
    before = _figures(terminal, view)
    assert "100.0 %" in before

    terminal.tap_button("Record a stop")
    terminal.tap_button("Last 60 min")
    terminal.tap_button("Breakdown")
    terminal.tap_button("Crash")
    terminal.tap(terminal.one(RecordStopDialog).go)
    terminal.wait(lambda: any("60 down" in line for line in _figures(terminal, view)))
    after = _figures(terminal, view)
    assert "100.0 %" not in after[:1]
    _cut_after_twenty_minutes(terminal, view)
    terminal.wait(lambda: view.panel.stops.list.rows.rowCount() == 2)
    terminal.tap_row(view.panel.stops.list, 1)
    terminal.tap_button("Setup")
    terminal.tap_button("Tool change")
    terminal.wait(lambda: _stops(floor)[1].category is DowntimeCategory.SETUP)

    second, first = _stops(floor)
    assert (second.category, second.reason) == (DowntimeCategory.NO_MATERIAL, "Not delivered")
    assert (first.reason, first.end, second.end) == ("Tool change", second.start, first.start + timedelta(minutes=60))
    assert first.end == first.start + timedelta(minutes=20)
    terminal.wait(lambda: not terminal.reads("Stop of CNC-1"))
    assert faults(floor) == []


def _figures(terminal: Terminal, view: MachinesView) -> list[str]:
    return terminal.words(view.panel.effect)


def _cut_after_twenty_minutes(terminal: Terminal, view: MachinesView) -> None:
    """Cut the hour in the middle, move the cut by ten minutes, and book the second part."""
    terminal.choose_tab(view.panel.tabs, "Stops")
    terminal.tap_row(view.panel.stops.list, 0)
    dialog = terminal.one(StopDialog)
    terminal.tap_button("Cut it in two")
    terminal.tap_button("\u221210 min")
    terminal.tap_button("No material")
    terminal.tap_button("Not delivered")
    terminal.tap(dialog.go)
