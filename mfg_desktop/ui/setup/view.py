"""The set-up screen: the areas at the left, the list of the chosen one, and the opened thing with its form."""

from collections.abc import Callable
from datetime import UTC, date, datetime

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from mfg_desktop.ui.context import Context
from mfg_desktop.ui.kit import icons
from mfg_desktop.ui.kit.buttons import Button, Choices, Kind
from mfg_desktop.ui.kit.cards import CardList
from mfg_desktop.ui.kit.dialogs import Dialog
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.fields import TextField
from mfg_desktop.ui.kit.inputs import CodeInput
from mfg_desktop.ui.kit.sides import SideScreen
from mfg_desktop.ui.kit.text import Panel, paint_text
from mfg_desktop.ui.setup import wording
from mfg_desktop.ui.setup.pages import (
    DetailPage,
    MachinePage,
    NewPage,
    PlantPage,
    ProcessPage,
    ProductPage,
    ToolPage,
    WorkflowPage,
    sentence,
)
from mfg_desktop.ui.setup.presenter import AREAS, Area, Key, SetupPresenter
from mfg_desktop.ui.theme import SPACE, Size, Theme, Tone, Weight

NARROW = 1400
"""Below this width the areas are icons with a short word."""

_PAGES: dict[Area, Callable[[SetupPresenter, Callable[[], date]], DetailPage]] = {
    Area.PRODUCTS: ProductPage,
    Area.PROCESSES: ProcessPage,
    Area.WORKFLOWS: WorkflowPage,
    Area.FIXTURES: ToolPage,
    Area.GAUGES: ToolPage,
    Area.MACHINES: MachinePage,
    Area.PLANT: PlantPage,
}


class SetupView(SideScreen):
    """Widgets only; what they show comes from the presenter."""

    presenter: SetupPresenter

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.presenter = SetupPresenter(context, self)
        self._pages: dict[tuple[Area, bool], DetailPage] = {}
        self._began: object = None
        self._after: Callable[[], None] | None = None

        self._areas = Panel("rail")
        areas = QVBoxLayout(self._areas)
        areas.setContentsMargins(SPACE, 12, SPACE, SPACE)
        areas.setSpacing(4)
        self.area_buttons = {area: _area_button(area) for area in Area}
        self._choices = Choices(list(self.area_buttons.values()), self)
        self._choices.choose(0)
        self._choices.chosen.connect(self._choose_area)
        for button in self.area_buttons.values():
            areas.addWidget(button)
        areas.addStretch(1)

        self.search_field = TextField("Search code or name", icon="search")
        self.search_field.settled.connect(self._expect_others)
        self.search_field.settled.connect(self.presenter.find)
        self.new_button = Button("New", icon="plus", shortcut="Ctrl+N", height=52)
        self.new_button.tapped.connect(lambda: self.leave(self.presenter.make_new))
        self._list_empty = EmptyState("search", "Asking the shop", "")
        self.list: CardList = CardList(lambda row: row.key, empty=self._list_empty)
        self.list.chosen.connect(self._chosen)
        self.list.reached_end.connect(self.presenter.more)
        self._keys: dict[str, Key] = {}
        self._listing = QWidget()
        listing = QVBoxLayout(self._listing)
        listing.setContentsMargins(12, 12, 12, 0)
        listing.setSpacing(SPACE)
        listing.addWidget(self.new_button)
        listing.addWidget(self.search_field)
        listing.addWidget(self.list, 1)

        self._nothing = EmptyState("setup", "Nothing is open", "")
        self.stack = QStackedWidget()
        self.stack.addWidget(self._nothing)
        side = Panel("side")
        inside = QVBoxLayout(side)
        inside.setContentsMargins(1, 0, 0, 0)
        inside.addWidget(self.stack)

        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._areas)
        row.addWidget(self._listing)
        row.addWidget(side, 1)

        self.presenter.rows_changed.connect(self._show_rows)
        self.presenter.opened_changed.connect(self._show_opened)
        self.presenter.saved.connect(self._saved)
        self.presenter.not_saved.connect(self._stay)
        context.notices.listen(self.presenter)
        self._show_area()
        self._show_opened()

    # ------------------------------------------------------------------ what the window asks

    def shown(self) -> None:
        """Ask again: the screen came to the front."""
        self.presenter.watch(True)
        self.presenter.refresh()

    def open_entity(self, entity_type: str, key: str) -> None:
        """Open a product, a fixture, a gauge or a workflow (`PRODUCT/VERSION`) that was scanned or linked to."""
        homes = {"Product": Area.PRODUCTS, "Fixture": Area.FIXTURES, "Gauge": Area.GAUGES, "Workflow": Area.WORKFLOWS}
        area = homes.get(entity_type)
        if area is not None:
            parts: Key = tuple(key.rsplit("/", 1)) if area is Area.WORKFLOWS and "/" in key else key
            self.leave(lambda: self.go(area, parts))

    def search(self, text: str) -> bool:
        """Search the list for what the field on top did not find."""
        if self.presenter.area not in AREAS:
            return False
        self.search_field.setText(text)
        self.presenter.find(text)
        return True

    def scanned(self, code: str) -> bool:
        """Take a scan into the field of a code that has the focus; anything else is looked up by the window."""
        page = self.page()
        inputs = page.findChildren(CodeInput) if page is not None else []
        target = next((one for one in inputs if one.line.hasFocus()), None)
        if target is not None:
            target.set_value(code)
            target.edited.emit()
        return target is not None

    def go(self, area: Area, key: Key | None = None) -> None:
        """Show an area, and a thing of it."""
        self.presenter.choose(area)
        self._choices.choose(list(Area).index(area))
        self._show_area()
        if key is not None:
            self.presenter.open(key)

    def close_opened(self) -> None:
        """Leave it, once what is not saved is saved or given up."""
        self.leave(self.presenter.close)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= NARROW
        self._areas.setFixedWidth(208 if wide else 168)
        self._listing.setFixedWidth(380 if wide else 288)

    # ------------------------------------------------------------------ leaving what is not saved

    def page(self) -> DetailPage | None:
        """Give the page that is shown."""
        page = self.stack.currentWidget()
        return page if isinstance(page, DetailPage) else None

    def leave(self, then: Callable[[], None]) -> None:
        """Do this, once what is not saved is saved or given up."""
        page = self.page()
        if page is None or not page.dirty():
            then()
            return
        UnsavedDialog(
            self, page.head.title(), lambda: self._save_first(page, then), lambda: self._give_up(page, then)
        ).open()

    def _save_first(self, page: DetailPage, then: Callable[[], None]) -> None:
        if not page.dirty():
            # Saved already, by a tap whose answer came while this was asked.
            then()
            return
        # Set before: a plant that answers at once must find it.
        self._after = then
        if not page.save():
            self._after = None

    def _saved(self) -> None:
        then, self._after = self._after, None
        if then is not None:
            then()

    def _stay(self) -> None:
        self._after = None

    def _give_up(self, page: DetailPage, then: Callable[[], None]) -> None:
        page.discard()
        then()

    # ------------------------------------------------------------------ showing

    def _expect_others(self) -> None:
        """Begin at the top with what comes next: it answers another question."""
        self.list.scrollToTop()
        self.list.rows.expect_others()

    def _choose_area(self, place: int) -> None:
        area = list(Area)[place]
        # The mark goes back until it is sure that the page may be left.
        self._choices.choose(list(Area).index(self.presenter.area))
        if area is not self.presenter.area:
            self.leave(lambda: self.go(area))

    def _show_area(self) -> None:
        area = self.presenter.area
        icon, _, one, _ = wording.AREA_LOOKS[area]
        self._listing.setVisible(area in AREAS)
        self.list.setAccessibleName(wording.AREA_LOOKS[area][1])
        self.search_field.setText("")
        self.new_button.set_text(f"New {one}")
        self._list_empty.say("Asking the shop", "", icon)
        self._say_nothing()
        self._show_rows()

    def _show_rows(self) -> None:
        presenter = self.presenter
        if presenter.area not in AREAS:
            return
        icon, _, one, about = wording.AREA_LOOKS[presenter.area]
        if presenter.answered and presenter.text:
            self._list_empty.say(
                f"No {one} is called \u201c{presenter.text}\u201d", "Search for a part of its code or name.", "search"
            )
        elif presenter.answered:
            self._list_empty.say(f"No {one} yet", f"{about} Tap New to make the first.", icon)
        today = self._today()
        cards, self._keys = [], {}
        for row in presenter.rows():
            card = wording.card(presenter.area, row, today)
            cards.append(card)
            self._keys[card.key] = presenter.key_of(row)
        self.list.show_rows(cards)
        self._mark()

    def _mark(self) -> None:
        opened = self.presenter.opened
        self.list.follow(next((name for name, key in self._keys.items() if key == opened), None))

    def _chosen(self, name: object) -> None:
        key = self._keys.get(str(name))
        if key is None or key == self.presenter.opened:
            return
        self._mark()
        self.leave(lambda: self.presenter.open(key))

    def _show_opened(self) -> None:
        presenter = self.presenter
        draft, detail = presenter.draft, presenter.detail
        if draft is None and detail is None:
            self._began = None
            self._say_nothing()
            self.stack.setCurrentWidget(self._nothing)
        elif draft is not None:
            page = self._page(presenter.area, new=True)
            if self._began is not draft:
                self._began = draft
                self.stack.setCurrentWidget(page)
                page.show_detail(draft)
        else:
            self._began = None
            page = self._page(presenter.area, new=False)
            page.show_detail(detail)
            self.stack.setCurrentWidget(page)
        self._mark()

    def _say_nothing(self) -> None:
        icon, _, one, about = wording.AREA_LOOKS[self.presenter.area]
        if self.presenter.opened is not None:
            self._nothing.say("Asking the shop", "", icon)
        else:
            self._nothing.say(f"No {one} is open", f"{about} Tap one in the list, or make a new one.", icon)

    def _page(self, area: Area, *, new: bool) -> DetailPage:
        page = self._pages.get((area, new))
        if page is None:
            page = NewPage(self.presenter, self._today, area) if new else _PAGES[area](self.presenter, self._today)
            page.left.connect(lambda: self.leave(self.presenter.close))
            if isinstance(page, ProductPage):
                page.product_asked.connect(lambda code: self.leave(lambda: self.presenter.open(code)))
                page.workflow_asked.connect(lambda key: self.leave(lambda: self.go(Area.WORKFLOWS, key)))
                page.new_workflow_asked.connect(lambda code: self.leave(lambda: self._make_workflow(code)))
            if isinstance(page, WorkflowPage):
                page.copy_asked.connect(self.presenter.make_new)
            if isinstance(page, WorkflowPage | ToolPage):
                page.why_asked.connect(lambda why: self._context.notices.say(why, Tone.HELD))
            self._pages[area, new] = page
            self.stack.addWidget(page)
        return page

    def _make_workflow(self, product: str) -> None:
        self.go(Area.WORKFLOWS)
        self.presenter.make_new({"product": product})

    def _today(self) -> date:
        return datetime.now(UTC).astimezone(self._context.zone).date()


class UnsavedDialog(Dialog):
    """Asks what becomes of what is not saved."""

    def __init__(self, over: QWidget, what: str, save: Callable[[], None], give_up: Callable[[], None]) -> None:
        super().__init__(over, f"{what} is not saved", width=700)
        self.body.addWidget(sentence("Save what you have written before you leave it?"))
        self.discard_button = self.add_button(Button("Discard", kind=Kind.DANGER, icon="scrap", height=64), left=True)
        self.discard_button.tapped.connect(self.close_dialog)
        self.discard_button.tapped.connect(give_up)
        self.add_close("Keep writing")
        self.save_button = self.add_button(Button("Save", kind=Kind.MAIN, icon="check"))
        self.save_button.tapped.connect(self.close_dialog)
        self.save_button.tapped.connect(save)
        self.first = self.save_button


def _area_button(area: Area) -> Button:
    icon, name, _, about = wording.AREA_LOOKS[area]
    button = AreaButton(name, icon)
    button.setToolTip(about)
    return button


class AreaButton(Button):
    """The key of an area: icon and name from the left."""

    def __init__(self, name: str, icon: str) -> None:
        super().__init__(name, kind=Kind.QUIET, icon=icon, height=56)
        self._picture = icon

    def _paint_content(self, painter: QPainter, box: QRectF, ink: QColor) -> None:
        icons.paint(painter, QRectF(box.left() + 12, box.center().y() - 11, 22, 22), self._picture, ink.name())
        words = box.adjusted(46, 0, -4, 0)
        paint_text(painter, words, self.text(), font=Theme.current.font(Size.LARGE, Weight.STRONG), colour=ink.name())
