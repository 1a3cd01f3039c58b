"""Who may do what: the roles as they are at first, and what one person may do now.

A right has the name of its command or question; `*` stands for all of them, `override.<code>` for lifting that refusal as the second person.
"""

from collections.abc import Mapping
from threading import Lock

from sqlalchemy import Connection, bindparam, select

from mfg_desktop.tables import PersonRole, Role, RoleOperation

_ASK_ORDERS = ("work_order.get", "work_order.list", "work_order.can", "work_order.timeline")
_ASK_MACHINES = ("machine.get", "machine.list", "machine.oee", "machine.schedule")
_ASK_STOCK = ("stock.list", "stock.movements", "material.shortages", "product.list", "product.get")
_ASK_MAKING = ("process.list", "workflow.list", "workflow.get", "fixture.list", "gauge.list")
_VIEWER = (*_ASK_ORDERS, *_ASK_MACHINES, *_ASK_STOCK, *_ASK_MAKING)
_OPERATOR = (
    *_VIEWER,
    "work_order.start",
    "work_order.hold",
    "work_order.resume",
    "work_order.complete",
    "work_order.record_output",
    "operation.start",
    "operation.pause",
    "operation.resume",
    "operation.complete",
    "machine.set_status",
    "downtime.record",
)
_MATERIAL_HANDLER = (
    *_VIEWER,
    "work_order.allocate",
    "work_order.issue",
    "work_order.return_material",
    "bulk.allocate",
    "bulk.issue",
    "stock.receive",
    "stock.adjust",
    "stock.set_category",
    "stock.block",
    "stock.unblock",
)
_MAINTENANCE = (
    *_VIEWER,
    "machine.set_status",
    "machine.record_maintenance",
    "downtime.record",
    "downtime.split",
    "downtime.recategorise",
    "fixture.create",
    "fixture.set_status",
    "fixture.record_check",
    "gauge.create",
    "gauge.set_status",
    "gauge.record_calibration",
)
_PLANNER = (
    *_VIEWER,
    "work_order.create",
    "work_order.update",
    "work_order.plan",
    "work_order.release",
    "work_order.cancel",
    "work_order.create_sub_orders",
    "bulk.create_orders",
    "bulk.move",
    "product.create",
    "product.update",
    "bom.set",
    "bom.clone",
    "process.create",
    "workflow.create",
    "workflow.submit",
    "workflow.activate",
    "workflow.archive",
    "process_config.activate",
    "import",
    "export",
    "analysis.orders",
    "analysis.production",
)
_SUPERVISOR = (
    *_OPERATOR,
    *_MATERIAL_HANDLER,
    *_MAINTENANCE,
    *_PLANNER,
    "machine.create",
    "machine.update",
    "settings.set",
    "work_order.reverse_output",
    "command.backdate",
    "audit.list",
    "analysis.machines",
    "health",
    "report",
    "override.MACHINE_MAINTENANCE_OVERDUE",
    "override.MATERIAL_NOT_ISSUED",
    "override.MATERIAL_ALLOCATION_EXCEEDED",
)

ROLES: Mapping[str, tuple[str, ...]] = {
    "VIEWER": _VIEWER,
    "OPERATOR": _OPERATOR,
    "MATERIAL_HANDLER": _MATERIAL_HANDLER,
    "MAINTENANCE": _MAINTENANCE,
    "PLANNER": _PLANNER,
    "SUPERVISOR": _SUPERVISOR,
    "ADMIN": ("*",),
}
"""The roles of a new plant; an administrator may change them."""

_GRANTS = (
    select(RoleOperation.operation)
    .join(PersonRole, PersonRole.role_id == RoleOperation.role_id)
    .where(PersonRole.person_id == bindparam("person"))
)
_ROLES = (
    select(Role.name)
    .join(PersonRole, PersonRole.role_id == Role.id)
    .where(PersonRole.person_id == bindparam("person"))
    .order_by(Role.name)
)


class Grants:
    """What people may do, remembered until somebody's rights change anywhere."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._version = 0
        self._known: dict[int, frozenset[str]] = {}

    def of(self, connection: Connection, person: int, rights_version: int) -> frozenset[str]:
        """Name every operation this person may do; asks the database once per change of the plant's rights."""
        with self._lock:
            if rights_version != self._version:
                self._known.clear()
                self._version = rights_version
            known = self._known.get(person)
        if known is None:
            known = grants_of(connection, person)
            with self._lock:
                if rights_version == self._version:
                    self._known[person] = known
        return known


def allows(grants: frozenset[str], operation: str) -> bool:
    """Tell whether these rights allow an operation."""
    return "*" in grants or operation in grants


def grants_of(connection: Connection, person: int) -> frozenset[str]:
    """Name every operation a person may do now."""
    return frozenset(connection.execute(_GRANTS, {"person": person}).scalars())


def roles_of(connection: Connection, person: int) -> tuple[str, ...]:
    return tuple(connection.execute(_ROLES, {"person": person}).scalars())
