"""One look: colours, type, spacing and the meaning of every status, each written once. Painters and the style sheet
read these tokens.

To add a status, give it a row in its table of looks. To add a colour, give it to every set of tokens; the contrast
test holds them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum
from types import MappingProxyType
from typing import ClassVar, Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from mfg_desktop.vocabulary import MachineStatus, OrderStatus, Priority, Readiness, StockCategory

SPACE: Final = 8
RADIUS: Final = 12
RADIUS_DIALOG: Final = 18
TOUCH: Final = 48
"""Nothing tappable is lower than this."""
TOUCH_MAIN: Final = 64


class Tone(StrEnum):
    """The meaning of a colour."""

    RUNNING = "running"
    RELEASED = "released"
    PLANNED = "planned"
    HELD = "held"
    TROUBLE = "trouble"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Colours:
    """A tone in one set of tokens."""

    fill: str
    """Bars, dots and charts."""
    ink: str
    """Words and icons: 7:1 on `soft`, which the fill does not reach."""
    soft: str
    """The background behind the words."""


class Choice(StrEnum):
    """What a person may choose as the look of the terminal."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"
    CONTRAST = "contrast"


@dataclass(frozen=True, slots=True)
class Tokens:
    choice: Choice
    dark: bool
    background: str
    surface: str
    raised: str
    line: str
    text: str
    muted: str
    accent: str
    on_accent: str
    focus: str
    veil: str
    """Dims the window behind a dialog."""
    tones: Mapping[Tone, Colours]

    def of(self, tone: Tone) -> Colours:
        return self.tones[tone]


LIGHT: Final = Tokens(
    choice=Choice.LIGHT,
    dark=False,
    background="#EEF1F5",
    surface="#FFFFFF",
    raised="#F7F9FB",
    line="#D9E0E8",
    text="#131A22",
    muted="#566373",
    accent="#2460DB",
    on_accent="#FFFFFF",
    focus="#2460DB",
    veil="#8C0E1217",
    tones=MappingProxyType(
        {
            Tone.RUNNING: Colours("#0F7A48", "#0B5B36", "#DDF4E8"),
            Tone.RELEASED: Colours("#2460DB", "#1B47A3", "#E2ECFD"),
            Tone.PLANNED: Colours("#56657A", "#434F60", "#E9EDF2"),
            Tone.HELD: Colours("#945600", "#754400", "#FCEFD5"),
            Tone.TROUBLE: Colours("#C02626", "#921D1D", "#FBE3E3"),
            Tone.DONE: Colours("#0B6F71", "#095759", "#DBF1F1"),
        }
    ),
)
DARK: Final = Tokens(
    choice=Choice.DARK,
    dark=True,
    background="#0E1217",
    surface="#171D26",
    raised="#1F2732",
    line="#2B3644",
    text="#E9EEF4",
    muted="#9AA8B8",
    accent="#5B93FF",
    on_accent="#0B1220",
    focus="#8FB4FF",
    veil="#B3070A0E",
    tones=MappingProxyType(
        {
            Tone.RUNNING: Colours("#3CCB88", "#44CD8D", "#12301F"),
            Tone.RELEASED: Colours("#6EA3FF", "#82B0FF", "#14243F"),
            Tone.PLANNED: Colours("#8FA0B5", "#ACB9C8", "#222C38"),
            Tone.HELD: Colours("#F2B03D", "#F2B03D", "#33270D"),
            Tone.TROUBLE: Colours("#FF6B6B", "#FF8C8C", "#3A1719"),
            Tone.DONE: Colours("#3BC4C4", "#44C7C7", "#0F2E2F"),
        }
    ),
)
CONTRAST: Final = Tokens(
    choice=Choice.CONTRAST,
    dark=True,
    background="#000000",
    surface="#000000",
    raised="#0A0A0A",
    line="#B8C4D2",
    text="#FFFFFF",
    muted="#DCE3EB",
    accent="#FFD60A",
    on_accent="#000000",
    focus="#FFD60A",
    veil="#D9000000",
    tones=MappingProxyType(
        {
            Tone.RUNNING: Colours("#4DFFA6", "#4DFFA6", "#001F10"),
            Tone.RELEASED: Colours("#9CC2FF", "#9CC2FF", "#001433"),
            Tone.PLANNED: Colours("#D5DDE7", "#D5DDE7", "#161B21"),
            Tone.HELD: Colours("#FFC04D", "#FFC04D", "#261A00"),
            Tone.TROUBLE: Colours("#FF9E9E", "#FF9E9E", "#2E0000"),
            Tone.DONE: Colours("#5CF0F0", "#5CF0F0", "#001F1F"),
        }
    ),
)


class Size(Enum):
    """The type scale, in pixels."""

    SMALL = 12.5
    BODY = 14.0
    LARGE = 16.0
    TITLE = 26.0
    HUGE = 38.0


class Weight(IntEnum):
    REGULAR = 400
    STRONG = 600
    HEAVY = 700


@dataclass(frozen=True, slots=True)
class Look:
    """How a status is shown: colour, icon and word together, never colour alone."""

    tone: Tone
    icon: str
    word: str


ORDER_LOOKS: Final[Mapping[OrderStatus, Look]] = MappingProxyType(
    {
        OrderStatus.DRAFT: Look(Tone.PLANNED, "draft", "Draft"),
        OrderStatus.PLANNED: Look(Tone.PLANNED, "calendar", "Planned"),
        OrderStatus.RELEASED: Look(Tone.RELEASED, "flag", "Released"),
        OrderStatus.IN_PROGRESS: Look(Tone.RUNNING, "play", "In progress"),
        OrderStatus.ON_HOLD: Look(Tone.HELD, "pause", "On hold"),
        OrderStatus.COMPLETED: Look(Tone.DONE, "check", "Completed"),
        OrderStatus.CANCELLED: Look(Tone.PLANNED, "cross", "Cancelled"),
    }
)
MACHINE_LOOKS: Final[Mapping[MachineStatus, Look]] = MappingProxyType(
    {
        MachineStatus.AVAILABLE: Look(Tone.RELEASED, "check", "Available"),
        MachineStatus.IN_USE: Look(Tone.RUNNING, "play", "In use"),
        MachineStatus.MAINTENANCE: Look(Tone.HELD, "wrench", "Maintenance"),
        MachineStatus.BROKEN: Look(Tone.TROUBLE, "broken", "Broken"),
        MachineStatus.RETIRED: Look(Tone.PLANNED, "retired", "Retired"),
    }
)
STOCK_LOOKS: Final[Mapping[StockCategory, Look]] = MappingProxyType(
    {
        StockCategory.RAW: Look(Tone.PLANNED, "material", "Raw"),
        StockCategory.PROCESS: Look(Tone.RELEASED, "machine", "In process"),
        StockCategory.FINISHED: Look(Tone.DONE, "check", "Finished"),
        StockCategory.QUARANTINE: Look(Tone.HELD, "blocked", "Quarantine"),
        StockCategory.SCRAP: Look(Tone.TROUBLE, "scrap", "Scrap"),
    }
)
PRIORITY_LOOKS: Final[Mapping[Priority, Look]] = MappingProxyType(
    {
        Priority.LOW: Look(Tone.PLANNED, "lower", "Low"),
        Priority.MEDIUM: Look(Tone.PLANNED, "level", "Medium"),
        Priority.HIGH: Look(Tone.HELD, "higher", "High"),
        Priority.URGENT: Look(Tone.TROUBLE, "urgent", "Urgent"),
    }
)
READINESS_LOOKS: Final[Mapping[Readiness, Look]] = MappingProxyType(
    {
        Readiness.READY: Look(Tone.RUNNING, "check", "ready"),
        Readiness.PARTLY: Look(Tone.HELD, "alert", "partly"),
        Readiness.MISSING: Look(Tone.TROUBLE, "cross", "missing"),
        Readiness.NOT_NEEDED: Look(Tone.PLANNED, "minus", "not needed"),
    }
)
BLOCKED_LOT: Final = Look(Tone.TROUBLE, "blocked", "Blocked")
EXPIRED_LOT: Final = Look(Tone.HELD, "clock", "Expired")

_SANS = ("Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "DejaVu Sans")
_MONO = ("JetBrains Mono", "Cascadia Mono", "SF Mono", "Consolas", "DejaVu Sans Mono", "Liberation Mono")


class Theme(QObject):
    """The look of the running application.

    It dresses the application when it is made, and again when the choice or the system changes.
    """

    changed = Signal()
    current: ClassVar["Theme"]

    def __init__(self, app: QApplication, choice: Choice = Choice.SYSTEM) -> None:
        super().__init__(app)
        self._app = app
        self._choice = choice
        self._fonts: dict[tuple[Size, Weight, bool], QFont] = {}
        families = set(QFontDatabase.families())
        self._sans = next((name for name in _SANS if name in families), app.font().family())
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()
        self._mono = next((name for name in _MONO if name in families), fixed)
        self.tokens = _tokens_for(choice)
        Theme.current = self
        app.setStyle(QStyleFactory.create("Fusion"))
        app.setFont(self.font())
        self._dress()
        app.styleHints().colorSchemeChanged.connect(self._follow_system)
        app.styleHints().accessibility().contrastPreferenceChanged.connect(self._follow_system)

    @property
    def choice(self) -> Choice:
        return self._choice

    def choose(self, choice: Choice) -> None:
        """Show this look from now on."""
        self._choice = choice
        self._take(_tokens_for(choice))

    def font(self, size: Size = Size.BODY, weight: Weight = Weight.REGULAR, *, mono: bool = False) -> QFont:
        """Give the font of the scale, with figures of one width so that numbers do not dance when they count."""
        wanted = (size, weight, mono)
        if wanted not in self._fonts:
            font = QFont(self._mono if mono else self._sans)
            # 12.5 px cannot be said as a pixel size, which is a whole number; points can.
            font.setPointSizeF(size.value * 72 / QGuiApplication.primaryScreen().logicalDotsPerInch())
            font.setWeight(QFont.Weight(int(weight)))
            font.setFeature(QFont.Tag.fromString("tnum"), 1)
            self._fonts[wanted] = font
        return self._fonts[wanted]

    def _follow_system(self) -> None:
        if self._choice is Choice.SYSTEM:
            self._take(_tokens_for(Choice.SYSTEM))

    def _take(self, tokens: Tokens) -> None:
        if tokens is not self.tokens:
            self.tokens = tokens
            self._dress()
            self.changed.emit()

    def _dress(self) -> None:
        self._app.setPalette(palette(self.tokens))
        self._app.setStyleSheet(style_sheet(self.tokens))


def _tokens_for(choice: Choice) -> Tokens:
    if choice is Choice.SYSTEM:
        hints = QGuiApplication.styleHints()
        if hints.accessibility().contrastPreference() is Qt.ContrastPreference.HighContrast:
            return CONTRAST
        return DARK if hints.colorScheme() is Qt.ColorScheme.Dark else LIGHT
    return {Choice.LIGHT: LIGHT, Choice.DARK: DARK, Choice.CONTRAST: CONTRAST}[choice]


def mixed(one: str, other: str, share: float) -> QColor:
    """Give the colour that is `share` (0 to 1) of the way from one token to another."""
    a, b = QColor(one), QColor(other)
    return QColor(
        round(a.red() + (b.red() - a.red()) * share),
        round(a.green() + (b.green() - a.green()) * share),
        round(a.blue() + (b.blue() - a.blue()) * share),
    )


def palette(tokens: Tokens) -> QPalette:
    """Say the tokens in Fusion's words."""
    role = QPalette.ColorRole
    colours = {
        role.Window: tokens.background,
        role.WindowText: tokens.text,
        role.Base: tokens.surface,
        role.AlternateBase: tokens.raised,
        role.Text: tokens.text,
        role.PlaceholderText: tokens.muted,
        role.Button: tokens.raised,
        role.ButtonText: tokens.text,
        role.BrightText: tokens.of(Tone.TROUBLE).ink,
        role.Highlight: tokens.accent,
        role.HighlightedText: tokens.on_accent,
        role.Accent: tokens.accent,
        role.Link: tokens.accent,
        role.ToolTipBase: tokens.raised,
        role.ToolTipText: tokens.text,
        role.Mid: tokens.line,
        role.Midlight: tokens.line,
        role.Light: tokens.raised,
        role.Dark: tokens.line,
        role.Shadow: tokens.line,
    }
    made = QPalette()
    for name, colour in colours.items():
        made.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, name, QColor(tokens.muted))
    return made


def style_sheet(tokens: Tokens) -> str:
    """Say what a palette cannot: panels, ink of labels, fields and scroll bars."""
    inks = "".join(f'QLabel[ink="{tone.value}"] {{ color: {tokens.of(tone).ink}; }}\n' for tone in Tone)
    # Where soft backgrounds are all but black, an edge tells where they end.
    edges = {tone: f"1px solid {tokens.of(tone).ink}" if tokens.choice is Choice.CONTRAST else "none" for tone in Tone}
    notes = "".join(
        f'QFrame[panel="{tone.value}"] {{ background: {tokens.of(tone).soft}; border: {edges[tone]}; '
        f"border-radius: {RADIUS}px; }}\n"
        for tone in Tone
    )
    return f"""
{inks}{notes}
QLabel {{ background: transparent; }}
QLabel[ink="muted"] {{ color: {tokens.muted}; }}
QLabel[ink="accent"] {{ color: {tokens.accent}; }}
QFrame[panel="surface"] {{ background: {tokens.surface}; border: 1px solid {tokens.line}; border-radius: {RADIUS}px; }}
QFrame[panel="raised"] {{ background: {tokens.raised}; border: 1px solid {tokens.line}; border-radius: {RADIUS}px; }}
QFrame[panel="dialog"] {{ background: {tokens.surface}; border: 1px solid {tokens.line}; border-radius:
{RADIUS_DIALOG}px; }}
QFrame[panel="bar"] {{ background: {tokens.surface}; border: none; border-bottom: 1px solid {tokens.line}; }}
QFrame[panel="foot"] {{ background: {tokens.surface}; border: none; border-top: 1px solid {tokens.line}; }}
QFrame[panel="rail"] {{ background: {tokens.surface}; border: none; border-right: 1px solid {tokens.line}; }}
QFrame[panel="side"] {{ background: {tokens.surface}; border: none; border-left: 1px solid {tokens.line}; }}
QFrame[panel="rule"] {{ background: {tokens.line}; border: none; max-height: 1px; min-height: 1px; }}
QLineEdit, QPlainTextEdit, QComboBox, QDateEdit, QDateTimeEdit {{
    background: {tokens.raised}; border: 1px solid {tokens.line}; border-radius: {RADIUS}px; padding: 0 14px;
    min-height: {TOUCH - 2}px; selection-background-color: {tokens.accent}; selection-color: {tokens.on_accent};
}}
QPlainTextEdit {{ padding: 8px 10px; }}
QLineEdit:focus, QPlainTextEdit:focus, QComboBox:focus, QDateEdit:focus, QDateTimeEdit:focus {{ border: 2px solid
{tokens.focus}; padding: 0 13px; }}
QPlainTextEdit:focus {{ padding: 7px 9px; }}
QLineEdit[wrong="true"], QPlainTextEdit[wrong="true"] {{ border: 2px solid {tokens.of(Tone.TROUBLE).fill}; padding: 0
13px; }}
QComboBox::drop-down {{ border: none; width: 36px; }}
QAbstractScrollArea {{ background: transparent; border: none; }}
QComboBox QAbstractItemView, QListView[panel="popup"] {{ background: {tokens.surface}; color: {tokens.text};
    border: 1px solid {tokens.line}; outline: none; }}
QComboBox QAbstractItemView::item, QListView[panel="popup"]::item {{ min-height: {TOUCH}px; padding: 0 12px; }}
QListView[panel="popup"]::item:selected {{ background: {tokens.accent}; color: {tokens.on_accent}; }}
QTableView {{ outline: none; gridline-color: transparent; }}
QHeaderView {{ background: transparent; border: none; }}
QHeaderView::section {{ background: transparent; color: {tokens.muted}; border: none; border-bottom: 1px solid
{tokens.line};
    padding: 0 12px; min-height: {TOUCH}px; }}
QTableCornerButton::section {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 12px; margin: 2px; }}
QScrollBar:horizontal {{ background: transparent; height: 12px; margin: 2px; }}
QScrollBar::handle {{ background: {mixed(tokens.line, tokens.muted, 0.35).name()}; border-radius: 4px; }}
QScrollBar::handle:vertical {{ min-height: 48px; }}
QScrollBar::handle:horizontal {{ min-width: 48px; }}
QScrollBar::handle:hover {{ background: {tokens.muted}; }}
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent;
border: none; width: 0; height: 0; }}
QToolTip {{ background: {tokens.raised}; color: {tokens.text}; border: 1px solid {tokens.line}; padding: 6px 8px; }}
"""
