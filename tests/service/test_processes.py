"""Processes and routings: what may be written, how a routing comes to use and goes, and what its questions tell."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.queries.rows import WorkflowDetail
from tests.factories import OPERATOR, PLANNER, VIEWER
from tests.service.conftest import Desks
from tests.service.stories import Desk
from tests.service.test_races import at_once
from tests.service.test_statements import statements


@pytest.fixture
def shop(desk: Desk) -> Desk:
    """Give a terminal of a plant with two processes, a fixture and a gauge."""
    desk.do("process.create", process_code="MILL", name="Milling", machine_type="CNC_MILLING", setup_minutes=30)
    desk.do("process.create", process_code="TURN", name="Turning", machine_type="CNC_LATHE", run_minutes="1.5")
    desk.do("fixture.create", code="VICE-1", name="Vice", fixture_type="vice")
    desk.do("gauge.create", code="CAL-1", name="Caliper")
    return desk


def step(sequence: int = 10, process: str = "MILL", **fields: Any) -> dict[str, Any]:
    return {"sequence": sequence, "process": process, **fields}


def write(desk: Desk, version: str = "A", *steps: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return desk.do("workflow.create", product="GEAR", version=version, steps=list(steps) or [step()], **fields)


def move(desk: Desk, version: str, *moves: str) -> None:
    for name in moves:
        desk.do(f"workflow.{name}", product="GEAR", version=version)


def routing(desk: Desk, version: str = "A") -> WorkflowDetail:
    found: WorkflowDetail = desk.ask("workflow.get", product="GEAR", version=version)
    return found


def statuses(desk: Desk) -> dict[str, str]:
    return {row.version: row.status.value for row in desk.ask("workflow.list", product="GEAR").rows}


def configs(desk: Desk, version: str = "A") -> list[tuple[int, int, str]]:
    return [(row.sequence, row.config_version, row.status.value) for row in routing(desk, version).steps]


# ---------------------------------------------------------------------- processes


def test_a_process_is_listed_as_it_was_created(shop: Desk) -> None:
    shop.do(
        "process.create",
        process_code="DRILL",
        name="Drilling",
        machine_type="DRILLING",
        description="Holes",
        setup_minutes="7.5",
        run_minutes=0,
    )

    rows = shop.ask("process.list").rows

    assert [row.process_code for row in rows] == ["DRILL", "MILL", "TURN"]
    first = rows[0]
    assert (first.name, first.machine_type, first.description) == ("Drilling", "DRILLING", "Holes")
    assert (str(first.setup_minutes), first.run_minutes) == ("7.500", 0)
    assert (rows[1].run_minutes, rows[1].description) == (None, None)


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"process_code": "MILL"}, "VALIDATION_DUPLICATE_VALUE", "process_code"),
        ({"setup_minutes": "-1"}, "VALIDATION_INVALID_FORMAT", "setup_minutes"),
        ({"run_minutes": "-0.001"}, "VALIDATION_INVALID_FORMAT", "run_minutes"),
    ],
)
def test_a_process_against_the_rules_is_refused(shop: Desk, given: dict[str, Any], code: str, field: str) -> None:
    said = {"process_code": "NEW", "name": "New", "machine_type": "OTHER", **given}

    refused, details = shop.said("process.create", **said)

    assert (refused, details["field"]) == (code, field)


# ---------------------------------------------------------------------- writing a routing


def test_a_routing_is_written_in_draft_and_takes_what_is_usual_from_its_processes(shop: Desk) -> None:
    answer = write(shop, "A", step(20, "TURN"), step(10, "MILL"), revision_notes="First")

    detail = routing(shop)
    assert answer == {"product": "GEAR", "version": "A", "status": "DRAFT", "steps": 2}
    assert (detail.row.status, detail.row.steps, detail.row.revision_notes) == ("DRAFT", 2, "First")
    assert detail.row.product_name == "Spur gear z32"
    mill, turn = detail.steps
    assert (mill.sequence, mill.process, mill.process_name, mill.config_version) == (10, "MILL", "Milling", 1)
    assert (mill.machine_type, mill.setup_minutes, mill.cycle_seconds, mill.status) == (
        "CNC_MILLING",
        30,
        None,
        "DRAFT",
    )
    assert (turn.machine_type, turn.setup_minutes, turn.cycle_seconds) == ("CNC_LATHE", None, 90)
    assert (mill.machine, mill.fixture, mill.gauge, mill.parameters) == (None, None, None, {})
    assert abs((detail.row.effective_date - datetime.now(UTC).date()).days) <= 1


def test_a_step_keeps_everything_that_was_given_with_it(shop: Desk) -> None:
    given: dict[str, Any] = {
        "machine_type": "OTHER",
        "axis_count": "AXIS_5",
        "machine": "CNC-1",
        "fixture": "VICE-1",
        "gauge": "CAL-1",
        "tool": "End mill 12",
        "setup_minutes": 0,
        "cycle_seconds": "0.5",
        "overlap_quantity": 0,
        "parameters": {"rpm": 1800, "coolant": True, "note": "ölfrei"},
        "quality_requirements": {"diameter": "45 h7"},
        "instructions": "Mind the edge.\nDeburr.",
    }
    write(shop, "A", step(10, "MILL", **given), effective_date="2026-04-01")

    detail = routing(shop)

    kept = detail.steps[0]
    assert {name: getattr(kept, name) for name in given} == {**given, "cycle_seconds": kept.cycle_seconds}
    assert (str(kept.cycle_seconds), detail.row.effective_date) == ("0.500", date(2026, 4, 1))


def test_a_step_given_again_is_a_further_version_of_its_settings(shop: Desk) -> None:
    answer = write(shop, "A", step(10, tool="Old"), step(20, "TURN"), step(10, tool="New"))

    assert answer["steps"] == 2
    assert configs(shop) == [(10, 1, "DRAFT"), (10, 2, "DRAFT"), (20, 1, "DRAFT")]
    assert [row.tool for row in routing(shop).steps] == ["Old", "New", None]


LONG = {"text": "x" * 3900, "more": "y" * 100}
BAD_STEPS: tuple[tuple[dict[str, Any], str, dict[str, Any]], ...] = (
    ({"product": "NOBODY"}, "MATERIAL_NOT_FOUND", {"material": "NOBODY"}),
    ({"version": "A"}, "VALIDATION_DUPLICATE_VALUE", {"field": "version", "value": "A"}),
    ({"steps": []}, "VALIDATION_REQUIRED_FIELD", {"field": "steps"}),
    ({"steps": [step(0)]}, "VALIDATION_INVALID_FORMAT", {"field": "steps.0.sequence"}),
    ({"steps": [step(), step(10, "TURN")]}, "VALIDATION_DUPLICATE_VALUE", {"field": "steps.1.sequence", "value": 10}),
    ({"steps": [step(), step(20, "WASH")]}, "VALIDATION_INVALID_CHOICE", {"field": "steps.1.process", "value": "WASH"}),
    ({"steps": [step(machine="M")]}, "MACHINE_NOT_FOUND", {"machine": "M"}),
    ({"steps": [step(fixture="F")]}, "FIXTURE_NOT_FOUND", {"fixture": "F"}),
    ({"steps": [step(gauge="G")]}, "GAUGE_NOT_FOUND", {"gauge": "G"}),
    ({"steps": [step(setup_minutes=-1)]}, "VALIDATION_INVALID_FORMAT", {"field": "steps.0.setup_minutes"}),
    ({"steps": [step(cycle_seconds=-1)]}, "VALIDATION_INVALID_FORMAT", {"field": "steps.0.cycle_seconds"}),
    ({"steps": [step(overlap_quantity=-1)]}, "VALIDATION_INVALID_FORMAT", {"field": "steps.0.overlap_quantity"}),
)


@pytest.mark.parametrize(("given", "code", "details"), BAD_STEPS)
def test_a_routing_against_the_rules_is_refused(
    shop: Desk, given: dict[str, Any], code: str, details: dict[str, Any]
) -> None:
    write(shop, "A")
    said = {"product": "GEAR", "version": "B", "steps": [step()], **given}
    if said["steps"] == []:
        # Seen while the fields are read, before the shop hears of it.
        with pytest.raises(ManufacturingException, match=code):
            shop.do("workflow.create", **said)
        return

    refused, told = shop.said("workflow.create", **said)

    assert (refused, {name: told[name] for name in details}) == (code, details)


@pytest.mark.parametrize("name", ["parameters", "quality_requirements"])
@pytest.mark.parametrize(
    "settings",
    [
        [1],
        "rpm=5",
        {"nested": {}},
        {"list": []},
        {"nothing": None},
        {"a\u0000b": 1},
        {"bell": "\u0007"},
        {str(number): number for number in range(51)},
        LONG,
    ],
    ids=["list", "text", "nested", "with list", "null", "NUL", "bell", "51 names", "too long"],
)
def test_settings_that_are_no_plain_names_and_values_are_refused(shop: Desk, name: str, settings: object) -> None:
    given = {**step(), name: settings}

    with pytest.raises(ManufacturingException, match=f"VALIDATION_INVALID_FORMAT.*steps 0 {name.replace('_', ' ')}"):
        write(shop, "A", given)

    assert statuses(shop) == {}


def test_everything_that_is_wrong_with_the_steps_is_told_together(shop: Desk) -> None:
    codes = shop.codes(
        "workflow.create",
        product="GEAR",
        version="A",
        steps=[step(machine="M", fixture="F"), step(-5, "WASH", gauge="G")],
    )

    assert codes == [
        "MACHINE_NOT_FOUND",
        "FIXTURE_NOT_FOUND",
        "VALIDATION_INVALID_FORMAT",
        "VALIDATION_INVALID_CHOICE",
        "GAUGE_NOT_FOUND",
    ]


# ---------------------------------------------------------------------- the life of a routing

LIVES: dict[str, tuple[str, ...]] = {
    "DRAFT": (),
    "REVIEW": ("submit",),
    "ACTIVE": ("submit", "activate"),
    "OBSOLETE": ("submit", "activate"),
    "ARCHIVED": ("archive",),
}
MOVES: tuple[tuple[str, str, set[str]], ...] = (
    ("submit", "REVIEW", {"DRAFT"}),
    ("activate", "ACTIVE", {"REVIEW", "OBSOLETE"}),
    ("archive", "ARCHIVED", {"DRAFT", "REVIEW", "ACTIVE", "OBSOLETE"}),
)


@pytest.mark.parametrize("status", LIVES)
def test_a_routing_moves_from_the_right_statuses_alone(shop: Desk, status: str) -> None:
    for name, to, frm in MOVES:
        version = f"{status}-{name}"
        write(shop, version)
        move(shop, version, *LIVES[status])
        if status == "OBSOLETE":
            write(shop, f"{version}-next")
            move(shop, f"{version}-next", "submit", "activate")
        assert statuses(shop)[version] == status

        if status in frm:
            answer = shop.do(f"workflow.{name}", product="GEAR", version=version)
            assert (answer["product"], answer["version"], answer["status"]) == ("GEAR", version, to)
            assert statuses(shop)[version] == to
        else:
            code, details = shop.said(f"workflow.{name}", product="GEAR", version=version)
            assert (code, details["field"], details["value"]) == ("VALIDATION_INVALID_CHOICE", "status", to)
            assert f"is {status}, and must be" in details["reason"]
            assert all(required in details["reason"] for required in frm)


def test_only_the_routing_put_to_use_last_is_active_and_its_configs_with_it(shop: Desk) -> None:
    write(shop, "A", step(10), step(10), step(20, "TURN"))
    write(shop, "B")
    move(shop, "A", "submit")
    assert configs(shop) == [(10, 1, "REVIEW"), (10, 2, "REVIEW"), (20, 1, "REVIEW")]

    move(shop, "A", "activate")
    assert configs(shop) == [(10, 1, "ACTIVE"), (10, 2, "REVIEW"), (20, 1, "ACTIVE")]
    move(shop, "B", "submit")
    answer = shop.do("workflow.activate", product="GEAR", version="B")

    assert answer["retired"] == "A"
    assert statuses(shop) == {"A": "OBSOLETE", "B": "ACTIVE"}
    assert {status for *_, status in configs(shop)} == {"OBSOLETE"}
    assert shop.ask("product.get", product="GEAR").row.active_workflow == "B"
    move(shop, "A", "activate")
    assert statuses(shop) == {"A": "ACTIVE", "B": "OBSOLETE"}
    assert configs(shop) == [(10, 1, "ACTIVE"), (10, 2, "OBSOLETE"), (20, 1, "ACTIVE")]
    move(shop, "A", "archive")
    assert {status for *_, status in configs(shop)} == {"OBSOLETE"}
    assert shop.ask("product.get", product="GEAR").row.active_workflow is None


def test_each_product_has_a_routing_of_its_own_in_use(shop: Desk) -> None:
    for product in ("GEAR", "NUT"):
        shop.do("workflow.create", product=product, version="A", steps=[step()])
        shop.do("workflow.submit", product=product, version="A")
        shop.do("workflow.activate", product=product, version="A")

    assert {(row.product, row.status) for row in shop.ask("workflow.list").rows} == {
        ("GEAR", "ACTIVE"),
        ("NUT", "ACTIVE"),
    }


@pytest.mark.parametrize(
    "command", ["workflow.submit", "workflow.activate", "workflow.archive", "process_config.activate"]
)
def test_a_routing_that_is_not_there_is_refused(shop: Desk, command: str) -> None:
    more = {"sequence": 10, "config_version": 1} if command.startswith("process") else {}

    code, details = shop.said(command, product="GEAR", version="Z", **more)
    stranger, _ = shop.said(command, product="NOBODY", version="Z", **more)

    assert (code, details["field"], details["value"]) == ("VALIDATION_INVALID_CHOICE", "version", "Z")
    assert stranger == "MATERIAL_NOT_FOUND"


def test_the_audit_log_tells_of_a_routing_by_product_and_version(shop: Desk) -> None:
    write(shop, "A")
    move(shop, "A", "submit", "activate")

    entries = shop.ask("audit.list", entity_type="Workflow", entity="GEAR/A").rows

    assert [entry.action_type for entry in entries] == ["WORKFLOW_CHANGE", "WORKFLOW_CHANGE", "WORKFLOW_CREATE"]
    assert entries[0].message == "Routing GEAR/A was put to use."
    assert {change.table for entry in entries for change in entry.changes} == {"workflow", "process_config"}


def test_of_two_routings_put_to_use_at_once_one_is_left_active(shop: Desk, desks: Desks) -> None:
    here, there = desks(terminal="North"), desks(PLANNER, terminal="South")
    for version in "AB":
        write(shop, version, step(10), step(20, "TURN"))
        move(shop, version, "submit")

    for _ in range(15):
        results = at_once(
            lambda: here.do("workflow.activate", product="GEAR", version="A"),
            lambda: there.do("workflow.activate", product="GEAR", version="B"),
        )
        # Whoever came first may be the routing in use already, and is refused; never are both in use, or neither.
        assert {code for code, _ in results} <= {"", "VALIDATION_INVALID_CHOICE"}
        now = statuses(shop)
        assert sorted(now.values()) in (["ACTIVE", "OBSOLETE"],), now
        for version, status in now.items():
            assert {state for *_, state in configs(shop, version)} == {status}


# ---------------------------------------------------------------------- the settings of a step


def test_of_the_settings_of_a_step_one_is_in_use(shop: Desk) -> None:
    write(shop, "A", step(10), step(10), step(10), step(20, "TURN"))
    move(shop, "A", "submit", "activate")

    answer = shop.do("process_config.activate", product="GEAR", version="A", sequence=10, config_version=3)

    assert answer == {"product": "GEAR", "version": "A", "status": "ACTIVE", "sequence": 10, "config_version": 3}
    assert configs(shop) == [(10, 1, "OBSOLETE"), (10, 2, "REVIEW"), (10, 3, "ACTIVE"), (20, 1, "ACTIVE")]
    shop.do("process_config.activate", product="GEAR", version="A", sequence=10, config_version=1)
    assert configs(shop)[:3] == [(10, 1, "ACTIVE"), (10, 2, "REVIEW"), (10, 3, "OBSOLETE")]


def test_settings_chosen_in_review_are_kept_when_the_routing_is_put_to_use(shop: Desk) -> None:
    write(shop, "A", step(10), step(10))
    move(shop, "A", "submit")
    shop.do("process_config.activate", product="GEAR", version="A", sequence=10, config_version=2)

    move(shop, "A", "activate")

    assert configs(shop) == [(10, 1, "REVIEW"), (10, 2, "ACTIVE")]


@pytest.mark.parametrize(
    ("given", "field", "value"),
    [
        ({"sequence": 99}, "sequence", 99),
        ({"config_version": 9}, "config_version", 9),
        ({"config_version": 1}, "config_version", 1),
    ],
    ids=["no such step", "no such version", "in use already"],
)
def test_settings_that_cannot_be_chosen_are_refused(shop: Desk, given: dict[str, int], field: str, value: int) -> None:
    write(shop, "A", step(10), step(10))
    move(shop, "A", "submit", "activate")
    said = {"product": "GEAR", "version": "A", "sequence": 10, "config_version": 2, **given}

    code, details = shop.said("process_config.activate", **said)

    assert (code, details["field"], details["value"]) == ("VALIDATION_INVALID_CHOICE", field, value)


def test_nothing_is_chosen_in_an_archived_routing(shop: Desk) -> None:
    write(shop, "A", step(10), step(10))
    move(shop, "A", "archive")

    code, details = shop.said("process_config.activate", product="GEAR", version="A", sequence=10, config_version=2)

    assert (code, details["field"]) == ("VALIDATION_INVALID_CHOICE", "status")


# ---------------------------------------------------------------------- questions and rights


def test_routings_are_listed_by_product_and_status_the_newest_first(shop: Desk) -> None:
    write(shop, "OLD", effective_date="2026-01-01")
    write(shop, "NEW", effective_date="2026-02-01")
    shop.do("workflow.create", product="BAR", version="A", steps=[step()])
    move(shop, "OLD", "submit")

    rows = shop.ask("workflow.list").rows

    assert [(row.product, row.version) for row in rows] == [("BAR", "A"), ("GEAR", "NEW"), ("GEAR", "OLD")]
    assert [row.version for row in shop.ask("workflow.list", status="REVIEW").rows] == ["OLD"]
    assert [row.version for row in shop.ask("workflow.list", product="BAR", status="DRAFT").rows] == ["A"]
    for asked in ({"product": "GEAR", "version": "Z"}, {"product": "NOBODY", "version": "A"}):
        with pytest.raises(ManufacturingException, match="VALIDATION_INVALID_CHOICE"):
            shop.ask("workflow.get", **asked)


def test_a_viewer_may_ask_and_a_planner_may_write(shop: Desk, desks: Desks) -> None:
    write(desks(PLANNER), "A")
    viewer, operator = desks(VIEWER), desks(OPERATOR)

    assert len(viewer.ask("process.list").rows) == 2
    assert len(viewer.ask("workflow.list").rows) == 1
    assert routing(viewer).row.version == "A"
    assert operator.said("workflow.submit", product="GEAR", version="A")[0] == "PERMISSION_DENIED"


def test_the_questions_cost_the_same_for_one_row_and_for_many(shop: Desk) -> None:
    def costs() -> list[int]:
        counted = []
        for question, fields in (
            ("process.list", {}),
            ("workflow.list", {}),
            ("workflow.get", {"product": "GEAR", "version": "A"}),
        ):
            with statements(shop) as sent:
                shop.ask(question, **fields)
            counted.append(len(sent))
        return counted

    write(shop, "A")
    few = costs()
    shop.do("workflow.archive", product="GEAR", version="A")
    shop.do("product.create", stock_code="HUB", name="Hub", type="FINISHED", unit="pcs")
    for number in range(30):
        shop.do("process.create", process_code=f"P-{number}", name="P", machine_type="OTHER")
        shop.do("workflow.create", product="HUB", version=str(number), steps=[step(place) for place in range(1, 20)])

    more = 0 if shop.shop.database.on_postgres else 1
    assert costs() == few == [2 + more, 2 + more, 3 + more]
