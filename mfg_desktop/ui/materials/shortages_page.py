"""The shortages: materials in a table, those that stop the most urgent orders first, and the orders behind the chosen one."""

from datetime import UTC, datetime

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mfg_desktop.ui.context import Context
from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.bars import QuantityBar
from mfg_desktop.ui.kit.cards import CardList
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.tables import RIGHT, Column, Table
from mfg_desktop.ui.kit.tabs import TabsBar
from mfg_desktop.ui.kit.text import ElidedLabel, Heading, Label, Panel
from mfg_desktop.ui.materials import wording
from mfg_desktop.ui.materials.shortages_presenter import Due, ShortagesPresenter
from mfg_desktop.ui.theme import SPACE, Size, Tone, Weight

COUNT_MS = 20_000
"""How often due times count on."""


class ShortagesPage(QWidget):
    """Widgets only; what they show comes from the presenter. `order_asked` sends the number of a tapped order."""

    order_asked = Signal(str)

    def __init__(self, context: Context, presenter: ShortagesPresenter) -> None:
        super().__init__()
        self._context = context
        self.presenter = presenter
        self.heading = Heading("Short of material")
        self.due = TabsBar([wording.DUE_WORDS[due] for due in Due])
        self.due.choose(list(Due).index(presenter.due))
        self.empty = EmptyState("material", "Asking what is short")
        self.table = Table(_COLUMNS, lambda row: row.material, empty=self.empty)
        self.table.setAccessibleName("Materials that are short")
        box = Panel("surface")
        inside = QVBoxLayout(box)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.addWidget(self.table)
        bar = QHBoxLayout()
        bar.setSpacing(SPACE)
        bar.addWidget(self.heading, 1)
        bar.addWidget(self.due, 0, Qt.AlignmentFlag.AlignRight)
        left = QVBoxLayout()
        left.setContentsMargins(16, SPACE, 16, 16)
        left.setSpacing(SPACE)
        left.addLayout(bar)
        left.addWidget(box, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(left, 1)
        row.addWidget(self._build_side())

        self.due.chosen.connect(self.table.rows.expect_others)
        self.due.chosen.connect(lambda place: presenter.show_due(list(Due)[place]))
        self.table.chosen.connect(lambda material: presenter.choose(str(material)))
        self.orders.chosen.connect(lambda number: self.order_asked.emit(str(number)))
        presenter.rows_changed.connect(self._show_rows)
        presenter.chosen_changed.connect(self._show_chosen)
        context.notices.listen(presenter)
        counting = QTimer(self, interval=COUNT_MS)
        counting.timeout.connect(self._show_chosen)
        counting.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.side.setFixedWidth(364 if self.width() < 1400 else 520)

    def _build_side(self) -> QWidget:
        self.side = Panel("side")
        self.side.hide()
        column = QVBoxLayout(self.side)
        column.setContentsMargins(20, 14, 12, 0)
        column.setSpacing(6)
        self._material = ElidedLabel(size=Size.TITLE, weight=Weight.HEAVY)
        self._name = Label(ink="muted", wraps=True)
        self.bar = QuantityBar(16)
        self.sentence = Label(size=Size.LARGE, weight=Weight.STRONG, wraps=True)
        self._orders_heading = Heading("Orders that are left short")
        self.orders = CardList(lambda card: card.key)
        self.orders.setAccessibleName("Orders that are left short")
        for widget in (self._material, self._name, self.bar, self.sentence, self._orders_heading):
            column.addWidget(widget)
        column.addWidget(self.orders, 1)
        return self.side

    def _show_rows(self) -> None:
        rows = self.presenter.rows()
        self.empty.say(*wording.NOTHING_SHORT[self.presenter.due])
        self.heading.set_remark(str(len(rows)) if rows else "")
        self.table.show_rows(rows)

    def _show_chosen(self) -> None:
        row = self.presenter.chosen
        self.side.setVisible(row is not None)
        if row is None:
            return
        self.table.select(row.material)
        self._material.set_text(row.material)
        self._name.setText(row.material_name)
        self.bar.show_segments(wording.shortage_segments(row), row.missing)
        self.sentence.setText(wording.shortage_sentence(row))
        self._orders_heading.set_remark(str(len(row.orders)))
        now, zone = datetime.now(UTC), self._context.zone
        self.orders.show_rows([wording.short_order_card(order, row.unit, zone, now) for order in row.orders])


_COLUMNS = (
    Column(
        "Material",
        lambda row: row.material,
        below=lambda row: row.material_name,
        stretch=True,
        width=172,
        strong=True,
        code=True,
    ),
    Column("Still needed", lambda row: formats.quantity(row.missing, row.unit), align=RIGHT, width=124),
    Column("Available", lambda row: formats.quantity(row.available, row.unit), align=RIGHT, width=112),
    Column(
        "Short",
        lambda row: formats.quantity(row.short, row.unit),
        align=RIGHT,
        width=124,
        strong=True,
        ink=lambda row: Tone.TROUBLE,
    ),
    Column("Coming", wording.coming, align=RIGHT, width=96),
    Column("Most urgent", wording.most_urgent, width=146),
)
