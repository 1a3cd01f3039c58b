"""The questions of the shop: selects that return frozen rows, by area. QUESTIONS is the catalogue; `question_from` reads one from plain fields."""

from collections.abc import Mapping
from dataclasses import fields as fields_of
from dataclasses import is_dataclass
from types import MappingProxyType
from typing import Any

from mfg_desktop.exceptions import plain, refusal
from mfg_desktop.queries import (
    audit,
    machines,
    oee,
    orders,
    processes,
    products,
    schedule,
    shortages,
    stock,
    timeline,
    tooling,
)
from mfg_desktop.service.fields import read
from mfg_desktop.service.work import Question

QUESTIONS: Mapping[str, type[Question]] = MappingProxyType(
    {
        question.called: question
        for question in (
            orders.GetOrder,
            orders.ListOrders,
            orders.CanOrder,
            machines.GetMachine,
            machines.ListMachines,
            oee.MachineOee,
            schedule.MachineSchedule,
            stock.ListStock,
            stock.ListMovements,
            products.ListProducts,
            products.GetProduct,
            processes.ListProcesses,
            processes.ListWorkflows,
            processes.GetWorkflow,
            tooling.ListFixtures,
            tooling.ListGauges,
            timeline.OrderTimeline,
            shortages.ListShortages,
            audit.ListAudit,
        )
    }
)


def question_from(fields: Mapping[str, Any]) -> Question:
    """Read a question from plain fields, `query` being its name. Refusals: VALIDATION_UNKNOWN_COMMAND and one VALIDATION code per field."""
    name = fields.get("query")
    model = QUESTIONS.get(name) if isinstance(name, str) else None
    if model is None:
        raise refusal("VALIDATION_UNKNOWN_COMMAND", field="query", value=str(name)[:60])
    return read(model, {key: value for key, value in fields.items() if key != "query"})


def as_data(answer: object) -> object:
    """Write rows as JSON can carry them; the `row` inside a detail is laid flat, so an order has its keys in one place."""
    return plain(_flat(answer))


def _flat(answer: object) -> object:
    if is_dataclass(answer) and not isinstance(answer, type):
        flat: dict[str, object] = {}
        for field in fields_of(answer):
            value = _flat(getattr(answer, field.name))
            if field.name == "row" and isinstance(value, dict):
                flat = value | flat
            else:
                flat[field.name] = value
        return flat
    if isinstance(answer, Mapping):
        return {key: _flat(value) for key, value in answer.items()}
    if isinstance(answer, tuple | list):
        return [_flat(item) for item in answer]
    return answer
