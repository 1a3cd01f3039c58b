"""What is about to be reported on an order: the quantities, what they will do, and a confirmation that counts once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Final
from uuid import uuid4

from PySide6.QtCore import QObject, Signal

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.queries.rows import OperationRow, OrderDetail
from mfg_desktop.service.feed import EVERYTHING
from mfg_desktop.service.work import Outcome
from mfg_desktop.ui.output import preview
from mfg_desktop.ui.output.preview import Draft, Effect
from mfg_desktop.ui.presenter import Presenter, Workplace
from mfg_desktop.vocabulary import Action, EntityType, OperationAction

REASONS: Final = (
    "Out of tolerance",
    "Surface fault",
    "Tool broken",
    "Material fault",
    "Set-up piece",
    "Handling damage",
)
"""The reasons for scrap that a shop gives most; any other may be written."""


class Kind(StrEnum):
    GOOD = "good"
    REWORK = "rework"
    SCRAP = "scrap"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a number is written: good, rework, or scrap with its reason."""

    kind: Kind
    reason: str = ""


GOOD: Final = Target(Kind.GOOD)
REWORK: Final = Target(Kind.REWORK)


def scrap(reason: str) -> Target:
    return Target(Kind.SCRAP, reason)


class OutputPresenter(Presenter):
    """The report that is being written: on an order, or with a sequence at one of its operations, which may be completed
    with it.
    """

    follows: ClassVar[frozenset[str]] = frozenset({EntityType.WORK_ORDER})
    finished = Signal()
    """The report counts; the dialog may go."""

    def __init__(
        self,
        place: Workplace,
        detail: OrderDetail,
        parent: QObject | None = None,
        *,
        sequence: int | None = None,
        completes: bool = False,
    ) -> None:
        super().__init__(place, parent)
        self._detail = detail
        self._sequence, self._completes = sequence, completes
        self._draft = Draft()
        self._reasons: tuple[str, ...] = REASONS
        self._attempt: tuple[Draft, str] | None = None
        self.refused.connect(self._look_at_refusal)
        # Whoever reports and completes at once opens this before the page has heard of the report.
        self.refresh()

    def detail(self) -> OrderDetail:
        return self._detail

    def draft(self) -> Draft:
        return self._draft

    def reasons(self) -> tuple[str, ...]:
        """Give the reasons for scrap to choose from, own ones last."""
        return self._reasons

    def operation(self) -> OperationRow | None:
        """Give the operation that is reported at, if it is one's own wish and not the order's."""
        return preview.operation(self._detail, self._sequence) if self._sequence is not None else None

    def completes(self) -> bool:
        """Say whether the operation is completed with the report."""
        return self._completes

    def rest(self) -> Decimal:
        """Give the good pieces that are still to go."""
        at = self.operation()
        done = at.good if at is not None else self._detail.row.quantity_completed
        return max(Decimal(0), self._detail.row.quantity_ordered - done)

    def stopped_by(self) -> tuple[str, ...]:
        """Say what is still wanted before it may be confirmed."""
        return ("Write a quantity first.",) if self._draft.is_empty and not self._completes else ()

    def said(self) -> str:
        """Say on the button what will be confirmed."""
        if self._completes:
            return f"Complete with {self._draft.said()}" if self._draft.said() else "Complete"
        return f"Report {self._draft.said()}" if self._draft.said() else "Report"

    def places(self) -> int:
        """Give the decimal places that make sense: pieces are whole."""
        return 0 if self._detail.row.unit == "pcs" else 3

    def quantity(self, target: Target) -> Decimal:
        """Give what is written for a target."""
        match target.kind:
            case Kind.GOOD:
                return self._draft.good
            case Kind.REWORK:
                return self._draft.rework
            case Kind.SCRAP:
                return self._draft.scrap.get(target.reason, Decimal(0))

    def write(self, target: Target, quantity: Decimal | None) -> None:
        """Write a quantity; None and zero take it away."""
        amount = quantity or Decimal(0)
        match target.kind:
            case Kind.GOOD:
                self._take(replace(self._draft, good=amount))
            case Kind.REWORK:
                self._take(replace(self._draft, rework=amount))
            case Kind.SCRAP:
                parts = {**self._draft.scrap, target.reason: amount}
                self._take(replace(self._draft, scrap={reason: part for reason, part in parts.items() if part}))

    def add_reason(self, reason: str) -> Target:
        """Add a reason for scrap to choose, and give its target."""
        reason = " ".join(reason.split())
        known = next((one for one in self._reasons if one.casefold() == reason.casefold()), None)
        if known is None:
            self._reasons = (*self._reasons, reason)
            self.rows_changed.emit()
        return scrap(known or reason)

    def set_batch(self, batch: str) -> None:
        """Set the batch number; empty: the pieces go into the lot with the order's number."""
        self._take(replace(self._draft, batch=batch.strip()))

    def effects(self) -> tuple[Effect, ...]:
        """Tell what the report will do."""
        return preview.effects(self._detail, self._draft, self._sequence, completes=self._completes)

    def confirm(self) -> bool:
        """Report it. False while there is nothing to confirm or the report is under way."""
        if self.stopped_by():
            return False
        if self._completes and len(self._draft.scrap) <= 1:
            return self._complete()
        # A completion has room for one reason. With several, the pieces are reported first, and it follows without any.
        return self._report(then=self._go_on if self._completes else self._finish)

    def _report(self, then: Callable[[Outcome], None]) -> bool:
        draft, row = self._draft, self._detail.row
        fields: dict[str, object] = {
            "command": f"work_order.{Action.RECORD_OUTPUT.value}",
            "command_id": self._id_of(draft),
            "number": row.number,
            "good": draft.good,
            "scrap": [{"quantity": part, "reason": reason} for reason, part in draft.scrap.items()],
            "rework": draft.rework,
        }
        if draft.batch:
            fields["batch_number"] = draft.batch
        if self._sequence is not None:
            fields["operation"] = self._sequence
        return self.perform(
            fields,
            said=f"{draft.said()} reported {'on' if self._sequence is None else 'at'} {self._named()}",
            then=then,
        )

    def _complete(self) -> bool:
        draft = self._draft
        fields: dict[str, object] = {
            "command": f"operation.{OperationAction.COMPLETE.value}",
            "command_id": self._id_of(draft),
            "number": self._detail.row.number,
            "sequence": self._sequence,
            "good": draft.good,
        }
        for reason, part in draft.scrap.items():
            fields |= {"scrapped": part, "scrap_reason": reason}
        with_what = f" with {draft.said()}" if draft.said() else ""
        return self.perform(fields, said=f"{self._named()} completed{with_what}", then=self._finish)

    def _go_on(self, outcome: Outcome) -> None:
        """Complete, now that the pieces are reported. If that is refused, the dialog stands there without them."""
        self._take(Draft())
        self._complete()

    def _id_of(self, draft: Draft) -> str:
        # After a lost answer nobody knows whether it counted: the same report goes again under the same id.
        if self._attempt is None or self._attempt[0] != draft:
            self._attempt = (draft, str(uuid4()))
        return self._attempt[1]

    def _named(self) -> str:
        at, number = self.operation(), self._detail.row.number
        return f"{preview.named(at)} of {number}" if at is not None else number

    def may_issue(self) -> bool:
        return Action.ISSUE in self._detail.actions

    def issue(self) -> None:
        """Issue what is reserved for the order, the way out when material is not at the machine."""
        number = self._detail.row.number
        self.perform({"command": "work_order.issue", "number": number}, said=f"{number} material issued")

    def refresh(self) -> None:
        """Ask for the order again: somebody else may have reported on it."""
        fields = {"query": "work_order.get", "number": self._detail.row.number}
        self.ask(fields, key="order", then=self._got)

    def _hear(self, touched: frozenset[tuple[str, str]]) -> None:
        if not touched.isdisjoint({EVERYTHING, (EntityType.WORK_ORDER, self._detail.row.number)}):
            self.refresh()

    def _take(self, draft: Draft) -> None:
        if draft != self._draft:
            self._draft = draft
            self.rows_changed.emit()

    def _got(self, detail: OrderDetail) -> None:
        if detail != self._detail:
            self._detail = detail
            self.rows_changed.emit()

    def _finish(self, outcome: Outcome) -> None:
        self.finished.emit()

    def _look_at_refusal(self, error: ManufacturingException) -> None:
        if not error.code.startswith("SYSTEM_"):
            # Refused for good under this id; what is tried next is another attempt.
            self._attempt = None
