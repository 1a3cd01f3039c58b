"""What is done with fixtures and gauges: their record, their status, their checks and calibrations. IN_USE is given and taken by the work alone."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, ClassVar

from sqlalchemy import Row, bindparam, insert, select, update

from mfg_desktop.exceptions import ManufacturingException, combine, refusal, told_day
from mfg_desktop.operations import floor
from mfg_desktop.service.fields import Code, Day, Name, Prose, Whole
from mfg_desktop.service.work import Command, Fields, Work, handles
from mfg_desktop.tables import Fixture, FixtureCheck, Gauge, GaugeCalibration
from mfg_desktop.vocabulary import ActionType, EntityType, FixtureStatus, GaugeStatus

F = FixtureStatus
G = GaugeStatus

# ---------------------------------------------------------------------- commands


class CreateFixture(Command):
    called: ClassVar[str] = "fixture.create"
    told_as: ClassVar[ActionType] = ActionType.FIXTURE_CREATE

    code: Code
    name: Name
    fixture_type: Name
    location: Name | None = None
    check_interval_days: Whole = 90
    last_checked: Day | None = None


class SetFixtureStatus(Command):
    called: ClassVar[str] = "fixture.set_status"
    told_as: ClassVar[ActionType] = ActionType.FIXTURE_CHANGE

    fixture: Code
    status: FixtureStatus


class RecordCheck(Command):
    called: ClassVar[str] = "fixture.record_check"
    told_as: ClassVar[ActionType] = ActionType.FIXTURE_CHANGE

    fixture: Code
    date: Day
    notes: Prose | None = None


class CreateGauge(Command):
    called: ClassVar[str] = "gauge.create"
    told_as: ClassVar[ActionType] = ActionType.GAUGE_CREATE

    code: Code
    name: Name
    manufacturer: Name | None = None
    calibration_interval_days: Whole = 365
    calibration_date: Day | None = None
    certificate: Name | None = None


class SetGaugeStatus(Command):
    called: ClassVar[str] = "gauge.set_status"
    told_as: ClassVar[ActionType] = ActionType.GAUGE_CHANGE

    gauge: Code
    status: GaugeStatus


class RecordCalibration(Command):
    called: ClassVar[str] = "gauge.record_calibration"
    told_as: ClassVar[ActionType] = ActionType.GAUGE_CHANGE

    gauge: Code
    date: Day
    certificate: Name | None = None


FIXTURE_MOVES: Mapping[FixtureStatus, tuple[FixtureStatus, ...]] = {
    F.AVAILABLE: (F.MAINTENANCE, F.BROKEN, F.RETIRED),
    F.IN_USE: (),
    F.MAINTENANCE: (F.AVAILABLE, F.BROKEN, F.RETIRED),
    F.BROKEN: (F.AVAILABLE, F.MAINTENANCE, F.RETIRED),
    F.RETIRED: (),
}
"""What a person may set; IN_USE comes and goes with the work."""

GAUGE_MOVES: Mapping[GaugeStatus, tuple[GaugeStatus, ...]] = {
    G.AVAILABLE: (G.CALIBRATION, G.BROKEN, G.RETIRED),
    G.IN_USE: (),
    G.CALIBRATION: (G.AVAILABLE, G.BROKEN, G.RETIRED),
    G.BROKEN: (G.AVAILABLE, G.CALIBRATION, G.RETIRED),
    G.RETIRED: (),
}

# ---------------------------------------------------------------------- statements

_LOCK_FIXTURE = (
    select(
        Fixture.id,
        Fixture.code,
        Fixture.status,
        Fixture.check_interval_days,
        Fixture.last_checked,
        Fixture.next_check,
        Fixture.version,
    )
    .where(Fixture.code == bindparam("code"))
    .with_for_update()
)
_LOCK_GAUGE = (
    select(
        Gauge.id,
        Gauge.code,
        Gauge.status,
        Gauge.calibration_interval_days,
        Gauge.calibration_date,
        Gauge.next_calibration,
        Gauge.certificate,
        Gauge.version,
    )
    .where(Gauge.code == bindparam("code"))
    .with_for_update()
)
_INSERT_FIXTURE = insert(Fixture)
_INSERT_GAUGE = insert(Gauge)
_INSERT_CHECK = insert(FixtureCheck)
_INSERT_CALIBRATION = insert(GaugeCalibration)
_SET_FIXTURE = (
    update(Fixture)
    .where(Fixture.id == bindparam("fixture"))
    .values(status=bindparam("to_status"), version=Fixture.version + 1)
)
_SET_GAUGE = (
    update(Gauge).where(Gauge.id == bindparam("gauge")).values(status=bindparam("to_status"), version=Gauge.version + 1)
)
_CHECKED = _SET_FIXTURE.values(last_checked=bindparam("checked"), next_check=bindparam("due"))
_CALIBRATED = _SET_GAUGE.values(
    calibration_date=bindparam("calibrated"), next_calibration=bindparam("due"), certificate=bindparam("paper")
)

# ---------------------------------------------------------------------- fixtures


@handles(CreateFixture)
def create_fixture(work: Work, command: CreateFixture) -> Fields:
    """Refusals: VALIDATION_DUPLICATE_VALUE for a code that is there, an interval below one day, a check in the future."""
    if work.first(_LOCK_FIXTURE, {"code": command.code}) is not None:
        raise refusal("VALIDATION_DUPLICATE_VALUE", field="code", value=command.code)
    _checked_record(work, "check_interval_days", command.check_interval_days, "last_checked", command.last_checked)
    work.run(
        _INSERT_FIXTURE,
        {
            "code": command.code,
            "name": command.name,
            "fixture_type": command.fixture_type,
            "location": command.location,
            "status": F.AVAILABLE,
            "check_interval_days": command.check_interval_days,
            "last_checked": command.last_checked,
            "next_check": _next(command.last_checked, command.check_interval_days),
        },
    )
    work.tell(EntityType.FIXTURE, command.code, f"Fixture {command.code} was created: {command.name}.")
    return {"fixture": command.code, "status": F.AVAILABLE, "version": 1}


@handles(SetFixtureStatus)
def set_fixture_status(work: Work, command: SetFixtureStatus) -> Fields:
    """Refusals: FIXTURE_NOT_AVAILABLE with the order that has it; VALIDATION_INVALID_CHOICE for a status that it cannot take."""
    fixture = _fixture(work, command.fixture)
    if fixture.status is F.IN_USE:
        raise refusal(
            "FIXTURE_NOT_AVAILABLE",
            fixture=fixture.code,
            current_status=fixture.status,
            work_order=work.value(floor.HAS_FIXTURE, {"tool": fixture.id}),
        )
    if command.status not in FIXTURE_MOVES[fixture.status]:
        raise _cannot_become(
            fixture.status, command.status, FIXTURE_MOVES[fixture.status], what=f"fixture {fixture.code}"
        )
    work.run(_SET_FIXTURE, {"fixture": fixture.id, "to_status": command.status})
    work.tell(
        EntityType.FIXTURE,
        fixture.code,
        f"Fixture {fixture.code} went from {fixture.status.value} to {command.status.value}.",
        status=command.status,
    )
    return {"fixture": fixture.code, "status": command.status, "version": fixture.version + 1}


@handles(RecordCheck)
def record_check(work: Work, command: RecordCheck) -> Fields:
    """Record that a fixture was checked: the next check follows by the interval, and a fixture in MAINTENANCE is free again.

    An older check than the last one is kept, and changes neither. Refusals: VALIDATION_INVALID_TIME for a day to come; FIXTURE_NOT_AVAILABLE for
    a fixture that is retired.
    """
    fixture = _fixture(work, command.fixture)
    if fixture.status is F.RETIRED:
        raise refusal("FIXTURE_NOT_AVAILABLE", fixture=fixture.code, current_status=fixture.status)
    if not_yet := _in_the_future(work, "date", command.date):
        raise not_yet
    work.run(
        _INSERT_CHECK,
        {
            "fixture_id": fixture.id,
            "checked_on": command.date,
            "notes": command.notes,
            "person_id": work.actor.person_id,
        },
    )
    status, due, version = fixture.status, fixture.next_check, fixture.version
    if fixture.last_checked is None or command.date >= fixture.last_checked:
        status = F.AVAILABLE if status is F.MAINTENANCE else status
        due, version = _next(command.date, fixture.check_interval_days), version + 1
        work.run(_CHECKED, {"fixture": fixture.id, "to_status": status, "checked": command.date, "due": due})
    work.tell(
        EntityType.FIXTURE,
        fixture.code,
        f"Fixture {fixture.code} was checked on {told_day(command.date)}; the next check is due on {told_day(due)}.",
        date=command.date,
        next_check=due,
    )
    return {"fixture": fixture.code, "status": status, "next_check": due, "version": version}


def _fixture(work: Work, code: str) -> Row[Any]:
    fixture = work.first(_LOCK_FIXTURE, {"code": code})
    if fixture is None:
        raise refusal("FIXTURE_NOT_FOUND", fixture=code)
    return fixture


# ---------------------------------------------------------------------- gauges


@handles(CreateGauge)
def create_gauge(work: Work, command: CreateGauge) -> Fields:
    """Refusals: VALIDATION_DUPLICATE_VALUE for a code that is there, an interval below one day, a calibration in the future."""
    if work.first(_LOCK_GAUGE, {"code": command.code}) is not None:
        raise refusal("VALIDATION_DUPLICATE_VALUE", field="code", value=command.code)
    _checked_record(
        work,
        "calibration_interval_days",
        command.calibration_interval_days,
        "calibration_date",
        command.calibration_date,
    )
    work.run(
        _INSERT_GAUGE,
        {
            "code": command.code,
            "name": command.name,
            "manufacturer": command.manufacturer,
            "status": G.AVAILABLE,
            "calibration_interval_days": command.calibration_interval_days,
            "calibration_date": command.calibration_date,
            "next_calibration": _next(command.calibration_date, command.calibration_interval_days),
            "certificate": command.certificate,
        },
    )
    work.tell(EntityType.GAUGE, command.code, f"Gauge {command.code} was created: {command.name}.")
    return {"gauge": command.code, "status": G.AVAILABLE, "version": 1}


@handles(SetGaugeStatus)
def set_gauge_status(work: Work, command: SetGaugeStatus) -> Fields:
    """Refusals: GAUGE_NOT_AVAILABLE with the order that has it; VALIDATION_INVALID_CHOICE for a status that it cannot take."""
    gauge = _gauge(work, command.gauge)
    if gauge.status is G.IN_USE:
        raise refusal(
            "GAUGE_NOT_AVAILABLE",
            gauge=gauge.code,
            current_status=gauge.status,
            work_order=work.value(floor.HAS_GAUGE, {"tool": gauge.id}),
        )
    if command.status not in GAUGE_MOVES[gauge.status]:
        raise _cannot_become(gauge.status, command.status, GAUGE_MOVES[gauge.status], what=f"gauge {gauge.code}")
    work.run(_SET_GAUGE, {"gauge": gauge.id, "to_status": command.status})
    work.tell(
        EntityType.GAUGE,
        gauge.code,
        f"Gauge {gauge.code} went from {gauge.status.value} to {command.status.value}.",
        status=command.status,
    )
    return {"gauge": gauge.code, "status": command.status, "version": gauge.version + 1}


@handles(RecordCalibration)
def record_calibration(work: Work, command: RecordCalibration) -> Fields:
    """Record that a gauge was calibrated: the next calibration follows by the interval, and a gauge in CALIBRATION is free again.

    An older calibration than the last one is kept, and changes neither. Refusals: VALIDATION_INVALID_TIME for a day to come; GAUGE_NOT_AVAILABLE
    for a gauge that is retired.
    """
    gauge = _gauge(work, command.gauge)
    if gauge.status is G.RETIRED:
        raise refusal("GAUGE_NOT_AVAILABLE", gauge=gauge.code, current_status=gauge.status)
    if not_yet := _in_the_future(work, "date", command.date):
        raise not_yet
    work.run(
        _INSERT_CALIBRATION,
        {
            "gauge_id": gauge.id,
            "calibrated_on": command.date,
            "certificate": command.certificate,
            "person_id": work.actor.person_id,
        },
    )
    status, due, version = gauge.status, gauge.next_calibration, gauge.version
    if gauge.calibration_date is None or command.date >= gauge.calibration_date:
        status = G.AVAILABLE if status is G.CALIBRATION else status
        due, version = _next(command.date, gauge.calibration_interval_days), version + 1
        # The certificate of another day proves nothing about this one.
        kept = gauge.certificate if command.date == gauge.calibration_date else None
        work.run(
            _CALIBRATED,
            {
                "gauge": gauge.id,
                "to_status": status,
                "calibrated": command.date,
                "due": due,
                "paper": command.certificate or kept,
            },
        )
    work.tell(
        EntityType.GAUGE,
        gauge.code,
        f"Gauge {gauge.code} was calibrated on {told_day(command.date)}; the next calibration is due on {told_day(due)}.",
        date=command.date,
        next_calibration=due,
        certificate=command.certificate,
    )
    return {"gauge": gauge.code, "status": status, "next_calibration": due, "version": version}


def _gauge(work: Work, code: str) -> Row[Any]:
    gauge = work.first(_LOCK_GAUGE, {"code": code})
    if gauge is None:
        raise refusal("GAUGE_NOT_FOUND", gauge=code)
    return gauge


# ---------------------------------------------------------------------- what both share


def _checked_record(work: Work, interval: str, days: int, last: str, day: date | None) -> None:
    found: list[ManufacturingException] = []
    if not 1 <= days <= 36500:
        found.append(refusal("VALIDATION_INVALID_FORMAT", field=interval, reason="must lie between 1 and 36500"))
    if day is not None and (not_yet := _in_the_future(work, last, day)):
        found.append(not_yet)
    if found:
        raise combine(found)


def _in_the_future(work: Work, field: str, day: date) -> ManufacturingException | None:
    return refusal("VALIDATION_INVALID_TIME", field=field, value=day, latest=work.today) if day > work.today else None


def _next(last: date | None, days: int) -> date | None:
    return last + timedelta(days=days) if last is not None else None


def _cannot_become(
    status: FixtureStatus | GaugeStatus,
    asked: FixtureStatus | GaugeStatus,
    allowed: tuple[FixtureStatus, ...] | tuple[GaugeStatus, ...],
    *,
    what: str,
) -> ManufacturingException:
    if asked.value == "IN_USE":
        reason = "it is set by starting work alone"
    elif status is asked:
        reason = f"{what} is {status.value} already"
    else:
        reason = f"{what} is {status.value}, which is final"
    return refusal("VALIDATION_INVALID_CHOICE", field="status", value=asked, allowed=list(allowed), reason=reason)
