"""What may be reported: quantities, scrap with its reasons, and the limit above which an order takes no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from mfg_desktop.exceptions import ManufacturingException, refusal
from mfg_desktop.rules import lifecycle
from mfg_desktop.rules.facts import OperationFacts, OrderFacts, moved_last
from mfg_desktop.rules.quantities import ZERO, limit
from mfg_desktop.vocabulary import Action, OperationStatus


@dataclass(frozen=True, slots=True)
class Report:
    good: Decimal
    scrapped: Decimal
    rework: Decimal
    scrap: tuple[tuple[Decimal, str], ...]
    """Parts of the scrapped quantity, each with its reason."""


def report_of(
    *,
    good: Decimal,
    scrapped: Decimal | None,
    scrap_reason: str | None,
    scrap: Sequence[tuple[Decimal, str]],
    rework: Decimal,
) -> Report:
    """Put together what was reported: either one scrapped quantity with a reason, or a list of quantities with reasons that adds up to it."""
    parts = tuple(scrap)
    total = scrapped if scrapped is not None else sum((quantity for quantity, _ in parts), ZERO)
    if not parts and scrap_reason and total:
        parts = ((total, scrap_reason),)
    return Report(good, total, rework, parts)


def violations(
    order: OrderFacts, report: Report, tolerance_percent: Decimal, operation: OperationFacts | None = None
) -> list[ManufacturingException]:
    """Name everything that is wrong with the report. An operation takes as many good pieces as the order."""
    if order.status not in lifecycle.WORKS[Action.RECORD_OUTPUT]:
        return [lifecycle.wrong_status(order, Action.RECORD_OUTPUT)]
    if operation is not None and operation.status is not OperationStatus.IN_PROGRESS:
        return [not_running(order, operation)]
    found: list[ManufacturingException] = []
    amounts = [
        ("good", report.good),
        ("scrapped", report.scrapped),
        ("rework", report.rework),
        *(("scrap", part) for part, _ in report.scrap),
    ]
    negative = [(field, amount) for field, amount in amounts if amount < 0]
    if negative:
        return [refusal("PRODUCTION_QUANTITY_NEGATIVE", field=field, quantity=amount) for field, amount in negative]
    if not (report.good or report.scrapped or report.rework):
        return [refusal("PRODUCTION_OUTPUT_INVALID", number=order.number)]
    explained = sum((part for part, _ in report.scrap), ZERO)
    if report.scrapped and not report.scrap:
        found.append(refusal("PRODUCTION_SCRAP_REASON_REQUIRED", scrapped=report.scrapped))
    elif explained != report.scrapped or any(part == 0 for part, _ in report.scrap):
        found.append(
            refusal("PRODUCTION_OUTPUT_INVALID", number=order.number, scrapped=report.scrapped, explained=explained)
        )
    most = limit(order.ordered, tolerance_percent)
    reported = order.good if operation is None else operation.good
    if report.good and reported + report.good > most:
        found.append(
            refusal(
                "PRODUCTION_OUTPUT_EXCEEDS_ORDER",
                number=order.number,
                ordered=order.ordered,
                limit=most,
                reported=reported,
                asked=report.good,
                **({"sequence": operation.sequence} if operation is not None else {}),
            )
        )
    return found


def not_running(order: OrderFacts, operation: OperationFacts) -> ManufacturingException:
    """Refuse a report at an operation that does not run, naming who moved it last, when and where, if anybody has."""
    known: dict[str, object] = {
        "number": order.number,
        "sequence": operation.sequence,
        "current_status": operation.status,
        **moved_last(operation),
    }
    if operation.status is OperationStatus.COMPLETED:
        return refusal("PRODUCTION_ALREADY_COMPLETED", **known)
    return refusal("PRODUCTION_OPERATION_NOT_STARTED", **known, required_status=OperationStatus.IN_PROGRESS)
