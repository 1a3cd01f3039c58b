"""Buttons for gloves: they answer at once, count a tap once, show their shortcut, and say why not instead of hiding.

Connect `tapped`, not Qt's `clicked`: a button that is stopped sends `asked_why` with its reasons, and one that is at
work sends nothing.
"""

from collections.abc import Sequence
from enum import Enum
from time import monotonic

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFontMetricsF,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QShortcut,
)
from PySide6.QtWidgets import QAbstractButton, QApplication, QSizePolicy, QWidget

from mfg_desktop.ui.kit import icons
from mfg_desktop.ui.kit.covers import reachable
from mfg_desktop.ui.kit.text import paint_text
from mfg_desktop.ui.theme import RADIUS, TOUCH, TOUCH_MAIN, Size, Theme, Tone, Weight, mixed


class Kind(Enum):
    MAIN = "main"
    """The one main action of a place."""
    PLAIN = "plain"
    QUIET = "quiet"
    """Without a border, for what is rarely needed."""
    DANGER = "danger"
    """Cannot be taken back."""


class Button(QAbstractButton):
    """A button of the shop.

    Heights: 64 for MAIN, 52 for the others, unless `height` says otherwise (never below 48).
    """

    tapped = Signal()
    asked_why = Signal(tuple)

    def __init__(
        self,
        text: str,
        *,
        kind: Kind = Kind.PLAIN,
        icon: str = "",
        shortcut: str = "",
        height: int | None = None,
        size: Size = Size.LARGE,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._kind = kind
        self._size = size
        self._icon = icon
        self._height = max(TOUCH, height or (TOUCH_MAIN if kind is Kind.MAIN else 52))
        self._reasons: tuple[str, ...] = ()
        self._working = False
        self._over = False
        self._pressed_at = float("-inf")
        self._keys = QKeySequence(shortcut)
        self._keycap_shown = True
        self.setText(text)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._answer)
        if shortcut:
            # A shortcut of the widget, not of QAbstractButton: that one would show it in our text's ampersand.
            keys = QShortcut(self._keys, self, self._by_shortcut, context=Qt.ShortcutContext.WindowShortcut)
            # F4 that starts an order is still down when Record output comes, which has the same key.
            keys.setAutoRepeat(False)

    def kind(self) -> Kind:
        return self._kind

    def set_kind(self, kind: Kind) -> None:
        self._kind = kind
        self.update()

    def set_icon(self, name: str) -> None:
        self._icon = name
        self.updateGeometry()
        self.update()

    def show_keycap(self, shown: bool) -> None:
        """Show the shortcut or, where there is no room for it, only answer to it."""
        self._keycap_shown = shown
        self.updateGeometry()
        self.update()

    def set_text(self, text: str) -> None:
        self.setText(text)
        self.updateGeometry()

    def set_stopped(self, reasons: Sequence[str]) -> None:
        """Grey the button while it can still be tapped for its reasons; no reasons: it works again."""
        self._reasons = tuple(reasons)
        self.setToolTip("\n".join(self._reasons))
        self.setAccessibleDescription(" ".join(self._reasons))
        self.update()

    def stopped(self) -> tuple[str, ...]:
        return self._reasons

    def set_working(self, working: bool) -> None:
        """Take no tap while the command of the last one is under way."""
        self._working = working
        self.update()

    def working(self) -> bool:
        return self._working

    def _answer(self) -> None:
        if self._working:
            return
        if self._reasons:
            self.asked_why.emit(self._reasons)
        else:
            self.tapped.emit()

    def _by_shortcut(self) -> None:
        if reachable(self):
            self.animateClick()

    def _keycap(self) -> str:
        return self._keys.toString(QKeySequence.SequenceFormat.NativeText) if self._keycap_shown else ""

    def sizeHint(self) -> QSize:
        theme = Theme.current
        width = {Kind.QUIET: 24.0, Kind.MAIN: 64.0}.get(self._kind, 40.0)
        if self.text():
            width += QFontMetricsF(theme.font(self._size, Weight.STRONG)).horizontalAdvance(self.text())
        if self._icon:
            width += 22 + (8 if self.text() else 0)
        if self._keycap():
            # With a picture and no word beside it, the key stands closer.
            gap = 26 if self.text() else 22 if self._icon else 14
            width += QFontMetricsF(theme.font(Size.SMALL, Weight.STRONG)).horizontalAdvance(self._keycap()) + gap
        return QSize(max(self._height, round(width + 0.5)), self._height)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._over = True
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._over = False
        self.update()
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed_at = monotonic()
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        # The first half of this double tap may have hit another button that stood here: Start goes, and Record output
        # comes to the same spot. Whoever tapped twice there meant Start.
        if monotonic() - self._pressed_at > QApplication.doubleClickInterval() / 1000:
            event.accept()
            return
        super().mouseDoubleClickEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Return presses the button that has the focus, as Space does; Qt leaves that to dialogs.
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self.animateClick()
            return
        super().keyPressEvent(event)

    def _colours(self) -> tuple[QColor, QColor, QColor]:
        """Give face, border and ink for the state of the moment."""
        tokens = Theme.current.tokens
        trouble, none = tokens.of(Tone.TROUBLE), QColor(Qt.GlobalColor.transparent)
        if self._reasons or not self.isEnabled():
            quiet = self._kind is Kind.QUIET
            ink = mixed(tokens.muted, tokens.raised, 0.12)
            # What is stopped does not stand out more than what works.
            return (none, none, ink) if quiet else (QColor(tokens.raised), QColor(tokens.line), ink)
        if self._kind is Kind.MAIN:
            face, ink = QColor(tokens.accent), QColor(tokens.on_accent)
            if self.isDown() or self.isChecked():
                face = mixed(tokens.accent, tokens.text if not tokens.dark else tokens.background, 0.28)
            elif self._over:
                face = mixed(tokens.accent, tokens.text, 0.1)
            return face, face, ink
        base = tokens.surface if self._kind is Kind.QUIET else tokens.raised
        if self._kind is Kind.DANGER:
            face, ink, edge = QColor(trouble.soft), QColor(trouble.ink), mixed(trouble.soft, trouble.fill, 0.4)
        elif self.isChecked():
            soft = tokens.of(Tone.RELEASED)
            return QColor(soft.soft), QColor(tokens.accent), QColor(soft.ink)
        else:
            face, ink, edge = QColor(base), QColor(tokens.text), QColor(tokens.line)
        if self.isDown():
            face = mixed(face.name(), tokens.text, 0.16)
        elif self._over:
            face = mixed(face.name(), tokens.text, 0.05)
        elif self._kind is Kind.QUIET:
            face, edge = none, none
        return face, edge, ink

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.current
        face, edge, ink = self._colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(edge, 1))
        painter.setBrush(face)
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.tokens.focus), 2))
            painter.drawRoundedRect(box, RADIUS, RADIUS)
            if self._kind is Kind.MAIN:
                # The accent's own ring would not be seen on the accent.
                painter.setPen(QPen(QColor(theme.tokens.on_accent), 1.5))
                painter.drawRoundedRect(box.adjusted(3, 3, -3, -3), RADIUS - 3, RADIUS - 3)
        self._paint_content(painter, box, ink)

    def _paint_content(self, painter: QPainter, box: QRectF, ink: QColor) -> None:
        theme = Theme.current
        font = theme.font(self._size, Weight.STRONG)
        small = theme.font(Size.SMALL, Weight.STRONG)
        text = f"{self.text()}\u2026" if self._working and self.text() else self.text()
        cap = self._keycap()
        cap_width = QFontMetricsF(small).horizontalAdvance(cap) + 14 if cap else 0.0
        icon_width = 22.0 if self._icon else 0.0
        gap_icon = 8.0 if self._icon and text else 0.0
        gap_cap = (12.0 if text else 8.0) if cap and (text or self._icon) else 0.0
        room = box.width() - 16 - cap_width - icon_width - gap_icon - gap_cap
        words = min(QFontMetricsF(font).horizontalAdvance(text) + 1, room)
        left = box.center().x() - (icon_width + gap_icon + words + gap_cap + cap_width) / 2
        if self._icon:
            icons.paint(painter, QRectF(left, box.center().y() - 11, 22, 22), self._icon, ink.name())
            left += icon_width + gap_icon
        paint_text(painter, QRectF(left, box.top(), words, box.height()), text, font=font, colour=ink.name())
        if cap:
            paint_keycap(painter, QRectF(left + words + gap_cap, box.center().y() - 11, cap_width, 22), cap, ink)


def paint_keycap(painter: QPainter, area: QRectF, cap: str, ink: QColor) -> None:
    """Paint a shortcut as a small key."""
    soft = QColor(ink)
    soft.setAlphaF(0.6)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(soft, 1))
    painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
    font = Theme.current.font(Size.SMALL, Weight.STRONG)
    paint_text(painter, area, cap, font=font, colour=ink.name(), align=Qt.AlignmentFlag.AlignHCenter)


class Choices(QObject):
    """Buttons of which one is chosen at a time: `Choices([...]).chosen` sends its place in the row."""

    chosen = Signal(int)

    def __init__(self, buttons: Sequence[Button], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._buttons = tuple(buttons)
        for button in self._buttons:
            button.setCheckable(True)
            button.tapped.connect(self._tapped)

    def choose(self, place: int | None) -> None:
        """Mark one as chosen without sending a signal, or none."""
        for at, button in enumerate(self._buttons):
            button.setChecked(at == place)

    def place(self) -> int | None:
        return next((at for at, button in enumerate(self._buttons) if button.isChecked()), None)

    def _tapped(self) -> None:
        sender = self.sender()
        for at, button in enumerate(self._buttons):
            if button is sender:
                self.choose(at)
                self.chosen.emit(at)
