"""The views that people have saved at this terminal: a filter under a name, for everybody who works here. QtCore only."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, Signal

from mfg_desktop.ui.board.presenter import Filter
from mfg_desktop.ui.memory import Memory, Plain

MOST: Final = 8
"""More would be a list to search in, not a row to tap."""
LONGEST_NAME: Final = 24
_NAME: Final = "board.views"


@dataclass(frozen=True, slots=True)
class SavedView:
    name: str
    filter: Filter


class SavedViews(QObject):
    """The views, in the order in which they were saved."""

    changed = Signal()

    def __init__(self, memory: Memory, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._memory = memory
        kept = memory.recall(_NAME, [])
        read = [_read(one) for one in kept] if isinstance(kept, list) else []
        self._views = [view for view in read if view is not None][:MOST]

    def all(self) -> tuple[SavedView, ...]:
        return tuple(self._views)

    def of(self, filter_: Filter) -> SavedView | None:
        """Give the view that is this filter."""
        return next((view for view in self._views if view.filter == filter_), None)

    def is_full(self) -> bool:
        return len(self._views) >= MOST

    def save(self, name: str, filter_: Filter) -> None:
        """Save a filter; a name that is there already is given to this one."""
        name = " ".join(name.split())[:LONGEST_NAME]
        kept = [view for view in self._views if view.name.casefold() != name.casefold() and view.filter != filter_]
        if name and filter_.narrows and len(kept) < MOST:
            self._take([*kept, SavedView(name, filter_)])

    def forget(self, view: SavedView) -> None:
        self._take([one for one in self._views if one != view])

    def _take(self, views: list[SavedView]) -> None:
        self._views = views
        self._memory.keep(_NAME, [{"name": view.name, "filter": _told(view.filter)} for view in views])
        self.changed.emit()


def _told(filter_: Filter) -> Plain:
    return {
        "machine": filter_.machine,
        "department": filter_.department,
        "priority": filter_.priority.value if filter_.priority else None,
        "overdue": filter_.overdue,
        "text": filter_.text,
    }


def _read(kept: Plain) -> SavedView | None:
    """Read a view; None where the file holds anything else, or words that this program does not know."""
    if not isinstance(kept, dict) or not isinstance(fields := kept.get("filter"), dict):
        return None
    name = str(kept.get("name") or "")[:LONGEST_NAME]
    filter_ = Filter.of(fields)
    return SavedView(name, filter_) if name and filter_ is not None and filter_.narrows else None
