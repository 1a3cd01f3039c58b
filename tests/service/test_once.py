"""One command, once: a double click, a retry after a lost answer, or a file sent twice changes nothing twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest

from mfg_desktop.exceptions import ManufacturingException
from tests.factories import PIN, SUPERVISOR
from tests.service.conftest import Desks
from tests.service.stories import Desk


def new_id() -> str:
    return str(uuid4())


def error_of(desk: Desk, command: str, **fields: Any) -> dict[str, Any]:
    with pytest.raises(ManufacturingException) as caught:
        desk.perform(command, **fields)
    return caught.value.as_error()


def running(desk: Desk) -> str:
    number = desk.order(status="IN_PROGRESS")
    desk.do("work_order.issue", number=number)
    return number


def test_the_same_command_gives_the_first_answer_again_and_does_nothing(desk: Desk) -> None:
    number, once = running(desk), new_id()
    first = desk.do("work_order.record_output", number=number, good=10, command_id=once)
    desk.do("work_order.record_output", number=number, good=5)
    before, newest = desk.rows(), desk.newest_entry()

    again = [desk.do("work_order.record_output", number=number, good=10, command_id=once) for _ in range(4)]

    assert again == [first] * 4
    assert (desk.rows(), desk.newest_entry()) == (before, newest)
    assert first["quantity_completed"] == "10"


def test_the_same_command_is_known_again_after_a_restart_and_at_another_terminal(desk: Desk, desks: Desks) -> None:
    once = new_id()
    wish = {
        "product": "GEAR",
        "quantity": 1,
        "planned_start": "2026-03-02",
        "planned_end": "2026-03-03",
        "command_id": once,
    }
    first = desk.do("work_order.create", **wish)
    desk.close()

    again = desks(terminal="T9").do("work_order.create", **wish)

    assert again == first
    assert len(desks().ask("work_order.list").rows) == 1


def test_a_refused_command_is_refused_again_word_for_word_even_when_the_reason_is_gone(desk: Desk) -> None:
    number, once = desk.order(status="DRAFT"), new_id()
    first = error_of(desk, "work_order.start", number=number, command_id=once)
    for move in ("plan", "release", "allocate"):
        desk.do(f"work_order.{move}", number=number)
    newest = desk.newest_entry()

    again = error_of(desk, "work_order.start", number=number, command_id=once)

    assert again == first
    assert first["code"] == "WORK_ORDER_CANNOT_START"
    assert (desk.status(number), desk.newest_entry()) == ("RELEASED", newest)


def test_several_violations_are_recalled_as_they_were(desk: Desk) -> None:
    once = new_id()
    wish = {
        "product": "GEAR",
        "quantity": 0,
        "planned_start": "2026-03-02",
        "planned_end": "2026-03-02",
        "command_id": once,
    }

    first, again = error_of(desk, "work_order.create", **wish), error_of(desk, "work_order.create", **wish)

    assert again == first
    assert [violation["code"] for violation in again["details"]["violations"]] == [
        "WORK_ORDER_INVALID_QUANTITY",
        "WORK_ORDER_INVALID_DATES",
    ]


def test_what_is_given_as_it_is_when_it_is_left_out_is_the_same_content(desk: Desk) -> None:
    number = running(desk)
    output = {"number": number, "good": 3}
    bill = {"component": "BAR", "quantity": "1"}
    cases: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
        ("work_order.record_output", output, {**output, "notes": None, "batch_number": None, "at": None}),
        ("work_order.record_output", {**output, "scrapped": 0}, {**output, "good": "3.000"}),
        ("work_order.allocate", {"number": desk.order(status="DRAFT")}, {"allow_partial": False}),
        ("bom.set", {"product": "GEAR", "lines": [bill]}, {"lines": [{**bill, "scrap_percentage": 0, "notes": None}]}),
        ("machine.update", {"machine": "CNC-1", "brand": "DMG"}, {"at": None}),
    )

    for command, fields, other in cases:
        once = new_id()
        first = desk.do(command, **fields, command_id=once)
        again = desk.do(command, **{**fields, **other}, command_id=once)
        assert again == first, command


def test_a_null_that_empties_a_field_is_not_the_same_as_nothing(desk: Desk) -> None:
    once, change = new_id(), {"machine": "CNC-1", "brand": "DMG"}
    desk.do("machine.update", **change, command_id=once)

    code, _ = desk.said("machine.update", **change, model=None, command_id=once)

    assert code == "SYSTEM_COMMAND_ID_REUSED"


def test_an_identity_that_was_used_for_something_else_is_refused(desk: Desk, desks: Desks) -> None:
    number, once = running(desk), new_id()
    desk.do("work_order.record_output", number=number, good=10, command_id=once)

    other_content = desk.said("work_order.record_output", number=number, good=11, command_id=once)
    other_command = desk.said("work_order.hold", number=number, reason="x", command_id=once)
    other_person = desks(SUPERVISOR).said("work_order.record_output", number=number, good=10, command_id=once)

    assert {code for code, _ in (other_content, other_command, other_person)} == {"SYSTEM_COMMAND_ID_REUSED"}
    assert other_content[1]["command_id"] == once
    assert (other_content[1]["used_by"], other_content[1]["terminal"]) == ("ADMIN", "T1")
    assert datetime.fromisoformat(other_content[1]["used_at"]).utcoffset(), "on the plant's clock"


def test_a_command_is_still_known_after_somebody_else_tried_its_identity(desk: Desk) -> None:
    number, done, refused = running(desk), new_id(), new_id()
    first = desk.do("work_order.record_output", number=number, good=10, command_id=done)
    denied = error_of(desk, "work_order.record_output", number=number, good=0, command_id=refused)
    error_of(desk, "work_order.record_output", number=number, good=11, command_id=done)
    error_of(desk, "work_order.record_output", number=number, good=12, command_id=refused)

    again = desk.do("work_order.record_output", number=number, good=10, command_id=done)
    denied_again = error_of(desk, "work_order.record_output", number=number, good=0, command_id=refused)

    assert (again, denied_again) == (first, denied)
    assert desk.detail(number).row.quantity_completed == 10


@pytest.mark.parametrize("command", ["work_order.record_output", "work_order.create"])
def test_the_same_command_sent_from_five_threads_at_once_has_one_effect_and_all_get_the_answer(
    desk: Desk, desks: Desks, command: str
) -> None:
    number, once = running(desk), new_id()
    wish: dict[str, Any] = {"number": number, "good": 10}
    if command == "work_order.create":
        wish = {"product": "GEAR", "quantity": 1, "planned_start": "2026-03-02", "planned_end": "2026-03-03"}
    clicks = [desks(terminal="T1") for _ in range(5)]
    together = Barrier(len(clicks))

    def click(here: Desk) -> dict[str, Any]:
        together.wait()
        return here.do(command, **wish, command_id=once)

    with ThreadPoolExecutor(len(clicks)) as hands:
        answers = list(hands.map(click, clicks))

    assert answers == [answers[0]] * 5
    assert len(desk.detail(number).outputs) == (1 if command == "work_order.record_output" else 0)
    assert len(desk.ask("work_order.list").rows) == (1 if command == "work_order.record_output" else 2)
    assert [row.level for row in desk.entries() if row.command_id == once] == ["INFO"]
    assert desk.faults() == []


def test_a_refused_command_may_be_lifted_by_a_second_person_under_the_same_identity(desk: Desk) -> None:
    number, once = desk.order(status="IN_PROGRESS"), new_id()
    wish = {"number": number, "good": 10, "command_id": once}
    refused = error_of(desk, "work_order.record_output", **wish)
    override = {"badge": SUPERVISOR, "pin": PIN, "reason": "cut from an offcut"}

    lifted = desk.do("work_order.record_output", **wish, override=override)
    again = desk.do("work_order.record_output", **wish)

    assert refused["code"] == "MATERIAL_NOT_ISSUED"
    assert again == lifted
    assert len(desk.detail(number).outputs) == 1
