"""The house holds: who may know whom, who may commit, who may speak, and what the files are called.

To add a rule: a function that names what offends in one module, its scope, and a line of code that it must object to.
"""

import ast
import fnmatch
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import mfg_desktop
from mfg_desktop import exceptions

HERE = Path(mfg_desktop.__file__).parent
MODULES = sorted(path.relative_to(HERE).as_posix() for path in HERE.rglob("*.py"))
FAMILIES = {
    name
    for name, what in vars(exceptions).items()
    if isinstance(what, type) and issubclass(what, exceptions.ManufacturingException)
}

Offences = Iterator[str]


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def qt_beyond_its_core(tree: ast.Module) -> Offences:
    for name in imports(tree):
        if re.match(r"PySide6\b|shiboken6\b", name) and not re.match(r"PySide6\.QtCore\b", name) and name != "PySide6":
            yield name


def any_qt(tree: ast.Module) -> Offences:
    yield from (name for name in imports(tree) if re.match(r"PySide6\b|shiboken6\b", name))


def sql(tree: ast.Module) -> Offences:
    yield from (name for name in imports(tree) if re.match(r"(sqlalchemy|alembic|psycopg|sqlite3)\b", name))


def tables(tree: ast.Module) -> Offences:
    yield from (name for name in imports(tree) if name.startswith(("mfg_desktop.tables", "mfg_desktop.migrations")))


def ends_a_transaction(tree: ast.Module) -> Offences:
    yield from (name for name, _ in calls(tree) if name.split(".")[-1] in {"commit", "rollback", "begin"})


def refuses_past_the_catalogue(tree: ast.Module) -> Offences:
    """A family is never called by name: `refusal(CODE, ...)` takes the sentence from the catalogue."""
    yield from (name for name, _ in calls(tree) if name.split(".")[-1] in FAMILIES)


def refuses_by_an_unknown_code(tree: ast.Module) -> Offences:
    for name, call in calls(tree):
        code = call.args[0] if call.args else None
        if name == "refusal" and isinstance(code, ast.Constant) and code.value not in exceptions.CATALOGUE:
            yield str(code.value)


def raises_a_sentence(tree: ast.Module) -> Offences:
    """Rules and verbs refuse by the catalogue; a bare exception would reach the person as a fault of the program."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
            name = ast.unparse(node.exc.func)
            if name not in {"refusal", "combine"} and isinstance(node.exc.args[0], ast.Constant | ast.JoinedStr):
                yield f"raise {name}"


def looks_at_a_clock(tree: ast.Module) -> Offences:
    forbidden = re.compile(r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|time\.(time|time_ns|localtime|gmtime))$")
    yield from (name for name, _ in calls(tree) if forbidden.search(name))


def prints(tree: ast.Module) -> Offences:
    yield from (name for name, _ in calls(tree) if name in {"print", "sys.stdout.write", "sys.stderr.write", "pprint"})


def makes_a_float(tree: ast.Module) -> Offences:
    yield from (name for name, _ in calls(tree) if name == "float")
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield repr(node.value)
        elif isinstance(node, ast.arg | ast.AnnAssign):
            annotation = ast.unparse(node.annotation) if node.annotation is not None else ""
            if re.search(r"\bfloat\b", annotation):
                yield annotation


def swallows_everything(tree: ast.Module) -> Offences:
    """What was caught without a name and passed over is gone for good."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and (node.type is None or ast.unparse(node.type) == "BaseException"):
            yield "except:"


def makes_a_thread(tree: ast.Module) -> Offences:
    for name in imports(tree):
        if re.match(r"(threading|concurrent|multiprocessing|asyncio)\b", name):
            yield name
    yield from (name for name, _ in calls(tree) if name.split(".")[-1] in {"QThread", "QThreadPool", "moveToThread"})


def promises_nothing(tree: ast.Module) -> Offences:
    """The first line of a module is its promise, in one sentence."""
    if tree.body and not (ast.get_docstring(tree) or "").split("\n\n")[0].rstrip().endswith((".", ":")):
        yield "no sentence on top"


@dataclass(frozen=True)
class Rule:
    name: str
    offends: Callable[[ast.Module], Offences]
    within: str
    """A pattern of the modules that the rule is for."""
    objects_to: str
    """Code that the rule must object to, or it would hold of anything."""
    but: tuple[str, ...] = ()
    """Patterns of the modules that the rule leaves out."""

    def holds_for(self, module: str) -> bool:
        return any(fnmatch.fnmatch(module, one) for one in self.within.split()) and not any(
            fnmatch.fnmatch(module, one) for one in self.but
        )


RULES = (
    Rule(
        "presenters know QtCore alone",
        qt_beyond_its_core,
        "ui/*presenter.py",
        "from PySide6.QtWidgets import QLabel",
    ),
    Rule("Qt only in the window", any_qt, "*", "from PySide6.QtCore import QObject", but=("ui/*", "app.py")),
    Rule("no SQL in the window", sql, "ui/* app.py", "from sqlalchemy import select"),
    Rule("the window knows no tables", tables, "ui/* app.py", "from mfg_desktop.tables import WorkOrder"),
    # Migrations run inside the transaction that service/database.py opens for them.
    Rule(
        "nobody but the service ends a transaction", ends_a_transaction, "*", "connection.commit()", but=("service/*",)
    ),
    Rule(
        "refusals come from the catalogue",
        refuses_past_the_catalogue,
        "*",
        "raise ManufacturingException('You may not.')",
        but=("exceptions.py",),
    ),
    Rule("refusals have a known code", refuses_by_an_unknown_code, "*", "raise refusal('NO_SUCH_CODE')"),
    Rule(
        "verbs refuse by the catalogue",
        raises_a_sentence,
        "rules/* operations/* queries/*",
        "raise ValueError('Too much.')",
    ),
    Rule(
        "time is told, not looked up",
        looks_at_a_clock,
        "rules/* operations/* queries/*",
        "import datetime\ndatetime.datetime.now(datetime.UTC)",
    ),
    Rule("only the command line prints", prints, "*", "print('done')", but=("cli.py", "headless.py", "__main__.py")),
    Rule("quantities are never floats", makes_a_float, "rules/* operations/*", "half = 0.5"),
    Rule("nothing is swallowed unseen", swallows_everything, "*", "try:\n    work()\nexcept:\n    pass"),
    Rule(
        "threads are made in one place",
        makes_a_thread,
        "ui/* operations/* queries/* rules/* tables/*",
        "import threading",
        but=("ui/background.py",),
    ),
    Rule("every module says what it promises", promises_nothing, "*", "import os"),
)
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse((HERE / module).read_text(encoding="utf-8"))


@each_rule
def test_the_house_rules_hold(rule: Rule) -> None:
    offences = [
        f"{module}: {offence}"
        for module in MODULES
        if rule.holds_for(module)
        for offence in rule.offends(tree_of(module))
    ]

    assert offences == []


@each_rule
def test_a_rule_objects_to_what_it_is_there_for(rule: Rule) -> None:
    offending = ast.parse(rule.objects_to)

    assert list(rule.offends(offending))
    assert any(rule.holds_for(module) for module in MODULES)


def test_the_import_contracts_hold(tmp_path: Path) -> None:
    """The same check as `lint-imports`; a module that has found no place in the layers fails here too."""
    # By itself: it sets logging up anew, and every logger that there is would be silent for the tests that follow.
    check = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(cache_dir=sys.argv[1]))"

    run = subprocess.run(
        [sys.executable, "-c", check, str(tmp_path)], cwd=HERE.parent, capture_output=True, text=True, timeout=120
    )

    assert run.returncode == 0, run.stdout + run.stderr


# ---------------------------------------------------------------------- names

THE_HOUSE = """
    __main__.py app.py cli.py headless.py settings.py vocabulary.py exceptions.py
    tables/base.py tables/orders.py tables/machines.py tables/tooling.py tables/materials.py tables/processes.py
    tables/people.py tables/audit.py
    rules/lifecycle.py rules/guards.py rules/allocation.py rules/production.py rules/quantities.py
    service/shop.py service/work.py service/audit.py service/operation_log.py service/database.py service/feed.py
    service/login.py service/permissions.py
    operations/orders.py operations/machines.py operations/materials.py operations/people.py
    queries/orders.py queries/machines.py queries/audit.py
    ui/main_window.py ui/catalog.py ui/theme.py ui/background.py ui/live.py ui/presenter.py ui/notices.py ui/scanner.py
    ui/kit/__init__.py ui/board/presenter.py ui/machines/presenter.py ui/materials/presenter.py ui/output/presenter.py
    ui/audit/presenter.py ui/sign_in/presenter.py
    migrations/env.py migrations/versions/0006_add_performance_indexes.py migrations/versions/0007_add_audit_logging.py"""
NOT_A_NAME = re.compile(r"(^|_)(utils?|helpers?|managers?|common|misc|tools?|stuff|handlers?|processors?)$")
FRAMEWORK_WORDS = re.compile(r"(Manager|Helper|Util|Utils|Handler|Processor|Factory|Abstract\w*|Impl)$")


@pytest.mark.parametrize("path", THE_HOUSE.split())
def test_everything_lives_where_the_house_has_it(path: str) -> None:
    assert (HERE / path).is_file()


def test_modules_are_named_after_the_shop() -> None:
    strangers = [module for module in MODULES for part in Path(module).with_suffix("").parts if NOT_A_NAME.search(part)]

    assert strangers == []


def test_classes_are_named_after_the_shop() -> None:
    classes = [
        f"{module}: {node.name}"
        for module in MODULES
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.ClassDef)
    ]

    assert [name for name in classes if FRAMEWORK_WORDS.search(name)] == []
    assert len(classes) > 100


@pytest.mark.parametrize("screen", sorted(path.parent.name for path in (HERE / "ui").glob("*/view.py")))
def test_a_screen_has_a_presenter_beside_its_view(screen: str) -> None:
    assert (HERE / "ui" / screen / "presenter.py").is_file()


def test_migrations_are_numbered_without_gaps() -> None:
    files = sorted(path.stem for path in (HERE / "migrations" / "versions").glob("[0-9]*.py"))

    assert [name[:4] for name in files] == [f"{number:04}" for number in range(1, len(files) + 1)]
    assert all(re.fullmatch(r"\d{4}(_[a-z]+)+", name) for name in files)
