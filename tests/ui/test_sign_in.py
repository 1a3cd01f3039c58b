"""Signing in: names, search, badge, PIN - and what is said when it does not work."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mfg_desktop.service.work import Actor
from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.sign_in.presenter import SignInPresenter
from mfg_desktop.ui.sign_in.view import TILE_WIDTH, SignInView, role_lines
from tests.factories import ADMIN, PIN, PLANNER, SUPERVISOR, Floor
from tests.ui.conftest import Place

pytestmark = pytest.mark.usefixtures("theme")
TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.fixture
def presenter(qtbot: QtBot, place: Place) -> SignInPresenter:
    made = SignInPresenter(place.shop, place.background, "T4", zone=lambda: TOKYO)
    with qtbot.waitSignal(made.faces_changed):
        made.refresh()
    return made


@pytest.fixture
def view(qtbot: QtBot, presenter: SignInPresenter) -> SignInView:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1280, 800)
    window.show()
    window.activateWindow()
    made = SignInView(presenter, window)
    with qtbot.waitSignal(presenter.faces_changed):
        made.appear()
    return made


def test_the_people_of_the_plant_are_shown_by_name(presenter: SignInPresenter) -> None:
    names = [face.name for face in presenter.faces()]

    assert {"Anna Novak", "Piotr Żak", "İpek Şahin"} <= set(names)
    assert names.index("Anna Novak") < names.index("İpek Şahin") < names.index("Piotr Żak")


@pytest.mark.parametrize("typed", ["zak", "ŻAK", "piotr", "op-1", "pio za"])
def test_a_search_finds_a_name_whatever_its_accents(presenter: SignInPresenter, typed: str) -> None:
    presenter.search(typed)

    assert [face.name for face in presenter.faces()] == ["Piotr Żak"]


def test_a_badge_and_the_pin_sign_in(qtbot: QtBot, presenter: SignInPresenter) -> None:
    presenter.pick(SUPERVISOR)

    with qtbot.waitSignal(presenter.signed_in) as blocker:
        presenter.sign_in(PIN)

    (actor,) = blocker.args
    assert isinstance(actor, Actor)
    assert (actor.name, actor.terminal, actor.roles) == ("Anna Novak", "T4", ("SUPERVISOR",))


def test_a_wrong_pin_is_said_plainly(qtbot: QtBot, presenter: SignInPresenter) -> None:
    presenter.pick(SUPERVISOR)

    with qtbot.waitSignal(presenter.refused) as blocker:
        presenter.sign_in("000000")

    assert "PIN" in blocker.args[0]
    assert "AUTH_" not in blocker.args[0]


def test_the_fifth_wrong_pin_locks_the_badge_and_says_until_when(qtbot: QtBot, presenter: SignInPresenter) -> None:
    presenter.pick(SUPERVISOR)
    said = []
    for pin in ("000001", "000002", "000003", "000004", "000005", PIN):
        with qtbot.waitSignal(presenter.refused) as blocker:
            presenter.sign_in(pin)
        said.append(blocker.args[0])

    assert "locked" in said[-1].lower()
    about = [datetime.now(TOKYO) + timedelta(minutes=15 - late) for late in range(3)]
    told = {f"{formats.day(until.date())} {until:%H:%M}" for until in about}
    assert any(f"until {at} after" in said[-1] for at in told), said[-1]
    assert any(sign.isdigit() for sign in said[-1])


def test_an_unknown_badge_is_refused_like_a_wrong_pin(qtbot: QtBot, presenter: SignInPresenter) -> None:
    presenter.pick("NOBODY")

    with qtbot.waitSignal(presenter.refused) as blocker:
        presenter.sign_in(PIN)

    assert "PIN" in blocker.args[0]


def test_two_returns_in_a_row_are_one_try(qtbot: QtBot, presenter: SignInPresenter) -> None:
    presenter.pick(SUPERVISOR)
    admitted: list[Actor] = []
    presenter.signed_in.connect(admitted.append)

    presenter.sign_in(PIN)
    presenter.sign_in(PIN)
    qtbot.waitUntil(lambda: bool(admitted))
    qtbot.wait(300)

    assert len(admitted) == 1


@pytest.mark.parametrize(
    ("roles", "lines"),
    [
        ((), [""]),
        (("OPERATOR",), ["Operator"]),
        (("MATERIAL_HANDLER", "OPERATOR"), ["Material handler,", "Operator"]),
        (("MATERIAL_HANDLER", "MAINTENANCE"), ["Material handler,", "Maintenance"]),
    ],
)
def test_two_roles_are_read_in_full_on_the_tiles_of_the_smallest_screen(
    roles: tuple[str, ...], lines: list[str]
) -> None:
    room = TILE_WIDTH - 84

    assert role_lines(roles, room) == lines


def test_a_tapped_name_asks_for_the_pin_and_the_keyboard_types_it(qtbot: QtBot, view: SignInView) -> None:
    names = view._names.list
    at = names.rows.place_of(PLANNER)
    assert at is not None
    spot = names.visualRect(names.rows.index(at, 0)).center()
    QTest.mouseClick(names.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert view.pad.isVisible()

    for digit in PIN[:3]:
        QTest.mouseClick(view.pad.keys.button(digit), Qt.MouseButton.LeftButton)
    QTest.keyClicks(view.pad, PIN[3:])
    assert view.pad.dots.count() == 6

    with qtbot.waitSignal(view.presenter.signed_in) as blocker:
        QTest.keyClick(view.pad, Qt.Key.Key_Return)
    assert blocker.args[0].badge == PLANNER


def test_whoever_comes_next_finds_no_name_chosen(qtbot: QtBot, view: SignInView) -> None:
    names = view._names.list
    spot = names.visualRect(names.rows.index(names.rows.place_of(PLANNER) or 0, 0)).center()
    QTest.mouseClick(names.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert names.selectedIndexes() != []

    view.leave()
    view.appear()

    assert names.selectedIndexes() == []


def test_a_wrong_pin_clears_the_dots_and_says_why_beside_the_pad(qtbot: QtBot, view: SignInView) -> None:
    view.scanned(ADMIN)
    QTest.keyClicks(view.pad, "999999")

    with qtbot.waitSignal(view.presenter.refused):
        QTest.keyClick(view.pad, Qt.Key.Key_Return)

    assert view.pad.dots.count() == 0
    assert view.pad.note.isVisible()


def test_escape_and_somebody_else_go_back_to_the_names(qtbot: QtBot, view: SignInView) -> None:
    view.scanned(ADMIN)
    QTest.keyClicks(view.pad, "12")
    QTest.keyClick(view.pad, Qt.Key.Key_Escape)
    assert not view.pad.isVisible()

    view.scanned(SUPERVISOR)
    assert view.pad.dots.count() == 0
    QTest.mouseClick(view.pad.leave, Qt.MouseButton.LeftButton)
    assert not view.pad.isVisible()


def test_the_keys_of_the_pad_are_made_for_gloves(view: SignInView) -> None:
    view.scanned(ADMIN)

    assert min(view.pad.keys.button(key).height() for key in "0123456789") >= 64


def test_thirty_people_fit_the_smallest_panel(qtbot: QtBot, sqlite_url: str, view: SignInView) -> None:
    floor = Floor(sqlite_url)
    for at in range(23):
        floor.do("user.create", badge=f"X-{at}", name=f"Person {at}", pin=PIN, roles=["VIEWER"], departments=["MACH"])
    floor.close()
    with qtbot.waitSignal(view.presenter.faces_changed):
        view.presenter.refresh()

    assert len(view.presenter.faces()) >= 30
    assert view._names.list.verticalScrollBar().maximum() == 0
