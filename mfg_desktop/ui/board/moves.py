"""Which moves the order's page offers for an operation, and how each looks on its button.

Whether a move may be made is decided by the service and arrives in `OperationRow`; here is only how it is offered. To
offer another move, give it a face and a place in OFFERED.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mfg_desktop.queries.rows import OperationRow, OrderDetail, Violation
from mfg_desktop.ui.theme import Look, Tone
from mfg_desktop.vocabulary import Action, OperationAction, OperationStatus, OrderStatus

S = OperationStatus

LOOKS: Final[Mapping[OperationStatus, Look]] = MappingProxyType(
    {
        S.PLANNED: Look(Tone.PLANNED, "calendar", "Planned"),
        S.IN_PROGRESS: Look(Tone.RUNNING, "play", "Running"),
        S.ON_HOLD: Look(Tone.HELD, "pause", "Paused"),
        S.COMPLETED: Look(Tone.DONE, "check", "Done"),
        S.CANCELLED: Look(Tone.PLANNED, "cross", "Cancelled"),
    }
)
OVER: Final = frozenset({S.COMPLETED, S.CANCELLED})
_TOOLING = {"FIXTURE": "fixture", "GAUGE": "gauge"}
_OTHER_STEP = frozenset({"PRODUCTION_OPERATION_NOT_STARTED", "PRODUCTION_ALREADY_COMPLETED"})
"""Reasons against a report on the order that speak of its last operation, not of the one that is open."""


class Move(StrEnum):
    """What may be done to an operation: its actions, and to report output at it."""

    START = OperationAction.START.value
    RECORD = "record"
    PAUSE = OperationAction.PAUSE.value
    RESUME = OperationAction.RESUME.value
    COMPLETE = OperationAction.COMPLETE.value


@dataclass(frozen=True, slots=True)
class MoveFace:
    """How a move looks on its button."""

    label: str
    icon: str
    shortcut: str
    said: str
    """What the notice line says when it is done, after the operation."""


FACES: Final[Mapping[Move, MoveFace]] = MappingProxyType(
    {
        Move.START: MoveFace("Start", "play", "F4", "started"),
        Move.RECORD: MoveFace("Record output", "output", "F4", "output recorded"),
        Move.PAUSE: MoveFace("Pause", "pause", "F7", "paused"),
        Move.RESUME: MoveFace("Resume", "play", "F4", "resumed"),
        Move.COMPLETE: MoveFace("Complete", "check", "F9", "completed"),
    }
)
OFFERED: Final[Mapping[OperationStatus, tuple[Move, ...]]] = MappingProxyType(
    {
        S.PLANNED: (Move.START,),
        S.IN_PROGRESS: (Move.RECORD, Move.PAUSE, Move.COMPLETE),
        S.ON_HOLD: (Move.RESUME,),
        S.COMPLETED: (),
        S.CANCELLED: (),
    }
)
"""The moves of an operation in a status, the main one first."""


@dataclass(frozen=True, slots=True)
class MoveRow:
    """A move as the page offers it."""

    sequence: int
    move: Move
    main: bool
    stopped_by: tuple[Violation, ...]
    """Why it cannot be made now; empty when it can."""

    @property
    def face(self) -> MoveFace:
        return FACES[self.move]

    @property
    def key(self) -> str:
        """Name the move among all of the order: "20/start"."""
        return f"{self.sequence}/{self.move}"


def offered(detail: OrderDetail, operation: OperationRow) -> tuple[MoveRow, ...]:
    """Give the moves of an operation, the main one first: to complete it, once its pieces are there.

    An order that does not run is started, or taken off hold, before its operations: they offer nothing then.
    """
    if detail.row.status is not OrderStatus.IN_PROGRESS:
        return ()
    moves = list(OFFERED[operation.status])
    if Move.COMPLETE in moves and operation.good >= detail.row.quantity_ordered:
        moves.remove(Move.COMPLETE)
        moves.insert(0, Move.COMPLETE)
    return tuple(
        MoveRow(operation.sequence, move, at == 0, _stopped_by(detail, operation, move))
        for at, move in enumerate(moves)
    )


def not_offered(operation: OperationRow, move: Move) -> MoveRow:
    """Give a move that an operation does not offer, with what stops it; output waits for what completing waits for."""
    action = OperationAction.COMPLETE if move is Move.RECORD else OperationAction(move.value)
    return MoveRow(operation.sequence, move, False, tuple(operation.blockers.get(action, ())))


def operation(detail: OrderDetail, sequence: int | None) -> OperationRow | None:
    """Give an operation of the order."""
    return next((row for row in detail.operations if row.sequence == sequence), None)


def current(detail: OrderDetail) -> OperationRow | None:
    """Give the operation that people come for: the one that runs, else the paused one, else the next that may start."""
    open_ones = [row for row in detail.operations if row.status not in OVER]
    for wanted in (S.IN_PROGRESS, S.ON_HOLD):
        for row in open_ones:
            if row.status is wanted:
                return row
    startable = next((row for row in open_ones if OperationAction.START in row.actions), None)
    return startable or next(iter(open_ones), None)


def following(detail: OrderDetail, sequence: int) -> OperationRow | None:
    """Give the operation after this one; None: it is the last."""
    return next((row for row in detail.operations if row.sequence > sequence), None)


def spoken(code: str) -> Move | None:
    """Give the move that a scanned command names."""
    word = code.strip().lower()
    return next((move for move in Move if word == move.value), None)


def tooling_trouble(operation: OperationRow) -> Mapping[str, Violation]:
    """Give what is wrong with the tooling of an operation: by "fixture" and "gauge"."""
    found: dict[str, Violation] = {}
    for reasons in operation.blockers.values():
        for reason in reasons:
            kind = _TOOLING.get(reason.code.partition("_")[0])
            if kind:
                found.setdefault(kind, reason)
    return found


def _stopped_by(detail: OrderDetail, operation: OperationRow, move: Move) -> tuple[Violation, ...]:
    if move is not Move.RECORD:
        action = OperationAction(move.value)
        return () if action in operation.actions else tuple(operation.blockers.get(action, ()))
    if Action.RECORD_OUTPUT in detail.actions:
        return ()
    reasons = detail.blockers.get(Action.RECORD_OUTPUT, ())
    return tuple(reason for reason in reasons if reason.code not in _OTHER_STEP)
