"""The material of orders: the orders at the left, those short of it first; the chosen one at the right, by line."""

from collections.abc import Sequence
from datetime import UTC, datetime

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.ui.context import Context
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.cards import CardList
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.fields import TextField
from mfg_desktop.ui.kit.text import ElidedLabel, Heading, Label
from mfg_desktop.ui.materials import wording
from mfg_desktop.ui.materials.lines import LineCards
from mfg_desktop.ui.materials.presenter import MaterialsPresenter, Offer
from mfg_desktop.ui.materials.quantity_dialog import Answer, QuantityDialog, Wordings
from mfg_desktop.ui.notices import WaysOut
from mfg_desktop.ui.theme import SPACE, Size, Tone, Weight
from mfg_desktop.vocabulary import Action

COUNT_MS = 20_000
"""How often due times count on."""


class OrdersPage(QWidget):
    """Widgets only; what they show comes from the presenter."""

    def __init__(self, context: Context, presenter: MaterialsPresenter) -> None:
        super().__init__()
        self._context = context
        self.presenter = presenter
        self._dialog: QuantityDialog | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._build_list())
        self._pages = QStackedWidget()
        self._nothing = EmptyState("material", *_NONE_CHOSEN)
        self._pages.addWidget(self._nothing)
        self._pages.addWidget(self._build_detail())
        row.addWidget(self._pages, 1)

        self.search.settled.connect(self._expect_others)
        self.search.settled.connect(presenter.search)
        self.cards.chosen.connect(lambda number: presenter.choose(str(number)))
        self.cards.reached_end.connect(presenter.more)
        self.allocate.tapped.connect(presenter.allocate_all)
        self.issue.tapped.connect(presenter.issue_all)
        self.bring_back.tapped.connect(lambda: self._ask_return(presenter.return_offers()))
        for button, action in self._buttons.items():
            button.asked_why.connect(lambda reasons, action=action: self._say_why(action))
        self.lines.why_asked.connect(self._say_why)
        self.lines.issue_asked.connect(self._ask_issue)
        self.lines.order_asked.connect(presenter.choose)
        self.lines.return_asked.connect(
            lambda material: self._ask_return([o for o in presenter.return_offers() if o.line.row.material == material])
        )
        presenter.rows_changed.connect(self._show_orders)
        presenter.chosen_changed.connect(self._show_chosen)
        presenter.working.connect(self._set_working)
        presenter.done.connect(self._close_dialog)
        presenter.warned.connect(lambda sentence: context.notices.say(sentence, Tone.HELD, seconds=8))
        context.notices.listen(presenter, self._ways_out)
        counting = QTimer(self, interval=COUNT_MS)
        counting.timeout.connect(self._show_orders)
        counting.start()

    def issue_from(self, code: str) -> bool:
        """Ask how much to issue from a scanned lot of the chosen order's material; False when it has no such lot."""
        at_hand = self.presenter.lot_at_hand(code) if self._dialog is None else None
        if at_hand is None:
            return False
        material, lot = at_hand
        self._ask_issue(material)
        return self._dialog is not None and self._dialog.scanned(lot)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._list.setFixedWidth(324 if self.width() < 1400 else 400)

    def _build_list(self) -> QWidget:
        self._list = QWidget()
        column = QVBoxLayout(self._list)
        column.setContentsMargins(16, 0, 8, 0)
        column.setSpacing(4)
        self.heading = Heading("Orders that need material")
        self.search = TextField("Order or product", icon="search")
        self.empty = EmptyState("material", "Asking for the orders")
        self.cards = CardList(lambda card: card.key, empty=self.empty)
        self.cards.setAccessibleName("Orders that need material")
        column.addWidget(self.heading)
        column.addWidget(self.search)
        column.addWidget(self.cards, 1)
        return self._list

    def _build_detail(self) -> QWidget:
        detail = QWidget()
        column = QVBoxLayout(detail)
        column.setContentsMargins(22, 14, 14, 0)
        column.setSpacing(SPACE)
        self._headline = ElidedLabel(size=Size.TITLE, weight=Weight.HEAVY)
        self._enough = Label(size=Size.LARGE, ink="muted", wraps=True)
        column.addWidget(self._headline)
        column.addWidget(self._enough)
        self.allocate = Button("Allocate all", icon="lot", shortcut="F3", height=64)
        self.issue = Button("Issue all reserved", kind=Kind.MAIN, icon="forward", shortcut="F4")
        self.bring_back = Button("Return…", icon="undo", height=64)
        self._buttons = {
            self.allocate: Action.ALLOCATE,
            self.issue: Action.ISSUE,
            self.bring_back: Action.RETURN_MATERIAL,
        }
        bar = QHBoxLayout()
        bar.setSpacing(SPACE + 2)
        for button in self._buttons:
            bar.addWidget(button)
        bar.addStretch(1)
        column.addLayout(bar)
        self.lines = LineCards(lambda: self._context.zone)
        self._no_lines = EmptyState("material", "This order takes no material", "Its product has no bill of material.")
        self._inside = QStackedWidget()
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.viewport().setAutoFillBackground(False)
        area.setWidget(self.lines)
        self.lines.setAutoFillBackground(False)
        self._inside.addWidget(area)
        self._inside.addWidget(self._no_lines)
        column.addWidget(self._inside, 1)
        return detail

    def _expect_others(self) -> None:
        """Begin at the top with what comes next: it answers another question."""
        self.cards.scrollToTop()
        self.cards.rows.expect_others()

    def _show_orders(self) -> None:
        presenter = self.presenter
        orders = presenter.orders()
        now, zone = datetime.now(UTC), self._context.zone
        if presenter.answered:
            self.empty.say(*(_NOT_FOUND if presenter.searching else _NONE_NEEDING))
        # A count that a further page would change is not told as one.
        count = f"{len(orders)}{'' if presenter.all_there else '+'}"
        self.heading.set_remark(count if presenter.answered else "")
        self.cards.show_rows([wording.order_card(order, zone, now) for order in orders])
        self.cards.follow(presenter.chosen)

    def _show_chosen(self) -> None:
        presenter = self.presenter
        detail, lines = presenter.detail, presenter.lines()
        self._pages.setCurrentIndex(int(detail is not None))
        self.cards.follow(presenter.chosen)
        if detail is None:
            self._nothing.say(*(_NONE_CHOSEN if presenter.chosen is None else (f"Asking for {presenter.chosen}", "")))
            return
        self._headline.set_text(wording.headline(detail))
        self._enough.setText(wording.enough_sentence(detail, lines))
        stops = {action: presenter.stop(action) for action in self._buttons.values()}
        for button, action in self._buttons.items():
            button.set_stopped(stops[action].reasons)
        self.lines.show_lines(lines, stops)
        self._inside.setCurrentIndex(int(not lines))

    def _say_why(self, action: Action) -> None:
        stop = self.presenter.stop(action)
        if stop.violations:
            title = {Action.ALLOCATE: "Not allocated now", Action.ISSUE: "Not issued now"}.get(
                action, "Not returned now"
            )
            self._context.notices.why(title, stop.violations, self._ways_out(None))
        else:
            self._context.notices.say(" ".join(stop.reasons), Tone.HELD)

    def _ways_out(self, error: ManufacturingException | None) -> WaysOut:
        return {"MATERIAL_NOT_ALLOCATED": [("Allocate all", self._allocate)]}

    def _allocate(self) -> None:
        self.presenter.allocate_all()

    def _ask_issue(self, material: str) -> None:
        offer = self.presenter.issue_offer(material)
        if offer is not None:
            self._open([offer], self._issuing(), self.presenter.issue)

    def _ask_return(self, offers: Sequence[Offer]) -> None:
        if offers:
            self._open(offers, self._returning(), self.presenter.return_material)

    def _open(self, offers: Sequence[Offer], words: Wordings, answer: Answer) -> None:
        self._dialog = QuantityDialog(self, offers, words, answer, remark=self._headline.whole())
        self._dialog.closed.connect(self._forget_dialog)
        self._dialog.open()

    def _issuing(self) -> Wordings:
        zone = self._context.zone
        return Wordings(
            title="Issue material",
            verb="Issue",
            lots="From lot",
            choice=lambda choice, unit: wording.issue_choice(choice, unit, zone),
            preview=lambda offer, quantity: wording.issue_preview(offer.line, quantity),
            limit=lambda offer: None,
        )

    def _returning(self) -> Wordings:
        zone = self._context.zone
        return Wordings(
            title="Return material",
            verb="Return",
            lots="To lot",
            choice=lambda choice, unit: wording.return_choice(choice, unit, zone),
            preview=lambda offer, quantity: wording.return_preview(offer.line, quantity),
            limit=lambda offer: offer.line.returnable,
        )

    def dialog(self) -> QuantityDialog | None:
        """Give the dialog that is open."""
        return self._dialog

    def _forget_dialog(self) -> None:
        self._dialog = None

    def _close_dialog(self) -> None:
        if self._dialog is not None:
            self._dialog.close_dialog()

    def _set_working(self, working: bool) -> None:
        for button in self._buttons:
            button.set_working(working)
        self.lines.set_working(working)
        if self._dialog is not None:
            self._dialog.go.set_working(working)


_NONE_CHOSEN = (
    "No order is chosen",
    "Tap an order at the left, or scan its number, to see what material it needs.",
)
_NONE_NEEDING = (
    "No order needs material",
    "Planned, released, running and held orders that take material appear here.",
)
_NOT_FOUND = ("Nothing found", "No open order that takes material has this in its number or product.")
