"""What anybody committed since the last look: exact, cheap, on both databases.

The end of each terminal's audit chain is a counter that moves with every commit and in commit order; so a reader that remembers one number per
terminal misses nothing, which a reader of `sequence > last` would: identity values are not in commit order on PostgreSQL.
"""

import json

from sqlalchemy import Connection, and_, or_, select
from sqlalchemy.exc import DBAPIError

from mfg_desktop.service.database import Database, translated
from mfg_desktop.tables import AuditChainHead, ManufacturingAuditLog

_HEADS = select(AuditChainHead.terminal, AuditChainHead.counter)
_MOST = 200
"""More new entries than this are not read one by one: everything is taken as touched."""

EVERYTHING = ("*", "*")


class Feed:
    """One reader's place in everybody's chain."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: dict[str, int] | None = None

    def poll(self) -> frozenset[tuple[str, str]]:
        """Name what was touched since the last poll as (kind, key); `EVERYTHING` when it is too much to name."""
        try:
            return self._poll()
        except DBAPIError as fault:
            raise translated(fault) from fault

    def _poll(self) -> frozenset[tuple[str, str]]:
        with self._database.engine.connect() as connection:
            heads: dict[str, int] = {row.terminal: row.counter for row in connection.execute(_HEADS)}
            news = self._news(connection, heads)
        # Moved on last: what could not be read because the connection was lost is read the next time.
        self._seen = heads
        return news

    def _news(self, connection: Connection, heads: dict[str, int]) -> frozenset[tuple[str, str]]:
        seen = self._seen
        if seen is None or seen == heads:
            return frozenset()
        news = {terminal: counter for terminal, counter in heads.items() if counter > seen.get(terminal, 0)}
        if sum(counter - seen.get(terminal, 0) for terminal, counter in news.items()) > _MOST:
            return frozenset({EVERYTHING})
        log = ManufacturingAuditLog
        new = [
            and_(log.terminal == terminal, log.counter > seen.get(terminal, 0), log.counter <= counter)
            for terminal, counter in news.items()
        ]
        touched = connection.execute(select(log.touched).where(or_(*new))).scalars() if new else ()
        return frozenset((kind, key) for names in touched for kind, key in json.loads(names))
