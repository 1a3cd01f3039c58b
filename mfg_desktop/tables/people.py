"""People, their rights, and the plant: departments, roles and the operations they allow, shifts and settings."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Boolean, CheckConstraint, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mfg_desktop.tables.base import CODE, NAME, Base, Quantity, UtcTime, key, to, version, word
from mfg_desktop.vocabulary import MachineType


class Department(Base):
    __tablename__ = "department"
    __table_args__ = (UniqueConstraint("code"), {"comment": "A part of the plant that people and machines belong to."})

    id: Mapped[int] = key()
    code: Mapped[str] = mapped_column(CODE, comment="Short code of the department, as printed and typed.")
    name: Mapped[str] = mapped_column(NAME, comment="Name of the department.")
    version: Mapped[int] = version()


class Person(Base):
    __tablename__ = "person"
    __table_args__ = (
        UniqueConstraint("badge"),
        CheckConstraint("failed_pins >= 0", name="failed_pins"),
        {"comment": "A person who may sign in at a terminal."},
    )

    id: Mapped[int] = key()
    badge: Mapped[str] = mapped_column(CODE, comment="Text of the badge that the person scans or types.")
    name: Mapped[str] = mapped_column(NAME, comment="Full name of the person.")
    pin_hash: Mapped[str | None] = mapped_column(
        String(200), comment="Argon2id digest of the PIN; empty while the person has none and cannot sign in."
    )
    active: Mapped[bool] = mapped_column(
        Boolean, default=True, comment="Whether the person works here and may sign in."
    )
    failed_pins: Mapped[int] = mapped_column(
        Integer, default=0, server_default="0", comment="Wrong PINs in a row since the last sign-in."
    )
    locked_until: Mapped[datetime | None] = mapped_column(
        UtcTime, comment="Until when the badge is locked after five wrong PINs."
    )
    version: Mapped[int] = version()


class Role(Base):
    __tablename__ = "role"
    __table_args__ = (UniqueConstraint("name"), {"comment": "A named set of operations that people may be given."})

    id: Mapped[int] = key()
    name: Mapped[str] = mapped_column(CODE, comment="Name of the role, such as SUPERVISOR.")
    version: Mapped[int] = version()


class RoleOperation(Base):
    __tablename__ = "role_operation"
    __table_args__ = (UniqueConstraint("role_id", "operation"), {"comment": "An operation that a role allows."})

    id: Mapped[int] = key()
    role_id: Mapped[int] = to("role.id", "The role.")
    operation: Mapped[str] = mapped_column(
        CODE, comment="Name of the command or question, such as work_order.start; * allows all."
    )


class PersonRole(Base):
    __tablename__ = "person_role"
    __table_args__ = (
        UniqueConstraint("person_id", "role_id"),
        {"comment": "A role that a person has."},
    )

    id: Mapped[int] = key()
    person_id: Mapped[int] = to("person.id", "The person.")
    role_id: Mapped[int] = to("role.id", "The role.")


class PersonDepartment(Base):
    __tablename__ = "person_department"
    __table_args__ = (
        UniqueConstraint("person_id", "department_id"),
        {"comment": "A department that a person works for."},
    )

    id: Mapped[int] = key()
    person_id: Mapped[int] = to("person.id", "The person.")
    department_id: Mapped[int] = to("department.id", "The department.")


class PersonMachine(Base):
    __tablename__ = "person_machine"
    __table_args__ = (
        UniqueConstraint("person_id", "machine_id"),
        {
            "comment": "A machine that a person is limited to; without any such row, and without types, all machines are open."
        },
    )

    id: Mapped[int] = key()
    person_id: Mapped[int] = to("person.id", "The person.")
    machine_id: Mapped[int] = to("machine.id", "The machine.")


class PersonMachineType(Base):
    __tablename__ = "person_machine_type"
    __table_args__ = (
        UniqueConstraint("person_id", "machine_type"),
        {"comment": "A machine type that a person is limited to."},
    )

    id: Mapped[int] = key()
    person_id: Mapped[int] = to("person.id", "The person.")
    machine_type: Mapped[MachineType] = mapped_column(word(MachineType, "machine_type"), comment="The machine type.")


class PlantSetting(Base):
    __tablename__ = "plant_setting"
    __table_args__ = (
        CheckConstraint("id = 1", name="single_row"),
        CheckConstraint("overproduction_percent >= 0", name="overproduction_percent"),
        CheckConstraint("auto_lock_minutes > 0", name="auto_lock_minutes"),
        {"comment": "The settings of the plant, one row."},
    )

    id: Mapped[int] = key()
    name: Mapped[str] = mapped_column(NAME, comment="Name of the plant, as shown on every screen and report.")
    timezone: Mapped[str] = mapped_column(CODE, comment="Time zone of the plant, an IANA name such as Europe/Berlin.")
    overproduction_percent: Mapped[Decimal] = mapped_column(
        Quantity, comment="How far the good quantity may exceed the ordered one, in percent."
    )
    auto_lock_minutes: Mapped[int] = mapped_column(
        Integer, comment="After how many minutes without input a terminal locks itself."
    )
    rights_version: Mapped[int] = mapped_column(
        Integer,
        default=1,
        comment="Counts the changes of people's rights, so that terminals forget what they remembered of them.",
    )
    version: Mapped[int] = version()


class Shift(Base):
    __tablename__ = "shift"
    __table_args__ = (
        UniqueConstraint("name"),
        CheckConstraint("planned_stop_minutes >= 0", name="planned_stop_minutes"),
        {"comment": "A shift of the plant's day."},
    )

    id: Mapped[int] = key()
    name: Mapped[str] = mapped_column(CODE, comment="Name of the shift, such as Early.")
    start: Mapped[str] = mapped_column(String(5), comment="Local time of day when the shift starts, HH:MM.")
    end: Mapped[str] = mapped_column(
        String(5), comment="Local time of day when the shift ends, HH:MM; before the start when it runs over midnight."
    )
    planned_stop_minutes: Mapped[int] = mapped_column(Integer, comment="Planned breaks within the shift, in minutes.")
