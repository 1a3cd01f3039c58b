"""The shortages part: what is short, for whom, by when, and how one gets from there to the order."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from mfg_desktop.queries.rows import ShortageRow, ShortOrder
from mfg_desktop.ui.materials import wording
from mfg_desktop.ui.materials.shortages_presenter import Due, ShortagesPresenter
from mfg_desktop.ui.materials.view import ORDERS, SHORTAGES, MaterialsView
from mfg_desktop.vocabulary import OrderStatus, Priority
from tests.factories import Floor
from tests.ui.conftest import OpenScreen, Place

Open = Callable[[], MaterialsView]
BERLIN = ZoneInfo("Europe/Berlin")
WEDNESDAY = datetime(2026, 3, 4, 23, 30, tzinfo=BERLIN)


@pytest.fixture
def presenter(place: Place) -> ShortagesPresenter:
    return ShortagesPresenter(place, lambda: WEDNESDAY)


@pytest.fixture
def open_shortages(open_screen: OpenScreen[MaterialsView], qtbot: QtBot) -> Open:
    """Open the materials screen on its shortages."""

    def make() -> MaterialsView:
        view: MaterialsView = open_screen(MaterialsView)
        with qtbot.waitSignal(view.shortages_presenter.rows_changed):
            view.tabs.choose(SHORTAGES)
        return view

    return make


def empty_store(floor: Floor) -> None:
    """Leave 30 m of bar: enough for 60 gears."""
    floor.do("stock.adjust", material="BAR", lot="B-2", quantity=-1000, reason="sold")


def due(day: int) -> dict[str, str]:
    """Plan an order to be done at noon of a day in March."""
    end = datetime(2026, 3, day, 12, tzinfo=BERLIN)
    return {"planned_start": (end - timedelta(days=1)).isoformat(), "planned_end": end.isoformat()}


def asked(presenter: ShortagesPresenter, due: Due, qtbot: QtBot) -> list[str]:
    """Name the orders that are left short when one asks for those due by then."""
    with qtbot.waitSignal(presenter.rows_changed):
        presenter.show_due(due)
    return [order.number for row in presenter.rows() for order in row.orders]


def test_today_ends_at_midnight_and_the_week_on_sunday_both_in_the_plant(
    presenter: ShortagesPresenter, floor: Floor, qtbot: QtBot
) -> None:
    empty_store(floor)
    floor.do("stock.adjust", material="BAR", lot="B-1", quantity=-30, reason="sold")
    late, today, sunday, monday = (floor.order(status="PLANNED", quantity=10, **due(day)) for day in (1, 4, 8, 9))

    found = {choice: asked(presenter, choice, qtbot) for choice in Due}

    assert found == {
        Due.TODAY: [late, today],
        Due.WEEK: [late, today, sunday],
        Due.ALL: [late, today, sunday, monday],
    }


def test_the_first_material_is_shown_until_one_is_chosen_and_again_when_that_is_not_short_any_more(
    presenter: ShortagesPresenter, floor: Floor, qtbot: QtBot
) -> None:
    empty_store(floor)
    floor.do("stock.adjust", material="NUT", lot="N-1", quantity=-10000, reason="sold")
    floor.order(status="PLANNED", quantity=100)
    asked(presenter, Due.ALL, qtbot)
    first = presenter.chosen

    presenter.choose("NUT")
    second = presenter.chosen
    floor.do("stock.receive", material="NUT", lot="N-2", quantity=10000)
    asked(presenter, Due.ALL, qtbot)

    assert [row.material if row else None for row in (first, second, presenter.chosen)] == ["BAR", "NUT", "BAR"]


def test_a_material_its_orders_and_the_order_are_two_taps_apart(
    open_shortages: Open, floor: Floor, qtbot: QtBot
) -> None:
    empty_store(floor)
    number = floor.order(status="PLANNED", quantity=100)
    view = open_shortages()
    page = view.shortages

    assert page.sentence.text() == "50 m still needed, 30 m available: 20 m short."
    card = page.orders.rows.row_at(page.orders.rows.index(0, 0))
    assert (card.title, card.chip.word) == (number, "Short 20 m")
    place = page.orders.visualRect(page.orders.rows.index(0, 0)).center()
    QTest.mouseClick(page.orders.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: view.presenter.detail is not None)

    assert view.tabs.place() == ORDERS
    assert view.presenter.chosen == number


def test_a_store_that_can_give_everything_says_so(open_shortages: Open, floor: Floor, qtbot: QtBot) -> None:
    floor.order(status="PLANNED", quantity=100)
    view = open_shortages()

    said = [view.shortages.empty.accessibleName()]
    with qtbot.waitSignal(view.shortages_presenter.rows_changed):
        view.shortages.due.choose(0)
    said.append(view.shortages.empty.accessibleName())

    assert said[0].startswith("Nothing is short")
    assert "Later orders may yet be short" in said[1]
    assert view.shortages.side.isHidden()


def test_a_scanned_material_is_chosen(open_shortages: Open, floor: Floor) -> None:
    empty_store(floor)
    floor.do("stock.adjust", material="NUT", lot="N-1", quantity=-10000, reason="sold")
    floor.order(status="PLANNED", quantity=100)
    view = open_shortages()

    taken = [view.scanned("NUT"), view.scanned("GEAR")]

    assert taken == [True, False]
    chosen = view.shortages_presenter.chosen
    assert chosen is not None
    assert chosen.material == "NUT"


def short(*priorities: Priority, available: int = 30, coming: int = 0) -> ShortageRow:
    orders = tuple(
        ShortOrder(
            f"WO-{at}",
            "GEAR",
            OrderStatus.PLANNED,
            priority,
            WEDNESDAY,
            WEDNESDAY,
            Decimal(20),
            Decimal(15),
            Decimal(5),
        )
        for at, priority in enumerate(priorities)
    )
    return ShortageRow(
        "BAR", "Bar", "m", Decimal(50), Decimal(available), Decimal(50 - available), Decimal(coming), orders
    )


def test_a_shortage_is_told_with_what_is_on_its_way() -> None:
    told = [
        wording.shortage_sentence(row)
        for row in (short(), short(available=0), short(coming=20), short(available=0, coming=20))
    ]

    assert told == [
        "50 m still needed, 30 m available: 20 m short.",
        "50 m still needed, none available.",
        "50 m still needed, 30 m available: 20 m short. Open orders are to make 20 m.",
        "50 m still needed, none available. Open orders are to make 20 m, 30 m too few.",
    ]


def test_the_bar_of_a_shortage_adds_up_to_what_is_needed() -> None:
    for coming in (0, 5, 20, 90):
        amounts = [segment.amount for segment in wording.shortage_segments(short(coming=coming))]
        assert sum(amounts) == 50
        assert min(amounts) >= 0


def test_the_most_urgent_priority_is_told_with_how_many_orders_have_it() -> None:
    row = short(Priority.LOW, Priority.HIGH, Priority.HIGH)

    assert wording.most_urgent(row).word == "High · 2"


def test_an_order_that_is_late_says_so_on_its_card() -> None:
    order = short(Priority.URGENT).orders[0]
    now = (WEDNESDAY + timedelta(days=2)).astimezone(UTC)

    card = wording.short_order_card(order, "m", BERLIN, now)

    assert (card.when, card.figure, card.figure_rest) == ("2 d late", "15", "of 20 m covered")
    assert sum(segment.amount for segment in card.segments) == card.total
    assert card.place is not None
    assert card.place.word == "Urgent"
