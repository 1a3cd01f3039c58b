"""What a step asks before it is done: a reason, what becomes of the sub orders, or a machine."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from mfg_desktop.queries.rows import MachineRow, SubOrderRow
from mfg_desktop.ui.board.steps import ReasonAsked
from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.dialogs import Dialog, ReasonNote
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.pickers import ChoicePicker, ReasonPicker
from mfg_desktop.ui.kit.tables import Column, Table
from mfg_desktop.ui.theme import MACHINE_LOOKS, ORDER_LOOKS, Tone

_MOST_NAMED = 6


class ReasonDialog(Dialog):
    """Asks for a reason: a chip, or own words and the button. `given` sends it once."""

    given = Signal(str)

    def __init__(self, over: QWidget, asked: ReasonAsked, about: str, *, danger: bool = False) -> None:
        super().__init__(over, f"{asked.title}: {about}", width=720, remark=asked.remark)
        self._needed = asked.needed
        self.picker = ReasonPicker(asked.reasons)
        self.body.addWidget(self.picker)
        self.add_close("Keep the order" if danger else "Cancel")
        self.go = Button(asked.confirm, kind=Kind.DANGER if danger else Kind.MAIN, height=64)
        self.add_button(self.go)
        self.picker.changed.connect(self._look)
        if asked.at_once:
            self.picker.tapped.connect(self._give)
        self.picker.field.returnPressed.connect(self.go.animateClick)
        self.go.tapped.connect(self._give)
        self.go.asked_why.connect(self.picker.field.setFocus)
        self._look(self.picker.reason())

    def _look(self, reason: str) -> None:
        self.go.set_stopped(() if reason or not self._needed else ("A reason is needed.",))

    def _give(self) -> None:
        reason = self.picker.reason()
        self.close_dialog()
        self.given.emit(reason)


class CancelDialog(ReasonDialog):
    """Asks why an order is cancelled and, where sub orders of it are open, whether these go too."""

    def __init__(self, over: QWidget, asked: ReasonAsked, about: str, open_ones: Sequence[SubOrderRow]) -> None:
        super().__init__(over, asked, about, danger=True)
        self.note = ReasonNote(_open_ones(open_ones))
        self.fate = ChoicePicker([(False, "Leave these open"), (True, "Cancel these too")])
        self.fate.choose(False)
        self.body.insertWidget(0, self.note)
        self.body.insertWidget(1, self.fate)
        self.note.setVisible(bool(open_ones))
        self.fate.setVisible(bool(open_ones))

    def with_sub_orders(self) -> bool:
        """Say whether the open sub orders are to be cancelled too."""
        return self.fate.value() is True


class MachineDialog(Dialog):
    """Asks for a machine: all that are active, with their state and what runs on them. `chosen` sends the code."""

    chosen = Signal(str)

    def __init__(self, over: QWidget, about: str, remark: str = "Tap the machine that the order is to run on.") -> None:
        super().__init__(over, f"Machine for {about}", width=820, remark=remark)
        self.table = Table(
            (
                Column("Machine", lambda row: row.machine, strong=True, width=120),
                Column("Type", lambda row: row.type, format=formats.words, stretch=True),
                Column("State", lambda row: MACHINE_LOOKS[row.status], width=150),
                Column("Runs", lambda row: row.work_order or "", width=160),
                Column(
                    "Maintenance",
                    lambda row: "overdue" if row.maintenance_overdue else "",
                    width=120,
                    ink=lambda row: Tone.TROUBLE,
                ),
                Column("Waiting", lambda row: row.queue, format=formats.quantity, width=90),
            ),
            lambda row: row.machine,
            empty=EmptyState("machine", "Loading\u2026"),
        )
        self.table.setMinimumHeight(420)
        self.body.addWidget(self.table)
        self.add_close()
        self.table.chosen.connect(self._choose)

    def show_machines(self, machines: tuple[MachineRow, ...]) -> None:
        """Show the machines to choose from."""
        self.table.show_rows(machines)

    def _choose(self, machine: str) -> None:
        self.close_dialog()
        self.chosen.emit(machine)


def _open_ones(rows: Sequence[SubOrderRow]) -> str:
    """Name the open sub orders, and say what goes with them: "Open sub orders: WO-5 (in progress), WO-6 (released)."."""
    named = [f"{row.number} ({ORDER_LOOKS[row.status].word.lower()})" for row in rows[:_MOST_NAMED]]
    more = f" and {len(rows) - _MOST_NAMED} more" if len(rows) > _MOST_NAMED else ""
    below = "Whoever cancels these cancels the open orders for their parts too."
    return f"Open sub orders: {', '.join(named)}{more}. {below}" if named else ""
