"""A headless terminal to talk to: as a process of its own, in this process, and the verbs of the command line."""

import contextlib
import io
import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Connection, select, text

from mfg_desktop import cli, headless
from mfg_desktop.service.database import Database
from mfg_desktop.tables import Base
from tests.factories import ADMIN, ADMIN_PIN, Floor

PATIENCE = 60
"""Seconds after which a silent terminal counts as hanging; no expectation of its speed."""
NOT_THE_SHOP = {"manufacturing_audit_log", "manufacturing_audit_change", "audit_chain_head", "audit_context"}

Line = bytes | str | Mapping[str, Any]
Answer = dict[str, Any]


def written(line: Line) -> bytes:
    """Write one line as a program would send it."""
    if isinstance(line, bytes):
        return line
    return (line if isinstance(line, str) else json.dumps(line)).encode() + b"\n"


def _no_float(number: str) -> float:
    raise AssertionError(f"{number} is a number; a decimal is text")


def read(answer: bytes | str) -> Answer:
    """Read one answer; a decimal that is no text fails."""
    told: Answer = json.loads(answer, parse_float=_no_float)
    return told


def _hear_the_keyboard() -> None:
    # A shell has what it starts in the background ignore Ctrl-C, and so do all that are started from there: these tests, say.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Process:
    """`mfg-desktop exec` as a process; a conversation over its pipes."""

    def __init__(self, url: str, pin: str = ADMIN_PIN) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mfg_desktop", "exec", "--database", url, "--user", ADMIN],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Unbuffered, it would answer at once even if it never flushed.
            env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"} | {"MFG_PIN": pin},
            preexec_fn=_hear_the_keyboard,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.stdin, self.stdout = self.process.stdin, self.process.stdout

    def say(self, line: Line) -> Answer:
        """Send one line, and wait for its answer with the pipe still open."""
        self.stdin.write(written(line))
        self.stdin.flush()
        with selectors.DefaultSelector() as waiting:
            waiting.register(self.stdout, selectors.EVENT_READ)
            assert waiting.select(PATIENCE), "no answer, though the terminal could have read the line"
        return read(self.stdout.readline())

    def end(self, lines: Iterable[Line] = ()) -> tuple[int, list[Answer], str]:
        """Send the lines, hang up, and give exit status, the answers that are left, and what stands on stderr."""
        out, err = self.process.communicate(b"".join(written(line) for line in lines), timeout=PATIENCE)
        return self.process.returncode, [read(answer) for answer in out.splitlines()], err.decode()

    def clear(self) -> None:
        """End it if it still runs, and close its pipes."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


def converse(floor: Floor, *lines: Line, stop_on_error: bool = False) -> list[Answer]:
    """Hold the conversation in this process."""
    sink = io.BytesIO()
    headless.converse(
        floor.shop,
        floor.actor,
        io.BytesIO(b"".join(written(line) for line in lines)),
        sink,
        stop_on_error=stop_on_error,
    )
    return [read(answer) for answer in sink.getvalue().splitlines()]


@dataclass(frozen=True, slots=True)
class Said:
    """What a verb left behind: exit status, standard output and standard error."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Answer:
        answer = read(self.out)
        assert answer.keys() == {"success", "data"}, answer
        data: Answer = answer["data"]
        return data

    @property
    def error(self) -> Answer:
        answer = read(self.out)
        assert answer["success"] is False
        error: Answer = answer["error"]
        return error


class CommandLine:
    """The command line in this process: what a shell would start, without the second that a start takes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *words: object, stdin: bytes = b"", pin: str | None = None) -> Said:
        with self._monkeypatch.context() as patched:
            patched.setattr(sys, "argv", ["mfg-desktop", *map(str, words)])
            patched.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
            if pin is not None:
                patched.setenv("MFG_PIN", pin)
            self._capsys.readouterr()
            with pytest.raises(SystemExit) as left:
                cli.main()
            out, err = self._capsys.readouterr()
        code = left.value.code
        return Said(code if isinstance(code, int) else int(code is not None), out, err)


def contents(url: str, *, without: Iterable[str] = NOT_THE_SHOP) -> dict[str, list[tuple[Any, ...]]]:
    """Give every row of the shop, but by default not those of the audit log."""
    database = Database(url)
    try:
        with database.reading() as connection:
            return {
                table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
                for table in Base.metadata.sorted_tables
                if table.name not in set(without)
            }
    finally:
        database.close()


def forge(url: str, *statements: str) -> None:
    """Change rows behind the back of the shop, as somebody with the file or the server's password can."""
    database = Database(url)
    try:
        with database.writing() as connection:
            _silence_triggers(connection)
            for statement in statements:
                assert connection.execute(text(statement)).rowcount > 0, f"nothing was changed by {statement}"
    finally:
        database.close()


def _silence_triggers(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        return
    connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    for name in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
