"""What a report will do to order, material and stock, told before it is confirmed. The service decides afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

from mfg_desktop.queries.rows import AllocationRow, OperationRow, OrderDetail
from mfg_desktop.rules.quantities import used_by
from mfg_desktop.ui.kit.formats import quantity
from mfg_desktop.vocabulary import IssueMethod, OperationStatus

ZERO: Final = Decimal(0)
_MOST_MATERIALS: Final = 3


class Sort(StrEnum):
    """What an effect is about."""

    ORDER = "order"
    SCRAP = "scrap"
    MATERIAL = "material"
    STOCK = "stock"
    REWORK = "rework"
    NEXT = "next"
    """What may go on afterwards."""


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


def effects(
    detail: OrderDetail, draft: Draft, sequence: int | None = None, *, completes: bool = False
) -> tuple[Effect, ...]:
    """Tell everything that the report will do, the order first; with a sequence, as a report at that operation."""
    at = operation(detail, sequence)
    found = _on_work(detail, draft, at, completes=completes)
    row = detail.row
    if draft.scrapped:
        found.append(Effect(Sort.SCRAP, f"{_sum(row.quantity_scrapped, draft.scrapped)} scrap"))
    found += _on_materials(detail, draft, at)
    batch = draft.batch or row.number
    if draft.good and _is_last(detail, at):
        parent = f", for {detail.parent}" if detail.parent else ""
        found.append(Effect(Sort.STOCK, f"{quantity(draft.good, row.unit)} into stock, lot {batch}{parent}"))
    if draft.scrapped:
        found.append(Effect(Sort.STOCK, f"{quantity(draft.scrapped, row.unit)} into scrap, lot {batch}-SCRAP"))
    if draft.rework:
        found.append(Effect(Sort.REWORK, f"{quantity(draft.rework, row.unit)} to rework; counted when reported again"))
    if at is not None:
        found += _on_next(detail, draft, at, completes=completes)
    return tuple(found)


def operation(detail: OrderDetail, sequence: int | None) -> OperationRow | None:
    """Give the operation that is reported at: without a sequence the last one, for an order that has any."""
    if sequence is None:
        return detail.operations[-1] if detail.operations else None
    return next((row for row in detail.operations if row.sequence == sequence), None)


def named(at: OperationRow) -> str:
    """Name an operation: "20 Milling"."""
    return f"{at.sequence} {at.process_name or at.process}"


def _is_last(detail: OrderDetail, at: OperationRow | None) -> bool:
    return at is None or at is detail.operations[-1]


def _on_work(detail: OrderDetail, draft: Draft, at: OperationRow | None, *, completes: bool) -> list[Effect]:
    """Tell what it does to the operation, and to the order where it is its last."""
    found: list[Effect] = []
    if at is not None and not _is_last(detail, at):
        if draft.good or completes:
            found.append(_on_operation(detail, draft, at))
    elif draft.good:
        found.append(_on_order(detail, draft))
    if at is not None and completes:
        free = f", {at.machine} is free" if at.machine and at.status is OperationStatus.IN_PROGRESS else ""
        found.append(Effect(Sort.NEXT, f"Operation {at.sequence} is complete{free}"))
    return found


def _on_operation(detail: OrderDetail, draft: Draft, at: OperationRow) -> Effect:
    ordered, total = detail.row.quantity_ordered, at.good + draft.good
    summed = _sum(at.good, draft.good) if draft.good else quantity(total)
    said = f"{summed} of {quantity(ordered)} good at operation {at.sequence}"
    if total > detail.limit:
        fit = quantity(max(ZERO, detail.limit - at.good))
        return Effect(Sort.ORDER, f"{said}; at most {fit} more fit", trouble=True)
    left = ordered - total
    return Effect(Sort.ORDER, f"{said}, {quantity(left)} to go" if left > 0 else f"{said}, all there")


def _on_next(detail: OrderDetail, draft: Draft, at: OperationRow, *, completes: bool) -> list[Effect]:
    """Tell what it means for the step after, if that waits for this one."""
    after = next((row for row in detail.operations if row.sequence > at.sequence), None)
    if after is None or after.status is not OperationStatus.PLANNED:
        return []
    good, wanted = at.good + draft.good, after.overlap_quantity
    if completes or (wanted is not None and good >= wanted):
        may_already = wanted is not None and at.good >= wanted
        return [] if may_already and not completes else [Effect(Sort.NEXT, f"Operation {after.sequence} may start")]
    if wanted is not None and draft.good:
        return [Effect(Sort.NEXT, f"Operation {after.sequence} may start at {quantity(wanted)} good")]
    waits = f"Operation {after.sequence} waits until this one is complete"
    return [Effect(Sort.NEXT, waits)] if draft.good else []


def _on_materials(detail: OrderDetail, draft: Draft, at: OperationRow | None) -> list[Effect]:
    row, found = detail.row, []
    before = at.good + at.scrapped if at is not None else row.quantity_completed + row.quantity_scrapped
    pieces = draft.good + draft.scrapped
    for line in detail.allocations:
        if at is not None and at is not _used_at(detail, line):
            continue
        used = _used(line, before + pieces, row.quantity_ordered) - _used(line, before, row.quantity_ordered)
        if used > 0:
            found.append(_on_material(line, used))
    fine = [effect for effect in found if not effect.trouble]
    if len(found) <= _MOST_MATERIALS or len(fine) < 2:
        return found
    # Many lines that say the same would push what is wrong out of sight.
    told = Effect(Sort.MATERIAL, f"{len(fine)} materials used, there is enough of each")
    return [*(effect for effect in found if effect.trouble), told]


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


def _used_at(detail: OrderDetail, line: AllocationRow) -> OperationRow:
    """Give the operation whose pieces use a material line: the one it names, if the order has that, else the first."""
    return next((row for row in detail.operations if row.sequence == line.operation), detail.operations[0])


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
