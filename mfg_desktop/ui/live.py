"""The feed as signals: what anybody at any terminal committed, and whether the shop's database is there."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer, Signal

from mfg_desktop.service.shop import Shop
from mfg_desktop.ui.background import Background

POLL_MS: Final = 500
AWAY_AFTER_BEATS: Final = 4
"""A poll that is not back by then counts as no connection: the bar has to turn amber within three seconds. In beats,
not in seconds: while the window itself is busy none pass, and its own absence must not refuse a person's command.
"""

Touched = frozenset[tuple[str, str]]


class Live(QObject):
    """Polls the feed in the background while it runs."""

    touched = Signal(frozenset)
    """Pairs of entity type and key."""
    connection = Signal(bool, object)
    """Up or not, and since when it is away (None while it is up)."""

    def __init__(self, shop: Shop, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._poll: Callable[[], Any] = _Poll(shop)
        self._background = background
        self._missing: int | None = None
        """Beats since the poll that is under way was sent; None while none is."""
        self._heard_at = datetime.now(UTC)
        self._away_since: datetime | None = None
        self.left_at: dict[str, int] = {}
        """The version at which a command of this terminal left a thing: no screen's rows are newer for a moment."""
        self._timer = QTimer(self, interval=POLL_MS)
        self._timer.timeout.connect(self._beat)

    @property
    def up(self) -> bool:
        return self._away_since is None

    @property
    def away_since(self) -> datetime | None:
        return self._away_since

    @property
    def heard_at(self) -> datetime:
        """When the database last answered: the age of what is shown."""
        return self._heard_at

    def start(self) -> None:
        self._timer.start()
        self._beat()

    def stop(self) -> None:
        self._timer.stop()

    def tell(self, touched: Touched) -> None:
        """Say at once what this terminal itself has changed, without waiting for the feed."""
        if touched:
            self.touched.emit(touched)

    def _beat(self) -> None:
        if self._missing is None:
            self._missing = 0
            self._background.run(self._poll, self._heard, self._missed, owner=self, quiet=True)
            return
        self._missing += 1
        if self._missing >= AWAY_AFTER_BEATS:
            self._go_away()

    def _heard(self, touched: Touched) -> None:
        self._missing = None
        self._heard_at = datetime.now(UTC)
        if self._away_since is not None:
            self._away_since = None
            self.connection.emit(True, None)
        self.tell(touched)

    def _missed(self, trouble: Exception) -> None:
        self._missing = None
        self._go_away()

    def _go_away(self) -> None:
        if self._away_since is None:
            self._away_since = self._heard_at
            self.connection.emit(False, self._away_since)


class _Poll:
    """One look at the feed, made on the worker; the feed itself is opened there too."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._feed: Any = None

    def __call__(self) -> Touched:
        if self._feed is None:
            self._feed = self._shop.feed()
        touched: Touched = self._feed.poll()
        return touched
