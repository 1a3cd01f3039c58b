"""A PIN is nowhere to be found: not in an answer, on stderr, in the operation log, the audit log or any row."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from tests.factories import ADMIN, ADMIN_PIN, SUPERVISOR, Floor
from tests.headless.terminal import CommandLine, contents, written

GIVEN, CHANGED, SET, WRONG, NUMBER, SHORT, SECOND, LONG, MISPLACED = PINS = (
    "918273645", "827364591", "736459182", "645918273", "459182736", "59183", "591827364", "1827364591827" * 5, "364591827364"
)  # fmt: skip


def lines(number: str) -> list[dict[str, Any]]:
    """Say PINs in every way that a file can."""
    person = {"name": "Zoë Quist", "roles": ["OPERATOR"], "departments": ["MACH"]}
    start = {"command": "work_order.start", "number": number}
    return [
        {"command": "user.create", "badge": "Q-1", "pin": GIVEN, **person},
        {"command": "user.update", "badge": "Q-1", "pin": CHANGED},
        {"command": "user.set_pin", "badge": "Q-1", "pin": SET},
        {"command": "user.set_pin", "badge": "NOBODY", "pin": SET},
        {"command": "user.set_pin", "badge": "Q-1", "pin": int(NUMBER)},
        {"command": "user.set_pin", "badge": "Q-1", "pin": SHORT},
        {"command": "user.set_pin", "badge": "Q-1", "pin": LONG},
        {"command": "user.set_pin", "badge": "Q-1", "pin": [NUMBER]},
        {"command": "user.create", "badge": "Q-2", "pin": {"pin": NUMBER}, **person},
        {**start, "override": {"badge": SUPERVISOR, "pin": WRONG, "reason": "urgent"}},
        {**start, "override": {"badge": SUPERVISOR, "pin": int(SECOND), "reason": "urgent"}},
        {**start, "override": MISPLACED},
        {**start, "seen_version": MISPLACED},
    ]


def test_no_pin_is_ever_written_down(command_line: CommandLine, database_url: str, log_file: Path) -> None:
    floor = Floor(database_url)
    number = floor.order(status="DRAFT")
    floor.close()
    told = b"".join(written(line) for line in lines(number))

    said = command_line("exec", "-d", database_url, "-u", ADMIN, stdin=told, pin=ADMIN_PIN)
    refused = command_line("exec", "-d", database_url, "-u", ADMIN, stdin=told, pin=WRONG)

    rows = str(contents(database_url, without=()))
    places = {
        "answers": said.out + refused.out,
        "stderr": said.err + refused.err,
        "operation log": log_file.read_text(encoding="utf-8"),
        "rows": rows,
    }
    assert [answer.count('"success":true') for answer in said.out.splitlines()] == [1, 1, 1] + [0] * 10
    assert refused.status == 2
    assert "user.set_pin" in places["operation log"]
    assert "Zoë Quist" in rows
    assert [(pin, place) for place, text in places.items() for pin in (*PINS, ADMIN_PIN) if pin in text] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_pin_is_in_the_file_of_the_database(command_line: CommandLine, database_url: str) -> None:
    told = b"".join(written(line) for line in lines("WO-1"))

    command_line("exec", "-d", database_url, "-u", ADMIN, stdin=told, pin=ADMIN_PIN)

    file = Path(str(make_url(database_url).database)).read_bytes()
    assert [pin for pin in (*PINS, ADMIN_PIN) if pin.encode() in file] == []


def test_the_password_of_the_database_is_not_shown(command_line: CommandLine) -> None:
    said = command_line("check", "-d", "postgresql+psycopg://floor:s3cret-word@/plant?host=/nowhere", "--json")

    assert said.status == 2
    assert "s3cret-word" not in said.out + said.err
