"""The output dialog: tiles for the numbers, one pad, what the report will do, and a button that counts once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFont, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.queries.rows import OrderDetail
from mfg_desktop.ui.context import Context
from mfg_desktop.ui.kit import formats, icons
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.dialogs import Dialog
from mfg_desktop.ui.kit.fields import Field, TextField
from mfg_desktop.ui.kit.number_pad import NumberPad, key_of
from mfg_desktop.ui.kit.text import Label, Panel, paint_text
from mfg_desktop.ui.output import preview
from mfg_desktop.ui.output.presenter import GOOD, REWORK, OutputPresenter, Target, scrap
from mfg_desktop.ui.output.preview import Effect, Sort
from mfg_desktop.ui.theme import RADIUS, SPACE, Size, Theme, Tone, Weight, mixed

_ICONS: Final = {
    Sort.ORDER: "check",
    Sort.SCRAP: "scrap",
    Sort.MATERIAL: "material",
    Sort.STOCK: "lot",
    Sort.REWORK: "undo",
    Sort.NEXT: "forward",
}
_REASONS_SIDE_BY_SIDE: Final = 3


class QuantityTile(QAbstractButton):
    """A number with its name. Tapped, or reached by Tab, it is the one that the pad and the digit keys write."""

    pointed = Signal(object)
    """The tile's target."""
    key = Signal(str)
    entered = Signal()

    def __init__(
        self, target: Target, name: str, *, tone: Tone | None = None, small: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.target = target
        self._name, self._tone, self._small = name, tone, small
        self._figure, self._active = "", False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)
        self.clicked.connect(self._point)

    def figure(self) -> str:
        return self._figure

    def show_figure(self, figure: str, *, active: bool) -> None:
        """Show a number, and whether the pad writes it."""
        self._figure, self._active = figure, active
        self.setAccessibleDescription(figure)
        metrics = QFontMetricsF(Theme.current.font(Size.BODY, Weight.STRONG))
        self.setToolTip(self._name if metrics.horizontalAdvance(self._name) > self.width() - 60 else "")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, 58 if self._small else 92)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._point()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        pad_key = key_of(event)
        if pad_key:
            self.key.emit(pad_key)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.entered.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, tokens = Theme.current, Theme.current.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setBrush(mixed(tokens.raised, tokens.text, 0.08) if self.isDown() else QColor(tokens.raised))
        painter.setPen(QPen(QColor(tokens.accent if self._active else tokens.line), 2 if self._active else 1))
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        written = self._figure not in ("", "0")
        ink = (
            tokens.of(self._tone).ink
            if self._tone and written
            else tokens.text
            if written or self._active
            else tokens.muted
        )
        if self._small:
            font = theme.font(Size.LARGE, Weight.HEAVY)
            shown = self._figure if written or self._active else ""
            inner = box.adjusted(12, 0, -12, 0)
            used = paint_text(painter, inner, shown, font=font, colour=ink, align=Qt.AlignmentFlag.AlignRight)
            name = inner.adjusted(0, 0, -used - 8 if used else 0, 0)
            weight = Weight.STRONG if written or self._active else Weight.REGULAR
            paint_text(painter, name, self._name, font=theme.font(Size.BODY, weight), colour=tokens.text)
            return
        name = QRectF(box.left() + 14, box.top() + 8, box.width() - 28, 22)
        paint_text(painter, name, self._name, font=theme.font(Size.BODY, Weight.STRONG), colour=tokens.muted)
        figure = QRectF(box.left() + 14, box.top() + 34, box.width() - 28, 48)
        paint_text(painter, figure, self._figure, font=figure_font(self._figure, figure.width()), colour=ink)

    def _point(self) -> None:
        self.pointed.emit(self.target)


def figure_font(figure: str, width: float) -> QFont:
    """Give the largest type in which a number is there to its last digit: half a number is another number."""
    fonts = [Theme.current.font(size, Weight.HEAVY) for size in (Size.HUGE, Size.TITLE, Size.LARGE)]
    return next((font for font in fonts if QFontMetricsF(font).horizontalAdvance(figure) <= width), fonts[-1])


class ReasonField(TextField):
    """A line for own words. Its Return adds the reason and goes no further: on the dialog it would report."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()


class EffectLine(QWidget):
    """What the report will do, one line of it: icon and sentence; what will be refused in the colour of trouble."""

    def __init__(self, effect: Effect) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        trouble = effect.trouble
        mark = (
            icons.IconLabel("alert", Tone.TROUBLE, size=18)
            if trouble
            else icons.IconLabel(_ICONS[effect.sort], size=18)
        )
        row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        strong = trouble or effect.sort is Sort.ORDER
        ink: Tone | str = Tone.TROUBLE if trouble else ""
        row.addWidget(
            Label(effect.sentence, weight=Weight.STRONG if strong else Weight.REGULAR, ink=ink, wraps=True), 1
        )


class OutputDialog(Dialog):
    """The dialog. It stays open through a refusal, with everything that was written."""

    def __init__(
        self,
        over: QWidget,
        context: Context,
        detail: OrderDetail,
        sequence: int | None = None,
        *,
        completes: bool = False,
    ) -> None:
        row = detail.row
        super().__init__(over, width=1000)
        self.presenter = OutputPresenter(context, detail, self, sequence=sequence, completes=completes)
        self.set_title(*_heads(self.presenter))
        self._active = GOOD
        self._shown_effects: tuple[Effect, ...] | None = None
        self.pad = NumberPad(places=self.presenter.places(), height=60)
        self.pad.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.good = self._tile(QuantityTile(GOOD, "Good", tone=Tone.RUNNING))
        self.scrap = self._tile(QuantityTile(scrap(self.presenter.reasons()[0]), "Scrap", tone=Tone.TROUBLE))
        self.rework = self._tile(QuantityTile(REWORK, "Rework", tone=Tone.HELD))
        # By keyboard the reasons themselves are reached; the sum is for fingers.
        self.scrap.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.reasons: dict[str, QuantityTile] = {}
        self.rest = Button("", height=48)
        self.other = ReasonField("Another reason for scrap", icon="note", longest=100)
        self.batch = TextField(row.number, longest=50)
        self.go = Button("Report", kind=Kind.MAIN, icon="check", height=64)
        self._effects = QVBoxLayout()
        self._effects.setSpacing(SPACE)
        self._reason_grid = QGridLayout()
        self._reason_grid.setSpacing(SPACE)
        self.first = self.good
        self._batch_field = Field("Batch number", self.batch)
        if completes:
            # A completion takes neither: rework and a batch are reported before it.
            self.rework.hide()
            self._batch_field.hide()
        self._lay_out()
        self._connect(context)
        self._show()

    def scanned(self, code: str) -> bool:
        """Take a scan as the batch number, where one is asked for."""
        if not self.presenter.completes():
            self.batch.setText(code)
        return True

    def tile(self, reason: str) -> QuantityTile:
        return self.reasons[reason]

    def effect_lines(self) -> tuple[str, ...]:
        """Give the sentences that tell what the report will do."""
        return tuple(effect.sentence for effect in self._shown_effects or ())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = key_of(event)
        if key:
            self.pad.press(key)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.go.animateClick()
        else:
            super().keyPressEvent(event)

    def _tile(self, tile: QuantityTile) -> QuantityTile:
        tile.pointed.connect(self._point)
        tile.key.connect(self.pad.press)
        return tile

    def _lay_out(self) -> None:
        tiles = QHBoxLayout()
        tiles.setSpacing(SPACE)
        for tile in (self.good, self.scrap, self.rework):
            tiles.addWidget(tile, 1)
        left = QVBoxLayout()
        left.setSpacing(SPACE + 2)
        left.addLayout(tiles)
        left.addWidget(self.rest)
        left.addWidget(Label("Scrap, by reason", size=Size.SMALL, weight=Weight.STRONG, ink="muted"))
        left.addLayout(self._reason_grid)
        left.addWidget(self.other)
        left.addWidget(self._batch_field)
        left.addStretch(1)
        box = Panel("raised")
        inside = QVBoxLayout(box)
        inside.setContentsMargins(16, 14, 16, 14)
        inside.setSpacing(SPACE)
        inside.addWidget(Label("What it will do", size=Size.SMALL, weight=Weight.STRONG, ink="muted"))
        inside.addLayout(self._effects)
        inside.addStretch(1)
        box.setMinimumHeight(170)
        right = QVBoxLayout()
        right.setSpacing(SPACE + 4)
        right.addWidget(self.pad)
        right.addWidget(box, 1)
        row = QHBoxLayout()
        row.setSpacing(3 * SPACE)
        row.addLayout(left, 11)
        row.addLayout(right, 8)
        self.body.addLayout(row)
        self.add_close()
        self.add_button(self.go)

    def _connect(self, context: Context) -> None:
        self.pad.changed.connect(lambda number: self.presenter.write(self._active, number))
        for tile in (self.good, self.scrap, self.rework):
            tile.entered.connect(self.go.animateClick)
        self.rest.tapped.connect(self._write_rest)
        self.other.returnPressed.connect(self._add_reason)
        self.other.editingFinished.connect(self._add_reason)
        self.batch.textChanged.connect(self.presenter.set_batch)
        self.go.tapped.connect(self.presenter.confirm)
        self.presenter.rows_changed.connect(self._show)
        self.presenter.working.connect(self.go.set_working)
        self.presenter.finished.connect(self.close_dialog)
        self.closed.connect(self._let_go)
        context.notices.listen(self.presenter, ways_out=self._ways_out)

    def _let_go(self) -> None:
        if self.presenter.busy():
            # Tapped is tapped: whoever closes the dialog meanwhile is told what became of the report.
            self.presenter.setParent(self.over)
            self.presenter.finished.connect(self.presenter.deleteLater)

    def _ways_out(self, error: ManufacturingException) -> Mapping[str, Sequence[tuple[str, Callable[[], None]]]]:
        way = ("Issue reserved material", self.presenter.issue)
        return {"MATERIAL_NOT_ISSUED": [way]} if self.presenter.may_issue() else {}

    def _point(self, target: Target) -> None:
        if target != self._active:
            self._active = target
            self.pad.set_number(self.presenter.quantity(target) or None)
        self._show()

    def _write_rest(self) -> None:
        self.presenter.write(GOOD, self.presenter.rest())
        self.good.setFocus()
        self._point(GOOD)
        self.pad.set_number(self.presenter.rest())

    def _add_reason(self) -> None:
        reason = self.other.text().strip()
        if reason:
            self.other.clear()
            target = self.presenter.add_reason(reason)
            self._show()
            self.reasons[target.reason].setFocus()

    def _show(self) -> None:
        draft = self.presenter.draft()
        self.rest.set_text(f"All that are left: {formats.quantity(self.presenter.rest())} good")
        self.rest.setVisible(self.presenter.rest() > 0)
        for reason in self.presenter.reasons():
            if reason not in self.reasons:
                self._add_tile(reason)
        self.good.show_figure(formats.quantity(draft.good), active=self._active == GOOD)
        self.rework.show_figure(formats.quantity(draft.rework), active=self._active == REWORK)
        self.scrap.show_figure(formats.quantity(draft.scrapped), active=False)
        for reason, tile in self.reasons.items():
            target = scrap(reason)
            tile.show_figure(formats.quantity(self.presenter.quantity(target)), active=self._active == target)
        self.go.set_text(self.presenter.said())
        self.go.set_stopped(self.presenter.stopped_by())
        self._show_effects(self.presenter.effects())

    def _add_tile(self, reason: str) -> None:
        tile = self._tile(QuantityTile(scrap(reason), reason, tone=Tone.TROUBLE, small=True))
        tile.entered.connect(self.go.animateClick)
        at = len(self.reasons)
        self.reasons[reason] = tile
        self._reason_grid.addWidget(tile, at // _REASONS_SIDE_BY_SIDE, at % _REASONS_SIDE_BY_SIDE)
        if self.is_open():
            # At once, not with the next event: it is to have the focus.
            tile.show()

    def _show_effects(self, effects: tuple[Effect, ...]) -> None:
        if effects == self._shown_effects:
            return
        self._shown_effects = effects
        while (item := self._effects.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for effect in effects:
            self._effects.addWidget(EffectLine(effect))
        if not effects:
            self._effects.addWidget(Label("Nothing yet. Write what was made.", ink="muted", wraps=True))


def _heads(presenter: OutputPresenter) -> tuple[str, str]:
    """Give title and remark: what is reported on, and what it is made of and where."""
    row, at = presenter.detail().row, presenter.operation()
    machine = (at.machine if at is not None else None) or row.machine
    where = f" \u00b7 {machine}" if machine else ""
    if at is None:
        return f"Output of {row.number}", f"{row.product_name}{where}"
    title = f"{'Complete' if presenter.completes() else 'Output at'} {preview.named(at)}"
    return title, f"{row.number} \u00b7 {row.product_name}{where}"
