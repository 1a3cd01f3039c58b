"""The thread code: order, owners that went, questions that were superseded, and a clean end."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QObject, QThread
from pytestqt.qtbot import QtBot

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.service.work import Outcome
from mfg_desktop.ui.background import Background
from mfg_desktop.ui.presenter import Presenter, as_refusal
from tests.factories import Floor
from tests.ui.conftest import PATIENCE_MS, Place


class Numbered:
    """A call that writes its number down, and the thread that it was made on."""

    def __init__(self, number: int, made: list[tuple[int, int]]) -> None:
        self._number, self._made = number, made

    def __call__(self) -> int:
        self._made.append((self._number, threading.get_ident()))
        return self._number


class Ear(QObject):
    """Writes down what it hears, and on which thread."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[Any] = []
        self.troubles: list[Exception] = []
        self.threads: set[QThread] = set()

    def done(self, answer: Any) -> None:
        self.answers.append(answer)
        self.threads.add(QThread.currentThread())

    def failed(self, trouble: Exception) -> None:
        self.troubles.append(trouble)


def _gate() -> tuple[threading.Event, Callable[[], str]]:
    """Give a call that waits until its gate is opened."""
    gate = threading.Event()

    def call() -> str:
        assert gate.wait(PATIENCE_MS / 1000)
        return "through"

    return gate, call


def test_calls_are_made_in_order_on_one_other_thread_and_answered_on_ours(qtbot: QtBot, background: Background) -> None:
    ear = Ear()
    made: list[tuple[int, int]] = []

    for number in range(20):
        background.run(Numbered(number, made), ear.done, ear.failed, owner=ear)
    qtbot.waitUntil(lambda: len(ear.answers) == 20)

    assert ear.answers == list(range(20))
    threads = {thread for _, thread in made}
    assert len(threads) == 1
    assert threads != {threading.get_ident()}
    assert ear.threads == {ear.thread()}


def test_a_call_that_fails_brings_its_exception_and_the_next_goes_on(qtbot: QtBot, background: Background) -> None:
    ear = Ear()

    background.run(lambda: 1 / 0, ear.done, ear.failed, owner=ear)
    background.run(lambda: "next", ear.done, ear.failed, owner=ear)
    qtbot.waitUntil(lambda: ear.answers == ["next"])

    assert [type(trouble) for trouble in ear.troubles] == [ZeroDivisionError]


def test_an_answer_for_an_owner_that_went_is_dropped(qtbot: QtBot, background: Background) -> None:
    gone, ear = Ear(), Ear()
    heard: list[Any] = []
    gate, call = _gate()

    background.run(call, heard.append, heard.append, owner=gone)
    with qtbot.waitSignal(gone.destroyed):
        gone.deleteLater()
    gate.set()
    background.run(lambda: "after", ear.done, ear.failed, owner=ear)
    qtbot.waitUntil(lambda: ear.answers == ["after"])

    assert heard == []


def test_only_the_newest_question_of_a_key_is_answered_and_the_ones_between_are_never_asked(
    qtbot: QtBot, background: Background
) -> None:
    ear = Ear()
    made: list[tuple[int, int]] = []
    gate, first = _gate()

    background.run(first, ear.done, ear.failed, owner=ear, key="list")
    for number in range(5):
        background.run(Numbered(number, made), ear.done, ear.failed, owner=ear, key="list")
    gate.set()
    qtbot.waitUntil(lambda: ear.answers != [])

    assert ear.answers == [4]
    assert [number for number, _ in made] in ([4], [0, 4])


def test_the_same_key_of_two_owners_does_not_clash(qtbot: QtBot, background: Background) -> None:
    one, other = Ear(), Ear()

    background.run(lambda: 1, one.done, one.failed, owner=one, key="list")
    background.run(lambda: 2, other.done, other.failed, owner=other, key="list")
    qtbot.waitUntil(lambda: one.answers == [1] and other.answers == [2])


def test_work_shows_when_it_takes_longer_than_one_notices_and_not_before(qtbot: QtBot, background: Background) -> None:
    ear = Ear()
    shown: list[bool] = []
    background.busy.connect(shown.append)
    patience = background._patience.interval()
    # On a machine that is busy no call is quick.
    background._patience.setInterval(10 * PATIENCE_MS)
    background.run(lambda: "quick", ear.done, ear.failed, owner=ear)
    qtbot.waitUntil(lambda: ear.answers == ["quick"])
    assert (shown, background._patience.isActive(), patience) == ([], False, 150)

    background._patience.setInterval(patience)
    gate, call = _gate()
    with qtbot.waitSignal(background.busy):
        background.run(call, ear.done, ear.failed, owner=ear)
    gate.set()
    qtbot.waitUntil(lambda: shown == [True, False])


def test_a_quiet_call_never_shows_as_work(qtbot: QtBot, background: Background) -> None:
    ear = Ear()
    shown: list[bool] = []
    background.busy.connect(shown.append)
    gate, call = _gate()

    background.run(call, ear.done, ear.failed, owner=ear, quiet=True)
    qtbot.wait(250)
    gate.set()
    qtbot.waitUntil(lambda: ear.answers == ["through"])

    assert shown == []


def test_stopping_makes_the_commands_that_wait_and_drops_the_questions(qtbot: QtBot) -> None:
    background, ear, made = Background(), Ear(), []
    gate, call = _gate()
    background.run(call, ear.done, ear.failed, owner=ear)
    background.run(lambda: made.append("command"), ear.done, ear.failed, owner=ear)
    background.run(lambda: made.append("question"), ear.done, ear.failed, owner=ear, key="list")

    gate.set()
    background.stop()
    background.stop()

    assert made == ["command"]


def test_the_last_call_is_made_when_even_the_long_ones_are_over(qtbot: QtBot) -> None:
    background, ear, made = Background(), Ear(), []
    gate, call = _gate()
    background.run(lambda: made.append(call()), ear.done, ear.failed, owner=ear, long=True)
    threading.Timer(0.1, gate.set).start()

    background.stop(lambda: made.append("closed"))

    assert made == ["through", "closed"]


class Orders(Presenter):
    """A presenter as a screen would have it."""

    follows = frozenset({"WorkOrder"})

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.rows: tuple[Any, ...] = ()
        self.asked = 0

    def refresh(self) -> None:
        self.asked += 1
        self.ask({"query": "work_order.list"}, key="list", then=self._got)

    def _got(self, page: Any) -> None:
        self.rows = page.rows
        self.rows_changed.emit()


@pytest.fixture
def order(sqlite_url: str) -> str:
    """Give a released order with its material allocated."""
    floor = Floor(sqlite_url)
    number = floor.order(status="RELEASED")
    floor.close()
    return number


def test_five_taps_have_one_effect(qtbot: QtBot, place: Place, order: str) -> None:
    presenter = Orders(place)
    outcomes: list[Outcome] = []
    refusals: list[ManufacturingException] = []
    presenter.refused.connect(refusals.append)

    counted = [
        presenter.perform({"command": "work_order.start", "number": order}, said="started", then=outcomes.append)
        for _ in range(5)
    ]
    qtbot.waitUntil(lambda: bool(outcomes) and not presenter.busy())

    assert counted == [True, False, False, False, False]
    assert [type(outcome) for outcome in outcomes] == [Outcome]
    assert refusals == []


def test_a_command_says_what_it_touched_and_the_rows_come_again(qtbot: QtBot, place: Place, order: str) -> None:
    presenter = Orders(place)

    with qtbot.waitSignals([presenter.done, presenter.rows_changed]):
        presenter.perform({"command": "work_order.start", "number": order}, said="started")

    assert [row.status.value for row in presenter.rows if row.number == order] == ["IN_PROGRESS"]


@pytest.mark.parametrize("same", [True, False], ids=["same-screen", "another-screen"])
@pytest.mark.parametrize(
    "second",
    [
        {"command": "work_order.hold", "reason": "first piece"},
        {"command": "operation.start", "sequence": 10, "machine": "CNC-2"},
        {"command": "work_order.return_material", "material": "BAR", "lot": "B-1", "quantity": "0.1"},
    ],
    ids=lambda fields: fields["command"],
)
def test_a_second_command_after_ones_own_is_no_conflict(
    qtbot: QtBot, place: Place, floor: Floor, same: bool, second: dict[str, Any]
) -> None:
    steps = [{"sequence": 10, "process": "TURN", "machine": "CNC-1"}]
    floor.do("process.create", process_code="TURN", name="Turn", machine_type="CNC_LATHE")
    order = floor.order(operations=steps)
    floor.do("work_order.issue", number=order)
    presenter = Orders(place)
    with qtbot.waitSignal(presenter.rows_changed):
        presenter.refresh()
    seen = next(row.version for row in presenter.rows if row.number == order)

    with qtbot.waitSignal(presenter.done):
        presenter.perform({"command": "work_order.start", "number": order, "seen_version": seen}, said="started")
    other = presenter if same else Orders(place)
    with qtbot.waitSignal(other.done):
        other.perform({**second, "number": order, "seen_version": seen}, said="done")


def test_a_refusal_arrives_with_its_code_and_the_presenter_works_on(qtbot: QtBot, place: Place, order: str) -> None:
    presenter = Orders(place)

    with qtbot.waitSignal(presenter.refused) as blocker:
        presenter.perform({"command": "work_order.complete", "number": order})

    (error,) = blocker.args
    assert isinstance(error, ManufacturingException)
    assert error.code.startswith("WORK_ORDER_")
    assert not presenter.busy()


def test_a_command_with_a_wrong_field_is_refused_without_a_journey(qtbot: QtBot, place: Place) -> None:
    presenter = Orders(place)
    refusals: list[ManufacturingException] = []
    presenter.refused.connect(refusals.append)

    presenter.perform({"command": "work_order.start", "number": "WO-1", "nonsense": 1})

    assert [error.code for error in refusals] == ["VALIDATION_INVALID_FORMAT"]


def test_a_fault_of_ours_gets_a_report_number_that_the_log_has_too(caplog: pytest.LogCaptureFixture) -> None:
    error = as_refusal(ZeroDivisionError("by the window itself"))

    assert error.code == "SYSTEM_ERROR"
    assert str(error.details["report"]) in caplog.text


def test_what_another_terminal_does_arrives_by_the_feed(
    qtbot: QtBot, place: Place, sqlite_url: str, order: str
) -> None:
    presenter = Orders(place)
    before = place.live.heard_at
    place.live.start()
    # What was committed before the feed is opened is no news.
    qtbot.waitUntil(lambda: place.live.heard_at > before)
    other = Floor(sqlite_url, terminal="T9")

    with qtbot.waitSignal(presenter.rows_changed):
        other.do("work_order.start", number=order)

    other.close()
    qtbot.waitUntil(lambda: any(row.number == order and row.status == "IN_PROGRESS" for row in presenter.rows))


def test_a_long_reading_does_not_hold_the_others_up(qtbot: QtBot, background: Background) -> None:
    patient, ear = Ear(), Ear()
    gate, call = _gate()

    background.run(call, patient.done, patient.failed, owner=patient, long=True)
    background.run(lambda: "at once", ear.done, ear.failed, owner=ear)
    qtbot.waitUntil(lambda: ear.answers == ["at once"])
    assert patient.answers == []

    gate.set()
    qtbot.waitUntil(lambda: patient.answers == ["through"])
