"""What is done with products and their bills of material."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Executable, Row, bindparam, delete, insert, select, update

from mfg_desktop.exceptions import ManufacturingException, combine, refusal
from mfg_desktop.operations import materials
from mfg_desktop.operations.locks import check_seen
from mfg_desktop.service.fields import Code, Name, Prose, Quantity, Truth, Whole
from mfg_desktop.service.work import Command, Fields, Work, handles
from mfg_desktop.tables import Bom, BomLine, PlantSetting, Product, WorkOrder
from mfg_desktop.vocabulary import ActionType, EntityType, IssueMethod, ProductType, Tracking


class CreateProduct(Command):
    called: ClassVar[str] = "product.create"
    told_as: ClassVar[ActionType] = ActionType.PRODUCT_CREATE

    stock_code: Code
    name: Name
    type: ProductType
    unit: Code
    active: Truth = True
    tracking: Tracking = Tracking.LOT


class UpdateProduct(Command):
    called: ClassVar[str] = "product.update"
    told_as: ClassVar[ActionType] = ActionType.PRODUCT_UPDATE

    stock_code: Code
    name: Name | None = None
    type: ProductType | None = None
    unit: Code | None = None
    active: Truth | None = None
    tracking: Tracking | None = None


class BomLineGiven(BaseModel):
    """One component of a bill of material, as given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    component: Code
    quantity: Quantity
    scrap_percentage: Quantity = Decimal(0)
    issue_method: IssueMethod = IssueMethod.PICK
    operation_sequence: Whole | None = None
    notes: Prose | None = None


class SetBom(Command):
    called: ClassVar[str] = "bom.set"
    told_as: ClassVar[ActionType] = ActionType.BOM_CHANGE

    product: Code
    lines: tuple[BomLineGiven, ...] = Field(max_length=500)


class CloneBom(Command):
    called: ClassVar[str] = "bom.clone"
    told_as: ClassVar[ActionType] = ActionType.BOM_CHANGE

    source: Code
    target: Code


_PRODUCT = select(Product.id, Product.stock_code, Product.type, Product.version).where(
    Product.stock_code == bindparam("code")
)
_LOCK_PRODUCT = _PRODUCT.with_for_update()
_INSERT = insert(Product)
_UPDATE = update(Product).where(Product.id == bindparam("product"))
_COMPONENTS = select(Product.id, Product.stock_code).where(Product.stock_code.in_(bindparam("codes", expanding=True)))
_BOM = select(Bom.id, Bom.version).where(Bom.product_id == bindparam("product"))
_INSERT_BOM = insert(Bom).returning(Bom.id)
_UPDATE_BOM = update(Bom).where(Bom.id == bindparam("bom")).values(active=True, version=Bom.version + 1)
_FIELDS = ("component_id", "position", "quantity", "scrap_percentage", "issue_method", "operation_sequence", "notes")
_LINES = select(BomLine.id, *(getattr(BomLine, name) for name in _FIELDS)).where(BomLine.bom_id == bindparam("bom"))
_SOURCE = (
    select(Product.stock_code, *(getattr(BomLine, name) for name in _FIELDS))
    .join(Product, Product.id == BomLine.component_id)
    .join(Bom, Bom.id == BomLine.bom_id)
    .where(Bom.product_id == bindparam("product"), Bom.active)
    .order_by(BomLine.position)
)
_ACTIVE_BOM = _BOM.where(Bom.active)
_INSERT_LINES = insert(BomLine)
_STEP_ASIDE = (
    update(BomLine).where(BomLine.id.in_(bindparam("lines", expanding=True))).values(position=-BomLine.position)
)
_CHANGE_LINE = (
    update(BomLine)
    .where(BomLine.id == bindparam("line"))
    .values({name: bindparam(f"new_{name}") for name in _FIELDS if name != "component_id"})
)
_LET_GO = (
    update(WorkOrder)
    .where(WorkOrder.bom_line_id.in_(bindparam("lines", expanding=True)))
    .values(bom_line_id=None, version=WorkOrder.version + 1)
    .returning(WorkOrder.number)
)
_DROP_LINES = delete(BomLine).where(BomLine.id.in_(bindparam("lines", expanding=True)))
# One at a time: two that are set at once could each be without a cycle and together make one.
_ONE_AT_A_TIME = select(PlantSetting.id).where(PlantSetting.id == 1).with_for_update()


def _product(work: Work, code: str, statement: Executable = _PRODUCT) -> Row[Any]:
    product = work.first(statement, {"code": code})
    if product is None:
        raise refusal("MATERIAL_NOT_FOUND", material=code)
    return product


@handles(CreateProduct)
def create(work: Work, command: CreateProduct) -> Fields:
    """Refusals: VALIDATION_DUPLICATE_VALUE for a stock code that is there."""
    if work.first(_PRODUCT, {"code": command.stock_code}) is not None:
        raise refusal("VALIDATION_DUPLICATE_VALUE", field="stock_code", value=command.stock_code)
    work.run(
        _INSERT,
        {
            "stock_code": command.stock_code,
            "name": command.name,
            "type": command.type,
            "unit": command.unit,
            "active": command.active,
            "tracking": command.tracking,
        },
    )
    work.tell(EntityType.PRODUCT, command.stock_code, f"Product {command.stock_code} was created: {command.name}.")
    return {"stock_code": command.stock_code, "name": command.name}


@handles(UpdateProduct)
def change(work: Work, command: UpdateProduct) -> Fields:
    """Refusals: MATERIAL_NOT_FOUND, WORK_ORDER_CHANGED_ELSEWHERE."""
    product = _product(work, command.stock_code, _LOCK_PRODUCT)
    check_seen(work, product, Product, command.seen_version, thing="product", code=command.stock_code)
    fields = ("name", "type", "unit", "active", "tracking")
    values = {name: value for name in fields if (value := getattr(command, name)) is not None}
    if not values:
        raise refusal("VALIDATION_REQUIRED_FIELD", field="name")
    work.run(_UPDATE.values(**values, version=Product.version + 1), {"product": product.id})
    work.tell(
        EntityType.PRODUCT,
        command.stock_code,
        f"Product {command.stock_code} was changed: {', '.join(sorted(values))}.",
    )
    return {"stock_code": command.stock_code, "version": product.version + 1}


@handles(SetBom)
def set_bom(work: Work, command: SetBom) -> Fields:
    """Set what one piece takes. An empty list says that it takes nothing. A product without a bill was seen at version 0 of it.

    Refusals: MATERIAL_NOT_FOUND, MATERIAL_INVALID_QUANTITY, VALIDATION_DUPLICATE_VALUE, MATERIAL_BOM_CYCLE, WORK_ORDER_CHANGED_ELSEWHERE.
    """
    product = _product(work, command.product)
    work.run(_ONE_AT_A_TIME)
    bom = work.first(_BOM, {"product": product.id})
    if bom is not None:
        check_seen(work, bom, Bom, command.seen_version, thing="bill of material", code=command.product)
    codes = [line.component for line in command.lines]
    known = {row.stock_code: row.id for row in work.all(_COMPONENTS, {"codes": codes})} if codes else {}
    found: list[ManufacturingException] = []
    for index, line in enumerate(command.lines):
        if line.component not in known:
            found.append(refusal("MATERIAL_NOT_FOUND", material=line.component))
        elif line.component in codes[:index]:
            found.append(refusal("VALIDATION_DUPLICATE_VALUE", field=f"lines.{index}.component", value=line.component))
        if line.quantity <= 0:
            found.append(refusal("MATERIAL_INVALID_QUANTITY", material=line.component, quantity=line.quantity))
        if not 0 <= line.scrap_percentage < 1000:
            found.append(
                refusal(
                    "VALIDATION_INVALID_FORMAT",
                    field=f"lines.{index}.scrap_percentage",
                    reason="must lie between 0 and 1000",
                )
            )
    if found:
        raise combine(found)
    lines = [
        {
            "component_id": known[line.component],
            "position": position,
            "quantity": line.quantity,
            "scrap_percentage": line.scrap_percentage,
            "issue_method": line.issue_method,
            "operation_sequence": line.operation_sequence,
            "notes": line.notes,
        }
        for position, line in enumerate(command.lines, start=1)
    ]
    version = _write(work, product, bom, lines)
    work.tell(
        EntityType.PRODUCT,
        command.product,
        f"The bill of material of {command.product} now has {len(command.lines)} lines.",
        components=codes,
    )
    return {"product": command.product, "lines": len(command.lines), "version": version}


@handles(CloneBom)
def clone_bom(work: Work, command: CloneBom) -> Fields:
    """Make the bill of material of the target what the source's is. Refusals: MATERIAL_NOT_FOUND, MATERIAL_BOM_NOT_FOUND, MATERIAL_BOM_CYCLE."""
    source, target = _product(work, command.source), _product(work, command.target)
    if source.id == target.id:
        raise refusal(
            "VALIDATION_INVALID_CHOICE", field="target", value=command.target, reason="it is the source itself"
        )
    work.run(_ONE_AT_A_TIME)
    if work.first(_ACTIVE_BOM, {"product": source.id}) is None:
        raise refusal("MATERIAL_BOM_NOT_FOUND", product=command.source)
    found = work.all(_SOURCE, {"product": source.id})
    bom = work.first(_BOM, {"product": target.id})
    _write(work, target, bom, [{name: getattr(line, name) for name in _FIELDS} for line in found])
    work.tell(
        EntityType.PRODUCT,
        command.target,
        f"The bill of material of {command.target} is now that of {command.source}, with {len(found)} lines.",
        source=command.source,
        components=[line.stock_code for line in found],
    )
    return {"product": command.target, "source": command.source, "lines": len(found)}


def _write(work: Work, product: Row[Any], bom: Row[Any] | None, lines: Sequence[dict[str, Any]]) -> int:
    """Bring a bill of material to these lines, refuse one that leads back to its product, and give its version.

    The line of a component that stays keeps its row, since the orders for parts name the row they were made from.
    """
    if bom is None:
        key = work.value(_INSERT_BOM, {"product_id": product.id, "active": True})
    else:
        key = bom.id
        # Changed before its lines are read: whoever makes orders from them holds on to this row meanwhile.
        work.run(_UPDATE_BOM, {"bom": key})
    there = {row.component_id: row for row in work.all(_LINES, {"bom": key})}
    wanted = {line["component_id"] for line in lines}
    gone = [row.id for component, row in there.items() if component not in wanted]
    if gone:
        # What its parent can make is reckoned otherwise from now on.
        for order in work.all(_LET_GO, {"lines": gone}):
            work.touch(EntityType.WORK_ORDER, order.number)
        work.run(_DROP_LINES, {"lines": gone})
    changed = [
        {"line": row.id, **{f"new_{name}": line[name] for name in _FIELDS if name != "component_id"}}
        for line in lines
        if (row := there.get(line["component_id"])) is not None and any(getattr(row, n) != line[n] for n in _FIELDS)
    ]
    if changed:
        # Two lines that change places would meet at one: below zero nobody stands.
        work.run(_STEP_ASIDE, {"lines": [line["line"] for line in changed]})
        work.run(_CHANGE_LINE, changed)
    new = [{"bom_id": key, **line} for line in lines if line["component_id"] not in there]
    if new:
        work.run(_INSERT_LINES, new)
    path = materials.cycle(work, product.id)
    if path:
        raise refusal("MATERIAL_BOM_CYCLE", product=product.stock_code, path=list(path))
    return 1 if bom is None else int(bom.version) + 1
