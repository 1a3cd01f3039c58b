"""The rail at the left: one large key per screen."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QKeySequence, QPainter, QPaintEvent, QPen, QShortcut
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget

from mfg_desktop.ui.catalog import Screen
from mfg_desktop.ui.kit import icons
from mfg_desktop.ui.kit.covers import reachable
from mfg_desktop.ui.kit.text import Panel, paint_text
from mfg_desktop.ui.theme import RADIUS, SPACE, Size, Theme, Tone, Weight, mixed

WIDTH = 92


class Rail(Panel):
    """`chosen` sends the name of the tapped screen."""

    chosen = Signal(str)

    def __init__(self, screens: Sequence[Screen], parent: QWidget | None = None) -> None:
        super().__init__("rail", parent)
        self.setFixedWidth(WIDTH)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        column.setSpacing(4)
        self._keys = {screen.name: _ScreenKey(screen) for screen in screens}
        for name, key in self._keys.items():
            key.clicked.connect(lambda _=False, name=name: self.chosen.emit(name))
            column.addWidget(key)
        column.addStretch(1)

    def show_chosen(self, name: str) -> None:
        """Mark the screen that is shown."""
        for screen, key in self._keys.items():
            key.setChecked(screen == name)


class _ScreenKey(QAbstractButton):
    """An icon above a word."""

    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self._icon = screen.icon
        self._over = False
        self.setText(screen.title)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(f"{screen.title} ({screen.shortcut})")
        self.setFixedHeight(68)
        shortcut = QShortcut(QKeySequence(screen.shortcut), self)
        shortcut.activated.connect(self._by_shortcut)

    def sizeHint(self) -> QSize:
        return QSize(WIDTH - 2 * SPACE, 68)

    def nextCheckState(self) -> None:
        """Leave the mark alone: the window moves it when the screen is there."""

    def enterEvent(self, event: QEnterEvent) -> None:
        self._over = True
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._over = False
        self.update()
        super().leaveEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.current
        tokens = theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        ink = tokens.muted
        painter.setPen(Qt.PenStyle.NoPen)
        if self.isChecked():
            ink = tokens.of(Tone.RELEASED).ink
            painter.setBrush(QColor(tokens.of(Tone.RELEASED).soft))
            painter.drawRoundedRect(box, RADIUS, RADIUS)
        elif self.isDown() or self._over:
            painter.setBrush(mixed(tokens.surface, tokens.text, 0.14 if self.isDown() else 0.05))
            painter.drawRoundedRect(box, RADIUS, RADIUS)
        icons.paint(painter, QRectF(box.center().x() - 13, box.top() + 11, 26, 26), self._icon, ink)
        font = theme.font(Size.SMALL, Weight.STRONG)
        words = QRectF(box.left(), box.bottom() - 27, box.width(), 20)
        paint_text(painter, words, self.text(), font=font, colour=ink, align=Qt.AlignmentFlag.AlignHCenter)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.focus), 2))
            painter.drawRoundedRect(box, RADIUS, RADIUS)

    def _by_shortcut(self) -> None:
        if reachable(self):
            self.click()
