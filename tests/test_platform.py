"""Holds the platform to what was measured before it was chosen: the traps that only a real interpreter shows."""

import re
import subprocess
import sys
import time
import tomllib
from importlib.metadata import version
from pathlib import Path

import psycopg
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from sqlalchemy import make_url

from tests import postgres as private

PROJECT = Path(__file__).parent.parent
VOID_CALLS = """
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

app = QApplication([])
thing, widget = QObject(), QWidget()
for number in range(20_000):
    thing.setObjectName("order")
    widget.setEnabled(bool(number % 2))
    widget.update()
print("alive")
"""


def test_qt_survives_twenty_thousand_void_calls() -> None:
    # PySide6 6.12 gives each None back once too often on 3.10 and 3.11: none_dealloc ends the interpreter.
    done = subprocess.run([sys.executable, "-c", VOID_CALLS], capture_output=True, text=True, timeout=120, check=False)

    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr


def test_each_python_gets_the_qt_that_it_survives() -> None:
    found = tuple(int(part) for part in version("PySide6-Essentials").split(".")[:2])

    assert found >= (6, 12) if sys.version_info >= (3, 12) else found == (6, 11)


@pytest.mark.parametrize("module", ["QtPdf", "QtPrintSupport", "QtSvg", "QtWidgets"])
def test_the_parts_of_qt_that_the_window_needs_are_there(module: str) -> None:
    command = f"import PySide6.{module}"

    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_the_lock_file_gives_each_python_what_the_project_asks_for(python: str) -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    asked = [Requirement(line) for line in project["dependencies"] + project["optional-dependencies"]["test"]]
    lines = (PROJECT / "requirements.lock").read_text().splitlines()
    pinned = [Requirement(line) for line in lines if line and not line.startswith((" ", "#"))]
    here = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux"}

    locked = {
        canonicalize_name(pin.name): re.sub("^==", "", str(pin.specifier))
        for pin in pinned
        if pin.marker is None or pin.marker.evaluate(here)
    }

    wanting = [
        str(want)
        for want in asked
        if (want.marker is None or want.marker.evaluate(here))
        and not (
            (found := locked.get(canonicalize_name(want.name))) and want.specifier.contains(found, prereleases=True)
        )
    ]
    assert not wanting, "Make requirements.lock anew; its first lines tell how."


def test_the_lock_file_names_no_registry() -> None:
    assert "://" not in (PROJECT / "requirements.lock").read_text()


def test_the_clock_of_the_tests_is_far_from_utc() -> None:
    assert time.tzname == ("NST", "NDT"), "The zone is unknown here: install tzdata."


def test_every_postgres_database_is_a_copy_of_its_own(postgres: private.Cluster) -> None:
    template = postgres.create_database()
    with _connect(template) as connection:
        connection.execute("CREATE TABLE machine (code text)")
    postgres.seal(template)

    first, second = postgres.create_database(template), postgres.create_database(template)
    with _connect(first) as connection:
        connection.execute("INSERT INTO machine VALUES ('M-1')")

    with _connect(second) as connection:
        assert connection.execute("SELECT count(*) FROM machine").fetchone() == (0,)
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
        assert connection.info.server_version >= private.OLDEST * 10_000
    for url in (first, second, template):
        postgres.drop(url)


def _connect(url: str) -> "psycopg.Connection[tuple[object, ...]]":
    named = make_url(url)
    host = named.query["host"]
    return psycopg.connect(f"host={host} user={named.username} dbname={named.database}", autocommit=True)
