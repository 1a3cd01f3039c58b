"""What a screen is given when it is made: the place it works at."""

from collections.abc import Callable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from mfg_desktop.service.shop import PlantRow, Shop
from mfg_desktop.service.work import Actor
from mfg_desktop.ui.background import Background
from mfg_desktop.ui.live import Live
from mfg_desktop.ui.memory import Memory
from mfg_desktop.ui.notices import Notices
from mfg_desktop.ui.theme import Theme


@dataclass(frozen=True, slots=True)
class Context:
    """The place: a presenter's `Workplace`, and what a view needs beside it."""

    shop: Shop
    background: Background
    live: Live
    theme: Theme
    notices: Notices
    actor: Callable[[], Actor | None]
    """Who is signed in; None while the terminal is locked."""
    plant: Callable[[], PlantRow]
    open_entity: Callable[[str, str], None]
    """Show an entity on the screen that is its home: `open_entity("WorkOrder", "WO-2026-00042")`."""
    memory: Memory = field(default_factory=Memory)
    """What the terminal remembers of its window."""

    @property
    def zone(self) -> ZoneInfo:
        """The plant's zone, for every time that is shown."""
        return ZoneInfo(self.plant().timezone)
