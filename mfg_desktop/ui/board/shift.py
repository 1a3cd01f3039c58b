"""The plant's day as the board counts it: when the running shift began, and the shift, day or week that is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from mfg_desktop.queries.rows import ShiftRow

_THIRDS: Final = (
    ShiftRow("", "00:00", "08:00", 0),
    ShiftRow("", "08:00", "16:00", 0),
    ShiftRow("", "16:00", "00:00", 0),
)
"""A plant without shifts is looked at by thirds of its day."""
BETWEEN: Final = "Between shifts"


class Span(StrEnum):
    """How much time the time line shows."""

    SHIFT = "shift"
    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A shift, the time between two, a day or a week."""

    start: datetime
    end: datetime
    name: str = ""
    """Of the shift."""


def began(now: datetime, shifts: Sequence[ShiftRow], zone: ZoneInfo) -> datetime:
    """Give the start, in UTC, of the shift that runs now; between shifts, of the one that ran last.

    A plant without shifts counts from midnight.
    """
    return max((one.start for one in _shifts(now, shifts, zone) if one.start <= now), default=_midnight(now, zone))


def around(at: datetime, span: Span, shifts: Sequence[ShiftRow], zone: ZoneInfo) -> Stretch:
    """Give the shift, the day or the week, in UTC, that a moment lies in."""
    if span is Span.SHIFT:
        near = _shifts(at, shifts or _THIRDS, zone)
        ran = max((one for one in near if one.start <= at), key=lambda one: one.start)
        following = min(one.start for one in near if one.start > at)
        if at < ran.end:
            return replace(ran, end=min(ran.end, following))
        return Stretch(ran.end, following, BETWEEN)
    today = at.astimezone(zone).date()
    if span is Span.DAY:
        return Stretch(_begin(today, zone), _begin(today + timedelta(days=1), zone))
    monday = today - timedelta(days=today.weekday())
    return Stretch(_begin(monday, zone), _begin(monday + timedelta(days=7), zone))


def shifts_within(stretch: Stretch, shifts: Sequence[ShiftRow], zone: ZoneInfo) -> list[Stretch]:
    """Give the shifts that begin in a stretch of time."""
    days = (stretch.end - stretch.start).days + 1
    found = {
        one
        for day in range(days)
        for one in _shifts(stretch.start + timedelta(days=day), shifts, zone)
        if stretch.start <= one.start < stretch.end
    }
    return sorted(found, key=lambda one: one.start)


def _shifts(at: datetime, shifts: Sequence[ShiftRow], zone: ZoneInfo) -> list[Stretch]:
    """Give the shifts that begin from the day before to the day after; one by night ends on the day that follows."""
    today = at.astimezone(zone).date()
    found = []
    for away in (-1, 0, 1):
        day = today + timedelta(days=away)
        for shift in shifts:
            start, end = time.fromisoformat(shift.start), time.fromisoformat(shift.end)
            ends_on = day + timedelta(days=1) if end <= start else day
            found.append(Stretch(_begin(day, zone, start), _begin(ends_on, zone, end), shift.name))
    return found


def _midnight(at: datetime, zone: ZoneInfo) -> datetime:
    return _begin(at.astimezone(zone).date(), zone)


def _begin(day: date, zone: ZoneInfo, at: time = time()) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
