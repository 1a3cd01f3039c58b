"""The machines screen without a window: how the wall is arranged, and what setting a state does."""

from pytestqt.qtbot import QtBot

from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.operations.machines import MOVES
from mfg_desktop.ui.machines.presenter import REASONS, TARGETS, Arrangement, MachinesPresenter, Shown
from mfg_desktop.vocabulary import DowntimeCategory, MachineStatus
from tests.factories import Floor
from tests.ui.conftest import Place


def shown(presenter: MachinesPresenter, qtbot: QtBot) -> MachinesPresenter:
    with qtbot.waitSignal(presenter.rows_changed):
        presenter.refresh()
    return presenter


def opened(presenter: MachinesPresenter, machine: str, qtbot: QtBot) -> MachinesPresenter:
    presenter.open(machine)
    qtbot.waitUntil(lambda: presenter.detail is not None)
    return presenter


def codes(presenter: MachinesPresenter) -> list[str]:
    return [machine.machine for group in presenter.groups() for machine in group.machines]


def test_trouble_comes_first_everywhere_and_inside_a_group(place: Place, floor: Floor, qtbot: QtBot) -> None:
    floor.do("machine.create", machine="CNC-10", type="CNC_MILLING", department="MACH")
    floor.do("machine.create", machine="CNC-3", type="CNC_MILLING", department="MACH", next_maintenance="2026-01-01")
    floor.do("machine.set_status", machine="CNC-10", status="BROKEN", reason="Spindle")

    presenter = shown(MachinesPresenter(place), qtbot)
    everywhere = codes(presenter)
    presenter.arrange(Arrangement.DEPARTMENT)

    assert codes(presenter) == everywhere == ["CNC-10", "CNC-3", "CNC-1", "CNC-2"]


def test_the_wall_is_grouped_by_department_or_type_or_not(place: Place, floor: Floor, qtbot: QtBot) -> None:
    floor.do("machine.create", machine="SAW-1", type="OTHER")
    presenter = shown(MachinesPresenter(place), qtbot)

    presenter.arrange(Arrangement.DEPARTMENT)
    by_department = [group.name for group in presenter.groups()]
    presenter.arrange(Arrangement.TYPE)
    by_type = [group.name for group in presenter.groups()]
    presenter.arrange(Arrangement.TROUBLE)
    ungrouped = [group.name for group in presenter.groups()]

    assert by_department == ["Machining", "No department"]
    assert by_type == ["CNC_MILLING", "CNC_LATHE", "OTHER"]
    assert ungrouped == [""]


def test_filters_count_and_show_the_machines_behind_them(place: Place, floor: Floor, qtbot: QtBot) -> None:
    floor.do("machine.set_status", machine="CNC-2", status="MAINTENANCE", reason="Oil")
    presenter = shown(MachinesPresenter(place), qtbot)

    counts = presenter.counts()
    presenter.show_only(Shown.MAINTENANCE)

    assert (counts[Shown.ALL], counts[Shown.MAINTENANCE], counts[Shown.BROKEN]) == (2, 1, 0)
    assert codes(presenter) == ["CNC-2"]


def test_broken_holds_the_running_order_and_opens_a_downtime(place: Place, floor: Floor, qtbot: QtBot) -> None:
    number = floor.order(status="IN_PROGRESS", machine="CNC-1")
    presenter = opened(MachinesPresenter(place), "CNC-1", qtbot)

    with qtbot.waitSignal(presenter.done) as said:
        presenter.set_status(MachineStatus.BROKEN, reason="Spindle", category=DowntimeCategory.BREAKDOWN)
    detail = floor.ask("machine.get", machine="CNC-1")

    assert said.args == ["CNC-1 is broken."]
    assert detail.row.status is MachineStatus.BROKEN
    assert detail.row.open_downtime.reason == "Spindle"
    assert floor.ask("work_order.get", number=number).row.hold_reason == "Spindle"


def test_five_taps_set_the_state_once(place: Place, floor: Floor, qtbot: QtBot) -> None:
    presenter = opened(MachinesPresenter(place), "CNC-1", qtbot)

    with qtbot.waitSignal(presenter.done):
        taken = [presenter.set_status(MachineStatus.BROKEN, reason="Spindle") for _ in range(5)]

    assert taken == [True, False, False, False, False]
    assert len(floor.ask("machine.get", machine="CNC-1").downtimes) == 1


def test_a_state_that_somebody_else_set_meanwhile_is_refused_with_its_code(
    place: Place, floor: Floor, qtbot: QtBot
) -> None:
    presenter = opened(MachinesPresenter(place), "CNC-1", qtbot)
    floor.do("machine.set_status", machine="CNC-1", status="BROKEN", reason="Crash")

    with qtbot.waitSignal(presenter.refused) as refused:
        presenter.set_status(MachineStatus.MAINTENANCE, reason="Oil")
    error = refused.args[0] if refused.args else None

    assert isinstance(error, ManufacturingException)
    assert error.code == "MACHINE_INVALID_STATUS"


def test_states_that_cannot_be_set_say_why(place: Place, floor: Floor, qtbot: QtBot) -> None:
    number = floor.order(status="IN_PROGRESS", machine="CNC-1")
    presenter = opened(MachinesPresenter(place), "CNC-1", qtbot)

    stopped = {target.status: target.stopped for target in presenter.targets()}

    assert stopped[MachineStatus.BROKEN] == stopped[MachineStatus.MAINTENANCE] == ""
    assert number in stopped[MachineStatus.AVAILABLE]
    assert number in stopped[MachineStatus.RETIRED]


def test_every_state_that_can_be_set_has_its_button_and_its_reasons() -> None:
    reachable = {target for targets in MOVES.values() for target in targets}

    assert reachable == set(TARGETS) == set(REASONS)


def test_a_screen_that_nobody_looks_at_asks_nothing(place: Place, floor: Floor, qtbot: QtBot) -> None:
    presenter = MachinesPresenter(place)
    presenter.watch(False)

    with qtbot.assertNotEmitted(presenter.rows_changed, wait=150):
        place.live.tell(frozenset({("Machine", "CNC-1")}))

    presenter.watch(True)
    with qtbot.waitSignal(presenter.rows_changed):
        place.live.tell(frozenset({("Machine", "CNC-1")}))
