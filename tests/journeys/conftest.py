"""What a journey starts from: the real window on a plant of its own, as a fresh terminal shows it, and a second terminal elsewhere."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QWindow
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mfg_desktop.service.shop import Shop
from mfg_desktop.ui.background import Background
from mfg_desktop.ui.main_window import MainWindow
from mfg_desktop.ui.scanner import Scanner
from mfg_desktop.ui.theme import Choice, Theme
from tests.factories import Floor
from tests.journeys.terminal import Terminal


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    """Give a theme in its light look; afterwards the application has the one of before."""
    before: Theme | None = vars(Theme).get("current")
    made = Theme(qapp, Choice.LIGHT)
    yield made
    made.choose(Choice.LIGHT)
    Theme.current = before or made


OpenTerminal = Callable[[str], Terminal]


@pytest.fixture(autouse=True)
def _no_window_beside_it(qapp: QApplication) -> Iterator[None]:
    """Fail when another window had the focus: a widget that is shown before it has a parent is one, for a blink."""
    seen: set[str] = set()

    def look(window: QWindow | None) -> None:
        if window is not None and window.type() is Qt.WindowType.Window:
            seen.add(window.objectName())

    qapp.focusWindowChanged.connect(look)
    yield
    qapp.focusWindowChanged.disconnect(look)
    assert seen <= {"MainWindowClassWindow"}


@pytest.fixture
def open_terminal(qtbot: QtBot, qapp: QApplication, theme: Theme) -> Iterator[OpenTerminal]:
    """Open the window on a database and wait for the names; it is closed as by a person at the end."""
    scanner = Scanner(qapp)
    backgrounds: list[Background] = []

    def open_it(url: str) -> Terminal:
        background = Background(qapp)
        backgrounds.append(background)
        window = MainWindow(lambda: Shop(url), background, theme, terminal="HALL-1", scanner=scanner)
        qtbot.addWidget(window)
        window.resize(1280, 800)
        window.show()
        window.activateWindow()
        terminal = Terminal(qtbot, window, background)
        terminal.wait(terminal.is_at_the_sign_in)
        return terminal

    yield open_it
    qapp.removeEventFilter(scanner)
    for background in backgrounds:
        background.stop()


@pytest.fixture
def terminal(open_terminal: OpenTerminal, database_url: str) -> Terminal:
    """Give a terminal at its sign-in page."""
    return open_terminal(database_url)


@pytest.fixture
def floor(database_url: str) -> Iterator[Floor]:
    """Give another terminal of the plant."""
    made = Floor(database_url, terminal="HALL-2")
    yield made
    made.close()
