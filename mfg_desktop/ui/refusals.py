"""How a refusal reads in the window: its sentences with days and times as everywhere in it, on the plant's clock.

The service writes them for its log and for programs, which want the year and the zone.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from mfg_desktop.exceptions import CATALOGUE, ManufacturingException
from mfg_desktop.queries.rows import Violation
from mfg_desktop.ui.kit import formats


def told(reason: Violation, zone: ZoneInfo) -> Violation:
    """Write a reason for the window; one without a time reads as it is."""
    entry = CATALOGUE.get(reason.code)
    if entry is None or not any(isinstance(value, date) for value in reason.details.values()):
        return reason
    message, next_step = entry.fill(reason.details, times(zone))
    return replace(reason, message=message, next_step=next_step)


def times(zone: ZoneInfo) -> Callable[[date], str]:
    """Give what writes a day or a time into a sentence."""
    today = datetime.now(zone)

    def write(at: date) -> str:
        # With its day always: the sentences say "on", "since" and "until" before it.
        day = formats.day_of(at.astimezone(zone).date() if isinstance(at, datetime) else at, today)
        return f"{day} {formats.clock(at, zone)}" if isinstance(at, datetime) else day

    return write


def all_told(reasons: Sequence[Violation], zone: ZoneInfo) -> tuple[Violation, ...]:
    return tuple(told(reason, zone) for reason in reasons)


def reasons_of(error: ManufacturingException, zone: ZoneInfo) -> tuple[Violation, ...]:
    """Give every reason of a refusal, written for the window."""
    return tuple(told(Violation.of(one), zone) for one in error.violations)


def sentence(error: ManufacturingException, zone: ZoneInfo) -> str:
    """Write a refusal in a line: what is wrong, and what to do next."""
    first = reasons_of(error, zone)[0]
    return f"{first.message} {first.next_step}".strip()
