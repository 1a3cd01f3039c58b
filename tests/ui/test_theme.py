"""The look: enough contrast everywhere, a look for every status, and one choice that dresses all."""

from collections.abc import Mapping
from enum import StrEnum
from importlib.resources import files
from typing import Any

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from mfg_desktop.ui import theme as looks
from mfg_desktop.ui.kit import icons
from mfg_desktop.ui.theme import CONTRAST, DARK, LIGHT, Choice, Look, Size, Theme, Tokens, Tone, Weight
from mfg_desktop.vocabulary import MachineStatus, OrderStatus, Priority, Readiness, StockCategory

SETS = pytest.mark.parametrize("tokens", [LIGHT, DARK, CONTRAST], ids=lambda tokens: tokens.choice.value)
TABLES: list[tuple[type[StrEnum], Mapping[Any, Look]]] = [
    (OrderStatus, looks.ORDER_LOOKS),
    (MachineStatus, looks.MACHINE_LOOKS),
    (StockCategory, looks.STOCK_LOOKS),
    (Priority, looks.PRIORITY_LOOKS),
    (Readiness, looks.READINESS_LOOKS),
]


def contrast(one: str, other: str) -> float:
    """Compute the contrast of two colours as WCAG 2.2 does (relative luminance, 1.4.3)."""

    def luminance(colour: str) -> float:
        given = QColor(colour)
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
            for part in (given.redF(), given.greenF(), given.blueF())
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@SETS
def test_text_has_four_and_a_half_to_one_on_every_ground(tokens: Tokens) -> None:
    grounds = (tokens.background, tokens.surface, tokens.raised)
    inks = (tokens.text, tokens.muted, tokens.accent, *(tokens.of(tone).fill for tone in Tone))

    worst = min((contrast(ink, ground), ink, ground) for ink in inks for ground in grounds)

    assert worst[0] >= 4.5, worst


@SETS
def test_status_words_have_seven_to_one_on_their_soft_ground(tokens: Tokens) -> None:
    worst = min((contrast(tokens.of(tone).ink, tokens.of(tone).soft), tone) for tone in Tone)

    assert worst[0] >= 7.0, worst


@SETS
def test_status_words_are_read_on_every_ground(tokens: Tokens) -> None:
    grounds = (tokens.background, tokens.surface, tokens.raised)

    worst = min((contrast(tokens.of(tone).ink, ground), tone, ground) for tone in Tone for ground in grounds)

    assert worst[0] >= 4.5, worst


@SETS
def test_the_main_button_and_the_focus_are_seen(tokens: Tokens) -> None:
    assert contrast(tokens.on_accent, tokens.accent) >= 4.5
    assert min(contrast(tokens.focus, ground) for ground in (tokens.background, tokens.surface, tokens.raised)) >= 3.0


@SETS
def test_plain_text_is_read_on_every_soft_ground(tokens: Tokens) -> None:
    assert min(contrast(tokens.text, tokens.of(tone).soft) for tone in Tone) >= 7.0


@pytest.mark.parametrize(("words", "table"), TABLES, ids=lambda part: getattr(part, "__name__", ""))
def test_every_status_has_colour_icon_and_word(words: type[StrEnum], table: Mapping[Any, Look]) -> None:
    assert set(table) == set(words)
    for look in table.values():
        assert look.word
        assert (files("mfg_desktop") / "resources" / "icons" / f"{look.icon}.svg").is_file()


def test_looks_of_one_table_differ_by_icon_or_word_without_colour() -> None:
    for _, table in TABLES:
        assert len({(look.icon, look.word) for look in table.values()}) == len(table)


def test_every_icon_draws_in_the_colour_it_is_given(qapp: QApplication) -> None:
    names = sorted(path.name.removesuffix(".svg") for path in (files("mfg_desktop") / "resources" / "icons").iterdir())

    for name in names:
        image = icons.pixmap(name, "#FF0000", 48).toImage()
        inks = [image.pixelColor(x, y) for x in range(48) for y in range(48) if image.pixelColor(x, y).alpha() > 200]
        assert inks, name
        assert all(ink.red() > 250 and ink.green() < 5 and ink.blue() < 5 for ink in inks), name


def test_a_choice_dresses_the_application_at_once(qapp: QApplication, theme: Theme) -> None:
    heard: list[Choice] = []
    theme.changed.connect(lambda: heard.append(theme.tokens.choice))

    theme.choose(Choice.DARK)
    theme.choose(Choice.DARK)

    assert heard == [Choice.DARK]
    assert qapp.palette().window().color() == QColor(DARK.background)
    assert DARK.surface in qapp.styleSheet()


def test_figures_are_of_one_width(theme: Theme) -> None:
    assert theme.font(Size.BODY, Weight.STRONG).featureTags()
    assert theme.font(Size.BODY, Weight.STRONG).weight() == 600
