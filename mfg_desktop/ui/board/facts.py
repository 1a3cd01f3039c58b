"""Names and values as they stand on a sheet, to be read at arm's length; told again as a whole when one changes."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLayout, QWidget

from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.text import Label
from mfg_desktop.ui.theme import Size, Tone, Weight

Fact = tuple[str, str] | tuple[str, str, Tone]
"""A name, its value, and the tone of a value that is not as it should be."""


class Facts(QWidget):
    """The sheet: names at the left, values at the right. `large` is for what is read while working, `stacked` for whole
    sentences, which stand under their names.
    """

    def __init__(self, *, large: bool = False, stacked: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._large, self._stacked = large, stacked
        self._told: tuple[Fact, ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(1, 1)
        self.hide()

    def told(self) -> dict[str, str]:
        """Give what is told, by name."""
        return {fact[0]: fact[1] for fact in self._told}

    def tell(self, facts: Sequence[Fact]) -> None:
        """Tell these facts and no other; without any it takes no room."""
        if tuple(facts) == self._told:
            return
        self._told = tuple(facts)
        emptied(self._grid)
        size = Size.LARGE if self._large else Size.BODY
        for at, (name, value, *tone) in enumerate(facts):
            ink: Tone | str = tone[0] if tone else ""
            weight = Weight.STRONG if tone or (self._large and not self._stacked) else Weight.REGULAR
            beside = self._large and not self._stacked
            head = Label(name, size=Size.BODY if beside else Size.SMALL, ink="muted", wraps=len(name) > 16)
            text = Label(value, size=size, weight=weight, ink=ink, wraps=True)
            if self._stacked:
                self._grid.addWidget(head, 2 * at, 0, 1, 2)
                self._grid.addWidget(text, 2 * at + 1, 0, 1, 2)
            else:
                self._grid.addWidget(head, at, 0, Qt.AlignmentFlag.AlignTop)
                self._grid.addWidget(text, at, 1)
        self.setVisible(bool(facts))


def readable(settings: Mapping[str, object]) -> tuple[Fact, ...]:
    """Write settings for people: {"spindle_speed": 1200} as "Spindle speed", "1 200"."""
    return tuple((_name(name), _value(value)) for name, value in settings.items())


def emptied(layout: QLayout) -> None:
    """Take everything out of a layout."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.setParent(None)
            widget.deleteLater()


def _name(name: str) -> str:
    words = " ".join(str(name).replace("_", " ").split())
    return words[:1].upper() + words[1:]


def _value(value: object) -> str:
    match value:
        case None | "":
            return formats.NOTHING
        case bool():
            return "yes" if value else "no"
        case int() | float() | Decimal():
            return formats.quantity(Decimal(str(value)))
        case list() | tuple():
            return ", ".join(_value(one) for one in value)
        case Mapping():
            return ", ".join(f"{_name(str(name)).lower()} {_value(one)}" for name, one in value.items())
        case _:
            return str(value)
