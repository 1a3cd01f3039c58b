"""The verbs of the shop: every command with its handler, by area. COMMANDS is the catalogue; `command_from` reads one from plain fields."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mfg_desktop.exceptions import refusal
from mfg_desktop.operations import (
    downtime,
    machines,
    materials,
    orders,
    people,
    processes,
    production,
    products,
    routing,
    stock,
    sub_orders,
    tooling,
)
from mfg_desktop.service.fields import read
from mfg_desktop.service.work import Command

COMMANDS: Mapping[str, type[Command]] = MappingProxyType(
    {
        command.called: command
        for command in (
            people.CreateDepartment,
            people.CreateUser,
            people.UpdateUser,
            people.SetPin,
            people.SetRoleOperations,
            people.SetSettings,
            products.CreateProduct,
            products.UpdateProduct,
            products.SetBom,
            products.CloneBom,
            processes.CreateProcess,
            processes.CreateWorkflow,
            processes.SubmitWorkflow,
            processes.ActivateWorkflow,
            processes.ArchiveWorkflow,
            processes.ActivateProcessConfig,
            tooling.CreateFixture,
            tooling.SetFixtureStatus,
            tooling.RecordCheck,
            tooling.CreateGauge,
            tooling.SetGaugeStatus,
            tooling.RecordCalibration,
            stock.ReceiveStock,
            stock.AdjustStock,
            stock.SetStockCategory,
            stock.BlockStock,
            stock.UnblockStock,
            machines.CreateMachine,
            machines.UpdateMachine,
            machines.SetMachineStatus,
            machines.RecordMaintenance,
            downtime.RecordDowntime,
            downtime.SplitDowntime,
            downtime.RecategoriseDowntime,
            orders.CreateOrder,
            orders.UpdateOrder,
            orders.PlanOrder,
            orders.ReleaseOrder,
            orders.StartOrder,
            orders.HoldOrder,
            orders.ResumeOrder,
            orders.CompleteOrder,
            orders.CancelOrder,
            sub_orders.CreateSubOrders,
            materials.AllocateMaterial,
            materials.IssueMaterial,
            materials.ReturnMaterial,
            production.RecordOutput,
            production.ReverseOutput,
            routing.StartOperation,
            routing.PauseOperation,
            routing.ResumeOperation,
            routing.CompleteOperation,
        )
    }
)


def command_from(fields: Mapping[str, Any]) -> Command:
    """Read a command from plain fields, `command` being its name. Refusals: VALIDATION_UNKNOWN_COMMAND and one VALIDATION code per field."""
    name = fields.get("command")
    model = COMMANDS.get(name) if isinstance(name, str) else None
    if model is None:
        raise refusal("VALIDATION_UNKNOWN_COMMAND", field="command", value=str(name)[:60])
    return read(model, {key: value for key, value in fields.items() if key != "command"})
