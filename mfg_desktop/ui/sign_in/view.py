"""The sign-in: a wall of names, then a pad for the PIN. Lies over the whole window while nobody is signed in."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from mfg_desktop.service.shop import PersonRow, PlantRow
from mfg_desktop.ui.kit import formats, icons
from mfg_desktop.ui.kit.buttons import Button, Kind
from mfg_desktop.ui.kit.cards import CardList
from mfg_desktop.ui.kit.covers import Cover
from mfg_desktop.ui.kit.dialogs import ReasonNote
from mfg_desktop.ui.kit.empty import EmptyState
from mfg_desktop.ui.kit.fields import TextField
from mfg_desktop.ui.kit.number_pad import CLEAR, ERASE, Keys, key_of
from mfg_desktop.ui.kit.text import ElidedLabel, Label, Panel, centred, lines_of, paint_text
from mfg_desktop.ui.sign_in.presenter import SignInPresenter
from mfg_desktop.ui.theme import SPACE, Size, Theme, Tone, Weight

TILE_WIDTH = 226
TILE_WIDTH_ROOMY = 300
_ROOMY = 1500
_ROLE_LINE = 15.0
LONGEST_PIN = 64


class SignInView(Cover):
    """Shows names or pad, as the presenter says."""

    stays_on_top = True
    theme_asked = Signal()
    """Somebody wants the next look."""

    def __init__(self, presenter: SignInPresenter, window: QWidget) -> None:
        super().__init__(window)
        self.presenter = presenter
        self._plant: PlantRow | None = None
        self.setAutoFillBackground(True)
        self.setAccessibleName("Sign in")
        self._title = ElidedLabel("", size=Size.HUGE, weight=Weight.HEAVY)
        self._place = ElidedLabel("", size=Size.LARGE, ink="muted")
        self._clock = Label("", size=Size.HUGE, weight=Weight.HEAVY)
        self._date = Label("", size=Size.LARGE, ink="muted")
        self._date.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._clock.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.theme_button = Button("", kind=Kind.QUIET, icon="contrast", height=56)
        self.theme_button.setAccessibleName("Change the look")
        self.theme_button.setToolTip("Light, dark or high contrast")
        self.theme_button.tapped.connect(self.theme_asked)
        head = QGridLayout()
        head.setVerticalSpacing(0)
        head.setHorizontalSpacing(2 * SPACE)
        head.addWidget(self._title, 0, 0)
        head.addWidget(self._place, 1, 0)
        head.addWidget(self._clock, 0, 1)
        head.addWidget(self._date, 1, 1)
        head.addWidget(self.theme_button, 0, 2, 2, 1, Qt.AlignmentFlag.AlignVCenter)
        head.setColumnStretch(0, 1)

        self._pages = QStackedWidget()
        self._names = _Names(presenter)
        self.pad = _PinPage(presenter)
        self._pages.addWidget(self._names)
        self._pages.addWidget(self.pad)
        column = QVBoxLayout(self)
        column.setContentsMargins(40, 28, 40, 24)
        column.setSpacing(3 * SPACE)
        column.addLayout(head)
        column.addWidget(self._pages, 1)

        presenter.picked.connect(self._show_picked)
        presenter.refused.connect(self._show_refusal)
        self._ticks = QTimer(self, interval=1000)
        self._ticks.timeout.connect(self._tick)

    def show_plant(self, plant: PlantRow) -> None:
        """Say where this is."""
        self._plant = plant
        self._title.set_text(plant.name)
        self._place.set_text(f"Terminal {self.presenter.terminal}")
        self._tick()

    def appear(self) -> None:
        """Cover the window and wait for somebody."""
        self._names.clear()
        self._show_picked(None)
        self.lay_over()
        self._ticks.start()
        self._tick()
        self.presenter.refresh()
        self._names.field.setFocus()

    def leave(self) -> None:
        """Uncover the window."""
        self._ticks.stop()
        self.hide()
        self.pad.forget()

    def focus_first(self) -> None:
        """Keep the focus on the names or the pad."""
        (self.pad if self._pages.currentWidget() is self.pad else self._names.field).setFocus()

    def scanned(self, code: str) -> bool:
        """Take every scan: here it can only be a badge."""
        self.presenter.pick(code)
        return True

    def _tick(self) -> None:
        if self._plant is not None:
            zone, now = ZoneInfo(self._plant.timezone), datetime.now(UTC)
            self._clock.setText(formats.clock(now, zone))
            self._date.setText(formats.weekday(now, zone))

    def _show_picked(self, person: PersonRow | None) -> None:
        if person is None:
            self._pages.setCurrentWidget(self._names)
            self._names.field.setFocus()
        else:
            self.pad.show_person(person)
            self._pages.setCurrentWidget(self.pad)
            self.pad.setFocus()

    def _show_refusal(self, sentence: str) -> None:
        if self._pages.currentWidget() is self.pad:
            self.pad.deny(sentence)
        else:
            self._names.note.say(sentence, Tone.TROUBLE)


class _Names(QWidget):
    """The names as tiles, and a search above them."""

    def __init__(self, presenter: SignInPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self.field = TextField("Your name or badge", icon="search", longest=60)
        self.field.setFixedWidth(360)
        self.field.setMinimumHeight(56)
        self.note = ReasonNote("", Tone.TROUBLE)
        self._empty = EmptyState("person", "Reading the names", "")
        self.list = CardList(lambda face: face.badge, _Face(), tile=TILE_WIDTH, empty=self._empty)
        hint = QWidget()
        line = QHBoxLayout(hint)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(SPACE)
        line.addWidget(icons.IconLabel("badge"))
        line.addWidget(Label("Scan your badge, or tap your name", size=Size.LARGE, ink="muted"))
        row = QHBoxLayout()
        row.addWidget(hint)
        row.addStretch(1)
        row.addWidget(self.field)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * SPACE)
        column.addLayout(row)
        column.addWidget(self.note)
        column.addWidget(self.list, 1)
        presenter.faces_changed.connect(self._show)
        self.field.textChanged.connect(presenter.search)
        self.field.returnPressed.connect(self._take_only)
        self.list.chosen.connect(presenter.pick)

    def clear(self) -> None:
        self.field.clear()
        self.list.select(None)
        self.note.say("")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.list.set_tile(TILE_WIDTH if self.width() < _ROOMY else TILE_WIDTH_ROOMY)

    def _show(self) -> None:
        faces = self._presenter.faces()
        self.note.say("")
        if self._presenter.loaded:
            self._empty.say("Nobody here has that name", "Try a part of the name, or scan the badge.", "search")
        self.list.rows.expect_others()
        self.list.show_rows(faces)

    def _take_only(self) -> None:
        faces = self._presenter.faces()
        if len(faces) == 1:
            self._presenter.pick(faces[0].badge)
        elif not faces and self.field.text().strip():
            self._presenter.pick(self.field.text())


class _Face:
    """Paints a person's tile: initials, name, roles; a lock when the badge is locked."""

    def height(self, row: Any, width: float) -> float:
        return 44.0

    def paint(self, painter: QPainter, inside: QRectF, row: Any) -> None:
        theme = Theme.current
        tokens = theme.tokens
        locked = row.locked_until is not None and row.locked_until > datetime.now(UTC)
        circle = QRectF(inside.left(), inside.center().y() - 22, 44, 44)
        paint_initials(painter, circle, row.name)
        words = inside.adjusted(56, 0, 0, 0)
        lines = ["Locked"] if locked else role_lines(row.roles, words.width())
        # Name and roles stand in the middle of the tile, whether these take one line or two.
        upper = QRectF(words.left(), inside.center().y() - 15 - len(lines) * _ROLE_LINE / 2, words.width(), 24)
        lower = QRectF(words.left(), upper.bottom() - 1, words.width(), 20)
        large = theme.font(Size.LARGE, Weight.STRONG)
        # A name that is cut may be that of a colleague.
        fits = QFontMetricsF(large).horizontalAdvance(row.name) <= upper.width()
        font = large if fits else theme.font(Size.BODY, Weight.STRONG)
        paint_text(painter, upper, row.name, font=font, colour=tokens.text)
        small, ink = theme.font(Size.SMALL), tokens.muted
        if locked:
            small, ink = theme.font(Size.SMALL, Weight.STRONG), tokens.of(Tone.TROUBLE).fill
            icons.paint(painter, QRectF(lower.left(), lower.center().y() - 7, 14, 14), "lock", ink)
            lower.adjust(20, 0, 0, 0)
        for at, line in enumerate(lines):
            paint_text(painter, lower.translated(0, at * _ROLE_LINE), line, font=small, colour=ink)

    def tooltip(self, row: Any) -> str:
        return f"{row.name}\n{role_words(row.roles)}\nBadge {row.badge}"


class _PinPage(QWidget):
    """One person, dots for the digits, a pad. The keyboard types too; Return signs in, Esc goes back."""

    def __init__(self, presenter: SignInPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self._pin = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._portrait = _Portrait()
        self._name = Label("", size=Size.TITLE, weight=Weight.HEAVY, wraps=True)
        self._roles = Label("", size=Size.LARGE, ink="muted", wraps=True)
        self.dots = _Dots()
        self.note = ReasonNote("", Tone.TROUBLE)
        self.keys = Keys(point=False)
        self.keys.pressed.connect(self.press)
        self.go = Button("Sign in", kind=Kind.MAIN, icon="forward")
        self.go.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.go.tapped.connect(self._send)
        self.leave = Button("Somebody else", icon="back", height=52)
        self.leave.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.leave.tapped.connect(presenter.back)
        panel = Panel("dialog")
        panel.setFixedWidth(820)
        # Person and remarks at the left, keys at the right: a remark that comes never moves a key under the finger.
        person = QVBoxLayout()
        person.setSpacing(SPACE)
        person.addWidget(self._portrait)
        person.addSpacing(SPACE)
        person.addWidget(self._name)
        person.addWidget(self._roles)
        person.addSpacing(2 * SPACE)
        person.addWidget(self.dots)
        person.addSpacing(SPACE)
        person.addWidget(self.note)
        person.addStretch(1)
        person.addWidget(self.leave, 0, Qt.AlignmentFlag.AlignLeft)
        pad = QVBoxLayout()
        pad.setSpacing(SPACE)
        pad.addWidget(self.keys)
        pad.addWidget(self.go)
        inside = QHBoxLayout(panel)
        inside.setContentsMargins(40, 36, 36, 36)
        inside.setSpacing(40)
        inside.addLayout(person, 1)
        inside.addLayout(pad, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addStretch(2)
        column.addLayout(centred(panel))
        column.addStretch(3)
        presenter.working.connect(self.go.set_working)

    def show_person(self, person: PersonRow) -> None:
        self.forget()
        self._portrait.show_name(person.name)
        self._name.setText(person.name)
        self._roles.setText(role_words(person.roles) or f"Badge {person.badge}")

    def forget(self) -> None:
        """Drop the digits."""
        self._pin = ""
        self.dots.show_count(0)
        self.note.say("")

    def deny(self, sentence: str) -> None:
        self.forget()
        self.note.say(sentence, Tone.TROUBLE)
        self.setFocus()

    def press(self, key: str) -> None:
        """Take a key of the pad or the keyboard."""
        if key == ERASE:
            self._pin = self._pin[:-1]
        elif key == CLEAR:
            self._pin = ""
        elif key.isdigit() and len(self._pin) < LONGEST_PIN:
            self._pin += key
            self.note.say("")
        self.dots.show_count(len(self._pin))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = key_of(event)
        if event.key() == Qt.Key.Key_Escape:
            self._presenter.back()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._send()
        elif key:
            self.press(key)
        else:
            super().keyPressEvent(event)

    def _send(self) -> None:
        if not self._pin:
            self.note.say("Type your PIN first.", Tone.HELD)
            return
        self._presenter.sign_in(self._pin)


class _Dots(QWidget):
    """A dot per digit; six places wait, and more come as they are typed."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0
        self.setFixedHeight(40)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def count(self) -> int:
        return self._count

    def show_count(self, count: int) -> None:
        self._count = count
        self.setAccessibleName(f"{count} digits")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = Theme.current.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        places = max(6, self._count)
        step = min(30.0, (self.width() - 18) / places)
        for at in range(places):
            centre = QPointF(step * at + 9, self.height() / 2)
            filled = at < self._count
            painter.setPen(QPen(QColor(tokens.accent if filled else tokens.muted), 2))
            painter.setBrush(QColor(tokens.accent) if filled else QColor(Qt.GlobalColor.transparent))
            painter.drawEllipse(centre, min(7.0, step / 3), min(7.0, step / 3))


class _Portrait(QWidget):
    """Initials in a large circle."""

    def __init__(self) -> None:
        super().__init__()
        self._name = ""
        self.setFixedSize(72, 72)

    def show_name(self, name: str) -> None:
        self._name = name
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_initials(painter, QRectF(self.rect()), self._name)


def paint_initials(painter: QPainter, circle: QRectF, name: str) -> None:
    """Paint a person's initials in a circle."""
    theme = Theme.current
    colours = theme.tokens.of(Tone.RELEASED)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.soft))
    painter.drawEllipse(circle)
    size = Size.TITLE if circle.width() > 60 else Size.LARGE
    font = theme.font(size, Weight.HEAVY)
    text = formats.initials(name)
    paint_text(painter, circle, text, font=font, colour=colours.ink, align=Qt.AlignmentFlag.AlignHCenter)


def role_words(roles: tuple[str, ...]) -> str:
    """Write roles for people: `Supervisor, Material handler`."""
    return ", ".join(formats.words(role) for role in roles)


def role_lines(roles: tuple[str, ...], width: float) -> list[str]:
    """Write roles in the lines that they take on a tile."""
    return lines_of(role_words(roles), Theme.current.font(Size.SMALL), width, most=2)
