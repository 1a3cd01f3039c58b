"""Forms made from the models of the commands: a field for each field, in order, with its label, its help and its unit.

The model says what kind of thing a field takes, how long it may be and whether it is needed. What it cannot say
(the unit, whose code it is, which columns a list of rows shows) stands in `Asked`.
"""

import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Final, Union, get_args, get_origin

from annotated_types import MaxLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from mfg_desktop.exceptions import ManufacturingException, combine, refusal
from mfg_desktop.service.fields import read
from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.dialogs import Dialog
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.inputs import (
    ChoiceInput,
    CodeInput,
    DayInput,
    Input,
    LineInput,
    NumberInput,
    Offer,
    PairsInput,
    ProseInput,
    TruthInput,
    plain,
    told,
)
from mfg_desktop.ui.kit.tables import RIGHT, Column, Table
from mfg_desktop.ui.kit.text import Label, rule
from mfg_desktop.ui.theme import SPACE, Size, Tone, Weight

UNITS: Final[Mapping[str, str]] = {
    "minutes": "min",
    "seconds": "s",
    "days": "days",
    "percent": "%",
    "percentage": "%",
    "bar": "bar",
    "kva": "kVA",
    "kw": "kW",
    "hp": "hp",
    "rpm": "rpm",
    "kg": "kg",
}
"""The last word of a field's name that is its unit: it stands beside the number and not in the label."""
TWO_COLUMNS: Final = 620
PROSE_LENGTH: Final = 1000
"""Text that may be longer than this takes several lines."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How a field is asked, where its model does not say it."""

    label: str = ""
    unit: str = ""
    things: str = ""
    """Whose code it takes: the word under which `Form.offer` gives the things to pick from."""
    columns: tuple[str, ...] = ()
    """Of a list of rows: the fields that its table shows."""
    one: str = "line"
    """Of a list of rows: what one of them is called."""
    example: str = ""
    refused_by: tuple[str, ...] = ()
    """Codes of refusals that speak of it without naming a field."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a model wants in a field."""

    kind: Any
    """str, Decimal, int, bool, date, datetime, dict, an enum, or the model of a row."""
    longest: int
    many: bool
    needed: bool
    default: object | None


def wanted(info: FieldInfo) -> Wanted:
    """Read from a field of a model what it takes."""
    kind, longest, many = _resolve(info.annotation, info.metadata)
    default = None if info.is_required() or info.default_factory is not None else info.default
    return Wanted(kind, longest, many, info.is_required(), default)


def _resolve(annotation: Any, metadata: Iterable[Any]) -> tuple[Any, int, bool]:
    longest = next((one.max_length for one in metadata if isinstance(one, MaxLen)), 0)
    origin = get_origin(annotation)
    if origin is Annotated:
        inside, *more = get_args(annotation)
        # A field's bounds stand in a FieldInfo among the validators.
        flat = [part for one in more for part in (one.metadata if isinstance(one, FieldInfo) else [one])]
        kind, below, many = _resolve(inside, flat)
        return kind, longest or below, many
    if origin in (Union, types.UnionType):
        inside = next(part for part in get_args(annotation) if part is not type(None))
        kind, below, many = _resolve(inside, ())
        return kind, longest or below, many
    if origin in (tuple, list):
        kind, below, _ = _resolve(get_args(annotation)[0], ())
        return kind, below, True
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return dict, 0, False
    return annotation, longest, False


def label_of(name: str, asked: Asked) -> str:
    """Write a field's name for people, without the unit at its end."""
    if asked.label:
        return asked.label
    *words, last = name.split("_")
    return formats.words(" ".join(words) if words and last in UNITS else name)


def unit_of(name: str, asked: Asked) -> str:
    """Give the unit of a field: as asked, or the last word of its name."""
    return asked.unit or ("" if "_" not in name else UNITS.get(name.rpartition("_")[2], ""))


class FormField(QWidget):
    """A label, an input, and below it the help or what is wrong."""

    def __init__(self, label: str, inside: Input, *, sentence: str, needed: bool, fixed: bool) -> None:
        super().__init__()
        self.inside = inside
        self.label = label
        inside.setAccessibleName(label)
        inside.setAccessibleDescription(sentence)
        head = Label(label, size=Size.BODY, weight=Weight.STRONG)
        head.setBuddy(inside)
        line = QHBoxLayout()
        line.setSpacing(SPACE)
        line.addWidget(head)
        if needed and not fixed:
            line.addWidget(Label("needed", size=Size.SMALL, ink="accent"))
        line.addStretch(1)
        self._help = Label(sentence, size=Size.SMALL, ink="muted", wraps=True)
        self._wrong = Label("", size=Size.SMALL, weight=Weight.STRONG, ink=Tone.TROUBLE, wraps=True)
        self._wrong.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addLayout(line)
        column.addWidget(inside)
        if isinstance(inside, CodeInput):
            column.addWidget(inside.name_label)
            inside.named.connect(self._make_room)
        column.addWidget(self._wrong)
        column.addWidget(self._help)
        column.addStretch(1)
        # Not before it has its place: a label that is shown without a parent is a window, and takes the focus.
        self._help.setVisible(bool(sentence))
        if fixed:
            inside.set_fixed()
        inside.edited.connect(lambda: self.set_wrong(""))

    def set_wrong(self, sentence: str) -> None:
        """Say what is wrong with it, or with an empty sentence that nothing is."""
        self._wrong.setText(sentence)
        self.inside.set_wrong(bool(sentence))
        if self._wrong.isHidden() == bool(sentence):
            self._wrong.setVisible(bool(sentence))
            self._make_room()

    def wrong(self) -> str:
        return self._wrong.text()

    def _make_room(self) -> None:
        """Lay out anew up to the page, at once: a layout that was asked while its page was hidden never answers again."""
        above: QWidget | None = self
        while above is not None and not isinstance(above, QAbstractScrollArea):
            layout = above.layout()
            if layout is not None:
                layout.invalidate()
                layout.activate()
            above = above.parentWidget()


class Form(QWidget):
    """The fields of a model. `values` gives them as plain data, `refuse` lands what was refused."""

    edited = Signal()
    saved = Signal()
    """Enter was pressed: save."""
    left = Signal()
    """Escape was pressed: leave."""

    def __init__(
        self,
        model: type[BaseModel],
        *,
        today: date,
        sentence: Callable[[str], str] = lambda field: "",
        asked: Mapping[str, Asked] | None = None,
        sections: Sequence[tuple[str, Sequence[str]]] = (),
        leave_out: Iterable[str] = (),
        fixed: Iterable[str] = (),
        needed: Iterable[str] = (),
        within: str = "",
        times: Callable[[date], str] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._times = times
        """Writes a time into what is said at a field; without it as the service does."""
        self._model, self._today, self._sentence, self._within = model, today, sentence, within
        self._asked = dict(asked or {})
        left_out = set(leave_out)
        names = [name for name in model.model_fields if name not in left_out]
        named = {name for _, fields in sections for name in fields}
        rest = [name for name in names if name not in named]
        self._sections = [(title, [name for name in fields if name in names]) for title, fields in sections]
        if rest:
            # What no section names still has a place: a field that is added to the model appears by itself.
            self._sections.append(("More" if sections else "", rest))
        self.fields: dict[str, FormField] = {}
        self._heads: list[QWidget] = []
        self._loaded: dict[str, object | None] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(3 * SPACE)
        self._grid.setVerticalSpacing(2 * SPACE + 4)
        self._columns = 0
        fixed_names, needed_names = set(fixed), set(needed)
        for title, fields in self._sections:
            self._heads.append(_section_head(title))
            for name in fields:
                self.fields[name] = self._make(name, name in fixed_names, name in needed_names)
        self._arrange(2)
        self.load({})

    # ------------------------------------------------------------------ values

    def load(self, values: Mapping[str, object]) -> None:
        """Show these values; a field that is not among them shows the model's default."""
        for name, field in self.fields.items():
            default = wanted(self._model.model_fields[name]).default
            field.inside.set_value(values.get(name, default))
            field.set_wrong("")
        self.settle()

    def settle(self) -> None:
        """Take what is shown as saved."""
        self._loaded = self._values()

    def reset(self) -> None:
        """Show again what was loaded."""
        for name, field in self.fields.items():
            field.inside.set_value(self._loaded[name])
            field.set_wrong("")
        self.settle()

    def meet(self, values: Mapping[str, object]) -> None:
        """Let values that were saved elsewhere meet what is written here: they show in every field that nobody has
        touched; a field that both have changed keeps what is written, and says what it became elsewhere.
        """
        for name, value in values.items():
            field = self.fields.get(name)
            if field is None:
                continue
            here, before = field.inside.value(), self._loaded[name]
            field.inside.set_value(value)
            there, words = field.inside.value(), field.inside.in_words()
            self._loaded[name] = there
            if here not in (before, there):
                field.inside.set_value(here)
                if there != before:
                    became = "another list" if isinstance(there, list) else words or "empty"
                    field.set_wrong(f"Elsewhere this became {became}. Save keeps yours.")
        self.edited.emit()

    def fill(self, values: Mapping[str, object]) -> None:
        """Write values into a form as a person would: they count as not yet saved."""
        for name, value in values.items():
            self.fields[name].inside.set_value(value)
        self.edited.emit()

    def values(self) -> dict[str, object]:
        """Give what is filled in, as plain data; empty fields are left out."""
        return {name: value for name, value in self._values().items() if value is not None}

    def changes(self) -> dict[str, object | None]:
        """Give what is different from what was loaded; None for what was emptied."""
        return {name: value for name, value in self._values().items() if value != self._loaded[name]}

    def dirty(self) -> bool:
        return bool(self.changes())

    def offer(self, things: str, offers: Sequence[Offer]) -> None:
        """Say which things there are to pick from."""
        for name, field in self.fields.items():
            if isinstance(field.inside, CodeInput) and self._asked.get(name, Asked()).things == things:
                field.inside.offer(offers)
            elif isinstance(field.inside, RowsInput):
                field.inside.offer(things, offers)

    def wants(self) -> frozenset[str]:
        """Name the kinds of things that its fields pick from."""
        return frozenset(asked.things for asked in self._asked.values() if asked.things)

    def scanned(self, code: str) -> bool:
        """Take a scan into the field of a code that has the focus, or the first one that is empty."""
        codes = [
            field.inside
            for field in self.fields.values()
            if isinstance(field.inside, CodeInput) and field.inside.line.isEnabled()
        ]
        target = next((one for one in codes if one.line.hasFocus()), None) or next(
            (one for one in codes if one.value() is None), None
        )
        if target is not None:
            target.set_value(code)
            target.edited.emit()
        return target is not None

    def focus_first(self) -> None:
        """Give the focus to the field to begin with."""
        first = self.first()
        if first is not None:
            first.setFocus()

    def first(self) -> Input | None:
        """Give the field to begin with: the first that is empty, what is filled in already needs no typing."""
        inputs = [one.inside for one in self.fields.values() if one.inside.isEnabled() and one.inside.focusProxy()]
        return next((one for one in inputs if one.value() in (None, [])), inputs[0] if inputs else None)

    # ------------------------------------------------------------------ refusals

    def refuse(self, error: ManufacturingException) -> ManufacturingException | None:
        """Say at the fields what was refused about them, and give the rest; None when all has landed."""
        rest = []
        landed: set[FormField] = set()
        for one in error.violations:
            fields = {field for path in self._paths(one) if (field := self._land(path, one)) is not None}
            landed |= fields
            if not fields:
                rest.append(one)
        # The topmost: whoever reads on from there meets the others.
        first = next((field for field in self.fields.values() if field in landed), None)
        if first is not None:
            first.inside.setFocus()
            self._bring_into_sight(first)
            # Again when the page has made room for what is said below it.
            QTimer.singleShot(0, self, lambda: self._bring_into_sight(first))
        return combine(rest) if rest else None

    def check(self) -> bool:
        """Say whether the model takes what is filled in; what it refuses lands at the fields."""
        try:
            read(self._model, self.values())
        except ManufacturingException as error:
            self.refuse(error)
            return False
        return True

    # ------------------------------------------------------------------ keys and layout

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.saved.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(2 if self.width() >= TWO_COLUMNS else 1)

    def _paths(self, one: ManufacturingException) -> list[str]:
        """Give the fields that a refusal speaks of: the one it names, or those that hold the code it did not find."""
        named = one.details.get("field")
        if named is not None:
            return [str(named)]
        paths = []
        for name, field in self.fields.items():
            if isinstance(field.inside, RowsInput):
                paths += [f"{name}.{path}" for path in field.inside.places_of(one.details)]
                continue
            asked = self._asked.get(name, Asked())
            if one.code in asked.refused_by or one.details.get(asked.things, "") == field.inside.value() is not None:
                paths.append(name)
        return paths

    def _land(self, path: str, one: ManufacturingException) -> FormField | None:
        name, _, inner = path.partition(".")
        field = self.fields.get(name)
        if field is not None:
            rows = field.inside if isinstance(field.inside, RowsInput) and inner else None
            field.set_wrong(_about(one, field.label, self._times) if rows is None else rows.refuse(inner, one))
        return field

    def _values(self) -> dict[str, object | None]:
        return {name: field.inside.value() for name, field in self.fields.items()}

    def _make(self, name: str, fixed: bool, needed: bool) -> FormField:
        asked = self._asked.get(name, Asked())
        wants = wanted(self._model.model_fields[name])
        label = label_of(name, asked)
        needed = needed or wants.needed
        inside = self._input(name, label, asked, wants, needed)
        field = FormField(
            label,
            inside,
            sentence=self._sentence(f"{self._within}{name}"),
            needed=needed and not wants.many,
            fixed=fixed,
        )
        inside.edited.connect(self.edited)
        return field

    def _input(self, name: str, label: str, asked: Asked, wants: Wanted, needed: bool) -> Input:
        kind, unit = wants.kind, unit_of(name, asked)
        if wants.many and isinstance(kind, type) and issubclass(kind, BaseModel):
            return RowsInput(kind, asked, today=self._today, sentence=self._sentence, within=name, others=self._asked)
        if kind is bool:
            return TruthInput(label)
        if isinstance(kind, type) and issubclass(kind, Enum):
            choices = [(word, formats.words(word.value)) for word in kind]
            return ChoiceInput(label, choices, needed=needed or wants.default is not None)
        if kind is Decimal:
            return NumberInput(label, places=3, unit=unit, placeholder=asked.example)
        if kind is int:
            return NumberInput(label, places=0, unit=unit, placeholder=asked.example)
        if kind is date:
            return DayInput(label, today=self._today)
        if kind is datetime:
            return DayInput(label, today=self._today, with_time=True)
        if kind is dict:
            return PairsInput()
        if asked.things:
            return CodeInput(label, placeholder=asked.example)
        if wants.longest > PROSE_LENGTH:
            return ProseInput(placeholder=asked.example)
        return LineInput(longest=wants.longest or 200, placeholder=asked.example, unit=unit)

    def _arrange(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        while self._grid.takeAt(0) is not None:
            continue
        for column in range(2):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
            self._grid.setColumnMinimumWidth(column, 0)
        line = 0
        for head, (title, names) in zip(self._heads, self._sections, strict=True):
            if title:
                self._grid.addWidget(head, line, 0, 1, columns)
                line += 1
            column = 0
            for name in names:
                field = self.fields[name]
                wide = isinstance(field.inside, ProseInput | RowsInput)
                if wide and column:
                    line, column = line + 1, 0
                self._grid.addWidget(field, line, column, 1, columns if wide else 1)
                column = columns if wide else column + 1
                if column >= columns:
                    line, column = line + 1, 0
            line += 1 if column else 0

    def _bring_into_sight(self, field: QWidget) -> None:
        above = self.parentWidget()
        while above is not None and not isinstance(above, QAbstractScrollArea):
            above = above.parentWidget()
        if isinstance(above, QScrollArea):
            above.ensureWidgetVisible(field, 0, 3 * SPACE)


def _section_head(title: str) -> QWidget:
    head = QWidget()
    column = QVBoxLayout(head)
    column.setContentsMargins(0, SPACE, 0, 0)
    column.setSpacing(6)
    column.addWidget(Label(title, size=Size.LARGE, weight=Weight.HEAVY))
    column.addWidget(rule())
    return head


class RowsInput(Input):
    """A list of rows: a small table; a tap opens a row as a form of its own."""

    def __init__(
        self,
        model: type[BaseModel],
        asked: Asked,
        *,
        today: date,
        sentence: Callable[[str], str],
        within: str,
        others: Mapping[str, Asked],
    ) -> None:
        super().__init__()
        self._model, self._asked_rows, self._today = model, asked, today
        self._sentence, self._within = sentence, f"{within}."
        self._asked = {name.removeprefix(self._within): one for name, one in others.items() if name.startswith(within)}
        self._offers: dict[str, tuple[Offer, ...]] = {}
        self._values: list[dict[str, object]] = []
        self._wrong: dict[int, dict[str, str]] = {}
        names = asked.columns or tuple(model.model_fields)[:5]
        # The first that is no number takes the room that is left.
        widest = next((name for name in names if wanted(model.model_fields[name]).kind is str), names[0])
        self.table = Table(
            [self._column(name, first=name == widest) for name in names],
            lambda row: row[0],
            empty=EmptyState("plus", f"No {asked.one} yet", f"Add the first {asked.one} below."),
        )
        self.table.chosen.connect(lambda place: self._open(int(str(place))))
        self.table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.add_button = Button(f"Add {_article(asked.one)} {asked.one}", icon="plus", height=52)
        self.add_button.tapped.connect(lambda: self._open(None))
        self.setFocusProxy(self.add_button)
        line = QHBoxLayout()
        line.addWidget(self.add_button)
        line.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(self.table)
        column.addLayout(line)
        self._show()

    def value(self) -> object | None:
        return [dict(row) for row in self._values]

    def set_value(self, value: object | None) -> None:
        rows = value if isinstance(value, Sequence) else ()
        self._values = [
            {name: plain(what) for name, what in row.items() if what is not None}
            for row in rows
            if isinstance(row, Mapping)
        ]
        self._wrong = {}
        self._show()

    def set_wrong(self, wrong: bool) -> None:
        if not wrong:
            self._wrong = {}
            self._show()

    def offer(self, things: str, offers: Sequence[Offer]) -> None:
        self._offers[things] = tuple(offers)

    def refuse(self, path: str, one: ManufacturingException) -> str:
        """Remember what is wrong in a row (`2.process`), and give the sentence to be said below the table."""
        place, _, name = path.partition(".")
        if not place.isdecimal():
            return one.message
        field = label_of(name, self._asked.get(name, Asked()))
        self._wrong.setdefault(int(place), {})[name] = _about(one, field)
        self._show()
        return f"{formats.words(self._asked_rows.one)} {int(place) + 1}, {field}: {_about(one, field)}"

    def places_of(self, details: Mapping[str, object]) -> list[str]:
        """Give the fields of rows (`2.process`) that hold a code of which the details speak."""
        return [
            f"{place}.{name}"
            for place, row in enumerate(self._values)
            for name, asked in self._asked.items()
            if asked.things and row.get(name) is not None and row[name] == details.get(asked.things)
        ]

    def _column(self, name: str, *, first: bool) -> Column:
        asked = self._asked.get(name, Asked())
        kind = wanted(self._model.model_fields[name]).kind
        number = kind in (Decimal, int)
        unit = unit_of(name, asked)
        head = f"{label_of(name, asked)}, {unit}" if unit else label_of(name, asked)
        return Column(
            head,
            lambda row: _shown(row[1].get(name), kind),
            align=RIGHT if number else Qt.AlignmentFlag.AlignLeft,
            width=max(104 if number else 140, 9 * len(head) + 30),
            strong=first,
            stretch=first,
            code=first,
            ink=lambda row: Tone.TROUBLE if row[0] in self._wrong else None,
        )

    def _show(self) -> None:
        self.table.show_rows([(place, dict(row), place in self._wrong) for place, row in enumerate(self._values)])
        # As high as its rows: the form around it scrolls, and a list that scrolls in a list loses the finger.
        head = self.table.horizontalHeader().sizeHint().height()
        self.table.setFixedHeight(head + 48 * len(self._values) + 4 if self._values else head + 130)

    def _open(self, place: int | None) -> None:
        there = place is not None and place < len(self._values)
        dialog = RowDialog(self, self._asked_rows.one, self._form(), place=place, rows=len(self._values))
        dialog.form.load(self._values[place] if place is not None and there else self._suggestion())
        if place is None:
            dialog.first = dialog.form.first()
        for name, sentence in self._wrong.get(place if place is not None else -1, {}).items():
            if name in dialog.form.fields:
                dialog.form.fields[name].set_wrong(sentence)
        # The list may be another by then, when somebody else has saved one.
        row = dict(self._values[place]) if place is not None and there else None
        dialog.taken.connect(lambda: self._take(self._place_now(place, row), dialog.form.values()))
        dialog.removed.connect(lambda: self._remove(self._place_now(place, row)))
        dialog.moved.connect(lambda by: self._move(self._place_now(place, row), int(by)))
        dialog.open()

    def _suggestion(self) -> dict[str, object]:
        """Suggest what a new row most likely starts with: the next sequence, in tens."""
        if "sequence" not in self._model.model_fields:
            return {}
        taken = [int(str(row.get("sequence"))) for row in self._values if str(row.get("sequence")).isdecimal()]
        return {"sequence": (max(taken, default=0) // 10 + 1) * 10}

    def _form(self) -> Form:
        form = Form(self._model, today=self._today, sentence=self._sentence, asked=self._asked, within=self._within)
        for things, offers in self._offers.items():
            form.offer(things, offers)
        return form

    def _place_now(self, place: int | None, row: dict[str, object] | None) -> int | None:
        """Say where a row stands that was opened at a place; None for a new one, and for one that is no longer there."""
        if row is None or row not in self._values:
            return None
        return place if place is not None and self._values[place : place + 1] == [row] else self._values.index(row)

    def _take(self, place: int | None, values: dict[str, object]) -> None:
        if place is None:
            self._values.append(values)
        else:
            self._values[place] = values
        self._changed()

    def _remove(self, place: int | None) -> None:
        if place is not None:
            del self._values[place]
            self._changed()

    def _move(self, place: int | None, by: int) -> None:
        if place is not None and 0 <= place + by < len(self._values):
            self._values.insert(place + by, self._values.pop(place))
            self._changed()

    def _changed(self) -> None:
        self._wrong = {}
        self._show()
        self.edited.emit()


class RowDialog(Dialog):
    """One row of a list, as a form."""

    taken = Signal()
    removed = Signal()
    moved = Signal(int)

    def __init__(self, over: QWidget, one: str, form: Form, *, place: int | None, rows: int) -> None:
        title = f"New {one}" if place is None else f"{formats.words(one)} {place + 1} of {rows}"
        super().__init__(over, title, width=900)
        self.form = form
        self.form.saved.connect(self._take)
        self.form.left.connect(self.close_dialog)
        self.body.addWidget(form)
        if place is not None:
            self.remove_button = self.add_button(Button("Remove", kind=Kind.DANGER, icon="scrap"), left=True)
            self.remove_button.tapped.connect(self._remove)
            for by, icon, name, stopped in (
                (1, "down", "Move down", f"It is the last {one} already." if place + 1 == rows else ""),
                (-1, "up", "Move up", "" if place else f"It is the first {one} already."),
            ):
                button = self.add_button(Button("", icon=icon, height=56), left=True)
                button.setAccessibleName(name)
                button.setToolTip(name)
                if stopped:
                    button.set_stopped((stopped,))
                button.asked_why.connect(lambda reasons: self.set_title(title, " ".join(reasons)))
                button.tapped.connect(lambda by=by: self._move(by))
        self.add_close()
        self.go = self.add_button(Button("Add" if place is None else "Apply", kind=Kind.MAIN))
        self.go.tapped.connect(self._take)

    def scanned(self, code: str) -> bool:
        return self.form.scanned(code)

    def _take(self) -> None:
        if self.form.check():
            self.taken.emit()
            self.close_dialog()

    def _remove(self) -> None:
        self.removed.emit()
        self.close_dialog()

    def _move(self, by: int) -> None:
        self.moved.emit(by)
        self.close_dialog()


def _about(one: ManufacturingException, label: str, times: Callable[[date], str] | None = None) -> str:
    """Say what was refused about a field by the name that it has on the form."""
    details = {**one.details, "field": label} if "field" in one.details else one.details
    return refusal(one.code, **details).message if times is None else one.entry.fill(details, times)[0]


def _article(word: str) -> str:
    return "an" if word[:1] in "aeiou" else "a"


def _shown(value: object, kind: Any) -> str:
    """Write a value of a row into its table."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {told(what)}" for name, what in value.items())
    if isinstance(kind, type) and issubclass(kind, Enum):
        return formats.words(str(value))
    return str(value)
