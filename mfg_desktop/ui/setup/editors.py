"""A form with its foot: what is not saved, Discard, Save. What is refused lands at the fields, and nothing is lost."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QScroller, QVBoxLayout, QWidget

from mfg_desktop.exceptions import ManufacturingException, combine, refusal
from mfg_desktop.operations import COMMANDS
from mfg_desktop.operations.sentences import sentence
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.dialogs import Dialog
from mfg_desktop.ui.kit.forms import Form
from mfg_desktop.ui.kit.inputs import Offer
from mfg_desktop.ui.kit.text import Label, Panel
from mfg_desktop.ui.setup import wording
from mfg_desktop.ui.setup.presenter import SetupPresenter
from mfg_desktop.ui.theme import SPACE, Tone, Weight

WIDEST: Final = 1120
Said = Callable[[Mapping[str, object]], str]
"""Takes the fields of the command, and says what it did."""


def form_of(command: str, *, today: date, leave_out: Iterable[str] = (), fixed: Iterable[str] = ()) -> Form:
    """Make the form of a command."""
    wishes = wording.FORMS.get(command, wording.PLAIN)
    return Form(
        COMMANDS[command],
        today=today,
        sentence=lambda field: sentence(command, field),
        asked=wishes.asked,
        sections=wishes.sections,
        needed=wishes.needed,
        leave_out=(*wording.ENVELOPE, *wishes.leave_out, *leave_out),
        fixed=fixed,
    )


def scrolled(inside: QWidget) -> QScrollArea:
    """Let a widget scroll up and down, by finger too."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.viewport().setAutoFillBackground(False)
    area.setWidget(inside)
    # A scroll area turns this on for what it is given; the page's colour has to show through.
    inside.setAutoFillBackground(False)
    QScroller.grabGesture(area.viewport(), QScroller.ScrollerGestureType.TouchGesture)
    return area


class Picks(QObject):
    """Keeps a form's pickers filled with what the presenter has to offer; lives and dies with the form."""

    def __init__(self, presenter: SetupPresenter, form: Form) -> None:
        super().__init__(form)
        self._presenter, self._form = presenter, form
        presenter.offered.connect(self.fill_one)

    def fill(self) -> None:
        """Offer everything that the form picks from; what is not there yet is asked for."""
        for things in self._form.wants():
            self.fill_one(things)

    def fill_one(self, things: str) -> None:
        if things in self._form.wants():
            self._form.offer(things, [Offer(code, name) for code, name in self._presenter.offers(things)])


class Editor(QWidget):
    """The form of one command. `keys` name the thing; a `whole` command takes all fields, any other its changes."""

    saved = Signal()
    left = Signal()

    def __init__(
        self,
        presenter: SetupPresenter,
        command: str,
        *,
        today: date,
        whole: bool = False,
        opens: bool = False,
        keys: Mapping[str, object] | None = None,
        leave_out: Iterable[str] = (),
        fixed: Iterable[str] = (),
        above: QWidget | None = None,
        save_word: str = "Save",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._presenter, self._command, self._whole, self._opens = presenter, command, whole, opens
        self._keys: dict[str, object] = dict(keys or {})
        self._version: int | None = None
        """The version of the thing that the person has seen."""
        self._given: Mapping[str, object] = {}
        self._news: tuple[Mapping[str, object], int | None] | None = None
        """What somebody else made of it while the person writes."""
        self._meets = False
        """The record that comes next is met at once: it is the one saved here, or the one that may not be overwritten."""
        self._said: Said = lambda fields: "Saved."
        self.form = form_of(command, today=today, leave_out=leave_out, fixed=fixed)
        # A field that names the thing, and one that is left out, cannot have been forgotten by the person.
        self._needed = [
            name
            for name in wording.FORMS.get(command, wording.PLAIN).needed
            if name in self.form.fields and name not in fixed
        ]
        self._picks = Picks(presenter, self.form)
        inside = QWidget()
        page = QVBoxLayout(inside)
        page.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, 2 * SPACE)
        page.setSpacing(2 * SPACE)
        if above is not None:
            page.addWidget(above)
        # Wider than this, the eye loses the way from a label to its neighbour.
        self.form.setMaximumWidth(WIDEST)
        page.addWidget(self.form)
        page.addStretch(1)
        self._state = Label("", weight=Weight.STRONG, ink=Tone.HELD)
        self.discard_button = Button("Discard", kind=Kind.PLAIN, icon="undo", height=56)
        self.discard_button.tapped.connect(self._leave)
        self.save_button = Button(save_word, kind=Kind.MAIN, icon="check", shortcut="Ctrl+S")
        self.save_button.tapped.connect(self.save)
        self.save_button.asked_why.connect(self.form.setFocus)
        foot = Panel("foot")
        row = QHBoxLayout(foot)
        row.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        row.setSpacing(SPACE)
        row.addWidget(self._state, 1)
        row.addWidget(self.discard_button)
        row.addWidget(self.save_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        area = scrolled(inside)
        # Its fields bring themselves into sight: one more stop for Tab would only be in the way.
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column.addWidget(area, 1)
        column.addWidget(foot)
        self.form.edited.connect(self._show_state)
        self.form.saved.connect(self.save)
        self.form.left.connect(self.left)
        presenter.working.connect(self.save_button.set_working)
        self._show_state()

    def load(
        self,
        values: Mapping[str, object],
        *,
        keys: Mapping[str, object] | None = None,
        version: int | None = None,
        said: Said,
    ) -> None:
        """Show these values as saved; `said` gives the sentence for when they are saved again.

        What is being written about the same thing stays. When somebody else changed the record meanwhile, the shop
        refuses to save it over theirs; then theirs come in, and the person decides.
        """
        values = {name: value for name, value in values.items() if name in self.form.fields}
        if self.dirty() and keys is not None and self._keys == dict(keys):
            self._hear(values, version)
            return
        if keys is not None:
            self._keys = dict(keys)
        self._given, self._version, self._news, self._meets = values, version, None, False
        self._said = said
        self.form.load(values)
        self._picks.fill()
        self._show_state()

    def fill(self, values: Mapping[str, object]) -> None:
        """Write values in as a person would."""
        self.form.fill({name: value for name, value in values.items() if name in self.form.fields})

    def dirty(self) -> bool:
        return self.form.dirty()

    def state(self) -> str:
        """Give what stands beside the buttons."""
        return self._state.text()

    def save(self) -> bool:
        """Save what is filled in; nothing to save is no mistake."""
        if not self.dirty() and not self._opens:
            return False
        missing = [
            refusal("VALIDATION_REQUIRED_FIELD", field=name)
            for name in self._needed
            if self.form.fields[name].inside.value() is None
        ]
        if missing:
            self._land(combine(missing))
            return False
        filled = self.form.values() if self._whole or self._opens else self.form.changes()
        fields = {"command": self._command, **self._keys, **filled}
        seen = {} if self._version is None else {"seen_version": self._version}
        return self._presenter.save(
            {**fields, **seen}, said=self._said(fields), land=self._land, opens=self._opens, then=self._settle
        )

    def discard(self) -> None:
        """Show again what was loaded, or what somebody else made of it since."""
        self.form.reset()
        if self._news is not None:
            self._meet(*self._news)
        self._show_state()

    def _hear(self, values: Mapping[str, object], version: int | None) -> None:
        if values == self._given:
            # The record is as it was: a machine that starts is another version of it too.
            self._version = version
            return
        self._news = values, version
        if self._meets:
            self._meet(values, version)
        self._show_state()

    def _meet(self, values: Mapping[str, object], version: int | None) -> None:
        self._given, self._version, self._news, self._meets = values, version, None, False
        self.form.meet(values)

    def _settle(self) -> None:
        self.form.settle()
        self._news, self._meets = None, True
        self._show_state()
        self.saved.emit()

    def _land(self, error: ManufacturingException) -> ManufacturingException | None:
        rest = self.form.refuse(error)
        if error.code == "WORK_ORDER_CHANGED_ELSEWHERE":
            self._meets = True
            if self._news is not None:
                self._meet(*self._news)
            self._presenter.refresh()
        self._show_state()
        return rest

    def _leave(self) -> None:
        if self.dirty() and not self._opens:
            self.discard()
        else:
            self.left.emit()

    def _show_state(self) -> None:
        dirty = self.dirty()
        wrong = sum(bool(field.wrong()) for field in self.form.fields.values())
        words = f"{wrong} field{'s' if wrong > 1 else ''} to correct" if wrong else "Not saved yet" if dirty else ""
        if dirty and self._news is not None:
            words = f"{words} \u00b7 changed elsewhere meanwhile"
        self._state.setText(words)
        self._state.set_ink(Tone.TROUBLE if wrong else Tone.HELD)
        self.discard_button.setVisible(dirty or self._opens)
        self.discard_button.set_text("Cancel" if self._opens else "Discard")
        self.save_button.set_stopped(() if dirty or self._opens else ("Nothing has been changed.",))


class FormDialog(Dialog):
    """A command with a few fields, asked in a dialog that stays open until it is done."""

    def __init__(
        self,
        over: QWidget,
        presenter: SetupPresenter,
        command: str,
        title: str,
        *,
        today: date,
        keys: Mapping[str, object],
        values: Mapping[str, object],
        said: str,
        word: str,
        remark: str = "",
    ) -> None:
        super().__init__(over, title, width=680, remark=remark)
        self._presenter, self._command, self._keys, self._said = presenter, command, dict(keys), said
        self.form = form_of(command, today=today, leave_out=keys)
        self._picks = Picks(presenter, self.form)
        self.form.load(values)
        self._picks.fill()
        self.form.saved.connect(self.save)
        self.form.left.connect(self.close_dialog)
        self.body.addWidget(self.form)
        self.add_close()
        self.go = self.add_button(Button(word, kind=Kind.MAIN))
        self.go.tapped.connect(self.save)
        presenter.working.connect(self.go.set_working)

    def save(self) -> None:
        """Perform the command; what is refused about a field is said at the field."""
        fields = {"command": self._command, **self._keys, **self.form.values()}
        self._presenter.save(fields, said=self._said, land=self._land, then=self.close_dialog)

    def _land(self, error: ManufacturingException) -> ManufacturingException | None:
        # Whoever has closed the dialog meanwhile is told in one of its own.
        return self.form.refuse(error) if self.is_open() else error
