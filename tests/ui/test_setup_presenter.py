"""The set-up screen without a window: lists and details of its areas, saving, and where a refusal goes."""

from datetime import date, timedelta

import pytest
from pytestqt.qtbot import QtBot

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.operations import COMMANDS
from mfg_desktop.queries import QUESTIONS
from mfg_desktop.queries.rows import FixtureRow
from mfg_desktop.ui.setup import presenter as setup_presenter
from mfg_desktop.ui.setup import wording
from mfg_desktop.ui.setup.day import planned_minutes, stretches
from mfg_desktop.ui.setup.presenter import (
    AREAS,
    NAMED_BY,
    THINGS,
    Area,
    SetupPresenter,
    routing_ways,
    tool_ways,
)
from mfg_desktop.vocabulary import FixtureStatus, GaugeStatus, WorkflowStatus
from tests.factories import Floor
from tests.ui.conftest import Place


@pytest.fixture
def presenter(place: Place) -> SetupPresenter:
    return SetupPresenter(place)


def listed(presenter: SetupPresenter, area: Area, qtbot: QtBot) -> list[object]:
    presenter.choose(area)
    presenter.refresh()
    qtbot.waitUntil(lambda: presenter.answered)
    return [presenter.key_of(row) for row in presenter.rows()]


def test_every_area_asks_what_the_shop_answers() -> None:
    for listing in AREAS.values():
        assert listing.query in QUESTIONS
        assert set(listing.keys) <= set(COMMANDS[listing.create].model_fields)
        assert not listing.detail or set(NAMED_BY[listing.detail]) == set(QUESTIONS[listing.detail].model_fields)
    assert all(query in QUESTIONS for query, _ in THINGS.values())
    assert all(area in wording.AREA_LOOKS for area in Area)


def test_the_areas_list_what_there_is(presenter: SetupPresenter, floor: Floor, qtbot: QtBot) -> None:
    floor.do("process.create", process_code="TURN", name="Turning", machine_type="CNC_LATHE")
    floor.do("workflow.create", product="GEAR", version="A", steps=[{"sequence": 10, "process": "TURN"}])
    floor.do("fixture.create", code="FX-1", name="Chuck", fixture_type="Chuck")
    floor.do("gauge.create", code="GA-1", name="Bore gauge")

    found = {area: listed(presenter, area, qtbot) for area in AREAS}

    assert found == {
        Area.PRODUCTS: ["BAR", "GEAR", "NUT"],
        Area.PROCESSES: ["TURN"],
        Area.WORKFLOWS: [("GEAR", "A")],
        Area.FIXTURES: ["FX-1"],
        Area.GAUGES: ["GA-1"],
        Area.MACHINES: ["CNC-1", "CNC-2"],
    }


def test_products_are_searched_by_the_shop_and_machines_here(presenter: SetupPresenter, qtbot: QtBot) -> None:
    listed(presenter, Area.PRODUCTS, qtbot)

    presenter.find("gear")
    qtbot.waitUntil(lambda: len(presenter.rows()) == 1)
    product = presenter.rows()[0].stock_code
    listed(presenter, Area.MACHINES, qtbot)
    presenter.find("lathe")

    assert product == "GEAR"
    assert [row.machine for row in presenter.rows()] == ["CNC-2"]


def test_a_late_answer_does_not_come_into_another_area(presenter: SetupPresenter, place: Place, qtbot: QtBot) -> None:
    presenter.refresh()
    keys = listed(presenter, Area.MACHINES, qtbot)
    with qtbot.waitSignal(presenter.rows_changed):
        presenter.refresh()

    assert keys == ["CNC-1", "CNC-2"]
    assert [presenter.key_of(row) for row in presenter.rows()] == keys


def test_a_late_page_does_not_come_into_another_area_or_another_search(
    presenter: SetupPresenter, place: Place, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup_presenter, "PAGE", 1)
    listed(presenter, Area.PRODUCTS, qtbot)

    presenter.more()
    presenter.find("NUT")
    told: list[object] = []
    place.background.run(lambda: None, told.append, told.append, owner=presenter)
    qtbot.waitUntil(lambda: bool(told))
    assert [presenter.key_of(row) for row in presenter.rows()] == ["NUT"]

    presenter.find("")
    qtbot.waitUntil(lambda: [presenter.key_of(row) for row in presenter.rows()] == ["BAR"])
    presenter.more()
    assert listed(presenter, Area.MACHINES, qtbot) == ["CNC-1", "CNC-2"]


def test_news_keeps_the_pages_that_are_loaded(
    presenter: SetupPresenter, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup_presenter, "PAGE", 1)
    listed(presenter, Area.PRODUCTS, qtbot)
    for ask in (presenter.more, presenter.more, presenter.refresh):
        with qtbot.waitSignal(presenter.rows_changed):
            ask()

    assert [presenter.key_of(row) for row in presenter.rows()] == ["BAR", "GEAR", "NUT"]


def test_what_is_made_is_opened(presenter: SetupPresenter, qtbot: QtBot) -> None:
    listed(presenter, Area.PRODUCTS, qtbot)
    presenter.make_new()

    with qtbot.waitSignal(presenter.done) as said:
        presenter.save(
            {"command": "product.create", "stock_code": "PIN", "name": "Pin", "type": "FINISHED", "unit": "pcs"},
            said="PIN is there now.",
            opens=True,
        )
    qtbot.waitUntil(lambda: presenter.detail is not None)

    assert said.args == ["PIN is there now."]
    assert (presenter.opened, presenter.draft, presenter.detail.row.name) == ("PIN", None, "Pin")


def test_a_refusal_goes_to_the_form_and_the_rest_to_the_dialog(presenter: SetupPresenter, qtbot: QtBot) -> None:
    landed: list[ManufacturingException] = []
    told: list[ManufacturingException] = []
    presenter.refused.connect(told.append)
    fields = {"command": "product.create", "stock_code": "BAR", "name": "Bar", "type": "RAW", "unit": "m"}

    presenter.save(fields, said="", land=lambda error: landed.append(error))
    qtbot.waitUntil(lambda: bool(landed))
    presenter.save(fields, said="", land=lambda error: error)
    qtbot.waitUntil(lambda: bool(told))

    assert [error.code for error in landed] == ["VALIDATION_DUPLICATE_VALUE"]
    assert [error.code for error in told] == ["VALIDATION_DUPLICATE_VALUE"]


def test_a_later_command_is_not_refused_into_the_form_before(presenter: SetupPresenter, qtbot: QtBot) -> None:
    landed: list[ManufacturingException] = []
    fields = {"command": "fixture.set_status", "fixture": "NONE", "status": "BROKEN"}
    presenter.save({"command": "gauge.create"}, said="", land=lambda error: landed.append(error))

    with qtbot.waitSignal(presenter.refused) as told:
        presenter.save(fields, said="")

    assert len(landed) == 1
    assert told.args is not None
    assert told.args[0].code == "FIXTURE_NOT_FOUND"


def test_an_operator_is_told_by_the_code_what_is_not_allowed(place: Place, floor: Floor, qtbot: QtBot) -> None:
    place.who = place.shop.sign_in("OP-1", "135790", terminal="T1")
    presenter = SetupPresenter(place)
    listed(presenter, Area.PRODUCTS, qtbot)

    with qtbot.waitSignal(presenter.refused) as told:
        presenter.save(
            {"command": "product.update", "stock_code": "BAR", "name": "Mine"}, said="", land=lambda one: one
        )

    assert told.args is not None
    assert told.args[0].code == "PERMISSION_DENIED"
    assert [row.stock_code for row in presenter.rows()] == ["BAR", "GEAR", "NUT"]


def test_what_may_be_picked_is_asked_once_and_kept_fresh(presenter: SetupPresenter, floor: Floor, qtbot: QtBot) -> None:
    with qtbot.waitSignal(presenter.offered):
        nothing_yet = presenter.offers("material")
    floor.do("product.create", stock_code="PIN", name="Pin", type="RAW", unit="pcs")
    with qtbot.waitSignal(presenter.offered):
        presenter.refresh()

    assert nothing_yet == ()
    assert ("PIN", "Pin") in presenter.offers("material")
    assert ("Europe/Berlin", "") in presenter.offers("timezone")


def test_a_closed_screen_asks_nothing(presenter: SetupPresenter, qtbot: QtBot) -> None:
    presenter.watch(False)
    with qtbot.assertNotEmitted(presenter.rows_changed, wait=100):
        presenter.refresh()


@pytest.mark.parametrize("status", WorkflowStatus)
def test_a_routing_that_may_not_move_says_why(status: WorkflowStatus) -> None:
    ways = {way.value: way.stopped for way in routing_ways(status)}

    assert [name for name, stopped in ways.items() if not stopped] == {
        WorkflowStatus.DRAFT: ["workflow.submit", "workflow.archive"],
        WorkflowStatus.REVIEW: ["workflow.activate", "workflow.archive"],
        WorkflowStatus.ACTIVE: ["workflow.archive"],
        WorkflowStatus.OBSOLETE: ["workflow.activate", "workflow.archive"],
        WorkflowStatus.ARCHIVED: [],
    }[status]


@pytest.mark.parametrize("version", ["DRAFT", "REVIEW", "ACTIVE", "ARCHIVED"])
def test_the_shop_agrees_on_what_may_be_done_with_a_routing(version: str, floor: Floor) -> None:
    floor.do("process.create", process_code="TURN", name="Turning", machine_type="CNC_LATHE")
    steps = {"DRAFT": (), "REVIEW": ("submit",), "ACTIVE": ("submit", "activate"), "ARCHIVED": ("archive",)}[version]
    for way in routing_ways(WorkflowStatus(version)):
        name = f"{version}-{way.value[9:]}"
        floor.do("workflow.create", product="GEAR", version=name, steps=[{"sequence": 10, "process": "TURN"}])
        for step in steps:
            floor.do(f"workflow.{step}", product="GEAR", version=name)
        try:
            floor.do(way.value, product="GEAR", version=name)
            done = True
        except ManufacturingException:
            done = False
        assert done is not bool(way.stopped)


@pytest.mark.parametrize("status", FixtureStatus)
def test_no_state_is_set_by_hand_that_the_work_sets(status: FixtureStatus) -> None:
    row = FixtureRow("FX-1", "Chuck", "Chuck", None, status, 90, None, None, False, "WO-1", 1)

    ways = {way.value: way.stopped for way in tool_ways(row)}

    assert "IN_USE" not in ways
    assert ways[status.value] if status is not FixtureStatus.IN_USE else all("WO-1" in why for why in ways.values())
    assert set(ways) == {one.value for one in FixtureStatus} - {"IN_USE"}
    assert len(GaugeStatus) == len(wording.GAUGE_LOOKS)


def test_a_shift_over_midnight_has_two_parts_and_counts_once() -> None:
    shifts: list[dict[str, object]] = [
        {"name": "Night", "start": "22:00", "end": "06:00", "planned_stop_minutes": 30},
        {"name": "Early", "start": "06:00", "end": "14:00"},
        {"name": "Half typed", "start": "14:0"},
    ]

    parts = [(part.name, part.start, part.end) for part in stretches(shifts)]

    assert parts == [("Night", 1320, 1440), ("Night", 0, 360), ("Early", 360, 840)]
    assert planned_minutes(shifts) == 450 + 480


@pytest.mark.parametrize(
    ("days", "said"),
    [(12, "due in 12 days"), (330, "due in 11 months"), (0, "due today"), (-3, "3 days late")],
)
def test_a_card_says_shortly_when_a_calibration_is_due(days: int, said: str) -> None:
    today = date(2026, 11, 22)

    assert wording.due_briefly(today + timedelta(days=days), "calibration", today)[0] == said


def test_a_card_says_that_nothing_was_calibrated_yet() -> None:
    assert wording.due_briefly(None, "calibration", date(2026, 11, 22)) == ("no calibration yet", None)
