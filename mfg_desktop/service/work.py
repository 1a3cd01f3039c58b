"""What a handler works with: the command it carries out, the person, the time, the connection, and what it tells the audit log.

To add a command: a `Command` model and a function marked `@handles` in `operations/`. To add a question: a `Question` model and a function
marked `@answers` in `queries/`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, TypeVar
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Executable, Row

from mfg_desktop.exceptions import ManufacturingException, combine, refusal
from mfg_desktop.service.fields import Code, Moment, Name, Pin, Prose, Whole, in_zone
from mfg_desktop.service.permissions import allows
from mfg_desktop.service.statements import Sender
from mfg_desktop.vocabulary import ActionType, EntityType, PersonId

Fields = Mapping[str, Any]


class Override(BaseModel):
    """The second person who lifts a refusal, for this one command."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    badge: Code
    pin: Pin
    reason: Prose


class Command(BaseModel):
    """Something to be done, once. `called` is its name and the name of the right to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    called: ClassVar[str]
    told_as: ClassVar[ActionType]
    at_is_late_entry: ClassVar[bool] = True
    """Whether `at` says when the command happened; a command that asks for a moment in the past by that name sets False."""
    null_empties: ClassVar[bool] = False
    """Whether a field that is given as null says more than one that is left out: what stood there goes."""

    command_id: UUID = Field(default_factory=uuid4, description="Identity of the command: the same one is done once.")
    terminal: Name | None = Field(None, description="Terminal at which it was given, if not the one signed in at.")
    override: Override | None = Field(None, description="The second person who lifts a refusal.")
    seen_version: Whole | None = Field(None, description="Version of the thing that the person saw.")
    at: Moment | None = Field(None, description="When it happened, if not now.")

    @property
    def action_type(self) -> ActionType:
        """What its entry in the audit log tells: `told_as`, unless what is given makes it something else."""
        return self.told_as

    def beforehand(self) -> None:
        """Do what takes long and asks nothing of the database, before the transaction that would hold its locks meanwhile."""


class Question(BaseModel):
    """Something to be known; changes nothing. `called` is its name and the name of the right to it."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    called: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Plant:
    """The plant's settings, as every command and question reads them."""

    name: str
    zone: ZoneInfo
    overproduction_percent: Decimal
    auto_lock_minutes: int
    rights_version: int


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is signed in, and where."""

    person_id: PersonId
    badge: str
    name: str
    roles: tuple[str, ...]
    terminal: str
    grants: frozenset[str] = frozenset()
    """The rights at the sign-in, for what is offered before it is asked for; the shop looks again whenever it is."""

    def may(self, operation: str) -> bool:
        return allows(self.grants, operation)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did: its answer, the things it touched as (kind, key), and the key of the one that it is about."""

    data: Fields
    touched: frozenset[tuple[str, str]]
    entity: str | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """What a question works with; `grants` is what the person may do."""

    sender: Sender
    now: datetime
    plant: Plant
    actor: Actor
    grants: frozenset[str]

    @property
    def today(self) -> date:
        return self.now.astimezone(self.plant.zone).date()

    def may(self, operation: str) -> bool:
        return allows(self.grants, operation)

    def moment(self, moment: datetime, *, field: str) -> datetime:
        return in_zone(moment, self.plant.zone, field=field)

    def all(self, statement: Executable, values: Fields | None = None) -> Sequence[Row[Any]]:
        return self.sender.all(statement, values)

    def first(self, statement: Executable, values: Fields | None = None) -> Row[Any] | None:
        return self.sender.first(statement, values)


@dataclass(slots=True)
class Work:
    """One command under way, inside its transaction."""

    sender: Sender
    now: datetime
    """When it happens: the database's time, or the `at` of a late entry."""
    is_late: bool
    actor: Actor
    plant: Plant
    grants: frozenset[str]
    approver: Actor | None = None
    approver_grants: frozenset[str] = frozenset()
    override_reason: str | None = None
    lifted: list[ManufacturingException] = field(default_factory=list)
    touched: set[tuple[str, str]] = field(default_factory=set)
    entity: tuple[str, str] | None = None
    message: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def on_postgres(self) -> bool:
        return self.sender.on_postgres

    @property
    def today(self) -> date:
        """The day in the plant."""
        return self.now.astimezone(self.plant.zone).date()

    def may(self, operation: str) -> bool:
        return allows(self.grants, operation)

    def need(self, operation: str) -> None:
        """Refuse with PERMISSION_DENIED what the person has no right to."""
        if not self.may(operation):
            raise refusal("PERMISSION_DENIED", operation=operation)

    def run(self, statement: Executable, values: Fields | Sequence[Fields] | None = None) -> None:
        """Carry out a statement that gives nothing back, once for each set of values."""
        self.sender.run(statement, values)

    def value(self, statement: Executable, values: Fields | None = None) -> Any:
        """Give the first column of the first row; None when there is no row."""
        return self.sender.value(statement, values)

    def all(self, statement: Executable, values: Fields | None = None) -> Sequence[Row[Any]]:
        return self.sender.all(statement, values)

    def first(self, statement: Executable, values: Fields | None = None) -> Row[Any] | None:
        return self.sender.first(statement, values)

    def moment(self, moment: datetime, *, field: str) -> datetime:
        """Give a time of the command in UTC; without a zone it is the plant's."""
        return in_zone(moment, self.plant.zone, field=field)

    def after(self, earlier: datetime | None) -> None:
        """Hold the command behind what it follows: a late entry before it is refused, the present moves up to it."""
        if earlier is None or self.now >= earlier:
            return
        if self.is_late:
            raise refusal("VALIDATION_INVALID_TIME", field="at", value=self.now, earliest=earlier)
        # The time was read before a lock was waited for: somebody else was first by a hair.
        self.now = earlier

    def insist(self, violations: Sequence[ManufacturingException]) -> None:
        """Refuse if anything stands in the way that no second person has lifted."""
        if not violations:
            return
        if self.approver is None or not all(violation.entry.overridable for violation in violations):
            raise combine(violations)
        for violation in violations:
            if not allows(self.approver_grants, f"override.{violation.code}"):
                raise refusal("OVERRIDE_DENIED", refused=violation.code, approver=self.approver.badge)
        self.lifted.extend(violations)

    def tell(self, kind: EntityType, key: str, message: str, **details: object) -> None:
        """Say in the audit log what was done to which thing."""
        self.entity = (kind.value, key)
        self.message = message
        self.details.update(details)
        self.touch(kind, key)

    def touch(self, kind: EntityType, key: str) -> None:
        """Name a thing that changed, so that every screen that shows it asks again."""
        self.touched.add((kind.value, key))


Handler = Callable[[Work, Any], Fields]
Answerer = Callable[[Ask, Any], Any]
HANDLERS: dict[type[Command], Handler] = {}
ANSWERERS: dict[type[Question], Answerer] = {}

OneCommand = TypeVar("OneCommand", bound=Command)
OneQuestion = TypeVar("OneQuestion", bound=Question)
Answer = TypeVar("Answer")


Carries = Callable[[Work, OneCommand], Fields]
Answers = Callable[[Ask, OneQuestion], Answer]


def handles(command: type[OneCommand]) -> Callable[[Carries[OneCommand]], Carries[OneCommand]]:
    """Mark the function that carries out a command."""

    def mark(handler: Carries[OneCommand]) -> Carries[OneCommand]:
        HANDLERS[command] = handler
        return handler

    return mark


def answers(question: type[OneQuestion]) -> Callable[[Answers[OneQuestion, Answer]], Answers[OneQuestion, Answer]]:
    """Mark the function that answers a question."""

    def mark(answerer: Answers[OneQuestion, Answer]) -> Answers[OneQuestion, Answer]:
        ANSWERERS[question] = answerer
        return answerer

    return mark
