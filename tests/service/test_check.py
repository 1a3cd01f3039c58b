"""The shop's own check names what does not add up: each row that was put wrong by hand is told in one sentence."""

import pytest
from sqlalchemy import text

from mfg_desktop.queries.check import problems
from mfg_desktop.service import audit
from tests.service.stories import Desk
from tests.service.test_operations import go, started, step, tooled

WRONG: tuple[tuple[str, str], ...] = (
    ("UPDATE work_order_operation SET good = good + 1 WHERE sequence = 10", "Operation 10 of {}: its quantities"),
    ("UPDATE work_order_operation SET status = 'ON_HOLD' WHERE sequence = 20", "Operation 20 of {} has a clock going"),
    ("UPDATE work_order_operation SET status = 'IN_PROGRESS' WHERE sequence = 30", "Operation 30 of {} has a clock"),
    ("UPDATE work_order SET quantity_completed = quantity_completed + 1", "{}: "),
    ("UPDATE work_order SET status = 'ON_HOLD'", "{} has a clock going that its status does not allow, or none"),
    ("UPDATE work_clock SET ended_at = started_at WHERE ended_at IS NULL", "Machine CNC-1 is in use without"),
    ("UPDATE machine SET running_order = 'WO-0' WHERE code = 'CNC-1'", "Machine CNC-1 is in use without"),
    ("UPDATE fixture SET status = 'AVAILABLE'", "Fixture FX-1 is in use without"),
    ("UPDATE gauge SET status = 'AVAILABLE'", "Gauge GA-1 is in use without"),
)


@pytest.mark.parametrize(("by_hand", "told"), WRONG, ids=[by_hand[:60] for by_hand, _ in WRONG])
def test_what_was_put_wrong_by_hand_is_named(desk: Desk, by_hand: str, told: str) -> None:
    tooled(desk)
    number = started(desk)
    go(desk, "start", number, 10)
    go(desk, "complete", number, 10, good=10)
    go(desk, "start", number, 20)
    assert step(desk, number, 20).status == "IN_PROGRESS"
    with desk.shop.database.engine.connect() as connection:
        assert problems(connection) == []

        # Taken back at the end: a change without an entry in the audit log cannot be committed.
        audit.open_entry(connection, audit.new_entry())
        connection.execute(text(by_hand))
        found = problems(connection)
        connection.rollback()

    assert [one for one in found if one.startswith(told.format(number))], found
