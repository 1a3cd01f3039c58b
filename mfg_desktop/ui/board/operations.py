"""The operations of an order, one row each; the one that runs or is next is open, with its buttons and its sheet."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from mfg_desktop.queries.rows import MachineRow, OperationRow, OrderDetail
from mfg_desktop.ui.board import moves
from mfg_desktop.ui.board.facts import Fact, Facts, readable
from mfg_desktop.ui.board.moves import FACES, Move, MoveRow
from mfg_desktop.ui.board.steps import WayOut
from mfg_desktop.ui.board.why import WhyBox
from mfg_desktop.ui.kit import formats, icons
from mfg_desktop.ui.kit.bars import output_segments, paint_bar
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.text import Label, Panel, paint_text
from mfg_desktop.ui.output.preview import named
from mfg_desktop.ui.theme import MACHINE_LOOKS, RADIUS, SPACE, Size, Theme, Tone, Weight, mixed
from mfg_desktop.vocabulary import OperationStatus

_ROW: Final = 72
_CIRCLE: Final = 38.0
_BUTTON: Final = 64
_STARTED: Final = frozenset({OperationStatus.IN_PROGRESS, OperationStatus.ON_HOLD, OperationStatus.COMPLETED})
_RIGHT: Final = Qt.AlignmentFlag.AlignRight


@dataclass(frozen=True, slots=True)
class OpenOperation:
    """The operation that is open, with what may be done to it."""

    row: OperationRow
    moves: tuple[MoveRow, ...] = ()
    waiting: MoveRow | None = None
    """The move whose reasons are shown."""
    ways: tuple[WayOut, ...] = ()


class OperationLine(QAbstractButton):
    """An operation as a row: how it stands, how far it is, where, and how long it took. Tapped, it opens."""

    def __init__(self, row: OperationRow, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row, self._ordered = row, Decimal(0)
        self._machine: MachineRow | None = None
        self._open = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def row(self) -> OperationRow:
        return self._row

    def show_row(self, row: OperationRow, ordered: Decimal, machine: MachineRow | None, *, is_open: bool) -> None:
        """Show how the operation stands."""
        self._row, self._ordered, self._machine, self._open = row, ordered, machine, is_open
        said = f"{named(row)}, {moves.LOOKS[row.status].word}, {self._figure()} good"
        self.setAccessibleName(said)
        places = [row.machine or "no machine", *(f"{kind} {code}" for kind, code in tooling(row))]
        trouble = [reason.message for reason in moves.tooling_trouble(row).values()]
        self.setToolTip("\n".join([said, ", ".join(places), *trouble]))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, _ROW)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self.animateClick()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, tokens, row = Theme.current, Theme.current.tokens, self._row
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.isDown():
            painter.fillRect(self.rect(), mixed(tokens.surface, tokens.text, 0.08))
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.drawLine(QPointF(0, _ROW - 0.5), QPointF(self.width(), _ROW - 0.5))
        if self._open:
            painter.fillRect(QRectF(0, 10, 4, _ROW - 20), QColor(tokens.accent))
        look = moves.LOOKS[row.status]
        colours = tokens.of(look.tone)
        circle = QRectF(12, (_ROW - _CIRCLE) / 2, _CIRCLE, _CIRCLE)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.soft))
        painter.drawEllipse(circle)
        icons.paint(painter, circle.adjusted(10, 10, -10, -10), look.icon, colours.ink)
        left, right = circle.right() + 12, self.width() - 4.0
        line = QRectF(left, 8, right - left, 24)
        figure, strong = self._figure(), theme.font(Size.LARGE, Weight.HEAVY)
        used = paint_text(painter, line, figure, font=strong, colour=tokens.text, align=_RIGHT) if figure else 0.0
        over = row.status in moves.OVER
        name = line.adjusted(0, 0, -used - 10, 0)
        smaller = theme.font(Size.BODY, Weight.HEAVY)
        font = strong if QFontMetricsF(strong).horizontalAdvance(named(row)) <= name.width() else smaller
        paint_text(painter, name, named(row), font=font, colour=tokens.muted if over else tokens.text)
        second = QRectF(left, 33, right - left, 20)
        self._paint_second(painter, second)
        if row.status in _STARTED or row.good or row.scrapped:
            bar = QRectF(left, 58, right - left, 6)
            paint_bar(painter, bar, output_segments(row.good, row.scrapped), self._ordered)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.focus), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -2), RADIUS, RADIUS)

    def _paint_second(self, painter: QPainter, line: QRectF) -> None:
        theme, tokens, row = Theme.current, Theme.current.tokens, self._row
        small, strong = theme.font(Size.SMALL), theme.font(Size.SMALL, Weight.STRONG)
        spent = _spent(row)
        used = paint_text(painter, line, spent, font=small, colour=tokens.muted, align=_RIGHT) + 10 if spent else 0.0
        line = line.adjusted(0, 0, -used, 0)
        look = moves.LOOKS[row.status]
        at = paint_text(painter, line, look.word, font=strong, colour=tokens.of(look.tone).ink) + 10
        line.setLeft(line.left() + at)
        if row.status in moves.OVER:
            paint_text(painter, line, row.machine or "", font=small, colour=tokens.muted)
            return
        state = MACHINE_LOOKS[self._machine.status] if self._machine is not None else None
        if state is not None:
            mark = QRectF(line.left(), line.center().y() - 6, 12, 12)
            icons.paint(painter, mark, state.icon, tokens.of(state.tone).fill)
            line.setLeft(mark.right() + 4)
        place = row.machine or "No machine"
        line.setLeft(line.left() + paint_text(painter, line, place, font=strong, colour=tokens.text) + 10)
        trouble = moves.tooling_trouble(row)
        for kind, code in tooling(row):
            ink = tokens.of(Tone.TROUBLE).ink if kind in trouble else tokens.muted
            if line.width() < 12:
                return
            mark = QRectF(line.left(), line.center().y() - 6, 12, 12)
            icons.paint(painter, mark, "alert" if kind in trouble else "tooling", ink)
            line.setLeft(mark.right() + 4)
            # Half a code may be that of another; the open panel and the tooltip have it whole.
            if QFontMetricsF(small).horizontalAdvance(code) <= line.width():
                line.setLeft(line.left() + paint_text(painter, line, code, font=small, colour=ink) + 10)

    def _figure(self) -> str:
        if self._row.status is OperationStatus.CANCELLED:
            return ""
        return f"{formats.quantity(self._row.good)} / {formats.quantity(self._ordered)}"


class MoveButtons(QWidget):
    """The moves of the open operation, the main one on top. `made` sends one that may be made, `asked_why` one that is
    stopped.
    """

    made = Signal(object)
    """The `MoveRow`."""
    asked_why = Signal(Move)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[Move, MoveRow] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(SPACE)
        # "Complete 120" is the longest of them, with its key.
        self._grid.setColumnStretch(0, 4)
        self._grid.setColumnStretch(1, 5)
        self._buttons = {move: self._make(move) for move in FACES}

    def button(self, move: Move) -> Button:
        return self._buttons[move]

    def all(self) -> tuple[Button, ...]:
        return tuple(self._buttons.values())

    def shown(self) -> tuple[Move, ...]:
        return tuple(move for move, button in self._buttons.items() if not button.isHidden())

    def show_moves(self, rows: Sequence[MoveRow]) -> None:
        """Show these moves and no other."""
        self._rows = {row.move: row for row in rows}
        for move, button in self._buttons.items():
            button.setVisible(move in self._rows)
        others = [row for row in rows if not row.main]
        for row in rows:
            button = self._buttons[row.move]
            button.set_kind(Kind.MAIN if row.main else Kind.PLAIN)
            button.set_icon(row.face.icon if row.main else "")
            # The order has a Complete of its own right above.
            button.set_text(row.face.label if row.move is Move.RECORD else f"{row.face.label} {row.sequence}")
            button.set_stopped([reason.message for reason in row.stopped_by])
            self._grid.removeWidget(button)
            if row.main or len(others) == 1:
                self._grid.addWidget(button, 0 if row.main else 1, 0, 1, 2)
            else:
                self._grid.addWidget(button, 1, others.index(row))
        self.setVisible(bool(rows))

    def set_working(self, working: bool) -> None:
        for button in self._buttons.values():
            button.set_working(working)

    def _make(self, move: Move) -> Button:
        face = FACES[move]
        button = Button(face.label, icon=face.icon, shortcut=face.shortcut, height=_BUTTON, parent=self)
        # The page gives the width; a word that has no room for its key is cut before the page grows.
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        button.tapped.connect(lambda: self.made.emit(self._rows[move]))
        button.asked_why.connect(lambda reasons: self.asked_why.emit(move))
        button.hide()
        return button


class OperationPanel(QWidget):
    """The open operation: its moves, what stops them, its facts, and the sheet to work by."""

    def __init__(self, zone: Callable[[], ZoneInfo], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._zone = zone
        self.buttons = MoveButtons()
        self.why = WhyBox()
        self.facts = Facts()
        self._head = Label("How it is done", size=Size.SMALL, weight=Weight.STRONG, ink="muted")
        self.instructions = Label(size=Size.LARGE, wraps=True)
        self.parameters = Facts(large=True)
        self._quality_head = Label("What Quality asks", size=Size.SMALL, weight=Weight.STRONG, ink="muted")
        self.quality = Facts(large=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 12, 0, 16)
        column.setSpacing(12)
        box = Panel("raised")
        sheet = QVBoxLayout(box)
        sheet.setContentsMargins(14, 14, 14, 14)
        sheet.setSpacing(12)
        for widget in (self.buttons, self.why, box):
            column.addWidget(widget)
        for part in (
            self.facts,
            self._head,
            self.instructions,
            self.parameters,
            self._quality_head,
            self.quality,
        ):
            sheet.addWidget(part)

    def show_operation(self, shown: OpenOperation, before: OperationRow | None, machine: MachineRow | None) -> None:
        """Show an operation; `before` is the one that it waits for."""
        row = shown.row
        self.buttons.show_moves(shown.moves)
        self.why.show_step(shown.waiting, shown.ways)
        self.facts.tell(self._facts(row, before, machine))
        self.instructions.setText(row.instructions or "")
        self.instructions.setVisible(bool(row.instructions))
        self.parameters.tell(readable(row.parameters))
        self._head.setVisible(bool(row.instructions or row.parameters))
        self.quality.tell(readable(row.quality_requirements))
        self._quality_head.setVisible(bool(row.quality_requirements))

    def _facts(self, row: OperationRow, before: OperationRow | None, machine: MachineRow | None) -> list[Fact]:
        zone, now = self._zone(), datetime.now(UTC)
        trouble = moves.tooling_trouble(row)
        facts: list[Fact] = [_machine_fact(row, machine)]
        fine = [code for kind, code in tooling(row) if kind not in trouble]
        if fine:
            facts.append(("Tooling", ", ".join(fine)))
        facts += [
            (
                kind.capitalize(),
                f"{code} {'is overdue' if 'OVERDUE' in trouble[kind].code else 'is not free'}",
                Tone.TROUBLE,
            )
            for kind, code in tooling(row)
            if kind in trouble
        ]
        if row.scrapped:
            facts.append(("Scrap", formats.quantity(row.scrapped), Tone.TROUBLE))
        if row.status is OperationStatus.PLANNED and before is not None:
            facts.append(("Starts after", _starts_after(row, before)))
        if row.setup_minutes is not None or row.cycle_seconds is not None:
            facts.append(("Planned", _planned(row)))
        if row.setup_spent_minutes >= 1 or row.run_spent_minutes >= 1:
            facts.append(("Spent", _spent_in_full(row)))
        if row.started_at is not None and row.ended_at is not None:
            times = [formats.moment(at, zone, now=now) for at in (row.started_at, row.ended_at)]
            facts.append(("Done", " \u2013 ".join(times)))
        elif row.status_since is not None and row.status in _STARTED:
            by = f", {row.status_by}" if row.status_by else ""
            facts.append((moves.LOOKS[row.status].word, formats.since(row.status_since, zone, now=now) + by))
        return facts


class OperationsTab(QWidget):
    """The rows, with the open one's panel under it."""

    opened = Signal(int)
    """The sequence that was tapped."""

    def __init__(self, zone: Callable[[], ZoneInfo], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.panel = OperationPanel(zone)
        self._lines: dict[int, OperationLine] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 12)
        self._column.setSpacing(0)
        self._column.addWidget(self.panel)
        self._column.addStretch(1)
        self.panel.hide()

    def line(self, sequence: int) -> OperationLine:
        return self._lines[sequence]

    def open_line(self) -> OperationLine | None:
        """Give the row of the open operation."""
        at = self._column.indexOf(self.panel)
        item = self._column.itemAt(at - 1) if at > 0 and not self.panel.isHidden() else None
        widget = item.widget() if item is not None else None
        return widget if isinstance(widget, OperationLine) else None

    def show_operations(
        self, detail: OrderDetail, shown: OpenOperation | None, machines: Mapping[str, MachineRow]
    ) -> None:
        """Show the operations of an order; rows that stay are changed in place."""
        if list(self._lines) != [row.sequence for row in detail.operations]:
            self._make_lines(detail.operations)
        ordered = detail.row.quantity_ordered
        for row in detail.operations:
            is_open = shown is not None and row.sequence == shown.row.sequence
            self._lines[row.sequence].show_row(row, ordered, machines.get(row.machine or ""), is_open=is_open)
        self.panel.setVisible(shown is not None)
        if shown is None:
            return
        before = [row for row in detail.operations if row.sequence < shown.row.sequence]
        self.panel.show_operation(shown, before[-1] if before else None, machines.get(shown.row.machine or ""))
        place = list(self._lines).index(shown.row.sequence) + 1
        if self._column.indexOf(self.panel) != place:
            self._column.removeWidget(self.panel)
            self._column.insertWidget(place, self.panel)
            self._order_tabs()

    def _order_tabs(self) -> None:
        """Let Tab walk as the eye does: the rows in their order, and behind the open one its buttons."""
        chain: list[QWidget] = []
        for at in range(self._column.count()):
            item = self._column.itemAt(at)
            widget = item.widget() if item is not None else None
            if widget is self.panel:
                chain += self.panel.buttons.all()
            elif widget is not None:
                chain.append(widget)
        for one, following in pairwise(chain):
            QWidget.setTabOrder(one, following)

    def set_working(self, working: bool) -> None:
        self.panel.buttons.set_working(working)
        self.panel.why.set_working(working)

    def _make_lines(self, rows: Sequence[OperationRow]) -> None:
        for line in self._lines.values():
            self._column.removeWidget(line)
            line.hide()
            line.deleteLater()
        self._lines = {row.sequence: OperationLine(row) for row in rows}
        self._column.removeWidget(self.panel)
        for at, (sequence, line) in enumerate(self._lines.items()):
            line.clicked.connect(lambda checked=False, sequence=sequence: self.opened.emit(sequence))
            self._column.insertWidget(at, line)
        self._column.insertWidget(len(self._lines), self.panel)


def tooling(row: OperationRow) -> list[tuple[str, str]]:
    """Give what an operation is done with: kind and code."""
    parts = (("fixture", row.fixture), ("gauge", row.gauge), ("tool", row.tool))
    return [(kind, code) for kind, code in parts if code]


def _machine_fact(row: OperationRow, machine: MachineRow | None) -> Fact:
    needs = formats.words(row.machine_type) if row.machine_type else ""
    if row.machine is None:
        return ("Machine", f"None yet; needs {needs}" if needs else "None yet", Tone.HELD)
    if machine is None:
        return ("Machine", row.machine)
    look = MACHINE_LOOKS[machine.status]
    busy = f" with {machine.work_order}" if machine.work_order and row.status is not OperationStatus.IN_PROGRESS else ""
    said = f"{row.machine}, {look.word.lower()}{busy}"
    return ("Machine", said, Tone.TROUBLE) if look.tone is Tone.TROUBLE else ("Machine", said)


def _starts_after(row: OperationRow, before: OperationRow) -> str:
    if row.overlap_quantity is None:
        return f"{named(before)} is complete"
    if not row.overlap_quantity:
        return "nothing, it may start at any time"
    so_far = f", {formats.quantity(before.good)} there" if before.good < row.overlap_quantity else ""
    return f"{formats.quantity(row.overlap_quantity)} good of {named(before)}{so_far}"


def _planned(row: OperationRow) -> str:
    parts = [f"set-up {_minutes(row.setup_minutes)}" if row.setup_minutes else ""]
    parts.append(f"{_seconds(row.cycle_seconds)} a piece" if row.cycle_seconds else "")
    return ", ".join(part for part in parts if part) or formats.NOTHING


def _spent_in_full(row: OperationRow) -> str:
    parts = [f"set-up {_minutes(row.setup_spent_minutes)}" if row.setup_spent_minutes >= 1 else ""]
    parts.append(f"run {_minutes(row.run_spent_minutes)}" if row.run_spent_minutes >= 1 else "")
    return ", ".join(part for part in parts if part)


def _spent(row: OperationRow) -> str:
    spent = row.setup_spent_minutes + row.run_spent_minutes
    return _minutes(spent) if row.status in _STARTED and spent >= 1 else ""


def _minutes(minutes: Decimal | None) -> str:
    return formats.duration(timedelta(minutes=float(minutes or 0)))


def _seconds(seconds: Decimal) -> str:
    if seconds < 120:
        return f"{formats.quantity(seconds)} s"
    minutes, rest = divmod(seconds, 60)
    return f"{formats.quantity(minutes)} min {formats.quantity(rest)} s" if rest else f"{formats.quantity(minutes)} min"
