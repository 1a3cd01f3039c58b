"""What is done with people, their rights and the plant; and the first step of all: founding a plant."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from mfg_desktop.exceptions import ManufacturingException, combine, refusal
from mfg_desktop.operations.locks import check_seen
from mfg_desktop.rules.shifts import shift_minutes
from mfg_desktop.service import audit
from mfg_desktop.service.database import Database
from mfg_desktop.service.fields import Code, Name, Pin, Quantity, Truth, Whole, read, time_zones
from mfg_desktop.service.login import hash_pin
from mfg_desktop.service.permissions import ROLES
from mfg_desktop.service.work import ANSWERERS, HANDLERS, Command, Fields, Work, handles
from mfg_desktop.tables import (
    Department,
    Machine,
    Person,
    PersonDepartment,
    PersonMachine,
    PersonMachineType,
    PersonRole,
    PlantSetting,
    Role,
    RoleOperation,
    Shift,
)
from mfg_desktop.vocabulary import ActionType, EntityType, MachineType


class CreateDepartment(Command):
    called: ClassVar[str] = "department.create"
    told_as: ClassVar[ActionType] = ActionType.PLANT_CHANGE

    code: Code
    name: Name


class WithPin(Command):
    """A command that may give a PIN. It is hashed beforehand: that takes 0.15 s, for which nobody shall wait for a lock."""

    called: ClassVar[str] = "user"
    told_as: ClassVar[ActionType] = ActionType.USER_UPDATE

    pin: Pin | None = None
    _pin_digest: str | None = PrivateAttr(None)

    def beforehand(self) -> None:
        if self.pin is not None and self._pin_digest is None:
            self._pin_digest = hash_pin(self.pin)

    @property
    def pin_hash(self) -> str | None:
        return self._pin_digest


class CreateUser(WithPin):
    called: ClassVar[str] = "user.create"
    told_as: ClassVar[ActionType] = ActionType.USER_CREATE

    badge: Code
    name: Name
    roles: tuple[Code, ...] = Field(max_length=50)
    departments: tuple[Code, ...] = Field(max_length=200)
    machines: tuple[Code, ...] | None = Field(None, max_length=500)
    machine_types: tuple[MachineType, ...] | None = Field(None, max_length=50)


_RIGHTS = {"roles", "departments", "machines", "machine_types"}
"""What says what a person may do, and where."""


class UpdateUser(WithPin):
    called: ClassVar[str] = "user.update"
    told_as: ClassVar[ActionType] = ActionType.USER_UPDATE
    null_empties: ClassVar[bool] = True

    badge: Code
    name: Name | None = None
    roles: tuple[Code, ...] | None = Field(None, max_length=50)
    departments: tuple[Code, ...] | None = Field(None, max_length=200)
    machines: tuple[Code, ...] | None = Field(None, max_length=500)
    machine_types: tuple[MachineType, ...] | None = Field(None, max_length=50)
    active: Truth | None = None

    @property
    def action_type(self) -> ActionType:
        """Whoever looks for changed rights finds those of one person too, and not only those of a role."""
        return ActionType.PERMISSION_CHANGE if self.model_fields_set & _RIGHTS else self.told_as


class SetPin(WithPin):
    called: ClassVar[str] = "user.set_pin"
    told_as: ClassVar[ActionType] = ActionType.USER_UPDATE

    badge: Code
    pin: Pin


class SetRoleOperations(Command):
    called: ClassVar[str] = "role.set_operations"
    told_as: ClassVar[ActionType] = ActionType.PERMISSION_CHANGE

    role: Code
    operations: tuple[Code, ...] = Field(max_length=500)


class ShiftGiven(BaseModel):
    """A shift as given: local times of day, HH:MM."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Code
    start: Code
    end: Code
    planned_stop_minutes: Whole = 0


class SetSettings(Command):
    called: ClassVar[str] = "settings.set"
    told_as: ClassVar[ActionType] = ActionType.PLANT_CHANGE

    timezone: Code | None = None
    overproduction_percent: Quantity | None = None
    auto_lock_minutes: Whole | None = None
    shifts: tuple[ShiftGiven, ...] | None = Field(None, max_length=24)


_DEPARTMENT = select(Department.id).where(Department.code == bindparam("code"))
_PERSON = select(Person.id, Person.version).where(Person.badge == bindparam("badge"))
_INSERT_PERSON = insert(Person).returning(Person.id)
_UPDATE_PERSON = update(Person).where(Person.id == bindparam("person_key"))
_CHANGE_SETTINGS = update(PlantSetting).where(PlantSetting.id == 1)
_RIGHTS_CHANGED = _CHANGE_SETTINGS.values(rights_version=PlantSetting.rights_version + 1)
_ROLE = select(Role.id).where(Role.name == bindparam("name"))
_ADMINS = (
    select(func.count())
    .select_from(Person)
    .join(PersonRole, PersonRole.person_id == Person.id)
    .join(RoleOperation, RoleOperation.role_id == PersonRole.role_id)
    .where(Person.active, Person.pin_hash.is_not(None), RoleOperation.operation == "*")
)
_LOCK_SETTINGS = select(PlantSetting.id, PlantSetting.version).where(PlantSetting.id == 1).with_for_update()
_TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


@handles(CreateDepartment)
def create_department(work: Work, command: CreateDepartment) -> Fields:
    if work.first(_DEPARTMENT, {"code": command.code}) is not None:
        raise refusal("VALIDATION_DUPLICATE_VALUE", field="code", value=command.code)
    work.run(insert(Department), {"code": command.code, "name": command.name})
    work.tell(EntityType.PLANT, command.code, f"Department {command.code} was created: {command.name}.")
    return {"department": command.code, "code": command.code, "name": command.name}


@handles(CreateUser)
def create_user(work: Work, command: CreateUser) -> Fields:
    """Refusals: VALIDATION_DUPLICATE_VALUE for a badge that is there, VALIDATION_INVALID_CHOICE for an unknown role, department or machine."""
    if work.first(_PERSON, {"badge": command.badge}) is not None:
        raise refusal("VALIDATION_DUPLICATE_VALUE", field="badge", value=command.badge)
    scope = _scope(work, command)
    person = work.value(
        _INSERT_PERSON,
        {
            "badge": command.badge,
            "name": command.name,
            "pin_hash": command.pin_hash,
            "active": True,
        },
    )
    _write_scope(work, person, scope)
    work.run(_RIGHTS_CHANGED)
    work.tell(
        EntityType.USER,
        command.badge,
        f"{command.name} was added with badge {command.badge}.",
        roles=list(command.roles),
    )
    return {"badge": command.badge, "name": command.name, "roles": list(command.roles), "version": 1}


@handles(UpdateUser)
def change_user(work: Work, command: UpdateUser) -> Fields:
    """Change a person; a list that is given replaces the one that was. Refusals: as for creating; the last administrator stays one."""
    person = work.first(_PERSON, {"badge": command.badge})
    if person is None:
        raise refusal("VALIDATION_INVALID_CHOICE", field="badge", value=command.badge)
    scope = _scope(work, command)
    values: dict[str, Any] = {}
    if command.name is not None:
        values["name"] = command.name
    if command.pin is not None:
        values.update(pin_hash=command.pin_hash, failed_pins=0, locked_until=None)
    if command.active is not None:
        values["active"] = command.active
    work.run(_UPDATE_PERSON.values(**values, version=Person.version + 1), {"person_key": person.id})
    _write_scope(work, person.id, scope)
    work.run(_RIGHTS_CHANGED)
    _keep_an_administrator(work)
    given = sorted(command.model_fields_set - {"badge", *Command.model_fields})
    work.tell(
        EntityType.USER, command.badge, f"{command.badge} was changed: {', '.join(given) or 'nothing'}.", fields=given
    )
    return {"badge": command.badge, "version": person.version + 1}


@handles(SetPin)
def set_pin(work: Work, command: SetPin) -> Fields:
    """Give a person a PIN; it also unlocks the badge."""
    person = work.first(_PERSON, {"badge": command.badge})
    if person is None:
        raise refusal("VALIDATION_INVALID_CHOICE", field="badge", value=command.badge)
    work.run(
        _UPDATE_PERSON.values(pin_hash=command.pin_hash, failed_pins=0, locked_until=None, version=Person.version + 1),
        {"person_key": person.id},
    )
    work.tell(EntityType.USER, command.badge, f"{command.badge} was given a new PIN.")
    return {"badge": command.badge, "version": person.version + 1}


@handles(SetRoleOperations)
def set_role_operations(work: Work, command: SetRoleOperations) -> Fields:
    """Set what a role allows; a role that is not there is made. Refusals: VALIDATION_INVALID_CHOICE for an operation that nobody knows."""
    known = known_operations()
    unknown = [name for name in command.operations if name not in known]
    if unknown:
        raise combine([refusal("VALIDATION_INVALID_CHOICE", field="operations", value=name) for name in unknown[:20]])
    role = work.first(_ROLE, {"name": command.role})
    key = role.id if role is not None else work.value(insert(Role).returning(Role.id), {"name": command.role})
    before = {row.operation for row in work.all(select(RoleOperation.operation).where(RoleOperation.role_id == key))}
    wanted = set(command.operations)
    if before - wanted:
        work.run(
            delete(RoleOperation).where(
                RoleOperation.role_id == key, RoleOperation.operation.in_(sorted(before - wanted))
            )
        )
    if wanted - before:
        work.run(insert(RoleOperation), [{"role_id": key, "operation": name} for name in sorted(wanted - before)])
    work.run(_RIGHTS_CHANGED)
    _keep_an_administrator(work)
    work.tell(
        EntityType.ROLE,
        command.role,
        f"Role {command.role} now allows {len(wanted)} operations.",
        added=sorted(wanted - before),
        removed=sorted(before - wanted),
    )
    return {"role": command.role, "operations": sorted(wanted)}


def known_operations() -> frozenset[str]:
    """Name every right there is: the commands, the questions, and what the first roles hold beside them."""
    named = {command.called for command in HANDLERS} | {question.called for question in ANSWERERS}
    return frozenset(named | {operation for operations in ROLES.values() for operation in operations})


@handles(SetSettings)
def set_settings(work: Work, command: SetSettings) -> Fields:
    """Change the plant's settings; shifts that are given replace those that were, and may overlap, as for a handover.

    Refusals: WORK_ORDER_CHANGED_ELSEWHERE, an unknown time zone, numbers out of range, shifts that are no times of day or shorter than their planned
    stop.
    """
    settings = work.all(_LOCK_SETTINGS)[0]
    check_seen(work, settings, PlantSetting, command.seen_version, thing="the plant's", code="settings")
    found: list[ManufacturingException] = []
    values: dict[str, Any] = {}
    if command.timezone is not None:
        if command.timezone not in time_zones():
            found.append(refusal("VALIDATION_INVALID_CHOICE", field="timezone", value=command.timezone))
        values["timezone"] = command.timezone
    if command.overproduction_percent is not None:
        if not 0 <= command.overproduction_percent <= 1000:
            found.append(
                refusal(
                    "VALIDATION_INVALID_FORMAT", field="overproduction_percent", reason="must lie between 0 and 1000"
                )
            )
        values["overproduction_percent"] = command.overproduction_percent
    if command.auto_lock_minutes is not None:
        if not 1 <= command.auto_lock_minutes <= 1440:
            found.append(
                refusal("VALIDATION_INVALID_FORMAT", field="auto_lock_minutes", reason="must lie between 1 and 1440")
            )
        values["auto_lock_minutes"] = command.auto_lock_minutes
    names = [shift.name for shift in command.shifts or ()]
    for index, shift in enumerate(command.shifts or ()):
        if shift.name in names[:index]:
            found.append(refusal("VALIDATION_DUPLICATE_VALUE", field=f"shifts.{index}.name", value=shift.name))
        no_time = [name for name in ("start", "end") if not _TIME_OF_DAY.fullmatch(getattr(shift, name))]
        found += [
            refusal(
                "VALIDATION_INVALID_FORMAT",
                field=f"shifts.{index}.{name}",
                reason="must be a time of day like 06:00",
            )
            for name in no_time
        ]
        longest = 1440 if no_time else shift_minutes(shift.start, shift.end)
        if not 0 <= shift.planned_stop_minutes <= longest:
            found.append(
                refusal(
                    "VALIDATION_INVALID_FORMAT",
                    field=f"shifts.{index}.planned_stop_minutes",
                    reason=f"must lie between 0 and {longest}",
                )
            )
    if not values and command.shifts is None:
        found.append(refusal("VALIDATION_REQUIRED_FIELD", field="timezone"))
    if found:
        raise combine(found)
    # With the shifts alone too: they are written in the same form, and seen with it.
    work.run(_CHANGE_SETTINGS.values(**values, version=PlantSetting.version + 1))
    if command.shifts is not None:
        work.run(delete(Shift))
        if command.shifts:
            work.run(insert(Shift), [shift.model_dump() for shift in command.shifts])
    given = sorted([*values, *(["shifts"] if command.shifts is not None else [])])
    work.tell(
        EntityType.PLANT,
        "settings",
        f"The plant's settings were changed: {', '.join(given).replace('_', ' ')}.",
        **values,
    )
    return {"settings": given, "version": settings.version + 1}


_Scope = dict[str, Sequence[Any] | None]


def _scope(work: Work, command: CreateUser | UpdateUser) -> _Scope:
    """Look up what the command names; a list that is not given stays as it is."""
    found: list[ManufacturingException] = []
    scope: _Scope = {
        "machine_types": tuple(dict.fromkeys(command.machine_types)) if command.machine_types is not None else None
    }
    for field, table, column in (
        ("roles", Role, Role.name),
        ("departments", Department, Department.code),
        ("machines", Machine, Machine.code),
    ):
        names = getattr(command, field)
        if names is None:
            scope[field] = None
            continue
        rows = (
            {
                row.name: row.id
                for row in work.all(select(table.id, column.label("name")).where(column.in_(sorted(set(names)))))
            }
            if names
            else {}
        )
        found.extend(
            refusal("VALIDATION_INVALID_CHOICE", field=field, value=name) for name in names if name not in rows
        )
        scope[field] = sorted(rows.values())
    if found:
        raise combine(found)
    return scope


def _write_scope(work: Work, person: int, scope: _Scope) -> None:
    for field, table, column in (
        ("roles", PersonRole, "role_id"),
        ("departments", PersonDepartment, "department_id"),
        ("machines", PersonMachine, "machine_id"),
        ("machine_types", PersonMachineType, "machine_type"),
    ):
        values = scope[field]
        if values is None:
            continue
        work.run(delete(table).where(table.person_id == person))
        if values:
            work.run(insert(table), [{"person_id": person, column: value} for value in values])


def _keep_an_administrator(work: Work) -> None:
    if not work.value(_ADMINS):
        raise refusal(
            "VALIDATION_INVALID_CHOICE",
            field="roles",
            value="ADMIN",
            reason="somebody must be left who may do everything",
        )


# ---------------------------------------------------------------------- founding


def found_plant(
    database: Database,
    *,
    admin_badge: str,
    admin_pin: str,
    admin_name: str = "Administrator",
    plant: str = "Plant",
    timezone: str = "UTC",
) -> None:
    """Write the first rows of a migrated database: settings, shifts, roles, the first administrator. Refusals: VALIDATION_DUPLICATE_VALUE when it has them."""
    first = _First.of(admin_badge, admin_name, admin_pin, plant, timezone)
    with database.writing() as connection:
        if connection.execute(select(PlantSetting.id)).first() is not None:
            raise refusal("VALIDATION_DUPLICATE_VALUE", field="database", value="this plant")
        entry = audit.new_entry()
        audit.open_entry(connection, entry)
        _write_first_rows(connection, first)
        now = database.now(connection)
        audit.write(
            connection,
            audit.Entry(
                entry=entry,
                at=now,
                badge=first.badge,
                terminal="init",
                command_id=str(uuid4()),
                command="plant.init",
                action_type=ActionType.PLANT_CHANGE,
                entity_type=EntityType.PLANT,
                entity="settings",
                message=f"{first.plant} was founded with administrator {first.badge}.",
                details={},
            ),
        )


class _First(BaseModel):
    badge: Code
    name: Name
    pin: Pin
    plant: Name
    timezone: Code

    @classmethod
    def of(cls, badge: str, name: str, pin: str, plant: str, timezone: str) -> "_First":
        first = read(cls, {"badge": badge, "name": name, "pin": pin, "plant": plant, "timezone": timezone})
        if first.timezone not in time_zones():
            raise refusal("VALIDATION_INVALID_CHOICE", field="timezone", value=timezone)
        return first


def _write_first_rows(connection: Connection, first: _First) -> None:
    connection.execute(
        insert(PlantSetting),
        {
            "id": 1,
            "name": first.plant,
            "timezone": first.timezone,
            "overproduction_percent": 0,
            "auto_lock_minutes": 10,
            "rights_version": 1,
        },
    )
    connection.execute(
        insert(Shift),
        [
            {"name": "Early", "start": "06:00", "end": "14:00", "planned_stop_minutes": 30},
            {"name": "Late", "start": "14:00", "end": "22:00", "planned_stop_minutes": 30},
            {"name": "Night", "start": "22:00", "end": "06:00", "planned_stop_minutes": 30},
        ],
    )
    for name, operations in ROLES.items():
        role = connection.execute(insert(Role).returning(Role.id), {"name": name}).scalar_one()
        connection.execute(
            insert(RoleOperation), [{"role_id": role, "operation": operation} for operation in sorted(set(operations))]
        )
        if name == "ADMIN":
            person = connection.execute(
                _INSERT_PERSON,
                {"badge": first.badge, "name": first.name, "pin_hash": hash_pin(first.pin), "active": True},
            ).scalar_one()
            connection.execute(insert(PersonRole), {"person_id": person, "role_id": role})
