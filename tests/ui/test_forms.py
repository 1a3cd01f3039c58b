"""Forms from models: every field of every command that the set-up screen asks has its input, its label and its sentence."""

from datetime import date
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from mfg_desktop.exceptions import combine, refusal
from mfg_desktop.operations import COMMANDS, command_from
from mfg_desktop.operations.sentences import sentence
from mfg_desktop.operations.stock import ReceiveStock
from mfg_desktop.ui.kit.buttons import Button
from mfg_desktop.ui.kit.forms import Asked, Form, RowDialog, RowsInput, label_of, unit_of, wanted
from mfg_desktop.ui.kit.inputs import (
    CalendarDialog,
    ChoiceInput,
    CodeInput,
    DayInput,
    NumberDialog,
    NumberInput,
    Offer,
    PairsInput,
    PickDialog,
    ProseInput,
    TruthInput,
)
from mfg_desktop.ui.kit.tables import Column
from mfg_desktop.ui.kit.text import Label
from mfg_desktop.ui.kit.trees import Branch, Tree
from mfg_desktop.ui.setup import wording
from mfg_desktop.ui.setup.editors import form_of
from mfg_desktop.ui.theme import TOUCH, Choice, Theme

TODAY = date(2026, 11, 22)
ASKED = (*wording.FORMS, "gauge.create", "fixture.record_check", "gauge.record_calibration")
LISTS_AND_KEYS = {"lines", "steps", "shifts", "source", "target"}
"""Fields that write to no column of their own."""


def shown(form: Form, qtbot: QtBot, *, width: int = 760) -> Form:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(width, 900)
    form.setParent(window)
    form.resize(width, form.sizeHint().height())
    window.show()
    window.activateWindow()
    return form


def line_of(form: Form, name: str) -> QWidget:
    line = form.fields[name].inside.focusProxy()
    assert line is not None
    return line


@pytest.mark.parametrize("command", ASKED)
def test_every_field_says_what_it_means_in_the_words_of_its_column(command: str, theme: Theme) -> None:
    model = COMMANDS[command]
    mute = [
        name
        for name in model.model_fields
        if name not in (*wording.ENVELOPE, *LISTS_AND_KEYS) and not sentence(command, name).endswith(".")
    ]

    assert mute == []


@pytest.mark.parametrize(
    ("command", "rows"), [("bom.set", "lines"), ("workflow.create", "steps"), ("settings.set", "shifts")]
)
def test_every_field_of_a_row_says_what_it_means(command: str, rows: str) -> None:
    model = wanted(COMMANDS[command].model_fields[rows]).kind

    assert [name for name in model.model_fields if not sentence(command, f"{rows}.{name}")] == []


@pytest.mark.parametrize("command", ASKED)
def test_what_a_screen_says_of_a_form_speaks_of_fields_that_there_are(command: str) -> None:
    model = COMMANDS[command]
    wishes = wording.FORMS.get(command, wording.PLAIN)
    for path in [*wishes.asked, *wishes.needed, *(name for _, names in wishes.sections for name in names)]:
        name, _, inner = path.partition(".")
        assert name in model.model_fields
        assert not inner or inner in wanted(model.model_fields[name]).kind.model_fields


@pytest.mark.parametrize(
    ("command", "name", "kind"),
    [
        ("machine.update", "type", ChoiceInput),
        ("machine.update", "weight_kg", NumberInput),
        ("machine.update", "last_maintenance", DayInput),
        ("machine.update", "description", ProseInput),
        ("machine.update", "active", TruthInput),
        ("machine.update", "department", CodeInput),
        ("workflow.create", "steps", RowsInput),
    ],
)
def test_a_field_gets_the_input_of_its_kind(command: str, name: str, kind: type, theme: Theme) -> None:
    form = form_of(command, today=TODAY)

    assert type(form.fields[name].inside) is kind


def test_a_label_leaves_the_unit_to_stand_beside_the_number() -> None:
    asked = Asked()

    assert (label_of("setup_minutes", asked), unit_of("setup_minutes", asked)) == ("Setup", "min")
    assert (label_of("serial_number", asked), unit_of("serial_number", asked)) == ("Serial number", "")


def test_values_come_as_a_command_takes_them(theme: Theme) -> None:
    form = form_of("fixture.create", today=TODAY)
    form.fill({"code": "FX-1", "name": "Vice", "fixture_type": "Vice", "check_interval_days": 30})

    command = command_from({"command": "fixture.create", **form.values()})

    assert command.model_dump(include={"code", "check_interval_days", "location"}) == {
        "code": "FX-1",
        "check_interval_days": 30,
        "location": None,
    }


def test_only_what_was_changed_is_a_change_and_an_emptied_field_is_none(theme: Theme) -> None:
    form = form_of("machine.update", today=TODAY)
    form.load({"machine": "CNC-1", "brand": "Mazak", "weight_kg": Decimal("4100.000"), "active": True})

    before = form.dirty()
    form.fill({"brand": None, "tool_count": 40})

    assert not before
    assert form.changes() == {"brand": None, "tool_count": 40}


def test_a_comma_is_a_point_and_letters_are_refused_at_their_field(theme: Theme) -> None:
    form = form_of("machine.create", today=TODAY)
    form.fill({"machine": "M-1", "type": "DRILLING", "weight_kg": "4100,5", "tool_count": "many"})

    taken = form.check()

    assert form.values()["weight_kg"] == "4100.5"
    assert not taken
    assert "cannot be read" in form.fields["tool_count"].wrong()
    assert form.fields["weight_kg"].wrong() == ""


def test_refusals_land_at_their_fields_and_the_rest_is_given_back(theme: Theme) -> None:
    form = form_of("machine.create", today=TODAY)
    form.fill({"machine": "M-1", "department": "NOWHERE"})

    rest = form.refuse(
        combine(
            [
                refusal("VALIDATION_DUPLICATE_VALUE", field="machine", value="M-1"),
                refusal("VALIDATION_INVALID_CHOICE", field="department", value="NOWHERE"),
                refusal("SYSTEM_BUSY"),
            ]
        )
    )

    assert "M-1" in form.fields["machine"].wrong()
    assert form.fields["department"].wrong()
    assert rest is not None
    assert [one.code for one in rest.violations] == ["SYSTEM_BUSY"]


def test_a_refusal_of_a_row_lands_in_the_row_and_says_which(theme: Theme) -> None:
    form = form_of("workflow.create", today=TODAY)
    form.load({"steps": [{"sequence": 10, "process": "TURN"}, {"sequence": 20, "process": "FLY", "fixture": "FX-9"}]})

    choice = form.refuse(refusal("VALIDATION_INVALID_CHOICE", field="steps.1.process", value="FLY"))
    unknown = form.refuse(refusal("FIXTURE_NOT_FOUND", fixture="FX-9"))

    assert choice is None
    assert unknown is None
    assert form.fields["steps"].wrong().startswith("Step 2, Fixture:")


def test_writing_in_a_field_takes_back_what_was_wrong_with_it(qtbot: QtBot, theme: Theme) -> None:
    form = shown(form_of("process.create", today=TODAY), qtbot)
    form.refuse(refusal("VALIDATION_REQUIRED_FIELD", field="name"))

    wrong = form.fields["name"].wrong()
    line = line_of(form, "name")
    QTest.keyClicks(line, "Turning")

    assert wrong
    assert form.fields["name"].wrong() == ""


def test_enter_saves_and_escape_leaves(qtbot: QtBot, theme: Theme) -> None:
    form = shown(form_of("process.create", today=TODAY), qtbot)
    line = line_of(form, "name")

    with qtbot.waitSignal(form.saved):
        QTest.keyClick(line, Qt.Key.Key_Return)
    with qtbot.waitSignal(form.left):
        QTest.keyClick(line, Qt.Key.Key_Escape)


def test_tab_goes_through_the_fields_in_their_order(qtbot: QtBot, theme: Theme) -> None:
    form = shown(form_of("process.create", today=TODAY), qtbot)
    form.focus_first()
    visited = []
    for _ in form.fields:
        now = form.window().focusWidget()
        visited.append(next(name for name, field in form.fields.items() if field.isAncestorOf(now)))
        QTest.keyClick(now, Qt.Key.Key_Tab)

    assert visited == list(form.fields)


def test_a_narrow_form_has_one_column(qtbot: QtBot, theme: Theme) -> None:
    form = shown(form_of("process.create", today=TODAY), qtbot)
    wide = form.fields["name"].y() == form.fields["process_code"].y()

    form.resize(420, 900)
    qtbot.waitUntil(lambda: form.fields["name"].y() > form.fields["process_code"].y())

    assert wide


def test_rows_are_added_changed_moved_and_removed(qtbot: QtBot, theme: Theme) -> None:
    form = shown(form_of("bom.set", today=TODAY, leave_out=("product",)), qtbot)
    form.load({"lines": [{"component": "BAR", "quantity": Decimal("0.500")}, {"component": "NUT", "quantity": "4"}]})
    rows = form.fields["lines"].inside
    assert isinstance(rows, RowsInput)

    def dialog() -> RowDialog:
        return next(one for one in form.window().findChildren(RowDialog) if one.is_open())

    rows.table.chosen.emit(0)
    dialog().form.fill({"quantity": "0.75"})
    dialog().go.tapped.emit()
    rows.table.chosen.emit(0)
    dialog().moved.emit(1)
    dialog().close_dialog()
    rows.add_button.tapped.emit()
    dialog().form.fill({"component": "GREASE"})
    dialog().go.tapped.emit()
    still_open = dialog().form.fields["quantity"].wrong()
    dialog().form.fill({"quantity": "1"})
    dialog().go.tapped.emit()
    rows.table.chosen.emit(0)
    dialog().remove_button.tapped.emit()
    lines = form.values()["lines"]

    assert still_open
    assert isinstance(lines, list)
    assert [(line["component"], line["quantity"]) for line in lines] == [("BAR", "0.75"), ("GREASE", "1")]
    assert form.dirty()


def test_a_row_that_is_open_finds_its_place_in_a_list_that_somebody_else_has_changed(
    qtbot: QtBot, theme: Theme
) -> None:
    form = shown(form_of("bom.set", today=TODAY, leave_out=("product",)), qtbot)
    bar, nut, oil = ({"component": one, "quantity": "1"} for one in ("BAR", "NUT", "OIL"))
    form.load({"lines": [bar, nut, oil]})
    rows = form.fields["lines"].inside
    assert isinstance(rows, RowsInput)

    def dialog() -> RowDialog:
        return next(one for one in form.window().findChildren(RowDialog) if one.is_open())

    def lines() -> list[tuple[str, str]]:
        found = form.values()["lines"]
        assert isinstance(found, list)
        return [(line["component"], line["quantity"]) for line in found]

    rows.table.chosen.emit(2)
    form.meet({"lines": [oil, bar]})
    dialog().form.fill({"quantity": "5"})
    dialog().go.tapped.emit()
    assert lines() == [("OIL", "5"), ("BAR", "1")]

    form.load({"lines": [bar, nut, oil]})
    rows.table.chosen.emit(2)
    form.meet({"lines": [bar]})
    dialog().form.fill({"quantity": "5"})
    dialog().go.tapped.emit()
    assert lines() == [("BAR", "1"), ("OIL", "5")]

    form.load({"lines": [bar, nut, oil]})
    rows.table.chosen.emit(1)
    form.meet({"lines": [bar]})
    dialog().remove_button.tapped.emit()
    assert lines() == [("BAR", "1")]


def test_a_new_step_suggests_the_next_sequence(qtbot: QtBot, theme: Theme) -> None:
    form = shown(form_of("workflow.create", today=TODAY), qtbot)
    form.load({"steps": [{"sequence": 10, "process": "TURN"}, {"sequence": 25, "process": "MILL"}]})
    rows = form.fields["steps"].inside
    assert isinstance(rows, RowsInput)

    rows.add_button.tapped.emit()
    dialog = form.window().findChild(RowDialog)

    assert dialog is not None
    assert dialog.form.values()["sequence"] == 30


def test_a_code_is_picked_by_search_by_scan_or_typed_with_its_name_beside(qtbot: QtBot, theme: Theme) -> None:
    form = shown(form_of("workflow.create", today=TODAY), qtbot)
    form.offer("material", [Offer("BAR", "Round bar"), Offer("NUT", "Nut M8")])
    field = form.fields["product"].inside
    assert isinstance(field, CodeInput)

    field.pick_button.tapped.emit()
    dialog = form.window().findChild(PickDialog)
    assert dialog is not None
    dialog.search.setText("nut")
    QTest.keyClick(dialog.search, Qt.Key.Key_Return)
    picked = field.value()
    field.set_value("BAR")

    assert picked == "NUT"
    assert field.name_label.whole() == "Round bar"


@pytest.mark.parametrize("choice", [Choice.LIGHT, Choice.DARK, Choice.CONTRAST])
def test_the_list_of_completions_is_painted_on_a_ground_of_its_own(qtbot: QtBot, theme: Theme, choice: Choice) -> None:
    theme.choose(choice)
    form = shown(form_of("workflow.create", today=TODAY), qtbot)
    form.offer("material", [Offer("BAR", "Round bar"), Offer("BARREL", "Barrel")])
    field = form.fields["product"].inside
    assert isinstance(field, CodeInput)

    field.line.setFocus()
    QTest.keyClicks(field.line, "bar")
    popup = field.line.completer().popup()
    assert popup is not None
    qtbot.waitUntil(popup.isVisible)

    ground = popup.grab().toImage().pixelColor(popup.width() - 6, TOUCH // 2)
    assert ground == QColor(theme.tokens.surface)
    assert popup.palette().color(popup.foregroundRole()) == QColor(theme.tokens.text)


def test_a_scan_picks_only_what_is_offered(qtbot: QtBot, theme: Theme) -> None:
    taken: list[str] = []
    window = QWidget()
    qtbot.addWidget(window)
    dialog = PickDialog(window, "Pick", [Offer("BAR", "Round bar")], taken.append)
    dialog.open()

    assert not dialog.scanned("ELSE")
    assert dialog.scanned("BAR")
    assert taken == ["BAR"]


@pytest.mark.parametrize("choice", [Choice.LIGHT, Choice.DARK, Choice.CONTRAST])
def test_what_is_proposed_while_typing_can_be_read_in_every_look(qtbot: QtBot, theme: Theme, choice: Choice) -> None:
    theme.choose(choice)
    window = QWidget()
    qtbot.addWidget(window)
    field = CodeInput("Component")
    QVBoxLayout(window).addWidget(field)
    field.offer([Offer("BAR", "Round bar"), Offer("BAR-2", "Square bar")])
    window.resize(600, 200)
    window.show()
    window.activateWindow()
    field.line.setFocus()

    QTest.keyClicks(field.line, "BA")
    completer = field.line.completer()
    assert completer is not None
    popup = completer.popup()
    assert popup is not None
    qtbot.waitUntil(popup.isVisible)
    picture = popup.grab().toImage()

    colours = {picture.pixelColor(x, y).name() for x in range(4, picture.width() - 4) for y in range(4, TOUCH)}
    assert picture.pixelColor(picture.width() - 20, TOUCH // 2).name() == QColor(theme.tokens.surface).name()
    assert QColor(theme.tokens.text).name() in colours


def test_the_words_of_a_list_that_drops_down_are_made_for_fingers(qtbot: QtBot, theme: Theme) -> None:
    form = shown(form_of("process.create", today=TODAY), qtbot)
    drop = form.findChild(QComboBox)
    assert drop is not None

    drop.showPopup()
    words = drop.view()

    heights = {words.visualRect(words.model().index(row, 0)).height() for row in range(drop.count())}
    drop.hidePopup()
    assert min(heights) >= TOUCH


def test_a_day_is_tapped_in_the_calendar(qtbot: QtBot, theme: Theme) -> None:
    form = shown(form_of("fixture.create", today=TODAY), qtbot)
    field = form.fields["last_checked"].inside
    assert isinstance(field, DayInput)

    field.calendar_button.tapped.emit()
    dialog = form.window().findChild(CalendarDialog)
    assert dialog is not None
    next(button for button in dialog.days if button.text() == "7").tapped.emit()

    assert field.value() == "2026-11-07"


def test_a_moment_keeps_its_hour_when_its_day_is_tapped(qtbot: QtBot, theme: Theme) -> None:
    form = shown(Form(ReceiveStock, today=TODAY), qtbot)
    field = form.fields["received_at"].inside
    assert isinstance(field, DayInput)

    QTest.keyClicks(field.line, "2026-11-23 06:30")
    field.calendar_button.tapped.emit()
    dialog = form.window().findChild(CalendarDialog)
    assert dialog is not None
    next(button for button in dialog.days if button.text() == "7").tapped.emit()

    assert field.value() == "2026-11-07 06:30"


@pytest.mark.parametrize(
    ("typed", "shown_after", "value"),
    [
        ("2026-12-01", "1 Dec 2026", "2026-12-01"),
        ("1 dec", "1 Dec 2026", "2026-12-01"),
        ("1. December 2027", "1 Dec 2027", "2027-12-01"),
        ("01.12.2026", "1 Dec 2026", "2026-12-01"),
        ("2026-12-01 6:00", "1 Dec 2026 06:00", "2026-12-01 06:00"),
        ("1 Dec 2026 25:00", "1 Dec 2026 25:00", "2026-12-01 25:00"),
        ("31 Feb 2026", "31 Feb 2026", "31 Feb 2026"),
        ("1 Foo 2026", "1 Foo 2026", "1 Foo 2026"),
        ("tomorrow", "tomorrow", "tomorrow"),
    ],
)
def test_a_day_is_typed_in_many_ways_and_shown_as_everywhere_in_the_window(
    qtbot: QtBot, theme: Theme, typed: str, shown_after: str, value: str
) -> None:
    form = shown(Form(ReceiveStock, today=TODAY), qtbot)
    field = form.fields["received_at"].inside
    assert isinstance(field, DayInput)

    field.line.setFocus()
    QTest.keyClicks(field.line, typed)
    before = field.value()
    QTest.keyClick(field.line, Qt.Key.Key_Return)

    assert field.line.text() == shown_after
    assert before == field.value() == value


def test_a_day_that_was_kept_is_shown_in_words_and_is_no_change(qtbot: QtBot, theme: Theme) -> None:
    form = shown(form_of("machine.update", today=TODAY), qtbot)

    form.load({"last_maintenance": date(2026, 10, 1), "axis_count": "AXIS_3"})
    field = form.fields["last_maintenance"].inside
    assert isinstance(field, DayInput)
    loaded, dirty = field.line.text(), form.dirty()
    form.fill({"last_maintenance": "2026-10-02", "axis_count": "AXIS_4"})
    form.meet({"last_maintenance": date(2026, 10, 3), "axis_count": "AXIS_5"})

    assert (loaded, dirty) == ("1 Oct 2026", False)
    assert form.changes() == {"last_maintenance": "2026-10-02", "axis_count": "AXIS_4"}
    assert form.fields["last_maintenance"].wrong() == "Elsewhere this became 3 Oct 2026. Save keeps yours."
    assert form.fields["axis_count"].wrong() == "Elsewhere this became Axis 5. Save keeps yours."


def test_a_number_is_tapped_on_the_pad(qtbot: QtBot, theme: Theme) -> None:
    form = shown(form_of("fixture.create", today=TODAY), qtbot)
    field = form.fields["check_interval_days"].inside
    assert isinstance(field, NumberInput)

    field.pad_button.tapped.emit()
    dialog = form.window().findChild(NumberDialog)
    assert dialog is not None
    for key in "45":
        dialog.pad.press(key)
    dialog.go.tapped.emit()

    assert field.value() == 45


def test_pairs_keep_numbers_truths_and_words(theme: Theme) -> None:
    pairs = PairsInput()
    given = {"spindle rpm": 1800, "coolant": True, "feed": Decimal("0.25"), "chuck": "soft jaws: turned"}

    pairs.set_value(given)

    assert pairs.value() == given


def test_nothing_in_a_form_is_smaller_than_a_finger(qtbot: QtBot, theme: Theme) -> None:
    form = shown(form_of("machine.update", today=TODAY), qtbot)

    small = [name for name, field in form.fields.items() if field.inside.height() < TOUCH]

    assert small == []


def test_the_line_under_a_row_of_a_tree_runs_straight_through_its_columns(qtbot: QtBot, theme: Theme) -> None:
    tree = Tree([Column("Name", lambda row: row, stretch=True), Column("Pieces", lambda row: "", width=90)])
    qtbot.addWidget(tree)
    tree.show_branches((Branch("a", "A"), Branch("b", "B")))
    tree.resize(400, 220)
    tree.show()

    picture = tree.table.viewport().grab().toImage()

    across = (picture.width() // 2, picture.width() - 20)
    under = [
        [y for y in range(TOUCH + 4, picture.height()) if picture.pixel(x, y) != picture.pixel(x, picture.height() - 1)]
        for x in across
    ]
    assert under[0]
    assert under[0] == under[1]


def test_a_branch_closes_and_opens_by_tap_and_by_key_and_stays_so(qtbot: QtBot, theme: Theme) -> None:
    tree = Tree([Column("Name", lambda row: row, stretch=True)])
    qtbot.addWidget(tree)
    roots = (Branch("a", "A", (Branch("ab", "B", (Branch("abc", "C"),)),)), Branch("d", "D"))
    tree.show_branches(roots)
    tree.show()

    everything = [twig.key for twig in tree.twigs()]
    tree.table.chosen.emit("ab")
    tree.show_branches(roots)
    folded = [twig.key for twig in tree.twigs()]
    tree.table.select("a")
    QTest.keyClick(tree.table, Qt.Key.Key_Left)
    closed = [twig.key for twig in tree.twigs()]
    QTest.keyClick(tree.table, Qt.Key.Key_Right)

    assert everything == ["a", "ab", "abc", "d"]
    assert folded == ["a", "ab", "d"]
    assert closed == ["a", "d"]
    assert [twig.key for twig in tree.twigs()] == ["a", "ab", "d"]


def test_a_row_that_cannot_move_further_says_why(theme: Theme, qtbot: QtBot) -> None:
    form = shown(form_of("settings.set", today=TODAY), qtbot)
    shifts = [{"name": name, "start": "06:00", "end": "14:00"} for name in ("Early", "Late")]
    form.load({"shifts": shifts})
    rows = form.fields["shifts"].inside
    assert isinstance(rows, RowsInput)
    rows.table.chosen.emit(0)
    dialog = next(one for one in form.window().findChildren(RowDialog) if one.is_open())
    up, down = (next(one for one in dialog.findChildren(Button) if one.accessibleName() == name)
                for name in ("Move up", "Move down"))  # fmt: skip

    QTest.mouseClick(up, Qt.MouseButton.LeftButton)
    told = [label.text() for label in dialog.findChildren(Label) if label.isVisible()]
    QTest.mouseClick(down, Qt.MouseButton.LeftButton)

    assert "It is the first shift already." in told
    value = rows.value()
    assert isinstance(value, list)
    assert [shift["name"] for shift in value] == ["Late", "Early"]


def test_what_is_refused_is_said_by_the_names_on_the_form(theme: Theme, qtbot: QtBot) -> None:
    machine = shown(form_of("machine.create", today=TODAY), qtbot)
    routing = shown(form_of("workflow.create", today=TODAY), qtbot)
    routing.load({"steps": [{"sequence": 10, "process": "NOPE"}]})

    machine.refuse(refusal("VALIDATION_INVALID_FORMAT", field="spindle_speed_rpm", reason="must be a whole number"))
    routing.refuse(refusal("VALIDATION_INVALID_CHOICE", field="steps.0.process", value="NOPE"))

    assert (
        machine.fields["spindle_speed_rpm"].wrong()
        == "The entry for spindle speed cannot be read: must be a whole number."
    )
    assert routing.fields["steps"].wrong() == "Step 1, Process: “NOPE” is not possible for process."
