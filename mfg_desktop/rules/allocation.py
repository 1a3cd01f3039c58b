"""Which lots are taken: lots in, picks out. Lots that expire go first, the earliest first; then first in, first out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from mfg_desktop.vocabulary import LotId, StockCategory

USABLE = (StockCategory.RAW, StockCategory.PROCESS, StockCategory.FINISHED)
"""Categories whose lots may be used."""


@dataclass(frozen=True, slots=True)
class LotFacts:
    """A lot with what is still free in it."""

    id: LotId
    lot: str
    free: Decimal
    received_at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pick:
    lot: LotFacts
    quantity: Decimal


def in_order(lots: Sequence[LotFacts]) -> list[LotFacts]:
    """First expired first, then first received, then the older lot number."""
    return sorted(
        lots, key=lambda lot: (lot.expires_at is None, lot.expires_at or lot.received_at, lot.received_at, lot.id)
    )


def pick(lots: Sequence[LotFacts], wanted: Decimal) -> list[Pick]:
    """Take `wanted` from the lots, as far as they reach, in the order of use."""
    picks: list[Pick] = []
    for lot in in_order(lots):
        if wanted <= 0:
            break
        quantity = min(lot.free, wanted)
        if quantity > 0:
            picks.append(Pick(lot, quantity))
            wanted -= quantity
    return picks


def is_usable(category: StockCategory, *, blocked: bool, expires_at: datetime | None, now: datetime) -> bool:
    """Tell whether a lot may be used now: in a category of use, not blocked, not expired."""
    return category in USABLE and not blocked and (expires_at is None or expires_at > now)
