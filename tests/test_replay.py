"""The reports of a real machine shop go through the service, and whatever the rules say of a line, the books add up."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from mfg_desktop.queries.machines import GetMachine
from mfg_desktop.queries.orders import GetOrder
from mfg_desktop.service.database import Database, upgrade
from mfg_desktop.service.shop import Shop
from tests import replay

SAMPLE = Path(__file__).with_name("machine-shop-sample.csv")


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Database]:
    upgrade(empty_database_url)
    database = Database(empty_database_url, lasting=False)
    yield database
    database.close()


def contents(url: str) -> list[str]:
    """Give every row of a SQLite file as SQL."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        return list(connection.iterdump())


def test_every_line_of_the_sample_is_accepted_or_refused_by_its_code(empty: Database) -> None:
    told = replay.replay(empty, replay.read_lines(SAMPLE))

    assert told.lines == 10
    assert told.accepted == {"SETUP": 1, "PRODUCTION": 5, "BREAKDOWN": 1}
    assert told.refused == {"MACHINE_BROKEN": 1, "PRODUCTION_OUTPUT_EXCEEDS_ORDER": 1, "PRODUCTION_OUTPUT_INVALID": 1}
    assert (told.completed, told.not_completed) == (2, {"WORK_ORDER_QUANTITY_SHORT": 1})
    assert told.good == {"W-1": 10, "W-2": 5, "W-3": 0}
    assert told.rework == {"W-1": 2, "W-2": 0, "W-3": 0}
    assert told.is_sound


def test_reports_stand_at_the_times_of_the_file(empty: Database) -> None:
    replay.replay(empty, replay.read_lines(SAMPLE))

    shop = Shop(empty)
    reader = shop.sign_in(replay.SUPERVISOR, replay.PIN, terminal="office")
    order = shop.ask(GetOrder(number="W-1"), reader)
    machine = shop.ask(GetMachine(machine="Machine 2 - Turning"), reader)
    assert [(f"{output.at:%H:%M}", output.good, output.rework, output.operator) for output in order.outputs] == [
        ("08:00", 4, 0, "P-1"),
        ("10:00", 4, 0, "P-1"),
        ("14:00", 0, 2, "P-2"),
        ("16:00", 2, 0, "P-1"),
    ]
    assert (f"{order.row.actual_start:%d.%m.%Y %H:%M}", f"{order.row.actual_end:%H:%M}") == (
        "02.01.2012 06:00",
        "16:00",
    )
    assert [(f"{down.start:%H:%M}", f"{down.end:%H:%M}") for down in machine.downtimes] == [("10:30", "11:30")]


def test_a_total_that_is_not_that_of_its_lines_is_named(empty: Database) -> None:
    replay.replay(empty, replay.read_lines(SAMPLE))
    shop = Shop(empty)
    walk = replay.Walk(shop, shop.sign_in(replay.SUPERVISOR, replay.PIN, terminal="replay"))
    walk.status = {"W-1": "COMPLETED", "W-2": "COMPLETED"}
    walk.told.good.update({"W-1": Decimal(10), "W-2": Decimal(6)})
    walk.told.rework["W-1"] = Decimal(2)

    walk.look()

    assert [difference[:3] for difference in walk.told.differences] == ["W-2"]
    assert not walk.told.is_sound


def test_the_real_file_goes_through_and_its_totals_are_those_of_the_accepted_lines(
    empty: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    file = replay.REAL if replay.REAL.is_file() else SAMPLE
    if file is SAMPLE:
        with capsys.disabled():
            print(f"\nThe real file {replay.REAL} was not found: replayed {SAMPLE.name} instead.")
    lines = replay.read_lines(file)

    told = replay.replay(empty, lines)

    with empty.reading() as connection:
        totals = connection.execute(
            text(
                "SELECT number, quantity_completed, quantity_ordered, quantity_completed <= quantity_ordered FROM work_order"
            )
        ).all()
        steps = 1 if empty.on_postgres else 1000
    assert told.accepted.total() + told.refused.total() == len(lines)
    assert {row[0]: row[1] / steps for row in totals} == dict(told.good)
    assert all(row[3] for row in totals)
    assert sum(told.good.values()) > 0
    assert told.refused["PRODUCTION_OUTPUT_EXCEEDS_ORDER"] > 0
    assert (told.differences, told.problems) == ([], [])
    assert told.verified is not None
    assert told.verified.problem is None
    assert told.is_sound


def test_the_script_prints_what_was_accepted_and_what_was_refused_by_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["replay", str(SAMPLE)])

    status = replay.main()

    assert status == 0
    assert capsys.readouterr().out.splitlines()[:9] == [
        "10 lines.",
        "Accepted: 7, with 15 good pieces and 2 to rework.",
        "      1 BREAKDOWN",
        "      5 PRODUCTION",
        "      1 SETUP",
        "Refused: 3.",
        "      1 MACHINE_BROKEN",
        "      1 PRODUCTION_OUTPUT_EXCEEDS_ORDER",
        "      1 PRODUCTION_OUTPUT_INVALID",
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_script_leaves_a_plant_that_is_there_as_it_is(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["replay", "--database", database_url, str(SAMPLE)])
    before = contents(database_url)

    status = replay.main()

    assert status == 2
    assert "VALIDATION_DUPLICATE_VALUE" in capsys.readouterr().err
    assert contents(database_url) == before


def test_the_script_says_when_the_file_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["replay", str(tmp_path / "nothing.csv")])

    status = replay.main()

    assert status == 2
    assert "There is no file" in capsys.readouterr().err
