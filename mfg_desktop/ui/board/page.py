"""The page of the chosen order: how far it is, its steps with what stops them, material, output and details."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from textwrap import shorten
from typing import Final
from zoneinfo import ZoneInfo

from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QBoxLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QScroller,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from mfg_desktop.queries.rows import MachineRow, OrderDetail, OrderRow, OutputRow, Timeline
from mfg_desktop.ui.board import cards, moves, sub_orders
from mfg_desktop.ui.board.facts import Fact, Facts
from mfg_desktop.ui.board.operations import OpenOperation, OperationsTab
from mfg_desktop.ui.board.steps import FACES, StepRow, WayOut, in_a_line
from mfg_desktop.ui.board.story import StoryTab
from mfg_desktop.ui.board.sub_orders import SubOrdersTab
from mfg_desktop.ui.board.why import WhyBox
from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.bars import QuantityBar, output_segments
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.cards import CardList
from mfg_desktop.ui.kit.chips import Chip
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.tabs import Tab, TabsBar
from mfg_desktop.ui.kit.text import ElidedLabel, Label, Panel
from mfg_desktop.ui.output.preview import named
from mfg_desktop.ui.theme import ORDER_LOOKS, SPACE, Size, Tone, Weight
from mfg_desktop.vocabulary import Action

_EDGE: Final = 20
_STEP_HEIGHT: Final = 64
_LEAST_TAB: Final = 200
_FIGURE_GAP: Final = 10
_REASON_LETTERS: Final = 90
_TABS: Final = (
    Tab("Operations", "Steps", "setup"),
    Tab("Material", icon="material"),
    Tab("Output", icon="output"),
    Tab("Time line", "Time", "clock"),
    Tab("Notes", icon="note"),
    Tab("Sub orders", "Subs", "orders"),
)
_OPERATIONS, _MATERIAL, _OUTPUT, _STORY, _NOTES, _SUB_ORDERS = range(len(_TABS))


class StepsBar(QWidget):
    """The steps, the main one on top. `taken` sends a step that may be taken, `asked_why` one that is stopped."""

    taken = Signal(Action)
    asked_why = Signal(Action)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(SPACE + 2)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 1)
        self._buttons = {action: self._make(action) for action in FACES}
        self._in_order: tuple[Button, ...] = ()

    def in_order(self) -> tuple[Button, ...]:
        """Give the buttons that are shown, as the eye meets them."""
        return self._in_order

    def button(self, action: Action) -> Button:
        return self._buttons[action]

    def shown(self) -> tuple[Action, ...]:
        return tuple(action for action, button in self._buttons.items() if not button.isHidden())

    def show_steps(self, steps: Sequence[StepRow]) -> None:
        """Show these steps and no other, in their order."""
        wanted = {row.action for row in steps}
        self._in_order = tuple(self._buttons[row.action] for row in steps)
        others = [row for row in steps if not row.main]
        for row in steps:
            button = self._buttons[row.action]
            button.set_kind(Kind.MAIN if row.main else Kind.PLAIN)
            # Two side by side have room for word and key.
            button.set_icon(row.face.icon if row.main else "")
            button.set_stopped([reason.message for reason in row.stopped_by])
            self._grid.removeWidget(button)
            if row.main:
                self._grid.addWidget(button, 0, 0, 1, 2)
            else:
                at = others.index(row)
                self._grid.addWidget(button, 1 + at // 2, at % 2)
        # Last of all: Qt lays the page out at once for a button that comes, and squeezed those that had no place yet.
        for action, button in self._buttons.items():
            button.setVisible(action in wanted)
        self.setVisible(bool(steps))

    def set_working(self, working: bool) -> None:
        for button in self._buttons.values():
            button.set_working(working)

    def _make(self, action: Action) -> Button:
        face = FACES[action]
        button = Button(face.label, icon=face.icon, shortcut=face.shortcut, height=_STEP_HEIGHT, parent=self)
        button.tapped.connect(lambda: self.taken.emit(action))
        button.asked_why.connect(lambda reasons: self.asked_why.emit(action))
        button.hide()
        return button


class MaterialTab(QWidget):
    """The material lines, and a button that issues what is reserved."""

    issue_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines = CardList(
            lambda line: line.material,
            cards.MaterialFace(),
            empty=EmptyState("material", "No material needed", "The product has no parts that this order takes."),
        )
        face = FACES[Action.ISSUE]
        self.issue = Button(face.label, icon=face.icon, height=52)
        self.issue.tapped.connect(self.issue_asked)
        _fill(self, self.lines, self.issue)

    def show_detail(self, detail: OrderDetail) -> None:
        self.lines.show_rows(detail.allocations)
        self.issue.setVisible(Action.ISSUE in detail.actions and any(line.reserved for line in detail.allocations))


class OutputTab(QWidget):
    """The entries of output, newest first. A tapped entry may be reversed."""

    reverse_asked = Signal(object)
    """The `OutputRow` to take back."""

    def __init__(self, zone: Callable[[], ZoneInfo], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entries = CardList(
            lambda row: row.id,
            cards.OutputFace(zone),
            empty=EmptyState("output", "Nothing reported yet", "Good pieces, scrap and rework are listed here."),
        )
        self.reverse = Button("Reverse entry\u2026", icon="undo", height=52)
        self._rows: dict[int, OutputRow] = {}
        self._may = False
        self.entries.chosen.connect(self._look)
        self.reverse.tapped.connect(self._ask)
        _fill(self, self.entries, self.reverse)
        self.reverse.hide()

    def show_detail(self, detail: OrderDetail) -> None:
        rows = tuple(sorted(detail.outputs, key=lambda row: row.id, reverse=True))
        self._rows = {row.id: row for row in rows}
        self._may = Action.REVERSE_OUTPUT in detail.actions
        self.entries.show_rows(rows)
        self._look()

    def _chosen(self) -> OutputRow | None:
        row = self.entries.rows.row_at(self.entries.currentIndex())
        return self._rows.get(row.id) if row is not None else None

    def _look(self, key: object = None) -> None:
        row = self._chosen()
        self.reverse.setVisible(self._may and row is not None)
        if row is not None:
            over = row.reversed_by is not None or row.reverses is not None
            self.reverse.set_stopped(("This entry is taken back already, or takes one back.",) if over else ())

    def _ask(self) -> None:
        row = self._chosen()
        if row is not None:
            self.reverse_asked.emit(row)


class DetailsTab(QScrollArea):
    """Notes and instructions in large type, then times and people; and the way to cancel, away from the steps of every
    day.
    """

    cancel_asked = Signal()
    cancel_stopped = Signal()

    def __init__(self, zone: Callable[[], ZoneInfo], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._zone = zone
        inside = QWidget()
        self.notes = Facts(large=True, stacked=True)
        self.facts = Facts()
        self.cancel = Button(f"{FACES[Action.CANCEL].label}\u2026", kind=Kind.DANGER, height=52)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 12, 8, 12)
        column.setSpacing(2 * SPACE)
        column.addWidget(self.notes)
        column.addWidget(self.facts)
        column.addWidget(self.cancel)
        column.addStretch(1)
        self.setWidget(inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)
        QScroller.grabGesture(self.viewport(), QScroller.ScrollerGestureType.TouchGesture)
        self.cancel.tapped.connect(self.cancel_asked)
        self.cancel.asked_why.connect(self.cancel_stopped)

    def told(self) -> dict[str, str]:
        """Give what is told, by name."""
        return {**self.notes.told(), **self.facts.told()}

    def show_detail(self, detail: OrderDetail, cancelling: StepRow | None) -> None:
        """Show notes, instructions and details; `cancelling` is the step that cancels."""
        self.cancel.setVisible(cancelling is not None)
        if cancelling is not None:
            self.cancel.set_stopped([reason.message for reason in cancelling.stopped_by])
        told = [("Notes", detail.row.notes or "")]
        told += [(named(row), row.instructions or "") for row in detail.operations]
        self.notes.tell([(name, text) for name, text in told if text])
        self.facts.tell(self._tell(detail))

    def _tell(self, detail: OrderDetail) -> list[Fact]:
        row, zone, now = detail.row, self._zone(), datetime.now(UTC)
        planned = [formats.moment(at, zone, now=now) for at in (row.planned_start, row.planned_end)]
        creator = f" by {detail.created_by}" if detail.created_by else ""
        by = f" by {detail.status_by}" if detail.status_by else ""
        at = f" at {detail.status_terminal}" if detail.status_terminal else ""
        told = [
            (ORDER_LOOKS[row.status].word, f"{formats.moment(row.status_since, zone, now=now)}{by}{at}"),
            ("On hold for", row.hold_reason),
            ("Closed short", detail.short_close_reason),
            ("Cancelled for", detail.cancel_reason),
            ("Product", row.product_name),
            ("Stock code", row.product),
            ("Machine", row.machine),
            ("Planned", " \u2013 ".join(planned)),
            ("Started", formats.moment(row.actual_start, zone, now=now) if row.actual_start else None),
            ("Ended", formats.moment(row.actual_end, zone, now=now) if row.actual_end else None),
            (
                "Material for",
                f"{formats.quantity(detail.makeable)} of {cards.in_unit(row.quantity_ordered, row.unit)}"
                if detail.allocations
                else None,
            ),
            ("Sales order", detail.sales_order),
            ("Parent order", detail.parent),
            ("Department", row.department),
            ("Created", formats.moment(detail.created_at, zone, now=now) + creator),
        ]
        return [(name, value) for name, value in told if value]


class TabPages(QStackedWidget):
    """What is under the tabs: it takes the room that is left, and asks for little, since every tab scrolls by itself."""

    def sizeHint(self) -> QSize:
        return QSize(_LEAST_TAB, _LEAST_TAB)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


class _Inside(QWidget):
    """What scrolls: as wide as the page, whatever it holds. There is no way to scroll sideways to what is beyond."""

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())


class OrderPage(Panel):
    """The page. It shows a detail; what is tapped on it comes out as signals."""

    step_taken = Signal(Action)
    why_asked = Signal(Action)
    way_chosen = Signal(object)
    all_reasons_asked = Signal(object)
    """The `StepRow` or `MoveRow` that stops for more reasons than are told beside it."""
    reverse_asked = Signal(object)
    close_asked = Signal()
    operation_opened = Signal(int)
    move_made = Signal(object)
    """The `MoveRow` that was tapped."""
    move_stopped = Signal(moves.Move)
    order_asked = Signal(str)
    story_told = Signal(bool)
    """Whether the time line is looked at."""

    def __init__(self, zone: Callable[[], ZoneInfo], parent: QWidget | None = None) -> None:
        super().__init__("side", parent)
        self._zone = zone
        self._number = ""
        self.status = Chip()
        self.priority = Chip()
        self.due = ElidedLabel("", size=Size.SMALL, weight=Weight.STRONG, ink="muted")
        self.close_button = Button("", icon="cross", kind=Kind.QUIET, height=48)
        self.close_button.setAccessibleName("Close the order")
        self.close_button.setToolTip("Close the order")
        face = FACES[Action.UPDATE]
        self.change_button = Button("", icon=face.icon, kind=Kind.QUIET, shortcut=face.shortcut, height=48)
        self.change_button.setAccessibleName("Change the order")
        # The figures beside it need the room.
        self.change_button.show_keycap(False)
        self.change_button.hide()
        self.number = ElidedLabel(size=Size.TITLE, weight=Weight.HEAVY)
        self.product = ElidedLabel(size=Size.LARGE, weight=Weight.STRONG)
        self.place = ElidedLabel(ink="muted")
        self.reason = Label(weight=Weight.STRONG, ink=Tone.HELD, wraps=True)
        self.good = ElidedLabel(size=Size.HUGE, weight=Weight.HEAVY, least=Size.TITLE)
        self.ordered = ElidedLabel(size=Size.LARGE, weight=Weight.STRONG)
        self.rest = ElidedLabel(ink="muted")
        self.bar = QuantityBar(12)
        self.steps = StepsBar()
        self.why = WhyBox()
        self.hint = Label(size=Size.SMALL, ink="muted", wraps=True)
        self.hint.hide()
        self.tabs = TabsBar(_TABS)
        self.operations = OperationsTab(zone)
        self.material = MaterialTab()
        self.output = OutputTab(zone)
        self.story = StoryTab(zone)
        self.details = DetailsTab(zone)
        self.sub_orders = SubOrdersTab(zone)
        self.pages = TabPages()
        for tab in (self.material, self.output, self.story, self.details, self.sub_orders):
            self.pages.addWidget(tab)
        self.pages.hide()
        self._lay_out()
        self._connect()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_asked.emit()
        else:
            super().keyPressEvent(event)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self.status)
        head.addWidget(self.priority)
        head.addWidget(self.due, 1)
        self.due.setAlignment(Qt.AlignmentFlag.AlignRight)
        name = QHBoxLayout()
        name.addWidget(self.number, 1)
        name.addWidget(self.close_button)
        beside = QVBoxLayout()
        beside.setSpacing(0)
        beside.addStretch(1)
        beside.addWidget(self.ordered)
        beside.addWidget(self.rest)
        # The small words stand on the line of the large number.
        beside.addSpacing(6)
        self._figures = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._figures.setSpacing(_FIGURE_GAP)
        self._figures.addWidget(self.good)
        self._figures.addLayout(beside, 1)
        figure = QHBoxLayout()
        figure.setSpacing(_FIGURE_GAP)
        figure.addLayout(self._figures, 1)
        figure.addWidget(self.change_button)
        inside = _Inside()
        column = QVBoxLayout(inside)
        column.setContentsMargins(_EDGE, 16, _EDGE, 10)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(name)
        column.addWidget(self.product)
        column.addSpacing(2)
        column.addWidget(self.place)
        column.addSpacing(2)
        column.addWidget(self.reason)
        column.addSpacing(4)
        column.addLayout(figure)
        column.addSpacing(4)
        column.addWidget(self.bar)
        column.addSpacing(14)
        column.addWidget(self.steps)
        column.addSpacing(12)
        column.addWidget(self.why)
        column.addWidget(self.hint)
        column.addSpacing(4)
        column.addWidget(self.tabs)
        column.addSpacing(6)
        # The operations are as long as they are, and scroll with the page.
        column.addWidget(self.operations, 1)
        column.addWidget(self.pages, 1)
        scroll = QScrollArea()
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)
        QScroller.grabGesture(scroll.viewport(), QScroller.ScrollerGestureType.TouchGesture)
        self._scroll = scroll
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 0, 0, 0)
        outer.addWidget(scroll)

    def _connect(self) -> None:
        self.tabs.chosen.connect(self._turn)
        self.steps.taken.connect(self.step_taken)
        self.steps.asked_why.connect(self.why_asked)
        for why in (self.why, self.operations.panel.why):
            why.chosen.connect(self.way_chosen)
            why.all_asked.connect(self.all_reasons_asked)
        self.close_button.tapped.connect(self.close_asked)
        self.change_button.tapped.connect(lambda: self.step_taken.emit(Action.UPDATE))
        self.change_button.asked_why.connect(lambda: self.why_asked.emit(Action.UPDATE))
        self.material.issue_asked.connect(lambda: self.step_taken.emit(Action.ISSUE))
        self.output.reverse_asked.connect(self.reverse_asked)
        self.details.cancel_asked.connect(lambda: self.step_taken.emit(Action.CANCEL))
        self.details.cancel_stopped.connect(lambda: self.why_asked.emit(Action.CANCEL))
        self.operations.opened.connect(self.operation_opened)
        self.operations.panel.buttons.made.connect(self.move_made)
        self.operations.panel.buttons.asked_why.connect(self.move_stopped)
        self.sub_orders.order_asked.connect(self.order_asked)
        self.sub_orders.split_asked.connect(lambda: self.step_taken.emit(Action.CREATE_SUB_ORDERS))
        self.sub_orders.split_stopped.connect(lambda: self.why_asked.emit(Action.CREATE_SUB_ORDERS))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_figures()

    def _fit_figures(self) -> None:
        # Half a number would be another number: where the two have no room side by side, they stand under one another.
        beside = max(self.ordered.sizeHint().width(), self.rest.sizeHint().width())
        room = self.width() - 2 * _EDGE - self.change_button.sizeHint().width() - 2 * _FIGURE_GAP
        fits = self.good.sizeHint().width() + beside <= room
        direction = QBoxLayout.Direction.LeftToRight if fits else QBoxLayout.Direction.TopToBottom
        self._figures.setDirection(direction)

    def _turn(self, place: int) -> None:
        self.operations.setVisible(place == _OPERATIONS)
        self.pages.setVisible(place != _OPERATIONS)
        if place != _OPERATIONS:
            self.pages.setCurrentIndex(place - _MATERIAL)
        self.story_told.emit(place == _STORY)

    def set_working(self, working: bool) -> None:
        """Take no step while one is under way."""
        self.steps.set_working(working)
        self.operations.set_working(working)
        self.why.set_working(working)
        for button in (self.material.issue, self.output.reverse, self.details.cancel, self.sub_orders.split):
            button.set_working(working)

    def show_detail(self, detail: OrderDetail, steps: Sequence[StepRow], cancelling: StepRow | None) -> None:
        """Show the order; what is scrolled, chosen or open on its page stays."""
        row = detail.row
        another = row.number != self._number
        if another:
            self._number = row.number
            self._scroll.verticalScrollBar().setValue(0)
        self.tabs.set_shown(_OPERATIONS, bool(detail.operations))
        if another and detail.operations:
            # What is to be done next is a button of the operation.
            self.tabs.choose(_OPERATIONS)
        self.status.set_look(ORDER_LOOKS[row.status])
        self.priority.set_look(cards.priority_look(row))
        self.number.set_text(row.number)
        self.product.set_text(row.product_name)
        self.good.set_text(formats.quantity(row.quantity_completed))
        self.ordered.set_text(f"of {cards.in_unit(row.quantity_ordered, row.unit)} good")
        self.rest.set_text(_rest(row))
        self._fit_figures()
        self._tell_reason(
            row.hold_reason
            or (detail.short_close_reason and f"Closed short: {detail.short_close_reason}")
            or (detail.cancel_reason and f"Cancelled: {detail.cancel_reason}")
        )
        self.bar.show_segments(output_segments(row.quantity_completed, row.quantity_scrapped), row.quantity_ordered)
        self.steps.show_steps(steps)
        self.material.show_detail(detail)
        self.output.show_detail(detail)
        self.details.show_detail(detail, cancelling)
        self.tabs.set_count(_OPERATIONS, len(detail.operations) or None)
        self.tabs.set_count(_MATERIAL, len(detail.allocations) or None)
        self.tabs.set_count(_OUTPUT, len(detail.outputs) or None)
        self.tabs.set_count(_SUB_ORDERS, len(detail.sub_orders) or None)
        self.tell_times(detail)

    def show_changing(self, step: StepRow | None) -> None:
        """Show the way to change what the order asks for; None: it is over."""
        self.change_button.setVisible(step is not None)
        self.change_button.set_stopped([reason.message for reason in step.stopped_by] if step is not None else [])
        if step is not None and not step.stopped_by:
            self.change_button.setToolTip(f"Change the order ({FACES[Action.UPDATE].shortcut})")

    def show_operations(
        self, detail: OrderDetail, shown: OpenOperation | None, machines: Mapping[str, MachineRow]
    ) -> None:
        """Show the operations, one of them open."""
        self.operations.show_operations(detail, shown, machines)

    def show_sub_orders(self, detail: OrderDetail, splitting: StepRow | None) -> None:
        """Show the sub orders; their tab is there for orders that have to do with any."""
        self.tabs.set_shown(_SUB_ORDERS, sub_orders.belongs_here(detail, splitting))
        self.sub_orders.show_detail(detail, splitting)

    def show_story(self, story: Timeline | None) -> None:
        """Show the time line; None: it is on its way."""
        self.story.show_story(story)

    def show_tab_of_operations(self) -> None:
        self.tabs.choose(_OPERATIONS)

    def bring_operation_into_sight(self) -> None:
        """Scroll to the open operation, its row first; without a button there is nothing to do there yet."""
        # Rows that came with this answer have no place yet.
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
        line = self.operations.open_line()
        if line is not None and self.operations.panel.buttons.isVisible():
            self._scroll.ensureWidgetVisible(self.operations.panel.buttons)
            self._scroll.ensureWidgetVisible(line)

    def focused(self) -> QWidget | None:
        """Give what has the focus on this page."""
        now = QApplication.focusWidget()
        return now if now is not None and self.isAncestorOf(now) else None

    def keep_focus(self, before: QWidget | None) -> None:
        """Keep the focus here though the button that had it has gone: Qt would give it to the next one of the window."""
        if before is None or before.isVisible():
            return
        main = next((self.steps.button(action) for action in self.steps.shown()), None)
        of_operation = [self.operations.panel.buttons.button(move) for move in self.operations.panel.buttons.shown()]
        wanted = [self.sub_orders.orders, *of_operation, *([main] if main else []), self.tabs]
        next(widget for widget in wanted if widget.isVisible()).setFocus()

    def tell_times(self, detail: OrderDetail) -> None:
        """Tell the times as of now."""
        row, zone, now = detail.row, self._zone(), datetime.now(UTC)
        self.due.set_text(formats.due(row.planned_end, zone, now=now, over=cards.is_over(row)))
        self.due.set_ink(Tone.TROUBLE if cards.is_late(row, now) else "muted")
        over = f"{ORDER_LOOKS[row.status].word.lower()} " if cards.is_over(row) else ""
        self.place.set_text(f"{row.machine or 'No machine'} \u00b7 {over}{cards.how_long(row, zone, now)}")

    def _tell_reason(self, reason: str | None) -> None:
        # A long reason stands among the details in full; here the steps are not to be pushed out of sight.
        self.reason.setText(shorten(reason or "", _REASON_LETTERS, placeholder="\u2026"))
        self.reason.setToolTip(reason or "")
        self.reason.setVisible(bool(reason))

    def show_why(self, row: StepRow | None, ways: Sequence[WayOut], *, in_full: bool) -> None:
        """Show what stops a step: in full, or as a line."""
        self.why.show_step(row if in_full else None, ways)
        self.hint.setVisible(row is not None and not in_full)
        self.hint.setText(in_a_line(row) if row is not None else "")
        # Tab walks as the eye does: the ways out have just been made, and would come last.
        for one, following in pairwise((self.change_button, *self.steps.in_order(), *self.why.ways(), self.tabs)):
            QWidget.setTabOrder(one, following)

    def bring_why_into_sight(self) -> None:
        self._scroll.ensureWidgetVisible(self.why)

    def show_loading(self, number: str) -> None:
        """Show that the order is on its way, and nothing of the one before."""
        self.number.set_text(number)
        self.place.set_text("Loading\u2026")
        for label in (self.product, self.due, self.ordered, self.rest):
            label.set_text("")
        self.good.set_text("")
        self._tell_reason(None)
        self.status.set_look(None)
        self.priority.set_look(None)
        self.bar.show_segments((), Decimal(0))
        self.steps.show_steps(())
        self.show_changing(None)
        self.show_why(None, (), in_full=False)


def _rest(row: OrderRow) -> str:
    words = [f"{formats.quantity(row.quantity_scrapped)} scrap" if row.quantity_scrapped else "", cards.said_to_go(row)]
    return " \u00b7 ".join(word for word in words if word)


def _fill(tab: QWidget, *widgets: QWidget) -> None:
    column = QVBoxLayout(tab)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(SPACE)
    for at, widget in enumerate(widgets):
        column.addWidget(widget, 1 if at == 0 else 0)
