"""Rows that merge: a list takes new answers without a reset, so selection and scroll stay, and what changed flashes
once.

The list stands still while a finger or the mouse is down on it; what came meanwhile is merged when it is let go.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from time import monotonic
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtWidgets import QAbstractItemView, QScroller, QWidget

ROW_ROLE: Final = Qt.ItemDataRole.UserRole + 1
"""The row itself."""
FLASH_ROLE: Final = Qt.ItemDataRole.UserRole + 2
"""How bright the row flashes now, from 1 down to 0."""
FLASH_SECONDS: Final = 1.4
_FRAME_MS = 50

Index = QModelIndex | QPersistentModelIndex


class Rows(QAbstractTableModel):
    """Frozen rows with a key each. `show_rows` is the only way in."""

    def __init__(self, key: Callable[[Any], Hashable], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._key = key
        self._rows: list[Any] = []
        self._keys: list[Hashable] = []
        self._flashes: dict[Hashable, float] = {}
        self._filled = False
        self._frames = QTimer(self, interval=_FRAME_MS)
        self._frames.timeout.connect(self._fade)

    def rows(self) -> tuple[Any, ...]:
        return tuple(self._rows)

    def row_at(self, index: Index) -> Any:
        """Give the row of an index; None where there is none."""
        return self._rows[index.row()] if index.isValid() and index.row() < len(self._rows) else None

    def place_of(self, key: Hashable) -> int | None:
        try:
            return self._keys.index(key)
        except ValueError:
            return None

    def show_rows(self, rows: Sequence[Any], *, flash: bool = True) -> None:
        """Make these the rows: gone ones leave, new ones come, moved ones move, changed ones change in place and
        flash.
        """
        wanted = list(rows)
        keys = [self._key(row) for row in wanted]
        keep = set(keys)
        flash = flash and self._filled and not keep.isdisjoint(self._keys)
        self._filled = True
        if not self._rows or keep.isdisjoint(self._keys):
            self._replace(wanted, keys)
            return
        for at in range(len(self._keys) - 1, -1, -1):
            if self._keys[at] not in keep:
                self.beginRemoveRows(QModelIndex(), at, at)
                del self._rows[at], self._keys[at]
                self.endRemoveRows()
        for at, (key, row) in enumerate(zip(keys, wanted, strict=True)):
            if at < len(self._keys) and self._keys[at] == key:
                self._change(at, row, flash)
                continue
            old = self.place_of(key)
            if old is None:
                self.beginInsertRows(QModelIndex(), at, at)
                self._rows.insert(at, row)
                self._keys.insert(at, key)
                self.endInsertRows()
                if flash:
                    self._flash(key)
            else:
                self.beginMoveRows(QModelIndex(), old, old, QModelIndex(), at)
                self._rows.insert(at, self._rows.pop(old))
                self._keys.insert(at, self._keys.pop(old))
                self.endMoveRows()
                self._change(at, row, flash)

    def expect_others(self) -> None:
        """Take the next rows as an answer to another question: what comes with it is no news, and does not flash."""
        self._filled = False

    def add_rows(self, rows: Sequence[Any]) -> None:
        """Add the next page at the end; rows that are there already are left out."""
        known = set(self._keys)
        fresh = [row for row in rows if self._key(row) not in known]
        if fresh:
            start = len(self._rows)
            self.beginInsertRows(QModelIndex(), start, start + len(fresh) - 1)
            self._rows.extend(fresh)
            self._keys.extend(self._key(row) for row in fresh)
            self.endInsertRows()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == ROW_ROLE:
            return self.row_at(index)
        if role == FLASH_ROLE:
            return self.flash(index.row())
        return None

    def flash(self, at: int) -> float:
        """Say how bright the row there flashes now."""
        start = self._flashes.get(self._keys[at])
        return 0.0 if start is None else max(0.0, 1.0 - (monotonic() - start) / FLASH_SECONDS)

    def _replace(self, rows: list[Any], keys: list[Hashable]) -> None:
        self.beginResetModel()
        self._rows, self._keys = rows, keys
        self._flashes.clear()
        self.endResetModel()

    def _change(self, at: int, row: Any, flash: bool) -> None:
        if self._rows[at] != row:
            self._rows[at] = row
            if flash:
                self._flash(self._keys[at])
            self.dataChanged.emit(self.index(at, 0), self.index(at, self.columnCount() - 1))

    def _flash(self, key: Hashable) -> None:
        self._flashes[key] = monotonic()
        self._frames.start()

    def _fade(self) -> None:
        now = monotonic()
        for key in list(self._flashes):
            at = self.place_of(key)
            if at is not None:
                self.dataChanged.emit(self.index(at, 0), self.index(at, self.columnCount() - 1), [FLASH_ROLE])
            if at is None or now - self._flashes[key] > FLASH_SECONDS:
                del self._flashes[key]
        if not self._flashes:
            self._frames.stop()


class Steady(QObject):
    """What lists and tables share: holds new rows back while a finger or the mouse is down on the view, selects by key,
    and shows `empty` where there are no rows.
    """

    chosen = Signal(object)
    """The key of the row that a person chose."""
    reached_end = Signal()
    """The view is scrolled near its end; time for the next page."""

    def __init__(
        self, view: QAbstractItemView, rows: Rows, key: Callable[[Any], Hashable], empty: QWidget | None
    ) -> None:
        super().__init__(view)
        self._view, self._rows, self._key, self._empty = view, rows, key, empty
        self._down = False
        self._waiting: Sequence[Any] | None = None
        self._followed: Hashable | None = None
        view.viewport().installEventFilter(self)
        QScroller.grabGesture(view.viewport(), QScroller.ScrollerGestureType.TouchGesture)
        QScroller.scroller(view.viewport()).stateChanged.connect(self._settle)
        view.clicked.connect(self._choose)
        view.activated.connect(self._choose)
        view.verticalScrollBar().valueChanged.connect(self._scrolled)
        if empty is not None:
            # Beside the viewport, not in it: what lies in it is moved when it scrolls.
            empty.setParent(view)
            empty.show()
            for signal in (rows.rowsInserted, rows.rowsRemoved, rows.modelReset):
                signal.connect(self._show_empty)

    def show_rows(self, rows: Sequence[Any]) -> None:
        # In the place of what still waits: that is older, and is not to come over these.
        self._waiting = rows
        self._settle()

    def select(self, key: Hashable | None) -> bool:
        """Select the row of a key and bring it into sight, without sending `chosen`; None selects nothing, and leaves the
        keys where they stand.
        """
        at = self._rows.place_of(key) if key is not None else None
        if at is None:
            self._view.selectionModel().clearSelection()
            return False
        self._view.setCurrentIndex(self._rows.index(at, 0))
        self._view.scrollTo(self._rows.index(at, 0))
        return True

    def follow(self, key: Hashable | None) -> None:
        """Select the row of what is open, if it is here. Told again of the same one, by news, whoever goes through the list
        by keys stays where he is: only the mark goes back to what is open.
        """
        news, self._followed = key == self._followed, key
        at = self._rows.place_of(key) if key is not None else None
        model = self._view.selectionModel()
        if next((index.row() for index in model.selectedIndexes()), None) == at:
            return
        if at is not None and news and self._view.hasFocus() and self._view.currentIndex().isValid():
            flag = model.SelectionFlag
            model.select(self._rows.index(at, 0), flag.ClearAndSelect | flag.Rows)
        else:
            self.select(key)

    def held(self) -> bool:
        """Say whether somebody has hold of the list."""
        return self._down or QScroller.scroller(self._view.viewport()).state() != QScroller.State.Inactive

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind in (QEvent.Type.MouseButtonPress, QEvent.Type.TouchBegin):
            self._down = True
        elif kind in (QEvent.Type.MouseButtonRelease, QEvent.Type.TouchEnd, QEvent.Type.TouchCancel, QEvent.Type.Hide):
            self._down = False
            # After the view has seen the release: its own click must still find the row under the finger.
            QTimer.singleShot(0, self, self._settle)
        elif kind is QEvent.Type.Resize and self._empty is not None:
            self._empty.setGeometry(self._view.viewport().geometry())
        return False

    def _show_empty(self) -> None:
        if self._empty is not None:
            self._empty.setVisible(self._rows.rowCount() == 0)

    def _settle(self) -> None:
        if self._waiting is not None and not self.held():
            rows, self._waiting = self._waiting, None
            self._merge(rows)

    def _merge(self, rows: Sequence[Any]) -> None:
        """Show the rows; whoever has scrolled down keeps what is in sight where it is, though rows come in above it."""
        bar = self._view.verticalScrollBar()
        stood = self._tops(self._in_sight()) if bar.value() > 0 else {}
        self._rows.show_rows(rows)
        stand = self._tops(stood)
        if stand:
            # A row may have moved by itself; most of them tell by how much the list did.
            (moved, _), *_ = Counter(stand[key] - stood[key] for key in stand).most_common(1)
            bar.setValue(bar.value() + moved)

    def _in_sight(self) -> list[Hashable]:
        area = self._view.viewport().rect()
        first, last = (self._view.indexAt(spot).row() for spot in (area.topLeft(), area.bottomLeft()))
        shown = self._rows.rows()[max(first, 0) : last + 1 if last >= 0 else None]
        return [self._key(row) for row in shown]

    def _tops(self, keys: Iterable[Hashable]) -> dict[Hashable, int]:
        """Tell how high each row stands. Asking lays the list out, so that its scroll bar knows of new rows."""
        places = ((key, self._rows.place_of(key)) for key in keys)
        return {
            key: self._view.visualRect(self._rows.index(place, 0)).top() for key, place in places if place is not None
        }

    def _choose(self, index: QModelIndex) -> None:
        row = self._rows.row_at(index)
        if row is not None:
            self.chosen.emit(self._key(row))

    def _scrolled(self, value: int) -> None:
        bar = self._view.verticalScrollBar()
        if value >= bar.maximum() - bar.pageStep() // 2:
            self.reached_end.emit()
