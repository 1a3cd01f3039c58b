"""Processes and the workflows that say in which steps a product is made."""

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, Date, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mfg_desktop.tables.base import CODE, NAME, TEXT, Base, Quantity, key, to, version, word
from mfg_desktop.vocabulary import AxisCount, MachineType, ProcessConfigStatus, WorkflowStatus


class Process(Base):
    __tablename__ = "process"
    __table_args__ = (UniqueConstraint("code"), {"comment": "A kind of work, such as turning or washing."})

    id: Mapped[int] = key()
    code: Mapped[str] = mapped_column(CODE, comment="Code of the process.")
    name: Mapped[str] = mapped_column(NAME, comment="Name of the process.")
    machine_type: Mapped[MachineType] = mapped_column(
        word(MachineType, "machine_type"), comment="Type of machine that does it."
    )
    description: Mapped[str | None] = mapped_column(TEXT, comment="What is done.")
    setup_minutes: Mapped[Decimal | None] = mapped_column(Quantity, comment="Usual time to set up, in minutes.")
    run_minutes: Mapped[Decimal | None] = mapped_column(Quantity, comment="Usual time for one piece, in minutes.")
    version: Mapped[int] = version()


class Workflow(Base):
    __tablename__ = "workflow"
    __table_args__ = (
        UniqueConstraint("product_id", "name"),
        Index(
            "uq_workflow_active",
            "product_id",
            unique=True,
            sqlite_where=text("status = 'ACTIVE'"),
            postgresql_where=text("status = 'ACTIVE'"),
        ),
        {"comment": "A version of the routing of a product; one is active."},
    )

    id: Mapped[int] = key()
    product_id: Mapped[int] = to("product.id", "The product that is made.")
    name: Mapped[str] = mapped_column(CODE, comment="Version of the routing, such as A or 2.1.")
    status: Mapped[WorkflowStatus] = mapped_column(
        word(WorkflowStatus, "status"),
        default=WorkflowStatus.DRAFT,
        comment="Whether it is being written, in use or past.",
    )
    effective_date: Mapped[date] = mapped_column(Date, comment="Day from which it holds.")
    revision_notes: Mapped[str | None] = mapped_column(TEXT, comment="What changed against the version before.")
    version: Mapped[int] = version()


class ProcessConfig(Base):
    __tablename__ = "process_config"
    __table_args__ = (
        # By hand: PostgreSQL cuts a name of more than 63 letters.
        UniqueConstraint("workflow_id", "sequence", "process_id", "config_version", name="uq_process_config_version"),
        Index(
            "uq_process_config_active",
            "workflow_id",
            "sequence",
            "process_id",
            unique=True,
            sqlite_where=text("status = 'ACTIVE'"),
            postgresql_where=text("status = 'ACTIVE'"),
        ),
        CheckConstraint("sequence > 0", name="sequence"),
        {"comment": "One step of a routing: with what and how the process is done."},
    )

    id: Mapped[int] = key()
    workflow_id: Mapped[int] = to("workflow.id", "The routing.")
    sequence: Mapped[int] = mapped_column(Integer, comment="Place of the step in the routing, such as 10, 20, 30.")
    process_id: Mapped[int] = to("process.id", "The process that is done.")
    config_version: Mapped[int] = mapped_column(Integer, default=1, comment="Counts the settings of this step, from 1.")
    status: Mapped[ProcessConfigStatus] = mapped_column(
        word(ProcessConfigStatus, "status"),
        default=ProcessConfigStatus.DRAFT,
        comment="Whether these settings are in use.",
    )
    machine_type: Mapped[MachineType | None] = mapped_column(
        word(MachineType, "machine_type"), comment="Type of machine that it needs."
    )
    axis_count: Mapped[AxisCount | None] = mapped_column(word(AxisCount, "axis_count"), comment="Axes that it needs.")
    machine_id: Mapped[int | None] = to("machine.id", "The machine that it runs on.", nullable=True)
    fixture_id: Mapped[int | None] = to("fixture.id", "The fixture that it needs.", nullable=True)
    gauge_id: Mapped[int | None] = to("gauge.id", "The gauge that it needs.", nullable=True)
    tool: Mapped[str | None] = mapped_column(NAME, comment="The tool that it needs.")
    setup_minutes: Mapped[Decimal | None] = mapped_column(Quantity, comment="Time to set up, in minutes.")
    cycle_seconds: Mapped[Decimal | None] = mapped_column(Quantity, comment="Ideal time for one piece, in seconds.")
    overlap_quantity: Mapped[Decimal | None] = mapped_column(
        Quantity,
        comment="Good of the step before, in the product's unit, after which this one may start; 0 at any time; empty when all.",
    )
    parameters: Mapped[str | None] = mapped_column(Text, comment="Machine parameters, a JSON object.")
    quality_requirements: Mapped[str | None] = mapped_column(Text, comment="What has to be measured, a JSON object.")
    instructions: Mapped[str | None] = mapped_column(TEXT, comment="How to do it.")
