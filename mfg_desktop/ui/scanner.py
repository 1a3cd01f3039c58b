"""The barcode scanner, a keyboard wedge that puts a character before and after each code. Keys between them are the
code, whatever has the focus.
Since it sees every key and tap, it also tells that somebody is there.

By prefix and suffix, never by speed: a busy window loses the beat of the keys, not their order.
"""

from typing import Final

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

LONGEST: Final = 200
GIVE_UP_MS: Final = 2000
"""A code that has not ended by then was no code: the scanner lost its suffix, and the keyboard must not stay dead."""

_KEYS = frozenset({QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress, QEvent.Type.KeyRelease})
_STIRS = frozenset({QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress, QEvent.Type.TouchBegin, QEvent.Type.Wheel})


class Scanner(QObject):
    """Listens to the whole application; `scanned` sends the code without prefix and suffix."""

    scanned = Signal(str)
    stirred = Signal()
    """Somebody tapped, typed, scrolled or scanned: the terminal is not alone."""

    def __init__(self, app: QApplication, *, prefix: str = "\x02", suffix: str = "\x03") -> None:
        super().__init__(app)
        self._prefix, self._suffix = prefix, suffix
        self._code: list[str] | None = None
        self._patience = QTimer(self, singleShot=True, interval=GIVE_UP_MS)
        self._patience.timeout.connect(self._give_up)
        app.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind in _STIRS:
            self.stirred.emit()
        if kind not in _KEYS or not isinstance(event, QKeyEvent):
            return False
        text = _character(event)
        if kind == QEvent.Type.ShortcutOverride:
            # Without this a digit between prefix and suffix could set off a shortcut before it becomes a key press.
            if self._code is not None or (self._prefix and text == self._prefix):
                event.accept()
                return True
            return False
        if kind == QEvent.Type.KeyRelease:
            return self._code is not None
        if kind != QEvent.Type.KeyPress:
            return False
        if self._code is None:
            if not self._prefix or text != self._prefix:
                return False
            self._code = []
            self._patience.start()
            return True
        if text == self._suffix or len(self._code) >= LONGEST:
            code, self._code = "".join(self._code).strip(), None
            self._patience.stop()
            if code:
                self.scanned.emit(code)
            return True
        if text == self._prefix:
            self._code.clear()
        elif text.isprintable():
            self._code.append(text)
        return True

    def _give_up(self) -> None:
        self._code = None


def _character(event: QKeyEvent) -> str:
    """Give the character of a key; Ctrl+B and Ctrl+C are how a wedge types STX and ETX."""
    text = event.text()
    if text:
        return text
    if event.modifiers() & event.modifiers().ControlModifier and 0x41 <= event.key() <= 0x5A:
        return chr(event.key() - 0x40)
    return ""
