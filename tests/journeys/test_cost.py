"""What a screen costs in statements when somebody goes to it: a fixed number, the same for a few rows and for many."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from mfg_desktop.service.database import Database
from tests.factories import ADMIN, ADMIN_PIN, Floor
from tests.journeys.conftest import OpenTerminal
from tests.journeys.terminal import Terminal

MANY = 40
COSTS = {
    "Board": (7, 28),
    "Machines": (1, 6),
    "Materials": (1, 5),
    "Audit": (2, 4),
    "Set-up": (1, 2),
}
"""The questions of a screen, and its statements on PostgreSQL; on SQLite the BEGIN of each question is one more."""


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Collect the statements that the window sends meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine, "before_cursor_execute", note)


def test_a_screen_costs_the_same_for_a_few_rows_and_for_many(
    open_terminal: OpenTerminal, database_url: str, floor: Floor
) -> None:
    for status in ("PLANNED", "RELEASED"):
        floor.order(status=status)
    terminal = open_terminal(database_url)
    terminal.tap_card(ADMIN)
    terminal.type_pin(ADMIN_PIN)
    terminal.wait(lambda: terminal.window.actor() is not None)
    context = terminal.window.context
    assert context is not None
    # News would ask again whenever it comes.
    context.live.stop()
    _visit(terminal, context.shop.database)

    few = _visit(terminal, context.shop.database)
    for number in range(MANY):
        floor.do("machine.create", machine=f"M-{number}", type="OTHER", department="MACH")
        floor.do("product.create", stock_code=f"P-{number}", name="Part", type="RAW", unit="pcs")
        floor.order(status="PLANNED")
    many = _visit(terminal, context.shop.database)

    begins = 0 if context.shop.database.on_postgres else 1
    assert many == few
    assert few == {screen: cost + questions * begins for screen, (questions, cost) in COSTS.items()}


def _visit(terminal: Terminal, database: Database) -> dict[str, int]:
    """Go to every screen, and count what each costs."""
    costs = {}
    # The board last: it is where the terminal stands at first.
    for screen in (*list(COSTS)[1:], *list(COSTS)[:1]):
        with statements(database) as sent:
            terminal.go_to(screen)
            terminal.wait_for_answers()
        costs[screen] = len(sent)
    return costs
