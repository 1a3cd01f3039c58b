"""What the stock part knows: the lots of the store, by material and category, and the opened lot with its ledger."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import ClassVar, Final

from PySide6.QtCore import QObject, Signal

from mfg_desktop.queries.rows import LotPage, LotRow, MovementRow, Page, ProductRow, Violation
from mfg_desktop.ui.presenter import Landing, Presenter, Workplace
from mfg_desktop.vocabulary import EntityType, StockCategory

PAGE: Final = 200
MOST: Final = 5000
"""What one question gives at most."""
LEDGER: Final = 200


class StockPresenter(Presenter):
    """Lots, and the opened one."""

    follows: ClassVar[frozenset[str]] = frozenset({EntityType.STOCK_LOT.value})

    opened_changed = Signal()
    offered = Signal()
    """There are materials to pick from now."""
    searched = Signal(str)
    """The list shows what this finds, in every category: a lot that came in would not have been in it."""

    def __init__(self, place: Workplace, parent: QObject | None = None) -> None:
        super().__init__(place, parent)
        self._lots: tuple[LotRow, ...] = ()
        self._next: str | None = None
        self._text = ""
        self._category: StockCategory | None = None
        self._used_up = False
        self._answered = False
        self._seen = True
        self._opened: tuple[str, str] | None = None
        self._lot: LotRow | None = None
        self._movements: tuple[MovementRow, ...] = ()
        self._blockers: Mapping[str, tuple[Violation, ...]] = {}
        self._materials: tuple[ProductRow, ...] = ()

    def watch(self, seen: bool) -> None:
        """Follow the news while somebody looks; a screen behind another asks when it comes to the front."""
        self._seen = seen

    def refresh(self) -> None:
        """Ask for the lots again, and for the opened one."""
        if not self._seen:
            return
        # As many as are shown: whoever has scrolled down must not find himself at the top again.
        loaded = min(MOST, max(PAGE, len(self._lots)))
        self.ask({**self._question(), "limit": loaded}, key="lots", then=self._take)
        if self._opened is not None:
            self._ask_opened(self._opened)

    def search(self, text: str) -> None:
        """Show only lots whose material, name or number has the text in it."""
        self._text = text.strip()
        self.ask(self._question(), key="lots", then=self._take)

    def show_category(self, category: StockCategory | None) -> None:
        """Show only lots in a category, or all."""
        self._category = category
        self.ask(self._question(), key="lots", then=self._take)

    def show_used_up(self, used_up: bool) -> None:
        """Show the lots that hold nothing any more too, or not."""
        self._used_up = used_up
        self.ask(self._question(), key="lots", then=self._take)

    def more(self) -> None:
        """Ask for the next page, when there is one."""
        after = self._next
        if after is not None:
            self.ask({**self._question(), "after": after}, key="more", then=lambda page: self._take_more(after, page))

    @property
    def answered(self) -> bool:
        return self._answered

    @property
    def filtered(self) -> bool:
        return bool(self._text) or self._category is not None

    @property
    def used_up(self) -> bool:
        """Say whether lots that hold nothing are among those shown."""
        return self._used_up

    def lots(self) -> tuple[LotRow, ...]:
        return self._lots

    def _question(self) -> dict[str, object]:
        question: dict[str, object] = {"query": "stock.list", "limit": PAGE}
        if self._text:
            question["text"] = self._text
        if self._category is not None:
            question["category"] = self._category.value
        # Most lots that a plant remembers are empty.
        if not self._used_up:
            question["in_stock"] = True
        return question

    def stop(self, command: str) -> tuple[Violation, ...]:
        """Say why this person may not give a command about stock."""
        return self._blockers.get(command, ())

    def _take(self, page: LotPage) -> None:
        self._answered = True
        self._blockers = page.blockers
        self._lots, self._next = page.rows, page.next
        self.rows_changed.emit()

    def _take_more(self, after: str, page: Page[LotRow]) -> None:
        if after != self._next:
            # The list is the answer to another question by now, and ends elsewhere.
            return
        known = {key(lot) for lot in self._lots}
        self._lots += tuple(lot for lot in page.rows if key(lot) not in known)
        self._next = page.next
        self.rows_changed.emit()

    # ------------------------------------------------------------------ what comes in

    def ask_materials(self) -> None:
        """Ask for the materials that may come in; who may not ask for them types the code."""
        question = {"query": "product.list", "limit": MOST}
        self.ask(question, key="materials", then=self._take_materials, failed=lambda error: None)

    def materials(self) -> Sequence[ProductRow]:
        return self._materials

    def receive(self, fields: Mapping[str, object], land: Landing) -> bool:
        """Take a lot in, or more of one that is there, and open it; what is refused about a field goes to `land`."""
        material, lot = str(fields.get("material")), str(fields.get("lot"))
        return self.perform(
            {"command": "stock.receive", **fields},
            said=f"Lot {lot} of {material} is received.",
            then=lambda outcome: self._show_received(material, lot),
            land=land,
        )

    def _take_materials(self, page: Page[ProductRow]) -> None:
        self._materials = page.rows
        self.offered.emit()

    def _show_received(self, material: str, lot: str) -> None:
        # The list is asked for first: when the lot is opened it has to be among the rows to be chosen there.
        if self._next is not None or self.filtered:
            self.searched.emit(lot)
            self._category = None
            self.search(lot)
        self.open(material, lot)

    # ------------------------------------------------------------------ the opened lot

    def open(self, material: str, lot: str) -> None:
        """Open a lot with its ledger."""
        if (material, lot) != self._opened:
            self._opened, self._movements = (material, lot), ()
            self._lot = next((row for row in self._lots if key(row) == (material, lot)), None)
            self.opened_changed.emit()
        self._ask_opened((material, lot))

    def close(self) -> None:
        """Open none."""
        self._opened, self._lot, self._movements = None, None, ()
        self.opened_changed.emit()

    @property
    def opened(self) -> tuple[str, str] | None:
        return self._opened

    @property
    def lot(self) -> LotRow | None:
        return self._lot

    @property
    def movements(self) -> tuple[MovementRow, ...]:
        return self._movements

    def block(self, reason: str) -> bool:
        """Stop the use of the opened lot."""
        return self._on_lot("stock.block", "Lot {lot} is blocked.", reason=reason)

    def unblock(self, reason: str) -> bool:
        """Let the opened lot be used again."""
        return self._on_lot("stock.unblock", "Lot {lot} may be used again.", reason=reason)

    def set_category(self, category: StockCategory, reason: str) -> bool:
        """Put the opened lot into another category, such as quarantine."""
        return self._on_lot(
            "stock.set_category", "Lot {lot} is in another category.", category=category.value, reason=reason
        )

    def correct(self, seen: LotRow, counted: Decimal, reason: str) -> bool:
        """Put a lot to what was counted. It is refused when the lot is no longer what was seen at the count."""
        fields = {
            "command": "stock.adjust",
            "material": seen.material,
            "lot": seen.lot,
            "quantity": counted - seen.on_hand,
            "reason": reason,
            "seen_version": seen.version,
        }
        return self.perform(fields, said=f"Lot {seen.lot} is corrected.")

    def _on_lot(self, command: str, said: str, **more: str) -> bool:
        if self._lot is None:
            return False
        given = {name: value for name, value in more.items() if value}
        fields = {"command": command, "material": self._lot.material, "lot": self._lot.lot, **given}
        return self.perform(fields, said=said.format(lot=self._lot.lot))

    def _ask_opened(self, opened: tuple[str, str]) -> None:
        named: dict[str, object] = {"material": opened[0], "lot": opened[1]}
        self.ask({"query": "stock.list", **named}, key="lot", then=self._take_lot)
        self.ask({"query": "stock.movements", **named, "limit": LEDGER}, key="movements", then=self._take_movements)

    def _take_lot(self, page: Page[LotRow]) -> None:
        found = next((row for row in page.rows if key(row) == self._opened), None)
        if found is not None and found != self._lot:
            self._lot = found
            self.opened_changed.emit()

    def _take_movements(self, page: Page[MovementRow]) -> None:
        of_lot = tuple(row for row in page.rows if (row.material, row.lot) == self._opened)
        if of_lot != self._movements:
            self._movements = of_lot
            self.opened_changed.emit()


def key(row: LotRow) -> tuple[str, str]:
    """Name a lot: its number is unique for its material only."""
    return row.material, row.lot
