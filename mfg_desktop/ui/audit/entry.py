"""An entry of the log in full: the sentence, who, where and when, and each changed row before and after."""

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from mfg_desktop.queries.rows import AuditRow
from mfg_desktop.ui.audit import wording
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.chips import Chip
from mfg_desktop.ui.kit.text import ElidedLabel, Heading, Label, Panel
from mfg_desktop.ui.theme import SPACE, Size, Tone, Weight

MOST_ROWS = 40
"""More changed rows than these are counted, not shown."""


class EntryPanel(Panel):
    """Shows one entry; what it shows is made anew for each, since an entry never changes."""

    closed = Signal()
    entity_asked = Signal(str, str)

    def __init__(self, zone: Callable[[], ZoneInfo]) -> None:
        super().__init__("side")
        self._zone = zone
        self._entry: AuditRow | None = None
        self._changes = QWidget()
        self._column = QVBoxLayout()
        self._level, self._late = Chip(), Chip()
        close = Button("", kind=Kind.QUIET, icon="cross", height=48)
        close.setAccessibleName("Close the entry")
        close.tapped.connect(self.closed)
        self._action = ElidedLabel(size=Size.LARGE, weight=Weight.STRONG)
        head = QHBoxLayout()
        head.setContentsMargins(20, 12, 12, 0)
        head.addWidget(self._level)
        head.addWidget(self._action, 1)
        head.addWidget(close)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.viewport().setAutoFillBackground(False)
        self.open_button = Button("", icon="forward", height=56)
        self.open_button.tapped.connect(self._open_entity)
        foot = QVBoxLayout()
        foot.setContentsMargins(20, 0, 20, 12)
        foot.addWidget(self.open_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addLayout(head)
        column.addWidget(self._area, 1)
        column.addLayout(foot)

    def show_entry(self, row: AuditRow) -> None:
        """Show this entry."""
        if row == self._entry:
            return
        before, self._entry = self._entry, row
        if before is not None and before.sequence == row.sequence:
            # What it changed has come. Only that is put in: whoever has scrolled meanwhile stays where he is.
            waiting, self._changes = self._changes, self._changes_of(row)
            self._column.replaceWidget(waiting, self._changes)
            waiting.hide()
            waiting.setParent(None)
            waiting.deleteLater()
            return
        self._level.set_look(wording.level(row))
        self._action.set_text(wording.action(row))
        self.open_button.setVisible(wording.has_home(row))
        self.open_button.set_text(f"Open {row.entity}")
        inside = QWidget()
        self._column = column = QVBoxLayout(inside)
        column.setContentsMargins(20, 4, 14, 16)
        column.setSpacing(2 * SPACE)
        self._fill(column, row)
        self._area.setWidget(inside)
        inside.setAutoFillBackground(False)

    def _fill(self, column: QVBoxLayout, row: AuditRow) -> None:
        zone = self._zone()
        column.addWidget(_words(row.message, size=Size.LARGE, weight=Weight.STRONG))
        column.addLayout(_table(wording.facts(row, zone)))
        reasons = wording.violations(row)
        if reasons:
            column.addWidget(Heading("Reasons", str(len(reasons))))
            for code, sentence in reasons:
                column.addWidget(_reason(code, sentence))
        details = wording.details(row, zone)
        if details:
            column.addWidget(Heading("Details"))
            column.addLayout(_table(details))
        self._changes = self._changes_of(row)
        column.addWidget(self._changes)
        column.addWidget(Heading("Hash"))
        # Broken after every four, as a long number is read out; a label wraps only at spaces.
        hash_words = " ".join(row.hash[at : at + 8] for at in range(0, len(row.hash), 8))
        column.addWidget(_words(hash_words, mono=True, size=Size.SMALL))
        column.addStretch(1)

    def _changes_of(self, row: AuditRow) -> QWidget:
        """Make what is shown of the changed rows, and until they are there, that they are asked for."""
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * SPACE)
        rows = wording.changed_rows(row, self._zone())
        column.addWidget(Heading("Before and after", _counted(rows)))
        if row.changes is None:
            column.addWidget(_words("Asking for the changed rows", ink="muted"))
        elif not rows:
            column.addWidget(_words("Nothing was changed.", ink="muted"))
        for changed in rows[:MOST_ROWS]:
            column.addWidget(_ChangedCard(changed))
        if len(rows) > MOST_ROWS:
            column.addWidget(Label(f"and {len(rows) - MOST_ROWS} more rows", ink="muted"))
        return inside

    def _open_entity(self) -> None:
        if self._entry is not None and self._entry.entity_type and self._entry.entity:
            self.entity_asked.emit(self._entry.entity_type, self._entry.entity)


class _ChangedCard(Panel):
    """A changed row: its fields, each with the value before and the value after; of a new row what it began with."""

    def __init__(self, changed: wording.ChangedRow) -> None:
        super().__init__("raised")
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 10, 12, 12)
        grid.setHorizontalSpacing(SPACE)
        grid.setVerticalSpacing(4)
        head = QHBoxLayout()
        head.addWidget(ElidedLabel(changed.title, weight=Weight.STRONG), 1)
        head.addWidget(Label(changed.remark, ink="muted", size=Size.SMALL))
        grid.addLayout(head, 0, 0, 1, 4)
        for at, field in enumerate(changed.fields, start=1):
            name = Label(field.field, ink="muted", wraps=True)
            name.setContentsMargins(0, 5, 0, 5)
            grid.addWidget(name, at, 0, Qt.AlignmentFlag.AlignTop)
            if changed.has_before:
                grid.addWidget(_value(field.old, Tone.PLANNED), at, 1)
            if changed.has_before and changed.has_after:
                grid.addWidget(Label("→", ink="muted"), at, 2)
            if changed.has_after:
                after = _value(field.new, Tone.HELD if changed.has_before else None)
                grid.addWidget(after, at, 3 if changed.has_before else 1, 1, 1 if changed.has_before else 3)
        for place, share in enumerate((4, 5, 0, 5)):
            grid.setColumnStretch(place, share)


def _value(text: str, tone: Tone | None) -> QWidget:
    box = Panel(tone or "")
    inside = QVBoxLayout(box)
    inside.setContentsMargins(8, 4, 8, 4)
    inside.addWidget(_words(text, ink=tone or "", weight=Weight.STRONG))
    return box


def _reason(code: str, sentence: str) -> QWidget:
    box = Panel(Tone.HELD)
    inside = QVBoxLayout(box)
    inside.setContentsMargins(12, 8, 12, 8)
    inside.setSpacing(2)
    inside.addWidget(_words(sentence, ink=Tone.HELD, weight=Weight.STRONG))
    inside.addWidget(_words(code, ink=Tone.HELD, size=Size.SMALL, mono=True))
    return box


def _table(lines: Sequence[tuple[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(2 * SPACE)
    grid.setVerticalSpacing(6)
    grid.setColumnStretch(1, 1)
    for at, (name, text) in enumerate(lines):
        grid.addWidget(Label(name, ink="muted"), at, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(_words(text, weight=Weight.STRONG), at, 1)
    return grid


def _words(
    text: str, *, size: Size = Size.BODY, weight: Weight = Weight.REGULAR, ink: Tone | str = "", mono: bool = False
) -> Label:
    label = Label(text, size=size, weight=weight, ink=ink, mono=mono, wraps=True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _counted(rows: Sequence[object]) -> str:
    return f"{len(rows)} {'row' if len(rows) == 1 else 'rows'}" if rows else ""
