"""Entering a maintenance that was done: the day is today unless somebody says otherwise, and the next date is told before."""

from datetime import date, timedelta

from PySide6.QtWidgets import QWidget

from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.dialogs import Dialog, ReasonNote
from mfg_desktop.ui.kit.fields import Field
from mfg_desktop.ui.kit.inputs import DayInput, ProseInput
from mfg_desktop.ui.kit.pickers import ChoicePicker
from mfg_desktop.ui.machines import wording
from mfg_desktop.ui.machines.presenter import MachinesPresenter
from mfg_desktop.ui.theme import Tone


class MaintenanceDialog(Dialog):
    """Asks for day and notes."""

    def __init__(self, over: QWidget, presenter: MachinesPresenter, today: date) -> None:
        detail = presenter.detail
        remark = wording.maintenance_sentence(detail, today) if detail is not None else ""
        super().__init__(over, f"Maintenance of {presenter.opened} is done", width=640, remark=remark)
        self._presenter = presenter
        self._today = today
        self._told = ""
        self.days = ChoicePicker([(today, "Today"), (today - timedelta(days=1), "Yesterday")])
        self.days.choose(today)
        self.day = DayInput("Day of the maintenance", today=today)
        self.day.set_value(today)
        self.notes = ProseInput(placeholder="What was done and what was found")
        self._next = ReasonNote("", Tone.RELEASED)
        self.body.addWidget(Field("Done", self.days))
        self.body.addWidget(self.day)
        self.body.addWidget(Field("Notes", self.notes))
        self.body.addWidget(self._next)
        self.add_close("Cancel")
        self.go = self.add_button(Button("Record maintenance", kind=Kind.MAIN, icon="wrench"))
        self.days.chosen.connect(self._choose)
        self.day.edited.connect(self._written)
        self.go.tapped.connect(self._send)
        presenter.done.connect(self.close_dialog)
        presenter.working.connect(self.go.set_working)
        self.first = self.go
        self._tell()

    def done_on(self) -> date | None:
        """Give the day; None while what is written is no day."""
        return formats.read_day(str(self.day.value() or ""), self._today)

    def told(self) -> str:
        """Give what recording it would set, or what is wrong."""
        return self._told

    def _say(self, sentence: str, tone: Tone) -> None:
        self._told = sentence
        self._next.say(sentence, tone)

    def _choose(self, day: object) -> None:
        self.day.set_value(day)
        self._tell()

    def _written(self) -> None:
        self.days.choose(self.done_on())
        self._tell()

    def _tell(self) -> None:
        done = self.done_on()
        self.day.set_wrong(done is None or done > self._today)
        if done is None:
            how = f"Write a day such as {formats.full_day(self._today)}."
            self.go.set_stopped((how,))
            self._say(how, Tone.TROUBLE)
        elif done > self._today:
            self.go.set_stopped((f"{formats.full_day(done)} is still ahead.",))
            self._say(f"{formats.full_day(done)} is still ahead.", Tone.TROUBLE)
        else:
            self.go.set_stopped(())
            after = self._presenter.next_maintenance_after(done)
            frees = (
                " The open maintenance ends, and the machine is available." if self._presenter.in_maintenance() else ""
            )
            self._say(f"Next maintenance: {formats.full_day(after)}.{frees}", Tone.RELEASED)

    def _send(self) -> None:
        done = self.done_on()
        if done is not None:
            self._presenter.record_maintenance(done, notes=str(self.notes.value() or ""))
