"""The catalogues of the shop are complete: commands, questions, rights, steps, codes and descriptions."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Table, inspect, text

import mfg_desktop
from mfg_desktop import operations, queries
from mfg_desktop.exceptions import CATALOGUE, ENTRIES
from mfg_desktop.operations import COMMANDS
from mfg_desktop.queries import QUESTIONS
from mfg_desktop.rules.lifecycle import OPEN, STEPS, WORKS
from mfg_desktop.service.database import Database
from mfg_desktop.service.permissions import ROLES
from mfg_desktop.service.work import ANSWERERS, HANDLERS, Command
from mfg_desktop.tables import Base
from mfg_desktop.tables.base import Fixed
from mfg_desktop.vocabulary import Action, ActionType, OrderStatus

HERE = Path(mfg_desktop.__file__).parent


def names(text: str) -> set[str]:
    return set(text.split())


THE_COMMANDS = names("""
    department.create user.create user.update user.set_pin role.set_operations settings.set
    product.create product.update bom.set bom.clone
    process.create workflow.create workflow.submit workflow.activate workflow.archive process_config.activate
    fixture.create fixture.set_status fixture.record_check gauge.create gauge.set_status gauge.record_calibration
    stock.receive stock.adjust stock.set_category stock.block stock.unblock
    machine.create machine.update machine.set_status
    machine.record_maintenance downtime.record downtime.split downtime.recategorise
    operation.start operation.pause operation.resume operation.complete
    work_order.create work_order.update work_order.plan work_order.release work_order.start work_order.hold
    work_order.resume work_order.complete work_order.cancel work_order.allocate work_order.issue
    work_order.return_material work_order.record_output work_order.reverse_output work_order.create_sub_orders""")
LATER_COMMANDS = names("bulk.create_orders bulk.allocate bulk.issue bulk.move")
"""In the contract, and built later; the roles have the rights already."""
THE_QUESTIONS = names("""
    work_order.get work_order.list work_order.can machine.get machine.list stock.list stock.movements audit.list
    work_order.timeline machine.oee machine.schedule material.shortages
    product.list product.get process.list workflow.list workflow.get fixture.list gauge.list""")
LATER_QUESTIONS = names("""
    analysis.orders analysis.machines analysis.production
    permission.explain health""")
OTHER_RIGHTS = {"*", "command.backdate", "import", "export", "report"}
"""Rights to more than one command: every operation, late entries, and the verbs of the command line."""
FOR_ADMINISTRATORS = {"department.create", "user.create", "user.update", "user.set_pin", "role.set_operations"}

MAY: dict[str, str] = {
    "VIEWER": "work_order.get work_order.list machine.get machine.list stock.list stock.movements",
    "OPERATOR": "work_order.list work_order.start work_order.hold work_order.resume work_order.complete"
    " work_order.record_output machine.set_status",
    "MATERIAL_HANDLER": "work_order.list work_order.allocate work_order.issue work_order.return_material"
    " stock.receive stock.adjust stock.block stock.unblock",
    "MAINTENANCE": "machine.list machine.set_status machine.record_maintenance downtime.record",
    "PLANNER": "work_order.create work_order.update work_order.plan work_order.release work_order.cancel"
    " product.create product.update bom.set",
    "SUPERVISOR": "work_order.create work_order.start work_order.allocate work_order.reverse_output machine.set_status"
    " command.backdate audit.list settings.set override.MACHINE_MAINTENANCE_OVERDUE",
}
MAY_NOT: dict[str, str] = {
    "VIEWER": "work_order.start work_order.create work_order.allocate stock.receive machine.set_status audit.list",
    "OPERATOR": "work_order.create work_order.plan work_order.release work_order.cancel work_order.allocate"
    " work_order.reverse_output stock.receive command.backdate audit.list",
    "MATERIAL_HANDLER": "work_order.start work_order.create work_order.record_output machine.set_status audit.list",
    "MAINTENANCE": "work_order.start work_order.create stock.receive audit.list",
    "PLANNER": "work_order.start work_order.complete work_order.record_output stock.receive audit.list",
    "SUPERVISOR": "user.create user.update user.set_pin role.set_operations department.create *",
}

NOT_YET_RAISED = {
    "PERMISSION_MACHINE_DENIED": "comes with the rights by machine and department",
    "OVERRIDE_REQUIRED": "comes with the rights by machine and department; until then the refusal itself says it may be lifted",
}

TABLES = Base.metadata.sorted_tables
COLUMNS = [column for table in TABLES for column in table.columns]
UNITS = re.compile(
    r"in (bar|kVA|kW|horsepower|kg|mm|minutes|seconds|milliseconds|percent|the plant's currency)\b"
    r"|in the (product|component|material)'s unit\b"
)

every_command = pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)


# ---------------------------------------------------------------------- commands and questions


def test_the_commands_are_those_of_the_contract() -> None:
    assert set(COMMANDS) == THE_COMMANDS
    assert not THE_COMMANDS & LATER_COMMANDS


def test_the_questions_are_those_of_the_contract() -> None:
    assert set(QUESTIONS) == THE_QUESTIONS
    assert not THE_QUESTIONS & LATER_QUESTIONS


def test_every_command_has_its_handler_and_nobody_handles_another() -> None:
    assert set(HANDLERS) == set(COMMANDS.values())
    assert len(set(HANDLERS.values())) == len(HANDLERS)


def test_every_question_has_its_answerer_and_nobody_answers_another() -> None:
    assert set(ANSWERERS) == set(QUESTIONS.values())
    assert len(set(ANSWERERS.values())) == len(ANSWERERS)


@pytest.mark.parametrize(("package", "marker"), [(operations, "handles"), (queries, "answers")])
def test_nothing_is_marked_twice(package: object, marker: str) -> None:
    """The later of two handlers of a command would silently take the place of the first."""
    folder = Path(str(package.__file__)).parent  # type: ignore[attr-defined]
    marked = [
        found for path in folder.glob("*.py") for found in re.findall(rf"^@{marker}\((\w+)\)", path.read_text(), re.M)
    ]

    assert sorted(marked) == sorted(set(marked))
    assert marked


@every_command
def test_every_command_has_an_action_type_for_the_audit_log(command: type[Command]) -> None:
    assert isinstance(command.told_as, ActionType)
    assert command.told_as not in {ActionType.BUSINESS_RULE_VIOLATION, ActionType.SYSTEM_ERROR}


@pytest.mark.parametrize("action", list(Action))
def test_an_action_on_an_order_has_a_command_that_bears_its_name(action: Action) -> None:
    assert f"work_order.{action}" in COMMANDS


def test_the_moves_of_an_order_are_those_of_the_contract_and_each_has_a_step() -> None:
    moves = {"plan", "release", "start", "hold", "resume", "complete", "cancel"}

    assert {action.value for action in STEPS} == moves
    assert {action.value for action in Action} - moves == {action.value for action in WORKS}


@pytest.mark.parametrize("action", list(STEPS))
def test_a_move_is_told_in_the_audit_log_under_its_own_name(action: Action) -> None:
    command = COMMANDS[STEPS[action].needs]

    assert command.told_as == f"WORK_ORDER_{action.value.upper()}"


# ---------------------------------------------------------------------- rights


@every_command
def test_every_command_may_be_done_by_a_role_or_by_administrators_alone(command: type[Command]) -> None:
    holders = {role for role, rights in ROLES.items() if command.called in rights}

    assert bool(holders) != (command.called in FOR_ADMINISTRATORS)


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_may_be_asked_by_a_role(question: str) -> None:
    assert any(question in rights for rights in ROLES.values())


def test_administrators_may_do_everything() -> None:
    assert ROLES["ADMIN"] == ("*",)


@pytest.mark.parametrize("role", MAY)
def test_a_role_may_do_what_the_contract_gives_it(role: str) -> None:
    assert names(MAY[role]) <= set(ROLES[role])


@pytest.mark.parametrize("role", MAY_NOT)
def test_a_role_may_not_do_what_the_contract_gives_to_others(role: str) -> None:
    assert not names(MAY_NOT[role]) & set(ROLES[role])


@pytest.mark.parametrize("role", [role for role in ROLES if role != "ADMIN"])
def test_a_supervisor_may_do_all_that_any_other_role_may(role: str) -> None:
    assert set(ROLES[role]) <= set(ROLES["SUPERVISOR"])


@pytest.mark.parametrize("role", ROLES)
def test_a_role_holds_no_right_to_something_unheard_of(role: str) -> None:
    overrides = {f"override.{entry.code}" for entry in ENTRIES if entry.overridable}
    known = {*THE_COMMANDS, *LATER_COMMANDS, *THE_QUESTIONS, *LATER_QUESTIONS, *OTHER_RIGHTS, *overrides}

    assert set(ROLES[role]) <= known


def test_what_may_be_overridden_may_be_overridden_by_a_supervisor() -> None:
    overridable = {entry.code for entry in ENTRIES if entry.overridable}

    assert {right for right in ROLES["SUPERVISOR"] if right.startswith("override.")} == {
        f"override.{code}" for code in overridable
    }


# ---------------------------------------------------------------------- statuses


def test_every_status_is_reached_from_draft() -> None:
    reached = {OrderStatus.DRAFT}
    while more := {step.to for step in STEPS.values() if step.frm & reached} - reached:
        reached |= more

    assert reached == set(OrderStatus)


@pytest.mark.parametrize("status", list(OrderStatus))
def test_every_status_but_the_final_two_is_left_again(status: OrderStatus) -> None:
    is_left = any(status in step.frm for step in STEPS.values())

    assert is_left == (status not in {OrderStatus.COMPLETED, OrderStatus.CANCELLED})
    assert is_left == (status in OPEN)


def test_an_order_never_falls_back_by_itself() -> None:
    """Backwards leads only resume, to RELEASED, where start is asked again in full."""
    life = [
        OrderStatus.DRAFT,
        OrderStatus.PLANNED,
        OrderStatus.RELEASED,
        OrderStatus.IN_PROGRESS,
        OrderStatus.COMPLETED,
    ]

    backwards = {
        action
        for action, step in STEPS.items()
        if step.to in life and any(came in life and life.index(came) > life.index(step.to) for came in step.frm)
    }

    assert backwards == set()


# ---------------------------------------------------------------------- codes


def sources() -> Iterator[tuple[Path, ast.Module]]:
    """Give the code that may refuse: not the catalogue itself, nor the window, which only reads codes."""
    for path in sorted(HERE.rglob("*.py")):
        if path.name != "exceptions.py" and "ui" not in path.relative_to(HERE).parts:
            yield path.relative_to(HERE), ast.parse(path.read_text())


def refusals() -> Iterator[tuple[str, str, set[str], bool]]:
    """Give every place that refuses by the name of a code: where, code, the details it tells, and whether it tells more by a mapping."""
    for path, tree in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", None) != "refusal":
                continue
            code = node.args[0]
            if isinstance(code, ast.Constant):
                told = {keyword.arg for keyword in node.keywords}
                yield f"{path}:{node.lineno}", str(code.value), {name for name in told if name}, None in told


REFUSALS = list(refusals())


def test_every_code_is_raised_somewhere_or_comes_with_what_it_guards() -> None:
    written = {
        node.value for _, tree in sources() for node in ast.walk(tree) if isinstance(node, ast.Constant)
    } & CATALOGUE.keys()

    assert {code for code in CATALOGUE if code not in written} == NOT_YET_RAISED.keys()


@pytest.mark.parametrize(("where", "code", "told", "more"), REFUSALS, ids=[f"{r[1]} {r[0]}" for r in REFUSALS])
def test_a_refusal_tells_the_numbers_that_its_sentence_needs(where: str, code: str, told: set[str], more: bool) -> None:
    entry = CATALOGUE[code]

    assert told <= {*entry.details, *entry.optional}
    assert more or set(entry.details) <= told


# ---------------------------------------------------------------------- descriptions


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_says_what_it_holds(table: Table) -> None:
    assert table.comment
    assert re.fullmatch(r"[A-Z].{10,}\.", table.comment)


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_every_column_says_in_one_sentence_what_it_is(column: Column[object]) -> None:
    assert column.comment
    assert re.fullmatch(r"[A-Z].{5,}\.", column.comment)
    assert ". " not in column.comment


@pytest.mark.parametrize("column", [column for column in COLUMNS if isinstance(column.type, Fixed)], ids=str)
def test_every_quantity_says_its_unit(column: Column[object]) -> None:
    assert UNITS.search(column.comment or "")


def test_the_database_tells_the_same_sentences_in_its_data_dictionary(database_url: str) -> None:
    database = Database(database_url)

    with database.reading() as connection:
        rows = connection.execute(text("SELECT table_name, column_name, description FROM data_dictionary")).all()
    database.close()

    written = {(table.name, ""): table.comment for table in TABLES}
    written |= {(column.table.name, column.name): column.comment for column in COLUMNS}
    assert {(row.table_name, row.column_name): row.description for row in rows} == written
    assert len(rows) == len(written)


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_postgres_carries_the_sentences_as_comments(database_url: str) -> None:
    database = Database(database_url)

    with database.reading() as connection:
        there = inspect(connection)
        tables = {table.name: there.get_table_comment(table.name)["text"] for table in TABLES}
        columns = {
            (table.name, column["name"]): column["comment"]
            for table in TABLES
            for column in there.get_columns(table.name)
        }
    database.close()

    assert tables == {table.name: table.comment for table in TABLES}
    assert columns == {(column.table.name, column.name): column.comment for column in COLUMNS}
