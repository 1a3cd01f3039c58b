"""Overall equipment effectiveness: the worked example to the digit, and what holds whatever happened."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mfg_desktop.rules.oee import Batch, Effectiveness, downtime_in, effectiveness
from mfg_desktop.rules.shifts import ShiftStretch

SIX = datetime(2026, 3, 2, 6, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return SIX + timedelta(minutes=minutes)


def shift(start: float = 0, end: float = 480, *, stop: int = 0) -> ShiftStretch:
    return ShiftStretch(at(start), at(end), Fraction(stop))


def batch(good: Any, scrapped: Any = 0, cycle: Any = 60) -> Batch:
    return Batch(Decimal(good), Decimal(scrapped), Decimal(cycle) if cycle is not None else None)


def four(measured: Effectiveness) -> list[str | None]:
    fractions = (measured.availability, measured.performance, measured.quality, measured.oee)
    return [str(fraction) if fraction is not None else None for fraction in fractions]


def test_the_worked_example_comes_out_to_the_digit() -> None:
    measured = effectiveness([shift(stop=30)], [(at(100), at(145))], [batch(380, 20)])

    assert four(measured) == ["0.9000", "0.9877", "0.9500", "0.8444"]
    assert (measured.planned_minutes, measured.downtime_minutes, measured.run_minutes) == (450, 45, 405)
    assert (measured.ideal_minutes, measured.pieces, measured.good, measured.scrapped) == (400, 400, 380, 20)


def test_a_stop_over_midnight_is_shared_out_to_the_shifts_that_it_touches() -> None:
    shifts = [shift(0, 480), shift(960, 1440)]

    assert downtime_in(shifts, [(at(450), at(1000))]) == 30 + 40
    assert downtime_in(shifts, [(at(500), at(900))]) == 0


def test_a_machine_down_for_a_whole_shift_was_down_for_what_was_planned() -> None:
    measured = effectiveness([shift(stop=30), shift(480, 960, stop=30)], [(at(-100), at(480))], [batch(100)])

    assert (measured.downtime_minutes, measured.run_minutes) == (450, 450)
    assert measured.availability == Decimal("0.5000")


def test_nothing_planned_says_nothing_of_availability() -> None:
    assert four(effectiveness([], [], [batch(10)])) == [None, None, "1.0000", None]


def test_pieces_whose_cycle_nobody_knows_say_nothing_of_performance() -> None:
    measured = effectiveness([shift()], [], [batch(10), batch(5, 5, cycle=None)])

    assert four(measured) == ["1.0000", None, "0.7500", None]


def test_a_machine_that_was_down_all_the_time_or_made_nothing_good_was_not_effective() -> None:
    assert four(effectiveness([shift()], [(at(0), at(480))], [])) == ["0.0000", None, None, "0.0000"]
    assert four(effectiveness([shift()], [], [])) == ["1.0000", "0.0000", None, "0.0000"]
    assert four(effectiveness([shift()], [], [batch(0, 48)])) == ["1.0000", "0.1000", "0.0000", "0.0000"]
    assert four(effectiveness([shift()], [], [batch(0, 48, cycle=None)])) == ["1.0000", None, "0.0000", "0.0000"]


def test_a_machine_faster_than_its_ideal_shows_it() -> None:
    assert effectiveness([shift()], [], [batch(960)]).performance == Decimal("2.0000")


def test_each_batch_counts_with_its_own_cycle() -> None:
    measured = effectiveness([shift()], [], [batch(100, cycle=60), batch(100, cycle="30.5")])

    assert measured.ideal_minutes == Decimal("150.833")


edges = st.lists(st.integers(0, 5000), min_size=2, max_size=20, unique=True).map(sorted)


def taken(minutes: list[int]) -> list[tuple[int, int]]:
    """Every other stretch between the minutes: in order, and never overlapping."""
    return list(pairwise(minutes))[::2]


shift_lists = st.builds(
    lambda minutes, stop: [shift(start, end, stop=min(stop, end - start)) for start, end in taken(minutes)],
    edges,
    st.integers(0, 60),
)
stop_lists = edges.map(lambda minutes: [(at(start), at(end)) for start, end in taken(minutes)])
quantities = st.decimals(min_value=0, max_value=1000, places=3)
batches = st.lists(
    st.builds(Batch, quantities, quantities, st.none() | st.decimals(min_value=0, max_value=600, places=3)), max_size=5
)


@given(shift_lists, stop_lists, batches)
def test_availability_and_quality_are_fractions_of_the_whole(
    shifts: list[ShiftStretch], stops: list[tuple[datetime, datetime]], made: list[Batch]
) -> None:
    measured = effectiveness(shifts, stops, made)

    for fraction in (measured.availability, measured.quality):
        assert fraction is None or 0 <= fraction <= 1
    assert measured.run_minutes >= 0
    assert abs(measured.planned_minutes - measured.downtime_minutes - measured.run_minutes) <= Decimal("0.002")
    assert measured.pieces == measured.good + measured.scrapped


@given(shift_lists, stop_lists, st.integers(0, 20))
def test_the_downtime_of_two_parts_is_that_of_the_whole(
    shifts: list[ShiftStretch], stops: list[tuple[datetime, datetime]], after: int
) -> None:
    whole = downtime_in(shifts, stops)

    assert downtime_in(shifts[:after], stops) + downtime_in(shifts[after:], stops) == whole


@given(stop_lists, st.integers(1, 4999))
def test_where_nothing_stops_by_plan_a_shift_may_be_cut_anywhere(
    stops: list[tuple[datetime, datetime]], cut: int
) -> None:
    parts = downtime_in([shift(0, cut)], stops) + downtime_in([shift(cut, 5000)], stops)

    assert parts == downtime_in([shift(0, 5000)], stops)
    assert parts == sum(Fraction((end - start) // timedelta(minutes=1)) for start, end in stops)
