"""The saved views as a row of chips under the filter: one tap shows what somebody looks for every day.

The row is there while there is a view to recall or a filter to keep.
"""

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from mfg_desktop.ui.board.presenter import Filter
from mfg_desktop.ui.board.saved import LONGEST_NAME, MOST, SavedView, SavedViews
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.dialogs import Dialog
from mfg_desktop.ui.kit.fields import Field, TextField
from mfg_desktop.ui.kit.pickers import Wrapping
from mfg_desktop.ui.theme import SPACE, TOUCH

_EDGE = 2 * SPACE


class ViewsBar(QWidget):
    """The row. `chosen` sends the filter that is wanted, `asked_why` why no view can be saved now."""

    chosen = Signal(object)
    asked_why = Signal(str)

    def __init__(self, views: SavedViews, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._views, self._filter, self._said = views, Filter(), ""
        self._shown: tuple[SavedView, ...] = ()
        self.chips: dict[str, Button] = {}
        self._row = Wrapping(self)
        self._row.setContentsMargins(_EDGE, 0, _EDGE, SPACE)
        self.everything = self._chip("All orders", Filter())
        self.keep = Button("Save this view\u2026", icon="plus", kind=Kind.QUIET, height=TOUCH, parent=self)
        self.forget = Button("Forget this view", icon="cross", kind=Kind.QUIET, height=TOUCH, parent=self)
        self._row.addWidget(self.everything)
        self._row.addWidget(self.keep)
        self._row.addWidget(self.forget)
        self.keep.tapped.connect(self._ask_name)
        self.keep.asked_why.connect(lambda reasons: self.asked_why.emit(reasons[0]))
        self.forget.tapped.connect(self._forget)
        views.changed.connect(self._show)
        self._show()

    def show_filter(self, filter_: Filter, said: str) -> None:
        """Show which view the orders are narrowed to; `said` is the filter in words, the name proposed for it."""
        self._filter, self._said = filter_, said
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _chip(self, name: str, filter_: Filter) -> Button:
        chip = Button(name, height=TOUCH, parent=self)
        chip.setCheckable(True)
        chip.tapped.connect(lambda: self._choose(filter_))
        return chip

    def _choose(self, filter_: Filter) -> None:
        # A chip that is tapped turns by itself; which one is chosen is told by the filter.
        self._show()
        self.chosen.emit(filter_)

    def _show(self) -> None:
        if self._shown != self._views.all():
            self._shown = self._views.all()
            for chip in self.chips.values():
                self._row.removeWidget(chip)
                chip.hide()
                chip.deleteLater()
            self.chips = {}
            for at, view in enumerate(self._shown):
                self.chips[view.name] = self._chip(view.name, view.filter)
                self._row.insertWidget(1 + at, self.chips[view.name])
                self.chips[view.name].show()
        now = self._views.of(self._filter)
        self.everything.setChecked(not self._filter.narrows)
        for view in self._shown:
            self.chips[view.name].setChecked(view == now)
        self.keep.setVisible(self._filter.narrows and now is None)
        full = f"There is room for {MOST} views. Forget one first: tap it, then Forget this view."
        self.keep.set_stopped((full,) if self._views.is_full() else ())
        self.forget.setVisible(now is not None)
        self.setVisible(bool(self._shown) or self._filter.narrows)
        self._fit()

    def _fit(self) -> None:
        # Chips that wrap claim the height of their narrowest; here they get what they take at this width.
        self.setFixedHeight(self._row.heightForWidth(max(self.width(), 300)))

    def _forget(self) -> None:
        now = self._views.of(self._filter)
        if now is not None:
            self._views.forget(now)

    def _ask_name(self) -> None:
        dialog = NameDialog(self, self._said)
        dialog.given.connect(lambda name: self._views.save(name, self._filter))
        dialog.open()


class NameDialog(Dialog):
    """Asks for the name of a view; one is proposed, and Return takes it."""

    given = Signal(str)

    def __init__(self, over: QWidget, proposed: str) -> None:
        super().__init__(
            over, "Save this view", width=560, remark="Everybody at this terminal finds it above the orders."
        )
        self.field = TextField("Name of the view", longest=LONGEST_NAME)
        self.field.setText(proposed[:LONGEST_NAME])
        self.field.selectAll()
        self.body.addWidget(Field("Name", self.field))
        self.add_close()
        self.go = self.add_button(Button("Save", kind=Kind.MAIN, icon="check"))
        self.go.tapped.connect(self._give)
        self.go.asked_why.connect(self.field.setFocus)
        self.field.returnPressed.connect(self.go.animateClick)
        self.field.textChanged.connect(self._look)
        self._look()

    def _look(self) -> None:
        self.go.set_stopped(() if self.field.text().strip() else ("A name is needed.",))

    def _give(self) -> None:
        name = self.field.text().strip()
        self.close_dialog()
        self.given.emit(name)
