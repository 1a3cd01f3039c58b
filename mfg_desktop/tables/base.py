"""What every table shares: the naming of constraints and the column types that mean the same on SQLite and PostgreSQL."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Integer,
    MetaData,
    Numeric,
    String,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeEngine

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


NUMERIC = 1700
"""The number by which PostgreSQL knows the type."""


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)


class Fixed(TypeDecorator[Decimal]):
    """An exact decimal with `places` digits after the point: NUMERIC on PostgreSQL, a whole number of the smallest step on SQLite.

    SQLite would keep a NUMERIC as a binary float, and 0.1 x 3 would not be 0.3.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, places: int) -> None:
        super().__init__(18, places)
        self.places = places
        self._step = Decimal(1).scaleb(-places)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Decimal]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())  # type: ignore[arg-type]
        return dialect.type_descriptor(Numeric(18, self.places))

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> Decimal | int | None:
        if value is None or dialect.name != "sqlite":
            return value
        scaled = Decimal(value).scaleb(self.places)
        whole = int(scaled)
        if whole != scaled:
            raise ValueError(f"{value} has more than {self.places} places")
        return whole

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Decimal | None] | None:
        if dialect.name == "sqlite":
            step = self._step
            return lambda value: None if value is None else Decimal(value) * step
        # The driver gives a Decimal for it already; a sum or a case over it may be another kind of number.
        return None if coltype == NUMERIC else lambda value: None if value is None else Decimal(value)


class UtcTime(TypeDecorator[datetime]):
    """A moment, aware and in UTC: TIMESTAMPTZ on PostgreSQL, UTC text to the microsecond on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = value if value.tzinfo is UTC else value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        if dialect.name == "sqlite":
            return lambda text: None if text is None else datetime.fromisoformat(f"{text}+00:00")
        return lambda moment: moment if moment is None or moment.tzinfo is UTC else moment.astimezone(UTC)


Quantity = Fixed(3)
Money = Fixed(2)
Key = BigInteger().with_variant(Integer, "sqlite")

CODE = String(60)
NAME = String(200)
TEXT = String(4000)


class Word(Enum):
    """A word of the vocabulary. What the driver gives is looked up as it is: there are four in every row of a list."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        words: Any = self.enum_class
        return {None: None, **{word.value: word for word in words}}.__getitem__


def word(kind: type[StrEnum], name: str) -> Word:
    """A word of the vocabulary, kept as text and held to its list by a check constraint."""
    return Word(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=20,
        values_callable=lambda words: [w.value for w in words],
    )


def key() -> Mapped[int]:
    return mapped_column(Key, primary_key=True, autoincrement=True, comment="The row's number, given by the database.")


def version() -> Mapped[int]:
    return mapped_column(
        Integer,
        default=1,
        server_default="1",
        comment="Counts the changes of this row, from 1, so that a screen notices that it is out of date.",
    )


def to(target: str, comment: str, *, nullable: bool = False) -> Mapped[int]:
    return mapped_column(Key, ForeignKey(target), nullable=nullable, comment=comment)
