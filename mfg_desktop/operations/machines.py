"""What is done with machines: their record, their maintenance and their status. A breakdown opens a downtime and puts the running order on hold."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import Row, bindparam, func, insert, select, update

from mfg_desktop.exceptions import combine, refusal, told_day
from mfg_desktop.operations import orders
from mfg_desktop.operations.locks import LOCK_MACHINE, LOCK_ORDER, check_seen, told_last
from mfg_desktop.service.fields import Code, Day, Name, Prose, Quantity, Truth, Whole
from mfg_desktop.service.work import Command, Fields, Work, handles
from mfg_desktop.tables import Department, Machine, MachineDowntime, MachineMaintenance
from mfg_desktop.vocabulary import ActionType, AxisCount, DowntimeCategory, EntityType, MachineStatus, MachineType


class MachineRecord(Command):
    """The fields of a machine that are the same when it is created and when it is changed."""

    called: ClassVar[str] = "machine"
    told_as: ClassVar[ActionType] = ActionType.MACHINE_UPDATE
    null_empties: ClassVar[bool] = True

    machine: Code
    department: Code | None = None
    brand: Name | None = None
    model: Name | None = None
    axis_count: AxisCount | None = None
    internal_cooling_bar: Quantity | None = None
    motor_power_kva: Quantity | None = None
    holder_type: Name | None = None
    spindle_power_10_kw: Quantity | None = None
    spindle_power_30_kw: Quantity | None = None
    power_hp: Quantity | None = None
    spindle_speed_rpm: Whole | None = None
    tool_count: Whole | None = None
    nc_control_unit: Name | None = None
    manufacturing_year: Whole | None = None
    serial_number: Name | None = None
    weight_kg: Quantity | None = None
    max_part_size: Name | None = None
    description: Prose | None = None
    maintenance_interval_days: Whole | None = None
    last_maintenance: Day | None = None
    next_maintenance: Day | None = None
    maintenance_notes: Prose | None = None
    active: Truth | None = None
    status: MachineStatus | None = None


class CreateMachine(MachineRecord):
    called: ClassVar[str] = "machine.create"
    told_as: ClassVar[ActionType] = ActionType.MACHINE_CREATE

    type: MachineType


class UpdateMachine(MachineRecord):
    called: ClassVar[str] = "machine.update"
    told_as: ClassVar[ActionType] = ActionType.MACHINE_UPDATE

    type: MachineType | None = None


class RecordMaintenance(Command):
    """A maintenance that was done on a day."""

    called: ClassVar[str] = "machine.record_maintenance"
    told_as: ClassVar[ActionType] = ActionType.MACHINE_MAINTENANCE

    machine: Code
    date: Day
    notes: Prose | None = None


class SetMachineStatus(Command):
    called: ClassVar[str] = "machine.set_status"
    told_as: ClassVar[ActionType] = ActionType.MACHINE_STATUS_CHANGE

    machine: Code
    status: MachineStatus
    reason: Prose | None = None
    category: DowntimeCategory | None = None


S = MachineStatus
MOVES: Mapping[MachineStatus, tuple[MachineStatus, ...]] = {
    S.AVAILABLE: (S.MAINTENANCE, S.BROKEN, S.RETIRED),
    S.IN_USE: (S.MAINTENANCE, S.BROKEN),
    S.MAINTENANCE: (S.AVAILABLE, S.RETIRED),
    S.BROKEN: (S.AVAILABLE, S.RETIRED),
    S.RETIRED: (),
}
"""What a person may set; AVAILABLE and IN_USE change with the work."""

_FIELDS = tuple(
    name
    for name in MachineRecord.model_fields
    if name not in Command.model_fields and name not in ("machine", "department", "status")
)
_SIZES = (
    "internal_cooling_bar",
    "motor_power_kva",
    "spindle_power_10_kw",
    "spindle_power_30_kw",
    "power_hp",
    "weight_kg",
    "spindle_speed_rpm",
    "tool_count",
)
_BY_CODE = select(Machine.id, Machine.status).where(Machine.code == bindparam("code"))
_BY_SERIAL = select(Machine.code).where(Machine.serial_number == bindparam("serial"))
_DEPARTMENT = select(Department.id).where(Department.code == bindparam("code"))
_LOCK = (
    select(
        Machine.id,
        Machine.status,
        Machine.status_since,
        Machine.last_maintenance,
        Machine.next_maintenance,
        Machine.maintenance_interval_days,
        Machine.version,
    )
    .where(Machine.code == bindparam("code"))
    .with_for_update()
)
_INSERT = insert(Machine)
_UPDATE = update(Machine).where(Machine.id == bindparam("machine_key"))
_SET_STATUS = (
    update(Machine)
    .where(Machine.id == bindparam("machine_key"))
    .values(
        status=bindparam("to_status"),
        status_since=bindparam("since"),
        status_by=bindparam("by"),
        status_reason=bindparam("why"),
        running_order=None,
        version=Machine.version + 1,
    )
)
_INSERT_DOWNTIME = insert(MachineDowntime)
_CLOSE_DOWNTIME = (
    update(MachineDowntime)
    .where(MachineDowntime.machine_id == bindparam("machine_key"), MachineDowntime.ended_at.is_(None))
    .values(ended_at=bindparam("ended"), version=MachineDowntime.version + 1)
)
_LAST_STOP = (
    select(func.coalesce(MachineDowntime.ended_at, MachineDowntime.started_at))
    .where(MachineDowntime.machine_id == bindparam("machine"))
    .order_by(MachineDowntime.started_at.desc(), MachineDowntime.id.desc())
    .limit(1)
)
_INSERT_MAINTENANCE = insert(MachineMaintenance)
_DEFAULT_CATEGORY = {S.BROKEN: DowntimeCategory.BREAKDOWN, S.MAINTENANCE: DowntimeCategory.MAINTENANCE}


@handles(CreateMachine)
def create(work: Work, command: CreateMachine) -> Fields:
    """Write a machine's record. A status that is given with it is set as by SetMachineStatus, so a broken machine has its downtime from the start.

    Refusals: VALIDATION_DUPLICATE_VALUE for a code or a serial number that is there, numbers below zero, dates in the wrong order.
    """
    if work.first(_BY_CODE, {"code": command.machine}) is not None:
        raise refusal("VALIDATION_DUPLICATE_VALUE", field="machine", value=command.machine)
    values = _record(work, command, None)
    values.setdefault("maintenance_interval_days", 90)
    values.setdefault("active", True)
    work.run(_INSERT, {**values, "code": command.machine, "type": command.type, "status": MachineStatus.AVAILABLE})
    version = 1 + _set_status_too(work, command, MachineStatus.AVAILABLE)
    work.tell(EntityType.MACHINE, command.machine, f"Machine {command.machine} was created.")
    return {"machine": command.machine, "status": command.status or MachineStatus.AVAILABLE, "version": version}


@handles(UpdateMachine)
def change(work: Work, command: UpdateMachine) -> Fields:
    """Change a machine's record. A status that is given and differs is set as by SetMachineStatus, and asks for the right to that as well.

    Refusals: MACHINE_NOT_FOUND, WORK_ORDER_CHANGED_ELSEWHERE, and those of a record as it is created.
    """
    found = work.first(_BY_CODE, {"code": command.machine})
    if found is None:
        raise refusal("MACHINE_NOT_FOUND", machine=command.machine)
    # Before the machine is locked for its record: the order that runs on it is locked first.
    moved = _set_status_too(work, command, found.status)
    machine = locked(work, command.machine)
    seen = command.seen_version + moved if command.seen_version is not None else None
    check_seen(work, machine, Machine, seen, thing="machine", code=command.machine)
    values = _record(work, command, machine)
    if command.type is not None:
        values["type"] = command.type
    if not values and command.status is None:
        raise refusal("VALIDATION_REQUIRED_FIELD", field="type")
    work.run(_UPDATE.values(**values, version=Machine.version + 1), {"machine_key": machine.id})
    given = [*values, *(["status"] if moved else [])]
    work.tell(
        EntityType.MACHINE,
        command.machine,
        f"Machine {command.machine} was changed: {', '.join(sorted(given)).replace('_', ' ') or 'nothing'}.",
    )
    return {"machine": command.machine, "version": machine.version + 1}


def _set_status_too(work: Work, command: MachineRecord, status: MachineStatus) -> int:
    """Bring the machine into the status given with its record; tells how often its version rose by it."""
    if command.status is None or command.status is status:
        return 0
    work.need(SetMachineStatus.called)
    set_status(work, SetMachineStatus(machine=command.machine, status=command.status))
    return 1


def _record(work: Work, command: MachineRecord, there: Row[Any] | None) -> dict[str, Any]:
    """Read the given fields, checked; the next maintenance follows the last by the interval if it is not given itself.

    A changed interval moves the next maintenance too.
    """
    given = command.model_fields_set
    values: dict[str, Any] = {name: getattr(command, name) for name in _FIELDS if name in given}
    found = []
    for name in ("maintenance_interval_days", "active"):
        if name in values and values[name] is None:
            del values[name]
    for name in _SIZES:
        if values.get(name) is not None and values[name] < 0:
            found.append(refusal("VALIDATION_INVALID_FORMAT", field=name, reason="must not be below zero"))
    if not 1 <= values.get("maintenance_interval_days", 1) <= 36500:
        found.append(
            refusal(
                "VALIDATION_INVALID_FORMAT", field="maintenance_interval_days", reason="must lie between 1 and 36500"
            )
        )
    if values.get("manufacturing_year") is not None and not 1900 <= values["manufacturing_year"] <= work.today.year + 1:
        found.append(
            refusal("VALIDATION_INVALID_FORMAT", field="manufacturing_year", reason="must be a year from 1900 to now")
        )
    serial = values.get("serial_number")
    if serial is not None:
        other = work.first(_BY_SERIAL, {"serial": serial})
        if other is not None and other.code != command.machine:
            found.append(refusal("VALIDATION_DUPLICATE_VALUE", field="serial_number", value=serial))
    if "department" in given:
        department = work.first(_DEPARTMENT, {"code": command.department}) if command.department is not None else None
        if command.department is not None and department is None:
            found.append(refusal("VALIDATION_INVALID_CHOICE", field="department", value=command.department))
        values["department_id"] = department.id if department is not None else None
    last = values.get("last_maintenance", there.last_maintenance if there is not None else None)
    if "last_maintenance" in values and last is not None and last > work.today:
        found.append(refusal("VALIDATION_INVALID_TIME", field="last_maintenance", value=last, latest=work.today))
    following = values.get("next_maintenance")
    if last is not None and following is not None and following < last:
        found.append(refusal("VALIDATION_INVALID_TIME", field="next_maintenance", value=following, earliest=last))
    if found:
        raise combine(found)
    if (
        last is not None
        and "next_maintenance" not in values
        and {"last_maintenance", "maintenance_interval_days"} & given
    ):
        days = values.get("maintenance_interval_days") or (there.maintenance_interval_days if there is not None else 90)
        values["next_maintenance"] = last + timedelta(days=days)
    return values


@handles(RecordMaintenance)
def record_maintenance(work: Work, command: RecordMaintenance) -> Fields:
    """Record a maintenance: the next one follows by the interval, and a machine in MAINTENANCE is free again. One that is BROKEN stays so.

    A day before the last maintenance is kept in the history and sets nothing back. Refuses a day in the future with VALIDATION_INVALID_TIME.
    """
    machine = locked(work, command.machine)
    if command.date > work.today:
        raise refusal("VALIDATION_INVALID_TIME", field="date", value=command.date, latest=work.today)
    work.run(
        _INSERT_MAINTENANCE,
        {
            "machine_id": machine.id,
            "done_on": command.date,
            "notes": command.notes,
            "person_id": work.actor.person_id,
            "at": work.now,
        },
    )
    last, following, version = machine.last_maintenance, machine.next_maintenance, machine.version
    if last is None or command.date >= last:
        last, following = command.date, command.date + timedelta(days=machine.maintenance_interval_days)
        said = {"maintenance_notes": command.notes} if command.notes is not None else {}
        values = {"last_maintenance": last, "next_maintenance": following, "version": Machine.version + 1, **said}
        work.run(_UPDATE.values(**values), {"machine_key": machine.id})
        version += 1
    status = machine.status
    if status is S.MAINTENANCE:
        work.after(machine.status_since)
        _after_last_stop(work, machine.id)
        status = S.AVAILABLE
        work.run(
            _SET_STATUS,
            {
                "machine_key": machine.id,
                "to_status": status,
                "since": work.now,
                "by": work.actor.badge,
                "why": None,
            },
        )
        work.run(_CLOSE_DOWNTIME, {"machine_key": machine.id, "ended": work.now})
        version += 1
    tail = "; it is available again" if status is not machine.status else ""
    due = f"; the next is due on {told_day(following)}" if following is not None else ""
    work.tell(
        EntityType.MACHINE,
        command.machine,
        f"Maintenance of machine {command.machine} on {told_day(command.date)} was recorded{due}{tail}.",
        date=command.date,
        notes=command.notes,
    )
    return {
        "machine": command.machine,
        "status": status,
        "last_maintenance": last,
        "next_maintenance": following,
        "version": version,
    }


def _after_last_stop(work: Work, machine: int) -> None:
    """Hold the command behind the machine's last downtime: it may have been recorded late, or split since the machine stopped."""
    work.after(work.value(_LAST_STOP, {"machine": machine}))


def locked(work: Work, code: str) -> Row[Any]:
    """Lock a machine by its code, for what asks nothing of the order that runs on it. Refuses with MACHINE_NOT_FOUND."""
    machine = work.first(_LOCK, {"code": code})
    if machine is None:
        raise refusal("MACHINE_NOT_FOUND", machine=code)
    return machine


@handles(SetMachineStatus)
def set_status(work: Work, command: SetMachineStatus) -> Fields:
    """Set a machine's status. To MAINTENANCE or BROKEN opens a downtime and puts the running order ON_HOLD with the same reason; back to AVAILABLE closes it.

    Refusals: MACHINE_INVALID_STATUS with what is allowed; MACHINE_ALREADY_IN_USE for retiring a machine that runs.
    """
    found = work.first(_BY_CODE, {"code": command.machine})
    if found is None:
        raise refusal("MACHINE_NOT_FOUND", machine=command.machine)
    # The order is locked before its machine, as everywhere; which one it is may change until the machine is locked too.
    machine, order = _locked_with_order(work, found.id)
    if machine.status is S.IN_USE and command.status is S.RETIRED:
        raise refusal(
            "MACHINE_ALREADY_IN_USE",
            machine=machine.code,
            work_order=machine.running_order,
            **_moved_last(work, machine, "running_order"),
        )
    if command.status not in MOVES[machine.status]:
        raise refusal(
            "MACHINE_INVALID_STATUS",
            machine=machine.code,
            current_status=machine.status,
            requested_status=command.status,
            allowed=list(MOVES[machine.status]),
            **_moved_last(work, machine, "status"),
        )
    work.after(machine.status_since)
    if order is not None:
        work.after(order.last_event_at)
    _after_last_stop(work, machine.id)
    category = command.category or _DEFAULT_CATEGORY.get(command.status)
    why = command.reason or (category.value.capitalize().replace("_", " ") if category is not None else None)
    down = command.status in _DEFAULT_CATEGORY
    work.run(
        _SET_STATUS,
        {
            "machine_key": machine.id,
            "to_status": command.status,
            "since": work.now,
            "by": work.actor.badge,
            "why": command.reason if not down else why,
        },
    )
    if down:
        write_downtime(work, machine.id, category, command.reason, work.now)
        if order is not None:
            orders.hold(work, order, why or command.status.value, machine=machine.id)
    elif machine.status in _DEFAULT_CATEGORY:
        work.run(_CLOSE_DOWNTIME, {"machine_key": machine.id, "ended": work.now})
    held = order.number if order is not None else None
    tail = f"; {held} was put on hold" if held else ""
    because = f": {command.reason}" if command.reason else ""
    work.tell(
        EntityType.MACHINE,
        machine.code,
        f"Machine {machine.code} went from {machine.status.value} to {command.status.value}{because}{tail}.",
        status=command.status,
        reason=command.reason,
        work_order=held,
    )
    return {"machine": machine.code, "status": command.status, "version": machine.version + 1, "work_order": held}


def _moved_last(work: Work, machine: Row[Any], field: str) -> dict[str, object]:
    """Tell who brought the machine to where it stands, as far as the log knows."""
    last = told_last(work, Machine, [machine.id], field)
    return {"moved_by": last.badge, "moved_at": last.at, "terminal": last.terminal} if last is not None else {}


def write_downtime(
    work: Work,
    machine: int,
    category: DowntimeCategory | None,
    reason: str | None,
    start: datetime,
    end: datetime | None = None,
    *,
    notes: str | None = None,
) -> None:
    """Write a downtime of a locked machine; without `end` it goes on."""
    work.run(
        _INSERT_DOWNTIME,
        {
            "machine_id": machine,
            "category": category,
            "reason": reason,
            "notes": notes,
            "started_at": start,
            "ended_at": end,
            "person_id": work.actor.person_id,
        },
    )


_RUNNING = select(Machine.running_order).where(Machine.id == bindparam("machine"))


def _locked_with_order(work: Work, machine: int) -> tuple[Row[Any], Row[Any] | None]:
    """Lock the order that runs on the machine, then the machine; look again if another order started in between."""
    for _ in range(20):
        running = work.value(_RUNNING, {"machine": machine})
        order = work.first(LOCK_ORDER, {"number": running}) if running is not None else None
        row = work.first(LOCK_MACHINE, {"machine": machine})
        assert row is not None
        if row.running_order == running:
            return row, order
        # A lock on the wrong order is kept until the end; taking the right one after the machine could deadlock, which Shop tries again.
    raise refusal("SYSTEM_BUSY")
