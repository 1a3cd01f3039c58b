"""The window: paints first, opens the shop then, locks by itself, keeps its screens, hears scans everywhere."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from mfg_desktop.exceptions import refusal
from mfg_desktop.service.shop import PlantRow, ShiftRow, Shop
from mfg_desktop.ui import main_window
from mfg_desktop.ui.background import Background
from mfg_desktop.ui.bar import shift_at
from mfg_desktop.ui.catalog import SCREENS, Screen
from mfg_desktop.ui.context import Context
from mfg_desktop.ui.kit.covers import Cover, top_cover
from mfg_desktop.ui.kit.dialogs import Dialog
from mfg_desktop.ui.live import AWAY_AFTER_BEATS, POLL_MS
from mfg_desktop.ui.main_window import MainWindow
from mfg_desktop.ui.presenter import Presenter
from mfg_desktop.ui.scanner import Scanner
from mfg_desktop.ui.theme import Choice, Theme
from tests.factories import PIN, PLANNER, SUPERVISOR, Floor
from tests.postgres import Cluster
from tests.ui.conftest import PATIENCE_MS
from tests.ui.test_kit import NOW


class PlainScreen(QWidget):
    """A screen that writes down what it is told."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.field = QLineEdit()
        column = QVBoxLayout(self)
        column.addWidget(self.field)
        self.opened: list[tuple[str, str]] = []
        self.searched: list[str] = []
        self.showings = 0

    def open_entity(self, entity_type: str, key: str) -> None:
        self.opened.append((entity_type, key))

    def search(self, text: str) -> bool:
        self.searched.append(text)
        return False

    def shown(self) -> None:
        self.showings += 1


PLAIN = tuple(
    Screen(one.name, one.title, one.icon, one.shortcut, f"{__name__}:PlainScreen", one.entities) for one in SCREENS
)


@pytest.fixture
def scanner(qapp: QApplication) -> Iterator[Scanner]:
    made = Scanner(qapp)
    yield made
    qapp.removeEventFilter(made)


MakeWindow = Callable[[Callable[[], Shop]], MainWindow]


@pytest.fixture
def make_window(qtbot: QtBot, theme: Theme, background: Background, scanner: Scanner) -> MakeWindow:
    def make(open_shop: Callable[[], Shop]) -> MainWindow:
        window = MainWindow(open_shop, background, theme, terminal="T4", scanner=scanner, screens=PLAIN)
        qtbot.addWidget(window)
        window.resize(1280, 800)
        window.show()
        window.activateWindow()
        return window

    return make


@pytest.fixture
def window(qtbot: QtBot, make_window: MakeWindow, sqlite_url: str) -> MainWindow:
    """Give a window at the sign-in."""
    made = make_window(lambda: Shop(sqlite_url))
    with qtbot.waitSignal(made.opened):
        pass
    return made


def sign_in(qtbot: QtBot, window: MainWindow, badge: str = SUPERVISOR) -> PlainScreen:
    assert window.sign_in is not None
    window.sign_in.presenter.pick(badge)
    with qtbot.waitSignal(window.sign_in.presenter.signed_in):
        window.sign_in.presenter.sign_in(PIN)
    return screen(window)


def screen(window: MainWindow) -> PlainScreen:
    view = window.show_screen(window.shown_screen())
    assert isinstance(view, PlainScreen)
    return view


def scan(code: str, suffix: str = "\x03") -> None:
    """Type as a wedge does: prefix, code, suffix, at whatever has the focus."""
    target = QApplication.focusWidget()
    assert target is not None
    for sign in f"\x02{code}{suffix}":
        for kind in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QApplication.sendEvent(target, QKeyEvent(kind, ord(sign.upper()), Qt.KeyboardModifier.NoModifier, sign))


def test_the_window_is_there_before_the_shop_is_opened(qtbot: QtBot, make_window: MakeWindow, sqlite_url: str) -> None:
    opened: list[bool] = []

    def open_shop() -> Shop:
        opened.append(True)
        return Shop(sqlite_url)

    window = make_window(open_shop)

    assert window.isVisible()
    assert opened == []
    with qtbot.waitSignal(window.opened):
        pass


def test_a_shop_that_cannot_be_opened_says_why_and_may_be_tried_again(
    qtbot: QtBot, make_window: MakeWindow, sqlite_url: str
) -> None:
    tries: list[int] = []

    def open_shop() -> Shop:
        tries.append(1)
        if len(tries) == 1:
            raise refusal("SYSTEM_DATABASE_UNAVAILABLE")
        return Shop(sqlite_url)

    window = make_window(open_shop)
    page = window.findChildren(main_window._StartPage)[0]
    qtbot.waitUntil(lambda: page.retry.isVisible())

    with qtbot.waitSignal(window.opened):
        QTest.mouseClick(page.retry, Qt.MouseButton.LeftButton)


def test_nothing_is_shown_before_somebody_signs_in(window: MainWindow) -> None:
    assert window.sign_in is not None
    assert window.sign_in.isVisible()
    assert window.show_screen("board") is None


def test_signing_in_shows_the_first_screen_and_locking_keeps_it(qtbot: QtBot, window: MainWindow) -> None:
    board = sign_in(qtbot, window)
    board.field.setText("half filled")
    window.show_screen("machines")

    window.lock()
    assert window.actor() is None
    assert window.sign_in is not None
    assert window.sign_in.isVisible()

    machines = sign_in(qtbot, window, PLANNER)
    assert window.shown_screen() == "machines"
    assert machines.context.actor() is window.actor()
    view = window.show_screen("board")
    assert view is board
    assert board.field.text() == "half filled"


def test_the_screen_of_a_window_that_was_minimised_is_told_that_it_is_seen_again(
    qtbot: QtBot, window: MainWindow
) -> None:
    board = sign_in(qtbot, window)
    showings = board.showings

    window.showMinimized()
    qtbot.waitUntil(window.isMinimized)
    window.showNormal()

    qtbot.waitUntil(lambda: board.showings == showings + 1)


def test_a_terminal_left_alone_locks_itself_and_a_key_keeps_it_open(qtbot: QtBot, window: MainWindow) -> None:
    sign_in(qtbot, window)
    wait = window.plant().auto_lock_minutes * 60
    window._stirred_at -= wait - 5
    window._tick()
    assert window.actor() is not None

    QTest.keyClick(window, Qt.Key.Key_Shift)
    window._stirred_at -= wait - 5
    window._tick()
    assert window.actor() is not None

    window._stirred_at -= 10
    window._tick()

    assert window.actor() is None


class _Wall(Cover):
    only_shows = True


def test_a_wall_view_outlasts_the_lock_and_whoever_ends_it_finds_the_terminal_locked(
    qtbot: QtBot, window: MainWindow
) -> None:
    sign_in(qtbot, window)
    wall = _Wall(window)
    wall.lay_over()
    window._stirred_at -= window.plant().auto_lock_minutes * 60 + 1
    window._tick()
    assert top_cover(window) is wall

    window._stir()
    wall.hide()

    assert window.actor() is None
    assert top_cover(window) is window.sign_in


def test_a_scan_ends_a_wall_view_and_is_for_what_lies_under_it(qtbot: QtBot, window: MainWindow) -> None:
    sign_in(qtbot, window)
    wall = _Wall(window)
    wall.lay_over()
    window._stirred_at -= window.plant().auto_lock_minutes * 60 + 1
    window._tick()

    window.scan(PLANNER)

    assert window.sign_in is not None
    qtbot.waitUntil(lambda: window.sign_in is not None and window.sign_in.pad.isVisible())
    assert wall.isHidden()


def test_the_pin_of_a_second_person_does_not_outlast_the_lock(qtbot: QtBot, window: MainWindow) -> None:
    sign_in(qtbot, window)
    assert window.context is not None
    presenter = Presenter(window.context, window)
    dialog = window.notices.refuse(refusal("MACHINE_MAINTENANCE_OVERDUE", machine="CNC-1"), presenter=presenter)
    QTest.mouseClick(dialog._ask_button, Qt.MouseButton.LeftButton)
    section = dialog.override_section()
    assert section is not None
    section.badge.setText(SUPERVISOR)
    section.pin.setText(PIN)
    section.reason.setText("short job")

    window.lock()

    assert (section.badge.text(), section.pin.text(), section.reason.text()) == (SUPERVISOR, "", "short job")


def test_the_menu_of_a_person_goes_with_the_person(qtbot: QtBot, window: MainWindow) -> None:
    sign_in(qtbot, window)
    QTest.mouseClick(window.bar.person, Qt.MouseButton.LeftButton)
    assert isinstance(top_cover(window), Dialog)

    window.lock()
    sign_in(qtbot, window, PLANNER)

    assert top_cover(window) is None


def test_a_person_who_is_new_at_the_plant_is_found_on_a_terminal_that_is_locked_already(
    qtbot: QtBot, window: MainWindow, sqlite_url: str
) -> None:
    assert window.sign_in is not None
    presenter = window.sign_in.presenter
    qtbot.waitUntil(lambda: presenter.loaded)
    floor = Floor(sqlite_url)

    floor.do("user.create", badge="OP-9", name="Nora Lind", pin=PIN, roles=["OPERATOR"], departments=["MACH"])
    floor.close()

    qtbot.waitUntil(lambda: "OP-9" in {face.badge for face in presenter.faces()})


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_the_names_come_by_themselves_when_the_database_is_back(
    qtbot: QtBot, make_window: MakeWindow, database_url: str, postgres: Cluster
) -> None:
    window = make_window(lambda: Shop(database_url))
    with qtbot.waitSignal(window.opened):
        pass
    sign_in(qtbot, window)
    postgres.seal(database_url)
    assert window.sign_in is not None
    with qtbot.waitSignal(window.sign_in.presenter.refused):
        window.lock()
    note = window.sign_in._names.note
    assert note.isVisible()
    qtbot.waitUntil(lambda: window.live is not None and not window.live.up)

    postgres.tell(f"ALTER DATABASE {urlsplit(database_url).path.strip('/')} ALLOW_CONNECTIONS true")

    qtbot.waitUntil(note.isHidden)


def test_a_dialog_stays_under_the_sign_in_of_a_locked_terminal(qtbot: QtBot, window: MainWindow) -> None:
    sign_in(qtbot, window)
    window.lock()

    dialog = Dialog(window, "Late answer")
    dialog.open()

    children = window.children()
    assert window.sign_in is not None
    assert children.index(dialog) < children.index(window.sign_in)
    assert window.sign_in.isVisible()


def test_a_scanned_order_opens_on_the_board_wherever_the_focus_is(
    qtbot: QtBot, window: MainWindow, sqlite_url: str
) -> None:
    floor = Floor(sqlite_url)
    number = floor.order(status="RELEASED")
    floor.close()
    sign_in(qtbot, window)
    window.show_screen("machines")
    field = screen(window).field
    field.setText("typed")
    field.setFocus()

    scan(number)
    qtbot.waitUntil(lambda: window.shown_screen() == "board")

    assert screen(window).opened == [("WorkOrder", number)]
    assert field.text() == "typed"


@pytest.mark.parametrize(
    ("code", "shown", "opened"),
    [("cnc-2", "machines", ("Machine", "CNC-2")), ("B-1", "materials", ("StockLot", "BAR/B-1"))],
)
def test_a_code_opens_the_screen_that_is_its_home(
    qtbot: QtBot, window: MainWindow, code: str, shown: str, opened: tuple[str, str]
) -> None:
    sign_in(qtbot, window)

    window.scan(code)
    qtbot.waitUntil(lambda: window.shown_screen() == shown)

    assert screen(window).opened == [opened]


def test_a_code_that_means_nothing_is_said(qtbot: QtBot, window: MainWindow) -> None:
    sign_in(qtbot, window)

    window.scan("NOTHING-LIKE-IT")

    qtbot.waitUntil(lambda: "NOTHING-LIKE-IT" in window.notices.said())


@pytest.mark.parametrize("taps", [False, True])
def test_what_was_scanned_before_is_not_typed_on(qtbot: QtBot, window: MainWindow, taps: bool) -> None:
    sign_in(qtbot, window)
    search = window.bar.search
    if not taps:
        search.setFocus()
    window.scan("NOTHING-77")
    qtbot.waitUntil(lambda: "NOTHING-77" in window.notices.said())

    if taps:
        QTest.mouseClick(search, Qt.MouseButton.LeftButton)
    QTest.keyClicks(search, "WO-1")

    assert search.text() == "WO-1"


def test_the_next_person_does_not_find_the_code_of_the_one_before(qtbot: QtBot, window: MainWindow) -> None:
    sign_in(qtbot, window)
    window.scan("NOTHING-77")

    window.lock()

    assert window.bar.search.text() == ""


def test_a_badge_scanned_at_the_sign_in_picks_the_person(qtbot: QtBot, window: MainWindow) -> None:
    assert window.sign_in is not None
    scan(SUPERVISOR)

    qtbot.waitUntil(lambda: window.sign_in is not None and window.sign_in.pad.isVisible())


def test_a_scan_under_a_dialog_moves_nothing(qtbot: QtBot, window: MainWindow) -> None:
    sign_in(qtbot, window)
    dialog = Dialog(window, "Output")
    dialog.open()

    window.scan("CNC-2")
    qtbot.wait(200)

    assert window.shown_screen() == "board"
    assert "CNC-2" in window.notices.said()


@pytest.mark.parametrize("code", ["CNC-2", "NOTHING-LIKE-IT"])
def test_what_a_code_means_moves_nothing_under_a_dialog_that_was_opened_meanwhile(
    qtbot: QtBot, window: MainWindow, code: str
) -> None:
    board = sign_in(qtbot, window)
    window.scan(code)

    Dialog(window, "Put on hold").open()
    qtbot.waitUntil(lambda: bool(window.notices.said()))

    assert window.notices.said() == f"Close this first, then scan {code}."
    assert (window.shown_screen(), board.opened, board.searched) == ("board", [], [])


def test_what_a_code_means_moves_nothing_on_a_terminal_that_has_locked_meanwhile(
    qtbot: QtBot, window: MainWindow
) -> None:
    board = sign_in(qtbot, window)
    assert window._finder is not None
    window.scan("NOTHING-LIKE-IT")

    with qtbot.waitSignal(window._finder.missed):
        window.lock()

    assert (window.notices.said(), board.searched) == ("", [])


def test_a_scan_without_its_end_gives_the_keyboard_back(qtbot: QtBot, scanner: Scanner) -> None:
    field = QLineEdit()
    qtbot.addWidget(field)
    field.show()
    scanner._patience.setInterval(50)
    field.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)

    scan("WO-1", suffix="")
    assert field.text() == ""
    qtbot.wait(120)
    QTest.keyClicks(field, "free")

    assert field.text() == "free"


def test_ctrl_k_goes_to_the_search_and_ctrl_2_to_the_machines(qtbot: QtBot, window: MainWindow) -> None:
    sign_in(qtbot, window)

    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.bar.search.hasFocus())
    QTest.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)

    qtbot.waitUntil(lambda: window.shown_screen() == "machines")


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_a_database_that_goes_turns_the_bar_amber_within_three_seconds_and_heals(
    qtbot: QtBot, make_window: MakeWindow, database_url: str, postgres: Cluster
) -> None:
    window = make_window(lambda: Shop(database_url))
    with qtbot.waitSignal(window.opened):
        pass
    board = sign_in(qtbot, window)
    qtbot.waitUntil(lambda: window.live is not None and window.live.up)

    postgres.seal(database_url)
    qtbot.waitUntil(lambda: window.bar.connection.look().word.startswith("Away since"))
    # The longest that it can take: a poll that was just sent and never comes back.
    assert POLL_MS * (AWAY_AFTER_BEATS + 1) <= 3000
    assert window._away.isVisible()
    assert window._veil.isVisible()
    assert board.isEnabled()

    postgres.tell(f"ALTER DATABASE {urlsplit(database_url).path.strip('/')} ALLOW_CONNECTIONS true")
    qtbot.waitUntil(lambda: window.bar.connection.look().word == "Live")
    assert not window._away.isVisible()


def test_the_look_goes_round(qtbot: QtBot, window: MainWindow, theme: Theme) -> None:
    seen = []
    for _ in range(3):
        window.next_look()
        seen.append(theme.tokens.choice)

    assert seen == [Choice.DARK, Choice.CONTRAST, Choice.LIGHT]


def test_the_shift_of_the_hour_is_named_also_over_midnight() -> None:
    shifts = (ShiftRow("Early", "06:00", "14:00", 30), ShiftRow("Night", "22:00", "06:00", 30))
    plant = PlantRow("Plant Nord", "Europe/Berlin", Decimal(0), 5, shifts, 1)

    assert shift_at(NOW, plant) == "Early shift until 14:00"
    assert shift_at(NOW + timedelta(hours=14), plant) == "Night shift until 06:00"
    assert shift_at(NOW + timedelta(hours=6), plant) == "Between shifts"


def test_every_screen_of_the_catalogue_has_an_icon_and_its_own_shortcut() -> None:
    assert len({one.shortcut for one in SCREENS}) == len(SCREENS)
    assert len({one.name for one in SCREENS}) == len(SCREENS)


def test_a_fault_of_the_window_shows_one_dialog_with_a_report_number(qtbot: QtBot, window: MainWindow) -> None:
    sign_in(qtbot, window)

    for _ in range(3):
        window.tell_fault(ZeroDivisionError("in a painter, every frame"))

    dialogs = [dialog for dialog in window.findChildren(Dialog) if dialog.is_open()]
    assert len(dialogs) == 1
    assert "SYSTEM_ERROR" in dialogs[0].accessibleName()


def test_a_look_that_is_chosen_is_remembered(window: MainWindow) -> None:
    assert window.context is not None

    window.next_look()

    assert window.context.memory.recall(main_window.LOOK) == "dark"


class Watched(Shop):
    """A shop that says whether it was closed."""

    closed = False

    def close(self) -> None:
        super().close()
        self.closed = True


def test_a_window_that_is_closed_at_once_closes_the_shop_it_never_heard_of(
    qtbot: QtBot, make_window: MakeWindow, sqlite_url: str
) -> None:
    shops: list[Watched] = []
    at_work, gate = threading.Event(), threading.Event()

    def open_shop() -> Shop:
        at_work.set()
        assert gate.wait(PATIENCE_MS / 1000)
        shops.append(Watched(sqlite_url))
        return shops[0]

    window = make_window(open_shop)
    qtbot.waitUntil(at_work.is_set)
    threading.Timer(0.1, gate.set).start()
    window.close()

    assert window.context is None
    assert [shop.closed for shop in shops] == [True]


def test_a_fault_stays_until_somebody_closes_it(qtbot: QtBot, window: MainWindow) -> None:
    sign_in(qtbot, window)
    window.tell_fault(ValueError("a fault of ours"))
    dialog = top_cover(window)

    window.scan("CNC-2")

    assert top_cover(window) is dialog
    assert window.notices.said() == "Close this first, then scan CNC-2."
