"""What the window's tests stand on: a theme, a background that is joined at the end, and a place at a real shop."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from mfg_desktop.service.shop import Shop
from mfg_desktop.service.work import Actor
from mfg_desktop.ui.background import Background
from mfg_desktop.ui.context import Context
from mfg_desktop.ui.live import Live
from mfg_desktop.ui.notices import Notices
from mfg_desktop.ui.theme import Choice, Theme
from mfg_desktop.vocabulary import PersonId
from tests.conftest import assert_closed
from tests.factories import ADMIN, TERMINAL, Floor

PATIENCE_MS = 20_000
"""How long a test waits before it is a fault: no measure of speed, the machine may be busy."""


@pytest.fixture
def qtbot(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> QtBot:
    """Give a patient bot, and keep the widgets that it was given until Qt has taken them apart."""
    kept: list[QWidget] = []
    add = qtbot.addWidget

    def keep(widget: QWidget, **more: Any) -> None:
        kept.append(widget)
        add(widget, **more)

    monkeypatch.setattr(qtbot, "addWidget", keep)
    for wait in ("waitUntil", "waitSignal", "waitSignals"):
        monkeypatch.setattr(qtbot, wait, partial(getattr(qtbot, wait), timeout=PATIENCE_MS))
    return qtbot


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown() -> None:
    """Let Qt delete what the bot has closed before Python forgets it: the other way round, the collector crashes."""
    app = QApplication.instance()
    if app is not None:
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture(scope="session")
def _theme(qapp: QApplication) -> Theme:
    return Theme(qapp, Choice.LIGHT)


@pytest.fixture
def theme(_theme: Theme) -> Theme:
    """Give the theme, in its light look whatever the test before chose."""
    _theme.choose(Choice.LIGHT)
    return _theme


@pytest.fixture
def background(qapp: QApplication) -> Iterator[Background]:
    """Give a background, and join its worker at the end."""
    made = Background()
    yield made
    made.stop()


@dataclass
class Place:
    """A presenter's workplace at a real shop."""

    shop: Shop
    background: Background
    live: Live
    who: Actor | None

    def actor(self) -> Actor | None:
        return self.who


@pytest.fixture
def place(sqlite_url: str, background: Background) -> Iterator[Place]:
    """Give a place on a plant of its own in SQLite, with the administrator signed in; the feed is not started."""
    shop = Shop(sqlite_url)
    live = Live(shop, background)
    face = next(face for face in shop.faces() if face.badge == ADMIN)
    # Without the PIN, as Floor does: checking it takes longer than most of these tests.
    yield Place(shop, background, live, Actor(PersonId(0), face.badge, face.name, face.roles, TERMINAL, frozenset("*")))
    live.stop()
    background.stop()
    shop.close()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> Iterator[str]:
    """Give a plant of its own in SQLite: what the window does is the same on both databases."""
    path = tmp_path / "window.db"
    shutil.copyfile(sqlite_template, path)
    yield f"sqlite:///{path}"
    assert_closed(path)


@pytest.fixture
def floor(sqlite_url: str) -> Iterator[Floor]:
    """Give another terminal on the same plant."""
    made = Floor(sqlite_url, terminal="T9")
    yield made
    made.close()


@pytest.fixture
def jumps() -> list[tuple[str, str]]:
    """Give what was opened on other screens."""
    return []


View = TypeVar("View", bound=QWidget)
OpenScreen = Callable[[Callable[[Context, QWidget], View]], View]


@pytest.fixture
def open_screen(qtbot: QtBot, theme: Theme, place: Place, jumps: list[tuple[str, str]]) -> OpenScreen[Any]:
    """Give a screen by itself in a window, shown and with its first answer in."""

    def make(kind: Callable[[Context, QWidget], Any]) -> Any:
        window = QWidget()
        qtbot.addWidget(window)
        window.resize(1188, 736)
        plant = place.shop.plant()
        context = Context(
            shop=place.shop,
            background=place.background,
            live=place.live,
            theme=theme,
            notices=Notices(window, lambda: ZoneInfo(plant.timezone)),
            actor=place.actor,
            plant=lambda: plant,
            open_entity=lambda kind, key: jumps.append((kind, key)),
        )
        view = kind(context, window)
        view.resize(window.size())
        window.show()
        window.activateWindow()
        with qtbot.waitSignal(view.presenter.rows_changed):
            view.shown()
        return view

    return make
