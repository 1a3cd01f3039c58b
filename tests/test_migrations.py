"""The schema grows step by step and back on both databases, ends where the tables are, and keeps what is in it."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, Inspector, Table, UniqueConstraint, inspect, select, text
from sqlalchemy.exc import DBAPIError

import mfg_desktop
from mfg_desktop.exceptions import ManufacturingException, Severity
from mfg_desktop.service.database import REVISION, Database, downgrade, upgrade
from mfg_desktop.service.shop import Shop
from mfg_desktop.tables import AuditContext, Base, ProductionOutput
from mfg_desktop.tables.base import NAMES
from tests.factories import Floor

STEPS = [
    path.stem.split("_")[0]
    for path in sorted((Path(mfg_desktop.__file__).parent / "migrations" / "versions").glob("[0-9]*.py"))
]
TABLES = Base.metadata.sorted_tables
Seen = TypeVar("Seen")
OF_THE_AUDIT = {"manufacturing_audit_log", "manufacturing_audit_change", "audit_chain_head", "audit_context"}


@pytest.fixture
def head(database_url: str) -> Iterator[Database]:
    """Give a database that was migrated to the newest step."""
    database = Database(database_url)
    yield database
    database.close()


def looking(url: str, look: Callable[[Connection], Seen]) -> Seen:
    database = Database(url)
    try:
        with database.reading() as connection:
            return look(connection)
    finally:
        database.close()


def schema(connection: Connection) -> dict[str, Any]:
    """Tell everything that a migration may have made: tables with columns and constraints, views, triggers, functions."""
    there = inspect(connection)
    columns = {
        name: [(column["name"], str(column["type"]), column["nullable"]) for column in of_table]
        for (_, name), of_table in there.get_multi_columns().items()
    }
    constraints = {
        kind: {name: sorted(str(one["name"]) for one in of_table) for (_, name), of_table in found.items()}
        for kind, found in (
            ("keys", there.get_multi_foreign_keys()),
            ("indexes", there.get_multi_indexes()),
            ("checks", there.get_multi_check_constraints()),
            ("unique", there.get_multi_unique_constraints()),
        )
    }
    if connection.dialect.name == "postgresql":
        made = (
            "SELECT tgrelid::regclass || '.' || tgname FROM pg_trigger WHERE NOT tgisinternal"
            " UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        )
    else:
        made = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    return {
        "columns": columns,
        "constraints": constraints,
        "views": there.get_view_names(),
        "made": sorted(connection.execute(text(made)).scalars()),
    }


SINCE_0007 = {"status_at", "status_by", "status_terminal", "operation_sequence", "machine", "rights_version"}
"""Columns that came later, and the counter that moves with the rights that come with a migration."""


def kept_since_0007(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Read what every revision since has: all columns but the later ones, and of the rights those that are not made by a migration."""
    return {
        table.name: [
            tuple(row)
            for row in connection.execute(
                select(*(c for c in table.columns if c.name not in SINCE_0007)).order_by(*table.primary_key.columns)
            )
        ]
        for table in TABLES
        if table.name not in OF_THE_AUDIT | {"role_operation"}
    }


def bound(table: Table) -> list[Any]:
    return [*table.constraints, *table.indexes]


def revision(url: str) -> str | None:
    database = Database(url)
    try:
        return database.revision()
    finally:
        database.close()


# ---------------------------------------------------------------------- the steps


def test_the_program_asks_for_the_newest_step() -> None:
    assert STEPS[-1] == REVISION
    assert [step for step in STEPS if step >= "0006"][:2] == ["0006", "0007"]


def test_every_step_goes_forward_and_back_and_all_forward_again(empty_database_url: str) -> None:
    forward, back = [], []

    for step in STEPS:
        upgrade(empty_database_url, step)
        assert revision(empty_database_url) == step
        forward.append(looking(empty_database_url, schema))
    for below in reversed(STEPS[:-1]):
        downgrade(empty_database_url, below)
        assert revision(empty_database_url) == below
        back.append(looking(empty_database_url, schema))
    downgrade(empty_database_url, "base")
    bare = looking(empty_database_url, schema)
    upgrade(empty_database_url)
    leapt = looking(empty_database_url, schema)

    assert list(bare["columns"]) == ["alembic_version"]
    assert (bare["views"], bare["made"]) == ([], [])
    assert back == list(reversed(forward[:-1]))
    assert leapt == forward[-1]
    assert all(before != after for before, after in pairwise(forward))


def test_migrating_again_changes_nothing(database_url: str) -> None:
    before = looking(database_url, lambda connection: (schema(connection), kept_since_0007(connection)))

    upgrade(database_url)

    assert looking(database_url, lambda connection: (schema(connection), kept_since_0007(connection))) == before


# ---------------------------------------------------------------------- no drift


def test_the_migrations_make_what_the_tables_say(head: Database) -> None:
    with head.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        drift = compare_metadata(context, Base.metadata)

    assert drift == []


def test_a_column_that_no_table_has_would_be_noticed(head: Database) -> None:
    with head.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE machine ADD COLUMN colour VARCHAR(20)")

    with head.reading() as connection:
        drift = compare_metadata(MigrationContext.configure(connection), Base.metadata)

    assert [(change[0], change[2], change[3].name) for change in drift] == [("remove_column", "machine", "colour")]


@pytest.mark.parametrize("kind", ["checks", "unique", "indexes", "keys"])
def test_every_constraint_and_index_has_the_name_that_the_tables_give_it(head: Database, kind: str) -> None:
    with head.reading() as connection:
        there = inspect(connection)
        found = {table.name: named(there, table.name, kind) for table in TABLES}

    wanted: dict[str, set[str]] = {}
    for table in TABLES:
        wanted[table.name] = {
            "checks": {str(c.name) for c in table.constraints if isinstance(c, CheckConstraint)},
            "unique": {str(c.name) for c in table.constraints if isinstance(c, UniqueConstraint)},
            "indexes": {str(index.name) for index in table.indexes},
            "keys": {str(key.name) for key in table.foreign_key_constraints},
        }[kind]
    assert found == wanted
    assert any(wanted.values())


def named(there: Inspector, table: str, kind: str) -> set[str]:
    if kind == "checks":
        return {str(check["name"]) for check in there.get_check_constraints(table)}
    unique = {str(unique["name"]) for unique in there.get_unique_constraints(table)}
    if kind == "unique":
        return unique
    if kind == "keys":
        return {str(key["name"]) for key in there.get_foreign_keys(table)}
    # PostgreSQL lists the index behind a unique constraint too.
    return {str(index["name"]) for index in there.get_indexes(table)} - unique


def test_no_constraint_is_without_a_name_of_the_house() -> None:
    names = {table.name: [str(one.name) for one in bound(table)] for table in TABLES}

    strange = [
        name
        for table, of_table in names.items()
        for name in of_table
        if not re.match(f"({'|'.join(NAMES)})_{table}(_|$)", name)
    ]

    assert strange == []


def test_every_name_is_short_enough_for_postgres_to_keep_it() -> None:
    """It cuts a longer one, and then nobody knows the constraint again by the name it reports."""
    names = [str(one.name) for table in TABLES for one in bound(table)]

    assert [name for name in names if len(name) > 63] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_checks_say_what_the_tables_say(head: Database) -> None:
    """SQLite keeps the text of a check as it was written, so what a migration wrote can be held against the tables."""
    with head.reading() as connection:
        there = inspect(connection)
        found = {
            str(check["name"]): squeezed(str(check["sqltext"]))
            for table in TABLES
            for check in there.get_check_constraints(table.name)
        }

    wanted = {
        str(check.name): squeezed(str(check.sqltext.compile(head.engine, compile_kwargs={"literal_binds": True})))
        for table in TABLES
        for check in table.constraints
        if isinstance(check, CheckConstraint)
    }
    assert found == wanted


def squeezed(condition: str) -> str:
    return re.sub(r'[\s"()]+|\b\w+\.', "", condition).lower()


def test_a_migrated_database_lets_nothing_change_outside_a_command(head: Database) -> None:
    if not head.on_postgres:
        with head.reading() as connection:
            assert connection.execute(select(AuditContext.id, AuditContext.entry)).all() == [(1, None)]

    with pytest.raises(DBAPIError, match="only change through a command"):
        by_hand(head, "INSERT INTO department (code, name) VALUES ('WELD', 'Welding')")


# ---------------------------------------------------------------------- an old schema, and what is in it


@pytest.mark.parametrize("step", [None, "0001", "0006"])
def test_an_old_schema_is_refused_with_what_to_do(empty_database_url: str, step: str | None) -> None:
    if step:
        upgrade(empty_database_url, step)

    with pytest.raises(ManufacturingException) as refused:
        Shop(empty_database_url)

    found = step or "none"
    assert refused.value.code == "SYSTEM_SCHEMA_OUTDATED"
    assert refused.value.details == {"found": found, "needed": REVISION}
    assert refused.value.message == (
        f"The database at version {found} does not fit this program, which needs version {REVISION}."
    )
    assert refused.value.next_step == "Run “mfg-desktop db upgrade”, then start again."
    assert refused.value.severity is Severity.ERROR


def test_a_schema_from_tomorrow_is_refused_too(head: Database) -> None:
    with head.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(ManufacturingException) as refused:
        Shop(head)

    assert refused.value.details == {"found": "9999", "needed": REVISION}


def test_a_plant_keeps_everything_but_its_audit_log_through_a_step_back_and_forth(database_url: str) -> None:
    with closing(Floor(database_url)) as floor:
        number = floor.order(status="IN_PROGRESS")
        floor.do("work_order.issue", number=number)
        floor.do("work_order.record_output", number=number, good=7, scrapped=1, scrap_reason="crack")
    before = looking(database_url, kept_since_0007)

    downgrade(database_url, "0007")
    level = looking(database_url, kept_since_0007)
    downgrade(database_url, "0006")
    below = looking(database_url, kept_since_0007)
    upgrade(database_url)

    assert level == below == looking(database_url, kept_since_0007) == before
    assert below["production_output"]


def test_what_was_reported_before_the_machine_was_kept_with_it_is_given_its_machine(database_url: str) -> None:
    def made_on(connection: Connection) -> list[str | None]:
        return list(connection.execute(select(ProductionOutput.machine).order_by(ProductionOutput.id)).scalars())

    with closing(Floor(database_url)) as floor:
        plain = floor.order(status="IN_PROGRESS", machine="CNC-1")
        floor.do("work_order.issue", number=plain)
        floor.do("work_order.record_output", number=plain, good=1)
        floor.do("work_order.complete", number=plain, short_close_reason="enough")
        floor.do("process.create", process_code="TURN", name="Turning", machine_type="CNC_LATHE")
        steps = [{"sequence": 10, "process": "TURN", "machine": "CNC-2"}, {"sequence": 20, "process": "TURN"}]
        routed = floor.order(status="IN_PROGRESS", machine="CNC-1", operations=steps)
        floor.do("work_order.issue", number=routed)
        for sequence in (10, 20):
            floor.do("operation.start", number=routed, sequence=sequence)
            floor.do("operation.complete", number=routed, sequence=sequence, good=1)
    before = looking(database_url, made_on)

    downgrade(database_url, "0007")
    upgrade(database_url)

    assert looking(database_url, made_on) == before == ["CNC-1", "CNC-2", "CNC-1"]


def test_a_plant_goes_on_working_after_a_step_back_and_forth(database_url: str) -> None:
    downgrade(database_url, "0005")
    upgrade(database_url)

    with closing(Floor(database_url)) as floor:
        number = floor.order(status="IN_PROGRESS")

        assert floor.ask("work_order.get", number=number).row.status == "IN_PROGRESS"
        assert floor.shop.verify().broken_at is None
        with pytest.raises(DBAPIError, match="only change through a command"):
            by_hand(floor.shop.database, "UPDATE work_order SET notes = 'by hand'")


def by_hand(database: Database, statement: str) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql(statement)
