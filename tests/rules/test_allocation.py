"""Which lots are taken: first expired, then first in; never more than is free, never more than is wanted."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg_desktop.rules.allocation import LotFacts, in_order, is_usable, pick
from mfg_desktop.vocabulary import LotId, StockCategory

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
A_DAY = timedelta(days=1)


def lot(number: int, free: Any = 10, *, received: int = 0, expires: int | None = None) -> LotFacts:
    """Give a lot received and expiring so many days from now."""
    return LotFacts(
        LotId(number),
        f"L-{number}",
        Decimal(free),
        NOW + received * A_DAY,
        NOW + expires * A_DAY if expires is not None else None,
    )


quantities = st.decimals(min_value=0, max_value=1000, places=3)
lots_of_a_store = st.lists(
    st.builds(
        lot,
        st.integers(1, 10**6),
        quantities,
        received=st.integers(-5, 0),
        expires=st.none() | st.integers(1, 5),
    ),
    max_size=8,
    unique_by=lambda one: one.id,
)


@pytest.mark.parametrize(
    ("lots", "expected"),
    [
        pytest.param(
            [lot(1, received=-1), lot(2, received=-9), lot(3, received=-5)], [2, 3, 1], id="first in first out"
        ),
        pytest.param([lot(7), lot(3), lot(5)], [3, 5, 7], id="received together: the older row"),
        pytest.param(
            [lot(1, received=-9), lot(2, expires=30)], [2, 1], id="one that expires goes before one that keeps"
        ),
        pytest.param([lot(1, received=-9, expires=30), lot(2, expires=3)], [2, 1], id="the first to expire goes first"),
        pytest.param(
            [lot(1, received=-1, expires=3), lot(2, received=-9, expires=3)], [2, 1], id="expiring together: first in"
        ),
        pytest.param(
            [lot(9, expires=3), lot(2, expires=3)], [2, 9], id="expiring and received together: the older row"
        ),
        pytest.param([], [], id="an empty store"),
    ],
)
def test_lots_are_used_in_their_order(lots: list[LotFacts], expected: list[int]) -> None:
    ordered = in_order(lots)

    assert [one.id for one in ordered] == expected


def test_expiry_is_compared_as_a_moment_whatever_the_zone() -> None:
    midnight_in_tokyo = datetime(2026, 3, 3, 0, tzinfo=timezone(timedelta(hours=9)))
    in_utc = datetime(2026, 3, 2, 20, tzinfo=UTC)
    later = LotFacts(LotId(1), "later", Decimal(1), NOW, in_utc)
    earlier = LotFacts(LotId(2), "earlier", Decimal(1), NOW, midnight_in_tokyo)

    ordered = in_order([later, earlier])

    assert [one.lot for one in ordered] == ["earlier", "later"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("0", []),
        ("-5", []),
        ("0.001", [(1, "0.001")]),
        ("30", [(1, "30")]),
        ("30.001", [(1, "30"), (3, "0.001")]),
        ("100", [(1, "30"), (3, "70")]),
        ("131", [(1, "30"), (3, "100"), (4, "1")]),
        ("1000", [(1, "30"), (3, "100"), (4, "5")]),
    ],
)
def test_lots_are_emptied_one_after_the_other(wanted: str, expected: list[tuple[int, str]]) -> None:
    store = [lot(4, 5, received=-1), lot(2, 0, received=-8), lot(1, 30, received=-9), lot(3, 100, received=-5)]

    picks = pick(store, Decimal(wanted))

    assert [(one.lot.id, one.quantity) for one in picks] == [(number, Decimal(taken)) for number, taken in expected]


@given(lots_of_a_store, quantities)
def test_what_is_wanted_is_taken_as_far_as_it_is_there(lots: list[LotFacts], wanted: Decimal) -> None:
    picks = pick(lots, wanted)

    assert sum(one.quantity for one in picks) == min(wanted, sum((one.free for one in lots), Decimal(0)))


@given(lots_of_a_store, quantities)
def test_no_lot_gives_more_than_is_free_or_nothing(lots: list[LotFacts], wanted: Decimal) -> None:
    picks = pick(lots, wanted)

    assert all(0 < one.quantity <= one.lot.free for one in picks)


@given(lots_of_a_store, quantities)
def test_a_lot_is_touched_only_when_every_one_before_it_is_empty(lots: list[LotFacts], wanted: Decimal) -> None:
    far = datetime.max.replace(tzinfo=UTC)
    ranked = sorted(lots, key=lambda one: (one.expires_at or far, one.received_at, one.id))

    taken = {one.lot.id: one.quantity for one in pick(lots, wanted)}

    left = wanted
    for one in ranked:
        assert taken.get(one.id, Decimal(0)) == min(one.free, left)
        left -= taken.get(one.id, Decimal(0))


@given(lots_of_a_store.flatmap(lambda lots: st.tuples(st.just(lots), st.permutations(lots))), quantities)
def test_the_picks_do_not_depend_on_how_the_lots_were_read(
    both: tuple[list[LotFacts], list[LotFacts]], wanted: Decimal
) -> None:
    as_read, otherwise = both

    assert pick(as_read, wanted) == pick(otherwise, wanted)


@pytest.mark.parametrize(
    ("category", "usable"),
    [("RAW", True), ("PROCESS", True), ("FINISHED", True), ("QUARANTINE", False), ("SCRAP", False)],
)
def test_only_some_categories_are_used(category: str, usable: bool) -> None:
    may = is_usable(StockCategory(category), blocked=False, expires_at=None, now=NOW)

    assert may is usable


@pytest.mark.parametrize(
    ("blocked", "expires_at", "usable"),
    [
        (False, None, True),
        (True, None, False),
        (False, NOW + timedelta(seconds=1), True),
        (False, NOW, False),
        (False, NOW - A_DAY, False),
        (True, NOW + A_DAY, False),
    ],
)
def test_blocked_and_expired_lots_are_not_used(blocked: bool, expires_at: datetime | None, usable: bool) -> None:
    may = is_usable(StockCategory.RAW, blocked=blocked, expires_at=expires_at, now=NOW)

    assert may is usable
