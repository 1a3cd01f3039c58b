"""Sends the shop's statements to the driver, each of them written out only once in the driver's words.

SQLAlchemy puts a statement together anew for each execution, which takes the terminal longer than the database takes to carry it out. Here the text, the
order of its values and what turns values and columns into their types are worked out once and kept as long as the statement lives. So a statement that
comes often is built once, at the top of its module or by a function that remembers what it built.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Dialect, Row
from sqlalchemy.engine import result_tuple
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.schema import ScalarElementColumnDefault
from sqlalchemy.sql.selectable import SelectBase
from sqlalchemy.types import TypeEngine

Values = Mapping[str, Any]
Turn = Callable[[Any], Any]
"""Turns a value into what the driver takes, or what the driver gives into the type of its column."""
MOST = 100
"""Of how many ways to give a statement its values, names and lengths of lists, the text is kept."""


class _Written:
    """One statement in the words of one driver."""

    def __init__(self, statement: Executable, dialect: Dialect, values: Values, *, gives_rows: bool) -> None:
        # As if for many sets of values, else a new row would give back its key, and nobody asks for it.
        assert isinstance(statement, SelectBase | UpdateBase)
        compiled = statement.compile(dialect=dialect, column_keys=list(values), for_executemany=not gives_rows)
        assert isinstance(compiled, SQLCompiler)
        defaults = {
            column.key: column.default.arg
            for column in compiled.insert_prefetch
            if isinstance(column.default, ScalarElementColumnDefault)
        }
        written = compiled.construct_expanded_state({**defaults, **values})
        self.text = written.statement
        self.lists = {name: parts for name, parts in written.parameter_expansion.items() if name in values}
        """Which values are lists, and the names of their members in the text."""
        types: dict[str, TypeEngine[Any]] = {name: bind.type for name, bind in compiled.binds.items()}
        for name, parts in written.parameter_expansion.items():
            types.update(dict.fromkeys(parts, types[name]))
        given = values.keys() | {part for parts in self.lists.values() for part in parts}
        turns = {name: types[name].dialect_impl(dialect).bind_processor(dialect) for name in written.positiontup or ()}
        self._fixed: dict[str, Any] = {
            name: turn(written.parameters[name]) if turn else written.parameters[name]
            for name, turn in turns.items()
            if name not in given
        }
        """What the statement says itself, and the defaults of a new row."""
        self._places: tuple[tuple[str, Turn | None], ...] = tuple(
            (name, None if name in self._fixed else turns[name]) for name in written.positiontup or ()
        )
        self._columns = [(str(name), column.type) for name, column in statement.exported_columns.items()]
        self._make_row: Callable[[Sequence[Any]], Row[Any]] | None = None

    def ordered(self, values: Values) -> list[Any]:
        """Put values in the order in which the text wants them, as the driver takes them."""
        if self._fixed:
            values = {**values, **self._fixed}
        if self.lists:
            values = dict(values)
            for name, parts in self.lists.items():
                values.update(zip(parts, values[name], strict=True))
        return [values[name] if turn is None else turn(values[name]) for name, turn in self._places]

    def rows(self, cursor: DBAPICursor, dialect: Dialect) -> list[Row[Any]]:
        """Read all rows of the answer."""
        if self._make_row is None:
            self._make_row = self._row_maker(cursor, dialect)
        make_row = self._make_row
        return [make_row(columns) for columns in cursor.fetchall()]

    def _row_maker(self, cursor: DBAPICursor, dialect: Dialect) -> Callable[[Sequence[Any]], Row[Any]]:
        # Of which type a column comes from the driver, only an answer tells.
        turns = [
            kind.dialect_impl(dialect).result_processor(dialect, told[1])
            for (_, kind), told in zip(self._columns, cursor.description, strict=True)
        ]
        plain = result_tuple([name for name, _ in self._columns])
        assert isinstance(plain, partial)
        parent, _, places = plain.args
        return partial(Row, parent, turns if any(turns) else None, places)


_Kept = WeakKeyDictionary[Executable, dict[tuple[object, ...], _Written]]
_KEPT: dict[str, _Kept] = {}
"""What was written out, by driver and statement, and then by the names of the values and the lengths of their lists."""


class Sender:
    """Sends statements within one transaction. Whoever listens to the engine hears of each before it goes."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.on_postgres = connection.dialect.name == "postgresql"
        self._dialect = connection.dialect
        driver = connection.connection.driver_connection
        assert driver is not None
        self._cursor: DBAPICursor = driver.cursor()
        self._kept = _KEPT.setdefault(self._dialect.driver, _Kept())
        self._listeners = connection.engine.dispatch.before_cursor_execute

    def all(self, statement: Executable, values: Values | None = None) -> Sequence[Row[Any]]:
        given = values or {}
        written = self._written(statement, given, gives_rows=True)
        self._send(written.text, written.ordered(given))
        try:
            return written.rows(self._cursor, self._dialect)
        except self._dialect.loaded_dbapi.Error as fault:
            raise self._failed(fault, written.text, ()) from fault

    def first(self, statement: Executable, values: Values | None = None) -> Row[Any] | None:
        rows = self.all(statement, values)
        return rows[0] if rows else None

    def value(self, statement: Executable, values: Values | None = None) -> Any:
        """Give the first column of the first row; None when there is no row."""
        rows = self.all(statement, values)
        return rows[0][0] if rows else None

    def run(self, statement: Executable, values: Values | Sequence[Values] | None = None) -> None:
        """Carry out a statement that gives nothing back, once for each set of values."""
        if values is None or isinstance(values, Mapping):
            values = (values or {},)
        if not values:
            raise ValueError("an empty list of rows would change nothing")
        written = self._written(statement, values[0], gives_rows=False)
        if len(values) == 1:
            self._send(written.text, written.ordered(values[0]))
        else:
            self._send(written.text, [written.ordered(one) for one in values], many=True)

    def tell(self, text: str, values: Sequence[Any] = ()) -> None:
        """Send the driver's own words."""
        self._send(text, values)

    def told(self, text: str, values: Sequence[Any] = ()) -> Sequence[Any]:
        """Send the driver's own words, and give the rows as the driver does."""
        self._send(text, values)
        return self._cursor.fetchall()

    def _written(self, statement: Executable, values: Values, *, gives_rows: bool) -> _Written:
        known = self._kept.setdefault(statement, {})
        key = (gives_rows, *values)
        written = known.get(key)
        if written is not None and written.lists:
            key = (*key, *(len(values[name]) for name in written.lists))
            written = known.get(key)
        if written is None:
            if len(known) > MOST:
                known.clear()
            written = _Written(statement, self._dialect, values, gives_rows=gives_rows)
            known[gives_rows, *values, *(len(values[name]) for name in written.lists)] = written
            known.setdefault((gives_rows, *values), written)
        return written

    def _send(self, text: str, values: Sequence[Any], *, many: bool = False) -> None:
        for listener in self._listeners:
            listener(self.connection, self._cursor, text, values, None, many)
        try:
            if many:
                self._cursor.executemany(text, values)
            else:
                self._cursor.execute(text, values)
        except self._dialect.loaded_dbapi.Error as fault:
            raise self._failed(fault, text, values) from fault

    def _failed(self, fault: Any, text: str, values: Sequence[Any]) -> Exception:
        """Say it as SQLAlchemy does, and give up a connection that is lost."""
        dialect = self._dialect
        is_lost = dialect.is_disconnect(fault, self.connection.connection, self._cursor)
        if is_lost:
            self.connection.invalidate(fault)
        said: Exception = DBAPIError.instance(
            text, values, fault, dialect.loaded_dbapi.Error, connection_invalidated=is_lost, dialect=dialect
        )
        return said
