"""How the set-up screen says things: the cards of its lists, the facts of a thing, due days, and how its forms ask."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from mfg_desktop.queries.rows import (
    BomLineRow,
    ConfigRow,
    FixtureRow,
    GaugeRow,
    MachineDetail,
    MachineRow,
    ProcessRow,
    ProductDetail,
    ProductRow,
    WorkflowRow,
)
from mfg_desktop.rules.quantities import required
from mfg_desktop.service.shop import PlantRow
from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.cards import Card
from mfg_desktop.ui.kit.forms import Asked
from mfg_desktop.ui.kit.trees import Branch
from mfg_desktop.ui.setup.presenter import Area
from mfg_desktop.ui.theme import MACHINE_LOOKS, Look, Tone
from mfg_desktop.vocabulary import (
    FixtureStatus,
    GaugeStatus,
    MachineStatus,
    ProcessConfigStatus,
    ProductType,
    WorkflowStatus,
)

ENVELOPE: Final = ("command_id", "terminal", "override", "seen_version", "at")
"""Fields of every command that no form asks for."""

AREA_LOOKS: Final[Mapping[Area, tuple[str, str, str, str]]] = MappingProxyType(
    {
        Area.PRODUCTS: ("product", "Products", "product", "What the plant buys, keeps and makes, with its bill of material."),
        Area.PROCESSES: ("process", "Processes", "process", "The kinds of work that workflows are made of."),
        Area.WORKFLOWS: ("workflow", "Workflows", "workflow", "In which steps a product is made, version by version."),
        Area.FIXTURES: ("tooling", "Fixtures", "fixture", "What holds the part, and when it is checked."),
        Area.GAUGES: ("gauge", "Gauges", "gauge", "What measures the part, and when it is calibrated."),
        Area.MACHINES: ("machine", "Machines", "machine", "The technical record of every machine."),
        Area.PLANT: ("plant", "Shifts, plant", "plant", "Time zone, tolerances, the day's shifts."),
    }
)  # fmt: skip
"""For each area: icon, name, what one thing of it is called, and what it is for."""

PRODUCT_LOOKS: Final[Mapping[ProductType, Look]] = MappingProxyType(
    {
        ProductType.RAW: Look(Tone.PLANNED, "material", "Raw"),
        ProductType.SEMI_FINISHED: Look(Tone.RELEASED, "half", "Semi-finished"),
        ProductType.FINISHED: Look(Tone.DONE, "check", "Finished"),
    }
)
WORKFLOW_LOOKS: Final[Mapping[WorkflowStatus, Look]] = MappingProxyType(
    {
        WorkflowStatus.DRAFT: Look(Tone.PLANNED, "draft", "Draft"),
        WorkflowStatus.REVIEW: Look(Tone.HELD, "approve", "In review"),
        WorkflowStatus.ACTIVE: Look(Tone.RUNNING, "check", "Active"),
        WorkflowStatus.OBSOLETE: Look(Tone.PLANNED, "undo", "Obsolete"),
        WorkflowStatus.ARCHIVED: Look(Tone.PLANNED, "retired", "Archived"),
    }
)
CONFIG_LOOKS: Final[Mapping[ProcessConfigStatus, Look]] = MappingProxyType(
    {status: WORKFLOW_LOOKS[WorkflowStatus(status.value)] for status in ProcessConfigStatus}
)
FIXTURE_LOOKS: Final[Mapping[FixtureStatus, Look]] = MappingProxyType(
    {status: MACHINE_LOOKS[MachineStatus(status.value)] for status in FixtureStatus}
)
GAUGE_LOOKS: Final[Mapping[GaugeStatus, Look]] = MappingProxyType(
    {
        status: Look(Tone.HELD, "gauge", "In calibration")
        if status is GaugeStatus.CALIBRATION
        else MACHINE_LOOKS[MachineStatus(status.value)]
        for status in GaugeStatus
    }
)
INACTIVE: Final = Look(Tone.PLANNED, "cross", "Not active")
DUE_SOON_DAYS: Final = 14

# ---------------------------------------------------------------------- forms


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the form of a command asks."""

    asked: Mapping[str, Asked]
    sections: tuple[tuple[str, tuple[str, ...]], ...] = ()
    needed: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    """Fields that nobody is asked here: the shop fills them in."""


_MACHINE: Final = Wishes(
    asked={
        "machine": Asked(label="Code"),
        "department": Asked(things="department"),
        "axis_count": Asked(label="Axes"),
        "internal_cooling_bar": Asked(label="Cooling through the spindle"),
        "motor_power_kva": Asked(label="Connected load"),
        "spindle_power_10_kw": Asked(label="Spindle power, 10 % duty"),
        "spindle_power_30_kw": Asked(label="Spindle power, 30 % duty"),
        "power_hp": Asked(label="Machine power"),
        "tool_count": Asked(label="Tool places"),
        "nc_control_unit": Asked(label="Control"),
        "manufacturing_year": Asked(label="Year built"),
        "max_part_size": Asked(label="Largest part", unit="mm"),
    },
    sections=(
        ("Machine", ("machine", "type", "department", "active", "brand", "model", "serial_number",
                     "manufacturing_year", "description")),
        ("Spindle and tools", ("axis_count", "nc_control_unit", "spindle_speed_rpm", "holder_type",
                               "spindle_power_10_kw", "spindle_power_30_kw", "tool_count", "internal_cooling_bar")),
        ("Power and size", ("motor_power_kva", "power_hp", "weight_kg", "max_part_size")),
        ("Maintenance", ("maintenance_interval_days", "last_maintenance", "next_maintenance", "maintenance_notes")),
    ),
    needed=("type", "active", "maintenance_interval_days"),
    leave_out=("status",),
)  # fmt: skip
_PRODUCT: Final = Wishes(
    asked={"type": Asked(label="Kind"), "unit": Asked(things="unit", example="pcs, m, kg …")},
    needed=("name", "type", "unit", "active", "tracking"),
)
_FIXTURE: Final = Wishes(asked={"fixture_type": Asked(label="Kind")})

FORMS: Final[Mapping[str, Wishes]] = MappingProxyType(
    {
        "product.create": replace(_PRODUCT, needed=(), leave_out=("active",)),
        "product.update": _PRODUCT,
        "bom.set": Wishes(
            asked={
                "lines": Asked(
                    label="Takes for one piece",
                    columns=("component", "quantity", "scrap_percentage", "issue_method", "operation_sequence"),
                ),
                "lines.component": Asked(things="material"),
                "lines.scrap_percentage": Asked(label="Scrap", unit="%"),
                "lines.issue_method": Asked(label="Issue"),
                "lines.operation_sequence": Asked(label="Operation"),
            }
        ),
        "bom.clone": Wishes(asked={"source": Asked(label="Copy from product", things="material")}),
        "process.create": Wishes(
            asked={
                "process_code": Asked(label="Code"),
                "setup_minutes": Asked(label="Usual set-up"),
                "run_minutes": Asked(label="Usual time for one piece"),
            }
        ),
        "workflow.create": Wishes(
            asked={
                "product": Asked(things="material"),
                "effective_date": Asked(label="Holds from"),
                "steps": Asked(
                    columns=("sequence", "process", "machine", "setup_minutes", "cycle_seconds"), one="step"
                ),
                "steps.process": Asked(things="process"),
                "steps.machine": Asked(things="machine"),
                "steps.fixture": Asked(things="fixture"),
                "steps.gauge": Asked(things="gauge"),
                "steps.axis_count": Asked(label="Axes"),
                "steps.setup_minutes": Asked(label="Set-up"),
            }
        ),
        "fixture.create": _FIXTURE,
        "machine.create": replace(_MACHINE, needed=(), leave_out=("active", "status")),
        "machine.update": _MACHINE,
        "settings.set": Wishes(
            asked={
                "timezone": Asked(label="Time zone", things="timezone"),
                "overproduction_percent": Asked(label="Overproduction allowed"),
                "auto_lock_minutes": Asked(label="Lock terminals after"),
                "shifts": Asked(columns=("name", "start", "end", "planned_stop_minutes"), one="shift"),
                "shifts.start": Asked(example="06:00"),
                "shifts.end": Asked(example="14:00"),
            },
            needed=("timezone", "overproduction_percent", "auto_lock_minutes"),
        ),
    }
)
PLAIN: Final = Wishes(asked={})


def machine_values(detail: MachineDetail) -> dict[str, object]:
    """Give what the form of a machine shows."""
    values: dict[str, object] = {
        name: getattr(detail, name) for name in type(detail).__slots__ if name not in ("row", "downtimes", "queued")
    }
    row = detail.row
    names = ("machine", "type", "department", "brand", "model", "last_maintenance", "next_maintenance", "active")
    return values | {name: getattr(row, name) for name in names}


def product_values(detail: ProductDetail) -> dict[str, object]:
    row = detail.row
    return {
        "stock_code": row.stock_code,
        "name": row.name,
        "type": row.type,
        "unit": row.unit,
        "active": row.active,
        "tracking": detail.tracking,
    }


def bom_lines(detail: ProductDetail) -> list[dict[str, object]]:
    """Give the first level of a bill as it is set."""
    names = ("component", "quantity", "scrap_percentage", "issue_method", "operation_sequence", "notes")
    return [{name: getattr(line, name) for name in names} for line in detail.bom or ()]


def step_values(step: ConfigRow) -> dict[str, object]:
    """Give a step as a new workflow takes it."""
    names = ("sequence", "process", "machine_type", "axis_count", "machine", "fixture", "gauge", "tool",
             "setup_minutes", "cycle_seconds", "overlap_quantity", "parameters", "quality_requirements",
             "instructions")  # fmt: skip
    return {name: value for name in names if (value := getattr(step, name)) is not None and value != {}}


def plant_values(plant: PlantRow) -> dict[str, object]:
    return {
        "timezone": plant.timezone,
        "overproduction_percent": plant.overproduction_percent,
        "auto_lock_minutes": plant.auto_lock_minutes,
        "shifts": [
            {
                "name": shift.name,
                "start": shift.start,
                "end": shift.end,
                "planned_stop_minutes": shift.planned_stop_minutes,
            }
            for shift in plant.shifts
        ],
    }


# ---------------------------------------------------------------------- lists


def card(area: Area, row: Any, today: date) -> Card:
    """Give the card of a row of an area's list."""
    return _CARDS[area](row, today)


def _product(row: ProductRow, today: date) -> Card:
    parts = []
    if row.has_bom:
        parts.append("Bill of material")
    if row.active_workflow:
        parts.append(f"Workflow {row.active_workflow}")
    return Card(
        row.stock_code,
        row.stock_code,
        subtitle=row.name,
        chip=PRODUCT_LOOKS[row.type] if row.active else INACTIVE,
        # Beside the longest kind there is room for the quantity alone; the opened product says what it is.
        when=formats.quantity(row.on_hand, row.unit),
        figure_rest="  \u00b7  ".join(parts),
    )


def _process(row: ProcessRow, today: date) -> Card:
    return Card(
        row.process_code, row.process_code, subtitle=row.name, figure_rest=formats.words(row.machine_type.value)
    )


def _workflow(row: WorkflowRow, today: date) -> Card:
    steps = f"{row.steps} step{'' if row.steps == 1 else 's'}"
    year = f" {row.effective_date.year}" if row.effective_date.year != today.year else ""
    return Card(
        f"{row.product}/{row.version}",
        f"{row.product} / {row.version}",
        subtitle=row.product_name,
        chip=WORKFLOW_LOOKS[row.status],
        when=f"from {formats.day(row.effective_date)}{year}",
        figure_rest=steps,
    )


def _fixture(row: FixtureRow, today: date) -> Card:
    words, tone = due_briefly(row.next_check, "check", today)
    return Card(row.fixture, row.fixture, subtitle=row.name, chip=FIXTURE_LOOKS[row.status], when=words, when_tone=tone)


def _gauge(row: GaugeRow, today: date) -> Card:
    words, tone = due_briefly(row.next_calibration, "calibration", today)
    return Card(row.gauge, row.gauge, subtitle=row.name, chip=GAUGE_LOOKS[row.status], when=words, when_tone=tone)


def _machine(row: MachineRow, today: date) -> Card:
    model = " ".join(part for part in (row.brand, row.model) if part) or formats.words(row.type.value)
    look = MACHINE_LOOKS[row.status] if row.active else INACTIVE
    return Card(row.machine, row.machine, subtitle=model, chip=look, when=row.department_name or "")


_CARDS: Final[Mapping[Area, Callable[[Any, date], Card]]] = MappingProxyType(
    {
        Area.PRODUCTS: _product,
        Area.PROCESSES: _process,
        Area.WORKFLOWS: _workflow,
        Area.FIXTURES: _fixture,
        Area.GAUGES: _gauge,
        Area.MACHINES: _machine,
    }
)


def due_day(on: date | None, what: str, today: date) -> tuple[str, Tone | None]:
    """Say when a check is due as one would: `check in 12 days`, `check 3 days late`."""
    if on is None:
        return f"no {what} yet", None
    left = (on - today).days
    if left < 0:
        return f"{what} {_days(-left)} late", Tone.TROUBLE
    if left == 0:
        return f"{what} due today", Tone.HELD
    tone = Tone.HELD if left <= DUE_SOON_DAYS else None
    return f"{what} in {_days(left)}", tone


def due_briefly(on: date | None, what: str, today: date) -> tuple[str, Tone | None]:
    """Say when a check is due where it has little room and is the only day: `due in 12 days`, `due today`, `3 days late`."""
    words, tone = due_day(on, what, today)
    if on is None:
        return words, tone
    said = words.removeprefix(f"{what} ")
    return (f"due {said}" if said.startswith("in ") else said), tone


def _days(number: int) -> str:
    if number >= 60:
        return f"{number // 30} months"
    return f"{number} day{'' if number == 1 else 's'}"


def on_day(on: date | None) -> str:
    """Write a day in full."""
    return formats.NOTHING if on is None else formats.full_day(on)


# ---------------------------------------------------------------------- facts


def process_facts(row: ProcessRow) -> list[tuple[str, str]]:
    return [
        ("Machine type", formats.words(row.machine_type.value)),
        ("Usual set-up", formats.quantity(row.setup_minutes, "min")),
        ("Usual time for one piece", formats.quantity(row.run_minutes, "min")),
        ("What is done", row.description or formats.NOTHING),
    ]


def fixture_facts(row: FixtureRow, today: date) -> list[tuple[str, str]]:
    return [
        ("Kind", row.fixture_type),
        ("Kept at", row.location or formats.NOTHING),
        ("Used by", row.work_order or "nobody now"),
        ("Last check", on_day(row.last_checked)),
        ("Next check", _next(row.next_check, "check", today)),
        ("Checked every", _days_exactly(row.check_interval_days)),
    ]


def gauge_facts(row: GaugeRow, today: date) -> list[tuple[str, str]]:
    return [
        ("Maker", row.manufacturer or formats.NOTHING),
        ("Used by", row.work_order or "nobody now"),
        ("Last calibration", on_day(row.calibration_date)),
        ("Next calibration", _next(row.next_calibration, "calibration", today)),
        ("Calibrated every", _days_exactly(row.calibration_interval_days)),
        ("Certificate", row.certificate or formats.NOTHING),
    ]


def _next(on: date | None, what: str, today: date) -> str:
    return due_day(on, what, today)[0] if on is None else f"{on_day(on)} \u00b7 {due_day(on, what, today)[0]}"


def _days_exactly(number: int) -> str:
    return f"{number} days"


def config_facts(step: ConfigRow, *, first: bool) -> list[tuple[str, str]]:
    """Give everything that one version of a step's settings says; the `first` step waits for none."""
    lines = [
        ("Process", f"{step.process} \u00b7 {step.process_name}"),
        ("Machine", step.machine or ""),
        ("Machine type", formats.words(step.machine_type.value) if step.machine_type else ""),
        ("Axes", formats.words(step.axis_count.value) if step.axis_count else ""),
        ("Fixture", step.fixture or ""),
        ("Gauge", step.gauge or ""),
        ("Tool", step.tool or ""),
        ("Set-up", formats.quantity(step.setup_minutes, "min") if step.setup_minutes is not None else ""),
        ("Cycle", formats.quantity(step.cycle_seconds, "s") if step.cycle_seconds is not None else ""),
        ("Starts after", "" if first else overlap(step.overlap_quantity)),
        ("Parameters", _pairs(step.parameters)),
        ("To be measured", _pairs(step.quality_requirements)),
        ("Instructions", step.instructions or ""),
    ]
    return [(name, text) for name, text in lines if text]


def overlap(quantity: Decimal | None) -> str:
    """Say when a step may start after the one before."""
    if quantity is None:
        return "all of the step before"
    return f"{formats.quantity(quantity)} of the step before" if quantity else "nothing, at any time"


def _pairs(pairs: Mapping[str, object]) -> str:
    return "\n".join(f"{name}: {_yes(value)}" for name, value in pairs.items())


def _yes(value: object) -> object:
    return ("yes" if value else "no") if isinstance(value, bool) else value


# ---------------------------------------------------------------------- the bill of material


@dataclass(frozen=True, slots=True)
class TreeLine:
    """A line of the bill for so many pieces of the product at its root."""

    line: BomLineRow
    total: Decimal

    @property
    def short(self) -> bool:
        """Say whether what lies in stock is not enough."""
        return self.line.on_hand < self.total


def branches(lines: tuple[BomLineRow, ...], pieces: Decimal, path: tuple[str, ...] = ()) -> tuple[Branch, ...]:
    """Multiply a bill out: each level takes what the level above it needs."""
    made = []
    for line in lines:
        total = required(per_piece=line.quantity, ordered=pieces, scrap_percentage=line.scrap_percentage)
        key = (*path, line.component)
        made.append(Branch(key, TreeLine(line, total), branches(line.below, total, key)))
    return tuple(made)


def depth(lines: tuple[BomLineRow, ...]) -> int:
    """Count the levels of a bill."""
    return 1 + max(depth(line.below) for line in lines) if lines else 0
