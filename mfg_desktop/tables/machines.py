"""Machines with their technical record, their downtime and their maintenance."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Boolean, CheckConstraint, Date, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mfg_desktop.tables.base import CODE, NAME, TEXT, Base, Quantity, UtcTime, key, to, version, word
from mfg_desktop.vocabulary import AxisCount, DowntimeCategory, MachineStatus, MachineType


class Machine(Base):
    __tablename__ = "machine"
    __table_args__ = (
        UniqueConstraint("code"),
        UniqueConstraint("serial_number"),
        CheckConstraint("maintenance_interval_days > 0", name="maintenance_interval_days"),
        CheckConstraint("(status = 'IN_USE') = (running_order IS NOT NULL)", name="running_order"),
        {"comment": "A machine or work place that orders run on."},
    )

    id: Mapped[int] = key()
    code: Mapped[str] = mapped_column(CODE, comment="Code of the machine, as on its plate and label.")
    type: Mapped[MachineType] = mapped_column(word(MachineType, "type"), comment="What kind of work it does.")
    department_id: Mapped[int | None] = to("department.id", "The department it stands in.", nullable=True)
    brand: Mapped[str | None] = mapped_column(NAME, comment="Maker of the machine.")
    model: Mapped[str | None] = mapped_column(NAME, comment="The maker's name of the model.")
    axis_count: Mapped[AxisCount | None] = mapped_column(
        word(AxisCount, "axis_count"), comment="How many axes it moves."
    )
    internal_cooling_bar: Mapped[Decimal | None] = mapped_column(
        Quantity, comment="Pressure of the cooling through the spindle, in bar."
    )
    motor_power_kva: Mapped[Decimal | None] = mapped_column(Quantity, comment="Connected load of the machine, in kVA.")
    holder_type: Mapped[str | None] = mapped_column(
        NAME, comment="Tool holder of the spindle, such as HSK-A63 or BT40."
    )
    spindle_power_10_kw: Mapped[Decimal | None] = mapped_column(
        Quantity, comment="Power of the spindle motor at 10 % duty, in kW."
    )
    spindle_power_30_kw: Mapped[Decimal | None] = mapped_column(
        Quantity, comment="Power of the spindle motor at 30 % duty, in kW."
    )
    power_hp: Mapped[Decimal | None] = mapped_column(Quantity, comment="Power of the machine, in horsepower.")
    spindle_speed_rpm: Mapped[int | None] = mapped_column(
        Integer, comment="Highest speed of the spindle, in revolutions per minute."
    )
    tool_count: Mapped[int | None] = mapped_column(Integer, comment="Places in the tool magazine.")
    nc_control_unit: Mapped[str | None] = mapped_column(NAME, comment="Maker and model of the control.")
    manufacturing_year: Mapped[int | None] = mapped_column(Integer, comment="Year in which the machine was built.")
    serial_number: Mapped[str | None] = mapped_column(NAME, comment="The maker's serial number, unique.")
    weight_kg: Mapped[Decimal | None] = mapped_column(Quantity, comment="Weight of the machine, in kg.")
    max_part_size: Mapped[str | None] = mapped_column(NAME, comment="Largest part that fits, in mm.")
    description: Mapped[str | None] = mapped_column(TEXT, comment="What the machine is used for.")
    status: Mapped[MachineStatus] = mapped_column(
        word(MachineStatus, "status"), default=MachineStatus.AVAILABLE, comment="What state the machine is in."
    )
    status_since: Mapped[datetime | None] = mapped_column(
        UtcTime, comment="Since when it is in that state; empty while it has never changed."
    )
    status_reason: Mapped[str | None] = mapped_column(TEXT, comment="Why it is in that state.")
    status_by: Mapped[str | None] = mapped_column(CODE, comment="Badge of the person who set the state.")
    # The number and not a join: a terminal that waited for the machine's lock must read it from the locked row alone.
    running_order: Mapped[str | None] = mapped_column(CODE, comment="Number of the work order that runs on it now.")
    maintenance_interval_days: Mapped[int] = mapped_column(
        Integer, default=90, comment="Days from one maintenance to the next."
    )
    last_maintenance: Mapped[date | None] = mapped_column(Date, comment="Day of the last maintenance.")
    next_maintenance: Mapped[date | None] = mapped_column(
        Date, comment="Day on which the next maintenance is due; overdue the day after."
    )
    maintenance_notes: Mapped[str | None] = mapped_column(TEXT, comment="What to mind at the next maintenance.")
    active: Mapped[bool] = mapped_column(Boolean, default=True, comment="Whether the machine may be given work.")
    version: Mapped[int] = version()


class MachineDowntime(Base):
    __tablename__ = "machine_downtime"
    __table_args__ = (
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="times"),
        Index(
            "uq_machine_downtime_open",
            "machine_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        {"comment": "A stretch of time in which a machine could not work. Those of one machine never overlap."},
    )

    id: Mapped[int] = key()
    machine_id: Mapped[int] = to("machine.id", "The machine.")
    category: Mapped[DowntimeCategory] = mapped_column(
        word(DowntimeCategory, "category"), comment="What kind of stop it was."
    )
    reason: Mapped[str | None] = mapped_column(TEXT, comment="What happened, in the words of whoever reported it.")
    notes: Mapped[str | None] = mapped_column(TEXT, comment="Remarks.")
    started_at: Mapped[datetime] = mapped_column(UtcTime, comment="When the machine stopped.")
    ended_at: Mapped[datetime | None] = mapped_column(
        UtcTime, comment="When it could work again; empty while it cannot."
    )
    person_id: Mapped[int] = to("person.id", "Who reported it.")
    version: Mapped[int] = version()


class MachineMaintenance(Base):
    __tablename__ = "machine_maintenance"
    __table_args__ = ({"comment": "A maintenance that was done."},)

    id: Mapped[int] = key()
    machine_id: Mapped[int] = to("machine.id", "The machine.")
    done_on: Mapped[date] = mapped_column(Date, comment="Day on which it was done.")
    notes: Mapped[str | None] = mapped_column(TEXT, comment="What was done.")
    person_id: Mapped[int] = to("person.id", "Who recorded it.")
    at: Mapped[datetime] = mapped_column(UtcTime, comment="When it was recorded.")
