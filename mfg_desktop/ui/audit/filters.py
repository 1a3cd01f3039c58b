"""The filters over the log: level, thing, person, action, days. What is chosen stands on the button."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from mfg_desktop.queries.rows import PersonRow
from mfg_desktop.ui.audit import wording
from mfg_desktop.ui.audit.presenter import Filters, Period, days_of, with_days
from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.dialogs import Dialog
from mfg_desktop.ui.kit.fields import Field, TextField
from mfg_desktop.ui.kit.pickers import ChoicePicker, Wrapping
from mfg_desktop.ui.kit.tabs import TabsBar
from mfg_desktop.ui.kit.text import Label
from mfg_desktop.ui.theme import SPACE, TOUCH, Size, Weight
from mfg_desktop.vocabulary import ActionType, AuditLevel, EntityType

LEVELS: tuple[AuditLevel | None, ...] = (None, *AuditLevel)


class FilterBar(QWidget):
    """The filters in a row that wraps. `changed` sends the filters."""

    changed = Signal(object)

    def __init__(self, today: Callable[[], date]) -> None:
        super().__init__()
        self._today = today
        self._filters = Filters()
        self._period = Period.ANY
        self._people: tuple[PersonRow, ...] = ()
        self.levels = TabsBar(["All", *(wording.LEVEL_LOOKS[level.value].word for level in AuditLevel)])
        self.levels.setFixedWidth(self.levels.sizeHint().width())
        self.entity = TextField("Order, lot …", icon="search")
        self.entity.setFixedWidth(160)
        self.person = Button("Everybody", icon="person", height=TOUCH)
        self.action = Button("Every action", icon="filter", height=TOUCH)
        self.days = Button("Any day", icon="calendar", height=TOUCH)
        flow = Wrapping(self)
        for widget in (self.levels, self.entity, self.person, self.action, self.days):
            flow.addWidget(widget)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.levels.chosen.connect(lambda place: self._filter(replace(self._filters, level=LEVELS[place])))
        self.entity.settled.connect(lambda text: self._filter(replace(self._filters, entity=text, entity_type=None)))
        self.person.tapped.connect(self._ask_person)
        self.action.tapped.connect(self._ask_action)
        self.days.tapped.connect(self._ask_days)

    def show_people(self, people: Sequence[PersonRow]) -> None:
        """Take the names behind the badges."""
        self._people = tuple(people)

    def show_entity(self, entity_type: EntityType, key: str) -> None:
        """Filter by one thing, as if it had been typed."""
        self.entity.setText(key)
        self._filter(replace(self._filters, entity_type=entity_type, entity=key))

    def choose_period(self, period: Period, first: date | None = None, last: date | None = None) -> None:
        """Filter by days: those of the period, or two of one's own."""
        self._period = period
        own = (first, last) if period is Period.CHOSEN else days_of(period, self._today())
        self._filter(with_days(self._filters, *own))

    def _filter(self, filters: Filters) -> None:
        self._filters = filters
        names = {person.badge: person.name for person in self._people}
        self.person.set_text(names.get(filters.badge, filters.badge) if filters.badge else "Everybody")
        self.action.set_text(formats.words(filters.action_type.value) if filters.action_type else "Every action")
        self.days.set_text(wording.days(self._period, filters.first, filters.last))
        self.changed.emit(filters)

    def _ask_person(self) -> None:
        people = [(None, "Everybody"), *((person.badge, person.name) for person in self._people)]
        ChoiceDialog(self, "Whose entries", people, self._filters.badge, self._choose_person).open()

    def _choose_person(self, badge: object) -> None:
        self._filter(replace(self._filters, badge=badge if isinstance(badge, str) else None))

    def _ask_action(self) -> None:
        kinds = [(None, "Every action"), *((kind, formats.words(kind.value)) for kind in ActionType)]
        ChoiceDialog(self, "Which action", kinds, self._filters.action_type, self._choose_action).open()

    def _choose_action(self, kind: object) -> None:
        self._filter(replace(self._filters, action_type=kind if isinstance(kind, ActionType) else None))

    def _ask_days(self) -> None:
        first, last = self._filters.first or self._today(), self._filters.last or self._today()
        DaysDialog(self, self._period, first, last, self.choose_period).open()


class ChoiceDialog(Dialog):
    """One of many choices as big chips; a tap chooses and closes."""

    def __init__(
        self,
        over: QWidget,
        title: str,
        choices: Sequence[tuple[object, str]],
        chosen: object,
        answer: Callable[[object], None],
    ) -> None:
        super().__init__(over, title, width=940)
        self.picker = ChoicePicker(choices, height=52)
        self.picker.choose(chosen)
        self.picker.chosen.connect(answer)
        self.picker.chosen.connect(self.close_dialog)
        self.body.addWidget(self.picker)
        self.add_close("Cancel")


class DaysDialog(Dialog):
    """Named periods, or two days of one's own."""

    def __init__(
        self, over: QWidget, period: Period, first: date, last: date, answer: Callable[[Period, date, date], None]
    ) -> None:
        super().__init__(over, "Which days", width=900)
        self._answer = answer
        self.picker = ChoicePicker(wording.PERIODS, height=56)
        self.picker.choose(period)
        self.picker.chosen.connect(self._choose)
        self.from_day, self.to_day = DayField(first), DayField(last)
        self.body.addWidget(self.picker)
        row = QHBoxLayout()
        row.setSpacing(2 * SPACE)
        row.addWidget(Field("From", self.from_day))
        row.addWidget(Field("To", self.to_day))
        self.body.addLayout(row)
        self.add_close("Cancel")
        self.go = Button("Show these days", kind=Kind.MAIN)
        self.go.tapped.connect(lambda: self._choose(Period.CHOSEN))
        self.add_button(self.go)

    def _choose(self, period: object) -> None:
        self._answer(Period(str(period)), self.from_day.day(), self.to_day.day())
        self.close_dialog()


class DayField(QWidget):
    """A day with steps of a day and of a week; a step that is held goes on."""

    def __init__(self, on: date) -> None:
        super().__init__()
        self._day = on
        self._text = Label(size=Size.LARGE, weight=Weight.STRONG)
        self._text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._text.setMinimumWidth(130)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self.steps = {days: self._step(text, days) for text, days in (("−7", -7), ("−1", -1), ("+1", 1), ("+7", 7))}
        for days, button in self.steps.items():
            if days == 1:
                row.addWidget(self._text, 1)
            row.addWidget(button)
        self._move(0)

    def day(self) -> date:
        return self._day

    def _step(self, text: str, days: int) -> Button:
        button = Button(text, height=52)
        button.setAutoRepeat(True)
        button.setAccessibleName(f"{abs(days)} {'day' if abs(days) == 1 else 'days'} {'back' if days < 0 else 'on'}")
        button.tapped.connect(lambda: self._move(days))
        return button

    def _move(self, days: int) -> None:
        self._day += timedelta(days=days)
        self._text.setText(f"{formats.day(self._day)} {self._day.year}")
