"""Writes the one sentence of each table and column into the database: as its comment on PostgreSQL, and as the view `data_dictionary` on both."""

from sqlalchemy import Connection, inspect

from mfg_desktop.tables import Base


def describe(connection: Connection) -> None:
    """Set the descriptions of every table and column that is there; they are written once, in the tables."""
    there = {
        table: {column["name"] for column in inspect(connection).get_columns(table)}
        for table in inspect(connection).get_table_names()
    }
    rows: list[tuple[str, str, str]] = []
    for table in Base.metadata.sorted_tables:
        if table.name in there:
            rows.append((table.name, "", table.comment or ""))
            rows.extend(
                (table.name, column.name, column.comment or "")
                for column in table.columns
                if column.name in there[table.name]
            )
    if connection.dialect.name == "postgresql":
        for table_name, column_name, sentence in rows:
            target = f'COLUMN "{table_name}"."{column_name}"' if column_name else f'TABLE "{table_name}"'
            _run(connection, f"COMMENT ON {target} IS {_quoted(sentence)}")
    values = ", ".join(f"({_quoted(t)}, {_quoted(c)}, {_quoted(s)})" for t, c, s in rows)
    undescribe(connection)
    _run(
        connection,
        f"CREATE VIEW data_dictionary AS WITH words (table_name, column_name, description) AS (VALUES {values}) SELECT * FROM words",
    )


def undescribe(connection: Connection) -> None:
    """Take the data dictionary away."""
    connection.exec_driver_sql("DROP VIEW IF EXISTS data_dictionary")


def _run(connection: Connection, statement: str) -> None:
    # psycopg reads a lone % as a placeholder; no sentence is written for its sake.
    connection.exec_driver_sql(statement.replace("%", "%%") if connection.dialect.name == "postgresql" else statement)


def _quoted(sentence: str) -> str:
    return "'" + sentence.replace("'", "''") + "'"
