"""Fixtures and gauges: their record, their status, their checks and calibrations, and who has them."""

from datetime import date, timedelta
from typing import Any

import pytest

from mfg_desktop.queries.rows import FixtureRow, GaugeRow
from tests.factories import MECHANIC, OPERATOR, VIEWER
from tests.service.conftest import Desks
from tests.service.stories import Desk
from tests.service.test_statements import statements

LONG_AGO = "2026-01-05"
KINDS = ("fixture", "gauge")
CHECK = {"fixture": "fixture.record_check", "gauge": "gauge.record_calibration"}
AWAY = {"fixture": "MAINTENANCE", "gauge": "CALIBRATION"}
LAST = {"fixture": "last_checked", "gauge": "calibration_date"}
INTERVAL = {"fixture": "check_interval_days", "gauge": "calibration_interval_days"}
each_kind = pytest.mark.parametrize("kind", KINDS)


def make(desk: Desk, kind: str, code: str = "T-1", **fields: Any) -> dict[str, Any]:
    more = {"fixture_type": "vice"} if kind == "fixture" else {}
    return desk.do(f"{kind}.create", code=code, name="Tool", **more, **fields)


def tool(desk: Desk, kind: str, code: str = "T-1") -> FixtureRow | GaugeRow:
    found: FixtureRow | GaugeRow = next(row for row in desk.ask(f"{kind}.list").rows if getattr(row, kind) == code)
    return found


def dates(row: FixtureRow | GaugeRow) -> tuple[date | None, date | None, bool]:
    if isinstance(row, FixtureRow):
        return row.last_checked, row.next_check, row.overdue
    return row.calibration_date, row.next_calibration, row.overdue


def set_status(desk: Desk, kind: str, *statuses: str, code: str = "T-1") -> dict[str, Any]:
    answer: dict[str, Any] = {}
    for status in statuses:
        answer = desk.do(f"{kind}.set_status", status=status, **{kind: code})
    return answer


def running_with(desk: Desk, *, fixture: str | None = None, gauge: str | None = None) -> str:
    """Make a gear by a routing that needs the tools, and let its one operation run."""
    desk.do("process.create", process_code="MILL", name="Milling", machine_type="CNC_MILLING")
    steps = [{"sequence": 10, "process": "MILL", "fixture": fixture, "gauge": gauge}]
    desk.do("workflow.create", product="GEAR", version="A", steps=steps)
    desk.do("workflow.submit", product="GEAR", version="A")
    desk.do("workflow.activate", product="GEAR", version="A")
    number = desk.order(status="IN_PROGRESS")
    desk.do("operation.start", number=number, sequence=10)
    return number


# ---------------------------------------------------------------------- the record


def test_a_fixture_is_listed_as_it_was_created(desk: Desk) -> None:
    answer = make(desk, "fixture", location="Rack 3", check_interval_days=30, last_checked=LONG_AGO)

    row = tool(desk, "fixture")
    assert answer == {"fixture": "T-1", "status": "AVAILABLE", "version": 1}
    assert isinstance(row, FixtureRow)
    assert (row.name, row.fixture_type, row.location, row.check_interval_days) == ("Tool", "vice", "Rack 3", 30)
    assert dates(row) == (date(2026, 1, 5), date(2026, 2, 4), True)
    assert (row.status, row.work_order) == ("AVAILABLE", None)


def test_a_gauge_is_listed_as_it_was_created(desk: Desk) -> None:
    answer = make(desk, "gauge", manufacturer="Mitutoyo", calibration_date=LONG_AGO, certificate="C-7")

    row = tool(desk, "gauge")
    assert answer == {"gauge": "T-1", "status": "AVAILABLE", "version": 1}
    assert isinstance(row, GaugeRow)
    assert (row.manufacturer, row.calibration_interval_days, row.certificate) == ("Mitutoyo", 365, "C-7")
    assert dates(row)[:2] == (date(2026, 1, 5), date(2027, 1, 5))


@each_kind
def test_a_tool_that_was_never_checked_is_not_overdue(desk: Desk, kind: str) -> None:
    make(desk, kind)

    assert dates(tool(desk, kind)) == (None, None, False)


@each_kind
def test_a_tool_is_overdue_the_day_after_its_next_check(desk: Desk, kind: str) -> None:
    today = _today(desk)
    make(desk, kind, "DUE", **{LAST[kind]: str(today - timedelta(days=10)), INTERVAL[kind]: 10})
    make(desk, kind, "OVER", **{LAST[kind]: str(today - timedelta(days=11)), INTERVAL[kind]: 10})

    assert dates(tool(desk, kind, "DUE"))[1:] == (today, False)
    assert dates(tool(desk, kind, "OVER"))[1:] == (today - timedelta(days=1), True)


def _today(desk: Desk) -> date:
    """Read the day in the plant from a refusal that names it."""
    code, details = desk.said("fixture.create", code="X", name="X", fixture_type="x", last_checked="2199-01-01")
    assert code == "VALIDATION_INVALID_TIME"
    return date.fromisoformat(details["latest"])


@each_kind
@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"code": "T-1"}, "VALIDATION_DUPLICATE_VALUE", "code"),
        ({"INTERVAL": 0}, "VALIDATION_INVALID_FORMAT", "INTERVAL"),
        ({"INTERVAL": 40000}, "VALIDATION_INVALID_FORMAT", "INTERVAL"),
        ({"LAST": "2199-12-31"}, "VALIDATION_INVALID_TIME", "LAST"),
    ],
)
def test_a_tool_against_the_rules_is_refused(
    desk: Desk, kind: str, given: dict[str, Any], code: str, field: str
) -> None:
    make(desk, kind)
    names = {"INTERVAL": INTERVAL[kind], "LAST": LAST[kind]}
    said = {"code": "T-2", "name": "Tool", **({"fixture_type": "vice"} if kind == "fixture" else {})}
    said |= {names.get(name, name): value for name, value in given.items()}

    refused, details = desk.said(f"{kind}.create", **said)

    assert (refused, details["field"]) == (code, names.get(field, field))


# ---------------------------------------------------------------------- status

MAY: dict[str, set[str]] = {
    "AVAILABLE": {"AWAY", "BROKEN", "RETIRED"},
    "AWAY": {"AVAILABLE", "BROKEN", "RETIRED"},
    "BROKEN": {"AVAILABLE", "AWAY", "RETIRED"},
    "RETIRED": set(),
}


@each_kind
@pytest.mark.parametrize("status", MAY)
def test_a_person_sets_every_status_but_in_use_and_retired_is_final(desk: Desk, kind: str, status: str) -> None:
    def of(word: str) -> str:
        return AWAY[kind] if word == "AWAY" else word

    for asked in ("AVAILABLE", "IN_USE", "AWAY", "BROKEN", "RETIRED"):
        make(desk, kind, asked)
        if status != "AVAILABLE":
            set_status(desk, kind, of(status), code=asked)

        if asked in MAY[status]:
            answer = set_status(desk, kind, of(asked), code=asked)
            assert (answer[kind], answer["status"]) == (asked, of(asked))
            assert tool(desk, kind, asked).status == of(asked)
            assert tool(desk, kind, asked).version == answer["version"]
        else:
            code, details = desk.said(f"{kind}.set_status", status=of(asked), **{kind: asked})
            assert (code, details["field"], details["value"]) == ("VALIDATION_INVALID_CHOICE", "status", of(asked))
            assert set(details["allowed"]) == {of(word) for word in MAY[status]}
            assert tool(desk, kind, asked).status == of(status)


@each_kind
def test_a_tool_that_is_not_there_is_refused(desk: Desk, kind: str) -> None:
    for command, more in ((f"{kind}.set_status", {"status": "BROKEN"}), (CHECK[kind], {"date": LONG_AGO})):
        code, details = desk.said(command, **{kind: "NONE"}, **more)
        assert (code, details) == (f"{kind.upper()}_NOT_FOUND", {kind: "NONE"})


@each_kind
def test_a_tool_at_work_stays_with_its_order_and_the_list_names_it(desk: Desk, kind: str) -> None:
    make(desk, kind)
    make(desk, kind, "SPARE")
    number = running_with(desk, **{kind: "T-1"})

    code, details = desk.said(f"{kind}.set_status", status="BROKEN", **{kind: "T-1"})

    assert (code, details) == (
        f"{kind.upper()}_NOT_AVAILABLE",
        {kind: "T-1", "current_status": "IN_USE", "work_order": number},
    )
    assert (tool(desk, kind).status, tool(desk, kind).work_order) == ("IN_USE", number)
    assert tool(desk, kind, "SPARE").work_order is None
    desk.do("operation.pause", number=number, sequence=10)
    assert (tool(desk, kind).status, tool(desk, kind).work_order) == ("AVAILABLE", None)
    assert set_status(desk, kind, "BROKEN")["status"] == "BROKEN"


# ---------------------------------------------------------------------- checks and calibrations


@each_kind
def test_a_check_sets_the_next_one_and_frees_the_tool(desk: Desk, kind: str) -> None:
    every_ten_days: dict[str, Any] = {INTERVAL[kind]: 10}
    make(desk, kind, **every_ten_days)
    set_status(desk, kind, AWAY[kind])

    answer = desk.do(CHECK[kind], date="2026-03-01", **{kind: "T-1"})

    assert (answer["status"], answer["version"]) == ("AVAILABLE", 3)
    row = tool(desk, kind)
    assert (row.status, row.version, dates(row)[:2]) == ("AVAILABLE", 3, (date(2026, 3, 1), date(2026, 3, 11)))


@each_kind
def test_an_older_check_is_kept_and_sets_nothing_back(desk: Desk, kind: str) -> None:
    make(desk, kind, **{LAST[kind]: "2026-03-01"})
    set_status(desk, kind, AWAY[kind])
    before = tool(desk, kind)

    answer = desk.do(CHECK[kind], date="2026-02-28", **{kind: "T-1"})

    assert tool(desk, kind) == before
    assert (answer["status"], answer["version"]) == (AWAY[kind], before.version)
    table = "fixture_check" if kind == "fixture" else "gauge_calibration"
    assert len(desk.rows()[table]) == 1


@each_kind
def test_a_check_leaves_a_broken_tool_broken_and_one_at_work_at_work(desk: Desk, kind: str) -> None:
    make(desk, kind, "BROKEN")
    set_status(desk, kind, "BROKEN", code="BROKEN")
    make(desk, kind)
    number = running_with(desk, **{kind: "T-1"})

    for code in ("BROKEN", "T-1"):
        desk.do(CHECK[kind], date="2026-03-01", **{kind: code})

    assert tool(desk, kind, "BROKEN").status == "BROKEN"
    assert (tool(desk, kind).status, tool(desk, kind).work_order) == ("IN_USE", number)


@each_kind
def test_a_check_to_come_and_a_check_of_a_retired_tool_are_refused(desk: Desk, kind: str) -> None:
    make(desk, kind)
    tomorrow = str(_today(desk) + timedelta(days=1))

    early, details = desk.said(CHECK[kind], date=tomorrow, **{kind: "T-1"})
    set_status(desk, kind, "RETIRED")
    late, told = desk.said(CHECK[kind], date="2026-03-01", **{kind: "T-1"})

    assert (early, details["field"], details["value"]) == ("VALIDATION_INVALID_TIME", "date", tomorrow)
    assert (late, told) == (f"{kind.upper()}_NOT_AVAILABLE", {kind: "T-1", "current_status": "RETIRED"})


def test_a_certificate_goes_with_its_day(desk: Desk) -> None:
    make(desk, "gauge", calibration_date="2026-01-01", certificate="C-1")

    papers = []
    for day, certificate in (
        ("2026-01-01", None),
        ("2025-01-01", "C-0"),
        ("2026-02-01", None),
        ("2026-02-01", "C-2"),
    ):
        desk.do("gauge.record_calibration", gauge="T-1", date=day, certificate=certificate)
        row = tool(desk, "gauge")
        assert isinstance(row, GaugeRow)
        papers.append(row.certificate)

    assert papers == ["C-1", "C-1", None, "C-2"]


@each_kind
def test_the_audit_log_tells_of_the_tool(desk: Desk, desks: Desks, kind: str) -> None:
    make(desk, kind)
    mechanic = desks(MECHANIC)
    set_status(mechanic, kind, "BROKEN", "AVAILABLE")
    mechanic.do(CHECK[kind], date="2026-03-01", **{kind: "T-1"})

    entries = desk.ask("audit.list", entity_type=kind.capitalize(), entity="T-1").rows

    change = f"{kind.upper()}_CHANGE"
    assert [entry.action_type for entry in entries] == [change, change, change, f"{kind.upper()}_CREATE"]
    assert [entry.badge for entry in entries] == [MECHANIC, MECHANIC, MECHANIC, "ADMIN"]
    assert "on 1 Mar 2026; the next" in entries[0].message


# ---------------------------------------------------------------------- rights and cost


@each_kind
def test_a_viewer_may_ask_and_only_maintenance_may_tend(desk: Desk, desks: Desks, kind: str) -> None:
    make(desk, kind)

    assert len(desks(VIEWER).ask(f"{kind}.list").rows) == 1
    assert desks(OPERATOR).said(CHECK[kind], date="2026-03-01", **{kind: "T-1"})[0] == "PERMISSION_DENIED"


@each_kind
def test_the_list_costs_the_same_for_one_tool_and_for_many(desk: Desk, kind: str) -> None:
    def cost() -> int:
        with statements(desk) as sent:
            desk.ask(f"{kind}.list")
        return len(sent)

    make(desk, kind)
    few = cost()
    for number in range(30):
        make(desk, kind, f"MORE-{number}")

    assert cost() == few == (2 if desk.shop.database.on_postgres else 3)
