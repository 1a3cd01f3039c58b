"""The stock: lots in a table by material and category, and the opened lot with its ledger, to block or move it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from mfg_desktop.queries.rows import LotRow, MovementRow
from mfg_desktop.ui.context import Context
from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.cards import CardList
from mfg_desktop.ui.kit.chips import Chip
from mfg_desktop.ui.kit.dialogs import Dialog, ReasonNote
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.fields import Field, TextField
from mfg_desktop.ui.kit.pickers import ChoicePicker, ReasonPicker
from mfg_desktop.ui.kit.sides import SideScreen
from mfg_desktop.ui.kit.tables import RIGHT, Column, Table
from mfg_desktop.ui.kit.tabs import TabsBar
from mfg_desktop.ui.kit.text import ElidedLabel, Label, Panel, paint_text
from mfg_desktop.ui.materials import wording
from mfg_desktop.ui.materials.stock_dialogs import CountDialog, ReceiveDialog
from mfg_desktop.ui.materials.stock_presenter import StockPresenter, key
from mfg_desktop.ui.theme import SPACE, STOCK_LOOKS, TOUCH, Size, Theme, Tone, Weight
from mfg_desktop.vocabulary import StockCategory

SIDE_BY_SIDE = 1000
"""From this width on the search stands beside the categories, not above them."""


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A movement with its place in the ledger, counted from the first."""

    place: int
    row: MovementRow


class LedgerFace:
    """Paints a movement in two lines: what it was and how much, for which order and when."""

    def __init__(self, zone: Callable[[], ZoneInfo]) -> None:
        self._zone = zone

    def height(self, row: LedgerLine, width: float) -> float:
        return 42.0

    def paint(self, painter: QPainter, inside: QRectF, row: LedgerLine) -> None:
        theme = Theme.current
        colours = theme.tokens.of(wording.movement_tone(row.row))
        strong, small, right = theme.font(Size.BODY, Weight.STRONG), theme.font(Size.SMALL), Qt.AlignmentFlag.AlignRight
        first = QRectF(inside.left(), inside.top(), inside.width(), 20)
        quantity = wording.movement_quantity(row.row.quantity)
        used = paint_text(
            painter, first, quantity, font=theme.font(Size.LARGE, Weight.HEAVY), colour=colours.ink, align=right
        )
        words = first.adjusted(0, 0, -used - 12, 0)
        paint_text(painter, words, wording.movement_word(row.row), font=strong, colour=theme.tokens.text)
        second = QRectF(inside.left(), inside.top() + 22, inside.width(), 20)
        when = formats.moment(row.row.at, self._zone(), now=datetime.now(UTC))
        by = " · ".join(part for part in (when, row.row.badge) if part)
        used = paint_text(painter, second, by, font=small, colour=theme.tokens.muted, align=right)
        rest = second.adjusted(0, 0, -used - 12, 0)
        paint_text(painter, rest, wording.movement_about(row.row), font=small, colour=theme.tokens.muted)

    def tooltip(self, row: LedgerLine) -> str:
        what = f"{wording.movement_word(row.row)} {wording.movement_quantity(row.row.quantity)}"
        return f"{what}\n{wording.movement_about(row.row)}"


class StockPage(SideScreen):
    """Widgets only; what they show comes from the presenter."""

    presenter: StockPresenter

    def __init__(self, context: Context, presenter: StockPresenter) -> None:
        super().__init__()
        self._context = context
        self.presenter = presenter
        self._dialog: LotDialog | CountDialog | ReceiveDialog | None = None
        self.search = TextField("Material, name, lot or location", icon="search")
        self.search.setMaximumWidth(420)
        self.used_up = Button("Used up too", icon="clock", height=TOUCH)
        self.used_up.setCheckable(True)
        self.used_up.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.used_up.setToolTip("Show the lots that hold nothing any more, too")
        self.receive_button = Button("Receive…", icon="plus", height=TOUCH)
        self.receive_button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.categories = TabsBar(["All", *(STOCK_LOOKS[category].word for category in wording.CATEGORIES)])
        self.empty = EmptyState("lot", "Asking for the lots")
        self.table = Table(self._columns(), key, empty=self.empty)
        self.table.setAccessibleName("Stock by lot")
        self.panel = LotPanel(context)
        self.panel.hide()
        self._bar = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._bar.setSpacing(SPACE)
        finding = QHBoxLayout()
        finding.setSpacing(SPACE)
        finding.addWidget(self.search, 1)
        finding.addWidget(self.used_up)
        finding.addWidget(self.receive_button)
        finding.addStretch(0)
        self._bar.addLayout(finding, 4)
        self._bar.addWidget(self.categories, 3)
        box = Panel("surface")
        inside = QVBoxLayout(box)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.addWidget(self.table)
        left = QVBoxLayout()
        left.setContentsMargins(16, SPACE, 16, 16)
        left.setSpacing(SPACE)
        left.addLayout(self._bar)
        left.addWidget(box, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(left, 1)
        row.addWidget(self.panel)

        for asked in (self.search.settled, self.categories.chosen, self.used_up.tapped):
            asked.connect(self._expect_others)
        self.search.settled.connect(presenter.search)
        self.categories.chosen.connect(self._choose_category)
        self.used_up.tapped.connect(lambda: presenter.show_used_up(self.used_up.isChecked()))
        self.receive_button.tapped.connect(self._ask_receive)
        self.table.chosen.connect(lambda lot: presenter.open(*lot))
        self.table.reached_end.connect(presenter.more)
        self.panel.closed.connect(presenter.close)
        self.panel.block_asked.connect(self._ask_block)
        self.panel.unblock_asked.connect(self._ask_unblock)
        self.panel.category_asked.connect(self._ask_category)
        self.panel.count_asked.connect(self._ask_count)
        for command, button in self._commanding().items():
            button.asked_why.connect(lambda reasons, command=command: self._say_why(command))
        self.panel.order_asked.connect(lambda number: context.open_entity("WorkOrder", number))
        presenter.rows_changed.connect(self._show_lots)
        presenter.opened_changed.connect(self._show_opened)
        presenter.searched.connect(self._show_searched)
        presenter.working.connect(self._set_working)
        presenter.done.connect(self._close_dialog)
        context.notices.listen(presenter)

    def dialog(self) -> "LotDialog | CountDialog | ReceiveDialog | None":
        """Give the dialog that is open."""
        return self._dialog

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.panel.setFixedWidth(400 if self.width() < 1400 else 520)
        self._fit_columns()

    def _columns(self) -> list[Column]:
        context = self._context
        return [
            Column(
                "Material",
                lambda lot: lot.material,
                below=lambda lot: lot.material_name,
                stretch=True,
                strong=True,
                code=True,
            ),
            Column("Lot", lambda lot: lot.lot, width=136, strong=True, code=True),
            Column("Category", lambda lot: STOCK_LOOKS[lot.category], width=136),
            Column("On hand", lambda lot: lot.on_hand, align=RIGHT, format=formats.quantity, width=96),
            Column("Reserved", lambda lot: lot.reserved, align=RIGHT, format=formats.quantity, width=96),
            Column(
                "Available",
                lambda lot: formats.quantity(lot.available, lot.unit),
                align=RIGHT,
                width=118,
                strong=True,
            ),
            Column("Received", lambda lot: formats.day(lot.received_at, context.zone), width=90),
            Column(
                "Expires", lambda lot: formats.day(lot.expires_at, context.zone) if lot.expires_at else "", width=80
            ),
            Column("Location", lambda lot: lot.location, width=90),
            Column("State", wording.lot_state, width=134),
        ]

    def _fit_columns(self) -> None:
        room = self.width() - (0 if self.panel.isHidden() else self.panel.width())
        left_out = next(names for least, names in _LEFT_OUT if room >= least)
        for at, column in enumerate(self.table.rows.columns):
            self.table.setColumnHidden(at, column.head in left_out)
        side_by_side = room >= SIDE_BY_SIDE
        self._bar.setDirection(QBoxLayout.Direction.LeftToRight if side_by_side else QBoxLayout.Direction.TopToBottom)

    def _expect_others(self) -> None:
        """Begin at the top with what comes next: it answers another question."""
        self.table.scrollToTop()
        self.table.rows.expect_others()

    def _choose_category(self, place: int) -> None:
        self.presenter.show_category(wording.CATEGORIES[place - 1] if place else None)

    def _commanding(self) -> dict[str, Button]:
        """Give for each command about stock the button that leads to it."""
        panel = self.panel
        return {
            "stock.receive": self.receive_button,
            "stock.adjust": panel.count_button,
            "stock.set_category": panel.category_button,
            "stock.block": panel.block_button,
            "stock.unblock": panel.unblock_button,
        }

    def _say_why(self, command: str) -> None:
        self._context.notices.why("Not with your rights", self.presenter.stop(command))

    def _show_searched(self, text: str) -> None:
        self.search.setText(text)
        self.categories.choose(0)
        self._expect_others()

    def _show_lots(self) -> None:
        presenter = self.presenter
        for command, button in self._commanding().items():
            button.set_stopped([reason.message for reason in presenter.stop(command)])
        if presenter.answered:
            title, text = _NOT_FOUND if presenter.filtered else _NO_STOCK
            self.empty.say(title, text if presenter.used_up else f"{text} {_NOT_USED_UP}")
        self.table.show_rows(presenter.lots())

    def _show_opened(self) -> None:
        presenter = self.presenter
        if presenter.lot is not None:
            self.panel.show_lot(presenter.lot)
            total = len(presenter.movements)
            self.panel.ledger.show_rows([LedgerLine(total - at, row) for at, row in enumerate(presenter.movements)])
        if self.panel.isHidden() != (presenter.lot is None):
            self.panel.setVisible(presenter.lot is not None)
            self._fit_columns()
        if presenter.opened is not None:
            self.table.select(presenter.opened)
        else:
            self.table.clearSelection()

    def _ask_block(self) -> None:
        presenter = self.presenter
        self._open(
            "Block lot {}",
            "Nobody can reserve or issue it until it is unblocked.",
            wording.BLOCK_REASONS,
            "Block",
            presenter.block,
            danger=True,
        )

    def _ask_unblock(self) -> None:
        presenter = self.presenter
        self._open(
            "Unblock lot {}",
            "It can be reserved and issued again.",
            wording.UNBLOCK_REASONS,
            "Unblock",
            presenter.unblock,
        )

    def _ask_category(self) -> None:
        lot = self.presenter.lot
        if lot is not None:
            dialog = CategoryDialog(self, lot, self.presenter.set_category)
            self._take(dialog)

    def _ask_count(self) -> None:
        lot = self.presenter.lot
        if lot is not None:
            self._take(CountDialog(self, self.presenter, lot))

    def _ask_receive(self) -> None:
        today = datetime.now(UTC).astimezone(self._context.zone).date()
        self._take(ReceiveDialog(self, self.presenter, today=today))

    def _open(
        self,
        title: str,
        remark: str,
        reasons: tuple[str, ...],
        verb: str,
        answer: Callable[[str], bool],
        *,
        danger: bool = False,
    ) -> None:
        lot = self.presenter.lot
        if lot is not None:
            self._take(
                LotDialog(
                    self, title.format(lot.lot), f"{lot.material_name}. {remark}", reasons, verb, answer, danger=danger
                )
            )

    def _take(self, dialog: "LotDialog | CountDialog | ReceiveDialog") -> None:
        self._dialog = dialog
        dialog.closed.connect(self._forget_dialog)
        dialog.open()

    def _forget_dialog(self) -> None:
        self._dialog = None

    def _close_dialog(self) -> None:
        if self._dialog is not None:
            self._dialog.close_dialog()

    def _set_working(self, working: bool) -> None:
        self.panel.set_working(working)
        if self._dialog is not None:
            self._dialog.go.set_working(working)


class LotPanel(Panel):
    """The opened lot: what it holds, whether it may be used, and everything that came and went."""

    closed = Signal()
    block_asked = Signal()
    unblock_asked = Signal()
    category_asked = Signal()
    count_asked = Signal()
    order_asked = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__("side")
        self._context = context
        self._category, self._state = Chip(), Chip()
        close = Button("", kind=Kind.QUIET, icon="cross", height=48)
        close.setAccessibleName("Close the lot")
        close.tapped.connect(self.closed)
        head = QHBoxLayout()
        head.addWidget(self._category)
        head.addWidget(self._state)
        head.addStretch(1)
        head.addWidget(close)
        self._lot = ElidedLabel(size=Size.TITLE, weight=Weight.HEAVY, least=Size.BODY)
        self._material = ElidedLabel(size=Size.LARGE, ink="muted")
        self._note = ReasonNote()
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(2 * SPACE)
        self._facts.setVerticalSpacing(6)
        self._told: list[tuple[str, str]] = []
        self.block_button = Button("Block…", icon="blocked", height=56)
        self.unblock_button = Button("Unblock…", icon="check", height=56)
        self.category_button = Button("Category…", icon="move", height=56)
        self.block_button.tapped.connect(self.block_asked)
        self.unblock_button.tapped.connect(self.unblock_asked)
        self.category_button.tapped.connect(self.category_asked)
        self.count_button = Button("Correct count…", icon="keypad", height=56)
        self.count_button.tapped.connect(self.count_asked)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE)
        for button in (self.block_button, self.unblock_button, self.category_button):
            buttons.addWidget(button, 1)
        self.ledger = CardList(
            lambda line: line.place,
            LedgerFace(lambda: context.zone),
            empty=EmptyState("move", "No movements", "What comes into this lot and leaves it appears here."),
        )
        self.ledger.setAccessibleName("Movements of the lot")
        self.ledger.chosen.connect(self._open_order)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 12, 20, 12)
        column.setSpacing(SPACE)
        column.addLayout(head)
        column.addWidget(self._lot)
        column.addWidget(self._material)
        column.addWidget(self._note)
        column.addLayout(self._facts)
        column.addLayout(buttons)
        column.addWidget(self.count_button)
        column.addWidget(self.ledger, 1)

    def show_lot(self, row: LotRow) -> None:
        """Show this lot."""
        self._category.set_look(STOCK_LOOKS[row.category])
        self._state.set_look(wording.lot_state(row))
        self._lot.set_text(row.lot)
        self._material.set_text(f"{row.material} · {row.material_name}")
        self._note.say(wording.lot_note(row), Tone.TROUBLE)
        self.block_button.setVisible(not row.blocked)
        self.unblock_button.setVisible(row.blocked)
        self._show_facts(wording.lot_facts(row, self._context.zone))

    def set_working(self, working: bool) -> None:
        for button in (self.block_button, self.unblock_button, self.category_button, self.count_button):
            button.set_working(working)

    def _show_facts(self, facts: list[tuple[str, str]]) -> None:
        """Show them in pairs side by side, or below one another where one is too long for that."""
        if facts == self._told:
            return
        self._told = facts
        while item := self._facts.takeAt(0):
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        plain, strong = (QFontMetricsF(Theme.current.font(weight=one)) for one in (Weight.REGULAR, Weight.STRONG))
        names = max(plain.horizontalAdvance(name) for name, _ in facts)
        values = max(strong.horizontalAdvance(text) for _, text in facts)
        across = 2 if 2 * (names + values + 2 * SPACE) + 2 * SPACE <= self.width() - 40 else 1
        for column in (1, 3):
            self._facts.setColumnStretch(column, 1 if column < 2 * across else 0)
        for at, (name, text) in enumerate(facts):
            down, pair = divmod(at, across)
            self._facts.addWidget(Label(name, ink="muted"), down, 2 * pair, Qt.AlignmentFlag.AlignTop)
            self._facts.addWidget(Label(text, weight=Weight.STRONG, wraps=across == 1), down, 2 * pair + 1)

    def _open_order(self, place: object) -> None:
        line = next((line for line in self.ledger.rows.rows() if line.place == place), None)
        if line is not None and line.row.work_order:
            self.order_asked.emit(line.row.work_order)


class LotDialog(Dialog):
    """Asks why a lot is blocked or freed: a tap on a reason, then the button."""

    def __init__(
        self,
        over: QWidget,
        title: str,
        remark: str,
        reasons: tuple[str, ...],
        verb: str,
        answer: Callable[[str], bool],
        *,
        danger: bool = False,
    ) -> None:
        super().__init__(over, title, width=772, remark=remark)
        self._answer = answer
        self.reasons = ReasonPicker(reasons)
        self.body.addWidget(Field("Reason", self.reasons))
        self.add_close("Cancel")
        self.go = Button(verb, kind=Kind.DANGER if danger else Kind.MAIN, height=64)
        self.add_button(self.go)
        self.go.tapped.connect(self._send)
        self.go.asked_why.connect(self.reasons.field.setFocus)
        self.reasons.changed.connect(self._allow)
        self.reasons.field.returnPressed.connect(self.go.animateClick)
        self._allow()

    def _allow(self) -> None:
        self.go.set_stopped(() if self.reasons.reason() else ("Tap a reason or write one.",))

    def _send(self) -> None:
        self._answer(self.reasons.reason())


class CategoryDialog(LotDialog):
    """Asks into which category a lot goes, and why."""

    def __init__(self, over: QWidget, lot: LotRow, answer: Callable[[StockCategory, str], bool]) -> None:
        self.categories: ChoicePicker | None = None
        super().__init__(
            over,
            f"Category of lot {lot.lot}",
            f"{lot.material_name}. Quarantine and scrap cannot be used.",
            wording.CATEGORY_REASONS,
            "Set category",
            self._say,
        )
        self._say_to = answer
        looks = [STOCK_LOOKS[category] for category in wording.CATEGORIES]
        choices = [(category, look.word) for category, look in zip(wording.CATEGORIES, looks, strict=True)]
        self.categories = ChoicePicker(choices, icons=[look.icon for look in looks], height=56)
        self.categories.choose(lot.category)
        self._held_in = lot.category
        self.categories.chosen.connect(self._allow)
        self.body.insertWidget(0, Field("Category", self.categories))
        self._allow()

    def _allow(self) -> None:
        if self.categories is None:
            return
        same = self.categories.value() is self._held_in
        self.go.set_stopped(("The lot is in this category already. Choose another.",) if same else ())

    def _say(self, reason: str) -> bool:
        chosen = self.categories.value() if self.categories is not None else None
        return isinstance(chosen, StockCategory) and self._say_to(chosen, reason)


_LEFT_OUT = (
    (1300, frozenset[str]()),
    (1000, frozenset({"Reserved"})),
    (0, frozenset({"Received", "Location", "Reserved", "On hand", "Expires"})),
)
"""From which width on which columns are left out; the opened lot tells them anyway."""
_NO_STOCK = ("No stock yet", "Lots that are received or produced appear here.")
_NOT_USED_UP = "Lots that are used up are not shown."
_NOT_FOUND = ("No lot found", "No lot has this in its material, name, number or location, in the chosen category.")
