"""What the set-up screen knows: the areas, the things of the chosen one, the opened thing, and what may be picked from.

To add an area: a row in AREAS; its list, its detail and its commands go through the same doors.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar, Final

from PySide6.QtCore import QObject, Signal

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.operations.tooling import FIXTURE_MOVES, GAUGE_MOVES
from mfg_desktop.queries.rows import FixtureRow, GaugeRow, Page
from mfg_desktop.service.fields import time_zones
from mfg_desktop.service.shop import PlantRow
from mfg_desktop.service.work import Outcome
from mfg_desktop.ui.presenter import Landing, Presenter, Workplace, as_refusal
from mfg_desktop.vocabulary import EntityType, FixtureStatus, GaugeStatus, WorkflowStatus

PAGE: Final = 200
MOST_THINGS: Final = 5000
"""Of a list to pick from; beyond it the code is typed."""

Key = Hashable


class Area(StrEnum):
    """The areas, in the order in which they are shown."""

    PRODUCTS = "PRODUCTS"
    PROCESSES = "PROCESSES"
    WORKFLOWS = "WORKFLOWS"
    FIXTURES = "FIXTURES"
    GAUGES = "GAUGES"
    MACHINES = "MACHINES"
    PLANT = "PLANT"


@dataclass(frozen=True, slots=True)
class Listing:
    """How an area is asked for: its list, its detail, and what makes a new one."""

    entity: EntityType
    query: str
    key: Callable[[Any], Key]
    create: str
    keys: tuple[str, ...]
    """The fields of the creating command that make the key."""
    detail: str = ""
    """The question of one thing; without one its row is all there is."""
    searched_there: bool = False
    """The shop searches, page by page; without it all are here and are searched here."""


AREAS: Final[Mapping[Area, Listing]] = MappingProxyType(
    {
        Area.PRODUCTS: Listing(
            EntityType.PRODUCT,
            "product.list",
            lambda row: row.stock_code,
            "product.create",
            ("stock_code",),
            detail="product.get",
            searched_there=True,
        ),
        Area.PROCESSES: Listing(
            EntityType.WORKFLOW, "process.list", lambda row: row.process_code, "process.create", ("process_code",)
        ),
        Area.WORKFLOWS: Listing(
            EntityType.WORKFLOW,
            "workflow.list",
            lambda row: (row.product, row.version),
            "workflow.create",
            ("product", "version"),
            detail="workflow.get",
        ),
        Area.FIXTURES: Listing(
            EntityType.FIXTURE, "fixture.list", lambda row: row.fixture, "fixture.create", ("code",)
        ),
        Area.GAUGES: Listing(EntityType.GAUGE, "gauge.list", lambda row: row.gauge, "gauge.create", ("code",)),
        Area.MACHINES: Listing(
            EntityType.MACHINE,
            "machine.list",
            lambda row: row.machine,
            "machine.create",
            ("machine",),
            detail="machine.get",
        ),
    }
)
NAMED_BY: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"product.get": ("product",), "workflow.get": ("product", "version"), "machine.get": ("machine",)}
)
"""The fields of a detail's question, in the order of the key."""

THINGS: Final[Mapping[str, tuple[str, Callable[[Any], tuple[str, str]]]]] = MappingProxyType(
    {
        "material": ("product.list", lambda row: (row.stock_code, row.name)),
        "process": ("process.list", lambda row: (row.process_code, row.name)),
        "machine": ("machine.list", lambda row: (row.machine, " ".join(filter(None, (row.brand, row.model))))),
        "fixture": ("fixture.list", lambda row: (row.fixture, row.name)),
        "gauge": ("gauge.list", lambda row: (row.gauge, row.name)),
        # There is no list of departments of its own; those that machines stand in are the ones to pick from.
        "department": ("machine.list", lambda row: (row.department or "", row.department_name or "")),
        "unit": ("product.list", lambda row: (row.unit, "")),
    }
)
"""What may be picked from: the question, and code and name of its rows."""


class SetupPresenter(Presenter):
    """One area at a time: its list, and one thing of it opened or being made."""

    follows: ClassVar[frozenset[str]] = frozenset(
        entity.value
        for entity in (
            EntityType.PRODUCT,
            EntityType.WORKFLOW,
            EntityType.FIXTURE,
            EntityType.GAUGE,
            EntityType.MACHINE,
            EntityType.PLANT,
        )
    )

    opened_changed = Signal()
    """Another thing is opened, a new one begun, none is open, or the opened one changed."""
    offered = Signal(str)
    """There are things of this kind to pick from now."""
    saved = Signal()
    """What was asked to be saved is saved."""
    not_saved = Signal()
    """What was asked to be saved was refused."""

    def __init__(self, place: Workplace, parent: QObject | None = None) -> None:
        super().__init__(place, parent)
        self._area = Area.PRODUCTS
        self._rows: tuple[Any, ...] = ()
        self._next: str | None = None
        self._text = ""
        self._answered = False
        self._opened: Key | None = None
        self._detail: Any = None
        self._draft: Mapping[str, object] | None = None
        self._plant: PlantRow | None = None
        self._offers: dict[str, tuple[tuple[str, str], ...]] = {}
        self._seen = True

    # ------------------------------------------------------------------ areas and lists

    @property
    def area(self) -> Area:
        return self._area

    @property
    def answered(self) -> bool:
        """Say whether the shop has answered yet: an empty list before that means nothing."""
        return self._answered

    def watch(self, seen: bool) -> None:
        """Follow the news while somebody looks; a screen behind another asks when it comes to the front."""
        self._seen = seen

    def choose(self, area: Area) -> None:
        """Go to an area; nothing of it is open then."""
        if area is not self._area:
            self._area = area
            self._rows, self._next, self._text, self._answered = (), None, "", False
            self._opened, self._detail, self._draft = None, None, None
            self.rows_changed.emit()
            self.opened_changed.emit()
            self.refresh()

    def find(self, text: str) -> None:
        """Show what has this in its code or its name."""
        self._text = text.strip()
        if area_of(self._area) is not None and AREAS[self._area].searched_there:
            self._next = None
            self._ask_rows(PAGE)
        else:
            self.rows_changed.emit()

    @property
    def text(self) -> str:
        return self._text

    def rows(self) -> tuple[Any, ...]:
        """Give the rows of the list, searched."""
        listing = area_of(self._area)
        if listing is None or listing.searched_there:
            return self._rows
        words = self._text.casefold().split()
        return tuple(row for row in self._rows if all(word in searched(row) for word in words))

    def key_of(self, row: Any) -> Key:
        """Give the key of a row of the list."""
        return AREAS[self._area].key(row)

    def refresh(self) -> None:
        """Ask for the list, for the opened thing, and for what there is to pick from."""
        if not self._seen:
            return
        if self._area is Area.PLANT:
            self._ask_plant()
        else:
            # As many as are shown: whoever has scrolled down must not find himself at the top again.
            self._ask_rows(min(MOST_THINGS, max(PAGE, len(self._rows))))
        if self._opened is not None:
            self._ask_opened()
        for things in tuple(self._offers):
            self._ask_things(things)

    def more(self) -> None:
        """Ask for the next page, if there is one."""
        if self._next is not None:
            area, text, after, self._next = self._area, self._text, self._next, None
            self.ask(self._question(after), key="more", then=lambda page: self._add(area, text, page))

    def _question(self, after: str | None = None) -> dict[str, object]:
        listing = AREAS[self._area]
        fields: dict[str, object] = {"query": listing.query}
        if listing.searched_there:
            fields["limit"] = PAGE
        if listing.searched_there and self._text:
            fields["text"] = self._text
        if after is not None:
            fields["after"] = after
        return fields

    def _ask_rows(self, most: int) -> None:
        area, text, question = self._area, self._text, self._question()
        if "limit" in question:
            question["limit"] = most
        self.ask(question, key="rows", then=lambda page: self._take(area, text, page))

    def _take(self, area: Area, text: str, page: Page[Any]) -> None:
        if area is self._area and (text == self._text or not AREAS[area].searched_there):
            self._answered = True
            self._rows, self._next = page.rows, page.next
            self.rows_changed.emit()
            if self._opened is not None and not AREAS[area].detail:
                self._take_opened(area, self._opened, self._row_of(self._opened))

    def _add(self, area: Area, text: str, page: Page[Any]) -> None:
        if (area, text) != (self._area, self._text):
            return
        known = {self.key_of(row) for row in self._rows}
        self._rows += tuple(row for row in page.rows if self.key_of(row) not in known)
        self._next = page.next
        self.rows_changed.emit()

    def _row_of(self, key: Key) -> Any:
        return next((row for row in self._rows if self.key_of(row) == key), None)

    # ------------------------------------------------------------------ the opened thing

    @property
    def opened(self) -> Key | None:
        return self._opened

    @property
    def detail(self) -> Any:
        """The opened thing, once the shop has answered; in the plant's area the plant."""
        return self._plant if self._area is Area.PLANT else self._detail

    @property
    def draft(self) -> Mapping[str, object] | None:
        """What a new thing starts with; None while none is being made."""
        return self._draft

    def open(self, key: Key) -> None:
        """Open a thing of the area."""
        if key != self._opened or self._draft is not None:
            self._opened, self._detail, self._draft = key, None, None
            self.opened_changed.emit()
        self._ask_opened()

    def make_new(self, values: Mapping[str, object] | None = None) -> None:
        """Make a new thing, with these values filled in."""
        self._opened, self._detail, self._draft = None, None, dict(values or {})
        self.opened_changed.emit()

    def close(self) -> None:
        """Open nothing."""
        self._opened, self._detail, self._draft = None, None, None
        self.opened_changed.emit()

    def _ask_opened(self) -> None:
        area, key = self._area, self._opened
        listing = area_of(area)
        if listing is None or key is None:
            return
        if not listing.detail:
            self._take_opened(area, key, self._row_of(key))
            return
        parts = key if isinstance(key, tuple) else (key,)
        question = {"query": listing.detail, **dict(zip(NAMED_BY[listing.detail], parts, strict=True))}
        self.ask(
            question,
            key="opened",
            then=lambda detail: self._take_opened(area, key, detail),
            failed=lambda error: self._miss_opened(area, key, error),
        )

    def _take_opened(self, area: Area, key: Key, detail: Any) -> None:
        if area is self._area and key == self._opened and detail is not None and detail != self._detail:
            self._detail = detail
            self.opened_changed.emit()

    def _miss_opened(self, area: Area, key: Key, error: ManufacturingException) -> None:
        if error.code != "SYSTEM_DATABASE_UNAVAILABLE":
            if area is self._area and key == self._opened and self._detail is None:
                self.close()
            self.refused.emit(error)

    def _ask_plant(self) -> None:
        self.place.background.run(self.place.shop.plant, self._take_plant, self._plant_failed, owner=self, key="plant")

    def _take_plant(self, plant: PlantRow) -> None:
        self._answered = True
        if plant != self._plant:
            self._plant = plant
            self.opened_changed.emit()
        self.rows_changed.emit()

    def _plant_failed(self, trouble: Exception) -> None:
        error = as_refusal(trouble)
        if error.code != "SYSTEM_DATABASE_UNAVAILABLE":
            self.refused.emit(error)

    # ------------------------------------------------------------------ what may be picked

    def offers(self, things: str) -> Sequence[tuple[str, str]]:
        """Give code and name of what may be picked; asks for it when it is wanted for the first time."""
        if things == "timezone":
            return _ZONES
        if things not in self._offers and things in THINGS:
            self._offers[things] = ()
            self._ask_things(things)
        return self._offers.get(things, ())

    def _ask_things(self, things: str) -> None:
        query, _ = THINGS[things]
        fields: dict[str, object] = {"query": query}
        if query == "product.list":
            fields["limit"] = MOST_THINGS
        # Who may not ask for them types the code; the shop will know whether there is such a thing.
        self.ask(
            fields, key=f"things {things}", then=lambda page: self._take_things(things, page), failed=lambda error: None
        )

    def _take_things(self, things: str, page: Page[Any]) -> None:
        _, named = THINGS[things]
        found = tuple(dict.fromkeys(pair for row in page.rows if (pair := named(row))[0]))
        if found != self._offers.get(things):
            self._offers[things] = found
            self.offered.emit(things)

    # ------------------------------------------------------------------ what is done

    def save(
        self,
        fields: Mapping[str, object],
        *,
        said: str,
        land: Landing | None = None,
        opens: bool = False,
        then: Callable[[], None] | None = None,
    ) -> bool:
        """Perform a command of a form. What is refused about its fields goes to `land`; with `opens` the new thing is
        opened when it is there.
        """
        area = self._area

        def done(outcome: Outcome) -> None:
            if then is not None:
                then()
            if opens and area is self._area:
                keys = [str(fields[name]).strip() for name in AREAS[area].keys]
                self._opened, self._detail, self._draft = keys[0] if len(keys) == 1 else tuple(keys), None, None
                self.opened_changed.emit()
            self.saved.emit()
            self.refresh()

        return self.perform(fields, said=said, then=done, land=land)

    def _refuse(self, gesture: Any, error: ManufacturingException) -> None:
        self.not_saved.emit()
        super()._refuse(gesture, error)


_ZONES: Final = tuple((name, "") for name in sorted(time_zones()))


def area_of(area: Area) -> Listing | None:
    """Give how an area is listed; None for the plant, of which there is one."""
    return AREAS.get(area)


def searched(row: Any) -> str:
    """Give the words of a row that a search looks in."""
    names = ("process_code", "product", "product_name", "version", "fixture", "gauge", "machine", "name", "brand",
             "model", "fixture_type", "location", "manufacturer", "department_name", "type", "status", "machine_type")  # fmt: skip
    return " ".join(str(getattr(row, name, None) or "") for name in names).casefold().replace("_", " ")


# ---------------------------------------------------------------------- what may be done to the opened thing


@dataclass(frozen=True, slots=True)
class Way:
    """Something that may be done to the opened thing, or why it may not."""

    value: str
    """The command, or the status to set."""
    stopped: str = ""


_ROUTING_WAYS: Final[Mapping[str, Mapping[WorkflowStatus, str]]] = MappingProxyType(
    {
        "workflow.submit": {
            WorkflowStatus.REVIEW: "It is in review already.",
            WorkflowStatus.ACTIVE: "It is in use already.",
            WorkflowStatus.OBSOLETE: "It has been in use; activate it again, or write a new version.",
            WorkflowStatus.ARCHIVED: "It is archived, and that is final. Write a new version from it.",
        },
        "workflow.activate": {
            WorkflowStatus.DRAFT: "It has not been reviewed. Submit it for review first.",
            WorkflowStatus.ACTIVE: "It is in use already.",
            WorkflowStatus.ARCHIVED: "It is archived, and that is final. Write a new version from it.",
        },
        "workflow.archive": {WorkflowStatus.ARCHIVED: "It is archived already."},
    }
)
"""For each command on a routing, the statuses that stop it, and what a person is told."""


def routing_ways(status: WorkflowStatus) -> tuple[Way, ...]:
    """Give what may be done with a routing in this status."""
    return tuple(Way(command, stops.get(status, "")) for command, stops in _ROUTING_WAYS.items())


def tool_ways(row: FixtureRow | GaugeRow) -> tuple[Way, ...]:
    """Give the statuses that a person may set on a fixture or a gauge; the work alone sets IN_USE."""
    if isinstance(row, FixtureRow):
        moves = FIXTURE_MOVES[row.status]
        return tuple(_way(row, row.fixture, to, to in moves) for to in FixtureStatus if to is not FixtureStatus.IN_USE)
    allowed = GAUGE_MOVES[row.status]
    return tuple(_way(row, row.gauge, to, to in allowed) for to in GaugeStatus if to is not GaugeStatus.IN_USE)


def _way(row: FixtureRow | GaugeRow, code: str, to: FixtureStatus | GaugeStatus, allowed: bool) -> Way:
    if allowed:
        return Way(to.value)
    if to is row.status:
        return Way(to.value, f"{code} is in this state already.")
    if row.status.value == "IN_USE":
        return Way(to.value, f"{code} is used by {row.work_order or 'an order'}. Pause or complete that first.")
    return Way(to.value, f"{code} is retired, and that is final.")
