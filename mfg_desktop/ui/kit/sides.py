"""A screen with something opened at its side: Escape closes it, and out of sight it does not follow the news.

To make one: derive from `SideScreen`, and name the presenter that opens and closes.
"""

from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QWidget


class Opening(Protocol):
    """A presenter that opens one thing at a time."""

    @property
    def opened(self) -> object | None: ...
    def close(self) -> None: ...
    def watch(self, seen: bool) -> None: ...


class SideScreen(QWidget):
    """The base of screens and pages with a side panel."""

    presenter: Opening

    def close_opened(self) -> None:
        """Leave what is opened."""
        self.presenter.close()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.presenter.watch(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.presenter.opened is not None:
            self.close_opened()
        else:
            super().keyPressEvent(event)
