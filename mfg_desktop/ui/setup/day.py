"""A picture of the plant's day: 24 hours from left to right, and the shifts in them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.text import paint_text
from mfg_desktop.ui.theme import RADIUS, Size, Theme, Tone, Weight

DAY: Final = 24 * 60
_TONES: Final = (Tone.RELEASED, Tone.DONE, Tone.HELD, Tone.RUNNING)
_TIME: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a shift on one day, in minutes from midnight."""

    name: str
    start: int
    end: int
    place: int
    stop: int
    whole: int
    """Minutes of the whole shift, which may run over midnight."""


def stretches(shifts: Sequence[Mapping[str, object]]) -> list[Stretch]:
    """Cut shifts into the parts that lie in a day; one over midnight has two. What cannot be read is left out."""
    parts = []
    for place, shift in enumerate(shifts):
        start, end = _minutes(shift.get("start")), _minutes(shift.get("end"))
        if start is None or end is None:
            continue
        name, stop = str(shift.get("name") or ""), shift.get("planned_stop_minutes")
        rest = stop if isinstance(stop, int) else 0
        whole = (end - start) % DAY or DAY
        if start < end:
            parts.append(Stretch(name, start, end, place, rest, whole))
        else:
            parts.append(Stretch(name, start, DAY, place, rest, whole))
            if end:
                parts.append(Stretch(name, 0, end, place, rest, whole))
    return parts


def planned_minutes(shifts: Sequence[Mapping[str, object]]) -> int:
    """Add up the minutes of a day in which work is planned."""
    whole = {part.place: max(0, part.whole - part.stop) for part in stretches(shifts)}
    return sum(whole.values())


def _minutes(value: object) -> int | None:
    match = _TIME.fullmatch(str(value or "").strip())
    return int(match[1]) * 60 + int(match[2]) if match else None


class DayPicture(QWidget):
    """Paints the day."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[Stretch] = []
        self._planned = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(480, 118)

    def show_shifts(self, shifts: Sequence[Mapping[str, object]]) -> None:
        """Draw these shifts, saved or not."""
        self._parts, self._planned = stretches(shifts), planned_minutes(shifts)
        told = ", ".join(f"{part.name} {_clock(part.start)} to {_clock(part.end)}" for part in self._parts)
        self.setAccessibleName(f"The plant's day: {told or 'no shifts'}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.current
        tokens = theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        small, strong = theme.font(Size.SMALL), theme.font(Size.SMALL, Weight.STRONG)
        title = QRectF(0, 0, self.width(), 22)
        hours = f"{formats.quantity(self._planned // 60)} h {self._planned % 60:02d} of work planned a day"
        paint_text(painter, title, "The plant's day", font=theme.font(Size.BODY, Weight.STRONG), colour=tokens.text)
        paint_text(
            painter,
            title,
            hours if self._parts else "No shifts: nothing is planned, and no machine's OEE can be told",
            font=small,
            colour=tokens.muted,
            align=Qt.AlignmentFlag.AlignRight,
        )
        bar = QRectF(1, 28, self.width() - 2, 56)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.setBrush(QColor(tokens.raised))
        painter.drawRoundedRect(bar, RADIUS, RADIUS)
        for part in self._parts:
            colours = tokens.of(_TONES[part.place % len(_TONES)])
            left = bar.left() + bar.width() * part.start / DAY
            box = QRectF(left, bar.top(), bar.width() * (part.end - part.start) / DAY, bar.height()).adjusted(
                2, 4, -2, -4
            )
            painter.setPen(QPen(QColor(colours.fill), 1.5))
            painter.setBrush(QColor(colours.soft))
            painter.drawRoundedRect(box, 8, 8)
            words = box.adjusted(10, 4, -6, 0)
            words.setHeight(22)
            paint_text(painter, words, part.name, font=strong, colour=colours.ink)
            rest = f"{_clock(part.start)}\u2013{_clock(part.end)}"
            rest += f"  \u00b7  {part.stop} min breaks" if part.stop else ""
            paint_text(painter, words.translated(0, 21), rest, font=small, colour=colours.ink)
        for hour in range(0, 25, 3):
            across = bar.left() + bar.width() * hour / 24
            painter.setPen(QPen(QColor(tokens.line), 1))
            painter.drawLine(round(across), round(bar.bottom() + 2), round(across), round(bar.bottom() + 7))
            left = min(max(across - 22, 0), self.width() - 44)
            align = (
                Qt.AlignmentFlag.AlignLeft
                if hour == 0
                else Qt.AlignmentFlag.AlignRight
                if hour == 24
                else Qt.AlignmentFlag.AlignHCenter
            )
            area = QRectF(left, bar.bottom() + 9, 44, 18)
            paint_text(painter, area, f"{hour:02d}:00", font=small, colour=tokens.muted, align=align)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
