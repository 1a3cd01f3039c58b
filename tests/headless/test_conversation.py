"""The headless terminal streams: one answer per line, each before the next line, and an exit status that a program can trust."""

import os
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from mfg_desktop.service.database import upgrade
from tests.factories import ADMIN, ADMIN_PIN, Floor
from tests.headless.terminal import PATIENCE, CommandLine, Process, converse, read, written

MACHINES = {"query": "machine.list"}
WAREHOUSE = {"command": "department.create", "code": "WARE", "name": "Warehouse"}
UNKNOWN = {"query": "work_order.get", "number": "WO-0"}

sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_an_answer_is_there_before_the_next_line_is_sent(start: Callable[..., Process], database_url: str) -> None:
    terminal = start(database_url)

    created = terminal.say(WAREHOUSE)
    again = terminal.say(WAREHOUSE)
    machines = terminal.say(MACHINES)

    assert created["data"]["code"] == "WARE"
    assert again["error"]["code"] == "VALIDATION_DUPLICATE_VALUE"
    assert [row["machine"] for row in machines["data"]["rows"]] == ["CNC-1", "CNC-2"]
    assert terminal.end() == (1, [], "")


@sqlite_only
def test_many_lines_need_no_more_memory_than_few(start: Callable[..., Process], database_url: str) -> None:
    def lines(first: int, last: int) -> list[bytes]:
        told = []
        for turn in range(first, last):
            if turn % 40 == 0:
                told.append(written({"command": "stock.receive", "material": "NUT", "lot": "N-1", "quantity": 1}))
            elif turn % 40 == 1:
                told.append(written(MACHINES))
            elif turn % 40 == 2:
                told.append(written({"query": "work_order.get", "number": f"WO-{turn}"}))
            else:
                told.append(written({"query": f"nothing.{turn}", "text": "x" * 200}))
        return told

    def answered(some: list[bytes]) -> int:
        for start in range(0, len(some), 50):
            batch = some[start : start + 50]
            terminal.stdin.write(b"".join(batch))
            terminal.stdin.flush()
            for _ in batch:
                read(terminal.stdout.readline())
        return kilobytes(terminal.process.pid)

    terminal = start(database_url)
    after_few = answered(lines(0, 2000))

    after_many = answered(lines(2000, 20_000))

    assert after_many - after_few < 4000
    assert terminal.end()[0] == 1


def kilobytes(process: int) -> int:
    """Give the memory that a process holds."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0])


@sqlite_only
def test_a_reader_that_goes_away_ends_it_without_a_traceback(start: Callable[..., Process], database_url: str) -> None:
    terminal = start(database_url)
    terminal.say(MACHINES)
    terminal.stdout.close()
    for _ in range(50):
        try:
            terminal.stdin.write(written(MACHINES))
            terminal.stdin.flush()
        except BrokenPipeError:
            break

    terminal.process.wait(timeout=60)

    assert terminal.process.stderr is not None
    assert terminal.process.stderr.read() == b""
    assert terminal.process.returncode == 1


@sqlite_only
def test_a_signal_from_the_keyboard_ends_it_without_a_traceback(
    start: Callable[..., Process], database_url: str
) -> None:
    terminal = start(database_url)
    terminal.say(MACHINES)

    terminal.process.send_signal(2)
    _, err = terminal.process.communicate(timeout=60)

    assert terminal.process.returncode != 0
    assert b"Traceback" not in err


@pytest.mark.parametrize(
    ("source", "codes"),
    [
        pytest.param(b"", [], id="nothing"),
        pytest.param(b"\n \n\t\r\n", [], id="blank lines"),
        pytest.param(b'{"query":"machine.list"}', ["done"], id="no newline at the end"),
        pytest.param(b'\xef\xbb\xbf{"query":"machine.list"}\n', ["done"], id="byte order mark"),
        pytest.param(b'{"query":"machine.list"}\r\n\r\n{"query":"machine.list"}\r\n', ["done", "done"], id="CRLF"),
        pytest.param(b'  {"query" : "machine.list"}  \n', ["done"], id="spaces"),
        pytest.param(
            b'{"query":"machine.list"}\n{"query":"x"}\n{"query":"machine.list"}\n',
            ["done", "VALIDATION_UNKNOWN_COMMAND", "done"],
            id="goes on after a refusal",
        ),
    ],
)
@sqlite_only
def test_lines_are_told_apart(floor: Floor, source: bytes, codes: list[str]) -> None:
    answers = converse(floor, source)

    assert [answer["error"]["code"] if "error" in answer else "done" for answer in answers] == codes


@sqlite_only
def test_a_line_that_is_no_object_is_answered_with_its_number(floor: Floor) -> None:
    answers = converse(floor, b'{"query":"machine.list"}\n\nnonsense\n')

    assert answers[1]["error"]["code"] == "VALIDATION_INVALID_FORMAT"
    assert answers[1]["error"]["details"]["line"] == 3


@sqlite_only
@pytest.mark.parametrize(
    ("lines", "words", "status", "answered"),
    [
        pytest.param([MACHINES, WAREHOUSE], (), 0, 2, id="all done"),
        pytest.param([], (), 0, 0, id="nothing to do"),
        pytest.param([MACHINES, UNKNOWN, MACHINES], (), 1, 3, id="one refused"),
        pytest.param([MACHINES, UNKNOWN, MACHINES], ("--stop-on-error",), 1, 2, id="stop on error"),
        pytest.param([MACHINES, b"nonsense\n", MACHINES], ("--stop-on-error",), 1, 2, id="stop on a bad line"),
    ],
)
def test_the_exit_status_tells_whether_all_was_done(
    command_line: CommandLine,
    database_url: str,
    lines: list[bytes | dict[str, str]],
    words: tuple[str, ...],
    status: int,
    answered: int,
) -> None:
    source = b"".join(written(line) for line in lines)

    said = command_line("exec", "-d", database_url, "-u", ADMIN, *words, stdin=source, pin=ADMIN_PIN)

    assert (said.status, len(said.out.splitlines()), said.err) == (status, answered, "")


@sqlite_only
def test_a_file_is_read_like_a_stream(command_line: CommandLine, database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "shift.jsonl"
    file.write_bytes(written(WAREHOUSE) + written(UNKNOWN))

    said = command_line("exec", file, "-d", database_url, "-u", ADMIN, pin=ADMIN_PIN)

    assert said.status == 1
    assert [read(line)["success"] for line in said.out.splitlines()] == [True, False]


@sqlite_only
def test_a_named_pipe_is_read_like_a_file(command_line: CommandLine, database_url: str, tmp_path: Path) -> None:
    pipe = tmp_path / "shift"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_bytes, args=(written(WAREHOUSE),), daemon=True)
    writer.start()

    said = command_line("exec", pipe, "-d", database_url, "-u", ADMIN, pin=ADMIN_PIN)

    assert (said.status, [read(line)["success"] for line in said.out.splitlines()]) == (0, [True])


@sqlite_only
@pytest.mark.parametrize("name", ["nothing.jsonl", "."])
def test_a_file_that_is_not_there_is_refused(
    command_line: CommandLine, database_url: str, tmp_path: Path, name: str
) -> None:
    said = command_line("exec", tmp_path / name, "-d", database_url, "-u", ADMIN, pin=ADMIN_PIN)

    assert said.status == 2
    assert said.error["code"] == "VALIDATION_INVALID_CHOICE"


@sqlite_only
@pytest.mark.parametrize(
    ("words", "pin", "code"),
    [
        pytest.param((), ADMIN_PIN, "AUTH_REQUIRED", id="no badge"),
        pytest.param(("--user", ADMIN), "000000", "AUTH_INVALID_CREDENTIALS", id="wrong PIN"),
        pytest.param(("--user", "NOBODY"), ADMIN_PIN, "AUTH_INVALID_CREDENTIALS", id="unknown badge"),
    ],
)
def test_nobody_gets_in_without_badge_and_pin(
    command_line: CommandLine, database_url: str, words: tuple[str, ...], pin: str, code: str
) -> None:
    said = command_line("exec", "-d", database_url, *words, stdin=written(WAREHOUSE), pin=pin)

    assert said.status == 2
    assert said.error["code"] == code
    assert said.err.startswith(f"{code}: ")


def without_a_pin(*command: str, url: str) -> subprocess.Popen[bytes]:
    """Start the conversation by `command`, in a session of its own, where nobody has given a PIN yet."""
    words = [sys.executable, "-m", "mfg_desktop", "exec", "--database", url, "--user", ADMIN]
    return subprocess.Popen(
        [*command, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if name != "MFG_PIN"},
        start_new_session=True,
    )


@sqlite_only
def test_where_nobody_can_be_asked_for_the_pin_nobody_is_signed_in(database_url: str) -> None:
    with without_a_pin(url=database_url) as process:
        out, _ = process.communicate(written(WAREHOUSE), timeout=PATIENCE)

    assert (process.returncode, read(out)["error"]["code"]) == (2, "AUTH_REQUIRED")


@sqlite_only
def test_the_pin_is_asked_for_at_the_keyboard_though_the_lines_come_from_a_file(database_url: str) -> None:
    person, keyboard = os.openpty()
    # Whoever opens a terminal first in a new session is at its keyboard.
    with without_a_pin("sh", "-c", 'exec "$@" 3<>"$0"', os.ttyname(keyboard), url=database_url) as process:
        asked = b""
        while not asked.endswith(b": ") and process.poll() is None:
            if select.select([person], [], [], 0.2)[0]:
                asked += os.read(person, 100)
        os.write(person, f"{ADMIN_PIN}\n".encode())
        out, err = process.communicate(written(WAREHOUSE), timeout=PATIENCE)
    os.close(person)
    os.close(keyboard)

    assert asked.decode() == f"PIN of {ADMIN}: "
    assert (process.returncode, read(out)["data"]["code"], err) == (0, "WARE", b"")


def test_a_database_without_a_schema_is_refused_with_what_to_do(
    command_line: CommandLine, empty_database_url: str
) -> None:
    said = command_line("exec", "-d", empty_database_url, "-u", ADMIN, stdin=written(MACHINES), pin=ADMIN_PIN)

    assert said.status == 2
    assert said.error["code"] == "SYSTEM_SCHEMA_OUTDATED"
    assert "mfg-desktop db upgrade" in said.err


def test_an_old_schema_is_refused_with_what_to_do(command_line: CommandLine, empty_database_url: str) -> None:
    upgrade(empty_database_url, "0003")

    said = command_line("exec", "-d", empty_database_url, "-u", ADMIN, stdin=written(MACHINES), pin=ADMIN_PIN)

    assert said.status == 2
    assert said.error["code"] == "SYSTEM_SCHEMA_OUTDATED"
    assert said.error["details"]["found"] == "0003"
    assert "mfg-desktop db upgrade" in said.err


@pytest.mark.parametrize("empty_database_url", ["postgres"], indirect=True)
def test_a_server_without_the_database_is_named_unavailable(command_line: CommandLine, empty_database_url: str) -> None:
    nowhere = empty_database_url.replace("plant_", "nowhere_")

    said = command_line("exec", "-d", nowhere, "-u", ADMIN, stdin=written(MACHINES), pin=ADMIN_PIN)

    assert said.status == 2
    assert said.error["code"] == "SYSTEM_DATABASE_UNAVAILABLE"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("nonsense", "VALIDATION_INVALID_FORMAT"),
        ("mysql://server/plant", "VALIDATION_INVALID_CHOICE"),
        ("sqlite://", "VALIDATION_INVALID_CHOICE"),
        ("sqlite:////proc/plant.db", "SYSTEM_DATABASE_UNAVAILABLE"),
    ],
)
def test_what_is_no_database_is_refused_with_a_code(command_line: CommandLine, url: str, code: str) -> None:
    said = command_line("exec", "-d", url, "-u", ADMIN, stdin=written(MACHINES), pin=ADMIN_PIN)

    assert (said.status, said.error["code"]) == (2, code)


@sqlite_only
def test_a_process_that_could_not_run_says_so_in_its_exit_status(
    start: Callable[..., Process], database_url: str
) -> None:
    status, answers, err = start(database_url, pin="000000").end()

    assert (status, [answer["error"]["code"] for answer in answers]) == (2, ["AUTH_INVALID_CREDENTIALS"])
    assert "Traceback" not in err
