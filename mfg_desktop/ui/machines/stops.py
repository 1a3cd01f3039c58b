"""Stops put right and entered late: tap the stop, tap what it was, tap why."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mfg_desktop.queries.rows import DowntimeRow
from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.dialogs import Dialog, ReasonNote
from mfg_desktop.ui.kit.fields import Field, TextField
from mfg_desktop.ui.kit.pickers import ChoicePicker, ReasonPicker
from mfg_desktop.ui.machines import wording
from mfg_desktop.ui.machines.moments import Cut, MomentPicker
from mfg_desktop.ui.machines.presenter import CATEGORIES, GOES_ON, LATE_MINUTES, STOP_REASONS, MachinesPresenter
from mfg_desktop.ui.theme import SPACE, Tone
from mfg_desktop.vocabulary import DowntimeCategory

WHOLE, TWO = "whole", "two"
WIDTH: Final = 1010
"""All categories side by side."""
GOING_ON: Final = "The machine is down from now on, and the order that runs is put on hold."
ENDING: Final = "A stop of this kind ends now: only a breakdown or a maintenance goes on."
SHORTEST: Final = timedelta(minutes=2)
"""What can be cut in two whole minutes."""


class Why(QWidget):
    """What a stop is booked under and why. The reasons follow the category. `picked` is sent by a tap on a reason."""

    changed = Signal()
    picked = Signal()

    def __init__(self, category: DowntimeCategory | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        words = [(one, formats.words(one.value)) for one in CATEGORIES]
        self.categories = ChoicePicker(words, icons=[wording.DOWN_ICONS[one] for one in CATEGORIES])
        self.categories.choose(category)
        self.categories.chosen.connect(self._offer)
        self.reasons = ReasonPicker(())
        self._reasons = Field("Reason", self.reasons)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2 * SPACE)
        self._column.addWidget(Field("Booked as", self.categories))
        self._column.addWidget(self._reasons)
        self._offer()

    def category(self) -> DowntimeCategory | None:
        value = self.categories.value()
        return value if isinstance(value, DowntimeCategory) else None

    def reason(self) -> str:
        return self.reasons.reason()

    def wanting(self) -> tuple[str, ...]:
        """Say what is still to be tapped."""
        if self.category() is None:
            return ("Tap what the stop is booked as.",)
        return () if self.reason() else ("Tap a reason or write one.",)

    def _offer(self) -> None:
        category = self.category()
        old = self._reasons
        self.reasons = ReasonPicker(STOP_REASONS[category] if category is not None else ())
        self.reasons.changed.connect(self._reason_given)
        self._reasons = Field("Reason", self.reasons)
        self._column.replaceWidget(old, self._reasons)
        self._reasons.setVisible(category is not None)
        old.hide()
        old.deleteLater()
        self.changed.emit()

    def _reason_given(self) -> None:
        self.changed.emit()
        if not self.reasons.field.text():
            self.picked.emit()


class StopDialog(Dialog):
    """One stop of the opened machine: booked anew as a whole, or cut in two with the second part booked anew."""

    def __init__(
        self, over: QWidget, presenter: MachinesPresenter, stop: DowntimeRow, zone: ZoneInfo, now: datetime
    ) -> None:
        said = wording.stop_in_full(stop, zone, now)
        super().__init__(over, f"Stop of {presenter.opened}", width=WIDTH, remark=said)
        self._said = said
        self._presenter, self._stop = presenter, stop
        end = stop.end or now
        self.how = ChoicePicker([(WHOLE, "All of it"), (TWO, "Cut it in two")], icons=["clock", "cut"])
        self.how.choose(WHOLE)
        self.how.chosen.connect(self._choose_how)
        self.cut = Cut(stop.start, end, zone)
        self.cut.hide()
        self._after = ReasonNote("", Tone.HELD)
        self.cut.changed.connect(self._tell)
        self._zone = zone
        self.why = Why(stop.category)
        self.why.changed.connect(self._allow)
        self.why.picked.connect(self._picked)
        for widget in (self.how, self.cut, self._after, self.why):
            self.body.addWidget(widget)
        self.how.setVisible(end - stop.start >= SHORTEST)
        self.add_close("Cancel")
        self.go = self.add_button(Button("Save", kind=Kind.MAIN, icon="check"))
        self.go.tapped.connect(self._send)
        presenter.done.connect(self.close_dialog)
        presenter.working.connect(self.go.set_working)
        self.first = self.why.categories.stop()
        self._allow()

    def said(self) -> str:
        """Give what the dialog tells of the stop."""
        return self._said

    def _choose_how(self) -> None:
        two = self.how.value() == TWO
        self.cut.setVisible(two)
        self.go.set_text("Cut here" if two else "Save")
        self._tell()
        self._allow()

    def _tell(self) -> None:
        two = self.how.value() == TWO
        words = f"From {formats.clock(self.cut.moment(), self._zone)} on it is booked as below; before that nothing changes."
        self._after.say(words if two else "")

    def _allow(self) -> None:
        self.go.set_stopped(self.why.wanting())

    def _picked(self) -> None:
        # Two parts are looked at before they are cut; a whole stop is booked by the tap on its reason.
        if self.how.value() == WHOLE:
            self._send()

    def _send(self) -> None:
        category = self.why.category()
        if self.go.stopped() or category is None:
            return
        if self.how.value() == TWO:
            self._presenter.split(self._stop, self.cut.moment(), category=category, reason=self.why.reason())
        else:
            self._presenter.recategorise(self._stop, category=category, reason=self.why.reason())


class RecordStopDialog(Dialog):
    """A stop that nobody entered when it was: from, to, what, why."""

    def __init__(
        self, over: QWidget, presenter: MachinesPresenter, zone: ZoneInfo, now: Callable[[], datetime]
    ) -> None:
        super().__init__(over, f"Record a stop of {presenter.opened}", width=WIDTH)
        self._presenter, self._now = presenter, now
        self.quick = ChoicePicker([(minutes, f"Last {minutes} min") for minutes in LATE_MINUTES])
        self.quick.choose(LATE_MINUTES[0])
        self.quick.chosen.connect(self._choose_quick)
        to = now().replace(second=0, microsecond=0)
        self.start = MomentPicker("From", to - timedelta(minutes=LATE_MINUTES[0]), zone, now)
        self.end = MomentPicker("To", to, zone, now)
        for picker in (self.start, self.end):
            picker.changed.connect(self._choose_times)
        self._length = ReasonNote("", Tone.HELD)
        self.why = Why(None)
        self.why.changed.connect(self._allow)
        self.notes = TextField("Notes, if there is more to say", icon="note")
        self.ending = ChoicePicker([(True, "It is over"), (False, "Still down")])
        self.ending.choose(True)
        self.ending.chosen.connect(self._choose_ending)
        times = QVBoxLayout()
        times.setSpacing(SPACE)
        times.addWidget(self.start)
        times.addWidget(self.end)
        choices = QHBoxLayout()
        choices.setSpacing(3 * SPACE)
        choices.addWidget(self.quick, 3)
        choices.addWidget(self.ending, 2)
        self.body.addLayout(choices)
        self.body.addLayout(times)
        self.body.addWidget(self._length)
        self.body.addWidget(self.why)
        row = QHBoxLayout()
        row.addWidget(self.notes, 1)
        self.body.addLayout(row)
        self.add_close("Cancel")
        self.go = self.add_button(Button("Record the stop", kind=Kind.MAIN, icon="check"))
        self.go.tapped.connect(self._send)
        presenter.done.connect(self.close_dialog)
        presenter.working.connect(self.go.set_working)
        self.first = self.quick.stop()
        self._allow()

    def _choose_quick(self, minutes: object) -> None:
        to = self._now().replace(second=0, microsecond=0)
        self.start.set_moment(to - timedelta(minutes=int(str(minutes))))
        self.end.set_moment(to)
        self._allow()

    def _choose_ending(self) -> None:
        self.end.setVisible(bool(self.ending.value()))
        self._allow()

    def _choose_times(self) -> None:
        self.quick.choose(None)
        self._allow()

    def _allow(self) -> None:
        over = bool(self.ending.value())
        length = (self.end.moment() if over else self._now()) - self.start.moment()
        wrong = length <= timedelta(0)
        category = self.why.category()
        if wrong:
            self._length.say("The stop ends before it begins. Change From or To.", Tone.TROUBLE)
        elif not over and category is not None:
            self._length.say(GOING_ON if category in GOES_ON else ENDING)
        else:
            self._length.say("")
        self.go.set_text("Record the stop" if wrong else f"Record {formats.duration(length)}")
        reasons = ("The stop ends before it begins.",) if wrong else ()
        self.go.set_stopped((*reasons, *self.why.wanting()))

    def _send(self) -> None:
        category = self.why.category()
        if category is not None:
            self._presenter.record_stop(
                self.start.moment(),
                self.end.moment() if self.ending.value() else None,
                category=category,
                reason=self.why.reason(),
                notes=self.notes.text().strip(),
            )
