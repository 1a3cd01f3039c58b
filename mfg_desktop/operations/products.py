"""What is done with products and their bills of material."""

from decimal import Decimal
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row, bindparam, delete, insert, select, update

from mfg_desktop.exceptions import ManufacturingException, combine, refusal
from mfg_desktop.operations import materials
from mfg_desktop.service.fields import Code, Name, Prose, Quantity, Truth, Whole
from mfg_desktop.service.work import Command, Fields, Work, handles
from mfg_desktop.tables import Bom, BomLine, PlantSetting, Product
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


_PRODUCT = select(Product.id, Product.stock_code, Product.type, Product.version).where(
    Product.stock_code == bindparam("code")
)
_INSERT = insert(Product)
_UPDATE = update(Product).where(Product.id == bindparam("product"))
_COMPONENTS = select(Product.id, Product.stock_code).where(Product.stock_code.in_(bindparam("codes", expanding=True)))
_BOM = select(Bom.id, Bom.version).where(Bom.product_id == bindparam("product"))
_INSERT_BOM = insert(Bom).returning(Bom.id)
_UPDATE_BOM = update(Bom).where(Bom.id == bindparam("bom")).values(active=True, version=Bom.version + 1)
_DROP_LINES = delete(BomLine).where(BomLine.bom_id == bindparam("bom"))
_INSERT_LINES = insert(BomLine)
# One at a time: two that are set at once could each be without a cycle and together make one.
_ONE_AT_A_TIME = select(PlantSetting.id).where(PlantSetting.id == 1).with_for_update()


def _product(work: Work, code: str) -> Row[Any]:
    product = work.first(_PRODUCT, {"code": code})
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
    product = _product(work, command.stock_code)
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
    """Set what one piece takes. An empty list says that it takes nothing. Refusals: MATERIAL_NOT_FOUND, MATERIAL_INVALID_QUANTITY, VALIDATION_DUPLICATE_VALUE, MATERIAL_BOM_CYCLE."""
    product = _product(work, command.product)
    work.run(_ONE_AT_A_TIME)
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
    bom = work.first(_BOM, {"product": product.id})
    if bom is None:
        key = work.run(_INSERT_BOM, {"product_id": product.id, "active": True}).scalar_one()
    else:
        key = bom.id
        work.run(_UPDATE_BOM, {"bom": key})
        work.run(_DROP_LINES, {"bom": key})
    if command.lines:
        work.run(
            _INSERT_LINES,
            [
                {
                    "bom_id": key,
                    "position": position,
                    "component_id": known[line.component],
                    "quantity": line.quantity,
                    "scrap_percentage": line.scrap_percentage,
                    "issue_method": line.issue_method,
                    "operation_sequence": line.operation_sequence,
                    "notes": line.notes,
                }
                for position, line in enumerate(command.lines, start=1)
            ],
        )
    path = materials.cycle(work, product.id)
    if path:
        raise refusal("MATERIAL_BOM_CYCLE", product=command.product, path=list(path))
    work.tell(
        EntityType.PRODUCT,
        command.product,
        f"The bill of material of {command.product} now has {len(command.lines)} lines.",
        components=codes,
    )
    return {"product": command.product, "lines": len(command.lines)}
