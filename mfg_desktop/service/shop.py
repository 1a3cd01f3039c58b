"""The shop: carries out commands and answers questions. Every path, from a click to a file of an ERP, goes through `perform` and `ask`."""

import hashlib
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from pydantic import BaseModel, SecretStr
from sqlalchemy import Connection, Row, and_, bindparam, func, select, true
from sqlalchemy.exc import DBAPIError

from mfg_desktop.exceptions import CATALOGUE, ManufacturingException, Severity, plain, recalled, refusal
from mfg_desktop.service import audit, login
from mfg_desktop.service.database import Database, is_passing, is_second_entry, translated
from mfg_desktop.service.feed import Feed
from mfg_desktop.service.operation_log import ManufacturingOperationLogger
from mfg_desktop.service.permissions import Grants, allows, grants_of, roles_of
from mfg_desktop.service.statements import Sender
from mfg_desktop.service.work import ANSWERERS, HANDLERS, Actor, Ask, Command, Fields, Outcome, Plant, Question, Work
from mfg_desktop.tables import ManufacturingAuditLog as Log
from mfg_desktop.tables import Person, PersonRole, PlantSetting, Role, Shift
from mfg_desktop.vocabulary import ActionType, AuditLevel, EntityType, PersonId

_TRIES = 5
"""How often a command that lost a race or its connection is tried, with the same command id."""
_ENVELOPE = {"command_id", "terminal", "override", "seen_version"}
"""What belongs to the sending and not to the content: a retry may change it."""
_A_BREATH = 2.0
"""Seconds that a terminal's clock may be ahead before its `at` counts as the future."""

_OPENING = (
    select(
        Person.id,
        Person.name.label("person_name"),
        Person.active,
        PlantSetting.name,
        PlantSetting.timezone,
        PlantSetting.overproduction_percent,
        PlantSetting.auto_lock_minutes,
        PlantSetting.rights_version,
    )
    .select_from(Person)
    .join(PlantSetting, true())
    .where(Person.badge == bindparam("badge"))
)
_BEFORE = (
    Log.digest,
    Log.answer,
    Log.level,
    Log.badge.label("used_by"),
    Log.at.label("used_at"),
    Log.terminal.label("used_terminal"),
)
_OPENING_COMMAND = (
    _OPENING.add_columns(*_BEFORE)
    # Only an entry with a digest answers for its command; that somebody else tried the same identity does not.
    .outerjoin(
        Log,
        and_(Log.command_id == bindparam("command_id"), Log.level.in_(["INFO", "WARNING"]), Log.digest.is_not(None)),
    )
    .order_by(Log.sequence.desc())
    .limit(1)
)
_OPENING_POSTGRES = _OPENING_COMMAND.add_columns(
    func.clock_timestamp().label("clock"), func.set_config("mfg.entry", bindparam("told"), True)
)
_OPENING_QUESTION_POSTGRES = _OPENING.add_columns(func.clock_timestamp().label("clock"))


_CONTENT = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))

_FACES = (
    select(Person.id, Person.badge, Person.name, Person.locked_until)
    .where(Person.active, Person.pin_hash.is_not(None))
    .order_by(Person.name, Person.id)
)
_ROLES_OF_ALL = select(PersonRole.person_id, Role.name).join(Role, Role.id == PersonRole.role_id).order_by(Role.name)
_PLANT = select(
    PlantSetting.name,
    PlantSetting.timezone,
    PlantSetting.overproduction_percent,
    PlantSetting.auto_lock_minutes,
    PlantSetting.version,
)
_SHIFTS = select(Shift.name, Shift.start, Shift.end, Shift.planned_stop_minutes).order_by(Shift.start)


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A name to tap on at sign-in."""

    badge: str
    name: str
    roles: tuple[str, ...]
    locked_until: datetime | None


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """A shift of the plant's day; start and end are local times, HH:MM."""

    name: str
    start: str
    end: str
    planned_stop_minutes: int


@dataclass(frozen=True, slots=True)
class PlantRow:
    """What a terminal needs to know of the plant before anybody has signed in."""

    name: str
    timezone: str
    overproduction_percent: Decimal
    auto_lock_minutes: int
    shifts: tuple[ShiftRow, ...]
    version: int


@dataclass(frozen=True, slots=True)
class _Done:
    """A command that was carried out before: its answer then, a refusal as well as a success."""

    answer: Mapping[str, Any]


class Shop:
    """One plant, seen from one terminal. Safe to use from several threads; a connection never leaves its call."""

    def __init__(self, database: Database | str, *, log: ManufacturingOperationLogger | None = None) -> None:
        """Open the plant. Refuses an old schema with SYSTEM_SCHEMA_OUTDATED."""
        self.database = Database(database) if isinstance(database, str) else database
        try:
            self.database.check_revision()
        except ManufacturingException:
            if self.database is not database:
                self.database.close()
            raise
        self.log = log or ManufacturingOperationLogger()
        self._grants = Grants()

    def close(self) -> None:
        self.database.close()

    # ------------------------------------------------------------------ people at the terminal

    def faces(self) -> tuple[PersonRow, ...]:
        """Name everybody who may sign in at a terminal, by name."""
        with self._looking() as connection:
            roles: dict[int, list[str]] = {}
            for row in connection.execute(_ROLES_OF_ALL):
                roles.setdefault(row.person_id, []).append(row.name)
            people = connection.execute(_FACES).all()
            return tuple(
                PersonRow(row.badge, row.name, tuple(roles.get(row.id, ())), row.locked_until) for row in people
            )

    def plant(self) -> PlantRow:
        """Tell what every terminal shows of the plant before anybody has signed in."""
        with self._looking() as connection:
            plant = connection.execute(_PLANT).one()
            shifts = tuple(
                ShiftRow(row.name, row.start, row.end, row.planned_stop_minutes) for row in connection.execute(_SHIFTS)
            )
            return PlantRow(
                plant.name,
                plant.timezone,
                plant.overproduction_percent,
                plant.auto_lock_minutes,
                shifts,
                plant.version,
            )

    def verify(self, progress: Callable[[int, int], None] | None = None) -> audit.Verified:
        """Check the audit log from its first entry to its last."""
        with self._looking(seconds=3600) as connection:
            return audit.verify(connection, progress)

    @contextmanager
    def _looking(self, *, seconds: int = 10) -> Iterator[Connection]:
        try:
            with self.database.reading(seconds=seconds) as connection:
                yield connection
        except DBAPIError as fault:
            raise translated(fault) from fault

    def sign_in(self, badge: str, pin: str, *, terminal: str) -> Actor:
        """Admit a person at a terminal. Refusals: AUTH_INVALID_CREDENTIALS, AUTH_LOCKED. Both are audited."""
        started = time.perf_counter()
        person, name = self._identify(
            badge, SecretStr(pin), terminal=terminal, action=ActionType.SIGN_IN, started=started
        )
        with self.database.reading() as connection:
            roles, grants = roles_of(connection, person), grants_of(connection, person)
            return Actor(PersonId(person), badge, name, roles, terminal, grants)

    def sign_out(self, actor: Actor) -> None:
        """Let a person go."""
        self._write_alone(actor, ActionType.SIGN_OUT, "user.sign_out", f"{actor.name} signed out at {actor.terminal}.")

    def _identify(
        self, badge: str, pin: SecretStr, *, terminal: str, action: ActionType, started: float
    ) -> tuple[int, str]:
        badge = badge.strip()[:60]
        command = "user.sign_in" if action is ActionType.SIGN_IN else "override"
        try:
            with self.database.engine.connect() as connection:
                credentials = login.check(connection, badge, pin)
            with self.database.writing() as connection:
                entry = audit.new_entry()
                audit.open_entry(connection, entry)
                now = self.database.now(connection)
                admitted = login.admit(connection, credentials, now)
                refused = admitted if isinstance(admitted, ManufacturingException) else None
                if refused is not None:
                    refused.tell_times_in(ZoneInfo(connection.execute(_PLANT).one().timezone))
                if refused is not None or action is ActionType.SIGN_IN:
                    audit.write(
                        connection,
                        audit.Entry(
                            entry=entry,
                            at=now,
                            badge=badge,
                            terminal=terminal,
                            command_id=str(uuid4()),
                            command=command,
                            action_type=ActionType.BUSINESS_RULE_VIOLATION if refused else action,
                            level=AuditLevel.WARNING if refused else AuditLevel.INFO,
                            entity_type=EntityType.USER,
                            entity=badge,
                            message=refused.message if refused else f"{badge} signed in at {terminal}.",
                            details={"code": refused.code, **refused.details} if refused else {},
                            duration_ms=_since(started),
                        ),
                    )
                elif admitted:
                    # An approver is told in the entry of the command that was approved; only the counter of wrong PINs may need a line here.
                    connection.rollback()
        except DBAPIError as fault:
            raise translated(fault) from fault
        if isinstance(admitted, ManufacturingException):
            raise admitted
        return admitted

    # ------------------------------------------------------------------ commands

    def perform(self, command: Command, actor: Actor) -> Outcome:
        """Carry out a command once: permission, transaction, audit, and the refusal if it may not be.

        Raises ManufacturingException with a catalogued code; then nothing has changed but the audit log.
        """
        started = time.perf_counter()
        tries = 0
        while True:
            tries += 1
            try:
                outcome = self._perform(command, actor, started)
                self.log.done(**_of(command, actor, started), entity=outcome.entity)
                return outcome
            except ManufacturingException as refused:
                self.log.refused(**_of(command, actor, started), code=refused.code)
                raise
            except DBAPIError as fault:
                if tries < _TRIES and (is_passing(fault) or is_second_entry(fault)):
                    # Terminals that met once must not meet again at the same moment.
                    time.sleep(random.uniform(0.005, 0.03) * tries)
                    continue
                lost = translated(fault, **_named(command))
                self._after_fault(command, actor, lost, fault, started)
                raise lost from fault
            except Exception as fault:
                ours = refusal("SYSTEM_ERROR", report=uuid4().hex[:8].upper())
                self._after_fault(command, actor, ours, fault, started)
                raise ours from fault

    def refuse(self, called: str, actor: Actor, refused: ManufacturingException, *, given: Fields) -> None:
        """Write down a command that could not be read, about the thing that it names; the caller answers with `refused`."""
        started = time.perf_counter()
        said = {
            name: value.strip()
            for name, value in given.items()
            if isinstance(value, str) and len(value) <= 200 and value.strip() and value.isprintable()
        }
        try:
            command_id = str(UUID(said.get("command_id", "")))
        except ValueError:
            command_id = str(uuid4())
        try:
            self._write_alone(
                actor,
                ActionType.BUSINESS_RULE_VIOLATION,
                called,
                refused.message,
                refused=refused,
                terminal=said.get("terminal"),
                about=_about(called, said),
                command_id=command_id,
            )
        except DBAPIError as fault:
            raise translated(fault) from fault
        self.log.refused(
            command=called,
            command_id=command_id,
            badge=actor.badge,
            terminal=said.get("terminal", actor.terminal),
            code=refused.code,
            duration_ms=_since(started),
        )

    def _perform(self, command: Command, actor: Actor, started: float) -> Outcome:
        command.beforehand()
        digest = _digest(command, actor)
        approver = self._approver(command, actor, started)
        entry = audit.new_entry()
        try:
            with self.database.writing() as connection:
                sender = Sender(connection)
                opened = self._open(sender, entry, command, actor)
                done = _done_before(opened, command, digest)
                if done is None:
                    with _on_the_clock_of(opened):
                        return self._carry_out(sender, entry, digest, opened, command, actor, approver, started)
        except ManufacturingException as refused:
            done = self._write_refusal(command, actor, refused, digest, approver, started)
            if done is None:
                raise
        if not done.answer["success"]:
            raise recalled(done.answer["error"])
        return Outcome(done.answer["data"], frozenset())

    def _open(self, sender: Sender, entry: str, command: Command, actor: Actor) -> Row[Any]:
        """Begin: name the entry for the triggers, and read person, plant and whether the command was done before, in one statement."""
        values = {"badge": actor.badge, "command_id": str(command.command_id)}
        if self.database.on_postgres:
            opened = sender.first(_OPENING_POSTGRES, {**values, "told": entry})
        else:
            audit.open_entry(sender.connection, entry)
            opened = sender.first(_OPENING_COMMAND, values)
        if opened is None or not opened.active:
            raise refusal("AUTH_REQUIRED", terminal=actor.terminal)
        return opened

    def _carry_out(
        self,
        sender: Sender,
        entry: str,
        digest: str,
        opened: Row[Any],
        command: Command,
        actor: Actor,
        approver: Actor | None,
        started: float,
    ) -> Outcome:
        plant = _plant(opened)
        recorded = opened.clock.astimezone(UTC) if self.database.on_postgres else datetime.now(UTC)
        grants = self._grants.of(sender.connection, opened.id, opened.rights_version)
        if not allows(grants, command.called):
            raise refusal("PERMISSION_DENIED", operation=command.called)
        terminal = command.terminal or actor.terminal
        actor = Actor(PersonId(opened.id), actor.badge, opened.person_name, actor.roles, terminal)
        work = Work(sender, recorded, False, actor, plant, grants)
        if command.at is not None and command.at_is_late_entry:
            work.need("command.backdate")
            work.now, work.is_late = work.moment(command.at, field="at"), True
            if (work.now - recorded).total_seconds() > _A_BREATH:
                raise refusal("VALIDATION_INVALID_TIME", field="at", value=work.now, latest=recorded)
        if approver is not None and command.override is not None:
            work.approver, work.override_reason = approver, command.override.reason
            work.approver_grants = self._grants.of(sender.connection, approver.person_id, opened.rights_version)
        data = plain(HANDLERS[type(command)](work, command))
        assert isinstance(data, dict)
        if work.lifted:
            work.details["override"] = {
                "approver": approver and approver.badge,
                "reason": work.override_reason,
                "lifted": [v.code for v in work.lifted],
            }
        kind, key = work.entity or (None, None)
        touched = frozenset(work.touched)
        audit.write(
            sender.connection,
            audit.Entry(
                entry=entry,
                at=recorded,
                happened_at=work.now,
                badge=actor.badge,
                approver=approver.badge if approver and work.lifted else None,
                terminal=terminal,
                command_id=str(command.command_id),
                command=command.called,
                digest=digest,
                answer=audit.JSON.encode({"success": True, "data": data}),
                action_type=command.action_type,
                entity_type=kind,
                entity=key,
                message=work.message,
                details=work.details,
                touched=touched,
                duration_ms=_since(started),
            ),
        )
        return Outcome(data, touched, key)

    def _approver(self, command: Command, actor: Actor, started: float) -> Actor | None:
        if command.override is None:
            return None
        badge = command.override.badge
        if badge == actor.badge:
            raise self._denied(command, actor, badge, started)
        try:
            person, name = self._identify(
                badge,
                command.override.pin,
                terminal=actor.terminal,
                action=ActionType.BUSINESS_RULE_VIOLATION,
                started=started,
            )
        except ManufacturingException as refused:
            if not refused.code.startswith("AUTH_"):
                raise
            raise self._denied(command, actor, badge, started) from refused
        return Actor(PersonId(person), badge, name, (), actor.terminal)

    def _denied(self, command: Command, actor: Actor, badge: str, started: float) -> ManufacturingException:
        denied = refusal("OVERRIDE_DENIED", refused=command.called, approver=badge)
        self._write_refusal(command, actor, denied, None, None, started)
        return denied

    def _write_refusal(
        self,
        command: Command,
        actor: Actor,
        refused: ManufacturingException,
        digest: str | None,
        approver: Actor | None,
        started: float,
    ) -> _Done | None:
        """Write the refusal in a transaction of its own, unless the same command was done meanwhile: then give its answer."""
        with self.database.writing() as connection:
            sender, entry = Sender(connection), audit.new_entry()
            if refused.code not in ("AUTH_REQUIRED", "SYSTEM_COMMAND_ID_REUSED") and digest is not None:
                opened = self._open(sender, entry, command, actor)
                done = _done_before(opened, command, digest)
                if done is not None:
                    return done
            now = self.database.now(connection)
            kind, key = _about(command.called, dict(command))
            is_rule = refused.severity in (Severity.INFO, Severity.WARNING)
            keep = is_rule and refused.code not in ("SYSTEM_BUSY", "SYSTEM_COMMAND_ID_REUSED")
            audit.write(
                connection,
                audit.Entry(
                    entry=entry,
                    at=now,
                    badge=actor.badge,
                    approver=approver.badge if approver else None,
                    terminal=command.terminal or actor.terminal,
                    command_id=str(command.command_id),
                    command=command.called,
                    digest=digest if keep else None,
                    answer=audit.as_json({"success": False, "error": refused.as_error()}) if keep and digest else None,
                    action_type=ActionType.BUSINESS_RULE_VIOLATION if is_rule else ActionType.SYSTEM_ERROR,
                    level=AuditLevel(refused.severity.value),
                    entity_type=kind,
                    entity=key,
                    message=refused.message,
                    details={"command": command.called, "code": refused.code, **refused.details},
                    duration_ms=_since(started),
                ),
            )
        return None

    def _write_alone(
        self,
        actor: Actor,
        action: ActionType,
        called: str,
        message: str,
        *,
        refused: ManufacturingException | None = None,
        terminal: str | None = None,
        about: tuple[str | None, str | None] = (None, None),
        command_id: str | None = None,
    ) -> None:
        kind, key = about if refused else (EntityType.USER.value, actor.badge)
        with self.database.writing() as connection:
            now = self.database.now(connection)
            audit.write(
                connection,
                audit.Entry(
                    entry=audit.new_entry(),
                    at=now,
                    badge=actor.badge,
                    terminal=terminal or actor.terminal,
                    command_id=command_id or str(uuid4()),
                    command=called,
                    action_type=action,
                    level=AuditLevel(refused.severity.value) if refused else AuditLevel.INFO,
                    entity_type=kind,
                    entity=key,
                    message=message,
                    details={"command": called, "code": refused.code, **refused.details} if refused else {},
                ),
            )

    def _after_fault(
        self, command: Command, actor: Actor, refused: ManufacturingException, fault: Exception, started: float
    ) -> None:
        """Keep a fault in the log, and in the audit log if the database can still be written."""
        report = str(refused.details.get("report", refused.code))
        self.log.failed(**_of(command, actor, started), report=report, fault=fault)
        if refused.code != "SYSTEM_DATABASE_UNAVAILABLE":
            try:
                self._write_refusal(command, actor, refused, None, None, started)
            except (DBAPIError, ManufacturingException) as second:
                told = {**_of(command, actor, started), "command": "audit"}
                self.log.failed(**told, report=refused.code, fault=second)

    # ------------------------------------------------------------------ questions

    def ask(self, question: Question, actor: Actor) -> Any:
        """Answer a question with frozen rows. Refusals: PERMISSION_DENIED, the NOT_FOUND codes, VALIDATION codes."""
        started = time.perf_counter()
        for last in (False, True):
            try:
                return self._ask(question, actor)
            except DBAPIError as fault:
                if last or not is_passing(fault):
                    raise translated(fault) from fault
            except ManufacturingException:
                raise
            except Exception as fault:
                report = uuid4().hex[:8].upper()
                self.log.failed(
                    command=question.called,
                    command_id="",
                    badge=actor.badge,
                    terminal=actor.terminal,
                    report=report,
                    fault=fault,
                    duration_ms=_since(started),
                )
                raise refusal("SYSTEM_ERROR", report=report) from fault
        raise AssertionError("the second try returns or raises")

    def _ask(self, question: Question, actor: Actor) -> Any:
        on_postgres = self.database.on_postgres
        with self.database.reading() as connection:
            sender = Sender(connection)
            opened = sender.first(_OPENING_QUESTION_POSTGRES if on_postgres else _OPENING, {"badge": actor.badge})
            if opened is None or not opened.active:
                raise refusal("AUTH_REQUIRED", terminal=actor.terminal)
            grants = self._grants.of(connection, opened.id, opened.rights_version)
            if not allows(grants, question.called):
                raise refusal("PERMISSION_DENIED", operation=question.called)
            now = opened.clock.astimezone(UTC) if on_postgres else datetime.now(UTC)
            with _on_the_clock_of(opened):
                return ANSWERERS[type(question)](Ask(sender, now, _plant(opened), actor, grants), question)

    def feed(self) -> Feed:
        """Follow what is committed from now on, here and at every other terminal."""
        return Feed(self.database)


@contextmanager
def _on_the_clock_of(opened: Row[Any]) -> Iterator[None]:
    """Bring the times of a refusal onto the plant's clock, before it is written down or told."""
    try:
        yield
    except ManufacturingException as refused:
        refused.tell_times_in(ZoneInfo(opened.timezone))
        raise


def _plant(opened: Row[Any]) -> Plant:
    return Plant(
        opened.name,
        ZoneInfo(opened.timezone),
        opened.overproduction_percent,
        opened.auto_lock_minutes,
        opened.rights_version,
    )


def _done_before(opened: Row[Any], command: Command, digest: str) -> _Done | None:
    if opened.digest is None or opened.answer is None:
        return None
    if opened.digest != digest:
        raise refusal(
            "SYSTEM_COMMAND_ID_REUSED",
            command_id=str(command.command_id),
            used_by=opened.used_by,
            used_at=opened.used_at.astimezone(ZoneInfo(opened.timezone)),
            terminal=opened.used_terminal,
        )
    answer: dict[str, Any] = json.loads(opened.answer)
    # A second person may lift what was refused: that is the same command, asked again.
    if command.override is not None and not answer["success"] and _may_be_lifted(answer["error"]):
        return None
    return _Done(answer)


def _may_be_lifted(error: Fields) -> bool:
    codes = [violation["code"] for violation in error["details"].get("violations", [error])]
    return all(code.startswith("OVERRIDE_") or CATALOGUE[code].overridable for code in codes)


def _digest(command: Command, actor: Actor) -> str:
    text = _CONTENT.encode([command.called, actor.badge, _content(command)])
    return hashlib.sha256(text.encode()).hexdigest()


def _content(value: object) -> object:
    """Write what was given, without the envelope; a PIN leaves no trace, not even in a digest that could be tried out.

    What is given as it is when it is left out is the same content: one program writes a null where another writes nothing.
    """
    match value:
        case BaseModel():
            keeps = isinstance(value, Command) and value.null_empties
            fields = type(value).model_fields
            return {
                name: _content(said)
                for name in value.model_fields_set - _ENVELOPE
                if (said := getattr(value, name)) != fields[name].default
                or (keeps and name not in Command.model_fields)
            }
        case SecretStr():
            return "***"
        case tuple():
            return [_content(item) for item in value]
        case _:
            return plain(value)


def _of(command: Command, actor: Actor, started: float) -> dict[str, Any]:
    """Tell the operation log which command it was, whose and where, and how long it took."""
    return {
        "command": command.called,
        "command_id": str(command.command_id),
        "badge": actor.badge,
        "terminal": command.terminal or actor.terminal,
        "duration_ms": _since(started),
    }


def _named(command: Command) -> dict[str, object]:
    """Name the keys that the command carries, for the numbers of a refusal that the database made."""
    return {
        name: value for name in ("number", "machine", "output") if (value := getattr(command, name, None)) is not None
    }


_ABOUT: Mapping[str, tuple[EntityType, tuple[str, ...]]] = {
    "work_order": (EntityType.WORK_ORDER, ("number",)),
    "operation": (EntityType.WORK_ORDER, ("number",)),
    "machine": (EntityType.MACHINE, ("machine",)),
    "downtime": (EntityType.MACHINE, ("machine",)),
    "stock": (EntityType.STOCK_LOT, ("material", "lot")),
    "product": (EntityType.PRODUCT, ("stock_code",)),
    "bom": (EntityType.PRODUCT, ("product",)),
    "process": (EntityType.WORKFLOW, ("process_code",)),
    "workflow": (EntityType.WORKFLOW, ("product", "version")),
    "process_config": (EntityType.WORKFLOW, ("product", "version")),
    "fixture": (EntityType.FIXTURE, ("fixture",)),
    "gauge": (EntityType.GAUGE, ("gauge",)),
    "user": (EntityType.USER, ("badge",)),
    "role": (EntityType.ROLE, ("role",)),
    "department": (EntityType.PLANT, ("code",)),
}
"""What the commands of an area are about, and the fields that name it."""
_ABOUT_ALSO: Mapping[str, tuple[EntityType, tuple[str, ...]]] = {
    "work_order.create": (EntityType.PRODUCT, ("product",)),
    "bom.clone": (EntityType.PRODUCT, ("target",)),
    "fixture.create": (EntityType.FIXTURE, ("code",)),
    "gauge.create": (EntityType.GAUGE, ("code",)),
}
"""The same for commands that may lack those fields."""


def _about(called: str, given: Fields) -> tuple[str | None, str | None]:
    """Tell which thing a refused command was about, from the keys it carries."""
    area = called.partition(".")[0]
    if area == "settings":
        return EntityType.PLANT.value, area
    for found in (_ABOUT.get(area), _ABOUT_ALSO.get(called)):
        if found is None:
            continue
        kind, names = found
        keys = [key for name in names if isinstance(key := given.get(name), str)]
        if len(keys) == len(names):
            return kind.value, "/".join(keys)[:200]
    return None, None


def _since(started: float) -> Decimal:
    return Decimal(f"{(time.perf_counter() - started) * 1000:.3f}")
