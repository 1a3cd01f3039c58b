"""The lanes of the board, side by side: head and true count, the cards, and what would be there while it is empty."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QScrollBar, QScroller, QSizePolicy, QVBoxLayout, QWidget

from mfg_desktop.ui.board.cards import OrderFace
from mfg_desktop.ui.board.presenter import Lane
from mfg_desktop.ui.kit import formats, icons
from mfg_desktop.ui.kit.cards import CardList
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.text import paint_text
from mfg_desktop.ui.theme import ORDER_LOOKS, SPACE, Look, Size, Theme, Weight, mixed
from mfg_desktop.vocabulary import OrderStatus

NARROWEST: Final = 188
"""A card below this width would cut the machine's code; six lanes of it fill a panel of 1280."""
GUTTER: Final = 8
"""Between two lanes, for the scroll bar: it is there in every lane, so that all cards are of one width."""
WIDEST: Final = 360
HEADS: Final[Mapping[OrderStatus, str]] = MappingProxyType(
    {**{status: look.word for status, look in ORDER_LOOKS.items()}, OrderStatus.COMPLETED: "Done this shift"}
)
EMPTY: Final[Mapping[OrderStatus, tuple[str, str]]] = MappingProxyType(
    {
        OrderStatus.DRAFT: ("No drafts", "New orders wait here until somebody plans them."),
        OrderStatus.PLANNED: ("Nothing planned", "Planned orders wait here to be released."),
        OrderStatus.RELEASED: ("Nothing released", "Orders that may start stand here."),
        OrderStatus.IN_PROGRESS: ("Nothing runs", "Start a released order and it runs here."),
        OrderStatus.ON_HOLD: ("Nothing on hold", "Held orders wait here, with the reason."),
        OrderStatus.COMPLETED: ("None done yet", "What this shift completes is counted here."),
    }
)


class LaneHead(QWidget):
    """Icon, name and count of a lane."""

    def __init__(self, look: Look, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._name, self._count = look, name, ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    def count(self) -> str:
        return self._count

    def show_count(self, count: int) -> None:
        """Show how many orders there are, loaded or not."""
        self._count = formats.quantity(count)
        self.setAccessibleName(f"{self._name}: {self._count}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(NARROWEST, 36)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, tokens = Theme.current, Theme.current.tokens
        painter = QPainter(self)
        line = QRectF(self.rect()).adjusted(2, 0, -GUTTER - 4, 0)
        icons.paint(
            painter,
            QRectF(line.left(), line.center().y() - 9, 18, 18),
            self._look.icon,
            tokens.of(self._look.tone).fill,
        )
        strong = theme.font(Size.BODY, Weight.HEAVY)
        used = paint_text(
            painter, line, self._count, font=strong, colour=tokens.muted, align=Qt.AlignmentFlag.AlignRight
        )
        paint_text(painter, line.adjusted(25, 0, -used - 8, 0), self._name, font=strong, colour=tokens.text)


class GutterBar(QScrollBar):
    """A slim scroll bar that always has its room, so that a lane's cards are as wide before it is needed as after."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.setFixedWidth(GUTTER)

    def sizeHint(self) -> QSize:
        return QSize(GUTTER, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        span = self.maximum() - self.minimum()
        if span <= 0:
            return
        tokens = Theme.current.tokens
        long = max(48.0, self.height() * self.pageStep() / (span + self.pageStep()))
        top = (self.height() - long) * (self.value() - self.minimum()) / span
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mixed(tokens.line, tokens.muted, 0.35))
        painter.drawRoundedRect(QRectF(self.width() - 6, top + 2, 4, long - 4), 2, 2)


class LaneCards(CardList):
    """The cards of a lane; left and right leave it for its neighbour."""

    left_for = Signal(int)

    def __init__(self, face: OrderFace, empty: EmptyState, parent: QWidget | None = None) -> None:
        super().__init__(lambda row: row.number, face, empty=empty, parent=parent)
        self.setVerticalScrollBar(GutterBar(self))
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)

    def _scrolled(self, value: int) -> None:
        bar = self.verticalScrollBar()
        if value >= bar.maximum() - bar.pageStep() // 2:
            self.reached_end.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        aside = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if aside:
            self.left_for.emit(aside)
        else:
            super().keyPressEvent(event)


class LaneColumn(QWidget):
    """One lane."""

    def __init__(self, status: OrderStatus, face: OrderFace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.status = status
        look = ORDER_LOOKS[status]
        self.head = LaneHead(look, HEADS[status])
        self.empty = EmptyState(look.icon, *EMPTY[status], framed=True)
        self.cards = LaneCards(face, self.empty)
        self.cards.setAccessibleName(HEADS[status])
        self.setMinimumWidth(NARROWEST)
        self.setMaximumWidth(WIDEST)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.cards, 1)

    def show_lane(self, lane: Lane, *, loaded: bool, narrowed: bool) -> None:
        """Merge the orders in, and say what the empty lane is for or that the filter emptied it."""
        self.head.show_count(lane.count)
        self.cards.show_rows(lane.rows)
        title, text = EMPTY[self.status]
        if not loaded:
            self.empty.say("Loading\u2026", "")
        elif narrowed:
            self.empty.say("No match here", "The filter leaves nothing in this lane.")
        else:
            self.empty.say(title, text)

    def tell_times(self) -> None:
        """Paint again: times have moved on."""
        self.cards.viewport().update()


class Lanes(QScrollArea):
    """All lanes. `chosen` sends the number of the tapped order, `wants_more` the lane that is scrolled to its end."""

    chosen = Signal(object)
    wants_more = Signal(str)

    def __init__(self, zone: Callable[[], ZoneInfo], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns: dict[OrderStatus, LaneColumn] = {}
        self._number = ""
        face = OrderFace(zone)
        inside = QWidget()
        self._row = QHBoxLayout(inside)
        self._row.setContentsMargins(2 * SPACE, 0, 2 * SPACE, 0)
        self._row.setSpacing(SPACE // 2)
        for status in HEADS:
            if status in EMPTY:
                self._add(LaneColumn(status, face))
        self.setWidget(inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)
        QScroller.grabGesture(self.viewport(), QScroller.ScrollerGestureType.TouchGesture)

    def column(self, status: OrderStatus) -> LaneColumn:
        return self._columns[status]

    def shown(self) -> tuple[OrderStatus, ...]:
        """Name the lanes that are shown."""
        return tuple(status for status, column in self._columns.items() if not column.isHidden())

    def show_lanes(self, lanes: Mapping[OrderStatus, Lane], *, loaded: bool, narrowed: bool) -> None:
        """Show these lanes and no other."""
        for status, column in self._columns.items():
            column.setVisible(status in lanes)
            if status in lanes:
                column.show_lane(lanes[status], loaded=loaded, narrowed=narrowed)
        self._mark()

    def select(self, number: str, *, into_sight: bool = False) -> None:
        """Mark the card of an order, in whatever lane it is."""
        self._number = number
        self._mark()
        if into_sight:
            # After the page at the right has taken its room.
            QTimer.singleShot(0, self, self._bring_into_sight)

    def take_focus(self, number: str) -> None:
        """Take the focus at the card of an order or, where it has gone, at the first lane."""
        shown = [self._columns[status] for status in self.shown()]
        column = next((one for one in shown if one.cards.rows.place_of(number) is not None), shown[0])
        place = column.cards.rows.place_of(number)
        if place is not None:
            flag = column.cards.selectionModel().SelectionFlag.NoUpdate
            column.cards.selectionModel().setCurrentIndex(column.cards.rows.index(place, 0), flag)
        column.cards.setFocus()

    def expect_others(self) -> None:
        """Begin at the top with what comes next: it answers another question."""
        for column in self._columns.values():
            column.cards.scrollToTop()
            column.cards.rows.expect_others()

    def tell_times(self) -> None:
        """Tell the times anew."""
        for column in self._columns.values():
            column.tell_times()

    def _add(self, column: LaneColumn) -> None:
        self._columns[column.status] = column
        self._row.addWidget(column, 1)
        column.cards.chosen.connect(self.chosen)
        column.cards.left_for.connect(self._step_aside)
        column.cards.reached_end.connect(self._reached_end)
        # A card that moved into this lane while a finger held the list arrives later than the answer.
        column.cards.rows.rowsInserted.connect(self._mark_soon)
        column.cards.rows.modelReset.connect(self._mark_soon)

    def _mark_soon(self) -> None:
        QTimer.singleShot(0, self, self._mark)

    def _mark(self) -> None:
        for column in self._columns.values():
            column.cards.follow(self._number)

    def _bring_into_sight(self) -> None:
        for column in self._columns.values():
            if not column.isHidden() and column.cards.rows.place_of(self._number) is not None:
                self.ensureWidgetVisible(column, 2 * SPACE, 0)

    def _reached_end(self) -> None:
        for status, column in self._columns.items():
            if column.cards is self.sender():
                self.wants_more.emit(status.value)

    def _step_aside(self, aside: int) -> None:
        shown = [column for column in self._columns.values() if not column.isHidden()]
        at = next((at for at, column in enumerate(shown) if column.cards is self.sender()), 0)
        column = shown[max(0, min(at + aside, len(shown) - 1))]
        column.cards.setFocus(Qt.FocusReason.TabFocusReason)
        self.ensureWidgetVisible(column, 2 * SPACE, 0)
        if not column.cards.currentIndex().isValid():
            first = column.cards.rows.index(0, 0)
            column.cards.selectionModel().setCurrentIndex(first, column.cards.selectionModel().SelectionFlag.NoUpdate)
