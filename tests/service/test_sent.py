"""How statements go to the driver: the first time SQLAlchemy sends them, and from then on they give the rows and faults that it gave."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import bindparam, event, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from mfg_desktop.service import audit
from mfg_desktop.service.database import Database, is_passing, violated
from mfg_desktop.service.statements import Sender
from mfg_desktop.tables import Base, Department, Machine, Product, StockLot
from mfg_desktop.vocabulary import MachineStatus, MachineType
from tests.postgres import Cluster
from tests.service.stories import Desk

CODES = select(Machine.code).where(Machine.code.in_(bindparam("codes", expanding=True))).order_by(Machine.code)
BY_STATUS = select(Machine.code, Machine.status).where(Machine.status == bindparam("status")).order_by(Machine.code)
TWICE = (1, 2)
NEW = insert(Department)
NEW_MACHINE = insert(Machine).returning(Machine.id, Machine.version, Machine.status, Machine.next_maintenance)
RENAME = update(Department).where(Department.code == bindparam("of")).values(name=bindparam("becomes"))
NAMES = select(Department.code, Department.name).where(Department.code.like("N-%")).order_by(Department.code)


@pytest.fixture
def sender(desk: Desk) -> Iterator[Sender]:
    """Give a sender inside a transaction that is not kept."""
    with desk.shop.database.engine.connect() as connection, connection.execution_options(mfg_writes=True).begin() as it:
        audit.open_entry(connection, audit.new_entry())
        yield Sender(connection)
        it.rollback()


def test_every_column_of_every_table_comes_back_as_sqlalchemy_gives_it(desk: Desk) -> None:
    number = desk.order(status="IN_PROGRESS")
    desk.do("work_order.issue", number=number)
    desk.do("work_order.record_output", number=number, good="1.5", scrapped=1, scrap_reason="crack")
    desk.do("machine.set_status", machine="CNC-2", status="BROKEN", reason="spindle")
    read = 0

    with desk.shop.database.reading() as connection:
        for table in Base.metadata.sorted_tables:
            everything = select(table).order_by(*table.primary_key.columns)
            expected = [tuple(row) for row in connection.execute(everything)]
            sender = Sender(connection)
            sender.all(everything)
            found = [tuple(row) for row in sender.all(everything)]

            assert found == expected, table.name
            assert [[type(value) for value in row] for row in found] == [
                [type(value) for value in row] for row in expected
            ], table.name
            read += len(found)

    assert read > 100


def test_a_row_is_read_by_name_and_by_place(sender: Sender) -> None:
    for _ in TWICE:
        row = sender.first(BY_STATUS, {"status": MachineStatus.AVAILABLE})

        assert row is not None
        assert (row.code, row.status, row[0], len(row)) == ("CNC-1", MachineStatus.AVAILABLE, "CNC-1", 2)
        assert isinstance(row.status, MachineStatus)


def test_what_is_not_there_is_none(sender: Sender) -> None:
    for _ in TWICE:
        assert sender.all(BY_STATUS, {"status": MachineStatus.RETIRED}) == []
    assert sender.first(BY_STATUS, {"status": MachineStatus.RETIRED}) is None
    assert sender.value(BY_STATUS, {"status": MachineStatus.RETIRED}) is None


@pytest.mark.parametrize("codes", [[], ["CNC-2"], ["CNC-2", "CNC-1"], ["X", "CNC-1", "Y"], ["CNC-1"]])
def test_a_list_may_have_any_length_each_time(sender: Sender, codes: list[str]) -> None:
    for wanted in (codes, ["CNC-1", "CNC-2"], codes):
        assert [row.code for row in sender.all(CODES, {"codes": wanted})] == sorted({"CNC-1", "CNC-2"} & set(wanted))


def test_terminals_of_one_program_that_send_the_same_at_once_get_each_its_own_answer(desk: Desk) -> None:
    def ask(turn: int) -> list[list[str]]:
        with desk.shop.database.reading() as connection:
            sender = Sender(connection)
            lengths = [(turn * 7 + place) % 130 for place in range(40)]
            return [
                [row.code for row in sender.all(CODES, {"codes": [f"CNC-{1 + length % 2}"] + ["X"] * length})]
                for length in lengths
            ]

    with ThreadPoolExecutor(4) as hands:
        answers = list(hands.map(ask, range(40)))

    assert answers == [[[f"CNC-{1 + (turn * 7 + place) % 130 % 2}"] for place in range(40)] for turn in range(40)]


def test_what_a_savepoint_takes_back_is_gone_and_the_rest_stays(sender: Sender) -> None:
    for turn in range(3):
        with sender.connection.begin_nested() as savepoint:
            sender.run(NEW, {"code": f"N-{turn}", "name": "new"})
            if turn == 1:
                savepoint.rollback()
    with pytest.raises(DBAPIError), sender.connection.begin_nested():
        sender.run(NEW, {"code": "N-0", "name": "again"})

    assert [(row.code, row.name) for row in sender.all(NAMES)] == [("N-0", "new"), ("N-2", "new")]


def test_a_new_row_has_the_defaults_of_its_columns_and_gives_back_what_is_asked(sender: Sender) -> None:
    for code in ("NEW-1", "NEW-2"):
        made = sender.first(NEW_MACHINE, {"code": code, "type": MachineType.OTHER, "serial_number": code})

        assert made is not None
        assert (made.version, made.status, made.next_maintenance) == (1, MachineStatus.AVAILABLE, None)


def test_several_sets_of_values_are_carried_out_in_turn(sender: Sender) -> None:
    for turn in TWICE:
        sender.run(NEW, [{"code": f"N-{turn}{place}", "name": "new"} for place in range(3)])
        sender.run(RENAME, [{"of": f"N-{turn}{place}", "becomes": f"Hall {place}"} for place in (0, 2)])

    told = [(row.code, row.name) for row in sender.all(NAMES)]
    assert told == [
        (f"N-{turn}{place}", name) for turn in TWICE for place, name in enumerate(("Hall 0", "new", "Hall 2"))
    ]


def test_no_values_at_all_are_a_fault_of_the_program(sender: Sender) -> None:
    with pytest.raises(ValueError, match="change nothing"):
        sender.run(NEW, [])


def test_what_the_database_refuses_is_told_by_the_name_of_its_constraint(sender: Sender) -> None:
    for code in ("N-1", "N-2"):
        sender.run(NEW, {"code": code, "name": "new"})

    with pytest.raises(DBAPIError) as refused:
        sender.run(NEW, {"code": "N-1", "name": "new"})

    assert violated(refused.value) == "uq_department_code"
    assert not is_passing(refused.value)


def test_a_lost_connection_is_given_up_and_may_be_tried_again(postgres: Cluster, postgres_template: str) -> None:
    with closing(Desk(postgres.create_database(postgres_template))) as desk:
        database = desk.shop.database
        with database.engine.connect() as connection:
            sender = Sender(connection)
            sender.all(NAMES)
            (pid,) = sender.told("SELECT pg_backend_pid()")[0]
            end(database, pid)

            with pytest.raises(DBAPIError) as lost:
                sender.all(NAMES)

        assert lost.value.connection_invalidated
        assert is_passing(lost.value)
        assert desk.ask("machine.list").rows


def end(database: Database, pid: int) -> None:
    """End another session of the server, and wait until it is gone."""
    with database.engine.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})


def test_whoever_listens_to_the_engine_hears_of_every_statement(desk: Desk) -> None:
    heard: list[tuple[str, Any, bool]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        heard.append((statement, values, many))

    with desk.shop.database.reading() as connection:
        sender = Sender(connection)
        sender.all(BY_STATUS, {"status": MachineStatus.BROKEN})
        event.listen(desk.shop.database.engine, "before_cursor_execute", note)
        sender.all(BY_STATUS, {"status": MachineStatus.BROKEN})
        sender.told("SELECT 1")
        event.remove(desk.shop.database.engine, "before_cursor_execute", note)

    (first, values, many), (second, nothing, _) = heard
    assert first.startswith("SELECT machine.code")
    assert (values, many, second, nothing) == (("BROKEN",), False, "SELECT 1", ())


def test_a_statement_built_from_a_known_one_is_another(sender: Sender) -> None:
    lots = select(StockLot.lot).join(Product).where(Product.stock_code == bindparam("material")).order_by(StockLot.id)
    few = lots.where(StockLot.on_hand < Decimal(100))

    for _ in TWICE:
        both = sender.all(lots, {"material": "BAR"}), sender.all(few, {"material": "BAR"})

        assert [[row.lot for row in rows] for rows in both] == [["B-1", "B-2"], ["B-1"]]
