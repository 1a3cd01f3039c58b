"""The news: each terminal hears of what anybody committed, once, whoever committed first."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from mfg_desktop.service import audit, feed
from mfg_desktop.service.feed import EVERYTHING
from mfg_desktop.vocabulary import ActionType
from tests.factories import ADMIN, SUPERVISOR
from tests.service.conftest import Desks
from tests.service.stories import Desk

ORDER, MACHINE, BAR = "WorkOrder", "Machine", ("StockLot", "BAR/B-1")


def receive(desk: Desk, lot: str = "B-1") -> None:
    desk.do("stock.receive", material="BAR", lot=lot, quantity=1)


def test_what_happened_before_the_first_look_is_no_news(desk: Desk) -> None:
    receive(desk)
    news = desk.shop.feed()

    assert (news.poll(), news.poll()) == (frozenset(), frozenset())


def test_each_terminal_hears_once_of_what_was_touched_at_any_of_them(desk: Desk, desks: Desks) -> None:
    elsewhere = desks(SUPERVISOR, terminal="T2")
    here, there = desk.shop.feed(), elsewhere.shop.feed()
    here.poll(), there.poll()

    number = desk.order(status="IN_PROGRESS")
    first = here.poll()
    receive(elsewhere)  # a terminal whose chain begins with this
    second = here.poll()

    assert first >= {(ORDER, number), (MACHINE, "CNC-1"), BAR}
    assert second == {BAR}
    assert there.poll() == first | second
    assert (here.poll(), there.poll()) == (frozenset(), frozenset())


def test_a_refusal_is_no_news(desk: Desk) -> None:
    news = desk.shop.feed()
    news.poll()

    desk.said("work_order.plan", number="NONE")

    assert news.poll() == frozenset()


def test_more_than_can_be_named_is_everything(desk: Desk, desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "_MOST", 3)
    elsewhere, news = desks(terminal="T2"), desk.shop.feed()
    news.poll()

    for lot in ("A", "B"):
        receive(desk, lot)
    receive(elsewhere, "C")
    three = news.poll()
    for place in (desk, desk, elsewhere, elsewhere):
        receive(place)
    four = news.poll()

    assert three == {("StockLot", f"BAR/{lot}") for lot in "ABC"}
    assert four == {EVERYTHING}
    assert news.poll() == frozenset()


def by_hand(entry: str, *, terminal: str, touched: tuple[str, str]) -> audit.Entry:
    return audit.Entry(
        entry=entry,
        at=datetime.now(UTC),
        badge=ADMIN,
        terminal=terminal,
        command_id=str(uuid4()),
        command="machine.set_status",
        action_type=ActionType.MACHINE_STATUS_CHANGE,
        entity_type=None,
        entity=None,
        message="The spindle is hot.",
        details={},
        touched=frozenset({touched}),
    )


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_who_was_given_the_earlier_number_and_commits_later_is_heard_of_too(desk: Desk, desks: Desks) -> None:
    news = desk.shop.feed()
    news.poll()

    with desk.shop.database.writing() as slow:
        audit.open_entry(slow, first := audit.new_entry())
        audit.write(slow, by_hand(first, terminal="SLOW", touched=(MACHINE, "CNC-2")))
        receive(desks(ADMIN, terminal="FAST"))
        before = news.poll()
    after = news.poll()

    assert (before, after) == ({BAR}, {(MACHINE, "CNC-2")})
    slow_one, fast_one = (next(row.sequence for row in desk.entries() if row.terminal == t) for t in ("SLOW", "FAST"))
    assert slow_one < fast_one
