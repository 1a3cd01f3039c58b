"""The materials screen: the material of orders, and the stock by lot."""

from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from mfg_desktop.ui.context import Context
from mfg_desktop.ui.kit.tabs import TabsBar
from mfg_desktop.ui.materials.orders_page import OrdersPage
from mfg_desktop.ui.materials.presenter import MaterialsPresenter
from mfg_desktop.ui.materials.stock_page import StockPage
from mfg_desktop.ui.materials.stock_presenter import StockPresenter

ORDERS, STOCK = 0, 1


class MaterialsView(QWidget):
    """Two pages behind tabs; each asks when it is first shown."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.presenter = MaterialsPresenter(context, self)
        self.stock_presenter = StockPresenter(context, self)
        self.orders = OrdersPage(context, self.presenter)
        self.stock = StockPage(context, self.stock_presenter)
        self.tabs = TabsBar(["Orders", "Stock"])
        self._pages = QStackedWidget()
        self._pages.addWidget(self.orders)
        self._pages.addWidget(self.stock)
        head = QHBoxLayout()
        head.setContentsMargins(16, 8, 16, 0)
        head.addWidget(self.tabs)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._pages, 1)
        self.tabs.chosen.connect(self._show_page)

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
        """Take the scan of an order that is listed here; anything else is looked up by the window."""
        listed = any(order.number == code for order in self.presenter.orders())
        if listed:
            self.open_entity("WorkOrder", code)
        return listed

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.presenter.watch(False)
        self.stock_presenter.watch(False)

    def _show_page(self, place: int) -> None:
        self._pages.setCurrentIndex(place)
        self._refresh(place)

    def _refresh(self, place: int) -> None:
        self.presenter.watch(place == ORDERS)
        self.stock_presenter.watch(place == STOCK)
        (self.presenter if place == ORDERS else self.stock_presenter).refresh()
