"""Sends the shop's statements to the driver, each of them written out only once in the driver's words.

SQLAlchemy puts a statement together anew for each execution, which takes the terminal longer than the database takes to carry it out. Here the text, the
order of its values and what turns values and columns into their types are worked out when a statement comes again, and kept as long as it lives. So what
comes often is built once, at the top of its module or by a function that remembers it. A statement that is built for one question comes only once: it
goes as SQLAlchemy sends it, which has a memory of its own for those that look alike.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Dialect, Row
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
_MOST = 100
"""Of how many ways to give a statement its values, names and lengths of lists, the text is kept."""


class _Written:
    """One statement in the words of one driver."""

    def __init__(self, statement: Executable, dialect: Dialect, values: Values, *, gives_rows: bool) -> None:
        assert isinstance(statement, SelectBase | UpdateBase)
        # As if for many sets of values, else a new row would give back its key, and nobody asks for it.
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
        self._types = [column.type for column in statement.exported_columns]
        self._turns: list[tuple[int, Turn]] | None = None
        self._make_row = _row_maker(tuple(map(str, statement.exported_columns.keys())))

    def ordered(self, values: Values) -> tuple[Any, ...]:
        """Put values in the order in which the text wants them, as the driver takes them."""
        if self._fixed:
            values = {**values, **self._fixed}
        if self.lists:
            values = dict(values)
            for name, parts in self.lists.items():
                values.update(zip(parts, values[name], strict=True))
        return tuple([values[name] if turn is None else turn(values[name]) for name, turn in self._places])

    def rows(self, cursor: DBAPICursor, dialect: Dialect) -> list[Row[Any]]:
        """Read all rows of the answer."""
        if self._turns is None:
            self._turns = self._result_turns(cursor, dialect)
        found = cursor.fetchall()
        if len(found) == 1:
            columns = list(found[0])
            for place, turn in self._turns:
                columns[place] = turn(columns[place])
            return [self._make_row(columns)]
        if found and self._turns:
            # Column by column: a function is then called for each value by nobody but `map`.
            columns = list(zip(*found, strict=True))
            for place, turn in self._turns:
                columns[place] = map(turn, columns[place])
            return list(map(self._make_row, zip(*columns, strict=True)))
        return list(map(self._make_row, found))

    def _result_turns(self, cursor: DBAPICursor, dialect: Dialect) -> list[tuple[int, Turn]]:
        # Of which type a column comes from the driver, only an answer tells.
        turns = [
            kind.dialect_impl(dialect).result_processor(dialect, told[1])
            for kind, told in zip(self._types, cursor.description, strict=True)
        ]
        return [(place, turn) for place, turn in enumerate(turns) if turn is not None]


_named: Callable[..., Any] = namedtuple


@lru_cache(maxsize=1000)
def _row_maker(names: tuple[str, ...]) -> Callable[[Iterable[Any]], Row[Any]]:
    # Read by name and by place as SQLAlchemy's own row is, but by name three times as fast. Nothing else of that row may be used: `_mapping` is not here.
    make_row: Any = partial(tuple.__new__, _named("Row", names, rename=True))
    return cast("Callable[[Iterable[Any]], Row[Any]]", make_row)


_CURSOR = "mfg_cursor"
_Kept = WeakKeyDictionary[Executable, dict[tuple[object, ...], _Written]]
_KEPT: dict[str, _Kept] = {}
"""What was written out, by driver and statement, and then by the names of the values and the lengths of their lists."""


class Sender:
    """Sends statements within one transaction. Whoever listens to the engine hears of each before it goes."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.on_postgres = connection.dialect.name == "postgresql"
        self._dialect = connection.dialect
        pooled = connection.connection
        # One cursor for as long as the database is connected: nothing is read from it later than it was sent.
        self._cursor: DBAPICursor = pooled.info.get(_CURSOR) or pooled.info.setdefault(_CURSOR, pooled.cursor())
        self._kept = _KEPT.setdefault(self._dialect.driver, _Kept())
        self._told = connection.engine.dispatch

    def all(self, statement: Executable, values: Values | None = None) -> Sequence[Row[Any]]:
        given = values or {}
        written = self._written(statement, given, gives_rows=True)
        if written is None:
            return self.connection.execute(statement, given).all()
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
        if written is None:
            self.connection.execute(statement, values)
        elif len(values) == 1:
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

    def _written(self, statement: Executable, values: Values, *, gives_rows: bool) -> _Written | None:
        """Give what is kept of a statement; nothing when it comes for the first time."""
        known = self._kept.get(statement)
        if known is None:
            self._kept[statement] = {}
            return None
        key = (gives_rows, *values)
        written = known.get(key)
        if written is not None and written.lists:
            key = (*key, *(len(values[name]) for name in written.lists))
            written = known.get(key)
        if written is None:
            if len(known) > _MOST:
                known.clear()
            written = _Written(statement, self._dialect, values, gives_rows=gives_rows)
            known[gives_rows, *values, *(len(values[name]) for name in written.lists)] = written
            known.setdefault((gives_rows, *values), written)
        return written

    def _send(self, text: str, values: Sequence[Any], *, many: bool = False) -> None:
        for listener in self._told.before_cursor_execute:
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
