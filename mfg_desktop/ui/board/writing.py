"""Making an order and changing what it asks for: the forms of two commands, in dialogs that stay until it is done."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.operations import COMMANDS
from mfg_desktop.operations.sentences import sentence
from mfg_desktop.queries.rows import OrderDetail
from mfg_desktop.rules import lifecycle
from mfg_desktop.service.work import Command, Outcome
from mfg_desktop.ui import refusals
from mfg_desktop.ui.board.presenter import OrderPresenter
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.dialogs import Dialog
from mfg_desktop.ui.kit.forms import Asked, Form
from mfg_desktop.ui.kit.inputs import Offer
from mfg_desktop.ui.presenter import Landing, Presenter, Workplace
from mfg_desktop.vocabulary import ProductType

_CREATE: Final = "work_order.create"
_UPDATE: Final = "work_order.update"
_MOST_PRODUCTS: Final = 5000
"""Of a list to pick from; beyond it the code is typed."""
_LEFT_OUT: Final = (*Command.model_fields, "parent", "operations")
"""Sub orders are made by their own button, and the steps come from the product's routing."""
_ASKED: Final[Mapping[str, Asked]] = MappingProxyType(
    {
        "product": Asked(things="material"),
        "quantity": Asked(refused_by=("WORK_ORDER_INVALID_QUANTITY",)),
        "machine": Asked(things="machine"),
        "planned_end": Asked(label="Due", refused_by=("WORK_ORDER_INVALID_DATES",)),
        "number": Asked(example="The next one", refused_by=("WORK_ORDER_DUPLICATE_NUMBER",)),
        "department": Asked(things="department"),
    }
)
_FIRST: Final = ("product", "quantity", "priority", "machine", "planned_start", "planned_end", "notes")
_A_DAY: Final = timedelta(days=1)


class OrderWriter(Presenter):
    """Writes orders, and knows what their forms pick from."""

    offered = Signal(str, list)
    """What may be picked: whose codes these are, and the `Offer`s."""

    def __init__(self, place: Workplace, parent: QObject | None = None) -> None:
        super().__init__(place, parent)

    def find_offers(self) -> None:
        """Ask for what may be picked. Who may not ask for it types the code; the shop knows whether there is such."""
        products = {"query": "product.list", "limit": _MOST_PRODUCTS}
        self.ask(products, key="products", then=self._got_products, failed=lambda error: None)
        self.ask({"query": "machine.list"}, key="machines", then=self._got_machines, failed=lambda error: None)

    def create(self, fields: Mapping[str, object], land: Landing, then: Callable[[str], None]) -> None:
        """Make an order; `then` takes its number."""

        def made(outcome: Outcome) -> None:
            number = str(outcome.data["number"])
            self.done.emit(f"{number} created")
            then(number)

        self.perform({"command": _CREATE, **fields}, then=made, land=land)

    def change(
        self, number: str, version: int, changes: Mapping[str, object], land: Landing, then: Callable[[], None]
    ) -> None:
        """Change an order that was seen in this version."""
        fields = {"command": _UPDATE, "number": number, "seen_version": version, **changes}
        self.perform(fields, said=f"{number} changed", then=lambda outcome: then(), land=land)

    def _got_products(self, page: Any) -> None:
        made = [row for row in page.rows if row.active and row.type is not ProductType.RAW]
        self.offered.emit("material", [Offer(row.stock_code, row.name) for row in made])

    def _got_machines(self, page: Any) -> None:
        rows = [row for row in page.rows if row.active]
        self.offered.emit(
            "machine", [Offer(row.machine, " ".join(filter(None, (row.brand, row.model)))) for row in rows]
        )
        departments = {row.department: row.department_name or "" for row in page.rows if row.department}
        self.offered.emit("department", [Offer(code, name) for code, name in sorted(departments.items())])


class _OrderDialog(Dialog):
    """A form of an order over its dialog's foot."""

    def __init__(
        self,
        over: QWidget,
        writer: OrderWriter,
        command: str,
        title: str,
        word: str,
        zone: ZoneInfo,
        *,
        remark: str = "",
        leave_out: tuple[str, ...] = (),
        fixed: tuple[str, ...] = (),
        needed: tuple[str, ...] = (),
    ) -> None:
        super().__init__(over, title, width=940, remark=remark)
        self._writer = writer
        model = COMMANDS[command]
        first = tuple(name for name in _FIRST if name in model.model_fields)
        self.form = Form(
            model,
            today=datetime.now(zone).date(),
            sentence=lambda field: sentence(command, field),
            asked=_ASKED,
            sections=(("", first),),
            leave_out=(*_LEFT_OUT, *leave_out),
            fixed=fixed,
            needed=needed,
            times=refusals.times(zone),
        )
        self.form.saved.connect(self.save)
        self.form.left.connect(self.close_dialog)
        self.body.addWidget(self.form)
        self.add_close()
        self.go = self.add_button(Button(word, kind=Kind.MAIN, icon="check", shortcut="Ctrl+S"))
        self.go.tapped.connect(self.save)
        writer.working.connect(self.go.set_working)
        writer.offered.connect(self.form.offer)
        writer.find_offers()

    def scanned(self, code: str) -> bool:
        """Take a scan into the field that has the focus, or the first that is empty."""
        return self.form.scanned(code)

    def save(self) -> None:
        """Write the order; what is refused about a field is said at the field."""
        raise NotImplementedError

    def _land(self, error: ManufacturingException) -> ManufacturingException | None:
        # Whoever has closed the dialog meanwhile is told in one of its own.
        return self.form.refuse(error) if self.is_open() else error


class NewOrderDialog(_OrderDialog):
    """Asks for a new order: from the next full hour on, due a day later, unless it is said otherwise."""

    made = Signal(str)

    def __init__(self, over: QWidget, writer: OrderWriter, zone: ZoneInfo) -> None:
        super().__init__(over, writer, _CREATE, "New order", "Create order", zone)
        start = datetime.now(zone).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        self.form.load({"planned_start": _typed(start, zone), "planned_end": _typed(start + _A_DAY, zone)})

    def save(self) -> None:
        self._writer.create(self.form.values(), self._land, self._made)

    def _made(self, number: str) -> None:
        # Whoever has closed the dialog meanwhile has gone on to something else.
        if self.is_open():
            self.close_dialog()
            self.made.emit(number)


class ChangeOrderDialog(_OrderDialog):
    """Asks what is to change. What somebody else changes meanwhile comes in beside what is written here."""

    def __init__(self, over: QWidget, writer: OrderWriter, order: OrderPresenter, zone: ZoneInfo) -> None:
        detail = order.detail()
        assert detail is not None
        free = detail.row.status in lifecycle.FREELY_EDITABLE
        super().__init__(
            over,
            writer,
            _UPDATE,
            f"Change {detail.row.number}",
            "Save",
            zone,
            remark="" if free else "Its quantity and its dates are fixed once it is released.",
            leave_out=("number",),
            needed=("quantity", "priority", "planned_start", "planned_end"),
            fixed=() if free else tuple(name for name in _FIRST if name not in lifecycle.EDITABLE_LATER),
        )
        self._order, self._zone = order, zone
        self._number, self._version = detail.row.number, detail.row.version
        self.form.load(_values(detail, zone))
        self.form.edited.connect(self._look)
        order.rows_changed.connect(self._meet)
        self._look()

    def save(self) -> None:
        changes = self.form.changes()
        if changes:
            self._writer.change(self._number, self._version, changes, self._land, self.close_dialog)

    def _meet(self) -> None:
        detail = self._order.detail()
        if self.is_open() and detail is not None and detail.row.number == self._number:
            self._version = detail.row.version
            self.form.meet(_values(detail, self._zone))

    def _look(self) -> None:
        self.go.set_stopped(() if self.form.dirty() else ("Nothing has been changed.",))


def _values(detail: OrderDetail, zone: ZoneInfo) -> dict[str, object]:
    row = detail.row
    return {
        "quantity": row.quantity_ordered,
        "priority": row.priority,
        "machine": row.machine,
        "planned_start": _typed(row.planned_start, zone),
        "planned_end": _typed(row.planned_end, zone),
        "notes": row.notes,
    }


def _typed(at: datetime, zone: ZoneInfo) -> str:
    """Write a moment as it is typed: on the plant's clock."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
