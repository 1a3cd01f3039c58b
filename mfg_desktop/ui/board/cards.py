"""How an order, a material line and an entry of output look on their cards."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from mfg_desktop.queries.rows import AllocationRow, OrderRow, OutputRow
from mfg_desktop.ui.kit import formats, icons
from mfg_desktop.ui.kit.bars import Segment, output_segments, paint_bar
from mfg_desktop.ui.kit.cards import Mark, paint_badge
from mfg_desktop.ui.kit.chips import paint_chip
from mfg_desktop.ui.kit.text import elided, lines_of, paint_text
from mfg_desktop.ui.theme import MACHINE_LOOKS, PRIORITY_LOOKS, READINESS_LOOKS, Look, Size, Theme, Tone, Weight, mixed
from mfg_desktop.vocabulary import OrderStatus, Priority, Readiness

RIGHT: Final = Qt.AlignmentFlag.AlignRight
PIECES: Final = "pcs"
"""The unit that goes without saying."""
NO_MACHINE: Final = Look(Tone.PLANNED, "minus", "No machine")
_LONGEST: Final = "6 d 23 h"
_NAME_LINE: Final = 19.0
_HOLD_LINE: Final = 18.0
_HOLD_ICON: Final = 19.0
_MARK: Final = 21.0
_MARK_GAP: Final = 2.0
_INTO_THE_MARGIN: Final = 4.0
_NOT_NEEDED = READINESS_LOOKS[Readiness.NOT_NEEDED]
_URGENT = frozenset({Priority.HIGH, Priority.URGENT})
_OVER = frozenset({OrderStatus.COMPLETED, OrderStatus.CANCELLED})


def in_unit(quantity: Decimal, unit: str) -> str:
    """Write a quantity; pieces go without their unit."""
    return formats.quantity(quantity, "" if unit == PIECES else unit)


def to_go(row: OrderRow) -> Decimal:
    return max(Decimal(0), row.quantity_ordered - row.quantity_completed)


def said_to_go(row: OrderRow) -> str:
    """Say what is left to make; of an order that is over nothing is."""
    left = to_go(row)
    if not left:
        return "all there"
    return f"{formats.quantity(left)} {'not made' if is_over(row) else 'to go'}"


def is_late(row: OrderRow, now: datetime) -> bool:
    return not is_over(row) and row.planned_end < now


def is_over(row: OrderRow) -> bool:
    return row.status in _OVER


def how_long(row: OrderRow, zone: ZoneInfo, now: datetime) -> str:
    """Say since when it stands where it stands; what is over does not go on, and has only its time."""
    if is_over(row):
        return formats.moment(row.status_since, zone, now=now)
    return formats.since(row.status_since, zone, now=now)


def when(row: OrderRow, zone: ZoneInfo, now: datetime) -> str:
    """Say when the order is due or, once it is over, when it ended."""
    if is_over(row):
        return formats.moment(row.actual_end or row.status_since, zone, now=now)
    return formats.due(row.planned_end, zone, now=now)


def figures(row: OrderRow) -> str:
    """Say what belongs behind the good quantity: "of 200 · 8 scrap"."""
    scrap = f" \u00b7 {formats.quantity(row.quantity_scrapped)} scrap" if row.quantity_scrapped else ""
    return f"of {in_unit(row.quantity_ordered, row.unit)}{scrap}"


def figures_for(row: OrderRow, font: QFont, room: float) -> str:
    """Say as much of what belongs behind the good quantity as has room: half a number would be another number."""
    whole = formats.quantity(row.quantity_ordered)
    ways = (
        figures(row),
        f"of {in_unit(row.quantity_ordered, row.unit)}",
        f"of {whole}",
        f"of {formats.quantity(round(row.quantity_ordered))}",
        "of \u2026",
    )
    return next((way for way in ways if QFontMetricsF(font).horizontalAdvance(way) <= room), ways[-1])


def done_of(row: OrderRow) -> str:
    """Say how far it is: "132 / 200"."""
    return f"{formats.quantity(row.quantity_completed)} / {in_unit(row.quantity_ordered, row.unit)}"


def priority_look(row: OrderRow) -> Look | None:
    """Give the chip of the priority; what is not pressing, or not any more, has none."""
    return PRIORITY_LOOKS[row.priority] if row.priority in _URGENT and not is_over(row) else None


def machine_look(row: OrderRow) -> Look:
    """Give the machine's code with the icon and tone of its state."""
    if row.machine is None or row.machine_status is None:
        return NO_MACHINE
    state = MACHINE_LOOKS[row.machine_status]
    return Look(state.tone, state.icon, row.machine)


def marks(row: OrderRow) -> tuple[Mark, ...]:
    """Give the readiness marks."""
    return (
        Mark("material", READINESS_LOOKS[row.material], "Material"),
        Mark("machine", READINESS_LOOKS[row.machine_ready], "Machine"),
        Mark("tooling", READINESS_LOOKS[row.tooling], "Tooling"),
    )


def material_segments(line: AllocationRow) -> tuple[Segment, ...]:
    """Give the parts of a material line: consumed, at the machine, reserved; what is missing stays empty."""
    at_machine = max(Decimal(0), line.issued - line.returned - line.consumed)
    return (
        Segment(line.consumed, Tone.DONE, "consumed"),
        Segment(at_machine, Tone.RUNNING, "at the machine"),
        Segment(line.reserved, Tone.RELEASED, "reserved"),
    )


class OrderFace:
    """An order's card in its lane. Times are told as of the painting, so that a card needs no news to grow late."""

    def __init__(self, zone: Callable[[], ZoneInfo]) -> None:
        self._zone = zone

    def height(self, row: OrderRow, width: float) -> float:
        # Measured with the longest of durations: a card must not outgrow its frame while nobody touches it.
        names, reasons = len(_name_lines(row, width)), len(_hold_lines(row, width, _LONGEST))
        return 137.0 + (names - 1) * _NAME_LINE + (5 + reasons * _HOLD_LINE if reasons else 0)

    def tooltip(self, row: OrderRow) -> str:
        now, zone = datetime.now(UTC), self._zone()
        state = MACHINE_LOOKS[row.machine_status].word.lower() if row.machine_status else ""
        lines = [
            f"{row.number} \u00b7 {row.product_name} ({row.product})",
            f"{PRIORITY_LOOKS[row.priority].word} priority, {when(row, zone, now)}",
            f"{formats.quantity(row.quantity_completed)} good {figures(row)}, {said_to_go(row)}",
            f"{row.machine}: {state}" if row.machine else "No machine assigned",
            *(f"{mark.about} {mark.look.word}" for mark in marks(row)),
            f"{row.hold_reason} {formats.since(row.status_since, zone, now=now)}" if row.hold_reason else "",
        ]
        return "\n".join(line for line in lines if line)

    def paint(self, painter: QPainter, inside: QRectF, row: OrderRow) -> None:
        theme, tokens = Theme.current, Theme.current.tokens
        now, zone = datetime.now(UTC), self._zone()
        left, width, top = inside.left(), inside.width(), inside.top()
        paint_text(
            painter,
            QRectF(left, top, width, 22),
            row.number,
            font=theme.font(Size.LARGE, Weight.HEAVY),
            colour=tokens.text,
        )
        top += 22
        for name in _name_lines(row, width):
            paint_text(painter, QRectF(left, top, width, 21), name, font=theme.font(), colour=tokens.muted)
            top += _NAME_LINE
        top += 21 - _NAME_LINE
        self._paint_when(painter, QRectF(left, top + 3, width, 24), row, zone, now)
        top += 30
        segments = output_segments(row.quantity_completed, row.quantity_scrapped)
        paint_bar(painter, QRectF(left, top + 4, width, 8), segments, row.quantity_ordered)
        top += 14
        good = formats.quantity(row.quantity_completed)
        used = paint_text(
            painter, QRectF(left, top, width, 22), good, font=theme.font(Size.SMALL, Weight.HEAVY), colour=tokens.text
        )
        rest = QRectF(left + used + 4, top, width - used - 4, 22)
        small = theme.font(Size.SMALL)
        paint_text(painter, rest, figures_for(row, small, rest.width()), font=small, colour=tokens.muted)
        top += 25
        self._paint_foot(painter, QRectF(left, top, width, 25), row)
        top += 25
        self._paint_hold(painter, QRectF(left, top + 5, width, 21), row, now)

    def _paint_when(self, painter: QPainter, line: QRectF, row: OrderRow, zone: ZoneInfo, now: datetime) -> None:
        theme = Theme.current
        chip = priority_look(row)
        used = paint_chip(painter, line.topLeft(), chip, room=line.width()) + 7 if chip else 0.0
        late = is_late(row, now)
        colour = theme.tokens.of(Tone.TROUBLE).ink if late else theme.tokens.muted
        font = theme.font(Size.SMALL, Weight.HEAVY if late else Weight.REGULAR)
        # Beside a chip it may stand a little into the card's margin.
        place = line.adjusted(used, 0, _INTO_THE_MARGIN if chip else 0, 0)
        said = when_beside_a_chip(row, zone, now, font, place.width()) if chip else when(row, zone, now)
        paint_text(painter, place, said, font=font, colour=colour)

    def _paint_foot(self, painter: QPainter, line: QRectF, row: OrderRow) -> None:
        # The marks keep their room at the right; a long machine code gives way to them, first its margins.
        theme, tokens = Theme.current, Theme.current.tokens
        signs = marks(row)
        marked = marks_width(signs)
        room = line.width() - marked - 3
        place = machine_look(row)
        font = theme.font(Size.SMALL, Weight.STRONG)
        advance = QFontMetricsF(font).horizontalAdvance
        word = place.word if row.machine or advance(place.word) <= room - 21 else "None"
        words = 17 if advance(word) > room - 24 else 20
        code = elided(word, font, room - 21)
        box = QRectF(line.left(), line.top(), advance(code) + words + 4, line.height())
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.setBrush(QColor(tokens.raised))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 7, 7)
        icons.paint(
            painter, QRectF(box.left() + 4, box.center().y() - 6, 12, 12), place.icon, tokens.of(place.tone).fill
        )
        paint_text(
            painter, box.adjusted(words, 0, 0, 0), code, font=font, colour=tokens.text if row.machine else tokens.muted
        )
        paint_marks(painter, QPointF(line.right() - marked, line.top() + 2), signs)

    def _paint_hold(self, painter: QPainter, line: QRectF, row: OrderRow, now: datetime) -> None:
        ink = Theme.current.tokens.of(Tone.HELD).ink
        for at, said in enumerate(_hold_lines(row, line.width(), formats.duration(now - row.status_since))):
            if at == 0:
                icons.paint(painter, QRectF(line.left(), line.center().y() - 7, 14, 14), "pause", ink)
            place = line.adjusted(_HOLD_ICON, 0, 0, 0).translated(0, at * _HOLD_LINE)
            paint_text(painter, place, said, font=Theme.current.font(Size.SMALL, Weight.STRONG), colour=ink)


def _name_lines(row: OrderRow, width: float) -> Sequence[str]:
    """Give the product's name: what it is made into stands at its end, and is not cut before a second line is full."""
    return _broken(row.product_name, Size.BODY, Weight.REGULAR, width)


def _hold_lines(row: OrderRow, width: float, long: str) -> Sequence[str]:
    """Give how long it is on hold, and why."""
    if not row.hold_reason:
        return ()
    return _broken(f"{long} \u00b7 {row.hold_reason}", Size.SMALL, Weight.STRONG, width - _HOLD_ICON)


@lru_cache(maxsize=4096)
def _broken(text: str, size: Size, weight: Weight, width: float) -> tuple[str, ...]:
    # Asked for every card of a lane whenever news comes, and orders for the same product are many.
    return tuple(lines_of(text, Theme.current.font(size, weight), width, most=2))


def marks_width(signs: Sequence[Mark]) -> float:
    """Measure the readiness marks side by side."""
    return sum(_mark_width(mark) for mark in signs) + _MARK_GAP * (len(signs) - 1)


def paint_marks(painter: QPainter, corner: QPointF, signs: Sequence[Mark]) -> None:
    """Paint the readiness marks side by side from this corner."""
    left = corner.x()
    for mark in signs:
        _paint_mark(painter, QRectF(left, corner.y(), _mark_width(mark), _MARK), mark)
        left += _mark_width(mark) + _MARK_GAP


def _mark_width(mark: Mark) -> float:
    return 13.0 if mark.look is _NOT_NEEDED else _MARK


def _paint_mark(painter: QPainter, box: QRectF, mark: Mark) -> None:
    tokens = Theme.current.tokens
    if mark.look is _NOT_NEEDED:
        icons.paint(painter, box, mark.icon, mixed(tokens.muted, tokens.surface, 0.5).name())
        return
    colours = tokens.of(mark.look.tone)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.soft))
    painter.drawRoundedRect(box, 6, 6)
    icons.paint(painter, box.adjusted(4, 4, -4, -4), mark.icon, colours.ink)
    paint_badge(painter, box, mark.look, colours.fill)


def when_beside_a_chip(row: OrderRow, zone: ZoneInfo, now: datetime, font: QFont, room: float) -> str:
    """Say when it is due, as it fits beside a chip."""
    ways = _ways_beside_a_chip(row, zone, now)
    return next((way for way in ways if QFontMetricsF(font).horizontalAdvance(way) <= room), ways[-1])


def _ways_beside_a_chip(row: OrderRow, zone: ZoneInfo, now: datetime) -> tuple[str, ...]:
    """Say when it is due, ever shorter: beside a chip the day or the hour counts, not the words."""
    said = when(row, zone, now)
    if said == "due now":
        return (said,)
    if is_late(row, now):
        hours, minutes, _ = said.partition(" h ")
        return (said, f"{hours} h late") if minutes else (said,)
    day = formats.weekday(row.planned_end, zone).split()[0]
    bare = said.removeprefix("due ")
    short = bare.replace("tomorrow", day).removeprefix("today ")
    return (bare, short, short.split()[0]) if short.startswith(day) else (bare, short)


class MaterialFace:
    """A material line on the order's page: name, how much is there, the bar."""

    def height(self, row: AllocationRow, width: float) -> float:
        return 56.0

    def tooltip(self, row: AllocationRow) -> str:
        lots = [
            f"Lot {lot.lot}: {formats.quantity(lot.reserved)} reserved, {formats.quantity(lot.issued)} issued"
            for lot in row.lots
        ]
        return "\n".join([f"{row.material} \u00b7 {row.material_name}", *lots])

    def paint(self, painter: QPainter, inside: QRectF, row: AllocationRow) -> None:
        theme, tokens = Theme.current, Theme.current.tokens
        left, top, width = inside.left(), inside.top() - 1, inside.width()
        at_hand = row.reserved + row.issued - row.returned
        short = row.required - at_hand
        said = f"{formats.quantity(short)} {row.unit} missing" if short > 0 else "all there"
        tone = Tone.TROUBLE if row.short > 0 else Tone.HELD if short > 0 else Tone.RUNNING
        line = QRectF(left, top, width, 20)
        used = paint_text(
            painter, line, said, font=theme.font(Size.SMALL, Weight.STRONG), colour=tokens.of(tone).ink, align=RIGHT
        )
        name = line.adjusted(0, 0, -used - 10, 0)
        paint_text(painter, name, row.material_name, font=theme.font(Size.BODY, Weight.STRONG), colour=tokens.text)
        paint_bar(painter, QRectF(left, top + 26, width, 8), material_segments(row), row.required)
        words = [f"{formats.quantity(at_hand)} of {formats.quantity(row.required, row.unit)}"]
        if row.issued > row.returned:
            words.append(f"{formats.quantity(row.issued - row.returned)} issued")
        if row.consumed:
            words.append(f"{formats.quantity(row.consumed)} used")
        foot = QRectF(left, top + 38, width, 20)
        paint_text(painter, foot, " \u00b7 ".join(words), font=theme.font(Size.SMALL), colour=tokens.muted)


class OutputFace:
    """An entry of output: what was reported, by whom; struck out once it was taken back."""

    def __init__(self, zone: Callable[[], ZoneInfo]) -> None:
        self._zone = zone

    def height(self, row: OutputRow, width: float) -> float:
        return 40.0

    def tooltip(self, row: OutputRow) -> str:
        lines = [
            f"Entry {row.id}, {formats.exactly(row.at, self._zone())}",
            f"Batch {row.batch_number}" if row.batch_number else "",
        ]
        lines += [f"{formats.quantity(part.quantity)} scrap: {part.reason}" for part in row.scrap]
        lines += [
            f"Reversed by entry {row.reversed_by}" if row.reversed_by else "",
            f"Reverses entry {row.reverses}" if row.reverses else "",
        ]
        return "\n".join(line for line in [*lines, row.notes or ""] if line)

    def paint(self, painter: QPainter, inside: QRectF, row: OutputRow) -> None:
        theme, tokens = Theme.current, Theme.current.tokens
        struck = row.reversed_by is not None
        at = formats.moment(row.at, self._zone(), now=datetime.now(UTC))
        line = QRectF(inside.left(), inside.top() - 2, inside.width(), 21)
        used = paint_text(painter, line, at, font=theme.font(Size.SMALL), colour=tokens.muted, align=RIGHT)
        font = theme.font(Size.BODY, Weight.STRONG)
        room = line.adjusted(0, 0, -used - 10, 0)
        wide = paint_text(painter, room, said_of(row), font=font, colour=tokens.muted if struck else tokens.text)
        if struck:
            painter.setPen(QPen(QColor(tokens.muted), 1.5))
            painter.drawLine(QPointF(room.left(), room.center().y()), QPointF(room.left() + wide, room.center().y()))
        words = [f"Batch {row.batch_number}" if row.batch_number else "", row.operator_name or row.operator or ""]
        words.insert(0, f"takes back entry {row.reverses}" if row.reverses else "taken back" if struck else "")
        foot = QRectF(inside.left(), line.bottom(), inside.width(), 20)
        told = " \u00b7 ".join(word for word in words if word)
        tone = tokens.of(Tone.HELD).ink if struck or row.reverses else tokens.muted
        paint_text(painter, foot, told, font=theme.font(Size.SMALL), colour=tone)


def said_of(row: OutputRow) -> str:
    """Say what an entry reported: "24 good · 2 scrap", "24 good at operation 20"."""
    parts = [(row.good, "good"), (row.scrapped, "scrap"), (row.rework, "rework")]
    said = " \u00b7 ".join(f"{formats.quantity(amount)} {word}" for amount, word in parts if amount)
    return said if row.operation is None else f"{said} at operation {row.operation}"
