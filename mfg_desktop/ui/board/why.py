"""Why a step or a move waits: every reason with its numbers, what to do next, and the ways out as buttons."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from mfg_desktop.ui.board.facts import emptied
from mfg_desktop.ui.board.moves import MoveRow
from mfg_desktop.ui.board.steps import StepRow, WayOut
from mfg_desktop.ui.kit.buttons import Button
from mfg_desktop.ui.kit.pickers import Wrapping
from mfg_desktop.ui.kit.text import Label, Panel
from mfg_desktop.ui.theme import SPACE, Size, Tone, Weight

_EDGE = 14
_MOST: Final = 4
"""Reasons that are told here; an order with forty material lines may have forty, and its tabs are below them."""


class WhyBox(Panel):
    """The box."""

    chosen = Signal(object)
    """The `WayOut` that was tapped."""
    all_asked = Signal(object)
    """The row of which all reasons are wanted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Tone.HELD, parent)
        self._head = Label("", weight=Weight.HEAVY, ink=Tone.HELD, wraps=True)
        self._reasons = QVBoxLayout()
        self._reasons.setSpacing(6)
        self._ways = QWidget()
        self._ways_row = Wrapping(self._ways)
        self._shown: object = None
        column = QVBoxLayout(self)
        column.setContentsMargins(_EDGE, 12, _EDGE, 12)
        column.setSpacing(SPACE)
        column.addWidget(self._head)
        column.addLayout(self._reasons)
        column.addWidget(self._ways)
        self.hide()

    def ways(self) -> tuple[Button, ...]:
        """Give the buttons that lead out."""
        return tuple(self._ways.findChildren(Button))

    def set_working(self, working: bool) -> None:
        for button in self.ways():
            button.set_working(working)

    def show_step(self, row: StepRow | MoveRow | None, ways: Sequence[WayOut]) -> None:
        """Show what stops a step; None: nothing does."""
        wanted = (row, tuple(ways))
        if wanted == self._shown:
            return
        self._shown = wanted
        self.setVisible(row is not None)
        emptied(self._reasons)
        emptied(self._ways_row)
        if row is None:
            return
        self._head.setText(f"{row.face.label} is not possible now")
        told = row.stopped_by if len(row.stopped_by) <= _MOST + 1 else row.stopped_by[:_MOST]
        for reason in told:
            self._reasons.addWidget(Label(reason.message, weight=Weight.STRONG, ink=Tone.HELD, wraps=True))
            if reason.next_step:
                self._reasons.addWidget(Label(reason.next_step, size=Size.SMALL, wraps=True))
        more = len(row.stopped_by) - len(told)
        if more:
            self._reasons.addWidget(Label(f"and {more} more reasons", weight=Weight.STRONG, ink=Tone.HELD))
        for way in ways:
            self._add(way.label, partial(self.chosen.emit, way))
        if more:
            self._add(f"All {len(row.stopped_by)} reasons", partial(self.all_asked.emit, row))
        self._ways.setVisible(bool(ways) or more > 0)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        # Buttons that wrap claim the height of their narrowest; here they get what they take at this width.
        self._ways.setFixedHeight(self._ways_row.heightForWidth(max(self.width() - 2 * _EDGE, 260)))

    def _add(self, label: str, tapped: Callable[[], None]) -> None:
        button = Button(label, height=48, parent=self._ways)
        button.tapped.connect(tapped)
        button.show()
        self._ways_row.addWidget(button)
