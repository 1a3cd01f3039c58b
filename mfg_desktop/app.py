"""The only wiring of the window: settings, theme, background, window.

The window paints first; the shop is opened in the background then.
"""

import signal
import sys
from types import TracebackType

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from mfg_desktop.service.shop import Shop
from mfg_desktop.settings import Settings
from mfg_desktop.ui.background import Background
from mfg_desktop.ui.kit import icons
from mfg_desktop.ui.main_window import LOOK, MainWindow
from mfg_desktop.ui.memory import Memory
from mfg_desktop.ui.scanner import Scanner
from mfg_desktop.ui.theme import LIGHT, Choice, Theme


def run(settings: Settings) -> int:
    """Open the window and stay until it is closed; the exit status of the program."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("mfg_desktop")
    app.setWindowIcon(icons.icon("board", LIGHT.accent, 64))
    memory = Memory(settings.data_folder / "window.json")
    theme = Theme(app, _look(memory, settings))
    background = Background(app)
    scanner = Scanner(app, prefix=settings.scanner_prefix, suffix=settings.scanner_suffix)
    window = MainWindow(
        lambda: Shop(settings.database),
        background,
        theme,
        terminal=settings.terminal,
        scanner=scanner,
        memory=memory,
    )
    _catch_faults(window)
    # Python sees a signal when it runs next; the clock of the bar makes it run every second.
    signal.signal(signal.SIGINT, lambda *_: window.close())
    signal.signal(signal.SIGTERM, lambda *_: window.close())
    room = app.primaryScreen().availableGeometry()
    if room.width() <= 1920 and room.height() <= 1080:
        # A panel on the floor has one program: it gets the whole screen, also where no window manager would give it that. On a
        # planner's large screen it is a window.
        window.setGeometry(room)
        window.showMaximized()
    else:
        window.resize(1600, 1000)
        window.show()
    status = app.exec()
    background.stop()
    # Qt takes the window apart while Python still knows it; the other way round its dialogs die in the collector.
    window.deleteLater()
    app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    return status


def _look(memory: Memory, settings: Settings) -> Choice:
    """Give the look that was chosen at this terminal last, else that of the settings."""
    kept = memory.recall(LOOK)
    return next((choice for choice in Choice if choice.value == kept), Choice(settings.theme))


def _catch_faults(window: MainWindow) -> None:
    """Show what a slot raised, instead of printing it where nobody stands."""

    def hook(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
        if isinstance(fault, Exception):
            window.tell_fault(fault)
        else:
            sys.__excepthook__(kind, fault, trace)

    sys.excepthook = hook
