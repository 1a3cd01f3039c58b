"""The time line of an order: where its time went as one bar with figures that add up, then what happened, newest first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Final
from zoneinfo import ZoneInfo

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from mfg_desktop.queries.rows import Timeline, TimelineEvent
from mfg_desktop.ui.kit import formats, icons
from mfg_desktop.ui.kit.bars import QuantityBar, Segment
from mfg_desktop.ui.kit.cards import CardList
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.text import Label, paint_text
from mfg_desktop.ui.theme import SPACE, Look, Size, Theme, Tone, Weight

_SHARES: Final = (
    Look(Tone.RUNNING, "play", "Run"),
    Look(Tone.PLANNED, "clock", "Wait"),
    Look(Tone.HELD, "pause", "Hold"),
    Look(Tone.TROUBLE, "broken", "Down"),
)
_LATE: Final = timedelta(minutes=1)
"""What was entered within a minute was entered at once."""
_WRAPPED: Final = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop
_RIGHT: Final = Qt.AlignmentFlag.AlignRight


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the lead time, in whole minutes."""

    look: Look
    minutes: int

    def said(self) -> str:
        return hours(self.minutes)


def shares(story: Timeline) -> tuple[Share, ...]:
    """Give run, wait, hold and down in whole minutes that add up to the whole minutes of the lead time.

    Each is rounded down, and the minutes that are left go to those that lost most.
    """
    parts = (story.run_minutes, story.wait_minutes, story.hold_minutes, story.down_minutes)
    whole = [int(part.to_integral_value(ROUND_FLOOR)) for part in parts]
    left = lead(story) - sum(whole)
    lost = sorted(range(len(parts)), key=lambda at: (whole[at] - parts[at], at))
    for at in lost[: max(0, left)]:
        whole[at] += 1
    return tuple(Share(look, minutes) for look, minutes in zip(_SHARES, whole, strict=True))


def lead(story: Timeline) -> int:
    """Give the lead time in whole minutes."""
    return int(story.lead_minutes.to_integral_value(ROUND_FLOOR))


def hours(minutes: int) -> str:
    """Write minutes so that figures can be added: `47 min`, `1 h 05`, `52 h 10`; never in days."""
    whole, rest = divmod(minutes, 60)
    return f"{formats.quantity(whole)} h {rest:02d}" if whole else f"{rest} min"


class ShareLegend(QWidget):
    """The words and figures of the bar, two by two."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shares: tuple[Share, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_shares(self, shown: Sequence[Share]) -> None:
        self._shares = tuple(shown)
        self.setAccessibleDescription(", ".join(f"{share.look.word} {share.said()}" for share in shown))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 60)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, tokens = Theme.current, Theme.current.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        wide = self.width() / 2
        for at, share in enumerate(self._shares):
            line = QRectF((at % 2) * wide, (at // 2) * 30, wide - 12, 28)
            colours = tokens.of(share.look.tone)
            mark = QRectF(line.left(), line.center().y() - 8, 16, 16)
            icons.paint(painter, mark, share.look.icon, colours.ink)
            line.setLeft(mark.right() + 8)
            ink = colours.ink if share.minutes else tokens.muted
            line.setLeft(line.left() + paint_text(painter, line, share.look.word, font=theme.font(), colour=ink) + 8)
            figure = theme.font(Size.LARGE, Weight.HEAVY)
            paint_text(painter, line, share.said(), font=figure, colour=tokens.text if share.minutes else tokens.muted)


@dataclass(frozen=True, slots=True)
class Numbered:
    """An event with its place, which makes two events of the same moment two rows."""

    key: int
    event: TimelineEvent


class EventFace:
    """What happened: when, the sentence in full, who and where; a late entry says when it was entered."""

    def __init__(self, zone: Callable[[], ZoneInfo]) -> None:
        self._zone = zone

    def height(self, row: Numbered, width: float) -> float:
        return 20.0 + _sentence_height(row.event, width) + (20 if self.remark(row.event) else 0)

    def tooltip(self, row: Numbered) -> str:
        event = row.event
        lines = [formats.exactly(event.at, self._zone()), event.message]
        if event.entered_at != event.at:
            lines.append(f"Entered {formats.exactly(event.entered_at, self._zone())}")
        return "\n".join(lines)

    def paint(self, painter: QPainter, inside: QRectF, row: Numbered) -> None:
        event = row.event
        theme, tokens = Theme.current, Theme.current.tokens
        small = theme.font(Size.SMALL)
        line = QRectF(inside.left(), inside.top() - 2, inside.width(), 20)
        at = formats.moment(event.at, self._zone(), now=datetime.now(UTC))
        used = paint_text(painter, line, at, font=theme.font(Size.SMALL, Weight.STRONG), colour=tokens.muted)
        who = event.person_name or event.badge or ""
        told = " \u00b7 ".join(part for part in (who, event.terminal) if part)
        paint_text(painter, line.adjusted(used + 10, 0, 0, 0), told, font=small, colour=tokens.muted, align=_RIGHT)
        tall = _sentence_height(event, inside.width())
        painter.setFont(theme.font())
        painter.setPen(tokens.text)
        painter.drawText(QRectF(inside.left(), line.bottom(), inside.width(), tall), int(_WRAPPED), event.message)
        remark = self.remark(event)
        if remark:
            foot = QRectF(inside.left(), line.bottom() + tall, inside.width(), 20)
            ink = tokens.of(Tone.HELD).ink
            icons.paint(painter, QRectF(foot.left(), foot.center().y() - 6, 12, 12), "note", ink)
            strong = theme.font(Size.SMALL, Weight.STRONG)
            paint_text(painter, foot.adjusted(18, 0, 0, 0), remark, font=strong, colour=ink)

    def remark(self, event: TimelineEvent) -> str:
        """Say what is out of the ordinary: that it was entered late, or that a second person lifted a refusal."""
        zone, now = self._zone(), datetime.now(UTC)
        late = event.entered_at - event.at >= _LATE
        parts = [f"entered {formats.moment(event.entered_at, zone, now=now)}" if late else ""]
        parts.append(f"override by {event.approver}" if event.approver else "")
        return " \u00b7 ".join(part for part in parts if part)


class StoryTab(QWidget):
    """The time line."""

    def __init__(self, zone: Callable[[], ZoneInfo], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lead = Label(size=Size.LARGE, weight=Weight.STRONG, wraps=True)
        self.setup = Label(ink="muted", wraps=True)
        self.bar = QuantityBar(16)
        self.legend = ShareLegend()
        self._empty = EmptyState("clock", "Loading\u2026")
        self.events = CardList(lambda row: row.key, EventFace(zone), empty=self._empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACE, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(self.lead)
        column.addWidget(self.bar)
        column.addWidget(self.legend)
        column.addWidget(self.setup)
        column.addWidget(self.events, 1)
        self.show_story(None)

    def show_story(self, story: Timeline | None) -> None:
        """Show the time line; None: it is on its way."""
        for widget in (self.lead, self.bar, self.legend):
            widget.setVisible(story is not None)
        self.setup.setVisible(story is not None and story.setup_minutes >= 1)
        if story is None:
            self._empty.say("Loading\u2026", "")
            self.events.show_rows(())
            return
        told = shares(story)
        self.lead.setText(f"Lead time {hours(lead(story))}")
        self.setup.setText(f"Set-up took {hours(int(story.setup_minutes))} of the run.")
        self.bar.show_segments(
            [Segment(Decimal(share.minutes), share.look.tone, share.look.word) for share in told], Decimal(lead(story))
        )
        self.legend.show_shares(told)
        self._empty.say("Nothing yet", "What happens to the order is listed here.")
        rows = [Numbered(at, event) for at, event in enumerate(story.events)]
        self.events.show_rows(rows[::-1])


def _sentence_height(event: TimelineEvent, width: float) -> float:
    metrics = QFontMetricsF(Theme.current.font())
    return metrics.boundingRect(QRectF(0, 0, width, 10_000), int(_WRAPPED), event.message).height() + 2
