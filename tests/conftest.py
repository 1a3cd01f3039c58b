"""What every test stands on: a folder, a clock and a database of its own, and nothing of the person who runs it.

A test that takes `database_url` runs twice, with a fresh plant on SQLite and on PostgreSQL (`-k sqlite`,
`-k postgres`). For one of the two: `@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)`.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests import postgres as private

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

RUN = pytest.StashKey[Path]()
CLUSTER = pytest.StashKey[private.Cluster]()


def pytest_configure(config: pytest.Config) -> None:
    """Give the run a folder, and cut it off from the settings, data and time zone of the person who starts it."""
    workerinput: dict[str, str] | None = getattr(config, "workerinput", None)
    if workerinput:
        config.stash[RUN] = Path(workerinput["run"])
        config.stash[CLUSTER] = private.Cluster(Path(workerinput["cluster"]))
    else:
        _keep_in_memory()
        config.stash[RUN] = Path(tempfile.mkdtemp(prefix="mfg-tests-"))
        config.add_cleanup(lambda: shutil.rmtree(config.stash[RUN], ignore_errors=True))
        # As Ctrl-C does: the server and the folder are cleared away when a time limit ends the run, too.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        # The workers must find the same tests under the same names, also where a set is part of a name.
        os.environ.setdefault("PYTHONHASHSEED", "0")

    for name in list(os.environ):
        if name.startswith(("MFG_", "PG")) and name != "PG_BIN":
            del os.environ[name]
    for name in ("CONFIG", "DATA", "STATE", "CACHE", "RUNTIME"):
        folder = config.stash[RUN] / name.lower()
        folder.mkdir(mode=0o700, exist_ok=True)
        os.environ[f"XDG_{name}_DIR" if name == "RUNTIME" else f"XDG_{name}_HOME"] = str(folder)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    # Half an hour off every whole hour, and with summer time: whoever mixes up local time and UTC fails here.
    os.environ["TZ"] = "America/St_Johns"
    time.tzset()
    # Two workers on two busy cores miss any deadline; and what failed once on a server must fail again at the desk.
    hypothesis.settings.register_profile("shop", deadline=None, derandomize="CI" in os.environ, print_blob=True)
    hypothesis.settings.load_profile("shop")


def _keep_in_memory() -> None:
    """Put the files of the tests where a commit does not wait for a disk, if the machine has such a place with room."""
    if "TMPDIR" not in os.environ and (memory := private.memory()) is not None:
        # The workers and their servers inherit it.
        os.environ["TMPDIR"] = str(memory)
        tempfile.tempdir = None


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: "WorkerController") -> None:
    """Hand the folder and the one server of the run to each worker."""
    node.workerinput["run"] = str(node.config.stash[RUN])
    node.workerinput["cluster"] = str(_cluster_of(node.config).folder)


def _cluster_of(config: pytest.Config) -> private.Cluster:
    """Give the server of this run, started by whoever asks first."""
    if CLUSTER not in config.stash:
        server = contextlib.ExitStack()
        config.add_cleanup(server.close)
        config.stash[CLUSTER] = server.enter_context(private.running())
    return config.stash[CLUSTER]


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> private.Cluster:
    """Give the PostgreSQL server of this run: `.create_database()` returns a URL, `.drop(url)` removes it."""
    return _cluster_of(request.config)


@pytest.fixture(scope="session")
def sqlite_template(request: pytest.FixtureRequest) -> Path:
    """Give the file of the standard plant, made once in a run whichever worker comes first."""
    path = request.config.stash[RUN] / "template.db"
    with _once(path) as is_mine:
        if is_mine:
            from tests.factories import prepare  # not at the top: rules are tested without a database

            path.unlink(missing_ok=True)  # half a plant, from a worker that failed
            prepare(f"sqlite:///{path}")
            with contextlib.closing(sqlite3.connect(path)) as connection:
                # A copy of the file alone must be the whole plant.
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture(scope="session")
def postgres_template(request: pytest.FixtureRequest, postgres: private.Cluster) -> str:
    """Give the URL of the standard plant, made once in a run whichever worker comes first."""
    note = request.config.stash[RUN] / "template.url"
    with _once(note) as is_mine:
        if is_mine:
            from tests.factories import prepare

            url = postgres.create_database()
            prepare(url)
            postgres.seal(url)
            note.write_text(url)
    return note.read_text()


@contextlib.contextmanager
def _once(path: Path) -> Iterator[bool]:
    """Tell one caller among all workers that `path` is its to make; the others wait until it is there."""
    done = path.with_name(f"{path.name}.done")
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not done.exists()
        done.touch()


def assert_closed(path: Path) -> None:
    """Fail a test that leaves its database open: Python would say so when it next clears up, in any later test."""
    files = Path("/proc/self/fd")  # not on every system
    # Before 3.13 Python says nothing of it, and a cursor that somebody remembers keeps the file of a closed connection.
    for file in files.iterdir() if files.exists() and sys.version_info >= (3, 13) else ():
        with contextlib.suppress(FileNotFoundError):
            assert not str(file.readlink()).startswith(str(path)), f"{path} is still open"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give a database with the standard plant in it, for this test alone."""
    if request.param == "sqlite":
        path = tmp_path / "plant.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        assert_closed(path)
    else:
        template: str = request.getfixturevalue("postgres_template")
        cluster = _cluster_of(request.config)
        url = cluster.create_database(template)
        yield url
        cluster.drop(url)


@pytest.fixture(params=["sqlite", "postgres"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give a database without a single table, for this test alone."""
    if request.param == "sqlite":
        path = tmp_path / "empty.db"
        yield f"sqlite:///{path}"
        assert_closed(path)
    else:
        cluster = _cluster_of(request.config)
        url = cluster.create_database()
        yield url
        cluster.drop(url)
