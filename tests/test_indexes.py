"""Every index earns its place: the database would use it for the statement it is there for, and no foreign key is without one."""

import pytest
from sqlalchemy import Index, PrimaryKeyConstraint, UniqueConstraint, text

from mfg_desktop.service.database import Database
from mfg_desktop.tables import AUDIT_INDEXES, INDEXES, Base
from mfg_desktop.tables.indexes import Serving

ALL = (*INDEXES, *AUDIT_INDEXES)


def test_there_are_fifty_and_more() -> None:
    assert len(ALL) >= 50
    assert len({serving.index.name for serving in ALL}) == len(ALL)


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_the_database_would_use_each_for_its_statement(database_url: str) -> None:
    database = Database(database_url)
    idle = []

    with database.reading() as connection:
        for name in ("seqscan", "bitmapscan", "hashjoin"):
            connection.exec_driver_sql(f"SET LOCAL enable_{name} = off")
        for serving in ALL:
            plan = "\n".join(connection.execute(text(f"EXPLAIN {_unlocked(serving)}")).scalars())
            if f" {serving.index.name} " not in plan:
                idle.append(f"{serving.index.name}: {plan.splitlines()[0]}")
    database.close()

    assert idle == []


def _unlocked(serving: Serving) -> str:
    # The plan is the same, and a reader may not lock.
    return serving.serves.removesuffix(" FOR UPDATE")


def test_every_foreign_key_has_an_index() -> None:
    bare = []

    for table in Base.metadata.sorted_tables:
        led: set[str] = set()
        for constraint in (*table.constraints, *table.indexes):
            if isinstance(constraint, UniqueConstraint | PrimaryKeyConstraint | Index):
                led.update(column.name for column in list(constraint.columns)[:1])
        bare += [f"{table.name}.{key.parent.name}" for key in table.foreign_keys if key.parent.name not in led]

    assert bare == []
