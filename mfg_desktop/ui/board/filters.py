"""The filter of the board as one slim line: search, machine, department, priority, overdue, and how the orders are shown.

A way to show them is added as a row of `FACES`, and as a page of the board's view.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from mfg_desktop.ui.board.presenter import Choices as Offered
from mfg_desktop.ui.board.presenter import Filter
from mfg_desktop.ui.kit.buttons import Button, Choices
from mfg_desktop.ui.kit.dialogs import Dialog
from mfg_desktop.ui.kit.fields import TextField
from mfg_desktop.ui.kit.pickers import ChoicePicker
from mfg_desktop.ui.theme import PRIORITY_LOOKS, SPACE, TOUCH
from mfg_desktop.vocabulary import Priority

_WIDEST: Final = 150
"""A long department's name gives way to the search."""
_SEARCH: Final = 140
"""What the search is to have, and"""
_LEAST_SEARCH: Final = 120
"""what it keeps on the narrowest board."""


@dataclass(frozen=True, slots=True)
class Fold:
    """What the line leaves out to fit: first its pictures, then keys, then the filters' own buttons; never a word."""

    pictures: bool = True
    """Pictures beside the words."""
    keys: bool = True
    """The keys of the ways to show the orders."""
    key_of_new: bool = True
    parts: bool = True
    """Machine, department and priority have a button each; else they share one."""


FOLDS: Final = (
    Fold(),
    Fold(pictures=False),
    Fold(pictures=False, keys=False),
    Fold(pictures=False, keys=False, key_of_new=False),
    Fold(pictures=False, parts=False),
    Fold(pictures=False, keys=False, parts=False),
    Fold(pictures=False, keys=False, key_of_new=False, parts=False),
)
"""From the widest board to the narrowest; the first that fits is taken."""


class Shown(StrEnum):
    """How the board shows the orders."""

    CARDS = "cards"
    TABLE = "table"
    SCHEDULE = "schedule"


FACES: Final[Mapping[Shown, tuple[str, str, str]]] = MappingProxyType(
    {
        Shown.CARDS: ("Cards", "board", "F10"),
        Shown.TABLE: ("Table", "orders", "F11"),
        Shown.SCHEDULE: ("Time line", "schedule", "F12"),
    }
)
"""Word, icon and key of each."""


class FilterButton(Button):
    """A part of the filter: its name, or what it is set to. A tap opens what it may be set to."""

    picked = Signal(object)

    def __init__(self, name: str, title: str, everything: str, parent: QWidget | None = None) -> None:
        super().__init__(name, icon="", height=TOUCH, parent=parent)
        self._name, self._title, self._everything = name, title, everything
        self._choices: tuple[tuple[object, str], ...] = ()
        self._value: object | None = None
        self.setMaximumWidth(_WIDEST)
        self.setCheckable(True)
        self.tapped.connect(self.ask)

    def said(self) -> str:
        """Say what it is set to: "Machine: CNC-05"."""
        return self.accessibleName()

    def is_set(self) -> bool:
        return self._value is not None

    def offer(self, choices: Sequence[tuple[object, str]]) -> None:
        """Take what it may be set to."""
        self._choices = tuple(choices)
        self.show_value(self._value)

    def show_value(self, value: object | None) -> None:
        """Show what it is set to."""
        self._value = value
        said = next((text for one, text in self._choices if one == value), "" if value is None else str(value))
        self.set_text(said or self._name)
        self.setAccessibleName(f"{self._name}: {said or self._everything}")
        self.setToolTip(said)
        self.setChecked(value is not None)

    def minimumSizeHint(self) -> QSize:
        return QSize(min(self.sizeHint().width(), _WIDEST), TOUCH)

    def ask(self) -> None:
        """Ask what it is to be set to."""
        self.setChecked(self._value is not None)
        dialog = Dialog(self, self._title, width=720)
        # No value of the shop is an empty text, so it can stand for all of them.
        picker = ChoicePicker([("", self._everything), *self._choices])
        picker.choose("" if self._value is None else self._value)
        picker.chosen.connect(lambda value: self.picked.emit(value or None))
        picker.chosen.connect(dialog.close_dialog)
        dialog.body.addWidget(picker)
        dialog.add_close()
        dialog.open()


class FilterBar(QWidget):
    """The line. `narrowed` sends the part and its value; `wanted` how the orders are to be shown."""

    narrowed = Signal(str, object)
    wanted = Signal(object)
    """A `Shown`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search = TextField("Find order", icon="search", longest=80)
        self.search.setToolTip("Number, product or notes")
        self.machine = FilterButton("Machine", "Orders on machine", "All machines")
        self.department = FilterButton("Department", "Orders of department", "All departments")
        self.priority = FilterButton("Priority", "Orders with priority", "Any priority")
        self.overdue = Button("Overdue", height=TOUCH)
        self.more = Button("Filter", icon="filter", height=TOUCH)
        self.new = Button("New order", icon="plus", shortcut="Ctrl+N", height=TOUCH)
        self.new.setAccessibleName("New order")
        self.new.setToolTip("New order (Ctrl+N)")
        self.new.hide()
        self.kinds = {
            shown: Button(word, icon=icon, shortcut=key, height=TOUCH) for shown, (word, icon, key) in FACES.items()
        }
        self.priority.offer([(one, PRIORITY_LOOKS[one].word) for one in reversed(Priority)])
        self.overdue.setCheckable(True)
        self.more.setCheckable(True)
        for shown, button in self.kinds.items():
            button.setAccessibleName(FACES[shown][0])
            button.setToolTip(f"{FACES[shown][0]} ({FACES[shown][2]})")
        self._kinds = Choices(list(self.kinds.values()), self)
        self._kinds.choose(0)
        self.search.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.search.setMinimumWidth(_LEAST_SEARCH)
        self.search.setMaximumWidth(420)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * SPACE, SPACE + 4, 2 * SPACE, SPACE)
        row.setSpacing(SPACE)
        row.addWidget(self.search, 1)
        row.addWidget(self.new)
        for button in (self.machine, self.department, self.priority, self.more, self.overdue):
            row.addWidget(button)
        row.addStretch(0)
        for button in self.kinds.values():
            row.addWidget(button)
        self.search.settled.connect(lambda text: self.narrowed.emit("text", text))
        self.machine.picked.connect(lambda value: self.narrowed.emit("machine", value))
        self.department.picked.connect(lambda value: self.narrowed.emit("department", value))
        self.priority.picked.connect(lambda value: self.narrowed.emit("priority", value))
        self.overdue.tapped.connect(lambda: self.narrowed.emit("overdue", self.overdue.isChecked()))
        self.more.tapped.connect(self._ask_more)
        self._kinds.chosen.connect(lambda place: self.wanted.emit(tuple(Shown)[place]))
        self._fit()

    def offer_new(self, offered: bool) -> None:
        """Show the button for a new order, or leave its room to the others."""
        self.new.setVisible(offered)
        self._fit()

    def show_kind(self, shown: Shown) -> None:
        """Show how the orders are shown, without asking for it."""
        self._kinds.choose(tuple(Shown).index(shown))

    def offer(self, offered: Offered) -> None:
        """Take the machines and departments to choose from."""
        self.machine.offer([(code, code) for code in offered.machines])
        self.department.offer(offered.departments)
        self._fit()

    def show_filter(self, filter_: Filter) -> None:
        """Show what the orders are narrowed to."""
        if not filter_.text:
            self.search.clear_quietly()
        elif self.search.text().strip() != filter_.text:
            self.search.setText(filter_.text)
        self.machine.show_value(filter_.machine)
        self.department.show_value(filter_.department)
        self.priority.show_value(filter_.priority)
        self.overdue.setChecked(filter_.overdue)
        self.more.setChecked(any(part.is_set() for part in self._parts()))
        self._fit()

    def minimumSizeHint(self) -> QSize:
        # The line folds up before it makes the board wider than its window.
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _parts(self) -> tuple[FilterButton, ...]:
        return (self.machine, self.department, self.priority)

    def _fit(self) -> None:
        for fold in FOLDS:
            self._lay_out(fold)
            if self._needed() <= self.width():
                break
        self.search.setPlaceholderText("Find order" if fold.parts else "Find")

    def _lay_out(self, fold: Fold) -> None:
        self.new.set_icon("plus" if fold.pictures else "")
        self.new.show_keycap(fold.key_of_new)
        for part in self._parts():
            part.setVisible(fold.parts)
        self.more.setVisible(not fold.parts)
        self.more.set_icon("filter" if fold.pictures else "")
        for shown, button in self.kinds.items():
            button.set_icon(FACES[shown][1] if fold.pictures else "")
            button.show_keycap(fold.keys)

    def _needed(self) -> int:
        """Measure what the line takes as it is laid out now."""
        row = self.layout()
        assert row is not None
        margins = row.contentsMargins()
        buttons = (self.new, *self._parts(), self.more, self.overdue, *self.kinds.values())
        shown = [button.minimumSizeHint().width() for button in buttons if not button.isHidden()]
        gaps = margins.left() + margins.right() + (len(shown) + 1) * row.spacing()
        return _SEARCH + sum(shown) + gaps

    def _ask_more(self) -> None:
        self.more.setChecked(any(part.is_set() for part in self._parts()))
        dialog = Dialog(self, "Show only", width=480)
        for part in self._parts():
            button = Button(part.said(), height=64)
            button.tapped.connect(dialog.close_dialog)
            button.tapped.connect(part.ask)
            dialog.body.addWidget(button)
        dialog.add_close()
        dialog.open()
