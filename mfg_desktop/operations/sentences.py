"""What a field of a command means, in the sentence of the table column that it writes to: written once, shown wherever it is asked.

To add a command: its area in AREAS or its rows in ROWS; a field that is not called like its column stands in COLUMNS.
"""

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import BaseModel

from mfg_desktop.operations import COMMANDS
from mfg_desktop.tables import (
    Bom,
    BomLine,
    Fixture,
    FixtureCheck,
    Gauge,
    GaugeCalibration,
    Machine,
    PlantSetting,
    Process,
    ProcessConfig,
    Product,
    Shift,
    StockLot,
    Workflow,
    WorkOrder,
)
from mfg_desktop.tables.base import Base

AREAS: Mapping[str, type[Base]] = MappingProxyType(
    {
        "product": Product,
        "bom": Bom,
        "machine": Machine,
        "process": Process,
        "workflow": Workflow,
        "fixture": Fixture,
        "gauge": Gauge,
        "settings": PlantSetting,
        "stock": StockLot,
        "work_order": WorkOrder,
        "fixture.record_check": FixtureCheck,
        "gauge.record_calibration": GaugeCalibration,
    }
)
ROWS: Mapping[str, type[Base]] = MappingProxyType(
    {"bom.set lines": BomLine, "workflow.create steps": ProcessConfig, "settings.set shifts": Shift}
)
COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "machine.create machine": "code",
        "machine.update machine": "code",
        "process.create process_code": "code",
        # The column called `version` counts the changes of the row.
        "workflow.create version": "name",
        "stock.receive material": "product_id",
        "fixture.record_check date": "checked_on",
        "gauge.record_calibration date": "calibrated_on",
        "work_order.create quantity": "quantity_ordered",
        "work_order.update quantity": "quantity_ordered",
    }
)


def sentence(command: str, field: str) -> str:
    """Give the sentence of a field, such as `stock_code` of "product.create" or `lines.quantity` of "bom.set"; empty for one that writes to no column of its own."""
    asked_in, _, name = field.rpartition(".")
    model: type[BaseModel] = COMMANDS[command]
    if not asked_in and name in model.model_fields and model.model_fields[name].description:
        return model.model_fields[name].description or ""
    table = ROWS.get(f"{command} {asked_in}") or AREAS.get(command) or AREAS.get(command.partition(".")[0])
    if table is None:
        return ""
    columns = table.__table__.c
    wanted = COLUMNS.get(f"{command} {field}", name)
    column = columns.get(wanted)
    if column is None:
        column = columns.get(f"{wanted}_id")
    return "" if column is None else column.comment or ""
