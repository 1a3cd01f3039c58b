"""What is done with downtimes: recorded late, split in two, and told again under another category. Those of one machine never overlap."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Row, bindparam, or_, select, update

from mfg_desktop.exceptions import ManufacturingException, refusal
from mfg_desktop.operations import machines
from mfg_desktop.operations.locks import told_last
from mfg_desktop.service.fields import Code, Moment, Prose
from mfg_desktop.service.work import Command, Fields, Work, handles
from mfg_desktop.tables import Machine, MachineDowntime
from mfg_desktop.vocabulary import ActionType, DowntimeCategory, EntityType, MachineStatus


class RecordDowntime(Command):
    """A stop that was not entered when it happened. Without `end`, a breakdown or a maintenance goes on, and any other stop ends now."""

    called: ClassVar[str] = "downtime.record"
    told_as: ClassVar[ActionType] = ActionType.DOWNTIME_RECORD

    machine: Code
    start: Moment
    end: Moment | None = None
    category: DowntimeCategory
    reason: Prose
    notes: Prose | None = None


class SplitDowntime(Command):
    """The downtime that contains the moment `at` becomes two; category and reason are for the second part."""

    called: ClassVar[str] = "downtime.split"
    told_as: ClassVar[ActionType] = ActionType.DOWNTIME_CHANGE
    at_is_late_entry: ClassVar[bool] = False

    machine: Code
    at: Moment
    start: Moment | None = None
    category: DowntimeCategory | None = None
    reason: Prose | None = None


class RecategoriseDowntime(Command):
    """The downtime that starts at `start` or contains `at` gets another category; without either it is the open one, else the newest."""

    called: ClassVar[str] = "downtime.recategorise"
    told_as: ClassVar[ActionType] = ActionType.DOWNTIME_CHANGE
    at_is_late_entry: ClassVar[bool] = False

    machine: Code
    start: Moment | None = None
    category: DowntimeCategory
    reason: Prose


_STATUS = {
    DowntimeCategory.BREAKDOWN: MachineStatus.BROKEN,
    DowntimeCategory.MAINTENANCE: MachineStatus.MAINTENANCE,
}
"""What a machine is that is down with this category still."""

_DOWNTIME = select(MachineDowntime.__table__).where(MachineDowntime.machine_id == bindparam("machine"))
_NEWEST_FIRST = (MachineDowntime.started_at.desc(), MachineDowntime.id.desc())
# A machine that is down still is down for ever until somebody says otherwise.
_BEFORE_ITS_END = or_(MachineDowntime.ended_at.is_(None), MachineDowntime.ended_at > bindparam("start"))
_OTHER = (
    _DOWNTIME.where(_BEFORE_ITS_END, MachineDowntime.started_at < bindparam("end"))
    .order_by(MachineDowntime.started_at, MachineDowntime.id)
    .limit(1)
)
_OTHER_STILL = _DOWNTIME.where(_BEFORE_ITS_END).order_by(MachineDowntime.started_at, MachineDowntime.id)
_STARTING = (
    _DOWNTIME.where(MachineDowntime.started_at == bindparam("moment")).order_by(MachineDowntime.id.desc()).limit(1)
)
_CONTAINING = (
    _DOWNTIME.where(
        MachineDowntime.started_at <= bindparam("moment"),
        or_(MachineDowntime.ended_at.is_(None), MachineDowntime.ended_at > bindparam("moment")),
    )
    .order_by(*_NEWEST_FIRST)
    .limit(1)
)
_NEWEST = _DOWNTIME.order_by(MachineDowntime.ended_at.is_not(None), *_NEWEST_FIRST).limit(1)
_BEGIN = (
    update(MachineDowntime)
    .where(MachineDowntime.machine_id == bindparam("machine"), MachineDowntime.ended_at.is_(None))
    .values(
        started_at=bindparam("began"),
        reason=bindparam("why"),
        notes=bindparam("remarks"),
        version=MachineDowntime.version + 1,
    )
)
_END = (
    update(MachineDowntime)
    .where(MachineDowntime.id == bindparam("downtime"))
    .values(ended_at=bindparam("ended"), version=MachineDowntime.version + 1)
)
_TELL_AGAIN = (
    update(MachineDowntime)
    .where(MachineDowntime.id == bindparam("downtime"))
    .values(category=bindparam("what"), reason=bindparam("why"), version=MachineDowntime.version + 1)
)
_ID = select(Machine.id).where(Machine.code == bindparam("code"))


@handles(RecordDowntime)
def record(work: Work, command: RecordDowntime) -> Fields:
    """Record a stop late; it needs no right to enter late. A machine that is down still is stopped now, and the running order put on hold.

    Refusals: VALIDATION_INVALID_TIME for the future and for an end not after the start; MACHINE_DOWNTIME_OVERLAP with the times of the other one.
    """
    start, end = _times(work, command)
    status = _STATUS.get(command.category) if command.end is None else None
    if status is not None:
        return _stop_still(work, command, start, status)
    machine = machines.locked(work, command.machine)
    _insist_on_no_other(work, command.machine, machine.id, start, end)
    machines.write_downtime(work, machine.id, command.category, command.reason, start, end, notes=command.notes)
    length = round((end - start).total_seconds() / 60)
    work.tell(
        EntityType.MACHINE,
        command.machine,
        f"Machine {command.machine} was down for {length} min ({_words(command.category)}): {command.reason}.",
        start=start,
        end=end,
        category=command.category,
        reason=command.reason,
    )
    return {"machine": command.machine, "start": start, "end": end, "category": command.category}


def _times(work: Work, command: RecordDowntime) -> tuple[datetime, datetime]:
    start = work.moment(command.start, field="start")
    end = work.moment(command.end, field="end") if command.end is not None else work.now
    if start >= work.now:
        raise refusal("VALIDATION_INVALID_TIME", field="start", value=start, latest=work.now)
    if end > work.now:
        raise refusal("VALIDATION_INVALID_TIME", field="end", value=end, latest=work.now)
    if end <= start:
        raise refusal("VALIDATION_INVALID_TIME", field="end", value=end, earliest=start)
    return start, end


def _stop_still(work: Work, command: RecordDowntime, start: datetime, status: MachineStatus) -> Fields:
    """Stop the machine as always, and put the beginning of its downtime back to when it really began."""
    found = work.first(_ID, {"code": command.machine})
    if found is None:
        raise refusal("MACHINE_NOT_FOUND", machine=command.machine)
    # Asked before: of a machine that is down already the other downtime is told. And asked again when the machine is locked.
    _insist_on_no_other(work, command.machine, found.id, start, None)
    stop = machines.SetMachineStatus(
        machine=command.machine, status=status, reason=command.reason, category=command.category
    )
    answer = machines.set_status(work, stop)
    _insist_on_no_other(work, command.machine, found.id, start, None, but_the_open_one=True)
    values = {"machine": found.id, "began": start, "why": command.reason, "remarks": command.notes}
    work.run(_BEGIN, values)
    held = answer.get("work_order")
    tail = f"; {held} was put on hold" if held else ""
    work.tell(
        EntityType.MACHINE,
        command.machine,
        f"Machine {command.machine} is down ({_words(command.category)}): {command.reason}{tail}.",
        start=start,
        end=None,
        category=command.category,
        reason=command.reason,
    )
    return {**answer, "start": start, "end": None, "category": command.category}


def _insist_on_no_other(
    work: Work,
    code: str,
    machine: int,
    start: datetime,
    end: datetime | None,
    *,
    but_the_open_one: bool = False,
) -> None:
    values: dict[str, Any] = {"machine": machine, "start": start}
    others = work.all(_OTHER, {**values, "end": end}) if end is not None else work.all(_OTHER_STILL, values)
    for other in others:
        if other.ended_at is None and but_the_open_one:
            continue
        last = told_last(work, MachineDowntime, [other.id], "started_at")
        by = {"recorded_by": last.badge, "recorded_at": last.at, "terminal": last.terminal} if last else {}
        raise refusal(
            "MACHINE_DOWNTIME_OVERLAP",
            machine=code,
            start=start,
            end=end,
            other_start=other.started_at,
            other_end=other.ended_at,
            **by,
        )


@handles(SplitDowntime)
def split(work: Work, command: SplitDowntime) -> Fields:
    """Split the downtime that contains the moment: the first part ends there, the second begins there and goes on as the whole did.

    Refusals: VALIDATION_INVALID_TIME for a moment in the future; VALIDATION_INVALID_CHOICE when no downtime has it strictly inside.
    """
    machine = machines.locked(work, command.machine)
    at = work.moment(command.at, field="at")
    if at >= work.now:
        raise refusal("VALIDATION_INVALID_TIME", field="at", value=at, latest=work.now)
    if command.start is not None:
        downtime = _starting(work, machine.id, command.start)
    else:
        downtime = work.first(_CONTAINING, {"machine": machine.id, "moment": at})
    if downtime is None or not downtime.started_at < at or (downtime.ended_at is not None and at >= downtime.ended_at):
        field = "start" if command.start is not None and downtime is None else "at"
        raise _no_downtime(work, field, command.start if field == "start" else at)
    category, reason = command.category or downtime.category, command.reason or downtime.reason
    # First the end of the first: a machine has one open downtime.
    work.run(_END, {"downtime": downtime.id, "ended": at})
    machines.write_downtime(work, machine.id, category, reason, at, downtime.ended_at, notes=downtime.notes)
    work.tell(
        EntityType.MACHINE,
        command.machine,
        f"A downtime of machine {command.machine} was split: {_words(downtime.category)}, then {_words(category)}"
        f"{f': {command.reason}' if command.reason else ''}.",
        start=downtime.started_at,
        at=at,
        end=downtime.ended_at,
        category=category,
        reason=reason,
    )
    return {
        "machine": command.machine,
        "parts": [
            {
                "start": downtime.started_at,
                "end": at,
                "category": downtime.category,
                "reason": downtime.reason,
            },
            {"start": at, "end": downtime.ended_at, "category": category, "reason": reason},
        ],
    }


@handles(RecategoriseDowntime)
def recategorise(work: Work, command: RecategoriseDowntime) -> Fields:
    """Give a downtime another category and reason; its times stay. Refuses with VALIDATION_INVALID_CHOICE when there is none."""
    machine = machines.locked(work, command.machine)
    if command.start is not None:
        downtime = _starting(work, machine.id, command.start)
    elif command.at is not None:
        moment = work.moment(command.at, field="at")
        downtime = work.first(_CONTAINING, {"machine": machine.id, "moment": moment})
    else:
        downtime = work.first(_NEWEST, {"machine": machine.id})
    if downtime is None:
        field = "at" if command.start is None and command.at is not None else "start"
        raise _no_downtime(work, field, command.start or command.at)
    work.run(_TELL_AGAIN, {"downtime": downtime.id, "what": command.category, "why": command.reason})
    work.tell(
        EntityType.MACHINE,
        command.machine,
        f"A downtime of machine {command.machine} was {_words(downtime.category)} and is now {_words(command.category)}: "
        f"{command.reason}.",
        start=downtime.started_at,
        end=downtime.ended_at,
        category=command.category,
        reason=command.reason,
    )
    return {
        "machine": command.machine,
        "start": downtime.started_at,
        "end": downtime.ended_at,
        "category": command.category,
        "reason": command.reason,
    }


def _starting(work: Work, machine: int, start: Moment) -> Row[Any] | None:
    """Find the downtime that starts then, or else contains that moment: people name a time to the minute."""
    values = {"machine": machine, "moment": work.moment(start, field="start")}
    return work.first(_STARTING, values) or work.first(_CONTAINING, values)


def _no_downtime(work: Work, field: str, moment: datetime | None) -> ManufacturingException:
    value = work.moment(moment, field=field).astimezone(work.plant.zone).isoformat() if moment is not None else "none"
    return refusal("VALIDATION_INVALID_CHOICE", field=field, value=value, reason="the machine has no downtime then")


def _words(category: DowntimeCategory) -> str:
    return category.value.lower().replace("_", " ")
