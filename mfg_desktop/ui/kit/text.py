"""Labels in the type scale, and text that never runs over its edge: it elides, and the tooltip says it in full."""

import re
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QFontMetricsF, QPainter, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QWidget

from mfg_desktop.ui.theme import SPACE, Size, Theme, Tone, Weight

_GAPS: Final = re.compile(r"[^\S\u00a0\u202f]+")


class Label(QLabel):
    """A line of text in the scale. `ink` is a tone, "muted", "accent" or "" for plain text; `wraps` lets it take
    several lines.
    """

    def __init__(
        self,
        text: str = "",
        *,
        size: Size = Size.BODY,
        weight: Weight = Weight.REGULAR,
        ink: Tone | str = "",
        mono: bool = False,
        wraps: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(Theme.current.font(size, weight, mono=mono))
        self.setWordWrap(wraps)
        # At the left also what is written from the right: a column of codes has one edge.
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute)
        self.setProperty("ink", str(ink))

    def set_ink(self, ink: Tone | str) -> None:
        """Change the colour; the style sheet reads it."""
        if self.property("ink") != str(ink):
            self.setProperty("ink", str(ink))
            self.style().unpolish(self)
            self.style().polish(self)


class ElidedLabel(Label):
    """A line that gives way: it shrinks to an ellipsis, and its tooltip has the whole. With `least` it goes down the
    scale as far as that first: half a code may be that of another thing. With `most` it takes so many lines before.
    """

    def __init__(
        self,
        text: str = "",
        *,
        size: Size = Size.BODY,
        weight: Weight = Weight.REGULAR,
        ink: Tone | str = "",
        mono: bool = False,
        least: Size | None = None,
        most: int = 1,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("", size=size, weight=weight, ink=ink, mono=mono, parent=parent)
        sizes = [one for one in reversed(Size) if (least or size).value <= one.value <= size.value]
        self._fonts = [Theme.current.font(one, weight, mono=mono) for one in sizes]
        self._whole, self._most, self._lines = "", most, 1
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_text(text)

    def set_text(self, text: str) -> None:
        """Show a text, as much of it as fits."""
        self._whole = " ".join(_words(text))
        self._fit()
        self.updateGeometry()

    def whole(self) -> str:
        return self._whole

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self._fonts[0])
        return QSize(metrics.horizontalAdvance(self._whole) + 2, self._lines * metrics.height())

    def minimumSizeHint(self) -> QSize:
        metrics = QFontMetrics(self._fonts[0])
        return QSize(
            min(metrics.horizontalAdvance(self._whole), metrics.horizontalAdvance("MMM\u2026")),
            self._lines * metrics.height(),
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        fits = (font for font in self._fonts if QFontMetrics(font).horizontalAdvance(self._whole) <= self.width())
        self.setFont(next(fits, self._fonts[-1]))
        lines = lines_of(self._whole, self.font(), max(self.width(), 1), most=self._most)
        super().setText("\n".join(lines))
        self.setToolTip(self._whole if " ".join(lines) != self._whole else "")
        if len(lines) != self._lines:
            self._lines = len(lines)
            self.updateGeometry()


class Heading(QWidget):
    """The head of a section: its name, and at the right a count or a remark."""

    def __init__(self, title: str, remark: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = ElidedLabel(title, size=Size.LARGE, weight=Weight.STRONG)
        self._remark = Label(remark, size=Size.LARGE, weight=Weight.STRONG, ink="muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, SPACE, 0, SPACE)
        row.setSpacing(SPACE)
        row.addWidget(self._title, 1)
        row.addWidget(self._remark)

    def set_title(self, title: str) -> None:
        self._title.set_text(title)

    def set_remark(self, remark: str) -> None:
        self._remark.setText(remark)


class Panel(QFrame):
    """A background with a border from the tokens: surface, raised, dialog, bar, foot, rail, side, rule, or a tone's
    soft background.
    """

    def __init__(self, panel: Tone | str = "surface", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("panel", str(panel))

    def set_panel(self, panel: Tone | str) -> None:
        self.setProperty("panel", str(panel))
        self.style().unpolish(self)
        self.style().polish(self)


def rule(parent: QWidget | None = None) -> Panel:
    """Give a line between two parts."""
    return Panel("rule", parent)


def centred(widget: QWidget) -> QHBoxLayout:
    """Put a widget between two stretches. An alignment would do, but a layout forgets wrapped lines under one."""
    row = QHBoxLayout()
    row.addStretch(1)
    row.addWidget(widget)
    row.addStretch(1)
    return row


def elided(text: str, font: QFont, width: float, *, code: bool = False) -> str:
    """Cut a text to a width with an ellipsis at its end; a `code` in its middle, where the codes of one series are alike."""
    cut = Qt.TextElideMode.ElideMiddle if code else Qt.TextElideMode.ElideRight
    return QFontMetricsF(font).elidedText(text, cut, width)


def code_font(code: str, width: float, size: Size, weight: Weight = Weight.REGULAR) -> QFont:
    """Give the type for a code: a smaller one where it would be cut off, since half a code may be that of another thing."""
    fonts = [Theme.current.font(one, weight) for one in reversed(Size) if one.value <= size.value]
    return next((font for font in fonts if QFontMetricsF(font).horizontalAdvance(code) <= width), fonts[-1])


def lines_of(text: str, font: QFont, width: float, *, most: int) -> list[str]:
    """Break a text into at most so many lines, between its words where it can be; only the last line is cut."""
    metrics, line = QFontMetricsF(font), ""
    lines: list[str] = []
    if metrics.horizontalAdvance(text) <= width:
        # Most do, and a list asks for each of its cards.
        return [" ".join(_words(text))]
    words = _words(text)
    while words and len(lines) < most - 1:
        wider = f"{line} {words[0]}".strip()
        if metrics.horizontalAdvance(wider) <= width:
            line = wider
            del words[0]
        elif line:
            lines.append(line)
            line = ""
        else:
            # A word wider than the line: names in Chinese have no spaces, and German ones few.
            head = _beginning(words[0], metrics, width)
            lines.append(head)
            words[0] = words[0][len(head) :]
    rest = " ".join([line, *words]).strip()
    return [*lines, elided(rest, font, width)] if rest or not lines else lines


def _words(text: str) -> list[str]:
    """Take a text apart where a line may end. A number with its thin spaces is one word."""
    return [word for word in _GAPS.split(text) if word]


def _beginning(word: str, metrics: QFontMetricsF, width: float) -> str:
    """Give as much of a word as fits a line, up to a hyphen if it has one there."""
    fits = max(
        1, next((at for at in range(1, len(word)) if metrics.horizontalAdvance(word[: at + 1]) > width), len(word))
    )
    hyphen = word.rfind("-", 1, fits)
    return word[: hyphen + 1] if hyphen > 0 else word[:fits]


def paint_text(
    painter: QPainter,
    area: QRectF,
    text: str,
    *,
    font: QFont,
    colour: str,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    code: bool = False,
) -> float:
    """Paint one line, elided where it does not fit, and return the width it took."""
    painter.setFont(font)
    painter.setPen(QColor(colour))
    shown = elided(text, font, area.width(), code=code)
    painter.drawText(area, align | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, shown)
    return QFontMetricsF(font).horizontalAdvance(shown)
