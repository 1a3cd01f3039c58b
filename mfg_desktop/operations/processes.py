"""What is done with processes and routings: a routing is written, reviewed, put to use in the place of the one before, and filed away."""

import json
from collections import Counter
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag
from sqlalchemy import Row, Select, bindparam, insert, select, update

from mfg_desktop.exceptions import ManufacturingException, combine, plain, refusal
from mfg_desktop.service.fields import Code, Day, Name, Prose, Quantity, Whole
from mfg_desktop.service.work import Command, Fields, Work, handles
from mfg_desktop.tables import Fixture, Gauge, Machine, Process, ProcessConfig, Product, Workflow
from mfg_desktop.vocabulary import (
    ActionType,
    AxisCount,
    EntityType,
    MachineType,
    ProcessConfigStatus,
    WorkflowStatus,
)

W = WorkflowStatus
C = ProcessConfigStatus

LONGEST_SETTINGS = 4000
"""Characters: a paper for the machine, not a store for programs."""

# ---------------------------------------------------------------------- commands


def _kind(value: object) -> str | None:
    return "text" if isinstance(value, str) else "number" if isinstance(value, int | float | Decimal) else None


Setting = Annotated[
    Annotated[Prose, Tag("text")] | Annotated[Any, Tag("number")],
    Discriminator(
        _kind, custom_error_type="setting", custom_error_message="must be a text, a number, or true or false"
    ),
]
Settings = Annotated[dict[Name, Setting], Field(max_length=50)]
"""A JSON object of plain values, such as {"spindle_rpm": 1800, "coolant": true}."""


class CreateProcess(Command):
    called: ClassVar[str] = "process.create"
    told_as: ClassVar[ActionType] = ActionType.PROCESS_CREATE

    process_code: Code
    name: Name
    machine_type: MachineType
    description: Prose | None = None
    setup_minutes: Quantity | None = None
    run_minutes: Quantity | None = None


class StepGiven(BaseModel):
    """One step of a routing, as given. The same step given again is a further version of its settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sequence: Whole
    process: Code
    machine_type: MachineType | None = None
    axis_count: AxisCount | None = None
    machine: Code | None = None
    fixture: Code | None = None
    gauge: Code | None = None
    tool: Name | None = None
    setup_minutes: Quantity | None = None
    cycle_seconds: Quantity | None = None
    overlap_quantity: Quantity | None = None
    parameters: Settings | None = None
    quality_requirements: Settings | None = None
    instructions: Prose | None = None


class CreateWorkflow(Command):
    called: ClassVar[str] = "workflow.create"
    told_as: ClassVar[ActionType] = ActionType.WORKFLOW_CREATE

    product: Code
    version: Code
    effective_date: Day | None = None
    revision_notes: Prose | None = None
    steps: tuple[StepGiven, ...] = Field(min_length=1, max_length=200)


class SubmitWorkflow(Command):
    called: ClassVar[str] = "workflow.submit"
    told_as: ClassVar[ActionType] = ActionType.WORKFLOW_CHANGE

    product: Code
    version: Code


class ActivateWorkflow(Command):
    called: ClassVar[str] = "workflow.activate"
    told_as: ClassVar[ActionType] = ActionType.WORKFLOW_CHANGE

    product: Code
    version: Code


class ArchiveWorkflow(Command):
    called: ClassVar[str] = "workflow.archive"
    told_as: ClassVar[ActionType] = ActionType.WORKFLOW_CHANGE

    product: Code
    version: Code


class ActivateProcessConfig(Command):
    called: ClassVar[str] = "process_config.activate"
    told_as: ClassVar[ActionType] = ActionType.WORKFLOW_CHANGE

    product: Code
    version: Code
    sequence: Whole
    config_version: Whole


# ---------------------------------------------------------------------- statements

_SIZES = ("setup_minutes", "cycle_seconds", "overlap_quantity")
_PROCESS = select(Process.id).where(Process.code == bindparam("code"))
_INSERT_PROCESS = insert(Process)
# One routing of a product at a time: two that are put to use at once would both retire the third and then meet. Not FOR UPDATE, which would
# hold up every order that is made of the product meanwhile.
_LOCK_PRODUCT = (
    select(Product.id, Product.stock_code)
    .where(Product.stock_code == bindparam("code"))
    .with_for_update(key_share=True)
)
_WORKFLOW = select(Workflow.id, Workflow.name, Workflow.status).where(
    Workflow.product_id == bindparam("product"), Workflow.name == bindparam("named")
)
_ACTIVE = select(Workflow.id, Workflow.name).where(
    Workflow.product_id == bindparam("product"), Workflow.status == W.ACTIVE
)
_INSERT_WORKFLOW = insert(Workflow).returning(Workflow.id)
_SET_STATUS = (
    update(Workflow)
    .where(Workflow.id == bindparam("workflow"))
    .values(status=bindparam("to_status"), version=Workflow.version + 1)
)
_CONFIGS = select(
    ProcessConfig.id,
    ProcessConfig.sequence,
    ProcessConfig.process_id,
    ProcessConfig.config_version,
    ProcessConfig.status,
).where(ProcessConfig.workflow_id == bindparam("workflow"))
_INSERT_CONFIGS = insert(ProcessConfig)
_SUBMIT_CONFIGS = (
    update(ProcessConfig)
    .where(ProcessConfig.workflow_id == bindparam("workflow"), ProcessConfig.status == C.DRAFT)
    .values(status=C.REVIEW)
)
_RETIRE_CONFIGS = (
    update(ProcessConfig)
    .where(ProcessConfig.workflow_id == bindparam("workflow"), ProcessConfig.status != C.OBSOLETE)
    .values(status=C.OBSOLETE)
)
_SET_CONFIGS = (
    update(ProcessConfig)
    .where(ProcessConfig.id.in_(bindparam("configs", expanding=True)))
    .values(status=bindparam("to_status"))
)


def _by_code(*columns: Any) -> Select[Any]:
    return select(*columns).where(columns[1].in_(bindparam("codes", expanding=True)))


_PROCESSES = _by_code(Process.id, Process.code, Process.machine_type, Process.setup_minutes, Process.run_minutes)
_MACHINES = _by_code(Machine.id, Machine.code)
_FIXTURES = _by_code(Fixture.id, Fixture.code)
_GAUGES = _by_code(Gauge.id, Gauge.code)

# ---------------------------------------------------------------------- processes


@handles(CreateProcess)
def create_process(work: Work, command: CreateProcess) -> Fields:
    """Refusals: VALIDATION_DUPLICATE_VALUE for a code that is there, minutes below zero."""
    if work.first(_PROCESS, {"code": command.process_code}) is not None:
        raise refusal("VALIDATION_DUPLICATE_VALUE", field="process_code", value=command.process_code)
    found = _below_zero(command, ("setup_minutes", "run_minutes"), "")
    if found:
        raise combine(found)
    work.run(
        _INSERT_PROCESS,
        {
            "code": command.process_code,
            "name": command.name,
            "machine_type": command.machine_type,
            "description": command.description,
            "setup_minutes": command.setup_minutes,
            "run_minutes": command.run_minutes,
        },
    )
    # A process has no kind of its own in the audit log; it is a part of routings.
    work.tell(EntityType.WORKFLOW, command.process_code, f"Process {command.process_code} was created: {command.name}.")
    return {"process_code": command.process_code, "name": command.name}


def _below_zero(given: BaseModel, names: tuple[str, ...], place: str) -> list[ManufacturingException]:
    return [
        refusal("VALIDATION_INVALID_FORMAT", field=f"{place}{name}", reason="must not be below zero")
        for name in names
        if (size := getattr(given, name)) is not None and size < 0
    ]


# ---------------------------------------------------------------------- routings


@handles(CreateWorkflow)
def create_workflow(work: Work, command: CreateWorkflow) -> Fields:
    """Write a version of a product's routing, in DRAFT.

    Refusals: MATERIAL_NOT_FOUND; VALIDATION_DUPLICATE_VALUE for a version that is there, or two processes at one sequence; an unknown process,
    machine, fixture or gauge; numbers below zero.
    """
    product = _locked_product(work, command.product)
    if work.first(_WORKFLOW, {"product": product.id, "named": command.version}) is not None:
        raise refusal("VALIDATION_DUPLICATE_VALUE", field="version", value=command.version)
    steps = _steps(work, command.steps)
    workflow = work.value(
        _INSERT_WORKFLOW,
        {
            "product_id": product.id,
            "name": command.version,
            "status": W.DRAFT,
            "effective_date": command.effective_date or work.today,
            "revision_notes": command.revision_notes,
        },
    )
    work.run(_INSERT_CONFIGS, [{"workflow_id": workflow, **step} for step in steps])
    sequences = sorted({step.sequence for step in command.steps})
    _tell(
        work,
        product.stock_code,
        command.version,
        f"was written with {len(sequences)} step{'s' if len(sequences) > 1 else ''}",
        sequences=sequences,
    )
    return _answer(command, W.DRAFT, steps=len(sequences))


def _steps(work: Work, given: tuple[StepGiven, ...]) -> list[dict[str, Any]]:
    """Check the steps all together and give their rows."""
    processes = {row.code: row for row in work.all(_PROCESSES, {"codes": sorted({step.process for step in given})})}
    machines = _known(work, _MACHINES, {step.machine for step in given})
    fixtures = _known(work, _FIXTURES, {step.fixture for step in given})
    gauges = _known(work, _GAUGES, {step.gauge for step in given})
    found: list[ManufacturingException] = []
    rows = []
    doing: dict[int, str] = {}
    versions: Counter[int] = Counter()
    for index, step in enumerate(given):
        place = f"steps.{index}."
        process = processes.get(step.process)
        if step.sequence <= 0:
            found.append(refusal("VALIDATION_INVALID_FORMAT", field=f"{place}sequence", reason="must be above zero"))
        if doing.setdefault(step.sequence, step.process) != step.process:
            found.append(refusal("VALIDATION_DUPLICATE_VALUE", field=f"{place}sequence", value=step.sequence))
        if process is None:
            found.append(refusal("VALIDATION_INVALID_CHOICE", field=f"{place}process", value=step.process))
        if step.machine is not None and step.machine not in machines:
            found.append(refusal("MACHINE_NOT_FOUND", machine=step.machine))
        if step.fixture is not None and step.fixture not in fixtures:
            found.append(refusal("FIXTURE_NOT_FOUND", fixture=step.fixture))
        if step.gauge is not None and step.gauge not in gauges:
            found.append(refusal("GAUGE_NOT_FOUND", gauge=step.gauge))
        found += _below_zero(step, _SIZES, place)
        parameters, requirements = _written(step.parameters), _written(step.quality_requirements)
        found += [
            refusal(
                "VALIDATION_INVALID_FORMAT",
                field=f"{place}{name}",
                reason=f"must not be longer than {LONGEST_SETTINGS} characters in all",
            )
            for name, written in (("parameters", parameters), ("quality_requirements", requirements))
            if written is not None and len(written) > LONGEST_SETTINGS
        ]
        if process is None:
            continue
        versions[step.sequence] += 1
        usual_cycle = process.run_minutes * 60 if process.run_minutes is not None else None
        rows.append(
            {
                "sequence": step.sequence,
                "process_id": process.id,
                "config_version": versions[step.sequence],
                "status": C.DRAFT,
                "machine_type": step.machine_type or process.machine_type,
                "axis_count": step.axis_count,
                "machine_id": machines.get(step.machine),
                "fixture_id": fixtures.get(step.fixture),
                "gauge_id": gauges.get(step.gauge),
                "tool": step.tool,
                "setup_minutes": step.setup_minutes if step.setup_minutes is not None else process.setup_minutes,
                "cycle_seconds": step.cycle_seconds if step.cycle_seconds is not None else usual_cycle,
                "overlap_quantity": step.overlap_quantity,
                "parameters": parameters,
                "quality_requirements": requirements,
                "instructions": step.instructions,
            }
        )
    if found:
        raise combine(found)
    return rows


def _written(settings: Mapping[str, Any] | None) -> str | None:
    return json.dumps(plain(settings), ensure_ascii=False) if settings else None


def _known(work: Work, statement: Select[Any], codes: set[str | None]) -> dict[str | None, int]:
    named = sorted(code for code in codes if code is not None)
    return {row.code: row.id for row in work.all(statement, {"codes": named})} if named else {}


@handles(SubmitWorkflow)
def submit(work: Work, command: SubmitWorkflow) -> Fields:
    """Hand a routing in for review. Refusals: VALIDATION_INVALID_CHOICE for a routing that is not there or not in DRAFT."""
    product, workflow = _locked(work, command, W.REVIEW, frm=(W.DRAFT,))
    work.run(_SET_STATUS, {"workflow": workflow.id, "to_status": W.REVIEW})
    work.run(_SUBMIT_CONFIGS, {"workflow": workflow.id})
    _tell(work, product.stock_code, workflow.name, "was handed in for review", status=W.REVIEW)
    return _answer(command, W.REVIEW)


@handles(ActivateWorkflow)
def activate(work: Work, command: ActivateWorkflow) -> Fields:
    """Put a routing to use; the product's routing until now becomes obsolete. Orders that are made from now on take its steps.

    Of a step with several versions of its settings the first is used, unless another is chosen already. Refusals: VALIDATION_INVALID_CHOICE for
    a routing that is not there, or neither reviewed nor used before.
    """
    product, workflow = _locked(work, command, W.ACTIVE, frm=(W.REVIEW, W.OBSOLETE))
    before = work.first(_ACTIVE, {"product": product.id})
    if before is not None:
        # First the one and then the other: the database holds a product to one routing in use.
        work.run(_SET_STATUS, {"workflow": before.id, "to_status": W.OBSOLETE})
        work.run(_RETIRE_CONFIGS, {"workflow": before.id})
        work.touch(EntityType.WORKFLOW, _key(product.stock_code, before.name))
    work.run(_SET_STATUS, {"workflow": workflow.id, "to_status": W.ACTIVE})
    configs = work.all(_CONFIGS, {"workflow": workflow.id})
    chosen = {config.sequence for config in configs if config.status is C.ACTIVE}
    first = [config.id for config in configs if config.config_version == 1 and config.sequence not in chosen]
    if first:
        work.run(_SET_CONFIGS, {"configs": first, "to_status": C.ACTIVE})
    retired = before.name if before is not None else None
    _tell(
        work,
        product.stock_code,
        workflow.name,
        f"was put to use{f' in the place of {retired}' if retired else ''}",
        status=W.ACTIVE,
        retired=retired,
    )
    return _answer(command, W.ACTIVE, retired=retired)


@handles(ArchiveWorkflow)
def archive(work: Work, command: ArchiveWorkflow) -> Fields:
    """File a routing away for good; if it was in use, new orders of the product have no operations until another is put to use."""
    product, workflow = _locked(
        work, command, W.ARCHIVED, frm=tuple(status for status in W if status is not W.ARCHIVED)
    )
    work.run(_SET_STATUS, {"workflow": workflow.id, "to_status": W.ARCHIVED})
    work.run(_RETIRE_CONFIGS, {"workflow": workflow.id})
    _tell(work, product.stock_code, workflow.name, "was archived", status=W.ARCHIVED)
    return _answer(command, W.ARCHIVED)


@handles(ActivateProcessConfig)
def activate_config(work: Work, command: ActivateProcessConfig) -> Fields:
    """Choose the settings with which a step is done from now on; those until now become obsolete.

    Refusals: VALIDATION_INVALID_CHOICE for a step or a version of its settings that is not there or is in use already, and in an archived routing.
    """
    product = _locked_product(work, command.product)
    workflow = _found(work, product, command.version)
    if workflow.status is W.ARCHIVED:
        raise _wrong_status(product, workflow, C.ACTIVE, tuple(status for status in W if status is not W.ARCHIVED))
    of_step = [
        config for config in work.all(_CONFIGS, {"workflow": workflow.id}) if config.sequence == command.sequence
    ]
    if not of_step:
        raise refusal("VALIDATION_INVALID_CHOICE", field="sequence", value=command.sequence)
    asked = next((config for config in of_step if config.config_version == command.config_version), None)
    if asked is None:
        raise refusal(
            "VALIDATION_INVALID_CHOICE",
            field="config_version",
            value=command.config_version,
            allowed=sorted(config.config_version for config in of_step),
        )
    if asked.status is C.ACTIVE:
        raise refusal(
            "VALIDATION_INVALID_CHOICE",
            field="config_version",
            value=command.config_version,
            reason="it is in use already",
        )
    before = [config.id for config in of_step if config.status is C.ACTIVE]
    if before:
        work.run(_SET_CONFIGS, {"configs": before, "to_status": C.OBSOLETE})
    work.run(_SET_CONFIGS, {"configs": [asked.id], "to_status": C.ACTIVE})
    _tell(
        work,
        product.stock_code,
        workflow.name,
        f"now uses version {command.config_version} of the settings of step {command.sequence}",
        sequence=command.sequence,
        config_version=command.config_version,
    )
    return _answer(command, workflow.status, sequence=command.sequence, config_version=command.config_version)


# ---------------------------------------------------------------------- what the moves share


def _locked_product(work: Work, code: str) -> Row[Any]:
    product = work.first(_LOCK_PRODUCT, {"code": code})
    if product is None:
        raise refusal("MATERIAL_NOT_FOUND", material=code)
    return product


def _found(work: Work, product: Row[Any], version: str) -> Row[Any]:
    workflow = work.first(_WORKFLOW, {"product": product.id, "named": version})
    if workflow is None:
        raise refusal(
            "VALIDATION_INVALID_CHOICE",
            field="version",
            value=version,
            reason=f"{product.stock_code} has no such routing",
        )
    return workflow


def _locked(
    work: Work,
    command: SubmitWorkflow | ActivateWorkflow | ArchiveWorkflow,
    to: WorkflowStatus,
    *,
    frm: Collection[WorkflowStatus],
) -> tuple[Row[Any], Row[Any]]:
    """Lock the product, and so its routings; refuse a routing that may not go where it is asked to."""
    product = _locked_product(work, command.product)
    workflow = _found(work, product, command.version)
    if workflow.status not in frm:
        raise _wrong_status(product, workflow, to, frm)
    return product, workflow


def _wrong_status(
    product: Row[Any],
    workflow: Row[Any],
    to: WorkflowStatus | ProcessConfigStatus,
    required: Collection[WorkflowStatus],
) -> ManufacturingException:
    needed = " or ".join(status.value for status in required)
    return refusal(
        "VALIDATION_INVALID_CHOICE",
        field="status",
        value=to.value,
        reason=f"routing {_key(product.stock_code, workflow.name)} is {workflow.status.value}, and must be {needed}",
    )


def _key(product: str, version: str) -> str:
    return f"{product}/{version}"


def _tell(work: Work, product: str, version: str, what: str, **details: object) -> None:
    key = _key(product, version)
    work.tell(EntityType.WORKFLOW, key, f"Routing {key} {what}.", **details)
    work.touch(EntityType.PRODUCT, product)


def _answer(
    command: CreateWorkflow | SubmitWorkflow | ActivateWorkflow | ArchiveWorkflow | ActivateProcessConfig,
    status: WorkflowStatus,
    **more: object,
) -> Fields:
    return {"product": command.product, "version": command.version, "status": status, **more}
