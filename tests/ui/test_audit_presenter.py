"""The audit screen without a window: filters, pages, news on top, and the check of the log."""

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pytestqt.qtbot import QtBot

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.queries.rows import AuditRow, ChangeRow
from mfg_desktop.tables import Base
from mfg_desktop.ui.audit import presenter as audit_presenter
from mfg_desktop.ui.audit import wording
from mfg_desktop.ui.audit.presenter import AuditPresenter, Filters, Period, days_of, with_days
from mfg_desktop.ui.theme import Tone
from mfg_desktop.vocabulary import ActionType, AuditLevel
from tests.factories import OPERATOR, PIN, TERMINAL, Floor
from tests.ui.conftest import PATIENCE_MS, Place

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def presenter(place: Place) -> AuditPresenter:
    return AuditPresenter(place)


def refresh(presenter: AuditPresenter, qtbot: QtBot) -> None:
    with qtbot.waitSignal(presenter.rows_changed):
        presenter.refresh()


def opened(presenter: AuditPresenter, qtbot: QtBot) -> AuditRow:
    """Open the newest entry, and give it with the rows that it changed."""
    presenter.open(presenter.entries()[0].sequence)
    qtbot.waitUntil(lambda: presenter.opened is not None and presenter.opened.changes is not None)
    assert presenter.opened is not None
    return presenter.opened


def refuse(floor: Floor, number: str) -> None:
    with pytest.raises(ManufacturingException):
        floor.do("work_order.complete", number=number)


def test_the_newest_entry_comes_first(presenter: AuditPresenter, floor: Floor, qtbot: QtBot) -> None:
    number = floor.order(status="PLANNED")

    refresh(presenter, qtbot)

    assert presenter.entries()[0].entity == number
    assert presenter.entries()[0].action_type == ActionType.WORK_ORDER_PLAN


def test_while_the_log_is_read_the_shop_goes_on(
    presenter: AuditPresenter, place: Place, floor: Floor, qtbot: QtBot
) -> None:
    slow, told = threading.Event(), list[object]()
    place.background.run(lambda: slow.wait(PATIENCE_MS / 1000), told.append, told.append, owner=presenter, long=True)

    presenter.refresh()
    with qtbot.waitSignal(presenter.done):
        presenter.perform({"command": "department.create", "code": "NEW", "name": "New"}, said="made")
    assert (presenter.answered, told) == (False, [])
    with qtbot.waitSignal(presenter.rows_changed):
        slow.set()

    assert presenter.entries()[0].entity_type == "Plant"


def test_what_an_entry_changed_is_read_when_it_is_opened(presenter: AuditPresenter, floor: Floor, qtbot: QtBot) -> None:
    floor.order(status="PLANNED")
    refresh(presenter, qtbot)
    told = list[bool]()
    presenter.opened_changed.connect(
        lambda: told.append(presenter.opened is not None and bool(presenter.opened.changes))
    )

    entry = opened(presenter, qtbot)

    assert told == [False, True]
    assert {one.changes for one in presenter.entries()} == {None}
    assert replace(entry, changes=None) == presenter.entries()[0]


def test_an_entry_that_was_left_meanwhile_does_not_come_back(
    presenter: AuditPresenter, floor: Floor, qtbot: QtBot
) -> None:
    refresh(presenter, qtbot)
    first, second, *_ = presenter.entries()

    presenter.open(first.sequence)
    presenter.open(second.sequence)
    qtbot.waitUntil(lambda: presenter.opened is not None and presenter.opened.changes is not None)
    presenter.open(first.sequence)
    presenter.close()
    refresh(presenter, qtbot)

    assert presenter.opened is None


def test_what_could_not_be_asked_of_an_entry_is_asked_when_the_database_is_back(
    presenter: AuditPresenter, place: Place, qtbot: QtBot
) -> None:
    refresh(presenter, qtbot)
    who, place.who = place.who, None
    presenter.open(presenter.entries()[0].sequence)

    place.who = who
    place.live.connection.emit(True, None)
    qtbot.waitUntil(lambda: presenter.opened is not None and presenter.opened.changes is not None)

    assert presenter.opened is not None


def test_filters_go_together(presenter: AuditPresenter, floor: Floor, qtbot: QtBot) -> None:
    number = floor.order(status="DRAFT")
    refuse(floor, number)

    with qtbot.waitSignal(presenter.rows_changed):
        presenter.filter(Filters(level=AuditLevel.WARNING, entity=number, badge="ADMIN"))
    refused = presenter.entries()
    with qtbot.waitSignal(presenter.rows_changed):
        presenter.filter(replace(presenter.filters, action_type=ActionType.WORK_ORDER_PLAN))

    assert [entry.details["code"] for entry in refused] == ["WORK_ORDER_INVALID_TRANSITION"]
    assert presenter.entries() == ()


def test_pages_follow_one_another_without_a_hole(
    presenter: AuditPresenter, floor: Floor, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_presenter, "PAGE", 3)
    floor.order(status="RELEASED")
    refresh(presenter, qtbot)

    for _ in range(2):
        with qtbot.waitSignal(presenter.rows_changed):
            presenter.more()

    sequences = [entry.sequence for entry in presenter.entries()]
    assert sequences == list(range(sequences[0], sequences[0] - 9, -1))


def test_news_comes_on_top_of_what_is_loaded(
    presenter: AuditPresenter, floor: Floor, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_presenter, "PAGE", 3)
    refresh(presenter, qtbot)
    with qtbot.waitSignal(presenter.rows_changed):
        presenter.more()

    floor.do("machine.set_status", machine="CNC-1", status="BROKEN", reason="Crash")
    refresh(presenter, qtbot)

    assert len(presenter.entries()) == 7
    assert presenter.entries()[0].entity == "CNC-1"


def test_more_news_than_a_page_begins_anew(
    presenter: AuditPresenter, floor: Floor, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_presenter, "PAGE", 3)
    refresh(presenter, qtbot)

    floor.order(status="IN_PROGRESS")
    refresh(presenter, qtbot)

    sequences = [entry.sequence for entry in presenter.entries()]
    assert sequences == list(range(sequences[0], sequences[0] - 3, -1))


def test_who_may_not_read_the_log_is_told_in_its_place(place: Place, qtbot: QtBot) -> None:
    place.who = place.shop.sign_in(OPERATOR, PIN, terminal=TERMINAL)
    presenter = AuditPresenter(place)

    with qtbot.assertNotEmitted(presenter.refused):
        refresh(presenter, qtbot)

    assert presenter.denied is not None
    assert presenter.denied.code == "PERMISSION_DENIED"


def test_the_check_finds_the_log_as_it_was_written(presenter: AuditPresenter, floor: Floor, qtbot: QtBot) -> None:
    floor.order(status="COMPLETED")

    with qtbot.waitSignal(presenter.verified) as verified:
        presenter.verify()
    found = verified.args[0] if verified.args else None

    assert found is not None
    assert found.broken_at is None
    assert wording.check_sentence(found)[1] is Tone.RUNNING
    assert not presenter.checking


def test_the_check_names_the_entry_that_was_changed(
    presenter: AuditPresenter, floor: Floor, qtbot: QtBot, sqlite_url: str
) -> None:
    floor.order(status="PLANNED")
    refresh(presenter, qtbot)
    changed = presenter.entries()[1].sequence
    tamper(sqlite_url, changed)

    with qtbot.waitSignal(presenter.verified) as verified:
        presenter.verify()
    found = verified.args[0] if verified.args else None

    assert found is not None
    assert found.broken_at == changed
    sentence, tone = wording.check_sentence(found)
    assert sentence.startswith(f"Entry {changed}:")
    assert tone is Tone.TROUBLE


def tamper(url: str, sequence: int) -> None:
    """Change an entry behind the back of the shop, as somebody with the file in hand could."""
    with closing(sqlite3.connect(Path(url.removeprefix("sqlite:///")))) as connection:
        triggers = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'manufacturing_audit_log'"
        ).fetchall()
        for (name,) in triggers:
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE manufacturing_audit_log SET message = 'x' WHERE sequence = ?", (sequence,))
        connection.commit()


def test_days_are_named_or_chosen() -> None:
    today = date(2026, 3, 4)

    assert days_of(Period.TODAY, today) == (today, today)
    assert days_of(Period.WEEK, today) == (date(2026, 2, 26), today)
    assert days_of(Period.ANY, today) == (None, None)
    swapped = with_days(Filters(), today, date(2026, 3, 1))
    assert (swapped.first, swapped.last) == (date(2026, 3, 1), today)


def test_days_are_the_plants(presenter: AuditPresenter, floor: Floor, qtbot: QtBot) -> None:
    floor.order(status="DRAFT")
    today = datetime.now(BERLIN).date()

    with qtbot.waitSignal(presenter.rows_changed):
        presenter.filter(with_days(Filters(), today, today))
    there = len(presenter.entries())
    with qtbot.waitSignal(presenter.rows_changed):
        presenter.filter(with_days(Filters(), date(2020, 1, 1), date(2020, 1, 2)))

    assert there > 0
    assert presenter.entries() == ()


def test_a_changed_row_is_told_before_and_after(presenter: AuditPresenter, floor: Floor, qtbot: QtBot) -> None:
    number = floor.order(status="RELEASED", quantity=100)
    floor.do("work_order.issue", number=number)
    refresh(presenter, qtbot)

    rows = wording.changed_rows(opened(presenter, qtbot), BERLIN)

    lot = next(row for row in rows if row.title.startswith("Lot no."))
    on_hand = next(field for field in lot.fields if field.field == "On hand")
    assert (lot.remark, on_hand.old, on_hand.new) == ("changed", "30", "0")
    added = next(row for row in rows if row.title.startswith("Stock movement"))
    assert (added.remark, added.has_before, added.has_after) == ("added", False, True)


def test_a_late_entry_shows_both_times(presenter: AuditPresenter, floor: Floor, qtbot: QtBot) -> None:
    floor.do("machine.set_status", machine="CNC-1", status="BROKEN", reason="Crash", at="2026-03-02T06:00:00Z")
    refresh(presenter, qtbot)

    facts = dict(wording.facts(presenter.entries()[0], BERLIN))

    assert facts["Happened"] == "2 Mar 2026 07:00:00"
    assert "Entered late" in facts


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (None, "—"),
        (True, "yes"),
        (Decimal("12.500"), "12.5"),
        (datetime(2026, 3, 2, 6, tzinfo=UTC), "2 Mar 2026 07:00:00"),
        ([{"material": "BAR", "quantity": "5"}, {"material": "NUT"}], "material BAR, quantity 5\nmaterial NUT"),
        ("x" * 500, "x" * 400 + "…"),
    ],
)
def test_values_are_written_for_people(found: object, told: str) -> None:
    assert wording.value(found, BERLIN) == told


def test_the_thing_an_entry_is_about_comes_first_under_its_own_name(
    presenter: AuditPresenter, floor: Floor, qtbot: QtBot
) -> None:
    number = floor.order(status="RELEASED", quantity=100)
    floor.do("work_order.start", number=number)
    refresh(presenter, qtbot)

    rows = wording.changed_rows(opened(presenter, qtbot), BERLIN)

    assert rows[0].title == f"Work order {number}"
    status = next(one for one in rows[0].fields if one.field == "Status")
    assert (status.old, status.new) == ("Released", "In progress")
    others = {row.title: row for row in rows[1:]}
    assert set(others) == {"Machine CNC-1", "Clock"}
    pointers = {one.field: one.new for one in others["Clock"].fields}
    assert (pointers["Machine"], pointers["Work order"]) == ("CNC-1", number)


def test_a_sub_order_that_an_entry_made_is_told_under_its_own_number(
    presenter: AuditPresenter, floor: Floor, qtbot: QtBot
) -> None:
    floor.do("product.create", stock_code="HUB", name="Hub", type="SEMI_FINISHED", unit="pcs")
    floor.do("bom.set", product="GEAR", lines=[{"component": "HUB", "quantity": 1}])
    number = floor.order(status="DRAFT")
    (child,) = floor.do("work_order.create_sub_orders", number=number)["created"]
    refresh(presenter, qtbot)

    rows = wording.changed_rows(opened(presenter, qtbot), BERLIN)

    assert [row.title for row in rows] == [f"Work order {child}"]


def test_rows_that_nothing_names_are_told_apart_by_their_numbers(
    presenter: AuditPresenter, floor: Floor, qtbot: QtBot
) -> None:
    refresh(presenter, qtbot)
    clocks = tuple(ChangeRow("work_clock", key, "kind", None, "RUN") for key in ("7", "8"))

    rows = wording.changed_rows(replace(presenter.entries()[0], changes=clocks), BERLIN)

    assert [row.title for row in rows] == ["Clock no. 7", "Clock no. 8"]
    assert not {one.field for row in rows for one in row.fields} & {"Id", "Version"}


def test_a_row_that_a_command_wrote_twice_is_told_once(presenter: AuditPresenter, floor: Floor, qtbot: QtBot) -> None:
    number = floor.order(status="IN_PROGRESS", quantity=100)
    floor.do("work_order.issue", number=number)
    floor.do("work_order.record_output", number=number, good=10)
    refresh(presenter, qtbot)
    entry = opened(presenter, qtbot)
    written = [(change.table, change.key, change.field) for change in entry.changes or ()]

    rows = wording.changed_rows(entry, BERLIN)

    assert len(written) > len(set(written)), "the output is meant to write a row twice"
    for row in rows:
        assert len({one.field for one in row.fields}) == len(row.fields)
    nuts = next(row for row in rows if "Reserved" in {one.field for one in row.fields} and "Consumed" in str(row))
    assert {one.field: (one.old, one.new) for one in nuts.fields}["Consumed"] == ("0", "40")


@pytest.mark.parametrize(
    ("name", "found", "told"),
    [
        ("status", "IN_PROGRESS", ("Status", "In progress")),
        ("setup_minutes", Decimal("12.500"), ("Setup", "12.5 min")),
        ("weight_kg", None, ("Weight", "—")),
        ("scrap_percentage", Decimal(3), ("Scrap", "3 %")),
        ("machine_id", 1234, ("Machine no.", "1234")),
        ("running_order", "WO-2026-00001", ("Runs", "WO-2026-00001")),
        ("batch_number", "LOT_7", ("Batch number", "LOT_7")),
        ("at", "2026-11-27T02:35:00+00:00", ("When", "27 Nov 2026 03:35:00")),
        ("at", "2026-07-01T02:35:00.250000+00:00", ("When", "1 Jul 2026 04:35:00")),
        ("lot", "2026-11-27", ("Lot", "2026-11-27")),
        ("date", "2026-02-31", ("Date", "2026-02-31")),
        ("planned_end", "2026-11-27", ("Planned end", "27 Nov 2026")),
    ],
)
def test_fields_are_told_in_plain_words_with_their_units(name: str, found: object, told: tuple[str, str]) -> None:
    assert (wording.field(name), wording.field_value(name, found, BERLIN)) == told


def test_every_table_and_field_that_has_words_of_its_own_is_there() -> None:
    tables = Base.metadata.tables
    columns = {column.name for table in tables.values() for column in table.columns}

    assert set(wording._OWN_TABLES.values()) | set(wording._TABLE_WORDS) <= set(tables)
    assert set(wording._FIELD_WORDS) <= columns
    assert [name for name, field in wording._NAMING.items() if field not in tables[name].columns] == []


def test_a_page_that_was_asked_for_behind_another_filter_leaves_no_hole(
    presenter: AuditPresenter, place: Place, floor: Floor, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_presenter, "PAGE", 2)
    refresh(presenter, qtbot)
    with qtbot.waitSignal(presenter.rows_changed):
        presenter.more()
    newest = presenter.entries()[0].sequence
    told: list[object] = []

    presenter.filter(Filters(level=AuditLevel.INFO))
    presenter.more()
    place.background.run(lambda: None, told.append, told.append, owner=presenter, long=True)
    qtbot.waitUntil(lambda: bool(told))
    with qtbot.waitSignal(presenter.rows_changed):
        presenter.more()

    assert [entry.sequence for entry in presenter.entries()] == [newest, newest - 1, newest - 2, newest - 3]
