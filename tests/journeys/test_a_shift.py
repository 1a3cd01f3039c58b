"""A shift of one order at the real window: released, supplied, started, reported, completed - and every command of it in the log."""

import pytest
from PySide6.QtCore import Qt

from mfg_desktop.queries import check
from mfg_desktop.service import audit
from mfg_desktop.ui.audit.view import AuditView
from mfg_desktop.ui.board.view import BoardView
from mfg_desktop.ui.output.view import OutputDialog
from tests.factories import ADMIN, ADMIN_PIN, OPERATOR, SUPERVISOR, Floor
from tests.journeys.terminal import Terminal, cells


def test_an_order_is_taken_from_planned_to_completed_and_the_log_tells_all_of_it(
    terminal: Terminal, floor: Floor
) -> None:
    number = floor.order(status="PLANNED", quantity=10)

    terminal.sign_in(SUPERVISOR)
    _release(terminal, number)
    _supply(terminal, number)
    _start(terminal, number)
    _report_first_half(terminal)
    _try_to_complete_too_early(terminal)
    _report_the_rest_with_an_override(terminal)
    _complete(terminal, number)
    _read_the_log(terminal, number)
    terminal.tap(terminal.window.bar.person)
    terminal.tap_button("Change person")
    terminal.wait(terminal.is_at_the_sign_in)
    terminal.wait_for_answers()

    order = floor.ask("work_order.get", number=number)
    assert (order.row.status, order.row.quantity_completed, order.row.quantity_scrapped) == ("COMPLETED", 10, 1)
    assert order.row.machine == "CNC-1"
    assert floor.ask("machine.get", machine="CNC-1").row.status == "AVAILABLE"
    newest = floor.ask("audit.list", limit=1).rows[0]
    assert (newest.action_type, newest.badge, newest.terminal) == ("SIGN_OUT", SUPERVISOR, "HALL-1")
    with floor.shop.database.reading() as connection:
        assert check.problems(connection) == []
        assert audit.verify(connection).problem is None


def _release(terminal: Terminal, number: str) -> None:
    terminal.tap_card(number)
    terminal.tap_button("Release")
    terminal.wait(lambda: terminal.find_button("Start"))

    assert terminal.button("Start").stopped()[0] == f"Nothing is allocated for work order {number} yet."


def _supply(terminal: Terminal, number: str) -> None:
    terminal.go_to("Materials")
    terminal.tap_card(number)
    terminal.tap_button("Allocate all")
    terminal.wait(lambda: terminal.find_button("Issue 5 m"))
    terminal.tap_button("Issue all reserved")
    terminal.wait(lambda: terminal.said() == f"What was reserved for {number} is issued.")

    terminal.wait(lambda: terminal.button("Issue all reserved").stopped())


def _start(terminal: Terminal, number: str) -> None:
    terminal.go_to("Board")
    terminal.wait(lambda: terminal.button("Start").stopped() == ())
    terminal.press(Qt.Key.Key_F4)
    terminal.wait(lambda: terminal.find_button("Record output"))

    assert terminal.said() == f"{number} started"


def _report_first_half(terminal: Terminal) -> None:
    terminal.tap_button("Record output")
    dialog = terminal.one(OutputDialog)
    terminal.tap(dialog.pad.keys.button("6"))
    terminal.tap(dialog.tile("Tool broken"))
    terminal.tap(dialog.pad.keys.button("1"))
    # Half a metre a piece, good or scrapped; 5 m are at the machine.
    terminal.wait(lambda: terminal.reads("3.5 m Round bar 45 mm used, 1.5 m stay at the machine"))
    terminal.tap_button("Report 6 good, 1 scrap")
    terminal.wait(lambda: terminal.one(BoardView).page.good.text() == "6")

    assert terminal.reads("1 scrap \u00b7 4 to go")


def _try_to_complete_too_early(terminal: Terminal) -> None:
    terminal.tap_button("Complete")
    terminal.wait(lambda: terminal.find_button("Close short\u2026"))
    terminal.wait(lambda: terminal.reads("has 6 good of 10 ordered; 4 missing."))

    assert terminal.reads("Complete is not possible now")


def _report_the_rest_with_an_override(terminal: Terminal) -> None:
    """Report four good pieces: the scrapped one has used up half a metre of theirs, so a second person is needed."""
    terminal.press(Qt.Key.Key_F4)
    terminal.tap_button("All that are left: 4 good")
    terminal.tap_button("Report 4 good")
    terminal.wait(terminal.refusal)
    assert "MATERIAL_NOT_ISSUED" in terminal.words(terminal.refusal())
    terminal.tap_button("Override\u2026")
    terminal.type_text(ADMIN)
    terminal.press(Qt.Key.Key_Return)
    terminal.type_text(ADMIN_PIN)
    terminal.press(Qt.Key.Key_Return)
    terminal.type_text("Offcut from the rack")
    terminal.tap_button("Override")
    terminal.wait(lambda: terminal.one(BoardView).page.good.text() == "10")

    assert terminal.refusal() is None


def _complete(terminal: Terminal, number: str) -> None:
    terminal.wait(lambda: terminal.button("Complete").stopped() == ())
    terminal.press(Qt.Key.Key_F8)
    board = terminal.one(BoardView)
    terminal.wait(lambda: board.page.steps.shown() == ())

    assert terminal.said() == f"{number} completed"


def _read_the_log(terminal: Terminal, number: str) -> None:
    terminal.go_to("Audit")
    log = terminal.one(AuditView)
    mine = [
        ("Work order complete", "Anna Novak", number),
        ("Production record", "Anna Novak", number),
        ("Business rule violation", "Anna Novak", number),
        ("Production record", "Anna Novak", number),
        ("Work order start", "Anna Novak", number),
        ("Material issue", "Anna Novak", number),
        ("Material allocate", "Anna Novak", number),
        ("Work order release", "Anna Novak", number),
        ("Sign in", "Anna Novak", SUPERVISOR),
    ]
    terminal.wait(lambda: cells(log.table, "Action", "Person", "Entity")[: len(mine)] == mine)
    terminal.tap_row(log.table, 0)
    terminal.wait(log.panel.isVisible)

    # What an entry changed is read when it is opened, and comes after the rest of it.
    terminal.wait(lambda: _tells(terminal.words(log.panel), "Status", "In progress", "\u2192", "Completed"))
    assert "HALL-1" in terminal.words(log.panel)


def _tells(words: list[str], *told: str) -> bool:
    """Say whether these stand beside one another."""
    return any(tuple(words[at : at + len(told)]) == told for at in range(len(words)))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_terminal_of_one_person_is_handed_over_with_the_order_still_open(terminal: Terminal, floor: Floor) -> None:
    number = floor.order(status="RELEASED")
    terminal.sign_in(SUPERVISOR)
    terminal.tap_card(number)
    terminal.wait(lambda: terminal.find_button("Start"))

    terminal.tap(terminal.window.bar.person)
    terminal.tap_button("Change person")
    terminal.sign_in(OPERATOR)
    terminal.tap_button("Start")
    terminal.wait(lambda: terminal.find_button("Record output"))

    entry = floor.ask("audit.list", entity=number, entity_type="WorkOrder", limit=1).rows[0]
    assert (entry.action_type, entry.badge, entry.terminal) == ("WORK_ORDER_START", OPERATOR, "HALL-1")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_wrong_pin_is_said_on_the_pad_and_the_right_one_still_signs_in(terminal: Terminal) -> None:
    terminal.tap_card(SUPERVISOR)

    terminal.type_pin("000000")
    terminal.wait(lambda: terminal.reads("PIN"))
    terminal.wait(lambda: not terminal.button("Sign in").working())
    assert terminal.window.actor() is None
    terminal.type_pin()
    terminal.wait(lambda: terminal.window.actor() is not None)

    assert not terminal.is_at_the_sign_in()
