"""Icons: our own drawings on a grid of 24, coloured by a token when they are asked for.

To add an icon, put NAME.svg into resources/icons: stroke 2, `currentColor` for every colour, a view box of 0 0 24 24.
"""

from functools import lru_cache
from importlib.resources import files

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPaintEvent, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QWidget

from mfg_desktop.ui.theme import Theme, Tone


@lru_cache(maxsize=256)
def _drawing(name: str) -> str:
    return (files("mfg_desktop") / "resources" / "icons" / f"{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=1024)
def pixmap(name: str, colour: str, size: int, dpr: float = 1.0) -> QPixmap:
    """Draw an icon in a colour, sharp on a screen of this pixel ratio."""
    drawn = QPixmap(QSize(round(size * dpr), round(size * dpr)))
    drawn.fill(Qt.GlobalColor.transparent)
    drawing = QSvgRenderer(QByteArray(_drawing(name).replace("currentColor", colour).encode()))
    painter = QPainter(drawn)
    drawing.render(painter, QRectF(0, 0, drawn.width(), drawn.height()))
    painter.end()
    drawn.setDevicePixelRatio(dpr)
    return drawn


def icon(name: str, colour: str, size: int = 24) -> QIcon:
    """Give an icon for a widget of Qt's own; what we paint ourselves calls `paint`."""
    made = QIcon(pixmap(name, colour, size))
    made.addPixmap(pixmap(name, colour, size, 2.0))
    return made


def paint(painter: QPainter, area: QRectF, name: str, colour: str) -> None:
    """Paint an icon as large as fits, in the middle of an area."""
    size = int(min(area.width(), area.height()))
    if size > 0:
        drawn = pixmap(name, colour, size, painter.device().devicePixelRatio())
        corner = area.center() - QRectF(0, 0, size, size).center()
        painter.drawPixmap(corner, drawn)


class IconLabel(QWidget):
    """An icon that stands in a layout and follows the theme. `ink` is a tone, "muted" or "accent"."""

    def __init__(self, name: str, ink: Tone | str = "muted", *, size: int = 24, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._ink = name, ink
        self.setFixedSize(QSize(size, size))

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = Theme.current.tokens
        plain = tokens.accent if self._ink == "accent" else tokens.muted
        colour = tokens.of(self._ink).ink if isinstance(self._ink, Tone) else plain
        paint(QPainter(self), QRectF(self.rect()), self._name, colour)
