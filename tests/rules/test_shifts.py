"""How time is cut up: shifts over midnight and over summer time, and what a machine did without gaps and overlaps."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg_desktop.rules.shifts import (
    ShiftStretch,
    ShiftTimes,
    Span,
    minutes,
    shift_minutes,
    shift_stretches,
    start_of_day,
    states,
)
from mfg_desktop.vocabulary import MachineState

BERLIN = ZoneInfo("Europe/Berlin")
EARLY, LATE, NIGHT = (
    ShiftTimes("06:00", "14:00", 30),
    ShiftTimes("14:00", "22:00", 30),
    ShiftTimes("22:00", "06:00", 30),
)
ROUND_THE_CLOCK = (EARLY, LATE, NIGHT)
S = MachineState


def local(text: str) -> datetime:
    """A time on the plant's wall, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def laid(*shifts: ShiftTimes, start: str, end: str) -> list[tuple[str, str, Fraction]]:
    """Lay shifts over a period in Berlin; told in the plant's time, with the planned minutes."""
    found = shift_stretches(shifts, BERLIN, start=local(start), end=local(end))
    return [
        (
            f"{stretch.start.astimezone(BERLIN):%d %H:%M}",
            f"{stretch.end.astimezone(BERLIN):%d %H:%M}",
            stretch.planned,
        )
        for stretch in found
    ]


def test_a_shift_is_planned_less_its_stop() -> None:
    assert laid(EARLY, start="2026-03-02T00:00", end="2026-03-03T00:00") == [("02 06:00", "02 14:00", 450)]


@pytest.mark.parametrize(
    ("start", "end", "lasts"),
    [("06:00", "14:30", 510), ("22:15", "06:00", 465), ("00:00", "00:00", 1440), ("23:59", "00:01", 2)],
)
def test_a_shift_lasts_from_its_start_to_its_end_over_midnight_too(start: str, end: str, lasts: int) -> None:
    assert shift_minutes(start, end) == lasts


def test_a_night_shift_belongs_to_both_days_it_touches() -> None:
    assert laid(NIGHT, start="2026-03-02T00:00", end="2026-03-03T00:00") == [
        ("02 00:00", "02 06:00", 360 - Fraction(30 * 6, 8)),
        ("02 22:00", "03 00:00", 120 - Fraction(30 * 2, 8)),
    ]


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        pytest.param("2026-03-28T12:00", "2026-03-29T12:00", 7, id="the clocks are put forward"),
        pytest.param("2026-10-24T12:00", "2026-10-25T12:00", 9, id="the clocks are put back"),
        pytest.param("2026-06-01T12:00", "2026-06-02T12:00", 8, id="an ordinary night"),
    ],
)
def test_a_night_shift_is_as_long_as_the_clock_on_the_wall_makes_it(start: str, end: str, hours: int) -> None:
    (night,) = shift_stretches([NIGHT], BERLIN, start=local(start), end=local(end))

    assert night.end - night.start == timedelta(hours=hours)
    assert night.planned == hours * 60 - 30


def test_a_shift_that_is_cut_by_the_period_has_its_stop_shared_in_proportion() -> None:
    assert laid(EARLY, start="2026-03-02T10:00", end="2026-03-02T12:00") == [
        ("02 10:00", "02 12:00", 120 - Fraction(30, 4))
    ]


def test_without_shifts_the_whole_time_is_planned() -> None:
    assert laid(start="2026-03-02T10:00", end="2026-03-03T10:00") == [("02 10:00", "03 10:00", 1440)]


def test_in_no_time_nothing_is_planned() -> None:
    for end in ("2026-03-02T10:00", "2026-03-02T09:00"):
        assert laid(start="2026-03-02T10:00", end=end) == laid(EARLY, start="2026-03-02T10:00", end=end) == []


def test_time_of_two_shifts_that_overlap_counts_once_with_the_earlier() -> None:
    early, late = ShiftTimes("06:00", "14:30", 0), ShiftTimes("14:00", "22:00", 0)

    assert laid(late, early, start="2026-03-02T00:00", end="2026-03-03T00:00") == [
        ("02 06:00", "02 14:30", 510),
        ("02 14:30", "02 22:00", 450),
    ]


def test_a_shift_whose_end_is_its_start_lasts_a_day() -> None:
    assert laid(ShiftTimes("06:00", "06:00", 0), start="2026-03-02T06:00", end="2026-03-04T06:00") == [
        ("02 06:00", "03 06:00", 1440),
        ("03 06:00", "04 06:00", 1440),
    ]


def test_a_shift_in_the_hour_that_is_left_out_does_not_take_place() -> None:
    assert laid(ShiftTimes("02:30", "03:00", 0), start="2026-03-29T00:00", end="2026-03-30T00:00") == []


def test_a_stop_longer_than_its_shift_leaves_nothing_planned() -> None:
    assert laid(ShiftTimes("06:00", "06:10", 60), start="2026-03-02T00:00", end="2026-03-03T00:00") == [
        ("02 06:00", "02 06:10", 0)
    ]


@pytest.mark.parametrize(
    ("now", "began"),
    [
        ("2026-03-29T12:00", "2026-03-28T23:00:00+00:00"),
        ("2026-03-30T00:00", "2026-03-29T22:00:00+00:00"),
        ("2026-03-29T23:59", "2026-03-28T23:00:00+00:00"),
    ],
)
def test_the_day_of_the_plant_begins_at_its_own_midnight(now: str, began: str) -> None:
    assert start_of_day(local(now), BERLIN).isoformat() == began


moments = st.integers(0, 365 * 24 * 3600).map(
    lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
periods = st.lists(moments, min_size=3, max_size=3, unique=True).map(sorted)
times_of_day = st.times().map(lambda time: f"{time:%H:%M}")
calendars = st.lists(st.builds(ShiftTimes, times_of_day, times_of_day, st.integers(0, 60)), max_size=4)


def planned(stretches: list[ShiftStretch]) -> Fraction:
    return sum((stretch.planned for stretch in stretches), Fraction(0))


@given(calendars, periods)
def test_the_planned_time_of_two_parts_is_that_of_the_whole(calendar: list[ShiftTimes], cut: list[datetime]) -> None:
    start, middle, end = cut

    whole = planned(shift_stretches(calendar, BERLIN, start=start, end=end))
    parts = [
        planned(shift_stretches(calendar, BERLIN, start=start, end=middle)),
        planned(shift_stretches(calendar, BERLIN, start=middle, end=end)),
    ]

    assert sum(parts) == whole
    assert all(part >= 0 for part in parts)


@given(calendars, periods)
def test_shifts_are_laid_in_order_inside_the_period_and_never_overlap(
    calendar: list[ShiftTimes], cut: list[datetime]
) -> None:
    start, _, end = cut

    found = shift_stretches(calendar, BERLIN, start=start, end=end)

    edges = [edge for stretch in found for edge in (stretch.start, stretch.end)]
    assert edges == sorted(edges)
    assert all(start <= edge <= end for edge in edges)
    assert all(stretch.start < stretch.end for stretch in found)


@given(periods)
def test_three_shifts_round_the_clock_leave_no_gap(cut: list[datetime]) -> None:
    start, _, end = cut

    found = shift_stretches(ROUND_THE_CLOCK, BERLIN, start=start, end=end)

    assert sum((stretch.end - stretch.start for stretch in found), timedelta()) == end - start


# ---------------------------------------------------------------------- what a machine did

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def span(state: MachineState, start: int, end: int, told: str = "") -> Span[str]:
    return Span(state, NOON + timedelta(minutes=start), NOON + timedelta(minutes=end), told)


def ribbon(*spans: Span[str], end: int = 100) -> list[tuple[str, int, int, str]]:
    found = states(spans, start=NOON, end=NOON + timedelta(minutes=end), idle="-")
    return [(one.state.value, int(minutes(one.start - NOON)), int(minutes(one.end - NOON)), one.told) for one in found]


def test_being_down_beats_setting_up_and_that_beats_running() -> None:
    assert ribbon(span(S.RUN, 10, 90, "order"), span(S.SETUP, 10, 30, "order"), span(S.DOWN, 20, 50, "spindle")) == [
        ("IDLE", 0, 10, "-"),
        ("SETUP", 10, 20, "order"),
        ("DOWN", 20, 50, "spindle"),
        ("RUN", 50, 90, "order"),
        ("IDLE", 90, 100, "-"),
    ]


def test_what_goes_on_as_before_is_one_stretch() -> None:
    assert ribbon(span(S.RUN, 0, 50, "one"), span(S.RUN, 50, 70, "one"), span(S.RUN, 70, 100, "two")) == [
        ("RUN", 0, 70, "one"),
        ("RUN", 70, 100, "two"),
    ]


def test_what_reaches_out_of_the_period_is_cut_and_what_lasted_no_time_is_not_told() -> None:
    assert ribbon(span(S.DOWN, -50, 10, "a"), span(S.RUN, 40, 40, "b"), span(S.RUN, 90, 300, "c")) == [
        ("DOWN", 0, 10, "a"),
        ("IDLE", 10, 90, "-"),
        ("RUN", 90, 100, "c"),
    ]


def test_a_machine_that_did_nothing_was_idle_all_the_time() -> None:
    assert ribbon() == [("IDLE", 0, 100, "-")]
    assert states((), start=NOON, end=NOON + timedelta(hours=1)) == []


spans = st.lists(
    st.builds(
        lambda state, start, length: span(state, start, start + length, state.value),
        st.sampled_from([S.DOWN, S.SETUP, S.RUN]),
        st.integers(-50, 120),
        st.integers(0, 80),
    ),
    max_size=12,
)


@given(spans)
def test_a_ribbon_has_neither_gaps_nor_overlaps_and_shows_the_strongest(given_spans: list[Span[str]]) -> None:
    found = ribbon(*given_spans)

    assert (found[0][1], found[-1][2]) == (0, 100)
    assert all(before[2] == after[1] for before, after in pairwise(found))
    strength = [S.DOWN, S.SETUP, S.RUN]
    for minute in range(100):
        moment = NOON + timedelta(minutes=minute)
        here = [one.state for one in given_spans if one.start <= moment < one.end]
        shown = next(state for state, start, end, _ in found if start <= minute < end)
        assert shown == (min(here, key=strength.index).value if here else "IDLE")
