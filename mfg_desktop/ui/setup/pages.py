"""The right side of the set-up screen: a page for each area, and one for a thing that is being made.

A page shows what the presenter has, asks for what was tapped, and says whether something on it is not saved.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from mfg_desktop.queries.rows import (
    ConfigRow,
    FixtureRow,
    GaugeRow,
    MachineDetail,
    ProcessRow,
    ProductDetail,
    WorkflowDetail,
    WorkflowRow,
)
from mfg_desktop.service.shop import PlantRow
from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.chips import Chip
from mfg_desktop.ui.kit.dialogs import Dialog
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.inputs import NumberInput
from mfg_desktop.ui.kit.pickers import Wrapping
from mfg_desktop.ui.kit.tables import RIGHT, Column, Table
from mfg_desktop.ui.kit.tabs import TabsBar
from mfg_desktop.ui.kit.text import ElidedLabel, Label, Panel
from mfg_desktop.ui.kit.trees import Tree
from mfg_desktop.ui.setup import wording
from mfg_desktop.ui.setup.day import DayPicture
from mfg_desktop.ui.setup.editors import Editor, FormDialog, scrolled
from mfg_desktop.ui.setup.presenter import AREAS, Area, SetupPresenter, Way, routing_ways, tool_ways
from mfg_desktop.ui.theme import MACHINE_LOOKS, SPACE, Look, Size, Tone, Weight
from mfg_desktop.vocabulary import FixtureStatus, GaugeStatus


class Head(QWidget):
    """The head of a page: name, chips, a line below, and buttons at the right."""

    def __init__(self) -> None:
        super().__init__()
        self._title = ElidedLabel(size=Size.TITLE, weight=Weight.HEAVY, least=Size.LARGE)
        self._line = Label(size=Size.LARGE, ink="muted", wraps=True)
        self._chips = [Chip(), Chip()]
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(SPACE)
        names = QVBoxLayout()
        names.setSpacing(2)
        names.addWidget(self._title)
        second = QHBoxLayout()
        second.setSpacing(SPACE)
        for chip in self._chips:
            second.addWidget(chip, 0, Qt.AlignmentFlag.AlignTop)
        second.addWidget(self._line, 1)
        names.addLayout(second)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * SPACE, 12, 2 * SPACE, 4)
        row.setSpacing(2 * SPACE)
        row.addLayout(names, 1)
        row.addLayout(self.buttons)

    def say(self, title: str, line: str = "", *looks: Look | None) -> None:
        self._title.set_text(title)
        self._line.setText(line)
        for at, chip in enumerate(self._chips):
            chip.set_look(looks[at] if at < len(looks) else None)

    def title(self) -> str:
        return self._title.whole()


class Facts(QWidget):
    """What is known of a thing that has no form: name and value, line by line."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(3 * SPACE)
        self._grid.setVerticalSpacing(SPACE + 4)
        self._grid.setColumnStretch(1, 1)
        self._told: list[tuple[str, str]] = []

    def say(self, lines: list[tuple[str, str]]) -> None:
        """Show these lines."""
        if lines == self._told:
            return
        self._told = lines
        while item := self._grid.takeAt(0):
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for at, (name, text) in enumerate(lines):
            label = Label(name, ink="muted")
            # On the line of the larger type beside it.
            label.setContentsMargins(0, 2, 0, 0)
            self._grid.addWidget(label, at, 0, Qt.AlignmentFlag.AlignTop)
            value = Label(text, size=Size.LARGE, weight=Weight.STRONG, wraps=True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            # Sixty letters without a gap would push the page wider than the window.
            policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            policy.setHeightForWidth(True)
            value.setSizePolicy(policy)
            self._grid.addWidget(value, at, 1)


class DetailPage(QWidget):
    """The base of the pages."""

    left = Signal()
    """Escape, or Cancel: open nothing."""

    def __init__(self, presenter: SetupPresenter, today: Callable[[], date]) -> None:
        super().__init__()
        self.presenter = presenter
        self.today = today
        self.head = Head()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)
        self.column.addWidget(self.head)

    def show_detail(self, detail: Any) -> None:
        """Show this; what a person is writing on the page stays."""
        raise NotImplementedError

    def editors(self) -> Sequence[Editor]:
        """Give the forms on the page."""
        return ()

    def dirty(self) -> bool:
        return any(editor.dirty() for editor in self.editors())

    def save(self) -> bool:
        """Save the first thing that is not saved; False when it cannot even be tried."""
        return any(editor.save() for editor in self.editors() if editor.dirty())

    def discard(self) -> None:
        for editor in self.editors():
            editor.discard()


class NewPage(DetailPage):
    """A thing that is being made."""

    def __init__(self, presenter: SetupPresenter, today: Callable[[], date], area: Area) -> None:
        super().__init__(presenter, today)
        self._one = wording.AREA_LOOKS[area][2]
        self.editor = Editor(presenter, AREAS[area].create, today=today(), opens=True, save_word=f"Create {self._one}")
        self.editor.left.connect(self.left)
        self.column.addWidget(self.editor, 1)
        self.head.say(f"New {self._one}", wording.AREA_LOOKS[area][3])

    def editors(self) -> Sequence[Editor]:
        return (self.editor,)

    def show_detail(self, detail: Any) -> None:
        """Start with these values."""
        keys, one = AREAS[self.presenter.area].keys, formats.words(self._one)

        def said(made: Mapping[str, object]) -> str:
            return f"{one} {' / '.join(str(made.get(key, '')) for key in keys)} is there now."

        self.editor.load({}, said=said)
        if detail:
            self.editor.fill(detail)
        self.editor.form.focus_first()


class MachinePage(DetailPage):
    """The technical record of a machine."""

    def __init__(self, presenter: SetupPresenter, today: Callable[[], date]) -> None:
        super().__init__(presenter, today)
        self.editor = Editor(presenter, "machine.update", today=today(), fixed=("machine",))
        self.editor.left.connect(self.left)
        self.column.addWidget(self.editor, 1)

    def editors(self) -> Sequence[Editor]:
        return (self.editor,)

    def show_detail(self, detail: MachineDetail) -> None:
        row = detail.row
        words, tone = wording.due_day(row.next_maintenance, "maintenance", self.today())
        due = Look(tone, "calendar", formats.words(words)) if tone else None
        self.head.say(row.machine, row.department_name or "", MACHINE_LOOKS[row.status], due)
        self.editor.load(
            wording.machine_values(detail),
            keys={"machine": row.machine},
            version=row.version,
            said=lambda fields: f"The record of {row.machine} is saved.",
        )


class ProcessPage(DetailPage):
    """A process; it is written once, and workflows say how it is done."""

    def __init__(self, presenter: SetupPresenter, today: Callable[[], date]) -> None:
        super().__init__(presenter, today)
        self.facts = Facts()
        once = Label(
            "A process is written once. How a product goes through it, the steps of a workflow say.", ink="muted"
        )
        once.setWordWrap(True)
        self.column.addWidget(_page(self.facts, once), 1)

    def show_detail(self, detail: ProcessRow) -> None:
        self.head.say(detail.process_code, detail.name)
        self.facts.say(wording.process_facts(detail))


class ToolPage(DetailPage):
    """A fixture or a gauge: its state, when it is due, and what was found at the last check."""

    def __init__(self, presenter: SetupPresenter, today: Callable[[], date]) -> None:
        super().__init__(presenter, today)
        self._row: FixtureRow | GaugeRow | None = None
        self.facts = Facts()
        self.record_button = Button("Record", kind=Kind.MAIN, icon="check")
        self.record_button.tapped.connect(self._record)
        self.status_buttons: dict[str, Button] = {}
        self._states = QWidget()
        self._wrapping = Wrapping(self._states)
        self.column.addWidget(
            _page(
                self.facts,
                self.record_button,
                Label("Set the state", size=Size.LARGE, weight=Weight.HEAVY),
                self._states,
            ),
            1,
        )
        presenter.working.connect(self.record_button.set_working)

    def show_detail(self, detail: FixtureRow | GaugeRow) -> None:
        self._row = detail
        today = self.today()
        if isinstance(detail, FixtureRow):
            look, facts, due = (
                wording.FIXTURE_LOOKS[detail.status],
                wording.fixture_facts(detail, today),
                detail.next_check,
            )
            self.head.say(detail.fixture, detail.name, look, _due(due, "check", today))
            self.record_button.set_text("Record a check")
        else:
            look, facts = wording.GAUGE_LOOKS[detail.status], wording.gauge_facts(detail, today)
            self.head.say(detail.gauge, detail.name, look, _due(detail.next_calibration, "calibration", today))
            self.record_button.set_text("Record a calibration")
        self.facts.say(facts)
        for way in tool_ways(detail):
            self._show_way(way, isinstance(detail, FixtureRow))

    def _show_way(self, way: Way, fixture: bool) -> None:
        button = self.status_buttons.get(way.value)
        if button is None:
            looks = wording.FIXTURE_LOOKS if fixture else wording.GAUGE_LOOKS
            look = looks[FixtureStatus(way.value) if fixture else GaugeStatus(way.value)]  # type: ignore[index]
            button = Button(look.word, icon=look.icon, height=56)
            button.tapped.connect(lambda status=way.value: self._set(status))
            button.asked_why.connect(lambda reasons: self.why_asked.emit(" ".join(reasons)))
            self.status_buttons[way.value] = button
            self._wrapping.addWidget(button)
        button.set_stopped((way.stopped,) if way.stopped else ())

    why_asked = Signal(str)

    def _set(self, status: str) -> None:
        kind, code = self._named()
        if status == FixtureStatus.RETIRED.value:
            RetireDialog(self, code, lambda: self._send(kind, code, status)).open()
        else:
            self._send(kind, code, status)

    def _send(self, kind: str, code: str, status: str) -> None:
        self.presenter.save(
            {"command": f"{kind}.set_status", kind: code, "status": status},
            said=f"{code} is now {formats.words(status).lower()}.",
        )

    def _named(self) -> tuple[str, str]:
        if isinstance(self._row, FixtureRow):
            return "fixture", self._row.fixture
        return "gauge", self._row.gauge if self._row is not None else ""

    def _record(self) -> None:
        kind, code = self._named()
        what = "check" if kind == "fixture" else "calibration"
        command = f"{kind}.record_{what}"
        FormDialog(
            self,
            self.presenter,
            command,
            f"Record a {what} of {code}",
            today=self.today(),
            keys={kind: code},
            values={"date": self.today()},
            said=f"The {what} of {code} is recorded.",
            word=f"Record {what}",
            remark=f"The next {what} is due after the interval from this day.",
        ).open()


def sentence(text: str) -> Label:
    """Make what a dialog asks."""
    return Label(text, size=Size.LARGE, wraps=True)


class RetireDialog(Dialog):
    """Asks once more before what cannot be taken back."""

    def __init__(self, over: QWidget, code: str, answer: Callable[[], None]) -> None:
        super().__init__(over, f"Retire {code} for good?", width=620)
        self.body.addWidget(
            sentence("It can never be used again, and no step may ask for it. What was made with it stays on record.")
        )
        self.first = self.add_close("Keep it")
        self.go = self.add_button(Button("Retire it", kind=Kind.DANGER, icon="retired", height=64))
        self.go.tapped.connect(self.close_dialog)
        self.go.tapped.connect(answer)


class PlantPage(DetailPage):
    """The plant's settings, with a picture of its day."""

    def __init__(self, presenter: SetupPresenter, today: Callable[[], date]) -> None:
        super().__init__(presenter, today)
        self.picture = DayPicture()
        self.editor = Editor(presenter, "settings.set", today=today(), above=self.picture)
        self.editor.left.connect(self.left)
        self.editor.form.edited.connect(self._draw)
        self.column.addWidget(self.editor, 1)

    def editors(self) -> Sequence[Editor]:
        return (self.editor,)

    def show_detail(self, detail: PlantRow) -> None:
        self.head.say(detail.name, "Settings of the plant")
        self.editor.load(
            wording.plant_values(detail),
            keys={},
            version=detail.version,
            said=lambda fields: "The settings of the plant are saved.",
        )
        self._draw()

    def _draw(self) -> None:
        shifts = self.editor.form.fields["shifts"].inside.value()
        self.picture.show_shifts(shifts if isinstance(shifts, list) else [])


class ProductPage(DetailPage):
    """A product: its record, its bill of material as a tree, and its workflows."""

    product_asked = Signal(str)
    workflow_asked = Signal(object)
    new_workflow_asked = Signal(str)
    """The product that a workflow is to be written for."""

    def __init__(self, presenter: SetupPresenter, today: Callable[[], date]) -> None:
        super().__init__(presenter, today)
        self._detail: ProductDetail | None = None
        self.record = Editor(presenter, "product.update", today=today(), fixed=("stock_code",))
        self.record.left.connect(self.left)
        self.bill = BillPage(presenter, today)
        self.bill.product_asked.connect(self.product_asked)
        self.workflows = Table(
            [
                Column("Version", lambda row: row.version, width=120, strong=True),
                Column("Status", lambda row: wording.WORKFLOW_LOOKS[row.status], width=150),
                Column("Holds from", lambda row: wording.on_day(row.effective_date), width=140),
                Column("Steps", lambda row: row.steps, align=RIGHT, width=80),
                Column("What changed", lambda row: row.revision_notes, stretch=True),
            ],
            lambda row: row.version,
            empty=EmptyState(
                "workflow", "No workflow yet", "Orders of this product have no operations until one is active."
            ),
        )
        self.workflows.chosen.connect(self._open_workflow)
        self.new_workflow_button = Button("New workflow", icon="plus", height=52)
        self.new_workflow_button.tapped.connect(self._make_workflow)
        self.tabs = TabsBar(["Bill of material", "Record", "Workflows"])
        pages = QStackedWidget()
        for page in (self.bill, self.record, _filling(self.new_workflow_button, self.workflows)):
            pages.addWidget(page)
        self.tabs.chosen.connect(pages.setCurrentIndex)
        bar = QHBoxLayout()
        bar.setContentsMargins(2 * SPACE, 0, 2 * SPACE, 0)
        bar.addWidget(self.tabs)
        self.column.addLayout(bar)
        self.column.addWidget(pages, 1)

    def editors(self) -> Sequence[Editor]:
        return (self.record, self.bill.editor)

    def show_detail(self, detail: ProductDetail) -> None:
        self._detail = detail
        row = detail.row
        stock = f"{formats.quantity(row.on_hand, row.unit)} in stock"
        look = wording.PRODUCT_LOOKS[row.type]
        self.head.say(row.stock_code, f"{row.name}  \u00b7  {stock}", look, None if row.active else wording.INACTIVE)
        self.tabs.set_count(0, len(detail.bom) if detail.bom is not None else None)
        self.tabs.set_count(2, len(detail.workflows))
        self.bill.show_detail(detail)
        self.record.load(
            wording.product_values(detail),
            keys={"stock_code": row.stock_code},
            version=detail.version,
            said=lambda fields: f"{row.stock_code} is saved.",
        )
        self.workflows.show_rows(detail.workflows)

    def discard(self) -> None:
        super().discard()
        self.bill.show_tree()

    def _make_workflow(self) -> None:
        if self._detail is not None:
            self.new_workflow_asked.emit(self._detail.row.stock_code)

    def _open_workflow(self, version: object) -> None:
        if self._detail is not None:
            self.workflow_asked.emit((self._detail.row.stock_code, str(version)))


class BillPage(QWidget):
    """A bill of material: the tree for so many pieces, or the form of its lines."""

    product_asked = Signal(str)

    def __init__(self, presenter: SetupPresenter, today: Callable[[], date]) -> None:
        super().__init__()
        self._presenter, self._today = presenter, today
        self._detail: ProductDetail | None = None
        self._begun = False
        self.pieces = NumberInput("Pieces to make", places=0, unit="pieces")
        self.pieces.set_value(1)
        self.pieces.setFixedWidth(260)
        self.pieces.edited.connect(self._show)
        self._levels = Label("", ink="muted")
        self.edit_button = Button("Edit lines", icon="note", height=52)
        self.edit_button.tapped.connect(self.edit)
        self.copy_button = Button("Copy from\u2026", icon="copy", height=52)
        self.copy_button.tapped.connect(self._copy)
        bar = QHBoxLayout()
        bar.setSpacing(SPACE)
        bar.addWidget(Label("For", weight=Weight.STRONG))
        bar.addWidget(self.pieces)
        bar.addWidget(self._levels, 1)
        bar.addWidget(self.copy_button)
        bar.addWidget(self.edit_button)
        self._empty = EmptyState("product", "No bill of material", "Write the bill, or copy that of another product.")
        self.tree = Tree(
            [
                Column(
                    "Takes",
                    lambda one: one.line.component,
                    below=lambda one: one.line.component_name,
                    stretch=True,
                    width=236,
                    code=True,
                ),
                Column("For one", _for_one, align=RIGHT, width=128),
                Column(
                    "For all",
                    lambda one: formats.quantity(one.total, one.line.unit),
                    align=RIGHT,
                    width=104,
                    strong=True,
                    ink=lambda one: Tone.HELD if one.short else None,
                ),
                Column("In stock", lambda one: formats.quantity(one.line.on_hand), align=RIGHT, width=96),
                Column("Issue", _issue, width=100),
            ],
            empty=self._empty,
        )
        self.used_in = QWidget()
        self._used = Wrapping(self.used_in)
        self._used_head = Label("", weight=Weight.STRONG, ink="muted")
        look = QWidget()
        column = QVBoxLayout(look)
        column.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        column.setSpacing(SPACE)
        column.addLayout(bar)
        column.addWidget(self.tree, 1)
        column.addWidget(self._used_head)
        column.addWidget(self.used_in)
        self.editor = Editor(
            presenter, "bom.set", today=today(), whole=True, leave_out=("product",), save_word="Save bill"
        )
        self.editor.left.connect(self.show_tree)
        self.editor.saved.connect(self.show_tree)
        back = Button("Back to the tree", kind=Kind.QUIET, icon="back", height=48)
        back.tapped.connect(self._back)
        edit = QWidget()
        edited = QVBoxLayout(edit)
        edited.setContentsMargins(0, SPACE, 0, 0)
        edited.setSpacing(0)
        line = QHBoxLayout()
        line.setContentsMargins(SPACE, 0, SPACE, 0)
        line.addWidget(back)
        line.addStretch(1)
        edited.addLayout(line)
        edited.addWidget(self.editor, 1)
        self._pages = QStackedWidget()
        self._pages.addWidget(look)
        self._pages.addWidget(edit)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._pages)

    def show_detail(self, detail: ProductDetail) -> None:
        """Show the bill of this product; lines that are being written stay."""
        code = detail.row.stock_code
        other = self._detail is None or self._detail.row.stock_code != code
        self._detail = detail
        self.editor.load(
            {"lines": wording.bom_lines(detail)},
            keys={"product": code},
            version=detail.bom_version,
            said=lambda fields: f"The bill of material of {code} is saved.",
        )
        if other:
            self.show_tree()
            self.pieces.set_value(1)
            self.pieces.set_unit(detail.row.unit)
        none = detail.bom is None
        self._empty.say(
            "No bill of material" if none else "It takes nothing",
            "Write the bill, or copy that of another product." if none else "Its bill says that no material is needed.",
        )
        self.edit_button.set_text("Write the bill" if none else "Edit lines")
        self._show()
        self._show_used(detail.used_in)

    def show_tree(self) -> None:
        """Show the bill as it is saved."""
        self._pages.setCurrentIndex(0)

    def edit(self) -> None:
        """Show the lines as a form."""
        self._pages.setCurrentIndex(1)
        self.editor.form.focus_first()

    def editing(self) -> bool:
        return self._pages.currentIndex() == 1

    def _back(self) -> None:
        # Lines that are not saved stay in the form; the button that leads to them says so.
        self.show_tree()
        self.edit_button.set_text("Edit lines (not saved)" if self.editor.dirty() else "Edit lines")

    def _show(self) -> None:
        if self._detail is None:
            return
        number = self.pieces.value()
        pieces = Decimal(number) if isinstance(number, int) and number > 0 else Decimal(1)
        bom = self._detail.bom or ()
        levels = wording.depth(bom)
        self._levels.setText(f"{levels} level{'' if levels == 1 else 's'}" if levels else "")
        self.tree.show_branches(wording.branches(bom, pieces))

    def _show_used(self, products: tuple[str, ...]) -> None:
        while item := self._used.takeAt(0):
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self._used_head.setText("Used in")
        self._used_head.setVisible(bool(products))
        self.used_in.setVisible(bool(products))
        for product in products[:12]:
            button = Button(product, icon="product", height=48)
            button.tapped.connect(lambda product=product: self.product_asked.emit(product))
            self._used.addWidget(button)
        if len(products) > 12:
            self._used_head.setText(f"Used in {len(products)} products, of which these are the first")

    def _copy(self) -> None:
        if self._detail is None:
            return
        code = self._detail.row.stock_code
        FormDialog(
            self,
            self._presenter,
            "bom.clone",
            f"Copy a bill of material to {code}",
            today=self._today(),
            keys={"target": code},
            values={},
            said=f"{code} has the bill of the other product now.",
            word="Copy",
            remark="Its lines take the place of those that are there." if self._detail.bom else "",
        ).open()


class WorkflowPage(DetailPage):
    """A version of a routing: what may be done with it, its steps, and the settings of each."""

    why_asked = Signal(str)
    copy_asked = Signal(object)
    """The values of a new version made from this one."""

    def __init__(self, presenter: SetupPresenter, today: Callable[[], date]) -> None:
        super().__init__(presenter, today)
        self._detail: WorkflowDetail | None = None
        self._step: tuple[int, int] | None = None
        self.ways: dict[str, Button] = {}
        actions = QWidget()
        wrapping = Wrapping(actions)
        for command, word, icon in (
            ("workflow.submit", "Submit for review", "approve"),
            ("workflow.activate", "Activate", "check"),
            ("workflow.archive", "Archive", "retired"),
        ):
            button = Button(word, icon=icon, height=56)
            button.tapped.connect(lambda command=command: self._go(command))
            button.asked_why.connect(lambda reasons: self.why_asked.emit(" ".join(reasons)))
            presenter.working.connect(button.set_working)
            self.ways[command] = button
            wrapping.addWidget(button)
        self.copy_button = Button("New version", icon="copy", height=56)
        self.copy_button.tapped.connect(self._copy)
        wrapping.addWidget(self.copy_button)
        self._notes = Label("", wraps=True)
        self.steps = Table(
            [
                Column("Step", lambda row: row.sequence, align=RIGHT, width=58, strong=True),
                Column("Process", lambda row: f"{row.process_name}", stretch=True),
                Column("Settings", lambda row: wording.CONFIG_LOOKS[row.status], width=116),
                Column("Version", lambda row: row.config_version, align=RIGHT, width=74),
                Column("Machine", lambda row: row.machine or _type(row), width=116),
                Column("Set-up", lambda row: formats.quantity(row.setup_minutes, "min"), align=RIGHT, width=76),
                Column("Cycle", lambda row: formats.quantity(row.cycle_seconds, "s"), align=RIGHT, width=78),
            ],
            lambda row: (row.sequence, row.config_version),
            empty=EmptyState("workflow", "No steps", ""),
        )
        self.steps.chosen.connect(self._choose)
        self.step_title = Label("", size=Size.LARGE, weight=Weight.HEAVY)
        self.step_facts = Facts()
        self.use_button = Button("Use these settings", icon="check", height=52)
        self.use_button.tapped.connect(self._use)
        self.use_button.asked_why.connect(lambda reasons: self.why_asked.emit(" ".join(reasons)))
        self._box = Panel("raised")
        inside = QVBoxLayout(self._box)
        inside.setContentsMargins(16, 12, 16, 16)
        inside.setSpacing(SPACE)
        top = QHBoxLayout()
        top.addWidget(self.step_title, 1)
        top.addWidget(self.use_button)
        inside.addLayout(top)
        inside.addWidget(self.step_facts)
        self.column.addWidget(_page(actions, self._notes, self.steps, self._box), 1)

    def show_detail(self, detail: WorkflowDetail) -> None:
        row = detail.row
        if self._detail is None or _key(self._detail.row) != _key(row):
            self._step = None
        self._detail = detail
        since = f"{row.product_name}  \u00b7  from {wording.on_day(row.effective_date)}"
        self.head.say(f"{row.product} / {row.version}", since, wording.WORKFLOW_LOOKS[row.status])
        for way in routing_ways(row.status):
            button = self.ways[way.value]
            button.set_stopped((way.stopped,) if way.stopped else ())
        self._notes.setText(row.revision_notes or "")
        self._notes.setVisible(bool(row.revision_notes))
        self.steps.show_rows(detail.steps)
        head = self.steps.horizontalHeader().sizeHint().height()
        self.steps.setFixedHeight(head + 48 * max(1, len(detail.steps)) + 6)
        self._show_step()

    def _chosen(self) -> ConfigRow | None:
        steps = self._detail.steps if self._detail is not None else ()
        return next((step for step in steps if (step.sequence, step.config_version) == self._step), None)

    def _choose(self, key: object) -> None:
        self._step = key if isinstance(key, tuple) else None
        self._show_step()

    def _show_step(self) -> None:
        step = self._chosen()
        if step is None and self._detail is not None and self._detail.steps:
            first = self._detail.steps[0]
            self._step, step = (first.sequence, first.config_version), first
            self.steps.select(self._step)
        self._box.setVisible(step is not None)
        if step is None or self._detail is None:
            return
        many = sum(one.sequence == step.sequence for one in self._detail.steps) > 1
        version = f", version {step.config_version} of its settings" if many else ""
        self.step_title.setText(f"Step {step.sequence}: {step.process_name}{version}")
        self.use_button.setVisible(many)
        stopped = "These settings are in use already." if step.status.value == "ACTIVE" else ""
        self.use_button.set_stopped((stopped,) if stopped else ())
        self.step_facts.say(wording.config_facts(step, first=step.sequence == self._detail.steps[0].sequence))

    def _go(self, command: str) -> None:
        if self._detail is None:
            return
        row = self._detail.row
        said = {"workflow.submit": "is in review", "workflow.activate": "is active", "workflow.archive": "is archived"}
        send = {"command": command, "product": row.product, "version": row.version}
        if command == "workflow.archive":
            ArchiveDialog(self, row, lambda: self._send(send, said[command])).open()
        else:
            self._send(send, said[command])

    def _send(self, fields: Mapping[str, object], said: str) -> None:
        self.presenter.save(fields, said=f"Workflow {fields['product']} / {fields['version']} {said}.")

    def _use(self) -> None:
        step = self._chosen()
        if step is None or self._detail is None:
            return
        row = self._detail.row
        self.presenter.save(
            {
                "command": "process_config.activate",
                "product": row.product,
                "version": row.version,
                "sequence": step.sequence,
                "config_version": step.config_version,
            },
            said=f"Step {step.sequence} is done with version {step.config_version} of its settings from now on.",
        )

    def _copy(self) -> None:
        if self._detail is not None:
            self.copy_asked.emit(
                {
                    "product": self._detail.row.product,
                    "steps": [wording.step_values(step) for step in self._detail.steps],
                }
            )


class ArchiveDialog(Dialog):
    """Asks once more before a routing is filed away for good."""

    def __init__(self, over: QWidget, row: WorkflowRow, answer: Callable[[], None]) -> None:
        super().__init__(over, f"Archive {row.product} / {row.version} for good?", width=620)
        self.body.addWidget(
            sentence(
                "It can never be used again. If it is active, new orders of the product have no operations until another is."
            )
        )
        self.first = self.add_close("Keep it")
        self.go = self.add_button(Button("Archive it", kind=Kind.DANGER, icon="retired", height=64))
        self.go.tapped.connect(self.close_dialog)
        self.go.tapped.connect(answer)


def _due(on: date | None, what: str, today: date) -> Look | None:
    words, tone = wording.due_day(on, what, today)
    return Look(tone, "calendar", formats.words(words)) if tone else None


def _type(row: ConfigRow) -> str:
    return formats.words(row.machine_type.value) if row.machine_type else ""


def _for_one(one: wording.TreeLine) -> str:
    line = one.line
    scrap = f" + {formats.quantity(line.scrap_percentage)} %" if line.scrap_percentage else ""
    return formats.quantity(line.quantity, line.unit) + scrap


def _issue(one: wording.TreeLine) -> str:
    line = one.line
    at = f", op {line.operation_sequence}" if line.operation_sequence is not None else ""
    return formats.words(line.issue_method.value) + at


def _key(row: WorkflowRow) -> tuple[str, str]:
    return row.product, row.version


def _filling(button: Button, widget: QWidget) -> QWidget:
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
    column.setSpacing(SPACE)
    column.addWidget(button, 0, Qt.AlignmentFlag.AlignRight)
    column.addWidget(widget, 1)
    return page


def _page(*widgets: QWidget) -> QWidget:
    """Put widgets one below another on a page that scrolls."""
    inside = QWidget()
    column = QVBoxLayout(inside)
    column.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, 2 * SPACE)
    column.setSpacing(2 * SPACE)
    for widget in widgets:
        if isinstance(widget, Button):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignLeft)
        else:
            column.addWidget(widget)
    column.addStretch(1)
    return scrolled(inside)
