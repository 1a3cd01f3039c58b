"""Overall equipment effectiveness: how much of the planned time a machine ran, how fast it ran, and how much of what it made was good."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from mfg_desktop.rules.quantities import ZERO, rounded
from mfg_desktop.rules.shifts import ShiftStretch, minutes, told_minutes

_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Batch:
    """Pieces made with the same ideal cycle."""

    good: Decimal
    scrapped: Decimal
    cycle_seconds: Decimal | None
    """Ideal time for one piece; None when nobody has said it."""


@dataclass(frozen=True, slots=True)
class Effectiveness:
    """The fractions have four places, minutes and pieces three; None where nothing can be said."""

    availability: Decimal | None
    """(planned - downtime) / planned; None when nothing was planned."""
    performance: Decimal | None
    """Ideal cycle x pieces / run time; None when no run time, or pieces without a known cycle."""
    quality: Decimal | None
    """Good / pieces; None without pieces."""
    oee: Decimal | None
    planned_minutes: Decimal
    """Shift time in the period less the planned stops."""
    downtime_minutes: Decimal
    """Within the shifts."""
    run_minutes: Decimal
    """Planned less downtime."""
    ideal_minutes: Decimal
    """Ideal cycle x pieces."""
    pieces: Decimal
    good: Decimal
    scrapped: Decimal


def effectiveness(
    shifts: Sequence[ShiftStretch], stops: Iterable[tuple[datetime, datetime]], batches: Iterable[Batch]
) -> Effectiveness:
    """Availability = (planned - downtime) / planned, performance = ideal cycle x pieces / run time, quality = good / pieces; OEE is their product.

    Planned is the time of the shifts less their planned stops, run time is planned less downtime. Pieces are good and scrapped ones.
    OEE is 0 as soon as one of the three is: a machine that was down all day or made nothing was not effective, whatever its pieces would have been like.
    """
    planned = sum((shift.planned for shift in shifts), Fraction(0))
    downtime = downtime_in(shifts, stops)
    run = planned - downtime
    made = list(batches)
    good, scrapped = sum((batch.good for batch in made), ZERO), sum((batch.scrapped for batch in made), ZERO)
    pieces = good + scrapped
    ideal = sum(
        (Fraction(batch.good + batch.scrapped) * Fraction(batch.cycle_seconds or ZERO) / 60 for batch in made),
        Fraction(0),
    )
    all_known = all(batch.cycle_seconds is not None or not batch.good + batch.scrapped for batch in made)
    availability = run / planned if planned else None
    performance = ideal / run if run and all_known else None
    quality = Fraction(good) / Fraction(pieces) if pieces else None
    return Effectiveness(
        availability=_places(availability),
        performance=_places(performance),
        quality=_places(quality),
        oee=_places(_product(availability, performance, quality)),
        planned_minutes=told_minutes(planned),
        downtime_minutes=told_minutes(downtime),
        run_minutes=told_minutes(run),
        ideal_minutes=told_minutes(ideal),
        pieces=rounded(pieces),
        good=rounded(good),
        scrapped=rounded(scrapped),
    )


def downtime_in(shifts: Sequence[ShiftStretch], stops: Iterable[tuple[datetime, datetime]]) -> Fraction:
    """Share stops out to the shifts that they touch, and give the minutes within shifts.

    A machine that is down for a whole shift is down through its planned stop as well; it cannot be down for longer than was planned.
    """
    total = Fraction(0)
    waiting = sorted(stops)
    first = 0
    for shift in shifts:
        while first < len(waiting) and waiting[first][1] <= shift.start:
            first += 1
        inside = timedelta()
        for index in range(first, len(waiting)):
            start, end = waiting[index]
            if start >= shift.end:
                break
            inside += max(timedelta(), min(end, shift.end) - max(start, shift.start))
        total += min(minutes(inside), shift.planned)
    return total


def _places(exact: Fraction | None) -> Decimal | None:
    if exact is None:
        return None
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(_PLACES, ROUND_HALF_UP)


def _product(availability: Fraction | None, performance: Fraction | None, quality: Fraction | None) -> Fraction | None:
    if 0 in (availability, performance, quality):
        return Fraction(0)
    if availability is None or performance is None or quality is None:
        return None
    return availability * performance * quality
