"""Questions about tooling: the fixtures and the gauges, when they are due, and which order has them."""

from typing import ClassVar

from sqlalchemy import literal_column, select

from mfg_desktop.queries.rows import FixtureRow, GaugeRow, Page
from mfg_desktop.service.work import Ask, Question, answers
from mfg_desktop.tables import Fixture, Gauge, ProcessConfig, WorkClock, WorkOrder, WorkOrderOperation


class ListFixtures(Question):
    called: ClassVar[str] = "fixture.list"


class ListGauges(Question):
    called: ClassVar[str] = "gauge.list"


_RUNNING = (
    select(ProcessConfig.fixture_id, ProcessConfig.gauge_id, WorkOrder.number)
    .select_from(WorkClock)
    .join(WorkOrder, WorkOrder.id == WorkClock.work_order_id)
    .join(WorkOrderOperation, WorkOrderOperation.id == WorkClock.operation_id)
    .join(ProcessConfig, ProcessConfig.id == WorkOrderOperation.process_config_id)
    # Written out and not bound: so the few clocks that tick are found by their own small index, however many there have been.
    .where(WorkClock.ended_at.is_(None), WorkClock.kind != literal_column("'HOLD'"))
    .subquery("running")
)
_FIXTURES = (
    select(Fixture.__table__, _RUNNING.c.number)
    .outerjoin(_RUNNING, _RUNNING.c.fixture_id == Fixture.id)
    .order_by(Fixture.code)
)
_GAUGES = (
    select(Gauge.__table__, _RUNNING.c.number).outerjoin(_RUNNING, _RUNNING.c.gauge_id == Gauge.id).order_by(Gauge.code)
)


@answers(ListFixtures)
def fixtures(ask: Ask, _question: ListFixtures) -> Page[FixtureRow]:
    """Give all fixtures, by code."""
    return Page(
        tuple(
            FixtureRow(
                fixture=row.code,
                name=row.name,
                fixture_type=row.fixture_type,
                location=row.location,
                status=row.status,
                check_interval_days=row.check_interval_days,
                last_checked=row.last_checked,
                next_check=row.next_check,
                overdue=row.next_check is not None and row.next_check < ask.today,
                work_order=row.number,
                version=row.version,
            )
            for row in ask.all(_FIXTURES)
        )
    )


@answers(ListGauges)
def gauges(ask: Ask, _question: ListGauges) -> Page[GaugeRow]:
    """Give all gauges, by code."""
    return Page(
        tuple(
            GaugeRow(
                gauge=row.code,
                name=row.name,
                manufacturer=row.manufacturer,
                status=row.status,
                calibration_interval_days=row.calibration_interval_days,
                calibration_date=row.calibration_date,
                next_calibration=row.next_calibration,
                overdue=row.next_calibration is not None and row.next_calibration < ask.today,
                certificate=row.certificate,
                work_order=row.number,
                version=row.version,
            )
            for row in ask.all(_GAUGES)
        )
    )
