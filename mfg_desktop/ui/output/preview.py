"""What a report will do to order, material and stock, told before it is confirmed. The service decides afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

from mfg_desktop.queries.rows import AllocationRow, OrderDetail
from mfg_desktop.rules.quantities import used_by
from mfg_desktop.ui.kit.formats import quantity
from mfg_desktop.vocabulary import IssueMethod

ZERO: Final = Decimal(0)


class Sort(StrEnum):
    """What an effect is about."""

    ORDER = "order"
    SCRAP = "scrap"
    MATERIAL = "material"
    STOCK = "stock"
    REWORK = "rework"


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that the report will do."""

    sort: Sort
    sentence: str
    trouble: bool = False
    """The service will refuse it as it stands."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is written in the dialog so far."""

    good: Decimal = ZERO
    rework: Decimal = ZERO
    scrap: Mapping[str, Decimal] = field(default_factory=dict)
    """Quantities by reason; only those above zero."""
    batch: str = ""

    @property
    def scrapped(self) -> Decimal:
        return sum(self.scrap.values(), ZERO)

    @property
    def is_empty(self) -> bool:
        return not (self.good or self.rework or self.scrapped)

    def said(self) -> str:
        """Say it on the button: "8 good, 2 scrap"."""
        parts = [(self.good, "good"), (self.scrapped, "scrap"), (self.rework, "rework")]
        return ", ".join(f"{quantity(amount)} {word}" for amount, word in parts if amount)


def effects(detail: OrderDetail, draft: Draft) -> tuple[Effect, ...]:
    """Tell everything that the report will do, the order first."""
    found: list[Effect] = []
    row = detail.row
    if draft.good:
        found.append(_on_order(detail, draft))
    if draft.scrapped:
        found.append(Effect(Sort.SCRAP, f"{_sum(row.quantity_scrapped, draft.scrapped)} scrap"))
    pieces = draft.good + draft.scrapped
    for line in detail.allocations:
        before = row.quantity_completed + row.quantity_scrapped
        used = _used(line, before + pieces, row.quantity_ordered) - _used(line, before, row.quantity_ordered)
        if used > 0:
            found.append(_on_material(line, used))
    batch = draft.batch or row.number
    if draft.good:
        found.append(Effect(Sort.STOCK, f"{quantity(draft.good, row.unit)} into stock, lot {batch}"))
    if draft.scrapped:
        found.append(Effect(Sort.STOCK, f"{quantity(draft.scrapped, row.unit)} into scrap, lot {batch}-SCRAP"))
    if draft.rework:
        found.append(Effect(Sort.REWORK, f"{quantity(draft.rework, row.unit)} to rework; counted when reported again"))
    return tuple(found)


def _on_order(detail: OrderDetail, draft: Draft) -> Effect:
    row = detail.row
    total = row.quantity_completed + draft.good
    said = f"{_sum(row.quantity_completed, draft.good)} of {quantity(row.quantity_ordered)} good"
    if total > detail.limit:
        return Effect(
            Sort.ORDER,
            f"{said}; at most {quantity(max(ZERO, detail.limit - row.quantity_completed))} more fit",
            trouble=True,
        )
    left = row.quantity_ordered - total
    return Effect(Sort.ORDER, f"{said}, {quantity(left)} to go" if left > 0 else f"{said}, all there")


def _on_material(line: AllocationRow, used: Decimal) -> Effect:
    at_machine = line.issued - line.returned - line.consumed
    amount = quantity(used, line.unit)
    if line.issue_method is IssueMethod.BACKFLUSH:
        from_stock = used - max(ZERO, at_machine)
        if from_stock > line.reserved + line.available:
            there = quantity(max(ZERO, line.reserved + line.available), line.unit)
            return Effect(Sort.MATERIAL, f"{amount} {line.material_name} needed, stock has {there}", trouble=True)
        return Effect(Sort.MATERIAL, f"{amount} {line.material_name} taken from stock")
    if used > at_machine:
        there = quantity(max(ZERO, at_machine), line.unit)
        return Effect(
            Sort.MATERIAL, f"{amount} {line.material_name} needed, {there} issued: issue it first", trouble=True
        )
    return Effect(
        Sort.MATERIAL,
        f"{amount} {line.material_name} used, {quantity(at_machine - used, line.unit)} stay at the machine",
    )


def _used(line: AllocationRow, pieces: Decimal, ordered: Decimal) -> Decimal:
    return used_by(pieces, required=line.required, ordered=ordered)


def _sum(before: Decimal, more: Decimal) -> str:
    return f"{quantity(before)} + {quantity(more)} = {quantity(before + more)}"
