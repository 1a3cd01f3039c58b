"""The second person at the terminal: what may be lifted, by whom, and how the audit log tells it."""

import json
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mfg_desktop.exceptions import ManufacturingException
from tests.factories import ADMIN, OPERATOR, PIN, SUPERVISOR
from tests.service.conftest import Desks
from tests.service.stories import Desk


def overdue(desk: Desk) -> str:
    """Bring an order before a machine whose maintenance was due three days ago."""
    number = desk.order(status="RELEASED", machine="CNC-1")
    due = datetime.now(ZoneInfo("Europe/Berlin")).date() - timedelta(days=3)
    desk.do("machine.update", machine="CNC-1", next_maintenance=due.isoformat())
    return number


def by(badge: str, pin: str = PIN, reason: str = "the fitter comes tonight") -> dict[str, Any]:
    return {"badge": badge, "pin": pin, "reason": reason}


def test_a_second_person_lifts_an_overdue_maintenance_and_both_are_in_the_log(desk: Desk, desks: Desks) -> None:
    number, here = overdue(desk), desks(OPERATOR, terminal="T4")
    code, details = here.said("work_order.start", number=number)
    newest = desk.newest_entry()

    here.do("work_order.start", number=number, override=by(SUPERVISOR))

    (entry,) = desk.entries(newest)
    assert (code, details["machine"], details["days"]) == ("MACHINE_MAINTENANCE_OVERDUE", "CNC-1", 3)
    assert desk.status(number) == "IN_PROGRESS"
    assert (entry.badge, entry.approver, entry.terminal, entry.level, entry.action_type) == (
        OPERATOR,
        SUPERVISOR,
        "T4",
        "INFO",
        "WORK_ORDER_START",
    )
    told = json.loads(entry.details)["override"]
    assert told == {
        "approver": SUPERVISOR,
        "reason": "the fitter comes tonight",
        "lifted": ["MACHINE_MAINTENANCE_OVERDUE"],
    }
    assert PIN not in entry.details


def test_an_override_holds_for_this_one_command_only(desk: Desk) -> None:
    number = overdue(desk)
    desk.do("work_order.start", number=number, override=by(SUPERVISOR))
    desk.do("work_order.hold", number=number, reason="x")
    desk.do("work_order.resume", number=number)

    code, _ = desk.said("work_order.start", number=number)

    assert code == "MACHINE_MAINTENANCE_OVERDUE"


@pytest.mark.parametrize(
    ("who", "pin"),
    [(ADMIN, "240613"), (SUPERVISOR, "000000"), ("NOBODY", PIN), (OPERATOR, PIN)],
    ids=["oneself", "wrong PIN", "unknown badge", "without the right"],
)
def test_nobody_else_lifts_a_refusal(desk: Desk, who: str, pin: str) -> None:
    number = overdue(desk)

    with pytest.raises(ManufacturingException) as caught:
        desk.perform("work_order.start", number=number, override=by(who, pin))

    assert caught.value.code == "OVERRIDE_DENIED"
    assert caught.value.details["approver"] == who
    assert desk.status(number) == "RELEASED"
    refused = desk.entries()[-1]
    assert (refused.level, refused.command, refused.badge) == ("WARNING", "work_order.start", ADMIN)
    assert json.loads(refused.details)["code"] == "OVERRIDE_DENIED"


def test_wrong_pins_of_a_second_person_lock_that_badge_too(desk: Desk) -> None:
    number = overdue(desk)

    for _ in range(5):
        with pytest.raises(ManufacturingException, match="OVERRIDE_DENIED"):
            desk.perform("work_order.start", number=number, override=by(SUPERVISOR, "000000"))

    with pytest.raises(ManufacturingException, match="AUTH_LOCKED"):
        desk.shop.sign_in(SUPERVISOR, PIN, terminal="T1")


def test_what_may_not_be_overridden_stands_whoever_agrees(desk: Desk) -> None:
    draft, mixed = desk.order(status="DRAFT"), desk.order(status="PLANNED")
    desk.do("work_order.release", number=mixed)
    overdue(desk)

    wrong_status = desk.codes("work_order.start", number=draft, override=by(SUPERVISOR))
    several = desk.codes("work_order.start", number=mixed, override=by(SUPERVISOR))

    assert wrong_status == ["WORK_ORDER_CANNOT_START"]
    assert several[:2] == ["MACHINE_MAINTENANCE_OVERDUE", "WORK_ORDER_NO_MATERIALS"]


def test_an_override_that_was_not_needed_names_no_second_person(desk: Desk) -> None:
    number = desk.order(status="RELEASED")

    desk.do("work_order.start", number=number, override=by(SUPERVISOR))

    entry = desk.entries()[-1]
    assert (entry.command, entry.approver) == ("work_order.start", None)
    assert "override" not in json.loads(entry.details)


def test_a_role_may_be_given_the_right_to_lift(desk: Desk) -> None:
    number = overdue(desk)
    desk.do("role.set_operations", role="OPERATOR", operations=["override.MACHINE_MAINTENANCE_OVERDUE"])

    desk.do("work_order.start", number=number, override=by(OPERATOR))

    assert desk.entries()[-1].approver == OPERATOR
