"""What a person enters about stock: a lot that comes in, and what was counted of one."""

from datetime import date
from decimal import Decimal
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.operations.sentences import sentence
from mfg_desktop.operations.stock import ReceiveStock
from mfg_desktop.queries.rows import LotRow
from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.dialogs import Dialog, ReasonNote
from mfg_desktop.ui.kit.fields import Field
from mfg_desktop.ui.kit.forms import Asked, Form
from mfg_desktop.ui.kit.inputs import NumberInput, Offer
from mfg_desktop.ui.kit.number_pad import QuantityPad
from mfg_desktop.ui.kit.pickers import ReasonPicker
from mfg_desktop.ui.kit.text import Label
from mfg_desktop.ui.materials import wording
from mfg_desktop.ui.materials.stock_presenter import StockPresenter, key
from mfg_desktop.ui.theme import SPACE, Size, Tone, Weight

_FIELDS: Final = ("material", "lot", "quantity", "location", "expires_at", "received_at")
_ASKED: Final = {
    "material": Asked(things="material"),
    "expires_at": Asked(label="Expires"),
    "received_at": Asked(label="Received, if not now"),
}


class ReceiveDialog(Dialog):
    """Asks what came in. It stays open until the lot is there."""

    def __init__(self, over: QWidget, presenter: StockPresenter, *, today: date) -> None:
        remark = "More of a lot that is there keeps its first day, its expiry and its place."
        super().__init__(over, "Receive material", width=900, remark=remark)
        self._presenter = presenter
        self.form = Form(
            ReceiveStock,
            today=today,
            sentence=lambda field: sentence(ReceiveStock.called, field),
            asked=_ASKED,
            sections=(("", _FIELDS),),
            leave_out=set(ReceiveStock.model_fields) - set(_FIELDS),
        )
        self.form.edited.connect(self._show_unit)
        self.form.saved.connect(self._send)
        self.form.left.connect(self.close_dialog)
        self.body.addWidget(self.form)
        self.add_close("Cancel")
        self.go = self.add_button(Button("Receive", kind=Kind.MAIN, icon="plus"))
        self.go.tapped.connect(self._send)
        presenter.offered.connect(self._offer)
        self._offer()
        presenter.ask_materials()

    def scanned(self, code: str) -> bool:
        """Take the scan of a material, of a lot, or of both as a lot's label has them; what is still empty has the focus then."""
        materials = {row.stock_code for row in self._presenter.materials()}
        material, _, lot = code.rpartition("/")
        if code in materials:
            self._write("material", code)
        elif material in materials:
            self._write("material", material)
            self._write("lot", lot)
        else:
            self._write("lot", code)
        needed = [self.form.fields[name].inside for name in ("material", "lot", "quantity")]
        next((inside for inside in needed if inside.value() is None), needed[-1]).setFocus()
        return True

    def unit(self) -> str:
        """Give the unit of the material that is written; empty while nobody knows it."""
        code = self.form.fields["material"].inside.value()
        return next((row.unit for row in self._presenter.materials() if row.stock_code == code), "")

    def _write(self, name: str, code: str) -> None:
        inside = self.form.fields[name].inside
        inside.set_value(code)
        inside.edited.emit()

    def _offer(self) -> None:
        self.form.offer("material", [Offer(row.stock_code, row.name) for row in self._presenter.materials()])
        self._show_unit()

    def _show_unit(self) -> None:
        quantity = self.form.fields["quantity"].inside
        if isinstance(quantity, NumberInput):
            quantity.set_unit(self.unit())

    def _send(self) -> None:
        self._presenter.receive(self.form.values(), self._land)

    def _land(self, error: ManufacturingException) -> ManufacturingException | None:
        # Whoever has closed the dialog meanwhile is told in one of its own.
        return self.form.refuse(error) if self.is_open() else error


class CountDialog(Dialog):
    """Asks what was counted, and says by how much the lot differs. It stays open until the lot is corrected."""

    def __init__(self, over: QWidget, presenter: StockPresenter, lot: LotRow) -> None:
        super().__init__(over, f"Count of lot {lot.lot}", width=900, remark=f"{lot.material} · {lot.material_name}")
        self._presenter = presenter
        self._seen = lot
        self._moved = ""
        """That the lot holds something else since the number was written."""
        self._left = QuantityPad()
        self._left.show_number(None, lot.unit)
        self.pad = self._left.pad
        self.first = self.pad
        self._told = {name: Label(size=Size.LARGE, weight=Weight.HEAVY) for name in _COUNT}
        facts = QGridLayout()
        facts.setHorizontalSpacing(3 * SPACE)
        facts.setVerticalSpacing(6)
        facts.setColumnStretch(1, 1)
        for at, (name, label) in enumerate(self._told.items()):
            facts.addWidget(Label(name, size=Size.LARGE, ink="muted"), at, 0)
            facts.addWidget(label, at, 1)
        self.reasons = ReasonPicker(wording.COUNT_REASONS)
        self._note = ReasonNote()
        right = QVBoxLayout()
        right.setSpacing(2 * SPACE)
        right.addLayout(facts)
        right.addWidget(Field("Reason", self.reasons))
        right.addWidget(self._note)
        right.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(3 * SPACE)
        row.addWidget(self._left, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(right, 1)
        self.body.addLayout(row)
        self.add_close("Cancel")
        self.go = self.add_button(Button("Correct", kind=Kind.MAIN, icon="check"))
        self.go.tapped.connect(self._send)
        self.go.asked_why.connect(self._lead_on)
        self.pad.changed.connect(self._written)
        self.reasons.changed.connect(self._show)
        self.reasons.field.returnPressed.connect(self.go.animateClick)
        presenter.opened_changed.connect(self._hear)
        self._show()

    def told(self) -> list[str]:
        """Give what stands beside the pad: on hand, counted, difference."""
        return [label.text() for label in self._told.values()]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.go.animateClick()
        else:
            super().keyPressEvent(event)

    def _difference(self) -> Decimal | None:
        counted = self.pad.number()
        return None if counted is None else counted - self._seen.on_hand

    def _written(self) -> None:
        self._moved = ""
        self._show()

    def _hear(self) -> None:
        """Take what became of the lot meanwhile: a number that was written before that is to be counted again."""
        lot = self._presenter.lot
        if lot is None or key(lot) != key(self._seen):
            return
        if lot.on_hand != self._seen.on_hand and self.pad.number() is not None:
            before, after = (formats.quantity(row.on_hand, row.unit) for row in (self._seen, lot))
            self._moved = f"On hand went from {before} to {after} meanwhile. Count again, and type the number anew."
            # The next digit replaces what is written.
            self.pad.set_number(self.pad.number())
        self._seen = lot
        self._show()

    def _show(self) -> None:
        row, counted, difference = self._seen, self.pad.number(), self._difference()
        shown = (
            formats.quantity(row.on_hand, row.unit),
            formats.quantity(counted, row.unit) if counted is not None else formats.NOTHING,
            wording.difference(difference, row.unit) if difference is not None else formats.NOTHING,
        )
        for label, text in zip(self._told.values(), shown, strict=True):
            label.setText(text)
        self.go.set_text(f"Correct to {shown[1]}" if difference else "Correct")
        stopped = self._stopped(difference)
        self.go.set_stopped((stopped,) if stopped else ())
        if self._moved or counted is None or not difference:
            self._note.say(stopped, Tone.HELD if self._moved else Tone.PLANNED)
        else:
            self._note.say(*wording.count_preview(row, counted))

    def _stopped(self, difference: Decimal | None) -> str:
        if self._moved:
            return self._moved
        if difference is None:
            return "Type what was counted, not the difference."
        if not difference:
            return "The lot holds what was counted: there is nothing to correct."
        return "" if self.reasons.reason() else "Tap a reason or write one."

    def _lead_on(self) -> None:
        """Give the focus to what is still to be filled in."""
        missing = self.reasons.field if self._difference() and not self._moved else self.pad
        missing.setFocus()

    def _send(self) -> None:
        counted = self.pad.number()
        if counted is not None:
            self._presenter.correct(self._seen, counted, self.reasons.reason())


_COUNT: Final = ("On hand", "Counted", "Difference")
