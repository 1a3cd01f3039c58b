"""The wall view for a big screen: every machine as large as fits, the time, the counts in words, and no controls."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mfg_desktop.ui.kit import formats, icons
from mfg_desktop.ui.kit.chips import Chip
from mfg_desktop.ui.kit.covers import Cover
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.text import ElidedLabel, Label, paint_text
from mfg_desktop.ui.machines import wording
from mfg_desktop.ui.machines.presenter import MachinesPresenter, Shown
from mfg_desktop.ui.machines.wall import Wall
from mfg_desktop.ui.theme import RADIUS, SPACE, Choice, Look, Size, Theme, Tone, Weight


class _LargeChip(Chip):
    """A chip to be read from across the hall."""

    def sizeHint(self) -> QSize:
        look = self.look()
        word = QFontMetricsF(Theme.current.font(Size.LARGE, Weight.STRONG)).horizontalAdvance(look.word) if look else 0
        return QSize(round(word) + 58, 40)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = self.look()
        if look is None:
            return
        theme = Theme.current
        tone = theme.tokens.of(look.tone)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(tone.ink if theme.tokens.choice is Choice.CONTRAST else tone.soft))
        painter.setBrush(QColor(tone.soft))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        icons.paint(painter, QRectF(12, self.height() / 2 - 11, 22, 22), look.icon, tone.ink)
        font = theme.font(Size.LARGE, Weight.STRONG)
        paint_text(painter, QRectF(42, 0, self.width() - 50, self.height()), look.word, font=font, colour=tone.ink)


class WallView(Cover):
    """Lies over the whole window until a tap or a key ends it."""

    only_shows = True
    closed = Signal()

    def __init__(self, over: QWidget, presenter: MachinesPresenter, plant: str, zone: Callable[[], ZoneInfo]) -> None:
        super().__init__(over.window())
        self._presenter, self._zone = presenter, zone
        self.setAccessibleName("Wall view of the machines; any key ends it")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._chips = {shown: _LargeChip() for shown in wording.COUNTED_WORDS}
        self.away = _LargeChip()
        self._clock = Label(size=Size.HUGE, weight=Weight.HEAVY)
        self.wall = Wall(zone, empty=EmptyState("machine", *wording.NOTHING_SHOWN[Shown.ALL]), scrolls=False)
        # A wall is looked at: a tap anywhere, on a tile too, ends it.
        self.wall.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.wall.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        head = QHBoxLayout()
        head.setSpacing(2 * SPACE)
        head.addWidget(ElidedLabel(plant, size=Size.HUGE, weight=Weight.HEAVY, least=Size.LARGE))
        for chip in self._chips.values():
            head.addWidget(chip)
        head.addStretch(1)
        head.addWidget(self.away)
        head.addWidget(self._clock)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 0)
        column.setSpacing(SPACE)
        column.addLayout(head)
        column.addWidget(self.wall, 1)
        self.gone.connect(self._end)
        presenter.rows_changed.connect(self.refresh)
        presenter.place.live.connection.connect(self._show_connection)

    def open(self) -> None:
        """Show it over the window."""
        self.lay_over()
        live = self._presenter.place.live
        self._show_connection(live.up, live.away_since)
        self.refresh()
        self.setFocus()

    def refresh(self) -> None:
        """Show what the presenter knows now: all machines, whatever the filter of the screen behind."""
        counts = self._presenter.counts()
        for shown, chip in self._chips.items():
            look = wording.SHOWN_LOOKS[shown]
            told = f"{counts[shown]} {wording.COUNTED_WORDS[shown]}"
            chip.set_look(Look(look.tone, look.icon, told) if counts[shown] else None)
        self.wall.show_groups(self._presenter.all_groups(), self._presenter.arrangement)
        self.tick()

    def tick(self) -> None:
        """Count on."""
        self._clock.setText(formats.clock(datetime.now(UTC), self._zone()))
        self.wall.viewport().update()

    def _show_connection(self, up: bool, since: datetime | None) -> None:
        # What is seen from across the hall has to say when it is old: the bar that does lies under this view.
        told = formats.clock(since, self._zone()) if since is not None else ""
        self.away.set_look(None if up else Look(Tone.HELD, "away", f"Not live since {told}"))

    def close_view(self) -> None:
        """Leave it."""
        self.hide()

    def _end(self) -> None:
        self.closed.emit()
        self.deleteLater()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(QRectF(self.rect()), Theme.current.tokens.background)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.close_view()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.close_view()
