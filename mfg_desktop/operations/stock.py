"""What is done with lots: receive, adjust, block, put into another category. Every change of quantity is a movement in the ledger."""

from typing import Any, ClassVar

from pydantic import Field
from sqlalchemy import Row, bindparam, insert, select, update

from mfg_desktop.exceptions import combine, refusal
from mfg_desktop.operations import materials
from mfg_desktop.operations.locks import check_seen
from mfg_desktop.rules.quantities import ZERO, shown
from mfg_desktop.service.fields import Code, Moment, Money, Name, Prose, Quantity
from mfg_desktop.service.work import Command, Fields, Work, handles
from mfg_desktop.tables import Product, StockLot
from mfg_desktop.vocabulary import ActionType, EntityType, MovementKind, ProductType, StockCategory


class ReceiveStock(Command):
    called: ClassVar[str] = "stock.receive"
    told_as: ClassVar[ActionType] = ActionType.STOCK_RECEIVE

    material: Code
    lot: Code
    quantity: Quantity = Field(description="How much came in, in the material's unit.")
    unit_cost: Money | None = None
    received_at: Moment | None = None
    expires_at: Moment | None = None
    category: StockCategory | None = None
    location: Name | None = None


class AdjustStock(Command):
    called: ClassVar[str] = "stock.adjust"
    told_as: ClassVar[ActionType] = ActionType.STOCK_ADJUST

    material: Code
    lot: Code
    quantity: Quantity
    reason: Prose


class SetStockCategory(Command):
    called: ClassVar[str] = "stock.set_category"
    told_as: ClassVar[ActionType] = ActionType.STOCK_CHANGE

    material: Code
    lot: Code
    category: StockCategory
    reason: Prose | None = None


class BlockStock(Command):
    called: ClassVar[str] = "stock.block"
    told_as: ClassVar[ActionType] = ActionType.STOCK_CHANGE

    material: Code
    lot: Code
    reason: Prose


class UnblockStock(Command):
    called: ClassVar[str] = "stock.unblock"
    told_as: ClassVar[ActionType] = ActionType.STOCK_CHANGE

    material: Code
    lot: Code
    reason: Prose | None = None


_PRODUCT = select(Product.id, Product.stock_code, Product.type, Product.unit).where(
    Product.stock_code == bindparam("code")
)
_LOT = (
    select(StockLot.__table__)
    .where(StockLot.product_id == bindparam("product"), StockLot.lot == bindparam("number"))
    .with_for_update()
)
_INSERT = insert(StockLot).returning(StockLot.id)
_ADD = (
    update(StockLot)
    .where(StockLot.id == bindparam("lot_key"))
    .values(on_hand=StockLot.on_hand + bindparam("came"), version=StockLot.version + 1)
)
_CHANGE = update(StockLot).where(StockLot.id == bindparam("lot_key"))
_AT_FIRST = {
    ProductType.RAW: StockCategory.RAW,
    ProductType.SEMI_FINISHED: StockCategory.PROCESS,
    ProductType.FINISHED: StockCategory.FINISHED,
}


def _product(work: Work, code: str) -> Row[Any]:
    product = work.first(_PRODUCT, {"code": code})
    if product is None:
        raise refusal("MATERIAL_NOT_FOUND", material=code)
    return product


def _lot(work: Work, material: str, number: str) -> tuple[Row[Any], Row[Any]]:
    product = _product(work, material)
    lot = work.first(_LOT, {"product": product.id, "number": number})
    if lot is None:
        raise refusal("MATERIAL_LOT_NOT_FOUND", lot=number, material=material)
    return product, lot


def _told(material: str, number: str, **more: object) -> Fields:
    return {"material": material, "lot": number, **more}


@handles(ReceiveStock)
def receive(work: Work, command: ReceiveStock) -> Fields:
    """Receive a lot, or more of a lot that is there: it keeps the date of its first arrival.

    Goods that are past their date when they come in are there all the same, and cannot be used; only a day of arrival that is given and lies after the
    expiry is a slip. Refusals: MATERIAL_NOT_FOUND, MATERIAL_INVALID_QUANTITY, VALIDATION_INVALID_TIME for an arrival in the future or after the expiry.
    """
    product = _product(work, command.material)
    received = work.moment(command.received_at, field="received_at") if command.received_at else work.now
    expires = work.moment(command.expires_at, field="expires_at") if command.expires_at else None
    found = []
    if command.quantity <= 0:
        found.append(
            refusal("MATERIAL_INVALID_QUANTITY", field="quantity", material=command.material, quantity=command.quantity)
        )
    if command.unit_cost is not None and command.unit_cost < 0:
        found.append(refusal("VALIDATION_INVALID_FORMAT", field="unit_cost", reason="must not be below zero"))
    if received > work.now:
        found.append(refusal("VALIDATION_INVALID_TIME", field="received_at", value=received, latest=work.now))
    if command.received_at is not None and expires is not None and expires <= received:
        found.append(refusal("VALIDATION_INVALID_TIME", field="expires_at", value=expires, earliest=received))
    if found:
        raise combine(found)
    there = work.first(_LOT, {"product": product.id, "number": command.lot})
    if there is not None:
        if (command.category is not None and command.category is not there.category) or (
            expires is not None and expires != there.expires_at
        ):
            raise refusal("VALIDATION_DUPLICATE_VALUE", field="lot", value=command.lot)
        lot = there.id
        work.run(_ADD, {"lot_key": lot, "came": command.quantity})
        on_hand = there.on_hand + command.quantity
    else:
        on_hand = command.quantity
        lot = work.value(
            _INSERT,
            {
                "product_id": product.id,
                "lot": command.lot,
                "category": command.category or _AT_FIRST[product.type],
                "on_hand": command.quantity,
                "reserved": ZERO,
                "unit_cost": command.unit_cost,
                "received_at": received,
                "expires_at": expires,
                "location": command.location,
                "blocked": False,
            },
        )
    materials.movements(work, [(lot, command.quantity)], MovementKind.RECEIPT)
    work.tell(
        EntityType.STOCK_LOT,
        f"{command.material}/{command.lot}",
        f"{shown(command.quantity)} {product.unit} of {command.material} came in as lot {command.lot}.",
        quantity=command.quantity,
    )
    return _told(command.material, command.lot, on_hand=on_hand)


@handles(AdjustStock)
def adjust(work: Work, command: AdjustStock) -> Fields:
    """Correct a lot by the signed difference that was counted.

    Refusals: WORK_ORDER_CHANGED_ELSEWHERE where the lot is no longer what the count was compared with, MATERIAL_INVALID_QUANTITY for zero,
    MATERIAL_INSUFFICIENT_STOCK below what is reserved.
    """
    product, lot = _lot(work, command.material, command.lot)
    check_seen(work, lot, StockLot, command.seen_version, thing="lot", code=command.lot)
    if command.quantity == 0:
        raise refusal("MATERIAL_INVALID_QUANTITY", material=command.material, quantity=command.quantity)
    work.after(lot.received_at)
    free = lot.on_hand - lot.reserved
    if free + command.quantity < 0:
        raise refusal(
            "MATERIAL_INSUFFICIENT_STOCK",
            material=command.material,
            lot=command.lot,
            unit=product.unit,
            required=-command.quantity,
            available=free,
            reserved_elsewhere=lot.reserved,
            short=-command.quantity - free,
        )
    work.run(_ADD, {"lot_key": lot.id, "came": command.quantity})
    materials.movements(work, [(lot.id, command.quantity)], MovementKind.ADJUSTMENT, reason=command.reason)
    sign = "+" if command.quantity > 0 else "-"
    work.tell(
        EntityType.STOCK_LOT,
        f"{command.material}/{command.lot}",
        f"Lot {command.lot} of {command.material} was adjusted by {sign}{shown(abs(command.quantity))} {product.unit}: {command.reason}",
        quantity=command.quantity,
        reason=command.reason,
    )
    return _told(command.material, command.lot, on_hand=lot.on_hand + command.quantity)


@handles(SetStockCategory)
def set_category(work: Work, command: SetStockCategory) -> Fields:
    """Put a lot into another category, such as QUARANTINE. What is reserved of it stays reserved, and cannot be issued while the category forbids it."""
    _, lot = _lot(work, command.material, command.lot)
    work.run(_CHANGE.values(category=command.category, version=StockLot.version + 1), {"lot_key": lot.id})
    work.tell(
        EntityType.STOCK_LOT,
        f"{command.material}/{command.lot}",
        f"Lot {command.lot} of {command.material} went from {lot.category.value} to {command.category.value}.",
        reason=command.reason,
    )
    return _told(command.material, command.lot, category=command.category)


@handles(BlockStock)
def block(work: Work, command: BlockStock) -> Fields:
    _, lot = _lot(work, command.material, command.lot)
    work.run(
        _CHANGE.values(blocked=True, block_reason=command.reason, version=StockLot.version + 1), {"lot_key": lot.id}
    )
    work.tell(
        EntityType.STOCK_LOT,
        f"{command.material}/{command.lot}",
        f"Lot {command.lot} of {command.material} was blocked: {command.reason}",
        reason=command.reason,
    )
    return _told(command.material, command.lot, blocked=True)


@handles(UnblockStock)
def unblock(work: Work, command: UnblockStock) -> Fields:
    _, lot = _lot(work, command.material, command.lot)
    work.run(_CHANGE.values(blocked=False, block_reason=None, version=StockLot.version + 1), {"lot_key": lot.id})
    work.tell(
        EntityType.STOCK_LOT,
        f"{command.material}/{command.lot}",
        f"Lot {command.lot} of {command.material} may be used again.",
        reason=command.reason,
    )
    return _told(command.material, command.lot, blocked=False)
