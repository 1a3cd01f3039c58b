"""Issuing some and returning some: a number, a lot if one is to be named, and what it will do before it is done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.dialogs import Dialog, ReasonNote
from mfg_desktop.ui.kit.fields import Field
from mfg_desktop.ui.kit.number_pad import QuantityPad
from mfg_desktop.ui.kit.pickers import ChoicePicker
from mfg_desktop.ui.kit.text import Label
from mfg_desktop.ui.materials.presenter import LotChoice, Offer
from mfg_desktop.ui.theme import SPACE, Size, Tone, Weight

Answer = Callable[[str, Decimal, str | None], bool]
"""Takes material, quantity and lot."""


@dataclass(frozen=True, slots=True)
class Wordings:
    """How a quantity dialog speaks: issuing or returning."""

    title: str
    verb: str
    lots: str
    choice: Callable[[LotChoice, str], str]
    preview: Callable[[Offer, Decimal | None], tuple[str, Tone]]
    limit: Callable[[Offer], Decimal | None]
    """The most that can be asked for at all; None where a second person may allow more."""


class QuantityDialog(Dialog):
    """Asks for a quantity of one of some lines. It stays open until what it asked for is done."""

    def __init__(self, over: QWidget, offers: Sequence[Offer], words: Wordings, answer: Answer, *, remark: str) -> None:
        super().__init__(over, words.title, width=860, remark=remark)
        self._offers, self._words, self._answer = tuple(offers), words, answer
        self._offer = self._offers[0]
        self._left = QuantityPad()
        self.pad = self._left.pad
        self.first = self.pad
        self._right = QVBoxLayout()
        self._right.setSpacing(2 * SPACE)
        if len(self._offers) > 1:
            self.materials = ChoicePicker(
                [(offer.line.row.material, offer.line.row.material) for offer in self._offers]
            )
            self.materials.choose(self._offer.line.row.material)
            self.materials.chosen.connect(self._choose_material)
            self._right.addWidget(Field("Material", self.materials))
        self._name = Label(size=Size.LARGE, weight=Weight.STRONG, wraps=True)
        self._right.addWidget(self._name)
        self._place = QVBoxLayout()
        self._right.addLayout(self._place)
        self._note = ReasonNote()
        self._right.addWidget(self._note)
        self._right.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(3 * SPACE)
        row.addWidget(self._left)
        row.addLayout(self._right, 1)
        self.body.addLayout(row)
        self.add_close("Cancel")
        self.go = Button(words.verb, kind=Kind.MAIN)
        self.go.tapped.connect(self._send)
        self.add_button(self.go)
        self.lots = ChoicePicker([])
        self._field: Field | None = None
        self._left.changed.connect(self._changed)
        self._show_offer()

    def quantity(self) -> Decimal | None:
        return self.pad.number()

    def lot(self) -> str | None:
        value = self.lots.value()
        return value if isinstance(value, str) and value else None

    def scanned(self, code: str) -> bool:
        """Take the scan of a lot that can be chosen."""
        found = any(choice.pick is not None and choice.pick.lot == code for choice in self._offer.lots)
        if found:
            self.lots.choose(code)
            self._choose_lot(code)
        return found

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.go.animateClick()
        else:
            super().keyPressEvent(event)

    def _choose_material(self, material: object) -> None:
        self._offer = next(offer for offer in self._offers if offer.line.row.material == material)
        self._show_offer()

    def _show_offer(self) -> None:
        offer, row = self._offer, self._offer.line.row
        self._name.setText(f"{row.material} · {row.material_name}")
        if self._field is not None:
            self._field.deleteLater()
        choices = [
            (choice.pick.lot if choice.pick else "", self._words.choice(choice, row.unit)) for choice in offer.lots
        ]
        self.lots = ChoicePicker(choices)
        self.lots.choose("")
        self.lots.chosen.connect(self._choose_lot)
        self._field = Field(self._words.lots, self.lots)
        self._place.addWidget(self._field)
        self._left.show_number(offer.most, row.unit)

    def _choose_lot(self, lot: object) -> None:
        chosen = next(choice for choice in self._offer.lots if (choice.pick.lot if choice.pick else "") == lot)
        self._left.show_number(chosen.most, self._offer.line.row.unit)

    def _changed(self) -> None:
        quantity, unit = self.pad.number(), self._offer.line.row.unit
        self._note.say(*self._words.preview(self._offer, quantity))
        self.go.set_text(f"{self._words.verb} {formats.quantity(quantity or Decimal(0), unit)}")
        limit = self._words.limit(self._offer)
        above = quantity is not None and limit is not None and quantity > limit
        self.go.set_stopped((self._words.preview(self._offer, quantity)[0],) if not quantity or above else ())

    def _send(self) -> None:
        quantity = self.pad.number()
        if quantity:
            self._answer(self._offer.line.row.material, quantity, self.lot())
