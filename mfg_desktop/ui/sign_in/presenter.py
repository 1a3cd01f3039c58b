"""Who may sign in here, who was picked, and the PIN that goes to the shop. QtCore only."""

import unicodedata
from collections.abc import Callable
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject, Signal

from mfg_desktop.service.shop import PersonRow, Shop
from mfg_desktop.service.work import Actor
from mfg_desktop.ui import refusals
from mfg_desktop.ui.background import Background
from mfg_desktop.ui.presenter import as_refusal


class SignInPresenter(QObject):
    """Picks a person, then signs in."""

    faces_changed = Signal()
    picked = Signal(object)
    """The PersonRow whose PIN is asked for; None: back to the names."""
    refused = Signal(str)
    """Why not, in plain words."""
    working = Signal(bool)
    signed_in = Signal(object)
    """The Actor."""

    def __init__(
        self,
        shop: Shop,
        background: Background,
        terminal: str,
        parent: QObject | None = None,
        *,
        zone: Callable[[], ZoneInfo],
    ) -> None:
        super().__init__(parent)
        self._zone = zone
        self._shop, self._background, self._terminal = shop, background, terminal
        self._faces: tuple[PersonRow, ...] = ()
        self._loaded = False
        self._search = ""
        self._person: PersonRow | None = None
        self._under_way = False

    @property
    def terminal(self) -> str:
        return self._terminal

    @property
    def loaded(self) -> bool:
        """The names are known; before that an empty list means nothing."""
        return self._loaded

    def faces(self) -> tuple[PersonRow, ...]:
        """Give the people that the search lets through."""
        wanted = _plain(self._search).split()
        return tuple(
            face for face in self._faces if all(word in _plain(f"{face.name} {face.badge}") for word in wanted)
        )

    def refresh(self) -> None:
        """Ask who may sign in here."""
        self._background.run(self._shop.faces, self._got, self._failed, owner=self, key="faces")

    def search(self, text: str) -> None:
        """Show only the people whose name or badge has these words, whatever their accents."""
        self._search = text
        self.faces_changed.emit()

    def pick(self, badge: str) -> None:
        """Take the person of a badge, tapped or scanned.

        A badge that is not among the names may still sign in: the shop decides.
        """
        known = next((face for face in self._faces if face.badge.casefold() == badge.strip().casefold()), None)
        self._person = known or PersonRow(badge.strip(), badge.strip(), (), None)
        self.picked.emit(self._person)

    def back(self) -> None:
        """Return to the names."""
        self._person = None
        self.picked.emit(None)

    def sign_in(self, pin: str) -> None:
        """Try the PIN; a second try while the first is under way does not count."""
        person = self._person
        if person is None or self._under_way or not pin:
            return
        self._under_way = True
        self.working.emit(True)
        shop, badge, terminal = self._shop, person.badge, self._terminal
        self._background.run(
            lambda: shop.sign_in(badge, pin, terminal=terminal), self._admitted, self._turned_away, owner=self
        )

    def _got(self, faces: tuple[PersonRow, ...]) -> None:
        self._loaded = True
        self._faces = tuple(sorted(faces, key=lambda face: (_plain(face.name), face.badge)))
        self.faces_changed.emit()

    def _failed(self, trouble: Exception) -> None:
        error = as_refusal(trouble)
        self.refused.emit(refusals.sentence(error, self._zone()))

    def _admitted(self, actor: Actor) -> None:
        self._end()
        self._person = None
        self._search = ""
        self.signed_in.emit(actor)

    def _turned_away(self, trouble: Exception) -> None:
        self._end()
        self._failed(trouble)

    def _end(self) -> None:
        self._under_way = False
        self.working.emit(False)


def _plain(text: str) -> str:
    """Fold case and accents, so that "lindstrom" finds Lindström and "lukasz" finds Łukasz."""
    folded = text.casefold().replace("ł", "l").replace("ø", "o").replace("đ", "d").replace("ß", "ss")
    return "".join(sign for sign in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(sign))
