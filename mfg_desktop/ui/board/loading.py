"""The word "Loading…", which comes when an answer keeps a person waiting, and not before."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from mfg_desktop.ui.background import BUSY_AFTER_MS
from mfg_desktop.ui.kit.text import Label
from mfg_desktop.ui.theme import Size, Weight

LOADING = "Loading\u2026"


class Loading(Label):
    """A word with its own room, so that nothing moves when it comes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", size=Size.SMALL, weight=Weight.STRONG, ink="muted", parent=parent)
        self.setFixedWidth(self.fontMetrics().horizontalAdvance(LOADING) + 6)
        self._patience = QTimer(self, singleShot=True, interval=BUSY_AFTER_MS)
        self._patience.timeout.connect(lambda: self.setText(LOADING))

    def wait(self, waiting: bool) -> None:
        """Show the word if the waiting takes longer than one notices."""
        if not waiting:
            self._patience.stop()
            self.setText("")
        elif not self._patience.isActive() and not self.text():
            self._patience.start()
