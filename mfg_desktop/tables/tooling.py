"""Fixtures with their checks and gauges with their calibrations."""

from datetime import date

from sqlalchemy import CheckConstraint, Date, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mfg_desktop.tables.base import CODE, NAME, TEXT, Base, key, to, version, word
from mfg_desktop.vocabulary import FixtureStatus, GaugeStatus


class Fixture(Base):
    __tablename__ = "fixture"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("check_interval_days > 0", name="check_interval_days"),
        {"comment": "A device that holds the part on the machine."},
    )

    id: Mapped[int] = key()
    code: Mapped[str] = mapped_column(CODE, comment="Code of the fixture, as engraved on it.")
    name: Mapped[str] = mapped_column(NAME, comment="Name of the fixture.")
    fixture_type: Mapped[str] = mapped_column(NAME, comment="Kind of fixture, such as vice, chuck or plate.")
    location: Mapped[str | None] = mapped_column(NAME, comment="Where it is kept.")
    status: Mapped[FixtureStatus] = mapped_column(
        word(FixtureStatus, "status"), default=FixtureStatus.AVAILABLE, comment="What state it is in."
    )
    check_interval_days: Mapped[int] = mapped_column(Integer, default=90, comment="Days from one check to the next.")
    last_checked: Mapped[date | None] = mapped_column(Date, comment="Day of the last check.")
    next_check: Mapped[date | None] = mapped_column(
        Date, comment="Day on which the next check is due; overdue the day after."
    )
    version: Mapped[int] = version()


class FixtureCheck(Base):
    __tablename__ = "fixture_check"
    __table_args__ = ({"comment": "A check of a fixture that was done."},)

    id: Mapped[int] = key()
    fixture_id: Mapped[int] = to("fixture.id", "The fixture.")
    checked_on: Mapped[date] = mapped_column(Date, comment="Day of the check.")
    notes: Mapped[str | None] = mapped_column(TEXT, comment="What was found.")
    person_id: Mapped[int] = to("person.id", "Who checked it.")


class Gauge(Base):
    __tablename__ = "gauge"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("calibration_interval_days > 0", name="calibration_interval_days"),
        {"comment": "A measuring device."},
    )

    id: Mapped[int] = key()
    code: Mapped[str] = mapped_column(CODE, comment="Code of the gauge, as engraved on it.")
    name: Mapped[str] = mapped_column(NAME, comment="Name of the gauge.")
    manufacturer: Mapped[str | None] = mapped_column(NAME, comment="Maker of the gauge.")
    status: Mapped[GaugeStatus] = mapped_column(
        word(GaugeStatus, "status"), default=GaugeStatus.AVAILABLE, comment="What state it is in."
    )
    calibration_interval_days: Mapped[int] = mapped_column(
        Integer, default=365, comment="Days from one calibration to the next."
    )
    calibration_date: Mapped[date | None] = mapped_column(Date, comment="Day of the last calibration.")
    next_calibration: Mapped[date | None] = mapped_column(
        Date, comment="Day on which the next calibration is due; overdue the day after."
    )
    certificate: Mapped[str | None] = mapped_column(NAME, comment="Number of the calibration certificate.")
    version: Mapped[int] = version()


class GaugeCalibration(Base):
    __tablename__ = "gauge_calibration"
    __table_args__ = ({"comment": "A calibration of a gauge that was done."},)

    id: Mapped[int] = key()
    gauge_id: Mapped[int] = to("gauge.id", "The gauge.")
    calibrated_on: Mapped[date] = mapped_column(Date, comment="Day of the calibration.")
    certificate: Mapped[str | None] = mapped_column(NAME, comment="Number of its certificate.")
    person_id: Mapped[int] = to("person.id", "Who recorded it.")
