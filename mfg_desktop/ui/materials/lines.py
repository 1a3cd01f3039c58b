"""The lines of an order's material: a card each with bar, numbers and lots, which change in place."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from mfg_desktop.queries.rows import LotPick
from mfg_desktop.ui.kit import formats, icons
from mfg_desktop.ui.kit.bars import QuantityBar
from mfg_desktop.ui.kit.buttons import Button
from mfg_desktop.ui.kit.chips import Chip
from mfg_desktop.ui.kit.pickers import Wrapping
from mfg_desktop.ui.kit.text import ElidedLabel, Label, Panel, paint_text
from mfg_desktop.ui.materials import wording
from mfg_desktop.ui.materials.presenter import Line, Stop
from mfg_desktop.ui.theme import SPACE, TOUCH, Size, Theme, Tone, Weight
from mfg_desktop.vocabulary import Action

LINE_HEIGHT = 22
DOT = 13.0
"""Room of a dot before its word."""
MOST_LOTS = 6
"""More lots than these are counted, not shown."""


class Figures(QWidget):
    """Numbers with their words, each with the dot of its part of the bar; in a second line where one is too short."""

    def __init__(self) -> None:
        super().__init__()
        self._told: Sequence[tuple[str, str, Tone | None]] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_figures(self, told: Sequence[tuple[str, str, Tone | None]]) -> None:
        self._told = tuple(told)
        said = ", ".join(f"{word} {value}" for word, value, _ in told)
        self.setToolTip(said)
        self.setAccessibleName(said)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, LINE_HEIGHT)

    def heightForWidth(self, width: int) -> int:
        return LINE_HEIGHT * (1 + max((line for line, _ in self._places(width)), default=0))

    def _places(self, width: float) -> list[tuple[int, float]]:
        """Give the line and the left edge of each number."""
        theme = Theme.current
        plain, strong = QFontMetricsF(theme.font(Size.BODY)), QFontMetricsF(theme.font(Size.BODY, Weight.HEAVY))
        places, line, left = [], 0, 0.0
        for word, value, tone in self._told:
            wanted = (DOT if tone else 0) + plain.horizontalAdvance(word) + 5 + strong.horizontalAdvance(value)
            if left > 0 and left + wanted > width:
                line, left = line + 1, 0.0
            places.append((line, left))
            left += wanted + 14
        return places

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.current
        tokens = theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        plain, strong = theme.font(Size.BODY), theme.font(Size.BODY, Weight.HEAVY)
        for (word, value, tone), (line, left) in zip(self._told, self._places(self.width()), strict=True):
            area = QRectF(left, line * LINE_HEIGHT, self.width() - left, LINE_HEIGHT)
            if tone is not None:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(tokens.of(tone).fill))
                painter.drawRoundedRect(QRectF(left, area.center().y() - 4, 8, 8), 2.5, 2.5)
                area.adjust(DOT, 0, 0, 0)
            used = paint_text(painter, area, word, font=plain, colour=tokens.muted)
            paint_text(painter, area.adjusted(used + 5, 0, 0, 0), value, font=strong, colour=tokens.text)


class LotChip(QWidget):
    """A lot with what it holds; a lot that may not be used says so in colour, icon and word."""

    def __init__(self) -> None:
        super().__init__()
        self._lot, self._rest, self._icon = "", "", ""
        self._tone: Tone | None = None
        self._held = True
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_lot(self, pick: LotPick, unit: str, zone: ZoneInfo, now: datetime) -> None:
        look = wording.lot_look(pick, now)
        self._lot, self._held = pick.lot, wording.holds(pick)
        self._rest = wording.lot_words(pick, unit, zone) + (f" · {look.word.lower()}" if look else "")
        self._tone, self._icon = (look.tone, look.icon) if look else (None, "lot")
        where = f"\nat {pick.location}" if pick.location else ""
        self.setToolTip(f"{pick.lot} · {self._rest}{where}")
        self.setAccessibleName(f"Lot {pick.lot}, {self._rest}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        theme = Theme.current
        lot = QFontMetricsF(theme.font(Size.BODY, Weight.STRONG)).horizontalAdvance(self._lot)
        rest = QFontMetricsF(theme.font(Size.SMALL)).horizontalAdvance(self._rest)
        return QSize(round(10 + 16 + 6 + lot + 8 + rest + 12), 34)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 34)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.current
        tokens = theme.tokens
        colours = tokens.of(self._tone) if self._tone else None
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        # A lot that is only next in turn has a dashed border: nothing of it is promised yet.
        style = Qt.PenStyle.SolidLine if self._held else Qt.PenStyle.DashLine
        painter.setPen(QPen(QColor(colours.fill if colours else tokens.line), 1, style))
        painter.setBrush(QColor(colours.soft if colours else tokens.raised))
        painter.drawRoundedRect(box, 8, 8)
        ink = colours.ink if colours else tokens.muted
        icons.paint(painter, QRectF(9, box.center().y() - 8, 16, 16), self._icon, ink)
        words = QRectF(32, 0, box.width() - 40, self.height())
        strong = theme.font(Size.BODY, Weight.STRONG)
        colour = colours.ink if colours else tokens.text if self._held else tokens.muted
        used = paint_text(painter, words, self._lot, font=strong, colour=colour) + 8
        paint_text(painter, words.adjusted(used, 0, 0, 0), self._rest, font=theme.font(Size.SMALL), colour=ink)


class LineCard(Panel):
    """One material line. `issue_asked` and `return_asked` send the material, `why_asked` the action that is stopped, `order_asked` a sub order."""

    issue_asked = Signal(str)
    return_asked = Signal(str)
    why_asked = Signal(object)
    order_asked = Signal(str)

    def __init__(self, zone: Callable[[], ZoneInfo]) -> None:
        super().__init__("surface")
        self._zone = zone
        self._material = ""
        self._numbers: list[str] = []
        self._code = ElidedLabel(size=Size.LARGE, weight=Weight.STRONG)
        self._name = Label(ink="muted", wraps=True)
        self._chip = Chip()
        self.enough = Label(weight=Weight.STRONG, wraps=True)
        self.bar = QuantityBar(16)
        self._figures = Figures()
        self._lots: list[LotChip] = []
        self._more = Label(size=Size.SMALL, ink="muted")
        self._note = Label("issued with the output", ink="muted", wraps=True)
        self._note.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.issue_button = Button("Issue", height=52)
        self.return_button = Button("Return…", height=52)
        self.issue_button.tapped.connect(lambda: self.issue_asked.emit(self._material))
        self.return_button.tapped.connect(lambda: self.return_asked.emit(self._material))
        self.issue_button.asked_why.connect(lambda reasons: self.why_asked.emit(Action.ISSUE))
        self.return_button.asked_why.connect(lambda reasons: self.why_asked.emit(Action.RETURN_MATERIAL))
        names = QVBoxLayout()
        names.setSpacing(2)
        names.addWidget(self._code)
        names.addWidget(self._name)
        names.addStretch(1)
        middle = QVBoxLayout()
        middle.setSpacing(6)
        middle.addWidget(self.enough)
        middle.addWidget(self.bar)
        middle.addWidget(self._figures)
        self._chips = QWidget()
        self._flow = Wrapping(self._chips, spacing=6)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self._chips.setSizePolicy(policy)
        middle.addWidget(self._chips)
        self.sub_orders: list[Button] = []
        self._sub_orders = QVBoxLayout()
        self._sub_orders.setSpacing(6)
        middle.addLayout(self._sub_orders)
        middle.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(SPACE)
        right.addWidget(self._chip, 0, Qt.AlignmentFlag.AlignRight)
        right.addWidget(self.issue_button)
        right.addWidget(self.return_button)
        right.addWidget(self._note)
        right.addStretch(1)
        side = QWidget()
        side.setLayout(right)
        right.setContentsMargins(0, 0, 0, 0)
        side.setFixedWidth(164)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 14, 16, 14)
        row.setSpacing(20)
        row.addLayout(names, 2)
        row.addLayout(middle, 5)
        row.addWidget(side)

    def show_line(self, line: Line, stops: Mapping[Action, Stop]) -> None:
        """Show the numbers of a line, and what stops its buttons."""
        row = line.row
        self._material = row.material
        self._code.set_text(row.material)
        self._name.setText(row.material_name)
        self._chip.set_look(wording.cover_look(line))
        self.enough.setText(wording.enough_for(line))
        self.bar.show_segments(wording.segments(line), row.required)
        self._figures.show_figures(wording.figures(line))
        self.issue_button.setVisible(line.issuable > 0)
        self.issue_button.set_text(f"Issue {formats.quantity(line.issuable, row.unit)}")
        self.return_button.setVisible(line.returnable > 0)
        self.issue_button.set_stopped(stops[Action.ISSUE].reasons)
        self.return_button.set_stopped(stops[Action.RETURN_MATERIAL].reasons)
        self._note.setVisible(line.waits_for_output)
        self._show_lots(row.lots, row.unit)
        self._show_sub_orders(line)

    def set_working(self, working: bool) -> None:
        self.issue_button.set_working(working)
        self.return_button.set_working(working)

    def _show_sub_orders(self, line: Line) -> None:
        """Show what will bring the material; a line that is covered waits for none of them."""
        now, zone = datetime.now(UTC), self._zone()
        making = line.sub_orders if line.gap else ()
        while len(self.sub_orders) < len(making):
            button = Button("", icon="forward", height=TOUCH)
            # Its words may be cut, but do not take the room of the material's name.
            button.setMinimumWidth(4 * TOUCH)
            place = len(self.sub_orders)
            button.tapped.connect(lambda place=place: self.order_asked.emit(self._numbers[place]))
            self.sub_orders.append(button)
            self._sub_orders.addWidget(button)
        self._numbers = [order.number for order in making]
        for at, button in enumerate(self.sub_orders):
            button.setVisible(at < len(making))
            if at < len(making):
                button.set_text(wording.sub_order(making[at], line.row.unit, zone, now))
                button.setToolTip(button.text())

    def _show_lots(self, lots: Sequence[LotPick], unit: str) -> None:
        now, zone = datetime.now(UTC), self._zone()
        shown = lots[:MOST_LOTS]
        while len(self._lots) < len(shown):
            chip = LotChip()
            self._lots.append(chip)
            self._flow.addWidget(chip)
        for at, chip in enumerate(self._lots):
            chip.setVisible(at < len(shown))
            if at < len(shown):
                chip.show_lot(shown[at], unit, zone, now)
        self._more.setVisible(len(lots) > len(shown))
        self._more.setText(f"and {len(lots) - len(shown)} more lots")
        self._flow.removeWidget(self._more)
        self._flow.addWidget(self._more)
        self._chips.setVisible(bool(lots))


class LineCards(QWidget):
    """The cards under one another, merged by material."""

    issue_asked = Signal(str)
    return_asked = Signal(str)
    why_asked = Signal(object)
    order_asked = Signal(str)

    def __init__(self, zone: Callable[[], ZoneInfo]) -> None:
        super().__init__()
        self._zone = zone
        self._cards: dict[str, LineCard] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 8, 16)
        self._column.setSpacing(12)
        self._column.addStretch(1)

    def card(self, material: str) -> LineCard:
        return self._cards[material]

    def show_lines(self, lines: Sequence[Line], stops: Mapping[Action, Stop]) -> None:
        """Show these lines with what stops issuing and returning; known ones change in place."""
        wanted = [line.row.material for line in lines]
        for material in [known for known in self._cards if known not in wanted]:
            gone = self._cards.pop(material)
            # At once: the others are counted off below by their places.
            self._column.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        for at, line in enumerate(lines):
            card = self._cards.get(line.row.material)
            if card is None:
                card = LineCard(self._zone)
                card.issue_asked.connect(self.issue_asked)
                card.return_asked.connect(self.return_asked)
                card.why_asked.connect(self.why_asked)
                card.order_asked.connect(self.order_asked)
                self._cards[line.row.material] = card
            if self._column.indexOf(card) != at:
                self._column.removeWidget(card)
                self._column.insertWidget(at, card)
            card.show_line(line, stops)

    def set_working(self, working: bool) -> None:
        for card in self._cards.values():
            card.set_working(working)
