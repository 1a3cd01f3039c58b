"""What the shortages part knows: the materials that stock cannot give, by how soon they are needed, and the chosen one with its orders."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import ClassVar

from PySide6.QtCore import QObject, Signal

from mfg_desktop.queries.rows import Page, ShortageRow
from mfg_desktop.ui.presenter import Presenter, Workplace
from mfg_desktop.vocabulary import EntityType


class Due(StrEnum):
    """Which orders are asked about: by when they are due. Late ones are always among them."""

    TODAY = "TODAY"
    WEEK = "WEEK"
    ALL = "ALL"


class ShortagesPresenter(Presenter):
    """Materials that are short, and the chosen one."""

    follows: ClassVar[frozenset[str]] = frozenset({EntityType.WORK_ORDER.value, EntityType.STOCK_LOT.value})

    chosen_changed = Signal()

    def __init__(self, place: Workplace, clock: Callable[[], datetime], parent: QObject | None = None) -> None:
        """`clock` gives the time in the plant's zone: its day and its week decide what is due."""
        super().__init__(place, parent)
        self._clock = clock
        self._rows: tuple[ShortageRow, ...] = ()
        self._due = Due.ALL
        self._answered = False
        self._seen = True
        self._chosen: str | None = None

    def watch(self, seen: bool) -> None:
        """Follow the news while somebody looks; a screen behind another asks when it comes to the front."""
        self._seen = seen

    def refresh(self) -> None:
        """Ask again what is short."""
        if self._seen:
            self.ask(self._question(), key="shortages", then=self._take)

    def show_due(self, due: Due) -> None:
        """Ask only about orders that are due by then."""
        self._due = due
        self.refresh()

    def choose(self, material: str) -> None:
        """Show the orders behind a material."""
        if material != self._chosen:
            self._chosen = material
            self.chosen_changed.emit()

    @property
    def answered(self) -> bool:
        return self._answered

    @property
    def due(self) -> Due:
        return self._due

    def rows(self) -> tuple[ShortageRow, ...]:
        return self._rows

    @property
    def chosen(self) -> ShortageRow | None:
        """Give the chosen material; as long as nobody has chosen, or when it is not short any more, the first."""
        named = (row for row in self._rows if row.material == self._chosen)
        return next(named, self._rows[0] if self._rows else None)

    def due_before(self) -> datetime | None:
        """Give the moment before which an order must be due: midnight of the plant after today, or after Sunday."""
        now = self._clock()
        days = {Due.TODAY: 1, Due.WEEK: 7 - now.weekday()}.get(self._due)
        if days is None:
            return None
        return datetime.combine(now.date() + timedelta(days=days), time(), now.tzinfo)

    def _question(self) -> dict[str, object]:
        question: dict[str, object] = {"query": "material.shortages"}
        before = self.due_before()
        if before is not None:
            question["due_before"] = before.isoformat()
        return question

    def _take(self, page: Page[ShortageRow]) -> None:
        self._answered = True
        self._rows = page.rows
        self.rows_changed.emit()
        self.chosen_changed.emit()
