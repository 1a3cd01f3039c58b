"""What a scanned or typed code means: an order, a machine, a lot - and which screen is its home. QtCore only."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.queries import question_from
from mfg_desktop.service.shop import Shop
from mfg_desktop.service.work import Actor
from mfg_desktop.ui.presenter import Workplace, as_refusal
from mfg_desktop.vocabulary import EntityType

Found = tuple[str, str]


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

    def find(self, code: str) -> None:
        """Look up a code; only the newest is answered."""
        actor, shop = self._place.actor(), self._place.shop
        if actor is None or not code.strip():
            return
        self._place.background.run(
            lambda: (code, look_up(shop, actor, code.strip())),
            self._answer,
            lambda trouble: self.refused.emit(as_refusal(trouble)),
            owner=self,
            key="find",
        )

    def _answer(self, answer: tuple[str, Found | None]) -> None:
        code, found = answer
        if found is None:
            self.missed.emit(code)
        else:
            self.found.emit(*found)


def look_up(shop: Shop, actor: Actor, code: str) -> Found | None:
    """Find what a code names: an order by its number, a machine, a lot, then the one order that a text leads to.

    Runs on the worker.
    """
    orders = _rows(shop, actor, {"query": "work_order.list", "text": code, "limit": 20})
    if (number := _only(orders, lambda row: row.number, code)) is not None:
        return EntityType.WORK_ORDER, number
    machines = _rows(shop, actor, {"query": "machine.list"})
    if (machine := _only(machines, lambda row: row.machine, code)) is not None:
        return EntityType.MACHINE, machine
    lots = _rows(shop, actor, {"query": "stock.list", "lot": code})
    if lots:
        return EntityType.STOCK_LOT, f"{lots[0].material}/{lots[0].lot}"
    return (EntityType.WORK_ORDER, orders[0].number) if len(orders) == 1 else None


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
