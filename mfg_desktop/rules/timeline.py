"""Where an order's time went: every moment from its start to its end is waiting, running, on hold or down, and is counted once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from mfg_desktop.rules.quantities import ZERO
from mfg_desktop.rules.routing import setup_ends, setup_left
from mfg_desktop.rules.shifts import minutes, told_minutes
from mfg_desktop.vocabulary import ClockKind


class State(StrEnum):
    """What an order's time is spent on."""

    WAIT = "wait"
    RUN = "run"
    HOLD = "hold"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Clock:
    """A stretch of work or hold of an order, as it was kept; `sequence` names the operation whose it is."""

    kind: ClockKind
    start: datetime
    end: datetime | None = None
    """None while it is open."""
    sequence: int | None = None
    machine: str | None = None
    reason: str | None = None
    planned_setup: Decimal | None = None
    """Minutes that setting up the operation takes by plan."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A downtime of a machine."""

    machine: str
    start: datetime
    end: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of an order's time in one state."""

    state: State
    start: datetime
    end: datetime
    sequence: int | None = None
    machine: str | None = None
    reason: str | None = None
    setting_up: bool = False

    @property
    def lasted(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Shares:
    """Minutes with three places: wait + run + hold + down = lead, to the last place."""

    wait: Decimal
    run: Decimal
    hold: Decimal
    down: Decimal
    lead: Decimal
    setup: Decimal
    """The part of run that was setting up."""


def settled(clocks: Iterable[Clock], now: datetime) -> list[Clock]:
    """End each open setup where its planned minutes are over; what follows until now was running.

    Nothing ticks by itself: a setup is only ended in the books when its operation is touched next, and until then a question ends it so.
    """
    kept = list(clocks)
    told: list[Clock] = []
    for clock in kept:
        own = [other for other in kept if other.sequence == clock.sequence]
        over = _setup_over(clock, own, now) if clock.kind is ClockKind.SETUP and clock.end is None else None
        if over is None:
            told.append(clock)
        else:
            told += [replace(clock, end=over), replace(clock, kind=ClockKind.RUN, start=over)]
    return told


def _setup_over(clock: Clock, own: Sequence[Clock], now: datetime) -> datetime | None:
    """Tell when an open setup was over; None while it lasts. A setup that was interrupted goes on with the minutes that were left."""
    setups = (other for other in own if other.kind is ClockKind.SETUP)
    spent = sum((other.end - other.start for other in setups if other.end is not None), timedelta())
    left = setup_left(clock.planned_setup, spent, has_run=any(other.kind is ClockKind.RUN for other in own))
    return setup_ends(clock.start, left, now)


def stretches(
    clocks: Sequence[Clock], stops: Sequence[Stop], *, start: datetime, end: datetime, now: datetime
) -> tuple[Stretch, ...]:
    """Lay an order's time out from start to end, without gaps and overlaps.

    A moment is down when a machine is stopped on which the order runs, or would run but for the stop (its hold carries the machine); else it runs
    when anything of it runs; else it is on hold when anything of it is held; else it waits. Several operations at once count once.
    """
    known = settled(clocks, now)
    edges = {start, end}
    spans: Sequence[Clock | Stop] = [*known, *stops]
    for one in spans:
        edges.update(edge for edge in (one.start, one.end) if edge is not None and start < edge < end)
    moments = sorted(edges)
    laid: list[Stretch] = []
    for since, until in pairwise(moments):
        ticking = [clock for clock in known if _covers(clock, since)]
        told = _told(ticking, [stop for stop in stops if _covers(stop, since)], since, until)
        if laid and replace(laid[-1], end=until) == replace(told, start=laid[-1].start):
            laid[-1] = replace(laid[-1], end=until)
        else:
            laid.append(told)
    return tuple(laid)


def _covers(one: Clock | Stop, moment: datetime) -> bool:
    return one.start <= moment and (one.end is None or one.end > moment)


def _told(ticking: Sequence[Clock], stopped: Sequence[Stop], since: datetime, until: datetime) -> Stretch:
    """Tell one moment's state. Of several clocks the one of the order itself is named, else that of the first operation."""
    in_order = sorted(ticking, key=lambda clock: (clock.sequence or 0, clock.start))
    for clock in in_order:
        for stop in stopped:
            if stop.machine == clock.machine:
                return Stretch(State.DOWN, since, until, clock.sequence, stop.machine, stop.reason or clock.reason)
    running = [clock for clock in in_order if clock.kind is not ClockKind.HOLD]
    if running:
        first = next((clock for clock in running if clock.kind is ClockKind.RUN), running[0])
        setting_up = first.kind is ClockKind.SETUP
        return Stretch(State.RUN, since, until, first.sequence, first.machine, setting_up=setting_up)
    if in_order:
        return Stretch(State.HOLD, since, until, in_order[0].sequence, in_order[0].machine, in_order[0].reason)
    return Stretch(State.WAIT, since, until)


def shares(laid: Sequence[Stretch]) -> Shares:
    """Add the stretches up by state. The running total is rounded and not each part, so that the parts always add up to the lead time."""

    parts: dict[State, Decimal] = {}
    total, told = timedelta(), ZERO
    for state in State:
        total += _lasted(stretch for stretch in laid if stretch.state is state)
        parts[state] = told_minutes(minutes(total)) - told
        told = told_minutes(minutes(total))
    setup = told_minutes(minutes(_lasted(stretch for stretch in laid if stretch.setting_up)))
    return Shares(
        wait=parts[State.WAIT],
        run=parts[State.RUN],
        hold=parts[State.HOLD],
        down=parts[State.DOWN],
        lead=told,
        setup=min(setup, parts[State.RUN]),
    )


def _lasted(laid: Iterable[Stretch]) -> timedelta:
    return sum((stretch.lasted for stretch in laid), timedelta())
