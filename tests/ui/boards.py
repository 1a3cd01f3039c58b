"""The board by itself in a window, and a presenter's workplace that knows its plant."""

from zoneinfo import ZoneInfo

from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from mfg_desktop.queries.rows import PlantRow
from mfg_desktop.ui.board.view import BoardView
from mfg_desktop.ui.context import Context
from mfg_desktop.ui.memory import Memory
from mfg_desktop.ui.notices import Notices
from mfg_desktop.ui.theme import Theme
from tests.ui.conftest import Place


class PlantPlace(Place):
    """A place that knows its plant."""

    def plant(self) -> PlantRow:
        return self.shop.plant()


def plant_place(place: Place) -> PlantPlace:
    return PlantPlace(place.shop, place.background, place.live, place.who)


def open_board(qtbot: QtBot, theme: Theme, place: Place) -> BoardView:
    """Give the board, shown on the smallest screen and with its first answer in."""
    view = switch_on(qtbot, theme, place, Memory())
    qtbot.waitUntil(view.board.loaded)
    return view


def switch_on(qtbot: QtBot, theme: Theme, place: Place, memory: Memory) -> BoardView:
    """Give the board of a terminal that has just been switched on, and remembers this."""
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1188, 736)
    plant = place.shop.plant()
    view = BoardView(
        Context(
            shop=place.shop,
            background=place.background,
            live=place.live,
            theme=theme,
            notices=Notices(window, lambda: ZoneInfo(plant.timezone)),
            actor=place.actor,
            plant=lambda: plant,
            open_entity=lambda kind, key: None,
            memory=memory,
        )
    )
    inside = QVBoxLayout(window)
    inside.setContentsMargins(0, 0, 0, 0)
    inside.addWidget(view)
    window.show()
    window.activateWindow()
    view.shown()
    return view
