"""Putting a machine in a state: tap the state, tap the reason, done. What cannot be taken back goes by the button."""

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QWidget

from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.dialogs import Dialog
from mfg_desktop.ui.kit.fields import Field, TextField
from mfg_desktop.ui.kit.pickers import ChoicePicker
from mfg_desktop.ui.machines import wording
from mfg_desktop.ui.machines.presenter import CATEGORIES, Wishes
from mfg_desktop.ui.theme import MACHINE_LOOKS, SPACE
from mfg_desktop.vocabulary import DowntimeCategory, MachineStatus

Answer = Callable[[str, DowntimeCategory | None], None]
"""Takes the reason and the category of the downtime."""


class SetStatusDialog(Dialog):
    """Asks for the reason, and for the category where a downtime begins."""

    def __init__(self, over: QWidget, machine: str, status: MachineStatus, wishes: Wishes, answer: Answer) -> None:
        super().__init__(
            over, wording.SET_TITLES[status].format(machine), width=812, remark=wording.SET_REMARKS[status]
        )
        self._answer, self._wishes = answer, wishes
        self.category: ChoicePicker | None = None
        if wishes.category is not None:
            words = [(category, formats.words(category.value)) for category in CATEGORIES]
            self.category = ChoicePicker(words, height=48)
            self.category.choose(wishes.category)
        self.reasons = ChoicePicker([(reason, reason) for reason in wishes.reasons], height=64)
        self.words = TextField("Another reason", icon="note")
        # Above the reasons: a tap on one of those is the last tap.
        if self.category is not None:
            self.body.addWidget(Field("Downtime is booked as", self.category))
        self.body.addWidget(Field("Reason", self.reasons))
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self.words, 1)
        self.body.addLayout(row)
        self.add_close("Cancel")
        look = MACHINE_LOOKS[status]
        self.go = Button(
            f"Set {look.word.lower()}", kind=Kind.DANGER if wishes.final else Kind.MAIN, icon=look.icon, height=64
        )
        self.add_button(self.go)
        self.go.tapped.connect(self._send)
        self.go.asked_why.connect(self.words.setFocus)
        self.words.textEdited.connect(self._written)
        self.words.returnPressed.connect(self._send)
        self.reasons.chosen.connect(self._picked)
        self._allow()

    def reason(self) -> str:
        """Give the reason; words of one's own count before a tapped one."""
        return self.words.text().strip() or str(self.reasons.value() or "")

    def _picked(self) -> None:
        self.words.clear()
        self._allow()
        if not self._wishes.final:
            self._send()

    def _written(self) -> None:
        self.reasons.choose(None)
        self._allow()

    def _allow(self) -> None:
        wanting = self._wishes.needs_reason and not self.reason()
        self.go.set_stopped(("Tap a reason or write one.",) if wanting else ())

    def _send(self) -> None:
        if self.go.stopped():
            return
        chosen = self.category.value() if self.category is not None else None
        self._answer(self.reason(), chosen if isinstance(chosen, DowntimeCategory) else None)
        self.close_dialog()
