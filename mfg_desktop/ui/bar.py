"""The bar on top: plant and shift, the scan and search field, the connection, the clock, and the person with the
time until the terminal locks.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QShortcut,
)
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from mfg_desktop.service.shop import PlantRow, ShiftRow
from mfg_desktop.service.work import Actor
from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.chips import paint_chip
from mfg_desktop.ui.kit.covers import reachable
from mfg_desktop.ui.kit.fields import TextField
from mfg_desktop.ui.kit.text import ElidedLabel, Label, Panel, paint_text
from mfg_desktop.ui.theme import RADIUS, SPACE, Look, Size, Theme, Tone, Weight, mixed

HEIGHT = 64
LIVE = Look(Tone.RUNNING, "live", "Live")
LOCK_WARNING = timedelta(seconds=60)


class TopBar(Panel):
    """`code_entered` sends what was typed into the search field and ended with Return."""

    code_entered = Signal(str)
    person_tapped = Signal()
    theme_tapped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("bar", parent)
        self.setFixedHeight(HEIGHT)
        self._plant: PlantRow | None = None
        self._title = ElidedLabel("", size=Size.LARGE, weight=Weight.HEAVY)
        self._shift = ElidedLabel("", size=Size.SMALL, ink="muted")
        self.search = SearchField("Scan or search: order, lot, machine", icon="scan", longest=120)
        self.connection = ConnectionChip()
        self._clock = Label("", size=Size.LARGE, weight=Weight.HEAVY)
        self._date = Label("", size=Size.SMALL, ink="muted")
        self.theme_button = Button("", kind=Kind.QUIET, icon="contrast", height=48)
        self.theme_button.setAccessibleName("Change the look")
        self.theme_button.setToolTip("Light, dark or high contrast")
        self.person = PersonKey()
        place = QVBoxLayout()
        place.setSpacing(0)
        place.addStretch(1)
        place.addWidget(self._title)
        place.addWidget(self._shift)
        place.addStretch(1)
        left = QWidget()
        left.setLayout(place)
        place.setContentsMargins(0, 0, 0, 0)
        left.setFixedWidth(150)
        time = QVBoxLayout()
        time.setSpacing(0)
        time.addStretch(1)
        time.addWidget(self._clock)
        time.addWidget(self._date)
        time.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 0, 12, 0)
        row.setSpacing(2 * SPACE)
        row.addWidget(left)
        row.addWidget(self.search, 1)
        row.addWidget(self.connection)
        row.addLayout(time)
        row.addWidget(self.theme_button)
        row.addWidget(self.person)
        self.search.returnPressed.connect(self._enter)
        self.theme_button.tapped.connect(self.theme_tapped)
        self.person.clicked.connect(self.person_tapped)
        focus = QShortcut(QKeySequence("Ctrl+K"), self)
        focus.activated.connect(self._focus_search)
        self._ticks = QTimer(self, interval=1000)
        self._ticks.timeout.connect(self.tick)
        self._ticks.start()

    def show_plant(self, plant: PlantRow) -> None:
        self._plant = plant
        self._title.set_text(plant.name)
        self.tick()

    def show_code(self, code: str) -> None:
        """Show what was scanned; whoever types next replaces it."""
        self.search.setText(code)
        self.search.selectAll()

    def tick(self) -> None:
        """Move the clock on."""
        if self._plant is None:
            return
        zone, now = ZoneInfo(self._plant.timezone), datetime.now(UTC)
        self._clock.setText(formats.clock(now, zone))
        self._date.setText(formats.weekday(now, zone))
        self._shift.set_text(shift_at(now, self._plant))

    def _enter(self) -> None:
        if self.search.text().strip():
            self.code_entered.emit(self.search.text().strip())
            self.search.selectAll()

    def _focus_search(self) -> None:
        if reachable(self):
            self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.search.selectAll()


class SearchField(TextField):
    """The scan and search field. What was sought last stands there until something else is: a tap selects it."""

    _comes = False
    """The tap that brings the focus is not over yet."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if self._comes:
            self._comes = False
            self.selectAll()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._comes = event.reason() is Qt.FocusReason.MouseFocusReason


def shift_at(now: datetime, plant: PlantRow) -> str:
    """Name the shift of a moment, on the plant's clock; a shift may run over midnight."""
    here = formats.clock(now, ZoneInfo(plant.timezone))

    def runs(shift: ShiftRow) -> bool:
        if shift.start <= shift.end:
            return shift.start <= here < shift.end
        return here >= shift.start or here < shift.end

    running = next((shift for shift in plant.shifts if runs(shift)), None)
    if running is None:
        return "Between shifts" if plant.shifts else ""
    name = running.name if "shift" in running.name.lower() else f"{running.name} shift"
    return f"{name} until {running.end}"


class ConnectionChip(QWidget):
    """Live, or away and since when."""

    def __init__(self) -> None:
        super().__init__()
        self._look = LIVE
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(LIVE.word)

    def look(self) -> Look:
        return self._look

    def show_away(self, since: str | None) -> None:
        """Show the connection: None is live."""
        self._look = LIVE if since is None else Look(Tone.HELD, "away", f"Away since {since}")
        self.setAccessibleName(self._look.word)
        self.setToolTip("What others do appears here at once." if since is None else self._look.word)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        words = QFontMetricsF(Theme.current.font(Size.SMALL, Weight.STRONG)).horizontalAdvance(self._look.word)
        return QSize(round(words + 37), 36)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_chip(painter, QPointF(0, 0), self._look, height=36)


class PersonKey(QAbstractButton):
    """The person: initials in a ring that runs out, name, and the time left until the terminal locks."""

    def __init__(self) -> None:
        super().__init__()
        self._name, self._roles = "", ""
        self._left, self._whole = timedelta(0), timedelta(seconds=1)
        self.setFixedHeight(56)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Person")

    def show_person(self, actor: Actor) -> None:
        self._name = actor.name
        self._roles = formats.words(actor.roles[0]) if actor.roles else ""
        self.setAccessibleName(f"{actor.name}, {self._roles}")
        self.setToolTip(f"{actor.name} \u00b7 badge {actor.badge}\nChange person, look, sign out")
        self.update()

    def show_time_left(self, left: timedelta, whole: timedelta) -> None:
        self._left, self._whole = left, whole
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(248, 56)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.current
        tokens = theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.isDown() or self.hasFocus():
            painter.setPen(QPen(QColor(tokens.focus), 2) if self.hasFocus() else QPen(Qt.PenStyle.NoPen))
            painter.setBrush(mixed(tokens.surface, tokens.text, 0.1) if self.isDown() else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, RADIUS, RADIUS)
        soon = self._left < LOCK_WARNING
        circle = QRectF(6, box.center().y() - 22, 44, 44)
        colours = tokens.of(Tone.RELEASED)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.soft))
        painter.drawEllipse(circle.adjusted(3, 3, -3, -3))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(tokens.line), 3))
        painter.drawEllipse(circle.adjusted(1.5, 1.5, -1.5, -1.5))
        share = max(0.0, min(1.0, self._left / self._whole))
        pen = QPen(QColor(tokens.of(Tone.HELD if soon else Tone.RUNNING).fill), 3)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawArc(circle.adjusted(1.5, 1.5, -1.5, -1.5), 90 * 16, round(share * 360 * 16))
        initials = formats.initials(self._name)
        font = theme.font(Size.BODY, Weight.HEAVY)
        paint_text(painter, circle, initials, font=font, colour=colours.ink, align=Qt.AlignmentFlag.AlignHCenter)
        words = QRectF(circle.right() + 10, box.center().y() - 20, box.right() - circle.right() - 14, 21)
        paint_text(painter, words, self._name, font=theme.font(Size.BODY, Weight.STRONG), colour=tokens.text)
        lock = f"locks in {formats.countdown(self._left)}"
        text = lock if soon or not self._roles else f"{self._roles} \u00b7 {lock}"
        font = theme.font(Size.SMALL, Weight.STRONG if soon else Weight.REGULAR)
        colour = tokens.of(Tone.HELD).ink if soon else tokens.muted
        paint_text(painter, words.translated(0, 20), text, font=font, colour=colour)
