"""Dialogs inside the window, over a dimmed shop: Esc closes, the focus stays inside, the first field has it."""

from collections.abc import Callable

import shiboken6
from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QScroller,
    QVBoxLayout,
    QWidget,
)

from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.covers import Cover
from mfg_desktop.ui.kit.text import Label, Panel
from mfg_desktop.ui.theme import SPACE, Size, Theme, Tone, Weight


class Dialog(Cover):
    """A dialog over the window of `over`. Fill `body`, add buttons to the foot, then `open()`.

    `closed` is sent once, however it was left. The dialog deletes itself afterwards.
    """

    closed = Signal()

    def __init__(self, over: QWidget, title: str = "", *, width: int = 640, remark: str = "") -> None:
        super().__init__(over.window())
        self._width = width
        self._before: QWidget | None = None
        self._open = False
        self._foot_buttons: list[Button] = []
        self.first: QWidget | None = None
        """What has the focus when the dialog opens; without it the first field, or the first button."""
        self.setAccessibleName(title)
        self.panel = Panel("dialog", self)
        frame = QVBoxLayout(self.panel)
        frame.setContentsMargins(30, 26, 30, 26)
        frame.setSpacing(2 * SPACE)
        self._remark = Label(remark, size=Size.BODY, ink="muted", wraps=True)
        self._title = Label(title, size=Size.TITLE, weight=Weight.HEAVY, wraps=True)
        self.head = QVBoxLayout()
        self.head.setSpacing(4)
        self.head.addWidget(self._title)
        self.head.addWidget(self._remark)
        frame.addLayout(self.head)
        self._title.setVisible(bool(title))
        self._remark.setVisible(bool(remark))
        inside = _Inside(self._arrange)
        self.body = QVBoxLayout(inside)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(2 * SPACE)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.viewport().setAutoFillBackground(False)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # A scroll area claims some 70 px whatever it holds, and took them from the buttons under a single line.
        self._scroll.setMinimumHeight(1)
        self._scroll.setWidget(inside)
        QScroller.grabGesture(self._scroll.viewport(), QScroller.ScrollerGestureType.TouchGesture)
        # A scroll area turns this on for what it is given; the panel's colour has to show through.
        inside.setAutoFillBackground(False)
        self._inside = inside
        frame.addWidget(self._scroll, 1)
        self.foot = QHBoxLayout()
        self.foot.setSpacing(SPACE + 2)
        self.foot.addStretch(1)
        frame.addLayout(self.foot)

    def set_title(self, title: str, remark: str = "") -> None:
        self._title.setText(title)
        self._title.setVisible(bool(title))
        self._remark.setText(remark)
        self._remark.setVisible(bool(remark))
        self._arrange()

    def add_button(self, button: Button, *, left: bool = False) -> Button:
        """Put a button into the foot: at the right, or with `left` before the gap. All of them are of one height."""
        if left:
            self.foot.insertWidget(0, button)
        else:
            self.foot.addWidget(button)
        self._foot_buttons.append(button)
        tallest = max(one.sizeHint().height() for one in self._foot_buttons)
        for one in self._foot_buttons:
            one.setMinimumHeight(tallest)
        return button

    def add_close(self, text: str = "Cancel") -> Button:
        """Put a button into the foot that closes."""
        button = self.add_button(Button(text, kind=Kind.PLAIN, height=56))
        button.tapped.connect(self.close_dialog)
        return button

    def open(self) -> None:
        """Show it over the window and give the first field the focus."""
        self._before = QApplication.focusWidget()
        self._open = True
        self.lay_over()
        self._arrange()
        self.focus_first()

    def close_dialog(self) -> None:
        """Leave it; the focus goes back to where it was, unless it is in what lies over this."""
        if not self._open:
            return
        self._open = False
        now = QApplication.focusWidget()
        had_focus = now is None or self.isAncestorOf(now)
        self.hide()
        # What had the focus may be gone: the button of a way out goes when news takes its reason away.
        if had_focus and self._before is not None and shiboken6.isValid(self._before):
            back = self._before if self._before.isVisible() else _beside(self._before)
            if back is not None:
                back.setFocus()
        self.closed.emit()
        self.deleteLater()

    def is_open(self) -> bool:
        return self._open

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), QColor(Theme.current.tokens.veil))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        # A tap beside the dialog does nothing: with gloves it is more often a slip than a wish to leave.
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_dialog()
        event.accept()

    def focusNextPrevChild(self, forward: bool) -> bool:
        chain = self._chain()
        now = QApplication.focusWidget()
        if chain:
            at = chain.index(now) if now in chain else (-1 if forward else 0)
            chain[(at + (1 if forward else -1)) % len(chain)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _chain(self) -> list[QWidget]:
        chain: list[QWidget] = []
        widget = self.nextInFocusChain()
        while widget is not None and widget is not self:
            wants = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            if self.isAncestorOf(widget) and wants and widget.isVisible() and widget.isEnabled():
                chain.append(widget)
            widget = widget.nextInFocusChain()
        return chain

    def focus_first(self) -> None:
        """Give the focus to what should have it, unless something inside has it."""
        now = QApplication.focusWidget()
        if not self._open or (now is not None and self.isAncestorOf(now)):
            return
        chain = self._chain()
        fields = [widget for widget in chain if isinstance(widget, QLineEdit | QPlainTextEdit)]
        first = [self.first] if self.first is not None else []
        (*first, *fields, *chain, self)[0].setFocus()

    def _arrange(self) -> None:
        """Centre the panel: as high as its content, and never higher than the window; the body scrolls then."""
        room = self.rect().adjusted(24, 24, -24, -24)
        width = min(self._width, room.width())
        self.panel.resize(width, self.panel.height())
        inner = width - 62
        body = self._inside.layout()
        wanted = (
            body.heightForWidth(inner)
            if body is not None and body.hasHeightForWidth()
            else self._inside.sizeHint().height()
        )
        frame = self.panel.layout()
        assert frame is not None
        head = self.head.heightForWidth(inner) if self.head.hasHeightForWidth() else self.head.sizeHint().height()
        foot = self.foot.sizeHint().height()
        spacing = 2 * SPACE * (2 if foot else 1)
        height = min(52 + head + spacing + wanted + foot + 4, room.height())
        self.panel.setGeometry(room.center().x() - width // 2, room.center().y() - height // 2, width, height)


def _beside(gone: QWidget) -> QWidget | None:
    """Give what can have the focus instead of a widget that is hidden now: the nearest there is, on the same page."""
    above = gone.parentWidget()
    while above is not None:
        for one in above.findChildren(QWidget) if above.isVisible() else ():
            if one.isVisible() and one.isEnabled() and one.focusPolicy() & Qt.FocusPolicy.TabFocus:
                return one
        above = above.parentWidget()
    return None


class _Inside(QWidget):
    """The scrolled body.

    Chips that wrap claim the height that they would have at their narrowest; a scroll area believes them.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        super().__init__()
        self._changed = changed

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)

    def event(self, event: QEvent) -> bool:
        taken = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self._changed()
        return taken


class ReasonNote(Panel):
    """A soft note with an icon: why something waits, or what went wrong."""

    def __init__(self, text: str = "", tone: Tone = Tone.HELD, parent: QWidget | None = None) -> None:
        super().__init__(tone, parent)
        self._label = Label(text, weight=Weight.STRONG, ink=tone, wraps=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 12, 14, 12)
        row.addWidget(self._label)
        # One with a text is shown by what it is put into: by itself it would be a window, and take the focus.
        if not text:
            self.hide()

    def say(self, text: str, tone: Tone = Tone.HELD) -> None:
        """Say this, or with an empty text nothing."""
        self.set_panel(tone)
        self._label.set_ink(tone)
        self._label.setText(text)
        self.setVisible(bool(text))
