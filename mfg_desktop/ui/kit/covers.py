"""What lies over the window: while it does, keys and shortcuts of what is under it do nothing."""

from typing import ClassVar

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QApplication, QWidget


class Cover(QWidget):
    """A child of the window that lies over everything else in it."""

    stays_on_top: ClassVar[bool] = False
    """Nothing that opens later lies over it: the sign-in of a locked terminal."""
    only_shows: ClassVar[bool] = False
    """It is looked at from afar and does nothing: it stays while an idle terminal would lock, and a scan ends it."""
    gone = Signal()
    """It no longer covers the window."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.over = over
        self.hide()
        over.installEventFilter(self)

    def lay_over(self) -> None:
        """Cover the window, under a cover that stays on top if there is one."""
        _keep_focus()
        self.setGeometry(self.over.rect())
        self.show()
        self.raise_()
        for cover in _covers(self.over):
            if cover.stays_on_top and cover is not self:
                self.stackUnder(cover)

    def focus_first(self) -> None:
        """Take the focus inside; called when something behind took it."""
        self.setFocus()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self.isHidden():
            self.gone.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as large as the window."""
        # Asks Qt, not an attribute: a filter is still called while Python already takes its object apart.
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.setGeometry(watched.rect())
        return False


def top_cover(window: QWidget) -> Cover | None:
    """Give the cover that lies on top of a window; raising a widget puts it last among its siblings."""
    covers = _covers(window)
    return covers[-1] if covers else None


def reachable(widget: QWidget) -> bool:
    """Say whether no cover lies over a widget."""
    cover = top_cover(widget.window())
    return cover is None or cover is widget or cover.isAncestorOf(widget)


class _FocusKeeper(QObject):
    """Brings focus that something behind a cover took back to the cover. One for the application, for as long as it
    lives:
    a cover that listened by itself would be called while it is taken apart.
    """

    def moved(self, old: QWidget | None, new: QWidget | None) -> None:
        if new is None or reachable(new):
            return
        cover = top_cover(new.window())
        if cover is not None:
            QTimer.singleShot(0, cover, cover.focus_first)


def _keep_focus() -> None:
    app = QApplication.instance()
    if isinstance(app, QApplication) and app.findChild(_FocusKeeper) is None:
        app.focusChanged.connect(_FocusKeeper(app).moved)


def _covers(window: QWidget) -> list[Cover]:
    return [child for child in window.children() if isinstance(child, Cover) and not child.isHidden()]
