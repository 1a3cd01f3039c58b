"""What a scanned or typed code means: an order, one of its operations, a machine, a lot, a text that orders have in them
- and which screen is its home. QtCore only.
"""

from collections.abc import Callable
from typing import Any, Final

from PySide6.QtCore import QObject, Signal

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.queries import question_from
from mfg_desktop.rules import routing
from mfg_desktop.service.shop import Shop
from mfg_desktop.service.work import Actor
from mfg_desktop.ui.presenter import Workplace, as_refusal
from mfg_desktop.vocabulary import EntityType

Found = tuple[str, str]
OPERATION: Final = "Operation"
"""A step of an order; its key is its code."""
ORDER_TEXT: Final = "OrderText"
"""A text that several orders have in them; its key is the text."""


class Finder(QObject):
    """Looks a code up."""

    found = Signal(str, str)
    """Entity type and key."""
    missed = Signal(str)
    """The code that means nothing here."""
    refused = Signal(object)

    def __init__(self, place: Workplace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._place = place
        self._sought = ""

    def busy(self) -> bool:
        """Say whether a code is being looked up: what is scanned next speaks of what it will open."""
        return bool(self._sought)

    def find(self, code: str) -> None:
        """Look up a code; only the newest is answered."""
        actor, shop = self._place.actor(), self._place.shop
        if actor is None or not code.strip():
            return
        self._sought = code
        self._place.background.run(
            lambda: (code, look_up(shop, actor, code.strip())),
            self._answer,
            self._fail,
            owner=self,
            key="find",
        )

    def _answer(self, answer: tuple[str, Found | None]) -> None:
        code, found = answer
        self._sought = ""
        if found is None:
            self.missed.emit(code)
        else:
            self.found.emit(*found)

    def _fail(self, trouble: Exception) -> None:
        self._sought = ""
        self.refused.emit(as_refusal(trouble))


def look_up(shop: Shop, actor: Actor, code: str) -> Found | None:
    """Find what a code names: an order by its number, an operation, a machine, a lot, then the orders that a text is in.

    Runs on the worker.
    """
    orders = _rows(shop, actor, {"query": "work_order.list", "text": code, "limit": 20})
    if (number := _only(orders, lambda row: row.number, code)) is not None:
        return EntityType.WORK_ORDER, number
    if (step := routing.read_code(code)) is not None:
        its_orders = _rows(shop, actor, {"query": "work_order.list", "text": step[0], "limit": 20})
        if (number := _only(its_orders, lambda row: row.number, step[0])) is not None:
            return OPERATION, routing.code_of(number, step[1])
    machines = _rows(shop, actor, {"query": "machine.list"})
    if (machine := _only(machines, lambda row: row.machine, code)) is not None:
        return EntityType.MACHINE, machine
    lots = _rows(shop, actor, {"query": "stock.list", "lot": code})
    if lots:
        return EntityType.STOCK_LOT, f"{lots[0].material}/{lots[0].lot}"
    if len(orders) == 1:
        return EntityType.WORK_ORDER, orders[0].number
    return (ORDER_TEXT, code) if orders else None


def _rows(shop: Shop, actor: Actor, fields: dict[str, object]) -> tuple[Any, ...]:
    try:
        return tuple(shop.ask(question_from(fields), actor).rows)
    except ManufacturingException as error:
        # Who may not ask about stock has no lots to find; any other refusal is for the person to know.
        if error.code.startswith(("PERMISSION_", "VALIDATION_")):
            return ()
        raise


def _only(rows: tuple[Any, ...], key: Callable[[Any], str], code: str) -> str | None:
    return next((key(row) for row in rows if key(row).casefold() == code.casefold()), None)
