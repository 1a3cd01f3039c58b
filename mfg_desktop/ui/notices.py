"""What the shop says back: the refusal dialog, the reasons behind a stopped button, and the notice line at the
foot of the window.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from mfg_desktop import vocabulary
from mfg_desktop.exceptions import ManufacturingException, Severity
from mfg_desktop.queries.rows import Violation
from mfg_desktop.ui import refusals
from mfg_desktop.ui.kit import formats, icons
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.dialogs import Dialog, ReasonNote
from mfg_desktop.ui.kit.fields import Field, TextField
from mfg_desktop.ui.kit.text import Label, Panel, rule
from mfg_desktop.ui.kit.toasts import Toast
from mfg_desktop.ui.presenter import Presenter
from mfg_desktop.ui.theme import SPACE, Size, Tone, Weight

WaysOut = Mapping[str, Sequence[tuple[str, Callable[[], None]]]]
"""For a code, the buttons that lead out: label and what to do."""
WaysOutOf = Callable[[ManufacturingException], WaysOut]

ANSWERED_IN_PLACE = frozenset({"OVERRIDE_DENIED", "OVERRIDE_REQUIRED", "AUTH_INVALID_CREDENTIALS", "AUTH_LOCKED"})
"""Refusals of the override itself: said in the dialog that asked for it, which stays open."""
OWN_WORDS = {
    "badge": "person",
    "days": "days late",
    "moved_at_terminal": "at terminal",
    "next_calibration": "calibration due",
    "next_check": "check due",
    "next_maintenance": "maintenance due",
    "number": "order",
    "sequence": "operation",
}
MOST_NUMBERS = 8
_KEPT = "\u00a0"
"""A space at which no line ends."""
VOCABULARY = frozenset(
    str(word)
    for kind in vars(vocabulary).values()
    if isinstance(kind, type) and issubclass(kind, StrEnum)
    for word in kind
    if "_" in word
)


class Notices(QObject):
    """The window's voice.

    A screen says `listen(presenter)` once and has refusals, overrides and notices from then on.
    """

    def __init__(self, window: QWidget, zone: Callable[[], ZoneInfo]) -> None:
        super().__init__(window)
        self._window = window
        self._zone = zone
        self._toast = Toast(window)
        self._open: dict[Presenter | None, RefusalDialog] = {}

    def listen(self, presenter: Presenter, ways_out: WaysOutOf | None = None) -> None:
        """Show what this presenter is refused, offer its overrides, and say what it did."""
        listener = _Listener(self, presenter, ways_out)
        presenter.refused.connect(listener.refused)
        presenter.done.connect(listener.done)
        presenter.working.connect(listener.working)

    def say(self, text: str, tone: Tone = Tone.RUNNING, *, icon: str = "", seconds: float = 4.0) -> None:
        """Say something on the notice line."""
        self._toast.say(text, tone, icon=icon, seconds=seconds)

    def said(self) -> str:
        """Give what the notice line shows now."""
        return self._toast.text()

    def refuse(
        self, error: ManufacturingException, ways_out: WaysOut | None = None, presenter: Presenter | None = None
    ) -> "RefusalDialog":
        """Open the refusal dialog, or say it in the one that this presenter has open."""
        reasons = refusals.reasons_of(error, self._zone())
        dialog = self._open.get(presenter)
        if dialog is not None and dialog.is_open() and dialog.asks_override() and error.code in ANSWERED_IN_PLACE:
            dialog.deny(refusals.sentence(error, self._zone()))
            return dialog
        if dialog is not None:
            dialog.close_dialog()
        dialog = RefusalDialog(
            self._window,
            error.code,
            reasons,
            zone=self._zone(),
            ways_out=ways_out or {},
            override=presenter.override if presenter is not None and error.overridable else None,
            critical=error.severity in (Severity.ERROR, Severity.CRITICAL),
        )
        self._show(presenter, dialog)
        return dialog

    def why(self, title: str, violations: Sequence[Violation], ways_out: WaysOut | None = None) -> "RefusalDialog":
        """Say why a button is stopped: the same dialog, before anything was tried."""
        reasons = refusals.all_told(violations, self._zone())
        dialog = RefusalDialog(
            self._window, reasons[0].code, reasons, zone=self._zone(), ways_out=ways_out or {}, title=title
        )
        self._show(None, dialog)
        return dialog

    def dialog(self, presenter: Presenter | None = None) -> "RefusalDialog | None":
        """Give the refusal dialog that is open for a presenter."""
        return self._open.get(presenter)

    def forget_pins(self) -> None:
        """Empty the PINs that were typed for an override: whoever signs in next must not send them."""
        for dialog in self._open.values():
            section = dialog.override_section()
            if section is not None:
                section.pin.clear()

    def _show(self, presenter: Presenter | None, dialog: "RefusalDialog") -> None:
        self._open[presenter] = dialog
        dialog.closed.connect(lambda: self._forget(presenter, dialog))
        dialog.open()

    def _forget(self, presenter: Presenter | None, dialog: "RefusalDialog") -> None:
        if self._open.get(presenter) is dialog:
            del self._open[presenter]


class _Listener(QObject):
    """Stands between one presenter and the notices; lives and dies with the presenter."""

    def __init__(self, notices: Notices, presenter: Presenter, ways_out: WaysOutOf | None) -> None:
        super().__init__(presenter)
        self._notices, self._presenter, self._ways_out = notices, presenter, ways_out

    def refused(self, error: ManufacturingException) -> None:
        self._notices.refuse(error, self._ways_out(error) if self._ways_out else None, self._presenter)

    def done(self, sentence: str) -> None:
        self._close_dialog()
        self._notices.say(sentence)

    def working(self, working: bool) -> None:
        dialog = self._notices.dialog(self._presenter)
        if dialog is not None:
            dialog.set_working(working)

    def _close_dialog(self) -> None:
        dialog = self._notices.dialog(self._presenter)
        if dialog is not None:
            dialog.close_dialog()


class RefusalDialog(Dialog):
    """Code, sentence, numbers, ways out and, where it is allowed, the override."""

    def __init__(
        self,
        over: QWidget,
        code: str,
        reasons: Sequence[Violation],
        *,
        zone: ZoneInfo,
        ways_out: WaysOut,
        override: Callable[[str, str, str], bool] | None = None,
        title: str = "",
        critical: bool = False,
    ) -> None:
        super().__init__(over, width=760)
        self._code, self._reasons, self._zone, self._override = code, tuple(reasons), zone, override
        self._critical = critical
        several = f" \u00b7 {len(reasons)} reasons" if len(reasons) > 1 else ""
        self.code_label = Label(
            code + several,
            size=Size.LARGE if len(code) > 34 else Size.TITLE,
            weight=Weight.HEAVY,
            ink=Tone.TROUBLE,
            mono=True,
            wraps=True,
        )
        self.head.insertWidget(0, self.code_label)
        self.setAccessibleName(f"{code}: {title or reasons[0].message}")
        if len(reasons) == 1:
            self._fill_single(title or reasons[0].message, reasons[0], ways_out, critical)
        else:
            self.set_title(title or f"Not yet: {len(reasons)} things stand in the way")
            self._fill_list(ways_out)
        self._section: _OverrideSection | None = None
        copy = Button("Copy for support", icon="copy", height=56)
        copy.tapped.connect(self._copy)
        self._copy_button = self.add_button(copy, left=True)
        if override is not None:
            ask = Button("Override\u2026", icon="approve", height=56)
            ask.tapped.connect(self._ask_override)
            self._ask_button = self.add_button(ask, left=True)
        self.close_button = Button("Close", kind=Kind.MAIN, height=56)
        self.close_button.tapped.connect(self.close_dialog)
        self.add_button(self.close_button)
        self.first = self.close_button

    def asks_override(self) -> bool:
        return self._section is not None

    def deny(self, sentence: str) -> None:
        """Say that the override was refused; everything but the PIN stays."""
        if self._section is not None:
            self._section.deny(sentence)

    def set_working(self, working: bool) -> None:
        if self._section is not None:
            self._section.go.set_working(working)

    def override_section(self) -> "_OverrideSection | None":
        return self._section

    def scanned(self, code: str) -> bool:
        """Take a scan: with the override open it is the badge of the second person; else whoever scans on has read what
        is written here, and the scan is for what lies under it. A fault stays: somebody has to read its number out.
        """
        if self._section is None:
            if not self._critical:
                self.close_dialog()
            return False
        self._section.badge.setText(code)
        self._section.pin.setFocus()
        return True

    def _fill_single(self, title: str, reason: Violation, ways_out: WaysOut, critical: bool) -> None:
        self.set_title(title)
        if title != reason.message:
            self.body.addWidget(Label(reason.message, size=Size.LARGE, wraps=True))
        report = reason.details.get("report")
        if report:
            box = Panel(Tone.TROUBLE if critical else Tone.HELD)
            row = QHBoxLayout(box)
            row.setContentsMargins(18, 14, 18, 14)
            row.addWidget(Label("Report number", ink="muted"))
            row.addWidget(Label(str(report), size=Size.TITLE, weight=Weight.HEAVY, mono=True))
            row.addStretch(1)
            self.body.addWidget(box)
        numbers = [] if report else numbers_of(reason.details, self._zone)
        if numbers:
            self.body.addWidget(_NumberTable(numbers))
        if reason.next_step:
            self.body.addWidget(_next_step(reason.next_step))
        ways = self._ways(ways_out.get(reason.code, ()))
        grid = QGridLayout()
        grid.setSpacing(SPACE + 2)
        for at, button in enumerate(ways):
            alone = at % 2 == 0 and at + 1 == len(ways)
            grid.addWidget(button, at // 2, at % 2, 1, 2 if alone else 1)
        if ways:
            self.body.addLayout(grid)

    def _fill_list(self, ways_out: WaysOut) -> None:
        self.body.setSpacing(0)
        for reason in self._reasons:
            self.body.addWidget(rule())
            line = QWidget()
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 14, 0, 14)
            row.setSpacing(14)
            row.addWidget(_Sign(overridable=reason.overridable), 0, Qt.AlignmentFlag.AlignTop)
            words = QVBoxLayout()
            words.setSpacing(3)
            words.addWidget(Label(reason.message, size=Size.LARGE, weight=Weight.STRONG, wraps=True))
            told = ", ".join(f"{name} {value}" for name, value in numbers_of(reason.details, self._zone))
            words.addWidget(Label(reason.code, size=Size.SMALL, mono=True, ink="muted", wraps=True))
            if told:
                words.addWidget(Label(told, ink="muted", wraps=True))
            if reason.next_step:
                words.addWidget(Label(reason.next_step, wraps=True))
            if reason.overridable and self._override is None:
                words.addWidget(
                    Label(
                        "A second person may override this one, once the others are out of the way.",
                        ink=Tone.HELD,
                        weight=Weight.STRONG,
                        wraps=True,
                    )
                )
            row.addLayout(words, 1)
            ways = QVBoxLayout()
            for button in self._ways(ways_out.get(reason.code, ())):
                ways.addWidget(button)
            row.addLayout(ways)
            self.body.addWidget(line)
        self.body.addWidget(rule())

    def _ways(self, ways: Sequence[tuple[str, Callable[[], None]]]) -> list[Button]:
        buttons = []
        for label, way in ways:
            button = Button(label, height=52)
            button.tapped.connect(self.close_dialog)
            button.tapped.connect(way)
            buttons.append(button)
        return buttons

    def _ask_override(self) -> None:
        if self._section is not None or self._override is None:
            return
        self._section = _OverrideSection(self._override)
        self.body.addWidget(self._section)
        self._ask_button.hide()
        self.close_button.set_kind(Kind.PLAIN)
        self._section.badge.setFocus()
        self.body.activate()
        self._arrange()

    def _copy(self) -> None:
        """Put everything that support needs on the clipboard, in plain text."""
        lines = [f"{datetime.now(self._zone):%Y-%m-%d %H:%M:%S %Z}"]
        for reason in self._reasons:
            lines += [f"{reason.code}: {reason.message}", reason.next_step]
            lines += [
                f"  {name}: {value}".replace(_KEPT, " ") for name, value in numbers_of(reason.details, self._zone)
            ]
        QGuiApplication.clipboard().setText("\n".join(line for line in lines if line))
        self._copy_button.set_text("Copied")


class _OverrideSection(QWidget):
    """Badge, PIN and reason of the second person."""

    def __init__(self, override: Callable[[str, str, str], bool]) -> None:
        super().__init__()
        self._override = override
        self.badge = TextField("Scan or type the badge", icon="badge", longest=60)
        self.pin = TextField("PIN", icon="lock", longest=64)
        self.pin.setEchoMode(QLineEdit.EchoMode.Password)
        self.reason = TextField("Why it may go on", icon="note", longest=500)
        self.go = Button("Override", kind=Kind.MAIN, icon="approve", height=56)
        self._note = ReasonNote("", Tone.TROUBLE)
        title = Label("A second person overrides", size=Size.LARGE, weight=Weight.STRONG)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 2 * SPACE, 0, 0)
        grid.setSpacing(SPACE + 4)
        grid.addWidget(title, 0, 0, 1, 2)
        grid.addWidget(Field("Badge", self.badge), 1, 0)
        grid.addWidget(Field("PIN", self.pin), 1, 1)
        grid.addWidget(Field("Reason", self.reason), 2, 0)
        grid.addWidget(self.go, 2, 1, Qt.AlignmentFlag.AlignBottom)
        grid.addWidget(self._note, 3, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        self.go.tapped.connect(self._send)
        self.badge.returnPressed.connect(self.pin.setFocus)
        self.pin.returnPressed.connect(self.reason.setFocus)
        self.reason.returnPressed.connect(self._send)

    def deny(self, sentence: str) -> None:
        self._note.say(sentence, Tone.TROUBLE)
        self.pin.clear()
        self.pin.setFocus()

    def _send(self) -> None:
        for field in (self.badge, self.pin, self.reason):
            field.set_wrong(not field.text().strip())
        missing = next((field for field in (self.badge, self.pin, self.reason) if not field.text().strip()), None)
        if missing is not None:
            self._note.say("Badge, PIN and reason are all needed.", Tone.HELD)
            missing.setFocus()
            return
        self._note.say("")
        self._override(self.badge.text().strip(), self.pin.text(), self.reason.text().strip())


class _NumberTable(Panel):
    """The numbers of the case, name and value side by side."""

    def __init__(self, numbers: Sequence[tuple[str, str]]) -> None:
        super().__init__("raised")
        grid = QGridLayout(self)
        grid.setContentsMargins(18, 14, 18, 14)
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(8)
        for at, (name, value) in enumerate(numbers):
            label = Label(name[:1].upper() + name[1:], ink="muted")
            figure = Label(value, size=Size.LARGE, weight=Weight.STRONG, wraps=True)
            figure.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(label, at // 2, (at % 2) * 2, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(figure, at // 2, (at % 2) * 2 + 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)


class _Sign(QWidget):
    """A square with a cross, or with a mark of attention where the reason may be overridden."""

    def __init__(self, *, overridable: bool) -> None:
        super().__init__()
        tone, icon = (Tone.HELD, "alert") if overridable else (Tone.TROUBLE, "cross")
        box = Panel(tone, self)
        box.setFixedSize(36, 36)
        icons.IconLabel(icon, tone, size=20, parent=box).move(8, 8)
        self.setFixedSize(36, 36)


def _next_step(sentence: str) -> QWidget:
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(10)
    row.addWidget(icons.IconLabel("forward", "accent", size=20), 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(Label(sentence, size=Size.LARGE, wraps=True), 1)
    return line


def numbers_of(details: Mapping[str, object], zone: ZoneInfo) -> list[tuple[str, str]]:
    """Write the details of a refusal for people: names with spaces, quantities with their unit and times as everywhere
    in the window.
    """
    unit = str(details.get("unit") or "")
    beside = unit if any(isinstance(value, Decimal) for value in details.values()) else ""
    # A code that speaks of more than orders says whose number it is.
    names = {**OWN_WORDS, "number": str(details["thing"])} if "thing" in details else OWN_WORDS
    told: list[tuple[str, str]] = []
    for name, value in details.items():
        if name in ("violations", "thing") or (name == "unit" and beside):
            continue
        if isinstance(value, Decimal):
            # A line of the table ends at a space, and not between a number and its unit.
            written = formats.quantity(value, beside).replace(" ", _KEPT)
        elif name.endswith("status") and value is not None:
            states = value if isinstance(value, list | tuple) else (value,)
            written = " or ".join(formats.words(str(one)) for one in states)
        else:
            written = _written(value, zone)
        if written:
            told.append((names.get(name, name.replace("_", " ")), written))
    return told[:MOST_NUMBERS]


def _written(value: object, zone: ZoneInfo) -> str:
    match value:
        case None | "":
            return ""
        case bool():
            return "yes" if value else "no"
        case Decimal() | int():
            return formats.quantity(Decimal(value))
        case datetime():
            return formats.moment(value, zone, now=datetime.now(zone))
        case date():
            return formats.day_of(value, datetime.now(zone))
        case StrEnum():
            return formats.words(value)
        case str():
            # A code of the shop may look like a word of the vocabulary; it stays as the shop writes it.
            return formats.words(value) if value in VOCABULARY else value
        case list() | tuple() | set() | frozenset():
            return ", ".join(_written(one, zone) for one in list(value)[:MOST_NUMBERS])
        case Mapping():
            return ", ".join(f"{name} {_written(one, zone)}" for name, one in list(value.items())[:MOST_NUMBERS])
        case _:
            return str(value)
