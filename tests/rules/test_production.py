"""What may be reported: never less than nothing, scrap with its reasons, good up to the order and its tolerance."""

from decimal import Decimal
from typing import Any

import pytest

from mfg_desktop.rules.production import Report, report_of, violations
from mfg_desktop.vocabulary import OrderStatus
from tests.rules.facts import codes, moved_by_anna, order

NO_TOLERANCE = Decimal(0)


def reported(
    good: Any = 0,
    scrapped: Any = None,
    reason: str | None = None,
    parts: tuple[tuple[Any, str], ...] = (),
    rework: Any = 0,
) -> Report:
    return report_of(
        good=Decimal(good),
        scrapped=None if scrapped is None else Decimal(scrapped),
        scrap_reason=reason,
        scrap=[(Decimal(quantity), why) for quantity, why in parts],
        rework=Decimal(rework),
    )


def refused(
    report: Report, *, tolerance: Decimal = NO_TOLERANCE, **details: Any
) -> list[tuple[str, dict[str, object]]]:
    found = violations(order(**{"status": OrderStatus.IN_PROGRESS} | details), report, tolerance)
    return [(violation.code, violation.details) for violation in found]


@pytest.mark.parametrize(
    "report",
    [
        reported(1),
        reported("0.001"),
        reported(100),
        reported(0, 1, "crack"),
        reported(0, rework=3),
        reported(90, 10, parts=((4, "crack"), (6, "too short"))),
        reported(0, parts=((4, "crack"), (6, "too short"))),
        reported(5, 0),
        reported(5, 0, "crack"),
        reported(5, reason="crack"),
    ],
)
def test_what_is_above_zero_and_explained_is_taken(report: Report) -> None:
    assert refused(report) == []


def test_a_list_of_reasons_makes_the_scrapped_quantity() -> None:
    report = reported(0, parts=((4, "crack"), ("0.5", "too short")))

    assert report.scrapped == Decimal("4.5")


def test_one_reason_explains_the_whole_scrapped_quantity() -> None:
    report = reported(0, 4, "crack")

    assert report.scrap == ((Decimal(4), "crack"),)


def test_a_list_of_reasons_stands_beside_the_one_for_the_whole() -> None:
    report = reported(0, 5, "various", parts=((4, "crack"), (1, "too short")))

    assert report.scrap == ((Decimal(4), "crack"), (Decimal(1), "too short"))


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (reported(-1), [("good", -1)]),
        (reported(5, -2, "crack"), [("scrapped", -2), ("scrap", -2)]),
        (reported(5, rework="-0.001"), [("rework", "-0.001")]),
        (reported(5, 2, parts=((5, "crack"), (-3, "too short"))), [("scrap", -3)]),
        (reported(-1, rework=-3), [("good", -1), ("rework", -3)]),
    ],
)
def test_nothing_is_reported_below_zero(report: Report, expected: list[tuple[str, Any]]) -> None:
    assert refused(report) == [
        ("PRODUCTION_QUANTITY_NEGATIVE", {"field": field, "quantity": Decimal(quantity)})
        for field, quantity in expected
    ]


def test_a_report_of_nothing_is_refused() -> None:
    assert refused(reported(0, 0)) == [("PRODUCTION_OUTPUT_INVALID", {"number": "WO-2026-00001"})]


def test_scrap_without_a_reason_is_refused() -> None:
    assert refused(reported(5, 2)) == [("PRODUCTION_SCRAP_REASON_REQUIRED", {"scrapped": Decimal(2)})]


@pytest.mark.parametrize(
    ("report", "scrapped", "explained"),
    [
        (reported(0, 5, parts=((4, "crack"),)), 5, 4),
        (reported(0, 5, parts=((4, "crack"), (2, "too short"))), 5, 6),
        (reported(1, 0, parts=((4, "crack"),)), 0, 4),
    ],
)
def test_reasons_must_explain_all_the_scrap_and_no_more(report: Report, scrapped: int, explained: int) -> None:
    assert refused(report) == [
        (
            "PRODUCTION_OUTPUT_INVALID",
            {"number": "WO-2026-00001", "scrapped": Decimal(scrapped), "explained": Decimal(explained)},
        )
    ]


@pytest.mark.parametrize(
    ("already", "good", "tolerance", "limit"),
    [(0, "100.001", 0, 100), (100, 1, 0, 100), (99, 2, 0, 100), (100, 11, 10, 110), (0, "100.051", "0.05", "100.05")],
)
def test_more_good_than_the_order_and_its_tolerance_is_refused_with_the_numbers(
    already: int, good: Any, tolerance: Any, limit: Any
) -> None:
    said = refused(reported(good), tolerance=Decimal(tolerance), good=already)

    assert said == [
        (
            "PRODUCTION_OUTPUT_EXCEEDS_ORDER",
            {
                "number": "WO-2026-00001",
                "ordered": Decimal(100),
                "limit": Decimal(limit),
                "reported": Decimal(already),
                "asked": Decimal(good),
            },
        )
    ]


@pytest.mark.parametrize(
    ("already", "good", "tolerance"), [(0, 100, 0), (99, 1, 0), (100, 10, 10), (0, "100.05", "0.05")]
)
def test_good_up_to_the_limit_is_taken(already: int, good: Any, tolerance: Any) -> None:
    assert refused(reported(good), tolerance=Decimal(tolerance), good=already) == []


def test_scrap_and_rework_may_still_be_reported_when_the_order_is_full() -> None:
    assert refused(reported(0, 3, "crack", rework=2), good=100) == []


def test_everything_that_is_wrong_with_a_report_is_said_at_once() -> None:
    said = refused(reported(101, 2))

    assert [code for code, _ in said] == ["PRODUCTION_SCRAP_REASON_REQUIRED", "PRODUCTION_OUTPUT_EXCEEDS_ORDER"]


@pytest.mark.parametrize("status", ["DRAFT", "PLANNED", "RELEASED", "ON_HOLD", "CANCELLED"])
def test_only_a_running_order_takes_output(status: str) -> None:
    found = violations(order(OrderStatus(status), **moved_by_anna()), reported(1), NO_TOLERANCE)

    assert codes(found) == ["PRODUCTION_OPERATION_NOT_STARTED"]
    assert found[0].details["current_status"] is OrderStatus(status)


def test_a_completed_order_takes_no_more_output() -> None:
    found = violations(order(OrderStatus.COMPLETED), reported(1), NO_TOLERANCE)

    assert codes(found) == ["PRODUCTION_ALREADY_COMPLETED"]
