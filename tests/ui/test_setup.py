"""The set-up screen: what is written is never lost, what is refused is said at its field, and every area opens."""

from collections.abc import Callable
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mfg_desktop.ui.kit.buttons import Button
from mfg_desktop.ui.kit.dialogs import Dialog
from mfg_desktop.ui.kit.forms import RowDialog, RowsInput
from mfg_desktop.ui.kit.text import Label
from mfg_desktop.ui.setup.editors import Editor, FormDialog
from mfg_desktop.ui.setup.pages import (
    ArchiveDialog,
    DetailPage,
    MachinePage,
    NewPage,
    PlantPage,
    ProductPage,
    RetireDialog,
    ToolPage,
    WorkflowPage,
)
from mfg_desktop.ui.setup.presenter import AREAS, Area, Key
from mfg_desktop.ui.setup.view import SetupView, UnsavedDialog
from mfg_desktop.ui.theme import TOUCH, Choice, Theme
from tests.factories import Floor
from tests.ui.conftest import OpenScreen

Open = Callable[[], SetupView]
Page = TypeVar("Page", bound=DetailPage)
Kind = TypeVar("Kind", bound=Dialog)


@pytest.fixture
def open_view(open_screen: OpenScreen[SetupView]) -> Open:
    return lambda: open_screen(SetupView)


def opened(view: SetupView, area: Area, key: Key, kind: type[Page], qtbot: QtBot) -> Page:
    view.go(area, key)
    qtbot.waitUntil(lambda: view.presenter.detail is not None and isinstance(view.page(), kind))
    page = view.page()
    assert isinstance(page, kind)
    return page


def write(editor: Editor, **values: object) -> None:
    editor.form.fill(values)


def line_of(editor: Editor, name: str) -> QWidget:
    line = editor.form.fields[name].inside.focusProxy()
    assert line is not None
    return line


def dialog_of(view: SetupView, kind: type[Kind]) -> Kind:
    return next(one for one in view.window().findChildren(kind) if one.is_open())


def tap(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def routing(floor: Floor, version: str = "A") -> None:
    if not floor.ask("process.list").rows:
        floor.do("process.create", process_code="TURN", name="Turning", machine_type="CNC_LATHE", setup_minutes=30)
    steps = [
        {"sequence": 10, "process": "TURN", "parameters": {"rpm": 1800}},
        {"sequence": 10, "process": "TURN", "cycle_seconds": 90},
        {"sequence": 20, "process": "TURN", "machine": "CNC-2"},
    ]
    floor.do("workflow.create", product="GEAR", version=version, steps=steps)


def test_a_product_is_changed_by_enter(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    view = open_view()
    page = opened(view, Area.PRODUCTS, "GEAR", ProductPage, qtbot)
    page.tabs.choose(1)

    write(page.record, name="Spur gear z33")
    with qtbot.waitSignal(view.presenter.done):
        QTest.keyClick(line_of(page.record, "name"), Qt.Key.Key_Return)

    assert floor.ask("product.get", product="GEAR").row.name == "Spur gear z33"
    assert not page.dirty()


def test_what_is_missing_is_said_at_the_field_before_the_shop_is_asked(open_view: Open, qtbot: QtBot) -> None:
    view = open_view()
    page = opened(view, Area.PRODUCTS, "GEAR", ProductPage, qtbot)

    write(page.record, name=None, unit="kg")
    tried = page.record.save()

    assert not tried
    assert page.record.form.fields["name"].wrong()
    assert page.record.form.fields["unit"].inside.value() == "kg"


def test_what_is_wrong_has_room_on_a_page_that_lay_behind_a_dialog(open_view: Open, qtbot: QtBot) -> None:
    view = open_view()
    page = opened(view, Area.PRODUCTS, "GEAR", ProductPage, qtbot)
    tap(page.bill.edit_button)
    rows = page.bill.editor.form.fields["lines"].inside
    assert isinstance(rows, RowsInput)
    rows.table.chosen.emit(0)
    dialog_of(view, RowDialog).close_dialog()
    page.tabs.choose(1)
    view.grab()

    write(page.record, name=None)
    page.record.save()
    view.grab()

    field = page.record.form.fields["name"]
    assert field.inside.height() >= TOUCH
    assert field.inside.height() == line_of(page.record, "name").height()


def test_a_refused_machine_keeps_everything_that_was_written(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    floor.do("machine.update", machine="CNC-2", serial_number="S-1")
    view = open_view()
    page = opened(view, Area.MACHINES, "CNC-1", MachinePage, qtbot)

    write(page.editor, serial_number="S-1", brand="Mazak")
    page.editor.save()
    qtbot.waitUntil(lambda: bool(page.editor.form.fields["serial_number"].wrong()))

    assert page.editor.form.fields["brand"].inside.value() == "Mazak"
    assert floor.ask("machine.get", machine="CNC-1").row.brand is None
    assert page.dirty()


def test_news_leaves_a_half_filled_form_alone(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    view = open_view()
    page = opened(view, Area.MACHINES, "CNC-1", MachinePage, qtbot)
    write(page.editor, brand="Mazak")

    floor.do("machine.update", machine="CNC-1", model="VTC")
    with qtbot.waitSignal(view.presenter.opened_changed):
        view.presenter.refresh()

    assert page.editor.form.fields["brand"].inside.value() == "Mazak"
    assert page.dirty()


def test_leaving_asks_about_what_is_not_saved(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    view = open_view()
    page = opened(view, Area.MACHINES, "CNC-1", MachinePage, qtbot)
    write(page.editor, brand="Mazak")

    view.list.chosen.emit("CNC-2")
    dialog_of(view, UnsavedDialog).close_dialog()
    stayed = view.presenter.opened
    tap(view.area_buttons[Area.PRODUCTS])
    with qtbot.waitSignal(view.presenter.done):
        tap(dialog_of(view, UnsavedDialog).save_button)
    qtbot.waitUntil(lambda: view.presenter.area is Area.PRODUCTS)

    assert stayed == "CNC-1"
    assert floor.ask("machine.get", machine="CNC-1").row.brand == "Mazak"


def test_what_was_saved_while_it_was_asked_is_left(open_view: Open, qtbot: QtBot) -> None:
    view = open_view()
    page = opened(view, Area.MACHINES, "CNC-1", MachinePage, qtbot)
    write(page.editor, brand="Mazak")

    with qtbot.waitSignal(view.presenter.saved):
        page.editor.save()
        view.list.chosen.emit("CNC-2")
    tap(dialog_of(view, UnsavedDialog).save_button)

    assert view.presenter.opened == "CNC-2"


def test_discarding_goes_on_without_saving(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    view = open_view()
    page = opened(view, Area.MACHINES, "CNC-1", MachinePage, qtbot)
    write(page.editor, brand="Mazak")

    view.list.chosen.emit("CNC-2")
    tap(dialog_of(view, UnsavedDialog).discard_button)

    assert view.presenter.opened == "CNC-2"
    assert floor.ask("machine.get", machine="CNC-1").row.brand is None


def test_a_save_that_is_refused_does_not_leave(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    floor.do("machine.update", machine="CNC-2", serial_number="S-1")
    view = open_view()
    page = opened(view, Area.MACHINES, "CNC-1", MachinePage, qtbot)
    write(page.editor, serial_number="S-1")

    view.list.chosen.emit("CNC-2")
    tap(dialog_of(view, UnsavedDialog).save_button)
    qtbot.waitUntil(lambda: bool(page.editor.form.fields["serial_number"].wrong()))

    assert view.presenter.opened == "CNC-1"
    assert page.dirty()


def test_a_refused_save_is_not_made_up_for_by_the_next_one(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    floor.do("machine.update", machine="CNC-2", serial_number="S-1")
    view = open_view()
    page = opened(view, Area.MACHINES, "CNC-1", MachinePage, qtbot)
    write(page.editor, serial_number="S-1")
    view.list.chosen.emit("CNC-2")
    tap(dialog_of(view, UnsavedDialog).save_button)
    qtbot.waitUntil(lambda: bool(page.editor.form.fields["serial_number"].wrong()))

    write(page.editor, serial_number="S-2")
    with qtbot.waitSignal(view.presenter.done):
        page.editor.save()

    assert view.presenter.opened == "CNC-1"


def test_a_new_fixture_is_made_and_opened(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    view = open_view()
    view.go(Area.FIXTURES)

    tap(view.new_button)
    page = view.page()
    assert isinstance(page, NewPage)
    write(page.editor, code="FX-1", name="Chuck", fixture_type="Chuck")
    with qtbot.waitSignal(view.presenter.done):
        page.editor.save()
    qtbot.waitUntil(lambda: isinstance(view.page(), ToolPage))

    assert view.page().head.title() == "FX-1"  # type: ignore[union-attr]
    assert [row.fixture for row in floor.ask("fixture.list").rows] == ["FX-1"]


@pytest.mark.parametrize("area", [area for area in Area if area is not Area.PLANT])
def test_an_empty_new_thing_is_refused_at_every_field_that_is_needed(area: Area, open_view: Open, qtbot: QtBot) -> None:
    view = open_view()
    view.go(area)
    view.presenter.make_new()
    page = view.page()
    assert isinstance(page, NewPage)

    with qtbot.assertNotEmitted(view.presenter.refused):
        page.editor.save()

    fields = page.editor.form.fields
    assert [name for name, field in fields.items() if field.wrong()]
    assert fields[AREAS[area].keys[0]].wrong()


def test_braces_in_a_code_are_only_letters(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    view = open_view()
    view.go(Area.GAUGES)
    view.presenter.make_new()
    page = view.page()
    assert isinstance(page, NewPage)

    write(page.editor, code="GA-{1}", name="{name}")
    with qtbot.waitSignal(view.presenter.done) as said:
        page.editor.save()

    assert said.args == ["Gauge GA-{1} is there now."]


def test_a_bill_is_a_tree_for_so_many_pieces(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    floor.do("product.create", stock_code="BOX", name="Gear box", type="FINISHED", unit="pcs")
    floor.do("bom.set", product="BOX", lines=[{"component": "GEAR", "quantity": 2, "scrap_percentage": 10}])
    view = open_view()
    page = opened(view, Area.PRODUCTS, "BOX", ProductPage, qtbot)

    page.bill.pieces.set_value(10)
    page.bill.pieces.edited.emit()

    lines = [(twig.level, twig.row.line.component, twig.row.total) for twig in page.bill.tree.twigs()]
    assert lines == [(0, "GEAR", 22), (1, "BAR", 11), (1, "NUT", 88)]


def test_the_lines_of_a_bill_are_written_and_a_cycle_is_refused(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    view = open_view()
    page = opened(view, Area.PRODUCTS, "GEAR", ProductPage, qtbot)
    tap(page.bill.edit_button)

    write(page.bill.editor, lines=[{"component": "GEAR", "quantity": 1}])
    with qtbot.waitSignal(view.presenter.refused) as told:
        page.bill.editor.save()
    write(page.bill.editor, lines=[{"component": "BAR", "quantity": "0.75"}])
    with qtbot.waitSignal(view.presenter.done):
        page.bill.editor.save()

    assert told.args is not None
    assert told.args[0].code == "MATERIAL_BOM_CYCLE"
    assert [str(line.quantity) for line in floor.ask("product.get", product="GEAR").bom] == ["0.750"]
    assert not page.bill.editing()


def test_an_unknown_component_is_said_in_its_line(open_view: Open, qtbot: QtBot) -> None:
    view = open_view()
    page = opened(view, Area.PRODUCTS, "GEAR", ProductPage, qtbot)
    write(page.bill.editor, lines=[{"component": "BAR", "quantity": 1}, {"component": "GHOST", "quantity": 1}])

    page.bill.editor.save()
    field = page.bill.editor.form.fields["lines"]
    qtbot.waitUntil(lambda: bool(field.wrong()))

    assert field.wrong().startswith("Line 2, Component:")


def test_a_bill_is_copied_from_another_product(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    floor.do("product.create", stock_code="GEAR-2", name="Spur gear z40", type="FINISHED", unit="pcs")
    view = open_view()
    page = opened(view, Area.PRODUCTS, "GEAR-2", ProductPage, qtbot)

    tap(page.bill.copy_button)
    dialog = dialog_of(view, FormDialog)
    dialog.form.fill({"source": "GEAR"})
    with qtbot.waitSignal(view.presenter.done):
        dialog.save()

    assert [line.component for line in floor.ask("product.get", product="GEAR-2").bom] == ["BAR", "NUT"]
    assert not dialog.is_open()


def test_a_product_without_a_workflow_leads_to_a_new_one(open_view: Open, qtbot: QtBot) -> None:
    view = open_view()
    page = opened(view, Area.PRODUCTS, "GEAR", ProductPage, qtbot)
    page.tabs.choose(2)

    tap(page.new_workflow_button)

    made = view.page()
    assert isinstance(made, NewPage)
    assert view.presenter.area is Area.WORKFLOWS
    assert made.editor.form.fields["product"].inside.value() == "GEAR"


def test_where_it_is_used_leads_there(open_view: Open, qtbot: QtBot) -> None:
    view = open_view()
    page = opened(view, Area.PRODUCTS, "BAR", ProductPage, qtbot)

    button = page.bill.used_in.findChild(Button)
    assert button is not None
    tap(button)

    assert view.presenter.opened == "GEAR"


def test_a_routing_goes_from_draft_to_use_and_to_the_archive(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    routing(floor)
    view = open_view()
    page = opened(view, Area.WORKFLOWS, ("GEAR", "A"), WorkflowPage, qtbot)
    stopped_first = page.ways["workflow.activate"].stopped()

    statuses = []
    for command in ("workflow.submit", "workflow.activate", "workflow.archive"):
        qtbot.waitUntil(lambda command=command: not page.ways[command].stopped() and not page.ways[command].working())  # type: ignore[misc]
        tap(page.ways[command])
        if command == "workflow.archive":
            with qtbot.waitSignal(view.presenter.done):
                tap(dialog_of(view, ArchiveDialog).go)
        else:
            qtbot.waitUntil(lambda: not view.presenter.busy())
        statuses.append(floor.ask("workflow.get", product="GEAR", version="A").row.status.value)

    assert stopped_first
    assert statuses == ["REVIEW", "ACTIVE", "ARCHIVED"]


def test_other_settings_of_a_step_are_put_to_use(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    routing(floor)
    floor.do("workflow.submit", product="GEAR", version="A")
    floor.do("workflow.activate", product="GEAR", version="A")
    view = open_view()
    page = opened(view, Area.WORKFLOWS, ("GEAR", "A"), WorkflowPage, qtbot)

    page.steps.chosen.emit((10, 1))
    first = page.use_button.stopped()
    page.steps.chosen.emit((10, 2))
    with qtbot.waitSignal(view.presenter.done):
        tap(page.use_button)

    steps = floor.ask("workflow.get", product="GEAR", version="A").steps
    assert first
    assert [(step.config_version, step.status.value) for step in steps if step.sequence == 10] == [
        (1, "OBSOLETE"),
        (2, "ACTIVE"),
    ]


def test_a_new_version_starts_with_the_steps_of_the_old_one(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    routing(floor)
    view = open_view()
    page = opened(view, Area.WORKFLOWS, ("GEAR", "A"), WorkflowPage, qtbot)

    tap(page.copy_button)
    draft = view.page()
    assert isinstance(draft, NewPage)
    write(draft.editor, version="B")
    with qtbot.waitSignal(view.presenter.done):
        draft.editor.save()
    qtbot.waitUntil(lambda: view.presenter.opened == ("GEAR", "B") and view.presenter.detail is not None)

    old, new = (floor.ask("workflow.get", product="GEAR", version=version).steps for version in "AB")
    assert new == old


def test_a_wrong_step_of_a_new_routing_says_which(open_view: Open, qtbot: QtBot) -> None:
    view = open_view()
    view.go(Area.WORKFLOWS)
    view.presenter.make_new({"product": "GEAR", "steps": [{"sequence": 10, "process": "FLYING"}]})
    page = view.page()
    assert isinstance(page, NewPage)

    write(page.editor, version="A")
    page.editor.save()
    field = page.editor.form.fields["steps"]
    qtbot.waitUntil(lambda: bool(field.wrong()))

    assert field.wrong().startswith("Step 1, Process:")
    assert isinstance(field.inside, RowsInput)


def test_a_check_is_recorded_and_the_next_one_is_told(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    floor.do("fixture.create", code="FX-1", name="Chuck", fixture_type="Chuck", last_checked="2025-01-01")
    view = open_view()
    page = opened(view, Area.FIXTURES, "FX-1", ToolPage, qtbot)

    tap(page.record_button)
    dialog = dialog_of(view, FormDialog)
    dialog.form.fill({"notes": "Jaws worn"})
    with qtbot.waitSignal(view.presenter.done):
        tap(dialog.go)

    row = floor.ask("fixture.list").rows[0]
    assert (row.overdue, row.last_checked.year > 2025) == (False, True)


def test_a_gauge_is_retired_only_after_a_second_tap(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    floor.do("gauge.create", code="GA-1", name="Bore gauge")
    view = open_view()
    page = opened(view, Area.GAUGES, "GA-1", ToolPage, qtbot)

    tap(page.status_buttons["RETIRED"])
    after_one = floor.ask("gauge.list").rows[0].status.value
    with qtbot.waitSignal(view.presenter.done):
        tap(dialog_of(view, RetireDialog).go)

    assert (after_one, floor.ask("gauge.list").rows[0].status.value) == ("AVAILABLE", "RETIRED")


def test_a_state_that_is_stopped_says_why(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    floor.do("gauge.create", code="GA-1", name="Bore gauge")
    view = open_view()
    page = opened(view, Area.GAUGES, "GA-1", ToolPage, qtbot)

    with qtbot.waitSignal(page.why_asked) as why:
        tap(page.status_buttons["AVAILABLE"])

    assert why.args is not None
    assert "GA-1" in why.args[0]


def test_a_shift_is_added_and_drawn_before_it_is_saved(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    view = open_view()
    view.go(Area.PLANT)
    qtbot.waitUntil(lambda: isinstance(view.page(), PlantPage))
    page = view.page()
    assert isinstance(page, PlantPage)

    write(page.editor, shifts=[{"name": "Night", "start": "22:00", "end": "06:00", "planned_stop_minutes": 30}])
    drawn = page.picture.accessibleName()
    with qtbot.waitSignal(view.presenter.done):
        page.editor.save()

    assert "Night 22:00 to 24:00, Night 00:00 to 06:00" in drawn
    assert [shift.name for shift in floor.shop.plant().shifts] == ["Night"]


def test_a_time_that_is_none_is_refused_in_its_shift(open_view: Open, qtbot: QtBot) -> None:
    view = open_view()
    view.go(Area.PLANT)
    qtbot.waitUntil(lambda: isinstance(view.page(), PlantPage))
    page = view.page()
    assert isinstance(page, PlantPage)

    write(page.editor, shifts=[{"name": "Night", "start": "25:00", "end": "06:00"}])
    page.editor.save()
    qtbot.waitUntil(lambda: bool(page.editor.form.fields["shifts"].wrong()))

    assert page.editor.form.fields["shifts"].wrong().startswith("Shift 1, Start:")


def test_a_scan_opens_its_home(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    routing(floor)
    view = open_view()

    view.open_entity("Workflow", "GEAR/A")
    workflow = (view.presenter.area, view.presenter.opened)
    view.open_entity("Product", "BAR")

    assert workflow == (Area.WORKFLOWS, ("GEAR", "A"))
    assert (view.presenter.area, view.presenter.opened) == (Area.PRODUCTS, "BAR")


def test_a_scan_goes_into_the_code_that_has_the_focus(open_view: Open, qtbot: QtBot) -> None:
    view = open_view()
    view.go(Area.WORKFLOWS)
    view.presenter.make_new()
    page = view.page()
    assert isinstance(page, NewPage)

    elsewhere = view.scanned("GEAR") if not line_of(page.editor, "product").hasFocus() else False
    line_of(page.editor, "product").setFocus()
    qtbot.waitUntil(lambda: line_of(page.editor, "product").hasFocus())
    taken = view.scanned("GEAR")

    assert (elsewhere, taken) == (False, True)
    assert page.editor.form.values()["product"] == "GEAR"


def test_what_the_top_field_did_not_find_is_searched_in_the_list(open_view: Open, qtbot: QtBot) -> None:
    view = open_view()

    taken = view.search("spur")
    qtbot.waitUntil(lambda: len(view.presenter.rows()) == 1)
    view.go(Area.PLANT)

    assert taken
    assert not view.search("spur")


def test_a_thing_is_opened_by_the_keyboard_alone(open_view: Open, qtbot: QtBot) -> None:
    view = open_view()
    view.list.setFocus()

    QTest.keyClick(view.list, Qt.Key.Key_Down)
    QTest.keyClick(view.list, Qt.Key.Key_Down)
    QTest.keyClick(view.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.presenter.detail is not None)

    assert view.presenter.opened in ("BAR", "GEAR", "NUT")


def test_what_is_asked_for_is_not_said_to_be_closed(open_view: Open, qtbot: QtBot) -> None:
    view = open_view()

    def said() -> str:
        shown = view.stack.currentWidget()
        return shown.accessibleName() if shown is not None else ""

    before = said()

    view.presenter.open("GEAR")
    meanwhile = said()
    with qtbot.waitSignal(view.presenter.refused):
        view.presenter.open("NO-SUCH")

    assert before.startswith("No product is open")
    assert meanwhile.startswith("Asking the shop")
    assert view.presenter.opened is None
    assert said() == before


def test_a_bill_is_told_in_the_unit_of_its_product(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    floor.do("bom.set", product="BAR", lines=[{"component": "NUT", "quantity": 1}])
    view = open_view()

    page = opened(view, Area.PRODUCTS, "BAR", ProductPage, qtbot)

    assert page.bill.pieces.unit.text() == "m"


def test_a_form_begins_where_something_is_to_be_written(open_view: Open, qtbot: QtBot) -> None:
    view = open_view()
    view.presenter.choose(Area.WORKFLOWS)
    view.presenter.make_new({"product": "GEAR"})
    page = view.page()
    assert isinstance(page, NewPage)

    version = view.window().focusWidget()
    steps = page.editor.form.fields["steps"].inside
    assert isinstance(steps, RowsInput)
    tap(steps.add_button)
    qtbot.waitUntil(lambda: dialog_of(view, RowDialog).isAncestorOf(view.window().focusWidget()))
    row = dialog_of(view, RowDialog).form

    assert version is line_of(page.editor, "version")
    assert row.fields["sequence"].inside.value() == 10
    assert view.window().focusWidget() is row.fields["process"].inside.focusProxy()


def test_escape_leaves_the_opened_thing(open_view: Open, qtbot: QtBot) -> None:
    view = open_view()
    page = opened(view, Area.MACHINES, "CNC-1", MachinePage, qtbot)

    QTest.keyClick(line_of(page.editor, "brand"), Qt.Key.Key_Escape)

    assert view.presenter.opened is None


@pytest.mark.parametrize("choice", Choice)
def test_every_area_opens_in_every_look_and_is_made_for_fingers(
    choice: Choice, open_view: Open, floor: Floor, theme: Theme, qtbot: QtBot
) -> None:
    routing(floor)
    floor.do("fixture.create", code="FX-1", name="Chuck", fixture_type="Chuck")
    floor.do("gauge.create", code="GA-1", name="Bore gauge")
    theme.choose(choice)
    view = open_view()
    keys: dict[Area, Key | None] = {
        Area.PRODUCTS: "GEAR",
        Area.PROCESSES: "TURN",
        Area.WORKFLOWS: ("GEAR", "A"),
        Area.FIXTURES: "FX-1",
        Area.GAUGES: "GA-1",
        Area.MACHINES: "CNC-1",
        Area.PLANT: None,
    }
    small: list[str] = []
    for area, key in keys.items():
        view.go(area, key)
        qtbot.waitUntil(lambda: view.presenter.detail is not None)
        view.grab()
        small += [
            button.text() for button in view.findChildren(Button) if button.isVisible() and button.height() < TOUCH
        ]

    assert small == []


# ---------------------------------------------------------------------- two people at one record


def test_who_saves_over_somebody_elses_change_is_told_and_decides(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    view = open_view()
    page = opened(view, Area.PRODUCTS, "GEAR", ProductPage, qtbot)
    write(page.record, name="Gear of the first")
    floor.do("product.update", stock_code="GEAR", name="Gear of the second", unit="kg")

    with qtbot.waitSignal(view.presenter.refused) as refused:
        page.record.save()
    assert refused.args is not None
    error = refused.args[0]
    field = page.record.form.fields["name"]
    qtbot.waitUntil(lambda: bool(field.wrong()))

    assert (error.code, error.details["terminal"]) == ("WORK_ORDER_CHANGED_ELSEWHERE", "T9")
    assert error.message.startswith("ADMIN changed product GEAR on ")
    assert "Gear of the second" in field.wrong()
    assert (field.inside.value(), page.record.form.fields["unit"].inside.value()) == ("Gear of the first", "kg")

    with qtbot.waitSignal(view.presenter.done):
        page.record.save()
    row = floor.ask("product.get", product="GEAR").row
    assert (row.name, row.unit) == ("Gear of the first", "kg")


def test_a_change_elsewhere_is_told_beside_save_before_anything_is_refused(
    open_view: Open, floor: Floor, qtbot: QtBot
) -> None:
    view = open_view()
    page = opened(view, Area.PRODUCTS, "GEAR", ProductPage, qtbot)
    write(page.record, name="Gear of the first")
    floor.do("product.update", stock_code="GEAR", name="Gear of the second")

    view.presenter.refresh()
    qtbot.waitUntil(lambda: "changed elsewhere" in page.record.state())
    page.record.discard()

    assert page.record.form.fields["name"].inside.value() == "Gear of the second"
    assert page.record.state() == ""
    assert not page.dirty()


def test_a_machine_that_starts_while_its_record_is_written_is_no_conflict(
    open_view: Open, floor: Floor, qtbot: QtBot
) -> None:
    view = open_view()
    page = opened(view, Area.MACHINES, "CNC-1", MachinePage, qtbot)
    write(page.editor, brand="Hermle")
    floor.do("machine.set_status", machine="CNC-1", status="BROKEN", reason="Spindle")
    version = floor.ask("machine.get", machine="CNC-1").row.version

    view.presenter.refresh()
    qtbot.waitUntil(lambda: view.presenter.detail.row.version == version)
    with qtbot.waitSignal(view.presenter.done):
        page.editor.save()

    assert page.editor.state() == ""
    assert floor.ask("machine.get", machine="CNC-1").row.brand == "Hermle"


def test_a_bill_of_somebody_else_is_not_overwritten_unseen(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    view = open_view()
    page = opened(view, Area.PRODUCTS, "GEAR", ProductPage, qtbot)
    page.bill.edit()
    write(page.bill.editor, lines=[{"component": "BAR", "quantity": "7"}])
    floor.do("bom.set", product="GEAR", lines=[{"component": "NUT", "quantity": 3}])

    with qtbot.waitSignal(view.presenter.refused) as refused:
        page.bill.editor.save()

    assert refused.args is not None
    error = refused.args[0]
    assert error.message.startswith("ADMIN changed bill of material GEAR on ")
    assert [line.component for line in floor.ask("product.get", product="GEAR").bom] == ["NUT"]
    field = page.bill.editor.form.fields["lines"]
    qtbot.waitUntil(lambda: "another list" in field.wrong())


def test_what_is_saved_twice_in_a_row_is_no_conflict_with_oneself(open_view: Open, floor: Floor, qtbot: QtBot) -> None:
    view = open_view()
    page = opened(view, Area.PRODUCTS, "GEAR", ProductPage, qtbot)
    write(page.record, name="One")
    with qtbot.waitSignal(view.presenter.saved):
        page.record.save()
    write(page.record, name="Two")

    with qtbot.waitSignal(view.presenter.saved):
        page.record.save()

    qtbot.waitUntil(lambda: view.presenter.detail.row.name == "Two")
    assert floor.ask("product.get", product="GEAR").row.name == "Two"
    assert page.record.state() == ""


def test_what_is_wrong_below_a_list_is_brought_into_sight(open_view: Open, qtbot: QtBot) -> None:
    view = open_view()
    view.go(Area.WORKFLOWS)
    view.presenter.make_new()
    page = view.page()
    assert isinstance(page, NewPage)
    write(page.editor, product="GEAR", version="A", steps=[{"sequence": 10, "process": "NOPE"}])
    view.grab()

    with qtbot.waitSignal(view.presenter.not_saved):
        tap(page.editor.save_button)

    field = page.editor.form.fields["steps"]
    said = next(label for label in field.findChildren(Label) if label.text() == field.wrong())
    qtbot.waitUntil(lambda: said.visibleRegion().boundingRect().height() == said.height())


def test_who_saves_over_somebody_elses_settings_of_the_plant_is_told_and_decides(
    open_view: Open, floor: Floor, qtbot: QtBot
) -> None:
    view = open_view()
    view.go(Area.PLANT)
    qtbot.waitUntil(lambda: isinstance(view.page(), PlantPage))
    page = view.page()
    assert isinstance(page, PlantPage)
    write(page.editor, auto_lock_minutes=7)
    floor.do("settings.set", auto_lock_minutes=3, overproduction_percent=5)

    with qtbot.waitSignal(view.presenter.refused) as refused:
        page.editor.save()
    assert refused.args is not None
    field = page.editor.form.fields["auto_lock_minutes"]
    qtbot.waitUntil(lambda: bool(field.wrong()))
    kept = floor.shop.plant()
    with qtbot.waitSignal(view.presenter.done):
        page.editor.save()

    assert refused.args[0].message.startswith("ADMIN changed the plant's settings on ")
    assert (kept.auto_lock_minutes, kept.overproduction_percent) == (3, 5)
    plant = floor.shop.plant()
    assert (plant.auto_lock_minutes, plant.overproduction_percent) == (7, 5)
