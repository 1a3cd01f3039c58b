"""Picking a moment with gloves on: by steps, by typing the hour, or along a stop that is to be cut in two."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.buttons import Button
from mfg_desktop.ui.kit.charts import Band, paint_band
from mfg_desktop.ui.kit.text import Label
from mfg_desktop.ui.theme import SPACE, TOUCH_MAIN, Size, Theme, Tone, Weight

MINUTE: Final = timedelta(minutes=1)
STEPS: Final = ((-60, "\u22121 h"), (-10, "\u221210"), (-1, "\u22121"), (1, "+1"), (10, "+10"), (60, "+1 h"))
NEAR: Final = ((-10, "\u221210 min"), (-1, "\u22121 min"), (1, "+1 min"), (10, "+10 min"))
_FIRST: Final = Band(Tone.TROUBLE, "", hatched=True)
_SECOND: Final = Band(Tone.HELD, "")


class MomentPicker(QWidget):
    """A day and an hour that is not ahead: six steps, and a field that takes `1435`. `changed` sends the moment."""

    changed = Signal(object)

    def __init__(
        self, name: str, at: datetime, zone: ZoneInfo, now: Callable[[], datetime], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._zone, self._now = zone, now
        self._at = at
        self._name = Label(name, weight=Weight.STRONG)
        self._name.setFixedWidth(48)
        self.hour = QLineEdit()
        self.hour.setFont(Theme.current.font(Size.LARGE, Weight.STRONG))
        self.hour.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hour.setMaxLength(5)
        self.hour.setFixedWidth(96)
        self.hour.setAccessibleName(f"{name}, hour and minute")
        self.hour.editingFinished.connect(self._typed)
        self._day = Label(ink="muted", weight=Weight.STRONG)
        self._day.setFixedWidth(96)
        self.buttons: dict[int, Button] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self._name)
        row.addWidget(self._day)
        for minutes, word in STEPS:
            if minutes == 1:
                row.addWidget(self.hour)
            button = Button(word, height=52)
            button.setAccessibleName(f"{word} minutes" if abs(minutes) < 60 else word)
            # With a keyboard one types the hour: six more stops for Tab would only be in the way.
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.tapped.connect(lambda minutes=minutes: self._step(minutes))
            self.buttons[minutes] = button
            row.addWidget(button)
        row.addStretch(1)
        self._show()

    def moment(self) -> datetime:
        return self._at

    def set_moment(self, at: datetime) -> None:
        """Show a moment without sending a signal."""
        self._at = min(at, self._now())
        self._show()

    def _step(self, minutes: int) -> None:
        self._take(self._at + minutes * MINUTE)

    def _typed(self) -> None:
        digits = "".join(sign for sign in self.hour.text() if sign.isdigit()).rjust(4, "0")
        hour, minute = int(digits[:-2]), int(digits[-2:])
        if hour < 24 and minute < 60:
            at = self._at.astimezone(self._zone).replace(hour=hour, minute=minute, second=0, microsecond=0)
            # An hour that is still ahead was the day before: nobody enters a stop before it happens.
            self._take(at if at <= self._now() else at - timedelta(days=1))
        self._show()

    def _take(self, at: datetime) -> None:
        before = self._at
        self.set_moment(at)
        if self._at != before:
            self.changed.emit(self._at)

    def _show(self) -> None:
        now = self._now().astimezone(self._zone).date()
        local = self._at.astimezone(self._zone)
        away = (now - local.date()).days
        self._day.setText({0: "today", 1: "yesterday"}.get(away, formats.weekday(self._at, self._zone)))
        self.hour.setText(f"{local:%H:%M}")


class CutSlider(QWidget):
    """A stop as a bar that is cut where it is tapped: `changed` sends the minutes of the first part."""

    changed = Signal(int)

    def __init__(self, minutes: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = max(minutes, 2)
        self._minutes = self._whole // 2
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Where the stop is cut")

    def minutes(self) -> int:
        return self._minutes

    def cut(self, minutes: int) -> None:
        """Cut after so many minutes: at least one on either side."""
        minutes = max(1, min(minutes, self._whole - 1))
        if minutes != self._minutes:
            self._minutes = minutes
            self.setAccessibleDescription(f"{minutes} of {self._whole} minutes")
            self.update()
            self.changed.emit(minutes)

    def sizeHint(self) -> QSize:
        return QSize(400, TOUCH_MAIN)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._cut_at(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._cut_at(event.position().x())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_PageDown: -10,
            Qt.Key.Key_PageUp: 10,
            Qt.Key.Key_Home: -self._whole,
            Qt.Key.Key_End: self._whole,
        }.get(Qt.Key(event.key()), 0)
        if step:
            self.cut(self._minutes + step)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = Theme.current.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        lane = self._lane()
        x = lane.left() + lane.width() * self._minutes / self._whole
        paint_band(painter, QRectF(lane.left(), lane.top(), x - lane.left(), lane.height()), _FIRST)
        paint_band(painter, QRectF(x, lane.top(), lane.right() - x, lane.height()), _SECOND)
        handle = QRectF(x - 14, 6, 28, self.height() - 12)
        painter.setPen(QPen(QColor(tokens.focus if self.hasFocus() else tokens.text), 2))
        painter.setBrush(QColor(tokens.surface))
        painter.drawRoundedRect(handle, 8, 8)
        for away in (-4, 0, 4):
            painter.drawLine(QPointF(x + away, handle.center().y() - 8), QPointF(x + away, handle.center().y() + 8))

    def _lane(self) -> QRectF:
        return QRectF(16, self.height() / 2 - 13, self.width() - 32, 26)

    def _cut_at(self, x: float) -> None:
        lane = self._lane()
        self.cut(round((x - lane.left()) / lane.width() * self._whole))


class Cut(QWidget):
    """Cuts a stop in two and tells both halves: by the slider, by steps, or by the hour."""

    changed = Signal()

    def __init__(self, start: datetime, end: datetime, zone: ZoneInfo, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._start, self._end, self._zone = start, end, zone
        self.slider = CutSlider(int((end - start) / MINUTE))
        self.slider.changed.connect(self._moved)
        self.hour = QLineEdit()
        self.hour.setFont(Theme.current.font(Size.LARGE, Weight.STRONG))
        self.hour.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hour.setMaxLength(5)
        self.hour.setFixedWidth(96)
        self.hour.setAccessibleName("Hour and minute of the cut")
        self.hour.editingFinished.connect(self._typed)
        self.first = Label(weight=Weight.STRONG, ink=Tone.TROUBLE)
        self.second = Label(weight=Weight.STRONG, ink=Tone.HELD)
        self.buttons: dict[int, Button] = {}
        steps = QHBoxLayout()
        steps.setSpacing(6)
        steps.addStretch(1)
        for minutes, word in NEAR:
            if minutes == 1:
                steps.addWidget(self.hour)
            button = Button(word, height=52)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.tapped.connect(lambda minutes=minutes: self.slider.cut(self.slider.minutes() + minutes))
            self.buttons[minutes] = button
            steps.addWidget(button)
        steps.addStretch(1)
        halves = QHBoxLayout()
        halves.addWidget(self.first)
        halves.addStretch(1)
        halves.addWidget(self.second)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addLayout(halves)
        column.addWidget(self.slider)
        column.addLayout(steps)
        self._show()

    def moment(self) -> datetime:
        """Give where the stop is cut: whole minutes after its start."""
        return self._start + self.slider.minutes() * MINUTE

    def _moved(self) -> None:
        self._show()
        self.changed.emit()

    def _typed(self) -> None:
        digits = "".join(sign for sign in self.hour.text() if sign.isdigit()).rjust(4, "0")
        hour, minute = int(digits[:-2]), int(digits[-2:])
        if hour < 24 and minute < 60:
            first = self._start.astimezone(self._zone)
            at = first.replace(hour=hour, minute=minute, second=0, microsecond=0)
            # A stop over midnight has hours that come before the one it began at.
            at = at if at >= first else at + timedelta(days=1)
            self.slider.cut(round((at - self._start) / MINUTE))
        self._show()

    def _show(self) -> None:
        at, zone = self.moment(), self._zone
        self.hour.setText(formats.clock(at, zone))
        self.first.setText(_part(self._start, at, zone))
        self.second.setText(_part(at, self._end, zone))


def _part(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    return f"{formats.clock(start, zone)} to {formats.clock(end, zone)} · {formats.duration(end - start)}"
