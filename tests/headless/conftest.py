"""What the tests of the headless terminal stand on: an operation log of their own, and compiled modules for their processes."""

import contextlib
import os
from collections.abc import Callable, Iterator
from importlib.util import cache_from_source
from pathlib import Path

import pytest
import sqlalchemy

from mfg_desktop.service.operation_log import LOGGER
from tests.factories import ADMIN_PIN, Floor
from tests.headless.terminal import CommandLine, Process


@pytest.fixture(autouse=True)
def log_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the operation log of this test, and take the log of the command line off again."""
    monkeypatch.setenv("MFG_LOG_FOLDER", str(tmp_path / "log"))
    before, propagates = LOGGER.handlers[:], LOGGER.propagate
    yield tmp_path / "log" / "operations.jsonl"
    for handler in [handler for handler in LOGGER.handlers if handler not in before]:
        LOGGER.removeHandler(handler)
        handler.close()
    LOGGER.propagate = propagates


@pytest.fixture(autouse=True)
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let processes keep what they compile where nobody did: every start would take seconds of compiling."""
    if "PYTHONDONTWRITEBYTECODE" in os.environ and not Path(cache_from_source(sqlalchemy.__file__)).exists():
        monkeypatch.delenv("PYTHONDONTWRITEBYTECODE")
        monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(Path(os.environ["XDG_CACHE_HOME"]) / "compiled"))


@pytest.fixture
def command_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def floor(database_url: str) -> Iterator[Floor]:
    """Give a terminal on the standard plant, its administrator signed in."""
    terminal = Floor(database_url)
    yield terminal
    terminal.close()


@pytest.fixture
def start() -> Iterator[Callable[..., Process]]:
    """Start terminals as processes, and leave none behind."""
    with contextlib.ExitStack() as terminals:

        def started(url: str, pin: str = ADMIN_PIN) -> Process:
            terminal = Process(url, pin)
            terminals.callback(terminal.clear)
            return terminal

        yield started
