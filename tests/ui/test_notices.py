"""What the shop says back: one dialog for a refusal, with numbers, ways out, override and a report number."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from mfg_desktop.exceptions import CATALOGUE, combine, refusal
from mfg_desktop.queries.rows import Violation
from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.buttons import Button
from mfg_desktop.ui.notices import Notices, RefusalDialog, numbers_of
from mfg_desktop.ui.presenter import Presenter
from mfg_desktop.ui.theme import Tone
from mfg_desktop.vocabulary import MachineStatus, OrderStatus
from tests.factories import PIN, SUPERVISOR, Floor
from tests.ui.conftest import Place

pytestmark = pytest.mark.usefixtures("theme")
BERLIN = ZoneInfo("Europe/Berlin")
SHORT = {
    "material": "BAR-4140-45",
    "required": Decimal("50.000"),
    "available": Decimal("32.000"),
    "reserved_elsewhere": Decimal("18.000"),
    "short": Decimal("18.000"),
}


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    made.activateWindow()
    return made


@pytest.fixture
def notices(window: QWidget) -> Notices:
    return Notices(window, lambda: BERLIN)


def words_of(dialog: QWidget) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(QLabel) if not label.isHidden())


def button_of(dialog: QWidget, text: str) -> Button:
    return next(button for button in dialog.findChildren(Button) if button.text().startswith(text))


def test_one_refusal_shows_code_sentence_numbers_and_what_to_do_next(notices: Notices) -> None:
    error = refusal("MATERIAL_INSUFFICIENT_STOCK", **SHORT)

    dialog = notices.refuse(error)

    words = words_of(dialog)
    for said in ("MATERIAL_INSUFFICIENT_STOCK", error.message, error.next_step, "Required", "50", "Short", "18"):
        assert said in words


def test_several_refusals_are_one_dialog_with_a_list(notices: Notices) -> None:
    broken = refusal("MACHINE_BROKEN", machine="CNC-09")
    short = refusal("MATERIAL_INSUFFICIENT_STOCK", **SHORT)

    dialog = notices.refuse(combine([broken, short]))

    words = words_of(dialog)
    assert "MACHINE_BROKEN \u00b7 2 reasons" in words
    for said in (broken.message, short.message, "MATERIAL_INSUFFICIENT_STOCK", "reserved elsewhere 18"):
        assert said in words


def test_a_way_out_closes_the_dialog_and_leads_there(qtbot: QtBot, notices: Notices) -> None:
    gone: list[str] = []
    dialog = notices.refuse(
        refusal("MATERIAL_INSUFFICIENT_STOCK", **SHORT),
        {"MATERIAL_INSUFFICIENT_STOCK": [("Allocate 32 m", lambda: gone.append("allocate"))]},
    )

    QTest.mouseClick(button_of(dialog, "Allocate 32 m"), Qt.MouseButton.LeftButton)

    assert gone == ["allocate"]
    assert not dialog.is_open()


def test_a_fault_of_ours_shows_its_report_number_and_no_traceback(notices: Notices) -> None:
    dialog = notices.refuse(refusal("SYSTEM_ERROR", report="A1B2C3D4"))

    words = words_of(dialog)
    assert "A1B2C3D4" in words
    assert "Traceback" not in words
    assert ".py" not in words


def test_everything_is_copied_for_support(qtbot: QtBot, notices: Notices) -> None:
    dialog = notices.refuse(combine([refusal("MACHINE_BROKEN", machine="CNC-09"), refusal("SYSTEM_BUSY")]))

    QTest.mouseClick(button_of(dialog, "Copy"), Qt.MouseButton.LeftButton)

    copied = QGuiApplication.clipboard().text()
    assert "MACHINE_BROKEN" in copied
    assert "SYSTEM_BUSY" in copied
    assert "machine: CNC-09" in copied


def test_return_closes_and_escape_closes(qtbot: QtBot, notices: Notices) -> None:
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Escape):
        dialog = notices.refuse(refusal("SYSTEM_BUSY"))
        with qtbot.waitSignal(dialog.closed):
            QTest.keyClick(dialog.close_button, key)


def test_every_code_of_the_catalogue_fits_the_window(qtbot: QtBot, window: QWidget, notices: Notices) -> None:
    for code in CATALOGUE:
        dialog = notices.refuse(refusal(code))
        QApplication.processEvents()
        assert dialog.panel.height() <= window.height() - 48, code
        assert dialog.code_label.height() < 80, code
        dialog.close_dialog()


def test_a_stopped_button_gets_the_same_dialog(notices: Notices) -> None:
    violation = Violation(
        "MACHINE_BROKEN", "CNC-09 is broken.", {"machine": "CNC-09"}, "Choose another.", overridable=False
    )

    dialog = notices.why("WO-1 cannot start yet", [violation])

    assert "WO-1 cannot start yet" in words_of(dialog)
    assert "CNC-09 is broken." in words_of(dialog)


def test_numbers_are_written_as_everywhere_in_the_window() -> None:
    told = dict(
        numbers_of(
            {
                "required": Decimal("1840.000"),
                "current_status": "IN_PROGRESS",
                "next_maintenance": date(2026, 11, 20),
                "moved_at": datetime.now(UTC),
                "nothing": None,
                "violations": [{"code": "X"}],
            },
            BERLIN,
        )
    )

    assert told["required"] == "1\u202f840"
    assert told["current status"] == "In progress"
    assert told["maintenance due"] == "20 Nov"
    assert ":" in told["moved at"]
    assert "nothing" not in told
    assert "violations" not in told


def test_a_unit_stands_beside_its_numbers_and_no_line_ends_between_them() -> None:
    details = {"material": "BAR_30", "unit": "m", "required": Decimal("12.480"), "short": Decimal(2), "days": 4}

    told = dict(numbers_of(details, BERLIN))

    assert told == {"material": "BAR_30", "required": "12.48\u00a0m", "short": "2\u00a0m", "days late": "4"}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("current_status", "DRAFT", "Draft"),
        ("required_status", [OrderStatus.PLANNED, OrderStatus.ON_HOLD], "Planned or On hold"),
        ("allowed", [MachineStatus.AVAILABLE], "Available"),
        ("machine", "DRAFT", "DRAFT"),
    ],
)
def test_states_are_written_in_the_words_of_the_window(name: str, value: object, said: str) -> None:
    assert [written for _, written in numbers_of({name: value}, BERLIN)] == [said]


def test_the_notice_line_says_what_was_done(notices: Notices) -> None:
    notices.say("WO-1 started", Tone.RUNNING)

    assert notices.said() == "WO-1 started"


# ---------------------------------------------------------------- override, with the real shop


@pytest.fixture
def overdue(sqlite_url: str) -> Iterator[str]:
    """Give an order that only overdue maintenance stops."""
    floor = Floor(sqlite_url)
    number = floor.order(status="RELEASED", machine="CNC-1")
    floor.do("machine.update", machine="CNC-1", last_maintenance="2026-01-05", next_maintenance="2026-04-05")
    yield number
    floor.close()


def refuse_start(qtbot: QtBot, notices: Notices, place: Place, number: str) -> tuple[Presenter, RefusalDialog]:
    presenter = Presenter(place)
    notices.listen(presenter)
    with qtbot.waitSignal(presenter.refused):
        presenter.perform({"command": "work_order.start", "number": number}, said="started")
    dialog = notices.dialog(presenter)
    assert dialog is not None
    return presenter, dialog


def test_a_second_person_overrides_in_the_same_dialog(
    qtbot: QtBot, notices: Notices, place: Place, overdue: str
) -> None:
    presenter, dialog = refuse_start(qtbot, notices, place, overdue)
    assert "MACHINE_MAINTENANCE_OVERDUE" in words_of(dialog)

    QTest.mouseClick(button_of(dialog, "Override"), Qt.MouseButton.LeftButton)
    section = dialog.override_section()
    assert section is not None
    assert QApplication.focusWidget() is section.badge
    dialog.scanned(SUPERVISOR)
    QTest.keyClicks(section.pin, PIN)
    QTest.keyClicks(section.reason, "Mechanic comes at noon")
    with qtbot.waitSignal(presenter.done):
        QTest.mouseClick(section.go, Qt.MouseButton.LeftButton)

    assert not dialog.is_open()
    assert notices.said() == "started"


def test_a_wrong_pin_keeps_the_dialog_and_what_was_written(
    qtbot: QtBot, notices: Notices, place: Place, overdue: str
) -> None:
    presenter, dialog = refuse_start(qtbot, notices, place, overdue)
    QTest.mouseClick(button_of(dialog, "Override"), Qt.MouseButton.LeftButton)
    section = dialog.override_section()
    assert section is not None
    section.badge.setText(SUPERVISOR)
    section.pin.setText("999999")
    section.reason.setText("Mechanic comes at noon")

    with qtbot.waitSignal(presenter.refused):
        QTest.mouseClick(section.go, Qt.MouseButton.LeftButton)

    assert dialog.is_open()
    assert section.pin.text() == ""
    assert section.reason.text() == "Mechanic comes at noon"

    section.pin.setText(PIN)
    with qtbot.waitSignal(presenter.done):
        QTest.mouseClick(section.go, Qt.MouseButton.LeftButton)


def test_an_override_needs_badge_pin_and_reason(qtbot: QtBot, notices: Notices, place: Place, overdue: str) -> None:
    presenter, dialog = refuse_start(qtbot, notices, place, overdue)
    QTest.mouseClick(button_of(dialog, "Override"), Qt.MouseButton.LeftButton)
    section = dialog.override_section()
    assert section is not None
    section.badge.setText(SUPERVISOR)

    QTest.mouseClick(section.go, Qt.MouseButton.LeftButton)

    assert not presenter.busy()
    assert section.pin.property("wrong") == "true"


def test_a_refusal_that_nobody_may_override_offers_none(qtbot: QtBot, notices: Notices, place: Place) -> None:
    presenter = Presenter(place)
    notices.listen(presenter)
    with qtbot.waitSignal(presenter.refused):
        presenter.perform({"command": "work_order.start", "number": "WO-2000-00001"})

    dialog = notices.dialog(presenter)
    assert dialog is not None
    assert [button for button in dialog.findChildren(Button) if button.text().startswith("Override")] == []


def test_days_and_times_of_a_refusal_read_as_everywhere_in_the_window(notices: Notices) -> None:
    now = datetime.now(BERLIN)
    broken = now.replace(hour=0, minute=5, second=0, microsecond=0)
    error = combine(
        [
            refusal("MACHINE_BROKEN", machine="CNC-09", since=broken.astimezone(UTC)),
            refusal("MACHINE_MAINTENANCE_OVERDUE", machine="CNC-09", next_maintenance=date(2025, 11, 20), days=12),
        ]
    )

    words = words_of(notices.refuse(error))

    assert f"Machine CNC-09 is broken since {formats.day(broken.date())} 00:05." in words
    assert "was due on 20 Nov 2025, 12 days ago." in words
    told = broken.astimezone(UTC)
    assert error.message == f"Machine CNC-09 is broken since {told.day} {told:%b %Y %H:%M} UTC."


def test_a_day_of_this_year_is_told_without_it(notices: Notices) -> None:
    on = datetime.now(BERLIN).date().replace(month=1, day=20)
    why = refusal("MACHINE_MAINTENANCE_OVERDUE", machine="CNC-09", next_maintenance=on, days=12)

    dialog = notices.why("Not now", [Violation(why.code, why.message, why.details, why.next_step, True)])

    assert "was due on 20 Jan, 12 days ago." in words_of(dialog)
