"""The board as a table: the open orders in one order of the person's choice, page after page, without an end in sight.

News asks only for the pages that are looked at; the others are asked again when somebody scrolls to them.
"""

from dataclasses import dataclass, replace
from typing import ClassVar, Final

from PySide6.QtCore import QObject, Signal

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.queries.rows import OrderPage, OrderRow
from mfg_desktop.ui.board.presenter import BoardPresenter, Plant
from mfg_desktop.ui.presenter import Presenter
from mfg_desktop.vocabulary import EntityType, OrderStatus

PAGE: Final = 100
AHEAD: Final = 60
"""The next page is asked for when fewer rows than these lie below what is in sight."""


@dataclass(frozen=True, slots=True)
class Sort:
    name: str = "urgency"
    descending: bool = False

    def fields(self) -> dict[str, object]:
        """Give the order in the words of the question, whose own order is by urgency."""
        return {} if self == Sort() else {"sort": self.name, "descending": self.descending}


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A page as it was asked for last."""

    after: str | None
    rows: tuple[OrderRow, ...]
    asked: int
    """The count of news when it was asked for; less than the present one, and it is out of date."""


class TablePresenter(Presenter):
    """The table. It rests while nobody looks at it."""

    follows: ClassVar[frozenset[str]] = frozenset({EntityType.WORK_ORDER, EntityType.MACHINE})
    sort_changed = Signal()
    loading = Signal(bool)

    def __init__(self, place: Plant, board: BoardPresenter, parent: QObject | None = None) -> None:
        super().__init__(place, parent)
        self._board = board
        self._sort = Sort()
        self._watched = False
        self._leaves: list[_Leaf] = []
        self._next: str | None = None
        self._news = 0
        self._awaited = False
        self._in_sight = (0, 0)
        self._total: int | None = None
        board.filter_changed.connect(self._begin_again)

    def rows(self) -> tuple[OrderRow, ...]:
        """Give the orders as far as they are loaded."""
        return tuple(row for leaf in self._leaves for row in leaf.rows)

    def total(self) -> int | None:
        """Say how many orders there are, loaded or not; None until an answer is there."""
        return self._total

    def sort(self) -> Sort:
        return self._sort

    def sort_by(self, name: str, descending: bool) -> None:
        """Put the orders into another order."""
        if self._sort != Sort(name, descending):
            self._sort = Sort(name, descending)
            self.sort_changed.emit()
            self._begin_again()

    def watch(self, watched: bool) -> None:
        """Ask while the table is looked at, and leave the database alone while it is not."""
        self._watched = watched
        self.refresh()

    def look_at(self, first: int, last: int) -> None:
        """Take the rows that are in sight: what is out of date among them is asked for, and so is what comes next."""
        self._in_sight = (first, max(first, last))
        self._ask_on()

    def refresh(self) -> None:
        """Ask again for what is in sight."""
        self._news += 1
        self._ask_on()

    def _begin_again(self) -> None:
        self._leaves, self._next, self._total, self._in_sight = [], None, None, (0, 0)
        # An answer under way is to the question of before; asking anew drops it.
        self._awaited = False
        self.rows_changed.emit()
        self.refresh()

    def _ask_on(self) -> None:
        """Ask for one page that is wanted; its answer asks for the next."""
        wanted = self._wanted()
        if wanted is None or self._awaited or not self._watched or self.place.actor() is None:
            return
        after = self._leaves[wanted].after if wanted < len(self._leaves) else self._next
        lanes = [status for status in self._board.lanes() if status is not OrderStatus.COMPLETED]
        fields = {"query": "work_order.list", "status": lanes, "limit": PAGE, **self._sort.fields()}
        fields |= self._board.filter().fields() | ({"after": after} if after else {})
        news = self._news
        self._awaited = True
        self.loading.emit(True)
        self.ask(fields, key="page", then=lambda page: self._got(wanted, after, news, page), failed=self._failed)

    def _wanted(self) -> int | None:
        """Say which page is wanted first: one in sight that is out of date, else the next one when the end is near."""
        first, last = self._in_sight
        top = 0
        for place, leaf in enumerate(self._leaves):
            below = top + len(leaf.rows)
            if leaf.asked < self._news and top <= last and below >= first:
                return place
            top = below
        is_at_end = bool(self._leaves) and self._next is None
        return len(self._leaves) if not is_at_end and last + AHEAD >= top else None

    def _got(self, place: int, after: str | None, news: int, page: OrderPage) -> None:
        self._awaited = False
        self.loading.emit(False)
        self._total = sum(count for status, count in page.counts.items() if status in self._statuses())
        # An order that has moved is where the newest answer has it.
        here = {row.number for row in page.rows}
        for other, leaf in enumerate(self._leaves):
            if other != place and not here.isdisjoint(row.number for row in leaf.rows):
                rows = tuple(row for row in leaf.rows if row.number not in here)
                self._leaves[other] = replace(leaf, rows=rows)
        self._leaves[place : place + 1] = [_Leaf(after, page.rows, news)]
        self._join(place + 1, page.next)
        self.rows_changed.emit()
        self._ask_on()

    def _join(self, place: int, after: str | None) -> None:
        """Let the page behind begin where the new one ends."""
        if after is None:
            del self._leaves[place:]
        if place >= len(self._leaves):
            self._next = after
        elif self._leaves[place].after != after:
            self._leaves[place] = replace(self._leaves[place], after=after, asked=-1)

    def _statuses(self) -> set[OrderStatus]:
        return set(self._board.lanes()) - {OrderStatus.COMPLETED}

    def _failed(self, error: ManufacturingException) -> None:
        self._awaited = False
        self.loading.emit(False)
        if error.code != "SYSTEM_DATABASE_UNAVAILABLE":
            self.refused.emit(error)
