"""The notice line: what was done, shown at the foot of the window for a few seconds, in nobody's way."""

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from mfg_desktop.ui.kit import icons
from mfg_desktop.ui.kit.text import paint_text
from mfg_desktop.ui.theme import RADIUS, Size, Theme, Tone, Weight


class Toast(QWidget):
    """One line over a window. A new one takes the place of the last."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self._text, self._tone, self._icon = "", Tone.RUNNING, "check"
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._time = QTimer(self, singleShot=True)
        self._time.timeout.connect(self.hide)
        over.installEventFilter(self)
        self.hide()

    def say(self, text: str, tone: Tone = Tone.RUNNING, *, icon: str = "", seconds: float = 4.0) -> None:
        """Show a line."""
        default = {Tone.RUNNING: "check", Tone.DONE: "check", Tone.TROUBLE: "cross", Tone.HELD: "alert"}
        self._text, self._tone, self._icon = text, tone, icon or default.get(tone, "info")
        self.setAccessibleName(text)
        self._arrange()
        self.show()
        self.raise_()
        self.update()
        self._time.start(round(seconds * 1000))

    def text(self) -> str:
        return self._text if self.isVisible() else ""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._arrange()
        return False

    def _arrange(self) -> None:
        window = self._over
        words = QFontMetricsF(Theme.current.font(Size.LARGE, Weight.STRONG)).horizontalAdvance(self._text)
        width = round(min(words + 84, window.width() - 48))
        self.setGeometry((window.width() - width) // 2, window.height() - 56 - 24, width, 56)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.current
        colours = theme.tokens.of(self._tone)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(colours.soft))
        painter.setPen(QPen(QColor(colours.fill), 1.5))
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        icons.paint(painter, QRectF(20, box.center().y() - 11, 22, 22), self._icon, colours.ink)
        words = box.adjusted(52, 0, -20, 0)
        paint_text(painter, words, self._text, font=theme.font(Size.LARGE, Weight.STRONG), colour=colours.ink)
