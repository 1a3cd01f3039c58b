"""What the audit screen knows: the entries that match its filters, the opened one, and how far the check is."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import ClassVar, Final

from PySide6.QtCore import QObject, QTimer, Signal

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.queries.rows import AuditRow, Page, PersonRow
from mfg_desktop.service.audit import Verified
from mfg_desktop.ui.background import Background
from mfg_desktop.ui.presenter import Presenter, Workplace, as_refusal
from mfg_desktop.vocabulary import ActionType, AuditLevel, EntityType

PAGE: Final = 100
PROGRESS_MS: Final = 100


@dataclass(frozen=True, slots=True)
class Filters:
    """Which entries are shown. Days are the plant's, both included."""

    level: AuditLevel | None = None
    action_type: ActionType | None = None
    badge: str | None = None
    entity_type: EntityType | None = None
    entity: str = ""
    first: date | None = None
    last: date | None = None


class _Cancelled(Exception):
    """Ends a check from inside; nothing was wrong."""


class AuditPresenter(Presenter):
    """The log as the screen reads it."""

    follows: ClassVar[frozenset[str]] = frozenset(kind.value for kind in EntityType)

    opened_changed = Signal()
    people_changed = Signal()
    verifying = Signal(int, int)
    """How many entries of how many are checked."""
    verified = Signal(object)
    """What the check found (`Verified`); None when it was cancelled."""

    def __init__(self, place: Workplace, parent: QObject | None = None) -> None:
        super().__init__(place, parent)
        self._filters = Filters()
        self._entries: tuple[AuditRow, ...] = ()
        self._next: str | None = None
        self._answered = False
        self._denied: ManufacturingException | None = None
        self._opened: AuditRow | None = None
        self._people: tuple[PersonRow, ...] = ()
        self._seen = True
        self._check: _Check | None = None
        self._look = QTimer(self, interval=PROGRESS_MS)
        self._look.timeout.connect(self._tell_progress)

    # ------------------------------------------------------------------ entries

    def watch(self, seen: bool) -> None:
        """Follow the news while somebody looks; every command of the plant is news here."""
        self._seen = seen

    def refresh(self) -> None:
        """Ask for the newest entries; those that are loaded already stay."""
        if self._seen:
            self._ask_entries("entries", self._take_newest)

    def load_people(self) -> None:
        """Ask for the names behind the badges."""
        background = self.place.background
        background.run(self.place.shop.faces, self._take_people, self._miss_people, owner=self, key="people")

    def filter(self, filters: Filters) -> None:
        """Show other entries."""
        if filters != self._filters:
            self._filters = filters
            self._ask_entries("entries", self._take)

    def more(self) -> None:
        """Ask for the next page, when there is one."""
        after = self._next
        if after is not None:
            self._ask_entries("more", lambda page: self._take_more(after, page), after=after)

    @property
    def filters(self) -> Filters:
        return self._filters

    @property
    def filtered(self) -> bool:
        return self._filters != Filters()

    @property
    def answered(self) -> bool:
        return self._answered

    @property
    def denied(self) -> ManufacturingException | None:
        """Why the log may not be read by this person."""
        return self._denied

    def entries(self) -> tuple[AuditRow, ...]:
        return self._entries

    def people(self) -> tuple[PersonRow, ...]:
        return self._people

    def _ask_entries(self, key: str, then: Callable[[Page[AuditRow]], None], **more: object) -> None:
        # No index serves every pair of filters; in the log of years that takes seconds, and the shop goes on meanwhile.
        self.ask({**self._question(), **more}, key=key, then=then, failed=self._refuse_list, long=True)

    def _question(self) -> dict[str, object]:
        wanted = self._filters
        question: dict[str, object] = {"query": "audit.list", "limit": PAGE, "changes": False}
        words = {"level": wanted.level, "action_type": wanted.action_type, "entity_type": wanted.entity_type}
        question |= {name: word.value for name, word in words.items() if word is not None}
        if wanted.badge:
            question["badge"] = wanted.badge
        if wanted.entity:
            question["entity"] = wanted.entity
        # Without a zone: a day is a day of the plant, whatever the terminal's own clock says.
        if wanted.first is not None:
            question["from"] = datetime.combine(wanted.first, time.min).isoformat()
        if wanted.last is not None:
            question["to"] = datetime.combine(wanted.last, time.max).isoformat()
        return question

    def _take(self, page: Page[AuditRow]) -> None:
        self._entries, self._next = page.rows, page.next
        self._show()

    def _take_newest(self, page: Page[AuditRow]) -> None:
        newest = self._entries[0].sequence if self._entries else None
        if newest is None or all(entry.sequence != newest for entry in page.rows):
            # Nothing was there, or more came than a page holds: begin anew rather than leave a hole.
            self._take(page)
            return
        self._entries = (*(entry for entry in page.rows if entry.sequence > newest), *self._entries)
        self._show()

    def _take_more(self, after: str, page: Page[AuditRow]) -> None:
        if after != self._next:
            # The list is the answer to another question by now, and ends elsewhere.
            return
        last = self._entries[-1].sequence if self._entries else None
        self._entries += tuple(entry for entry in page.rows if last is None or entry.sequence < last)
        self._next = page.next
        self._show()

    def _show(self) -> None:
        self._answered, self._denied = True, None
        self.rows_changed.emit()

    def _refuse_list(self, error: ManufacturingException) -> None:
        if error.code == "PERMISSION_DENIED":
            self._answered, self._denied = True, error
            self._entries, self._next, self._opened = (), None, None
            self.opened_changed.emit()
            self.rows_changed.emit()
        elif error.code != "SYSTEM_DATABASE_UNAVAILABLE":
            self.refused.emit(error)

    def _take_people(self, people: tuple[PersonRow, ...]) -> None:
        self._people = tuple(sorted(people, key=lambda person: person.name.casefold()))
        self.people_changed.emit()

    def _miss_people(self, trouble: Exception) -> None:
        # The bar tells that the database is away; names come with the next look at this screen.
        as_refusal(trouble)

    # ------------------------------------------------------------------ the opened entry

    def open(self, sequence: int) -> None:
        """Open a loaded entry; what it changed comes after."""
        if self._opened is None or self._opened.sequence != sequence:
            self._opened = next((entry for entry in self._entries if entry.sequence == sequence), self._opened)
        self.opened_changed.emit()
        self._ask_changes()

    def close(self) -> None:
        """Open none."""
        self._opened = None
        self.opened_changed.emit()

    @property
    def opened(self) -> AuditRow | None:
        return self._opened

    def _ask_changes(self) -> None:
        if self._opened is None or self._opened.changes is not None:
            return
        # A list of ten thousand orders that was read in is one entry: its lines take seconds.
        question = {"query": "audit.list", "sequence": self._opened.sequence}
        self.ask(question, key="opened", then=self._take_opened, failed=self._refuse_list, long=True)

    def _heal(self, up: bool) -> None:
        super()._heal(up)
        if up:
            # Not with every refresh: news would overtake a long answer again and again.
            self._ask_changes()

    def _take_opened(self, page: Page[AuditRow]) -> None:
        (entry,) = page.rows
        if self._opened is not None and self._opened.sequence == entry.sequence:
            self._opened = entry
            self.opened_changed.emit()

    # ------------------------------------------------------------------ the check

    def verify(self) -> bool:
        """Check the log from its first entry to its last; a second tap while it runs cancels it."""
        if self._check is not None:
            self._check.cancel()
            return False
        check = _Check(self.place.background)
        self._check = check
        shop = self.place.shop
        self._look.start()
        self.verifying.emit(0, 0)
        self.place.background.run(
            lambda: shop.verify(check.told), self._end_check, self._fail_check, owner=self, long=True
        )
        return True

    @property
    def checking(self) -> bool:
        return self._check is not None

    def _tell_progress(self) -> None:
        if self._check is not None:
            self.verifying.emit(*self._check.progress)

    def _end_check(self, found: Verified | None) -> None:
        self._check = None
        self._look.stop()
        self.verified.emit(found)

    def _fail_check(self, trouble: Exception) -> None:
        self._end_check(None)
        if not isinstance(trouble, _Cancelled):
            self.refused.emit(as_refusal(trouble))


class _Check:
    """What the worker and the window tell each other during a check: plain values, looked at, never called across."""

    def __init__(self, background: Background) -> None:
        self.progress = (0, 0)
        self._background = background
        self._cancelled = False

    def cancel(self) -> None:
        self._cancelled = True

    def told(self, count: int, total: int) -> None:
        self.progress = (count, total)
        if self._cancelled or self._background.stopped:
            raise _Cancelled


class Period(StrEnum):
    """The days that are asked for most."""

    ANY = "ANY"
    TODAY = "TODAY"
    YESTERDAY = "YESTERDAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    CHOSEN = "CHOSEN"
    """Two days of one's own."""


def days_of(period: Period, today: date) -> tuple[date | None, date | None]:
    """Give the first and the last day of a period; none where it has none of its own."""
    back = {Period.TODAY: (0, 0), Period.YESTERDAY: (1, 1), Period.WEEK: (6, 0), Period.MONTH: (29, 0)}.get(period)
    return (None, None) if back is None else (today - timedelta(days=back[0]), today - timedelta(days=back[1]))


def with_days(filters: Filters, first: date | None, last: date | None) -> Filters:
    """Give the filters with other days; the earlier of two is the first."""
    if first is not None and last is not None and last < first:
        first, last = last, first
    return replace(filters, first=first, last=last)
