"""How a machine's time is cut up: into shifts by the plant's calendar, and into being down, setting up, running and standing idle."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from mfg_desktop.rules.quantities import rounded
from mfg_desktop.vocabulary import MachineState

_A_DAY = timedelta(days=1)
_A_MICROSECOND = timedelta(microseconds=1)
_STRONGER_FIRST = (MachineState.DOWN, MachineState.SETUP, MachineState.RUN, MachineState.IDLE)

Told = TypeVar("Told")


@dataclass(frozen=True, slots=True)
class ShiftTimes:
    """A shift as the plant's settings have it: local times of day, HH:MM; it ends on the next day when its end is not after its start."""

    start: str
    end: str
    planned_stop_minutes: int


@dataclass(frozen=True, slots=True)
class ShiftStretch:
    """The part of one day's shift that lies in a period, in UTC."""

    start: datetime
    end: datetime
    planned_stop: Fraction
    """Minutes of planned stop in this part."""

    @property
    def planned(self) -> Fraction:
        """Minutes in which work was planned."""
        return minutes(self.end - self.start) - self.planned_stop


@dataclass(frozen=True, slots=True)
class Span(Generic[Told]):
    """A stretch of a machine's time in one state, with what there is to tell of it."""

    state: MachineState
    start: datetime
    end: datetime
    told: Told


def minutes(length: timedelta) -> Fraction:
    """Give a length of time in minutes, exactly: parts that are rounded would not add up to the whole."""
    return Fraction(length // _A_MICROSECOND, 60_000_000)


def told_minutes(exact: Fraction) -> Decimal:
    """Give exact minutes as a decimal with three places."""
    return rounded(Decimal(exact.numerator) / Decimal(exact.denominator))


# ---------------------------------------------------------------------- shifts


def shift_minutes(start: str, end: str) -> int:
    """Give how long a shift lasts on most days, in minutes; one that ends when it starts lasts the whole day."""
    begins, ends = (int(moment[:2]) * 60 + int(moment[3:]) for moment in (start, end))
    return (ends - begins) % 1440 or 1440


def shift_stretches(
    shifts: Sequence[ShiftTimes], zone: ZoneInfo, *, start: datetime, end: datetime
) -> list[ShiftStretch]:
    """Lay the plant's shifts over a period: the stretches of time in which work was planned, in order and without overlaps.

    A shift has the length that the clocks on the wall give it: a night shift from 22:00 to 06:00 lasts 7 or 9 hours when
    summer time begins or ends. A shift that is cut by the period has its planned stop shared in proportion. Where two
    shifts overlap, as for a handover, the time counts once, with the earlier one. Without shifts the whole time is planned.
    """
    if start >= end:
        return []
    if not shifts:
        return [ShiftStretch(start, end, Fraction(0))]
    found = []
    covered = start
    for begins, ends, stop in sorted(_on_the_wall(shifts, zone, start, end)):
        first, last = max(begins, covered), min(ends, end)
        # Also a shift inside the hour that is left out in spring: it ends before it begins, and does not take place.
        if first >= last:
            continue
        whole = minutes(ends - begins)
        share = min(Fraction(stop), whole) * minutes(last - first) / whole
        found.append(ShiftStretch(first, last, share))
        covered = last
    return found


def _on_the_wall(
    shifts: Sequence[ShiftTimes], zone: ZoneInfo, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, int]]:
    # From the day before: its night shift may reach into the period.
    day, last = start.astimezone(zone).date() - _A_DAY, end.astimezone(zone).date()
    while day <= last:
        for shift in shifts:
            next_day = day + _A_DAY if shift.end <= shift.start else day
            yield _moment(day, shift.start, zone), _moment(next_day, shift.end, zone), shift.planned_stop_minutes
        day += _A_DAY


def _moment(day: date, local: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.fromisoformat(local), zone).astimezone(UTC)


def start_of_day(now: datetime, zone: ZoneInfo) -> datetime:
    """Give the moment at which the plant's day began."""
    return datetime.combine(now.astimezone(zone).date(), time(), zone).astimezone(UTC)


# ---------------------------------------------------------------------- what a machine did


def states(
    spans: Sequence[Span[Told]], *, start: datetime, end: datetime, idle: Told | None = None
) -> list[Span[Told]]:
    """Lay what a machine did over a period, in order and without overlaps: being down beats setting up, that beats running.

    With `idle`, what to tell of it, the time in which it did nothing is filled with IDLE, and there are no gaps.
    """
    inside = sorted(
        (span for span in spans if max(span.start, start) < min(span.end, end)), key=lambda span: (span.start, span.end)
    )
    borders = sorted({start, end, *(max(s.start, start) for s in inside), *(min(s.end, end) for s in inside)})
    found: list[Span[Told]] = []
    open_now: list[Span[Told]] = []
    coming = 0
    for first, last in pairwise(borders):
        while coming < len(inside) and inside[coming].start <= first:
            open_now.append(inside[coming])
            coming += 1
        open_now = [span for span in open_now if span.end > first]
        if open_now:
            strongest = min(open_now, key=lambda span: _STRONGER_FIRST.index(span.state))
            _lay(found, Span(strongest.state, first, last, strongest.told))
        elif idle is not None:
            _lay(found, Span(MachineState.IDLE, first, last, idle))
    return found


def _lay(found: list[Span[Told]], span: Span[Told]) -> None:
    """Add a span, or make the one before longer if it goes on."""
    before = found[-1] if found else None
    if before is not None and (before.state, before.told, before.end) == (span.state, span.told, span.start):
        found[-1] = Span(before.state, before.start, span.end, before.told)
    else:
        found.append(span)
