"""How numbers and times are written for a person: thin-space thousands, no idle zeros, times in the plant's zone,
due times as one would say them.
"""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from mfg_desktop.exceptions import MONTHS, told_day

THIN: Final = "\u202f"
"""A thin space at which no line ends: half a number would be another number."""
NOTHING: Final = "\u2014"
_WRITTEN_DAYS: Final = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        r"(?P<day>\d{1,2})\.? *(?P<month>[A-Za-z]{3,9})\.?(?: *(?P<year>\d{4}))?",
        r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})",
        r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})",
    )
)
_A_MINUTE: Final = timedelta(minutes=1)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def quantity(value: Decimal | int | None, unit: str = "") -> str:
    """Write 1840.500 as `1 840.5`, with its unit when one is given."""
    if value is None:
        return NOTHING
    text = f"{Decimal(value):,f}".replace(",", THIN)
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if text == "-0":
        text = "0"
    return f"{text} {unit}" if unit else text


def duration(length: timedelta) -> str:
    """Write a length of time in its two largest units: `47 min`, `1 h 20`, `2 d 4 h`."""
    minutes = max(0, int(length.total_seconds() // 60))
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h" if hours and days < 7 else f"{days} d"
    if hours:
        return f"{hours} h {minutes:02d}" if minutes else f"{hours} h"
    return f"{minutes} min"


def clock(at: datetime, zone: ZoneInfo) -> str:
    """Write the time of day on the plant's clock."""
    return f"{at.astimezone(zone):%H:%M}"


def day(on: date | datetime, zone: ZoneInfo | None = None) -> str:
    """Write a day without its year: `23 Nov`. A time needs the plant's zone to know its day."""
    local = on.astimezone(zone) if isinstance(on, datetime) else on
    return f"{local.day} {MONTHS[local.month - 1]}"


def day_of(on: date, today: datetime) -> str:
    """Write a day, with its year where that is another: `23 Nov`, `23 Nov 2025`."""
    return day(on) if on.year == today.year else f"{day(on)} {on.year}"


def full_day(on: date) -> str:
    """Write a day with its year, where it may be any: `23 Nov 2026`."""
    return told_day(on)


def read_day(text: str, today: date) -> date | None:
    """Read a day as it is written here, `23 Nov 2026`, or as other hands write it: `23 Nov` of this year, `23.11.2026`,
    `2026-11-23`. None for anything else.
    """
    for pattern in _WRITTEN_DAYS:
        if (found := pattern.fullmatch(text.strip())) is not None:
            month = found["month"][:3].capitalize()
            number = MONTHS.index(month) + 1 if month in MONTHS else int(month) if month.isdecimal() else 0
            try:
                return date(int(found["year"] or today.year), number, int(found["day"]))
            except ValueError:
                return None
    return None


def weekday(at: datetime, zone: ZoneInfo) -> str:
    """Write a day with its weekday: `Mon 23 Nov`."""
    local = at.astimezone(zone)
    return f"{_DAYS[local.weekday()]} {day(local.date())}"


def moment(at: datetime | None, zone: ZoneInfo, *, now: datetime) -> str:
    """Write when something happened, no longer than needed: `06:14`, `yesterday 22:10`, `5 Oct 06:00`, `5 Oct 2025`."""
    if at is None:
        return NOTHING
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    away = (today - local.date()).days
    if away == 0:
        return clock(at, zone)
    if away == 1:
        return f"yesterday {clock(at, zone)}"
    if local.year == today.year:
        return f"{day(local.date())} {clock(at, zone)}"
    return f"{day(local.date())} {local.year}"


def exactly(at: datetime, zone: ZoneInfo) -> str:
    """Write a time to the second: `23 Nov 2026 10:42:07`, for the audit log and for tooltips."""
    local = at.astimezone(zone)
    return f"{full_day(local)} {local:%H:%M:%S}"


def since(at: datetime | None, zone: ZoneInfo, *, now: datetime) -> str:
    """Write a start and how long ago it was: `since 06:14 (4 h 28)`."""
    if at is None:
        return ""
    return f"since {moment(at, zone, now=now)} ({duration(now - at)})"


def due(at: datetime, zone: ZoneInfo, *, now: datetime, over: bool = False) -> str:
    """Write a due time as one would say it: `due now`, `due in 1 h 20`, `due today 14:00`, `due Wed 14:00`, `due 4
    Dec`, `1 d late`.

    An order that is over is not late any more: `due 4 Dec`.
    """
    if over:
        return f"due {day(at, zone)}"
    left = at - now
    if abs(left) < _A_MINUTE:
        return "due now"
    if left < timedelta(0):
        hours = int(-left / timedelta(hours=1))
        return f"{hours // 24} d late" if hours >= 24 else f"{duration(-left)} late"
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    away = (local.date() - today).days
    if left < timedelta(hours=2):
        return f"due in {duration(left)}"
    if away == 0:
        return f"due today {clock(at, zone)}"
    if away == 1:
        return f"due tomorrow {clock(at, zone)}"
    if away < 7:
        return f"due {_DAYS[local.weekday()]} {clock(at, zone)}"
    return f"due {day(local.date())}"


def initials(name: str) -> str:
    """Give the first letters of the first and the last name."""
    words = name.split()
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def words(value: str) -> str:
    """Write a word of the vocabulary for people: `NO_OPERATOR` as `No operator`, `CNC_LATHE` as `CNC lathe`."""
    text = value.replace("_", " ").lower()
    for plain, written in (("cnc", "CNC"), ("bom", "BOM"), ("semi finished", "semi-finished")):
        text = text.replace(plain, written)
    return text[:1].upper() + text[1:]


def countdown(left: timedelta) -> str:
    """Write the time left as `4:10`."""
    seconds = max(0, int(left.total_seconds()))
    return f"{seconds // 60}:{seconds % 60:02d}"
