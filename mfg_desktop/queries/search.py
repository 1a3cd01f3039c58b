"""Finds rows by the words that somebody typed: each word somewhere in one of the columns, small and large letters alike."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, or_

MOST = 5
"""Words that are looked for; what comes after them is not."""


def patterns(text: str) -> list[str]:
    """Turn what was typed into a pattern for each word; the signs of a pattern stand for themselves."""
    words = text.split()[:MOST]
    return ["%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%" for word in words]


def found_in(columns: Sequence[Any], pattern: Any) -> ColumnElement[bool]:
    """Tell whether a pattern fits one of the columns. Both sides are made small by the database: Python and it do not agree on every letter."""
    return or_(*(func.lower(column).like(func.lower(pattern), escape="\\") for column in columns))
