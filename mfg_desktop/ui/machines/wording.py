"""How a machine is told to a person: state with since-when, work, day, stops, effectiveness, maintenance, technical record."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from mfg_desktop.queries.rows import DowntimeRow, DowntimeShare, MachineDetail, MachineRow, Oee, OrderRow, RibbonStretch
from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.bars import output_segments
from mfg_desktop.ui.kit.cards import Card
from mfg_desktop.ui.kit.charts import Band, Share, Stretch
from mfg_desktop.ui.machines.presenter import Arrangement, Shown
from mfg_desktop.ui.theme import MACHINE_LOOKS, ORDER_LOOKS, Look, Tone
from mfg_desktop.vocabulary import DowntimeCategory, MachineState, MachineStatus

SHOWN_LOOKS: Final = {
    Shown.ALL: Look(Tone.PLANNED, "machine", "All"),
    Shown.BROKEN: MACHINE_LOOKS[MachineStatus.BROKEN],
    Shown.MAINTENANCE: MACHINE_LOOKS[MachineStatus.MAINTENANCE],
    Shown.OVERDUE: Look(Tone.TROUBLE, "calendar", "Overdue"),
    Shown.IN_USE: MACHINE_LOOKS[MachineStatus.IN_USE],
    Shown.AVAILABLE: MACHINE_LOOKS[MachineStatus.AVAILABLE],
    Shown.RETIRED: MACHINE_LOOKS[MachineStatus.RETIRED],
}
COUNTED_WORDS: Final = {
    Shown.BROKEN: "broken",
    Shown.MAINTENANCE: "in maintenance",
    Shown.OVERDUE: "overdue for maintenance",
    Shown.IN_USE: "in use",
    Shown.AVAILABLE: "available",
}
"""What the wall view counts, in the order of how bad it is: `1 in maintenance`."""
ARRANGEMENTS: Final = (
    (Arrangement.TROUBLE, "Trouble"),
    (Arrangement.DEPARTMENT, "Department"),
    (Arrangement.TYPE, "Type"),
)
NOTHING_SHOWN: Final = {
    Shown.ALL: (
        "No machines yet",
        "Every machine gets a tile here, with its state and its work. Make the first in Set-up.",
    ),
    Shown.BROKEN: ("Nothing is broken", "A machine that is set to Broken appears here with the time it stands."),
    Shown.MAINTENANCE: ("Nothing is in maintenance", "A machine that is set to Maintenance appears here."),
    Shown.OVERDUE: ("No maintenance is overdue", "A machine appears here the day after its maintenance was due."),
    Shown.IN_USE: ("Nothing runs", "Start a released order on the board, and its machine appears here."),
    Shown.AVAILABLE: ("No machine is free", "A machine that could take work now appears here."),
    Shown.RETIRED: ("No machine is retired", "Machines that left the plant appear here."),
}
SET_TITLES: Final = {
    MachineStatus.AVAILABLE: "{} can work again",
    MachineStatus.MAINTENANCE: "{} goes into maintenance",
    MachineStatus.BROKEN: "{} is broken",
    MachineStatus.RETIRED: "Retire {}",
}
SET_REMARKS: Final = {
    MachineStatus.AVAILABLE: "Tap what was done. The open downtime ends now.",
    MachineStatus.MAINTENANCE: "Tap the reason. Downtime starts now, and the order that runs is put on hold.",
    MachineStatus.BROKEN: "Tap the reason. Downtime starts now, and the order that runs is put on hold.",
    MachineStatus.RETIRED: "It takes no work any more. This cannot be taken back.",
}
STATE_TONES: Final[dict[MachineStatus, Tone]] = {status: look.tone for status, look in MACHINE_LOOKS.items()}
STATE_BANDS: Final = {
    MachineState.RUN: Band(Tone.RUNNING, "Ran"),
    MachineState.SETUP: Band(Tone.RELEASED, "Set up", 0.7),
    MachineState.IDLE: Band(Tone.PLANNED, "Idle", 0.2),
    MachineState.DOWN: Band(Tone.TROUBLE, "Down", hatched=True),
}
FACTORS: Final = ("Availability", "Performance", "Quality", "OEE today")
_ALARMING: Final = frozenset({Tone.TROUBLE, Tone.HELD})


def group_name(name: str, arrangement: Arrangement) -> str:
    """Write the heading of a group: departments have names, types are words of the vocabulary."""
    return formats.words(name) if arrangement is Arrangement.TYPE else name


def since_long(row: MachineRow, zone: ZoneInfo, now: datetime) -> str:
    """Write since when the machine is in its state, and how long that is: `since 09:55 · 47 min`."""
    if row.since is None:
        return ""
    return f"since {formats.moment(row.since, zone, now=now)} · {formats.duration(now - row.since)}"


def since_short(row: MachineRow, now: datetime) -> str:
    """Write how long the machine is in its state."""
    return "" if row.since is None else formats.duration(now - row.since)


def state_ink(row: MachineRow) -> Tone | None:
    """Give the tone in which the time of a state is written, when it is one to worry about."""
    tone = STATE_TONES[row.status]
    return tone if tone in _ALARMING else None


def state_sentence(row: MachineRow, zone: ZoneInfo, now: datetime) -> str:
    """Write the state in full: `Broken since 09:55 · 47 min`."""
    return f"{MACHINE_LOOKS[row.status].word} {since_long(row, zone, now)}".strip()


def model(row: MachineRow) -> str:
    return " ".join(part for part in (row.brand, row.model) if part)


def operation(row: MachineRow) -> str:
    """Write which operation of the order runs: `op 20 Turning`."""
    return "" if row.sequence is None else f"op {row.sequence} {row.process_name or ''}".rstrip()


def work(row: MachineRow) -> str:
    """Write the order that runs, and which operation of it or what it makes."""
    return " · ".join(part for part in (row.work_order, operation(row) or row.work_order_product) if part)


def work_briefly(row: MachineRow) -> str:
    """Write the order that runs and its operation without the name, where there is no room: `WO-2026-00042 · op 20`."""
    return work(row) if row.sequence is None else f"{row.work_order} · op {row.sequence}"


def work_in_full(row: MachineRow) -> str:
    """Write the operation that runs and what the order makes."""
    return " · ".join(part for part in (operation(row), row.work_order_product) if part)


def oee_briefly(row: MachineRow) -> str:
    """Write today's effectiveness for a tile: `OEE 84 %`; a machine that made nothing yet has none to be judged by."""
    if row.oee_today is None:
        return ""
    return f"OEE {row.oee_today:.0%}".replace("%", " %") if row.oee_today else "no output"


def made_briefly(row: MachineRow) -> str:
    """Write how far it is with what runs: `132 of 200`."""
    return f"{formats.quantity(row.good)} of {formats.quantity(row.quantity_ordered)}"


def made(row: MachineRow) -> str:
    """Write how far it is with what runs, with its scrap: `132 of 200 · 8 scrap`."""
    return made_briefly(row) + (f" · {formats.quantity(row.scrapped)} scrap" if row.scrapped else "")


def due(row: MachineRow, zone: ZoneInfo, now: datetime) -> tuple[str, Tone | None]:
    """Write when the order that runs is due, in the tone of trouble when that has passed."""
    if row.planned_end is None:
        return "", None
    return formats.due(row.planned_end, zone, now=now), Tone.TROUBLE if row.planned_end < now else None


def due_briefly(words: str) -> str:
    """Leave out what a line on a tile can do without: `tomorrow 16:15`, `Wed 14:00`."""
    return words.removeprefix("due ")


def next_start(order: OrderRow, zone: ZoneInfo, now: datetime) -> tuple[str, Tone | None]:
    """Write when the order that is next was to start, in the tone of a warning when that has passed."""
    return (
        f"planned {formats.moment(order.planned_start, zone, now=now)}",
        Tone.HELD if order.planned_start < now else None,
    )


def maintenance(row: MachineRow, today: date) -> tuple[str, Tone | None]:
    """Write the next maintenance: `maintenance in 12 d`, `maintenance today`, `maintenance 3 d overdue`."""
    if row.next_maintenance is None:
        return "no maintenance planned", None
    days = (row.next_maintenance - today).days
    if row.maintenance_overdue:
        return f"maintenance {-days} d overdue", Tone.TROUBLE
    if days <= 0:
        return "maintenance today", Tone.HELD
    return f"maintenance in {days} d", Tone.HELD if days <= 3 else None


def maintenance_briefly(row: MachineRow, today: date) -> str:
    """Write the next maintenance without its name, where a wrench stands before it: `in 12 d`, `3 d overdue`, `no date`."""
    return "no date" if row.next_maintenance is None else maintenance(row, today)[0].removeprefix("maintenance ")


def queued(row: MachineRow) -> str:
    return f"{row.queue} queued" if row.queue else "none queued"


def plate(row: MachineRow) -> str:
    """Write the model beside the code, where no other line tells it."""
    return (row.model or row.brand or "") if row.work_order or row.open_downtime else ""


def idle_notes(row: MachineRow) -> tuple[tuple[str, Tone | None], ...]:
    """Give the two lines of a tile on which nothing runs: what kind of stop and why, or what machine stands free."""
    down, tone = row.open_downtime, state_ink(row)
    reason = (down.reason if down else None) or row.status_reason or ""
    if down is not None:
        return (formats.words(down.category.value), tone), (reason, tone)
    return (model(row), None), (reason, tone)


def downtime_sentence(down: DowntimeRow) -> str:
    """Write why a machine is down: `Breakdown · spindle`."""
    return " · ".join(part for part in (formats.words(down.category.value), down.reason) if part)


def downtime_times(down: DowntimeRow, zone: ZoneInfo, now: datetime) -> str:
    """Write from when to when: `09:55 to now`, `20 Nov 09:55 to 10:42`."""
    start = formats.moment(down.start, zone, now=now)
    if down.end is None:
        return f"{start} to now"
    same_day = down.start.astimezone(zone).date() == down.end.astimezone(zone).date()
    return f"{start} to {formats.clock(down.end, zone) if same_day else formats.moment(down.end, zone, now=now)}"


def stop_in_full(down: DowntimeRow, zone: ZoneInfo, now: datetime) -> str:
    """Write a stop for the head of its dialog: `09:55 to 10:42 · 47 min · Breakdown · Spindle`, and who said so."""
    length = formats.duration((down.end or now) - down.start)
    parts = (downtime_times(down, zone, now), length, downtime_sentence(down), down.notes, down.badge)
    return " · ".join(part for part in parts if part)


def stretch_sentence(stretch: RibbonStretch, zone: ZoneInfo, now: datetime, *, goes_on: bool) -> str:
    """Write what a machine did in a stretch of its day: `Down 09:55 to 10:42 · 47 min · Breakdown · Spindle`."""
    end = "now" if goes_on else formats.clock(stretch.end, zone)
    times = f"{STATE_BANDS[stretch.state].word} {formats.moment(stretch.start, zone, now=now)} to {end}"
    parts = [times, formats.duration(stretch.end - stretch.start)]
    if stretch.work_order:
        parts.append(stretch.work_order + (f" op {stretch.sequence}" if stretch.sequence is not None else ""))
    if stretch.category is not None:
        parts.append(formats.words(stretch.category.value))
    return " · ".join([*parts, *([stretch.reason] if stretch.reason else [])])


def up_to(stretches: tuple[RibbonStretch, ...], now: datetime) -> tuple[RibbonStretch, ...]:
    """Let the last stretch go on until now: nothing else has been heard of the machine since it was asked about."""
    if not stretches or stretches[-1].end >= now:
        return stretches
    return (*stretches[:-1], replace(stretches[-1], end=now))


def ribbon(stretches: tuple[RibbonStretch, ...]) -> list[Stretch]:
    """Give the last day for painting."""
    return [Stretch(one.start, one.end, STATE_BANDS[one.state]) for one in stretches]


def legend(stretches: tuple[RibbonStretch, ...]) -> list[tuple[Band, str]]:
    """Give what the colours of the ribbon mean, each with its time in all."""
    told = []
    for state, band in STATE_BANDS.items():
        spent = sum((one.end - one.start for one in stretches if one.state is state), timedelta())
        told.append((band, formats.duration(spent)))
    return told


def shares(pareto: tuple[DowntimeShare, ...]) -> list[Share]:
    """Give the bars of the Pareto: `312 min · 4 stops`."""
    told = []
    for one in pareto:
        look = Look(_DOWN_TONES[one.category], DOWN_ICONS[one.category], formats.words(one.category.value))
        times = f"{one.stops} stop" if one.stops == 1 else f"{one.stops} stops"
        told.append(Share(look, one.minutes, f"{formats.duration(timedelta(minutes=float(one.minutes)))} · {times}"))
    return told


def percent(fraction: Decimal | None) -> str:
    """Write a fraction with one place: `84.4 %`; nothing can be said about None."""
    return formats.NOTHING if fraction is None else f"{fraction * 100:.1f} %"


def oee_figures(oee: Oee | None) -> list[tuple[str, str]]:
    """Give the three factors of the effectiveness and their product."""
    told = (oee.availability, oee.performance, oee.quality, oee.oee) if oee is not None else (None,) * len(FACTORS)
    return [(name, percent(fraction)) for name, fraction in zip(FACTORS, told, strict=True)]


def oee_behind(oee: Oee | None) -> str:
    """Write the minutes and pieces behind the effectiveness: `450 min planned, 45 down · 400 pieces, 380 good`."""
    if oee is None or not oee.planned_minutes:
        return "No shift was planned today so far."
    minutes = f"{_whole(oee.planned_minutes)} min planned, {_whole(oee.downtime_minutes)} down"
    if not oee.pieces:
        return f"{minutes} · no pieces yet"
    pieces = f"{formats.quantity(oee.pieces)} pieces, {formats.quantity(oee.good)} good"
    # Without the planned time of a piece nobody can say how fast it should have been.
    return f"{pieces} · no cycle time is set for them" if oee.performance is None else f"{minutes} · {pieces}"


def oee_in_full(oee: Oee | None) -> str:
    """Write how each factor comes about, a line each."""
    if oee is None:
        return oee_behind(oee)
    planned, run, down = _whole(oee.planned_minutes), _whole(oee.run_minutes), _whole(oee.downtime_minutes)
    ideal = f"{formats.quantity(oee.pieces)} pieces ideally take {_whole(oee.ideal_minutes)} min."
    if oee.performance is None and oee.pieces:
        ideal = "cannot be told, no cycle time is set for these pieces."
    lines = (
        f"Availability: {run} min left of {planned} planned, {down} were down.",
        f"Performance: {ideal}",
        f"Quality: {formats.quantity(oee.good)} good, {formats.quantity(oee.scrapped)} scrap.",
    )
    return "\n".join(lines)


def _whole(minutes: Decimal) -> str:
    return formats.quantity(minutes.quantize(Decimal(1)))


def maintenance_sentence(detail: MachineDetail, today: date) -> str:
    """Write when maintenance is due, in full: `Maintenance in 12 d, on 4 Dec 2026. Every 90 days.`"""
    row = detail.row
    words = maintenance(row, today)[0]
    on = f", on {formats.full_day(row.next_maintenance)}" if row.next_maintenance else ""
    return f"{words[:1].upper()}{words[1:]}{on}. Every {detail.maintenance_interval_days} days."


def downtime_card(down: DowntimeRow, zone: ZoneInfo, now: datetime) -> Card:
    """Write a downtime as a card: what kind, when, how long, why."""
    return Card(
        key=down.start.isoformat(),
        title=formats.duration((down.end or now) - down.start),
        subtitle=downtime_times(down, zone, now),
        chip=Look(_DOWN_TONES[down.category], DOWN_ICONS[down.category], formats.words(down.category.value)),
        when=down.reason or "",
        when_tone=None if down.end else Tone.TROUBLE,
    )


def queue_card(order: OrderRow, zone: ZoneInfo, now: datetime) -> Card:
    """Write an order that waits for the machine as a card."""
    return Card(
        key=order.number,
        title=order.number,
        subtitle=order.product_name,
        chip=ORDER_LOOKS[order.status],
        when=formats.due(order.planned_end, zone, now=now),
        when_tone=Tone.TROUBLE if order.overdue else None,
        segments=output_segments(order.quantity_completed, order.quantity_scrapped),
        total=order.quantity_ordered,
        figure=formats.quantity(order.quantity_completed),
        figure_rest=f"of {formats.quantity(order.quantity_ordered, order.unit)}",
    )


_DOWN_TONES: Final = {
    DowntimeCategory.MAINTENANCE: Tone.HELD,
    DowntimeCategory.BREAKDOWN: Tone.TROUBLE,
    DowntimeCategory.SETUP: Tone.RELEASED,
    DowntimeCategory.NO_OPERATOR: Tone.PLANNED,
    DowntimeCategory.NO_MATERIAL: Tone.PLANNED,
    DowntimeCategory.OTHER: Tone.PLANNED,
}
DOWN_ICONS: Final = {
    DowntimeCategory.MAINTENANCE: "wrench",
    DowntimeCategory.BREAKDOWN: "broken",
    DowntimeCategory.SETUP: "setup",
    DowntimeCategory.NO_OPERATOR: "person",
    DowntimeCategory.NO_MATERIAL: "material",
    DowntimeCategory.OTHER: "info",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the technical record: its name, where its value is, and how it is written."""

    name: str
    value: Callable[[MachineDetail], Any]
    unit: str = ""

    def text(self, detail: MachineDetail) -> str:
        value = self.value(detail)
        if value is None:
            return ""
        if isinstance(value, Decimal | int):
            return formats.quantity(value, self.unit)
        return f"{value} {self.unit}".strip()


RECORD: Final = (
    Fact("Type", lambda d: formats.words(d.row.type.value)),
    Fact("Brand", lambda d: d.row.brand),
    Fact("Model", lambda d: d.row.model),
    Fact("Department", lambda d: d.row.department_name or d.row.department),
    Fact("Control", lambda d: d.nc_control_unit),
    Fact("Axes", lambda d: d.axis_count and formats.words(d.axis_count.value.removeprefix("AXIS_"))),
    Fact("Spindle speed", lambda d: d.spindle_speed_rpm, "rpm"),
    Fact("Spindle, 30 % duty", lambda d: d.spindle_power_30_kw, "kW"),
    Fact("Spindle, 10 % duty", lambda d: d.spindle_power_10_kw, "kW"),
    Fact("Power", lambda d: d.power_hp, "hp"),
    Fact("Connected load", lambda d: d.motor_power_kva, "kVA"),
    Fact("Holder", lambda d: d.holder_type),
    Fact("Tools", lambda d: d.tool_count),
    Fact("Internal cooling", lambda d: d.internal_cooling_bar, "bar"),
    Fact("Largest part", lambda d: d.max_part_size),
    Fact("Weight", lambda d: d.weight_kg, "kg"),
    Fact("Serial number", lambda d: d.serial_number),
    # A year is a name, not a quantity: no thin space in it.
    Fact("Built", lambda d: d.manufacturing_year and str(d.manufacturing_year)),
    Fact("Maintenance every", lambda d: d.maintenance_interval_days, "days"),
    Fact("Last maintenance", lambda d: d.row.last_maintenance and formats.full_day(d.row.last_maintenance)),
    Fact("Next maintenance", lambda d: d.row.next_maintenance and formats.full_day(d.row.next_maintenance)),
    Fact("Mind", lambda d: d.maintenance_notes),
    Fact("Used for", lambda d: d.description),
)
"""The technical record, in the order a fitter asks for it."""


def record(detail: MachineDetail) -> list[tuple[str, str]]:
    """Give the lines of the technical record that say something."""
    lines = ((fact.name, fact.text(detail)) for fact in RECORD)
    return [(name, text) for name, text in lines if text]
