"""Inputs, one for each kind of thing that a form asks for. Each gives its value as a file of an ERP would give it.

What cannot be read (letters in a number) is given as it was typed: the shop refuses it, and the refusal lands at the
field.
"""

import calendar
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Final

from PySide6.QtCore import QEvent, QObject, QRectF, QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QGridLayout,
    QHBoxLayout,
    QPlainTextEdit,
    QStyledItemDelegate,
    QWidget,
)

from mfg_desktop.exceptions import MONTHS
from mfg_desktop.ui.kit import formats, icons
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.dialogs import Dialog
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.fields import TextField
from mfg_desktop.ui.kit.number_pad import NumberPad
from mfg_desktop.ui.kit.pickers import ChoicePicker
from mfg_desktop.ui.kit.tables import Column, Table
from mfg_desktop.ui.kit.text import ElidedLabel, Label, Panel
from mfg_desktop.ui.theme import SPACE, TOUCH, Size, Theme, Weight

_HOUR: Final = re.compile(r"(?:[ T]+)(?P<hour>\d{1,2}:\d{2})$", re.ASCII)
_SEPARATOR: Final = "  \u00b7  "


@dataclass(frozen=True, slots=True)
class Offer:
    """A thing that may be named by its code."""

    code: str
    name: str = ""


class Input(QWidget):
    """The base of the inputs. `edited` is sent when a person changed it."""

    edited = Signal()

    def value(self) -> object | None:
        """Give the value as plain data; None for an empty one."""
        raise NotImplementedError

    def set_value(self, value: object | None) -> None:
        """Show a value without sending `edited`."""
        raise NotImplementedError

    def in_words(self) -> str:
        """Write the value as it is shown, for a sentence about it."""
        return written(self.value())

    def set_wrong(self, wrong: bool) -> None:
        """Frame it in the colour of trouble, or not."""

    def set_fixed(self) -> None:
        """Show the value and let nobody change it."""
        self.setEnabled(False)


def _row(parent: QWidget, *widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout(parent)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(SPACE)
    for widget in widgets:
        row.addWidget(widget, 1 if isinstance(widget, TextField | QComboBox | QPlainTextEdit) else 0)
    return row


def _small(icon: str, name: str) -> Button:
    """Give the button beside a line that opens its picker. Tab passes it by: with a keyboard one types."""
    button = Button("", icon=icon, height=TOUCH + 2)
    button.setAccessibleName(name)
    button.setToolTip(name)
    button.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    return button


class LineInput(Input):
    """A line of text."""

    def __init__(self, *, longest: int = 200, placeholder: str = "", unit: str = "") -> None:
        super().__init__()
        self.line = TextField(placeholder, longest=longest)
        self.line.textEdited.connect(self.edited)
        self.setFocusProxy(self.line)
        self.row = _row(self, self.line)
        self.unit = Label("", ink="muted", weight=Weight.STRONG)
        self.unit.hide()
        self.row.addWidget(self.unit)
        self.set_unit(unit)

    def value(self) -> object | None:
        return self.line.text().strip() or None

    def set_value(self, value: object | None) -> None:
        self.line.setText(written(value))
        self.line.setCursorPosition(0)

    def set_wrong(self, wrong: bool) -> None:
        self.line.set_wrong(wrong)

    def set_unit(self, unit: str) -> None:
        """Show the unit beside the line, or with an empty one none."""
        self.unit.setText(unit)
        self.unit.setVisible(bool(unit))

    def set_fixed(self) -> None:
        self.line.setReadOnly(True)
        self.line.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.line.setEnabled(False)


class NumberInput(LineInput):
    """A number, typed or from the pad behind its button; `places` 0 for whole numbers."""

    def __init__(self, label: str, *, places: int = 3, unit: str = "", placeholder: str = "") -> None:
        super().__init__(longest=20, placeholder=placeholder, unit=unit)
        self._label, self._places = label, places
        self.pad_button = _small("keypad", f"Number pad for {label}")
        self.pad_button.tapped.connect(self._open_pad)
        self.row.addWidget(self.pad_button)

    def value(self) -> object | None:
        text = self.line.text().replace(formats.THIN, "").replace(" ", "").replace(",", ".")
        if not text:
            return None
        return int(text) if self._places == 0 and text.lstrip("-").isdecimal() else text

    def set_fixed(self) -> None:
        super().set_fixed()
        self.pad_button.hide()

    def _open_pad(self) -> None:
        NumberDialog(
            self, self._label, self.line.text(), places=self._places, unit=self.unit.text(), answer=self._take
        ).open()

    def _take(self, number: str) -> None:
        self.line.setText(number)
        self.edited.emit()


class NumberDialog(Dialog):
    """Asks for one number with large keys."""

    def __init__(
        self, over: QWidget, label: str, now: str, *, places: int, unit: str, answer: Callable[[str], None]
    ) -> None:
        super().__init__(over, label, width=420)
        self._answer = answer
        self._figure = Label(now or "0", size=Size.HUGE, weight=Weight.HEAVY)
        self.pad = NumberPad(places=places, height=60)
        try:
            self.pad.set_number(Decimal(now) if now else None)
        except ArithmeticError:
            self.pad.set_number(None)
        self.pad.changed.connect(lambda: self._figure.setText(self.pad.text() or "0"))
        self.first = self.pad
        box = Panel("raised")
        line = QHBoxLayout(box)
        line.setContentsMargins(16, 8, 16, 8)
        line.addWidget(self._figure, 1)
        line.addWidget(Label(unit, size=Size.TITLE, ink="muted"), 0, Qt.AlignmentFlag.AlignBottom)
        self.body.addWidget(box)
        self.body.addWidget(self.pad)
        self.add_close()
        self.go = self.add_button(Button("Take it", kind=Kind.MAIN))
        self.go.tapped.connect(self._send)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._send()
        else:
            super().keyPressEvent(event)

    def _send(self) -> None:
        self._answer(self.pad.text())
        self.close_dialog()


class ProseInput(Input):
    """Several lines of text; Tab leaves it."""

    def __init__(self, *, placeholder: str = "") -> None:
        super().__init__()
        self.words = QPlainTextEdit()
        self.words.setPlaceholderText(placeholder)
        self.words.setTabChangesFocus(True)
        self.words.setFont(Theme.current.font(Size.LARGE))
        self.words.setFixedHeight(100)
        self._quiet = False
        self.words.textChanged.connect(self._changed)
        self.setFocusProxy(self.words)
        # On a panel: the style sheet leaves every scrolled area without a face of its own.
        face = Panel("raised")
        _row(face, self.words)
        _row(self, face).setStretch(0, 1)

    def value(self) -> object | None:
        return self.words.toPlainText().strip() or None

    def set_value(self, value: object | None) -> None:
        self._quiet = True
        self.words.setPlainText(written(value))
        self._quiet = False

    def set_wrong(self, wrong: bool) -> None:
        self.words.setProperty("wrong", "true" if wrong else "false")
        self.words.style().unpolish(self.words)
        self.words.style().polish(self.words)

    def _changed(self) -> None:
        if not self._quiet:
            self.edited.emit()


class PairsInput(ProseInput):
    """Names with values, one pair per line: `Spindle speed: 1800`."""

    def __init__(self) -> None:
        super().__init__(placeholder="One per line, as Name: value")

    def value(self) -> object | None:
        pairs: dict[str, object] = {}
        for line in self.words.toPlainText().splitlines():
            name, _, value = line.partition(":")
            if name.strip():
                pairs[name.strip()] = _read(value.strip())
        return pairs or None

    def set_value(self, value: object | None) -> None:
        pairs = value if isinstance(value, Mapping) else {}
        super().set_value("\n".join(f"{name}: {told(what)}" for name, what in pairs.items()))


def told(value: object) -> str:
    """Write one value of a pair: text as it is, anything else as JSON has it."""
    return written(value) if isinstance(value, str | Decimal) else json.dumps(value, default=str, ensure_ascii=False)


def _read(value: str) -> object:
    try:
        return json.loads(value, parse_float=Decimal)
    except ValueError:
        return value


class ChoiceInput(Input):
    """A word out of a few: as chips, or from five on as a list that drops down."""

    MOST_CHIPS: Final = 4

    def __init__(self, label: str, choices: Sequence[tuple[object, str]], *, needed: bool) -> None:
        super().__init__()
        self._words = tuple(choices)
        self._values: list[object | None] = [value for value, _ in choices]
        self.chips: ChoicePicker | None = None
        self.box: QComboBox | None = None
        if needed and len(choices) <= self.MOST_CHIPS:
            self.chips = ChoicePicker(choices)
            self.chips.chosen.connect(lambda _: self.edited.emit())
            _row(self, self.chips).setStretch(0, 1)
            return
        self.box = _Drop()
        self.box.setFont(Theme.current.font(Size.LARGE))
        self.box.setAccessibleName(label)
        self._values.insert(0, None)
        self.box.addItem("Choose" if needed else "Not set")
        for _, word in choices:
            self.box.addItem(word)
        self.box.activated.connect(lambda _: self.edited.emit())
        self.setFocusProxy(self.box)
        _row(self, self.box)

    def value(self) -> object | None:
        if self.chips is not None:
            return plain(self.chips.value())
        assert self.box is not None
        return plain(self._values[self.box.currentIndex()])

    def set_value(self, value: object | None) -> None:
        known = next((one for one in self._values if plain(one) == plain(value)), None)
        if self.chips is not None:
            self.chips.choose(known)
        elif self.box is not None:
            self.box.setCurrentIndex(self._values.index(known) if known in self._values else 0)

    def in_words(self) -> str:
        return next((word for value, word in self._words if plain(value) == self.value()), "")


class _Drop(QComboBox):
    """A list that drops down; the wheel scrolls the form over it and changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        # Its own delegate lays the lines as close as the desktop does, whatever the style sheet says.
        self.setItemDelegate(QStyledItemDelegate(self))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        tokens = Theme.current.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        spot = QRectF(self.width() - 34, self.height() / 2 - 10, 20, 20)
        icons.paint(painter, spot, "down", tokens.text if self.isEnabled() else tokens.muted)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class TruthInput(ChoiceInput):
    """Yes or no."""

    def __init__(self, label: str) -> None:
        super().__init__(label, [(True, "Yes"), (False, "No")], needed=True)


class CodeInput(LineInput):
    """The code of another thing: typed, scanned, completed while typing, or picked from a list."""

    named = Signal()
    """The name below it came or went."""

    def __init__(self, label: str, *, placeholder: str = "") -> None:
        super().__init__(longest=60, placeholder=placeholder or "Code")
        self._label = label
        self._offers: tuple[Offer, ...] = ()
        self._words = QStringListModel(self)
        completer = QCompleter(self._words, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        popup = completer.popup()
        assert popup is not None
        popup.setFont(Theme.current.font(Size.LARGE))
        # A window of its own: without a face it is black where the desktop paints none under it.
        popup.setProperty("panel", "popup")
        # Queued: Qt writes the completion into the line after it has told of it.
        completed = completer.activated[str]  # type: ignore[index]
        completed.connect(self._completed, Qt.ConnectionType.QueuedConnection)
        self.line.setCompleter(completer)
        self.line.textChanged.connect(self._show_name)
        self.pick_button = _small("search", f"Pick {label}")
        self.pick_button.tapped.connect(self._open_list)
        self.row.addWidget(self.pick_button)
        self.name_label = ElidedLabel("", size=Size.SMALL, weight=Weight.STRONG)
        self.name_label.hide()

    def offer(self, offers: Sequence[Offer]) -> None:
        """Say what may be picked; anything else may still be typed."""
        self._offers = tuple(offers)
        self._words.setStringList(
            [f"{offer.code}{_SEPARATOR}{offer.name}" if offer.name else offer.code for offer in self._offers]
        )
        self._show_name()

    def value(self) -> object | None:
        return self.line.text().partition(_SEPARATOR)[0].strip() or None

    def set_fixed(self) -> None:
        super().set_fixed()
        self.pick_button.hide()

    def _completed(self, text: str) -> None:
        self._take(text.partition(_SEPARATOR)[0])

    def _take(self, code: str) -> None:
        self.line.setText(code)
        self.edited.emit()

    def _open_list(self) -> None:
        PickDialog(self, f"Pick {self._label[:1].lower()}{self._label[1:]}", self._offers, self._take).open()

    def _show_name(self) -> None:
        code = self.value()
        name = next((offer.name for offer in self._offers if offer.code == code), "")
        self.name_label.set_text(name)
        shown = bool(name) and name != code
        if shown is self.name_label.isHidden():
            self.name_label.setVisible(shown)
            self.named.emit()


class PickDialog(Dialog):
    """A list to pick one thing from, with a search; a scan picks too."""

    def __init__(self, over: QWidget, title: str, offers: Sequence[Offer], answer: Callable[[str], None]) -> None:
        super().__init__(over, title, width=720)
        self._offers, self._answer = tuple(offers), answer
        self.search = TextField("Search code or name", icon="search", pause_ms=80)
        self.first = self.search
        self.table = Table(
            [
                Column("Code", lambda offer: offer.code, width=220, strong=True),
                Column("Name", lambda offer: offer.name, stretch=True),
            ],
            lambda offer: offer.code,
            empty=EmptyState("search", "Nothing is called that", "Try a part of the code or of the name."),
        )
        self.table.setMinimumHeight(420)
        self.table.chosen.connect(lambda code: self._send(str(code)))
        self.search.settled.connect(self._show)
        self.search.installEventFilter(self)
        self.body.addWidget(self.search)
        self.body.addWidget(self.table)
        self.add_close()
        self._show("")

    def scanned(self, code: str) -> bool:
        """Take the scan of a thing in the list."""
        found = any(offer.code == code for offer in self._offers)
        if found:
            self._send(code)
        return found

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Down:
                self.table.setFocus()
                self.table.selectRow(0)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._show(self.search.text())
                rows = self.table.rows.rows()
                if len(rows) == 1:
                    self._send(rows[0].code)
                return True
        # What the dialog itself watches is its window, which it covers; the search is not to be covered.
        return False if watched is self.search else super().eventFilter(watched, event)

    def _show(self, text: str) -> None:
        words = text.casefold().split()
        self.table.show_rows(
            [offer for offer in self._offers if all(word in f"{offer.code} {offer.name}".casefold() for word in words)]
        )

    def _send(self, code: str) -> None:
        self._answer(code)
        self.close_dialog()


class DayInput(LineInput):
    """A day, shown as 23 Nov 2026, typed so or as 2026-11-23, or tapped in the calendar; `with_time` takes an hour
    behind it: 23 Nov 2026 06:00, typed or from the pad.
    """

    def __init__(self, label: str, *, today: date, with_time: bool = False) -> None:
        example = f"Such as {formats.full_day(today)}"
        super().__init__(longest=40, placeholder=f"{example} 06:00" if with_time else example)
        self._label, self._today, self._with_time = label, today, with_time
        self.line.editingFinished.connect(self._tidy)
        self.calendar_button = _small("calendar", f"Calendar for {label}")
        self.calendar_button.tapped.connect(self._open_calendar)
        self.row.addWidget(self.calendar_button)
        self.hour_button = _small("clock", f"Hour for {label}")
        self.hour_button.tapped.connect(self._open_hours)
        self.row.addWidget(self.hour_button)
        self.hour_button.setVisible(with_time)

    def value(self) -> object | None:
        day, hour = self._read()
        return super().value() if day is None else f"{day.isoformat()} {hour}".rstrip()

    def set_value(self, value: object | None) -> None:
        super().set_value(value)
        self._tidy()

    def in_words(self) -> str:
        return self.line.text().strip()

    def set_fixed(self) -> None:
        super().set_fixed()
        self.calendar_button.hide()
        self.hour_button.hide()

    def _read(self) -> tuple[date | None, str]:
        """Read the line as a day and an hour; no day where it says something else."""
        text = self.line.text().strip()
        found = _HOUR.search(text) if self._with_time else None
        day = formats.read_day(text[: found.start()] if found else text, self._today)
        return day, f"{found['hour']:0>5}" if found else ""

    def _tidy(self) -> None:
        """Write a day that was typed in another way as days are written here."""
        day, hour = self._read()
        if day is not None:
            self._write(day, hour)

    def _write(self, day: date, hour: str) -> None:
        self.line.setText(f"{formats.full_day(day)} {hour}".rstrip())

    def _open_hours(self) -> None:
        NumberDialog(self, f"{self._label}: hour, as 1430", "", places=0, unit="", answer=self._take_hour).open()

    def _take_hour(self, digits: str) -> None:
        if digits:
            # Of one or two digits the hour is meant: 6 is six o'clock.
            hour = f"{digits:0>2}00" if len(digits) < 3 else f"{digits:0>4}"
            day, _ = self._read()
            self._write(day or self._today, f"{hour[:2]}:{hour[2:]}")
            self.edited.emit()

    def _open_calendar(self) -> None:
        day, _ = self._read()
        CalendarDialog(self, self._label, day or self._today, today=self._today, answer=self._take).open()

    def _take(self, day: date) -> None:
        self._write(day, self._read()[1])
        self.edited.emit()


class CalendarDialog(Dialog):
    """A month to tap a day in."""

    def __init__(self, over: QWidget, label: str, chosen: date, *, today: date, answer: Callable[[date], None]) -> None:
        super().__init__(over, label, width=560)
        self._chosen, self._today, self._answer = chosen, today, answer
        self._month = chosen.replace(day=1)
        self._title = Label("", size=Size.LARGE, weight=Weight.STRONG)
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        before = Button("", icon="back", height=52)
        before.setAccessibleName("Month before")
        before.tapped.connect(lambda: self._turn(-1))
        after = Button("", icon="forward", height=52)
        after.setAccessibleName("Month after")
        after.tapped.connect(lambda: self._turn(1))
        head = QHBoxLayout()
        head.addWidget(before)
        head.addWidget(self._title, 1)
        head.addWidget(after)
        self.body.addLayout(head)
        grid = QGridLayout()
        grid.setSpacing(4)
        for at, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")):
            label_of_day = Label(name, size=Size.SMALL, weight=Weight.STRONG, ink="muted")
            label_of_day.setAlignment(Qt.AlignmentFlag.AlignCenter)
            grid.addWidget(label_of_day, 0, at)
        self.days: list[Button] = []
        for at in range(42):
            button = Button("", kind=Kind.QUIET, height=TOUCH)
            button.setCheckable(True)
            policy = button.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            button.setSizePolicy(policy)
            button.tapped.connect(lambda at=at: self._send(at))
            self.days.append(button)
            grid.addWidget(button, 1 + at // 7, at % 7)
        self.body.addLayout(grid)
        self.add_close()
        now = self.add_button(Button("Today", kind=Kind.MAIN, height=56))
        now.tapped.connect(lambda: self._answer_with(today))
        self._show()

    def _turn(self, months: int) -> None:
        year, month = divmod(self._month.year * 12 + self._month.month - 1 + months, 12)
        self._month = date(year, month + 1, 1)
        self._show()

    def _show(self) -> None:
        self._title.setText(f"{MONTHS[self._month.month - 1]} {self._month.year}")
        first, length = calendar.monthrange(self._month.year, self._month.month)
        for at, button in enumerate(self.days):
            number = at - first + 1
            there = 1 <= number <= length
            button.set_text(str(number) if there else "")
            button.setVisible(there)
            day = self._month.replace(day=number) if there else None
            button.setChecked(day is not None and day == self._chosen)
            button.set_kind(Kind.PLAIN if day == self._today else Kind.QUIET)
            if day == self._chosen:
                self.first = button

    def _send(self, at: int) -> None:
        number = int(self.days[at].text())
        self._answer_with(self._month.replace(day=number))

    def _answer_with(self, day: date) -> None:
        self._answer(day)
        self.close_dialog()


def plain(value: object | None) -> object | None:
    """Give a value of a row as plain data: words as their text, quantities without idle zeros, days as they are typed."""
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, Decimal):
        return written(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def written(value: object | None) -> str:
    """Write a value into a line."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"
    return str(plain(value))
