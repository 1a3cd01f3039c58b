"""The screens of the window, in the order of the rail. To add one: a folder beside this file, and a line here."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Final, cast

from PySide6.QtWidgets import QWidget

from mfg_desktop.ui.context import Context


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen of the rail. Its factory may give a widget with `open_entity(entity_type, key)` and `shown()`."""

    name: str
    title: str
    icon: str
    shortcut: str
    view: str
    """Module and class of the view; imported when the screen is first shown, so that the window is there at once."""
    entities: tuple[str, ...] = ()
    """Entity types at home here: scans and links to them open this screen."""

    def make(self, context: Context) -> QWidget:
        """Make the view."""
        module, _, name = self.view.partition(":")
        factory = cast(Callable[[Context], QWidget], getattr(import_module(module), name))
        return factory(context)


SCREENS: Final[tuple[Screen, ...]] = (
    Screen(
        "board",
        "Board",
        "board",
        "Ctrl+1",
        "mfg_desktop.ui.board.view:BoardView",
        ("WorkOrder", "Operation", "OrderText"),
    ),
    Screen("machines", "Machines", "machine", "Ctrl+2", "mfg_desktop.ui.machines.view:MachinesView", ("Machine",)),
    Screen(
        "materials", "Materials", "material", "Ctrl+3", "mfg_desktop.ui.materials.view:MaterialsView", ("StockLot",)
    ),
    Screen("audit", "Audit", "audit", "Ctrl+4", "mfg_desktop.ui.audit.view:AuditView"),
    Screen(
        "setup",
        "Set-up",
        "setup",
        "Ctrl+5",
        "mfg_desktop.ui.setup.view:SetupView",
        ("Product", "Fixture", "Gauge", "Workflow"),
    ),
)
