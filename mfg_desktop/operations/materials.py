"""What is done with the material of an order: allocate, issue, return. Lots are locked before they are chosen; chosen first, two terminals would want the same one."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from mfg_desktop.exceptions import ManufacturingException, combine, refusal
from mfg_desktop.operations.locks import answer, count_change, facts, locked, told_last
from mfg_desktop.rules import guards, lifecycle
from mfg_desktop.rules.allocation import USABLE, LotFacts, pick
from mfg_desktop.rules.facts import LineFacts
from mfg_desktop.rules.quantities import ZERO, required, shown
from mfg_desktop.service.fields import LARGEST, Code, Quantity, Truth
from mfg_desktop.service.work import Command, Fields, Work, handles
from mfg_desktop.tables import (
    BELOW,
    Bom,
    BomLine,
    MaterialAllocation,
    Product,
    StockLot,
    StockMovement,
    WorkOrderMaterial,
)
from mfg_desktop.vocabulary import (
    Action,
    ActionType,
    EntityType,
    IssueMethod,
    LotId,
    MovementKind,
    OrderStatus,
    ProductType,
    StockCategory,
)

# ---------------------------------------------------------------------- commands


class AllocateMaterial(Command):
    called: ClassVar[str] = "work_order.allocate"
    told_as: ClassVar[ActionType] = ActionType.MATERIAL_ALLOCATE

    number: Code
    allow_partial: Truth = Field(
        False, description="Reserve what there is and list what is short, instead of refusing."
    )


class IssueLine(BaseModel):
    """One material to issue: by default all that is reserved of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    material: Code
    quantity: Quantity | None = None
    lot: Code | None = None


class IssueMaterial(Command):
    called: ClassVar[str] = "work_order.issue"
    told_as: ClassVar[ActionType] = ActionType.MATERIAL_ISSUE

    number: Code
    lines: tuple[IssueLine, ...] | None = Field(None, max_length=500)


class ReturnMaterial(Command):
    called: ClassVar[str] = "work_order.return_material"
    told_as: ClassVar[ActionType] = ActionType.MATERIAL_RETURN

    number: Code
    material: Code
    quantity: Quantity
    lot: Code | None = None


# ---------------------------------------------------------------------- statements

_LINES = (
    select(
        WorkOrderMaterial.id,
        WorkOrderMaterial.material_id,
        Product.stock_code,
        Product.unit,
        WorkOrderMaterial.issue_method,
        WorkOrderMaterial.operation_sequence,
        WorkOrderMaterial.required,
        WorkOrderMaterial.reserved,
        WorkOrderMaterial.issued,
        WorkOrderMaterial.returned,
        WorkOrderMaterial.consumed,
    )
    .join(Product, Product.id == WorkOrderMaterial.material_id)
    .where(WorkOrderMaterial.work_order_id == bindparam("order"))
    .order_by(WorkOrderMaterial.id)
)
_INSERT_LINES = insert(WorkOrderMaterial)
_SET_REQUIRED = (
    update(WorkOrderMaterial)
    .where(WorkOrderMaterial.id == bindparam("line"))
    .values(
        required=bindparam("needs"),
        issue_method=bindparam("method"),
        operation_sequence=bindparam("used_at"),
        version=WorkOrderMaterial.version + 1,
    )
)
_DROP_LINE = delete(WorkOrderMaterial).where(WorkOrderMaterial.id == bindparam("line"))
_DROP_ALLOCATIONS = delete(MaterialAllocation).where(MaterialAllocation.line_id == bindparam("line"))
_LOT = (
    StockLot.id,
    StockLot.product_id,
    StockLot.lot,
    StockLot.category,
    StockLot.on_hand,
    StockLot.reserved,
    StockLot.blocked,
    StockLot.block_reason,
    StockLot.received_at,
    StockLot.expires_at,
)
_FREE_LOTS = (
    select(*_LOT)
    .where(
        StockLot.product_id.in_(bindparam("materials", expanding=True)),
        StockLot.on_hand > StockLot.reserved,
        StockLot.category.in_(USABLE),
        StockLot.blocked.is_(False),
        or_(StockLot.expires_at.is_(None), StockLot.expires_at > bindparam("now")),
    )
    .order_by(StockLot.id)
    .with_for_update()
)
_NAMED_LOT = (
    select(*_LOT)
    .where(StockLot.product_id == bindparam("material"), StockLot.lot == bindparam("lot"))
    .with_for_update()
)
_TAKEN = (
    select(
        MaterialAllocation.line_id,
        MaterialAllocation.reserved.label("line_reserved"),
        MaterialAllocation.issued,
        MaterialAllocation.returned,
        Product.stock_code,
        *_LOT,
    )
    .join(StockLot, StockLot.id == MaterialAllocation.lot_id)
    .join(Product, Product.id == StockLot.product_id)
    .join(WorkOrderMaterial, WorkOrderMaterial.id == MaterialAllocation.line_id)
    .where(WorkOrderMaterial.work_order_id == bindparam("order"))
    .order_by(StockLot.id)
    .with_for_update(of=(MaterialAllocation, StockLot))
)
_RESERVED_LOTS = _TAKEN.where(MaterialAllocation.reserved > 0)
_ISSUED_LOTS = _TAKEN.where(MaterialAllocation.issued > MaterialAllocation.returned)
_BACKFLUSHED_LOTS = _ISSUED_LOTS.add_columns(
    select(func.sum(-StockMovement.quantity))
    .where(
        StockMovement.lot_id == StockLot.id,
        StockMovement.output_id == bindparam("output"),
        StockMovement.kind == MovementKind.BACKFLUSH,
    )
    .correlate(StockLot)
    .scalar_subquery()
    .label("backflushed")
)
_RESERVED_OF = (
    select(StockLot.product_id, func.sum(StockLot.reserved).label("promised"))
    .where(
        StockLot.product_id.in_(bindparam("materials", expanding=True)),
        StockLot.category.in_(USABLE),
        StockLot.blocked.is_(False),
    )
    .group_by(StockLot.product_id)
)
_FIRST_ISSUED = (
    select(func.min(StockMovement.at).label("at"))
    .where(
        StockMovement.work_order_id == bindparam("order"),
        StockMovement.lot_id.in_(bindparam("lots", expanding=True)),
        StockMovement.kind.in_((MovementKind.ISSUE, MovementKind.BACKFLUSH)),
    )
    .group_by(StockMovement.lot_id)
)
_MOVE_LOT = (
    update(StockLot)
    .where(StockLot.id == bindparam("lot_key"))
    .values(
        on_hand=StockLot.on_hand + bindparam("came"),
        reserved=StockLot.reserved + bindparam("promised"),
        version=StockLot.version + 1,
    )
)
_MOVE_ALLOCATION = {
    dialect: (statement := make(MaterialAllocation)).on_conflict_do_update(
        index_elements=[MaterialAllocation.line_id, MaterialAllocation.lot_id],
        set_={
            "reserved": MaterialAllocation.reserved + statement.excluded.reserved,
            "issued": MaterialAllocation.issued + statement.excluded.issued,
            "version": MaterialAllocation.version + 1,
        },
    )
    for dialect, make in ((True, postgres_insert), (False, sqlite_insert))
}
_UNRESERVE_ALLOCATION = (
    update(MaterialAllocation)
    .where(MaterialAllocation.line_id == bindparam("line"), MaterialAllocation.lot_id == bindparam("lot_key"))
    .values(
        reserved=MaterialAllocation.reserved - bindparam("freed"),
        issued=MaterialAllocation.issued + bindparam("taken"),
        returned=MaterialAllocation.returned + bindparam("back"),
        version=MaterialAllocation.version + 1,
    )
)
_MOVE_LINE = (
    update(WorkOrderMaterial)
    .where(WorkOrderMaterial.id == bindparam("line"))
    .values(
        reserved=WorkOrderMaterial.reserved + bindparam("promised"),
        issued=WorkOrderMaterial.issued + bindparam("taken"),
        returned=WorkOrderMaterial.returned + bindparam("back"),
        version=WorkOrderMaterial.version + 1,
    )
)
_INSERT_MOVEMENTS = insert(StockMovement).inline()
"""Inline: nobody asks for the number of the new row, so it is not fetched."""
_HAS_BOM = select(Bom.id).where(Bom.product_id == bindparam("product"), Bom.active)
_COMPONENTS = (
    select(
        BomLine.component_id,
        BomLine.quantity,
        BomLine.scrap_percentage,
        BomLine.issue_method,
        BomLine.operation_sequence,
        Product.stock_code,
    )
    .join(Bom, Bom.id == BomLine.bom_id)
    .join(Product, Product.id == BomLine.component_id)
    .where(Bom.product_id == bindparam("product"), Bom.active)
    .order_by(BomLine.position)
)

_EDGES_BELOW = select(BELOW.c.made, BELOW.c.used)

# ---------------------------------------------------------------------- material lines follow the bill of material


def lines_of(work: Work, order: int) -> Sequence[Row[Any]]:
    """Read the material lines of a locked order."""
    return work.all(_LINES, {"order": order})


def line_facts(work: Work, order: int) -> tuple[LineFacts, ...]:
    return tuple(facts_of(line) for line in lines_of(work, order))


def facts_of(line: Row[Any]) -> LineFacts:
    return LineFacts(
        line.stock_code,
        line.unit,
        line.issue_method,
        line.required,
        line.reserved,
        line.issued,
        line.returned,
        line.consumed,
    )


def has_bom(work: Work, product: int) -> bool:
    """Tell whether a product has a bill of material, if only one that says it takes nothing."""
    return work.first(_HAS_BOM, {"product": product}) is not None


def write_lines(work: Work, order: int, product: int, ordered: Decimal) -> None:
    """Write the material lines of a new order from the bill of material of its product."""
    needs = _needs(work, product, ordered)
    if needs:
        work.run(_INSERT_LINES, [_line(order, material, need) for material, need in needs.items()])


def follow_bom(work: Work, order: int, product: int, ordered: Decimal) -> None:
    """Bring the material lines of an order up to the bill of material and the quantity as they are now; what is reserved too much is given back."""
    needs = _needs(work, product, ordered)
    there = {line.material_id: line for line in lines_of(work, order)}
    too_much, changed, dropped = set(), [], []
    for material, line in there.items():
        need = needs.get(material, _Need(ZERO, line.issue_method, line.operation_sequence))
        if need == (line.required, line.issue_method, line.operation_sequence):
            continue
        held = line.issued - line.returned
        if line.reserved > max(ZERO, need.quantity - held):
            too_much.add(line.id)
        if material not in needs and line.issued == 0:
            dropped.append({"line": line.id})
        else:
            changed.append(
                {"line": line.id, "needs": need.quantity, "method": need.method, "used_at": need.operation_sequence}
            )
    if changed:
        work.run(_SET_REQUIRED, changed)
    if too_much:
        _free_surplus(work, order, too_much, but={line["line"] for line in dropped})
    if dropped:
        work.run(_DROP_ALLOCATIONS, dropped)
        work.run(_DROP_LINE, dropped)
    new = [_line(order, material, need) for material, need in needs.items() if material not in there]
    if new:
        work.run(_INSERT_LINES, new)


class _Need(NamedTuple):
    """What an order takes of one material, how it is issued, and at which operation it is used."""

    quantity: Decimal
    method: IssueMethod
    operation_sequence: int | None


def _needs(work: Work, product: int, ordered: Decimal) -> dict[int, _Need]:
    """Work out what an order takes. Refusals: MATERIAL_INVALID_QUANTITY for more than any lot or ledger can hold."""
    needs: dict[int, _Need] = {}
    for line in work.all(_COMPONENTS, {"product": product}):
        quantity = required(per_piece=line.quantity, ordered=ordered, scrap_percentage=line.scrap_percentage)
        if quantity > LARGEST:
            raise refusal("MATERIAL_INVALID_QUANTITY", material=line.stock_code, quantity=quantity)
        needs[line.component_id] = _Need(quantity, line.issue_method, line.operation_sequence)
    return needs


def _line(order: int, material: int, need: _Need) -> dict[str, Any]:
    return {
        "work_order_id": order,
        "material_id": material,
        "issue_method": need.method,
        "operation_sequence": need.operation_sequence,
        "required": need.quantity,
    }


def cycle(work: Work, product: int) -> tuple[str, ...]:
    """Name the stock codes on the way from a product back to itself through bills of material; empty when there is none."""
    edges: dict[int, list[int]] = {}
    for row in work.all(_EDGES_BELOW, {"product": product}):
        edges.setdefault(row.made, []).append(row.used)
    path = _way_back(edges, product)
    if not path:
        return ()
    names = {
        row.id: row.stock_code for row in work.all(select(Product.id, Product.stock_code).where(Product.id.in_(path)))
    }
    return tuple(names[step] for step in path)


def _way_back(edges: dict[int, list[int]], start: int) -> list[int]:
    came_from: dict[int, int] = {}
    waiting = [start]
    while waiting:
        here = waiting.pop()
        for used in edges.get(here, ()):
            if used == start:
                path = [start, here]
                while path[-1] != start:
                    path.append(came_from[path[-1]])
                return path[::-1] if here != start else [start, start]
            if used not in came_from:
                came_from[used] = here
                waiting.append(used)
    return []


# ---------------------------------------------------------------------- reservations


@handles(AllocateMaterial)
def allocate(work: Work, command: AllocateMaterial) -> Fields:
    """Reserve lots for every line, first expired first, then first in first out. Refusals: MATERIAL_INSUFFICIENT_STOCK per short line, MATERIAL_ALREADY_ALLOCATED."""
    order = locked(work, command.number, command.seen_version)
    lifecycle.allow_work(facts(work, order), Action.ALLOCATE)
    if order.status in (OrderStatus.DRAFT, OrderStatus.PLANNED):
        if order.product_type is not ProductType.RAW and not has_bom(work, order.product_id):
            raise refusal("MATERIAL_BOM_NOT_FOUND", product=order.stock_code)
        follow_bom(work, order.id, order.product_id, order.quantity_ordered)
    lines = lines_of(work, order.id)
    wanted = {line.material_id: (line, facts_of(line).missing) for line in lines if facts_of(line).missing > 0}
    if lines and not wanted:
        last = told_last(work, WorkOrderMaterial, [line.id for line in lines], "reserved", without="issued")
        by = {"allocated_by": last.badge, "allocated_at": last.at, "terminal": last.terminal} if last else {}
        raise refusal("MATERIAL_ALREADY_ALLOCATED", number=order.number, **by)
    _in_its_time(work, order)
    lots: dict[int, list[LotFacts]] = {}
    if wanted:
        for lot in work.all(_FREE_LOTS, {"materials": sorted(wanted), "now": work.now}):
            lots.setdefault(lot.product_id, []).append(lot_facts(lot))
    short_of: list[tuple[Row[Any], Decimal, Decimal]] = []
    reserved: list[dict[str, Any]] = []
    picks = []
    for material, (line, missing) in wanted.items():
        chosen = pick(lots.get(material, []), missing)
        found = sum((p.quantity for p in chosen), ZERO)
        if found < missing:
            short_of.append((line, sum((lot.free for lot in lots.get(material, [])), ZERO), missing - found))
        for p in chosen:
            picks.append((line, p))
            reserved.append({"material": line.stock_code, "lot": p.lot.lot, "quantity": p.quantity})
    elsewhere = reserved_elsewhere(work, [line for line, *_ in short_of])
    shortages = [_short(line, available, elsewhere[line.id], short) for line, available, short in short_of]
    if shortages and not command.allow_partial:
        raise combine(shortages)
    if picks:
        work.run(
            _MOVE_LOT,
            sorted(
                ({"lot_key": p.lot.id, "came": ZERO, "promised": p.quantity} for _, p in picks),
                key=lambda v: int(v["lot_key"]),
            ),
        )
        work.run(
            _MOVE_ALLOCATION[work.on_postgres],
            [
                {"line_id": line.id, "lot_id": p.lot.id, "reserved": p.quantity, "issued": ZERO, "returned": ZERO}
                for line, p in picks
            ],
        )
        totals: dict[int, Decimal] = {}
        for line, p in picks:
            totals[line.id] = totals.get(line.id, ZERO) + p.quantity
        work.run(
            _MOVE_LINE,
            [{"line": line, "promised": total, "taken": ZERO, "back": ZERO} for line, total in totals.items()],
        )
    count_change(work, order)
    for line, p in picks:
        work.touch(EntityType.STOCK_LOT, f"{line.stock_code}/{p.lot.lot}")
    short = [shortage.details for shortage in shortages]
    remark = f" {len(short)} {'material is' if len(short) == 1 else 'materials are'} short." if short else ""
    work.tell(
        EntityType.WORK_ORDER,
        order.number,
        f"Material of {order.number} was allocated.{remark}",
        reserved=reserved,
        shortages=short,
    )
    return answer(order.number, order.status, order.version + 1, reserved=reserved, shortages=short)


def lot_facts(lot: Row[Any]) -> LotFacts:
    return LotFacts(LotId(lot.id), lot.lot, lot.on_hand - lot.reserved, lot.received_at, lot.expires_at)


def _own(row: Row[Any]) -> LotFacts:
    """What a lot holds for a line."""
    return LotFacts(LotId(row.id), row.lot, row.line_reserved, row.received_at, row.expires_at)


def _short(line: Row[Any], available: Decimal, elsewhere: Decimal, short: Decimal) -> ManufacturingException:
    return refusal(
        "MATERIAL_INSUFFICIENT_STOCK",
        material=line.stock_code,
        unit=line.unit,
        required=line.required,
        allocated=line.reserved + line.issued - line.returned,
        available=available,
        reserved_elsewhere=elsewhere,
        short=short,
    )


def reserved_elsewhere(work: Work, lines: Sequence[Row[Any]]) -> dict[int, Decimal]:
    """Add up, for each line, what other orders hold of its material."""
    if not lines:
        return {}
    found = work.all(_RESERVED_OF, {"materials": [line.material_id for line in lines]})
    promised = {row.product_id: Decimal(row.promised) for row in found}
    return {line.id: max(ZERO, promised.get(line.material_id, ZERO) - line.reserved) for line in lines}


def free_reservations(work: Work, order: int) -> None:
    """Give back what is reserved and not issued."""
    _unreserve(work, [(row, row.line_reserved) for row in work.all(_RESERVED_LOTS, {"order": order})])


def _unreserve(work: Work, freed: Sequence[tuple[Row[Any], Decimal]]) -> None:
    """Free a quantity in each of these reserved lots."""
    if not freed:
        return
    work.run(_MOVE_LOT, [{"lot_key": row.id, "came": ZERO, "promised": -quantity} for row, quantity in freed])
    work.run(
        _UNRESERVE_ALLOCATION,
        [
            {"line": row.line_id, "lot_key": row.id, "freed": quantity, "taken": ZERO, "back": ZERO}
            for row, quantity in freed
        ],
    )
    totals: dict[int, Decimal] = {}
    for row, quantity in freed:
        totals[row.line_id] = totals.get(row.line_id, ZERO) + quantity
    work.run(
        _MOVE_LINE, [{"line": key, "promised": -total, "taken": ZERO, "back": ZERO} for key, total in totals.items()]
    )
    for row, _ in freed:
        work.touch(EntityType.STOCK_LOT, f"{row.stock_code}/{row.lot}")


def _in_its_time(work: Work, order: Row[Any]) -> None:
    """Material may be entered late between two outputs, but not before the order came into its status."""
    work.after(order.status_at if work.is_late else order.last_event_at)


# ---------------------------------------------------------------------- taking out of lots


@dataclass(frozen=True, slots=True)
class Take:
    """What leaves a lot for a line: some of it was reserved there, the rest was free."""

    line: Row[Any]
    lot: Row[Any]
    quantity: Decimal
    was_reserved: Decimal


def take(work: Work, order: int, takes: Sequence[Take], kind: MovementKind, *, output: int | None = None) -> None:
    """Turn reservation and free stock into issued material, with a movement per lot."""
    work.run(_MOVE_LOT, [{"lot_key": t.lot.id, "came": -t.quantity, "promised": -t.was_reserved} for t in takes])
    kept = [t for t in takes if t.was_reserved]
    fresh = [t for t in takes if not t.was_reserved]
    if kept:
        work.run(
            _UNRESERVE_ALLOCATION,
            [
                {"line": t.line.id, "lot_key": t.lot.id, "freed": t.was_reserved, "taken": t.quantity, "back": ZERO}
                for t in kept
            ],
        )
    if fresh:
        work.run(
            _MOVE_ALLOCATION[work.on_postgres],
            [
                {"line_id": t.line.id, "lot_id": t.lot.id, "reserved": ZERO, "issued": t.quantity, "returned": ZERO}
                for t in fresh
            ],
        )
    totals: dict[int, tuple[Decimal, Decimal]] = {}
    for t in takes:
        freed, taken = totals.get(t.line.id, (ZERO, ZERO))
        totals[t.line.id] = (freed + t.was_reserved, taken + t.quantity)
    work.run(
        _MOVE_LINE,
        [{"line": line, "promised": -freed, "taken": taken, "back": ZERO} for line, (freed, taken) in totals.items()],
    )
    movements(work, [(t.lot.id, -t.quantity) for t in takes], kind, order=order, output=output)
    for t in takes:
        work.touch(EntityType.STOCK_LOT, f"{t.line.stock_code}/{t.lot.lot}")


def movements(
    work: Work,
    quantities: Iterable[tuple[int, Decimal]],
    kind: MovementKind,
    *,
    order: int | None = None,
    output: int | None = None,
    reason: str | None = None,
) -> None:
    """Write the ledger: what came into or left each lot."""
    work.run(
        _INSERT_MOVEMENTS,
        [
            {
                "lot_id": lot,
                "kind": kind,
                "quantity": quantity,
                "at": work.now,
                "work_order_id": order,
                "output_id": output,
                "person_id": work.actor.person_id,
                "reason": reason,
            }
            for lot, quantity in quantities
        ],
    )


def fit_for_use(work: Work, material: str, lot: Row[Any]) -> list[ManufacturingException]:
    """Name what speaks against taking from a lot."""
    if lot.blocked:
        return [refusal("MATERIAL_LOT_BLOCKED", lot=lot.lot, material=material, reason=lot.block_reason or "blocked")]
    if lot.category not in USABLE:
        reason = "in quarantine" if lot.category is StockCategory.QUARANTINE else "scrap"
        return [refusal("MATERIAL_LOT_BLOCKED", lot=lot.lot, material=material, reason=reason)]
    if lot.expires_at is not None and lot.expires_at <= work.now:
        return [refusal("MATERIAL_LOT_EXPIRED", lot=lot.lot, material=material, expires_at=lot.expires_at)]
    return []


def take_for(
    work: Work, line: Row[Any], wanted: Decimal, held: Sequence[Row[Any]], *, beyond_reserved: bool
) -> tuple[list[Take], Decimal]:
    """Choose what leaves which lot for a line: its own reservations in the order of use, then free stock where that is allowed. Gives what is short."""
    by_lot = {row.id: row for row in held if row.line_id == line.id}
    own = pick([_own(row) for row in by_lot.values()], wanted)
    takes = [Take(line, by_lot[p.lot.id], p.quantity, p.quantity) for p in own]
    short = wanted - sum((t.quantity for t in takes), ZERO)
    if short > 0 and beyond_reserved:
        free = {lot.id: lot for lot in work.all(_FREE_LOTS, {"materials": [line.material_id], "now": work.now})}
        extra = pick([lot_facts(lot) for lot in free.values()], short)
        already = {t.lot.id: index for index, t in enumerate(takes)}
        for p in extra:
            if p.lot.id in already:
                before = takes[already[p.lot.id]]
                takes[already[p.lot.id]] = Take(line, before.lot, before.quantity + p.quantity, before.was_reserved)
            else:
                takes.append(Take(line, free[p.lot.id], p.quantity, ZERO))
        short -= sum((p.quantity for p in extra), ZERO)
    return takes, short


@handles(IssueMaterial)
def issue(work: Work, command: IssueMaterial) -> Fields:
    """Issue what is reserved, or named lines, quantities and lots. BACKFLUSH lines wait for the output unless they are named.

    Refusals: MATERIAL_NOT_ALLOCATED, MATERIAL_ALLOCATION_EXCEEDED (overridable), MATERIAL_LOT_BLOCKED, MATERIAL_LOT_EXPIRED, MATERIAL_INSUFFICIENT_STOCK.
    """
    order = locked(work, command.number, command.seen_version)
    lifecycle.allow_work(facts(work, order), Action.ISSUE)
    _in_its_time(work, order)
    lines = {line.stock_code: line for line in lines_of(work, order.id)}
    held = work.all(_RESERVED_LOTS, {"order": order.id})
    if command.lines is None:
        asked = [
            IssueLine(material=code)
            for code, line in lines.items()
            if line.issue_method is IssueMethod.PICK and line.reserved > 0
        ]
        if not asked:
            guards.something_is_reserved(
                [facts_of(line) for line in lines.values()], **_issued_last(work, lines.values())
            )
    else:
        asked = list(command.lines)
    violations: list[ManufacturingException] = []
    takes: list[Take] = []
    named: list[tuple[Row[Any], IssueLine]] = []
    for wish in asked:
        line = lines.get(wish.material)
        if line is None:
            violations.append(refusal("MATERIAL_NOT_FOUND", material=wish.material, number=order.number))
        elif wish.quantity is not None and wish.quantity <= 0:
            violations.append(refusal("MATERIAL_INVALID_QUANTITY", material=wish.material, quantity=wish.quantity))
        else:
            named.append((line, wish))
    if len({wish.material for _, wish in named}) != len(named) and any(wish.lot is None for _, wish in named):
        raise refusal(
            "VALIDATION_DUPLICATE_VALUE",
            field="lines.material",
            value=next(w.material for _, w in named if w.lot is None),
        )
    twice = [
        wish
        for index, wish in enumerate(asked)
        if any(wish.material == w.material and wish.lot == w.lot for w in asked[:index])
    ]
    if twice:
        raise refusal("VALIDATION_DUPLICATE_VALUE", field="lines.lot", value=twice[0].lot)
    asked_of: dict[int, Decimal] = {}
    for line, wish in named:
        chosen, refused = _chosen(work, line, wish, held, asked_of.get(line.id, ZERO))
        violations.extend(refused)
        takes.extend(chosen)
        asked_of[line.id] = asked_of.get(line.id, ZERO) + sum((t.quantity for t in chosen), ZERO)
    for t in takes:
        violations.extend(fit_for_use(work, t.line.stock_code, t.lot))
    work.insist(violations)
    if takes:
        take(work, order.id, takes, MovementKind.ISSUE)
        # Another lot may have been taken than the reserved one.
        _free_surplus(work, order.id, {t.line.id for t in takes if t.quantity != t.was_reserved})
    count_change(work, order)
    issued = [{"material": t.line.stock_code, "lot": t.lot.lot, "quantity": t.quantity} for t in takes]
    told = ", ".join(f"{shown(t.quantity)} {t.line.unit} {t.line.stock_code} from {t.lot.lot}" for t in takes[:3])
    more = f" and {len(takes) - 3} more" if len(takes) > 3 else ""
    work.tell(
        EntityType.WORK_ORDER, order.number, f"Issued to {order.number}: {told or 'nothing'}{more}.", issued=issued
    )
    return answer(order.number, order.status, order.version + 1, issued=issued)


def _issued_last(work: Work, lines: Collection[Row[Any]]) -> dict[str, object]:
    """Tell who has issued the material of an order before, as far as somebody has."""
    issued = [line.id for line in lines if line.issued > 0]
    last = told_last(work, WorkOrderMaterial, issued, "issued") if issued else None
    return {"issued_by": last.badge, "issued_at": last.at, "terminal": last.terminal} if last is not None else {}


def _chosen(
    work: Work, line: Row[Any], wish: IssueLine, held: Sequence[Row[Any]], before: Decimal
) -> tuple[list[Take], list[ManufacturingException]]:
    """Choose the lots for one wish, and name what speaks against it; `before` is what earlier wishes of the same command take of the line."""
    at_the_machine = line.issued - line.returned + before
    if wish.lot is not None:
        return _from_lot(work, line, wish, held, at_the_machine)
    quantity = line.reserved if wish.quantity is None else wish.quantity
    if quantity <= 0:
        return [], [guards.not_allocated(facts_of(line), line.reserved)]
    above = at_the_machine + quantity > line.required
    refused = [_above(line, at_the_machine, quantity)] if above else []
    if not above and quantity > line.reserved:
        return [], [
            refusal(
                "MATERIAL_NOT_ALLOCATED",
                material=line.stock_code,
                unit=line.unit,
                required=quantity,
                allocated=line.reserved,
                short=quantity - line.reserved,
            )
        ]
    takes, short = take_for(work, line, quantity, held, beyond_reserved=above)
    if short > 0:
        refused.append(_short(line, quantity - short, reserved_elsewhere(work, [line])[line.id], short))
    return takes, refused


def _from_lot(
    work: Work, line: Row[Any], wish: IssueLine, held: Sequence[Row[Any]], at_the_machine: Decimal
) -> tuple[list[Take], list[ManufacturingException]]:
    own = next((row for row in held if row.line_id == line.id and row.lot == wish.lot), None)
    lot = own if own is not None else work.first(_NAMED_LOT, {"material": line.material_id, "lot": wish.lot})
    if lot is None:
        return [], [refusal("MATERIAL_LOT_NOT_FOUND", lot=wish.lot, material=line.stock_code)]
    reserved = own.line_reserved if own is not None else ZERO
    free = lot.on_hand - lot.reserved
    quantity = (
        wish.quantity if wish.quantity is not None else reserved or min(free, max(ZERO, line.required - at_the_machine))
    )
    if quantity <= 0:
        return [], [guards.not_allocated(facts_of(line), line.reserved)]
    refused = [_above(line, at_the_machine, quantity)] if at_the_machine + quantity > line.required else []
    if quantity > reserved + free:
        refused.append(
            refusal(
                "MATERIAL_INSUFFICIENT_STOCK",
                material=line.stock_code,
                lot=lot.lot,
                unit=line.unit,
                required=quantity,
                available=reserved + free,
                reserved_elsewhere=lot.reserved - reserved,
                short=quantity - reserved - free,
            )
        )
    return [Take(line, lot, quantity, min(quantity, reserved))], refused


def _above(line: Row[Any], at_the_machine: Decimal, quantity: Decimal) -> ManufacturingException:
    return refusal(
        "MATERIAL_ALLOCATION_EXCEEDED",
        material=line.stock_code,
        unit=line.unit,
        required=line.required,
        issued=at_the_machine,
        asked=quantity,
    )


def _free_surplus(work: Work, order: int, lines: Collection[int], *, but: Collection[int] = ()) -> None:
    """Free what is reserved above the need of these lines, from the lots that would be used last; of the lines in `but` everything."""
    if not lines:
        return
    held = work.all(_RESERVED_LOTS, {"order": order})
    freed: list[tuple[Row[Any], Decimal]] = []
    for line in lines_of(work, order):
        if line.id not in lines:
            continue
        own = {row.id: row for row in held if row.line_id == line.id}
        needed = ZERO if line.id in but else max(ZERO, line.required - (line.issued - line.returned))
        kept = {p.lot.id: p.quantity for p in pick([_own(row) for row in own.values()], needed)}
        freed += [(row, row.line_reserved - kept.get(LotId(key), ZERO)) for key, row in own.items()]
    _unreserve(work, [(row, quantity) for row, quantity in freed if quantity > 0])


# ---------------------------------------------------------------------- bringing back


@handles(ReturnMaterial)
def bring_back(work: Work, command: ReturnMaterial) -> Fields:
    """Bring issued and unused material back to the lot it came from: the one named, else the last one first. Nothing comes back before it was issued.

    After the order is over this is a correction and asks for the right to reverse outputs. Refusals: MATERIAL_RETURN_EXCEEDED, MATERIAL_LOT_NOT_FOUND.
    """
    order = locked(work, command.number, command.seen_version)
    if order.status not in lifecycle.OPEN:
        work.need("work_order.reverse_output")
    line = next((line for line in lines_of(work, order.id) if line.stock_code == command.material), None)
    if line is None:
        raise refusal("MATERIAL_NOT_FOUND", material=command.material, number=order.number)
    if command.quantity <= 0:
        raise refusal("MATERIAL_INVALID_QUANTITY", material=command.material, quantity=command.quantity)
    _in_its_time(work, order)
    issued = [row for row in work.all(_ISSUED_LOTS, {"order": order.id}) if row.line_id == line.id]
    if command.lot is not None:
        issued = [row for row in issued if row.lot == command.lot]
        if not issued:
            raise refusal("MATERIAL_LOT_NOT_FOUND", lot=command.lot, material=command.material, number=order.number)
    unused = line.issued - line.returned - line.consumed
    returnable = min(unused, sum((row.issued - row.returned for row in issued), ZERO))
    if command.quantity > returnable:
        raise refusal(
            "MATERIAL_RETURN_EXCEEDED",
            material=command.material,
            unit=line.unit,
            returnable=returnable,
            asked=command.quantity,
        )
    back = spread(issued, command.quantity)
    if work.is_late:
        for first in work.all(_FIRST_ISSUED, {"order": order.id, "lots": [row.id for row, _ in back]}):
            work.after(first.at)
    give_back(work, order.id, [Back(line, row, part) for row, part in back], MovementKind.RETURN)
    count_change(work, order)
    told = ", ".join(f"{shown(quantity)} {line.unit} to {row.lot}" for row, quantity in back)
    returned = [{"lot": row.lot, "quantity": quantity} for row, quantity in back]
    work.tell(
        EntityType.WORK_ORDER,
        order.number,
        f"{line.stock_code} came back from {order.number}: {told}.",
        material=line.stock_code,
        returned=returned,
    )
    return answer(order.number, order.status, order.version + 1, returned=returned)


def return_unused(work: Work, order: int) -> None:
    """Bring back everything that was issued and not used."""
    issued = work.all(_ISSUED_LOTS, {"order": order})
    backs = [
        Back(line, row, part)
        for line in lines_of(work, order)
        for row, part in spread(
            [row for row in issued if row.line_id == line.id], line.issued - line.returned - line.consumed
        )
    ]
    give_back(work, order, backs, MovementKind.RETURN)


def spread(
    issued: Sequence[Row[Any]], quantity: Decimal, *, of: Mapping[int, Decimal] | None = None
) -> list[tuple[Row[Any], Decimal]]:
    """Share out what goes back to the lots it came from, the newest first; with `of`, no more to each than that."""
    back = []
    for row in reversed(issued):
        part = min(quantity, row.issued - row.returned, *(() if of is None else (of.get(row.id, ZERO),)))
        if part > 0:
            back.append((row, part))
            quantity -= part
    return back


@dataclass(frozen=True, slots=True)
class Back:
    """What goes back from a line to the lot it came from; `kept` of it stays reserved for the line."""

    line: Row[Any]
    lot: Row[Any]
    quantity: Decimal
    kept: Decimal = ZERO


def give_back(
    work: Work,
    order: int,
    backs: Sequence[Back],
    kind: MovementKind,
    *,
    output: int | None = None,
    reason: str | None = None,
) -> None:
    """Put issued material back into its lots."""
    if not backs:
        return
    work.run(
        _MOVE_LOT,
        sorted(
            ({"lot_key": b.lot.id, "came": b.quantity, "promised": b.kept} for b in backs),
            key=lambda v: int(v["lot_key"]),
        ),
    )
    work.run(
        _UNRESERVE_ALLOCATION,
        [{"line": b.line.id, "lot_key": b.lot.id, "freed": -b.kept, "taken": ZERO, "back": b.quantity} for b in backs],
    )
    totals: dict[int, tuple[Decimal, Decimal]] = {}
    for b in backs:
        kept, back = totals.get(b.line.id, (ZERO, ZERO))
        totals[b.line.id] = (kept + b.kept, back + b.quantity)
    work.run(
        _MOVE_LINE,
        [{"line": line, "promised": kept, "taken": ZERO, "back": back} for line, (kept, back) in totals.items()],
    )
    movements(work, [(b.lot.id, b.quantity) for b in backs], kind, order=order, output=output, reason=reason)
    for b in backs:
        work.touch(EntityType.STOCK_LOT, f"{b.line.stock_code}/{b.lot.lot}")


def backflushed_lots(work: Work, order: int, output: int) -> Sequence[Row[Any]]:
    """Lock the lots that an order has taken from, and read what one of its outputs took from each by itself."""
    return work.all(_BACKFLUSHED_LOTS, {"order": order, "output": output})


def reserved_lots(work: Work, order: int) -> Sequence[Row[Any]]:
    """Lock and read the lots that are reserved for an order."""
    return work.all(_RESERVED_LOTS, {"order": order})
