"""Gives service tests a terminal on the standard plant of their own, and more terminals where a story needs them."""

from collections.abc import Callable, Iterator

import pytest

from tests.factories import ADMIN, TERMINAL
from tests.service.stories import Desk

Desks = Callable[..., Desk]


@pytest.fixture
def desks(database_url: str) -> Iterator[Desks]:
    """Open terminals: `desks()` for the administrator, `desks(OPERATOR, terminal="T2")` for another person elsewhere."""
    opened: list[Desk] = []

    def open_desk(badge: str = ADMIN, *, terminal: str = TERMINAL) -> Desk:
        opened.append(Desk(database_url, badge, terminal=terminal))
        return opened[-1]

    yield open_desk
    for desk in opened:
        desk.close()


@pytest.fixture
def desk(desks: Desks) -> Desk:
    """Give the administrator's terminal."""
    return desks()
