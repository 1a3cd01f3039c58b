"""Where an order's time goes: each moment counted once, the parts adding up to the whole."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from mfg_desktop.rules.timeline import Clock, Shares, State, Stop, Stretch, settled, shares, stretches
from mfg_desktop.vocabulary import ClockKind

RUN, SETUP, HOLD = ClockKind.RUN, ClockKind.SETUP, ClockKind.HOLD
DAY = datetime(2026, 3, 2, 6, tzinfo=UTC)


def at(hours: float) -> datetime:
    return DAY + timedelta(hours=hours)


def clock(kind: ClockKind, start: float, end: float | None = None, **details: object) -> Clock:
    return Clock(kind, at(start), None if end is None else at(end), **details)  # type: ignore[arg-type]


def stop(start: float, end: float | None = None, machine: str = "CNC-1", reason: str = "spindle") -> Stop:
    return Stop(machine, at(start), None if end is None else at(end), reason)


def lay(clocks: list[Clock], stops: list[Stop] | None = None, *, hours: float = 10) -> tuple[Stretch, ...]:
    return stretches(clocks, stops or [], start=DAY, end=at(hours), now=at(hours))


def told(laid: tuple[Stretch, ...]) -> list[tuple[str, float, float]]:
    """Give each stretch with its first and its last hour."""
    hour = timedelta(hours=1)
    return [(one.state.value, (one.start - DAY) / hour, (one.end - DAY) / hour) for one in laid]


def minutes(found: Shares) -> tuple[int, ...]:
    return tuple(int(part) for part in (found.wait, found.run, found.hold, found.down, found.lead, found.setup))


def test_an_order_that_nobody_touched_has_waited_all_the_time() -> None:
    laid = lay([])

    assert told(laid) == [("wait", 0, 10)]
    assert minutes(shares(laid)) == (600, 0, 0, 0, 600, 0)


def test_waiting_running_and_holding_follow_one_another() -> None:
    laid = lay([clock(RUN, 2, 4, machine="CNC-1"), clock(HOLD, 4, 5, reason="no tool"), clock(RUN, 6, 9)])

    assert told(laid) == [("wait", 0, 2), ("run", 2, 4), ("hold", 4, 5), ("wait", 5, 6), ("run", 6, 9), ("wait", 9, 10)]
    assert laid[1].machine == "CNC-1"
    assert laid[2].reason == "no tool"
    assert minutes(shares(laid)) == (240, 300, 60, 0, 600, 0)


def test_a_hold_by_the_machines_stop_is_down_until_the_machine_works_again_and_then_hold() -> None:
    laid = lay([clock(RUN, 0, 2, machine="CNC-1"), clock(HOLD, 2, 8, machine="CNC-1", reason="x")], [stop(2, 5)])

    assert told(laid) == [("run", 0, 2), ("down", 2, 5), ("hold", 5, 8), ("wait", 8, 10)]
    assert (laid[1].machine, laid[1].reason) == ("CNC-1", "spindle")


def test_a_hold_by_a_person_stays_a_hold_while_the_machine_is_down() -> None:
    laid = lay([clock(HOLD, 2, 8, reason="no material")], [stop(2, 5)])

    assert told(laid) == [("wait", 0, 2), ("hold", 2, 8), ("wait", 8, 10)]


def test_a_downtime_that_was_entered_later_takes_its_time_out_of_the_run() -> None:
    laid = lay([clock(RUN, 0, 10, machine="CNC-1")], [stop(3, 4), stop(6, 7, machine="CNC-2")])

    assert told(laid) == [("run", 0, 3), ("down", 3, 4), ("run", 4, 10)]


def test_a_machine_that_is_down_while_the_order_waits_costs_the_order_nothing() -> None:
    assert told(lay([clock(RUN, 5, 6, machine="CNC-1")], [stop(1, 4)])) == [
        ("wait", 0, 5),
        ("run", 5, 6),
        ("wait", 6, 10),
    ]


def test_operations_that_run_at_once_are_counted_once() -> None:
    laid = lay([clock(RUN, 1, 5, sequence=10, machine="CNC-1"), clock(RUN, 3, 8, sequence=20, machine="CNC-2")])

    assert [(one.state, one.sequence) for one in laid] == [
        (State.WAIT, None),
        (State.RUN, 10),
        (State.RUN, 20),
        (State.WAIT, None),
    ]
    assert minutes(shares(laid)) == (180, 420, 0, 0, 600, 0)


def test_an_operation_on_hold_does_not_stop_the_clock_of_one_that_runs() -> None:
    laid = lay([clock(HOLD, 1, 8, sequence=10), clock(RUN, 3, 5, sequence=20)])

    assert told(laid) == [("wait", 0, 1), ("hold", 1, 3), ("run", 3, 5), ("hold", 5, 8), ("wait", 8, 10)]


def test_setting_up_counts_as_running_and_is_told_apart() -> None:
    laid = lay([clock(SETUP, 1, 2, sequence=10), clock(RUN, 2, 6, sequence=10)])

    assert told(laid) == [("wait", 0, 1), ("run", 1, 2), ("run", 2, 6), ("wait", 6, 10)]
    assert [one.setting_up for one in laid] == [False, True, False, False]
    assert minutes(shares(laid)) == (300, 300, 0, 0, 600, 60)


def test_an_open_setup_lasts_for_its_planned_minutes_and_then_the_operation_runs() -> None:
    laid = lay([clock(SETUP, 1, sequence=10, planned_setup=Decimal(90))])

    assert told(laid) == [("wait", 0, 1), ("run", 1, 2.5), ("run", 2.5, 10)]
    assert shares(laid).setup == 90


def test_a_setup_that_was_interrupted_goes_on_with_the_minutes_that_were_left() -> None:
    clocks = [
        clock(SETUP, 1, 2, sequence=10, planned_setup=Decimal(90)),
        clock(HOLD, 2, 4, sequence=10),
        clock(SETUP, 4, sequence=10, planned_setup=Decimal(90)),
        clock(SETUP, 1, 4, sequence=20, planned_setup=Decimal(180)),
    ]

    after = settled(clocks, at(10))

    assert after[2:4] == [
        clock(SETUP, 4, 4.5, sequence=10, planned_setup=Decimal(90)),
        clock(RUN, 4.5, sequence=10, planned_setup=Decimal(90)),
    ]
    assert len(after) == 5


def test_a_setup_that_still_lasts_is_not_cut() -> None:
    clocks = [clock(SETUP, 1, sequence=10, planned_setup=Decimal(90)), clock(RUN, 1, sequence=20)]

    assert settled(clocks, at(2)) == clocks


def test_an_operation_that_has_run_is_not_set_up_again() -> None:
    laid = lay([clock(RUN, 1, 2, sequence=10), clock(SETUP, 4, sequence=10, planned_setup=Decimal(90))])

    assert told(laid) == [("wait", 0, 1), ("run", 1, 2), ("wait", 2, 4), ("run", 4, 10)]
    assert shares(laid).setup == 0


def test_an_order_runs_when_one_operation_does_whichever_else_is_being_set_up() -> None:
    laid = lay([clock(SETUP, 1, 5, sequence=10), clock(RUN, 3, 8, sequence=20)])

    assert [(one.sequence, one.setting_up) for one in laid] == [(None, False), (10, True), (20, False), (None, False)]
    assert shares(laid).setup == 120


def test_an_order_that_was_created_this_moment_has_no_time_yet() -> None:
    laid = lay([], hours=0)

    assert laid == ()
    assert minutes(shares(laid)) == (0, 0, 0, 0, 0, 0)


moments = st.integers(0, 10_000_000_000).map(lambda step: DAY + timedelta(microseconds=step))
"""Within the three hours after DAY, by microseconds."""


@st.composite
def spans(draw: st.DrawFn) -> tuple[datetime, datetime | None]:
    start = draw(moments)
    return start, draw(st.none() | moments.filter(lambda moment: moment >= start))


@st.composite
def random_clocks(draw: st.DrawFn) -> Clock:
    start, end = draw(spans())
    return Clock(
        draw(st.sampled_from(ClockKind)),
        start,
        end,
        draw(st.sampled_from([None, 10, 20])),
        draw(st.sampled_from([None, "CNC-1", "CNC-2"])),
        draw(st.sampled_from([None, "x"])),
        draw(st.none() | st.decimals(0, 200, places=3)),
    )


random_stops = st.builds(lambda machine, span: Stop(machine, *span), st.sampled_from(["CNC-1", "CNC-2"]), spans())


@given(st.lists(random_clocks(), max_size=8), st.lists(random_stops, max_size=4), moments, moments, moments)
def test_the_parts_add_up_without_gap_and_overlap(
    clocks: list[Clock], stops: list[Stop], one: datetime, other: datetime, probe: datetime
) -> None:
    start, end = min(one, other), max(one, other)

    laid = stretches(clocks, stops, start=start, end=end, now=end)

    edges = [start, *(stretch.end for stretch in laid)]
    assert [stretch.start for stretch in laid] == edges[:-1]
    assert edges[-1] == end or not laid
    assert all(stretch.start < stretch.end for stretch in laid)
    found = shares(laid)
    parts = (found.wait, found.run, found.hold, found.down)
    assert sum(parts) == found.lead
    assert all(part >= 0 and part == part.quantize(Decimal("0.001")) for part in parts)
    assert 0 <= found.setup <= found.run
    for state, part in zip(State, parts, strict=True):
        exact = sum((stretch.lasted for stretch in laid if stretch.state is state), timedelta()) / timedelta(minutes=1)
        assert abs(float(part) - exact) <= 0.0011
    for stretch in laid:
        if stretch.start <= probe < stretch.end:
            assert stretch.state is by_hand(clocks, stops, probe)


def by_hand(clocks: list[Clock], stops: list[Stop], moment: datetime) -> State:
    """Tell the state of one moment straight from the words of the rule."""
    open_now = [one for one in clocks if one.start <= moment and (one.end is None or moment < one.end)]
    stopped = {one.machine for one in stops if one.start <= moment and (one.end is None or moment < one.end)}
    if any(one.machine in stopped for one in open_now):
        return State.DOWN
    if any(one.kind is not HOLD for one in open_now):
        return State.RUN
    return State.HOLD if open_now else State.WAIT
