"""What is reported as made: good, scrap and rework, what it uses, where it goes; and how a wrong report is taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from mfg_desktop.exceptions import ManufacturingException, combine, refusal
from mfg_desktop.operations import floor, materials
from mfg_desktop.operations.locks import answer, facts, locked, told_last
from mfg_desktop.rules import lifecycle, production
from mfg_desktop.rules.quantities import ZERO, shown, used_by
from mfg_desktop.service.fields import Code, Name, Prose, Quantity, Whole
from mfg_desktop.service.work import Command, Fields, Work, handles
from mfg_desktop.tables import (
    OutputScrap,
    Person,
    ProductionOutput,
    StockLot,
    WorkOrder,
    WorkOrderMaterial,
    WorkOrderOperation,
)
from mfg_desktop.vocabulary import Action, ActionType, EntityType, IssueMethod, MovementKind, ProductType, StockCategory


class ScrapPart(BaseModel):
    """A part of the scrapped quantity with its reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    quantity: Quantity
    reason: Name


class RecordOutput(Command):
    called: ClassVar[str] = "work_order.record_output"
    told_as: ClassVar[ActionType] = ActionType.PRODUCTION_RECORD

    number: Code
    good: Quantity
    scrapped: Quantity | None = None
    scrap_reason: Name | None = None
    scrap: tuple[ScrapPart, ...] = Field((), max_length=50)
    rework: Quantity = Decimal(0)
    batch_number: Code | None = None
    operation: Whole | None = Field(None, description="Sequence of the operation; by default the order's last one.")
    operator: Code | None = None
    notes: Prose | None = None


class ReverseOutput(Command):
    called: ClassVar[str] = "work_order.reverse_output"
    told_as: ClassVar[ActionType] = ActionType.PRODUCTION_REVERSE

    number: Code
    output: Whole
    reason: Prose


SCRAP_LOT = "-SCRAP"

_OPERATOR = select(Person.id).where(Person.badge == bindparam("badge"), Person.active)
_INSERT_OUTPUT = insert(ProductionOutput).returning(ProductionOutput.id)
_INSERT_SCRAP = insert(OutputScrap)
_SET_CONSUMED = (
    update(WorkOrderMaterial)
    .where(WorkOrderMaterial.id == bindparam("line"))
    .values(consumed=bindparam("used"), version=WorkOrderMaterial.version + 1)
)
_ADD_PIECES = (
    update(WorkOrder)
    .where(WorkOrder.id == bindparam("order"))
    .values(
        quantity_completed=WorkOrder.quantity_completed + bindparam("good"),
        quantity_scrapped=WorkOrder.quantity_scrapped + bindparam("scrapped"),
        last_event_at=bindparam("happened"),
        version=WorkOrder.version + 1,
    )
)
_ADD_TO_OPERATION = (
    update(WorkOrderOperation)
    .where(WorkOrderOperation.id == bindparam("operation"))
    .values(
        good=WorkOrderOperation.good + bindparam("more_good"),
        scrapped=WorkOrderOperation.scrapped + bindparam("more_scrapped"),
        version=WorkOrderOperation.version + 1,
    )
)
_INTO_LOT = {
    dialect: (statement := make(StockLot))
    .on_conflict_do_update(
        index_elements=[StockLot.product_id, StockLot.lot],
        set_={"on_hand": StockLot.on_hand + statement.excluded.on_hand, "version": StockLot.version + 1},
    )
    .returning(StockLot.id, StockLot.category)
    for dialect, make in ((True, postgres_insert), (False, sqlite_insert))
}
_OUTPUT = select(
    ProductionOutput.id,
    ProductionOutput.good,
    ProductionOutput.scrapped,
    ProductionOutput.rework,
    ProductionOutput.batch_number,
    ProductionOutput.operator_id,
    ProductionOutput.reverses_id,
    ProductionOutput.at,
    ProductionOutput.operation_id,
    ProductionOutput.machine,
).where(ProductionOutput.work_order_id == bindparam("order"), ProductionOutput.id == bindparam("output"))
_REVERSAL = (
    select(ProductionOutput.id, ProductionOutput.at, Person.badge)
    .join(Person, Person.id == ProductionOutput.operator_id)
    .where(ProductionOutput.reverses_id == bindparam("output"))
)
_SCRAP = (
    select(OutputScrap.quantity, OutputScrap.reason)
    .where(OutputScrap.output_id == bindparam("output"))
    .order_by(OutputScrap.id)
)
_LOT = (
    select(StockLot.id, StockLot.on_hand, StockLot.reserved)
    .where(StockLot.product_id == bindparam("product"), StockLot.lot == bindparam("lot"))
    .with_for_update()
)
_LEAVE_LOT = (
    update(StockLot)
    .where(StockLot.id == bindparam("lot_key"))
    .values(on_hand=StockLot.on_hand - bindparam("gone"), version=StockLot.version + 1)
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where pieces are made: the order alone, or one of its operations."""

    order: Row[Any]
    operations: Sequence[Row[Any]] = ()
    operation: Row[Any] | None = None

    @property
    def is_last(self) -> bool:
        """Whether what is good here is a finished piece of the order."""
        return self.operation is None or self.operation.sequence == self.operations[-1].sequence

    @property
    def machine(self) -> str | None:
        code: str | None = self.order.machine
        return code if self.operation is None else self.operation.machine or code

    @property
    def good(self) -> Decimal:
        good: Decimal = self.order.quantity_completed if self.operation is None else self.operation.good
        return good

    @property
    def pieces(self) -> Decimal:
        """Made here until now, good or scrapped: what material is used by."""
        if self.operation is None:
            return self.good + Decimal(self.order.quantity_scrapped)
        return self.good + Decimal(self.operation.scrapped)

    def uses(self, line: Row[Any]) -> bool:
        """Whether pieces made here use the material: at its operation, if the order has that one, else at the first."""
        if self.operation is None:
            return True
        there = {operation.sequence for operation in self.operations}
        at = line.operation_sequence if line.operation_sequence in there else min(there)
        return bool(at == self.operation.sequence)


@dataclass(frozen=True, slots=True)
class Booked:
    """What a report came to: its entry, and the totals after it."""

    output: int
    batch_number: str
    good: Decimal
    """Of the order."""
    scrapped: Decimal
    sentence: str
    details: Fields


@handles(RecordOutput)
def record_output(work: Work, command: RecordOutput) -> Fields:
    """Report pieces: totals go up, material is used, good pieces enter stock in the lot of the batch number and scrapped ones the scrap lot.

    Of an order with operations only the good of the last one are finished pieces. Refusals: the PRODUCTION codes; OPERATION_NOT_FOUND;
    MATERIAL_NOT_ISSUED (overridable) when a picked material does not cover the use; MATERIAL_INSUFFICIENT_STOCK when a backflushed one cannot be
    issued. With MATERIAL_NOT_ISSUED lifted, use is booked only as far as material is at the machine.
    """
    order = locked(work, command.number, command.seen_version)
    place = place_of(work, order, command.operation)
    report = production.report_of(
        good=command.good,
        scrapped=command.scrapped,
        scrap_reason=command.scrap_reason,
        scrap=[(part.quantity, part.reason) for part in command.scrap],
        rework=command.rework,
    )
    known = floor.operation_facts(work, place.operation) if place.operation is not None else None
    found = production.violations(facts(work, order), report, work.plant.overproduction_percent, known)
    booked = book(
        work,
        place,
        report,
        found,
        operator=command.operator,
        batch_number=command.batch_number,
        notes=command.notes,
    )
    work.tell(EntityType.WORK_ORDER, order.number, booked.sentence, **booked.details)
    at = place.operation
    there = {} if at is None else {"sequence": at.sequence, "operation_good": at.good + report.good}
    return answer(
        order.number,
        order.status,
        order.version + 1,
        output=booked.output,
        batch_number=booked.batch_number,
        quantity_completed=booked.good,
        quantity_scrapped=booked.scrapped,
        **there,
    )


def place_of(work: Work, order: Row[Any], sequence: int | None) -> Place:
    """Find the operation of a locked order that pieces are reported at: the one named, else the last one. Refusals: OPERATION_NOT_FOUND."""
    operations = floor.operations_of(work, order)
    if sequence is None:
        return Place(order, operations, operations[-1]) if operations else Place(order)
    operation = next((one for one in operations if one.sequence == sequence), None)
    if operation is None:
        raise refusal("OPERATION_NOT_FOUND", number=order.number, sequence=sequence)
    return Place(order, operations, operation)


def book(
    work: Work,
    place: Place,
    report: production.Report,
    found: Sequence[ManufacturingException],
    *,
    operator: str | None,
    batch_number: str | None,
    notes: str | None,
) -> Booked:
    """Book a report with all that follows from it, unless `found` or the material stands in the way."""
    order, operation = place.order, place.operation
    violations = list(found)
    made_by = _operator(work, order.number, operator, violations)
    if violations and any(not violation.entry.overridable for violation in violations):
        raise combine(violations)
    began = order.actual_start if operation is None else operation.started_at
    work.after(order.last_event_at if not work.is_late else began)
    batch = batch_number or order.number
    lines = [line for line in materials.lines_of(work, order.id) if place.uses(line)]
    held = (
        materials.reserved_lots(work, order.id)
        if any(line.issue_method is IssueMethod.BACKFLUSH and line.reserved > 0 for line in lines)
        else ()
    )
    uses, takes, missing = _uses(work, order, lines, held, place.pieces, place.pieces + report.good + report.scrapped)
    work.insist(violations + missing)

    output: int = work.value(
        _INSERT_OUTPUT,
        {
            "work_order_id": order.id,
            "operation_id": operation.id if operation is not None else None,
            "good": report.good,
            "scrapped": report.scrapped,
            "rework": report.rework,
            "batch_number": batch,
            "operator_id": made_by,
            "machine": place.machine,
            "at": work.now,
            "notes": notes,
            "reverses_id": None,
        },
    )
    if report.scrapped:
        work.run(
            _INSERT_SCRAP, [{"output_id": output, "quantity": part, "reason": reason} for part, reason in report.scrap]
        )
    if takes:
        materials.take(work, order.id, takes, MovementKind.BACKFLUSH, output=output)
    if uses:
        work.run(_SET_CONSUMED, [{"line": line, "used": used} for line, used in uses.items()])
    finished = report.good if place.is_last else ZERO
    _into_stock(work, order, output, batch, finished, report.scrapped)
    if operation is not None:
        floor.end_setup(work, order, operation)
        work.run(
            _ADD_TO_OPERATION,
            {"operation": operation.id, "more_good": report.good, "more_scrapped": report.scrapped},
        )
    _add_pieces(work, order, finished, report.scrapped)
    parts = [
        f"{shown(amount)} {word}"
        for amount, word in ((report.good, "good"), (report.scrapped, "scrap"), (report.rework, "rework"))
        if amount
    ]
    at = f" at operation {operation.sequence}" if operation is not None else ""
    return Booked(
        output,
        batch,
        order.quantity_completed + finished,
        order.quantity_scrapped + report.scrapped,
        f"{', '.join(parts)} reported on {order.number}{at}:"
        f" {shown(place.good + report.good)} of {shown(order.quantity_ordered)} good.",
        {
            "output": output,
            "good": report.good,
            "scrapped": report.scrapped,
            "rework": report.rework,
            "batch_number": batch,
            **({"sequence": operation.sequence} if operation is not None else {}),
        },
    )


def _operator(work: Work, number: str, badge: str | None, violations: list[ManufacturingException]) -> int:
    if badge is None or badge == work.actor.badge:
        return work.actor.person_id
    person = work.first(_OPERATOR, {"badge": badge})
    if person is None:
        violations.append(refusal("PRODUCTION_NO_OPERATOR", number=number, operator=badge))
        return work.actor.person_id
    operator: int = person.id
    return operator


def _uses(
    work: Work, order: Row[Any], lines: Sequence[Row[Any]], held: Sequence[Row[Any]], before: Decimal, after: Decimal
) -> tuple[dict[int, Decimal], list[materials.Take], list[ManufacturingException]]:
    """Work out what the pieces use of each line, what is backflushed for it, and what is missing."""
    uses: dict[int, Decimal] = {}
    takes: list[materials.Take] = []
    missing: list[ManufacturingException] = []
    for line in lines:
        used = used_by(after, required=line.required, ordered=order.quantity_ordered) - used_by(
            before, required=line.required, ordered=order.quantity_ordered
        )
        if used == 0:
            continue
        consumed = line.consumed + used
        at_the_machine = line.issued - line.returned
        if consumed > at_the_machine and line.issue_method is IssueMethod.BACKFLUSH:
            chosen, short = materials.take_for(work, line, consumed - at_the_machine, held, beyond_reserved=True)
            if short > 0:
                available = consumed - at_the_machine - short
                missing.append(
                    refusal(
                        "MATERIAL_INSUFFICIENT_STOCK",
                        material=line.stock_code,
                        unit=line.unit,
                        required=consumed - at_the_machine,
                        available=available,
                        reserved_elsewhere=materials.reserved_elsewhere(work, [line])[line.id],
                        short=short,
                    )
                )
            for t in chosen:
                missing.extend(materials.fit_for_use(work, line.stock_code, t.lot))
            takes.extend(chosen)
        elif consumed > at_the_machine:
            unused = at_the_machine - line.consumed
            missing.append(
                refusal(
                    "MATERIAL_NOT_ISSUED",
                    material=line.stock_code,
                    unit=line.unit,
                    required=used,
                    issued=unused,
                    short=consumed - at_the_machine,
                )
            )
            consumed = at_the_machine
        uses[line.id] = consumed
    return uses, takes, missing


def _into_stock(work: Work, order: Row[Any], output: int, batch: str, good: Decimal, scrapped: Decimal) -> None:
    made = StockCategory.FINISHED if order.product_type is ProductType.FINISHED else StockCategory.PROCESS
    for quantity, lot, category, kind in (
        (good, batch, made, MovementKind.PRODUCED),
        (scrapped, _scrap_lot(batch), StockCategory.SCRAP, MovementKind.SCRAPPED),
    ):
        if not quantity:
            continue
        (there,) = work.all(
            _INTO_LOT[work.on_postgres],
            {
                "product_id": order.product_id,
                "lot": lot,
                "category": category,
                "on_hand": quantity,
                "reserved": ZERO,
                "received_at": work.now,
                "expires_at": None,
                "blocked": False,
                "block_reason": None,
                "location": None,
                "unit_cost": None,
            },
        )
        if (there.category is StockCategory.SCRAP) != (category is StockCategory.SCRAP):
            raise refusal(
                "VALIDATION_INVALID_CHOICE",
                field="batch_number",
                value=batch,
                reason="good pieces and scrap cannot share a lot",
            )
        materials.movements(work, [(there.id, quantity)], kind, order=order.id, output=output)
        work.touch(EntityType.STOCK_LOT, f"{order.stock_code}/{lot}")


def _scrap_lot(batch: str) -> str:
    """Name the lot that scrapped pieces go into: as the batch, with a word behind it, in the 60 characters that a lot's number has."""
    return f"{batch[: 60 - len(SCRAP_LOT)]}{SCRAP_LOT}"


def _add_pieces(work: Work, order: Row[Any], good: Decimal, scrapped: Decimal) -> None:
    happened = max(work.now, order.last_event_at)
    work.run(_ADD_PIECES, {"order": order.id, "good": good, "scrapped": scrapped, "happened": happened})


@handles(ReverseOutput)
def reverse_output(work: Work, command: ReverseOutput) -> Fields:
    """Take a wrong report back by a second one with the opposite quantities: totals, use, backflushed material and stock are put right; both stay visible.

    Refusals: PRODUCTION_OUTPUT_INVALID for an entry that is not there or takes one back itself, PRODUCTION_ALREADY_REVERSED, MATERIAL_INSUFFICIENT_STOCK
    when the pieces have left their lot.
    """
    order = locked(work, command.number, command.seen_version)
    lifecycle.allow_work(facts(work, order), Action.REVERSE_OUTPUT)
    wrong = work.first(_OUTPUT, {"order": order.id, "output": command.output})
    if wrong is None:
        raise refusal("PRODUCTION_OUTPUT_INVALID", number=order.number, output=command.output)
    if wrong.reverses_id is not None:
        raise refusal("PRODUCTION_OUTPUT_INVALID", number=order.number, reversal=wrong.id, reverses=wrong.reverses_id)
    reversed_by = work.first(_REVERSAL, {"output": wrong.id})
    if reversed_by is not None:
        last = told_last(work, ProductionOutput, [reversed_by.id], "reverses_id")
        raise refusal(
            "PRODUCTION_ALREADY_REVERSED",
            number=order.number,
            output=wrong.id,
            reversed_by=reversed_by.badge,
            reversed_at=reversed_by.at,
            terminal=last.terminal if last is not None else None,
        )
    work.after(wrong.at if work.is_late else order.last_event_at)
    place = Place(order)
    if wrong.operation_id is not None:
        operations = floor.operations_of(work, order)
        place = Place(order, operations, next(one for one in operations if one.id == wrong.operation_id))
    finished = wrong.good if place.is_last else ZERO
    output: int = work.value(
        _INSERT_OUTPUT,
        {
            "work_order_id": order.id,
            "operation_id": wrong.operation_id,
            "good": -wrong.good,
            "scrapped": -wrong.scrapped,
            "rework": -wrong.rework,
            "batch_number": wrong.batch_number,
            "operator_id": work.actor.person_id,
            "machine": wrong.machine,
            "at": work.now,
            "notes": command.reason,
            "reverses_id": wrong.id,
        },
    )
    scrap = work.all(_SCRAP, {"output": wrong.id})
    if scrap:
        work.run(
            _INSERT_SCRAP, [{"output_id": output, "quantity": -part.quantity, "reason": part.reason} for part in scrap]
        )
    _give_back_use(work, place, output, wrong.id, place.pieces - wrong.good - wrong.scrapped, command.reason)
    _out_of_stock(work, order, output, wrong, finished, command.reason)
    if place.operation is not None:
        work.run(
            _ADD_TO_OPERATION,
            {"operation": wrong.operation_id, "more_good": -wrong.good, "more_scrapped": -wrong.scrapped},
        )
    _add_pieces(work, order, -finished, -wrong.scrapped)
    work.tell(
        EntityType.WORK_ORDER,
        order.number,
        f"Output {wrong.id} of {order.number} was taken back: {command.reason}",
        output=output,
        reverses=wrong.id,
        good=-wrong.good,
        scrapped=-wrong.scrapped,
        reason=command.reason,
    )
    return answer(
        order.number,
        order.status,
        order.version + 1,
        output=output,
        reverses=wrong.id,
        quantity_completed=order.quantity_completed - finished,
        quantity_scrapped=order.quantity_scrapped - wrong.scrapped,
    )


def _give_back_use(work: Work, place: Place, output: int, wrong: int, pieces: Decimal, reason: str) -> None:
    """Leave only the use of the pieces that still stand.

    What the wrong output backflushed and nobody uses now goes back to the lots it came from, and stays reserved while the order goes on. What was issued
    by hand lies at the machine still.
    """
    order = place.order
    taken = materials.backflushed_lots(work, order.id, wrong)
    backflushed = {row.id: row.backflushed for row in taken if row.backflushed is not None}
    uses = []
    for line in materials.lines_of(work, order.id):
        if not place.uses(line):
            continue
        # Not the difference: an output that was lifted past MATERIAL_NOT_ISSUED has booked less than it used.
        consumed = min(line.consumed, used_by(pieces, required=line.required, ordered=order.quantity_ordered))
        if consumed != line.consumed:
            uses.append({"line": line.id, "used": consumed})
    if not uses:
        return
    work.run(_SET_CONSUMED, uses)
    backs: list[materials.Back] = []
    for line in materials.lines_of(work, order.id):
        own = [row for row in taken if row.line_id == line.id]
        back = materials.spread(own, line.issued - line.returned - line.consumed, of=backflushed)
        total = sum((part for _, part in back), ZERO)
        needed = line.required - line.reserved - (line.issued - line.returned - total)
        keep = order.status in lifecycle.OPEN and total <= needed
        backs.extend(materials.Back(line, row, part, part if keep else ZERO) for row, part in back)
    materials.give_back(work, order.id, backs, MovementKind.REVERSAL, output=output, reason=reason)


def _out_of_stock(work: Work, order: Row[Any], output: int, wrong: Row[Any], finished: Decimal, reason: str) -> None:
    for quantity, lot in (
        (finished, wrong.batch_number),
        (wrong.scrapped, _scrap_lot(wrong.batch_number)),
    ):
        if not quantity:
            continue
        there = work.first(_LOT, {"product": order.product_id, "lot": lot})
        if there is None:
            raise refusal("MATERIAL_LOT_NOT_FOUND", lot=lot, material=order.stock_code)
        free = there.on_hand - there.reserved
        if free < quantity:
            raise refusal(
                "MATERIAL_INSUFFICIENT_STOCK",
                material=order.stock_code,
                lot=lot,
                unit=order.unit,
                required=quantity,
                available=free,
                reserved_elsewhere=there.reserved,
                short=quantity - free,
            )
        work.run(_LEAVE_LOT, {"lot_key": there.id, "gone": quantity})
        materials.movements(
            work, [(there.id, -quantity)], MovementKind.REVERSAL, order=order.id, output=output, reason=reason
        )
        work.touch(EntityType.STOCK_LOT, f"{order.stock_code}/{lot}")
