"""The materials screen: the material of orders, what they are short of, and the stock by lot."""

from datetime import datetime

from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from mfg_desktop.ui.context import Context
from mfg_desktop.ui.kit.tabs import TabsBar
from mfg_desktop.ui.materials.orders_page import OrdersPage
from mfg_desktop.ui.materials.presenter import MaterialsPresenter
from mfg_desktop.ui.materials.shortages_page import ShortagesPage
from mfg_desktop.ui.materials.shortages_presenter import ShortagesPresenter
from mfg_desktop.ui.materials.stock_page import StockPage
from mfg_desktop.ui.materials.stock_presenter import StockPresenter

ORDERS, SHORTAGES, STOCK = 0, 1, 2


class MaterialsView(QWidget):
    """Three pages behind tabs; each asks when it is first shown."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.presenter = MaterialsPresenter(context, self)
        self.shortages_presenter = ShortagesPresenter(context, lambda: datetime.now(context.zone), self)
        self.stock_presenter = StockPresenter(context, self)
        self._presenters: tuple[MaterialsPresenter | ShortagesPresenter | StockPresenter, ...] = (
            self.presenter,
            self.shortages_presenter,
            self.stock_presenter,
        )
        self.orders = OrdersPage(context, self.presenter)
        self.shortages = ShortagesPage(context, self.shortages_presenter)
        self.stock = StockPage(context, self.stock_presenter)
        self.tabs = TabsBar(["Orders", "Shortages", "Stock"])
        self._pages = QStackedWidget()
        for page in (self.orders, self.shortages, self.stock):
            self._pages.addWidget(page)
        head = QHBoxLayout()
        head.setContentsMargins(16, 8, 16, 0)
        head.addWidget(self.tabs)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._pages, 1)
        self.tabs.chosen.connect(self._show_page)
        self.shortages.order_asked.connect(lambda number: self.open_entity("WorkOrder", number))

    def shown(self) -> None:
        """Ask again: the screen came to the front."""
        self._refresh(self.tabs.place())

    def open_entity(self, entity_type: str, key: str) -> None:
        """Open a lot (`MATERIAL/LOT`) in the stock, or the material of an order."""
        if entity_type == "StockLot":
            # Both codes may have a slash in them; the lot's number is what stands behind the last one.
            material, _, lot = key.rpartition("/")
            self.tabs.choose(STOCK)
            self.stock_presenter.open(material, lot)
        elif entity_type == "WorkOrder":
            self.tabs.choose(ORDERS)
            self.presenter.choose(key)

    def scanned(self, code: str) -> bool:
        """Take the scan of what is shown: a listed order, a lot for the chosen order, a material that is short. The window looks up the rest."""
        if any(order.number == code for order in self.presenter.orders()):
            self.open_entity("WorkOrder", code)
            return True
        if self.tabs.place() == ORDERS:
            return self.orders.issue_from(code)
        short = self.tabs.place() == SHORTAGES and any(row.material == code for row in self.shortages_presenter.rows())
        if short:
            self.shortages_presenter.choose(code)
        return short

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        for presenter in self._presenters:
            presenter.watch(False)

    def _show_page(self, place: int) -> None:
        self._pages.setCurrentIndex(place)
        self._refresh(place)

    def _refresh(self, place: int) -> None:
        for at, presenter in enumerate(self._presenters):
            presenter.watch(at == place)
        self._presenters[place].refresh()
