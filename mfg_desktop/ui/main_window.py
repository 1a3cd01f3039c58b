"""The window: rail, bar, screens, and the sign-in over them. It paints first and opens the shop then, in the
background.

Locking and changing the person keep every screen as it was.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from time import monotonic
from zoneinfo import ZoneInfo

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QColor, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget
from shiboken6 import isValid

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.service.shop import PlantRow, Shop
from mfg_desktop.service.work import Actor
from mfg_desktop.ui.background import Background
from mfg_desktop.ui.bar import TopBar
from mfg_desktop.ui.catalog import SCREENS, Screen
from mfg_desktop.ui.context import Context
from mfg_desktop.ui.finder import ORDER_TEXT, Finder
from mfg_desktop.ui.kit import formats, icons
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.covers import Cover, top_cover
from mfg_desktop.ui.kit.dialogs import Dialog
from mfg_desktop.ui.kit.pickers import ChoicePicker
from mfg_desktop.ui.kit.text import Label, Panel, centred
from mfg_desktop.ui.live import Live
from mfg_desktop.ui.memory import Memory
from mfg_desktop.ui.notices import Notices, RefusalDialog
from mfg_desktop.ui.presenter import as_refusal
from mfg_desktop.ui.rail import Rail
from mfg_desktop.ui.scanner import Scanner
from mfg_desktop.ui.sign_in.presenter import SignInPresenter
from mfg_desktop.ui.sign_in.view import SignInView
from mfg_desktop.ui.theme import SPACE, Choice, Size, Theme, Tone, Weight
from mfg_desktop.vocabulary import EntityType

LOOKS = (
    (Choice.SYSTEM, "As the system"),
    (Choice.LIGHT, "Light"),
    (Choice.DARK, "Dark"),
    (Choice.CONTRAST, "High contrast"),
)
LOOK = "look"
"""The name under which the terminal remembers its look."""
NEXT_LOOK = {Choice.LIGHT: Choice.DARK, Choice.DARK: Choice.CONTRAST, Choice.CONTRAST: Choice.LIGHT}


class MainWindow(QWidget):
    """The only window. `open_shop` is called on the worker; everything that needs the shop is made when it is there."""

    opened = Signal()
    """The shop is open and the sign-in is shown."""

    def __init__(
        self,
        open_shop: Callable[[], Shop],
        background: Background,
        theme: Theme,
        *,
        terminal: str,
        scanner: Scanner,
        memory: Memory | None = None,
        screens: Sequence[Screen] = SCREENS,
    ) -> None:
        super().__init__()
        self._opening, self._background, self._theme = _Opening(open_shop), background, theme
        self._terminal, self._screens = terminal, tuple(screens)
        self._memory = memory or Memory()
        self._shop: Shop | None = None
        self._plant: PlantRow | None = None
        self._actor: Actor | None = None
        self._stirred_at = monotonic()
        self._views: dict[str, QWidget] = {}
        self._shown = ""
        self.context: Context | None = None
        self.live: Live | None = None
        self.sign_in: SignInView | None = None
        self._finder: Finder | None = None
        self._scans: list[str] = []
        """What was scanned while the code before was looked up."""
        self._fault: RefusalDialog | None = None
        self._menu: Dialog | None = None
        self.setWindowTitle("mfg desktop")
        self.setMinimumSize(1024, 680)
        self.setAutoFillBackground(True)

        self.rail = Rail(self._screens)
        self.bar = TopBar()
        self._busy = _BusyLine()
        self._away = _AwayBar()
        self._stack = QStackedWidget()
        self._veil = _AgeVeil(self._stack)
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self.bar)
        right.addWidget(self._busy)
        right.addWidget(self._away)
        right.addWidget(self._stack, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addLayout(right, 1)
        self.notices = Notices(self, self.zone)
        self._start = _StartPage(self)

        background.busy.connect(self._busy.show_busy)
        self.rail.chosen.connect(self.show_screen)
        self.bar.code_entered.connect(self._find)
        self.bar.person_tapped.connect(self._person_menu)
        self.bar.theme_tapped.connect(self.next_look)
        scanner.scanned.connect(self.scan)
        scanner.stirred.connect(self._stir)
        self._start.again.connect(self._begin)
        self._lock_ticks = QTimer(self, interval=1000)
        self._lock_ticks.timeout.connect(self._tick)
        # After the first paint: the window is there before any database work.
        QTimer.singleShot(0, self, self._begin)

    # ------------------------------------------------------------------ opening the shop

    def _begin(self) -> None:
        self._start.say_opening()
        self._background.run(self._opening, self._opened, self._not_opened, owner=self)

    def _opened(self, answer: tuple[Shop, PlantRow]) -> None:
        shop, plant = answer
        self._shop = shop
        live = Live(shop, self._background, self)
        self.live = live
        self.context = Context(
            shop=shop,
            background=self._background,
            live=live,
            theme=self._theme,
            notices=self.notices,
            actor=self.actor,
            plant=self.plant,
            open_entity=self.open_entity,
            memory=self._memory,
        )
        self._finder = Finder(self.context, self)
        self._finder.found.connect(self._open_found)
        self._finder.missed.connect(self._not_found)
        self._finder.refused.connect(self._not_looked_up)
        presenter = SignInPresenter(shop, self._background, self._terminal, self, zone=self.zone)
        presenter.signed_in.connect(self._admit)
        self.sign_in = SignInView(presenter, self)
        self.sign_in.theme_asked.connect(self.next_look)
        live.connection.connect(self._show_connection)
        live.touched.connect(self._hear)
        live.start()
        self._show_plant(plant)
        self._start.hide()
        self.sign_in.appear()
        self.opened.emit()

    def _not_opened(self, trouble: Exception) -> None:
        self._start.say_refused(as_refusal(trouble))

    # ------------------------------------------------------------------ who and where

    def actor(self) -> Actor | None:
        """Give the person signed in; None while the terminal is locked."""
        return self._actor

    def plant(self) -> PlantRow:
        """Give the plant; there is one from the moment the shop is open."""
        assert self._plant is not None
        return self._plant

    def zone(self) -> ZoneInfo:
        """Give the plant's zone."""
        return ZoneInfo(self._plant.timezone if self._plant else "UTC")

    def _admit(self, actor: Actor) -> None:
        assert self.sign_in is not None
        self._actor = actor
        self._stirred_at = monotonic()
        self.bar.person.show_person(actor)
        self._tick()
        self._lock_ticks.start()
        self.sign_in.leave()
        self.show_screen(self._shown or self._screens[0].name)
        self.setFocus()

    def lock(self) -> None:
        """Sign the person out and cover the window; screens and half-filled forms stay under it, but for what was the
        person's own.
        """
        actor, self._actor = self._actor, None
        self._lock_ticks.stop()
        self._scans.clear()
        self.notices.forget_pins()
        if self._menu is not None:
            self._menu.close_dialog()
        self.bar.search.clear()
        if actor is not None and self._shop is not None:
            shop = self._shop
            self._background.run(lambda: shop.sign_out(actor), _heard, _heard, owner=self, quiet=True)
        if self.sign_in is not None:
            self.sign_in.appear()

    def _stir(self) -> None:
        self._stirred_at = monotonic()

    def _tick(self) -> None:
        whole = timedelta(minutes=self.plant().auto_lock_minutes)
        left = whole - timedelta(seconds=monotonic() - self._stirred_at)
        self.bar.person.show_time_left(left, whole)
        if left <= timedelta(0):
            self._lock_idle()

    def _lock_idle(self) -> None:
        """Lock; a wall view goes on being looked at, and whoever ends it finds the terminal locked."""
        cover = top_cover(self)
        if cover is None or not cover.only_shows:
            self.lock()
            return
        self._lock_ticks.stop()
        cover.gone.connect(self.lock)

    # ------------------------------------------------------------------ screens

    def show_screen(self, name: str) -> QWidget | None:
        """Bring a screen to the front; it is made when it is first wanted."""
        screen = next((one for one in self._screens if one.name == name), None)
        if screen is None or self.context is None or self._actor is None:
            return None
        if name not in self._views:
            self._views[name] = screen.make(self.context)
            self._stack.addWidget(self._views[name])
        view = self._views[name]
        self._shown = name
        self._stack.setCurrentWidget(view)
        self._veil.raise_()
        self.rail.show_chosen(name)
        shown = getattr(view, "shown", None)
        if shown is not None:
            shown()
        return view

    def shown_screen(self) -> str:
        return self._shown

    def open_entity(self, entity_type: str, key: str) -> None:
        """Show a thing on the screen that is its home."""
        home = next((screen for screen in self._screens if entity_type in screen.entities), None)
        view = self.show_screen(home.name) if home is not None else None
        opens = getattr(view, "open_entity", None)
        if opens is not None:
            opens(entity_type, key)

    # ------------------------------------------------------------------ scans and searches

    def scan(self, code: str) -> None:
        """Take a scan: what lies on top may use it, then the screen, then it is looked up.

        While the code before is still looked up it waits its turn: START is meant for what was scanned, not for the
        order that stood there before.
        """
        if self._finder is not None and self._finder.busy():
            self._scans.append(code)
            return
        cover = top_cover(self)
        if cover is not None and cover.only_shows:
            cover.hide()
        while (cover := top_cover(self)) is not None:
            if _takes(cover, code):
                return
            if top_cover(self) is cover:
                self._say_close_first(code)
                return
        if _takes(self._stack.currentWidget(), code):
            return
        self.bar.show_code(code)
        self._find(code)

    def _find(self, code: str) -> None:
        if self._finder is not None:
            self._finder.find(code)

    def _open_found(self, entity_type: str, key: str) -> None:
        if self._may_move(key) and (entity_type != ORDER_TEXT or not self._search_here(key)):
            self.open_entity(entity_type, key)
        self._take_waiting_scan()

    def _not_found(self, code: str) -> None:
        if self._may_move(code) and not self._search_here(code):
            self.notices.say(f"Nothing here is called {code}.", Tone.HELD, icon="search")
        self._take_waiting_scan()

    def _may_move(self, code: str) -> bool:
        """Say whether a code that was looked up may show another thing. A dialog that was opened while it was asks about the
        thing under it: a reason that is given there must not be for another order.
        """
        if self._actor is None:
            return False
        cover = top_cover(self)
        if cover is None or cover.only_shows:
            return True
        self._say_close_first(code)
        return False

    def _say_close_first(self, code: str) -> None:
        self.notices.say(f"Close this first, then scan {code}.", Tone.HELD)

    def _not_looked_up(self, error: ManufacturingException) -> None:
        # A command behind a code that was not found out would be for something else.
        self._scans.clear()
        self.notices.refuse(error)

    def _search_here(self, text: str) -> bool:
        """Let the screen that is shown look for a text, if it has things of its own to find."""
        search = getattr(self._stack.currentWidget(), "search", None)
        return search is not None and bool(search(text))

    def _take_waiting_scan(self) -> None:
        if self._scans:
            self.scan(self._scans.pop(0))

    # ------------------------------------------------------------------ plant, connection, look

    def _show_plant(self, plant: PlantRow) -> None:
        self._plant = plant
        self.bar.show_plant(plant)
        self.setWindowTitle(f"{plant.name} \u00b7 {self._terminal}")
        if self.sign_in is not None:
            self.sign_in.show_plant(plant)

    def _hear(self, touched: frozenset[tuple[str, str]]) -> None:
        kinds = {kind for kind, _ in touched}
        if kinds & {EntityType.PLANT, "*"} and self._shop is not None:
            self._background.run(self._shop.plant, self._show_plant, _heard, owner=self, key="plant")
        if kinds & {EntityType.USER, "*"}:
            self._read_names()

    def _read_names(self) -> None:
        """Ask again who may sign in, while somebody has to."""
        if self._actor is None and self.sign_in is not None:
            self.sign_in.presenter.refresh()

    def _show_connection(self, up: bool, since: datetime | None) -> None:
        away = None if up or since is None else formats.clock(since, self.zone())
        self.bar.connection.show_away(away)
        self._away.show_away(away)
        self._veil.setVisible(not up)
        self._veil.raise_()
        if up:
            self._read_names()

    def next_look(self) -> None:
        """Change to the next look: light, dark, high contrast."""
        self._choose_look(NEXT_LOOK[self._theme.tokens.choice])

    def _person_menu(self) -> None:
        actor = self._actor
        if actor is None:
            return
        dialog = Dialog(self, actor.name, remark=f"Badge {actor.badge} \u00b7 signed in at {actor.terminal}", width=720)
        change = Button("Change person", icon="person", kind=Kind.MAIN)
        change.tapped.connect(dialog.close_dialog)
        change.tapped.connect(self.lock)
        dialog.body.addWidget(change)
        dialog.body.addWidget(Label("Look", size=Size.SMALL, weight=Weight.STRONG, ink="muted"))
        looks = ChoicePicker(LOOKS, icons=("setup", "sun", "moon", "contrast"))
        looks.choose(self._theme.choice)
        looks.chosen.connect(self._choose_look)
        dialog.body.addWidget(looks)
        dialog.first = change
        dialog.add_close("Close")
        dialog.closed.connect(self._forget_menu)
        self._menu = dialog
        dialog.open()

    def _forget_menu(self) -> None:
        self._menu = None

    def _choose_look(self, choice: object) -> None:
        self._theme.choose(Choice(str(choice)))
        self._memory.keep(LOOK, str(choice))

    def tell_fault(self, fault: Exception) -> None:
        """Show a fault of the window itself as SYSTEM_ERROR with the report number that the log has.

        One at a time: a fault in a painter comes again with every frame.
        """
        error = as_refusal(fault)
        if self._fault is None or not isValid(self._fault) or not self._fault.is_open():
            self._fault = self.notices.refuse(error)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if event.spontaneous():
            # No longer minimised. The screen was told that nobody saw it, and heard no news since.
            self.show_screen(self._shown)

    # ------------------------------------------------------------------ leaving

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.live is not None:
            self.live.stop()
        if self._actor is not None and self._shop is not None:
            actor, shop, self._actor = self._actor, self._shop, None
            self._background.run(lambda: shop.sign_out(actor), _heard, _heard, owner=self)
        # Last of all, and by whoever opened it: also a shop that this window has not heard of yet, and none that is still read.
        self._background.stop(self._opening.close)
        super().closeEvent(event)


def _takes(place: QWidget | None, code: str) -> bool:
    """Offer a scan to a screen or to what lies over it."""
    scanned = getattr(place, "scanned", None)
    return scanned is not None and bool(scanned(code))


def _heard(answer: object) -> None:
    """Take an answer that nobody waits for: a sign-out that fails leaves the terminal locked all the same."""


class _Opening:
    """Opens the shop, on the worker; a second try goes on with a shop that is open but had no answer yet."""

    def __init__(self, open_shop: Callable[[], Shop]) -> None:
        self._open_shop = open_shop
        self._shop: Shop | None = None

    def __call__(self) -> tuple[Shop, PlantRow]:
        if self._shop is None:
            self._shop = self._open_shop()
        return self._shop, self._shop.plant()

    def close(self) -> None:
        if self._shop is not None:
            self._shop.close()


class _StartPage(Cover):
    """What is shown until the shop is open; and why it is not, with a way to try again."""

    again = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAutoFillBackground(True)
        self._title = Label("", size=Size.TITLE, weight=Weight.HEAVY, wraps=True)
        self._code = Label("", size=Size.LARGE, weight=Weight.HEAVY, mono=True, ink=Tone.TROUBLE)
        self._text = Label("", size=Size.LARGE, ink="muted", wraps=True)
        self.retry = Button("Try again", kind=Kind.MAIN, icon="refresh")
        self.retry.tapped.connect(self.again)
        panel = Panel("dialog")
        panel.setFixedWidth(620)
        inside = QVBoxLayout(panel)
        inside.setContentsMargins(36, 32, 36, 32)
        inside.setSpacing(SPACE + 4)
        for widget in (self._code, self._title, self._text, self.retry):
            inside.addWidget(widget)
        column = QVBoxLayout(self)
        column.addStretch(2)
        column.addLayout(centred(panel))
        column.addStretch(3)
        self.lay_over()

    def say_opening(self) -> None:
        self._code.hide()
        self.retry.hide()
        self._title.setText("Opening the shop")
        self._text.setText("The terminal connects to the plant's database.")

    def say_refused(self, error: ManufacturingException) -> None:
        self._code.setText(error.code)
        self._code.show()
        self._title.setText(error.message)
        self._text.setText(error.next_step)
        self.retry.show()
        self.retry.setFocus()


class _BusyLine(QWidget):
    """Three pixels under the bar that run while the shop is at work."""

    def __init__(self) -> None:
        super().__init__()
        self._place = 0.0
        self.setFixedHeight(3)
        self._frames = QTimer(self, interval=33)
        self._frames.timeout.connect(self._move)

    def show_busy(self, busy: bool) -> None:
        if busy:
            self._place = 0.0
            self._frames.start()
        else:
            self._frames.stop()
        self.update()

    def busy(self) -> bool:
        return self._frames.isActive()

    def _move(self) -> None:
        self._place = (self._place + 0.025) % 1.3
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._frames.isActive():
            width = self.width() * 0.3
            part = QRectF(self._place * self.width() - width, 0, width, self.height())
            QPainter(self).fillRect(part, QColor(Theme.current.tokens.accent))


class _AwayBar(QWidget):
    """The amber bar: the database is away, since when, and what that means."""

    def __init__(self) -> None:
        super().__init__()
        self._since: str | None = None
        self.setFixedHeight(48)
        self.hide()

    def show_away(self, since: str | None) -> None:
        self._since = since
        self.setVisible(since is not None)
        self.setAccessibleName(self._sentence())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, 48)

    def _sentence(self) -> str:
        what_it_means = "What you see is from then; actions wait until it is back."
        return f"The plant's database is away since {self._since}. {what_it_means}"

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.current
        colours = theme.tokens.of(Tone.HELD)
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.soft))
        painter.fillRect(QRectF(0, self.height() - 2, self.width(), 2), QColor(colours.fill))
        icons.paint(painter, QRectF(20, 12, 24, 24), "away", colours.ink)
        painter.setFont(theme.font(Size.LARGE, Weight.STRONG))
        painter.setPen(QColor(colours.ink))
        words = QRectF(QPointF(56, 0), self.rect().bottomRight().toPointF())
        painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter), self._sentence())


class _AgeVeil(QWidget):
    """Greys what may be out of date; it can still be read and scrolled."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        over.installEventFilter(self)
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.setGeometry(watched.rect())
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        grey = QColor(Theme.current.tokens.background)
        grey.setAlphaF(0.45)
        QPainter(self).fillRect(self.rect(), grey)
