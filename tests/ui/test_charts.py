"""Charts: a stop of some minutes can be hit with a finger, states differ by more than their colour, and bars are as long as they should be."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from mfg_desktop.ui.kit.charts import (
    Band,
    Ribbon,
    Share,
    Stretch,
    cumulated,
    paint_pareto,
    paint_ribbon,
    ribbon_lane,
    stretch_at,
)
from mfg_desktop.ui.theme import Choice, Look, Theme, Tone

START = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
END = START + timedelta(hours=24)
BERLIN = ZoneInfo("Europe/Berlin")
RAN, IDLE, DOWN = Band(Tone.RUNNING, "Ran"), Band(Tone.PLANNED, "Idle", 0.2), Band(Tone.TROUBLE, "Down", hatched=True)


def stretches(*lengths: tuple[Band, float]) -> list[Stretch]:
    told, at = [], START
    for band, hours in lengths:
        told.append(Stretch(at, at + timedelta(hours=hours), band))
        at = told[-1].end
    return told


def painted(area: QRectF, shown: Sequence[Stretch]) -> QImage:
    image = QImage(600, 120, QImage.Format.Format_RGB32)
    image.fill(QColor("#FF00FF"))
    painter = QPainter(image)
    paint_ribbon(painter, area, shown, start=START, end=END, zone=BERLIN, now=END)
    painter.end()
    return image


def test_a_finger_beside_a_short_stop_means_the_stop() -> None:
    day = stretches((RAN, 10), (DOWN, 0.1), (RAN, 13.9))
    lane = QRectF(0, 0, 480, 40)

    beside, far, before = (stretch_at(lane, x, day, start=START, end=END) for x in (208.0, 240.0, 100.0))

    assert (beside, far, before) == (1, 2, 0)


def test_of_two_short_stops_the_nearer_one_is_meant() -> None:
    day = stretches((RAN, 10), (DOWN, 0.1), (RAN, 0.5), (DOWN, 0.1), (RAN, 13.3))
    lane = QRectF(0, 0, 480, 40)

    hit = [stretch_at(lane, x, day, start=START, end=END) for x in (198.0, 201.0, 213.0, 216.0)]

    assert hit == [1, 1, 3, 3]


@pytest.mark.parametrize("choice", [Choice.LIGHT, Choice.DARK, Choice.CONTRAST])
def test_idle_stands_lower_than_work_and_a_stop_is_hatched(theme: Theme, choice: Choice) -> None:
    theme.choose(choice)
    area = QRectF(0, 10, 600, 80)
    lane = ribbon_lane(area)

    image = painted(area, stretches((RAN, 8), (IDLE, 8), (DOWN, 8)))
    top = round(lane.top() + 4)
    ran, idle = image.pixelColor(100, top), image.pixelColor(300, top)
    down = {image.pixelColor(x, top).name() for x in range(450, 560)}

    tokens = theme.tokens
    assert ran == QColor(tokens.of(Tone.RUNNING).fill)
    assert idle != QColor(tokens.of(Tone.PLANNED).fill)
    assert image.pixelColor(300, round(lane.bottom() - 3)) == QColor(tokens.of(Tone.PLANNED).fill)
    assert len(down) > 1


def test_a_ribbon_stays_inside_its_rectangle(theme: Theme) -> None:
    area = QRectF(50, 20, 500, 80)

    image = painted(area, stretches((RAN, 12), (DOWN, 12)))

    outside = {image.pixelColor(x, y).name() for x in (0, 38, 562, 599) for y in range(120)}
    assert outside == {"#ff00ff"}


def test_a_tap_and_the_arrow_keys_choose_a_stretch(theme: Theme, qtbot: QtBot) -> None:
    ribbon = Ribbon(lambda: BERLIN)
    qtbot.addWidget(ribbon)
    ribbon.resize(600, ribbon.sizeHint().height())
    ribbon.show_stretches(stretches((RAN, 8), (IDLE, 8), (DOWN, 8)), [(RAN, "8 h")], END)
    chosen: list[int] = []
    ribbon.chosen.connect(chosen.append)
    ribbon.show()

    QTest.keyClick(ribbon, Qt.Key.Key_Right)
    QTest.keyClick(ribbon, Qt.Key.Key_Left)
    QTest.mouseClick(ribbon, Qt.MouseButton.LeftButton, pos=ribbon.place_of(0).toPoint())
    QTest.mouseClick(ribbon, Qt.MouseButton.LeftButton, pos=QPoint(100, 4))

    assert chosen == [2, 1, 0]


def test_running_totals_end_with_the_whole() -> None:
    look = Look(Tone.TROUBLE, "broken", "Breakdown")

    told = cumulated([Share(look, Decimal(60)), Share(look, Decimal(30)), Share(look, Decimal(10))])

    assert told == [Decimal("0.6"), Decimal("0.9"), Decimal(1)]
    assert cumulated([Share(look, Decimal(0))]) == [Decimal(0)]


def test_bars_of_a_pareto_are_as_long_as_their_share(theme: Theme) -> None:
    image = QImage(600, 100, QImage.Format.Format_RGB32)
    image.fill(QColor(theme.tokens.surface))
    shares = [
        Share(Look(Tone.TROUBLE, "info", "Breakdown"), Decimal(200), "200 min · 2 stops"),
        Share(Look(Tone.RELEASED, "info", "Setup"), Decimal(50), "50 min · 1 stop"),
    ]

    painter = QPainter(image)
    paint_pareto(painter, QRectF(0, 0, 600, 100), shares)
    painter.end()
    lengths = []
    for tone in (Tone.TROUBLE, Tone.RELEASED):
        fill = QColor(theme.tokens.of(tone).fill)
        lengths.append(max(sum(image.pixelColor(x, y) == fill for x in range(600)) for y in range(100)))

    assert lengths[0] == pytest.approx(4 * lengths[1], abs=4)
    assert lengths[1] > 10


def test_a_pareto_without_stops_paints_nothing(theme: Theme) -> None:
    image = QImage(300, 60, QImage.Format.Format_RGB32)
    image.fill(QColor("#FF00FF"))
    before = image.copy()

    painter = QPainter(image)
    paint_pareto(painter, QRectF(0, 0, 300, 60), [])
    painter.end()

    assert image == before
