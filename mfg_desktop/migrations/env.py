"""Runs the migrations on the connection it is given, then writes the descriptions of all tables and columns into the database."""

from alembic import context
from sqlalchemy import Connection, inspect

from mfg_desktop.migrations.descriptions import describe
from mfg_desktop.tables import Base


def run(connection: Connection) -> None:
    context.configure(
        connection=connection, target_metadata=Base.metadata, render_as_batch=False, transaction_per_migration=False
    )
    context.run_migrations()
    if inspect(connection).has_table("department"):
        describe(connection)


run(context.config.attributes["connection"])
