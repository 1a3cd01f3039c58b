"""Questions about how products are made: the processes, and the routings with the settings of their steps."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import Row, bindparam, distinct, func, select

from mfg_desktop.exceptions import refusal
from mfg_desktop.queries.rows import ConfigRow, Page, ProcessRow, WorkflowDetail, WorkflowRow
from mfg_desktop.service.fields import Code
from mfg_desktop.service.work import Ask, Question, answers
from mfg_desktop.tables import Fixture, Gauge, Machine, Process, ProcessConfig, Product, Workflow
from mfg_desktop.vocabulary import WorkflowStatus


class ListProcesses(Question):
    called: ClassVar[str] = "process.list"


class ListWorkflows(Question):
    called: ClassVar[str] = "workflow.list"

    product: Code | None = None
    status: WorkflowStatus | None = None


class GetWorkflow(Question):
    called: ClassVar[str] = "workflow.get"

    product: Code
    version: Code


_PROCESSES = select(
    Process.code, Process.name, Process.machine_type, Process.description, Process.setup_minutes, Process.run_minutes
).order_by(Process.code)
_STEPS = (
    select(func.count(distinct(ProcessConfig.sequence)))
    .where(ProcessConfig.workflow_id == Workflow.id)
    .correlate(Workflow)
    .scalar_subquery()
)
WORKFLOWS = (
    select(
        Workflow.id,
        Product.stock_code,
        Product.name.label("product_name"),
        Workflow.name,
        Workflow.status,
        Workflow.effective_date,
        Workflow.revision_notes,
        _STEPS.label("steps"),
    )
    .select_from(Workflow)
    .join(Product, Product.id == Workflow.product_id)
    .order_by(Product.stock_code, Workflow.effective_date.desc(), Workflow.id.desc())
)
"""Routings by product, the newest first."""
_ONE = WORKFLOWS.where(Product.stock_code == bindparam("product"), Workflow.name == bindparam("named"))
_CONFIGS = (
    select(
        ProcessConfig.__table__,
        Process.code.label("process"),
        Process.name.label("process_name"),
        Machine.code.label("machine"),
        Fixture.code.label("fixture"),
        Gauge.code.label("gauge"),
    )
    .join(Process, Process.id == ProcessConfig.process_id)
    .outerjoin(Machine, Machine.id == ProcessConfig.machine_id)
    .outerjoin(Fixture, Fixture.id == ProcessConfig.fixture_id)
    .outerjoin(Gauge, Gauge.id == ProcessConfig.gauge_id)
    .where(ProcessConfig.workflow_id == bindparam("workflow"))
    .order_by(ProcessConfig.sequence, ProcessConfig.config_version)
)


@answers(ListProcesses)
def processes(ask: Ask, _question: ListProcesses) -> Page[ProcessRow]:
    """Give all processes, by code."""
    return Page(
        tuple(
            ProcessRow(row.code, row.name, row.machine_type, row.description, row.setup_minutes, row.run_minutes)
            for row in ask.all(_PROCESSES)
        )
    )


@answers(ListWorkflows)
def workflows(ask: Ask, question: ListWorkflows) -> Page[WorkflowRow]:
    """Give routings by product, the newest first."""
    statement = WORKFLOWS
    if question.product is not None:
        statement = statement.where(Product.stock_code == question.product)
    if question.status is not None:
        statement = statement.where(Workflow.status == question.status)
    return Page(tuple(workflow_row(row) for row in ask.all(statement)))


@answers(GetWorkflow)
def workflow(ask: Ask, question: GetWorkflow) -> WorkflowDetail:
    """Give one routing with every version of the settings of its steps. Refusals: VALIDATION_INVALID_CHOICE for one that is not there."""
    found = ask.first(_ONE, {"product": question.product, "named": question.version})
    if found is None:
        raise refusal(
            "VALIDATION_INVALID_CHOICE",
            field="version",
            value=question.version,
            reason=f"{question.product} has no such routing",
        )
    return WorkflowDetail(workflow_row(found), tuple(_config(row) for row in ask.all(_CONFIGS, {"workflow": found.id})))


def workflow_row(row: Row[Any]) -> WorkflowRow:
    """Make the row of a routing from a row of `WORKFLOWS`."""
    return WorkflowRow(
        product=row.stock_code,
        product_name=row.product_name,
        version=row.name,
        status=row.status,
        effective_date=row.effective_date,
        revision_notes=row.revision_notes,
        steps=row.steps,
    )


def _config(row: Row[Any]) -> ConfigRow:
    return ConfigRow(
        sequence=row.sequence,
        process=row.process,
        process_name=row.process_name,
        config_version=row.config_version,
        status=row.status,
        machine_type=row.machine_type,
        axis_count=row.axis_count,
        machine=row.machine,
        fixture=row.fixture,
        gauge=row.gauge,
        tool=row.tool,
        setup_minutes=row.setup_minutes,
        cycle_seconds=row.cycle_seconds,
        overlap_quantity=row.overlap_quantity,
        parameters=_settings(row.parameters),
        quality_requirements=_settings(row.quality_requirements),
        instructions=row.instructions,
    )


def _settings(written: str | None) -> Mapping[str, object]:
    settings: dict[str, object] = json.loads(written) if written else {}
    return settings
