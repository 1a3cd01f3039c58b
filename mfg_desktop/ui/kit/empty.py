"""What stands where nothing is: an icon, what would be there, and how it gets there."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from mfg_desktop.ui.kit import icons
from mfg_desktop.ui.theme import RADIUS, Size, Theme, Weight


class EmptyState(QWidget):
    """Says what would be here: `EmptyState("play", "Nothing runs", "Start a released order and it appears here.")`."""

    def __init__(
        self, icon: str, title: str, text: str = "", *, framed: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._icon, self._title, self._text, self._framed = icon, title, text, framed
        self.setMinimumHeight(120)
        self.setAccessibleName(f"{title} {text}")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def say(self, title: str, text: str = "", icon: str = "") -> None:
        """Say something else, such as why a search found nothing."""
        self._title, self._text, self._icon = title, text, icon or self._icon
        self.setAccessibleName(f"{title} {text}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.current
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(8, 8, -8, -8)
        strong, body = theme.font(Size.BODY, Weight.STRONG), theme.font(Size.SMALL)
        flags = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap)
        width = min(area.width() - 16, 360)
        left = area.center().x() - width / 2
        title = QFontMetricsF(strong).boundingRect(QRectF(0, 0, width, 1000), flags, self._title)
        text = QFontMetricsF(body).boundingRect(QRectF(0, 0, width, 1000), flags, self._text)
        height = 28 + 12 + title.height() + (4 + text.height() if self._text else 0)
        if self._framed:
            painter.setPen(QPen(QColor(theme.tokens.line), 1.5, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(
                QRectF(area.left(), area.top(), area.width(), min(height + 40, area.height())), RADIUS, RADIUS
            )
            top = area.top() + 20
        else:
            top = area.top() + max(0.0, (area.height() - height) * 0.42)
        icons.paint(painter, QRectF(area.center().x() - 14, top, 28, 28), self._icon, theme.tokens.muted)
        painter.setFont(strong)
        painter.setPen(QColor(theme.tokens.text))
        painter.drawText(QRectF(left, top + 40, width, title.height()), flags, self._title)
        painter.setFont(body)
        painter.setPen(QColor(theme.tokens.muted))
        painter.drawText(QRectF(left, top + 44 + title.height(), width, text.height()), flags, self._text)
