"""What every screen's presenter can do: one call per gesture, commands once, questions with only the newest answer.
QtCore only.

A screen's presenter derives from `Presenter`, names the entity types it shows in `follows`, and asks its questions
in `refresh`.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol
from uuid import uuid4

from PySide6.QtCore import QObject, Signal

from mfg_desktop.exceptions import ManufacturingException, refusal
from mfg_desktop.operations import command_from
from mfg_desktop.queries import question_from
from mfg_desktop.service.shop import Shop
from mfg_desktop.service.work import Actor, Outcome
from mfg_desktop.ui.background import Background
from mfg_desktop.ui.live import Live

_log = logging.getLogger(__name__)

Landing = Callable[[ManufacturingException], ManufacturingException | None]
"""Takes a refusal to the fields it speaks of, and gives back what belongs to none; None when all has landed."""


class Workplace(Protocol):
    """Where a presenter works: the shop, the queue to it, the feed, and who is signed in."""

    @property
    def shop(self) -> Shop: ...
    @property
    def background(self) -> Background: ...
    @property
    def live(self) -> Live: ...
    def actor(self) -> Actor | None: ...


class _Gesture:
    """A command that is under way or was refused: enough to do it again."""

    def __init__(
        self,
        fields: Mapping[str, object],
        said: str,
        then: Callable[[Outcome], None] | None,
        land: Landing | None = None,
    ) -> None:
        self.fields = dict(fields)
        self.said = said
        self.then = then
        self.land = land

    def thing(self) -> str:
        """Name what the gesture is about; a second gesture on the same thing waits its turn, which means it does
        not count. An order stays the same thing whichever machine or lot is named beside it; a product is another
        thing than its bill and its workflows.
        """
        for names in (("number",), ("machine",), ("material", "lot"), ("stock_code",)):
            named = [str(self.fields[name]) for name in names if self.fields.get(name)]
            if named:
                return f"{names[0]} {'/'.join(named)}"
        return f"{self.fields['command']} {self.fields.get('product', '')}".rstrip()


class Presenter(QObject):
    """The base of the presenters."""

    rows_changed = Signal()
    refused = Signal(object)
    """A ManufacturingException: a refusal of the last command, or of a question."""
    working = Signal(bool)
    """A command is under way."""
    done = Signal(str)
    """What was done, as a sentence for the notice line."""

    follows: ClassVar[frozenset[str]] = frozenset()
    """Entity types of which news makes this presenter ask again."""

    def __init__(self, place: Workplace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.place = place
        self._under_way: dict[str, _Gesture] = {}
        self._refused: _Gesture | None = None
        if self.follows:
            place.live.touched.connect(self._hear)
            place.live.connection.connect(self._heal)

    def refresh(self) -> None:
        """Ask this screen's questions again. A presenter that shows rows overrides this."""

    def busy(self) -> bool:
        return bool(self._under_way)

    def perform(
        self,
        fields: Mapping[str, object],
        *,
        said: str = "",
        then: Callable[[Outcome], None] | None = None,
        land: Landing | None = None,
    ) -> bool:
        """Perform a command, given as in the headless terminal; say `said` when it is done, and call `then` with the
        outcome. What is refused goes to `land` first, where there is a form.

        False, and nothing done, while a command on the same thing is under way: five taps have one effect.
        """
        return self._begin(_Gesture(fields, said, then, land))

    def override(self, badge: str, pin: str, reason: str) -> bool:
        """Perform the command that was refused last again, lifted by a second person."""
        if self._refused is None:
            return False
        before = self._refused
        again = {**before.fields, "override": {"badge": badge, "pin": pin, "reason": reason}}
        # A new id: with the override it is another content, and an id stands for one content.
        again.pop("command_id", None)
        return self._begin(_Gesture(again, before.said, before.then, before.land))

    def ask(
        self,
        fields: Mapping[str, object],
        *,
        key: str,
        then: Callable[[Any], None],
        failed: Callable[[ManufacturingException], None] | None = None,
        long: bool = False,
    ) -> None:
        """Ask a question, given as in the headless terminal; only the newest answer of a key arrives.

        Without `failed` a refusal is shown, but for a database that is away: the shell tells that already. With `long`
        commands and the feed do not wait for it.
        """
        actor = self.place.actor()
        if actor is None:
            return
        try:
            question = question_from(dict(fields))
        except ManufacturingException as error:
            self._question_failed(error, failed)
            return
        shop = self.place.shop
        self.place.background.run(
            lambda: shop.ask(question, actor),
            then,
            lambda trouble: self._question_failed(trouble, failed),
            owner=self,
            key=key,
            long=long,
        )

    def _begin(self, gesture: _Gesture) -> bool:
        thing = gesture.thing()
        actor = self.place.actor()
        if thing in self._under_way or actor is None:
            return False
        if not self.place.live.up:
            self._refuse(gesture, refusal("SYSTEM_DATABASE_UNAVAILABLE"))
            return False
        fields = {"command_id": str(uuid4()), **gesture.fields}
        seen = fields.get("seen_version")
        if isinstance(seen, int):
            # Rows on the screen may be a moment older than this terminal's own last command; that is no conflict.
            fields["seen_version"] = max(seen, self.place.live.left_at.get(thing, seen))
        try:
            command = command_from(fields)
        except ManufacturingException as error:
            self._refuse(gesture, error)
            return False
        shop = self.place.shop
        self._under_way[thing] = gesture
        self.working.emit(True)
        self.place.background.run(
            lambda: shop.perform(command, actor),
            lambda outcome: self._succeed(gesture, outcome),
            lambda trouble: self._fail(gesture, trouble),
            owner=self,
        )
        return True

    def _end(self, gesture: _Gesture) -> None:
        self._under_way.pop(gesture.thing(), None)
        self.working.emit(bool(self._under_way))

    def _succeed(self, gesture: _Gesture, outcome: Outcome) -> None:
        version = outcome.data.get("version")
        if isinstance(version, int):
            self.place.live.left_at[gesture.thing()] = version
        self._refused = None
        self._end(gesture)
        self.place.live.tell(outcome.touched)
        if gesture.said:
            self.done.emit(gesture.said)
        if gesture.then is not None:
            gesture.then(outcome)

    def _fail(self, gesture: _Gesture, trouble: Exception) -> None:
        self._end(gesture)
        self._refuse(gesture, as_refusal(trouble))

    def _refuse(self, gesture: _Gesture, error: ManufacturingException) -> None:
        rest = error if gesture.land is None else gesture.land(error)
        if rest is None:
            return
        gesture.fields.pop("override", None)
        self._refused = gesture
        self.refused.emit(rest)

    def _question_failed(self, trouble: Exception, failed: Callable[[ManufacturingException], None] | None) -> None:
        error = as_refusal(trouble)
        if failed is not None:
            failed(error)
        elif error.code != "SYSTEM_DATABASE_UNAVAILABLE":
            self.refused.emit(error)

    def _hear(self, touched: frozenset[tuple[str, str]]) -> None:
        if any(kind in self.follows or kind == "*" for kind, _ in touched):
            # ("*", "*") is the feed's word for too much to name.
            self.refresh()

    def _heal(self, up: bool) -> None:
        if up:
            self.refresh()


def as_refusal(trouble: Exception) -> ManufacturingException:
    """Give the refusal that a person sees for any exception: a fault of ours gets a report number that the log
    has too.
    """
    if isinstance(trouble, ManufacturingException):
        return trouble
    report = uuid4().hex[:8].upper()
    _log.error("fault %s", report, exc_info=trouble)
    return refusal("SYSTEM_ERROR", report=report)
