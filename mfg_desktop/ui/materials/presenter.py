"""What the materials screen knows of orders: which need material, and what each line of the chosen one has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Final

from PySide6.QtCore import QObject, Signal

from mfg_desktop.queries.rows import AllocationRow, LotPick, OrderDetail, OrderPage, OrderRow, SubOrderRow, Violation
from mfg_desktop.service.work import Outcome
from mfg_desktop.ui.presenter import Presenter, Workplace
from mfg_desktop.vocabulary import Action, EntityType, IssueMethod, OrderStatus, Readiness

PAGE: Final = 200
MOST: Final = 1000
"""What one question gives at most."""
MOST_LISTED: Final = 4
"""Materials that one sentence names."""
NEEDING: Final = (OrderStatus.PLANNED, OrderStatus.RELEASED, OrderStatus.IN_PROGRESS, OrderStatus.ON_HOLD)
"""Orders that may still take material. A draft may change its quantity, so nobody picks for it."""
OVER: Final = (OrderStatus.COMPLETED, OrderStatus.CANCELLED)
ZERO: Final = Decimal(0)


class Cover(StrEnum):
    """How a line stands."""

    COVERED = "COVERED"
    """Reserved or issued in full."""
    TO_RESERVE = "TO_RESERVE"
    """Stock has what is missing; nobody has reserved it yet."""
    SHORT = "SHORT"
    """Nobody has what is missing."""


@dataclass(frozen=True, slots=True)
class Line:
    """A material line with what follows from its numbers."""

    row: AllocationRow
    ordered: Decimal
    """Pieces that the order is to make."""
    sub_orders: tuple[SubOrderRow, ...] = ()
    """Open orders under this one that make the material."""

    @property
    def held(self) -> Decimal:
        """What is issued or reserved."""
        return self.out + self.row.reserved

    @property
    def out(self) -> Decimal:
        """What lies at the machine or was used: issued less returned."""
        return self.row.issued - self.row.returned

    @property
    def gap(self) -> Decimal:
        """What is neither reserved nor issued."""
        return max(ZERO, self.row.required - self.held)

    @property
    def to_reserve(self) -> Decimal:
        """What of the gap stock could give."""
        return max(ZERO, self.gap - self.row.short)

    @property
    def returnable(self) -> Decimal:
        return max(ZERO, self.out - self.row.consumed)

    @property
    def issuable(self) -> Decimal:
        """What a hand can issue now. BACKFLUSH lines wait for the output."""
        return self.row.reserved if self.row.issue_method is IssueMethod.PICK else ZERO

    @property
    def waits_for_output(self) -> bool:
        return self.row.issue_method is IssueMethod.BACKFLUSH

    @property
    def cover(self) -> Cover:
        if not self.gap:
            return Cover.COVERED
        return Cover.SHORT if self.row.short else Cover.TO_RESERVE


@dataclass(frozen=True, slots=True)
class Stop:
    """Why an action is not possible now; without reasons it is."""

    reasons: tuple[str, ...] = ()
    violations: tuple[Violation, ...] = ()
    """The same as the service says it, where it was the service that said so."""


@dataclass(frozen=True, slots=True)
class LotChoice:
    """A lot to issue from or return to; without one the shop's own order of use decides."""

    pick: LotPick | None
    most: Decimal


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be issued or returned of one line."""

    line: Line
    lots: tuple[LotChoice, ...]
    most: Decimal


class MaterialsPresenter(Presenter):
    """Orders that need material, and the chosen one."""

    follows: ClassVar[frozenset[str]] = frozenset({EntityType.WORK_ORDER.value, EntityType.STOCK_LOT.value})

    chosen_changed = Signal()
    """Another order is chosen, or the chosen one changed."""
    warned = Signal(str)
    """It was done, but not all of it could be: a sentence."""

    def __init__(self, place: Workplace, parent: QObject | None = None) -> None:
        super().__init__(place, parent)
        self._orders: tuple[OrderRow, ...] = ()
        self._next: str | None = None
        self._text = ""
        self._answered = False
        self._seen = True
        self._chosen: str | None = None
        self._detail: OrderDetail | None = None

    # ------------------------------------------------------------------ orders

    def watch(self, seen: bool) -> None:
        """Follow the news while somebody looks; a screen behind another asks when it comes to the front."""
        self._seen = seen

    def refresh(self) -> None:
        """Ask for the orders again, and for the chosen one."""
        if not self._seen:
            return
        # As many as are shown: whoever has scrolled down must not find himself at the top again.
        loaded = min(MOST, max(PAGE, len(self._orders)))
        self.ask({**self._question(), "limit": loaded}, key="orders", then=self._take)
        if self._chosen is not None:
            self._ask_chosen(self._chosen)

    def search(self, text: str) -> None:
        """Show only orders in which the text occurs."""
        self._text = text.strip()
        self.ask(self._question(), key="orders", then=self._take)

    def more(self) -> None:
        """Ask for the next page, when there is one."""
        after = self._next
        if after is not None:
            self.ask({**self._question(), "after": after}, key="more", then=lambda page: self._take_more(after, page))

    @property
    def answered(self) -> bool:
        return self._answered

    @property
    def all_there(self) -> bool:
        """Say whether there are no more orders than those that are loaded."""
        return self._next is None

    @property
    def searching(self) -> bool:
        return bool(self._text)

    def orders(self) -> tuple[OrderRow, ...]:
        """Give the orders that take material: those short of it first, then by due time."""
        return tuple(order for order in self._orders if order.material is not Readiness.NOT_NEEDED)

    def _question(self) -> dict[str, object]:
        question: dict[str, object] = {
            "query": "work_order.list",
            "status": [status.value for status in NEEDING],
            "sort": "material",
            "limit": PAGE,
        }
        if self._text:
            question["text"] = self._text
        return question

    def _take(self, page: OrderPage) -> None:
        self._answered = True
        self._orders, self._next = page.rows, page.next
        self.rows_changed.emit()

    def _take_more(self, after: str, page: OrderPage) -> None:
        if after != self._next:
            # The list is the answer to another question by now, and ends elsewhere.
            return
        known = {order.number for order in self._orders}
        self._orders += tuple(order for order in page.rows if order.number not in known)
        self._next = page.next
        self.rows_changed.emit()

    # ------------------------------------------------------------------ the chosen order

    def choose(self, number: str) -> None:
        """Show what an order needs."""
        if number != self._chosen:
            self._chosen, self._detail = number, None
            self.chosen_changed.emit()
        self._ask_chosen(number)

    @property
    def chosen(self) -> str | None:
        return self._chosen

    @property
    def detail(self) -> OrderDetail | None:
        return self._detail

    def lines(self) -> tuple[Line, ...]:
        """Give the material lines of the chosen order, each with the sub orders that make its material."""
        detail = self._detail
        if detail is None:
            return ()
        making = [order for order in detail.sub_orders if order.status not in OVER]
        return tuple(
            Line(row, detail.row.quantity_ordered, tuple(order for order in making if order.product == row.material))
            for row in detail.allocations
        )

    def lot_at_hand(self, code: str) -> tuple[str, str] | None:
        """Name material and lot of a scanned lot that the chosen order can be issued from now."""
        if self.stop(Action.ISSUE).reasons:
            return None
        offers = (self.issue_offer(line.row.material) for line in self.lines() if line.issuable)
        for offer in offers:
            picks = (choice.pick for choice in offer.lots if choice.pick is not None) if offer is not None else ()
            for pick in picks:
                if offer is not None and code in (pick.lot, f"{offer.line.row.material}/{pick.lot}"):
                    return offer.line.row.material, pick.lot
        return None

    def stop(self, action: Action) -> Stop:
        """Say why the chosen order's material cannot be allocated, issued or returned now."""
        if self._detail is None:
            return Stop(("Choose an order first.",))
        if action not in self._detail.actions:
            violations = self._detail.blockers.get(action, ())
            return Stop(tuple(one.message for one in violations) or ("This is not possible now.",), violations)
        if action is Action.ISSUE and not any(line.issuable for line in self.lines()):
            return Stop(("Nothing here is issued by hand: the output takes it.",))
        return Stop()

    def allocate_all(self) -> bool:
        """Reserve what there is for every line, and name what is short."""
        detail = self._detail
        if detail is None:
            return False
        number = detail.row.number
        fields = {**_of(detail, "work_order.allocate"), "allow_partial": True}
        return self.perform(fields, said=f"Material of {number} is reserved.", then=self._tell_shortages)

    def issue_all(self) -> bool:
        """Issue everything that is reserved."""
        detail = self._detail
        if detail is None:
            return False
        said = f"What was reserved for {detail.row.number} is issued."
        return self.perform(_of(detail, "work_order.issue"), said=said)

    def issue(self, material: str, quantity: Decimal, lot: str | None = None) -> bool:
        """Issue a quantity of one line, from a lot when one is named."""
        detail = self._detail
        if detail is None:
            return False
        line: dict[str, object] = {"material": material, "quantity": quantity}
        if lot is not None:
            line["lot"] = lot
        fields = {**_of(detail, "work_order.issue"), "lines": [line]}
        return self.perform(fields, said=f"{material} is issued to {detail.row.number}.")

    def return_material(self, material: str, quantity: Decimal, lot: str | None = None) -> bool:
        """Bring back a quantity of one line, to a lot when one is named."""
        detail = self._detail
        if detail is None:
            return False
        fields = {**_of(detail, "work_order.return_material"), "material": material, "quantity": quantity}
        if lot is not None:
            fields["lot"] = lot
        return self.perform(fields, said=f"{material} came back from {detail.row.number}.")

    def issue_offer(self, material: str) -> Offer | None:
        """Give what can be issued of a line: all that is reserved, or by lot, the reserved ones first."""
        line = self._line(material)
        if line is None:
            return None
        need = max(ZERO, line.row.required - line.out)
        lots = [LotChoice(None, line.row.reserved)]
        lots += [LotChoice(pick, pick.reserved) for pick in line.row.lots if pick.reserved]
        free = (pick for pick in line.row.lots if not pick.reserved and not pick.blocked and pick.available > 0)
        lots += [LotChoice(pick, min(need, pick.available)) for pick in free]
        return Offer(line, tuple(lots), line.row.reserved)

    def return_offers(self) -> tuple[Offer, ...]:
        """Give what can be returned, line by line."""
        return tuple(_return_offer(line) for line in self.lines() if line.returnable)

    def _line(self, material: str) -> Line | None:
        return next((line for line in self.lines() if line.row.material == material), None)

    def _tell_shortages(self, outcome: Outcome) -> None:
        units = {line.row.material: line.row.unit for line in self.lines()}
        sentence = shortage_sentence(outcome.data.get("shortages"), units)
        if sentence:
            self.warned.emit(sentence)

    def _ask_chosen(self, number: str) -> None:
        self.ask({"query": "work_order.get", "number": number}, key="chosen", then=self._take_chosen)

    def _take_chosen(self, detail: OrderDetail) -> None:
        if detail.row.number == self._chosen and detail != self._detail:
            self._detail = detail
            self.chosen_changed.emit()


def _return_offer(line: Line) -> Offer:
    lots = [LotChoice(None, line.returnable)]
    for pick in line.row.lots:
        back = min(pick.issued - pick.returned, line.returnable)
        if back > 0:
            lots.append(LotChoice(pick, back))
    return Offer(line, tuple(lots), line.returnable)


def _of(detail: OrderDetail, command: str) -> dict[str, object]:
    return {"command": command, "number": detail.row.number, "seen_version": detail.row.version}


def shortage_sentence(shortages: object, units: Mapping[str, str]) -> str:
    """Write what an allocation could not get: `Short: 18 m of BAR-4140-45.`"""
    if not isinstance(shortages, Sequence):
        return ""
    parts = []
    for shortage in shortages:
        if isinstance(shortage, Mapping):
            material = str(shortage.get("material"))
            parts.append(f"{_plain(shortage.get('short'))} {units.get(material, '')}".strip() + f" of {material}")
    return f"Not all could be reserved. Short: {listed(parts)}." if parts else ""


def listed(parts: Sequence[str]) -> str:
    """Write materials in a row: of sixty only the first, the others have their lines below."""
    if len(parts) > MOST_LISTED:
        parts = [*parts[: MOST_LISTED - 1], f"{len(parts) - MOST_LISTED + 1} more materials"]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _plain(value: object) -> str:
    return f"{Decimal(str(value)).normalize():f}" if value is not None else "some"
