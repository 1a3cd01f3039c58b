"""The time line per machine: what was planned above what happened, one line for each, and the orders without a machine
at the end.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mfg_desktop.queries.rows import PlannedBar, RibbonStretch, ScheduleRow
from mfg_desktop.ui.board.loading import LOADING, Loading
from mfg_desktop.ui.board.schedule_presenter import Grouping, SchedulePresenter
from mfg_desktop.ui.board.shift import Span, Stretch
from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.buttons import Button, Choices
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.gantt import Bar, Gantt, Group, Line, Tick, Window
from mfg_desktop.ui.kit.text import ElidedLabel, Panel
from mfg_desktop.ui.theme import (
    MACHINE_LOOKS,
    ORDER_LOOKS,
    PRIORITY_LOOKS,
    SPACE,
    TOUCH,
    Look,
    Size,
    Tone,
    Weight,
)
from mfg_desktop.vocabulary import DowntimeCategory, MachineState, OrderStatus, Priority

STATE_LOOKS: Final[Mapping[MachineState, Look]] = MappingProxyType(
    {
        MachineState.RUN: Look(Tone.RUNNING, "play", "Running"),
        MachineState.SETUP: Look(Tone.RELEASED, "tooling", "Setting up"),
        MachineState.IDLE: Look(Tone.PLANNED, "minus", "Idle"),
        MachineState.DOWN: Look(Tone.TROUBLE, "broken", "Down"),
    }
)
_STOP_LOOKS: Final[Mapping[DowntimeCategory, Look]] = MappingProxyType(
    {DowntimeCategory.MAINTENANCE: Look(Tone.HELD, "wrench", "Maintenance")}
)
"""Stops that are no trouble."""
LATE: Final = Look(Tone.TROUBLE, "alert", "Late")
UNASSIGNED: Final = "No machine"
SPANS: Final[Mapping[Span, str]] = MappingProxyType({Span.SHIFT: "Shift", Span.DAY: "Day", Span.WEEK: "Week"})
_BY: Final[Mapping[Grouping, str]] = MappingProxyType({Grouping.DEPARTMENT: "By department", Grouping.TYPE: "By type"})
_OVER = frozenset({OrderStatus.COMPLETED, OrderStatus.CANCELLED})
_PRESSING = frozenset({Priority.HIGH, Priority.URGENT})
_ROOMY: Final = 1000
"""Below this width the grouping has only its icon."""


class ScheduleView(QWidget):
    """The time line with its head. `chosen` sends the number of the tapped order."""

    chosen = Signal(str)

    def __init__(
        self,
        presenter: SchedulePresenter,
        zone: Callable[[], ZoneInfo],
        names: Callable[[], Mapping[str, str]],
        parent: QWidget | None = None,
    ) -> None:
        """Show what the presenter has; `names` gives the departments' names by their codes."""
        super().__init__(parent)
        self._presenter, self._zone, self._names = presenter, zone, names
        self._number, self._sought = "", False
        self.empty = EmptyState("machine", LOADING)
        self.gantt = Gantt(empty=self.empty)
        self.gantt.setAccessibleName("Time line per machine")
        self.back = Button("", icon="earlier", height=TOUCH)
        self.now = Button("Now", height=TOUCH)
        self.forward = Button("", icon="forward", height=TOUCH)
        for button, name in ((self.back, "Earlier"), (self.now, "Now"), (self.forward, "Later")):
            button.setAccessibleName(name)
            button.setToolTip(name)
        self.spans = {span: Button(word, height=TOUCH) for span, word in SPANS.items()}
        self._choices = Choices(list(self.spans.values()), self)
        self.title = ElidedLabel("", size=Size.LARGE, weight=Weight.STRONG)
        self.loading = Loading()
        self.grouping = Button(_BY[Grouping.DEPARTMENT], icon="machine", height=TOUCH)
        self._lay_out()
        self._choices.chosen.connect(lambda place: presenter.show_span(tuple(Span)[place]))
        self.back.tapped.connect(presenter.back)
        self.now.tapped.connect(presenter.to_now)
        self.forward.tapped.connect(presenter.forward)
        self.grouping.tapped.connect(self._group_otherwise)
        self.gantt.chosen.connect(self.chosen)
        presenter.loading.connect(self.loading.wait)
        presenter.rows_changed.connect(self.show_schedule)
        presenter.window_changed.connect(self.show_schedule)

    def show_schedule(self) -> None:
        """Show what the presenter has."""
        presenter, zone = self._presenter, self._zone()
        stretch, now = presenter.stretch(), datetime.now(UTC)
        self._choices.choose(tuple(Span).index(presenter.span()))
        self.title.set_text(title(stretch, presenter.span(), zone))
        self.now.setChecked(presenter.is_now())
        self._show_grouping()
        if presenter.schedule() is None:
            self.empty.say(LOADING)
        else:
            self.empty.say(
                "No machine here", "Machines stand here, each with its work. Tap All orders, or add one in Set-up."
            )
        self.gantt.show_lines(self._lines(zone, now), Window(stretch.start, stretch.end, self._ticks(stretch, zone)))
        self.gantt.show_now(now, formats.clock(now, zone))
        if self._sought and presenter.schedule() is not None:
            self._sought = False
            self.gantt.select(self._number, into_sight=True)

    def select(self, number: str) -> None:
        """Mark the bars of an order."""
        self._number = number
        self.gantt.select(number)

    def seek(self) -> None:
        """Bring the order that is marked into sight, now or when its answer is there."""
        self._sought = True
        self.show_schedule()

    def tell_times(self) -> None:
        """Move the now-line and what is going on; when the running shift, day or week is over, the next one comes."""
        self._presenter.go_on()
        self.show_schedule()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_grouping()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(SPACE)
        for button in (self.back, self.now, self.forward):
            head.addWidget(button)
        self.now.setCheckable(True)
        head.addSpacing(SPACE)
        for button in self.spans.values():
            head.addWidget(button)
        head.addSpacing(SPACE)
        head.addWidget(self.title, 1)
        head.addWidget(self.loading)
        head.addWidget(self.grouping)
        sheet = Panel()
        inside = QVBoxLayout(sheet)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.addWidget(self.gantt)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 4, 2 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE)
        column.addLayout(head)
        column.addWidget(sheet, 1)

    def _group_otherwise(self) -> None:
        by_type = self._presenter.grouping() is Grouping.TYPE
        self._presenter.group_by(Grouping.DEPARTMENT if by_type else Grouping.TYPE)

    def _show_grouping(self) -> None:
        word = _BY[self._presenter.grouping()]
        self.grouping.setAccessibleName(word)
        self.grouping.setToolTip(word)
        self.grouping.set_text(word if self.width() >= _ROOMY else "")

    def _lines(self, zone: ZoneInfo, now: datetime) -> list[Line | Group]:
        names, presenter = self._names(), self._presenter
        schedule = presenter.schedule()
        asked = schedule.now if schedule else now
        lines: list[Line | Group] = []
        for section in presenter.sections():
            lines.append(Group(self._heading(section.name, names), len(section.rows)))
            for row in section.rows:
                lines.append(machine_line(row, presenter.is_meant, zone=zone, now=now, asked=asked))
        unassigned = presenter.unassigned()
        if unassigned:
            lines.append(Group("Without a machine", len(unassigned)))
            bars = planned_bars(unassigned, presenter.is_meant, zone=zone, now=now)
            # Without a machine nothing is in the way of anything.
            lines.append(Line(UNASSIGNED, UNASSIGNED, remark=_orders(len(unassigned)), planned=bars))
        return lines

    def _heading(self, name: str, names: Mapping[str, str]) -> str:
        if self._presenter.grouping() is Grouping.TYPE:
            return formats.words(name)
        return names.get(name, name) or "No department"

    def _ticks(self, stretch: Stretch, zone: ZoneInfo) -> tuple[Tick, ...]:
        shifts = self._presenter.shifts()
        if self._presenter.span() is Span.WEEK:
            days = [stretch.start + timedelta(days=day, hours=12) for day in range(7)]
            ticks = [Tick(_day_of(noon, zone), formats.weekday(noon, zone), strong=True) for noon in days]
            return (*ticks, *(Tick(one.start, "") for one in shifts))
        # A shift is told by the hour, a day by two.
        step = timedelta(hours=1 if self._presenter.span() is Span.SHIFT else 2)
        begins = {one.start: one.name for one in shifts}
        hours = [stretch.start + step * place for place in range(round((stretch.end - stretch.start) / step))]
        ticks = [Tick(at, formats.clock(at, zone)) for at in hours if at not in begins]
        return (*(Tick(at, f"{formats.clock(at, zone)} {name}", strong=True) for at, name in begins.items()), *ticks)


def title(stretch: Stretch, span: Span, zone: ZoneInfo) -> str:
    """Say which stretch of time it is: `Mon 23 Nov, Early shift, 06:00 to 14:00`, `16 Nov to 22 Nov`."""
    if span is Span.WEEK:
        return f"{formats.day(stretch.start, zone)} to {formats.day(stretch.end - timedelta(hours=1), zone)}"
    day = formats.weekday(stretch.start, zone)
    if span is Span.DAY:
        return day
    hours = f"{formats.clock(stretch.start, zone)} to {formats.clock(stretch.end, zone)}"
    return ", ".join(word for word in (day, stretch.name, hours) if word)


def machine_line(
    row: ScheduleRow,
    is_meant: Callable[[PlannedBar], bool],
    *,
    zone: ZoneInfo,
    now: datetime,
    asked: datetime,
) -> Line:
    """Give the line of a machine. What was going on when it was `asked` is drawn on until now."""
    late, overlap = sum(bar.overdue for bar in row.planned), sum(bar.overlaps for bar in row.planned)
    remarks = [f"{late} late"] if late else []
    if overlap:
        remarks.append(f"{overlap} overlap")
    meant = {bar.number for bar in row.planned if is_meant(bar)}
    planned = {bar.number for bar in row.planned}
    actual = []
    for stretch in row.actual:
        faded = stretch.work_order in planned and stretch.work_order not in meant
        actual.append(_actual_bar(stretch, zone, now if stretch.end == asked else stretch.end, faded=faded))
    return Line(
        row.machine,
        row.machine,
        MACHINE_LOOKS[row.status],
        ", ".join(remarks),
        Tone.TROUBLE if late else Tone.HELD if overlap else None,
        planned_bars(row.planned, is_meant, zone=zone, now=now),
        tuple(actual),
    )


def planned_bars(
    bars: Sequence[PlannedBar], is_meant: Callable[[PlannedBar], bool], *, zone: ZoneInfo, now: datetime
) -> tuple[Bar, ...]:
    """Give what was planned, as the chart shows it."""
    return tuple(_planned_bar(bar, zone, now, faded=not is_meant(bar)) for bar in bars)


def _planned_bar(bar: PlannedBar, zone: ZoneInfo, now: datetime, *, faded: bool) -> Bar:
    look = LATE if bar.overdue else ORDER_LOOKS[bar.status]
    notes = [f"{formats.duration(now - bar.planned_end)} late"] if bar.overdue else []
    if bar.overlaps:
        notes.append("overlaps")
    if bar.priority in _PRESSING and bar.status not in _OVER and not bar.overdue:
        notes.append(PRIORITY_LOOKS[bar.priority].word)
    step = f" step {bar.sequence}" if bar.sequence is not None else ""
    hours = f"{_when(bar.planned_start, zone)} to {_when(bar.planned_end, zone)}"
    about = [
        f"{bar.number}{step} \u00b7 {bar.product_name} ({bar.product})",
        f"{ORDER_LOOKS[bar.status].word}, {PRIORITY_LOOKS[bar.priority].word.lower()} priority",
        f"Planned {hours}",
        f"Started {_when(bar.actual_start, zone)}" if bar.actual_start else "",
        ", ".join(notes),
    ]
    return Bar(
        bar.number,
        bar.planned_start,
        bar.planned_end,
        look,
        f"{bar.number}{step} {bar.product_name}",
        ", ".join(notes),
        hatched=bar.overlaps,
        faded=faded,
        until=now if bar.overdue else None,
        about="\n".join(line for line in about if line),
    )


def _actual_bar(stretch: RibbonStretch, zone: ZoneInfo, end: datetime, *, faded: bool) -> Bar:
    look = STATE_LOOKS[stretch.state]
    if stretch.category is not None:
        look = _STOP_LOOKS.get(stretch.category, Look(look.tone, look.icon, formats.words(stretch.category)))
    step = f" step {stretch.sequence}" if stretch.sequence is not None else ""
    told = f"{stretch.work_order}{step}" if stretch.work_order else stretch.reason or look.word
    hours = f"{_when(stretch.start, zone)} to {_when(end, zone)} ({formats.duration(end - stretch.start)})"
    about = [f"{look.word} {hours}", f"{stretch.work_order}{step}" if stretch.work_order else "", stretch.reason or ""]
    return Bar(
        stretch.work_order or "",
        stretch.start,
        end,
        look,
        told,
        look.word if stretch.state is MachineState.SETUP else "",
        faded=faded,
        about="\n".join(line for line in about if line),
    )


def _when(at: datetime, zone: ZoneInfo) -> str:
    return f"{formats.weekday(at, zone)} {formats.clock(at, zone)}"


def _day_of(noon: datetime, zone: ZoneInfo) -> datetime:
    local = noon.astimezone(zone)
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def _orders(count: int) -> str:
    return f"{count} order" if count == 1 else f"{formats.quantity(count)} orders"
