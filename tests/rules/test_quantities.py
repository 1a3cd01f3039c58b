"""Quantities are exact: parts add up to the whole, to three places, and the last piece uses up the last bit."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg_desktop.rules.quantities import limit, required, rounded, shown, used_by, whole_pieces

amounts = st.decimals(min_value="0.001", max_value=100_000, places=3)
percentages = st.decimals(min_value=0, max_value=100, places=3)


@pytest.mark.parametrize(
    ("exact", "expected"),
    [
        ("0.0004", "0"),
        ("0.0005", "0.001"),
        ("0.0015", "0.002"),
        ("0.0025", "0.003"),
        ("-0.0005", "-0.001"),
        ("1.2344999", "1.234"),
        ("7", "7"),
    ],
)
def test_the_fourth_place_is_rounded_half_up(exact: str, expected: str) -> None:
    assert rounded(Decimal(exact)) == Decimal(expected)


@pytest.mark.parametrize(
    ("per_piece", "ordered", "scrap", "expected"),
    [
        ("0.1", "3", "0", "0.3"),
        ("0.5", "100", "0", "50"),
        ("4", "100", "2.5", "410"),
        ("0.333", "3", "0", "0.999"),
        ("0.001", "1", "50", "0.002"),
        ("1", "3", "33.333", "4"),
        ("2", "10", "100", "40"),
    ],
)
def test_required_is_quantity_times_ordered_with_the_planned_loss(
    per_piece: str, ordered: str, scrap: str, expected: str
) -> None:
    needed = required(per_piece=Decimal(per_piece), ordered=Decimal(ordered), scrap_percentage=Decimal(scrap))

    assert needed == Decimal(expected)


def test_three_times_a_tenth_is_three_tenths() -> None:
    used = sum((used_by(Decimal(1), required=Decimal("0.3"), ordered=Decimal(3)) for _ in range(3)), Decimal(0))

    assert used == Decimal("0.3")
    assert str(used) == "0.300"


@pytest.mark.parametrize(
    ("pieces", "expected"), [("0", "0"), ("1", "3.333"), ("2", "6.667"), ("3", "10"), ("1.5", "5")]
)
def test_use_is_shared_out_over_the_pieces(pieces: str, expected: str) -> None:
    used = used_by(Decimal(pieces), required=Decimal(10), ordered=Decimal(3))

    assert used == Decimal(expected)


@given(amounts, amounts)
def test_the_last_piece_uses_up_the_last_bit(needed: Decimal, ordered: Decimal) -> None:
    assert used_by(ordered, required=needed, ordered=ordered) == needed


@given(amounts, st.lists(st.integers(1, 50), min_size=1, max_size=10))
def test_use_never_falls_and_its_parts_add_up_to_what_was_required(needed: Decimal, reports: list[int]) -> None:
    ordered = Decimal(sum(reports))
    made = [Decimal(sum(reports[:position])) for position in range(len(reports) + 1)]

    used = [used_by(pieces, required=needed, ordered=ordered) for pieces in made]

    steps = [later - earlier for earlier, later in pairwise(used)]
    assert all(step >= 0 for step in steps)
    assert sum(steps) == needed


@given(amounts, amounts, percentages)
def test_planned_loss_never_lowers_what_is_required(per_piece: Decimal, ordered: Decimal, scrap: Decimal) -> None:
    without = required(per_piece=per_piece, ordered=ordered, scrap_percentage=Decimal(0))

    assert required(per_piece=per_piece, ordered=ordered, scrap_percentage=scrap) >= without


@pytest.mark.parametrize(
    ("ordered", "tolerance", "expected"),
    [("100", "0", "100"), ("100", "10", "110"), ("3", "5", "3.15"), ("1", "0.05", "1.001"), ("7", "12.5", "7.875")],
)
def test_the_limit_is_the_order_and_the_tolerance(ordered: str, tolerance: str, expected: str) -> None:
    assert limit(Decimal(ordered), Decimal(tolerance)) == Decimal(expected)


@pytest.mark.parametrize(("pieces", "expected"), [("7.999", "7"), ("8", "8"), ("0.4", "0")])
def test_a_piece_that_is_not_whole_is_none(pieces: str, expected: str) -> None:
    assert whole_pieces(Decimal(pieces)) == Decimal(expected)


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [("32.000", "32"), ("0.300", "0.3"), ("1200", "1200"), ("0.000", "0"), ("-4.50", "-4.5"), ("1E+3", "1000")],
)
def test_quantities_are_written_without_idle_zeros(quantity: str, expected: str) -> None:
    assert shown(Decimal(quantity)) == expected
