"""The plant's database goes away under the window and comes back: said in amber, nothing lost, healed by itself."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg
import pytest
from sqlalchemy import make_url

from mfg_desktop.ui.board.view import BoardView
from mfg_desktop.ui.theme import Tone
from mfg_desktop.vocabulary import OrderStatus
from tests.factories import SUPERVISOR, Floor
from tests.journeys.terminal import Terminal
from tests.postgres import Cluster

pytestmark = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


@contextmanager
def shut(postgres: Cluster, url: str) -> Iterator[None]:
    """Throw everybody out of the database and let nobody in, as a server that went down does."""
    postgres.seal(url)
    try:
        yield
    finally:
        postgres.tell(f"ALTER DATABASE {make_url(url).database} ALLOW_CONNECTIONS true")


@contextmanager
def silent(postgres: Cluster, url: str) -> Iterator[None]:
    """Stop every session of the database without a word, as a pulled cable does: what was asked is never answered."""
    with psycopg.connect(host=str(postgres.folder), port=5432, user="postgres", dbname="postgres") as it:
        sessions = it.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = %s", [make_url(url).database]
        ).fetchall()
    for (pid,) in sessions:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for (pid,) in sessions:
            os.kill(pid, signal.SIGCONT)


Gone = Callable[[Cluster, str], AbstractContextManager[None]]


def is_amber(terminal: Terminal) -> bool:
    look = terminal.window.bar.connection.look()
    return look.tone is Tone.HELD and look.word.startswith("Away since")


def is_live(terminal: Terminal) -> bool:
    return terminal.window.bar.connection.look().word == "Live"


@pytest.mark.parametrize("gone", [shut, silent])
def test_a_database_that_goes_away_is_said_in_amber_and_comes_back_by_itself(
    terminal: Terminal, floor: Floor, postgres: Cluster, database_url: str, gone: Gone
) -> None:
    number = floor.order(status="RELEASED")
    # Its session is let go, so that only the window's are in the way of the fault.
    floor.close()
    terminal.sign_in(SUPERVISOR)
    terminal.tap_card(number)
    terminal.wait(lambda: terminal.find_button("Start"))

    with gone(postgres, database_url):
        terminal.wait(lambda: is_amber(terminal))
        amber = any("actions wait until it is back" in name for name in terminal.names())
        lane = terminal.one(BoardView).lanes.column(OrderStatus.RELEASED)
        readable = (lane.head.count(), lane.cards.rows.place_of(number), terminal.reads(number))
        terminal.tap(terminal.button("Start"))
        terminal.wait(terminal.refusal)
        refused = terminal.words(terminal.refusal())
        terminal.tap_button("Close")
    assert amber
    assert readable == ("1", 0, True)
    assert "SYSTEM_DATABASE_UNAVAILABLE" in refused

    terminal.wait(lambda: is_live(terminal))
    terminal.tap_button("Start")
    terminal.wait(lambda: terminal.find_button("Record output"))

    starts = floor.ask("audit.list", entity_type="WorkOrder", entity=number, action_type="WORK_ORDER_START").rows
    assert [entry.badge for entry in starts] == [SUPERVISOR]


def test_a_report_written_while_the_database_is_away_is_kept_and_counts_when_it_is_back(
    terminal: Terminal, floor: Floor, postgres: Cluster, database_url: str
) -> None:
    number = floor.order(status="IN_PROGRESS", quantity=20)
    floor.do("work_order.issue", number=number)
    floor.close()
    terminal.sign_in(SUPERVISOR)
    terminal.tap_card(number)
    terminal.tap_button("Record output")
    terminal.tap_button("9")

    with shut(postgres, database_url):
        terminal.wait(lambda: is_amber(terminal))
        terminal.tap_button("Report 9 good")
        terminal.wait(terminal.refusal)
        terminal.tap_button("Close")
        assert terminal.find_button("Report 9 good") is not None
    terminal.wait(lambda: is_live(terminal))
    terminal.tap_button("Report 9 good")
    terminal.wait(lambda: terminal.one(BoardView).page.good.text() == "9")

    assert floor.ask("work_order.get", number=number).row.quantity_completed == 9


def test_what_happened_meanwhile_is_on_the_board_when_the_database_is_back(
    terminal: Terminal, floor: Floor, postgres: Cluster, database_url: str
) -> None:
    number = floor.order(status="RELEASED")
    terminal.sign_in(SUPERVISOR)
    board = terminal.one(BoardView)
    released, running = (board.lanes.column(one) for one in (OrderStatus.RELEASED, OrderStatus.IN_PROGRESS))
    terminal.wait(lambda: released.cards.rows.place_of(number) == 0)

    with shut(postgres, database_url):
        terminal.wait(lambda: is_amber(terminal))
    # Nothing is dispatched here: the window's next look at the feed comes after this.
    floor.do("work_order.start", number=number)
    terminal.wait(lambda: is_live(terminal))
    terminal.wait(lambda: running.cards.rows.place_of(number) == 0)

    assert released.head.count() == "0"
