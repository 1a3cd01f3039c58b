"""When the running shift began, so that the board can say what it has completed."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mfg_desktop.queries.rows import ShiftRow


def began(now: datetime, shifts: Sequence[ShiftRow], zone: ZoneInfo) -> datetime:
    """Give the start, in UTC, of the shift that runs now; between shifts, of the one that ran last.

    A plant without shifts counts from midnight.
    """
    local = now.astimezone(zone)
    days = (local.date(), local.date() - timedelta(days=1))
    starts = [
        datetime.combine(day, time.fromisoformat(shift.start), tzinfo=zone).astimezone(UTC)
        for day in days
        for shift in shifts
    ]
    midnight = datetime.combine(local.date(), time(), tzinfo=zone).astimezone(UTC)
    return max((start for start in starts if start <= now), default=midnight)
