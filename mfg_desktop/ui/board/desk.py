"""The page of the chosen order at work: every tap on it becomes a question or a command, and every answer is shown on it.

A board puts `page` beside its orders, calls `open` for the one that is chosen, and hears of it by `order.opened`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.queries.rows import MachineRow, OperationRow, OutputRow
from mfg_desktop.ui import refusals
from mfg_desktop.ui.background import BUSY_AFTER_MS
from mfg_desktop.ui.board import cards, moves, steps
from mfg_desktop.ui.board.dialogs import CancelDialog, MachineDialog, ReasonDialog
from mfg_desktop.ui.board.moves import Move, MoveRow
from mfg_desktop.ui.board.operations import OpenOperation
from mfg_desktop.ui.board.page import OrderPage
from mfg_desktop.ui.board.presenter import OrderPresenter
from mfg_desktop.ui.board.steps import FACES, PAUSE, REASONS, RETURN_AND_CANCEL, Asks, StepRow, Way, WayOut
from mfg_desktop.ui.board.writing import ChangeOrderDialog, NewOrderDialog, OrderWriter
from mfg_desktop.ui.context import Context
from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.output.preview import named
from mfg_desktop.ui.output.view import OutputDialog
from mfg_desktop.ui.theme import Tone
from mfg_desktop.vocabulary import Action, EntityType

Stopped = TypeVar("Stopped", StepRow, StepRow | None, MoveRow, MoveRow | None)


class OrderDesk(QObject):
    """The page with its presenter and the dialogs that its steps ask by. `over` is the screen it belongs to.

    `left` is sent when the page goes that had the focus.
    """

    left = Signal()
    made = Signal(str)
    """A new order is there; its number."""

    def __init__(self, context: Context, over: QWidget) -> None:
        super().__init__(over)
        self._context, self._over = context, over
        self.order = OrderPresenter(context, self)
        self._writer = OrderWriter(context, self)
        self.page = OrderPage(self._zone)
        self.page.hide()
        self._machines: MachineDialog | None = None
        self._machines_for: int | None = None
        """The operation that the dialog asks a machine for; None where it asks for the order."""
        self._early = ""
        """A command that was scanned before its order was there, or while the command before was under way."""
        self._shown_operation: tuple[str, int | None] = ("", None)
        self._patience = QTimer(self, singleShot=True, interval=BUSY_AFTER_MS)
        self._steps: Mapping[Asks, Callable[[Action], object]] = {
            Asks.NOTHING: self.order.take,
            Asks.REASON: self._ask_reason,
            Asks.OUTPUT: self._ask_output,
            Asks.FORM: self._ask_changes,
        }
        self._moves: Mapping[Move, Callable[[int], object]] = {
            Move.START: lambda sequence: self.order.make_move(sequence, Move.START),
            Move.RESUME: lambda sequence: self.order.make_move(sequence, Move.RESUME),
            Move.PAUSE: self._ask_pause,
            Move.RECORD: lambda sequence: self._report(sequence, completes=False),
            Move.COMPLETE: lambda sequence: self._report(sequence, completes=True),
        }
        self._ways: Mapping[Way, Callable[[str], object]] = {
            Way.STEP: lambda action: self.step(Action(action)),
            Way.MOVE: self._move,
            Way.SHOW_OPERATION: lambda sequence: self.order.show_operation(int(sequence)),
            Way.ALLOCATE_PART: lambda _: self.order.allocate_part(),
            Way.CLOSE_SHORT: lambda _: self._ask_reason(Action.COMPLETE),
            Way.CHOOSE_MACHINE: self._ask_machine,
            Way.RETURN_AND_CANCEL: lambda _: self._return_and_cancel(),
            Way.OPEN_ORDER: self.order.open,
            Way.OPEN_MACHINE: partial(context.open_entity, EntityType.MACHINE),
            Way.OPEN_FIXTURE: partial(context.open_entity, EntityType.FIXTURE),
            Way.OPEN_GAUGE: partial(context.open_entity, EntityType.GAUGE),
            Way.OPEN_PRODUCT: partial(context.open_entity, EntityType.PRODUCT),
            Way.OVERRIDE: lambda action: self.order.take(Action(action)),
            Way.OVERRIDE_MOVE: lambda key: self.order.make_move(*_read(key)),
        }
        self._connect()

    def open(self, number: str, sequence: int | None = None) -> None:
        """Open the page of an order, with a sequence at that operation; an empty number closes it."""
        self.order.open(number, sequence)
        if sequence is not None:
            self.page.show_tab_of_operations()

    def scanned(self, code: str) -> bool:
        """Take a scanned command for the open operation or for the order; False for any other scan.

        After the code of an operation a move is meant for that operation alone; else for the one that is open and, where
        that cannot make it, for the order.

        A command that is not possible is taken too, and said: looked up like a number it would empty the board.
        """
        spoken, action = moves.spoken(code), steps.spoken(code)
        if spoken is None and action is None:
            return False
        if self.order.detail() is None or self.order.busy():
            if self.order.number():
                self._early = code
            else:
                self._context.notices.say(f"Scan the order first, then {code}.", Tone.HELD)
            return True
        move = next((row for row in self.order.moves() if row.move is spoken), None)
        if move is not None:
            self.page.show_tab_of_operations()
            self.page.operations.panel.buttons.button(move.move).animateClick()
            return True
        operation = self.order.scanned_operation()
        if operation is not None and spoken is not None:
            self._tell_why_not(operation, spoken)
            return True
        row = self.order.spoken(code)
        if row is not None:
            self.page.steps.button(row.action).animateClick()
        else:
            self._context.notices.say(f"{code} is not what {self.order.number()} waits for now.", Tone.HELD)
        return True

    def _tell_why_not(self, operation: OperationRow, move: Move) -> None:
        """Say why an operation cannot make a move that was scanned for it, with the ways out."""
        detail = self.order.detail()
        row = moves.not_offered(operation, move)
        if detail is None or not row.stopped_by:
            status = moves.LOOKS[operation.status].word.lower()
            self._context.notices.say(f"{named(operation)} is {status}: nothing to {move} there.", Tone.HELD)
            return
        self._tell_all(row)

    def _tell_all(self, row: StepRow | MoveRow) -> None:
        """Tell all that stops a step or a move, each reason with its ways out."""
        detail = self.order.detail()
        if detail is None:
            return
        move = row if isinstance(row, MoveRow) else None
        ways = {
            one.code: [
                (way.label, partial(self._go, way)) for way in steps.ways_out(detail, one.code, one.details, move)
            ]
            for one in row.stopped_by
        }
        name = f"{row.face.label} {move.sequence}" if move is not None else row.face.label
        self._context.notices.why(f"{name} is not possible now", row.stopped_by, ways)

    def machine_dialog(self) -> MachineDialog | None:
        """Give the dialog that asks for a machine, while it is open."""
        return self._machines

    def step(self, action: Action) -> None:
        """Take a step of the order, asking first what it needs."""
        self._steps[FACES[action].asks](action)

    def move(self, row: MoveRow) -> None:
        """Make a move of an operation, asking first what it needs."""
        self._moves[row.move](row.sequence)

    def make_order(self) -> None:
        """Ask for a new order."""
        dialog = NewOrderDialog(self._over, self._writer, self._zone())
        dialog.made.connect(self.made)
        dialog.open()

    def tell_times(self) -> None:
        """Tell the times as of now."""
        detail = self.order.detail()
        if detail is not None:
            self.page.tell_times(detail)

    def _zone(self) -> ZoneInfo:
        return self._context.zone

    def _connect(self) -> None:
        order, page = self.order, self.page
        order.opened.connect(self._opened)
        order.rows_changed.connect(self._show)
        order.story_changed.connect(lambda: page.show_story(order.story()))
        order.working.connect(page.set_working)
        order.refused.connect(self._drop_early)
        order.machines_found.connect(self._show_machines)
        self._context.live.connection.connect(self._heal)
        page.step_taken.connect(self.step)
        page.why_asked.connect(self._point_at)
        page.way_chosen.connect(self._go)
        page.all_reasons_asked.connect(self._tell_all)
        page.reverse_asked.connect(self._ask_reverse)
        page.close_asked.connect(lambda: order.open(""))
        page.operation_opened.connect(order.show_operation)
        page.move_made.connect(self.move)
        page.move_stopped.connect(order.point_at_move)
        page.order_asked.connect(order.open)
        page.story_told.connect(order.tell_story)
        self._patience.timeout.connect(self._show_loading)
        self._context.notices.listen(order, ways_out=self._ways_out)
        self._context.notices.listen(self._writer)

    def _opened(self, number: str) -> None:
        self._early = ""
        if self.page.isHidden():
            self.page.show_loading(number)
        had_focus = self.page.focused() is not None
        self.page.setVisible(bool(number))
        if had_focus and not number:
            self.left.emit()
        self.page.show_story(None)
        self._patience.start()

    def _drop_early(self) -> None:
        # What was scanned behind a command that was refused counted on it.
        self._early = ""

    def _show_loading(self) -> None:
        # Until now the page of the order before stood there: a page that is emptied for a blink flickers.
        if self.order.number() and self.order.detail() is None:
            self.page.show_loading(self.order.number())

    def _show(self) -> None:
        detail = self.order.detail()
        if detail is None:
            return
        focused = self.page.focused()
        steps_now = [self._told(row) for row in self.order.steps()]
        self.page.show_detail(detail, steps_now, self._told(self.order.cancelling()))
        self.page.show_changing(self._told(self.order.changing()))
        self.page.show_sub_orders(detail, self._told(self.order.splitting()))
        waiting = self._told(self.order.waiting())
        ways = self.order.ways_out(waiting) if waiting else ()
        self.page.show_why(waiting, ways, in_full=self.order.tells_in_full())
        missing = self.order.missing_operation()
        if missing is not None:
            self._context.notices.say(f"{detail.row.number} has no operation {missing}.", Tone.HELD)
            # A command scanned behind it was meant for that operation and for no other.
            self._early = ""
        self._show_operations()
        self.page.show()
        self.page.keep_focus(focused)
        if self._early and not self.order.busy():
            early, self._early = self._early, ""
            self.scanned(early)

    def _show_operations(self) -> None:
        detail, operation = self.order.detail(), self.order.operation()
        if detail is None:
            return
        shown = None
        if operation is not None:
            waiting = self._told(self.order.waiting_move())
            ways = self.order.ways_out_of_move(waiting) if waiting else ()
            shown = OpenOperation(operation, tuple(self._told(row) for row in self.order.moves()), waiting, ways)
        self.page.show_operations(detail, shown, self.order.machines())
        place = (detail.row.number, operation.sequence if operation else None)
        if place != self._shown_operation:
            self._shown_operation = place
            QTimer.singleShot(0, self, self.page.bring_operation_into_sight)

    def _told(self, row: Stopped) -> Stopped:
        """Write what stops a step or a move for the window."""
        return replace(row, stopped_by=refusals.all_told(row.stopped_by, self._zone())) if row is not None else row

    def _point_at(self, action: Action) -> None:
        self.order.point_at(action)
        QTimer.singleShot(0, self, self.page.bring_why_into_sight)

    def _go(self, way: WayOut) -> None:
        self._ways[way.way](way.target)

    def _ways_out(self, error: ManufacturingException) -> Mapping[str, Sequence[tuple[str, Callable[[], None]]]]:
        ways = self.order.ways_out_of_refusal(error)
        return {code: [(way.label, partial(self._go, way)) for way in out] for code, out in ways.items()}

    def _move(self, key: str) -> None:
        sequence, move = _read(key)
        self._moves[move](sequence)

    def _ask_reason(self, action: Action) -> None:
        if action is Action.CANCEL:
            self._ask_cancel()
            return
        dialog = ReasonDialog(self._over, REASONS[action], self.order.number())
        dialog.given.connect(partial(self.order.take_with, action))
        dialog.open()

    def _return_and_cancel(self) -> None:
        # Before anything was tried, no reason was given yet.
        if not self.order.return_and_cancel():
            self._ask_cancel(returns=True)

    def _ask_cancel(self, *, returns: bool = False) -> None:
        asked = RETURN_AND_CANCEL if returns else REASONS[Action.CANCEL]
        dialog = CancelDialog(self._over, asked, self.order.number(), self.order.open_sub_orders())
        dialog.given.connect(
            lambda reason: self.order.take_with(
                Action.CANCEL, reason, sub_orders=dialog.with_sub_orders(), returns=returns
            )
        )
        dialog.open()

    def _ask_pause(self, sequence: int) -> None:
        dialog = ReasonDialog(self._over, PAUSE, self._named_operation(sequence))
        dialog.given.connect(lambda reason: self.order.make_move(sequence, Move.PAUSE, reason=reason))
        dialog.open()

    def _ask_reverse(self, entry: OutputRow) -> None:
        dialog = ReasonDialog(self._over, REASONS[Action.REVERSE_OUTPUT], cards.said_of(entry))
        dialog.given.connect(partial(self.order.reverse, entry.id))
        dialog.open()

    def _ask_output(self, action: Action) -> None:
        detail = self.order.detail()
        if detail is not None:
            OutputDialog(self._over, self._context, detail).open()

    def _ask_changes(self, action: Action) -> None:
        if self.order.detail() is not None:
            ChangeOrderDialog(self._over, self._writer, self.order, self._zone()).open()

    def _report(self, sequence: int, *, completes: bool) -> None:
        detail = self.order.detail()
        if detail is not None:
            OutputDialog(self._over, self._context, detail, sequence, completes=completes).open()

    def _ask_machine(self, key: str) -> None:
        """Ask for a machine: for the order or, with the key of a move, for the operation that it starts there."""
        sequence, move = _read(key) if key else (None, None)
        if sequence is None or move is None:
            dialog = MachineDialog(self._over, self.order.number())
            dialog.chosen.connect(self.order.choose_machine)
        else:
            dialog = MachineDialog(self._over, self._named_operation(sequence), self._fitting(sequence))
            dialog.chosen.connect(lambda machine: self.order.make_move(sequence, move, machine=machine))
        self._machines, self._machines_for = dialog, sequence
        dialog.closed.connect(self._forget_machines)
        dialog.open()
        self.order.find_machines(sequence)

    def _named_operation(self, sequence: int) -> str:
        detail = self.order.detail()
        row = moves.operation(detail, sequence) if detail else None
        return named(row) if row else str(sequence)

    def _fitting(self, sequence: int) -> str:
        detail = self.order.detail()
        row = moves.operation(detail, sequence) if detail else None
        fits = f" {formats.words(row.machine_type)} first." if row and row.machine_type else ""
        return f"Tap the machine that it is to run on; it moves there with its pieces.{fits}"

    def _show_machines(self, machines: tuple[MachineRow, ...]) -> None:
        if self._machines is not None:
            self._machines.show_machines(machines)

    def _heal(self, up: bool) -> None:
        if up and self._machines is not None:
            # Its question may have found the database away.
            self.order.find_machines(self._machines_for)

    def _forget_machines(self) -> None:
        self._machines = None


def _read(key: str) -> tuple[int, Move]:
    """Read the key of a move: "20/start"."""
    sequence, _, move = key.partition("/")
    return int(sequence), Move(move)
